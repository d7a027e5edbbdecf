//! Lines of base64 on processors with AVX2: 32 octets at a time.
//!
//! The octets are told apart by their halves, as Wojciech Muła and Daniel Lemire describe it in "Faster Base64 Encoding
//! and Decoding Using AVX2 Instructions".

use core::arch::x86_64::{
    __m128i, __m256i, _mm_cvtsi128_si64, _mm_extract_epi64, _mm_setr_epi8, _mm256_add_epi8, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_castsi256_si128, _mm256_cmpeq_epi8, _mm256_extracti128_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi32, _mm256_testz_si256,
};

use super::base64_lines::{Lines, ROOM, ends};

struct Tables {
    low: __m256i,
    high: __m256i,
    shift: __m256i,
    mask: __m256i,
    pairs: __m256i,
    groups: __m256i,
    order: __m256i,
}

impl Tables {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new() -> Self {
        Self {
            // Bits of low and high half have one in common if the octet is not of the alphabet.
            low: twice(_mm_setr_epi8(
                0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b,
                0x1a,
            )),
            high: twice(_mm_setr_epi8(
                0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
                0x10,
            )),
            // From the octet to its six bits, by the high half; `/` takes the place before its own.
            shift: twice(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)),
            mask: _mm256_set1_epi8(0x2f),
            pairs: _mm256_set1_epi32(0x0140_0140),
            groups: _mm256_set1_epi32(0x0001_1000),
            order: twice(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)),
        }
    }

    /// Two times 12 octets, each at the start of a half; sets bits of `bad` if an octet is not of the alphabet.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn decode(&self, octets: &[u8; 32], bad: &mut __m256i) -> __m256i {
        let octets = load(octets);
        let high = _mm256_and_si256(_mm256_srli_epi32::<4>(octets), self.mask);
        let low = _mm256_and_si256(octets, self.mask);
        let common =
            _mm256_and_si256(_mm256_shuffle_epi8(self.low, low), _mm256_shuffle_epi8(self.high, high));
        *bad = _mm256_or_si256(*bad, common);
        let slash = _mm256_cmpeq_epi8(octets, self.mask);
        let shift = _mm256_shuffle_epi8(self.shift, _mm256_add_epi8(slash, high));
        let pairs = _mm256_maddubs_epi16(_mm256_add_epi8(octets, shift), self.pairs);
        _mm256_shuffle_epi8(_mm256_madd_epi16(pairs, self.groups), self.order)
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn twice(half: __m128i) -> __m256i {
    _mm256_broadcastsi128_si256(half)
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(octets: &[u8; 32]) -> __m256i {
    let mut words = [0; 4];
    for (word, octets) in words.iter_mut().zip(octets.as_chunks::<8>().0) {
        *word = i64::from_le_bytes(*octets);
    }
    let [a, b, c, d] = words;
    _mm256_set_epi64x(d, c, b, a)
}

#[inline]
#[target_feature(enable = "avx2")]
fn store_half(half: __m128i, target: &mut [u8; 16]) {
    if let [low, high] = target.as_chunks_mut::<8>().0 {
        *low = _mm_cvtsi128_si64(half).to_le_bytes();
        *high = _mm_extract_epi64::<1>(half).to_le_bytes();
    }
}

/// Writes 24 octets, and four more that mean nothing.
#[inline]
#[target_feature(enable = "avx2")]
fn store(octets: __m256i, target: &mut [u8; 28]) {
    if let Some(target) = target.first_chunk_mut() {
        store_half(_mm256_castsi256_si128(octets), target);
    }
    if let Some(target) = target.last_chunk_mut() {
        store_half(_mm256_extracti128_si256::<1>(octets), target);
    }
}

/// See [`decode`](super::base64_lines::decode).
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn decode(input: &[u8], length: usize, end: usize, room: &mut [u8; ROOM]) -> Lines {
    if (length, end) == (76, 2) { usual(input, room) } else { any(input, length, end, room) }
}

/// Lines of 76 octets with CRLF, as RFC 2045 section 6.8 has them.
#[inline]
#[target_feature(enable = "avx2")]
fn usual(input: &[u8], room: &mut [u8; ROOM]) -> Lines {
    let tables = Tables::new();
    let mut bad = _mm256_setzero_si256();
    let (mut count, mut at) = (0_usize, 0_usize);
    for line in input.as_chunks::<78>().0 {
        let [.., last, cr, lf] = line;
        if u16::from_le_bytes([*cr, *lf]) != u16::from_le_bytes(*b"\r\n") || *last == b'=' {
            break;
        }
        let Some(target) = room.get_mut(at..).and_then(|free| free.first_chunk_mut::<61>()) else { break };
        // The last 32 octets overlap those before them: 32 + 32 + 12.
        for (from, to) in [(0, 0), (32, 24), (44, 33)] {
            if let Some(octets) = line.get(from..).and_then(|octets| octets.first_chunk())
                && let Some(target) = target.get_mut(to..).and_then(|target| target.first_chunk_mut())
            {
                store(tables.decode(octets, &mut bad), target);
            }
        }
        count = count.wrapping_add(1);
        at = at.wrapping_add(57);
    }
    Lines { count, clean: _mm256_testz_si256(bad, bad) == 1 }
}

#[inline]
#[target_feature(enable = "avx2")]
fn any(input: &[u8], length: usize, end: usize, room: &mut [u8; ROOM]) -> Lines {
    let tables = Tables::new();
    let mut bad = _mm256_setzero_si256();
    let mut count = 0;
    let mut rest = input;
    let mut free = room.as_mut_slice();
    let gives = length / 4 * 3;
    while let Some((line, after)) = rest.split_at_checked(length) {
        if line.last() == Some(&b'=') || !ends(after, end) || free.len() < gives + 4 {
            break;
        }
        let (mut from, mut to) = (0, 0);
        while let Some(octets) = line.get(from..).and_then(|octets| octets.first_chunk())
            && let Some(target) = free.get_mut(to..).and_then(|target| target.first_chunk_mut())
        {
            store(tables.decode(octets, &mut bad), target);
            (from, to) = (from + 32, to + 24);
        }
        if from < length
            && let Some(octets) = line.last_chunk()
            && let Some(target) =
                free.get_mut(gives.saturating_sub(24)..).and_then(|target| target.first_chunk_mut())
        {
            store(tables.decode(octets, &mut bad), target);
        }
        free = free.get_mut(gives..).unwrap_or_default();
        count += 1;
        rest = after.get(end..).unwrap_or_default();
    }
    Lines { count, clean: _mm256_testz_si256(bad, bad) == 1 }
}

//! Quoted-printable on processors with AVX2: 64 octets at a time.

use core::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set_epi64x,
    _mm256_set1_epi8,
};

use super::quoted_scan::{BLOCK, Place, ROOM, run};

#[inline]
#[target_feature(enable = "avx2,bmi1")]
fn load(octets: &[u8; 32]) -> __m256i {
    let mut words = [0; 4];
    for (word, octets) in words.iter_mut().zip(octets.as_chunks::<8>().0) {
        *word = i64::from_le_bytes(*octets);
    }
    let [a, b, c, d] = words;
    _mm256_set_epi64x(d, c, b, a)
}

/// See [`scan`](super::quoted_scan::scan).
#[inline]
#[target_feature(enable = "avx2,bmi1")]
pub(super) fn scan(input: &[u8], room: &mut [u8; ROOM], place: Place) -> Place {
    let space = _mm256_set1_epi8(0x20);
    let equals = _mm256_set1_epi8(0x3d);
    // Octets above 127 are negative numbers, and so less than a space.
    run(input, room, place, |block: &[u8; BLOCK]| {
        let mut bits = 0;
        for half in block.as_chunks::<32>().0.iter().rev() {
            let octets = load(half);
            let marked = _mm256_or_si256(_mm256_cmpgt_epi8(space, octets), _mm256_cmpeq_epi8(equals, octets));
            bits = bits << 32 | u64::from(_mm256_movemask_epi8(marked).cast_unsigned());
        }
        bits
    })
}

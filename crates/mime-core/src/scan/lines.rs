//! What most octets of a message are looked at for: where names and lines end, and which lines begin with two hyphens.
//! On processors with AVX2 32 octets are looked at together.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use multiversion::{multiversion, target::match_target};

/// The first line of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FirstLine {
    /// How many octets of `ftext` (RFC 5322 section 3.6.8) it begins with.
    pub(super) name: usize,
    /// Where its LF is.
    pub(super) end: Option<usize>,
}

/// The first line of a field.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn first_line(field: &[u8]) -> FirstLine {
    match_target! {
        "x86_64+avx2" => avx2::first_line(field),
        _ => first_line_from(field, 0),
    }
}

/// The same, if so many octets are of the name.
fn first_line_from(field: &[u8], name: usize) -> FirstLine {
    let name = name + name_octets(field.get(name..).unwrap_or_default());
    FirstLine { name, end: line_end_from(field, name) }
}

fn line_end_from(field: &[u8], at: usize) -> Option<usize> {
    memchr::memchr(b'\n', field.get(at..)?).map(|index| at + index)
}

/// How many octets of `ftext` there are at the start: eight at a time.
pub(super) fn name_octets(field: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let (mut octets, mut rest) = (0_usize, field);
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let low = word & !HIGH;
        // The high bit of each octet that is below 33, or is a colon, or 127, or above.
        let below = !(low + ONES * (0x80 - 33)) & HIGH;
        let colon = !((low ^ (ONES * 58)) + ONES * 0x7F) & HIGH;
        let delete = (low + ONES) & HIGH;
        let stop = (word & HIGH) | below | colon | delete;
        if stop != 0 {
            return octets + (stop.trailing_zeros() / 8) as usize;
        }
        octets += 8;
        rest = behind;
    }
    let left = rest.iter().position(|octet| !matches!(octet, 33..=57 | 59..=126)).unwrap_or(rest.len());
    octets + left
}

static DASHES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n--"));

/// The index behind the first line end that two hyphens follow.
pub(super) fn dashes(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += without_hyphens(octets.get(at..)?);
        // Somewhere near there may be some.
        let rest = octets.get(at..)?;
        let near = rest.get(..BLOCK + 2).unwrap_or(rest);
        if let Some(index) = DASHES.find(near) {
            return Some(at + index + 1);
        }
        if near.len() == rest.len() {
            return None;
        }
        at += BLOCK;
    }
}

/// Octets that are searched for hyphens together.
const BLOCK: usize = 128;

/// How many octets at the start, in whole blocks, hold no line end that a hyphen follows.
#[multiversion(targets("x86_64+avx2"))]
fn without_hyphens(octets: &[u8]) -> usize {
    match_target! {
        "x86_64+avx2" => avx2::without_hyphens(octets),
        _ => {
            let end = DASHES.find(octets).unwrap_or(octets.len().saturating_sub(2));
            end / BLOCK * BLOCK
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::{
        __m256i, _mm256_and_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_movemask_epi8,
        _mm256_or_si256, _mm256_set_epi64x, _mm256_set1_epi8, _mm256_setzero_si256,
    };

    use super::{BLOCK, FirstLine, first_line_from, line_end_from};

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
    fn bits(marks: __m256i) -> u32 {
        _mm256_movemask_epi8(marks).cast_unsigned()
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn first_line(field: &[u8]) -> FirstLine {
        let lf = _mm256_set1_epi8(0x0a);
        let (mut at, mut rest) = (0, field);
        let (name, mut ends) = loop {
            let Some((block, behind)) = rest.split_first_chunk::<32>() else {
                return first_line_from(field, at);
            };
            let octets = load(block);
            // Octets above 127 are negative numbers, and so less than those of a name.
            let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(33), octets);
            let colon = _mm256_cmpeq_epi8(_mm256_set1_epi8(0x3a), octets);
            let delete = _mm256_cmpeq_epi8(_mm256_set1_epi8(0x7f), octets);
            let stops = bits(_mm256_or_si256(_mm256_or_si256(below, colon), delete));
            rest = behind;
            if stops != 0 {
                let ends = bits(_mm256_cmpeq_epi8(octets, lf));
                break (at + stops.trailing_zeros() as usize, ends);
            }
            at += 32;
        };
        while ends == 0 {
            at += 32;
            let Some((block, behind)) = rest.split_first_chunk::<32>() else {
                return FirstLine { name, end: line_end_from(field, at) };
            };
            ends = bits(_mm256_cmpeq_epi8(load(block), lf));
            rest = behind;
        }
        FirstLine { name, end: Some(at + ends.trailing_zeros() as usize) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) fn without_hyphens(octets: &[u8]) -> usize {
        let (lf, hyphen) = (_mm256_set1_epi8(0x0a), _mm256_set1_epi8(0x2d));
        let mut rest = octets;
        while let Some(block) = rest.first_chunk::<{ BLOCK + 1 }>()
            && let (Some(first), Some(second)) = (block.first_chunk::<BLOCK>(), block.last_chunk::<BLOCK>())
        {
            let mut found = _mm256_setzero_si256();
            for (first, second) in first.as_chunks::<32>().0.iter().zip(second.as_chunks::<32>().0) {
                let (ends, hyphens) =
                    (_mm256_cmpeq_epi8(load(first), lf), _mm256_cmpeq_epi8(load(second), hyphen));
                found = _mm256_or_si256(found, _mm256_and_si256(ends, hyphens));
            }
            if bits(found) != 0 {
                break;
            }
            rest = rest.get(BLOCK..).unwrap_or_default();
        }
        octets.len() - rest.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_the_first_octet_that_is_none_of_it() {
        for octet in 0..=255_u8 {
            for at in 0..70 {
                let mut field = [b'x'; 101];
                field[at] = octet;
                field[100] = b'\n';
                let is_name = matches!(octet, 33..=57 | 59..=126);
                let name = if is_name { 100 } else { at };
                let end = Some(if octet == b'\n' { at } else { 100 });
                assert_eq!(first_line(&field), FirstLine { name, end }, "{octet} at {at}");
                assert_eq!(first_line_from(&field, 0), FirstLine { name, end }, "{octet} at {at}");
                let cut = &field[..at + 1];
                let name = at + usize::from(is_name);
                let end = (octet == b'\n').then_some(at);
                assert_eq!(first_line(cut), FirstLine { name, end }, "{octet} at {at}, cut");
                assert_eq!(first_line_from(cut, 0), FirstLine { name, end }, "{octet} at {at}, cut");
            }
        }
    }

    #[test]
    fn a_line_ends_wherever_its_end_stands() {
        for length in 0..200 {
            for name in 0..length.min(50) {
                let mut field = vec![b'x'; length];
                field[name] = b':';
                assert_eq!(first_line(&field), FirstLine { name, end: None });
                for end in name + 1..length {
                    field[end] = b'\n';
                    assert_eq!(first_line(&field), FirstLine { name, end: Some(end) });
                    field[end] = b' ';
                }
            }
        }
    }

    #[test]
    fn hyphens_are_found_wherever_they_stand() {
        for length in (0..700).step_by(7) {
            let mut octets = vec![b'x'; length];
            assert_eq!(dashes(&octets), None);
            for at in 0..length.saturating_sub(2) {
                octets[at..at + 3].copy_from_slice(b"\n--");
                assert_eq!(dashes(&octets), Some(at + 1), "{at} of {length}");
                octets[at..at + 3].copy_from_slice(b"xxx");
            }
        }
    }

    #[test]
    fn what_looks_like_two_hyphens_is_passed_over() {
        for line in ["\n-", "\n", "--", "\n- -", "x-\n-x", "\n\n-x"] {
            for before in [0, 1, 60, 126, 127, 128, 129, 300] {
                let text = format!("{}{}x", "x".repeat(before), line.repeat(300));
                assert_eq!(dashes(text.as_bytes()), None, "{line:?} behind {before}");
                let with = format!("{text}\n--");
                assert_eq!(dashes(with.as_bytes()), Some(text.len() + 1), "{line:?} behind {before}");
            }
        }
    }
}

//! Lines of base64 that are as they should be, many at a time.
//!
//! Nothing is explained here: a block of lines in which anything is unusual is refused as a whole, and
//! [`base64`](super::base64) then reads it octet by octet.

use multiversion::{multiversion, target::match_target};

/// Octets that one call can give: few enough to be cleared quickly for a short body.
pub(super) const ROOM: usize = 1984;

/// The longest line, in octets: what it holds fits into [`ROOM`].
pub(super) const LONGEST: usize = 2048;

/// The shortest line, in octets.
pub(super) const SHORTEST: usize = 32;

/// What became of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lines {
    /// How many were looked at.
    pub(super) count: usize,
    /// Whether all of them were decoded; if not, what is in the room means nothing.
    pub(super) clean: bool,
}

/// Decodes the lines at the start of `input` that have `length` octets, a multiple of four from [`SHORTEST`] to
/// [`LONGEST`], and then a line end of `end` octets: CRLF, LF or nothing. A line that ends with `=` is not taken.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn decode(input: &[u8], length: usize, end: usize, room: &mut [u8; ROOM]) -> Lines {
    match_target! {
        "x86_64+avx2" => super::base64_avx2::decode(input, length, end, room),
        _ => portable(input, length, end, room),
    }
}

/// Whether the octets behind a line are its end.
pub(super) fn ends(rest: &[u8], end: usize) -> bool {
    match end {
        0 => true,
        1 => rest.first() == Some(&b'\n'),
        _ => rest.starts_with(b"\r\n"),
    }
}

pub(super) fn portable(input: &[u8], length: usize, end: usize, room: &mut [u8; ROOM]) -> Lines {
    let mut lines = Lines { count: 0, clean: true };
    let mut bad = 0;
    let mut rest = input;
    let mut free = room.as_mut_slice();
    while let Some((line, after)) = rest.split_at_checked(length) {
        if line.last() == Some(&b'=') || !ends(after, end) {
            break;
        }
        let Some((target, left)) = std::mem::take(&mut free).split_at_mut_checked(length / 4 * 3) else {
            break;
        };
        for (group, octets) in line.as_chunks::<4>().0.iter().zip(target.as_chunks_mut::<3>().0) {
            let [a, b, c, d] = group.map(|octet| u32::from(sextet(octet)));
            bad |= a | b | c | d;
            let [_, x, y, z] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            *octets = [x, y, z];
        }
        free = left;
        lines.count += 1;
        rest = after.get(end..).unwrap_or_default();
    }
    lines.clean = bad & 0x80 == 0;
    lines
}

/// The six bits that an octet stands for; 0x80 if it is not of the alphabet.
pub(super) fn sextet(octet: u8) -> u8 {
    SEXTETS.get(usize::from(octet)).copied().unwrap_or(0x80)
}

/// The alphabet of RFC 2045 section 6.8, table 1.
pub(super) const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static SEXTETS: [u8; 256] = {
    let mut table = [0x80; 256];
    let mut value = 0;
    while value < 64 {
        #[allow(clippy::indexing_slicing)] // evaluated when this is compiled
        {
            table[ALPHABET[value as usize] as usize] = value;
        }
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The versions for different processors give the same.
    #[test]
    fn versions_agree() {
        let mut text = Vec::new();
        let mut x = 1_u32;
        while text.len() < 9000 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text.push(ALPHABET[(x >> 26) as usize]);
        }
        for length in (SHORTEST..200).step_by(4).chain([1024, LONGEST]) {
            for end in 0..3 {
                let mut body = Vec::new();
                for line in text.chunks_exact(length) {
                    body.extend_from_slice(line);
                    body.extend_from_slice(&b"\r\n"[2 - end..]);
                }
                if end == 1 {
                    assert!(body.contains(&b'\n'));
                }
                let (mut one, mut two) = ([0; ROOM], [0; ROOM]);
                let lines = decode(&body, length, end, &mut one);
                let octets = lines.count.min(portable(&body, length, end, &mut two).count) * (length / 4 * 3);
                assert!(lines.clean && lines.count > 0, "{length} {end}");
                assert_eq!(one[..octets], two[..octets], "{length} {end}");
                // every octet that is not of the alphabet is seen, wherever it stands
                for octet in 0..=255 {
                    let at = usize::from(octet) * 7 % length;
                    let before = std::mem::replace(&mut body[at], octet);
                    let lines = decode(&body, length, end, &mut one);
                    if lines.count > 0 {
                        assert_eq!(lines.clean, sextet(octet) < 64, "{length} {end} {octet} {at}");
                    }
                    body[at] = before;
                }
            }
        }
    }
}

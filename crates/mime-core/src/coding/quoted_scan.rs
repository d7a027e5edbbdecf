//! Quoted-printable that is as it should be: copied, decoded, and left where anything is unusual.

use multiversion::{multiversion, target::match_target};

/// Octets that are decoded before they are given away.
pub(super) const ROOM: usize = 4096;

/// Octets that are looked at together.
pub(super) const BLOCK: usize = 32;

/// Octets of a line (RFC 2045 section 6.7, rule 5), its end not counted.
pub(super) const LINE: usize = 76;

/// Where decoding stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Octets read.
    pub(super) read: usize,
    /// Octets in the room.
    pub(super) written: usize,
    /// Octets of the line that were read before the input: its start, if the line began before.
    pub(super) before: usize,
    /// Where the line starts; 0 if it began before the input.
    pub(super) line: usize,
    /// White space before this is no longer trailing white space.
    pub(super) floor: usize,
}

impl Place {
    /// Whether the line is too long if it ends at `end`.
    #[inline]
    pub(super) fn long(&self, end: usize) -> bool {
        end.wrapping_sub(self.line).wrapping_add(self.before) > LINE
    }

    #[inline]
    pub(super) fn start_line(&mut self, at: usize) {
        self.line = at;
        self.before = 0;
    }
}

/// Reads on until something is unusual, the room is full, or fewer than [`BLOCK`] octets are left.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn scan(input: &[u8], room: &mut [u8; ROOM], place: Place) -> Place {
    match_target! {
        "x86_64+avx2" => super::quoted_avx2::scan(input, room, place),
        _ => run(input, room, place, marks),
    }
}

/// One bit for each octet that is not simply copied: `=`, controls, octets above 127.
fn marks(block: &[u8; BLOCK]) -> u32 {
    let mut bits = 0;
    for eight in block.as_chunks::<8>().0.iter().rev() {
        // Each octet by itself: the top bit of the octet is set if it is marked.
        const ONES: u64 = 0x0101_0101_0101_0101;
        const TOP: u64 = ONES << 7;
        let word = u64::from_le_bytes(*eight);
        let low = word & !TOP;
        let control = !(low + ONES * (0x80 - 0x20));
        let equals = !((low ^ (ONES * 0x3d)) + ONES * 0x7f);
        let marked = (control | equals | word) & TOP;
        // Gathers the eight top bits.
        let [.., gathered] = (marked >> 7).wrapping_mul(0x0102_0408_1020_4080).to_le_bytes();
        bits = bits << 8 | u32::from(gathered);
    }
    bits
}

#[inline(always)]
pub(super) fn run(
    input: &[u8],
    room: &mut [u8; ROOM],
    mut place: Place,
    marks: impl Fn(&[u8; BLOCK]) -> u32,
) -> Place {
    while let Some(block) = input.get(place.read..).and_then(|rest| rest.first_chunk::<BLOCK>())
        && let Some(free) = room.get_mut(place.written..).and_then(|free| free.first_chunk_mut::<BLOCK>())
    {
        *free = *block;
        let bits = marks(block);
        let plain = bits.trailing_zeros() as usize;
        place.read = place.read.wrapping_add(plain);
        place.written = place.written.wrapping_add(plain);
        if bits == 0 {
            continue;
        }
        while let Some([first, second, third]) = input.get(place.read..).and_then(|rest| rest.first_chunk()) {
            let Some(free) = room.get_mut(place.written..).and_then(|free| free.first_chunk_mut::<2>())
            else {
                return place;
            };
            match *first {
                b'=' => {
                    let (high, low) = (digit(*second), digit(*third));
                    if high | low < 16 {
                        free[0] = high << 4 | low;
                        place.read = place.read.wrapping_add(3);
                        place.written = place.written.wrapping_add(1);
                        place.floor = place.read;
                        if input.get(place.read) != Some(&b'=') {
                            break;
                        }
                        continue;
                    }
                    if [*second, *third] != *b"\r\n" || place.long(place.read.wrapping_add(1)) {
                        return place;
                    }
                    place.read = place.read.wrapping_add(3);
                    place.floor = place.read;
                    place.start_line(place.read);
                    break;
                }
                b'\r' if *second == b'\n' => {
                    if place.read == 0
                        || (place.read > place.floor
                            && matches!(input.get(place.read.wrapping_sub(1)), Some(b' ' | b'\t')))
                        || place.long(place.read)
                    {
                        return place;
                    }
                    *free = *b"\r\n";
                    place.read = place.read.wrapping_add(2);
                    place.written = place.written.wrapping_add(2);
                    place.start_line(place.read);
                    break;
                }
                _ => return place,
            }
        }
    }
    place
}

/// What an upper-case hexadecimal digit stands for; 16 or more if the octet is none.
pub(super) fn digit(octet: u8) -> u8 {
    DIGITS.get(usize::from(octet)).copied().unwrap_or(0xff)
}

static DIGITS: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        #[allow(clippy::indexing_slicing)] // evaluated when this is compiled
        {
            table[b"0123456789ABCDEF"[value as usize] as usize] = value;
        }
        value += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_that_is_not_copied_is_marked() {
        for octet in 0..=255_u8 {
            for at in 0..BLOCK {
                let mut block = [b'x'; BLOCK];
                block[at] = octet;
                let expected = if octet == b'=' || !(32..128).contains(&octet) { 1 << at } else { 0 };
                assert_eq!(marks(&block), expected, "{octet} at {at}");
                // what the processor's own version does with it
                let mut room = [0; ROOM];
                let start = Place { read: 0, written: 0, before: 0, line: 0, floor: 0 };
                let place = scan(&block, &mut room, start);
                assert_eq!(place.read, if expected == 0 { BLOCK } else { at }, "{octet} at {at}");
                assert_eq!(place.written, place.read);
                assert_eq!(room[..at], block[..at]);
            }
        }
    }
}

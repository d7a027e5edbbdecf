//! Quoted-printable that is as it should be: copied, decoded, and left where anything is unusual.

use multiversion::{multiversion, target::match_target};

/// Octets that are decoded before they are given away: few enough to be cleared quickly for a short body.
pub(super) const ROOM: usize = 1984;

/// Octets that are looked at together.
pub(super) const BLOCK: usize = 64;

/// Octets that must be there so that a block can be read, or written.
pub(super) const WINDOW: usize = 2 * BLOCK + 8;

/// Octets of a line (RFC 2045 section 6.7, rule 5), its end not counted.
pub(super) const LINE: usize = 76;

/// Where decoding stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Octets read.
    pub(super) read: usize,
    /// Octets in the room.
    pub(super) written: usize,
    /// Where the line starts; if it began before the input, as many octets before nought, wrapping around.
    pub(super) line: usize,
}

impl Place {
    /// Octets of the line if it ends at `end`.
    #[inline]
    pub(super) fn length(&self, end: usize) -> usize {
        end.wrapping_sub(self.line)
    }
}

/// Reads on until something is unusual, the room is full, or fewer than [`WINDOW`] octets are left.
#[multiversion(targets("x86_64+avx2+bmi1"))]
pub(super) fn scan(input: &[u8], room: &mut [u8; ROOM], place: Place) -> Place {
    match_target! {
        "x86_64+avx2+bmi1" => super::quoted_avx2::scan(input, room, place),
        _ => run(input, room, place, marks),
    }
}

/// One bit for each octet that is not simply copied: `=`, controls, octets above 127.
fn marks(block: &[u8; BLOCK]) -> u64 {
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
        bits = bits << 8 | u64::from(gathered);
    }
    bits
}

#[inline(always)]
fn window<const N: usize>(octets: &[u8], at: usize) -> Option<&[u8; N]> {
    octets.get(at..)?.first_chunk()
}

#[inline(always)]
fn window_mut<const N: usize>(octets: &mut [u8], at: usize) -> Option<&mut [u8; N]> {
    octets.get_mut(at..)?.first_chunk_mut()
}

#[inline(always)]
pub(super) fn run(
    input: &[u8],
    room: &mut [u8; ROOM],
    place: Place,
    marks: impl Fn(&[u8; BLOCK]) -> u64,
) -> Place {
    let Place { mut read, mut written, mut line } = place;
    'blocks: while let Some(octets) = window::<WINDOW>(input, read)
        && let Some(free) = window_mut::<WINDOW>(room, written)
        && let (Some(block), Some(target)) = (octets.first_chunk(), free.first_chunk_mut())
    {
        *target = *block;
        let mut bits = marks(block);
        // What is at some place of the block is written so many octets further on: backwards, that is.
        let mut shift = 0_usize;
        while bits != 0 {
            let at = bits.trailing_zeros() as usize;
            let to = at.wrapping_add(shift);
            let end = read.wrapping_add(at);
            let Some([first, second, third]) = window(octets, at) else { break 'blocks };
            if at > BLOCK - 3 {
                // What is marked may reach beyond the block: it comes first in the next.
                read = end;
                written = written.wrapping_add(to);
                continue 'blocks;
            }
            // Octets that are marked have their bits taken away one by one.
            bits &= bits.wrapping_sub(1);
            if *first == b'=' {
                let after = window::<BLOCK>(octets, at.wrapping_add(3));
                let value = high(*second) | low(*third);
                if value < 0x100 {
                    let [octet, ..] = value.to_le_bytes();
                    if let (Some(after), Some([target, rest @ ..])) =
                        (after, window_mut::<{ BLOCK + 1 }>(free, to))
                    {
                        *target = octet;
                        *rest = *after;
                    }
                    shift = shift.wrapping_sub(2);
                    continue;
                }
                if [*second, *third] == *b"\r\n" && end.wrapping_add(1).wrapping_sub(line) <= LINE {
                    bits &= bits.wrapping_sub(1);
                    bits &= bits.wrapping_sub(1);
                    if let (Some(after), Some(target)) = (after, window_mut::<BLOCK>(free, to)) {
                        *target = *after;
                    }
                    shift = shift.wrapping_sub(3);
                    line = end.wrapping_add(3);
                    continue;
                }
            } else if [*first, *second] == *b"\r\n"
                && !matches!(input.get(end.wrapping_sub(1)), Some(b' ' | b'\t') | None)
                && end.wrapping_sub(line) <= LINE
            {
                bits &= bits.wrapping_sub(1);
                line = end.wrapping_add(2);
                continue;
            }
            read = end;
            written = written.wrapping_add(to);
            break 'blocks;
        }
        read = read.wrapping_add(BLOCK);
        written = written.wrapping_add(BLOCK).wrapping_add(shift);
    }
    Place { read, written, line }
}

/// What an upper-case hexadecimal digit stands for, as the high half of an octet; 0x100 or more if it is none.
fn high(digit: u8) -> u32 {
    HIGH.get(usize::from(digit)).copied().unwrap_or(0x100)
}

/// What an upper-case hexadecimal digit stands for; 0x100 or more if it is none.
pub(super) fn low(digit: u8) -> u32 {
    LOW.get(usize::from(digit)).copied().unwrap_or(0x100)
}

static LOW: [u32; 256] = digits(0);
static HIGH: [u32; 256] = digits(4);

const fn digits(shift: u32) -> [u32; 256] {
    let mut table = [0x100; 256];
    let mut value = 0;
    while value < 16 {
        #[allow(clippy::indexing_slicing)] // evaluated when this is compiled
        {
            table[b"0123456789ABCDEF"[value as usize] as usize] = value << shift;
        }
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_that_is_not_copied_is_marked() {
        for octet in 0..=255_u8 {
            for at in 0..BLOCK {
                let mut input = [b'x'; WINDOW];
                input[at] = octet;
                let block = input.first_chunk().unwrap();
                let expected = if octet == b'=' || !(32..128).contains(&octet) { 1 << at } else { 0 };
                assert_eq!(marks(block), expected, "{octet} at {at}");
                // what the processor's own version does with it
                let mut room = [0; ROOM];
                let start = Place { read: 0, written: 0, line: 0 };
                let place = scan(&input, &mut room, start);
                assert_eq!(place.read, if expected == 0 { BLOCK } else { at }, "{octet} at {at}");
                assert_eq!(place.written, place.read);
                assert_eq!(room[..at], input[..at]);
            }
        }
    }
}

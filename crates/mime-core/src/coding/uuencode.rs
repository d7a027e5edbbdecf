//! Uuencoded content: bodies of `Content-Transfer-Encoding: x-uuencode`, and files inside text.
//!
//! There is no RFC; POSIX describes it with the utility `uuencode`:
//!
//! ```abnf
//! uuencoded = "begin " mode SP name EOL *line ("`" / SP) EOL "end" EOL
//! mode      = 3*4DIGIT          ; permissions of the file, octal
//! line      = length 1*60char EOL
//! length    = %x21-4D           ; octets in the line, and 32
//! char      = %x20-60           ; six bits, and 32; a grave accent is nought, as a space is
//! ```
//!
//! The form `begin-base64` is not supported.

use std::ops::Range;

use super::told::Told;
use crate::{DefectKind, Report};

/// Octets of a line that are kept: the longest that can be right has 85, and some programs add a check character.
const LINE: usize = 128;

/// What stands in the first line of a uuencoded file.
///
/// # Example
///
/// ```
/// use mime_core::coding::uuencode::Header;
///
/// let header = Header::parse(b"begin 644 a file.txt").unwrap();
/// assert_eq!((header.mode, header.name), (0o644, &b"a file.txt"[..]));
/// assert_eq!(Header::parse(b"begin again"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header<'a> {
    /// The permissions of the file, as Unix counts them.
    pub mode: u16,
    /// The name, as it stands: octets of an unknown charset, perhaps with a path. Clean it before a file is made.
    pub name: &'a [u8],
}

impl<'a> Header<'a> {
    /// Understands the first line, without its end.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"begin ")?;
        let digits = rest.iter().take_while(|octet| matches!(octet, b'0'..=b'7')).count();
        let (digits, name) = rest.split_at_checked(digits)?;
        let mode = digits.iter().fold(0_u16, |mode, digit| mode.wrapping_mul(8) + u16::from(digit - b'0'));
        let name = name.strip_prefix(b" ")?.trim_ascii();
        ((3..=4).contains(&digits.len()) && !name.is_empty()).then_some(Self { mode, name })
    }

    /// Finds the first one in a body.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::coding::uuencode::Header;
    ///
    /// assert_eq!(Header::find(b"see below\r\nbegin 644 x\r\n`\r\nend\r\n").unwrap().name, b"x");
    /// ```
    pub fn find(body: &'a [u8]) -> Option<Self> {
        Lines { rest: body, at: 0 }.find_map(|line| Self::parse(line.text))
    }
}

/// A line with its place in the text.
struct Line<'a> {
    text: &'a [u8],
    span: Range<usize>,
}

struct Lines<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        let span = self.at..self.at + end;
        self.at = span.end;
        Some(Line { text: without_end(line), span })
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The octets that a line says it has, and its characters.
fn announced(line: &[u8]) -> Option<(usize, &[u8])> {
    let (length, characters) = line.split_first()?;
    matches!(length, 0x20..=0x60).then_some((usize::from(length.wrapping_sub(0x20) & 0x3f), characters))
}

/// Whether this can be a line of a file.
fn plausible(line: &[u8]) -> bool {
    announced(line).is_some_and(|(octets, characters)| {
        octets > 0
            && (octets * 4).div_ceil(3) <= characters.len()
            && characters.len() <= octets.div_ceil(3) * 4 + 1
            && characters.iter().all(|character| matches!(character, 0x20..=0x60))
    })
}

/// Decodes one line to at most so many octets; `false` if it is damaged. What is missing of it is taken for spaces.
fn decode_line(line: &[u8], most: usize, out: &mut Vec<u8>) -> bool {
    let Some((octets, characters)) = announced(line) else { return false };
    let mut left = octets.min(most);
    let mut characters = characters.iter();
    let mut whole = true;
    let mut missing = false;
    while left > 0 {
        let mut bits = 0_u32;
        for place in 0..4 {
            let character = match characters.next() {
                Some(character) => *character,
                None => {
                    missing |= place <= left;
                    0x20
                }
            };
            whole &= matches!(character, 0x20..=0x60);
            bits = bits << 6 | u32::from(character.wrapping_sub(0x20) & 0x3f);
        }
        let [_, group @ ..] = bits.to_be_bytes();
        out.extend_from_slice(group.get(..left.min(3)).unwrap_or_default());
        left = left.saturating_sub(3);
    }
    whole && !missing && octets <= most && characters.count() <= 1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Before,
    Inside,
    Behind,
}

/// A uuencoded body being decoded.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    at: usize,
    mode: Mode,
    line: [u8; LINE],
    length: usize,
    line_at: usize,
    /// Octets that were decoded.
    given: usize,
    told: Told,
}

impl Decoder {
    pub(super) const fn new() -> Self {
        Self {
            at: 0,
            mode: Mode::Before,
            line: [0; LINE],
            length: 0,
            line_at: 0,
            given: 0,
            told: Told::new(),
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        for line in (Lines { rest: chunk, at: 0 }) {
            let octets = chunk.get(line.span).unwrap_or_default();
            let free = self.line.get_mut(self.length..).unwrap_or_default();
            for (place, octet) in free.iter_mut().zip(octets) {
                *place = *octet;
            }
            self.length = (self.length + octets.len()).min(LINE);
            self.at += octets.len();
            if octets.last() == Some(&b'\n') {
                self.end_line(out, report);
            }
        }
    }

    fn end_line(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        let span = self.line_at..self.at;
        let kept = self.line;
        let line = without_end(kept.get(..std::mem::take(&mut self.length)).unwrap_or_default());
        self.line_at = self.at;
        let damaged = match self.mode {
            Mode::Before => {
                if begins(line) {
                    self.mode = Mode::Inside;
                }
                false
            }
            Mode::Inside if line.trim_ascii_end() == b"end" => {
                self.mode = Mode::Behind;
                false
            }
            Mode::Inside if line.is_empty() => false,
            Mode::Inside => {
                let before = out.len();
                // Lines that lost their spaces count for whole ones, but not for more than there is of the body.
                let whole = decode_line(line, self.at.saturating_sub(self.given), out);
                self.given = self.given.saturating_add(out.len().saturating_sub(before));
                !whole
            }
            Mode::Behind => begins(line),
        };
        if damaged {
            self.told.tell(report, DefectKind::EncodedBodyDamaged, span);
        }
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        if self.length > 0 {
            self.end_line(out, report);
        }
        if self.mode != Mode::Behind {
            self.told.tell(report, DefectKind::EncodedBodyDamaged, self.at..self.at);
        }
    }
}

/// Whether a line of which [`LINE`] octets are there begins a file.
fn begins(line: &[u8]) -> bool {
    Header::parse(line).is_some()
}

/// A uuencoded file inside of text, found by [`find`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Block<'a> {
    /// Where it stands in the text: from `begin` to the line end behind `end`.
    pub span: Range<usize>,
    /// Name and permissions.
    pub header: Header<'a>,
    /// The octets of `span`, to be decoded with
    /// [`TransferEncoding::Uuencode`](super::TransferEncoding::Uuencode).
    pub octets: &'a [u8],
}

/// Files inside of text; made by [`find`].
#[derive(Clone, Debug)]
pub struct Blocks<'a> {
    text: &'a [u8],
    at: usize,
}

/// Finds the uuencoded files in a text, as mail programs of old attached them.
///
/// Where a line `begin 644 name` is followed by nothing that looks like uuencoded lines, it is text. A file without
/// `end` reaches as far as its lines look right. The work is linear in the length of the text.
///
/// # Example
///
/// ```
/// use mime_core::coding::{TransferEncoding, uuencode};
///
/// let text = b"Here it is:\r\nbegin 644 hi.txt\r\n#:&D*\r\n`\r\nend\r\nBye\r\n";
/// let files: Vec<_> = uuencode::find(text).collect();
/// assert_eq!(files.len(), 1);
/// assert_eq!(files[0].header.name, b"hi.txt");
/// assert_eq!(files[0].span, 13..46);
/// let content = TransferEncoding::Uuencode.decode(files[0].octets, &mut ());
/// assert_eq!(content.as_ref(), b"hi\n");
/// ```
pub fn find(text: &[u8]) -> Blocks<'_> {
    Blocks { text, at: 0 }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Block<'a>;

    fn next(&mut self) -> Option<Block<'a>> {
        loop {
            let rest = self.text.get(self.at..)?;
            let start = self.at + memchr::memmem::find(rest, b"begin ")?;
            let mut lines = Lines { rest: self.text.get(start..)?, at: start };
            let first = lines.next()?;
            self.at = first.span.end;
            let starts_line = start == 0 || self.text.get(start - 1) == Some(&b'\n');
            let Some(header) = Header::parse(first.text).filter(|_| starts_line) else {
                self.at = start + 6;
                continue;
            };
            let mut some = false;
            for line in lines {
                let text = line.text;
                if text == b"end" {
                    self.at = line.span.end;
                    some = true;
                    break;
                }
                if !plausible(text) && !matches!(text, b"`" | b" " | b"") {
                    break;
                }
                some |= !text.is_empty();
                self.at = line.span.end;
            }
            if some {
                let span = start..self.at;
                return Some(Block { header, octets: self.text.get(span.clone())?, span });
            }
        }
    }
}

//! yEnc: the coding of Usenet, which now and then comes by mail (<http://www.yenc.org/yenc-draft.1.3.txt>).
//!
//! Not supported: putting the parts of several messages together. Each part decodes by itself, and its place in the
//! file is not looked at.

use super::told::Told;
use crate::{DefectKind, Report};

/// Octets of a control line that are kept.
const LINE: usize = 1024;

/// What stands in the line `=ybegin`.
///
/// # Example
///
/// ```
/// use mime_core::coding::yenc::Header;
///
/// let header = Header::parse(b"=ybegin part=1 line=128 size=584 name=a b.bin").unwrap();
/// assert_eq!((header.size, header.part, header.name), (Some(584), Some(1), &b"a b.bin"[..]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header<'a> {
    /// Octets of the whole file.
    pub size: Option<u64>,
    /// The number of this part, from 1, if the file comes in several.
    pub part: Option<u64>,
    /// The name, as it stands: octets of an unknown charset. Clean it before a file is made.
    pub name: &'a [u8],
}

impl<'a> Header<'a> {
    /// Understands the line, without its end.
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let rest = line.strip_prefix(b"=ybegin ")?;
        let (fields, name) = match memchr::memmem::find(rest, b"name=") {
            Some(at) => (rest.get(..at)?, rest.get(at + 5..)?.trim_ascii()),
            None => (rest, &b""[..]),
        };
        Some(Self { size: number(fields, b"size", 10), part: number(fields, b"part", 10), name })
    }

    /// Finds the first one in a body.
    pub fn find(body: &'a [u8]) -> Option<Self> {
        memchr::memmem::find_iter(body, b"=ybegin ").find_map(|at| {
            let line = body.get(at..)?;
            let line = line.get(..memchr::memchr2(b'\r', b'\n', line).unwrap_or(line.len()))?;
            let starts_line = at == 0 || body.get(at - 1) == Some(&b'\n');
            Self::parse(line).filter(|_| starts_line)
        })
    }
}

/// The number behind `key=`.
fn number(fields: &[u8], key: &[u8], radix: u32) -> Option<u64> {
    let value = fields
        .split(|octet| octet.is_ascii_whitespace())
        .find_map(|field| field.strip_prefix(key)?.strip_prefix(b"="))?;
    u64::from_str_radix(std::str::from_utf8(value).ok()?, radix).ok()
}

static CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut value = octet;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 0 { value >> 1 } else { value >> 1 ^ 0xedb8_8320 };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)] // evaluated when this is compiled
        {
            table[octet as usize] = value;
        }
        octet += 1;
    }
    table
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// No `=ybegin` yet, or another one may come.
    Outside,
    Inside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The first octet of a line.
    LineStart,
    /// The second octet of a line that begins with an equals sign.
    Control,
    /// The rest of a line that is not data.
    Line,
    Data,
    Escaped,
}

/// A yEnc body being decoded.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    at: usize,
    mode: Mode,
    next: Next,
    any: bool,
    line: [u8; LINE],
    length: usize,
    line_at: usize,
    announced: Option<u64>,
    part: bool,
    octets: u64,
    crc: u32,
    told: Told,
}

impl Decoder {
    pub(super) const fn new() -> Self {
        Self {
            at: 0,
            mode: Mode::Outside,
            next: Next::LineStart,
            any: false,
            line: [0; LINE],
            length: 0,
            line_at: 0,
            announced: None,
            part: false,
            octets: 0,
            crc: u32::MAX,
            told: Told::new(),
        }
    }

    pub(super) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        let mut rest = chunk;
        while let Some((first, behind)) = rest.split_first() {
            let mut count = 1;
            match self.next {
                Next::LineStart if *first == b'=' => {
                    self.line_at = self.at;
                    self.keep(*first);
                    self.next = Next::Control;
                }
                Next::LineStart => {
                    self.next = if self.mode == Mode::Inside { Next::Data } else { Next::Line };
                    continue;
                }
                Next::Control if *first == b'y' => {
                    self.keep(*first);
                    self.next = Next::Line;
                }
                Next::Control => {
                    self.length = 0;
                    self.next = if self.mode == Mode::Inside { Next::Escaped } else { Next::Line };
                    continue;
                }
                Next::Line => {
                    let end = memchr::memchr(b'\n', rest);
                    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                    count = line.len();
                    if self.length > 0 {
                        for octet in line.iter().take(LINE) {
                            self.keep(*octet);
                        }
                    }
                    if end.is_some() {
                        count += 1;
                        self.control(self.at + count, report);
                        self.next = Next::LineStart;
                    }
                }
                Next::Data => match first {
                    b'\n' => self.next = Next::LineStart,
                    b'\r' => {}
                    b'=' => self.next = Next::Escaped,
                    _ => {
                        let end = memchr::memchr3(b'=', b'\r', b'\n', behind).map_or(rest.len(), |at| at + 1);
                        count = end;
                        self.data(rest.get(..end).unwrap_or_default(), 42, out);
                    }
                },
                Next::Escaped => {
                    self.next = Next::Data;
                    if matches!(first, b'\r' | b'\n') {
                        self.told.tell(report, DefectKind::EncodedBodyDamaged, self.at..self.at + 1);
                        continue;
                    }
                    self.data(&[*first], 42 + 64, out);
                }
            }
            self.at += count;
            rest = rest.get(count..).unwrap_or_default();
        }
    }

    fn keep(&mut self, octet: u8) {
        if let Some(place) = self.line.get_mut(self.length) {
            *place = octet;
            self.length += 1;
        }
    }

    fn data(&mut self, octets: &[u8], shift: u8, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend(octets.iter().map(|octet| octet.wrapping_sub(shift)));
        for octet in out.get(start..).unwrap_or_default() {
            let [low, ..] = self.crc.to_le_bytes();
            self.crc = CRC.get(usize::from(low ^ octet)).copied().unwrap_or(0) ^ self.crc >> 8;
        }
        self.octets = self.octets.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
    }

    /// The end of a line that begins with `=y`, or is not data.
    fn control(&mut self, end: usize, report: &mut impl Report) {
        let kept = self.line;
        let line = kept.get(..std::mem::take(&mut self.length)).unwrap_or_default();
        let mut damaged = false;
        if let Some(header) = Header::parse(line) {
            damaged = self.mode == Mode::Inside;
            self.mode = Mode::Inside;
            self.any = true;
            self.announced = header.size;
            self.part = header.part.is_some();
            self.octets = 0;
            self.crc = u32::MAX;
        } else if let Some(fields) = line.strip_prefix(b"=yend ")
            && self.mode == Mode::Inside
        {
            self.mode = Mode::Outside;
            let size = number(fields, b"size", 10);
            let whole = if self.part { None } else { Some("crc32") };
            let crc = number(fields, b"pcrc32", 16).or_else(|| number(fields, whole?.as_bytes(), 16));
            damaged = size.is_some_and(|size| size != self.octets)
                || (!self.part && self.announced.is_some_and(|size| size != self.octets))
                || crc.is_some_and(|crc| crc != u64::from(!self.crc));
        } else if !line.is_empty() {
            // `=ypart` says where in the file the octets belong; others are unknown.
            damaged = self.mode == Mode::Inside && !line.starts_with(b"=ypart ");
        }
        if damaged {
            self.told.tell(report, DefectKind::EncodedBodyDamaged, self.line_at..end);
        }
    }

    pub(super) fn finish(&mut self, report: &mut impl Report) {
        if self.length > 0 && self.next == Next::Line {
            self.control(self.at, report);
        }
        if self.mode == Mode::Inside || !self.any {
            self.told.tell(report, DefectKind::EncodedBodyDamaged, self.at..self.at);
        }
    }
}

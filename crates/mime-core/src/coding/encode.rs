//! Encoders, for content that is sent.

use super::{base64_lines::ALPHABET, quoted_scan::LINE};

/// Octets in a line of base64.
const GIVEN: usize = LINE / 4 * 3;

/// Encodes content in base64: lines of 76 octets, separated by CRLF, none behind the last (RFC 2045 section 6.8).
///
/// Content may come in pieces of any size; the result is the same.
///
/// # Example
///
/// ```
/// use mime_core::coding::Base64Encoder;
///
/// let mut encoder = Base64Encoder::new();
/// let mut out = Vec::new();
/// encoder.push(b"Gr\xc3\xbc\xc3\x9f", &mut out);
/// encoder.push(b"e", &mut out);
/// encoder.finish(&mut out);
/// assert_eq!(out, b"R3LDvMOfZQ==");
/// assert_eq!(Base64Encoder::encoded_len(7), 12);
/// assert_eq!(Base64Encoder::encoded_len(58), 76 + 2 + 4);
/// ```
#[derive(Clone, Debug)]
pub struct Base64Encoder {
    held: [u8; GIVEN],
    length: usize,
    /// Whether a line stands before.
    follows: bool,
}

impl Base64Encoder {
    /// An encoder that has seen nothing.
    pub const fn new() -> Self {
        Self { held: [0; GIVEN], length: 0, follows: false }
    }

    /// Exactly how many octets the encoded form of so many octets has; `u64::MAX` if it does not fit.
    pub const fn encoded_len(octets: u64) -> u64 {
        if octets == 0 {
            return 0;
        }
        let characters = octets.div_ceil(3).saturating_mul(4);
        characters.saturating_add((characters.div_ceil(76) - 1).saturating_mul(2))
    }

    /// Encodes everything at once, behind what is in `out`.
    pub fn encode_into(content: &[u8], out: &mut Vec<u8>) {
        let mut encoder = Self::new();
        encoder.push(content, out);
        encoder.finish(out);
    }

    /// Takes a piece of the content; appends what can be encoded.
    pub fn push(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let length = u64::try_from(self.length + content.len()).unwrap_or(u64::MAX);
        out.reserve(usize::try_from(Self::encoded_len(length)).unwrap_or(0).saturating_add(2));
        let mut rest = content;
        if self.length > 0 {
            let free = self.held.get_mut(self.length..).unwrap_or_default();
            let more = free.len().min(rest.len());
            for (place, octet) in free.iter_mut().zip(rest) {
                *place = *octet;
            }
            self.length += more;
            rest = rest.get(more..).unwrap_or_default();
            // A full line waits until it is known whether there is another.
            if rest.is_empty() {
                return;
            }
            let held = self.held;
            self.line(&held, out);
            self.length = 0;
        }
        while rest.len() > GIVEN
            && let Some((line, behind)) = rest.split_at_checked(GIVEN)
        {
            self.line(line, out);
            rest = behind;
        }
        for (place, octet) in self.held.iter_mut().zip(rest) {
            *place = *octet;
        }
        self.length = rest.len();
    }

    /// Appends the rest. The encoder is as new afterwards.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let held = self.held;
        if self.length > 0 {
            self.line(held.get(..self.length).unwrap_or_default(), out);
        }
        *self = Self::new();
    }

    fn line(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        let mut line = [0; LINE + 2];
        line[0] = b'\r';
        line[1] = b'\n';
        let (groups, odd) = octets.as_chunks::<3>();
        let (_, target) = line.split_at_mut(2);
        for (group, target) in groups.iter().zip(target.as_chunks_mut::<4>().0) {
            *target = encode_group(*group);
        }
        let mut length = 2 + groups.len() * 4;
        if let Some(target) = line.get_mut(length..).and_then(|rest| rest.first_chunk_mut::<4>()) {
            match odd {
                [a] => {
                    let [a, b, ..] = encode_group([*a, 0, 0]);
                    *target = [a, b, b'=', b'='];
                    length += 4;
                }
                [a, b] => {
                    let [a, b, c, _] = encode_group([*a, *b, 0]);
                    *target = [a, b, c, b'='];
                    length += 4;
                }
                _ => {}
            }
        }
        let start = if self.follows { 0 } else { 2 };
        out.extend_from_slice(line.get(start..length).unwrap_or_default());
        self.follows = true;
    }
}

impl Default for Base64Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Two characters for twelve bits.
static PAIRS: [[u8; 2]; 4096] = {
    let mut table = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < 4096 {
        #[allow(clippy::indexing_slicing)] // evaluated when this is compiled
        {
            table[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        }
        bits += 1;
    }
    table
};

fn encode_group([a, b, c]: [u8; 3]) -> [u8; 4] {
    let [a, b, c] = [a, b, c].map(usize::from);
    let pair = |bits: usize| PAIRS.get(bits).copied().unwrap_or_default();
    let ([w, x], [y, z]) = (pair(a << 4 | b >> 4), pair((b & 15) << 8 | c));
    [w, x, y, z]
}

/// Octets that must be there before what comes first can be encoded: `From ` and what follows.
const AHEAD: usize = 6;

/// Encodes content in quoted-printable (RFC 2045 section 6.7).
///
/// Lines have at most 76 octets. In text, CRLF stays a line end, and every other CR or LF is encoded; in binary content
/// all of them are. White space at the end of a line is encoded, and so is the first octet of a line that is `.` alone
/// or begins with `From `, which mail programs would change on the way. Content may come in pieces of any size; the
/// result is the same.
///
/// # Example
///
/// ```
/// use mime_core::coding::QuotedPrintableEncoder;
///
/// let mut out = Vec::new();
/// QuotedPrintableEncoder::encode_text_into("1 + 1 = 2 \r\nGrüße\r\n.\r\n".as_bytes(), &mut out);
/// assert_eq!(out, b"1 + 1 =3D 2=20\r\nGr=C3=BC=C3=9Fe\r\n=2E\r\n");
///
/// let mut encoder = QuotedPrintableEncoder::binary();
/// let mut out = Vec::new();
/// encoder.push(b"a\r", &mut out);
/// encoder.push(b"\nb", &mut out);
/// encoder.finish(&mut out);
/// assert_eq!(out, b"a=0D=0Ab");
/// ```
#[derive(Clone, Debug)]
pub struct QuotedPrintableEncoder {
    text: bool,
    column: usize,
    held: [u8; AHEAD],
    length: usize,
}

impl QuotedPrintableEncoder {
    /// An encoder of text, whose lines end with CRLF.
    pub const fn text() -> Self {
        Self { text: true, column: 0, held: [0; AHEAD], length: 0 }
    }

    /// An encoder of binary content.
    pub const fn binary() -> Self {
        Self { text: false, column: 0, held: [0; AHEAD], length: 0 }
    }

    /// Encodes text at once, behind what is in `out`.
    pub fn encode_text_into(content: &[u8], out: &mut Vec<u8>) {
        Self::text().encode(content, true, out);
    }

    /// Encodes binary content at once, behind what is in `out`.
    pub fn encode_binary_into(content: &[u8], out: &mut Vec<u8>) {
        Self::binary().encode(content, true, out);
    }

    /// Takes a piece of the content; appends what can be encoded.
    pub fn push(&mut self, content: &[u8], out: &mut Vec<u8>) {
        let mut rest = content;
        if self.length > 0 {
            let mut both = [0; 3 * AHEAD];
            let held = self.length;
            let more = rest.len().min(2 * AHEAD);
            for (place, octet) in
                both.iter_mut().zip(self.held.iter().take(held).chain(rest.iter().take(more)))
            {
                *place = *octet;
            }
            let both = both.get(..held + more).unwrap_or_default();
            let read = self.encode(both, false, out);
            if read < held || more == rest.len() {
                return self.hold(both.get(read..).unwrap_or_default());
            }
            rest = rest.get(read - held..).unwrap_or_default();
        }
        let read = self.encode(rest, false, out);
        self.hold(rest.get(read..).unwrap_or_default());
    }

    /// Appends the rest. The encoder is as new afterwards.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        let held = self.held;
        self.encode(held.get(..self.length).unwrap_or_default(), true, out);
        *self = if self.text { Self::text() } else { Self::binary() };
    }

    fn hold(&mut self, rest: &[u8]) {
        self.length = rest.len().min(AHEAD);
        for (place, octet) in self.held.iter_mut().zip(rest) {
            *place = *octet;
        }
    }

    /// Encodes all of the content if it is the `last`, else as much as does not depend on what comes.
    fn encode(&mut self, content: &[u8], last: bool, out: &mut Vec<u8>) -> usize {
        let mut rest = content;
        out.reserve(rest.len());
        while let Some((first, behind)) = rest.split_first() {
            if !last && rest.len() < AHEAD {
                break;
            }
            // As many octets as need no thought, all but the last of them, which may be white space at a line end.
            let free = (LINE - 1).saturating_sub(self.column);
            let run = rest.iter().take(free + 1).take_while(|octet| plain(octet)).count();
            let run = run.min(free + 1).saturating_sub(1).min(rest.len().saturating_sub(AHEAD));
            if run > 0 && self.column > 0 {
                out.extend_from_slice(rest.get(..run).unwrap_or_default());
                self.column += run;
                rest = rest.get(run..).unwrap_or_default();
                continue;
            }
            if self.text && rest.starts_with(b"\r\n") {
                out.extend_from_slice(b"\r\n");
                self.column = 0;
                rest = rest.get(2..).unwrap_or_default();
                continue;
            }
            let ends = behind.is_empty() || (self.text && behind.starts_with(b"\r\n"));
            let kept = match first {
                // RFC 2045 section 6.7, rule 3: "Octets with values of 9 and 32 MAY be represented as US-ASCII TAB
                // (HT) and SPACE characters, respectively, but MUST NOT be so represented at the end of an encoded
                // line."
                b' ' | b'\t' => !ends,
                b'=' => false,
                b'.' => self.column > 0 || !ends,
                b'F' => self.column > 0 || !rest.starts_with(b"From "),
                octet => plain(octet),
            };
            let length = if kept { 1 } else { 3 };
            // RFC 2045 section 6.7, rule 5: "The Quoted-Printable encoding REQUIRES that encoded lines be no more than
            // 76 characters long."
            if self.column + length > if ends { LINE } else { LINE - 1 } {
                out.extend_from_slice(b"=\r\n");
                self.column = 0;
                continue;
            }
            if kept {
                out.push(*first);
            } else {
                let digit = |value: u8| b"0123456789ABCDEF".get(usize::from(value)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'=', digit(first >> 4), digit(first & 15)]);
            }
            self.column += length;
            rest = behind;
        }
        content.len() - rest.len()
    }
}

/// Whether an octet stands for itself wherever it is but at the ends of lines: printable ASCII, without `=`.
fn plain(octet: &u8) -> bool {
    matches!(octet, b' '..=b'~' | b'\t') && *octet != b'='
}

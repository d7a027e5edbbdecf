//! Transfer codings of what is composed.

/// Octets of a line of base64, encoded and not (RFC 2045 section 6.8).
const LINE: usize = 76;
const LINE_OCTETS: usize = 57;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn letter(bits: u32) -> u8 {
    usize::try_from(bits & 63).ok().and_then(|bits| ALPHABET.get(bits)).copied().unwrap_or(b'=')
}

/// The digit of four bits.
pub(super) fn hex(bits: u8) -> u8 {
    b"0123456789ABCDEF".get(usize::from(bits & 15)).copied().unwrap_or(b'0')
}

/// Base64 of the octets, without lines.
pub(super) fn base64(octets: &[u8], out: &mut Vec<u8>) {
    for chunk in octets.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        out.extend_from_slice(&[letter(bits >> 18), letter(bits >> 12)]);
        out.push(if chunk.len() > 1 { letter(bits >> 6) } else { b'=' });
        out.push(if chunk.len() > 2 { letter(bits) } else { b'=' });
    }
}

/// Octets of base64 in lines, without a line end behind the last.
pub(super) fn base64_octets(octets: u64) -> Option<u64> {
    let letters = octets.div_ceil(3).checked_mul(4)?;
    letters.checked_add(letters.div_ceil(76).saturating_sub(1).checked_mul(2)?)
}

/// Base64 in lines, piece by piece.
#[derive(Clone, Debug, Default)]
pub(super) struct Base64 {
    held: Vec<u8>,
    begun: bool,
}

impl Base64 {
    /// Encodes whole lines of what is there; the rest is kept.
    pub(super) fn feed(&mut self, mut octets: &[u8], out: &mut Vec<u8>) {
        out.reserve(octets.len() / LINE_OCTETS * (LINE + 2) + LINE);
        while self.held.len() + octets.len() >= LINE_OCTETS {
            let (line, rest) =
                octets.split_at_checked(LINE_OCTETS - self.held.len()).unwrap_or((octets, &[]));
            if self.held.is_empty() {
                self.line(line, out);
            } else {
                let mut held = std::mem::take(&mut self.held);
                held.extend_from_slice(line);
                self.line(&held, out);
                held.clear();
                self.held = held;
            }
            octets = rest;
        }
        self.held.extend_from_slice(octets);
    }

    /// Encodes what was kept.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let held = std::mem::take(&mut self.held);
        if !held.is_empty() {
            self.line(&held, out);
        }
        self.begun = false;
    }

    fn line(&mut self, octets: &[u8], out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            out.extend_from_slice(b"\r\n");
        }
        base64(octets, out);
    }
}

/// Quoted-printable of lines that end in CRLF (RFC 2045 section 6.7).
pub(super) fn quoted_printable(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    let mut column = 0;
    let mut rest = text;
    while let Some((&octet, tail)) = rest.split_first() {
        if octet == b'\r' && tail.first() == Some(&b'\n') {
            out.extend_from_slice(b"\r\n");
            column = 0;
            rest = tail.get(1..).unwrap_or_default();
            continue;
        }
        let ends_line = tail.is_empty() || tail.starts_with(b"\r\n");
        // What stands at the beginning of a line, and gets changed on the way: a dot, and `From `.
        let fragile = column == 0 && (octet == b'.' || octet == b'F' && tail.starts_with(b"rom "));
        let plain = match octet {
            b' ' | b'\t' => !ends_line,
            b'!'..=b'~' => octet != b'=' && !fragile,
            _ => false,
        };
        let width = if plain { 1 } else { 3 };
        if column + width > if ends_line { LINE } else { LINE - 1 } {
            out.extend_from_slice(b"=\r\n");
            column = 0;
            continue;
        }
        if plain {
            out.push(octet);
        } else {
            out.extend_from_slice(&[b'=', hex(octet >> 4), hex(octet & 15)]);
        }
        column += width;
        rest = tail;
    }
    out
}

//! Text that comes in pieces.

use simdutf8::basic::from_utf8;

#[cfg(feature = "charset")]
use super::unicode::{Utf7, Utf16, Utf32};
use super::{
    Charset, Inner,
    tables::{self, Table},
};

/// Octets to text, piece by piece: however the octets are cut, the text is the same.
///
/// A byte order mark at the start is dropped. What the charset does not have becomes U+FFFD.
///
/// # Example
///
/// ```
/// use mime_core::charset::{Charset, Decoder};
///
/// let mut decoder = Decoder::new(Charset::UTF_8);
/// let mut text = String::new();
/// decoder.push(b"Gr\xc3", &mut text);
/// decoder.push(b"\xbc\xc3\x9fe", &mut text);
/// assert!(!decoder.finish(&mut text));
/// assert_eq!(text, "Grüße");
/// ```
pub struct Decoder {
    machine: Machine,
    /// Nothing was written yet, so that U+FEFF would be a byte order mark.
    at_start: bool,
    foreign: bool,
}

enum Machine {
    /// UTF-8; what is none is U+FFFD, or, for ASCII, windows-1252.
    Utf8 {
        pending: [u8; 4],
        held: usize,
        ascii: bool,
    },
    Single(&'static Table),
    #[cfg(feature = "charset")]
    Known(Box<encoding_rs::Decoder>),
    #[cfg(feature = "charset")]
    Utf7(Utf7),
    #[cfg(feature = "charset")]
    Utf16(Utf16),
    #[cfg(feature = "charset")]
    Utf32(Utf32),
    #[cfg(feature = "charset")]
    Pairs(Box<Shifted>),
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("foreign", &self.foreign).finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder at the start of a text.
    pub fn new(charset: Charset) -> Self {
        let machine = match charset.0 {
            Inner::Utf8 => Machine::Utf8 { pending: [0; 4], held: 0, ascii: false },
            Inner::Ascii => Machine::Utf8 { pending: [0; 4], held: 0, ascii: true },
            Inner::Windows1252 => Machine::Single(&tables::WINDOWS_1252),
            #[cfg(feature = "charset")]
            Inner::Single(table) => Machine::Single(table),
            #[cfg(feature = "charset")]
            Inner::Known(encoding) => Machine::Known(Box::new(encoding.new_decoder_without_bom_handling())),
            #[cfg(feature = "charset")]
            Inner::Utf7 => Machine::Utf7(Utf7::default()),
            #[cfg(feature = "charset")]
            Inner::Utf16 => Machine::Utf16(Utf16::default()),
            #[cfg(feature = "charset")]
            Inner::Utf32(order) => Machine::Utf32(Utf32::new(order)),
            #[cfg(feature = "charset")]
            Inner::Pairs(pairs) => Machine::Pairs(Box::new(Shifted::new(pairs))),
        };
        Self { machine, at_start: true, foreign: false }
    }

    /// Takes the next octets and appends the text that they complete.
    pub fn push(&mut self, octets: &[u8], text: &mut String) {
        let before = text.len();
        self.foreign |= self.machine.push(octets, text);
        self.drop_mark(before, text);
    }

    /// Ends the text: what is not complete becomes U+FFFD. Says whether there were octets in the text that the charset
    /// does not have.
    pub fn finish(mut self, text: &mut String) -> bool {
        let before = text.len();
        self.foreign |= self.machine.finish(text);
        self.drop_mark(before, text);
        self.foreign
    }

    fn drop_mark(&mut self, before: usize, text: &mut String) {
        if self.at_start && text.len() > before {
            self.at_start = false;
            if text.get(before..).is_some_and(|new| new.starts_with('\u{feff}')) {
                text.remove(before);
            }
        }
    }
}

impl Machine {
    fn push(&mut self, octets: &[u8], text: &mut String) -> bool {
        match self {
            Self::Utf8 { pending, held, ascii } => utf8(pending, held, *ascii, octets, text),
            Self::Single(table) => single(table, octets, text),
            #[cfg(feature = "charset")]
            Self::Known(decoder) => known(decoder, octets, text, false),
            #[cfg(feature = "charset")]
            Self::Utf7(machine) => machine.push(octets, text),
            #[cfg(feature = "charset")]
            Self::Utf16(machine) => machine.push(octets, text),
            #[cfg(feature = "charset")]
            Self::Utf32(machine) => machine.push(octets, text),
            #[cfg(feature = "charset")]
            Self::Pairs(machine) => machine.push(octets, text),
        }
    }

    fn finish(&mut self, text: &mut String) -> bool {
        match self {
            Self::Utf8 { held: 0, .. } | Self::Single(_) => false,
            Self::Utf8 { pending, held, ascii } => {
                broken(pending.get(..*held).unwrap_or_default(), *ascii, text);
                true
            }
            #[cfg(feature = "charset")]
            Self::Known(decoder) => known(decoder, b"", text, true),
            #[cfg(feature = "charset")]
            Self::Utf7(machine) => machine.finish(text),
            #[cfg(feature = "charset")]
            Self::Utf16(machine) => machine.finish(text),
            #[cfg(feature = "charset")]
            Self::Utf32(machine) => machine.finish(text),
            #[cfg(feature = "charset")]
            Self::Pairs(machine) => machine.finish(text),
        }
    }
}

/// Octets that are no UTF-8: one U+FFFD, or what windows-1252 makes of each.
fn broken(octets: &[u8], ascii: bool, text: &mut String) {
    if ascii {
        text.extend(octets.iter().map(|&octet| tables::WINDOWS_1252.character(octet)));
    } else {
        text.push(char::REPLACEMENT_CHARACTER);
    }
}

fn utf8(pending: &mut [u8; 4], held: &mut usize, ascii: bool, mut octets: &[u8], text: &mut String) -> bool {
    let mut foreign = false;
    while *held > 0 {
        let Some((&octet, rest)) = octets.split_first() else { return foreign };
        if let Some(slot) = pending.get_mut(*held) {
            *slot = octet;
        }
        let so_far = pending.get(..=*held).unwrap_or_default();
        match str::from_utf8(so_far) {
            Ok(character) => {
                foreign |= ascii;
                text.push_str(character);
                *held = 0;
                octets = rest;
            }
            Err(error) if error.error_len().is_none() => {
                *held += 1;
                octets = rest;
            }
            Err(_) => {
                // the octets before this one begin a character that this one does not continue
                foreign = true;
                broken(pending.get(..*held).unwrap_or_default(), ascii, text);
                *held = 0;
            }
        }
    }
    if let Ok(valid) = from_utf8(octets) {
        text.push_str(valid);
        return foreign | (ascii && !valid.is_ascii());
    }
    loop {
        let error = match str::from_utf8(octets) {
            Ok(valid) => {
                foreign |= ascii && !valid.is_ascii();
                text.push_str(valid);
                return foreign;
            }
            Err(error) => error,
        };
        let (valid, rest) = octets.split_at_checked(error.valid_up_to()).unwrap_or((octets, b""));
        if let Ok(valid) = str::from_utf8(valid) {
            foreign |= ascii && !valid.is_ascii();
            text.push_str(valid);
        }
        let Some(length) = error.error_len() else {
            for (slot, &octet) in pending.iter_mut().zip(rest) {
                *slot = octet;
            }
            *held = rest.len().min(3);
            return foreign;
        };
        foreign = true;
        let (bad, rest) = rest.split_at_checked(length).unwrap_or((rest, b""));
        broken(bad, ascii, text);
        octets = rest;
    }
}

fn single(table: &Table, octets: &[u8], text: &mut String) -> bool {
    if let Ok(ascii) = str::from_utf8(octets)
        && ascii.is_ascii()
    {
        text.push_str(ascii);
        return false;
    }
    text.reserve(octets.len());
    let mut foreign = false;
    for &octet in octets {
        let character = table.character(octet);
        foreign |= character == char::REPLACEMENT_CHARACTER;
        text.push(character);
    }
    foreign
}

#[cfg(feature = "charset")]
fn known(decoder: &mut encoding_rs::Decoder, mut octets: &[u8], text: &mut String, last: bool) -> bool {
    let mut foreign = false;
    loop {
        // without room for one character nothing would be written
        text.reserve(decoder.max_utf8_buffer_length(octets.len().min(4096)).unwrap_or(4096).max(16));
        let (result, read, replaced) = decoder.decode_to_string(octets, text, last);
        foreign |= replaced;
        octets = octets.get(read..).unwrap_or_default();
        if result == encoding_rs::CoderResult::InputEmpty {
            return foreign;
        }
    }
}

/// Charsets that write pairs of seven-bit octets behind a sequence that announces them.
#[cfg(feature = "charset")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pairs {
    /// ISO-2022-KR (RFC 1557): EUC-KR between SO and SI.
    Kr,
    /// ISO-2022-CN (RFC 1922): EUC-CN between SO and SI; CNS 11643 is not known.
    Cn,
    /// HZ (RFC 1843): EUC-CN between `~{` and `~}`.
    Hz,
}

/// Puts the high bits back and leaves the rest to the decoder of the eight-bit form.
#[cfg(feature = "charset")]
struct Shifted {
    pairs: Pairs,
    shifted: bool,
    /// What is behind SO can be decoded.
    designated: bool,
    /// Octets of an escape sequence, the escape octet included.
    escape: [u8; 4],
    escaped: usize,
    eight_bit: encoding_rs::Decoder,
    buffer: Vec<u8>,
}

#[cfg(feature = "charset")]
impl Shifted {
    fn new(pairs: Pairs) -> Self {
        let encoding = match pairs {
            Pairs::Kr => encoding_rs::EUC_KR,
            Pairs::Cn | Pairs::Hz => encoding_rs::GBK,
        };
        Self {
            pairs,
            shifted: false,
            designated: true,
            escape: [0; 4],
            escaped: 0,
            eight_bit: encoding.new_decoder_without_bom_handling(),
            buffer: Vec::new(),
        }
    }

    fn push(&mut self, octets: &[u8], text: &mut String) -> bool {
        let mut foreign = false;
        for chunk in octets.chunks(4096) {
            self.buffer.clear();
            for &octet in chunk {
                self.octet(octet);
            }
            foreign |= known(&mut self.eight_bit, &self.buffer, text, false);
        }
        foreign
    }

    fn finish(&mut self, text: &mut String) -> bool {
        self.buffer.clear();
        let held = std::mem::take(&mut self.escaped);
        self.buffer.extend(self.escape.iter().take(held));
        let foreign = known(&mut self.eight_bit, &self.buffer, text, false);
        known(&mut self.eight_bit, b"", text, true) || foreign
    }

    fn octet(&mut self, octet: u8) {
        if self.escaped > 0 {
            return self.in_escape(octet);
        }
        let introducer = if self.pairs == Pairs::Hz { b'~' } else { 0x1b };
        match octet {
            _ if octet == introducer => {
                self.escape = [octet, 0, 0, 0];
                self.escaped = 1;
            }
            0x0e if self.pairs != Pairs::Hz => self.shifted = true,
            0x0f if self.pairs != Pairs::Hz => self.shifted = false,
            // no line ends shifted
            b'\n' | b'\r' => {
                self.shifted = false;
                self.buffer.push(octet);
            }
            0x21..=0x7e if self.shifted && self.designated => self.buffer.push(octet | 0x80),
            // a pair that is not known: an octet that is none in the eight-bit form
            0x21..=0x7e if self.shifted => self.buffer.push(0xff),
            _ => self.buffer.push(octet),
        }
    }

    fn in_escape(&mut self, octet: u8) {
        if let Some(slot) = self.escape.get_mut(self.escaped) {
            *slot = octet;
            self.escaped += 1;
        }
        let sequence = self.escape.get(..self.escaped).unwrap_or_default();
        let complete = match (self.pairs, sequence) {
            (Pairs::Hz, b"~{") => {
                self.shifted = true;
                true
            }
            (Pairs::Hz, b"~}") => {
                self.shifted = false;
                true
            }
            (Pairs::Hz, b"~~") if !self.shifted => {
                self.buffer.push(b'~');
                true
            }
            // a line that is continued
            (Pairs::Hz, b"~\n") => true,
            (Pairs::Kr, b"\x1b$)C") => true,
            (Pairs::Cn, [0x1b, b'$', b')', kind]) => {
                self.designated = *kind == b'A';
                true
            }
            (Pairs::Cn, [0x1b, b'$', b'*', _]) => true,
            (Pairs::Kr | Pairs::Cn, b"\x1b$" | b"\x1b$)") | (Pairs::Cn, b"\x1b$*") => return,
            _ => false,
        };
        let held = std::mem::take(&mut self.escaped);
        if !complete {
            // no sequence: what was held is text, and the octet begins anew
            self.buffer.extend(self.escape.iter().take(held - 1));
            self.octet(octet);
        }
    }
}

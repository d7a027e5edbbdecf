//! Texts: their line ends, and the transfer encoding that suits them.

use bytes::Bytes;

use super::fold::{MUST, SHOULD};
use crate::coding::QuotedPrintableEncoder;

/// A text as it stands in the message.
pub(super) struct Text {
    pub(super) octets: Bytes,
    pub(super) encoding: Encoding,
    pub(super) charset: &'static str,
}

/// RFC 2045 section 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    SevenBit,
    EightBit,
    QuotedPrintable,
    Base64,
}

impl Encoding {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
        }
    }
}

/// What of the octets decides how they may travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// Octets above 127.
    pub(super) eight_bit: bool,
    /// NUL, or CR and LF that are not CRLF.
    pub(super) binary: bool,
    /// Control characters that are neither CRLF nor tab.
    pub(super) control: bool,
    /// Octets of the longest line.
    pub(super) line: usize,
}

impl Traits {
    pub(super) fn of(octets: &[u8]) -> Self {
        let mut traits = Self::default();
        let mut lines = octets.split(|octet| *octet == b'\n').peekable();
        while let Some(line) = lines.next() {
            let line = match (line.strip_suffix(b"\r"), lines.peek()) {
                (Some(line), Some(_)) => line,
                (None, Some(_)) => {
                    traits.binary = true;
                    line
                }
                (_, None) => line,
            };
            traits.line = traits.line.max(line.len());
            for octet in line {
                traits.eight_bit |= *octet > 0x7f;
                traits.binary |= matches!(octet, 0 | b'\r');
                traits.control |= octet.is_ascii_control() && *octet != b'\t';
            }
        }
        traits
    }

    /// Whether it may travel without being encoded.
    pub(super) const fn fits(self, eight_bit: bool) -> bool {
        !self.binary && self.line <= MUST && (eight_bit || !self.eight_bit)
    }
}

impl Text {
    /// The text in lines, encoded if it has to be.
    pub(super) fn new(text: &str, eight_bit: bool) -> Self {
        let lines = lines(text);
        let traits = Traits::of(&lines);
        let charset = if traits.eight_bit { "utf-8" } else { "us-ascii" };
        if traits.fits(eight_bit) && traits.line <= SHOULD && !traits.control {
            let encoding = if traits.eight_bit { Encoding::EightBit } else { Encoding::SevenBit };
            return Self { octets: lines.into(), encoding, charset };
        }
        let mut quoted = Vec::new();
        QuotedPrintableEncoder::encode_text_into(&lines, &mut quoted);
        // Base64 only where it is so much shorter that it is not worth keeping the letters readable.
        if quoted.len() > lines.len().saturating_add(lines.len() / 4 * 3) {
            return Self { octets: lines.into(), encoding: Encoding::Base64, charset };
        }
        Self { octets: quoted.into(), encoding: Encoding::QuotedPrintable, charset }
    }
}

/// The text with CRLF at the end of every line, the last included. CR, LF and CRLF end a line.
fn lines(text: &str) -> Vec<u8> {
    let mut lines = Vec::with_capacity(text.len() + text.len() / 32 + 2);
    let mut octets = text.bytes().peekable();
    while let Some(octet) = octets.next() {
        match octet {
            b'\r' => {
                octets.next_if_eq(&b'\n');
                lines.extend_from_slice(b"\r\n");
            }
            b'\n' => lines.extend_from_slice(b"\r\n"),
            _ => lines.push(octet),
        }
    }
    if !lines.is_empty() && !lines.ends_with(b"\r\n") {
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

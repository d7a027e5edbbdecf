//! Transfer codings: what stands in a message, and what was meant (RFC 2045 section 6).
//!
//! Nothing here fails: every octet sequence decodes to something, and every departure from the rules is reported, so
//! that whoever wants to be strict refuses bodies with defects. Of each kind the first defect of a body is reported and
//! at most 16 more.
//!
//! * [`TransferEncoding`] reads the field Content-Transfer-Encoding, and decodes bodies at once.
//! * [`Decoder`] decodes a body that comes in pieces, with the same result.
//! * [`Base64Encoder`] and [`QuotedPrintableEncoder`] encode; [`TransferEncoding::choose`] says how.
//! * [`uuencode`] also finds files inside of text; [`yenc`] has the header of that coding.
//!
//! # What decoding does with irregular input
//!
//! **Base64** (RFC 2045 section 6.8). Line ends may stand anywhere, white space before line ends too. White space
//! elsewhere and octets that are not of the alphabet are left out
//! ([`Base64Junk`](crate::DefectKind::Base64Junk)). Padding ends a group, and data behind it is decoded as well if it
//! can be base64: what remains of that line, or the next line that is not empty, must be whole groups of four, or its
//! first 128 octets must be ([`Base64InnerPad`](crate::DefectKind::Base64InnerPad)); if it cannot be, as the footer of a
//! mailing list cannot, everything from there on is left out (`Base64Junk`). Where padding is missing, those octets are
//! given that are whole ([`Base64Truncated`](crate::DefectKind::Base64Truncated)). Bits that belong to no octet are
//! ignored ([`Base64NonCanonical`](crate::DefectKind::Base64NonCanonical)).
//!
//! **Quoted-printable** (RFC 2045 section 6.7). Lower-case digits count
//! ([`QpLowerHex`](crate::DefectKind::QpLowerHex)); an equals sign that is followed neither by digits nor by a line end
//! stays ([`QpBadEscape`](crate::DefectKind::QpBadEscape)), unless it is the very last octet, which is a soft line
//! break. White space between it and the line end is ignored
//! ([`QpSoftBreakSpace`](crate::DefectKind::QpSoftBreakSpace)). White space at the end of a line is removed, up to 256
//! octets of it. LF alone ends a line, CR alone is an octet, and both stay as they are
//! ([`BareLf`](crate::DefectKind::BareLf), [`BareCr`](crate::DefectKind::BareCr)). Long lines, controls and octets above
//! 127 are kept ([`QpForm`](crate::DefectKind::QpForm)).
//!
//! **Uuencode and yEnc**. What stands before the first line and behind the last is left out. Damage is told
//! ([`EncodedBodyDamaged`](crate::DefectKind::EncodedBodyDamaged)), and what is there is decoded.

mod base64;
#[cfg(target_arch = "x86_64")]
mod base64_avx2;
mod base64_lines;
mod choose;
mod encode;
#[cfg(target_arch = "x86_64")]
mod quoted_avx2;
mod quoted_printable;
mod quoted_scan;
mod told;
pub mod uuencode;
mod value;
pub mod yenc;

use std::{borrow::Cow, fmt};

pub use encode::{Base64Encoder, QuotedPrintableEncoder};

use crate::Report;

/// How the octets of a body are encoded for transfer (RFC 2045 section 6.1).
///
/// ```abnf
/// encoding := "Content-Transfer-Encoding" ":" mechanism
/// mechanism := "7bit" / "8bit" / "binary" / "quoted-printable" / "base64" / ietf-token / x-token
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Defect, DefectKind, coding::TransferEncoding};
///
/// let mut defects = Vec::new();
/// let encoding = TransferEncoding::from_value(b" Base64", &mut defects);
/// assert_eq!(encoding, TransferEncoding::Base64);
/// let content = encoding.decode(b"R3LDvMOf!ZQ==\r\n", &mut defects);
/// assert_eq!(content.as_ref(), "Grüße".as_bytes());
/// assert_eq!(defects, [Defect::new(DefectKind::Base64Junk, 8..9)]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransferEncoding {
    /// Lines of at most 998 octets of ASCII, as they are (RFC 2045 section 2.7).
    SevenBit,
    /// Lines of at most 998 octets, as they are (RFC 2045 section 2.8).
    EightBit,
    /// Any octets, as they are (RFC 2045 section 2.9).
    Binary,
    /// Mostly ASCII (RFC 2045 section 6.7).
    QuotedPrintable,
    /// Three octets in four (RFC 2045 section 6.8).
    Base64,
    /// As Unix had it before MIME; see [`uuencode`].
    Uuencode,
    /// As Usenet has it; see [`yenc`].
    Yenc,
    /// Something else. Decoding gives the octets as they stand; RFC 2045 section 6.4 wants them treated as
    /// application/octet-stream.
    Unknown,
}

impl TransferEncoding {
    /// Understands the value of the field, raw as it stands behind the colon.
    ///
    /// Case does not matter; comments are left out ([`CommentInToken`](crate::DefectKind::CommentInToken)). Names that
    /// programs write instead of the right ones (`7-bit`, `uuencode`), quotes and parameters are understood
    /// ([`InvalidValue`](crate::DefectKind::InvalidValue)). Nothing at all is 7bit, the default of
    /// RFC 2045 section 6.1, and `InvalidValue`. Anything else, a list included, is [`Unknown`](Self::Unknown)
    /// ([`UnknownCte`](crate::DefectKind::UnknownCte)).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{DefectKind, coding::TransferEncoding};
    ///
    /// let mut defects = Vec::new();
    /// assert_eq!(TransferEncoding::from_value(b" 8-bit", &mut defects), TransferEncoding::EightBit);
    /// assert_eq!(defects[0].kind, DefectKind::InvalidValue);
    /// assert_eq!(TransferEncoding::from_value(b" base64, 7bit", &mut defects), TransferEncoding::Unknown);
    /// assert_eq!(defects[1].kind, DefectKind::UnknownCte);
    /// ```
    pub fn from_value(value: &[u8], report: &mut impl Report) -> Self {
        value::read(value, report)
    }

    /// The name, as the field has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SevenBit => "7bit",
            Self::EightBit => "8bit",
            Self::Binary => "binary",
            Self::QuotedPrintable => "quoted-printable",
            Self::Base64 => "base64",
            Self::Uuencode => "x-uuencode",
            Self::Yenc => "x-yenc",
            Self::Unknown => "x-unknown",
        }
    }

    /// Whether bodies stand as they are: 7bit, 8bit and binary (RFC 2045 section 6.2).
    pub const fn is_identity(self) -> bool {
        matches!(self, Self::SevenBit | Self::EightBit | Self::Binary)
    }

    /// How many octets so many octets decode to, at most.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::coding::TransferEncoding;
    ///
    /// assert_eq!(TransferEncoding::Base64.decoded_len_hint(76), 60);
    /// assert_eq!(TransferEncoding::SevenBit.decoded_len_hint(76), 76);
    /// ```
    pub const fn decoded_len_hint(self, octets: usize) -> usize {
        match self {
            Self::Base64 => base64::most(octets),
            _ => octets,
        }
    }

    /// Decodes a body and appends what it holds to `out`. The [documentation of the module](self) says what becomes of
    /// irregular input. Spans of defects are counted from the start of `body`.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::coding::TransferEncoding;
    ///
    /// let mut out = b"> ".to_vec();
    /// TransferEncoding::QuotedPrintable.decode_into(b"Gr=C3=BC=\r\n=C3=9Fe", &mut out, &mut ());
    /// assert_eq!(out, "> Grüße".as_bytes());
    /// ```
    pub fn decode_into(self, body: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        out.reserve(self.decoded_len_hint(body.len()));
        if self == Self::QuotedPrintable {
            quoted_printable::Decoder::new().whole(body, out, report);
        } else {
            let mut decoder = Decoder::new(self);
            decoder.push(body, out, report);
            decoder.finish(out, report);
        }
    }

    /// Decodes a body; without a copy if it stands as it is.
    pub fn decode<'a>(self, body: &'a [u8], report: &mut impl Report) -> Cow<'a, [u8]> {
        if self.is_identity() || self == Self::Unknown {
            return Cow::Borrowed(body);
        }
        let mut out = Vec::new();
        self.decode_into(body, &mut out, report);
        Cow::Owned(out)
    }

    /// The best encoding for content that is to be sent.
    ///
    /// 7bit for ASCII with lines of at most 998 octets, without NUL and without CR or LF alone; 8bit for the like with
    /// octets above 127, if that may be sent; else whichever of quoted-printable and base64 is shorter, roughly, and
    /// base64 if there are NULs.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::coding::TransferEncoding;
    ///
    /// assert_eq!(TransferEncoding::choose(b"Hello\r\n", false), TransferEncoding::SevenBit);
    /// assert_eq!(TransferEncoding::choose("Viele Grüße\r\n".as_bytes(), true), TransferEncoding::EightBit);
    /// let text = "Mit freundlichen Grüßen\r\n".as_bytes();
    /// assert_eq!(TransferEncoding::choose(text, false), TransferEncoding::QuotedPrintable);
    /// assert_eq!(TransferEncoding::choose("Привет".as_bytes(), false), TransferEncoding::Base64);
    /// ```
    pub fn choose(content: &[u8], allow_8bit: bool) -> Self {
        choose::choose(content, allow_8bit)
    }
}

impl fmt::Display for TransferEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Decodes a body that comes in pieces.
///
/// Wherever it is cut, octets and defects are those of [`TransferEncoding::decode_into`]. Less than 2 KiB are held.
///
/// # Example
///
/// ```
/// use mime_core::coding::{Decoder, TransferEncoding};
///
/// let mut decoder = Decoder::new(TransferEncoding::Base64);
/// let (mut out, mut defects) = (Vec::new(), Vec::new());
/// for piece in [&b"SGVsb"[..], b"G8h\r", b"\n"] {
///     decoder.push(piece, &mut out, &mut defects);
/// }
/// decoder.finish(&mut out, &mut defects);
/// assert_eq!(out, b"Hello!");
/// assert_eq!(defects, []);
/// ```
#[derive(Clone, Debug)]
pub struct Decoder(Inner);

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // a box would be an allocation
enum Inner {
    Identity,
    QuotedPrintable(quoted_printable::Decoder),
    Base64(base64::Decoder),
    Uuencode(uuencode::Decoder),
    Yenc(yenc::Decoder),
}

impl Decoder {
    /// A decoder at the start of a body.
    pub const fn new(encoding: TransferEncoding) -> Self {
        Self(match encoding {
            TransferEncoding::QuotedPrintable => Inner::QuotedPrintable(quoted_printable::Decoder::new()),
            TransferEncoding::Base64 => Inner::Base64(base64::Decoder::new()),
            TransferEncoding::Uuencode => Inner::Uuencode(uuencode::Decoder::new()),
            TransferEncoding::Yenc => Inner::Yenc(yenc::Decoder::new()),
            _ => Inner::Identity,
        })
    }

    /// Takes the next octets of the body; appends what they decode to. Spans of defects are counted from the start of
    /// the body.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, report: &mut impl Report) {
        match &mut self.0 {
            Inner::Identity => out.extend_from_slice(chunk),
            Inner::QuotedPrintable(decoder) => decoder.push(chunk, out, report),
            Inner::Base64(decoder) => decoder.push(chunk, out, report),
            Inner::Uuencode(decoder) => decoder.push(chunk, out, report),
            Inner::Yenc(decoder) => decoder.push(chunk, out, report),
        }
    }

    /// Says that the body has ended; appends what was held. Whatever is pushed afterwards means nothing.
    pub fn finish(&mut self, out: &mut Vec<u8>, report: &mut impl Report) {
        match &mut self.0 {
            Inner::Identity => {}
            Inner::QuotedPrintable(decoder) => decoder.finish(out, report),
            Inner::Base64(decoder) => decoder.finish(out, report),
            Inner::Uuencode(decoder) => decoder.finish(out, report),
            Inner::Yenc(decoder) => decoder.finish(report),
        }
    }
}

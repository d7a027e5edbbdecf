//! Charsets: octets to text.
//!
//! Without the feature `charset` these are UTF-8, US-ASCII and windows-1252, which ISO-8859-1 is read as; with it, what
//! browsers know (<https://encoding.spec.whatwg.org/>), and what mail has besides: UTF-7, UTF-32, ISO-2022-KR,
//! ISO-2022-CN (GB 2312 only), HZ, and the code pages of DOS and of old Macintoshes.

use std::{borrow::Cow, fmt};

use simdutf8::basic::from_utf8;

use crate::Config;

mod decoder;
mod html;
mod label;
mod tables;
#[cfg(feature = "charset")]
mod unicode;

pub use decoder::Decoder;
#[cfg(feature = "charset")]
use decoder::Pairs;
pub use html::from_html_meta;

/// A charset whose text can be decoded (RFC 2046 section 4.1.2).
///
/// As in browsers, ISO-8859-1 is windows-1252, GB2312 is GBK, KS_C_5601-1987 is windows-949, and so on: the labels say
/// one thing and the octets the other.
///
/// # Example
///
/// ```
/// use mime_core::Charset;
///
/// let charset = Charset::from_label(b"ISO-8859-1").unwrap();
/// assert_eq!(charset, Charset::WINDOWS_1252);
/// assert_eq!(charset.decode(b"Gr\xfc\xdfe"), ("Grüße".into(), false));
/// assert_eq!(Charset::from_label(b"x-unknown"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Charset(Inner);

#[derive(Clone, Copy)]
enum Inner {
    Utf8,
    Ascii,
    Windows1252,
    #[cfg(feature = "charset")]
    Single(&'static tables::Table),
    #[cfg(feature = "charset")]
    Known(&'static encoding_rs::Encoding),
    #[cfg(feature = "charset")]
    Utf7,
    #[cfg(feature = "charset")]
    Utf16,
    /// Whether big-endian, if the label says it.
    #[cfg(feature = "charset")]
    Utf32(Option<bool>),
    #[cfg(feature = "charset")]
    Pairs(Pairs),
}

impl Inner {
    fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Ascii => "US-ASCII",
            Self::Windows1252 => tables::WINDOWS_1252.name,
            #[cfg(feature = "charset")]
            Self::Single(table) => table.name,
            #[cfg(feature = "charset")]
            Self::Known(encoding) => encoding.name(),
            #[cfg(feature = "charset")]
            Self::Utf7 => "UTF-7",
            #[cfg(feature = "charset")]
            Self::Utf16 => "UTF-16",
            #[cfg(feature = "charset")]
            Self::Utf32(None) => "UTF-32",
            #[cfg(feature = "charset")]
            Self::Utf32(Some(false)) => "UTF-32LE",
            #[cfg(feature = "charset")]
            Self::Utf32(Some(true)) => "UTF-32BE",
            #[cfg(feature = "charset")]
            Self::Pairs(Pairs::Kr) => "ISO-2022-KR",
            #[cfg(feature = "charset")]
            Self::Pairs(Pairs::Cn) => "ISO-2022-CN",
            #[cfg(feature = "charset")]
            Self::Pairs(Pairs::Hz) => "HZ-GB-2312",
        }
    }
}

impl PartialEq for Inner {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Inner {}

impl std::hash::Hash for Inner {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl Charset {
    /// UTF-8 (RFC 3629 section 3).
    pub const UTF_8: Self = Self(Inner::Utf8);

    /// US-ASCII (RFC 2046 section 4.1.2). Octets above 127 are read as UTF-8 where they are that, else as windows-1252,
    /// and told by [`decode`](Self::decode): whoever forgets the label forgets it for any text.
    pub const US_ASCII: Self = Self(Inner::Ascii);

    /// windows-1252, which ISO-8859-1 is read as. Every octet is a character.
    pub const WINDOWS_1252: Self = Self(Inner::Windows1252);

    /// The charset of a label, in upper or lower case, if it is known. UTF-7 is none of them: see
    /// [`from_label_with`](Self::from_label_with).
    ///
    /// Labels come as programs write them: with quotes, white space, other hyphens, with a `3D` of quoted-printable
    /// before the quote, as `cp1252` and `windows1252`.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Charset;
    ///
    /// for label in ["utf-8", "UTF8", " \"utf-8\"", "unicode-1-1-utf-8"] {
    ///     assert_eq!(Charset::from_label(label.as_bytes()), Some(Charset::UTF_8));
    /// }
    /// assert_eq!(Charset::from_label(b"utf-7"), None);
    /// ```
    pub fn from_label(label: &[u8]) -> Option<Self> {
        label::find(label).filter(|charset| !charset.is_utf7())
    }

    /// The charset of a label, UTF-7 (RFC 2152 section 2) included if [`Config::utf7`] is set.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(feature = "charset")] {
    /// use mime_core::{Charset, Config};
    ///
    /// let charset = Charset::from_label_with(b"utf-7", &Config::new().utf7(true)).unwrap();
    /// assert_eq!(charset.decode(b"Hi Mom +Jjo-!").0, "Hi Mom \u{263a}!");
    /// assert_eq!(Charset::from_label_with(b"utf-7", &Config::new()), None);
    /// # }
    /// ```
    pub fn from_label_with(label: &[u8], config: &Config) -> Option<Self> {
        label::find(label).filter(|charset| config.utf7 || !charset.is_utf7())
    }

    /// UTF-8 if the octets are that, else windows-1252: for octets that nobody labelled.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Charset;
    ///
    /// assert_eq!(Charset::guess("Grüße".as_bytes()), Charset::UTF_8);
    /// assert_eq!(Charset::guess(b"Gr\xfc\xdfe"), Charset::WINDOWS_1252);
    /// ```
    pub fn guess(octets: &[u8]) -> Self {
        if from_utf8(octets).is_ok() { Self::UTF_8 } else { Self::WINDOWS_1252 }
    }

    /// The name of the charset. It is the one to write, and a label that is found again.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Text of the octets, and whether some of them were not of this charset: they are U+FFFD (for US-ASCII:
    /// [guessed](Self::US_ASCII)).
    ///
    /// U+FEFF at the start is a byte order mark and dropped; it chooses no other charset, except the order of the octets
    /// where the label is `utf-16` or `utf-32` and says none. Nothing is copied if the octets are ASCII, or UTF-8 and called so.
    pub fn decode(self, octets: &[u8]) -> (Cow<'_, str>, bool) {
        match self.0 {
            Inner::Utf8 | Inner::Ascii => {
                if let Ok(text) = from_utf8(octets) {
                    let foreign = matches!(self.0, Inner::Ascii) && !text.is_ascii();
                    return (Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)), foreign);
                }
            }
            #[cfg(feature = "charset")]
            Inner::Known(encoding) => {
                let (text, foreign) = encoding.decode_without_bom_handling(octets);
                return if text.starts_with('\u{feff}') {
                    (Cow::Owned(text.chars().skip(1).collect()), foreign)
                } else {
                    (text, foreign)
                };
            }
            #[cfg(feature = "charset")]
            Inner::Single(_) => {
                if octets.is_ascii()
                    && let Ok(text) = str::from_utf8(octets)
                {
                    return (Cow::Borrowed(text), false);
                }
            }
            #[cfg(feature = "charset")]
            Inner::Windows1252 => {
                // The same letters, many at once.
                return (encoding_rs::WINDOWS_1252.decode_without_bom_handling(octets).0, false);
            }
            #[cfg(not(feature = "charset"))]
            Inner::Windows1252 => {
                if octets.is_ascii()
                    && let Ok(text) = from_utf8(octets)
                {
                    return (Cow::Borrowed(text), false);
                }
            }
            #[cfg(feature = "charset")]
            Inner::Utf7 | Inner::Utf16 | Inner::Utf32(_) | Inner::Pairs(_) => {}
        }
        let mut text = String::with_capacity(octets.len());
        let mut decoder = Decoder::new(self);
        decoder.push(octets, &mut text);
        let foreign = decoder.finish(&mut text);
        (Cow::Owned(text), foreign)
    }

    /// The text alone, for octets that are not kept: UTF-8 is looked at and copied piece by piece.
    pub(crate) fn decode_owned(self, octets: &[u8]) -> String {
        if !matches!(self.0, Inner::Utf8 | Inner::Ascii) {
            return self.decode(octets).0.into_owned();
        }
        let mut text = String::with_capacity(octets.len());
        let mut decoder = Decoder::new(self);
        let mut rest = octets;
        while !rest.is_empty() {
            // not within a character, which would have to be held
            let within =
                rest.iter().take(1025).rev().take(3).take_while(|&&octet| octet & 0xc0 == 0x80).count();
            let cut = if rest.len() > 1024 { 1024 - within } else { rest.len() };
            let (piece, behind) = rest.split_at_checked(cut).unwrap_or((rest, b""));
            decoder.push(piece, &mut text);
            rest = behind;
        }
        decoder.finish(&mut text);
        text
    }

    /// The same for what a value of a field encodes. A value is no file: U+FEFF at the start of UTF-8 is a character of
    /// the text (RFC 3629 section 6).
    pub(crate) fn decode_value(self, octets: &[u8]) -> (Cow<'_, str>, bool) {
        match from_utf8(octets) {
            Ok(text) if self == Self::UTF_8 => (Cow::Borrowed(text), false),
            _ => self.decode(octets),
        }
    }

    const fn is_utf7(self) -> bool {
        #[cfg(feature = "charset")]
        return matches!(self.0, Inner::Utf7);
        #[cfg(not(feature = "charset"))]
        return false;
    }
}

/// Text of octets of which nobody said what they are: [`Charset::guess`] and decoding in one.
pub(crate) fn decode_unlabelled(octets: &[u8]) -> Cow<'_, str> {
    match from_utf8(octets) {
        Ok(text) => Cow::Borrowed(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) => Charset::WINDOWS_1252.decode(octets).0,
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charset({})", self.name())
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

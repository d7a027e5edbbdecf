//! Charsets: octets to text.

use std::borrow::Cow;

/// A charset whose text can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(Inner);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inner {
    Utf8,
}

impl Charset {
    /// UTF-8.
    pub const UTF_8: Self = Self(Inner::Utf8);

    /// The charset of a label.
    pub fn from_label(label: &[u8]) -> Option<Self> {
        label.eq_ignore_ascii_case(b"utf-8").then_some(Self::UTF_8)
    }

    /// Text of the octets, and whether some of them had to be replaced.
    pub fn decode(self, octets: &[u8]) -> (Cow<'_, str>, bool) {
        let text = String::from_utf8_lossy(octets);
        let replaced = matches!(text, Cow::Owned(_));
        (text, replaced)
    }
}

//! One encoded word.

use std::ops::Range;

/// How the text of an encoded word is written (RFC 2047 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "RFC 2047 has two, and programs know no third")]
pub enum Encoding {
    /// Base64 (RFC 2047 section 4.1).
    B,
    /// Like quoted-printable (RFC 2047 section 4.2).
    Q,
}

/// The parts of an encoded word, as they stand (RFC 2047 section 2, RFC 2231 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct EncodedWord<'a> {
    /// The label of the charset.
    pub charset: &'a [u8],
    /// The tag of the language behind `*`, if there is one.
    pub language: Option<&'a [u8]>,
    /// How `text` is written.
    pub encoding: Encoding,
    /// What is encoded.
    pub text: &'a [u8],
}

/// Longer charset and language together make no encoded word.
const LONGEST_LABEL: usize = 128;

/// The first encoded word in the text, and where it stands.
///
/// The text may hold white space and line ends, though RFC 2047 section 2 forbids them: programs write them.
///
/// # Example
///
/// ```
/// use mime_core::encoded_word::{Encoding, find};
///
/// let (range, word) = find(b"Re: =?iso-8859-1*de?Q?Gr=FC=DFe?=!").unwrap();
/// assert_eq!(range, 4..33);
/// assert_eq!((word.charset, word.language), (&b"iso-8859-1"[..], Some(&b"de"[..])));
/// assert_eq!((word.encoding, word.text), (Encoding::Q, &b"Gr=FC=DFe"[..]));
/// assert_eq!(find(b"=?iso-8859-1?X?a?="), None);
/// ```
pub fn find(text: &[u8]) -> Option<(Range<usize>, EncodedWord<'_>)> {
    Words::new(text).next_from(0)
}

/// Finds encoded words one behind the other, in linear time.
pub(super) struct Words<'a> {
    text: &'a [u8],
    /// Where the next `?=` is that was found, for searches that start before it.
    end: Option<usize>,
    /// Where that search began.
    searched_from: usize,
}

impl<'a> Words<'a> {
    pub(super) const fn new(text: &'a [u8]) -> Self {
        Self { text, end: Some(0), searched_from: usize::MAX }
    }

    /// The first word at or behind `from`. Calls must not go back.
    pub(super) fn next_from(&mut self, from: usize) -> Option<(Range<usize>, EncodedWord<'a>)> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..)?;
            at += memchr::memchr(b'=', rest)?;
            if self.text.get(at + 1) == Some(&b'?')
                && let Some((end, word)) = self.word(at)
            {
                return Some((at..end, word));
            }
            at += 1;
        }
    }

    /// The word that begins at `at`, and where it ends.
    fn word(&mut self, at: usize) -> Option<(usize, EncodedWord<'a>)> {
        let start = at + 2;
        let (charset, language, encoding, length) = prefix(self.text.get(start..)?)?;
        let from = start + length;
        let end = self.end_from(from)?;
        let text = self.text.get(from..end)?;
        // a word that begins inside was meant: this one was never closed
        let mut inside = text;
        while let Some(found) = memchr::memchr(b'=', inside) {
            inside = inside.get(found + 1..)?;
            if let Some(begun) = inside.strip_prefix(b"?")
                && prefix(begun).is_some()
            {
                return None;
            }
        }
        Some((end + 2, EncodedWord { charset, language, encoding, text }))
    }

    /// Where the first `?=` at or behind `from` is. What was found is kept, so that no octet is searched twice.
    fn end_from(&mut self, from: usize) -> Option<usize> {
        if self.searched_from <= from {
            match self.end {
                None => return None,
                Some(end) if end >= from => return Some(end),
                Some(_) => {}
            }
        }
        self.searched_from = from;
        let mut at = from;
        self.end = loop {
            let Some(found) = memchr::memchr(b'?', self.text.get(at..).unwrap_or_default()) else {
                break None;
            };
            at += found;
            if self.text.get(at + 1) == Some(&b'=') {
                break Some(at);
            }
            at += 1;
        };
        self.end
    }
}

type Prefix<'a> = (&'a [u8], Option<&'a [u8]>, Encoding, usize);

/// What stands between `=?` and the text, and its length.
fn prefix(text: &[u8]) -> Option<Prefix<'_>> {
    let length = text.iter().take(LONGEST_LABEL).position(|&octet| !is_label(octet))?;
    let label = text.get(..length)?;
    let [b'?', letter, b'?', ..] = text.get(length..)? else { return None };
    let encoding = match letter {
        b'B' | b'b' => Encoding::B,
        b'Q' | b'q' => Encoding::Q,
        _ => return None,
    };
    let (charset, language) = match memchr::memchr(b'*', label) {
        Some(star) => (label.get(..star)?, Some(label.get(star + 1..)?)),
        None => (label, None),
    };
    (!charset.is_empty()).then_some((charset, language, encoding, length + 3))
}

/// What a label may hold: no white space, controls, `?`, `=` nor octets above 127; more than a token has, because labels
/// are written with quotes and colons too.
const fn is_label(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b'?' | b'=')
}

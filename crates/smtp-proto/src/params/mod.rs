//! Parameters of MAIL and RCPT: `key[=value]`, typed where an RFC gives them a meaning.

mod mail;
mod rcpt;
mod values;

use bytes::Bytes;

pub use mail::MailParams;
pub use rcpt::RcptParams;
pub use values::{Body, By, ByMode, Hold, Notify, OriginalRecipient, ParamError, Return, SenderAuth};

use crate::parse_error::{Expected, ParseError};

/// A parameter as it stands in the line.
///
/// ```abnf
/// esmtp-param    = esmtp-keyword ["=" esmtp-value]
/// esmtp-keyword  = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")
/// esmtp-value    = 1*(%d33-60 / %d62-126)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawParam {
    /// The keyword, as it came.
    pub keyword: Bytes,
    /// The value, if there is one.
    pub value: Option<Bytes>,
}

/// A parameter in its line, while it is parsed.
#[derive(Clone, Copy)]
struct Param<'a> {
    line: &'a Bytes,
    /// Where it begins.
    at: usize,
    keyword: &'a [u8],
    value: Option<&'a [u8]>,
}

/// Longer than any keyword or value that has a meaning.
const WORD_MOST: usize = 16;

/// A word in upper case, to be compared; empty if it is longer than any that is known.
struct Upper {
    octets: [u8; WORD_MOST],
    length: usize,
}

impl Upper {
    fn of(word: &[u8]) -> Self {
        let length = if word.len() > WORD_MOST { 0 } else { word.len() };
        let mut octets = [0; WORD_MOST];
        for (upper, octet) in octets.iter_mut().zip(word.iter().take(length)) {
            *upper = octet.to_ascii_uppercase();
        }
        Self { octets, length }
    }

    fn as_bytes(&self) -> &[u8] {
        self.octets.get(..self.length).unwrap_or_default()
    }
}

impl Param<'_> {
    fn wrong(&self) -> ParseError {
        ParseError::new(self.at, Expected::Parameter)
    }

    /// The value, to be kept.
    fn bytes(&self) -> Option<Bytes> {
        self.value.map(|value| self.line.slice_ref(value))
    }

    fn raw(&self) -> RawParam {
        RawParam { keyword: self.line.slice_ref(self.keyword), value: self.bytes() }
    }
}

/// Splits the parameters of `line` from `at` on.
fn split(line: &Bytes, mut at: usize) -> impl Iterator<Item = Result<Param<'_>, ParseError>> + '_ {
    std::iter::from_fn(move || {
        // RFC 5321 section 3.3 has one space; more of them mean nothing else.
        at += line.get(at..)?.iter().take_while(|&&octet| octet == b' ').count();
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let begin = at;
        let octets = rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len());
        at += octets;
        let param = line.get(begin..at)?;
        let equals = param.iter().position(|&octet| octet == b'=');
        let keyword = param.get(..equals.unwrap_or(param.len()))?;
        let value = equals.and_then(|equals| param.get(equals + 1..));
        let good_keyword = keyword.first().is_some_and(u8::is_ascii_alphanumeric)
            && keyword.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        let good_value = value.is_none_or(|value| {
            // RFC 6531 section 3.3 adds UTF-8 to esmtp-value.
            !value.is_empty() && value.iter().all(|&octet| matches!(octet, 33..=126 | 128..))
        });
        if good_keyword && good_value {
            Some(Ok(Param { line, at: begin, keyword, value }))
        } else {
            Some(Err(ParseError::new(begin, Expected::Parameter)))
        }
    })
}

/// Sets a parameter that may be given once.
fn once<T>(slot: &mut Option<T>, value: T, at: usize) -> Result<(), ParseError> {
    if slot.is_some() {
        return Err(ParseError::new(at, Expected::OneOfAKind));
    }
    *slot = Some(value);
    Ok(())
}

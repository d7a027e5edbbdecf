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

/// Splits the parameters of `line` from `at` on.
fn split(line: &Bytes, mut at: usize) -> impl Iterator<Item = Result<(usize, RawParam), ParseError>> + '_ {
    std::iter::from_fn(move || {
        // RFC 5321 section 3.3 has one space; more of them mean nothing else.
        at += line.get(at..)?.iter().take_while(|&&octet| octet == b' ').count();
        let rest = line.get(at..).filter(|rest| !rest.is_empty())?;
        let begin = at;
        let octets = rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len());
        at += octets;
        let param = line.slice(begin..at);
        let equals = param.iter().position(|&octet| octet == b'=');
        let keyword = param.slice(..equals.unwrap_or(param.len()));
        let value = equals.map(|equals| param.slice(equals + 1..));
        let good_keyword = keyword.first().is_some_and(u8::is_ascii_alphanumeric)
            && keyword.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
        let good_value = value.as_ref().is_none_or(|value| {
            // RFC 6531 section 3.3 adds UTF-8 to esmtp-value.
            !value.is_empty() && value.iter().all(|&octet| matches!(octet, 33..=126 | 128..))
        });
        if good_keyword && good_value {
            Some(Ok((begin, RawParam { keyword, value })))
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

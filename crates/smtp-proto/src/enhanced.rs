//! Enhanced status codes, RFC 3463.

use std::fmt;

/// An enhanced status code: `class.subject.detail`. An open set: unknown codes are kept as they are.
///
/// ```abnf
/// status-code = class "." subject "." detail
/// class = "2"/"4"/"5"
/// subject = 1*3digit
/// detail = 1*3digit
/// ```
///
/// ```
/// use smtp_proto::EnhancedCode;
///
/// let (code, text) = EnhancedCode::split(b"5.1.1 no such user").unwrap();
/// assert_eq!((code.to_string().as_str(), text), ("5.1.1", &b"no such user"[..]));
/// assert!(EnhancedCode::split(b"5.7 blocked").is_none()); // two parts are text
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnhancedCode {
    class: u8,
    subject: u16,
    detail: u16,
}

impl EnhancedCode {
    /// A code; `None` unless the class is 2, 4 or 5 and the others have at most three digits
    /// (RFC 3463 section 2).
    pub const fn new(class: u8, subject: u16, detail: u16) -> Option<Self> {
        if matches!(class, 2 | 4 | 5) && subject <= 999 && detail <= 999 {
            Some(Self { class, subject, detail })
        } else {
            None
        }
    }

    /// For codes that stand in our own text.
    pub(crate) const fn fixed((class, subject, detail): (u8, u16, u16)) -> Self {
        Self { class, subject, detail }
    }

    /// 2 success, 4 persistent transient failure, 5 permanent failure.
    pub const fn class(self) -> u8 {
        self.class
    }

    /// What it is about: 1 address, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content, 7 policy.
    pub const fn subject(self) -> u16 {
        self.subject
    }

    /// The detail within the subject, see the registry of RFC 5248.
    pub const fn detail(self) -> u16 {
        self.detail
    }

    /// Splits a code and the space behind it off the text of a reply (RFC 2034 section 4).
    pub fn split(text: &[u8]) -> Option<(Self, &[u8])> {
        let (&class, rest) = text.split_first()?;
        let class = matches!(class, b'2' | b'4' | b'5').then(|| class - b'0')?;
        let (subject, rest) = number(rest.strip_prefix(b".")?)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        let rest = match rest {
            [] => rest,
            [b' ', rest @ ..] => rest,
            _ => return None,
        };
        Some((Self::new(class, subject, detail)?, rest))
    }
}

/// One to three digits; RFC 3463 section 2 forbids leading zeros.
fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take(4).take_while(|octet| octet.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits)?;
    if !(1..=3).contains(&digits) || digits > 1 && number.first() == Some(&b'0') {
        return None;
    }
    Some((number.iter().fold(0, |sum, &digit| sum * 10 + u16::from(digit - b'0')), rest))
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_numbers_are_a_code() {
        for text in ["5.7 x", "5.7.", "3.1.1 x", "5.01.1 x", "5.1.1234 x", "5.1.1x", "", "5"] {
            assert_eq!(EnhancedCode::split(text.as_bytes()), None, "{text}");
        }
        assert_eq!(EnhancedCode::split(b"2.0.0").unwrap().1, b"");
        assert_eq!(EnhancedCode::split(b"5.7.509 x").unwrap().0.detail(), 509);
    }
}

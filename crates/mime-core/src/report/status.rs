//! Status codes and actions of delivery reports.

use std::fmt;

/// The first number of a [`Status`] (RFC 3463 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 3463 section 3.1 has three, and SMTP replies know no others
pub enum Class {
    /// `2`: it worked.
    Success,
    /// `4`: it may work later.
    Transient,
    /// `5`: it will not work.
    Permanent,
}

/// An enhanced status code: class, subject, detail.
///
/// RFC 3463 section 2:
///
/// ```abnf
/// status-code = class "." subject "." detail
/// class = "2"/"4"/"5"
/// subject = 1*3digit
/// detail = 1*3digit
/// ```
///
/// # Example
///
/// ```
/// use mime_core::report::{Class, Status};
///
/// let status = Status::parse(b"5.1.1 (no such user)").unwrap();
/// assert_eq!((status.class, status.subject, status.detail), (Class::Permanent, 1, 1));
/// assert_eq!(status.to_string(), "5.1.1");
/// assert_eq!(Status::parse(b"550"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_structs)] // RFC 3463 section 2: three numbers
pub struct Status {
    /// Whether it worked, and whether to try again.
    pub class: Class,
    /// What the reason has to do with, 0 to 999: 1 addresses, 2 mailbox, 3 system, 4 network, 5 protocol, 6 content,
    /// 7 policy (RFC 3463 section 3.2).
    pub subject: u16,
    /// The reason itself, 0 to 999.
    pub detail: u16,
}

impl Status {
    /// Reads the code that the text begins with. White space or a number sign before it, leading zeros, and anything
    /// but digits and dots behind it are accepted.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii_start();
        let text = text.strip_prefix(b"#").unwrap_or(text);
        let (class, rest) = match text {
            [b'2', b'.', rest @ ..] => (Class::Success, rest),
            [b'4', b'.', rest @ ..] => (Class::Transient, rest),
            [b'5', b'.', rest @ ..] => (Class::Permanent, rest),
            _ => return None,
        };
        let (subject, rest) = number(rest)?;
        let (detail, rest) = number(rest.strip_prefix(b".")?)?;
        // A full stop may end a sentence; a fourth number makes it an address.
        match rest {
            [b'.', b'0'..=b'9', ..] => None,
            _ => Some(Self { class, subject, detail }),
        }
    }
}

fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let length = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if !(1..=3).contains(&length) {
        return None;
    }
    let (digits, rest) = text.split_at_checked(length)?;
    Some((digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit & 15)), rest))
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class {
            Class::Success => 2,
            Class::Transient => 4,
            Class::Permanent => 5,
        };
        write!(f, "{class}.{}.{}", self.subject, self.detail)
    }
}

/// What became of a message for one recipient (RFC 3464 section 2.3.3).
///
/// ```abnf
/// action-value = "failed" / "delayed" / "delivered" / "relayed" / "expanded"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It could not be delivered, and will not be tried again.
    Failed,
    /// It could not be delivered yet; more attempts follow.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that does not report on deliveries.
    Relayed,
    /// It was delivered to an address that stands for several, and no more reports will come.
    Expanded,
    /// Something else; the field says what.
    Unknown,
}

impl Action {
    /// The action that a raw value names; comments behind it do not matter.
    pub fn parse(value: &[u8]) -> Self {
        let value = value.trim_ascii();
        let length = value.iter().take_while(|octet| octet.is_ascii_alphabetic() || **octet == b'-').count();
        let word = value.get(..length).unwrap_or_default();
        for (name, action) in [
            (&b"failed"[..], Self::Failed),
            (b"delayed", Self::Delayed),
            (b"delivered", Self::Delivered),
            (b"relayed", Self::Relayed),
            (b"expanded", Self::Expanded),
        ] {
            if word.eq_ignore_ascii_case(name) {
                return action;
            }
        }
        Self::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (text, expected) in [
            ("2.0.0", Some("2.0.0")),
            (" 4.4.7 (timed out)", Some("4.4.7")),
            ("#5.1.1", Some("5.1.1")),
            ("5.01.001;x", Some("5.1.1")),
            ("5.1.1.", Some("5.1.1")),
            ("5.1.1.2", None),
            ("5.1000.1", None),
            ("5.1.1000", None),
            ("3.1.1", None),
            ("5.1", None),
            ("5..1", None),
            ("", None),
        ] {
            let found = Status::parse(text.as_bytes()).map(|status| status.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn actions() {
        for (text, expected) in [
            (" Failed", Action::Failed),
            ("failed (mailbox full)", Action::Failed),
            ("delayed\r\n", Action::Delayed),
            ("delivered", Action::Delivered),
            ("RELAYED", Action::Relayed),
            ("expanded", Action::Expanded),
            ("failedly", Action::Unknown),
            ("", Action::Unknown),
        ] {
            assert_eq!(Action::parse(text.as_bytes()), expected, "{text}");
        }
    }
}

//! Values of parameters.

use bytes::{BufMut, Bytes};

use super::Upper;
use crate::{Mailbox, xtext};

/// A value that is not as its RFC wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid value for this parameter")]
#[non_exhaustive]
pub struct ParamError;

/// BODY, RFC 6152 section 3 and RFC 3030 section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Body {
    /// Lines of ASCII.
    SevenBit,
    /// Lines of octets.
    EightBitMime,
    /// Octets.
    BinaryMime,
}

/// RET, RFC 3461 section 4.3: what a notification returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 3461 section 4.3 has two
pub enum Return {
    /// The whole message.
    Full,
    /// Its header.
    Headers,
}

/// AUTH of MAIL, RFC 4954 section 5: who submitted the message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // RFC 4954 section 5: a mailbox or "<>"
pub enum SenderAuth {
    /// `<>`: not known, or not to be believed.
    Unknown,
    /// This mailbox.
    Mailbox(Box<Mailbox>),
}

/// BY, RFC 2852 section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct By {
    /// Seconds from now; negative if it is already late. At most nine digits.
    pub seconds: i32,
    /// What to do when it is late.
    pub mode: ByMode,
    /// Whether relays report what they do.
    pub trace: bool,
}

/// What to do when a message is late, RFC 2852 section 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 2852 section 4 has two
pub enum ByMode {
    /// `R`: give up and return it.
    Return,
    /// `N`: notify, and go on.
    Notify,
}

impl By {
    /// Deliver within `seconds`, or do as `mode` says.
    ///
    /// # Errors
    ///
    /// [`ParamError`] for more than nine digits, or for mode R with no time left (RFC 2852 section 4).
    pub fn new(seconds: i32, mode: ByMode, trace: bool) -> Result<Self, ParamError> {
        let late = mode == ByMode::Return && seconds <= 0;
        if seconds.unsigned_abs() > 999_999_999 || late {
            Err(ParamError)
        } else {
            Ok(Self { seconds, mode, trace })
        }
    }

    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (seconds, mode) = text.split_once(';')?;
        let digits = seconds.strip_prefix(['-', '+']).unwrap_or(seconds);
        if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let (mode, trace) = match mode.to_ascii_uppercase().as_str() {
            "R" => (ByMode::Return, false),
            "N" => (ByMode::Notify, false),
            "RT" => (ByMode::Return, true),
            "NT" => (ByMode::Notify, true),
            _ => return None,
        };
        Self::new(seconds.parse().ok()?, mode, trace).ok()
    }

    pub(super) fn encode(&self, out: &mut impl BufMut) {
        out.put_slice(self.seconds.to_string().as_bytes());
        out.put_slice(if self.mode == ByMode::Return { b";R" } else { b";N" });
        if self.trace {
            out.put_u8(b'T');
        }
    }
}

/// HOLDFOR or HOLDUNTIL, RFC 4865 section 5.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Hold {
    /// For so many seconds, 1 to 999999999.
    For(u32),
    /// Until a date-time of RFC 3339, as it stands.
    Until(Bytes),
}

impl Hold {
    /// Hold for `seconds`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] for zero or more than nine digits.
    pub fn for_seconds(seconds: u32) -> Result<Self, ParamError> {
        if (1..=999_999_999).contains(&seconds) { Ok(Self::For(seconds)) } else { Err(ParamError) }
    }

    /// Hold until `date_time`, such as `2026-11-24T12:00:00Z`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] unless it is a date-time of RFC 3339 section 5.6.
    pub fn until(date_time: &str) -> Result<Self, ParamError> {
        if is_date_time(date_time.as_bytes()) {
            Ok(Self::Until(Bytes::copy_from_slice(date_time.as_bytes())))
        } else {
            Err(ParamError)
        }
    }
}

/// `date-time` of RFC 3339 section 5.6, with numbers in their ranges.
pub(super) fn is_date_time(text: &[u8]) -> bool {
    let Some((fixed, rest)) = text.split_at_checked(19) else { return false };
    let number = |from: usize, to: usize| {
        fixed
            .get(from..to)
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .map(|digits| digits.iter().fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0')))
    };
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    let in_range = number(0, 4).is_some()
        && number(5, 7).is_some_and(|month| (1..=12).contains(&month))
        && number(8, 10).is_some_and(|day| (1..=31).contains(&day))
        && number(11, 13).is_some_and(|hour| hour <= 23)
        && number(14, 16).is_some_and(|minute| minute <= 59)
        && number(17, 19).is_some_and(|second| second <= 60);
    let fraction = match rest {
        [b'.', digits @ ..] => digits.iter().take_while(|octet| octet.is_ascii_digit()).count() + 1,
        _ => 0,
    };
    let zone = rest.get(fraction..).unwrap_or_default();
    let good_zone = match zone {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|octet| octet.is_ascii_digit()),
        _ => false,
    };
    in_range
        && marks.iter().all(|&(at, mark)| fixed.get(at) == Some(&mark))
        && matches!(fixed.get(10), Some(b'T' | b't'))
        && fraction != 1
        && good_zone
}

/// NOTIFY, RFC 3461 section 4.1: when to notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notify {
    /// Under no circumstances.
    Never,
    /// In these cases, at least one of them.
    On {
        /// When it is delivered.
        success: bool,
        /// When it cannot be delivered.
        failure: bool,
        /// When it is late.
        delay: bool,
    },
}

impl Notify {
    pub(super) fn parse(value: &[u8]) -> Option<Self> {
        if value.eq_ignore_ascii_case(b"NEVER") {
            return Some(Self::Never);
        }
        let (mut success, mut failure, mut delay) = (false, false, false);
        for word in value.split(|&octet| octet == b',') {
            let slot = match Upper::of(word).as_bytes() {
                b"SUCCESS" => &mut success,
                b"FAILURE" => &mut failure,
                b"DELAY" => &mut delay,
                _ => return None,
            };
            if std::mem::replace(slot, true) {
                return None;
            }
        }
        Some(Self::On { success, failure, delay })
    }

    pub(super) fn encode(self, out: &mut impl BufMut) {
        let Self::On { success, failure, delay } = self else { return out.put_slice(b"NEVER") };
        let words = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
        let mut first = true;
        for (_, word) in words.iter().filter(|(on, _)| *on) {
            if !std::mem::take(&mut first) {
                out.put_u8(b',');
            }
            out.put_slice(word.as_bytes());
        }
        if first {
            out.put_slice(b"NEVER");
        }
    }
}

/// ORCPT, RFC 3461 section 4.2: the recipient as the sender named it.
///
/// ```
/// let original = smtp_proto::OriginalRecipient::new("rfc822", "bob+lists@example.com").unwrap();
/// assert_eq!(original.address(), "bob+lists@example.com");
/// assert!(smtp_proto::OriginalRecipient::new("rfc822", "a@b\r\nRSET").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OriginalRecipient {
    kind: Bytes,
    address: Bytes,
}

impl OriginalRecipient {
    /// An address of a type such as `rfc822` or `utf-8`.
    ///
    /// # Errors
    ///
    /// [`ParamError`] if the type is no atom, or the address holds control characters.
    pub fn new(kind: &str, address: &str) -> Result<Self, ParamError> {
        let this = Self {
            kind: Bytes::copy_from_slice(kind.as_bytes()),
            address: Bytes::copy_from_slice(address.as_bytes()),
        };
        if this.is_good() { Ok(this) } else { Err(ParamError) }
    }

    fn is_good(&self) -> bool {
        !self.kind.is_empty()
            && self.kind.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
            && !self.address.is_empty()
            && !self.address.iter().any(u8::is_ascii_control)
    }

    /// The address type, as it came.
    pub fn kind(&self) -> &Bytes {
        &self.kind
    }

    /// The address, decoded.
    pub fn address(&self) -> &Bytes {
        &self.address
    }

    pub(super) fn parse(value: &Bytes) -> Option<Self> {
        let semicolon = value.iter().position(|&octet| octet == b';')?;
        let encoded = value.slice(semicolon + 1..);
        // RFC 6533 section 3: utf-8 addresses may stand as raw UTF-8 (utf-8-addr-unitext).
        let address = if encoded.is_ascii() { xtext::decode(&encoded)? } else { encoded };
        let this = Self { kind: value.slice(..semicolon), address };
        (this.is_good() && std::str::from_utf8(&this.address).is_ok()).then_some(this)
    }

    pub(super) fn encode(&self, out: &mut impl BufMut) {
        out.put_slice(&self.kind);
        out.put_u8(b';');
        xtext::encode(&self.address, out);
    }
}

/// A value of xtext that will stand in a header one day: no control characters in it.
pub(super) fn printable_xtext(value: &Bytes) -> Option<Bytes> {
    xtext::decode(value).filter(|text| !text.iter().any(u8::is_ascii_control))
}

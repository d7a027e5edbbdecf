//! How urgent a message is, and whether a person sent it.

use crate::authentication_results::skip_cfws;
use crate::cursor;

fn first_word(value: &[u8]) -> &[u8] {
    let value = skip_cfws(value);
    value.get(..cursor::word(value)).unwrap_or_default()
}

fn is(word: &[u8], known: &[&str]) -> bool {
    known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// How important a message is to its sender.
///
/// # Example
///
/// ```
/// use mime_core::Importance;
///
/// assert_eq!(Importance::parse(b" 1 (Highest)"), Some(Importance::High));
/// assert_eq!(Importance::parse(b" non-urgent"), Some(Importance::Low));
/// assert_eq!(Importance::parse(b" whatever"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums)] // the fields know these three
pub enum Importance {
    /// Less than usual.
    Low,
    /// As usual.
    Normal,
    /// More than usual.
    High,
}

impl Importance {
    /// Reads the raw value of any of these fields: `Importance` (high, normal, low), `Priority` (urgent, normal,
    /// non-urgent), `X-Priority` (1 and 2 are high, 3 is normal, 4 and 5 are low), `X-MSMail-Priority`.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let word = first_word(value);
        if is(word, &["high", "highest", "urgent", "1", "2"]) {
            Some(Self::High)
        } else if is(word, &["normal", "medium", "3"]) {
            Some(Self::Normal)
        } else if is(word, &["low", "lowest", "non-urgent", "4", "5"]) {
            Some(Self::Low)
        } else {
            None
        }
    }
}

/// What a `Precedence` field says; in no standard, and the oldest sign of mail that wants no answer
/// (RFC 3834 section 3.1.8 mentions it).
///
/// # Example
///
/// ```
/// use mime_core::Precedence;
///
/// assert_eq!(Precedence::parse(b" Bulk"), Some(Precedence::Bulk));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precedence {
    /// `bulk`: sent to many, or by a program.
    Bulk,
    /// `list`: sent by a mailing list.
    List,
    /// `junk`: not even worth a report that it cannot be delivered.
    Junk,
    /// `first-class`, `special-delivery` and `normal`: mail like any other.
    FirstClass,
}

impl Precedence {
    /// Reads the raw value of a field; `None` if it is none of those known.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let word = first_word(value);
        if is(word, &["bulk"]) {
            Some(Self::Bulk)
        } else if is(word, &["list"]) {
            Some(Self::List)
        } else if is(word, &["junk"]) {
            Some(Self::Junk)
        } else if is(word, &["first-class", "special-delivery", "normal"]) {
            Some(Self::FirstClass)
        } else {
            None
        }
    }
}

/// The value of an `Auto-Submitted` field (RFC 3834 section 5): whether a person sent the message.
///
/// ```abnf
/// auto-submitted  =  ( "no" / "auto-generated" / "auto-replied" / extension ) opt-parameter-list
/// ```
///
/// # Example
///
/// ```
/// use mime_core::AutoSubmitted;
///
/// let value = AutoSubmitted::parse(b" auto-replied (vacation); owner-email=\"me@example.com\"");
/// assert_eq!(value, AutoSubmitted::Replied);
/// assert!(value.is_automatic());
/// assert!(!AutoSubmitted::parse(b" No").is_automatic());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AutoSubmitted<'a> {
    /// `no`: a person did.
    No,
    /// `auto-generated`: a program did, by itself.
    Generated,
    /// `auto-replied`: a program did, as an answer.
    Replied,
    /// Anything else, as it stands.
    Extension(&'a [u8]),
}

impl<'a> AutoSubmitted<'a> {
    /// Reads the raw value of a field. Parameters are passed over.
    pub fn parse(value: &'a [u8]) -> Self {
        // RFC 3834 section 5.2: "Implementations of Auto-Submitted conforming to this specification MUST NOT fail to
        // recognize an Auto-Submitted field and keyword that contains syntactically valid optional parameters"
        let word = first_word(value);
        if is(word, &["no"]) {
            Self::No
        } else if is(word, &["auto-generated"]) {
            Self::Generated
        } else if is(word, &["auto-replied"]) {
            Self::Replied
        } else {
            Self::Extension(word)
        }
    }

    /// Whether the message was not sent by a person, and must not be answered by a program.
    pub fn is_automatic(self) -> bool {
        // RFC 3834 section 5.2: "Recipients of messages containing an Auto-Submitted field with any keyword other than
        // "no" MAY assume that the message was not manually submitted by a human."
        !matches!(self, Self::No)
    }
}

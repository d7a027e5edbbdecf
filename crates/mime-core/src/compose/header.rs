//! Fields that the builder has no method for.

use std::{borrow::Cow, fmt};

use thiserror::Error;

use super::{
    ComposeError,
    fold::{Field, Fields},
    words,
};
use crate::{Address, Mailbox, MessageId};

/// The name of a field of your own (RFC 5322 section 3.6.8): visible ASCII without a colon, at most 76 octets, and none
/// that the composer writes itself.
///
/// ```abnf
/// field-name = 1*ftext
/// ftext      = %d33-57 / %d59-126
/// ```
///
/// # Example
///
/// ```
/// use mime_core::compose::{HeaderName, HeaderNameError};
///
/// assert_eq!(HeaderName::new("List-Unsubscribe")?.as_str(), "List-Unsubscribe");
/// assert_eq!(HeaderName::new("X: y\r\nBcc"), Err(HeaderNameError::Octet { at: 1, octet: b':' }));
/// assert_eq!(HeaderName::new("bcc"), Err(HeaderNameError::Structural));
/// # Ok::<(), HeaderNameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HeaderName(Box<str>);

/// Why something is no name for a field of your own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderNameError {
    /// Nothing.
    #[error("empty")]
    Empty,
    /// More than 76 octets.
    #[error("longer than 76 octets")]
    TooLong,
    /// An octet that no name may have.
    #[error("octet {octet:#04x} at {at} may not be in a field name")]
    Octet {
        /// Where.
        at: usize,
        /// The octet.
        octet: u8,
    },
    /// A field that the composer writes, or that no message to be sent may have: originator and destination fields,
    /// Bcc, Resent-*, Date, Message-ID, In-Reply-To, References, Subject, MIME-Version, Content-*, Return-Path and
    /// Received.
    #[error("the composer writes this field itself")]
    Structural,
}

const STRUCTURAL: &[&str] = &[
    "bcc",
    "cc",
    "date",
    "from",
    "in-reply-to",
    "message-id",
    "mime-version",
    "received",
    "references",
    "reply-to",
    "return-path",
    "sender",
    "subject",
    "to",
];

impl HeaderName {
    /// A name.
    ///
    /// # Errors
    ///
    /// [`HeaderNameError`] says what is wrong with it.
    pub fn new(name: &str) -> Result<Self, HeaderNameError> {
        if name.is_empty() {
            return Err(HeaderNameError::Empty);
        }
        if let Some((at, octet)) =
            name.bytes().enumerate().find(|(_, octet)| !octet.is_ascii_graphic() || *octet == b':')
        {
            return Err(HeaderNameError::Octet { at, octet });
        }
        if name.len() > 76 {
            return Err(HeaderNameError::TooLong);
        }
        let begins =
            |with: &str| name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
        if begins("content-")
            || begins("resent-")
            || STRUCTURAL.iter().any(|structural| name.eq_ignore_ascii_case(structural))
        {
            return Err(HeaderNameError::Structural);
        }
        Ok(Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<&str> for HeaderName {
    type Error = HeaderNameError;

    fn try_from(name: &str) -> Result<Self, HeaderNameError> {
        Self::new(name)
    }
}

/// The value of a field of your own. Whichever kind it is, CR, LF and NUL are not in it, and the composer folds it.
///
/// # Example
///
/// ```
/// use mime_core::compose::{HeaderValue, HeaderValueError};
///
/// assert!(HeaderValue::text("Übersicht für März").is_ok());
/// assert!(HeaderValue::structured("<https://example.de/abmelden>, <mailto:ab@example.de>").is_ok());
/// assert_eq!(HeaderValue::text("hi\r\nBcc: eve@example.net"), Err(HeaderValueError { at: 2, octet: b'\r' }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderValue(Inner);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Inner {
    Text(Box<str>),
    Structured(Box<str>),
    Addresses(Vec<Address>),
    MessageIds(Vec<MessageId>),
}

/// Why something is no value: an octet that may not be in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("octet {octet:#04x} at {at} may not be in a field")]
#[allow(clippy::exhaustive_structs)] // there is nothing more to say
pub struct HeaderValueError {
    /// Where.
    pub at: usize,
    /// The octet.
    pub octet: u8,
}

impl HeaderValue {
    /// Text for people to read (RFC 5322 section 2.2.1): what ASCII cannot hold is written in encoded words (RFC 2047).
    ///
    /// # Errors
    ///
    /// If it holds CR, LF or NUL.
    pub fn text(text: &str) -> Result<Self, HeaderValueError> {
        match text.bytes().enumerate().find(|(_, octet)| matches!(octet, b'\r' | b'\n' | 0)) {
            Some((at, octet)) => Err(HeaderValueError { at, octet }),
            None => Ok(Self(Inner::Text(text.into()))),
        }
    }

    /// A value that programs read and that has its own grammar, such as that of List-Unsubscribe: it stands as it is,
    /// and is folded at single spaces only. Characters outside of ASCII may be in it if the message is to be sent with
    /// SMTPUTF8; otherwise [`build`](super::MessageBuilder::build) refuses it.
    ///
    /// # Errors
    ///
    /// If it holds a control character.
    pub fn structured(text: &str) -> Result<Self, HeaderValueError> {
        match text.char_indices().find(|(_, c)| !words::is_plain(*c, true)) {
            Some((at, _)) => {
                Err(HeaderValueError { at, octet: text.as_bytes().get(at).copied().unwrap_or_default() })
            }
            None => Ok(Self(Inner::Structured(text.into()))),
        }
    }

    /// Addresses, as in Disposition-Notification-To (RFC 8098 section 2.1).
    pub fn addresses(addresses: impl IntoIterator<Item = impl Into<Address>>) -> Self {
        Self(Inner::Addresses(addresses.into_iter().map(Into::into).collect()))
    }

    /// Message identifiers.
    pub fn message_ids(ids: impl IntoIterator<Item = MessageId>) -> Self {
        Self(Inner::MessageIds(ids.into_iter().collect()))
    }

    pub(super) fn write(&self, out: &mut Fields, name: &HeaderName, utf8: bool) -> Result<(), ComposeError> {
        let name = name.as_str().to_owned();
        match &self.0 {
            Inner::Text(value) => text(out, name, value, utf8),
            Inner::Structured(value) => structured(out, name, value, utf8),
            Inner::Addresses(value) => addresses(out, name, value, utf8),
            Inner::MessageIds(value) => message_ids(out, name, value, utf8),
        }
    }
}

/// Writes a field of text.
pub(super) fn text(
    out: &mut Fields,
    name: impl Into<Cow<'static, str>>,
    text: &str,
    utf8: bool,
) -> Result<(), ComposeError> {
    let mut field = Field::new(out, name);
    words::text(&mut field, text, utf8)?;
    field.end();
    Ok(())
}

/// Writes a field that stands as it is.
pub(super) fn structured(
    out: &mut Fields,
    name: impl Into<Cow<'static, str>>,
    text: &str,
    utf8: bool,
) -> Result<(), ComposeError> {
    let mut field = Field::new(out, name);
    words::check(field.name(), text)?;
    if !utf8 && !text.is_ascii() {
        return Err(ComposeError::NotAscii { field: field.name().to_owned() });
    }
    // Spaces that follow each other stay with the word behind them: a line of spaces alone cannot come to be.
    let mut rest = text.trim_matches(' ');
    while !rest.is_empty() {
        let spaces = rest.find(|c| c != ' ').unwrap_or(rest.len());
        let word = rest.get(spaces..).unwrap_or_default();
        let end = spaces + word.find(' ').unwrap_or(word.len());
        let (token, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        field.token(&[token])?;
        rest = tail.strip_prefix(' ').unwrap_or(tail);
    }
    field.end();
    Ok(())
}

/// Writes a list of addresses.
pub(super) fn addresses(
    out: &mut Fields,
    name: impl Into<Cow<'static, str>>,
    list: &[Address],
    utf8: bool,
) -> Result<(), ComposeError> {
    let mut field = Field::new(out, name);
    for (at, address) in list.iter().enumerate() {
        let tail = if at + 1 == list.len() { "" } else { "," };
        match address {
            Address::Mailbox(mailbox) => write_mailbox(&mut field, mailbox, utf8, tail)?,
            Address::Group(group) => {
                words::phrase(&mut field, group.name(), utf8, ":")?;
                let last = group.members().len().saturating_sub(1);
                for (at, member) in group.members().iter().enumerate() {
                    let tail = match (at == last, tail.is_empty()) {
                        (false, _) => ",",
                        (true, true) => ";",
                        (true, false) => ";,",
                    };
                    write_mailbox(&mut field, member, utf8, tail)?;
                }
                if group.members().is_empty() {
                    field.token(&[";", tail])?;
                }
            }
        }
    }
    field.end();
    Ok(())
}

/// Writes a mailbox.
fn write_mailbox(
    field: &mut Field<'_>,
    mailbox: &Mailbox,
    utf8: bool,
    tail: &str,
) -> Result<(), ComposeError> {
    let address = mailbox.address();
    if !utf8 && !address.is_ascii() {
        return Err(ComposeError::NotAscii { field: field.name().to_owned() });
    }
    let mut text = address.to_string();
    // RFC 2047 section 5 has no encoded words in addresses: in quotes, nobody takes it for one.
    if text.starts_with("=?") {
        text = format!("\"{}\"@{}", address.local_part(), address.domain());
    }
    let (open, close) = if let Some(name) = mailbox.name() {
        words::phrase(field, name, utf8, "")?;
        ("<", ">")
    } else {
        ("", "")
    };
    field.token(&[open, &text, close, tail])
}

/// Writes message identifiers.
pub(super) fn message_ids(
    out: &mut Fields,
    name: impl Into<Cow<'static, str>>,
    ids: &[MessageId],
    utf8: bool,
) -> Result<(), ComposeError> {
    let mut field = Field::new(out, name);
    for id in ids {
        if !utf8 && !id.as_str().is_ascii() {
            return Err(ComposeError::NotAscii { field: field.name().to_owned() });
        }
        field.token(&["<", id.as_str(), ">"])?;
    }
    field.end();
    Ok(())
}

//! Message identifiers (RFC 5322 section 3.6.4).

use std::{fmt, str::FromStr};

use crate::AddressError;

/// A message identifier for keeping and writing, without its angle brackets.
///
/// RFC 5322 section 3.6.4, without obsolete syntax. Identifiers that others made may break this rule, and a reply has
/// to repeat them all the same: [`as_received`](Self::as_received) takes everything that can be written safely.
///
/// ```abnf
/// msg-id   = "<" id-left "@" id-right ">"
/// id-left  = dot-atom-text
/// id-right = dot-atom-text / "[" *dtext "]"
/// ```
///
/// # Example
///
/// ```
/// use mime_core::MessageId;
///
/// let id = MessageId::try_from("1234@example.org")?;
/// assert_eq!((id.left(), id.right()), ("1234", Some("example.org")));
/// assert_eq!(id.to_string(), "<1234@example.org>");
/// assert!(MessageId::try_from("1@example.org>\r\nBcc: x").is_err());
/// # Ok::<(), mime_core::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Box<str>);

impl MessageId {
    /// An identifier that somebody else made: anything of visible characters without angle brackets.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the first octet that may not stand in it.
    ///
    /// # Example
    ///
    /// ```
    /// let id = mime_core::MessageId::as_received("local@domain@domain")?;
    /// assert_eq!(id.to_string(), "<local@domain@domain>");
    /// # Ok::<(), mime_core::AddressError>(())
    /// ```
    pub fn as_received(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        match text
            .char_indices()
            .find(|(_, char)| char.is_control() || char.is_whitespace() || matches!(char, '<' | '>'))
        {
            Some((at, _)) => Err(AddressError::octet(text, at)),
            None => Ok(Self(text.into())),
        }
    }

    /// All of it, without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the last at sign, or all of it.
    pub fn left(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(left, _)| left)
    }

    /// What stands behind the last at sign.
    pub fn right(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(_, right)| right)
    }
}

impl AsRef<str> for MessageId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for MessageId {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        crate::address::check_plain(text)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for MessageId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

/// With its angle brackets.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

//! What is wrong with octets that should be a command or a response.

use std::fmt;

/// What was expected where octets stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// A tag (RFC 9051 section 2.2.1).
    Tag,
    /// The name of a command or of a response.
    Name,
    /// One space.
    Space,
    /// Nothing more.
    End,
    /// An argument, or one more item of a list.
    Item,
    /// An atom.
    Atom,
    /// A string: quoted, or a literal.
    String,
    /// A literal.
    Literal,
    /// A parenthesised list.
    List,
    /// The end of a list.
    Close,
    /// A number.
    Number,
    /// A number that is not zero.
    NonZero,
    /// A sequence set, or a set of UIDs.
    Set,
    /// The name of a mailbox.
    Mailbox,
    /// A flag or keyword.
    Flag,
    /// A date, or a date with a time.
    Date,
    /// The section of a body.
    Section,
    /// A search key.
    SearchKey,
    /// Base64.
    Base64,
    /// Text without CR, LF and NUL.
    Text,
    /// Fewer lists inside lists: [`Limits::depth`](crate::Limits#structfield.depth).
    LessDepth,
    /// Something that was not there already.
    Once,
}

impl Expected {
    /// What it is called in an error.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "a tag",
            Self::Name => "a name",
            Self::Space => "a space",
            Self::End => "the end",
            Self::Item => "an item",
            Self::Atom => "an atom",
            Self::String => "a string",
            Self::Literal => "a literal",
            Self::List => "a list",
            Self::Close => "the end of a list",
            Self::Number => "a number",
            Self::NonZero => "a number above zero",
            Self::Set => "a set of messages",
            Self::Mailbox => "a mailbox",
            Self::Flag => "a flag",
            Self::Date => "a date",
            Self::Section => "a section",
            Self::SearchKey => "a search key",
            Self::Base64 => "base64",
            Self::Text => "text",
            Self::LessDepth => "fewer nested lists",
            Self::Once => "no repetition",
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Octets that are no command, response or value: where, and what was expected there.
///
/// # Example
///
/// ```
/// use imap_proto::{Expected, SeqSet};
///
/// let error = SeqSet::parse(b"1:x").unwrap_err();
/// assert_eq!((error.at(), error.expected()), (2, Expected::NonZero));
/// assert_eq!(error.to_string(), "a number above zero expected at octet 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{expected} expected at octet {at}")]
pub struct ParseError {
    at: usize,
    expected: Expected,
}

impl ParseError {
    pub(crate) const fn new(at: usize, expected: Expected) -> Self {
        Self { at, expected }
    }

    /// Where, in octets from the beginning of what was parsed.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What was expected there.
    pub const fn expected(&self) -> Expected {
        self.expected
    }
}

/// Octets that cannot be a value of this kind: which octet, and where.
///
/// # Example
///
/// ```
/// let error = imap_proto::Atom::try_from("a b").unwrap_err();
/// assert_eq!((error.at(), error.octet()), (1, Some(b' ')));
/// assert_eq!(error.to_string(), "0x20 may not stand at octet 1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidOctet {
    at: usize,
    octet: Option<u8>,
}

impl InvalidOctet {
    pub(crate) const fn new(at: usize, octet: u8) -> Self {
        Self { at, octet: Some(octet) }
    }

    pub(crate) const fn missing(at: usize) -> Self {
        Self { at, octet: None }
    }

    /// The same in octets that stand behind so many others.
    pub(crate) const fn behind(self, octets: usize) -> Self {
        Self { at: self.at + octets, octet: self.octet }
    }

    /// Where the octet stands.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The octet; `None` if there is one too few, or if there are too many.
    pub const fn octet(&self) -> Option<u8> {
        self.octet
    }
}

/// What cannot fail has no such octet: for functions that take whatever can become a value.
impl From<std::convert::Infallible> for InvalidOctet {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl fmt::Display for InvalidOctet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.octet {
            Some(octet) => write!(f, "{octet:#04x} may not stand at octet {}", self.at),
            None => write!(f, "the value may not end at octet {}", self.at),
        }
    }
}

impl std::error::Error for InvalidOctet {}

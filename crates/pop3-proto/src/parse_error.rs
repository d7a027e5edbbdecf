//! What is wrong with a command line.

use crate::Reply;
use crate::phrases::{self, Phrase};

/// What was expected where a line stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// A command word.
    Verb,
    /// Nothing: the command has no argument, or no further one.
    NoArgument,
    /// An argument.
    Argument,
    /// A message number: 1 to 4294967295.
    MessageNumber,
    /// A number of lines.
    Lines,
    /// The 32 hexadecimal digits of APOP.
    Digest,
    /// The name of a SASL mechanism.
    Mechanism,
    /// Text without CR, LF and NUL.
    Text,
    /// UTF-8 (RFC 6856 section 2.2).
    Utf8,
}

impl Expected {
    const fn text(self) -> &'static str {
        match self {
            Self::Verb => "a command",
            Self::NoArgument => "no argument",
            Self::Argument => "an argument",
            Self::MessageNumber => "a message number",
            Self::Lines => "a number of lines",
            Self::Digest => "a digest",
            Self::Mechanism => "a mechanism",
            Self::Text => "text",
            Self::Utf8 => "UTF-8",
        }
    }

    const fn phrase(self) -> &'static Phrase {
        match self {
            Self::Verb => &phrases::UNKNOWN,
            Self::NoArgument => &phrases::NO_ARGUMENT,
            Self::MessageNumber => &phrases::NUMBER,
            Self::Argument | Self::Lines | Self::Digest | Self::Mechanism => &phrases::ARGUMENT,
            Self::Text | Self::Utf8 => &phrases::SYNTAX,
        }
    }
}

/// A line that is no command: where, and what was expected there.
///
/// # Example
///
/// ```
/// use pop3_proto::{Command, Expected};
///
/// let error = Command::parse(&"RETR one".into()).unwrap_err();
/// assert_eq!((error.at(), error.expected()), (5, Expected::MessageNumber));
/// assert_eq!(error.to_string(), "a message number expected at octet 5");
/// assert!(error.reply().is_negative());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} expected at octet {at}", .expected.text())]
pub struct ParseError {
    at: usize,
    expected: Expected,
}

impl ParseError {
    pub(crate) const fn new(at: usize, expected: Expected) -> Self {
        Self { at, expected }
    }

    /// Where in the line, in octets from its beginning.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What was expected there.
    pub const fn expected(&self) -> Expected {
        self.expected
    }

    /// What a server answers.
    pub const fn reply(&self) -> Reply {
        Reply::fixed(false, None, self.expected.phrase())
    }
}

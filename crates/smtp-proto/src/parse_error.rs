//! What is wrong with a command, and what to answer.

use crate::Reply;

/// A line that is no command: where, and what was expected there.
///
/// # Example
///
/// ```
/// use smtp_proto::{Command, Quirks};
///
/// let error = Command::parse(&"MAIL FROM:<a@b> SIZE=x".into(), &Quirks::default()).unwrap_err();
/// assert_eq!((error.at(), error.reply().to_string().as_str()), (16, "501 5.5.4 syntax error in a parameter"));
/// assert_eq!(error.to_string(), "a well-formed parameter expected at octet 16");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{expected} expected at octet {at}")]
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
    pub fn reply(&self) -> Reply {
        use Expected as E;
        match self.expected {
            E::Verb => Reply::fixed(500, (5, 5, 2), "syntax error, command unrecognized"),
            E::ReversePath => Reply::fixed(501, (5, 1, 7), "bad sender address syntax"),
            E::ForwardPath => Reply::fixed(501, (5, 1, 3), "bad recipient address syntax"),
            E::Host => Reply::fixed(501, (5, 5, 4), "a domain or address literal is needed"),
            E::Parameter => Reply::fixed(501, (5, 5, 4), "syntax error in a parameter"),
            E::OneOfAKind => Reply::fixed(501, (5, 5, 4), "a parameter is given twice"),
            E::ChunkSize => Reply::fixed(501, (5, 5, 4), "the length of a chunk is a decimal number"),
            E::NoArgument => Reply::fixed(501, (5, 5, 4), "no parameter is allowed"),
            E::Argument | E::Text => Reply::fixed(501, (5, 5, 4), "syntax error in the argument"),
        }
    }
}

/// What was expected where a line stopped making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// A command word.
    Verb,
    /// `<local@domain>` or `<>` (RFC 5321 section 4.1.2).
    ReversePath,
    /// `<local@domain>` or `<Postmaster>`.
    ForwardPath,
    /// A domain or address literal.
    Host,
    /// A parameter `key[=value]` whose value is as its RFC says.
    Parameter,
    /// A parameter that was not given before, and that does not contradict another.
    OneOfAKind,
    /// A decimal number of octets, and perhaps `LAST` (RFC 3030 section 2).
    ChunkSize,
    /// The end of the line.
    NoArgument,
    /// An argument.
    Argument,
    /// Printable text.
    Text,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Verb => "a command",
            Self::ReversePath => "a reverse-path",
            Self::ForwardPath => "a forward-path",
            Self::Host => "a domain or address literal",
            Self::Parameter => "a well-formed parameter",
            Self::OneOfAKind => "a parameter once only",
            Self::ChunkSize => "a chunk size",
            Self::NoArgument => "no argument",
            Self::Argument => "an argument",
            Self::Text => "printable text",
        })
    }
}

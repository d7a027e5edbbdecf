//! Addresses: mailboxes, paths, hosts (RFC 5321 section 4.1.2, RFC 6531 section 3.3).

mod host;
mod local;
mod path;

pub use host::{AddressLiteral, Domain, Host};
pub use local::LocalPart;
pub use path::{ForwardPath, Mailbox, ReversePath};

/// Why text is not an address: which octet, and what should be there.
///
/// ```
/// use smtp_proto::Mailbox;
///
/// let error = "a\r\nRSET@example.com".parse::<Mailbox>().unwrap_err();
/// assert_eq!(error.at(), 1);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("octet {at} of the address is not {expected}")]
#[non_exhaustive]
pub struct AddressError {
    at: usize,
    expected: Part,
}

impl AddressError {
    pub(crate) const fn new(at: usize, expected: Part) -> Self {
        Self { at, expected }
    }

    /// Where the trouble begins, in octets from 0.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// What should be there.
    pub const fn expected(&self) -> Part {
        self.expected
    }

    fn shifted(self, by: usize) -> Self {
        Self { at: self.at + by, ..self }
    }
}

/// The parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// A local-part: dot-string or quoted-string, at most 64 octets.
    LocalPart,
    /// The `@` between local-part and domain.
    At,
    /// A domain: labels of letters, digits and hyphens, at most 255 octets, no dot at the end.
    Domain,
    /// An address literal in brackets.
    Literal,
    /// An angle bracket.
    Bracket,
    /// The end.
    End,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LocalPart => "part of a local-part",
            Self::At => "an at sign",
            Self::Domain => "part of a domain",
            Self::Literal => "part of an address literal",
            Self::Bracket => "an angle bracket",
            Self::End => "the end of the address",
        })
    }
}

/// Writes what every validated text of an address has in common.
macro_rules! text_type {
    ($name:ident) => {
        impl $name {
            /// The text, as octets.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The text; always valid UTF-8.
            pub fn as_str(&self) -> &str {
                std::str::from_utf8(&self.0).unwrap_or_default()
            }

            /// Whether it can be sent without SMTPUTF8 (RFC 6531).
            pub fn is_ascii(&self) -> bool {
                self.0.is_ascii()
            }

            /// A copy that does not share the read buffer, for values that are kept.
            #[must_use]
            pub fn detach(&self) -> Self {
                Self(wire_core::detach(&self.0))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }

        impl TryFrom<&str> for $name {
            type Error = crate::AddressError;
            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::try_from(bytes::Bytes::copy_from_slice(text.as_bytes()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::AddressError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::try_from(text)
            }
        }
    };
}
pub(crate) use text_type;

/// Which octets are of a kind.
struct Octets([bool; 256]);

impl Octets {
    #[allow(clippy::indexing_slicing)] // an octet is less than 256
    const fn has(&self, octet: u8) -> bool {
        self.0[octet as usize]
    }
}

/// These, and all above 127.
#[allow(clippy::indexing_slicing)] // computed by the compiler
const fn octets(ascii: &[u8]) -> Octets {
    let mut table = [true; 256];
    let mut octet = 0u8;
    while octet < 128 {
        let mut at = 0;
        let mut found = false;
        while at < ascii.len() {
            found |= ascii[at] == octet;
            at += 1;
        }
        table[octet as usize] = found;
        octet += 1;
    }
    Octets(table)
}

/// Whether octets above 127 are UTF-8 without characters that hide or reorder text.
fn is_visible_utf8(octets: &[u8]) -> bool {
    octets.is_ascii()
        || std::str::from_utf8(octets).is_ok_and(|text| {
            text.chars().all(|c| {
                !c.is_control() && !matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
            })
        })
}

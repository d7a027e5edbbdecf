//! Why an address was refused.

/// Why text is no address, or no name of one. Octets and positions count from the start of the text that was given.
///
/// # Example
///
/// ```
/// use mime_core::{AddrSpec, AddressError};
///
/// let error = AddrSpec::try_from("a b@example.org").unwrap_err();
/// assert_eq!(error, AddressError::Octet { octet: b' ', at: 1 });
/// assert_eq!(error.to_string(), "octet 0x20 at 1 may not stand there");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is nothing.
    #[error("empty")]
    Empty,
    /// An octet that may not stand where it stands.
    #[error("octet 0x{octet:02x} at {at} may not stand there")]
    Octet {
        /// The octet; of a character of several octets the first.
        octet: u8,
        /// Where it is.
        at: usize,
    },
    /// The text ends where something has to follow: an at sign, a domain, a closing quote or bracket.
    #[error("incomplete at {at}")]
    End {
        /// Where it ends.
        at: usize,
    },
}

impl AddressError {
    /// The octet of the text at a position, or its end.
    pub(crate) fn octet(text: &str, at: usize) -> Self {
        text.as_bytes().get(at).map_or(Self::End { at }, |octet| Self::Octet { octet: *octet, at })
    }

    pub(super) fn shifted(self, by: usize) -> Self {
        match self {
            Self::Empty if by > 0 => Self::End { at: by },
            Self::Empty => Self::Empty,
            Self::Octet { octet, at } => Self::Octet { octet, at: at.saturating_add(by) },
            Self::End { at } => Self::End { at: at.saturating_add(by) },
        }
    }
}

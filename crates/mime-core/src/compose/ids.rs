//! Where identifiers and boundaries come from.

use std::fmt;

use crate::{AddressError, MessageId};

/// A source of identifiers and boundaries. The crate has no random source of its own.
///
/// [`RandomIds`] makes one from 16 random octets at a time.
///
/// # Example
///
/// ```
/// use mime_core::compose::{Ids, RandomIds};
///
/// let mut counter = 0_u8;
/// // In earnest: octets of the operating system's random source.
/// let mut ids = RandomIds::new("example.de", || {
///     counter += 1;
///     [counter; 16]
/// })?;
/// assert_eq!(ids.message_id().to_string(), "<01010101010101010101010101010101@example.de>");
/// assert_eq!(ids.boundary(), [2; 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Ids {
    /// An identifier that nobody else will ever use (RFC 5322 section 3.6.4).
    fn message_id(&mut self) -> MessageId;

    /// The same for a part (RFC 2045 section 7).
    fn content_id(&mut self) -> MessageId {
        self.message_id()
    }

    /// 128 bits for a boundary that nobody can foretell: who could would write parts into the message from within a
    /// text.
    fn boundary(&mut self) -> [u8; 16];
}

impl<T: Ids + ?Sized> Ids for &mut T {
    fn message_id(&mut self) -> MessageId {
        (**self).message_id()
    }

    fn content_id(&mut self) -> MessageId {
        (**self).content_id()
    }

    fn boundary(&mut self) -> [u8; 16] {
        (**self).boundary()
    }
}

/// Identifiers made of 128 random bits, in hexadecimal, and a domain.
///
/// What is given for the random octets decides how good they are: take them from the operating system, 16 at a time.
pub struct RandomIds<F> {
    /// An identifier of the domain, which stands for those that cannot be made; there are none.
    pattern: MessageId,
    random: F,
}

impl<F: FnMut() -> [u8; 16]> RandomIds<F> {
    /// Identifiers in a domain that is yours: the sender's, or the host's name.
    ///
    /// # Errors
    ///
    /// If it is no domain.
    pub fn new(domain: &str, random: F) -> Result<Self, AddressError> {
        let pattern = MessageId::try_from(format!("id@{domain}").as_str()).map_err(|error| match error {
            // Positions count from the start of what was given.
            AddressError::Octet { octet, at } => AddressError::Octet { octet, at: at.saturating_sub(3) },
            AddressError::End { at } => AddressError::End { at: at.saturating_sub(3) },
            error => error,
        })?;
        Ok(Self { pattern, random })
    }
}

impl<F: FnMut() -> [u8; 16]> Ids for RandomIds<F> {
    fn message_id(&mut self) -> MessageId {
        let left: String = (self.random)().iter().map(|octet| format!("{octet:02x}")).collect();
        let domain = self.pattern.right().unwrap_or_default();
        MessageId::try_from(format!("{left}@{domain}").as_str()).unwrap_or_else(|_| self.pattern.clone())
    }

    fn boundary(&mut self) -> [u8; 16] {
        (self.random)()
    }
}

impl<F> fmt::Debug for RandomIds<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RandomIds").field("domain", &self.pattern.right()).finish_non_exhaustive()
    }
}

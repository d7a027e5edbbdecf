//! Randomness, given by the caller.

use crate::{Hash, base64};

/// What makes one exchange unlike any other. The caller draws it from a cryptographic random source; this
/// crate has none.
///
/// It is consumed by the exchange and cannot be cloned, because a nonce used twice protects nothing
/// (RFC 5802 section 5.1: "It is important that this value be different for each authentication").
///
/// # Example
///
/// ```
/// use sasl_core::Nonce;
///
/// # let random = [7; 24]; // from the operating system in earnest
/// let nonce = Nonce::new(random);
/// assert_eq!(nonce.as_str().len(), 32);
/// ```
#[derive(Debug)]
pub struct Nonce(String);

impl Nonce {
    /// The fewest characters [`Nonce::printable`] takes: 108 bits if they are of the base64 alphabet.
    pub const MIN_LEN: usize = 18;

    /// The most characters of a nonce, ours or the peer's.
    pub const MAX_LEN: usize = 1024;

    /// Encodes 24 octets of a cryptographic random source.
    pub fn new(random: [u8; 24]) -> Self {
        Self(base64::encode_text(&random))
    }

    /// The nonce of the `count`th exchange of a connection, from a seed that the caller drew once for it.
    ///
    /// HMAC-SHA-256 of the count under the seed: as unpredictable as the seed, and another one for each count.
    pub fn derive(seed: &[u8; 32], count: u64) -> Self {
        let random = Hash::Sha256.hmac(seed, &count.to_be_bytes());
        Self(base64::encode_text(random.expose().get(..24).unwrap_or_default()))
    }

    /// A nonce that is text already: for test vectors, and for sources that yield text.
    ///
    /// ```abnf
    /// printable       = %x21-2B / %x2D-7E
    ///                   ; RFC 5802 section 7: printable ASCII except ","
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidNonce`] if it is shorter than [`Nonce::MIN_LEN`], longer than [`Nonce::MAX_LEN`] or contains
    /// anything but printable ASCII without comma.
    pub fn printable(text: &str) -> Result<Self, InvalidNonce> {
        if (Self::MIN_LEN..=Self::MAX_LEN).contains(&text.len()) && is_printable(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidNonce)
        }
    }

    /// The text: base64 letters, which may stand in a challenge or a message id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, given away.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Whether this may stand in an `r=` attribute.
pub(crate) fn is_printable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| matches!(c, 0x21..=0x2b | 0x2d..=0x7e))
}

/// The text cannot be a nonce: too short, too long, or not printable ASCII.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a nonce is 18 to 1024 printable ASCII characters without comma")]
pub struct InvalidNonce;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_octets_become_printable() {
        let nonce = Nonce::new([0xff; 24]).into_text();
        assert_eq!(nonce.len(), 32);
        assert!(is_printable(&nonce));
    }

    #[test]
    fn short_or_unprintable_text_is_refused() {
        assert!(Nonce::printable("3rfcNHYJY1ZVvWVs7j").is_ok());
        for text in ["3rfcNHYJY1ZVvWVs7", "3rfcNHYJY1,ZVvWVs7j", "3rfcNHYJY1 ZVvWVs7j", "3rfcNHYJY1éZVvWVs7j"]
        {
            assert_eq!(Nonce::printable(text).err(), Some(InvalidNonce), "{text}");
        }
        assert!(Nonce::printable(&"a".repeat(1025)).is_err());
    }
}

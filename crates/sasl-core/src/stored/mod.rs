//! What a server keeps instead of passwords.
//!
//! * [`ScramVerifier`]: for the SCRAM mechanisms, and for PLAIN and LOGIN as well. The choice for new accounts.
//! * [`PasswordHash`]: PBKDF2 in the PHC string form, for PLAIN and LOGIN only.
//!
//! Neither gives the password away, and both compare in constant time. CRAM-MD5 needs the password itself
//! (or what is as good as it), which is one reason why it is off by default.

mod password;
mod verifier;

pub use password::PasswordHash;
pub use verifier::ScramVerifier;

use crate::prepare::PrepareError;

/// Iterations of a [`ScramVerifier`] made today, unless the application says otherwise: a tenth of a second
/// on a small machine, as RFC 7677 section 4 advises.
pub const DEFAULT_ITERATIONS: u32 = 100_000;

/// Why a stored credential cannot be made or read.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum StoredError {
    /// The text is not of the documented form.
    #[error("the stored credential is malformed")]
    Syntax,
    /// The text names a hash or scheme that is not supported.
    #[error("the scheme of the stored credential is not supported")]
    Scheme,
    /// Fewer iterations than [`MIN_ITERATIONS`](crate::MIN_ITERATIONS).
    #[error("the stored credential has too few iterations")]
    TooFewIterations,
    /// More iterations than [`MAX_ITERATIONS`](crate::MAX_ITERATIONS).
    #[error("the stored credential has too many iterations")]
    TooManyIterations,
    /// No salt, a salt of less than 8 octets, or one of more than
    /// [`MAX_SALT_OCTETS`](crate::MAX_SALT_OCTETS).
    #[error("the salt of the stored credential is too short or too long")]
    Salt,
    /// The password cannot be used.
    #[error("the password cannot be used: {0}")]
    Password(PrepareError),
}

/// The bounds that every stored credential keeps.
fn check_bounds(salt: &[u8], iterations: u32) -> Result<(), StoredError> {
    // RFC 5803 section 3: "Servers MUST validate the format of the authPassword attribute before using it",
    // "Big iteration counts and invalid base64 encoding are two possible (but not the only) exploits".
    if iterations < crate::MIN_ITERATIONS {
        return Err(StoredError::TooFewIterations);
    }
    if iterations > crate::MAX_ITERATIONS {
        return Err(StoredError::TooManyIterations);
    }
    if !(8..=crate::MAX_SALT_OCTETS).contains(&salt.len()) {
        return Err(StoredError::Salt);
    }
    Ok(())
}

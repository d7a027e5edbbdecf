//! Password hashes in the PHC string form.

use std::fmt;

use wire_core::Secret;

use super::{StoredError, check_bounds};
use crate::base64;
use crate::crypto::{self, Hash};
use crate::prepare::{self, Strings};
use crate::scram::positive_number;

/// PBKDF2 of a password, for PLAIN and LOGIN.
///
/// ```abnf
/// "$pbkdf2-" ("sha256" / "sha512") "$i=" iterations ["," "l=" octets] "$" salt "$" hash
///            ; salt and hash in base64 without padding
/// ```
///
/// Unlike [`ScramVerifier`](super::ScramVerifier) it takes passwords with characters that SASLprep does not
/// know (emoji, say), because no other party has to compute the same.
///
/// # Example
///
/// ```
/// use sasl_core::stored::PasswordHash;
/// use sasl_core::{Hash, Secret};
///
/// # let random_salt = [7; 16];
/// let hash = PasswordHash::generate(Hash::Sha256, &Secret::from("pencil"), &random_salt, 4096)?;
/// let text = hash.to_text();
/// assert!(text.expose().starts_with(b"$pbkdf2-sha256$i=4096,l=32$"));
/// assert!(PasswordHash::parse(text.expose())?.matches(&Secret::from("pencil")));
/// # Ok::<(), sasl_core::stored::StoredError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct PasswordHash {
    hash: Hash,
    iterations: u32,
    salt: Vec<u8>,
    key: Secret,
}

impl PasswordHash {
    /// Makes the hash of a new password. Salt and iterations as for
    /// [`ScramVerifier::generate`](super::ScramVerifier::generate), but more iterations are in order, since
    /// only the server pays: 600 000 for SHA-256, 210 000 for SHA-512.
    ///
    /// # Errors
    ///
    /// [`StoredError`] for SHA-1, for salt and iterations out of bounds, and for a password that SASLprep
    /// refuses as a query string.
    pub fn generate(
        hash: Hash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, StoredError> {
        check_bounds(salt, iterations)?;
        scheme(hash)?;
        let password = prepare::password(password.expose(), Strings::Query)
            .map(Secret::from)
            .map_err(StoredError::Password)?;
        let key = hash.salted(password.expose(), salt, iterations);
        Ok(Self { hash, iterations, salt: salt.to_vec(), key })
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`StoredError`] for anything else, and for values out of bounds.
    pub fn parse(text: &[u8]) -> Result<Self, StoredError> {
        let text = str::from_utf8(text).map_err(|_| StoredError::Syntax)?;
        let mut parts = text.split('$');
        let mut next = || parts.next().ok_or(StoredError::Syntax);
        if !next()?.is_empty() {
            return Err(StoredError::Syntax);
        }
        let (name, parameters, salt, key) = (next()?, next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(StoredError::Syntax);
        }
        let hash = [Hash::Sha256, Hash::Sha512]
            .into_iter()
            .find(|hash| scheme(*hash) == Ok(name))
            .ok_or(StoredError::Scheme)?;
        let (iterations, len) = match parameters.split_once(',') {
            Some((iterations, len)) => (iterations, Some(len)),
            None => (parameters, None),
        };
        let number = |text: &str, name| {
            text.strip_prefix(name).and_then(|n| positive_number(n).ok()).ok_or(StoredError::Syntax)
        };
        let iterations = number(iterations, "i=")?;
        let salt = base64::decode_unpadded(salt).map_err(|_| StoredError::Syntax)?;
        let key = base64::decode_unpadded(key).map(Secret::new).map_err(|_| StoredError::Syntax)?;
        check_bounds(&salt, iterations)?;
        let len =
            len.map_or(Ok(key.len()), |len| number(len, "l=").map(|n| usize::try_from(n).unwrap_or(0)))?;
        if key.len() != hash.output_len() || key.len() != len {
            return Err(StoredError::Syntax);
        }
        Ok(Self { hash, iterations, salt, key })
    }

    /// Writes the text form.
    pub fn to_text(&self) -> Secret {
        Secret::from(format!(
            "${}$i={},l={}${}${}",
            scheme(self.hash).unwrap_or_default(),
            self.iterations,
            self.key.len(),
            base64::encode_unpadded(&self.salt),
            base64::encode_unpadded(self.key.expose()),
        ))
    }

    /// Whether this is the password, compared in constant time. Costs all the iterations: call it where
    /// blocking is allowed.
    pub fn matches(&self, password: &Secret) -> bool {
        let prepared = prepare::password(password.expose(), Strings::Query).map(Secret::from);
        let usable = prepared.is_ok();
        let key = self.hash.salted(prepared.unwrap_or_default().expose(), &self.salt, self.iterations);
        crypto::equal(key.expose(), self.key.expose()) & usable
    }
}

/// Shows no salt and no key.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

fn scheme(hash: Hash) -> Result<&'static str, StoredError> {
    match hash {
        Hash::Sha256 => Ok("pbkdf2-sha256"),
        Hash::Sha512 => Ok("pbkdf2-sha512"),
        Hash::Sha1 => Err(StoredError::Scheme),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_round_trip() {
        for hash in [Hash::Sha256, Hash::Sha512] {
            let made = PasswordHash::generate(hash, &Secret::from("pâss 🔒"), &[1; 16], 4096).unwrap();
            let read = PasswordHash::parse(made.to_text().expose()).unwrap();
            assert_eq!(read, made);
            assert!(read.matches(&Secret::from("pâss 🔒")));
            assert!(!read.matches(&Secret::from("pass 🔒")));
            assert!(!read.matches(&Secret::new(vec![b'a'; 5000])));
        }
        assert_eq!(
            PasswordHash::generate(Hash::Sha1, &Secret::from("x"), &[1; 16], 4096),
            Err(StoredError::Scheme)
        );
    }

    #[test]
    fn hostile_text_is_refused() {
        let made = PasswordHash::generate(Hash::Sha256, &Secret::from("x"), &[1; 16], 4096).unwrap();
        let text = String::from_utf8(made.to_text().expose().to_vec()).unwrap();
        assert!(PasswordHash::parse(text.replace(",l=32", "").as_bytes()).is_ok());
        for (from, to) in [
            ("$pbkdf2", "pbkdf2"),
            ("sha256", "sha1"),
            ("sha256", "sha512"),
            ("i=4096", "i=1"),
            ("i=4096", "i=99999999999"),
            ("i=4096", "i=-4096"),
            ("i=4096", "4096"),
            ("l=32", "l=31"),
            ("l=32", "l=32,x=1"),
            ("$AQEB", "$AQE=$AQEB"),
            ("$AQEB", "$$AQEB"),
        ] {
            let wrong = text.replacen(from, to, 1);
            assert!(PasswordHash::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}

//! SCRAM verifiers in the text form of RFC 5803.

use std::fmt;

use wire_core::Secret;

use super::{StoredError, check_bounds};
use crate::base64;
use crate::crypto::{self, Hash};
use crate::prepare::{self, Strings};
use crate::scram::{self, positive_number};

/// Salt, iterations, StoredKey and ServerKey of one user: enough to check a SCRAM proof or a password, not
/// enough to log in (RFC 5802 section 3).
///
/// Still worth protecting like a password: with it one can impersonate the server, and guess offline.
///
/// # Example
///
/// ```
/// use sasl_core::stored::ScramVerifier;
/// use sasl_core::{Hash, Secret};
///
/// # let random_salt = *b"\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
/// let verifier = ScramVerifier::generate(Hash::Sha256, &Secret::from("pencil"), &random_salt, 4096)?;
/// assert!(verifier.matches(&Secret::from("pencil")));
/// assert!(!verifier.matches(&Secret::from("pencils")));
///
/// // What goes into the database, and comes back.
/// let text = verifier.to_text();
/// assert!(text.expose().starts_with(b"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"));
/// assert_eq!(ScramVerifier::parse(text.expose())?, verifier);
/// # Ok::<(), sasl_core::stored::StoredError>(())
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct ScramVerifier {
    hash: Hash,
    iterations: u32,
    salt: Vec<u8>,
    stored_key: Secret,
    server_key: Secret,
    /// Of a user who exists. An absent one never matches, whatever the arithmetic says.
    real: bool,
}

impl ScramVerifier {
    /// Makes the verifier of a new password.
    ///
    /// `salt` is at least 8, better 16 octets from a cryptographic random source, new for each password.
    /// `iterations` from [`MIN_ITERATIONS`](crate::MIN_ITERATIONS) to
    /// [`MAX_ITERATIONS`](crate::MAX_ITERATIONS); [`DEFAULT_ITERATIONS`](super::DEFAULT_ITERATIONS) unless
    /// there is a reason. The work is done here and now: call it where blocking is allowed.
    ///
    /// # Errors
    ///
    /// [`StoredError`] for salt and iterations out of bounds, and for a password that SASLprep refuses.
    pub fn generate(
        hash: Hash,
        password: &Secret,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, StoredError> {
        check_bounds(salt, iterations)?;
        // RFC 5802 section 2.2: ""str" is treated as a "stored strings", which means that unassigned Unicode
        // codepoints are prohibited"
        let password = prepare::password(password.expose(), Strings::Stored)
            .map(Secret::from)
            .map_err(StoredError::Password)?;
        let salted = hash.salted(password.expose(), salt, iterations);
        let (client_key, server_key) = scram::keys(hash, &salted);
        let stored_key = hash.digest(client_key.expose());
        Ok(Self { hash, iterations, salt: salt.to_vec(), stored_key, server_key, real: true })
    }

    /// The verifier of a user who does not exist: checking anything against it costs what a real one costs,
    /// and always fails.
    ///
    /// Salt and keys are derived from `secret` and `user`, so that the same name meets the same salt each
    /// time, as it would if it were real. `secret` is the server's own: at least 16 random octets that never
    /// change and that nobody knows. `iterations` should be what real users have.
    pub fn absent(hash: Hash, secret: &Secret, user: &str, iterations: u32) -> Self {
        let derive = |what: &[u8]| {
            let mut input = Vec::with_capacity(what.len().saturating_add(user.len()).saturating_add(16));
            input.extend_from_slice(what);
            input.extend_from_slice(hash.scram_name().as_bytes());
            input.push(0);
            input.extend_from_slice(user.as_bytes());
            // 64 octets: as long as the longest hash.
            Hash::Sha512.hmac(secret.expose(), &input)
        };
        let cut = |octets: &Secret, len| octets.expose().iter().copied().take(len).collect::<Vec<u8>>();
        Self {
            hash,
            iterations,
            salt: cut(&derive(b"salt "), 16),
            stored_key: Secret::new(cut(&derive(b"stored "), hash.output_len())),
            server_key: Secret::new(cut(&derive(b"server "), hash.output_len())),
            real: false,
        }
    }

    /// Reads the text form.
    ///
    /// ```abnf
    /// scram-mech "$" iter-count ":" salt "$" stored-key ":" server-key
    ///                ; RFC 5803 section 1
    /// ```
    ///
    /// # Errors
    ///
    /// [`StoredError`] for anything else, and for values out of bounds.
    pub fn parse(text: &[u8]) -> Result<Self, StoredError> {
        let text = str::from_utf8(text).map_err(|_| StoredError::Syntax)?;
        let mut parts = text.split('$');
        let mut next = || parts.next().ok_or(StoredError::Syntax);
        let (scheme, info, value) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(StoredError::Syntax);
        }
        let hash = [Hash::Sha1, Hash::Sha256, Hash::Sha512]
            .into_iter()
            .find(|hash| hash.scram_name() == scheme)
            .ok_or(StoredError::Scheme)?;
        let decode = |text: &str| base64::decode(text.as_bytes()).map_err(|_| StoredError::Syntax);
        let (iterations, salt) = info.split_once(':').ok_or(StoredError::Syntax)?;
        let (stored_key, server_key) = value.split_once(':').ok_or(StoredError::Syntax)?;
        let iterations = positive_number(iterations).map_err(|_| StoredError::Syntax)?;
        let salt = decode(salt)?.expose().to_vec();
        let (stored_key, server_key) = (decode(stored_key)?, decode(server_key)?);
        check_bounds(&salt, iterations)?;
        if stored_key.len() != hash.output_len() || server_key.len() != hash.output_len() {
            return Err(StoredError::Syntax);
        }
        Ok(Self { hash, iterations, salt, stored_key, server_key, real: true })
    }

    /// Writes the text form, RFC 5803 section 1.
    pub fn to_text(&self) -> Secret {
        let text = format!(
            "{}${}:{}${}:{}",
            self.hash.scram_name(),
            self.iterations,
            base64::encode_text(&self.salt),
            base64::encode_text(self.stored_key.expose()),
            base64::encode_text(self.server_key.expose()),
        );
        Secret::from(text)
    }

    /// Whether this is the password, compared in constant time. For PLAIN and LOGIN.
    ///
    /// Costs [`ScramVerifier::iterations`] rounds, of an absent user and for a password that cannot be one
    /// too: call it where blocking is allowed.
    pub fn matches(&self, password: &Secret) -> bool {
        let prepared = prepare::password(password.expose(), Strings::Query).map(Secret::from);
        let usable = prepared.is_ok();
        let prepared = prepared.unwrap_or_default();
        let salted = self.hash.salted(prepared.expose(), &self.salt, self.iterations);
        let (client_key, _) = scram::keys(self.hash, &salted);
        let stored_key = self.hash.digest(client_key.expose());
        // RFC 4616 section 2: "if preparation fails or results in an empty string, verification SHALL fail."
        crypto::equal(stored_key.expose(), self.stored_key.expose()) & usable & self.real
    }

    /// The hash it was made with.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// Rounds of the iterated hash.
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The salt.
    pub fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// Whether the proof of a client is right.
    pub(crate) fn proves(&self, auth_message: &str, proof: &[u8]) -> bool {
        scram::proof_holds(self.hash, &self.stored_key, auth_message, proof) & self.real
    }

    /// ServerSignature, RFC 5802 section 3.
    pub(crate) fn sign(&self, auth_message: &str) -> Secret {
        self.hash.hmac(self.server_key.expose(), auth_message.as_bytes())
    }
}

/// Shows what a client is told anyway, and no key.
impl fmt::Debug for ScramVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScramVerifier")
            .field("hash", &self.hash)
            .field("iterations", &self.iterations)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC_7677: &str = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
        WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";

    #[test]
    fn text_round_trips() {
        let verifier = ScramVerifier::parse(RFC_7677.as_bytes()).unwrap();
        assert_eq!(verifier.to_text().expose(), RFC_7677.as_bytes());
        assert!(verifier.matches(&Secret::from("pencil")));
        assert!(!verifier.matches(&Secret::from("Pencil")));
        assert!(!verifier.matches(&Secret::from("")));
        assert!(!verifier.matches(&Secret::new(b"\xff".to_vec())));
    }

    #[test]
    fn hostile_text_is_refused() {
        for (from, to, why) in [
            ("SCRAM-SHA-256", "SCRAM-SHA-224", StoredError::Scheme),
            ("SCRAM-SHA-256", "SCRAM-SHA-256-PLUS", StoredError::Scheme),
            ("4096", "4095", StoredError::TooFewIterations),
            ("4096", "4294967296", StoredError::TooManyIterations),
            ("4096", "+4096", StoredError::Syntax),
            ("4096", "04096", StoredError::Syntax),
            ("W22ZaJ0SNY7soEsUEjb6gQ==", "", StoredError::Salt),
            ("W22ZaJ0SNY7soEsUEjb6gQ==", "W22ZaJ0SNY7soEsUEjb6gQ", StoredError::Syntax),
            ("4qY=:", "4qY=$", StoredError::Syntax),
            ("2dU=", "2dU=$x", StoredError::Syntax),
            (":wfPL", ":wfPLwfPL", StoredError::Syntax),
        ] {
            let text = RFC_7677.replacen(from, to, 1);
            assert_eq!(ScramVerifier::parse(text.as_bytes()), Err(why), "{text}");
        }
        let sha1 = RFC_7677.replace("SCRAM-SHA-256", "SCRAM-SHA-1");
        assert_eq!(ScramVerifier::parse(sha1.as_bytes()), Err(StoredError::Syntax));
        assert_eq!(ScramVerifier::parse(b"\xff"), Err(StoredError::Syntax));
    }

    #[test]
    fn generation_has_floors() {
        let password = Secret::from("pencil");
        let generate = |salt: &[u8], i| ScramVerifier::generate(Hash::Sha256, &password, salt, i).err();
        assert_eq!(generate(b"", 4096), Some(StoredError::Salt));
        assert_eq!(generate(b"1234567", 4096), Some(StoredError::Salt));
        assert_eq!(generate(b"12345678", 4095), Some(StoredError::TooFewIterations));
        assert_eq!(generate(b"12345678", u32::MAX), Some(StoredError::TooManyIterations));
        let empty = ScramVerifier::generate(Hash::Sha256, &Secret::from("\u{ad}"), b"12345678", 4096);
        assert_eq!(empty.err(), Some(StoredError::Password(prepare::PrepareError::Empty)));
    }

    #[test]
    fn an_absent_user_is_the_same_each_time_and_never_matches() {
        let secret = Secret::from("0123456789abcdef");
        let absent = |user| ScramVerifier::absent(Hash::Sha256, &secret, user, 4096);
        assert_eq!(absent("nobody").salt(), absent("nobody").salt());
        assert_eq!(absent("nobody").salt().len(), 16);
        assert_ne!(absent("nobody").salt(), absent("somebody").salt());
        let other = ScramVerifier::absent(Hash::Sha256, &Secret::from("another"), "nobody", 4096);
        assert_ne!(absent("nobody").salt(), other.salt());
        assert!(!absent("nobody").matches(&Secret::from("pencil")));
        assert!(!absent("nobody").matches(&Secret::from("")));
    }

    #[test]
    fn debug_shows_no_key() {
        let verifier = ScramVerifier::parse(RFC_7677.as_bytes()).unwrap();
        assert_eq!(format!("{verifier:?}"), "ScramVerifier { hash: Sha256, iterations: 4096, .. }");
    }
}

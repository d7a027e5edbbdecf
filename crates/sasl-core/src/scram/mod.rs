//! SCRAM, RFC 5802: what both sides share.

pub(crate) mod message;

use wire_core::Secret;

use crate::crypto::{self, Hash};
use crate::malformed::Malformed;

/// The fewest iterations that may be announced or stored, RFC 7677 section 4.
pub const MIN_ITERATIONS: u32 = 4096;

/// The most iterations a client computes or a server stores, unless told otherwise: some seconds of work.
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// The longest salt, in octets.
pub const MAX_SALT_OCTETS: usize = 1024;

/// Why a server says that a SCRAM exchange failed.
///
/// ```abnf
/// server-error = "e=" server-error-value
///                ; RFC 5802 section 7
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ScramError {
    /// `invalid-encoding`
    #[error("invalid-encoding")]
    InvalidEncoding,
    /// `extensions-not-supported`
    #[error("extensions-not-supported")]
    ExtensionsNotSupported,
    /// `invalid-proof`
    #[error("invalid-proof")]
    InvalidProof,
    /// `channel-bindings-dont-match`
    #[error("channel-bindings-dont-match")]
    ChannelBindingsDontMatch,
    /// `server-does-support-channel-binding`: somebody removed the `-PLUS` names from the list.
    #[error("server-does-support-channel-binding")]
    ServerDoesSupportChannelBinding,
    /// `channel-binding-not-supported`
    #[error("channel-binding-not-supported")]
    ChannelBindingNotSupported,
    /// `unsupported-channel-binding-type`
    #[error("unsupported-channel-binding-type")]
    UnsupportedChannelBindingType,
    /// `unknown-user`. Our server never says so.
    #[error("unknown-user")]
    UnknownUser,
    /// `invalid-username-encoding`
    #[error("invalid-username-encoding")]
    InvalidUsernameEncoding,
    /// `no-resources`
    #[error("no-resources")]
    NoResources,
    /// `other-error`, and every value this crate does not know (RFC 5802 section 7: "Unrecognized errors
    /// should be treated as "other-error"").
    #[error("other-error")]
    OtherError,
}

impl ScramError {
    const KNOWN: &'static [(&'static str, Self)] = &[
        ("invalid-encoding", Self::InvalidEncoding),
        ("extensions-not-supported", Self::ExtensionsNotSupported),
        ("invalid-proof", Self::InvalidProof),
        ("channel-bindings-dont-match", Self::ChannelBindingsDontMatch),
        ("server-does-support-channel-binding", Self::ServerDoesSupportChannelBinding),
        ("channel-binding-not-supported", Self::ChannelBindingNotSupported),
        ("unsupported-channel-binding-type", Self::UnsupportedChannelBindingType),
        ("unknown-user", Self::UnknownUser),
        ("invalid-username-encoding", Self::InvalidUsernameEncoding),
        ("no-resources", Self::NoResources),
    ];

    /// The value as it stands on the wire after `e=`.
    pub fn name(self) -> &'static str {
        Self::KNOWN.iter().find(|(_, error)| *error == self).map_or("other-error", |(name, _)| name)
    }

    /// The error of that name; an unknown one is [`ScramError::OtherError`].
    pub(crate) fn parse(name: &str) -> Self {
        Self::KNOWN.iter().find(|(known, _)| *known == name).map_or(Self::OtherError, |(_, error)| *error)
    }
}

/// ClientKey and ServerKey of a salted password, RFC 5802 section 3.
pub(crate) fn keys(hash: Hash, salted: &Secret) -> (Secret, Secret) {
    (hash.hmac(salted.expose(), b"Client Key"), hash.hmac(salted.expose(), b"Server Key"))
}

/// The ClientProof, RFC 5802 section 3: ClientKey XOR HMAC(StoredKey, AuthMessage).
pub(crate) fn proof(hash: Hash, client_key: &Secret, auth_message: &str) -> Secret {
    let stored_key = hash.digest(client_key.expose());
    let signature = hash.hmac(stored_key.expose(), auth_message.as_bytes());
    crypto::xor(client_key.expose(), signature.expose())
}

/// Whether the proof was made with the ClientKey whose hash is `stored_key`.
pub(crate) fn proof_holds(hash: Hash, stored_key: &Secret, auth_message: &str, proof: &[u8]) -> bool {
    let signature = hash.hmac(stored_key.expose(), auth_message.as_bytes());
    let client_key = crypto::xor(proof, signature.expose());
    crypto::equal(hash.digest(client_key.expose()).expose(), stored_key.expose())
}

/// A `posit-number` of RFC 5802 section 7: digits only, no leading zero, no sign, no overflow.
pub(crate) fn positive_number(text: &str) -> Result<u32, Malformed> {
    let mut digits = text.bytes();
    let mut value = match digits.next() {
        Some(c @ b'1'..=b'9') => u32::from(c - b'0'),
        _ => return Err(Malformed::Syntax),
    };
    for c in digits {
        if !c.is_ascii_digit() {
            return Err(Malformed::Syntax);
        }
        // More than a `u32` is more than any cap: say the largest number, the cap refuses it.
        value = value.saturating_mul(10).saturating_add(u32::from(c - b'0'));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(positive_number("4096"), Ok(4096));
        assert_eq!(positive_number("99999999999999999999"), Ok(u32::MAX));
        for wrong in ["", "0", "04096", "+4096", "-1", " 4096", "4096 ", "0x10", "4_096", "٤"] {
            assert_eq!(positive_number(wrong), Err(Malformed::Syntax), "{wrong:?}");
        }
    }

    #[test]
    fn error_names_round_trip() {
        for (name, error) in ScramError::KNOWN {
            assert_eq!(ScramError::parse(name), *error);
            assert_eq!(error.name(), *name);
            assert_eq!(error.to_string(), *name);
        }
        assert_eq!(ScramError::parse("something-new"), ScramError::OtherError);
        assert_eq!(ScramError::OtherError.name(), "other-error");
    }
}

//! Choosing a mechanism.

use super::Policy;
use crate::credentials::Credentials;
use crate::mechanism::Mechanism;
use crate::transport::Transport;

/// Chooses the strongest of the offered mechanisms that the credentials, the transport and the policy allow.
///
/// `offered` is what the server offers now: under TLS, what it said under TLS. Order and repetition do not
/// matter. `-PLUS` is chosen if the transport has a channel binding, and a mechanism that sends a secret as it
/// is only under TLS. A password that SCRAM cannot hash (characters younger than Unicode 3.2) makes SCRAM
/// be passed over.
///
/// # Errors
///
/// [`SelectError`] says which of the conditions left nothing.
///
/// # Example
///
/// ```
/// use sasl_core::client::{Policy, SelectError, select};
/// use sasl_core::{Credentials, Mechanism, Transport};
///
/// let password = Credentials::password("joe", "pencil");
/// let offered = [Mechanism::Plain, Mechanism::ScramSha256];
/// assert_eq!(select(&offered, &password, &Transport::tls(), &Policy::new()), Ok(Mechanism::ScramSha256));
/// assert_eq!(select(&[Mechanism::Plain], &password, &Transport::clear(), &Policy::new()), Err(SelectError::NeedsTls));
/// ```
pub fn select(
    offered: &[Mechanism],
    credentials: &Credentials,
    transport: &Transport,
    policy: &Policy,
) -> Result<Mechanism, SelectError> {
    if offered.is_empty() {
        return Err(SelectError::NothingOffered);
    }
    let mut why = SelectError::CredentialsDoNotFit;
    // How far the best of those that were passed over came; the error tells of that one.
    let mut pass_over = |reason: SelectError| why = why.max(reason);
    let binding = policy.binding(transport);
    for &mechanism in Mechanism::ALL.iter().filter(|mechanism| offered.contains(mechanism)) {
        if credentials.check(mechanism).is_err() {
            if credentials.is_kind_for(mechanism) {
                pass_over(SelectError::CredentialsUnusable);
            }
        } else if !policy.permits(mechanism) {
            pass_over(SelectError::Forbidden);
        } else if mechanism.strength() < policy.floor() {
            pass_over(SelectError::BelowFloor);
        } else if mechanism.is_bound() && binding.is_none() {
            pass_over(SelectError::NeedsChannelBinding);
        } else if mechanism.is_plaintext() && !transport.is_secure() && !policy.allows_cleartext() {
            pass_over(SelectError::NeedsTls);
        } else if mechanism.is_scram()
            && !mechanism.is_bound()
            && binding.is_some()
            && mechanism.plus().is_some_and(|plus| offered.contains(&plus))
        {
            // The bound form is forbidden by a list; `Client::new` would refuse this one for that.
            pass_over(SelectError::Forbidden);
        } else {
            return Ok(mechanism);
        }
    }
    Err(why)
}

/// Why no mechanism could be chosen.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, thiserror::Error)]
pub enum SelectError {
    /// The server offers no mechanism that this crate runs.
    #[error("the server offers no supported mechanism")]
    NothingOffered,
    /// What it offers needs other credentials: a token instead of a password, and the like.
    #[error("the credentials are not of a kind that the offered mechanisms take")]
    CredentialsDoNotFit,
    /// The kind is right, the values cannot be sent: [`Credentials::check`] says why.
    #[error("the credentials cannot be sent with any of the offered mechanisms")]
    CredentialsUnusable,
    /// The policy's lists forbid what would fit.
    #[error("the policy forbids every offered mechanism that fits")]
    Forbidden,
    /// All that fits is weaker than the policy's floor: somebody may have shortened the list.
    #[error("every offered mechanism is weaker than the policy asks for")]
    BelowFloor,
    /// Only `-PLUS` is left and the connection has no channel binding.
    #[error("the offered mechanisms need a channel binding and the connection has none")]
    NeedsChannelBinding,
    /// Only secrets in clear are left and the connection is not encrypted.
    #[error("the offered mechanisms need an encrypted connection")]
    NeedsTls,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::Strength;

    use Mechanism as M;

    fn password() -> Credentials {
        Credentials::password("joe", "pencil")
    }

    fn bound() -> Transport {
        Transport::tls().with_exporter([1; 32])
    }

    #[test]
    fn the_strongest_first() {
        let all = M::ALL;
        let policy = Policy::new();
        assert_eq!(select(all, &password(), &bound(), &policy), Ok(M::ScramSha512Plus));
        assert_eq!(select(all, &password(), &Transport::tls(), &policy), Ok(M::ScramSha512));
        assert_eq!(select(all, &password(), &Transport::clear(), &policy), Ok(M::ScramSha512));
        assert_eq!(
            select(all, &Credentials::oauth("joe", "t"), &Transport::tls(), &policy),
            Ok(M::OAuthBearer)
        );
        assert_eq!(select(all, &Credentials::external(None), &Transport::tls(), &policy), Ok(M::External));
        assert_eq!(select(all, &Credentials::anonymous(""), &Transport::clear(), &policy), Ok(M::Anonymous));
        // As when a server of CRAM-MD5 turns out not to know it.
        let offered = [M::Login, M::Plain, M::CramMd5];
        assert_eq!(select(&offered, &password(), &Transport::tls(), &policy), Ok(M::CramMd5));
        let policy = policy.without(M::CramMd5);
        assert_eq!(select(&offered, &password(), &Transport::tls(), &policy), Ok(M::Plain));
    }

    #[test]
    fn each_reason_is_told() {
        let policy = Policy::new();
        let clear = Transport::clear();
        let tell = |offered: &[M], credentials: Credentials, transport: &Transport, policy: &Policy| {
            select(offered, &credentials, transport, policy).unwrap_err()
        };
        assert_eq!(tell(&[], password(), &bound(), &policy), SelectError::NothingOffered);
        assert_eq!(tell(&[M::XOAuth2], password(), &bound(), &policy), SelectError::CredentialsDoNotFit);
        assert_eq!(
            tell(&[M::Plain], Credentials::password("joe", "a\0b"), &bound(), &policy),
            SelectError::CredentialsUnusable
        );
        let none = policy.clone().only(&[]);
        assert_eq!(tell(&[M::Plain], password(), &bound(), &none), SelectError::Forbidden);
        let floor = policy.clone().minimum(Strength::Salted);
        assert_eq!(tell(&[M::Plain, M::CramMd5], password(), &bound(), &floor), SelectError::BelowFloor);
        assert_eq!(
            tell(&[M::ScramSha256Plus], password(), &clear, &policy),
            SelectError::NeedsChannelBinding
        );
        assert_eq!(tell(&[M::Plain, M::Login], password(), &clear, &policy), SelectError::NeedsTls);
        assert_eq!(
            tell(&[M::XOAuth2, M::OAuthBearer], Credentials::oauth("joe", "t"), &clear, &policy),
            SelectError::NeedsTls
        );
        let required = policy.require_channel_binding();
        assert_eq!(tell(&[M::ScramSha256], password(), &bound(), &required), SelectError::Forbidden);
    }

    #[test]
    fn cleartext_needs_the_dangerous_name() {
        let dangerous = Policy::new().dangerous_allow_cleartext_secrets();
        assert_eq!(select(&[M::Plain], &password(), &Transport::clear(), &dangerous), Ok(M::Plain));
    }

    #[test]
    fn a_password_scram_cannot_hash_goes_by_plain() {
        let padlock = Credentials::password("joe", "🔒");
        let offered = [M::ScramSha256, M::Plain];
        assert_eq!(select(&offered, &padlock, &Transport::tls(), &Policy::new()), Ok(M::Plain));
    }

    #[test]
    fn binding_can_be_given_up_by_policy_only() {
        let offered = [M::ScramSha256, M::ScramSha256Plus];
        let without = Policy::new().without_channel_binding();
        assert_eq!(select(&offered, &password(), &bound(), &without), Ok(M::ScramSha256));
        let listed = Policy::new().without(M::ScramSha256Plus);
        assert_eq!(select(&offered, &password(), &bound(), &listed), Err(SelectError::Forbidden));
    }
}

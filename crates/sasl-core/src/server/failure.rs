//! Why an exchange failed.

use crate::malformed::Malformed;
use crate::scram::ScramError;

/// Why an exchange failed: enough for the protocol to choose its reply.
///
/// Base64 that cannot be decoded never gets here: it is an error of the protocol (501 5.5.2, BAD, `-ERR`).
///
/// | failure | SMTP (RFC 4954 section 6) | IMAP (RFC 9051 section 7.1) | POP3 (RFC 3206 section 4) |
/// |---|---|---|---|
/// | `BadCredentials`, `Malformed`, `ChannelBinding…`, `Downgrade` | 535 5.7.8 | NO `[AUTHENTICATIONFAILED]` | `[AUTH]` |
/// | `NotAuthorized` | 535 5.7.8 | NO `[AUTHORIZATIONFAILED]` | `[AUTH]` |
/// | `Cancelled` | 501 5.0.0 | BAD | `-ERR` |
/// | `TooWeak` | 534 5.7.9 | NO | `[AUTH]` |
/// | `EncryptionRequired` | 538 5.7.11 | NO `[PRIVACYREQUIRED]` | `-ERR` |
/// | `Expired` | 535 5.7.8 | NO `[EXPIRED]` | `[AUTH]` |
/// | `TransitionNeeded` | 432 4.7.12 | NO | `[AUTH]` |
/// | `Temporary`, `OutOfOrder` | 454 4.7.0 | NO `[UNAVAILABLE]` | `[SYS/TEMP]` |
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Failure {
    /// No such user, or not this password, token or certificate. Deliberately one.
    #[error("the credentials are not right")]
    BadCredentials,
    /// The credentials are right, and may not act as the identity asked for.
    #[error("the user may not act as the requested identity")]
    NotAuthorized,
    /// The client's message breaks the grammar of the mechanism.
    #[error("the response is malformed: {0}")]
    Malformed(Malformed),
    /// The client gave up.
    #[error("the client cancelled the exchange")]
    Cancelled,
    /// The application wants a stronger mechanism of this user.
    #[error("the mechanism is too weak for this user")]
    TooWeak,
    /// The application wants encryption of this user.
    #[error("the connection must be encrypted")]
    EncryptionRequired,
    /// The channel binding is not that of this connection: somebody sits in between.
    #[error("the channel binding does not match")]
    ChannelBindingMismatch,
    /// The client asks for a binding type that this connection does not have.
    #[error("the channel binding type is not supported")]
    ChannelBindingUnsupported,
    /// The client believes that we do not offer `-PLUS`, and we do: somebody changed the list.
    #[error("the mechanism list was tampered with")]
    Downgrade,
    /// The password was right once.
    #[error("the credentials have expired")]
    Expired,
    /// The user has to use PLAIN once, so that a verifier can be made.
    #[error("a password transition is needed")]
    TransitionNeeded,
    /// The application could not tell; it may work later.
    #[error("authentication is temporarily unavailable")]
    Temporary,
    /// Ours: a call or an answer out of turn.
    #[error("a step was taken out of order")]
    OutOfOrder,
}

impl Failure {
    /// What SCRAM tells the client. An unknown user and a wrong proof are the same.
    pub const fn scram_error(self) -> ScramError {
        match self {
            Self::BadCredentials => ScramError::InvalidProof,
            Self::Malformed(Malformed::MandatoryExtension) => ScramError::ExtensionsNotSupported,
            Self::Malformed(Malformed::UserName) => ScramError::InvalidUsernameEncoding,
            Self::Malformed(
                Malformed::NotUtf8 | Malformed::Base64 | Malformed::Syntax | Malformed::Empty,
            ) => ScramError::InvalidEncoding,
            Self::ChannelBindingMismatch => ScramError::ChannelBindingsDontMatch,
            Self::ChannelBindingUnsupported => ScramError::UnsupportedChannelBindingType,
            Self::Downgrade => ScramError::ServerDoesSupportChannelBinding,
            Self::Temporary => ScramError::NoResources,
            _ => ScramError::OtherError,
        }
    }
}

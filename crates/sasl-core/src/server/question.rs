//! What a server asks the application, and what it says in the end.

use bytes::Bytes;
use wire_core::Secret;

use super::Failure;
use crate::crypto::Hash;
use crate::mechanism::Mechanism;
use crate::oauth::TokenError;
use crate::stored::{PasswordHash, ScramVerifier};

/// What happens next.
#[non_exhaustive]
#[derive(Debug)]
pub enum Step {
    /// Send this, encoded, and hand the response to [`Server::step`](super::Server::step).
    Challenge(Bytes),
    /// Ask the application, and hand its answer to [`Server::answer`](super::Server::answer).
    Ask(Question),
    /// The client is who it says.
    Success {
        /// Who that is.
        identity: Identity,
        /// To be sent with the success; `Some` only with
        /// [`Config::data_in_success`](super::Config::data_in_success).
        additional: Option<Bytes>,
    },
    /// The client is not.
    Failure(Failure),
}

/// What only the application knows.
///
/// Names are prepared (RFC 4013): look up, count and log them as they are. Unknown users are to be answered like
/// known ones: [`Answer::NoSuchUser`] sees to it that the client cannot tell.
#[non_exhaustive]
#[derive(Debug)]
pub enum Question {
    /// PLAIN, LOGIN: is this the password? Answer with what is stored ([`Answer::Verifier`],
    /// [`Answer::PasswordHash`], [`Answer::NoSuchUser`]) or, having checked it elsewhere, with
    /// [`Answer::Accept`] or [`Answer::Reject`].
    Password {
        /// Who claims it.
        user: String,
        /// As it was sent.
        password: Secret,
    },
    /// SCRAM: what is stored? Answer with [`Answer::Verifier`] of this hash, or [`Answer::NoSuchUser`].
    Scram {
        /// The mechanism in use.
        mechanism: Mechanism,
        /// The hash that the verifier must be of.
        hash: Hash,
        /// Who claims to know the password.
        user: String,
    },
    /// CRAM-MD5: what is the password? Answer with [`Answer::CramSecret`], or [`Answer::NoSuchUser`].
    CramMd5 {
        /// Who claims to know it.
        user: String,
    },
    /// APOP (RFC 1939 section 7): what is the password? Answer with [`Answer::CramSecret`], or
    /// [`Answer::NoSuchUser`].
    Apop {
        /// Who claims to know it.
        user: String,
    },
    /// OAUTHBEARER, XOAUTH2: whose token is this? Answer with [`Answer::AcceptAs`] and the user found in the
    /// token; with [`Answer::Accept`] only if it was checked that the token belongs to `user`; with
    /// [`Answer::TokenError`] or [`Answer::Reject`].
    Token {
        /// The mechanism in use.
        mechanism: Mechanism,
        /// Whom the client wants to be.
        user: Option<String>,
        /// The token: never empty.
        token: Secret,
        /// The host the client dialled. RFC 7628 section 3.2: must be checked if the server knows better.
        host: Option<String>,
        /// The port the client dialled.
        port: Option<u16>,
    },
    /// EXTERNAL: whose certificate is this? Answer with [`Answer::AcceptAs`] and the user found in it; with
    /// [`Answer::Accept`] only if it was checked that the certificate belongs to `authzid`; or with
    /// [`Answer::Reject`].
    External {
        /// What [`Transport::with_client_identity`](crate::Transport::with_client_identity) was given.
        identity: Bytes,
        /// Whom the client wants to be, if it says.
        authzid: Option<String>,
    },
    /// ANONYMOUS: is that allowed? Answer with [`Answer::Accept`], and `anonymous` comes in; with
    /// [`Answer::AcceptAs`] and another name for it; or with [`Answer::Reject`].
    Anonymous {
        /// What the client wants to have logged; not proven in any way.
        trace: String,
    },
    /// The credentials are right. May `user` act as `authzid`? Answer with [`Answer::Accept`] or
    /// [`Answer::Reject`]. Only with
    /// [`Config::proxy_authorization`](super::Config::proxy_authorization).
    Authorize {
        /// Whose credentials they are.
        user: String,
        /// Whom they want to act as: another one.
        authzid: String,
    },
}

/// What the application says to a [`Question`].
#[non_exhaustive]
#[derive(Debug)]
pub enum Answer {
    /// Yes. To [`Question::Password`]: this is the password.
    Accept,
    /// Yes, and this is the user: to [`Question::Token`], [`Question::External`], [`Question::Anonymous`]. If the
    /// client wants to be another, that is for [`Question::Authorize`]; names are compared exactly, so answer
    /// [`Answer::Accept`] when they differ only in what the application takes for the same.
    AcceptAs(String),
    /// No.
    Reject,
    /// There is no such user, or none that may use this mechanism. The same work is done as for one that
    /// there is.
    NoSuchUser,
    /// What is stored: to [`Question::Scram`] and [`Question::Password`].
    Verifier(ScramVerifier),
    /// What is stored: to [`Question::Password`].
    PasswordHash(PasswordHash),
    /// The password itself: to [`Question::CramMd5`] and [`Question::Apop`].
    CramSecret(Secret),
    /// No, and this is why: to [`Question::Token`].
    TokenError(TokenError),
    /// Cannot tell now: [`Failure::Temporary`].
    Unavailable,
    /// No, with the failure that the protocol shall tell: [`Failure::TooWeak`], [`Failure::Expired`] and the
    /// like. Of a user who has proven nothing yet it may tell too much.
    Fail(Failure),
}

/// Who has authenticated.
///
/// # Example
///
/// ```
/// use sasl_core::server::{Answer, Config, Server, Step};
/// use sasl_core::{Mechanism, Nonce, Transport};
///
/// let config = Config::new("sixteen octets !").proxy_authorization(true);
/// let mut server = Server::new(Mechanism::Plain, &config, &Transport::tls(), Nonce::new([7; 24])).unwrap();
/// assert!(matches!(server.step(Some(b"joe\0admin\0pencil")), Step::Ask(_)));
/// assert!(matches!(server.answer(Answer::Accept), Step::Ask(_))); // may the administrator act as joe?
/// let Step::Success { identity, .. } = server.answer(Answer::Accept) else { panic!() };
/// assert_eq!((identity.user(), identity.acting_as()), ("admin", "joe"));
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Hash)]
pub struct Identity {
    user: String,
    authzid: Option<String>,
}

impl Identity {
    pub(super) fn new(user: String, authzid: Option<String>) -> Self {
        Self { user, authzid }
    }

    /// Whose credentials were shown: for logs and limits. Prepared by SASLprep, case kept.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Whom they act as, if that is somebody else.
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// Whose mailbox it is: the authorization identity if there is one, else the user.
    pub fn acting_as(&self) -> &str {
        self.authzid.as_deref().unwrap_or(&self.user)
    }
}

//! The server side: challenge, ask the application what is stored, and decide.

mod config;
mod direct;
mod failure;
mod question;
mod scram;

pub use config::{Config, ServerError};
pub use failure::Failure;
pub use question::{Answer, Identity, Question, Step};

use std::fmt;

use bytes::Bytes;
use wire_core::Secret;

use crate::MAX_MESSAGE_OCTETS;
use crate::crypto;
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::nonce::Nonce;
use crate::oauth::{self, TokenError};
use crate::prepare;
use crate::stored::ScramVerifier;
use crate::transport::Transport;

/// One authentication exchange, from the server's end.
///
/// The protocol machine hands in what the client sent ([`step`](Server::step), decoded), and what the
/// application said to a question ([`answer`](Server::answer)); each returns the next [`Step`]. When the
/// client cancels (`*`), call [`cancel`](Server::cancel). Failure and success are final.
///
/// # Example
///
/// ```
/// use sasl_core::server::{Answer, Config, Question, Server, Step};
/// use sasl_core::stored::ScramVerifier;
/// use sasl_core::{Mechanism, Nonce, Secret, Transport};
///
/// # let (secret, random) = (Secret::from("sixteen octets !"), [7; 24]);
/// let config = Config::new(secret);
/// let transport = Transport::tls();
/// assert_eq!(config.offered(&transport), [Mechanism::ScramSha256, Mechanism::Plain]);
///
/// let mut server = Server::new(Mechanism::Plain, &config, &transport, Nonce::new(random)).unwrap();
/// let step = server.step(Some(b"\0user\0pencil"));
/// let Step::Ask(Question::Password { user, .. }) = step else { panic!("{step:?}") };
/// assert_eq!(user, "user");
///
/// // From the database; a user who is not there is Answer::NoSuchUser.
/// let stored = b"SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
///     WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// let verifier = ScramVerifier::parse(stored)?;
/// let step = server.answer(Answer::Verifier(verifier));
/// let Step::Success { identity, .. } = step else { panic!("{step:?}") };
/// assert_eq!(identity.user(), "user");
/// # Ok::<(), sasl_core::stored::StoredError>(())
/// ```
pub struct Server {
    mechanism: Mechanism,
    config: Config,
    transport: Transport,
    state: State,
}

enum State {
    /// Nothing has come from the client yet; `true` once it has been asked.
    Start { nonce: String, asked: bool },
    /// LOGIN: the password is awaited.
    LoginPassword { user: String },
    /// CRAM-MD5: the digest is awaited.
    CramMd5 { challenge: String },
    /// SCRAM: the proof is awaited.
    ScramFinal(Box<scram::Final>),
    /// SCRAM: our signature is out, the empty response is awaited.
    Closing(Identity),
    /// An error is out as a challenge, any response is awaited; then this.
    Failing(Failure),
    /// The application is asked.
    Asked(Pending),
    /// It is over.
    Done(Option<Failure>),
}

/// What an answer is awaited for.
enum Pending {
    Password {
        user: String,
        password: Secret,
        authzid: Option<String>,
    },
    CramMd5 {
        user: String,
        challenge: String,
        digest: String,
    },
    Apop {
        user: String,
        timestamp: String,
        digest: String,
    },
    Scram(Box<scram::First>),
    /// Tokens, certificates and the anonymous: the application names the user. Whom the client wants to be, if it
    /// says; whether it is a token.
    Named {
        wanted: Option<String>,
        token: bool,
    },
    /// The credentials are right; may they act as somebody else?
    Authorize {
        identity: Identity,
        server_final: Option<Bytes>,
    },
}

impl Server {
    /// Begins an exchange with the mechanism that the client named.
    ///
    /// # Errors
    ///
    /// [`ServerError`] if the mechanism is not among [`Config::offered`] on this transport.
    pub fn new(
        mechanism: Mechanism,
        config: &Config,
        transport: &Transport,
        nonce: Nonce,
    ) -> Result<Self, ServerError> {
        config.check(mechanism, transport)?;
        let state = State::Start { nonce: nonce.into_text(), asked: false };
        Ok(Self { mechanism, config: config.clone(), transport: transport.clone(), state })
    }

    /// The mechanism of this exchange.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// Takes the client's decoded response; `None` at the beginning if the command came without an initial
    /// response. `Some(b"")` is an empty response.
    ///
    /// A call while a question is open fails the exchange: nobody can have answered it.
    pub fn step(&mut self, response: Option<&[u8]>) -> Step {
        let state = std::mem::replace(&mut self.state, State::Done(Some(Failure::OutOfOrder)));
        if response.is_some_and(|response| response.len() > MAX_MESSAGE_OCTETS)
            && !matches!(state, State::Failing(_) | State::Done(_))
        {
            return self.malformed(Malformed::TooLong);
        }
        match (state, response) {
            (State::Start { nonce, asked: false }, None) => self.ask_client(nonce),
            (State::Start { nonce, .. }, Some(response)) => self.first(nonce, response),
            (State::LoginPassword { user }, Some(response)) => {
                self.ask_password(user.as_bytes(), response, None)
            }
            (State::CramMd5 { challenge }, Some(response)) => self.digest(challenge, response),
            (State::ScramFinal(state), Some(response)) => self.scram_final(*state, response),
            (State::Closing(identity), Some([])) => self.succeed(identity, None),
            (State::Closing(_), Some(_)) => self.malformed(Malformed::Unexpected),
            (State::Failing(failure) | State::Done(Some(failure)), _) => self.fail(failure),
            _ => self.fail(Failure::OutOfOrder),
        }
    }

    /// Takes the application's answer to the question of the last step.
    ///
    /// [`Answer::Verifier`] and [`Answer::NoSuchUser`] to a [`Question::Password`] compute the iterated hash
    /// here. An answer that does not belong to the question fails the exchange with
    /// [`Failure::OutOfOrder`], except that a verifier of another hash is taken for no such user.
    pub fn answer(&mut self, answer: Answer) -> Step {
        let state = std::mem::replace(&mut self.state, State::Done(Some(Failure::OutOfOrder)));
        let pending = match state {
            State::Asked(pending) => pending,
            State::Done(Some(failure)) => return self.fail(failure),
            _ => return self.fail(Failure::OutOfOrder),
        };
        match (pending, answer) {
            (_, Answer::Unavailable) => self.fail(Failure::Temporary),
            (_, Answer::Fail(failure)) => self.fail(failure),
            (Pending::Password { user, authzid, .. }, Answer::Accept) => self.conclude(user, authzid, None),
            (Pending::Password { user, password, authzid }, Answer::Verifier(verifier)) => {
                self.verdict(verifier.matches(&password), user, authzid)
            }
            (Pending::Password { user, password, authzid }, Answer::PasswordHash(hash)) => {
                self.verdict(hash.matches(&password), user, authzid)
            }
            (Pending::Password { user, password, authzid }, Answer::NoSuchUser) => {
                // The same work as for a user who exists.
                let hash = self.config.unknown_hash;
                let absent =
                    ScramVerifier::absent(hash, &self.config.secret, &user, self.config.unknown_iterations);
                self.verdict(absent.matches(&password), user, authzid)
            }
            (Pending::CramMd5 { user, challenge, digest }, Answer::CramSecret(secret)) => {
                let right = crypto::cram_md5(secret.expose(), challenge.as_bytes());
                self.verdict(crypto::equal(right.as_bytes(), digest.as_bytes()), user, None)
            }
            (Pending::CramMd5 { challenge, digest, .. }, Answer::NoSuchUser) => {
                let work = crypto::cram_md5(self.config.secret.expose(), challenge.as_bytes());
                let _same_work = crypto::equal(work.as_bytes(), digest.as_bytes());
                self.fail(Failure::BadCredentials)
            }
            (Pending::Apop { user, timestamp, digest }, Answer::CramSecret(secret)) => {
                let right = crate::apop_digest(timestamp.as_bytes(), &secret);
                self.verdict(crypto::equal(right.as_bytes(), digest.as_bytes()), user, None)
            }
            (Pending::Apop { timestamp, digest, .. }, Answer::NoSuchUser) => {
                let work = crate::apop_digest(timestamp.as_bytes(), &self.config.secret);
                let _same_work = crypto::equal(work.as_bytes(), digest.as_bytes());
                self.fail(Failure::BadCredentials)
            }
            (Pending::Scram(first), Answer::Verifier(verifier)) => {
                self.scram_challenge(*first, Some(verifier))
            }
            (Pending::Scram(first), Answer::NoSuchUser) => self.scram_challenge(*first, None),
            (Pending::Named { wanted, .. }, Answer::AcceptAs(name)) => {
                match prepare::user_name(name.as_bytes()) {
                    // Wanting to be another than the token or certificate says is acting as somebody.
                    Ok(name) => self.conclude(name, wanted, None),
                    Err(_) => self.fail(Failure::OutOfOrder),
                }
            }
            (Pending::Named { wanted: Some(user), .. }, Answer::Accept) => self.conclude(user, None, None),
            (Pending::Named { .. }, Answer::Accept) if self.mechanism == Mechanism::Anonymous => {
                self.conclude("anonymous".to_owned(), None, None)
            }
            (Pending::Named { token: true, .. }, Answer::TokenError(error)) => self.refuse_token(error),
            (Pending::Named { token: true, .. }, Answer::Reject | Answer::NoSuchUser) => {
                let error = self.config.token_error_of(self.mechanism);
                self.refuse_token(error)
            }
            (Pending::Authorize { identity, server_final }, Answer::Accept) => {
                self.finish(identity, server_final)
            }
            (Pending::Authorize { .. }, Answer::Reject | Answer::NoSuchUser) => {
                self.fail(Failure::NotAuthorized)
            }
            (_, Answer::Reject | Answer::NoSuchUser) => self.fail(Failure::BadCredentials),
            _ => self.fail(Failure::OutOfOrder),
        }
    }

    /// The client has cancelled the exchange.
    pub fn cancel(&mut self) -> Step {
        match &self.state {
            // It cancels because of the error it was told, or after the end.
            State::Failing(failure) | State::Done(Some(failure)) => {
                let failure = *failure;
                self.fail(failure)
            }
            _ => self.fail(Failure::Cancelled),
        }
    }

    /// The challenge to a client that has said nothing.
    fn ask_client(&mut self, nonce: String) -> Step {
        let challenge = match self.mechanism {
            // The words that every client knows; the draft's own "User Name" some do not.
            Mechanism::Login => Bytes::from_static(b"Username:"),
            Mechanism::CramMd5 => {
                // RFC 2195 section 2: random digits, and the host name, in the form of a message id. The nonce is
                // unique by itself; the time would add nothing.
                let random: String = nonce.chars().filter(char::is_ascii_alphanumeric).collect();
                let challenge = format!("<{random}@{}>", self.config.host);
                self.state = State::CramMd5 { challenge: challenge.clone() };
                return Step::Challenge(challenge.into());
            }
            // RFC 4422 section 5: the client speaks first; without initial response it is asked by an empty one.
            _ => Bytes::new(),
        };
        self.state = State::Start { nonce, asked: true };
        Step::Challenge(challenge)
    }

    /// The first thing a client says.
    fn first(&mut self, nonce: String, response: &[u8]) -> Step {
        match self.mechanism {
            Mechanism::Plain => self.plain(response),
            Mechanism::Login => match str::from_utf8(response) {
                Ok(user) if response.len() <= prepare::MAX_NAME_OCTETS => {
                    self.state = State::LoginPassword { user: user.to_owned() };
                    Step::Challenge(Bytes::from_static(b"Password:"))
                }
                _ => self.malformed(Malformed::UserName),
            },
            // RFC 4954 section 4 and others: no initial response where the server speaks first.
            Mechanism::CramMd5 => self.malformed(Malformed::Unexpected),
            Mechanism::OAuthBearer => self.token(oauth::parse_bearer(response)),
            Mechanism::XOAuth2 => self.token(oauth::parse_xoauth2(response)),
            Mechanism::External => self.external(response),
            Mechanism::Anonymous => match prepare::trace(response) {
                Ok(trace) => {
                    let question = Question::Anonymous { trace: trace.to_owned() };
                    self.ask(Pending::Named { wanted: None, token: false }, question)
                }
                Err(_) => self.malformed(Malformed::Syntax),
            },
            _ => self.scram_first(nonce, response),
        }
    }

    /// ```abnf
    /// message   = [authzid] UTF8NUL authcid UTF8NUL passwd
    ///             ; RFC 4616 section 2
    /// ```
    fn plain(&mut self, response: &[u8]) -> Step {
        let mut parts = response.split(|octet| *octet == 0);
        let (Some(authzid), Some(user), Some(password), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return self.malformed(if response.is_empty() { Malformed::Empty } else { Malformed::Syntax });
        };
        self.ask_password(user, password, Some(authzid).filter(|authzid| !authzid.is_empty()))
    }

    fn ask_password(&mut self, user: &[u8], password: &[u8], authzid: Option<&[u8]>) -> Step {
        let Ok(user) = prepare::user_name(user) else {
            return self.malformed(Malformed::UserName);
        };
        let authzid = match authzid.map(prepare::user_name).transpose() {
            Ok(authzid) => authzid,
            Err(_) => return self.malformed(Malformed::UserName),
        };
        if password.is_empty() {
            return self.malformed(Malformed::Empty);
        }
        if password.len() > prepare::MAX_PASSWORD_OCTETS {
            return self.malformed(Malformed::TooLong);
        }
        let password = Secret::from(password);
        let question = Question::Password { user: user.clone(), password: password.clone() };
        self.ask(Pending::Password { user, password, authzid }, question)
    }

    /// RFC 2195 section 2: "a string consisting of the user name, a space, and a 'digest'".
    fn digest(&mut self, challenge: String, response: &[u8]) -> Step {
        let Some((user, digest)) = str::from_utf8(response).ok().and_then(|text| text.rsplit_once(' '))
        else {
            return self.malformed(Malformed::Syntax);
        };
        // RFC 2195 section 2: 16 octets "in hexadecimal format, using lower-case ASCII characters"
        if digest.len() != 32 || !digest.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')) {
            return self.malformed(Malformed::Syntax);
        }
        let Ok(user) = prepare::user_name(user.as_bytes()) else {
            return self.malformed(Malformed::UserName);
        };
        let question = Question::CramMd5 { user: user.clone() };
        self.ask(Pending::CramMd5 { user, challenge, digest: digest.to_owned() }, question)
    }

    fn token(&mut self, claim: Result<oauth::Claim, Malformed>) -> Step {
        let claim = match claim {
            Ok(claim) => claim,
            Err(malformed) => return self.malformed(malformed),
        };
        let Ok(user) = claim.user.map(|user| prepare::user_name(user.as_bytes())).transpose() else {
            return self.malformed(Malformed::UserName);
        };
        // RFC 7628 section 4.3: an empty Authorization header is how a client asks which scope it needs.
        if claim.token.is_empty() {
            let error = self.config.token_error_of(self.mechanism);
            return self.refuse_token(error);
        }
        let question = Question::Token {
            mechanism: self.mechanism,
            user: user.clone(),
            token: claim.token,
            host: claim.host,
            port: claim.port,
        };
        self.ask(Pending::Named { wanted: user, token: true }, question)
    }

    /// ```abnf
    /// external-initial-resp = authz-id-string
    /// authz-id-string       = *( UTF8-char-no-nul )
    ///                         ; RFC 4422 section A.1
    /// ```
    fn external(&mut self, response: &[u8]) -> Step {
        let authzid = match response {
            [] => None,
            octets => match prepare::user_name(octets) {
                Ok(authzid) => Some(authzid),
                Err(_) => return self.malformed(Malformed::UserName),
            },
        };
        // RFC 4422 section A.1: it fails if "the client has not established its credentials via external means".
        let Some(identity) = self.transport.client_identity().cloned() else {
            return self.fail(Failure::BadCredentials);
        };
        let question = Question::External { identity, authzid: authzid.clone() };
        self.ask(Pending::Named { wanted: authzid, token: false }, question)
    }

    fn ask(&mut self, pending: Pending, question: Question) -> Step {
        self.state = State::Asked(pending);
        Step::Ask(question)
    }

    fn verdict(&mut self, right: bool, user: String, authzid: Option<String>) -> Step {
        if right { self.conclude(user, authzid, None) } else { self.fail(Failure::BadCredentials) }
    }

    /// The credentials are right. Whom may they act as?
    fn conclude(&mut self, user: String, authzid: Option<String>, server_final: Option<Bytes>) -> Step {
        let authzid = authzid.filter(|authzid| *authzid != user);
        let identity = Identity::new(user, authzid);
        match identity.authzid() {
            None => self.finish(identity, server_final),
            // RFC 4422 section 3.6: not successful if "the identity associated with the client's credentials is not
            // authorized to act as the requested authorization identity".
            Some(_) if !self.config.proxy => self.fail(Failure::NotAuthorized),
            Some(authzid) => {
                let question =
                    Question::Authorize { user: identity.user().to_owned(), authzid: authzid.to_owned() };
                self.ask(Pending::Authorize { identity, server_final }, question)
            }
        }
    }

    fn finish(&mut self, identity: Identity, server_final: Option<Bytes>) -> Step {
        match server_final {
            // SMTP, IMAP and POP3 have no room for additional data in their success, so that it goes as a
            // challenge (RFC 4422 section 3.6).
            Some(challenge) if !self.config.data_in_success => {
                self.state = State::Closing(identity);
                Step::Challenge(challenge)
            }
            additional => self.succeed(identity, additional),
        }
    }

    fn succeed(&mut self, identity: Identity, additional: Option<Bytes>) -> Step {
        self.state = State::Done(None);
        Step::Success { identity, additional }
    }

    /// RFC 7628 section 3.2.3: the error goes as a challenge, and whatever comes back ends it.
    fn refuse_token(&mut self, error: TokenError) -> Step {
        self.state = State::Failing(Failure::BadCredentials);
        Step::Challenge(error.json())
    }

    fn malformed(&mut self, malformed: Malformed) -> Step {
        self.fail(Failure::Malformed(malformed))
    }

    fn fail(&mut self, failure: Failure) -> Step {
        self.state = State::Done(Some(failure));
        Step::Failure(failure)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("mechanism", &self.mechanism).finish_non_exhaustive()
    }
}

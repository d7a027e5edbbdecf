//! The client side: choose a mechanism, answer challenges, and believe a success only when it is one.

mod direct;
mod error;
mod lines;
mod policy;
mod scram;
mod select;

pub use direct::{apop, login};
pub use error::ClientError;
pub use lines::Lines;
pub use policy::Policy;
pub use select::{SelectError, select};

use std::fmt;

use wire_core::Secret;

use crate::MAX_MESSAGE_OCTETS;
use crate::credentials::{Credentials, Kind};
use crate::crypto;
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::nonce::Nonce;
use crate::oauth::{self, TokenError};
use crate::scram::ScramError;
use crate::transport::Transport;

/// One authentication exchange, from the client's end.
///
/// The protocol machine asks for the [`initial_response`](Client::initial_response) if it can send one with
/// the command, hands every decoded challenge to [`respond`](Client::respond), and when the server says that
/// all is well asks [`success`](Client::success) whether that is so. If `respond` fails, the exchange must be
/// cancelled (`*` on a line in SMTP, IMAP and POP3). Errors are sticky.
///
/// # Example
///
/// The exchange of RFC 7677 section 3:
///
/// ```
/// use sasl_core::client::{Client, Policy};
/// use sasl_core::{Credentials, Mechanism, Nonce, Transport};
///
/// let mut client = Client::new(
///     Mechanism::ScramSha256,
///     &Credentials::password("user", "pencil"),
///     &Transport::tls(),
///     &[Mechanism::ScramSha256],
///     &Policy::new(),
///     Nonce::printable("rOprNGfwEbeRWgbNEkqO")?, // Nonce::new(random) in earnest
/// )?;
/// let first = client.initial_response()?.unwrap();
/// assert_eq!(first.expose(), b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
/// let last = client.respond(
///     b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
/// )?;
/// assert!(last.expose().ends_with(b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="));
/// let empty = client.respond(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")?;
/// assert!(empty.is_empty());
/// client.success(None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Client {
    mechanism: Mechanism,
    exchange: Exchange,
    failed: Option<ClientError>,
}

enum Exchange {
    /// PLAIN, EXTERNAL, ANONYMOUS: one message, `None` once it is sent.
    Single {
        message: Option<Secret>,
    },
    /// LOGIN: two prompts; each is `None` once it is answered.
    Login {
        user: Option<Secret>,
        password: Option<Secret>,
    },
    CramMd5 {
        user: String,
        password: Secret,
        sent: bool,
    },
    OAuth {
        message: Option<Secret>,
        error: Option<TokenError>,
    },
    Scram(Box<scram::Exchange>),
}

impl Client {
    /// Begins an exchange with a mechanism, as a rule the one that [`select`] returned.
    ///
    /// `offered` is what the server offers, as last learned and under TLS if there is TLS: SCRAM tells the
    /// server whether the `-PLUS` form was seen, so that an attacker who removed it is found out.
    /// `policy` is checked once more.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the credentials do not fit, the policy forbids the mechanism, the transport is not
    /// good enough for it, or the server offers the `-PLUS` form and the transport has a channel binding.
    pub fn new(
        mechanism: Mechanism,
        credentials: &Credentials,
        transport: &Transport,
        offered: &[Mechanism],
        policy: &Policy,
        nonce: Nonce,
    ) -> Result<Self, ClientError> {
        credentials.check(mechanism).map_err(ClientError::Credentials)?;
        if !policy.permits(mechanism) {
            return Err(ClientError::Forbidden);
        }
        if mechanism.strength() < policy.floor() {
            return Err(ClientError::BelowFloor);
        }
        // RFC 4616 section 5, RFC 7628 section 3: no secret as it is without TLS.
        if mechanism.is_plaintext() && !transport.is_secure() && !policy.allows_cleartext() {
            return Err(ClientError::NeedsTls);
        }
        let exchange = match &credentials.kind {
            Kind::Password { user, password } => match mechanism {
                Mechanism::Plain => {
                    Exchange::Single { message: Some(plain(credentials.authzid.as_deref(), user, password)) }
                }
                Mechanism::Login => Exchange::Login {
                    user: Some(Secret::from(user.as_str())),
                    password: Some(password.clone()),
                },
                Mechanism::CramMd5 => {
                    Exchange::CramMd5 { user: user.clone(), password: password.clone(), sent: false }
                }
                _ => Exchange::Scram(Box::new(scram::Exchange::new(
                    mechanism,
                    (user, password, credentials.authzid.as_deref()),
                    transport,
                    offered,
                    policy,
                    nonce,
                )?)),
            },
            Kind::Token { user, token } => {
                let message = if mechanism == Mechanism::XOAuth2 {
                    oauth::xoauth2_message(user, token)
                } else {
                    let server = credentials.server.as_ref().map(|(host, port)| (host.as_str(), *port));
                    oauth::bearer_message(credentials.authzid.as_deref().unwrap_or(user), server, token)
                };
                Exchange::OAuth { message: Some(message), error: None }
            }
            // RFC 4422 section A.1: the response "is empty when the client is requesting to act as the identity
            // the server associated with its authentication credentials."
            Kind::External => Exchange::Single {
                message: Some(Secret::from(credentials.authzid.as_deref().unwrap_or_default())),
            },
            Kind::Anonymous { trace } => Exchange::Single { message: Some(Secret::from(trace.as_str())) },
        };
        Ok(Self { mechanism, exchange, failed: None })
    }

    /// The mechanism of this exchange.
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// What to send together with the command: `Some` for mechanisms in which the client speaks first.
    ///
    /// To be called once, before [`respond`](Client::respond), and only by a protocol that can send it; one
    /// that cannot calls `respond` with the first, empty challenge. An empty response is `Some` too: SMTP,
    /// IMAP and POP3 write it as `=`.
    ///
    /// # Errors
    ///
    /// [`ClientError::OutOfOrder`] when the exchange is past its beginning.
    pub fn initial_response(&mut self) -> Result<Option<Secret>, ClientError> {
        self.guarded(|this| {
            let unsent = match &mut this.exchange {
                Exchange::Login { user: Some(_), .. } | Exchange::CramMd5 { sent: false, .. } => {
                    return Ok(None);
                }
                Exchange::Single { message } | Exchange::OAuth { message, .. } => message.take(),
                Exchange::Scram(scram) => scram.first(),
                Exchange::Login { .. } | Exchange::CramMd5 { .. } => None,
            };
            unsent.map(Some).ok_or(ClientError::OutOfOrder)
        })
    }

    /// Whether the octets of the next challenge mean nothing: the prompts of LOGIN, and the challenge that
    /// merely asks for what could have been the initial response.
    ///
    /// There are servers whose text in these places is not base64. It is safe to pass the empty challenge to
    /// [`respond`](Client::respond) then; of no other challenge may base64 be wrong.
    pub fn ignores_challenge(&self) -> bool {
        match &self.exchange {
            Exchange::Single { message } | Exchange::OAuth { message, .. } => message.is_some(),
            Exchange::Login { password, .. } => password.is_some(),
            Exchange::CramMd5 { .. } => false,
            Exchange::Scram(scram) => scram.is_unsent(),
        }
    }

    /// Answers a challenge: decoded octets in, octets to encode out.
    ///
    /// SCRAM computes the iterated hash here, up to [`Policy::max_iterations`] rounds of it: some seconds at
    /// the very worst. An error that the server reports inside the exchange
    /// ([`error_details`](Client::error_details), [`scram_error`](Client::scram_error)) is answered as its
    /// mechanism says, and the refusal of the protocol follows.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is not what the mechanism allows here, or is an attack. Cancel the
    /// exchange then.
    pub fn respond(&mut self, challenge: &[u8]) -> Result<Secret, ClientError> {
        self.guarded(|this| this.answer(challenge))
    }

    /// Whether the server may be believed when it says that authentication succeeded; to be called then, with
    /// the additional data if the protocol carries such.
    ///
    /// # Errors
    ///
    /// [`ClientError::ServerNotAuthenticated`] if SCRAM has not seen the server's signature,
    /// [`ClientError::ServerSignature`] if it is wrong, [`ClientError::OutOfOrder`] if the exchange is not at
    /// its end. The connection is not to be used after any of them.
    pub fn success(&mut self, additional: Option<&[u8]>) -> Result<(), ClientError> {
        self.guarded(|this| {
            let complete = match &mut this.exchange {
                Exchange::Scram(scram) => return scram.success(additional),
                Exchange::Single { message } => message.is_none(),
                Exchange::Login { user, password } => user.is_none() && password.is_none(),
                Exchange::CramMd5 { sent, .. } => *sent,
                // RFC 7628 section 3.2.2: after the error "fails the authentication"; a success then is none.
                Exchange::OAuth { message, error } => message.is_none() && error.is_none(),
            };
            if !complete {
                return Err(ClientError::OutOfOrder);
            }
            // RFC 4422 section 5: a mechanism says whether it has data for a successful outcome; these have none.
            match additional {
                None | Some([]) => Ok(()),
                Some(_) => Err(ClientError::Malformed(Malformed::Unexpected)),
            }
        })
    }

    /// The error that the server gave for a token, RFC 7628 section 3.2.2: peer text, to be escaped before it
    /// is shown.
    pub fn error_details(&self) -> Option<&TokenError> {
        match &self.exchange {
            Exchange::OAuth { error, .. } => error.as_ref(),
            _ => None,
        }
    }

    /// The `e=` that a server gave inside SCRAM, RFC 5802 section 5.1.
    pub fn scram_error(&self) -> Option<ScramError> {
        match &self.exchange {
            Exchange::Scram(scram) => scram.error(),
            _ => None,
        }
    }

    fn answer(&mut self, challenge: &[u8]) -> Result<Secret, ClientError> {
        if challenge.len() > MAX_MESSAGE_OCTETS {
            return Err(ClientError::Malformed(Malformed::TooLong));
        }
        match &mut self.exchange {
            Exchange::Single { message } => message.take().ok_or(ClientError::UnexpectedChallenge),
            Exchange::Login { user, password } => {
                user.take().or_else(|| password.take()).ok_or(ClientError::UnexpectedChallenge)
            }
            Exchange::CramMd5 { sent: true, .. } => Err(ClientError::UnexpectedChallenge),
            Exchange::CramMd5 { user, password, sent } => {
                if !is_message_id(challenge) {
                    return Err(ClientError::Malformed(Malformed::Syntax));
                }
                *sent = true;
                Ok(Secret::from(format!("{user} {}", crypto::cram_md5(password.expose(), challenge))))
            }
            Exchange::OAuth { message, error } => match (message.take(), &error) {
                (Some(message), _) => Ok(message),
                (None, Some(_)) => Err(ClientError::UnexpectedChallenge),
                (None, None) => {
                    if challenge.len() > TokenError::MAX_OCTETS {
                        return Err(ClientError::Malformed(Malformed::TooLong));
                    }
                    *error = Some(TokenError::parse(challenge));
                    // RFC 7628 section 3.2.3: "an additional client response consisting of a single %x01"; that
                    // of XOAUTH2 is empty.
                    Ok(match self.mechanism {
                        Mechanism::OAuthBearer => Secret::from(oauth::DUMMY),
                        _ => Secret::default(),
                    })
                }
            },
            Exchange::Scram(scram) => scram.respond(challenge),
        }
    }

    /// Runs a step unless one has failed before, and remembers a failure.
    fn guarded<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        step(self).inspect_err(|error| self.failed = Some(*error))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("mechanism", &self.mechanism)
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// ```abnf
/// message   = [authzid] UTF8NUL authcid UTF8NUL passwd
///             ; RFC 4616 section 2
/// ```
fn plain(authzid: Option<&str>, user: &str, password: &Secret) -> Secret {
    let authzid = authzid.unwrap_or_default();
    let len = authzid.len().saturating_add(user.len()).saturating_add(password.len()).saturating_add(2);
    // In one allocation of the right size, so that no copy of the password is left behind by growth.
    let mut message = Vec::with_capacity(len);
    message.extend_from_slice(authzid.as_bytes());
    message.push(0);
    message.extend_from_slice(user.as_bytes());
    message.push(0);
    message.extend_from_slice(password.expose());
    Secret::new(message)
}

/// RFC 2195 section 2: "The syntax of the unencoded form must correspond to that of an RFC 822 'msg-id'". Asked
/// of the challenge, so that no other text can be had signed.
fn is_message_id(challenge: &[u8]) -> bool {
    challenge.len() <= 1024
        && challenge.iter().all(u8::is_ascii_graphic)
        && matches!(challenge, [b'<', inner @ .., b'>']
            if inner.contains(&b'@') && !inner.contains(&b'<') && !inner.contains(&b'>'))
}

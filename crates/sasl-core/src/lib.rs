//! SASL mechanisms, client and server side, without I/O.
//!
//! Both ends of PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-1, -256 and -512 with their `-PLUS` forms, XOAUTH2, OAUTHBEARER,
//! EXTERNAL and ANONYMOUS, as small state machines: octets in, octets out. Base64 and the commands around it belong
//! to the mail protocol; sockets, clocks and random numbers to the caller.
//!
//! # An exchange
//!
//! ```
//! use sasl_core::client::{self, Client, Policy};
//! use sasl_core::server::{Answer, Config, Question, Server, Step};
//! use sasl_core::stored::ScramVerifier;
//! use sasl_core::{Credentials, Hash, Nonce, Secret, Transport};
//!
//! # let (salt, ours, theirs, secret) = ([1; 16], [2; 24], [3; 24], [4; 16]); // random in earnest
//! // Both ends export this from their TLS connection (RFC 9266).
//! let transport = Transport::tls().with_exporter([9; 32]);
//!
//! // The server keeps verifiers, not passwords.
//! let verifier = ScramVerifier::generate(Hash::Sha256, &Secret::from("pencil"), &salt, 4096)?;
//! let config = Config::new(secret.to_vec());
//! let offered = config.offered(&transport);
//!
//! // The client chooses the strongest, never a secret in clear.
//! let credentials = Credentials::password("joe", "pencil");
//! let policy = Policy::new();
//! let mechanism = client::select(&offered, &credentials, &transport, &policy)?;
//! assert_eq!(mechanism.name(), "SCRAM-SHA-256-PLUS");
//! let mut client = Client::new(mechanism, &credentials, &transport, &offered, &policy, Nonce::new(ours))?;
//! let mut server = Server::new(mechanism, &config, &transport, Nonce::new(theirs))?;
//!
//! let mut step = server.step(client.initial_response()?.as_ref().map(Secret::expose));
//! let identity = loop {
//!     step = match step {
//!         Step::Challenge(challenge) => server.step(Some(client.respond(&challenge)?.expose())),
//!         Step::Ask(Question::Scram { user, .. }) if user == "joe" => server.answer(Answer::Verifier(verifier.clone())),
//!         Step::Ask(_) => server.answer(Answer::NoSuchUser),
//!         Step::Success { identity, .. } => break identity,
//!         other => panic!("{other:?}"),
//!     };
//! };
//! // Only now, and only if the server has proven itself too:
//! client.success(None)?;
//! assert_eq!(identity.user(), "joe");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it insists on
//!
//! * No password or token goes out without TLS unless a method whose name begins with `dangerous_` was called; a server
//!   neither offers nor evaluates such a mechanism.
//! * SCRAM: the nonce must begin with ours and be longer; 4096 to 10 000 000 iterations, checked before any work; no
//!   `m=`; a salt that is not empty; attributes in their order; the server's signature before success is believed;
//!   `c=` compared exactly on the server.
//! * Downgrades: the strongest mechanism is chosen, `-PLUS` wherever it is possible, and SCRAM tells the server
//!   whether `-PLUS` was seen. [`Policy::minimum`](client::Policy::minimum) remembers what a server could do before.
//! * Secrets compare in constant time, are erased on drop and never printed. A user who does not exist costs the
//!   server the same work and gets the same salt each time ([`server::Answer::NoSuchUser`]).
//! * Names are prepared once, so that `ｊｏｅ` is `joe` for the lookup, the limits and the log alike. To act as another
//!   is refused unless the application allows it.
//! * Everything is bounded: messages by [`MAX_MESSAGE_OCTETS`], names, passwords and tokens by their own limits, work
//!   linear in them. Failures are final. Nothing panics.
//!
//! # Standards
//!
//! | RFC | section | what | status |
//! |---|---|---|---|
//! | RFC 4422 | 3, 5, A | framework, EXTERNAL | yes; no security layers |
//! | RFC 4616 | 2 | PLAIN | yes |
//! | RFC 5802 | 5, 6, 7 | SCRAM-SHA-1, SCRAM-SHA-1-PLUS | yes; unknown extensions ignored |
//! | RFC 7677 | 3, 4 | SCRAM-SHA-256, SCRAM-SHA-256-PLUS | yes; -SHA-512 in the same way |
//! | RFC 5803 | 1, 3 | stored verifiers | yes |
//! | RFC 9266 | 2, 3 | `tls-exporter` | yes; the transport supplies the octets |
//! | RFC 5929 | 3, 4 | `tls-unique`, `tls-server-end-point` | yes; the transport supplies the octets |
//! | RFC 7628 | 3, 4 | OAUTHBEARER | yes; OAUTH10A no |
//! | RFC 2195 | 2 | CRAM-MD5 | yes; off by default on servers |
//! | RFC 1939 | 7 | APOP, for POP3 | yes; off by default |
//! | RFC 4505 | 2, 3 | ANONYMOUS | yes; off by default on servers |
//! | RFC 4013 | 2 | SASLprep | yes, queries and stored strings |
//! | RFC 8265 | 3.3 | width mapping of user names | by SASLprep's form KC; case is kept |
//! | RFC 4648 | 4 | base64 | yes, canonical form only |
//!
//! LOGIN follows the expired draft-murchison-sasl-login and what is deployed; XOAUTH2 what its providers publish.
//!
//! # What is not supported
//!
//! * DIGEST-MD5, NTLM, GSSAPI, GS2-KRB5, GSS-SPNEGO, OTP: known by name ([`Refused`]) and never run.
//! * Security layers: use TLS.
//! * Keeping ClientKey between connections: each SCRAM login computes the iterated hash.
//! * The full PRECIS profiles of RFC 8265: SASLprep is what SCRAM and its deployed verifiers use.
//! * Obtaining, refreshing or checking OAuth tokens.
//! * CRAM-MD5 from stored MD5 contexts: the server needs the password, which is why the mechanism is off.

mod apop;
mod credentials;
mod crypto;
mod malformed;
mod mechanism;
mod nonce;
mod oauth;
mod scram;
mod transport;

pub mod base64;
pub mod client;
pub mod prepare;
pub mod server;
pub mod stored;

pub use wire_core::Secret;

pub use apop::apop_digest;
pub use credentials::{Credentials, CredentialsError, MAX_TOKEN_OCTETS};
pub use crypto::Hash;
pub use malformed::Malformed;
pub use mechanism::{Mechanism, Refused, Strength};
pub use nonce::{InvalidNonce, Nonce};
pub use oauth::TokenError;
pub use scram::{MAX_ITERATIONS, MAX_SALT_OCTETS, MIN_ITERATIONS, ScramError};
pub use transport::{ChannelBinding, Transport};

/// The longest message of a peer, in octets after decoding; longer ones fail the exchange.
///
/// RFC 4954 section 4 asks servers for 12288 octets of base64, which is 9216 octets decoded.
pub const MAX_MESSAGE_OCTETS: usize = 16 * 1024;

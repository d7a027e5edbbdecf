//! SCRAM from the client's end, RFC 5802 section 5.

use wire_core::Secret;

use super::{ClientError, Policy};
use crate::base64;
use crate::credentials::CredentialsError;
use crate::crypto::{self, Hash};
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::nonce::Nonce;
use crate::prepare::{self, Strings};
use crate::scram::message::{ServerFinal, ServerFirst, encode_name, text};
use crate::scram::{self, ScramError};
use crate::transport::Transport;

pub(super) struct Exchange {
    hash: Hash,
    password: Secret,
    /// The GS2 header, and the channel binding data that follow it in `c=`.
    header: String,
    binding: Vec<u8>,
    nonce: String,
    bare: String,
    /// Floor and cap.
    iterations: (u32, u32),
    state: State,
}

enum State {
    /// Our first message is not sent.
    Unsent,
    /// Salt and iterations are awaited.
    First,
    /// The signature is awaited, and this is the right one.
    Final(Secret),
    /// The server has proven itself.
    Verified,
    /// The server has sent `e=`.
    Refused(ScramError),
}

impl Exchange {
    pub(super) fn new(
        mechanism: Mechanism,
        (user, password, authzid): (&str, &Secret, Option<&str>),
        transport: &Transport,
        offered: &[Mechanism],
        policy: &Policy,
        nonce: Nonce,
    ) -> Result<Self, ClientError> {
        let hash = mechanism.hash().ok_or(ClientError::Forbidden)?;
        let bound = policy.binding(transport);
        let plus_offered = mechanism.plus().is_some_and(|plus| offered.contains(&plus));
        let mut header = String::new();
        let mut binding = Vec::new();
        match (mechanism.is_bound(), bound) {
            (true, None) => return Err(ClientError::NeedsChannelBinding),
            (true, Some(bound)) => {
                header.push_str("p=");
                header.push_str(bound.name());
                binding.extend_from_slice(transport.binding(bound).unwrap_or_default());
            }
            // RFC 5802 section 6: "Clients that support mechanism negotiation and channel binding MUST use a "p"
            // gs2-cbind-flag when the server offers the PLUS-variant of the desired GS2 mechanism."
            (false, Some(_)) if plus_offered => return Err(ClientError::PlusRequired),
            // RFC 5802 section 6: "If the client supports channel binding and the server does not appear to
            // (i.e., the client did not see the -PLUS name advertised by the server), then the client MUST NOT
            // use an "n" gs2-cbind-flag."
            (false, Some(_)) => header.push('y'),
            (false, None) => header.push('n'),
        }
        header.push(',');
        if let Some(authzid) = authzid {
            header.push_str("a=");
            encode_name(authzid, &mut header);
        }
        header.push(',');
        let user = prepare::user_name(user.as_bytes())
            .map_err(|error| ClientError::Credentials(CredentialsError::User(error)))?;
        let password = prepare::password(password.expose(), Strings::Stored)
            .map_err(|error| ClientError::Credentials(CredentialsError::Password(error)))?;
        let nonce = nonce.into_text();
        let mut bare = String::from("n=");
        encode_name(&user, &mut bare);
        bare.push_str(",r=");
        bare.push_str(&nonce);
        Ok(Self {
            hash,
            password: Secret::from(password),
            header,
            binding,
            nonce,
            bare,
            iterations: policy.iterations(),
            state: State::Unsent,
        })
    }

    /// Our first message, once.
    pub(super) fn first(&mut self) -> Option<Secret> {
        self.is_unsent().then(|| {
            self.state = State::First;
            Secret::from(format!("{}{}", self.header, self.bare))
        })
    }

    pub(super) fn is_unsent(&self) -> bool {
        matches!(self.state, State::Unsent)
    }

    pub(super) fn respond(&mut self, challenge: &[u8]) -> Result<Secret, ClientError> {
        if let Some(first) = self.first() {
            return Ok(first);
        }
        let challenge = text(challenge).map_err(ClientError::Malformed)?;
        match &self.state {
            State::First if challenge.starts_with("e=") => self.server_final(challenge)?,
            State::First => return self.prove(challenge),
            State::Final(_) => self.server_final(challenge)?,
            State::Unsent | State::Verified | State::Refused(_) => {
                return Err(ClientError::UnexpectedChallenge);
            }
        }
        Ok(Secret::default())
    }

    pub(super) fn success(&mut self, additional: Option<&[u8]>) -> Result<(), ClientError> {
        match (&self.state, additional) {
            (State::Verified, None | Some([])) => Ok(()),
            (State::Verified, Some(_)) => Err(ClientError::Malformed(Malformed::Unexpected)),
            (State::Final(_), Some(message)) if !message.is_empty() => {
                self.server_final(text(message).map_err(ClientError::Malformed)?)?;
                match self.state {
                    State::Verified => Ok(()),
                    // An error and a success at once: no signature either way.
                    _ => Err(ClientError::ServerNotAuthenticated),
                }
            }
            // RFC 5802 section 5: "the client MUST consider the authentication exchange to be unsuccessful"
            // without the right signature; without any, all the more.
            (State::Final(_) | State::Refused(_) | State::First, _) => {
                Err(ClientError::ServerNotAuthenticated)
            }
            (State::Unsent, _) => Err(ClientError::OutOfOrder),
        }
    }

    pub(super) fn error(&self) -> Option<ScramError> {
        match self.state {
            State::Refused(error) => Some(error),
            _ => None,
        }
    }

    /// Takes salt and iterations, gives the proof.
    fn prove(&mut self, challenge: &str) -> Result<Secret, ClientError> {
        let server = ServerFirst::parse(challenge).map_err(ClientError::Malformed)?;
        // RFC 5802 section 5.1: "The client MUST verify that the initial part of the nonce used in subsequent
        // messages is the same as the nonce it initially specified."
        match server.nonce.strip_prefix(self.nonce.as_str()) {
            None => return Err(ClientError::NonceMismatch),
            Some("") => return Err(ClientError::NonceNotExtended),
            Some(_) => {}
        }
        if server.salt.is_empty() {
            return Err(ClientError::EmptySalt);
        }
        let (floor, cap) = self.iterations;
        let announced = server.iterations;
        if announced > cap {
            return Err(ClientError::TooManyIterations { announced, cap });
        }
        if announced < floor {
            return Err(ClientError::TooFewIterations { announced, floor });
        }
        let mut input = self.header.clone().into_bytes();
        input.extend_from_slice(&self.binding);
        let without_proof = format!("c={},r={}", base64::encode_text(&input), server.nonce);
        let auth_message = format!("{},{challenge},{without_proof}", self.bare);
        let salted = self.hash.salted(self.password.expose(), &server.salt, announced);
        let (client_key, server_key) = scram::keys(self.hash, &salted);
        let proof = scram::proof(self.hash, &client_key, &auth_message);
        self.state = State::Final(self.hash.hmac(server_key.expose(), auth_message.as_bytes()));
        Ok(Secret::from(format!("{without_proof},p={}", base64::encode_text(proof.expose()))))
    }

    /// Takes the signature, or the error in its place.
    fn server_final(&mut self, message: &str) -> Result<(), ClientError> {
        match (ServerFinal::parse(message).map_err(ClientError::Malformed)?, &self.state) {
            (ServerFinal::Error(error), _) => self.state = State::Refused(error),
            (ServerFinal::Verifier(signature), State::Final(right)) => {
                if !crypto::equal(&signature, right.expose()) {
                    return Err(ClientError::ServerSignature);
                }
                self.state = State::Verified;
            }
            _ => return Err(ClientError::UnexpectedChallenge),
        }
        Ok(())
    }
}

//! SCRAM from the server's end, RFC 5802 section 5.

use bytes::Bytes;

use super::{Failure, Pending, Question, Server, State, Step};
use crate::base64;
use crate::crypto::{self, Hash};
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::prepare;
use crate::scram::message::{BindingFlag, ClientFinal, ClientFirst};
use crate::stored::ScramVerifier;
use crate::transport::ChannelBinding;

/// The client's first message, understood.
pub(super) struct First {
    hash: Hash,
    user: String,
    authzid: Option<String>,
    bare: String,
    nonce: String,
    /// What `c=` must be.
    binding: String,
}

/// Our first message is out.
pub(super) struct Final {
    first: First,
    server_first: String,
    verifier: ScramVerifier,
}

impl Server {
    pub(super) fn scram_first(&mut self, nonce: String, response: &[u8]) -> Step {
        let first = ClientFirst::parse(response)
            .map_err(Failure::Malformed)
            .and_then(|first| self.understand(&first, &nonce));
        match first {
            Ok(first) => {
                let mechanism = self.mechanism;
                let question = Question::Scram { mechanism, hash: first.hash, user: first.user.clone() };
                self.ask(Pending::Scram(Box::new(first)), question)
            }
            Err(failure) => self.fail_scram(failure),
        }
    }

    pub(super) fn scram_challenge(&mut self, first: First, verifier: Option<ScramVerifier>) -> Step {
        // Made up even if not needed: the same work for all.
        let iterations = self.config.unknown_iterations;
        let absent = ScramVerifier::absent(first.hash, &self.config.secret, &first.user, iterations);
        let verifier = verifier.filter(|verifier| verifier.hash() == first.hash).unwrap_or(absent);
        let salt = base64::encode_text(verifier.salt());
        let server_first = format!("r={},s={salt},i={}", first.nonce, verifier.iterations());
        let challenge = Bytes::from(server_first.clone());
        self.state = State::ScramFinal(Box::new(Final { first, server_first, verifier }));
        Step::Challenge(challenge)
    }

    pub(super) fn scram_final(&mut self, state: Final, response: &[u8]) -> Step {
        let Final { first, server_first, verifier } = state;
        let last = match ClientFinal::parse(response) {
            Ok(last) => last,
            Err(malformed) => return self.fail_scram(Failure::Malformed(malformed)),
        };
        // RFC 5802 section 6: "The server MUST always validate the client's "c=" field. The server does this by
        // constructing the value of the "c=" attribute and then checking that it matches".
        if !crypto::equal(last.binding.as_bytes(), first.binding.as_bytes()) {
            return self.fail_scram(Failure::ChannelBindingMismatch);
        }
        // RFC 5802 section 5.1: "The server MUST verify that the nonce sent by the client in the second message
        // is the same as the one sent by the server in its first message."
        if !crypto::equal(last.nonce.as_bytes(), first.nonce.as_bytes()) {
            return self.fail_scram(Failure::Malformed(Malformed::Nonce));
        }
        let auth_message = format!("{},{server_first},{}", first.bare, last.without_proof);
        // The signature is computed whether or not it is needed: the same work for right and wrong.
        let signature = verifier.sign(&auth_message);
        if !verifier.proves(&auth_message, &last.proof) {
            return self.fail_scram(Failure::BadCredentials);
        }
        let server_final = format!("v={}", base64::encode_text(signature.expose()));
        self.conclude(first.user, first.authzid, Some(server_final.into()))
    }

    /// Checks the binding flag and prepares the names.
    fn understand(&self, first: &ClientFirst<'_>, nonce: &str) -> Result<First, Failure> {
        let hash = self.mechanism.hash().ok_or(Failure::OutOfOrder)?;
        let data = self.binding_data(first.flag)?;
        let user =
            prepare::user_name(first.user.as_bytes()).map_err(|_| Failure::Malformed(Malformed::UserName))?;
        let authzid = first
            .authzid
            .as_ref()
            .map(|authzid| prepare::user_name(authzid.as_bytes()))
            .transpose()
            .map_err(|_| Failure::Malformed(Malformed::UserName))?;
        let mut input = first.header.as_bytes().to_vec();
        input.extend_from_slice(data);
        Ok(First {
            hash,
            user,
            authzid,
            // RFC 5802 section 5.1: "it MUST use it as received in hash calculations."
            bare: first.bare.to_owned(),
            nonce: format!("{}{nonce}", first.nonce),
            binding: base64::encode_text(&input),
        })
    }

    /// The channel binding data that must follow the GS2 header, RFC 5802 section 6.
    fn binding_data(&self, flag: BindingFlag<'_>) -> Result<&[u8], Failure> {
        let bound = self.mechanism.is_bound();
        match flag {
            BindingFlag::Used(name) if bound => ChannelBinding::parse(name)
                .and_then(|binding| self.transport.binding(binding))
                // RFC 5802 section 6: "If the channel binding flag was "p" and the server does not support the
                // indicated channel binding type, then the server MUST fail authentication."
                .ok_or(Failure::ChannelBindingUnsupported),
            // A promise under a name that does not make it, and a name whose promise is not kept.
            BindingFlag::Used(_) => Err(Failure::ChannelBindingUnsupported),
            BindingFlag::None | BindingFlag::Unused if bound => Err(Failure::ChannelBindingMismatch),
            // RFC 5802 section 6: "If the flag is set to "y" and the server supports channel binding, the server
            // MUST fail authentication."
            BindingFlag::Unused if self.offers_plus() => Err(Failure::Downgrade),
            BindingFlag::Unused | BindingFlag::None => Ok(&[]),
        }
    }

    fn offers_plus(&self) -> bool {
        self.mechanism.plus().is_some_and(|plus: Mechanism| self.config.check(plus, &self.transport).is_ok())
    }

    /// Tells the client why, if the configuration says so, and fails.
    fn fail_scram(&mut self, failure: Failure) -> Step {
        if !self.config.scram_errors {
            return self.fail(failure);
        }
        self.state = State::Failing(failure);
        Step::Challenge(format!("e={}", failure.scram_error().name()).into())
    }
}

//! Users with passwords, for servers that are examples.

use std::sync::Arc;

use postwire::sasl::Hash;
use postwire::sasl::server::{Answer, Question};
use postwire::sasl::stored::ScramVerifier;

/// The users of a server. It keeps passwords because CRAM-MD5 and APOP need them; without these, verifiers do.
#[derive(Clone, Debug, Default)]
pub struct Users(Arc<Vec<User>>);

#[derive(Debug)]
struct User {
    name: String,
    password: postwire::Secret,
    verifiers: Vec<(Hash, ScramVerifier)>,
}

/// An argument that is no user.
#[derive(Debug)]
#[non_exhaustive]
pub struct InvalidUser;

impl std::fmt::Display for InvalidUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("--auth USER:PASSWORD")
    }
}

impl std::error::Error for InvalidUser {}

impl Users {
    /// The users of a list of `USER:PASSWORD`.
    ///
    /// # Errors
    ///
    /// [`InvalidUser`] for an entry without colon, or a password that SCRAM cannot hash.
    pub fn new(list: &[String]) -> Result<Self, InvalidUser> {
        let users = list.iter().map(|entry| {
            let (name, password) = entry.split_once(':').ok_or(InvalidUser)?;
            let verifiers = [Hash::Sha256, Hash::Sha1, Hash::Sha512].into_iter().map(|hash| {
                let salt: Vec<u8> = name.bytes().chain(*b"-postwire-sink").collect();
                ScramVerifier::generate(hash, &password.into(), &salt, 4096).map(|verifier| (hash, verifier))
            });
            let verifiers = verifiers.collect::<Result<_, _>>().map_err(|_| InvalidUser)?;
            Ok(User { name: name.to_owned(), password: password.into(), verifiers })
        });
        Ok(Self(Arc::new(users.collect::<Result<_, _>>()?)))
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Answers what a login wants to know.
    pub fn answer(&self, question: &Question) -> Answer {
        let find = |user: &str| self.0.iter().find(|known| known.name == user);
        match question {
            Question::Scram { user, hash, .. } => find(user)
                .and_then(|known| known.verifiers.iter().find(|(of, _)| of == hash))
                .map_or(Answer::NoSuchUser, |(_, verifier)| Answer::Verifier(verifier.clone())),
            Question::Password { user, .. } => find(user)
                .and_then(|known| known.verifiers.first())
                .map_or(Answer::NoSuchUser, |(_, verifier)| Answer::Verifier(verifier.clone())),
            Question::CramMd5 { user } | Question::Apop { user } => {
                find(user).map_or(Answer::NoSuchUser, |known| Answer::CramSecret(known.password.clone()))
            }
            // A server for tests: the token is the password.
            Question::Token { user: Some(user), token, .. } => {
                let known = find(user).is_some_and(|known| known.password == *token);
                if known { Answer::Accept } else { Answer::Reject }
            }
            _ => Answer::Reject,
        }
    }
}

//! Logins that a protocol has commands of its own for: they end in the same questions and answers.

use super::{Config, Pending, Question, Server, ServerError, State, Step};
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::prepare;
use crate::transport::Transport;

impl Server {
    /// A user name and a password in commands of the protocol itself: USER and PASS (RFC 1939 section 7).
    ///
    /// The returned step is as a rule [`Question::Password`].
    ///
    /// # Errors
    ///
    /// [`ServerError::EncryptionRequired`] in clear, unless [`Config::dangerous_allow_cleartext_secrets`] was called.
    ///
    /// # Example
    ///
    /// ```
    /// use sasl_core::Transport;
    /// use sasl_core::server::{Answer, Config, Question, Server, ServerError, Step};
    ///
    /// let config = Config::new("sixteen octets !");
    /// let (mut server, step) = Server::login(&config, &Transport::tls(), b"joe", b"pencil")?;
    /// assert!(matches!(step, Step::Ask(Question::Password { user, .. }) if user == "joe"));
    /// assert!(matches!(server.answer(Answer::Accept), Step::Success { .. }));
    /// let refused = Server::login(&config, &Transport::clear(), b"joe", b"pencil").err();
    /// assert_eq!(refused, Some(ServerError::EncryptionRequired));
    /// # Ok::<(), ServerError>(())
    /// ```
    pub fn login(
        config: &Config,
        transport: &Transport,
        user: &[u8],
        password: &[u8],
    ) -> Result<(Self, Step), ServerError> {
        if !config.permits_secrets(transport) {
            return Err(ServerError::EncryptionRequired);
        }
        let mut server = Self::direct(Mechanism::Plain, config, transport);
        let step = server.ask_password(user, password, None);
        Ok((server, step))
    }

    /// APOP (RFC 1939 section 7): a user name and the digest of `timestamp` and the password.
    ///
    /// The returned step is as a rule [`Question::Apop`].
    ///
    /// # Example
    ///
    /// ```
    /// use sasl_core::Transport;
    /// use sasl_core::server::{Answer, Config, Question, Server, Step};
    ///
    /// let config = Config::new("sixteen octets !");
    /// let timestamp = "<1896.697170952@dbc.mtview.ca.us>";
    /// let digest = b"c4c9334bac560ecc979e58001b3e22fb";
    /// let (mut server, step) = Server::apop(&config, &Transport::clear(), timestamp, b"mrose", digest);
    /// assert!(matches!(step, Step::Ask(Question::Apop { user }) if user == "mrose"));
    /// let step = server.answer(Answer::CramSecret("tanstaaf".into()));
    /// assert!(matches!(step, Step::Success { .. }));
    /// ```
    pub fn apop(
        config: &Config,
        transport: &Transport,
        timestamp: &str,
        user: &[u8],
        digest: &[u8],
    ) -> (Self, Step) {
        let mut server = Self::direct(Mechanism::CramMd5, config, transport);
        let step = match (prepare::user_name(user), str::from_utf8(digest)) {
            (Err(_), _) => server.malformed(Malformed::UserName),
            (Ok(user), Ok(digest)) if digest.len() == 32 => {
                let question = Question::Apop { user: user.clone() };
                let digest = digest.to_ascii_lowercase();
                server.ask(Pending::Apop { user, timestamp: timestamp.to_owned(), digest }, question)
            }
            _ => server.malformed(Malformed::Syntax),
        };
        (server, step)
    }

    fn direct(mechanism: Mechanism, config: &Config, transport: &Transport) -> Self {
        let state = State::Done(None);
        Self { mechanism, config: config.clone(), transport: transport.clone(), state }
    }
}

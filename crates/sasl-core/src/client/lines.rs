//! An exchange in lines of base64, which is how SMTP, POP3 and IMAP carry it.

use wire_core::Secret;

use super::{Client, ClientError};
use crate::base64;
use crate::malformed::Malformed;
use crate::mechanism::Mechanism;
use crate::oauth::TokenError;

/// A [`Client`] behind a protocol whose challenges and responses are lines of base64 (RFC 4954 section 4,
/// RFC 5034 section 4).
///
/// # Example
///
/// ```
/// use sasl_core::client::{Client, Lines, Policy};
/// use sasl_core::{Credentials, Mechanism, Nonce, Transport};
///
/// let offered = [Mechanism::Plain];
/// let joe = Credentials::password("joe", "pencil");
/// let client = Client::new(Mechanism::Plain, &joe, &Transport::tls(), &offered, &Policy::new(), Nonce::new([7; 24]))?;
/// let mut lines = Lines::begin(client)?;
/// // It does not fit the command, so that the server has to ask for it.
/// assert!(lines.initial(10).is_none());
/// assert_eq!(lines.answer(b"").expose(), b"AGpvZQBwZW5jaWw=");
/// assert_eq!(lines.finish(true).0, Ok(()));
/// # Ok::<(), sasl_core::client::ClientError>(())
/// ```
#[derive(Debug)]
pub struct Lines {
    sasl: Client,
    /// The initial response, until it is sent.
    response: Option<Secret>,
    failed: Option<ClientError>,
}

impl Lines {
    /// Begins an exchange.
    ///
    /// # Errors
    ///
    /// [`ClientError::OutOfOrder`] if the client has begun already.
    pub fn begin(mut sasl: Client) -> Result<Self, ClientError> {
        let response = sasl.initial_response()?;
        Ok(Self { sasl, response, failed: None })
    }

    /// The mechanism of this exchange.
    pub const fn mechanism(&self) -> Mechanism {
        self.sasl.mechanism()
    }

    /// The initial response as it stands in the command, `=` if it is empty; `None` if there is none, or if it has
    /// more than `most` octets: the server asks for it then with an empty challenge.
    pub fn initial(&mut self, most: usize) -> Option<Secret> {
        let fits = |response: &mut Secret| response.len().div_ceil(3) * 4 <= most && most > 0;
        self.response.take_if(fits).map(|response| match response.is_empty() {
            true => Secret::from("="),
            false => encoded(&response),
        })
    }

    /// The line that answers a challenge: base64, or `*` if the challenge makes no sense, which cancels the exchange.
    pub fn answer(&mut self, challenge: &[u8]) -> Secret {
        let answer = match self.response.take() {
            // The server asks for the initial response; some do it in words, which may look like base64.
            Some(response) => Ok(response),
            None => match base64::decode(challenge) {
                Ok(challenge) => self.sasl.respond(challenge.expose()),
                // There are servers whose prompts are plain text.
                Err(_) if self.sasl.ignores_challenge() => self.sasl.respond(b""),
                Err(_) => Err(ClientError::Malformed(Malformed::Base64)),
            },
        };
        match answer {
            Ok(response) => encoded(&response),
            Err(error) => {
                // RFC 4954 section 4: "If the client wishes to cancel the authentication exchange, it issues a line with a
                // single "*"."
                self.failed = Some(error);
                Secret::from("*")
            }
        }
    }

    /// The server has spoken: whether it may be believed if it says yes, and what it said of a token that it refused.
    pub fn finish(mut self, positive: bool) -> (Result<(), ClientError>, Option<TokenError>) {
        let details = self.sasl.error_details().cloned();
        let outcome = match self.failed {
            Some(error) => Err(error),
            None if positive => self.sasl.success(None),
            None => Ok(()),
        };
        (outcome, details)
    }
}

fn encoded(octets: &Secret) -> Secret {
    let mut line = Vec::new();
    base64::encode_into(octets.expose(), &mut line);
    Secret::new(line)
}

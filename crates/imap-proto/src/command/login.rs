//! Saying who one is: LOGIN and AUTHENTICATE.

use sasl_core::base64;
use wire_core::Secret;

use crate::{Atom, Encoder, Expected, InvalidOctet, ParseError, Text, chars::BASE64, cursor::Cursor};

/// LOGIN (RFC 9051 section 6.2.3).
///
/// ```abnf
/// login    = "LOGIN" SP userid SP password
/// userid   = astring
/// password = astring
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Text, command::Login};
///
/// let login = Login::new(Text::try_from("SMITH").unwrap(), "SESAME").unwrap();
/// assert_eq!(login.user(), &"SMITH");
/// assert_eq!(format!("{login:?}"), "Login { user: \"SMITH\", password: Secret(redacted) }");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    user: Text,
    password: Secret,
}

impl Login {
    /// A name and its password.
    ///
    /// # Errors
    ///
    /// If the password holds NUL, which no string may.
    pub fn new(user: Text, password: impl Into<Secret>) -> Result<Self, InvalidOctet> {
        let password = password.into();
        match memchr::memchr(0, password.expose()) {
            Some(at) => Err(InvalidOctet::new(at, 0)),
            None => Ok(Self { user, password }),
        }
    }

    /// Who.
    pub const fn user(&self) -> &Text {
        &self.user
    }

    /// The password.
    pub const fn password(&self) -> &Secret {
        &self.password
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let user = cursor.astring()?;
        cursor.space()?;
        let password = Secret::from(&cursor.astring_octets()?[..]);
        Ok(Self { user, password })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.astring(self.user.as_bytes());
        encoder.space();
        encoder.secret(&self.password);
    }
}

/// AUTHENTICATE (RFC 9051 section 6.2.2): the beginning of an exchange of SASL.
///
/// ```abnf
/// authenticate = "AUTHENTICATE" SP auth-type [SP initial-resp] *(CRLF base64)
/// initial-resp = base64 / "="
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Atom, Command, Dialect, command::Authenticate};
///
/// let frame = "A1 AUTHENTICATE PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm".into();
/// let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
/// let Command::Authenticate(authenticate) = command else { panic!() };
/// assert_eq!(authenticate.initial.unwrap().expose(), b"\0tim\0tanstaaftanstaaf");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has nothing else
pub struct Authenticate {
    /// The mechanism.
    pub mechanism: Atom,
    /// The initial response, decoded (RFC 4959 section 3); one without octets is `=`.
    pub initial: Option<Secret>,
}

impl Authenticate {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mechanism = cursor.atom()?;
        if !cursor.eat(b' ') {
            return Ok(Self { mechanism, initial: None });
        }
        let at = cursor.at();
        let initial = match cursor.run(BASE64) {
            // RFC 4959 section 3: "a single pad character" is an empty response
            b"=" => Secret::default(),
            b"" => return cursor.error(Expected::Base64),
            text => base64::decode(text).map_err(|_| ParseError::new(at, Expected::Base64))?,
        };
        Ok(Self { mechanism, initial: Some(initial) })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.mechanism.as_bytes());
        match &self.initial {
            None => {}
            Some(initial) if initial.is_empty() => encoder.octets(b" ="),
            Some(initial) => {
                encoder.space();
                encoder.secret_octets(base64::encode(initial.expose()).expose());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{
        Command,
        command::tests::{back, refused},
    };

    #[test]
    fn examples_of_the_rfcs() {
        back("a001 LOGIN SMITH \"SESAME\"");
        back("A001 AUTHENTICATE GSSAPI");
        // RFC 4959 section 4
        back("C01 AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q=");
        back("A1 AUTHENTICATE EXTERNAL =");
        for text in
            ["a001 login mrc secret", "a LOGIN {3}\r\nmrc {6}\r\nsecret", "a login \"mrc\" {6+}\r\nsecret"]
        {
            let Command::Login(login) = crate::command::tests::parse(text) else { panic!("{text}") };
            assert_eq!((login.user().as_str(), login.password().expose()), (Some("mrc"), &b"secret"[..]));
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        for text in ["a LOGIN u hunter2", "a AUTHENTICATE PLAIN aHVudGVyMg=="] {
            let command = crate::command::tests::parse(text);
            let shown = format!("{command:?} {command:#?}");
            assert!(!shown.contains("hunter2") && !shown.contains("aHVu"), "{shown}");
            let pieces: Vec<_> = crate::command::tests::pieces(&command).collect();
            let secret: Vec<_> = pieces.iter().filter(|piece| piece.secret).collect();
            assert_eq!(secret.len(), 1);
            let open = pieces.iter().filter(|piece| !piece.secret);
            assert!(
                open.into_iter()
                    .all(|piece| !piece.octets.windows(4).any(|four| four == b"hunt" || four == b"aHVu"))
            );
        }
    }

    #[test]
    fn what_is_no_login() {
        for (text, at) in [
            ("a LOGIN", 7),
            ("a LOGIN u", 9),
            ("a LOGIN u ", 10),
            ("a LOGIN u  p", 10),
            ("a LOGIN u p ", 11),
            ("a LOGIN u p q", 11),
            ("a LOGIN (u) p", 8),
            ("a LOGIN \"u p", 8),
            ("a LOGIN u{ p", 9),
            ("a LOGIN {1}\r\n\0 p", 8),
            ("a LOGIN ~{1}\r\nx p", 9),
            ("a LOGIN u {1}\r\n\0", 10),
            ("a AUTHENTICATE", 14),
            ("a AUTHENTICATE ", 15),
            ("a AUTHENTICATE PLAIN ", 21),
            ("a AUTHENTICATE PLAIN ==", 21),
            ("a AUTHENTICATE PLAIN dGVzdA", 21),
            ("a AUTHENTICATE PLAIN dGVzdB==", 21),
            ("a AUTHENTICATE PLAIN dGVz dA==", 25),
            ("a AUTHENTICATE \"PLAIN\"", 15),
        ] {
            refused(text, at);
        }
        assert!(Login::new(Text::new(), "a\0b").is_err());
        assert!(Text::try_from(Bytes::from_static(b"\0")).is_err());
    }
}

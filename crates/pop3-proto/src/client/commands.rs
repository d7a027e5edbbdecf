//! One method a command.

use bytes::Bytes;
use wire_core::Secret;

use super::flight::Kind;
use super::{Client, CommandId};
use crate::{Command, Misuse};

impl Client {
    /// USER (RFC 1939 section 7).
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for a name that is empty or holds CR, LF, NUL; [`Misuse::NotOffered`] for one that is not
    /// ASCII if the server did not say that it takes UTF-8 (RFC 6856 section 2.2).
    pub fn user(&mut self, name: &str) -> Result<CommandId, Misuse> {
        self.check_text(name.as_bytes())?;
        self.command(Kind::User, &Command::User(Bytes::copy_from_slice(name.as_bytes())))
    }

    /// PASS (RFC 1939 section 7). Whether it may go out in clear is for the caller to decide.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user).
    pub fn pass(&mut self, password: &Secret) -> Result<CommandId, Misuse> {
        self.check_text(password.expose())?;
        self.login(b"PASS ", password.clone())
    }

    /// APOP (RFC 1939 section 7), with the digest that [`sasl_core::client::apop`] made.
    ///
    /// # Errors
    ///
    /// As [`user`](Self::user); [`Misuse::Argument`] too for a digest that is not 32 hexadecimal digits;
    /// [`Misuse::NotOffered`] if the greeting had no timestamp.
    pub fn apop(&mut self, name: &str, digest: &str) -> Result<CommandId, Misuse> {
        self.check_text(name.as_bytes())?;
        if digest.len() != 32 || !digest.bytes().all(|octet| octet.is_ascii_hexdigit()) {
            return Err(Misuse::Argument);
        }
        if self.timestamp.is_none() {
            return Err(Misuse::NotOffered);
        }
        self.login(b"APOP ", Secret::from([name.as_bytes(), b" ", digest.as_bytes()].concat()))
    }

    /// CAPA (RFC 2449 section 5).
    ///
    /// # Errors
    ///
    /// [`Misuse`], as with every command: nothing was queued.
    pub fn capa(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Capa, &Command::Capa)
    }

    /// STLS (RFC 2595 section 4): on `+OK` the handshake follows, then [`Event::Secured`](super::Event::Secured).
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] if TLS is in place, or after UTF8 (RFC 6856 section 2.1).
    pub fn start_tls(&mut self) -> Result<CommandId, Misuse> {
        if self.tls.is_some() || self.utf8 {
            return Err(Misuse::State);
        }
        self.command(Kind::Stls, &Command::Stls)
    }

    /// STAT (RFC 1939 section 5); [`Event::Stat`](super::Event::Stat) follows.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn stat(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Stat, &Command::Stat)
    }

    /// LIST (RFC 1939 section 5), of one message or of all; [`Event::Scan`](super::Event::Scan) follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn list(&mut self, message: Option<u32>) -> Result<CommandId, Misuse> {
        check_number(message)?;
        self.command(Kind::List(message), &Command::List(message))
    }

    /// UIDL (RFC 1939 section 7), of one message or of all; [`Event::UniqueId`](super::Event::UniqueId) follows.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn uidl(&mut self, message: Option<u32>) -> Result<CommandId, Misuse> {
        check_number(message)?;
        self.command(Kind::Uidl(message), &Command::Uidl(message))
    }

    /// RETR (RFC 1939 section 5): [`Event::Body`](super::Event::Body) follows piece by piece.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn retr(&mut self, message: u32) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Message, &Command::Retr(message))
    }

    /// TOP (RFC 1939 section 7): the header fields and so many lines of the body.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn top(&mut self, message: u32, lines: u64) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Message, &Command::Top { message, lines })
    }

    /// DELE (RFC 1939 section 5): marks a message, which QUIT removes.
    ///
    /// # Errors
    ///
    /// [`Misuse::Argument`] for message 0.
    pub fn dele(&mut self, message: u32) -> Result<CommandId, Misuse> {
        check_number(Some(message))?;
        self.command(Kind::Dele, &Command::Dele(message))
    }

    /// NOOP (RFC 1939 section 5): asks whether the server is still there, and puts off its autologout.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn noop(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Other, &Command::Noop)
    }

    /// RSET (RFC 1939 section 5): takes back every mark.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn rset(&mut self) -> Result<CommandId, Misuse> {
        self.command(Kind::Rset, &Command::Rset)
    }

    /// UTF8 (RFC 6856 section 2.1), before the login.
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer it.
    pub fn utf8(&mut self) -> Result<CommandId, Misuse> {
        if !self.capabilities.utf8() {
            return Err(Misuse::NotOffered);
        }
        self.command(Kind::Utf8, &Command::Utf8)
    }

    /// LANG (RFC 6856 section 3): chooses a language by its range (`de`, `*`), or lists them ([`Event::Language`](super::Event::Language)).
    ///
    /// # Errors
    ///
    /// [`Misuse::NotOffered`] if the server does not offer it, [`Misuse::Argument`] for a range that is none.
    pub fn lang(&mut self, range: Option<&str>) -> Result<CommandId, Misuse> {
        if !self.capabilities.lang() {
            return Err(Misuse::NotOffered);
        }
        let good = |range: &str| {
            !range.is_empty()
                && range.len() <= 100
                && range.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'*'))
        };
        if range.is_some_and(|range| !good(range)) {
            return Err(Misuse::Argument);
        }
        let kind = if range.is_none() { Kind::Languages } else { Kind::Other };
        self.command(kind, &Command::Lang(range.map(|range| Bytes::copy_from_slice(range.as_bytes()))))
    }

    /// QUIT (RFC 1939 section 6): messages that are marked are removed if the reply is positive, and the connection
    /// closes.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn quit(&mut self) -> Result<CommandId, Misuse> {
        let id = self.command(Kind::Quit, &Command::Quit)?;
        self.quitting = true;
        Ok(id)
    }

    fn check_text(&self, text: &[u8]) -> Result<(), Misuse> {
        let most = 255 - "PASS \r\n".len();
        let bad = |octet: &u8| matches!(octet, b'\r' | b'\n' | 0);
        if text.is_empty() || text.len() > most || text.iter().any(bad) || std::str::from_utf8(text).is_err()
        {
            return Err(Misuse::Argument);
        }
        // RFC 6856 section 2.2: "Clients MUST NOT use UTF-8 characters when authenticating if the server did not include
        // the USER argument in the UTF8 capability response."
        if !text.is_ascii() && !self.capabilities.utf8_user() {
            return Err(Misuse::NotOffered);
        }
        Ok(())
    }

    /// A command whose arguments no transcript may show.
    fn login(&mut self, word: &[u8], arguments: Secret) -> Result<CommandId, Misuse> {
        let id = self.enqueue(Kind::Login, |text| text.extend_from_slice(word))?;
        self.secrets.push_back(arguments);
        Ok(id)
    }
}

fn check_number(message: Option<u32>) -> Result<(), Misuse> {
    if message == Some(0) { Err(Misuse::Argument) } else { Ok(()) }
}

//! Replies, RFC 1939 section 3 and RFC 2449 section 3; those texts call them responses.

use std::fmt;

use bytes::{BufMut, Bytes};
use wire_core::{BareOctet, Escaped};

use crate::ResponseCode;
use crate::phrases::{self, Language, Phrase};

/// The first line of a reply: `+OK` or `-ERR`, perhaps a response code, and text.
///
/// ```abnf
/// single-line = status [SP text] CRLF       ;512 octets maximum
/// status      = "+OK" / "-ERR"
/// text        = *schar / resp-code *CHAR
/// ```
///
/// # Example
///
/// ```
/// use pop3_proto::{Quirks, Reply, ResponseCode};
///
/// let reply = Reply::parse(&"-ERR [IN-USE] Do you have another POP session running?".into(), &Quirks::default()).unwrap();
/// assert!(reply.is_negative());
/// assert!(reply.has_code(&ResponseCode::IN_USE));
/// assert_eq!(reply.text(), b"Do you have another POP session running?");
/// assert!(Reply::negative("no\r\n+OK").is_err()); // no line can be slipped in
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    positive: bool,
    code: Option<ResponseCode>,
    text: Text,
}

#[derive(Clone, PartialEq, Eq)]
enum Text {
    /// As it was received, or the application gave it.
    Octets(Bytes),
    /// Ours, in the language of the session.
    Phrase(&'static Phrase),
}

/// Leniencies towards servers that break the grammar of replies; each is off unless it is switched on.
///
/// ```
/// use pop3_proto::{Quirks, Reply};
///
/// let line = "+ok".into();
/// assert!(Reply::parse(&line, &Quirks::default()).is_err());
/// assert!(Reply::parse(&line, &Quirks::default().any_case(true)).unwrap().is_positive());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// Accept `+ok` and `-err`. RFC 1939 section 3: "Servers MUST send the "+OK" and "-ERR" in upper case." No risk
    /// known: what is accepted has one reading.
    pub any_case: bool,
    /// Accept a greeting whose text follows its status without a space: `+OKwelcome`. No risk known.
    pub greeting_without_space: bool,
}

impl Quirks {
    /// Strict.
    pub const fn new() -> Self {
        Self { any_case: false, greeting_without_space: false }
    }

    wire_core::__setters! {
        /// Sets [`any_case`](#structfield.any_case).
        any_case: bool,
        /// Sets [`greeting_without_space`](#structfield.greeting_without_space).
        greeting_without_space: bool,
    }
}

/// What should be a reply is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The line does not begin with `+OK` or `-ERR`.
    #[error("a reply begins with neither +OK nor -ERR")]
    Status,
    /// The line holds a CR, LF or NUL that stands alone.
    #[error("a reply holds {0}")]
    Bare(BareOctet),
}

/// Why a reply cannot be built: its text holds a control character or is too long, or begins with a bracket that
/// would be taken for a response code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("octet {at} cannot stand in a reply")]
#[non_exhaustive]
pub struct InvalidReply {
    /// Which octet.
    pub at: usize,
}

/// RFC 2449 section 4: "The maximum length of the first line of a command response (including the initial greeting) is
/// unchanged at 512 octets (including the terminating CRLF)."
const TEXT_MOST: usize = 512 - "-ERR [LOGIN-DELAY] \r\n".len();

impl Reply {
    pub(crate) const fn fixed(positive: bool, code: Option<ResponseCode>, phrase: &'static Phrase) -> Self {
        Self { positive, code, text: Text::Phrase(phrase) }
    }

    /// `+OK` and a text of the application's own.
    ///
    /// # Errors
    ///
    /// [`InvalidReply`] if the text holds CR, LF, NUL or another control character, begins with `[`, or is longer
    /// than 491 octets.
    pub fn positive(text: impl Into<String>) -> Result<Self, InvalidReply> {
        Ok(Self { positive: true, code: None, text: checked(text.into())? })
    }

    /// `-ERR` and a text of the application's own.
    ///
    /// # Errors
    ///
    /// As [`positive`](Self::positive).
    pub fn negative(text: impl Into<String>) -> Result<Self, InvalidReply> {
        Ok(Self { positive: false, code: None, text: checked(text.into())? })
    }

    /// Adds a response code (RFC 2449 section 8).
    ///
    /// # Example
    ///
    /// ```
    /// use pop3_proto::{Reply, ResponseCode};
    ///
    /// let reply = Reply::negative("come back later").unwrap().with_code(ResponseCode::LOGIN_DELAY);
    /// assert!(reply.is_transient() && reply.has_code(&ResponseCode::LOGIN_DELAY));
    /// ```
    #[must_use]
    pub fn with_code(mut self, code: ResponseCode) -> Self {
        self.code = Some(code);
        self
    }

    /// `+OK`.
    pub const fn ok() -> Self {
        Self::fixed(true, None, &phrases::OK)
    }

    /// `-ERR [IN-USE]`: the maildrop is locked by another session.
    pub const fn in_use() -> Self {
        Self::fixed(false, Some(ResponseCode::IN_USE), &phrases::IN_USE)
    }

    /// `-ERR [LOGIN-DELAY]`: the user has logged in too recently.
    pub const fn login_delay() -> Self {
        Self::fixed(false, Some(ResponseCode::LOGIN_DELAY), &phrases::LOGIN_DELAY)
    }

    /// `-ERR [SYS/TEMP]`: something failed here, try again later.
    pub const fn local_error() -> Self {
        Self::fixed(false, Some(ResponseCode::SYS_TEMP), &phrases::TEMPORARY)
    }

    /// `-ERR [SYS/PERM]`: something is wrong here, and trying again does not help.
    pub const fn permanent_error() -> Self {
        Self::fixed(false, Some(ResponseCode::SYS_PERM), &phrases::PERMANENT)
    }

    /// `-ERR`: the message has gone or cannot be read.
    pub const fn unreadable() -> Self {
        Self::fixed(false, None, &phrases::GONE)
    }

    /// `-ERR [UTF8]`: the message cannot be given to a client that has not asked for UTF-8.
    pub const fn utf8_needed() -> Self {
        Self::fixed(false, Some(ResponseCode::UTF8), &phrases::UTF8_NEEDED)
    }

    /// `-ERR`: the answer to QUIT if not every message that was marked could be removed (RFC 1939 section 6).
    pub const fn not_removed() -> Self {
        Self::fixed(false, None, &phrases::NOT_REMOVED)
    }

    /// `-ERR [SYS/TEMP]`: this server is going away.
    pub const fn shutting_down() -> Self {
        Self::fixed(false, Some(ResponseCode::SYS_TEMP), &phrases::SHUTTING_DOWN)
    }

    /// `-ERR [SYS/TEMP]`: too many connections.
    pub const fn too_many_connections() -> Self {
        Self::fixed(false, Some(ResponseCode::SYS_TEMP), &phrases::TOO_MANY_CONNECTIONS)
    }

    /// Parses a line, given without its CRLF. Its text shares the storage of the line.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] if it is no reply.
    pub fn parse(line: &Bytes, quirks: &Quirks) -> Result<Self, ReplyError> {
        Self::read(line, quirks.any_case, false)
    }

    /// Parses a greeting: the one line that [`Quirks::greeting_without_space`] is about.
    ///
    /// # Errors
    ///
    /// [`ReplyError`] if it is no reply.
    pub fn parse_greeting(line: &Bytes, quirks: &Quirks) -> Result<Self, ReplyError> {
        Self::read(line, quirks.any_case, quirks.greeting_without_space)
    }

    fn read(line: &Bytes, any_case: bool, glued: bool) -> Result<Self, ReplyError> {
        let (positive, octets) = match &line[..] {
            [b'+', b'O', b'K', ..] => (true, 3),
            [b'-', b'E', b'R', b'R', ..] => (false, 4),
            [b'+', b'O' | b'o', b'K' | b'k', ..] if any_case => (true, 3),
            [b'-', b'E' | b'e', b'R' | b'r', b'R' | b'r', ..] if any_case => (false, 4),
            _ => return Err(ReplyError::Status),
        };
        let text = match line.get(octets) {
            None => Bytes::new(),
            Some(b' ') => line.slice(octets + 1..),
            Some(b'\t') => line.slice(octets + 1..),
            Some(_) if glued => line.slice(octets..),
            Some(_) => return Err(ReplyError::Status),
        };
        if let Some(bare) =
            memchr::memchr3(b'\r', b'\n', 0, &text).and_then(|at| BareOctet::of(*text.get(at)?))
        {
            return Err(ReplyError::Bare(bare));
        }
        match ResponseCode::scan(&text) {
            Some((code, at)) => {
                Ok(Self { positive, code: Some(code), text: Text::Octets(text.slice(at.min(text.len())..)) })
            }
            None => Ok(Self { positive, code: None, text: Text::Octets(text) }),
        }
    }

    /// Whether it is `+OK`.
    pub const fn is_positive(&self) -> bool {
        self.positive
    }

    /// Whether it is `-ERR`.
    pub const fn is_negative(&self) -> bool {
        !self.positive
    }

    /// The response code, if there is one.
    pub const fn code(&self) -> Option<&ResponseCode> {
        self.code.as_ref()
    }

    /// Whether it has this response code or a detail of it.
    pub fn has_code(&self, code: &ResponseCode) -> bool {
        self.code.as_ref().is_some_and(|have| have.is(code))
    }

    /// Whether trying again later makes sense: `[IN-USE]`, `[LOGIN-DELAY]` and `[SYS/TEMP]` say so.
    pub fn is_transient(&self) -> bool {
        let passing = [ResponseCode::IN_USE, ResponseCode::LOGIN_DELAY, ResponseCode::SYS_TEMP];
        self.is_negative() && passing.iter().any(|code| self.has_code(code))
    }

    /// The text behind status and response code, as it came: escape it before it is shown, which `Display` does.
    pub fn text(&self) -> &[u8] {
        self.text_in(Language::English)
    }

    fn text_in(&self, language: Language) -> &[u8] {
        match &self.text {
            Text::Octets(octets) => octets,
            Text::Phrase(phrase) => phrase.text(language).as_bytes(),
        }
    }

    pub(crate) fn octets(&self) -> Option<&Bytes> {
        match &self.text {
            Text::Octets(octets) => Some(octets),
            Text::Phrase(_) => None,
        }
    }

    /// A copy that does not keep the read buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        let text = match &self.text {
            Text::Octets(octets) => Text::Octets(wire_core::detach(octets)),
            Text::Phrase(phrase) => Text::Phrase(phrase),
        };
        Self { positive: self.positive, code: self.code.as_ref().map(ResponseCode::detach), text }
    }

    /// Appends the reply as it goes over the wire, with its CRLF; texts of this crate in `language`.
    pub fn encode(&self, language: Language, out: &mut impl BufMut) {
        out.put_slice(if self.positive { b"+OK" } else { b"-ERR" });
        if let Some(code) = &self.code {
            out.put_slice(b" [");
            out.put_slice(code.as_bytes());
            out.put_u8(b']');
        }
        let text = self.text_in(language);
        if !text.is_empty() {
            out.put_u8(b' ');
            out.put_slice(text);
        }
        out.put_slice(b"\r\n");
    }
}

fn checked(text: String) -> Result<Text, InvalidReply> {
    let wrong = text.bytes().position(|octet| octet.is_ascii_control() && octet != b'\t');
    let wrong = wrong.or((text.len() > TEXT_MOST).then_some(TEXT_MOST));
    match wrong.or(text.starts_with('[').then_some(0)) {
        Some(at) => Err(InvalidReply { at }),
        None => Ok(Text::Octets(Bytes::from(text.into_bytes()))),
    }
}

/// One line, escaped: `-ERR [IN-USE] the maildrop is in use`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.positive { "+OK" } else { "-ERR" })?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        match self.text() {
            [] => Ok(()),
            text => write!(f, " {}", Escaped(text)),
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &'static [u8]) -> Result<Reply, ReplyError> {
        Reply::parse(&Bytes::from_static(line), &Quirks::default())
    }

    #[test]
    fn replies_of_the_rfcs_both_ways() {
        for line in [
            "+OK",
            "-ERR",
            "+OK 2 320",
            "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
            "-ERR [IN-USE] Do you have another POP session running?",
            "-ERR [SYS/TEMP] x",
            "-ERR [AUTH]",
            "+OK Willkommen über",
            "-ERR es Idioma <<UGA>> no es conocido",
        ] {
            let reply = parse(line.as_bytes()).unwrap();
            let mut wire = Vec::new();
            reply.encode(Language::English, &mut wire);
            assert_eq!(wire, format!("{line}\r\n").as_bytes());
            assert_eq!(reply.to_string(), line);
        }
    }

    #[test]
    fn what_is_no_reply() {
        for bad in [&b""[..], b"OK", b"+ok", b"+OKAY", b"-ERROR", b"+", b"+ abc", b"* OK", b"220 mx", b" +OK"]
        {
            assert_eq!(parse(bad), Err(ReplyError::Status), "{bad:?}");
        }
        assert_eq!(parse(b"+OK a\rb"), Err(ReplyError::Bare(BareOctet::Cr)));
    }

    #[test]
    fn brackets_that_are_no_code_are_text() {
        for line in ["+OK [", "+OK []", "+OK [a b] c", "+OK [a", "+OK [a//b] x"] {
            let reply = parse(line.as_bytes()).unwrap();
            assert_eq!((reply.code(), reply.text()), (None, &line.as_bytes()[4..]), "{line}");
        }
        let reply = parse(b"+OK [x]y").unwrap();
        assert_eq!((reply.code().unwrap().as_bytes(), reply.text()), (&b"x"[..], &b"y"[..]));
    }

    #[test]
    fn texts_are_checked() {
        assert!(Reply::positive("fine").is_ok());
        assert_eq!(Reply::positive("a\nb"), Err(InvalidReply { at: 1 }));
        assert_eq!(Reply::negative("[IN-USE] x"), Err(InvalidReply { at: 0 }));
        assert_eq!(Reply::negative("x".repeat(492)), Err(InvalidReply { at: 491 }));
        assert!(Reply::local_error().is_transient() && !Reply::permanent_error().is_transient());
    }
}

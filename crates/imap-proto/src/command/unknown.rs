//! What this crate does not know the meaning of: kept as it stands, and checked so that it stays in its command.

use std::fmt;

use bytes::Bytes;

use crate::{Atom, Encoder, Expected, InvalidOctet, ParseError, cursor::Cursor, frame::Literal};

/// Arguments as they stand on the wire, literals included. Nothing in them ends the command.
#[derive(Clone, Default)]
pub(super) struct Raw(Bytes);

/// Text, and the literal that it ends with.
struct Stretch<'a> {
    text: &'a [u8],
    literal: Option<(bool, &'a [u8])>,
    rest: &'a [u8],
}

impl<'a> Stretch<'a> {
    fn of(octets: &'a [u8]) -> Result<Self, InvalidOctet> {
        let Some(end) = memchr::memchr3(b'\r', b'\n', 0, octets) else {
            // An announcement with nothing behind it would take what comes next.
            return match Literal::at_end(octets) {
                Some(_) => Err(InvalidOctet::missing(octets.len())),
                None => Ok(Self { text: octets, literal: None, rest: b"" }),
            };
        };
        let (line, rest) = octets.split_at_checked(end).unwrap_or((octets, b""));
        let wrong = InvalidOctet::new(end, rest.first().copied().unwrap_or(0));
        let announced =
            Literal::at_end(line).zip(rest.strip_prefix(b"\r\n")).zip(memchr::memrchr(b'{', line));
        let Some(((literal, rest), open)) = announced else { return Err(wrong) };
        let length = usize::try_from(literal.octets).map_err(|_| wrong)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(wrong)?;
        let text = line.get(..open).unwrap_or_default();
        let (text, literal8) = match text.strip_suffix(b"~") {
            Some(text) => (text, true),
            None => (text, false),
        };
        match memchr::memchr(0, content) {
            // RFC 9051 section 4.3: only a literal8 holds NUL
            Some(at) if !literal8 => Err(InvalidOctet::new(end + 2 + at, 0)),
            _ => Ok(Self { text, literal: Some((literal8, content)), rest }),
        }
    }
}

impl Raw {
    pub(super) fn new(octets: Bytes) -> Result<Self, InvalidOctet> {
        let mut rest = &octets[..];
        while !rest.is_empty() {
            let before = octets.len() - rest.len();
            rest = Stretch::of(rest).map_err(|error| error.behind(before))?.rest;
        }
        Ok(Self(octets))
    }

    /// Octets of a frame that begin at `start`.
    pub(super) fn read(octets: Bytes, start: usize) -> Result<Self, ParseError> {
        Self::new(octets).map_err(|error| ParseError::new(start + error.at(), Expected::Text))
    }

    pub(super) const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// As they stand, but with each literal announced as this session does it.
    pub(super) fn encode(&self, encoder: &mut Encoder) {
        let mut rest = &self.0[..];
        while !rest.is_empty() {
            let Ok(stretch) = Stretch::of(rest) else { return };
            encoder.octets(stretch.text);
            if let Some((literal8, content)) = stretch.literal {
                encoder.announce(content.len() as u64, literal8);
                encoder.octets(content);
            }
            rest = stretch.rest;
        }
    }
}

/// The same however their literals are announced.
impl PartialEq for Raw {
    fn eq(&self, other: &Self) -> bool {
        let written = |raw: &Self| {
            let mut encoder = Encoder::for_text();
            raw.encode(&mut encoder);
            Bytes::copy_from_slice(encoder.text())
        };
        self.0 == other.0 || written(self) == written(other)
    }
}

impl Eq for Raw {}

/// How many octets: there may be anything in them, passwords too.
impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} octets", self.0.len())
    }
}

/// A parameter of a command that this crate does not know.
///
/// RFC 4466 section 2 lets extensions add parameters to SELECT, CREATE, FETCH, STORE and APPEND. A server answers BAD to
/// those that it does not know; they are kept so that it can say which.
///
/// ```abnf
/// tagged-ext     = tagged-ext-label [SP tagged-ext-val]
/// tagged-ext-val = sequence-set / number / "(" [tagged-ext-comp] ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::command::Parameter;
///
/// let parameter = Parameter::parse(b"RESPONSES (\"UID Responses\")").unwrap();
/// assert!(parameter.name().is("responses"));
/// assert_eq!(parameter.value().unwrap(), "(\"UID Responses\")");
/// assert!(Parameter::parse(b"X (a)) b").is_err());
/// assert!(Parameter::parse(b"X (a\r\nb)").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    name: Atom,
    value: Option<Raw>,
}

impl Parameter {
    /// Reads a parameter, all of the octets.
    ///
    /// # Errors
    ///
    /// [`ParseError`].
    pub fn parse(octets: &[u8]) -> Result<Self, ParseError> {
        let frame = Bytes::copy_from_slice(octets);
        let mut cursor = Cursor::new(&frame);
        let parameter = Self::read(&mut cursor)?;
        cursor.end()?;
        Ok(parameter)
    }

    /// What it is called.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What stands behind the name and a space, as it stands.
    pub fn value(&self) -> Option<&Bytes> {
        self.value.as_ref().map(Raw::as_bytes)
    }

    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom()?;
        let value = match cursor.rest() {
            [b' ', b'(' | b'*' | b'$' | b'0'..=b'9', ..] | [b' ', b'-', b'0'..=b'9', ..] => {
                cursor.space()?;
                Some(Self::raw(cursor)?)
            }
            _ => None,
        };
        Ok(Self { name, value })
    }

    /// One that must have a value, of whatever form.
    pub(super) fn read_with_value(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom()?;
        cursor.space()?;
        Ok(Self { name, value: Some(Self::raw(cursor)?) })
    }

    fn raw(cursor: &mut Cursor<'_>) -> Result<Raw, ParseError> {
        let start = cursor.at();
        let octets = cursor.value()?;
        Raw::read(cursor.share(octets), start)
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.name.as_bytes());
        if let Some(value) = &self.value {
            encoder.space();
            value.encode(encoder);
        }
    }
}

/// A command that this crate does not know.
///
/// # Example
///
/// ```
/// use imap_proto::{Atom, command::UnknownCommand};
///
/// let command = UnknownCommand::new(Atom::from_static("LANGUAGE"), "DE".into()).unwrap();
/// assert_eq!(command.arguments(), "DE");
/// // Nothing in it ends it, and it is none that is known.
/// assert!(UnknownCommand::new(Atom::from_static("X"), "a\r\nA2 LOGOUT".into()).is_none());
/// assert!(UnknownCommand::new(Atom::from_static("X"), "a {14+}".into()).is_none());
/// assert!(UnknownCommand::new(Atom::from_static("STARTTLS"), "".into()).is_none());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCommand {
    name: Atom,
    arguments: Raw,
}

impl UnknownCommand {
    /// A command, with what stands behind its name and a space. `None` if the name is that of a command that this crate
    /// knows, for then the state of the session depends on it; or if the arguments do not end where they should: CR, LF and
    /// NUL stand in complete literals only.
    pub fn new(name: Atom, arguments: Bytes) -> Option<Self> {
        let known = name.is("UID") || super::read::is_known(name.as_bytes());
        if known { None } else { Some(Self { name, arguments: Raw::new(arguments).ok()? }) }
    }

    /// Its name, with UID before it if that stands there.
    pub const fn name(&self) -> &Atom {
        &self.name
    }

    /// What stands behind the name and a space, as it stands.
    pub const fn arguments(&self) -> &Bytes {
        self.arguments.as_bytes()
    }

    pub(super) fn read(cursor: &mut Cursor<'_>, name: Atom) -> Result<Self, ParseError> {
        if cursor.is_done() {
            return Ok(Self { name, arguments: Raw::default() });
        }
        cursor.space()?;
        let start = cursor.at();
        let arguments = Raw::read(cursor.share(cursor.rest()), start)?;
        Ok(Self { name, arguments })
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        if !self.arguments.0.is_empty() {
            encoder.space();
            self.arguments.encode(encoder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Command, Dialect, Literals, Tag};

    #[test]
    fn literals_are_announced_as_the_session_does() {
        let frame = Bytes::from_static(b"A1 XFOO a {3+}\r\na\r\n (~{1}\r\n\0)");
        let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
        assert_eq!(command.name(), "XFOO");
        let mut encoder = Encoder::new(Literals::Synchronizing, Dialect::REV1);
        command.encode(&Tag::try_from("A1").unwrap(), &mut encoder);
        assert_eq!(encoder.text(), b"A1 XFOO a {3}\r\na\r\n (~{1}\r\n\0)\r\n");
        assert_eq!(encoder.into_pieces().filter(|piece| piece.waits).count(), 2);
        let (_, again) =
            Command::parse(&Bytes::from_static(b"A1 XFOO a {3}\r\na\r\n (~{1}\r\n\0)"), Dialect::REV1)
                .unwrap();
        assert_eq!(command, again);
        assert!(!format!("{command:?}").contains("XFOO a"));
    }

    #[test]
    fn nothing_leaves_the_command() {
        for arguments in
            ["a\r\n", "a\n", "a\rb", "a\0", "{3}", "{3}\r\nab", "{0+}\r\n{1}", "~{2}", "{3}\nabc"]
        {
            let frame = Bytes::from(format!("A1 XFOO {arguments}"));
            assert!(Command::parse(&frame, Dialect::REV1).is_err(), "{arguments:?}");
            let arguments = Bytes::copy_from_slice(arguments.as_bytes());
            assert!(UnknownCommand::new(Atom::from_static("XFOO"), arguments).is_none());
        }
        let nul = Command::parse(&Bytes::from_static(b"A1 X {1}\r\n\0"), Dialect::REV1).unwrap_err();
        assert_eq!((nul.error.at(), nul.error.expected()), (10, Expected::Text));
        let nul = Command::parse(&Bytes::from_static(b"A1 X {1}\r\na {1}\r\n\0"), Dialect::REV1).unwrap_err();
        assert_eq!(nul.error.at(), 17);
        assert!(Command::parse(&Bytes::from_static(b"A1 X ~{1}\r\n\0"), Dialect::REV1).is_ok());
    }

    #[test]
    fn parameters() {
        for (text, value) in [
            ("ANNOTATE", None),
            ("X 1:5,*", Some("1:5,*")),
            ("X -1:-5", Some("-1:-5")),
            ("X (a (b) \"c)\")", Some("(a (b) \"c)\")")),
        ] {
            let parameter = Parameter::parse(text.as_bytes()).unwrap();
            assert_eq!(parameter.value().map(|value| &value[..]), value.map(str::as_bytes));
            let mut encoder = Encoder::for_text();
            parameter.encode(&mut encoder);
            assert_eq!(encoder.text(), text.as_bytes());
        }
        for text in ["", "(", "X (", "X a", "X ", "X ({1})", "X (a\0)"] {
            assert!(Parameter::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}

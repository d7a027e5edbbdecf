//! Commands, RFC 1939 section 4 to RFC 1939 section 7, and the extensions.

use bytes::{BufMut, Bytes};
use wire_core::Secret;

use crate::digits;
use crate::parse_error::{Expected, ParseError};

/// A command. What is unknown is kept ([`Command::Unknown`]), for the server to refuse.
///
/// Arguments share the storage of the line: [`wire_core::detach`] what is kept for long.
///
/// ```
/// use pop3_proto::Command;
///
/// let command = Command::parse(&"top 1 10".into()).unwrap();
/// assert_eq!(command, Command::Top { message: 1, lines: 10 });
/// let mut wire = Vec::new();
/// command.encode(&mut wire);
/// assert_eq!(wire, b"TOP 1 10\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// `USER name` (RFC 1939 section 7)
    User(Bytes),
    /// `PASS string` (RFC 1939 section 7): the rest of the line, spaces included
    Pass(Secret),
    /// `APOP name digest` (RFC 1939 section 7)
    Apop {
        /// Who.
        user: Bytes,
        /// 32 hexadecimal digits.
        digest: Bytes,
    },
    /// `AUTH mechanism [initial-response]` (RFC 5034 section 4)
    Auth {
        /// The mechanism, as it came.
        mechanism: Bytes,
        /// The initial response, still in base64; `=` for an empty one.
        initial: Option<Secret>,
    },
    /// `AUTH` alone: asks for a list of mechanisms. In no RFC, but old clients use it.
    AuthList,
    /// `CAPA` (RFC 2449 section 5)
    Capa,
    /// `STLS` (RFC 2595 section 4)
    Stls,
    /// `STAT` (RFC 1939 section 5)
    Stat,
    /// `LIST [message]` (RFC 1939 section 5)
    List(Option<u32>),
    /// `RETR message` (RFC 1939 section 5)
    Retr(u32),
    /// `DELE message` (RFC 1939 section 5)
    Dele(u32),
    /// `NOOP` (RFC 1939 section 5)
    Noop,
    /// `RSET` (RFC 1939 section 5)
    Rset,
    /// `QUIT` (RFC 1939 section 4, RFC 1939 section 6)
    Quit,
    /// `TOP message lines` (RFC 1939 section 7)
    Top {
        /// Which message.
        message: u32,
        /// How many lines of the body; a larger number is the largest.
        lines: u64,
    },
    /// `UIDL [message]` (RFC 1939 section 7)
    Uidl(Option<u32>),
    /// `UTF8` (RFC 6856 section 2.1)
    Utf8,
    /// `LANG [range]` (RFC 6856 section 3)
    Lang(Option<Bytes>),
    /// Any other word.
    Unknown {
        /// The command word, as it came.
        verb: Bytes,
    },
}

impl Command {
    /// Parses a line, given without its CRLF.
    ///
    /// # Errors
    ///
    /// [`ParseError`]: where, what was expected, and what to answer.
    pub fn parse(line: &Bytes) -> Result<Self, ParseError> {
        let word = line.iter().take(5).position(|&octet| octet == b' ').unwrap_or(line.len());
        // No word holds a space.
        let mut verb = [b' '; 4];
        for (upper, octet) in verb.iter_mut().zip(line.iter().take(word)) {
            *upper = octet.to_ascii_uppercase();
        }
        let at = (word + 1).min(line.len());
        if word > 4 {
            return unknown(line);
        }
        match &verb {
            b"STAT" => bare(line, at, Self::Stat),
            b"LIST" => optional_number(line, at).map(Self::List),
            b"RETR" => only_number(line, at).map(Self::Retr),
            b"DELE" => only_number(line, at).map(Self::Dele),
            b"NOOP" => bare(line, at, Self::Noop),
            b"RSET" => bare(line, at, Self::Rset),
            b"QUIT" => bare(line, at, Self::Quit),
            b"TOP " => top(line, at),
            b"UIDL" => optional_number(line, at).map(Self::Uidl),
            b"USER" => name(line, at, trimmed(line, at)).map(Self::User),
            b"PASS" => name(line, at, line.len()).map(|password| Self::Pass(Secret::from(&password[..]))),
            b"APOP" => apop(line, at),
            b"AUTH" => auth(line, at),
            b"CAPA" => bare(line, at, Self::Capa),
            b"STLS" => bare(line, at, Self::Stls),
            b"UTF8" => bare(line, at, Self::Utf8),
            b"LANG" => lang(line, at),
            _ => unknown(line),
        }
    }

    /// Appends the command as it goes over the wire, with its CRLF.
    pub fn encode(&self, out: &mut impl BufMut) {
        match self {
            Self::User(name) => put(out, b"USER ", name),
            Self::Pass(password) => put(out, b"PASS ", password.expose()),
            Self::Apop { user, digest } => {
                put(out, b"APOP ", user);
                put(out, b" ", digest);
            }
            Self::Auth { mechanism, initial } => {
                put(out, b"AUTH ", mechanism);
                if let Some(initial) = initial {
                    put(out, b" ", initial.expose());
                }
            }
            Self::AuthList => out.put_slice(b"AUTH"),
            Self::Capa => out.put_slice(b"CAPA"),
            Self::Stls => out.put_slice(b"STLS"),
            Self::Stat => out.put_slice(b"STAT"),
            Self::List(message) => put_optional(out, b"LIST", *message),
            Self::Retr(message) => put_optional(out, b"RETR", Some(*message)),
            Self::Dele(message) => put_optional(out, b"DELE", Some(*message)),
            Self::Noop => out.put_slice(b"NOOP"),
            Self::Rset => out.put_slice(b"RSET"),
            Self::Quit => out.put_slice(b"QUIT"),
            Self::Top { message, lines } => {
                put_optional(out, b"TOP", Some(*message));
                out.put_u8(b' ');
                digits::put(*lines, out);
            }
            Self::Uidl(message) => put_optional(out, b"UIDL", *message),
            Self::Utf8 => out.put_slice(b"UTF8"),
            Self::Lang(range) => {
                out.put_slice(b"LANG");
                if let Some(range) = range {
                    put(out, b" ", range);
                }
            }
            Self::Unknown { verb } => out.put_slice(verb),
        }
        out.put_slice(b"\r\n");
    }
}

fn put(out: &mut impl BufMut, word: &[u8], argument: &[u8]) {
    out.put_slice(word);
    out.put_slice(argument);
}

fn put_optional(out: &mut impl BufMut, word: &[u8], message: Option<u32>) {
    out.put_slice(word);
    if let Some(message) = message {
        out.put_u8(b' ');
        digits::put(u64::from(message), out);
    }
}

/// Where the arguments end: trailing blanks are nobody's.
fn trimmed(line: &Bytes, at: usize) -> usize {
    let blank = line.iter().skip(at).rev().take_while(|&&octet| octet == b' ' || octet == b'\t').count();
    line.len() - blank
}

fn bare(line: &Bytes, at: usize, command: Command) -> Result<Command, ParseError> {
    if at >= line.len() || trimmed(line, at) == at {
        Ok(command)
    } else {
        Err(ParseError::new(at, Expected::NoArgument))
    }
}

/// RFC 1939 section 4: "The first message in the maildrop is assigned a message-number of "1""
fn number(line: &Bytes, at: usize, end: usize) -> Result<u32, ParseError> {
    let wrong = ParseError::new(at, Expected::MessageNumber);
    let number = line.get(at..end).and_then(digits::parse).ok_or(wrong)?;
    u32::try_from(number).ok().filter(|&number| number > 0).ok_or(wrong)
}

fn only_number(line: &Bytes, at: usize) -> Result<u32, ParseError> {
    number(line, at, trimmed(line, at))
}

fn optional_number(line: &Bytes, at: usize) -> Result<Option<u32>, ParseError> {
    let end = trimmed(line, at);
    if end <= at { Ok(None) } else { number(line, at, end).map(Some) }
}

fn top(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let end = trimmed(line, at);
    let arguments = line.get(at..end).unwrap_or_default();
    let space = arguments.iter().position(|&octet| octet == b' ').unwrap_or(arguments.len());
    let message = number(line, at, at + space)?;
    let lines_at = (at + space + 1).min(end);
    let wrong = ParseError::new(lines_at, Expected::Lines);
    let lines = line.get(lines_at..end).unwrap_or_default();
    if lines.is_empty() || !lines.iter().all(u8::is_ascii_digit) {
        return Err(wrong);
    }
    // No message has that many.
    Ok(Command::Top { message, lines: digits::parse(lines).unwrap_or(u64::MAX) })
}

/// Text of a user: no control characters, and UTF-8.
///
/// RFC 6856 section 2.2: "The server MUST reject UTF-8 usernames or passwords that fail to comply with the formal
/// syntax in UTF-8"
fn name(line: &Bytes, at: usize, end: usize) -> Result<Bytes, ParseError> {
    let text = line.get(at..end).unwrap_or_default();
    if text.is_empty() {
        return Err(ParseError::new(at, Expected::Argument));
    }
    if let Some(wrong) = text.iter().position(|octet| matches!(octet, b'\r' | b'\n' | 0)) {
        return Err(ParseError::new(at + wrong, Expected::Text));
    }
    match std::str::from_utf8(text) {
        Ok(_) => Ok(line.slice(at..end)),
        Err(error) => Err(ParseError::new(at + error.valid_up_to(), Expected::Utf8)),
    }
}

fn apop(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let end = trimmed(line, at);
    let arguments = line.get(at..end).unwrap_or_default();
    let space = arguments.iter().rposition(|&octet| octet == b' ').unwrap_or(arguments.len());
    let user = name(line, at, at + space)?;
    let digest_at = (at + space + 1).min(end);
    let digest = line.slice(digest_at..end);
    if digest.len() != 32 || !digest.iter().all(u8::is_ascii_hexdigit) {
        return Err(ParseError::new(digest_at, Expected::Digest));
    }
    Ok(Command::Apop { user, digest })
}

/// ```abnf
/// auth-command     = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response] CRLF
/// initial-response = base64 / "="
/// ```
fn auth(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let end = trimmed(line, at);
    let argument = line.get(at..end).unwrap_or_default();
    if argument.is_empty() {
        return Ok(Command::AuthList);
    }
    let octets = argument.iter().position(|&octet| octet == b' ').unwrap_or(argument.len());
    // RFC 4422 section 3.1: sasl-mech is 1 to 20 of A-Z, 0-9, hyphen and underscore.
    let (mechanism, rest) = argument.split_at_checked(octets).unwrap_or((argument, &[]));
    let good = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    if mechanism.is_empty() || mechanism.len() > 64 || !mechanism.iter().all(good) {
        return Err(ParseError::new(at, Expected::Mechanism));
    }
    let initial = match rest {
        [] => None,
        [_, initial @ ..] if initial.is_empty() || !initial.iter().all(u8::is_ascii_graphic) => {
            return Err(ParseError::new(at + octets + 1, Expected::Argument));
        }
        [_, initial @ ..] => Some(Secret::from(initial)),
    };
    Ok(Command::Auth { mechanism: line.slice(at..at + octets), initial })
}

fn lang(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let end = trimmed(line, at);
    let range = line.get(at..end).unwrap_or_default();
    if let Some(wrong) = range.iter().position(|octet| !octet.is_ascii_graphic()) {
        return Err(ParseError::new(at + wrong, Expected::Argument));
    }
    Ok(Command::Lang((!range.is_empty()).then(|| line.slice(at..end))))
}

fn unknown(line: &Bytes) -> Result<Command, ParseError> {
    let word = line.iter().position(|&octet| octet == b' ').unwrap_or(line.len());
    if let Some(wrong) = line.iter().position(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return Err(ParseError::new(wrong, Expected::Verb));
    }
    if word == 0 || !line.iter().take(word).all(u8::is_ascii_graphic) {
        return Err(ParseError::new(0, Expected::Verb));
    }
    Ok(Command::Unknown { verb: line.slice(..word) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, ParseError> {
        Command::parse(&Bytes::copy_from_slice(line.as_bytes()))
    }

    #[test]
    fn commands_of_the_rfcs_both_ways() {
        let lines = [
            "USER mrose",
            "PASS secret",
            "APOP mrose c4c9334bac560ecc979e58001b3e22fb",
            "STAT",
            "LIST",
            "LIST 2",
            "RETR 1",
            "DELE 1",
            "NOOP",
            "RSET",
            "QUIT",
            "TOP 1 10",
            "TOP 100 3",
            "UIDL",
            "UIDL 2",
            "CAPA",
            "STLS",
            "AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=",
            "AUTH DIGEST-MD5",
            "AUTH PLAIN =",
            "AUTH",
            "UTF8",
            "LANG",
            "LANG es",
            "LANG *",
            "LANG MUL",
        ];
        for line in lines {
            let command = parse(line).unwrap();
            assert!(!matches!(command, Command::Unknown { .. }), "{line}");
            let mut wire = Vec::new();
            command.encode(&mut wire);
            assert_eq!(wire, format!("{line}\r\n").as_bytes());
            assert!(parse(&line.to_ascii_lowercase()).is_ok(), "{line}");
        }
    }

    #[test]
    fn blanks_around_arguments_belong_to_passwords_only() {
        assert_eq!(parse("STAT  "), Ok(Command::Stat));
        assert_eq!(parse("RETR 7 "), Ok(Command::Retr(7)));
        assert_eq!(parse("USER joe "), Ok(Command::User("joe".into())));
        assert_eq!(parse("USER joe smith"), Ok(Command::User("joe smith".into())));
        assert_eq!(parse("PASS  a b  "), Ok(Command::Pass(" a b  ".into())));
        assert_eq!(parse("APOP joe smith C4C9334BAC560ECC979E58001B3E22FB").map(drop), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        use Expected as E;
        let cases = [
            ("", 0, E::Verb),
            (" STAT", 0, E::Verb),
            ("RE\x01R 1", 2, E::Verb),
            ("TOP\0 1 10", 3, E::Verb),
            ("STAT now", 5, E::NoArgument),
            ("RETR", 4, E::MessageNumber),
            ("RETR 0", 5, E::MessageNumber),
            ("RETR -1", 5, E::MessageNumber),
            ("RETR 1 2", 5, E::MessageNumber),
            ("DELE 4294967296", 5, E::MessageNumber),
            ("LIST x", 5, E::MessageNumber),
            ("RETR +1", 5, E::MessageNumber),
            ("TOP 1", 5, E::Lines),
            ("TOP 1 -1", 6, E::Lines),
            ("TOP 1 1 1", 6, E::Lines),
            ("TOP", 3, E::MessageNumber),
            ("USER", 4, E::Argument),
            ("USER ", 5, E::Argument),
            ("PASS", 4, E::Argument),
            ("PASS a\rb", 6, E::Text),
            ("USER \0", 5, E::Text),
            ("APOP joe", 8, E::Digest),
            ("APOP joe c4c9", 9, E::Digest),
            ("AUTH ?", 5, E::Mechanism),
            ("AUTH PLAIN \x01", 11, E::Argument),
            ("LANG \u{e9}", 5, E::Argument),
        ];
        for (line, at, expected) in cases {
            let error = parse(line).unwrap_err();
            assert_eq!((error.at(), error.expected()), (at, expected), "{line:?}");
        }
        let error = Command::parse(&Bytes::from_static(b"USER j\xfc")).unwrap_err();
        assert_eq!((error.at(), error.expected()), (6, E::Utf8));
        assert_eq!(parse("USER jürgen"), Ok(Command::User("jürgen".into())));
    }

    #[test]
    fn huge_numbers_of_lines_are_all_lines() {
        assert_eq!(parse("TOP 1 99999999999999999999"), Ok(Command::Top { message: 1, lines: u64::MAX }));
        assert_eq!(parse("TOP 1 0"), Ok(Command::Top { message: 1, lines: 0 }));
    }
}

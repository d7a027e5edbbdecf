//! Commands, RFC 5321 section 4.1 and the extensions.

use bytes::{BufMut, Bytes};
use wire_core::Secret;

use crate::parse_error::{Expected, ParseError};
use crate::{ForwardPath, Host, MailParams, RcptParams, ReversePath, XclientAttributes};

/// A command. What is unknown is kept ([`Command::Unknown`]), for the server to refuse.
///
/// ```
/// use smtp_proto::{Command, Quirks};
///
/// let command = Command::parse(&"mail from:<alice@example.org>".into(), &Quirks::default()).unwrap();
/// let mut wire = Vec::new();
/// command.encode(&mut wire);
/// assert_eq!(wire, b"MAIL FROM:<alice@example.org>\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// `EHLO host`
    Ehlo(Host),
    /// `HELO host`
    Helo(Host),
    /// `LHLO host` (RFC 2033 section 4.1)
    Lhlo(Host),
    /// `MAIL FROM:<path> params`
    Mail {
        /// The reverse-path.
        from: ReversePath,
        /// The parameters.
        params: MailParams,
    },
    /// `RCPT TO:<path> params`
    Rcpt {
        /// The forward-path.
        to: ForwardPath,
        /// The parameters.
        params: RcptParams,
    },
    /// `DATA`
    Data,
    /// `BDAT octets [LAST]` (RFC 3030 section 2)
    Bdat {
        /// Length of the chunk that follows.
        octets: u64,
        /// Whether it is the last.
        last: bool,
    },
    /// `RSET`
    Rset,
    /// `NOOP [string]`
    Noop(Option<Bytes>),
    /// `QUIT`
    Quit,
    /// `VRFY string [SMTPUTF8]`
    Vrfy {
        /// A user name or mailbox, as it came.
        argument: Bytes,
        /// RFC 6531 section 3.7.4.2.
        smtp_utf8: bool,
    },
    /// `EXPN string [SMTPUTF8]`
    Expn {
        /// A list name, as it came.
        argument: Bytes,
        /// RFC 6531 section 3.7.4.2.
        smtp_utf8: bool,
    },
    /// `HELP [string]`
    Help(Option<Bytes>),
    /// `STARTTLS` (RFC 3207 section 4)
    StartTls,
    /// `AUTH mechanism [initial-response]` (RFC 4954 section 4)
    Auth {
        /// The mechanism, as it came.
        mechanism: Bytes,
        /// The initial response, still in base64; `=` for an empty one.
        initial: Option<Secret>,
    },
    /// `ETRN node` (RFC 1985 section 5), an opaque argument
    Etrn(Bytes),
    /// `XCLIENT attributes`
    Xclient(XclientAttributes),
    /// `XFORWARD attributes`
    Xforward(XclientAttributes),
    /// A command that an RFC knows and this crate does not carry out: TURN, SEND, SOML, SAML, ATRN, BURL.
    Unimplemented {
        /// The command word, as it came.
        verb: Bytes,
    },
    /// Any other word.
    Unknown {
        /// The command word, as it came.
        verb: Bytes,
    },
}

/// Leniencies towards clients that break the grammar; each is off unless it is switched on.
///
/// ```
/// use smtp_proto::{Command, Quirks};
///
/// let line = "MAIL FROM: <a@example.com>".into();
/// assert!(Command::parse(&line, &Quirks::default()).is_err());
/// assert!(Command::parse(&line, &Quirks::default().space_after_colon(true)).is_ok());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// Accept spaces between the colon and the path: `MAIL FROM: <a@b>`. Seen from scripts and appliances.
    /// No risk known: what is accepted has one reading.
    pub space_after_colon: bool,
    /// Accept paths without angle brackets: `MAIL FROM:a@b`. Seen from old appliances. Risk: none known.
    pub missing_brackets: bool,
    /// Accept IPv6 address literals without their tag: `EHLO [2001:db8::1]`. Risk: none known.
    pub untagged_ipv6: bool,
}

impl Quirks {
    wire_core::__setters! {
        /// Sets [`space_after_colon`](#structfield.space_after_colon).
        space_after_colon: bool,
        /// Sets [`missing_brackets`](#structfield.missing_brackets).
        missing_brackets: bool,
        /// Sets [`untagged_ipv6`](#structfield.untagged_ipv6).
        untagged_ipv6: bool,
    }
}

impl Command {
    /// Parses a line, given without its CRLF.
    ///
    /// # Errors
    ///
    /// [`ParseError`]: where, what was expected, and what to answer.
    pub fn parse(line: &Bytes, quirks: &Quirks) -> Result<Self, ParseError> {
        let trimmed = trimmed(line);
        let line = trimmed.as_ref().unwrap_or(line);
        let word = line.iter().position(|&octet| octet == b' ').unwrap_or(line.len());
        // The word in upper case, as far as any command's word goes.
        let mut verb = [0u8; 8];
        for (upper, octet) in verb.iter_mut().zip(line.iter().take(word)) {
            *upper = octet.to_ascii_uppercase();
        }
        let argument = (word + 1).min(line.len());
        match (word, &verb) {
            (4, b"EHLO\0\0\0\0") => host(line, argument, quirks.untagged_ipv6).map(Self::Ehlo),
            (4, b"HELO\0\0\0\0") => host(line, argument, quirks.untagged_ipv6).map(Self::Helo),
            (4, b"LHLO\0\0\0\0") => host(line, argument, quirks.untagged_ipv6).map(Self::Lhlo),
            (4, b"MAIL\0\0\0\0") => mail(line, argument, quirks),
            (4, b"RCPT\0\0\0\0") => rcpt(line, argument, quirks),
            (4, b"DATA\0\0\0\0") => bare(line, argument, Self::Data),
            (4, b"BDAT\0\0\0\0") => bdat(line, argument),
            (4, b"RSET\0\0\0\0") => bare(line, argument, Self::Rset),
            (4, b"QUIT\0\0\0\0") => bare(line, argument, Self::Quit),
            (4, b"NOOP\0\0\0\0") => Ok(Self::Noop(text(line, argument)?)),
            (4, b"HELP\0\0\0\0") => Ok(Self::Help(text(line, argument)?)),
            (4, b"VRFY\0\0\0\0") => {
                let (argument, smtp_utf8) = name(line, argument)?;
                Ok(Self::Vrfy { argument, smtp_utf8 })
            }
            (4, b"EXPN\0\0\0\0") => {
                let (argument, smtp_utf8) = name(line, argument)?;
                Ok(Self::Expn { argument, smtp_utf8 })
            }
            (8, b"STARTTLS") => bare(line, argument, Self::StartTls),
            (4, b"AUTH\0\0\0\0") => auth(line, argument),
            (4, b"ETRN\0\0\0\0") => {
                text(line, argument)?.map(Self::Etrn).ok_or(ParseError::new(argument, Expected::Argument))
            }
            (7, b"XCLIENT\0") => XclientAttributes::parse(line, argument).map(Self::Xclient),
            (8, b"XFORWARD") => XclientAttributes::parse(line, argument).map(Self::Xforward),
            (
                4,
                b"TURN\0\0\0\0" | b"SEND\0\0\0\0" | b"SOML\0\0\0\0" | b"SAML\0\0\0\0" | b"ATRN\0\0\0\0"
                | b"BURL\0\0\0\0",
            ) => Ok(Self::Unimplemented { verb: line.slice(..word) }),
            _ => {
                text(line, 0).map_err(|_| ParseError::new(0, Expected::Verb))?;
                let is_word = word > 0 && line.iter().take(word).all(u8::is_ascii_graphic);
                if is_word {
                    Ok(Self::Unknown { verb: line.slice(..word) })
                } else {
                    Err(ParseError::new(0, Expected::Verb))
                }
            }
        }
    }

    /// Appends the command as it goes over the wire, with its CRLF.
    pub fn encode(&self, out: &mut impl BufMut) {
        match self {
            Self::Ehlo(host) => put(out, b"EHLO ", host.as_bytes()),
            Self::Helo(host) => put(out, b"HELO ", host.as_bytes()),
            Self::Lhlo(host) => put(out, b"LHLO ", host.as_bytes()),
            Self::Mail { from, params } => {
                out.put_slice(b"MAIL FROM:<");
                if let Some(mailbox) = from.mailbox() {
                    put_mailbox(out, mailbox);
                }
                out.put_u8(b'>');
                params.encode(out);
            }
            Self::Rcpt { to, params } => {
                out.put_slice(b"RCPT TO:<");
                match to {
                    ForwardPath::Mailbox(mailbox) => put_mailbox(out, mailbox),
                    ForwardPath::Postmaster => out.put_slice(b"Postmaster"),
                }
                out.put_u8(b'>');
                params.encode(out);
            }
            Self::Data => out.put_slice(b"DATA"),
            Self::Bdat { octets, last } => {
                put(out, b"BDAT ", octets.to_string().as_bytes());
                if *last {
                    out.put_slice(b" LAST");
                }
            }
            Self::Rset => out.put_slice(b"RSET"),
            Self::Noop(argument) => put_optional(out, b"NOOP", argument.as_ref()),
            Self::Quit => out.put_slice(b"QUIT"),
            Self::Vrfy { argument, smtp_utf8 } => {
                put(out, b"VRFY ", argument);
                out.put_slice(if *smtp_utf8 { b" SMTPUTF8" } else { b"" });
            }
            Self::Expn { argument, smtp_utf8 } => {
                put(out, b"EXPN ", argument);
                out.put_slice(if *smtp_utf8 { b" SMTPUTF8" } else { b"" });
            }
            Self::Help(argument) => put_optional(out, b"HELP", argument.as_ref()),
            Self::StartTls => out.put_slice(b"STARTTLS"),
            Self::Auth { mechanism, initial } => {
                put(out, b"AUTH ", mechanism);
                if let Some(initial) = initial {
                    put(out, b" ", initial.expose());
                }
            }
            Self::Etrn(argument) => put(out, b"ETRN ", argument),
            Self::Xclient(attributes) => {
                out.put_slice(b"XCLIENT");
                attributes.encode(out);
            }
            Self::Xforward(attributes) => {
                out.put_slice(b"XFORWARD");
                attributes.encode(out);
            }
            Self::Unimplemented { verb } | Self::Unknown { verb } => out.put_slice(verb),
        }
        out.put_slice(b"\r\n");
    }
}

fn put(out: &mut impl BufMut, word: &[u8], argument: &[u8]) {
    out.put_slice(word);
    out.put_slice(argument);
}

fn put_optional(out: &mut impl BufMut, word: &[u8], argument: Option<&Bytes>) {
    out.put_slice(word);
    if let Some(argument) = argument {
        put(out, b" ", argument);
    }
}

fn put_mailbox(out: &mut impl BufMut, mailbox: &crate::Mailbox) {
    out.put_slice(mailbox.local().as_bytes());
    out.put_u8(b'@');
    out.put_slice(mailbox.host().as_bytes());
}

/// RFC 5321 section 4.1.1: "receivers [...] SHOULD tolerate trailing white space before the terminating <CRLF>".
fn trimmed(line: &Bytes) -> Option<Bytes> {
    let blank = line.iter().rev().take_while(|&&octet| octet == b' ' || octet == b'\t').count();
    (blank > 0).then(|| line.slice(..line.len() - blank))
}

/// A decimal number: digits only (the standard parser takes a sign), no overflow.
pub(crate) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, &octet| {
        let digit = octet.is_ascii_digit().then(|| u64::from(octet - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn bare(line: &Bytes, argument: usize, command: Command) -> Result<Command, ParseError> {
    if argument == line.len() { Ok(command) } else { Err(ParseError::new(argument, Expected::NoArgument)) }
}

fn host(line: &Bytes, at: usize, untagged: bool) -> Result<Host, ParseError> {
    let text = line.get(at..).unwrap_or_default();
    let end = Host::scan(text, untagged).map_err(|error| ParseError::new(at + error.at(), Expected::Host))?;
    if end == 0 || end != text.len() {
        return Err(ParseError::new(at + end, Expected::Host));
    }
    Ok(Host::scanned(line.slice(at..)))
}

/// Where the path begins: behind `FROM:` or `TO:`.
fn path_at(
    line: &Bytes,
    at: usize,
    label: &[u8],
    expected: Expected,
    quirks: &Quirks,
) -> Result<usize, ParseError> {
    let colon = at + label.len();
    if !line.get(at..colon).is_some_and(|word| word.eq_ignore_ascii_case(label)) {
        return Err(ParseError::new(at, expected));
    }
    let spaces = line.get(colon..).unwrap_or_default().iter().take_while(|&&octet| octet == b' ').count();
    if spaces > 0 && !quirks.space_after_colon {
        return Err(ParseError::new(colon, expected));
    }
    Ok(colon + spaces)
}

/// Behind a path comes a space or the end.
fn params_at(line: &Bytes, at: usize) -> Result<usize, ParseError> {
    match line.get(at) {
        None | Some(b' ') => Ok(at),
        Some(_) => Err(ParseError::new(at, Expected::Parameter)),
    }
}

fn mail(line: &Bytes, at: usize, quirks: &Quirks) -> Result<Command, ParseError> {
    let expected = Expected::ReversePath;
    let at = path_at(line, at, b"FROM:", expected, quirks)?;
    let (from, end) = ReversePath::scan(line, at, quirks.missing_brackets)
        .map_err(|error| ParseError::new(error.at(), expected))?;
    let params = MailParams::parse(line, params_at(line, end)?)?;
    Ok(Command::Mail { from, params })
}

fn rcpt(line: &Bytes, at: usize, quirks: &Quirks) -> Result<Command, ParseError> {
    let expected = Expected::ForwardPath;
    let at = path_at(line, at, b"TO:", expected, quirks)?;
    let (to, end) = ForwardPath::scan(line, at, quirks.missing_brackets)
        .map_err(|error| ParseError::new(error.at(), expected))?;
    let params = RcptParams::parse(line, params_at(line, end)?)?;
    Ok(Command::Rcpt { to, params })
}

fn bdat(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let wrong = ParseError::new(at, Expected::ChunkSize);
    let argument = line.get(at..).unwrap_or_default();
    let digits = argument.iter().position(|&octet| octet == b' ').unwrap_or(argument.len());
    let (digits, rest) = argument.split_at_checked(digits).ok_or(wrong)?;
    let octets = decimal(digits).ok_or(wrong)?;
    match rest {
        [] => Ok(Command::Bdat { octets, last: false }),
        [b' ', last @ ..] if last.eq_ignore_ascii_case(b"LAST") => Ok(Command::Bdat { octets, last: true }),
        _ => Err(wrong),
    }
}

/// Printable text, or none.
fn text(line: &Bytes, at: usize) -> Result<Option<Bytes>, ParseError> {
    let text = line.get(at..).unwrap_or_default();
    if let Some(wrong) = text.iter().position(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return Err(ParseError::new(at + wrong, Expected::Text));
    }
    Ok((!text.is_empty()).then(|| line.slice(at..)))
}

fn name(line: &Bytes, at: usize) -> Result<(Bytes, bool), ParseError> {
    let argument = text(line, at)?.ok_or(ParseError::new(at, Expected::Argument))?;
    const PARAMETER: &[u8] = b" SMTPUTF8";
    let cut = argument.len().saturating_sub(PARAMETER.len());
    if cut > 0 && argument.get(cut..).is_some_and(|end| end.eq_ignore_ascii_case(PARAMETER)) {
        return Ok((argument.slice(..cut), true));
    }
    Ok((argument, false))
}

/// ```abnf
/// auth-command = "AUTH" SP sasl-mech [SP initial-response] *(CRLF [base64]) [CRLF cancel-response]
/// initial-response = base64 / "="
/// ```
fn auth(line: &Bytes, at: usize) -> Result<Command, ParseError> {
    let argument = line.get(at..).unwrap_or_default();
    let octets = argument.iter().position(|&octet| octet == b' ').unwrap_or(argument.len());
    let mechanism = line.slice(at..at + octets);
    // RFC 4422 section 3.1 has at most 20; a longer name is one we do not know, and no reason to call it malformed.
    let good = (1..=64).contains(&octets)
        && mechanism.iter().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'));
    if !good {
        return Err(ParseError::new(at, Expected::Argument));
    }
    let initial = line.get(at + octets + 1..).filter(|initial| !initial.is_empty());
    if initial.is_some_and(|initial| initial.iter().any(|octet| !octet.is_ascii_graphic())) {
        return Err(ParseError::new(at + octets + 1, Expected::Argument));
    }
    Ok(Command::Auth { mechanism, initial: initial.map(Secret::from) })
}

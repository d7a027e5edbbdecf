//! Replies, RFC 5321 section 4.2.

use std::fmt;

use bytes::{BufMut, Bytes};
use wire_core::Escaped;

use crate::EnhancedCode;

/// A reply code: three digits, of which the first says how it went.
///
/// ```abnf
/// Reply-code = %x32-35 %x30-35 %x30-39
/// ```
///
/// The second digit is not held to the grammar when a reply is parsed: servers use others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplyCode(u16);

impl ReplyCode {
    /// A code between 200 and 599; `None` for others.
    ///
    /// ```
    /// assert_eq!(smtp_proto::ReplyCode::new(250).unwrap().value(), 250);
    /// assert!(smtp_proto::ReplyCode::new(699).is_none());
    /// ```
    pub const fn new(value: u16) -> Option<Self> {
        if value >= 200 && value <= 599 { Some(Self(value)) } else { None }
    }

    /// The number.
    pub const fn value(self) -> u16 {
        self.0
    }

    /// What is said of the class alone.
    const fn generic(self) -> Option<EnhancedCode> {
        match self.0 / 100 {
            2 => Some(EnhancedCode::fixed((2, 0, 0))),
            4 => Some(EnhancedCode::fixed((4, 0, 0))),
            5 => Some(EnhancedCode::fixed((5, 0, 0))),
            _ => None,
        }
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A reply: code, perhaps an enhanced code, and one or more lines of text.
///
/// ```
/// use smtp_proto::Reply;
///
/// let reply = Reply::new(550, "no such user").unwrap().with_enhanced(5, 1, 1).unwrap();
/// assert_eq!(reply.to_string(), "550 5.1.1 no such user");
/// assert!(reply.is_permanent());
/// assert!(Reply::new(250, "ok\r\n550 no").is_err()); // no line can be slipped in
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    code: ReplyCode,
    enhanced: Option<EnhancedCode>,
    text: Text,
}

/// One line needs no list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Text {
    One(Bytes),
    Many(Vec<Bytes>),
}

/// Why a reply cannot be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReply {
    /// The code is not between 200 and 599, or the enhanced code contradicts it.
    #[error("not a reply code")]
    Code,
    /// The text holds a control character, or is longer than a line may be.
    #[error("octet {at} cannot stand in a reply")]
    Text {
        /// Which octet.
        at: usize,
    },
}

/// RFC 5321 section 4.5.3.1.5: "The maximum total length of a reply line including the reply code and the <CRLF>
/// is 512 octets."
const TEXT_MOST: usize = 512 - "250 5.999.999 \r\n".len();

impl Reply {
    /// A reply of one line, or of several separated by `\n`.
    ///
    /// # Errors
    ///
    /// [`InvalidReply`] if the code is none, or the text holds CR, NUL or another control character, or a line
    /// is too long.
    pub fn new(code: u16, text: impl Into<String>) -> Result<Self, InvalidReply> {
        let code = ReplyCode::new(code).ok_or(InvalidReply::Code)?;
        let text = Bytes::from(text.into().into_bytes());
        let wrong =
            |&(_, octet): &(usize, &u8)| octet.is_ascii_control() && *octet != b'\n' && *octet != b'\t';
        if let Some((at, _)) = text.iter().enumerate().find(wrong) {
            return Err(InvalidReply::Text { at });
        }
        let lines: Vec<Bytes> =
            text.split(|&octet| octet == b'\n').map(|line| text.slice_ref(line)).collect();
        if let Some(long) = lines.iter().find(|line| line.len() > TEXT_MOST) {
            return Err(InvalidReply::Text { at: long.len() });
        }
        let text = if lines.len() == 1 { Text::One(text) } else { Text::Many(lines) };
        Ok(Self { code, enhanced: None, text })
    }

    /// A reply of our own, whose text is known to be good; it costs no allocation.
    pub(crate) const fn fixed(code: u16, enhanced: (u8, u16, u16), text: &'static str) -> Self {
        Self {
            code: ReplyCode(code),
            enhanced: Some(EnhancedCode::fixed(enhanced)),
            text: Text::One(Bytes::from_static(text.as_bytes())),
        }
    }

    /// Adds an enhanced code.
    ///
    /// # Errors
    ///
    /// [`InvalidReply::Code`] unless its class is the first digit of the code (RFC 2034 section 4).
    pub fn with_enhanced(mut self, class: u8, subject: u16, detail: u16) -> Result<Self, InvalidReply> {
        let enhanced = EnhancedCode::new(class, subject, detail).ok_or(InvalidReply::Code)?;
        if u16::from(class) != self.code.0 / 100 {
            return Err(InvalidReply::Code);
        }
        self.enhanced = Some(enhanced);
        Ok(self)
    }

    /// 250 2.0.0 ok.
    pub const fn ok() -> Self {
        Self::fixed(250, (2, 0, 0), "ok")
    }

    /// 250 2.6.0: the message is accepted.
    pub const fn accepted() -> Self {
        Self::fixed(250, (2, 6, 0), "message accepted")
    }

    /// 550 5.1.1: there is no such mailbox.
    pub const fn no_such_user() -> Self {
        Self::fixed(550, (5, 1, 1), "no such user")
    }

    /// 550 5.7.1: not allowed to relay.
    pub const fn relay_denied() -> Self {
        Self::fixed(550, (5, 7, 1), "relaying denied")
    }

    /// 451 4.3.0: something failed here, try again later.
    pub const fn local_error() -> Self {
        Self::fixed(451, (4, 3, 0), "local error in processing")
    }

    /// 452 4.3.1: no room.
    pub const fn insufficient_storage() -> Self {
        Self::fixed(452, (4, 3, 1), "insufficient system storage")
    }

    /// 421 4.3.2: this server is going away.
    pub const fn shutting_down() -> Self {
        Self::fixed(421, (4, 3, 2), "service shutting down")
    }

    /// 421 4.7.0: too many connections.
    pub const fn too_many_connections() -> Self {
        Self::fixed(421, (4, 7, 0), "too many connections, try again later")
    }

    /// The code.
    pub const fn code(&self) -> ReplyCode {
        self.code
    }

    /// The enhanced code of the first line, if it has one.
    pub const fn enhanced(&self) -> Option<EnhancedCode> {
        self.enhanced
    }

    /// The lines of text, without codes, as they came.
    pub fn lines(&self) -> impl Iterator<Item = &Bytes> {
        match &self.text {
            Text::One(line) => std::slice::from_ref(line).iter(),
            Text::Many(lines) => lines.iter(),
        }
    }

    /// Class 2: done.
    pub const fn is_positive(&self) -> bool {
        self.code.0 < 300
    }

    /// Class 3: go on.
    ///
    /// ```
    /// use smtp_proto::Reply;
    ///
    /// assert!(Reply::new(354, "go on").unwrap().is_intermediate() && !Reply::ok().is_intermediate());
    /// ```
    pub const fn is_intermediate(&self) -> bool {
        self.code.0 / 100 == 3
    }

    /// Class 4: not now.
    pub const fn is_transient(&self) -> bool {
        self.code.0 / 100 == 4
    }

    /// Class 5: not at all.
    pub const fn is_permanent(&self) -> bool {
        self.code.0 / 100 == 5
    }

    /// Class 4 or 5.
    pub const fn is_negative(&self) -> bool {
        self.code.0 >= 400
    }

    /// Whether the server asks for TLS first (RFC 3207 section 4).
    pub fn wants_tls(&self) -> bool {
        self.code.0 == 538
            || self.code.0 == 530
                && self
                    .lines()
                    .any(|line| memchr::memmem::find(&line.to_ascii_uppercase(), b"STARTTLS").is_some())
    }

    /// Appends the reply as it goes over the wire; if `enhanced` is set with the enhanced code on every line, or
    /// with that of the class alone (`2.0.0`) if the reply has none.
    ///
    /// RFC 2034 section 4: "These codes must appear in all 2xx, 4xx, and 5xx response lines other than initial
    /// greeting and any response to HELO or EHLO."
    pub fn encode(&self, enhanced: bool, out: &mut impl BufMut) {
        let enhanced = if enhanced { self.enhanced.or_else(|| self.code.generic()) } else { None };
        let mut lines = self.lines().peekable();
        while let Some(line) = lines.next() {
            put_number(self.code.0, out);
            out.put_u8(if lines.peek().is_some() { b'-' } else { b' ' });
            if let Some(code) = enhanced {
                put_number(u16::from(code.class()), out);
                out.put_u8(b'.');
                put_number(code.subject(), out);
                out.put_u8(b'.');
                put_number(code.detail(), out);
                out.put_u8(b' ');
            }
            out.put_slice(line);
            out.put_slice(b"\r\n");
        }
    }

    /// A copy that does not share the read buffer.
    #[must_use]
    pub fn detach(&self) -> Self {
        let text = match &self.text {
            Text::One(line) => Text::One(wire_core::detach(line)),
            Text::Many(lines) => Text::Many(lines.iter().map(wire_core::detach).collect()),
        };
        Self { text, ..*self }
    }
}

/// Decimal digits of a number below 1000, without the formatting machinery.
fn put_number(number: u16, out: &mut impl BufMut) {
    for divisor in [100, 10, 1] {
        if number >= divisor || divisor == 1 {
            out.put_u8(u8::try_from(number / divisor % 10).unwrap_or(0) + b'0');
        }
    }
}

/// All lines, escaped, separated by ` / `.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some(enhanced) = self.enhanced {
            write!(f, " {enhanced}")?;
        }
        for (i, line) in self.lines().enumerate() {
            f.write_str(if i == 0 { " " } else { " / " })?;
            write!(f, "{}", Escaped(line))?;
        }
        Ok(())
    }
}

/// Why what came is not a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// The line does not begin with a reply code from 200 to 599 and a space or hyphen.
    #[error("the line is not a reply")]
    Syntax,
    /// The lines of one reply have different codes (RFC 5321 section 4.2.1).
    #[error("the lines of the reply have different codes")]
    Codes,
    /// More lines than allowed.
    #[error("the reply has more than {0} lines")]
    Lines(usize),
    /// More octets than allowed.
    #[error("the reply has more than {0} octets")]
    Octets(usize),
}

/// Puts replies together from lines.
///
/// ```
/// use smtp_proto::ReplyParser;
///
/// let mut parser = ReplyParser::new(256, 65536);
/// assert_eq!(parser.line(&"250-mx.example.org".into()).unwrap(), None);
/// let reply = parser.line(&"250 SIZE 1000".into()).unwrap().unwrap();
/// assert_eq!(reply.lines().count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct ReplyParser {
    lines_most: usize,
    octets_most: usize,
    first: Option<(ReplyCode, Option<EnhancedCode>)>,
    lines: Vec<Bytes>,
    octets: usize,
}

impl ReplyParser {
    /// A parser of replies of at most `lines` lines and `octets` octets.
    pub const fn new(lines: usize, octets: usize) -> Self {
        Self { lines_most: lines, octets_most: octets, first: None, lines: Vec::new(), octets: 0 }
    }

    /// Takes the next line, without its CRLF; gives the reply if it is the last line of one.
    ///
    /// # Errors
    ///
    /// [`ReplyError`]: the stream cannot be understood any more.
    pub fn line(&mut self, line: &Bytes) -> Result<Option<Reply>, ReplyError> {
        // RFC 5321 section 4.2: "Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF"
        let (code, rest) = match &line[..] {
            [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
                let digit = |octet: &u8| u16::from(octet - b'0');
                (ReplyCode(digit(a) * 100 + digit(b) * 10 + digit(c)), rest)
            }
            _ => return Err(ReplyError::Syntax),
        };
        let (more, text) = match rest {
            [] => (false, rest),
            [b' ', text @ ..] => (false, text),
            [b'-', text @ ..] => (true, text),
            _ => return Err(ReplyError::Syntax),
        };
        let split =
            EnhancedCode::split(text).filter(|(enhanced, _)| u16::from(enhanced.class()) == code.0 / 100);
        let (enhanced, text) = match split {
            Some((enhanced, text)) => (Some(enhanced), text),
            None => (None, text),
        };
        let text = if text.is_empty() { Bytes::new() } else { line.slice_ref(text) };
        let Some((first, first_enhanced)) = self.first else {
            if more {
                self.first = Some((code, enhanced));
                self.octets = line.len();
                self.lines.push(text);
                return Ok(None);
            }
            return Ok(Some(Reply { code, enhanced, text: Text::One(text) }));
        };
        if first != code {
            return Err(ReplyError::Codes);
        }
        self.octets += line.len();
        if self.octets > self.octets_most {
            return Err(ReplyError::Octets(self.octets_most));
        }
        if self.lines.len() >= self.lines_most {
            return Err(ReplyError::Lines(self.lines_most));
        }
        self.lines.push(text);
        if more {
            return Ok(None);
        }
        self.first = None;
        let enhanced = first_enhanced.or(enhanced);
        Ok(Some(Reply { code, enhanced, text: Text::Many(std::mem::take(&mut self.lines)) }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(lines: &[&[u8]]) -> Result<Option<Reply>, ReplyError> {
        let mut parser = ReplyParser::new(4, 100);
        let mut last = Ok(None);
        for line in lines {
            last = parser.line(&Bytes::copy_from_slice(line));
            if last.is_err() {
                break;
            }
        }
        last
    }

    #[test]
    fn what_servers_send() {
        for (line, shown) in [
            (&b"220"[..], "220 "),
            (b"250 ", "250 "),
            (b"250 2.1.0 ok", "250 2.1.0 ok"),
            (b"550 5.7 blocked", "550 5.7 blocked"),
            (b"500 This is \x03 worse", "500 This is \\u{3} worse"),
            (b"550 Empf\xe4nger", "550 Empf\\xe4nger"),
        ] {
            assert_eq!(parse(&[line]).unwrap().unwrap().to_string(), shown);
        }
        let reply = parse(&[b"250-2.1.0 first", b"250-", b"250 2.1.5 second"]).unwrap().unwrap();
        assert_eq!(reply.to_string(), "250 2.1.0 first /  / second");
    }

    #[test]
    fn what_is_no_reply() {
        for line in
            [&b"2O0 ok"[..], b"999 x", b"699 Obscure", b"HTTP/1.1 400 Bad", b"25", b"", b"250x", b"SIZE"]
        {
            assert_eq!(parse(&[line]), Err(ReplyError::Syntax), "{line:?}");
        }
        assert_eq!(parse(&[b"250-a", b"550 b"]), Err(ReplyError::Codes));
        assert_eq!(parse(&[&b"250-a"[..]; 9]), Err(ReplyError::Lines(4)));
        assert_eq!(
            parse(&[&b"250-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"[..]; 3]),
            Err(ReplyError::Octets(100))
        );
    }

    #[test]
    fn every_line_carries_the_codes() {
        let reply = Reply::new(550, "no\nreally").unwrap().with_enhanced(5, 1, 1).unwrap();
        let mut out = Vec::new();
        reply.encode(true, &mut out);
        assert_eq!(out, b"550-5.1.1 no\r\n550 5.1.1 really\r\n");
    }
}

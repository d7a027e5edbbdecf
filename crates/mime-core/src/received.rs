//! Trace fields: `Received`.

use std::net::{IpAddr, SocketAddrV4};

use crate::{DateTime, DefectKind, Report, cursor};

/// The value of a `Received` field (RFC 5321 section 4.4, RFC 5322 section 3.6.7): who took a message from whom.
///
/// Nothing is copied, and [`date`](Self::date) is read only when it is asked for. Only what one's own servers wrote can
/// be believed; the rest is what somebody claims. Fields that follow no grammar are read as far as their clauses can be
/// found: each is the first of its kind, and none is found inside a comment, but for fields that stand wholly in one
/// (`(from user@host) by ...`).
///
/// ```abnf
/// Stamp        =  From-domain By-domain Opt-info [CFWS] ";" FWS date-time
/// From-domain  =  "FROM" FWS Extended-Domain
/// By-domain    =  CFWS "BY" FWS Extended-Domain
/// Opt-info     =  [Via] [With] [ID] [For] [Additional-Registered-Clauses]
/// ```
///
/// # Example
///
/// ```
/// use mime_core::Received;
///
/// let value = b" from x.y.test (mail.example [192.0.2.1]) by example.net\r\n via TCP with ESMTP id ABC12345\r\n \
///     for <mary@example.net>; 21 Nov 1997 10:05:43 -0600";
/// let received = Received::parse(value, &mut ());
/// let from = received.from().unwrap();
/// assert_eq!(from.domain(), b"x.y.test");
/// assert_eq!(from.reverse_name(), Some(&b"mail.example"[..]));
/// assert_eq!(from.address(), "192.0.2.1".parse().ok());
/// assert_eq!(received.by().unwrap().domain(), b"example.net");
/// assert_eq!(received.protocol(), Some(&b"ESMTP"[..]));
/// assert_eq!(received.id(), Some(&b"ABC12345"[..]));
/// assert_eq!(received.for_mailbox(), Some(&b"mary@example.net"[..]));
/// assert_eq!(received.date().unwrap().to_unix(), 880_128_343);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    value: &'a [u8],
    from: Option<Host<'a>>,
    by: Option<Host<'a>>,
    via: Option<&'a [u8]>,
    with: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
    for_mailbox: Option<&'a [u8]>,
    date: Option<&'a [u8]>,
}

/// A host in a [`Received`] field: `Extended-Domain` of RFC 5321 section 4.4.
///
/// ```abnf
/// Extended-Domain  =  Domain / ( Domain FWS "(" TCP-info ")" ) / ( address-literal FWS "(" TCP-info ")" )
/// TCP-info         =  address-literal / ( Domain FWS address-literal )
/// ```
///
/// # Example
///
/// ```
/// use mime_core::Received;
///
/// let received = Received::parse(b" from [192.0.2.9] (HELO mail.example) by mx.example", &mut ());
/// let from = received.from().unwrap();
/// assert_eq!(from.helo(), Some(&b"mail.example"[..]));
/// assert_eq!(from.address(), "192.0.2.9".parse().ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    domain: &'a [u8],
    info: &'a [u8],
}

impl<'a> Host<'a> {
    /// The name or address literal as it stands: in `from`, what the client said in its greeting. May be empty.
    pub fn domain(&self) -> &'a [u8] {
        self.domain
    }

    /// The comments behind the name, with their parentheses: TCP-info, and whatever else the server wrote. May be
    /// empty.
    pub fn info(&self) -> &'a [u8] {
        self.info
    }

    fn words(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        words(self.info)
    }

    /// The address of the client: the first literal behind the name (`[192.0.2.1]`, `[IPv6:2001:db8::1]`), else the
    /// first word there that is an address, else the name if it is one.
    pub fn address(&self) -> Option<IpAddr> {
        let literal = self.words().find_map(|word| address(word, true));
        literal
            .or_else(|| self.words().find_map(|word| address(word, false)))
            .or_else(|| address(self.domain, false))
    }

    /// The name that the server found for the address of the client: the first word in TCP-info, if it is a name.
    ///
    /// Whatever is no domain of at least two labels is none: `unknown`, `localhost`.
    pub fn reverse_name(&self) -> Option<&'a [u8]> {
        let name = self.words().next()?.split(|b| *b == b'[').next()?;
        let name = name.rsplit(|b| *b == b'@').next()?;
        let is_name =
            name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | 128..))
                && name.contains(&b'.')
                && address(name, false).is_none();
        is_name.then_some(name)
    }

    /// What the client said in its greeting, if a comment tells: `HELO name`, `EHLO name`, `LHLO name`, `helo=name`.
    pub fn helo(&self) -> Option<&'a [u8]> {
        self.info.split(|b| *b == b')').find_map(|comment| {
            let mut words = words(comment);
            while let Some(word) = words.next() {
                let Some((command, rest)) = word.split_first_chunk::<4>() else {
                    continue;
                };
                if [b"helo", b"ehlo", b"lhlo"].iter().any(|known| command.eq_ignore_ascii_case(*known)) {
                    match rest {
                        [] | [b'='] => return words.next(),
                        [b'=', name @ ..] => return Some(name),
                        _ => {}
                    }
                }
            }
            None
        })
    }
}

fn words(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    octets
        .split(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'(' | b')' | b','))
        .filter(|word| !word.is_empty())
}

/// An address, in brackets if it must be a literal.
fn address(word: &[u8], literal: bool) -> Option<IpAddr> {
    let start = word.iter().position(|b| *b == b'[');
    let word = match start {
        Some(start) => {
            let rest = word.get(start + 1..)?;
            rest.get(..memchr::memchr(b']', rest)?)?
        }
        None if literal => return None,
        None => word,
    };
    let word = match word.split_first_chunk::<5>() {
        Some((tag, rest)) if tag.eq_ignore_ascii_case(b"ipv6:") => rest,
        _ => word,
    };
    // The zone of a link-local address is of no use elsewhere.
    let word = word.split(|b| *b == b'%').next()?;
    let text = std::str::from_utf8(word).ok()?;
    // A port behind it.
    text.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddrV4| IpAddr::V4(*socket.ip())))
}

/// What may stand in a `with` clause (RFC 3848, RFC 8314 and the registry of mail transmission types), and what does.
const PROTOCOLS: [&[u8]; 25] = [
    b"ESMTP",
    b"SMTP",
    b"ESMTPS",
    b"ESMTPSA",
    b"ESMTPA",
    b"LMTP",
    b"LMTPS",
    b"LMTPA",
    b"LMTPSA",
    b"UTF8SMTP",
    b"UTF8SMTPS",
    b"UTF8SMTPA",
    b"UTF8SMTPSA",
    b"UTF8LMTP",
    b"UTF8LMTPS",
    b"UTF8LMTPA",
    b"UTF8LMTPSA",
    b"MMS",
    b"HTTP",
    b"HTTPS",
    b"HTTPREST",
    b"IMAP",
    b"POP3",
    b"LOCAL",
    b"BSMTP",
];

impl<'a> Received<'a> {
    /// Reads the raw value of a field.
    ///
    /// Reported are a comment that is not closed ([`Unclosed`](DefectKind::Unclosed)) and a value without semicolon
    /// ([`InvalidValue`](DefectKind::InvalidValue)).
    pub fn parse(value: &'a [u8], report: &mut impl Report) -> Self {
        let mut reader = Reader { rest: value, angles: true, quotes: true };
        let mut received = Self {
            value,
            from: None,
            by: None,
            via: None,
            with: None,
            id: None,
            for_mailbox: None,
            date: None,
        };
        let mut last_semicolon = None;
        while let Some(item) = reader.next_item() {
            match item {
                Item::Semicolon(rest) => {
                    received.date = Some(rest);
                    let last = *last_semicolon.get_or_insert_with(|| memchr::memrchr(b';', value));
                    if last.is_some_and(|last| value.len() - last - 1 == rest.len()) {
                        break;
                    }
                }
                Item::Comment(content) => {
                    if received.from.is_none()
                        && received.by.is_none()
                        && let Some(inside) = content.strip_prefix(b"from ")
                    {
                        let (domain, info) = inside.split_at(cursor::word(inside));
                        received.from = Some(Host { domain, info });
                    }
                }
                Item::Unclosed => {
                    report.report(DefectKind::Unclosed, 0..value.len());
                    break;
                }
                Item::Word(word) => received.clause(word, &mut reader),
            }
        }
        if received.date.is_none() {
            report.report(DefectKind::InvalidValue, 0..value.len());
        }
        received
    }

    fn clause(&mut self, word: &'a [u8], reader: &mut Reader<'a>) {
        match Keyword::of(word) {
            Some(Keyword::From) if self.from.is_none() => self.from = reader.host(),
            Some(Keyword::By) if self.by.is_none() => self.by = reader.host(),
            Some(Keyword::Via) if self.via.is_none() => self.via = reader.phrase(),
            Some(Keyword::With) if self.with.is_none() => self.with = reader.phrase(),
            Some(Keyword::Id) if self.id.is_none() => self.id = reader.single(),
            Some(Keyword::For) if self.for_mailbox.is_none() => self.for_mailbox = reader.single(),
            _ => {}
        }
    }

    /// From whom the message came.
    pub fn from(&self) -> Option<Host<'a>> {
        self.from
    }

    /// Who took it.
    pub fn by(&self) -> Option<Host<'a>> {
        self.by
    }

    /// The link: what stands between `via` and the next clause or comment.
    pub fn via(&self) -> Option<&'a [u8]> {
        self.via
    }

    /// What stands between `with` and the next clause or comment: the protocol, or whatever else
    /// (`Microsoft SMTP Server`).
    pub fn with(&self) -> Option<&'a [u8]> {
        self.with
    }

    /// The protocol: the first word of [`with`](Self::with) that names one, as it is written.
    ///
    /// More may stand around the name: `ESMTP/TLS` and `local-esmtp` are ESMTP.
    pub fn protocol(&self) -> Option<&'a [u8]> {
        let mut words = self.with?.split(|b| !b.is_ascii_alphanumeric());
        words.find(|word| PROTOCOLS.iter().any(|known| word.eq_ignore_ascii_case(known)))
    }

    /// The identifier that the server gave, without angle brackets.
    pub fn id(&self) -> Option<&'a [u8]> {
        self.id
    }

    /// For whom the message was, without angle brackets: a path or mailbox as it stands, unparsed.
    pub fn for_mailbox(&self) -> Option<&'a [u8]> {
        self.for_mailbox
    }

    /// When it was taken.
    pub fn date(&self) -> Option<DateTime> {
        DateTime::parse(self.date?, &mut ())
    }

    /// The date as it stands: everything behind the last semicolon that is in no comment.
    pub fn raw_date(&self) -> Option<&'a [u8]> {
        self.date
    }

    /// All comments before the date, without their outer parentheses.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let end = self.date.map_or(self.value.len(), |date| self.value.len() - date.len());
        let value = self.value.get(..end).unwrap_or_default();
        let mut reader = Reader { rest: value, angles: true, quotes: true };
        std::iter::from_fn(move || {
            loop {
                if let Item::Comment(content) = reader.next_item()? {
                    return Some(content);
                }
            }
        })
    }
}

#[derive(Clone, Copy)]
enum Keyword {
    From,
    By,
    Via,
    With,
    Id,
    For,
}

impl Keyword {
    #[inline]
    fn of(word: &[u8]) -> Option<Self> {
        Some(match *word {
            [b'b' | b'B', b'y' | b'Y'] => Self::By,
            [b'i' | b'I', b'd' | b'D'] => Self::Id,
            [b'f' | b'F', b'o' | b'O', b'r' | b'R'] => Self::For,
            [b'v' | b'V', b'i' | b'I', b'a' | b'A'] => Self::Via,
            [b'f' | b'F', b'r' | b'R', b'o' | b'O', b'm' | b'M'] => Self::From,
            [b'w' | b'W', b'i' | b'I', b't' | b'T', b'h' | b'H'] => Self::With,
            _ => return None,
        })
    }
}

enum Item<'a> {
    Word(&'a [u8]),
    /// Without its parentheses.
    Comment(&'a [u8]),
    Unclosed,
    /// What follows it.
    Semicolon(&'a [u8]),
}

struct Reader<'a> {
    rest: &'a [u8],
    /// There may be angle brackets that are closed.
    angles: bool,
    /// The same of quotes.
    quotes: bool,
}

impl<'a> Reader<'a> {
    #[inline]
    fn skip_space(&mut self) {
        // Folding and other control characters, too.
        while let [0..=b' ', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn next_item(&mut self) -> Option<Item<'a>> {
        self.skip_space();
        let (first, rest) = self.rest.split_first()?;
        match first {
            b';' => {
                self.rest = rest;
                Some(Item::Semicolon(rest))
            }
            b'(' => {
                let Some((content, behind)) =
                    cursor::comment(rest).and_then(|end| rest.split_at_checked(end))
                else {
                    self.rest = &[];
                    return Some(Item::Unclosed);
                };
                self.rest = behind;
                Some(Item::Comment(content.split_last().map_or(content, |(_, inside)| inside)))
            }
            _ => Some(Item::Word(self.word(*first))),
        }
    }

    fn word(&mut self, first: u8) -> &'a [u8] {
        let inside = self.rest.get(1..).unwrap_or_default();
        let mut length = 0;
        if first == b'<' && self.angles {
            let end = memchr::memchr(b'>', inside);
            self.angles = end.is_some();
            length = end.map_or(0, |end| end + 2);
        } else if first == b'"' && self.quotes {
            let end = cursor::quoted(inside);
            self.quotes = end.is_some();
            length = end.map_or(0, |end| end + 1);
        }
        let behind = self.rest.get(length..).unwrap_or_default();
        let (word, rest) = self.rest.split_at(length + cursor::word(behind));
        self.rest = rest;
        word
    }

    /// The word that follows, whatever it is: a client that greets as `by` is called so.
    fn value(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        match self.rest.first() {
            None | Some(b'(' | b';') => None,
            Some(first) => Some(self.word(*first)),
        }
    }

    /// A name and what is said about it: comments, and literals that stand outside of one.
    fn host(&mut self) -> Option<Host<'a>> {
        let mut domain = self.value().unwrap_or_default();
        self.skip_space();
        let start = self.rest;
        let mut info: &[u8] = &[];
        loop {
            match self.rest {
                [b'(', inside @ ..] => {
                    let Some(end) = cursor::comment(inside) else {
                        break;
                    };
                    self.rest = inside.get(end..).unwrap_or_default();
                }
                [b'[', ..] => _ = self.word(b'['),
                _ => break,
            }
            info = start.get(..start.len() - self.rest.len()).unwrap_or_default();
            self.skip_space();
        }
        if domain.is_empty() && !self.at_keyword() {
            domain = self.value().unwrap_or_default();
        }
        let domain = domain.strip_suffix(b",").unwrap_or(domain);
        (!domain.is_empty() || !info.is_empty()).then_some(Host { domain, info })
    }

    fn at_keyword(&self) -> bool {
        let word = self.rest.get(..cursor::word(self.rest)).unwrap_or_default();
        Keyword::of(word).is_some()
    }

    /// The words up to the next clause, comment or semicolon.
    fn phrase(&mut self) -> Option<&'a [u8]> {
        self.skip_space();
        let start = self.rest;
        let mut length = 0;
        loop {
            self.skip_space();
            let rest = self.rest;
            match rest.first() {
                None | Some(b'(' | b';') => break,
                Some(first) => {
                    let word = self.word(*first);
                    if Keyword::of(word).is_some() {
                        self.rest = rest;
                        break;
                    }
                    length = start.len() - self.rest.len();
                }
            }
        }
        start.get(..length).filter(|phrase| !phrase.is_empty())
    }

    /// One word, without angle brackets.
    fn single(&mut self) -> Option<&'a [u8]> {
        let word = self.value()?;
        match word {
            [b'<', inside @ ..] => match memchr::memrchr(b'>', inside) {
                Some(end) => inside.get(..end),
                None => Some(word),
            },
            _ => Some(word),
        }
    }
}

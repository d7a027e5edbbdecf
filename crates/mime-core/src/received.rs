//! Trace fields: `Received`.

use std::net::{IpAddr, SocketAddrV4};

use crate::authentication_results::comments;
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
        let received = Self {
            value,
            from: None,
            by: None,
            via: None,
            with: None,
            id: None,
            for_mailbox: None,
            date: None,
        };
        let mut reader = Reader { received, state: State::Between, start: value, domain: &[], info: &[] };
        let mut quotes = Quotes { angles: true, quotes: true };
        let last_semicolon = memchr::memrchr(b';', value);
        let mut rest = value;
        loop {
            // Folding and other control characters, too.
            while let [0..=b' ', tail @ ..] = rest {
                rest = tail;
            }
            let Some((first, tail)) = rest.split_first() else {
                break;
            };
            match first {
                b';' => {
                    reader.end_clause();
                    reader.received.date = Some(tail);
                    if last_semicolon.is_none_or(|last| value.len() - last - 1 == tail.len()) {
                        break;
                    }
                    rest = tail;
                }
                b'(' => {
                    let Some((inside, behind)) =
                        cursor::comment(tail).and_then(|end| tail.split_at_checked(end))
                    else {
                        report.report(DefectKind::Unclosed, 0..value.len());
                        break;
                    };
                    reader.comment(inside, rest, behind);
                    rest = behind;
                }
                _ => {
                    let quoted = if matches!(first, b'<' | b'"') { quotes.length(*first, tail) } else { 0 };
                    let length = quoted + cursor::word(rest.get(quoted..).unwrap_or_default());
                    let Some((word, behind)) = rest.split_at_checked(length) else {
                        break;
                    };
                    reader.word(word, rest, behind);
                    rest = behind;
                }
            }
        }
        reader.end_clause();
        if reader.received.date.is_none() {
            report.report(DefectKind::InvalidValue, 0..value.len());
        }
        reader.received
    }

    #[inline]
    fn has(&self, keyword: Keyword) -> bool {
        match keyword {
            Keyword::From => self.from.is_some(),
            Keyword::By => self.by.is_some(),
            Keyword::Via => self.via.is_some(),
            Keyword::With => self.with.is_some(),
            Keyword::Id => self.id.is_some(),
            Keyword::For => self.for_mailbox.is_some(),
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
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Received;
    ///
    /// let protocol = |value| Received::parse(value, &mut ()).protocol();
    /// assert_eq!(protocol(b" by example.net with local-esmtp (Exim 4.97); 1 Jan 2024 00:00:00 +0000"), Some(&b"esmtp"[..]));
    /// assert_eq!(protocol(b" by example.net with local (Exim 4.97); 1 Jan 2024 00:00:00 +0000"), Some(&b"local"[..]));
    /// ```
    pub fn protocol(&self) -> Option<&'a [u8]> {
        let words = self.with?.split(|b| !b.is_ascii_alphanumeric());
        let mut named = words.filter(|word| PROTOCOLS.iter().any(|known| word.eq_ignore_ascii_case(known)));
        let first = named.next()?;
        // Exim says local-esmtp for what came over SMTP without a network.
        if first.eq_ignore_ascii_case(b"local") { named.next().or(Some(first)) } else { Some(first) }
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
        comments(self.value.get(..end).unwrap_or_default())
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

/// What the next word is.
#[derive(Clone, Copy)]
enum State {
    /// The first of a clause, or of none.
    Between,
    /// The value of a clause.
    Value(Keyword),
    /// Behind the name of a host, or where it should be: `true` for `by`.
    Host(bool),
    /// Behind the first word of `via`, or of `with` if `true`.
    Phrase(bool),
}

/// The clause that is being read.
struct Reader<'a> {
    received: Received<'a>,
    state: State,
    /// Where TCP-info or the phrase begins, and everything behind.
    start: &'a [u8],
    domain: &'a [u8],
    /// TCP-info or phrase.
    info: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Takes a word, which `rest` begins with; `behind` follows it.
    #[inline]
    fn word(&mut self, word: &'a [u8], rest: &'a [u8], behind: &'a [u8]) {
        match self.state {
            State::Between => self.begin(word),
            // The word that follows, whatever it is: a client that greets as `by` is called so.
            State::Value(keyword @ (Keyword::From | Keyword::By)) => {
                self.state = State::Host(matches!(keyword, Keyword::By));
                (self.domain, self.info) = (word, &[]);
            }
            State::Value(Keyword::Id) => {
                self.received.id = Some(without_angles(word));
                self.state = State::Between;
            }
            State::Value(Keyword::For) => {
                self.received.for_mailbox = Some(without_angles(word));
                self.state = State::Between;
            }
            State::Value(keyword) => {
                if Keyword::of(word).is_some() {
                    self.begin(word);
                } else {
                    self.state = State::Phrase(matches!(keyword, Keyword::With));
                    (self.start, self.info) = (rest, word);
                }
            }
            State::Host(_) if word.first() == Some(&b'[') => self.add_info(rest, behind),
            State::Host(_) => {
                let is_name = self.domain.is_empty() && Keyword::of(word).is_none();
                if is_name {
                    self.domain = word;
                }
                self.end_clause();
                if !is_name {
                    self.begin(word);
                }
            }
            State::Phrase(_) => {
                if Keyword::of(word).is_some() {
                    self.end_clause();
                    self.begin(word);
                } else {
                    self.info = self.start.get(..self.start.len() - behind.len()).unwrap_or_default();
                }
            }
        }
    }

    #[inline]
    fn begin(&mut self, word: &[u8]) {
        let received = &self.received;
        self.state = match Keyword::of(word) {
            Some(keyword) if !received.has(keyword) => State::Value(keyword),
            _ => State::Between,
        };
    }

    fn comment(&mut self, inside: &'a [u8], rest: &'a [u8], behind: &'a [u8]) {
        match self.state {
            State::Value(keyword @ (Keyword::From | Keyword::By)) => {
                self.state = State::Host(matches!(keyword, Keyword::By));
                (self.domain, self.info) = (&[], &[]);
                self.add_info(rest, behind);
            }
            State::Host(_) => self.add_info(rest, behind),
            State::Between if self.received.from.is_none() && self.received.by.is_none() => {
                if let Some(inside) = inside.strip_prefix(b"from ") {
                    let (domain, info) = inside.split_at(cursor::word(inside));
                    let domain = domain.strip_suffix(b")").unwrap_or(domain);
                    self.received.from = Some(Host { domain, info });
                }
            }
            _ => self.end_clause(),
        }
    }

    fn add_info(&mut self, rest: &'a [u8], behind: &'a [u8]) {
        if self.info.is_empty() {
            self.start = rest;
        }
        self.info = self.start.get(..self.start.len() - behind.len()).unwrap_or_default();
    }

    #[inline]
    fn end_clause(&mut self) {
        match self.state {
            State::Host(by) => {
                let domain = self.domain.strip_suffix(b",").unwrap_or(self.domain);
                let host = Some(Host { domain, info: self.info });
                if by {
                    self.received.by = host;
                } else {
                    self.received.from = host;
                }
            }
            State::Phrase(true) => self.received.with = Some(self.info),
            State::Phrase(false) => self.received.via = Some(self.info),
            State::Between | State::Value(_) => {}
        }
        self.state = State::Between;
    }
}

/// Whether there may be quotes that are closed: each kind is looked for in vain once only.
struct Quotes {
    angles: bool,
    quotes: bool,
}

impl Quotes {
    /// How long what stands in angle brackets or quotes is, if they are closed.
    fn length(&mut self, first: u8, inside: &[u8]) -> usize {
        if first == b'<' && self.angles {
            let end = memchr::memchr(b'>', inside);
            self.angles = end.is_some();
            end.map_or(0, |end| end + 2)
        } else if first == b'"' && self.quotes {
            let end = cursor::quoted(inside);
            self.quotes = end.is_some();
            end.map_or(0, |end| end + 1)
        } else {
            0
        }
    }
}

fn without_angles(word: &[u8]) -> &[u8] {
    match word {
        [b'<', inside @ ..] => {
            memchr::memrchr(b'>', inside).and_then(|end| inside.get(..end)).unwrap_or(word)
        }
        _ => word,
    }
}

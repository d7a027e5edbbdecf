//! What a server offers: the keywords of its reply to EHLO (RFC 5321 section 4.1.1.1).

use bytes::Bytes;

use crate::Reply;
use crate::command::decimal;

/// The extensions of a server. Unknown keywords are kept, junk is harmless.
///
/// ```
/// use smtp_proto::{Capabilities, Reply};
///
/// let reply = Reply::new(250, "mx.example.org\nsize 1000\nauth  PLAIN\tLOGIN \nX-OWN a b").unwrap();
/// let offered = Capabilities::parse(&reply);
/// assert_eq!(offered.size(), Some(Some(1000)));
/// assert_eq!(offered.auth().count(), 2);
/// assert_eq!(offered.keyword("x-own").unwrap().next().unwrap(), b"a");
/// assert!(!offered.pipelining());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Keyword lines as they came.
    lines: Vec<Bytes>,
    known: Known,
}

/// What is asked for all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    pipelining: bool,
    chunking: bool,
    binary_mime: bool,
    eight_bit_mime: bool,
    smtp_utf8: bool,
    dsn: bool,
    enhanced: bool,
    start_tls: bool,
    require_tls: bool,
    rrvs: bool,
    size: Option<Option<u64>>,
}

/// Limits a server announces (RFC 9422); `None` where it says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnnouncedLimits {
    /// MAILMAX: transactions in a session.
    pub mail_max: Option<u32>,
    /// RCPTMAX: recipients in a transaction.
    pub rcpt_max: Option<u32>,
    /// RCPTDOMAINMAX: domains of recipients in a session.
    pub rcpt_domain_max: Option<u32>,
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty())
}

impl Capabilities {
    /// The keywords of a positive reply to EHLO or LHLO; its first line is a greeting.
    pub fn parse(reply: &Reply) -> Self {
        let lines: Vec<Bytes> = reply.lines().skip(1).map(wire_core::detach).collect();
        let mut known = Known::default();
        for line in &lines {
            let mut words = words(line);
            let Some(keyword) = words.next() else { continue };
            match keyword.to_ascii_uppercase().as_slice() {
                b"PIPELINING" => known.pipelining = true,
                b"CHUNKING" => known.chunking = true,
                b"BINARYMIME" => known.binary_mime = true,
                b"8BITMIME" => known.eight_bit_mime = true,
                b"SMTPUTF8" => known.smtp_utf8 = true,
                b"DSN" => known.dsn = true,
                b"ENHANCEDSTATUSCODES" => known.enhanced = true,
                b"STARTTLS" => known.start_tls = true,
                b"REQUIRETLS" => known.require_tls = true,
                b"RRVS" => known.rrvs = true,
                // RFC 1870 section 3: "A parameter value of 0 (zero) indicates that no fixed maximum message size is in
                // force."
                b"SIZE" => known.size = Some(words.next().and_then(decimal).filter(|&size| size > 0)),
                _ => {}
            }
        }
        Self { lines, known }
    }

    /// The parameters of a keyword, if it is offered.
    pub fn keyword(&self, keyword: &str) -> Option<impl Iterator<Item = &[u8]>> {
        self.lines.iter().find_map(|line| {
            let mut words = words(line);
            words.next().filter(|word| word.eq_ignore_ascii_case(keyword.as_bytes())).map(|_| words)
        })
    }

    /// Whether a keyword is offered.
    pub fn offers(&self, keyword: &str) -> bool {
        self.keyword(keyword).is_some()
    }

    /// All keyword lines as they came.
    pub fn lines(&self) -> impl Iterator<Item = &Bytes> {
        self.lines.iter()
    }

    /// PIPELINING (RFC 2920).
    pub fn pipelining(&self) -> bool {
        self.known.pipelining
    }

    /// SIZE (RFC 1870): the limit in octets, `Some(None)` if there is no fixed one.
    pub fn size(&self) -> Option<Option<u64>> {
        self.known.size
    }

    /// 8BITMIME (RFC 6152).
    pub fn eight_bit_mime(&self) -> bool {
        self.known.eight_bit_mime
    }

    /// BINARYMIME (RFC 3030).
    pub fn binary_mime(&self) -> bool {
        self.known.binary_mime
    }

    /// CHUNKING (RFC 3030).
    pub fn chunking(&self) -> bool {
        self.known.chunking
    }

    /// SMTPUTF8 (RFC 6531).
    pub fn smtp_utf8(&self) -> bool {
        self.known.smtp_utf8
    }

    /// DSN (RFC 3461).
    pub fn dsn(&self) -> bool {
        self.known.dsn
    }

    /// ENHANCEDSTATUSCODES (RFC 2034).
    ///
    /// ```
    /// use smtp_proto::{Capabilities, Reply};
    ///
    /// let reply = Reply::new(250, "mx.example.org\nENHANCEDSTATUSCODES\nPIPELINING").unwrap();
    /// assert!(Capabilities::parse(&reply).enhanced_status_codes());
    /// ```
    pub fn enhanced_status_codes(&self) -> bool {
        self.known.enhanced
    }

    /// STARTTLS (RFC 3207).
    pub fn start_tls(&self) -> bool {
        self.known.start_tls
    }

    /// REQUIRETLS (RFC 8689).
    pub fn require_tls(&self) -> bool {
        self.known.require_tls
    }

    /// RRVS (RFC 7293).
    pub fn rrvs(&self) -> bool {
        self.known.rrvs
    }

    /// The mechanisms of AUTH (RFC 4954), also in the old form `AUTH=LOGIN`.
    pub fn auth(&self) -> impl Iterator<Item = &[u8]> {
        self.lines.iter().flat_map(|line| {
            let auth = line.get(..4).is_some_and(|word| word.eq_ignore_ascii_case(b"AUTH"))
                && matches!(line.get(4), Some(b' ' | b'\t' | b'='));
            words(if auth { line.get(5..).unwrap_or_default() } else { b"" })
        })
    }

    /// DELIVERBY (RFC 2852): the least time in seconds, 0 if any.
    pub fn deliver_by(&self) -> Option<u32> {
        self.keyword("DELIVERBY").map(|mut words| number(words.next()).unwrap_or(0))
    }

    /// FUTURERELEASE (RFC 4865): the longest time in seconds.
    pub fn future_release(&self) -> Option<u32> {
        self.keyword("FUTURERELEASE").and_then(|mut words| number(words.next()))
    }

    /// MT-PRIORITY (RFC 6710): the profile, empty if none is named.
    pub fn mt_priority(&self) -> Option<&[u8]> {
        self.keyword("MT-PRIORITY").map(|mut words| words.next().unwrap_or_default())
    }

    /// LIMITS (RFC 9422); the whole keyword is ignored if a part of it is malformed.
    pub fn limits(&self) -> AnnouncedLimits {
        let mut limits = AnnouncedLimits::default();
        for word in self.keyword("LIMITS").into_iter().flatten() {
            let Some(equals) = word.iter().position(|&octet| octet == b'=') else {
                return AnnouncedLimits::default();
            };
            let (name, value) = (word.get(..equals).unwrap_or_default(), word.get(equals + 1..));
            let value = value.filter(|digits| (1..=6).contains(&digits.len()) && !digits.starts_with(b"0"));
            let Some(value) = number(value) else { return AnnouncedLimits::default() };
            match name.to_ascii_uppercase().as_slice() {
                b"MAILMAX" => limits.mail_max = Some(value),
                b"RCPTMAX" => limits.rcpt_max = Some(value),
                b"RCPTDOMAINMAX" => limits.rcpt_domain_max = Some(value),
                _ => {}
            }
        }
        limits
    }
}

fn number(word: Option<&[u8]>) -> Option<u32> {
    word.and_then(decimal).and_then(|number| u32::try_from(number).ok())
}

//! Trace fields: Received and Return-Path (RFC 5321 section 4.4), and how often a message has been around.

use std::net::IpAddr;

use bytes::{BufMut, BytesMut};

use crate::server::Protocol;
use crate::{DateTime, Domain, ForwardPath, Host, ReversePath};

/// What a Received field says of how a message came.
///
/// ```
/// use smtp_proto::{DateTime, server::Protocol, trace::Received};
///
/// let date = DateTime::from_unix(1_795_521_600, 0).unwrap();
/// let received = Received::new("mx.example.org".parse().unwrap(), date)
///     .from("client.example.com".parse().unwrap(), Some("192.0.2.1".parse().unwrap()))
///     .with(Protocol::Smtp, true)
///     .secure(true)
///     .id("4d2").unwrap();
/// assert_eq!(
///     received.to_string(),
///     "Received: from client.example.com ([192.0.2.1])\r\n\tby mx.example.org with ESMTPS id 4d2;\r\n\t\
///      Tue, 24 Nov 2026 12:00:00 +0000\r\n"
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Received {
    by: Domain,
    date: DateTime,
    from: Option<(Host, Option<IpAddr>)>,
    protocol: Option<(Protocol, bool)>,
    secure: bool,
    authenticated: bool,
    utf8: bool,
    id: Option<String>,
    recipient: Option<ForwardPath>,
}

impl Received {
    /// Received by this host at this time.
    pub fn new(by: Domain, date: DateTime) -> Self {
        Self {
            by,
            date,
            from: None,
            protocol: None,
            secure: false,
            authenticated: false,
            utf8: false,
            id: None,
            recipient: None,
        }
    }

    /// The name the client gave, and the address it has.
    #[must_use]
    pub fn from(mut self, hello: Host, ip: Option<IpAddr>) -> Self {
        self.from = Some((hello, ip));
        self
    }

    /// The protocol, and whether EHLO was used.
    #[must_use]
    pub fn with(mut self, protocol: Protocol, extended: bool) -> Self {
        self.protocol = Some((protocol, extended));
        self
    }

    /// Whether TLS was used.
    #[must_use]
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// Whether the client authenticated.
    #[must_use]
    pub fn authenticated(mut self, authenticated: bool) -> Self {
        self.authenticated = authenticated;
        self
    }

    /// Whether SMTPUTF8 was used.
    #[must_use]
    pub fn utf8(mut self, utf8: bool) -> Self {
        self.utf8 = utf8;
        self
    }

    /// This host's id of the message: an atom. `None` if it is none, or longer than 64 octets.
    #[must_use]
    pub fn id(mut self, id: &str) -> Option<Self> {
        let good = (1..=64).contains(&id.len())
            && id.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._+=".contains(&octet));
        self.id = good.then(|| id.to_owned());
        good.then_some(self)
    }

    /// The recipient. Only for a message with one: RFC 5321 section 7.2 warns of disclosing the others.
    #[must_use]
    pub fn recipient(mut self, recipient: ForwardPath) -> Self {
        self.recipient = Some(recipient);
        self
    }

    /// The keyword behind `with`: RFC 3848, and RFC 6531 section 4.3 for SMTPUTF8.
    pub fn keyword(&self) -> Option<&'static str> {
        let (protocol, extended) = self.protocol?;
        let lmtp = protocol == Protocol::Lmtp;
        Some(match (lmtp, extended, self.utf8, self.secure, self.authenticated) {
            (false, false, ..) => "SMTP",
            (false, true, false, false, false) => "ESMTP",
            (false, true, false, true, false) => "ESMTPS",
            (false, true, false, false, true) => "ESMTPA",
            (false, true, false, true, true) => "ESMTPSA",
            (false, true, true, false, false) => "UTF8SMTP",
            (false, true, true, true, false) => "UTF8SMTPS",
            (false, true, true, false, true) => "UTF8SMTPA",
            (false, true, true, true, true) => "UTF8SMTPSA",
            (true, _, false, false, false) => "LMTP",
            (true, _, false, true, false) => "LMTPS",
            (true, _, false, false, true) => "LMTPA",
            (true, _, false, true, true) => "LMTPSA",
            (true, _, true, false, false) => "UTF8LMTP",
            (true, _, true, true, false) => "UTF8LMTPS",
            (true, _, true, false, true) => "UTF8LMTPA",
            (true, _, true, true, true) => "UTF8LMTPSA",
        })
    }

    /// The field as it stands at the top of the message, folded, with its CRLF.
    pub fn to_bytes(&self) -> BytesMut {
        let mut out = BytesMut::new();
        out.put_slice(self.to_string().as_bytes());
        out
    }
}

impl std::fmt::Display for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Received: ")?;
        if let Some((hello, ip)) = &self.from {
            write!(f, "from {hello}")?;
            match ip {
                Some(IpAddr::V4(ip)) => write!(f, " ([{ip}])")?,
                Some(IpAddr::V6(ip)) => write!(f, " ([IPv6:{ip}])")?,
                None => {}
            }
            f.write_str("\r\n\t")?;
        }
        write!(f, "by {}", self.by)?;
        if let Some(keyword) = self.keyword() {
            write!(f, " with {keyword}")?;
        }
        if let Some(id) = &self.id {
            write!(f, " id {id}")?;
        }
        if let Some(recipient) = &self.recipient {
            write!(f, "\r\n\tfor <{recipient}>")?;
        }
        write!(f, ";\r\n\t{}\r\n", self.date)
    }
}

/// The Return-Path field of final delivery (RFC 5321 section 4.4), with its CRLF.
///
/// ```
/// assert_eq!(smtp_proto::trace::return_path(&"<>".parse().unwrap()), "Return-Path: <>\r\n");
/// ```
pub fn return_path(from: &ReversePath) -> String {
    format!("Return-Path: <{from}>\r\n")
}

/// Counts Received fields in the header of a message that comes in chunks (RFC 5321 section 6.3).
///
/// ```
/// let mut counter = smtp_proto::trace::ReceivedCounter::default();
/// counter.chunk(b"Received: x\r\nRECEI");
/// assert_eq!(counter.chunk(b"VED: y\r\n\r\nReceived: body\r\n"), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReceivedCounter {
    count: u32,
    /// How much of the name the line that is coming in has matched; `None` once it cannot be the name.
    matched: Matched,
    in_body: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matched {
    Name(usize),
    Other,
}

impl Default for Matched {
    fn default() -> Self {
        Self::Name(0)
    }
}

const NAME: &[u8] = b"received";

impl ReceivedCounter {
    /// Looks at the next chunk and gives the count so far. Nothing is looked at behind the header.
    pub fn chunk(&mut self, octets: &[u8]) -> u32 {
        let mut rest = octets;
        while !self.in_body {
            match self.matched {
                Matched::Other => {
                    let Some(end) = memchr::memchr(b'\n', rest) else { break };
                    rest = rest.get(end + 1..).unwrap_or_default();
                    self.matched = Matched::Name(0);
                }
                Matched::Name(at) => {
                    let Some((&octet, after)) = rest.split_first() else { break };
                    rest = after;
                    self.name_octet(at, octet);
                }
            }
        }
        self.count
    }

    fn name_octet(&mut self, at: usize, octet: u8) {
        match octet {
            b'\n' if at == 0 => self.in_body = true,
            b'\r' if at == 0 => {}
            b'\n' => self.matched = Matched::Name(0),
            b':' if at == NAME.len() => {
                self.count = self.count.saturating_add(1);
                self.matched = Matched::Other;
            }
            // RFC 5322 section 4.5 lets white space stand before the colon.
            b' ' | b'\t' if at == NAME.len() => {}
            octet if NAME.get(at) == Some(&octet.to_ascii_lowercase()) => {
                self.matched = Matched::Name(at + 1)
            }
            _ => self.matched = Matched::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_does_not_depend_on_chunks() {
        let message = b"Received: a\r\n\tfolded\r\nReceived : b\r\nReceived-SPF: c\r\nX: Received: d\r\nreceived:e\r\n\r\nReceived: f\r\n";
        for step in 1..message.len() {
            let mut counter = ReceivedCounter::default();
            let count = message.chunks(step).map(|chunk| counter.chunk(chunk)).last();
            assert_eq!(count, Some(3), "chunks of {step}");
        }
    }
}

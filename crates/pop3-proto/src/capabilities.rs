//! What a server can do: the reply to CAPA, RFC 2449 section 5.

use bytes::Bytes;

use crate::digits;

/// How long a server keeps messages, RFC 2449 section 6.7.
///
/// ```
/// use pop3_proto::{Capabilities, Expire};
///
/// assert_eq!(Capabilities::of(["EXPIRE 60"]).expire(), Some((Expire::Days(60), false)));
/// assert_eq!(Capabilities::of(["expire never"]).expire(), Some((Expire::Never, false)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expire {
    /// `NEVER`: the server does not delete messages.
    Never,
    /// At least so many days; 0: messages may not be left on the server, those that were retrieved may be deleted at
    /// QUIT.
    Days(u32),
}

/// The capabilities of a server. Unknown ones are kept, junk is harmless.
///
/// ```
/// use pop3_proto::Capabilities;
///
/// let capabilities = Capabilities::of(["top", "SASL PLAIN  SCRAM-SHA-256", "LOGIN-DELAY 900 USER", "X-OWN a"]);
/// assert!(capabilities.top() && !capabilities.uidl());
/// assert_eq!(capabilities.sasl().count(), 2);
/// assert_eq!(capabilities.login_delay(), Some((900, true)));
/// assert_eq!(capabilities.parameters("x-own").unwrap().next().unwrap(), b"a");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Lines as they came.
    lines: Vec<Bytes>,
    known: Known,
}

/// What is asked for all the time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known {
    pipelining: bool,
    top: bool,
    uidl: bool,
    user: bool,
    stls: bool,
    resp_codes: bool,
    auth_resp_code: bool,
    utf8: bool,
    lang: bool,
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|octet| matches!(octet, b' ' | b'\t')).filter(|word| !word.is_empty())
}

impl Capabilities {
    /// The capabilities in these lines.
    pub fn of<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> Self {
        let mut capabilities = Self::default();
        for line in lines {
            capabilities.push(line.as_ref());
        }
        capabilities
    }

    /// Adds a line, given without its CRLF.
    pub(crate) fn push(&mut self, line: &[u8]) {
        let Some(tag) = words(line).next() else { return };
        let known = &mut self.known;
        match tag.to_ascii_uppercase().as_slice() {
            b"PIPELINING" => known.pipelining = true,
            b"TOP" => known.top = true,
            b"UIDL" => known.uidl = true,
            b"USER" => known.user = true,
            b"STLS" => known.stls = true,
            b"RESP-CODES" => known.resp_codes = true,
            b"AUTH-RESP-CODE" => known.auth_resp_code = true,
            b"UTF8" => known.utf8 = true,
            b"LANG" => known.lang = true,
            _ => {}
        }
        self.lines.push(Bytes::copy_from_slice(line));
    }

    /// Every line, as it came.
    pub fn lines(&self) -> impl Iterator<Item = &Bytes> {
        self.lines.iter()
    }

    /// Whether nothing is known of the server.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The parameters of a capability, compared without regard to case; `None` if it is not there.
    pub fn parameters(&self, tag: &str) -> Option<impl Iterator<Item = &[u8]>> {
        self.lines.iter().find_map(|line| {
            let mut words = words(line);
            words.next().filter(|have| have.eq_ignore_ascii_case(tag.as_bytes())).map(|_| words)
        })
    }

    /// Whether commands may be pipelined (RFC 2449 section 6.6).
    pub const fn pipelining(&self) -> bool {
        self.known.pipelining
    }

    /// Whether TOP is there (RFC 2449 section 6.1).
    pub const fn top(&self) -> bool {
        self.known.top
    }

    /// Whether UIDL is there (RFC 2449 section 6.8).
    pub const fn uidl(&self) -> bool {
        self.known.uidl
    }

    /// Whether USER and PASS are there (RFC 2449 section 6.2).
    pub const fn user(&self) -> bool {
        self.known.user
    }

    /// Whether STLS is there (RFC 2595 section 4).
    pub const fn stls(&self) -> bool {
        self.known.stls
    }

    /// Whether what stands in brackets is a response code (RFC 2449 section 6.4).
    pub const fn resp_codes(&self) -> bool {
        self.known.resp_codes
    }

    /// Whether `[AUTH]` tells every failure that is about credentials (RFC 3206 section 4).
    pub const fn auth_resp_code(&self) -> bool {
        self.known.auth_resp_code
    }

    /// Whether UTF8 is there (RFC 6856 section 2).
    pub const fn utf8(&self) -> bool {
        self.known.utf8
    }

    /// Whether user names and passwords may be in UTF-8 (RFC 6856 section 2.2).
    pub fn utf8_user(&self) -> bool {
        self.parameters("UTF8")
            .is_some_and(|mut parameters| parameters.any(|word| word.eq_ignore_ascii_case(b"USER")))
    }

    /// Whether LANG is there (RFC 6856 section 3).
    pub const fn lang(&self) -> bool {
        self.known.lang
    }

    /// The SASL mechanisms (RFC 2449 section 6.3).
    pub fn sasl(&self) -> impl Iterator<Item = &[u8]> {
        self.parameters("SASL").into_iter().flatten()
    }

    /// How many seconds must pass between two logins (RFC 2449 section 6.5), and whether a more accurate value is told
    /// after the login.
    pub fn login_delay(&self) -> Option<(u32, bool)> {
        let mut parameters = self.parameters("LOGIN-DELAY")?;
        let seconds = u32::try_from(digits::parse(parameters.next()?)?).ok()?;
        Some((seconds, parameters.any(|word| word.eq_ignore_ascii_case(b"USER"))))
    }

    /// How long messages are kept, and whether a more accurate value is told after the login.
    pub fn expire(&self) -> Option<(Expire, bool)> {
        let mut parameters = self.parameters("EXPIRE")?;
        let expire = match parameters.next()? {
            never if never.eq_ignore_ascii_case(b"NEVER") => Expire::Never,
            days => Expire::Days(u32::try_from(digits::parse(days)?).ok()?),
        };
        Some((expire, parameters.any(|word| word.eq_ignore_ascii_case(b"USER"))))
    }

    /// What the server calls itself (RFC 2449 section 6.9): octets of the peer.
    pub fn implementation(&self) -> Option<&[u8]> {
        self.lines.iter().find_map(|line| {
            let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
            let begin = line.iter().position(|octet| !blank(octet))?;
            let (tag, rest) = line.get(begin..)?.split_at_checked(b"IMPLEMENTATION".len())?;
            let named = tag.eq_ignore_ascii_case(b"IMPLEMENTATION") && rest.first().is_none_or(blank);
            named.then(|| rest.get(1..).unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_implementation_is_what_stands_behind_its_word() {
        let implementation = |line: &str| Capabilities::of([line]).implementation().map(<[u8]>::to_vec);
        assert_eq!(
            implementation("IMPLEMENTATION Shlemazle-Plotz-v302"),
            Some(b"Shlemazle-Plotz-v302".to_vec())
        );
        assert_eq!(implementation(" implementation\tBlurdybloop v2"), Some(b"Blurdybloop v2".to_vec()));
        assert_eq!(implementation("IMPLEMENTATION"), Some(Vec::new()));
        assert_eq!(implementation("IMPLEMENTATIONS a"), None);
    }
}

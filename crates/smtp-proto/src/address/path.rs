//! Mailboxes and the paths of MAIL and RCPT.

use std::fmt;

use bytes::Bytes;

use super::{AddressError, Domain, Host, LocalPart, Part};

/// A local-part and where it is.
///
/// ```abnf
/// Mailbox = Local-part "@" ( Domain / address-literal )
/// ```
///
/// ```
/// use smtp_proto::Mailbox;
///
/// let mailbox: Mailbox = "Jürgen@groß.example".parse().unwrap();
/// assert_eq!(mailbox.local().as_str(), "Jürgen");
/// assert!(!mailbox.is_ascii());
/// assert!("a@example.com>".parse::<Mailbox>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Mailbox {
    local: LocalPart,
    host: Host,
}

impl Mailbox {
    /// A mailbox of its two parts.
    pub fn new(local: LocalPart, host: impl Into<Host>) -> Self {
        Self { local, host: host.into() }
    }

    /// The part before the at sign.
    pub fn local(&self) -> &LocalPart {
        &self.local
    }

    /// The part behind the at sign.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The domain, if it is not an address literal.
    pub fn domain(&self) -> Option<&Domain> {
        match &self.host {
            Host::Domain(domain) => Some(domain),
            Host::Literal(_) => None,
        }
    }

    /// Whether it can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.local.is_ascii() && self.host.is_ascii()
    }

    /// A copy that does not share the read buffer.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self { local: self.local.detach(), host: self.host.detach() }
    }

    /// The mailbox at `from` in `line`, and its end.
    fn scan(line: &Bytes, from: usize) -> Result<(Self, usize), AddressError> {
        let text = line.get(from..).unwrap_or_default();
        let at = LocalPart::scan(text).map_err(|error| error.shifted(from))?;
        if text.get(at) != Some(&b'@') {
            return Err(AddressError::new(from + at, Part::At));
        }
        let host = text.get(at + 1..).unwrap_or_default();
        let octets = Host::scan(host, false).map_err(|error| error.shifted(from + at + 1))?;
        let (at, end) = (from + at, from + at + 1 + octets);
        let mailbox =
            Self { local: LocalPart(line.slice(from..at)), host: Host::scanned(line.slice(at + 1..end)) };
        Ok((mailbox, end))
    }
}

impl TryFrom<Bytes> for Mailbox {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        let (mailbox, end) = Self::scan(&text, 0)?;
        if end == text.len() { Ok(mailbox) } else { Err(AddressError::new(end, Part::End)) }
    }
}

impl TryFrom<&str> for Mailbox {
    type Error = AddressError;
    fn try_from(text: &str) -> Result<Self, AddressError> {
        Self::try_from(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl std::str::FromStr for Mailbox {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.host)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// What MAIL names: where failures are reported, or nowhere (RFC 5321 section 4.5.5).
///
/// ```
/// use smtp_proto::ReversePath;
///
/// assert_eq!("<>".parse(), Ok(ReversePath::Null));
/// assert_eq!("alice@example.org".parse::<ReversePath>().unwrap().to_string(), "alice@example.org");
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 5321 section 4.1.2: a path or "<>"
pub enum ReversePath {
    /// `<>`: a notification, which must never be answered by another.
    Null,
    /// A mailbox.
    Mailbox(Mailbox),
}

/// What RCPT names.
///
/// ```
/// use smtp_proto::ForwardPath;
///
/// assert_eq!("postMASTER".parse(), Ok(ForwardPath::Postmaster));
/// assert!(matches!("<bob@example.net>".parse(), Ok(ForwardPath::Mailbox(_))));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 5321 section 4.1.1.3: a path or "<Postmaster>"
pub enum ForwardPath {
    /// `<Postmaster>` without a domain, which every server accepts (RFC 5321 section 4.5.1).
    Postmaster,
    /// A mailbox.
    Mailbox(Mailbox),
}

impl ReversePath {
    /// The mailbox, unless it is the null path.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Null => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// Whether it can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    /// A copy that does not share the read buffer.
    #[must_use]
    pub fn detach(&self) -> Self {
        self.mailbox().map_or(Self::Null, |mailbox| Self::Mailbox(mailbox.detach()))
    }

    /// The path at `from` in `line`, in its brackets, and its end.
    pub(crate) fn scan(line: &Bytes, from: usize, bare: bool) -> Result<(Self, usize), AddressError> {
        if line.get(from..).is_some_and(|text| text.starts_with(b"<>")) {
            return Ok((Self::Null, from + 2));
        }
        let (mailbox, end) = scan_path(line, from, bare)?;
        Ok((Self::Mailbox(mailbox), end))
    }
}

impl ForwardPath {
    /// The mailbox, unless it is `<Postmaster>`.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        match self {
            Self::Postmaster => None,
            Self::Mailbox(mailbox) => Some(mailbox),
        }
    }

    /// The domain, if there is one.
    pub fn domain(&self) -> Option<&Domain> {
        self.mailbox().and_then(Mailbox::domain)
    }

    /// Whether it can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.mailbox().is_none_or(Mailbox::is_ascii)
    }

    /// A copy that does not share the read buffer.
    #[must_use]
    pub fn detach(&self) -> Self {
        self.mailbox().map_or(Self::Postmaster, |mailbox| Self::Mailbox(mailbox.detach()))
    }

    /// The path at `from` in `line`, in its brackets, and its end.
    pub(crate) fn scan(line: &Bytes, from: usize, bare: bool) -> Result<(Self, usize), AddressError> {
        const POSTMASTER: &[u8] = b"<postmaster>";
        let end = from + POSTMASTER.len();
        if line.get(from..end).is_some_and(|path| path.eq_ignore_ascii_case(POSTMASTER)) {
            return Ok((Self::Postmaster, end));
        }
        let (mailbox, end) = scan_path(line, from, bare)?;
        Ok((Self::Mailbox(mailbox), end))
    }
}

/// `"<" [ A-d-l ":" ] Mailbox ">"`; with `bare` also a mailbox without brackets.
fn scan_path(line: &Bytes, from: usize, bare: bool) -> Result<(Mailbox, usize), AddressError> {
    if line.get(from) != Some(&b'<') {
        if !bare {
            return Err(AddressError::new(from, Part::Bracket));
        }
        return Mailbox::scan(line, from);
    }
    let inside = from + 1;
    let route =
        source_route(line.get(inside..).unwrap_or_default()).map_err(|error| error.shifted(inside))?;
    let (mailbox, end) = Mailbox::scan(line, inside + route)?;
    if line.get(end) != Some(&b'>') {
        return Err(AddressError::new(end, Part::Bracket));
    }
    Ok((mailbox, end + 1))
}

/// RFC 5321 section 4.1.1.3: source routes "MUST BE accepted, SHOULD NOT be generated, and SHOULD be ignored".
fn source_route(text: &[u8]) -> Result<usize, AddressError> {
    let mut at = 0;
    while text.get(at) == Some(&b'@') {
        let domain = at + 1;
        at = domain + Domain::scan(text.get(domain..).unwrap_or_default()).map_err(|e| e.shifted(domain))?;
        match text.get(at) {
            Some(b',') => at += 1,
            Some(b':') => return Ok(at + 1),
            _ => return Err(AddressError::new(at, Part::Domain)),
        }
    }
    if at == 0 { Ok(0) } else { Err(AddressError::new(at, Part::Domain)) }
}

/// Writes the conversions from text, which may have its brackets or not.
macro_rules! path_type {
    ($name:ident, $other:ident, $text:literal) => {
        impl std::str::FromStr for $name {
            type Err = AddressError;
            fn from_str(text: &str) -> Result<Self, AddressError> {
                let octets = Bytes::copy_from_slice(text.as_bytes());
                if !octets.starts_with(b"<") {
                    if text.eq_ignore_ascii_case($text) && !text.is_empty() {
                        return Ok(Self::$other);
                    }
                    return Mailbox::try_from(octets).map(Self::Mailbox);
                }
                let (path, end) = Self::scan(&octets, 0, false)?;
                if end == octets.len() { Ok(path) } else { Err(AddressError::new(end, Part::End)) }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = AddressError;
            fn try_from(text: &str) -> Result<Self, AddressError> {
                text.parse()
            }
        }

        impl From<Mailbox> for $name {
            fn from(mailbox: Mailbox) -> Self {
                Self::Mailbox(mailbox)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::$other => f.write_str($text),
                    Self::Mailbox(mailbox) => mailbox.fmt(f),
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "<{self}>")
            }
        }
    };
}

path_type!(ReversePath, Null, "");
path_type!(ForwardPath, Postmaster, "Postmaster");

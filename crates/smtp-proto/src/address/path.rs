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

    /// The mailbox that `text` begins with, and its length.
    fn scan(text: &Bytes) -> Result<(Self, usize), AddressError> {
        let at = LocalPart::scan(text)?;
        if text.get(at) != Some(&b'@') {
            return Err(AddressError::new(at, Part::At));
        }
        let host_at = at + 1;
        let host =
            Host::scan(text.get(host_at..).unwrap_or_default(), false).map_err(|e| e.shifted(host_at))?;
        let end = host_at + host;
        let mailbox =
            Self { local: LocalPart(text.slice(..at)), host: Host::scanned(text.slice(host_at..end)) };
        Ok((mailbox, end))
    }
}

impl TryFrom<Bytes> for Mailbox {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        let (mailbox, end) = Self::scan(&text)?;
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

    /// The path at the beginning of `text`, in its brackets, and its length.
    pub(crate) fn scan(text: &Bytes, bare: bool) -> Result<(Self, usize), AddressError> {
        if text.starts_with(b"<>") {
            return Ok((Self::Null, 2));
        }
        let (mailbox, end) = scan_path(text, bare)?;
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

    /// The path at the beginning of `text`, in its brackets, and its length.
    pub(crate) fn scan(text: &Bytes, bare: bool) -> Result<(Self, usize), AddressError> {
        const POSTMASTER: &[u8] = b"<postmaster>";
        if text.get(..POSTMASTER.len()).is_some_and(|path| path.eq_ignore_ascii_case(POSTMASTER)) {
            return Ok((Self::Postmaster, POSTMASTER.len()));
        }
        let (mailbox, end) = scan_path(text, bare)?;
        Ok((Self::Mailbox(mailbox), end))
    }
}

/// `"<" [ A-d-l ":" ] Mailbox ">"`; with `bare` also a mailbox without brackets.
fn scan_path(text: &Bytes, bare: bool) -> Result<(Mailbox, usize), AddressError> {
    if text.first() != Some(&b'<') {
        if !bare {
            return Err(AddressError::new(0, Part::Bracket));
        }
        return Mailbox::scan(text);
    }
    let at = 1 + source_route(text.get(1..).unwrap_or_default()).map_err(|e| e.shifted(1))?;
    let (mailbox, octets) = Mailbox::scan(&text.slice(at..)).map_err(|e| e.shifted(at))?;
    let close = at + octets;
    if text.get(close) != Some(&b'>') {
        return Err(AddressError::new(close, Part::Bracket));
    }
    Ok((mailbox, close + 1))
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
                let (path, end) = Self::scan(&octets, false)?;
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

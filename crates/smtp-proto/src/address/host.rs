//! Domains and address literals.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytes::Bytes;

use super::{AddressError, Octets, Part, octets, text_type};

/// A domain name, as it stands on the wire; compared without regard to ASCII case.
///
/// Labels of letters, digits, hyphens and underscores (which host names in use have), or U-labels with
/// SMTPUTF8 (RFC 6531 section 2); at most 63 octets a label and 255 in all (RFC 5321 section 4.5.3.1.2).
///
/// ```abnf
/// Domain     = sub-domain *("." sub-domain)
/// sub-domain = Let-dig [Ldh-str] / U-label
/// ```
///
/// ```
/// use smtp_proto::Domain;
///
/// assert_eq!("MX.Example.ORG".parse::<Domain>().unwrap(), "mx.example.org".parse().unwrap());
/// assert!("groß.example".parse::<Domain>().is_ok());
/// for wrong in ["", "a..b", "a.", "-a", "a b", "ex\u{ad}ample.com"] {
///     assert!(wrong.parse::<Domain>().is_err(), "{wrong}");
/// }
/// ```
#[derive(Clone)]
pub struct Domain(pub(super) Bytes);

text_type!(Domain);

impl Domain {
    /// Length of the domain that `text` begins with.
    pub(super) fn scan(text: &[u8]) -> Result<usize, AddressError> {
        let (mut label, mut end, mut last, mut all) = (0, 0, b'.', 0);
        for &octet in text {
            if !is_domain_octet(octet) {
                break;
            }
            // A label ends here, or begins; neither with a hyphen, and none is empty or too long.
            if octet == b'.' {
                if end - label > 63 || last == b'.' || last == b'-' {
                    return Err(AddressError::new(label, Part::Domain));
                }
                label = end + 1;
            } else if octet == b'-' && last == b'.' {
                return Err(AddressError::new(label, Part::Domain));
            }
            last = octet;
            all |= octet;
            end += 1;
        }
        if end - label > 63 || last == b'.' || last == b'-' {
            return Err(AddressError::new(label, Part::Domain));
        }
        if end > 255 {
            return Err(AddressError::new(255, Part::Domain));
        }
        if all >= 128 && !text.get(..end).is_some_and(is_unicode_domain) {
            return Err(AddressError::new(0, Part::Domain));
        }
        Ok(end)
    }
}

fn is_domain_octet(octet: u8) -> bool {
    static DOMAIN: Octets = octets(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_");
    DOMAIN.has(octet)
}

/// RFC 5891 section 4.2: U-labels hold no character that the mapping would change or remove (soft hyphen,
/// full-width letters, upper case), so that two domains that look alike to us are alike to everybody.
fn is_unicode_domain(domain: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(domain) else { return false };
    let (unicode, result) = idna::domain_to_unicode(text);
    result.is_ok()
        && unicode.chars().eq(text.chars().map(|c| c.to_ascii_lowercase()))
        && idna::domain_to_ascii_strict(text).is_ok()
}

impl TryFrom<Bytes> for Domain {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        let end = Self::scan(&text)?;
        if end == text.len() { Ok(Self(text)) } else { Err(AddressError::new(end, Part::End)) }
    }
}

impl PartialEq for Domain {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Domain {}

impl std::hash::Hash for Domain {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in &self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

/// An address in brackets (RFC 5321 section 4.1.3).
///
/// ```
/// use smtp_proto::AddressLiteral;
///
/// let literal: AddressLiteral = "[IPv6:2001:db8::1]".parse().unwrap();
/// assert_eq!(literal.ip(), Some("2001:db8::1".parse().unwrap()));
/// assert!("[0x7f.1]".parse::<AddressLiteral>().is_err());
/// assert!("[IPv6:::ffff:999.1.1.1]".parse::<AddressLiteral>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AddressLiteral(pub(super) Bytes);

text_type!(AddressLiteral);

impl AddressLiteral {
    /// The IP address; `None` for a general literal with another tag.
    pub fn ip(&self) -> Option<IpAddr> {
        let inner = std::str::from_utf8(self.0.get(1..self.0.len().checked_sub(1)?)?).ok()?;
        match strip_tag(inner) {
            Some(six) => six.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
            None => inner.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
        }
    }

    /// Length of the literal that `text` begins with. `untagged` accepts IPv6 without its tag.
    pub(super) fn scan(text: &[u8], untagged: bool) -> Result<usize, AddressError> {
        let wrong = AddressError::new(0, Part::Literal);
        let close = text.iter().take(256).position(|&octet| octet == b']').ok_or(wrong)?;
        let inner = text.get(1..close).and_then(|inner| std::str::from_utf8(inner).ok()).ok_or(wrong)?;
        let good = match strip_tag(inner) {
            // RFC 5321 section 4.1.3: no zone, no brackets; the standard parser is that strict.
            Some(six) => six.parse::<Ipv6Addr>().is_ok(),
            None if inner.contains(':') => untagged && inner.parse::<Ipv6Addr>().is_ok() || is_general(inner),
            None => inner.parse::<Ipv4Addr>().is_ok(),
        };
        if good { Ok(close + 1) } else { Err(AddressError::new(1, Part::Literal)) }
    }
}

fn strip_tag(inner: &str) -> Option<&str> {
    let (tag, rest) = inner.split_at_checked(5)?;
    tag.eq_ignore_ascii_case("IPv6:").then_some(rest)
}

/// `Standardized-tag ":" 1*dcontent`: a tag that ends in a letter or digit and is not a piece of an address.
fn is_general(inner: &str) -> bool {
    inner.split_once(':').is_some_and(|(tag, content)| {
        tag.starts_with(|c: char| c.is_ascii_alphabetic())
            && tag.ends_with(|c: char| c.is_ascii_alphanumeric())
            && tag.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && tag.bytes().any(|octet| !octet.is_ascii_hexdigit())
            && !content.is_empty()
            && content.bytes().all(|octet| matches!(octet, 33..=90 | 94..=126))
    })
}

impl TryFrom<Bytes> for AddressLiteral {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        if text.first() != Some(&b'[') {
            return Err(AddressError::new(0, Part::Literal));
        }
        let end = Self::scan(&text, false)?;
        if end == text.len() { Ok(Self(text)) } else { Err(AddressError::new(end, Part::End)) }
    }
}

impl From<IpAddr> for AddressLiteral {
    fn from(ip: IpAddr) -> Self {
        Self(Bytes::from(match ip {
            IpAddr::V4(ip) => format!("[{ip}]"),
            IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
        }))
    }
}

/// What EHLO names, and what follows the at sign.
///
/// ```
/// use smtp_proto::Host;
///
/// assert!(matches!("client.example.com".parse(), Ok(Host::Domain(_))));
/// assert!(matches!("[192.0.2.1]".parse(), Ok(Host::Literal(_))));
/// assert!("host\r\nMAIL FROM:<x@y>".parse::<Host>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 5321 section 4.1.2 knows these two
pub enum Host {
    /// A domain.
    Domain(Domain),
    /// An address literal.
    Literal(AddressLiteral),
}

impl Host {
    /// The text, as octets.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Domain(domain) => domain.as_bytes(),
            Self::Literal(literal) => literal.as_bytes(),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Domain(domain) => domain.as_str(),
            Self::Literal(literal) => literal.as_str(),
        }
    }

    /// Whether it can be sent without SMTPUTF8.
    pub fn is_ascii(&self) -> bool {
        self.as_bytes().is_ascii()
    }

    /// A copy that does not share the read buffer.
    #[must_use]
    pub fn detach(&self) -> Self {
        match self {
            Self::Domain(domain) => Self::Domain(domain.detach()),
            Self::Literal(literal) => Self::Literal(literal.detach()),
        }
    }

    /// Length of the host that `text` begins with.
    pub(crate) fn scan(text: &[u8], untagged: bool) -> Result<usize, AddressError> {
        if text.first() == Some(&b'[') { AddressLiteral::scan(text, untagged) } else { Domain::scan(text) }
    }

    /// A host whose text was scanned.
    pub(crate) fn scanned(text: Bytes) -> Self {
        if text.first() == Some(&b'[') {
            Self::Literal(AddressLiteral(text))
        } else {
            Self::Domain(Domain(text))
        }
    }
}

impl TryFrom<Bytes> for Host {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        let end = Self::scan(&text, false)?;
        if end == text.len() { Ok(Self::scanned(text)) } else { Err(AddressError::new(end, Part::End)) }
    }
}

impl TryFrom<&str> for Host {
    type Error = AddressError;
    fn try_from(text: &str) -> Result<Self, AddressError> {
        Self::try_from(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl std::str::FromStr for Host {
    type Err = AddressError;
    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

impl From<Domain> for Host {
    fn from(domain: Domain) -> Self {
        Self::Domain(domain)
    }
}

impl From<AddressLiteral> for Host {
    fn from(literal: AddressLiteral) -> Self {
        Self::Literal(literal)
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Self::Literal(ip.into())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

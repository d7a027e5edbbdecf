//! XCLIENT and XFORWARD: what a trusted proxy says of the client behind it (Postfix XCLIENT_README).

use std::net::IpAddr;

use bytes::{BufMut, Bytes};

use crate::parse_error::{Expected, ParseError};
use crate::{AddressError, xtext};

/// Attributes of XCLIENT or XFORWARD: `NAME=value`, values as xtext.
///
/// ```
/// use smtp_proto::{Command, Quirks};
///
/// let line = "XCLIENT NAME=[UNAVAILABLE] ADDR=IPV6:2001:db8::1 LOGIN=a+20b".into();
/// let Ok(Command::Xclient(attributes)) = Command::parse(&line, &Quirks::default()) else { panic!() };
/// assert_eq!(attributes.ip(), Some("2001:db8::1".parse().unwrap()));
/// assert_eq!(attributes.value("login").unwrap(), "a b");
/// assert_eq!(attributes.value("name"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct XclientAttributes {
    /// Names in upper case, values decoded.
    list: Vec<(Bytes, Bytes)>,
}

/// Names that XCLIENT or XFORWARD know.
const NAMES: [&str; 10] =
    ["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT", "SOURCE", "IDENT"];

impl XclientAttributes {
    /// No attribute.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an attribute.
    ///
    /// # Errors
    ///
    /// [`AddressError`] naming the first octet that cannot be: an unknown name (octet 0), or a control
    /// character in the value.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, AddressError> {
        let name = name.to_ascii_uppercase();
        if !NAMES.contains(&name.as_str()) {
            return Err(AddressError::new(0, crate::address::Part::End));
        }
        if let Some(at) = value.bytes().position(|octet| octet.is_ascii_control()) {
            return Err(AddressError::new(at, crate::address::Part::End));
        }
        self.list.push((Bytes::from(name), Bytes::copy_from_slice(value.as_bytes())));
        Ok(self)
    }

    /// The value of an attribute; `None` if it is not given, `[UNAVAILABLE]` or `[TEMPUNAVAIL]`.
    pub fn value(&self, name: &str) -> Option<&Bytes> {
        let (_, value) = self.list.iter().find(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()))?;
        (!value.eq_ignore_ascii_case(b"[UNAVAILABLE]") && !value.eq_ignore_ascii_case(b"[TEMPUNAVAIL]"))
            .then_some(value)
    }

    /// ADDR as an address.
    pub fn ip(&self) -> Option<IpAddr> {
        let text = std::str::from_utf8(self.value("ADDR")?).ok()?;
        let bare = text.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPV6:")).and_then(|_| text.get(5..));
        bare.unwrap_or(text).parse().ok()
    }

    /// PORT as a number.
    pub fn port(&self) -> Option<u16> {
        crate::command::decimal(self.value("PORT")?).and_then(|port| u16::try_from(port).ok())
    }

    /// All attributes: names in upper case, values decoded, `[UNAVAILABLE]` as it stands.
    pub fn iter(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.list.iter().map(|(name, value)| (name, value))
    }

    pub(crate) fn parse(line: &Bytes, mut at: usize) -> Result<Self, ParseError> {
        let mut this = Self::default();
        while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
            let octets = rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len());
            let wrong = ParseError::new(at, Expected::Parameter);
            if octets > 0 {
                let equals =
                    rest.iter().position(|&octet| octet == b'=').filter(|&i| i < octets).ok_or(wrong)?;
                let name = line.slice(at..at + equals).to_ascii_uppercase();
                let value = xtext::decode(&line.slice(at + equals + 1..at + octets)).ok_or(wrong)?;
                let known = NAMES.iter().any(|known| known.as_bytes() == name);
                if !known || value.iter().any(u8::is_ascii_control) {
                    return Err(wrong);
                }
                if this.list.iter().any(|(given, _)| *given == name) {
                    return Err(ParseError::new(at, Expected::OneOfAKind));
                }
                this.list.push((Bytes::from(name), value));
            }
            at += octets + 1;
        }
        if this.list.is_empty() {
            Err(ParseError::new(at.min(line.len()), Expected::Parameter))
        } else {
            Ok(this)
        }
    }

    pub(crate) fn encode(&self, out: &mut impl BufMut) {
        for (name, value) in &self.list {
            out.put_u8(b' ');
            out.put_slice(name);
            out.put_u8(b'=');
            xtext::encode(value, out);
        }
    }
}

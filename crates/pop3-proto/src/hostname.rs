//! The name of a server, as it stands in its greeting.

use std::str::FromStr;

/// A host name in ASCII (RFC 5321 section 2.3.5 has the same for SMTP): it greets, and makes APOP timestamps.
///
/// # Example
///
/// ```
/// let name: pop3_proto::Hostname = "pop.example.org".parse().unwrap();
/// assert_eq!(name.as_str(), "pop.example.org");
/// assert!("pop example".parse::<pop3_proto::Hostname>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hostname(Box<str>);

/// What should be a host name is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host name")]
#[non_exhaustive]
pub struct InvalidHostname;

impl Hostname {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hostname {
    type Err = InvalidHostname;

    fn from_str(name: &str) -> Result<Self, InvalidHostname> {
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
        };
        let good = name.len() <= 253 && name.split('.').all(label);
        if good { Ok(Self(name.into())) } else { Err(InvalidHostname) }
    }
}

impl std::fmt::Display for Hostname {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

//! Extended response codes, RFC 2449 section 8.

use std::fmt;

use bytes::Bytes;

/// A response code without its brackets: an open vocabulary with hierarchical levels, compared without regard to case.
///
/// ```abnf
/// resp-code  = "[" resp-level *("/" resp-level) "]"
/// resp-level = 1*rchar
/// rchar      = %x21-2E / %x30-5C / %x5E-7F
/// ```
///
/// # Example
///
/// ```
/// use pop3_proto::ResponseCode;
///
/// let code = ResponseCode::new("sys/temp/disk").unwrap();
/// assert!(code.is(&ResponseCode::SYS_TEMP)); // RFC 2449 section 8: unknown detail is ignored
/// assert!(!code.is(&ResponseCode::SYS_PERM));
/// assert_eq!(code.levels().collect::<Vec<_>>(), [&b"sys"[..], b"temp", b"disk"]);
/// assert!(ResponseCode::new("IN USE").is_none());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseCode(Bytes);

impl ResponseCode {
    /// The maildrop is locked by another session (RFC 2449 section 8.1.2).
    pub const IN_USE: Self = Self::fixed("IN-USE");
    /// The last login was too recently (RFC 2449 section 8.1.1).
    pub const LOGIN_DELAY: Self = Self::fixed("LOGIN-DELAY");
    /// The server has a problem that is likely to pass (RFC 3206 section 4).
    pub const SYS_TEMP: Self = Self::fixed("SYS/TEMP");
    /// The server has a problem that somebody must mend (RFC 3206 section 4).
    pub const SYS_PERM: Self = Self::fixed("SYS/PERM");
    /// The credentials are the problem (RFC 3206 section 4).
    pub const AUTH: Self = Self::fixed("AUTH");
    /// The message needs UTF-8 mode (RFC 6856 section 5).
    pub const UTF8: Self = Self::fixed("UTF8");

    const fn fixed(code: &'static str) -> Self {
        Self(Bytes::from_static(code.as_bytes()))
    }

    /// A code, given without brackets; `None` if it does not fit the grammar.
    pub fn new(code: &str) -> Option<Self> {
        is_code(code.as_bytes()).then(|| Self(Bytes::copy_from_slice(code.as_bytes())))
    }

    /// The code at the beginning of a text, and where the text behind it begins.
    pub(crate) fn scan(text: &Bytes) -> Option<(Self, usize)> {
        let rest = text.strip_prefix(b"[")?;
        let end = memchr::memchr(b']', rest)?;
        let code = rest.get(..end)?;
        is_code(code).then(|| {
            let behind = end + 2;
            let space = usize::from(text.get(behind) == Some(&b' '));
            (Self(text.slice_ref(code)), behind + space)
        })
    }

    /// As it is written, without brackets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its levels, the most general first.
    pub fn levels(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&octet| octet == b'/')
    }

    /// Whether this is `general` or a detail of it.
    pub fn is(&self, general: &Self) -> bool {
        let mut levels = self.levels();
        general.levels().all(|wanted| levels.next().is_some_and(|level| level.eq_ignore_ascii_case(wanted)))
    }

    /// A copy that does not keep the read buffer alive.
    pub(crate) fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }
}

fn is_code(code: &[u8]) -> bool {
    code.split(|&octet| octet == b'/').all(|level| {
        !level.is_empty() && level.iter().all(|&octet| octet.is_ascii_graphic() && octet != b']')
    })
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        wire_core::Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

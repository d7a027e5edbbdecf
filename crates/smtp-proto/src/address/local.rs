//! The part before the at sign.

use bytes::{BufMut, Bytes, BytesMut};

use super::{AddressError, Octets, Part, is_visible_utf8, octets, text_type};

/// A local-part: dot-string or quoted-string, as it stands on the wire.
///
/// Only the receiving domain may interpret it (RFC 5321 section 2.3.11), so it is kept as it came; two
/// local-parts are equal if they mean the same once unquoted. Octets above 127 need SMTPUTF8.
///
/// ```abnf
/// Local-part     = Dot-string / Quoted-string
/// Dot-string     = Atom *("."  Atom)
/// Quoted-string  = DQUOTE *QcontentSMTP DQUOTE
/// QcontentSMTP   = qtextSMTP / quoted-pairSMTP
/// quoted-pairSMTP = %d92 %d32-126
/// qtextSMTP      = %d32-33 / %d35-91 / %d93-126
/// ```
///
/// ```
/// use smtp_proto::LocalPart;
///
/// let quoted: LocalPart = "\"john smith\"".parse().unwrap();
/// assert_eq!(quoted.unquoted(), "john smith");
/// assert_eq!("\"bob\"".parse::<LocalPart>().unwrap(), "bob".parse().unwrap());
/// assert!("a..b".parse::<LocalPart>().is_err());
/// ```
#[derive(Clone)]
pub struct LocalPart(pub(super) Bytes);

/// RFC 5321 section 4.5.3.1.1: "The maximum total length of a user name or other local-part is 64 octets." Longer
/// ones are in use (variable envelope return paths), so that receivers accept up to 255.
const MOST: usize = 255;

text_type!(LocalPart);

impl LocalPart {
    /// What it means: without quotes and backslashes.
    pub fn unquoted(&self) -> Bytes {
        let Some(inner) = self.0.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
            return self.0.clone();
        };
        if memchr::memchr(b'\\', inner).is_none() {
            return self.0.slice_ref(inner);
        }
        let mut out = BytesMut::with_capacity(inner.len());
        let mut octets = inner.iter();
        while let Some(&octet) = octets.next() {
            out.put_u8(if octet == b'\\' { octets.next().copied().unwrap_or(octet) } else { octet });
        }
        out.freeze()
    }

    /// Length of the local-part that `text` begins with.
    pub(super) fn scan(text: &[u8]) -> Result<usize, AddressError> {
        let end = if text.first() == Some(&b'"') { scan_quoted(text)? } else { scan_dots(text)? };
        let octets = text.get(..end).unwrap_or_default();
        if end > MOST || !is_visible_utf8(octets) {
            return Err(AddressError::new(end.min(MOST), Part::LocalPart));
        }
        Ok(end)
    }
}

fn scan_quoted(text: &[u8]) -> Result<usize, AddressError> {
    let mut at = 1;
    loop {
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') if matches!(text.get(at + 1), Some(32..=126)) => at += 2,
            Some(b'\\') => return Err(AddressError::new(at + 1, Part::LocalPart)),
            Some(32..=126 | 128..) => at += 1,
            _ => return Err(AddressError::new(at, Part::LocalPart)),
        }
    }
}

fn scan_dots(text: &[u8]) -> Result<usize, AddressError> {
    let mut atom = 0;
    for (at, &octet) in text.iter().enumerate() {
        match octet {
            octet if is_atext(octet) => atom += 1,
            b'.' if atom > 0 => atom = 0,
            _ if atom > 0 => return Ok(at),
            _ => return Err(AddressError::new(at, Part::LocalPart)),
        }
    }
    if atom > 0 { Ok(text.len()) } else { Err(AddressError::new(text.len(), Part::LocalPart)) }
}

/// RFC 5322 section 3.2.3 atext, with UTF-8 by RFC 6531 section 3.3.
fn is_atext(octet: u8) -> bool {
    static ATEXT: Octets =
        octets(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~");
    ATEXT.has(octet)
}

impl TryFrom<Bytes> for LocalPart {
    type Error = AddressError;
    fn try_from(text: Bytes) -> Result<Self, AddressError> {
        let end = Self::scan(&text)?;
        if end == text.len() { Ok(Self(text)) } else { Err(AddressError::new(end, Part::End)) }
    }
}

impl PartialEq for LocalPart {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.unquoted() == other.unquoted()
    }
}

impl Eq for LocalPart {}

impl std::hash::Hash for LocalPart {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.unquoted().hash(state);
    }
}

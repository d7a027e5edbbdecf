//! The timestamp of a greeting, which APOP is based on (RFC 1939 section 7).

use bytes::Bytes;

/// The timestamp in the text of a greeting, angle brackets included; `None` if there is none that is a strict message
/// id in ASCII.
///
/// RFC 1939 section 7 gives it the syntax of a `msg-id`. Whoever can choose
/// other octets finds out passwords (CVE-2007-1558), so nothing else is taken for one.
///
/// ```
/// use pop3_proto::timestamp;
///
/// let text = "POP3 server ready <1896.697170952@dbc.mtview.ca.us>".into();
/// assert_eq!(timestamp(&text).unwrap(), "<1896.697170952@dbc.mtview.ca.us>");
/// assert_eq!(timestamp(&"<not a msg id> ready".into()), None);
/// ```
pub fn timestamp(text: &Bytes) -> Option<Bytes> {
    let begin = memchr::memchr(b'<', text)?;
    let end = begin + memchr::memchr(b'>', text.get(begin..)?)?;
    let inner = text.get(begin + 1..end)?;
    let at = memchr::memchr(b'@', inner)?;
    let (left, right) = (inner.get(..at)?, inner.get(at + 1..)?);
    let atoms = |part: &[u8]| {
        part.split(|&octet| octet == b'.')
            .all(|atom| !atom.is_empty() && atom.iter().all(|&octet| is_atext(octet)))
    };
    (atoms(left) && atoms(right)).then(|| text.slice(begin..=end))
}

/// RFC 5322 section 3.2.3.
fn is_atext(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet)
}

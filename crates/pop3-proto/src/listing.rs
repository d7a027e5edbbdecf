//! What STAT, LIST and UIDL tell, RFC 1939 section 5 and RFC 1939 section 7.

use std::fmt;

use bytes::Bytes;
use wire_core::Escaped;

use crate::digits;

/// The answer to STAT: how many messages, and how large they are together.
///
/// ```
/// use pop3_proto::DropListing;
///
/// let listing = DropListing::parse(b"2 320").unwrap();
/// assert_eq!((listing.messages, listing.octets), (2, Some(320)));
/// assert_eq!(DropListing::parse(b"2").unwrap().octets, None); // there are servers that do not say
/// assert_eq!(DropListing::parse(b"4294967296 1"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DropListing {
    /// Messages that are not marked as deleted.
    pub messages: u32,
    /// Their octets, if the server says.
    pub octets: Option<u64>,
}

impl DropListing {
    /// Reads the text behind `+OK`; what follows the two numbers is passed over (RFC 1939 section 5 lets servers
    /// add to it). `None` if it is no drop listing.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (messages, rest) = field(text);
        let messages = u32::try_from(digits::parse(messages)?).ok()?;
        let octets = match field(rest).0 {
            [] => None,
            octets => Some(digits::parse(octets)?),
        };
        Some(Self { messages, octets })
    }
}

/// A line of LIST: the size of a message.
///
/// ```
/// use pop3_proto::ScanListing;
///
/// let line = ScanListing::parse(b"2 200", None).unwrap();
/// assert_eq!((line.message, line.octets), (2, 200));
/// // A reply to LIST 5 that leaves out the number.
/// assert_eq!(ScanListing::parse(b"320", Some(5)).unwrap().message, 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScanListing {
    /// The message's number.
    pub message: u32,
    /// Its size in octets, CRLF counted as two: advisory, some servers count otherwise.
    pub octets: u64,
}

impl ScanListing {
    /// Reads a line, or the text behind `+OK` if `asked` says which message the listing is of. `None` if it is no
    /// scan listing.
    pub fn parse(line: &[u8], asked: Option<u32>) -> Option<Self> {
        let (first, rest) = field(line);
        let (second, _) = field(rest);
        let (message, octets) = match (asked, second) {
            (Some(asked), []) => (asked, first),
            _ => (message_number(first)?, second),
        };
        Some(Self { message, octets: digits::parse(octets)? })
    }
}

/// A line of UIDL: the unique id of a message.
///
/// ```
/// use pop3_proto::UniqueIdListing;
///
/// let line = UniqueIdListing::parse(&"2 QhdPYR:00WBw1Ph7x7".into(), None).unwrap();
/// assert_eq!(line.message, 2);
/// assert_eq!(line.unique_id.unwrap().as_bytes(), b"QhdPYR:00WBw1Ph7x7");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UniqueIdListing {
    /// The message's number.
    pub message: u32,
    /// Its unique id; `None` if the server leaves it out.
    pub unique_id: Option<UniqueId>,
}

impl UniqueIdListing {
    /// Reads a line, or the text behind `+OK` if `asked` says which message the listing is of. Fields may be
    /// separated by several spaces or tabs. `None` if it is no unique-id listing.
    pub fn parse(line: &Bytes, asked: Option<u32>) -> Option<Self> {
        let (first, rest) = field(line);
        let (second, _) = field(rest);
        let (message, unique_id) = match (asked, second) {
            (Some(asked), []) => (asked, first),
            _ => (message_number(first)?, second),
        };
        let unique_id = match unique_id {
            [] => None,
            octets => Some(UniqueId::received(line.slice_ref(octets))?),
        };
        Some(Self { message, unique_id })
    }
}

fn message_number(field: &[u8]) -> Option<u32> {
    u32::try_from(digits::parse(field)?).ok().filter(|&number| number > 0)
}

/// The first field of a line and what is behind it.
fn field(line: &[u8]) -> (&[u8], &[u8]) {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let begin = line.iter().position(|octet| !blank(octet)).unwrap_or(line.len());
    let line = line.get(begin..).unwrap_or_default();
    let end = line.iter().position(blank).unwrap_or(line.len());
    line.split_at_checked(end).unwrap_or((line, &[]))
}

/// What names a message for ever, RFC 1939 section 7: "an arbitrary server-determined string, consisting of one to 70
/// characters in the range 0x21 to 0x7E".
///
/// It is opaque: it may look like a path, and it must not be used as one. Two messages may share one if they are the
/// same to the octet, and with broken servers even if they are not.
///
/// ```
/// use pop3_proto::UniqueId;
///
/// assert!(UniqueId::new("whqtswO00WBw418f9t5JxYwZ").is_ok());
/// assert_eq!(UniqueId::new("").unwrap_err().at, 0);
/// assert_eq!(UniqueId::new("a b").unwrap_err().at, 1);
/// assert_eq!(UniqueId::new(&"x".repeat(71)).unwrap_err().at, 70);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UniqueId(Bytes);

/// An octet that cannot stand in a unique id, or where one is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("octet {at} cannot stand in a unique id")]
#[non_exhaustive]
pub struct InvalidUniqueId {
    /// Which octet.
    pub at: usize,
}

impl UniqueId {
    /// A unique id as RFC 1939 has it.
    ///
    /// # Errors
    ///
    /// [`InvalidUniqueId`] unless it is 1 to 70 octets between `!` and `~`.
    pub fn new(id: &str) -> Result<Self, InvalidUniqueId> {
        check(id.as_bytes()).map(|()| Self(Bytes::copy_from_slice(id.as_bytes())))
    }

    /// What a server sent: longer ones are in use, and other octets.
    pub(crate) fn received(id: Bytes) -> Option<Self> {
        let good = !id.is_empty() && !id.iter().any(|octet| octet.is_ascii_control() || *octet == b' ');
        good.then_some(Self(id))
    }

    /// The octets.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A copy that does not keep the read buffer alive.
    #[must_use]
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }
}

pub(crate) fn check(id: &[u8]) -> Result<(), InvalidUniqueId> {
    const MOST: usize = 70;
    let wrong = id.iter().position(|octet| !octet.is_ascii_graphic());
    match wrong.or((id.len() > MOST).then_some(MOST)).or(id.is_empty().then_some(0)) {
        Some(at) => Err(InvalidUniqueId { at }),
        None => Ok(()),
    }
}

impl fmt::Display for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for UniqueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UniqueId({self})")
    }
}

//! Messages that are gone (RFC 7162 section 3.2.10).

use crate::{Encoder, ParseError, UidSet, cursor::Cursor};

/// VANISHED: messages that are gone, by their UIDs.
///
/// The set is kept as ranges, and may hold UIDs that never were: `1:4294967295` is one range.
///
/// ```abnf
/// expunged-resp = "VANISHED" [SP "(EARLIER)"] SP known-uids
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&"* VANISHED (EARLIER) 41,43:116".into(), Dialect::REV1);
/// let Response::Untagged(Untagged::Vanished(vanished)) = response else { panic!() };
/// assert!(vanished.earlier);
/// assert_eq!(vanished.uids.count(200), 75);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Vanished {
    /// Whether they were gone before this session saw them: sequence numbers stay as they are then.
    pub earlier: bool,
    /// Which.
    pub uids: UidSet,
}

impl Vanished {
    /// These messages are gone.
    pub const fn new(uids: UidSet, earlier: bool) -> Self {
        Self { earlier, uids }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut earlier = false;
        if cursor.peek() == Some(b'(') {
            cursor.list(|cursor| {
                earlier |= cursor.atom()?.is("EARLIER");
                Ok(())
            })?;
            cursor.space()?;
        }
        let uids = UidSet::read_static(cursor)?;
        cursor.end()?;
        Ok(Self { earlier, uids })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if self.earlier {
            encoder.octets(b"(EARLIER) ");
        }
        self.uids.encode(encoder);
    }
}

//! Batches of UIDs (RFC 10022).

use std::num::NonZeroU32;

use crate::{Encoder, Expected, ParseError, Text, UidSet, cursor::Cursor};

use super::esearch::{encode_tag, read_tag};

/// The arguments of UIDBATCHES: into batches of how many messages a mailbox is to be divided.
///
/// Servers take 500 messages a batch and more, and 100,000 messages in one command (RFC 10022 section 3.1).
///
/// ```abnf
/// message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]
/// ```
///
/// # Example
///
/// ```
/// use std::num::NonZeroU32;
/// use imap_proto::search::UidBatchesCommand;
///
/// let batches = UidBatchesCommand::new(NonZeroU32::new(2000).unwrap());
/// assert_eq!(batches.batches, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UidBatchesCommand {
    /// Messages in a batch.
    pub size: NonZeroU32,
    /// Which batches are asked for, counted from 1, that of the newest messages; all without.
    pub batches: Option<(NonZeroU32, NonZeroU32)>,
}

impl UidBatchesCommand {
    /// All batches of so many messages.
    pub const fn new(size: NonZeroU32) -> Self {
        Self { size, batches: None }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let size = number(cursor)?;
        if !cursor.eat(b' ') {
            return Ok(Self::new(size));
        }
        let first = number(cursor)?;
        cursor.expect(b':', Expected::Set)?;
        Ok(Self { size, batches: Some((first, number(cursor)?)) })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.number(u64::from(self.size.get()));
        if let Some((first, last)) = self.batches {
            encoder.space();
            encoder.number(u64::from(first.get()));
            encoder.octets(b":");
            encoder.number(u64::from(last.get()));
        }
    }
}

fn number(cursor: &mut Cursor<'_>) -> Result<NonZeroU32, ParseError> {
    let start = cursor.at();
    NonZeroU32::new(cursor.nz_number()?).ok_or(ParseError::new(start, Expected::NonZero))
}

/// What UIDBATCHES answers.
///
/// ```abnf
/// uidbatches-response = "UIDBATCHES" search-correlator [SP uid-range *("," uid-range)]
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&r#"* UIDBATCHES (TAG "A143") 99695:20351,20350:1"#.into(), Dialect::REV1);
/// let Response::Untagged(Untagged::UidBatches(batches)) = response else { panic!() };
/// assert_eq!(batches.tag.unwrap(), "A143");
/// let ranges: Vec<_> = batches.batches.iter().flat_map(|set| set.written()).collect();
/// assert_eq!(ranges[1].0.unwrap().get(), 20350);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UidBatches {
    /// The tag of the command that is answered.
    pub tag: Option<Text>,
    /// The batches in the order in which they are [written](UidSet::written), each from its highest UID to its lowest; `None` if
    /// there are none.
    pub batches: Option<UidSet>,
}

impl UidBatches {
    /// An answer.
    pub const fn new(tag: Option<Text>, batches: Option<UidSet>) -> Self {
        Self { tag, batches }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut answer = Self::default();
        if cursor.peek() == Some(b'(') {
            cursor.list(|cursor| {
                answer.tag = Some(read_tag(cursor)?);
                Ok(())
            })?;
            if cursor.space().is_err() {
                return cursor.end().map(|()| answer);
            }
        }
        if !cursor.is_done() {
            answer.batches = Some(UidSet::read_static(cursor)?);
        }
        cursor.end()?;
        Ok(answer)
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if let Some(tag) = &self.tag {
            encoder.octets(b"(");
            encode_tag(tag, encoder);
            encoder.octets(b")");
        }
        if let Some(batches) = &self.batches {
            if self.tag.is_some() {
                encoder.space();
            }
            batches.encode(encoder);
        }
    }
}

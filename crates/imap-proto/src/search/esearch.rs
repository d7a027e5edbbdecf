//! ESEARCH (RFC 9051 section 7.3.4).

use crate::{
    Atom, Encoder, Expected, MailboxName, MessageSet, ModSeq, ParseError, SeqSet, TaggedItem, TaggedValue,
    Text, UidSet, UidValidity, cursor::Cursor, tagged::encode_atom,
};

use super::options::PartialRange;

/// Unknown items of one answer.
const UNKNOWN: usize = 100;
/// Changes of results in one answer.
const UPDATES: usize = 50_000;

/// What a search found, as far as it was asked for.
///
/// Sets stay ranges, and are as large as they are written: `1:4294967295` is one range. Their order means something where the
/// search was sorted.
///
/// ```abnf
/// esearch-response   = "ESEARCH" [search-correlator] [SP "UID"] *(SP search-return-data)
/// search-correlator  = SP "(" one-correlator *(SP one-correlator) ")"
/// one-correlator     = ("TAG" SP tag-string) / ("MAILBOX" SP astring) / ("UIDVALIDITY" SP nz-number)
/// search-return-data = "MIN" SP nz-number / "MAX" SP nz-number / "ALL" SP sequence-set / "COUNT" SP number /
///                      search-ret-data-ext
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&r#"* ESEARCH (TAG "A1") UID COUNT 4 ALL 4:6,9"#.into(), Dialect::REV1);
/// let Response::Untagged(Untagged::Esearch(found)) = response else { panic!() };
/// assert_eq!(found.tag.as_ref().unwrap(), "A1");
/// assert_eq!(found.count, Some(4));
/// assert_eq!(found.uids().unwrap().to_string(), "4:6,9");
/// assert_eq!(found.seqs(), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Esearch {
    /// The tag of the command that is answered. Without it the answer belongs to no command that runs.
    pub tag: Option<Text>,
    /// The mailbox that it is about, for a search in several (RFC 7377 section 2.1).
    pub mailbox: Option<MailboxName>,
    /// What its UIDs are valid with.
    pub uid_validity: Option<UidValidity>,
    /// Whether all numbers are UIDs; else they are sequence numbers.
    pub uid: bool,
    /// The lowest number.
    pub min: Option<u32>,
    /// The highest number.
    pub max: Option<u32>,
    /// How many messages were found.
    pub count: Option<u32>,
    /// Which messages were found; `None` if none were, or they were not asked for.
    pub all: Option<MessageSet>,
    /// The highest mod-sequence of them (RFC 7162 section 3.1.10).
    pub modseq: Option<ModSeq>,
    /// A part of the results (RFC 9394 section 3.1, RFC 5267 section 4.4).
    pub partial: Option<Box<PartialResult>>,
    /// How well each message fits, from 1 to 100, in the order of [`all`](#structfield.all) (RFC 6203 section 4).
    pub relevancy: Vec<u8>,
    /// How results changed that were asked for with UPDATE, in order (RFC 5267 section 4.3).
    pub updates: Vec<ContextUpdate>,
    /// What is not known.
    pub unknown: Vec<TaggedItem>,
}

/// A part of what a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // RFC 9394 section 4, ret-data-partial
pub struct PartialResult {
    /// Which part was asked for.
    pub range: PartialRange,
    /// What is in it, if anything.
    pub messages: Option<MessageSet>,
}

/// A change of the results of a search (RFC 5267 section 4.3).
///
/// Positions are those among the results, from 1, as they are after the changes before this one; 0 if they are not sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // results can change in no other way
pub enum ContextUpdate {
    /// Messages became results: ADDTO.
    Added {
        /// Where the first of them stands.
        position: u32,
        /// Which.
        messages: MessageSet,
    },
    /// Messages are results no more: REMOVEFROM.
    Removed {
        /// Where the first of them stood.
        position: u32,
        /// Which.
        messages: MessageSet,
    },
}

impl Esearch {
    /// What was found, if it was told by UIDs.
    pub fn uids(&self) -> Option<&UidSet> {
        match &self.all {
            Some(MessageSet::Uid(set)) => Some(set),
            _ => None,
        }
    }

    /// What was found, if it was told by sequence numbers.
    pub fn seqs(&self) -> Option<&SeqSet> {
        match &self.all {
            Some(MessageSet::Seq(set)) => Some(set),
            _ => None,
        }
    }

    /// Behind the name, with the space before what follows.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut found = Self::default();
        cursor.spaces();
        if found.is_correlated(*cursor) {
            cursor.list(|cursor| found.read_correlator(cursor))?;
            cursor.spaces();
        }
        found.uid = cursor.eat_word("UID");
        cursor.spaces();
        while !cursor.is_done() {
            // The grammar has no parentheses around an item.
            if cursor.peek() == Some(b'(') {
                cursor.list(|cursor| found.read_item(cursor))?;
            } else {
                found.read_item(cursor)?;
            }
            if !cursor.is_done() {
                cursor.space()?;
            }
        }
        Ok(found)
    }

    /// Servers write a list of nothing, too: what stands behind it is no item yet.
    fn is_correlated(&self, mut cursor: Cursor<'_>) -> bool {
        cursor.eat(b'(') && {
            cursor.spaces();
            cursor.peek() == Some(b')')
                || ["TAG", "MAILBOX", "UIDVALIDITY"].into_iter().any(|word| cursor.eat_word(word))
        }
    }

    fn read_correlator(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        if cursor.eat_word("MAILBOX") {
            cursor.space()?;
            self.mailbox = Some(cursor.mailbox()?);
        } else if cursor.eat_word("UIDVALIDITY") {
            cursor.space()?;
            self.uid_validity = UidValidity::new(cursor.nz_number()?);
        } else {
            self.tag = Some(read_tag(cursor)?);
        }
        Ok(())
    }

    fn read_item(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        let name = cursor.word()?;
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let known = ["ALL", "COUNT", "MIN", "MAX", "MODSEQ", "PARTIAL", "RELEVANCY", "ADDTO", "REMOVEFROM"];
        if !known.into_iter().any(is) {
            return self.read_unknown(name, cursor);
        }
        cursor.space()?;
        if is("ALL") {
            self.all = Some(self.set(cursor)?);
        } else if is("COUNT") {
            self.count = Some(cursor.number()?);
        } else if is("MIN") {
            self.min = Some(cursor.number()?).filter(|&number| number > 0);
        } else if is("MAX") {
            self.max = Some(cursor.number()?).filter(|&number| number > 0);
        } else if is("MODSEQ") {
            let parenthesised = cursor.eat(b'(');
            self.modseq = ModSeq::new(cursor.number64()?);
            if parenthesised {
                cursor.expect(b')', Expected::Close)?;
            }
        } else if is("PARTIAL") {
            cursor.expect(b'(', Expected::List)?;
            cursor.spaces();
            let range = PartialRange::read(cursor)?;
            cursor.space()?;
            let messages = if cursor.eat_nil() { None } else { Some(self.set(cursor)?) };
            cursor.spaces();
            cursor.expect(b')', Expected::Close)?;
            self.partial = Some(Box::new(PartialResult { range, messages }));
        } else if is("RELEVANCY") {
            let mut scores = Vec::new();
            cursor.list(|cursor| {
                let score = cursor.number()?.min(100);
                scores.push(u8::try_from(score).unwrap_or(100));
                Ok(())
            })?;
            self.relevancy = scores;
        } else {
            self.read_updates(is("ADDTO"), cursor)?;
        }
        Ok(())
    }

    fn read_updates(&mut self, added: bool, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        let uid = self.uid;
        let updates = &mut self.updates;
        cursor.list(|cursor| {
            if updates.len() >= UPDATES {
                return cursor.error(Expected::Close);
            }
            let position = cursor.number()?;
            cursor.space()?;
            let messages = read_set(uid, cursor)?;
            updates.push(if added {
                ContextUpdate::Added { position, messages }
            } else {
                ContextUpdate::Removed { position, messages }
            });
            Ok(())
        })
    }

    fn read_unknown(&mut self, name: &[u8], cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        if self.unknown.len() >= UNKNOWN {
            return cursor.error(Expected::End);
        }
        let start = cursor.at() - name.len();
        let name = Atom::received(cursor.bytes(start, cursor.at()));
        let value = if cursor.peek() == Some(b' ') {
            cursor.space()?;
            if cursor.is_done() { None } else { Some(TaggedValue::read(cursor)?) }
        } else {
            None
        };
        self.unknown.push(TaggedItem::new(name, value));
        Ok(())
    }

    fn set(&self, cursor: &mut Cursor<'_>) -> Result<MessageSet, ParseError> {
        read_set(self.uid, cursor)
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.encode_correlator(encoder);
        if self.uid {
            encoder.octets(b" UID");
        }
        let numbers = [("MIN", self.min), ("MAX", self.max), ("COUNT", self.count)];
        for (name, number) in numbers {
            if let Some(number) = number {
                item(name, encoder);
                encoder.number(u64::from(number));
            }
        }
        if let Some(all) = &self.all {
            item("ALL", encoder);
            all.encode(encoder);
        }
        if let Some(partial) = &self.partial {
            item("PARTIAL", encoder);
            encoder.octets(b"(");
            partial.range.encode(encoder);
            encoder.space();
            match &partial.messages {
                Some(messages) => messages.encode(encoder),
                None => encoder.octets(b"NIL"),
            }
            encoder.octets(b")");
        }
        if !self.relevancy.is_empty() {
            item("RELEVANCY", encoder);
            encoder.list(&self.relevancy, |encoder, score| encoder.number(u64::from(*score)));
        }
        for same in self.updates.chunk_by(|a, b| a.is_added() == b.is_added()) {
            let added = same.first().is_some_and(ContextUpdate::is_added);
            item(if added { "ADDTO" } else { "REMOVEFROM" }, encoder);
            encoder.list(same, |encoder, update| {
                let (position, messages) = update.parts();
                encoder.number(u64::from(position));
                encoder.space();
                messages.encode(encoder);
            });
        }
        if let Some(modseq) = self.modseq {
            item("MODSEQ", encoder);
            encoder.number(modseq.get());
        }
        for unknown in &self.unknown {
            encoder.space();
            encode_atom(&unknown.name, encoder);
            if let Some(value) = &unknown.value {
                encoder.space();
                value.encode(encoder);
            }
        }
    }

    fn encode_correlator(&self, encoder: &mut Encoder) {
        let mut before: &[u8] = b" (";
        if let Some(tag) = &self.tag {
            encoder.octets(before);
            before = b" ";
            encode_tag(tag, encoder);
        }
        if let Some(mailbox) = &self.mailbox {
            encoder.octets(before);
            before = b" ";
            encoder.octets(b"MAILBOX ");
            encoder.mailbox(mailbox);
        }
        if let Some(validity) = self.uid_validity {
            encoder.octets(before);
            before = b" ";
            encoder.octets(b"UIDVALIDITY ");
            encoder.number(u64::from(validity.get()));
        }
        if before == b" " {
            encoder.octets(b")");
        }
    }
}

impl ContextUpdate {
    const fn is_added(&self) -> bool {
        matches!(self, Self::Added { .. })
    }

    /// Where, and which messages.
    pub const fn parts(&self) -> (u32, &MessageSet) {
        match self {
            Self::Added { position, messages } | Self::Removed { position, messages } => {
                (*position, messages)
            }
        }
    }
}

fn item(name: &str, encoder: &mut Encoder) {
    encoder.space();
    encoder.octets(name.as_bytes());
    encoder.space();
}

fn read_set(uid: bool, cursor: &mut Cursor<'_>) -> Result<MessageSet, ParseError> {
    if uid {
        UidSet::read_static(cursor).map(MessageSet::Uid)
    } else {
        SeqSet::read_static(cursor).map(MessageSet::Seq)
    }
}

/// `"TAG" SP tag-string`
pub(super) fn read_tag(cursor: &mut Cursor<'_>) -> Result<Text, ParseError> {
    if !cursor.eat_word("TAG") {
        return cursor.error(Expected::Tag);
    }
    cursor.space()?;
    cursor.astring()
}

/// Always in quotes: clients are known that want them.
pub(super) fn encode_tag(tag: &Text, encoder: &mut Encoder) {
    encoder.octets(b"TAG ");
    encoder.string(tag.as_bytes());
}

//! FETCH and UIDFETCH (RFC 9051 section 7.5.2, RFC 9586 section 3.3).
//!
//! An item that makes no sense costs itself alone: it is passed over by its structure, and what follows is read.

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{
    Atom, DateTime, Encoder, Expected, Flags, ModSeq, ParseError, Section, SectionText, Text, Uid,
    cursor::Cursor, plain,
};

use super::{
    body::BodyStructure,
    envelope::Envelope,
    fetch_item::{BodyItem, DamagedItem, FetchItem, UnknownItem},
};

/// What a server says about one message.
///
/// ```abnf
/// message-data = nz-number SP ("EXPUNGE" / ("FETCH" SP msg-att))
/// msg-att      = "(" (msg-att-dynamic / msg-att-static) *(SP (msg-att-dynamic / msg-att-static)) ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged, Uid};
///
/// let line = r"* 12 FETCH (FLAGS (\Seen) X-NEW (1 2) INTERNALDATE never UID 4827313)".into();
/// let Response::Untagged(Untagged::Fetch(fetch)) = Response::parse(&line, Dialect::REV1) else { panic!() };
/// assert_eq!((fetch.number, fetch.uid()), (12, Uid::new(4827313)));
/// assert!(fetch.flags().unwrap().is_seen());
/// // Neither what is unknown nor what is damaged costs what follows.
/// assert_eq!(fetch.damaged().next().unwrap().name.as_str(), "INTERNALDATE");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct Fetch {
    /// The sequence number of the message; its UID if `by_uid`.
    pub number: u32,
    /// Whether this is UIDFETCH (RFC 9586 section 3.3).
    pub by_uid: bool,
    /// What is said, in its order.
    pub items: SmallVec<[FetchItem; 5]>,
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident: $variant:ident => $type:ty, $item:ident $value:expr;)*) => {
        $($(#[$doc])*
        pub fn $name(&self) -> Option<$type> {
            self.items.iter().find_map(|item| match item {
                FetchItem::$variant($item) => $value,
                _ => None,
            })
        })*
    };
}

impl Fetch {
    /// What is said about the message of a sequence number.
    pub fn new(number: u32, items: impl IntoIterator<Item = FetchItem>) -> Self {
        Self { number, by_uid: false, items: items.into_iter().collect() }
    }

    /// The UID, if it is said.
    pub fn uid(&self) -> Option<Uid> {
        if self.by_uid {
            return Uid::new(self.number);
        }
        self.items.iter().find_map(uid_of)
    }

    accessors! {
        /// FLAGS.
        flags: Flags => &Flags, flags Some(flags);
        /// MODSEQ.
        modseq: ModSeq => ModSeq, modseq *modseq;
        /// INTERNALDATE.
        internal_date: InternalDate => DateTime, date *date;
        /// RFC822.SIZE, in octets.
        size: Size => u64, octets *octets;
        /// ENVELOPE.
        envelope: Envelope => &Envelope, envelope Some(&**envelope);
        /// PREVIEW.
        preview: Preview => &Text, text text.as_ref();
    }

    /// BODYSTRUCTURE, or BODY.
    pub fn body_structure(&self) -> Option<&BodyStructure> {
        self.items.iter().find_map(|item| match item {
            FetchItem::BodyStructure(structure) | FetchItem::Body(structure) => Some(&**structure),
            _ => None,
        })
    }

    /// BODY[...] of a section. Names of fields are the same in upper and lower case.
    pub fn body(&self, section: &Section) -> Option<&BodyItem> {
        self.items.iter().find_map(|item| match item {
            FetchItem::Section(item) if is_same(&item.section, section) => Some(&**item),
            _ => None,
        })
    }

    /// Items that make no sense.
    pub fn damaged(&self) -> impl Iterator<Item = &DamagedItem> {
        self.items.iter().filter_map(|item| match item {
            FetchItem::Damaged(item) => Some(&**item),
            _ => None,
        })
    }

    /// From behind the parenthesis that opens the list on. What was read before an error is no use.
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        if self.number == 0 {
            return Err(ParseError::new(2, Expected::NonZero));
        }
        self.reader().items(cursor)
    }

    /// The same, as far as all is as most servers write it: gives what is left, `None` if that is nothing.
    #[inline]
    pub(crate) fn plain<'a>(&mut self, frame: &Bytes, octets: &'a [u8]) -> Option<&'a [u8]> {
        self.reader().plain_items(frame, octets)
    }

    #[inline]
    fn reader(&mut self) -> Reader<'_> {
        let uid = if self.by_uid { Uid::new(self.number) } else { self.items.iter().find_map(uid_of) };
        Reader { items: &mut self.items, uid }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_name(self.number, self.by_uid, encoder);
        encoder.list(&self.items, |encoder, item| item.encode(encoder));
    }
}

/// Up to the list.
pub(super) fn encode_name(number: u32, by_uid: bool, encoder: &mut Encoder) {
    encoder.number(u64::from(number));
    encoder.octets(if by_uid { b" UIDFETCH " } else { b" FETCH " });
}

pub(super) fn uid_of(item: &FetchItem) -> Option<Uid> {
    match item {
        FetchItem::Uid(uid) => Some(*uid),
        _ => None,
    }
}

fn is_same(one: &Section, other: &Section) -> bool {
    let fields = |one: &[Text], other: &[Text]| {
        one.len() == other.len()
            && one.iter().zip(other).all(|(one, other)| one.as_bytes().eq_ignore_ascii_case(other.as_bytes()))
    };
    one.part == other.part
        && match (&one.text, &other.text) {
            (SectionText::HeaderFields(one), SectionText::HeaderFields(other))
            | (SectionText::HeaderFieldsNot(one), SectionText::HeaderFieldsNot(other)) => fields(one, other),
            (one, other) => one == other,
        }
}

/// Items of one response, at most.
const ITEMS: usize = 10_000;

/// Reads items.
pub(super) struct Reader<'r> {
    pub(super) items: &'r mut SmallVec<[FetchItem; 5]>,
    /// The message is no other than this.
    pub(super) uid: Option<Uid>,
}

impl Reader<'_> {
    /// Items up to the parenthesis that closes them, and that.
    pub(super) fn items(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        loop {
            match self.plain_items(cursor.frame(), cursor.rest()) {
                Some(rest) => cursor.resume(rest),
                None => return Ok(()),
            }
            cursor.spaces();
            if cursor.eat(b')') {
                if cursor.is_done() || !goes_on(cursor) {
                    return Ok(());
                }
                continue;
            }
            self.item(cursor)?;
        }
    }

    /// As many items as there are as most servers write them. Gives what is left; `None` if the list was closed, and nothing is.
    #[inline(always)] // it is where most of the time is spent
    fn plain_items<'a>(&mut self, frame: &Bytes, octets: &'a [u8]) -> Option<&'a [u8]> {
        let mut rest = octets;
        while self.items.len() < ITEMS {
            // By far the most frequent: they need no room to be handed on.
            let behind = if let Some(behind) = plain::behind(rest, b"FLAGS (") {
                let Some((flags, behind @ [b' ' | b')', ..])) = Flags::plain(frame, behind) else { break };
                self.items.push(FetchItem::Flags(flags));
                behind
            } else if let Some(behind) = plain::behind(rest, b"UID ") {
                let Some((uid, behind @ [b' ' | b')', ..])) = plain::number(behind) else { break };
                let Some(uid) = u32::try_from(uid).ok().and_then(Uid::new) else { break };
                if *self.uid.get_or_insert(uid) != uid {
                    break;
                }
                self.items.push(FetchItem::Uid(uid));
                behind
            } else {
                let Some((item, behind @ [b' ' | b')', ..])) = FetchItem::plain(frame, rest) else { break };
                self.items.push(item);
                behind
            };
            rest = match behind {
                [b')'] => return None,
                [b' ', next @ ..] => next,
                _ => behind,
            };
        }
        Some(rest)
    }

    /// Whether it is the UID of another message; if none was known, it is now.
    #[inline]
    fn is_other(&mut self, item: &FetchItem) -> bool {
        let FetchItem::Uid(uid) = *item else { return false };
        match self.uid {
            Some(known) => known != uid,
            None => {
                self.uid = Some(uid);
                false
            }
        }
    }

    /// One item. An error is one that cannot be passed over.
    pub(super) fn item(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        let start = cursor.at();
        let item = match FetchItem::read(cursor) {
            Ok(Some(item)) if ends(cursor) => item,
            other => Self::odd(other, start, cursor)?,
        };
        // Nobody could say whose message this is.
        if self.is_other(&item) {
            return Err(ParseError::new(start, Expected::Once));
        }
        if self.items.len() >= ITEMS {
            return Err(ParseError::new(start, Expected::Close));
        }
        self.items.push(item);
        Ok(())
    }

    /// An item that is not known, or not understood.
    #[cold]
    fn odd(
        read: Result<Option<FetchItem>, ParseError>,
        start: usize,
        cursor: &mut Cursor<'_>,
    ) -> Result<FetchItem, ParseError> {
        let error = match read {
            Ok(None) => None,
            Ok(Some(_)) => Some(ParseError::new(cursor.at(), Expected::Close)),
            Err(error) => Some(error),
        };
        // Perhaps quotes in it are not escaped.
        if error.is_some() {
            cursor.seek(start);
            cursor.broken = true;
            let again = FetchItem::read(cursor);
            cursor.broken = false;
            if let Ok(Some(item)) = again
                && ends(cursor)
            {
                return Ok(item);
            }
        }
        cursor.seek(start);
        let name = cursor.name()?;
        let name = Atom::received(cursor.share(name));
        let raw = skip(cursor).ok_or(error.unwrap_or(ParseError::new(start, Expected::Item)))?;
        Ok(match error {
            None => FetchItem::Unknown(Box::new(UnknownItem { name, raw })),
            Some(error) => FetchItem::Damaged(Box::new(DamagedItem { name, raw, error })),
        })
    }
}

/// Passes over the space behind a name and a value, if there are any.
fn skip(cursor: &mut Cursor<'_>) -> Option<Bytes> {
    cursor.spaces();
    if matches!(cursor.peek(), None | Some(b')')) {
        return Some(Bytes::new());
    }
    let start = cursor.at();
    for broken in [false, true] {
        cursor.seek(start);
        cursor.broken = broken;
        let raw = cursor.value();
        cursor.broken = false;
        if let Ok(raw) = raw
            && ends(cursor)
        {
            return Some(cursor.share(raw));
        }
    }
    None
}

/// Whether what can follow an item follows.
#[inline]
fn ends(cursor: &Cursor<'_>) -> bool {
    matches!(cursor.peek(), None | Some(b' ' | b')'))
}

/// Whether items follow a parenthesis: then it was one too many.
#[cold]
fn goes_on(cursor: &Cursor<'_>) -> bool {
    let rest = cursor.rest().trim_ascii();
    rest.last() == Some(&b')') && rest.iter().any(|octet| !matches!(octet, b')' | b' '))
}

/// Where the quoted string ends that begins at a place: the place of its last quote.
pub(super) fn quoted_end(octets: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', octets.get(at..)?)?;
        if octets.get(at) == Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// Where the literal ends that is announced at a place: the place of its last octet, or of its announcement's.
pub(super) fn literal_end(octets: &[u8], start: usize) -> Option<usize> {
    let (content, length) = announcement(octets, start)?;
    octets.get(content..)?.get(..length)?;
    content.checked_add(length)?.checked_sub(1)
}

/// An announcement of a literal at a place: where its content begins, and its length.
fn announcement(octets: &[u8], start: usize) -> Option<(usize, usize)> {
    let frame = octets.get(start..)?;
    let digits = frame.iter().skip(1).take(20).take_while(|octet| octet.is_ascii_digit()).count();
    let length = str::from_utf8(frame.get(1..=digits)?).ok()?.parse().unwrap_or(usize::MAX);
    let behind = frame.get(digits + 1..)?;
    let behind = behind.strip_prefix(b"+").unwrap_or(behind).strip_prefix(b"}")?;
    let content = behind.strip_prefix(b"\r").unwrap_or(behind).strip_prefix(b"\n")?;
    Some((octets.len() - content.len(), length))
}

/// The UID that stands in a response that makes no sense, at the top of its list: never one in a string or a literal, which
/// others may have written. Two that differ are none.
#[cold]
pub(crate) fn find_uid(frame: &[u8]) -> Option<Uid> {
    let (mut at, mut depth, mut found) = (0_usize, 0_usize, None);
    while let Some(&octet) = frame.get(at) {
        match octet {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'"' => match quoted_end(frame, at) {
                Some(end) => at = end,
                None => break,
            },
            b'{' => match literal_end(frame, at) {
                Some(end) => at = end,
                // What follows is the beginning of one.
                None if announcement(frame, at).is_some() => break,
                None => {}
            },
            b'U' | b'u' if depth == 1 && matches!(frame.get(at.wrapping_sub(1)), Some(b' ' | b'(')) => {
                if let Some(uid) = uid_at(frame.get(at..).unwrap_or_default()) {
                    if found.is_some_and(|found| found != uid) {
                        return None;
                    }
                    found = Some(uid);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn uid_at(octets: &[u8]) -> Option<Uid> {
    let (word, rest) = octets.split_at_checked(4)?;
    if !word.eq_ignore_ascii_case(b"UID ") {
        return None;
    }
    let rest = rest.trim_ascii_start();
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if !matches!(rest.get(digits), None | Some(b' ' | b')')) {
        return None;
    }
    Uid::new(str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, FetchItem, PartPath, Response, Untagged};

    fn response(text: &str) -> Response {
        Response::parse(&Bytes::copy_from_slice(text.as_bytes()), Dialect::REV1)
    }

    fn fetch(text: &str) -> Fetch {
        match response(text) {
            Response::Untagged(Untagged::Fetch(fetch)) => fetch,
            other => panic!("{text}: {other:?}"),
        }
    }

    /// The number, the UID, and where it stops to make sense.
    fn damaged(text: &str) -> (Option<u32>, Option<u32>, Expected) {
        match response(text) {
            Response::Untagged(Untagged::Damaged(damaged)) => {
                assert_eq!(damaged.raw, text);
                (damaged.number, damaged.uid.map(Uid::get), damaged.error.unwrap().expected())
            }
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_examples_there_and_back() {
        for text in [
            // RFC 9051 section 7.5.2, and others of it
            r"* 23 FETCH (FLAGS (\Seen) RFC822.SIZE 44827)",
            r"* 12 FETCH (FLAGS (\Seen) RFC822.SIZE 4286 UID 4827313)",
            "* 12 FETCH (INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")",
            "* 12 FETCH (BODY[HEADER] {4}\r\na\r\nb)",
            "* 12 FETCH (BODY[HEADER.FIELDS (DATE FROM)] \"x\" BODY[1.2.MIME]<0> NIL)",
            "* 23 FETCH (FLAGS (\\Seen) UID 4827313)",
            // RFC 3516 section 4
            "* 5 FETCH (BINARY[1] ~{3}\r\na\0b BINARY.SIZE[1.2] 17 BINARY[2]<10> NIL)",
            // RFC 3501 section 7.4.2
            "* 5 FETCH (RFC822 \"x\" RFC822.HEADER NIL RFC822.TEXT {2}\r\n\r\n)",
            // RFC 7162 section 3.1.4.2
            "* 1 FETCH (MODSEQ (624140003))",
            // RFC 8474 section 5
            "* 2 FETCH (EMAILID (M6d99ac3275bb4e) THREADID (T64b478a75b7ea9))",
            "* 2 FETCH (THREADID NIL)",
            // RFC 8514 section 4.2
            "* 2 FETCH (SAVEDATE NIL)",
            "* 2 FETCH (SAVEDATE \" 1-Jan-2020 00:00:00 +0100\")",
            // RFC 8970 section 3.2
            "* 1 FETCH (PREVIEW \"This is the first line of text from the first text part.\")",
            "* 1 FETCH (PREVIEW NIL)",
            // RFC 9586 section 3.3
            r"* 25997 UIDFETCH (FLAGS (\Flagged \Answered))",
            // Gmail
            "* 1 FETCH (X-GM-THRID 1266894439832287888 X-GM-LABELS (\"\\\\Inbox\" \"a b\"))",
            "* 1 FETCH (X-NEW (a (b \"c)\")) Y z)",
            "* 5 FETCH ()",
        ] {
            let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
            response(text).encode(&mut encoder);
            assert_eq!(String::from_utf8_lossy(encoder.text()), format!("{text}\r\n"));
            assert_eq!(fetch(text).damaged().count(), 0, "{text}");
        }
    }

    #[test]
    fn what_is_said_is_found() {
        let text = "* 12 fetch (uid 7 flags (\\seen) Rfc822.Size 5 body[HEADER.FIELDS (to)] \"x\" Preview \"p\" bodystructure (\"a\" \"b\"))";
        let fetch = fetch(text);
        assert_eq!((fetch.uid(), fetch.size()), (Uid::new(7), Some(5)));
        assert!(fetch.flags().unwrap().is_seen() && fetch.body_structure().unwrap().root().is("a", "b"));
        assert_eq!(fetch.preview().unwrap(), "p");
        let section = Section::parse(b"HEADER.FIELDS (TO)").unwrap();
        assert_eq!(fetch.body(&section).unwrap().data.as_deref(), Some(&b"x"[..]));
        assert_eq!(fetch.body(&Section::part(PartPath::root())), None);
        assert_eq!(fetch.envelope(), None);
    }

    #[test]
    fn what_makes_no_sense_costs_itself_alone() {
        for (item, name, raw) in [
            ("UID 0", "UID", "0"),
            ("FLAGS x", "FLAGS", "x"),
            ("FLAGS (\\)", "FLAGS", "(\\)"),
            ("ENVELOPE NIL", "ENVELOPE", "NIL"),
            ("ENVELOPE (a (b \"c)\"))", "ENVELOPE", "(a (b \"c)\"))"),
            ("BODY[0] \"x\"", "BODY[0]", "\"x\""),
            ("BODY[x (y)] {3}\r\n)))", "BODY[x (y)]", "{3}\r\n)))"),
            ("BODY[]<x> y", "BODY[]<x>", "y"),
            ("RFC822.SIZE 1.5", "RFC822.SIZE", "1.5"),
            ("RFC822.SIZE 99999999999999999999", "RFC822.SIZE", "99999999999999999999"),
            ("MODSEQ (x)", "MODSEQ", "(x)"),
            ("BINARY.SIZE[1.TEXT] 5", "BINARY.SIZE[1.TEXT]", "5"),
            ("EMAILID (\"a b\")", "EMAILID", "(\"a b\")"),
            ("BODYSTRUCTURE (\"a\" \"b\" \"c \"d\" e\")", "BODYSTRUCTURE", "(\"a\" \"b\" \"c \"d\" e\")"),
        ] {
            let text = format!("* 1 FETCH (RFC822 \"a\" {item} INTERNALDATE \"17-Jul-1996 02:44:25 -0700\")");
            let fetch = fetch(&text);
            let damaged: Vec<_> = fetch.damaged().collect();
            assert_eq!(damaged.len(), 1, "{text}");
            assert_eq!((damaged[0].name.as_str(), &damaged[0].raw[..]), (name, raw.as_bytes()));
            let at = damaged[0].error.at();
            assert!((23..=text.len()).contains(&at), "{text}: {at}");
            assert!(fetch.internal_date().is_some() && fetch.items.len() == 3);
        }
    }

    #[test]
    fn what_has_no_end_costs_the_response() {
        assert_eq!(damaged("* 1 FETCH (UID 7 FLAGS (").1, Some(7));
        assert_eq!(damaged("* 1 FETCH (UID 7"), (Some(1), Some(7), Expected::Item));
        assert_eq!(damaged("* 1 FETCH (UID 7 BODY[] {10}\r\nab)").1, Some(7));
        assert_eq!(damaged("* 1 FETCH (BODY[] {10}\r\n UID 7").1, None);
        assert_eq!(damaged("* 1 FETCH x"), (Some(1), None, Expected::List));
        assert_eq!(damaged("* 1 FETCH"), (Some(1), None, Expected::Space));
        assert_eq!(damaged("* 0 FETCH (UID 7)"), (Some(0), Some(7), Expected::NonZero));
        assert_eq!(damaged("* 4294967296 FETCH (UID 7)"), (None, Some(7), Expected::Number));
        assert_eq!(damaged("* 1 FETCH (\u{1} UID 7)").1, Some(7));
    }

    #[test]
    fn a_message_has_one_uid() {
        assert_eq!(damaged("* 1 FETCH (UID 5 UID 6)"), (Some(1), None, Expected::Once));
        assert_eq!(damaged("* 5 UIDFETCH (UID 6)"), (Some(5), Some(6), Expected::Once));
        assert_eq!(fetch("* 1 FETCH (UID 5  UID 5)").uid(), Uid::new(5));
        assert_eq!(fetch("* 5 UIDFETCH (UID 5)").uid(), Uid::new(5));
    }

    #[test]
    fn parentheses_and_spaces_too_many() {
        for text in [
            "* 1 FETCH (FLAGS () UID 7 )",
            "* 1 FETCH ( FLAGS ()  UID 7)",
            "* 1 FETCH (FLAGS () UID 7))",
            "* 1 FETCH (FLAGS ()) UID 7)",
            "* 1 FETCH (FLAGS() UID 7) x",
            "*  1  FETCH  (FLAGS NIL UID 7)",
        ] {
            assert_eq!(fetch(text).uid(), Uid::new(7), "{text}");
            assert!(fetch(text).flags().unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn uids_are_not_looked_for_in_what_others_wrote() {
        let uid = |text: &str| find_uid(text.as_bytes()).map(Uid::get);
        assert_eq!(uid("* 1 FETCH (UID 7 x"), Some(7));
        assert_eq!(uid("* 1 FETCH (x \"(UID 8\" {8}\r\n UID 9) uid 7"), Some(7));
        for text in [
            "* 1 FETCH (X (UID 8))",
            "* 1 FETCH (X \"UID 8",
            "* 1 FETCH (BODY[] {99}\r\n UID 8)",
            "* 1 FETCH (UID 8 UID 9)",
            "* 1 FETCH (UID 8x)",
            "* 1 FETCH (UID 0)",
            "* UID 8",
            "",
        ] {
            assert_eq!(uid(text), None, "{text}");
        }
    }

    #[test]
    fn a_reader_of_what_most_write_and_one_of_the_rest() {
        // The first item is not as most write it, those behind it are; and the other way round.
        let all = fetch("* 1 FETCH (Flags () UID 7 RFC822.SIZE 5 X y RFC822.SIZE 6 UID 7)");
        assert_eq!(all.items.len(), 6);
        assert!(matches!(all.items[3], FetchItem::Unknown(_)));
    }
}

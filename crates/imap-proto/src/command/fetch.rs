//! Asking for what is known of messages, and for their content.

use bytes::Bytes;

use super::{
    partial::Partial,
    select::{Parameters, once, read_parameters},
    unknown::Parameter,
};
use crate::{
    Atom, Command, Encoder, Expected, MessageSet, ModSeq, ParseError, PartPath, Section,
    chars::{self, ATOM, by_name},
    cursor::Cursor,
    plain::{self, frequent},
    search::PartialRange,
};

/// FETCH and UID FETCH (RFC 9051 section 6.4.5).
///
/// ```abnf
/// fetch              = "FETCH" SP sequence-set SP ("ALL" / "FULL" / "FAST" / fetch-att /
///                      "(" fetch-att *(SP fetch-att) ")") [fetch-modifiers]
/// fetch-modifiers    = SP "(" fetch-modifier *(SP fetch-modifier) ")"
/// chgsince-fetch-mod = "CHANGEDSINCE" SP mod-sequence-value
/// modifier-partial   = "PARTIAL" SP partial-range
/// ```
///
/// The macros are understood and never written: not every server knows them.
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, ModSeq, UidSet, command::{FetchAttribute, FetchCommand}};
///
/// let frame = "s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)".into();
/// let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
/// let mut fetch = FetchCommand::new(UidSet::all(), [FetchAttribute::Flags]);
/// fetch.changed_since = ModSeq::new(12345);
/// assert_eq!(command, Command::Fetch(fetch));
///
/// let fast = "a FETCH 1 FAST".into();
/// let Command::Fetch(fetch) = Command::parse(&fast, Dialect::REV1).unwrap().1 else { panic!() };
/// assert_eq!(fetch.attributes, FetchAttribute::FAST);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchCommand {
    /// Which messages; of UIDs, it is UID FETCH.
    pub messages: MessageSet,
    /// What of them, at most [`ATTRIBUTES`](Self::ATTRIBUTES) when read. Of none, UID is asked for: the grammar wants one.
    pub attributes: Vec<FetchAttribute>,
    /// Only messages whose mod-sequence is higher (RFC 7162 section 3.1.4.1). Some clients send 0, which every message is
    /// above: that is `None`.
    pub changed_since: Option<ModSeq>,
    /// Whether the UIDs of what is gone since then are wanted too (RFC 7162 section 3.2.6): of UID FETCH with
    /// [`changed_since`](Self::changed_since) alone, and only so is it written.
    pub vanished: bool,
    /// Only so many of them (RFC 9394 section 3.3).
    pub partial: Option<PartialRange>,
    /// Modifiers that this crate does not know. A server that meets one answers BAD (RFC 4466 section 2.4).
    pub parameters: Vec<Parameter>,
}

impl FetchCommand {
    /// The most attributes that are read. Nobody needs as many, and each may be a message.
    pub const ATTRIBUTES: usize = 1000;

    /// Asks for attributes.
    pub fn new(
        messages: impl Into<MessageSet>,
        attributes: impl IntoIterator<Item = FetchAttribute>,
    ) -> Self {
        Self {
            messages: messages.into(),
            attributes: attributes.into_iter().collect(),
            changed_since: None,
            vanished: false,
            partial: None,
            parameters: Vec::new(),
        }
    }

    /// What stands behind the set and its space.
    pub(crate) fn read(cursor: &mut Cursor<'_>, messages: MessageSet) -> Result<Command, ParseError> {
        let attributes = Self::read_attributes(cursor)?;
        // It is made where it stays: it is large.
        if cursor.is_done() {
            return Ok(Command::Fetch(Self {
                messages,
                attributes,
                changed_since: None,
                vanished: false,
                partial: None,
                parameters: Vec::new(),
            }));
        }
        let mut fetch = Self::new(messages, []);
        fetch.attributes = attributes;
        fetch.read_modifiers(cursor)?;
        Ok(Command::Fetch(fetch))
    }

    fn read_attributes(cursor: &mut Cursor<'_>) -> Result<Vec<FetchAttribute>, ParseError> {
        if cursor.peek() == Some(b'(') {
            return FetchAttribute::read_list(cursor);
        }
        Ok(if cursor.eat_word("ALL") {
            FetchAttribute::ALL.into()
        } else if cursor.eat_word("FAST") {
            FetchAttribute::FAST.into()
        } else if cursor.eat_word("FULL") {
            FetchAttribute::FULL.into()
        } else {
            vec![FetchAttribute::read(cursor)?]
        })
    }

    fn read_modifiers(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        let mut since = None;
        read_parameters(cursor, |cursor| {
            if cursor.eat_word("CHANGEDSINCE") {
                cursor.space()?;
                let number = cursor.number64()?;
                return once(cursor, since.replace(number).is_none());
            }
            if cursor.eat_word("PARTIAL") {
                cursor.space()?;
                let range = PartialRange::read(cursor)?;
                return once(cursor, self.partial.replace(range).is_none());
            }
            if cursor.eat_word("VANISHED") {
                return once(cursor, !std::mem::replace(&mut self.vanished, true));
            }
            self.parameters.push(Parameter::read(cursor)?);
            Ok(())
        })?;
        self.changed_since = since.and_then(ModSeq::new);
        // RFC 7162 section 3.2.6: "The VANISHED UID FETCH modifier MUST only be specified together with the CHANGEDSINCE UID
        // FETCH modifier."
        if self.vanished && (since.is_none() || !self.messages.is_uid()) {
            return cursor.error(Expected::Item);
        }
        Ok(())
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.messages.encode(encoder);
        encoder.space();
        match &self.attributes[..] {
            [] => encoder.octets(b"UID"),
            // One word needs no list, but what is not known may not be one word.
            [one] if !matches!(one, FetchAttribute::Other(_)) => one.encode(encoder),
            all => encoder.list(all, |encoder, attribute| attribute.encode(encoder)),
        }
        let mut list = Parameters::new(encoder);
        if let Some(since) = self.changed_since {
            let encoder = list.next();
            encoder.octets(b"CHANGEDSINCE ");
            encoder.number(since.get());
            if self.vanished && self.messages.is_uid() {
                list.next().octets(b"VANISHED");
            }
        }
        if let Some(range) = self.partial {
            let encoder = list.next();
            encoder.octets(b"PARTIAL ");
            range.encode(encoder);
        }
        for parameter in &self.parameters {
            parameter.encode(list.next());
        }
        list.end();
    }
}

/// How a preview is wanted (RFC 8970 section 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Preview {
    /// It is made if there is none yet.
    #[default]
    Always,
    /// LAZY: only if there is one already, or if it is quickly made (RFC 8970 section 4.1).
    Lazy,
}

impl Preview {
    /// What stands behind the word PREVIEW. In parentheses there may also be the modifiers of the command.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut behind = *cursor;
        if !(behind.eat(b' ') && behind.eat(b'(') && behind.eat_word("LAZY")) {
            return Ok(Self::Always);
        }
        while behind.eat(b' ') {
            if !behind.eat_word("LAZY") {
                return behind.error(Expected::Item);
            }
        }
        behind.expect(b')', Expected::Close)?;
        *cursor = behind;
        Ok(Self::Lazy)
    }
}

/// What FETCH asks for (RFC 9051 section 6.4.5).
///
/// ```abnf
/// fetch-att = "ENVELOPE" / "FLAGS" / "INTERNALDATE" / "RFC822.SIZE" / "BODY" ["STRUCTURE"] / "UID" /
///             "BODY" section [partial] / "BODY.PEEK" section [partial] /
///             "BINARY" [".PEEK"] section-binary [partial] / "BINARY.SIZE" section-binary
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Section, Seq, command::{FetchAttribute, FetchCommand, Partial}};
///
/// let frame = "a FETCH 1 (UID BODY.PEEK[4.2.HEADER.FIELDS (DATE FROM)]<0.2048>)".into();
/// let Command::Fetch(fetch) = Command::parse(&frame, Dialect::REV1).unwrap().1 else { panic!() };
/// assert_eq!(fetch.attributes[1], FetchAttribute::Body {
///     section: Section::parse(b"4.2.HEADER.FIELDS (DATE FROM)").unwrap(),
///     partial: Partial::new(0, 2048),
///     peek: true,
/// });
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchAttribute {
    /// ENVELOPE: the main fields of the header.
    Envelope,
    /// FLAGS.
    Flags,
    /// INTERNALDATE: when it arrived.
    InternalDate,
    /// SAVEDATE: when it came into this mailbox (RFC 8514 section 4.2).
    SaveDate,
    /// RFC822.SIZE: its octets.
    Size,
    /// UID.
    Uid,
    /// BODY: its structure without what extensions add (RFC 9051 section 7.5.2).
    BodyBrief,
    /// BODYSTRUCTURE: its structure.
    BodyStructure,
    /// BODY[...]: content, as it is encoded.
    Body {
        /// Which part, and what of it.
        section: Section,
        /// Which octets of it; all without.
        partial: Option<Partial>,
        /// BODY.PEEK: `\Seen` is not set.
        peek: bool,
    },
    /// BINARY[...]: content of a part, decoded (RFC 3516 section 4.2).
    Binary {
        /// Which part.
        part: PartPath,
        /// Which octets of it; all without.
        partial: Option<Partial>,
        /// BINARY.PEEK: `\Seen` is not set.
        peek: bool,
    },
    /// BINARY.SIZE[...]: octets of a part, decoded (RFC 3516 section 4.2).
    BinarySize(PartPath),
    /// RFC822: the message (RFC 3501 section 6.4.5); `\Seen` is set.
    Rfc822,
    /// RFC822.HEADER: its header (RFC 3501 section 6.4.5).
    Rfc822Header,
    /// RFC822.TEXT: its body (RFC 3501 section 6.4.5); `\Seen` is set.
    Rfc822Text,
    /// MODSEQ (RFC 7162 section 3.1.4.2).
    ModSeq,
    /// EMAILID: what stays the same wherever it is moved or copied to (RFC 8474 section 5.1).
    EmailId,
    /// THREADID: what it belongs to (RFC 8474 section 5.2).
    ThreadId,
    /// PREVIEW: the beginning of its text (RFC 8970 section 3).
    Preview(Preview),
    /// X-GM-MSGID: what Gmail knows it by.
    GmailMessageId,
    /// X-GM-THRID: what Gmail knows its thread by.
    GmailThreadId,
    /// X-GM-LABELS: its labels at Gmail.
    GmailLabels,
    /// Anything else.
    Other(Atom),
}

/// Those that are a word and nothing else.
const WORDS: [(&str, FetchAttribute); 16] = [
    ("FLAGS", FetchAttribute::Flags),
    ("UID", FetchAttribute::Uid),
    ("ENVELOPE", FetchAttribute::Envelope),
    ("INTERNALDATE", FetchAttribute::InternalDate),
    ("SAVEDATE", FetchAttribute::SaveDate),
    ("RFC822.SIZE", FetchAttribute::Size),
    ("BODYSTRUCTURE", FetchAttribute::BodyStructure),
    ("RFC822", FetchAttribute::Rfc822),
    ("RFC822.HEADER", FetchAttribute::Rfc822Header),
    ("RFC822.TEXT", FetchAttribute::Rfc822Text),
    ("MODSEQ", FetchAttribute::ModSeq),
    ("EMAILID", FetchAttribute::EmailId),
    ("THREADID", FetchAttribute::ThreadId),
    ("X-GM-MSGID", FetchAttribute::GmailMessageId),
    ("X-GM-THRID", FetchAttribute::GmailThreadId),
    ("X-GM-LABELS", FetchAttribute::GmailLabels),
];

impl FetchAttribute {
    /// What the macro FAST stands for (RFC 9051 section 6.4.5).
    pub const FAST: [Self; 3] = [Self::Flags, Self::InternalDate, Self::Size];
    /// What the macro ALL stands for.
    pub const ALL: [Self; 4] = [Self::Flags, Self::InternalDate, Self::Size, Self::Envelope];
    /// What the macro FULL stands for.
    pub const FULL: [Self; 5] =
        [Self::Flags, Self::InternalDate, Self::Size, Self::Envelope, Self::BodyBrief];

    /// Attributes in parentheses, at least one.
    pub(crate) fn read_list(cursor: &mut Cursor<'_>) -> Result<Vec<Self>, ParseError> {
        // About as many as fit into the rest.
        let mut all = Vec::with_capacity((cursor.rest().len() / 12).clamp(1, 8));
        let frame = cursor.frame();
        let is_frequent = cursor.frequent(&mut all, |octets, all| {
            if all.len() >= FetchCommand::ATTRIBUTES {
                return None;
            }
            Self::FREQUENT(octets, all).or_else(|| Self::push_peek(frame, octets, all))
        });
        if is_frequent {
            return Ok(all);
        }
        cursor.list(|cursor| {
            if all.len() >= FetchCommand::ATTRIBUTES {
                return cursor.error(Expected::Close);
            }
            all.push(Self::read(cursor)?);
            Ok(())
        })?;
        if all.is_empty() { cursor.error(Expected::Item) } else { Ok(all) }
    }

    /// What clients ask for most of the time, as they write it.
    const FREQUENT: for<'a> fn(&'a [u8], &mut Vec<Self>) -> Option<&'a [u8]> = frequent! {
        b'F': b"FLAGS" Self::Flags;
        b'U': b"UID" Self::Uid;
        b'I': b"INTERNALDATE" Self::InternalDate;
        b'R': b"RFC822.SIZE" Self::Size;
        b'E': b"ENVELOPE" Self::Envelope;
        b'B': b"BODYSTRUCTURE" Self::BodyStructure;
        b'M': b"MODSEQ" Self::ModSeq;
    };

    /// What they ask for most of the other time: adds BODY.PEEK of a section; what follows it.
    fn push_peek<'a>(frame: &Bytes, octets: &'a [u8], all: &mut Vec<Self>) -> Option<&'a [u8]> {
        let (section, rest) = Section::plain(frame, plain::behind(octets, b"BODY.PEEK")?)?;
        let (partial, rest) = match rest {
            [b'<', ..] => Partial::plain(rest).map(|(partial, rest)| (Some(partial), rest))?,
            _ => (None, rest),
        };
        all.push(Self::Body { section, partial, peek: true });
        Some(rest)
    }

    /// Content of a message, without setting `\Seen`.
    pub const fn peek(section: Section) -> Self {
        Self::Body { section, partial: None, peek: true }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let rest = cursor.rest();
        let length = chars::run_of_word(rest, ATOM);
        let name = rest.get(..length).unwrap_or_default();
        let word = by_name!(chars::upper(name), {
            "FLAGS" => Self::Flags,
            "UID" => Self::Uid,
            "ENVELOPE" => Self::Envelope,
            "INTERNALDATE" => Self::InternalDate,
            "SAVEDATE" => Self::SaveDate,
            "RFC822.SIZE" => Self::Size,
            "BODYSTRUCTURE" => Self::BodyStructure,
            "RFC822" => Self::Rfc822,
            "RFC822.HEADER" => Self::Rfc822Header,
            "RFC822.TEXT" => Self::Rfc822Text,
            "MODSEQ" => Self::ModSeq,
            "EMAILID" => Self::EmailId,
            "THREADID" => Self::ThreadId,
            "X-GM-MSGID" => Self::GmailMessageId,
            "X-GM-THRID" => Self::GmailThreadId,
            "X-GM-LABELS" => Self::GmailLabels,
            "BODY" => Self::BodyBrief,
            "PREVIEW" => {
                cursor.advance(length);
                return Preview::read(cursor).map(Self::Preview);
            },
            "BODY.PEEK" | "BINARY" | "BINARY.PEEK" | "BINARY.SIZE" => {
                cursor.advance(length);
                return cursor.error(Expected::Section);
            },
            // RFC 9051 section 6.4.5: a macro "must be used by itself, and not in conjunction with other macros or data items"
            "ALL" | "FAST" | "FULL" => return cursor.error(Expected::Item),
            _ => return Self::read_section(name, cursor),
        });
        cursor.advance(length);
        Ok(word)
    }

    /// An item with a section, or one that is not known.
    fn read_section(name: &[u8], cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let Some((name, _)) = memchr::memchr(b'[', name).and_then(|bracket| name.split_at_checked(bracket))
        else {
            return if name.is_empty() {
                cursor.error(Expected::Item)
            } else {
                cursor.atom().map(Self::Other)
            };
        };
        if name.is_empty() {
            return cursor.error(Expected::Item);
        }
        let (bracket, name) = (name.len(), chars::upper(name));
        let peek = by_name!(name, {
            "BODY.PEEK" | "BINARY.PEEK" => true,
            "BODY" | "BINARY" | "BINARY.SIZE" => false,
            _ => return cursor.atom().map(Self::Other),
        });
        cursor.advance(bracket);
        by_name!(name, {
            "BODY" | "BODY.PEEK" => {
                let section = Section::read(cursor)?;
                Ok(Self::Body { section, partial: Partial::read(cursor)?, peek })
            },
            "BINARY.SIZE" => read_part(cursor).map(Self::BinarySize),
            _ => {
                let part = read_part(cursor)?;
                Ok(Self::Binary { part, partial: Partial::read(cursor)?, peek })
            },
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let content = |encoder: &mut Encoder, name: &[u8], peek: bool| {
            encoder.octets(name);
            encoder.octets(if peek { b".PEEK" } else { b"" });
        };
        match self {
            Self::Body { section, partial, peek } => {
                content(encoder, b"BODY", *peek);
                section.encode(encoder);
                Partial::encode_optional(*partial, encoder);
            }
            Self::Binary { part, partial, peek } => {
                content(encoder, b"BINARY", *peek);
                encode_part(part, encoder);
                Partial::encode_optional(*partial, encoder);
            }
            Self::BinarySize(part) => {
                encoder.octets(b"BINARY.SIZE");
                encode_part(part, encoder);
            }
            Self::BodyBrief => encoder.octets(b"BODY"),
            Self::Preview(Preview::Always) => encoder.octets(b"PREVIEW"),
            Self::Preview(Preview::Lazy) => encoder.octets(b"PREVIEW (LAZY)"),
            Self::Other(name) => encoder.octets(name.as_bytes()),
            word => {
                let known = WORDS.iter().find(|(_, known)| known == word);
                encoder.octets(known.map_or("UID", |(word, _)| word).as_bytes());
            }
        }
    }
}

/// `section-binary`.
fn read_part(cursor: &mut Cursor<'_>) -> Result<PartPath, ParseError> {
    let start = cursor.at();
    let section = Section::read(cursor)?;
    if section.text == crate::SectionText::Whole {
        Ok(section.part)
    } else {
        Err(ParseError::new(start, Expected::Section))
    }
}

fn encode_part(part: &PartPath, encoder: &mut Encoder) {
    encoder.octets(b"[");
    part.encode(encoder);
    encoder.octets(b"]");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command, Seq, UidSet,
        command::tests::{back, parse, refused, written},
    };

    fn attributes(text: &str) -> Vec<FetchAttribute> {
        let Command::Fetch(fetch) = parse(text) else { panic!("{text}") };
        fetch.attributes
    }

    #[test]
    fn examples_of_the_rfcs() {
        for text in [
            "A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
            "a004 FETCH 12 BODY[HEADER]",
            "a FETCH 1 BODY.PEEK[4.2.2.2.HEADER.FIELDS.NOT (\"a b\")]<10.9223372036854775807>",
            "a UID FETCH 4827313:4828442 FLAGS",
            "a FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE BODY BODYSTRUCTURE ENVELOPE INTERNALDATE UID)",
            // RFC 3516 section 4.2
            "a FETCH 1 (BINARY[1.1] BINARY.PEEK[]<0.100> BINARY.SIZE[3])",
            // RFC 7162 section 3.1.4.1, RFC 7162 section 3.2.6
            "s100 UID FETCH 1:* FLAGS (CHANGEDSINCE 12345)",
            "s100 UID FETCH 300:500 FLAGS (CHANGEDSINCE 12345 VANISHED)",
            "a FETCH 1:3 MODSEQ",
            // RFC 8474 section 5, RFC 8514 section 4.2
            "a FETCH 1 (EMAILID THREADID SAVEDATE)",
            // RFC 8970 section 6
            "A2 FETCH 1 (RFC822.SIZE PREVIEW)",
            "B1 FETCH 1:4 (ENVELOPE PREVIEW (LAZY))",
            "C3 FETCH $ (UID PREVIEW (LAZY))",
            "a UID FETCH 1 PREVIEW (CHANGEDSINCE 4)",
            "a UID FETCH 1 PREVIEW (LAZY) (CHANGEDSINCE 4)",
            // RFC 9394 section 3.3
            "102 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-30)",
            "a UID FETCH 25900:26600 FLAGS (PARTIAL 1:30 X 5)",
            "a FETCH 1 (X-GM-MSGID X-GM-THRID X-GM-LABELS)",
            "a FETCH 1 (X-NEW)",
        ] {
            back(text);
        }
        assert_eq!(attributes("a fetch 1 (body[] rfc822.size)").len(), 2);
        // RFC 5257: what has arguments that nobody knows is refused
        refused("a FETCH 1 (ANNOTATION (/comment value))", 22);
    }

    #[test]
    fn macros_are_expanded() {
        assert_eq!(attributes("a003 fetch 12 full"), FetchAttribute::FULL);
        assert_eq!(
            written(&parse("a003 fetch 12 all")),
            "a FETCH 12 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)\r\n"
        );
        assert_eq!(attributes("a fetch 12 fast"), FetchAttribute::FAST);
        refused("a FETCH 1 (FAST)", 11);
        refused("a FETCH 1 (UID ALL)", 15);
        // What begins with one is none.
        assert!(matches!(&attributes("a FETCH 1 FASTER")[..], [FetchAttribute::Other(_)]));
    }

    #[test]
    fn a_filter_of_nothing() {
        // imap-225
        let Command::Fetch(fetch) = parse("A1 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)") else { panic!() };
        assert_eq!((fetch.changed_since, fetch.vanished), (None, false));
        let Command::Fetch(fetch) = parse("A1 UID FETCH 1:* FLAGS (VANISHED CHANGEDSINCE 0)") else {
            panic!()
        };
        assert_eq!((fetch.changed_since, fetch.vanished), (None, true));
    }

    #[test]
    fn what_cannot_be_asked_is_not_written() {
        let mut fetch = FetchCommand::new(UidSet::all(), []);
        fetch.vanished = true;
        assert_eq!(written(&Command::Fetch(fetch)), "a UID FETCH 1:* UID\r\n");
        let mut fetch = FetchCommand::new(Seq::new(1).unwrap(), [FetchAttribute::Uid]);
        (fetch.vanished, fetch.changed_since) = (true, ModSeq::new(3));
        assert_eq!(written(&Command::Fetch(fetch)), "a FETCH 1 UID (CHANGEDSINCE 3)\r\n");
    }

    #[test]
    fn what_is_wrong() {
        for (text, at) in [
            ("a FETCH", 7),
            ("a FETCH 1", 9),
            ("a FETCH 1 ", 10),
            ("a FETCH 0 FLAGS", 8),
            ("a FETCH 4294967296 FLAGS", 8),
            ("a FETCH 1 ()", 12),
            ("a FETCH 1 (FLAGS", 16),
            ("a FETCH 1 (FLAGS  UID)", 17),
            ("a FETCH 1 FLAGS UID", 16),
            ("a FETCH 1 BODY[", 15),
            ("a FETCH 1 BODY[]<0>", 18),
            ("a FETCH 1 BODY[]<0.0>", 19),
            ("a FETCH 1 BODY[]<0.01>", 19),
            ("a FETCH 1 BODY[]<-1.5>", 17),
            ("a FETCH 1 BODY[]<0.9223372036854775808>", 19),
            ("a FETCH 1 BODY[]<9223372036854775808.1>", 17),
            ("a FETCH 1 BODY[]x", 16),
            ("a FETCH 1 BODY.PEEK", 19),
            ("a FETCH 1 BODY.PEAK[]", 20),
            ("a FETCH 1 BINARY", 16),
            ("a FETCH 1 BINARY[HEADER]", 16),
            ("a FETCH 1 BINARY.SIZE[1]<0.1>", 24),
            ("a FETCH 1 PREVIEW (LAZY LAZIER)", 24),
            ("a FETCH 1 (PREVIEW (EAGER))", 19),
            ("a FETCH 1 FLAGS (CHANGEDSINCE)", 29),
            ("a FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)", 49),
            ("a FETCH 1 FLAGS (CHANGEDSINCE 1 CHANGEDSINCE 1)", 46),
            ("a FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", 41),
            ("a UID FETCH 1 FLAGS (VANISHED)", 30),
            ("a FETCH 1 FLAGS (PARTIAL 0:1)", 25),
            ("a FETCH 1 FLAGS (PARTIAL 1:-1)", 27),
            ("a FETCH 1 FLAGS (PARTIAL 1:*)", 27),
            ("a FETCH 1 FLAGS ()", 18),
        ] {
            refused(text, at);
        }
    }

    #[test]
    fn attributes_are_counted() {
        let of = |count: usize| {
            Command::parse(
                &format!("a FETCH 1 ({})", vec!["BODY[]"; count].join(" ")).into(),
                crate::Dialect::REV1,
            )
        };
        assert!(of(FetchCommand::ATTRIBUTES).is_ok());
        assert_eq!(of(FetchCommand::ATTRIBUTES + 1).unwrap_err().error.expected(), Expected::Close);
    }
}

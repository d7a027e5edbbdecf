//! Opening a mailbox, and making one.

use super::unknown::Parameter;
use crate::{
    Command, Encoder, Expected, Flag, MailboxName, ModSeq, ParseError, SeqSet, UidSet, UidValidity,
    cursor::Cursor,
};

/// Parameters of a command, at most.
pub(super) const PARAMETERS: usize = 100;

/// What SELECT and EXAMINE open (RFC 9051 section 6.3.2).
///
/// ```abnf
/// select          = "SELECT" SP mailbox [select-params]
/// select-params   = SP "(" select-param *(SP select-param) ")"
/// condstore-param = "CONDSTORE"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, MailboxName, ModSeq, UidValidity, command::{QResync, Select}};
///
/// let frame = "A02 SELECT INBOX (QRESYNC (67890007 20050715194045000))".into();
/// let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
/// let validity = UidValidity::new(67890007).unwrap();
/// let mut select = Select::new(MailboxName::INBOX);
/// select.qresync = Some(QResync::new(validity, ModSeq::new(20050715194045000).unwrap()));
/// assert_eq!(command, Command::Select(select));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Select {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Whether mod-sequences are wanted (RFC 7162 section 3.1.8).
    pub condstore: bool,
    /// What is known of the mailbox already (RFC 7162 section 3.2.5).
    pub qresync: Option<QResync>,
    /// Parameters that this crate does not know. A server that meets one answers BAD (RFC 4466 section 2.1).
    pub parameters: Vec<Parameter>,
}

impl Select {
    /// A mailbox, without parameters.
    pub const fn new(mailbox: MailboxName) -> Self {
        Self { mailbox, condstore: false, qresync: None, parameters: Vec::new() }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>, command: fn(Self) -> Command) -> Result<Command, ParseError> {
        let mut select = Self::new(cursor.mailbox()?);
        match cursor.rest() {
            [] => {}
            // What is said most often.
            b" (CONDSTORE)" => {
                cursor.advance(cursor.rest().len());
                select.condstore = true;
            }
            _ => select.read_parameters(cursor)?,
        }
        Ok(command(select))
    }

    fn read_parameters(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        read_parameters(cursor, |cursor| {
            if cursor.eat_word("CONDSTORE") {
                return once(cursor, !std::mem::replace(&mut self.condstore, true));
            }
            if cursor.eat_word("QRESYNC") {
                cursor.space()?;
                let qresync = QResync::read(cursor)?;
                return once(cursor, self.qresync.replace(qresync).is_none());
            }
            self.parameters.push(Parameter::read(cursor)?);
            Ok(())
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        let mut list = Parameters::new(encoder);
        if self.condstore {
            list.next().octets(b"CONDSTORE");
        }
        if let Some(qresync) = &self.qresync {
            let encoder = list.next();
            encoder.octets(b"QRESYNC ");
            qresync.encode(encoder);
        }
        for parameter in &self.parameters {
            parameter.encode(list.next());
        }
        list.end();
    }
}

/// Parameters in parentheses behind a space, if there are any: at least one then, and not more than can be meant.
pub(super) fn read_parameters(
    cursor: &mut Cursor<'_>,
    read: impl FnMut(&mut Cursor<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    if cursor.is_done() {
        return Ok(());
    }
    cursor.space()?;
    read_list(cursor, read)
}

/// The same where they must stand.
pub(super) fn read_list(
    cursor: &mut Cursor<'_>,
    mut read: impl FnMut(&mut Cursor<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut count = 0;
    cursor.list(|cursor| {
        count += 1;
        if count > PARAMETERS { cursor.error(Expected::Close) } else { read(cursor) }
    })?;
    if count == 0 { cursor.error(Expected::Item) } else { Ok(()) }
}

/// Refuses what was there already.
pub(super) fn once(cursor: &Cursor<'_>, first: bool) -> Result<(), ParseError> {
    if first { Ok(()) } else { cursor.error(Expected::Once) }
}

/// Writes parameters in parentheses behind a space, if there are any.
pub(super) struct Parameters<'a> {
    encoder: &'a mut Encoder,
    any: bool,
}

impl<'a> Parameters<'a> {
    pub(super) const fn new(encoder: &'a mut Encoder) -> Self {
        Self { encoder, any: false }
    }

    /// Where the next one is written.
    pub(super) fn next(&mut self) -> &mut Encoder {
        self.encoder.octets(if self.any { b" " } else { b" (" });
        self.any = true;
        self.encoder
    }

    pub(super) fn end(self) {
        if self.any {
            self.encoder.octets(b")");
        }
    }
}

/// What a client knows of a mailbox, so that a server tells what has changed (RFC 7162 section 3.2.5).
///
/// ```abnf
/// select-param   =/ "QRESYNC" SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
/// seq-match-data =  "(" known-sequence-set SP known-uid-set ")"
/// ```
///
/// RFC 7162 section 7 wants neither `*` nor `$` in its sets, which are hints: one that has them is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct QResync {
    /// The mailbox as it was known.
    pub uid_validity: UidValidity,
    /// The highest mod-sequence that was known.
    pub mod_seq: ModSeq,
    /// The messages that were known; without it, all up to now.
    pub known_uids: Option<UidSet>,
    /// Some sequence numbers, and the UIDs they stood for (RFC 7162 section 3.2.5.2).
    pub seq_match: Option<(SeqSet, UidSet)>,
}

impl QResync {
    /// Without hints.
    pub const fn new(uid_validity: UidValidity, mod_seq: ModSeq) -> Self {
        Self { uid_validity, mod_seq, known_uids: None, seq_match: None }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.expect(b'(', Expected::List)?;
        let uid_validity = UidValidity::new(cursor.nz_number()?);
        let Some(uid_validity) = uid_validity else { return cursor.error(Expected::NonZero) };
        cursor.space()?;
        let mut qresync = Self::new(uid_validity, mod_seq(cursor)?);
        while cursor.eat(b' ') {
            if cursor.eat(b'(') {
                let numbers = SeqSet::read_static(cursor)?;
                cursor.space()?;
                qresync.seq_match = Some((numbers, UidSet::read_static(cursor)?));
                cursor.expect(b')', Expected::Close)?;
                break;
            }
            if qresync.known_uids.is_some() {
                return cursor.error(Expected::List);
            }
            qresync.known_uids = Some(UidSet::read_static(cursor)?);
        }
        cursor.expect(b')', Expected::Close)?;
        Ok(qresync)
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        encoder.number(u64::from(self.uid_validity.get()));
        encoder.space();
        encoder.number(self.mod_seq.get());
        if let Some(known) = self.known_uids.as_ref().filter(|known| known.is_static()) {
            encoder.space();
            known.encode(encoder);
        }
        let matched =
            self.seq_match.as_ref().filter(|(numbers, uids)| numbers.is_static() && uids.is_static());
        if let Some((numbers, uids)) = matched {
            encoder.octets(b" (");
            numbers.encode(encoder);
            encoder.space();
            uids.encode(encoder);
            encoder.octets(b")");
        }
        encoder.octets(b")");
    }
}

/// `mod-sequence-value`.
fn mod_seq(cursor: &mut Cursor<'_>) -> Result<ModSeq, ParseError> {
    let at = cursor.at();
    ModSeq::new(cursor.number64()?).ok_or(ParseError::new(at, Expected::NonZero))
}

/// CREATE (RFC 9051 section 6.3.4).
///
/// ```abnf
/// create        = "CREATE" SP mailbox [create-params]
/// create-param =/ "USE" SP "(" [use-attr *(SP use-attr)] ")"
/// use-attr      = "\All" / "\Archive" / "\Drafts" / "\Flagged" / "\Junk" / "\Sent" / "\Trash" / use-attr-ext
/// ```
///
/// A name that cannot be text (RFC 9051 section 5.1, RFC 3501 section 5.1.3) is refused when it is read: such a mailbox may
/// exist, but should not come into being.
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, command::Create};
///
/// let frame = r"t2 CREATE MySpecial (USE (\Drafts \Sent))".into();
/// let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
/// let Command::Create(create) = command else { panic!() };
/// assert_eq!(create.special_use.len(), 2);
/// assert!(Command::parse(&"t2 CREATE &2AA-".into(), Dialect::REV1).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Create {
    /// Which mailbox. Whether it ends with the delimiter says whether others are to be below it (RFC 9051 section 6.3.4).
    pub mailbox: MailboxName,
    /// What it is for (RFC 6154 section 3): attributes, with the backslash.
    pub special_use: Vec<Flag>,
    /// Parameters that this crate does not know. A server that meets one answers BAD (RFC 4466 section 2.2).
    pub parameters: Vec<Parameter>,
}

impl Create {
    /// A mailbox for anything.
    pub const fn new(mailbox: MailboxName) -> Self {
        Self { mailbox, special_use: Vec::new(), parameters: Vec::new() }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut create = Self::new(read_new_name(cursor)?);
        let mut used = false;
        read_parameters(cursor, |cursor| {
            if cursor.eat_word("USE") {
                cursor.space()?;
                create.read_use(cursor)?;
                return once(cursor, !std::mem::replace(&mut used, true));
            }
            create.parameters.push(Parameter::read(cursor)?);
            Ok(())
        })?;
        Ok(create)
    }

    fn read_use(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        cursor.list(|cursor| {
            let start = cursor.at();
            let attribute = Flag::read(cursor)?;
            if !attribute.is_system() || attribute == Flag::ANY {
                return Err(ParseError::new(start, Expected::Flag));
            }
            if self.special_use.len() >= PARAMETERS {
                return cursor.error(Expected::Close);
            }
            self.special_use.push(attribute);
            Ok(())
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        let mut list = Parameters::new(encoder);
        // What is no attribute cannot be meant.
        let mut uses =
            self.special_use.iter().filter(|flag| flag.is_system() && **flag != Flag::ANY).peekable();
        if uses.peek().is_some() {
            let encoder = list.next();
            encoder.octets(b"USE ");
            encoder.list(uses, |encoder, attribute| attribute.encode(encoder));
        }
        for parameter in &self.parameters {
            parameter.encode(list.next());
        }
        list.end();
    }
}

/// The name of a mailbox that does not exist yet.
pub(super) fn read_new_name(cursor: &mut Cursor<'_>) -> Result<MailboxName, ParseError> {
    let at = cursor.at();
    let name = cursor.mailbox()?;
    let forbidden =
        |name: &str| name.contains(['\u{2028}', '\u{2029}']) || name.chars().any(char::is_control);
    match name.as_str() {
        Some(text) if !text.is_empty() && !forbidden(text) => Ok(name),
        _ => Err(ParseError::new(at, Expected::Mailbox)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::command::tests::{back, parse, refused, written};

    #[test]
    fn examples_of_the_rfcs() {
        for text in [
            "A142 SELECT INBOX",
            "A932 EXAMINE blurdybloop",
            // RFC 7162 section 3.1.8
            "A142 SELECT INBOX (CONDSTORE)",
            // RFC 7162 section 3.2.5
            "A02 SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
            "B04 SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541))",
            "A03 SELECT INBOX (QRESYNC (67890007 90060115194045000 41:211,214:541 (1,3 41,43)))",
            "A03 SELECT INBOX (QRESYNC (67890007 90060115194045000 (1,3 41,43)))",
            // RFC 4466 section 2.1
            "a SELECT INBOX (ANNOTATE)",
            "a EXAMINE INBOX (CONDSTORE ANNOTATE RESPONSES (\"UID Responses\"))",
            "A003 CREATE owatagusiam/",
            // RFC 6154 section 5.3
            r"t1 CREATE MySpecial (USE (\Drafts \Sent))",
            r"t2 CREATE Everything (USE (\All) X (y))",
        ] {
            back(text);
        }
        let Command::Examine(select) = parse("a examine inbox (annotate responses (x) condstore)") else {
            panic!()
        };
        assert!(select.condstore && select.mailbox.is_inbox() && select.parameters.len() == 2);
        assert_eq!(written(&parse("a CREATE x (USE ())")), "a CREATE x\r\n");
    }

    #[test]
    fn what_is_wrong() {
        for (text, at) in [
            ("a SELECT", 8),
            ("a SELECT ", 9),
            ("a SELECT INBOX ", 15),
            ("a SELECT INBOX ()", 17),
            ("a SELECT INBOX (CONDSTORE", 25),
            ("a SELECT INBOX (CONDSTORE CONDSTORE)", 35),
            ("a SELECT INBOX (QRESYNC)", 23),
            ("a SELECT INBOX (QRESYNC (0 1))", 25),
            ("a SELECT INBOX (QRESYNC (1 0))", 27),
            ("a SELECT INBOX (QRESYNC (1 9223372036854775808))", 46),
            ("a SELECT INBOX (QRESYNC (1 2 1:*))", 29),
            ("a SELECT INBOX (QRESYNC (1 2 1 2))", 31),
            ("a SELECT INBOX (QRESYNC (1 2 (1)))", 31),
            ("a SELECT INBOX (QRESYNC (1 2 (1 2) 3))", 34),
            ("a SELECT INBOX (X) ", 18),
            ("a SELECT INBOX\nA2 NOOP", 14),
            ("a CREATE", 8),
            ("a CREATE \"\"", 9),
            ("a CREATE &2AA-", 9),
            ("a CREATE &AAA-", 9),
            ("a CREATE \"a\tb\"", 9),
            ("a CREATE x (USE \\Sent)", 16),
            ("a CREATE x (USE (Sent))", 17),
            (r"a CREATE x (USE (\*))", 17),
            ("a RENAME x &2AA-", 11),
        ] {
            refused(text, at);
        }
        let many = format!("a SELECT INBOX ({})", vec!["X"; 101].join(" "));
        assert!(Command::parse(&Bytes::from(many), crate::Dialect::REV1).is_err());
    }

    #[test]
    fn hints_that_cannot_be_sent_are_not() {
        let mut qresync = QResync::new(UidValidity::new(1).unwrap(), ModSeq::new(2).unwrap());
        qresync.known_uids = Some(UidSet::all());
        qresync.seq_match = Some((SeqSet::saved(), UidSet::all()));
        let mut select = Select::new(MailboxName::INBOX);
        select.qresync = Some(qresync);
        assert_eq!(written(&Command::Select(select)), "a SELECT INBOX (QRESYNC (1 2))\r\n");
    }
}

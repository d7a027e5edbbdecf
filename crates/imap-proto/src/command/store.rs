//! Changing what is kept of messages.

use bytes::Bytes;

use super::{
    select::{Parameters, once, read_list},
    unknown::Parameter,
};
use crate::{Command, Encoder, Expected, Flag, Flags, MessageSet, ParseError, Text, cursor::Cursor, plain};

/// What STORE does with what it is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the grammar has a plus sign, a minus sign, and nothing
pub enum StoreAction {
    /// It replaces what is there.
    #[default]
    Set,
    /// It is added.
    Add,
    /// It is taken away.
    Remove,
}

impl StoreAction {
    fn read(cursor: &mut Cursor<'_>) -> Self {
        if cursor.eat(b'+') {
            Self::Add
        } else if cursor.eat(b'-') {
            Self::Remove
        } else {
            Self::Set
        }
    }

    const fn sign(self) -> &'static [u8] {
        match self {
            Self::Set => b"",
            Self::Add => b"+",
            Self::Remove => b"-",
        }
    }
}

/// What STORE changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreItem {
    /// Flags and keywords. `\Recent` and `\*` are not written, for servers alone have them (RFC 3501 section 2.3.2).
    Flags(Flags),
    /// Labels of Gmail (X-GM-LABELS), as they stand on the wire: in modified UTF-7
    /// ([`MailboxName::to_utf7`](crate::MailboxName::to_utf7)), those of the system with a backslash (`\Inbox`).
    GmailLabels(Vec<Text>),
    /// Anything else, a name and a value.
    Other(Parameter),
}

/// STORE and UID STORE (RFC 9051 section 6.4.6).
///
/// ```abnf
/// store           = "STORE" SP sequence-set [store-modifiers] SP store-att-flags
/// store-modifiers = SP "(" store-modifier *(SP store-modifier) ")"
/// store-modifier =/ "UNCHANGEDSINCE" SP mod-sequence-valzer
/// store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"]) SP (flag-list / (flag *(SP flag)))
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Flag, Seq, command::{Store, StoreAction}};
///
/// let frame = r"d105 STORE 7 (UNCHANGEDSINCE 320162338) +FLAGS.SILENT \Deleted".into();
/// let (_, command) = Command::parse(&frame, Dialect::REV1).unwrap();
/// let mut store = Store::flags(Seq::new(7).unwrap(), StoreAction::Add, [Flag::DELETED]);
/// store.silent = true;
/// store.unchanged_since = Some(320162338);
/// assert_eq!(command, Command::Store(store));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Store {
    /// Which messages; of UIDs, it is UID STORE.
    pub messages: MessageSet,
    /// What is done with the item.
    pub action: StoreAction,
    /// Whether the server need not tell the new value. Not of an [item](StoreItem::Other) that this crate does not know.
    pub silent: bool,
    /// What is changed.
    pub item: StoreItem,
    /// Only messages whose mod-sequence is not higher are changed (RFC 7162 section 3.1.3); 0 is none that exists. What is
    /// above 2^63 - 1 is written as that.
    pub unchanged_since: Option<u64>,
    /// Modifiers that this crate does not know. A server that meets one answers BAD (RFC 4466 section 2.5).
    pub parameters: Vec<Parameter>,
}

impl Store {
    /// Changes an item.
    pub fn new(messages: impl Into<MessageSet>, action: StoreAction, item: StoreItem) -> Self {
        Self {
            messages: messages.into(),
            action,
            silent: false,
            item,
            unchanged_since: None,
            parameters: vec![],
        }
    }

    /// Changes flags.
    pub fn flags(
        messages: impl Into<MessageSet>,
        action: StoreAction,
        flags: impl IntoIterator<Item = Flag>,
    ) -> Self {
        Self::new(messages, action, StoreItem::Flags(flags.into_iter().collect()))
    }

    /// What stands behind the set and its space.
    pub(crate) fn read(cursor: &mut Cursor<'_>, messages: MessageSet) -> Result<Command, ParseError> {
        if let Some((action, silent, flags)) = Self::plain(cursor.frame(), cursor.rest()) {
            cursor.advance(cursor.rest().len());
            let item = StoreItem::Flags(flags);
            let parameters = Vec::new();
            return Ok(Command::Store(Self {
                messages,
                action,
                silent,
                item,
                unchanged_since: None,
                parameters,
            }));
        }
        let mut store = Self::flags(messages, StoreAction::Set, []);
        if cursor.peek() == Some(b'(') {
            store.read_modifiers(cursor)?;
            cursor.space()?;
        }
        store.action = StoreAction::read(cursor);
        let start = *cursor;
        if matches!(cursor.peek(), Some(b'+' | b'-')) {
            return cursor.error(Expected::Name);
        }
        let Ok(name) = cursor.atom_octets() else { return cursor.error(Expected::Name) };
        let (name, silent) =
            match name.len().checked_sub(b".SILENT".len()).and_then(|at| name.split_at_checked(at)) {
                Some((name, end)) if end.eq_ignore_ascii_case(b".SILENT") => (name, true),
                _ => (name, false),
            };
        store.silent = silent;
        if name.eq_ignore_ascii_case(b"FLAGS") {
            cursor.space()?;
            store.item = StoreItem::Flags(read_flags(cursor)?);
        } else if name.eq_ignore_ascii_case(b"X-GM-LABELS") {
            cursor.space()?;
            store.item = StoreItem::GmailLabels(read_labels(cursor)?);
        } else {
            // Whether it can be silent is not known.
            (*cursor, store.silent) = (start, false);
            store.item = StoreItem::Other(Parameter::read_with_value(cursor)?);
        }
        Ok(Command::Store(store))
    }

    /// Flags as most clients write them, and nothing behind.
    #[inline]
    fn plain(frame: &Bytes, octets: &[u8]) -> Option<(StoreAction, bool, Flags)> {
        let (action, octets) = match octets {
            [b'+', octets @ ..] => (StoreAction::Add, octets),
            [b'-', octets @ ..] => (StoreAction::Remove, octets),
            _ => (StoreAction::Set, octets),
        };
        let octets = plain::behind(octets, b"FLAGS")?;
        let (silent, octets) = match plain::behind(octets, b".SILENT") {
            Some(octets) => (true, octets),
            None => (false, octets),
        };
        let (flags, rest) = Flags::plain_atoms(frame, plain::behind(octets, b" (")?)?;
        (rest.is_empty() && !flags.allows_keywords()).then_some((action, silent, flags))
    }

    fn read_modifiers(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        read_list(cursor, |cursor| {
            if cursor.eat_word("UNCHANGEDSINCE") {
                cursor.space()?;
                let since = cursor.number64()?;
                return once(cursor, self.unchanged_since.replace(since).is_none());
            }
            self.parameters.push(Parameter::read(cursor)?);
            Ok(())
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.messages.encode(encoder);
        let mut list = Parameters::new(encoder);
        if let Some(since) = self.unchanged_since {
            let encoder = list.next();
            encoder.octets(b"UNCHANGEDSINCE ");
            encoder.number(since.min(i64::MAX.cast_unsigned()));
        }
        for parameter in &self.parameters {
            parameter.encode(list.next());
        }
        list.end();
        encoder.space();
        encoder.octets(self.action.sign());
        let silent = |encoder: &mut Encoder| encoder.octets(if self.silent { b".SILENT " } else { b" " });
        match &self.item {
            StoreItem::Flags(flags) => {
                encoder.octets(b"FLAGS");
                silent(encoder);
                encode_flags(flags, encoder);
            }
            StoreItem::GmailLabels(labels) => {
                encoder.octets(b"X-GM-LABELS");
                silent(encoder);
                encoder.list(labels, encode_label);
            }
            StoreItem::Other(parameter) => parameter.encode(encoder),
        }
    }
}

/// Flags with or without parentheses.
fn read_flags(cursor: &mut Cursor<'_>) -> Result<Flags, ParseError> {
    if cursor.peek() == Some(b'(') {
        return read_flag_list(cursor);
    }
    let start = cursor.at();
    checked(Flags::read_bare(cursor)?, start)
}

/// `flag-list`.
pub(super) fn read_flag_list(cursor: &mut Cursor<'_>) -> Result<Flags, ParseError> {
    let start = cursor.at();
    checked(Flags::read(cursor)?, start)
}

/// RFC 9051 section 9: `\*` is a `flag-perm`, not a `flag`.
fn checked(flags: Flags, start: usize) -> Result<Flags, ParseError> {
    if flags.allows_keywords() { Err(ParseError::new(start, Expected::Flag)) } else { Ok(flags) }
}

/// Flags in parentheses, without those that a client cannot set.
pub(super) fn encode_flags(flags: &Flags, encoder: &mut Encoder) {
    if flags.contains(&Flag::RECENT) || flags.allows_keywords() {
        let settable: Flags =
            flags.iter().filter(|flag| *flag != Flag::RECENT && *flag != Flag::ANY).collect();
        settable.encode(encoder);
    } else {
        flags.encode(encoder);
    }
}

/// Labels with or without parentheses: astrings, or words with a backslash.
fn read_labels(cursor: &mut Cursor<'_>) -> Result<Vec<Text>, ParseError> {
    let mut labels = Vec::new();
    let mut read = |cursor: &mut Cursor<'_>| {
        if labels.len() >= Store::LABELS {
            return cursor.error(Expected::Close);
        }
        labels.push(if cursor.peek() == Some(b'\\') {
            Text::received(Flag::read(cursor)?.as_bytes().clone())
        } else {
            cursor.astring()?
        });
        Ok(())
    };
    if cursor.peek() == Some(b'(') {
        cursor.list(read)?;
    } else {
        read(cursor)?;
        while cursor.eat(b' ') {
            read(cursor)?;
        }
    }
    Ok(labels)
}

fn encode_label(encoder: &mut Encoder, label: &Text) {
    match label.as_bytes().strip_prefix(b"\\") {
        Some(word) if Encoder::is_atom(word) => encoder.octets(label.as_bytes()),
        _ => encoder.astring(label.as_bytes()),
    }
}

impl Store {
    /// Labels, at most.
    const LABELS: usize = 10_000;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Command, Uid,
        command::tests::{back, parse, refused, written},
    };

    #[test]
    fn examples_of_the_rfcs() {
        for text in [
            r"A003 STORE 2:4 +FLAGS (\Deleted)",
            r"a UID STORE 4,7:* -FLAGS.SILENT ($Junk \Seen)",
            r"a STORE 1 FLAGS ()",
            // RFC 7162 section 3.1.3
            r"a103 UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\Deleted)",
            r"a104 STORE * (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\Deleted $Processed)",
            r"c101 STORE 50 (UNCHANGEDSINCE 12121230045) -FLAGS.SILENT (\Deleted)",
            r"d105 STORE 7,5,9 (UNCHANGEDSINCE 0 X (y)) FLAGS (a)",
            r"a011 STORE 1 +X-GM-LABELS (foo)",
            "a STORE 1 -X-GM-LABELS.SILENT (\\Inbox \"Muy Importante\" &BB8EQAQ4-)",
            // RFC 5257 section 4.3
            "a STORE 1 ANNOTATION (/comment (value.priv \"My new comment\"))",
        ] {
            back(text);
        }
        let bare = parse(r"a store 12 +flags \deleted $x");
        assert_eq!(bare, parse(r"a store 12 +flags (\deleted $x)"));
        assert_eq!(written(&bare), "a STORE 12 +FLAGS (\\deleted $x)\r\n");
        assert_eq!(parse(r#"a store 1 x-gm-labels ("\\Inbox" a)"#), parse(r"a store 1 x-gm-labels \Inbox a"));
    }

    #[test]
    fn what_is_wrong() {
        for (text, at) in [
            ("a STORE 1", 9),
            ("a STORE 1 ", 10),
            ("a STORE 0 FLAGS ()", 8),
            ("a STORE 1 FLAGS", 15),
            ("a STORE 1 FLAGS ", 16),
            ("a STORE 1 FLAGS (", 17),
            ("a STORE 1 FLAGS (\\Seen", 22),
            ("a STORE 1 FLAGS (\\Seen) x", 23),
            ("a STORE 1 FLAGS (\\Seen  x)", 23),
            (r"a STORE 1 FLAGS (\*)", 16),
            (r"a STORE 1 FLAGS \", 16),
            ("a STORE 1 FLAGS (a]b)", 18),
            ("a STORE 1 + FLAGS (a)", 11),
            ("a STORE 1 ++FLAGS (a)", 11),
            ("a STORE 1 () FLAGS (a)", 12),
            ("a STORE 1 (UNCHANGEDSINCE) FLAGS (a)", 25),
            ("a STORE 1 (UNCHANGEDSINCE 9223372036854775808) FLAGS (a)", 45),
            ("a STORE 1 (UNCHANGEDSINCE 1 UNCHANGEDSINCE 1) FLAGS (a)", 44),
            ("a STORE 1 (UNCHANGEDSINCE -1) FLAGS (a)", 26),
        ] {
            refused(text, at);
        }
    }

    #[test]
    fn what_servers_alone_set_is_not_sent() {
        let flags = [Flag::SEEN, Flag::RECENT, Flag::ANY];
        let store = Store::flags(Uid::new(1).unwrap(), StoreAction::Set, flags);
        assert_eq!(written(&Command::Store(store)), "a UID STORE 1 FLAGS (\\Seen)\r\n");
    }
}

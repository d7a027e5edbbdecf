//! LIST (RFC 9051 section 6.3.9).

use crate::{
    Atom, Command, Encoder, Expected, MailboxName, ParseError, TaggedItem, Text,
    chars::{self, by_name},
    cursor::Cursor,
    plain::frequent,
};

use super::{pattern::ListPattern, status::StatusItem};

/// Patterns in one command, at most.
const PATTERNS: usize = 100;

/// Which mailboxes are listed (RFC 9051 section 6.3.9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListSelect {
    /// Those the user has subscribed to, whether they exist or not.
    Subscribed,
    /// Those on other servers too.
    Remote,
    /// Those with mailboxes below them that the other options choose: CHILDINFO says so.
    RecursiveMatch,
    /// Those that are for something (RFC 6154 section 3).
    SpecialUse,
    /// Something of an extension that is not known.
    Unknown(TaggedItem),
}

/// What is told about each mailbox (RFC 9051 section 6.3.9.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListReturn {
    /// Whether the user has subscribed to it.
    Subscribed,
    /// Whether mailboxes are below it.
    Children,
    /// What it is for (RFC 6154 section 3).
    SpecialUse,
    /// STATUS of each, in responses of their own (RFC 9051 section 6.3.9.8, RFC 5819).
    Status(Vec<StatusItem>),
    /// The user's rights, in responses of their own (RFC 8440 section 3).
    MyRights,
    /// Metadata by these entries, in responses of their own (RFC 9590).
    Metadata(Vec<Text>),
    /// Something of an extension that is not known.
    Unknown(TaggedItem),
}

/// The arguments of LIST, simple or extended.
///
/// Extended is what has options or several patterns; servers have to know LIST-EXTENDED or IMAP4rev2 for it.
///
/// ```abnf
/// list             = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]
/// mbox-or-pat      = list-mailbox / patterns
/// patterns         = "(" list-mailbox *(SP list-mailbox) ")"
/// list-return-opts = "RETURN" SP "(" [return-option *(SP return-option)] ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
/// use imap_proto::list::{ListCommand, ListPattern, ListReturn, ListSelect, StatusItem};
///
/// let list = ListCommand::new(ListPattern::new("*").unwrap())
///     .selecting([ListSelect::Subscribed])
///     .returning([ListReturn::Status(vec![StatusItem::Unseen])]);
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::List(list).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A1 LIST (SUBSCRIBED) \"\" \"*\" RETURN (STATUS (UNSEEN))\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListCommand {
    /// Which mailboxes are listed; without options all that fit.
    pub select: Option<Vec<ListSelect>>,
    /// What the patterns are relative to; how, the server decides. Empty is best.
    pub reference: MailboxName,
    /// What is told about each.
    pub returns: Option<Vec<ListReturn>>,
    first: ListPattern,
    others: Vec<ListPattern>,
}

impl ListCommand {
    /// The simple form.
    pub const fn new(pattern: ListPattern) -> Self {
        Self {
            select: None,
            reference: MailboxName::empty(),
            returns: None,
            first: pattern,
            others: Vec::new(),
        }
    }

    /// The same, relative to a [`reference`](#structfield.reference).
    #[must_use]
    pub fn below(mut self, reference: MailboxName) -> Self {
        self.reference = reference;
        self
    }

    /// The same, for one more pattern: what fits one of them is listed.
    #[must_use]
    pub fn or(mut self, pattern: ListPattern) -> Self {
        self.others.push(pattern);
        self
    }

    /// The same, with [`select`](#structfield.select).
    #[must_use]
    pub fn selecting(mut self, options: impl IntoIterator<Item = ListSelect>) -> Self {
        self.select = Some(options.into_iter().collect());
        self
    }

    /// The same, with [`returns`](#structfield.returns).
    #[must_use]
    pub fn returning(mut self, options: impl IntoIterator<Item = ListReturn>) -> Self {
        self.returns = Some(options.into_iter().collect());
        self
    }

    /// The patterns, at least one.
    pub fn patterns(&self) -> impl Iterator<Item = &ListPattern> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Whether it is more than RFC 3501 has.
    pub fn is_extended(&self) -> bool {
        self.select.is_some() || self.returns.is_some() || !self.others.is_empty()
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Command, ParseError> {
        let mut select = None;
        if cursor.peek() == Some(b'(') {
            select = Some(ListSelect::read_all(cursor)?);
            cursor.space()?;
        }
        let reference = cursor.mailbox()?;
        cursor.space()?;
        let (first, others) = if cursor.peek() == Some(b'(') {
            let mut patterns = Vec::new();
            cursor.list(|cursor| {
                if patterns.len() >= PATTERNS {
                    return cursor.error(Expected::Close);
                }
                patterns.push(ListPattern::read(cursor)?);
                Ok(())
            })?;
            // In parentheses it is the extended form, which lists nothing for the empty pattern.
            if patterns.len() == 1 {
                select.get_or_insert_default();
            }
            let mut patterns = patterns.into_iter();
            let Some(first) = patterns.next() else { return cursor.error(Expected::Mailbox) };
            (first, patterns.collect())
        } else {
            (ListPattern::read(cursor)?, Vec::new())
        };
        let mut returns = None;
        if cursor.eat(b' ') {
            if !cursor.eat_return()? {
                return cursor.error(Expected::Item);
            }
            let mut all = Vec::with_capacity(4);
            if !cursor.frequent(&mut all, ListReturn::FREQUENT) {
                cursor.list(|cursor| {
                    all.push(ListReturn::read(cursor)?);
                    Ok(())
                })?;
            }
            returns = Some(all);
        }
        Ok(Command::List(Self { select, reference, returns, first, others }))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if let Some(options) = &self.select {
            encoder.list(options, |encoder, option| option.encode(encoder));
            encoder.space();
        }
        encoder.mailbox(&self.reference);
        encoder.space();
        if self.others.is_empty() {
            self.first.encode(encoder);
        } else {
            encoder.list(self.patterns(), |encoder, pattern| pattern.encode(encoder));
        }
        if let Some(options) = &self.returns {
            encoder.octets(b" RETURN ");
            encoder.list(options, |encoder, option| option.encode(encoder));
        }
    }
}

impl ListSelect {
    fn read_all(cursor: &mut Cursor<'_>) -> Result<Vec<Self>, ParseError> {
        let start = cursor.at();
        let mut all = Vec::new();
        cursor.list(|cursor| {
            all.push(Self::read(cursor)?);
            Ok(())
        })?;
        // RFC 9051 section 6.3.9.1: "The RECURSIVEMATCH option MUST NOT occur as the only selection option (or only with REMOTE)"
        let needs = all.contains(&Self::RecursiveMatch);
        if needs && all.iter().all(|option| matches!(option, Self::RecursiveMatch | Self::Remote)) {
            return Err(ParseError::new(start, Expected::Item));
        }
        Ok(all)
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom_octets()?;
        Ok(by_name!(chars::upper(name), {
            "SUBSCRIBED" => Self::Subscribed,
            "REMOTE" => Self::Remote,
            "RECURSIVEMATCH" => Self::RecursiveMatch,
            "SPECIAL-USE" => Self::SpecialUse,
            _ => Self::Unknown(TaggedItem::read(cursor, Atom::received(cursor.share(name)))?),
        }))
    }

    fn encode(&self, encoder: &mut Encoder) {
        let name = match self {
            Self::Subscribed => "SUBSCRIBED",
            Self::Remote => "REMOTE",
            Self::RecursiveMatch => "RECURSIVEMATCH",
            Self::SpecialUse => "SPECIAL-USE",
            Self::Unknown(item) => return item.encode(encoder),
        };
        encoder.octets(name.as_bytes());
    }
}

impl ListReturn {
    /// What clients ask for most of the time, as they write it.
    const FREQUENT: for<'a> fn(&'a [u8], &mut Vec<Self>) -> Option<&'a [u8]> = frequent! {
        b'S': b"SUBSCRIBED" Self::Subscribed, b"SPECIAL-USE" Self::SpecialUse;
        b'C': b"CHILDREN" Self::Children;
    };

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom_octets()?;
        Ok(by_name!(chars::upper(name), {
            "SUBSCRIBED" => Self::Subscribed,
            "CHILDREN" => Self::Children,
            "SPECIAL-USE" => Self::SpecialUse,
            "MYRIGHTS" => Self::MyRights,
            "STATUS" => {
                cursor.space()?;
                Self::Status(StatusItem::read_list(cursor)?)
            },
            "METADATA" => {
                cursor.space()?;
                let mut entries = Vec::new();
                cursor.list(|cursor| {
                    entries.push(cursor.astring()?);
                    Ok(())
                })?;
                Self::Metadata(entries)
            },
            _ => Self::Unknown(TaggedItem::read(cursor, Atom::received(cursor.share(name)))?),
        }))
    }

    fn encode(&self, encoder: &mut Encoder) {
        let name = match self {
            Self::Subscribed => "SUBSCRIBED",
            Self::Children => "CHILDREN",
            Self::SpecialUse => "SPECIAL-USE",
            Self::MyRights => "MYRIGHTS",
            Self::Status(items) => {
                encoder.octets(b"STATUS ");
                return encoder.list(items, |encoder, item| item.encode(encoder));
            }
            Self::Metadata(entries) => {
                encoder.octets(b"METADATA ");
                return encoder.list(entries, |encoder, entry| encoder.astring(entry.as_bytes()));
            }
            Self::Unknown(item) => return item.encode(encoder),
        };
        encoder.octets(name.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ListCommand, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::new(&frame);
        let Command::List(list) = ListCommand::read(&mut cursor)? else { panic!("it is no LIST") };
        cursor.end()?;
        Ok(list)
    }

    #[test]
    fn commands_there_and_back() {
        for text in [
            // RFC 9051 section 6.3.9.8
            r#""" """#,
            r##"#news.comp.mail.misc """##,
            r#"~/Mail/ "%""#,
            r#"(SUBSCRIBED) "" "*""#,
            r#"() "" "%" RETURN (CHILDREN)"#,
            r#"(SUBSCRIBED REMOTE RECURSIVEMATCH) "" "*" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE)"#,
            r#"() "" ("%" "music/rock")"#,
            r#""" ("INBOX" "Drafts" "Sent/%")"#,
            r#""" "%" RETURN (STATUS (MESSAGES UNSEEN) MYRIGHTS)"#,
            r#"(SPECIAL-USE) "" "*" RETURN (METADATA (/shared/vendor/x /private/comment))"#,
            r#"(X-VENDOR (a b) RECURSIVEMATCH) "" "*" RETURN (X-OTHER X-MORE ("c d"))"#,
        ] {
            let list = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let mut encoder = Encoder::for_text();
            list.encode(&mut encoder);
            assert_eq!(str::from_utf8(encoder.text()).unwrap(), text);
        }
        assert_eq!(read(r#""" (*)"#), read(r#"() "" *"#));
        assert!(read(r#""" ("")"#).unwrap().is_extended() && !read(r#""" """#).unwrap().is_extended());
    }

    #[test]
    fn what_is_no_list() {
        for (text, at) in [
            (r#"(RECURSIVEMATCH) "" *"#, 0),
            (r#"(REMOTE RECURSIVEMATCH) "" *"#, 0),
            (r#""" ()"#, 5),
            (r#""""#, 2),
            (r#""" * "#, 5),
            (r#""" * RETURN (STATUS ())"#, 21),
            (r#""" * RETURN"#, 11),
            (r#""" a{5}"#, 4),
        ] {
            assert_eq!(read(text).unwrap_err().at(), at, "{text}");
        }
        assert!(read(&format!(r#""" ({}*)"#, "* ".repeat(1000))).is_err());
    }
}

//! Annotations of the server and of mailboxes (RFC 5464).
//!
//! `LIST ... RETURN (METADATA (...))` (RFC 9590 section 3) takes the same [`Entries`] and is answered by the same [`Metadata`].

use std::fmt;

use bytes::Bytes;

use crate::{Encoder, Expected, InvalidOctet, MailboxName, ParseError, cursor::Cursor};

/// The name of an annotation: components with slashes before them (RFC 5464 section 3.2).
///
/// It is ASCII, the same in upper and lower case, and begins with `/shared` or `/private`; which of them is known is left to the
/// server. A name that a server sends is kept as it is.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::metadata::EntryName;
///
/// let name = EntryName::try_from("/private/comment").unwrap();
/// assert_eq!(name, EntryName::try_from("/Private/Comment").unwrap());
/// assert!(name.is_private());
/// for bad in ["comment", "/a//b", "/a/", "/a/*", "/a%", "/ä", "/", ""] {
///     assert!(EntryName::try_from(bad).is_err(), "{bad}");
/// }
/// ```
#[derive(Clone)]
pub struct EntryName(Bytes);

impl EntryName {
    /// The text; what a server wrote that is not UTF-8 is U+FFFD.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether only the user sees it (RFC 5464 section 3.3).
    pub fn is_private(&self) -> bool {
        self.begins_with(b"/private/")
    }

    /// Whether everybody with access sees it (RFC 5464 section 3.3).
    ///
    /// ```
    /// use imap_proto::extensions::metadata::EntryName;
    ///
    /// assert!(EntryName::try_from("/Shared/comment").unwrap().is_shared());
    /// ```
    pub fn is_shared(&self) -> bool {
        self.begins_with(b"/shared/")
    }

    fn begins_with(&self, prefix: &[u8]) -> bool {
        self.0.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let octets = cursor.astring_octets()?;
        if cursor.lenient {
            return Ok(Self(octets));
        }
        Self::try_from(octets).map_err(|_| ParseError::new(at, Expected::Name))
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.astring(&self.0);
    }
}

impl TryFrom<Bytes> for EntryName {
    type Error = InvalidOctet;

    fn try_from(octets: Bytes) -> Result<Self, InvalidOctet> {
        if octets.len() < 2 {
            return Err(InvalidOctet::missing(octets.len()));
        }
        let mut slash = false;
        for (at, &octet) in octets.iter().enumerate() {
            let wrong = match octet {
                // RFC 5464 section 3.2: "MUST NOT contain two consecutive "/" characters and MUST NOT end with a "/" character"
                b'/' => slash || at + 1 == octets.len(),
                b'*' | b'%' => true,
                _ => at == 0 || !octet.is_ascii() || octet.is_ascii_control(),
            };
            if wrong {
                return Err(InvalidOctet::new(at, octet));
            }
            slash = octet == b'/';
        }
        Ok(Self(octets))
    }
}

impl TryFrom<&str> for EntryName {
    type Error = InvalidOctet;

    fn try_from(name: &str) -> Result<Self, InvalidOctet> {
        Self::try_from(Bytes::copy_from_slice(name.as_bytes()))
    }
}

impl PartialEq for EntryName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for EntryName {}

impl std::hash::Hash for EntryName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in &self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl fmt::Debug for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryName({self})")
    }
}

/// Control characters and what is not UTF-8 escaped.
impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", wire_core::Escaped(&self.0))
    }
}

/// Names of annotations that are asked for, at least one.
///
/// ```abnf
/// entries = entry / "(" entry *(SP entry) ")"
/// entry   = astring
///         ; slash-separated path to entry
///         ; MUST NOT contain "*" or "%"
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries(Vec<EntryName>);

impl Entries {
    /// These; `None` if there are none, for that cannot be written.
    pub fn new(names: impl IntoIterator<Item = EntryName>) -> Option<Self> {
        let names: Vec<_> = names.into_iter().collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// The names.
    pub fn iter(&self) -> impl Iterator<Item = &EntryName> {
        self.0.iter()
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut names = Vec::new();
        if cursor.peek() != Some(b'(') {
            names.push(EntryName::read(cursor)?);
            return Ok(Self(names));
        }
        cursor.list(|cursor| {
            names.push(EntryName::read(cursor)?);
            Ok(())
        })?;
        if names.is_empty() { cursor.error(Expected::Item) } else { Ok(Self(names)) }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        match self.0.as_slice() {
            [name] => name.encode(encoder),
            names => encoder.list(names, |encoder, name| name.encode(encoder)),
        }
    }
}

impl From<EntryName> for Entries {
    fn from(name: EntryName) -> Self {
        Self(vec![name])
    }
}

/// How far below the names of GETMETADATA annotations are asked for (RFC 5464 section 4.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the grammar has three
pub enum Depth {
    /// Those with these names.
    #[default]
    Zero,
    /// Those one component below them too.
    One,
    /// Everything below them too.
    Infinity,
}

/// The arguments of GETMETADATA (RFC 5464 section 4.2).
///
/// ```abnf
/// getmetadata         = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries
/// getmetadata-options = "(" getmetadata-option *(SP getmetadata-option) ")"
/// maxsize-opt         = "MAXSIZE" SP number
/// scope-opt           = "DEPTH" SP ("0" / "1" / "infinity")
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::metadata::{EntryName, GetMetadata};
/// use imap_proto::{Command, Dialect, Encoder, Literals, MailboxName, Tag};
///
/// let comment = EntryName::try_from("/shared/comment").unwrap();
/// let mut metadata = GetMetadata::new(MailboxName::INBOX, comment.into());
/// metadata.max_size = Some(1024);
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::GetMetadata(metadata).encode(&Tag::try_from("a").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"a GETMETADATA (MAXSIZE 1024) INBOX /shared/comment\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GetMetadata {
    /// Of which mailbox; [`MailboxName::empty`] for the server.
    pub mailbox: MailboxName,
    /// Values of more octets are not wanted (RFC 5464 section 4.2.1).
    pub max_size: Option<u32>,
    /// How far below the names; `None` says nothing, which is [`Depth::Zero`].
    pub depth: Option<Depth>,
    /// Which annotations.
    pub entries: Entries,
}

impl GetMetadata {
    /// All of their values, whatever their size.
    pub const fn new(mailbox: MailboxName, entries: Entries) -> Self {
        Self { mailbox, max_size: None, depth: None, entries }
    }

    /// The grammar has options before the mailbox and lists in parentheses. The examples of RFC 5464 section 4.2.1 have options
    /// behind it, and those of RFC 5464 section 4.4.1 lists without parentheses: both are understood, and not written.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mut max_size, mut depth) = (None, None);
        if cursor.peek() == Some(b'(') {
            read_options(cursor, &mut max_size, &mut depth)?;
            cursor.space()?;
        }
        let mailbox = cursor.mailbox()?;
        cursor.space()?;
        if at_option(cursor) && max_size.is_none() && depth.is_none() {
            read_options(cursor, &mut max_size, &mut depth)?;
            cursor.space()?;
        }
        let bare = cursor.peek() != Some(b'(');
        let mut entries = Entries::read(cursor)?;
        while bare && cursor.eat(b' ') {
            entries.0.push(EntryName::read(cursor)?);
        }
        Ok(Self { mailbox, max_size, depth, entries })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if self.max_size.is_some() || self.depth.is_some() {
            encoder.octets(b"(");
            if let Some(octets) = self.max_size {
                encoder.octets(b"MAXSIZE ");
                encoder.number(u64::from(octets));
            }
            if let Some(depth) = self.depth {
                encoder.octets(if self.max_size.is_some() { b" DEPTH " } else { b"DEPTH " });
                encoder.octets(match depth {
                    Depth::Zero => b"0",
                    Depth::One => b"1",
                    Depth::Infinity => b"infinity",
                });
            }
            encoder.octets(b") ");
        }
        encoder.mailbox(&self.mailbox);
        encoder.space();
        self.entries.encode(encoder);
    }
}

/// Whether a list of options begins here: no name of an annotation begins with a letter.
fn at_option(cursor: &Cursor<'_>) -> bool {
    matches!(cursor.rest(), [b'(', next, ..] if next.is_ascii_alphabetic())
}

fn read_options(
    cursor: &mut Cursor<'_>,
    max_size: &mut Option<u32>,
    depth: &mut Option<Depth>,
) -> Result<(), ParseError> {
    let start = cursor.at();
    cursor.list(|cursor| {
        let at = cursor.at();
        let again = if cursor.eat_word("MAXSIZE") {
            cursor.space()?;
            max_size.replace(cursor.number()?).is_some()
        } else if cursor.eat_word("DEPTH") {
            cursor.space()?;
            depth.replace(read_depth(cursor)?).is_some()
        } else {
            return cursor.error(Expected::Item);
        };
        if again { Err(ParseError::new(at, Expected::Once)) } else { Ok(()) }
    })?;
    if max_size.is_none() && depth.is_none() {
        return Err(ParseError::new(start, Expected::Item));
    }
    Ok(())
}

fn read_depth(cursor: &mut Cursor<'_>) -> Result<Depth, ParseError> {
    if cursor.eat_word("0") {
        Ok(Depth::Zero)
    } else if cursor.eat_word("1") {
        Ok(Depth::One)
    } else if cursor.eat_word("INFINITY") {
        Ok(Depth::Infinity)
    } else {
        cursor.error(Expected::Item)
    }
}

/// An annotation and its value.
///
/// ```abnf
/// entry-value = entry SP value
/// value       = nstring / literal8
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a pair
pub struct EntryValue {
    /// Which annotation.
    pub name: EntryName,
    /// Any octets; `None`, which is written as NIL, if there is no such annotation or is to be none. A client has no reason to
    /// trust them (RFC 5464 section 7).
    pub value: Option<Bytes>,
}

impl EntryValue {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = EntryName::read(cursor)?;
        cursor.space()?;
        Ok(Self { name, value: cursor.nstring()?.map(crate::Text::into_bytes) })
    }

    fn encode(&self, encoder: &mut Encoder) {
        self.name.encode(encoder);
        encoder.space();
        encoder.nstring(self.value.as_deref());
    }
}

/// The arguments of SETMETADATA (RFC 5464 section 4.3): all of the values are set, or none.
///
/// ```abnf
/// setmetadata  = "SETMETADATA" SP mailbox SP entry-values
/// entry-values = "(" entry-value *(SP entry-value) ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::metadata::{EntryName, EntryValue, SetMetadata};
/// use imap_proto::{Command, Dialect, Encoder, Literals, MailboxName, Tag};
///
/// let name = EntryName::try_from("/private/comment").unwrap();
/// let set = SetMetadata::new(MailboxName::INBOX, [EntryValue { name, value: None }]).unwrap();
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::SetMetadata(set).encode(&Tag::try_from("a").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"a SETMETADATA INBOX (/private/comment NIL)\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetMetadata {
    mailbox: MailboxName,
    values: Vec<EntryValue>,
}

impl SetMetadata {
    /// These values for a mailbox, or for the server if its name is [empty](MailboxName::empty); `None` without values.
    pub fn new(mailbox: MailboxName, values: impl IntoIterator<Item = EntryValue>) -> Option<Self> {
        let values: Vec<_> = values.into_iter().collect();
        (!values.is_empty()).then_some(Self { mailbox, values })
    }

    /// Of which mailbox; an [empty](MailboxName::is_empty) name is the server.
    pub const fn mailbox(&self) -> &MailboxName {
        &self.mailbox
    }

    /// The values, at least one.
    pub fn values(&self) -> &[EntryValue] {
        &self.values
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        cursor.space()?;
        let mut values = Vec::new();
        cursor.list(|cursor| {
            values.push(EntryValue::read(cursor)?);
            Ok(())
        })?;
        if values.is_empty() { cursor.error(Expected::Item) } else { Ok(Self { mailbox, values }) }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        encoder.space();
        encoder.list(&self.values, |encoder, value| value.encode(encoder));
    }
}

/// METADATA: annotations that were asked for, or names of those that changed (RFC 5464 section 4.4).
///
/// ```abnf
/// metadata-resp = "METADATA" SP mailbox SP (entry-values / entry-list)
/// entry-list    = entry *(SP entry)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let Response::Untagged(Untagged::Metadata(metadata)) =
///     Response::parse(&"* METADATA \"\" (/shared/comment \"Shared comment\")".into(), Dialect::REV1) else { panic!() };
/// assert!(metadata.mailbox.is_empty());
/// assert_eq!(metadata.get("/shared/comment").unwrap(), "Shared comment");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct Metadata {
    /// Of which mailbox; an [empty](MailboxName::is_empty) name is the server.
    pub mailbox: MailboxName,
    /// What of it.
    pub content: MetadataContent,
}

/// What METADATA tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the grammar has two
pub enum MetadataContent {
    /// Values that were asked for (RFC 5464 section 4.4.1).
    Values(Vec<EntryValue>),
    /// Names of annotations that were changed (RFC 5464 section 4.4.2).
    Changed(Entries),
}

impl Metadata {
    /// The value of an annotation, if it is told and there is one.
    pub fn get(&self, name: &str) -> Option<&Bytes> {
        let MetadataContent::Values(values) = &self.content else { return None };
        let found = values.iter().find(|one| one.name.0.eq_ignore_ascii_case(name.as_bytes()));
        found.and_then(|one| one.value.as_ref())
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        cursor.space()?;
        if cursor.peek() != Some(b'(') {
            let mut names = vec![EntryName::read(cursor)?];
            while cursor.space().is_ok() && !cursor.is_done() {
                names.push(EntryName::read(cursor)?);
            }
            return Ok(Self { mailbox, content: MetadataContent::Changed(Entries(names)) });
        }
        let mut values = Vec::new();
        cursor.list(|cursor| {
            values.push(EntryValue::read(cursor)?);
            Ok(())
        })?;
        Ok(Self { mailbox, content: MetadataContent::Values(values) })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        encoder.space();
        match &self.content {
            MetadataContent::Values(values) => encoder.list(values, |encoder, value| value.encode(encoder)),
            MetadataContent::Changed(names) => {
                encoder.joined(&names.0, |encoder, name| name.encode(encoder));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Untagged;
    use crate::extensions::testing::{command, command_as, refused, response, response_as, untagged};

    #[test]
    fn commands_of_the_rfc() {
        // RFC 5464 section 4.2
        command("a GETMETADATA \"\" /shared/comment");
        command_as("a GETMETADATA \"INBOX\" /private/comment", "a GETMETADATA INBOX /private/comment");
        command("a GETMETADATA INBOX (/shared/comment /private/comment)");
        // RFC 5464 section 4.2.1, where its example and its grammar differ
        command_as(
            "a GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)",
            "a GETMETADATA (MAXSIZE 1024) INBOX (/shared/comment /private/comment)",
        );
        // RFC 5464 section 4.2.2
        command_as(
            "a GETMETADATA \"INBOX\" (DEPTH 1) (/private/filters/values)",
            "a GETMETADATA (DEPTH 1) INBOX /private/filters/values",
        );
        command("a GETMETADATA (MAXSIZE 5 DEPTH infinity) INBOX /private");
        command("a GETMETADATA (DEPTH 0) INBOX /private");
        // RFC 5464 section 4.4.1
        command_as(
            "a GETMETADATA \"INBOX\" /private/comment /shared/comment",
            "a GETMETADATA INBOX (/private/comment /shared/comment)",
        );
        // RFC 5464 section 4.3
        command_as(
            "a SETMETADATA INBOX (/private/comment {33}\r\nMy new comment across\r\ntwo lines.)",
            "a SETMETADATA INBOX (/private/comment {33+}\r\nMy new comment across\r\ntwo lines.)",
        );
        command("a SETMETADATA INBOX (/private/comment NIL)");
        command(
            "a SETMETADATA INBOX (/private/comment \"My new comment\" /shared/comment \"This one is for you!\")",
        );
        command("a SETMETADATA \"\" (/shared/vendor/x ~{3+}\r\na\0b)");
    }

    #[test]
    fn responses_of_the_rfc() {
        response("* METADATA \"\" (/shared/comment \"Shared comment\")");
        response("* METADATA INBOX (/shared/comment \"Shared comment\" /private/comment \"My own comment\")");
        response(
            "* METADATA INBOX (/private/filters/values/small \"SMALLER 5000\" /private/filters/values/boss \
             \"FROM \\\"boss@example.com\\\"\")",
        );
        // RFC 5464 section 4.4.2
        response("* METADATA \"\" /shared/comment");
        response("* METADATA INBOX /shared/comment /private/comment");
        response("* METADATA foo (/shared/vendor/cmu/cyrus-imapd/color NIL)");
    }

    #[test]
    fn commands_that_are_none() {
        for arguments in [
            "GETMETADATA INBOX",
            "GETMETADATA INBOX ()",
            "GETMETADATA () INBOX /shared/comment",
            "GETMETADATA (MAXSIZE) INBOX /shared/comment",
            "GETMETADATA (MAXSIZE 1 MAXSIZE 2) INBOX /shared/comment",
            "GETMETADATA (DEPTH 2) INBOX /shared/comment",
            "GETMETADATA (FOO 2) INBOX /shared/comment",
            "GETMETADATA (DEPTH 1) INBOX (DEPTH 1) /shared/comment",
            "GETMETADATA INBOX /shared/*",
            "GETMETADATA INBOX \"/shared/%\"",
            "GETMETADATA INBOX /shared//a",
            "GETMETADATA INBOX /shared/",
            "GETMETADATA INBOX comment",
            "SETMETADATA INBOX /private/comment NIL",
            "SETMETADATA INBOX (/private/comment)",
            "SETMETADATA INBOX ()",
            "SETMETADATA INBOX (/private/comment atom)",
        ] {
            refused(&format!("A {arguments}"));
        }
    }

    #[test]
    fn what_servers_write() {
        // security.md IMAPC-29
        response_as("* METADATA INBOX (/private/a {5}\r\nhello)", "* METADATA INBOX (/private/a \"hello\")");
        response_as("* METADATA  INBOX  ( /private/a  NIL ) ", "* METADATA INBOX (/private/a NIL)");
        response("* METADATA INBOX ()");
        // no name of an annotation, and still told
        response("* METADATA INBOX (comment \"x\")");
        let Untagged::Metadata(metadata) = untagged("* METADATA INBOX (/Private/A ~{3}\r\na\0b)") else {
            panic!()
        };
        assert_eq!(metadata.get("/private/a").unwrap(), &b"a\0b"[..]);
    }
}

//! Access control lists: who may do what with a mailbox (RFC 4314).
//!
//! `LIST ... RETURN (MYRIGHTS)` (RFC 8440 section 3) is answered by the same [`MyRights`].

use std::fmt;

use crate::{Encoder, Expected, InvalidOctet, MailboxName, ParseError, Text, cursor::Cursor};

/// In which order rights are written: as RFC 4314 section 2.1 lists them, then what is obsolete, then the others.
const ORDER: &[u8; 62] = b"lrswipkxteacdbfghjmnoquvyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A set of rights, each a letter or a digit (RFC 4314 section 2).
///
/// The set is open: digits belong to sites, letters to standards to come, and a client that changes rights must keep those it
/// does not know (RFC 4314 section 5.1.2). Upper case is refused, unless a server sends it.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::acl::Rights;
///
/// let rights = Rights::try_from("lrs9").unwrap();
/// assert!(rights.contains(Rights::READ) && !rights.contains(Rights::READ | Rights::INSERT));
/// assert_eq!((rights | Rights::INSERT).to_string(), "lrsi9");
/// assert!(Rights::try_from("lrQ").is_err());
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Rights(u64);

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident $letters:literal;)*) => {
        impl Rights {
            $($(#[$doc])* pub const $name: Self = Self::from_static($letters);)*
        }
    };
}

rights! {
    /// `l`: the mailbox is listed, and can be subscribed to.
    LOOKUP b"l";
    /// `r`: it can be selected, its messages read, its status asked.
    READ b"r";
    /// `s`: `\Seen` is kept.
    SEEN b"s";
    /// `w`: flags but `\Seen` and `\Deleted` can be changed.
    WRITE b"w";
    /// `i`: messages can be added.
    INSERT b"i";
    /// `p`: mail can be sent to its address, which IMAP does not enforce.
    POST b"p";
    /// `k`: mailboxes can be created below it.
    CREATE b"k";
    /// `x`: it can be deleted and renamed.
    DELETE_MAILBOX b"x";
    /// `t`: `\Deleted` can be changed.
    DELETE_MESSAGES b"t";
    /// `e`: messages can be expunged.
    EXPUNGE b"e";
    /// `a`: rights can be seen and changed.
    ADMINISTER b"a";
    /// `c`: what was "create" before RFC 4314 section 2.1.1.
    OLD_CREATE b"c";
    /// `d`: what was "delete" before RFC 4314 section 2.1.1.
    OLD_DELETE b"d";
    /// Every right that has a meaning today.
    ALL b"lrswipkxtea";
}

impl Rights {
    /// No rights.
    pub const NONE: Self = Self(0);

    const fn from_static(letters: &[u8]) -> Self {
        let (mut set, mut at) = (0, 0);
        while at < letters.len() {
            #[allow(clippy::indexing_slicing)] // below its length
            let letter = letters[at];
            set |= bit(letter);
            at += 1;
        }
        Self(set)
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of these rights are in it.
    pub const fn contains(self, rights: Self) -> bool {
        self.0 & rights.0 == rights.0
    }

    /// Whether any of these rights is in it.
    pub const fn intersects(self, rights: Self) -> bool {
        self.0 & rights.0 != 0
    }

    /// The rights without some.
    #[must_use]
    pub const fn without(self, rights: Self) -> Self {
        Self(self.0 & !rights.0)
    }

    /// The rights, with `c` and `d` as what they mean: `kx` and `et` (RFC 4314 section 2.1.1). For a server that is asked to
    /// grant some.
    #[must_use]
    pub const fn without_obsolete(self) -> Self {
        let mut set = self.0;
        if self.contains(Self::OLD_CREATE) {
            set |= Self::CREATE.0 | Self::DELETE_MAILBOX.0;
        }
        if self.contains(Self::OLD_DELETE) {
            set |= Self::EXPUNGE.0 | Self::DELETE_MESSAGES.0;
        }
        Self(set).without(Self(Self::OLD_CREATE.0 | Self::OLD_DELETE.0))
    }

    /// The rights with `c` if `k` or `x` is there, and `d` if `e` or `t` is: what a server has to answer, for clients that know
    /// RFC 2086 only (RFC 4314 section 2.1.1).
    #[must_use]
    pub const fn with_obsolete(self) -> Self {
        let mut set = self.0;
        if self.intersects(Self(Self::CREATE.0 | Self::DELETE_MAILBOX.0)) {
            set |= Self::OLD_CREATE.0;
        }
        if self.intersects(Self(Self::EXPUNGE.0 | Self::DELETE_MESSAGES.0)) {
            set |= Self::OLD_DELETE.0;
        }
        Self(set)
    }

    /// Every right, standard ones first.
    pub fn iter(self) -> impl Iterator<Item = char> {
        ORDER.iter().filter(move |&&letter| self.0 & bit(letter) != 0).map(|&letter| char::from(letter))
    }

    fn checked(octets: &[u8]) -> Result<Self, InvalidOctet> {
        let mut set = 0;
        for (at, &octet) in octets.iter().enumerate() {
            // RFC 4314 section 7: "only lowercase ASCII letters and digits"
            if !octet.is_ascii_lowercase() && !octet.is_ascii_digit() {
                return Err(InvalidOctet::new(at, octet));
            }
            set |= bit(octet);
        }
        Ok(Self(set))
    }

    /// An `astring`. What a server writes that is neither letter nor digit is no right.
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let octets = cursor.astring_octets()?;
        if cursor.lenient {
            return Ok(Self::from_static(&octets));
        }
        Self::checked(&octets).map_err(|_| ParseError::new(at, Expected::Item))
    }

    fn encode(self, encoder: &mut Encoder) {
        if self.is_empty() {
            return encoder.octets(b"\"\"");
        }
        for &letter in ORDER.iter().filter(|&&letter| self.0 & bit(letter) != 0) {
            encoder.octets(&[letter]);
        }
    }
}

/// Where a letter or digit is in the set; 0 for everything else.
const fn bit(octet: u8) -> u64 {
    match octet {
        b'a'..=b'z' => 1 << (octet - b'a'),
        b'A'..=b'Z' => 1 << (octet - b'A' + 26),
        b'0'..=b'9' => 1 << (octet - b'0' + 52),
        _ => 0,
    }
}

impl TryFrom<&str> for Rights {
    type Error = InvalidOctet;

    fn try_from(letters: &str) -> Result<Self, InvalidOctet> {
        Self::checked(letters.as_bytes())
    }
}

impl std::ops::BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().try_for_each(|letter| write!(f, "{letter}"))
    }
}

/// How SETACL changes rights (RFC 4314 section 3.1).
///
/// ```abnf
/// mod-rights = astring
///            ; +rights to add, -rights to remove
///            ; rights to replace
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the grammar has three
pub enum RightsChange {
    /// These are added.
    Add(Rights),
    /// These are taken away.
    Remove(Rights),
    /// These are what there is from now on.
    Replace(Rights),
}

impl RightsChange {
    /// The rights after the change.
    pub fn apply(self, before: Rights) -> Rights {
        match self {
            Self::Add(rights) => before | rights,
            Self::Remove(rights) => before.without(rights),
            Self::Replace(rights) => rights,
        }
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let octets = cursor.astring_octets()?;
        let (change, letters): (fn(Rights) -> Self, &[u8]) = match octets.split_first() {
            Some((b'+', letters)) => (Self::Add, letters),
            Some((b'-', letters)) => (Self::Remove, letters),
            _ => (Self::Replace, &octets),
        };
        // RFC 4314 section 3.1: "an unrecognized right MUST cause the command to return the BAD response"
        Rights::checked(letters).map(change).map_err(|_| ParseError::new(at, Expected::Item))
    }

    fn encode(self, encoder: &mut Encoder) {
        let (sign, rights) = match self {
            Self::Replace(rights) => return rights.encode(encoder),
            Self::Add(rights) => (b"+", rights),
            Self::Remove(rights) => (b"-", rights),
        };
        encoder.octets(sign);
        if !rights.is_empty() {
            rights.encode(encoder);
        }
    }
}

/// The arguments of SETACL: changes what somebody may do with a mailbox (RFC 4314 section 3.1).
///
/// # Example
///
/// ```
/// use imap_proto::extensions::acl::{Rights, RightsChange, SetAcl};
/// use imap_proto::{Command, Dialect, Encoder, Literals, MailboxName, Tag, Text};
///
/// let command = Command::SetAcl(SetAcl {
///     mailbox: MailboxName::new("INBOX/Drafts").unwrap(),
///     identifier: Text::try_from("Chris").unwrap(),
///     change: RightsChange::Add(Rights::try_from("cda").unwrap()),
/// });
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// command.encode(&Tag::try_from("A002").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A002 SETACL INBOX/Drafts Chris +acd\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the arguments of the command
pub struct SetAcl {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Whose rights: a user, `anyone`, a group. With `-` before it, what they may not.
    pub identifier: Text,
    /// What changes.
    pub change: RightsChange,
}

impl SetAcl {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mailbox, identifier) = read_pair(cursor)?;
        cursor.space()?;
        Ok(Self { mailbox, identifier, change: RightsChange::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_pair(&self.mailbox, &self.identifier, encoder);
        encoder.space();
        self.change.encode(encoder);
    }
}

/// The arguments of DELETEACL: somebody is on the list no more (RFC 4314 section 3.2).
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect};
///
/// let (_, command) = Command::parse(&"A1 DELETEACL INBOX Fred".into(), Dialect::REV1).unwrap();
/// assert!(matches!(command, Command::DeleteAcl(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the arguments of the command
pub struct DeleteAcl {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Who.
    pub identifier: Text,
}

impl DeleteAcl {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mailbox, identifier) = read_pair(cursor)?;
        Ok(Self { mailbox, identifier })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_pair(&self.mailbox, &self.identifier, encoder);
    }
}

/// The arguments of LISTRIGHTS: which rights somebody can be given (RFC 4314 section 3.4).
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect};
///
/// let (_, command) = Command::parse(&"A1 LISTRIGHTS INBOX smith".into(), Dialect::REV1).unwrap();
/// assert!(matches!(command, Command::ListRights(_)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the arguments of the command
pub struct ListRightsCommand {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Who.
    pub identifier: Text,
}

impl ListRightsCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mailbox, identifier) = read_pair(cursor)?;
        Ok(Self { mailbox, identifier })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_pair(&self.mailbox, &self.identifier, encoder);
    }
}

/// ACL: who may do what with a mailbox (RFC 4314 section 3.6).
///
/// ```abnf
/// acl-data   = "ACL" SP mailbox *(SP identifier SP rights)
/// identifier = astring
/// rights     = astring
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::acl::Rights;
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let Response::Untagged(Untagged::Acl(acl)) =
///     Response::parse(&"* ACL INBOX Fred rwipslxetad -Fred wetd $team w".into(), Dialect::REV1) else { panic!() };
/// assert_eq!(acl.entries.len(), 3);
/// assert_eq!(acl.entries[1].identifier, "-Fred");
/// assert!(acl.entries[2].rights.contains(Rights::WRITE));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct Acl {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Who may do what.
    pub entries: Vec<AclEntry>,
}

/// One of a list: somebody, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a pair
pub struct AclEntry {
    /// Who.
    pub identifier: Text,
    /// What.
    pub rights: Rights,
}

impl Acl {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        let mut entries = Vec::new();
        while cursor.space().is_ok() && !cursor.is_done() {
            let identifier = cursor.astring()?;
            cursor.space()?;
            entries.push(AclEntry { identifier, rights: Rights::read(cursor)? });
        }
        Ok(Self { mailbox, entries })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        for entry in &self.entries {
            encoder.space();
            encoder.astring(entry.identifier.as_bytes());
            encoder.space();
            entry.rights.encode(encoder);
        }
    }
}

/// LISTRIGHTS: which rights somebody can be given (RFC 4314 section 3.7).
///
/// ```abnf
/// listrights-data = "LISTRIGHTS" SP mailbox SP identifier SP rights *(SP rights)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct ListRights {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Who.
    pub identifier: Text,
    /// What they have in any case.
    pub required: Rights,
    /// What they can have; rights of one set go together.
    pub optional: Vec<Rights>,
}

impl ListRights {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mailbox, identifier) = read_pair(cursor)?;
        cursor.space()?;
        let required = Rights::read(cursor)?;
        let mut optional = Vec::new();
        while cursor.space().is_ok() && !cursor.is_done() {
            optional.push(Rights::read(cursor)?);
        }
        Ok(Self { mailbox, identifier, required, optional })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_pair(&self.mailbox, &self.identifier, encoder);
        for rights in [&self.required].into_iter().chain(&self.optional) {
            encoder.space();
            rights.encode(encoder);
        }
    }
}

/// MYRIGHTS: what the user may do with a mailbox (RFC 4314 section 3.8), asked for or with a list (RFC 8440 section 3).
///
/// # Example
///
/// ```
/// use imap_proto::extensions::acl::Rights;
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let Response::Untagged(Untagged::MyRights(mine)) =
///     Response::parse(&"* MYRIGHTS INBOX rwiptsldaex".into(), Dialect::REV1) else { panic!() };
/// assert!(mine.rights.contains(Rights::ALL.without(Rights::CREATE)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct MyRights {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// What the user may do.
    pub rights: Rights,
}

impl MyRights {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        cursor.space()?;
        Ok(Self { mailbox, rights: Rights::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        encoder.space();
        self.rights.encode(encoder);
    }
}

/// A mailbox and an identifier, with which most of this begins.
fn read_pair(cursor: &mut Cursor<'_>) -> Result<(MailboxName, Text), ParseError> {
    let mailbox = cursor.mailbox()?;
    cursor.space()?;
    Ok((mailbox, cursor.astring()?))
}

fn encode_pair(mailbox: &MailboxName, identifier: &Text, encoder: &mut Encoder) {
    encoder.mailbox(mailbox);
    encoder.space();
    encoder.astring(identifier.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extensions::testing::{command, refused, response, response_as};

    #[test]
    fn commands_of_the_rfc() {
        // RFC 4314 section 3.1 and those that follow
        command("A001 GETACL INBOX/Drafts");
        command("A002 SETACL INBOX/Drafts Chris +acd");
        command("A002 SETACL INBOX/Drafts John -w");
        command("A003 SETACL INBOX/Drafts Byron lrswikad");
        command("B002 DELETEACL INBOX Fred");
        command("a001 LISTRIGHTS ~/Mail/saved smith");
        command("A003 MYRIGHTS INBOX");
        command("A003 SETACL INBOX anyone \"\"");
        command("A003 SETACL INBOX anyone +");
        // RFC 4314 section 3.1: BAD
        refused("A035 SETACL INBOX/Drafts John lrQswicda");
        refused("A035 SETACL INBOX/Drafts John +l-r");
        refused("A035 SETACL INBOX/Drafts John");
        refused("A035 SETACL INBOX/Drafts John lr x");
        refused("A035 DELETEACL INBOX");
    }

    #[test]
    fn responses_of_the_rfc() {
        response("* ACL INBOX/Drafts Fred lrswipxtead Chris lrswi");
        response("* ACL INBOX -Fred wted $team w");
        response("* ACL INBOX");
        response("* LISTRIGHTS ~/Mail/saved smith la r swikxtecd");
        response("* LISTRIGHTS archive.imap anyone \"\" l r s w i p k x t e c d a 0 1 2 3 4 5 6 7 8 9");
        response("* MYRIGHTS INBOX lrswipxtead");
        // RFC 8440 section 4
        response_as("* MYRIGHTS \"foo\" lrs", "* MYRIGHTS foo lrs");
        response_as("* MYRIGHTS \"INBOX\" lrswipkxtecda", "* MYRIGHTS INBOX lrswipkxteacd");
    }

    #[test]
    fn obsolete_rights() {
        let rights = |letters| Rights::try_from(letters).unwrap();
        // RFC 4314 section 2.1.1
        assert_eq!(rights("lrswida").without_obsolete(), rights("lrswieta"));
        assert_eq!(rights("lrswieta").with_obsolete(), rights("lrswideta"));
        assert_eq!(rights("lrswiketa").with_obsolete(), rights("lrswikcdeta"));
        assert_eq!(RightsChange::Remove(rights("rs")).apply(rights("lrs")), rights("l"));
    }

    #[test]
    fn what_servers_write() {
        response_as("* ACL  INBOX  user  lrs ", "* ACL INBOX user lrs");
        response_as("* MYRIGHTS INBOX lr+Z", "* MYRIGHTS INBOX lrZ");
        response_as("* MYRIGHTS INBOX {3}\r\nlrs", "* MYRIGHTS INBOX lrs");
    }
}

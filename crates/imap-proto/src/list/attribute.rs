//! What a mailbox is like (RFC 9051 section 7.3.1).

use std::fmt;

use bytes::Bytes;

use crate::{
    Encoder, InvalidOctet, ParseError,
    chars::{self, ATOM, by_name},
    cursor::Cursor,
    plain,
};

/// An attribute of a mailbox: what can be done with it, or what it is for.
///
/// The vocabulary is open; attributes are the same in upper and lower case.
///
/// # Example
///
/// ```
/// use imap_proto::list::MailboxAttribute;
///
/// assert_eq!(MailboxAttribute::try_from(r"\sent").unwrap(), MailboxAttribute::SENT);
/// assert!(MailboxAttribute::SENT.is_special_use());
/// assert!(MailboxAttribute::try_from(r"\a)").is_err());
/// ```
#[derive(Clone)]
pub struct MailboxAttribute(Bytes);

macro_rules! attributes {
    ($($(#[$doc:meta])* $name:ident $text:literal $bit:literal;)*) => {
        impl MailboxAttribute {
            $($(#[$doc])* pub const $name: Self = Self(Bytes::from_static(concat!("\\", $text).as_bytes()));)*
        }

        /// The bit of a known attribute, which is written without its backslash here; 0 for every other.
        #[inline]
        fn known(word: &[u8]) -> u32 {
            by_name!(chars::upper(word), { $($text => 1 << $bit,)* _ => 0 })
        }

        /// The bit of a known attribute at the start of something, the octet behind it, and what follows that: told by four letters, and
        /// then compared. Those with fewer letters are not found.
        #[inline(always)] // moving what it gives would cost as much as reading it
        fn plain(octets: &[u8]) -> Option<(u32, u8, &[u8])> {
            let four = u32::from_le_bytes(*octets.first_chunk()?) | FOUR;
            $(if $text.len() >= 4 && four == const { lower_four($text) } {
                let (octets, rest) = octets.split_first_chunk::<{ $text.len() + 1 }>()?;
                let [name @ .., end] = octets;
                return is_same::<{ $text.len() }>(name, const { &lower($text) }).then_some((1 << $bit, *end, rest));
            })*
            None
        }

        /// All that are known, in the order of their bits.
        static KNOWN: [(&str, MailboxAttribute); 20] = [$(($text, MailboxAttribute::$name)),*];
    };
}

attributes! {
    /// Nothing can be below it.
    NO_INFERIORS "Noinferiors" 0;
    /// It cannot be selected.
    NO_SELECT "Noselect" 1;
    /// Mailboxes are below it.
    HAS_CHILDREN "HasChildren" 2;
    /// No mailbox is below it.
    HAS_NO_CHILDREN "HasNoChildren" 3;
    /// It may have new messages.
    MARKED "Marked" 4;
    /// It has no new messages.
    UNMARKED "Unmarked" 5;
    /// There is no such mailbox: its name stands there for those below it, or because it is subscribed to.
    NON_EXISTENT "NonExistent" 6;
    /// The user has subscribed to it.
    SUBSCRIBED "Subscribed" 7;
    /// It is on another server.
    REMOTE "Remote" 8;
    /// For: all messages (RFC 6154 section 2).
    ALL "All" 9;
    /// For: messages that are kept (RFC 6154 section 2).
    ARCHIVE "Archive" 10;
    /// For: messages that are being written (RFC 6154 section 2).
    DRAFTS "Drafts" 11;
    /// For: messages that are marked as important by somebody (RFC 6154 section 2).
    FLAGGED "Flagged" 12;
    /// For: messages that are not wanted (RFC 6154 section 2).
    JUNK "Junk" 13;
    /// For: messages that were sent (RFC 6154 section 2).
    SENT "Sent" 14;
    /// For: messages that were deleted (RFC 6154 section 2).
    TRASH "Trash" 15;
    /// For: messages that are likely to matter (RFC 8457 section 3).
    IMPORTANT "Important" 16;
    /// For: notes (RFC 9979).
    MEMOS "Memos" 17;
    /// For: messages that will be sent (RFC 9979).
    SCHEDULED "Scheduled" 18;
    /// For: messages that come back later (RFC 9979).
    SNOOZED "Snoozed" 19;
}

const NO_INFERIORS: u32 = 1;
const NO_SELECT: u32 = 1 << 1;
const HAS_CHILDREN: u32 = 1 << 2;
const HAS_NO_CHILDREN: u32 = 1 << 3;
const NON_EXISTENT: u32 = 1 << 6;
const SUBSCRIBED: u32 = 1 << 7;
const SPECIAL_USE: u32 = 0x7ff << 9;

/// The bit of octets in which upper and lower case differ.
const FOUR: u32 = u32::from_ne_bytes([0x20; 4]);
const EIGHT: u64 = u64::from_ne_bytes([0x20; 8]);

/// A name of letters in lower case.
#[allow(clippy::indexing_slicing, reason = "done by the compiler")]
const fn lower<const N: usize>(name: &str) -> [u8; N] {
    let (octets, mut lower, mut at) = (name.as_bytes(), [0; N], 0);
    while at < N {
        assert!(octets[at].is_ascii_alphabetic(), "no other octet becomes a letter in lower case");
        lower[at] = octets[at] | 0x20;
        at += 1;
    }
    lower
}

const fn lower_four(name: &str) -> u32 {
    if name.len() < 4 { 0 } else { u32::from_le_bytes(lower(name)) }
}

/// Whether a name of four to sixteen letters, in whatever case they are, is another of which the first four are the same.
#[inline]
fn is_same<const N: usize>(name: &[u8; N], lower: &[u8; N]) -> bool {
    match (name.first_chunk(), name.last_chunk(), lower.first_chunk(), lower.last_chunk()) {
        (Some(first), Some(last), Some(lower_first), Some(lower_last)) => {
            (N <= 12 || (u64::from_le_bytes(*first) | EIGHT) == u64::from_le_bytes(*lower_first))
                && (u64::from_le_bytes(*last) | EIGHT) == u64::from_le_bytes(*lower_last)
        }
        _ => match (name.last_chunk(), lower.last_chunk()) {
            (Some(last), Some(lower)) => (u32::from_le_bytes(*last) | FOUR) == u32::from_le_bytes(*lower),
            _ => false,
        },
    }
}

/// The same as `plain`, for every name.
#[cold]
fn rare(octets: &[u8]) -> Option<(u32, u8, &[u8])> {
    let (word, behind) = octets.split_at_checked(plain::word(octets))?;
    let (&end, rest) = behind.split_first()?;
    Some((Some(known(word)).filter(|&bit| bit != 0)?, end, rest))
}

fn words(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|&octet| octet == b' ').filter(|word| !word.is_empty())
}

fn bare(word: &[u8]) -> &[u8] {
    word.strip_prefix(b"\\").unwrap_or(word)
}

impl MailboxAttribute {
    /// The text with its backslash. What a server wrote beside ASCII is U+FFFD.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether it is one that says what a mailbox is for, among those that are known.
    pub fn is_special_use(&self) -> bool {
        known(bare(&self.0)) & SPECIAL_USE != 0
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }

    /// Some servers forget the backslash.
    fn received(word: &[u8], list: &Bytes) -> Self {
        if word.first() == Some(&b'\\') {
            return Self(list.slice_ref(word));
        }
        Self([b"\\", word].concat().into())
    }
}

impl TryFrom<&str> for MailboxAttribute {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        let octets = text.as_bytes();
        let Some(atom) = octets.strip_prefix(b"\\") else {
            return Err(octets
                .first()
                .map_or(InvalidOctet::missing(0), |&octet| InvalidOctet::new(0, octet)));
        };
        match chars::foreign(atom, ATOM) {
            Some((at, octet)) => Err(InvalidOctet::new(at + 1, octet)),
            None if atom.is_empty() => Err(InvalidOctet::missing(1)),
            None => Ok(Self(Bytes::copy_from_slice(octets))),
        }
    }
}

impl PartialEq for MailboxAttribute {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for MailboxAttribute {}

impl std::hash::Hash for MailboxAttribute {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in &self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl fmt::Debug for MailboxAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxAttribute({self})")
    }
}

impl fmt::Display for MailboxAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\{}", bare(&self.0).escape_ascii())
    }
}

/// The attributes of a mailbox.
///
/// Those that are known are bits, and come in an order of their own; a list with others is kept as it stands.
///
/// # Example
///
/// ```
/// use imap_proto::list::{MailboxAttribute, MailboxAttributes};
///
/// let attributes: MailboxAttributes = [MailboxAttribute::NON_EXISTENT, MailboxAttribute::HAS_CHILDREN].into_iter().collect();
/// assert!(attributes.contains(&MailboxAttribute::NO_SELECT) && !attributes.is_selectable());
/// assert_eq!(attributes.has_children(), Some(true));
/// assert_eq!(attributes.to_string(), r"\HasChildren \NonExistent");
/// ```
#[derive(Clone, Default)]
pub struct MailboxAttributes {
    known: u32,
    /// If there are others, the whole list without its parentheses.
    list: Option<Bytes>,
}

impl MailboxAttributes {
    /// None.
    pub const fn new() -> Self {
        Self { known: 0, list: None }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.known == 0 && self.list.is_none()
    }

    /// Whether the mailbox can be selected, as far as this says.
    pub const fn is_selectable(&self) -> bool {
        self.implied() & NO_SELECT == 0
    }

    /// Whether there is such a mailbox, as far as this says.
    pub const fn exists(&self) -> bool {
        self.known & NON_EXISTENT == 0
    }

    /// Whether the user has subscribed to it, as far as this says.
    pub const fn is_subscribed(&self) -> bool {
        self.known & SUBSCRIBED != 0
    }

    /// Whether mailboxes are below it; `None` if that is not said.
    pub const fn has_children(&self) -> Option<bool> {
        match self.implied() & (HAS_CHILDREN | HAS_NO_CHILDREN) {
            0 => None,
            bits => Some(bits & HAS_CHILDREN != 0),
        }
    }

    /// What it is for, among what is known: often nothing, sometimes several things.
    pub fn special_uses(&self) -> impl Iterator<Item = MailboxAttribute> + '_ {
        let any = self.known & SPECIAL_USE != 0;
        self.iter().filter(move |attribute| any && attribute.is_special_use())
    }

    /// Whether an attribute is among them, in any case. [`NON_EXISTENT`](MailboxAttribute::NON_EXISTENT) has
    /// [`NO_SELECT`](MailboxAttribute::NO_SELECT) with it, and [`NO_INFERIORS`](MailboxAttribute::NO_INFERIORS) has
    /// [`HAS_NO_CHILDREN`](MailboxAttribute::HAS_NO_CHILDREN) (RFC 9051 section 7.3.1).
    pub fn contains(&self, attribute: &MailboxAttribute) -> bool {
        match known(bare(&attribute.0)) {
            0 => self.iter().any(|one| one == *attribute),
            bit => self.implied() & bit != 0,
        }
    }

    const fn implied(&self) -> u32 {
        let mut bits = self.known;
        if bits & NON_EXISTENT != 0 {
            bits |= NO_SELECT;
        }
        if bits & NO_INFERIORS != 0 {
            bits |= HAS_NO_CHILDREN;
        }
        bits
    }

    /// Every attribute that stands there.
    pub fn iter(&self) -> impl Iterator<Item = MailboxAttribute> + '_ {
        let known = if self.list.is_none() { self.known } else { 0 };
        let constants = KNOWN.iter().enumerate().filter(move |&(bit, _)| known & (1 << bit) != 0);
        let words =
            self.list.iter().flat_map(|list| words(list).map(|word| MailboxAttribute::received(word, list)));
        constants.map(|(_, (_, attribute))| attribute.clone()).chain(words)
    }

    /// Adds one.
    pub fn insert(&mut self, attribute: &MailboxAttribute) {
        let bit = known(bare(&attribute.0));
        let there = if bit == 0 { self.contains(attribute) } else { self.known & bit != 0 };
        if !there && (bit == 0 || self.list.is_some()) {
            let all: Vec<_> = self.iter().chain([attribute.clone()]).map(|one| one.0).collect();
            self.list = Some(all.join(&b' ').into());
        }
        self.known |= bit;
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { list: self.list.as_ref().map(wire_core::detach), ..*self }
    }

    /// In parentheses; NIL is none.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut attributes = Self::new();
        let start = cursor.at() + 1;
        let mut others = false;
        if cursor.eat_nil() {
            return Ok(attributes);
        }
        cursor.list(|cursor| {
            match known(bare(cursor.word()?)) {
                0 => others = true,
                bit => attributes.known |= bit,
            }
            Ok(())
        })?;
        if others {
            attributes.list = Some(cursor.bytes(start, cursor.at() - 1));
        }
        Ok(attributes)
    }

    /// From behind the parenthesis on a list as most servers write it, of attributes that are known, and what follows it.
    #[inline(always)] // see what it is part of
    pub(super) fn plain(list: &[u8]) -> Option<(Self, &[u8])> {
        let (mut known, mut rest) = (0, list);
        // what nearly every line has
        if let Some(behind) = plain::behind(list, br"\HasNoChildren") {
            (known, rest) = (HAS_NO_CHILDREN, behind);
            match rest {
                [b')', behind @ ..] => return Some((Self { known, list: None }, behind)),
                [b' ', behind @ ..] => rest = behind,
                _ => return None,
            }
        }
        loop {
            let [b'\\', word @ ..] = rest else { return None };
            let (bit, end, behind) = match plain(word) {
                Some(found) => found,
                None => rare(word)?,
            };
            known |= bit;
            match end {
                b')' => return Some((Self { known, list: None }, behind)),
                b' ' => rest = behind,
                _ => return None,
            }
        }
    }

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        encoder.list(self.iter(), |encoder, attribute| encoder.octets(&attribute.0));
    }
}

impl FromIterator<MailboxAttribute> for MailboxAttributes {
    fn from_iter<I: IntoIterator<Item = MailboxAttribute>>(attributes: I) -> Self {
        let mut all = Self::new();
        for attribute in attributes {
            all.insert(&attribute);
        }
        all
    }
}

/// The same attributes, in whatever order and case.
impl PartialEq for MailboxAttributes {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |attributes: &Self| {
            let list = attributes.list.as_deref().unwrap_or_default();
            let mut words: Vec<_> = words(list).map(|word| bare(word).to_ascii_lowercase()).collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        self.known == other.known && (self.list == other.list || sorted(self) == sorted(other))
    }
}

impl Eq for MailboxAttributes {}

impl fmt::Debug for MailboxAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailboxAttributes({self})")
    }
}

impl fmt::Display for MailboxAttributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, attribute) in self.iter().enumerate() {
            let before = if index > 0 { " " } else { "" };
            write!(f, "{before}{attribute}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &'static str) -> Result<MailboxAttributes, ParseError> {
        MailboxAttributes::read(&mut Cursor::lenient(&Bytes::from_static(text.as_bytes()), Dialect::REV1))
    }

    #[test]
    fn lists_as_servers_write_them() {
        let attributes = read(r"(\hasnochildren \Sent \X-Own)").unwrap();
        assert!(attributes.contains(&MailboxAttribute::HAS_NO_CHILDREN) && attributes.is_selectable());
        assert!(attributes.contains(&MailboxAttribute::try_from(r"\x-own").unwrap()));
        assert_eq!(attributes.special_uses().collect::<Vec<_>>(), [MailboxAttribute::SENT]);
        assert_eq!(read("(HasNoChildren Own)").unwrap(), read(r"(\own \HASNOCHILDREN)").unwrap());
        assert_eq!(read("(HasNoChildren Own)").unwrap().to_string(), r"\HasNoChildren \Own");
        assert!(read("()").unwrap().is_empty() && read("NIL").unwrap().is_empty());
        assert_eq!(read(r"(\Noinferiors)").unwrap().has_children(), Some(false));
        assert!(read("((x))").is_err() && read("(").is_err());
    }

    #[test]
    fn each_has_its_own_bit() {
        let all = [
            MailboxAttribute::NO_INFERIORS,
            MailboxAttribute::NO_SELECT,
            MailboxAttribute::HAS_CHILDREN,
            MailboxAttribute::HAS_NO_CHILDREN,
            MailboxAttribute::MARKED,
            MailboxAttribute::UNMARKED,
            MailboxAttribute::NON_EXISTENT,
            MailboxAttribute::SUBSCRIBED,
            MailboxAttribute::REMOTE,
            MailboxAttribute::ALL,
            MailboxAttribute::ARCHIVE,
            MailboxAttribute::DRAFTS,
            MailboxAttribute::FLAGGED,
            MailboxAttribute::JUNK,
            MailboxAttribute::SENT,
            MailboxAttribute::TRASH,
            MailboxAttribute::IMPORTANT,
            MailboxAttribute::MEMOS,
            MailboxAttribute::SCHEDULED,
            MailboxAttribute::SNOOZED,
        ];
        for (bit, attribute) in all.iter().enumerate() {
            assert_eq!(known(bare(&attribute.0)), 1 << bit, "{attribute}");
            assert_eq!(attribute.is_special_use(), bit >= 9);
            assert_eq!(known(&bare(&attribute.0).to_ascii_uppercase()), 1 << bit);
        }
        assert_eq!(all.into_iter().collect::<MailboxAttributes>().iter().count(), 20);
    }
}

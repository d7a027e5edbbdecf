//! Flags and keywords (RFC 9051 section 2.3.2).

use std::fmt;

use bytes::Bytes;

use crate::{
    Encoder, Expected, InvalidOctet, ParseError,
    chars::{self, ATOM},
    cursor::Cursor,
    plain,
};

/// A flag of a message: one of the system's, or a keyword.
///
/// The vocabulary is open. Flags are the same in upper and lower case, which [`PartialEq`] knows; keywords are kept as they were
/// written.
///
/// # Example
///
/// ```
/// use imap_proto::Flag;
///
/// assert_eq!(Flag::try_from(r"\seen").unwrap(), Flag::SEEN);
/// assert_eq!(Flag::try_from("$Forwarded").unwrap(), Flag::FORWARDED);
/// assert!(Flag::try_from("Seen)\r\nA2 LOGOUT").is_err());
/// ```
#[derive(Clone)]
pub struct Flag(Bytes);

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        impl Flag {
            $($(#[$doc])* pub const $name: Self = Self(Bytes::from_static($text.as_bytes()));)*
        }
    };
}

flags! {
    /// `\Seen`: it was read.
    SEEN r"\Seen";
    /// `\Answered`: it was answered.
    ANSWERED r"\Answered";
    /// `\Flagged`: it is marked for attention.
    FLAGGED r"\Flagged";
    /// `\Deleted`: EXPUNGE removes it.
    DELETED r"\Deleted";
    /// `\Draft`: it is not finished.
    DRAFT r"\Draft";
    /// `\Recent`: this session is the first to see it (RFC 3501 section 2.3.2); servers alone set it.
    RECENT r"\Recent";
    /// `\*`: among permanent flags, that new keywords can be made (RFC 9051 section 7.1).
    ANY r"\*";
    /// `$Forwarded`: it was passed on.
    FORWARDED "$Forwarded";
    /// `$MDNSent`: whether it was read was told (RFC 3503 section 3).
    MDN_SENT "$MDNSent";
    /// `$Junk`: it is not wanted.
    JUNK "$Junk";
    /// `$NotJunk`: it is.
    NOT_JUNK "$NotJunk";
    /// `$Phishing`: it pretends.
    PHISHING "$Phishing";
    /// `$Important`: it is likely to matter (RFC 8457 section 2).
    IMPORTANT "$Important";
    /// `$Submitted`: it was sent.
    SUBMITTED "$Submitted";
    /// `$SubmitPending`: it is being sent.
    SUBMIT_PENDING "$SubmitPending";
}

impl Flag {
    /// A keyword.
    ///
    /// # Errors
    ///
    /// Unless it is an atom.
    pub fn keyword(text: &str) -> Result<Self, InvalidOctet> {
        match chars::foreign(text.as_bytes(), ATOM) {
            Some((at, octet)) => Err(InvalidOctet::new(at, octet)),
            None => Self::try_from(text),
        }
    }

    /// The text, with the backslash of the system's. What a server wrote beside ASCII is U+FFFD.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("\u{fffd}")
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }

    /// Whether it is one of the system's: it begins with a backslash.
    pub fn is_system(&self) -> bool {
        self.0.first() == Some(&b'\\')
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(wire_core::detach(&self.0))
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let octets = read_octets(cursor)?;
        Ok(Self(cursor.share(octets)))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(&self.0);
    }
}

impl TryFrom<&str> for Flag {
    type Error = InvalidOctet;

    fn try_from(text: &str) -> Result<Self, InvalidOctet> {
        let octets = text.as_bytes();
        let atom = octets.strip_prefix(b"\\").unwrap_or(octets);
        if atom.is_empty() {
            return Err(InvalidOctet::missing(octets.len()));
        }
        match chars::foreign(atom, ATOM) {
            Some((at, octet)) => Err(InvalidOctet::new(at + octets.len() - atom.len(), octet)),
            None => Ok(Self(Bytes::copy_from_slice(octets))),
        }
    }
}

impl PartialEq for Flag {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Flag {}

impl std::hash::Hash for Flag {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for octet in &self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl fmt::Debug for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flag({})", self.0.escape_ascii())
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(&self.0, f)
    }
}

/// As it stands, but for what is no text.
fn shown(word: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match word.strip_prefix(b"\\") {
        Some(word) => write!(f, "\\{}", wire_core::Escaped(word)),
        None => write!(f, "{}", wire_core::Escaped(word)),
    }
}

/// One flag: a backslash and an atom, `\*`, or an atom. Servers write keywords with brackets and other things in them.
fn read_octets<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], ParseError> {
    let start = cursor.at();
    let system = cursor.eat(b'\\');
    if system && cursor.eat(b'*') {
        return Ok(cursor.since(start));
    }
    let word = if cursor.lenient { cursor.word() } else { cursor.atom_octets() };
    match word {
        Ok(_) => Ok(cursor.since(start)),
        Err(_) => Err(ParseError::new(start, Expected::Flag)),
    }
}

const SYSTEM: [(u8, &str); 6] = [
    (Flags::ANSWERED, r"\Answered"),
    (Flags::FLAGGED, r"\Flagged"),
    (Flags::DELETED, r"\Deleted"),
    (Flags::SEEN, r"\Seen"),
    (Flags::DRAFT, r"\Draft"),
    (Flags::RECENT, r"\Recent"),
];

/// The flags of a message, or those a mailbox has.
///
/// The system's are known at once; keywords are looked up where they stand, so that a list costs no allocation.
///
/// # Example
///
/// ```
/// use imap_proto::{Flag, Flags};
///
/// let flags: Flags = [Flag::SEEN, Flag::try_from("Urlaub").unwrap()].into_iter().collect();
/// assert!(flags.is_seen() && flags.contains(&Flag::try_from("urlaub").unwrap()));
/// assert_eq!(flags.to_string(), r"\Seen Urlaub");
/// ```
#[derive(Clone, Default)]
pub struct Flags {
    /// The list without its parentheses.
    list: Bytes,
    /// Which of the system's are in it.
    bits: u8,
    /// Whether there are others. Its own octet: what holds flags finds room for its tag there.
    other: bool,
}

impl Flags {
    // In the order in which many servers write them.
    const ANSWERED: u8 = 1;
    const FLAGGED: u8 = 1 << 1;
    const DELETED: u8 = 1 << 2;
    const SEEN: u8 = 1 << 3;
    const DRAFT: u8 = 1 << 4;
    const RECENT: u8 = 1 << 5;
    const ANY: u8 = 1 << 6;

    /// No flags.
    pub const fn new() -> Self {
        Self { list: Bytes::new(), bits: 0, other: false }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.bits == 0 && !self.other
    }

    /// Whether [`Flag::SEEN`] is among them.
    pub const fn is_seen(&self) -> bool {
        self.bits & Self::SEEN != 0
    }

    /// Whether [`Flag::ANSWERED`] is among them.
    ///
    /// ```
    /// use imap_proto::{Flag, Flags};
    ///
    /// let flags: Flags = [Flag::ANSWERED].into_iter().collect();
    /// assert!(flags.is_answered() && !flags.is_seen());
    /// ```
    pub const fn is_answered(&self) -> bool {
        self.bits & Self::ANSWERED != 0
    }

    /// Whether [`Flag::FLAGGED`] is among them.
    pub const fn is_flagged(&self) -> bool {
        self.bits & Self::FLAGGED != 0
    }

    /// Whether [`Flag::DELETED`] is among them.
    pub const fn is_deleted(&self) -> bool {
        self.bits & Self::DELETED != 0
    }

    /// Whether [`Flag::DRAFT`] is among them.
    pub const fn is_draft(&self) -> bool {
        self.bits & Self::DRAFT != 0
    }

    /// Whether [`Flag::ANY`] is among them: new keywords can be made.
    pub const fn allows_keywords(&self) -> bool {
        self.bits & Self::ANY != 0
    }

    /// Whether a flag is among them, in any case.
    pub fn contains(&self, flag: &Flag) -> bool {
        match known(flag.as_bytes()) {
            0 => self.other && self.iter().any(|one| one == *flag),
            bit => self.bits & bit != 0,
        }
    }

    /// Every flag, in the order in which they stand; duplicates too.
    pub fn iter(&self) -> impl Iterator<Item = Flag> + '_ {
        self.words().map(|word| Flag(self.list.slice_ref(word)))
    }

    fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.list.split(|&octet| octet == b' ').filter(|word| !word.is_empty())
    }

    /// The flags that are not the system's.
    pub fn keywords(&self) -> impl Iterator<Item = Flag> + '_ {
        self.iter().filter(|flag| !flag.is_system())
    }

    /// Adds a flag.
    pub fn insert(&mut self, flag: &Flag) {
        if self.contains(flag) {
            return;
        }
        let mut list = self.list.to_vec();
        if !list.is_empty() {
            list.push(b' ');
        }
        list.extend_from_slice(flag.as_bytes());
        self.list = list.into();
        self.note(flag.as_bytes());
    }

    /// Removes a flag.
    pub fn remove(&mut self, flag: &Flag) {
        if self.contains(flag) {
            *self = self.iter().filter(|one| one != flag).collect();
        }
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { list: wire_core::detach(&self.list), ..*self }
    }

    fn note(&mut self, word: &[u8]) {
        match known(word) {
            0 => self.other = true,
            bit => self.bits |= bit,
        }
    }

    /// A list in parentheses. When lenient, NIL is an empty one.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut flags = Self::new();
        if cursor.lenient && cursor.eat_nil() {
            return Ok(flags);
        }
        let start = cursor.at() + 1;
        cursor.list(|cursor| {
            flags.note(read_octets(cursor)?);
            Ok(())
        })?;
        flags.list = cursor.bytes(start, cursor.at() - 1);
        Ok(flags)
    }

    /// From behind the parenthesis on a list as most servers write it, and what follows it.
    #[inline(always)] // a match on what is mostly one of two things
    pub(crate) fn plain<'a>(frame: &Bytes, list: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut flags, words, rest) = Self::unshared(list, plain::word)?;
        if !words.is_empty() {
            flags.list = frame.slice_ref(words);
        }
        Some((flags, rest))
    }

    /// The same as most clients write it, with keywords that are atoms.
    pub(crate) fn plain_atoms<'a>(frame: &Bytes, list: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (mut flags, words, rest) = Self::unshared(list, |octets| chars::run_of_word(octets, ATOM))?;
        if !words.is_empty() {
            flags.list = frame.slice_ref(words);
        }
        Some((flags, rest))
    }

    /// The same, and the words that [`share`](Self::share) has still to be given: none where no share of the storage is needed.
    #[inline(always)]
    pub(crate) fn unshared(list: &[u8], word: impl Fn(&[u8]) -> usize) -> Option<(Self, &[u8], &[u8])> {
        // What most messages have.
        if let [b')', rest @ ..] = list {
            return Some((Self::new(), &[], rest));
        }
        if let Some(rest) = plain::behind(list, b"\\Seen)") {
            return Some((Self { list: Flag::SEEN.0, bits: Self::SEEN, other: false }, &[], rest));
        }
        let words = Self::plain_words(list, word)?;
        let (octets, rest) = list.split_at_checked(words.length)?;
        let (bits, other) = (words.bits, words.other);
        let (list, octets) = match LISTS.get(usize::from(bits)) {
            Some(list) if words.ordered => (list.octets(), &[][..]),
            _ => (Bytes::new(), octets),
        };
        Some((Self { list, bits, other }, octets, rest.get(1..)?))
    }

    /// Gives them the words that they were read from.
    pub(crate) fn share(&mut self, words: Bytes) {
        self.list = words;
    }

    /// What is in a list up to its parenthesis. It is not empty.
    fn plain_words(list: &[u8], word: impl Fn(&[u8]) -> usize) -> Option<Words> {
        let (mut rest, mut bits, mut other, mut ordered) = (list, 0, false, true);
        loop {
            let behind = match Self::plain_system(rest) {
                Some((bit, behind @ [b' ' | b')', ..])) => {
                    ordered &= bit > bits;
                    bits |= bit;
                    behind
                }
                _ => {
                    ordered = false;
                    let (word, behind) = rest.split_at_checked(word(rest))?;
                    match word {
                        [] | [b'\\'] => return None,
                        [b'\\', ..] => match known(word) {
                            0 => other = true,
                            bit => bits |= bit,
                        },
                        _ => other = true,
                    }
                    behind
                }
            };
            match behind {
                [b' ', next @ ..] => rest = next,
                [b')', ..] => {
                    let length = list.len().wrapping_sub(behind.len());
                    return Some(Words { bits, other, ordered, length });
                }
                _ => return None,
            }
        }
    }

    /// A flag of the system's as most servers write it, and what follows.
    #[inline]
    fn plain_system(octets: &[u8]) -> Option<(u8, &[u8])> {
        Some(match octets {
            [b'\\', b'S', b'e', b'e', b'n', behind @ ..] => (Self::SEEN, behind),
            [b'\\', b'A', ..] => (Self::ANSWERED, plain::behind(octets, b"\\Answered")?),
            [b'\\', b'F', ..] => (Self::FLAGGED, plain::behind(octets, b"\\Flagged")?),
            [b'\\', b'R', ..] => (Self::RECENT, plain::behind(octets, b"\\Recent")?),
            [b'\\', b'D', b'e', ..] => (Self::DELETED, plain::behind(octets, b"\\Deleted")?),
            [b'\\', b'D', ..] => (Self::DRAFT, plain::behind(octets, b"\\Draft")?),
            _ => return None,
        })
    }

    /// Flags without parentheses up to the end: `+FLAGS \Seen $x` (RFC 9051 section 9, `store-att-flags`).
    pub(crate) fn read_bare(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mut flags, start) = (Self::new(), cursor.at());
        loop {
            flags.note(read_octets(cursor)?);
            if !cursor.eat(b' ') {
                flags.list = cursor.bytes(start, cursor.at());
                return Ok(flags);
            }
        }
    }

    /// With its parentheses.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        encoder.joined(self.words(), |encoder, word| encoder.octets(word));
        encoder.octets(b")");
    }
}

/// What words are in a list.
struct Words {
    bits: u8,
    other: bool,
    /// All are the system's, written as they are here, in the order of their bits.
    ordered: bool,
    /// In octets.
    length: usize,
}

/// Flags of the system's in the order of their bits: lists of them need no share of what they were read from.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // it is done when this is compiled
static LISTS: [List; 64] = {
    let mut lists = [List { octets: [b' '; List::LONGEST], length: 0 }; 64];
    let mut bits = 0;
    while bits < lists.len() {
        let mut flag = 0;
        while flag < SYSTEM.len() {
            let (bit, name) = SYSTEM[flag];
            if bits & bit as usize != 0 {
                lists[bits].push(name.as_bytes());
            }
            flag += 1;
        }
        bits += 1;
    }
    lists
};

#[derive(Clone, Copy)]
struct List {
    octets: [u8; Self::LONGEST],
    length: usize,
}

impl List {
    const LONGEST: usize = r"\Answered \Flagged \Deleted \Seen \Draft \Recent".len();

    #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // it is done when this is compiled
    const fn push(&mut self, name: &[u8]) {
        if self.length > 0 {
            self.length += 1;
        }
        let mut at = 0;
        while at < name.len() {
            self.octets[self.length] = name[at];
            (self.length, at) = (self.length + 1, at + 1);
        }
    }

    #[inline]
    fn octets(&'static self) -> Bytes {
        Bytes::from_static(self.octets.get(..self.length).unwrap_or_default())
    }
}

/// The bit of a flag of the system's; 0 for every other.
#[inline]
fn known(word: &[u8]) -> u8 {
    if word.first() != Some(&b'\\') {
        return 0;
    }
    if word == b"\\*" {
        return Flags::ANY;
    }
    let found = SYSTEM.iter().find(|(_, name)| word.eq_ignore_ascii_case(name.as_bytes()));
    found.map_or(0, |&(bit, _)| bit)
}

impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Self {
        let mut all = Self::new();
        let mut list = Vec::new();
        for flag in flags {
            if !list.is_empty() {
                list.push(b' ');
            }
            list.extend_from_slice(flag.as_bytes());
            all.note(flag.as_bytes());
        }
        all.list = list.into();
        all
    }
}

/// The same flags, in whatever order and case.
impl PartialEq for Flags {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |flags: &Self| {
            let mut words: Vec<_> = flags.words().map(<[u8]>::to_ascii_lowercase).collect();
            words.sort_unstable();
            words.dedup();
            words
        };
        self.bits == other.bits
            && self.other == other.other
            && (!self.other || self.list == other.list || sorted(self) == sorted(other))
    }
}

impl Eq for Flags {}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flags({})", self.list.escape_ascii())
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            shown(word, f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &'static str) -> Result<Flags, ParseError> {
        Flags::read(&mut Cursor::lenient(&Bytes::from_static(text.as_bytes()), Dialect::REV1))
    }

    #[test]
    fn lists_as_servers_write_them() {
        let flags = read(r"(\seen \FLAGGED $forwarded)").unwrap();
        assert!(
            flags.is_seen() && flags.is_flagged() && flags.contains(&Flag::FORWARDED) && !flags.is_deleted()
        );
        assert_eq!(read(r"(\Answered \*)").unwrap().to_string(), r"\Answered \*");
        assert!(read(r"([css3-page] \*)").unwrap().allows_keywords());
        assert!(read("NIL").unwrap().is_empty());
        assert!(read("()").unwrap().is_empty());
        assert_eq!(read("( a  b )").unwrap().iter().count(), 2);
        assert_eq!(read(r"(\)").unwrap_err().expected(), Expected::Flag);
    }

    #[test]
    fn sets_of_flags_are_equal_in_any_order() {
        assert_eq!(read(r"(\Seen a B)").unwrap(), read(r"(b A \seen)").unwrap());
        assert_ne!(read(r"(\Seen a)").unwrap(), read(r"(\Seen b)").unwrap());
        let mut flags = read(r"(\Seen a)").unwrap();
        flags.insert(&Flag::DELETED);
        flags.remove(&Flag::try_from("A").unwrap());
        assert_eq!(flags.to_string(), r"\Seen \Deleted");
    }
}

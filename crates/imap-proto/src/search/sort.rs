//! SORT and THREAD (RFC 5256 section 3).

use smallvec::SmallVec;

use crate::{Atom, Encoder, Expected, InvalidOctet, ParseError, Text, cursor::Cursor, tagged::encode_atom};

use super::{
    command::{US_ASCII, UTF_8},
    key::SearchKey,
    options::SearchReturn,
};

/// What messages are sorted by (RFC 5256 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SortBy {
    /// The internal date.
    Arrival,
    /// The first mailbox of Cc.
    Cc,
    /// The date of the header.
    Date,
    /// The first mailbox of From.
    From,
    /// The size.
    Size,
    /// The subject, without what replies put before it.
    Subject,
    /// The first mailbox of To.
    To,
    /// The first name of From as people see it (RFC 5957 section 3).
    DisplayFrom,
    /// The first name of To as people see it (RFC 5957 section 3).
    DisplayTo,
    /// How well a message fits (RFC 6203 section 5).
    Relevancy,
}

impl SortBy {
    const ALL: [(Self, &'static str); 10] = [
        (Self::Arrival, "ARRIVAL"),
        (Self::Cc, "CC"),
        (Self::Date, "DATE"),
        (Self::From, "FROM"),
        (Self::Size, "SIZE"),
        (Self::Subject, "SUBJECT"),
        (Self::To, "TO"),
        (Self::DisplayFrom, "DISPLAYFROM"),
        (Self::DisplayTo, "DISPLAYTO"),
        (Self::Relevancy, "RELEVANCY"),
    ];

    /// The name, in capitals.
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(by, _)| *by == self).map_or("ARRIVAL", |(_, name)| name)
    }
}

/// One key of a sort.
///
/// ```abnf
/// sort-criterion = ["REVERSE" SP] sort-key
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::search::{SortBy, SortKey};
///
/// let key = SortKey::reverse(SortBy::Date);
/// assert!(key.reverse && key.by == SortBy::Date);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // RFC 5256 section 5, sort-criterion
pub struct SortKey {
    /// What messages are sorted by.
    pub by: SortBy,
    /// Whether the largest is first.
    pub reverse: bool,
}

impl SortKey {
    /// The smallest first.
    pub const fn new(by: SortBy) -> Self {
        Self { by, reverse: false }
    }

    /// The largest first.
    pub const fn reverse(by: SortBy) -> Self {
        Self { by, reverse: true }
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let reverse = cursor.eat_word("REVERSE");
        if reverse {
            cursor.space()?;
        }
        let start = cursor.at();
        let name = cursor.atom_octets()?;
        let known = SortBy::ALL.into_iter().find(|(_, known)| name.eq_ignore_ascii_case(known.as_bytes()));
        match known {
            Some((by, _)) => Ok(Self { by, reverse }),
            None => Err(ParseError::new(start, Expected::Item)),
        }
    }

    fn encode(self, encoder: &mut Encoder) {
        if self.reverse {
            encoder.octets(b"REVERSE ");
        }
        encoder.octets(self.by.as_str().as_bytes());
    }
}

impl From<SortBy> for SortKey {
    fn from(by: SortBy) -> Self {
        Self::new(by)
    }
}

/// The arguments of SORT and UID SORT.
///
/// ```abnf
/// sort            = ["UID" SP] "SORT" [search-return-opts] SP sort-criteria SP search-criteria
/// sort-criteria   = "(" sort-criterion *(SP sort-criterion) ")"
/// search-criteria = charset 1*(SP search-key)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::search::{SearchKey, SortBy, SortCommand, SortKey};
///
/// let sort = SortCommand::uid([SortKey::reverse(SortBy::Date)], SearchKey::undeleted()).unwrap();
/// assert_eq!(sort.keys().len(), 1);
/// assert!(SortCommand::uid([] as [SortKey; 0], SearchKey::undeleted()).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SortCommand {
    /// Whether the answer holds UIDs: UID SORT.
    pub uid: bool,
    /// What is to be returned; servers have to know ESORT for it (RFC 5267 section 3).
    pub returns: Option<Vec<SearchReturn>>,
    /// The charset of the strings.
    pub charset: Text,
    keys: SmallVec<[SortKey; 4]>,
    key: SearchKey,
}

impl SortCommand {
    /// UID SORT: what is found is told by UIDs.
    ///
    /// # Errors
    ///
    /// If there is nothing to sort by, or a string in the key holds NUL: [`SearchKey::check`].
    pub fn uid(
        keys: impl IntoIterator<Item = impl Into<SortKey>>,
        key: SearchKey,
    ) -> Result<Self, InvalidOctet> {
        key.check()?;
        let keys: SmallVec<_> = keys.into_iter().map(Into::into).collect();
        if keys.is_empty() {
            return Err(InvalidOctet::missing(0));
        }
        Ok(Self { uid: true, returns: None, charset: charset(&key), keys, key })
    }

    /// SORT: what is found is told by sequence numbers.
    ///
    /// # Errors
    ///
    /// As [`uid`](Self::uid).
    pub fn seq(
        keys: impl IntoIterator<Item = impl Into<SortKey>>,
        key: SearchKey,
    ) -> Result<Self, InvalidOctet> {
        Ok(Self { uid: false, ..Self::uid(keys, key)? })
    }

    /// The same, with [`returns`](#structfield.returns).
    #[must_use]
    pub fn returning(mut self, returns: impl IntoIterator<Item = SearchReturn>) -> Self {
        self.returns = Some(returns.into_iter().collect());
        self
    }

    /// What is sorted by; the second is looked at where the first is the same, and so on.
    pub fn keys(&self) -> &[SortKey] {
        &self.keys
    }

    /// What is searched for.
    pub const fn key(&self) -> &SearchKey {
        &self.key
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>, uid: bool) -> Result<Self, ParseError> {
        let returns = SearchReturn::read_options(cursor)?;
        let start = cursor.at();
        let mut keys = SmallVec::new();
        cursor.list(|cursor| {
            keys.push(SortKey::read(cursor)?);
            Ok(())
        })?;
        if keys.is_empty() {
            return Err(ParseError::new(start + 1, Expected::Item));
        }
        cursor.space()?;
        let charset = cursor.astring()?;
        cursor.space()?;
        Ok(Self { uid, returns, charset, keys, key: SearchKey::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        SearchReturn::encode_options(self.returns.as_ref(), encoder);
        encoder.list(&self.keys, |encoder, key| key.encode(encoder));
        encoder.space();
        encoder.astring(self.charset.as_bytes());
        encoder.space();
        self.key.encode(encoder);
    }
}

/// The arguments of THREAD and UID THREAD.
///
/// ```abnf
/// thread     = ["UID" SP] "THREAD" SP thread-alg SP search-criteria
/// thread-alg = "ORDEREDSUBJECT" / "REFERENCES" / thread-alg-ext
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::search::{SearchKey, ThreadCommand};
///
/// let thread = ThreadCommand::uid(ThreadCommand::REFERENCES, SearchKey::everything()).unwrap();
/// assert_eq!(thread.charset, "US-ASCII");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ThreadCommand {
    /// Whether the answer holds UIDs: UID THREAD.
    pub uid: bool,
    /// How threads are found.
    pub algorithm: Atom,
    /// The charset of the strings.
    pub charset: Text,
    key: SearchKey,
}

impl ThreadCommand {
    /// By who answers whom (RFC 5256 section 3).
    pub const REFERENCES: Atom = Atom::from_static("REFERENCES");
    /// By subject (RFC 5256 section 3).
    pub const ORDERED_SUBJECT: Atom = Atom::from_static("ORDEREDSUBJECT");

    /// UID THREAD: what is found is told by UIDs.
    ///
    /// # Errors
    ///
    /// If a string in the key holds NUL: [`SearchKey::check`].
    pub fn uid(algorithm: Atom, key: SearchKey) -> Result<Self, InvalidOctet> {
        key.check()?;
        Ok(Self { uid: true, algorithm, charset: charset(&key), key })
    }

    /// THREAD: what is found is told by sequence numbers.
    ///
    /// # Errors
    ///
    /// As [`uid`](Self::uid).
    pub fn seq(algorithm: Atom, key: SearchKey) -> Result<Self, InvalidOctet> {
        Ok(Self { uid: false, ..Self::uid(algorithm, key)? })
    }

    /// What is searched for.
    pub const fn key(&self) -> &SearchKey {
        &self.key
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>, uid: bool) -> Result<Self, ParseError> {
        let algorithm = cursor.atom()?;
        cursor.space()?;
        let charset = cursor.astring()?;
        cursor.space()?;
        Ok(Self { uid, algorithm, charset, key: SearchKey::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encode_atom(&self.algorithm, encoder);
        encoder.space();
        encoder.astring(self.charset.as_bytes());
        encoder.space();
        self.key.encode(encoder);
    }
}

/// The charset that has to be said here, whatever the session.
fn charset(key: &SearchKey) -> Text {
    if key.needs_charset() { UTF_8 } else { US_ASCII }
}

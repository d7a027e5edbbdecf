//! What is searched for.

use std::{fmt, num::NonZeroU32, time::Duration};

use crate::{
    Date, Encoder, Expected, Flag, InvalidOctet, ModSeq, ParseError, SeqSet, Text, UidSet, cursor::Cursor,
};

use super::term::SearchTerm;

/// What a search looks for: keys that are joined by *and*, *or* and *not*.
///
/// There is no way to put raw text of the protocol in: each key is a function, and strings may hold anything but NUL.
/// A string that does is remembered, as [`std::process::Command`] does it, and refused where a command is made of
/// the key: [`check`](Self::check) tells it earlier. So keys are put together without a question mark in each.
///
/// The form is flat: making, reading, writing, evaluating and dropping one needs no recursion, however deep it is.
///
/// ```abnf
/// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
/// search-key     = ... / "OR" SP search-key SP search-key / "NOT" SP search-key /
///                  "(" search-key *(SP search-key) ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::search::SearchKey;
///
/// let key = SearchKey::unseen().and(SearchKey::from("newsletter"));
/// assert_eq!(key.to_string(), "UNSEEN FROM newsletter");
///
/// let key = SearchKey::flagged().or(SearchKey::subject("Grüße").not());
/// assert!(key.needs_charset());
/// assert_eq!(key.to_string(), r#"OR FLAGGED NOT SUBJECT "Grüße""#);
///
/// assert!(SearchKey::subject("a\0b").check().is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SearchKey {
    /// From left to right; what joins keys stands before them. Within `And` there is no other, and it has two keys at least.
    pub(super) nodes: Vec<Node>,
    /// The first string that no command can have.
    refused: Option<InvalidOctet>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// So many keys follow.
    And(u32),
    /// Two follow.
    Or,
    /// One follows.
    Not,
    /// One follows.
    Fuzzy,
    Term(SearchTerm),
}

/// One element of a key: see [`SearchKey::nodes`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(clippy::exhaustive_enums)] // a new way of joining keys is something that every reader has to know
pub enum SearchNode<'a> {
    /// All of so many keys that follow.
    And(u32),
    /// One of the two keys that follow.
    Or,
    /// Not the key that follows.
    Not,
    /// The key that follows, but it need not be exact (RFC 6203 section 3).
    Fuzzy,
    /// A single key.
    Term(&'a SearchTerm),
}

macro_rules! simple {
    ($($(#[$doc:meta])* $name:ident $variant:ident;)*) => {
        $($(#[$doc])* pub fn $name() -> Self { Self::term(SearchTerm::$variant) })*
    };
}

macro_rules! strings {
    ($($(#[$doc:meta])* $name:ident $variant:ident;)*) => {
        $($(#[$doc])* pub fn $name(text: impl TryInto<Text, Error: Into<InvalidOctet>>) -> Self {
            Self::with_text(text, SearchTerm::$variant)
        })*
    };
}

macro_rules! dates {
    ($($(#[$doc:meta])* $name:ident $variant:ident;)*) => {
        $($(#[$doc])* pub fn $name(date: Date) -> Self { Self::term(SearchTerm::$variant(date)) })*
    };
}

impl SearchKey {
    /// The most keys of a search that is read; what joins them counts too.
    pub const MOST: usize = 5000;

    simple! {
        /// Every message.
        everything All;
        /// Messages with [`Flag::ANSWERED`].
        answered Answered;
        /// Messages without [`Flag::ANSWERED`].
        unanswered Unanswered;
        /// Messages with [`Flag::DELETED`].
        deleted Deleted;
        /// Messages without [`Flag::DELETED`].
        undeleted Undeleted;
        /// Messages with [`Flag::DRAFT`].
        draft Draft;
        /// Messages without [`Flag::DRAFT`].
        undraft Undraft;
        /// Messages with [`Flag::FLAGGED`].
        flagged Flagged;
        /// Messages without [`Flag::FLAGGED`].
        unflagged Unflagged;
        /// Messages with [`Flag::SEEN`].
        seen Seen;
        /// Messages without [`Flag::SEEN`].
        unseen Unseen;
    }

    strings! {
        /// A string in the field Bcc.
        bcc Bcc;
        /// A string in the field Cc.
        cc Cc;
        /// A string in the field From: of a name or an address.
        from From;
        /// A string in the field To.
        to To;
        /// A string in the subject.
        subject Subject;
        /// A string in the body.
        body Body;
        /// A string anywhere in the message.
        text Text;
        /// The identifier of the content (RFC 8474 section 6).
        email_id EmailId;
        /// The identifier of the thread (RFC 8474 section 6).
        thread_id ThreadId;
        /// A search in Gmail's own language: X-GM-RAW.
        gmail GmailRaw;
    }

    dates! {
        /// The internal date is before this day.
        before Before;
        /// The internal date is within this day.
        on On;
        /// The internal date is within this day or later.
        since Since;
        /// The date of the header is before this day.
        sent_before SentBefore;
        /// The date of the header is within this day.
        sent_on SentOn;
        /// The date of the header is within this day or later.
        sent_since SentSince;
        /// It was saved before this day (RFC 8514 section 4.3).
        saved_before SavedBefore;
        /// It was saved within this day (RFC 8514 section 4.3).
        saved_on SavedOn;
        /// It was saved within this day or later (RFC 8514 section 4.3).
        saved_since SavedSince;
    }

    /// A single key.
    pub fn new(term: SearchTerm) -> Self {
        Self { refused: term.check().err(), ..Self::term(term) }
    }

    fn term(term: SearchTerm) -> Self {
        Self { nodes: vec![Node::Term(term)], refused: None }
    }

    /// In place of a key that cannot be; no command is made of it.
    fn refused(error: InvalidOctet) -> Self {
        Self { refused: Some(error), ..Self::everything() }
    }

    fn with_text(
        text: impl TryInto<Text, Error: Into<InvalidOctet>>,
        term: impl FnOnce(Text) -> SearchTerm,
    ) -> Self {
        match text.try_into() {
            Ok(text) => Self::new(term(text)),
            Err(error) => Self::refused(error.into()),
        }
    }

    /// A string in a field of the header; an empty one is in every field of that name.
    pub fn header(name: &str, text: impl TryInto<Text, Error: Into<InvalidOctet>>) -> Self {
        match Text::try_from(name) {
            Ok(name) => Self::with_text(text, |text| SearchTerm::Header(name, text)),
            Err(error) => Self::refused(error),
        }
    }

    /// Messages with a flag. A flag of the system's for which RFC 9051 has no key is refused.
    pub fn flag(flag: &Flag) -> Self {
        for (known, term) in [
            (Flag::SEEN, SearchTerm::Seen),
            (Flag::ANSWERED, SearchTerm::Answered),
            (Flag::FLAGGED, SearchTerm::Flagged),
            (Flag::DELETED, SearchTerm::Deleted),
            (Flag::DRAFT, SearchTerm::Draft),
            (Flag::RECENT, SearchTerm::Recent),
        ] {
            if *flag == known {
                return Self::term(term);
            }
        }
        match flag.as_bytes().clone().try_into() {
            Ok(keyword) => Self::term(SearchTerm::Keyword(keyword)),
            Err(error) => Self::refused(error),
        }
    }

    /// Messages of more octets.
    pub fn larger(octets: u64) -> Self {
        Self::term(SearchTerm::Larger(octets))
    }

    /// Messages of fewer octets.
    pub fn smaller(octets: u64) -> Self {
        Self::term(SearchTerm::Smaller(octets))
    }

    /// Messages that came within this time (RFC 5032 section 3), in whole seconds, one at least.
    pub fn younger(than: Duration) -> Self {
        Self::term(SearchTerm::Younger(seconds(than)))
    }

    /// Messages that came before that (RFC 5032 section 3), in whole seconds, one at least.
    pub fn older(than: Duration) -> Self {
        Self::term(SearchTerm::Older(seconds(than)))
    }

    /// Messages of which something changed since, this included (RFC 7162 section 3.1.5).
    pub fn changed_since(since: ModSeq) -> Self {
        Self::term(SearchTerm::ModSeq { entry: None, since: Some(since) })
    }

    /// Messages by their UIDs.
    pub fn uid(set: impl Into<UidSet>) -> Self {
        Self::term(SearchTerm::Uid(set.into()))
    }

    /// Messages by their sequence numbers.
    pub fn seq(set: impl Into<SeqSet>) -> Self {
        Self::term(SearchTerm::Messages(set.into()))
    }

    /// What the last search saved: `$` (RFC 5182 section 2.1).
    pub fn saved() -> Self {
        Self::seq(SeqSet::saved())
    }

    /// Messages that both keys find.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    /// Messages that one of the keys finds, or both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let refused = self.refused.or(other.refused);
        let mut nodes = Vec::with_capacity(1 + self.nodes.len() + other.nodes.len());
        nodes.push(Node::Or);
        nodes.extend(self.nodes);
        nodes.extend(other.nodes);
        Self { nodes, refused }
    }

    /// Messages that the key does not find.
    #[allow(clippy::should_implement_trait)] // and `and` and `or` have none
    #[must_use]
    pub fn not(mut self) -> Self {
        self.nodes.insert(0, Node::Not);
        self
    }

    /// The key, but it need not be exact (RFC 6203 section 3).
    #[must_use]
    pub fn fuzzy(mut self) -> Self {
        self.nodes.insert(0, Node::Fuzzy);
        self
    }

    /// Messages that all keys find; without keys, every message.
    ///
    /// ```
    /// use imap_proto::search::SearchKey;
    ///
    /// let key = SearchKey::all([SearchKey::unseen(), SearchKey::flagged(), SearchKey::to("me")]);
    /// assert_eq!(key.to_string(), "UNSEEN FLAGGED TO me");
    /// assert_eq!(SearchKey::all([]), SearchKey::everything());
    /// ```
    pub fn all(keys: impl IntoIterator<Item = Self>) -> Self {
        let mut joined = Self { nodes: vec![Node::And(0)], refused: None };
        let mut count = 0_u32;
        for key in keys {
            joined.refused = joined.refused.or(key.refused);
            let mut nodes = key.nodes.into_iter();
            match nodes.as_slice().first() {
                Some(&Node::And(inner)) => {
                    nodes.next();
                    count = count.saturating_add(inner);
                }
                _ => count = count.saturating_add(1),
            }
            joined.nodes.extend(nodes);
        }
        match count {
            0 => Self { refused: joined.refused, ..Self::everything() },
            1 => {
                joined.nodes.remove(0);
                joined
            }
            _ => {
                if let Some(first) = joined.nodes.first_mut() {
                    *first = Node::And(count);
                }
                joined
            }
        }
    }

    /// Messages that one of the keys finds; without keys, none. However many there are, they do not nest deeply.
    ///
    /// ```
    /// use imap_proto::search::SearchKey;
    ///
    /// let key = SearchKey::any(["a", "b", "c"].map(SearchKey::from));
    /// assert_eq!(key.to_string(), "OR FROM a OR FROM b FROM c");
    /// assert_eq!(SearchKey::any([]).to_string(), "NOT ALL");
    /// ```
    pub fn any(keys: impl IntoIterator<Item = Self>) -> Self {
        let keys: Vec<Self> = keys.into_iter().collect();
        if keys.is_empty() {
            return Self::everything().not();
        }
        let mut joined = Self { nodes: Vec::new(), refused: None };
        // How many keys each part is to have, the next one last: each is halved until it is one key.
        let mut parts = vec![keys.len()];
        let mut keys = keys.into_iter();
        while let Some(part) = parts.pop() {
            if part > 1 {
                joined.nodes.push(Node::Or);
                parts.push(part - part / 2);
                parts.push(part / 2);
            } else if let Some(key) = keys.next() {
                joined.refused = joined.refused.or(key.refused);
                joined.nodes.extend(key.nodes);
            }
        }
        joined
    }

    /// Whether a command can be made of it.
    ///
    /// # Errors
    ///
    /// The first string in it that no command can have: with NUL, or a flag that is no keyword.
    pub fn check(&self) -> Result<(), InvalidOctet> {
        self.refused.map_or(Ok(()), Err)
    }

    /// Whether a string in it is not ASCII. The search has to say its charset then, unless the session is in UTF-8.
    pub fn needs_charset(&self) -> bool {
        self.terms().any(SearchTerm::needs_charset)
    }

    /// Every single key in it, from left to right.
    pub fn terms(&self) -> impl Iterator<Item = &SearchTerm> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Term(term) => Some(term),
            _ => None,
        })
    }

    /// The whole key from left to right, for those who translate it: what joins keys stands before them, and says
    /// how many follow. [`matches`](Self::matches) evaluates it.
    pub fn nodes(&self) -> impl Iterator<Item = SearchNode<'_>> {
        self.nodes.iter().map(|node| match node {
            Node::And(count) => SearchNode::And(*count),
            Node::Or => SearchNode::Or,
            Node::Not => SearchNode::Not,
            Node::Fuzzy => SearchNode::Fuzzy,
            Node::Term(term) => SearchNode::Term(term),
        })
    }

    /// What was read: strings in it are valid.
    pub(super) const fn received(nodes: Vec<Node>) -> Self {
        Self { nodes, refused: None }
    }

    /// Keys up to where nothing goes on with them.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        super::read::program(cursor)
    }

    /// The outermost *and* needs no parentheses.
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        // How many keys are still to come of each that is open, and whether it is in parentheses.
        let mut open: Vec<(u32, bool)> = Vec::new();
        let mut follows = false;
        for node in &self.nodes {
            if follows {
                encoder.space();
            }
            follows = true;
            match node {
                Node::And(count) => {
                    let parenthesised = !open.is_empty();
                    if parenthesised {
                        encoder.octets(b"(");
                    }
                    follows = false;
                    open.push((*count, parenthesised));
                }
                Node::Or => {
                    encoder.octets(b"OR");
                    open.push((2, false));
                }
                Node::Not => {
                    encoder.octets(b"NOT");
                    open.push((1, false));
                }
                Node::Fuzzy => {
                    encoder.octets(b"FUZZY");
                    open.push((1, false));
                }
                Node::Term(term) => {
                    term.encode(encoder);
                    while let Some((left, parenthesised)) = open.last_mut() {
                        *left = left.saturating_sub(1);
                        if *left > 0 {
                            break;
                        }
                        if *parenthesised {
                            encoder.octets(b")");
                        }
                        open.pop();
                    }
                }
            }
        }
    }
}

fn seconds(duration: Duration) -> NonZeroU32 {
    let seconds = u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
    NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN)
}

impl std::str::FromStr for SearchKey {
    type Err = ParseError;

    /// Reads keys as they stand in a command.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::new(&frame);
        let key = Self::read(&mut cursor)?;
        if cursor.is_done() { Ok(key) } else { cursor.error(Expected::End) }
    }
}

/// As a command has it, but for what is no text.
impl fmt::Display for SearchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut encoder = Encoder::for_text();
        self.encode(&mut encoder);
        f.write_str(&String::from_utf8_lossy(encoder.text()))
    }
}

//! SEARCH in several mailboxes (RFC 7377).

use crate::{Encoder, Expected, InvalidOctet, MailboxName, ParseError, TaggedItem, Text, cursor::Cursor};

use super::{
    command::{encode_charset, read_charset},
    key::SearchKey,
    options::SearchReturn,
};

/// Mailboxes, by what they are (RFC 5465 section 6, RFC 7377 section 2.2).
///
/// ```abnf
/// filter-mailboxes    = "selected" / "inboxes" / "personal" / "subscribed" /
///                       ("subtree" SP one-or-more-mailbox) / ("subtree-one" SP one-or-more-mailbox) /
///                       ("mailboxes" SP one-or-more-mailbox)
/// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{MailboxName, search::MailboxFilter};
///
/// let filter = MailboxFilter::Subtree(vec![MailboxName::new("Projekte").unwrap()]);
/// assert_ne!(filter, MailboxFilter::Personal);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MailboxFilter {
    /// The selected mailbox.
    Selected,
    /// Every mailbox that new mail arrives in.
    Inboxes,
    /// The user's own mailboxes.
    Personal,
    /// The mailboxes the user has subscribed to.
    Subscribed,
    /// These, and all below them.
    Subtree(Vec<MailboxName>),
    /// These, and those right below them.
    SubtreeOne(Vec<MailboxName>),
    /// These.
    Mailboxes(Vec<MailboxName>),
}

impl MailboxFilter {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let start = cursor.at();
        let word = cursor.atom()?;
        Ok(match () {
            () if word.is("selected") => Self::Selected,
            () if word.is("inboxes") => Self::Inboxes,
            () if word.is("personal") => Self::Personal,
            () if word.is("subscribed") => Self::Subscribed,
            () if word.is("subtree") => Self::Subtree(mailboxes(cursor)?),
            () if word.is("subtree-one") => Self::SubtreeOne(mailboxes(cursor)?),
            () if word.is("mailboxes") => Self::Mailboxes(mailboxes(cursor)?),
            () => return Err(ParseError::new(start, Expected::Item)),
        })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let (name, mailboxes) = match self {
            Self::Selected => ("selected", None),
            Self::Inboxes => ("inboxes", None),
            Self::Personal => ("personal", None),
            Self::Subscribed => ("subscribed", None),
            Self::Subtree(mailboxes) => ("subtree", Some(mailboxes)),
            Self::SubtreeOne(mailboxes) => ("subtree-one", Some(mailboxes)),
            Self::Mailboxes(mailboxes) => ("mailboxes", Some(mailboxes)),
        };
        encoder.octets(name.as_bytes());
        if let Some(mailboxes) = mailboxes {
            encoder.space();
            match mailboxes.as_slice() {
                [mailbox] => encoder.mailbox(mailbox),
                mailboxes => encoder.list(mailboxes, Encoder::mailbox),
            }
        }
    }
}

/// A space, and `one-or-more-mailbox`.
fn mailboxes(cursor: &mut Cursor<'_>) -> Result<Vec<MailboxName>, ParseError> {
    cursor.space()?;
    if cursor.peek() != Some(b'(') {
        return Ok(vec![cursor.mailbox()?]);
    }
    let mut all = Vec::new();
    cursor.list(|cursor| {
        all.push(cursor.mailbox()?);
        Ok(())
    })?;
    if all.is_empty() { cursor.error(Expected::Mailbox) } else { Ok(all) }
}

/// The arguments of ESEARCH: SEARCH in several mailboxes. The answers hold UIDs, and say which mailbox they are of.
///
/// ```abnf
/// esearch             = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program
/// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
/// source-mbox         = filter-mailboxes *(SP filter-mailboxes)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
/// use imap_proto::search::{MailboxFilter, MultiSearch, SearchKey};
///
/// let search = MultiSearch::new([MailboxFilter::Personal], SearchKey::unseen()).unwrap();
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::Esearch(search).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A1 ESEARCH IN (personal) UNSEEN\r\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MultiSearch {
    /// Which mailboxes; the selected one if there are none.
    pub sources: Vec<MailboxFilter>,
    /// Options of extensions; RFC 7377 has none. They are not written without sources.
    pub scope: Vec<TaggedItem>,
    /// What is to be returned; ALL without (RFC 7377 section 2.1).
    pub returns: Option<Vec<SearchReturn>>,
    /// The charset of the strings, as in [`SearchCommand`](super::SearchCommand).
    pub charset: Option<Text>,
    key: SearchKey,
}

impl MultiSearch {
    /// A search in these mailboxes.
    ///
    /// # Errors
    ///
    /// If a string in the key holds NUL: [`SearchKey::check`].
    pub fn new(
        sources: impl IntoIterator<Item = MailboxFilter>,
        key: SearchKey,
    ) -> Result<Self, InvalidOctet> {
        key.check()?;
        let sources = sources.into_iter().collect();
        Ok(Self { sources, scope: Vec::new(), returns: None, charset: None, key })
    }

    /// The same, with [`returns`](#structfield.returns).
    #[must_use]
    pub fn returning(mut self, returns: impl IntoIterator<Item = SearchReturn>) -> Self {
        self.returns = Some(returns.into_iter().collect());
        self
    }

    /// What is searched for.
    pub const fn key(&self) -> &SearchKey {
        &self.key
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let (mut sources, mut scope) = (Vec::new(), Vec::new());
        if cursor.eat_word("IN") {
            cursor.space()?;
            cursor.list(|cursor| {
                if cursor.peek() == Some(b'(') && scope.is_empty() && !sources.is_empty() {
                    return cursor.list(|cursor| {
                        let name = cursor.atom()?;
                        scope.push(TaggedItem::read(cursor, name)?);
                        Ok(())
                    });
                }
                sources.push(MailboxFilter::read(cursor)?);
                Ok(())
            })?;
            if sources.is_empty() {
                return cursor.error(Expected::Item);
            }
            cursor.space()?;
        }
        let returns = SearchReturn::read_options(cursor)?;
        let charset = read_charset(cursor)?;
        Ok(Self { sources, scope, returns, charset, key: SearchKey::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        if !self.sources.is_empty() {
            encoder.octets(b"IN (");
            encoder.joined(&self.sources, |encoder, source| source.encode(encoder));
            if !self.scope.is_empty() {
                encoder.space();
                encoder.list(&self.scope, |encoder, item| item.encode(encoder));
            }
            encoder.octets(b") ");
        }
        SearchReturn::encode_options(self.returns.as_ref(), encoder);
        encode_charset(self.charset.as_ref(), &self.key, encoder);
        self.key.encode(encoder);
    }
}

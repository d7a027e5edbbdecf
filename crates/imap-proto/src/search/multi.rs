//! SEARCH in several mailboxes (RFC 7377).

use crate::{
    Encoder, Expected, InvalidOctet, ParseError, TaggedItem, Text, cursor::Cursor,
    extensions::notify::MailboxFilter,
};

use super::{
    command::{encode_charset, read_charset},
    key::SearchKey,
    options::SearchReturn,
};

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
/// use imap_proto::extensions::notify::MailboxFilter;
/// use imap_proto::search::{MultiSearch, SearchKey};
///
/// let search = MultiSearch::new([MailboxFilter::Personal], SearchKey::unseen()).unwrap();
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::Esearch(search).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A1 ESEARCH IN (personal) UNSEEN\r\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MultiSearch {
    /// Which mailboxes; the selected one if there are none. `SelectedDelayed` is not for searches, and is written as `Selected`; a
    /// filter by name that has none is refused by servers.
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
                let at = cursor.at();
                let source = MailboxFilter::read(cursor)?;
                let is_wrong =
                    source == MailboxFilter::SelectedDelayed || source.names().is_some_and(<[_]>::is_empty);
                if is_wrong {
                    return Err(ParseError::new(at, Expected::Item));
                }
                sources.push(source);
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
            encoder.joined(&self.sources, |encoder, source| match source {
                MailboxFilter::SelectedDelayed => MailboxFilter::Selected.encode(encoder),
                source => source.encode(encoder),
            });
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

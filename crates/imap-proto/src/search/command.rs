//! SEARCH (RFC 9051 section 6.4.4).

use bytes::Bytes;

use crate::{Command, Encoder, InvalidOctet, ParseError, Text, cursor::Cursor, plain};

use super::{key::SearchKey, options::SearchReturn};

pub(super) const UTF_8: Text = Text::received(Bytes::from_static(b"UTF-8"));
pub(super) const US_ASCII: Text = Text::received(Bytes::from_static(b"US-ASCII"));

/// The arguments of SEARCH and UID SEARCH.
///
/// ```abnf
/// search         = "SEARCH" [search-return-opts] SP search-program
/// search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag};
/// use imap_proto::search::{SearchCommand, SearchKey, SearchReturn};
///
/// let key = SearchKey::unseen().and(SearchKey::from("newsletter"));
/// let search = SearchCommand::uid(key).unwrap().returning([SearchReturn::All]);
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::Search(search).encode(&Tag::try_from("A1").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"A1 UID SEARCH RETURN (ALL) UNSEEN FROM newsletter\r\n");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SearchCommand {
    /// Whether the answer holds UIDs: UID SEARCH.
    pub uid: bool,
    /// What is to be returned; `None` asks for SEARCH as in RFC 3501, and an empty list is ALL. Servers have to know
    /// IMAP4rev2 or ESEARCH for it.
    pub returns: Option<Vec<SearchReturn>>,
    /// The charset of the strings. With `None` it is said where it has to be: UTF-8, if a string is not ASCII and the
    /// session not in UTF-8. In a session that is, UTF-8 is never said (RFC 6855 section 3).
    pub charset: Option<Text>,
    key: SearchKey,
}

impl SearchCommand {
    /// UID SEARCH: what is found is told by UIDs.
    ///
    /// # Errors
    ///
    /// If a string in the key holds NUL: [`SearchKey::check`].
    pub fn uid(key: SearchKey) -> Result<Self, InvalidOctet> {
        key.check()?;
        Ok(Self { uid: true, returns: None, charset: None, key })
    }

    /// SEARCH: what is found is told by sequence numbers.
    ///
    /// # Errors
    ///
    /// As [`uid`](Self::uid).
    pub fn seq(key: SearchKey) -> Result<Self, InvalidOctet> {
        Ok(Self { uid: false, ..Self::uid(key)? })
    }

    /// The same search, with [`returns`](#structfield.returns).
    #[must_use]
    pub fn returning(mut self, returns: impl IntoIterator<Item = SearchReturn>) -> Self {
        self.returns = Some(returns.into_iter().collect());
        self
    }

    /// What is searched for.
    pub const fn key(&self) -> &SearchKey {
        &self.key
    }

    #[inline(always)] // a command is large, and every function more moves it once more
    pub(crate) fn read(cursor: &mut Cursor<'_>, uid: bool) -> Result<Command, ParseError> {
        let returns = SearchReturn::read_options(cursor)?;
        let charset = read_charset(cursor)?;
        Ok(Command::Search(Self { uid, returns, charset, key: SearchKey::read(cursor)? }))
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        SearchReturn::encode_options(self.returns.as_ref(), encoder);
        encode_charset(self.charset.as_ref(), &self.key, encoder);
        self.key.encode(encoder);
    }
}

/// `CHARSET` with its value and a space, if it stands here.
#[inline]
pub(super) fn read_charset(cursor: &mut Cursor<'_>) -> Result<Option<Text>, ParseError> {
    // Most searches have none.
    if matches!(cursor.peek(), Some(b'C' | b'c')) { read_some_charset(cursor) } else { Ok(None) }
}

#[inline(never)]
fn read_some_charset(cursor: &mut Cursor<'_>) -> Result<Option<Text>, ParseError> {
    if let Some(rest) = plain::behind(cursor.rest(), b"CHARSET UTF-8 ") {
        cursor.resume(rest);
        return Ok(Some(UTF_8));
    }
    if !cursor.eat_word("CHARSET") {
        return Ok(None);
    }
    cursor.space()?;
    let charset = cursor.astring()?;
    cursor.space()?;
    Ok(Some(charset))
}

pub(super) fn encode_charset(charset: Option<&Text>, key: &SearchKey, encoder: &mut Encoder) {
    let utf8 = encoder.dialect().utf8;
    let said = match charset {
        Some(charset) if utf8 && charset.as_bytes().eq_ignore_ascii_case(b"UTF-8") => return,
        Some(charset) => charset.as_bytes(),
        None if !utf8 && key.needs_charset() => &b"UTF-8"[..],
        None => return,
    };
    encoder.octets(b"CHARSET ");
    encoder.astring(said);
    encoder.space();
}

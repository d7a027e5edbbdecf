//! What an address list holds, borrowed from the field.

use std::{borrow::Cow, ops::Range};

use super::{AddrSpec, Group, Mailbox, text};
use crate::{
    config::Reading,
    lex::{Kind, Lexer},
};

/// The address is `atoms@atoms` without anything that would have to be resolved.
pub(super) const PLAIN: u8 = 1;
/// There is no saying what the address is.
pub(super) const BROKEN: u8 = 2;

/// The name stands for itself, though it may be one quoted string.
pub(super) const PLAIN_NAME: u8 = 4;

/// Octets of a field: where they start, and where they end.
pub(super) type Piece = (usize, usize);

/// What an address list consists of, in the order in which it stands there.
///
/// # Example
///
/// ```
/// use mime_core::{AddressList, AddressRef, Config};
///
/// let mut list = AddressList::new(b"friends: ana@example.com;, joe@example.org", &Config::new());
/// let Some(AddressRef::GroupStart(group)) = list.next() else { panic!() };
/// assert_eq!(group.name(), "friends");
/// let Some(AddressRef::Mailbox(ana)) = list.next() else { panic!() };
/// assert_eq!(ana.address(), "ana@example.com");
/// assert!(matches!(list.next(), Some(AddressRef::GroupEnd)));
/// assert!(matches!(list.next(), Some(AddressRef::Mailbox(_))) && list.next().is_none());
/// ```
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_enums)] // the grammar has no fourth
pub enum AddressRef<'a> {
    /// A group begins: the mailboxes up to its end are its members.
    GroupStart(GroupRef<'a>),
    /// A mailbox, alone or of the group that has begun.
    Mailbox(MailboxRef<'a>),
    /// The group ends. Groups do not stand inside groups: what looks like it is one group.
    GroupEnd,
}

/// A mailbox of a field as it stands there.
///
/// RFC 5322 section 3.4. Nothing is resolved before it is asked for, and nothing is allocated for plain names and
/// addresses.
///
/// # Example
///
/// ```
/// use mime_core::{AddressList, Config};
///
/// let mut list = AddressList::new(b"\"Joe Q. Public\" <john.q.public@example.com>", &Config::new()).mailboxes();
/// let joe = list.next().unwrap();
/// assert_eq!(joe.name().unwrap(), "Joe Q. Public");
/// assert_eq!(joe.address(), "john.q.public@example.com");
/// assert_eq!((&*joe.local_part(), &*joe.domain()), ("john.q.public", "example.com"));
/// assert!(joe.is_valid());
/// assert!(list.next().is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MailboxRef<'a> {
    pub(super) value: &'a [u8],
    /// As much of the value as is text.
    pub(super) text: &'a str,
    pub(super) span: Piece,
    pub(super) name: Piece,
    pub(super) comment: Piece,
    pub(super) route: Piece,
    pub(super) spec: Piece,
    /// Where the at sign is, if there is one and only one.
    pub(super) at: Option<usize>,
    pub(super) flags: u8,
    pub(super) reading: Reading,
}

impl<'a> MailboxRef<'a> {
    fn slice(&self, (start, end): Piece) -> &'a [u8] {
        self.value.get(start..end).unwrap_or_default()
    }

    fn lossy(&self, (start, end): Piece) -> Cow<'a, str> {
        match self.text.get(start..end) {
            Some(text) => Cow::Borrowed(text),
            None => String::from_utf8_lossy(self.slice((start, end))),
        }
    }

    /// The same without the full stop at its end.
    fn without_dot(&self, (start, end): Piece) -> Cow<'a, str> {
        let last = end.saturating_sub(1);
        self.lossy((start, if self.value.get(last) == Some(&b'.') && last >= start { last } else { end }))
    }

    /// The display name, decoded: words and quoted strings joined by single spaces, encoded words as the text they
    /// stand for. If there is none, the text of the comment beside the address, where the mail of the eighties had it.
    /// Never white space alone.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        if self.name.0 < self.name.1 {
            if self.flags & PLAIN_NAME != 0 {
                let (start, end) = self.name;
                let quotes = usize::from(self.value.get(start) == Some(&b'"'));
                let content = (start.saturating_add(quotes), end.saturating_sub(quotes));
                return Some(self.lossy(content)).filter(|text| !is_blank(text));
            }
            let raw = self.raw_name();
            return Some(text::phrase(raw, &self.reading.config())).filter(|text| !is_blank(text));
        }
        if self.comment.0 < self.comment.1 {
            let raw = self.slice(self.comment);
            return Some(text::comment(raw, &self.reading.config())).filter(|text| !is_blank(text));
        }
        None
    }

    /// The octets of the display name as they stand: quotes, encoded words and folding included. Empty if there is
    /// none.
    pub fn raw_name(&self) -> &'a [u8] {
        self.slice(self.name)
    }

    /// The address: white space and comments are left out, also the full stop that ends some domains, and the local part
    /// is quoted only if it has to be. Full stops where none belong (`a.@b`, which some providers gave out) stay as they
    /// stand, as all readers have them; [`to_mailbox`](Self::to_mailbox) quotes them. Empty if there is none. What is no address ([`is_valid`](Self::is_valid)) is
    /// given as it stands.
    ///
    /// Encoded words are never decoded in it: RFC 2047 section 5 forbids them there.
    pub fn address(&self) -> Cow<'a, str> {
        if self.flags & (PLAIN | BROKEN) == PLAIN {
            return self.without_dot(self.spec);
        }
        if self.at.is_some() && self.flags & BROKEN == 0 {
            return Cow::Owned(text::address(&self.local_part(), &self.domain()));
        }
        Cow::Owned(text::raw_words(self.slice(self.spec), &self.reading.config()))
    }

    /// What stands before the at sign, without quotes; all of it if there is none, or several.
    pub fn local_part(&self) -> Cow<'a, str> {
        let piece = (self.spec.0, self.at.unwrap_or(self.spec.1));
        if self.flags & PLAIN != 0 {
            return self.lossy(piece);
        }
        Cow::Owned(text::words(self.slice(piece), &self.reading.config()))
    }

    /// What stands behind the at sign, without the full stop that may end it. Empty if there is no at sign, or if there
    /// are several: which of them counts is not for us to guess.
    pub fn domain(&self) -> Cow<'a, str> {
        let Some(at) = self.at else { return Cow::Borrowed("") };
        let piece = (at.saturating_add(1), self.spec.1);
        if self.flags & PLAIN != 0 {
            return self.without_dot(piece);
        }
        let mut domain = text::words(self.slice(piece), &self.reading.config());
        if domain.ends_with('.') {
            domain.pop();
        }
        Cow::Owned(domain)
    }

    /// The route, as `@host1,@host2`: RFC 5322 section 4.4 knows it, and wants it ignored.
    pub fn route(&self) -> Option<Cow<'a, str>> {
        (self.route.0 < self.route.1)
            .then(|| Cow::Owned(text::route(self.slice(self.route), &self.reading.config())))
    }

    /// The text of every comment in it.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{AddressList, Config};
    ///
    /// let field = br"Pete(A nice \) chap) <pete(his account)@silly.test(his host)>";
    /// let pete = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    /// assert_eq!(pete.comments().collect::<Vec<_>>(), ["A nice ) chap", "his account", "his host"]);
    /// assert_eq!((&*pete.name().unwrap(), &*pete.address()), ("Pete", "pete@silly.test"));
    /// ```
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let config = self.reading.config();
        let raw = self.slice(self.span);
        let mut lexer = Lexer::new(raw, config.limits.comment_depth);
        std::iter::from_fn(move || {
            loop {
                let token = lexer.token()?;
                if token.kind == Kind::Comment {
                    return Some(text::comment(lexer.slice(token.start, token.end), &config));
                }
            }
        })
    }

    /// Where it stands in the field.
    pub fn span(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    /// Its octets as they stand.
    pub fn raw(&self) -> &'a [u8] {
        self.slice(self.span)
    }

    /// Whether it has one address and there is no doubt which, though it may be written in obsolete syntax or with
    /// mistakes that everybody repairs alike (RFC 7103 section 7.1).
    pub fn is_valid(&self) -> bool {
        if self.flags & (PLAIN | BROKEN) == PLAIN
            && let Some(valid) = self.is_plainly_valid()
        {
            return valid;
        }
        self.flags & BROKEN == 0
            && self.at.is_some()
            && std::str::from_utf8(self.slice(self.spec)).is_ok()
            && AddrSpec::check_parts(&self.local_part(), &self.domain()).is_ok()
    }

    /// The same for atoms around an at sign; nothing if they are not ASCII.
    fn is_plainly_valid(&self) -> Option<bool> {
        let at = self.at?;
        if !self.slice(self.spec).is_ascii() {
            return None;
        }
        let domain = self.slice((at.saturating_add(1), self.spec.1));
        let domain = domain.strip_suffix(b".").unwrap_or(domain);
        let mut previous = b'.';
        for octet in domain {
            if matches!((previous, *octet), (b'.', b'.' | b'-') | (b'-', b'.')) {
                return Some(false);
            }
            previous = *octet;
        }
        Some(at > self.spec.0 && !matches!(previous, b'.' | b'-'))
    }

    /// Whether the full stops of the local part stand where they should.
    pub(super) fn has_dot_atoms(&self) -> bool {
        if self.flags & PLAIN == 0 {
            return true;
        }
        let raw = self.slice((self.spec.0, self.at.unwrap_or(self.spec.1)));
        let mut previous = b'.';
        for octet in raw {
            if (previous, *octet) == (b'.', b'.') {
                return false;
            }
            previous = *octet;
        }
        previous != b'.'
    }

    /// The mailbox to keep or write to, if it [is valid](Self::is_valid). Control characters in its name become spaces.
    pub fn to_mailbox(&self) -> Option<Mailbox> {
        if !self.is_valid() {
            return None;
        }
        let address = AddrSpec::from_parts(&self.local_part(), &self.domain()).ok()?;
        let Some(mut name) = self.name() else { return Some(address.into()) };
        if name.chars().any(char::is_control) {
            name = Cow::Owned(name.replace(char::is_control, " "));
        }
        Mailbox::new(&name, address).ok()
    }
}

/// The beginning of a group: its name.
///
/// RFC 5322 section 3.4.
#[derive(Clone, Copy, Debug)]
pub struct GroupRef<'a> {
    pub(super) value: &'a [u8],
    pub(super) span: Piece,
    pub(super) reading: Reading,
}

impl<'a> GroupRef<'a> {
    /// The name, decoded as that of a mailbox.
    pub fn name(&self) -> Cow<'a, str> {
        text::phrase(self.raw_name(), &self.reading.config())
    }

    /// The octets of the name as they stand.
    pub fn raw_name(&self) -> &'a [u8] {
        self.value.get(self.span()).unwrap_or_default()
    }

    /// Where the name stands in the field.
    pub fn span(&self) -> Range<usize> {
        self.span.0..self.span.1
    }

    pub(super) fn to_group(self, members: Vec<Mailbox>) -> Option<Group> {
        Group::new(&self.name().replace(|char: char| char.is_control(), " "), members).ok()
    }
}

fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

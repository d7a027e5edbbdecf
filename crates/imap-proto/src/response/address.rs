//! Addresses in an ENVELOPE (RFC 9051 section 7.5.2).

use std::fmt;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::{Dialect, Encoder, Expected, ParseError, Text, cursor::Cursor, plain};

use super::envelope::text;

/// A mailbox that somebody reads.
///
/// ```abnf
/// address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Address, Text};
///
/// let text = |text: &str| Text::try_from(text).unwrap();
/// let address = Address { name: Some(text("Terry Gray")), ..Address::new(text("gray"), text("example.com")) };
/// assert_eq!(address.to_string(), "gray@example.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct Address {
    /// The name, as it stands in the header.
    pub name: Option<Text>,
    /// The route of RFC 822, which nobody uses.
    pub route: Option<Text>,
    /// What stands before the `@`.
    pub mailbox: Text,
    /// What stands behind it; empty if there is nothing.
    pub host: Text,
}

impl Address {
    /// An address without a name.
    pub const fn new(mailbox: Text, host: Text) -> Self {
        Self { name: None, route: None, mailbox, host }
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        encoder.nstring(self.name.as_ref().map(AsRef::as_ref));
        encoder.space();
        encoder.nstring(self.route.as_ref().map(AsRef::as_ref));
        encoder.space();
        encoder.string(self.mailbox.as_bytes());
        encoder.space();
        encoder.string(self.host.as_bytes());
        encoder.octets(b")");
    }
}

/// `mailbox@host`, for people: control characters are escaped, and nothing is quoted.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mailbox.fmt(f)?;
        if self.host.is_empty() { Ok(()) } else { write!(f, "@{}", self.host) }
    }
}

/// One entry of an [`AddressList`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 9051 section 7.5.2 knows these
pub enum Addressee {
    /// A mailbox; of a group, between its start and its end.
    Mailbox(Address),
    /// A group of this name begins.
    GroupStart(Text),
    /// It ends.
    GroupEnd,
}

impl Addressee {
    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Mailbox(address) => address.encode(encoder),
            Self::GroupStart(name) => {
                encoder.octets(b"(NIL NIL ");
                encoder.string(name.as_bytes());
                encoder.octets(b" NIL)");
            }
            Self::GroupEnd => encoder.octets(b"(NIL NIL NIL NIL)"),
        }
    }
}

/// Addresses of one field of a header. They are read when they are looked at: a list of a thousand costs no allocation.
///
/// # Example
///
/// ```
/// use imap_proto::{Address, AddressList, Addressee, Text};
///
/// let text = |text: &str| Text::try_from(text).unwrap();
/// let list: AddressList = [
///     Addressee::GroupStart(text("team")),
///     Addressee::Mailbox(Address::new(text("joe"), text("example.com"))),
///     Addressee::GroupEnd,
/// ].into_iter().collect();
/// assert_eq!(list.iter().count(), 3);
/// assert_eq!(list.mailboxes().next().unwrap().to_string(), "joe@example.com");
/// ```
#[derive(Clone, Default)]
pub struct AddressList {
    /// What stands between the parentheses: it was read once, and can be read again.
    list: Bytes,
    /// Whether no quote is to be trusted in it.
    broken: bool,
}

impl AddressList {
    /// No addresses.
    pub const fn new() -> Self {
        Self { list: Bytes::new(), broken: false }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Whether there is not even something that is no address.
    pub(super) fn is_nil(&self) -> bool {
        self.list.is_empty()
    }

    /// Every entry in its order.
    pub fn iter(&self) -> impl Iterator<Item = Addressee> + '_ {
        let mut cursor = Cursor::lenient(&self.list, Dialect::REV1);
        cursor.broken = self.broken;
        let mut open = false;
        std::iter::from_fn(move || {
            loop {
                cursor.spaces();
                if cursor.is_done() {
                    return None;
                }
                match read(&mut cursor) {
                    Err(_) => return None,
                    Ok(None) => {}
                    // An end of what never began is nothing.
                    Ok(Some(Addressee::GroupEnd)) if !open => {}
                    Ok(Some(addressee)) => {
                        match addressee {
                            Addressee::Mailbox(_) => {}
                            Addressee::GroupStart(_) => open = true,
                            Addressee::GroupEnd => open = false,
                        }
                        return Some(addressee);
                    }
                }
            }
        })
    }

    /// The mailboxes alone, whatever group they are in.
    pub fn mailboxes(&self) -> impl Iterator<Item = Address> + '_ {
        self.iter().filter_map(|addressee| match addressee {
            Addressee::Mailbox(address) => Some(address),
            _ => None,
        })
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { list: wire_core::detach(&self.list), broken: self.broken }
    }

    /// A list, or NIL.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.peek() != Some(b'(') {
            // An empty string is no address either.
            return match cursor.field()? {
                None => Ok(Self::new()),
                Some(text) if text.is_empty() => Ok(Self::new()),
                Some(_) => cursor.error(Expected::List),
            };
        }
        let open = cursor.at();
        let behind = if cursor.broken { None } else { skip_plain_list(cursor.rest()) };
        if let Some(rest) = behind {
            cursor.resume(rest);
        } else {
            cursor.seek(open + 1);
            loop {
                cursor.spaces();
                if cursor.eat(b')') {
                    break;
                }
                read(cursor)?;
            }
        }
        Ok(Self { list: cursor.bytes(open + 1, cursor.at() - 1), broken: cursor.broken })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let mut addressees = self.iter().peekable();
        if addressees.peek().is_none() {
            return encoder.octets(b"NIL");
        }
        encoder.octets(b"(");
        addressees.for_each(|addressee| addressee.encode(encoder));
        encoder.octets(b")");
    }
}

/// What follows a list as most servers write it, or NIL.
#[inline]
pub(super) fn skip_plain(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [b'N', b'I', b'L', rest @ ..] => Some(rest),
        _ => skip_plain_list(octets),
    }
}

/// What follows a list of addresses as most servers write it: four strings or NIL, one space between.
fn skip_plain_list(octets: &[u8]) -> Option<&[u8]> {
    let [b'(', rest @ ..] = octets else { return None };
    let mut rest = rest;
    loop {
        let [b'(', name @ ..] = rest else { return None };
        let route = plain::space(plain::skip_nstring(name)?)?;
        let mailbox = plain::space(plain::skip_nstring(route)?)?;
        let host = plain::space(plain::skip_nstring(mailbox)?)?;
        match plain::skip_nstring(host)? {
            [b')', b')', rest @ ..] => return Some(rest),
            [b')', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// Values of one address, at most.
const VALUES: usize = 64;

/// One address. `None` is something that is none: NIL, or an empty list.
fn read(cursor: &mut Cursor<'_>) -> Result<Option<Addressee>, ParseError> {
    if cursor.eat_nil() {
        return Ok(None);
    }
    cursor.expect(b'(', Expected::List)?;
    let mut values: SmallVec<[Value; 4]> = SmallVec::new();
    loop {
        cursor.spaces();
        if cursor.eat(b')') {
            break;
        }
        if values.len() >= VALUES {
            return cursor.error(Expected::Close);
        }
        values.push(Value::read(cursor)?);
    }
    let extra = match values.len() {
        0 => return Ok(None),
        count => count.checked_sub(4),
    };
    let Some(extra) = extra else { return cursor.error(Expected::Item) };
    let mut values = values.into_iter();
    let Some(first) = values.next() else { return cursor.error(Expected::Item) };
    let mut name = first.octets;
    if extra > 0
        && let Some(last) = values.nth(extra - 1)
    {
        // A literal whose length was counted in characters: what is left of it looks like values.
        name = Some(cursor.bytes(first.start, last.end));
    }
    let mut next = || values.next().and_then(|value| value.octets);
    let (route, mailbox, host) = (next(), next(), next());
    Ok(Some(meant(name, route, mailbox, host)))
}

/// One value of an address, and where it stands: what is in its quotes, or in the literal.
struct Value {
    octets: Option<Bytes>,
    start: usize,
    end: usize,
}

impl Value {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let octets = match cursor.peek() {
            Some(b'"' | b'N' | b'n') => cursor.field(),
            Some(b'{' | b'~') => cursor.string().map(Some),
            Some(b'(') => cursor.nstring(),
            _ => cursor.error(Expected::String),
        };
        let octets = match octets {
            Ok(text) => text.map(Text::into_bytes),
            Err(_) => {
                cursor.seek(at);
                let word = cursor.word()?;
                Some(cursor.share(word))
            }
        };
        let end = cursor.at();
        // Behind the announcement of a literal.
        let start = match &octets {
            Some(octets) if cursor.since(at).first() == Some(&b'{') => end - octets.len(),
            _ => at,
        };
        Ok(Self { octets, start, end })
    }
}

/// What four values mean.
fn meant(
    name: Option<Bytes>,
    route: Option<Bytes>,
    mailbox: Option<Bytes>,
    host: Option<Bytes>,
) -> Addressee {
    if name.is_none() && host.is_none() {
        // RFC 9051 section 7.5.2: "the [host] field ... is NIL indicates group syntax"
        return match mailbox {
            Some(group) => Addressee::GroupStart(Text::received(group)),
            None => Addressee::GroupEnd,
        };
    }
    // The address where the name belongs, and the name where the address does.
    if host.is_none()
        && mailbox.is_some()
        && let Some(octets) = &name
        && let Some(inside) = octets.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"))
        && let Some(at) = memchr::memrchr(b'@', inside)
    {
        let address = octets.slice_ref(inside);
        let (local, domain) = (address.slice(..at), address.slice(at + 1..));
        let route = text(route);
        return Addressee::Mailbox(Address {
            name: text(mailbox),
            route,
            mailbox: Text::received(local),
            host: Text::received(domain),
        });
    }
    let (mut mailbox, mut host) = (mailbox.unwrap_or_default(), host.unwrap_or_default());
    // Angle brackets that went with it.
    if mailbox.starts_with(b"<") && host.ends_with(b">") {
        mailbox = mailbox.slice(1..);
        host.truncate(host.len() - 1);
    }
    Addressee::Mailbox(Address {
        name: text(name),
        route: text(route),
        mailbox: Text::received(mailbox),
        host: Text::received(host),
    })
}

impl FromIterator<Addressee> for AddressList {
    fn from_iter<I: IntoIterator<Item = Addressee>>(addressees: I) -> Self {
        let mut encoder = Encoder::for_text();
        addressees.into_iter().for_each(|addressee| addressee.encode(&mut encoder));
        Self { list: Bytes::copy_from_slice(encoder.text()), broken: false }
    }
}

impl FromIterator<Address> for AddressList {
    fn from_iter<I: IntoIterator<Item = Address>>(addresses: I) -> Self {
        addresses.into_iter().map(Addressee::Mailbox).collect()
    }
}

impl From<Address> for AddressList {
    fn from(address: Address) -> Self {
        [address].into_iter().collect()
    }
}

/// The same addresses, however they were written.
impl PartialEq for AddressList {
    fn eq(&self, other: &Self) -> bool {
        (self.list == other.list && self.broken == other.broken) || self.iter().eq(other.iter())
    }
}

impl Eq for AddressList {}

impl fmt::Debug for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> AddressList {
        let frame = Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
        let list = AddressList::read(&mut cursor).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(cursor.is_done(), "{text}");
        list
    }

    fn one(text: &str) -> (Option<String>, String) {
        let address = list(text).mailboxes().next().unwrap();
        (address.name.as_ref().map(|name| name.to_str_lossy().into_owned()), address.to_string())
    }

    fn string(list: &AddressList) -> String {
        let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
        list.encode(&mut encoder);
        String::from_utf8_lossy(encoder.text()).into_owned()
    }

    #[test]
    fn groups() {
        // RFC 9051 section 7.5.2, as RFC 5322 section A.1.3 has it
        let text = r#"((NIL NIL "A Group" NIL)("Ed Jones" NIL "joe" "where.test")(NIL NIL NIL NIL))"#;
        let group = list(text);
        let all: Vec<_> = group.iter().collect();
        assert!(matches!(&all[0], Addressee::GroupStart(name) if *name == "A Group"));
        assert!(matches!(&all[1], Addressee::Mailbox(address) if address.host == "where.test"));
        assert_eq!(all[2], Addressee::GroupEnd);
        assert_eq!(string(&group), text);
        assert_eq!(all.into_iter().collect::<AddressList>(), group);
        // ends of what never began
        assert!(list("((NIL NIL NIL NIL))").is_empty());
        assert_eq!(string(&list("((NIL NIL NIL NIL))")), "NIL");
    }

    #[test]
    fn lists_as_servers_write_them() {
        for nothing in ["NIL", "nil", "()", "\"\"", "( )", "(NIL)", "(())", "(() NIL)"] {
            assert!(list(nothing).is_empty(), "{nothing}");
        }
        let plain = (Some("n".to_owned()), "m@h".to_owned());
        for text in [
            r#"(("n" NIL "m" "h"))"#,
            r#"( ( "n"  nil "m" "h" ) )"#,
            r#"(NIL ("n" () "m" "h"))"#,
            "((n NIL m h))",
            "(({1}\r\nn NIL {1}\r\nm \"h\"))",
            r#"(("n" NIL "<m" "h>"))"#,
            r#"(("<m@h>" NIL "n" NIL))"#,
        ] {
            assert_eq!(one(text), plain, "{text}");
            assert_eq!(list(text), list(r#"(("n" NIL "m" "h"))"#));
        }
        assert_eq!(one(r#"(("n" NIL "" ""))"#), (Some("n".into()), String::new()));
        assert_eq!(one(r#"(("n" NIL NIL "h"))"#).1, "@h");
        assert_eq!(one(r#"((NIL NIL "a b" "h"))"#).1, "a b@h");
        assert_eq!(one(r#"(("a "b" c" NIL "m" "h"))"#).0.unwrap(), r#"a "b" c"#);
        assert_eq!(one(r#"(("a\"b" NIL "m" "h"))"#).0.unwrap(), "a\"b");
        assert_eq!(one("(({4}\r\nOffice \"A\" 1 NIL \"m\" \"h\"))").0.unwrap(), "Office \"A\" 1");
    }

    #[test]
    fn what_is_no_list() {
        for text in ["(", "((", "((NIL NIL))", "(x)", "\"x\"", "((NIL NIL (\"x\") NIL))", "x", ""] {
            let frame = Bytes::copy_from_slice(text.as_bytes());
            let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
            assert!(AddressList::read(&mut cursor).is_err(), "{text}");
        }
        let many = format!("(({}))", "NIL ".repeat(1000));
        assert!(AddressList::read(&mut Cursor::lenient(&many.into(), Dialect::REV1)).is_err());
    }

    #[test]
    fn what_is_built_is_read() {
        let text = |octets: &[u8]| Text::received(Bytes::copy_from_slice(octets));
        let address = Address {
            name: Some(text(b"a \"b\" \\ \xff\r\n")),
            route: Some(text("ü".as_bytes())),
            mailbox: text(b""),
            host: text(b"NIL"),
        };
        let list = AddressList::from(address.clone());
        assert_eq!(list.mailboxes().collect::<Vec<_>>(), [address]);
    }
}

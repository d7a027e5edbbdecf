//! Parts of messages for those who hold a URL (RFC 4467), also without their encoding (RFC 5524).
//!
//! A server that offers this gives messages to others than their owner: it checks rights and keys for every URL, and leaves it
//! off where nobody asked for it. [`ImapUrl`](super::url::ImapUrl) reads the URLs themselves.

use std::fmt;

use bytes::Bytes;

use crate::{Atom, Encoder, Expected, InvalidOctet, MailboxName, ParseError, Text, cursor::Cursor};

/// How a URL is authorized (RFC 4467 section 2.4). The same in upper and lower case.
///
/// ```abnf
/// mechanism = "INTERNAL" / 1*(ALPHA / DIGIT / "-" / ".")
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::urlauth::UrlMechanism;
///
/// assert_eq!(UrlMechanism::try_from("internal").unwrap(), UrlMechanism::INTERNAL);
/// assert!(UrlMechanism::try_from("A B").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UrlMechanism(Atom);

impl UrlMechanism {
    /// By a key and a procedure that only the server knows.
    pub const INTERNAL: Self = Self(Atom::from_static("INTERNAL"));

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(self.0.detach())
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let at = cursor.at();
        let octets = cursor.atom_octets()?;
        Self::try_from(cursor.share(octets)).map_err(|_| ParseError::new(at, Expected::Name))
    }
}

impl TryFrom<Bytes> for UrlMechanism {
    type Error = InvalidOctet;

    fn try_from(octets: Bytes) -> Result<Self, InvalidOctet> {
        let foreign = |octet: &u8| !octet.is_ascii_alphanumeric() && !matches!(octet, b'-' | b'.');
        match octets.iter().position(foreign) {
            Some(at) => Err(InvalidOctet::new(at, octets.get(at).copied().unwrap_or(0))),
            None => Atom::try_from(octets).map(Self),
        }
    }
}

impl TryFrom<&str> for UrlMechanism {
    type Error = InvalidOctet;

    fn try_from(name: &str) -> Result<Self, InvalidOctet> {
        Self::try_from(Bytes::copy_from_slice(name.as_bytes()))
    }
}

impl fmt::Debug for UrlMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UrlMechanism({self})")
    }
}

impl fmt::Display for UrlMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A URL that GENURLAUTH authorizes, and how (RFC 4467 section 7).
///
/// ```abnf
/// genurlauth = "GENURLAUTH" 1*(SP url-rump SP mechanism)
/// url-rump   = astring
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::urlauth::{UrlMechanism, UrlRump};
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag, Text};
///
/// let url = "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred";
/// let rump = UrlRump { url: Text::try_from(url).unwrap(), mechanism: UrlMechanism::INTERNAL };
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// Command::GenUrlAuth(vec![rump]).encode(&Tag::try_from("a777").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), format!("a777 GENURLAUTH \"{url}\" INTERNAL\r\n").as_bytes());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a pair
pub struct UrlRump {
    /// The URL, up to who may use it. It is text that must not change by an octet (RFC 4467 section 6).
    pub url: Text,
    /// How it is authorized.
    pub mechanism: UrlMechanism,
}

impl UrlRump {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let url = cursor.astring()?;
        cursor.space()?;
        Ok(Self { url, mechanism: UrlMechanism::read(cursor)? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        // Always in quotes: what is no more than an atom is nothing that servers have seen here.
        encoder.string(self.url.as_bytes());
        encoder.space();
        encoder.octets(self.mechanism.0.as_bytes());
    }
}

/// The arguments of RESETKEY (RFC 4467 section 7): URLs that were authorized are so no more.
///
/// ```abnf
/// resetkey = "RESETKEY" [SP mailbox *(SP mechanism)]
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // the command has two forms
pub enum ResetKey {
    /// All that the user has.
    All,
    /// Those of a mailbox.
    Mailbox {
        /// Which mailbox.
        mailbox: MailboxName,
        /// By which mechanisms; with none, [`UrlMechanism::INTERNAL`].
        mechanisms: Vec<UrlMechanism>,
    },
}

impl ResetKey {
    /// From behind the name of the command on, with its space.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.is_done() {
            return Ok(Self::All);
        }
        cursor.space()?;
        let mailbox = cursor.mailbox()?;
        let mut mechanisms = Vec::new();
        while cursor.eat(b' ') {
            mechanisms.push(UrlMechanism::read(cursor)?);
        }
        Ok(Self::Mailbox { mailbox, mechanisms })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let Self::Mailbox { mailbox, mechanisms } = self else { return };
        encoder.space();
        encoder.mailbox(mailbox);
        for mechanism in mechanisms {
            encoder.space();
            encoder.octets(mechanism.0.as_bytes());
        }
    }
}

/// What a URL stands for: one of those that URLFETCH answers with (RFC 4467 section 8, RFC 5524 section 3.2).
///
/// ```abnf
/// urlfetch-data = "*" SP "URLFETCH" 1*(SP (urldata-simple / urldata-ext / urldata-error))
/// url-metadata  = 1*(SP "(" url-metadata-el ")")
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::urlauth::UrlContent;
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let line = "* URLFETCH \"imap://joe@example.com/INBOX/;uid=20\" {4}\r\ntext";
/// let Response::Untagged(Untagged::UrlFetch(urls)) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
/// assert_eq!(urls[0].content, Some(UrlContent::Text("text".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a pair
pub struct UrlData {
    /// The URL, as it was asked for.
    pub url: Text,
    /// What it stands for; `None` if it is not valid, for whatever reason.
    pub content: Option<UrlContent>,
}

/// What a URL stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // plain and extended
pub enum UrlContent {
    /// Octets as they stand in the message.
    Text(Bytes),
    /// What was asked for, item by item (RFC 5524 section 3.2); at least one, or it is written as NIL.
    Items(Vec<UrlItem>),
}

/// One item of what a URL stands for (RFC 5524 section 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlItem {
    /// BODY: octets as they stand in the message.
    Body(Option<Bytes>),
    /// BINARY: the octets without their encoding; `None` if the server does not know it.
    Binary(Option<Bytes>),
    /// BODYPARTSTRUCTURE and everything else, as it stands.
    Other {
        /// Its name.
        name: Atom,
        /// Its value.
        value: RawValue,
    },
}

/// A value as it stands on the wire: a word, a string, or a list with everything in it.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::urlauth::RawValue;
///
/// let value = RawValue::parse("(\"IMAGE\" \"PNG\" () NIL NIL \"BINARY\" 123)").unwrap();
/// assert!(value.as_bytes().starts_with(b"(\"IMAGE\""));
/// assert!(RawValue::parse("(\"IMAGE\"").is_err() && RawValue::parse("a) b").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawValue(Bytes);

impl RawValue {
    /// One value, and all of the octets.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says where it is none.
    pub fn parse(value: impl Into<Bytes>) -> Result<Self, ParseError> {
        let frame = value.into();
        let mut cursor = Cursor::new(&frame);
        cursor.value()?;
        cursor.end()?;
        Ok(Self(frame))
    }

    /// The octets.
    pub const fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl UrlData {
    /// All that stand in a response.
    pub(crate) fn read_all(cursor: &mut Cursor<'_>) -> Result<Vec<Self>, ParseError> {
        let mut all = Vec::new();
        loop {
            let url = cursor.astring()?;
            cursor.space()?;
            let mut content = None;
            if cursor.peek() == Some(b'(') {
                let mut items = Vec::new();
                while cursor.peek() == Some(b'(') {
                    cursor.list(|cursor| {
                        items.push(UrlItem::read(cursor)?);
                        Ok(())
                    })?;
                    cursor.spaces();
                }
                content = (!items.is_empty()).then_some(UrlContent::Items(items));
            } else if let Some(text) = cursor.nstring()? {
                content = Some(UrlContent::Text(text.into_bytes()));
            }
            all.push(Self { url, content });
            cursor.spaces();
            if cursor.is_done() {
                return Ok(all);
            }
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.string(self.url.as_bytes());
        encoder.space();
        match &self.content {
            Some(UrlContent::Text(octets)) => encoder.string(octets),
            Some(UrlContent::Items(items)) if !items.is_empty() => encoder.joined(items, |encoder, item| {
                encoder.list([item], |encoder, item| item.encode(encoder));
            }),
            _ => encoder.octets(b"NIL"),
        }
    }
}

impl UrlItem {
    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let name = cursor.atom()?;
        cursor.space()?;
        let octets = |cursor: &mut Cursor<'_>| Ok(cursor.nstring()?.map(Text::into_bytes));
        if name.is("BODY") {
            return octets(cursor).map(Self::Body);
        }
        if name.is("BINARY") {
            return octets(cursor).map(Self::Binary);
        }
        let value = cursor.value()?;
        Ok(Self::Other { name, value: RawValue(cursor.share(value)) })
    }

    fn encode(&self, encoder: &mut Encoder) {
        let (name, octets) = match self {
            Self::Body(octets) => (&b"BODY "[..], octets),
            Self::Binary(octets) => (&b"BINARY "[..], octets),
            Self::Other { name, value } => {
                encoder.octets(name.as_bytes());
                encoder.space();
                return encoder.octets(&value.0);
            }
        };
        encoder.octets(name);
        encoder.nstring(octets.as_deref());
    }
}

#[cfg(test)]
mod tests {
    use crate::extensions::testing::{command, refused, response, response_as};

    const URL: &str = "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred";
    const FULL: &str = "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038";

    #[test]
    fn examples_of_the_rfc() {
        // RFC 4467 section 7
        command("a31 RESETKEY");
        command("a32 RESETKEY INBOX");
        command("a33 RESETKEY INBOX XSAMPLE");
        command(&format!("a777 GENURLAUTH \"{URL}\" INTERNAL"));
        command(&format!("a777 GENURLAUTH \"{URL}\" INTERNAL \"{URL}\" X.1"));
        command(&format!("a002 URLFETCH {FULL}"));
        response(&format!("* GENURLAUTH {FULL}"));
        response_as(
            &format!("* URLFETCH \"{FULL}\" {{28}}\r\nSi vis pacem, para bellum.\r\n"),
            &format!("* URLFETCH \"{FULL}\" {{28}}\r\nSi vis pacem, para bellum.\r\n"),
        );
        // RFC 5524 section 4
        response(&format!("* URLFETCH \"{FULL}\" (BINARY {{28}}\r\nSi vis pacem, para bellum.\r\n)"));
        response(&format!(
            "* URLFETCH \"{FULL}\" (BODYPARTSTRUCTURE (\"IMAGE\" \"PNG\" () NIL NIL \"BINARY\" 3)) (BINARY ~{{3}}\r\na\0b)"
        ));
        response(&format!(
            "* URLFETCH \"{FULL}\" (BODYPARTSTRUCTURE (\"IMAGE\" \"PNG\" () NIL NIL \"BASE64\" 164))"
        ));
        response(&format!(
            "* URLFETCH \"{FULL}\" (BODYPARTSTRUCTURE (\"IMAGE\" \"PNG\" () NIL NIL \"X-BLURDYBLOOP\" 123)) (BINARY NIL)"
        ));
        response(&format!("* URLFETCH \"{FULL}\" NIL"));
    }

    #[test]
    fn what_servers_write() {
        response_as(
            "* URLFETCH imap://a/b {1}\r\nx  imap://a/c NIL ",
            "* URLFETCH \"imap://a/b\" \"x\" \"imap://a/c\" NIL",
        );
        response_as(
            "* URLFETCH \"u\" (BODY \"x\" X-FOO (a b))",
            "* URLFETCH \"u\" (BODY \"x\") (X-FOO (a b))",
        );
        response_as("* URLFETCH \"u\" ()", "* URLFETCH \"u\" NIL");
    }

    #[test]
    fn commands_that_are_none() {
        for arguments in [
            "GENURLAUTH",
            "GENURLAUTH \"u\"",
            "GENURLAUTH \"u\" IN_TERNAL",
            "GENURLAUTH \"u\" INTERNAL ",
            "RESETKEY ",
            "RESETKEY INBOX \"INTERNAL\"",
            "URLFETCH",
        ] {
            refused(&format!("A {arguments}"));
        }
    }
}

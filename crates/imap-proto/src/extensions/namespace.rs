//! Where mailboxes are: NAMESPACE (RFC 9051 section 7.3.2, RFC 2342).

use crate::{Encoder, Expected, MailboxName, ParseError, Text, cursor::Cursor, list::Delimiter};

/// Namespaces of one kind, and extensions of a namespace.
const MOST: usize = 1000;

/// Where the mailboxes of a server are.
///
/// ```abnf
/// namespace-response = "NAMESPACE" SP namespace SP namespace SP namespace
/// namespace          = nil / "(" 1*namespace-descr ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&r#"* NAMESPACE (("" "/")) NIL (("Public Folders/" "/"))"#.into(), Dialect::REV1);
/// let Response::Untagged(Untagged::Namespace(namespaces)) = response else { panic!() };
/// assert!(namespaces.personal[0].prefix.is_empty() && namespaces.other.is_empty());
/// assert_eq!(namespaces.shared[0].prefix.as_str(), Some("Public Folders/"));
/// assert_eq!(namespaces.shared[0].delimiter, Some('/'));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Namespaces {
    /// Those of the user.
    pub personal: Vec<Namespace>,
    /// Those of other users.
    pub other: Vec<Namespace>,
    /// Those that several share.
    pub shared: Vec<Namespace>,
}

/// A part of the names that mailboxes may have.
///
/// ```abnf
/// namespace-descr              = "(" string SP (DQUOTE QUOTED-CHAR DQUOTE / nil) [namespace-response-extensions] ")"
/// namespace-response-extension = SP string SP "(" string *(SP string) ")"
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Namespace {
    /// What every name in it begins with, the delimiter often included; it may be empty.
    pub prefix: MailboxName,
    /// What stands between the parts of a name; `None` if there is no hierarchy.
    pub delimiter: Option<char>,
    /// Anything else, by name: TRANSLATION (RFC 5255 section 3.4), and what is not known.
    pub extensions: Vec<(Text, Vec<Text>)>,
}

impl Namespaces {
    /// None of any kind.
    pub const fn new() -> Self {
        Self { personal: Vec::new(), other: Vec::new(), shared: Vec::new() }
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let personal = read_all(cursor)?;
        behind(cursor)?;
        let other = read_all(cursor)?;
        behind(cursor)?;
        let shared = read_all(cursor)?;
        cursor.end()?;
        Ok(Self { personal, other, shared })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.joined([&self.personal, &self.other, &self.shared], |encoder, namespaces| {
            if namespaces.is_empty() {
                return encoder.octets(b"NIL");
            }
            encoder.octets(b"(");
            for namespace in namespaces {
                namespace.encode(encoder);
            }
            encoder.octets(b")");
        });
    }
}

/// A space, which the example of RFC 5255 section 3.2 forgets.
fn behind(cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
    if cursor.lenient && cursor.peek() == Some(b'(') { Ok(()) } else { cursor.space() }
}

fn read_all(cursor: &mut Cursor<'_>) -> Result<Vec<Namespace>, ParseError> {
    let mut all = Vec::new();
    if !cursor.eat_nil() {
        cursor.list(|cursor| {
            if all.len() >= MOST {
                return cursor.error(Expected::Close);
            }
            all.push(Namespace::read(cursor)?);
            Ok(())
        })?;
    }
    Ok(all)
}

impl Namespace {
    /// A namespace.
    pub const fn new(prefix: MailboxName, delimiter: Option<char>) -> Self {
        Self { prefix, delimiter, extensions: Vec::new() }
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.expect(b'(', Expected::List)?;
        cursor.spaces();
        let prefix = cursor.mailbox()?;
        cursor.space()?;
        let mut namespace = Self::new(prefix, Delimiter::read(cursor)?);
        loop {
            cursor.spaces();
            if cursor.eat(b')') {
                return Ok(namespace);
            }
            if namespace.extensions.len() >= MOST {
                return cursor.error(Expected::Close);
            }
            let name = cursor.astring()?;
            cursor.space()?;
            let mut values = Vec::new();
            cursor.list(|cursor| {
                values.push(cursor.astring()?);
                Ok(())
            })?;
            namespace.extensions.push((name, values));
        }
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(b"(");
        let prefix = self.prefix.to_wire(encoder.dialect());
        encoder.string(&prefix);
        encoder.space();
        Delimiter::encode(self.delimiter, encoder);
        for (name, values) in &self.extensions {
            encoder.space();
            encoder.string(name.as_bytes());
            encoder.space();
            encoder.list(values, |encoder, value| encoder.string(value.as_bytes()));
        }
        encoder.octets(b")");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &str) -> Result<Namespaces, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(text.as_bytes());
        Namespaces::read(&mut Cursor::lenient(&frame, Dialect::REV1))
    }

    fn back(text: &str) -> String {
        let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
        read(text).unwrap().encode(&mut encoder);
        String::from_utf8(encoder.text().to_vec()).unwrap()
    }

    #[test]
    fn namespaces_there_and_back() {
        for text in [
            // RFC 2342 section 5
            r#"(("" "/")) NIL NIL"#,
            r#"NIL NIL (("" "."))"#,
            r#"(("" "/")) NIL (("Public Folders/" "/"))"#,
            r##"(("" "/")) (("~" "/")) (("#shared/" "/")("#public/" "/")("#ftp/" "/")("#news." "."))"##,
            r##"(("" "/")("#mh/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL"##,
            r##"(("" "/")) (("#Users/" "/")) NIL"##,
            // RFC 5255 section 3.4
            r#"(("" "/")) (("Other Users/" "/" "TRANSLATION" ("Andere Ben&APw-tzer/"))) NIL"#,
            r#"(("" NIL)("a\\" "\\")) NIL NIL"#,
        ] {
            assert_eq!(back(text), text);
        }
        assert_eq!(back(r#"(("INBOX." ".")) NIL  NIL"#), r#"(("INBOX." ".")) NIL NIL"#);
        assert_eq!(back(r#"(("" "/") ("a" "/")) NIL () "#), r#"(("" "/")("a" "/")) NIL NIL"#);
        assert_eq!(
            read(r#"(("Gel&APY-scht." ".")) NIL NIL"#).unwrap().personal[0].prefix.as_str(),
            Some("Gelöscht.")
        );
    }

    #[test]
    fn what_is_no_namespace() {
        for text in
            ["", "NIL", "NIL NIL", r#"(("")) NIL NIL"#, r#"(("" "//")) NIL NIL"#, r#"("" "/") NIL NIL"#]
        {
            assert!(read(text).is_err(), "{text}");
        }
        let many = format!("({}) NIL NIL", r#"("" NIL)"#.repeat(100_000));
        assert!(read(&many).is_err());
    }
}

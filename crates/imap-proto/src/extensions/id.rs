//! Who a client and a server are (RFC 2971).

use bytes::Bytes;

use crate::{Encoder, Expected, InvalidOctet, ParseError, Text, cursor::Cursor};

/// What a client or a server says of itself: fields and values (RFC 2971 section 3).
///
/// ```abnf
/// id_params_list ::= "(" #(string SPACE nstring) ")" / nil
/// ```
///
/// It is for statistics and error reports. RFC 2971 section 1 forbids to treat a peer by what it says here, and nothing in it
/// is known to be true.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::id::Identification;
///
/// let id = Identification::new().with("name", Some("sodr")).unwrap().with("os", None).unwrap();
/// assert_eq!(id.get("Name").unwrap(), "sodr");
/// assert_eq!(id.len(), 2);
/// assert!(Identification::new().with("name", Some("x\r\nA2 LOGOUT")).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identification(Vec<(Text, Option<Text>)>);

/// Why a field cannot be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentificationError {
    /// A control character in the field or its value.
    #[error(transparent)]
    Octet(#[from] InvalidOctet),
    /// The field has more than [`Identification::FIELD_MOST`] octets, or its value more than [`Identification::VALUE_MOST`].
    #[error("a field or its value is too long")]
    TooLong,
    /// There are [`Identification::MOST`] fields already.
    #[error("too many fields")]
    TooMany,
    /// The field is there already.
    #[error("a field is there already")]
    Repeated,
}

impl Identification {
    /// Fields, at most (RFC 2971 section 3.3).
    pub const MOST: usize = 30;
    /// Octets of the name of a field, at most (RFC 2971 section 3.3).
    pub const FIELD_MOST: usize = 30;
    /// Octets of a value, at most (RFC 2971 section 3.3).
    pub const VALUE_MOST: usize = 1024;

    /// Nothing: written as NIL.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a field. RFC 2971 section 3.3 names some: `name`, `version`, `os`, `os-version`, `vendor`, `support-url`, `address`,
    /// `date`, `command`, `arguments`, `environment`.
    ///
    /// # Errors
    ///
    /// The limits of RFC 2971 section 3.3, a field that is there, and control characters, which nobody has a use for.
    pub fn with(mut self, field: &str, value: Option<&str>) -> Result<Self, IdentificationError> {
        if self.0.len() >= Self::MOST {
            return Err(IdentificationError::TooMany);
        }
        if field.len() > Self::FIELD_MOST || value.is_some_and(|value| value.len() > Self::VALUE_MOST) {
            return Err(IdentificationError::TooLong);
        }
        if self.0.iter().any(|(known, _)| known.as_bytes().eq_ignore_ascii_case(field.as_bytes())) {
            return Err(IdentificationError::Repeated);
        }
        let value = value.map(plain).transpose()?;
        self.0.push((plain(field)?, value));
        Ok(self)
    }

    /// The value of a field, whose name is the same in any case; of those that stand there twice the first.
    pub fn get(&self, field: &str) -> Option<&Text> {
        let found = self.0.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(field.as_bytes()));
        found.and_then(|(_, value)| value.as_ref())
    }

    /// Fields and values as they stand, duplicates too.
    pub fn iter(&self) -> impl Iterator<Item = (&Text, Option<&Text>)> {
        self.0.iter().map(|(field, value)| (field, value.as_ref()))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let pair = |(field, value): &(Text, Option<Text>)| (field.detach(), value.as_ref().map(Text::detach));
        Self(self.0.iter().map(pair).collect())
    }

    /// A list or NIL, which an empty list is too.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        if cursor.eat_nil() {
            return Ok(None);
        }
        let pairs = if cursor.lenient { read_leniently(cursor)? } else { read_strictly(cursor)? };
        Ok((!pairs.is_empty()).then_some(Self(pairs)))
    }

    pub(crate) fn encode(this: Option<&Self>, encoder: &mut Encoder) {
        let Some(this) = this.filter(|this| !this.is_empty()) else { return encoder.octets(b"NIL") };
        encoder.list(&this.0, |encoder, (field, value)| {
            encoder.string(field.as_bytes());
            encoder.space();
            encoder.nstring(value.as_ref().map(|value| &value.as_bytes()[..]));
        });
    }
}

fn plain(text: &str) -> Result<Text, InvalidOctet> {
    match text.char_indices().find(|(_, character)| character.is_control()) {
        Some((at, _)) => Err(InvalidOctet::new(at, text.as_bytes().get(at).copied().unwrap_or(0))),
        None => Text::try_from(text),
    }
}

type Pairs = Vec<(Text, Option<Text>)>;

/// As a server reads: the limits hold, so that nobody fills its logs (RFC 2971 section 7).
fn read_strictly(cursor: &mut Cursor<'_>) -> Result<Pairs, ParseError> {
    let mut pairs = Pairs::new();
    cursor.list(|cursor| {
        let at = cursor.at();
        let field = cursor.string()?;
        cursor.space()?;
        let value = cursor.nstring()?;
        let fits = pairs.len() < Identification::MOST
            && field.len() <= Identification::FIELD_MOST
            && value.as_ref().is_none_or(|value| value.len() <= Identification::VALUE_MOST);
        if !fits {
            return Err(ParseError::new(at, Expected::Close));
        }
        pairs.push((field, value));
        Ok(())
    })?;
    Ok(pairs)
}

/// As a client reads: commas between, spaces anywhere, a value that is missing, words without quotes, and no end.
fn read_leniently(cursor: &mut Cursor<'_>) -> Result<Pairs, ParseError> {
    let mut pairs = Pairs::new();
    cursor.expect(b'(', Expected::List)?;
    loop {
        skip(cursor);
        if cursor.is_done() || cursor.eat(b')') {
            return Ok(pairs);
        }
        let field = value(cursor)?.unwrap_or_default();
        skip(cursor);
        let value = if cursor.is_done() || cursor.peek() == Some(b')') { None } else { value(cursor)? };
        pairs.push((Text::received(field), value.map(Text::received)));
    }
}

fn skip(cursor: &mut Cursor<'_>) {
    while matches!(cursor.peek(), Some(b' ' | b',')) {
        cursor.advance(1);
    }
}

fn value(cursor: &mut Cursor<'_>) -> Result<Option<Bytes>, ParseError> {
    if cursor.eat_nil() {
        return Ok(None);
    }
    match cursor.peek() {
        Some(b'"') => {
            let mut broken = *cursor;
            let octets = cursor.string_octets();
            // What goes on behind the quote shows that it was no end.
            let ends = matches!(cursor.peek(), None | Some(b' ' | b',' | b')'));
            if !(octets.is_ok() && ends)
                && let Ok(octets) = broken.broken_quoted()
            {
                *cursor = broken;
                return Ok(Some(octets));
            }
            octets.map(Some)
        }
        // a list is no value of a field
        Some(b'(') => cursor.value().map(|_| None),
        _ => cursor.astring_octets().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extensions::testing::{command, refused, response, response_as, untagged};
    use crate::{Command, Dialect, Literals, Tag, Untagged};

    #[test]
    fn examples_of_the_rfc() {
        // RFC 2971 section 3.1
        command("a023 ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")");
        response("* ID NIL");
        // RFC 2971 section 3.2
        command("a042 ID NIL");
        response(
            "* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" \"sunos\" \"os-version\" \"5.5\" \"support-url\" \
             \"mailto:cyrus-bugs+@andrew.cmu.edu\")",
        );
        command("a ID (\"name\" NIL)");
    }

    #[test]
    fn what_servers_write() {
        let bigfoot = "* ID (\"name\" \"Bigfoot\" \"version\" \"1.0\")";
        response_as("* ID (\"name\", \"Bigfoot\", \"version\", \"1.0\")", bigfoot);
        response_as("* ID (\"name\" \"Bigfoot\" \"version\" \"1.0\")+", bigfoot);
        response_as("* ID ( \"name\"  \"Bigfoot\" \"version\" \"1.0\" )", bigfoot);
        response_as("* ID (name Bigfoot version 1.0", bigfoot);
        response_as("* ID ()", "* ID NIL");
        response_as("* ID (\"a\" \"1\" \"a\" \"2\" \"b\")", "* ID (\"a\" \"1\" \"a\" \"2\" \"b\" NIL)");
        response_as("* ID (\"a\" (\"x\" y) \"b\" {1}\r\nz)", "* ID (\"a\" NIL \"b\" \"z\")");
        response_as(
            "* ID (\"a\" \"say \"hi\" now\" \"b\" \"c\")",
            "* ID (\"a\" \"say \\\"hi\\\" now\" \"b\" \"c\")",
        );
        let Untagged::Id(Some(id)) = untagged("* ID (\"A\" \"1\" \"a\" \"2\")") else { panic!() };
        assert_eq!(id.get("a").unwrap(), "1");
    }

    #[test]
    fn servers_have_limits() {
        let many = |fields: usize| {
            let fields: Vec<_> = (0..fields).map(|at| format!("\"f{at}\" \"v\"")).collect();
            format!("A ID ({})", fields.join(" "))
        };
        command(&many(30));
        refused(&many(31));
        refused(&format!("A ID (\"{}\" \"v\")", "f".repeat(31)));
        refused(&format!("A ID (\"f\" \"{}\")", "v".repeat(1025)));
        for line in [
            "A ID",
            "A ID (\"a\")",
            "A ID (a \"b\")",
            "A ID (\"a\", \"b\")",
            "A ID (\"a\" \"b\" )",
            "A ID \"a\"",
        ] {
            refused(line);
        }
        assert_eq!(Command::parse(&"A ID ()".into(), Dialect::REV1).unwrap().1, Command::Id(None));
    }

    #[test]
    fn what_is_said_is_clean() {
        let with = |field: &str, value: &str| Identification::new().with(field, Some(value));
        // CVE-2026-47242
        for bad in ["x\r\nA2 LOGOUT", "x\ny", "x\0", "x\u{7f}", "x\u{85}"] {
            assert!(matches!(with("name", bad), Err(IdentificationError::Octet(_))));
            assert!(matches!(with(bad, "x"), Err(IdentificationError::Octet(_))));
        }
        assert_eq!(with(&"f".repeat(31), ""), Err(IdentificationError::TooLong));
        assert_eq!(with("f", &"v".repeat(1025)), Err(IdentificationError::TooLong));
        assert_eq!(with("f", "").unwrap().with("F", None), Err(IdentificationError::Repeated));
        let mut id = Identification::new();
        for field in 0..Identification::MOST {
            id = id.with(&field.to_string(), None).unwrap();
        }
        assert_eq!(id.with("x", None), Err(IdentificationError::TooMany));
        let mut encoder = Encoder::new(Literals::Synchronizing, Dialect::REV1);
        let command = Command::Id(Some(with("name", "a\"b\\c").unwrap()));
        command.encode(&Tag::try_from("A").unwrap(), &mut encoder);
        assert_eq!(encoder.text(), b"A ID (\"name\" \"a\\\"b\\\\c\")\r\n");
    }
}

//! Parameters of a media type or of a disposition (RFC 9051 section 7.5.2).

use std::fmt;

use bytes::Bytes;

use crate::{Dialect, Encoder, Expected, ParseError, Text, cursor::Cursor, plain};

/// Names and values. They are read when they are looked at.
///
/// Names are the same in upper and lower case. What RFC 2231 does to values is not undone: `mime-core` does that.
///
/// ```abnf
/// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Parameters, Text};
///
/// let text = |text: &str| Text::try_from(text).unwrap();
/// let parameters: Parameters = [(text("CHARSET"), text("UTF-8"))].into_iter().collect();
/// assert_eq!(parameters.get("charset").unwrap(), "UTF-8");
/// ```
#[derive(Clone, Default)]
pub struct Parameters {
    /// What stands between the parentheses: it was read once, and can be read again.
    list: Bytes,
    /// Whether no quote is to be trusted in it.
    broken: bool,
}

impl Parameters {
    /// No parameters.
    pub const fn new() -> Self {
        Self { list: Bytes::new(), broken: false }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Every name and value in its order.
    pub fn iter(&self) -> impl Iterator<Item = (Text, Text)> + '_ {
        let mut cursor = Cursor::lenient(&self.list, Dialect::REV1);
        cursor.broken = self.broken;
        std::iter::from_fn(move || {
            cursor.spaces();
            if cursor.is_done() { None } else { read(&mut cursor).ok() }
        })
    }

    /// The value of a name, in any case; of several the first.
    pub fn get(&self, name: &str) -> Option<Text> {
        self.iter()
            .find(|(one, _)| one.as_bytes().eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { list: wire_core::detach(&self.list), broken: self.broken }
    }

    /// A list, or NIL.
    pub(super) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.peek() != Some(b'(') {
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

    pub(super) fn encode(&self, encoder: &mut Encoder) {
        let mut all = self.iter().peekable();
        if all.peek().is_none() {
            return encoder.octets(b"NIL");
        }
        encoder.list(all, |encoder, (name, value)| {
            encoder.string(name.as_bytes());
            encoder.space();
            encoder.string(value.as_bytes());
        });
    }
}

/// What follows a list of strings as most servers write it: one space between.
pub(super) fn skip_plain_list(octets: &[u8]) -> Option<&[u8]> {
    let [b'(', rest @ ..] = octets else { return None };
    let mut rest = rest;
    loop {
        let [b'"', name @ ..] = rest else { return None };
        let value = plain::space(plain::skip_quoted(name)?)?;
        match plain::skip_nstring(value)? {
            [b')', rest @ ..] => return Some(rest),
            [b' ', next @ ..] => rest = next,
            _ => return None,
        }
    }
}

/// A name and its value. Names may be unquoted, and values nothing at all.
fn read(cursor: &mut Cursor<'_>) -> Result<(Text, Text), ParseError> {
    let name = word(cursor)?;
    cursor.spaces();
    let value = if matches!(cursor.peek(), None | Some(b')')) { None } else { word(cursor)? };
    Ok((name.unwrap_or_default(), value.unwrap_or_default()))
}

/// `nstring`, or a word without quotes.
pub(super) fn word(cursor: &mut Cursor<'_>) -> Result<Option<Text>, ParseError> {
    let at = cursor.at();
    match cursor.peek() {
        Some(b'"' | b'(') => cursor.field(),
        Some(b'{' | b'~') if cursor.at_string() => cursor.string().map(Some),
        _ => {
            if cursor.eat_nil() {
                return Ok(None);
            }
            let word = cursor.word().map_err(|_| ParseError::new(at, Expected::String))?;
            Ok(Some(Text::received(cursor.share(word))))
        }
    }
}

impl FromIterator<(Text, Text)> for Parameters {
    fn from_iter<I: IntoIterator<Item = (Text, Text)>>(all: I) -> Self {
        let mut encoder = Encoder::for_text();
        encoder.joined(all, |encoder, (name, value)| {
            encoder.string(name.as_bytes());
            encoder.space();
            encoder.string(value.as_bytes());
        });
        Self { list: Bytes::copy_from_slice(encoder.text()), broken: false }
    }
}

/// The same names, in any case, and values, in the same order, however they were written.
impl PartialEq for Parameters {
    fn eq(&self, other: &Self) -> bool {
        let lower = |(name, value): (Text, Text)| (name.as_bytes().to_ascii_lowercase(), value);
        (self.list == other.list && self.broken == other.broken)
            || self.iter().map(lower).eq(other.iter().map(lower))
    }
}

impl Eq for Parameters {}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Parameters, ParseError> {
        let frame = Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
        let parameters = Parameters::read(&mut cursor)?;
        assert!(cursor.is_done(), "{text}");
        Ok(parameters)
    }

    #[test]
    fn lists_as_servers_write_them() {
        for nothing in ["NIL", "()", "( )", "\"\""] {
            assert!(read(nothing).unwrap().is_empty(), "{nothing}");
        }
        let plain = read(r#"("charset" "UTF-8" "name" "a b")"#).unwrap();
        assert_eq!(plain.get("NAME").unwrap(), "a b");
        for text in [
            r#"(CHARSET UTF-8 "Name" "a b")"#,
            r#"( "charset"  "UTF-8" "name" "a b" )"#,
            "({7}\r\ncharset \"UTF-8\" \"name\" {3}\r\na b)",
        ] {
            assert_eq!(read(text).unwrap(), plain, "{text}");
        }
        assert_eq!(read(r#"("name" NIL)"#).unwrap().get("name").unwrap(), "");
        assert_eq!(
            read(r#"("name" "the "best" file.pdf")"#).unwrap().get("name").unwrap(),
            r#"the "best" file.pdf"#
        );
        assert_eq!(read(r#"("name")"#).unwrap().get("name").unwrap(), "");
        for text in ["(", "((\"a\" \"b\"))", "x", "\"x\"", "(\"a", "(\"a\" (\"b\"))"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

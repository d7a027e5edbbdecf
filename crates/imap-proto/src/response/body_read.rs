//! Reading BODY and BODYSTRUCTURE, whatever servers make of them.
//!
//! A part that is complete has its octets at one place: the seventh. Where they stand shows what is missing; where there are none, it
//! is a multipart without parts.

use bytes::Bytes;

use crate::{Envelope, Expected, ParseError, Text, cursor::Cursor};

use super::{
    body::{BodyPart, BodyStructure, Disposition, PartFields, PartKind},
    parameters::{Parameters, word},
};

/// Languages of a part, at most.
const LANGUAGES: usize = 100;

const fn known(text: &'static str) -> Text {
    Text::received(Bytes::from_static(text.as_bytes()))
}

impl BodyStructure {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        Reader { parts: Self::PARTS }.part(cursor, 0).map(Self)
    }
}

struct Reader {
    /// How many more there may be.
    parts: usize,
}

impl Reader {
    fn part(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<BodyPart, ParseError> {
        if depth >= BodyStructure::DEPTH || self.parts == 0 {
            return cursor.error(Expected::LessDepth);
        }
        self.parts -= 1;
        cursor.expect(b'(', Expected::List)?;
        cursor.spaces();
        let part = if cursor.peek() == Some(b'(') {
            self.multipart(cursor, depth)?
        } else {
            self.single(cursor, depth)?
        };
        // Extensions that nobody knows.
        while more(cursor) {
            cursor.value()?;
        }
        cursor.expect(b')', Expected::Close)?;
        Ok(part)
    }

    fn multipart(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<BodyPart, ParseError> {
        let mut parts = Vec::new();
        while cursor.peek() == Some(b'(') {
            if cursor.rest().starts_with(b"()") {
                cursor.advance(2);
            } else {
                parts.push(self.part(cursor, depth + 1)?);
            }
            cursor.spaces();
        }
        let subtype = if more(cursor) { cursor.field()? } else { None };
        multipart_rest(cursor, subtype.unwrap_or(known("mixed")), parts)
    }

    fn single(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<BodyPart, ParseError> {
        let first = cursor.field()?;
        let shape = match (more(cursor), cursor.peek()) {
            (false, _) => Shape::Multipart,
            (true, Some(b'"' | b'{')) => Shape::Whole,
            _ => shape(cursor),
        };
        let (media_type, subtype) = match (shape, first) {
            (Shape::Multipart, Some(subtype)) => return multipart_rest(cursor, subtype, Vec::new()),
            (Shape::Multipart, None) => return cursor.error(Expected::Item),
            (Shape::Whole, first) => (first, word(cursor)?),
            (Shape::Short, Some(first)) if is_media_type(&first) => (Some(first), None),
            (Shape::Short, first) => (None, first),
        };
        let media_type = media_type.unwrap_or(known("application"));
        let subtype = subtype.unwrap_or(if media_type.as_bytes().eq_ignore_ascii_case(b"text") {
            known("plain")
        } else {
            known("octet-stream")
        });
        let mut fields = PartFields::new(media_type, subtype);
        let kind = self.fields(cursor, depth, &mut fields)?;
        Ok(BodyPart::new(fields, kind))
    }

    /// What stands behind the subtype. Any number of fields may be missing at the end.
    fn fields(
        &mut self,
        cursor: &mut Cursor<'_>,
        depth: usize,
        fields: &mut PartFields,
    ) -> Result<PartKind, ParseError> {
        let is = |text: &Text, word: &str| text.as_bytes().eq_ignore_ascii_case(word.as_bytes());
        let text = is(&fields.media_type, "text");
        let mut kind = if text { PartKind::Text { lines: None } } else { PartKind::Basic };
        if !more(cursor) {
            return Ok(kind);
        }
        fields.parameters = Parameters::read(cursor)?;
        for field in [&mut fields.id, &mut fields.description] {
            if !more(cursor) {
                return Ok(kind);
            }
            *field = cursor.field()?;
        }
        if !more(cursor) {
            return Ok(kind);
        }
        fields.encoding = word(cursor)?;
        if !more(cursor) {
            return Ok(kind);
        }
        fields.octets = size(cursor)?;
        if !more(cursor) {
            return Ok(kind);
        }
        if text {
            if has_lines(cursor) {
                kind = PartKind::Text { lines: size(cursor)? };
            }
        } else if cursor.peek() == Some(b'(') && is(&fields.media_type, "message") {
            let message = self.message(cursor, depth)?;
            // Other types have these fields too, where servers send them wrong.
            if is(&fields.subtype, "rfc822") || is(&fields.subtype, "global") {
                kind = message;
            }
        }
        if !more(cursor) {
            return Ok(kind);
        }
        // Other lists were seen here.
        if cursor.peek() == Some(b'(') {
            cursor.value()?;
        } else {
            fields.md5 = cursor.field()?;
        }
        extensions(cursor, fields)?;
        Ok(kind)
    }

    /// Envelope, body and lines.
    fn message(&mut self, cursor: &mut Cursor<'_>, depth: usize) -> Result<PartKind, ParseError> {
        let envelope = Box::new(Envelope::read(cursor)?);
        if !more(cursor) {
            return cursor.error(Expected::List);
        }
        let body = Box::new(self.part(cursor, depth + 1)?);
        let has_lines = more(cursor) && !matches!(cursor.peek(), Some(b'(' | b'"'));
        let lines = if has_lines { size(cursor)? } else { None };
        Ok(PartKind::Message { envelope, body, lines })
    }
}

/// What stands behind the subtype of a multipart.
fn multipart_rest(
    cursor: &mut Cursor<'_>,
    subtype: Text,
    parts: Vec<BodyPart>,
) -> Result<BodyPart, ParseError> {
    let mut fields = PartFields::multipart(subtype);
    if more(cursor) {
        fields.parameters = Parameters::read(cursor)?;
        extensions(cursor, &mut fields)?;
    }
    Ok(BodyPart::new(fields, PartKind::Multipart { parts }))
}

/// Disposition, language, location: as far as they are there.
fn extensions(cursor: &mut Cursor<'_>, fields: &mut PartFields) -> Result<(), ParseError> {
    if !more(cursor) {
        return Ok(());
    }
    match disposition(cursor)? {
        // A Content-Description was seen in this place.
        Found::Text(text) if fields.description.is_none() && !is_disposition(&text) => {
            fields.description = Some(text);
        }
        found => fields.disposition = found.disposition(),
    }
    if !more(cursor) {
        return Ok(());
    }
    let start = cursor.at();
    let languages = languages(cursor)?;
    // A disposition was seen in this place.
    if fields.disposition.is_none() && languages.first().is_some_and(is_disposition) {
        cursor.seek(start);
        fields.disposition = disposition(cursor)?.disposition();
    } else {
        fields.languages = languages;
    }
    if !more(cursor) {
        return Ok(());
    }
    if cursor.peek() == Some(b'(') {
        cursor.value()?;
    } else {
        fields.location = cursor.field()?;
    }
    Ok(())
}

/// Whether a field follows; the spaces before it are passed over.
#[inline]
fn more(cursor: &mut Cursor<'_>) -> bool {
    cursor.spaces();
    !matches!(cursor.peek(), None | Some(b')'))
}

/// What a part is that has no subtype where it belongs.
#[derive(Clone, Copy)]
enum Shape {
    /// All fields are there, though some say nothing.
    Whole,
    /// Type or subtype is missing.
    Short,
    /// A multipart without parts.
    Multipart,
}

/// Looks for the octets, from the second value on. The cursor stays.
fn shape(cursor: &mut Cursor<'_>) -> Shape {
    let start = cursor.at();
    let shape = look_for_octets(cursor);
    cursor.seek(start);
    shape
}

fn look_for_octets(cursor: &mut Cursor<'_>) -> Shape {
    for index in 1..=6 {
        if !more(cursor) {
            return Shape::Multipart;
        }
        if index >= 5 && matches!(cursor.peek(), Some(b'0'..=b'9' | b'-')) {
            return if index == 5 { Shape::Short } else { Shape::Whole };
        }
        if cursor.value().is_err() {
            return Shape::Multipart;
        }
    }
    if more(cursor) { Shape::Whole } else { Shape::Multipart }
}

fn is_media_type(text: &Text) -> bool {
    ["text", "image", "audio", "video", "application", "message", "multipart", "model", "font"]
        .iter()
        .any(|name| text.as_bytes().eq_ignore_ascii_case(name.as_bytes()))
}

/// Whether lines stand here, and not what follows them: a server that leaves them out has a disposition, which is a list, where the
/// checksum belongs.
fn has_lines(cursor: &mut Cursor<'_>) -> bool {
    match cursor.peek() {
        Some(b'0'..=b'9' | b'-') => true,
        Some(b'"' | b'(' | b'{') => false,
        _ => {
            let start = cursor.at();
            let value = cursor.value().is_ok();
            let has_lines = value && !(more(cursor) && cursor.peek() == Some(b'('));
            cursor.seek(start);
            has_lines
        }
    }
}

/// A number, however it is written: below zero and NIL are none, `1.86931e+06` is one.
fn size(cursor: &mut Cursor<'_>) -> Result<Option<u64>, ParseError> {
    let start = cursor.at();
    if let Ok(number) = cursor.number64()
        && matches!(cursor.peek(), None | Some(b' ' | b')'))
    {
        return Ok(Some(number));
    }
    cursor.seek(start);
    let wrong = ParseError::new(start, Expected::Number);
    let Some(text) = word(cursor)? else { return Ok(None) };
    let is_number = |octet: &u8| octet.is_ascii_digit() || matches!(octet, b'.' | b'e' | b'E' | b'+' | b'-');
    let text = text.as_str().filter(|text| text.len() <= 32 && text.as_bytes().iter().all(is_number));
    let number: f64 = text.and_then(|text| text.parse().ok()).ok_or(wrong)?;
    if number < 0.0 {
        return Ok(None);
    }
    format!("{number:.0}").parse().map(Some).map_err(|_| wrong)
}

/// What stands where a disposition belongs.
pub(super) enum Found {
    Nothing,
    Text(Text),
    Disposition(Disposition),
}

impl Found {
    pub(super) fn disposition(self) -> Option<Disposition> {
        match self {
            Self::Nothing => None,
            Self::Text(kind) => Some(Disposition { kind, parameters: Parameters::new() }),
            Self::Disposition(disposition) => Some(disposition),
        }
    }
}

pub(super) fn disposition(cursor: &mut Cursor<'_>) -> Result<Found, ParseError> {
    if cursor.peek() != Some(b'(') || cursor.rest().starts_with(b"()") {
        return Ok(cursor.field()?.map_or(Found::Nothing, Found::Text));
    }
    cursor.advance(1);
    let kind = if more(cursor) { word(cursor)? } else { None };
    let parameters = if more(cursor) { Parameters::read(cursor)? } else { Parameters::new() };
    while more(cursor) {
        cursor.value()?;
    }
    cursor.expect(b')', Expected::Close)?;
    Ok(kind.map_or(Found::Nothing, |kind| Found::Disposition(Disposition { kind, parameters })))
}

fn is_disposition(text: &Text) -> bool {
    ["inline", "attachment"].iter().any(|kind| text.as_bytes().eq_ignore_ascii_case(kind.as_bytes()))
}

/// A language, or a list of some; what is in it and is none is nothing.
pub(super) fn languages(cursor: &mut Cursor<'_>) -> Result<Vec<Text>, ParseError> {
    if cursor.peek() != Some(b'(') || cursor.rest().starts_with(b"()") {
        return Ok(cursor.field()?.into_iter().collect());
    }
    let mut languages = Vec::new();
    cursor.advance(1);
    while more(cursor) {
        if languages.len() >= LANGUAGES {
            return cursor.error(Expected::Close);
        }
        if cursor.peek() == Some(b'(') {
            cursor.value()?;
        } else {
            languages.extend(word(cursor)?);
        }
    }
    cursor.expect(b')', Expected::Close)?;
    Ok(languages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Encoder};

    fn read(text: &str) -> Result<BodyStructure, ParseError> {
        let frame = Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
        let structure = BodyStructure::read(&mut cursor)?;
        assert!(cursor.is_done(), "{text}");
        Ok(structure)
    }

    fn part(text: &str) -> BodyPart {
        read(text).unwrap_or_else(|error| panic!("{text}: {error}")).0
    }

    fn written(structure: &BodyStructure, extensible: bool) -> String {
        let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
        structure.encode(&mut encoder, extensible);
        String::from_utf8_lossy(encoder.text()).into_owned()
    }

    #[test]
    fn the_examples_there_and_back() {
        // RFC 9051 section 7.5.2, RFC 9051 section 8
        for text in [
            r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 3028 92)"#,
            concat!(
                r#"(("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)"#,
                r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "#,
                r#""<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED")"#
            ),
            concat!(
                r#"("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 300 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) "#,
                r#"(("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)("IMAGE" "GIF" NIL NIL NIL "BASE64" 1) "MIXED") 9)"#
            ),
        ] {
            let structure = read(text).unwrap();
            assert_eq!(written(&structure, false), text);
            assert_eq!(structure.detach(), structure);
        }
        let text = concat!(
            r#"(("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 1 1 "md5" ("inline" NIL) "en" "x")"#,
            r#"("image" "png" NIL NIL NIL "base64" 2 NIL ("attachment" ("filename" "a b")) NIL NIL) "#,
            r#""mixed" ("boundary" "b") ("inline" NIL) ("de" "en") NIL)"#
        );
        assert_eq!(written(&read(text).unwrap(), true), text);
    }

    #[test]
    fn parts_have_the_numbers_of_the_rfc() {
        // RFC 9051 section 6.4.5.1
        let single = |name: &str| format!(r#"("text" "{name}" NIL NIL NIL "7bit" 1 1)"#);
        let message = |body: &str| {
            format!(
                r#"("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) {body} 1)"#
            )
        };
        let inner = format!(
            "({}{}({}{} \"alternative\") \"mixed\")",
            single("421"),
            single("422"),
            single("4231"),
            single("4232")
        );
        let four = format!("({}{} \"mixed\")", r#"("image" "gif" NIL NIL NIL "base64" 1)"#, message(&inner));
        let third = message(&format!("({}{} \"mixed\")", single("31"), single("32")));
        let last = message(&single("51"));
        let text = format!("({}{}{third}{four}{last} \"mixed\")", single("1"), single("2"));
        let structure = read(&text).unwrap();
        let paths: Vec<_> = structure.parts().map(|(path, _)| path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "", "1", "2", "3", "3.1", "3.2", "4", "4.1", "4.2", "4.2.1", "4.2.2", "4.2.3", "4.2.3.1",
                "4.2.3.2", "5", "5.1"
            ]
        );
        for (path, part) in structure.parts() {
            assert!(std::ptr::eq(structure.find(&path).unwrap(), part), "{path}");
        }
        assert_eq!(structure.find(&"4.2.3.2".parse().unwrap()).unwrap().subtype(), "4232");
        for path in ["6", "1.1", "4.2.4", "5.1.1"] {
            assert_eq!(structure.find(&path.parse().unwrap()), None, "{path}");
        }
        let alone = read(&single("x")).unwrap();
        assert_eq!(alone.parts().map(|(path, _)| path.to_string()).collect::<Vec<_>>(), ["1"]);
        assert!(alone.find(&"1".parse().unwrap()).is_some() && alone.find(&"2".parse().unwrap()).is_none());
        assert_eq!(
            read(&message(&inner)).unwrap().find(&"1.3.1".parse().unwrap()).unwrap().subtype(),
            "4231"
        );
    }

    #[test]
    fn fields_that_are_missing() {
        let of = |text| {
            let part = part(text);
            (part.media_type().to_string(), part.subtype().to_string(), part.octets())
        };
        let is =
            |media_type: &str, subtype: &str, octets| (media_type.to_owned(), subtype.to_owned(), octets);
        assert_eq!(of(r#"("text" "plain")"#), is("text", "plain", None));
        assert_eq!(of(r#"("text" "plain" NIL NIL NIL)"#), is("text", "plain", None));
        assert_eq!(of(r#"("text" NIL NIL NIL NIL "7bit" 5 1)"#), is("text", "plain", Some(5)));
        assert_eq!(of(r#"("text" NIL NIL NIL "7bit" 5 1)"#), is("text", "plain", Some(5)));
        assert_eq!(of(r#"(NIL "x" NIL NIL NIL "7bit" NIL)"#), is("application", "x", None));
        assert_eq!(of(r#"("X" ("a" "b") NIL NIL "7bit" 5)"#), is("application", "X", Some(5)));
        assert_eq!(of(r#"("a" "b" NIL NIL NIL "7bit" "17")"#), is("a", "b", Some(17)));
        assert_eq!(of(r#"("mixed" NIL)"#), is("multipart", "mixed", None));
        assert_eq!(of("(() \"x\")"), is("multipart", "x", None));
        assert_eq!(of(r#"(("a" "b"))"#), is("multipart", "mixed", None));
        for text in [
            "(foo bar)",
            "()",
            "(NIL)",
            "NIL",
            "\"text\"",
            r#"("a" "b" "c")"#,
            r#"("a" "b" NIL NIL NIL "7bit" x)"#,
            r#"("a" "b" NIL NIL NIL "7bit" 1e400)"#,
            r#"("a" "b" NIL NIL NIL "7bit" 99999999999999999999)"#,
            "(",
            r#"("a""#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_parts_are_limited() {
        let nested =
            |depth: usize| format!("{}\"a\" \"b\"){}", "(".repeat(depth), " \"mixed\")".repeat(depth - 1));
        assert!(read(&nested(50)).is_ok());
        assert_eq!(read(&nested(51)).unwrap_err().expected(), Expected::LessDepth);
        assert!(read(&"(".repeat(1_000_000)).is_err());
        let messages = |depth: usize| {
            let head =
                r#"("message" "rfc822" NIL NIL NIL "7bit" 1 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "#;
            format!("{}(\"a\" \"b\"){}", head.repeat(depth - 1), " 1)".repeat(depth - 1))
        };
        assert_eq!(read(&messages(50)).unwrap().parts().count(), 50);
        assert_eq!(read(&messages(51)).unwrap_err().expected(), Expected::LessDepth);
        let wide = |parts| format!("({} \"mixed\")", r#"("a")"#.repeat(parts));
        assert!(read(&wide(9_999)).is_ok());
        assert!(read(&wide(10_000)).is_err());
        // What is built deeper than that is cut.
        let mut deep = part(r#"("a" "b")"#);
        for _ in 0..60 {
            deep = BodyPart::multipart(known("mixed"), vec![deep]);
        }
        assert!(
            written(&BodyStructure::new(deep), false).contains(r#"("text" "plain" NIL NIL NIL "7bit" 0 0)"#)
        );
    }

    #[test]
    fn attachments() {
        let text = concat!(
            r#"(("text" "plain" NIL NIL NIL "7bit" 1 1 NIL ("inline" ("filename" "i.txt")))"#,
            r#"("message" "rfc822" NIL NIL NIL "7bit" 9 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) "#,
            r#"("a" "b" ("name" "x") NIL NIL "7bit" 1) 1 NIL ("attachment"))"#,
            r#"("a" "pdf" ("name" "y") NIL NIL "7bit" 1) "mixed")"#
        );
        let structure = read(text).unwrap();
        let paths: Vec<_> = structure.attachments().map(|(path, _)| path.to_string()).collect();
        assert_eq!(paths, ["2", "3"]);
    }
}

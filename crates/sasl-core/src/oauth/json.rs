//! As much JSON as an error object of RFC 7628 needs: string members of one object, all else skipped.

/// Nesting that is skipped over; deeper is refused.
const MAX_DEPTH: usize = 16;

/// The members of a JSON object whose values are strings, in order. `None` if this is not one JSON object.
pub(crate) fn string_members(text: &[u8]) -> Option<Vec<(String, String)>> {
    let mut reader = Reader { rest: str::from_utf8(text).ok()? };
    let mut members = Vec::new();
    reader.space();
    reader.take('{')?;
    reader.space();
    if reader.take('}').is_none() {
        loop {
            reader.space();
            let key = reader.string()?;
            reader.space();
            reader.take(':')?;
            reader.space();
            if reader.rest.starts_with('"') {
                members.push((key, reader.string()?));
            } else {
                reader.skip()?;
            }
            reader.space();
            if reader.take(',').is_none() {
                reader.take('}')?;
                break;
            }
        }
    }
    reader.space();
    reader.rest.is_empty().then_some(members)
}

/// Writes an object of strings.
pub(crate) fn object<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (index, (key, value)) in members.enumerate() {
        if index > 0 {
            out.push(',');
        }
        string(key, &mut out);
        out.push(':');
        string(value, &mut out);
    }
    out.push('}');
    out
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, c: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(c)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn string(&mut self) -> Option<String> {
        self.take('"')?;
        let mut out = String::new();
        loop {
            match self.next()? {
                '"' => return Some(out),
                '\\' => out.push(self.escape()?),
                c if u32::from(c) < 0x20 => return None,
                c => out.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        Some(match self.next()? {
            c @ ('"' | '\\' | '/') => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => match self.unit()? {
                high @ 0xd800..=0xdbff => {
                    self.take('\\')?;
                    self.take('u')?;
                    let low = self.unit().filter(|low| (0xdc00..=0xdfff).contains(low))?;
                    char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))?
                }
                unit => char::from_u32(unit)?,
            },
            _ => return None,
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |value, _| Some(value << 4 | self.next()?.to_digit(16)?))
    }

    /// Skips a value that is not a string, without looking closely at numbers, names and commas: they are
    /// not used.
    fn skip(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            self.space();
            match self.rest.chars().next()? {
                '"' => {
                    self.string()?;
                }
                c @ ('{' | '[') if open.len() < MAX_DEPTH => {
                    self.next();
                    open.push(if c == '{' { '}' } else { ']' });
                }
                c @ ('}' | ']') => {
                    if open.pop() != Some(c) {
                        return None;
                    }
                    self.next();
                }
                ',' | ':' if !open.is_empty() => {
                    self.next();
                }
                c if c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.') => {
                    self.rest = self.rest.trim_start_matches(|c: char| {
                        c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.')
                    });
                }
                _ => return None,
            }
            if open.is_empty() {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_values_are_skipped() {
        let text = br#" { "a" : [1, {"x":"y"}, "]"] , "b":"c", "d":null,"e":-1.5e3 , "f":{"status":"no"} } "#;
        assert_eq!(string_members(text), Some(vec![("b".into(), "c".into())]));
        assert_eq!(string_members(b"{}"), Some(vec![]));
    }

    #[test]
    fn escapes() {
        let text = br#"{"a":"\u0041\n\ud83d\ude00\/\""}"#;
        assert_eq!(string_members(text), Some(vec![("a".into(), "A\n😀/\"".into())]));
    }

    #[test]
    fn broken_objects_are_nothing() {
        for wrong in [
            "",
            "{",
            "[]",
            "\"\"",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":\"b\"",
            "{\"a\":\"b\",}",
            "{\"a\":\"b\"}x",
            "{\"a\":\"\\x\"}",
            "{\"a\":\"\\ud83d\"}",
            "{\"a\":\"\\udc00\"}",
            "{\"a\":[}",
            "{\"a\":\"\n\"}",
            "{a:\"b\"}",
        ] {
            assert_eq!(string_members(wrong.as_bytes()), None, "{wrong}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(17), "]".repeat(17));
        assert_eq!(string_members(deep.as_bytes()), None);
    }

    proptest! {
        #[test]
        fn written_objects_are_read(members in proptest::collection::vec((any::<String>(), any::<String>()), 0..4)) {
            let text = object(members.iter().map(|(key, value)| (key.as_str(), value.as_str())));
            prop_assert_eq!(string_members(text.as_bytes()), Some(members));
        }

        #[test]
        fn never_panics(text in "[{}\\[\\]\",:a\\\\u0-9 ]{0,60}") {
            let _ = string_members(text.as_bytes());
        }
    }
}

//! Rows of the attack and quirk files: one JSON object a line.

use std::path::Path;

use serde_json::Value;

/// The rows of a file.
#[derive(Clone, Debug)]
pub struct Rows(Vec<Row>);

/// One row: `id`, `bytes`, and whatever else the file has.
#[derive(Clone, Debug)]
pub struct Row(Value);

impl Rows {
    /// Reads a file.
    pub fn load(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self::parse(&text)
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let rows = lines.enumerate().map(|(at, line)| {
            Row(serde_json::from_str(line).unwrap_or_else(|error| panic!("line {}: {error}", at + 1)))
        });
        Self(rows.collect())
    }

    /// The row of this id.
    pub fn row(&self, id: &str) -> &Row {
        self.0.iter().find(|row| row.id() == id).unwrap_or_else(|| panic!("no row {id}"))
    }

    /// All rows.
    pub fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }
}

impl Row {
    /// What names it.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// A field that is a string; empty if it is absent.
    pub fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// A field.
    pub fn field(&self, field: &str) -> &Value {
        &self.0[field]
    }

    /// The octets: code points up to U+00FF stand for them.
    pub fn bytes(&self) -> Vec<u8> {
        latin1(self.text("bytes"))
    }

    /// How often `gen` repeats its piece; `None` for a row without.
    pub fn repetitions(&self) -> Option<usize> {
        self.0["gen"]["count"].as_u64().map(|count| usize::try_from(count).unwrap())
    }

    /// The octets blown up: what `gen` repeats stands there `count` times in place of the few times it does in
    /// [`bytes`](Self::bytes), or before the last line end if it does not stand there at all. `%d` counts from 1.
    pub fn blown_up(&self, count: usize) -> Vec<u8> {
        let bytes = self.bytes();
        let Some(repeat) = self.0["gen"]["repeat"].as_str() else { return bytes };
        let mut piece = unescape(repeat);
        let mut run = longest_run(&bytes, &piece);
        if run.is_empty()
            && let Some(octets) = from_hex(repeat)
        {
            let of_hex = longest_run(&bytes, &octets);
            if !of_hex.is_empty() {
                (piece, run) = (octets, of_hex);
            }
        }
        if run.is_empty() {
            let end = bytes.len() - if bytes.ends_with(b"\r\n") { 2 } else { 0 };
            run = end..end;
        }
        let mut out = bytes[..run.start].to_vec();
        for number in 1..=count {
            out.extend_from_slice(&numbered(&piece, number));
        }
        out.extend_from_slice(&bytes[run.end..]);
        out
    }
}

fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("octets are written in latin-1")).collect()
}

fn unescape(text: &str) -> Vec<u8> {
    latin1(&text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t"))
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

fn numbered(piece: &[u8], number: usize) -> Vec<u8> {
    match split_at_number(piece) {
        Some((before, after)) => [before, number.to_string().as_bytes(), after].concat(),
        None => piece.to_vec(),
    }
}

fn split_at_number(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = piece.windows(2).position(|two| two == b"%d")?;
    Some((&piece[..at], &piece[at + 2..]))
}

/// Length of `piece` at the beginning of `rest`.
fn matched(rest: &[u8], piece: &[u8]) -> Option<usize> {
    let Some((before, after)) = split_at_number(piece) else {
        return rest.starts_with(piece).then_some(piece.len());
    };
    let digits = rest.strip_prefix(before)?.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let behind = rest.get(before.len() + digits..)?;
    (digits > 0 && behind.starts_with(after)).then_some(before.len() + digits + after.len())
}

fn longest_run(bytes: &[u8], piece: &[u8]) -> std::ops::Range<usize> {
    let mut best = 0..0;
    for start in 0..bytes.len() {
        let mut end = start;
        while let Some(length) = matched(&bytes[end..], piece).filter(|&length| length > 0) {
            end += length;
        }
        if end - start > best.len() {
            best = start..end;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_blown_up_where_the_piece_repeats() {
        let rows = Rows::parse(concat!(
            r#"{"id":"a","bytes":"NOOP AAAA\r\n","gen":{"repeat":"A","count":1000000}}"#,
            "\n",
            r#"{"id":"b","bytes":"MAIL\r\nRCPT <u1@x>\r\nRCPT <u2@x>\r\nDATA","gen":{"repeat":"RCPT <u%d@x>\\r\\n","count":9}}"#,
            "\n",
            r#"{"id":"c","bytes":"$\u0080$\u0080","gen":{"repeat":"2480","count":9}}"#,
            "\n",
            r#"{"id":"d","bytes":"A SEARCH X {5}\r\n","gen":{"repeat":" X {9}","count":9}}"#,
            "\n",
            r#"{"id":"e","bytes":"\u00e9"}"#,
        ));
        assert_eq!(rows.row("a").blown_up(6), b"NOOP AAAAAA\r\n");
        assert_eq!(rows.row("a").repetitions(), Some(1_000_000));
        assert_eq!(rows.row("b").blown_up(3), b"MAIL\r\nRCPT <u1@x>\r\nRCPT <u2@x>\r\nRCPT <u3@x>\r\nDATA");
        assert_eq!(rows.row("c").blown_up(3), b"$\x80$\x80$\x80");
        assert_eq!(rows.row("d").blown_up(2), b"A SEARCH X {5} X {9} X {9}\r\n");
        assert_eq!(rows.row("e").blown_up(2), [0xe9]);
        assert_eq!(rows.iter().count(), 5);
    }
}

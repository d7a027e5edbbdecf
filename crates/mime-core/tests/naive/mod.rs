//! A naive reader of messages: what was written is read by somebody else.

/// A part as it stands: unfolded fields, and the body.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) parts: Vec<Read>,
}

pub(crate) fn find(octets: &[u8], what: &[u8]) -> Option<usize> {
    octets.windows(what.len()).position(|window| window == what)
}

pub(crate) fn read(octets: &[u8]) -> Read {
    let at = find(octets, b"\r\n\r\n").expect("an empty line");
    let header = std::str::from_utf8(&octets[..at]).unwrap();
    let body = octets[at + 4..].to_vec();
    for line in header.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a bare line end in {line:?}");
        assert!(!line.trim().is_empty(), "a line of white space");
    }
    let unfolded = header.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let fields: Vec<(String, String)> = unfolded
        .split("\r\n")
        .map(|field| {
            let (name, value) = field.split_once(':').expect("a colon");
            assert!(name.bytes().all(|octet| octet.is_ascii_graphic()), "{name:?}");
            (name.to_owned(), value.strip_prefix(' ').unwrap_or(value).to_owned())
        })
        .collect();
    let mut read = Read { fields, body, parts: Vec::new() };
    if let Some((_, boundary)) = read.value("Content-Type").unwrap_or_default().split_once("boundary=\"") {
        let boundary = boundary.split('"').next().unwrap();
        let body = [b"\r\n", &read.body[..]].concat();
        let close = format!("\r\n--{boundary}--\r\n");
        let end = find(&body, close.as_bytes()).expect("a closing delimiter");
        assert_eq!(end + close.len(), body.len(), "an epilogue");
        let mut rest = &body[..end];
        let delimiter = format!("\r\n--{boundary}\r\n");
        rest = rest.strip_prefix(b"\r\n").expect("an empty preamble");
        assert!(rest.starts_with(delimiter.as_bytes()), "a preamble");
        rest = &rest[delimiter.len()..];
        while let Some(next) = find(rest, delimiter.as_bytes()) {
            read.parts.push(self::read(&rest[..next]));
            rest = &rest[next + delimiter.len()..];
        }
        read.parts.push(self::read(rest));
    }
    read
}

impl Read {
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} twice");
        value
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.fields.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn media_type(&self) -> &str {
        self.value("Content-Type").unwrap().split(';').next().unwrap()
    }

    /// The types of the parts, in brackets.
    pub(crate) fn shape(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(Self::shape).collect();
        let brackets = if parts.is_empty() { String::new() } else { format!("({})", parts.join(" ")) };
        format!("{}{brackets}", self.media_type())
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        match self.value("Content-Transfer-Encoding").unwrap() {
            "base64" => unbase64(&self.body),
            "quoted-printable" => unquote(&self.body),
            "7bit" | "8bit" => self.body.clone(),
            other => panic!("{other}"),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.content()).unwrap()
    }

    /// The value of a parameter, RFC 2231 included.
    pub(crate) fn parameter(&self, field: &str, name: &str) -> Option<String> {
        let value = self.value(field)?;
        let mut found = None::<String>;
        let mut percent = Vec::new();
        for (key, text) in parameters(value) {
            let (base, rest) =
                key.split_once('*').map_or((key.as_str(), None), |(base, rest)| (base, Some(rest)));
            if base != name {
                continue;
            }
            match rest {
                None => found = Some(text),
                Some(_) => percent.push(text),
            }
        }
        if percent.is_empty() {
            return found;
        }
        let joined = percent.concat();
        let joined = joined.strip_prefix("utf-8''").unwrap();
        let mut octets = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((octet, tail)) = rest.split_first() {
            if *octet == b'%' {
                octets.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                rest = &tail[2..];
            } else {
                octets.push(*octet);
                rest = tail;
            }
        }
        Some(String::from_utf8(octets).unwrap())
    }
}

pub(crate) fn parameters(value: &str) -> Vec<(String, String)> {
    let mut parameters = Vec::new();
    let mut chars = value.chars().peekable();
    while chars.next_if(|c| *c != ';').is_some() {}
    while chars.next_if_eq(&';').is_some() {
        while chars.next_if_eq(&' ').is_some() {}
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=') {
            name.push(c);
        }
        assert_eq!(chars.next(), Some('='));
        let mut text = String::new();
        if chars.next_if_eq(&'"').is_some() {
            loop {
                match chars.next().expect("a closing quote") {
                    '"' => break,
                    '\\' => text.push(chars.next().unwrap()),
                    c => text.push(c),
                }
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != ';' && *c != ' ') {
                text.push(c);
            }
        }
        parameters.push((name, text));
    }
    assert_eq!(chars.next(), None, "{value}");
    parameters
}

pub(crate) fn unbase64(text: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for line in text.split(|octet| *octet == b'\n') {
        assert!(line.len() <= 77);
    }
    for octet in text.iter().filter(|octet| !b"\r\n=".contains(octet)) {
        bits = bits << 6 | ALPHABET.iter().position(|letter| letter == octet).expect("base64") as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

pub(crate) fn unquote(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    for line in text.split(|octet| *octet == b'\n') {
        assert!(line.len() <= 77, "{}", line.len());
        assert!(!line.ends_with(b" \r") && !line.ends_with(b"\t\r"));
    }
    while let Some((octet, tail)) = rest.split_first() {
        (rest, _) = match (octet, tail) {
            (b'=', [b'\r', b'\n', tail @ ..]) => (tail, ()),
            (b'=', [_, _, tail @ ..]) => {
                let digits = std::str::from_utf8(&rest[1..3]).unwrap();
                (tail, out.push(u8::from_str_radix(digits, 16).unwrap()))
            }
            _ => (tail, out.push(*octet)),
        };
    }
    out
}

/// Unstructured text with its encoded words decoded (RFC 2047 section 6.2: white space between two words goes).
pub(crate) fn decode(value: &str) -> String {
    let mut out = String::new();
    let mut after_word = false;
    let mut octets: Vec<u8> = Vec::new();
    for (at, token) in value.split(' ').enumerate() {
        let word = token.strip_prefix("=?utf-8?").and_then(|word| word.strip_suffix("?="));
        let word = word.and_then(|word| word.split_once('?'));
        match word {
            Some((encoding, text)) => {
                assert!(token.len() <= 75);
                if !after_word && at > 0 {
                    out.push(' ');
                }
                octets.extend(match encoding {
                    "b" => unbase64(text.as_bytes()),
                    "q" => unquote(text.replace('_', " ").as_bytes()),
                    other => panic!("{other}"),
                });
                out.push_str(&String::from_utf8(std::mem::take(&mut octets)).expect("whole characters"));
            }
            None => {
                if at > 0 {
                    out.push(' ');
                }
                out.push_str(token);
            }
        }
        after_word = word.is_some();
    }
    out
}

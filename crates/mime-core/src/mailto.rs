//! Addresses of messages to be written: `mailto:`.

use std::fmt;

/// A `mailto` URI (RFC 6068 section 2): a message that is to be written, as far as a link may say.
///
/// A link comes from a stranger. Of the fields in it only `to`, `cc`, `subject`, `in-reply-to` and `body` are kept, as
/// RFC 6068 section 4 allows; others, `bcc` and `attach` above all, are passed over. Nothing that is kept holds a line
/// end or another control character, but for line ends (CRLF) and tabs in the body. Addresses are not checked: compose a
/// message with whatever checks them.
///
/// # Example
///
/// ```
/// use mime_core::Mailto;
///
/// let uri = "mailto:chris@example.com,joe@example.com?subject=Gr%C3%BC%C3%9Fe%0D%0ABcc:%20x&body=one%0D%0Atwo&bcc=y@z";
/// let mailto = Mailto::parse(uri).unwrap();
/// assert_eq!(mailto.to(), ["chris@example.com", "joe@example.com"]);
/// assert_eq!(mailto.subject(), Some("Gr\u{fc}\u{df}e Bcc: x"));
/// assert_eq!(mailto.body(), Some("one\r\ntwo"));
///
/// let mailto = Mailto::new().add_to("unlikely?address@example.com").with_subject("50 %");
/// assert_eq!(mailto.to_string(), "mailto:unlikely%3Faddress@example.com?subject=50%20%25");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mailto {
    to: Vec<String>,
    cc: Vec<String>,
    subject: Option<String>,
    in_reply_to: Option<String>,
    body: Option<String>,
}

impl Mailto {
    /// A message without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a URI; `None` if it has another scheme.
    ///
    /// Commas that are not encoded separate addresses. Of several subjects, bodies and identifiers the first is kept.
    /// Octets that are encoded and no UTF-8 are replaced; a fragment is passed over.
    pub fn parse(uri: &str) -> Option<Self> {
        let (scheme, rest) = uri.split_once(':')?;
        if !scheme.eq_ignore_ascii_case("mailto") {
            return None;
        }
        let rest = rest.split('#').next().unwrap_or_default();
        let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
        let mut mailto = Self::new();
        add_all(&mut mailto.to, to);
        for field in fields.split('&') {
            let Some((name, value)) = field.split_once('=') else {
                continue;
            };
            // RFC 6068 section 2: "<hfname> is case-insensitive"
            match decode(name).to_ascii_lowercase().as_str() {
                "to" => add_all(&mut mailto.to, value),
                "cc" => add_all(&mut mailto.cc, value),
                "subject" if mailto.subject.is_none() => mailto.subject = Some(line(&decode(value))),
                "in-reply-to" if mailto.in_reply_to.is_none() => {
                    mailto.in_reply_to = Some(line(&decode(value)))
                }
                "body" if mailto.body.is_none() => mailto.body = Some(lines(&decode(value))),
                _ => {}
            }
        }
        Some(mailto)
    }

    /// The addresses of `To`, decoded, in the order they stand.
    pub fn to(&self) -> &[String] {
        &self.to
    }

    /// The addresses of `Cc`.
    pub fn cc(&self) -> &[String] {
        &self.cc
    }

    /// The subject.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The message that this one answers, with angle brackets if they were given.
    pub fn in_reply_to(&self) -> Option<&str> {
        self.in_reply_to.as_deref()
    }

    /// The text, its lines separated by CRLF.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Adds an address to `To`. Control characters become spaces; what is then empty is not added.
    #[must_use]
    pub fn add_to(mut self, address: &str) -> Self {
        add(&mut self.to, address);
        self
    }

    /// Adds an address to `Cc`, likewise.
    #[must_use]
    pub fn add_cc(mut self, address: &str) -> Self {
        add(&mut self.cc, address);
        self
    }

    /// Sets the subject. Control characters become spaces.
    #[must_use]
    pub fn with_subject(mut self, subject: &str) -> Self {
        self.subject = Some(line(subject));
        self
    }

    /// Sets the message that this one answers. Control characters become spaces.
    #[must_use]
    pub fn with_in_reply_to(mut self, message_id: &str) -> Self {
        self.in_reply_to = Some(line(message_id));
        self
    }

    /// Sets the text. Every line end becomes CRLF; control characters but tabs are left out.
    #[must_use]
    pub fn with_body(mut self, body: &str) -> Self {
        self.body = Some(lines(body));
        self
    }
}

/// The URI: ASCII only, without space.
impl fmt::Display for Mailto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("mailto:")?;
        encode_all(f, &self.to)?;
        let mut separator = '?';
        if !self.cc.is_empty() {
            f.write_str("?cc=")?;
            encode_all(f, &self.cc)?;
            separator = '&';
        }
        let fields = [("subject", &self.subject), ("in-reply-to", &self.in_reply_to), ("body", &self.body)];
        for (name, value) in fields {
            if let Some(value) = value {
                write!(f, "{separator}{name}=")?;
                encode(f, value)?;
                separator = '&';
            }
        }
        Ok(())
    }
}

fn add_all(list: &mut Vec<String>, encoded: &str) {
    for address in encoded.split(',') {
        add(list, &decode(address));
    }
}

fn add(list: &mut Vec<String>, address: &str) {
    let address = line(address);
    if !address.is_empty() {
        list.push(address);
    }
}

/// One line: control characters are spaces, several of them one; none at either end.
fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut control = false;
    let ends_line = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    for character in text.trim_matches(|c: char| ends_line(c) || c == ' ').chars() {
        if ends_line(character) {
            control = true;
            continue;
        }
        if control && !out.ends_with(' ') && character != ' ' {
            out.push(' ');
        }
        control = false;
        out.push(character);
    }
    out
}

/// Lines that end in CRLF, without other control characters than tabs.
fn lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                characters.next_if_eq(&'\n');
                out.push_str("\r\n");
            }
            '\n' => out.push_str("\r\n"),
            '\t' => out.push('\t'),
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    out
}

/// Percent-decoding, once. A percent sign that encodes nothing stands for itself.
fn decode(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%'
            && let [high, low, behind @ ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            octets.push(high << 4 | low);
            rest = behind;
        } else {
            octets.push(*first);
        }
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

fn encode_all(f: &mut fmt::Formatter<'_>, addresses: &[String]) -> fmt::Result {
    for (index, address) in addresses.iter().enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        encode(f, address)?;
    }
    Ok(())
}

/// RFC 6068 section 2: `qchar` stays, but for what separates addresses.
fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    for octet in text.bytes() {
        if octet.is_ascii_alphanumeric() || b"-._~!$'()*+:@".contains(&octet) {
            write!(f, "{}", char::from(octet))?;
        } else {
            write!(f, "%{octet:02X}")?;
        }
    }
    Ok(())
}

//! How commands end, and text for people (RFC 9051 section 7.1).

use crate::{Code, Encoder, Tag, Text, cursor::Cursor};

/// How a command ended, or what kind of news this is (RFC 9051 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the grammar has three: resp-cond-state
pub enum Status {
    /// OK: it was done, or a note (RFC 9051 section 7.1.1).
    Ok,
    /// NO: it was not done, or a warning (RFC 9051 section 7.1.2).
    No,
    /// BAD: it was not understood (RFC 9051 section 7.1.3).
    Bad,
}

impl Status {
    /// The word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
        }
    }

    /// The word and one space behind it, if it is one.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let status = match cursor.peek()? {
            b'O' | b'o' => Self::Ok,
            b'N' | b'n' => Self::No,
            b'B' | b'b' => Self::Bad,
            _ => return None,
        };
        if !cursor.eat_word(status.as_str()) {
            return None;
        }
        cursor.eat(b' ');
        Some(status)
    }
}

/// How a command ended.
///
/// ```abnf
/// response-tagged = tag SP resp-cond-state CRLF
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Code, Dialect, Response, Status};
///
/// let line = "A7 NO [TRYCREATE] No such mailbox".into();
/// let Response::Tagged(tagged) = Response::parse(&line, Dialect::REV1) else { panic!() };
/// assert_eq!((tagged.tag.as_str(), tagged.status), ("A7", Status::No));
/// assert_eq!(tagged.text.code, Some(Code::TryCreate));
/// assert_eq!(tagged.text.text, "No such mailbox");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct Tagged {
    /// Which command.
    pub tag: Tag,
    /// How it ended.
    pub status: Status,
    /// Why.
    pub text: ResponseText,
}

impl Tagged {
    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.tag.as_bytes());
        encoder.space();
        encoder.octets(self.status.as_str().as_bytes());
        encoder.space();
        self.text.encode(encoder);
    }
}

/// What stands behind a status: something for programs, and something for people.
///
/// ```abnf
/// resp-text = ["[" resp-text-code "]" SP] [text]
/// ```
///
/// The text is whatever the server wants: it is no markup, and its control characters must not reach a terminal, which
/// [`Text`]'s `Display` sees to.
///
/// # Example
///
/// ```
/// use imap_proto::{Code, ResponseText};
///
/// let text = ResponseText::new(Some(Code::Alert), "System shutdown in 10 minutes");
/// assert_eq!(text.code, Some(Code::Alert));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct ResponseText {
    /// For programs.
    pub code: Option<Code>,
    /// For people; it may be empty.
    pub text: Text,
}

impl ResponseText {
    /// A code and a text. What cannot stand in a line becomes a space when it is written.
    pub fn new(code: Option<Code>, text: &str) -> Self {
        Self { code, text: Text::received(bytes::Bytes::copy_from_slice(text.as_bytes())) }
    }

    /// Everything there is. A code that makes no sense is text.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Self {
        let code = if cursor.peek() == Some(b'[') { Code::read(cursor) } else { None };
        if code.is_some() {
            cursor.eat(b' ');
        }
        Self { code, text: Text::received(cursor.share(cursor.rest())) }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        match &self.code {
            Some(code) => {
                code.encode(encoder);
                encoder.space();
            }
            // What is text must not be read as a code.
            None if self.text.as_bytes().starts_with(b"[") => encoder.space(),
            None => {}
        }
        encoder.human(self.text.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Response, Untagged};
    use bytes::Bytes;

    fn parse(text: &str) -> Response {
        Response::parse(&Bytes::copy_from_slice(text.as_bytes()), Dialect::REV1)
    }

    fn status(text: &str) -> (Status, Option<Code>, String) {
        match parse(text) {
            Response::Tagged(tagged) => {
                (tagged.status, tagged.text.code, tagged.text.text.to_str_lossy().into_owned())
            }
            Response::Untagged(Untagged::Status(status, text)) => {
                (status, text.code, text.text.to_str_lossy().into_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_examples_there_and_back() {
        // RFC 9051 section 7.1
        for text in [
            "* OK IMAP4rev2 server ready",
            "A001 OK LOGIN completed",
            "* NO Disk is 98% full, please delete unnecessary data",
            "A222 NO COPY failed: disk is full",
            "A225 NO COPY failed: disk is full",
            "* BAD Disk crash, attempting salvage to a new disk!",
            "* BAD Empty command line",
            "* PREAUTH IMAP4rev2 server logged in as Smith",
            "* BYE Autologout; idle for too long",
            "+ idling",
            "* OK [ALERT] System shutdown in 10 minutes",
            "A1 OK [READ-WRITE] SELECT completed",
        ] {
            let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
            parse(text).encode(&mut encoder);
            assert_eq!(encoder.text(), format!("{text}\r\n").as_bytes());
        }
    }

    #[test]
    fn text_may_be_missing_and_brackets_are_text() {
        assert_eq!(status("A1 OK"), (Status::Ok, None, String::new()));
        assert_eq!(status("A1 ok "), (Status::Ok, None, String::new()));
        assert_eq!(status("* OK [ALERT]"), (Status::Ok, Some(Code::Alert), String::new()));
        assert_eq!(status("* OK ready. [TQBO]").2, "ready. [TQBO]");
        assert_eq!(status("* BAD [ALERT no end").2, "[ALERT no end");
        assert_eq!(status("* [ALERT] x"), (Status::Ok, Some(Code::Alert), "x".into()));
        assert!(matches!(parse("A1 OKAY"), Response::Stray(_)));
        assert!(matches!(parse("A1"), Response::Stray(_)));
    }

    #[test]
    fn nothing_in_a_text_becomes_anything_else() {
        let text = ResponseText::new(None, "[ALERT] a\r\n* BYE\0");
        let mut encoder = Encoder::for_text();
        text.encode(&mut encoder);
        assert_eq!(encoder.text(), b" [ALERT] a  * BYE ");
    }
}

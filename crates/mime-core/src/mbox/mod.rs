//! Mailbox files: many messages in one, each behind a line that begins with `From `.
//!
//! There is no standard, but for the name of the format (RFC 4155); there are four ways to keep lines of messages apart
//! from those that divide them ([`Format`]). [`Reader`] is given a file piece by piece and holds no more than a line;
//! [`messages`] walks over one that is in memory; [`Writer`] writes them.
//!
//! ```abnf
//! mbox      = *message
//! message   = "From " sender " " date eol content empty-line
//! date      = weekday " " month " " day " " time " " year      ; "Mon Jan  1 00:00:00 2024"
//! ```
//!
//! **What divides messages:** a line that begins with `From `, stands at the start of the file or behind an empty line,
//! is no longer than 1024 octets, and holds a sender, a day of the week, a month, a day, a time and a year, in one of
//! the orders that are seen. The first line of a file needs to begin with `From ` only. Lines end with LF or CRLF. Exactly
//! one empty line before a dividing line, or at the end of the file, belongs to the file and not to the message.
//!
//! # Example
//!
//! ```
//! use mime_core::mbox::{Format, Sender, Writer, messages};
//!
//! let mut file = Vec::new();
//! let sender = Sender::new("user@example.com").unwrap();
//! Writer::new(Format::Mboxrd).message(&sender, 1_704_067_200, b"Subject: a\n\nFrom here on\n", &mut file);
//! assert_eq!(file, b"From user@example.com Mon Jan  1 00:00:00 2024\nSubject: a\n\n>From here on\n\n");
//!
//! let message = messages(&file, Format::Mboxrd).next().unwrap();
//! assert_eq!(message.envelope().sender(), b"user@example.com");
//! assert_eq!(&*message.content(), b"Subject: a\n\nFrom here on\n");
//! ```

mod reader;
mod slice;
mod writer;

pub use reader::{Event, Reader};
pub use slice::{Message, Messages, messages};
pub use writer::{InvalidSender, Sender, Writer};

/// How lines that begin with `From ` are kept inside messages.
///
/// A file does not say which it is. For one of unknown origin take [`Mboxrd`](Self::Mboxrd) if it may have been written
/// in this century by a careful program, else [`Mboxo`](Self::Mboxo).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // there are these four, and there will be no more
pub enum Format {
    /// `From ` is written as `>From `. What was `>From ` before cannot be told from it.
    Mboxo,
    /// A `>` is put before every line of any number of `>` and `From `: all come back as they were.
    Mboxrd,
    /// As [`Mboxrd`](Self::Mboxrd), and Content-Length says how many octets follow the header as they are stored.
    /// A length that does not agree with the dividing lines is told and not followed.
    Mboxcl,
    /// Content-Length alone says where a message ends; lines are not changed. A length that is not followed by a
    /// dividing line or the end of the file is told and not followed further.
    Mboxcl2,
}

/// The line before a message.
///
/// # Example
///
/// ```
/// use mime_core::mbox::{Format, messages};
///
/// let file = b"From joe@example.org Mon Jan  1 00:00:00 2024\nSubject: a\n\n";
/// let envelope = messages(file, Format::Mboxrd).next().unwrap().envelope();
/// assert_eq!(envelope.sender(), b"joe@example.org");
/// assert_eq!(envelope.date(), b"Mon Jan  1 00:00:00 2024");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Envelope<'a> {
    line: &'a [u8],
}

impl<'a> Envelope<'a> {
    /// The whole line without its end; empty if there is none, which a file may lack before its first message.
    pub fn line(&self) -> &'a [u8] {
        self.line
    }

    /// The sender as it stands, to the first space that is in no quotation marks: mostly an address, sometimes
    /// `MAILER-DAEMON`, `-` or `???@???`.
    pub fn sender(&self) -> &'a [u8] {
        let (sender, _) = self.parts();
        sender
    }

    /// What stands behind the sender: a date as `asctime` writes it, sometimes with a zone.
    pub fn date(&self) -> &'a [u8] {
        let (_, date) = self.parts();
        date
    }

    fn parts(&self) -> (&'a [u8], &'a [u8]) {
        let rest = self.line.strip_prefix(FROM).unwrap_or_default();
        let mut quoted = false;
        let end = rest.iter().position(|octet| {
            quoted ^= *octet == b'"';
            !quoted && matches!(octet, b' ' | b'\t')
        });
        // A quotation that is not closed is none.
        let end = end.or_else(|| rest.iter().position(|octet| matches!(octet, b' ' | b'\t')));
        let (sender, date) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
        (sender, date.trim_ascii())
    }
}

const FROM: &[u8] = b"From ";
/// Octets of a line that may divide messages, its end included.
const LINE_MOST: usize = 1024;

/// Whether a line divides messages, given that it stands where one may.
fn is_dividing(line: &[u8]) -> bool {
    if line.len() > LINE_MOST || !line.starts_with(FROM) {
        return false;
    }
    let envelope = Envelope { line: line.trim_ascii_end() };
    // Senders with spaces are seen, so the date may begin later.
    let mut words = envelope.date().split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        if is_one_of(word.strip_suffix(b",").unwrap_or(word), &DAYS) && is_date(words.clone()) {
            return true;
        }
    }
    false
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn is_one_of(word: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| word.eq_ignore_ascii_case(name.as_bytes()))
}

/// What stands behind the day of the week: `Jan 1 00:00:00 [zone] 2024` or `1 Jan 2024 00:00:00`.
fn is_date<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> bool {
    let (Some(first), Some(second), Some(third)) = (words.next(), words.next(), words.next()) else {
        return false;
    };
    if is_one_of(first, &MONTHS) {
        is_number(second, 1..=2) && is_time(third) && words.take(3).any(|word| is_number(word, 4..=4))
    } else {
        is_number(first, 1..=2)
            && is_one_of(second, &MONTHS)
            && is_number(third, 2..=4)
            && words.next().is_some_and(is_time)
    }
}

fn is_number(word: &[u8], lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&word.len()) && word.iter().all(u8::is_ascii_digit)
}

fn is_time(word: &[u8]) -> bool {
    let mut parts = word.split(|&octet| octet == b':');
    let all = parts.by_ref().take(3).filter(|part| is_number(part, 1..=2)).count();
    all >= 2
        && parts.next().is_none()
        && word.iter().filter(|octet| **octet == b':').count().saturating_add(1) == all
}

fn is_empty_line(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// Whether reading takes away the first octet of a line.
fn is_quoted(line: &[u8], format: Format) -> bool {
    let marks = line.iter().take_while(|octet| **octet == b'>').count();
    let from = line.get(marks..).is_some_and(|rest| rest.starts_with(FROM));
    match format {
        Format::Mboxo => from && marks == 1,
        Format::Mboxrd | Format::Mboxcl => from && marks >= 1,
        Format::Mboxcl2 => false,
    }
}

/// The value of a Content-Length field, if the line is one.
fn content_length(line: &[u8]) -> Option<u64> {
    const NAME: &[u8] = b"content-length:";
    let (name, value) = line.split_at_checked(NAME.len())?;
    let value = value.trim_ascii();
    let is_length =
        name.eq_ignore_ascii_case(NAME) && !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if !is_length {
        return None;
    }
    value.iter().try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit & 15)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_divide() {
        for line in [
            "From x@y Mon Jan  1 00:00:00 2024",
            "From x@y Mon Jan  1 00:00:00 2024\r\n",
            "From - Sat Jan 01 00:00:00 2000",
            "From MAILER-DAEMON Fri Jul  8 12:08:34 2011",
            "From ???@??? Sun Sep 12 01:02 1999",
            "From x@y Mon Jan  1 00:00:00 CET 2024",
            "From x@y Mon Jan  1 00:00:00 +0100 2024",
            "From x@y Mon Jan  1 00:00:00 2024 +0100",
            "From x@y Mon, 1 Jan 2024 00:00:00 +0100",
            "From \"a b\"@y Mon Jan  1 00:00:00 2024",
            "From a b Mon Jan  1 00:00:00 2024 remote from z",
        ] {
            assert!(is_dividing(line.as_bytes()), "{line}");
        }
        for line in [
            "From Monday on, in May, we start at 10:30 in 2024",
            "From here on",
            "From ",
            "from x@y Mon Jan  1 00:00:00 2024",
            "From x@y",
            "From x@y Mon Jan  1 2024",
            "From x@y Jan  1 00:00:00 2024",
            "From x@y Mon Jan  1 00:00:00 24",
            "From x@y Mon Jan  1 00:00:00:00 2024",
            "From x@y Mon Jan  1 0:x 2024",
        ] {
            assert!(!is_dividing(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn envelopes() {
        let parts = |line: &'static str| {
            let envelope = Envelope { line: line.as_bytes() };
            (envelope.sender(), envelope.date())
        };
        assert_eq!(parts("From a@b  Mon Jan 1"), (&b"a@b"[..], &b"Mon Jan 1"[..]));
        assert_eq!(parts("From \"a b\"@c Mon"), (&b"\"a b\"@c"[..], &b"Mon"[..]));
        assert_eq!(parts("From \"a b Mon"), (&b"\"a"[..], &b"b Mon"[..]));
        assert_eq!((parts("From a"), parts("")), ((&b"a"[..], &b""[..]), (&b""[..], &b""[..])));
    }

    #[test]
    fn lengths() {
        assert_eq!(content_length(b"Content-length:  42 \r\n"), Some(42));
        for line in
            ["Content-Length: \n", "Content-Length: 1x\n", "Content-Length: 18446744073709551616\n", "X: 1\n"]
        {
            assert_eq!(content_length(line.as_bytes()), None);
        }
    }
}

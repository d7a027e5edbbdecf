//! Writing mailbox files.

use std::borrow::Cow;

use super::{DAYS, FROM, Format, MONTHS, is_empty_line, slice::Lines};

/// The sender that is named in a dividing line: an address as the envelope of SMTP has it.
///
/// # Example
///
/// ```
/// use mime_core::mbox::Sender;
///
/// assert_eq!(Sender::new("user@example.com").unwrap().as_str(), "user@example.com");
/// assert_eq!(Sender::unknown().as_str(), "MAILER-DAEMON");
/// assert!(Sender::new("a b@example.com").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sender(Cow<'static, str>);

/// A sender that cannot stand in a dividing line: it is empty, longer than 320 octets, or holds white space or control
/// characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sender that cannot stand in a mailbox file")]
#[non_exhaustive]
pub struct InvalidSender;

impl Sender {
    /// A sender of this name.
    ///
    /// # Errors
    ///
    /// [`InvalidSender`] if it is empty, longer than 320 octets, or holds white space or control characters. Quoted
    /// local parts with spaces are among those; write [`unknown`](Self::unknown) for them, the Return-Path field has it.
    pub fn new(sender: &str) -> Result<Self, InvalidSender> {
        let is_bad = |character: char| character.is_whitespace() || character.is_control();
        if sender.is_empty() || sender.len() > 320 || sender.contains(is_bad) {
            return Err(InvalidSender);
        }
        Ok(Self(Cow::Owned(sender.to_owned())))
    }

    /// `MAILER-DAEMON`: what is written for the null return path.
    pub const fn unknown() -> Self {
        Self(Cow::Borrowed("MAILER-DAEMON"))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Writes messages one behind the other.
///
/// Line ends of messages stay as they are; a message that ends without one gets one, for a line must end before the
/// next can begin. In [`Format::Mboxrd`] that is all that changes: what [`Reader`](super::Reader) gives back is the
/// same.
///
/// # Example
///
/// ```
/// use mime_core::mbox::{Format, Sender, Writer};
///
/// let mut file = Vec::new();
/// let writer = Writer::new(Format::Mboxcl2);
/// writer.message(&Sender::unknown(), 0, b"Subject: a\n\nFrom x\n", &mut file);
/// let expected = "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\nSubject: a\nContent-Length: 7\n\nFrom x\n\n";
/// assert_eq!(String::from_utf8(file).unwrap(), expected);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writer {
    format: Format,
    crlf: bool,
}

impl Writer {
    /// A writer whose own lines end with LF, as files on Unix have it.
    pub const fn new(format: Format) -> Self {
        Self { format, crlf: false }
    }

    /// Whether its own lines end with CRLF. Best as the lines of the messages do.
    #[must_use]
    pub const fn crlf(mut self, crlf: bool) -> Self {
        self.crlf = crlf;
        self
    }

    fn line_end(self) -> &'static [u8] {
        if self.crlf { b"\r\n" } else { b"\n" }
    }

    /// Appends a message to a file: its dividing line with the sender and the time of delivery, in seconds since 1970,
    /// then the message and an empty line.
    ///
    /// In the formats that count, Content-Length fields of the message are replaced; one that has no empty line behind
    /// its header gets none.
    pub fn message(self, sender: &Sender, seconds: i64, message: &[u8], out: &mut Vec<u8>) {
        out.reserve(message.len().saturating_add(128));
        out.extend_from_slice(FROM);
        out.extend_from_slice(sender.as_str().as_bytes());
        out.push(b' ');
        out.extend_from_slice(date(seconds).as_bytes());
        out.extend_from_slice(self.line_end());
        match self.format {
            Format::Mboxo | Format::Mboxrd => self.quoted(message, out),
            Format::Mboxcl | Format::Mboxcl2 => self.counted(message, out),
        }
        out.extend_from_slice(self.line_end());
    }

    fn quoted(self, octets: &[u8], out: &mut Vec<u8>) {
        for line in Lines(octets) {
            let marks = match self.format {
                Format::Mboxo => 0,
                _ => line.iter().take_while(|octet| **octet == b'>').count(),
            };
            let is_from = line.get(marks..).is_some_and(|rest| rest.starts_with(FROM));
            if is_from && self.format != Format::Mboxcl2 {
                out.push(b'>');
            }
            out.extend_from_slice(line);
        }
        if !octets.is_empty() && !octets.ends_with(b"\n") {
            out.extend_from_slice(self.line_end());
        }
    }

    fn counted(self, message: &[u8], out: &mut Vec<u8>) {
        let mut lines = Lines(message);
        let mut in_length = false;
        while let Some(line) = lines.next() {
            if is_empty_line(line) {
                let mut body = Vec::new();
                self.quoted(lines.0, &mut body);
                out.extend_from_slice(format!("Content-Length: {}", body.len()).as_bytes());
                out.extend_from_slice(self.line_end());
                out.extend_from_slice(line);
                out.append(&mut body);
                return;
            }
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                let name = memchr::memchr(b':', line).and_then(|colon| line.get(..colon)).unwrap_or_default();
                in_length = name.trim_ascii_end().eq_ignore_ascii_case(b"Content-Length");
            }
            if !in_length {
                self.quoted(line, out);
            }
        }
    }
}

/// A time as `asctime` writes it, in UTC; years before 0 and after 9999 are written as those.
fn date(seconds: i64) -> String {
    const FIRST: i64 = -62_167_219_200;
    const LAST: i64 = 253_402_300_799;
    let seconds = seconds.clamp(FIRST, LAST);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days since 1 March of the year 0, in eras of 400 years; all positive, for `FIRST` is 60 days before.
    let shifted = days.saturating_add(719_468);
    let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month_index = usize::try_from((month + 2) % 12).unwrap_or(0);
    let year = year + era * 400 + i64::from(month >= 10);
    let week_index = usize::try_from((days + 3).rem_euclid(7)).unwrap_or(0);
    format!(
        "{} {} {day:2} {:02}:{:02}:{:02} {year:04}",
        DAYS.get(week_index).copied().unwrap_or_default(),
        MONTHS.get(month_index).copied().unwrap_or_default(),
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "Thu Jan  1 00:00:00 1970"),
            (-1, "Wed Dec 31 23:59:59 1969"),
            (951_782_399, "Mon Feb 28 23:59:59 2000"),
            (951_782_400, "Tue Feb 29 00:00:00 2000"),
            (951_868_800, "Wed Mar  1 00:00:00 2000"),
            (1_709_164_800, "Thu Feb 29 00:00:00 2024"),
            (1_782_000_000, "Sun Jun 21 00:00:00 2026"),
            (i64::MAX, "Fri Dec 31 23:59:59 9999"),
            (i64::MIN, "Sat Jan  1 00:00:00 0000"),
        ] {
            assert_eq!(date(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn senders() {
        for bad in ["", "a b", "a\nFrom b", "a\r", "a\t", "a\0", "a\u{2028}b", &"x".repeat(321)] {
            assert_eq!(Sender::new(bad), Err(InvalidSender), "{bad:?}");
        }
        assert!(Sender::new("jörg@müller.example").is_ok());
    }
}

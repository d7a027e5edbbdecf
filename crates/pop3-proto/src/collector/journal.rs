//! What was retrieved before: the memory of clients that leave mail on the server.

use std::collections::HashMap;
use std::fmt::Write;

use super::Survey;
use crate::UniqueId;

/// The unique ids of messages that are safely stored, with when that was; one journal for each maildrop.
///
/// The caller keeps it: [`to_text`](Self::to_text) and [`parse`](Self::parse) turn it into lines and back. Ids that the
/// server has not shown for 30 days are forgotten. Times are seconds since 1970.
///
/// # Example
///
/// ```
/// use pop3_proto::UniqueId;
/// use pop3_proto::collector::Journal;
///
/// let mut journal = Journal::new();
/// journal.record(&UniqueId::new("QhdPYR:00WBw1Ph7x7").unwrap(), 1_700_000_000);
/// let kept = journal.to_text();
/// assert_eq!(kept, "postwire pop3 journal 1\nQhdPYR:00WBw1Ph7x7 1700000000 1700000000 1\n");
/// assert_eq!(Journal::parse(&kept).unwrap(), journal);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    entries: HashMap<Box<[u8]>, Entry>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// When it was first stored.
    pub(super) retrieved: u64,
    /// When the server last showed it.
    seen: u64,
    /// How many messages with this id were stored, all in one session: it does not tell them apart.
    stored: u32,
    /// How many messages with this id there were at a time.
    shown: u32,
}

impl Entry {
    /// Whether whatever has this id is stored, if `shown` messages have it now: as many as were stored when there were as
    /// many. Of more or fewer it is not known which they are.
    pub(super) fn is_complete(self, shown: u32) -> bool {
        self.stored == self.shown && self.shown == shown
    }
}

/// Text that is no journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not that of a journal")]
#[non_exhaustive]
pub struct InvalidJournal {
    /// Which line, counted from 1.
    pub line: usize,
}

const HEADING: &str = "postwire pop3 journal 1";
/// How long an id is kept that the server does not show any more: a maildrop may seem empty for a while.
const FORGET_AFTER: u64 = 30 * 86_400;

impl Journal {
    /// A journal of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads what [`to_text`](Self::to_text) wrote. Empty text is an empty journal.
    ///
    /// # Errors
    ///
    /// [`InvalidJournal`] with the line that makes no sense: nothing is guessed, since a journal that forgets makes
    /// mail be retrieved twice, and one that invents makes mail be deleted.
    pub fn parse(text: &str) -> Result<Self, InvalidJournal> {
        let mut entries = HashMap::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = InvalidJournal { line: at + 1 };
            if at == 0 {
                if line != HEADING {
                    return Err(wrong);
                }
                continue;
            }
            let mut fields = line.split(' ');
            let id = fields.next().and_then(unescape).filter(|id| !id.is_empty()).ok_or(wrong)?;
            let mut number = || fields.next().and_then(|field| crate::digits::parse(field.as_bytes()));
            let (retrieved, seen) = (number().ok_or(wrong)?, number().ok_or(wrong)?);
            let (stored, shown) = fields.next().and_then(copies).ok_or(wrong)?;
            if fields.next().is_some() {
                return Err(wrong);
            }
            entries.insert(id.into_boxed_slice(), Entry { retrieved, seen, stored, shown });
        }
        Ok(Self { entries })
    }

    /// The journal as lines of ASCII, sorted: a heading, then id, time of storing, time last seen, and how many messages
    /// with that id were stored, of how many (`1` for all of one, `1/2` for one of two).
    pub fn to_text(&self) -> String {
        let mut ids: Vec<_> = self.entries.iter().collect();
        ids.sort_unstable_by_key(|(id, _)| *id);
        let mut text = format!("{HEADING}\n");
        for (id, entry) in ids {
            escape(id, &mut text);
            // Writing to a string does not fail.
            let _ = write!(text, " {} {} {}", entry.retrieved, entry.seen, entry.stored);
            let _ =
                if entry.stored == entry.shown { writeln!(text) } else { writeln!(text, "/{}", entry.shown) };
        }
        text
    }

    /// Notes that the message with this id is safely stored.
    pub fn record(&mut self, id: &UniqueId, now: u64) {
        let new = Entry { retrieved: now, seen: now, stored: 1, shown: 1 };
        let entry = self.entries.entry(id.as_bytes().into()).or_insert(new);
        // Of those that had the same id it is the one that is left.
        *entry = if entry.is_complete(1) { Entry { seen: now, ..*entry } } else { new };
    }

    /// Notes that `stored` messages of the `shown` that share an id are safely stored, as far as this session goes. What
    /// was stored before does not count: it may be the same ones, or others that are gone.
    pub(super) fn record_shared(&mut self, id: &UniqueId, now: u64, stored: u32, shown: u32) {
        let entry = Entry { retrieved: now, seen: now, stored, shown };
        self.entries.insert(id.as_bytes().into(), entry);
    }

    /// When the message with this id was stored, if it was.
    pub fn retrieved(&self, id: &UniqueId) -> Option<u64> {
        self.entry(id).map(|entry| entry.retrieved)
    }

    pub(super) fn entry(&self, id: &UniqueId) -> Option<&Entry> {
        self.entries.get(id.as_bytes())
    }

    /// How many ids it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes which ids the server shows now, and forgets those that it has not shown for 30 days.
    pub(super) fn seen(&mut self, survey: &Survey, now: u64) {
        for id in survey.messages.iter().filter_map(|found| found.unique_id.as_ref()) {
            if let Some(entry) = self.entries.get_mut(id.as_bytes()) {
                entry.seen = now;
                // One more may be new, one fewer may be any of them.
                let shown = survey.uses(id);
                entry.stored = entry.stored.min(shown);
                entry.shown = entry.shown.max(shown);
            }
        }
        if survey.unique_ids {
            self.entries.retain(|_, entry| now.saturating_sub(entry.seen) <= FORGET_AFTER);
        }
    }
}

/// `2` is two of two, `1/2` is one of two.
fn copies(field: &str) -> Option<(u32, u32)> {
    let (stored, shown) = field.split_once('/').unwrap_or((field, field));
    let number = |field: &str| u32::try_from(crate::digits::parse(field.as_bytes())?).ok();
    Some((number(stored)?, number(shown)?)).filter(|&(stored, shown)| stored > 0 && shown > 0)
}

/// Ids are opaque: what is not a plain character, and `%`, is written in hexadecimal.
fn escape(id: &[u8], out: &mut String) {
    for &octet in id {
        if octet.is_ascii_graphic() && octet != b'%' {
            out.push(char::from(octet));
        } else {
            let _ = write!(out, "%{octet:02x}");
        }
    }
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first != b'%' {
            octets.push(first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        octets.push(u8::from_str_radix(digits, 16).ok()?);
        rest = behind;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_id_survives() {
        let mut journal = Journal::new();
        for id in ["a", "%41", "../../x", "ü b"] {
            journal.record(&UniqueId::received(id.replace(' ', "_").into()).unwrap(), 7);
        }
        let text = journal.to_text();
        assert!(text.is_ascii(), "{text}");
        assert_eq!(Journal::parse(&text), Ok(journal));
        assert_eq!(Journal::parse(""), Ok(Journal::new()));
    }

    #[test]
    fn nonsense_is_refused_with_its_line() {
        for (text, line) in [
            ("x", 1),
            ("postwire pop3 journal 2\n", 1),
            ("postwire pop3 journal 1\na 1 1\n", 2),
            ("postwire pop3 journal 1\na 1 1 1\nb 1 1 0\n", 3),
            ("postwire pop3 journal 1\n%4 1 1 1\n", 2),
            ("postwire pop3 journal 1\n%+4 1 1 1\n", 2),
            ("postwire pop3 journal 1\na 1 -1 1\n", 2),
            ("postwire pop3 journal 1\na 1 1 1 1\n", 2),
            ("postwire pop3 journal 1\n 1 1 1\n", 2),
        ] {
            assert_eq!(Journal::parse(text), Err(InvalidJournal { line }), "{text:?}");
        }
    }
}

//! Which UIDs new messages got (RFC 4315 section 3).

use crate::{Encoder, Uid, UidSet, UidValidity, cursor::Cursor};

/// The UIDs of what was appended.
///
/// ```abnf
/// resp-code-apnd = "APPENDUID" SP nz-number SP append-uid
/// append-uid     = uniqueid / uid-set
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // what the grammar has
pub struct AppendUid {
    /// That of the mailbox; `None` for zero, which servers send: then the UIDs are worth nothing.
    pub validity: Option<UidValidity>,
    /// The messages, in the order in which they were appended.
    pub uids: UidSet,
}

impl AppendUid {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let validity = UidValidity::new(cursor.number().ok()?);
        cursor.space().ok()?;
        Some(Self { validity, uids: UidSet::read_static(cursor).ok()? })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.space();
        encoder.number(u64::from(self.validity.map_or(0, UidValidity::get)));
        encoder.space();
        self.uids.encode(encoder);
    }
}

/// The UIDs of what was copied or moved, before and after. Both sets have the same count, and none is ever expanded.
///
/// ```abnf
/// resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{CopyUid, Uid, UidSet, UidValidity};
///
/// let uids = |text: &str| UidSet::parse(text.as_bytes()).unwrap();
/// let copied = CopyUid::new(UidValidity::new(38505), uids("304,319:320"), uids("3956:3958")).unwrap();
/// assert_eq!(copied.after(Uid::new(319).unwrap()), Uid::new(3957));
/// assert_eq!(CopyUid::new(None, uids("1:3"), uids("101:102")), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyUid {
    validity: Option<UidValidity>,
    from: UidSet,
    to: UidSet,
}

impl CopyUid {
    /// Both sets; `None` unless they are numbers alone, and as many.
    pub fn new(validity: Option<UidValidity>, from: UidSet, to: UidSet) -> Option<Self> {
        let fit = from.is_static() && to.is_static() && count(&from) == count(&to);
        fit.then_some(Self { validity, from, to })
    }

    /// That of the mailbox of the copies; `None` for zero, which servers send: then the UIDs are worth nothing.
    pub const fn validity(&self) -> Option<UidValidity> {
        self.validity
    }

    /// The messages that were copied.
    pub const fn from(&self) -> &UidSet {
        &self.from
    }

    /// The copies, in the same order.
    pub const fn to(&self) -> &UidSet {
        &self.to
    }

    /// The UID of the copy of a message. The work is that of the ranges as they are written.
    pub fn after(&self, uid: Uid) -> Option<Uid> {
        let mut place = None;
        let mut before = 0_u64;
        for (first, last) in ranges(&self.from) {
            if (first..=last).contains(&uid.get()) {
                place = Some(before + u64::from(uid.get() - first));
                break;
            }
            before += u64::from(last - first) + 1;
        }
        let mut left = place?;
        for (first, last) in ranges(&self.to) {
            let length = u64::from(last - first) + 1;
            if left < length {
                return Uid::new(first.checked_add(u32::try_from(left).ok()?)?);
            }
            left -= length;
        }
        None
    }

    /// `None` if it makes no sense: a wrong map is worse than none.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        let validity = UidValidity::new(cursor.number().ok()?);
        cursor.space().ok()?;
        let from = UidSet::read_static(cursor).ok()?;
        cursor.space().ok()?;
        Self::new(validity, from, UidSet::read_static(cursor).ok()?)
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.space();
        encoder.number(u64::from(self.validity.map_or(0, UidValidity::get)));
        for set in [&self.from, &self.to] {
            encoder.space();
            set.encode(encoder);
        }
    }
}

/// Ascending, as RFC 4315 section 3 has it: `12:10` is `10:12`.
fn ranges(set: &UidSet) -> impl Iterator<Item = (u32, u32)> + '_ {
    set.written().filter_map(|(first, last)| {
        let (first, last) = (first?.get(), last?.get());
        Some((first.min(last), first.max(last)))
    })
}

fn count(set: &UidSet) -> u64 {
    ranges(set).map(|(first, last)| u64::from(last - first) + 1).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copied(from: &str, to: &str) -> Option<CopyUid> {
        let uids = |text: &str| UidSet::parse(text.as_bytes()).unwrap();
        CopyUid::new(UidValidity::new(1), uids(from), uids(to))
    }

    #[test]
    fn copies_are_found_without_expanding() {
        let all = copied("1:4294967295", "4294967295:1").unwrap();
        assert_eq!(all.after(Uid::new(u32::MAX).unwrap()), Uid::new(u32::MAX));
        let some = copied("9,12:10", "4:5,1:2").unwrap();
        let after = |uid| some.after(Uid::new(uid).unwrap()).map(Uid::get);
        assert_eq!([9, 10, 11, 12, 13].map(after), [Some(4), Some(5), Some(1), Some(2), None]);
        for (from, to) in [("1:3", "101:102"), ("1:*", "1:*"), ("$", "$"), ("1", "1:2")] {
            assert_eq!(copied(from, to), None, "{from} {to}");
        }
    }
}

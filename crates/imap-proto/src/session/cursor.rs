//! What was known of a mailbox when it was last looked at.

use crate::{Flags, ModSeq, Uid, UidSet, UidValidity};

/// Messages by UID, with what their flags were, in 4 octets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    /// Ascending by UID.
    messages: Vec<(u32, u32)>,
}

impl Ledger {
    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The lowest UID beyond all that are known.
    pub(super) fn next(&self) -> Option<Uid> {
        let last = self.messages.last().map_or(0, |&(uid, _)| uid);
        last.checked_add(1).and_then(Uid::new)
    }

    fn place(&self, uid: Uid) -> Result<usize, usize> {
        // Nearly always it is the last one, or comes behind it.
        if self.messages.last().is_none_or(|&(last, _)| last < uid.get()) {
            return Err(self.messages.len());
        }
        self.messages.binary_search_by_key(&uid.get(), |&(uid, _)| uid)
    }

    /// What is known of a message; `None` if it is not known at all.
    pub(super) fn digest(&self, uid: Uid) -> Option<u32> {
        let place = self.place(uid).ok()?;
        self.messages.get(place).map(|&(_, digest)| digest)
    }

    pub(super) fn set(&mut self, uid: Uid, digest: u32) {
        match self.place(uid) {
            Ok(place) => {
                if let Some(message) = self.messages.get_mut(place) {
                    message.1 = digest;
                }
            }
            Err(place) => self.messages.insert(place, (uid.get(), digest)),
        }
    }

    /// Forgets messages, and says which of them were known.
    pub(super) fn remove(&mut self, uids: &UidSet) -> Option<UidSet> {
        let most = self.messages.last().map_or(0, |&(uid, _)| uid);
        let ranges: Vec<_> = uids.ranges(most).map(|(first, last)| (first.get(), last.get())).collect();
        let is_gone = |uid: u32| {
            let after = ranges.partition_point(|&(first, _)| first <= uid);
            after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|&(_, last)| uid <= last)
        };
        let gone =
            self.messages.iter().filter(|&&(uid, _)| is_gone(uid)).filter_map(|&(uid, _)| Uid::new(uid));
        let gone = UidSet::from_numbers(gone);
        if gone.is_some() {
            self.messages.retain(|&(uid, _)| !is_gone(uid));
        }
        gone
    }

    /// Forgets what is not among these, which ascend, and says what that was.
    pub(super) fn retain(&mut self, uids: &[u32]) -> Option<UidSet> {
        let is_gone = |uid: u32| uids.binary_search(&uid).is_err();
        let gone =
            self.messages.iter().filter(|&&(uid, _)| is_gone(uid)).filter_map(|&(uid, _)| Uid::new(uid));
        let gone = UidSet::from_numbers(gone);
        if gone.is_some() {
            self.messages.retain(|&(uid, _)| !is_gone(uid));
        }
        gone
    }

    pub(super) fn uids(&self) -> impl Iterator<Item = Uid> {
        self.messages.iter().filter_map(|&(uid, _)| Uid::new(uid))
    }
}

/// What flags are, in 4 octets: the same for the same flags in any order and case. `\Recent` is nobody's to keep.
pub(super) fn digest(flags: &Flags) -> u32 {
    let of_one = |flag: &[u8]| {
        // FNV-1a
        flag.iter().fold(0x811c_9dc5_u32, |hash, octet| {
            (hash ^ u32::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
        })
    };
    let kept = flags.iter().filter(|flag| *flag != crate::Flag::RECENT);
    kept.fold(0, |all: u32, flag| all ^ of_one(flag.as_bytes()))
}

/// What was known of a mailbox when it was last looked at, to be given to
/// [`Session::resync`](super::Session::resync) some day: opaque, and to be kept as octets.
///
/// It has 8 octets a message, fewer where UIDs follow each other when it is [written](Self::to_bytes).
///
/// # Example
///
/// ```
/// use imap_proto::session::Cursor;
///
/// let cursor = Cursor::default();
/// assert_eq!(Cursor::from_bytes(&cursor.to_bytes()), Some(cursor));
/// assert_eq!(Cursor::from_bytes(b"something else"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    pub(super) uid_validity: Option<UidValidity>,
    pub(super) uid_next: Option<Uid>,
    pub(super) modseq: Option<ModSeq>,
    pub(super) ledger: Ledger,
}

/// How the octets begin.
const MAGIC: &[u8; 4] = b"PIC\x01";

impl Cursor {
    /// How many messages were known.
    pub fn len(&self) -> usize {
        self.ledger.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.ledger.len() == 0
    }

    /// Octets to keep. What they mean may change with versions of this crate: what is not understood any more is no cursor, and
    /// the mailbox is read anew.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        number(u64::from(self.uid_validity.map_or(0, UidValidity::get)), &mut out);
        number(u64::from(self.uid_next.map_or(0, Uid::get)), &mut out);
        number(self.modseq.map_or(0, ModSeq::get), &mut out);
        number(self.ledger.messages.len() as u64, &mut out);
        let mut before = 0;
        for &(uid, digest) in &self.ledger.messages {
            number(u64::from(uid.wrapping_sub(before)), &mut out);
            out.extend_from_slice(&digest.to_le_bytes());
            before = uid;
        }
        out
    }

    /// The cursor that [`to_bytes`](Self::to_bytes) made octets of; `None` for anything else.
    pub fn from_bytes(octets: &[u8]) -> Option<Self> {
        let mut rest = octets.strip_prefix(MAGIC)?;
        let small = |number: u64| u32::try_from(number).ok();
        let uid_validity = UidValidity::new(small(read_number(&mut rest)?)?);
        let uid_next = Uid::new(small(read_number(&mut rest)?)?);
        let modseq = ModSeq::new(read_number(&mut rest)?);
        let count = usize::try_from(read_number(&mut rest)?).ok()?;
        // Each message has five octets at least.
        if count > rest.len() / 5 {
            return None;
        }
        let mut messages = Vec::with_capacity(count);
        let mut uid = 0_u32;
        for _ in 0..count {
            let step = small(read_number(&mut rest)?).filter(|step| *step > 0)?;
            uid = uid.checked_add(step)?;
            let (digest, behind) = rest.split_first_chunk::<4>()?;
            rest = behind;
            messages.push((uid, u32::from_le_bytes(*digest)));
        }
        rest.is_empty().then_some(Self { uid_validity, uid_next, modseq, ledger: Ledger { messages } })
    }
}

/// Seven bits an octet, the lowest first.
fn number(mut number: u64, out: &mut Vec<u8>) {
    loop {
        let [low, ..] = (number & 0x7f).to_le_bytes();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

fn read_number(octets: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&octet, rest) = octets.split_first()?;
        *octets = rest;
        let part = u64::from(octet & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        number |= part << shift;
        if octet & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flag;

    #[test]
    fn octets_there_and_back() {
        let mut cursor = Cursor {
            uid_validity: UidValidity::new(u32::MAX),
            uid_next: Uid::new(77),
            modseq: ModSeq::new(1 << 62),
            ledger: Ledger::default(),
        };
        for uid in [5, 6, 7, 300, 70_000, u32::MAX] {
            cursor.ledger.set(Uid::new(uid).unwrap(), uid.wrapping_mul(77));
        }
        let octets = cursor.to_bytes();
        assert_eq!(Cursor::from_bytes(&octets), Some(cursor));
        for cut in 0..octets.len() {
            assert_eq!(Cursor::from_bytes(&octets[..cut]), None);
        }
        // a count that would ask for the whole memory
        assert_eq!(Cursor::from_bytes(b"PIC\x01\0\0\0\xff\xff\xff\xff\xff\x01"), None);
    }

    #[test]
    fn flags_in_four_octets() {
        let flags = |all: &[Flag]| digest(&all.iter().cloned().collect());
        assert_eq!(flags(&[Flag::SEEN, Flag::JUNK]), flags(&[Flag::JUNK, Flag::RECENT, Flag::SEEN]));
        assert_ne!(flags(&[Flag::SEEN]), flags(&[Flag::JUNK]));
        assert_eq!(flags(&[]), 0);
    }

    #[test]
    fn what_went() {
        let mut ledger = Ledger::default();
        for uid in [3, 4, 5, 9] {
            ledger.set(Uid::new(uid).unwrap(), 1);
        }
        assert_eq!(ledger.remove(&UidSet::parse(b"1:4,100:4294967295").unwrap()).unwrap().to_string(), "3:4");
        assert_eq!(ledger.retain(&[9, 10]).unwrap().to_string(), "5");
        assert_eq!(ledger.retain(&[9]), None);
        assert_eq!(ledger.len(), 1);
    }
}

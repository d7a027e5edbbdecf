//! What is known of the messages of the selected mailbox.

use crate::{Flag, Flags, ModSeq, Seq, Uid, UidSet, Untagged, response::Fetch, search::Vanished};

/// Messages of a block. Blocks make removal cheap wherever it happens.
const BLOCK: usize = 512;

/// Keywords that are known by a bit; messages with others have their flags kept apart.
const KEYWORDS: usize = 56;

/// What is known of a message.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// 0: not known.
    uid: u32,
    /// Whether the flags are known.
    flagged: bool,
    /// The system's flags, and keywords by their place in the table from bit 8 on.
    flags: u64,
    /// 0: not known.
    modseq: u64,
}

/// What a response changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Change {
    /// There are more messages: so many, at the end.
    Arrived(u32),
    /// A message is gone. Its UID, if it was known.
    Expunged {
        /// Its number before it went.
        seq: Seq,
        /// Its UID.
        uid: Option<Uid>,
    },
    /// Messages are gone, by UID. Ones that were never known may be among them.
    Vanished(UidSet),
    /// Flags or mod-sequence of a message are others.
    Flags {
        /// Its number.
        seq: Seq,
        /// Its UID.
        uid: Option<Uid>,
        /// The flags, if they were told.
        flags: Option<Flags>,
        /// When they changed.
        modseq: Option<ModSeq>,
    },
    /// The server contradicts itself: which message has which number is not known any more. Everything was forgotten, and the mailbox
    /// has to be selected again, or its UIDs asked for.
    Lost,
}

/// The messages of the selected mailbox: which number has which UID, and what flags are known.
///
/// It is kept right by [`apply`](Self::apply), which has to see every response in its order; nobody else does arithmetic with sequence
/// numbers. It costs 32 octets a message, up to the last of which anything was told, and remembers no more messages than
/// [`Limits::view`](crate::Limits#structfield.view): of those beyond nothing is known.
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Seq, client::View};
///
/// let mut view = View::new(1000);
/// for line in ["* 3 EXISTS", "* 2 FETCH (UID 20)", "* 3 FETCH (UID 30 FLAGS (\\Seen))", "* 1 EXPUNGE"] {
///     let Response::Untagged(untagged) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
///     view.apply(&untagged);
/// }
/// assert_eq!(view.exists(), 2);
/// assert_eq!(view.uid(Seq::new(1).unwrap()).unwrap().get(), 20);
/// assert!(view.flags(Seq::new(2).unwrap()).unwrap().is_seen());
/// ```
#[derive(Clone, Debug)]
pub struct View {
    blocks: Vec<Vec<Known>>,
    exists: u32,
    recent: u32,
    /// Keywords, by their bit.
    keywords: Vec<Flag>,
    /// UIDs do not ascend as they must, so that all of them have to be searched.
    disordered: bool,
    most: usize,
}

static SYSTEM: [(u64, Flag); 6] = [
    (1, Flag::SEEN),
    (1 << 1, Flag::ANSWERED),
    (1 << 2, Flag::FLAGGED),
    (1 << 3, Flag::DELETED),
    (1 << 4, Flag::DRAFT),
    (1 << 5, Flag::RECENT),
];

/// A keyword of the message has no bit.
const UNLISTED: u64 = 1 << 6;

impl View {
    /// Of a mailbox of which nothing is known; it remembers so many messages.
    pub const fn new(most: usize) -> Self {
        Self { blocks: Vec::new(), exists: 0, recent: 0, keywords: Vec::new(), disordered: false, most }
    }

    /// How many messages there are.
    pub const fn exists(&self) -> u32 {
        self.exists
    }

    /// How many are new to this session (RFC 3501 section 2.3.2).
    pub const fn recent(&self) -> u32 {
        self.recent
    }

    /// The UID of a message, if it is known.
    pub fn uid(&self, seq: Seq) -> Option<Uid> {
        Uid::new(self.known(seq)?.uid)
    }

    /// The number of a message, if its UID is known.
    pub fn seq(&self, uid: Uid) -> Option<Seq> {
        let mut before = 0_usize;
        for block in &self.blocks {
            if self.disordered {
                if let Some(at) = block.iter().position(|known| known.uid == uid.get()) {
                    return Seq::new(u32::try_from(before + at + 1).ok()?);
                }
            } else if block.iter().rev().find(|known| known.uid > 0).is_some_and(|last| last.uid >= uid.get())
            {
                let at = block.iter().position(|known| known.uid == uid.get())?;
                return Seq::new(u32::try_from(before + at + 1).ok()?);
            }
            before += block.len();
        }
        None
    }

    /// The flags of a message, if they are known. Keywords beyond the first 56 of a mailbox are not remembered; a message that
    /// has some of those gives `None`.
    pub fn flags(&self, seq: Seq) -> Option<Flags> {
        let known = self.known(seq).filter(|known| known.flagged && known.flags & UNLISTED == 0)?;
        let system = SYSTEM.iter().filter(|(bit, _)| known.flags & bit != 0).map(|(_, flag)| flag.clone());
        let keywords =
            self.keywords.iter().enumerate().filter(|(index, _)| known.flags >> (index + 8) & 1 != 0);
        Some(system.chain(keywords.map(|(_, flag)| flag.clone())).collect())
    }

    /// The mod-sequence of a message, if it is known.
    pub fn modseq(&self, seq: Seq) -> Option<ModSeq> {
        ModSeq::new(self.known(seq)?.modseq)
    }

    /// The UIDs that are known, ascending.
    pub fn uids(&self) -> impl Iterator<Item = Uid> {
        self.blocks.iter().flatten().filter_map(|known| Uid::new(known.uid))
    }

    /// Whether the UID of every message is known.
    pub fn is_complete(&self) -> bool {
        self.uids().count() == self.exists as usize
    }

    fn known(&self, seq: Seq) -> Option<&Known> {
        let (block, at) = self.place(seq)?;
        self.blocks.get(block)?.get(at)
    }

    /// Where a message stands, if room was made for it.
    fn place(&self, seq: Seq) -> Option<(usize, usize)> {
        let mut left = (seq.get() as usize).checked_sub(1)?;
        for (index, block) in self.blocks.iter().enumerate() {
            if left < block.len() {
                return Some((index, left));
            }
            left -= block.len();
        }
        None
    }

    /// Messages that room was made for.
    fn len(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    /// Takes in what the server says; `None` if it changes nothing.
    pub fn apply(&mut self, untagged: &Untagged) -> Option<Change> {
        match untagged {
            Untagged::Exists(exists) => self.exists_now(*exists),
            Untagged::Recent(recent) => {
                self.recent = *recent;
                None
            }
            Untagged::Expunge(seq) => Some(self.expunge(*seq)),
            Untagged::Vanished(vanished) => Some(self.vanished(vanished)),
            Untagged::Fetch(fetch) => self.fetched(fetch),
            _ => None,
        }
    }

    fn exists_now(&mut self, exists: u32) -> Option<Change> {
        let before = std::mem::replace(&mut self.exists, exists);
        if exists < before {
            // RFC 9051 section 7.4.1 knows no other way for messages to go but EXPUNGE.
            self.blocks.clear();
            return Some(Change::Lost);
        }
        (exists > before).then(|| Change::Arrived(exists - before))
    }

    fn expunge(&mut self, seq: Seq) -> Change {
        if seq.get() > self.exists {
            self.blocks.clear();
            return Change::Lost;
        }
        self.exists -= 1;
        let uid = self.uid(seq);
        if let Some((index, at)) = self.place(seq)
            && let Some(block) = self.blocks.get_mut(index)
        {
            block.remove(at);
            if block.is_empty() {
                self.blocks.remove(index);
            }
        }
        Change::Expunged { seq, uid }
    }

    fn vanished(&mut self, vanished: &Vanished) -> Change {
        // RFC 7162 section 3.2.10.1: with EARLIER these are gone since before the mailbox was selected, and were never counted.
        if !vanished.earlier {
            let most = self.blocks.iter().flatten().map(|known| known.uid).max().unwrap_or(0);
            let ranges: Vec<_> =
                vanished.uids.ranges(u32::MAX).map(|(first, last)| (first.get(), last.get())).collect();
            let gone = |uid: u32| {
                let after = ranges.partition_point(|&(first, _)| first <= uid);
                after.checked_sub(1).and_then(|index| ranges.get(index)).is_some_and(|&(_, last)| uid <= last)
            };
            let count = |up_to: u32| {
                let within =
                    |&(first, last): &(u32, u32)| u64::from(last.min(up_to).saturating_sub(first - 1));
                u32::try_from(ranges.iter().filter(|(first, _)| *first <= up_to).map(within).sum::<u64>())
                    .unwrap_or(u32::MAX)
            };
            let (told, low) = (count(u32::MAX), count(most));
            let before = self.len();
            let has_holes = self.blocks.iter().flatten().any(|known| known.uid == 0);
            for block in &mut self.blocks {
                block.retain(|known| known.uid == 0 || !gone(known.uid));
            }
            self.blocks.retain(|block| !block.is_empty());
            let known = u32::try_from(before - self.len()).unwrap_or(u32::MAX);
            if told == known {
                self.exists = self.exists.saturating_sub(known);
            } else if has_holes {
                // Some of them had no UID here: how many went is known, and which is not.
                self.blocks.clear();
                self.exists = self.exists.saturating_sub(told);
            } else {
                // RFC 9051 section 2.3.1.1: UIDs ascend, so those beyond the last that is known have arrived since, at the end; others
                // that are not known were nobody's.
                self.exists = self.exists.saturating_sub(known.saturating_add(told - low));
            }
            if self.len() > self.exists as usize {
                self.blocks.clear();
            }
        }
        Change::Vanished(vanished.uids.clone())
    }

    fn fetched(&mut self, fetch: &Fetch) -> Option<Change> {
        let uid = fetch.uid();
        let seq = if fetch.by_uid { self.seq(uid?)? } else { Seq::new(fetch.number)? };
        if seq.get() > self.exists {
            return Some(Change::Lost).filter(|_| !fetch.by_uid);
        }
        let flags = fetch.flags().cloned();
        let modseq = fetch.modseq();
        let bits = flags.as_ref().map(|flags| self.bits(flags));
        if uid.is_some() || bits.is_some() || modseq.is_some() {
            self.make_room(seq.get() as usize);
        }
        let place = self.place(seq);
        let mut changed = false;
        let mut contradicted = false;
        if let Some((block, at)) = place
            && let Some(known) = self.blocks.get_mut(block).and_then(|block| block.get_mut(at))
        {
            if let Some(uid) = uid {
                contradicted = known.uid != 0 && known.uid != uid.get();
                known.uid = uid.get();
            }
            if let Some(bits) = bits {
                changed |= !known.flagged || known.flags != bits;
                (known.flagged, known.flags) = (true, bits);
            }
            if let Some(modseq) = modseq {
                changed |= known.modseq != modseq.get();
                known.modseq = modseq.get();
            }
        }
        if contradicted {
            // RFC 9051 section 2.3.1.1: the UID of a message "MUST NOT change"
            self.blocks.clear();
            return Some(Change::Lost);
        }
        if uid.is_some() && !self.disordered {
            self.disordered = !self.is_ordered_at(seq);
        }
        let uid = uid.or_else(|| self.uid(seq));
        changed.then_some(Change::Flags { seq, uid, flags, modseq })
    }

    /// Whether the UID of a message lies between those beside it.
    fn is_ordered_at(&self, seq: Seq) -> bool {
        let uid =
            |number: Option<u32>| number.and_then(Seq::new).and_then(|seq| self.uid(seq)).map_or(0, Uid::get);
        let here = uid(Some(seq.get()));
        let (before, behind) = (uid(seq.get().checked_sub(1)), uid(seq.get().checked_add(1)));
        before < here && (behind == 0 || here < behind)
    }

    fn make_room(&mut self, messages: usize) {
        if messages > self.most {
            return;
        }
        let mut missing = messages.saturating_sub(self.len());
        while missing > 0 {
            if self.blocks.last().is_none_or(|block| block.len() >= BLOCK) {
                self.blocks.push(Vec::with_capacity(missing.min(BLOCK)));
            }
            let Some(block) = self.blocks.last_mut() else { return };
            let more = missing.min(BLOCK - block.len().min(BLOCK));
            block.resize(block.len() + more, Known::default());
            missing -= more;
        }
    }

    /// There are as many messages, and nothing is known of them any more.
    pub(crate) fn forget(&mut self) {
        self.blocks.clear();
        self.disordered = false;
    }

    /// Every message has one of these UIDs, which ascend; nothing happens if there are not as many as messages.
    pub(crate) fn fill(&mut self, uids: impl Iterator<Item = Uid>) {
        let uids: Vec<_> = uids.take(self.most.saturating_add(1)).collect();
        if uids.len() != self.exists as usize || uids.len() > self.most {
            return;
        }
        self.make_room(uids.len());
        for (known, uid) in self.blocks.iter_mut().flatten().zip(uids) {
            known.uid = uid.get();
        }
        self.disordered = false;
    }

    fn bits(&mut self, flags: &Flags) -> u64 {
        let mut bits =
            SYSTEM.iter().filter(|(_, flag)| flags.contains(flag)).fold(0, |bits, (bit, _)| bits | bit);
        for keyword in flags.iter().filter(|flag| !SYSTEM.iter().any(|(_, system)| system == flag)) {
            let index = match self.keywords.iter().position(|known| *known == keyword) {
                Some(index) => index,
                None if self.keywords.len() < KEYWORDS => {
                    self.keywords.push(keyword.detach());
                    self.keywords.len() - 1
                }
                None => {
                    bits |= UNLISTED;
                    continue;
                }
            };
            bits |= 1 << (index + 8);
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Response};

    fn apply(view: &mut View, line: &str) -> Option<Change> {
        let Response::Untagged(untagged) =
            Response::parse(&bytes::Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1)
        else {
            panic!("{line}")
        };
        view.apply(&untagged)
    }

    fn seq(number: u32) -> Seq {
        Seq::new(number).unwrap()
    }

    fn uid(number: u32) -> Uid {
        Uid::new(number).unwrap()
    }

    #[test]
    fn numbers_follow_what_goes() {
        let mut view = View::new(1_000_000);
        assert_eq!(apply(&mut view, "* 2000 EXISTS"), Some(Change::Arrived(2000)));
        for number in 1..=2000 {
            apply(&mut view, &format!("* {number} FETCH (UID {})", number * 10));
        }
        assert!(view.is_complete());
        let mut naive: Vec<u32> = (1..=2000).map(|number| number * 10).collect();
        let mut random = 12345_u32;
        while !naive.is_empty() {
            random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
            let at = (random >> 8) as usize % naive.len();
            let gone = naive.remove(at);
            let number = u32::try_from(at + 1).unwrap();
            let change = apply(&mut view, &format!("* {number} EXPUNGE"));
            assert_eq!(change, Some(Change::Expunged { seq: seq(number), uid: Some(uid(gone)) }));
            if let Some(&last) = naive.last() {
                assert_eq!(view.seq(uid(last)).unwrap().get() as usize, naive.len());
                assert_eq!(view.seq(uid(gone)), None);
            }
        }
        assert_eq!((view.exists(), view.len()), (0, 0));
    }

    #[test]
    fn a_server_that_contradicts_itself() {
        let mut view = View::new(1_000_000);
        apply(&mut view, "* 3 EXISTS");
        assert_eq!(apply(&mut view, "* 9 EXPUNGE"), Some(Change::Lost));
        assert_eq!(apply(&mut view, "* 1 EXISTS"), Some(Change::Lost));
        assert_eq!(apply(&mut view, "* 1 FETCH (UID 5)"), None);
        assert_eq!(apply(&mut view, "* 1 FETCH (UID 6)"), Some(Change::Lost));
        assert_eq!(apply(&mut view, "* 2 FETCH (FLAGS ())"), Some(Change::Lost));
    }

    #[test]
    fn what_vanishes() {
        let mut view = View::new(1_000_000);
        apply(&mut view, "* 4 EXISTS");
        for number in 1..=4 {
            apply(&mut view, &format!("* {number} FETCH (UID {})", number * 2));
        }
        apply(&mut view, "* VANISHED (EARLIER) 1:4294967295");
        assert_eq!(view.exists(), 4);
        apply(&mut view, "* VANISHED 4,8");
        assert_eq!(view.exists(), 2);
        assert_eq!(view.uids().map(Uid::get).collect::<Vec<_>>(), [2, 6]);
        // two that arrived, one of which went before anybody asked for its UID; 5 was never there
        apply(&mut view, "* 4 EXISTS");
        apply(&mut view, "* VANISHED 2,5,9");
        assert_eq!(view.exists(), 2);
        assert_eq!(view.uids().map(Uid::get).collect::<Vec<_>>(), [6]);
        // where it is not known which one went, nothing is
        apply(&mut view, "* 4 EXISTS");
        apply(&mut view, "* 4 FETCH (UID 20)");
        apply(&mut view, "* VANISHED 10");
        assert_eq!((view.exists(), view.uids().count()), (3, 0));
    }

    #[test]
    fn flags_and_when_they_changed() {
        let mut view = View::new(1_000_000);
        apply(&mut view, "* 1 EXISTS");
        let change = apply(&mut view, r"* 1 FETCH (UID 7 FLAGS (\Seen Urlaub) MODSEQ (12))");
        assert!(matches!(change, Some(Change::Flags { uid: Some(_), flags: Some(_), modseq: Some(_), .. })));
        assert_eq!(view.flags(seq(1)).unwrap().to_string(), r"\Seen Urlaub");
        assert_eq!(view.modseq(seq(1)).unwrap().get(), 12);
        assert_eq!(apply(&mut view, r"* 1 FETCH (FLAGS (\seen urlaub))"), None);
        let many: String = (0..100).map(|number| format!(" k{number}")).collect();
        apply(&mut view, &format!("* 1 FETCH (FLAGS (x{many}))"));
        assert_eq!(view.flags(seq(1)), None);
        assert_eq!(view.keywords.len(), KEYWORDS);
    }

    #[test]
    fn what_a_server_claims_costs_nothing() {
        let mut view = View::new(1_000_000);
        apply(&mut view, "* 4294967295 EXISTS");
        apply(&mut view, "* 4294967295 FETCH (UID 7)");
        assert_eq!(view.len(), 0);
        assert!(size_of::<Known>() <= 32);
    }
}

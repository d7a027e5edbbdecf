//! Sets of messages: whatever they say they are not expanded, and every way to look at one tells the same.
use imap_proto::{CopyUid, Modified, Seq, SeqSet, Uid, UidSet};

macro_rules! set {
    ($name:ident, $set:ident of $number:ident) => {
        fn $name(set: &$set, largest: u32) {
            let text = set.to_string();
            assert_eq!($set::parse(text.as_bytes()).as_ref(), Ok(set));
            assert_eq!(format!("{set:?}"), format!(concat!(stringify!($set), "({})"), text));
            let ranges: Vec<_> = set.ranges(largest).map(|(first, last)| (first.get(), last.get())).collect();
            assert!(ranges.len() <= set.written().count());
            assert!(ranges.iter().all(|(first, last)| first <= last && *last <= largest));
            assert!(ranges.windows(2).all(|two| two[0].1 < two[1].0 - 1), "not joined: {ranges:?}");
            let count: u64 = ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
            assert_eq!(set.count(largest), count);
            // A naive reader: each range as it is written, `*` for the largest number.
            let bound = |bound: Option<$number>| bound.map_or(largest, $number::get);
            let written: Vec<_> = set.written().map(|(one, other)| (bound(one), bound(other))).collect();
            let within = |number: u32| {
                number <= largest
                    && written.iter().any(|&(one, other)| (one.min(other)..=one.max(other)).contains(&number))
            };
            let edges = ranges.iter().take(30).flat_map(|&(first, last)| {
                [first.saturating_sub(1), first, last, last.saturating_add(1)]
            });
            let written_edges = written.iter().take(30).flat_map(|&(one, other)| {
                [one.saturating_sub(1), one, other, other.saturating_add(1)]
            });
            for number in edges.chain(written_edges).chain(1..30).chain([largest, u32::MAX]) {
                let Some(one) = $number::new(number) else { continue };
                let in_ranges = ranges.iter().any(|&(first, last)| (first..=last).contains(&number));
                assert_eq!((set.contains(one, largest), in_ranges), (within(number), within(number)), "{number}");
            }
            let numbers: Vec<_> = set.numbers(largest).take(300).collect();
            assert!(numbers.windows(2).all(|two| two[0] < two[1]));
            assert!(numbers.iter().all(|number| set.contains(*number, largest)));
            assert_eq!(numbers.len() as u64, count.min(300));
            if let Some(again) = $set::from_numbers(numbers.iter().copied())
                && count <= 300
            {
                assert!(again.is_static() && again.ranges(largest).eq(set.ranges(largest)));
                assert!($set::from_ranges(set.ranges(largest)).unwrap().ranges(largest).eq(set.ranges(largest)));
            }
            assert_eq!(set.is_static(), !text.contains(['*', '$']));
            match set.clone().union(&$set::from($number::new(7).unwrap())) {
                Some(both) => {
                    assert!(!set.is_saved() && both.contains($number::new(7).unwrap(), 7));
                    assert!(both.count(largest) >= count);
                }
                None => assert!(set.is_saved()),
            }
        }
    };
}

set!(seqs, SeqSet of Seq);
set!(uids, UidSet of Uid);

/// A map of UIDs: each of as many.
fn copied(from: &UidSet, to: &UidSet) {
    let Some(map) = CopyUid::new(None, from.clone(), to.clone()) else { return };
    for uid in from.numbers(u32::MAX).take(20) {
        let after = map.after(uid).unwrap();
        assert!(to.contains(after, u32::MAX));
    }
    assert!(
        from.contains(Uid::new(u32::MAX).unwrap(), u32::MAX)
            || map.after(Uid::new(u32::MAX).unwrap()).is_none()
    );
}

pub fn check(data: &[u8]) {
    let &[a, b, c, d, ref octets @ ..] = data else { return };
    let mut sets = octets.split(|&octet| octet == b' ');
    let (Some(first), second) = (sets.next(), sets.next()) else { return };
    let seq = SeqSet::parse(first);
    let uid = UidSet::parse(first);
    assert_eq!(seq.as_ref().err(), uid.as_ref().err());
    assert!(seq.as_ref().err().is_none_or(|error| error.at() <= first.len()));
    let (Ok(seq), Ok(uid)) = (seq, uid) else { return };
    assert_eq!(seq.to_string(), uid.to_string());
    for largest in [u32::from_be_bytes([a, b, c, d]), u32::from(a), u32::MAX, 0] {
        seqs(&seq, largest);
        uids(&uid, largest);
    }
    let modified = Modified::new(uid.clone());
    assert_eq!(modified, Modified::from_seqs(&seq));
    assert_eq!(modified.is_some(), uid.is_static());
    if let Some(modified) = modified {
        assert_eq!((modified.uids(), modified.seqs()), (&uid, Some(seq)));
    }
    if let Some(second) = second.and_then(|second| UidSet::parse(second).ok()) {
        copied(&uid, &second);
    }
}

//! Searches and what they find: keys mean what a naive reader takes them for, results keep what they are.
use bytes::Bytes;
use imap_proto::search::{ContextUpdate, Esearch, PartialRange, SearchKey, SearchNode, Threads};
use imap_proto::{Command, Dialect, MessageSet, Response, Untagged};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

/// Whether a key holds if the term of each number does or does not, by a reader that asks for every term. Gives what is left.
fn holds<'a>(
    nodes: &'a [SearchNode<'a>],
    fuzzy: bool,
    term: &mut dyn FnMut(bool) -> bool,
) -> (bool, &'a [SearchNode<'a>]) {
    let (node, mut rest) = nodes.split_first().unwrap();
    let mut keys = |count: u32, fuzzy: bool| -> Vec<bool> {
        (0..count)
            .map(|_| {
                let (value, behind) = holds(rest, fuzzy, term);
                rest = behind;
                value
            })
            .collect()
    };
    let value = match *node {
        SearchNode::And(count) => keys(count, fuzzy).iter().all(|value| *value),
        SearchNode::Or => keys(2, fuzzy).iter().any(|value| *value),
        SearchNode::Not => !keys(1, fuzzy)[0],
        SearchNode::Fuzzy => keys(1, true)[0],
        SearchNode::Term(_) => term(fuzzy),
    };
    (value, rest)
}

fn key(key: &SearchKey, kind: u8) {
    let nodes: Vec<_> = key.nodes().collect();
    let terms: Vec<_> = key.terms().collect();
    assert!(key.check().is_ok() && !terms.is_empty());
    // Whether a term holds, by where it stands.
    let place = |term: *const _| terms.iter().position(|one| std::ptr::eq(*one, term)).unwrap();
    let is = |place: usize| (usize::from(kind) >> (place % 8)) & 1 != 0;
    let mut asked = 0;
    let found = key.matches(|term, _| {
        let place = place(term);
        // From left to right.
        assert!(place >= asked);
        asked = place + 1;
        is(place)
    });
    let mut at = 0;
    let (naive, rest) = holds(&nodes, false, &mut |_| {
        at += 1;
        is(at - 1)
    });
    assert!(rest.is_empty() && at == terms.len());
    assert_eq!(found, naive, "{key}");
    if nodes.len() > 1000 {
        return;
    }
    let of = |key: &SearchKey| {
        let mut at = 0;
        let nodes: Vec<_> = key.nodes().collect();
        holds(&nodes, false, &mut |_| {
            at += 1;
            is((at - 1) % terms.len())
        })
        .0
    };
    assert_eq!(of(&key.clone().not()), !naive);
    assert_eq!(of(&key.clone().fuzzy()), naive);
    assert_eq!(of(&key.clone().and(key.clone())), naive);
    assert_eq!(of(&key.clone().or(key.clone())), naive);
    assert_eq!(of(&SearchKey::any([key.clone(), key.clone(), key.clone()])), naive);
    assert_eq!(SearchKey::all([key.clone()]), *key);
    if let Ok(again) = key.to_string().parse::<SearchKey>() {
        assert_eq!(&again, key);
    }
}

fn esearch(found: &Esearch) {
    let sets = found.partial.iter().filter_map(|partial| partial.messages.as_ref());
    let updates = found.updates.iter().map(|update| update.parts().1);
    for set in found.all.iter().chain(sets).chain(updates) {
        assert_eq!(set.is_uid(), found.uid);
    }
    assert_eq!(found.uids().is_some(), matches!(found.all, Some(MessageSet::Uid(_))));
    assert_eq!(found.seqs().is_some(), matches!(found.all, Some(MessageSet::Seq(_))));
    assert!(found.relevancy.iter().all(|score| *score <= 100));
    for update in &found.updates {
        let (ContextUpdate::Added { .. } | ContextUpdate::Removed { .. }) = update;
    }
    if let Some(partial) = &found.partial {
        range(partial.range);
    }
}

fn range(range: PartialRange) {
    let (first, last) = range.bounds();
    for results in [0, 1, 10, first as usize, last as usize, usize::MAX] {
        let within = range.within(results);
        assert!(within.start <= within.end && within.end <= results);
        assert!(within.len() as u64 <= u64::from(last - first) + 1);
    }
    let made = if range.is_from_end() {
        PartialRange::from_end(last, first)
    } else {
        PartialRange::from_start(last, first)
    };
    assert_eq!(made.map(PartialRange::bounds), Some(range.bounds()));
}

fn threads(threads: &Threads) {
    assert_eq!(Threads::new(threads.nodes().to_vec()).as_ref(), Some(threads));
    assert_eq!(threads.iter().map(<[_]>::len).sum::<usize>(), threads.nodes().len());
    assert!(threads.iter().all(|thread| thread[0].depth == 0));
    assert_eq!(threads.is_empty(), threads.nodes().is_empty());
}

fn command(octets: &[u8], dialect: Dialect, kind: u8) {
    let Ok(command) = imap::command(&Bytes::copy_from_slice(octets), dialect) else { return };
    match command {
        Command::Search(search) => key(search.key(), kind),
        Command::Sort(sort) => key(sort.key(), kind),
        Command::Thread(thread) => key(thread.key(), kind),
        Command::Esearch(search) => key(search.key(), kind),
        _ => {}
    }
}

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    for dialect in imap::DIALECTS {
        command(&[b"a ", octets].concat(), dialect, kind);
        command(&[b"a SEARCH ", octets].concat(), dialect, kind);
        match imap::response(&[b"* ", octets].concat().into(), dialect) {
            Response::Untagged(Untagged::Esearch(found)) => esearch(&found),
            Response::Untagged(Untagged::Thread(found)) => threads(&found),
            Response::Untagged(Untagged::Search(found) | Untagged::Sort(found)) => {
                assert!(
                    found.uids().count() == found.numbers.len()
                        && found.seqs().count() == found.numbers.len()
                );
            }
            _ => {}
        }
    }
    if let Ok(text) = std::str::from_utf8(octets)
        && let Ok(one) = text.parse::<SearchKey>()
    {
        key(&one, kind);
    }
}

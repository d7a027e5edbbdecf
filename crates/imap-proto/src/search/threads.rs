//! THREAD (RFC 5256 section 4).

use std::num::NonZeroU32;

use crate::{Encoder, Expected, ParseError, Seq, Uid, cursor::Cursor};

/// Parentheses inside parentheses. A thread nests where it branches: a conversation of thousands of messages, each an answer to
/// the one before, does not at all.
const DEPTH: usize = 10_000;

/// A message in a thread, and how deep it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // a place in a tree
pub struct ThreadNode {
    /// The number of the message; `None` for one that is not there, but has answers.
    pub number: Option<NonZeroU32>,
    /// How many messages stand above it: 0 begins a thread.
    pub depth: u32,
}

impl ThreadNode {
    /// The number as a UID.
    pub fn uid(self) -> Option<Uid> {
        self.number.map(Uid::from)
    }

    /// The number as a sequence number.
    pub fn seq(self) -> Option<Seq> {
        self.number.map(Seq::from)
    }
}

/// Messages by who answers whom.
///
/// The trees are one flat list: each message is followed by its answers, which stand one deeper. So a thread may be
/// thousands of messages deep and nobody needs recursion to read, walk or drop it.
///
/// ```abnf
/// thread-data    = "THREAD" [SP 1*thread-list]
/// thread-list    = "(" (thread-members / thread-nested) ")"
/// thread-members = nz-number *(SP nz-number) [SP thread-nested]
/// thread-nested  = 2*thread-list
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let response = Response::parse(&"* THREAD (2)(3 6 (4 23)(44 7 96))".into(), Dialect::REV1);
/// let Response::Untagged(Untagged::Thread(threads)) = response else { panic!() };
/// let places: Vec<_> = threads.nodes().iter().map(|node| (node.seq().unwrap().get(), node.depth)).collect();
/// assert_eq!(places, [(2, 0), (3, 0), (6, 1), (4, 2), (23, 3), (44, 2), (7, 3), (96, 4)]);
/// assert_eq!(threads.iter().count(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    nodes: Vec<ThreadNode>,
}

impl Threads {
    /// Threads of these messages: each followed by its answers, which stand one deeper. `None` if that is no tree: the first
    /// is not at the top, one stands more than one deeper than the one before, or one without a number has no answers.
    pub fn new(nodes: Vec<ThreadNode>) -> Option<Self> {
        let mut most = 0;
        let mut needs_answer = false;
        for node in &nodes {
            if node.depth > most || (needs_answer && node.depth != most) {
                return None;
            }
            most = node.depth.checked_add(1)?;
            needs_answer = node.number.is_none();
        }
        (!needs_answer).then_some(Self { nodes })
    }

    /// Every message, each followed by its answers.
    pub fn nodes(&self) -> &[ThreadNode] {
        &self.nodes
    }

    /// Each thread: the message that begins it, and what follows.
    pub fn iter(&self) -> impl Iterator<Item = &[ThreadNode]> {
        self.nodes.chunk_by(|_, next| next.depth > 0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Behind the name, with the space before the first thread.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut nodes: Vec<ThreadNode> = Vec::new();
        // The depth that each open parenthesis goes back to.
        let mut open: Vec<u32> = Vec::new();
        let mut depth = 0_u32;
        // Whether the last thing that was read is a parenthesis that opens, or one that closes.
        let (mut opened, mut closed) = (false, false);
        loop {
            cursor.spaces();
            match cursor.peek() {
                Some(b'(') => {
                    if open.len() >= DEPTH {
                        return cursor.error(Expected::LessDepth);
                    }
                    if opened {
                        // The message that these lists are answers to is not there.
                        nodes.push(ThreadNode { number: None, depth });
                        depth += 1;
                    }
                    cursor.advance(1);
                    open.push(depth);
                    (opened, closed) = (true, false);
                }
                Some(b')') if !opened => {
                    let Some(back) = open.pop() else { return cursor.error(Expected::End) };
                    cursor.advance(1);
                    depth = back;
                    closed = true;
                }
                Some(b'0'..=b'9') if !open.is_empty() && !closed => {
                    let number = NonZeroU32::new(cursor.nz_number()?);
                    nodes.push(ThreadNode { number, depth });
                    depth += 1;
                    opened = false;
                }
                None if open.is_empty() => return Ok(Self { nodes }),
                None => return cursor.error(Expected::Close),
                Some(_) => return cursor.error(Expected::NonZero),
            }
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let branches = self.branches();
        // How deep the first message in each open parenthesis stands.
        let mut open: Vec<u32> = Vec::new();
        let mut after_number = true;
        for (node, opens) in self.nodes.iter().zip(branches) {
            while open.last().is_some_and(|&depth| depth >= node.depth) {
                encoder.octets(b")");
                open.pop();
                after_number = false;
            }
            if after_number {
                encoder.space();
            }
            if opens {
                encoder.octets(b"(");
                open.push(node.depth);
            }
            if let Some(number) = node.number {
                encoder.number(u64::from(number.get()));
            }
            after_number = node.number.is_some();
        }
        for _ in open {
            encoder.octets(b")");
        }
    }

    /// Whether each message is written in parentheses of its own: it begins a thread, it is not the only answer, or it or what it
    /// answers has no number.
    fn branches(&self) -> Vec<bool> {
        let mut branches = vec![false; self.nodes.len()];
        // For each depth the last message there, and how many of its kind there were.
        let mut path: Vec<usize> = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let depth = usize::try_from(node.depth).unwrap_or(usize::MAX);
            let sibling = path.get(depth).copied();
            let above = depth.checked_sub(1).and_then(|above| self.nodes.get(*path.get(above)?));
            let nameless = node.number.is_none() || above.is_none_or(|above| above.number.is_none());
            if let Some(branch) = branches.get_mut(at) {
                *branch = nameless || sibling.is_some();
            }
            if let Some(branch) = sibling.and_then(|sibling| branches.get_mut(sibling)) {
                *branch = true;
            }
            path.truncate(depth);
            path.push(at);
        }
        branches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &str) -> Result<Threads, ParseError> {
        let frame = bytes::Bytes::copy_from_slice(text.as_bytes());
        Threads::read(&mut Cursor::lenient(&frame, Dialect::REV1))
    }

    fn written(threads: &Threads) -> String {
        let mut encoder = Encoder::for_text();
        threads.encode(&mut encoder);
        String::from_utf8(encoder.text().to_vec()).unwrap()
    }

    #[test]
    fn threads_there_and_back() {
        for text in [
            "",
            // RFC 5256 section 4
            " (2)(3 6 (4 23)(44 7 96))",
            " ((3)(5))",
            " (166)(167)(168)(169)(172)(170)(171)(173)(174 (175)(176)(178)(181)(180))",
            " (1 2 3 4 5)",
            " (1 ((2)(3)))",
            " (((1)(2))(3))",
            " ((1 2)(3 (4)(5)))",
            " (1 (2 (3)(4 5))(6))(7)",
        ] {
            let threads = read(text).unwrap();
            assert_eq!(written(&threads), text);
            assert_eq!(Threads::new(threads.nodes.clone()), Some(threads));
        }
        assert_eq!(written(&read(" (1) (2 (3)) ").unwrap()), " (1)(2 3)");
        assert_eq!(written(&read(" ((1))").unwrap()), " ((1))");
    }

    #[test]
    fn what_is_no_thread() {
        for (text, at) in
            [(" ()", 2), (" (1", 3), (" 1", 1), (" (1))", 4), (" (1 (2) 3)", 8), (" (0)", 2), (" (1 x)", 4)]
        {
            assert_eq!(read(text).unwrap_err().at(), at, "{text}");
        }
        let node = |number, depth| ThreadNode { number: NonZeroU32::new(number), depth };
        for nodes in
            [vec![node(1, 1)], vec![node(1, 0), node(2, 2)], vec![node(0, 0)], vec![node(0, 0), node(1, 0)]]
        {
            assert_eq!(Threads::new(nodes), None);
        }
    }

    #[test]
    fn deep_threads() {
        let chain: String = (1..100_000).map(|number| format!("{number} ")).collect();
        let threads = read(&format!(" ({chain})")).unwrap();
        assert_eq!(threads.nodes.last().unwrap().depth, 99_998);
        assert_eq!(written(&threads), format!(" ({})", chain.trim_end()));
        let nested = read(&("(1 (2)".repeat(5000) + &")".repeat(5000))).unwrap();
        assert_eq!(read(&written(&nested)), Ok(nested));
        assert_eq!(read(&"(".repeat(1_000_000)).unwrap_err().expected(), Expected::LessDepth);
    }
}

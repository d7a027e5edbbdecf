//! Deciding whether a message is found.

use smallvec::SmallVec;

use super::{
    key::{Node, SearchKey},
    term::SearchTerm,
};

/// A key that is not decided yet, and how many of its keys are left.
enum Open {
    And(u32),
    Or(u32),
    Not,
    Fuzzy,
}

impl SearchKey {
    /// Whether a message is found, for servers: `holds` says whether a single key is true of it, and is told whether the key
    /// need not be exact ([`fuzzy`](Self::fuzzy)).
    ///
    /// Keys are asked from left to right, and only as long as they can make a difference.
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::search::{SearchKey, SearchTerm};
    ///
    /// let key: SearchKey = "OR LARGER 1000 NOT SEEN".parse().unwrap();
    /// let found = key.matches(|term, _fuzzy| match term {
    ///     SearchTerm::Larger(octets) => 700 > *octets,
    ///     SearchTerm::Seen => false,
    ///     _ => false,
    /// });
    /// assert!(found);
    /// ```
    pub fn matches(&self, mut holds: impl FnMut(&SearchTerm, bool) -> bool) -> bool {
        let mut open: SmallVec<[Open; 16]> = SmallVec::new();
        let (mut at, mut fuzzy) = (0, 0_usize);
        while let Some(node) = self.nodes.get(at) {
            at += 1;
            let mut value = match node {
                Node::And(count) => {
                    open.push(Open::And(*count));
                    continue;
                }
                Node::Or => {
                    open.push(Open::Or(2));
                    continue;
                }
                Node::Not => {
                    open.push(Open::Not);
                    continue;
                }
                Node::Fuzzy => {
                    open.push(Open::Fuzzy);
                    fuzzy += 1;
                    continue;
                }
                Node::Term(term) => holds(term, fuzzy > 0),
            };
            loop {
                let Some(last) = open.last_mut() else { return value };
                match last {
                    Open::And(left) | Open::Or(left) => {
                        *left = left.saturating_sub(1);
                        let left = *left;
                        let decided = value == matches!(last, Open::Or(_));
                        if left > 0 && !decided {
                            break;
                        }
                        at = self.behind(at, left);
                    }
                    Open::Not => value = !value,
                    Open::Fuzzy => fuzzy -= 1,
                }
                open.pop();
            }
        }
        false
    }

    /// Where so many keys end.
    fn behind(&self, mut at: usize, keys: u32) -> usize {
        let mut left = u64::from(keys);
        while left > 0 {
            left -= 1;
            left += match self.nodes.get(at) {
                Some(Node::And(count)) => u64::from(*count),
                Some(Node::Or) => 2,
                Some(Node::Not | Node::Fuzzy) => 1,
                Some(Node::Term(_)) => 0,
                None => return at,
            };
            at += 1;
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_or_not() {
        for (text, found) in [
            ("SEEN", true),
            ("DRAFT", false),
            ("SEEN DRAFT", false),
            ("OR DRAFT SEEN", true),
            ("OR SEEN DRAFT", true),
            ("OR DRAFT DRAFT", false),
            ("NOT DRAFT", true),
            ("NOT (SEEN DRAFT)", true),
            ("NOT (SEEN SEEN)", false),
            ("OR (DRAFT SEEN) (SEEN NOT DRAFT)", true),
            ("OR OR DRAFT DRAFT NOT OR DRAFT DRAFT DRAFT", false),
            ("FUZZY SEEN NOT FUZZY DRAFT", true),
            ("NOT NOT NOT DRAFT SEEN", true),
        ] {
            let key: SearchKey = text.parse().unwrap();
            assert_eq!(key.matches(|term, _| *term == SearchTerm::Seen), found, "{text}");
        }
    }

    #[test]
    fn what_makes_no_difference_is_not_asked() {
        let key: SearchKey =
            "OR SEEN (DRAFT NOT (ALL OR NEW OLD)) FUZZY FLAGGED (ANSWERED 1)".parse().unwrap();
        let mut asked = Vec::new();
        let found = key.matches(|term, fuzzy| {
            asked.push((term.name(), fuzzy));
            *term == SearchTerm::Seen
        });
        assert!(!found);
        assert_eq!(asked, [("SEEN", false), ("FLAGGED", true)]);
    }
}

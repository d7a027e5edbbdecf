//! Reading a [`SearchKey`] without recursion.

use smallvec::SmallVec;

use crate::{
    Expected, ParseError, SeqSet,
    chars::{self, by_name},
    cursor::Cursor,
};

use super::{
    key::{Node, SearchKey},
    term::{self, SearchTerm},
};

/// Parentheses inside parentheses.
const DEPTH: usize = 50;

/// A key that is not complete.
enum Open {
    /// The keys of the command, which are joined by *and*; where their `And` stands.
    Program(usize, u32),
    /// The same in parentheses.
    Parentheses(usize, u32),
    /// OR, NOT and FUZZY: how many keys are still to come.
    Prefix(u8),
}

/// `search-key *(SP search-key)`. It ends where no space follows.
pub(super) fn program(cursor: &mut Cursor<'_>) -> Result<SearchKey, ParseError> {
    let mut nodes = Vec::with_capacity(8);
    nodes.push(Node::And(0));
    // What is not complete: the innermost, and those around it.
    let mut open = Open::Program(0, 0);
    let mut around: SmallVec<[Open; 8]> = SmallVec::new();
    let mut depth = 0;
    loop {
        if nodes.len() > SearchKey::MOST {
            return cursor.error(Expected::End);
        }
        if cursor.eat(b'(') {
            depth += 1;
            if depth > DEPTH {
                return cursor.error(Expected::LessDepth);
            }
            around.push(std::mem::replace(&mut open, Open::Parentheses(nodes.len(), 0)));
            nodes.push(Node::And(0));
            continue;
        }
        if let Some((node, keys, rest)) = prefix(cursor.rest()) {
            cursor.resume(rest);
            nodes.push(node);
            around.push(std::mem::replace(&mut open, Open::Prefix(keys)));
            continue;
        }
        if !term::frequent(cursor, &mut nodes) {
            let node = key(cursor)?;
            let keys = match node {
                Node::Or => 2,
                Node::Not | Node::Fuzzy => 1,
                Node::Term(_) | Node::And(_) => 0,
            };
            nodes.push(node);
            if keys > 0 {
                cursor.space()?;
                around.push(std::mem::replace(&mut open, Open::Prefix(keys)));
                continue;
            }
        }
        // A key is complete, and perhaps all that it completes.
        loop {
            match &mut open {
                Open::Prefix(left) => {
                    *left -= 1;
                    if *left > 0 {
                        cursor.space()?;
                        break;
                    }
                }
                Open::Parentheses(at, count) => {
                    *count += 1;
                    if !cursor.eat(b')') {
                        cursor.expect(b' ', Expected::Close)?;
                        break;
                    }
                    depth -= 1;
                    let (at, count) = (*at, *count);
                    match around.last_mut() {
                        // Its keys are keys of the list around it, of which one is counted below.
                        Some(Open::Program(_, more) | Open::Parentheses(_, more)) if count > 1 => {
                            nodes.remove(at);
                            *more += count - 1;
                        }
                        _ => join(&mut nodes, at, count),
                    }
                }
                Open::Program(at, count) => {
                    *count += 1;
                    if cursor.eat(b' ') {
                        break;
                    }
                    join(&mut nodes, *at, *count);
                    return Ok(SearchKey::received(nodes));
                }
            }
            match around.pop() {
                Some(outer) => open = outer,
                None => return cursor.error(Expected::SearchKey),
            }
        }
    }
}

/// Keys that were read behind an `And`: for one alone it is not needed.
fn join(nodes: &mut Vec<Node>, at: usize, count: u32) {
    if count == 1 {
        nodes.remove(at);
    } else if let Some(node) = nodes.get_mut(at) {
        *node = Node::And(count);
    }
}

/// What joins keys as most clients write it, how many it joins, and what follows it and a space.
#[inline]
const fn prefix(octets: &[u8]) -> Option<(Node, u8, &[u8])> {
    match octets {
        [b'N', b'O', b'T', b' ', rest @ ..] => Some((Node::Not, 1, rest)),
        [b'O', b'R', b' ', rest @ ..] => Some((Node::Or, 2, rest)),
        _ => None,
    }
}

/// A single key, or the name of what joins keys.
fn key(cursor: &mut Cursor<'_>) -> Result<Node, ParseError> {
    if matches!(cursor.peek(), Some(b'0'..=b'9' | b'*' | b'$')) {
        return SeqSet::read(cursor).map(|set| Node::Term(SearchTerm::Messages(set)));
    }
    let start = cursor.at();
    let unknown = ParseError::new(start, Expected::SearchKey);
    let word = cursor.atom_octets().map_err(|_| unknown)?;
    let name = chars::upper(word);
    by_name!(name, {
        "OR" => Ok(Node::Or),
        "NOT" => Ok(Node::Not),
        "FUZZY" => Ok(Node::Fuzzy),
        _ => SearchTerm::read(name, word, cursor)?.map(Node::Term).ok_or(unknown),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SearchKey, ParseError> {
        text.parse()
    }

    /// Read, written, and read again.
    fn back(text: &str) -> String {
        let key = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read(&key.to_string()).as_ref(), Ok(&key), "{text}");
        key.to_string()
    }

    #[test]
    fn keys_there_and_back() {
        for text in [
            // RFC 9051 section 6.4.4
            "FLAGGED SINCE 1-Feb-1994 NOT FROM Smith",
            "TEXT \"string not in mailbox\"",
            "DELETED UNSEEN",
            // RFC 7162 section 3.1.5
            r#"MODSEQ "/flags/\\draft" all 620162338"#,
            "OR NOT MODSEQ 720162338 LARGER 50000",
            // RFC 6203 section 3 and 4
            "FUZZY SUBJECT \"IMAP break\"",
            "FUZZY SUBJECT work FROM user@example.com",
            // RFC 5466 section 3.1
            "UID 300:900 FILTER on-the-road SINCE 3-Dec-2002",
            "UID 300:900 OR SMALLER 5000 FROM boss@example.com",
            // RFC 8514 section 4.3
            "SAVEDON 28-Dec-2014",
            "SAVEDATESUPPORTED",
            // RFC 5032 section 3
            "UNSEEN YOUNGER 259200",
            // RFC 8474 section 6
            "EMAILID M6d99ac3275bb4e",
            "THREADID T64b478a75b7ea9",
            // RFC 5182 section 2.1
            "$ SMALLER 4096",
            "UID $ SMALLER 4096",
            "OR $ 1,3000:3021 TEXT x",
            "ALL ANSWERED BCC a CC b KEYWORD $Junk UNKEYWORD k NEW OLD RECENT SEEN UNANSWERED UNDELETED UNFLAGGED",
            "DRAFT UNDRAFT HEADER Message-ID <a@b> LARGER 0 SMALLER 9223372036854775807 SENTBEFORE 1-Jan-2000",
            "SENTON 1-Jan-2000 SENTSINCE 1-Jan-2000 BEFORE 1-Jan-2000 ON 1-Jan-2000 BODY \"\" TO \"nil\"",
            "X-GM-RAW \"has:attachment in:unread\" X-GM-MSGID 18446744073709551615 X-GM-LABELS foo X-GM-THRID 1",
            "OLDER 1 SAVEDBEFORE 1-Jan-2000 SAVEDSINCE 1-Jan-2000 MODSEQ 0",
            "NOT (SEEN FLAGGED)",
            "OR (SEEN FLAGGED) (DRAFT DELETED)",
            "FUZZY (OR SEEN (FLAGGED NOT NOT DRAFT) ALL) UNSEEN",
            // RFC 9738 section 3.2
            "UIDAFTER 25000 UNDELETED",
            "UIDBEFORE 1",
            "*",
            "1:*,5",
        ] {
            assert_eq!(back(text), text);
        }
    }

    #[test]
    fn and_is_written_flat() {
        for (text, flat) in [
            ("(SEEN)", "SEEN"),
            ("((((SEEN))))", "SEEN"),
            ("(SEEN FLAGGED)", "SEEN FLAGGED"),
            ("SEEN (FLAGGED (DRAFT DELETED)) ALL", "SEEN FLAGGED DRAFT DELETED ALL"),
            ("(OR $ 1,3000:3021) TEXT {8}\r\n????????", "OR $ 1,3000:3021 TEXT ????????"),
            ("NOT ((SEEN FLAGGED))", "NOT (SEEN FLAGGED)"),
            ("NOT (SEEN (FLAGGED DRAFT))", "NOT (SEEN FLAGGED DRAFT)"),
            ("seen since \"1-Feb-1994\"", "SEEN SINCE 1-Feb-1994"),
            ("(1 (2 3)) (4 (5))", "1 2 3 4 5"),
        ] {
            assert_eq!(back(text), flat, "{text}");
        }
    }

    #[test]
    fn what_is_no_search() {
        for (text, at, expected) in [
            ("", 0, Expected::SearchKey),
            ("X", 0, Expected::SearchKey),
            ("SEEN ", 5, Expected::SearchKey),
            ("SEEN  SEEN", 5, Expected::SearchKey),
            ("()", 1, Expected::SearchKey),
            ("(SEEN", 5, Expected::Close),
            ("SEEN)", 4, Expected::End),
            ("NOT", 3, Expected::Space),
            ("OR SEEN", 7, Expected::Space),
            ("BEFORE 99-Foo-2020", 7, Expected::Date),
            ("LARGER -1", 7, Expected::Number),
            ("YOUNGER 0", 8, Expected::NonZero),
            ("FILTER a/b", 7, Expected::Atom),
            ("EMAILID a.b", 8, Expected::Atom),
            ("KEYWORD \\Seen", 8, Expected::Atom),
            ("MODSEQ \"/flags/\" all 1", 7, Expected::Flag),
            ("MODSEQ \"/flags/\\\\seen\" some 1", 23, Expected::Item),
            ("SUBJECT ~{1}\r\n\0", 9, Expected::End),
            ("SEEN\r\nA2 LOGOUT", 4, Expected::End),
            ("0", 0, Expected::NonZero),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.at(), error.expected()), (at, expected), "{text:?}");
        }
    }

    #[test]
    fn nothing_is_too_deep_or_too_much() {
        assert!(read(&("(".repeat(50) + "SEEN" + &")".repeat(50))).is_ok());
        let deep = "(".repeat(1_000_000) + "SEEN";
        assert_eq!(read(&deep).unwrap_err().expected(), Expected::LessDepth);
        let many = "SEEN ".repeat(1_000_000);
        assert_eq!(read(&many).unwrap_err().at(), 5 * (SearchKey::MOST));
        // Clients write a list of alternatives so.
        let chain = "OR FROM a ".repeat(1000) + "FROM a";
        let key = read(&chain).unwrap();
        assert_eq!(key.to_string(), chain);
        assert!(key.matches(|term, _| *term == SearchTerm::From("a".try_into().unwrap())));
        let mut key = SearchKey::seen();
        for _ in 0..2000 {
            key = key.not();
        }
        assert_eq!(back(&key.to_string()), key.to_string());
    }
}

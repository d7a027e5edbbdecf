//! Announcements of literals, and where they may stand.

/// Digits of the largest number. More of them are taken for a number without end, whatever it is.
const DIGITS: usize = 20;

/// Octets at the end of a line in which an announcement stands whole: `~{18446744073709551615+}`.
const END: usize = 28;

/// The same with a CR and room to spare: what is kept of a line that is passed over.
pub(super) const LONGEST: usize = 32;

/// A literal that is announced at the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Literal {
    /// How many octets it has; more than any limit if the number has no end.
    pub(crate) octets: u64,
    /// Whether a client waits before it sends it.
    pub(crate) waits: bool,
}

impl Literal {
    /// The announcement at the end of a line, without its CRLF (RFC 9051 section 9).
    ///
    /// ```abnf
    /// literal  = "{" number64 ["+"] "}" CRLF *CHAR8
    /// literal8 = "~{" number64 "}" CRLF *OCTET
    /// ```
    pub(crate) fn at_end(line: &[u8]) -> Option<Self> {
        let (rest, digits, waits) = Self::digits_at_end(line)?;
        if rest.last() != Some(&b'{') || digits.is_empty() {
            return None;
        }
        let number = digits
            .iter()
            .try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        let octets = number.filter(|_| digits.len() <= DIGITS).unwrap_or(u64::MAX);
        Some(Self { octets, waits })
    }

    /// The same where only the end of the line is known, or looked at: as much as an announcement of a number that has an end takes. What is
    /// digits all over announces a number without one, or might.
    pub(super) fn at_known_end(line: &[u8]) -> Option<Self> {
        let end = line.get(line.len().saturating_sub(END)..).unwrap_or_default();
        match Self::digits_at_end(end)? {
            ([], _, waits) if end.len() == END => Some(Self { octets: u64::MAX, waits }),
            _ => Self::at_end(end),
        }
    }

    /// What stands before the digits of an announcement, these, and whether a client waits.
    fn digits_at_end(line: &[u8]) -> Option<(&[u8], &[u8], bool)> {
        let [rest @ .., b'}'] = line else { return None };
        let (rest, waits) = match rest {
            [rest @ .., b'+'] => (rest, false),
            _ => (rest, true),
        };
        let start = rest.iter().rposition(|octet| !octet.is_ascii_digit()).map_or(0, |at| at + 1);
        let (rest, digits) = rest.split_at_checked(start)?;
        Some((rest, digits, waits))
    }
}

/// Whether a response is data, in which literals stand, by its first line. Everything else ends with text for people, except that
/// a response code that is open may go on in one.
pub(super) fn is_data(line: &[u8]) -> bool {
    let (rest, tagged) = match line.strip_prefix(b"* ") {
        Some(rest) => (rest, false),
        None => match memchr::memchr(b' ', line) {
            Some(space) => (line.get(space + 1..).unwrap_or_default(), true),
            None => return false,
        },
    };
    let word =
        rest.get(..rest.iter().position(|&octet| octet == b' ').unwrap_or(rest.len())).unwrap_or_default();
    let is_status = [&b"OK"[..], b"NO", b"BAD", b"BYE", b"PREAUTH"]
        .iter()
        .any(|status| word.eq_ignore_ascii_case(status));
    if !is_status && !word.starts_with(b"[") {
        return !tagged;
    }
    let text = if is_status { rest.get(word.len() + 1..).unwrap_or_default() } else { rest };
    text.starts_with(b"[") && !text.contains(&b']')
}

/// Whether the literal that ends this head of a response is content of a message, which may be of any size: an item of FETCH whose
/// name is `BODY[..]`, `BINARY[..]` or `RFC822`. `continued` says that the head stands behind such a one.
pub(super) fn is_body(head: &[u8], continued: bool) -> bool {
    if !continued {
        let Some(rest) = head.strip_prefix(b"* ") else { return false };
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let word = rest.get(digits..).and_then(|rest| rest.strip_prefix(b" ")).unwrap_or_default();
        let is_fetch = word.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH "))
            || word.get(..9).is_some_and(|word| word.eq_ignore_ascii_case(b"UIDFETCH "));
        if digits == 0 || !is_fetch {
            return false;
        }
    }
    // The name of the item is the word before the announcement.
    let Some(open) = memchr::memrchr(b'{', head) else { return false };
    let before = head.get(..open).unwrap_or_default();
    let before = before.strip_suffix(b"~").unwrap_or(before).trim_ascii_end();
    let before = match before {
        // <0>
        [.., b'>'] => before.get(..memchr::memrchr(b'<', before).unwrap_or(0)).unwrap_or_default(),
        _ => before,
    };
    let start = match before {
        [.., b']'] => match memchr::memrchr(b'[', before) {
            Some(open) => before.get(..open).unwrap_or_default(),
            None => return false,
        },
        _ => before,
    };
    let word = start.rsplit(|octet| matches!(octet, b' ' | b'(')).next().unwrap_or_default();
    let bracketed = start.len() < before.len();
    let is = |name: &[u8]| word.eq_ignore_ascii_case(name);
    if bracketed {
        is(b"BODY") || is(b"BINARY") || is(b"RFC822")
    } else {
        is(b"RFC822") || is(b"RFC822.TEXT") || is(b"RFC822.HEADER")
    }
}

/// Whether the literal that ends this head of a command is a message, which may be of any size: the last argument of APPEND or
/// REPLACE, or a part of CATENATE. The name of the mailbox is none.
pub(super) fn is_message(head: &[u8], continued: bool) -> bool {
    if continued {
        return true;
    }
    let mut words = head.splitn(3, |&octet| octet == b' ');
    let (Some(_), Some(verb), Some(rest)) = (words.next(), words.next(), words.next()) else { return false };
    let verb_is = |verb: &[u8], name: &[u8]| verb.eq_ignore_ascii_case(name);
    // Arguments before the message: a mailbox, or a number and a mailbox.
    let arguments = if verb_is(verb, b"APPEND") {
        1
    } else if verb_is(verb, b"REPLACE") {
        2
    } else if verb_is(verb, b"UID") && rest.get(..8).is_some_and(|next| verb_is(next, b"REPLACE ")) {
        3
    } else {
        return false;
    };
    spaces_outside(rest) >= arguments
}

/// How many arguments end before the last: spaces that are in no quoted string and no literal.
fn spaces_outside(octets: &[u8]) -> usize {
    let (mut at, mut spaces, mut quoted) = (0_usize, 0_usize, false);
    while let Some(&octet) = octets.get(at) {
        at += 1;
        match octet {
            b'"' => quoted = !quoted,
            b'\\' if quoted => at += 1,
            b' ' if !quoted => spaces += 1,
            b'\n' if !quoted => {
                let line = octets.get(..at.saturating_sub(2)).unwrap_or_default();
                if let Some(literal) = Literal::at_end(line) {
                    at = at.saturating_add(usize::try_from(literal.octets).unwrap_or(usize::MAX));
                }
            }
            _ => {}
        }
    }
    spaces
}

//! The state of one address that is being read.

use super::{
    MailboxRef,
    mailbox::{BROKEN, PLAIN, Piece},
};
use crate::{
    config::Reading,
    lex::{self, Kind, Token},
};

/// What was read last, as far as an address can go on with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prev {
    /// Nothing of an address.
    Nothing,
    /// A word.
    Word,
    /// A word with a full stop at its end.
    Dot,
    /// The at sign.
    At,
    /// A domain literal.
    Literal,
}

/// A mailbox or the name of a group, as far as it was read.
///
/// Before an at sign or bracket it is not known whether words are a name or a local part. A *run* is what could be a
/// local part: words with full stops between them (RFC 5322 section 4.4 allows white space around those).
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    start: usize,
    /// Behind the last token.
    pub(super) end: usize,
    /// Where the words begin, and where they end.
    phrase: Piece,
    pub(super) words: usize,
    pub(super) words_since_comma: usize,
    runs: usize,
    pub(super) prev: Prev,
    /// Whether a comment stands behind the last word, or anything else that separates.
    pub(super) gap: bool,
    /// The last run or, once it is known, the address.
    pub(super) spec: Piece,
    pub(super) at: Option<usize>,
    several_ats: bool,
    /// Whether white space or comments stand inside the address.
    pub(super) spaced: bool,
    /// Whether the address has to be put together: it holds more than atoms.
    composed: bool,
    quoted: bool,
    /// Whether the words of the run touch each other without full stop.
    malformed: bool,
    pub(super) broken: bool,
    pub(super) inner_comment: Option<Piece>,
    comment: Piece,
    pub(super) angle: bool,
    pub(super) route: Piece,
    /// Words behind the address: where they begin, and where the token before them ends.
    pub(super) tail: Option<usize>,
    before_tail: usize,
    /// Whether the separator behind it was read.
    pub(super) separated: bool,
}

impl Item {
    pub(super) fn new(start: usize) -> Self {
        Self {
            start,
            end: start,
            phrase: (0, 0),
            words: 0,
            words_since_comma: 0,
            runs: 0,
            prev: Prev::Nothing,
            gap: false,
            spec: (start, start),
            at: None,
            several_ats: false,
            spaced: false,
            composed: false,
            quoted: false,
            malformed: false,
            broken: false,
            inner_comment: None,
            comment: (0, 0),
            angle: false,
            route: (0, 0),
            tail: None,
            before_tail: start,
            separated: false,
        }
    }

    /// Whether a name may go on behind a comma: so far there are atoms only.
    pub(super) fn may_go_on(&self, at: usize, no_join: usize) -> bool {
        at >= no_join
            && self.at.is_none()
            && !self.angle
            && !self.quoted
            && !self.broken
            && self.words_since_comma > 0
    }

    /// The words up to a place.
    pub(super) fn phrase(&self, end: usize) -> Piece {
        (self.phrase.0, self.phrase.1.min(end))
    }

    pub(super) fn word(&mut self, token: &Token, value: &[u8]) {
        let before = self.end;
        self.end = token.end;
        if !self.angle {
            self.phrase.1 = token.end;
        }
        if self.tail.is_some() {
            return;
        }
        if self.angle {
            self.tail = Some(token.start);
            self.before_tail = before;
            return;
        }
        if self.at.is_some() {
            let joined = self.is_joined(token, value);
            if !joined && (self.gap || token.spaced) {
                self.tail = Some(token.start);
                self.before_tail = before;
                return;
            }
            self.spec_word(token, value);
            return;
        }
        self.quoted |= token.kind == Kind::Quoted;
        let joined = self.is_joined(token, value);
        if self.words == 0 {
            self.phrase.0 = token.start;
        }
        self.words = self.words.saturating_add(1);
        self.words_since_comma = self.words_since_comma.saturating_add(1);
        if self.prev == Prev::Nothing || (!joined && (self.gap || token.spaced)) {
            self.runs = self.runs.saturating_add(1);
            self.spec = (token.start, token.start);
            self.prev = Prev::Nothing;
            self.spaced = false;
            self.composed = false;
            self.malformed = false;
            self.inner_comment = None;
        }
        self.spec_word(token, value);
    }

    /// Whether a word goes on with what stands before it, as full stops and at sign make it.
    fn is_joined(&self, token: &Token, value: &[u8]) -> bool {
        match self.prev {
            Prev::Dot | Prev::At => true,
            Prev::Word => token.kind == Kind::Atom && value.get(token.start) == Some(&b'.'),
            Prev::Nothing | Prev::Literal => false,
        }
    }

    /// A word of the address.
    pub(super) fn spec_word(&mut self, token: &Token, value: &[u8]) {
        if self.prev == Prev::Nothing {
            self.spec.0 = token.start;
        } else {
            self.malformed |= !self.is_joined(token, value);
            if self.gap || token.spaced {
                self.spaced = true;
                self.composed = true;
            }
            if self.at.is_some_and(|at| !self.angle && at < self.comment.0) {
                self.inner_comment = self.inner_comment.or(Some(self.comment));
                self.comment = (0, 0);
            }
        }
        if token.kind == Kind::Quoted {
            self.composed = true;
            self.malformed |= self.at.is_some();
        }
        let dot = token.kind == Kind::Atom
            && token.end.checked_sub(1).and_then(|last| value.get(last)) == Some(&b'.');
        self.prev = if dot { Prev::Dot } else { Prev::Word };
        self.spec.1 = token.end;
        self.gap = false;
    }

    pub(super) fn at_sign(&mut self, token: &Token) {
        if self.prev == Prev::Nothing {
            // no local part
            self.spec.0 = token.start;
            self.broken = true;
        }
        if !self.angle {
            self.phrase = (if self.words == 0 { token.start } else { self.phrase.0 }, token.end);
            self.words = self.words.max(1);
        }
        if self.gap || token.spaced {
            self.spaced = true;
            self.composed = true;
        }
        self.several_ats |= self.at.is_some();
        self.at = self.at.or(Some(token.start));
        self.prev = Prev::At;
        self.gap = false;
        self.spec.1 = token.end;
        self.end = token.end;
    }

    pub(super) fn literal(&mut self, token: &Token, end: usize) {
        self.spaced |= self.gap || token.spaced;
        self.composed = true;
        self.prev = Prev::Literal;
        self.gap = false;
        self.spec.1 = end;
        self.end = end;
        if !self.angle {
            self.phrase.1 = end;
        }
    }

    /// A comment outside of angle brackets.
    pub(super) fn comment(&mut self, token: &Token) {
        self.end = token.end;
        if self.words == 0 || self.angle || (self.at.is_some() && self.prev != Prev::At) {
            self.comment = (token.start, token.end);
            if !self.angle && self.words > 0 {
                // it is inside the domain if that goes on
                self.gap = true;
            }
            return;
        }
        self.spec_comment(token);
    }

    pub(super) fn spec_comment(&mut self, token: &Token) {
        self.inner_comment = self.inner_comment.or(Some((token.start, token.end)));
        self.gap = true;
        if self.angle {
            self.composed = true;
            if self.prev == Prev::Nothing {
                self.spec.0 = token.end;
            }
        }
    }

    /// An octet that belongs nowhere.
    pub(super) fn junk(&mut self, token: &Token) {
        self.end = token.end;
        if self.angle || self.tail.is_some() {
            return;
        }
        if self.at.is_some() {
            self.spec_junk(token);
            return;
        }
        if self.words > 0 {
            self.phrase.1 = token.end;
        }
        if !matches!(token.kind, Kind::Special(b'"' | b'(')) {
            if self.words == 0 {
                self.phrase = (token.start, token.end);
                self.words = 1;
            }
            self.runs = self.runs.max(1);
        }
        self.malformed = true;
        self.gap = true;
    }

    /// An octet that belongs nowhere, inside the address.
    pub(super) fn spec_junk(&mut self, token: &Token) {
        if self.prev == Prev::Nothing {
            self.spec.0 = token.start;
        }
        self.spec.1 = token.end;
        self.prev = Prev::Word;
        self.broken = true;
        self.composed = true;
        self.gap = false;
    }

    /// Leaves the words behind the address to the next item: where that begins.
    pub(super) fn cut_tail(&mut self) -> Option<usize> {
        let tail = self.tail.take()?;
        self.end = self.before_tail;
        Some(tail)
    }

    /// A closing bracket that was not opened.
    pub(super) fn closing(&mut self, token: &Token) {
        if self.at.is_some() || self.angle {
            self.end = token.end;
            self.gap = true;
            if !self.angle && self.prev != Prev::At {
                self.prev = Prev::Literal;
            }
        } else {
            self.junk(token);
        }
    }

    /// What was read is a name: the address follows.
    pub(super) fn open_angle(&mut self) {
        self.angle = true;
        self.at = None;
        self.several_ats = false;
        self.spaced = false;
        self.composed = false;
        self.malformed = false;
        self.inner_comment = None;
        self.tail = None;
        self.gap = false;
        self.prev = Prev::Nothing;
        self.spec = (self.end, self.end);
    }

    /// The mailbox; nothing if there are no words.
    pub(super) fn mailbox<'a>(
        &self,
        value: &'a [u8],
        text: &'a str,
        reading: Reading,
    ) -> Option<MailboxRef<'a>> {
        let mut mailbox = MailboxRef {
            value,
            text,
            span: (self.start, self.end),
            name: (0, 0),
            comment: self.comment,
            route: self.route,
            spec: self.spec,
            at: self.at.filter(|_| !self.several_ats),
            flags: 0,
            reading,
        };
        let mut broken = self.broken || self.several_ats || self.malformed;
        if self.angle {
            mailbox.name = self.phrase;
            if self.phrase.0 >= self.phrase.1
                && let Some(tail) = self.tail
            {
                mailbox.name = (tail, self.end);
            }
            broken |= self.at.is_none();
        } else if self.at.is_some() {
            if self.runs > 1 {
                mailbox.name = (self.phrase.0, trimmed(value, self.phrase.0, self.spec.0));
                broken = true;
            }
            broken |= self.tail.is_some();
        } else {
            if self.words == 0 {
                return None;
            }
            broken = true;
            let raw = value.get(self.spec.0..self.spec.1).unwrap_or_default();
            if self.runs > 1 || self.malformed || self.quoted || raw.starts_with(b"=?") {
                mailbox.name = self.phrase;
                mailbox.spec = (self.end, self.end);
            } else {
                mailbox.comment = self.inner_comment.unwrap_or(self.comment);
            }
        }
        if broken {
            mailbox.flags |= BROKEN;
        }
        if !self.composed && !self.malformed && !self.several_ats && self.at.is_some() {
            mailbox.flags |= PLAIN;
        }
        Some(mailbox)
    }
}

/// The end of a piece without the white space before it.
fn trimmed(value: &[u8], start: usize, end: usize) -> usize {
    let piece = value.get(start..end).unwrap_or_default();
    let last = piece.iter().rposition(|octet| !lex::is_space(*octet));
    last.map_or(start, |last| start.saturating_add(last).saturating_add(1))
}

//! The boundaries of the multiparts that are open.

use smallvec::SmallVec;

use super::Choices;

/// Octets of white space that may follow a boundary on its line; a line with more is text.
const PADDING: usize = 998;

/// What a line that begins with two hyphens is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Text.
    No,
    /// Text that begins like a delimiter.
    Prefix,
    /// There is too little of it to tell.
    More,
    /// A delimiter of this level, so many octets long, its line end included.
    Delimiter { level: usize, close: bool, octets: usize, lf: bool },
    /// A delimiter of a multipart that is closed, so many octets long: text.
    AfterClose { octets: usize },
}

#[derive(Clone, Copy, Debug)]
struct Level {
    /// Where its boundary begins in `octets`; it ends where the next begins.
    start: usize,
    digest: bool,
    seen: bool,
    closed: bool,
    /// A message inside a part: no boundary of its own.
    message: bool,
}

#[derive(Debug, Default)]
pub(super) struct Levels {
    levels: SmallVec<[Level; 4]>,
    octets: SmallVec<[u8; 128]>,
    multiparts: usize,
}

/// The place of a level that was opened.
pub(super) struct Opened {
    pub(super) index: usize,
    pub(super) reused: bool,
}

impl Levels {
    pub(super) fn clear(&mut self) {
        self.levels.clear();
        self.octets.clear();
        self.multiparts = 0;
    }

    pub(super) fn depth(&self) -> usize {
        self.levels.len()
    }

    /// Whether there is no boundary to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.multiparts == 0
    }

    pub(super) fn push(&mut self, boundary: &[u8], digest: bool) -> Opened {
        let reused = (0..self.levels.len()).any(|index| {
            self.boundary(index)
                .is_some_and(|outer| boundary.starts_with(outer) || outer.starts_with(boundary))
        });
        let level = Level { start: self.octets.len(), digest, seen: false, closed: false, message: false };
        self.octets.extend_from_slice(boundary);
        self.levels.push(level);
        self.multiparts += 1;
        Opened { index: self.levels.len() - 1, reused }
    }

    pub(super) fn enter_message(&mut self) {
        let start = self.octets.len();
        self.levels.push(Level { start, digest: false, seen: false, closed: false, message: true });
    }

    /// Forgets the levels inside of `level`.
    pub(super) fn truncate(&mut self, level: usize) {
        if let Some(next) = self.levels.get(level + 1) {
            self.octets.truncate(next.start);
        }
        self.levels.truncate(level + 1);
        self.multiparts = self.levels.iter().filter(|level| !level.message).count();
    }

    pub(super) fn is_digest(&self, level: usize) -> bool {
        self.levels.get(level).is_some_and(|level| level.digest)
    }

    pub(super) fn is_seen(&self, level: usize) -> bool {
        self.levels.get(level).is_some_and(|level| level.seen)
    }

    pub(super) fn is_closed(&self, level: usize) -> bool {
        self.levels.get(level).is_some_and(|level| level.closed)
    }

    pub(super) fn seen(&mut self, level: usize) {
        if let Some(level) = self.levels.get_mut(level) {
            level.seen = true;
        }
    }

    pub(super) fn close(&mut self, level: usize) {
        if let Some(level) = self.levels.get_mut(level) {
            level.closed = true;
        }
    }

    fn ignores(&self, level: usize, choices: Choices) -> bool {
        self.is_closed(level) && !choices.has(Choices::PARTS_AFTER_CLOSE)
    }

    fn boundary(&self, index: usize) -> Option<&[u8]> {
        let level = self.levels.get(index)?;
        if level.message {
            return None;
        }
        let end = self.levels.get(index + 1).map_or(self.octets.len(), |next| next.start);
        self.octets.get(level.start..end)
    }

    /// What a line is, inner levels first.
    pub(super) fn find(&self, line: &[u8], eof: bool, choices: Choices) -> Found {
        let mut answer = Found::No;
        let count = self.levels.len();
        for step in 0..count {
            let index = if choices.has(Choices::OUTER_FIRST) { step } else { count - 1 - step };
            let Some(boundary) = self.boundary(index) else { continue };
            match delimits(line, boundary, eof, choices) {
                Found::Delimiter { octets, .. } if self.ignores(index, choices) => {
                    answer = Found::AfterClose { octets };
                }
                Found::Delimiter { close, octets, lf, .. } => {
                    return Found::Delimiter { level: index, close, octets, lf };
                }
                Found::More => return Found::More,
                Found::Prefix => answer = Found::Prefix,
                _ => {}
            }
        }
        answer
    }
}

/// Whether a line is a delimiter of this boundary; its level is not known here.
pub(super) fn delimits(line: &[u8], boundary: &[u8], eof: bool, choices: Choices) -> Found {
    let Some(text) = line.strip_prefix(b"--") else {
        return if !eof && b"--".starts_with(line) { Found::More } else { Found::No };
    };
    if boundary.is_empty() {
        return Found::No;
    }
    let Some(tail) = text.strip_prefix(boundary) else {
        return if !eof && boundary.starts_with(text) { Found::More } else { Found::No };
    };
    let before = line.len() - tail.len();
    if let Some(behind) = tail.strip_prefix(b"--") {
        match end_of(behind, eof, choices) {
            End::At { octets, lf } => {
                return Found::Delimiter { level: 0, close: true, octets: before + 2 + octets, lf };
            }
            End::More => return Found::More,
            End::No => {}
        }
    } else if !eof && b"--".starts_with(tail) {
        return Found::More;
    }
    match end_of(tail, eof, choices) {
        End::At { octets, lf } => Found::Delimiter { level: 0, close: false, octets: before + octets, lf },
        End::More => Found::More,
        End::No => Found::Prefix,
    }
}

enum End {
    At { octets: usize, lf: bool },
    More,
    No,
}

/// The rest of a delimiter line: RFC 2046 section 5.1.1 allows white space.
fn end_of(tail: &[u8], eof: bool, choices: Choices) -> End {
    let anything = choices.has(Choices::PREFIX_DELIMITS);
    let mut crs = 0_usize;
    for (index, &octet) in tail.iter().enumerate() {
        match octet {
            b'\n' if crs > 0 || !choices.has(Choices::CRLF_ONLY) => {
                return End::At { octets: index + 1, lf: crs == 0 };
            }
            b'\r' if index < PADDING => crs += 1,
            b' ' | b'\t' if index < PADDING && crs == 0 => {}
            _ if anything && index < PADDING => crs = 0,
            _ => return End::No,
        }
    }
    if eof { End::At { octets: tail.len(), lf: false } } else { End::More }
}

//! Words, quoted strings and comments of a structured value, however they are written.

use super::Param;
use crate::{DefectKind, Report};

/// Reads a value from left to right. No octet is looked at more often than a few times.
pub(crate) struct Lexer<'a, 'r, R> {
    pub(crate) value: &'a [u8],
    pub(crate) at: usize,
    pub(crate) comment_depth: u16,
    pub(crate) report: &'r mut R,
}

/// Classes of octets.
const NO_TOKEN: u8 = 1;
const WHITE: u8 = 2;
/// What ends a value without quotes.
const ENDS_VALUE: u8 = 4;
/// What ends a name.
pub(crate) const ENDS_NAME: u8 = 8;
/// What ends a type or a disposition.
pub(crate) const ENDS_WORD: u8 = 16;
const SLASH: u8 = 32;
/// What ends a type before its slash.
pub(crate) const ENDS_TYPE: u8 = ENDS_WORD | SLASH;

static CLASSES: [u8; 256] = classes();

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "done by the compiler")]
const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut index = 0;
    while index < 256 {
        classes[index] = match index as u8 {
            b' ' | b'\t' | b'\r' | b'\n' => NO_TOKEN | WHITE | ENDS_VALUE | ENDS_NAME | ENDS_WORD,
            b';' | b'(' => NO_TOKEN | ENDS_VALUE | ENDS_NAME | ENDS_WORD,
            b'"' => NO_TOKEN | ENDS_NAME | ENDS_WORD,
            b',' => NO_TOKEN | ENDS_WORD,
            b'=' => NO_TOKEN | ENDS_NAME,
            b'/' => NO_TOKEN | SLASH,
            0..=0x1f | 0x7f | b')' | b'<' | b'>' | b'@' | b':' | b'\\' | b'[' | b']' | b'?' => NO_TOKEN,
            _ => 0,
        };
        index += 1;
    }
    classes
}

fn is(octet: u8, class: u8) -> bool {
    CLASSES.get(usize::from(octet)).is_some_and(|classes| classes & class != 0)
}

/// What may stand in a token (RFC 2045 section 5.1), octets above 127 too.
pub(crate) fn is_token(octet: u8) -> bool {
    !is(octet, NO_TOKEN)
}

fn is_white(octet: u8) -> bool {
    is(octet, WHITE)
}

impl<'a, R: Report> Lexer<'a, '_, R> {
    pub(crate) fn peek(&self) -> Option<u8> {
        self.value.get(self.at).copied()
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.value.get(start..end).unwrap_or_default()
    }

    /// What stands here up to an octet of the class.
    pub(crate) fn take(&mut self, ends: u8) -> &'a [u8] {
        let rest = self.value.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&octet| is(octet, ends)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    pub(crate) fn skip_white(&mut self) {
        let rest = self.value.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|&octet| !is_white(octet)).unwrap_or(rest.len());
    }

    /// White space, line ends and comments. Comments are reported.
    #[inline]
    pub(crate) fn skip_cfws(&mut self) {
        // mostly there is nothing, or one space
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        if self.peek().is_some_and(|octet| octet == b'(' || is_white(octet)) {
            self.skip_more();
        }
    }

    #[cold]
    fn skip_more(&mut self) {
        self.skip_white();
        while self.peek() == Some(b'(') {
            let start = self.at;
            self.skip_comment();
            self.report.report(DefectKind::CommentInToken, start..self.at);
            self.skip_white();
        }
    }

    /// The comment that begins here, comments inside included.
    fn skip_comment(&mut self) {
        let start = self.at;
        let mut depth = 0u16;
        while let Some(octet) = self.peek() {
            self.at += 1;
            match octet {
                b'(' => {
                    if depth == self.comment_depth {
                        self.report.report(DefectKind::LimitTruncated, start..self.value.len());
                        self.at = self.value.len();
                        return;
                    }
                    depth += 1;
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                b'\\' if self.at < self.value.len() => self.at += 1,
                _ => {}
            }
        }
        self.report.report(DefectKind::Unclosed, start..self.at);
    }

    /// The next parameter with a name and an equals sign.
    pub(crate) fn param(&mut self) -> Option<Param<'a>> {
        loop {
            self.skip_cfws();
            while self.peek().is_some_and(|octet| matches!(octet, b';' | b',')) {
                self.at += 1;
                self.skip_cfws();
            }
            let start = self.at;
            self.peek()?;
            let name = self.take(ENDS_NAME);
            self.skip_cfws();
            match self.peek() {
                Some(b'=') => self.at += 1,
                Some(b'"') => {
                    self.quoted();
                    self.report.report(DefectKind::ParameterForm, start..self.at);
                    continue;
                }
                _ => {
                    // a word that is no parameter; the next one may be
                    self.report.report(DefectKind::ParameterForm, start..self.at);
                    continue;
                }
            }
            self.skip_cfws();
            let (at, raw, quoted) = if self.peek() == Some(b'"') {
                let (at, raw) = self.quoted();
                (at, raw, true)
            } else {
                let (at, raw) = self.unquoted();
                (at, raw, false)
            };
            if name.is_empty() || name.first() == Some(&b'*') {
                self.report.report(DefectKind::ParameterForm, start..self.at);
                continue;
            }
            if raw.is_empty() && !quoted || !name.iter().copied().all(is_token) {
                self.report.report(DefectKind::ParameterForm, start..self.at);
            }
            return Some(Param { name, raw, quoted, at });
        }
    }

    /// The quoted string that begins here: where its content begins, and the content.
    fn quoted(&mut self) -> (usize, &'a [u8]) {
        self.at += 1;
        let start = self.at;
        loop {
            let rest = self.value.get(self.at..).unwrap_or_default();
            let Some(found) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.value.len();
                self.report.report(DefectKind::Unclosed, start - 1..self.at);
                let content = self.slice(start, self.at);
                return (start, content);
            };
            self.at += found;
            if self.peek() == Some(b'"') {
                break;
            }
            // the backslash, and what it escapes
            if let Some(&escaped) = self.value.get(self.at + 1)
                && (escaped.is_ascii_alphanumeric() || matches!(escaped, b'.' | b'_'))
            {
                self.report.report(DefectKind::ParameterForm, self.at..self.at + 2);
            }
            self.at = (self.at + 2).min(self.value.len());
        }
        let end = self.at;
        self.at += 1;
        match self.peek() {
            None => (start, self.slice(start, end)),
            Some(octet) if is_white(octet) || matches!(octet, b';' | b',' | b'(') => {
                (start, self.slice(start, end))
            }
            Some(_) if self.begins_param() => {
                self.report.report(DefectKind::ParameterForm, end..self.at);
                (start, self.slice(start, end))
            }
            // quotes inside of quotes: the last one before the semicolon closes
            Some(_) => {
                let rest = self.value.get(self.at..).unwrap_or_default();
                let segment =
                    rest.get(..memchr::memchr(b';', rest).unwrap_or(rest.len())).unwrap_or_default();
                self.report.report(DefectKind::ParameterForm, end..self.at + segment.len());
                let last = memchr::memrchr(b'"', segment).map_or(end, |found| self.at + found);
                self.at += segment.len();
                (start, self.slice(start, last))
            }
        }
    }

    /// A value without quotes: a token, or whatever stands up to the next semicolon or parameter.
    fn unquoted(&mut self) -> (usize, &'a [u8]) {
        let start = self.at;
        let mut end;
        loop {
            self.take(ENDS_VALUE);
            end = self.at;
            self.skip_white();
            match self.peek() {
                None | Some(b';') => break,
                Some(b'(') => {
                    let open = self.at;
                    self.skip_comment();
                    let close = self.at;
                    self.skip_white();
                    if matches!(self.peek(), None | Some(b';' | b'(')) || self.begins_param() {
                        self.report.report(DefectKind::CommentInToken, open..close);
                        break;
                    }
                    // as in: name=report (1).pdf
                    self.at = close;
                }
                Some(_) if self.begins_param() => {
                    self.report.report(DefectKind::ParameterForm, end..self.at);
                    break;
                }
                Some(_) => {}
            }
            self.report.report(DefectKind::ParameterForm, start..self.at);
        }
        let mut raw = self.slice(start, end);
        // a quote that was opened nowhere closes nothing
        if let [rest @ .., b'"'] = raw
            && memchr::memchr(b'"', rest).is_none()
        {
            self.report.report(DefectKind::ParameterForm, end - 1..end);
            raw = rest;
        }
        (start, raw)
    }

    /// Whether a name and an equals sign stand here that begin no encoded word.
    fn begins_param(&self) -> bool {
        let rest = self.value.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&octet| !is_token(octet)).unwrap_or(rest.len());
        length > 0
            && rest.get(length) == Some(&b'=')
            && !matches!(rest.get(length + 1), None | Some(b'?' | b'='))
    }
}

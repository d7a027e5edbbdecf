//! Paragraphs in plain text: format=flowed (RFC 3676).
//!
//! A line that ends in a space goes on in the next one of the same quote depth; the number of `>` at its beginning is
//! that depth; one space behind them is there for protection only. This works on text, after transfer encoding and
//! charset are decoded.
//!
//! ```abnf
//! flowed-body      = *( paragraph / fixed-line / sig-sep )
//! paragraph        = 1*flowed-line fixed-line
//! flowed-line      = ( flowed-line-qt / flowed-line-unqt ) flow CRLF
//! flow             = SP                                  ; space before CRLF indicates flowed line
//! sig-sep          = [ quote [stuffing] ] "--" SP CRLF
//! ```

use std::borrow::Cow;

/// A paragraph: one line that is as long as it wants to be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Paragraph<'a> {
    /// How often it is quoted.
    pub depth: usize,
    /// Its text without quote marks, stuffing and line ends. Of a signature separator it is `-- `.
    pub text: Cow<'a, str>,
}

impl<'a> Paragraph<'a> {
    /// A paragraph of this text.
    pub fn new(depth: usize, text: impl Into<Cow<'a, str>>) -> Self {
        Self { depth, text: text.into() }
    }

    /// Whether it is the line that separates a signature from the text before it (RFC 3676 section 4.3).
    pub fn is_signature_separator(&self) -> bool {
        self.text == SEPARATOR
    }
}

const SEPARATOR: &str = "-- ";

/// The paragraphs of a text, one after the other. Lines end with LF or CRLF.
///
/// A flowed line before a change of quote depth, a signature separator or the end is the last of its paragraph
/// (RFC 3676 section 4.5, "quote-depth-wins"); it keeps its space unless DelSp says otherwise.
///
/// # Example
///
/// ```
/// use mime_core::flowed::{Paragraph, Paragraphs};
///
/// let text = "> Will you \r\n> come?\r\nYes, \r\nof course.\r\n";
/// let paragraphs: Vec<_> = Paragraphs::new(text, false).collect();
/// assert_eq!(paragraphs, [Paragraph::new(1, "Will you come?"), Paragraph::new(0, "Yes, of course.")]);
/// ```
#[derive(Clone, Debug)]
pub struct Paragraphs<'a> {
    rest: &'a str,
    del_sp: bool,
}

struct Line<'a> {
    depth: usize,
    text: &'a str,
    is_separator: bool,
}

fn line(raw: &str) -> Line<'_> {
    // RFC 3676 section 4.3: "A receiving agent needs to test for a signature line both before the test for a quoted
    // line (see Section 4.5) and also after logically counting and deleting quote marks and stuffing (see Section 4.4)
    // from a quoted line."
    let text = raw.trim_start_matches('>');
    let depth = raw.len().saturating_sub(text.len());
    let unstuffed = text.strip_prefix(' ').unwrap_or(text);
    Line { depth, text: unstuffed, is_separator: raw == SEPARATOR || depth > 0 && unstuffed == SEPARATOR }
}

impl<'a> Paragraphs<'a> {
    /// The paragraphs of a text whose Content-Type says `format=flowed`. `del_sp` is whether it says `delsp=yes` too:
    /// the space that makes a line flow does not belong to the text then.
    pub fn new(text: &'a str, del_sp: bool) -> Self {
        Self { rest: text, del_sp }
    }

    fn peek(&self) -> Option<(Line<'a>, &'a str)> {
        if self.rest.is_empty() {
            return None;
        }
        let (raw, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
        Some((line(raw.strip_suffix('\r').unwrap_or(raw)), rest))
    }
}

impl<'a> Iterator for Paragraphs<'a> {
    type Item = Paragraph<'a>;

    fn next(&mut self) -> Option<Paragraph<'a>> {
        let (first, rest) = self.peek()?;
        self.rest = rest;
        if first.is_separator {
            return Some(Paragraph::new(first.depth, SEPARATOR));
        }
        let content = |line: &Line<'a>| match line.text.strip_suffix(' ') {
            Some(shorter) if self.del_sp => shorter,
            _ => line.text,
        };
        let mut text = Cow::Borrowed(content(&first));
        let mut flows = first.text.ends_with(' ');
        let mut rest = self.clone();
        while flows {
            let Some((next, behind)) = rest.peek() else { break };
            if next.depth != first.depth || next.is_separator {
                break;
            }
            text.to_mut().push_str(content(&next));
            flows = next.text.ends_with(' ');
            rest.rest = behind;
        }
        self.rest = rest.rest;
        Some(Paragraph { depth: first.depth, text })
    }
}

/// The text with every paragraph on one line, `>` as often as it is quoted and a space before it. Lines end with LF.
///
/// # Example
///
/// ```
/// assert_eq!(mime_core::flowed::to_plain(">> a \r\n>> b\r\n c\r\n", false), ">> a b\nc\n");
/// ```
pub fn to_plain(text: &str, del_sp: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for paragraph in Paragraphs::new(text, del_sp) {
        if paragraph.depth > 0 {
            plain.extend(std::iter::repeat_n('>', paragraph.depth));
            if !paragraph.text.is_empty() {
                plain.push(' ');
            }
        }
        plain.push_str(&paragraph.text);
        plain.push('\n');
    }
    plain
}

/// Writes paragraphs as lines.
///
/// # Example
///
/// ```
/// use mime_core::flowed::{Encoder, Paragraph};
///
/// let text = Encoder::new().width(20).encode([Paragraph::new(1, "Will you come tomorrow?"), Paragraph::new(0, "> no")]);
/// assert_eq!(text, "> Will you come \r\n> tomorrow?\r\n > no\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoder {
    width: usize,
    del_sp: bool,
}

impl Encoder {
    /// An encoder with lines of 72 characters that breaks them where spaces are: `format=flowed`.
    pub const fn new() -> Self {
        Self { width: 72, del_sp: false }
    }

    /// Characters of a line, marks and spaces included; 20 to 78. A word that is longer is not broken.
    #[must_use]
    pub const fn width(mut self, characters: usize) -> Self {
        self.width = match characters {
            0..20 => 20,
            20..=78 => characters,
            _ => 78,
        };
        self
    }

    /// Whether to write for `format=flowed; delsp=yes`: lines are broken between ideographs too.
    #[must_use]
    pub const fn del_sp(mut self, del_sp: bool) -> Self {
        self.del_sp = del_sp;
        self
    }

    /// The paragraphs as lines that end with CRLF. Line ends inside of a paragraph divide it; spaces at its end go,
    /// unless it is a signature separator.
    pub fn encode<'a>(self, paragraphs: impl IntoIterator<Item = Paragraph<'a>>) -> String {
        let mut out = String::new();
        for paragraph in paragraphs {
            for text in paragraph.text.split('\n') {
                self.paragraph(paragraph.depth, text.strip_suffix('\r').unwrap_or(text), &mut out);
            }
        }
        out
    }

    fn paragraph(self, depth: usize, text: &str, out: &mut String) {
        if text == SEPARATOR {
            put(depth, text, out);
            return;
        }
        // RFC 3676 section 4.2: "Trim spaces before user-inserted hard line breaks."
        let mut rest = text.trim_end_matches(' ');
        let marks = if depth > 0 { depth.saturating_add(1) } else { 0 };
        // With room for stuffing, and for the space that is added.
        let room = self.width.saturating_sub(marks).saturating_sub(1 + usize::from(self.del_sp)).max(10);
        loop {
            let end = self.break_at(rest, room);
            let (piece, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if behind.is_empty() {
                put(depth, piece, out);
                return;
            }
            put(depth, piece, out);
            if self.del_sp {
                out.truncate(out.len().saturating_sub(2));
                out.push_str(" \r\n");
            }
            rest = behind;
        }
    }

    /// Where to break: at most `room` characters on, unless there is no place before.
    fn break_at(self, text: &str, room: usize) -> usize {
        let mut found = None;
        let mut before = None;
        for (count, (at, character)) in text.char_indices().enumerate() {
            let breaks = match before {
                Some(' ') => true,
                Some(before) => self.del_sp && is_ideograph(before) && is_ideograph(character),
                None => false,
            };
            before = Some(character);
            // RFC 3676 section 4.2: "When placing soft line breaks in a paragraph, generating agents MUST NOT place
            // them in a way that causes any line of the paragraph to be a signature separator line"
            if breaks && text.get(..at) != Some(SEPARATOR) && text.get(..at) != Some("--") {
                if count > room {
                    return found.unwrap_or(at);
                }
                found = Some(at);
            }
            if count > room && found.is_some() {
                return found.unwrap_or(at);
            }
        }
        text.len()
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

/// One line, protected.
fn put(depth: usize, text: &str, out: &mut String) {
    out.extend(std::iter::repeat_n('>', depth));
    // RFC 3676 section 4.4: "On generation, any unquoted lines which start with ">", and any lines which start with a
    // space or "From " MUST be space-stuffed."
    let is_stuffed =
        if depth > 0 { !text.is_empty() } else { text.starts_with([' ', '>']) || text.starts_with("From ") };
    if is_stuffed {
        out.push(' ');
    }
    out.push_str(text);
    out.push_str("\r\n");
}

/// Whether lines may be broken around this character without a space.
fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

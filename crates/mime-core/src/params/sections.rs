//! Sections, charsets and percent encoding of values (RFC 2231).

use std::borrow::Cow;

use super::{COMPARED, List, Param};
use crate::{
    Charset, Config, DefectKind, Report,
    encoded_word::{decode_text_into, hex, inspect},
};

/// What the asterisks of a name say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// `name`
    Whole,
    /// `name*`
    Extended,
    /// `name*1` or `name*1*`
    Part { number: u32, extended: bool },
    /// Anything else with an asterisk: an asterisk more, a number with a leading zero or of more than nine digits.
    Irregular,
}

/// The name without what belongs to the section.
pub(crate) fn split(name: &[u8]) -> (&[u8], Section) {
    let Some(star) = memchr::memchr(b'*', name) else { return (name, Section::Whole) };
    let (base, tail) = name.split_at_checked(star).unwrap_or((name, b""));
    let tail = tail.get(1..).unwrap_or_default();
    if tail.is_empty() {
        return (base, Section::Extended);
    }
    let (digits, extended) = match tail {
        [digits @ .., b'*'] => (digits, true),
        _ => (tail, false),
    };
    // RFC 2231 section 3: no section number other than 0 begins with 0
    let sound = match digits {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 9 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !sound {
        return (base, Section::Irregular);
    }
    let number = digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (base, Section::Part { number, extended })
}

/// The value unfolded, its quoted pairs resolved: all of them if `strict`.
pub(super) fn unquote<'a>(param: &Param<'a>, strict: bool) -> Cow<'a, [u8]> {
    let raw = param.raw;
    if memchr::memchr3(b'\\', b'\r', b'\n', raw).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut octets = Vec::with_capacity(raw.len());
    let mut rest = raw;
    let mut folded = false;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        match octet {
            b'\n' => {
                while octets.last() == Some(&b'\r') {
                    octets.pop();
                }
                folded = true;
                continue;
            }
            b'\t' if folded => octets.push(b' '),
            b'\\' if param.quoted => match behind.split_first() {
                Some((&escaped, behind)) if strict || !is_path(escaped) => {
                    octets.push(escaped);
                    rest = behind;
                }
                _ => octets.push(octet),
            },
            _ => octets.push(octet),
        }
        folded = false;
    }
    Cow::Owned(octets)
}

/// What follows a backslash in paths rather than in quoted pairs.
const fn is_path(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'_' | b'\r' | b'\n') || octet >= 0x80
}

impl<'a> List<'a> {
    /// The value of a parameter: extended, else put together from sections, else plain. Encoded words are decoded in
    /// names of files only.
    pub(crate) fn text(&self, name: &str, report: &mut impl Report) -> Option<Cow<'a, str>> {
        if !self.starred {
            return Some(self.plain(&self.whole(name)?, is_name(name.as_bytes()), report));
        }
        self.resolve(&self.params().collect::<Vec<_>>(), name.as_bytes(), report)
    }

    /// The octets of a parameter whose charset does not matter: plain, else put together, else extended.
    pub(crate) fn octets(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        if let Some(param) = self.whole(name) {
            return Some(unquote(&param, true));
        }
        if !self.starred {
            return None;
        }
        let params = self.params().collect::<Vec<_>>();
        let joined = self.joined(&params, name.as_bytes(), &mut ())?;
        Some(Cow::Owned(joined.octets))
    }

    /// Everything that a reader might take for the value, the most likely first.
    pub(crate) fn all(&self, name: &str) -> Vec<Cow<'a, str>> {
        let words = is_name(name.as_bytes());
        let mut values = Vec::new();
        let mut add = |value: Cow<'a, str>| {
            if values.len() < COMPARED && !values.contains(&value) {
                values.push(value);
            }
        };
        let params = self.params().collect::<Vec<_>>();
        if let Some(value) = self.resolve(&params, name.as_bytes(), &mut ()) {
            add(value);
        }
        for param in &params {
            let (base, section) = split(param.name);
            if !base.eq_ignore_ascii_case(name.as_bytes()) {
                continue;
            }
            match section {
                Section::Whole => {
                    add(self.plain(param, words, &mut ()));
                    add(self.plain(param, !words, &mut ()));
                    add(text(unquote(param, true), &self.config()));
                    // as far as the grammar goes
                    if !param.quoted
                        && let Some(end) = param.raw.iter().position(|&octet| !super::lexer::is_token(octet))
                    {
                        add(text(Cow::Borrowed(param.raw.get(..end).unwrap_or_default()), &self.config()));
                    }
                }
                Section::Extended => {
                    if let Some(joined) = self.joined(std::slice::from_ref(param), name.as_bytes(), &mut ()) {
                        add(Cow::Owned(self.decode(&joined, param, &mut ())));
                    }
                }
                Section::Part { .. } | Section::Irregular => {}
            }
        }
        let parts: Vec<_> = params
            .iter()
            .copied()
            .filter(|param| matches!(split(param.name).1, Section::Part { .. }))
            .collect();
        if let Some(value) = self.resolve(&parts, name.as_bytes(), &mut ()) {
            add(value);
        }
        values
    }

    /// Reports what is wrong with sections and extended values.
    pub(super) fn inspect_sections(&self, report: &mut impl Report) {
        let params = self.params().collect::<Vec<_>>();
        let mut names: Vec<&[u8]> = Vec::new();
        for param in &params {
            let (base, section) = split(param.name);
            if section == Section::Irregular {
                report.report(DefectKind::Rfc2231Number, param.span());
            }
            if section != Section::Whole
                && names.len() < COMPARED
                && !names.iter().any(|name| name.eq_ignore_ascii_case(base))
            {
                names.push(base);
                self.resolve(&params, base, report);
            }
        }
    }

    fn resolve(&self, params: &[Param<'a>], name: &[u8], report: &mut impl Report) -> Option<Cow<'a, str>> {
        if let Some(joined) = self.joined(params, name, report) {
            let first = joined.first?;
            return Some(Cow::Owned(self.decode(&joined, &first, report)));
        }
        let param = params.iter().find(|param| param.name.eq_ignore_ascii_case(name))?;
        Some(self.plain(param, is_name(name), report))
    }

    /// Text of a parameter of the name of a file.
    pub(crate) fn plain_text(&self, param: &Param<'a>) -> Cow<'a, str> {
        self.plain(param, true, &mut ())
    }

    /// Text of a plain value.
    fn plain(&self, param: &Param<'a>, words: bool, report: &mut impl Report) -> Cow<'a, str> {
        let octets = unquote(param, false);
        if words && memchr::memmem::find(&octets, b"=?").is_some() {
            let mut text = String::new();
            decode_text_into(&mut text, &octets, &self.config(), &mut Within { param, report });
            return Cow::Owned(text);
        }
        let text = text(octets, &self.config());
        inspect(&text, param.span(), report);
        text
    }

    /// The extended value, or the sections put together, if there are any.
    fn joined(&self, params: &[Param<'a>], name: &[u8], report: &mut impl Report) -> Option<Joined<'a>> {
        let mut whole = false;
        let mut extended: Option<Param<'a>> = None;
        let mut parts: Vec<(u32, bool, Param<'a>)> = Vec::new();
        for param in params {
            let (base, section) = split(param.name);
            if !base.eq_ignore_ascii_case(name) {
                continue;
            }
            match section {
                Section::Whole => whole = true,
                Section::Extended => {
                    extended.get_or_insert(*param);
                }
                Section::Part { number, extended } => parts.push((number, extended, *param)),
                Section::Irregular => {}
            }
        }
        let mut joined = Joined::default();
        if let Some(param) = extended {
            if whole || !parts.is_empty() {
                report.report(DefectKind::Rfc2231Duplicate, param.span());
            }
            joined.push(&param, true, report);
            return Some(joined);
        }
        // RFC 2231 section 3: "the mechanism MUST NOT depend on parameter ordering"
        parts.sort_by_key(|(number, ..)| *number);
        let mut parts = parts.into_iter();
        let (mut last, extended, param) = parts.next()?;
        if whole {
            report.report(DefectKind::Rfc2231Duplicate, param.span());
        }
        if last > 0 {
            report.report(DefectKind::Rfc2231Gap, param.span());
        }
        // the first section has the number 0; some begin at 1, as RFC 2231 once had it in an example
        if last > 1 {
            return None;
        }
        joined.push(&param, extended, report);
        let mut count = 1;
        for (number, extended, param) in parts {
            if number == last {
                report.report(DefectKind::Rfc2231Duplicate, param.span());
            } else if number != last + 1 {
                report.report(DefectKind::Rfc2231Gap, param.span());
                break;
            } else if count == self.sections {
                report.report(DefectKind::LimitTruncated, param.span());
                break;
            } else {
                joined.push(&param, extended, report);
                last = number;
                count += 1;
            }
        }
        Some(joined)
    }

    fn decode(&self, joined: &Joined<'a>, param: &Param<'a>, report: &mut impl Report) -> String {
        if !joined.extended
            && is_name(split(param.name).0)
            && memchr::memmem::find(&joined.octets, b"=?").is_some()
        {
            let mut text = String::new();
            decode_text_into(&mut text, &joined.octets, &self.config(), &mut Within { param, report });
            return text;
        }
        let charset = match &joined.charset {
            Some(label) => Charset::from_label_with(label, &self.config()).unwrap_or_else(|| {
                report.report(DefectKind::CharsetUnknown, param.span());
                Charset::guess(&joined.octets)
            }),
            None => Charset::guess(&joined.octets),
        };
        let (text, foreign) = charset.decode_value(&joined.octets);
        if foreign {
            report.report(DefectKind::Rfc2231Encoding, param.span());
        }
        inspect(&text, param.span(), report);
        text.into_owned()
    }
}

/// Parameters whose values are names of files: encoded words are written into them, and nowhere else read.
fn is_name(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"filename") || name.eq_ignore_ascii_case(b"name")
}

fn text<'a>(octets: Cow<'a, [u8]>, config: &Config) -> Cow<'a, str> {
    match octets {
        Cow::Borrowed(octets) => config.header_text(octets),
        Cow::Owned(octets) => Cow::Owned(match String::from_utf8(octets) {
            Ok(text) => text,
            Err(error) => config.header_text(error.as_bytes()).into_owned(),
        }),
    }
}

/// Tells defects of an unquoted copy of a value as defects of the value.
struct Within<'p, 'a, R> {
    param: &'p Param<'a>,
    report: R,
}

impl<R: Report> Report for Within<'_, '_, R> {
    fn report(&mut self, kind: DefectKind, _: std::ops::Range<usize>) {
        self.report.report(kind, self.param.span());
    }
}

/// Octets of an extended value or of sections.
#[derive(Default)]
struct Joined<'a> {
    first: Option<Param<'a>>,
    charset: Option<Vec<u8>>,
    octets: Vec<u8>,
    /// Some section is extended.
    extended: bool,
}

impl<'a> Joined<'a> {
    fn push(&mut self, param: &Param<'a>, extended: bool, report: &mut impl Report) {
        let octets = unquote(param, false);
        let first = self.first.is_none();
        self.first.get_or_insert(*param);
        if !extended {
            self.octets.extend_from_slice(&octets);
            return;
        }
        let mut sound = !param.quoted;
        self.extended = true;
        let mut text: &[u8] = &octets;
        if first {
            let mut pieces = octets.splitn(3, |&octet| octet == b'\'');
            if let (Some(label), Some(_), Some(rest)) = (pieces.next(), pieces.next(), pieces.next()) {
                self.charset = (!label.is_empty()).then(|| label.to_vec());
                text = rest;
            } else {
                sound = false;
            }
        } else if let Some(label) = &self.charset
            && text.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label))
            && let Some(rest) = text.get(label.len()..).and_then(|rest| rest.strip_prefix(b"'"))
        {
            // the charset once more, where only the first section has it
            text = rest.strip_prefix(b"'").unwrap_or(rest);
            sound = false;
        } else if self.charset.is_none() && self.octets.is_empty() {
            sound = false;
        }
        if !percent_into(text, &mut self.octets) || !sound {
            report.report(DefectKind::Rfc2231Encoding, param.span());
        }
    }
}

/// Appends what the percent encoding stands for; says whether it was sound.
fn percent_into(text: &[u8], octets: &mut Vec<u8>) -> bool {
    let mut sound = true;
    let mut rest = text;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        if octet == b'%' {
            if let [high, low, behind @ ..] = behind
                && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            {
                octets.push(high << 4 | low);
                rest = behind;
                continue;
            }
            sound = false;
        }
        octets.push(octet);
    }
    sound
}

//! Parameters of Content-Type and Content-Disposition (RFC 2045 section 5.1, RFC 2231).
//!
//! ```abnf
//! parameter         = regular-parameter / extended-parameter
//! regular-parameter = regular-parameter-name "=" value
//! extended-parameter = (extended-initial-name "=" extended-value) /
//!                      (extended-other-names "=" extended-other-values)
//! ```

use std::borrow::Cow;

use crate::{Config, DefectKind, Limits, Report, config::Reading, once::Once};

pub(crate) mod lexer;
mod sections;

use lexer::Lexer;

/// More names are not compared with each other.
const COMPARED: usize = 64;

/// One parameter as it stands, before RFC 2231 puts its sections together.
///
/// # Example
///
/// ```
/// use mime_core::{Config, ContentType};
///
/// let value = br#"text/plain; Charset="utf\-8" (really); name*0=a"#;
/// let content_type = ContentType::parse(value, &Config::new(), &mut ()).unwrap();
/// let params: Vec<_> = content_type.params().collect();
/// assert_eq!(params[0].name(), b"Charset");
/// assert_eq!(params[0].raw(), br"utf\-8");
/// assert!(params[0].is_quoted());
/// assert_eq!(params[0].octets().as_ref(), b"utf-8");
/// assert_eq!(params[1].name(), b"name*0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    name: &'a [u8],
    raw: &'a [u8],
    quoted: bool,
    /// Where `raw` begins in the value of the field.
    at: usize,
}

impl<'a> Param<'a> {
    /// The name, with the asterisks and the number of RFC 2231 section 3.
    pub const fn name(&self) -> &'a [u8] {
        self.name
    }

    /// The value: what stands between the quotes, or without quotes.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether the value is a quoted string.
    pub const fn is_quoted(&self) -> bool {
        self.quoted
    }

    /// Where [`raw`](Self::raw) stands in the value of the field.
    pub const fn span(&self) -> std::ops::Range<usize> {
        self.at..self.at + self.raw.len()
    }

    /// The value unfolded, with its quoted pairs resolved (RFC 2045 section 5.1).
    ///
    /// A backslash before a letter, a digit, `.` or `_` escapes nothing that would need it: programs write paths of
    /// Windows so. It is kept.
    pub fn octets(&self) -> Cow<'a, [u8]> {
        sections::unquote(self, false)
    }

    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The parameters of a value as they stand, in order, duplicates included: see [`ContentType::params`] and
/// [`ContentDisposition::params`].
///
/// [`ContentType::params`]: crate::ContentType::params
/// [`ContentDisposition::params`]: crate::ContentDisposition::params
#[derive(Clone, Debug)]
pub struct Params<'a> {
    value: &'a [u8],
    at: usize,
    left: usize,
    comment_depth: u16,
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        self.left = self.left.checked_sub(1)?;
        let mut lexer =
            Lexer { value: self.value, at: self.at, comment_depth: self.comment_depth, report: &mut () };
        let param = lexer.param();
        self.at = lexer.at;
        param
    }
}

/// The part of a value behind the type or the disposition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    value: &'a [u8],
    at: usize,
    reading: Reading,
    params: usize,
    sections: usize,
    /// Some name may have an asterisk.
    starred: bool,
}

impl<'a> List<'a> {
    /// Reads all parameters once, to report what is wrong with them.
    pub(crate) fn parse(value: &'a [u8], at: usize, config: &Config, report: &mut impl Report) -> Self {
        let Limits { params: most, param_sections: sections, .. } = config.limits;
        let mut list =
            Self { value, at, reading: Reading::new(config), params: most, sections, starred: false };
        let params = value.get(at..).unwrap_or_default();
        if params.is_empty() {
            return list;
        }
        if report.is_ignored() {
            // What stands in values makes no difference: who asks for a parameter looks at names.
            list.starred = memchr::memchr(b'*', params).is_some();
            return list;
        }
        let mut once = Once::new(report);
        let mut lexer = Lexer { value, at, comment_depth: config.limits.comment_depth, report: &mut once };
        let mut names = [&b""[..]; 4];
        let mut more = Vec::new();
        let mut count = 0;
        while let Some(param) = lexer.param() {
            if count == most {
                lexer.report.report(DefectKind::LimitTruncated, param.span());
                break;
            }
            list.starred |= param.name.contains(&b'*');
            let seen = |name: &&[u8]| name.eq_ignore_ascii_case(param.name);
            if count > 0 && (names.iter().take(count).any(seen) || more.iter().any(seen)) {
                lexer.report.report(DefectKind::DuplicateParameter, param.span());
            }
            match names.get_mut(count) {
                Some(slot) => *slot = param.name,
                None if count < COMPARED => more.push(param.name),
                None => {}
            }
            count += 1;
            inspect(&param, lexer.report);
        }
        if list.starred {
            list.inspect_sections(&mut once);
        }
        list
    }

    pub(crate) fn params(&self) -> Params<'a> {
        let Self { value, at, reading, params, .. } = *self;
        Params { value, at, left: params, comment_depth: reading.comment_depth }
    }

    /// The first parameter that has exactly this name.
    pub(crate) fn whole(&self, name: &str) -> Option<Param<'a>> {
        self.params().find(|param| param.is(name))
    }

    pub(crate) const fn is_starred(&self) -> bool {
        self.starred
    }

    pub(crate) const fn config(&self) -> Config {
        self.reading.config()
    }
}

fn inspect(param: &Param<'_>, report: &mut impl Report) {
    let mut question = false;
    let mut high = false;
    for &octet in param.raw {
        question |= octet == b'?';
        high |= octet >= 0x80;
    }
    if question && memchr::memmem::find(param.raw, b"=?").is_some() {
        report.report(DefectKind::EncodedWordInStructured, param.span());
    }
    if high && str::from_utf8(param.raw).is_err() {
        report.report(DefectKind::EightBitHeader, param.span());
    }
}

//! Content-Disposition (RFC 2183).

use std::borrow::Cow;

use crate::{
    Config, DefectKind, Params, Report,
    content_type::behind_word,
    params::{
        List,
        lexer::{ENDS_NAME, Lexer, is_token},
    },
};

/// The value of a Content-Disposition field (RFC 2183 section 2).
///
/// ```abnf
/// disposition := "Content-Disposition" ":" disposition-type *(";" disposition-parm)
/// ```
///
/// It borrows from the value, and reads it as liberally as [`ContentType`](crate::ContentType) does.
///
/// # Example
///
/// ```
/// use mime_core::{Config, ContentDisposition};
///
/// let value = b"attachment; filename=\"Bericht.pdf\"; size=12345";
/// let disposition = ContentDisposition::parse(value, &Config::new(), &mut ()).unwrap();
/// assert!(disposition.is_attachment());
/// assert_eq!(disposition.param("filename").as_deref(), Some("Bericht.pdf"));
/// assert_eq!(disposition.size(), Some(12_345));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ContentDisposition<'a> {
    disposition: &'a str,
    list: List<'a>,
}

impl<'a> ContentDisposition<'a> {
    /// Parses the value of a field, folded as it stands.
    ///
    /// `None` if there is nothing in it, [`DefectKind::InvalidValue`] is reported then. A value that begins with a
    /// parameter has an empty disposition, which [`is_attachment`](Self::is_attachment).
    pub fn parse(value: &'a [u8], config: &Config, report: &mut impl Report) -> Option<Self> {
        let mut lexer = Lexer { value, at: 0, comment_depth: config.limits.comment_depth, report };
        lexer.skip_cfws();
        let quoted = lexer.peek() == Some(b'"');
        if quoted {
            lexer.at += 1;
        }
        let start = lexer.at;
        let word = lexer.take(ENDS_NAME);
        let end = lexer.at;
        lexer.skip_cfws();
        if lexer.peek() == Some(b'=') {
            lexer.report.report(DefectKind::InvalidValue, start..end);
            return Some(Self { disposition: "", list: List::parse(value, start, config, report) });
        }
        let disposition = str::from_utf8(word).unwrap_or_default();
        if disposition.is_empty() && lexer.peek().is_none() {
            lexer.report.report(DefectKind::InvalidValue, 0..value.len());
            return None;
        }
        if quoted
            || disposition.is_empty()
            || !disposition.bytes().all(|octet| is_token(octet) && octet < 0x80)
        {
            lexer.report.report(DefectKind::InvalidValue, start..end);
        }
        lexer.at = end;
        let at = behind_word(&mut lexer, quoted);
        Some(Self { disposition, list: List::parse(value, at, config, report) })
    }

    /// The disposition as it stands; may be empty.
    pub const fn disposition(&self) -> &'a str {
        self.disposition
    }

    /// Whether it is `inline` (RFC 2183 section 2.1).
    pub fn is_inline(&self) -> bool {
        self.disposition.eq_ignore_ascii_case("inline")
    }

    /// Whether it is `attachment` (RFC 2183 section 2.2), or anything else than `inline`: RFC 2183 section 2.8 wants
    /// unknown dispositions treated so.
    pub fn is_attachment(&self) -> bool {
        // RFC 2183 section 2.8: "Unrecognized disposition types should be treated as
        // attachment."
        !self.is_inline()
    }

    /// The value of a parameter: see [`ContentType::param`](crate::ContentType::param).
    pub fn param(&self, name: &str) -> Option<Cow<'a, str>> {
        self.list.text(name, &mut ())
    }

    /// The parameters as they stand: see [`ContentType::params`](crate::ContentType::params).
    pub fn params(&self) -> Params<'a> {
        self.list.params()
    }

    /// Everything that a reader might take for the value: see [`ContentType::all`](crate::ContentType::all).
    pub fn all(&self, name: &str) -> Vec<Cow<'a, str>> {
        self.list.all(name)
    }

    /// The approximate size in octets (RFC 2183 section 2.7), if it is a number.
    pub fn size(&self) -> Option<u64> {
        self.param("size")?.trim().parse().ok()
    }

    /// The creation date (RFC 2183 section 2.4), a date-time of RFC 5322 section 3.3 as it stands.
    pub fn creation_date(&self) -> Option<Cow<'a, str>> {
        self.param("creation-date")
    }

    /// The modification date (RFC 2183 section 2.5), a date-time of RFC 5322 section 3.3 as it stands.
    pub fn modification_date(&self) -> Option<Cow<'a, str>> {
        self.param("modification-date")
    }

    /// The read date (RFC 2183 section 2.6), a date-time of RFC 5322 section 3.3 as it stands.
    pub fn read_date(&self) -> Option<Cow<'a, str>> {
        self.param("read-date")
    }

    pub(crate) const fn list(&self) -> &List<'a> {
        &self.list
    }
}

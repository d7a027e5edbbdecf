//! The charset that a piece of HTML declares of itself.

use super::Charset;

/// How many octets are searched: what the HTML standard asks of browsers.
const SEARCHED: usize = 1024;

/// The charset that a `meta` element in the first 1024 octets declares: `<meta charset="...">` or `<meta
/// http-equiv="Content-Type" content="text/html; charset=...">`.
///
/// A fallback for text/html without a charset parameter: the parameter of the field counts where there is one.
///
/// Not a parser of HTML: the first `charset=` inside a `meta` tag counts. Comments are skipped. A UTF-16 that is
/// declared so cannot be, because the declaration was read; it is UTF-8.
///
/// # Example
///
/// ```
/// use mime_core::charset::{Charset, from_html_meta};
///
/// let html = b"<html><head><meta http-equiv=Content-Type content=\"text/html; charset=iso-8859-1\">";
/// assert_eq!(from_html_meta(html), Some(Charset::WINDOWS_1252));
/// assert_eq!(from_html_meta(b"<p>charset=utf-8"), None);
/// ```
pub fn from_html_meta(octets: &[u8]) -> Option<Charset> {
    let mut rest = octets.get(..SEARCHED).unwrap_or(octets);
    loop {
        let at = memchr::memchr(b'<', rest)?;
        rest = rest.get(at + 1..)?;
        if let Some(comment) = rest.strip_prefix(b"!--") {
            rest = comment.get(memchr::memmem::find(comment, b"-->")? + 3..)?;
            continue;
        }
        let is_meta = rest.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
            && rest.get(4).is_some_and(|octet| octet.is_ascii_whitespace() || *octet == b'/');
        if is_meta {
            let tag = rest.get(4..memchr::memchr(b'>', rest).unwrap_or(rest.len()))?;
            if let Some(charset) = in_tag(tag) {
                return Some(if charset.name().starts_with("UTF-16") { Charset::UTF_8 } else { charset });
            }
        }
    }
}

fn in_tag(tag: &[u8]) -> Option<Charset> {
    let mut rest = tag;
    loop {
        let at = rest.windows(7).position(|window| window.eq_ignore_ascii_case(b"charset"))?;
        rest = rest.get(at + 7..)?;
        if let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") {
            let value = value.trim_ascii_start();
            let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
            let end = value
                .iter()
                .position(|octet| octet.is_ascii_whitespace() || matches!(octet, b'"' | b'\'' | b';' | b'/'))
                .unwrap_or(value.len());
            return Charset::from_label(value.get(..end)?);
        }
    }
}

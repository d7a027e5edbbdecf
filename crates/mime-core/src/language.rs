//! Small fields: languages, keywords, the version of MIME.

use std::borrow::Cow;

use crate::authentication_results::skip_cfws;
use crate::list::phrase_text;
use crate::{Config, cursor};

/// The parts between commas that are in no comment and no quoted string.
#[derive(Clone, Debug)]
struct CommaList<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for CommaList<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let whole = self.rest;
        if whole.is_empty() {
            return None;
        }
        let mut rest = whole;
        loop {
            let Some(at) = memchr::memchr3(b',', b'(', b'"', rest) else {
                self.rest = &[];
                return Some(whole);
            };
            let inside = rest.get(at + 1..)?;
            let end = match rest.get(at)? {
                b'(' => cursor::comment(inside),
                b'"' => cursor::quoted(inside),
                _ => {
                    self.rest = inside;
                    return whole.get(..whole.len() - inside.len() - 1);
                }
            };
            rest = end.and_then(|end| inside.get(end..)).unwrap_or_default();
        }
    }
}

/// The language tags of a `Content-Language` or `Accept-Language` field (RFC 3282 section 2), in the order they stand.
///
/// What is no tag is passed over: tags are letters, digits and hyphens. A quality (`;q=0.5`) is not given.
///
/// # Example
///
/// ```
/// use mime_core::language_tags;
///
/// let tags: Vec<_> = language_tags(b" de-CH (Swiss German), en;q=0.5").collect();
/// assert_eq!(tags, ["de-CH", "en"]);
/// ```
pub fn language_tags(value: &[u8]) -> impl Iterator<Item = &str> {
    CommaList { rest: value }.filter_map(|part| {
        let part = skip_cfws(part);
        let tag = part.get(..cursor::word(part))?;
        let good = !tag.is_empty() && tag.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
        std::str::from_utf8(tag).ok().filter(|_| good)
    })
}

/// The phrases of a `Keywords` field (RFC 5322 section 3.6.5) as text: unquoted, encoded words decoded, without empty
/// ones.
///
/// # Example
///
/// ```
/// use mime_core::{Config, keywords};
///
/// let phrases: Vec<_> = keywords(b" travel, \"north, south\", Gr\xc3\xbc\xc3\x9fe", &Config::new()).collect();
/// assert_eq!(phrases, ["travel", "north, south", "Gr\u{fc}\u{df}e"]);
/// ```
pub fn keywords<'a>(value: &'a [u8], config: &Config) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
    let config = *config;
    CommaList { rest: value }
        .map(cursor::trim)
        .filter(|phrase| !phrase.is_empty())
        .map(move |phrase| phrase_text(phrase, &config, &mut ()))
}

/// The version that a `MIME-Version` field declares (RFC 2045 section 4); `None` if it declares none.
///
/// # Example
///
/// ```
/// use mime_core::mime_version;
///
/// assert_eq!(mime_version(b" 1.(produced by MetaSend Vx.x)0"), Some((1, 0)));
/// assert_eq!(mime_version(b" one"), None);
/// ```
pub fn mime_version(value: &[u8]) -> Option<(u32, u32)> {
    let (major, rest) = number(skip_cfws(value))?;
    let [b'.', rest @ ..] = skip_cfws(rest) else {
        return None;
    };
    let (minor, rest) = number(skip_cfws(rest))?;
    skip_cfws(rest).is_empty().then_some((major, minor))
}

fn number(octets: &[u8]) -> Option<(u32, &[u8])> {
    let length = octets.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = octets.split_at(length);
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

//! Fields of mailing lists.

use std::borrow::Cow;

use crate::authentication_results::{comments, skip_cfws, text};
use crate::{Config, DefectKind, Report, cursor, encoded_word};

/// The value of a `List-Id` field (RFC 2919 section 3): what a list is called, by people and by programs.
///
/// ```abnf
/// list-id-header  =  "List-ID:" [phrase] "<" list-id ">" CRLF
/// list-id         =  list-label "." list-id-namespace
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Config, ListId};
///
/// let list = ListId::parse(b" \"Lena's Personal Joke List\" <lenas-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost>", &mut ());
/// assert_eq!(list.name(&Config::new(), &mut ()), "Lena's Personal Joke List");
/// assert!(list.is("LENAS-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListId<'a> {
    phrase: &'a [u8],
    id: &'a [u8],
}

impl<'a> ListId<'a> {
    /// Reads the raw value of a field. Without angle brackets, all of it is the identifier.
    ///
    /// [`InvalidValue`](DefectKind::InvalidValue) is reported if the identifier is none.
    pub fn parse(value: &'a [u8], report: &mut impl Report) -> Self {
        let (phrase, id) = match angle(value) {
            Some((before, inside, _)) => (cursor::trim(before), cursor::trim(inside)),
            None => (&b""[..], cursor::trim(value)),
        };
        if !id.contains(&b'.') || !id.iter().all(|b| b.is_ascii_graphic() && *b != b'<') {
            report.report(DefectKind::InvalidValue, 0..value.len());
        }
        Self { phrase, id }
    }

    /// The identifier, without angle brackets.
    pub fn id(&self) -> &'a [u8] {
        self.id
    }

    /// Whether this is the identifier, in upper or lower case.
    pub fn is(&self, id: &str) -> bool {
        // RFC 2919 section 6: "There is only one operation defined for list identifiers, that of case insensitive
        // equality"
        self.id.eq_ignore_ascii_case(id.as_bytes())
    }

    /// The phrase before the identifier, as it stands. May be empty.
    pub fn phrase(&self) -> &'a [u8] {
        self.phrase
    }

    /// The phrase as text: unquoted, encoded words decoded.
    pub fn name(&self, config: &Config, report: &mut impl Report) -> Cow<'a, str> {
        phrase_text(self.phrase, config, report)
    }
}

/// A phrase as text.
pub(crate) fn phrase_text<'a>(phrase: &'a [u8], config: &Config, report: &mut impl Report) -> Cow<'a, str> {
    match phrase {
        [b'"', ..] if memchr::memmem::find(phrase, b"=?").is_none() => text(phrase),
        [b'"', inside @ .., b'"'] => encoded_word::decode_text(inside, config, report),
        _ => encoded_word::decode_text(phrase, config, report),
    }
}

/// What stands before, in and behind the first angle brackets that are in no comment and no quoted string.
fn angle(value: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut rest = value;
    loop {
        let at = memchr::memchr3(b'<', b'(', b'"', rest)?;
        let inside = rest.get(at + 1..)?;
        rest = match rest.get(at)? {
            b'(' => inside.get(cursor::comment(inside)?..)?,
            b'"' => inside.get(cursor::quoted(inside)?..)?,
            _ => {
                let before = value.get(..value.len() - inside.len() - 1)?;
                let end = memchr::memchr(b'>', inside)?;
                return Some((before, inside.get(..end)?, inside.get(end + 1..)?));
            }
        };
    }
}

/// The URLs of a field of RFC 2369 section 3: `List-Help`, `List-Subscribe`, `List-Unsubscribe`, `List-Post`,
/// `List-Owner`, `List-Archive`; best first.
///
/// By RFC 2369 section 2 the first thing that is no URL in angle brackets ends the list. White space inside of a URL is
/// left out. URLs are given as they stand: nothing is known of their scheme or form but that they hold no control
/// character. Costs no memory, however many there are.
///
/// # Example
///
/// ```
/// use mime_core::ListUrls;
///
/// let value = b" <ftp://ftp.host.com/list.txt> (FTP),\r\n <mailto:list@host.com?subject=help>";
/// let urls: Vec<_> = ListUrls::parse(value, &mut ()).collect();
/// assert_eq!(urls, ["ftp://ftp.host.com/list.txt", "mailto:list@host.com?subject=help"]);
/// assert!(ListUrls::parse(b" NO (posting not allowed on this list)", &mut ()).is_no());
/// ```
#[derive(Clone, Debug)]
pub struct ListUrls<'a> {
    rest: &'a [u8],
    value: &'a [u8],
}

impl<'a> ListUrls<'a> {
    /// Reads the raw value of a field.
    ///
    /// [`InvalidValue`](DefectKind::InvalidValue) is reported if it begins neither with a URL nor with `NO`.
    pub fn parse(value: &'a [u8], report: &mut impl Report) -> Self {
        let urls = Self { rest: value, value };
        if !urls.is_no() && urls.clone().next().is_none() {
            report.report(DefectKind::InvalidValue, 0..value.len());
        }
        urls
    }

    /// Whether the field says that there is none: `List-Post: NO` of a list that nobody may post to
    /// (RFC 2369 section 3.4).
    pub fn is_no(&self) -> bool {
        let value = skip_cfws(self.value);
        let (word, rest) = value.split_at(cursor::word(value));
        word.eq_ignore_ascii_case(b"NO") && skip_cfws(rest).is_empty()
    }

    /// The comments of the field, without their outer parentheses.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        comments(self.value)
    }
}

impl<'a> Iterator for ListUrls<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let rest = std::mem::take(&mut self.rest);
        let [b'<', inside @ ..] = skip_cfws(rest) else {
            return None;
        };
        let (url, behind) = inside.split_at(memchr::memchr(b'>', inside)?);
        if let [b',', rest @ ..] = skip_cfws(behind.get(1..)?) {
            self.rest = rest;
        }
        let url = cursor::trim(url);
        let is_space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        if url.is_empty() || url.iter().any(|b| b.is_ascii_control() && !is_space(b)) {
            return None;
        }
        if !url.iter().any(is_space) {
            return Some(String::from_utf8_lossy(url));
        }
        let octets: Vec<u8> = url.iter().copied().filter(|b| !is_space(b)).collect();
        Some(Cow::Owned(String::from_utf8_lossy(&octets).into_owned()))
    }
}

/// The URL to which a `POST` with the body `List-Unsubscribe=One-Click` ends a subscription (RFC 8058 section 3).
///
/// Given the raw values of `List-Unsubscribe` and `List-Unsubscribe-Post`; `None` unless the second holds exactly this
/// pair and the first exactly one URL of `http` or `https`, which must be `https`. Two more conditions are the caller's:
/// a valid DKIM signature has to cover both fields (RFC 8058 section 4), and the user has to agree.
///
/// # Example
///
/// ```
/// use mime_core::one_click;
///
/// let url = b" <https://example.com/unsubscribe/opaquepart>";
/// assert_eq!(
///     one_click(url, b" List-Unsubscribe=One-Click").as_deref(),
///     Some("https://example.com/unsubscribe/opaquepart")
/// );
/// assert_eq!(one_click(b" <http://example.com/>", b" List-Unsubscribe=One-Click"), None);
/// ```
pub fn one_click<'a>(list_unsubscribe: &'a [u8], list_unsubscribe_post: &[u8]) -> Option<Cow<'a, str>> {
    // RFC 8058 section 3.1: "The List-Unsubscribe-Post header MUST contain the single key/value pair
    // "List-Unsubscribe=One-Click"."
    if !cursor::trim(list_unsubscribe_post).eq_ignore_ascii_case(b"List-Unsubscribe=One-Click") {
        return None;
    }
    // RFC 8058 section 3.1: "The List-Unsubscribe header field MUST contain one HTTPS URI.  It MAY contain other
    // non-HTTP/S URIs such as MAILTO:."
    let has_scheme = |url: &str, scheme: &str| {
        url.split_once(':').is_some_and(|(start, _)| start.eq_ignore_ascii_case(scheme))
    };
    let mut web = ListUrls { rest: list_unsubscribe, value: list_unsubscribe }
        .filter(|url| has_scheme(url, "https") || has_scheme(url, "http"));
    let (url, second) = (web.next()?, web.next());
    let host = url.get("https://".len()..)?;
    let is_uri = url.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&b));
    let good = second.is_none()
        && has_scheme(&url, "https")
        && url.get("https:".len()..).is_some_and(|rest| rest.starts_with("//"))
        && !host.is_empty()
        && !host.starts_with(['/', '?', '#', ':'])
        && is_uri;
    good.then_some(url)
}

/// The URL of an `Archived-At` field: where the message is in an archive (RFC 5064 section 2.2).
///
/// # Example
///
/// ```
/// use mime_core::archived_at;
///
/// let value = b" <http://www.example.org/archive/clever-hash-function-here>";
/// assert_eq!(archived_at(value).unwrap(), "http://www.example.org/archive/clever-hash-function-here");
/// ```
pub fn archived_at(value: &[u8]) -> Option<Cow<'_, str>> {
    ListUrls { rest: value, value }.next()
}

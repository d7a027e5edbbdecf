//! Message identifiers (RFC 5322 section 3.6.4).

use std::{borrow::Cow, fmt, str::FromStr};

use crate::{
    AddressError, Config, DefectKind, Report,
    lex::{self, Kind, Lexer},
};

/// A message identifier for keeping and writing, without its angle brackets.
///
/// RFC 5322 section 3.6.4, without obsolete syntax. Identifiers that others made may break this rule, and a reply has
/// to repeat them all the same: [`as_received`](Self::as_received) takes everything that can be written safely.
///
/// ```abnf
/// msg-id   = "<" id-left "@" id-right ">"
/// id-left  = dot-atom-text
/// id-right = dot-atom-text / "[" *dtext "]"
/// ```
///
/// # Example
///
/// ```
/// use mime_core::MessageId;
///
/// let id = MessageId::try_from("1234@example.org")?;
/// assert_eq!((id.left(), id.right()), ("1234", Some("example.org")));
/// assert_eq!(id.to_string(), "<1234@example.org>");
/// assert!(MessageId::try_from("1@example.org>\r\nBcc: x").is_err());
/// # Ok::<(), mime_core::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Box<str>);

impl MessageId {
    /// An identifier that somebody else made: anything of visible characters without angle brackets.
    ///
    /// # Errors
    ///
    /// [`AddressError`] names the first octet that may not stand in it.
    ///
    /// # Example
    ///
    /// ```
    /// let id = mime_core::MessageId::as_received("local@domain@domain")?;
    /// assert_eq!(id.to_string(), "<local@domain@domain>");
    /// # Ok::<(), mime_core::AddressError>(())
    /// ```
    pub fn as_received(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        match text
            .char_indices()
            .find(|(_, char)| char.is_control() || char.is_whitespace() || matches!(char, '<' | '>'))
        {
            Some((at, _)) => Err(AddressError::octet(text, at)),
            None => Ok(Self(text.into())),
        }
    }

    /// All of it, without angle brackets.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the last at sign, or all of it.
    pub fn left(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(left, _)| left)
    }

    /// What stands behind the last at sign.
    pub fn right(&self) -> Option<&str> {
        self.0.rsplit_once('@').map(|(_, right)| right)
    }
}

impl AsRef<str> for MessageId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for MessageId {
    type Error = AddressError;

    fn try_from(text: &str) -> Result<Self, AddressError> {
        crate::address::check_plain(text)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for MessageId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Self::try_from(text)
    }
}

/// With its angle brackets.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

/// The identifiers of a Message-ID, In-Reply-To, References or Content-ID field, without their angle brackets.
///
/// RFC 5322 section 3.6.4, and what stands there beside it in practice: phrases, comments, white space inside, several
/// at signs or none, an identifier without brackets. Anything between brackets is one; what is not closed is none.
/// Without a bracket in the whole field, its first word is the identifier. It never fails, its time is linear, and after
/// [`Limits::message_ids`](crate::Limits::message_ids) it ends.
///
/// ```abnf
/// message-id  = "Message-ID:" msg-id CRLF
/// references  = "References:" 1*msg-id CRLF
/// in-reply-to = "In-Reply-To:" 1*msg-id CRLF
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Config, MessageIds};
///
/// let field = b" <1234@local.example>\r\n <3456@example.net>";
/// let ids: Vec<_> = MessageIds::new(field, &Config::new()).collect();
/// assert_eq!(ids, ["1234@local.example", "3456@example.net"]);
///
/// let old = b"Your message of \"Mon, 1 Jan 2024\" <a@b>";
/// assert_eq!(MessageIds::new(old, &Config::new()).first().unwrap(), "a@b");
/// ```
#[derive(Clone, Debug)]
pub struct MessageIds<'a, R = ()> {
    lexer: Lexer<'a>,
    report: R,
    left: usize,
    /// The first word outside of brackets.
    bare: Option<(usize, usize)>,
    none_yet: bool,
}

impl<'a> MessageIds<'a> {
    /// The identifiers of a raw value; defects are told nobody.
    pub fn new(value: &'a [u8], config: &Config) -> Self {
        Self::parse(value, config, ())
    }
}

impl<'a, R: Report> MessageIds<'a, R> {
    /// The identifiers of a raw value; each defect is told when the identifier that has it is given. Spans count from the
    /// start of the value.
    pub fn parse(value: &'a [u8], config: &Config, report: R) -> Self {
        Self {
            lexer: Lexer::new(value, config.limits.comment_depth),
            report,
            left: config.limits.message_ids,
            bare: None,
            none_yet: true,
        }
    }

    /// The first one: what Message-ID and Content-ID mean, if several stand there. More are told as a defect.
    pub fn first(mut self) -> Option<Cow<'a, str>> {
        let first = self.next();
        let at = self.lexer.at();
        if first.is_some() && self.bracketed().is_some() {
            self.report.report(DefectKind::InvalidMessageId, at..self.lexer.value().len());
        }
        first
    }

    /// The next identifier in brackets, where its content begins and ends.
    fn bracketed(&mut self) -> Option<(usize, usize)> {
        while let Some(token) = self.lexer.token() {
            match token.kind {
                Kind::Special(b'<') => {
                    let value = self.lexer.value();
                    let rest = value.get(token.end..).unwrap_or_default();
                    match memchr::memchr2(b'>', b'<', rest) {
                        Some(found) if rest.get(found) == Some(&b'>') => {
                            let end = token.end.saturating_add(found);
                            self.lexer.seek(end.saturating_add(1));
                            let content = trim(value, token.end, end);
                            if content.0 < content.1 {
                                return Some(content);
                            }
                            self.report.report(DefectKind::InvalidMessageId, token.start..end);
                        }
                        found => {
                            let end = found.map_or(value.len(), |found| token.end.saturating_add(found));
                            self.report.report(DefectKind::Unclosed, token.start..end);
                            self.none_yet = false; // what was begun with a bracket is not a bare word
                            self.lexer.seek(end);
                        }
                    }
                }
                Kind::Comment | Kind::Quoted | Kind::Special(b'>' | 0..0x20 | 0x7F) => {}
                Kind::Atom | Kind::Special(_) => {
                    let grows = !token.spaced;
                    match &mut self.bare {
                        Some((_, end)) if grows && *end == token.start => *end = token.end,
                        Some(_) => {}
                        None => self.bare = Some((token.start, token.end)),
                    }
                }
            }
        }
        if self.lexer.take_too_deep() {
            let end = self.lexer.value().len();
            self.report.report(DefectKind::LimitTruncated, end..end);
        }
        None
    }

    fn text(&mut self, (start, end): (usize, usize)) -> Cow<'a, str> {
        let raw = self.lexer.slice(start, end);
        if !self.report.is_ignored() && check_octets(raw).is_none() {
            self.report.report(DefectKind::InvalidMessageId, start..end);
        }
        if memchr::memchr3(b'\r', b'\n', 0, raw).is_none() {
            return std::str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Cow::Borrowed);
        }
        let octets: Vec<u8> =
            raw.iter().copied().filter(|octet| !matches!(octet, b'\r' | b'\n' | b'\0')).collect();
        Cow::Owned(String::from_utf8_lossy(&octets).into_owned())
    }
}

impl<'a, R: Report> Iterator for MessageIds<'a, R> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        if self.left == 0 {
            let at = self.lexer.at();
            if self.bracketed().is_some() {
                self.report.report(DefectKind::LimitTruncated, at..self.lexer.value().len());
                self.lexer.seek(self.lexer.value().len());
            }
            return None;
        }
        let found = match self.bracketed() {
            Some(found) => found,
            None if self.none_yet => {
                let bare = self.bare.take()?;
                self.report.report(DefectKind::InvalidMessageId, bare.0..bare.1);
                bare
            }
            None => return None,
        };
        self.none_yet = false;
        self.left = self.left.saturating_sub(1);
        Some(self.text(found))
    }
}

/// A piece without white space and NUL around it.
fn trim(value: &[u8], start: usize, end: usize) -> (usize, usize) {
    let piece = value.get(start..end).unwrap_or_default();
    let is_visible = |octet: &u8| !lex::is_space(*octet) && *octet != 0;
    let first = piece.iter().position(is_visible).unwrap_or(piece.len());
    let last = piece.iter().rposition(is_visible).map_or(first, |last| last.saturating_add(1));
    (start.saturating_add(first), start.saturating_add(last))
}

/// Whether it is `left@right`, both dot-atoms or the right a literal; quoted strings and white space are told as defects.
fn check_octets(raw: &[u8]) -> Option<()> {
    crate::address::check_plain(std::str::from_utf8(raw).ok()?).ok().map(|_| ())
}

/// Whether a `cid:` URL means the part with this Content-ID.
///
/// RFC 2392 section 2: the URL is the identifier, percent-encoded. Both sides may have angle brackets; case matters,
/// except that of the scheme.
///
/// # Example
///
/// ```
/// use mime_core::cid_matches;
///
/// assert!(cid_matches("cid:foo4%25foo1@bar.net", "<foo4%foo1@bar.net>"));
/// assert!(cid_matches("CID:foo4%25foo1%40bar.net", "foo4%foo1@bar.net"));
/// assert!(!cid_matches("https://bar.net/foo", "foo"));
/// ```
pub fn cid_matches(url: &str, content_id: &str) -> bool {
    cid_content_id(url).is_some_and(|id| !id.is_empty() && *id == *without_brackets(content_id).as_bytes())
}

/// The Content-ID that a `cid:` URL means, as octets and without angle brackets.
///
/// RFC 2392 section 2, percent-encoding as in RFC 3986 section 2.1. A percent sign without two digits stands for itself.
///
/// ```abnf
/// cid-url    = "cid" ":" content-id
/// content-id = url-addr-spec
/// ```
///
/// # Example
///
/// ```
/// assert_eq!(&*mime_core::cid_content_id("cid:a%2Bb@c").unwrap(), b"a+b@c");
/// assert_eq!(mime_core::cid_content_id("mid:a@c"), None);
/// ```
pub fn cid_content_id(url: &str) -> Option<Cow<'_, [u8]>> {
    let (scheme, rest) = url.trim().split_once(':')?;
    if !scheme.eq_ignore_ascii_case("cid") {
        return None;
    }
    let rest = without_brackets(rest).as_bytes();
    if !rest.contains(&b'%') {
        return Some(Cow::Borrowed(rest));
    }
    let mut octets = Vec::with_capacity(rest.len());
    let mut left = rest;
    while let Some((octet, behind)) = left.split_first() {
        left = behind;
        let pair = (*octet == b'%').then(|| behind.split_at_checked(2)).flatten();
        let digits = pair.and_then(|(digits, _)| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                octets.push(decoded);
                left = behind.get(2..).unwrap_or_default();
            }
            None => octets.push(*octet),
        }
    }
    Some(Cow::Owned(octets))
}

fn without_brackets(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text)
}

//! What a border host found out about a message: `Authentication-Results`.

mod build;

use std::borrow::Cow;

pub use build::{AuthenticationResultsBuilder, AuthenticationResultsError};

use crate::{DefectKind, Report, cursor};

/// The value of an `Authentication-Results` field (RFC 8601 section 2.2), or of `ARC-Authentication-Results`
/// (RFC 8617 section 4.1.1).
///
/// Everybody can write this field. Believe one only if [`is_from`](Self::is_from) says that it carries the identifier
/// of a host of yours, and if your border removes such fields from what comes in (RFC 8601 section 5).
///
/// ```abnf
/// authres-payload  =  [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF
/// no-result        =  [CFWS] ";" [CFWS] "none"
/// resinfo          =  [CFWS] ";" methodspec [ CFWS reasonspec ] [ CFWS 1*propspec ]
/// ```
///
/// # Example
///
/// ```
/// use mime_core::AuthenticationResults;
///
/// let value = b" example.com (checked) 1;\r\n dkim=pass reason=\"good signature\"\r\n header.i=@mail.example";
/// let results = AuthenticationResults::parse(value, &mut ());
/// assert!(results.is_from("Example.COM"));
/// assert_eq!(results.version(), Some(1));
/// let dkim = results.results().next().unwrap();
/// assert_eq!((dkim.method(), dkim.result()), ("dkim", "pass"));
/// assert_eq!(dkim.reason().unwrap(), "good signature");
/// assert_eq!(dkim.property("header", "i").unwrap(), "@mail.example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticationResults<'a> {
    authserv_id: Option<Cow<'a, str>>,
    version: Option<u32>,
    instance: Option<u32>,
    results: &'a [u8],
}

impl<'a> AuthenticationResults<'a> {
    /// Reads the raw value of an `Authentication-Results` field.
    ///
    /// [`InvalidValue`](DefectKind::InvalidValue) is reported if there is no authserv-id (some write none), or if what
    /// stands for a result is none; [`Unclosed`](DefectKind::Unclosed) for a comment or a quoted string.
    pub fn parse(value: &'a [u8], report: &mut impl Report) -> Self {
        Self::read(value, value.len(), None, report)
    }

    /// Reads the raw value of an `ARC-Authentication-Results` field, which begins with its instance: `i=1;`.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::AuthenticationResults;
    ///
    /// let results = AuthenticationResults::parse_arc(b" i=2; mx.example; spf=pass", &mut ());
    /// assert_eq!(results.instance(), Some(2));
    /// assert!(results.is_from("mx.example"));
    /// ```
    pub fn parse_arc(value: &'a [u8], report: &mut impl Report) -> Self {
        let (first, rest) = segment(value);
        let instance = Pairs { rest: first }
            .next()
            .filter(|pair| pair.key.eq_ignore_ascii_case("i") && pair.name.is_none())
            .and_then(|pair| number(pair.value));
        match instance {
            Some(instance) => Self::read(rest, value.len(), Some(instance), report),
            None => {
                report.report(DefectKind::InvalidValue, 0..value.len());
                Self::read(value, value.len(), None, report)
            }
        }
    }

    fn read(value: &'a [u8], whole: usize, instance: Option<u32>, report: &mut impl Report) -> Self {
        let (first, rest) = segment(value);
        let mut pairs = Pairs { rest: first };
        let head = pairs.value();
        let after = skip_cfws(pairs.rest);
        let mut results = Self { authserv_id: None, version: None, instance, results: rest };
        if head.is_empty()
            || after.first() == Some(&b'=')
            || (head.first() != Some(&b'"') && head.contains(&b'='))
        {
            results.results = value;
        } else {
            results.authserv_id = Some(text(head));
            results.version = number(after.get(..cursor::word(after)).unwrap_or_default());
        }
        let mut good = results.authserv_id.is_some();
        let mut rest = results.results;
        while !rest.is_empty() {
            let (part, tail) = segment(rest);
            rest = tail;
            let mut pairs = Pairs { rest: part };
            good &= pairs.by_ref().all(|pair| !pair.value.is_empty()) && !pairs.junk(part);
        }
        if !good {
            report.report(DefectKind::InvalidValue, 0..whole);
        }
        if unclosed(value) {
            report.report(DefectKind::Unclosed, 0..whole);
        }
        results
    }

    /// Who says so: the authserv-id, without quotes. `None` if there is none.
    pub fn authserv_id(&self) -> Option<&str> {
        self.authserv_id.as_deref()
    }

    /// Whether this is the authserv-id, in upper or lower case: the question to ask before results are believed, or
    /// before a field that came from outside is removed.
    pub fn is_from(&self, authserv_id: &str) -> bool {
        self.authserv_id().is_some_and(|id| id.eq_ignore_ascii_case(authserv_id))
    }

    /// The version behind the authserv-id; without one it is 1.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The ARC instance, of [`parse_arc`](Self::parse_arc).
    pub fn instance(&self) -> Option<u32> {
        self.instance
    }

    /// What was found out, in the order it stands. What is no result is passed over.
    pub fn results(&self) -> impl Iterator<Item = MethodResult<'a>> + use<'a> {
        let mut rest = self.results;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let (part, tail) = segment(rest);
                rest = tail;
                if let Some(result) = MethodResult::read(part) {
                    return Some(result);
                }
            }
            None
        })
    }

    /// Whether the field says that nothing was checked: `none`.
    pub fn is_none(&self) -> bool {
        let (part, rest) = segment(self.results);
        let word = skip_cfws(part);
        word.get(..cursor::word(word)).unwrap_or_default().eq_ignore_ascii_case(b"none")
            && skip_cfws(rest).is_empty()
            && self.results().next().is_none()
    }
}

/// One result of [`AuthenticationResults`]: `resinfo` of RFC 8601 section 2.2.
///
/// ```abnf
/// methodspec  =  [CFWS] method [CFWS] "=" [CFWS] result
/// reasonspec  =  "reason" [CFWS] "=" [CFWS] value
/// propspec    =  ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue
/// ```
///
/// # Example
///
/// ```
/// use mime_core::AuthenticationResults;
///
/// let value = b" x.example; dmarc=pass (p=none dis=none) header.from=x.example";
/// let results = AuthenticationResults::parse(value, &mut ());
/// let dmarc = results.results().next().unwrap();
/// assert_eq!(dmarc.comments().next(), Some(&b"p=none dis=none"[..]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodResult<'a> {
    method: &'a str,
    version: Option<u32>,
    result: &'a str,
    part: &'a [u8],
    behind: &'a [u8],
}

impl<'a> MethodResult<'a> {
    fn read(part: &'a [u8]) -> Option<Self> {
        let mut pairs = Pairs { rest: part };
        let first = pairs.next()?;
        let result = std::str::from_utf8(first.value).ok().filter(|result| !result.is_empty())?;
        let version = first.name.and_then(|name| number(name.as_bytes()));
        let good = first.name.is_none() || (first.separator == b'/' && version.is_some());
        good.then_some(Self { method: first.key, version, result, part, behind: pairs.rest })
    }

    /// The method as it is written: `dkim`, `spf`, `dmarc`, ... Compare without regard to case.
    pub fn method(&self) -> &'a str {
        self.method
    }

    /// The version of the method; without one it is 1.
    pub fn version(&self) -> Option<u32> {
        self.version
    }

    /// The result as it is written: `pass`, `fail`, ... Compare without regard to case.
    pub fn result(&self) -> &'a str {
        self.result
    }

    /// Whether the method has this name, in upper or lower case.
    pub fn is_method(&self, method: &str) -> bool {
        self.method.eq_ignore_ascii_case(method)
    }

    /// Whether the result is this one, in upper or lower case.
    pub fn is_result(&self, result: &str) -> bool {
        self.result.eq_ignore_ascii_case(result)
    }

    /// Why, in words.
    pub fn reason(&self) -> Option<Cow<'a, str>> {
        let mut pairs = Pairs { rest: self.behind };
        pairs.find(|pair| pair.is_reason()).map(|pair| text(pair.value))
    }

    /// What was looked at, in the order it stands.
    ///
    /// Some write properties without type (`action=none`): their [`ptype`](Property::ptype) is empty.
    pub fn properties(&self) -> impl Iterator<Item = Property<'a>> + use<'a> {
        let pairs = Pairs { rest: self.behind }.filter(|pair| !pair.is_reason());
        pairs.map(|pair| match pair.name {
            Some(name) => Property { ptype: pair.key, name, value: text(pair.value) },
            None => Property { ptype: "", name: pair.key, value: text(pair.value) },
        })
    }

    /// The value of the first property with this type and name, in upper or lower case.
    pub fn property(&self, ptype: &str, name: &str) -> Option<Cow<'a, str>> {
        self.properties()
            .find(|p| p.ptype.eq_ignore_ascii_case(ptype) && p.name.eq_ignore_ascii_case(name))
            .map(|p| p.value)
    }

    /// The comments, without their outer parentheses: some put the policy of DMARC there.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        comments(self.part)
    }
}

/// A property that was looked at (RFC 8601 section 2.3): `ptype.property=value`.
///
/// # Example
///
/// ```
/// use mime_core::AuthenticationResults;
///
/// let results = AuthenticationResults::parse(b" x.example; spf=pass smtp.mailfrom=\"a b\"@x.example", &mut ());
/// let property = results.results().next().unwrap().properties().next().unwrap();
/// assert_eq!((property.ptype, property.name), ("smtp", "mailfrom"));
/// assert_eq!(property.value, "\"a b\"@x.example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_structs)] // the grammar has these three
pub struct Property<'a> {
    /// Where the value is from: `smtp`, `header`, `body`, `policy`.
    pub ptype: &'a str,
    /// Of what it is the value: a command or field.
    pub name: &'a str,
    /// The value, unquoted if all of it is a quoted string; what is no UTF-8 is replaced.
    pub value: Cow<'a, str>,
}

/// `key [separator name] = value`
pub(crate) struct Pair<'a> {
    pub(crate) key: &'a str,
    separator: u8,
    pub(crate) name: Option<&'a str>,
    pub(crate) value: &'a [u8],
}

impl Pair<'_> {
    fn is_reason(&self) -> bool {
        self.name.is_none() && self.key.eq_ignore_ascii_case("reason")
    }
}

/// The pairs of a value; words that belong to none are passed over.
pub(crate) struct Pairs<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Pairs<'a> {
    /// A word up to white space, a comment, `;` or one of the octets; not beyond.
    fn word(&mut self, ends: &[u8]) -> &'a [u8] {
        let word = self.rest.get(..cursor::word(self.rest)).unwrap_or_default();
        let length = word.iter().position(|b| ends.contains(b)).unwrap_or(word.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    /// A quoted string, a token, or both without white space between them.
    pub(crate) fn value(&mut self) -> &'a [u8] {
        self.rest = skip_cfws(self.rest);
        let mut length = 0;
        if let [b'"', inside @ ..] = self.rest {
            length = 1 + cursor::quoted(inside).unwrap_or(inside.len());
        }
        length += cursor::word(self.rest.get(length..).unwrap_or_default());
        let (value, rest) = self.rest.split_at(length);
        self.rest = rest;
        value
    }

    /// Whether something else than comments and `none` stands in a part that has no pair.
    fn junk(&self, part: &[u8]) -> bool {
        let rest = skip_cfws(part);
        let word = rest.get(..cursor::word(rest)).unwrap_or_default();
        Pairs { rest: part }.next().is_none() && !word.is_empty() && !word.eq_ignore_ascii_case(b"none")
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Pair<'a>;

    fn next(&mut self) -> Option<Pair<'a>> {
        loop {
            self.rest = skip_cfws(self.rest);
            let first = self.rest.first()?;
            if matches!(first, b'"' | b';') {
                // A quoted string that belongs to nothing.
                let before = self.rest;
                if self.value().is_empty() {
                    self.rest = before.get(1..).unwrap_or_default();
                }
                continue;
            }
            let key = self.word(b"=./\"");
            self.rest = skip_cfws(self.rest);
            let mut separator = 0;
            let mut name = None;
            if let [found @ (b'.' | b'/'), rest @ ..] = self.rest {
                separator = *found;
                self.rest = skip_cfws(rest);
                name = Some(self.word(b"=\""));
                self.rest = skip_cfws(self.rest);
            }
            let [b'=', rest @ ..] = self.rest else {
                continue;
            };
            self.rest = rest;
            let value = self.value();
            let (Ok(key), Ok(name)) = (std::str::from_utf8(key), name.map(std::str::from_utf8).transpose())
            else {
                continue;
            };
            if !key.is_empty() && name != Some("") {
                return Some(Pair { key, separator, name, value });
            }
        }
    }
}

/// What stands before the next semicolon that is in no comment and no quoted string, and what behind.
pub(crate) fn segment(octets: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = octets;
    loop {
        let Some(at) = memchr::memchr3(b';', b'(', b'"', rest) else {
            return (octets, &[]);
        };
        let inside = rest.get(at + 1..).unwrap_or_default();
        let end = match rest.get(at) {
            Some(b'(') => cursor::comment(inside),
            Some(b'"') => cursor::quoted(inside),
            _ => {
                let length = octets.len() - inside.len() - 1;
                return (octets.get(..length).unwrap_or_default(), inside);
            }
        };
        match end {
            Some(end) => rest = inside.get(end..).unwrap_or_default(),
            None => return (octets, &[]),
        }
    }
}

/// Whether a comment or quoted string is not closed.
fn unclosed(octets: &[u8]) -> bool {
    let mut rest = octets;
    while let Some(at) = memchr::memchr2(b'(', b'"', rest) {
        let inside = rest.get(at + 1..).unwrap_or_default();
        let end = if rest.get(at) == Some(&b'(') { cursor::comment(inside) } else { cursor::quoted(inside) };
        match end {
            Some(end) => rest = inside.get(end..).unwrap_or_default(),
            None => return true,
        }
    }
    false
}

/// The comments outside of quoted strings, without their outer parentheses.
pub(crate) fn comments(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = octets;
    std::iter::from_fn(move || {
        loop {
            let at = memchr::memchr2(b'(', b'"', rest)?;
            let inside = rest.get(at + 1..)?;
            if rest.get(at) == Some(&b'"') {
                rest = inside.get(cursor::quoted(inside)?..)?;
            } else {
                let end = cursor::comment(inside)?;
                rest = inside.get(end..)?;
                return inside.get(..end - 1);
            }
        }
    })
}

/// The octets behind white space and comments. An open comment is the rest.
pub(crate) fn skip_cfws(mut octets: &[u8]) -> &[u8] {
    loop {
        match octets {
            [0..=b' ', rest @ ..] => octets = rest,
            [b'(', inside @ ..] => {
                octets = cursor::comment(inside).and_then(|end| inside.get(end..)).unwrap_or_default();
            }
            _ => return octets,
        }
    }
}

fn number(octets: &[u8]) -> Option<u32> {
    let digits = !octets.is_empty() && octets.len() <= 9 && octets.iter().all(u8::is_ascii_digit);
    digits.then(|| octets.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// A value as text: if it is a quoted string, what it stands for.
pub(crate) fn text(value: &[u8]) -> Cow<'_, str> {
    let [b'"', inside @ ..] = value else {
        return String::from_utf8_lossy(value);
    };
    let content = match cursor::quoted(inside) {
        Some(end) if end == inside.len() => inside.get(..end - 1).unwrap_or_default(),
        // "local part"@domain
        Some(_) => return String::from_utf8_lossy(value),
        None => inside,
    };
    if memchr::memchr3(b'\\', b'\r', b'\n', content).is_none() {
        return String::from_utf8_lossy(content);
    }
    let mut octets = Vec::with_capacity(content.len());
    let mut rest = content.iter();
    while let Some(octet) = rest.next() {
        match octet {
            b'\\' => octets.extend(rest.next()),
            b'\r' | b'\n' => {}
            _ => octets.push(*octet),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&octets).into_owned())
}

//! What SPF said: `Received-SPF`.

use std::borrow::Cow;

use crate::authentication_results::{Pairs, comments, segment, skip_cfws, text};
use crate::{DefectKind, Report, cursor};

/// The value of a `Received-SPF` field (RFC 7208 section 9.1).
///
/// Everybody can write this field; only those that one's own servers put above everything else can be believed.
///
/// ```abnf
/// header-field    =  "Received-SPF:" [CFWS] result FWS [comment FWS] [ key-value-list ] CRLF
/// key-value-list  =  key-value-pair *( ";" [CFWS] key-value-pair ) [";"]
/// key-value-pair  =  key [CFWS] "=" ( dot-atom / quoted-string )
/// ```
///
/// # Example
///
/// ```
/// use mime_core::ReceivedSpf;
///
/// let value = b" pass (mybox.example.org: domain of\r\n myname@example.com designates 192.0.2.1 as permitted sender)\r\n \
///     receiver=mybox.example.org; client-ip=192.0.2.1;\r\n envelope-from=\"myname@example.com\"; helo=foo.example.com;";
/// let spf = ReceivedSpf::parse(value, &mut ());
/// assert_eq!(spf.result(), "pass");
/// assert_eq!(spf.value("client-ip").unwrap(), "192.0.2.1");
/// assert_eq!(spf.value("envelope-from").unwrap(), "myname@example.com");
/// assert_eq!(spf.pairs().count(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceivedSpf<'a> {
    result: &'a str,
    value: &'a [u8],
    pairs: &'a [u8],
}

impl<'a> ReceivedSpf<'a> {
    /// Reads the raw value of a field.
    ///
    /// [`InvalidValue`](DefectKind::InvalidValue) is reported if it does not begin with a result, which is then empty.
    pub fn parse(value: &'a [u8], report: &mut impl Report) -> Self {
        let rest = skip_cfws(value);
        let (word, pairs) = rest.split_at(cursor::word(rest));
        let result = std::str::from_utf8(word).ok();
        let result =
            result.filter(|result| !result.is_empty() && result.bytes().all(|b| b.is_ascii_alphanumeric()));
        if result.is_none() {
            report.report(DefectKind::InvalidValue, 0..value.len());
        }
        Self { result: result.unwrap_or_default(), value, pairs }
    }

    /// The result as it is written: `pass`, `fail`, ... Compare without regard to case.
    pub fn result(&self) -> &'a str {
        self.result
    }

    /// Keys and values, in the order they stand.
    pub fn pairs(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let mut rest = self.pairs;
        std::iter::from_fn(move || {
            while !rest.is_empty() {
                let (part, tail) = segment(rest);
                rest = tail;
                if let Some(pair) = (Pairs { rest: part }).next().filter(|pair| pair.name.is_none()) {
                    return Some((pair.key, text(pair.value)));
                }
            }
            None
        })
    }

    /// The value of the first pair with this key, in upper or lower case.
    pub fn value(&self, key: &str) -> Option<Cow<'a, str>> {
        self.pairs().find(|(found, _)| found.eq_ignore_ascii_case(key)).map(|(_, value)| value)
    }

    /// The comments, without their outer parentheses.
    pub fn comments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        comments(self.value)
    }
}

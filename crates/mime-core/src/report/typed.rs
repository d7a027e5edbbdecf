//! Values of the form `type; value`, and how addresses are written in them.

use std::borrow::Cow;

use super::{Status, fields::unfold};

/// A value with its type before it: a name of an MTA, an address, a diagnostic code.
///
/// RFC 3464 section 2.1.2:
///
/// ```abnf
/// address-type = atom
/// diagnostic-type = atom
/// mta-name-type = atom
/// reporting-mta-field = "Reporting-MTA" ":" mta-name-type ";" mta-name
/// final-recipient-field = "Final-Recipient" ":" address-type ";" generic-address
/// ```
///
/// # Example
///
/// ```
/// use mime_core::report::Typed;
///
/// let recipient = Typed::parse(b" rfc822; <user@example.com>");
/// assert!(recipient.is("RFC822"));
/// assert_eq!(recipient.address(), "user@example.com");
///
/// let diagnostic = Typed::parse(b" smtp; 550 5.1.1 unknown user");
/// assert_eq!((diagnostic.reply_code(), diagnostic.value()), (Some(550), "550 5.1.1 unknown user"));
/// assert_eq!(diagnostic.reply_status().unwrap().to_string(), "5.1.1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Typed<'a> {
    kind: Cow<'a, str>,
    value: Cow<'a, str>,
}

impl<'a> Typed<'a> {
    /// Takes a raw value apart. A value without a type has an empty one.
    pub fn parse(value: &'a [u8]) -> Self {
        let semicolon = memchr::memchr(b';', value);
        let parts = semicolon.and_then(|at| Some((value.get(..at)?, value.get(at.checked_add(1)?..)?)));
        if let Some((kind, rest)) = parts {
            let kind = without_comments(unfold(kind));
            if kind.bytes().all(|octet| matches!(octet, 33..=126)) {
                return Self { kind, value: unfold(rest) };
            }
        }
        Self { kind: Cow::Borrowed(""), value: unfold(value) }
    }

    /// The type as it stands: `dns`, `rfc822`, `utf-8`, `smtp`, `x-` something; empty if there is none.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Whether it is of this type; case does not matter.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind)
    }

    /// What stands behind the type, unfolded and trimmed.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value as an address: without comments and angle brackets, and decoded if its type is `utf-8`
    /// (RFC 6533 section 3). Nothing else is changed or checked: an address that is none is given too.
    pub fn address(&self) -> Cow<'_, str> {
        let mut address = without_comments(Cow::Borrowed(&*self.value));
        if let Some(inner) = address.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
            address = Cow::Owned(inner.trim().to_owned());
        }
        if !self.is("utf-8") {
            return address;
        }
        match decode_utf8_addr(&address) {
            Cow::Borrowed(_) => address,
            Cow::Owned(decoded) => Cow::Owned(decoded),
        }
    }

    /// The reply code at the beginning of a diagnostic code (RFC 3464 section 2.3.6), whatever its type.
    pub fn reply_code(&self) -> Option<u16> {
        let (code, rest) = self.value.as_bytes().split_at_checked(3)?;
        let is_code = matches!(code.first(), Some(b'2'..=b'5')) && code.iter().all(u8::is_ascii_digit);
        let ends = !rest.first().is_some_and(|octet| octet.is_ascii_alphanumeric() || *octet == b'.');
        if !is_code || !ends {
            return None;
        }
        Some(code.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit & 15)))
    }

    /// The enhanced status code behind the reply code of a diagnostic code (RFC 2034 section 4). It often says more
    /// than the Status field.
    pub fn reply_status(&self) -> Option<Status> {
        self.reply_code()?;
        let rest = self.value.get(3..)?.trim_start_matches([' ', '-', '#', '(']);
        Status::parse(rest.as_bytes())
    }

    /// The same, owning what it holds.
    pub fn into_owned(self) -> Typed<'static> {
        Typed { kind: Cow::Owned(self.kind.into_owned()), value: Cow::Owned(self.value.into_owned()) }
    }
}

/// The text without what stands in parentheses outside of quoted strings. A comment that is not closed is text.
pub(super) fn without_comments(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('(') {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let (mut depth, mut quoted, mut escaped, mut comment_at) = (0usize, false, false, 0);
    for (at, character) in text.char_indices() {
        let plain = !std::mem::take(&mut escaped);
        match character {
            '\\' if plain && (quoted || depth > 0) => escaped = true,
            '"' if plain && depth == 0 => quoted = !quoted,
            '(' if plain && !quoted => {
                if depth == 0 {
                    comment_at = at;
                }
                depth = depth.saturating_add(1);
                continue;
            }
            ')' if plain && depth > 0 => {
                depth = depth.saturating_sub(1);
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            kept.push(character);
        }
    }
    if depth > 0 {
        kept.push_str(text.get(comment_at..).unwrap_or_default());
    }
    Cow::Owned(kept.trim().to_owned())
}

/// Decodes xtext, as ORCPT and ENVID parameters are written (RFC 3461 section 4), and as some write them into reports
/// too. `None` if it is none: a plus sign without two digits behind it, or octets that must be encoded.
///
/// ```abnf
/// xtext = *( xchar / hexchar )
/// xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
/// hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
/// ```
///
/// # Example
///
/// ```
/// use mime_core::report::{decode_xtext, encode_xtext};
///
/// assert_eq!(decode_xtext(b"a+2Bb+40example.com").unwrap(), &b"a+b@example.com"[..]);
/// assert_eq!(decode_xtext(b"a+b"), None);
/// assert_eq!(encode_xtext("a+b=ü".as_bytes()), "a+2Bb+3D+C3+BC");
/// ```
pub fn decode_xtext(octets: &[u8]) -> Option<Cow<'_, [u8]>> {
    if octets.iter().all(|octet| matches!(octet, 33..=42 | 44..=60 | 62..=126)) {
        return Some(Cow::Borrowed(octets));
    }
    let mut decoded = Vec::with_capacity(octets.len());
    let mut rest = octets.iter();
    while let Some(&octet) = rest.next() {
        match octet {
            b'+' => decoded.push(digit(*rest.next()?)? << 4 | digit(*rest.next()?)?),
            33..=60 | 62..=126 => decoded.push(octet),
            _ => return None,
        }
    }
    Some(Cow::Owned(decoded))
}

/// Encodes octets as xtext (RFC 3461 section 4).
///
/// # Example
///
/// ```
/// assert_eq!(mime_core::report::encode_xtext(b"a+b@example.com"), "a+2Bb@example.com");
/// ```
pub fn encode_xtext(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    for &octet in octets {
        match octet {
            33..=42 | 44..=60 | 62..=126 => text.push(char::from(octet)),
            _ => {
                text.push('+');
                text.extend([hex(octet >> 4), hex(octet & 15)]);
            }
        }
    }
    text
}

fn digit(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        _ => None,
    }
}

fn hex(value: u8) -> char {
    char::from_digit(u32::from(value), 16).unwrap_or('0').to_ascii_uppercase()
}

/// Decodes an address of type `utf-8` (RFC 6533 section 3): each `\x{HEX}` becomes its character. What is no such
/// escape stays as it stands.
///
/// ```abnf
/// utf-8-enc-addr      = utf-8-addr-xtext / utf-8-addr-unitext / utf-8-address
/// EmbeddedUnicodeChar = %x5C.78 "{" HEXPOINT "}"
/// ```
///
/// # Example
///
/// ```
/// use mime_core::report::{decode_utf8_addr, encode_utf8_addr};
///
/// assert_eq!(decode_utf8_addr(r"J\x{F6}rg@m\x{FC}ller.example"), "Jörg@müller.example");
/// assert_eq!(decode_utf8_addr(r"\x{D800}\x{}"), r"\x{D800}\x{}");
/// assert_eq!(encode_utf8_addr("Jörg+1@müller.example"), r"J\x{F6}rg\x{2B}1@m\x{FC}ller.example");
/// ```
pub fn decode_utf8_addr(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut decoded = String::new();
    while let Some(at) = rest.find(r"\x{") {
        let (before, from) = rest.split_at(at);
        let escape = from.get(3..).unwrap_or_default();
        let length = escape.bytes().take(7).take_while(u8::is_ascii_hexdigit).count();
        let digits = escape.get(..length).unwrap_or_default();
        let character = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        decoded.push_str(before);
        match (character, escape.get(length..).and_then(|rest| rest.strip_prefix('}'))) {
            (Some(character), Some(behind)) if length <= 6 => {
                decoded.push(character);
                rest = behind;
            }
            _ => {
                decoded.push_str(r"\x{");
                rest = escape;
            }
        }
    }
    if decoded.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Encodes an address as utf-8-addr-xtext (RFC 6533 section 3), which is ASCII and safe in an ORCPT parameter.
///
/// # Example
///
/// ```
/// assert_eq!(mime_core::report::encode_utf8_addr("jörg@example.de"), r"j\x{F6}rg@example.de");
/// ```
pub fn encode_utf8_addr(address: &str) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(address.len());
    for character in address.chars() {
        if matches!(character, '!'..='~') && !matches!(character, '\\' | '+' | '=') {
            text.push(character);
        } else {
            let _ = write!(text, "\\x{{{:02X}}}", u32::from(character));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn types_and_none() {
        for (value, kind, text) in [
            ("dns; mx.example.com", "dns", "mx.example.com"),
            (" dns ( a comment ) ;\r\n\tmx (b)", "dns", "mx (b)"),
            ("no type: it was; over", "", "no type: it was; over"),
            ("550 x", "", "550 x"),
            (";x", "", "x"),
            ("", "", ""),
        ] {
            let typed = Typed::parse(value.as_bytes());
            assert_eq!((typed.kind(), typed.value()), (kind, text), "{value:?}");
        }
    }

    #[test]
    fn addresses() {
        for (value, address) in [
            ("rfc822;<a@b>", "a@b"),
            ("rfc822; a@b (was: c)", "a@b"),
            ("rfc822; \"(\"@b", "\"(\"@b"),
            ("rfc822; a@b (open", "a@b (open"),
            ("utf-8; J\\x{F6}rg@b", "Jörg@b"),
            ("utf-8; <Jörg@b>", "Jörg@b"),
            ("rfc822; J\\x{F6}rg@b", "J\\x{F6}rg@b"),
        ] {
            assert_eq!(Typed::parse(value.as_bytes()).address(), address, "{value}");
        }
    }

    #[test]
    fn replies_in_diagnostic_codes() {
        for (value, code, status) in [
            ("smtp; 550 5.1.1 no", Some(550), Some("5.1.1")),
            ("smtp;550-5.1.1 no", Some(550), Some("5.1.1")),
            ("smtp;550 #5.1.1 no", Some(550), Some("5.1.1")),
            ("smtp; 452", Some(452), None),
            ("lmtp; 552 5.2.2 mailbox full", Some(552), Some("5.2.2")),
            ("smtp; 5.1.1 no", None, None),
            ("smtp; 5501", None, None),
            ("x-unix; 99", None, None),
        ] {
            let typed = Typed::parse(value.as_bytes());
            let found = typed.reply_status().map(|status| status.to_string());
            assert_eq!((typed.reply_code(), found.as_deref()), (code, status), "{value}");
        }
    }

    #[test]
    fn escapes_without_end_are_linear() {
        let text = r"\x{1".repeat(100_000);
        assert_eq!(decode_utf8_addr(&text), text);
        assert_eq!(without_comments(Cow::Owned("(".repeat(100_000))), "(".repeat(100_000));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(octets: Vec<u8>, text: String) {
            let encoded = encode_xtext(&octets);
            prop_assert_eq!(decode_xtext(encoded.as_bytes()).unwrap(), &octets[..]);
            let encoded = encode_utf8_addr(&text);
            prop_assert!(encoded.is_ascii());
            prop_assert_eq!(decode_utf8_addr(&encoded), text);
        }

        #[test]
        fn never_panics(octets: Vec<u8>) {
            let typed = Typed::parse(&octets);
            let _ = (typed.address(), typed.reply_code(), typed.reply_status(), decode_xtext(&octets));
        }
    }
}

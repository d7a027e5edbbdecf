//! Decoding unstructured text.

use std::{borrow::Cow, ops::Range};

use super::word::{EncodedWord, Encoding, Words};
use crate::{Charset, Config, DefectKind, Report, once::Once};

/// RFC 2047 section 2.
const MAX_WORD: usize = super::MAX_WORD;

/// The text of an unstructured value (RFC 5322 section 2.2.1): unfolded, encoded words decoded, once.
///
/// * White space around the value is left out; line ends before white space too, the white space stays
///   (RFC 5322 section 2.2.3). A line end before anything else becomes a space. CR alone is data.
/// * Encoded words are decoded, the white space between two of them is left out (RFC 2047 section 6.2). Words of one
///   charset that follow each other are put together before their charset is decoded: programs cut characters.
/// * Understood beyond the letter: words without white space around them, words with white space or line ends inside, of
///   any length, base64 without padding, equals signs that encode nothing.
/// * An unknown charset is [guessed](Charset::guess) and reported as [`DefectKind::CharsetUnknown`]; so is UTF-7 unless
///   [`Config::utf7`] is set.
/// * Octets above 127 outside of words are UTF-8 (RFC 6532 section 3.2); what is none is read as
///   [`Config::header_charset`] says, and reported as
///   [`DefectKind::EightBitHeader`].
/// * The text may hold anything, **CR, LF and NUL included**, if an encoded word does: that is reported as
///   [`DefectKind::ControlCharacter`] (and [`DefectKind::BidiControl`]), and the text is never to be written into a header
///   as it is: [`encode`](super::encode) it.
///
/// Each kind of defect is reported once. Nothing is copied if the value is one line of UTF-8 without encoded words.
///
/// # Example
///
/// ```
/// use mime_core::{Config, encoded_word::decode_text};
///
/// let value = b" Re: =?utf-8?Q?Gr=C3=BC?=\r\n =?utf-8?B?w59l?= an alle";
/// assert_eq!(decode_text(value, &Config::new(), &mut ()), "Re: Grüße an alle");
/// ```
pub fn decode_text<'a>(value: &'a [u8], config: &Config, report: &mut impl Report) -> Cow<'a, str> {
    let (trimmed, offset) = trim(value);
    if let Ok(text) = str::from_utf8(trimmed)
        && is_plain(trimmed)
    {
        if !text.is_ascii() {
            inspect(text, offset..offset + trimmed.len(), report);
        }
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(trimmed.len());
    decode_text_into(&mut text, value, config, report);
    Cow::Owned(text)
}

/// Appends to `text` what [`decode_text`] gives.
///
/// # Example
///
/// ```
/// use mime_core::{Config, encoded_word::decode_text_into};
///
/// let mut text = String::from("Subject: ");
/// decode_text_into(&mut text, b"=?utf-8?Q?a?= =?utf-8?Q?b?=", &Config::new(), &mut ());
/// assert_eq!(text, "Subject: ab");
/// ```
pub fn decode_text_into(text: &mut String, value: &[u8], config: &Config, report: &mut impl Report) {
    let (trimmed, offset) = trim(value);
    let mut once = Once::new(report);
    let mut joined = Joined { charset: None, octets: Vec::new(), span: 0..0 };
    let mut words = Words::new(trimmed);
    let mut at = 0;
    let mut behind_word = false;
    while let Some((range, word)) = words.next_from(at) {
        let between = trimmed.get(at..range.start).unwrap_or_default();
        // RFC 2047 section 6.2: "When displaying a particular header field that contains multiple
        // 'encoded-word's, any 'linear-white-space' that separates a pair of adjacent
        // 'encoded-word's is ignored."
        if !behind_word || !between.iter().copied().all(is_white) {
            joined.flush(text, config, &mut once);
            literal(between, offset + at, text, config, &mut once);
        }
        let span = offset + range.start..offset + range.end;
        let touches = range.end < trimmed.len() && !trimmed.get(range.end).copied().is_some_and(is_white)
            || range.start > 0 && !trimmed.get(range.start - 1).copied().is_some_and(is_white);
        if touches || range.len() > MAX_WORD {
            once.report(DefectKind::EncodedWordForm, span.clone());
        }
        joined.push(&word, span, text, config, &mut once);
        at = range.end;
        behind_word = true;
    }
    joined.flush(text, config, &mut once);
    literal(trimmed.get(at..).unwrap_or_default(), offset + at, text, config, &mut once);
}

/// Encoded words of one charset whose characters are not decoded yet.
struct Joined<'a> {
    charset: Option<&'a [u8]>,
    octets: Vec<u8>,
    span: Range<usize>,
}

impl<'a> Joined<'a> {
    fn push<R: Report>(
        &mut self,
        word: &EncodedWord<'a>,
        span: Range<usize>,
        text: &mut String,
        config: &Config,
        once: &mut Once<'_, R>,
    ) {
        if self.charset.is_none_or(|charset| !charset.eq_ignore_ascii_case(word.charset)) {
            self.flush(text, config, once);
            self.charset = Some(word.charset);
            self.span.start = span.start;
        }
        self.span.end = span.end;
        self.octets.reserve(word.text.len());
        let sound = match word.encoding {
            Encoding::B => b_into(word.text, &mut self.octets),
            Encoding::Q => q_into(word.text, &mut self.octets),
        };
        if !sound {
            once.report(DefectKind::EncodedWordInvalid, span);
        }
    }

    fn flush<R: Report>(&mut self, text: &mut String, config: &Config, once: &mut Once<'_, R>) {
        let Some(label) = self.charset.take() else { return };
        let charset = Charset::from_label_with(label, config).unwrap_or_else(|| {
            once.report(DefectKind::CharsetUnknown, self.span.clone());
            Charset::guess(&self.octets)
        });
        let (decoded, foreign) = charset.decode_value(&self.octets);
        if foreign {
            once.report(DefectKind::EncodedWordInvalid, self.span.clone());
        }
        inspect(&decoded, self.span.clone(), once);
        text.push_str(&decoded);
        self.octets.clear();
    }
}

/// What stands outside of encoded words.
fn literal<R: Report>(
    octets: &[u8],
    offset: usize,
    text: &mut String,
    config: &Config,
    once: &mut Once<'_, R>,
) {
    if octets.is_empty() {
        return;
    }
    let span = offset..offset + octets.len();
    let start = text.len();
    match str::from_utf8(octets) {
        Ok(piece) => unfold_into(piece, text),
        Err(_) => {
            once.report(DefectKind::EightBitHeader, span.clone());
            unfold_into(&config.header_text(octets), text);
        }
    }
    let new = text.get(start..).unwrap_or_default();
    if !new.is_ascii() {
        inspect(new, span, once);
    }
}

/// Appends the text without its line ends: those before white space vanish, others become a space.
fn unfold_into(mut piece: &str, text: &mut String) {
    while let Some(at) = memchr::memchr(b'\n', piece.as_bytes()) {
        let (line, rest) = piece.split_at_checked(at).unwrap_or((piece, ""));
        text.push_str(line.trim_end_matches('\r'));
        piece = rest.strip_prefix('\n').unwrap_or(rest);
        if !piece.starts_with([' ', '\t', '\r', '\n']) && !piece.is_empty() {
            text.push(' ');
        }
    }
    text.push_str(piece);
}

/// White space and what ends lines.
pub(crate) const fn is_white(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

/// The value without white space around it, and how much stood before it.
fn trim(value: &[u8]) -> (&[u8], usize) {
    let start = value.iter().position(|&octet| !is_white(octet)).unwrap_or(value.len());
    let end = value.iter().rposition(|&octet| !is_white(octet)).map_or(start, |at| at + 1);
    (value.get(start..end).unwrap_or_default(), start)
}

/// Neither folded nor with anything that could be an encoded word.
fn is_plain(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = memchr::memchr2(b'=', b'\n', rest) {
        match rest.get(at..) {
            Some([b'\n', ..] | [b'=', b'?', ..]) | None => return false,
            Some([_, behind @ ..]) => rest = behind,
            Some([]) => return true,
        }
    }
    true
}

/// Reports characters of a decoded text that do harm.
pub(crate) fn inspect(text: &str, span: Range<usize>, report: &mut impl Report) {
    let mut control = false;
    let mut bidi = false;
    let mut octets = text.as_bytes();
    while let Some((&octet, rest)) = octets.split_first() {
        control |= octet < b' ' && octet != b'\t' || octet == 0x7f;
        // U+202A to U+202E, U+2066 to U+2069
        bidi |= octet == 0xe2 && matches!(rest, [0x80, 0xaa..=0xae, ..] | [0x81, 0xa6..=0xa9, ..]);
        octets = rest;
    }
    if control {
        report.report(DefectKind::ControlCharacter, span.clone());
    }
    if bidi {
        report.report(DefectKind::BidiControl, span);
    }
}

/// Appends what the base64 stands for; says whether it was sound, white space and missing padding aside.
fn b_into(text: &[u8], octets: &mut Vec<u8>) -> bool {
    let mut sound = true;
    let mut bits = 0u32;
    let mut count = 0;
    for &octet in text {
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            // padding: what follows begins anew
            b'=' => {
                (bits, count) = (0, 0);
                continue;
            }
            _ => {
                sound &= is_white(octet);
                continue;
            }
        };
        bits = bits << 6 & 0xffff | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            let [.., low] = (bits >> count).to_be_bytes();
            octets.push(low);
        }
    }
    // a single digit is no octet
    sound && count < 6
}

/// Appends what the Q encoding stands for; says whether it was sound, white space aside.
fn q_into(text: &[u8], octets: &mut Vec<u8>) -> bool {
    let mut sound = true;
    let mut rest = text;
    while let Some((&octet, behind)) = rest.split_first() {
        rest = behind;
        match octet {
            b'_' => octets.push(b' '),
            b'=' => match behind {
                [high, low, behind @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                    octets.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                    rest = behind;
                }
                _ => {
                    sound = false;
                    octets.push(octet);
                }
            },
            b'\n' | b'\r' => {}
            _ => octets.push(octet),
        }
    }
    sound
}

/// The value of a hexadecimal digit.
pub(crate) const fn hex(octet: u8) -> Option<u8> {
    match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        b'A'..=b'F' => Some(octet - b'A' + 10),
        _ => None,
    }
}

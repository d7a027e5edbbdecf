//! The value of Content-Transfer-Encoding.

use std::ops::Range;

use super::TransferEncoding;
use crate::{DefectKind, Report};

/// Reads the value of the field; see [`TransferEncoding::from_value`].
pub(super) fn read(value: &[u8], report: &mut impl Report) -> TransferEncoding {
    // As nearly all are.
    let mut plain = value;
    while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\r' | b'\n'] = plain {
        plain = rest;
    }
    match plain {
        b"7bit" => return TransferEncoding::SevenBit,
        b"8bit" => return TransferEncoding::EightBit,
        b"base64" => return TransferEncoding::Base64,
        b"quoted-printable" => return TransferEncoding::QuotedPrintable,
        _ => {}
    }
    if let Some((encoding, true)) = named(plain) {
        return encoding;
    }
    let mut token: Option<Range<usize>> = None;
    let mut several = false;
    let mut depth = 0_usize;
    let mut comment = 0;
    let mut octets = value.iter().enumerate();
    while let Some((at, octet)) = octets.next() {
        match octet {
            b'(' => {
                if depth == 0 {
                    comment = at;
                }
                depth += 1;
            }
            b')' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    report.report(DefectKind::CommentInToken, comment..at + 1);
                }
            }
            b'\\' if depth > 0 => {
                octets.next();
            }
            _ if depth > 0 => {}
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ => match &mut token {
                Some(token) => {
                    several |= token.end != at;
                    token.end = at + 1;
                }
                None => token = Some(at..at + 1),
            },
        }
    }
    if depth > 0 {
        report.report(DefectKind::Unclosed, comment..value.len());
    }
    let Some(span) = token else {
        report.report(DefectKind::InvalidValue, 0..value.len());
        return TransferEncoding::SevenBit;
    };
    let text = value.get(span.clone()).unwrap_or_default();
    if !several && let Some((encoding, standard)) = named(text) {
        if !standard {
            report.report(DefectKind::InvalidValue, span);
        }
        return encoding;
    }
    // Parameters and quotes do not belong here, and programs write them.
    let bare = text.split(|octet| *octet == b';').next().unwrap_or_default().trim_ascii();
    let bare = bare.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(bare);
    if let Some((encoding, _)) = named(bare.trim_ascii()) {
        report.report(DefectKind::InvalidValue, span);
        return encoding;
    }
    report.report(DefectKind::UnknownCte, span);
    TransferEncoding::Unknown
}

/// The encoding of that name, and whether it is the name that it should have.
fn named(name: &[u8]) -> Option<(TransferEncoding, bool)> {
    use TransferEncoding::{Base64, Binary, EightBit, QuotedPrintable, SevenBit, Uuencode, Yenc};
    const NAMES: &[(&[u8], TransferEncoding, bool)] = &[
        (b"7bit", SevenBit, true),
        (b"8bit", EightBit, true),
        (b"binary", Binary, true),
        (b"quoted-printable", QuotedPrintable, true),
        (b"base64", Base64, true),
        (b"x-uuencode", Uuencode, true),
        (b"x-uue", Uuencode, true),
        (b"x-yencode", Yenc, true),
        (b"x-yenc", Yenc, true),
        (b"uuencode", Uuencode, false),
        (b"uue", Uuencode, false),
        (b"yencode", Yenc, false),
        (b"yenc", Yenc, false),
        (b"7-bit", SevenBit, false),
        (b"7bits", SevenBit, false),
        (b"8-bit", EightBit, false),
        (b"8bits", EightBit, false),
        (b"base-64", Base64, false),
        (b"x-base64", Base64, false),
        (b"quoted_printable", QuotedPrintable, false),
        (b"quotedprintable", QuotedPrintable, false),
    ];
    NAMES
        .iter()
        .find(|(known, ..)| known.len() == name.len() && known.eq_ignore_ascii_case(name))
        .map(|(_, encoding, standard)| (*encoding, *standard))
}

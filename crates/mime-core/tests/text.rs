//! Charsets, folding and encoded words.

#![allow(unused_imports)]
use mime_core::{
    Charset, Config, Defect, DefectKind,
    charset::Decoder,
    encoded_word::{decode_text, encode, find},
};
use proptest::prelude::*;

fn text(value: &[u8]) -> String {
    decode_text(value, &Config::new(), &mut ()).into_owned()
}

/// The text, and what was reported.
fn told(value: &[u8]) -> (String, Vec<DefectKind>) {
    let mut defects: Vec<Defect> = Vec::new();
    let text = decode_text(value, &Config::new(), &mut defects).into_owned();
    for defect in &defects {
        assert!(defect.span.start <= defect.span.end && defect.span.end <= value.len(), "{defect:?}");
    }
    (text, defects.into_iter().map(|defect| defect.kind).collect())
}

/// RFC 2047 section 8, the table at its end.
#[test]
fn rfc2047_section_8_table() {
    for (value, expected) in [
        ("=?ISO-8859-1?Q?a?=", "a"),
        ("=?ISO-8859-1?Q?a?= b", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"),
        ("=?ISO-8859-1?Q?a_b?=", "a b"),
        ("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?_b?=", "a b"),
    ] {
        assert_eq!(text(value.as_bytes()), expected, "{value}");
    }
}

/// RFC 2047 section 8, the header fields.
#[test]
#[cfg(feature = "charset")]
fn rfc2047_section_8_fields() {
    assert_eq!(text(b" =?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"), "Keith Moore <moore@cs.utk.edu>");
    assert_eq!(
        text(b" =?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>"),
        "Keld J\u{f8}rn Simonsen <keld@dkuug.dk>"
    );
    assert_eq!(
        text(b" =?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>"),
        "Andr\u{e9} Pirard <PIRARD@vm1.ulg.ac.be>"
    );
    assert_eq!(
        text(
            b" =?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n  =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="
        ),
        "If you can read this you understand the example."
    );
    assert_eq!(
        text(b" =?ISO-8859-1?Q?Olle_J=E4rnefors?= <ojarnef@admin.kth.se>"),
        "Olle J\u{e4}rnefors <ojarnef@admin.kth.se>"
    );
    assert_eq!(
        text(b" =?ISO-8859-1?Q?Patrik_F=E4ltstr=F6m?= <paf@nada.kth.se>"),
        "Patrik F\u{e4}ltstr\u{f6}m <paf@nada.kth.se>"
    );
    assert_eq!(
        text(b" Nathaniel Borenstein <nsb@thumper.bellcore.com>\r\n (=?iso-8859-8?b?7eXs+SDv4SDs6Oj08A==?=)"),
        "Nathaniel Borenstein <nsb@thumper.bellcore.com> (\u{5dd}\u{5d5}\u{5dc}\u{5e9} \u{5df}\u{5d1} \u{5dc}\u{5d8}\u{5d8}\u{5e4}\u{5e0})"
    );
}

//! Charsets, folding and encoded words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

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

// quirks

#[test]
fn quirk_mime_111() {
    let value = b"blurdy bloop =?*en?q?no_charset?= beep boop";
    assert_eq!(text(value), "blurdy bloop =?*en?q?no_charset?= beep boop");
}

#[test]
fn quirk_mime_112() {
    let value = b"blurdy bloop =?iso-8859-1*en?q?this_is_english?= beep boop";
    assert_eq!(told(value), ("blurdy bloop this is english beep boop".into(), vec![]));
}

#[test]
fn quirk_mime_116() {
    let value = b"blurdy bloop=?iso-8859-1?q?_encoded_word_?=beep boop";
    assert_eq!(
        told(value),
        ("blurdy bloop encoded word beep boop".into(), vec![DefectKind::EncodedWordForm])
    );
}

#[test]
fn quirk_mime_117() {
    let value = b"=?iso-8859-1?q?latin1_?= =?utf-8?q?unicode_?= =?iso-8859-1?q?and_latin1_again?=";
    assert_eq!(told(value), ("latin1 unicode and latin1 again".into(), vec![]));
}

#[test]
fn quirk_mime_119() {
    assert_eq!(told(b"=?UTF-8?Q?a_?==?utf-8?Q?b?="), ("a b".into(), vec![DefectKind::EncodedWordForm]));
}

#[test]
fn quirk_mime_121() {
    assert_eq!(text(b"=?utf-8?B?SGVsbG8?="), "Hello");
}

#[test]
fn quirk_mime_122() {
    assert_eq!(text(b"=?utf-8?B?SGVs bG8=?="), "Hello");
}

#[test]
fn quirk_mime_123() {
    assert_eq!(told(b"=?utf-8?Q?=C3?="), ("\u{fffd}".into(), vec![DefectKind::EncodedWordInvalid]));
}

#[test]
fn quirk_mime_125() {
    let (text, told) = told(b"=?utf-8?Q?a=0D=0ABcc:_x@y?=");
    assert_eq!(text, "a\r\nBcc: x@y");
    assert_eq!(told, [DefectKind::ControlCharacter]);
    let encoded = encode(&text);
    assert!(encoded.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
    assert_eq!(self::text(encoded.as_bytes()), text);
}

#[test]
#[cfg(feature = "charset")]
fn quirk_mime_128() {
    assert_eq!(told(b"=?ks_c_5601-1987?B?x9G5zg==?="), ("\u{d55c}\u{bbfc}".into(), vec![]));
}

#[test]
fn quirk_mime_129() {
    assert_eq!(told(b"=?UTF8?Q?=C3=A9?="), ("\u{e9}".into(), vec![]));
}

#[test]
fn quirk_mime_130() {
    let value = b"=?utf-7?Q?+AOk-?=";
    assert_eq!(told(value), ("+AOk-".into(), vec![DefectKind::CharsetUnknown]));
    #[cfg(feature = "charset")]
    assert_eq!(decode_text(value, &Config::new().utf7(true), &mut ()), "\u{e9}");
}

#[test]
fn quirk_mime_131() {
    assert_eq!(told(b"Caf\xe9"), ("Caf\u{e9}".into(), vec![DefectKind::EightBitHeader]));
    let with = |charset| Config::new().header_charset(Some(charset));
    assert_eq!(decode_text(b"Caf\xe9", &with(Charset::UTF_8), &mut ()), "Caf\u{fffd}");
    #[cfg(feature = "charset")]
    {
        let config = with(Charset::from_label(b"windows-1251").unwrap());
        assert_eq!(decode_text(b"\xcf\xf0\xe8\xe2\xe5\xf2", &config, &mut ()), "Привет");
    }
}

#[test]
fn quirk_mime_132() {
    assert_eq!(told(b"Gr\xc3\xbc\xc3\x9fe"), ("Gr\u{fc}\u{df}e".into(), vec![]));
}

// attacks

#[test]
fn attack_mimeb_14() {
    let value = b"=?a?Q?a?= ".repeat(185_000);
    let (text, told) = told(&value);
    assert_eq!(text.len(), 185_000);
    assert_eq!(told, [DefectKind::CharsetUnknown]);
    let value = b"=?a?Q?a?= =?b?Q?b?= ".repeat(92_500);
    assert_eq!(self::text(&value).len(), 185_000);
}

#[test]
fn attack_mimeb_15() {
    assert_eq!(told(b"=?utf-8?Q?=3D=3Futf-8=3FQ=3Fx=3F=3D?="), ("=?utf-8?Q?x?=".into(), vec![]));
}

#[test]
fn attack_mimeb_23() {
    let value = b"=?utf-7?Q?+ADw-script+AD4-?=";
    assert_eq!(told(value), ("+ADw-script+AD4-".into(), vec![DefectKind::CharsetUnknown]));
    assert_eq!(Charset::from_label(b"UTF-7"), None);
}

#[test]
fn attack_inj_16() {
    let (text, told) = told(b"=?utf-8?Q?a=0D=0ABcc:_v@example.net?=");
    assert_eq!(text, "a\r\nBcc: v@example.net");
    assert_eq!(told, [DefectKind::ControlCharacter]);
    assert!(!encode(&text).contains(['\r', '\n']));
}

// folding

#[test]
fn folding() {
    for (value, expected) in [
        (&b" a\r\n b"[..], "a b"),
        (b"a\n\tb", "a\tb"),
        (b"a\r\r\n b", "a b"),
        (b"a \r\n  b\r\n", "a   b"),
        (b"a\r\n \r\n b", "a  b"),
        (b"a\nb", "a b"),
        (b"a\rb", "a\rb"),
        (b" \r\n ", ""),
        (b"", ""),
        ("Größe\r\n 2".as_bytes(), "Größe 2"),
        (b"Gr\xf6\xdfe\r\n 2", "Größe 2"),
        // not UTF-8 as a whole
        (b"\xc3\xbc \xfc", "\u{c3}\u{bc} \u{fc}"),
    ] {
        assert_eq!(text(value), expected, "{}", value.escape_ascii());
    }
}

#[test]
fn nothing_is_copied_without_need() {
    for value in ["Hello there", "a=b=c? d", "Grüße aus Köln", " trimmed  ", "100% = alles"] {
        assert!(
            matches!(decode_text(value.as_bytes(), &Config::new(), &mut ()), std::borrow::Cow::Borrowed(_)),
            "{value}"
        );
    }
}

// encoded words

#[test]
fn words_that_are_none() {
    for value in [
        "=?",
        "=?utf-8",
        "=?utf-8?",
        "=?utf-8?Q",
        "=?utf-8?Q?",
        "=?utf-8?Q?a",
        "=?utf-8?Q?a?",
        "=?utf-8?X?a?=",
        "=??Q?a?=",
        "=?ut f-8?Q?a?=",
        "=?utf-8??a?=",
        "=?=?=?",
        "let's = try =?iso-8859-1? to break =? the parser",
        "=",
    ] {
        assert_eq!(told(value.as_bytes()), (value.into(), vec![]), "{value}");
    }
    let long = format!("=?{}?Q?a?=", "x".repeat(200));
    assert_eq!(text(long.as_bytes()), long);
}

#[test]
fn words_of_irregular_form() {
    for (value, expected) in [
        (&b"=?utf-8?Q??="[..], ""),
        (b"=?utf-8?B??=", ""),
        (b"=?utf-8?Q?=20?=", " "),
        (b"a =?utf-8?Q?b?= c", "a b c"),
        (b"=?utf-8?Q?a b?=", "a b"),
        (b"=?utf-8?Q?Hello\r\n there?=", "Hello there"),
        (b"=?utf-8?B?SGVs\r\n bG8=?=", "Hello"),
        (b"=?utf-8?B?SGVsbG8=?= =?utf-8?B?IHlvdQ==?=", "Hello you"),
        // one word whose pieces were padded each
        (b"=?utf-8?B?SGU=bGxv?=", "Hello"),
        (b"=?utf-8?q?=c3=bc?=", "\u{fc}"),
        (b"=?utf-8?Q?100%_=_alles?=", "100% = alles"),
        (b"=?utf-8?Q?a=3?=", "a=3"),
        (b"=?utf-8?Q?what?_?=", "what? "),
        (b"=?utf-8?Q?unclosed =?utf-8?Q?word?=", "=?utf-8?Q?unclosed word"),
        (b"=?utf-8?Q?a?= \r\n\t =?utf-8?Q?b?=", "ab"),
        (b"=?utf-8?Q?a?= =? =?utf-8?Q?b?=", "a =? b"),
        (b"(=?utf-8?Q?a?=)", "(a)"),
        (b"=?utf-8?Q?\xc3\xbc?=", "\u{fc}"),
        (b"=?iso-8859-1?Q?\xfc?=", "\u{fc}"),
        (b"=?x-unknown?Q?=FC?=", "\u{fc}"),
        (b"=?x-unknown?Q?=C3=BC?=", "\u{fc}"),
        (b"=?us-ascii?Q?=C3=BC?=", "\u{fc}"),
        (b"=?\"utf-8\"?Q?=C3=BC?=", "\u{fc}"),
        (b"=?utf-8?Q?=EF=BB=BFa?=", "\u{feff}a"),
    ] {
        assert_eq!(text(value), expected, "{}", value.escape_ascii());
    }
}

/// Programs cut characters where the line is full.
#[test]
fn characters_cut_by_words() {
    assert_eq!(
        told(b"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3?=\r\n =?UTF-8?B?n2U=?="),
        ("Gr\u{fc}\u{df}e".into(), vec![])
    );
    // another charset between: nothing is put together
    assert_eq!(text(b"=?utf-8?Q?=C3?= =?iso-8859-1?Q?a?= =?utf-8?Q?=BC?="), "\u{fffd}a\u{fffd}");
    // text between
    assert_eq!(text(b"=?utf-8?Q?=C3?= a =?utf-8?Q?=BC?="), "\u{fffd} a \u{fffd}");
}

#[test]
#[cfg(feature = "charset")]
fn stateful_charsets_cut_by_words() {
    // the second word goes on without escape sequence
    let value = b"=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=";
    assert_eq!(told(value), ("\u{65e5}\u{672c}".into(), vec![]));
}

#[test]
fn bidi_is_told() {
    let expected = ("a\u{202e}b".to_owned(), vec![DefectKind::BidiControl]);
    assert_eq!(told(b"=?utf-8?Q?a=E2=80=AEb?="), expected);
    assert_eq!(told("a\u{202e}b".as_bytes()), expected);
    assert_eq!(told("a\u{2066}b\r\n c".as_bytes()).1, [DefectKind::BidiControl]);
    // Hebrew and Arabic are no offence
    assert_eq!(told("שלום \u{200f}!".as_bytes()).1, []);
}

#[test]
fn controls_are_told() {
    for octet in ["00", "07", "0A", "0D", "1B", "7F"] {
        let value = format!("=?utf-8?Q?a={octet}b?=");
        let (text, told) = told(value.as_bytes());
        assert_eq!(text.len(), 3);
        assert_eq!(told, [DefectKind::ControlCharacter], "{octet}");
    }
}

#[test]
fn find_gives_the_parts() {
    let (range, word) = find(b"a =?UTF-8*de?b?SGk=?= b").unwrap();
    assert_eq!(range, 2..21);
    assert_eq!((word.charset, word.language, word.text), (&b"UTF-8"[..], Some(&b"de"[..]), &b"SGk="[..]));
    assert_eq!(find(b"=?a?Q?b"), None);
}

/// Were the time quadratic in the octets, this would take minutes.
#[test]
fn linear_time() {
    for piece in [
        "=?",
        "=?a",
        "=?a?",
        "=?a?Q?",
        "=?a?Q?a",
        "?=",
        "=?a?Q?a?=",
        "=?utf-8?B?w?= ",
        "=",
        "\r\n ",
        "=?a?Q? =?b",
        "\n",
        " ",
        "\r",
        "\u{fc}",
        "=?*?q?",
        "=?utf-8?q?=?=",
    ] {
        let mut value = piece.repeat(400_000 / piece.len());
        told(value.as_bytes());
        value.push_str("?=");
        told(value.as_bytes());
        assert!(find(value.as_bytes()).is_none_or(|(range, _)| range.end <= value.len()));
    }
}

// the encoder

#[test]
fn encoded_text_comes_back() {
    for plain in ["Hello", "a = b?", ""] {
        assert!(matches!(encode(plain), std::borrow::Cow::Borrowed(_)));
    }
    let long =
        "Größenänderung der Übersichtstabellen für öffentliche Ämter und Behörden – 日本語 und 한국어 "
            .repeat(20);
    for hard in [
        "=?utf-8?Q?a?=",
        " a",
        "a ",
        "a\tb",
        "a\r\nb",
        "\0",
        "é",
        "日本語日本語日本語日本語日本語日本語日本語日本語",
        &long,
    ] {
        let encoded = encode(hard);
        assert_eq!(
            told(encoded.as_bytes()),
            (
                hard.into(),
                if hard.contains(['\r', '\0']) { vec![DefectKind::ControlCharacter] } else { vec![] }
            )
        );
        assert!(encoded.split(' ').all(|word| word.len() <= 75));
    }
}

// charsets

#[test]
fn labels() {
    for label in [
        "utf-8",
        "UTF8",
        "utf_8",
        " utf-8 ",
        "\"utf-8\"",
        "'UTF-8'",
        "utf-8\"",
        "unicode-1-1-utf-8",
        "_utf-8",
    ] {
        assert_eq!(Charset::from_label(label.as_bytes()), Some(Charset::UTF_8), "{label}");
    }
    for label in ["us-ascii", "ASCII", "ansi-x3.4-1968", "ANSI_X3.4-1968", "iso646-us", "unicode-1-1"] {
        assert_eq!(Charset::from_label(label.as_bytes()), Some(Charset::US_ASCII), "{label}");
    }
    for label in [
        "iso-8859-1",
        "iso8859-1",
        "iso_8859-1",
        "ISO_8859-1:1987",
        "latin1",
        "l1",
        "cp1252",
        "windows1252",
        "windows-1252",
        "cp-1252",
        "3D\"Windows-1252\"",
        "charset=windows-1252",
    ] {
        assert_eq!(Charset::from_label(label.as_bytes()), Some(Charset::WINDOWS_1252), "{label}");
    }
    let long = "x".repeat(10_000);
    for label in [
        "",
        " ",
        "x-unknown",
        "unknown-8bit",
        "8bit",
        "binary",
        "utf-9",
        "iso-8859-99",
        "-",
        "\"\"",
        "3D",
        "utf-7",
        &long,
    ] {
        assert_eq!(Charset::from_label(label.as_bytes()), None, "{label}");
    }
}

#[test]
#[cfg(feature = "charset")]
fn labels_of_many_charsets() {
    for (name, labels) in [
        ("EUC-KR", &["ks_c_5601-1987", "KSC5601", "cp949", "euc-kr", "uhc", "x-windows-949"][..]),
        (
            "Shift_JIS",
            &["shift_jis", "Shift-JIS", "sjis", "x-sjis", "cp932", "x-cp932", "windows-31j", "ms_kanji"],
        ),
        ("ISO-2022-JP", &["iso-2022-jp", "_iso-2022-jp$ESC", "csISO2022JP", "iso-2022-jp-ms"]),
        ("EUC-JP", &["euc-jp", "eucJP", "x-euc-jp"]),
        ("GBK", &["gb2312", "GB_2312-80", "gbk", "x-gbk", "cp936", "euc-cn"]),
        ("gb18030", &["gb18030", "GB-18030"]),
        ("Big5", &["big5", "big5-hkscs", "cp950", "cn-big5"]),
        ("windows-1251", &["windows-1251", "cp1251", "win-1251", "CP-1251", "windows1251", "x-cp1251"]),
        ("KOI8-R", &["koi8-r", "koi8r", "KOI8_R"]),
        ("KOI8-U", &["koi8-u", "koi8-ru"]),
        ("ISO-8859-2", &["iso-8859-2", "latin2", "iso_8859-2:1987", "iso8859-2", "cp28592"]),
        ("ISO-8859-8-I", &["iso-8859-8-i"]),
        ("ISO-8859-15", &["iso-8859-15", "latin9", "latin-9", "iso8859-15"]),
        ("windows-1254", &["iso-8859-9", "latin5", "cp1254"]),
        ("macintosh", &["macintosh", "mac", "x-mac-roman"]),
        ("x-mac-cyrillic", &["x-mac-cyrillic", "x-mac-ukrainian"]),
        ("IBM850", &["ibm850", "cp850", "cp-850", "850"]),
        ("IBM437", &["cp437", "ibm437", "IBM-437"]),
        ("IBM00858", &["cp858", "ibm00858"]),
        ("IBM866", &["cp866", "ibm866"]),
        ("UTF-16", &["utf-16", "ucs-2"]),
        ("UTF-16LE", &["utf-16le"]),
        ("UTF-16BE", &["utf-16be"]),
        ("UTF-32", &["utf-32"]),
        ("UTF-32LE", &["utf-32le"]),
        ("UTF-32BE", &["utf-32be"]),
        ("ISO-2022-KR", &["iso-2022-kr", "csISO2022KR"]),
        ("ISO-2022-CN", &["iso-2022-cn"]),
        ("HZ-GB-2312", &["hz-gb-2312", "hz"]),
        ("windows-874", &["tis-620", "iso-8859-11", "windows-874", "cp874"]),
    ] {
        for label in labels {
            assert_eq!(Charset::from_label(label.as_bytes()).map(Charset::name), Some(name), "{label}");
        }
        assert_eq!(Charset::from_label(name.as_bytes()).map(Charset::name), Some(name));
    }
}

#[test]
#[cfg(feature = "charset")]
fn text_of_many_charsets() {
    for (label, octets, expected) in [
        ("iso-8859-15", &b"\xa4 \xbd"[..], "\u{20ac} \u{153}"),
        ("cp437", b"\x81ber \xe1", "\u{fc}ber \u{df}"),
        ("cp850", b"Gr\x94\xe1e \xd5", "Gr\u{f6}\u{df}e \u{131}"),
        ("cp858", b"\xd5", "\u{20ac}"),
        ("macintosh", b"Gr\x9a\xa7e", "Gr\u{f6}\u{df}e"),
        ("x-mac-ce", b"\x8a", "\u{e4}"),
        ("koi8-r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}"),
        ("utf-16", b"\xff\xfea\0\xfc\0", "a\u{fc}"),
        ("utf-16", b"\xfe\xff\0a\0\xfc", "a\u{fc}"),
        ("utf-16", b"\0a\xd8\x3d\xde\0", "a\u{1f600}"),
        ("utf-16", b"a\0\x3d\xd8\0\xde", "a\u{1f600}"),
        ("utf-16le", b"\xff\xfea\0", "a"),
        ("utf-32", b"\xff\xfe\0\0a\0\0\0", "a"),
        ("utf-32be", b"\0\0\0a\0\x01\xf6\0", "a\u{1f600}"),
        // RFC 1557
        ("iso-2022-kr", b"\x1b$)C\x0eGQ\x0f a", "\u{d55c} a"),
        // RFC 1843 section 5
        (
            "hz-gb-2312",
            b"This sentence is in ASCII.\nThe next sentence is in GB.~{<:Ky2;S{#,NpJ)l6HK!#~}Bye.",
            "This sentence is in ASCII.\nThe next sentence is in GB.\u{5df1}\u{6240}\u{4e0d}\u{6b32}\u{ff0c}\u{52ff}\u{65bd}\u{65bc}\u{4eba}\u{3002}Bye.",
        ),
        ("hz", b"a ~~ ~\nb", "a ~ b"),
        ("iso-2022-cn", b"\x1b$)A\x0e=;;;\x0f a", "\u{4ea4}\u{6362} a"),
        ("gb18030", b"\x81\x30\x86\x30", "\u{b8}"),
        ("big5-hkscs", b"\xa4\xa4", "\u{4e2d}"),
    ] {
        let charset = Charset::from_label(label.as_bytes()).unwrap();
        assert_eq!(charset.decode(octets), (expected.into(), false), "{label}");
    }
}

/// RFC 2152, the examples.
#[test]
#[cfg(feature = "charset")]
fn utf7_examples() {
    let charset = Charset::from_label_with(b"utf-7", &Config::new().utf7(true)).unwrap();
    for (octets, expected) in [
        (&b"A+ImIDkQ."[..], "A\u{2262}\u{391}."),
        (b"Hi Mom -+Jjo--!", "Hi Mom -\u{263a}-!"),
        (b"+ZeVnLIqe-", "\u{65e5}\u{672c}\u{8a9e}"),
        (b"Item 3 is +AKM-1.", "Item 3 is \u{a3}1."),
        (b"1 +- 1", "1 + 1"),
        (b"+2D3eAA-", "\u{1f600}"),
    ] {
        assert_eq!(charset.decode(octets), (expected.into(), false));
    }
    assert!(charset.decode(b"+A").1);
    assert!(charset.decode(b"\xff").1);
}

#[test]
fn marks_choose_no_charset() {
    assert_eq!(Charset::UTF_8.decode(b"\xef\xbb\xbfa"), ("a".into(), false));
    assert_eq!(Charset::UTF_8.decode(b"\xff\xfea\0").0, "\u{fffd}\u{fffd}a\0");
    assert_eq!(Charset::WINDOWS_1252.decode(b"\xff\xfe").0, "\u{ff}\u{fe}");
}

#[test]
fn ascii_that_is_none() {
    assert_eq!(Charset::US_ASCII.decode(b"Gr\xc3\xbc\xdfe"), ("Gr\u{fc}\u{df}e".into(), true));
    assert_eq!(Charset::US_ASCII.decode(b"a"), ("a".into(), false));
    assert_eq!(Charset::WINDOWS_1252.decode(b"\x80\x81"), ("\u{20ac}\u{81}".into(), false));
}

#[test]
fn charset_of_html() {
    use mime_core::charset::from_html_meta;
    for (html, charset) in [
        (&b"<META charset=utf-8>"[..], Some(Charset::UTF_8)),
        (b"<html>\n<meta name=a content=b><meta\nhttp-equiv='Content-Type' content='text/html;charset=windows-1252'/>", Some(Charset::WINDOWS_1252)),
        (b"<meta charset = \"utf-8\" >", Some(Charset::UTF_8)),
        (b"<!-- <meta charset=utf-8> --><meta charset=us-ascii>", Some(Charset::US_ASCII)),
        (b"<!-- <meta charset=utf-8>", None),
        (b"<metal charset=utf-8>", None),
        (b"<meta charset=x-unknown>", None),
        (b"<meta name=charset content=utf-8>", None),
        (b"<meta charset=utf-7>", None),
        (b"charset=utf-8", None),
        (b"<meta charset=", None),
        (b"", None),
    ] {
        assert_eq!(from_html_meta(html), charset, "{}", html.escape_ascii());
    }
    #[cfg(feature = "charset")]
    assert_eq!(from_html_meta(b"<meta charset=utf-16le>"), Some(Charset::UTF_8));
    let far = [&b" ".repeat(2000)[..], b"<meta charset=utf-8>"].concat();
    assert_eq!(from_html_meta(&far), None);
}

fn charsets() -> Vec<Charset> {
    let config = Config::new().utf7(true);
    [
        "utf-8",
        "us-ascii",
        "iso-8859-1",
        "utf-7",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "utf-32",
        "utf-32le",
        "iso-2022-jp",
        "iso-2022-kr",
        "iso-2022-cn",
        "hz-gb-2312",
        "gb18030",
        "gbk",
        "big5",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "cp437",
        "koi8-r",
    ]
    .iter()
    .filter_map(|label| Charset::from_label_with(label.as_bytes(), &config))
    .collect()
}

proptest! {
    #[test]
    fn pieces_make_the_same_text(
        octets in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(b"~{}+-\x1b$)CA(BJ\x0e\x0fa\n\xc3\xbc\xef\xbb\xbf\0".to_vec())], 0..60),
        cut in 0usize..60,
    ) {
        for charset in charsets() {
            let whole = charset.decode(&octets);
            let (first, second) = octets.split_at(cut.min(octets.len()));
            for pieces in [vec![first, second], octets.chunks(1).collect()] {
                let mut text = String::new();
                let mut decoder = Decoder::new(charset);
                for piece in pieces {
                    decoder.push(piece, &mut text);
                }
                let foreign = decoder.finish(&mut text);
                prop_assert_eq!((&*whole.0, whole.1), (&*text, foreign), "{}", charset);
            }
        }
    }

    #[test]
    fn never_panics(value in prop::collection::vec(any::<u8>(), 0..200)) {
        told(&value);
        find(&value);
    }

    #[test]
    fn never_panics_on_what_looks_like_words(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "=?", "utf-8", "iso-2022-jp", "?", "Q", "b", "?=", "=", "=41", "_", " ", "\r\n ", "\t", "a", "*", "\u{fc}", "\n", "QUJD",
        ]), 0..40)
    ) {
        let value = pieces.concat();
        told(value.as_bytes());
        if let Some((range, word)) = find(value.as_bytes()) {
            prop_assert!(value[range.clone()].starts_with("=?") && value[range].ends_with("?="));
            prop_assert!(!word.charset.is_empty());
        }
    }

    #[test]
    fn encoded_text_is_safe_and_comes_back(plain in "\\PC*|[ -~\r\n\0\t=?_äß€😀]{0,300}") {
        let encoded = encode(&plain);
        prop_assert!(encoded.bytes().all(|octet| (b' '..=b'~').contains(&octet)));
        prop_assert_eq!(text(encoded.as_bytes()), &*plain);
        if encoded != plain {
            prop_assert!(encoded.split(' ').all(|word| word.len() <= 75 && find(word.as_bytes()).is_some()));
        }
    }
}

//! Content-Type, Content-Disposition, their parameters, and names of files.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{
    Charset, Config, ContentDisposition, ContentType, Defect, DefectKind, Limits, MediaKind, filename,
    safe_filename,
};
use proptest::prelude::*;

const CONFIG: Config = Config::new();

#[track_caller]
fn content_type(value: &[u8]) -> ContentType<'_> {
    ContentType::parse(value, &CONFIG, &mut ()).unwrap()
}

#[track_caller]
fn disposition(value: &[u8]) -> ContentDisposition<'_> {
    ContentDisposition::parse(value, &CONFIG, &mut ()).unwrap()
}

fn kinds(defects: &[Defect], value: &[u8]) -> Vec<DefectKind> {
    for defect in defects {
        assert!(defect.span.start <= defect.span.end && defect.span.end <= value.len(), "{defect:?}");
    }
    defects.iter().map(|defect| defect.kind).collect()
}

/// What is reported of a Content-Type.
fn told(value: &[u8]) -> Vec<DefectKind> {
    let mut defects = Vec::new();
    ContentType::parse(value, &CONFIG, &mut defects);
    kinds(&defects, value)
}

/// The name that a Content-Disposition gives, and what is reported.
fn named(value: &[u8]) -> (Option<String>, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let disposition = ContentDisposition::parse(value, &CONFIG, &mut defects);
    let name = filename(disposition.as_ref(), None, &CONFIG, &mut defects).map(String::from);
    (name, kinds(&defects, value))
}

fn name(value: &[u8]) -> Option<String> {
    named(value).0
}

// examples of the RFCs

/// RFC 2045 section 5.1, and the comment in section 5.1 that changes nothing.
#[test]
fn rfc2045_section_5_1() {
    for value in [&b"text/plain; charset=us-ascii (Plain text)"[..], b"text/plain; charset=\"us-ascii\""] {
        let content_type = content_type(value);
        assert!(content_type.is("text", "plain"));
        assert_eq!(content_type.kind(), MediaKind::Text);
        assert_eq!(content_type.param("CHARSET").as_deref(), Some("us-ascii"));
        assert_eq!(content_type.charset(), Some(Charset::US_ASCII));
    }
}

/// RFC 2231 section 3.
#[test]
fn rfc2231_section_3() {
    let value = b"message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"";
    let content_type = content_type(value);
    assert_eq!(
        content_type.param("url").as_deref(),
        Some("ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar")
    );
    assert_eq!(content_type.param("access-type").as_deref(), Some("URL"));
    assert_eq!(content_type.kind(), MediaKind::Message);
    assert_eq!(told(value), []);
}

/// RFC 2231 section 4.
#[test]
fn rfc2231_section_4() {
    let value = b"application/x-stuff;\r\n title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A";
    assert_eq!(content_type(value).param("title").as_deref(), Some("This is ***fun***"));
    assert_eq!(told(value), []);
}

/// RFC 2231 section 4.1.
#[test]
fn rfc2231_section_4_1() {
    let value = b"application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"";
    assert_eq!(content_type(value).param("title").as_deref(), Some("This is even more ***fun*** isn't it!"));
    assert_eq!(told(value), []);
}

/// RFC 2183 section 3.
#[test]
fn rfc2183_section_3() {
    assert!(disposition(b"inline").is_inline());
    let value =
        b"attachment; filename=genome.jpeg;\r\n  modification-date=\"Wed, 12 Feb 1997 16:29:51 -0500\";";
    let disposition = disposition(value);
    assert!(disposition.is_attachment());
    assert_eq!(disposition.modification_date().as_deref(), Some("Wed, 12 Feb 1997 16:29:51 -0500"));
    assert_eq!(name(value).as_deref(), Some("genome.jpeg"));
    assert_eq!(named(value).1, []);
}

// quirks

#[test]
fn quirk_mime_135() {
    let value = b"application/x-pkcs7-mime;\r\n name=\"smime.p7m\"\r\n smime-type=enveloped-data";
    let content_type = content_type(value);
    assert_eq!(content_type.param("name").as_deref(), Some("smime.p7m"));
    assert_eq!(content_type.param("smime-type").as_deref(), Some("enveloped-data"));
}

#[test]
fn quirk_mime_137() {
    let value = b"application/octet-stream; name=Test Name.pdf;";
    assert_eq!(content_type(value).param("name").as_deref(), Some("Test Name.pdf"));
    assert_eq!(told(value), [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_141() {
    let value = b"cannot open (No such file or directory)";
    assert!(ContentType::parse(value, &CONFIG, &mut ()).is_none());
    assert_eq!(told(value), [DefectKind::InvalidContentType]);
}

#[test]
fn quirk_mime_142() {
    let content_type = content_type(b"text/plain; x-unix-mode=0600; name=\"a\"");
    assert_eq!(content_type.param("X-Unix-Mode").as_deref(), Some("0600"));
    assert_eq!(
        content_type.params().map(|param| param.name()).collect::<Vec<_>>(),
        [&b"x-unix-mode"[..], b"name"]
    );
}

#[test]
fn quirk_mime_146() {
    let value = b"text/plain; =";
    assert!(content_type(value).is("text", "plain"));
    assert_eq!(content_type(value).params().count(), 0);
    assert_eq!(told(value), [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_147() {
    let value = b"text/plain; name*";
    assert_eq!(content_type(value).param("name"), None);
    assert_eq!(content_type(value).params().count(), 0);
    assert_eq!(told(value), [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_149() {
    let value = b"application/x-foo; name*0=\"foo\"; name*=\"bar\"";
    assert_eq!(content_type(value).param("name").as_deref(), Some("bar"));
    assert_eq!(content_type(value).all("name"), ["bar", "foo"]);
    assert!(told(value).contains(&DefectKind::Rfc2231Duplicate));
}

#[test]
fn quirk_mime_150() {
    let value = b"attachment; file-name*0*=utf-8''a; file-name*1=b";
    assert_eq!(disposition(value).param("file-name").as_deref(), Some("ab"));
}

#[test]
fn quirk_mime_152() {
    let value = b"text/html; charset=\"utf-8";
    assert_eq!(content_type(value).param("charset").as_deref(), Some("utf-8"));
    assert_eq!(content_type(value).charset(), Some(Charset::UTF_8));
    assert_eq!(told(value), [DefectKind::Unclosed]);
}

#[test]
fn quirk_mime_153() {
    let value = b"text/html; charset=utf-8\"";
    assert_eq!(content_type(value).param("charset").as_deref(), Some("utf-8"));
    assert_eq!(content_type(value).charset(), Some(Charset::UTF_8));
    assert_eq!(told(value), [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_155() {
    assert_eq!(content_type(b"text/html; charset=3D\"Windows-1252\"").charset(), Some(Charset::WINDOWS_1252));
}

#[test]
#[cfg(feature = "charset")]
fn quirk_mime_156() {
    let charset = content_type(b"text/html; charset=iso-8859-8-i").charset().unwrap();
    assert_eq!(charset.decode(b"\xf9\xec\xe5\xed").0, "\u{5e9}\u{5dc}\u{5d5}\u{5dd}");
}

#[test]
fn quirk_mime_158() {
    let value = b"\"inline\"; filename=\"test.txt\"";
    assert!(disposition(value).is_inline());
    assert_eq!(name(value).as_deref(), Some("test.txt"));
    assert_eq!(named(value).1, [DefectKind::InvalidValue]);
}

#[test]
fn quirk_mime_162() {
    let value = b"attachment; size=1049971;\r\n\tfilename*=\"utf-8''SBD%20%C5%A0kodov%C3%A1k%2Ejpg\"";
    assert_eq!(name(value).as_deref(), Some("SBD \u{160}kodov\u{e1}k.jpg"));
    assert_eq!(disposition(value).size(), Some(1_049_971));
    assert_eq!(named(value).1, [DefectKind::Rfc2231Encoding]);
}

#[test]
fn quirk_mime_163() {
    let value = b"attachment; filename=Partnership Agreement\r\n\tForm - Week 11.pdf";
    assert_eq!(name(value).as_deref(), Some("Partnership Agreement Form - Week 11.pdf"));
    assert_eq!(named(value).1, [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_164() {
    let value = b"attachment; \r\n\tfilename=\"CR_A - Addition\r\n\t.docx\"";
    assert_eq!(name(value).as_deref(), Some("CR_A - Addition .docx"));
}

#[test]
fn quirk_mime_167() {
    let value = b"attachment; filename*0=\"a\"; filename*2=\"c\"; filename*1=\"b\"";
    assert_eq!(name(value).as_deref(), Some("abc"));
    assert_eq!(named(value).1, []);
}

#[test]
fn quirk_mime_168() {
    let value = b"attachment; filename*0=\"a\"; filename*2=\"c\"";
    assert_eq!(name(value).as_deref(), Some("a"));
    assert_eq!(named(value).1, [DefectKind::Rfc2231Gap]);
}

#[test]
fn quirk_mime_169() {
    let value = b"attachment; filename*1*=utf-8''b; filename*2=c";
    assert_eq!(name(value).as_deref(), Some("bc"));
    assert_eq!(named(value).1, [DefectKind::Rfc2231Gap]);
}

#[test]
fn quirk_mime_171() {
    assert_eq!(name(b"attachment; filename*=ansi-x3.4-1968''utf-8").as_deref(), Some("utf-8"));
    assert_eq!(named(b"attachment; filename*=ansi-x3.4-1968''utf-8").1, []);
}

#[test]
fn quirk_mime_172() {
    assert_eq!(name(b"attachment; filename=\"\""), None);
    assert_eq!(disposition(b"attachment; filename=\"\"").param("filename").as_deref(), Some(""));
}

#[test]
fn quirk_mime_173() {
    let name = name(b"attachment; filename=\"../../etc/passwd\"").unwrap();
    assert_eq!(name, "../../etc/passwd");
    assert_eq!(safe_filename(&name), "passwd");
}

#[test]
fn quirk_mime_174() {
    let value = b"attachment; filename=\"C:\\dir\\f.txt\"";
    assert_eq!(name(value).as_deref(), Some("C:\\dir\\f.txt"));
    assert_eq!(disposition(value).all("filename"), ["C:\\dir\\f.txt", "C:dirf.txt"]);
    assert_eq!(safe_filename(&name(value).unwrap()), "f.txt");
    assert_eq!(named(value).1, [DefectKind::ParameterForm]);
}

#[test]
fn quirk_mime_175() {
    let value = b"attachment; filename*0*999999999=\"x\"";
    assert_eq!(name(value), None);
    assert_eq!(disposition(value).params().next().unwrap().octets().as_ref(), b"x");
    assert_eq!(named(value).1, [DefectKind::Rfc2231Number]);
}

// attacks

#[test]
fn attack_mimea_11() {
    let value = b"multipart/mixed; boundary=foo; boundary=bar";
    let content_type = content_type(value);
    assert_eq!(content_type.kind(), MediaKind::Multipart);
    assert_eq!(content_type.boundary().as_deref(), Some(&b"foo"[..]));
    assert_eq!(content_type.all("boundary"), ["foo", "bar"]);
    assert_eq!(told(value), [DefectKind::DuplicateParameter]);
}

#[test]
fn attack_mimea_14() {
    let value = b"multipart/mixed; boundary=foo bar";
    assert_eq!(content_type(value).boundary().as_deref(), Some(&b"foo bar"[..]));
    assert_eq!(content_type(value).all("boundary"), ["foo bar", "foo"]);
    assert_eq!(told(value), [DefectKind::ParameterForm]);
}

#[test]
fn attack_mimea_16() {
    let value = b"multipart/mixed; boundary=(c)foo";
    assert_eq!(content_type(value).boundary().as_deref(), Some(&b"foo"[..]));
    assert_eq!(told(value), [DefectKind::CommentInToken]);
}

#[test]
fn attack_mimea_17() {
    let value = b"multipart/mixed; boundary=\"=?utf-8?Q?foo?=\"";
    assert_eq!(content_type(value).boundary().as_deref(), Some(&b"=?utf-8?Q?foo?="[..]));
    assert_eq!(content_type(value).param("boundary").as_deref(), Some("=?utf-8?Q?foo?="));
    assert_eq!(content_type(value).all("boundary"), ["=?utf-8?Q?foo?=", "foo"]);
    assert_eq!(told(value), [DefectKind::EncodedWordInStructured]);
}

#[test]
fn attack_mimea_18() {
    let value = b"multipart/mixed; boundary*0=f; boundary*1=oo";
    assert_eq!(content_type(value).boundary().as_deref(), Some(&b"foo"[..]));
    assert_eq!(told(value), []);
    let both = b"multipart/mixed; boundary*0=f; boundary*1=oo; boundary=bar";
    assert_eq!(content_type(both).boundary().as_deref(), Some(&b"bar"[..]));
    assert_eq!(content_type(both).all("boundary"), ["foo", "bar"]);
    assert_eq!(told(both), [DefectKind::Rfc2231Duplicate]);
}

#[test]
fn attack_mimea_47() {
    let content_type = content_type(b"text/html");
    let disposition = disposition(b"attachment; filename=a.txt");
    let name = filename(Some(&disposition), Some(&content_type), &CONFIG, &mut ());
    // both are told as they stand: nothing is sniffed or corrected
    assert_eq!(name.as_deref(), Some("a.txt"));
    assert_eq!(content_type.essence(), "text/html");
}

#[test]
fn attack_mimeb_10() {
    let mut value = b"a/b".to_vec();
    for number in 0..1_000_000 {
        value.extend_from_slice(format!("; x*{number}=a").as_bytes());
    }
    let content_type = content_type(&value);
    assert_eq!(content_type.param("x").as_deref(), Some("a".repeat(64).as_str()));
    assert_eq!(content_type.params().count(), 64);
    assert_eq!(told(&value), [DefectKind::LimitTruncated]);

    let config = Config::new().limits(Limits::new().params(1000).param_sections(3));
    let mut defects = Vec::new();
    let content_type = ContentType::parse(&value[..3 + 9 * 7], &config, &mut defects).unwrap();
    assert_eq!(content_type.param("x").as_deref(), Some("aaa"));
    assert_eq!(kinds(&defects, &value), [DefectKind::LimitTruncated]);
}

#[test]
fn attack_mimeb_11() {
    let value = b"a/b; x*4294967296=a";
    assert_eq!(content_type(value).param("x"), None);
    assert_eq!(told(value), [DefectKind::Rfc2231Number]);
}

#[test]
fn attack_mimeb_12() {
    let value = b"a/b; x*999999999=a";
    assert_eq!(content_type(value).param("x"), None);
    assert_eq!(told(value), [DefectKind::Rfc2231Gap]);
}

#[test]
fn attack_mimeb_13() {
    let value = b"a/b; x*0=a; x*0=b; x*2=c; x*01=d";
    assert_eq!(content_type(value).param("x").as_deref(), Some("a"));
    let told = told(value);
    for kind in [
        DefectKind::DuplicateParameter,
        DefectKind::Rfc2231Duplicate,
        DefectKind::Rfc2231Gap,
        DefectKind::Rfc2231Number,
    ] {
        assert!(told.contains(&kind), "{kind:?} in {told:?}");
    }
}

#[test]
fn attack_file_02() {
    let name = name(b"attachment; filename=\"C:\\\\Windows\\\\x.exe\"").unwrap();
    assert_eq!(name, "C:\\Windows\\x.exe");
    assert_eq!(safe_filename(&name), "x.exe");
}

#[test]
fn attack_file_07() {
    let name = name(b"attachment; filename=\"CON\"").unwrap();
    assert_eq!(safe_filename(&name), "_CON");
    for device in ["con", "Nul.txt", "COM1", "lpt9.tar.gz", "aux ", "com\u{b9}.txt", "CONIN$", "prn . txt"] {
        assert!(safe_filename(device).starts_with('_'), "{device}");
    }
    for harmless in ["console.txt", "com10", "nulx", "comma"] {
        assert_eq!(safe_filename(harmless), harmless);
    }
    assert_eq!(safe_filename("a.txt. . ."), "a.txt");
}

#[test]
fn attack_file_09() {
    let name = name(b"attachment; filename=\"a.txt\r\n\tb.exe\"").unwrap();
    assert_eq!(name, "a.txt b.exe");
    assert_eq!(safe_filename(&name), "a.txt b.exe");
}

// names of files

#[test]
fn safe_filename_keeps_what_is_good() {
    for name in ["Rechnung Nr. 5 (März).pdf", "日本語.txt", "a", "Übersicht – 2026.tar.gz", "f(x)=y.md"]
    {
        assert_eq!(safe_filename(name), name);
    }
}

#[test]
fn safe_filename_takes_paths_away() {
    for (name, safe) in [
        ("/etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("a/b\\c.txt", "c.txt"),
        ("dir/", "dir"),
        ("..", "attachment"),
        ("", "attachment"),
        ("/", "attachment"),
        ("\\\\server\\share\\f.doc", "f.doc"),
        ("C:f.txt", "f.txt"),
        ("a.txt:stream", "a.txt_stream"),
        (".bashrc", "bashrc"),
        (" . .x", "x"),
        ("a\0b\r\nc", "abc"),
        ("a\u{202e}cod.exe", "acod.exe"),
        ("a<b>|?*\".txt", "a_b_____.txt"),
        ("C:", "attachment"),
        ("c:con", "_con"),
        ("\u{200b}CON", "_CON"),
    ] {
        assert_eq!(safe_filename(name), safe, "{name:?}");
    }
}

#[test]
fn safe_filename_keeps_the_extension() {
    let safe = safe_filename(&format!("{}.pdf", "ü".repeat(300)));
    assert!(safe.len() <= 255 && safe.len() > 250);
    assert!(safe.ends_with("ü.pdf"));
    assert_eq!(safe_filename(&"a".repeat(1000)).len(), 255);
    assert_eq!(safe_filename(&format!("a.{}", "b".repeat(1000))).len(), 255);
}

#[test]
fn name_of_content_type_is_second() {
    let content_type = content_type(b"image/png; name=\"=?utf-8?Q?=C3=A4.png?=\"");
    let mut defects = Vec::new();
    assert_eq!(filename(None, Some(&content_type), &CONFIG, &mut defects).as_deref(), Some("\u{e4}.png"));
    assert_eq!(defects, []);
    let empty = disposition(b"attachment; filename=\"\"");
    assert_eq!(filename(Some(&empty), Some(&content_type), &CONFIG, &mut ()).as_deref(), Some("\u{e4}.png"));
    let other = disposition(b"attachment; filename=b.exe");
    assert_eq!(filename(Some(&other), Some(&content_type), &CONFIG, &mut defects).as_deref(), Some("b.exe"));
    assert_eq!(defects[0].kind, DefectKind::ConflictingFilename);
    assert_eq!(filename(None, None, &CONFIG, &mut ()), None);
}

#[test]
fn extended_name_wins_over_plain() {
    let value = b"attachment; filename=\"EURO rates\"; filename*=utf-8''%e2%82%ac%20rates";
    assert_eq!(name(value).as_deref(), Some("\u{20ac} rates"));
    assert_eq!(named(value).1, [DefectKind::Rfc2231Duplicate, DefectKind::ConflictingFilename]);
    assert_eq!(disposition(value).all("filename"), ["\u{20ac} rates", "EURO rates", "EURO"][..2]);
}

#[test]
fn bidi_and_controls_in_names_are_told() {
    let value = "attachment; filename=\"invoice\u{202e}fdp.exe\"".as_bytes();
    assert_eq!(name(value).as_deref(), Some("invoice\u{202e}fdp.exe"));
    assert_eq!(named(value).1, [DefectKind::BidiControl]);
    let value = b"attachment; filename*=utf-8''a%0d%0aX:%20y";
    assert_eq!(name(value).as_deref(), Some("a\r\nX: y"));
    assert_eq!(named(value).1, [DefectKind::ControlCharacter]);
}

// forms

#[test]
fn quotes_inside_of_quotes() {
    let value = b"attachment; filename=\"my \"good\" file.pdf\"; size=3";
    assert_eq!(name(value).as_deref(), Some("my \"good\" file.pdf"));
    assert_eq!(disposition(value).size(), Some(3));
    let value = b"attachment; filename=\"a.pdf\"size=3";
    assert_eq!(name(value).as_deref(), Some("a.pdf"));
    assert_eq!(disposition(value).size(), Some(3));
}

#[test]
fn parentheses_without_quotes() {
    assert_eq!(name(b"attachment; filename=report (1).pdf; size=3").as_deref(), Some("report (1).pdf"));
    assert_eq!(name(b"attachment; filename=report.pdf (the first)").as_deref(), Some("report.pdf"));
    assert_eq!(name(b"attachment; filename=report(1).pdf").as_deref(), Some("report(1).pdf"));
}

#[test]
fn german_names() {
    for (value, expected) in [
        (
            &b"attachment; filename*=iso-8859-1'de'%DCbersicht%20f%FCr%20M%E4rz.pdf"[..],
            "\u{dc}bersicht f\u{fc}r M\u{e4}rz.pdf",
        ),
        (b"attachment; filename=\"\xdcbersicht.pdf\"", "\u{dc}bersicht.pdf"),
        ("attachment; filename=\"Übersicht.pdf\"".as_bytes(), "\u{dc}bersicht.pdf"),
        (b"attachment; filename=\"=?iso-8859-1?Q?=DCbersicht=2Epdf?=\"", "\u{dc}bersicht.pdf"),
        (b"attachment; filename==?utf-8?B?w5xiZXJzaWNodC5wZGY=?=", "\u{dc}bersicht.pdf"),
        // a character that is cut by the sections
        (b"attachment; filename*0*=utf-8''%C3; filename*1*=%9Cbersicht.pdf", "\u{dc}bersicht.pdf"),
        (
            b"attachment; filename*0=\"=?utf-8?B?w5xiZXJz\"; filename*1=\"aWNodC5wZGY=?=\"",
            "\u{dc}bersicht.pdf",
        ),
        (b"attachment; filename*=utf-8%C3%9Cbersicht.pdf", "utf-8\u{dc}bersicht.pdf"),
        (b"attachment; filename*=x-unknown''%DCbersicht.pdf", "\u{dc}bersicht.pdf"),
    ] {
        assert_eq!(name(value).as_deref(), Some(expected), "{}", value.escape_ascii());
    }
}

#[test]
fn content_type_forms() {
    for value in [
        &b"text/plain"[..],
        b" TEXT / Plain ",
        b"(a) text (b) / (c) plain (d)",
        b"\"text/plain\"; charset=utf-8",
        b"text/plain, charset=utf-8",
        b"text/plain charset=utf-8",
        b"\r\n text/plain;;;",
    ] {
        assert_eq!(content_type(value).essence(), "text/plain", "{}", value.escape_ascii());
    }
    assert_eq!(content_type(b"text/plain charset=utf-8").charset(), Some(Charset::UTF_8));
    assert_eq!(content_type(b"\"text/plain\"; charset=utf-8").charset(), Some(Charset::UTF_8));
    assert_eq!(content_type(b"text/plain, charset=utf-8").charset(), Some(Charset::UTF_8));
    assert_eq!(content_type(b"text/plain; charset=\r\n \"utf-8\"").charset(), Some(Charset::UTF_8));
    assert_eq!(content_type(b"Application/PDF").essence(), "application/pdf");
    assert_eq!(content_type(b"text/").subtype(), "");
    for value in [&b""[..], b" ", b"text", b"/plain", b";", b"text; charset=utf-8", b"\xff/plain", b"=/"] {
        let mut defects = Vec::new();
        let parsed = ContentType::parse(value, &CONFIG, &mut defects);
        assert!(parsed.is_none() || value == b"=/", "{}", value.escape_ascii());
        assert_eq!(kinds(&defects, value), [DefectKind::InvalidContentType], "{}", value.escape_ascii());
    }
}

#[test]
fn kinds_of_content_types() {
    for (value, kind) in [
        (&b"text/html"[..], MediaKind::Text),
        (b"\r\n Multipart/Alternative; boundary=x", MediaKind::Multipart),
        (b"message /rfc822", MediaKind::Message),
        (b"textual/x", MediaKind::Other),
        (b"text", MediaKind::Other),
        (b"image/png", MediaKind::Other),
        (b"", MediaKind::Other),
    ] {
        assert_eq!(MediaKind::of(value), kind);
        let parsed = ContentType::parse(value, &CONFIG, &mut ())
            .map_or(MediaKind::Other, |content_type| content_type.kind());
        assert_eq!(parsed, kind);
    }
}

#[test]
fn boundaries() {
    for (value, boundary) in [
        (&b"multipart/mixed; boundary=\"gc0pJq0M:08jU534c0p\""[..], &b"gc0pJq0M:08jU534c0p"[..]),
        (b"multipart/mixed; boundary=\"simple boundary  \"", b"simple boundary"),
        (b"multipart/mixed; boundary=\"a\\b\\\"c\"", b"ab\"c"),
        (b"multipart/mixed; boundary=\"\"", b""),
        (b"multipart/mixed; boundary=", b""),
        (b"multipart/mixed; boundary=\"foo\r\n bar\"", b"foo bar"),
        (b"multipart/mixed; boundary=\"\xe4\"", b"\xe4"),
        (b"multipart/mixed; boundary*=utf-8''a%20b", b"a b"),
        (b"multipart/mixed; boundary=----=_Part_1.2", b"----=_Part_1.2"),
        (b"multipart/mixed; boundary=abc==", b"abc=="),
    ] {
        assert_eq!(content_type(value).boundary().as_deref(), Some(boundary), "{}", value.escape_ascii());
    }
    assert_eq!(content_type(b"multipart/mixed").boundary(), None);
}

#[test]
fn dispositions() {
    assert!(disposition(b"x-unknown").is_attachment());
    assert!(disposition(b"INLINE;").is_inline());
    assert_eq!(name(b"filename=a.txt").as_deref(), Some("a.txt"));
    assert_eq!(name(b"; filename=a.txt").as_deref(), Some("a.txt"));
    assert_eq!(name(b"attachment filename=a.txt").as_deref(), Some("a.txt"));
    assert!(ContentDisposition::parse(b" ", &CONFIG, &mut ()).is_none());
    assert_eq!(disposition(b"attachment; size=-1").size(), None);
}

#[test]
fn deep_comments_end_understanding() {
    let mut value = b"text/plain; ".to_vec();
    value.extend_from_slice(&b"(".repeat(100));
    value.extend_from_slice(&b")".repeat(100));
    value.extend_from_slice(b"; charset=utf-8");
    assert!(told(&value).contains(&DefectKind::LimitTruncated));
    assert_eq!(content_type(&value).charset(), None);
    assert!(content_type(&value).is("text", "plain"));
    assert_eq!(told(b"text/plain; (a"), [DefectKind::Unclosed, DefectKind::CommentInToken]);
}

/// Were the time quadratic in the octets, this would take minutes.
#[test]
fn linear_time() {
    for piece in [
        "; a=b", ";", "(", "()", "\"", "a ", "a (b) ", "=", "; x*1=a", "\\", "\"a\"b", "a=", "\r\n ",
        "=?a?q?", "%",
    ] {
        for start in ["a/b; x=", "a/b; filename*=", "a/b; filename=\"", "a/b", ""] {
            let value = [start.as_bytes(), &piece.as_bytes().repeat(100_000 / piece.len())].concat();
            told(&value);
            if let Some(content_type) = ContentType::parse(&value, &CONFIG, &mut ()) {
                content_type.all("filename");
                content_type.param("x");
            }
            named(&value);
        }
    }
}

fn exercise(value: &[u8]) {
    let mut defects = Vec::new();
    let content_type = ContentType::parse(value, &CONFIG, &mut defects);
    let disposition = ContentDisposition::parse(value, &CONFIG, &mut defects);
    kinds(&defects, value);
    if let Some(content_type) = &content_type {
        for param in content_type.params() {
            assert_eq!(&value[param.span()], param.raw());
            if let Ok(name) = str::from_utf8(param.name())
                && !name.contains('*')
            {
                let text = content_type.param(name).unwrap();
                assert_eq!(content_type.all(name)[0], text);
            }
        }
        content_type.boundary();
        content_type.charset();
    }
    if let Some(name) = filename(disposition.as_ref(), content_type.as_ref(), &CONFIG, &mut defects) {
        assert!(!name.is_empty());
    }
}

proptest! {
    #[test]
    fn never_panics(value in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&value);
        exercise(&[b"a/b; ", &value[..]].concat());
    }

    #[test]
    fn never_panics_on_what_looks_like_parameters(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "a", "filename", "*", "0", "1", "=", ";", "\"", "\\", "(", ")", " ", "\r\n ", "\t", "'", "%", "utf-8''", "=?utf-8?q?", "?=", "\u{e4}", ",", "/",
        ]), 0..40)
    ) {
        exercise(pieces.concat().as_bytes());
        exercise(format!("a/b;{}", pieces.concat()).as_bytes());
    }

    #[test]
    fn safe_names_are_safe(name in "\\PC*|[./\\\\: a-cCON\0-\u{1f}\u{202e}\u{200b}]{0,300}") {
        let safe = safe_filename(&name);
        prop_assert!(!safe.is_empty() && safe.len() <= 255);
        let forbidden = |character: char| character.is_control() || "/\\:\u{202e}".contains(character);
        prop_assert!(!safe.chars().any(forbidden));
        prop_assert!(!safe.starts_with(['.', ' ']) && !safe.ends_with(['.', ' ']));
        prop_assert_eq!(safe_filename(&safe), safe);
    }

    #[test]
    fn quoted_values_come_back(value in "[ -~]{0,40}") {
        let quoted: String = value.chars().flat_map(|character| {
            matches!(character, '"' | '\\').then_some('\\').into_iter().chain([character])
        }).collect();
        let header = format!("text/plain; x=\"{quoted}\"; y=z");
        let content_type = content_type(header.as_bytes());
        let param = content_type.param("x");
        prop_assert_eq!(param.as_deref(), Some(value.as_str()));
        let param = content_type.param("y");
        prop_assert_eq!(param.as_deref(), Some("z"));
    }

    #[test]
    fn extended_values_come_back(value in "\\PC{1,40}") {
        let encoded: String = value.bytes().map(|octet| format!("%{octet:02X}")).collect();
        let header = format!("attachment; filename*=utf-8''{encoded}");
        let disposition = disposition(header.as_bytes());
        let param = disposition.param("filename");
        prop_assert_eq!(param.as_deref(), Some(value.strip_prefix('\u{feff}').unwrap_or(&value)));
    }
}

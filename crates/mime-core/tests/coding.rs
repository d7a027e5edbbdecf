//! Transfer codings: examples of RFC 2045, what real mail has, and attacks. `props_coding.rs` has the rest.

mod simple;

use std::{borrow::Cow, ops::Range};

use mime_core::{
    Defect, DefectKind, TransferEncoding,
    coding::{Base64Encoder, QuotedPrintableEncoder, uuencode, yenc},
};

use DefectKind::*;
use TransferEncoding::{Base64, QuotedPrintable, Uuencode, Yenc};
use simple::pieces;

/// Content and defects; the same at every cut.
#[track_caller]
fn decode(encoding: TransferEncoding, body: &[u8]) -> (Vec<u8>, Vec<(DefectKind, Range<usize>)>) {
    let mut defects = Vec::new();
    let content = encoding.decode(body, &mut defects).into_owned();
    for cut in 0..=body.len() {
        let (first, second) = body.split_at(cut);
        let pieces = pieces(encoding, [first, second].into_iter());
        assert_eq!(pieces, (content.clone(), defects.clone()), "cut at {cut}");
    }
    assert_eq!(pieces(encoding, body.chunks(1)), (content.clone(), defects.clone()), "single octets");
    (content, defects.into_iter().map(|defect| (defect.kind, defect.span)).collect())
}

#[track_caller]
fn check(encoding: TransferEncoding, body: &[u8], content: &[u8], defects: &[(DefectKind, Range<usize>)]) {
    let decoded = decode(encoding, body);
    assert_eq!(String::from_utf8_lossy(&decoded.0), String::from_utf8_lossy(content));
    assert_eq!(decoded.0, content);
    assert_eq!(decoded.1, defects);
}

fn value(value: &[u8]) -> (TransferEncoding, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let encoding = TransferEncoding::from_value(value, &mut defects);
    (encoding, defects.into_iter().map(|defect| defect.kind).collect())
}

// what the RFCs say

#[test]
fn rfc_2045_names() {
    for (name, encoding) in [
        ("7bit", TransferEncoding::SevenBit),
        ("8bit", TransferEncoding::EightBit),
        ("binary", TransferEncoding::Binary),
        ("quoted-printable", QuotedPrintable),
        ("base64", Base64),
        ("x-uuencode", Uuencode),
        ("x-yenc", Yenc),
    ] {
        assert_eq!(value(name.as_bytes()), (encoding, vec![]));
        assert_eq!(value(format!(" {}\r\n ", name.to_uppercase()).as_bytes()), (encoding, vec![]));
        assert_eq!(encoding.to_string(), name);
        assert_eq!(encoding.is_identity(), name.ends_with("bit") || name == "binary");
    }
    assert_eq!(value(b"x-foo"), (TransferEncoding::Unknown, vec![UnknownCte]));
    assert_eq!(value(b""), (TransferEncoding::SevenBit, vec![InvalidValue]));
    assert_eq!(value(b" \t"), (TransferEncoding::SevenBit, vec![InvalidValue]));
}

#[test]
fn comments_around_the_value() {
    assert_eq!(value(b" (a (b\\)) c)\r\n\tbase64 (x)"), (Base64, vec![CommentInToken, CommentInToken]));
    assert_eq!(value(b"base64 (x"), (Base64, vec![Unclosed]));
    assert_eq!(value(b"base(x)64"), (TransferEncoding::Unknown, vec![CommentInToken, UnknownCte]));
    assert_eq!(value(b"base 64"), (TransferEncoding::Unknown, vec![UnknownCte]));
    assert_eq!(value(b"7bit)"), (TransferEncoding::Unknown, vec![UnknownCte]));
}

#[test]
fn parameters_and_quotes_in_the_value() {
    for lenient in ["base64;", "\"base64\"", "base64; charset=utf-8", " \"Base64\" ;", "base-64"] {
        assert_eq!(value(lenient.as_bytes()), (Base64, vec![InvalidValue]), "{lenient}");
    }
}

/// RFC 2045 section 6.7, the example of rule 5.
#[test]
fn rfc_2045_soft_line_breaks() {
    check(
        QuotedPrintable,
        b"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
        b"Now's the time for all folk to come to the aid of their country.",
        &[],
    );
}

/// RFC 2045 section 6.7, rules 1 to 3.
#[test]
fn rfc_2045_quoted_printable() {
    check(QuotedPrintable, b"a=0Cb=3Dc", b"a\x0cb=c", &[]);
    check(QuotedPrintable, b"text  \t\r\n=20 \r\nend  ", b"text\r\n \r\nend", &[]);
    check(QuotedPrintable, b"tab=09\r\n", b"tab\t\r\n", &[]);
    check(QuotedPrintable, b"", b"", &[]);
}

/// RFC 4648 section 10.
#[test]
fn rfc_4648_vectors() {
    for (text, encoded) in [
        ("", ""),
        ("f", "Zg=="),
        ("fo", "Zm8="),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ] {
        check(Base64, encoded.as_bytes(), text.as_bytes(), &[]);
        let mut out = Vec::new();
        Base64Encoder::encode_into(text.as_bytes(), &mut out);
        assert_eq!(out, encoded.as_bytes());
    }
}

#[test]
fn identity_is_not_copied() {
    let body = b"\0\xff=3D\r\n.\n";
    for encoding in [TransferEncoding::SevenBit, TransferEncoding::EightBit, TransferEncoding::Unknown] {
        assert!(matches!(encoding.decode(body, &mut ()), Cow::Borrowed(octets) if octets == body));
        check(encoding, body, body, &[]);
        let mut out = b"x".to_vec();
        encoding.decode_into(body, &mut out, &mut ());
        assert_eq!(out[1..], body[..]);
    }
}

// what real mail has

#[test]
fn quirk_mime_179() {
    assert_eq!(value(b" 7-bit"), (TransferEncoding::SevenBit, vec![InvalidValue]));
    assert_eq!(value(b" 8-bit"), (TransferEncoding::EightBit, vec![InvalidValue]));
}

#[test]
fn quirk_mime_180() {
    assert_eq!(value(b" x-uue"), (Uuencode, vec![]));
}

#[test]
fn quirk_mime_234() {
    check(Base64, b"SGVs\r\nbG8\r\n=\r\n", b"Hello", &[]);
    check(Base64, b"SGVsbG8\r\n", b"Hello", &[(Base64Truncated, 4..9)]);
}

#[test]
fn quirk_mime_235() {
    check(Base64, b"SGVsbG8=SGk=", b"HelloHi", &[(Base64InnerPad, 7..8)]);
}

#[test]
fn quirk_mime_236() {
    check(Base64, b"SGVs!bG8=", b"Hello", &[(Base64Junk, 4..5)]);
}

#[test]
fn quirk_mime_237() {
    let body = b"-- \r\nSGVsbG8=\r\n\r\nThis list...";
    check(Base64, body, b"Hello", &[(Base64Junk, 0..2), (Base64Junk, 17..29)]);
    let body = b"SGVsbG8=\r\n_______________\r\nlist mailing list\r\nAAAA\r\n";
    check(Base64, body, b"Hello", &[(Base64Junk, 10..52)]);
}

#[test]
fn quirk_mime_238() {
    check(QuotedPrintable, b"caf=e9=\r\n", b"caf\xe9", &[(QpLowerHex, 3..6)]);
    check(QuotedPrintable, b"caf=E9=", b"caf\xe9", &[]);
}

#[test]
fn quirk_mime_239() {
    check(QuotedPrintable, b"a=XYb=4", b"a=XYb=4", &[(QpBadEscape, 1..2), (QpBadEscape, 5..6)]);
}

#[test]
fn quirk_mime_241() {
    check(QuotedPrintable, b"a=\nb", b"ab", &[(BareLf, 2..3)]);
}

// attacks

#[test]
fn attack_mimea_03() {
    assert_eq!(value(b" base64, 7bit"), (TransferEncoding::Unknown, vec![UnknownCte]));
    check(TransferEncoding::Unknown, b"aGk=\r\n", b"aGk=\r\n", &[]);
}

#[test]
fn attack_mimea_31() {
    check(Base64, b"aGVsbG8=d29ybGQ=\r\n", b"helloworld", &[(Base64InnerPad, 7..8)]);
}

#[test]
fn attack_mimea_34() {
    check(Base64, b"====\r\n", b"", &[(Base64Junk, 0..4)]);
}

#[test]
fn attack_mimea_35() {
    check(Base64, b"aGVsbG9=\r\n", b"hello", &[(Base64NonCanonical, 4..7)]);
}

#[test]
fn attack_mimea_37() {
    check(Base64, b"aGVs bG8=\r\n", b"hello", &[(Base64Junk, 4..5)]);
    check(Base64, b"aGVs \t\r\nbG8= \r\n", b"hello", &[]);
}

#[test]
fn attack_mimea_39() {
    check(QuotedPrintable, b"=3d\r\n", b"=\r\n", &[(QpLowerHex, 0..3)]);
}

#[test]
fn attack_mimea_41() {
    check(QuotedPrintable, b"=\t41\r\n", b"=\t41\r\n", &[(QpBadEscape, 0..1)]);
    check(QuotedPrintable, b"a= \t\r\nb", b"ab", &[(QpSoftBreakSpace, 2..4)]);
}

#[test]
fn attack_mimea_45() {
    check(QuotedPrintable, b"a\nb\r\n", b"a\nb\r\n", &[(BareLf, 1..2)]);
    let defects = [(BareLf, 2..3), (BareCr, 3..4), (BareCr, 5..6)];
    check(QuotedPrintable, b"a \n\rb\r\r\n", b"a\n\rb\r\r\n", &defects);
}

// base64, further

#[test]
fn base64_padding() {
    check(Base64, b"Zg=", b"f", &[(Base64Truncated, 0..3)]);
    check(Base64, b"Zg=\r\n=\r\n", b"f", &[]);
    check(Base64, b"Zg=Zg==!", b"f", &[(Base64Truncated, 0..3), (Base64Junk, 3..8)]);
    check(Base64, b"Zg=Zm9v", b"ffoo", &[(Base64Truncated, 0..3), (Base64InnerPad, 2..3)]);
    check(Base64, b"Zh==", b"f", &[(Base64NonCanonical, 0..2)]);
    check(Base64, b"Zg===", b"f", &[(Base64Junk, 4..5)]);
    check(Base64, b"Z", b"", &[(Base64Truncated, 0..1)]);
    check(Base64, b"Z=", b"", &[(Base64Truncated, 0..2)]);
    check(Base64, b"Zg", b"f", &[(Base64Truncated, 0..2)]);
    check(Base64, b"Zm9vZ===", b"foo", &[(Base64Truncated, 4..6), (Base64Junk, 6..7), (Base64Junk, 7..8)]);
}

#[test]
fn base64_behind_padding() {
    // whole groups go on, whatever their padding; a line is judged as one
    check(Base64, b"Zg==Zm8=Zm9v\r\nZg==", b"ffofoof", &[(Base64InnerPad, 2..4), (Base64InnerPad, 7..8)]);
    check(Base64, b"Zg==\r\nZm9v  \r\nZm9v", b"ffoofoo", &[(Base64InnerPad, 2..4)]);
    check(Base64, b"Zg==\r\nRegards\r\nZm9v", b"f", &[(Base64Junk, 6..19)]);
    // a long line is judged by its start
    let body = [b"Zg==\r\n", &b"Zm9v".repeat(32)[..], b"!Zm9v"].concat();
    let content = [b"f", &b"foo".repeat(33)[..]].concat();
    check(Base64, &body, &content, &[(Base64InnerPad, 2..4), (Base64Junk, 134..135)]);
}

#[test]
fn base64_lines_of_every_length() {
    let text: Vec<u8> = (0..=255).cycle().take(1000).collect();
    let mut encoded = Vec::new();
    Base64Encoder::encode_into(&text, &mut encoded);
    encoded.retain(|octet| !matches!(octet, b'\r' | b'\n'));
    for length in (1..200).chain([500, 1023, 1024, 1025, 1333, 4000]) {
        for end in ["\r\n", "\n", "\r\r\n", " \r\n"] {
            let lines = encoded.chunks(length).flat_map(|line| [line, end.as_bytes()]);
            let body: Vec<u8> = lines.flatten().copied().collect();
            let mut defects = Vec::new();
            assert_eq!(Base64.decode(&body, &mut defects).as_ref(), text, "{length}");
            assert_eq!(defects, [], "{length}");
            for size in [7, 64, 100, 1000] {
                assert_eq!(pieces(Base64, body.chunks(size)), (text.clone(), vec![]), "{length} {size}");
            }
        }
    }
}

/// One foreign octet at any place of long lines costs nothing but itself.
#[test]
fn base64_one_foreign_octet_anywhere() {
    let text: Vec<u8> = (0..=255).cycle().take(400).collect();
    let mut encoded = Vec::new();
    Base64Encoder::encode_into(&text, &mut encoded);
    for at in 0..encoded.len() - 4 {
        for octet in [b'!', 0, 0xff, b'-', b'_', 0x0b] {
            let mut body = encoded.clone();
            body.insert(at, octet);
            let mut defects = Vec::new();
            assert_eq!(Base64.decode(&body, &mut defects).as_ref(), text, "{at} {octet}");
            assert_eq!(defects, [Defect::new(Base64Junk, at..at + 1)], "{at} {octet}");
        }
    }
}

#[test]
fn few_of_many_defects_are_told() {
    let (content, defects) = pieces(Base64, std::iter::repeat_n(&b"Zm9v!\r\n"[..], 1000));
    assert_eq!(content, b"foo".repeat(1000));
    assert_eq!(defects.len(), 17);
    assert_eq!(defects[0].span, 4..5);
    assert_eq!(defects[16].span, 116..117);
    let (_, defects) = pieces(QuotedPrintable, std::iter::repeat_n(&b"=XX\xff\n"[..], 1000));
    assert_eq!(defects.len(), 3 * 17);
}

// quoted-printable, further

#[test]
fn quoted_printable_form() {
    let long = [b'x'; 77];
    check(QuotedPrintable, &long, &long, &[(QpForm, 0..77)]);
    let mut body = [&long[..76], b"\r\n"].concat();
    check(QuotedPrintable, &body.clone(), &body, &[]);
    body.extend_from_slice(&long);
    body.extend_from_slice(b"=\r\n=");
    check(QuotedPrintable, &body, &[&body[..78], &long].concat(), &[(QpForm, 78..156)]);
    let text = b"na\xc3\xafve\x00";
    check(QuotedPrintable, text, text, &[(QpForm, 2..3), (QpForm, 3..4), (QpForm, 6..7)]);
}

#[test]
fn quoted_printable_escapes() {
    check(QuotedPrintable, b"==3D=", b"==", &[(QpBadEscape, 0..1)]);
    check(QuotedPrintable, b"=C3=9C=c3=BC", "Üü".as_bytes(), &[(QpLowerHex, 6..9)]);
    check(QuotedPrintable, b"=\rx", b"=\rx", &[(QpBadEscape, 0..1), (BareCr, 1..2)]);
    check(QuotedPrintable, b"x =", b"x ", &[]);
    check(QuotedPrintable, b"x = ", b"x ", &[(QpSoftBreakSpace, 3..4)]);
}

/// White space is removed from the end of a line up to a bound, so that nothing has to be held without end.
#[test]
fn quoted_printable_much_trailing_space() {
    for count in [1, 31, 32, 33, 255, 256, 257, 258, 600] {
        let spaces = vec![b' '; count];
        let kept = if count <= 256 { &[][..] } else { &spaces };
        let body = [b"a", &spaces[..], b"\r\nb", &spaces, b"\n", &spaces].concat();
        let content = [b"a", kept, b"\r\nb", kept, b"\n", kept].concat();
        assert_eq!(decode(QuotedPrintable, &body).0, content, "{count}");
        let body = [b"a=", &spaces[..], b"\r\nb=", &spaces].concat();
        let content = if count < 256 { b"ab".to_vec() } else { [b"a=", kept, b"\r\nb=", kept].concat() };
        assert_eq!(decode(QuotedPrintable, &body).0, content, "{count}");
    }
}

// uuencode and yEnc

#[test]
fn uuencoded_body() {
    let body = b"leading text\r\nbegin 644 cat.txt\r\n#0V%T\r\n`\r\nend\r\ntrailing text\r\n";
    check(Uuencode, body, b"Cat", &[]);
    assert_eq!(uuencode::Header::find(body).unwrap().name, b"cat.txt");
    // a space instead of a grave accent, a short line, no end
    check(Uuencode, b"begin 644 x\n#0V%T\n \nend\n", b"Cat", &[]);
    check(Uuencode, b"begin 644 x\n!00\n", b"A", &[(EncodedBodyDamaged, 16..16)]);
    check(Uuencode, b"begin 644 x\n#0V\nend", b"C\x60\0", &[(EncodedBodyDamaged, 12..16)]);
    check(Uuencode, b"no file at all", b"", &[(EncodedBodyDamaged, 14..14)]);
    check(Uuencode, b"begin 644 x\n#0V%\xff\n`\nend\n", b"Ca\x5f", &[(EncodedBodyDamaged, 12..18)]);
}

/// Lines without the octets that they announce are filled up with zeros, but a body never becomes longer than it is.
#[test]
fn uuencoded_body_does_not_grow() {
    check(Uuencode, b"begin 644 x\n#\n`\nend\n", b"\0\0\0", &[(EncodedBodyDamaged, 12..14)]);
    let body = [b"begin 644 x\n".to_vec(), b"_\n".repeat(10), b"`\nend\n".to_vec()].concat();
    let (content, defects) = decode(Uuencode, &body);
    assert_eq!(content, [0; 32]);
    assert_eq!(defects.len(), 10);
}

#[test]
fn uuencoded_files_in_text() {
    let text =
        b"begin 644 of a story\nbegin 600 a b\n#0V%T\n`\nend\nand\nbegin 0755 c\n#0V%T\nfoo begin 644 x\n";
    let blocks: Vec<_> = uuencode::find(text).collect();
    assert_eq!(blocks.len(), 2);
    assert_eq!((blocks[0].header.mode, blocks[0].header.name), (0o600, &b"a b"[..]));
    assert_eq!(blocks[0].octets, b"begin 600 a b\n#0V%T\n`\nend\n");
    assert_eq!((blocks[1].header.mode, blocks[1].header.name), (0o755, &b"c"[..]));
    assert_eq!(&text[blocks[1].span.clone()], b"begin 0755 c\n#0V%T\n");
    for block in blocks {
        assert_eq!(Uuencode.decode(block.octets, &mut ()).as_ref(), b"Cat");
    }
}

fn yencoded(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in content.chunks(20) {
        for octet in line {
            match octet.wrapping_add(42) {
                octet @ (0 | 9 | 10 | 13 | b'=' | b'.') => {
                    out.extend_from_slice(&[b'=', octet.wrapping_add(64)])
                }
                octet => out.push(octet),
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[test]
fn yencoded_body() {
    let content: Vec<u8> = (0..=255).collect();
    let data = yencoded(&content);
    let with = |end: &str| {
        [b"text\r\n=ybegin line=20 size=256 name=a b.bin\r\n", &data[..], end.as_bytes()].concat()
    };
    // the CRC of the octets from 0 to 255, as zlib has it
    check(Yenc, &with("=yend size=256 crc32=29058c73\r\nmore\r\n"), &content, &[]);
    let body = with("=yend size=256 crc32=29058c74\r\n");
    check(Yenc, &body, &content, &[(EncodedBodyDamaged, body.len() - 31..body.len())]);
    let body = with("=yend size=255\r\n");
    check(Yenc, &body, &content, &[(EncodedBodyDamaged, body.len() - 16..body.len())]);
    let body = with("");
    check(Yenc, &body, &content, &[(EncodedBodyDamaged, body.len()..body.len())]);
    assert_eq!(yenc::Header::find(&body).unwrap().name, b"a b.bin");
    check(Yenc, b"nothing", b"", &[(EncodedBodyDamaged, 7..7)]);
}

#[test]
fn yencoded_part() {
    let mut body = b"=ybegin part=2 line=20 size=500 name=x\r\n=ypart begin=257 end=500\r\n".to_vec();
    body.extend_from_slice(&yencoded(b"123456789"));
    body.extend_from_slice(b"=yend size=9 part=2 pcrc32=cbf43926 crc32=00000000\r\n");
    check(Yenc, &body, b"123456789", &[]);
}

// encoders

#[test]
fn base64_encoder_lines() {
    let content: Vec<u8> = (0..=255).cycle().take(300).collect();
    for length in 0..300 {
        let content = &content[..length];
        let mut whole = Vec::new();
        Base64Encoder::encode_into(content, &mut whole);
        assert_eq!(whole.len() as u64, Base64Encoder::encoded_len(length as u64));
        assert!(whole.split(|octet| *octet == b'\n').all(|line| line.len() <= 77));
        assert!(!whole.ends_with(b"\n"));
        assert_eq!(pieces(Base64, whole.chunks(100)), (content.to_vec(), vec![]));
        for size in [1, 2, 3, 56, 57, 58, 114] {
            let mut encoder = Base64Encoder::new();
            let mut out = Vec::new();
            content.chunks(size).for_each(|piece| encoder.push(piece, &mut out));
            encoder.finish(&mut out);
            assert_eq!(out, whole);
        }
    }
    assert_eq!(Base64Encoder::encoded_len(u64::MAX), u64::MAX);
}

fn quoted(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    QuotedPrintableEncoder::encode_text_into(content, &mut out);
    out
}

#[test]
fn quoted_printable_encoder() {
    assert_eq!(quoted(b"a=b\t\r\n \r\nc "), b"a=3Db=09\r\n=20\r\nc=20");
    assert_eq!(quoted(b".\r\n..\r\nFrom me\r\nFromm\r\n."), b"=2E\r\n..\r\n=46rom me\r\nFromm\r\n=2E");
    assert_eq!(quoted(b"a\nb\rc\r\n"), b"a=0Ab=0Dc\r\n");
    assert_eq!(quoted(&[b'x'; 76]), [b'x'; 76]);
    assert_eq!(quoted(&[b'x'; 77]), [&[b'x'; 75][..], b"=\r\nxx"].concat());
    let mut out = Vec::new();
    QuotedPrintableEncoder::encode_binary_into(b"a \r\n", &mut out);
    assert_eq!(out, b"a =0D=0A");
}

#[test]
fn choice_of_encoding() {
    use TransferEncoding::{EightBit, SevenBit};
    let long = [b'x'; 999];
    for (content, eight, expected) in [
        (&b""[..], false, SevenBit),
        (b"a\r\nb", true, SevenBit),
        (&long[..998], false, SevenBit),
        (&long, true, QuotedPrintable),
        (b"a\nb", true, QuotedPrintable),
        (b"a\rb", true, QuotedPrintable),
        (b"a\0b", true, Base64),
        ("Grüße aus Köln am schönen Rhein und aus Bonn und von anderswo".as_bytes(), true, EightBit),
        ("Grüße aus Köln am schönen Rhein und aus Bonn und von anderswo".as_bytes(), false, QuotedPrintable),
        ("Größe".as_bytes(), false, Base64),
        (b"\x89PNG\r\n\x1a\n\0\0", true, Base64),
    ] {
        assert_eq!(TransferEncoding::choose(content, eight), expected, "{content:?}");
    }
}

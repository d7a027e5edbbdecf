//! TNEF: a real file, files built here, damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

mod simple;

use mime_core::{
    Config, Defect, DefectKind, Limits,
    tnef::{Properties, Tnef, Value, decompress_rtf},
};
use proptest::prelude::*;

fn parse(octets: &[u8]) -> (Tnef<'_>, Vec<Defect>) {
    let mut defects = Vec::new();
    let tnef = Tnef::parse(octets, &Config::new(), &mut defects);
    assert!(
        defects.iter().all(|defect| defect.span.end <= octets.len() && defect.span.start <= defect.span.end)
    );
    (tnef, defects)
}

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0u16, |sum, &octet| sum.wrapping_add(octet.into()));
    [
        &[level][..],
        &id.to_le_bytes(),
        &u32::try_from(data.len()).unwrap().to_le_bytes(),
        data,
        &sum.to_le_bytes(),
    ]
    .concat()
}

/// A property with one value of variable length.
fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let mut octets = [
        &kind.to_le_bytes()[..],
        &id.to_le_bytes(),
        &1u32.to_le_bytes(),
        &u32::try_from(value.len()).unwrap().to_le_bytes(),
        value,
    ]
    .concat();
    octets.resize(octets.len().next_multiple_of(4), 0);
    octets
}

fn properties(all: &[Vec<u8>]) -> Vec<u8> {
    [&u32::try_from(all.len()).unwrap().to_le_bytes()[..], &all.concat()].concat()
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

const HEAD: &[u8] = b"\x78\x9f\x3e\x22\x01\x00";
const RTF: &[u8] = b"\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0";

/// A message with two attachments, one of them a message.
fn message() -> Vec<u8> {
    let inner = [HEAD, &attribute(1, 0x0001_8004, b"inner\0")].concat();
    let named = [
        &0x001fu16.to_le_bytes()[..],
        &0x8001u16.to_le_bytes(),
        &[7; 16],
        &1u32.to_le_bytes(),
        &6u32.to_le_bytes(),
        b"a\0b\0\0\0\0\0",
        &1u32.to_le_bytes(),
        &4u32.to_le_bytes(),
        b"x\0\0\0",
    ]
    .concat();
    let several = [
        &0x101eu16.to_le_bytes()[..],
        &0x3a58u16.to_le_bytes(),
        &2u32.to_le_bytes(),
        &2u32.to_le_bytes(),
        b"a\0\0\0",
        &3u32.to_le_bytes(),
        b"bc\0\0",
    ]
    .concat();
    let fixed = [&0x0003u16.to_le_bytes()[..], &0x0017u16.to_le_bytes(), &258u32.to_le_bytes()].concat();
    [
        HEAD,
        &attribute(1, 0x0006_9007, b"\xe4\x04\0\0\0\0\0\0"),
        &attribute(1, 0x0007_8008, b"IPM.Microsoft Mail.Note\0"),
        &attribute(1, 0x0001_8004, b"not this\0"),
        &attribute(1, 0x0002_800c, b"Viele Gr\xfc\xdfe\0"),
        &attribute(
            1,
            0x0006_9003,
            &properties(&[
                named,
                several,
                fixed,
                property(0x1f, 0x0037, &utf16("Übersicht 😀")),
                property(0x102, 0x1013, b"<p>Hallo"),
                property(0x102, 0x1009, RTF),
            ]),
        ),
        &attribute(2, 0x0006_9002, &[0; 14]),
        &attribute(2, 0x0001_8010, b"BERICH~1.PDF\0"),
        &attribute(2, 0x0006_800f, b"%PDF"),
        &attribute(
            2,
            0x0006_9005,
            &properties(&[
                property(0x1f, 0x3707, &utf16("Bericht für März.pdf")),
                property(0x1e, 0x370e, b"application/pdf\0"),
                property(0x1e, 0x3712, b"part1@example.com\0"),
            ]),
        ),
        &attribute(2, 0x0006_9002, &[0; 14]),
        &attribute(2, 0x0001_8010, b"inner\0"),
        &attribute(2, 0x0006_9005, &properties(&[property(0x0d, 0x3701, &[&[9; 16][..], &inner].concat())])),
    ]
    .concat()
}

#[test]
fn everything_at_its_place() {
    let octets = message();
    let (tnef, defects) = parse(&octets);
    assert_eq!(defects, []);
    assert_eq!(tnef.message_class().unwrap(), "IPM.Note");
    assert_eq!((tnef.subject().unwrap(), tnef.codepage()), ("Übersicht 😀".into(), 1252));
    assert_eq!(tnef.body_html().unwrap(), &b"<p>Hallo"[..]);
    assert_eq!(tnef.body_rtf(1000, &mut ()).unwrap(), b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
    assert!(tnef.body_text().unwrap().starts_with("Viele Gr"));
    assert_eq!(tnef.properties().count(), 6);
    assert_eq!(tnef.properties().value(0x0017).unwrap().number(), Some(258));
    assert_eq!(tnef.properties().value(0x8001).unwrap().text(1252).unwrap(), "x");
    let several = tnef.properties().find(|property| property.id == 0x3a58).unwrap();
    assert_eq!((several.count, several.value), (2, Value::Codepage(b"a")));
    let [pdf, inner] = tnef.attachments() else { panic!() };
    assert_eq!(pdf.name().unwrap(), "Bericht für März.pdf");
    assert_eq!((pdf.data(), pdf.embedded()), (&b"%PDF"[..], None));
    assert_eq!(pdf.mime_type().unwrap(), "application/pdf");
    assert_eq!(pdf.content_id().unwrap(), "part1@example.com");
    assert_eq!(pdf.attributes().count(), 4);
    assert_eq!((inner.name().unwrap(), inner.mime_type()), ("inner".into(), None));
    assert_eq!(parse(inner.embedded().unwrap()).0.subject().unwrap(), "inner");
}

#[test]
fn texts_are_in_the_codepage() {
    // 65001 is UTF-8.
    let octets = [
        HEAD,
        &attribute(1, 0x0006_9007, b"\xe9\xfd\0\0\0\0\0\0"),
        &attribute(1, 0x0001_8004, "Grüße\0".as_bytes()),
    ]
    .concat();
    assert_eq!(parse(&octets).0.subject().unwrap(), "Grüße");
}

#[test]
fn quirk_mime_233() {
    // The base64 of the row is the beginning of a stream, cut inside the first attribute.
    let octets = b"\x78\x9f\x3e\x22\x00\x00";
    let (tnef, defects) = parse(octets);
    assert_eq!((tnef.attributes().count(), defects.len()), (0, 0));
    let octets = b"\x78\x9f\x3e\x22\x00\x00\x01";
    let (tnef, defects) = parse(octets);
    assert_eq!((tnef.attributes().count(), tnef.subject(), tnef.attachments().len()), (0, None, 0));
    assert_eq!(defects, [Defect::new(DefectKind::ContainerDamaged, 6..7)]);
}

#[test]
fn cut_at_every_octet() {
    let octets = message();
    let (mut before, mut good_ends) = (0, 0);
    for end in 0..octets.len() {
        let (tnef, defects) = parse(&octets[..end]);
        let count = tnef.attributes().count();
        assert!(count >= before, "{end}");
        // A cut is told unless it falls between attributes.
        let falls_between = end >= 6 && (count > before || end == 6);
        assert_eq!(defects.is_empty(), falls_between, "{end}");
        good_ends += usize::from(falls_between);
        before = count;
        let _ = (tnef.subject(), tnef.body_rtf(100, &mut ()), tnef.body_html());
        tnef.attachments().iter().for_each(|one| _ = (one.name(), one.data(), one.embedded()));
    }
    assert_eq!((before, good_ends), (11, 12));
}

#[test]
fn wrong_checksums_and_signatures_are_told() {
    let mut octets =
        [HEAD, &attribute(1, 0x0001_8004, b"Hello\0"), &attribute(1, 0x0002_800c, b"b\0")].concat();
    octets[6 + 9] = b'J';
    let (tnef, defects) = parse(&octets);
    assert_eq!((tnef.subject().unwrap(), tnef.body_text().unwrap()), ("Jello".into(), "b".into()));
    assert_eq!(defects, [Defect::new(DefectKind::ContainerDamaged, 15..21)]);
    octets[0] = 0;
    let (tnef, defects) = parse(&octets);
    assert_eq!((tnef.attributes().count(), defects.len()), (0, 1));
    assert_eq!(parse(b"").1.len(), 1);
    // Properties that promise more than there is.
    let octets = [HEAD, &attribute(1, 0x0006_9003, b"\x02\0\0\0\x03\0\x17\0\x01\0\0\0")].concat();
    let (tnef, defects) = parse(&octets);
    assert_eq!((tnef.properties().count(), defects.len()), (1, 1));
    assert_eq!(tnef.properties().value(0x17).unwrap().number(), Some(1));
}

#[test]
fn attachments_have_a_limit() {
    let octets = [HEAD, &attribute(2, 0x0006_9002, &[0; 14]).repeat(5)].concat();
    let mut defects = Vec::new();
    let tnef = Tnef::parse(&octets, &Config::new().limits(Limits::new().parts(3)), &mut defects);
    assert_eq!((tnef.attachments().len(), tnef.attributes().count()), (3, 5));
    assert_eq!(defects, [Defect::new(DefectKind::LimitTruncated, 6 + 3 * 25..octets.len())]);
}

#[test]
fn numbers_that_lie_cost_nothing() {
    // Four thousand million values, properties, octets.
    for data in [
        &b"\xff\xff\xff\xff\x1e\x10\x37\x00\xff\xff\xff\xff"[..],
        b"\xff\xff\xff\xff\x01\x10\x37\x00\xff\xff\xff\xff",
        b"\xff\xff\xff\xff\x02\x10\x37\x00\xff\xff\xff\xff",
        b"\x01\x00\x00\x00\x1e\x00\x37\x00\x01\x00\x00\x00\xff\xff\xff\xff",
    ] {
        let mut properties = Properties::new(data);
        assert!(properties.by_ref().count() <= 1);
        assert!(properties.is_damaged());
        let octets = [HEAD, &attribute(1, 0x0006_9003, data)].concat();
        assert_eq!(parse(&octets).1.len(), 1);
    }
    let octets = [HEAD, b"\x01\x04\x80\x01\x00\xff\xff\xff\xff"].concat();
    assert_eq!(parse(&octets).1, [Defect::new(DefectKind::ContainerDamaged, 6..15)]);
}

fn rtf(octets: &[u8], most: usize) -> (Vec<u8>, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let out = decompress_rtf(octets, most, &mut defects);
    assert!(out.len() <= most);
    (out, defects.iter().map(|defect| defect.kind).collect())
}

#[test]
fn rtf_examples_of_the_specification() {
    // [MS-OXRTFCP] section 4.1.1 and section 4.1.2
    assert_eq!(rtf(RTF, 1000), (b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".to_vec(), vec![]));
    let crossing =
        b"\x1a\x00\x00\x00\x1c\x00\x00\x00LZFu\xe2\xd4\x4b\x51\x41\x00\x04\x20WXYZ\x0d\x6e\x7d\x01\x0e\xb0";
    assert_eq!(rtf(crossing, 1000), (b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}".to_vec(), vec![]));
    let plain = b"\x12\x00\x00\x00\x06\x00\x00\x00MELA\0\0\0\0{\\rtf}";
    assert_eq!(rtf(plain, 1000), (b"{\\rtf}".to_vec(), vec![]));
    assert_eq!(rtf(plain, 3), (b"{\\r".to_vec(), vec![DefectKind::LimitTruncated]));
}

#[test]
fn rtf_damaged_and_bounded() {
    for end in 0..RTF.len() {
        let (out, defects) = rtf(&RTF[..end], 1000);
        assert!(b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n".starts_with(&out));
        assert!(defects.contains(&DefectKind::ContainerDamaged), "{end}");
    }
    assert_eq!(rtf(RTF, 5), (b"{\\rtf".to_vec(), vec![DefectKind::LimitTruncated]));
    assert_eq!(rtf(RTF, 0), (vec![], vec![DefectKind::LimitTruncated]));
    let mut wrong = RTF.to_vec();
    wrong[12] ^= 1;
    assert_eq!(rtf(&wrong, 1000).1, [DefectKind::ContainerDamaged]);
    // References all the way: 8 octets for one at most.
    let mut bomb = b"\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\0\0\0\0".to_vec();
    let mut write = 207;
    for round in 0..80_000 {
        if round % 8 == 0 {
            bomb.push(0xff);
        }
        // An offset that is where is written next would be the end.
        bomb.extend(if write == 0 { [0x10, 0x0f] } else { [0x00, 0x0f] });
        write = (write + 17) % 4096;
    }
    let (out, defects) = rtf(&bomb, usize::MAX);
    assert_eq!((out.len(), defects), (80_000 * 17, vec![DefectKind::ContainerDamaged; 2]));
    assert_eq!(rtf(&bomb, 12_345).0.len(), 12_345);
}

#[test]
fn corpora_winmail() {
    let Some(corpora) = test_support::corpora() else { return };
    let mail = corpora.join("libetpan/plaintext-rendering/data/input/1808-winmail-dat.eml");
    let mail = std::fs::read(mail).unwrap();
    let start = memchr::memmem::find(&mail, b"\neJ8+").unwrap();
    let end = start + memchr::memmem::find(&mail[start..], b"\n--").unwrap();
    let octets = simple::simple_base64(&mail[start..end]);
    let (tnef, defects) = parse(&octets);
    assert_eq!((octets.len(), defects), (207_448, vec![]));
    assert_eq!(tnef.message_class().unwrap(), "IPM.Note");
    assert!(tnef.subject().unwrap().ends_with("TR : Installation Hyperion sous Linux"));
    let rtf = tnef.body_rtf(1 << 20, &mut ()).unwrap();
    assert!(
        rtf.starts_with(b"{\\rtf1\\ansi\\ansicpg1252\\fromhtml1"),
        "{:?}",
        String::from_utf8_lossy(&rtf[..80])
    );
    assert!(rtf.trim_ascii_end().ends_with(b"}"));
    let [document] = tnef.attachments() else { panic!() };
    assert_eq!(document.data().len(), 202_240);
    assert!(document.data().starts_with(b"\xd0\xcf\x11\xe0"));
    assert!(document.name().unwrap().ends_with(".doc"), "{:?}", document.name());
    eprintln!("1 winmail.dat: {:?}, {} properties", document.name(), tnef.properties().count());
}

fn damaged() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..6).prop_map(|changes| {
        let mut octets = message();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets
    })
}

proptest! {
    #[test]
    fn never_panics(octets in prop_oneof![damaged(), any::<Vec<u8>>()]) {
        let (tnef, _) = parse(&octets);
        let _ = (tnef.subject(), tnef.message_class(), tnef.body_text(), tnef.body_html());
        let _ = tnef.body_rtf(10_000, &mut ());
        for attachment in tnef.attachments() {
            let _ = (attachment.name(), attachment.content_id(), attachment.data(), attachment.embedded());
            for attribute in attachment.attributes() {
                prop_assert_eq!(&octets[attribute.span()], attribute.data);
            }
        }
        rtf(&octets, 1000);
        rtf(&[b"\xff\xff\0\0\xff\xff\0\0LZFu\0\0\0\0", &octets[..]].concat(), 1000);
    }
}

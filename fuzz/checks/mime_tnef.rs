//! TNEF and compressed RTF: everything lies within the stream, and what a simple writer writes is read.
use mime_core::{
    Config, DefectKind,
    tnef::{Attribute, Properties, Tnef, Value, decompress_rtf},
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

const MOST: usize = 10_000;

fn properties(properties: Properties<'_>, octets: usize) {
    let mut all = properties.clone();
    let mut count = 0;
    for property in all.by_ref() {
        count += 1;
        let _ = (property.value.text(1252), property.value.number());
        if let Value::Octets(data) | Value::Object(data) = property.value {
            assert!(data.len() <= octets);
        }
        assert!(properties.value(property.id).is_some());
    }
    assert!(count <= octets && all.next().is_none());
    let _ = all.is_damaged();
}

fn attribute(attribute: &Attribute<'_>, octets: &[u8]) {
    assert_eq!(&octets[attribute.span()], attribute.data);
    let sum: u32 = attribute.data.iter().map(|&octet| u32::from(octet)).sum();
    let stored = &octets[attribute.span().end..][..2];
    assert_eq!(attribute.is_intact(), stored == &sum.to_le_bytes()[..2]);
}

fn read(octets: &[u8], config: &Config, deep: u8) {
    let mut defects = Vec::new();
    let tnef = Tnef::parse(octets, config, &mut defects);
    mime::within(&defects, octets.len());
    let all: Vec<_> = tnef.attributes().collect();
    assert!(all.windows(2).all(|two| two[0].span().end + 2 <= two[1].span().start));
    all.iter().for_each(|one| attribute(one, octets));
    if let Some(damaged) = all.iter().find(|one| !one.is_intact()) {
        assert!(defects.iter().any(|defect| defect.kind == DefectKind::ContainerDamaged), "{damaged:?}");
    }
    properties(tnef.properties(), octets.len());
    let _ = (tnef.codepage(), tnef.subject(), tnef.message_class(), tnef.body_text(), tnef.body_html());
    let mut defects = Vec::new();
    assert!(tnef.body_rtf(MOST, &mut defects).is_none_or(|text| text.len() <= MOST));
    assert!(tnef.attachments().len() <= octets.len() / 9);
    for attachment in tnef.attachments() {
        for one in attachment.attributes() {
            attribute(&one, octets);
            assert!(one.of_attachment && all.contains(&one));
        }
        properties(attachment.properties(), octets.len());
        assert!(attachment.data().len() <= octets.len());
        let _ = (attachment.name(), attachment.mime_type(), attachment.content_id());
        if let Some(inner) = attachment.embedded() {
            assert!(inner.len() < octets.len());
            if deep > 0 {
                read(inner, config, deep - 1);
            }
        }
    }
}

fn rtf(kind: &[u8; 4], content: &[u8], raw: usize) -> Vec<u8> {
    let mut crc = 0_u32;
    for octet in content {
        crc ^= u32::from(*octet);
        (0..8).for_each(|_| crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 });
    }
    let crc = if kind == b"LZFu" { crc } else { 0 };
    let numbers = [content.len() + 12, raw].map(|number| u32::try_from(number).unwrap().to_le_bytes());
    [&numbers.concat()[..], kind, &crc.to_le_bytes(), content].concat()
}

/// An attribute of the message, with its checksum.
fn written(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0_u16, |sum, &octet| sum.wrapping_add(octet.into()));
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    [&[level][..], &id.to_le_bytes(), &length, data, &sum.to_le_bytes()].concat()
}

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    let config = mime::config(kind);
    read(octets, &config, 3);
    const HEAD: &[u8] = b"\x78\x9f\x3e\x22\x01\x00";
    read(&[HEAD, octets].concat(), &config, 3);
    properties(Properties::new(octets), octets.len());

    let mut defects = Vec::new();
    for most in [0, 1, 100, MOST] {
        let whole = decompress_rtf(octets, MOST, &mut defects);
        assert!(whole.len() <= octets.len() * 8 && whole.len() <= MOST);
        assert!(whole.starts_with(&decompress_rtf(octets, most, &mut ())));
        mime::within(&defects, octets.len());
        let inner = rtf(b"LZFu", octets, MOST);
        let whole = decompress_rtf(&inner, MOST, &mut ());
        assert!(
            whole.len() <= octets.len() * 8 + 8 && whole.starts_with(&decompress_rtf(&inner, most, &mut ()))
        );
    }
    // Literals only, eight behind each octet of flags, and not compressed at all.
    let literals: Vec<u8> = octets
        .chunks(8)
        .flat_map(|eight| [0].into_iter().chain(eight.iter().copied()).collect::<Vec<_>>())
        .collect();
    let mut defects = Vec::new();
    for stream in [rtf(b"LZFu", &literals, octets.len()), rtf(b"MELA", octets, octets.len())] {
        assert_eq!(decompress_rtf(&stream, octets.len(), &mut defects), octets);
    }
    assert_eq!(defects, []);

    // A file within a message within a message.
    let inner = [HEAD, &written(1, 0x0001_8004, b"inner\0")].concat();
    let file = [
        HEAD,
        &written(1, 0x0001_8004, b"outer\0"),
        &written(2, 0x0006_9002, &[0; 14]),
        &written(2, 0x0001_8010, b"a.bin\0"),
        &written(2, 0x0006_800f, octets),
    ]
    .concat();
    let mut defects = Vec::new();
    let tnef = Tnef::parse(&file, &Config::new(), &mut defects);
    assert_eq!(tnef.subject().unwrap(), "outer");
    let [attachment] = tnef.attachments() else { panic!("{:?}", tnef.attachments()) };
    assert_eq!((attachment.data(), &*attachment.name().unwrap()), (octets, "a.bin"));
    assert_eq!(defects, []);
    read(&file, &config, 3);
    assert_eq!(Tnef::parse(&inner, &config, &mut ()).subject().unwrap(), "inner");
}

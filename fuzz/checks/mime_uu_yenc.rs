//! Uuencode and yEnc: however they are cut, and what a simple encoder writes comes back.
use mime_core::coding::{TransferEncoding, uuencode, yenc};

#[path = "mime_coding.rs"]
mod coding;

fn uuencoded(content: &[u8]) -> Vec<u8> {
    let sign = |value: u8| if value == 0 { b'`' } else { value + 32 };
    let mut out = b"begin 644 a b\n".to_vec();
    for line in content.chunks(45) {
        out.push(sign(u8::try_from(line.len()).unwrap()));
        for three in line.chunks(3) {
            let [a, b, c] = [0, 1, 2].map(|index| three.get(index).copied().unwrap_or(0));
            out.extend([a >> 2, (a << 4 | b >> 4) & 63, (b << 2 | c >> 6) & 63, c & 63].map(sign));
        }
        out.push(b'\n');
    }
    out.extend_from_slice(b"`\nend\n");
    out
}

fn yencoded(content: &[u8]) -> Vec<u8> {
    let mut out = format!("=ybegin line=128 size={} name=a b\r\n", content.len()).into_bytes();
    let mut crc = u32::MAX;
    for line in content.chunks(128) {
        for octet in line {
            crc ^= u32::from(*octet);
            (0..8).for_each(|_| crc = if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 });
            match octet.wrapping_add(42) {
                octet @ (0 | b'\r' | b'\n' | b'=') => out.extend([b'=', octet.wrapping_add(64)]),
                octet => out.push(octet),
            }
        }
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("=yend size={} crc32={:08x}\r\n", content.len(), !crc).as_bytes());
    out
}

pub fn check(data: &[u8]) {
    let &[first, second, ref body @ ..] = data else { return };
    let sizes = [first, second];
    coding::decode(TransferEncoding::Uuencode, body, &sizes);
    coding::decode(TransferEncoding::Yenc, body, &sizes);
    let mut end = 0;
    for block in uuencode::find(body) {
        assert_eq!(&body[block.span.clone()], block.octets);
        assert!(end <= block.span.start && block.octets.starts_with(b"begin "));
        end = block.span.end;
        assert_eq!(uuencode::Header::find(block.octets).as_ref(), Some(&block.header));
        coding::decode(TransferEncoding::Uuencode, block.octets, &sizes);
    }
    for line in body.split(|&octet| octet == b'\n') {
        let _ = (uuencode::Header::parse(line), yenc::Header::parse(line));
    }
    let _ = (uuencode::Header::find(body), yenc::Header::find(body));

    let encoded = uuencoded(body);
    assert_eq!(coding::decode(TransferEncoding::Uuencode, &encoded, &sizes), (body.to_vec(), Vec::new()));
    if !body.is_empty() {
        let text = [b"see:\n", &encoded[..], b"bye\n"].concat();
        let blocks: Vec<_> = uuencode::find(&text).collect();
        assert_eq!(blocks.len(), 1);
        assert_eq!(
            (blocks[0].octets, blocks[0].header.name, blocks[0].header.mode),
            (&*encoded, &b"a b"[..], 0o644)
        );
    }
    let encoded = yencoded(body);
    assert_eq!(coding::decode(TransferEncoding::Yenc, &encoded, &sizes), (body.to_vec(), Vec::new()));
    let header = yenc::Header::find(&encoded).unwrap();
    assert_eq!((header.size, header.name), (Some(body.len() as u64), &b"a b"[..]));
}

//! Base64: as a simple implementation decodes it, however it is cut, and what is encoded comes back.
use mime_core::coding::{Base64Encoder, TransferEncoding};

#[path = "mime_coding.rs"]
mod coding;

fn sextet(octet: u8) -> Option<u32> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    alphabet.iter().position(|known| *known == octet).and_then(|value| u32::try_from(value).ok())
}

fn give(group: &[u8], out: &mut Vec<u8>) {
    let bits = group.iter().chain(b"AAAA").take(4).fold(0, |bits, octet| bits << 6 | sextet(*octet).unwrap());
    out.extend_from_slice(&bits.to_be_bytes()[1..][..group.len() * 3 / 4]);
}

fn simple_base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut group = Vec::new();
    let mut at = 0;
    let skip = |at: &mut usize, octets: &[u8]| {
        while body.get(*at).is_some_and(|octet| octets.contains(octet)) {
            *at += 1;
        }
    };
    while at < body.len() {
        let octet = body[at];
        at += 1;
        if sextet(octet).is_some() {
            group.push(octet);
            if group.len() == 4 {
                give(&group, &mut out);
                group.clear();
            }
        } else if octet == b'=' && !group.is_empty() {
            give(&group, &mut out);
            if group.len() == 2 {
                skip(&mut at, b" \t\r\n");
                at += usize::from(body.get(at) == Some(&b'='));
            }
            group.clear();
            loop {
                skip(&mut at, b" \t\r\n=");
                let line = &body[at..];
                let end = line.iter().position(|octet| b"\r\n".contains(octet)).unwrap_or(line.len());
                let judged = &line[..end.min(128)];
                at += judged.len();
                let spaces = judged.iter().rev().take_while(|octet| b" \t".contains(octet)).count();
                let judged = &judged[..judged.len() - spaces];
                if judged.is_empty() || !judged.len().is_multiple_of(4) {
                    return out;
                }
                let mut padded = false;
                let mut content = Vec::new();
                for four in judged.chunks(4) {
                    let octets = four.iter().take_while(|octet| sextet(**octet).is_some()).count();
                    if octets < 2 || four[octets..].iter().any(|octet| *octet != b'=') {
                        return out;
                    }
                    give(&four[..octets], &mut content);
                    padded = octets < 4;
                }
                out.extend_from_slice(&content);
                if !padded {
                    break;
                }
            }
        }
    }
    give(&group, &mut out);
    out
}

pub fn check(data: &[u8]) {
    let &[first, second, ref body @ ..] = data else { return };
    let sizes = [first, second];
    let (octets, defects) = coding::decode(TransferEncoding::Base64, body, &sizes);
    assert_eq!(octets, simple_base64(body));
    // What is not reported is written as everybody would.
    if defects.is_empty() {
        let mut again = Vec::new();
        Base64Encoder::encode_into(&octets, &mut again);
        let signs = |octets: &[u8]| {
            octets.iter().copied().filter(|octet| !octet.is_ascii_whitespace()).collect::<Vec<_>>()
        };
        assert_eq!(signs(&again), signs(body));
    }
    let (mut whole, mut pieces, mut encoder) = (Vec::new(), Vec::new(), Base64Encoder::new());
    Base64Encoder::encode_into(body, &mut whole);
    coding::mime::pieces(body, &sizes).for_each(|piece| encoder.push(piece, &mut pieces));
    encoder.finish(&mut pieces);
    assert_eq!(whole, pieces);
    assert_eq!(whole.len() as u64, Base64Encoder::encoded_len(body.len() as u64));
    assert!(whole.split(|&octet| octet == b'\n').all(|line| line.len() <= 77));
    assert_eq!(coding::decode(TransferEncoding::Base64, &whole, &sizes), (body.to_vec(), Vec::new()));
}

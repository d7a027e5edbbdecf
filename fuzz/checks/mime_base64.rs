//! Base64: as a simple implementation decodes it, however it is cut, and what is encoded comes back.
use mime_core::coding::{Base64Encoder, TransferEncoding};

#[path = "mime_coding.rs"]
mod coding;
#[path = "../../crates/mime-core/tests/simple/mod.rs"]
mod simple;

use simple::simple_base64;

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

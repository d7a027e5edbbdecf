//! Quoted-printable: as a simple implementation decodes it, however it is cut, and what is encoded comes back.
use mime_core::coding::{QuotedPrintableEncoder, TransferEncoding};

#[path = "mime_coding.rs"]
mod coding;
#[path = "../../crates/mime-core/tests/simple/mod.rs"]
mod simple;

use simple::simple_quoted_printable;

pub fn check(data: &[u8]) {
    let &[first, second, ref body @ ..] = data else { return };
    let sizes = [first, second];
    let (octets, _) = coding::decode(TransferEncoding::QuotedPrintable, body, &sizes);
    assert_eq!(octets, simple_quoted_printable(body));
    for mut encoder in [QuotedPrintableEncoder::text(), QuotedPrintableEncoder::binary()] {
        let mut at_once = encoder.clone();
        let (mut pieces, mut whole) = (Vec::new(), Vec::new());
        coding::mime::pieces(body, &sizes).for_each(|piece| encoder.push(piece, &mut pieces));
        encoder.finish(&mut pieces);
        at_once.push(body, &mut whole);
        at_once.finish(&mut whole);
        assert_eq!(whole, pieces);
        assert_eq!(
            coding::decode(TransferEncoding::QuotedPrintable, &whole, &sizes),
            (body.to_vec(), Vec::new())
        );
        for line in whole.split(|&octet| octet == b'\n') {
            let text = line.strip_suffix(b"\r").unwrap_or(line);
            assert!(text.len() <= 76 && text != b"." && !text.starts_with(b"From "));
            assert!(text.iter().all(|octet| matches!(octet, b'\t' | b' '..=b'~')), "{line:?}");
            assert!(!text.ends_with(b" ") && !text.ends_with(b"\t"));
        }
    }
    for allow_8bit in [false, true] {
        let lines_are_short = || body.split(|&octet| octet == b'\n').all(|line| line.len() <= 999);
        match TransferEncoding::choose(body, allow_8bit) {
            TransferEncoding::SevenBit => assert!(body.is_ascii() && !body.contains(&0) && lines_are_short()),
            TransferEncoding::EightBit => assert!(allow_8bit && !body.contains(&0) && lines_are_short()),
            other => assert!(matches!(other, TransferEncoding::Base64 | TransferEncoding::QuotedPrintable)),
        }
    }
}

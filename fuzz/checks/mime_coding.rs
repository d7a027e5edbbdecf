//! What the checks of transfer codings have in common.
use mime_core::{
    Defect,
    coding::{Decoder, TransferEncoding},
};

#[allow(dead_code)]
#[path = "mime.rs"]
pub mod mime;

fn in_pieces<'a>(
    encoding: TransferEncoding,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<u8>, Vec<Defect>) {
    let (mut out, mut defects) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new(encoding);
    for piece in pieces {
        decoder.push(piece, &mut out, &mut defects);
    }
    decoder.finish(&mut out, &mut defects);
    (out, defects)
}

/// Decodes at once, in pieces and in single octets: octets and defects are the same.
pub fn decode(encoding: TransferEncoding, body: &[u8], sizes: &[u8]) -> (Vec<u8>, Vec<Defect>) {
    let mut defects = Vec::new();
    let whole = encoding.decode(body, &mut defects).into_owned();
    mime::within(&defects, body.len());
    assert!(whole.len() <= encoding.decoded_len_hint(body.len()));
    let mut appended = b"x".to_vec();
    encoding.decode_into(body, &mut appended, &mut ());
    assert_eq!(appended[1..], whole);
    let all = (whole, defects);
    assert_eq!(in_pieces(encoding, mime::pieces(body, sizes)), all, "{encoding} in pieces of {sizes:?}");
    assert_eq!(in_pieces(encoding, body.chunks(1)), all, "{encoding} in octets");
    all
}

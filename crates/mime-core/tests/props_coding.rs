//! Transfer codings: against a simple implementation, in any pieces, there and back.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::cast_possible_truncation)]

mod simple;

use mime_core::{
    TransferEncoding,
    coding::{Base64Encoder, QuotedPrintableEncoder},
};
use proptest::prelude::*;
use simple::{pieces, simple_base64, simple_quoted_printable};

use TransferEncoding::{Base64, QuotedPrintable, Uuencode, Yenc};

const DECODED: [TransferEncoding; 4] = [Base64, QuotedPrintable, Uuencode, Yenc];

/// Bodies that have much of what matters.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    const SPECIAL: &[&str] = &[
        "\r\n",
        "\n",
        "\r",
        "=",
        "==",
        "=\r\n",
        "= \r\n",
        "=\n",
        " ",
        " \r\n",
        "=4",
        "!",
        "\r\r\n",
        "`\nend\n",
        "Zg==\r\n",
        "begin 644 x\n",
        "#0V%T\r\n",
        "=ybegin size=3 name=x\r\n",
        "=yend size=3\r\n",
        "From ",
        ".",
    ];
    let octets = |min, max| {
        move |range: &'static [u8]| proptest::collection::vec(proptest::sample::select(range), min..max)
    };
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let fragment = prop_oneof![
        8 => octets(1, 80)(ALPHABET),
        2 => proptest::collection::vec(octets(76, 77)(ALPHABET), 1..5).prop_map(|lines| {
            lines.into_iter().flat_map(|line| [line, b"\r\n".to_vec()]).flatten().collect()
        }),
        2 => octets(1, 150)(ALPHABET).prop_map(|mut octets| { octets.truncate(octets.len() / 4 * 4); octets }),
        4 => proptest::collection::vec((octets(2, 3)(b"0123456789ABCDEFabcdef")).prop_map(|hex| [b"=", &hex[..]].concat()), 1..10)
            .prop_map(|escapes| escapes.concat()),
        4 => octets(0, 50)(b"etaoin shrdlu,.-=:?!ETAOIN"),
        8 => proptest::sample::select(SPECIAL).prop_map(|text| text.as_bytes().to_vec()),
        1 => octets(0, 300)(b" \t"),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn as_the_simple_implementation(body in bodies()) {
        prop_assert_eq!(Base64.decode(&body, &mut ()).into_owned(), simple_base64(&body));
        prop_assert_eq!(QuotedPrintable.decode(&body, &mut ()).into_owned(), simple_quoted_printable(&body));
    }

    #[test]
    fn the_same_in_any_pieces(body in bodies(), sizes in proptest::collection::vec(1_usize..400, 1..8)) {
        for encoding in DECODED {
            let mut defects = Vec::new();
            let content = encoding.decode(&body, &mut defects).into_owned();
            prop_assert!(content.len() <= encoding.decoded_len_hint(body.len()));
            for defect in &defects {
                prop_assert!(defect.span.start <= defect.span.end && defect.span.end <= body.len(), "{}", defect);
            }
            let mut rest = &body[..];
            let cuts = sizes.iter().cycle().map_while(|size| {
                let (piece, behind) = rest.split_at((*size).min(rest.len()));
                rest = behind;
                (!piece.is_empty()).then_some(piece)
            });
            prop_assert_eq!(pieces(encoding, cuts), (content, defects), "{}", encoding);
        }
    }

    #[test]
    fn the_same_at_every_cut(body in bodies()) {
        let body = &body[..body.len().min(400)];
        for encoding in DECODED {
            let mut defects = Vec::new();
            let whole = encoding.decode(body, &mut defects).into_owned();
            for cut in 0..=body.len() {
                let (first, second) = body.split_at(cut);
                let pieces = pieces(encoding, [first, second].into_iter());
                prop_assert_eq!((&pieces.0, &pieces.1), (&whole, &defects), "{} cut at {}", encoding, cut);
            }
        }
    }

    #[test]
    fn what_is_encoded_is_decoded(content in bodies(), size in 1_usize..100) {
        let mut encoded = Vec::new();
        Base64Encoder::encode_into(&content, &mut encoded);
        prop_assert_eq!(encoded.len() as u64, Base64Encoder::encoded_len(content.len() as u64));
        let mut defects = Vec::new();
        prop_assert_eq!(&Base64.decode(&encoded, &mut defects)[..], &content[..]);

        for mut encoder in [QuotedPrintableEncoder::text(), QuotedPrintableEncoder::binary()] {
            let mut whole = encoder.clone();
            let (mut out, mut encoded) = (Vec::new(), Vec::new());
            content.chunks(size).for_each(|piece| encoder.push(piece, &mut out));
            encoder.finish(&mut out);
            whole.push(&content, &mut encoded);
            whole.finish(&mut encoded);
            prop_assert_eq!(&out, &encoded);
            prop_assert_eq!(&QuotedPrintable.decode(&encoded, &mut defects)[..], &content[..]);
            for line in encoded.split(|octet| *octet == b'\n') {
                prop_assert!(line.len() <= 77 && line != b".\r" && !line.starts_with(b"From "));
                prop_assert!(!line.ends_with(b" \r") && !line.ends_with(b"\t\r"));
            }
        }
        prop_assert_eq!(defects, []);
    }

    #[test]
    fn any_value_of_the_field(
        value in proptest::collection::vec(any::<u8>(), 0..60),
        text in proptest::collection::vec(proptest::sample::select(&b" ()\\;\"base64,-"[..]), 0..30),
    ) {
        for value in [&value, &text] {
            let mut defects = Vec::new();
            TransferEncoding::from_value(value, &mut defects);
            prop_assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
        }
    }
}

//! Messages in pieces: the example of the RFC, real ones, and those that are made to hurt.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use mime_core::partial::{Assembler, PartialError};
use proptest::prelude::*;

const FIRST: &str = "X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
    Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 1 of 2)\r\n\
    Message-ID: <id1@host.com>\r\nMIME-Version: 1.0\r\nContent-type: message/partial; id=\"ABC@host.com\";\r\n\
    \x20                number=1; total=2\r\n\r\n\
    X-Weird-Header-1: Bar\r\nX-Weird-Header-2: Hello\r\nMessage-ID: <anotherid@foo.com>\r\n\
    Subject: Audio mail\r\nMIME-Version: 1.0\r\nContent-type: audio/basic\r\n\
    Content-transfer-encoding: base64\r\n\r\n   ... first half of encoded audio data goes here ...\r\n";
const SECOND: &str = "From: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
    Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nSubject: Audio mail (part 2 of 2)\r\nMIME-Version: 1.0\r\n\
    Message-ID: <id2@host.com>\r\nContent-type: message/partial;\r\n               id=\"ABC@host.com\"; number=2; total=2\r\n\r\n\
    \x20  ... second half of encoded audio data goes here ...\r\n";

#[test]
fn rfc_2046_example() {
    let expected = "X-Weird-Header-1: Foo\r\nFrom: Bill@host.com\r\nTo: joe@otherhost.com\r\n\
        Date: Fri, 26 Mar 1993 12:59:38 -0500 (EST)\r\nMessage-ID: <anotherid@foo.com>\r\nSubject: Audio mail\r\n\
        MIME-Version: 1.0\r\nContent-type: audio/basic\r\nContent-transfer-encoding: base64\r\n\r\n\
        \x20  ... first half of encoded audio data goes here ...\r\n\
        \x20  ... second half of encoded audio data goes here ...\r\n";
    for order in [[1, 2], [2, 1]] {
        let mut assembler = Assembler::new(10, 10_000);
        for number in order {
            assert_eq!(assembler.assemble(), Err(PartialError::Incomplete));
            let piece = if number == 1 { FIRST } else { SECOND };
            assembler.add(number, Some(2), piece.as_bytes()).unwrap();
        }
        assert_eq!(String::from_utf8(assembler.assemble().unwrap()).unwrap(), expected);
    }
}

#[test]
fn headers_and_line_ends_of_any_form() {
    let assemble = |pieces: &[&str]| {
        let mut assembler = Assembler::new(9, 10_000);
        for (number, piece) in (1..).zip(pieces) {
            assembler.add(number, Some(u32::try_from(pieces.len()).unwrap()), piece.as_bytes()).unwrap();
        }
        String::from_utf8(assembler.assemble().unwrap()).unwrap()
    };
    // The header of the message goes on in the second piece; LF alone; a name in other case, and with space behind it.
    assert_eq!(
        assemble(&[
            "From x y z\nFROM: a\nsubject : 1\n\nSUBJECT: b\n folded\nCONTENT-x:\n",
            "A: 1\n\nto: dropped\nEncrypted: no\n\nbody\n"
        ]),
        "FROM: a\nSUBJECT: b\n folded\nCONTENT-x:\nEncrypted: no\n\nbody\n"
    );
    // Pieces that lost their last line end.
    assert_eq!(assemble(&["A: 1\r\n\r\nB: 1\r\n\r\nx", "A: 1\r\n\r\ny"]), "A: 1\r\n\r\nx\r\ny");
    // No header, no body, nothing.
    assert_eq!(assemble(&["A: 1"]), "A: 1\r\n\r\n");
    assert_eq!(assemble(&["\r\n\r\nx"]), "\r\nx");
    assert_eq!(assemble(&[""]), "\r\n");
}

#[test]
fn pieces_that_do_not_agree() {
    let mut assembler = Assembler::new(5, 100);
    assert_eq!(assembler.add(0, Some(2), b"x"), Err(PartialError::Zero));
    assert_eq!(assembler.add(3, Some(2), b"x"), Err(PartialError::Beyond));
    assembler.add(2, None, b"x").unwrap();
    assert_eq!(assembler.add(1, Some(1), b"x"), Err(PartialError::Beyond));
    assert_eq!(assembler.add(2, Some(2), b"y"), Err(PartialError::Conflict));
    assert_eq!(assembler.total(), None);
    assembler.add(2, Some(3), b"x").unwrap();
    assert_eq!(assembler.add(1, Some(4), b"x"), Err(PartialError::Total));
    assert_eq!(assembler.add(6, None, b"x"), Err(PartialError::Beyond));
    assembler.add(3, None, b"x").unwrap();
    assert_eq!((assembler.numbers().collect::<Vec<_>>(), assembler.is_complete()), (vec![2, 3], false));
    assert_eq!(assembler.add(1, None, &[b'x'; 99]), Err(PartialError::TooLarge));
    assembler.add(1, None, &[b'x'; 98]).unwrap();
    assert!(assembler.is_complete());
    assert_eq!(Assembler::new(5, 100).add(6, None, b"x"), Err(PartialError::TooMany));
}

#[test]
fn attack_mimeb_24() {
    // A thousand million pieces are promised: nothing is reserved for them, and nothing is put together.
    let piece = b"Content-Type: message/partial; id=\"x@y\"; number=1; total=999999999\r\n\r\nx";
    let mut assembler = Assembler::new(100, 1 << 20);
    let (result, info) = test_support::alloc::measure(|| assembler.add(1, Some(999_999_999), piece));
    assert_eq!((result, info.count_total), (Err(PartialError::TooMany), 0));
    // With a limit that allows it, it is incomplete, and costs what it is.
    let mut assembler = Assembler::new(u32::MAX, 1 << 20);
    assembler.add(1, Some(999_999_999), piece).unwrap();
    assert!(!assembler.is_complete());
    assert_eq!(assembler.assemble(), Err(PartialError::Incomplete));
}

#[test]
fn attack_mimeb_25() {
    // What is put together may point elsewhere: it is octets, and nothing follows them.
    let inner = "Content-Type: message/external-body; access-type=local-file; name=\"/etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\n";
    let mut assembler = Assembler::new(2, 1000);
    assembler.add(1, Some(1), format!("From: a\r\n\r\n{inner}").as_bytes()).unwrap();
    assert_eq!(String::from_utf8(assembler.assemble().unwrap()).unwrap(), format!("From: a\r\n{inner}"));
}

#[test]
fn pieces_inside_pieces_stay_pieces() {
    // RFC 2046 section 5.2.2: the result may be a piece again. It is not followed.
    let mut assembler = Assembler::new(2, 1000);
    let inner = "Content-Type: message/partial; id=b; number=1; total=1\r\n\r\nSubject: inner\r\n\r\nx";
    assembler.add(1, Some(1), format!("A: 1\r\n\r\n{inner}").as_bytes()).unwrap();
    assert_eq!(assembler.assemble().unwrap(), format!("A: 1\r\n{inner}").into_bytes());
}

#[test]
fn corpora_pieces() {
    let Some(corpora) = test_support::corpora() else { return };
    let folder = corpora.join("libetpan/mime-parser/data/input/partial");
    let mut assembler = Assembler::new(2, 1 << 20);
    for number in [2, 1] {
        let piece = std::fs::read(folder.join(format!("message-partial.{number}.msg.txt"))).unwrap();
        assembler.add(number, Some(2), &piece).unwrap();
    }
    let message = assembler.assemble().unwrap();
    let text = String::from_utf8_lossy(&message);
    let (header, body) = text.split_once("\n\n").or_else(|| text.split_once("\r\n\r\n")).unwrap();
    assert!(header.contains("Subject: {15_3779; Victoria & Cherry}: suzeFan - 2377h003.jpg\n"), "{header}");
    assert!(
        header.contains("Message-ID: <skippy.Soft.1020332481@id.com>") && header.contains("multipart/mixed")
    );
    assert!(!header.contains("message/partial") && header.contains("Newsgroups: alt."));
    assert!(body.contains("\n------skippy.Soft.1020332481--\n"));
    eprintln!("1 message of 2 pieces, {} octets", message.len());
}

proptest! {
    #[test]
    fn never_panics_nor_grows(
        pieces in proptest::collection::vec((0u32..4, proptest::option::of(0u32..4), any::<Vec<u8>>()), 0..8)
    ) {
        let mut assembler = Assembler::new(4, 400);
        let mut octets = 0;
        for (number, total, piece) in pieces {
            octets += piece.len();
            let _ = assembler.add(number, total, &piece);
        }
        if let Ok(message) = assembler.assemble() {
            prop_assert!(message.len() <= octets + 16);
        }
    }
}

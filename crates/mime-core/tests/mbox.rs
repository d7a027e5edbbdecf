//! Mailbox files: written and read back, real ones, cut anywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use mime_core::{
    Defect, DefectKind,
    mbox::{Event, Format, Reader, Sender, Writer, messages},
};
use proptest::prelude::*;

const FORMATS: [Format; 4] = [Format::Mboxo, Format::Mboxrd, Format::Mboxcl, Format::Mboxcl2];

type Read = (Vec<(Vec<u8>, Vec<u8>)>, Vec<Defect>);

/// Envelope and content of each message, from pieces of the given lengths.
fn read(file: &[u8], format: Format, pieces: &[usize]) -> Read {
    let mut reader = Reader::new(format);
    let mut found: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let (mut defects, mut open) = (Vec::new(), false);
    let mut on = |event: Event<'_>| match event {
        Event::Begin(envelope) => {
            assert!(!std::mem::replace(&mut open, true));
            found.push((envelope.line().to_vec(), Vec::new()));
        }
        Event::Octets(octets) => {
            assert!(open && !octets.is_empty());
            found.last_mut().unwrap().1.extend_from_slice(octets);
        }
        Event::End => assert!(std::mem::replace(&mut open, false)),
    };
    let mut rest = file;
    let mut lengths = pieces.iter().cycle();
    while !rest.is_empty() {
        let length = lengths.next().map_or(rest.len(), |&length| length.clamp(1, rest.len()));
        let (piece, behind) = rest.split_at(length);
        reader.feed(piece, &mut defects, &mut on);
        rest = behind;
    }
    reader.finish(&mut defects, &mut on);
    assert!(!open);
    (found, defects)
}

fn sliced(file: &[u8], format: Format) -> Vec<(Vec<u8>, Vec<u8>)> {
    messages(file, format)
        .map(|message| {
            assert_eq!(&file[message.span()], message.raw());
            (message.envelope().line().to_vec(), message.content().into_owned())
        })
        .collect()
}

fn contents(file: &[u8], format: Format) -> Vec<String> {
    sliced(file, format).into_iter().map(|(_, content)| String::from_utf8(content).unwrap()).collect()
}

const A: &str = "From a@b Mon Jan  1 00:00:00 2024\n";

#[test]
fn messages_of_a_file() {
    let file = format!("{A}Subject: 1\n\nx\n\nFrom here on\n>From y\n\n{A}2\n\n\n{A}\n{A}3");
    let expected = ["Subject: 1\n\nx\n\nFrom here on\nFrom y\n", "2\n\n", "", "3"];
    for format in FORMATS {
        let expected = expected.map(|text| match format {
            Format::Mboxcl2 => text.replace("\nFrom y", "\n>From y"),
            _ => text.to_owned(),
        });
        assert_eq!(contents(file.as_bytes(), format), expected, "{format:?}");
        let (read, defects) = read(file.as_bytes(), format, &[]);
        assert_eq!((read, defects.len()), (sliced(file.as_bytes(), format), 0));
    }
    // CRLF is as good.
    let crlf = file.replace('\n', "\r\n");
    let expected = expected.map(|text| text.replace('\n', "\r\n"));
    assert_eq!(contents(crlf.as_bytes(), Format::Mboxrd), expected);
}

#[test]
fn empty_lines_and_what_has_no_line_before_it() {
    assert_eq!(contents(b"", Format::Mboxrd), [""; 0]);
    assert_eq!(contents(b"\n\r\n\n", Format::Mboxrd), [""; 0]);
    assert_eq!(read(b"\n\r\n\n", Format::Mboxrd, &[1]), (vec![], vec![]));
    // A dividing line without an empty one before it divides nothing.
    let file = format!("{A}1\n{A}2\n");
    assert_eq!(contents(file.as_bytes(), Format::Mboxrd), [format!("1\n{A}2\n")]);
    // What stands before the first dividing line is not lost.
    let file = format!("\nSubject: x\n\ny\n\n{A}1\n");
    assert_eq!(contents(file.as_bytes(), Format::Mboxo), ["Subject: x\n\ny\n", "1\n"]);
    let (found, defects) = read(file.as_bytes(), Format::Mboxo, &[2]);
    assert_eq!(found[0], (vec![], b"Subject: x\n\ny\n".to_vec()));
    assert_eq!(defects.iter().map(|defect| defect.kind).collect::<Vec<_>>(), [DefectKind::ContainerDamaged]);
    // The first line needs no date.
    let first = messages(b"From nobody\nx\n", Format::Mboxo).next().unwrap();
    assert_eq!((first.envelope().sender(), first.raw()), (&b"nobody"[..], &b"x\n"[..]));
}

#[test]
fn quirk_mime_202() {
    // One message out of a mailbox, with the line that stood before it.
    let file = b"From x@y Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb\r\n";
    let message = messages(file, Format::Mboxrd).next().unwrap();
    assert_eq!(message.raw(), b"Subject: a\r\n\r\nb\r\n");
    assert_eq!(
        (message.envelope().sender(), message.envelope().date()),
        (&b"x@y"[..], &b"Mon Jan  1 00:00:00 2024"[..])
    );
}

#[test]
fn marks_of_each_format() {
    let message = "S: x\n\nFrom 1\n>From 2\n>>From 3\n> From 4\nFrom: 5\n";
    for (format, stored, back) in [
        (
            Format::Mboxo,
            ">From 1\n>From 2\n>>From 3\n> From 4\nFrom: 5\n",
            "From 1\nFrom 2\n>>From 3\n> From 4\nFrom: 5\n",
        ),
        (
            Format::Mboxrd,
            ">From 1\n>>From 2\n>>>From 3\n> From 4\nFrom: 5\n",
            "From 1\n>From 2\n>>From 3\n> From 4\nFrom: 5\n",
        ),
    ] {
        let mut file = Vec::new();
        Writer::new(format).message(&Sender::unknown(), 0, message.as_bytes(), &mut file);
        let expected = format!("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\nS: x\n\n{stored}\n");
        assert_eq!(String::from_utf8(file.clone()).unwrap(), expected);
        assert_eq!(contents(&file, format), [format!("S: x\n\n{back}")]);
        for length in [1, 2, 3, 7] {
            assert_eq!(read(&file, format, &[length]).0, sliced(&file, format));
        }
    }
}

#[test]
fn content_length_is_verified() {
    let body = format!("1\n\n{A}2\n");
    let good = format!("{A}S: x\nContent-Length: {}\n\n{body}\n{A}3\n", body.len());
    let message = messages(good.as_bytes(), Format::Mboxcl2).next().unwrap();
    assert_eq!((message.length_agrees(), message.raw().ends_with(body.as_bytes())), (Some(true), true));
    let (found, defects) = read(good.as_bytes(), Format::Mboxcl2, &[5]);
    assert_eq!((found.len(), defects.len()), (2, 0));
    assert_eq!(found, sliced(good.as_bytes(), Format::Mboxcl2));
    // Too short, too long, beyond the end: by dividing lines, and told.
    for wrong in ["2", "3", "40", "4000", "18446744073709551615"] {
        let file = format!("{A}S: x\nContent-Length: {wrong}\n\n1\n2\n\n{A}3\n\n{A}4\n");
        for format in [Format::Mboxcl, Format::Mboxcl2] {
            let all: Vec<_> = messages(file.as_bytes(), format).collect();
            assert_eq!(
                (all.len(), all[0].length_agrees(), all[1].length_agrees()),
                (3, Some(false), None),
                "{wrong}"
            );
            assert!(all[0].raw().ends_with(b"\n\n1\n2\n"));
            let (found, defects) = read(file.as_bytes(), format, &[]);
            assert_eq!(
                defects.iter().map(|defect| defect.kind).collect::<Vec<_>>(),
                [DefectKind::ContainerDamaged],
                "{wrong} {format:?}"
            );
            // What cannot look ahead is led astray by Mboxcl2 as far as the length goes; nothing is lost.
            assert!(found.len() == 3 || format == Format::Mboxcl2 && wrong.len() > 1, "{wrong} {format:?}");
        }
    }
}

#[test]
fn counted_formats_replace_what_a_sender_wrote() {
    for format in [Format::Mboxcl, Format::Mboxcl2] {
        let mut file = Vec::new();
        let writer = Writer::new(format).crlf(true);
        let message = "Content-length: 99999\r\n 9\r\nS: x\r\n\r\nFrom x Mon Jan  1 00:00:00 2024\r\n\r\nFrom y Mon Jan  1 00:00:00 2024\r\nend";
        for _ in 0..2 {
            writer.message(&Sender::new("ü@x").unwrap(), 1, message.as_bytes(), &mut file);
        }
        let (found, defects) = read(&file, format, &[3]);
        assert_eq!((found.len(), defects.len()), (2, 0), "{format:?}");
        assert_eq!(found, sliced(&file, format));
        let text = String::from_utf8(found[0].1.clone()).unwrap();
        let (header, body) = text.split_once("\r\n\r\n").unwrap();
        let length = if format == Format::Mboxcl { 75 } else { 73 };
        assert_eq!(header, format!("S: x\r\nContent-Length: {length}"));
        assert_eq!(format!("{body}"), format!("{}\r\n", message.split_once("\r\n\r\n").unwrap().1));
        assert!(messages(&file, format).all(|message| message.length_agrees() == Some(true)));
    }
}

#[test]
fn cut_at_every_octet() {
    let file =
        format!("{A}Content-Length: 20\n\n1\n>From x\n\n>>From y\n\n{A}2\r\n\r\n{A}>\n\n{A}From\n\n{A}\n");
    for format in FORMATS {
        let whole = read(file.as_bytes(), format, &[]);
        assert_eq!(whole.1, [], "{format:?}");
        for at in 1..file.len() {
            assert_eq!(read(file.as_bytes(), format, &[at, file.len()]), whole, "{format:?} {at}");
        }
        assert_eq!(read(file.as_bytes(), format, &[1]), whole);
        for end in 0..file.len() {
            let cut = &file.as_bytes()[..end];
            assert!(read(cut, format, &[]).0.len() <= whole.0.len());
        }
    }
}

#[test]
fn work_is_linear_and_memory_bounded() {
    for piece in [
        "\n",
        ">",
        "From ",
        "F",
        "\r",
        ">From ",
        "\nFrom ",
        "\n\nFrom x ",
        "Content-Length: 5\n\n",
        A,
        "\n\n\n",
    ] {
        let file = format!("{A}{}", piece.repeat(300_000 / piece.len()));
        let file = format!("{file}\n\n{A}Content-Length: {}\n\n", file.len());
        for format in FORMATS {
            let found = messages(file.as_bytes(), format).count();
            assert!(found >= 1);
            let (all, _) = read(file.as_bytes(), format, &[4096]);
            assert!(all.iter().map(|(_, content)| content.len()).sum::<usize>() <= file.len());
        }
    }
    // Every length points at the same long line.
    let mut file = String::new();
    for number in 0..3000 {
        file.push_str(&format!("{A}Content-Length: {}\n\nx\n\n", 400_000 - number));
    }
    file.push_str(&format!("{A}{}", "From ".repeat(200_000)));
    assert_eq!(messages(file.as_bytes(), Format::Mboxcl2).count(), 3001);
    // A line is held up to 1024 octets.
    let mut reader = Reader::new(Format::Mboxrd);
    let (_, info) = test_support::alloc::measure(|| {
        for _ in 0..10_000 {
            reader.feed(b"From From From From From ", &mut (), |_| {});
        }
    });
    assert!(info.bytes_max <= 4096, "{}", info.bytes_max);
}

/// Every octet of a file belongs to a message, to the line before it or to an empty line behind it.
fn assert_covered(file: &[u8], format: Format) {
    let mut at = 0;
    for message in messages(file, format) {
        let span = message.span();
        let mut between = &file[at..span.start];
        if let Some(start) = memchr::memmem::find(between, message.envelope().line()) {
            between = &between[..start];
        }
        assert!(between.iter().all(|octet| matches!(octet, b'\r' | b'\n')), "{between:?}");
        at = span.end;
    }
    assert!(
        matches!(&file[at..], b"" | b"\n" | b"\r\n")
            || at == 0 && file.iter().all(|octet| b"\r\n".contains(octet))
    );
}

#[test]
fn corpora_files() {
    let Some(corpora) = test_support::corpora() else { return };
    for (file, expected) in [
        ("tika-rfc822/complex.mbox", 3),
        ("tika-rfc822/headers.mbox", 1),
        ("tika-rfc822/multiline.mbox", 1),
        ("tika-rfc822/multiline2.mbox", 1),
        ("tika-rfc822/quoted.mbox", 1),
        ("tika-rfc822/simple.mbox", 2),
        ("tika-rfc822/single_mail.mbox", 1),
        ("tika-rfc822/testMBOX_complex.mbox", 1),
        ("tika-rfc822/testMBOX_lengthy_x-headers.mbox", 1),
        ("spamassassin/nice.mbox", 3),
    ] {
        let octets = std::fs::read(corpora.join(file)).unwrap();
        let all: Vec<_> = messages(&octets, Format::Mboxrd).collect();
        eprintln!("{file}: {} messages, {} octets", all.len(), octets.len());
        assert_eq!(all.len(), expected, "{file}");
        for message in &all {
            assert!(
                !message.envelope().sender().is_empty() && !message.envelope().date().is_empty(),
                "{file}"
            );
            assert!(!message.raw().is_empty(), "{file}");
        }
        assert_eq!(read(&octets, Format::Mboxrd, &[1000, 1]).0, sliced(&octets, Format::Mboxrd), "{file}");
    }
}

fn file_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(A.as_bytes()),
        Just(&b"From x\n"[..]),
        Just(&b"From "[..]),
        Just(&b">"[..]),
        Just(&b"\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"x\n"[..]),
        Just(&b"F"[..]),
        Just(&b"Content-Length: 10\n"[..]),
        Just(&b"Content-Length: 0\n"[..]),
        Just(&b"\xfc"[..]),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn chunks_do_not_matter(file in file_like(), lengths in proptest::collection::vec(1usize..9, 1..8)) {
        for format in FORMATS {
            assert_covered(&file, format);
            let whole = read(&file, format, &[]);
            prop_assert_eq!(&read(&file, format, &lengths).0, &whole.0);
            if matches!(format, Format::Mboxo | Format::Mboxrd) {
                prop_assert_eq!(whole.0, sliced(&file, format));
            }
        }
    }

    #[test]
    fn mboxrd_gives_back_what_was_written(
        all in proptest::collection::vec(file_like(), 0..4), crlf: bool, seconds: i64, lengths in proptest::collection::vec(1usize..99, 1..4)
    ) {
        let all: Vec<_> = all.into_iter().map(|message| [&message[..], b"\n"].concat()).collect();
        let mut file = Vec::new();
        let writer = Writer::new(Format::Mboxrd).crlf(crlf);
        all.iter().for_each(|message| writer.message(&Sender::unknown(), seconds, message, &mut file));
        let (found, defects) = read(&file, Format::Mboxrd, &lengths);
        prop_assert_eq!(defects, vec![]);
        prop_assert_eq!(found.into_iter().map(|(_, content)| content).collect::<Vec<_>>(), all.clone());
        prop_assert_eq!(sliced(&file, Format::Mboxrd).into_iter().map(|(_, content)| content).collect::<Vec<_>>(), all);
    }

    #[test]
    fn counted_formats_keep_messages_apart(
        bodies in proptest::collection::vec(file_like(), 0..4), lengths in proptest::collection::vec(1usize..99, 1..4)
    ) {
        for format in [Format::Mboxcl, Format::Mboxcl2] {
            let mut file = Vec::new();
            for body in &bodies {
                let message = [b"S: x\n\n", &body[..], b"\n"].concat();
                Writer::new(format).message(&Sender::unknown(), 0, &message, &mut file);
            }
            let (found, defects) = read(&file, format, &lengths);
            prop_assert_eq!((found.len(), defects), (bodies.len(), vec![]));
            for ((_, content), body) in found.iter().zip(&bodies) {
                prop_assert!(content.ends_with(&[&b"\n\n"[..], body, b"\n"].concat()));
            }
            prop_assert_eq!(found, sliced(&file, format));
        }
    }
}

//! Structures that are meant to hide something, or to cost something.
//!
//! Names of tests are those of the rows of the attack catalogue. `_structure` stands where values of the same row are
//! tested elsewhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use both::{leaf, leaves, lines, nothing_is_lost, parse, span, tells, text, told};
use bytes::Bytes;
use mime_core::{Choice, Config, DefectKind::*, Event, Limits, Message, Push, Severity::*, TransferEncoding};
use test_support::alloc;

/// The leaves of every other reading.
fn readings(mail: &Message) -> Vec<Vec<(String, String)>> {
    mail.interpretations(100).map(|reading| leaves(&reading.message)).collect()
}

/// A multipart with the boundary `foo` and what stands behind its header.
fn mixed(rest: &str) -> String {
    format!("MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n{rest}")
}

/// Two transfer encodings.
#[test]
fn attack_mimea_01() {
    let octets = mixed(
        "--foo\r\nContent-Type: application/octet-stream; name=att\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\naGk=\r\n--foo--\r\n",
    );
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "aGk=")]);
    // RFC 7103 section 7.5.1: the first counts.
    assert_eq!(mail.part("1").unwrap().encoding(), TransferEncoding::Base64);
    assert_eq!(
        told(&mail),
        [(DuplicateField, span(&octets, "Content-Transfer-Encoding: 7bit\r\n"), Ambiguous)]
    );
    assert!(mail.strict().is_err());
    let other: Vec<_> =
        mail.interpretations(9).map(|reading| reading.message.part("1").unwrap().encoding()).collect();
    assert_eq!(other, [TransferEncoding::SevenBit]);
}

/// Both are decoded.
#[test]
fn attack_mimea_01_both_are_decoded() {
    let mail = parse(mixed(
        "--foo\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n\r\naGk=\r\n--foo--\r\n",
    ));
    assert_eq!(&*mail.part("1").unwrap().decode(), b"hi");
    let other = mail.interpretations(9).next().unwrap();
    assert_eq!(&*other.message.part("1").unwrap().decode(), b"aGk=");
}

/// NUL before a name.
#[test]
fn attack_mimea_05() {
    let octets = mixed(
        "--foo\r\nContent-Type: application/octet-stream; name=att\r\n\0Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n--foo--\r\n",
    );
    let mail = parse(&octets);
    let part = mail.part("1").unwrap();
    assert_eq!(part.encoding(), TransferEncoding::SevenBit);
    assert!(part.field("Content-Transfer-Encoding").is_none());
    let line = span(&octets, "\0Content-Transfer-Encoding: base64\r\n");
    assert_eq!(told(&mail), [(IllegalFieldName, line.clone(), Ambiguous)]);
    assert!(tells(&mail, NulInHeader, line.start..line.start + 1));
    let other: Vec<_> =
        mail.interpretations(9).map(|reading| reading.message.part("1").unwrap().encoding()).collect();
    assert!(other.contains(&TransferEncoding::Base64), "{other:?}");
}

/// Two content types.
#[test]
fn attack_mimea_09() {
    let octets = mixed(
        "--foo\r\nContent-Type: application/octet-stream; name=att\r\nContent-Type: multipart/mixed; boundary=bar\r\n\r\naGk=\r\n--foo--\r\n",
    );
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "aGk=")]);
    assert_eq!(mail.part("1").unwrap().essence(), "application/octet-stream");
    let second = span(&octets, "Content-Type: multipart/mixed; boundary=bar\r\n");
    assert_eq!(told(&mail), [(DuplicateField, second, Ambiguous)]);
    let other = mail.interpretations(9).next().unwrap();
    assert_eq!(other.choices, [Choice::LastField]);
    assert!(other.message.part("1").unwrap().is_multipart());
    assert_eq!(other.message.part("1").unwrap().boundary().unwrap(), b"bar");
}

/// Two boundaries.
#[test]
fn attack_mimea_11_structure() {
    let mail = parse(
        "Content-Type: multipart/mixed; boundary=foo; boundary=bar\r\n\r\n--bar\r\n\r\nx\r\n--bar--\r\n--foo\r\n\r\ny\r\n--foo--\r\n",
    );
    assert_eq!(leaves(&mail), [leaf("1", "y")]);
    assert_eq!(mail.root().preamble(), b"--bar\r\n\r\nx\r\n--bar--");
    assert!(
        mail.defects().iter().any(|defect| defect.kind == DuplicateParameter && defect.severity == Ambiguous)
    );
    assert!(mail.strict().is_err());
    assert_eq!(readings(&mail)[0], [leaf("1", "x")]);
}

/// An empty boundary.
#[test]
fn attack_mimea_13() {
    let octets = "Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n----\r\n";
    let mail = parse(octets);
    assert!(mail.root().is_leaf());
    assert_eq!(leaves(&mail), [leaf("1", "--\r\n\r\nx\r\n----\r\n")]);
    assert_eq!(
        told(&mail),
        [(BoundaryEmpty, span(octets, "Content-Type: multipart/mixed; boundary=\"\"\r\n"), Hostile)]
    );
}

/// White space in a boundary without quotes.
#[test]
fn attack_mimea_14_structure() {
    let mail =
        parse("Content-Type: multipart/mixed; boundary=foo bar\r\n\r\n--foo\r\n\r\nx\r\n--foo bar--\r\n");
    assert!(mail.root().is_multipart());
    assert_eq!(mail.root().boundary().unwrap(), b"foo bar");
    assert!(mail.strict().is_err());
    // What stands before the white space is a boundary for others.
    let other: Vec<_> = mail
        .interpretations(9)
        .filter_map(|reading| reading.message.root().boundary().map(|boundary| text(&boundary)))
        .collect();
    assert!(other.contains(&"foo".to_owned()), "{other:?}");
    assert!(readings(&mail).iter().any(|leaves| leaves.iter().any(|leaf| leaf.1.starts_with('x'))));
}

/// A comment beside a boundary.
#[test]
fn attack_mimea_16_structure() {
    let mail = parse("Content-Type: multipart/mixed; boundary=(c)foo\r\n\r\n--foo\r\n\r\nx\r\n--foo--\r\n");
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(
        mail.defects().iter().any(|defect| defect.kind == CommentInToken && defect.severity == Ambiguous)
    );
}

/// An encoded word is a boundary as it stands.
#[test]
fn attack_mimea_17_structure() {
    let octets =
        "Content-Type: multipart/mixed; boundary=\"=?utf-8?Q?foo?=\"\r\n\r\n--foo\r\n\r\nx\r\n--foo--\r\n";
    let mail = parse(octets);
    assert!(mail.root().is_multipart());
    assert_eq!(mail.root().boundary().unwrap(), b"=?utf-8?Q?foo?=");
    assert_eq!(mail.root().preamble(), b"--foo\r\n\r\nx\r\n--foo--\r\n");
    assert_eq!(told(&mail), [(BoundaryAbsent, octets.len()..octets.len(), Ambiguous)]);
    assert!(mail.defects().iter().any(|defect| defect.kind == EncodedWordInStructured));
    assert!(readings(&mail).contains(&vec![leaf("1", "x")]));
}

/// A boundary in sections.
#[test]
fn attack_mimea_18_structure() {
    let mail = parse(
        "Content-Type: multipart/mixed; boundary*0=f; boundary*1=oo\r\n\r\n--foo\r\n\r\nx\r\n--foo--\r\n",
    );
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(
        mail.defects().iter().any(|defect| defect.kind == BoundaryExtended && defect.severity == Ambiguous)
    );
    // A reader that knows nothing of sections sees no multipart.
    assert!(readings(&mail).contains(&vec![leaf("1", "--foo\r\n\r\nx\r\n--foo--\r\n")]));
}

/// Half a closing delimiter.
#[test]
fn attack_mimea_20() {
    let octets = mixed("--foo\r\n\r\nx\r\n--foo-\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "x\r\n--foo-")]);
    let line = octets.find("--foo-\r").unwrap();
    assert_eq!(told(&mail), [(BoundaryPrefix, line..line, Ambiguous)]);
    // The closing delimiter follows at once: no part between the two.
    assert_eq!(readings(&mail), [[leaf("1", "x")]]);
}

/// A line that only begins like the boundary.
#[test]
fn attack_mimea_21() {
    let octets = mixed("--foo\r\n\r\nx\r\n--foobar\r\ny\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "x\r\n--foobar\r\ny")]);
    let line = octets.find("--foobar").unwrap();
    assert_eq!(told(&mail), [(BoundaryPrefix, line..line, Ambiguous)]);
    assert!(mail.strict().is_err());
    assert_eq!(readings(&mail).len(), 1);
    assert_eq!(readings(&mail)[0].len(), 2);
}

/// Delimiters that end with LF.
#[test]
fn attack_mimea_22() {
    let octets = mixed("--foo\n\nx\n--foo--\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    let line = span(&octets, "--foo\n");
    assert_eq!(told(&mail), [(BareLf, line.end - 1..line.end, Lenient), (SeparatorVariant, line, Ambiguous)]);
    assert!(mail.strict().is_err());
    let other: Vec<_> = mail.interpretations(9).map(|reading| reading.message.parts().count()).collect();
    assert_eq!(other, [1]);
}

/// Other line ends where the header ends.
#[test]
fn attack_mimea_24() {
    let octets = "Content-Type: text/plain\r\n\n\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n")]);
    assert_eq!(mail.root().encoding(), TransferEncoding::SevenBit);
    assert_eq!(told(&mail), [(BareLf, 26..27, Lenient), (SeparatorVariant, 26..27, Ambiguous)]);
    assert!(mail.strict().is_err());
}

/// A reader to whom LF ends no line goes on with the header.
#[test]
fn attack_mimea_24_has_another_reading() {
    let mail = parse("Content-Type: text/plain\r\n\n\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n");
    let other: Vec<_> = mail.interpretations(9).map(|reading| reading.message.root().encoding()).collect();
    assert!(other.contains(&TransferEncoding::Base64), "{other:?}");
}

/// A header that begins with a continuation.
#[test]
fn attack_mimea_25() {
    let octets = mixed("--foo\r\n Content-Type: text/html\r\n\r\n<b>\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", " Content-Type: text/html\r\n\r\n<b>")]);
    let line = octets.find(" Content-Type: text").unwrap();
    assert!(told(&mail).contains(&(MissingSeparator, line..line, Ambiguous)));
    assert!(mail.strict().is_err());
    // Where fields follow it belongs to the header, and is no field.
    let octets = mixed("--foo\r\n Content-Type: text/html\r\nX: y\r\n\r\n<b>\r\n--foo--\r\n");
    let mail = parse(&octets);
    let part = mail.part("1").unwrap();
    assert_eq!(part.raw_body(), b"<b>");
    assert!(part.field("Content-Type").is_none());
    let line = span(&octets, " Content-Type: text/html\r\n");
    assert_eq!(told(&mail), [(LeadingContinuation, line, Ambiguous)]);
}

/// What others may see in it.
#[test]
fn attack_mimea_25_has_another_reading() {
    let octets = mixed("--foo\r\n Content-Type: text/html\r\n\r\n<b>\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert!(told(&mail).iter().any(|told| told.0 == LeadingContinuation), "{:?}", told(&mail));
    let other = readings(&mail);
    assert!(other.contains(&vec![leaf("1", "<b>")]), "{other:?}");
}

/// A line without colon.
#[test]
fn attack_mimea_26() {
    let octets = mixed("--foo\r\nContent-Type text/html\r\n\r\n<b>\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "Content-Type text/html\r\n\r\n<b>")]);
    let line = octets.find("Content-Type text").unwrap();
    assert_eq!(told(&mail), [(MissingSeparator, line..line, Ambiguous)]);
    assert!(mail.strict().is_err());
    // RFC 7103 section 7.2: where fields stand around it, it belongs to the header.
    let octets = mixed("--foo\r\nX: y\r\nContent-Type text/html\r\n\r\n<b>\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "<b>")]);
    let line = span(&octets, "Content-Type text/html\r\n");
    assert_eq!(told(&mail), [(NonHeaderLine, line, Ambiguous)]);
    assert_eq!(readings(&mail), [[leaf("1", "Content-Type text/html\r\n\r\n<b>")]]);
}

/// The other view of a header that is nothing but such a line.
#[test]
fn attack_mimea_26_has_another_reading() {
    let mail = parse(mixed("--foo\r\nContent-Type text/html\r\n\r\n<b>\r\n--foo--\r\n"));
    assert!(readings(&mail).contains(&vec![leaf("1", "<b>")]));
}

/// Text outside of the parts.
#[test]
fn attack_mimea_27() {
    let octets = mixed("evil preamble\r\n--foo\r\n\r\nx\r\n--foo--\r\nevil epilogue");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert_eq!(
        (mail.root().preamble(), mail.root().epilogue()),
        (&b"evil preamble"[..], &b"evil epilogue"[..])
    );
    assert!(told(&mail).is_empty());
    assert!(tells(&mail, HiddenText, span(&octets, "evil epilogue")));
    nothing_is_lost(&mail);
}

/// A multipart without boundary inside another.
#[test]
fn attack_mimea_29() {
    let octets = mixed("--foo\r\nContent-Type: multipart/mixed\r\n\r\n--foo\r\n\r\nx\r\n--foo--\r\n");
    let mail = parse(&octets);
    assert_eq!(leaves(&mail), [leaf("1", ""), leaf("2", "x")]);
    let line = octets.rfind("Content-Type").unwrap();
    assert_eq!(told(&mail), [(BoundaryMissing, line..line + 31, Ambiguous)]);
    // Who guesses takes the outer boundary for the inner one.
    assert!(readings(&mail).contains(&vec![leaf("1.1", "x")]), "{:?}", readings(&mail));
}

/// A multipart that says it is encoded, and is.
#[test]
fn attack_mimea_30() {
    let octets = "Content-Type: multipart/mixed; boundary=foo\r\nContent-Transfer-Encoding: base64\r\n\r\nLS1mb28NCg0KeA0KLS1mb28tLQ0K\r\n";
    let mail = parse(octets);
    assert_eq!(mail.root().children().count(), 0);
    assert_eq!(mail.root().preamble(), b"LS1mb28NCg0KeA0KLS1mb28tLQ0K\r\n");
    assert_eq!(&*mail.root().decode(), mail.root().raw_body());
    let end = octets.len();
    assert_eq!(
        told(&mail),
        [
            (CteOnMultipart, span(octets, "Content-Transfer-Encoding: base64\r\n"), Ambiguous),
            (BoundaryAbsent, end..end, Ambiguous),
        ]
    );
}

/// Decoded, it is a multipart.
#[test]
fn attack_mimea_30_has_another_reading() {
    let mail = parse(
        "Content-Type: multipart/mixed; boundary=foo\r\nContent-Transfer-Encoding: base64\r\n\r\nLS1mb28NCg0KeA0KLS1mb28tLQ0K\r\n",
    );
    let other = mail.interpretations(9).next().unwrap();
    assert_eq!(
        (other.choices.as_slice(), other.part.as_deref()),
        (&[Choice::DecodedComposite][..], Some(""))
    );
    assert_eq!(leaves(&other.message), [leaf("1", "x")]);
}

/// Two authors.
#[test]
fn attack_hdr_01_structure() {
    let octets = "From: <first@attack.example>\r\nFrom: <admin@legit.example>\r\n\r\n";
    let mail = parse(octets);
    let from: Vec<_> = mail.root().fields_named("from").map(|field| text(field.raw_value())).collect();
    assert_eq!(from, [" <first@attack.example>", " <admin@legit.example>"]);
    assert_eq!(told(&mail), [(DuplicateField, 30..octets.len() - 2, Ambiguous)]);
    assert!(mail.strict().is_err());
}

/// A name that is folded.
#[test]
fn attack_hdr_04_structure() {
    let octets = "From\r\n : <first@attack.example>\r\nFrom: <admin@legit.example>\r\n\r\n";
    let mail = parse(octets);
    assert_eq!(
        lines(mail.root()),
        [
            (false, String::new(), " <first@attack.example>".to_owned()),
            (true, "From".to_owned(), " <admin@legit.example>".to_owned()),
        ]
    );
    assert_eq!(told(&mail), [(FoldedFieldName, 0..33, Hostile)]);
    assert!(mail.strict().is_err());
}

/// A folded name alone makes a header too: else a From that others see is text of the body to us.
#[test]
fn attack_hdr_04_alone() {
    let mail = parse("From\r\n : <first@attack.example>\r\n\r\nx");
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert_eq!(told(&mail), [(FoldedFieldName, 0..33, Hostile)]);
}

/// No author.
#[test]
fn attack_hdr_05_structure() {
    let mail = parse("Sender: <admin@legit.example>\r\n\r\n");
    assert!(told(&mail).is_empty());
    assert!(mail.raw_field("From").is_none());
    assert_eq!(mail.from().count(), 0);
    assert!(tells(&mail, MissingField, 0..0));
    assert!(mail.root().authenticated_author().is_err());
}

/// A piece of a message is nothing but that.
#[test]
fn attack_mimeb_24() {
    let mail = parse("Content-Type: message/partial; id=\"x@y\"; number=1; total=999999999\r\n\r\nx");
    assert!(
        mail.root().is_leaf() && mail.root().embedded().is_none() && mail.root().embedded_message().is_none()
    );
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(told(&mail).is_empty());
    let start = mail.root().body_span().start;
    assert!(tells(&mail, ExternalContent, start..start + 1));
    assert!(mail.strict().is_err());
}

/// What lies elsewhere stays there.
#[test]
fn attack_mimeb_25() {
    let mail = parse(
        "Content-Type: message/external-body; access-type=local-file; name=\"/etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\n",
    );
    assert!(mail.root().is_leaf() && mail.root().embedded_message().is_none());
    assert_eq!(leaves(&mail), [leaf("1", "Content-Type: text/plain\r\n\r\n")]);
    assert!(
        mail.defects().iter().any(|defect| defect.kind == ExternalContent && defect.severity == Ambiguous)
    );
    assert!(mail.bodies().text.is_empty());
}

// Blow-ups.

/// What a tree may hold: 100 octets a part, 40 a field (20, and as much that is not used yet), the defects.
fn bound(limits: Limits) -> u64 {
    u64::from(limits.parts) * 104 + u64::from(limits.all_fields) * 40 + limits.defects as u64 * 80 + 64 * 1024
}

/// Parses in both faces; neither holds more than it may.
fn bounded(octets: Vec<u8>) -> Message {
    let octets = Bytes::from(octets);
    let shared = octets.clone();
    let (mail, info) = alloc::measure(|| Message::parse(shared));
    assert!(u64::try_from(info.bytes_current).unwrap() < bound(Limits::new()), "{info:?}");
    assert!(info.bytes_max < 2 * bound(Limits::new()), "{info:?}");
    let (counts, info) = alloc::measure(|| {
        let mut push = Push::new(Config::new()).raw();
        let (mut parts, mut fields, mut body) = (0, 0, 0);
        let mut at = 0;
        while at < octets.len() {
            let end = octets.len().min(at + 16 * 1024);
            push.push(octets.slice(at..end));
            at = end;
            if at == octets.len() {
                push.finish();
            }
            while let Some(event) = push.next() {
                match event {
                    Event::PartBegin => parts += 1,
                    Event::Field(_) => fields += 1,
                    Event::Body(octets) => body += octets.len(),
                    _ => {}
                }
            }
        }
        (parts, fields, body)
    });
    assert_eq!(info.bytes_current, 0);
    // One field, as much again while it grows, and the events of one step.
    assert!(info.bytes_max < 16 * 1024 * 1024, "{info:?}");
    let lines: usize = mail.parts().map(|part| part.lines().count()).sum();
    let bodies: usize = mail.parts().filter(|part| part.is_leaf()).map(|part| part.raw_body().len()).sum();
    assert_eq!(counts, (mail.parts().count(), lines, bodies));
    nothing_is_lost(&mail);
    mail
}

/// Messages in messages.
#[test]
fn attack_mimeb_02() {
    let mut octets = "Content-Type: message/rfc822\r\n\r\n".repeat(100_000).into_bytes();
    octets.push(b'x');
    let mail = bounded(octets);
    assert_eq!(mail.parts().count(), 51);
    assert_eq!(told(&mail).len(), 1);
    let last = mail.parts().last().unwrap();
    assert!(last.is_leaf() && last.raw_body().ends_with(b"\r\n\r\nx"));
    let at = last.body_span().start;
    assert_eq!(told(&mail), [(LimitTruncated, at..at, Hostile)]);
}

/// A million parts.
#[test]
fn attack_mimeb_03() {
    let mut octets = mixed("").into_bytes();
    octets.extend_from_slice("--foo\r\n\r\n\r\n".repeat(1_000_000).as_bytes());
    octets.extend_from_slice(b"--foo--\r\n");
    let mail = bounded(octets);
    assert_eq!(mail.parts().count(), 10_000);
    let last = mail.parts().last().unwrap();
    assert_eq!(last.path(), "9999");
    assert!(last.raw_body().ends_with(b"--foo--\r\n") && last.raw_body().len() > 10_000_000);
    let told = told(&mail);
    assert_eq!(told[0].0, LimitTruncated);
    // At the delimiter that opens no part any more.
    assert_eq!((told[0].1.start, told[0].2), (last.body_span().start + 2, Hostile));
    assert!(last.raw_body().starts_with(b"\r\n--foo\r\n"));
}

/// A million fields.
#[test]
fn attack_mimeb_04() {
    let mut octets = "A: 1\r\n".repeat(1_000_000).into_bytes();
    octets.extend_from_slice(b"\r\n");
    let mail = bounded(octets);
    assert_eq!(mail.root().fields().count(), 10_000);
    assert_eq!(mail.root().raw_header().len(), 6_000_000);
    assert_eq!(told(&mail), [(LimitTruncated, 60_000..60_000, Hostile)]);
}

/// One field in ten million lines.
#[test]
fn attack_mimeb_06() {
    let mut octets = b"X: ".to_vec();
    octets.extend_from_slice("a\r\n ".repeat(10_000_000).as_bytes());
    octets.extend_from_slice(b"\r\nTo: b\r\n\r\n");
    let mail = bounded(octets);
    let field = mail.root().field("X").unwrap();
    assert_eq!(field.raw_value().len(), 1024 * 1024 - 2);
    assert_eq!(field.raw().len(), 40_000_005);
    assert_eq!(mail.raw_field("To").unwrap(), b" b");
    assert_eq!(told(&mail), [(LimitTruncated, 1024 * 1024..1024 * 1024, Hostile)]);
}

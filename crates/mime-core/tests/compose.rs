//! Messages that are composed, read back by a naive reader.

#![cfg(feature = "compose")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod fixed;
mod naive;

use bytes::Bytes;
use fixed::{date, ids, same_id};
use mime_core::{
    Address, Group, Mailbox, MessageId,
    compose::{
        Attachment, ComposeError, Composed, FeedError, HeaderName, HeaderNameError, HeaderValue, Ids,
        MediaType, MessageBuilder, Step, cid_url,
    },
};
use naive::{Read, decode, read};
use proptest::prelude::*;

fn mailbox(name: &str, address: &str) -> Mailbox {
    (name, address).try_into().unwrap()
}

fn builder() -> MessageBuilder {
    MessageBuilder::new().from(mailbox("Jürgen Groß", "juergen@example.de"))
}

fn build(builder: MessageBuilder) -> Bytes {
    let composed = builder.build(ids(), date()).unwrap();
    octets(composed)
}

fn octets(composed: Composed) -> Bytes {
    let announced = composed.octets();
    let octets = composed.into_bytes().unwrap();
    assert_eq!(octets.len() as u64, announced);
    octets
}

fn check_lines(octets: &[u8], ascii: bool) {
    for line in octets.split(|octet| *octet == b'\n') {
        assert!(line.len() <= 999, "a line of {} octets", line.len());
    }
    assert!(octets.ends_with(b"\r\n"));
    let crlf = octets.windows(2).filter(|pair| pair == b"\r\n").count();
    assert_eq!(octets.iter().filter(|octet| **octet == b'\n').count(), crlf);
    assert_eq!(octets.iter().filter(|octet| **octet == b'\r').count(), crlf);
    assert!(!ascii || octets.is_ascii());
}

// ---- messages -------------------------------------------------------------------------------------------------------

#[test]
fn a_first_message() {
    let composed = builder()
        .to([mailbox("Müller, Anna", "anna@example.com"), Mailbox::try_from("b@example.com").unwrap()])
        .bcc([Mailbox::try_from("archiv@example.de").unwrap()])
        .subject("Übersicht für März")
        .text("Siehe Anhang.")
        .attach(Attachment::new("Bericht.pdf", &b"%PDF-1.7"[..]))
        .build(ids(), date())
        .unwrap();
    let envelope = composed.envelope().clone();
    assert_eq!(envelope.sender().unwrap().to_string(), "juergen@example.de");
    let recipients: Vec<_> = envelope.recipients().iter().map(ToString::to_string).collect();
    assert_eq!(recipients, ["anna@example.com", "b@example.com", "archiv@example.de"]);
    assert!(!composed.is_utf8() && !composed.is_eight_bit());
    let expected = "Date: Tue, 31 Mar 2026 17:05:00 +0200\r\n\
        From: =?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <juergen@example.de>\r\n\
        To: =?utf-8?q?M=C3=BCller=2C_Anna?= <anna@example.com>, b@example.com\r\n\
        Subject: =?utf-8?q?=C3=9Cbersicht_f=C3=BCr_M=C3=A4rz?=\r\n\
        Message-ID: <01010101010101010101010101010101@example.de>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=\"=_02020202020202020202020202020202\"\r\n\
        \r\n\
        \r\n\
        --=_02020202020202020202020202020202\r\n\
        Content-Type: text/plain; charset=us-ascii\r\n\
        Content-Transfer-Encoding: 7bit\r\n\
        \r\n\
        Siehe Anhang.\r\n\
        \r\n\
        --=_02020202020202020202020202020202\r\n\
        Content-Type: application/pdf\r\n\
        Content-Transfer-Encoding: base64\r\n\
        Content-Disposition: attachment; filename=\"Bericht.pdf\"\r\n\
        \r\n\
        JVBERi0xLjc=\r\n\
        --=_02020202020202020202020202020202--\r\n";
    assert_eq!(String::from_utf8(octets(composed).to_vec()).unwrap(), expected);
}

#[test]
fn texts_alternatives_images_and_attachments_in_their_order() {
    let mut ids = ids();
    let cid = ids.content_id();
    let all = builder()
        .text("Grüße")
        .html(format!("<img src=\"{}\">", cid_url(&cid)))
        .related(Attachment::new("bild.png", &b"\x89PNG"[..]).content_id(cid.clone()))
        .alternative(
            MediaType::new("text/calendar").unwrap().parameter("method", "REQUEST").unwrap(),
            "BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        )
        .attach(Attachment::new("a.bin", &b"a"[..]))
        .attach(Attachment::message(&b"Subject: x\r\n\r\nhi\r\n"[..]));
    let octets = octets(all.build(&mut ids, date()).unwrap());
    check_lines(&octets, true);
    let read = read(&octets);
    assert_eq!(
        read.shape(),
        "multipart/mixed(multipart/alternative(text/plain multipart/related(text/html image/png) text/calendar) \
         application/octet-stream message/rfc822)"
    );
    let alternative = &read.parts[0];
    assert_eq!(alternative.parts[0].text(), "Grüße\r\n");
    let related = &alternative.parts[1];
    assert_eq!(related.parameter("Content-Type", "type").as_deref(), Some("text/html"));
    assert_eq!(related.parts[0].text(), format!("<img src=\"cid:{}\">\r\n", cid.as_str()));
    assert_eq!(related.parts[1].value("Content-ID"), Some(cid.to_string().as_str()));
    assert_eq!(related.parts[1].value("Content-Disposition"), Some("inline; filename=\"bild.png\""));
    assert_eq!(
        alternative.parts[2].value("Content-Type"),
        Some("text/calendar; charset=us-ascii; method=REQUEST")
    );
    assert_eq!(read.parts[2].body, b"Subject: x\r\n\r\nhi\r\n");
    assert_eq!(read.parts[2].value("Content-Transfer-Encoding"), Some("7bit"));
}

#[test]
fn one_part_needs_no_multipart() {
    assert_eq!(read(&build(builder())).shape(), "text/plain");
    assert_eq!(read(&build(builder().text("x"))).shape(), "text/plain");
    assert_eq!(read(&build(builder().html("x"))).shape(), "text/html");
    assert_eq!(
        read(&build(builder().text("x").html("x"))).shape(),
        "multipart/alternative(text/plain text/html)"
    );
    let attached = read(&build(builder().attach(Attachment::new("x", &b"y"[..]))));
    assert_eq!(attached.shape(), "multipart/mixed(application/octet-stream)");
}

#[test]
fn line_ends_of_texts_are_crlf() {
    for (given, text) in
        [("", ""), ("a", "a\r\n"), ("a\nb\n", "a\r\nb\r\n"), ("a\r\nb\rc\n\r\r\n", "a\r\nb\r\nc\r\n\r\n\r\n")]
    {
        assert_eq!(read(&build(builder().text(given))).text(), text, "{given:?}");
    }
}

#[test]
fn encodings_are_chosen_for_the_text() {
    for (text, encoding, charset) in [
        ("plain", "7bit", "us-ascii"),
        ("Grüße aus Köln", "quoted-printable", "utf-8"),
        ("日本語の文章です", "base64", "utf-8"),
        ("bell \u{7}", "quoted-printable", "us-ascii"),
        ("nul \0", "quoted-printable", "us-ascii"),
        (&"x".repeat(78), "7bit", "us-ascii"),
        (&"x".repeat(79), "quoted-printable", "us-ascii"),
    ] {
        let read = read(&build(builder().text(text)));
        assert_eq!(read.value("Content-Transfer-Encoding"), Some(encoding), "{text}");
        assert_eq!(read.parameter("Content-Type", "charset").as_deref(), Some(charset), "{text}");
        assert_eq!(read.text(), format!("{text}\r\n"));
    }
    let composed = builder().text("Grüße").eight_bit(true).build(ids(), date()).unwrap();
    assert!(composed.is_eight_bit() && !composed.is_utf8());
    let read = read(&octets(composed));
    assert_eq!(read.value("Content-Transfer-Encoding"), Some("8bit"));
    assert_eq!(read.body, "Grüße\r\n".as_bytes());
}

#[test]
fn smtputf8_leaves_fields_as_they_are() {
    let composed = builder()
        .to([mailbox("Jörg", "jörg@exämple.de")])
        .subject("Übersicht =?utf-8?q?x?= für März")
        .smtputf8(true)
        .build(ids(), date())
        .unwrap();
    assert!(composed.is_utf8());
    let read = read(&octets(composed));
    assert_eq!(read.value("From"), Some("Jürgen Groß <juergen@example.de>"));
    assert_eq!(read.value("To"), Some("Jörg <jörg@exämple.de>"));
    assert_eq!(read.value("Subject"), Some("Übersicht =?utf-8?q?=3D=3Futf-8=3Fq=3Fx=3F=3D?= für März"));
    let refused = builder().to([mailbox("", "jörg@example.de")]).build(ids(), date());
    assert_eq!(refused.unwrap_err(), ComposeError::NotAscii { field: "To".to_owned() });
    let refused = builder().bcc([mailbox("", "jörg@example.de")]).build(ids(), date());
    assert_eq!(refused.unwrap_err(), ComposeError::NotAscii { field: "Bcc".to_owned() });
}

#[test]
fn file_names_of_every_kind() {
    for name in [
        "Bericht.pdf",
        "Übersicht März.pdf",
        "日本語ファイル名.pdf",
        "a\"b\\c.txt",
        "semi;colon=, x.txt",
        "=?utf-8?q?a?=.txt",
        "It's 100%.txt",
        "a\tb.txt",
        " lead and trail ",
        &"x".repeat(300),
        &"ä".repeat(300),
        &"🎉".repeat(100),
    ] {
        let octets = build(builder().legacy_names(true).attach(Attachment::new(name, &b"x"[..])));
        check_lines(&octets, true);
        let read = read(&octets);
        assert_eq!(read.parts[0].parameter("Content-Disposition", "filename").as_deref(), Some(name));
        let legacy = read.parts[0].parameter("Content-Type", "name").unwrap();
        assert_eq!(decode(&legacy), name);
        for line in octets.split(|octet| *octet == b'\n') {
            assert!(line.len() <= 79, "{}", String::from_utf8_lossy(line));
        }
    }
    let octets = build(builder().attach(Attachment::new("ü.pdf", &b"x"[..])));
    assert_eq!(read(&octets).parts[0].value("Content-Type"), Some("application/pdf"));
    let long = builder().attach(Attachment::new("🎉".repeat(1000), &b"x"[..])).build(ids(), date());
    assert_eq!(long.unwrap_err(), ComposeError::TooLong { field: "Content-Disposition".to_owned() });
}

#[test]
fn subjects_of_every_kind() {
    for subject in [
        "",
        " ",
        "  a  ",
        "a  b",
        "a   b",
        "trail ",
        "  ",
        "Meeting in Köln tomorrow at noon",
        "=?utf-8?q?hidden?=",
        "tab\there",
        "word ".repeat(50).trim_end(),
        &"x".repeat(2000),
        &"ü".repeat(500),
        &"日本語".repeat(100),
        "a \u{2028} b",
        "x\u{85}y",
    ] {
        for utf8 in [false, true] {
            let octets = build(builder().subject(subject).smtputf8(utf8));
            check_lines(&octets, !utf8);
            assert_eq!(decode(read(&octets).value("Subject").unwrap()), subject, "{subject:?}");
        }
    }
}

#[test]
fn names_and_groups_of_every_kind() {
    let names = [
        "Müller, Jörg",
        "O'Neil \"The\" Man",
        "Doe, John",
        "John Q. Public",
        "back\\slash",
        "(comment)",
        "🎉 Party 🎉",
        "=?utf-8?q?a?=",
        " lead",
        "a  b",
        "very long ascii name that goes on and on and on and never seems to stop at all, really",
    ];
    for name in names {
        let octets = build(builder().to([mailbox(name, "x@example.org")]));
        check_lines(&octets, true);
        let read = read(&octets);
        let value = read.value("To").unwrap().strip_suffix(" <x@example.org>").unwrap();
        let value = match value.strip_prefix('"') {
            Some(quoted) => quoted.strip_suffix('"').unwrap().replace("\\\"", "\"").replace("\\\\", "\\"),
            None => decode(value),
        };
        assert_eq!(value, name);
    }
    let members = vec![mailbox("", "a@example.org"), mailbox("B C", "b@example.org")];
    let groups = [
        Address::from(Group::new("Team", members.clone()).unwrap()),
        Address::from(Group::new("Büro", members).unwrap()),
        Address::from(Group::new("undisclosed-recipients", vec![]).unwrap()),
    ];
    let composed = builder().to(groups).build(ids(), date()).unwrap();
    assert_eq!(composed.envelope().recipients().len(), 2, "nobody is there twice");
    assert_eq!(
        read(&octets(composed)).value("To"),
        Some(
            "Team: a@example.org, B C <b@example.org>;, =?utf-8?q?B=C3=BCro?= : a@example.org, B C <b@example.org>;, \
             undisclosed-recipients: ;"
        )
    );
}

#[test]
fn authors_and_senders() {
    let nobody = MessageBuilder::new().build(ids(), date());
    assert_eq!(nobody.unwrap_err(), ComposeError::NoAuthor);
    let two = builder().from(mailbox("", "b@example.de"));
    assert_eq!(two.clone().build(ids(), date()).unwrap_err(), ComposeError::NoSender);
    let composed = two.sender(mailbox("", "s@example.de")).build(ids(), date()).unwrap();
    assert_eq!(composed.envelope().sender().unwrap().to_string(), "s@example.de");
    let read = read(&octets(composed));
    assert_eq!(read.value("Sender"), Some("s@example.de"));
    assert_eq!(
        read.value("From"),
        Some("=?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <juergen@example.de>, b@example.de")
    );
}

#[test]
fn fields_of_your_own() {
    let long = format!("<https://example.de/abmelden?x={}>, <mailto:ab@example.de>", "a".repeat(80));
    let octets = build(
        builder()
            .field(HeaderName::new("List-Unsubscribe").unwrap(), HeaderValue::structured(&long).unwrap())
            .field(HeaderName::new("X-Notiz").unwrap(), HeaderValue::text("für später").unwrap())
            .field(
                HeaderName::new("Disposition-Notification-To").unwrap(),
                HeaderValue::addresses([mailbox("", "a@example.de")]),
            ),
    );
    check_lines(&octets, true);
    let read = read(&octets);
    assert_eq!(read.value("List-Unsubscribe"), Some(long.as_str()));
    assert_eq!(decode(read.value("X-Notiz").unwrap()), "für später");
    assert_eq!(read.value("Disposition-Notification-To"), Some("a@example.de"));
    let utf8 = HeaderValue::structured("ü").unwrap();
    let refused = builder().field(HeaderName::new("X-A").unwrap(), utf8).build(ids(), date());
    assert_eq!(refused.unwrap_err(), ComposeError::NotAscii { field: "X-A".to_owned() });
    let long = HeaderValue::structured(&"x".repeat(998)).unwrap();
    let refused = builder().field(HeaderName::new("X-A").unwrap(), long).build(ids(), date());
    assert_eq!(refused.unwrap_err(), ComposeError::TooLong { field: "X-A".to_owned() });
    for name in ["Content-Type", "content-id", "BCC", "Resent-Bcc", "From", "MIME-Version", "Received"] {
        assert_eq!(HeaderName::new(name), Err(HeaderNameError::Structural), "{name}");
    }
    for name in ["", "a b", "a:b", "a\r\nb", "ü", "a\0"] {
        assert!(HeaderName::new(name).is_err(), "{name:?}");
    }
}

#[test]
fn long_identifiers_stay_in_their_lines() {
    let id = |octets: usize| MessageId::as_received(&"x".repeat(octets)).unwrap();
    let octets = build(builder().references((0..40).map(|_| id(60))));
    check_lines(&octets, true);
    assert_eq!(read(&octets).value("References").unwrap().split(' ').count(), 40);
    check_lines(&build(builder().in_reply_to([id(980)])), true);
    let refused = builder().in_reply_to([id(984)]).build(ids(), date());
    assert_eq!(refused.unwrap_err(), ComposeError::TooLong { field: "In-Reply-To".to_owned() });
}

// ---- streaming ------------------------------------------------------------------------------------------------------

fn stream(composed: &mut Composed, content: &[u8], cuts: &[usize]) -> Vec<u8> {
    let (mut sent, mut at, mut cuts) = (Vec::new(), 0, cuts.iter().cycle());
    loop {
        match composed.step() {
            Step::Octets(octets) => sent.extend_from_slice(&octets),
            Step::Want { source, octets } => {
                assert_eq!((source, octets as usize), (7, content.len() - at));
                let end = content.len().min(at + cuts.next().unwrap());
                composed.feed(&content[at..end]).unwrap();
                at = end;
            }
            Step::Done => return sent,
        }
        assert_eq!(composed.octets() - composed.left(), sent.len() as u64);
    }
}

#[test]
fn a_streamed_attachment_is_the_same_as_one_in_memory() {
    for length in [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 1000, 60_000] {
        let content: Vec<u8> = (0..length).map(|at| (at * 7) as u8).collect();
        let whole = build(builder().text("x").attach(Attachment::new("a.bin", content.clone())));
        for cuts in [&[1][..], &[57], &[58, 3], &[100_000]] {
            let attachment = Attachment::streamed("a.bin", 7, length as u64);
            let mut composed = builder().text("x").attach(attachment).build(ids(), date()).unwrap();
            assert_eq!(composed.octets(), whole.len() as u64);
            assert_eq!(stream(&mut composed, &content, cuts), whole, "{length} by {cuts:?}");
            assert_eq!(composed.left(), 0);
            assert_eq!(composed.step(), Step::Done);
        }
    }
}

#[test]
fn a_source_that_has_too_much_or_too_little_is_refused() {
    let attachment = Attachment::streamed("a.bin", 7, 10);
    let mut composed = builder().attach(attachment).build(ids(), date()).unwrap();
    let again = composed.clone();
    assert_eq!(composed.feed(b"x"), Err(FeedError::Unwanted));
    while !matches!(composed.step(), Step::Want { .. }) {}
    assert_eq!(composed.feed(b"0123456789a"), Err(FeedError::TooMany { octets: 11, left: 10 }));
    composed.feed(b"0123").unwrap();
    assert_eq!(composed.feed(b""), Err(FeedError::TooFew { left: 6 }));
    composed.feed(b"456789").unwrap();
    assert_eq!(composed.feed(b"x"), Err(FeedError::Unwanted));
    assert!(matches!(composed.step(), Step::Octets(_)));
    assert!(again.into_bytes().is_err());
}

#[test]
fn a_great_attachment_is_counted() {
    let attachment = Attachment::streamed("a.bin", 1, 1 << 40);
    let composed = builder().attach(attachment).build(ids(), date()).unwrap();
    assert!(composed.octets() > (1 << 40) / 57 * 78);
    let attachment = Attachment::streamed("a.bin", 1, u64::MAX);
    assert_eq!(builder().attach(attachment).build(ids(), date()).unwrap_err(), ComposeError::TooLarge);
}

#[test]
fn messages_inside_are_not_encoded() {
    let attach = |octets: &'static [u8]| builder().attach(Attachment::message(octets));
    let eight_bit = b"Subject: x\r\n\r\n\xc3\xbc\r\n";
    assert_eq!(attach(eight_bit).build(ids(), date()).unwrap_err(), ComposeError::EightBitMessage);
    let composed = attach(eight_bit).eight_bit(true).build(ids(), date()).unwrap();
    assert!(composed.is_eight_bit());
    let octets = octets(composed);
    let read = read_bytes(&octets);
    assert_eq!(read.value("Content-Transfer-Encoding"), Some("8bit"), "of the multipart");
    assert_eq!(read.parts[0].value("Content-Transfer-Encoding"), Some("8bit"));
    for binary in [&b"Subject: x\n\nx"[..], b"a\0", b"a\rb"] {
        assert_eq!(attach(binary).build(ids(), date()).unwrap_err(), ComposeError::BinaryMessage);
    }
    let streamed = Attachment::streamed("x", 1, 1).media_type(MediaType::new("message/rfc822").unwrap());
    assert_eq!(builder().attach(streamed).build(ids(), date()).unwrap_err(), ComposeError::StreamedMessage);
}

fn read_bytes(octets: &[u8]) -> Read {
    read(octets)
}

// ---- attacks --------------------------------------------------------------------------------------------------------

#[test]
fn attack_inj_11() {
    let refused = builder().subject("hi\r\nBcc: v@example.net").build(ids(), date());
    assert_eq!(
        refused.unwrap_err(),
        ComposeError::Octet { field: "Subject".to_owned(), at: 2, octet: b'\r' }
    );
    let refused = builder().subject("hi\nBcc: v@example.net").build(ids(), date());
    assert_eq!(
        refused.unwrap_err(),
        ComposeError::Octet { field: "Subject".to_owned(), at: 2, octet: b'\n' }
    );
    assert!(HeaderValue::text("hi\r\nBcc: v@example.net").is_err());
    assert!(HeaderValue::structured("hi\r\nBcc: v@example.net").is_err());
}

#[test]
fn attack_inj_13() {
    assert!(Mailbox::try_from(("x\r\nBcc: v@example.net", "a@example.com")).is_err());
    assert!(Mailbox::try_from("x\r\nBcc: v@example.net <a@example.com>").is_err());
    assert!(Group::new("x\r\nBcc: v@example.net", vec![]).is_err());
}

#[test]
fn attack_inj_14() {
    let name = "a\r\nContent-Type: text/html";
    for attachment in [Attachment::new(name, &b"x"[..]), Attachment::streamed(name, 1, 1)] {
        let refused = builder().attach(attachment).build(ids(), date());
        assert_eq!(
            refused.unwrap_err(),
            ComposeError::Octet { field: "filename".to_owned(), at: 1, octet: b'\r' }
        );
    }
    let quote = build(builder().attach(Attachment::new("a\"; x=\"b", &b"x"[..])));
    let read = read(&quote);
    assert_eq!(read.parts[0].value("Content-Disposition"), Some("attachment; filename=\"a\\\"; x=\\\"b\""));
    let description = Attachment::new("a", &b"x"[..]).description("x\r\nBcc: y");
    assert!(builder().attach(description).build(ids(), date()).is_err());
}

#[test]
fn attack_inj_15() {
    // The text holds the delimiter of the first boundary that the source gives: the second is taken.
    let first = format!("--=_{}", "02".repeat(16));
    let text = format!("{first}\r\n\r\nhello\r\n{first}--\r\nX\r\n{first}--\r\n");
    let octets = build(builder().text(text.clone()).attach(Attachment::new("a", &b"x"[..])));
    let read = read(&octets);
    assert_eq!(read.parameter("Content-Type", "boundary").unwrap(), format!("=_{}", "03".repeat(16)));
    assert_eq!((read.parts.len(), read.parts[0].text()), (2, text.clone()));
    // In a message inside the message too.
    let inner = format!("Subject: x\r\n\r\n{first}--\r\n");
    let octets = build(builder().attach(Attachment::message(inner)));
    assert_eq!(self::read(&octets).parts.len(), 1);
    // A source that gives nothing else is none.
    let constant = same_id(2);
    let refused = builder().text(text).attach(Attachment::new("a", &b"x"[..])).build(constant, date());
    assert_eq!(refused.unwrap_err(), ComposeError::Boundary);
    let constant = same_id(2);
    let refused =
        builder().text("x").html("y").attach(Attachment::new("a", &b"x"[..])).build(constant, date());
    assert_eq!(refused.unwrap_err(), ComposeError::Boundary, "two multiparts with one boundary");
}

#[test]
fn attack_inj_16() {
    // What a reader makes of the encoded word is text with line ends in it: that is refused like any other.
    let subject = "=?utf-8?Q?a=0D=0ABcc:_v@example.net?=";
    let mut none = ();
    let config = mime_core::Config::new();
    let decoded = mime_core::encoded_word::decode_text(subject.as_bytes(), &config, &mut none).into_owned();
    assert_eq!(decoded, "a\r\nBcc: v@example.net");
    assert!(builder().subject(decoded).build(ids(), date()).is_err());
    // The encoded word itself is text that looks like one, and stays that.
    let octets = build(builder().subject(subject));
    let read = read(&octets);
    assert_eq!(decode(read.value("Subject").unwrap()), subject);
    assert!(!read.names().contains(&"Bcc"));
}

// ---- properties -----------------------------------------------------------------------------------------------------

/// Text of the characters that matter, and of any.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "\r\n",
        "\r",
        "\n",
        "\0",
        " ",
        "  ",
        "\t",
        "=?utf-8?q?",
        "?=",
        "\"",
        "\\",
        ",",
        ";",
        ":",
        "<",
        ">",
        "@",
        "Bcc: x",
        "--",
        "=_",
        "ü",
        "日本",
        "🎉",
        "\u{2028}",
        "\u{85}",
        "\u{7f}",
        "a",
        "word",
        "'",
        "%",
        "*",
        "(",
        ")",
        ".",
    ]);
    let long = prop::sample::select(vec!["x", "ü", "日", " "]).prop_map(|unit| unit.repeat(1100));
    let piece = prop_oneof![6 => special.prop_map(str::to_owned), 3 => any::<char>().prop_map(String::from), 1 => long];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// The same without what no text of a field may hold.
fn clean() -> impl Strategy<Value = String> {
    text().prop_map(|text| text.replace(['\r', '\n', '\0'], ""))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn nothing_is_injected(
        texts in prop::collection::vec(prop_oneof![3 => clean(), 1 => text()], 8),
        utf8 in any::<bool>(),
        eight_bit in any::<bool>(),
        legacy in any::<bool>(),
    ) {
        let [subject, body, html, file, description, value, parameter, name] = texts.as_slice() else { unreachable!() };
        let mut builder = builder().subject(subject).text(body).html(html).smtputf8(utf8).eight_bit(eight_bit);
        builder = builder.legacy_names(legacy);
        let mut expected = vec!["Date", "From", "Subject", "Message-ID", "MIME-Version", "Content-Type"];
        if let Ok(mailbox) = Mailbox::try_from((name.as_str(), "a@example.org")) {
            builder = builder.to([mailbox]);
            expected.insert(2, "To");
        }
        let mut media_type = MediaType::new("application/x-test").unwrap();
        if let Ok(with) = media_type.clone().parameter("parameter", parameter) {
            media_type = with;
        }
        builder = builder.attach(Attachment::new(file, &b"x"[..]).description(description).media_type(media_type));
        let mut value_there = false;
        if let Ok(value) = HeaderValue::text(value) {
            builder = builder.field(HeaderName::new("X-Value").unwrap(), value);
            expected.insert(expected.len() - 2, "X-Value");
            value_there = true;
        }
        let composed = match builder.build(ids(), date()) {
            Ok(composed) => composed,
            Err(ComposeError::Octet { .. } | ComposeError::TooLong { .. }) => return Ok(()),
            Err(error) => panic!("{error}"),
        };
        let (is_utf8, is_eight_bit) = (composed.is_utf8(), composed.is_eight_bit());
        prop_assert!(utf8 || !is_utf8);
        prop_assert!(eight_bit || !is_eight_bit);
        let octets = octets(composed);
        check_lines(&octets, !is_utf8 && !is_eight_bit);
        let read = read(&octets);
        let mut names = read.names();
        names.retain(|name| *name != "Content-Transfer-Encoding");
        prop_assert_eq!(names, expected);
        prop_assert_eq!(read.shape(), "multipart/mixed(multipart/alternative(text/plain text/html) application/x-test)");
        prop_assert_eq!(&decode(read.value("Subject").unwrap()), subject);
        if value_there {
            prop_assert_eq!(&decode(read.value("X-Value").unwrap()), value);
        }
        let attached = &read.parts[1];
        let known = ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-Description"];
        prop_assert_eq!(attached.names(), known);
        prop_assert_eq!(&decode(attached.value("Content-Description").unwrap()), description);
        prop_assert_eq!(attached.parameter("Content-Disposition", "filename").unwrap_or_default(), file.as_str());
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n").trim_end_matches('\n').to_owned();
        prop_assert_eq!(lines(&read.parts[0].parts[0].text()), lines(body));
        prop_assert_eq!(lines(&read.parts[0].parts[1].text()), lines(html));
    }

    #[test]
    fn names_are_checked(name in text()) {
        if let Ok(name) = HeaderName::new(&name) {
            prop_assert!(name.as_str().bytes().all(|octet| octet.is_ascii_graphic() && octet != b':'));
        }
        if let Ok(media_type) = MediaType::new(&name) {
            prop_assert!(media_type.essence().bytes().all(|octet| octet.is_ascii_graphic()));
        }
        if let Ok(structured) = HeaderValue::structured(&name) {
            let built = builder().field(HeaderName::new("X-S").unwrap(), structured).build(ids(), date());
            if let Ok(composed) = built {
                let octets = octets(composed);
                check_lines(&octets, true);
                let read = read(&octets);
                prop_assert_eq!(read.value("X-S").unwrap(), name.trim_matches(' '));
            }
        }
    }

    #[test]
    fn streamed_lengths_are_exact(
        content in prop::collection::vec(any::<u8>(), 0..2000),
        cuts in prop::collection::vec(1_usize..300, 1..20),
    ) {
        let attachment = Attachment::streamed("a.bin", 7, content.len() as u64);
        let mut composed = builder().text("x").attach(attachment).build(ids(), date()).unwrap();
        let announced = composed.octets();
        let sent = stream(&mut composed, &content, &cuts);
        prop_assert_eq!(sent.len() as u64, announced);
        prop_assert_eq!(read(&sent).parts[1].content(), content);
    }
}

// ---- what other programs do not read --------------------------------------------------------------------------------

#[test]
fn base64_has_padding_at_its_end_only() {
    // GMime puts words that follow each other together before it decodes them, and ends at the padding.
    for unit in ["ä", "日", "🎉", "aä", "ä🎉日"] {
        let octets =
            build(builder().to([mailbox(&unit.repeat(60), "a@example.org")]).subject(unit.repeat(70)));
        let read = read(&octets);
        for name in ["To", "Subject"] {
            let value = read.value(name).unwrap();
            let words: Vec<_> = value.split(' ').filter(|word| word.starts_with("=?utf-8?b?")).collect();
            assert!(words.len() > 2 || unit == "aä", "{value}");
            for word in words.iter().rev().skip(1) {
                assert!(!word.ends_with("=?="), "{value}");
            }
        }
    }
}

#[test]
fn no_name_is_folded_but_in_encoded_words() {
    // GMime reads three spaces where a name of atoms goes on on the next line.
    let name = format!("50% {} {}", "x".repeat(40), "y".repeat(40));
    let octets =
        build(builder().to([mailbox(&name, "a@example.org"), mailbox("a \"b\" c", "b@example.org")]));
    let text = std::str::from_utf8(&octets).unwrap();
    assert!(text.contains("To: =?utf-8?q?50=25_xxxx"), "{text}");
    assert!(text.contains("<a@example.org>, \"a \\\"b\\\" c\"\r\n <b@example.org>\r\n"), "{text}");
    assert_eq!(decode(read(&octets).value("To").unwrap().split(" <").next().unwrap()), name);
}

#[test]
fn a_long_name_of_a_field_is_followed_by_its_value() {
    let name = "X".repeat(76);
    for value in
        [HeaderValue::text("Grüße aus dem Süden").unwrap(), HeaderValue::structured("a b c").unwrap()]
    {
        let octets = build(builder().field(HeaderName::new(&name).unwrap(), value));
        let line = octets.split(|octet| *octet == b'\n').find(|line| line.starts_with(b"XXXX")).unwrap();
        assert!(line.len() > 78 && line.len() < 110, "{}", String::from_utf8_lossy(line));
    }
}

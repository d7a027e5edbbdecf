//! Replies, messages passed on, and envelopes of messages that are there already.

#![cfg(feature = "compose")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)] // helpers of tests

mod fixed;

use fixed::{date, same_id};
use mime_core::edit::EditError;
use mime_core::{
    AddrSpec, Config, DateTime,
    DefectKind::{BidiControl, ConfusableScript, ControlCharacter, DisplayNameAddress, InvalidMessageId},
    Limits, Mailbox, Message,
    compose::{Audience, ComposeError, Envelope, EnvelopeError, MessageBuilder, Reply, without_bcc},
};
use proptest::prelude::*;

fn build(builder: MessageBuilder) -> Result<Message, ComposeError> {
    let builder = builder.from(Mailbox::try_from("me@example.de").unwrap()).text("x");
    Ok(Message::parse(builder.build(same_id(7), date())?.into_bytes().unwrap()))
}

fn reply(parent: &str, audience: Audience) -> Message {
    let own = [AddrSpec::try_from("me@example.de").unwrap(), AddrSpec::try_from("me@example.com").unwrap()];
    let reply = Reply::new(&Message::parse(parent.to_owned()), audience, &own);
    assert!(reply.skipped().is_empty(), "{:?}", reply.skipped());
    build(reply.into_builder()).unwrap()
}

fn value(message: &Message, name: &str) -> String {
    String::from_utf8(message.raw_field(name).unwrap_or_default().trim_ascii().to_vec()).unwrap()
}

// ---- RFC 5322 -------------------------------------------------------------------------------------------------------

#[test]
fn the_reply_of_rfc_5322_appendix_a_2() {
    let parent = "From: John Doe <jdoe@machine.example>\r\nTo: Mary Smith <mary@example.net>\r\n\
        Subject: Saying Hello\r\nDate: Fri, 21 Nov 1997 09:55:06 -0600\r\n\
        Message-ID: <1234@local.machine.example>\r\n\r\nThis is a message just to say hello.\r\n";
    let first = reply(parent, Audience::ReplyTo);
    assert_eq!(value(&first, "To"), "John Doe <jdoe@machine.example>");
    assert_eq!(value(&first, "Subject"), "Re: Saying Hello");
    assert_eq!(value(&first, "In-Reply-To"), "<1234@local.machine.example>");
    assert_eq!(value(&first, "References"), "<1234@local.machine.example>");
    let parent = "From: Mary Smith <mary@example.net>\r\nTo: John Doe <jdoe@machine.example>\r\n\
        Reply-To: \"Mary Smith: Personal Account\" <smith@home.example>\r\nSubject: Re: Saying Hello\r\n\
        Message-ID: <3456@example.net>\r\nIn-Reply-To: <1234@local.machine.example>\r\n\
        References: <1234@local.machine.example>\r\n\r\nx\r\n";
    let second = reply(parent, Audience::ReplyTo);
    assert_eq!(value(&second, "To"), "\"Mary Smith: Personal Account\" <smith@home.example>");
    assert_eq!(value(&second, "Subject"), "Re: Saying Hello");
    assert_eq!(value(&second, "In-Reply-To"), "<3456@example.net>");
    assert_eq!(value(&second, "References"), "<1234@local.machine.example> <3456@example.net>");
}

#[test]
fn references_are_those_of_rfc_5322_section_3_6_4() {
    for (header, in_reply_to, references) in [
        ("Message-ID: <a@x>\r\n", "<a@x>", "<a@x>"),
        ("Message-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n", "<b@x>", "<a@x> <b@x>"),
        ("Message-ID: <c@x>\r\nIn-Reply-To: <a@x> <b@x>\r\n", "<c@x>", "<c@x>"),
        (
            "Message-ID: <c@x>\r\nIn-Reply-To: <z@x>\r\nReferences: <a@x>\r\n <b@x>\r\n",
            "<c@x>",
            "<a@x> <b@x> <c@x>",
        ),
        ("In-Reply-To: <a@x>\r\n", "", "<a@x>"),
        ("References: <a@x> <b@x>\r\n", "", "<a@x> <b@x>"),
        ("", "", ""),
        // One that has itself among them.
        ("Message-ID: <b@x>\r\nReferences: <a@x> <b@x>\r\n", "<b@x>", "<a@x> <b@x>"),
    ] {
        let message = reply(&format!("From: a@example.com\r\n{header}\r\n"), Audience::ReplyTo);
        assert_eq!(value(&message, "In-Reply-To"), in_reply_to, "{header}");
        assert_eq!(value(&message, "References"), references, "{header}");
    }
}

#[test]
fn subjects_say_re_once() {
    for (subject, expected) in [
        ("Hallo", "Re: Hallo"),
        ("Re: Hallo", "Re: Hallo"),
        ("RE: re:AW: Antw: SV: Re[2]: Hallo", "Re: Hallo"),
        ("Re\u{ff1a} Hallo", "Re: Hallo"),
        ("Regen: viel", "Re: Regen: viel"),
        ("Fwd: Hallo", "Re: Fwd: Hallo"),
        ("=?utf-8?q?AW=3A_Gr=C3=BC=C3=9Fe?=", "Re: Grüße"),
        ("", "Re:"),
        // INJ-16: decoded line ends are not taken over.
        ("=?utf-8?Q?a=0D=0ABcc:_v@example.net?=", "Re: a  Bcc: v@example.net"),
    ] {
        let message = reply(&format!("From: a@example.com\r\nSubject: {subject}\r\n\r\n"), Audience::ReplyTo);
        assert_eq!(message.subject().unwrap(), expected, "{subject}");
        assert_eq!(message.raw_field("Bcc"), None);
    }
}

#[test]
fn replies_go_to_whom_they_should() {
    let parent = "From: Ana <ana@x.com>\r\nReply-To: Liste <list@x.com>\r\nTo: me@example.de, Ben <ben@x.com>, list@x.com\r\n\
        Cc: Freunde: cem@x.com, me@EXAMPLE.com;, Ben <ben@X.com>\r\n\r\n";
    let to = |audience| {
        let message = reply(parent, audience);
        (value(&message, "To"), value(&message, "Cc"))
    };
    let pair = |to: &str, cc: &str| (to.to_owned(), cc.to_owned());
    assert_eq!(to(Audience::ReplyTo), pair("Liste <list@x.com>", ""));
    assert_eq!(to(Audience::Author), pair("Ana <ana@x.com>", ""));
    assert_eq!(to(Audience::All), pair("Liste <list@x.com>", "Ben <ben@x.com>, cem@x.com"));
    // One's own message.
    let own = "From: me@example.de\r\nTo: ana@x.com\r\nCc: ben@x.com, me@example.de\r\n\r\n";
    assert_eq!(value(&reply(own, Audience::ReplyTo), "To"), "ana@x.com");
    assert_eq!(value(&reply(own, Audience::ReplyTo), "Cc"), "");
    assert_eq!(value(&reply(own, Audience::All), "Cc"), "ben@x.com");
    // RFC 5322 section 3.6.6: "The resent fields are only informational and MUST NOT be used in the normal processing of
    // replies."
    let resent =
        "Resent-From: cem@x.com\r\nResent-Message-ID: <r@x>\r\nFrom: ana@x.com\r\nMessage-ID: <a@x>\r\n\r\n";
    assert_eq!(value(&reply(resent, Audience::All), "To"), "ana@x.com");
    assert_eq!(value(&reply(resent, Audience::All), "References"), "<a@x>");
}

#[test]
fn what_cannot_be_written_is_told() {
    let parent = Message::parse("From: ana@x.com\r\nTo: nobody, ben@x.com\r\nMessage-ID: <a b@x>\r\n\r\n");
    let reply = Reply::new(&parent, Audience::All, &[]);
    assert_eq!(reply.skipped()[0], "nobody");
    let message = build(reply.into_builder()).unwrap();
    assert_eq!(value(&message, "Cc"), "ben@x.com");
    let long = format!("From: ana@x.com\r\nMessage-ID: <{}@x>\r\n\r\n", "x".repeat(950));
    let reply = Reply::new(&Message::parse(long), Audience::All, &[]);
    assert_eq!(reply.skipped().len(), 1);
    assert!(build(reply.into_builder()).is_ok());
}

#[test]
fn messages_are_passed_on_as_they_are() {
    let octets = "Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nFrom: ana@x.com\r\nBcc: eve@x.com\r\nSubject: WG: Fwd: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\n--b--\r\n";
    let message = build(MessageBuilder::forward(&Message::parse(octets)).unwrap()).unwrap();
    assert_eq!(message.subject().unwrap(), "Fwd: Grüße");
    let part = message.root().children().nth(1).unwrap();
    assert_eq!(part.essence(), "message/rfc822");
    assert_eq!(part.raw_body(), octets.replace("Bcc: eve@x.com\r\n", "").as_bytes());
    assert_eq!(part.embedded().unwrap().children().count(), 1);
    assert!(message.defects().is_empty(), "{:?}", message.defects());
    let bare = MessageBuilder::forward(&Message::parse("From: a@x.com\n\nx\n")).unwrap();
    assert_eq!(build(bare).unwrap_err(), ComposeError::BinaryMessage);
    let eight_bit = || MessageBuilder::forward(&Message::parse("From: a@x.com\r\n\r\nä\r\n")).unwrap();
    assert_eq!(build(eight_bit()).unwrap_err(), ComposeError::EightBitMessage);
    assert!(build(eight_bit().eight_bit(true)).is_ok());
}

// ---- envelopes ------------------------------------------------------------------------------------------------------

fn envelope(header: &str) -> Result<(String, Vec<String>), EnvelopeError> {
    let envelope = Envelope::of(&Message::parse(format!("{header}\r\nx\r\n")))?;
    let recipients = envelope.recipients().iter().map(ToString::to_string).collect();
    Ok((envelope.sender().unwrap().to_string(), recipients))
}

#[test]
fn recipients_are_in_to_cc_and_bcc() {
    let header = "From: a@x.com, b@x.com\r\nSender: Büro <c@x.com>\r\nTo: =?utf-8?q?D=2C_E?= <d@x.com>, f@x.com\r\n\
        Cc: F <f@X.COM>, g@x.com\r\nTo: h@x.com\r\nBCC: i@x.com,\r\n \"j k\"@x.com\r\n";
    let (sender, recipients) = envelope(header).unwrap();
    assert_eq!(sender, "c@x.com");
    assert_eq!(recipients, ["d@x.com", "f@x.com", "h@x.com", "g@x.com", "i@x.com", "\"j k\"@x.com"]);
    assert_eq!(envelope("From: a@x.com\r\nTo: Leute:;\r\nBcc: \r\n").unwrap().1, [""; 0]);
    assert_eq!(envelope("From: a@x.com\r\nTo: jörg@bücher.example\r\n").unwrap().1, ["jörg@bücher.example"]);
}

#[test]
fn nobody_is_left_out() {
    let wrong = |text: &str| Err(EnvelopeError::Address { field: "To".to_owned(), text: text.to_owned() });
    assert_eq!(envelope("From: a@x.com\r\nTo: b@x.com, nobody\r\n"), wrong("nobody"));
    assert!(envelope("From: a@x.com\r\nTo: b@x.com, <c@x.com\r\n").is_err());
    assert_eq!(envelope("To: b@x.com\r\n"), Err(EnvelopeError::NoSender));
    assert_eq!(envelope("From: a@x.com, b@x.com\r\nTo: b@x.com\r\n"), Err(EnvelopeError::NoSender));
    assert_eq!(envelope("From: a@x.com\r\nFrom: b@x.com\r\nTo: b@x.com\r\n"), Err(EnvelopeError::NoSender));
    let many = (0..20_000).map(|at| format!("a{at}@x.com")).collect::<Vec<_>>().join(",\r\n ");
    match envelope(&format!("From: a@x.com\r\nTo: {many}\r\n")) {
        Ok((_, recipients)) => assert_eq!(recipients.len(), 20_000),
        Err(error) => assert!(matches!(error, EnvelopeError::Address { .. })),
    }
}

#[test]
fn the_newest_resent_block_counts() {
    let old = "Resent-From: o@x.com\r\nResent-To: p@x.com\r\n";
    let rest = "From: a@x.com\r\nTo: b@x.com\r\nBcc: z@x.com\r\n";
    let header = format!(
        "Return-Path: <x@x.com>\r\nResent-Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nResent-From: r@x.com, q@x.com\r\n\
         resent-sender: s@x.com\r\nResent-To: t@x.com\r\nResent-Cc: u@x.com\r\nResent-Bcc: v@x.com\r\n{old}{rest}"
    );
    let (sender, recipients) = envelope(&header).unwrap();
    assert_eq!(
        (sender.as_str(), recipients),
        ("s@x.com", ["t@x.com", "u@x.com", "v@x.com"].map(String::from).to_vec())
    );
    let (sender, recipients) =
        envelope(&format!("Resent-From: r@x.com\r\nResent-To: t@x.com\r\n{old}{rest}")).unwrap();
    assert_eq!((sender.as_str(), recipients), ("r@x.com", vec!["t@x.com".to_owned()]));
}

#[test]
fn bcc_leaves_in_whatever_form() {
    for bcc in [
        "Bcc: b@x.com\r\n",
        "BCC:b@x.com,\r\n\tc@x.com\r\n",
        "Resent-Bcc: b@x.com\r\n",
        "Bcc : b@x.com\r\n",
        "bcc\t: b@x.com\r\n",
        "Bcc: b@x.com\r\nbcc: c@x.com\r\n",
        "Bcc\0: b@x.com\r\n",
        "Bcc:\r\n",
        "Bcc: b@x.com\n",
    ] {
        let octets = format!("To: a@x.com\r\n{bcc}Subject: Bcc: x\r\n\r\nBcc: stays\r\n");
        let message = Message::parse(octets);
        let stripped = without_bcc(&message).unwrap().concat();
        let text = String::from_utf8(stripped).unwrap();
        assert_eq!(text, "To: a@x.com\r\nSubject: Bcc: x\r\n\r\nBcc: stays\r\n", "{bcc:?}");
    }
    let message = Message::parse("To: a@x.com\r\n\r\nx\r\n");
    let pieces = without_bcc(&message).unwrap();
    assert_eq!(pieces, [message.raw().clone()]);
}

#[test]
fn a_local_part_like_an_encoded_word_is_quoted() {
    let parent = Message::parse("From: =?utf-8?b?AA==?=a@x.com\r\n\r\n");
    let message = build(Reply::new(&parent, Audience::Author, &[]).into_builder()).unwrap();
    assert_eq!(message.raw_field("To"), Some(&b" \"=?utf-8?b?AA==?=a\"@x.com"[..]));
    assert_eq!(message.defects(), []);
    assert_eq!(message.to().mailboxes().next().unwrap().local_part(), "=?utf-8?b?AA==?=a");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever the parent is, a reply either can be written or says why not, and injects nothing.
    #[test]
    fn a_reply_to_anything(
        header in prop::collection::vec(
            prop_oneof![
                prop::sample::select(vec![
                    "From: ", "Reply-To: ", "To: ", "Cc: ", "Subject: ", "Message-ID: ", "In-Reply-To: ", "References: ",
                    "\r\n", "\n", "\r", " ", "a@x.com", "<b@x.com>", "<i@x>", ",", ";", ":", "\"", "(", ")", "\\",
                    "=?utf-8?q?=0D=0ABcc:?=", "=?utf-8?b?AA==?=", "\0", "ü", "🎉", "\u{202e}", "Re: ", "AW:",
                ]).prop_map(str::to_owned),
                any::<char>().prop_map(String::from),
            ],
            0..60,
        ),
        audience in prop::sample::select(vec![Audience::ReplyTo, Audience::Author, Audience::All]),
    ) {
        let parent = Message::parse(header.concat());
        let own = [AddrSpec::try_from("a@x.com").unwrap()];
        match build(Reply::new(&parent, audience, &own).into_builder()) {
            Ok(message) => {
                let mut defects = message.defects();
                // What the words of others say is theirs.
                defects.retain(|defect| !matches!(
                    defect.kind,
                    BidiControl | ConfusableScript | ControlCharacter | DisplayNameAddress | InvalidMessageId
                ));
                prop_assert_eq!(defects, []);
                prop_assert_eq!(message.raw_field("Bcc"), None);
                prop_assert!(message.raw().is_ascii());
            }
            Err(ComposeError::NotAscii { .. }) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
        let _ = Envelope::of(&parent);
        let stripped = Message::parse(without_bcc(&parent).unwrap().concat());
        prop_assert_eq!(stripped.raw_field("Bcc"), None);
    }
}

/// A field that is not looked at may be Bcc: nothing is sent then.
#[test]
fn no_bcc_is_left_beyond_a_limit() {
    let draft = "To: a@example.org\r\nSubject: x\r\nBcc: b@example.org\r\n\r\nBcc: text\r\n";
    let limits = |limits| Message::parse_with(draft, Config::new().limits(limits));
    for few in [
        limits(Limits::new().fields(2)),
        limits(Limits::new().fields(0)),
        limits(Limits::new().all_fields(1)),
        limits(Limits::new().header_octets(30)),
    ] {
        assert!(matches!(without_bcc(&few), Err(EditError::Unread { .. })), "{few:?}");
        assert!(MessageBuilder::forward(&few).is_err());
    }
    for octets in [0, 5, 20, 1000] {
        let left = without_bcc(&limits(Limits::new().field_octets(octets)));
        assert!(left.is_err() || !left.unwrap().concat().windows(5).any(|text| text == b"b@exa"), "{octets}");
    }
    let from = Message::parse("From a@b Thu Jan  1 00:00:00 2026\r\nBcc: b\r\nTo: c\r\n\r\n");
    assert_eq!(without_bcc(&from).unwrap().concat(), b"From a@b Thu Jan  1 00:00:00 2026\r\nTo: c\r\n\r\n");
    for whole in ["", "text", "\r\ntext"] {
        assert_eq!(without_bcc(&Message::parse(whole)).unwrap().concat(), whole.as_bytes());
    }
}

/// A parent of very many addresses and identifiers costs neither much time nor a header that no server takes.
#[test]
fn a_reply_to_everything_is_quick_and_short() {
    let to: Vec<_> = (0..50_000).map(|number| format!("a{number}@example.org")).collect();
    let ids: Vec<_> = (0..5000).map(|number| format!("<{number}@example.org>")).collect();
    let parent = format!(
        "From: x@example.com\r\nTo: {}\r\nReferences: {}\r\nMessage-ID: <last@example.org>\r\n\r\n",
        to.join(",\r\n "),
        ids.join("\r\n ")
    );
    let config = Config::new().limits(Limits::new().field_octets(4 * 1024 * 1024));
    let reply = Reply::new(&Message::parse_with(parent, config), Audience::All, &[]);
    assert_eq!(reply.skipped(), <[String; 0]>::default());
    let from = ("Me", "me@example.de").try_into().unwrap();
    let date = DateTime::from_unix(0, 0).unwrap();
    let composed = reply.into_builder().from(from).text("x").build(same_id(7), date);
    let octets = composed.unwrap().into_bytes().unwrap();
    let reply = Message::parse_with(octets, config);
    assert_eq!(reply.cc().mailboxes().count(), 50_000);
    let references: Vec<_> = reply.references().collect();
    assert_eq!(references.len(), 101);
    assert_eq!(
        (&*references[0], &*references[1], &*references[100]),
        ("0@example.org", "4901@example.org", "last@example.org")
    );
}

//! Reports that are composed, read by the parsers of reports.

#![cfg(feature = "compose")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used)] // helpers of tests

mod fixed;

use fixed::{date, same_id};
use mime_core::{
    AddrSpec, AuthenticationResultsBuilder, Config, Mailbox, Message, MessageId,
    compose::{
        Attachment, ComposeError, DeliveryReport, DispositionReport, FeedbackReport, HeaderName, HeaderValue,
        MessageBuilder, RecipientReport, Returned,
    },
    report::{
        Action, Class, DeliveryStatus, DispositionNotification, DispositionType,
        FeedbackReport as ReadFeedback, FeedbackType, Status,
    },
};

fn address(text: &str) -> AddrSpec {
    text.try_into().unwrap()
}

fn builder() -> MessageBuilder {
    let from = ("Zustelldienst", "mailer-daemon@example.de").try_into().unwrap();
    MessageBuilder::new().from(from).to([Mailbox::try_from("ana@example.com").unwrap()]).text("Für Menschen.")
}

fn build(builder: MessageBuilder) -> Result<(Message, Option<String>), ComposeError> {
    let composed = builder.build(same_id(7), date())?;
    let sender = composed.envelope().sender().map(ToString::to_string);
    let message = Message::parse(composed.into_bytes().unwrap());
    assert_eq!(message.defects(), []);
    Ok((message, sender))
}

const STATUS: Status = Status { class: Class::Permanent, subject: 1, detail: 1 };

#[test]
fn a_delivery_report_is_read_back() {
    let failed = RecipientReport::new(address("nobody@example.com"), Action::Failed, STATUS)
        .original(address("alias@example.com"))
        .remote_mta("mx.example.com")
        .diagnostic("550-5.1.1 no such user\r\n550 5.1.1 Empfänger unbekannt")
        .last_attempt(date());
    let delayed = Status { class: Class::Transient, subject: 4, detail: 7 };
    let delayed =
        RecipientReport::new(address("jörg@example.com"), Action::Delayed, delayed).retry_until(date());
    let report = DeliveryReport::new("mx.example.de")
        .envelope_id("QQ314159")
        .arrival(date())
        .field(HeaderName::new("X-Queue-ID").unwrap(), HeaderValue::structured("abc").unwrap())
        .recipient(failed)
        .recipient(delayed);
    let original =
        "Date: Tue, 31 Mar 2026 17:05:00 +0200\r\nFrom: ana@example.com\r\nSubject: x\r\n\r\nText\r\n";
    let (message, sender) =
        build(builder().delivery_report(report).returned(Returned::Message(original.into()))).unwrap();
    assert_eq!(sender, None);
    let root = message.root();
    assert_eq!(root.content_type().unwrap().param("report-type").unwrap(), "delivery-status");
    assert_eq!(message.raw_field("Auto-Submitted"), Some(&b" auto-replied"[..]));
    let parts: Vec<_> = root.children().collect();
    assert_eq!(
        parts.iter().map(|part| part.essence()).collect::<Vec<_>>(),
        ["text/plain", "message/delivery-status", "message/rfc822"]
    );
    assert_eq!(parts[2].raw_body(), original.as_bytes());
    let octets = parts[1].decode();
    let mut defects = Vec::new();
    let status = DeliveryStatus::parse(&octets, &Config::new(), &mut defects);
    assert_eq!(defects, []);
    assert_eq!(status.reporting_mta().unwrap().value(), "mx.example.de");
    assert_eq!(status.original_envelope_id().unwrap(), "QQ314159");
    assert_eq!(status.fields().text("X-Queue-ID").unwrap(), "abc");
    let [first, second] = status.recipients() else { unreachable!() };
    assert_eq!((first.action(), first.status()), (Action::Failed, Some(STATUS)));
    assert_eq!(first.final_recipient().unwrap().address(), "nobody@example.com");
    assert_eq!(first.original_recipient().unwrap().address(), "alias@example.com");
    assert_eq!(first.remote_mta().unwrap().value(), "mx.example.com");
    assert_eq!(first.diagnostic_code().unwrap().reply_code(), Some(550));
    assert_eq!(
        (second.action(), second.status().unwrap().to_string()),
        (Action::Delayed, "4.4.7".to_owned())
    );
    assert_eq!(second.final_recipient().unwrap().address(), "jörg@example.com");
    assert!(second.will_retry_until().is_some() && first.last_attempt_date().is_some());
}

#[test]
fn a_disposition_report_is_read_back() {
    let report = DispositionReport::new(address("ana@example.com"), DispositionType::Displayed)
        .sent_automatically(true)
        .reporting_ua("rechner.example.com; Postwire 1.0")
        .original(address("info@example.com"))
        .message_id(MessageId::try_from("1@example.de").unwrap());
    let (message, sender) = build(builder().disposition_report(report)).unwrap();
    assert_eq!(sender, None);
    let octets = message.root().children().nth(1).unwrap().decode();
    let mut defects = Vec::new();
    let notification = DispositionNotification::parse(&octets, &Config::new(), &mut defects);
    assert_eq!(defects, []);
    let disposition = notification.disposition().unwrap();
    assert_eq!(disposition.kind, DispositionType::Displayed);
    assert!(disposition.sent_automatically && !disposition.automatic_action);
    assert_eq!(notification.reporting_ua().unwrap(), "rechner.example.com; Postwire 1.0");
    assert_eq!(notification.final_recipient().unwrap().address(), "ana@example.com");
    assert_eq!(notification.original_recipient().unwrap().address(), "info@example.com");
    assert_eq!(notification.original_message_id().unwrap(), "<1@example.de>");
}

#[test]
fn a_feedback_report_is_read_back() {
    let results = AuthenticationResultsBuilder::new("mx.example.de").unwrap().method("spf", "fail").unwrap();
    let results = results.property("smtp", "mailfrom", "werbung@example.com").unwrap().reason("x").unwrap();
    let report = FeedbackReport::new(FeedbackType::Fraud, "Postwire/1.0")
        .envelope_id("E1")
        .original_mail_from(None)
        .arrival(date())
        .reporting_mta("mx.example.de")
        .source_ip("2001:db8::1".parse().unwrap())
        .incidents(3)
        .authentication_results(results)
        .original_rcpt_to(address("ana@example.com"))
        .original_rcpt_to(address("ben@example.com"))
        .reported_domain("example.com")
        .reported_uri("https://example.com/a?b=c");
    let header = Returned::Header((&b"Subject: Gewonnen!\r\n\r\n"[..]).into());
    let (message, sender) = build(builder().feedback_report(report).returned(header)).unwrap();
    assert_eq!(sender.as_deref(), Some("mailer-daemon@example.de"));
    assert_eq!(message.root().content_type().unwrap().param("report-type").unwrap(), "feedback-report");
    let parts: Vec<_> = message.root().children().collect();
    assert_eq!(parts[2].essence(), "text/rfc822-headers");
    let octets = parts[1].decode();
    let mut defects = Vec::new();
    let read = ReadFeedback::parse(&octets, &Config::new(), &mut defects);
    assert_eq!(defects, []);
    assert_eq!((read.kind(), read.version(), read.incidents()), (FeedbackType::Fraud, Some(1), 3));
    assert_eq!(read.user_agent().unwrap(), "Postwire/1.0");
    assert_eq!(read.original_envelope_id().unwrap(), "E1");
    assert_eq!(read.original_mail_from().unwrap().trim_matches(['<', '>']), "");
    assert_eq!(read.source_ip(), Some("2001:db8::1".parse().unwrap()));
    assert_eq!(read.original_rcpt_to().count(), 2);
    assert_eq!(read.reported_domains().collect::<Vec<_>>(), ["example.com"]);
    assert_eq!(read.reported_uris().collect::<Vec<_>>(), ["https://example.com/a?b=c"]);
    assert_eq!(read.authentication_results().count(), 1);
    assert!(read.arrival_date().is_some());
}

#[test]
fn what_a_report_lacks_is_told() {
    let refused = |builder: MessageBuilder| build(builder).unwrap_err();
    assert_eq!(
        refused(builder().delivery_report(DeliveryReport::new("mx"))),
        ComposeError::Invalid { field: "Final-Recipient" }
    );
    let unknown = DispositionReport::new(address("a@example.com"), DispositionType::Unknown);
    assert_eq!(
        refused(builder().disposition_report(unknown)),
        ComposeError::Invalid { field: "Disposition" }
    );
    let report = || FeedbackReport::new(FeedbackType::Abuse, "x/1");
    assert_eq!(refused(builder().feedback_report(report())), ComposeError::ReportWithoutMessage);
    let header = || Returned::Header((&b"Subject: x\r\n"[..]).into());
    let from = || MessageBuilder::new().from(("x", "a@example.de").try_into().unwrap());
    assert_eq!(refused(from().feedback_report(report()).returned(header())), ComposeError::ReportWithoutText);
    let attached =
        builder().feedback_report(report()).returned(header()).attach(Attachment::new("a", &b"x"[..]));
    assert_eq!(refused(attached), ComposeError::ReportWithAttachments);
    assert_eq!(refused(builder().returned(header())), ComposeError::ReturnedWithoutReport);
    // INJ-11, in what a report says.
    for wrong in ["x\r\nBcc: y", "x\ny", "x\0y"] {
        let octet = |error| matches!(error, ComposeError::Octet { .. });
        assert!(octet(refused(
            builder().feedback_report(FeedbackReport::new(FeedbackType::Abuse, wrong)).returned(header())
        )));
        assert!(octet(refused(builder().feedback_report(report().reported_uri(wrong)).returned(header()))));
        let recipient = || RecipientReport::new(address("a@example.com"), Action::Failed, STATUS);
        let delivery = DeliveryReport::new(wrong).recipient(recipient());
        assert!(octet(refused(builder().delivery_report(delivery))));
        let delivery = DeliveryReport::new("mx").recipient(recipient().remote_mta(wrong));
        assert!(octet(refused(builder().delivery_report(delivery))));
        let mdn =
            DispositionReport::new(address("a@example.com"), DispositionType::Deleted).reporting_ua(wrong);
        assert!(octet(refused(builder().disposition_report(mdn))));
    }
}

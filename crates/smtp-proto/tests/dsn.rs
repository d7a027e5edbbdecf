//! Delivery status notifications.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use proptest::prelude::*;
use smtp_proto::dsn::{Action, DsnError, RecipientReport, Report};
use smtp_proto::{
    DateTime, EnhancedCode, ForwardPath, Notify, OriginalRecipient, Reply, ReplyParser, Return, ReversePath,
};

fn date() -> DateTime {
    DateTime::from_unix(1_795_521_600, 0).unwrap()
}

fn report() -> Report {
    Report::new("mx.example.org".parse().unwrap(), "<dsn1@mx.example.org>", "=_b", date()).unwrap()
}

fn failed(path: &str) -> RecipientReport {
    RecipientReport::new(path.parse().unwrap(), Action::Failed, EnhancedCode::new(5, 1, 1).unwrap())
}

fn text(report: &Report, to: &str) -> String {
    let to: ReversePath = to.parse().unwrap();
    String::from_utf8(report.compose(&to).unwrap().chunks().concat()).unwrap()
}

const ORIGINAL: &str = "From: alice@example.org\r\nSubject: x\r\n\r\nThe body\r\n";

#[test]
fn a_report_as_rfc_3464_has_it() {
    let reply = Reply::new(550, "no such user\nask the postmaster").unwrap().with_enhanced(5, 1, 1).unwrap();
    let recipient = failed("bob@example.net")
        .original(OriginalRecipient::new("rfc822", "bobby@example.net").unwrap())
        .remote_mta("mx.example.net".parse().unwrap())
        .diagnostic(reply)
        .last_attempt(date());
    let report =
        report().arrival(date()).envid(Bytes::from("QQ314159")).recipient(recipient).original(ORIGINAL);
    let text = text(&report, "alice@example.org");
    for part in [
        "To: <alice@example.org>\r\n",
        "Auto-Submitted: auto-replied\r\n",
        "Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"=_b\"\r\n",
        "Content-Type: message/delivery-status\r\n\r\nOriginal-Envelope-Id: QQ314159\r\nReporting-MTA: dns; mx.example.org\r\n\
         Arrival-Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n\r\nOriginal-Recipient: rfc822; bobby@example.net\r\n\
         Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.example.net\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\t550 5.1.1 ask the postmaster\r\n\
         Last-Attempt-Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n",
        "Content-Type: text/rfc822-headers\r\n\r\nFrom: alice@example.org\r\nSubject: x\r\n\r\n\r\n--=_b--\r\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains("The body"));
}

#[test]
fn the_whole_message_is_returned_by_reference() {
    let original = Bytes::from(ORIGINAL.repeat(100));
    let report = report().ret(Return::Full).recipient(failed("bob@example.net")).original(original.clone());
    let dsn = report.compose(&"alice@example.org".parse().unwrap()).unwrap();
    assert!(dsn.chunks().iter().any(|chunk| chunk.as_ptr() == original.as_ptr()));
    assert_eq!(dsn.octets(), dsn.chunks().concat().len() as u64);
    assert_eq!(dsn.to().to_string(), "alice@example.org");
}

#[test]
fn notifications_are_never_answered() {
    let report = report().recipient(failed("bob@example.net"));
    assert_eq!(report.compose(&ReversePath::Null).unwrap_err(), DsnError::NullReversePath);
}

#[test]
fn notify_is_honoured() {
    let delayed = RecipientReport::new(
        "d@example.net".parse().unwrap(),
        Action::Delayed,
        EnhancedCode::new(4, 4, 1).unwrap(),
    )
    .will_retry_until(date());
    let all = report()
        .recipient(failed("never@example.net"))
        .recipient(failed("bob@example.net"))
        .recipient(delayed);
    let some = all.clone().honouring(|recipient| match recipient.path() {
        ForwardPath::Mailbox(mailbox) if mailbox.to_string().starts_with("never") => Some(Notify::Never),
        _ => None,
    });
    let text = text(&some, "alice@example.org");
    assert!(!text.contains("never@") && text.contains("bob@") && text.contains("Will-Retry-Until: Tue"));
    let nobody = all.honouring(|_| Some(Notify::On { success: true, failure: false, delay: false }));
    assert_eq!(nobody.compose(&"alice@example.org".parse().unwrap()).unwrap_err(), DsnError::NothingToReport);
}

#[test]
fn addresses_that_are_not_ascii() {
    let text = text(
        &report().recipient(failed("jürgen@groß.example")).original("Subject: Ü\r\n\r\n"),
        "alice@example.org",
    );
    assert!(
        text.contains("Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n")
    );
    assert!(text.contains("Final-Recipient: utf-8; jürgen@groß.example\r\n"));
    assert!(text.contains("Content-Type: message/global-headers\r\nContent-Transfer-Encoding: 8bit\r\n"));
}

#[test]
fn a_boundary_in_the_message_is_refused_wherever_it_is_cut() {
    let original = b"Subject: x\r\n\r\n--=_bound\r\n";
    for cut in 0..original.len() {
        let report = Report::new("mx.example".parse().unwrap(), "<a@b>", "=_bound", date())
            .unwrap()
            .ret(Return::Full)
            .recipient(failed("bob@example.net"))
            .original(Bytes::from_static(&original[..cut]))
            .original(Bytes::from_static(&original[cut..]));
        assert_eq!(
            report.compose(&"a@example.org".parse().unwrap()).unwrap_err(),
            DsnError::Boundary,
            "cut at {cut}"
        );
    }
}

#[test]
fn what_is_not_an_id_or_boundary_is_refused() {
    let new =
        |id: &str, boundary: &str| Report::new("mx.example".parse().unwrap(), id, boundary, date()).map(drop);
    for id in ["a@b", "<a>", "<a@b>\r\nBcc: x", "<@b>", "<a b@c>", "<a@b@c>"] {
        assert_eq!(new(id, "b"), Err(DsnError::MessageId), "{id}");
    }
    for boundary in ["", "a\"b", "a\r\nb", "a b", &"x".repeat(71)] {
        assert_eq!(new("<a@b>", boundary), Err(DsnError::Boundary), "{boundary}");
    }
}

proptest! {
    #[test]
    fn a_hostile_reply_makes_no_line_of_its_own(octets in prop::collection::vec(any::<u8>(), 0..2000), envid in prop::collection::vec(any::<u8>(), 0..2000)) {
        let line: Vec<u8> = b"550 ".iter().chain(octets.iter().filter(|octet| **octet != b'\n')).copied().collect();
        let Ok(Some(reply)) = ReplyParser::new(10, 10_000).line(&line.into()) else { return Ok(()) };
        let report = report().envid(envid.into()).recipient(failed("bob@example.net").diagnostic(reply));
        let text = text(&report, "alice@example.org");
        for line in text.split("\r\n") {
            prop_assert!(line.len() <= 998);
            prop_assert!(!line.bytes().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
        }
        prop_assert_eq!(text.matches("\r\n--=_b").count(), 4);
        prop_assert!(text.is_ascii());
    }
}

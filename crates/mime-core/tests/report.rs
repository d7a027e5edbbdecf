//! Reports: examples of their RFCs, real ones, damaged ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use std::path::{Path, PathBuf};

use mime_core::{
    Config, Defect, DefectKind,
    report::{
        Action, AuthFailure, DeliveryStatus, DispositionNotification, DispositionType, FeedbackReport,
        FeedbackType, Fields, RecipientStatus,
    },
};
use proptest::prelude::*;

fn delivery(octets: &[u8]) -> (DeliveryStatus<'_>, Vec<Defect>) {
    let mut defects = Vec::new();
    let status = DeliveryStatus::parse(octets, &Config::new(), &mut defects);
    assert!(
        defects.iter().all(|defect| defect.span.end <= octets.len() && defect.span.start <= defect.span.end)
    );
    (status, defects)
}

fn kinds(defects: &[Defect]) -> Vec<DefectKind> {
    defects.iter().map(|defect| defect.kind).collect()
}

/// Final recipient, action, status.
fn outcome(recipient: &RecipientStatus<'_>) -> (String, Action, String) {
    (
        recipient.final_recipient().map(|typed| typed.address().into_owned()).unwrap_or_default(),
        recipient.action(),
        recipient.status().map(|status| status.to_string()).unwrap_or_default(),
    )
}

fn outcomes(octets: &[u8]) -> Vec<(String, Action, String)> {
    delivery(octets).0.recipients().iter().map(outcome).collect()
}

fn expect(address: &str, action: Action, status: &str) -> (String, Action, String) {
    (address.to_owned(), action, status.to_owned())
}

#[test]
fn rfc_3464_simple() {
    let (status, defects) = delivery(
        b"Reporting-MTA: dns; cs.utk.edu\r\n\r\n\
        Original-Recipient: rfc822;louisl@larry.slip.umd.edu\r\n\
        Final-Recipient: rfc822;louisl@larry.slip.umd.edu\r\n\
        Action: failed\r\nStatus: 4.0.0\r\n\
        Diagnostic-Code: smtp; 426 connection timed out\r\n\
        Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\r\n\r\n",
    );
    assert_eq!(defects, []);
    assert_eq!(status.reporting_mta().unwrap().value(), "cs.utk.edu");
    let [recipient] = status.recipients() else { panic!() };
    assert_eq!(outcome(recipient), expect("louisl@larry.slip.umd.edu", Action::Failed, "4.0.0"));
    assert_eq!(recipient.original_recipient().unwrap().address(), "louisl@larry.slip.umd.edu");
    assert_eq!(recipient.diagnostic_code().unwrap().reply_code(), Some(426));
    assert_eq!(recipient.last_attempt_date().unwrap().text(), "Thu, 7 Jul 1994 17:15:49 -0400");
    assert!(recipient.remote_mta().is_none() && recipient.will_retry_until().is_none());
}

#[test]
fn rfc_3464_several_recipients() {
    let octets = b"Reporting-MTA: dns; cs.utk.edu\r\n\r\n\
        Original-Recipient: rfc822;arathib@vnet.ibm.com\r\n\
        Final-Recipient: rfc822;arathib@vnet.ibm.com\r\n\
        Action: failed\r\nStatus: 5.0.0 (permanent failure)\r\n\
        Diagnostic-Code: smtp;  550 'arathib@vnet.IBM.COM' is not a\r\n  registered gateway user\r\n\
        Remote-MTA: dns; vnet.ibm.com\r\n\r\n\
        Original-Recipient: rfc822;johnh@hpnjld.njd.hp.com\r\n\
        Final-Recipient: rfc822;johnh@hpnjld.njd.hp.com\r\n\
        Action: delayed\r\nStatus: 4.0.0 (hpnjld.njd.jp.com: host name lookup failure)\r\n\r\n\
        Original-Recipient: rfc822;wsnell@sdcc13.ucsd.edu\r\n\
        Final-Recipient: rfc822;wsnell@sdcc13.ucsd.edu\r\n\
        Action: failed\r\nStatus: 5.0.0\r\n\
        Diagnostic-Code: smtp; 550 user unknown\r\nRemote-MTA: dns; sdcc13.ucsd.edu\r\n\r\n";
    let (status, defects) = delivery(octets);
    assert_eq!(defects, []);
    assert_eq!(
        status.recipients().iter().map(outcome).collect::<Vec<_>>(),
        [
            expect("arathib@vnet.ibm.com", Action::Failed, "5.0.0"),
            expect("johnh@hpnjld.njd.hp.com", Action::Delayed, "4.0.0"),
            expect("wsnell@sdcc13.ucsd.edu", Action::Failed, "5.0.0"),
        ]
    );
    let code = status.recipients()[0].diagnostic_code().unwrap();
    assert_eq!(code.value(), "550 'arathib@vnet.IBM.COM' is not a registered gateway user");
    // With LF alone it is the same.
    let lf: Vec<u8> = octets.iter().copied().filter(|&octet| octet != b'\r').collect();
    assert_eq!(outcomes(&lf), outcomes(octets));
}

#[test]
fn rfc_3464_foreign_types_and_gateway() {
    let (status, defects) = delivery(
        b"Reporting-MTA: mailbus; SYS30\r\n\r\n\
        Final-Recipient: unknown; nair_s\r\nStatus: 5.0.0 (unknown permanent failure)\r\nAction: failed\r\n",
    );
    assert_eq!(defects, []);
    assert_eq!(status.reporting_mta().unwrap().kind(), "mailbus");
    assert_eq!(status.recipients()[0].final_recipient().unwrap().kind(), "unknown");
    assert_eq!(outcome(&status.recipients()[0]), expect("nair_s", Action::Failed, "5.0.0"));
}

#[test]
fn rfc_6533_utf8_addresses() {
    let content = "Reporting-MTA: dns; mx.müller.example\r\nOriginal-Envelope-Id: 42\r\n\r\n\
        Original-Recipient: utf-8; J\\x{F6}rg@m\\x{FC}ller.example\r\n\
        Final-Recipient: utf-8; Jörg@müller.example\r\n\
        Action: failed\r\nStatus: 5.6.7\r\nDiagnostic-Code: smtp; 550 5.6.7 no\r\n\
        Localized-Diagnostic: de; gibt es nicht\r\nX-Extra: täglich\r\n";
    let (status, defects) = delivery(content.as_bytes());
    assert_eq!(defects, []);
    assert_eq!(status.reporting_mta().unwrap().value(), "mx.müller.example");
    assert_eq!(status.original_envelope_id().unwrap(), "42");
    let [recipient] = status.recipients() else { panic!() };
    assert_eq!(recipient.original_recipient().unwrap().address(), "Jörg@müller.example");
    assert_eq!(recipient.final_recipient().unwrap().address(), "Jörg@müller.example");
    let localized: Vec<_> = recipient.localized_diagnostics().collect();
    assert_eq!((localized[0].kind(), localized[0].value()), ("de", "gibt es nicht"));
    assert_eq!(recipient.fields().text("x-extra").unwrap(), "täglich");
}

#[test]
fn quirk_mime_230() {
    // No empty line between the fields of the message and those of the recipient.
    let octets =
        b"Reporting-MTA: dns; x\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    let (status, defects) = delivery(octets);
    assert_eq!(status.reporting_mta().unwrap().value(), "x");
    assert_eq!(status.fields().count(), 1);
    assert_eq!(outcomes(octets), [expect("a@b", Action::Failed, "5.1.1")]);
    assert_eq!(kinds(&defects), [DefectKind::ContainerDamaged]);
    assert_eq!(&octets[defects[0].span.clone()], b"Final-Recipient: rfc822; a@b");
}

#[test]
fn blocks_that_run_together_or_fall_apart() {
    // Two recipients in one block.
    let octets = b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\
        Final-Recipient: rfc822; c@d\nAction: delivered\nStatus: 2.0.0\n";
    let expected = [expect("a@b", Action::Failed, "5.1.1"), expect("c@d", Action::Delivered, "2.0.0")];
    assert_eq!(outcomes(octets), expected);
    assert_eq!(kinds(&delivery(octets).1), [DefectKind::ContainerDamaged]);
    // One recipient in two blocks.
    let octets =
        b"Reporting-MTA: dns; x\n\nOriginal-Recipient: rfc822; z@b\n\nFinal-Recipient: rfc822; a@b\n\n\
        Action: failed\nStatus: 5.1.1\n";
    assert_eq!(outcomes(octets), [expect("a@b", Action::Failed, "5.1.1")]);
    assert_eq!(kinds(&delivery(octets).1), [DefectKind::ContainerDamaged; 2]);
    // Action before the name, as some write it, and in the block of the message.
    let octets = b"Reporting-MTA: dns; x\n\nAction: failed\nFinal-Recipient: rfc822; a@b\nStatus: 5.1.1\n\n\
        Action: delayed\nFinal-Recipient: rfc822; c@d\nStatus: 4.1.1\n";
    let expected = [expect("a@b", Action::Failed, "5.1.1"), expect("c@d", Action::Delayed, "4.1.1")];
    assert_eq!(outcomes(octets), expected);
    assert_eq!(delivery(octets).1, []);
    // An empty line inside the fields of the message.
    let octets = b"\nReporting-MTA: dns; x\n\nArrival-Date: Thu, 7 Jul 1994 17:15:49 -0400\n\n\
        Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n";
    let (status, defects) = delivery(octets);
    assert_eq!(defects, []);
    assert_eq!(status.arrival_date().unwrap().text(), "Thu, 7 Jul 1994 17:15:49 -0400");
    assert_eq!(outcomes(octets), [expect("a@b", Action::Failed, "5.1.1")]);
}

#[test]
fn what_is_missing_or_twice_is_told() {
    let octets =
        b"X: 1\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nAction: delivered\nStatus: none\nnonsense\n";
    let (status, defects) = delivery(octets);
    assert_eq!(
        kinds(&defects),
        [
            DefectKind::DuplicateField,
            DefectKind::InvalidValue,
            DefectKind::NonHeaderLine,
            DefectKind::ContainerDamaged
        ]
    );
    // The first stands.
    assert_eq!(outcome(&status.recipients()[0]), expect("a@b", Action::Failed, ""));
    let (status, defects) = delivery(b"");
    assert_eq!((status.recipients().len(), kinds(&defects)), (0, vec![DefectKind::ContainerDamaged]));
}

#[test]
fn recipients_have_a_limit() {
    let config = Config::new().limits(mime_core::Limits::new().addresses(2));
    let octets =
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n".to_vec();
    let more = b"Final-Recipient: rfc822; c@d\nAction: failed\nStatus: 5.1.1\n\n".repeat(3);
    let octets = [octets, more].concat();
    let mut defects = Vec::new();
    let status = DeliveryStatus::parse(&octets, &config, &mut defects);
    assert_eq!((status.recipients().len(), kinds(&defects)), (2, vec![DefectKind::LimitTruncated]));
    // What follows is there.
    assert_eq!(status.recipients()[1].fields().all("final-recipient").count(), 3);
}

#[test]
fn rfc_8098_example() {
    let mut defects = Vec::new();
    let content = b"Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n\
        Original-Recipient: rfc822;Joe_Recipient@example.com\r\n\
        Final-Recipient: rfc822;Joe_Recipient@example.com\r\n\
        Original-Message-ID: <199509192301.23456@example.org>\r\n\
        Disposition: manual-action/MDN-sent-manually; displayed\r\n";
    let notification = DispositionNotification::parse(content, &Config::new(), &mut defects);
    assert_eq!(defects, []);
    assert_eq!(notification.reporting_ua().unwrap(), "joes-pc.cs.example.com; Foomail 97.1");
    assert_eq!(notification.final_recipient().unwrap().address(), "Joe_Recipient@example.com");
    assert_eq!(notification.original_recipient().unwrap().address(), "Joe_Recipient@example.com");
    assert_eq!(notification.original_message_id().unwrap(), "<199509192301.23456@example.org>");
    let disposition = notification.disposition().unwrap();
    assert_eq!(disposition.kind, DispositionType::Displayed);
    assert!(!disposition.automatic_action && !disposition.sent_automatically && !disposition.is_error());
}

#[test]
fn dispositions() {
    for (value, automatic, sent, kind, modifiers) in [
        ("manual-action/MDN-sent-manually; displayed", false, false, DispositionType::Displayed, ""),
        (
            "Automatic-Action / mdn-sent-automatically;\r\n processed/ error, x-y",
            true,
            true,
            DispositionType::Processed,
            "error|x-y",
        ),
        (
            "manual-action/MDN-sent-automatically ;deleted (by rule)",
            false,
            true,
            DispositionType::Deleted,
            "",
        ),
        ("automatic-action; dispatched", true, true, DispositionType::Dispatched, ""),
        ("x; mangled", true, true, DispositionType::Unknown, ""),
    ] {
        let content = format!("Final-Recipient: rfc822;a@b\r\nDisposition: {value}\r\n");
        let mut defects = Vec::new();
        let notification = DispositionNotification::parse(content.as_bytes(), &Config::new(), &mut defects);
        assert_eq!(defects, [], "{value}");
        let found = notification.disposition().unwrap();
        assert_eq!(
            (found.automatic_action, found.sent_automatically, found.kind),
            (automatic, sent, kind),
            "{value}"
        );
        assert_eq!(found.modifiers().collect::<Vec<_>>().join("|"), modifiers, "{value}");
    }
    let mut defects = Vec::new();
    let content = b"Disposition: displayed\nDisposition: x\nError: one\nError: two\n";
    let notification = DispositionNotification::parse(content, &Config::new(), &mut defects);
    assert_eq!(
        kinds(&defects),
        [DefectKind::DuplicateField, DefectKind::ContainerDamaged, DefectKind::InvalidValue]
    );
    assert_eq!(notification.disposition(), None);
    assert_eq!(notification.errors().collect::<Vec<_>>(), ["one", "two"]);
}

fn feedback(octets: &[u8]) -> (FeedbackReport<'_>, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let report = FeedbackReport::parse(octets, &Config::new(), &mut defects);
    (report, kinds(&defects))
}

#[test]
fn rfc_5965_full() {
    let (report, defects) = feedback(
        b"Feedback-Type: abuse\r\nUser-Agent: SomeGenerator/1.0\r\nVersion: 1\r\n\
        Original-Mail-From: <somespammer@example.net>\r\nOriginal-Rcpt-To: <user@example.com>\r\n\
        Arrival-Date: Thu, 8 Mar 2005 14:00:00 EDT\r\nReporting-MTA: dns; mail.example.com\r\n\
        Source-IP: 192.0.2.1\r\nAuthentication-Results: mail.example.com;\r\n             spf=fail smtp.mail=x\r\n\
        Reported-Domain: example.net\r\nReported-Uri: http://example.net/earn_money.html\r\n\
        Reported-Uri: mailto:user@example.com\r\nRemoval-Recipient: user@example.com\r\n",
    );
    assert_eq!(defects, []);
    assert_eq!(report.kind(), FeedbackType::Abuse);
    assert_eq!(report.user_agent().unwrap(), "SomeGenerator/1.0");
    assert_eq!(report.original_mail_from().unwrap(), "somespammer@example.net");
    assert_eq!(report.original_rcpt_to().collect::<Vec<_>>(), ["user@example.com"]);
    assert_eq!(report.reporting_mta().unwrap().value(), "mail.example.com");
    assert_eq!(report.source_ip().unwrap().to_string(), "192.0.2.1");
    assert_eq!(report.reported_domains().collect::<Vec<_>>(), ["example.net"]);
    assert_eq!(
        report.reported_uris().collect::<Vec<_>>(),
        ["http://example.net/earn_money.html", "mailto:user@example.com"]
    );
    let results: Vec<_> = report.authentication_results().map(|field| field.text().into_owned()).collect();
    assert_eq!(results, ["mail.example.com; spf=fail smtp.mail=x"]);
    assert_eq!(report.fields().text("removal-recipient").unwrap(), "user@example.com");
    assert_eq!((report.auth_failure(), report.source_port()), (None, None));
}

#[test]
fn rfc_6591_authentication_failures() {
    let (report, defects) = feedback(
        b"Feedback-Type: auth-failure\nVersion: 1\nUser-Agent: x\nAuth-Failure: dmarc (no DKIM)\n\
        Source-IP: [IPv6:2001:db8::1] (host.example)\nSource-Port: 4711\nOriginal-Mail-From: <>\n\
        Identity-Alignment: spf\nDKIM-Domain: example.net\nDKIM-Selector: s1\nDelivery-Result: reject\n",
    );
    assert_eq!(defects, []);
    assert_eq!((report.kind(), report.auth_failure()), (FeedbackType::AuthFailure, Some(AuthFailure::Dmarc)));
    assert_eq!(report.source_ip().unwrap().to_string(), "2001:db8::1");
    assert_eq!(report.source_port(), Some(4711));
    assert_eq!(report.original_mail_from().unwrap(), "");
    let alignment = report.identity_alignment().unwrap();
    assert!(alignment.spf && !alignment.dkim);
    assert_eq!(report.delivery_result(), Some(mime_core::report::DeliveryResult::Reject));
    assert_eq!(
        (report.dkim_domain().unwrap(), report.dkim_selector().unwrap()),
        ("example.net".into(), "s1".into())
    );
}

#[test]
fn feedback_that_makes_no_sense_is_told() {
    let (report, defects) =
        feedback(b"Feedback-Type: abuse\nVersion: 0.1\nIncidents: 99999999999\nSource-IP: x.x.x.x\n");
    assert_eq!(defects[0], DefectKind::ContainerDamaged);
    assert_eq!(defects[1..], [DefectKind::InvalidValue; 3]);
    assert_eq!((report.version(), report.incidents(), report.source_ip()), (None, 1, None));
}

/// The content of the first part of this type, as far as a search can find it.
fn part<'a>(message: &'a [u8], kind: &str) -> Option<&'a [u8]> {
    let text = message.to_ascii_lowercase();
    let at = memchr::memmem::find_iter(&text, kind).find(|&at| {
        let line = text[..at].iter().rposition(|&octet| octet == b'\n').map_or(0, |at| at + 1);
        text[line..at].trim_ascii() == b"content-type:"
    })?;
    let lines = Lines(message, at);
    let start = lines.into_iter().find(|(_, line)| line.trim_ascii().is_empty())?.1.as_ptr().addr()
        - message.as_ptr().addr();
    let end = memchr::memmem::find(&message[start..], b"\n--").map_or(message.len(), |end| start + end + 1);
    Some(&message[start..end])
}

struct Lines<'a>(&'a [u8], usize);

impl<'a> Iterator for Lines<'a> {
    type Item = (usize, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.get(self.1..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        self.1 += length;
        Some((self.1, &rest[..length]))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn corpora_delivery_status() {
    let Some(corpora) = test_support::corpora() else { return };
    let failed = |address: &str, status: &str| expect(address, Action::Failed, status);
    let three = vec![
        failed("arathib@vnet.ibm.com", "5.0.0"),
        expect("johnh@hpnjld.njd.hp.com", Action::Delayed, "4.0.0"),
        failed("wsnell@sdcc13.ucsd.edu", "5.0.0"),
    ];
    let expected = [
        ("kumomta/rfc3464/1.eml", vec![failed("louisl@larry.slip.umd.edu", "4.0.0")]),
        ("kumomta/rfc3464/2.eml", three.clone()),
        ("kumomta/rfc3464/3.eml", vec![failed("nair_s", "5.0.0")]),
        ("kumomta/rfc3464/4.eml", vec![expect("thomas@de-montfort.ac.uk", Action::Delayed, "4.0.0")]),
        ("kumomta/rfc3464/5.eml", vec![failed("recipient@domain.com", "5.0.0")]),
        ("kumomta/rfc3464/6.eml", vec![failed("redacted@example.com", "5.0.0")]),
        ("kumomta/rfc3464/obsolete_arrival_date.eml", vec![failed("user@example.com", "5.1.1")]),
        ("enmime/testdata/multi_recipient_dsn.raw", three),
        ("nodemailer-mailparser/delivery-status.eml", vec![failed("xxxx@xxxx.com", "5.1.1")]),
    ];
    for (file, expected) in &expected {
        let message = std::fs::read(corpora.join(file)).unwrap();
        let content = part(&message, "message/delivery-status").expect(file);
        assert_eq!(outcomes(content), *expected, "{file}");
    }
    let message = std::fs::read(corpora.join("kumomta/rfc3464/6.eml")).unwrap();
    let (status, _) = delivery(part(&message, "message/delivery-status").unwrap());
    assert_eq!(status.recipients()[0].remote_mta().unwrap().value(), "example-com.mail.eo.outlook.com:25");
    // And every other one that there is: each recipient has an address and a status.
    let (mut reports, mut recipients) = (0, 0);
    for folder in [
        "kumomta/rfc3464",
        "enmime/testdata",
        "nodemailer-mailparser",
        "cpython/data",
        "postal-mime",
        "commons-email",
        "php-mime-mail-parser",
        "libetpan/mime-parser/data/input/mbox/jwz",
    ] {
        for file in files(&corpora.join(folder)).iter().filter(|file| file.is_file()) {
            let message = std::fs::read(file).unwrap();
            let Some(content) = part(&message, "message/delivery-status") else { continue };
            let (status, _) = delivery(content);
            reports += 1;
            recipients += status.recipients().len();
            for recipient in status.recipients() {
                let (address, action, code) = outcome(recipient);
                assert!(!address.is_empty() && action != Action::Unknown, "{file:?}");
                // One of 1996 has none.
                assert!(!code.is_empty() || file.ends_with("jwz/132"), "{file:?}");
            }
        }
    }
    eprintln!("{reports} delivery reports, {recipients} recipients");
    assert!(reports >= 12 && recipients >= 18, "{reports} {recipients}");
}

#[test]
fn corpora_feedback() {
    let Some(corpora) = test_support::corpora() else { return };
    let mut count = 0;
    for file in files(&corpora.join("mail-auth/arf"))
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "eml"))
    {
        let message = std::fs::read(file).unwrap();
        let (report, _) = feedback(part(&message, "message/feedback-report").unwrap());
        let json: serde_json::Value =
            serde_json::from_slice(&std::fs::read(file.with_extension("json")).unwrap()).unwrap();
        let text = |name: &str| json[name].as_str().map(|text| text.trim_matches(['<', '>']).to_owned());
        let list = |name: &str| -> Vec<String> {
            json[name].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(format!("{:?}", report.kind()), json["feedback_type"], "{file:?}");
        assert_eq!(report.user_agent().map(Into::into), text("user_agent"), "{file:?}");
        assert_eq!(report.version().map(u64::from), json["version"].as_u64());
        assert_eq!(Some(u64::from(report.incidents())), json["incidents"].as_u64());
        assert_eq!(report.original_envelope_id().map(Into::into), text("original_envelope_id"));
        assert_eq!(report.original_mail_from().map(Into::into), text("original_mail_from"));
        assert_eq!(report.original_rcpt_to().next().map(Into::into), text("original_rcpt_to"));
        assert_eq!(report.reported_domains().collect::<Vec<_>>(), list("reported_domain"));
        assert_eq!(report.reported_uris().collect::<Vec<_>>(), list("reported_uri"));
        assert_eq!(report.source_ip().map(|ip| ip.to_string()), text("source_ip"), "{file:?}");
        assert_eq!(report.authentication_results().count(), list("authentication_results").len());
        assert_eq!(report.dkim_domain().map(Into::into), text("dkim_domain"));
        assert_eq!(report.dkim_identity().map(Into::into), text("dkim_identity"));
        assert_eq!(report.dkim_selector().map(Into::into), text("dkim_selector"));
        let failure =
            report.auth_failure().map_or("Unspecified".to_owned(), |failure| format!("{failure:?}"));
        assert_eq!(failure, json["auth_failure"], "{file:?}");
        count += 1;
    }
    assert_eq!(count, 5);
    let expected = ["abuse", "abuse", "abuse", "abuse"];
    for (number, kind) in (1..).zip(expected) {
        let message = std::fs::read(corpora.join(format!("kumomta/rfc5965/{number}.eml"))).unwrap();
        let (report, _) = feedback(part(&message, "message/feedback-report").unwrap());
        assert_eq!(report.fields().text("feedback-type").unwrap(), kind);
        assert_eq!(report.kind(), FeedbackType::Abuse);
        assert!(number == 1 || report.original_mail_from().unwrap().contains('@'));
    }
    eprintln!("{} feedback reports", count + expected.len());
}

#[test]
fn cut_at_every_octet() {
    let octets = b"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
        Final-Recipient: rfc822; c@d\r\n folded\r\nAction: failed\r\nStatus: 5.1.1\r\n";
    let mut before = 0;
    for end in 0..=octets.len() {
        let (status, _) = delivery(&octets[..end]);
        assert!(status.recipients().len() >= before, "{end}");
        before = status.recipients().len();
    }
    assert_eq!(before, 2);
}

#[test]
fn work_is_linear() {
    // Each of these is quadratic for a parser that looks ahead too often; 200 kB would take minutes.
    for piece in [
        &b"\n"[..],
        b"A:\n",
        b"A:\n\n",
        b"Action: failed\n\n",
        b"Final-Recipient: rfc822; a\n",
        b" \n",
        b"x\n",
        b"A: b\n \n",
        b"Original-Recipient: x\n\n",
        b"Status: (\n",
    ] {
        let octets = piece.repeat(200_000 / piece.len());
        let mut defects = 0usize;
        struct Count<'a>(&'a mut usize);
        impl mime_core::Report for Count<'_> {
            fn report(&mut self, _: DefectKind, _: std::ops::Range<usize>) {
                *self.0 += 1;
            }
        }
        let status = DeliveryStatus::parse(&octets, &Config::new(), &mut Count(&mut defects));
        assert!(status.recipients().len() <= 100_000 && defects <= octets.len());
        DispositionNotification::parse(&octets, &Config::new(), &mut ());
        FeedbackReport::parse(&octets, &Config::new(), &mut ());
    }
}

fn report_like() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"Reporting-MTA: dns; x\r\n"[..]),
        Just(&b"Final-Recipient: rfc822;a@b\n"[..]),
        Just(&b"Original-Recipient: utf-8;\\x{F6}"[..]),
        Just(&b"Action: failed"[..]),
        Just(&b"Status: 5.1.1"[..]),
        Just(&b"Disposition: a/b;c/d"[..]),
        Just(&b"Source-IP: ["[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b" "[..]),
        Just(&b":"[..]),
        Just(&b"("[..]),
        Just(&b")"[..]),
        Just(&b";"[..]),
        Just(&b"\xfc"[..]),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn never_panics_and_loses_nothing(octets in prop_oneof![report_like(), any::<Vec<u8>>()]) {
        let (status, _) = delivery(&octets);
        let all: usize = status.recipients().iter().map(|recipient| recipient.fields().count()).sum();
        prop_assert_eq!(status.fields().count() + all, Fields::new(&octets).count());
        for recipient in status.recipients() {
            let _ = (outcome(recipient), recipient.diagnostic_code().map(|code| code.reply_status()));
        }
        for field in Fields::new(&octets) {
            prop_assert!(octets[field.span()].starts_with(field.name()));
            prop_assert!(octets[field.span()].ends_with(field.value()));
        }
        let (report, _) = feedback(&octets);
        let _ = (report.source_ip(), report.identity_alignment(), report.original_rcpt_to().count());
        let notification = DispositionNotification::parse(&octets, &Config::new(), &mut ());
        let _ = notification.disposition().map(|disposition| disposition.is_error());
    }
}

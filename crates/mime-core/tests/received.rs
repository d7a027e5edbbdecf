//! `Received`: RFC examples, real fields, hostile values, properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // tests

use std::net::IpAddr;

use mime_core::{DefectKind, Received};
use proptest::prelude::*;

fn text(octets: Option<&[u8]>) -> Option<&str> {
    octets.map(|octets| std::str::from_utf8(octets).unwrap())
}

#[test]
fn corpus_mail_parser() {
    let Some(corpora) = test_support::corpora() else { return };
    let json = std::fs::read_to_string(corpora.join("mail-parser/received.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let mut wrong = Vec::new();
    let mut all = 0;
    for row in &rows {
        let value = row["header"].as_str().unwrap();
        let expected = &row["expected"];
        let received = Received::parse(value.as_bytes(), &mut ());
        let wanted = |name: &str| expected[name].as_str();
        let host = |name: &str| expected[name]["Name"].as_str().or(expected[name]["IpAddr"].as_str());
        let bare = |host: Option<&str>| {
            host.map(|host| host.trim_matches(['[', ']']).to_owned()).filter(|host| !host.is_empty())
        };
        let mut check = |what: &str, found: Option<String>, wanted: Option<String>| {
            all += 1;
            if found != wanted {
                wrong.push(format!("{what}: {found:?}, not {wanted:?}: {value:?}"));
            }
        };
        let own = |text: Option<&str>| text.map(str::to_owned);
        check("from", bare(text(received.from().map(|h| h.domain()))), own(host("from")));
        check("by", bare(text(received.by().map(|h| h.domain()))), own(host("by")));
        check("id", own(text(received.id())), own(wanted("id")));
        check("for", own(text(received.for_mailbox())), own(wanted("for_")));
        let with = text(received.protocol()).map(str::to_ascii_uppercase);
        check("with", with, wanted("with").map(str::to_ascii_uppercase));
        let address = received.from().and_then(|h| h.address()).map(|a| a.to_string());
        let literal = expected["from"]["IpAddr"].as_str();
        check("ip", address, own(wanted("from_ip").or(literal)));
        let helo = received.from().and_then(|h| h.helo());
        check("helo", bare(text(helo)), own(host("helo")));
        let date = &expected["date"];
        let date = date.is_object().then(|| {
            format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
                date["year"].as_i64().unwrap(),
                date["month"].as_i64().unwrap(),
                date["day"].as_i64().unwrap(),
                date["hour"].as_i64().unwrap(),
                date["minute"].as_i64().unwrap(),
                date["second"].as_i64().unwrap()
            )
        });
        check("date", received.date().map(|d| d.to_rfc3339()[..19].to_owned()), date);
    }
    println!("mail-parser/received.json: {} of {all} values of {} fields", all - wrong.len(), rows.len());
    // What is left is theirs: dates of years before 1970 or without month names in place, protocols that are guessed
    // from longer words (SMTPSVC), identifiers cut at a slash, names taken out of comments.
    assert_eq!(rows.len(), 181);
    assert!(wrong.len() <= 35, "{wrong:#?}");
}

#[test]
fn rfc_5321_appendix_d_3() {
    let value = b" from bar.com by foo.com ; Thu, 21 May 1998\r\n    05:33:29 -0700";
    let received = Received::parse(value, &mut ());
    assert_eq!(text(received.from().map(|h| h.domain())), Some("bar.com"));
    assert_eq!(text(received.by().map(|h| h.domain())), Some("foo.com"));
    assert_eq!(received.date().unwrap().to_unix(), 895_754_009);
    assert_eq!(
        (received.id(), received.with(), received.via(), received.for_mailbox()),
        (None, None, None, None)
    );
}

#[test]
fn rfc_5322_appendix_a_4() {
    let value = b" from x.y.test\n by example.net\n via TCP\n with ESMTP\n id ABC12345\n \
        for <mary@example.net>;  21 Nov 1997 10:05:43 -0600";
    let received = Received::parse(value, &mut ());
    assert_eq!(text(received.from().map(|h| h.domain())), Some("x.y.test"));
    assert_eq!(text(received.via()), Some("TCP"));
    assert_eq!(text(received.protocol()), Some("ESMTP"));
    assert_eq!(text(received.id()), Some("ABC12345"));
    assert_eq!(text(received.for_mailbox()), Some("mary@example.net"));
    assert_eq!(received.date().unwrap().to_string(), "Fri, 21 Nov 1997 10:05:43 -0600");
}

#[test]
fn hosts() {
    let ip = |text: &str| Some(text.parse::<IpAddr>().unwrap());
    for (value, domain, address, name, helo) in [
        (
            "from a.example (b.example [IPv6:2001:db8::1])",
            "a.example",
            ip("2001:db8::1"),
            Some("b.example"),
            None,
        ),
        ("from [192.0.2.1] (unknown [192.0.2.1])", "[192.0.2.1]", ip("192.0.2.1"), None, None),
        ("from [192.0.2.1]", "[192.0.2.1]", ip("192.0.2.1"), None, None),
        ("from a.example (192.0.2.1)", "a.example", ip("192.0.2.1"), None, None),
        (
            "from a.example ([192.0.2.1:25] helo=b.example)",
            "a.example",
            ip("192.0.2.1"),
            None,
            Some("b.example"),
        ),
        ("from x (EHLO y) (user@z.example 192.0.2.1)", "x", ip("192.0.2.1"), None, Some("y")),
        ("from ([fe80::1%6])", "", ip("fe80::1"), None, None),
        (
            "from m\u{fc}ller.example (m\u{fc}ller.example)",
            "m\u{fc}ller.example",
            None,
            Some("m\u{fc}ller.example"),
            None,
        ),
        ("(from root@localhost) by x", "root@localhost", None, None, None),
        ("FROM x(y.example[192.0.2.7])", "x", ip("192.0.2.7"), Some("y.example"), None),
    ] {
        let received = Received::parse(value.as_bytes(), &mut ());
        let from = received.from().unwrap();
        assert_eq!(text(Some(from.domain())), Some(domain), "{value}");
        assert_eq!(from.address(), address, "{value}");
        assert_eq!(text(from.reverse_name()), name, "{value}");
        assert_eq!(text(from.helo()), helo, "{value}");
    }
}

/// What a client says does not become a clause of its own.
#[test]
fn a_greeting_is_no_clause() {
    let received =
        Received::parse(b"from by (mx.evil.example [192.0.2.1]) by mx.example with SMTP id 1; x", &mut ());
    assert_eq!(text(received.from().map(|h| h.domain())), Some("by"));
    assert_eq!(text(received.by().map(|h| h.domain())), Some("mx.example"));
    let value = b"from x (y by evil.example; 1 Jan 2000 00:00:00 +0000) by mx.example id <\"a;b\"@c>; \
        2 Jan 2000 00:00:00 +0000 (by; 3 Jan 2000)";
    let received = Received::parse(value, &mut ());
    assert_eq!(text(received.by().map(|h| h.domain())), Some("mx.example"));
    assert_eq!(text(received.id()), Some("\"a;b\"@c"));
    assert_eq!(received.date().unwrap().to_rfc3339(), "2000-01-02T00:00:00+00:00");
    let comments: Vec<_> = received.comments().collect();
    assert_eq!(comments, [&b"y by evil.example; 1 Jan 2000 00:00:00 +0000"[..]]);
}

#[test]
fn first_clause_of_each_kind() {
    let received =
        Received::parse(b"from a from b by c by d id e id f for <g> for h with HTTP with SMTP;", &mut ());
    assert_eq!(text(received.from().map(|h| h.domain())), Some("a"));
    assert_eq!(text(received.by().map(|h| h.domain())), Some("c"));
    assert_eq!((text(received.id()), text(received.for_mailbox())), (Some("e"), Some("g")));
    assert_eq!((text(received.with()), received.raw_date()), (Some("HTTP"), Some(&b""[..])));
    let received =
        Received::parse(b"by x with Microsoft SMTP Server (TLS) id 15; 1 Jan 2020 00:00 +0000", &mut ());
    assert_eq!(text(received.with()), Some("Microsoft SMTP Server"));
    assert_eq!(text(received.protocol()), Some("SMTP"));
}

#[test]
fn defects() {
    for (value, kinds) in [
        ("from a by b; 1 Jan 2020 00:00:00 +0000", vec![]),
        ("from a by b", vec![DefectKind::InvalidValue]),
        ("from a (b by c; 1 Jan 2020", vec![DefectKind::Unclosed, DefectKind::InvalidValue]),
        ("", vec![DefectKind::InvalidValue]),
    ] {
        let mut defects = Vec::new();
        let _ = Received::parse(value.as_bytes(), &mut defects);
        assert_eq!(defects.iter().map(|d| d.kind).collect::<Vec<_>>(), kinds, "{value}");
        assert!(defects.iter().all(|d| d.span == (0..value.len())));
    }
}

#[test]
fn nothing_is_allocated() {
    let value =
        b" from x.y.test (mail.example [192.0.2.1]) by example.net\r\n via TCP with ESMTP id ABC12345\r\n \
        for <mary@example.net>; Fri, 21 Nov 1997 10:05:43 -0600 (CST)";
    let (_, allocations) = test_support::alloc::measure(|| {
        let received = Received::parse(value, &mut ());
        (
            received.from().map(|h| (h.address(), h.reverse_name(), h.helo())),
            received.protocol(),
            received.date(),
        )
    });
    assert_eq!(allocations.count_total, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut defects = Vec::new();
        let received = Received::parse(&value, &mut defects);
        let _ = (received.date(), received.protocol(), received.comments().count());
        let _ = received.from().map(|h| (h.address(), h.reverse_name(), h.helo()));
        prop_assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
    }

    #[test]
    fn nearly(value in "(from|by|with|id|for|x.example|[0-9]|\\(|\\)|;|<|>|\\[|\\]|\"| |\r\n ){0,40}") {
        let received = Received::parse(value.as_bytes(), &mut ());
        prop_assert!(received.raw_date().is_none_or(|date| value.as_bytes().ends_with(date)));
        let _ = received.from().map(|h| (h.address(), h.reverse_name(), h.helo()));
    }

    #[test]
    fn what_is_written_is_read(
        from in "[a-z0-9.-]{1,20}", by in "[a-z0-9.-]{1,20}", id in "[A-Za-z0-9.]{1,20}", unix in 0i64..4_000_000_000,
    ) {
        let date = mime_core::DateTime::from_unix(unix, 60).unwrap();
        let value = format!(" from {from} (x [192.0.2.1])\r\n\tby {by} with ESMTPSA id {id}\r\n\tfor <a@b>; {date}");
        let received = Received::parse(value.as_bytes(), &mut ());
        prop_assert_eq!(received.from().map(|h| h.domain()), Some(from.as_bytes()));
        prop_assert_eq!(received.by().map(|h| h.domain()), Some(by.as_bytes()));
        prop_assert_eq!(received.id(), Some(id.as_bytes()));
        prop_assert_eq!(received.date(), Some(date));
        prop_assert_eq!(received.protocol(), Some(&b"ESMTPSA"[..]));
    }
}

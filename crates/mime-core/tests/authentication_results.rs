//! `Authentication-Results`: RFC examples, quirks, attacks, properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // tests

use mime_core::{
    AuthenticationResults, AuthenticationResultsBuilder, AuthenticationResultsError, DefectKind,
};
use proptest::prelude::*;

type Properties = Vec<(String, String, String)>;

/// Every result: method, result, reason, properties.
fn all(results: &AuthenticationResults<'_>) -> Vec<(String, String, Option<String>, Properties)> {
    let results = results.results().map(|result| {
        let properties = result.properties().map(|p| (p.ptype.into(), p.name.into(), p.value.into()));
        (
            result.method().to_owned(),
            result.result().to_owned(),
            result.reason().map(Into::into),
            properties.collect(),
        )
    });
    results.collect()
}

fn read(value: &str) -> (AuthenticationResults<'_>, Vec<DefectKind>) {
    let mut defects = Vec::new();
    let results = AuthenticationResults::parse(value.as_bytes(), &mut defects);
    (results, defects.into_iter().map(|d| d.kind).collect())
}

fn property(ptype: &str, name: &str, value: &str) -> (String, String, String) {
    (ptype.into(), name.into(), value.into())
}

#[test]
fn rfc_8601_appendix_b() {
    // B.2
    let (results, defects) = read(" example.org 1; none");
    assert_eq!((results.authserv_id(), results.version()), (Some("example.org"), Some(1)));
    assert!(results.is_none());
    assert_eq!((all(&results), defects), (vec![], vec![]));
    // B.4
    let (results, defects) = read(
        " example.com;\r\n          auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n          \
         spf=pass smtp.mailfrom=example.net",
    );
    assert!(!results.is_none());
    let auth = ("auth".into(), "pass".into(), None, vec![property("smtp", "auth", "sender@example.net")]);
    let spf = ("spf".into(), "pass".into(), None, vec![property("smtp", "mailfrom", "example.net")]);
    assert_eq!((all(&results), defects), (vec![auth, spf], vec![]));
    // B.7
    let (results, defects) = read(
        " foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n      \
         policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
    );
    assert_eq!((results.authserv_id(), results.version()), (Some("foo.example.net"), Some(1)));
    let dkim = ("dkim".into(), "fail".into(), None, vec![property("policy", "expired", "1362471462")]);
    assert_eq!((all(&results), defects), (vec![dkim], vec![]));
    let result = results.results().next().unwrap();
    assert_eq!(result.version(), Some(1));
    assert_eq!(result.comments().count(), 7);
}

#[test]
fn attack_hdr_23() {
    for value in [
        " mx.our.example (x) 1; dmarc=pass",
        " MX.Our.Example; dmarc=pass",
        " (a(b)\\)) mx.our.example(x)1 ; dmarc=pass",
        "\r\n \"mx.our.example\" 1 (y); dmarc=pass",
        " \"mx.our\\.example\"; dmarc=pass",
        " mx.our.example 99; dmarc=pass",
        " mx.our.example",
        " mx.our.example (unclosed; dmarc=pass",
    ] {
        let (results, _) = read(value);
        assert!(results.is_from("mx.our.example"), "{value}");
    }
    for value in [
        " mx.our.example.evil.example; dmarc=pass",
        " x; mx.our.example; dmarc=pass",
        " (mx.our.example)",
        "",
    ] {
        assert!(!read(value).0.is_from("mx.our.example"), "{value}");
    }
}

#[test]
fn quirk_authres_002() {
    let (results, _) = read(" mta.yahoo.com; dkim=perm_fail header.i=@x.net");
    let dkim = ("dkim".into(), "perm_fail".into(), None, vec![property("header", "i", "@x.net")]);
    assert_eq!(all(&results), [dkim]);
}

#[test]
fn quirk_authres_003() {
    let (results, defects) = read(
        " mx.google.com; dkim=pass header.i=@x.com header.s=s1 header.b=\"ab/cd+e=\"; spf=pass (google.com: domain of \
         a@x.com designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@x.com",
    );
    let dkim = vec![
        property("header", "i", "@x.com"),
        property("header", "s", "s1"),
        property("header", "b", "ab/cd+e="),
    ];
    let spf = vec![property("smtp", "mailfrom", "a@x.com")];
    assert_eq!(
        all(&results),
        [("dkim".into(), "pass".into(), None, dkim), ("spf".into(), "pass".into(), None, spf)]
    );
    assert_eq!(defects, []);
    let comment = results.results().nth(1).unwrap().comments().next().unwrap();
    assert!(comment.starts_with(b"google.com: domain of"));
}

#[test]
fn quirk_authres_006() {
    let (results, defects) = read(
        " spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=x.com; dkim=pass (signature was verified) header.d=x.com;\
         dmarc=pass action=none header.from=x.com;compauth=pass reason=100",
    );
    assert_eq!(results.authserv_id(), None);
    assert!(!results.is_from("spf=pass"));
    let methods: Vec<_> = results.results().map(|r| (r.method(), r.result())).collect();
    assert_eq!(methods, [("spf", "pass"), ("dkim", "pass"), ("dmarc", "pass"), ("compauth", "pass")]);
    let all = all(&results);
    assert_eq!(all[2].3, [property("", "action", "none"), property("header", "from", "x.com")]);
    assert_eq!(all[3].2.as_deref(), Some("100"));
    assert_eq!(defects, [DefectKind::InvalidValue]);
}

#[test]
fn quirk_authres_008() {
    let (results, _) = read(" x.example; dmarc=pass (p=none dis=none) header.from=x.com");
    let dmarc = results.results().next().unwrap();
    assert_eq!(dmarc.comments().collect::<Vec<_>>(), [b"p=none dis=none"]);
    assert_eq!(dmarc.property("Header", "FROM").unwrap(), "x.com");
}

#[test]
fn quirk_authres_010() {
    let (results, _) = read(" evil.example; spf=pass smtp.mailfrom=bank.com");
    assert!(results.is_from("evil.example"));
    assert!(!results.is_from("our.example"));
}

/// The values that go-msgauth reads, in place.
#[test]
fn corpus_go_msgauth() {
    let Some(corpora) = test_support::corpora() else { return };
    let json = std::fs::read_to_string(corpora.join("go-msgauth/authres.json")).unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    for row in &rows {
        let value = row["header_value"].as_str().unwrap();
        let expected = row["go_results"]
            .as_str()
            .unwrap()
            .split("package")
            .next()
            .unwrap()
            .split("func ")
            .next()
            .unwrap();
        let (results, _) = read(value);
        let id = expected.split('"').nth(1).unwrap();
        assert_eq!(results.authserv_id().unwrap_or_default(), id, "{value}");
        let found: Vec<_> = results.results().map(|r| format!("Value: Result{}", r.result())).collect();
        let wanted: Vec<_> = expected.split("{Value: ").skip(1).collect();
        assert_eq!(found.len(), wanted.len(), "{value}");
        for (found, wanted) in found.iter().zip(wanted) {
            let wanted = wanted.split([',', '}']).next().unwrap();
            assert_eq!(
                found.to_ascii_lowercase(),
                format!("value: {}", wanted.to_ascii_lowercase()),
                "{value}"
            );
        }
    }
    println!("go-msgauth/authres.json: {} of {}", rows.len(), rows.len());
    assert_eq!(rows.len(), 13);
}

#[test]
fn arc() {
    let results = AuthenticationResults::parse_arc(
        b" i=1; lists.example.org;\r\n spf=pass smtp.mfrom=jqd@d1.example",
        &mut (),
    );
    assert_eq!((results.instance(), results.authserv_id()), (Some(1), Some("lists.example.org")));
    assert_eq!(results.results().next().unwrap().property("smtp", "mfrom").unwrap(), "jqd@d1.example");
    let mut defects = Vec::new();
    let results = AuthenticationResults::parse_arc(b" lists.example.org; spf=pass", &mut defects);
    assert_eq!((results.instance(), results.authserv_id()), (None, Some("lists.example.org")));
    assert_eq!(defects[0].kind, DefectKind::InvalidValue);
}

#[test]
fn nothing_is_hidden_in_quotes_or_comments() {
    let (results, defects) = read(
        " x; dkim=fail reason=\"; dkim=pass\" (; dkim=pass) header.i=\"a\\\"; dkim=pass\" ; spf=none (\\); dmarc=pass)",
    );
    let methods: Vec<_> = results.results().map(|r| (r.method(), r.result())).collect();
    assert_eq!(methods, [("dkim", "fail"), ("spf", "none")]);
    assert_eq!(results.results().next().unwrap().property("header", "i").unwrap(), "a\"; dkim=pass");
    assert_eq!(defects, []);
    for value in [" x; dkim=fail (; spf=pass", " x; dkim=fail header.i=\"; spf=pass"] {
        let (results, defects) = read(value);
        assert_eq!(results.results().count(), 1, "{value}");
        assert!(defects.contains(&DefectKind::Unclosed), "{value}");
    }
}

#[test]
fn what_cannot_be_written() {
    use AuthenticationResultsError::{Control, Keyword, Length, NoMethod};
    let new = || AuthenticationResultsBuilder::new("x").unwrap();
    assert_eq!(AuthenticationResultsBuilder::new("").err(), Some(Length));
    assert_eq!(AuthenticationResultsBuilder::new("x\r\nBcc: y").err(), Some(Control));
    assert_eq!(new().method("spf=pass;dkim", "pass").err(), Some(Keyword));
    assert_eq!(new().method("spf", "pass; dkim=pass").err(), Some(Keyword));
    assert_eq!(new().reason("x").err(), Some(NoMethod));
    let spf = || new().method("spf", "pass").unwrap();
    for text in ["a\nb", "a\rb", "a\0", "\u{7f}", "\u{85}", "\t"] {
        assert_eq!(spf().reason(text).err(), Some(Control));
        assert_eq!(spf().comment(text).err(), Some(Control));
        assert_eq!(spf().property("smtp", "mailfrom", text).err(), Some(Control));
    }
    assert_eq!(spf().property("smtp.x", "mailfrom", "a").err(), Some(Keyword));
    assert_eq!(spf().reason(&"x".repeat(901)).err(), Some(Length));
    assert_eq!(spf().reason(&"\"".repeat(451)).err(), Some(Length));
    assert_eq!(new().build(), "x; none");
}

fn keyword() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9-]{0,6}[a-zA-Z0-9]"
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\PC]{1,30}",
        "[a-z;=.()\"\\\\ @/]{1,20}",
        "[a-z.]{1,10}@[a-z]{1,10}",
        "\"[a-z ;]{1,5}\"@[a-z]{1,5}"
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(
        id in words(),
        methods in proptest::collection::vec(
            (
                keyword(),
                keyword(),
                proptest::option::of(words()),
                proptest::option::of(words()),
                proptest::collection::vec((keyword(), keyword(), words()), 0..4),
            ),
            0..4,
        ),
    ) {
        let mut builder = AuthenticationResultsBuilder::new(&id).unwrap();
        for (method, result, reason, comment, properties) in &methods {
            builder = builder.method(method, result).unwrap();
            if let Some(reason) = reason {
                builder = builder.reason(reason).unwrap();
            }
            if let Some(comment) = comment {
                builder = builder.comment(comment).unwrap();
            }
            for (ptype, name, value) in properties {
                builder = builder.property(ptype, name, value).unwrap();
            }
        }
        let value = builder.build();
        for line in value.split("\r\n") {
            prop_assert!(!line.contains(['\r', '\n']) && line.len() <= 998);
        }
        prop_assert!(value.split("\r\n").skip(1).all(|line| line.starts_with('\t')));
        let (results, defects) = read(&value);
        prop_assert_eq!(defects, vec![], "{}", value);
        prop_assert_eq!(results.authserv_id(), Some(&*id));
        prop_assert_eq!(results.is_none(), methods.is_empty());
        let wanted: Vec<_> = methods.into_iter().map(|m| (m.0, m.1, m.2, m.4)).collect();
        prop_assert_eq!(all(&results), wanted, "{}", value);
    }

    #[test]
    fn any_octets(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut defects = Vec::new();
        let results = AuthenticationResults::parse(&value, &mut defects);
        let _ = (all(&results), results.is_none());
        let _ = AuthenticationResults::parse_arc(&value, &mut defects);
        prop_assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
    }

    #[test]
    fn nearly(value in "(a|=|\\.|;|\\(|\\)|\"|\\\\| |none|i=1){0,40}") {
        let (results, _) = read(&value);
        let _ = (all(&results), results.is_none());
    }
}

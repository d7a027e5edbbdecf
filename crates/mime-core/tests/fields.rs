//! Fields of lists, priorities, Autocrypt, languages and `mailto:`: RFC examples, hostile values, properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // tests

use mime_core::{
    AutoSubmitted, Autocrypt, Config, DefectKind, Importance, ListId, ListUrls, Mailto, Precedence,
    ReceivedSpf, archived_at, autocrypt_value, keywords, language_tags, mime_version, one_click,
};
use proptest::prelude::*;

fn urls(value: &str) -> Vec<String> {
    ListUrls::parse(value.as_bytes(), &mut ()).map(Into::into).collect()
}

#[test]
fn rfc_2369_section_3() {
    for (value, expected) in [
        (
            " <mailto:list@host.com?subject=help> (List Instructions)",
            vec!["mailto:list@host.com?subject=help"],
        ),
        (
            " <http://www.host.com/list/>, <mailto:list-info@host.com>",
            vec!["http://www.host.com/list/", "mailto:list-info@host.com"],
        ),
        (
            " (Use this command to get off the list)\r\n     <mailto:list-manager@host.com?body=unsubscribe%20list>",
            vec!["mailto:list-manager@host.com?body=unsubscribe%20list"],
        ),
        (
            " <http://www.host.com/list.cgi?cmd=unsub&lst=list>,\r\n    <mailto:list-request@host.com?subject=unsubscribe>",
            vec![
                "http://www.host.com/list.cgi?cmd=unsub&lst=list",
                "mailto:list-request@host.com?subject=unsubscribe",
            ],
        ),
        (" <mailto:moderator@host.com> (Postings are Moderated)", vec!["mailto:moderator@host.com"]),
        (" NO (posting not allowed on this list)", vec![]),
        // The rules of section 2.
        (" see <http://x.example/>", vec![]),
        (" <http://x.example/> <http://y.example/>", vec!["http://x.example/"]),
        (" <http://x.example/> (a, b) , http://y.example/, <http://z.example/>", vec!["http://x.example/"]),
        (" <http://x.exa\r\n mple/ a>", vec!["http://x.example/a"]),
        (" <>", vec![]),
        (" <http://x.example/\0>", vec![]),
        (" <http://x.example/", vec![]),
        (" (a<b>c) <http://x.example/>", vec!["http://x.example/"]),
    ] {
        assert_eq!(urls(value), expected, "{value}");
    }
    let no = ListUrls::parse(b" No (closed)", &mut ());
    assert!(no.is_no() && no.comments().eq([b"closed"]));
    assert!(!ListUrls::parse(b" <mailto:no@x.example>", &mut ()).is_no());
    let mut defects = Vec::new();
    let _ = ListUrls::parse(b" http://x.example/", &mut defects);
    assert_eq!(defects[0].kind, DefectKind::InvalidValue);
}

#[test]
fn rfc_2919_section_3() {
    for (value, id, name) in [
        (
            " List Header Mailing List <list-header.nisto.com>",
            "list-header.nisto.com",
            "List Header Mailing List",
        ),
        (" <commonspace-users.list-id.within.com>", "commonspace-users.list-id.within.com", ""),
        (
            " \"Lena's Personal Joke List\"\r\n         <lenas-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost>",
            "lenas-jokes.da39efc25c530ad145d41b86f7420c3b.021999.localhost",
            "Lena's Personal Joke List",
        ),
        (" \"<a.b>\" <c.d>", "c.d", "<a.b>"),
        (" c.d", "c.d", ""),
    ] {
        let mut defects = Vec::new();
        let list = ListId::parse(value.as_bytes(), &mut defects);
        assert_eq!(std::str::from_utf8(list.id()).unwrap(), id);
        assert_eq!(list.name(&Config::new(), &mut ()), name);
        assert!(list.is(&id.to_uppercase()) && !list.is("c.d.e"));
        assert_eq!(defects, []);
    }
    for value in ["", " <>", " <a>", " <a b.c>", " nothing here"] {
        let mut defects = Vec::new();
        let _ = ListId::parse(value.as_bytes(), &mut defects);
        assert_eq!(defects[0].kind, DefectKind::InvalidValue, "{value}");
    }
}

#[test]
fn rfc_8058_section_8() {
    let post = b" List-Unsubscribe=One-Click";
    for (value, expected) in [
        // 8.1, 8.2
        (" <https://example.com/unsubscribe/opaquepart>", Some("https://example.com/unsubscribe/opaquepart")),
        (
            "\r\n       <mailto:listrequest@example.com?subject=unsubscribe>,\r\n       \
             <https://example.com/unsubscribe.html?opaque=123456789>",
            Some("https://example.com/unsubscribe.html?opaque=123456789"),
        ),
        (" <HTTPS://example.com/>", Some("HTTPS://example.com/")),
        (" <http://example.com/>", None),
        (" <http://example.com/>, <https://example.com/>", None),
        (" <https://example.com/>, <https://example.org/>", None),
        (" <mailto:a@example.com>", None),
        (" <https:example.com>", None),
        (" <https://>", None),
        (" <https:///x>", None),
        (" <https://exa\"mple.com/>", None),
        (" <https://ex\u{e4}mple.com/>", None),
        (" https://example.com/", None),
        (" <javascript:https://example.com/>", None),
    ] {
        assert_eq!(one_click(value.as_bytes(), post).as_deref(), expected, "{value}");
    }
    let url = b" <https://example.com/>";
    for post in
        [&b""[..], b" One-Click", b" List-Unsubscribe=One-Click&x=y", b" List-Unsubscribe=Two-Click", b" x"]
    {
        assert_eq!(one_click(url, post), None);
    }
    assert!(one_click(url, b" List-Unsubscribe=One-Click\r\n").is_some());
}

#[test]
fn rfc_5064_section_2_2() {
    assert_eq!(archived_at(b" (x)<http://www.example.org/a>").unwrap(), "http://www.example.org/a");
    assert_eq!(archived_at(b" http://www.example.org/a"), None);
}

#[test]
fn priorities() {
    for (value, expected) in [
        ("1", Some(Importance::High)),
        (" 2 (High)", Some(Importance::High)),
        (" 3 (Normal)", Some(Importance::Normal)),
        (" 4 (Low)", Some(Importance::Low)),
        (" 5 (Lowest)", Some(Importance::Low)),
        (" (x) High", Some(Importance::High)),
        (" URGENT", Some(Importance::High)),
        (" non-urgent", Some(Importance::Low)),
        (" normal", Some(Importance::Normal)),
        (" 6", None),
        (" 10", None),
        ("", None),
    ] {
        assert_eq!(Importance::parse(value.as_bytes()), expected, "{value}");
    }
    assert!(Importance::High > Importance::Normal && Importance::Normal > Importance::Low);
    assert_eq!(Precedence::parse(b" list"), Some(Precedence::List));
    assert_eq!(Precedence::parse(b" JUNK (x)"), Some(Precedence::Junk));
    assert_eq!(Precedence::parse(b" first-class"), Some(Precedence::FirstClass));
    assert_eq!(Precedence::parse(b" 1"), None);
}

#[test]
fn rfc_3834_section_5() {
    for (value, expected, automatic) in [
        (" auto-generated", AutoSubmitted::Generated, true),
        (" Auto-Replied; x=\"no\"", AutoSubmitted::Replied, true),
        (" (no) auto-replied (no)", AutoSubmitted::Replied, true),
        (" no", AutoSubmitted::No, false),
        (" no;x=y", AutoSubmitted::No, false),
        (" auto-notified", AutoSubmitted::Extension(b"auto-notified"), true),
        ("", AutoSubmitted::Extension(b""), true),
    ] {
        let found = AutoSubmitted::parse(value.as_bytes());
        assert_eq!((found, found.is_automatic()), (expected, automatic), "{value}");
    }
}

#[test]
fn rfc_7208_section_9_1() {
    let value = b" fail (mybox.example.org: domain of\r\n  myname@example.com does not designate\r\n  192.0.2.1 as permitted \
        sender)\r\n  identity=mailfrom; client-ip=192.0.2.1;\r\n  envelope-from=\"myname@example.com\"";
    let spf = ReceivedSpf::parse(value, &mut ());
    assert_eq!((spf.result(), spf.pairs().count(), spf.comments().count()), ("fail", 3, 1));
    assert_eq!(spf.value("Identity").unwrap(), "mailfrom");
    let mut defects = Vec::new();
    assert_eq!(ReceivedSpf::parse(b" =x", &mut defects).result(), "");
    assert_eq!(defects[0].kind, DefectKind::InvalidValue);
}

#[test]
fn autocrypt_level_1() {
    let parse = |value: &'static str| Autocrypt::parse(value.as_bytes());
    let value = " addr=a@b.example; prefer-encrypt=mutual; _x=y; keydata=AAEC\r\n AwQF";
    let autocrypt = parse(value).unwrap();
    assert_eq!((autocrypt.addr(), autocrypt.is_mutual()), ("a@b.example", true));
    assert_eq!(autocrypt.key().unwrap(), [0, 1, 2, 3, 4, 5]);
    assert!(!parse("addr=a@b; prefer-encrypt=nopreference; keydata=AA==").unwrap().is_mutual());
    assert!(!parse("addr=a@b; keydata=AA==").unwrap().is_mutual());
    for value in [
        "",
        "addr=a@b",
        "keydata=AA==",
        "addr=a@b; type=1; keydata=AA==",
        "addr=a@b; addr=c@d; keydata=AA==",
        "addr=a@b; keydata=AA==; keydata=AA==",
        "addr=a; keydata=AA==",
        "addr=a@b; keydata=",
        "addr=a@b; x; keydata=AA==",
    ] {
        assert_eq!(parse(value), None, "{value}");
    }
    for value in
        ["addr=a@b; keydata=A", "addr=a@b; keydata=A=A=", "addr=a@b; keydata=A_==", "addr=a@b; keydata=AAAA="]
    {
        assert_eq!(parse(value).unwrap().key(), None, "{value}");
    }
    for addr in ["a@b;x", "a@b\r\nBcc: c", "a", "a @b", "(@b", "\"@b"] {
        assert_eq!(autocrypt_value(addr, false, b"x"), None);
    }
    assert_eq!(autocrypt_value("a@b", false, b""), None);
}

#[test]
fn languages_keywords_and_version() {
    // RFC 3282 section 2
    assert!(language_tags(b" i-mingo").eq(["i-mingo"]));
    assert!(language_tags(b" en-US-OED, (a, b) fr ,, de;q=1, x_y, z").eq(["en-US-OED", "fr", "de", "z"]));
    let config = Config::new();
    let found: Vec<_> = keywords(b" a b, \"c, \\\"d\\\"\" ,,\r\n e, \xc3\xbcber", &config).collect();
    assert_eq!(found, ["a b", "c, \"d\"", "e", "\u{fc}ber"]);
    // RFC 2045 section 4
    for value in [
        " 1.0",
        " 1.0 (produced by MetaSend Vx.x)",
        " (produced by MetaSend Vx.x) 1.0",
        " 1.(produced by MetaSend Vx.x)0",
        "\r\n 1 . 0 ",
    ] {
        assert_eq!(mime_version(value.as_bytes()), Some((1, 0)), "{value}");
    }
    for value in ["", "1", "1.", ".0", "1.0x", "1.0.0", "99999999999.0", "-1.0"] {
        assert_eq!(mime_version(value.as_bytes()), None, "{value}");
    }
}

#[test]
fn rfc_6068_section_6() {
    let parse = |uri| Mailto::parse(uri).unwrap();
    assert_eq!(parse("mailto:chris@example.com").to(), ["chris@example.com"]);
    assert_eq!(parse("mailto:infobot@example.com?subject=current-issue").subject(), Some("current-issue"));
    let mailto = parse("mailto:infobot@example.com?body=send%20current-issue%0D%0Asend%20index");
    assert_eq!(mailto.body(), Some("send current-issue\r\nsend index"));
    let mailto = parse("mailto:list@example.org?In-Reply-To=%3C3469A91.D10AF4C@example.com%3E");
    assert_eq!(mailto.in_reply_to(), Some("<3469A91.D10AF4C@example.com>"));
    let mailto = parse("mailto:joe@example.com?cc=bob@example.com&body=hello");
    assert_eq!((mailto.cc(), mailto.body()), (&["bob@example.com".to_owned()][..], Some("hello")));
    assert_eq!(
        parse("mailto:?to=joe@example.com,bob@example.com").to(),
        ["joe@example.com", "bob@example.com"]
    );
    assert_eq!(parse("mailto:gorby%25kremvax@example.com").to(), ["gorby%kremvax@example.com"]);
    assert_eq!(
        parse("mailto:unlikely%3Faddress@example.com?blat=foop").to(),
        ["unlikely?address@example.com"]
    );
    assert_eq!(parse("mailto:Mike%26family@example.org").to(), ["Mike&family@example.org"]);
    assert_eq!(parse("mailto:%22not%40me%22@example.org").to(), ["\"not@me\"@example.org"]);
    assert_eq!(parse("mailto:%22oh%5C%5Cno%22@example.org").to(), ["\"oh\\\\no\"@example.org"]);
    assert_eq!(parse("mailto:user@example.org?subject=caf%C3%A9").subject(), Some("caf\u{e9}"));
    assert_eq!(parse("mailto:user@%E7%B4%8D.example.org?body=x").to(), ["user@\u{7d0d}.example.org"]);
    assert_eq!(Mailto::parse("http://x.example/"), None);
    assert_eq!(Mailto::parse("mailto"), None);
}

#[test]
fn a_link_sets_no_other_field() {
    let uri = "MAILTO:a@b.example%0D%0ABcc:%20c@d.example?SUBJECT=x%0aY%0d%0a%0d%0az%00&bcc=e@f&attach=/etc/passwd&From=g@h\
               &Subject=second&cc=%0D%0A&in-reply-to=%3Ca%3E%0ATo:x&body=1%0A2%0D3%0D%0A4%00%1B%5B0m%09%&x#&cc=i@j";
    let mailto = Mailto::parse(uri).unwrap();
    assert_eq!(mailto.to(), ["a@b.example Bcc: c@d.example"]);
    assert_eq!(mailto.cc(), [""; 0]);
    assert_eq!(mailto.subject(), Some("x Y z"));
    assert_eq!(mailto.in_reply_to(), Some("<a> To:x"));
    assert_eq!(mailto.body(), Some("1\r\n2\r\n3\r\n4[0m\t%"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_octets(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut defects = Vec::new();
        let list = ListId::parse(&value, &mut defects);
        let _ = list.name(&Config::new(), &mut defects);
        let urls = ListUrls::parse(&value, &mut defects);
        prop_assert!(urls.clone().all(|url| !url.bytes().any(|b| b.is_ascii_control())));
        let _ = (urls.comments().count(), archived_at(&value), one_click(&value, b"List-Unsubscribe=One-Click"));
        let _ = (language_tags(&value).count(), keywords(&value, &Config::new()).count(), mime_version(&value));
        let _ = Autocrypt::parse(&value).map(|a| a.key());
        let _ = ReceivedSpf::parse(&value, &mut defects).pairs().count();
        let _ = (Importance::parse(&value), Precedence::parse(&value), AutoSubmitted::parse(&value));
        prop_assert!(defects.iter().all(|defect| defect.span.end <= value.len()));
    }

    #[test]
    fn nearly(value in "(<|>|,|a|=|;|\\(|\\)|\"|\\\\| |https://|\\.){0,40}") {
        let value = value.as_bytes();
        let _ = ListUrls::parse(value, &mut ()).count();
        let _ = (ListId::parse(value, &mut ()), Autocrypt::parse(value), language_tags(value).count());
        let clicked = one_click(value, b"List-Unsubscribe=One-Click");
        prop_assert!(clicked.is_none_or(|url| url.starts_with("https://")));
    }

    #[test]
    fn autocrypt_is_read_back(key in proptest::collection::vec(any::<u8>(), 1..300), mutual: bool) {
        let value = autocrypt_value("a.b@c.example", mutual, &key).unwrap();
        prop_assert!(value.split("\r\n").all(|line| line.len() <= 78 && !line.contains(['\r', '\n'])));
        let found = Autocrypt::parse(value.as_bytes()).unwrap();
        prop_assert_eq!((found.addr(), found.is_mutual(), found.key()), ("a.b@c.example", mutual, Some(key)));
    }

    #[test]
    fn mailto_is_read_back(
        to in proptest::collection::vec(any::<String>(), 0..3),
        cc in proptest::collection::vec("\\PC{0,10}", 0..3),
        subject in proptest::option::of(any::<String>()),
        id in proptest::option::of("[<>a-z@. ]{0,9}"),
        body in proptest::option::of(any::<String>()),
    ) {
        let mut mailto = to.iter().fold(Mailto::new(), |mailto, to| mailto.add_to(to));
        mailto = cc.iter().fold(mailto, |mailto, cc| mailto.add_cc(cc));
        if let Some(subject) = &subject {
            mailto = mailto.with_subject(subject);
        }
        if let Some(id) = &id {
            mailto = mailto.with_in_reply_to(id);
        }
        if let Some(body) = &body {
            mailto = mailto.with_body(body);
        }
        let uri = mailto.to_string();
        prop_assert!(uri.bytes().all(|b| b.is_ascii_graphic()));
        prop_assert_eq!(Mailto::parse(&uri), Some(mailto.clone()));
        let fields = mailto.to().iter().chain(mailto.cc()).map(String::as_str).chain(mailto.subject());
        prop_assert!(fields.chain(mailto.in_reply_to()).all(|text| !text.contains(char::is_control)));
    }

    #[test]
    fn any_link(uri in "mailto:[a-z%0-9A-F&=?,@]{0,60}") {
        let mailto = Mailto::parse(&uri).unwrap();
        let fields = mailto.to().iter().chain(mailto.cc()).map(String::as_str).chain(mailto.subject());
        prop_assert!(fields.chain(mailto.in_reply_to()).all(|text| !text.contains(char::is_control)));
        let body = mailto.body().unwrap_or_default().replace("\r\n", "");
        prop_assert!(!body.contains(|c: char| c.is_control() && c != '\t'));
        prop_assert_eq!(Mailto::parse(&mailto.to_string()), Some(mailto));
    }
}

use super::*;

fn parsed(url: &str) -> ImapUrl {
    ImapUrl::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// A URL that is written as it was read.
fn same(url: &str) -> ImapUrl {
    let read = parsed(url);
    assert_eq!(read.to_string(), url);
    read
}

fn message(url: &ImapUrl) -> &UrlMessage {
    let UrlTarget::Message(message) = &url.mailbox.as_ref().unwrap().target else { panic!("{url}") };
    message
}

#[test]
fn examples_of_the_rfc() {
    // RFC 5092 section 9
    let url = same("imap://minbari.example.org/gray-council;UIDVALIDITY=385759045/;UID=20/;PARTIAL=0.1024");
    let mailbox = url.mailbox.as_ref().unwrap();
    assert_eq!(mailbox.name().as_str(), Some("gray-council"));
    assert_eq!(mailbox.uid_validity, UidValidity::new(385_759_045));
    assert_eq!(message(&url).partial, Some((0, NonZeroU64::new(1024))));

    let url = same("imap://psicorp.example.org/~peter/%E6%97%A5%E6%9C%AC%E8%AA%9E/%E5%8F%B0%E5%8C%97");
    assert_eq!(url.mailbox.unwrap().name().to_utf7(), "~peter/&ZeVnLIqe-/&U,BTFw-");

    let url = parsed("imap://;AUTH=GSSAPI@minbari.example.org/gray-council/;uid=20/;section=1.2");
    assert_eq!(url.to_string(), "imap://;AUTH=GSSAPI@minbari.example.org/gray-council/;UID=20/;SECTION=1.2");
    let auth = UrlAuth::Mechanism(Atom::from_static("GSSAPI"));
    assert_eq!(url.server.as_ref().unwrap().auth(), Some(&auth));
    assert_eq!(message(&url).section, Some(Section::parse(b"1.2").unwrap()));

    let url = same("imap://;AUTH=*@minbari.example.org/gray%20council?SUBJECT%20shadows");
    let mailbox = url.mailbox.unwrap();
    assert_eq!(mailbox.name().as_str(), Some("gray council"));
    assert_eq!(mailbox.target, UrlTarget::Search(Text::try_from("SUBJECT shadows").unwrap()));

    let url = parsed(
        "imap://john;AUTH=*@minbari.example.org/babylon5/personel?charset%20UTF-8%20SUBJECT%20%7B14+%7D%0D%0A%D0%98%D0%B2%D0%B0%D0%BD%D0%BE%D0%B2%D0%B0",
    );
    assert_eq!(url.server.as_ref().unwrap().user().unwrap(), "john");
    let UrlTarget::Search(search) = url.mailbox.unwrap().target else { panic!() };
    assert_eq!(search, "charset UTF-8 SUBJECT {14+}\r\nИванова");

    // RFC 5092 section 6.1.2
    let url = parsed(
        "imap://joe@example.com/INBOX/;uid=20/;section=1.2;urlauth=submit+fred:internal:91354a473744909de610943775f92038",
    );
    let authorization = message(&url).authorization.as_ref().unwrap();
    assert_eq!(authorization.access, UrlAccess::Submit(Text::try_from("fred").unwrap()));
    assert_eq!(authorization.token.as_ref().unwrap().expose(), "91354a473744909de610943775f92038");
    assert!(!format!("{url:?}").contains("91354a47"));
}

#[test]
fn references() {
    // RFC 5092 section 9.1
    assert_eq!(parsed("/foo/;UID=20/.."), parsed("/foo"));
    let url = parsed("/..;UIDVALIDITY=385759045/;UID=20");
    assert_eq!(url.mailbox.as_ref().unwrap().name().as_str(), Some(".."));
    assert_eq!(url.to_string(), "/%2E%2E;UIDVALIDITY=385759045/;UID=20");
    assert_eq!(same("//example.org/x").server.unwrap().host(), "example.org");
    assert_eq!(same("/"), ImapUrl { server: None, mailbox: None });
    // RFC 4469 section 5
    same("/Drafts;UIDVALIDITY=385759045/;UID=20/;SECTION=HEADER");
    // RFC 5092 section 7.2
    for url in ["", "foo", ";UID=20", ";section=1.4", "..;UIDVALIDITY=385759045/;UID=20"] {
        assert!(ImapUrl::parse(url).is_err(), "{url}");
    }
}

#[test]
fn servers() {
    for url in [
        "imap://example.org",
        "imap://joe@example.org",
        "imap://j%40x;AUTH=PLAIN@[::1]:1143",
        "imap://192.0.2.1",
    ] {
        same(url);
    }
    assert_eq!(parsed("IMAP://Example.org:/").to_string(), "imap://Example.org");
    // security.md TLS-28: it is read; whoever gets it decides
    let url = parsed("imap://;AUTH=*@attacker.example:243/");
    assert_eq!((url.server.unwrap().port(), url.mailbox), (Some(243), None));
    for url in [
        "imap://",
        "imap:///INBOX",
        "imap://@example.org",
        "imap://joe@",
        "imap://a@b@example.org",
        "imap://joe:secret@example.org",
        "imap://joe;AUTH@example.org",
        "imap://joe;AUTH=@example.org",
        "imap://joe;AUTH=%2A@example.org",
        "imap://joe%0D%0A@example.org",
        "imap://joe%00@example.org",
        "imap://example.org:65536",
        "imap://example.org:+1",
        "imap://example.org:x",
        "imap://exa%6Dple.org",
        "imap://exa mple.org",
        "imap://[::1",
        "imap://[x]",
        "imap://example.org?x",
        "imaps://example.org",
        "http://example.org",
    ] {
        assert!(ImapUrl::parse(url).is_err(), "{url}");
    }
}

#[test]
fn mailboxes_and_messages() {
    same("imap://h/a/b");
    same("/a%3Bb%3Fc%25d/e");
    same("/x/;UID=1/;SECTION=HEADER.FIELDS%20(DATE%20FROM)/;PARTIAL=5");
    same("/x/;UID=1;EXPIRE=2026-03-01T12:30:00+02:00;URLAUTH=user+j%C3%B6rg");
    same("/x/;UID=1/;PARTIAL=0.1;URLAUTH=anonymous:INTERNAL:91354a473744909de610943775f92038");
    let url = parsed("/x/;UID=1;EXPIRE=2006-12-31T23:59:60.123Z;URLAUTH=authuser");
    let expires = message(&url).authorization.as_ref().unwrap().expires.unwrap();
    assert_eq!(expires.unix(), 1_167_609_600);
    for url in [
        "//h//x",
        "/x%",
        "/x%0",
        "/x%zz",
        "/x%00",
        "/x%0D",
        "/x%FF",
        "/x y",
        "/ü",
        "/x#y",
        "/x?",
        "/x?a#b",
        "/?a",
        "/;UID=1",
        "/x;UID=1",
        "/x/;UID=0",
        "/x/;UID=4294967296",
        "/x/;UID=+1",
        "/x/;UID=1/",
        "/x/;UID=1;SECTION=1",
        "/x/;UID=1/;SECTION=",
        "/x/;UID=1/;SECTION=0",
        "/x/;UID=1/;PARTIAL=1.0",
        "/x/;UID=1/;PARTIAL=",
        "/x/;UID=1/;PARTIAL=1/;SECTION=1",
        "/x/;SECTION=1",
        "/x/;UID=1?a",
        "/x;UIDVALIDITY=0",
        "/x;UIDVALIDITY=1;UID=1",
        "/x;UIDVALIDITY=1/",
        ";UIDVALIDITY=1",
        "/x/;UID=1;EXPIRE=2006-12-31T23:59:59Z",
        "/x/;UID=1;EXPIRE=2006-12-31;URLAUTH=authuser",
        "/x/;UID=1;EXPIRE=2006-02-30T23:59:59Z;URLAUTH=authuser",
        "/x/;UID=1;EXPIRE=2006-12-31T23:59:59.Z;URLAUTH=authuser",
        "/x/;UID=1;EXPIRE=2006-12-31T23:59:59+24:00;URLAUTH=authuser",
        "/x/;UID=1;URLAUTH=somebody",
        "/x/;UID=1;URLAUTH=user+",
        "/x/;UID=1;URLAUTH=anonymous:internal",
        "/x/;UID=1;URLAUTH=anonymous:internal:0123",
        "/x/;UID=1;URLAUTH=anonymous:internal:91354a473744909de610943775f92038:x",
        "/x/;UID=1;URLAUTH=anonymous:inter_nal:91354a473744909de610943775f92038",
        "/x/;UID=1/;URLAUTH=anonymous",
    ] {
        assert!(ImapUrl::parse(url).is_err(), "{url}");
    }
}

#[test]
fn names_that_look_like_something_else() {
    for name in [
        "/", "//", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a;UID=1", "a?b", "%41", "a&b+c",
        "/;UID=2",
    ] {
        let message =
            UrlMessage { uid: Uid::new(1).unwrap(), section: None, partial: None, authorization: None };
        for target in
            [UrlTarget::All, UrlTarget::Search(Text::try_from("ALL").unwrap()), UrlTarget::Message(message)]
        {
            for uid_validity in [None, UidValidity::new(3)] {
                let mut mailbox = UrlMailbox::new(MailboxName::new(name).unwrap()).unwrap();
                mailbox.uid_validity = uid_validity;
                mailbox.target = target.clone();
                let url = ImapUrl { server: None, mailbox: Some(mailbox) };
                assert_eq!(ImapUrl::parse(&url.to_string()), Ok(url.clone()), "{url}");
            }
        }
    }
    assert_eq!(UrlMailbox::new(MailboxName::empty()), None);
    assert_eq!(UrlMailbox::new(MailboxName::from_utf7(b"A&B")), None);
}

#[test]
fn tokens() {
    let digits = "91354a473744909de610943775f92038";
    assert!(ImapUrl::split_token("imap://h/x/;UID=1;URLAUTH=anonymous").is_none());
    assert!(ImapUrl::split_token(&format!("imap://h/x/;UID=1:internal:{digits}")).is_none());
    assert!(ImapUrl::split_token("").is_none());
    let url = format!("imap://h/x/;UID=1;UrlAuth=user+%6Aoe:INTERNAL:{digits}");
    let (rump, token) = ImapUrl::split_token(&url).unwrap();
    assert_eq!(rump, "imap://h/x/;UID=1;UrlAuth=user+%6Aoe");
    assert_eq!(token.mechanism(), &UrlMechanism::INTERNAL);
    assert!(UrlToken::new(UrlMechanism::INTERNAL, "x").is_err());
}

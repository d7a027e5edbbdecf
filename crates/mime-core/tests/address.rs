//! Addresses: the examples of RFC 5322 and RFC 7103, what is found in real mail, and what is done on purpose.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::expect_used)]

use mime_core::{
    AddrSpec, Address, AddressError, AddressList, AddressRef, Config, Defect, DefectKind, Group, Limits,
    Mailbox,
};
use proptest::prelude::*;

/// What a list holds, written down: `name <address>`, `!` before what is not valid, `name:` and `;` for groups.
fn seen_with(value: &[u8], config: &Config) -> (Vec<String>, Vec<Defect>) {
    let mut defects = Vec::new();
    let list = AddressList::parse(value, config, &mut defects);
    let seen = list.map(|address| match address {
        AddressRef::GroupStart(group) => format!("{}:", group.name()),
        AddressRef::GroupEnd => String::from(";"),
        AddressRef::Mailbox(mailbox) => {
            assert_eq!(mailbox.is_valid(), mailbox.to_mailbox().is_some());
            let mark = if mailbox.is_valid() { "" } else { "!" };
            match mailbox.name() {
                Some(name) => format!("{mark}{name} <{}>", mailbox.address()),
                None => format!("{mark}{}", mailbox.address()),
            }
        }
    });
    (seen.collect(), defects)
}

fn seen(value: &[u8]) -> Vec<String> {
    seen_with(value, &Config::new()).0
}

fn defects(value: &[u8]) -> Vec<DefectKind> {
    seen_with(value, &Config::new()).1.into_iter().map(|defect| defect.kind).collect()
}

// RFC 5322 section A.1 and following

#[test]
fn rfc5322_a_1_1() {
    assert_eq!(seen(b" John Doe <jdoe@machine.example>"), ["John Doe <jdoe@machine.example>"]);
    assert_eq!(seen(b" Michael Jones <mjones@machine.example>"), ["Michael Jones <mjones@machine.example>"]);
    assert_eq!(defects(b" Michael Jones <mjones@machine.example>"), []);
}

#[test]
fn rfc5322_a_1_2() {
    assert_eq!(
        seen(b" \"Joe Q. Public\" <john.q.public@example.com>"),
        ["Joe Q. Public <john.q.public@example.com>"]
    );
    assert_eq!(
        seen(b" Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
        ["Mary Smith <mary@x.test>", "jdoe@example.org", "Who? <one@y.test>"]
    );
    assert_eq!(
        seen(b" <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
        ["boss@nil.test", "Giant; \"Big\" Box <sysservices@example.net>"]
    );
    assert_eq!(defects(b" <boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"), []);
}

#[test]
fn rfc5322_a_1_3() {
    assert_eq!(
        seen(b" A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"),
        ["A Group:", "Ed Jones <c@a.test>", "joe@where.test", "John <jdoe@one.test>", ";"]
    );
    assert_eq!(seen(b" Undisclosed recipients:;"), ["Undisclosed recipients:", ";"]);
    assert_eq!(defects(b" A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;"), []);
}

#[test]
fn rfc5322_a_2() {
    assert_eq!(
        seen(b" \"Mary Smith: Personal Account\" <smith@home.example>"),
        ["Mary Smith: Personal Account <smith@home.example>"]
    );
}

#[test]
fn rfc5322_a_5() {
    let from = b" Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>";
    assert_eq!(seen(from), ["Pete <pete@silly.test>"]);
    assert_eq!(defects(from), [DefectKind::CommentInToken, DefectKind::ObsoleteSyntax]);
    let to = b"A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n  John <jdoe@one.test> (my dear friend); (the end of the group)";
    assert_eq!(
        seen(to),
        ["A Group:", "Chris Jones <c@public.example>", "joe@example.org", "John <jdoe@one.test>", ";"]
    );
    assert_eq!(
        seen(b"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"),
        ["Hidden recipients:", ";"]
    );
    assert_eq!(defects(b"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), []);
}

#[test]
fn rfc5322_a_6_1() {
    assert_eq!(
        seen(b" Joe Q. Public <john.q.public@example.com>"),
        ["Joe Q. Public <john.q.public@example.com>"]
    );
    let to = b" Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example";
    assert_eq!(seen(to), ["Mary Smith <mary@example.net>", "jdoe@test.example"]);
    assert_eq!(defects(to), [DefectKind::ObsoleteSyntax; 3]);
    let mary = AddressList::new(to, &Config::new()).mailboxes().next().unwrap();
    assert_eq!(mary.route().unwrap(), "@node.test");
    assert_eq!(mary.span(), 1..41);
}

#[test]
fn rfc5322_a_6_3() {
    assert_eq!(
        seen(b"  : John Doe <jdoe@machine(comment).  example>".split_at(3).1),
        ["John Doe <jdoe@machine.example>"]
    );
    assert_eq!(seen(b" Mary Smith\r\n  \r\n\t<mary@example.net>"), ["Mary Smith <mary@example.net>"]);
}

// RFC 7103 section 7.1

#[test]
fn rfc7103_7_1() {
    assert_eq!(seen(b" <@example.net:fran@example.com>"), ["fran@example.com"]);
    assert_eq!(seen(b" <another@example.net"), ["another@example.net"]);
    assert_eq!(defects(b" <another@example.net"), [DefectKind::Unclosed]);
    assert_eq!(seen(b" second@example.org>"), ["second@example.org"]);
    assert_eq!(seen(b" (Testing <fran@example.com>"), ["!Testing <fran@example.com>"]);
    assert_eq!(seen(b" Testing) <sam@example.com>"), ["Testing) <sam@example.com>"]);
    assert_eq!(seen(b" \"Joe <joe@example.com>"), ["!Joe <joe@example.com>"]);
    assert_eq!(defects(b" \"Joe <joe@example.com>")[0], DefectKind::Unclosed);
    assert_eq!(seen(b" Joe"), ["!Joe"]);
}

// RFC 2047 section 8, RFC 6854 section 3

#[test]
fn rfc6854_group_in_from() {
    assert_eq!(
        seen(b" Managing Partners:ben@example.com,carol@example.com;"),
        ["Managing Partners:", "ben@example.com", "carol@example.com", ";"]
    );
}

#[test]
fn old_style_comment_names() {
    assert_eq!(seen(b"jm@example.org (Joerg Mueller)"), ["Joerg Mueller <jm@example.org>"]);
    assert_eq!(seen("jm@example.org (Jörg \\(Müller\\))".as_bytes()), ["Jörg (Müller) <jm@example.org>"]);
    assert_eq!(seen(b"jm@example.org (a) (b), c@example.org"), ["b <jm@example.org>", "c@example.org"]);
    assert_eq!(seen(b"(who) jm@example.org"), ["who <jm@example.org>"]);
    assert_eq!(seen(b"jm@example.(not a name)org"), ["jm@example.org"]);
}

#[test]
fn german_mail() {
    assert_eq!(
        seen("\"Müller, Jörg\" <jörg@müller.example>, Straße: ärger@köln.example;".as_bytes()),
        ["Müller, Jörg <jörg@müller.example>", "Straße:", "ärger@köln.example", ";"]
    );
    assert_eq!(defects("\"Müller, Jörg\" <jörg@müller.example>, Straße: ärger@köln.example;".as_bytes()), []);
}

#[test]
fn quoted_local_parts() {
    assert_eq!(seen(b"\"a b\"@x.example"), ["\"a b\"@x.example"]);
    assert_eq!(seen(b"\"ab\"@x.example"), ["ab@x.example"]);
    assert_eq!(seen(b"\"a\\\"b\".c@x.example"), ["\"a\\\"b.c\"@x.example"]);
    assert_eq!(seen(b"<\"\"@x.example>"), ["\"\"@x.example"]);
    assert_eq!(seen(b"\"a\"b@x.example"), ["!\"a\"b@x.example"]);
}

#[test]
fn domain_literals() {
    assert_eq!(seen(b"a@[192.0.2.1]"), ["a@[192.0.2.1]"]);
    assert_eq!(
        seen(b"<a@[ 192.0.2.1 ]>, b@[IPv6:2001:db8::1] (x)"),
        ["a@[192.0.2.1]", "x <b@[IPv6:2001:db8::1]>"]
    );
    assert_eq!(seen(b"a@[1,2], b@x"), ["a@[1,2]", "b@x"]);
}

#[test]
fn white_space_as_separator() {
    assert_eq!(
        seen(b"a@b.example c@d.example <e@f.example> <g@h.example>"),
        ["a@b.example", "c@d.example <e@f.example>", "g@h.example"]
    );
    assert!(defects(b"a@b.example c@d.example").contains(&DefectKind::AddressSeparator));
    assert_eq!(seen(b"John Doe jd@example.com"), ["!John Doe <jd@example.com>"]);
}

#[test]
fn empty_values() {
    for value in [&b""[..], b" ", b"\r\n ", b",", b",,;", b"()", b"(x)", b"\"", b"(", b">", b"; ;"] {
        assert_eq!(seen(value), [""; 0], "{value:?}");
    }
    assert_eq!(seen(b"<>"), ["!"]);
    assert_eq!(seen(b"Nobody <>"), ["!Nobody <>"]);
    assert_eq!(seen(b"\"\" <a@b>"), ["a@b"]);
}

#[test]
fn limits() {
    let config = Config::new().limits(Limits::new().addresses(2).comment_depth(2));
    let (addresses, defects) = seen_with(b"a@b, c@d, e@f, g@h", &config);
    assert_eq!(addresses, ["a@b", "c@d"]);
    assert_eq!(defects.last().unwrap(), &Defect::new(DefectKind::LimitTruncated, 9..18));
    assert_eq!(seen_with(b"a@b, c@d", &config).1, []);
    assert_eq!(seen_with(b"(1(2(3))) a@b", &config).0, ["1(2(3)) <a@b>"]);
    let (addresses, defects) = seen_with(b"x@y, (1(2(3(4)))) a@b", &config);
    assert_eq!(addresses, ["x@y"]);
    assert_eq!(defects.last().unwrap().kind, DefectKind::LimitTruncated);
}

// quirks of real mail

#[test]
fn quirk_mime_053() {
    assert_eq!(seen(b" <<<user2@example.org>>>"), ["user2@example.org"]);
    assert!(defects(b" <<<user2@example.org>>>").contains(&DefectKind::InvalidAddress));
}

#[test]
fn quirk_mime_056() {
    assert_eq!(
        seen(b" <third@example.net, fourth@example.net>"),
        ["third@example.net", "fourth@example.net"]
    );
    assert!(defects(b" <third@example.net, fourth@example.net>").contains(&DefectKind::AddressSeparator));
}

#[test]
fn quirk_mime_061() {
    assert_eq!(seen(b" user@example.com <user@example.com>"), ["user@example.com <user@example.com>"]);
    assert_eq!(defects(b" user@example.com <user@example.com>"), []);
}

#[test]
fn quirk_mime_062() {
    assert_eq!(seen(b" fejj@helixcode.com."), ["fejj@helixcode.com"]);
}

#[test]
fn quirk_mime_063() {
    assert_eq!(seen(b" Jeffrey Stedfast <fejj@helixcode.com.>"), ["Jeffrey Stedfast <fejj@helixcode.com>"]);
}

#[test]
fn quirk_mime_065() {
    assert_eq!(
        seen(b" \":sysmail\"@  Some-Group. Some-Org,\r\n Muhammed.(I am  the greatest) Ali @(the)Vegas.WBA"),
        ["\":sysmail\"@Some-Group.Some-Org", "Muhammed.Ali@Vegas.WBA"]
    );
}

#[test]
fn quirk_mime_068() {
    let field = b" Routed Address <@route1,,@route2,,,@route3:user@domain.com>";
    assert_eq!(seen(field), ["Routed Address <user@domain.com>"]);
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!(mailbox.route().unwrap(), "@route1,@route2,@route3");
}

#[test]
fn quirk_mime_071() {
    assert_eq!(seen(b" name.@abc.com"), ["name.@abc.com"]);
    assert_eq!(defects(b" name.@abc.com"), [DefectKind::InvalidAddress]);
    // what is written by us follows the grammar
    let mailbox = AddressList::new(b" name.@abc.com", &Config::new()).mailboxes().next().unwrap();
    assert_eq!(mailbox.to_mailbox().unwrap().to_string(), "\"name.\"@abc.com");
}

#[test]
fn quirk_mime_073() {
    let seen = seen(b" <user@[domain.com\r\n <img src=x onerror=alert()>]>");
    assert_eq!(seen, ["user@[domain.com<imgsrc=xonerror=alert()>]"]);
    assert!(AddrSpec::try_from("user@[domain.com\r\n <img src=x onerror=alert()>]").is_err());
}

#[test]
fn quirk_mime_076() {
    let field = b" user@spoofed-domain.com <user@legit-domain.com>";
    assert_eq!(seen(field), ["user@spoofed-domain.com <user@legit-domain.com>"]);
    assert_eq!(defects(field), [DefectKind::DisplayNameAddress]);
}

#[test]
fn quirk_mime_080() {
    let field = b" \"user@spoofed-domain.com\": user@legit-domain.com;";
    assert_eq!(seen(field), ["user@spoofed-domain.com:", "user@legit-domain.com", ";"]);
    assert_eq!(defects(field), [DefectKind::DisplayNameAddress]);
}

#[test]
fn quirk_mime_081() {
    let field = b" \"xclow3n@gmail.com x\"@internal.domain";
    assert_eq!(seen(field), ["\"xclow3n@gmail.com x\"@internal.domain"]);
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!((&*mailbox.local_part(), &*mailbox.domain()), ("xclow3n@gmail.com x", "internal.domain"));
}

#[test]
fn quirk_mime_084() {
    let field = b" name@address.com@address2.com";
    assert_eq!(seen(field), ["!name@address.com@address2.com"]);
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!((&*mailbox.domain(), mailbox.to_mailbox()), ("", None));
    assert_eq!(defects(field), [DefectKind::InvalidAddress]);
}

#[test]
fn quirk_mime_085() {
    assert_eq!(seen(b" user@@example.com"), ["!user@@example.com"]);
}

#[test]
fn quirk_mime_090() {
    let field = b" a@b.com, Foo, Bar <c@d.com>, e@f.com";
    assert_eq!(seen(field), ["a@b.com", "Foo, Bar <c@d.com>", "e@f.com"]);
    assert_eq!(defects(field), [DefectKind::AddressSeparator]);
    assert_eq!(seen(b"Foo, Bar, <c@d.com>"), ["!Foo", "!Bar", "c@d.com"]);
    assert_eq!(seen(b"Foo, Bar, c@d.com"), ["!Foo", "!Bar", "c@d.com"]);
    assert_eq!(seen(b"Foo, Bar: c@d.com;"), ["!Foo", "Bar:", "c@d.com", ";"]);
}

#[test]
fn quirk_mime_091() {
    let field = b" Test <t@x.ee>, Disclosed:a@x.ee, b@x.ee;,,,, Undisclosed:;";
    assert_eq!(seen(field), ["Test <t@x.ee>", "Disclosed:", "a@x.ee", "b@x.ee", ";", "Undisclosed:", ";"]);
    assert_eq!(defects(field), [DefectKind::ObsoleteSyntax; 3]);
}

#[test]
fn quirk_mime_092() {
    let field = b" andris@tr.ee; andris@example.com;";
    assert_eq!(seen(field), ["andris@tr.ee", "andris@example.com"]);
    assert_eq!(defects(field), [DefectKind::AddressSeparator; 2]);
}

#[test]
fn quirk_mime_099() {
    let field = b" =?utf-8?q?=40attacker.com?=@microsoft.com";
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!(mailbox.address(), "=?utf-8?q?=40attacker.com?=@microsoft.com");
    assert_eq!(mailbox.domain(), "microsoft.com");
    assert_eq!(defects(field), [DefectKind::EncodedWordInStructured]);
}

#[test]
fn quirk_mime_100() {
    let field = b" =?utf-8?Q?J=C3=B6rg=2C_M=C3=BCller?= <j@example.com>";
    assert_eq!(seen(field), ["Jörg, Müller <j@example.com>"]);
    assert_eq!(defects(field), []);
}

#[test]
fn quirk_mime_101() {
    let field = b" \"=?utf-8?Q?J=C3=B6rg?=\" <j@example.com>";
    assert_eq!(seen(field), ["Jörg <j@example.com>"]);
    assert_eq!(defects(field), [DefectKind::EncodedWordInStructured]);
}

#[test]
fn quirk_mime_102() {
    let field = b" Patrik F\xa5dltstr\xa5m <paf@nada.kth.se>";
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!(mailbox.raw_name(), b"Patrik F\xa5dltstr\xa5m");
    assert!(mailbox.name().unwrap().starts_with("Patrik F"));
    assert_eq!(mailbox.address(), "paf@nada.kth.se");
    assert!(mailbox.is_valid());
}

#[test]
fn quirk_mime_103() {
    let field = b" u0@example.com, u1@example.com, u2@example.com, u3@example.com, u4@example.com, u5@example.com, u6@example.com, u7@example.com, ";
    assert_eq!(seen(field).len(), 8);
    let many: String = (0..80_000).map(|number| format!("u{number}@example.com, ")).collect();
    assert_eq!(
        AddressList::new(many.as_bytes(), &Config::new()).mailboxes().filter(|one| one.is_valid()).count(),
        80_000
    );
}

#[test]
fn quirk_mime_104() {
    assert_eq!(seen(b" undisclosed-recipients:;"), ["undisclosed-recipients:", ";"]);
    assert_eq!(defects(b" undisclosed-recipients:;"), []);
}

#[test]
fn quirk_mime_106() {
    assert_eq!(seen(b" \""), [""; 0]);
    assert_eq!(defects(b" \""), [DefectKind::Unclosed]);
}

#[test]
fn quirk_mime_109() {
    let field = b" Mailer-Daemon";
    let mailbox = AddressList::new(field, &Config::new()).mailboxes().next().unwrap();
    assert_eq!((&*mailbox.local_part(), &*mailbox.domain(), mailbox.name()), ("Mailer-Daemon", "", None));
    assert_eq!(defects(field), [DefectKind::InvalidAddress]);
}

#[test]
fn spans_do_not_overlap() {
    // found by proptest
    check_any(b"<>*<");
}

// attacks

#[test]
fn attack_mimeb_07() {
    let field = b" g0: g1: g2: a@example.com;;;";
    assert_eq!(seen(field), ["g0:", "a@example.com", ";"]);
    assert!(defects(field).contains(&DefectKind::GroupForm));
    let many = b"g:".repeat(1_000_000);
    assert_eq!(AddressList::new(&many, &Config::new()).count(), 2);
}

#[test]
fn attack_mimeb_08() {
    let field = b" ((((((a)))))) <a@example.com>";
    assert_eq!(seen(field), ["(((((a))))) <a@example.com>"]);
    assert_eq!(defects(field), []);
    let many = b"(".repeat(1_000_000);
    assert_eq!(seen(&many), [""; 0]);
    assert_eq!(defects(&many), [DefectKind::LimitTruncated]);
}

#[test]
fn attack_mimeb_09() {
    assert_eq!(seen(b" a@example.com (x\\"), ["!a@example.com(x\\"]);
    assert_eq!(defects(b" a@example.com (x\\")[0], DefectKind::Unclosed);
    assert_eq!(seen(b"\"x\\"), ["!x\\ <>"]);
    assert_eq!(seen(b"a@[x\\"), ["!a@[x\\"]);
}

#[test]
fn attack_mimeb_18() {
    assert_eq!(seen(b" <a@[aaaaaaaaaaaaaaaa"), ["!a@[aaaaaaaaaaaaaaaa"]);
    let many = b"<a@[".repeat(1_000_000);
    let config = Config::new().limits(Limits::new().addresses(usize::MAX));
    assert_eq!(AddressList::new(&many, &config).mailboxes().filter(|one| !one.is_valid()).count(), 1_000_000);
}

#[test]
fn attack_hdr_08() {
    let field = b" =?utf-8?B?PGFkbWluQGxlZ2l0LmV4YW1wbGU+?=,<second@attack.example>";
    let mailboxes: Vec<_> = AddressList::new(field, &Config::new()).mailboxes().collect();
    assert_eq!((&*mailboxes[0].address(), mailboxes[0].to_mailbox()), ("", None));
    assert_eq!((&*mailboxes[1].address(), mailboxes.len()), ("second@attack.example", 2));
}

#[test]
fn attack_hdr_10() {
    let field = b" <admin@legit.example>\\,<second@attack.example>";
    assert_eq!(seen(field), ["!admin@legit.example", "second@attack.example"]);
    assert_eq!(defects(field), [DefectKind::InvalidAddress]);
}

#[test]
fn attack_hdr_11() {
    assert_eq!(
        seen(b" admin@legit.example,<second@attack.example>"),
        ["admin@legit.example", "second@attack.example"]
    );
}

#[test]
fn attack_hdr_15() {
    let field = b" <a@\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.example>";
    assert_eq!(seen(field), ["a@аррӏе.example"]);
    assert_eq!(defects(field), [DefectKind::ConfusableScript]);
    assert_eq!(defects("a@pаypal.example".as_bytes()), [DefectKind::ConfusableScript]);
    for honest in ["a@müller.example", "a@почта.рф", "a@пример.example", "a@παράδειγμα.gr", "a@例え.jp"]
    {
        assert_eq!(defects(honest.as_bytes()), [], "{honest}");
    }
}

#[test]
fn attack_hdr_16() {
    let field = b" \"ceo@bank.example\" <x@evil.example>";
    assert_eq!(seen(field), ["ceo@bank.example <x@evil.example>"]);
    assert_eq!(defects(field), [DefectKind::DisplayNameAddress]);
}

#[test]
fn attack_hdr_17() {
    let field = b" \"a\" (ceo@bank.example) <x@evil.example>";
    assert_eq!(seen(field), ["a <x@evil.example>"]);
}

#[test]
fn attack_hdr_18() {
    let field = b" \"\xe2\x80\xaegro.knab@oec\" <x@evil.example>";
    assert!(defects(field).contains(&DefectKind::BidiControl));
}

#[test]
fn attack_hdr_20() {
    let field = b" alice@example.org(<bob@example.org>";
    let mailboxes: Vec<_> = AddressList::new(field, &Config::new()).mailboxes().collect();
    assert!(mailboxes.iter().all(|mailbox| !mailbox.is_valid() && mailbox.address() != "alice@example.org"));
    assert_eq!(defects(field)[0], DefectKind::Unclosed);
}

#[test]
fn attack_hdr_21() {
    let field = b" a@legit.example.        @evil.example";
    assert_eq!(seen(field), ["!a@legit.example.@evil.example"]);
    assert_eq!(defects(field), [DefectKind::InvalidAddress]);
}

// owned addresses

#[test]
fn owned_addresses_refuse_what_cannot_be_written() {
    let refused = |text: &str| AddrSpec::try_from(text).unwrap_err();
    assert_eq!(refused(""), AddressError::Empty);
    assert_eq!(refused("a"), AddressError::End { at: 1 });
    assert_eq!(refused("a@"), AddressError::End { at: 2 });
    assert_eq!(refused("a@b\r\nBcc: c@d"), AddressError::Octet { octet: b'\r', at: 3 });
    assert_eq!(refused("a@b\nX"), AddressError::Octet { octet: b'\n', at: 3 });
    assert_eq!(refused("a\0@b"), AddressError::Octet { octet: 0, at: 1 });
    assert_eq!(refused("\"a\rb\"@c"), AddressError::Octet { octet: b'\r', at: 2 });
    assert_eq!(refused("\"a\\\nb\"@c"), AddressError::Octet { octet: b'\n', at: 3 });
    assert_eq!(refused("a@b>"), AddressError::Octet { octet: b'>', at: 3 });
    assert_eq!(refused("a@b, c@d"), AddressError::Octet { octet: b',', at: 3 });
    assert_eq!(refused("a@b@c"), AddressError::Octet { octet: b'@', at: 3 });
    assert_eq!(refused("a@[b]c"), AddressError::Octet { octet: b']', at: 4 });
    assert_eq!(refused("a@-b"), AddressError::Octet { octet: b'-', at: 2 });
    assert_eq!(refused("a\u{85}@b"), AddressError::Octet { octet: 0xC2, at: 1 });
    assert!(AddrSpec::from_parts("a", "b\r\nc").is_err());
    assert!(AddrSpec::from_parts("a\nb", "c").is_err());
    assert!(Mailbox::try_from(("N\0", "a@b")).is_err());
    assert!(Mailbox::try_from(("N\nBcc: x", "a@b")).is_err());
    assert!(Mailbox::try_from("N\r\nBcc: x <a@b>").is_err());
    assert_eq!(Mailbox::try_from("N <a@b\n>").unwrap_err(), AddressError::Octet { octet: b'\n', at: 6 });
    assert!(Group::new("x\r\n", Vec::new()).is_err());
    assert_eq!(Group::new("", Vec::new()).unwrap_err(), AddressError::Empty);
}

#[test]
fn owned_addresses_compare_as_they_are_meant() {
    let of = |text: &str| AddrSpec::try_from(text).unwrap();
    assert_eq!(of("\"ab\"@Example.ORG"), of("ab@example.org"));
    assert_ne!(of("AB@example.org"), of("ab@example.org"));
    assert_eq!("\"a\\b\"@c".parse::<AddrSpec>().unwrap().local_part(), "ab");
}

/// The XML of isemail, without a parser for XML: address, category.
fn isemail() -> Option<Vec<(String, String)>> {
    let xml = std::fs::read_to_string(test_support::corpora()?.join("isemail/tests.xml")).unwrap();
    let inside = |text: &str, tag: &str| {
        let (_, rest) = text.split_once(&format!("<{tag}>"))?;
        Some(rest.split_once(&format!("</{tag}>"))?.0.to_owned())
    };
    let cases = xml.split("<test id=").skip(1).map(|case| {
        let mut address = inside(case, "address").unwrap_or_default();
        for control in 0..0x20_u8 {
            let symbol = char::from_u32(0x2400 + u32::from(control)).unwrap();
            address = address.replace(symbol, &char::from(control).to_string());
            address = address.replace(&format!("&#x24{control:02X};"), &char::from(control).to_string());
        }
        let address =
            address.replace("&#xA9;", "©").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        (address.replace("&amp;", "&"), inside(case, "category").unwrap())
    });
    Some(cases.collect())
}

#[test]
fn isemail_corpus() {
    let Some(cases) = isemail() else { return };
    let mut run = 0;
    for (address, category) in &cases {
        let strict = AddrSpec::try_from(&**address);
        let lenient: Vec<_> = AddressList::new(address.as_bytes(), &Config::new()).mailboxes().collect();
        // white space, comments, several quoted strings in one local part: for the lenient parser only
        let loose = address.contains([' ', '\t', '\r', '\n', '(', '\x7f'])
            || address.contains("\".")
            || address.contains(".\"")
            || (address.contains('[') && address.contains('\\'));
        match &**category {
            // RFC 6532 section 3.2 allows it
            _ if address.contains('©') => assert!(strict.is_ok(), "{address:?}"),
            "ISEMAIL_ERR" => assert!(strict.is_err(), "{address:?}"),
            "ISEMAIL_CFWS" => {
                assert!(strict.is_err(), "{address:?}");
                assert!(lenient.len() == 1 && lenient[0].is_valid(), "{address:?}");
            }
            "ISEMAIL_DEPREC" if address.contains(|char: char| char.is_ascii_control()) => {
                assert!(strict.is_err(), "{address:?}");
                assert_eq!(lenient.len(), 1, "{address:?}");
            }
            _ => {
                if !loose || address.starts_with('"') && !address.contains("\".") {
                    assert!(strict.is_ok(), "{address:?} {category} {strict:?}");
                }
                // a bracket inside a literal cannot be written without obsolete syntax
                if !address.contains(|char: char| char.is_ascii_control()) && !address.contains("\\]") {
                    assert!(
                        lenient.len() == 1 && lenient[0].is_valid(),
                        "{address:?} {category} {lenient:?}"
                    );
                }
            }
        }
        run += 1;
    }
    eprintln!("{run} cases of isemail");
    assert_eq!(run, cases.len());
    assert!(run > 150);
}

#[test]
fn a_name_of_white_space_alone_is_none() {
    for value in [&b"a@b (\xa0)"[..], "\"\u{2003}\" <a@b>".as_bytes(), b"=?utf-8?Q?=E3=80=80?= <a@b>"] {
        let mailbox = AddressList::new(value, &Config::new()).mailboxes().next().unwrap();
        assert_eq!((mailbox.name(), &*mailbox.address()), (None, "a@b"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_panics_and_spans_are_in_bounds(value in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_any(&value);
    }

    #[test]
    fn never_panics_on_what_looks_like_addresses(value in "[a\".,:;<>@()\\[\\]\\\\ \r\n=?é]{0,60}") {
        check_any(value.as_bytes());
    }

    #[test]
    fn what_is_valid_is_read_back(value in "[a\".,:;<>@()\\[\\]\\\\ b]{0,40}") {
        for mailbox in AddressList::new(value.as_bytes(), &Config::new()).mailboxes().filter_map(|one| one.to_mailbox()) {
            let written = mailbox.to_string();
            let again: Vec<_> = AddressList::new(written.as_bytes(), &Config::new()).to_addresses();
            prop_assert_eq!(again, [Address::from(mailbox.clone())]);
            prop_assert_eq!(Mailbox::try_from(&*written).unwrap(), mailbox);
        }
    }

    #[test]
    fn owned_mailboxes_are_read_back(name in "\\PC{0,20}", local in "\\PC{1,10}", domain in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}") {
        let mailbox = Mailbox::new(&name, AddrSpec::from_parts(&local, &domain).unwrap()).unwrap();
        let written = mailbox.to_string();
        prop_assert!(!written.contains(['\r', '\n']));
        prop_assert_eq!(&Mailbox::try_from(&*written).unwrap(), &mailbox);
        let mut list = AddressList::new(written.as_bytes(), &Config::new()).mailboxes();
        let again = list.next().unwrap();
        prop_assert!(list.next().is_none());
        prop_assert!(again.is_valid());
        prop_assert_eq!((&*again.local_part(), &*again.domain()), (&*local, &*domain));
    }
}

fn check_any(value: &[u8]) {
    let config = Config::new();
    let mut defects = Vec::new();
    let mut list = AddressList::parse(value, &config, &mut defects);
    let mut end = 0;
    let mut steps = 0;
    for address in &mut list {
        steps += 1;
        assert!(steps <= 2 * value.len() + 2);
        let AddressRef::Mailbox(mailbox) = address else { continue };
        assert!(mailbox.span().start >= end && mailbox.span().end <= value.len());
        end = mailbox.span().end;
        let texts =
            [mailbox.name().unwrap_or_default(), mailbox.address(), mailbox.local_part(), mailbox.domain()];
        assert!(!mailbox.address().contains(['\r', '\n']), "{texts:?}");
        let _ = (mailbox.route(), mailbox.comments().count(), mailbox.to_mailbox());
    }
    for defect in defects {
        assert!(defect.span.start <= defect.span.end && defect.span.end <= value.len(), "{defect:?}");
    }
}

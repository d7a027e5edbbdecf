//! Our collector against our server on a virtual clock: every way in, every policy, every way to end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

mod world;

use std::time::Duration;

use bytes::Buf;
use pop3_proto::client::{Client, Config as ClientConfig};
use pop3_proto::collector::{CollectorError, Event as Collecting, Left, Method, Plan, Policy, Stage};
use pop3_proto::server::Event;
use pop3_proto::{Error, Expire, Language, Reply, ResponseCode, Wait};
use sasl_core::client::SelectError;
use sasl_core::{Credentials, Mechanism};
use test_support::{Occurrence, Pair, Side, pki};
use wire_core::{Endpoint, Moment, Progress, Security};
use world::{DAY, Silent, World, clear, config, credentials, implicit, joe, opening, plain};

const MESSAGES: [(&str, &str); 4] = [
    ("a", "Subject: a\r\n\r\nfirst\r\n"),
    ("b", "Subject: b\r\n\r\n.\r\n..two\r\n...\r\n"),
    ("c", ""),
    ("d", "Subject: d\r\n\r\nno line end"),
];

#[test]
fn messages_arrive_and_go_in_clear_at_every_size_of_pieces() {
    for pieces in (1..=32).chain([usize::MAX]) {
        for pipelining in [true, false] {
            let mut world = World::new(&MESSAGES);
            let pair = clear(opening(Security::Clear, joe()), plain().pipelining(pipelining)).pieces(pieces);
            world.run(pair).assert_closed();
            world.assert_all_moved(&["a", "b", "c", "d"]);
        }
    }
}

#[test]
fn messages_arrive_and_go_under_tls() {
    for pieces in [1, 2, 7, usize::MAX] {
        for security in [Security::StartTls, Security::ImplicitTls] {
            let mut world = World::new(&MESSAGES);
            let opening = opening(security, joe());
            let pair = if security == Security::StartTls {
                clear(opening, config().tls(true)).tls(pki::client_tls(), pki::server_tls())
            } else {
                implicit(opening, config())
            };
            let mut end = world.run(pair.pieces(pieces));
            end.assert_closed();
            assert!(end.pair.client.machine().client().tls().is_some());
            world.assert_all_moved(&["a", "b", "c", "d"]);
        }
    }
}

#[test]
fn latency_costs_round_trips_only_where_they_are_needed() {
    let messages: Vec<(String, String)> =
        (0..50).map(|n| (format!("id{n}"), format!("a: {n}\r\n"))).collect();
    let messages: Vec<(&str, &str)> = messages.iter().map(|(id, text)| (&id[..], &text[..])).collect();
    let run = |pipelining| {
        let mut world = World::new(&messages);
        let pair = clear(opening(Security::Clear, joe()), plain().pipelining(pipelining));
        let end = world.run(pair.latency(Duration::from_secs(1)));
        end.assert_closed();
        assert_eq!(world.removed.len(), 50);
        end.pair.now().since_origin().as_secs()
    };
    // Greeting, CAPA, login, CAPA, survey, messages, deletions and QUIT.
    assert!(run(true) < 24, "{}", run(true));
    assert!(run(false) > 200, "{}", run(false));
}

#[test]
fn every_mechanism_logs_in() {
    for &mechanism in Mechanism::ALL {
        for good in [true, false] {
            let auth = sasl_core::server::Config::new(&[7; 32][..]).mechanisms(&[mechanism]);
            let opening = opening(Security::ImplicitTls, credentials(mechanism, good)).user_pass(false);
            let mut world = World::new(&MESSAGES);
            world.anonymous = good;
            let end = world.run(implicit(opening, config_with(auth)).pieces(100));
            if good {
                end.assert_closed();
                assert_eq!(world.opened.len(), 1, "{mechanism:?}");
                world.assert_all_moved(&["a", "b", "c", "d"]);
                continue;
            }
            assert!(world.opened.is_empty() && world.removed.is_empty());
            match end.client_error() {
                CollectorError::Login { method, reply } => {
                    assert_eq!(*method, Method::Sasl(mechanism));
                    assert!(reply.has_code(&ResponseCode::AUTH), "{mechanism:?}: {reply}");
                }
                error => panic!("{mechanism:?}: {error}"),
            }
        }
    }
}

fn config_with(auth: sasl_core::server::Config) -> pop3_proto::server::Config {
    pop3_proto::server::Config::new("pop.example".parse().unwrap(), auth)
}

#[test]
fn user_and_pass_and_apop_log_in() {
    for apop in [false, true] {
        for password in ["pencil", "wrong"] {
            let opening =
                opening(Security::Clear, Credentials::password("joe", password)).sasl(false).apop(apop);
            let mut world = World::new(&MESSAGES);
            let end = world.run(clear(opening, plain().apop(apop)).pieces(3));
            let method = if apop { Method::Apop } else { Method::UserPass };
            if password == "pencil" {
                end.assert_closed();
                assert_eq!(world.opened, ["joe"]);
                continue;
            }
            let (tried, reply) = end.login_error();
            assert!(*tried == method && reply.has_code(&ResponseCode::AUTH) && !reply.is_transient());
        }
    }
}

#[test]
fn names_and_passwords_need_not_be_ascii() {
    let jürgen = || Credentials::password("jürgen", "pässwört €");
    for way in 0..4 {
        let opening = opening(Security::Clear, jürgen()).sasl(way > 1).apop(way == 1);
        let mut config = plain().utf8(true).apop(true);
        if way == 3 {
            config.auth = config.auth.mechanisms(&[Mechanism::ScramSha256]);
        }
        let mut world = World::new(&MESSAGES);
        (world.user, world.password) = ("jürgen", "pässwört €");
        world.run(clear(opening, config).pieces(1)).assert_closed();
        assert_eq!(world.opened, ["jürgen"], "way {way}");
    }
    // RFC 6856 section 2.2: not unless the server says that it takes them.
    let mut world = World::new(&MESSAGES);
    let end = world.run(clear(opening(Security::Clear, jürgen()).sasl(false), plain()));
    let unusable = CollectorError::NoMechanism(SelectError::CredentialsUnusable);
    assert_eq!(end.client_error().to_string(), unusable.to_string());
}

#[test]
fn passwords_do_not_go_out_in_clear_unless_that_is_wanted() {
    let mut opening = opening(Security::Clear, joe());
    opening.policy = sasl_core::client::Policy::new();
    let mut world = World::new(&MESSAGES);
    let auth = sasl_core::server::Config::new(&[7; 32][..])
        .mechanisms(&[Mechanism::Plain])
        .dangerous_allow_cleartext_secrets();
    let end = world.run(clear(opening, config_with(auth).tls_for_auth(false)));
    assert!(matches!(end.client_error(), CollectorError::NoMechanism(_)), "{}", end.client_error());
    assert_eq!(world.questions, 0);
}

#[test]
fn what_is_kept_is_retrieved_once() {
    let mut world = World::new(&MESSAGES).policy(Policy::Keep);
    world.session();
    world.assert_stored(&["a", "b", "c", "d"]);
    world.add("e", "Subject: e\r\n\r\n");
    world.now += 40 * DAY;
    world.session();
    world.assert_stored(&["a", "b", "c", "d", "e"]);
    assert_eq!(world.report().left_for(Left::Known), 4);
    assert!(world.removed.is_empty() && world.maildrop.len() == 5);
    // All of them again, if that is wanted.
    world.plan = Plan::from(Policy::Keep).all(true);
    world.session();
    assert_eq!((world.stored.len(), world.journal.len()), (10, 5));
}

#[test]
fn what_is_due_goes_without_being_retrieved_again() {
    let mut world = World::new(&MESSAGES).policy(Policy::DeleteAfter { days: 7 });
    for days in 0..7 {
        world.now = days * DAY;
        world.session();
        assert_eq!((world.stored.len(), world.removed.len()), (4, 0), "day {days}");
    }
    world.add("e", "Subject: e\r\n\r\n");
    world.now = 7 * DAY - 1;
    world.session();
    assert!(world.removed.is_empty());
    world.now = 7 * DAY;
    world.session();
    assert_eq!(world.removed, ["a", "b", "c", "d"]);
    world.assert_stored(&["a", "b", "c", "d", "e"]);
    world.now = 14 * DAY;
    world.session();
    assert_eq!(world.removed, ["a", "b", "c", "d", "e"]);
    assert_eq!(world.stored.len(), 5);
}

#[test]
fn what_was_stored_but_not_deleted_is_deleted_by_the_next_session() {
    let mut world = World::new(&MESSAGES);
    // The connection breaks before QUIT.
    world.quits = false;
    let pair = clear(opening(Security::Clear, joe()), plain());
    world.run(pair);
    world.assert_stored(&["a", "b", "c", "d"]);
    assert!(world.removed.is_empty());
    world.quits = true;
    world.session();
    world.assert_all_moved(&["a", "b", "c", "d"]);
    assert_eq!(world.report().committed, 0);
}

#[test]
fn messages_with_the_same_id_are_not_lost() {
    let mut world =
        World::new(&[("x", "a: 1\r\n"), ("x", "a: 2\r\n"), ("y", "a: 3\r\n")]).policy(Policy::Keep);
    world.session();
    assert_eq!(world.stored.len(), 3);
    world.session();
    assert_eq!(world.stored.len(), 3);
    assert_eq!(world.report().left_for(Left::Ambiguous), 2);
    // A third one comes: which of them it is cannot be told.
    world.add("x", "a: 4\r\n");
    world.session();
    assert!(world.stored.iter().any(|(_, text)| text == b"a: 4\r\n"));
    world.plan = Policy::Delete.into();
    world.session();
    assert!(world.maildrop.is_empty());
}

#[test]
fn what_is_due_goes_although_everything_is_retrieved_again() {
    let mut world = World::new(&MESSAGES);
    world.plan = Plan::from(Policy::DeleteAfter { days: 7 }).all(true);
    world.session();
    world.now = 6 * DAY;
    world.session();
    assert_eq!((world.stored.len(), world.removed.len()), (8, 0));
    world.now = 7 * DAY;
    world.session();
    assert_eq!(world.removed, ["a", "b", "c", "d"]);
    assert_eq!(world.stored.len(), 12);
}

#[test]
fn large_messages_wait_and_so_do_too_many() {
    let mut world = World::new(&MESSAGES);
    world.plan = Plan::from(Policy::Delete).max_octets(25);
    world.session();
    assert_eq!(world.report().left_for(Left::TooLarge), 2);
    assert_eq!(world.removed, ["a", "c"]);
    world.plan = Plan::from(Policy::Delete).max_messages(1);
    world.session();
    assert_eq!(world.report().left_for(Left::Later), 1);
    world.session();
    assert_eq!(world.removed, ["a", "c", "b", "d"]);
}

#[test]
fn a_maildrop_in_use_is_no_wrong_password() {
    for reply in [Reply::in_use(), Reply::login_delay(), Reply::local_error()] {
        let mut world = World::new(&MESSAGES);
        let code = reply.code().unwrap().clone();
        world.refuse_open = Some(reply);
        let end = world.run(clear(opening(Security::Clear, joe()), plain()));
        assert!(end.client_error().is_transient());
        assert!(end.login_error().1.has_code(&code));
        assert_eq!(world.questions, 1, "the password is not tried again another way");
    }
    let mut world = World::new(&MESSAGES);
    world.refuse_connection = true;
    let end = world.run(clear(opening(Security::Clear, joe()), plain()));
    let refused = matches!(end.client_error(), CollectorError::Refused { stage: Stage::Greeting, .. });
    assert!(refused && end.client_error().is_transient());
}

#[test]
fn a_message_that_is_refused_stays_and_the_others_go() {
    for pieces in [1, usize::MAX] {
        let mut world = World::new(&MESSAGES);
        world.unreadable = Some(2);
        world.run(clear(opening(Security::Clear, joe()), plain()).pieces(pieces)).assert_closed();
        assert_eq!(world.removed, ["a", "c", "d"]);
        assert_eq!(world.report().not_retrieved[0].0, 2);
    }
}

#[test]
fn a_message_whose_rest_cannot_be_read_is_not_taken_for_the_whole() {
    let mut world = World::new(&MESSAGES);
    world.breaks_off = Some(2);
    let end = world.run(clear(opening(Security::Clear, joe()), plain()));
    assert!(matches!(end.connection_error(), Error::Eof(Wait::Body)), "{}", end.client_error());
    world.assert_stored(&["a"]);
    assert!(world.removed.is_empty());
}

#[test]
fn a_connection_that_is_cut_deletes_nothing_and_loses_nothing() {
    for pipelining in [true, false] {
        let pair = || clear(opening(Security::Clear, joe()).sasl(false), plain().pipelining(pipelining));
        let mut world = World::new(&MESSAGES);
        let whole = world.run(pair());
        for side in [Side::Client, Side::Server] {
            for octets in 0..=whole.sent(side) {
                let mut world = World::new(&MESSAGES);
                let end = world.run(pair().cut(side, octets));
                world.assert_what_is_stored_is_whole();
                let quit = end.sent(Side::Client) == whole.sent(Side::Client);
                assert_eq!(world.removed.is_empty(), !quit, "{side:?} cut behind {octets} octets");
                if !quit {
                    assert_eq!(world.maildrop.len(), 4);
                    end.client_error();
                } else if world.goodbye.is_none() {
                    assert_eq!(*end.connection_error(), Error::Eof(Wait::Update));
                }
                // And the next session makes it good.
                world.session();
                world.assert_all_moved(&["a", "b", "c", "d"]);
            }
        }
    }
}

#[test]
fn silence_is_told_by_what_was_waited_for() {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    for (silent, wait, after) in [
        (Silent::Connected, Wait::Greeting, minutes(2)),
        (Silent::Authenticate, Wait::Reply, minutes(5)),
        (Silent::Open, Wait::Reply, minutes(5)),
        (Silent::Body, Wait::Body, minutes(3)),
        (Silent::Update, Wait::Update, minutes(10)),
    ] {
        let mut world = World::new(&MESSAGES);
        world.silent = Some(silent);
        let end = world.run(clear(opening(Security::Clear, joe()), plain()));
        assert_eq!(*end.connection_error(), Error::Timeout(wait), "{silent:?}");
        assert_eq!(end.client_now.unwrap().since_origin(), after, "{silent:?}");
        assert!(world.goodbye.is_none());
    }
}

#[test]
fn a_quit_behind_an_unanswered_deletion_may_have_removed_something() {
    for silence in [true, false] {
        let mut client = Endpoint::new(Client::new(ClientConfig::new(), Moment::ORIGIN));
        client.recv_buf().extend_from_slice(b"+OK\r\n");
        assert!(matches!(client.poll(Moment::ORIGIN), Ok(Progress::Event(_))));
        client.machine().capa().unwrap();
        client.machine().dele(1).unwrap();
        client.machine().quit().unwrap();
        let _ = client.poll(Moment::ORIGIN).unwrap();
        client.recv_buf().extend_from_slice(b"+OK\r\nPIPELINING\r\n.\r\n");
        while let Ok(Progress::Event(_)) = client.poll(Moment::ORIGIN) {}
        assert!(client.transmit().unwrap().chunk().ends_with(b"DELE 1\r\nQUIT\r\n"));
        let deadline = client.deadline().unwrap();
        let error = if silence {
            client.poll(deadline)
        } else {
            client.recv_eof();
            client.poll(Moment::ORIGIN)
        };
        let want = if silence { Error::Timeout(Wait::Update) } else { Error::Eof(Wait::Update) };
        assert!(matches!(error, Err(wire_core::Error::Machine(error)) if error == want));
    }
}

/// A session that is open and idle, everything retrieved and marked as deleted.
fn idle(world: &mut World) -> Pair<pop3_proto::collector::Collector, pop3_proto::server::Server> {
    world.quits = false;
    let mut pair = clear(opening(Security::Clear, joe()), plain());
    pair.run(|occurrence| world.on(occurrence));
    world.assert_stored(&["a", "b", "c", "d"]);
    pair
}

#[test]
fn an_idle_client_is_logged_out_after_ten_minutes_without_a_word_and_nothing_is_deleted() {
    // RFC 1939 section 3: "When the timer expires, the session does NOT enter the UPDATE state--the server should close
    // the TCP connection without removing any messages or sending any response to the client."
    let mut world = World::new(&MESSAGES);
    let mut pair = idle(&mut world);
    let said = pair.sent(Side::Server);
    pair.advance(Duration::from_millis(599_999), |occurrence| world.on(occurrence));
    assert!(pair.server_end().is_open());
    pair.advance(Duration::from_millis(1), |occurrence| world.on(occurrence));
    assert_eq!(pair.server_end().machine_error(), Some(&Error::Timeout(Wait::Command)));
    assert_eq!(pair.sent(Side::Server), said);
    assert!(world.removed.is_empty() && !pair.client_end().is_open());
}

#[test]
fn only_a_whole_command_puts_the_logout_off() {
    let mut world = World::new(&MESSAGES);
    let mut pair = idle(&mut world);
    pair.advance(Duration::from_secs(300), |occurrence| world.on(occurrence));
    pair.inject(Side::Client, b"NO");
    pair.advance(Duration::from_secs(299), |occurrence| world.on(occurrence));
    assert!(pair.server_end().is_open());
    pair.inject(Side::Client, b"OP");
    pair.advance(Duration::from_secs(1), |occurrence| world.on(occurrence));
    assert_eq!(pair.server_end().machine_error(), Some(&Error::Timeout(Wait::Command)));

    let mut world = World::new(&MESSAGES);
    let mut pair = idle(&mut world);
    pair.advance(Duration::from_secs(300), |occurrence| world.on(occurrence));
    pair.client.machine().noop().unwrap();
    pair.advance(Duration::from_secs(599), |occurrence| world.on(occurrence));
    assert!(pair.server_end().is_open());
    pair.advance(Duration::from_secs(1), |occurrence| world.on(occurrence));
    assert!(!pair.server_end().is_open() && world.removed.is_empty());
}

#[test]
fn utf8_and_a_language_hold_for_the_session() {
    for (utf8, language) in [(true, Some("de-CH")), (false, None), (true, Some("tlh"))] {
        let mut opening = opening(Security::Clear, joe()).utf8(utf8);
        opening.language = language.map(str::to_owned);
        let mut world = World::new(&MESSAGES);
        world.unreadable = Some(2);
        world.run(clear(opening, plain().utf8(true)).pieces(1)).assert_closed();
        assert_eq!(world.ascii_only, Some(!utf8));
        let german = language == Some("de-CH");
        assert_eq!(world.language, Some(if german { Language::German } else { Language::English }));
        let text = String::from_utf8(world.goodbye.as_ref().unwrap().text().to_vec()).unwrap();
        assert_eq!(text.starts_with("gelöschte Nachrichten sind entfernt"), german, "{text}");
        assert_eq!(
            world.report().not_retrieved[0].1.text() == "die Nachricht ist nicht lesbar".as_bytes(),
            german
        );
    }
}

#[test]
fn expire_and_login_delay_are_told_more_exactly_after_the_login() {
    let config = || plain().expire(Some(Expire::Days(30))).login_delay(Some(900)).per_user(true);
    let mut world = World::new(&MESSAGES);
    world.refuse_open = Some(Reply::login_delay());
    let mut end = world.run(clear(opening(Security::Clear, joe()), config()));
    let capabilities = end.capabilities();
    assert_eq!(capabilities.expire(), Some((Expire::Days(30), true)));
    assert_eq!(capabilities.login_delay(), Some((900, true)));
    for per_user in [false, true] {
        let mut world = World::new(&MESSAGES);
        world.per_user = per_user;
        let mut end = world.run(clear(opening(Security::Clear, joe()), config()));
        let capabilities = end.capabilities();
        let (expire, delay) = if per_user { (Expire::Never, 60) } else { (Expire::Days(30), 900) };
        assert_eq!(capabilities.expire(), Some((expire, false)));
        assert_eq!(capabilities.login_delay(), Some((delay, false)));
    }
}

#[test]
fn a_server_that_goes_away_says_so_and_deletes_nothing() {
    let mut world = World::new(&MESSAGES);
    let mut pair = idle(&mut world);
    pair.server.machine().shutdown(Reply::shutting_down());
    pair.run(|occurrence| world.on(occurrence));
    assert!(pair.server_end().is_closed() && world.removed.is_empty());
    assert!(pair.client.machine().client().last_reply().unwrap().has_code(&ResponseCode::SYS_TEMP));
}

#[test]
fn messages_that_could_not_be_removed_are_told() {
    let mut world = World::new(&MESSAGES);
    let mut pair = clear(opening(Security::Clear, joe()), plain());
    pair.run(|occurrence| match occurrence {
        Occurrence::Server(Event::Update(deleted), server) => {
            assert_eq!(deleted, [1, 2, 3, 4]);
            server.reply(Reply::not_removed()).unwrap();
        }
        Occurrence::Client(Collecting::Goodbye(reply), _) => world.goodbye = Some(reply),
        other => world.on(other),
    });
    assert!(pair.client_end().is_closed() && world.goodbye.unwrap().is_negative());
}

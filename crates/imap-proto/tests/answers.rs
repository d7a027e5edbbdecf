//! Answers in any order, to nobody, and compressed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod driven;

use driven::{CAPABILITIES, Talk, call, command, config, heard, number, small};
use imap_proto::Command;
use imap_proto::client::State;

// ── answers in any order, and to nobody ─────────────────────────────────────────────────────────────────────────

#[test]
fn answers_out_of_order() {
    let make = || {
        let mut talk = Talk::in_state(State::Selected);
        for line in ["NOOP", "CREATE x", "STATUS INBOX (MESSAGES)", "UID FETCH 1 FLAGS"] {
            call(talk.machine(), line).unwrap();
        }
        talk.run();
        talk
    };
    let told = heard(
        make,
        "%5 OK\r\n* 1 FETCH (FLAGS () UID 1)\r\n%3 NO\r\n* STATUS INBOX (MESSAGES 1)\r\n%4 OK\r\n%2 BAD\r\n",
        false,
    );
    let expected = [
        "done 5 OK",
        "* 1 FETCH (FLAGS () UID 1)",
        "done 3 NO",
        "* STATUS INBOX (MESSAGES 1)",
        "done 4 OK",
        "done 2 BAD",
    ];
    assert_eq!((told.events, told.error), (expected.map(str::to_owned).to_vec(), None));
}

#[test]
fn what_is_abandoned_in_every_phase() {
    // Queued: it is not sent.
    let mut talk = Talk::in_state(State::Selected);
    talk.asks(command("XFOO"));
    let id = talk.machine().command(Command::Noop).unwrap();
    talk.machine().abandon(id);
    talk.run().says("% OK\r\n");
    assert_eq!((talk.heard.sent().as_str(), talk.told()), ("XFOO\r\n", vec!["done 2 OK".to_owned()]));
    // Sent: its data is nobody's, and news is news.
    for (line, data, news) in [
        (
            "UID FETCH 1 (FLAGS ENVELOPE)",
            "* 1 FETCH (UID 1 RFC822.SIZE 7 FLAGS ())",
            Some("* 1 FETCH (UID 1 FLAGS ())"),
        ),
        ("UID FETCH 1 RFC822.SIZE", "* 1 FETCH (UID 1 RFC822.SIZE 7)", None),
        (
            "UID FETCH 1 BODY[]",
            "* 1 FETCH (UID 1 BODY[] {2}\r\nhi FLAGS (\\Seen))",
            Some("* 1 FETCH (UID 1 FLAGS (\\Seen))"),
        ),
        ("UID SEARCH ALL", "* SEARCH 1 2", None),
        ("UID SEARCH RETURN (ALL) ALL", "* ESEARCH (TAG \"%\") UID ALL 1:2", None),
        ("UID SORT (DATE) UTF-8 ALL", "* SORT 1 2", None),
        ("UID THREAD REFERENCES UTF-8 ALL", "* THREAD (1 2)", None),
        ("LIST \"\" *", "* LIST () \"/\" x", None),
        ("LSUB \"\" *", "* LSUB () \"/\" x", None),
        ("LIST \"\" * RETURN (STATUS (MESSAGES))", "* STATUS x (MESSAGES 1)", None),
        ("STATUS x (MESSAGES)", "* STATUS x (MESSAGES 1)", None),
        ("GETQUOTA \"\"", "* QUOTA \"\" (STORAGE 1 2)", None),
        ("NAMESPACE", "* NAMESPACE NIL NIL NIL", None),
        ("GETMETADATA x /shared/comment", "* METADATA x (/shared/comment \"y\")", None),
        (
            "GETMETADATA x /shared/comment",
            "* METADATA x /shared/comment",
            Some("* METADATA x /shared/comment"),
        ),
        ("NOOP", "* 4 EXISTS", Some("* 4 EXISTS")),
        ("UID FETCH 1 BODY[]", "* VANISHED 7", Some("* VANISHED 7")),
        // data of another kind is not its answer
        ("NOOP", "* LIST () \"/\" x", Some("* LIST () \"/\" x")),
    ] {
        let make = || {
            let mut talk = Talk::in_state(State::Selected);
            let id = talk.machine().command(command(line)).unwrap();
            talk.run();
            talk.machine().abandon(id);
            talk
        };
        let told = heard(make, &format!("{data}\r\n% OK\r\n"), false);
        assert_eq!(told.events, news.map(str::to_owned).into_iter().collect::<Vec<_>>(), "{line}: {data}");
        assert_eq!(told.error, None, "{line}");
    }
}

#[test]
fn a_message_that_is_abandoned_while_it_comes() {
    let make = || {
        let mut talk = Talk::with(config().limits(small()), State::Selected, CAPABILITIES);
        talk.asks(command("FETCH 1 BODY[]"));
        talk
    };
    let body = "x".repeat(300);
    let mut talk = make();
    talk.says(&format!("* 1 FETCH (UID 5 BODY[] {{300}}\r\n{}", &body[..100]));
    assert_eq!((talk.told().len(), talk.heard.body.len()), (2, 100));
    let id = first_id(&mut talk);
    talk.machine().abandon(id);
    talk.says(&format!("{} FLAGS (\\Seen))\r\n% OK\r\n", &body[100..]));
    assert_eq!(
        (talk.told(), talk.heard.body.len()),
        (vec!["* 1 FETCH (UID 5 FLAGS (\\Seen))".to_owned()], 100)
    );
    assert!(talk.machine().is_idle());
    // Another command that is given up is no reason to cut it.
    let mut talk = make();
    let noop = talk.machine().command(command("LIST \"\" *")).unwrap();
    talk.run();
    talk.says(&format!("* 1 FETCH (UID 5 BODY[] {{300}}\r\n{}", &body[..100]));
    talk.machine().abandon(noop);
    talk.says(&format!("{})\r\n%3 OK\r\n%2 OK\r\n", &body[100..]));
    assert_eq!(talk.heard.body.len(), 300);
    assert_eq!(talk.told(), ["message 1 with 1 items", "body 300", "body end", "message end", "done 2 OK"]);
}

/// The number that the command under way has.
fn first_id(talk: &mut Talk) -> imap_proto::client::CommandId {
    // Ids are counted, and the next one says which was the last.
    let probe = talk.machine().command(Command::Noop).unwrap();
    let text = number(&probe).parse::<usize>().unwrap() - 1;
    talk.machine().abandon(probe);
    let mut other = Talk::in_state(State::Selected);
    let mut id = other.machine().command(Command::Noop).unwrap();
    while number(&id).parse::<usize>().unwrap() < text {
        id = other.machine().command(Command::Noop).unwrap();
    }
    id
}

#[test]
fn an_exchange_that_is_abandoned() {
    let mut talk = Talk::with(config(), State::NotAuthenticated, "IMAP4rev1 AUTH=PLAIN");
    let id = talk.machine().authenticate(driven::plain()).unwrap();
    talk.run();
    talk.machine().abandon(id);
    talk.says("+ \r\n% OK in\r\n");
    // It goes on; that somebody is logged in is so, whoever wanted it.
    assert_eq!(talk.told(), Vec::<String>::new());
    assert_eq!(talk.machine().state(), State::Authenticated);
}

// ── COMPRESS ────────────────────────────────────────────────────────────────────────────────────────────────────

#[cfg(feature = "compress")]
mod compress {
    use driven::Heard;
    use imap_proto::extensions::compress::Deflate;
    use imap_proto::{Error, Limit};
    use test_support::script::Script;
    use wire_core::{Filter, SendBuf};

    use super::*;

    fn compressing() -> Talk {
        let mut talk = Talk::with(config(), State::Authenticated, "IMAP4rev1 COMPRESS=DEFLATE");
        talk.machine().command(Command::Compress).unwrap();
        talk.machine().command(Command::Noop).unwrap();
        talk.run();
        assert_eq!(talk.heard.sent(), "COMPRESS DEFLATE\r\n");
        talk
    }

    fn deflated(text: &str) -> Vec<u8> {
        let (mut plain, mut wire) = (SendBuf::default(), SendBuf::default());
        plain.put(text.as_bytes());
        let mut deflate = Deflate::new();
        deflate.encode(&mut plain, &mut wire).unwrap();
        let octets = wire.len();
        bytes::Buf::copy_to_bytes(&mut wire, octets).to_vec()
    }

    #[test]
    fn after_the_login() {
        let agreed = b"DDDDDD1 OK DEFLATE active\r\n".to_vec();
        let behind = deflated("* 5 EXISTS\r\n");
        let said = [agreed.clone(), behind].concat();
        for cut in 1..said.len() {
            let mut talk = compressing();
            talk.says_octets(&said[..cut]).says_octets(&said[cut..]);
            assert_eq!(talk.told(), ["done 1 OK", "compressed", "* 5 EXISTS"], "cut at {cut}");
            assert!(talk.machine().is_compressed());
            // What was queued goes compressed.
            assert!(!talk.heard.sent().contains("NOOP"), "cut at {cut}");
        }
    }

    #[test]
    fn who_says_no_is_not_compressed() {
        let mut talk = compressing();
        talk.says("%1 NO [COMPRESSIONACTIVE] TLS does it\r\n").says("%2 OK\r\n");
        assert_eq!(talk.told(), ["done 1 NO CompressionActive", "done 2 OK"]);
        assert!(!talk.machine().is_compressed() && talk.heard.sent().ends_with("NOOP\r\n"));
    }

    #[test]
    fn garbage_behind_the_agreement_is_never_a_response() {
        // Text may begin like a block of DEFLATE; it is none in the end, and nothing comes of it.
        let text = b"* 5 EXISTS\r\nDDDDDD2 OK\r\n";
        for garbage in [&text[..], &text.repeat(20), b"\xff\xff\xff\xff", b"\x07\x07\x07\x07"] {
            let said = [b"DDDDDD1 OK\r\n", garbage].concat();
            for cut in 1..said.len() {
                let pieces = [&said[..cut], &said[cut..]];
                let played = Script::new(compressing().endpoint).play(&pieces, |_, _| {});
                let mut heard = Heard::default();
                played.events.iter().for_each(|event| driven::note(event.clone(), &mut heard));
                assert_eq!(heard.events, ["done 1 OK", "compressed"], "cut at {cut}");
                let fails = played.end.layer_error().is_some();
                assert!(fails || garbage == text, "cut at {cut}: {:?}", played.end);
            }
        }
    }

    #[test]
    fn what_is_small_on_the_wire_has_limits_too() {
        let mut talk = Talk::with(config().limits(small()), State::Authenticated, "COMPRESS=DEFLATE");
        talk.asks(Command::Compress);
        talk.says("% OK\r\n");
        let bomb = deflated(&format!("* OK {}", "x".repeat(1_000_000)));
        assert!(bomb.len() < 20_000);
        talk.says_octets(&bomb);
        assert_eq!(talk.heard.error, Some(Error::Limit(Limit::Line(2000))));
    }
}

//! Every row of the attack vectors that is aimed at an SMTP or LMTP server.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod common;

use common::{Ran, Script, row};
use smtp_proto::server::{Abort, Config, Pipelining};
use smtp_proto::{Error, Limits, Mailbox, PeerError, ReversePath};

const HELLO: &str = "EHLO client.example\r\n";
const MAIL: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\n";
const RCPT: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\n";
const DATA: &str = "EHLO client.example\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n";

fn attack(prelude: &str, id: &str) -> Ran {
    Script::new(prelude).run(&row("attacks", id))
}

/// What looks like a second transaction is part of the first message, or the message is refused.
fn not_smuggled(id: &str) {
    let ran = attack(DATA, id);
    assert_eq!(ran.count("Mail"), 0, "{id}: {ran:?}");
    assert!(ran.codes().len() <= 1, "{id}: {ran:?}");
    if let [message] = &ran.messages[..] {
        assert!(message.windows(9).any(|w| w == b"MAIL FROM"), "{id}: the message was cut");
    }
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
        const TESTED: &[&str] = &[$($id),*];
    };
}

/// The reply to a single line behind EHLO.
fn refused(id: &str, codes: &[u16]) -> Ran {
    let ran = attack(HELLO, id);
    assert!(codes.contains(&ran.last_code()), "{id}: {ran:?}");
    assert_eq!(ran.count("Mail"), 0, "{id}: {ran:?}");
    ran
}

rows! {
    attack_smug_02 "SMUG-02" not_smuggled;
    attack_smug_04 "SMUG-04" not_smuggled;
    attack_smug_05 "SMUG-05" not_smuggled;
    attack_smug_06 "SMUG-06" not_smuggled;
    attack_smug_07 "SMUG-07" not_smuggled;
    attack_smug_08 "SMUG-08" not_smuggled;
    attack_smug_09 "SMUG-09" not_smuggled;
    attack_smug_10 "SMUG-10" not_smuggled;
    attack_smug_12 "SMUG-12" not_smuggled;
    attack_smug_13 "SMUG-13" not_smuggled;
    attack_smug_15 "SMUG-15" not_smuggled;
    attack_smug_16 "SMUG-16" not_smuggled;
    attack_smug_17 "SMUG-17" not_smuggled;
    attack_smug_18 "SMUG-18" not_smuggled;
    attack_smug_19 "SMUG-19" not_smuggled;
    attack_smug_20 "SMUG-20" |id| {
        let ran = attack(DATA, id);
        assert_eq!(ran.codes(), [554], "{ran:?}");
        assert_eq!(ran.aborts, [Abort::Bare(wire_core::BareOctet::Nul)]);
    };
    attack_smug_22 "SMUG-22" |id| {
        let ran = attack(DATA, id);
        assert!(ran.messages[0].ends_with(b"x\r\n.\r\n"), "{ran:?}");
        assert_eq!(ran.codes(), [250]);
    };
    attack_smug_23 "SMUG-23" |id| {
        let ran = attack(DATA, id);
        assert_eq!((ran.messages, ran.events.len()), (vec![vec![]], 1));
    };
    attack_smug_24 "SMUG-24" |id| assert_eq!(attack(DATA, id).messages.len(), 1);
    attack_smug_25 "SMUG-25" |id| {
        let off = Script::new("").with(|c| c.pipelining(Pipelining::Off));
        // Said one by one, as a client without PIPELINING does; then all at once.
        let mut prelude = off.clone();
        prelude.prelude.clear();
        let octets = [DATA.as_bytes(), &row("attacks", id)].concat();
        let ran = prelude.run_by(&octets, octets.len());
        assert_eq!(ran.error, Some(Error::Peer(PeerError::Pipelining)), "{ran:?}");
        assert_eq!(ran.last_code(), 554);
        // Offered, it is legal.
        assert_eq!(attack(DATA, id).codes(), [250, 250]);
    };
    attack_smug_26 "SMUG-26" |id| {
        let ran = attack(RCPT, id);
        assert!(ran.ended() && ran.codes()[0] == 500 && ran.count("Data") == 0, "{ran:?}");
    };
    attack_bdat_01 "BDAT-01" |id| {
        let ran = attack(RCPT, id);
        assert_eq!((ran.codes(), ran.messages), (vec![250], vec![b"hi\r\n.\r\nNOOP\r\n".to_vec()]));
    };
    attack_bdat_02 "BDAT-02" |id| assert_eq!(attack(RCPT, id).codes(), [250, 503]);
    attack_bdat_05 "BDAT-05" bad_chunk_size;
    attack_bdat_06 "BDAT-06" bad_chunk_size;
    attack_bdat_07 "BDAT-07" bad_chunk_size;
    attack_bdat_09 "BDAT-09" |id| {
        let ran = attack(RCPT, id);
        assert_eq!((ran.codes(), ran.messages.len(), ran.ended()), (vec![554], 0, false), "{ran:?}");
    };
    attack_bdat_11 "BDAT-11" |id| {
        let prelude = "EHLO x.example\r\nMAIL FROM:<a@b.example> BODY=BINARYMIME\r\nRCPT TO:<b@example.net>\r\n";
        assert_eq!(attack(prelude, id).codes()[0], 503);
    };
    attack_inj_26 "INJ-26" |id| { refused(id, &[501, 553]); };
    attack_inj_28 "INJ-28" |id| { refused(id, &[502]); };
    attack_inj_29 "INJ-29" |id| {
        let ran = attack("", id);
        assert_eq!(ran.codes(), [501]);
        assert!(!ran.output.contains(&0x1b));
    };
    attack_tls_02 "TLS-02" |id| {
        let octets = row("attacks", id);
        let whole = Script::new("").run_by(&octets, octets.len());
        assert!(!whole.start_tls && matches!(whole.error, Some(Error::Seal(_))), "{whole:?}");
        for cut in 1..octets.len() {
            let ran = Script::new("").run_by(&octets, cut);
            assert_eq!(ran.count("Hello") + ran.count("Mail"), 0, "cut at {cut}");
        }
    };
    attack_tls_30 "TLS-30" |id| {
        let ran = attack(HELLO, id);
        assert_eq!((ran.codes(), ran.count("Authenticate")), (vec![538], 0));
    };
    attack_tls_32 "TLS-32" |id| {
        let ran = attack(HELLO, id);
        assert_eq!((ran.codes(), ran.start_tls), (vec![501], false));
    };
    attack_tls_33 "TLS-33" |id| {
        let ran = Script::new(HELLO).secure().run(&row("attacks", id));
        assert_eq!((ran.codes(), ran.start_tls), (vec![503], false));
    };
    attack_alpaca_05 "ALPACA-05" |id| {
        let ran = attack("", id);
        assert_eq!((ran.error, ran.output.len()), (Some(Error::Peer(PeerError::NotSmtp)), 0));
    };
    attack_sasl_22 "SASL-22" |id| { assert!([501, 535].contains(&auth(id).last_code())); };
    attack_sasl_24 "SASL-24" |id| assert_eq!(auth(id).codes(), [501]);
    attack_sasl_25 "SASL-25" |id| assert_eq!(auth(id).codes(), [501]);
    attack_sasl_26 "SASL-26" |id| { assert!([501, 535].contains(&auth(id).last_code())); };
    attack_sasl_27 "SASL-27" |id| assert_eq!(auth(id).codes(), [334, 501]);
    attack_sasl_28 "SASL-28" |id| {
        let mut octets = row("attacks", id);
        octets.truncate(octets.len() - 2);
        octets.extend(std::iter::repeat_n(b'A', 20_000));
        octets.extend_from_slice(b"\r\nNOOP\r\n");
        let ran = Script::new(HELLO).secure().run_by(&octets, 1000);
        assert_eq!(ran.codes(), [334, 500, 250], "{ran:?}");
    };
    attack_sasl_29 "SASL-29" |id| assert_eq!(auth(id).codes(), [250, 503]);
    attack_sasl_36 "SASL-36" |id| { assert!([504, 535].contains(&auth(id).last_code())); };
    attack_sasl_37 "SASL-37" |id| assert_eq!(auth(id).codes(), [504]);
    attack_sasl_41 "SASL-41" |id| {
        let ran = auth(id);
        assert!(ran.count("Authenticate(Password { user: \"joe\"") + ran.codes().iter().filter(|c| **c == 535).count() > 0, "{ran:?}");
    };
    attack_enum_01 "ENUM-01" |id| assert_eq!(attack(HELLO, id).text(), "252 2.5.0 send some mail, I will try my best\r\n");
    attack_enum_02 "ENUM-02" |id| assert_eq!(attack(HELLO, id).codes(), [502]);
    attack_relay_02 "RELAY-02" |id| relay(id, Some("relay.example"));
    attack_relay_03 "RELAY-03" |id| relay(id, Some("relay.example"));
    attack_relay_04 "RELAY-04" |id| relay(id, Some("evil.example"));
    attack_relay_05 "RELAY-05" |id| relay(id, Some("-"));
    attack_relay_06 "RELAY-06" |id| relay(id, None);
    attack_res_01 "RES-01" |id| {
        let mut octets = row("attacks", id);
        octets.truncate(octets.len() - 2);
        octets.extend(std::iter::repeat_n(b'A', 1_000_000));
        octets.extend_from_slice(b"\r\nNOOP\r\n");
        let ran = Script::new(HELLO).run_by(&octets, 4096);
        assert_eq!(ran.codes(), [500, 250]);
    };
    attack_res_02 "RES-02" |id| {
        let octets = row("attacks", id).repeat(100_000);
        let ran = Script::new(HELLO).run_by(&octets, 4096);
        assert_eq!(ran.codes(), [500]);
    };
    attack_res_03 "RES-03" |id| {
        let ran = Script::new(HELLO).with(|c| c.limits(Limits::new().bad_commands(3))).run(&row("attacks", id));
        assert_eq!(ran.codes(), [500, 500, 421], "{ran:?}");
        assert!(ran.ended());
    };
    attack_res_04 "RES-04" |id| {
        assert_eq!(attack(MAIL, id).codes(), [250, 250]);
        let many: String = (0..1500).map(|n| format!("RCPT TO:<u{n}@example.net>\r\n")).collect();
        let codes = Script::new(MAIL).run_by(many.as_bytes(), 4096).codes();
        assert_eq!((codes[999], codes[1000], codes.len()), (250, 452, 1500));
    };
    attack_res_05 "RES-05" |id| {
        let ran = Script::new(HELLO).run_by(&row("attacks", id).repeat(100), 4096);
        assert_eq!((ran.last_code(), ran.ended()), (421, true));
    };
    attack_res_07 "RES-07" |id| {
        let octets = [&row("attacks", id)[..], b"RCPT TO:<b@example.net>\r\nDATA\r\n", &b"0123456789\r\n".repeat(1000), b".\r\nNOOP\r\n"].concat();
        let ran = Script::new(HELLO).with(|c| c.limits(Limits::new().message_octets(5000))).run_by(&octets, 700);
        assert_eq!(ran.codes()[2..], [354, 552, 250], "{ran:?}");
        assert_eq!(ran.aborts, [Abort::TooLong]);
    };
    attack_res_09 "RES-09" |id| { refused(id, &[501]); };
    attack_res_11 "RES-11" |id| { refused(id, &[501]); };
    attack_res_12 "RES-12" |id| {
        refused(id, &[501]);
        let lenient = |c: Config| c.quirks(smtp_proto::Quirks::default().space_after_colon(true));
        assert_eq!(Script::new(HELLO).with(lenient).run(&row("attacks", id)).codes(), [250]);
    };
    attack_res_13 "RES-13" |id| assert_eq!(attack(HELLO, id).codes(), [250]);
    attack_res_14 "RES-14" |id| { assert!([250, 501].contains(&attack(HELLO, id).last_code())); };
    attack_res_18 "RES-18" |id| { refused(id, &[501, 553]); };
    attack_res_19 "RES-19" |id| { refused(id, &[501]); };
    attack_res_20 "RES-20" |id| {
        let ran = attack(HELLO, id);
        assert!(ran.ended() && ran.codes()[0] == 500 && ran.count("Mail") == 0, "{ran:?}");
    };
    attack_res_22 "RES-22" |id| assert_eq!(attack("", id).codes(), [501]);
    attack_res_23 "RES-23" |id| {
        assert_eq!(attack(HELLO, id).codes(), [550]);
        assert!(!Script::new("").run(HELLO.as_bytes()).text().contains("XCLIENT"));
    };
    attack_res_25 "RES-25" |id| {
        use wire_core::proxy::{DEFAULT_MOST, Header, ProxyError};
        assert_eq!(Header::parse(&row("attacks", id), DEFAULT_MOST), Err(ProxyError::TooLong(DEFAULT_MOST)));
    };
    attack_res_27 "RES-27" |id| {
        let ran = attack(HELLO, id);
        assert_eq!((ran.codes(), ran.events[0].as_str()), (vec![250, 250, 250], "Mail "));
    };
    attack_res_28 "RES-28" |id| {
        let octets = [&row("attacks", id).repeat(51)[..], b"\r\n.\r\n"].concat();
        let ran = Script::new(DATA).run_by(&octets, 100);
        assert_eq!((ran.codes(), ran.aborts), (vec![554], vec![Abort::Loop]));
    };
    attack_res_29 "RES-29" |id| {
        let ran = attack(HELLO, id);
        assert_eq!((ran.codes(), ran.closed), (vec![221], true));
    };
    attack_res_30 "RES-30" |id| {
        let octets = row("attacks", id);
        let mut lmtp = Script::new("");
        lmtp.config = Config::lmtp("mx.example".parse().unwrap());
        assert_eq!(lmtp.run(&octets).codes(), [500]);
        assert_eq!(Script::new("").run(b"LHLO a.example\r\n").codes(), [500]);
    };
    attack_hdr_24 "HDR-24" |id| { refused(id, &[501]); };
    attack_hdr_26 "HDR-26" |id| { refused(id, &[501]); };
    attack_hdr_27 "HDR-27" |id| assert_eq!(attack(HELLO, id).events, ["Mail 'any@attack.example"]);
    attack_misc_02 "MISC-02" |id| { refused(id, &[501, 553]); };
}

fn bad_chunk_size(id: &str) {
    let ran = attack(RCPT, id);
    assert!(ran.ended() && ran.codes()[0] == 501 && ran.messages.is_empty(), "{id}: {ran:?}");
}

fn auth(id: &str) -> Ran {
    Script::new(HELLO).secure().run(&row("attacks", id))
}

/// The application is told the real destination, or the address is refused.
fn relay(id: &str, domain: Option<&str>) {
    let ran = attack(MAIL, id);
    match domain {
        Some(domain) => assert!(ran.events[0].ends_with(&format!(" at {domain}")), "{id}: {ran:?}"),
        None => assert_eq!((ran.codes(), ran.count("Recipient")), (vec![501], 0), "{id}"),
    }
}

/// Rows for the other side are in `attacks_client.rs`.
#[test]
fn every_row_has_its_test() {
    let all = common::ids("attacks");
    let ours: Vec<&String> = all.iter().filter(|id| !common::CLIENT_ROWS.contains(&id.as_str())).collect();
    let missing: Vec<_> = ours.iter().filter(|id| !TESTED.contains(&id.as_str())).collect();
    println!("{} of {} server rows have a test", ours.len() - missing.len(), ours.len());
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn addresses_are_parsed_once() {
    let ReversePath::Mailbox(mailbox) = "\"user@evil.example\"@relay.example".parse().unwrap() else {
        panic!()
    };
    assert_eq!(mailbox.domain().unwrap().as_str(), "relay.example");
    assert!("a@b".parse::<Mailbox>().is_ok());
}

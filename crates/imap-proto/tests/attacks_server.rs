//! The rows of the attack vectors that are about what a server decides: what it is told, so that it can.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod commands;

use bytes::Bytes;
use commands::{command, row, server};
use imap_proto::extensions::notify::MailboxFilter;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::search::{SearchKey, ThreadNode, Threads};
use imap_proto::{
    BodyPart, BodyStructure, Code, Command, Dialect, Encoder, Fetch, FetchItem, Limit, Limits, Literals,
    MailboxName, PartFields, PartKind, Response, ResponseText, Status, Tag, Tagged, Text, Untagged,
};
use wire_core::RecvBuf;

/// The name of the mailbox of a command, and nothing else of it.
fn mailbox(command: Command) -> MailboxName {
    match command {
        Command::Create(create) => create.mailbox,
        Command::Select(select) => select.mailbox,
        Command::ListRights(rights) => rights.mailbox,
        other => panic!("{other:?}"),
    }
}

/// What ends the reading of what is compressed: it is read as it comes, within the limits of a command, and never held.
#[cfg(feature = "compress")]
fn inflated(bomb: &[u8]) -> String {
    use wire_core::Filter;
    let mut layer = imap_proto::extensions::compress::Deflate::new();
    let (mut rx, mut framer) = (RecvBuf::default(), Framer::new(Side::Commands));
    let (mut wire, mut plain, mut rest) = (bytes::BytesMut::new(), bytes::BytesMut::new(), bomb);
    let limits = FrameLimits::commands(&Limits::new());
    let mut ended = None;
    while ended.is_none() {
        let (piece, behind) = rest.split_at(rest.len().min(16));
        rest = behind;
        wire.extend_from_slice(piece);
        ended = match layer.decode(&mut wire, &mut plain, 4096) {
            Err(error) => Some(format!("{error:?}")),
            Ok(_) if rest.is_empty() && wire.is_empty() => Some("all of it".to_owned()),
            Ok(_) => None,
        };
        rx.feed(&plain.split());
        assert!(rx.len() <= limits.line + 16 * 1024, "{}", rx.len());
        loop {
            match framer.step(&mut rx, &limits) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => {
                    ended = Some(error.to_string());
                    break;
                }
            }
        }
    }
    ended.unwrap()
}

/// What a server writes.
fn written(response: &Response) -> String {
    let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
    response.encode(&mut encoder);
    String::from_utf8(encoder.text().to_vec()).unwrap()
}

fn read(line: &str) -> Response {
    Response::parse(&Bytes::copy_from_slice(line.strip_suffix("\r\n").unwrap().as_bytes()), Dialect::REV1)
}

fn answer(tag: Tag, status: Status, code: Code, text: &str) -> String {
    written(&Response::Tagged(Tagged { tag, status, text: ResponseText::new(Some(code), text) }))
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
    };
}

rows! {
    attack_tls_03 "TLS-03" |id| {
        // What was sent behind STARTTLS in clear is there to be seen, at every cut: it can be refused, and thrown away.
        let octets = row(id).bytes();
        let limits = FrameLimits::commands(&Limits::new());
        for cut in 0..=octets.len() {
            let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
            rx.feed(&octets[..cut]);
            let Some(Frame::Whole(frame)) = framer.step(&mut rx, &limits).unwrap() else {
                assert!(cut < "A1 STARTTLS\r\n".len());
                continue;
            };
            assert_eq!(Command::parse(&frame, Dialect::REV1).unwrap().1, Command::StartTls);
            assert_eq!(rx.len(), cut - "A1 STARTTLS\r\n".len());
            assert!(framer.is_between());
        }
    };
    attack_sasl_38 "SASL-38" |id| {
        let (all, error) = server(&row(id).bytes(), Dialect::REV1);
        assert_eq!((all.len(), error), (2, None));
        let mut users = Vec::new();
        for (one, tag) in all.into_iter().zip(["A1", "A2"]) {
            let (of, command) = one.unwrap();
            assert!(!format!("{command:?}").contains('x'), "{command:?}");
            let Command::Login(login) = command else { panic!() };
            users.push(login.user().to_string());
            // The answer has no place for whose name it was.
            let refused = answer(of, Status::No, Code::AuthenticationFailed, "no");
            assert_eq!(refused, format!("{tag} NO [AUTHENTICATIONFAILED] no\r\n"));
        }
        assert_eq!(users, ["nosuchuser", "joe"]);
    };
    attack_imaps_06 "IMAPS-06" |id| {
        let limits = FrameLimits::commands_before_login(&Limits::new());
        let step = |octets: &[u8]| {
            let mut rx = RecvBuf::default();
            rx.feed(octets);
            Framer::new(Side::Commands).step(&mut rx, &limits)
        };
        assert_eq!(step(&row(id).bytes()), Err(Limit::Literal(4096)));
        assert_eq!(step(b"A1 LOGIN {4096+}\r\n"), Ok(None));
        // Where the client waits it can be refused and goes on; where it was let send all the same, it was not.
        let mut rx = RecvBuf::default();
        rx.feed(b"A1 LOGIN {4097}\r\n");
        let mut framer = Framer::new(Side::Commands);
        assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Waits { octets: 4097 })));
        assert_eq!(framer.refuse(&mut rx), "A1 LOGIN {4097}\r\n");
        rx.feed(b"A2 NOOP\r\nA3 APPEND INBOX {5000}\r\n");
        assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Whole("A2 NOOP".into()))));
        assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Waits { octets: 5000 })));
        assert_eq!(framer.step(&mut rx, &limits), Err(Limit::Literal(4096)));
        // A line has its own bound, and once somebody is logged in both are higher.
        let long = [b"A1 LOGIN ", &[b'x'; 8200][..]].concat();
        assert_eq!(step(&long), Err(Limit::Line(8192)));
        let (all, error) = server(&[&b"A1 LOGIN {4097+}\r\n"[..], &[b'x'; 4097], b" y\r\n"].concat(), Dialect::REV1);
        assert!(all[0].is_ok() && error.is_none());
    };
    attack_imaps_32 "IMAPS-32" |id| {
        // Parts of a name are told apart by the delimiter of the server alone, and none is lost: a store can refuse each.
        let name = mailbox(command(id));
        assert_eq!(name.as_str(), Some("../../etc/passwd"));
        assert_eq!(name.parts('/').collect::<Vec<_>>(), ["..", "..", "etc", "passwd"]);
        assert_eq!(name.parts('.').collect::<Vec<_>>(), ["", "", "/", "", "/etc/passwd"]);
        let (all, _) = server(b"A1 CREATE {5+}\r\na\0b/c\r\n", Dialect::REV1);
        assert!(all[0].is_err(), "{all:?}");
        let refused = answer(Tag::try_from("A1").unwrap(), Status::No, Code::Cannot, "no such name");
        assert_eq!(refused, "A1 NO [CANNOT] no such name\r\n");
    };
    attack_imaps_33 "IMAPS-33" |id| {
        let name = mailbox(command(id));
        assert_eq!(name.as_str(), Some("/etc/passwd"));
        assert_eq!(name.parts('/').collect::<Vec<_>>(), ["", "etc", "passwd"]);
        // In every form it could be hidden in it is that name, or no name that has a delimiter.
        for hidden in ["&AC8-etc&AC8-passwd", "&AC8AZQB0AGMALw-passwd"] {
            let (mut all, _) = server(format!("A1 SELECT {hidden}\r\n").as_bytes(), Dialect::REV1);
            let name = mailbox(all.pop().unwrap().unwrap().1);
            assert_eq!(name.as_str(), None, "{name:?}");
            assert_eq!(name.as_bytes(), hidden.as_bytes());
        }
    };
    attack_imaps_41 "IMAPS-41" |id| {
        // Both forms come as they were sent, and are told apart: a store that normalises can, and sees the same by every way.
        let (mut all, error) = server(&row(id).bytes(), Dialect::UTF8);
        assert_eq!(error, None);
        let utf8 = mailbox(all.pop().unwrap().unwrap().1);
        let (mut all, _) = server(b"A1 CREATE a&AwE-\r\nA2 CREATE &AOE-\r\n", Dialect::REV1);
        let composed = mailbox(all.pop().unwrap().unwrap().1);
        let utf7 = mailbox(all.pop().unwrap().unwrap().1);
        assert_eq!((utf8.as_str(), composed.as_str()), (Some("a\u{301}"), Some("\u{e1}")));
        assert_eq!(utf8, utf7);
        assert_ne!(utf8, composed);
    };
    attack_imaps_50 "IMAPS-50" |id| {
        let Command::Esearch(search) = command(id) else { panic!() };
        let victim = MailboxName::new("user/victim").unwrap();
        assert_eq!(search.sources, [MailboxFilter::Mailboxes(vec![victim])]);
        assert_eq!(search.key().to_string(), "TEXT secret");
    };
    attack_imaps_51 "IMAPS-51" |id| {
        let Command::ListRights(rights) = command(id) else { panic!() };
        assert_eq!((rights.mailbox.as_str(), rights.identifier.as_str()), (Some("user/victim"), Some("bob")));
        let refused = answer(Tag::try_from("A1").unwrap(), Status::No, Code::NoPerm, "no such mailbox");
        assert_eq!(refused, "A1 NO [NOPERM] no such mailbox\r\n");
    };
    attack_imaps_52 "IMAPS-52" |id| {
        let Command::GenUrlAuth(rumps) = command(id) else { panic!() };
        let [rump] = &rumps[..] else { panic!() };
        assert_eq!(rump.mechanism.as_str(), "INTERNAL");
        // Whose mailbox it is and who may use it can be asked of the URL before anything is signed.
        assert_eq!(rump.url.as_str(), Some("imap://joe@h/user.victim;UID=1;URLAUTH=anonymous"));
    };
    attack_imaps_53 "IMAPS-53" |id| {
        let (octets, said) = (row(id).bytes(), b"A1 COMPRESS DEFLATE\r\n");
        let bomb = octets.strip_prefix(said).unwrap();
        assert_eq!(server(said, Dialect::REV1).0[0].as_ref().unwrap().1, Command::Compress);
        assert!(!bomb.is_empty());
        #[cfg(feature = "compress")]
        assert_eq!(inflated(bomb), "a line of more than 65536 octets");
    };
    attack_imaps_56 "IMAPS-56" |id| {
        let Command::UidBatches(batches) = command(id) else { panic!() };
        assert_eq!((batches.size.get(), batches.batches), (1, None));
        let refused = answer(Tag::try_from("A1").unwrap(), Status::No, Code::TooFew, "500 at least");
        assert_eq!(refused, "A1 NO [TOOFEW] 500 at least\r\n");
    };
    attack_imaps_58 "IMAPS-58" |id| {
        let Command::Thread(thread) = command(id) else { panic!() };
        assert_eq!(*thread.key(), SearchKey::everything());
        // A chain of 100,000 answers is built, written, read and dropped without recursion; a cycle has no place in a list.
        let chain = |depth: u32| {
            (0..depth).map(|depth| ThreadNode { number: (depth + 1).try_into().ok(), depth }).collect::<Vec<_>>()
        };
        let threads = Threads::new(chain(100_000)).unwrap();
        let line = written(&Response::Untagged(Untagged::Thread(threads.clone())));
        assert_eq!(read(&line), Response::Untagged(Untagged::Thread(threads)));
    };
    attack_imaps_59 "IMAPS-59" |id| {
        let Command::Fetch(fetch) = command(id) else { panic!() };
        assert_eq!(fetch.attributes.len(), 2);
        // A structure that is deeper than anybody reads is written as far as it is read.
        let text = |text: &str| Text::try_from(text).unwrap();
        let fields = || PartFields::new(text("multipart"), text("mixed"));
        let mut part = BodyPart::new(PartFields::new(text("text"), text("plain")), PartKind::Text { lines: Some(1) });
        for _ in 0..1000 {
            part = BodyPart::new(fields(), PartKind::Multipart { parts: vec![part] });
        }
        let fetch = Fetch::new(1, [FetchItem::BodyStructure(Box::new(BodyStructure::new(part)))]);
        let line = written(&Response::Untagged(Untagged::Fetch(fetch)));
        assert!(line.len() < 10_000, "{}", line.len());
        let Response::Untagged(Untagged::Fetch(again)) = read(&line) else { panic!("{line}") };
        assert_eq!(again.body_structure().unwrap().parts().count(), 50);
    };
}

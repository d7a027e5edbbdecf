//! Every IMAP row of the quirks: what servers and clients in use send.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{
    Addressee, BodyPart, BodyStructure, Capability, Code, DateTime, Dialect, Envelope, Expected, Fetch,
    FetchItem, Flag, Limit, Limits, PartKind, Response, Section, Status, Tagged, Text, Uid, UidValidity,
    Untagged,
};
use test_support::vectors::Rows;
use wire_core::RecvBuf;

fn rows() -> Rows {
    Rows::load(format!("{}/tests/vectors/quirks.jsonl", env!("CARGO_MANIFEST_DIR")))
}

fn octets(id: &str) -> Vec<u8> {
    rows().row(id).bytes()
}

/// The frames of what a server sends, in pieces.
fn frames(octets: &[u8], step: usize) -> Result<Vec<Frame>, Limit> {
    let (mut framer, mut rx, mut all) = (Framer::new(Side::Responses), RecvBuf::default(), Vec::new());
    let limits = FrameLimits::responses(&Limits::new());
    for piece in octets.chunks(step) {
        rx.feed(piece);
        while let Some(frame) = framer.step(&mut rx, &limits)? {
            all.push(frame);
        }
    }
    Ok(all)
}

/// The responses of a row, however it is cut.
fn responses(id: &str) -> Vec<Response> {
    let octets = octets(id);
    let whole = frames(&octets, octets.len()).unwrap();
    for step in 1..octets.len() {
        assert_eq!(frames(&octets, step).unwrap(), whole, "{id} in pieces of {step}");
    }
    let parse = |frame| match frame {
        Frame::Whole(frame) => Response::parse(&frame, Dialect::REV1),
        other => panic!("{id}: {other:?}"),
    };
    whole.into_iter().map(parse).collect()
}

fn one(id: &str) -> Untagged {
    match responses(id).as_slice() {
        [Response::Untagged(untagged)] => untagged.clone(),
        other => panic!("{id}: {other:?}"),
    }
}

/// The FETCH of a row, and none of its items is damaged.
fn fetch(id: &str) -> Fetch {
    let fetch = any_fetch(id);
    assert_eq!(fetch.damaged().count(), 0, "{id}: {fetch:?}");
    fetch
}

fn any_fetch(id: &str) -> Fetch {
    match one(id) {
        Untagged::Fetch(fetch) => fetch,
        other => panic!("{id}: {other:?}"),
    }
}

fn uid(number: u32) -> Option<Uid> {
    Uid::new(number)
}

/// The structure of a row whose UID, which stands before it, is 1.
fn structure(id: &str) -> BodyStructure {
    let fetch = fetch(id);
    assert_eq!(fetch.uid(), uid(1), "{id}");
    fetch.body_structure().unwrap().clone()
}

/// The whole of a structure.
fn root(id: &str) -> BodyPart {
    structure(id).root().clone()
}

fn envelope(id: &str) -> Envelope {
    fetch(id).envelope().unwrap().clone()
}

fn string(text: Option<Text>) -> Option<String> {
    text.map(|text| text.to_str_lossy().into_owned())
}

fn addresses(list: &imap_proto::AddressList) -> Vec<String> {
    list.mailboxes().map(|address| address.to_string()).collect()
}

/// An untagged status.
fn status(id: &str) -> (Status, Option<Code>, String) {
    match one(id) {
        Untagged::Status(status, text) => (status, text.code, text.text.to_str_lossy().into_owned()),
        other => panic!("{id}: {other:?}"),
    }
}

/// A tagged one, of tag A1.
fn tagged(id: &str) -> (Status, Option<Code>, String) {
    match responses(id).as_slice() {
        [Response::Tagged(Tagged { tag, status, text })] if tag.as_str() == "A1" => {
            (*status, text.code.clone(), text.text.to_str_lossy().into_owned())
        }
        other => panic!("{id}: {other:?}"),
    }
}

/// An item of a FETCH that is damaged, and its UID, which is kept.
fn damaged(id: &str, name: &str, raw: &str) {
    let fetch = any_fetch(id);
    let damaged: Vec<_> = fetch.damaged().collect();
    assert_eq!(damaged.len(), 1, "{id}");
    assert_eq!((damaged[0].name.as_str(), &damaged[0].raw[..]), (name, raw.as_bytes()), "{id}");
    assert_eq!(fetch.uid(), uid(1), "{id}");
}

macro_rules! rows {
    ($($name:ident $id:literal $check:expr;)*) => {
        $(#[test] fn $name() { let check: fn(&str) = $check; check($id); })*
    };
}

rows! {
    quirk_imap_001 "imap-001" |id| assert_eq!(root(id).octets(), Some(1_869_310));
    quirk_imap_002 "imap-002" |id| {
        let part = root(id);
        assert!(part.is("multipart", "digest") && *part.kind() == PartKind::Basic);
        assert_eq!(part.octets(), None);
    };
    quirk_imap_004 "imap-004" |id| {
        assert_eq!(fetch(id).items[..2], [FetchItem::ModSeq(None), FetchItem::Flags([Flag::SEEN].into_iter().collect())]);
        assert_eq!(fetch(id).uid(), uid(1));
    };
    quirk_imap_005 "imap-005" |id| assert_eq!((fetch(id).modseq(), fetch(id).uid()), (None, uid(1)));
    quirk_imap_006 "imap-006" |id| {
        let Untagged::Damaged(damaged) = one(id) else { panic!() };
        assert_eq!((damaged.number, damaged.uid), (None, uid(1)));
        assert_eq!(damaged.error.unwrap().expected(), Expected::Number);
    };
    quirk_imap_009 "imap-009" |id| {
        assert_eq!(status(id), (Status::Ok, Some(Code::UidValidity(None)), "UIDs valid".into()));
    };
    quirk_imap_011 "imap-011" |id| {
        let (Status::Ok, Some(Code::CopyUid(Some(copied))), _) = tagged(id) else { panic!() };
        assert_eq!((copied.validity(), copied.from().to_string().as_str()), (None, "31"));
        assert_eq!(copied.after(Uid::new(31).unwrap()), uid(6));
    };
    quirk_imap_013 "imap-013" |id| assert_eq!(fetch(id).size(), Some(4_294_967_297));
    quirk_imap_017 "imap-017" |id| {
        let octets = octets(id);
        for step in 1..octets.len() {
            assert!(matches!(frames(&octets, step), Err(Limit::Literal(_))));
        }
    };
    quirk_imap_018 "imap-018" |id| {
        let all = responses(id);
        assert!(matches!(&all[0], Response::Untagged(Untagged::Damaged(damaged)) if damaged.number == Some(1)));
        assert!(matches!(all[1..], [Response::Stray(_)]));
    };
    quirk_imap_020 "imap-020" |id| {
        let section = Section::parse(b"TEXT").unwrap();
        assert_eq!(fetch(id).body(&section).unwrap().data.as_deref(), Some(&b"hello"[..]));
        assert_eq!(fetch(id).uid(), uid(1));
    };
    quirk_imap_021 "imap-021" |id| {
        let from = envelope(id).from().mailboxes().next().unwrap();
        assert_eq!(string(from.name.clone()).unwrap(), "Офис \"A\" 1");
        assert_eq!(from.to_string(), "facility@example.com");
        assert_eq!(addresses(&envelope(id).to()), ["t@example.com"]);
        assert_eq!(string(envelope(id).message_id()).unwrap(), "<m@example.com>");
    };
    quirk_imap_022 "imap-022" |id| {
        let all = responses(id);
        assert!(matches!(&all[0], Response::Untagged(Untagged::Damaged(damaged)) if damaged.uid.is_none()));
        // The rest of the message is nothing of the protocol.
        assert!(all[1..].iter().all(|response| matches!(response, Response::Stray(_))), "{all:?}");
    };
    quirk_imap_024 "imap-024" |id| {
        let parts = root(id).parts().to_vec();
        assert!(parts[0].is("multipart", "alternative") && parts[0].parts().is_empty());
        assert_eq!(parts[0].parameters().get("boundary").unwrap(), "b2");
        assert!(parts[1].is("text", "html") && parts[1].lines() == Some(171));
    };
    quirk_imap_025 "imap-025" |id| {
        let related = root(id).parts()[1].clone();
        assert!(related.is("multipart", "related") && related.parts().is_empty());
        assert!(related.disposition().unwrap().is("attachment"));
    };
    quirk_imap_026 "imap-026" |id| {
        let message = root(id).parts()[1].clone();
        let PartKind::Message { envelope, body, lines } = message.kind() else { panic!() };
        assert!(body.is("multipart", "alternative") && body.parts().is_empty());
        assert_eq!((envelope.subject().unwrap().as_str(), *lines), (Some("Re"), Some(51)));
    };
    quirk_imap_027 "imap-027" |id| assert!(root(id).is("multipart", "mixed") && root(id).parts().is_empty());
    quirk_imap_028 "imap-028" |id| {
        let inner = root(id).parts()[0].clone();
        assert!(inner.is("multipart", "mixed") && inner.parts().is_empty());
    };
    quirk_imap_030 "imap-030" |id| {
        let parts = root(id).parts().to_vec();
        assert!(parts[0].is("application", "octet-stream") && parts[0].octets() == Some(563));
        assert!(parts[1].is("message", "delivery-status") && parts[1].octets() == Some(658));
    };
    quirk_imap_031 "imap-031" |id| {
        assert!(root(id).is("application", "octet-stream") && root(id).octets() == Some(12));
    };
    quirk_imap_032 "imap-032" |id| {
        let zip = root(id).parts()[1].clone();
        assert!(zip.is("application", "x-zip") && zip.octets() == Some(4096));
        assert_eq!(string(zip.encoding()).unwrap(), "base64");
    };
    quirk_imap_033 "imap-033" |id| {
        let part = root(id).parts()[0].clone();
        assert!(part.is("application", "octet-stream") && part.octets() == Some(356));
    };
    quirk_imap_037 "imap-037" |id| {
        let related = root(id).parts()[0].clone();
        assert!(related.is("multipart", "related") && related.octets() == Some(400));
        assert_eq!((related.md5(), related.parameters().get("boundary").unwrap().as_str()), (None, Some("b1")));
        assert!(root(id).parts()[1].is("text", "html"));
    };
    quirk_imap_041 "imap-041" |id| {
        let part = root(id);
        assert!(part.is("message", "delivery-status") && *part.kind() == PartKind::Basic);
        assert_eq!(part.octets(), Some(344));
    };
    quirk_imap_042 "imap-042" |id| {
        assert_eq!(root(id).lines(), None);
        assert!(root(id).disposition().unwrap().is("inline"));
        assert_eq!(root(id).file_name().unwrap(), "x");
    };
    quirk_imap_043 "imap-043" |id| assert_eq!((root(id).lines(), root(id).octets()), (None, Some(12)));
    quirk_imap_047 "imap-047" |id| {
        let disposition = root(id).disposition().unwrap();
        assert!(disposition.is("attachment") && disposition.parameters.is_empty());
        assert_eq!(structure(id).attachments().count(), 1);
    };
    quirk_imap_049 "imap-049" |id| {
        assert_eq!(root(id).description().unwrap(), "Multipart message");
        assert_eq!(root(id).disposition(), None);
    };
    quirk_imap_050 "imap-050" |id| {
        assert!(root(id).disposition().unwrap().is("inline") && root(id).languages().is_empty());
        assert_eq!(root(id).parts()[0].id().unwrap(), "<x>");
    };
    quirk_imap_051 "imap-051" |id| assert_eq!((root(id).location(), root(id).lines()), (None, Some(497)));
    quirk_imap_054 "imap-054" |id| assert_eq!(root(id).parameters().get("charset").unwrap(), "X-UNKNOWN");
    quirk_imap_055 "imap-055" |id| {
        assert!(root(id).parameters().is_empty() && root(id).lines() == Some(1));
    };
    quirk_imap_058 "imap-058" |id| assert_eq!(root(id).encoding().unwrap(), "7BIT");
    quirk_imap_061 "imap-061" |id| {
        let octets: Vec<_> = root(id).parts().iter().map(BodyPart::octets).collect();
        assert_eq!(octets, [Some(409), Some(592)]);
        assert_eq!(root(id).parameters().get("boundary").unwrap(), "b");
    };
    quirk_imap_062 "imap-062" |id| {
        assert!(root(id).is("multipart", "alternative") && root(id).languages().is_empty());
    };
    quirk_imap_064 "imap-064" |id| assert_eq!(root(id).lines(), Some(1));
    quirk_imap_065 "imap-065" |id| damaged(id, "BODYSTRUCTURE", "(foo bar)");
    quirk_imap_066 "imap-066" |id| {
        let Untagged::Damaged(damaged) = one(id) else { panic!() };
        assert_eq!((damaged.number, damaged.uid), (Some(1), uid(1)));
        for name in ["", "BODYSTRUCTURE ", "ENVELOPE ", "X-A "] {
            let deep = format!("* 1 FETCH (UID 1 {name}{}", "(".repeat(1_000_000));
            let Response::Untagged(Untagged::Damaged(damaged)) = Response::parse(&deep.into(), Dialect::REV1)
            else { panic!() };
            assert_eq!(damaged.uid, uid(1));
        }
    };
    quirk_imap_067 "imap-067" |id| {
        let envelope = envelope(id);
        assert!(envelope.from().is_empty() && envelope.sender().is_empty() && envelope.reply_to().is_empty());
        assert_eq!(string(envelope.message_id()).unwrap(), "<m@example.com>");
    };
    quirk_imap_068 "imap-068" |id| {
        assert_eq!(string(envelope(id).in_reply_to()).unwrap(), "<irt@example.com>");
        assert_eq!(envelope(id).message_id(), None);
    };
    quirk_imap_069 "imap-069" |id| {
        assert_eq!((envelope(id).in_reply_to(), envelope(id).message_id()), (None, None));
        assert_eq!(addresses(&envelope(id).from()), ["a@example.com"]);
    };
    quirk_imap_070 "imap-070" |id| {
        assert_eq!(envelope(id).in_reply_to(), None);
        assert_eq!(string(envelope(id).message_id()).unwrap(), "<m@qq.com>");
    };
    quirk_imap_071 "imap-071" |id| {
        assert_eq!(addresses(&envelope(id).from()), ["m@example.com"]);
        assert_eq!(addresses(&envelope(id).to()), ["x@example.com"]);
        assert_eq!((string(envelope(id).message_id()).unwrap().as_str(), fetch(id).uid()), ("<i@HOST>", uid(1)));
    };
    quirk_imap_072 "imap-072" |id| {
        let sender: Vec<_> = envelope(id).sender().iter().collect();
        let [Addressee::Mailbox(address)] = &sender[..] else { panic!("{sender:?}") };
        assert_eq!(address.to_string(), "sender@domain.com");
        assert_eq!(string(address.name.clone()).unwrap(), "=?UTF-8?Q?\"Dummy=C3=ADa_Algo\"?=");
        assert_eq!(addresses(&envelope(id).reply_to()), ["a@example.com"]);
    };
    quirk_imap_073 "imap-073" |id| {
        assert_eq!(addresses(&envelope(id).sender()), ["members=headspace.com@members.headspace.com"]);
    };
    quirk_imap_075 "imap-075" |id| {
        let from = envelope(id).from().mailboxes().next().unwrap();
        assert_eq!(string(from.name).unwrap(), "Mail Delivery System");
        assert!(from.mailbox.is_empty() && from.host.is_empty());
    };
    quirk_imap_079 "imap-079" |id| assert!(envelope(id).to().is_empty());
    quirk_imap_081 "imap-081" |id| {
        let to: Vec<_> = envelope(id).to().iter().collect();
        let group = Text::try_from("undisclosed-recipients").unwrap();
        assert_eq!(to, [Addressee::GroupStart(group), Addressee::GroupEnd]);
    };
    quirk_imap_082 "imap-082" |id| {
        assert_eq!(addresses(&envelope(id).to()), ["a@x.test", "b@x.test", "c@x.test"]);
    };
    quirk_imap_084 "imap-084" |id| {
        assert_eq!(addresses(&envelope(id).from()), ["some-url.com info@example.com"]);
    };
    quirk_imap_086 "imap-086" |id| assert_eq!(string(envelope(id).subject()).unwrap(), r"C:\dir\new");
    quirk_imap_091 "imap-091" |id| assert_eq!(envelope(id).subject().unwrap().as_bytes(), "a\0b");
    quirk_imap_093 "imap-093" |id| assert_eq!(envelope(id), Envelope::default());
    quirk_imap_096 "imap-096" |id| {
        // What was not returned is neither empty nor nothing.
        assert_eq!(fetch(id).items[..], [FetchItem::Uid(Uid::new(1).unwrap())]);
    };
    quirk_imap_097 "imap-097" |id| assert_eq!(fetch(id).uid(), uid(92285));
    quirk_imap_098 "imap-098" |id| {
        assert_eq!(fetch(id).items[..], [FetchItem::Rfc822(Some(Bytes::from_static(b"foo\r\n")))]);
    };
    quirk_imap_100 "imap-100" |id| {
        let fetch = fetch(id);
        let item = fetch.body(&Section::part("1".parse().unwrap())).unwrap();
        assert_eq!((item.origin, item.data.as_deref()), (None, Some(&b"abc"[..])));
    };
    quirk_imap_102 "imap-102" |id| assert!(fetch(id).items.is_empty() && fetch(id).number == 5);
    quirk_imap_103 "imap-103" |id| {
        assert_eq!(fetch(id).body(&Section::parse(b"4.TEXT").unwrap()).unwrap().data, None);
        assert_eq!(fetch(id).uid(), uid(1));
    };
    quirk_imap_104 "imap-104" |id| {
        assert!(matches!(&fetch(id).items[0], FetchItem::Unknown(item) if item.raw == "92285"));
        assert_eq!(fetch(id).uid(), uid(3));
    };
    quirk_imap_105 "imap-105" |id| {
        assert!(matches!(&fetch(id).items[0], FetchItem::Unknown(item) if item.raw == "(a (b \"c\") {1}\r\nd)"));
        assert_eq!(fetch(id).uid(), uid(3));
    };
    quirk_imap_107 "imap-107" |id| {
        assert_eq!(fetch(id).items[0], FetchItem::InternalDate(None));
        assert_eq!(fetch(id).uid(), uid(1));
    };
    quirk_imap_110 "imap-110" |id| damaged(id, "INTERNALDATE", "\"27-JAG-2018 13:41:57 -0400\"");
    quirk_imap_113 "imap-113" |id| damaged(id, "INTERNALDATE", "\"27-OCT-2018 13:41:57 -0400 XYZ\"");
    quirk_imap_114 "imap-114" |id| assert_eq!(fetch(id).items[0], FetchItem::ThreadId(None));
    quirk_imap_115 "imap-115" |id| labels(id, &["\\Inbox", "NIL"]);
    quirk_imap_116 "imap-116" |id| labels(id, &["+foo", "\\Sent"]);
    quirk_imap_117 "imap-117" |id| {
        labels(id, &[]);
        assert_eq!(fetch(id).items[1], FetchItem::GmailMessageId(u64::MAX));
    };
    quirk_imap_118 "imap-118" |id| {
        assert!(fetch(id).flags().unwrap().is_empty());
        assert_eq!(fetch(id).uid(), uid(1));
    };
    quirk_imap_121 "imap-121" |id| {
        let Untagged::Flags(flags) = one(id) else { panic!() };
        assert!(flags.is_draft() && flags.keywords().count() == 0);
    };
    quirk_imap_124 "imap-124" |id| {
        let fetch = fetch(id);
        let flags = fetch.flags().unwrap();
        assert!(flags.is_seen() && flags.is_flagged() && flags.contains(&Flag::FORWARDED));
        assert_eq!(flags.to_string(), r"\seen \FLAGGED $forwarded");
    };
    quirk_imap_126 "imap-126" |id| {
        let (Status::Ok, Some(Code::PermanentFlags(flags)), text) = status(id) else { panic!() };
        assert!(flags.allows_keywords());
        assert_eq!((flags.to_string().as_str(), text.as_str()), (r"[css3-page] \*", "ok"));
    };
    quirk_imap_162 "imap-162" |id| {
        let Untagged::Capability(capabilities) = one(id) else { panic!() };
        assert!(capabilities.has(&Capability::LITERAL_PLUS) && capabilities.has(&Capability::IDLE));
    };
    quirk_imap_163 "imap-163" |id| {
        let Untagged::Capability(capabilities) = one(id) else { panic!() };
        assert_eq!(capabilities.iter().next().unwrap().as_str(), "st11p00mm-iscream009");
        assert!(capabilities.has(&Capability::SASL_IR) && capabilities.auth_mechanisms().count() == 2);
    };
    quirk_imap_165 "imap-165" |id| {
        let all = responses(id);
        assert!(matches!(all[..], [Response::Tagged(_), Response::Stray(_)]), "{all:?}");
    };
    quirk_imap_167 "imap-167" |id| {
        let (Status::Ok, Some(Code::HighestModSeq(Some(modseq))), text) = status(id) else { panic!() };
        assert_eq!((modseq.get(), text.as_str()), (7, ""));
    };
    quirk_imap_168 "imap-168" |id| assert_eq!(tagged(id), (Status::Ok, None, String::new()));
    quirk_imap_170 "imap-170" |id| {
        let all = responses(id);
        assert!(matches!(&all[..], [Response::Continuation(text)] if text.text.is_empty()));
    };
    quirk_imap_173 "imap-173" |id| {
        let text = "INBOX selected. (Success) [THROTTLED]".to_owned();
        assert_eq!(tagged(id), (Status::Ok, Some(Code::ReadWrite), text));
    };
    quirk_imap_174 "imap-174" |id| {
        assert_eq!(tagged(id), (Status::No, Some(Code::Limit), "UID FETCH Rate limit hit.".into()));
    };
    quirk_imap_175 "imap-175" |id| {
        let (status, code, text) = tagged(id);
        assert_eq!((status, code), (Status::Ok, None));
        assert!(text.starts_with("[Error=\"Microsoft") && text.ends_with("] AUTHENTICATE completed."));
    };
    quirk_imap_176 "imap-176" |id| {
        assert_eq!(status(id), (Status::Ok, Some(Code::CopyUid(None)), String::new()));
    };
    quirk_imap_178 "imap-178" |id| {
        let all = responses(id);
        let [Response::Untagged(Untagged::Status(Status::Ok, text)), Response::Tagged(_)] = &all[..] else {
            panic!("{all:?}")
        };
        assert!(matches!(&text.code, Some(Code::CopyUid(Some(copied))) if copied.validity() == UidValidity::new(55)));
    };
    quirk_imap_179 "imap-179" |id| {
        assert_eq!(status(id), (Status::Ok, Some(Code::CopyUid(None)), "missing".into()));
    };
    quirk_imap_180 "imap-180" |id| {
        assert_eq!(status(id), (Status::Ok, Some(Code::Closed), "mailbox closed".into()));
    };
    quirk_imap_181 "imap-181" |id| {
        let (Status::Ok, Some(Code::CopyUid(Some(copied))), text) = tagged(id) else { panic!() };
        assert_eq!((copied.to().to_string().as_str(), text.as_str()), ("101:110", "bad"));
    };
    quirk_imap_182 "imap-182" |id| {
        assert_eq!(tagged(id), (Status::Ok, Some(Code::CopyUid(None)), "mismatched".into()));
    };
    quirk_imap_183 "imap-183" |id| {
        let (Status::Ok, Some(Code::CopyUid(Some(copied))), _) = tagged(id) else { panic!() };
        assert_eq!(copied.from().written().count(), 1);
        assert_eq!(copied.after(Uid::new(4_000_000_000).unwrap()), uid(4_000_000_000));
    };
    quirk_imap_185 "imap-185" |id| {
        let all = responses(id);
        let [Response::Tagged(Tagged { tag, status: Status::Ok, text })] = &all[..] else { panic!("{all:?}") };
        assert_eq!((tag.as_str(), &text.code), ("A5", &None));
    };
    quirk_imap_186 "imap-186" |id| {
        let (Status::Ok, None, text) = status(id) else { panic!() };
        assert!(text.ends_with("ready. [TQBOADIAUAA=]"));
    };
    quirk_imap_187 "imap-187" |id| assert_eq!(status(id), (Status::Ok, None, "Hello \" foo".into()));
    quirk_imap_188 "imap-188" |id| {
        let all = responses(id);
        assert!(matches!(&all[..], [Response::Untagged(Untagged::Status(_, text)), Response::Tagged(_)]
            if text.text == "Hello {5}"));
    };
    quirk_imap_189 "imap-189" |id| {
        // Neither ends a line: it is one, whenever it ends.
        let mut octets = octets(id);
        for step in 1..octets.len() {
            assert_eq!(frames(&octets, step), Ok(vec![]));
        }
        octets.extend_from_slice(b"\r\n");
        assert_eq!(frames(&octets, 1).unwrap().len(), 1);
    };
    quirk_imap_199 "imap-199" |id| {
        let Untagged::Unknown(unknown) = one(id) else { panic!() };
        assert_eq!((unknown.number, unknown.name.as_str()), (Some(99), "NOOP"));
    };
    quirk_imap_200 "imap-200" |id| {
        let Untagged::Unknown(unknown) = one(id) else { panic!() };
        assert_eq!((unknown.name.as_str(), &unknown.data[..]), ("NOOP", &b"{5}\r\nfroop snood"[..]));
    };
    quirk_imap_215 "imap-215" |id| {
        assert_eq!(tagged(id), (Status::Bad, None, "Command Argument Error. 11".into()));
    };
    quirk_imap_220 "imap-220" |id| {
        let text = "Web login required: https://support.google.com/mail/".to_owned();
        assert_eq!(status(id), (Status::Ok, Some(Code::Alert), text));
    };
    quirk_imap_221 "imap-221" |id| {
        let url = Text::try_from("https://accounts.google.com/x").unwrap();
        assert_eq!(tagged(id), (Status::No, Some(Code::WebAlert(url)), "Web login required.".into()));
    };
    quirk_imap_224 "imap-224" |_| {
        let line = [&b"* OK "[..], &vec![b'A'; 20 * 1024 * 1024]].concat();
        assert!(matches!(frames(&line, 64 * 1024), Err(Limit::Line(_))));
    };
}

fn labels(id: &str, expected: &[&str]) {
    let FetchItem::GmailLabels(labels) = &fetch(id).items[0] else { panic!() };
    assert_eq!(labels, expected);
    assert_eq!(fetch(id).uid(), uid(1));
}

#[test]
fn no_row_of_any_kind_panics() {
    for row in rows().iter() {
        let octets = Bytes::from(row.bytes());
        for end in 0..=octets.len() {
            let frame = octets.slice(..end);
            for dialect in [Dialect::REV1, Dialect::UTF8] {
                std::hint::black_box(format!("{:?}", Response::parse(&frame, dialect)));
            }
        }
    }
}

#[test]
fn moments_stay_moments() {
    let line = "* 1 FETCH (INTERNALDATE \" 1-Jan-1970 00:00:01 +0000\")".into();
    let Response::Untagged(Untagged::Fetch(fetch)) = Response::parse(&line, Dialect::REV1) else { panic!() };
    assert_eq!(fetch.internal_date().map(DateTime::unix), Some(1));
}

//! The quirks of clients that a server answers to: what it is told, and what it writes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bytes::Bytes;
use imap_proto::command::{AppendItem, AppendReader, Authenticate};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::search::{Esearch, SearchReturn};
use imap_proto::{
    Code, Command, Dialect, Encoder, Limit, Limits, Literals, MessageSet, Response, ResponseText, Status,
    Tag, Tagged, Text, UidSet, Untagged,
};
use test_support::vectors::Rows;
use wire_core::RecvBuf;

fn octets(id: &str) -> Vec<u8> {
    Rows::load(format!("{}/tests/vectors/quirks.jsonl", env!("CARGO_MANIFEST_DIR"))).row(id).bytes()
}

fn command(id: &str) -> (Tag, Command) {
    let octets = octets(id);
    Command::parse(&Bytes::copy_from_slice(octets.strip_suffix(b"\r\n").unwrap()), Dialect::REV1).unwrap()
}

fn written(responses: &[Response]) -> String {
    let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
    responses.iter().for_each(|response| response.encode(&mut encoder));
    String::from_utf8(encoder.text().to_vec()).unwrap()
}

#[test]
fn imap_233() {
    // EXISTS and RECENT may be kept back up to the answer of NOOP: they are responses of their own, in any order, before it.
    let (tag, noop) = command("imap-233");
    assert_eq!(noop, Command::Noop);
    let done = Tagged { tag, status: Status::Ok, text: ResponseText::new(None, "done") };
    let all = [
        Response::Untagged(Untagged::Exists(5)),
        Response::Untagged(Untagged::Recent(1)),
        Response::Tagged(done),
    ];
    assert_eq!(written(&all), "* 5 EXISTS\r\n* 1 RECENT\r\nA1 OK done\r\n");
}

#[test]
fn imap_235() {
    let (tag, search) = command("imap-235");
    let Command::Search(search) = search else { panic!("{search:?}") };
    assert!(search.uid && search.returns == Some(vec![SearchReturn::All]));
    let tag = Text::try_from(tag.as_str()).unwrap();
    let all = MessageSet::Uid(UidSet::parse(b"4,7:9").unwrap());
    let mut found = Esearch::default();
    (found.tag, found.uid, found.all) = (Some(tag), true, Some(all));
    let line = written(&[Response::Untagged(Untagged::Esearch(found))]);
    assert_eq!(line, "* ESEARCH (TAG \"A1\") UID ALL 4,7:9\r\n");
}

#[test]
fn imap_236() {
    let (_, command) = command("imap-236");
    let Command::Authenticate(Authenticate { initial: None, .. }) = &command else { panic!("{command:?}") };
    // Nothing to say is a space all the same, and a challenge stands behind one.
    assert_eq!(written(&[Response::Continuation(ResponseText::new(None, ""))]), "+ \r\n");
    assert_eq!(written(&[Response::Continuation(ResponseText::new(None, "PDE4OTY+"))]), "+ PDE4OTY+\r\n");
}

#[test]
fn imap_240() {
    let limits = FrameLimits::commands(&Limits::new());
    let (mut framer, mut rx) = (Framer::new(Side::Commands), RecvBuf::default());
    // It is told before anything of the message is sent, and what was refused is not waited for.
    rx.feed(&octets("imap-240"));
    rx.feed(b"A2 NOOP\r\n");
    assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Waits { octets: 99_999_999_999 })));
    let refused = framer.refuse(&mut rx);
    let (tag, _, items) = AppendReader::begin(&refused, Dialect::REV1).unwrap();
    assert!(matches!(items.last(), Some(AppendItem::Literal { octets: 99_999_999_999, .. })), "{items:?}");
    let text = ResponseText::new(Some(Code::TooBig), "25 MiB at most");
    let line = written(&[Response::Tagged(Tagged { tag, status: Status::No, text })]);
    assert_eq!(line, "A1 NO [TOOBIG] 25 MiB at most\r\n");
    assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Whole("A2 NOOP".into()))));
    // Who does not wait has sent it already.
    rx.feed(b"A3 APPEND INBOX {99999999999+}\r\n");
    assert_eq!(framer.step(&mut rx, &limits), Err(Limit::Literal(Limits::new().literal)));
}

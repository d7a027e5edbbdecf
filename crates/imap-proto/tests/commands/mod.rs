//! What a server makes of the octets of an attack.
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Command, CommandError, Dialect, Limit, Limits, Tag};
use test_support::vectors::{Row, Rows};
use wire_core::RecvBuf;

pub(crate) fn rows() -> Rows {
    Rows::load(format!("{}/tests/vectors/attacks.jsonl", env!("CARGO_MANIFEST_DIR")))
}

pub(crate) fn row(id: &str) -> Row {
    rows().row(id).clone()
}

/// What a server makes of octets: the commands, and why it cannot go on.
pub(crate) type Read = (Vec<Result<(Tag, Command), CommandError>>, Option<Limit>);

pub(crate) fn server(octets: &[u8], dialect: Dialect) -> Read {
    let (mut framer, mut rx, mut all) = (Framer::new(Side::Commands), RecvBuf::default(), Vec::new());
    let limits = FrameLimits::commands(&Limits::new());
    let mut whole = Vec::new();
    for piece in octets.chunks(4096) {
        rx.feed(piece);
        loop {
            match framer.step(&mut rx, &limits) {
                Ok(Some(Frame::Whole(frame))) => all.push(Command::parse(&frame, dialect)),
                Ok(Some(Frame::Begin { head, .. })) => whole.extend_from_slice(&head),
                Ok(Some(Frame::Chunk(chunk))) => whole.extend_from_slice(&chunk),
                Ok(Some(Frame::End(rest))) => {
                    whole.extend_from_slice(&rest);
                    all.push(Command::parse(&std::mem::take(&mut whole).into(), dialect));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return (all, Some(error)),
            }
        }
    }
    (all, None)
}

/// The only command of a row, which is right.
pub(crate) fn command(id: &str) -> Command {
    let (mut all, error) = server(&row(id).bytes(), Dialect::REV1);
    assert_eq!((all.len(), error), (1, None), "{id}");
    all.pop().unwrap().unwrap().1
}

//! The dot codec: stuffing is undone, at every chunking, and ends where it should.
use bytes::{Buf, Bytes};
use wire_core::dot::{Stuffer, Unstuffed, Unstuffer};
use wire_core::{NewlineCheck, NewlineRepair, RecvBuf, SendBuf};

fn unstuff(wire: &[u8], step: usize) -> (Vec<u8>, bool, usize) {
    let (mut unstuffer, mut rx, mut body) = (Unstuffer::default(), RecvBuf::default(), Vec::new());
    let mut fed = 0;
    loop {
        match unstuffer.next(&mut rx, 64) {
            Some(Unstuffed::Chunk(chunk)) => body.extend_from_slice(&chunk),
            Some(Unstuffed::End) => return (body, true, fed - rx.len()),
            None if fed == wire.len() => return (body, false, fed - rx.len()),
            None => {
                let next = (fed + step).min(wire.len());
                rx.feed(&wire[fed..next]);
                fed = next;
            }
        }
    }
}

pub fn check(data: &[u8]) {
    let &[step, ref body @ ..] = data else { return };
    let step = usize::from(step) + 1;
    assert_eq!(unstuff(body, step), unstuff(body, body.len().max(1)));
    let (mut stuffer, mut tx) = (Stuffer::default(), SendBuf::default());
    for chunk in body.chunks(step) {
        stuffer.stuff(Bytes::copy_from_slice(chunk), &mut tx);
    }
    stuffer.finish(&mut tx);
    let wire = tx.copy_to_bytes(tx.len());
    let (back, ended, used) = unstuff(&wire, step);
    assert!(ended && used == wire.len() && back.starts_with(body) && back.len() <= body.len() + 2);
    let (mut repair, mut check) = (NewlineRepair::default(), NewlineCheck::default());
    for chunk in body.chunks(step) {
        assert!(check.chunk(&repair.chunk(Bytes::copy_from_slice(chunk))).is_ok());
    }
    assert!(check.finish().is_ok());
}

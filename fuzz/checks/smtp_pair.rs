//! Our sender against our server, cut into pieces: every recipient gets an outcome, the message arrives whole.
use std::sync::Arc;

use bytes::{Buf, Bytes};
use smtp_proto::Reply;
use smtp_proto::sender::{Content, Envelope, Event as Sending, Opening, Security, Sender};
use smtp_proto::server::{Config, Event, Pipelining, Server};
use wire_core::{Endpoint, Machine, Moment, Progress};

fn carry<A: Machine, B: Machine>(from: &mut Endpoint<A>, to: &mut Endpoint<B>, most: usize) -> bool {
    let tx = from.transmit().unwrap();
    let n = tx.chunk().len().min(most);
    to.recv_buf().extend_from_slice(&tx.chunk()[..n]);
    tx.advance(n);
    n > 0
}

pub fn check(data: &[u8]) {
    let &[kind, there, back, ref body @ ..] = data else { return };
    let mut config = Config::mx("mx.example".parse().unwrap()).chunking(kind & 1 == 0);
    if kind & 2 != 0 {
        config = config.pipelining(Pipelining::Off);
    }
    let refuse = usize::from(kind >> 4) % 4;
    let opening = Opening::new("c.example".parse().unwrap(), Security::Clear).repair_newlines(true);
    let mut sender = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    let mut server = Endpoint::new(Server::new(Arc::new(config), [2; 32], Moment::ORIGIN));
    let content = if kind & 4 == 0 { Content::ascii().with_eight_bit() } else { Content::of(body) };
    let mut received = Vec::new();
    let mut recipients = 0;
    let mut idle = 0;
    for _ in 0..200_000 {
        let mut moved = carry(&mut sender, &mut server, usize::from(there) + 1);
        moved |= carry(&mut server, &mut sender, usize::from(back) + 1);
        match server.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => {
                moved = true;
                let machine = server.machine();
                match event {
                    Event::Body(chunk) => received.extend_from_slice(&chunk),
                    Event::Recipient { .. }
                        if {
                            recipients += 1;
                            recipients <= refuse
                        } =>
                    {
                        machine.reply(Reply::no_such_user()).unwrap();
                    }
                    _ => while machine.accept().is_ok() {},
                }
            }
            Ok(_) => {}
            Err(_) => return,
        }
        match sender.poll(Moment::ORIGIN) {
            Ok(Progress::Event(Sending::Ready)) => {
                moved = true;
                let envelope =
                    Envelope::new("a@x.example", ["b@y.example", "c@y.example", "d@y.example"]).unwrap();
                sender.machine().send(envelope, content.clone()).unwrap();
            }
            Ok(Progress::Event(Sending::BodyWanted)) => {
                moved = true;
                if sender.machine().body(Bytes::copy_from_slice(body)).is_ok() {
                    let _ = sender.machine().end_body();
                }
            }
            Ok(Progress::Event(Sending::Sent(sent))) => {
                assert_eq!(sent.iter().count(), 3);
                if sent.accepted().count() > 0 {
                    assert!(received.len() + 2 >= body.iter().filter(|octet| **octet != 0).count());
                }
                return;
            }
            Ok(_) => {}
            Err(_) => return,
        }
        // An answer is queued in one round and carried in the next.
        idle = if moved { 0 } else { idle + 1 };
        assert!(idle < 4, "both wait for each other");
    }
}

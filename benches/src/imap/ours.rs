//! Our readers.

use std::hint::black_box;

use bytes::Buf;
use imap_proto::client::{Client, Config, Event};
use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
use imap_proto::{Command, Dialect, Limits, Response, Untagged};
use wire_core::{Endpoint, Moment, Progress, RecvBuf, Security};

use super::{READ, Reader};

pub fn fill() -> Reader {
    let mut rx = RecvBuf::default();
    Box::new(move |batch| {
        for read in black_box(&batch.wire).chunks(READ) {
            rx.feed(read);
            drop(black_box(rx.take(READ)));
        }
    })
}

pub fn responses() -> Reader {
    let (mut rx, mut framer) = (RecvBuf::default(), Framer::new(Side::Responses));
    let limits = FrameLimits::responses(&Limits::new());
    Box::new(move |batch| {
        let mut count = 0;
        for read in black_box(&batch.wire).chunks(READ) {
            rx.feed(read);
            loop {
                // As the client does.
                let fetch = framer.flags(&mut rx, &limits);
                if black_box(&fetch).is_some() {
                    count += 1;
                    continue;
                }
                match framer.step(&mut rx, &limits).expect("it is no attack") {
                    Some(Frame::Whole(frame)) => {
                        let response = Response::parse(&frame, Dialect::REV1);
                        black_box(&response);
                        assert!(!matches!(
                            response,
                            Response::Untagged(Untagged::Damaged(_) | Untagged::Unknown(_))
                                | Response::Stray(_)
                        ));
                        count += 1;
                    }
                    Some(Frame::Begin { .. }) => count += 1,
                    Some(Frame::Chunk(chunk)) => drop(black_box(chunk)),
                    Some(_) => {}
                    None => break,
                }
            }
        }
        assert!(framer.is_between());
        assert_eq!(count, batch.count);
    })
}

pub fn commands() -> Reader {
    let (mut rx, mut framer) = (RecvBuf::default(), Framer::new(Side::Commands));
    let limits = FrameLimits::commands(&Limits::new());
    Box::new(move |batch| {
        let mut count = 0;
        for read in black_box(&batch.wire).chunks(READ) {
            rx.feed(read);
            loop {
                match framer.step(&mut rx, &limits).expect("it is no attack") {
                    Some(Frame::Whole(frame)) => {
                        let parsed = Command::parse(&frame, Dialect::REV1);
                        black_box(&parsed);
                        assert!(!matches!(parsed, Err(_) | Ok((_, Command::Unknown(_)))));
                        count += 1;
                    }
                    Some(frame) => panic!("{frame:?}"),
                    None => break,
                }
            }
        }
        assert!(framer.is_between());
        assert_eq!(count, batch.count);
    })
}

pub fn client() -> Reader {
    let config = Config::new().security(Security::Clear);
    let mut endpoint = Endpoint::new(Client::new(config, [7; 32], Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n");
    let Ok(Progress::Event(Event::Greeting { .. })) = endpoint.poll(Moment::ORIGIN) else {
        panic!("it is one")
    };
    endpoint.machine().command(Command::Noop).expect("it can be asked");
    let _ = endpoint.poll(Moment::ORIGIN).expect("nothing is wrong");
    let tx = endpoint.transmit().expect("nothing is wrong");
    tx.advance(tx.remaining());
    Box::new(move |batch| {
        let mut count = 0;
        for read in black_box(&batch.wire).chunks(READ) {
            endpoint.recv_buf().extend_from_slice(read);
            while let Progress::Event(event) = endpoint.poll(Moment::ORIGIN).expect("nothing is wrong") {
                black_box(&event);
                match event {
                    Event::Untagged(Untagged::Damaged(damaged)) => panic!("{damaged:?}"),
                    Event::Untagged(_) | Event::FetchBegin { .. } => count += 1,
                    _ => {}
                }
            }
        }
        assert_eq!(count, batch.count);
    })
}

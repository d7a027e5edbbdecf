//! A sender against arbitrary octets: no panic, comes to rest, an outcome for each recipient or an error.
use bytes::{Buf, Bytes};
use smtp_proto::client::{Config, Protocol};
use smtp_proto::sender::{Content, Envelope, Event, Opening, Security, Sender};
use wire_core::{Endpoint, Moment, Progress};

pub fn check(data: &[u8]) {
    let &[kind, step, ref octets @ ..] = data else { return };
    let protocol = if kind & 1 == 0 { Protocol::Smtp } else { Protocol::Lmtp };
    let security = if kind & 2 == 0 { Security::Clear } else { Security::Opportunistic };
    let mut opening =
        Opening::new("c.example".parse().unwrap(), security).config(Config::new().protocol(protocol));
    if kind & 4 == 0 {
        opening = opening.credentials(sasl_core::Credentials::password("joe", "pw"));
        opening.policy =
            sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets().max_iterations(4096);
    }
    let content = if kind & 8 == 0 { Content::ascii() } else { Content::ascii().with_binary() };
    let mut endpoint = Endpoint::new(Sender::new(opening, [1; 32], Moment::ORIGIN));
    let mut chunks = octets.chunks(usize::from(step) + 1);
    let mut open = 0;
    let mut ended = false;
    for _ in 0..100_000 {
        let progress = endpoint.poll(Moment::ORIGIN);
        let tx = endpoint.transmit().unwrap();
        tx.advance(tx.remaining());
        match progress {
            Ok(Progress::Event(Event::Ready | Event::Alive)) => {
                let envelope = Envelope::new("a@x.example", ["b@y.example", "c@z.example"]).unwrap();
                endpoint.machine().send(envelope, content.clone()).unwrap();
                open += 1;
            }
            Ok(Progress::Event(Event::BodyWanted)) => {
                endpoint.machine().body(Bytes::from_static(b"Subject: x\r\n\r\n.x\r\n")).unwrap();
                endpoint.machine().end_body().unwrap();
            }
            Ok(Progress::Event(Event::Sent(sent))) => {
                assert_eq!(sent.iter().count(), 2);
                open -= 1;
                if endpoint.machine().is_ready() {
                    let _ = endpoint.machine().noop();
                }
            }
            Ok(Progress::Event(_)) => {}
            Ok(Progress::Io { .. }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None if ended => panic!("waits behind the end"),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            Ok(Progress::StartTls(_)) => return,
            Ok(_) | Err(_) => {
                assert_eq!(open, 0, "a message without an outcome");
                return;
            }
        }
    }
    panic!("the sender does not come to rest");
}

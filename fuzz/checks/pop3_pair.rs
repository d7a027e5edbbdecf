//! Our collector against our POP3 server, cut into pieces: messages arrive as they are, what goes was committed.
use std::sync::Arc;

use bytes::Bytes;
use pop3_proto::Reply;
use pop3_proto::client;
use pop3_proto::collector::{Collector, Download, Event as Collecting, Journal, Occurrence, Opening, Policy};
use pop3_proto::server::{Config, Event, Listing, Server};
use sasl_core::Credentials;
use sasl_core::server::Answer;
use wire_core::{Endpoint, Machine, Moment, Progress, Security};

fn carry<A: Machine, B: Machine>(from: &mut Endpoint<A>, to: &mut Endpoint<B>, most: usize) -> bool {
    let tx = from.transmit().unwrap();
    let n = bytes::Buf::chunk(tx).len().min(most);
    to.recv_buf().extend_from_slice(&bytes::Buf::chunk(tx)[..n]);
    bytes::Buf::advance(tx, n);
    n > 0
}

/// As it must arrive: a last line that does not end is ended.
fn whole(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    match &message[..] {
        [] | [.., b'\r', b'\n'] => {}
        [.., b'\r'] => message.push(b'\n'),
        _ => message.extend_from_slice(b"\r\n"),
    }
    message
}

pub fn check(data: &[u8]) {
    // Messages stand between octets 255.
    let &[kind, there, back, ref octets @ ..] = data else { return };
    let messages: Vec<&[u8]> = octets.split(|&octet| octet == 0xff).take(200).collect();
    let refused = u32::from(kind >> 5);
    let auth = sasl_core::server::Config::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let auth = auth.mechanisms(&[sasl_core::Mechanism::Plain]);
    let config = Config::new("pop.example".parse().unwrap(), auth)
        .tls_for_auth(false)
        .utf8(kind & 1 == 0)
        .pipelining(kind & 2 == 0);
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
    let opening = Opening::new(Security::Clear, Credentials::password("mrose", "tanstaaf"))
        .policy(policy)
        .config(client::Config::new().pipelining(kind & 4 == 0));
    let policy = if kind & 8 == 0 { Policy::Delete } else { Policy::Keep };
    let mut collector = Endpoint::new(Collector::new(opening, [1; 32], Moment::ORIGIN));
    let mut server = Endpoint::new(Server::new(Arc::new(config), [2; 32], Moment::ORIGIN));
    let (mut journal, mut download, mut current) = (Journal::new(), None::<Download>, 0);
    let (mut received, mut committed, mut arrived) = (Vec::new(), Vec::new(), 0);
    let mut idle = 0;
    for _ in 0..1_000_000 {
        let mut moved = carry(&mut collector, &mut server, usize::from(there) + 1);
        moved |= carry(&mut server, &mut collector, usize::from(back) + 1);
        match server.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => {
                moved = true;
                let machine = server.machine();
                match event {
                    Event::Authenticate(_) => machine.authenticate(Answer::Accept).unwrap(),
                    Event::Open(_) => {
                        let mut listing = Listing::new();
                        for (at, message) in messages.iter().enumerate() {
                            listing.push(whole(message).len() as u64, &format!("id{at}")).unwrap();
                        }
                        machine.open(listing).unwrap();
                    }
                    Event::Retrieve { message, .. } if message == refused => {
                        machine.reply(Reply::unreadable()).unwrap();
                    }
                    Event::Retrieve { message, .. } => {
                        machine.accept().unwrap();
                        for piece in messages[message as usize - 1].chunks(7) {
                            machine.body(Bytes::copy_from_slice(piece)).unwrap();
                        }
                        machine.end_body().unwrap();
                    }
                    Event::Update(deleted) => {
                        let wanted = if policy == Policy::Delete { &committed[..] } else { &[] };
                        assert_eq!(deleted, wanted);
                        machine.accept().unwrap();
                    }
                    _ => machine.accept().unwrap(),
                }
            }
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
        match collector.poll(Moment::ORIGIN) {
            Ok(Progress::Event(event)) => {
                moved = true;
                let machine = collector.machine();
                match event {
                    Collecting::Ready => machine.survey().unwrap(),
                    Collecting::Survey(survey) => {
                        assert_eq!(survey.messages.len(), messages.len());
                        assert_eq!((survey.damaged, survey.irregular), (0, 0));
                        let begun = Download::begin(machine, policy.into(), survey, &mut journal, 1_000_000);
                        download = Some(begun.unwrap());
                    }
                    Collecting::Goodbye(reply) => {
                        assert!(reply.is_positive());
                        let given =
                            messages.len() - usize::from((1..=messages.len()).contains(&(refused as usize)));
                        assert_eq!(arrived, given);
                        return;
                    }
                    event => match download.as_mut().unwrap().on_event(event) {
                        Some(Occurrence::Message(found)) => {
                            (current, received) = (found.message, Vec::new());
                            assert_eq!(
                                found.octets,
                                Some(whole(messages[current as usize - 1]).len() as u64)
                            );
                        }
                        Some(Occurrence::Body(chunk)) => received.extend_from_slice(&chunk),
                        Some(Occurrence::BodyEnd) => {
                            assert_eq!(received, whole(messages[current as usize - 1]));
                            arrived += 1;
                            if kind & 16 == 0 || current % 2 == 0 {
                                download.as_mut().unwrap().commit(&mut journal, machine).unwrap();
                                committed.push(current);
                            }
                        }
                        _ => {}
                    },
                }
                if download.as_ref().is_some_and(|download| download.is_complete() && !download.is_deleting())
                {
                    let _ = collector.machine().quit();
                }
            }
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
        // An answer is queued in one round and carried in the next.
        idle = if moved { 0 } else { idle + 1 };
        assert!(idle < 4, "both wait for each other");
    }
    panic!("the pair does not come to rest");
}

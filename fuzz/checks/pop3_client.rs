//! A collector with a download against arbitrary octets: no panic, comes to rest, deletes only what was committed.
use std::collections::HashSet;

use bytes::Buf;
use pop3_proto::UniqueId;
use pop3_proto::collector::{Collector, Download, Event, Journal, Occurrence, Opening, Plan, Policy, Survey};
use sasl_core::Credentials;
use wire_core::{Endpoint, Moment, Progress, Security};

/// Numbers of the messages that a survey shows by the id that the journal knows, and by no other.
fn known(survey: &Survey, id: &UniqueId) -> HashSet<u32> {
    let of_id = |found: &&pop3_proto::collector::Found| found.unique_id.as_ref() == Some(id);
    survey.messages.iter().filter(of_id).filter(|found| !found.ambiguous).map(|found| found.message).collect()
}

pub fn check(data: &[u8]) {
    // What the server says at a time stands between octets 255.
    let &[kind, step, ref octets @ ..] = data else { return };
    let security = if kind & 1 == 0 { Security::Clear } else { Security::StartTls };
    let policy = sasl_core::client::Policy::new()
        .dangerous_allow_cleartext_secrets()
        .minimum(sasl_core::Mechanism::Anonymous.strength())
        .max_iterations(4096);
    let opening = Opening::new(security, Credentials::password("mrose", "tanstaaf"))
        .policy(policy)
        .apop(kind & 2 == 0)
        .language("de");
    let policy =
        [Policy::Delete, Policy::Keep, Policy::DeleteAfter { days: 0 }, Policy::DeleteAfter { days: 7 }]
            [usize::from(kind >> 2) % 4];
    let plan = Plan::from(policy).all(kind & 16 != 0).max_octets(1 << 20);
    let id = UniqueId::new("known").unwrap();
    let mut journal = Journal::new();
    journal.record(&id, 1_000_000);
    let mut endpoint = Endpoint::new(Collector::new(opening, [1; 32], Moment::ORIGIN));
    let mut chunks = octets.split(|&octet| octet == 0xff).flat_map(|turn| turn.chunks(usize::from(step) + 1));
    let (mut download, mut deletable, mut current): (Option<Download>, HashSet<u32>, _) =
        (None, HashSet::new(), 0);
    let mut output = Vec::new();
    let mut ended = false;
    for _ in 0..100_000 {
        let progress = endpoint.poll(Moment::ORIGIN);
        let tx = endpoint.transmit().unwrap();
        output.extend_from_slice(&tx.copy_to_bytes(tx.remaining()));
        match progress {
            Ok(Progress::Event(Event::Ready)) => endpoint.machine().survey().unwrap(),
            Ok(Progress::Event(Event::Survey(survey))) => {
                deletable.extend(known(&survey, &id));
                let begun =
                    Download::begin(endpoint.machine(), plan.clone(), survey, &mut journal, 2_000_000);
                match begun {
                    Ok(begun) => download = Some(begun),
                    Err(_) => endpoint.machine().quit().unwrap(),
                }
            }
            Ok(Progress::Event(event)) => {
                let Some(download) = &mut download else { continue };
                match download.on_event(event) {
                    Some(Occurrence::Message(found)) => current = found.message,
                    // One message in four cannot be stored.
                    Some(Occurrence::BodyEnd) if current % 4 != 3 => {
                        deletable.insert(current);
                        download.commit(&mut journal, endpoint.machine()).unwrap();
                    }
                    _ => {}
                }
                if download.is_complete() && !download.is_deleting() {
                    let _ = endpoint.machine().quit();
                }
            }
            Ok(Progress::Io { .. }) => match chunks.next() {
                Some(chunk) => endpoint.recv_buf().extend_from_slice(chunk),
                None if ended => panic!("waits behind the end"),
                None => {
                    ended = true;
                    endpoint.recv_eof();
                }
            },
            _ => {
                let output = String::from_utf8_lossy(&output);
                for message in output.lines().filter_map(|line| line.strip_prefix("DELE ")) {
                    assert!(deletable.contains(&message.parse().unwrap()), "{message} was not committed");
                }
                return;
            }
        }
    }
    panic!("the collector does not come to rest");
}

//! Allocations of a server's machine, once it is warm: prints how many, and for how many commands.

use std::sync::Arc;

use bytes::Buf;
use smtp_proto::server::{Config, Server};
use wire_core::{Endpoint, Moment, Progress};

const TIMES: u64 = 10_000;
const PIPELINED: &[u8] =
    b"MAIL FROM:<alice@example.org> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<bob@example.net>\r\nRCPT TO:<carol@example.net>\r\nNOOP\r\nRSET\r\n";

fn feed(endpoint: &mut Endpoint<Server>, octets: &[u8]) {
    endpoint.recv_buf().extend_from_slice(octets);
    loop {
        match endpoint.poll(Moment::ORIGIN).expect("nothing is wrong") {
            Progress::Event(_) => while endpoint.machine().accept().is_ok() {},
            _ => break,
        }
    }
    let tx = endpoint.transmit().expect("nothing is wrong");
    tx.advance(tx.remaining());
}

fn main() {
    let mut config = Config::mx("mx.example.org".parse().expect("a name"));
    config.limits = config.limits.junk_commands(u32::MAX);
    let mut endpoint = Endpoint::new(Server::new(Arc::new(config), [7; 32], Moment::ORIGIN));
    feed(&mut endpoint, b"EHLO client.example.org\r\n");
    for _ in 0..100 {
        feed(&mut endpoint, PIPELINED);
    }
    let info = allocation_counter::measure(|| {
        for _ in 0..TIMES {
            feed(&mut endpoint, PIPELINED);
        }
    });
    println!("{} {}", info.count_total, TIMES * 5);
}

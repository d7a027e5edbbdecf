//! A server that has agreed to TLS, and octets that are no handshake: never an event, always an end.
use std::sync::Arc;

use bytes::Buf;
use smtp_proto::client::{Client, Config, Event};
use wire_core::{Endpoint, Moment, Progress};
use wire_rustls::{ClientTls, Roots};

pub fn check(data: &[u8]) {
    let &[step, at, ref rest @ ..] = data else { return };
    let (behind, later) = rest.split_at(usize::from(at).min(rest.len()));
    let mut endpoint = Endpoint::new(Client::new(Config::new(), Moment::ORIGIN));
    endpoint.recv_buf().extend_from_slice(b"220 mx\r\n");
    let _ = endpoint.poll(Moment::ORIGIN);
    endpoint.machine().ehlo("c.example".parse().unwrap()).unwrap();
    let _ = endpoint.poll(Moment::ORIGIN);
    endpoint.recv_buf().extend_from_slice(b"250-mx\r\n250 STARTTLS\r\n");
    let _ = endpoint.poll(Moment::ORIGIN);
    endpoint.machine().start_tls().unwrap();
    let _ = endpoint.poll(Moment::ORIGIN);
    endpoint.recv_buf().extend_from_slice(b"220 go\r\n");
    endpoint.recv_buf().extend_from_slice(behind);
    match endpoint.poll(Moment::ORIGIN) {
        Ok(Progress::StartTls(proof)) => {
            assert!(behind.is_empty());
            static TLS: std::sync::OnceLock<Arc<ClientTls>> = std::sync::OnceLock::new();
            let tls = TLS.get_or_init(|| Arc::new(ClientTls::builder(Roots::webpki()).build().unwrap()));
            endpoint.install_tls(proof, tls.session("mx.example").unwrap());
        }
        Ok(_) => panic!("octets behind the agreement"),
        Err(_) => return,
    }
    for chunk in later.chunks(usize::from(step) + 1) {
        endpoint.recv_buf().extend_from_slice(chunk);
        match endpoint.poll(Moment::ORIGIN) {
            Ok(Progress::Event(Event::Secured(_))) => panic!("a handshake was guessed"),
            Ok(Progress::Event(_)) => panic!("an event out of the handshake"),
            Ok(_) => {
                let tx = endpoint.transmit().unwrap();
                tx.advance(tx.remaining());
            }
            Err(_) => return,
        }
    }
}

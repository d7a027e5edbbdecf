//! What an idle connection holds, and that a large message is never in memory.
#![cfg(all(feature = "smtp", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_wrap, missing_docs)]

mod idle;

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use idle::{held, runtime};
use mail_tokio::smtp::{Body, Handler, Recipient, ServerOptions, Session, SmtpClient, serve};
use mail_tokio::{AcceptLimits, Shutdown};
use smtp_proto::Reply;
use smtp_proto::sender::{Content, Envelope, Security};
use smtp_proto::server::Config;
use test_support::{alloc, pki};
use tokio::runtime::Runtime;

struct Discard;

impl Handler for Discard {
    async fn recipient(&mut self, _session: &Session, _recipient: &Recipient) -> Reply {
        Reply::ok()
    }

    async fn message(&mut self, _session: &Session, mut body: Body<'_>) -> Reply {
        while let Ok(Some(_)) = body.next().await {}
        Reply::accepted()
    }
}

fn options() -> ServerOptions<Config> {
    ServerOptions::new(Config::mx(pki::HOST.parse().unwrap())).limits(AcceptLimits::default().per_peer(1000))
}

fn start(server: &Runtime, options: ServerOptions<Config>) -> SocketAddr {
    let listener = server.block_on(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap() });
    let address = listener.local_addr().unwrap();
    server.spawn(serve(listener, options, || Discard));
    address
}

fn connect(runtime: &Runtime, address: SocketAddr, security: Security) -> SmtpClient<tokio::net::TcpStream> {
    let client = SmtpClient::builder("127.0.0.1", security).port(address.port()).tls(pki::client_tls());
    runtime.block_on(async {
        let mut client = client.connect().await.unwrap();
        // It has been busy.
        let envelope = Envelope::new("a@example.org", ["b@example.net"]).unwrap();
        assert!(client.send(envelope, vec![b'x'; 100_000]).await.unwrap().all_accepted());
        client
    })
}

#[test]
fn an_idle_connection_in_clear() {
    let server = runtime();
    let address = start(&server, options());
    let octets = held(&server, address, |runtime, address| connect(runtime, address, Security::Clear));
    println!("an idle connection in clear holds {octets} octets");
    assert!((500..=3 * 1024).contains(&octets), "{octets}");
}

#[test]
fn an_idle_connection_under_tls() {
    let server = runtime();
    let address = start(&server, options().implicit_tls(pki::server_tls()));
    let octets = held(&server, address, |runtime, address| connect(runtime, address, Security::ImplicitTls));
    println!("an idle connection under TLS holds {octets} octets");
    assert!((5000..=16 * 1024).contains(&octets), "{octets}");
}

/// Octets at most in memory on the side that is measured, while 200 MiB pass.
#[test]
fn two_hundred_mebioctets_pass_in_less_than_two() {
    const CHUNK: usize = 64 * 1024;
    const CHUNKS: usize = 3200;
    for chunking in [false, true] {
        let server = runtime();
        let mut config = Config::mx(pki::HOST.parse().unwrap());
        config.limits = config.limits.message_octets(1 << 30);
        config.chunking = chunking;
        let shutdown = Shutdown::new();
        let address = start(&server, ServerOptions::new(config).shutdown(shutdown.clone()));
        let client = thread::spawn(move || {
            let runtime = runtime();
            let connect = SmtpClient::builder("127.0.0.1", Security::Clear).port(address.port()).connect();
            let mut client = runtime.block_on(connect).unwrap();
            let envelope = Envelope::new("a@example.org", ["b@example.net"]).unwrap();
            let line = [&[b'x'; 62][..], b"\r\n"].concat().repeat(CHUNK / 64);
            let source = Repeated { chunk: line, left: CHUNK * CHUNKS, at: 0 };
            let content = Content::ascii().with_octets((CHUNK * CHUNKS) as u64);
            let (sent, info) = alloc::measure(|| {
                runtime.block_on(async { client.send_from(envelope, content, source).await.unwrap() })
            });
            assert!(sent.all_accepted());
            runtime.block_on(client.quit()).unwrap();
            shutdown.begin();
            info.bytes_max
        });
        let (of_client, info) = alloc::measure(|| {
            server.block_on(async {
                while !client.is_finished() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
            client.join().unwrap()
        });
        println!("chunking {chunking}: client at most {of_client} octets, server {}", info.bytes_max);
        assert!(of_client < 2 << 20 && info.bytes_max < 2 << 20, "{of_client} {}", info.bytes_max);
    }
}

/// The same octets again and again.
struct Repeated {
    chunk: Vec<u8>,
    left: usize,
    at: usize,
}

impl tokio::io::AsyncRead for Repeated {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let from = self.at % self.chunk.len();
        let octets = (self.chunk.len() - from).min(buf.remaining()).min(self.left);
        if let Some(piece) = self.chunk.get(from..from + octets) {
            buf.put_slice(piece);
        }
        self.at += octets;
        self.left -= octets;
        std::task::Poll::Ready(Ok(()))
    }
}

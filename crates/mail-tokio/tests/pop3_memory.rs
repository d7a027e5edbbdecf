//! POP3: what an idle connection holds, and that a large message is never in memory.
#![cfg(all(feature = "pop3", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_wrap, missing_docs)]

mod idle;

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use idle::{held, runtime};
use mail_tokio::pop3::{Handler, Maildrop, Pop3Client, ServerOptions, Session, serve};
use mail_tokio::{AcceptLimits, Shutdown};
use pop3_proto::Reply;
use pop3_proto::server::{Config, Listing};
use sasl_core::Credentials;
use sasl_core::client::Policy;
use sasl_core::server::{Answer, Config as AuthConfig, Identity, Question};
use test_support::{alloc, pki};
use tokio::runtime::Runtime;
use wire_core::Security;

const CHUNK: usize = 64 * 1024;

/// One message, the same octets again and again; a few small ones beside it.
struct Repeated {
    chunk: Bytes,
    chunks: usize,
    left: usize,
}

impl Maildrop for Repeated {
    async fn list(&mut self) -> Result<Listing, Reply> {
        let mut listing = Listing::new();
        listing.push((CHUNK * self.chunks) as u64, "large").map_err(|_| Reply::local_error())?;
        listing.push(CHUNK as u64, "small").map_err(|_| Reply::local_error())?;
        Ok(listing)
    }

    async fn retrieve(&mut self, message: u32, _ascii_only: bool) -> Result<(), Reply> {
        self.left = if message == 1 { self.chunks } else { 1 };
        Ok(())
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        Ok(Some(self.chunk.clone()))
    }

    async fn update(&mut self, _deleted: &[u32]) -> Result<(), Reply> {
        Ok(())
    }
}

/// What the messages consist of, and of how many of them the large one.
struct Office(Bytes, usize);

impl Handler for Office {
    type Maildrop = Repeated;

    async fn authenticate(&mut self, _session: &Session, _question: Question) -> Answer {
        Answer::Accept
    }

    async fn open(&mut self, _session: &Session, _identity: &Identity) -> Result<Repeated, Reply> {
        Ok(Repeated { chunk: self.0.clone(), chunks: self.1, left: 0 })
    }
}

fn options() -> ServerOptions<Config> {
    let auth = AuthConfig::new(&[7; 32][..]).dangerous_allow_cleartext_secrets();
    let config = Config::new(pki::HOST.parse().unwrap(), auth).tls_for_auth(false);
    ServerOptions::new(config).limits(AcceptLimits::default().per_peer(1000))
}

fn start(server: &Runtime, options: ServerOptions<Config>, chunks: usize) -> SocketAddr {
    let listener = server.block_on(async { tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap() });
    let address = listener.local_addr().unwrap();
    let chunk = Bytes::from([&[b'x'; 62][..], b"\r\n"].concat().repeat(CHUNK / 64));
    server.spawn(serve(listener, options, move || Office(chunk.clone(), chunks)));
    address
}

fn connect(runtime: &Runtime, address: SocketAddr, security: Security) -> Pop3Client<tokio::net::TcpStream> {
    let client = Pop3Client::builder("127.0.0.1", security, Credentials::password("joe", "pencil"))
        .port(address.port())
        .sasl(false)
        .policy(Policy::new().dangerous_allow_cleartext_secrets())
        .tls(pki::client_tls());
    runtime.block_on(client.connect()).unwrap()
}

/// A client that has been busy.
fn busy(runtime: &Runtime, address: SocketAddr, security: Security) -> Pop3Client<tokio::net::TcpStream> {
    let mut client = connect(runtime, address, security);
    runtime.block_on(async {
        assert_eq!(client.survey().await.unwrap().messages.len(), 2);
        let mut octets = 0;
        let mut message = client.retrieve(2).await.unwrap();
        while let Some(chunk) = message.next().await.unwrap() {
            octets += chunk.len();
        }
        assert_eq!(octets, CHUNK);
    });
    client
}

#[test]
fn an_idle_connection_in_clear() {
    let server = runtime();
    let address = start(&server, options(), 1);
    let octets = held(&server, address, |runtime, address| busy(runtime, address, Security::Clear));
    println!("an idle connection in clear holds {octets} octets");
    assert!((500..=3 * 1024).contains(&octets), "{octets}");
}

#[test]
fn an_idle_connection_under_tls() {
    let server = runtime();
    let address = start(&server, options().implicit_tls(pki::server_tls()), 1);
    let octets = held(&server, address, |runtime, address| busy(runtime, address, Security::ImplicitTls));
    println!("an idle connection under TLS holds {octets} octets");
    assert!((5000..=16 * 1024).contains(&octets), "{octets}");
}

/// Octets at most in memory on each side while 1 GiB passes.
#[test]
fn a_gibioctet_passes_in_less_than_two_mebioctets() {
    const CHUNKS: usize = 1024 * 1024 * 1024 / CHUNK;
    let server = runtime();
    let shutdown = Shutdown::new();
    let address = start(&server, options().shutdown(shutdown.clone()), CHUNKS);
    let client = thread::spawn(move || {
        let runtime = runtime();
        let mut client = connect(&runtime, address, Security::Clear);
        let (octets, info) = alloc::measure(|| {
            runtime.block_on(async {
                let mut octets = 0u64;
                let mut message = client.retrieve(1).await.unwrap();
                while let Some(chunk) = message.next().await.unwrap() {
                    octets += chunk.len() as u64;
                }
                octets
            })
        });
        runtime.block_on(client.quit()).unwrap();
        shutdown.begin();
        (octets, info.bytes_max)
    });
    let ((octets, of_client), info) = alloc::measure(|| {
        server.block_on(async {
            while !client.is_finished() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        client.join().unwrap()
    });
    println!("client at most {of_client} octets, server {}", info.bytes_max);
    assert_eq!(octets, (CHUNK * CHUNKS) as u64);
    assert!(of_client < 2 << 20 && info.bytes_max < 2 << 20, "{of_client} {}", info.bytes_max);
}

//! Client and server over sockets: TLS, login, limits, shutdown, the pool, proxies.
#![cfg(all(feature = "smtp", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mail_tokio::smtp::{
    Body, BodyLost, Handler, Recipient, SendError, ServerOptions, Session, SmtpClient, SmtpClientBuilder,
    SmtpPool, serve,
};
use mail_tokio::{AcceptLimits, ConnectOptions, Error, Shutdown};
use sasl_core::server::{Answer, Config as SaslConfig, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash};
use smtp_proto::sender::{Envelope, Outcome, Retry, Security, Stage};
use smtp_proto::server::Config;
use smtp_proto::{Reply, Timeouts};
use test_support::pki;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wire_core::Secret;

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.dotted\r\nend\r\n";

/// What the handlers of a server have seen.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Inbox {
    seen: Seen,
    verifier: ScramVerifier,
    /// Waits before the end of a message is answered.
    release: Option<Arc<tokio::sync::Notify>>,
}

impl Handler for Inbox {
    async fn connected(&mut self, session: &Session) -> Reply {
        self.seen
            .note(format!("from {}", session.peer.map_or_else(String::new, |peer| peer.ip().to_string())));
        Reply::ok()
    }

    async fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        match question {
            Question::Scram { .. } | Question::Password { .. } => Answer::Verifier(self.verifier.clone()),
            _ => Answer::Reject,
        }
    }

    async fn recipient(&mut self, _session: &Session, recipient: &Recipient) -> Reply {
        if recipient.domain() == "example.com" { Reply::no_such_user() } else { Reply::ok() }
    }

    async fn message(&mut self, session: &Session, mut body: Body<'_>) -> Reply {
        let mut octets = Vec::new();
        loop {
            match body.next().await {
                Ok(Some(chunk)) => octets.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(BodyLost::Refused(_) | BodyLost::Connection | _) => {
                    self.seen.note("lost");
                    return Reply::ok();
                }
            }
        }
        if let Some(release) = &self.release {
            self.seen.note("waiting");
            release.notified().await;
        }
        let who = session.identity.as_ref().map_or("nobody", |identity| identity.user());
        self.seen.note(format!("{} octets of {who}", octets.len()));
        Reply::accepted()
    }

    async fn finished(&mut self, _session: &Session, result: Result<(), &Error<smtp_proto::Error>>) {
        self.seen.note(if result.is_ok() { "bye" } else { "broken" });
    }
}

struct Running {
    address: SocketAddr,
    seen: Seen,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

async fn start(options: ServerOptions<Config>, release: Option<Arc<tokio::sync::Notify>>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, shutdown) = (Seen::default(), options.shutdown.clone());
    let verifier =
        ScramVerifier::generate(Hash::Sha256, &Secret::from("secret"), b"salt of sixteen.", 4096).unwrap();
    let handler_seen = seen.clone();
    let task = tokio::spawn(serve(listener, options, move || Inbox {
        seen: handler_seen.clone(),
        verifier: verifier.clone(),
        release: release.clone(),
    }));
    Running { address, seen, shutdown, task }
}

fn host() -> smtp_proto::Domain {
    pki::HOST.parse().unwrap()
}

fn submission() -> Config {
    Config::submission(host()).auth(SaslConfig::new(&[7; 32][..]))
}

fn client(running: &Running, security: Security) -> SmtpClientBuilder {
    SmtpClient::builder("127.0.0.1", security).port(running.address.port()).tls(pki::client_tls())
}

fn envelope() -> Envelope {
    Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com", "carol@example.net"]).unwrap()
}

/// No test may hang.
async fn bounded<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), work).await.expect("hangs")
}

async fn raw(running: &Running) -> TcpStream {
    TcpStream::connect(running.address).await.unwrap()
}

async fn reply(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    loop {
        text.push(stream.read_u8().await.unwrap());
        if text.ends_with(b"\r\n") {
            let line =
                text.split_last_chunk::<2>().unwrap().0.rsplit(|&octet| octet == b'\n').next().unwrap();
            if line.get(3) != Some(&b'-') {
                return String::from_utf8(text).unwrap();
            }
        }
    }
}

async fn say(stream: &mut TcpStream, line: &str) -> String {
    stream.write_all(line.as_bytes()).await.unwrap();
    reply(stream).await
}

#[tokio::test]
async fn every_recipient_has_an_outcome_with_every_security() {
    for security in [Security::Clear, Security::StartTls, Security::ImplicitTls] {
        // No password crosses a connection in clear: there is no login then.
        let options = match security {
            Security::Clear => ServerOptions::new(Config::mx(host())),
            Security::ImplicitTls => ServerOptions::new(submission()).implicit_tls(pki::server_tls()),
            _ => ServerOptions::new(submission()).start_tls(pki::server_tls()),
        };
        let running = start(options, None).await;
        let mut builder = client(&running, security);
        if security != Security::Clear {
            builder = builder.credentials(Credentials::password("alice", "secret"));
        }
        let mut smtp =
            bounded(builder.connect()).await.unwrap_or_else(|error| panic!("{security:?}: {error}"));
        let sent = bounded(smtp.send(envelope(), MESSAGE)).await.unwrap();
        let accepted: Vec<bool> = sent.iter().map(|(_, outcome)| outcome.is_accepted()).collect();
        assert_eq!(accepted, [true, false, true]);
        let (_, refused) = sent.failed().next().unwrap();
        assert_eq!(refused.retry(), Retry::Never);
        assert!(matches!(refused, Outcome::Refused { stage: Stage::Recipient, .. }));
        // The session is good for another message.
        let sent =
            bounded(smtp.send_from(envelope(), smtp_proto::sender::Content::of(MESSAGE), MESSAGE)).await;
        assert_eq!(sent.unwrap().accepted().count(), 2);
        bounded(smtp.quit()).await.unwrap();
        running.shutdown.begin();
        bounded(running.task).await.unwrap();
        let who = if security == Security::Clear { "nobody" } else { "alice" };
        let octets = format!("{} octets of {who}", MESSAGE.len());
        assert_eq!(running.seen.all(), ["from 127.0.0.1", &octets, &octets, "bye"]);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let running = start(ServerOptions::new(submission()).start_tls(pki::server_tls()), None).await;
    let wrong = client(&running, Security::StartTls).credentials(Credentials::password("alice", "wrong"));
    let error = bounded(wrong.connect()).await.unwrap_err();
    assert!(matches!(error, SendError::Session(_)) && !error.is_transient());
    let other = pki::other_authority().client().build().unwrap();
    let distrust = client(&running, Security::StartTls).tls(other).connect();
    let error = bounded(distrust).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(matches!(error, SendError::Tls(error) if error.fault == wire_core::LayerFault::Certificate));
    let implicit = client(&running, Security::ImplicitTls).connect();
    assert!(
        matches!(bounded(implicit).await, Err(SendError::Tls(error)) if error.fault == wire_core::LayerFault::NotTls)
    );
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = client(&running, Security::Clear).port(nobody).connect();
    let error = bounded(refused).await.unwrap_err();
    assert!(matches!(error, SendError::Connect(_)) && error.is_transient());
}

#[tokio::test]
async fn too_many_connections_are_told_so() {
    let limits = AcceptLimits::default().per_peer(2).total(10);
    let running = start(ServerOptions::new(Config::mx(host())).limits(limits), None).await;
    bounded(async {
        let (mut first, mut second) = (raw(&running).await, raw(&running).await);
        assert!(reply(&mut first).await.starts_with("220 ") && reply(&mut second).await.starts_with("220 "));
        let mut third = raw(&running).await;
        let mut told = String::new();
        third.read_to_string(&mut told).await.unwrap();
        assert!(told.starts_with("421 4.7.0 "), "{told}");
        assert!(client(&running, Security::Clear).connect().await.unwrap_err().is_transient());
        // A place that is given back can be had.
        assert!(say(&mut first, "QUIT\r\n").await.starts_with("221 "));
        drop(first);
        loop {
            let mut fourth = raw(&running).await;
            if reply(&mut fourth).await.starts_with("220 ") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// RFC 5321 section 3.8: the server that shuts down says 421, and a transaction that is nearly over is finished.
#[tokio::test]
async fn a_shutdown_finishes_what_runs() {
    let release = Arc::new(tokio::sync::Notify::new());
    let running = start(ServerOptions::new(Config::mx(host())), Some(release.clone())).await;
    bounded(async {
        let mut idle = raw(&running).await;
        reply(&mut idle).await;
        let mut busy = raw(&running).await;
        reply(&mut busy).await;
        say(&mut busy, "EHLO client.example\r\n").await;
        say(&mut busy, "MAIL FROM:<a@example.org>\r\n").await;
        say(&mut busy, "RCPT TO:<b@example.net>\r\n").await;
        assert!(say(&mut busy, "DATA\r\n").await.starts_with("354 "));
        busy.write_all(b"Subject: late\r\n\r\nlate\r\n.\r\n").await.unwrap();
        while !running.seen.all().contains(&"waiting".to_owned()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        running.shutdown.begin();
        // Who waits is told, and new connections are not taken.
        assert!(reply(&mut idle).await.starts_with("421 "));
        let mut rest = Vec::new();
        idle.read_to_end(&mut rest).await.unwrap();
        assert!(rest.is_empty());
        while TcpStream::connect(running.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        release.notify_one();
        assert!(reply(&mut busy).await.starts_with("250 "), "it had been taken");
        assert!(reply(&mut busy).await.starts_with("421 "));
        running.task.await.unwrap();
        assert!(running.seen.all().iter().any(|seen| seen.ends_with("octets of nobody")));
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let never = Arc::new(tokio::sync::Notify::new());
    let mut options = ServerOptions::new(Config::mx(host()));
    options.grace = Duration::from_millis(100);
    let running = start(options, Some(never)).await;
    bounded(async {
        let mut busy = raw(&running).await;
        reply(&mut busy).await;
        busy.write_all(b"EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n")
            .await
            .unwrap();
        while !reply(&mut busy).await.starts_with("354 ") {}
        busy.write_all(b"\r\n.\r\n").await.unwrap();
        while !running.seen.all().contains(&"waiting".to_owned()) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        running.shutdown.begin();
        running.task.await.unwrap();
        let mut rest = Vec::new();
        let _ = busy.read_to_end(&mut rest).await;
        assert!(!rest.starts_with(b"250"), "nothing may be promised");
    })
    .await;
}

#[tokio::test]
async fn silence_is_ended_by_the_servers_timeout() {
    let timeouts = Timeouts::default().command(Duration::from_millis(50));
    let running = start(ServerOptions::new(Config::mx(host()).timeouts(timeouts)), None).await;
    bounded(async {
        let mut stream = raw(&running).await;
        reply(&mut stream).await;
        assert!(reply(&mut stream).await.starts_with("421 4.4.2 "));
    })
    .await;
}

/// A body that is given up is never delivered: the connection is what ends it.
#[tokio::test]
async fn a_source_that_fails_delivers_nothing() {
    struct Fails;
    impl tokio::io::AsyncRead for Fails {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(Err(std::io::ErrorKind::Other.into()))
        }
    }
    let running = start(ServerOptions::new(Config::mx(host())), None).await;
    bounded(async {
        let mut smtp = client(&running, Security::Clear).connect().await.unwrap();
        let source = MESSAGE.chain(Fails);
        let content = smtp_proto::sender::Content::of(MESSAGE);
        assert!(matches!(smtp.send_from(envelope(), content, source).await, Err(SendError::Source(_))));
        assert!(!smtp.is_ready());
        drop(smtp);
        while !running.seen.all().iter().any(|seen| seen == "bye" || seen == "broken") {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert!(!running.seen.all().iter().any(|seen| seen.contains("octets")));
    })
    .await;
}

#[tokio::test]
async fn the_pool_keeps_sessions_and_replaces_dead_ones() {
    let timeouts = Timeouts::default().command(Duration::from_millis(200));
    let running = start(ServerOptions::new(Config::mx(host()).timeouts(timeouts)), None).await;
    let pool = SmtpPool::new(client(&running, Security::Clear), 2);
    let connections = || running.seen.all().iter().filter(|seen| seen.starts_with("from")).count();
    bounded(async {
        for _ in 0..3 {
            let sent = pool.send(envelope(), MESSAGE).await.unwrap();
            assert_eq!(sent.accepted().count(), 2, "{sent:?}");
        }
        assert_eq!(connections(), 1);
        // The server ends the session: the next message goes over another, once.
        while !running.seen.all().contains(&"broken".to_owned()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let sent = pool.send(envelope(), MESSAGE).await.unwrap();
        assert_eq!(sent.accepted().count(), 2, "{sent:?}");
        assert_eq!(connections(), 2);
        let stored = running.seen.all().iter().filter(|seen| seen.contains("octets")).count();
        assert_eq!(stored, 4);
        // More at a time than there are places wait.
        let sends: Vec<_> = (0..6).map(|_| pool.send(envelope(), MESSAGE)).collect();
        for sent in futures(sends).await {
            assert_eq!(sent.unwrap().accepted().count(), 2);
        }
        assert!(connections() <= 4, "{}", connections());
        pool.close().await;
    })
    .await;
}

/// All of them at the same time.
async fn futures<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in all.iter_mut().zip(&mut done) {
            if slot.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(cx)
            {
                *slot = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[tokio::test]
async fn a_pool_forgets_sessions_that_were_idle_for_long() {
    let running = start(ServerOptions::new(Config::mx(host())), None).await;
    let pool = SmtpPool::new(client(&running, Security::Clear), 1).idle_limit(Duration::ZERO);
    bounded(async {
        for _ in 0..2 {
            assert_eq!(pool.send(envelope(), MESSAGE).await.unwrap().accepted().count(), 2);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(running.seen.all().iter().filter(|seen| seen.starts_with("from")).count(), 2);
}

#[tokio::test]
async fn a_proxy_says_who_the_client_is_and_nobody_else_may() {
    let proxies = wire_core::Networks::parse(["127.0.0.1"]).unwrap();
    let behind = start(ServerOptions::new(Config::mx(host())).proxies(proxies.clone(), true), None).await;
    bounded(async {
        // The header and what the client says at once, in one packet.
        let mut stream = raw(&behind).await;
        stream.write_all(b"PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\n").await.unwrap();
        assert!(reply(&mut stream).await.starts_with("220 "));
        assert!(behind.seen.all().contains(&"from 192.0.2.7".to_owned()));
        // XCLIENT is the proxy's, not the client's.
        assert!(say(&mut stream, "EHLO c.example\r\n").await.find("XCLIENT").is_none());
        // Without a header there is no session.
        let mut stream = raw(&behind).await;
        stream.write_all(b"EHLO c.example\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());

        let direct = start(ServerOptions::new(Config::mx(host())).proxies(proxies, false), None).await;
        let mut stream = raw(&direct).await;
        assert!(reply(&mut stream).await.starts_with("220 "));
        assert!(say(&mut stream, "EHLO c.example\r\n").await.contains("XCLIENT"));
        assert!(say(&mut stream, "XCLIENT ADDR=192.0.2.8 NAME=c.example\r\n").await.starts_with("220 "));

        let open = start(ServerOptions::new(Config::mx(host())), None).await;
        let mut stream = raw(&open).await;
        assert!(reply(&mut stream).await.starts_with("220 "));
        assert!(!say(&mut stream, "EHLO c.example\r\n").await.contains("XCLIENT"));
        let refused = say(&mut stream, "XCLIENT ADDR=192.0.2.8\r\n").await;
        assert!(refused.starts_with('5'), "{refused}");
    })
    .await;
}

/// RFC 8305: an address that does not answer does not hold up the one that does.
#[tokio::test]
async fn a_dead_address_costs_a_quarter_of_a_second() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let good = listener.local_addr().unwrap();
    // A backlog that is full answers nobody.
    let full = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = full.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..400 {
        match tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(dead)).await {
            Ok(stream) => waiting.push(stream),
            Err(_) => break,
        }
    }
    let options = ConnectOptions::default().attempt_delay(Duration::from_millis(30));
    let stream = bounded(mail_tokio::connect_addresses(&[dead, good], &options)).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
    let short = ConnectOptions::default().timeout(Duration::from_millis(50));
    let error = bounded(mail_tokio::connect_addresses(&[dead], &short)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
}

/// A handshake that is cut off may be whole next time; a name that cannot be one stays so.
#[tokio::test]
async fn what_may_pass_is_told_from_what_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let leaver = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_exact(&mut [0; 5]).await.unwrap();
        stream.shutdown().await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let builder = SmtpClient::builder("localhost", Security::ImplicitTls).port(port);
    let error = bounded(builder.tls(pki::client_tls()).connect()).await.unwrap_err();
    assert!(error.is_transient() && matches!(error, SendError::Tls(_)), "{error:?}");
    bounded(leaver).await.unwrap();
    let error = bounded(SmtpClient::builder("", Security::Clear).connect()).await.unwrap_err();
    assert!(!error.is_transient() && matches!(error, SendError::Connect(_)), "{error:?}");
}

//! Client and server over sockets: TLS, login, limits, shutdown, the pool, proxies, and how connections end.
#![cfg(all(feature = "smtp", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mail_std::smtp::{
    Body, Handler, Recipient, SendError, ServerOptions, Session, SmtpClient, SmtpClientBuilder, SmtpPool,
    serve,
};
use mail_std::{AcceptLimits, Error, Shutdown};
use sasl_core::server::{Answer, Config as SaslConfig, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Hash};
use smtp_proto::sender::{Content, Envelope, Outcome, Security, Stage};
use smtp_proto::server::Config;
use smtp_proto::{Reply, Timeouts};
use test_support::pki;

const MESSAGE: &[u8] = b"Subject: hello\r\n\r\n.dotted\r\nend\r\n";
/// No test may hang.
const MOST: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn wait_for(&self, what: &str) {
        let until = Instant::now() + MOST;
        while !self.all().iter().any(|seen| seen == what) {
            assert!(Instant::now() < until, "{what} does not come: {:?}", self.all());
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

struct Inbox {
    seen: Seen,
    verifier: ScramVerifier,
    /// Waits before the end of a message is answered.
    release: Option<Arc<Mutex<Receiver<()>>>>,
}

impl Handler for Inbox {
    fn connected(&mut self, session: &Session) -> Reply {
        self.seen
            .note(format!("from {}", session.peer.map_or_else(String::new, |peer| peer.ip().to_string())));
        Reply::ok()
    }

    fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        match question {
            Question::Scram { .. } | Question::Password { .. } => Answer::Verifier(self.verifier.clone()),
            _ => Answer::Reject,
        }
    }

    fn recipient(&mut self, _session: &Session, recipient: &Recipient) -> Reply {
        if recipient.domain() == "example.com" { Reply::no_such_user() } else { Reply::ok() }
    }

    fn message(&mut self, session: &Session, mut body: Body<'_>) -> Reply {
        let mut octets = Vec::new();
        loop {
            match body.next() {
                Ok(Some(chunk)) => octets.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(_) => {
                    self.seen.note("lost");
                    return Reply::ok();
                }
            }
        }
        if let Some(release) = &self.release {
            self.seen.note("waiting");
            let _ = release.lock().unwrap().recv_timeout(MOST);
        }
        let who = session.identity.as_ref().map_or("nobody", |identity| identity.user());
        self.seen.note(format!("{} octets of {who}", octets.len()));
        Reply::accepted()
    }

    fn finished(&mut self, _session: &Session, result: Result<(), &Error<smtp_proto::Error>>) {
        self.seen.note(if result.is_ok() { "bye" } else { "broken" });
    }
}

struct Running {
    address: SocketAddr,
    seen: Seen,
    shutdown: Shutdown,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn stop(&mut self) {
        self.shutdown.begin();
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.begin();
    }
}

fn start(options: ServerOptions<Config>) -> Running {
    start_held(options, None)
}

fn start_held(options: ServerOptions<Config>, release: Option<Receiver<()>>) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, shutdown) = (Seen::default(), options.shutdown.clone());
    let verifier =
        ScramVerifier::generate(Hash::Sha256, &"secret".into(), b"salt of sixteen.", 4096).unwrap();
    let handler_seen = seen.clone();
    let release = release.map(|release| Arc::new(Mutex::new(release)));
    let thread = std::thread::spawn(move || {
        serve(&listener, options, || Inbox {
            seen: handler_seen.clone(),
            verifier: verifier.clone(),
            release: release.clone(),
        })
        .unwrap();
    });
    Running { address, seen, shutdown, thread: Some(thread) }
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

fn raw(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.address).unwrap();
    stream.set_read_timeout(Some(MOST)).unwrap();
    stream
}

fn reply(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut octet = [0];
    loop {
        stream.read_exact(&mut octet).unwrap();
        text.push(octet[0]);
        if text.ends_with(b"\r\n") {
            let line = text[..text.len() - 2].rsplit(|&octet| octet == b'\n').next().unwrap();
            if line.get(3) != Some(&b'-') {
                return String::from_utf8(text).unwrap();
            }
        }
    }
}

fn say(stream: &mut TcpStream, line: &str) -> String {
    stream.write_all(line.as_bytes()).unwrap();
    reply(stream)
}

fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    rest
}

#[test]
fn every_recipient_has_an_outcome_with_every_security() {
    for security in [Security::Clear, Security::StartTls, Security::ImplicitTls] {
        // No password crosses a connection in clear: there is no login then.
        let options = match security {
            Security::Clear => ServerOptions::new(Config::mx(host())),
            Security::ImplicitTls => ServerOptions::new(submission()).implicit_tls(pki::server_tls()),
            _ => ServerOptions::new(submission()).start_tls(pki::server_tls()),
        };
        let mut running = start(options);
        let mut builder = client(&running, security);
        if security != Security::Clear {
            builder = builder.credentials(Credentials::password("alice", "secret"));
        }
        let mut smtp = builder.connect().unwrap_or_else(|error| panic!("{security:?}: {error}"));
        let sent = smtp.send(envelope(), MESSAGE).unwrap();
        let accepted: Vec<bool> = sent.iter().map(|(_, outcome)| outcome.is_accepted()).collect();
        assert_eq!(accepted, [true, false, true]);
        let (_, refused) = sent.failed().next().unwrap();
        assert!(matches!(refused, Outcome::Refused { stage: Stage::Recipient, .. }));
        let sent = smtp.send_from(envelope(), Content::of(MESSAGE), MESSAGE).unwrap();
        assert_eq!(sent.accepted().count(), 2);
        smtp.quit().unwrap();
        running.seen.wait_for("bye");
        running.stop();
        let who = if security == Security::Clear { "nobody" } else { "alice" };
        let octets = format!("{} octets of {who}", MESSAGE.len());
        assert_eq!(running.seen.all(), ["from 127.0.0.1", &octets, &octets, "bye"]);
    }
}

#[test]
fn what_is_wrong_is_said() {
    let running = start(ServerOptions::new(submission()).start_tls(pki::server_tls()));
    let wrong = client(&running, Security::StartTls).credentials(Credentials::password("alice", "wrong"));
    let error = wrong.connect().unwrap_err();
    assert!(matches!(error, SendError::Session(_)) && !error.is_transient());
    let other = pki::other_authority().client().build().unwrap();
    let error = client(&running, Security::StartTls).tls(other).connect().unwrap_err();
    assert!(!error.is_transient());
    assert!(matches!(error, SendError::Tls(error) if error.fault == wire_core::LayerFault::Certificate));
    let error = client(&running, Security::ImplicitTls).connect().unwrap_err();
    assert!(matches!(error, SendError::Tls(error) if error.fault == wire_core::LayerFault::NotTls));
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = client(&running, Security::Clear).port(nobody).connect().unwrap_err();
    assert!(matches!(error, SendError::Connect(_)) && error.is_transient());
}

#[test]
fn too_many_connections_are_told_so() {
    let limits = AcceptLimits::default().per_peer(2).total(10);
    let running = start(ServerOptions::new(Config::mx(host())).limits(limits));
    let (mut first, mut second) = (raw(&running), raw(&running));
    assert!(reply(&mut first).starts_with("220 ") && reply(&mut second).starts_with("220 "));
    let mut third = raw(&running);
    assert!(rest(&mut third).starts_with(b"421 4.7.0 "));
    assert!(client(&running, Security::Clear).connect().unwrap_err().is_transient());
    assert!(say(&mut first, "QUIT\r\n").starts_with("221 "));
    drop(first);
    while !reply(&mut raw(&running)).starts_with("220 ") {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_shutdown_finishes_what_runs() {
    let (release, held): (Sender<()>, _) = channel();
    let mut running = start_held(ServerOptions::new(Config::mx(host())), Some(held));
    let mut idle = raw(&running);
    reply(&mut idle);
    let mut busy = raw(&running);
    reply(&mut busy);
    say(&mut busy, "EHLO client.example\r\n");
    say(&mut busy, "MAIL FROM:<a@example.org>\r\n");
    say(&mut busy, "RCPT TO:<b@example.net>\r\n");
    assert!(say(&mut busy, "DATA\r\n").starts_with("354 "));
    busy.write_all(b"Subject: late\r\n\r\nlate\r\n.\r\n").unwrap();
    running.seen.wait_for("waiting");
    running.shutdown.begin();
    // Who waits is told, within the second.
    assert!(reply(&mut idle).starts_with("421 "));
    assert!(rest(&mut idle).is_empty());
    drop(idle);
    release.send(()).unwrap();
    assert!(reply(&mut busy).starts_with("250 "), "it had been taken");
    assert!(reply(&mut busy).starts_with("421 "));
    drop(busy);
    running.stop();
    assert!(running.seen.all().iter().any(|seen| seen.ends_with("octets of nobody")));
    assert!(TcpStream::connect(running.address).is_err());
}

#[test]
fn a_shutdown_does_not_wait_for_ever() {
    let (_release, held): (Sender<()>, _) = channel();
    let mut options = ServerOptions::new(Config::mx(host()));
    options.grace = Duration::from_millis(100);
    let mut running = start_held(options, Some(held));
    let mut busy = raw(&running);
    reply(&mut busy);
    busy.write_all(b"EHLO c.example\r\nMAIL FROM:<>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n").unwrap();
    while !reply(&mut busy).starts_with("354 ") {}
    busy.write_all(b"\r\n.\r\n").unwrap();
    running.seen.wait_for("waiting");
    running.stop();
}

#[test]
fn silence_is_ended_by_the_servers_timeout() {
    let timeouts = Timeouts::default().command(Duration::from_millis(50));
    let running = start(ServerOptions::new(Config::mx(host()).timeouts(timeouts)));
    let mut stream = raw(&running);
    reply(&mut stream);
    assert!(reply(&mut stream).starts_with("421 4.4.2 "));
}

#[test]
fn a_source_that_fails_delivers_nothing() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::Other.into())
        }
    }
    let running = start(ServerOptions::new(Config::mx(host())));
    let mut smtp = client(&running, Security::Clear).connect().unwrap();
    let sent = smtp.send_from(envelope(), Content::of(MESSAGE), MESSAGE.chain(Fails));
    assert!(matches!(sent, Err(SendError::Source(_))));
    assert!(!smtp.is_ready());
    drop(smtp);
    let until = Instant::now() + MOST;
    while !running.seen.all().iter().any(|seen| seen == "bye" || seen == "broken") {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(!running.seen.all().iter().any(|seen| seen.contains("octets")));
}

#[test]
fn the_pool_keeps_sessions_and_replaces_dead_ones() {
    let timeouts = Timeouts::default().command(Duration::from_millis(200));
    let running = start(ServerOptions::new(Config::mx(host()).timeouts(timeouts)));
    let pool = SmtpPool::new(client(&running, Security::Clear), 2);
    let connections = || running.seen.all().iter().filter(|seen| seen.starts_with("from")).count();
    for _ in 0..3 {
        assert_eq!(pool.send(envelope(), MESSAGE).unwrap().accepted().count(), 2);
    }
    assert_eq!(connections(), 1);
    // The server ends the session: the next message goes over another, once.
    running.seen.wait_for("broken");
    let sent = pool.send(envelope(), MESSAGE).unwrap();
    assert_eq!(sent.accepted().count(), 2, "{sent:?}");
    assert_eq!(connections(), 2);
    assert_eq!(running.seen.all().iter().filter(|seen| seen.contains("octets")).count(), 4);
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| assert_eq!(pool.send(envelope(), MESSAGE).unwrap().accepted().count(), 2));
        }
    });
    assert!(connections() <= 4, "{}", connections());
    pool.close();
    let pool = SmtpPool::new(client(&running, Security::Clear), 1).idle_limit(Duration::ZERO);
    let before = connections();
    for _ in 0..2 {
        assert_eq!(pool.send(envelope(), MESSAGE).unwrap().accepted().count(), 2);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(connections(), before + 2);
}

#[test]
fn a_proxy_says_who_the_client_is_and_nobody_else_may() {
    let proxies = || wire_core::Networks::parse(["127.0.0.1"]).unwrap();
    let behind = start(ServerOptions::new(Config::mx(host())).proxies(proxies(), true));
    let mut stream = raw(&behind);
    stream.write_all(b"PROXY TCP4 192.0.2.7 192.0.2.25 4711 25\r\n").unwrap();
    assert!(reply(&mut stream).starts_with("220 "));
    assert!(behind.seen.all().contains(&"from 192.0.2.7".to_owned()));
    // XCLIENT is the proxy's, not the client's.
    assert!(!say(&mut stream, "EHLO c.example\r\n").contains("XCLIENT"));
    let mut stream = raw(&behind);
    stream.write_all(b"EHLO c.example\r\n").unwrap();
    assert!(rest(&mut stream).is_empty(), "without a header there is no session");

    let direct = start(ServerOptions::new(Config::mx(host())).proxies(proxies(), false));
    let mut stream = raw(&direct);
    assert!(reply(&mut stream).starts_with("220 "));
    assert!(say(&mut stream, "EHLO c.example\r\n").contains("XCLIENT"));
    assert!(say(&mut stream, "XCLIENT ADDR=192.0.2.8 NAME=c.example\r\n").starts_with("220 "));
}

/// What the peer said before it left is heard, although writing fails: the reason is in it.
#[test]
fn the_last_words_of_a_server_that_leaves_are_heard() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"220 mx\r\n").unwrap();
        let mut scratch = [0; 512];
        let _ = stream.read(&mut scratch).unwrap();
        stream.write_all(b"250 mx\r\n").unwrap();
        let _ = stream.read(&mut scratch).unwrap();
        stream.write_all(b"421 4.3.2 leaving\r\n").unwrap();
        stream.shutdown(std::net::Shutdown::Both).unwrap();
    });
    let mut smtp = SmtpClient::builder("127.0.0.1", Security::Clear).port(port).connect().unwrap();
    let sent = smtp.send(envelope(), vec![b'x'; 10_000_000]).unwrap();
    assert!(sent.is_untouched(), "{sent:?}");
    let (_, outcome) = sent.failed().next().unwrap();
    assert!(outcome.to_string().contains("421 4.3.2 leaving"), "{outcome}");
    server.join().unwrap();
}

/// 200 MiB pass through both sides without being in memory; the server runs on this thread.
#[test]
fn two_hundred_mebioctets_pass_in_less_than_two() {
    const OCTETS: u64 = 200 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut config = Config::mx(host());
    config.limits = config.limits.message_octets(1 << 30);
    let options = ServerOptions::new(config);
    let client = std::thread::spawn(move || {
        let mut smtp = SmtpClient::builder("127.0.0.1", Security::Clear).port(port).connect().unwrap();
        let (sent, info) = test_support::alloc::measure(|| {
            let envelope = Envelope::new("a@example.org", ["b@example.net"]).unwrap();
            smtp.send_from(envelope, Content::ascii().with_octets(OCTETS), Lines { left: OCTETS, at: 0 })
                .unwrap()
        });
        assert!(sent.all_accepted());
        smtp.quit().unwrap();
        info.bytes_max
    });
    let (stream, peer) = listener.accept().unwrap();
    let inbox = Discard;
    let ((), info) = test_support::alloc::measure(|| {
        mail_std::smtp::serve_connection(stream, Some(peer), &options, inbox)
    });
    let of_client = client.join().unwrap();
    println!("client at most {of_client} octets, server {}", info.bytes_max);
    assert!(of_client < 2 << 20 && info.bytes_max < 2 << 20, "{of_client} {}", info.bytes_max);
}

struct Discard;

impl Handler for Discard {
    fn recipient(&mut self, _session: &Session, _recipient: &Recipient) -> Reply {
        Reply::ok()
    }

    fn message(&mut self, _session: &Session, mut body: Body<'_>) -> Reply {
        while let Ok(Some(_)) = body.next() {}
        Reply::accepted()
    }
}

/// Lines of 64 octets.
struct Lines {
    left: u64,
    at: usize,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let octets = usize::try_from(self.left).unwrap().min(buffer.len());
        for octet in &mut buffer[..octets] {
            *octet = [b'x', b'\r', b'\n'][(self.at % 64).saturating_sub(61)];
            self.at += 1;
        }
        self.left -= octets as u64;
        Ok(octets)
    }
}

/// A handshake that is cut off may be whole next time; a name that cannot be one stays so.
#[test]
fn what_may_pass_is_told_from_what_stays() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let leaver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        rest(&mut stream);
    });
    let builder = SmtpClient::builder("localhost", Security::ImplicitTls).port(port);
    let error = builder.tls(pki::client_tls()).connect().unwrap_err();
    assert!(error.is_transient() && matches!(error, SendError::Tls(_)), "{error:?}");
    leaver.join().unwrap();
    let error = SmtpClient::builder("", Security::Clear).connect().unwrap_err();
    assert!(!error.is_transient() && matches!(error, SendError::Connect(_)), "{error:?}");
}

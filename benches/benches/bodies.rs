//! Sending a message of 1 MiB over loopback to the same server. The stuffing of lettre and mail-send cannot be
//! called by itself: here it is part of the whole.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lettre::Transport;
use mail_tokio::smtp::{Body, Handler, Recipient, ServerOptions, Session, SmtpClient, serve};
use postwire_benches::message;
use smtp_proto::Reply;
use smtp_proto::sender::{Envelope, Security};
use smtp_proto::server::Config;

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

/// A server in a thread of its own, without CHUNKING so that all stuff dots; its port.
fn server() -> u16 {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            sender.send(listener.local_addr().expect("an address").port()).expect("somebody waits");
            let config = Config::mx("mx.example.org".parse().expect("a name")).chunking(false);
            serve(listener, ServerOptions::new(config), || Discard).await;
        });
    });
    receiver.recv().expect("the server starts")
}

fn bodies(c: &mut Criterion) {
    let port = server();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let body = message().repeat(16);
    let mut group = c.benchmark_group("1 MiB by DATA");
    group.throughput(Throughput::Bytes(body.len() as u64));

    let connect = SmtpClient::builder("127.0.0.1", Security::Clear).port(port).connect();
    let mut client = runtime.block_on(connect).expect("a session");
    let bytes = bytes::Bytes::from(body.clone());
    group.bench_function("postwire", |b| {
        b.iter(|| {
            let envelope = Envelope::new("a@example.org", ["b@example.net"]).expect("an envelope");
            let sent = runtime.block_on(client.send(envelope, bytes.clone())).expect("it is sent");
            assert!(sent.all_accepted());
        });
    });

    let lettre = lettre::SmtpTransport::builder_dangerous("127.0.0.1").port(port).build();
    let envelope = lettre::address::Envelope::new(
        Some("a@example.org".parse().expect("an address")),
        vec!["b@example.net".parse().expect("an address")],
    )
    .expect("an envelope");
    group.bench_function("lettre", |b| {
        b.iter(|| lettre.send_raw(&envelope, &body).expect("it is sent"));
    });

    let builder = mail_send::SmtpClientBuilder::new("127.0.0.1", port).implicit_tls(false);
    let mut client = runtime.block_on(builder.connect_plain()).expect("a session");
    group.bench_function("mail-send", |b| {
        b.iter(|| {
            let message = mail_send::smtp::message::Message::empty()
                .from("a@example.org")
                .to("b@example.net")
                .body(&body[..]);
            runtime.block_on(client.send(message)).expect("it is sent");
        });
    });
    group.finish();
}

criterion_group!(benches, bodies);
criterion_main!(benches);

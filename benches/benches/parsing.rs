//! Parsing commands and replies, and the dot codec: ours and the peers'.

use std::hint::black_box;

use bytes::{Buf, Bytes};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postwire_benches::{COMMANDS, REPLIES, message, stuffed};
use smtp_proto::{Command, Quirks, ReplyParser};
use wire_core::dot::{Stuffer, Unstuffed, Unstuffer};
use wire_core::{RecvBuf, SendBuf};

fn lines(all: &'static [&'static str]) -> Vec<Bytes> {
    let lines = all.iter().flat_map(|text| text.split_terminator("\r\n"));
    lines.map(|line| Bytes::from_static(line.as_bytes())).collect()
}

fn octets(all: &[&str]) -> Throughput {
    Throughput::Bytes(all.iter().map(|text| text.len() as u64).sum())
}

fn commands(c: &mut Criterion) {
    let mut group = c.benchmark_group("commands");
    group.throughput(octets(&COMMANDS));
    let (lines, quirks) = (lines(&COMMANDS), Quirks::default());
    group.bench_function("postwire", |b| {
        b.iter(|| lines.iter().filter(|line| Command::parse(black_box(line), &quirks).is_ok()).count());
    });
    group.bench_function("stalwart smtp-proto", |b| {
        b.iter(|| {
            let parsed = COMMANDS.iter().filter(|command| {
                stalwart::Request::parse(&mut black_box(command).as_bytes().iter()).is_ok()
            });
            parsed.count()
        });
    });
    group.finish();
}

fn replies(c: &mut Criterion) {
    let mut group = c.benchmark_group("replies");
    group.throughput(octets(&REPLIES));
    let lines = lines(&REPLIES);
    group.bench_function("postwire", |b| {
        let mut parser = ReplyParser::new(128, 65_536);
        b.iter(|| lines.iter().filter(|line| matches!(parser.line(black_box(line)), Ok(Some(_)))).count());
    });
    group.bench_function("stalwart smtp-proto", |b| {
        b.iter(|| {
            let parsed = REPLIES.iter().filter(|reply| {
                let mut receiver = stalwart::response::parser::ResponseReceiver::default();
                receiver.parse(&mut black_box(reply).as_bytes().iter()).is_ok()
            });
            parsed.count()
        });
    });
    group.bench_function("lettre", |b| {
        b.iter(|| {
            let parsed = REPLIES.iter().filter(|reply| {
                black_box(reply).parse::<lettre::transport::smtp::response::Response>().is_ok()
            });
            parsed.count()
        });
    });
    group.finish();
}

fn dots(c: &mut Criterion) {
    let (message, wire) = (Bytes::from(message()), stuffed());
    let mut group = c.benchmark_group("stuffing");
    group.throughput(Throughput::Bytes(message.len() as u64));
    group.bench_function("postwire", |b| {
        let mut tx = SendBuf::default();
        b.iter(|| {
            let mut stuffer = Stuffer::default();
            stuffer.stuff(message.clone(), &mut tx);
            stuffer.finish(&mut tx);
            let octets = tx.len();
            tx.advance(octets);
            octets
        });
    });
    group.finish();
    let mut group = c.benchmark_group("un-stuffing");
    group.throughput(Throughput::Bytes(wire.len() as u64));
    group.bench_function("postwire, with filling the buffer", |b| {
        let mut rx = RecvBuf::default();
        b.iter(|| {
            rx.feed(&wire);
            let (mut unstuffer, mut octets) = (Unstuffer::default(), 0);
            while let Some(Unstuffed::Chunk(chunk)) = unstuffer.next(&mut rx, 64 * 1024) {
                octets += chunk.len();
            }
            octets
        });
    });
    group.bench_function("stalwart smtp-proto", |b| {
        b.iter(|| {
            let mut body = Vec::with_capacity(wire.len());
            stalwart::request::receiver::DataReceiver::new().ingest(&mut wire.iter(), &mut body);
            body.len()
        });
    });
    group.finish();
}

criterion_group!(parsing, commands, replies, dots);
criterion_main!(parsing);

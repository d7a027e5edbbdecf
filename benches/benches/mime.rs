//! Messages read by us and by the peers, by time. `BATCH` names another batch than the one that is made here.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postwire_benches::mime::batch::{MADE, batch};
use postwire_benches::mime::{OURS, PEERS, reader};

fn messages(c: &mut Criterion) {
    let chosen = std::env::var("BATCH").ok();
    let names = chosen.as_deref().map_or(MADE.to_vec(), |name| vec![name]);
    for name in names {
        let batch = batch(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(batch.iter().map(|message| message.len() as u64).sum()));
        group.sample_size(10);
        for reader_name in OURS.into_iter().chain(PEERS) {
            let Some(mut read) = reader(reader_name) else { continue };
            group.bench_function(reader_name, |b| b.iter(|| batch.iter().for_each(|message| read(message))));
        }
        group.finish();
    }
}

criterion_group!(benches, messages);
criterion_main!(benches);

//! IMAP read by us and by the peers, by time. `BATCH` names one batch in place of all.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use postwire_benches::imap::batch::{MADE, batch};
use postwire_benches::imap::{READERS, reader};

fn readers(c: &mut Criterion) {
    let chosen = std::env::var("BATCH").ok();
    let names = chosen.as_deref().map_or(MADE.to_vec(), |name| vec![name]);
    for name in names {
        let batch = batch(name).unwrap_or_else(|| panic!("there is no batch {name}"));
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(batch.wire.len() as u64));
        group.sample_size(10);
        for reader_name in READERS {
            let Some(mut read) = reader(reader_name, &batch) else { continue };
            group.bench_function(reader_name, |b| b.iter(|| read(&batch)));
        }
        group.finish();
    }
}

criterion_group!(benches, readers);
criterion_main!(benches);

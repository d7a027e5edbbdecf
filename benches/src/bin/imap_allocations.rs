//! Allocations of one reader on one batch, once it is warm: `imap_allocations READER BATCH`. Prints how many, and for how many
//! responses or commands.

use std::hint::black_box;

use postwire_benches::imap::{batch::batch, reader};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, batch_name] = &arguments[..] else {
        panic!("usage: imap_allocations READER BATCH");
    };
    let batch = batch(batch_name).expect("a batch");
    let mut read = reader(name, &batch).expect("it reads such");
    // Once before, so that storage that is kept is as large as it becomes.
    read(&batch);
    let info = allocation_counter::measure(|| read(black_box(&batch)));
    println!("{} {}", info.count_total, batch.count);
}

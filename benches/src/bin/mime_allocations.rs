//! Allocations of one reader on one batch: `mime_allocations READER BATCH`. Prints how many, and for how many messages.

use std::hint::black_box;

use postwire_benches::mime::{batch::batch, reader};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, batch_name] = &arguments[..] else {
        panic!("usage: mime_allocations READER BATCH");
    };
    let Some(mut read) = reader(name) else {
        // Not there: nothing is printed.
        std::process::exit(3);
    };
    let batch = batch(batch_name).unwrap_or_else(|error| panic!("{batch_name}: {error}"));
    let mut all = || {
        for message in &batch {
            read(black_box(message));
        }
    };
    // Once before, so that storage that is kept is as large as it becomes.
    all();
    let info = allocation_counter::measure(all);
    println!("{} {}", info.count_total, batch.len());
}

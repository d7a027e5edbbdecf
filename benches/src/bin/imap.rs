//! One reader on one batch, so many times, for callgrind: `imap READER BATCH TIMES`. Prints octets, and responses or commands.
//! `imap readers BATCH` lists those that can read it, `imap batches` the batches.

use std::hint::black_box;

use postwire_benches::imap::batch::{MADE, batch};
use postwire_benches::imap::{READERS, reader};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["batches"] => println!("{}", MADE.join("\n")),
        ["readers", name] => {
            let batch = batch(name).expect("a batch");
            for name in READERS.into_iter().filter(|name| reader(name, &batch).is_some()) {
                println!("{name}");
            }
        }
        [name, batch_name, times] => {
            let batch = batch(batch_name).expect("a batch");
            let mut read = reader(name, &batch).expect("it reads such");
            for _ in 0..times.parse::<usize>().expect("a number") {
                read(black_box(&batch));
            }
            println!("{} {}", batch.wire.len(), batch.count);
        }
        _ => panic!("usage: imap READER BATCH TIMES, imap readers BATCH, or imap batches"),
    }
}

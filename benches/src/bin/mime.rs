//! One reader on one batch, so many times, for callgrind: `mime READER BATCH TIMES`. Prints octets and messages.
//! `mime readers` lists those that are there, `mime mbox BATCH` writes a batch for others to read.

use std::hint::black_box;
use std::io::Write;

use postwire_benches::mime::batch::{Batch, batch, to_mbox};
use postwire_benches::mime::{OURS, PEERS, reader};

fn named(name: &str) -> Batch {
    batch(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["readers"] => {
            for name in OURS.into_iter().chain(PEERS).filter(|name| reader(name).is_some()) {
                println!("{name}");
            }
        }
        ["mbox", name] => std::io::stdout().write_all(&to_mbox(&named(name))).expect("it is written"),
        [name, batch_name, times] => {
            let Some(mut read) = reader(name) else {
                // Not there: nothing is printed.
                std::process::exit(3);
            };
            let batch = named(batch_name);
            for _ in 0..times.parse::<usize>().expect("a number") {
                for message in &batch {
                    read(black_box(message));
                }
            }
            println!("{} {}", batch.iter().map(Vec::len).sum::<usize>(), batch.len());
        }
        _ => panic!("usage: mime READER BATCH TIMES, mime readers, or mime mbox BATCH"),
    }
}

//! Sets of messages: never expanded, every way to look at one tells the same.
#![no_main]
#[path = "../checks/imap_set.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

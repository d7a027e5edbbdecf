//! Search keys, programs, ESEARCH, SORT and THREAD: they mean what a naive reader takes them for.
#![no_main]
#[path = "../checks/imap_search.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

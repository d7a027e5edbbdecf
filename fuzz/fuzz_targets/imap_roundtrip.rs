//! Responses that are built: written and read they are the same, whatever is in them.
#![no_main]
#[path = "../checks/imap_roundtrip.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! The structures of messages in FETCH: both readers agree, every part has a path.
#![no_main]
#[path = "../checks/imap_body_structure.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

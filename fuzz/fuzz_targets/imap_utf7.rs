//! Names of mailboxes: there and back in both forms, and patterns.
#![no_main]
#[path = "../checks/imap_utf7.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

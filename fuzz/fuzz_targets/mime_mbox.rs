//! Mailbox files: however they are cut, every octet accounted for, and what is written is read back.
#![no_main]
#[path = "../checks/mime_mbox.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

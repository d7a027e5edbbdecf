//! Frames of commands and responses: the same at every cut, within limits.
#![no_main]
#[path = "../checks/imap_frame.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! Our sender against our server, cut into pieces: every recipient gets an outcome, the message arrives whole.
#![no_main]
#[path = "../checks/smtp_pair.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

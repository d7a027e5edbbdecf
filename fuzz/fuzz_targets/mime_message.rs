//! Messages: every accessor of every part, whatever was parsed; nothing is lost; changes change only what they should.
#![no_main]
#[path = "../checks/mime_message.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! Text in headers: whatever it is, encoded it can do no harm and comes back; charsets do not care how they are cut.
#![no_main]
#[path = "../checks/mime_encoded_word.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

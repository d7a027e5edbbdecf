//! Messages that are composed of anything: refused, or read back as what they were made of, and nothing else.
#![no_main]
#[path = "../checks/mime_compose.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

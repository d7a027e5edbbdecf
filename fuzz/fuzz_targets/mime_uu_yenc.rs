//! Uuencode and yEnc: however they are cut, and what a simple encoder writes comes back.
#![no_main]
#[path = "../checks/mime_uu_yenc.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

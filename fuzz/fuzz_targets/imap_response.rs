//! Responses in frames: nothing is lost, and what was understood is written again as the same.
#![no_main]
#[path = "../checks/imap_response.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

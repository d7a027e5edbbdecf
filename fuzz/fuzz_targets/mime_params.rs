//! Content-Type and Content-Disposition: every parameter is where it says, and what is written in sections comes back.
#![no_main]
#[path = "../checks/mime_params.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

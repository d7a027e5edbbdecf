//! Each SASL mechanism as a server against arbitrary responses: nobody comes in.
#![no_main]
#[path = "../checks/sasl_server.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

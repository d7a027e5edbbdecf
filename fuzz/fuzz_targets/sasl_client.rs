//! Each SASL mechanism as a client against arbitrary challenges.
#![no_main]
#[path = "../checks/sasl_client.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

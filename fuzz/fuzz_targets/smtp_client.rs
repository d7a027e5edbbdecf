//! A sender against arbitrary octets: no panic, comes to rest, an outcome for each recipient or an error.
#![no_main]
#[path = "../checks/smtp_client.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

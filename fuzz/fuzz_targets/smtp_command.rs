//! Commands: no panic; what parses is encoded to what parses to the same.
#![no_main]
#[path = "../checks/smtp_command.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

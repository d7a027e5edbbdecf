//! A server that has agreed to TLS, and octets that are no handshake: never an event, always an end.
#![no_main]
#[path = "../checks/tls_upgrade.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! A POP3 server against arbitrary octets: no panic, comes to rest, and chunks make no difference.
#![no_main]
#[path = "../checks/pop3_server.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

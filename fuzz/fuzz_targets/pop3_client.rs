//! A collector with a download against arbitrary octets: no panic, comes to rest, deletes only what was committed.
#![no_main]
#[path = "../checks/pop3_client.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

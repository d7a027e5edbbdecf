//! A client with commands under way against arbitrary octets: no panic, comes to rest, and chunks make no difference.
#![no_main]
#[path = "../checks/imap_client.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

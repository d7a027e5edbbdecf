//! A session with calls under way against arbitrary octets: no panic, comes to rest, and tells what it tells in its order.
#![no_main]
#[path = "../checks/imap_session.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! The PROXY header: no panic; prefixes agree with the whole; what parses is encoded to the same addresses.
#![no_main]
#[path = "../checks/proxy.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

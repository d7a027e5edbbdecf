//! Addresses: spans in order, nothing that ends a line, and what is written is read back.
#![no_main]
#[path = "../checks/mime_address.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

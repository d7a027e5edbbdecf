//! Headers and the values of fields: a header that is well-formed is read as a simple implementation reads it, and every
//! reader of values takes every value.
#![no_main]
#[path = "../checks/mime_header.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

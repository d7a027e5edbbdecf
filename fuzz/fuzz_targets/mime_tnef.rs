//! TNEF and compressed RTF: everything lies within the stream, and what a simple writer writes is read.
#![no_main]
#[path = "../checks/mime_tnef.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

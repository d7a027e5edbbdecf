//! The dot codec: stuffing is undone, at every chunking, and ends where it should.
#![no_main]
#[path = "../checks/dot.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

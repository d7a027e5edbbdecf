//! Dates: what is understood is written and read back, and the calendar is that of a second implementation.
#![no_main]
#[path = "../checks/mime_date.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

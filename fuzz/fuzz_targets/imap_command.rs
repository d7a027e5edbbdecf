//! Commands in frames: no panic, no secret shown, written again as the same.
#![no_main]
#[path = "../checks/imap_command.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! Capabilities of a POP3 server: no panic, nothing lost, every question is answered from the same lines.
#![no_main]
#[path = "../checks/pop3_capabilities.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! POP3 commands: no panic, no stray control octet; what parses is encoded to what parses to the same.
#![no_main]
#[path = "../checks/pop3_command.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

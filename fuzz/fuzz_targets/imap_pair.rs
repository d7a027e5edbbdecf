//! Our client against our grammar of commands: whatever a client is told to send is that command, whole, however literals are sent
#![no_main]
#[path = "../checks/imap_pair.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

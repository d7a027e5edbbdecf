//! Our collector against our POP3 server, cut into pieces: messages arrive as they are, what goes was committed.
#![no_main]
#[path = "../checks/pop3_pair.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! What a POP3 server says, line by line: replies and their codes, timestamps, listings; and the text of a journal.
#![no_main]
#[path = "../checks/pop3_reply.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

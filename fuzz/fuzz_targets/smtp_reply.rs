//! Replies: no panic, limits hold; what parses is encoded to what parses to the same lines.
#![no_main]
#[path = "../checks/smtp_reply.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

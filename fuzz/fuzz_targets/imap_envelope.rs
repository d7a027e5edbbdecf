//! The envelopes of messages in FETCH: both readers agree.
#![no_main]
#[path = "../checks/imap_envelope.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

//! Base64: as a simple implementation decodes it, however it is cut, and what is encoded comes back.
#![no_main]
#[path = "../checks/mime_base64.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

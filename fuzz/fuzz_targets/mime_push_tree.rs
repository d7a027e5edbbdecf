//! Both faces of the parser: the tree and what comes piece by piece are the same, wherever the pieces end.
#![no_main]
#[path = "../checks/mime_push_tree.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

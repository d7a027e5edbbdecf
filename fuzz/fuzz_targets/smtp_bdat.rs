//! BDAT: what chunks say comes out as it went in, at every cut; and nonsense behind BDAT does no harm.
#![no_main]
#[path = "../checks/smtp_bdat.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::check(data));

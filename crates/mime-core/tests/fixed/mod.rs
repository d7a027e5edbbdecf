//! What is in every message that a test composes: a date, identifiers.
#![allow(dead_code, clippy::unwrap_used)] // not every test uses all of it

use mime_core::{DateTime, compose::RandomIds};

pub(crate) fn date() -> DateTime {
    DateTime::new(2026, 3, 31, 17, 5, 0, 120).unwrap()
}

/// Identifiers that differ from each other.
pub(crate) fn ids() -> RandomIds<impl FnMut() -> [u8; 16]> {
    let mut counter = 0_u8;
    RandomIds::new("example.de", move || {
        counter += 1;
        [counter; 16]
    })
    .unwrap()
}

/// One identifier again and again.
pub(crate) fn same_id(octet: u8) -> RandomIds<impl FnMut() -> [u8; 16]> {
    RandomIds::new("example.de", move || [octet; 16]).unwrap()
}

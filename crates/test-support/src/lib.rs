//! Test tools of the Postwire workspace.
//!
//! | module | what for |
//! |---|---|
//! | [`pair`] | client and server in memory: virtual clock, latency, pieces, TLS, cut connections |
//! | [`script`] | one endpoint under a script, cut in pieces; transcripts for either side |
//! | [`pki`] | certificates for every case, and ready TLS configurations |
//! | [`puppet`] | a server of lines that a test leads by the hand |
//! | [`alloc`] | counting allocations |
//! | [`vectors`] | rows of the attack and quirk files |
//! | [`corpora`], [`files`] | where public test material is, and what is in a folder |
//!
//! Everything panics when a test is wrong, and nothing hangs: work is counted in steps.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::exhaustive_enums,
    clippy::exhaustive_structs
)] // a tool of tests: it may panic, and it is changed together with them

pub mod alloc;
pub mod pair;
pub mod pki;
pub mod puppet;
pub mod script;
pub mod transcript;
pub mod vectors;

use std::path::{Path, PathBuf};

pub use pair::{Occurrence, Pair, Side};

/// Where public test material is: `$POSTWIRE_CORPORA`, or `../shared/corpora` beside the workspace. `None`, and a
/// line on the error output, if it is not there: the test is then skipped.
pub fn corpora() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("POSTWIRE_CORPORA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no corpora at {}, see POSTWIRE_CORPORA", folder.display());
    None
}

/// All files below a folder, in the order of their names.
///
/// # Panics
///
/// If a folder cannot be read.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// How a connection came to its end, if it did.
#[derive(Debug)]
pub enum End<E: std::error::Error + 'static> {
    /// It goes on, and waits for the peer or the application.
    Open,
    /// It closed in good order.
    Closed,
    /// It failed.
    Failed(wire_core::Error<E>),
}

impl<E: std::error::Error + 'static> End<E> {
    /// Whether it closed in good order.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Whether it goes on.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }

    /// The error of the machine, if that is how it ended.
    pub fn machine_error(&self) -> Option<&E> {
        match self {
            Self::Failed(wire_core::Error::Machine(error)) => Some(error),
            _ => None,
        }
    }

    /// The error of a layer, if that is how it ended.
    pub fn layer_error(&self) -> Option<&wire_core::LayerError> {
        match self {
            Self::Failed(wire_core::Error::Layer(error)) => Some(error),
            _ => None,
        }
    }
}

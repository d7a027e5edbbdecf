//! What the example programs share.

pub mod command_line;
pub mod imap;
mod maildir;
mod store;
mod users;

use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

pub use maildir::{AsyncMaildir, Maildir, OpenMaildir};
pub use store::{Store, Stored};
pub use users::{InvalidUser, Users};

/// Seconds since 1970.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Reads a file, and says which one it was if that fails.
///
/// # Errors
///
/// The file's name and what is wrong with it.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// Text with a single space wherever there is white space, and none at its ends.
pub fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Certificate chain and key in PEM: made now if `source` is `self`, else read from `CHAIN.pem,KEY.pem`.
///
/// # Errors
///
/// If they cannot be made or read.
pub fn certificate(source: &str, hostname: &str) -> Result<(Vec<u8>, Vec<u8>), Box<dyn std::error::Error>> {
    if source == "self" {
        let names = vec![hostname.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names)?;
        return Ok((made.cert.pem().into_bytes(), made.signing_key.serialize_pem().into_bytes()));
    }
    let (chain, key) = source.split_once(',').ok_or("--tls self or CHAIN.pem,KEY.pem")?;
    Ok((read_file(chain.as_ref())?, read_file(key.as_ref())?))
}

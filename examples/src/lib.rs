//! What the example programs share.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Where received messages go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Store {
    /// Nowhere.
    Discard,
    /// A Maildir: `tmp`, `new`, `cur`.
    Maildir(PathBuf),
    /// One file, messages separated by `From ` lines (mboxrd).
    Mbox(PathBuf),
}

impl Store {
    /// Makes the folders that are needed.
    ///
    /// # Errors
    ///
    /// If they cannot be made.
    pub fn prepare(&self) -> io::Result<()> {
        if let Self::Maildir(path) = self {
            for folder in ["tmp", "new", "cur"] {
                std::fs::create_dir_all(path.join(folder))?;
            }
        }
        Ok(())
    }

    /// Begins to store a message.
    ///
    /// # Errors
    ///
    /// If the file cannot be made.
    pub fn begin(&self, from: &str) -> io::Result<Stored> {
        match self {
            Self::Discard => Ok(Stored(Kind::Nothing)),
            Self::Maildir(path) => {
                let name = unique_name();
                let (tmp, new) = (path.join("tmp").join(&name), path.join("new").join(&name));
                let file = BufWriter::new(File::options().write(true).create_new(true).open(&tmp)?);
                Ok(Stored(Kind::Maildir { file, tmp, new }))
            }
            Self::Mbox(path) => {
                let mut text = Vec::new();
                writeln!(
                    text,
                    "From {} {}",
                    if from.is_empty() { "MAILER-DAEMON" } else { from },
                    unix_seconds()
                )?;
                Ok(Stored(Kind::Mbox { path: path.clone(), text }))
            }
        }
    }
}

/// A message that is being stored; dropped without [`Stored::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct Stored(Kind);

#[derive(Debug)]
enum Kind {
    Nothing,
    Maildir { file: BufWriter<File>, tmp: PathBuf, new: PathBuf },
    Mbox { path: PathBuf, text: Vec<u8> },
}

impl Stored {
    /// Appends a piece.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        match &mut self.0 {
            Kind::Nothing => Ok(()),
            Kind::Maildir { file, .. } => file.write_all(octets),
            Kind::Mbox { text, .. } => {
                text.extend_from_slice(octets);
                Ok(())
            }
        }
    }

    /// Makes the message visible, after it is on the disk.
    ///
    /// # Errors
    ///
    /// If it cannot be.
    pub fn commit(mut self) -> io::Result<()> {
        match &mut self.0 {
            Kind::Nothing => Ok(()),
            Kind::Maildir { file, tmp, new } => {
                file.flush()?;
                file.get_ref().sync_all()?;
                std::fs::rename(tmp, new)
            }
            Kind::Mbox { path, text } => {
                let mut file = File::options().append(true).create(true).open(path)?;
                file.write_all(&quoted(text))?;
                file.sync_all()
            }
        }
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if let Kind::Maildir { tmp, .. } = &self.0 {
            // After a commit it is not there any more.
            let _ = std::fs::remove_file(tmp);
        }
    }
}

/// mboxrd: a `>` before every line that begins with `From `, however many of them there are already.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 64);
    for (i, line) in text.split_inclusive(|&octet| octet == b'\n').enumerate() {
        let arrows = line.iter().take_while(|&&octet| octet == b'>').count();
        if i > 0 && line.get(arrows..).is_some_and(|rest| rest.starts_with(b"From ")) {
            out.push(b'>');
        }
        out.extend_from_slice(line.strip_suffix(b"\r\n").unwrap_or(line));
        if line.ends_with(b"\r\n") {
            out.push(b'\n');
        }
    }
    if !out.ends_with(b"\n") {
        out.push(b'\n');
    }
    out.push(b'\n');
    out
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}.N{nanos}P{}Q{count}.localhost", unix_seconds(), std::process::id())
}

/// Reads a file, and says which one it was if that fails.
///
/// # Errors
///
/// The file's name and what is wrong with it.
pub fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_lines_are_quoted_once_more() {
        assert_eq!(quoted(b"From x\nFrom y\r\n>From z\r\nz"), b"From x\n>From y\n>>From z\nz\n\n");
    }

    #[test]
    fn a_message_that_is_not_committed_leaves_nothing() {
        let path = std::env::temp_dir().join(format!("postwire-{}", unique_name()));
        let store = Store::Maildir(path.clone());
        store.prepare().unwrap();
        store.begin("").unwrap().write(b"x").unwrap();
        let mut kept = store.begin("").unwrap();
        kept.write(b"y").unwrap();
        kept.commit().unwrap();
        assert_eq!(std::fs::read_dir(path.join("tmp")).unwrap().count(), 0);
        assert_eq!(std::fs::read_dir(path.join("new")).unwrap().count(), 1);
        std::fs::remove_dir_all(path).unwrap();
    }
}

//! Where received messages go.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use postwire::smtp::DateTime;

use crate::unix_seconds;

/// Where received messages go.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Store {
    /// Nowhere.
    Discard,
    /// A Maildir: `tmp`, `new`, `cur`.
    Maildir(PathBuf),
    /// A folder with a file for each message, `NAME.eml`.
    Folder(PathBuf),
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
        if let Self::Folder(path) = self {
            std::fs::create_dir_all(path)?;
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
                Ok(Stored(Kind::Moved { file, tmp, new }))
            }
            Self::Folder(path) => {
                let name = unique_name();
                let (tmp, new) = (path.join(format!(".{name}.part")), path.join(format!("{name}.eml")));
                let file = BufWriter::new(File::options().write(true).create_new(true).open(&tmp)?);
                Ok(Stored(Kind::Moved { file, tmp, new }))
            }
            Self::Mbox(path) => {
                // Beside the mbox until it is complete: a message is never there in part.
                let mut tmp = path.clone().into_os_string();
                tmp.push(format!(".{}", unique_name()));
                let tmp = PathBuf::from(tmp);
                let options = File::options().read(true).write(true).create_new(true).to_owned();
                let mut file = BufWriter::new(options.open(&tmp)?);
                let from = if from.is_empty() { "MAILER-DAEMON" } else { from };
                writeln!(file, "From {from} {}", asctime(unix_seconds()))?;
                Ok(Stored(Kind::Mbox { path: path.clone(), tmp, file, quoting: Mboxrd::default() }))
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
    /// A file that gets its name when it is complete.
    Moved {
        file: BufWriter<File>,
        tmp: PathBuf,
        new: PathBuf,
    },
    Mbox {
        path: PathBuf,
        tmp: PathBuf,
        file: BufWriter<File>,
        quoting: Mboxrd,
    },
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
            Kind::Moved { file, .. } => file.write_all(octets),
            Kind::Mbox { file, quoting, .. } => quoting.write(octets, file),
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
            Kind::Moved { file, tmp, new } => {
                file.flush()?;
                file.get_ref().sync_all()?;
                std::fs::rename(tmp, &new)?;
                // The name has to reach the disk too; what is no folder of files cannot be asked for that.
                match new.parent().map(File::open) {
                    Some(Ok(folder)) => folder.sync_all().or(Ok(())),
                    _ => Ok(()),
                }
            }
            Kind::Mbox { path, file, quoting, .. } => {
                static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
                quoting.finish(file)?;
                file.flush()?;
                let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
                let mut mbox = File::options().append(true).create(true).open(path)?;
                file.rewind()?;
                io::copy(file.get_mut(), &mut mbox)?;
                mbox.sync_all()
            }
        }
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        if let Kind::Moved { tmp, .. } | Kind::Mbox { tmp, .. } = &self.0 {
            // After a commit to a Maildir it is not there any more.
            let _ = std::fs::remove_file(tmp);
        }
    }
}

/// mboxrd, as it comes: LF for CRLF, and a `>` before every line that begins with `From `, however many of them
/// there are already.
#[derive(Debug, Default)]
struct Mboxrd {
    /// The beginning of a line that may turn out to be a `From ` line.
    held: Vec<u8>,
    within_line: bool,
    after_cr: bool,
}

impl Mboxrd {
    fn write(&mut self, octets: &[u8], out: &mut impl Write) -> io::Result<()> {
        for &octet in octets {
            if std::mem::take(&mut self.after_cr) && octet != b'\n' {
                self.put(b'\r', out)?;
            }
            match octet {
                b'\r' => self.after_cr = true,
                octet => self.put(octet, out)?,
            }
        }
        Ok(())
    }

    fn put(&mut self, octet: u8, out: &mut impl Write) -> io::Result<()> {
        const FROM: &[u8] = b"From ";
        if !self.within_line {
            self.held.push(octet);
            let arrows = self.held.iter().take_while(|&&octet| octet == b'>').count();
            let word = self.held.get(arrows..).unwrap_or_default();
            // No line needs more arrows than that to be told apart.
            if word.len() < FROM.len() && FROM.starts_with(word) && arrows < 1000 {
                return Ok(());
            }
            if word == FROM {
                out.write_all(b">")?;
            }
            out.write_all(&self.held)?;
            self.held.clear();
        } else {
            out.write_all(&[octet])?;
        }
        self.within_line = octet != b'\n';
        Ok(())
    }

    /// Ends the last line, and the message with an empty one.
    fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.held)?;
        out.write_all(if self.within_line || !self.held.is_empty() { b"\n\n" } else { b"\n" })
    }
}

/// The date of a `From ` line: `Thu Jan  1 00:00:00 1970`.
fn asctime(seconds: u64) -> String {
    let date = DateTime::from_unix(i64::try_from(seconds).unwrap_or_default(), 0);
    let text = date.map(|date| date.to_string()).unwrap_or_default();
    // Thu, 1 Jan 1970 00:00:00 +0000
    match text.split([',', ' ']).filter(|word| !word.is_empty()).collect::<Vec<_>>()[..] {
        [weekday, day, month, year, time, ..] => format!("{weekday} {month} {day:>2} {time} {year}"),
        _ => text,
    }
}

pub(crate) fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_nanos());
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{}.N{nanos}P{}Q{count}.localhost", unix_seconds(), std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_lines_are_quoted_once_more() {
        let message = b"x\r\nFrom y\r\n>From z\r\n>>Fromage\r\na\rb\r\nz";
        for step in 1..=message.len() {
            let (mut quoting, mut out) = (Mboxrd::default(), Vec::new());
            for chunk in message.chunks(step) {
                quoting.write(chunk, &mut out).unwrap();
            }
            quoting.finish(&mut out).unwrap();
            assert_eq!(out, b"x\n>From y\n>>From z\n>>Fromage\na\rb\nz\n\n", "{step}");
        }
    }

    #[test]
    fn an_mbox_gets_whole_messages_only() {
        let path = std::env::temp_dir().join(format!("postwire-{}", unique_name()));
        let store = Store::Mbox(path.clone());
        store.begin("a@example.org").unwrap().write(b"lost").unwrap();
        for _ in 0..2 {
            let mut kept = store.begin("").unwrap();
            kept.write(b"Subject: x\r\n\r\nFrom me\r\n").unwrap();
            kept.commit().unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let folder = std::fs::read_dir(path.parent().unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let left =
            folder.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(&name));
        assert_eq!(left.count(), 1);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text.matches("\n>From me\n\n").count(), 2);
        assert!(text.starts_with("From MAILER-DAEMON ") && !text.contains("lost"), "{text}");
        assert_eq!(asctime(0), "Thu Jan  1 00:00:00 1970");
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

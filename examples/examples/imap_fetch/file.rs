//! Files that messages come from and go to.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use examples::command_line::Diagnosis;
use postwire::imap::session::AppendOptions;
use postwire::imap::{DateTime, Flag};

use crate::show::Done;

/// A message that is to be stored on the server.
pub(crate) struct Source {
    pub(crate) file: File,
    pub(crate) octets: u64,
}

impl Source {
    pub(crate) fn open(path: &Path) -> Result<Self, Diagnosis> {
        let wrong = |error: io::Error| Diagnosis::file(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(wrong)?;
        let octets = file.metadata().map_err(wrong)?.len();
        Ok(Self { file, octets })
    }

    pub(crate) fn options(&self, flags: &[Flag], date: Option<i64>) -> Result<AppendOptions, Diagnosis> {
        let options = AppendOptions::new().flags(flags.iter().cloned());
        let Some(seconds) = date else { return Ok(options) };
        let date =
            DateTime::from_unix(seconds, 0).ok_or_else(|| Diagnosis::argument("--date: no such date"))?;
        Ok(options.date(date))
    }
}

/// Where a message goes: a file that gets its name when it is complete, or the output.
pub(crate) enum Target {
    Output { octets: u64 },
    File { file: BufWriter<File>, beside: PathBuf, path: PathBuf, octets: u64 },
}

impl Target {
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        if path.as_os_str() == "-" {
            return Ok(Self::Output { octets: 0 });
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(".part");
        let beside = PathBuf::from(beside);
        let file = File::create(&beside).map_err(|error| format!("{}: {error}", beside.display()))?;
        Ok(Self::File { file: BufWriter::new(file), beside, path: path.to_owned(), octets: 0 })
    }

    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), String> {
        let (written, octets) = match self {
            Self::Output { octets } => (io::stdout().lock().write_all(chunk), octets),
            Self::File { file, octets, .. } => (file.write_all(chunk), octets),
        };
        *octets += chunk.len() as u64;
        written.map_err(|error| error.to_string())
    }

    pub(crate) fn finish(mut self) -> Result<Done, String> {
        match &mut self {
            Self::Output { octets } => {
                io::stdout().flush().map_err(|error| error.to_string())?;
                Ok(Done::Downloaded { octets: *octets, to: "the output".to_owned() })
            }
            Self::File { file, beside, path, octets } => {
                let moved = file
                    .flush()
                    .and_then(|()| file.get_ref().sync_all())
                    .and_then(|()| std::fs::rename(&*beside, &*path));
                moved.map_err(|error| format!("{}: {error}", path.display()))?;
                Ok(Done::Downloaded { octets: *octets, to: path.display().to_string() })
            }
        }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Self::File { beside, .. } = self {
            // When all went well it is not there any more.
            let _ = std::fs::remove_file(beside);
        }
    }
}

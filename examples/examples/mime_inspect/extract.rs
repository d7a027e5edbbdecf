//! Attachments into files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

use postwire::mime::coding::{TransferEncoding, uuencode};
use postwire::mime::tnef::Tnef;
use postwire::mime::{Message, Part, safe_filename};

/// Containers inside containers that are opened.
const DEPTH: u8 = 4;
/// Files of one name.
const SAME_NAME: u32 = 10_000;
/// Octets of a name, as many as file systems take and `safe_filename` leaves.
const LONGEST: usize = 255;
/// Octets of an extension; a longer one is none.
const EXTENSION: usize = 32;

/// A folder for attachments.
#[derive(Debug)]
pub(crate) struct Extract {
    folder: PathBuf,
    written: u64,
}

impl Extract {
    pub(crate) fn new(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder).map_err(|error| {
            let text = format!("--extract {}: {error}: name a folder that can be written", folder.display());
            io::Error::new(error.kind(), text)
        })?;
        Ok(Self { folder, written: 0 })
    }

    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Writes every attachment of a message, and what is inside of winmail.dat and of uuencoded text.
    pub(crate) fn all(&mut self, message: &Message) -> io::Result<()> {
        for part in message.attachments() {
            self.attachment(part)?;
        }
        if let Some(text) = message.text() {
            self.uuencoded(text.as_bytes())?;
        }
        Ok(())
    }

    fn attachment(&mut self, part: Part<'_>) -> io::Result<()> {
        let octets = part.decode();
        if part.is_type("application", "ms-tnef") || part.is_type("application", "vnd.ms-tnef") {
            return self.tnef(part, &octets, DEPTH);
        }
        let name = match part.filename() {
            Some(name) => safe_filename(&name),
            None if part.is_type("message", "*") => "message.eml".to_owned(),
            None => safe_filename(""),
        };
        self.write(&name, &octets)
    }

    fn tnef(&mut self, part: Part<'_>, octets: &[u8], depth: u8) -> io::Result<()> {
        let config = part.message().config();
        let tnef = Tnef::parse(octets, config, &mut ());
        for attachment in tnef.attachments() {
            match attachment.embedded() {
                Some(inner) if depth > 0 => self.tnef(part, inner, depth - 1)?,
                _ => self.write(&safe_filename(&attachment.name().unwrap_or_default()), attachment.data())?,
            }
        }
        Ok(())
    }

    fn uuencoded(&mut self, text: &[u8]) -> io::Result<()> {
        for block in uuencode::find(text) {
            let name = safe_filename(&String::from_utf8_lossy(block.header.name));
            self.write(&name, &TransferEncoding::Uuencode.decode(block.octets, &mut ()))?;
        }
        Ok(())
    }

    fn write(&mut self, name: &str, octets: &[u8]) -> io::Result<()> {
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() && extension.len() <= EXTENSION => {
                (stem, format!(".{extension}"))
            }
            _ => (name, String::new()),
        };
        for number in 1..SAME_NAME {
            let path = match number {
                1 => self.folder.join(name),
                _ => {
                    let end = format!(" ({number}){extension}");
                    let most = stem.len().min(LONGEST.saturating_sub(end.len()));
                    let stem = (0..=most).rev().find_map(|octets| stem.get(..octets));
                    self.folder.join(stem.unwrap_or_default().to_owned() + &end)
                }
            };
            match File::create_new(&path) {
                Ok(mut file) => {
                    file.write_all(octets)?;
                    self.written += 1;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display())));
                }
            }
        }
        Err(io::Error::other(format!("too many files are called {name}")))
    }
}

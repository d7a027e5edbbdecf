//! Writes a message.
//!
//! ```text
//! mime_compose --from "Jürgen Groß <juergen@example.de>" --to ana@example.com --bcc archiv@example.de \
//!     --subject "Übersicht für März" --text "Siehe Anhang." --attach Bericht.pdf \
//!     --output message.eml --envelope envelope.txt
//! smtp_send --server mail.example.de --user juergen --envelope-file envelope.txt message.eml
//!
//! mime_compose --from me@example.de --reply-to-message received.eml --reply-all --own me@example.com --text "Danke!"
//! mime_compose --from me@example.de --to ana@example.com --forward received.eml --text "Siehe unten."
//! ```
//!
//! Bcc is in the envelope and in no field of the message. Attachments are read while they are written, so they may have
//! any size; the number of octets is known before. Exit status: 0 written, 2 wrong arguments, an unreadable file, or
//! something that no message can hold.

mod arguments;
mod source;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use examples::unix_seconds;
use postwire::mime::compose::{ComposeError, Composed, Step};

use arguments::Arguments;

/// Octets that are read at once.
const CHUNK: usize = 64 * 1024;

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output may stop when it has seen enough.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mime_compose: {}", examples::command_line::chain(error.as_ref()));
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let (builder, streamed) = source::builder(arguments)?;
    let ids = source::ids(arguments)?;
    let composed =
        builder.build(ids, source::date(arguments, unix_seconds())?).map_err(|error| match error {
            ComposeError::NotAscii { .. } => format!("{error}: --smtputf8 writes it in UTF-8").into(),
            error => Failure::from(error),
        })?;
    if let Some(path) = &arguments.envelope {
        std::fs::write(path, envelope(&composed)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if arguments.size {
        eprintln!("{} octets", composed.octets());
    }
    match &arguments.output {
        Some(path) => {
            let file = File::create(path).map_err(|error| format!("{}: {error}", path.display()))?;
            write(composed, &streamed, file)
        }
        None => write(composed, &streamed, io::stdout().lock()),
    }
}

/// The sender, and behind it the recipients, one a line.
fn envelope(composed: &Composed) -> String {
    let envelope = composed.envelope();
    let mut text = envelope.sender().map(ToString::to_string).unwrap_or_default();
    text.push('\n');
    for recipient in envelope.recipients() {
        text.push_str(&format!("{recipient}\n"));
    }
    text
}

/// Writes the message; reads each file when its turn comes.
fn write(mut composed: Composed, files: &[PathBuf], out: impl Write) -> Result<(), Failure> {
    let mut out = BufWriter::with_capacity(CHUNK, out);
    let mut chunk = vec![0; CHUNK];
    let mut open: Option<(u64, File)> = None;
    loop {
        match composed.step() {
            Step::Octets(octets) => out.write_all(&octets)?,
            Step::Want { source, octets } => {
                let path =
                    usize::try_from(source).ok().and_then(|at| files.get(at)).ok_or("no such source")?;
                let named = |error: io::Error| format!("{}: {error}", path.display());
                let file = match &mut open {
                    Some((number, file)) if *number == source => file,
                    _ => &mut open.insert((source, File::open(path).map_err(named)?)).1,
                };
                let wanted = chunk.len().min(usize::try_from(octets).unwrap_or(usize::MAX));
                let read = file.read(chunk.get_mut(..wanted).unwrap_or_default()).map_err(named)?;
                // Nothing read is what says that the file has become shorter.
                composed
                    .feed(chunk.get(..read).unwrap_or_default())
                    .map_err(|error| format!("{}: {error}: it was changed meanwhile", path.display()))?;
                if octets == read as u64 {
                    ended(file, path)?;
                }
            }
            Step::Done => break,
        }
    }
    out.flush()?;
    Ok(())
}

/// A file that has become longer is not what was announced.
fn ended(file: &mut File, path: &Path) -> Result<(), Failure> {
    match file.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(format!("{}: it was changed meanwhile", path.display()).into()),
    }
}

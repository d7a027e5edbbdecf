//! Shows what a message is: its parts, header fields, texts, and everything that is wrong with it.
//!
//! ```text
//! mime_inspect message.eml
//! mime_inspect --json *.eml archive.mbox
//! mime_inspect --extract attachments - < message.eml
//! ```
//!
//! With `--json` one object a line for each message:
//!
//! ```text
//! {"path", "subject", "from": [{"name", "address"}], "to", "cc", "date", "message_id",
//!  "defects": [{"kind", "start", "end", "severity"}],
//!  "parts": [{"path", "content_type", "charset", "encoding", "disposition", "filename",
//!             "body_sha256", "body_nl_sha256", "text_sha256", "decoded_len"}],
//!  "multiparts": [{"path", "content_type"}]}
//! ```
//!
//! `parts` are those that hold something, in their order; a path is as in IMAP. `body_sha256` is of the decoded octets;
//! for text `body_nl_sha256` is of the same with LF for every line end and without white space at the end, and `text_sha256`
//! of that in UTF-8. A part that is a message has it under `message`. A message of a mailbox file has its `number`, from 1.

mod extract;
mod input;
mod json;
mod tree;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use postwire::mime::mbox::Format;
use postwire::mime::{Charset, Config, Message};

/// Says what messages are.
#[derive(Parser, Debug)]
struct Arguments {
    /// Files with one message each, or mailbox files; `-` is standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
    /// Write attachments into this folder, under safe names. Nothing there is overwritten.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Whether files are mailbox files, and which.
    #[arg(long, value_enum, default_value = "auto")]
    mbox: Mbox,
    /// The charset of octets above 127 in header fields that are no UTF-8.
    #[arg(long, value_name = "CHARSET", default_value = "utf-8")]
    header_charset: String,
    /// Show so many characters of each text.
    #[arg(long, value_name = "CHARACTERS", default_value_t = 2000)]
    text: usize,
    /// Show other readings of messages that programs understand differently.
    #[arg(long)]
    readings: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mbox {
    /// A file is one that begins with `From ` and divides at least two messages.
    Auto,
    /// Files hold one message each.
    No,
    Mboxo,
    Mboxrd,
    Mboxcl,
    Mboxcl2,
}

impl Mbox {
    fn format(self) -> Option<Format> {
        match self {
            Self::Auto | Self::No => None,
            Self::Mboxo => Some(Format::Mboxo),
            Self::Mboxrd => Some(Format::Mboxrd),
            Self::Mboxcl => Some(Format::Mboxcl),
            Self::Mboxcl2 => Some(Format::Mboxcl2),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output may stop when it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mime_inspect: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let charset = Charset::from_label(arguments.header_charset.as_bytes()).ok_or_else(|| {
        let label = arguments.header_charset.escape_debug();
        io::Error::other(format!("--header-charset {label}: no such charset; windows-1252 is one"))
    })?;
    // What is shown is no markup, and escaped: UTF-7 hides nothing here.
    let config = Config::new().utf7(true).header_charset(Some(charset));
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut extract = arguments.extract.clone().map(extract::Extract::new).transpose()?;
    let mut failed = None;
    for file in &arguments.files {
        let name = file.display().to_string();
        let read = input::messages(file, arguments.mbox, |number, octets| {
            let message = Message::parse_with(octets, config);
            if arguments.json {
                let mut object = json::message(&message);
                object.insert("path".to_owned(), name.clone().into());
                if let Some(number) = number {
                    object.insert("number".to_owned(), number.into());
                }
                serde_json::to_writer(&mut out, &object)?;
                writeln!(out)?;
            } else {
                let number = number.map(|number| format!(" ({number})")).unwrap_or_default();
                writeln!(out, "{}{number}: {} octets", tree::Plain(&name), message.raw().len())?;
                tree::print(&mut out, &message, arguments.text)?;
                if arguments.readings {
                    tree::print_readings(&mut out, &message)?;
                }
                writeln!(out)?;
            }
            if let Some(extract) = &mut extract {
                extract.all(&message)?;
            }
            Ok(())
        });
        match read {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error),
            // The other files are read all the same.
            Err(error) => {
                eprintln!("mime_inspect: {}: {error}", tree::Plain(&name));
                failed = Some(());
            }
            Ok(()) => {}
        }
    }
    out.flush()?;
    if let Some(extract) = &extract
        && !arguments.json
    {
        writeln!(out, "{} files written", extract.written())?;
        out.flush()?;
    }
    if failed.is_some() { Err(io::Error::other("not every file could be read")) } else { Ok(()) }
}

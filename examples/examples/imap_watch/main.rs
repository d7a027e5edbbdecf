//! Prints what changes in a mailbox as it happens, by NOTIFY, IDLE or asking, whichever the server has.
//!
//! ```text
//! imap_watch --server HOST[:PORT] --security implicit|starttls|none [--ca FILE] --user U [--folder NAME]
//!            [--cursor FILE] [--for SECONDS] [--json]
//! ```
//!
//! With `--cursor` it first tells what has changed since it was run last: what was known then is in the file, which is written when
//! it ends, at Ctrl-C or after `--for`. One line, or one JSON object, for each change: `{"kind", "uid", "uids", "flags", ..}`, where
//! `kind` is `new`, `flags`, `vanished`, `expunged`, `reset` or `lost`; `since_last` says whether it happened before. The
//! password is taken from the environment (`IMAP_PASSWORD`), from a file or asked for. Exit status: as `imap_fetch`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use examples::command_line::Diagnosis;
use examples::imap::{Access, diagnose, unstorable};
use postwire::imap::session::{Change, Cursor};
use postwire::imap::{Flags, MailboxName, Uid};
use postwire::tokio::imap::{ImapClient, ImapError, Mailbox};
use postwire::wire::Recorder;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

/// Prints what changes in a mailbox.
#[derive(Parser, Debug)]
struct Arguments {
    #[command(flatten)]
    access: Access,
    /// Which folder.
    #[arg(long, default_value = "INBOX")]
    folder: String,
    /// Remember in this file what is known, and tell at the beginning what has changed since.
    #[arg(long, value_name = "FILE")]
    cursor: Option<PathBuf>,
    /// End after so many seconds; by default at Ctrl-C alone.
    #[arg(long = "for", value_name = "SECONDS")]
    seconds: Option<u64>,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let recorder = Recorder::client(1024 * 1024);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = runtime
        .map_err(|error| Diagnosis::file(error.to_string()))
        .and_then(|runtime| runtime.block_on(run(&arguments, &recorder)));
    if arguments.access.transcript {
        eprint!("{}", recorder.text_form());
    }
    let Err(diagnosis) = outcome else { return ExitCode::SUCCESS };
    if arguments.json {
        let Diagnosis { kind, text, advice, .. } = &diagnosis;
        println!("{}", json!({"kind": "error", "error": {"kind": kind, "text": text, "advice": advice}}));
    } else {
        eprintln!("imap_watch: {}\n  {}", diagnosis.text, diagnosis.advice);
    }
    ExitCode::from(diagnosis.status)
}

async fn run(arguments: &Arguments, recorder: &Recorder) -> Result<(), Diagnosis> {
    let failed = |error: ImapError| diagnose(&error);
    let folder = MailboxName::new(&arguments.folder)
        .map_err(|error| Diagnosis::argument(format!("--folder: {error}")))?;
    let known = arguments.cursor.as_deref().map_or(Ok(None), read_cursor)?;
    let builder = examples::imap_builder!(ImapClient, &arguments.access, recorder);
    let mut imap = builder.connect().await.map_err(failed)?;
    let mut mailbox = match known {
        Some(known) => {
            let mut changes = imap.resync(folder, known).map_err(failed)?;
            while let Some(change) = changes.next().await.map_err(failed)? {
                print(arguments, &change, true)?;
            }
            changes.into_mailbox().await.map_err(failed)?
        }
        None => imap.select(folder).await.map_err(failed)?,
    };
    let watched = watch(arguments, &mut mailbox).await;
    // What was told is not told again, however this ended.
    let kept = match (&arguments.cursor, mailbox.cursor()) {
        (Some(path), Some(cursor)) => write_cursor(path, &cursor),
        _ => Ok(()),
    };
    watched.and(kept)?;
    imap.logout().await.map_err(failed)
}

/// Until Ctrl-C, or the time is over.
async fn watch(arguments: &Arguments, mailbox: &mut Mailbox<'_, TcpStream>) -> Result<(), Diagnosis> {
    let failed = |error: ImapError| diagnose(&error);
    let end = arguments.seconds.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
    let over = async {
        match end {
            Some(end) => sleep_until(end).await,
            None => std::future::pending().await,
        }
    };
    let mut watch = mailbox.watch();
    {
        tokio::pin!(over);
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            tokio::select! {
                change = watch.next() => print(arguments, &change.map_err(failed)?, false)?,
                _ = &mut over => break,
                _ = &mut interrupted => break,
            }
        }
    }
    watch.stop().await.map_err(failed)?;
    // What came while it ended.
    for change in mailbox.take_changes() {
        print(arguments, &change, false)?;
    }
    Ok(())
}

fn print(arguments: &Arguments, change: &Change, since_last: bool) -> Result<(), Diagnosis> {
    let mut out = io::stdout().lock();
    let written = if arguments.json {
        let mut object = value(change);
        object.insert("since_last".to_owned(), since_last.into());
        writeln!(out, "{}", Value::Object(object))
    } else {
        writeln!(out, "{}{}", if since_last { "since last time: " } else { "" }, line(change))
    };
    written.and_then(|()| out.flush()).map_err(|error| unstorable(error.to_string()))
}

fn names(flags: Option<&Flags>) -> Option<Vec<String>> {
    flags.map(|flags| flags.iter().map(|flag| flag.to_string()).collect())
}

fn value(change: &Change) -> Map<String, Value> {
    let value = match change {
        Change::New { uid, flags } => {
            json!({"kind": "new", "uid": uid.get(), "flags": names(flags.as_ref())})
        }
        Change::Flags { uid, flags, modseq } => json!({
            "kind": "flags",
            "uid": uid.map(Uid::get),
            "flags": names(flags.as_ref()),
            "modseq": modseq.map(|modseq| modseq.get()),
        }),
        Change::Vanished(uids) => json!({"kind": "vanished", "uids": uids.to_string()}),
        Change::Expunged(seq) => json!({"kind": "expunged", "seq": seq.get()}),
        Change::Arrived(count) => json!({"kind": "arrived", "count": count}),
        Change::Reset => json!({"kind": "reset"}),
        Change::Lost => json!({"kind": "lost"}),
        _ => json!({"kind": "other"}),
    };
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn line(change: &Change) -> String {
    let flags = |flags: &Option<Flags>| names(flags.as_ref()).unwrap_or_default().join(" ");
    let uid = |uid: &Option<Uid>| uid.map_or_else(|| "a message".to_owned(), |uid| uid.to_string());
    match change {
        Change::New { uid, flags: told } => format!("{uid} is new ({})", flags(told)),
        Change::Flags { uid: of, flags: told, .. } => format!("{} has the flags ({})", uid(of), flags(told)),
        Change::Vanished(uids) => format!("{uids} are gone"),
        Change::Expunged(seq) => format!("a message is gone, number {seq}"),
        Change::Arrived(count) => format!("{count} more messages"),
        Change::Reset => "the folder is another: what was known is worthless".to_owned(),
        Change::Lost => "what is where is not known any more".to_owned(),
        other => format!("{other:?}"),
    }
}

fn read_cursor(path: &Path) -> Result<Option<Cursor>, Diagnosis> {
    match std::fs::read(path) {
        // A file that makes no sense is as one that is not there: everything is new.
        Ok(octets) => Ok(Some(Cursor::from_bytes(&octets).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Diagnosis::file(format!("{}: {error}", path.display()))),
    }
}

/// Replaces the file as a whole.
fn write_cursor(path: &Path, cursor: &Cursor) -> Result<(), Diagnosis> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, cursor.to_bytes())
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| unstorable(format!("{}: {error}", path.display())))
}

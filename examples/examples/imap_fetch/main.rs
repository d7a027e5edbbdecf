//! Reads mail where it is, by IMAP, for the command line.
//!
//! ```text
//! imap_fetch --server HOST[:PORT] --security implicit|starttls|none [--ca FILE] --user U [--auth METHOD] [--json]
//!            folders | search FOLDER | headers FOLDER [UIDS] | download FOLDER UID --to FILE | append FOLDER FILE
//!            | create FOLDER | delete FOLDER | rename FROM TO | flags FOLDER UIDS --add FLAG | copy FOLDER UIDS TO
//!            | move FOLDER UIDS TO | expunge FOLDER UIDS | quota [FOLDER]
//! ```
//!
//! The password is taken from the environment (`IMAP_PASSWORD`), from a file (`--password-file`) or asked for; an OAuth token is
//! taken from `IMAP_TOKEN`. Nothing is marked as read. Exit status: 0 it was done, 1 it was refused, or a response made no
//! sense, 2 wrong arguments or unreadable file, 3 not now (try again later), 4 cannot connect, 5 TLS or certificate, 6 login,
//! 7 a file cannot be written.

mod arguments;
mod asynchronous;
mod blocking;
mod file;
mod show;

use std::io::IsTerminal;
use std::process::ExitCode;

use arguments::Arguments;
use clap::Parser;
use examples::command_line::Diagnosis;
use indicatif::{ProgressBar, ProgressStyle};
use postwire::imap::list::ListPattern;
use postwire::imap::response::{Damaged, ResponseText};
use postwire::wire::{Escaped, Recorder};
use serde_json::{Value, json};
use show::Done;

/// What is to be told besides.
#[derive(Default)]
struct Report {
    damaged: Vec<Damaged>,
    /// What the server wants people to be told.
    notices: Vec<ResponseText>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let recorder = Recorder::client(1024 * 1024);
    let mut report = Report::default();
    let outcome = arguments.check().and_then(|()| run(&arguments, &recorder, &mut report));
    let status = match &outcome {
        Ok(_) if report.damaged.is_empty() => 0,
        Ok(_) => 1,
        Err(diagnosis) => diagnosis.status,
    };
    if arguments.access.transcript {
        eprint!("{}", recorder.text_form());
    }
    if arguments.json {
        println!("{}", summary(&arguments, &report, status, &outcome));
        return ExitCode::from(status);
    }
    for notice in report.notices {
        eprintln!("the server says: {}", Escaped(notice.text.as_bytes()));
    }
    for damaged in &report.damaged {
        eprintln!("a response makes no sense: {}", show::damage(damaged));
    }
    match outcome {
        Ok(done) => done.tell(),
        Err(diagnosis) => eprintln!("imap_fetch: {}\n  {}", diagnosis.text, diagnosis.advice),
    }
    ExitCode::from(status)
}

fn summary(arguments: &Arguments, report: &Report, status: u8, outcome: &Result<Done, Diagnosis>) -> Value {
    json!({
        "ok": status == 0,
        "command": arguments.work.name(),
        "result": outcome.as_ref().map(Done::value).unwrap_or_default(),
        "damaged": report.damaged.iter().map(show::damage).collect::<Vec<_>>(),
        "notices": report.notices.iter().map(|one| Escaped(one.text.as_bytes()).to_string()).collect::<Vec<_>>(),
        "error": outcome.as_ref().err().map(|diagnosis| {
            json!({"kind": diagnosis.kind, "text": diagnosis.text, "advice": diagnosis.advice})
        }),
    })
}

fn run(arguments: &Arguments, recorder: &Recorder, report: &mut Report) -> Result<Done, Diagnosis> {
    if arguments.blocking {
        return blocking::run(arguments, recorder, report);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Diagnosis::file(error.to_string()))?;
    runtime.block_on(asynchronous::run(arguments, recorder, report))
}

fn pattern(pattern: &str) -> Result<ListPattern, Diagnosis> {
    ListPattern::new(pattern).map_err(|error| Diagnosis::argument(format!("{pattern}: {error}")))
}

/// Shows how far a message has come; without a length only how much of it there is.
fn bar(arguments: &Arguments, octets: Option<u64>) -> ProgressBar {
    if arguments.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let (bar, template) = match octets {
        Some(octets) => (ProgressBar::new(octets), "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {bytes_per_sec}"),
    };
    let style = ProgressStyle::with_template(template);
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

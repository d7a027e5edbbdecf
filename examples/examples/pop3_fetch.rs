//! Collects mail by POP3, for the command line.
//!
//! ```text
//! pop3_fetch --server HOST[:PORT] --security implicit|starttls|none [--ca FILE] --user U [--auth METHOD] [--json]
//!            --keep | --delete | --delete-after DAYS [--journal FILE] --maildir DIR | --mbox FILE | --folder DIR
//! ```
//!
//! The password is taken from the environment (`POP3_PASSWORD`), from a file (`--password-file`) or asked for. A message
//! is deleted on the server only after it is on the disk. Exit status: 0 everything was retrieved, 1 something was not
//! (the summary says what), 2 wrong arguments or unreadable file, 3 not now (maildrop in use, connection lost: try again
//! later), 4 cannot connect, 5 TLS or certificate, 6 login, 7 a message cannot be stored.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use examples::Store;
use examples::command_line::{Diagnosis, SecurityName, chain, host_and_port, login, password, trust};
use indicatif::{ProgressBar, ProgressStyle};
use postwire::pop3::ResponseCode;
use postwire::pop3::collector::{CollectorError, Found, Journal, Left, Plan, Policy, Report};
use postwire::sasl::Credentials;
use postwire::wire::{Recorder, Security};
use postwire::{blocking, tokio as asynchronous};
use serde_json::{Value, json};

/// Collects mail.
#[derive(Parser, Debug)]
struct Arguments {
    /// Host and port; without port 995 or 110, by --security.
    #[arg(long, value_name = "HOST[:PORT]")]
    server: String,
    /// How the connection is secured.
    #[arg(long, value_enum, default_value = "implicit")]
    security: SecurityName,
    /// Trust the certificates in this PEM file instead of the public authorities.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Log in as this user; the password is in POP3_PASSWORD, in --password-file, or asked for.
    #[arg(long)]
    user: String,
    /// The password, or the token if --auth is XOAUTH2 or OAUTHBEARER, is the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Log in in this way only: a SASL mechanism, `user` for USER and PASS, or `apop`. XOAUTH2 and OAUTHBEARER take a
    /// token for a password.
    #[arg(long, value_name = "MECHANISM|user|apop")]
    auth: Option<String>,
    /// Send the password even if the connection is in clear.
    #[arg(long)]
    dangerous_password_in_clear: bool,
    /// Leave messages on the server.
    #[arg(long, conflicts_with_all = ["delete", "delete_after"])]
    keep: bool,
    /// Delete messages on the server once they are stored.
    #[arg(long, conflicts_with = "delete_after")]
    delete: bool,
    /// Delete messages on the server so many days after they were stored.
    #[arg(long, value_name = "DAYS", requires = "journal")]
    delete_after: Option<u32>,
    /// Remember in this file what was stored; without it everything is retrieved each time.
    #[arg(long)]
    journal: Option<PathBuf>,
    /// Leave messages alone that are larger.
    #[arg(long, value_name = "OCTETS")]
    max_octets: Option<u64>,
    /// Retrieve at most so many messages.
    #[arg(long, value_name = "N")]
    max_messages: Option<u32>,
    /// Store messages in this Maildir.
    #[arg(long, conflicts_with_all = ["mbox", "folder"])]
    maildir: Option<PathBuf>,
    /// Append messages to this mbox file.
    #[arg(long, conflicts_with = "folder")]
    mbox: Option<PathBuf>,
    /// Store each message as a file in this folder.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Wait for each reply before the next command.
    #[arg(long)]
    no_pipelining: bool,
    /// Use the blocking adapter instead of the one for tokio.
    #[arg(long)]
    blocking: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the session, credentials redacted.
    #[arg(long)]
    transcript: bool,
}

/// Everything that a download needs, whatever drives it.
struct Work<'a> {
    arguments: &'a Arguments,
    plan: Plan,
    store: Store,
    journal: Journal,
    bar: ProgressBar,
    report: Report,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let recorder = Recorder::client(1024 * 1024);
    let mut report = Report::default();
    let outcome = run(&arguments, &recorder, &mut report);
    let status = match &outcome {
        Ok(()) if report.not_retrieved.is_empty() && report.not_deleted.is_empty() => 0,
        Ok(()) => 1,
        Err(diagnosis) => diagnosis.status,
    };
    if arguments.transcript {
        eprint!("{}", recorder.text_form());
    }
    if arguments.json {
        println!("{}", summary(&report, status, outcome.as_ref().err()));
    } else {
        tell(&report);
        if let Err(diagnosis) = outcome {
            eprintln!("pop3_fetch: {}\n  {}", diagnosis.text, diagnosis.advice);
        }
    }
    ExitCode::from(status)
}

fn summary(report: &Report, status: u8, diagnosis: Option<&Diagnosis>) -> Value {
    let refused = |list: &[(u32, postwire::pop3::Reply)]| -> Vec<Value> {
        list.iter().map(|(message, reply)| json!({"message": message, "reply": reply.to_string()})).collect()
    };
    json!({
        "ok": status == 0,
        "messages": report.found,
        "retrieved": report.committed,
        "octets": report.octets,
        "deleted": report.deleted,
        "known": report.left_for(Left::Known),
        "too_large": report.left_for(Left::TooLarge),
        "later": report.left_for(Left::Later),
        "ambiguous": report.left_for(Left::Ambiguous),
        "damaged": report.damaged,
        "not_retrieved": refused(&report.not_retrieved),
        "not_deleted": refused(&report.not_deleted),
        "error": diagnosis.map(|diagnosis| {
            json!({"kind": diagnosis.kind, "text": diagnosis.text, "advice": diagnosis.advice})
        }),
    })
}

fn tell(report: &Report) {
    println!(
        "{} messages in the maildrop: {} retrieved ({} octets), {} known, {} deleted",
        report.found,
        report.committed,
        report.octets,
        report.left_for(Left::Known),
        report.deleted
    );
    for (message, left) in &report.left {
        match left {
            Left::TooLarge => println!("message {message}: larger than --max-octets"),
            Left::Ambiguous => println!("message {message}: shares its unique id with others, left alone"),
            _ => {}
        }
    }
    for (message, reply) in &report.not_retrieved {
        println!("message {message}: not retrieved, the server says {reply}");
    }
    for (message, reply) in &report.not_deleted {
        println!("message {message}: not deleted, the server says {reply}");
    }
}

fn run(arguments: &Arguments, recorder: &Recorder, report: &mut Report) -> Result<(), Diagnosis> {
    let policy = match (arguments.keep, arguments.delete, arguments.delete_after) {
        (true, ..) => Policy::Keep,
        (_, true, _) => Policy::Delete,
        (.., Some(days)) => Policy::DeleteAfter { days },
        _ => {
            return Err(Diagnosis::argument(
                "say what happens on the server: --keep, --delete or --delete-after DAYS",
            ));
        }
    };
    // Without a journal there is nothing new: everything is.
    let mut plan = Plan::from(policy).all(arguments.journal.is_none());
    plan.max_octets = arguments.max_octets;
    plan.max_messages = arguments.max_messages;
    let store = match (&arguments.maildir, &arguments.mbox, &arguments.folder) {
        (Some(path), ..) => Store::Maildir(path.clone()),
        (_, Some(path), _) => Store::Mbox(path.clone()),
        (.., Some(path)) => Store::Folder(path.clone()),
        _ => return Err(Diagnosis::argument("say where messages go: --maildir, --mbox or --folder")),
    };
    store.prepare().map_err(|error| unstorable(error.to_string()))?;
    let journal = arguments.journal.as_deref().map_or(Ok(Journal::new()), read_journal)?;
    let mut work =
        Work { arguments, plan, store, journal, bar: ProgressBar::hidden(), report: Report::default() };
    let result = if arguments.blocking {
        fetch_blocking(&mut work, recorder)
    } else {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Diagnosis::file(error.to_string()))?.block_on(fetch(&mut work, recorder))
    };
    work.bar.finish_and_clear();
    *report = std::mem::take(&mut work.report);
    // What is stored is stored, however the session ended.
    let saved = save_journal(arguments.journal.as_deref(), &work.journal);
    result.and(saved)
}

fn read_journal(path: &Path) -> Result<Journal, Diagnosis> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            Journal::parse(&text).map_err(|error| Diagnosis::file(format!("{}: {error}", path.display())))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Journal::new()),
        Err(error) => Err(Diagnosis::file(format!("{}: {error}", path.display()))),
    }
}

/// Replaces the file as a whole: a journal that is there in part would be worse than none.
fn save_journal(path: Option<&Path>, journal: &Journal) -> Result<(), Diagnosis> {
    let Some(path) = path else { return Ok(()) };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    std::fs::write(&beside, journal.to_text())
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| unstorable(format!("{}: {error}", path.display())))
}

/// Saves the journal every second, so that a program that is stopped does not retrieve everything again.
struct Saving<'a> {
    path: Option<&'a Path>,
    last: Instant,
}

impl<'a> Saving<'a> {
    fn new(arguments: &'a Arguments) -> Self {
        Self { path: arguments.journal.as_deref(), last: Instant::now() }
    }

    fn save(&mut self, journal: &Journal) -> Result<(), Diagnosis> {
        if self.last.elapsed() >= Duration::from_secs(1) {
            save_journal(self.path, journal)?;
            self.last = Instant::now();
        }
        Ok(())
    }
}

impl Work<'_> {
    fn show(bar: &ProgressBar, found: &Found) {
        bar.set_position(u64::from(found.message));
        bar.set_message(found.octets.map(|octets| format!("({octets} octets)")).unwrap_or_default());
    }
}

fn bar(arguments: &Arguments, found: u32) -> ProgressBar {
    if arguments.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} message {pos} of {len} {msg}");
    ProgressBar::new(u64::from(found)).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn credentials(arguments: &Arguments) -> Result<(Credentials, postwire::sasl::client::Policy), Diagnosis> {
    let own = matches!(arguments.auth.as_deref(), Some("user" | "apop"));
    let mechanism = arguments.auth.as_deref().filter(|_| !own);
    let password = password("POP3_PASSWORD", arguments.password_file.as_deref())?;
    login(&arguments.user, password, mechanism, arguments.dangerous_password_in_clear)
}

fn security(arguments: &Arguments) -> Security {
    match arguments.security {
        SecurityName::Implicit => Security::ImplicitTls,
        SecurityName::Starttls => Security::StartTls,
        _ => Security::Clear,
    }
}

/// The builders of both adapters have the same methods.
macro_rules! builder {
    ($client:path, $arguments:expr, $recorder:expr) => {{
        use $client as Client;
        let arguments: &Arguments = $arguments;
        let (host, port) = host_and_port(&arguments.server)?;
        let (credentials, policy) = credentials(arguments)?;
        let method = arguments.auth.as_deref();
        let config = postwire::pop3::client::Config::new().pipelining(!arguments.no_pipelining);
        let mut builder = Client::builder(&host, security(arguments), credentials)
            .policy(policy)
            .config(config)
            .sasl(!matches!(method, Some("user" | "apop")))
            .user_pass(matches!(method, None | Some("user")))
            .apop(method == Some("apop"))
            .record($recorder.clone());
        if let Some(port) = port {
            builder = builder.port(port);
        }
        if let Some(ca) = &arguments.ca {
            builder = builder.tls(trust(ca)?);
        }
        builder
    }};
}

async fn fetch(work: &mut Work<'_>, recorder: &Recorder) -> Result<(), Diagnosis> {
    let failed = |error: asynchronous::pop3::CollectError| diagnose(&error);
    let builder = builder!(asynchronous::pop3::Pop3Client, work.arguments, recorder);
    let mut pop3 = builder.connect().await.map_err(failed)?;
    let mut download = pop3.download(work.plan.clone(), &mut work.journal).await.map_err(failed)?;
    work.bar = bar(work.arguments, download.report().found);
    let mut saving = Saving::new(work.arguments);
    let ended = async {
        while let Some(mut mail) = download.next().await.map_err(failed)? {
            Work::show(&work.bar, mail.found());
            let mut stored = work.store.begin("").map_err(|error| unstorable(error.to_string()))?;
            while let Some(chunk) = mail.next().await.map_err(failed)? {
                stored.write(&chunk).map_err(|error| unstorable(error.to_string()))?;
            }
            stored.commit().map_err(|error| unstorable(error.to_string()))?;
            mail.commit().map_err(failed)?;
            saving.save(download.journal())?;
        }
        Ok(())
    }
    .await;
    work.report = download.report().clone();
    if ended.is_ok() {
        work.report = download.finish().await.map_err(failed)?;
    } else {
        drop(download);
    }
    // What was stored may be deleted, even if something else went wrong with the disk.
    let quit = pop3.quit().await.map_err(failed);
    ended.and(quit)
}

fn fetch_blocking(work: &mut Work<'_>, recorder: &Recorder) -> Result<(), Diagnosis> {
    let failed = |error: blocking::pop3::CollectError| diagnose_blocking(&error);
    let builder = builder!(blocking::pop3::Pop3Client, work.arguments, recorder);
    let mut pop3 = builder.connect().map_err(failed)?;
    let mut download = pop3.download(work.plan.clone(), &mut work.journal).map_err(failed)?;
    work.bar = bar(work.arguments, download.report().found);
    let mut saving = Saving::new(work.arguments);
    let mut each = || {
        while let Some(mut mail) = download.next().map_err(failed)? {
            Work::show(&work.bar, mail.found());
            let mut stored = work.store.begin("").map_err(|error| unstorable(error.to_string()))?;
            while let Some(chunk) = mail.next().map_err(failed)? {
                stored.write(&chunk).map_err(|error| unstorable(error.to_string()))?;
            }
            stored.commit().map_err(|error| unstorable(error.to_string()))?;
            mail.commit().map_err(failed)?;
            saving.save(download.journal())?;
        }
        Ok(())
    };
    let ended = each();
    work.report = download.report().clone();
    if ended.is_ok() {
        work.report = download.finish().map_err(failed)?;
    } else {
        drop(download);
    }
    let quit = pop3.quit().map_err(failed);
    ended.and(quit)
}

fn unstorable(text: String) -> Diagnosis {
    Diagnosis::new(
        7,
        "store",
        text,
        "check the folder and the space on the disk; what was not stored stays on the server",
    )
}

/// The errors of both adapters have the same variants.
macro_rules! diagnoses {
    ($name:ident, $error:path) => {
        /// Says which of port, security mode, certificate, login method or password is wrong, and what to try.
        fn $name(error: &$error) -> Diagnosis {
            use $error as Error;
            let text = chain(error);
            match error {
                Error::Connect(error) => Diagnosis::connect(error, text, "995 implicit, 110 starttls"),
                Error::Tls(layer) => Diagnosis::tls(layer, text, 995),
                Error::Session(error) => session(error, text),
                Error::NoUniqueIds => Diagnosis::new(
                    1,
                    "unique-ids",
                    text,
                    "only --delete, or --keep without --journal, can do without",
                ),
                Error::NotRemoved(_) => Diagnosis::new(
                    1,
                    "not-removed",
                    text,
                    "everything is stored; the next run tries to delete again",
                ),
                Error::Store(_) => unstorable(text),
                Error::Io(_) | Error::Closed => Diagnosis::new(3, "connection", text, "try again later"),
                _ => Diagnosis::new(1, "other", text, "run it with --transcript to see the session"),
            }
        }
    };
}

diagnoses!(diagnose, asynchronous::pop3::CollectError);
diagnoses!(diagnose_blocking, blocking::pop3::CollectError);

fn session(error: &CollectorError, text: String) -> Diagnosis {
    use postwire::pop3::{Error, Wait};
    match error {
        CollectorError::NoStartTls => Diagnosis::new(
            5,
            "security",
            text,
            "try --security implicit and port 995; the offer may also have been removed on the way",
        ),
        CollectorError::Connection(Error::Timeout(Wait::Greeting)) => Diagnosis::new(
            4,
            "security",
            text,
            "the server says nothing: on this port it may expect TLS, try --security implicit",
        ),
        CollectorError::Connection(Error::Peer(_)) => Diagnosis::new(
            4,
            "protocol",
            text,
            "this may not be a POP3 server: check the port and --security",
        ),
        CollectorError::Connection(Error::Seal(_)) => Diagnosis::new(
            5,
            "security",
            text,
            "somebody spoke in clear where TLS should begin: do not trust this network",
        ),
        CollectorError::Connection(_) => Diagnosis::new(
            3,
            "connection",
            text,
            "try again later: what was stored is in the journal, nothing else was deleted",
        ),
        CollectorError::NoMechanism(_) | CollectorError::Credentials(_) => Diagnosis::new(
            6,
            "login-method",
            text,
            "the server offers no login that fits: use --security starttls or implicit, or another --auth",
        ),
        CollectorError::Login { reply, .. } if reply.has_code(&ResponseCode::IN_USE) => Diagnosis::new(
            3,
            "in-use",
            text,
            "another program has this maildrop open: close it, or try again in a few minutes",
        ),
        CollectorError::Login { reply, .. } if reply.has_code(&ResponseCode::LOGIN_DELAY) => {
            Diagnosis::new(3, "login-delay", text, "the server wants more time between two logins")
        }
        CollectorError::Login { reply, .. } if reply.is_transient() => {
            Diagnosis::new(3, "login", text, "the server has a problem that should pass: try again later")
        }
        CollectorError::Login { .. } => Diagnosis::new(
            6,
            "password",
            text,
            "user or password is wrong; some providers want a password made for this program, and POP3 switched on",
        ),
        CollectorError::Mutual(_) => Diagnosis::new(
            6,
            "server",
            text,
            "the server could not prove that it knows the password: do not trust this connection",
        ),
        CollectorError::Refused { reply, .. } => {
            let status = if reply.is_transient() { 3 } else { 1 };
            Diagnosis::new(status, "refused", text, "the server's own words say why")
        }
        _ => Diagnosis::new(1, "other", text, "run it with --transcript to see the session"),
    }
}

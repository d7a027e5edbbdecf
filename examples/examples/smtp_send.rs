//! A submitter for the command line.
//!
//! ```text
//! smtp_send --server HOST[:PORT] --security implicit|starttls|none [--ca FILE] [--user U] [--auth METHOD] [--json]
//!           (--from A --to B [--to C] | --envelope-file FILE) FILE...
//! ```
//!
//! The password is taken from the environment (`SMTP_PASSWORD`), from a file (`--password-file`) or asked for. Exit
//! status: 0 accepted for every recipient of every message, 1 refused for some for good, 2 wrong arguments or unreadable
//! file, 3 not now (refused or failed: try again later), 4 cannot connect, 5 TLS or certificate, 6 login, 7 the message
//! itself.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use examples::command_line::{Diagnosis, SecurityName, chain, host_and_port, login, password, trust};
use indicatif::{ProgressBar, ProgressStyle};
use postwire::smtp::sender::{ContentScan, Envelope, Outcome, Retry, Security, SenderError, Sent};
use postwire::smtp::{MailParams, Notify, RcptParams, Return};
use postwire::tokio::smtp::{SendError, SmtpClient};
use postwire::wire::Recorder;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

/// Sends message files.
#[derive(Parser, Debug)]
struct Arguments {
    /// Host and port; without port 465, 587 or 25, by --security.
    #[arg(long, value_name = "HOST[:PORT]")]
    server: String,
    /// How the connection is secured.
    #[arg(long, value_enum, default_value = "implicit")]
    security: SecurityName,
    /// Trust the certificates in this PEM file instead of the public authorities.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Log in as this user; the password is in SMTP_PASSWORD, in --password-file, or asked for.
    #[arg(long)]
    user: Option<String>,
    /// The password, or the token if --auth is XOAUTH2 or OAUTHBEARER, is the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Log in in this way only: a SASL mechanism. XOAUTH2 and OAUTHBEARER take a token for a password.
    #[arg(long, value_name = "MECHANISM")]
    auth: Option<String>,
    /// Send the password even if the connection is in clear.
    #[arg(long)]
    dangerous_password_in_clear: bool,
    /// Speak LMTP.
    #[arg(long)]
    lmtp: bool,
    /// The argument of EHLO.
    #[arg(long)]
    hello: Option<String>,
    /// The sender; empty for notifications.
    #[arg(long, required_unless_present = "envelope_file", conflicts_with = "envelope_file")]
    from: Option<String>,
    /// A recipient; may be given several times.
    #[arg(long, required_unless_present = "envelope_file")]
    to: Vec<String>,
    /// Sender and recipients are in this file, one address a line, the sender first: what mime_compose writes.
    #[arg(long, value_name = "FILE")]
    envelope_file: Option<PathBuf>,
    /// Ask for notifications (DSN): never, or some of success,failure,delay.
    #[arg(long, value_delimiter = ',', value_name = "never|success,failure,delay")]
    notify: Vec<String>,
    /// What a notification is to hold of the message (DSN): full or hdrs.
    #[arg(long, value_name = "full|hdrs")]
    ret: Option<String>,
    /// Name this submission in notifications (DSN).
    #[arg(long)]
    envid: Option<String>,
    /// Turn line ends that are not CRLF into CRLF.
    #[arg(long)]
    repair: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Print the session, credentials redacted.
    #[arg(long)]
    transcript: bool,
    /// Message files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let recorder = Recorder::client(1024 * 1024);
    let (status, report) = match run(&arguments, &recorder).await {
        Ok(messages) => summary(messages),
        Err(diagnosis) => {
            let report = json!({
                "ok": false,
                "error": {"kind": diagnosis.kind, "text": diagnosis.text, "advice": diagnosis.advice},
            });
            if !arguments.json {
                eprintln!("smtp_send: {}\n  {}", diagnosis.text, diagnosis.advice);
            }
            (diagnosis.status, report)
        }
    };
    if arguments.transcript {
        eprint!("{}", recorder.text_form());
    }
    if arguments.json {
        println!("{report}");
    }
    ExitCode::from(status)
}

fn summary(messages: Vec<(PathBuf, Sent)>) -> (u8, Value) {
    let mut status = 0;
    let mut list = Vec::new();
    for (path, sent) in &messages {
        let recipients: Vec<Value> = sent.iter().map(|(to, outcome)| {
            status = status.max(match outcome.retry() {
                Retry::Done => 0,
                Retry::Never => 1,
                _ => 3,
            });
            json!({
                "recipient": to.to_string(),
                "accepted": outcome.is_accepted(),
                "outcome": outcome.to_string(),
                "code": outcome.reply().map(|reply| reply.code().value()),
                "enhanced": outcome.reply().and_then(|reply| reply.enhanced()).map(|code| code.to_string()),
                "lines": outcome.reply().map(|reply| {
                    reply.lines().map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>()
                }),
                "retry": retry_name(outcome),
            })
        }).collect();
        list.push(json!({"file": path.display().to_string(), "recipients": recipients}));
    }
    (status, json!({"ok": status == 0, "messages": list}))
}

fn retry_name(outcome: &Outcome) -> &'static str {
    match outcome.retry() {
        Retry::Done => "done",
        Retry::NextTransaction => "next-transaction",
        Retry::Later => "later",
        Retry::Never => "never",
        _ => "may-duplicate",
    }
}

async fn run(arguments: &Arguments, recorder: &Recorder) -> Result<Vec<(PathBuf, Sent)>, Diagnosis> {
    let (from, to) = addresses(arguments)?;
    let envelope = Envelope::new(&from, &to).map_err(|error| {
        Diagnosis::new(
            2,
            "address",
            format!("an address is wrong: {error}"),
            "write addresses as local@domain, without name and without brackets",
        )
    })?;
    let envelope = with_notifications(envelope, arguments)?;
    for file in &arguments.files {
        std::fs::metadata(file).map_err(|error| Diagnosis::file(format!("{}: {error}", file.display())))?;
    }
    let (host, port) = host_and_port(&arguments.server)?;
    let security = match arguments.security {
        SecurityName::Implicit => Security::ImplicitTls,
        SecurityName::Starttls => Security::StartTls,
        _ => Security::Clear,
    };
    let mut builder =
        SmtpClient::builder(&host, security).repair_newlines(arguments.repair).record(recorder.clone());
    if let Some(port) = port {
        builder = builder.port(port);
    }
    if arguments.lmtp {
        builder = builder.lmtp();
    }
    if let Some(hello) = &arguments.hello {
        builder =
            builder.hello(hello.parse().map_err(|error| Diagnosis::argument(format!("--hello: {error}")))?);
    }
    if let Some(ca) = &arguments.ca {
        builder = builder.tls(trust(ca)?);
    }
    if let Some(user) = &arguments.user {
        let (credentials, policy) = login(
            user,
            password("SMTP_PASSWORD", arguments.password_file.as_deref())?,
            arguments.auth.as_deref(),
            arguments.dangerous_password_in_clear,
        )?;
        builder = builder.credentials(credentials).policy(policy);
    }
    let mut smtp = builder.connect().await.map_err(|error| diagnose(&error, arguments))?;
    let mut results = Vec::new();
    for file in &arguments.files {
        let sent = send(&mut smtp, &envelope, file, arguments).await?;
        if !arguments.json {
            for (recipient, outcome) in &sent {
                println!("{}: {recipient}: {outcome}", file.display());
            }
        }
        results.push((file.clone(), sent));
    }
    // The messages are delivered; how the server says goodbye changes nothing.
    let _ = smtp.quit().await;
    Ok(results)
}

/// The sender, and the recipients of the file and of the arguments.
fn addresses(arguments: &Arguments) -> Result<(String, Vec<String>), Diagnosis> {
    let mut to = arguments.to.clone();
    let Some(path) = &arguments.envelope_file else {
        return Ok((arguments.from.clone().unwrap_or_default(), to));
    };
    let octets = examples::read_file(path).map_err(|error| Diagnosis::file(error.to_string()))?;
    let text =
        String::from_utf8(octets).map_err(|_| Diagnosis::file(format!("{}: not UTF-8", path.display())))?;
    let mut lines = text.lines();
    let from = lines.next().unwrap_or_default().to_owned();
    to.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    if to.is_empty() {
        return Err(Diagnosis::argument(format!("{}: no recipients", path.display())));
    }
    Ok((from, to))
}

/// RFC 3461 section 4.
fn with_notifications(envelope: Envelope, arguments: &Arguments) -> Result<Envelope, Diagnosis> {
    let mut params = MailParams::default();
    params = match arguments.ret.as_deref() {
        None => params,
        Some("full") => params.with_ret(Return::Full),
        Some("hdrs") => params.with_ret(Return::Headers),
        Some(other) => return Err(Diagnosis::argument(format!("--ret {other}: full or hdrs"))),
    };
    if let Some(envid) = &arguments.envid {
        params = params
            .with_envid(envid)
            .map_err(|error| Diagnosis::argument(format!("--envid {envid}: {error}")))?;
    }
    let envelope = if params.is_empty() { envelope } else { envelope.with_params(params) };
    if arguments.notify.is_empty() {
        return Ok(envelope);
    }
    let (mut success, mut failure, mut delay) = (false, false, false);
    for word in &arguments.notify {
        match word.as_str() {
            "never" if arguments.notify.len() == 1 => {
                return Ok(envelope.with_recipient_params(&RcptParams::default().with_notify(Notify::Never)));
            }
            "success" => success = true,
            "failure" => failure = true,
            "delay" => delay = true,
            _ => {
                return Err(Diagnosis::argument(format!(
                    "--notify {word}: never, or some of success,failure,delay"
                )));
            }
        }
    }
    let notify = Notify::On { success, failure, delay };
    Ok(envelope.with_recipient_params(&RcptParams::default().with_notify(notify)))
}

/// Looks through the file for what it needs, then streams it.
async fn send(
    smtp: &mut SmtpClient<tokio::net::TcpStream>,
    envelope: &Envelope,
    path: &std::path::Path,
    arguments: &Arguments,
) -> Result<Sent, Diagnosis> {
    let failed = |error: std::io::Error| Diagnosis::file(format!("{}: {error}", path.display()));
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut scan = ContentScan::default();
    let mut buffer = vec![0; 64 * 1024];
    let mut octets = 0u64;
    loop {
        let n = file.read(&mut buffer).await.map_err(failed)?;
        if n == 0 {
            break;
        }
        octets += n as u64;
        scan.chunk(buffer.get(..n).unwrap_or_default());
    }
    let mut content = scan.finish();
    if arguments.repair {
        // Line ends may grow: the length is not known before it is sent.
        content = content.without_octets();
    }
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let bar = progress(octets, arguments);
    let sent = smtp.send_from(envelope.clone(), content, Counted { file, bar: bar.clone() }).await;
    bar.finish_and_clear();
    sent.map_err(|error| diagnose(&error, arguments))
}

fn progress(octets: u64, arguments: &Arguments) -> ProgressBar {
    const LONG: u64 = 1024 * 1024;
    if octets < LONG || arguments.json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec}");
    ProgressBar::new(octets).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A file whose reading is shown.
struct Counted {
    file: tokio::fs::File,
    bar: ProgressBar,
}

impl tokio::io::AsyncRead for Counted {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let result = std::pin::Pin::new(&mut self.file).poll_read(cx, buffer);
        self.bar.inc((buffer.filled().len() - before) as u64);
        result
    }
}

/// Says which of port, security mode, certificate, login method or password is wrong, and what to try.
fn diagnose(error: &SendError, arguments: &Arguments) -> Diagnosis {
    let text = chain(error);
    let (status, kind, advice) = match error {
        SendError::Connect(error) => {
            return Diagnosis::connect(error, text, "465 implicit, 587 starttls, 25 between servers");
        }
        SendError::Tls(layer) => return Diagnosis::tls(layer, text, 465),
        SendError::Session(SenderError::NoStartTls) => (
            5,
            "security",
            "try --security implicit and port 465; the offer may also have been removed on the way"
                .to_owned(),
        ),
        SendError::Session(SenderError::Connection(postwire::smtp::Error::Timeout(
            postwire::smtp::Wait::Greeting,
        ))) => (
            4,
            "security",
            "the server says nothing: on this port it may expect TLS, try --security implicit".to_owned(),
        ),
        SendError::Session(SenderError::Connection(postwire::smtp::Error::Peer(_))) => {
            (4, "protocol", "this may not be a mail server: check the port and --security".to_owned())
        }
        SendError::Session(SenderError::Connection(_)) | SendError::Io(_) | SendError::Closed => {
            let advice = match arguments.security {
                SecurityName::Implicit => "try again later",
                _ => "try again later, or --security implicit if the port is 465",
            };
            (3, "connection", advice.to_owned())
        }
        SendError::Session(SenderError::NoMechanism(_)) => (
            6,
            "login-method",
            "the server offers no login that fits: use --security starttls or implicit, or another --auth"
                .to_owned(),
        ),
        SendError::Session(SenderError::Login { reply, .. }) => match reply.code().value() {
            535 => (
                6,
                "password",
                "user or password is wrong; some providers want a password made for this program".to_owned(),
            ),
            538 | 530 => (
                6,
                "login-method",
                "the server wants TLS first: use --security starttls or implicit".to_owned(),
            ),
            504 | 534 => (
                6,
                "login-method",
                "the server does not take this way to log in: try another --auth".to_owned(),
            ),
            454 | 421 => (3, "login", "the server cannot check logins now: try again later".to_owned()),
            _ => (6, "login", "the server refused the login".to_owned()),
        },
        SendError::Session(SenderError::Mutual(_)) => (
            6,
            "server",
            "the server could not prove that it knows the password: do not trust this connection".to_owned(),
        ),
        SendError::Session(SenderError::Refused { reply, .. }) => {
            let status = if reply.is_transient() { 3 } else { 1 };
            let advice = if reply.wants_tls() {
                "use --security starttls or implicit"
            } else {
                "the server's own words say why"
            };
            (status, "refused", advice.to_owned())
        }
        SendError::Body(_) => (7, "message", "line ends must be CRLF: try --repair".to_owned()),
        SendError::Source(_) => (2, "file", "check that the file can be read to its end".to_owned()),
        _ => (1, "other", "run it with --transcript to see the session".to_owned()),
    };
    Diagnosis::new(status, kind, text, advice)
}

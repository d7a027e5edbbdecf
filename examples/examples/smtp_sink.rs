//! A receiver: takes mail by SMTP, submission or LMTP and keeps it in a Maildir or mbox, or not at all.
//!
//! ```text
//! smtp_sink --listen 127.0.0.1:2525 --maildir inbox
//! smtp_sink --listen 127.0.0.1:5870 --discard --tls self --auth alice:secret
//! ```
//!
//! Prints `listening on ADDRESS` and then one line for each message.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use examples::{Store, Users, certificate};
use postwire::sasl::Mechanism;
use postwire::sasl::server::{Answer, Config as AuthConfig, Question};
use postwire::smtp::server::{BareNewline, Config, Pipelining, Protocol};
use postwire::smtp::trace::{Received, return_path};
use postwire::smtp::{Limits, Reply, Timeouts};
use postwire::tls::ServerTls;
use postwire::tokio::smtp::{Body, Handler, Recipient, ServerOptions, Session, serve};
use postwire::tokio::{AcceptLimits, Shutdown};

/// Receives mail.
#[derive(Parser, Debug, Clone)]
struct Arguments {
    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:2525")]
    listen: SocketAddr,
    /// Keep messages in this Maildir.
    #[arg(long, conflicts_with_all = ["mbox", "discard"])]
    maildir: Option<PathBuf>,
    /// Keep messages in this mbox file.
    #[arg(long, conflicts_with = "discard")]
    mbox: Option<PathBuf>,
    /// Keep nothing.
    #[arg(long)]
    discard: bool,
    /// Speak LMTP.
    #[arg(long)]
    lmtp: bool,
    /// Insist on a login, as a submission server does.
    #[arg(long)]
    submission: bool,
    /// Offer TLS: `self` for a certificate made now, or CHAIN.pem,KEY.pem.
    #[arg(long, value_name = "self|CHAIN,KEY")]
    tls: Option<String>,
    /// Begin with TLS instead of offering STARTTLS.
    #[arg(long, requires = "tls")]
    implicit_tls: bool,
    /// Write the certificate in use to this file, for clients to trust.
    #[arg(long, requires = "tls")]
    write_ca: Option<PathBuf>,
    /// Take this user; may be given several times.
    #[arg(long, value_name = "USER:PASSWORD")]
    auth: Vec<String>,
    /// Take passwords in clear, for tests.
    #[arg(long)]
    auth_in_clear: bool,
    /// Offer these mechanisms instead of the usual ones, separated by commas.
    #[arg(long, value_delimiter = ',')]
    mechanisms: Vec<String>,
    /// Limits: message=OCTETS, recipients=N, bad-commands=N, connections=N, per-peer=N, timeout=SECONDS.
    #[arg(long, value_delimiter = ',', value_name = "NAME=VALUE")]
    limits: Vec<String>,
    /// Refuse recipients whose address begins with this.
    #[arg(long, value_name = "PREFIX")]
    refuse: Vec<String>,
    /// The host's name.
    #[arg(long, default_value = "localhost")]
    hostname: String,
    /// What to do with CR and LF that stand alone: reject, normalize or keep.
    #[arg(long, default_value = "reject")]
    bare_newlines: String,
    /// End connections of clients that do not wait for replies.
    #[arg(long)]
    strict: bool,
    /// Offer and record DSN parameters.
    #[arg(long)]
    dsn: bool,
    /// Put Return-Path and Received before each message, as final delivery does.
    #[arg(long)]
    trace: bool,
    /// Believe XCLIENT, and PROXY headers with --proxy-protocol, of this address.
    #[arg(long, value_name = "ADDRESS")]
    proxy: Vec<std::net::IpAddr>,
    /// Expect a PROXY header of those addresses.
    #[arg(long)]
    proxy_protocol: bool,
    /// Stop after so many messages.
    #[arg(long)]
    count: Option<u64>,
    /// Print nothing for each message.
    #[arg(long)]
    quiet: bool,
    /// Threads of the runtime.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

struct Shared {
    store: Store,
    users: Users,
    refuse: Vec<String>,
    quiet: bool,
    /// The host's name, if trace fields are wanted.
    trace: Option<postwire::smtp::Domain>,
    left: Option<std::sync::atomic::AtomicU64>,
    shutdown: Shutdown,
}

#[derive(Clone)]
struct Sink(Arc<Shared>);

impl Handler for Sink {
    async fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        self.0.users.answer(&question)
    }

    async fn recipient(&mut self, _session: &Session, recipient: &Recipient) -> Reply {
        let address = recipient.path.to_string();
        if self.0.refuse.iter().any(|prefix| address.starts_with(prefix.as_str())) {
            return Reply::no_such_user();
        }
        Reply::ok()
    }

    async fn message(&mut self, session: &Session, mut body: Body<'_>) -> Reply {
        let from = session.from.as_ref().map(ToString::to_string).unwrap_or_default();
        let Ok(mut stored) = self.0.store.begin(&from) else { return Reply::insufficient_storage() };
        let mut octets = 0u64;
        let mut good = self.trace(session).is_none_or(|fields| stored.write(&fields).is_ok());
        loop {
            match body.next().await {
                Ok(Some(chunk)) => {
                    octets += chunk.len() as u64;
                    good &= stored.write(&chunk).is_ok();
                }
                Ok(None) => break,
                Err(error) => {
                    self.report(format_args!("from=<{from}> not received: {error}"));
                    return Reply::local_error();
                }
            }
        }
        if !good || stored.commit().is_err() {
            return Reply::insufficient_storage();
        }
        if !self.0.quiet {
            let to: Vec<String> =
                session.recipients.iter().map(|recipient| format!("<{}>", recipient.path)).collect();
            let user = session
                .identity
                .as_ref()
                .map(|identity| format!(" user={}", identity.user()))
                .unwrap_or_default();
            let tls = if session.tls.is_some() { " tls" } else { "" };
            self.report(format_args!("from=<{from}> to={} octets={octets}{user}{tls}", to.join(",")));
        }
        self.count();
        Reply::accepted()
    }
}

impl Sink {
    /// RFC 5321 section 4.4: what final delivery puts before a message.
    fn trace(&self, session: &Session) -> Option<Vec<u8>> {
        let seconds = i64::try_from(examples::unix_seconds()).ok()?;
        let date = postwire::smtp::DateTime::from_unix(seconds, 0)?;
        let mut received = Received::new(self.0.trace.clone()?, date)
            .with(Protocol::Smtp, session.extended)
            .secure(session.tls.is_some())
            .authenticated(session.identity.is_some())
            .utf8(session.params.smtp_utf8);
        if let Some(hello) = &session.hello {
            received = received.from(hello.clone(), session.peer.map(|peer| peer.ip()));
        }
        let mut fields = return_path(session.from.as_ref()?).into_bytes();
        fields.extend_from_slice(&received.to_bytes());
        Some(fields)
    }

    #[allow(clippy::print_stdout)]
    fn report(&self, line: std::fmt::Arguments<'_>) {
        if !self.0.quiet {
            println!("{line}");
        }
    }

    fn count(&self) {
        use std::sync::atomic::Ordering;
        if let Some(left) = &self.0.left
            && left.fetch_sub(1, Ordering::Relaxed) <= 1
        {
            self.0.shutdown.begin();
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut builder = if arguments.threads <= 1 {
        tokio::runtime::Builder::new_current_thread()
    } else {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(arguments.threads);
        builder
    };
    let result =
        builder.enable_all().build().map_err(Into::into).and_then(|runtime| runtime.block_on(run(arguments)));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("smtp_sink: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failed = Box<dyn std::error::Error>;

async fn run(arguments: Arguments) -> Result<(), Failed> {
    let store = match (&arguments.maildir, &arguments.mbox) {
        (Some(path), _) => Store::Maildir(path.clone()),
        (_, Some(path)) => Store::Mbox(path.clone()),
        _ if arguments.discard => Store::Discard,
        _ => return Err("say where messages go: --maildir DIR, --mbox FILE or --discard".into()),
    };
    store.prepare()?;
    let shutdown = Shutdown::new();
    let mut options = ServerOptions::new(config(&arguments)?)
        .limits(accept_limits(&arguments)?)
        .proxies(arguments.proxy.clone(), arguments.proxy_protocol)
        .shutdown(shutdown.clone());
    if let Some(tls) = &arguments.tls {
        let (chain, key) = certificate(tls, &arguments.hostname)?;
        if let Some(path) = &arguments.write_ca {
            std::fs::write(path, &chain)?;
        }
        let tls = ServerTls::from_pem(&chain, &key)?;
        options = if arguments.implicit_tls { options.implicit_tls(tls) } else { options.start_tls(tls) };
    }
    let sink = Sink(Arc::new(Shared {
        store,
        users: Users::new(&arguments.auth)?,
        refuse: arguments.refuse.clone(),
        quiet: arguments.quiet,
        trace: if arguments.trace { Some(arguments.hostname.parse()?) } else { None },
        left: arguments.count.map(std::sync::atomic::AtomicU64::new),
        shutdown: shutdown.clone(),
    }));
    let listener = tokio::net::TcpListener::bind(arguments.listen).await?;
    println!("listening on {}", listener.local_addr()?);
    tokio::spawn(async move {
        // Ctrl-C ends what runs, politely.
        if tokio::signal::ctrl_c().await.is_ok() {
            shutdown.begin();
        }
    });
    serve(listener, options, move || sink.clone()).await;
    Ok(())
}

fn config(arguments: &Arguments) -> Result<Config, Failed> {
    let protocol = match (arguments.lmtp, arguments.submission) {
        (true, _) => Protocol::Lmtp,
        (_, true) => Protocol::Submission,
        _ => Protocol::Smtp,
    };
    let mut limits = Limits::new();
    let mut timeouts = Timeouts::new();
    for (name, value) in limit_list(arguments)? {
        match name {
            "message" => limits.message_octets = value,
            "recipients" => limits.recipients = value.try_into()?,
            "bad-commands" => {
                limits.bad_commands = value.try_into()?;
                limits.bad_commands_soft = limits.bad_commands;
            }
            "timeout" => {
                timeouts =
                    timeouts.command(Duration::from_secs(value)).data_block(Duration::from_secs(value));
            }
            "connections" | "per-peer" => {}
            _ => return Err(format!("unknown limit {name}").into()),
        }
    }
    let bare = match arguments.bare_newlines.as_str() {
        "reject" => BareNewline::Reject,
        "normalize" => BareNewline::Normalize,
        "keep" => BareNewline::Keep,
        other => return Err(format!("--bare-newlines {other}: reject, normalize or keep").into()),
    };
    let mut config = Config::new(protocol, arguments.hostname.parse()?)
        .limits(limits)
        .timeouts(timeouts)
        .bare_newline(bare)
        .dsn(arguments.dsn)
        .tls_for_auth(!arguments.auth_in_clear);
    if arguments.strict {
        config = config.pipelining(Pipelining::Strict);
    }
    if !arguments.auth.is_empty() {
        let mut auth = AuthConfig::new(b"for users that do not exist".to_vec());
        if !arguments.mechanisms.is_empty() {
            let named: Option<Vec<Mechanism>> =
                arguments.mechanisms.iter().map(|name| Mechanism::parse(name.as_bytes())).collect();
            auth = auth.mechanisms(&named.ok_or("--mechanisms: unknown name")?);
        }
        if arguments.auth_in_clear {
            auth = auth.dangerous_allow_cleartext_secrets();
        }
        config = config.auth(auth);
    }
    Ok(config)
}

fn limit_list(arguments: &Arguments) -> Result<Vec<(&str, u64)>, Failed> {
    arguments
        .limits
        .iter()
        .map(|limit| {
            let (name, value) =
                limit.split_once('=').ok_or_else(|| format!("--limits {limit}: NAME=VALUE"))?;
            Ok((name, value.parse()?))
        })
        .collect()
}

fn accept_limits(arguments: &Arguments) -> Result<AcceptLimits, Failed> {
    let mut limits = AcceptLimits::default();
    for (name, value) in limit_list(arguments)? {
        match name {
            "connections" => limits.total = value.try_into()?,
            "per-peer" => limits.per_peer = value.try_into()?,
            _ => {}
        }
    }
    Ok(limits)
}

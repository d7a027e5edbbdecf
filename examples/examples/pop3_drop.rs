//! A server that gives mail: serves a folder of Maildirs over POP3 and POP3S.
//!
//! ```text
//! pop3_drop --maildirs mail --auth alice:secret --listen 127.0.0.1:1100 --tls self
//! pop3_drop --maildirs mail --auth alice:secret --listen-tls 127.0.0.1:9950 --tls chain.pem,key.pem
//! ```
//!
//! The Maildir of user `alice` is `mail/alice`. Prints `listening on ADDRESS`, `listening for TLS on ADDRESS`, and then
//! one line for each session. Built on the blocking adapter: a thread for each session, which may wait for the disk.

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Parser;
use examples::{Maildir, OpenMaildir, Users, certificate};
use postwire::blocking::pop3::{Handler, ServerOptions, Session, serve};
use postwire::blocking::{AcceptLimits, Error, Shutdown};
use postwire::pop3::server::Config;
use postwire::pop3::{Expire, Limits, Reply, Timeouts};
use postwire::sasl::Mechanism;
use postwire::sasl::server::{Answer, Config as AuthConfig, Failure, Identity, Question};
use postwire::tls::ServerTls;

/// Serves mail by POP3.
#[derive(Parser, Debug, Clone)]
struct Arguments {
    /// Address and port for POP3, with STLS if there is --tls; port 0 takes a free one.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Address and port for POP3 over TLS (POP3S).
    #[arg(long, requires = "tls")]
    listen_tls: Option<SocketAddr>,
    /// The folder that holds a Maildir for each user.
    #[arg(long)]
    maildirs: PathBuf,
    /// Take this user; may be given several times.
    #[arg(long, value_name = "USER:PASSWORD", required = true)]
    auth: Vec<String>,
    /// Take logins without TLS, passwords too, for tests.
    #[arg(long)]
    auth_in_clear: bool,
    /// Offer these mechanisms instead of the usual ones, separated by commas.
    #[arg(long, value_delimiter = ',')]
    mechanisms: Vec<String>,
    /// Offer APOP.
    #[arg(long)]
    apop: bool,
    /// Do not offer USER and PASS.
    #[arg(long)]
    no_user_pass: bool,
    /// Offer UTF8; messages with UTF-8 in header fields are then kept from clients that do not ask for it.
    #[arg(long)]
    utf8: bool,
    /// Offer TLS: `self` for a certificate made now, or CHAIN.pem,KEY.pem.
    #[arg(long, value_name = "self|CHAIN,KEY")]
    tls: Option<String>,
    /// Write the certificate in use to this file, for clients to trust.
    #[arg(long, requires = "tls")]
    write_ca: Option<PathBuf>,
    /// Refuse logins of a user that come sooner than so many seconds after the last.
    #[arg(long)]
    login_delay: Option<u32>,
    /// Announce for how many days messages are kept, or `never`; whoever removes them is another program.
    #[arg(long, value_name = "DAYS|never")]
    expire: Option<String>,
    /// Limits: bad-commands=N, auth-failures=N, connections=N, per-peer=N, timeout=SECONDS.
    #[arg(long, value_delimiter = ',', value_name = "NAME=VALUE")]
    limits: Vec<String>,
    /// The host's name.
    #[arg(long, default_value = "localhost")]
    hostname: String,
    /// Print nothing for each session.
    #[arg(long)]
    quiet: bool,
}

struct Shared {
    maildirs: PathBuf,
    users: Users,
    login_delay: Option<Duration>,
    quiet: bool,
    /// What is known of the Maildirs that were opened, and when users logged in last.
    known: Mutex<HashMap<String, Known>>,
}

struct Known {
    maildir: Maildir,
    login: Option<Instant>,
}

#[derive(Clone)]
struct Office(Arc<Shared>);

impl Handler for Office {
    type Maildrop = OpenMaildir;

    fn authenticate(&mut self, _session: &Session, question: Question) -> Answer {
        self.0.users.answer(&question)
    }

    fn authentication_failed(&mut self, session: &Session, failure: Failure) {
        self.report(session, format_args!("login failed: {failure}"));
    }

    fn open(&mut self, _session: &Session, identity: &Identity) -> Result<OpenMaildir, Reply> {
        let user = identity.acting_as();
        // The name becomes a path.
        if user.starts_with('.') || user.contains(['/', '\\', '\0']) {
            return Err(Reply::permanent_error());
        }
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains_key(user) {
            let maildir = Maildir::new(self.0.maildirs.join(user)).map_err(|_| Reply::local_error())?;
            known.insert(user.to_owned(), Known { maildir, login: None });
        }
        let Some(known) = known.get_mut(user) else { return Err(Reply::local_error()) };
        if let (Some(delay), Some(login)) = (self.0.login_delay, known.login)
            && login.elapsed() < delay
        {
            return Err(Reply::login_delay());
        }
        match known.maildir.open() {
            Ok(Some(open)) => {
                known.login = Some(Instant::now());
                Ok(open)
            }
            Ok(None) => Err(Reply::in_use()),
            Err(_) => Err(Reply::local_error()),
        }
    }

    fn finished(&mut self, session: &Session, result: Result<(), &Error<postwire::pop3::Error>>) {
        match result {
            Ok(()) => self.report(session, format_args!("done")),
            Err(error) => self.report(session, format_args!("{error}")),
        }
    }
}

impl Office {
    #[allow(clippy::print_stdout)]
    fn report(&self, session: &Session, what: std::fmt::Arguments<'_>) {
        if !self.0.quiet {
            let peer = session.peer.map(|peer| peer.to_string()).unwrap_or_default();
            let user = session.identity.as_ref().map_or("nobody", |identity| identity.user());
            let tls = if session.tls.is_some() { " tls" } else { "" };
            println!("{peer} user={user}{tls}: {what}");
        }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pop3_drop: {error}");
            ExitCode::FAILURE
        }
    }
}

type Failed = Box<dyn std::error::Error>;

fn run(arguments: &Arguments) -> Result<(), Failed> {
    if arguments.listen.is_none() && arguments.listen_tls.is_none() {
        return Err("say where to listen: --listen ADDRESS or --listen-tls ADDRESS".into());
    }
    let tls = match &arguments.tls {
        Some(source) => {
            let (chain, key) = certificate(source, &arguments.hostname)?;
            if let Some(path) = &arguments.write_ca {
                std::fs::write(path, &chain)?;
            }
            Some(ServerTls::from_pem(&chain, &key)?)
        }
        None => None,
    };
    let office = Office(Arc::new(Shared {
        maildirs: arguments.maildirs.clone(),
        users: Users::new(&arguments.auth)?,
        login_delay: arguments.login_delay.map(|seconds| Duration::from_secs(seconds.into())),
        quiet: arguments.quiet,
        known: Mutex::default(),
    }));
    let options =
        ServerOptions::new(config(arguments)?).limits(accept_limits(arguments)?).shutdown(Shutdown::new());
    let mut threads = Vec::new();
    if let Some(address) = arguments.listen {
        let listener = TcpListener::bind(address)?;
        println!("listening on {}", listener.local_addr()?);
        let (mut options, office) = (options.clone(), office.clone());
        if let Some(tls) = &tls {
            options = options.start_tls(tls.clone());
        }
        threads.push(std::thread::spawn(move || serve(&listener, options, || office.clone())));
    }
    if let (Some(address), Some(tls)) = (arguments.listen_tls, tls) {
        let listener = TcpListener::bind(address)?;
        println!("listening for TLS on {}", listener.local_addr()?);
        let options = options.implicit_tls(tls);
        threads.push(std::thread::spawn(move || serve(&listener, options, || office.clone())));
    }
    for thread in threads {
        thread.join().map_err(|_| "a server has ended")??;
    }
    Ok(())
}

fn config(arguments: &Arguments) -> Result<Config, Failed> {
    let mut auth = AuthConfig::new(b"for users that do not exist".to_vec());
    if !arguments.mechanisms.is_empty() {
        let named: Option<Vec<Mechanism>> =
            arguments.mechanisms.iter().map(|name| Mechanism::parse(name.as_bytes())).collect();
        auth = auth.mechanisms(&named.ok_or("--mechanisms: unknown name")?);
    }
    if arguments.auth_in_clear {
        auth = auth.dangerous_allow_cleartext_secrets();
    }
    let (mut limits, mut timeouts) = (Limits::new(), Timeouts::new());
    for (name, value) in limit_list(arguments)? {
        match name {
            "bad-commands" => {
                limits.bad_commands = value.try_into()?;
                limits.bad_commands_soft = limits.bad_commands;
            }
            "auth-failures" => limits.auth_failures = value.try_into()?,
            "timeout" => {
                timeouts =
                    timeouts.command(Duration::from_secs(value)).data_block(Duration::from_secs(value));
            }
            "connections" | "per-peer" => {}
            _ => return Err(format!("unknown limit {name}").into()),
        }
    }
    let expire = match arguments.expire.as_deref() {
        None => None,
        Some("never") => Some(Expire::Never),
        Some(days) => Some(Expire::Days(days.parse()?)),
    };
    Ok(Config::new(arguments.hostname.parse()?, auth)
        .limits(limits)
        .timeouts(timeouts)
        .tls_for_auth(!arguments.auth_in_clear)
        .user_pass(!arguments.no_user_pass)
        .apop(arguments.apop)
        .utf8(arguments.utf8)
        .login_delay(arguments.login_delay)
        .expire(expire))
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

//! What the programs for IMAP share: how to reach the server, who logs in, and what went wrong.

use std::path::PathBuf;

use clap::Args;
use postwire::blocking::imap::ImapError as BlockingError;
use postwire::imap::session::{Advice, Refused, SessionError};
use postwire::imap::{Code, Error, Misuse, UidSet, Wait};
use postwire::sasl::Credentials;
use postwire::sasl::client::Policy;
use postwire::tokio::imap::ImapError;
use postwire::wire::Security;

use crate::command_line::{Diagnosis, SecurityName, chain, login, password};

/// How to reach the server, and who logs in.
#[derive(Args, Clone, Debug)]
#[non_exhaustive]
pub struct Access {
    /// Host and port; without port 993 or 143, by --security.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub server: String,
    /// How the connection is secured.
    #[arg(long, value_enum, default_value = "implicit")]
    pub security: SecurityName,
    /// Trust the certificates in this PEM file instead of the public authorities.
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Log in as this user; the password is in IMAP_PASSWORD, in --password-file, or asked for. An OAuth token is in IMAP_TOKEN.
    #[arg(long)]
    pub user: String,
    /// The password, or the token if --auth is XOAUTH2 or OAUTHBEARER, is the first line of this file.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Log in in this way only: a SASL mechanism, or `login` for LOGIN. XOAUTH2 and OAUTHBEARER take a token for a password.
    #[arg(long, value_name = "MECHANISM|login")]
    pub auth: Option<String>,
    /// Log in without channel binding: for servers that offer it and know no type that TLS 1.3 has, such as Cyrus.
    #[arg(long)]
    pub no_channel_binding: bool,
    /// Send the password even if the connection is in clear.
    #[arg(long)]
    pub dangerous_password_in_clear: bool,
    /// Compress if the server can.
    #[arg(long)]
    pub compress: bool,
    /// Print the session, credentials redacted.
    #[arg(long)]
    pub transcript: bool,
}

impl Access {
    /// Who logs in, and how.
    ///
    /// # Errors
    ///
    /// A [`Diagnosis`] if there is no password or no such mechanism.
    pub fn login(&self) -> Result<(Credentials, Policy), Diagnosis> {
        let token =
            std::env::var("IMAP_TOKEN").ok().filter(|_| self.auth.is_none() && self.password_file.is_none());
        let by_token = token.is_some();
        let secret = match token {
            Some(token) => token,
            None => password("IMAP_PASSWORD", self.password_file.as_deref())?,
        };
        let mechanism = self.auth.as_deref().filter(|_| !self.is_login());
        let (credentials, mut policy) =
            login(&self.user, secret.clone(), mechanism, self.dangerous_password_in_clear)?;
        if self.no_channel_binding {
            policy = policy.without_channel_binding();
        }
        Ok((if by_token { Credentials::oauth(&self.user, secret) } else { credentials }, policy))
    }

    /// Whether LOGIN is the only way.
    pub fn is_login(&self) -> bool {
        self.auth.as_deref().is_some_and(|method| method.eq_ignore_ascii_case("login"))
    }

    /// How the connection is secured.
    pub fn security(&self) -> Security {
        match self.security {
            SecurityName::Implicit => Security::ImplicitTls,
            SecurityName::Starttls => Security::StartTls,
            SecurityName::None => Security::Clear,
        }
    }
}

/// The builder of an adapter's client, from [`Access`] and a recorder: the builders of both have the same methods.
#[macro_export]
macro_rules! imap_builder {
    ($client:path, $access:expr, $recorder:expr) => {{
        use $client as Client;
        let access: &$crate::imap::Access = $access;
        let (host, port) = $crate::command_line::host_and_port(&access.server)?;
        let (credentials, policy) = access.login()?;
        let mut builder = Client::builder(&host, access.security(), credentials)
            .policy(policy)
            .login(access.auth.is_none() || access.is_login())
            .compress(access.compress)
            .record($recorder.clone());
        if let Some(port) = port {
            builder = builder.port(port);
        }
        if let Some(ca) = &access.ca {
            builder = builder.tls($crate::command_line::trust(ca)?);
        }
        builder
    }};
}

/// UIDs as they are written on a command line: `7`, `1:5,9`, `100:*`.
///
/// # Errors
///
/// What is wrong with them.
pub fn uids(text: &str) -> Result<UidSet, String> {
    UidSet::parse(text.as_bytes()).map_err(|error| error.to_string())
}

/// The errors of both adapters have the same variants.
macro_rules! diagnoses {
    ($(#[$doc:meta])* $name:ident, $error:ident) => {
        $(#[$doc])*
        pub fn $name(error: &$error) -> Diagnosis {
            let text = chain(error);
            match error {
                $error::Connect(error) => Diagnosis::connect(error, text, "993 implicit, 143 starttls"),
                $error::Tls(layer) => Diagnosis::tls(layer, text, 993),
                $error::Session(error) => session(error, text),
                $error::Refused { refused, .. } => self::refused(refused, text),
                $error::Misuse(misuse) => self::misuse(*misuse, text),
                $error::Invalid(_) => Diagnosis::argument(text),
                $error::Missing => {
                    Diagnosis::new(1, "missing", text, "there is no such message, part or folder any more")
                }
                $error::Source(_) => Diagnosis::file(text),
                $error::Store(_) => unstorable(text),
                $error::Io(_) | $error::Closed(_) => Diagnosis::new(3, "connection", text, "try again later"),
                _ => other(text),
            }
        }
    };
}

diagnoses!(
    /// Says which of port, security mode, certificate, login method, password or name is wrong, and what to try.
    diagnose, ImapError
);
diagnoses!(
    /// The same for the blocking adapter.
    diagnose_blocking, BlockingError
);

/// A file that cannot be written.
pub fn unstorable(text: impl Into<String>) -> Diagnosis {
    Diagnosis::new(
        7,
        "store",
        text,
        "check the folder and the space on the disk; nothing on the server was changed",
    )
}

fn other(text: String) -> Diagnosis {
    Diagnosis::new(1, "other", text, "run it with --transcript to see the session")
}

fn misuse(misuse: Misuse, text: String) -> Diagnosis {
    match misuse {
        Misuse::WouldExpungeOthers => Diagnosis::new(
            1,
            "unsafe",
            text,
            "the server has neither MOVE nor UIDPLUS: remove what is marked as deleted with another program first",
        ),
        Misuse::NotOffered => Diagnosis::new(1, "not-offered", text, "this server cannot do that"),
        Misuse::Cleartext => Diagnosis::new(6, "login-method", text, "use --security starttls or implicit"),
        _ => other(text),
    }
}

fn refused(refused: &Refused, text: String) -> Diagnosis {
    match refused.code() {
        Some(Code::TryCreate | Code::NonExistent) => {
            Diagnosis::new(1, "no-folder", text, "there is no such folder: `folders` lists those there are")
        }
        Some(Code::OverQuota) => {
            Diagnosis::new(1, "quota", text, "there is no more room: `quota` tells how much is used")
        }
        Some(Code::AlreadyExists) => Diagnosis::new(1, "exists", text, "there is one of that name already"),
        Some(Code::NoPerm) => Diagnosis::new(1, "permission", text, "this user may not do that"),
        _ => {
            let status = match refused.advice() {
                Advice::Later | Advice::Throttled | Advice::Reconnect => 3,
                _ => 1,
            };
            Diagnosis::new(status, "refused", text, "the server's own words say why")
        }
    }
}

fn session(error: &SessionError, text: String) -> Diagnosis {
    match error {
        SessionError::NoStartTls => Diagnosis::new(
            5,
            "security",
            text,
            "try --security implicit and port 993; the offer may also have been removed on the way",
        ),
        SessionError::Connection(Error::Timeout(Wait::Greeting)) => Diagnosis::new(
            4,
            "security",
            text,
            "the server says nothing: on this port it may expect TLS, try --security implicit",
        ),
        SessionError::Connection(Error::Peer(_)) => Diagnosis::new(
            4,
            "protocol",
            text,
            "this may not be an IMAP server: check the port and --security",
        ),
        SessionError::Connection(Error::Seal(_)) => Diagnosis::new(
            5,
            "security",
            text,
            "somebody spoke in clear where TLS should begin: do not trust this network",
        ),
        SessionError::Connection(_) => Diagnosis::new(3, "connection", text, "try again later"),
        SessionError::NoMechanism(_) | SessionError::Credentials(_) => Diagnosis::new(
            6,
            "login-method",
            text,
            "the server offers no login that fits: use --security starttls or implicit, or another --auth",
        ),
        SessionError::Login { text: said, .. } if said.code == Some(Code::ContactAdmin) => Diagnosis::new(
            6,
            "closed",
            text,
            "the password may be right, and still this user is not let in: ask whoever runs the server",
        ),
        SessionError::Login { .. } => match error.advice() {
            Advice::Later | Advice::Throttled | Advice::Reconnect => {
                Diagnosis::new(3, "login", text, "the server has a problem that should pass: try again later")
            }
            Advice::ChannelBinding => Diagnosis::new(
                6,
                "password",
                text,
                "the server may not know this channel binding: try --no-channel-binding; else user or password is wrong",
            ),
            _ => Diagnosis::new(
                6,
                "password",
                text,
                "user or password is wrong; some providers want a password made for this program, and IMAP switched on",
            ),
        },
        SessionError::Mutual(_) => Diagnosis::new(
            6,
            "server",
            text,
            "the server could not prove that it knows the password: do not trust this connection",
        ),
        SessionError::Bye(_) | SessionError::Refused { .. } => {
            let status = if error.advice() == Advice::Permanent { 1 } else { 3 };
            Diagnosis::new(status, "refused", text, "the server's own words say why")
        }
        SessionError::Misuse(misuse) => self::misuse(*misuse, text),
        _ => other(text),
    }
}

//! What the command-line clients share: their arguments, and the plain words for what went wrong.

use std::error::Error as StdError;
use std::path::Path;

use clap::ValueEnum;
use postwire::sasl::client::Policy;
use postwire::sasl::{Credentials, Mechanism};
use postwire::tls::{CertificateProblem, ClientTls, Roots, certificate_problem};
use postwire::wire::{LayerError, LayerFault};

use crate::read_file;

/// How the connection is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[non_exhaustive]
pub enum SecurityName {
    /// TLS from the first octet.
    Implicit,
    /// The upgrade to TLS, or nothing.
    Starttls,
    /// In clear.
    None,
}

/// What went wrong, in plain words, and the exit status for it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The exit status.
    pub status: u8,
    /// A word for programs.
    pub kind: &'static str,
    /// What happened.
    pub text: String,
    /// What to try.
    pub advice: String,
}

impl Diagnosis {
    /// A diagnosis.
    pub fn new(status: u8, kind: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { status, kind, text: text.into(), advice: advice.into() }
    }

    /// An argument is wrong.
    pub fn argument(text: impl Into<String>) -> Self {
        Self::new(2, "arguments", text, "see --help")
    }

    /// A file cannot be read.
    pub fn file(text: impl Into<String>) -> Self {
        Self::new(2, "file", text, "check that the file exists and may be read")
    }

    /// The host cannot be reached; `ports` says which ports are usual.
    pub fn connect(error: &std::io::Error, text: String, ports: &str) -> Self {
        let advice = match error.kind() {
            std::io::ErrorKind::ConnectionRefused => {
                format!("nothing listens there: check host and port ({ports})")
            }
            std::io::ErrorKind::TimedOut => {
                format!("no answer: a firewall may block this port ({ports})")
            }
            _ => "check the host's name and the network".to_owned(),
        };
        Self::new(4, "connect", text, advice)
    }

    /// TLS failed.
    pub fn tls(layer: &LayerError, text: String, implicit_port: u16) -> Self {
        if let Some(problem) = certificate_problem(layer) {
            return Self::new(5, "certificate", text, certificate_advice(problem));
        }
        let (kind, advice) = match layer.fault {
            LayerFault::NotTls => (
                "security",
                format!(
                    "the server speaks in clear on this port: try --security starttls, or port {implicit_port}"
                ),
            ),
            LayerFault::Truncated => (
                "security",
                "the server hung up during the TLS handshake: try another --security or port".to_owned(),
            ),
            _ => ("tls", "the server's TLS does not fit: it may be too old".to_owned()),
        };
        Self::new(5, kind, text, advice)
    }
}

fn certificate_advice(problem: CertificateProblem) -> &'static str {
    match problem {
        CertificateProblem::UnknownIssuer => {
            "the certificate is from nobody known: name its authority with --ca FILE if you trust it"
        }
        CertificateProblem::Expired => {
            "the certificate has expired: tell the server's operator, and check this machine's clock"
        }
        CertificateProblem::NotYetValid => "the certificate is not valid yet: check this machine's clock",
        CertificateProblem::NameMismatch => {
            "the certificate is for another name: use the name that the operator gives for --server"
        }
        CertificateProblem::Revoked => "the certificate was revoked: do not trust it",
        _ => "the certificate is not acceptable",
    }
}

/// An error and what is behind it.
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = error.source();
    }
    text
}

/// Host and perhaps port of `HOST`, `HOST:PORT` or `[ADDRESS]:PORT`.
///
/// # Errors
///
/// A [`Diagnosis`] if it is none of these.
pub fn host_and_port(server: &str) -> Result<(String, Option<u16>), Diagnosis> {
    let wrong = || Diagnosis::argument(format!("--server {server}: HOST or HOST:PORT"));
    if let Some(rest) = server.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(wrong)?;
        let port = port.strip_prefix(':').map(|port| port.parse().map_err(|_| wrong())).transpose()?;
        return Ok((host.to_owned(), port));
    }
    match server.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => {
            Ok((host.to_owned(), Some(port.parse().map_err(|_| wrong())?)))
        }
        _ => Ok((server.to_owned(), None)),
    }
}

/// Trust in the certificates of a file.
///
/// # Errors
///
/// A [`Diagnosis`] if the file cannot be read, or holds none.
pub fn trust(path: &Path) -> Result<ClientTls, Diagnosis> {
    let pem = read_file(path).map_err(|error| Diagnosis::file(error.to_string()))?;
    let wrong = |error: &dyn StdError| Diagnosis::argument(format!("{}: {error}", path.display()));
    let roots = Roots::ca_pem(&pem).map_err(|error| wrong(&error))?;
    ClientTls::builder(roots).build().map_err(|error| wrong(&error))
}

/// A password: the first line of a file if there is one, else from the environment or the terminal.
///
/// # Errors
///
/// A [`Diagnosis`] if the file cannot be read, or there is none of these.
pub fn password(variable: &str, file: Option<&Path>) -> Result<String, Diagnosis> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Diagnosis::file(format!("{}: {error}", path.display())))?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    std::env::var(variable).or_else(|_| {
        rpassword::prompt_password("Password: ")
            .map_err(|_| Diagnosis::argument(format!("no password: set {variable}, or run it in a terminal")))
    })
}

/// Credentials and policy for a user who may be held to one mechanism.
///
/// # Errors
///
/// A [`Diagnosis`] if there is no such mechanism.
pub fn login(
    user: &str,
    password: String,
    mechanism: Option<&str>,
    in_clear: bool,
) -> Result<(Credentials, Policy), Diagnosis> {
    let mut policy = Policy::new();
    if in_clear {
        policy = policy.dangerous_allow_cleartext_secrets();
    }
    let mut token = false;
    if let Some(name) = mechanism {
        let mechanism = Mechanism::parse(name.as_bytes())
            .ok_or_else(|| Diagnosis::argument(format!("--auth {name}: no such mechanism")))?;
        token = matches!(mechanism, Mechanism::XOAuth2 | Mechanism::OAuthBearer);
        // The form with channel binding is the same login, and must be used where both sides can.
        policy = match mechanism {
            Mechanism::ScramSha1 => policy.only(&[mechanism, Mechanism::ScramSha1Plus]),
            Mechanism::ScramSha256 => policy.only(&[mechanism, Mechanism::ScramSha256Plus]),
            Mechanism::ScramSha512 => policy.only(&[mechanism, Mechanism::ScramSha512Plus]),
            _ => policy.only(&[mechanism]),
        };
    }
    let credentials =
        if token { Credentials::oauth(user, password) } else { Credentials::password(user, password) };
    Ok((credentials, policy))
}

//! Reads the raw octets that one side of a session sent and prints what they are.
//!
//! ```text
//! wire_inspect --protocol smtp|pop3|imap --role client|server [--json] < octets
//! ```
//!
//! One line or one JSON object for each command or reply, and for each piece of a message: `{"kind", "name", "ok",
//! "error", "offset", "detail"}`. What is malformed is shown as such, and the stream goes on.
//!
//! IMAP has `"tag"` and `"damaged"` too: items of a response that make no sense, each with name, offset, what was expected
//! there, its octets, and the UID of the message. Literals are counted and hashed as they go by, so that a session of any
//! length is read in little memory; credentials are not shown.

mod imap;
mod input;
mod pop3;
mod smtp;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use input::{Input, Output};
use postwire::wire::RecvBuf;

/// Says what the octets of a session are.
#[derive(Parser, Debug)]
struct Arguments {
    /// Which protocol.
    #[arg(long, value_enum)]
    protocol: ProtocolName,
    /// Which side sent the octets.
    #[arg(long, value_enum)]
    role: Role,
    /// Print JSON, one object a line.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ProtocolName {
    Smtp,
    Pop3,
    Imap,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Role {
    Client,
    Server,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output may stop when it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wire_inspect: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    let mut input = Input { rx: RecvBuf::default(), passed: 0, source: io::stdin().lock() };
    let tags = matches!(arguments.protocol, ProtocolName::Imap);
    let mut out = Output { json: arguments.json, tags, sink: io::BufWriter::new(io::stdout().lock()) };
    match (arguments.protocol, arguments.role) {
        (ProtocolName::Smtp, Role::Client) => smtp::client(&mut input, &mut out)?,
        (ProtocolName::Smtp, Role::Server) => smtp::server(&mut input, &mut out)?,
        (ProtocolName::Pop3, Role::Client) => pop3::client(&mut input, &mut out)?,
        (ProtocolName::Pop3, Role::Server) => pop3::server(&mut input, &mut out)?,
        (ProtocolName::Imap, Role::Client) => imap::client(&mut input, &mut out)?,
        (ProtocolName::Imap, Role::Server) => imap::server(&mut input, &mut out)?,
    }
    out.sink.flush()
}

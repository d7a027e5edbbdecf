//! Which command may come when: the table, and nothing but the table.

use crate::{Command, Reply};

/// Where a session stands when it waits for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the table below names every state
pub enum State {
    /// The greeting refused the client: it may only QUIT (RFC 5321 section 3.1).
    Refused,
    /// Greeted, or just secured: EHLO is due.
    Fresh,
    /// EHLO, HELO or LHLO was accepted; no transaction.
    Ready,
    /// MAIL was accepted.
    Mail,
    /// At least one RCPT was accepted.
    Rcpt,
    /// A BDAT chunk that was not the last was accepted.
    Chunks,
    /// A BDAT chunk was refused: the rest is dropped until RSET (RFC 3030 section 2).
    ChunkRefused,
}

impl State {
    /// Every state, for tests that walk the table.
    pub const ALL: [Self; 7] =
        [Self::Refused, Self::Fresh, Self::Ready, Self::Mail, Self::Rcpt, Self::Chunks, Self::ChunkRefused];

    /// Whether a transaction is open.
    pub(super) fn in_transaction(self) -> bool {
        matches!(self, Self::Mail | Self::Rcpt | Self::Chunks | Self::ChunkRefused)
    }
}

/// A command as the table knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the table below names every verb
pub enum Verb {
    /// EHLO.
    Ehlo,
    /// HELO.
    Helo,
    /// LHLO (LMTP).
    Lhlo,
    /// MAIL.
    Mail,
    /// RCPT.
    Rcpt,
    /// DATA.
    Data,
    /// BDAT.
    Bdat,
    /// RSET.
    Rset,
    /// NOOP.
    Noop,
    /// QUIT.
    Quit,
    /// VRFY.
    Vrfy,
    /// EXPN.
    Expn,
    /// HELP.
    Help,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// ETRN.
    Etrn,
    /// XCLIENT.
    Xclient,
    /// XFORWARD.
    Xforward,
    /// Anything else.
    Other,
}

impl Verb {
    /// Every verb, for tests that walk the table.
    pub const ALL: [Self; 19] = [
        Self::Ehlo,
        Self::Helo,
        Self::Lhlo,
        Self::Mail,
        Self::Rcpt,
        Self::Data,
        Self::Bdat,
        Self::Rset,
        Self::Noop,
        Self::Quit,
        Self::Vrfy,
        Self::Expn,
        Self::Help,
        Self::StartTls,
        Self::Auth,
        Self::Etrn,
        Self::Xclient,
        Self::Xforward,
        Self::Other,
    ];

    pub(super) fn of(command: &Command) -> Self {
        match command {
            Command::Ehlo(_) => Self::Ehlo,
            Command::Helo(_) => Self::Helo,
            Command::Lhlo(_) => Self::Lhlo,
            Command::Mail { .. } => Self::Mail,
            Command::Rcpt { .. } => Self::Rcpt,
            Command::Data => Self::Data,
            Command::Bdat { .. } => Self::Bdat,
            Command::Rset => Self::Rset,
            Command::Noop(_) => Self::Noop,
            Command::Quit => Self::Quit,
            Command::Vrfy { .. } => Self::Vrfy,
            Command::Expn { .. } => Self::Expn,
            Command::Help(_) => Self::Help,
            Command::StartTls => Self::StartTls,
            Command::Auth { .. } => Self::Auth,
            Command::Etrn(_) => Self::Etrn,
            Command::Xclient(_) => Self::Xclient,
            Command::Xforward(_) => Self::Xforward,
            _ => Self::Other,
        }
    }

    /// Whether nothing may follow before the reply.
    ///
    /// RFC 2920 section 3.1: "The EHLO, DATA, VRFY, EXPN, TURN, QUIT, and NOOP commands can only appear as
    /// the last command in a group since their success or failure produces a change of state which the
    /// client SMTP must accommodate." STARTTLS and AUTH change the state too.
    pub(crate) fn ends_group(self) -> bool {
        !matches!(self, Self::Mail | Self::Rcpt | Self::Rset | Self::Bdat)
    }

    /// Whether it brings a message no nearer; see [`Limits::junk_commands`](crate::Limits).
    pub(super) fn is_junk(self) -> bool {
        !matches!(self, Self::Mail | Self::Rcpt | Self::Data | Self::Bdat | Self::Quit | Self::Auth)
    }
}

/// Whether the command may come in this state; if not, what to answer.
///
/// RFC 5321 section 4.1.4 gives the order of commands; each row here is one of its rules or of an extension.
///
/// # Errors
///
/// The reply that refuses the command.
///
/// # Example
///
/// ```
/// use smtp_proto::server::{State, Verb, admits};
///
/// assert!(admits(State::Ready, Verb::Mail).is_ok());
/// assert_eq!(admits(State::Fresh, Verb::Rcpt).unwrap_err().code().value(), 503);
/// ```
pub fn admits(state: State, verb: Verb) -> Result<(), Reply> {
    use State as S;
    use Verb as V;
    let refusal = match (state, verb) {
        (_, V::Quit) => return Ok(()),
        // RFC 5321 section 3.1: "A server taking this approach MUST still wait for the client to send a QUIT
        // [...] and SHOULD respond to any intervening commands with "503 bad sequence of commands"."
        (S::Refused, _) => Reply::fixed(503, (5, 5, 1), "no service here"),

        (_, V::Noop | V::Rset | V::Vrfy | V::Expn | V::Help | V::Other) => return Ok(()),
        // RFC 5321 section 4.1.4: "An EHLO command MAY be issued by a client later in the session."
        (_, V::Ehlo | V::Helo | V::Lhlo) => return Ok(()),

        (S::Fresh | S::Ready, V::StartTls | V::Xclient | V::Xforward) => return Ok(()),
        (S::Ready, V::Mail | V::Auth | V::Etrn) => return Ok(()),
        (S::Mail | S::Rcpt, V::Rcpt) => return Ok(()),
        (S::Rcpt, V::Data | V::Bdat) => return Ok(()),
        (S::Chunks, V::Bdat) => return Ok(()),

        (S::Fresh, V::Mail | V::Auth | V::Etrn) => Reply::fixed(503, (5, 5, 1), "say hello first"),
        // RFC 4954 section 4: "The AUTH command is not permitted during a mail transaction."
        (_, V::Auth) => Reply::fixed(503, (5, 5, 1), "not during a mail transaction"),
        (_, V::StartTls | V::Xclient | V::Xforward | V::Etrn) => {
            Reply::fixed(503, (5, 5, 1), "not during a mail transaction")
        }
        // RFC 5321 section 4.1.4: "MAIL (or SEND, SOML, or SAML) MUST NOT be sent if a mail transaction is
        // already open".
        (_, V::Mail) => Reply::fixed(503, (5, 5, 1), "a transaction is already open"),
        (S::Fresh | S::Ready, V::Rcpt | V::Data | V::Bdat) => Reply::fixed(503, (5, 5, 1), "MAIL first"),
        // RFC 5321 section 3.3: "If there was no MAIL, or no RCPT, command, or all such commands were rejected,
        // the server MAY return a "command out of sequence" (503) or "no valid recipients" (554) reply".
        (S::Mail, V::Data | V::Bdat) => Reply::fixed(554, (5, 5, 1), "no valid recipients"),
        // RFC 3030 section 2: "DATA and BDAT commands cannot be used in the same transaction."
        (S::Chunks | S::ChunkRefused, V::Data) => Reply::fixed(503, (5, 5, 1), "DATA and BDAT do not mix"),
        (S::Chunks, V::Rcpt) => Reply::fixed(503, (5, 5, 1), "the message has begun"),
        (S::ChunkRefused, V::Rcpt | V::Bdat) => {
            Reply::fixed(503, (5, 5, 1), "a chunk was refused, send RSET")
        }
    };
    Err(refusal)
}

//! Which command may come when: the table, and nothing but the table.

use crate::{Command, Reply, phrases};

/// Where a session stands when it waits for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the table below names every state
pub enum State {
    /// The greeting refused the client: it may only QUIT.
    Refused,
    /// AUTHORIZATION, RFC 1939 section 4.
    Authorization,
    /// AUTHORIZATION, and USER was accepted: PASS may follow.
    Named,
    /// TRANSACTION, RFC 1939 section 5: the maildrop is open.
    Transaction,
}

impl State {
    /// Every state, for tests that walk the table.
    pub const ALL: [Self; 4] = [Self::Refused, Self::Authorization, Self::Named, Self::Transaction];
}

/// A command as the table knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // the table below names every verb
pub enum Verb {
    /// USER.
    User,
    /// PASS.
    Pass,
    /// APOP.
    Apop,
    /// AUTH, with a mechanism or without.
    Auth,
    /// CAPA.
    Capa,
    /// STLS.
    Stls,
    /// STAT.
    Stat,
    /// LIST.
    List,
    /// RETR.
    Retr,
    /// DELE.
    Dele,
    /// NOOP.
    Noop,
    /// RSET.
    Rset,
    /// QUIT.
    Quit,
    /// TOP.
    Top,
    /// UIDL.
    Uidl,
    /// UTF8.
    Utf8,
    /// LANG.
    Lang,
    /// Anything else.
    Other,
}

impl Verb {
    /// Every verb, for tests that walk the table.
    pub const ALL: [Self; 18] = [
        Self::User,
        Self::Pass,
        Self::Apop,
        Self::Auth,
        Self::Capa,
        Self::Stls,
        Self::Stat,
        Self::List,
        Self::Retr,
        Self::Dele,
        Self::Noop,
        Self::Rset,
        Self::Quit,
        Self::Top,
        Self::Uidl,
        Self::Utf8,
        Self::Lang,
        Self::Other,
    ];

    pub(super) const fn of(command: &Command) -> Self {
        match command {
            Command::User(_) => Self::User,
            Command::Pass(_) => Self::Pass,
            Command::Apop { .. } => Self::Apop,
            Command::Auth { .. } | Command::AuthList => Self::Auth,
            Command::Capa => Self::Capa,
            Command::Stls => Self::Stls,
            Command::Stat => Self::Stat,
            Command::List(_) => Self::List,
            Command::Retr(_) => Self::Retr,
            Command::Dele(_) => Self::Dele,
            Command::Noop => Self::Noop,
            Command::Rset => Self::Rset,
            Command::Quit => Self::Quit,
            Command::Top { .. } => Self::Top,
            Command::Uidl(_) => Self::Uidl,
            Command::Utf8 => Self::Utf8,
            Command::Lang(_) => Self::Lang,
            Command::Unknown { .. } => Self::Other,
        }
    }

    /// Whether it brings a login no nearer; see [`Limits::junk_commands`](crate::Limits#structfield.junk_commands).
    pub(super) const fn is_junk(self) -> bool {
        !matches!(self, Self::User | Self::Pass | Self::Apop | Self::Auth | Self::Stls | Self::Quit)
    }
}

/// Whether the command may come in this state; if not, what to answer.
///
/// # Errors
///
/// The reply that refuses the command.
///
/// # Example
///
/// ```
/// use pop3_proto::server::{State, Verb, admits};
///
/// assert!(admits(State::Transaction, Verb::Retr).is_ok());
/// assert_eq!(admits(State::Authorization, Verb::Retr).unwrap_err().to_string(), "-ERR log in first");
/// ```
pub const fn admits(state: State, verb: Verb) -> Result<(), Reply> {
    use State as S;
    use Verb as V;
    let phrase = match (state, verb) {
        (_, V::Other) => &phrases::UNKNOWN,
        (_, V::Quit) => return Ok(()),
        (S::Refused, _) => &phrases::NOT_OFFERED,
        // RFC 2449 section 5: CAPA "is available in both the AUTHORIZATION and TRANSACTION states." So is LANG,
        // RFC 6856 section 3.1.
        (_, V::Capa | V::Lang) => return Ok(()),
        (S::Authorization | S::Named, V::User | V::Apop | V::Auth | V::Stls | V::Utf8) => return Ok(()),
        // RFC 1939 section 7: PASS "may only be given in the AUTHORIZATION state immediately after a successful USER
        // command"
        (S::Authorization, V::Pass) => &phrases::USER_FIRST,
        (S::Named, V::Pass) => return Ok(()),
        (
            S::Authorization | S::Named,
            V::Stat | V::List | V::Retr | V::Dele | V::Noop | V::Rset | V::Top | V::Uidl,
        ) => &phrases::LOG_IN_FIRST,
        (S::Transaction, V::Stat | V::List | V::Retr | V::Dele | V::Noop | V::Rset | V::Top | V::Uidl) => {
            return Ok(());
        }
        // RFC 5034 section 4: "After a successful AUTH command completes, a server MUST reject any further AUTH
        // commands with an -ERR reply."
        (S::Transaction, V::User | V::Pass | V::Apop | V::Auth) => &phrases::LOGGED_IN_ALREADY,
        // RFC 2595 section 4: "The STLS command is only permitted in AUTHORIZATION state". UTF8 as well, RFC 6856 section 2.
        (S::Transaction, V::Stls | V::Utf8) => &phrases::LOGGED_IN_ALREADY,
    };
    Err(Reply::fixed(false, None, phrase))
}

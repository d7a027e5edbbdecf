//! What became of a message, recipient by recipient.

use std::fmt;

use crate::{ForwardPath, Reply};

/// What the server said of each recipient; the order is that of the envelope.
///
/// # Example
///
/// ```
/// # use smtp_proto::sender::{Outcome, Sent};
/// fn report(sent: &Sent) {
///     for (recipient, outcome) in sent {
///         println!("{recipient}: {outcome}"); // eve@example.com: refused, 550 5.1.1 no such user (permanent)
///     }
/// }
/// # let _ = report;
/// ```
#[must_use = "a message can be accepted for some recipients and refused for others"]
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub(super) outcomes: Vec<(ForwardPath, Outcome)>,
}

impl Sent {
    /// Recipients and outcomes.
    pub fn iter(&self) -> std::slice::Iter<'_, (ForwardPath, Outcome)> {
        self.outcomes.iter()
    }

    /// Whether the server took the message for every recipient.
    pub fn all_accepted(&self) -> bool {
        self.outcomes.iter().all(|(_, outcome)| outcome.is_accepted())
    }

    /// The recipients the server took the message for.
    pub fn accepted(&self) -> impl Iterator<Item = &ForwardPath> {
        self.outcomes.iter().filter(|(_, outcome)| outcome.is_accepted()).map(|(to, _)| to)
    }

    /// Whether the server was not even asked: its session had ended before MAIL. The same message may be sent
    /// at once over another connection, and nobody gets it twice.
    ///
    /// A server that ends an idle session says 421 (RFC 5321 section 3.8), which is then read as the reply to
    /// MAIL.
    pub fn is_untouched(&self) -> bool {
        self.outcomes.iter().all(|(_, outcome)| match outcome {
            Outcome::Lost(Stage::Mail) => true,
            Outcome::Refused { stage: Stage::Mail, reply } => reply.code().value() == 421,
            _ => false,
        })
    }

    /// The recipients that did not get the message, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&ForwardPath, &Outcome)> {
        self.outcomes.iter().filter(|(_, outcome)| !outcome.is_accepted()).map(|(to, outcome)| (to, outcome))
    }
}

impl<'a> IntoIterator for &'a Sent {
    type Item = &'a (ForwardPath, Outcome);
    type IntoIter = std::slice::Iter<'a, (ForwardPath, Outcome)>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What became of the message for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The server is responsible for it now.
    Accepted(Reply),
    /// The server refused it.
    Refused {
        /// What it was doing.
        stage: Stage,
        /// Every line it said.
        reply: Reply,
    },
    /// The message or the address needs what the server does not offer; the server was not asked.
    NotSupported(Missing),
    /// The connection ended before the message was complete: the server has dropped it.
    Lost(Stage),
    /// The connection ended after the message was complete and before the server answered: it may or may not
    /// have it (RFC 5321 section 4.5.3.2.6).
    Unknown,
}

/// Which step of a session or transaction it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The greeting.
    Greeting,
    /// EHLO, LHLO or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Login,
    /// MAIL.
    Mail,
    /// RCPT.
    Recipient,
    /// DATA, or a BDAT chunk that is not the last.
    Data,
    /// The complete message.
    Message,
}

/// What a message needs and the server does not offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// The message is longer than the server takes (RFC 1870).
    Size {
        /// The server's limit in octets.
        limit: u64,
    },
    /// 8BITMIME (RFC 6152).
    EightBitMime,
    /// BINARYMIME (RFC 3030).
    BinaryMime,
    /// SMTPUTF8 (RFC 6531).
    SmtpUtf8,
    /// REQUIRETLS (RFC 8689).
    RequireTls,
    /// DSN (RFC 3461) or another extension that the envelope uses.
    Extension,
    /// More recipients than the server takes in one transaction (RFC 9422).
    Recipients,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Retry {
    /// Not at all: it was accepted.
    Done,
    /// In another transaction, which may follow at once.
    NextTransaction,
    /// Later (RFC 5321 section 4.5.4.1: after 30 minutes or more).
    Later,
    /// Never: report it to the sender.
    Never,
    /// Later, at the risk of a second copy.
    MayDuplicate,
}

impl Outcome {
    /// Whether the server took the message.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// When to try again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Accepted(_) => Retry::Done,
            // RFC 5321 section 4.5.3.1.10: 452, or 552 from servers of old, means too many recipients, unless the
            // enhanced code says that it is something else, a full mailbox perhaps.
            Self::Refused { stage: Stage::Recipient, reply }
                if matches!(reply.code().value(), 452 | 552)
                    && reply.enhanced().is_none_or(|code| (code.subject(), code.detail()) == (5, 3)) =>
            {
                Retry::NextTransaction
            }
            Self::Refused { reply, .. } if reply.is_permanent() => Retry::Never,
            Self::Refused { .. } | Self::Lost(_) => Retry::Later,
            Self::NotSupported(Missing::Recipients) => Retry::NextTransaction,
            Self::NotSupported(_) => Retry::Never,
            Self::Unknown => Retry::MayDuplicate,
        }
    }

    /// What the server said, if it said anything.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Accepted(reply) | Self::Refused { reply, .. } => Some(reply),
            _ => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(reply) => write!(f, "accepted, {reply}"),
            Self::Refused { reply, .. } => {
                let kind = match self.retry() {
                    Retry::Never => "permanent",
                    Retry::NextTransaction => "too many at once",
                    _ => "temporary",
                };
                write!(f, "refused, {reply} ({kind})")
            }
            Self::NotSupported(missing) => write!(f, "not sent, {missing}"),
            Self::Lost(stage) => write!(f, "not sent, the connection was lost at {stage}"),
            Self::Unknown => f.write_str("unknown, the connection was lost before the server confirmed"),
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { limit } => write!(f, "the server takes at most {limit} octets"),
            Self::EightBitMime => f.write_str("the server does not offer 8BITMIME"),
            Self::BinaryMime => f.write_str("the server does not offer BINARYMIME"),
            Self::SmtpUtf8 => f.write_str("the server does not offer SMTPUTF8"),
            Self::RequireTls => f.write_str("the server does not offer REQUIRETLS"),
            Self::Extension => f.write_str("the server does not offer an extension that the envelope uses"),
            Self::Recipients => f.write_str("the server takes fewer recipients at once"),
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Greeting => "the greeting",
            Self::Hello => "EHLO",
            Self::StartTls => "STARTTLS",
            Self::Login => "AUTH",
            Self::Mail => "MAIL",
            Self::Recipient => "RCPT",
            Self::Data => "DATA",
            Self::Message => "the message",
        })
    }
}

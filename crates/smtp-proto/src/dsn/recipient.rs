//! What became of the message for one recipient.

use crate::{DateTime, EnhancedCode, ForwardPath, Host, Notify, OriginalRecipient, Reply};

/// What was done about a recipient, RFC 3464 section 2.3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums)] // RFC 3464 section 2.3.3 has these five
pub enum Action {
    /// It could not be delivered, and will not be.
    Failed,
    /// It could not be delivered so far.
    Delayed,
    /// It was delivered.
    Delivered,
    /// It was handed to a system that gives no notifications.
    Relayed,
    /// It was delivered to a list, which sends it on.
    Expanded,
}

impl Action {
    /// The word of the Action field.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Delayed => "delayed",
            Self::Delivered => "delivered",
            Self::Relayed => "relayed",
            Self::Expanded => "expanded",
        }
    }
}

/// What became of the message for one recipient, RFC 3464 section 2.3.
///
/// ```
/// use smtp_proto::dsn::{Action, RecipientReport};
/// use smtp_proto::{EnhancedCode, Notify};
///
/// let report = RecipientReport::new("bob@example.net".parse().unwrap(), Action::Delayed, EnhancedCode::new(4, 4, 1).unwrap());
/// assert!(report.is_wanted(None));
/// assert!(!report.is_wanted(Some(Notify::Never)));
/// ```
#[derive(Clone, Debug)]
pub struct RecipientReport {
    pub(super) path: ForwardPath,
    pub(super) action: Action,
    pub(super) status: EnhancedCode,
    pub(super) original: Option<OriginalRecipient>,
    pub(super) remote_mta: Option<Host>,
    pub(super) diagnostic: Option<Reply>,
    pub(super) last_attempt: Option<DateTime>,
    pub(super) will_retry_until: Option<DateTime>,
}

impl RecipientReport {
    /// A report of a recipient.
    pub fn new(path: ForwardPath, action: Action, status: EnhancedCode) -> Self {
        Self {
            path,
            action,
            status,
            original: None,
            remote_mta: None,
            diagnostic: None,
            last_attempt: None,
            will_retry_until: None,
        }
    }

    /// The recipient.
    pub fn path(&self) -> &ForwardPath {
        &self.path
    }

    /// What was done.
    pub fn action(&self) -> Action {
        self.action
    }

    /// ORCPT of RCPT.
    #[must_use]
    pub fn original(mut self, original: OriginalRecipient) -> Self {
        self.original = Some(original);
        self
    }

    /// The server that refused it.
    #[must_use]
    pub fn remote_mta(mut self, host: Host) -> Self {
        self.remote_mta = Some(host);
        self
    }

    /// What that server said.
    #[must_use]
    pub fn diagnostic(mut self, reply: Reply) -> Self {
        self.diagnostic = Some(reply);
        self
    }

    /// When it was tried last.
    #[must_use]
    pub fn last_attempt(mut self, date: DateTime) -> Self {
        self.last_attempt = Some(date);
        self
    }

    /// Until when it will be tried; for [`Action::Delayed`].
    #[must_use]
    pub fn will_retry_until(mut self, date: DateTime) -> Self {
        self.will_retry_until = Some(date);
        self
    }

    /// Whether the sender wants to hear of it (RFC 3461 section 4.1).
    pub fn is_wanted(&self, notify: Option<Notify>) -> bool {
        match (notify, self.action) {
            (Some(Notify::Never), _) => false,
            (Some(Notify::On { failure, .. }), Action::Failed) => failure,
            (Some(Notify::On { delay, .. }), Action::Delayed) => delay,
            (Some(Notify::On { success, .. }), _) => success,
            (None, action) => matches!(action, Action::Failed | Action::Delayed),
        }
    }
}

//! Delivery status notifications: what a server that took a message says when it cannot deliver it.
//!
//! The format is RFC 3464 in a `multipart/report` (RFC 6522), with the forms of RFC 6533 for addresses that are not
//! ASCII; who gets one is RFC 3461 section 5.2. The notification goes out from the null reverse-path, so that it is
//! never answered by another.
//!
//! # Not supported
//!
//! Notifications in other languages than English; parsing, which comes with MIME.

mod recipient;
mod render;

use bytes::Bytes;

use crate::{DateTime, Domain, Mailbox, Notify, Return, ReversePath};

pub use recipient::{Action, RecipientReport};

/// What is reported, collected step by step.
///
/// # Example
///
/// ```
/// use smtp_proto::dsn::{Action, RecipientReport, Report};
/// use smtp_proto::{DateTime, EnhancedCode, Reply};
///
/// let date = DateTime::from_unix(1_795_521_600, 0).unwrap();
/// let status = EnhancedCode::new(5, 1, 1).unwrap();
/// let reply = Reply::new(550, "no such user").unwrap();
/// let dsn = Report::new("mx.example.org".parse().unwrap(), "<1@mx.example.org>", "=_boundary", date).unwrap()
///     .recipient(RecipientReport::new("bob@example.net".parse().unwrap(), Action::Failed, status).diagnostic(reply))
///     .original("Subject: x\r\n\r\nbody\r\n")
///     .compose(&"alice@example.org".parse().unwrap()).unwrap();
/// let text: Vec<u8> = dsn.chunks().concat();
/// assert_eq!(text.len() as u64, dsn.octets());
/// assert!(String::from_utf8(text).unwrap().contains("Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\n"));
/// ```
#[derive(Clone, Debug)]
pub struct Report {
    reporting_mta: Domain,
    message_id: String,
    boundary: String,
    date: DateTime,
    arrival: Option<DateTime>,
    envid: Option<Bytes>,
    ret: Return,
    recipients: Vec<RecipientReport>,
    original: Vec<Bytes>,
}

/// Why there is no notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DsnError {
    /// The message came from the null reverse-path.
    ///
    /// RFC 3461 section 6.1 and RFC 5321 section 4.5.5: a notification is never answered by another.
    #[error("the message is a notification itself")]
    NullReversePath,
    /// There is no recipient to report, or none that the sender wants to hear of (NOTIFY).
    #[error("nobody is to be reported")]
    NothingToReport,
    /// The message-id is none.
    #[error("not a message-id")]
    MessageId,
    /// The boundary is not one to seventy characters that need no quotes, or occurs in the returned message.
    #[error("not a usable boundary")]
    Boundary,
}

impl Report {
    /// A report by `reporting_mta`. The message-id, the boundary and the date are the caller's: nothing here is
    /// random, and nothing asks a clock.
    ///
    /// # Errors
    ///
    /// [`DsnError::MessageId`], [`DsnError::Boundary`].
    pub fn new(
        reporting_mta: Domain,
        message_id: &str,
        boundary: &str,
        date: DateTime,
    ) -> Result<Self, DsnError> {
        let inner =
            message_id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).ok_or(DsnError::MessageId)?;
        let good_id =
            inner.bytes().all(|octet| octet.is_ascii_graphic() && !b"<>()\"\\,;:[]".contains(&octet))
                && inner.split('@').filter(|half| !half.is_empty()).count() == 2
                && message_id.len() <= 250;
        if !good_id {
            return Err(DsnError::MessageId);
        }
        // RFC 2046 section 5.1.1: 1 to 70 characters; those that need quotes have no use here but "=".
        let good_boundary = (1..=70).contains(&boundary.len())
            && boundary.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"'+_-./=?".contains(&octet));
        if !good_boundary {
            return Err(DsnError::Boundary);
        }
        Ok(Self {
            reporting_mta,
            message_id: message_id.to_owned(),
            boundary: boundary.to_owned(),
            date,
            arrival: None,
            envid: None,
            ret: Return::Headers,
            recipients: Vec::new(),
            original: Vec::new(),
        })
    }

    /// When the message arrived here.
    #[must_use]
    pub fn arrival(mut self, date: DateTime) -> Self {
        self.arrival = Some(date);
        self
    }

    /// ENVID of MAIL, decoded (RFC 3464 section 2.2.1). Control characters in it are not passed on.
    #[must_use]
    pub fn envid(mut self, envid: Bytes) -> Self {
        self.envid = Some(envid);
        self
    }

    /// RET of MAIL: the whole message is returned, or its header (RFC 3461 section 4.3). The header by default.
    #[must_use]
    pub fn ret(mut self, ret: Return) -> Self {
        self.ret = ret;
        self
    }

    /// Adds a recipient.
    #[must_use]
    pub fn recipient(mut self, recipient: RecipientReport) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// Appends a piece of the original message; it is returned by reference, without a copy.
    #[must_use]
    pub fn original(mut self, octets: impl Into<Bytes>) -> Self {
        self.original.push(octets.into());
        self
    }

    /// Leaves out the recipients whose NOTIFY does not ask for their action (RFC 3461 section 4.1); without NOTIFY
    /// failures and delays are reported.
    #[must_use]
    pub fn honouring(mut self, notify: impl Fn(&RecipientReport) -> Option<Notify>) -> Self {
        self.recipients.retain(|recipient| recipient.is_wanted(notify(recipient)));
        self
    }

    /// The notification, addressed to the sender of the message.
    ///
    /// # Errors
    ///
    /// [`DsnError`]: there is none, and the message must not be bounced in any other way.
    pub fn compose(&self, to: &ReversePath) -> Result<Dsn, DsnError> {
        let ReversePath::Mailbox(to) = to else { return Err(DsnError::NullReversePath) };
        if self.recipients.is_empty() {
            return Err(DsnError::NothingToReport);
        }
        let chunks = render::render(self, to)?;
        Ok(Dsn { to: to.clone(), chunks })
    }
}

/// A notification, ready to be sent from [`ReversePath::Null`].
#[derive(Clone, Debug)]
pub struct Dsn {
    to: Mailbox,
    chunks: Vec<Bytes>,
}

impl Dsn {
    /// Whom it is for.
    pub fn to(&self) -> &Mailbox {
        &self.to
    }

    /// The message in pieces, in order; the original message is among them by reference.
    pub fn chunks(&self) -> &[Bytes] {
        &self.chunks
    }

    /// The exact length of all pieces.
    pub fn octets(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.len() as u64).sum()
    }
}

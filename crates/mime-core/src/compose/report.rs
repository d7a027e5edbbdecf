//! Reports: what machines tell each other about a message (RFC 6522).

use bytes::Bytes;

use super::{
    ComposeError, HeaderName, HeaderValue, MediaType,
    feedback::FeedbackReport,
    fold::{Field, Fields, write_to},
    header,
    part::Part,
    words,
};
use crate::{
    AddrSpec, DateTime, MessageId,
    report::{Action, DispositionType, Status, encode_utf8_addr},
};

/// A report on the delivery of a message (RFC 3464), for [`MessageBuilder::delivery_report`].
///
/// [`MessageBuilder::delivery_report`]: super::MessageBuilder::delivery_report
///
/// # Example
///
/// ```
/// use mime_core::{
///     AddrSpec, DateTime, Mailbox,
///     compose::{DeliveryReport, MessageBuilder, RandomIds, RecipientReport, Returned},
///     report::{Action, Class, Status},
/// };
///
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::from_unix(1_774_969_500, 120).ok_or("no date")?;
/// let status = Status { class: Class::Permanent, subject: 1, detail: 1 };
/// let recipient = RecipientReport::new(AddrSpec::try_from("nobody@example.com")?, Action::Failed, status)
///     .diagnostic("550 5.1.1 no such user");
/// let message = MessageBuilder::new()
///     .from(("Mail Delivery System", "mailer-daemon@example.de").try_into()?)
///     .to([Mailbox::try_from("juergen@example.de")?])
///     .subject("Undelivered Mail Returned to Sender")
///     .text("Your message could not be delivered to nobody@example.com.")
///     .delivery_report(DeliveryReport::new("mx.example.de").recipient(recipient))
///     .returned(Returned::Header((&b"Subject: Hi\r\n\r\n"[..]).into()))
///     .build(ids, date)?;
/// assert_eq!(message.envelope().sender(), None);
/// let octets = message.into_bytes().map_err(|_| "streamed")?;
/// let text = std::str::from_utf8(&octets)?;
/// assert!(text.contains("multipart/report; report-type=delivery-status;"));
/// assert!(text.contains(
///     "Reporting-MTA: dns; mx.example.de\r\n\
///      \r\n\
///      Final-Recipient: rfc822; nobody@example.com\r\n\
///      Action: failed\r\n\
///      Status: 5.1.1\r\n\
///      Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct DeliveryReport {
    mta: String,
    envelope_id: Option<String>,
    arrival: Option<DateTime>,
    fields: Vec<(HeaderName, HeaderValue)>,
    recipients: Vec<RecipientReport>,
}

/// What became of a message for one recipient (RFC 3464 section 2.3).
///
/// # Example
///
/// ```
/// use mime_core::compose::{DeliveryReport, RecipientReport};
/// use mime_core::report::{Action, Status};
/// use mime_core::{AddrSpec, Message};
/// # use mime_core::{DateTime, Mailbox, compose::{MessageBuilder, RandomIds}};
///
/// let failed = RecipientReport::new(AddrSpec::try_from("joe@example.org")?, Action::Failed, Status::parse(b"5.1.1").ok_or("no status")?)
///     .remote_mta("mx.example.org")
///     .diagnostic("550 5.1.1 no such user");
/// # let builder = MessageBuilder::new().from(("MTA", "mta@example.de").try_into()?).to([Mailbox::try_from("ana@example.de")?]).text("x");
/// let builder = builder.delivery_report(DeliveryReport::new("mx.example.de").recipient(failed));
/// # let (ids, date) = (RandomIds::new("example.de", || [7; 16])?, DateTime::new(2026, 3, 31, 17, 5, 0, 120).ok_or("no date")?);
/// let octets = builder.build(ids, date)?.into_bytes().map_err(|_| "streamed")?;
/// let report = Message::parse(octets);
/// let part = report.parts().find(|part| part.essence() == "message/delivery-status").ok_or("no part")?;
/// assert!(part.raw_body().ends_with(b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecipientReport {
    recipient: AddrSpec,
    action: Action,
    status: Status,
    original: Option<AddrSpec>,
    remote_mta: Option<String>,
    diagnostic: Option<String>,
    last_attempt: Option<DateTime>,
    retry_until: Option<DateTime>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

/// A notification of what was done with a message (RFC 8098), for [`MessageBuilder::disposition_report`].
///
/// [`MessageBuilder::disposition_report`]: super::MessageBuilder::disposition_report
#[derive(Clone, Debug)]
pub struct DispositionReport {
    recipient: AddrSpec,
    disposition: DispositionType,
    automatic_action: bool,
    sent_automatically: bool,
    reporting_ua: Option<String>,
    original: Option<AddrSpec>,
    message_id: Option<MessageId>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

/// What a report returns of the message that it is about (RFC 6522 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // RFC 6522 section 3 has no third
pub enum Returned {
    /// All of it: as with [`Attachment::message`](super::Attachment::message), it is not encoded.
    Message(Bytes),
    /// Its header (RFC 6522 section 4), which is encoded if it has to be.
    Header(Bytes),
}

/// One of the reports.
#[derive(Clone, Debug)]
pub(super) enum Machine {
    Delivery(DeliveryReport),
    Disposition(DispositionReport),
    Feedback(FeedbackReport),
}

impl Machine {
    /// Whether it is a notification, which nobody may be notified of in turn.
    pub(super) const fn is_notification(&self) -> bool {
        !matches!(self, Self::Feedback(_))
    }
}

impl DeliveryReport {
    /// A report by the host of this name. It needs a [`recipient`](Self::recipient).
    pub fn new(reporting_mta: impl Into<String>) -> Self {
        let (fields, recipients) = (Vec::new(), Vec::new());
        Self { mta: reporting_mta.into(), envelope_id: None, arrival: None, fields, recipients }
    }

    /// Sets what the sender called the envelope: the value of ENVID, decoded (RFC 3464 section 2.2.1).
    #[must_use]
    pub fn envelope_id(mut self, id: impl Into<String>) -> Self {
        self.envelope_id = Some(id.into());
        self
    }

    /// Sets when the message arrived (RFC 3464 section 2.2.5).
    #[must_use]
    pub const fn arrival(mut self, date: DateTime) -> Self {
        self.arrival = Some(date);
        self
    }

    /// Adds another field about the message.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Adds a recipient.
    #[must_use]
    pub fn recipient(mut self, recipient: RecipientReport) -> Self {
        self.recipients.push(recipient);
        self
    }

    fn octets(&self) -> Result<Vec<u8>, ComposeError> {
        let out = &mut Fields::new();
        if self.recipients.is_empty() {
            return Err(ComposeError::Invalid { field: "Final-Recipient" });
        }
        if let Some(id) = &self.envelope_id {
            header::structured(out, "Original-Envelope-Id", id, false)?;
        }
        header::structured(out, "Reporting-MTA", &format!("dns; {}", self.mta), false)?;
        dated(out, "Arrival-Date", self.arrival)?;
        own(out, &self.fields)?;
        let mut octets = Vec::new();
        write_to(out, &mut octets);
        for recipient in &self.recipients {
            out.clear();
            recipient.write(out)?;
            octets.extend_from_slice(b"\r\n");
            write_to(out, &mut octets);
        }
        Ok(octets)
    }
}

impl RecipientReport {
    /// What became of the message for this recipient.
    pub const fn new(recipient: AddrSpec, action: Action, status: Status) -> Self {
        Self {
            recipient,
            action,
            status,
            original: None,
            remote_mta: None,
            diagnostic: None,
            last_attempt: None,
            retry_until: None,
            fields: Vec::new(),
        }
    }

    /// Sets the recipient that the sender named (RFC 3464 section 2.3.1).
    #[must_use]
    pub fn original(mut self, recipient: AddrSpec) -> Self {
        self.original = Some(recipient);
        self
    }

    /// Sets the host that refused or took the message (RFC 3464 section 2.3.5).
    #[must_use]
    pub fn remote_mta(mut self, host: impl Into<String>) -> Self {
        self.remote_mta = Some(host.into());
        self
    }

    /// Sets the SMTP reply that was the reason (RFC 3464 section 2.3.6). Line ends in it become spaces.
    #[must_use]
    pub fn diagnostic(mut self, reply: impl Into<String>) -> Self {
        self.diagnostic = Some(reply.into());
        self
    }

    /// Sets when delivery was last tried (RFC 3464 section 2.3.7).
    #[must_use]
    pub const fn last_attempt(mut self, date: DateTime) -> Self {
        self.last_attempt = Some(date);
        self
    }

    /// Sets until when it will be tried (RFC 3464 section 2.3.9).
    #[must_use]
    pub const fn retry_until(mut self, date: DateTime) -> Self {
        self.retry_until = Some(date);
        self
    }

    /// Adds another field about the recipient.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    fn write(&self, out: &mut Fields) -> Result<(), ComposeError> {
        let action = match self.action {
            Action::Failed => "failed",
            Action::Delayed => "delayed",
            Action::Delivered => "delivered",
            Action::Relayed => "relayed",
            Action::Expanded => "expanded",
            Action::Unknown => return Err(ComposeError::Invalid { field: "Action" }),
        };
        if self.status.subject > 999 || self.status.detail > 999 {
            return Err(ComposeError::Invalid { field: "Status" });
        }
        if let Some(original) = &self.original {
            address(out, "Original-Recipient", original)?;
        }
        address(out, "Final-Recipient", &self.recipient)?;
        header::structured(out, "Action", action, false)?;
        header::structured(out, "Status", &self.status.to_string(), false)?;
        if let Some(host) = &self.remote_mta {
            header::structured(out, "Remote-MTA", &format!("dns; {host}"), false)?;
        }
        if let Some(reply) = &self.diagnostic {
            let reply = reply.replace("\r\n", " ").replace(['\r', '\n'], " ");
            let mut field = Field::new(out, "Diagnostic-Code");
            field.token(&["smtp;"])?;
            words::text(&mut field, reply.trim(), false)?;
            field.end();
        }
        dated(out, "Last-Attempt-Date", self.last_attempt)?;
        dated(out, "Will-Retry-Until", self.retry_until)?;
        own(out, &self.fields)
    }
}

impl DispositionReport {
    /// What was done with the message by its recipient, who decided on it and on this notification.
    pub const fn new(recipient: AddrSpec, disposition: DispositionType) -> Self {
        Self {
            recipient,
            disposition,
            automatic_action: false,
            sent_automatically: false,
            reporting_ua: None,
            original: None,
            message_id: None,
            fields: Vec::new(),
        }
    }

    /// Says whether a program decided what was done (RFC 8098 section 3.2.6.1).
    #[must_use]
    pub const fn automatic_action(mut self, automatic: bool) -> Self {
        self.automatic_action = automatic;
        self
    }

    /// Says whether a program decided to send the notification (RFC 8098 section 3.2.6.1).
    #[must_use]
    pub const fn sent_automatically(mut self, automatic: bool) -> Self {
        self.sent_automatically = automatic;
        self
    }

    /// Sets the program that reports: its host and its name (RFC 8098 section 3.2.1).
    #[must_use]
    pub fn reporting_ua(mut self, name: impl Into<String>) -> Self {
        self.reporting_ua = Some(name.into());
        self
    }

    /// Sets the recipient that the sender named (RFC 8098 section 3.2.3).
    #[must_use]
    pub fn original(mut self, recipient: AddrSpec) -> Self {
        self.original = Some(recipient);
        self
    }

    /// Sets the message that the notification is about (RFC 8098 section 3.2.5).
    #[must_use]
    pub fn message_id(mut self, id: MessageId) -> Self {
        self.message_id = Some(id);
        self
    }

    /// Adds another field.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    fn octets(&self) -> Result<Vec<u8>, ComposeError> {
        let out = &mut Fields::new();
        let disposition = match self.disposition {
            DispositionType::Displayed => "displayed",
            DispositionType::Dispatched => "dispatched",
            DispositionType::Processed => "processed",
            DispositionType::Deleted => "deleted",
            _ => return Err(ComposeError::Invalid { field: "Disposition" }),
        };
        if let Some(name) = &self.reporting_ua {
            header::structured(out, "Reporting-UA", name, false)?;
        }
        if let Some(original) = &self.original {
            address(out, "Original-Recipient", original)?;
        }
        address(out, "Final-Recipient", &self.recipient)?;
        if let Some(id) = &self.message_id {
            header::message_ids(out, "Original-Message-ID", std::slice::from_ref(id), false)?;
        }
        let action = if self.automatic_action { "automatic-action" } else { "manual-action" };
        let sent = if self.sent_automatically { "MDN-sent-automatically" } else { "MDN-sent-manually" };
        header::structured(out, "Disposition", &format!("{action}/{sent}; {disposition}"), false)?;
        own(out, &self.fields)?;
        let mut octets = Vec::new();
        write_to(out, &mut octets);
        Ok(octets)
    }
}

impl Machine {
    /// The multipart, around the text for people.
    pub(super) fn into_part(self, text: Part, returned: Option<Returned>) -> Result<Part, ComposeError> {
        let (octets, report_type, media_type) = match &self {
            Self::Delivery(report) => (report.octets()?, "delivery-status", "message/delivery-status"),
            Self::Disposition(report) => {
                (report.octets()?, "disposition-notification", "message/disposition-notification")
            }
            Self::Feedback(report) => {
                // RFC 5965 section 2, d: the message that the report is about, or its header, "MUST be included".
                if returned.is_none() {
                    return Err(ComposeError::ReportWithoutMessage);
                }
                (report.octets()?, "feedback-report", "message/feedback-report")
            }
        };
        let mut parts =
            vec![text, Part::Fields { media_type: MediaType::known(media_type), octets: octets.into() }];
        match returned {
            Some(Returned::Message(octets)) => parts.push(Part::Returned(octets)),
            Some(Returned::Header(octets)) => {
                parts.push(Part::Fields { media_type: MediaType::known("text/rfc822-headers"), octets });
            }
            None => {}
        }
        Ok(Part::Multipart { subtype: "report", parameter: Some(("report-type", report_type)), parts })
    }
}

pub(super) fn dated(
    out: &mut Fields,
    name: &'static str,
    date: Option<DateTime>,
) -> Result<(), ComposeError> {
    date.map_or(Ok(()), |date| header::structured(out, name, &date.to_string(), false))
}

pub(super) fn own(out: &mut Fields, fields: &[(HeaderName, HeaderValue)]) -> Result<(), ComposeError> {
    fields.iter().try_for_each(|(name, value)| value.write(out, name, false))
}

/// RFC 3464 section 2.1.2 and, for what is not ASCII, RFC 6533 section 3.
fn address(out: &mut Fields, name: &'static str, address: &AddrSpec) -> Result<(), ComposeError> {
    let text = address.to_string();
    let typed = if address.is_ascii() {
        format!("rfc822; {text}")
    } else {
        format!("utf-8; {}", encode_utf8_addr(&text))
    };
    header::structured(out, name, &typed, false)
}

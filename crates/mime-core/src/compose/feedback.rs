//! Feedback reports: what a receiver tells a sender of complaints.

use std::net::IpAddr;

use super::{
    ComposeError, HeaderName, HeaderValue,
    fold::{Fields, write_to},
    header,
    report::{dated, own},
};
use crate::{AddrSpec, AuthenticationResultsBuilder, DateTime, report::FeedbackType};

/// A report on a complaint about a message (RFC 5965), for [`MessageBuilder::feedback_report`].
///
/// It needs the message or its header, too ([`MessageBuilder::returned`]). What RFC 6591 adds for failed authentication is
/// given by [`field`](Self::field).
///
/// [`MessageBuilder::feedback_report`]: super::MessageBuilder::feedback_report
/// [`MessageBuilder::returned`]: super::MessageBuilder::returned
///
/// # Example
///
/// ```
/// use mime_core::{
///     AddrSpec, DateTime, Mailbox, Message,
///     compose::{FeedbackReport, MessageBuilder, RandomIds, Returned},
///     report::FeedbackType,
/// };
///
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::from_unix(1_774_969_500, 120).ok_or("no date")?;
/// let report = FeedbackReport::new(FeedbackType::Abuse, "Postwire/1.0")
///     .original_mail_from(Some(AddrSpec::try_from("werbung@example.com")?))
///     .source_ip([192, 0, 2, 1].into());
/// let message = MessageBuilder::new()
///     .from(("Beschwerden", "abuse@example.de").try_into()?)
///     .to([Mailbox::try_from("abuse@example.com")?])
///     .subject("FW: Gewonnen!")
///     .text("This is a complaint about a message from 192.0.2.1.")
///     .feedback_report(report)
///     .returned(Returned::Header((&b"Subject: Gewonnen!\r\n\r\n"[..]).into()))
///     .build(ids, date)?
///     .into_bytes()
///     .map_err(|_| "streamed")?;
/// let parsed = Message::parse(message);
/// let report = parsed.root().children().nth(1).ok_or("no report")?;
/// assert_eq!(report.essence(), "message/feedback-report");
/// assert_eq!(
///     report.decode().as_ref(),
///     b"Feedback-Type: abuse\r\n\
///       User-Agent: Postwire/1.0\r\n\
///       Version: 1\r\n\
///       Original-Mail-From: <werbung@example.com>\r\n\
///       Source-IP: 192.0.2.1\r\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct FeedbackReport {
    kind: FeedbackType,
    user_agent: String,
    envelope_id: Option<String>,
    mail_from: Option<Option<AddrSpec>>,
    arrival: Option<DateTime>,
    mta: Option<String>,
    source_ip: Option<IpAddr>,
    incidents: Option<u32>,
    authentication: Vec<String>,
    recipients: Vec<AddrSpec>,
    domains: Vec<String>,
    uris: Vec<String>,
    fields: Vec<(HeaderName, HeaderValue)>,
}

impl FeedbackReport {
    /// A complaint of this kind, reported by this program: its name, a slash and its version.
    pub fn new(kind: FeedbackType, user_agent: impl Into<String>) -> Self {
        Self {
            kind,
            user_agent: user_agent.into(),
            envelope_id: None,
            mail_from: None,
            arrival: None,
            mta: None,
            source_ip: None,
            incidents: None,
            authentication: Vec::new(),
            recipients: Vec::new(),
            domains: Vec::new(),
            uris: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// Sets what the sender called the envelope (RFC 5965 section 3.2).
    #[must_use]
    pub fn envelope_id(mut self, id: impl Into<String>) -> Self {
        self.envelope_id = Some(id.into());
        self
    }

    /// Sets the reverse-path of the message (RFC 5965 section 3.2); `None` is the empty one.
    #[must_use]
    pub fn original_mail_from(mut self, sender: Option<AddrSpec>) -> Self {
        self.mail_from = Some(sender);
        self
    }

    /// Sets when the message arrived (RFC 5965 section 3.2).
    #[must_use]
    pub const fn arrival(mut self, date: DateTime) -> Self {
        self.arrival = Some(date);
        self
    }

    /// Sets the host that reports (RFC 5965 section 3.2).
    #[must_use]
    pub fn reporting_mta(mut self, host: impl Into<String>) -> Self {
        self.mta = Some(host.into());
        self
    }

    /// Sets where the message came from (RFC 5965 section 3.2).
    #[must_use]
    pub const fn source_ip(mut self, address: IpAddr) -> Self {
        self.source_ip = Some(address);
        self
    }

    /// Sets how many incidents the report stands for (RFC 5965 section 3.2); one, if it is not given.
    #[must_use]
    pub const fn incidents(mut self, number: u32) -> Self {
        self.incidents = Some(number);
        self
    }

    /// Adds results of authentication (RFC 5965 section 3.3).
    #[must_use]
    pub fn authentication_results(mut self, results: AuthenticationResultsBuilder) -> Self {
        self.authentication.push(results.build().replace("\r\n\t", " "));
        self
    }

    /// Adds a recipient of the message (RFC 5965 section 3.3).
    #[must_use]
    pub fn original_rcpt_to(mut self, recipient: AddrSpec) -> Self {
        self.recipients.push(recipient);
        self
    }

    /// Adds a domain that the report is about (RFC 5965 section 3.3).
    #[must_use]
    pub fn reported_domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Adds a URI that the report is about (RFC 5965 section 3.3).
    #[must_use]
    pub fn reported_uri(mut self, uri: impl Into<String>) -> Self {
        self.uris.push(uri.into());
        self
    }

    /// Adds another field.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    pub(super) fn octets(&self) -> Result<Vec<u8>, ComposeError> {
        let kind = match self.kind {
            FeedbackType::Abuse => "abuse",
            FeedbackType::AuthFailure => "auth-failure",
            FeedbackType::Fraud => "fraud",
            FeedbackType::NotSpam => "not-spam",
            FeedbackType::Other => "other",
            FeedbackType::Virus => "virus",
            FeedbackType::Unknown => return Err(ComposeError::Invalid { field: "Feedback-Type" }),
        };
        let out = &mut Fields::new();
        header::structured(out, "Feedback-Type", kind, false)?;
        header::structured(out, "User-Agent", &self.user_agent, false)?;
        header::structured(out, "Version", "1", false)?;
        if let Some(id) = &self.envelope_id {
            header::structured(out, "Original-Envelope-Id", id, false)?;
        }
        if let Some(sender) = &self.mail_from {
            let sender = sender.as_ref().map(ToString::to_string).unwrap_or_default();
            header::structured(out, "Original-Mail-From", &format!("<{sender}>"), false)?;
        }
        dated(out, "Arrival-Date", self.arrival)?;
        if let Some(host) = &self.mta {
            header::structured(out, "Reporting-MTA", &format!("dns; {host}"), false)?;
        }
        // RFC 5965 section 3.2: "Addresses MUST be formatted as per section 4.1.3 of [SMTP]."
        let source = match self.source_ip {
            Some(IpAddr::V4(address)) => Some(address.to_string()),
            Some(IpAddr::V6(address)) => Some(format!("IPv6:{address}")),
            None => None,
        };
        if let Some(source) = source {
            header::structured(out, "Source-IP", &source, false)?;
        }
        if let Some(number) = self.incidents {
            header::structured(out, "Incidents", &number.to_string(), false)?;
        }
        for results in &self.authentication {
            header::structured(out, "Authentication-Results", results, false)?;
        }
        for recipient in &self.recipients {
            header::structured(out, "Original-Rcpt-To", &format!("<{recipient}>"), false)?;
        }
        for domain in &self.domains {
            header::structured(out, "Reported-Domain", domain, false)?;
        }
        for uri in &self.uris {
            header::structured(out, "Reported-URI", uri, false)?;
        }
        own(out, &self.fields)?;
        let mut octets = Vec::new();
        write_to(out, &mut octets);
        Ok(octets)
    }
}

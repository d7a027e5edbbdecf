//! Delivery status notifications (RFC 3464).

use std::{borrow::Cow, ops::Range};

use super::{Action, Field, Fields, Status, Typed, fields::Item};
use crate::{Config, DefectKind, Report};

/// What became of a message, recipient by recipient: the content of a message/delivery-status or
/// message/global-delivery-status part (RFC 3464 section 2.1, RFC 6533 section 4).
///
/// ```abnf
/// delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )
/// ```
///
/// Blocks are divided as they are meant rather than as they are written: a field of recipients among those of the
/// message begins a recipient, a second Final-Recipient in one block begins another, and a block in which no recipient
/// is named continues the one before it. Each of that is told as
/// [`DefectKind::ContainerDamaged`].
///
/// # Example
///
/// ```
/// use mime_core::{Config, report::{Action, DeliveryStatus}};
///
/// let content = b"Reporting-MTA: dns; mx.example.com\r\n\
///     \r\n\
///     Final-Recipient: rfc822; user@example.com\r\n\
///     Action: failed\r\n\
///     Status: 5.1.1\r\n\
///     Diagnostic-Code: smtp; 550 no such user\r\n";
/// let status = DeliveryStatus::parse(content, &Config::new(), &mut ());
/// assert_eq!(status.reporting_mta().unwrap().value(), "mx.example.com");
/// let [recipient] = status.recipients() else { panic!() };
/// assert_eq!(recipient.final_recipient().unwrap().address(), "user@example.com");
/// assert_eq!((recipient.action(), recipient.status().unwrap().to_string()), (Action::Failed, "5.1.1".to_owned()));
/// ```
#[derive(Clone, Debug)]
pub struct DeliveryStatus<'a> {
    message: Fields<'a>,
    recipients: Vec<RecipientStatus<'a>>,
}

/// What became of a message for one recipient (RFC 3464 section 2.3).
///
/// ```abnf
/// per-recipient-fields = [ original-recipient-field CRLF ] final-recipient-field CRLF action-field CRLF
///     status-field CRLF [ remote-mta-field CRLF ] [ diagnostic-code-field CRLF ] [ last-attempt-date-field CRLF ]
///     [ final-log-id-field CRLF ] [ will-retry-until-field CRLF ] *( extension-field CRLF )
/// ```
#[derive(Clone, Debug)]
pub struct RecipientStatus<'a> {
    fields: Fields<'a>,
}

const RECIPIENT_FIELDS: [&str; 9] = [
    "Original-Recipient",
    "Final-Recipient",
    "Action",
    "Status",
    "Remote-MTA",
    "Diagnostic-Code",
    "Last-Attempt-Date",
    "Final-Log-ID",
    "Will-Retry-Until",
];
const MESSAGE_FIELDS: [&str; 5] =
    ["Original-Envelope-Id", "Reporting-MTA", "DSN-Gateway", "Received-From-MTA", "Arrival-Date"];
/// Bits of the first two of `RECIPIENT_FIELDS`.
const ORIGINAL: u16 = 1;
const FINAL: u16 = 2;

/// The bit of a field in a table, or 0.
pub(super) fn bit(field: &Field<'_>, table: &[&str]) -> u16 {
    table.iter().zip(0u32..).find(|(name, _)| field.is(name)).map_or(0, |(_, at)| 1 << at)
}

impl<'a> DeliveryStatus<'a> {
    /// Reads the content of a part. At most [`Limits::addresses`](crate::Limits::addresses) recipients are given; what
    /// follows belongs to the last one.
    ///
    /// Reported: [`DefectKind::ContainerDamaged`] for blocks of irregular form, and a recipient or report without
    /// the fields that must be there; [`DefectKind::DuplicateField`], [`DefectKind::NonHeaderLine`], and
    /// [`DefectKind::InvalidValue`] for a status that is none.
    pub fn parse(octets: &'a [u8], config: &Config, report: &mut impl Report) -> Self {
        let most = config.limits.addresses;
        let mut fields = Fields::new(octets);
        let mut starts: Vec<usize> = Vec::new();
        let (mut new_block, mut seen, mut seen_message) = (false, 0u16, 0u16);
        let mut over = false;
        loop {
            let at = fields.position();
            let Some(item) = fields.item() else { break };
            let field = match item {
                Item::Blank => {
                    new_block = true;
                    continue;
                }
                Item::Other(span) => {
                    report.report(DefectKind::NonHeaderLine, span);
                    continue;
                }
                Item::Field(field) => field,
            };
            let bit = bit(&field, &RECIPIENT_FIELDS);
            let first_of_block = std::mem::take(&mut new_block);
            let begins = if starts.is_empty() {
                // Fields of recipients do not stand among those of the message.
                let begins = bit != 0 || (first_of_block && names_recipient(&fields));
                if begins && !first_of_block {
                    report.report(DefectKind::ContainerDamaged, field.span());
                }
                begins
            } else if first_of_block {
                let begins = bit & (ORIGINAL | FINAL) != 0 || names_recipient(&fields);
                // A block that names nobody; or one that was cut between the names of one recipient.
                let begins = begins && !(bit == FINAL && seen == ORIGINAL);
                if !begins {
                    report.report(DefectKind::ContainerDamaged, field.span());
                }
                begins
            } else {
                let begins = bit & (ORIGINAL | FINAL) & seen != 0;
                if begins {
                    report.report(DefectKind::ContainerDamaged, field.span());
                }
                begins
            };
            if begins && starts.len() < most {
                finish(&starts, seen, octets.len(), report);
                starts.push(at);
                seen = 0;
            } else if begins && !std::mem::replace(&mut over, true) {
                report.report(DefectKind::LimitTruncated, at..octets.len());
            }
            if over {
                continue;
            }
            if starts.is_empty() {
                let bit = self::bit(&field, &MESSAGE_FIELDS);
                if bit & seen_message != 0 {
                    report.report(DefectKind::DuplicateField, field.span());
                }
                seen_message |= bit;
            } else {
                if bit & seen != 0 {
                    report.report(DefectKind::DuplicateField, field.span());
                }
                seen |= bit;
                if field.is("Status") && Status::parse(field.value()).is_none() {
                    report.report(DefectKind::InvalidValue, field.span());
                }
            }
        }
        finish(&starts, seen, octets.len(), report);
        let first = starts.first().copied().unwrap_or(octets.len());
        // Reporting-MTA is the one field of the message that must be there.
        if seen_message & 2 == 0 || starts.is_empty() {
            report.report(DefectKind::ContainerDamaged, 0..first);
        }
        let ends = starts.iter().skip(1).copied().chain([octets.len()]);
        let recipients = starts
            .iter()
            .zip(ends)
            .map(|(&start, end)| RecipientStatus { fields: Fields::within(octets, start..end) })
            .collect();
        Self { message: Fields::within(octets, 0..first), recipients }
    }

    /// All fields about the message, extensions included.
    pub fn fields(&self) -> Fields<'a> {
        self.message.clone()
    }

    /// The recipients, in order.
    pub fn recipients(&self) -> &[RecipientStatus<'a>] {
        &self.recipients
    }

    /// Original-Envelope-Id: the identifier that the sender gave the transaction (RFC 3464 section 2.2.1).
    pub fn original_envelope_id(&self) -> Option<Cow<'a, str>> {
        self.message.text("Original-Envelope-Id")
    }

    /// Reporting-MTA: who writes this (RFC 3464 section 2.2.2).
    pub fn reporting_mta(&self) -> Option<Typed<'a>> {
        typed(&self.message, "Reporting-MTA")
    }

    /// DSN-Gateway: who translated this from a foreign report (RFC 3464 section 2.2.3).
    pub fn dsn_gateway(&self) -> Option<Typed<'a>> {
        typed(&self.message, "DSN-Gateway")
    }

    /// Received-From-MTA: who the message came from (RFC 3464 section 2.2.4).
    pub fn received_from_mta(&self) -> Option<Typed<'a>> {
        typed(&self.message, "Received-From-MTA")
    }

    /// Arrival-Date: when the message arrived, a date and time of RFC 5322 section 3.3 (RFC 3464 section 2.2.5).
    pub fn arrival_date(&self) -> Option<Field<'a>> {
        self.message.field("Arrival-Date")
    }
}

/// Whether the rest of this block names a recipient.
fn names_recipient(fields: &Fields<'_>) -> bool {
    let mut ahead = fields.clone();
    while let Some(item) = ahead.item() {
        match item {
            Item::Blank => return false,
            Item::Field(field) if bit(&field, &RECIPIENT_FIELDS) & (ORIGINAL | FINAL) != 0 => return true,
            Item::Field(_) | Item::Other(_) => {}
        }
    }
    false
}

/// Reports what the recipient that begins last lacks.
fn finish(starts: &[usize], seen: u16, end: usize, report: &mut impl Report) {
    let Some(&start) = starts.last() else { return };
    // RFC 3464 section 2.3: Final-Recipient, Action and Status must be there.
    const REQUIRED: u16 = 0b1110;
    if seen & REQUIRED != REQUIRED {
        report.report(DefectKind::ContainerDamaged, Range { start, end });
    }
}

pub(super) fn typed<'a>(fields: &Fields<'a>, name: &str) -> Option<Typed<'a>> {
    fields.field(name).map(|field| Typed::parse(field.value()))
}

impl<'a> RecipientStatus<'a> {
    /// All fields about the recipient, extensions included.
    pub fn fields(&self) -> Fields<'a> {
        self.fields.clone()
    }

    /// Original-Recipient: the address that the sender gave (RFC 3464 section 2.3.1). Some write it in xtext:
    /// [`decode_xtext`](super::decode_xtext).
    pub fn original_recipient(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Original-Recipient")
    }

    /// Final-Recipient: the address that this is about (RFC 3464 section 2.3.2).
    pub fn final_recipient(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Final-Recipient")
    }

    /// Action: what was done (RFC 3464 section 2.3.3); [`Action::Unknown`] if it is missing.
    pub fn action(&self) -> Action {
        self.fields.field("Action").map_or(Action::Unknown, |field| Action::parse(field.value()))
    }

    /// Status: why (RFC 3464 section 2.3.4).
    pub fn status(&self) -> Option<Status> {
        self.fields.field("Status").and_then(|field| Status::parse(field.value()))
    }

    /// Remote-MTA: who refused the recipient, if it was not the reporter itself (RFC 3464 section 2.3.5).
    pub fn remote_mta(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Remote-MTA")
    }

    /// Diagnostic-Code: what the remote side said, mostly an SMTP reply (RFC 3464 section 2.3.6).
    pub fn diagnostic_code(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Diagnostic-Code")
    }

    /// Localized-Diagnostic: the same in other languages, each with its language tag before a semicolon
    /// (RFC 6533 section 4).
    pub fn localized_diagnostics(&self) -> impl Iterator<Item = Typed<'a>> + use<'a> {
        self.fields.all("Localized-Diagnostic").map(|field| Typed::parse(field.value()))
    }

    /// Last-Attempt-Date: when it was last tried (RFC 3464 section 2.3.7).
    pub fn last_attempt_date(&self) -> Option<Field<'a>> {
        self.fields.field("Last-Attempt-Date")
    }

    /// Final-Log-ID: where the remote side has it in its log (RFC 3464 section 2.3.8).
    pub fn final_log_id(&self) -> Option<Cow<'a, str>> {
        self.fields.text("Final-Log-ID")
    }

    /// Will-Retry-Until: when the reporter gives up (RFC 3464 section 2.3.9).
    pub fn will_retry_until(&self) -> Option<Field<'a>> {
        self.fields.field("Will-Retry-Until")
    }
}

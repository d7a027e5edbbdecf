//! Message disposition notifications (RFC 8098).

use std::borrow::Cow;

use super::{
    Fields, Typed,
    delivery::{bit, typed},
    fields::Item,
    typed::without_comments,
};
use crate::{Config, DefectKind, Report};

/// What a recipient, or its program, did with a message: the content of a message/disposition-notification part
/// (RFC 8098 section 3.1), or of message/global-disposition-notification (RFC 6533 section 6).
///
/// ```abnf
/// disposition-notification-content = [ reporting-ua-field CRLF ] [ mdn-gateway-field CRLF ]
///     [ original-recipient-field CRLF ] final-recipient-field CRLF [ original-message-id-field CRLF ]
///     disposition-field CRLF *( error-field CRLF ) *( extension-field CRLF )
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Config, report::{DispositionNotification, DispositionType}};
///
/// let content = b"Reporting-UA: joes-pc.cs.example.com; Foomail 97.1\r\n\
///     Final-Recipient: rfc822;Joe_Recipient@example.com\r\n\
///     Original-Message-ID: <199509192301.23456@example.org>\r\n\
///     Disposition: manual-action/MDN-sent-manually; displayed\r\n";
/// let notification = DispositionNotification::parse(content, &Config::new(), &mut ());
/// assert_eq!(notification.original_message_id().unwrap(), "<199509192301.23456@example.org>");
/// let disposition = notification.disposition().unwrap();
/// assert_eq!(disposition.kind, DispositionType::Displayed);
/// assert!(!disposition.automatic_action && !disposition.sent_automatically);
/// ```
#[derive(Clone, Debug)]
pub struct DispositionNotification<'a> {
    fields: Fields<'a>,
}

/// What was done, and who decided it (RFC 8098 section 3.2.6).
///
/// ```abnf
/// disposition-field = "Disposition" ":" OWS disposition-mode OWS ";" OWS disposition-type
///     [ OWS "/" OWS disposition-modifier *( OWS "," OWS disposition-modifier ) ] OWS
/// disposition-mode = action-mode OWS "/" OWS sending-mode
/// action-mode = "manual-action" / "automatic-action"
/// sending-mode = "MDN-sent-manually" / "MDN-sent-automatically"
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Disposition<'a> {
    /// Whether a program decided what was done, not a person.
    pub automatic_action: bool,
    /// Whether a program decided to send this, not a person.
    pub sent_automatically: bool,
    /// What was done.
    pub kind: DispositionType,
    modifiers: Cow<'a, str>,
}

/// What was done with a message (RFC 8098 section 3.2.6.2).
///
/// # Example
///
/// ```
/// use mime_core::report::{Disposition, DispositionType};
///
/// let disposition = Disposition::parse(b" automatic-action/MDN-sent-automatically; deleted/error").unwrap();
/// assert_eq!(disposition.kind, DispositionType::Deleted);
/// assert!(disposition.sent_automatically && disposition.modifiers().eq(["error"]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DispositionType {
    /// It was displayed. Nobody knows whether it was read.
    Displayed,
    /// It was sent on, printed or the like without being displayed.
    Dispatched,
    /// It was processed without being displayed.
    Processed,
    /// It was deleted.
    Deleted,
    /// Obsolete: the recipient does not want the sender to know (RFC 3798 section 3.2.6).
    Denied,
    /// Obsolete: something failed (RFC 3798 section 3.2.6).
    Failed,
    /// Something else; the field says what.
    Unknown,
}

const ONCE: [&str; 6] = [
    "Final-Recipient",
    "Disposition",
    "Reporting-UA",
    "MDN-Gateway",
    "Original-Recipient",
    "Original-Message-ID",
];
const REQUIRED: u16 = 0b11;

impl<'a> DispositionNotification<'a> {
    /// Reads the content of a part.
    ///
    /// Reported: [`DefectKind::ContainerDamaged`] if Final-Recipient or Disposition are missing,
    /// [`DefectKind::DuplicateField`], [`DefectKind::NonHeaderLine`], and [`DefectKind::InvalidValue`] for a
    /// disposition that is none.
    pub fn parse(octets: &'a [u8], config: &Config, report: &mut impl Report) -> Self {
        let _ = config;
        let fields = Fields::new(octets);
        if check(&fields, &ONCE, report) & REQUIRED != REQUIRED {
            report.report(DefectKind::ContainerDamaged, 0..octets.len());
        }
        if let Some(field) = fields.field("Disposition")
            && Disposition::parse(field.value()).is_none()
        {
            report.report(DefectKind::InvalidValue, field.span());
        }
        Self { fields }
    }

    /// All fields, extensions included.
    pub fn fields(&self) -> Fields<'a> {
        self.fields.clone()
    }

    /// Reporting-UA: who writes this, a name and mostly a product behind a semicolon (RFC 8098 section 3.2.1).
    pub fn reporting_ua(&self) -> Option<Cow<'a, str>> {
        self.fields.text("Reporting-UA")
    }

    /// MDN-Gateway: who translated this from a foreign notification (RFC 8098 section 3.2.2).
    pub fn mdn_gateway(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "MDN-Gateway")
    }

    /// Original-Recipient: the address that the sender gave (RFC 8098 section 3.2.3).
    pub fn original_recipient(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Original-Recipient")
    }

    /// Final-Recipient: the address that this is about (RFC 8098 section 3.2.4).
    pub fn final_recipient(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Final-Recipient")
    }

    /// Original-Message-ID: the message that this is about, angle brackets included (RFC 8098 section 3.2.5).
    pub fn original_message_id(&self) -> Option<Cow<'a, str>> {
        self.fields.text("Original-Message-ID")
    }

    /// Disposition: what was done (RFC 8098 section 3.2.6). `None` if the field is missing or makes no sense.
    pub fn disposition(&self) -> Option<Disposition<'a>> {
        self.fields.field("Disposition").and_then(|field| Disposition::parse(field.value()))
    }

    /// Error: what went wrong, one text for each field (RFC 8098 section 3.2.7). The obsolete Failure and Warning are
    /// among the [`fields`](Self::fields).
    pub fn errors(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields.all("Error").map(|field| field.text())
    }
}

/// Reports lines that are no field and fields of the table that stand twice; the bits of those that are there.
pub(super) fn check(fields: &Fields<'_>, table: &[&str], report: &mut impl Report) -> u16 {
    let (mut fields, mut seen) = (fields.clone(), 0);
    while let Some(item) = fields.item() {
        match item {
            Item::Blank => {}
            Item::Other(span) => report.report(DefectKind::NonHeaderLine, span),
            Item::Field(field) => {
                let bit = bit(&field, table);
                if bit & seen != 0 {
                    report.report(DefectKind::DuplicateField, field.span());
                }
                seen |= bit;
            }
        }
    }
    seen
}

impl<'a> Disposition<'a> {
    /// Reads a raw value. Case, white space and comments do not matter; modes that are unknown or missing count as
    /// automatic, for nobody should take them for a person.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let text = without_comments(super::fields::unfold(value));
        let (mode, rest) = text.split_once(';')?;
        let (action, sending) = mode.split_once('/').unwrap_or((mode, ""));
        let (kind, modifiers) = rest.split_once('/').unwrap_or((rest, ""));
        let kind = match kind.trim() {
            "" => return None,
            kind if kind.eq_ignore_ascii_case("displayed") => DispositionType::Displayed,
            kind if kind.eq_ignore_ascii_case("dispatched") => DispositionType::Dispatched,
            kind if kind.eq_ignore_ascii_case("processed") => DispositionType::Processed,
            kind if kind.eq_ignore_ascii_case("deleted") => DispositionType::Deleted,
            kind if kind.eq_ignore_ascii_case("denied") => DispositionType::Denied,
            kind if kind.eq_ignore_ascii_case("failed") => DispositionType::Failed,
            _ => DispositionType::Unknown,
        };
        let automatic_action = !action.trim().eq_ignore_ascii_case("manual-action");
        let sent_automatically = !sending.trim().eq_ignore_ascii_case("MDN-sent-manually");
        let start = text.len().saturating_sub(modifiers.len());
        let modifiers = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(start..).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(start..).unwrap_or_default().to_owned()),
        };
        Some(Self { automatic_action, sent_automatically, kind, modifiers })
    }

    /// The modifiers, such as `error`, trimmed.
    pub fn modifiers(&self) -> Modifiers<'_> {
        Modifiers(&self.modifiers)
    }

    /// Whether something went wrong: the modifier `error`.
    pub fn is_error(&self) -> bool {
        self.modifiers().any(|modifier| modifier.eq_ignore_ascii_case("error"))
    }
}

/// The modifiers of a [`Disposition`], one after the other.
#[derive(Clone, Debug)]
pub struct Modifiers<'a>(&'a str);

impl<'a> Iterator for Modifiers<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.0.is_empty() {
            let (modifier, rest) = self.0.split_once(',').unwrap_or((self.0, ""));
            self.0 = rest;
            if !modifier.trim().is_empty() {
                return Some(modifier.trim());
            }
        }
        None
    }
}

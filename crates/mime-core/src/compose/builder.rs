//! The builder.

use super::{
    Attachment, ComposeError, Composed, Envelope, FeedbackReport, HeaderName, HeaderValue, Ids, MediaType,
    calendar,
    fold::Fields,
    header,
    part::{Assembly, Part, Style},
    report::{DeliveryReport, DispositionReport, Machine, Returned},
};
use crate::{Address, DateTime, Mailbox, MessageId};

/// Builds a message: fields, texts, attachments.
///
/// Every method sets or adds something; nothing is checked before [`build`](Self::build), which refuses rather than
/// leave something out. What the fields, texts and attachments are made into:
///
/// ```text
/// multipart/mixed                  if there are attachments
///   multipart/alternative          if there are several texts
///     text/plain
///     multipart/related            if there are images of the HTML
///       text/html
///       image/png ...
///     text/calendar ...
///   application/pdf ...
/// ```
///
/// Lines have at most 78 octets where that can be, and never more than 998 (RFC 5322 section 2.1.1). The message is
/// ASCII, whatever is in it, unless [`smtputf8`](Self::smtputf8) or [`eight_bit`](Self::eight_bit) allow more. Bcc is in
/// the [envelope](Composed::envelope), never in the message.
///
/// # Example
///
/// ```
/// use mime_core::{
///     DateTime, Mailbox,
///     compose::{Attachment, MessageBuilder, RandomIds},
/// };
///
/// // In earnest: octets of the operating system's random source.
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::new(2026, 3, 31, 17, 5, 0, 120).ok_or("no date")?;
/// let message = MessageBuilder::new()
///     .from(("Jürgen Groß", "juergen@example.de").try_into()?)
///     .to([Mailbox::try_from("ana@example.com")?])
///     .bcc([Mailbox::try_from("archiv@example.de")?])
///     .subject("Übersicht für März")
///     .text("Siehe Anhang.")
///     .attach(Attachment::new("Bericht.pdf", &b"%PDF-1.7"[..]))
///     .build(ids, date)?;
/// assert_eq!(message.envelope().recipients().len(), 2);
/// let octets = message.into_bytes().map_err(|_| "streamed")?;
/// let text = std::str::from_utf8(&octets)?;
/// assert!(text.contains("\r\nSubject: =?utf-8?q?=C3=9Cbersicht_f=C3=BCr_M=C3=A4rz?=\r\n"));
/// assert!(!text.contains("archiv@example.de"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MessageBuilder {
    from: Vec<Mailbox>,
    sender: Option<Mailbox>,
    reply_to: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
    subject: Option<String>,
    message_id: Option<MessageId>,
    in_reply_to: Vec<MessageId>,
    references: Vec<MessageId>,
    fields: Vec<(HeaderName, HeaderValue)>,
    text: Option<(MediaType, String)>,
    html: Option<String>,
    related: Vec<Attachment>,
    alternatives: Vec<(MediaType, String)>,
    calendar: Option<String>,
    attachments: Vec<Attachment>,
    report: Option<Machine>,
    returned: Option<Returned>,
    style: Style,
}

impl MessageBuilder {
    /// A message with nothing in it.
    pub const fn new() -> Self {
        Self {
            from: Vec::new(),
            sender: None,
            reply_to: Vec::new(),
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: None,
            message_id: None,
            in_reply_to: Vec::new(),
            references: Vec::new(),
            fields: Vec::new(),
            text: None,
            html: None,
            related: Vec::new(),
            alternatives: Vec::new(),
            calendar: None,
            attachments: Vec::new(),
            report: None,
            returned: None,
            style: Style { utf8: false, eight_bit: false, legacy_names: false },
        }
    }

    /// Adds an author (RFC 5322 section 3.6.2). There has to be one; several need a [`sender`](Self::sender).
    #[must_use]
    pub fn from(mut self, author: Mailbox) -> Self {
        self.from.push(author);
        self
    }

    /// Sets who sends the message, if that is not the author (RFC 5322 section 3.6.2).
    #[must_use]
    pub fn sender(mut self, sender: Mailbox) -> Self {
        self.sender = Some(sender);
        self
    }

    /// Adds addresses for replies (RFC 5322 section 3.6.2).
    #[must_use]
    pub fn reply_to(mut self, addresses: impl IntoIterator<Item = impl Into<Address>>) -> Self {
        self.reply_to.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Adds recipients (RFC 5322 section 3.6.3).
    #[must_use]
    pub fn to(mut self, addresses: impl IntoIterator<Item = impl Into<Address>>) -> Self {
        self.to.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Adds recipients of copies (RFC 5322 section 3.6.3).
    #[must_use]
    pub fn cc(mut self, addresses: impl IntoIterator<Item = impl Into<Address>>) -> Self {
        self.cc.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Adds recipients whom the others do not see: they are in the [envelope](Composed::envelope) and in no field
    /// (RFC 5322 section 3.6.3).
    #[must_use]
    pub fn bcc(mut self, addresses: impl IntoIterator<Item = impl Into<Address>>) -> Self {
        self.bcc.extend(addresses.into_iter().map(Into::into));
        self
    }

    /// Sets the subject (RFC 5322 section 3.6.5).
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Sets the message identifier; otherwise [`Ids::message_id`] makes one.
    #[must_use]
    pub fn message_id(mut self, id: MessageId) -> Self {
        self.message_id = Some(id);
        self
    }

    /// Sets what the message is a reply to (RFC 5322 section 3.6.4); see [`reply`](Self::reply).
    #[must_use]
    pub fn in_reply_to(mut self, ids: impl IntoIterator<Item = MessageId>) -> Self {
        self.in_reply_to = ids.into_iter().collect();
        self
    }

    /// Sets the thread that the message belongs to, the first one first (RFC 5322 section 3.6.4).
    #[must_use]
    pub fn references(mut self, ids: impl IntoIterator<Item = MessageId>) -> Self {
        self.references = ids.into_iter().collect();
        self
    }

    /// Adds a field of your own.
    #[must_use]
    pub fn field(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.fields.push((name, value));
        self
    }

    /// Sets the text. CR, LF and CRLF end a line, and so does the end.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some((MediaType::known("text/plain"), text.into()));
        self
    }

    /// Sets the text in HTML, which stands beside [`text`](Self::text) and says the same.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }

    /// Adds what the HTML refers to by its [`cid_url`](super::cid_url): images, style sheets (RFC 2387).
    #[must_use]
    pub fn related(mut self, part: Attachment) -> Self {
        self.related.push(part.inline());
        self
    }

    /// Adds the same in another type, which programs that know it prefer (RFC 2046 section 5.1.4). A charset among the
    /// parameters is replaced by the one that the text is written in.
    #[must_use]
    pub fn alternative(mut self, media_type: MediaType, text: impl Into<String>) -> Self {
        self.alternatives.push((media_type, text.into()));
        self
    }

    /// Sets the invitation, or the answer to one, that the message carries: a calendar (RFC 5545) of one method, beside
    /// the texts that say the same to people. The method is that of its own property METHOD (RFC 6047 section 2.4).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{
    ///     DateTime, Message,
    ///     compose::{MessageBuilder, RandomIds},
    /// };
    ///
    /// let ids = RandomIds::new("example.de", || [7; 16])?;
    /// let date = DateTime::new(2026, 3, 31, 17, 5, 0, 120).ok_or("no date")?;
    /// let message = MessageBuilder::new()
    ///     .from("ana@example.com".try_into()?)
    ///     .text("Morgen um neun?")
    ///     .calendar("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
    ///     .build(ids, date)?;
    /// let message = Message::parse(message.into_bytes().map_err(|_| "streamed")?);
    /// let calendar = message.root().children().nth(1).ok_or("no calendar")?;
    /// assert_eq!(
    ///     calendar.field("Content-Type").unwrap().raw_value(),
    ///     b" text/calendar; charset=us-ascii; method=REQUEST"
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn calendar(mut self, text: impl Into<String>) -> Self {
        self.calendar = Some(text.into());
        self
    }

    /// Adds an attachment.
    #[must_use]
    pub fn attach(mut self, attachment: Attachment) -> Self {
        self.attachments.push(attachment);
        self
    }

    /// Makes the message a report on a delivery (RFC 3464), with the [text](Self::text) for people before it.
    ///
    /// Reports are sent with the empty reverse-path, and say in Auto-Submitted what they are (RFC 3834 section 5), unless
    /// you give that field yourself.
    #[must_use]
    pub fn delivery_report(mut self, report: DeliveryReport) -> Self {
        self.report = Some(Machine::Delivery(report));
        self
    }

    /// Makes the message a notification of what was done with another (RFC 8098), with the [text](Self::text) for people
    /// before it. As with [`delivery_report`](Self::delivery_report), the reverse-path is empty.
    #[must_use]
    pub fn disposition_report(mut self, report: DispositionReport) -> Self {
        self.report = Some(Machine::Disposition(report));
        self
    }

    /// Makes the message a report on a complaint about another (RFC 5965), with the [text](Self::text) for people before
    /// it, and the other message or its header ([`returned`](Self::returned)) behind it.
    #[must_use]
    pub fn feedback_report(mut self, report: FeedbackReport) -> Self {
        self.report = Some(Machine::Feedback(report));
        self
    }

    /// Sets what a report returns of the message that it is about.
    #[must_use]
    pub fn returned(mut self, returned: Returned) -> Self {
        self.returned = Some(returned);
        self
    }

    /// Whether fields may be UTF-8 (RFC 6532), for transport with SMTPUTF8 (RFC 6531). Off by default.
    #[must_use]
    pub const fn smtputf8(mut self, allowed: bool) -> Self {
        self.style.utf8 = allowed;
        self
    }

    /// Whether texts may have octets above 127 without being encoded, for transport with 8BITMIME (RFC 6152). Off by
    /// default.
    #[must_use]
    pub const fn eight_bit(mut self, allowed: bool) -> Self {
        self.style.eight_bit = allowed;
        self
    }

    /// Whether the name of an attachment stands in Content-Type too, in encoded words if it has to. Off by default.
    ///
    /// RFC 2047 section 5 does not allow that, RFC 2231 tells how it is done, and Content-Disposition has it so; but there
    /// were programs that looked nowhere else. A reader that is strict finds the message ambiguous then.
    #[must_use]
    pub const fn legacy_names(mut self, written: bool) -> Self {
        self.style.legacy_names = written;
        self
    }

    /// Composes the message.
    ///
    /// Takes identifiers and boundaries from `ids`; what can go wrong has been checked before anything is given out.
    ///
    /// # Errors
    ///
    /// [`ComposeError`] says what cannot be written as it is.
    pub fn build(self, ids: impl Ids, date: DateTime) -> Result<Composed, ComposeError> {
        let envelope = self.envelope()?;
        let mut assembly = Assembly::new(ids, self.style);
        let id = self.message_id.clone().unwrap_or_else(|| assembly.ids().message_id());
        let header = self.header(id, date)?;
        Composed::new(assembly.finish(header, self.into_part()?)?, envelope)
    }

    fn envelope(&self) -> Result<Envelope, ComposeError> {
        let sender = match (self.from.as_slice(), &self.sender) {
            ([], _) => return Err(ComposeError::NoAuthor),
            (_, Some(sender)) => sender,
            ([author], None) => author,
            // RFC 5322 section 3.6.2: "If the from field contains more than one mailbox specification in the
            // mailbox-list, then the sender field, containing the field name "Sender" and a single mailbox
            // specification, MUST appear in the message."
            (_, None) => return Err(ComposeError::NoSender),
        };
        let recipients = [&self.to, &self.cc, &self.bcc].into_iter().flatten().flat_map(Address::mailboxes);
        // RFC 3464 section 2: "Whenever an SMTP transaction is used to send a DSN, the MAIL FROM command MUST use a NULL
        // return address"; RFC 8098 section 3 has the same for notifications.
        let silent = self.report.as_ref().is_some_and(Machine::is_notification);
        let sender = (!silent).then(|| sender.address().clone());
        Ok(Envelope::new(sender, recipients.map(|mailbox| mailbox.address().clone())))
    }

    fn header(&self, id: MessageId, date: DateTime) -> Result<Fields, ComposeError> {
        let out = &mut Fields::new();
        let utf8 = self.style.utf8;
        if !utf8 && self.bcc.iter().flat_map(Address::mailboxes).any(|bcc| !bcc.address().is_ascii()) {
            return Err(ComposeError::NotAscii { field: "Bcc".to_owned() });
        }
        header::structured(out, "Date", &date.to_string(), false)?;
        let from: Vec<_> = self.from.iter().cloned().map(Address::from).collect();
        let sender: Vec<_> = self.sender.iter().cloned().map(Address::from).collect();
        for (name, list) in [
            ("From", &from),
            ("Sender", &sender),
            ("Reply-To", &self.reply_to),
            ("To", &self.to),
            ("Cc", &self.cc),
        ] {
            if !list.is_empty() {
                header::addresses(out, name, list, utf8)?;
            }
        }
        if let Some(subject) = &self.subject {
            header::text(out, "Subject", subject, utf8)?;
        }
        for (name, ids) in
            [("Message-ID", &vec![id]), ("In-Reply-To", &self.in_reply_to), ("References", &self.references)]
        {
            if !ids.is_empty() {
                header::message_ids(out, name, ids, utf8)?;
            }
        }
        for (name, value) in &self.fields {
            value.write(out, name, utf8)?;
        }
        let said = self.fields.iter().any(|(name, _)| name.as_str().eq_ignore_ascii_case("Auto-Submitted"));
        if let Some(report) = self.report.as_ref().filter(|_| !said) {
            // RFC 3834 section 5: feedback answers nothing that was sent to who gives it.
            let value = if report.is_notification() { "auto-replied" } else { "auto-generated" };
            header::structured(out, "Auto-Submitted", value, false)?;
        }
        header::structured(out, "MIME-Version", "1.0", false)?;
        Ok(std::mem::take(out))
    }

    fn into_part(self) -> Result<Part, ComposeError> {
        let mut texts: Vec<Part> = Vec::new();
        if let Some((media_type, text)) = self.text {
            texts.push(Part::Text { media_type, text });
        }
        match self.html {
            Some(text) => {
                let html = Part::Text { media_type: MediaType::known("text/html"), text };
                texts.push(if self.related.is_empty() {
                    html
                } else {
                    let parts =
                        std::iter::once(html).chain(self.related.into_iter().map(Part::Attachment)).collect();
                    // RFC 2387 section 3.1: "The type parameter must be specified and its value is the MIME media type
                    // of the "root" body part."
                    Part::Multipart { subtype: "related", parameter: Some(("type", "text/html")), parts }
                });
            }
            None if !self.related.is_empty() => return Err(ComposeError::RelatedWithoutHtml),
            None => {}
        }
        texts.extend(self.alternatives.into_iter().map(|(media_type, text)| Part::Text { media_type, text }));
        if let Some(text) = self.calendar {
            texts.push(Part::Text { media_type: calendar::media_type(&text)?, text });
        }
        let body = if texts.len() > 1 {
            Some(Part::Multipart { subtype: "alternative", parameter: None, parts: texts })
        } else {
            texts.pop()
        };
        if let Some(report) = self.report {
            if !self.attachments.is_empty() {
                return Err(ComposeError::ReportWithAttachments);
            }
            return report.into_part(body.ok_or(ComposeError::ReportWithoutText)?, self.returned);
        }
        if self.returned.is_some() {
            return Err(ComposeError::ReturnedWithoutReport);
        }
        if self.attachments.is_empty() {
            let empty = || Part::Text { media_type: MediaType::known("text/plain"), text: String::new() };
            return Ok(body.unwrap_or_else(empty));
        }
        let parts = body.into_iter().chain(self.attachments.into_iter().map(Part::Attachment)).collect();
        Ok(Part::Multipart { subtype: "mixed", parameter: None, parts })
    }
}

impl Default for MessageBuilder {
    fn default() -> Self {
        Self::new()
    }
}

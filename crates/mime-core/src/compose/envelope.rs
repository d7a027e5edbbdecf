//! Who sends, and to whom.

use std::collections::HashSet;

use bytes::Bytes;
use thiserror::Error;

use crate::{AddrSpec, AddressList, AddressRef, Defect, DefectKind, Field, Message, edit::EditError};

/// The envelope of a message: who sends it, and to whom. It is what MAIL FROM and RCPT TO are made of.
///
/// Nobody is in it twice.
///
/// # Example
///
/// ```
/// use mime_core::{Message, compose::Envelope};
///
/// let draft = Message::parse(
///     "From: Jürgen <juergen@example.de>\r\nTo: Freunde: ana@example.com, ben@example.com;\r\n\
///      Cc: Ana <ana@EXAMPLE.com>\r\nBcc: archiv@example.de\r\n\r\nHallo\r\n",
/// );
/// let envelope = Envelope::of(&draft)?;
/// assert_eq!(envelope.sender().unwrap().to_string(), "juergen@example.de");
/// let recipients: Vec<_> = envelope.recipients().iter().map(ToString::to_string).collect();
/// assert_eq!(recipients, ["ana@example.com", "ben@example.com", "archiv@example.de"]);
/// # Ok::<(), mime_core::compose::EnvelopeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    sender: Option<AddrSpec>,
    recipients: Vec<AddrSpec>,
}

/// Why a message has no envelope that could be used: nobody is left out to make one all the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// There is no field with the one mailbox that sends.
    #[error("the message does not say who sends it")]
    NoSender,
    /// Something among the addresses of a field is none, or there are more than
    /// [`Limits::addresses`](crate::Limits::addresses).
    #[error("{field} holds something that is no address: {text}")]
    Address {
        /// The name of the field.
        field: String,
        /// What it is.
        text: String,
    },
}

impl Envelope {
    /// An envelope; `None` is the empty reverse-path, which reports have (RFC 3464 section 2).
    pub fn new(sender: Option<AddrSpec>, recipients: impl IntoIterator<Item = AddrSpec>) -> Self {
        let mut known = HashSet::new();
        let recipients = recipients.into_iter().filter(|address| known.insert(address.clone())).collect();
        Self { sender, recipients }
    }

    /// The envelope for sending a message that is written already: a draft, or one that its author has resent.
    ///
    /// Without Resent-* the sender is in Sender or From, and recipients are those of all To, Cc and Bcc. With them it is the
    /// newest block that counts, which is the first, and nothing else (RFC 5322 section 3.6.6). Send the message
    /// [`without_bcc`].
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] if nobody sends, or if one of the addresses is none.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{Message, compose::Envelope};
    ///
    /// let resent = Message::parse(
    ///     "Resent-From: ben@example.com\r\nResent-To: cem@example.org\r\n\
    ///      Received: by mx.example.com; Thu, 1 Jan 2026 00:00:00 +0000\r\n\
    ///      Resent-From: ana@example.com\r\nResent-To: ben@example.com\r\n\
    ///      From: juergen@example.de\r\nTo: ana@example.com\r\n\r\nHallo\r\n",
    /// );
    /// let envelope = Envelope::of(&resent)?;
    /// assert_eq!(envelope.sender().unwrap().to_string(), "ben@example.com");
    /// assert_eq!(envelope.recipients()[0].to_string(), "cem@example.org");
    /// assert_eq!(envelope.recipients().len(), 1);
    /// # Ok::<(), mime_core::compose::EnvelopeError>(())
    /// ```
    pub fn of(message: &Message) -> Result<Self, EnvelopeError> {
        let block = resent_block(message);
        let resent = !block.is_empty();
        let fields = if resent { block } else { message.root().fields().collect() };
        let named = |name: &'static str| {
            fields.iter().copied().filter(move |field| {
                let prefix = if resent { field.name().get(..RESENT.len()) } else { Some("") };
                prefix
                    .and_then(|prefix| field.name().get(prefix.len()..))
                    .is_some_and(|rest| rest.eq_ignore_ascii_case(name))
            })
        };
        let mut sender = None;
        for name in ["Sender", "From"] {
            let mut addresses = Vec::new();
            for field in named(name) {
                mailboxes(field, &mut addresses)?;
            }
            match <[AddrSpec; 1]>::try_from(addresses) {
                Ok([address]) => {
                    sender = Some(address);
                    break;
                }
                Err(none) if none.is_empty() => {}
                // RFC 5322 section 3.6.2: "If the from field contains more than one mailbox specification in the
                // mailbox-list, then the sender field, containing the field name "Sender" and a single mailbox
                // specification, MUST appear in the message."
                Err(_) => return Err(EnvelopeError::NoSender),
            }
        }
        let sender = sender.ok_or(EnvelopeError::NoSender)?;
        let mut recipients = Vec::new();
        for name in ["To", "Cc", "Bcc"] {
            for field in named(name) {
                mailboxes(field, &mut recipients)?;
            }
        }
        Ok(Self::new(Some(sender), recipients))
    }

    /// Who sends.
    pub const fn sender(&self) -> Option<&AddrSpec> {
        self.sender.as_ref()
    }

    /// To whom: To, Cc and Bcc, in this order.
    pub fn recipients(&self) -> &[AddrSpec] {
        &self.recipients
    }

    /// Whether all addresses are ASCII; others need SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        self.sender.iter().chain(&self.recipients).all(AddrSpec::is_ascii)
    }
}

/// The message as it is to be sent: without Bcc and Resent-Bcc (RFC 5322 section 3.6.3), everything else octet for octet.
/// The pieces belong behind each other; nothing is copied.
///
/// Lines go, too, that some program would take for one of those fields: with white space before the colon, or with
/// illegal octets in the name.
///
/// # Errors
///
/// [`EditError::Unread`] if the header has more fields than [`Limits`](crate::Limits) allow: Bcc may be among the others.
///
/// # Example
///
/// ```
/// use mime_core::{Message, compose::without_bcc};
///
/// let draft = Message::parse("To: a@example.org\r\nBcc: b@example.org,\r\n c@example.org\r\nSubject: x\r\n\r\nHallo\r\n");
/// assert_eq!(without_bcc(&draft)?.concat(), b"To: a@example.org\r\nSubject: x\r\n\r\nHallo\r\n");
/// # Ok::<(), mime_core::edit::EditError>(())
/// ```
pub fn without_bcc(message: &Message) -> Result<Vec<Bytes>, EditError> {
    let mut edit = message.edit();
    let header = message.root().header_span();
    let mut at = header.start;
    for field in message.root().lines() {
        at = field.span().end;
        if is_bcc(field) {
            edit.remove_field(field)?;
        }
    }
    if at < header.end {
        return Err(EditError::Unread { at });
    }
    edit.pieces()
}

fn is_bcc(field: Field<'_>) -> bool {
    let name = field.raw().split(|octet| *octet == b':').next().unwrap_or_default();
    let name: Vec<u8> =
        name.iter().filter(|octet| octet.is_ascii_graphic()).map(u8::to_ascii_lowercase).collect();
    matches!(name.as_slice(), b"bcc" | b"resent-bcc")
}

const RESENT: &str = "Resent-";

/// The first fields of Resent-* that follow each other, up to one that is there already.
fn resent_block(message: &Message) -> Vec<Field<'_>> {
    let is_resent = |field: &Field<'_>| {
        field.name().get(..RESENT.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(RESENT))
    };
    let mut block: Vec<Field<'_>> = Vec::new();
    for field in message.root().fields().skip_while(|field| !is_resent(field)).take_while(is_resent) {
        // RFC 5322 section 3.6: each of them stands once in a block.
        if block.iter().any(|known| known.is(field.name())) {
            break;
        }
        block.push(field);
    }
    block
}

/// The mailboxes of a field, all of them or none.
fn mailboxes(field: Field<'_>, addresses: &mut Vec<AddrSpec>) -> Result<(), EnvelopeError> {
    let value = field.raw_value();
    if value.trim_ascii().is_empty() {
        return Ok(());
    }
    let wrong = |octets: &[u8]| EnvelopeError::Address {
        field: field.name().to_owned(),
        text: String::from_utf8_lossy(octets).trim().to_owned(),
    };
    let mut defects: Vec<Defect> = Vec::new();
    for address in AddressList::parse(value, field.message().config(), &mut defects) {
        if let AddressRef::Mailbox(mailbox) = address {
            let address = mailbox.to_mailbox().ok_or_else(|| wrong(mailbox.raw()))?;
            addresses.push(address.into_address());
        }
    }
    match defects.iter().find(|defect| {
        matches!(defect.kind, DefectKind::InvalidAddress | DefectKind::Unclosed | DefectKind::LimitTruncated)
    }) {
        Some(defect) => Err(wrong(value.get(defect.span.clone()).unwrap_or(value))),
        None => Ok(()),
    }
}

//! Answers, and messages passed on.

use std::collections::HashSet;

use bytes::Bytes;

use super::{Attachment, MessageBuilder, without_bcc};
use crate::{AddrSpec, AddressList, AddressRef, Mailbox, Message, MessageId, MessageIds, edit::EditError};

/// To whom a reply goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Audience {
    /// To where the author wants replies: Reply-To, or From if there is none (RFC 5322 section 3.6.2).
    #[default]
    ReplyTo,
    /// To the author, wherever the author wants replies: mailing lists change Reply-To.
    Author,
    /// To the author, as with [`ReplyTo`](Self::ReplyTo), and to everybody who got the message, as copies.
    All,
}

/// A reply to a message: whom it goes to, what it says it is about, and what it belongs to.
///
/// From is yours to add, and so is text. Mail-Followup-To and List-Post are yours to look at: set
/// [`to`](MessageBuilder::to) as you like then.
///
/// # Example
///
/// ```
/// use mime_core::{
///     AddrSpec, DateTime, Message,
///     compose::{Audience, RandomIds, Reply},
/// };
///
/// let parent = Message::parse(
///     "From: Ana <ana@example.com>\r\nTo: juergen@example.de, cem@example.org\r\nSubject: AW: Übersicht\r\n\
///      Message-ID: <2@example.com>\r\nReferences: <1@example.de>\r\n\r\nHallo\r\n",
/// );
/// let own = [AddrSpec::try_from("juergen@example.de")?];
/// let reply = Reply::new(&parent, Audience::All, &own);
/// assert!(reply.skipped().is_empty());
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::new(2026, 3, 31, 17, 5, 0, 120).ok_or("no date")?;
/// let message =
///     reply.into_builder().from(own[0].clone().into()).text("Danke!").build(ids, date)?.into_bytes().map_err(|_| "streamed")?;
/// let message = Message::parse(message);
/// assert_eq!(message.subject().as_deref(), Some("Re: Übersicht"));
/// assert_eq!(message.raw_field("To"), Some(&b" Ana <ana@example.com>"[..]));
/// assert_eq!(message.raw_field("Cc"), Some(&b" cem@example.org"[..]));
/// assert_eq!(message.raw_field("In-Reply-To"), Some(&b" <2@example.com>"[..]));
/// assert_eq!(message.raw_field("References"), Some(&b" <1@example.de> <2@example.com>"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reply {
    builder: MessageBuilder,
    skipped: Vec<String>,
}

impl Reply {
    /// A reply; `own` are the addresses of who replies, who gets no copy. If all would go to them, since the message is
    /// their own, the reply goes to whom the message went.
    ///
    /// The subject loses `Re:`, `AW:`, `Antw:` and `SV:`, however many it has, and gets one `Re:` (RFC 5322 section 3.6.5).
    /// Control characters in it become spaces. Of very many References the first and the last stay, 100 in all. Resent-* do
    /// not count (RFC 5322 section 3.6.6).
    pub fn new(parent: &Message, audience: Audience, own: &[AddrSpec]) -> Self {
        let mut skipped = Vec::new();
        let mut read = |list: AddressList<'_>| mailboxes(list, own, &mut skipped);
        let mut to = match audience {
            Audience::Author => Vec::new(),
            _ => read(parent.reply_to()),
        };
        let names_nobody = parent.reply_to().next().is_none();
        if audience == Audience::Author || names_nobody {
            to = read(parent.from());
        }
        let mut cc = Vec::new();
        if to.is_empty() {
            // The message is one's own.
            to = read(parent.to());
            if audience == Audience::All {
                cc = read(parent.cc());
            }
        } else if audience == Audience::All {
            cc = read(parent.to());
            cc.append(&mut read(parent.cc()));
        }
        let mut known = HashSet::new();
        for list in [&mut to, &mut cc] {
            list.retain(|mailbox| known.insert(mailbox.address().clone()));
        }
        let mut builder = MessageBuilder::new().to(to).cc(cc);
        builder = builder.subject(prefixed("Re: ", &REPLIED, parent.subject().as_deref()));
        let id = ids(parent.message_id().map(|id| id.into_owned()), &mut skipped);
        let read = |list: MessageIds<'_>| list.map(|id| id.into_owned()).collect::<Vec<_>>();
        // RFC 5322 section 3.6.4: "If the parent message does not contain a "References:" field but does have an
        // "In-Reply-To:" field containing a single message identifier, then the "References:" field will contain the
        // contents of the parent's "In-Reply-To:" field followed by the contents of the parent's "Message-ID:" field (if
        // any)."
        let mut before = read(parent.references());
        if before.is_empty() {
            before = read(parent.in_reply_to());
            if before.len() != 1 {
                before.clear();
            }
        }
        let mut references = ids(before, &mut skipped);
        references.retain(|known| !id.contains(known));
        // The first begins the thread, the last are nearest.
        let more = references.len().saturating_sub(REFERENCES);
        if more > 0 {
            references.drain(1..=more);
        }
        references.extend_from_slice(&id);
        builder = builder.in_reply_to(id).references(references);
        Self { builder, skipped }
    }

    /// Addresses and identifiers of the parent that are none, and so cannot be written: as they stand there.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The reply, to be completed: at least with [`from`](MessageBuilder::from).
    pub fn into_builder(self) -> MessageBuilder {
        self.builder
    }
}

impl MessageBuilder {
    /// A message that passes another on as an attachment (RFC 2046 section 5.2.1), with its subject behind `Fwd:`, once.
    ///
    /// The other message stays as it is but for Bcc, which [leaves](without_bcc). It may not be encoded:
    /// [`build`](Self::build) refuses it if it is 8-bit and [`eight_bit`](Self::eight_bit) is not set, and if it does not
    /// end its lines with CRLF ([`Attachment::message`]). To quote it in your own text is up to you.
    ///
    /// # Errors
    ///
    /// Those of [`without_bcc`].
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{DateTime, Message, compose::{MessageBuilder, RandomIds}};
    ///
    /// let original = Message::parse("From: ana@example.com\r\nBcc: b@example.com\r\nSubject: Fw: Hallo\r\n\r\nText\r\n");
    /// let ids = RandomIds::new("example.de", || [7; 16])?;
    /// let date = DateTime::new(2026, 3, 31, 17, 5, 0, 120).ok_or("no date")?;
    /// let from = ("Jürgen Groß", "juergen@example.de").try_into()?;
    /// let message = MessageBuilder::forward(&original)?.from(from).text("Siehe unten.").build(ids, date)?;
    /// let message = Message::parse(message.into_bytes().map_err(|_| "streamed")?);
    /// assert_eq!(message.subject().as_deref(), Some("Fwd: Hallo"));
    /// let attached = message.root().children().nth(1).ok_or("nothing attached")?;
    /// assert_eq!(attached.raw_body(), b"From: ana@example.com\r\nSubject: Fw: Hallo\r\n\r\nText\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn forward(original: &Message) -> Result<Self, EditError> {
        let octets = match <[Bytes; 1]>::try_from(without_bcc(original)?) {
            Ok([whole]) => whole,
            Err(pieces) => pieces.concat().into(),
        };
        let subject = prefixed("Fwd: ", &FORWARDED, original.subject().as_deref());
        Ok(Self::new().subject(subject).attach(Attachment::message(octets)))
    }
}

/// RFC 5322 section 3.6.5, and what programs write that speak German, Dutch or Swedish.
const REPLIED: [&str; 4] = ["re", "aw", "antw", "sv"];
const FORWARDED: [&str; 3] = ["fwd", "fw", "wg"];

/// The subject with one prefix, whichever stood before it: `Re[2]:` is one of them, too.
fn prefixed(prefix: &str, known: &[&str], subject: Option<&str>) -> String {
    let subject = subject.unwrap_or_default().replace(char::is_control, " ");
    let mut rest = subject.trim();
    while let Some((before, behind)) = rest.split_once([':', '：']) {
        let word = before.trim_end().trim_end_matches(']').trim_end_matches(|c: char| c.is_ascii_digit());
        let word = word.trim_end_matches('[');
        if !known.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            break;
        }
        rest = behind.trim_start();
    }
    format!("{prefix}{rest}").trim_end().to_owned()
}

/// Mailboxes that a message can be sent to, but for one's own.
fn mailboxes(list: AddressList<'_>, own: &[AddrSpec], skipped: &mut Vec<String>) -> Vec<Mailbox> {
    let mut mailboxes = Vec::new();
    for address in list {
        if let AddressRef::Mailbox(mailbox) = address {
            match mailbox.to_mailbox() {
                Some(mailbox) if own.contains(mailbox.address()) => {}
                Some(mailbox) => mailboxes.push(mailbox),
                None => skipped.push(String::from_utf8_lossy(mailbox.raw()).trim().to_owned()),
            }
        }
    }
    mailboxes
}

/// Identifiers of References that are taken over: servers limit the octets of a header.
const REFERENCES: usize = 100;

/// Octets of an identifier that fits into a line, whatever the field is called.
const LONGEST: usize = 900;

fn ids(ids: impl IntoIterator<Item = String>, skipped: &mut Vec<String>) -> Vec<MessageId> {
    let mut read = Vec::new();
    for id in ids {
        match MessageId::as_received(&id) {
            Ok(id) if id.as_str().len() <= LONGEST => read.push(id),
            _ => skipped.push(id),
        }
    }
    read
}

//! Why a message cannot be composed.

use thiserror::Error;

/// Why a message cannot be composed. Nothing was left out to compose it all the same.
///
/// # Example
///
/// ```
/// use mime_core::{
///     DateTime,
///     compose::{ComposeError, MessageBuilder, RandomIds},
/// };
///
/// let ids = RandomIds::new("example.de", || [7; 16])?;
/// let date = DateTime::from_unix(1_774_969_500, 120).ok_or("no date")?;
/// let from = ("Jürgen Groß", "juergen@example.de").try_into()?;
/// let error = MessageBuilder::new().from(from).subject("Hi\r\nBcc: eve@example.net").build(ids, date).unwrap_err();
/// assert_eq!(error, ComposeError::Octet { field: "Subject".to_owned(), at: 2, octet: b'\r' });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ComposeError {
    /// Nobody wrote the message (RFC 5322 section 3.6: From is required).
    #[error("the message has no author")]
    NoAuthor,
    /// Several authors, and nobody who sends (RFC 5322 section 3.6.2).
    #[error("a message of several authors needs a sender")]
    NoSender,
    /// CR, LF or NUL in something that belongs into a field.
    #[error("{field} holds the octet {octet:#04x} at {at}")]
    Octet {
        /// The field, or what of it.
        field: String,
        /// Where, in octets.
        at: usize,
        /// The octet.
        octet: u8,
    },
    /// Something that cannot be broken and does not fit into a line of 998 octets (RFC 5322 section 2.1.1).
    #[error("{field} does not fit into a line")]
    TooLong {
        /// The field, or what of it.
        field: String,
    },
    /// An address, an identifier or a structured value that is not ASCII, in a message that shall be.
    #[error("{field} is not ascii, and the message shall be")]
    NotAscii {
        /// The field.
        field: String,
    },
    /// A value of a report that has no name: an action or a disposition that is unknown, a status beyond 999; or no
    /// recipient at all.
    #[error("{field} has no value that can be written")]
    Invalid {
        /// The field.
        field: &'static str,
    },
    /// A report without a text for people (RFC 6522 section 3).
    #[error("a report without a text")]
    ReportWithoutText,
    /// A report with attachments, for which it has no place (RFC 6522 section 3).
    #[error("a report with attachments")]
    ReportWithAttachments,
    /// A feedback report without the message that it is about (RFC 5965 section 2).
    #[error("a feedback report without its message")]
    ReportWithoutMessage,
    /// Something to return ([`returned`](super::MessageBuilder::returned)), but no report.
    #[error("a returned message without a report")]
    ReturnedWithoutReport,
    /// Images, but no HTML that shows them.
    #[error("related parts without a text in html")]
    RelatedWithoutHtml,
    /// A message inside the message has octets above 127, and octets above 127 were not asked for
    /// ([`eight_bit`](super::MessageBuilder::eight_bit)). It may not be encoded (RFC 2046 section 5.2.1).
    #[error("an attached message is 8-bit, and the message shall not be")]
    EightBitMessage,
    /// A message inside the message has NUL, CR or LF alone, or lines of more than 998 octets, and may not be encoded
    /// (RFC 2046 section 5.2.1).
    #[error("an attached message is binary")]
    BinaryMessage,
    /// A message inside the message is to be streamed: it may not be encoded, and so would have to be checked first.
    #[error("an attached message cannot be streamed")]
    StreamedMessage,
    /// The source of identifiers gave one boundary again and again, or one that is in the text.
    #[error("the source of boundaries is not random")]
    Boundary,
    /// More octets than can be counted.
    #[error("the message is too large")]
    TooLarge,
}

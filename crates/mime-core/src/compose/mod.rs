//! Messages composed from validated values (feature `compose`).
//!
//! [`MessageBuilder`] takes values that are what they say: mailboxes, identifiers, media types, names of fields. Whatever
//! texts and names hold, nothing of them becomes a field, a part or a line of its own: [`build`](MessageBuilder::build)
//! encodes it, or refuses it with a [`ComposeError`] that names it. Nothing is left out or replaced. Identifiers and
//! boundaries come from an [`Ids`] that you give, the date is an argument.
//!
//! The tree of parts is written by the crate `mail-builder`: it gets every part with its fields and its boundary, and puts
//! headers, delimiters and contents in order. It never has to invent a value or to encode one:
//!
//! * Date, Message-ID, MIME-Version and a boundary are always given, since what it makes itself of the clock can be
//!   foretold.
//! * Fields are given folded and encoded. Its own types for addresses and identifiers let line ends through, and those
//!   for texts leave alone what merely looks like an encoded word.
//! * Contents are given encoded. It leaves NUL and bare CR in a text that it calls `7bit`.
//! * What is long or streamed is not given at all: its place is kept, so that lengths are known exactly and nothing is
//!   copied.
//!
//! Version 2 of it needs a newer Rust than this crate.

mod attachment;
mod body;
mod builder;
mod calendar;
mod composed;
mod envelope;
mod error;
mod feedback;
mod fold;
mod header;
mod ids;
mod media_type;
mod params;
mod part;
mod reply;
mod report;
mod words;

pub use attachment::{Attachment, cid_url};
pub use builder::MessageBuilder;
pub use composed::{Composed, FeedError, Step};
pub use envelope::{Envelope, EnvelopeError, without_bcc};
pub use error::ComposeError;
pub use feedback::FeedbackReport;
pub use header::{HeaderName, HeaderNameError, HeaderValue, HeaderValueError};
pub use ids::{Ids, RandomIds};
pub use media_type::{MediaType, MediaTypeError};
pub use reply::{Audience, Reply};
pub use report::{DeliveryReport, DispositionReport, RecipientReport, Returned};

#[cfg(test)]
mod tests {
    //! Why `mail-builder` is given nothing but raw values.

    use mail_builder::{
        MessageBuilder,
        headers::{address::Address, content_type::ContentType, message_id::MessageId, raw::Raw, text::Text},
        mime::MimePart,
    };

    fn field(name: &'static str, value: impl Into<mail_builder::headers::HeaderType<'static>>) -> String {
        let builder = MessageBuilder::new()
            .header("Date", Raw::new("x"))
            .header("Message-ID", Raw::new("<x@y>"))
            .header(name, value)
            .text_body("x");
        let text = builder.write_to_string().unwrap();
        let at = text.find(name).unwrap();
        text[at..].split("MIME-Version").next().unwrap().to_owned()
    }

    #[test]
    fn identifiers_let_line_ends_through() {
        let id = MessageId::new("a@example.org>\r\nBcc: v@example.net");
        assert_eq!(field("In-Reply-To", id), "In-Reply-To: <a@example.org>\r\nBcc: v@example.net>\r\n");
    }

    #[test]
    fn names_of_fields_let_line_ends_through() {
        let text = field("X: y\r\nBcc", Raw::new("v@example.net"));
        assert_eq!(text, "X: y\r\nBcc: v@example.net\r\n");
    }

    #[test]
    fn addresses_let_line_ends_through() {
        let address = Address::new_address(None::<&str>, "a\r\nb@example.org");
        assert_eq!(field("To", address), "To: <a\r\nb@example.org>\r\n");
    }

    #[test]
    fn what_looks_like_an_encoded_word_becomes_one() {
        assert_eq!(field("Subject", Text::new("=?utf-8?q?a?=")), "Subject: =?utf-8?q?a?=\r\n");
    }

    #[test]
    fn bcc_is_written() {
        let text = MessageBuilder::new().bcc("v@example.net").text_body("x").write_to_string().unwrap();
        assert!(text.contains("Bcc: <v@example.net>\r\n"));
    }

    #[test]
    fn a_media_type_lets_line_ends_through() {
        let part = MimePart::new(ContentType::new("text/plain\r\nBcc: v@example.net"), "x");
        let mut octets = Vec::new();
        part.write_part(&mut octets);
        assert!(octets.starts_with(b"Content-Type: text/plain\r\nBcc: v@example.net;"));
    }

    #[test]
    fn texts_are_sent_with_nul_and_bare_cr() {
        let mut octets = Vec::new();
        MimePart::new("text/plain", "a\0b\rc").write_part(&mut octets);
        assert!(octets.ends_with(b"Content-Transfer-Encoding: 7bit\r\n\r\na\0b\rc"));
    }

    #[test]
    fn white_space_before_a_line_end_is_lost_and_so_never_given() {
        assert_eq!(field("X-A", Raw::new("a  \r\n b")), "X-A: a\r\n b\r\n");
    }

    #[test]
    fn a_raw_value_keeps_its_line_ends() {
        assert_eq!(field("X-A", Raw::new("a\r\n b\r\n   c")), "X-A: a\r\n b\r\n   c\r\n");
    }

    #[test]
    fn what_is_generated_is_not_ours() {
        let twice = || MessageBuilder::new().text_body("x").html_body("x").write_to_string().unwrap();
        assert_ne!(twice(), twice(), "made of the clock and of a counter");
    }
}

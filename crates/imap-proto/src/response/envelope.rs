//! ENVELOPE: what the header of a message says (RFC 9051 section 7.5.2).

use bytes::Bytes;

use crate::{Encoder, Expected, ParseError, Text, cursor::Cursor};

use super::address::AddressList;

/// The header of a message as the server read it.
///
/// Words of RFC 2047 are not decoded: `mime-core` does that.
///
/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Envelope, Text};
///
/// let envelope = Envelope {
///     subject: Some(Text::try_from("Grüße").unwrap()),
///     ..Envelope::default()
/// };
/// assert!(envelope.to.is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct Envelope {
    /// Date.
    pub date: Option<Text>,
    /// Subject.
    pub subject: Option<Text>,
    /// From.
    pub from: AddressList,
    /// Sender; servers put From here if there is none.
    pub sender: AddressList,
    /// Reply-To; servers put From here if there is none.
    pub reply_to: AddressList,
    /// To.
    pub to: AddressList,
    /// Cc.
    pub cc: AddressList,
    /// Bcc.
    pub bcc: AddressList,
    /// In-Reply-To.
    pub in_reply_to: Option<Text>,
    /// Message-ID.
    pub message_id: Option<Text>,
}

impl Envelope {
    /// Reads it. The last fields may be missing, and others may follow them.
    #[cfg(test)]
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mut envelope = Self::default();
        envelope.fill(cursor)?;
        Ok(envelope)
    }

    /// In a box from the beginning: it is large.
    pub(crate) fn read_boxed(cursor: &mut Cursor<'_>) -> Result<Box<Self>, ParseError> {
        let mut envelope = Box::<Self>::default();
        envelope.fill(cursor)?;
        Ok(envelope)
    }

    fn fill(&mut self, cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
        cursor.expect(b'(', Expected::List)?;
        cursor.spaces();
        self.date = cursor.field()?;
        next(cursor)?;
        self.subject = cursor.field()?;
        for list in
            [&mut self.from, &mut self.sender, &mut self.reply_to, &mut self.to, &mut self.cc, &mut self.bcc]
        {
            next(cursor)?;
            *list = AddressList::read(cursor)?;
        }
        if more(cursor) {
            self.in_reply_to = cursor.field()?;
            if more(cursor) {
                self.message_id = cursor.field()?;
            } else {
                self.one_is_missing();
            }
        }
        // Fields that nobody knows.
        while more(cursor) {
            cursor.value()?;
        }
        cursor.expect(b')', Expected::Close)
    }

    /// Nine fields. A server that does as RFC 9051 section 7.5.2 has it, and puts From where Sender and Reply-To are absent, left out
    /// the last. One that does not leaves out In-Reply-To where the message has none.
    fn one_is_missing(&mut self) {
        let is_id = self.in_reply_to.as_ref().is_some_and(|id| id.as_bytes().starts_with(b"<"));
        if is_id && !self.from.is_nil() && self.sender.is_nil() && self.reply_to.is_nil() {
            self.message_id = self.in_reply_to.take();
        }
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        let string = |encoder: &mut Encoder, text: &Option<Text>| {
            encoder.nstring(text.as_ref().map(AsRef::as_ref));
        };
        encoder.octets(b"(");
        string(encoder, &self.date);
        encoder.space();
        string(encoder, &self.subject);
        for list in [&self.from, &self.sender, &self.reply_to, &self.to, &self.cc, &self.bcc] {
            encoder.space();
            list.encode(encoder);
        }
        encoder.space();
        string(encoder, &self.in_reply_to);
        encoder.space();
        string(encoder, &self.message_id);
        encoder.octets(b")");
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let text = |text: &Option<Text>| text.as_ref().map(Text::detach);
        Self {
            date: text(&self.date),
            subject: text(&self.subject),
            from: self.from.detach(),
            sender: self.sender.detach(),
            reply_to: self.reply_to.detach(),
            to: self.to.detach(),
            cc: self.cc.detach(),
            bcc: self.bcc.detach(),
            in_reply_to: text(&self.in_reply_to),
            message_id: text(&self.message_id),
        }
    }
}

/// What separates fields: a space, though lists do without.
#[inline]
fn next(cursor: &mut Cursor<'_>) -> Result<(), ParseError> {
    if more(cursor) { Ok(()) } else { cursor.error(Expected::Item) }
}

/// Whether a field follows; the spaces before it are passed over.
#[inline]
fn more(cursor: &mut Cursor<'_>) -> bool {
    cursor.spaces();
    !matches!(cursor.peek(), None | Some(b')'))
}

/// Octets of something that was read.
pub(super) fn text(octets: Option<Bytes>) -> Option<Text> {
    octets.map(Text::received)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;

    fn read(text: &str) -> Result<Envelope, ParseError> {
        let frame = Bytes::copy_from_slice(text.as_bytes());
        let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
        let envelope = Envelope::read(&mut cursor)?;
        assert!(cursor.is_done(), "{text}");
        Ok(envelope)
    }

    // RFC 9051 section 8
    const EXAMPLE: &str = concat!(
        r#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev2 WG mtg summary and minutes" "#,
        r#"(("Terry Gray" NIL "gray" "cac.washington.edu")) (("Terry Gray" NIL "gray" "cac.washington.edu")) "#,
        r#"(("Terry Gray" NIL "gray" "cac.washington.edu")) ((NIL NIL "imap" "cac.washington.edu")) "#,
        r#"((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "#,
        r#""<B27397-0100000@cac.washington.ed>")"#
    );

    #[test]
    fn the_example_there_and_back() {
        let envelope = read(EXAMPLE).unwrap();
        assert_eq!(envelope.subject.as_ref().unwrap(), "IMAP4rev2 WG mtg summary and minutes");
        let cc: Vec<_> = envelope.cc.mailboxes().map(|address| address.to_string()).collect();
        assert_eq!(cc, ["minutes@CNRI.Reston.VA.US", "KLENSIN@MIT.EDU"]);
        assert!(envelope.bcc.is_empty() && envelope.in_reply_to.is_none());
        assert_eq!(envelope.message_id.as_ref().unwrap(), "<B27397-0100000@cac.washington.ed>");
        let mut encoder = Encoder::new(crate::Literals::Server, Dialect::REV1);
        envelope.encode(&mut encoder);
        assert_eq!(encoder.text(), EXAMPLE.as_bytes());
        assert_eq!(envelope.detach(), envelope);
    }

    #[test]
    fn fields_that_are_missing_and_fields_too_many() {
        let with = |rest: &str| {
            read(&format!("(NIL NIL ((NIL NIL \"a\" \"b\")) ((NIL NIL \"a\" \"b\")) NIL NIL NIL NIL{rest})"))
        };
        let ids = |rest| {
            let envelope = with(rest).unwrap();
            let text = |text: Option<Text>| text.map(|text| text.to_str_lossy().into_owned());
            (text(envelope.in_reply_to), text(envelope.message_id))
        };
        assert_eq!(ids(""), (None, None));
        assert_eq!(ids(" \"<i>\""), (Some("<i>".into()), None));
        assert_eq!(ids(" \"<i>\" \"<m>\" (\"x\" 1) y"), (Some("<i>".into()), Some("<m>".into())));
        assert_eq!(ids("  NIL \"<m>\" "), (None, Some("<m>".into())));
        assert!(read("(NIL NIL NIL)").is_err());
        assert!(read("(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL").is_err());
        assert!(read("NIL").is_err());
    }

    #[test]
    fn quotes_that_are_not_escaped() {
        let subject = |subject: &str| {
            let text = format!("(NIL \"{subject}\" NIL NIL NIL NIL NIL NIL NIL NIL)");
            let frame = Bytes::copy_from_slice(text.as_bytes());
            let mut cursor = Cursor::lenient(&frame, Dialect::REV1);
            cursor.broken = Envelope::read(&mut cursor.clone()).is_err();
            Envelope::read(&mut cursor).unwrap().subject.unwrap().to_str_lossy().into_owned()
        };
        assert_eq!(subject("about \"this\" and that"), "about \"this\" and that");
        assert_eq!(subject("24\" screen"), "24\" screen");
        assert_eq!(subject("a \" b"), "a \" b");
        assert_eq!(subject(r#"a \"b\" c"#), r#"a "b" c"#);
    }
}

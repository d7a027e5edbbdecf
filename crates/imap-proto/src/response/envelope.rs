//! ENVELOPE: what the header of a message says (RFC 9051 section 7.5.2).

use std::fmt;

use bytes::Bytes;

use crate::{Dialect, Encoder, Expected, ParseError, Text, cursor::Cursor, places::Places, plain};

use super::address::{self, AddressList};

/// The header of a message as the server read it.
///
/// It is kept as it came; fields are read when they are looked at, and cost no allocation then either. Servers build one of
/// [`EnvelopeFields`]. Words of RFC 2047 are not decoded: `mime-core` does that.
///
/// ```abnf
/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{Envelope, EnvelopeFields, Text};
///
/// let fields = EnvelopeFields { subject: Some(Text::try_from("Grüße").unwrap()), ..EnvelopeFields::default() };
/// let envelope: Envelope = fields.into();
/// assert_eq!(envelope.subject().unwrap(), "Grüße");
/// assert!(envelope.to().is_empty());
/// ```
#[derive(Clone)]
pub struct Envelope {
    /// From behind the parenthesis on.
    raw: Bytes,
    places: Places<10>,
    /// Whether no quote is to be trusted in it.
    broken: bool,
}

/// The fields of an [`Envelope`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct EnvelopeFields {
    /// Date.
    pub date: Option<Text>,
    /// Subject.
    pub subject: Option<Text>,
    /// From.
    pub from: AddressList,
    /// Sender; servers put From here if there is none (RFC 9051 section 7.5.2).
    pub sender: AddressList,
    /// Reply-To; servers put From here if there is none (RFC 9051 section 7.5.2).
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

const DATE: usize = 0;
const SUBJECT: usize = 1;
const FROM: usize = 2;
const SENDER: usize = 3;
const REPLY_TO: usize = 4;
const TO: usize = 5;
const CC: usize = 6;
const BCC: usize = 7;
const IN_REPLY_TO: usize = 8;
const MESSAGE_ID: usize = 9;

impl Envelope {
    /// Date, as it stands in the header.
    pub fn date(&self) -> Option<Text> {
        self.text(DATE)
    }

    /// Subject, as it stands in the header.
    pub fn subject(&self) -> Option<Text> {
        self.text(SUBJECT)
    }

    /// From.
    pub fn from(&self) -> AddressList {
        self.list(FROM)
    }

    /// Sender; servers put From here if there is none (RFC 9051 section 7.5.2).
    pub fn sender(&self) -> AddressList {
        self.list(SENDER)
    }

    /// Reply-To; servers put From here if there is none (RFC 9051 section 7.5.2).
    pub fn reply_to(&self) -> AddressList {
        self.list(REPLY_TO)
    }

    /// To.
    pub fn to(&self) -> AddressList {
        self.list(TO)
    }

    /// Cc.
    pub fn cc(&self) -> AddressList {
        self.list(CC)
    }

    /// Bcc.
    pub fn bcc(&self) -> AddressList {
        self.list(BCC)
    }

    /// In-Reply-To.
    pub fn in_reply_to(&self) -> Option<Text> {
        self.text(IN_REPLY_TO)
    }

    /// Message-ID.
    pub fn message_id(&self) -> Option<Text> {
        self.text(MESSAGE_ID)
    }

    /// All fields.
    pub fn fields(&self) -> EnvelopeFields {
        EnvelopeFields {
            date: self.date(),
            subject: self.subject(),
            from: self.from(),
            sender: self.sender(),
            reply_to: self.reply_to(),
            to: self.to(),
            cc: self.cc(),
            bcc: self.bcc(),
            in_reply_to: self.in_reply_to(),
            message_id: self.message_id(),
        }
    }

    fn at(&self, field: usize) -> Option<Cursor<'_>> {
        let mut cursor = Cursor::lenient(&self.raw, Dialect::REV1);
        cursor.broken = self.broken;
        cursor.seek(self.places.get(field)?);
        Some(cursor)
    }

    // What is read here was read before.
    fn text(&self, field: usize) -> Option<Text> {
        self.at(field)?.field().ok()?
    }

    fn list(&self, field: usize) -> AddressList {
        self.at(field).and_then(|mut cursor| AddressList::read(&mut cursor).ok()).unwrap_or_default()
    }

    /// All ten fields as most servers write them, and what follows.
    pub(super) fn plain<'a>(frame: &Bytes, octets: &'a [u8]) -> Option<(Box<Self>, &'a [u8])> {
        let [b'(', raw @ ..] = octets else { return None };
        let mut places = Places::none();
        let mut at = |field, rest: &[u8]| places.set(field, raw.len().wrapping_sub(rest.len()));
        at(DATE, raw)?;
        let rest = plain::space(plain::skip_nstring(raw)?)?;
        at(SUBJECT, rest)?;
        let rest = plain::space(plain::skip_nstring(rest)?)?;
        at(FROM, rest)?;
        let behind = address::skip_plain(rest)?;
        let from = rest.get(..rest.len().wrapping_sub(behind.len()))?;
        let mut rest = plain::space(behind)?;
        // RFC 9051 section 7.5.2: From once more, unless there are such fields.
        for field in [SENDER, REPLY_TO] {
            at(field, rest)?;
            let behind = rest.strip_prefix(from).or_else(|| address::skip_plain(rest))?;
            rest = plain::space(behind)?;
        }
        for field in [TO, CC, BCC] {
            at(field, rest)?;
            rest = plain::space(address::skip_plain(rest)?)?;
        }
        at(IN_REPLY_TO, rest)?;
        let rest = plain::space(plain::skip_nstring(rest)?)?;
        at(MESSAGE_ID, rest)?;
        let rest = plain::skip_nstring(rest)?;
        let [b')', behind @ ..] = rest else { return None };
        let raw = plain::share(frame, raw.get(..raw.len().wrapping_sub(rest.len()))?);
        Some((Box::new(Self { raw, places, broken: false }), behind))
    }

    /// Reads it. The last fields may be missing, and others may follow them.
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.expect(b'(', Expected::List)?;
        let start = cursor.at();
        let mut places = Places::none();
        for field in 0..10 {
            if !more(cursor) {
                if field < IN_REPLY_TO {
                    return cursor.error(Expected::Item);
                }
                break;
            }
            if places.set(field, cursor.at() - start).is_none() {
                return cursor.error(Expected::Close);
            }
            if (FROM..=BCC).contains(&field) {
                AddressList::read(cursor)?;
            } else {
                cursor.field()?;
            }
        }
        // Fields that nobody knows.
        while more(cursor) {
            cursor.value()?;
        }
        let raw = cursor.bytes(start, cursor.at());
        cursor.expect(b')', Expected::Close)?;
        let mut envelope = Self { raw, places, broken: cursor.broken };
        if envelope.leaves_out_in_reply_to() {
            envelope.places.swap(IN_REPLY_TO, MESSAGE_ID);
        }
        Ok(envelope)
    }

    /// Nine fields. A server that does as RFC 9051 section 7.5.2 has it, and puts From where Sender and Reply-To are absent, left out
    /// the last. One that does not leaves out In-Reply-To where the message has none.
    fn leaves_out_in_reply_to(&self) -> bool {
        self.places.get(MESSAGE_ID).is_none()
            && self.in_reply_to().is_some_and(|id| id.as_bytes().starts_with(b"<"))
            && !self.from().is_nil()
            && self.sender().is_nil()
            && self.reply_to().is_nil()
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        self.fields().encode(encoder);
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self { raw: wire_core::detach(&self.raw), ..*self }
    }
}

impl EnvelopeFields {
    fn encode(&self, encoder: &mut Encoder) {
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
}

impl Default for Envelope {
    fn default() -> Self {
        Self { raw: Bytes::new(), places: Places::none(), broken: false }
    }
}

impl From<EnvelopeFields> for Envelope {
    fn from(fields: EnvelopeFields) -> Self {
        let mut encoder = Encoder::for_text();
        fields.encode(&mut encoder);
        let raw = Bytes::copy_from_slice(encoder.text());
        // What is written can be read, unless it has no end.
        Self::read(&mut Cursor::lenient(&raw, Dialect::REV1)).unwrap_or_default()
    }
}

/// The same fields, however they were written.
impl PartialEq for Envelope {
    fn eq(&self, other: &Self) -> bool {
        self.fields() == other.fields()
    }
}

impl Eq for Envelope {}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fields().fmt(f)
    }
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
        assert_eq!(envelope.subject().unwrap(), "IMAP4rev2 WG mtg summary and minutes");
        let cc: Vec<_> = envelope.cc().mailboxes().map(|address| address.to_string()).collect();
        assert_eq!(cc, ["minutes@CNRI.Reston.VA.US", "KLENSIN@MIT.EDU"]);
        assert!(envelope.bcc().is_empty() && envelope.in_reply_to().is_none());
        assert_eq!(envelope.message_id().unwrap(), "<B27397-0100000@cac.washington.ed>");
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
            (text(envelope.in_reply_to()), text(envelope.message_id()))
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
            Envelope::read(&mut cursor).unwrap().subject().unwrap().to_str_lossy().into_owned()
        };
        assert_eq!(subject("about \"this\" and that"), "about \"this\" and that");
        assert_eq!(subject("24\" screen"), "24\" screen");
        assert_eq!(subject("a \" b"), "a \" b");
        assert_eq!(subject(r#"a \"b\" c"#), r#"a "b" c"#);
    }
}

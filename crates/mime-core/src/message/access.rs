//! What fields and bodies say.

use std::borrow::Cow;

use super::{Field, Message, Part};
use crate::{
    AddressList, Author, AuthorError, Charset, Config, ContentDisposition, ContentType, DateTime, MessageIds,
    author, charset, encoded_word, filename,
    name::Known,
    scan::{Choices, Form, Kind},
};

impl<'a> Field<'a> {
    /// The value as text: unfolded, encoded words decoded (RFC 2047), octets that are not UTF-8
    /// as [`Config::header_charset`] says.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let mail = Message::parse("Subject: =?iso-8859-1?Q?Gr=FC=DFe?= aus\r\n Hamburg\r\n\r\n");
    /// assert_eq!(mail.root().field("Subject").unwrap().text(), "Grüße aus Hamburg");
    /// ```
    pub fn text(self) -> Cow<'a, str> {
        encoded_word::decode_text(self.raw_value(), self.message().config(), &mut ())
    }

    /// The value as addresses: for From, To and the like.
    pub fn addresses(self) -> AddressList<'a> {
        AddressList::new(self.raw_value(), self.message().config())
    }

    /// The value as message identifiers: for Message-ID, References and the like.
    pub fn message_ids(self) -> MessageIds<'a> {
        MessageIds::new(self.raw_value(), self.message().config())
    }

    /// The value as a date.
    pub fn date(self) -> Option<DateTime> {
        DateTime::parse(self.raw_value(), &mut ())
    }
}

impl<'a> Part<'a> {
    fn config(self) -> &'a Config {
        self.message().config()
    }

    /// Content-Type (RFC 2045 section 5.1). `None` if there is none, or none that can be understood: the content is
    /// text/plain then, or a message within multipart/digest.
    pub fn content_type(self) -> Option<ContentType<'a>> {
        ContentType::parse(self.deciding(Known::ContentType)?.raw_value(), self.config(), &mut ())
    }

    /// The media type of the content in lower case, such as `text/plain`: that of Content-Type, or the default.
    pub fn essence(self) -> Cow<'a, str> {
        match self.content_type() {
            Some(content) => content.essence(),
            None if self.record().kind == Kind::Message => Cow::Borrowed("message/rfc822"),
            None => Cow::Borrowed("text/plain"),
        }
    }

    /// Whether it is of this media type; `*` stands for any.
    pub fn is_type(self, media_type: &str, subtype: &str) -> bool {
        self.has_type(self.content_type().as_ref(), media_type, subtype)
    }

    fn has_type(self, content: Option<&ContentType<'_>>, media_type: &str, subtype: &str) -> bool {
        let (first, second) = match content {
            Some(content) => (content.media_type(), content.subtype()),
            None if self.record().kind == Kind::Message => ("message", "rfc822"),
            None => ("text", "plain"),
        };
        (media_type == "*" || first.eq_ignore_ascii_case(media_type))
            && (subtype == "*" || second.eq_ignore_ascii_case(subtype))
    }

    /// Whether its type says that parts or a message are inside.
    pub(crate) fn is_composite(self) -> bool {
        self.record().kind != Kind::Leaf || {
            self.is_type("multipart", "*")
                || self.is_type("message", "rfc822")
                || self.is_type("message", "global")
        }
    }

    /// Content-Disposition (RFC 2183).
    pub fn content_disposition(self) -> Option<ContentDisposition<'a>> {
        ContentDisposition::parse(
            self.deciding(Known::ContentDisposition)?.raw_value(),
            self.config(),
            &mut (),
        )
    }

    /// The name of the file that the part is, by whichever parameter gives it: this is the one place to ask, so that what
    /// is checked is what is saved. It may hold anything; [`safe_filename`](crate::safe_filename) makes a name to write to.
    pub fn filename(self) -> Option<Cow<'a, str>> {
        let (disposition, content) = (self.content_disposition(), self.content_type());
        filename(disposition.as_ref(), content.as_ref(), self.config(), &mut ())
    }

    /// Content-ID without its angle brackets (RFC 2045 section 7).
    pub fn content_id(self) -> Option<Cow<'a, str>> {
        self.known(Known::ContentId)?.message_ids().next()
    }

    /// Content-Description as text.
    pub fn description(self) -> Option<Cow<'a, str>> {
        Some(self.known(Known::ContentDescription)?.text())
    }

    /// The charset of its text: that of Content-Type, or for HTML without one that of the markup.
    pub fn charset(self) -> Option<Charset> {
        self.content_type()?.charset()
    }

    /// The body, decoded from its transfer encoding. Damaged encodings give what can be decoded
    /// ([`Message::defects`] tells). Composite parts and unknown encodings are given as they are.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let mail = Message::parse("Content-Transfer-Encoding: base64\r\n\r\nSGFs\r\nbG8=\r\n");
    /// assert_eq!(&*mail.root().decode(), b"Hallo");
    /// ```
    pub fn decode(self) -> Cow<'a, [u8]> {
        if self.is_multipart() || self.record().kind == Kind::Message {
            return Cow::Borrowed(self.raw_body());
        }
        self.encoding().decode(self.decodable(), &mut ())
    }

    /// [`decode`](Self::decode) that appends to storage that is there.
    pub fn decode_into(self, octets: &mut Vec<u8>) {
        if self.is_multipart() || self.record().kind == Kind::Message {
            octets.extend_from_slice(self.raw_body());
        } else {
            self.encoding().decode_into(self.decodable(), octets, &mut ());
        }
    }

    /// The body as far as it is decoded in this reading.
    fn decodable(self) -> &'a [u8] {
        let body = self.raw_body();
        if self.message().choices.has(Choices::PADDING_ENDS)
            && self.encoding() == crate::TransferEncoding::Base64
            && let Some(pad) = memchr::memchr(b'=', body)
        {
            let end = body.iter().skip(pad).take_while(|&&octet| octet == b'=').count().min(2);
            return body.get(..pad.saturating_add(end)).unwrap_or(body);
        }
        body
    }

    /// The body as text, for types of text; `None` for others.
    ///
    /// Octets are decoded by the charset of Content-Type; without one (or an unknown one) by that of the markup for HTML,
    /// else as UTF-8 if they are that, else as windows-1252. Line ends stay as they are.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let mail = Message::parse(
    ///     "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe\r\n",
    /// );
    /// assert_eq!(mail.root().text().as_deref(), Some("Grüße\r\n"));
    /// ```
    pub fn text(self) -> Option<Cow<'a, str>> {
        let content = self.content_type();
        if !self.is_leaf() || !self.has_type(content.as_ref(), "text", "*") {
            return None;
        }
        let octets = self.decode();
        let declared = content.as_ref().and_then(|content| content.charset());
        let markup = || {
            let html = content.as_ref().is_some_and(|content| content.is("text", "html"));
            html.then(|| charset::from_html_meta(octets.get(..1024).unwrap_or(&octets))).flatten()
        };
        let charset = declared.or_else(markup);
        Some(match (octets, charset) {
            (Cow::Borrowed(octets), Some(charset)) => charset.decode(octets).0,
            (Cow::Borrowed(octets), None) => charset::decode_unlabelled(octets),
            (Cow::Owned(octets), Some(charset)) => Cow::Owned(charset.decode_owned(&octets)),
            (Cow::Owned(octets), None) => Cow::Owned(charset::decode_unlabelled(&octets).into_owned()),
        })
    }

    /// The message that is its content, if it is of type message/rfc822 or message/global: parsed as a message of its own,
    /// decoded first if it is encoded (which RFC 2046 section 5.2.1 forbids, and happens).
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let mail = Message::parse("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogYQ0KDQpi\r\n");
    /// let inner = mail.root().embedded_message().unwrap();
    /// assert_eq!(inner.subject().as_deref(), Some("a"));
    /// assert_eq!(inner.root().raw_body(), b"b");
    /// ```
    pub fn embedded_message(self) -> Option<Message> {
        if self.record().kind == Kind::Message {
            return Some(Message::parse_with(self.raw_body_bytes(), *self.config()));
        }
        if !self.is_leaf() || !(self.is_type("message", "rfc822") || self.is_type("message", "global")) {
            return None;
        }
        let octets = match self.decode() {
            Cow::Borrowed(_) => self.raw_body_bytes(),
            Cow::Owned(octets) => octets.into(),
        };
        Some(Message::parse_with(octets, *self.config()))
    }

    /// The field that counts, of those that may stand once.
    pub(crate) fn deciding(self, known: Known) -> Option<Field<'a>> {
        if self.message().choices.has(Choices::LAST_FIELD) {
            return self.fields().rev().find(|field| field.known() == known);
        }
        self.known(known)
    }

    fn addresses(self, known: Known) -> AddressList<'a> {
        let value = self.deciding(known).map_or(&[][..], Field::raw_value);
        AddressList::new(value, self.config())
    }

    /// Subject as text.
    pub fn subject(self) -> Option<Cow<'a, str>> {
        Some(self.deciding(Known::Subject)?.text())
    }

    /// The addresses of From; none if there is no such field. Who checks where mail is from asks
    /// [`authenticated_author`](Self::authenticated_author).
    pub fn from(self) -> AddressList<'a> {
        self.addresses(Known::From)
    }

    /// The addresses of Sender.
    pub fn sender(self) -> AddressList<'a> {
        self.addresses(Known::Sender)
    }

    /// The addresses of Reply-To.
    pub fn reply_to(self) -> AddressList<'a> {
        self.addresses(Known::ReplyTo)
    }

    /// The addresses of To.
    pub fn to(self) -> AddressList<'a> {
        self.addresses(Known::To)
    }

    /// The addresses of Cc.
    pub fn cc(self) -> AddressList<'a> {
        self.addresses(Known::Cc)
    }

    /// The addresses of Bcc.
    pub fn bcc(self) -> AddressList<'a> {
        self.addresses(Known::Bcc)
    }

    /// Date.
    pub fn date(self) -> Option<DateTime> {
        self.deciding(Known::Date)?.date()
    }

    /// Message-ID without its angle brackets.
    pub fn message_id(self) -> Option<Cow<'a, str>> {
        self.deciding(Known::MessageId)?.message_ids().next()
    }

    /// The identifiers of In-Reply-To.
    pub fn in_reply_to(self) -> MessageIds<'a> {
        self.ids(Known::InReplyTo)
    }

    /// The identifiers of References, the oldest first.
    pub fn references(self) -> MessageIds<'a> {
        self.ids(Known::References)
    }

    fn ids(self, known: Known) -> MessageIds<'a> {
        let value = self.deciding(known).map_or(&[][..], Field::raw_value);
        MessageIds::new(value, self.config())
    }

    /// The one author that the message can be held to: what DMARC, signatures and people must agree on.
    ///
    /// # Errors
    ///
    /// Unless there is exactly one From with exactly one mailbox that nobody can read as another.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{AuthorError, Message};
    ///
    /// let mail = Message::parse("From: \"Chef\" <a@example.org>\r\n\r\n");
    /// assert_eq!(mail.root().authenticated_author().unwrap().domain(), "example.org");
    /// let two = Message::parse("From: a@example.org\r\nFrom: b@example.com\r\n\r\n");
    /// assert_eq!(two.root().authenticated_author(), Err(AuthorError::DuplicateFrom));
    /// ```
    pub fn authenticated_author(self) -> Result<Author, AuthorError> {
        let fields = self.lines().filter(|line| line.known() == Known::From).map(Field::raw_value);
        // A line that somebody else may take for a From field, or one whose name they may not see.
        let doubtful = self.lines().any(|line| match line.form() {
            Form::Field => false,
            Form::Spaced => line.known() == Known::From,
            Form::FoldedName | Form::IllegalName | Form::Junk => {
                memchr::memmem::find(&line.raw().to_ascii_lowercase(), b"from").is_some()
            }
        });
        author::authenticated_author(fields, doubtful, self.config())
    }
}

macro_rules! of_the_root {
    ($($(#[$doc:meta])* $name:ident -> $type:ty;)*) => {
        impl Message {
            $($(#[$doc])* pub fn $name(&self) -> $type { self.root().$name() })*
        }
    };
}

of_the_root! {
    /// Subject as text.
    subject -> Option<Cow<'_, str>>;
    /// The addresses of From; none if there is no such field.
    from -> AddressList<'_>;
    /// The addresses of Sender.
    sender -> AddressList<'_>;
    /// The addresses of Reply-To.
    reply_to -> AddressList<'_>;
    /// The addresses of To.
    to -> AddressList<'_>;
    /// The addresses of Cc.
    cc -> AddressList<'_>;
    /// The addresses of Bcc.
    bcc -> AddressList<'_>;
    /// Date.
    date -> Option<DateTime>;
    /// Message-ID without its angle brackets.
    message_id -> Option<Cow<'_, str>>;
    /// The identifiers of In-Reply-To.
    in_reply_to -> MessageIds<'_>;
    /// The identifiers of References, the oldest first.
    references -> MessageIds<'_>;
}

impl Message {
    /// The one author that the message can be held to, as [`Part::authenticated_author`] finds it.
    ///
    /// # Errors
    ///
    /// Unless there is exactly one From with exactly one mailbox that nobody can read as another.
    pub fn authenticated_author(&self) -> Result<Author, AuthorError> {
        self.root().authenticated_author()
    }

    /// The parts that are not shown in place, as [`bodies`](Self::bodies) finds them.
    pub fn attachments(&self) -> impl Iterator<Item = Part<'_>> {
        self.bodies().attachments.into_iter()
    }

    /// The text that a person should read: the parts that [`bodies`](Self::bodies) finds for readers of plain text, one after the
    /// other. HTML is given as it is; the feature `html` has a function that makes text of it.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        let parts = self.bodies().text;
        let mut texts = parts.into_iter().filter_map(Part::text);
        let first = texts.next()?;
        let Some(second) = texts.next() else { return Some(first) };
        let mut all = first.into_owned();
        all.push_str(&second);
        texts.for_each(|text| all.push_str(&text));
        Some(Cow::Owned(all))
    }

    /// The HTML that a person should read: the first part of that type among those that [`bodies`](Self::bodies) finds for
    /// readers of HTML.
    ///
    /// Others are documents of their own, and are never put together with it: what one of them leaves open, a link or a
    /// form, would take in the text of the next, which may be what was encrypted.
    pub fn html(&self) -> Option<Cow<'_, str>> {
        self.bodies().html.into_iter().find(|part| part.is_type("text", "html"))?.text()
    }
}

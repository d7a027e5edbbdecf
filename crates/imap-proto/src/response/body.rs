//! BODY and BODYSTRUCTURE: what a message consists of (RFC 9051 section 7.5.2).

use std::fmt;

use bytes::Bytes;

use crate::{Dialect, Encoder, Envelope, PartPath, Text, cursor::Cursor, places::Places};

use super::{
    body_read,
    parameters::{Parameters, word},
};

/// The parts of a message.
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, FetchItem, Response, Untagged};
///
/// let line = concat!(
///     r#"* 1 FETCH (BODYSTRUCTURE (("text" "plain" NIL NIL NIL "7bit" 12 1)"#,
///     r#"("image" "png" ("name" "x.png") NIL NIL "base64" 1000 NIL ("attachment" NIL)) "mixed"))"#,
/// );
/// let Response::Untagged(Untagged::Fetch(fetch)) = Response::parse(&line.into(), Dialect::REV1) else { panic!() };
/// let structure = fetch.body_structure().unwrap();
/// let (path, part) = structure.attachments().next().unwrap();
/// assert_eq!((path.to_string().as_str(), part.octets()), ("2", Some(1000)));
/// assert_eq!(part.file_name().unwrap(), "x.png");
/// assert!(structure.find(&"1".parse().unwrap()).unwrap().is("text", "plain"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyStructure(pub(super) BodyPart);

impl BodyStructure {
    /// Lists inside lists, at most, in what is read and in what is written.
    pub(super) const DEPTH: usize = 50;
    /// Parts, at most, in what is read: each costs more than what it takes to send it.
    pub(super) const PARTS: usize = 10_000;

    /// The structure of a message that has this for a body.
    pub const fn new(root: BodyPart) -> Self {
        Self(root)
    }

    /// The whole message.
    pub const fn root(&self) -> &BodyPart {
        &self.0
    }

    /// Every part with its path, each before those in it. A message that is a single part is `1`; a multipart message has the empty
    /// path. The multipart that is all of a message within has the path of that message, and is not listed on its own.
    pub fn parts(&self) -> impl Iterator<Item = (PartPath, &BodyPart)> {
        let start = match self.0.kind {
            PartKind::Multipart { .. } => Some(PartPath::root()),
            _ => PartPath::root().child(1),
        };
        let mut left: Vec<_> = start.into_iter().map(|path| (path, &self.0)).collect();
        std::iter::from_fn(move || {
            let (path, part) = left.pop()?;
            let children = part.numbered().iter().enumerate().rev();
            left.extend(children.filter_map(|(index, child)| {
                Some((path.child(u32::try_from(index).ok()?.checked_add(1)?)?, child))
            }));
            Some((path, part))
        })
    }

    /// The part of a path. `1` of a message that is a single part is that.
    pub fn find(&self, path: &PartPath) -> Option<&BodyPart> {
        let mut numbers = path.numbers();
        if !matches!(self.0.kind, PartKind::Multipart { .. })
            && let [first, rest @ ..] = numbers
        {
            if *first != 1 {
                return None;
            }
            numbers = rest;
        }
        numbers.iter().try_fold(&self.0, |part, &number| {
            part.numbered().get(usize::try_from(number).ok()?.checked_sub(1)?)
        })
    }

    /// What is meant to be saved: parts whose disposition says so, and those that have a name and no disposition. A message within
    /// is one attachment, whatever it holds.
    pub fn attachments(&self) -> impl Iterator<Item = (PartPath, &BodyPart)> {
        let mut inside: Option<PartPath> = None;
        self.parts().filter(move |(path, part)| {
            if inside.as_ref().is_some_and(|message| path.numbers().starts_with(message.numbers())) {
                return false;
            }
            let attached = part.is_attachment();
            if attached && matches!(part.kind, PartKind::Message { .. }) {
                inside = Some(path.clone());
            }
            attached
        })
    }

    /// BODYSTRUCTURE if `extensible`, BODY if not.
    pub(crate) fn encode(&self, encoder: &mut Encoder, extensible: bool) {
        self.0.encode(encoder, extensible, 0);
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(self.0.detach())
    }
}

/// One part of a message.
///
/// It is kept as it came; fields are read when they are looked at. Servers build one of [`PartFields`].
///
/// ```abnf
/// body            = "(" (body-type-1part / body-type-mpart) ")"
/// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
/// body-fields     = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
/// body-ext-1part  = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{BodyPart, PartFields, PartKind, Text};
///
/// let text = |text: &str| Text::try_from(text).unwrap();
/// let mut fields = PartFields::new(text("text"), text("plain"));
/// fields.octets = Some(12);
/// let part = BodyPart::new(fields, PartKind::Text { lines: Some(1) });
/// assert!(part.is("TEXT", "Plain"));
/// assert_eq!(part.octets(), Some(12));
/// ```
#[derive(Clone)]
pub struct BodyPart {
    /// What holds the fields.
    pub(super) raw: Bytes,
    pub(super) places: Places<10>,
    /// Whether no quote is to be trusted in it.
    pub(super) broken: bool,
    pub(super) octets: Option<u64>,
    pub(super) kind: PartKind,
}

/// The fields of a [`BodyPart`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct PartFields {
    /// The type: `text`, in whatever case. That of a multipart is `multipart`, though the wire does not say so.
    pub media_type: Text,
    /// The subtype: `plain`.
    pub subtype: Text,
    /// Parameters of the type.
    pub parameters: Parameters,
    /// Content-ID.
    pub id: Option<Text>,
    /// Content-Description.
    pub description: Option<Text>,
    /// Content-Transfer-Encoding.
    pub encoding: Option<Text>,
    /// Octets as they are encoded; `None` for a multipart, and where the server did not know.
    pub octets: Option<u64>,
    /// Content-MD5.
    pub md5: Option<Text>,
    /// Content-Disposition.
    pub disposition: Option<Disposition>,
    /// Content-Language.
    pub languages: Vec<Text>,
    /// Content-Location.
    pub location: Option<Text>,
}

impl PartFields {
    /// Those of a part of this type.
    pub fn new(media_type: Text, subtype: Text) -> Self {
        Self { media_type, subtype, ..Self::default() }
    }

    /// Those of a multipart of this subtype.
    pub fn multipart(subtype: Text) -> Self {
        Self::new(MULTIPART, subtype)
    }
}

const MULTIPART: Text = Text::received(Bytes::from_static(b"multipart"));

pub(super) const TYPE: usize = 0;
pub(super) const SUBTYPE: usize = 1;
pub(super) const PARAMETERS: usize = 2;
pub(super) const ID: usize = 3;
pub(super) const DESCRIPTION: usize = 4;
pub(super) const ENCODING: usize = 5;
pub(super) const MD5: usize = 6;
pub(super) const DISPOSITION: usize = 7;
pub(super) const LANGUAGES: usize = 8;
pub(super) const LOCATION: usize = 9;

/// What only some parts have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartKind {
    /// Neither text, message nor multipart; or one that a server wrote as if it was none.
    Basic,
    /// A text.
    Text {
        /// Lines as they are encoded.
        lines: Option<u64>,
    },
    /// A message.
    Message {
        /// Its header.
        envelope: Box<Envelope>,
        /// What it consists of.
        body: Box<BodyPart>,
        /// Lines as they are encoded.
        lines: Option<u64>,
    },
    /// Parts; servers send such without any.
    Multipart {
        /// The parts.
        parts: Vec<BodyPart>,
    },
}

/// Content-Disposition (RFC 2183).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct Disposition {
    /// `inline`, `attachment`, or something else, in any case.
    pub kind: Text,
    /// File name, size, dates.
    pub parameters: Parameters,
}

impl Disposition {
    /// Whether it is this, in any case.
    pub fn is(&self, kind: &str) -> bool {
        self.kind.as_bytes().eq_ignore_ascii_case(kind.as_bytes())
    }
}

impl BodyPart {
    /// A part with these fields. What its kind says goes with its type: a text without [`PartKind::Text`] has no lines.
    pub fn new(fields: PartFields, kind: PartKind) -> Self {
        let mut encoder = Encoder::for_text();
        let mut places = Places::none();
        let mut field = |field: usize, there: bool, write: &dyn Fn(&mut Encoder)| {
            if there && places.set(field, encoder.text().len()).is_some() {
                write(&mut encoder);
                encoder.space();
            }
        };
        let multipart = matches!(kind, PartKind::Multipart { .. });
        let string = |text: &Option<Text>, encoder: &mut Encoder| encode_text(text.as_ref(), encoder);
        field(TYPE, !multipart, &|encoder| encoder.string(fields.media_type.as_bytes()));
        field(SUBTYPE, true, &|encoder| encoder.string(fields.subtype.as_bytes()));
        field(PARAMETERS, !fields.parameters.is_empty(), &|encoder| fields.parameters.encode(encoder));
        field(ID, fields.id.is_some(), &|encoder| string(&fields.id, encoder));
        field(DESCRIPTION, fields.description.is_some(), &|encoder| string(&fields.description, encoder));
        field(ENCODING, fields.encoding.is_some(), &|encoder| string(&fields.encoding, encoder));
        field(MD5, fields.md5.is_some(), &|encoder| string(&fields.md5, encoder));
        field(DISPOSITION, fields.disposition.is_some(), &|encoder| {
            encode_disposition(fields.disposition.as_ref(), encoder);
        });
        field(LANGUAGES, !fields.languages.is_empty(), &|encoder| {
            encode_languages(&fields.languages, encoder);
        });
        field(LOCATION, fields.location.is_some(), &|encoder| string(&fields.location, encoder));
        let raw = Bytes::copy_from_slice(encoder.text());
        Self { raw, places, broken: false, octets: fields.octets, kind }
    }

    /// A multipart of this subtype.
    pub fn multipart(subtype: Text, parts: Vec<Self>) -> Self {
        Self::new(PartFields::multipart(subtype), PartKind::Multipart { parts })
    }

    /// What only some parts have.
    pub const fn kind(&self) -> &PartKind {
        &self.kind
    }

    /// The type: `text`, in whatever case. That of a multipart is `multipart`, though the wire does not say so.
    pub fn media_type(&self) -> Text {
        match self.kind {
            PartKind::Multipart { .. } => MULTIPART,
            _ => self.text(TYPE).unwrap_or_default(),
        }
    }

    /// The subtype: `plain`.
    pub fn subtype(&self) -> Text {
        self.text(SUBTYPE).unwrap_or_default()
    }

    /// Whether it is of this type, in any case.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.is_type(media_type) && self.subtype().as_bytes().eq_ignore_ascii_case(subtype.as_bytes())
    }

    fn is_type(&self, media_type: &str) -> bool {
        self.media_type().as_bytes().eq_ignore_ascii_case(media_type.as_bytes())
    }

    /// Parameters of the type.
    pub fn parameters(&self) -> Parameters {
        let read = |mut cursor| Parameters::read(&mut cursor).ok();
        self.at(PARAMETERS).and_then(read).unwrap_or_default()
    }

    /// Content-ID.
    pub fn id(&self) -> Option<Text> {
        self.text(ID)
    }

    /// Content-Description.
    pub fn description(&self) -> Option<Text> {
        self.text(DESCRIPTION)
    }

    /// Content-Transfer-Encoding, in any case.
    pub fn encoding(&self) -> Option<Text> {
        self.text(ENCODING)
    }

    /// Octets as they are encoded; `None` for a multipart, and where the server did not know.
    pub const fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Lines as they are encoded, of a text or a message.
    pub const fn lines(&self) -> Option<u64> {
        match self.kind {
            PartKind::Text { lines } | PartKind::Message { lines, .. } => lines,
            _ => None,
        }
    }

    /// Content-MD5.
    pub fn md5(&self) -> Option<Text> {
        self.text(MD5)
    }

    /// Content-Disposition.
    pub fn disposition(&self) -> Option<Disposition> {
        body_read::disposition(&mut self.at(DISPOSITION)?).ok()?.disposition()
    }

    /// Content-Language.
    pub fn languages(&self) -> Vec<Text> {
        let read = |mut cursor| body_read::languages(&mut cursor).ok();
        self.at(LANGUAGES).and_then(read).unwrap_or_default()
    }

    /// Content-Location.
    pub fn location(&self) -> Option<Text> {
        self.text(LOCATION)
    }

    /// All fields.
    pub fn fields(&self) -> PartFields {
        PartFields {
            media_type: self.media_type(),
            subtype: self.subtype(),
            parameters: self.parameters(),
            id: self.id(),
            description: self.description(),
            encoding: self.encoding(),
            octets: self.octets,
            md5: self.md5(),
            disposition: self.disposition(),
            languages: self.languages(),
            location: self.location(),
        }
    }

    /// The parts of a multipart.
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            PartKind::Multipart { parts } => parts,
            _ => &[],
        }
    }

    /// What has a number within: the parts of a multipart, also of one that is all of a message; else what is in the message.
    fn numbered(&self) -> &[Self] {
        match &self.kind {
            PartKind::Message { body, .. } => match &body.kind {
                PartKind::Multipart { parts } => parts,
                _ => std::slice::from_ref(body),
            },
            _ => self.parts(),
        }
    }

    /// The name that it was sent with, as it stands: of the disposition, or of the type. It is no path.
    pub fn file_name(&self) -> Option<Text> {
        let of_disposition = self.disposition().and_then(|one| one.parameters.get("filename"));
        of_disposition.or_else(|| self.parameters().get("name"))
    }

    fn is_attachment(&self) -> bool {
        if matches!(self.kind, PartKind::Multipart { .. }) {
            return false;
        }
        match self.disposition() {
            Some(disposition) => disposition.is("attachment"),
            None => self.file_name().is_some(),
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
        word(&mut self.at(field)?).ok()?
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let kind = match &self.kind {
            PartKind::Basic => PartKind::Basic,
            PartKind::Text { lines } => PartKind::Text { lines: *lines },
            PartKind::Message { envelope, body, lines } => PartKind::Message {
                envelope: Box::new(envelope.detach()),
                body: Box::new(body.detach()),
                lines: *lines,
            },
            PartKind::Multipart { parts } => {
                PartKind::Multipart { parts: parts.iter().map(Self::detach).collect() }
            }
        };
        Self { raw: wire_core::detach(&self.raw), kind, ..*self }
    }

    fn encode(&self, encoder: &mut Encoder, extensible: bool, depth: usize) {
        // What is built may be deeper than anybody reads: the last part that can be read holds no others.
        let holds_others = matches!(self.kind, PartKind::Multipart { .. } | PartKind::Message { .. });
        if holds_others && depth + 1 >= BodyStructure::DEPTH {
            return encoder.octets(EMPTY);
        }
        encoder.octets(b"(");
        if let PartKind::Multipart { parts } = &self.kind {
            if parts.is_empty() {
                // RFC 9051 section 9: there is at least one.
                encoder.octets(EMPTY);
            }
            parts.iter().for_each(|part| part.encode(encoder, extensible, depth + 1));
            encoder.space();
            encoder.string(self.subtype().as_bytes());
            if extensible {
                encoder.space();
                self.parameters().encode(encoder);
            }
        } else {
            self.encode_single(encoder, extensible, depth);
            if extensible {
                encoder.space();
                encode_text(self.md5().as_ref(), encoder);
            }
        }
        if extensible {
            encoder.space();
            encode_disposition(self.disposition().as_ref(), encoder);
            encoder.space();
            encode_languages(&self.languages(), encoder);
            encoder.space();
            encode_text(self.location().as_ref(), encoder);
        }
        encoder.octets(b")");
    }

    fn encode_single(&self, encoder: &mut Encoder, extensible: bool, depth: usize) {
        encoder.string(self.media_type().as_bytes());
        encoder.space();
        encoder.string(self.subtype().as_bytes());
        encoder.space();
        self.parameters().encode(encoder);
        encoder.space();
        encode_text(self.id().as_ref(), encoder);
        encoder.space();
        encode_text(self.description().as_ref(), encoder);
        encoder.space();
        // RFC 9051 section 9: body-fld-enc is no nstring
        encoder.string(self.encoding().as_ref().map_or(b"7BIT", |encoding| encoding.as_bytes()));
        encoder.space();
        encoder.number(self.octets.unwrap_or(0));
        // The type says what follows.
        match &self.kind {
            PartKind::Message { envelope, body, .. } if self.is_type("message") => {
                encoder.space();
                envelope.encode(encoder);
                encoder.space();
                body.encode(encoder, extensible, depth + 1);
            }
            _ if self.is_type("text") => {}
            _ => return,
        }
        encoder.space();
        encoder.number(self.lines().unwrap_or(0));
    }
}

/// The same fields and parts, however they were written.
impl PartialEq for BodyPart {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.fields() == other.fields()
    }
}

impl Eq for BodyPart {}

impl fmt::Debug for BodyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyPart").field("fields", &self.fields()).field("kind", &self.kind).finish()
    }
}

/// What stands for parts that there are none of.
const EMPTY: &[u8] = br#"("text" "plain" NIL NIL NIL "7bit" 0 0)"#;

fn encode_text(text: Option<&Text>, encoder: &mut Encoder) {
    encoder.nstring(text.map(AsRef::as_ref));
}

fn encode_disposition(disposition: Option<&Disposition>, encoder: &mut Encoder) {
    let Some(disposition) = disposition else { return encoder.octets(b"NIL") };
    encoder.octets(b"(");
    encoder.string(disposition.kind.as_bytes());
    encoder.space();
    disposition.parameters.encode(encoder);
    encoder.octets(b")");
}

fn encode_languages(languages: &[Text], encoder: &mut Encoder) {
    match languages {
        [] => encoder.octets(b"NIL"),
        [one] => encoder.string(one.as_bytes()),
        all => encoder.list(all, |encoder, one| encoder.string(one.as_bytes())),
    }
}

//! BODY and BODYSTRUCTURE: what a message consists of (RFC 9051 section 7.5.2).

use bytes::Bytes;

use crate::{Encoder, Envelope, PartPath, Text};

use super::parameters::Parameters;

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
/// assert_eq!((path.to_string().as_str(), part.octets), ("2", Some(1000)));
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
/// ```abnf
/// body           = "(" (body-type-1part / body-type-mpart) ")"
/// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
/// body-fields    = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets
/// body-ext-1part = body-fld-md5 [SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc *(SP body-extension)]]]
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::{BodyPart, PartKind, Text};
///
/// let text = |text: &str| Text::try_from(text).unwrap();
/// let mut part = BodyPart::new(text("text"), text("plain"), PartKind::Text { lines: Some(1) });
/// part.octets = Some(12);
/// assert!(part.is("TEXT", "Plain"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct BodyPart {
    /// The type: `text`, in whatever case. A multipart is `multipart`, though the wire does not say so.
    pub media_type: Text,
    /// The subtype: `plain`.
    pub subtype: Text,
    /// Parameters of the type.
    pub parameters: Parameters,
    /// Content-Transfer-Encoding.
    pub encoding: Option<Text>,
    /// Octets as they are encoded; `None` for a multipart, and where the server did not know.
    pub octets: Option<u64>,
    /// Content-Disposition.
    pub disposition: Option<Disposition>,
    /// What few parts have: see [`details`](Self::details).
    details: Option<Box<PartDetails>>,
    /// What only some have.
    pub kind: PartKind,
}

impl PartialEq for BodyPart {
    fn eq(&self, other: &Self) -> bool {
        self.media_type == other.media_type
            && self.subtype == other.subtype
            && self.parameters == other.parameters
            && self.encoding == other.encoding
            && self.octets == other.octets
            && self.disposition == other.disposition
            && self.details() == other.details()
            && self.kind == other.kind
    }
}

impl Eq for BodyPart {}

/// What few parts have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the grammar has no place for more
pub struct PartDetails {
    /// Content-ID.
    pub id: Option<Text>,
    /// Content-Description.
    pub description: Option<Text>,
    /// Content-MD5.
    pub md5: Option<Text>,
    /// Content-Language.
    pub languages: Vec<Text>,
    /// Content-Location.
    pub location: Option<Text>,
}

static NO_DETAILS: PartDetails =
    PartDetails { id: None, description: None, md5: None, languages: Vec::new(), location: None };

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
    /// A part of this type.
    pub const fn new(media_type: Text, subtype: Text, kind: PartKind) -> Self {
        Self {
            media_type,
            subtype,
            parameters: Parameters::new(),
            encoding: None,
            octets: None,
            disposition: None,
            details: None,
            kind,
        }
    }

    /// What few parts have.
    pub fn details(&self) -> &PartDetails {
        self.details.as_deref().unwrap_or(&NO_DETAILS)
    }

    /// The same, to be changed.
    pub fn details_mut(&mut self) -> &mut PartDetails {
        self.details.get_or_insert_default()
    }

    /// A multipart of this subtype.
    pub const fn multipart(subtype: Text, parts: Vec<Self>) -> Self {
        let media_type = Text::received(Bytes::from_static(b"multipart"));
        Self::new(media_type, subtype, PartKind::Multipart { parts })
    }

    /// Whether it is of this type, in any case.
    pub fn is(&self, media_type: &str, subtype: &str) -> bool {
        self.is_type(media_type) && self.subtype.as_bytes().eq_ignore_ascii_case(subtype.as_bytes())
    }

    pub(super) fn is_type(&self, media_type: &str) -> bool {
        self.media_type.as_bytes().eq_ignore_ascii_case(media_type.as_bytes())
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
        let of_disposition = self.disposition.as_ref().and_then(|one| one.parameters.get("filename"));
        of_disposition.or_else(|| self.parameters.get("name"))
    }

    fn is_attachment(&self) -> bool {
        match &self.disposition {
            _ if matches!(self.kind, PartKind::Multipart { .. }) => false,
            Some(disposition) => disposition.is("attachment"),
            None => self.file_name().is_some(),
        }
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        let text = |text: &Option<Text>| text.as_ref().map(Text::detach);
        Self {
            media_type: self.media_type.detach(),
            subtype: self.subtype.detach(),
            parameters: self.parameters.detach(),
            encoding: text(&self.encoding),
            octets: self.octets,
            disposition: self
                .disposition
                .as_ref()
                .map(|one| Disposition { kind: one.kind.detach(), parameters: one.parameters.detach() }),
            details: self.details.as_deref().map(|details| {
                Box::new(PartDetails {
                    id: text(&details.id),
                    description: text(&details.description),
                    md5: text(&details.md5),
                    languages: details.languages.iter().map(Text::detach).collect(),
                    location: text(&details.location),
                })
            }),
            kind: match &self.kind {
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
            },
        }
    }

    fn encode(&self, encoder: &mut Encoder, extensible: bool, depth: usize) {
        // What is built may be deeper than anybody reads.
        if depth >= BodyStructure::DEPTH {
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
            encoder.string(self.subtype.as_bytes());
            if extensible {
                encoder.space();
                self.parameters.encode(encoder);
            }
        } else {
            self.encode_single(encoder, extensible, depth);
            if extensible {
                encoder.space();
                encode_text(self.details().md5.as_ref(), encoder);
            }
        }
        if extensible {
            self.encode_rest(encoder);
        }
        encoder.octets(b")");
    }

    fn encode_single(&self, encoder: &mut Encoder, extensible: bool, depth: usize) {
        encoder.string(self.media_type.as_bytes());
        encoder.space();
        encoder.string(self.subtype.as_bytes());
        encoder.space();
        self.parameters.encode(encoder);
        encoder.space();
        encode_text(self.details().id.as_ref(), encoder);
        encoder.space();
        encode_text(self.details().description.as_ref(), encoder);
        encoder.space();
        // RFC 9051 section 9: body-fld-enc is no nstring
        encoder.string(self.encoding.as_ref().map_or(b"7BIT", |encoding| encoding.as_bytes()));
        encoder.space();
        encoder.number(self.octets.unwrap_or(0));
        // The type says what follows.
        let lines = match &self.kind {
            PartKind::Message { envelope, body, lines } if self.is_type("message") => {
                encoder.space();
                envelope.encode(encoder);
                encoder.space();
                body.encode(encoder, extensible, depth + 1);
                lines
            }
            PartKind::Text { lines } if self.is_type("text") => lines,
            _ if self.is_type("text") => &None,
            _ => return,
        };
        encoder.space();
        encoder.number(lines.unwrap_or(0));
    }

    /// Disposition, language, location.
    fn encode_rest(&self, encoder: &mut Encoder) {
        encoder.space();
        match &self.disposition {
            Some(disposition) => {
                encoder.octets(b"(");
                encoder.string(disposition.kind.as_bytes());
                encoder.space();
                disposition.parameters.encode(encoder);
                encoder.octets(b")");
            }
            None => encoder.octets(b"NIL"),
        }
        encoder.space();
        match self.details().languages.as_slice() {
            [] => encoder.octets(b"NIL"),
            [one] => encoder.string(one.as_bytes()),
            all => encoder.list(all, |encoder, one| encoder.string(one.as_bytes())),
        }
        encoder.space();
        encode_text(self.details().location.as_ref(), encoder);
    }
}

/// What stands for parts that there are none of.
const EMPTY: &[u8] = br#"("text" "plain" NIL NIL NIL "7bit" 0 0)"#;

fn encode_text(text: Option<&Text>, encoder: &mut Encoder) {
    encoder.nstring(text.map(AsRef::as_ref));
}

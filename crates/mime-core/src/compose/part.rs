//! The parts of a message, and how they are put together.

use std::borrow::Cow;

use bytes::{Buf, Bytes};
use mail_builder::{
    headers::{HeaderType, raw::Raw},
    mime::{BodyPart, MimePart},
};
use memchr::{memchr, memmem};

use super::{
    Attachment, ComposeError, Ids, MediaType,
    attachment::Content,
    body::{Encoding, Text, Traits},
    composed::Piece,
    fold::Fields,
    header,
    params::Params,
};

/// How often a source of boundaries is asked for another one.
const TRIES: usize = 8;
/// What stands for a piece while the parts are put together. NUL is in no other place: every field and every content
/// that is not encoded has been checked for it.
const PLACE: &[u8] = b"\0";
/// Contents of fewer octets are not worth a piece.
const SMALL: usize = 1024;

/// What the builder has made of its texts and attachments. Three multiparts deep at most.
pub(super) enum Part {
    Text {
        media_type: MediaType,
        text: String,
    },
    /// Fields that are a content of their own, as in reports.
    Fields {
        media_type: MediaType,
        octets: Bytes,
    },
    /// A message that a report is about.
    Returned(Bytes),
    Attachment(Attachment),
    Multipart {
        subtype: &'static str,
        parameter: Option<(&'static str, &'static str)>,
        parts: Vec<Part>,
    },
}

/// A part that is ready but for its boundaries.
enum Node {
    Leaf { header: Fields, content: Piece, eight_bit: bool },
    Multipart { subtype: &'static str, parameter: Option<(&'static str, &'static str)>, nodes: Vec<Node> },
}

/// How parts are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) utf8: bool,
    pub(super) eight_bit: bool,
    pub(super) legacy_names: bool,
}

/// What parts are put together with.
pub(super) struct Assembly<I> {
    ids: I,
    style: Style,
    boundaries: Vec<String>,
    /// Contents for which a placeholder stands, in order.
    pieces: Vec<Piece>,
}

/// What an assembly ends as.
pub(super) struct Assembled {
    pub(super) pieces: Vec<Piece>,
    /// Octets above 127 in a header.
    pub(super) utf8: bool,
    /// Octets above 127 in a body.
    pub(super) eight_bit: bool,
}

impl<I: Ids> Assembly<I> {
    pub(super) fn new(ids: I, style: Style) -> Self {
        Self { ids, style, boundaries: Vec::new(), pieces: Vec::new() }
    }

    pub(super) fn ids(&mut self) -> &mut I {
        &mut self.ids
    }

    /// Puts the message together: its own fields, and its parts.
    pub(super) fn finish(mut self, header: Fields, part: Part) -> Result<Assembled, ComposeError> {
        let node = self.prepare(part)?;
        let (utf8, eight_bit) = (is_utf8(&header) || node.is_utf8(), node.is_eight_bit());
        let (texts, ends_open) =
            (node.texts(), matches!(&node, Node::Leaf { content, .. } if content.is_encoded()));
        let message = mail_builder::MessageBuilder {
            headers: raw(header),
            body: Some(self.tree(node, &texts)?),
            ..mail_builder::MessageBuilder::new()
        };
        let mut octets = Vec::new();
        message.serialize(&mut octets);
        if ends_open {
            octets.extend_from_slice(b"\r\n");
        }
        Ok(Assembled { pieces: split(octets.into(), self.pieces), utf8, eight_bit })
    }

    /// Encodes texts and writes the fields of parts.
    fn prepare(&mut self, part: Part) -> Result<Node, ComposeError> {
        match part {
            Part::Text { media_type, text } => self.text(&media_type, &text),
            Part::Fields { media_type, octets } => fields(&media_type, octets),
            Part::Returned(octets) => returned(octets, self.style),
            Part::Attachment(attachment) => self.attachment(attachment),
            Part::Multipart { subtype, parameter, parts } => {
                let nodes = parts.into_iter().map(|part| self.prepare(part)).collect::<Result<_, _>>()?;
                Ok(Node::Multipart { subtype, parameter, nodes })
            }
        }
    }

    fn text(&self, media_type: &MediaType, text: &str) -> Result<Node, ComposeError> {
        let text = Text::new(text, self.style.eight_bit);
        let mut header = Fields::new();
        content_type(&mut header, media_type, Some(text.charset), None, false)?;
        encoding(&mut header, text.encoding)?;
        let eight_bit = text.encoding == Encoding::EightBit;
        let content = match text.encoding {
            Encoding::Base64 => Piece::Base64(text.octets),
            _ => Piece::Octets(text.octets),
        };
        Ok(Node::Leaf { header, content, eight_bit })
    }

    fn attachment(&mut self, attachment: Attachment) -> Result<Node, ComposeError> {
        let Attachment { name, media_type, content, inline, content_id, description } = attachment;
        let mut header = Fields::new();
        let name = name.as_deref().filter(|name| !name.is_empty());
        content_type(&mut header, &media_type, None, name, self.style.legacy_names)?;
        let (written, content, eight_bit) = match content {
            Content::Octets(octets) if media_type.is_message() => embedded(octets, self.style)?,
            Content::Source { .. } if media_type.is_message() => return Err(ComposeError::StreamedMessage),
            Content::Octets(octets) => (Encoding::Base64, Piece::Base64(octets), false),
            Content::Source { source, octets } => (Encoding::Base64, Piece::Source { source, octets }, false),
        };
        encoding(&mut header, written)?;
        let mut disposition = Params::new(if inline { "inline" } else { "attachment" });
        if let Some(name) = name {
            disposition.push("filename", name)?;
        }
        disposition.write(&mut header, "Content-Disposition")?;
        if let Some(id) = content_id {
            header::message_ids(&mut header, "Content-ID", &[id], self.style.utf8)?;
        }
        if let Some(description) = description {
            header::text(&mut header, "Content-Description", &description, self.style.utf8)?;
        }
        Ok(Node::Leaf { header, content, eight_bit })
    }

    /// The parts as `mail-builder` has them.
    fn tree(&mut self, node: Node, texts: &[Bytes]) -> Result<MimePart<'static>, ComposeError> {
        let eight_bit = node.is_eight_bit();
        match node {
            Node::Leaf { header, content, .. } => {
                let contents = match content {
                    Piece::Octets(octets) if octets.len() < SMALL => octets.to_vec(),
                    piece => {
                        self.pieces.push(piece);
                        PLACE.to_vec()
                    }
                };
                Ok(MimePart { headers: raw(header), contents: BodyPart::Binary(contents.into()) })
            }
            Node::Multipart { subtype, parameter, nodes } => {
                let mut value = Params::new(&format!("multipart/{subtype}"));
                if let Some((name, text)) = parameter {
                    value.push(name, text)?;
                }
                value.push("boundary", &self.boundary(texts)?)?;
                let mut header = Fields::new();
                value.write(&mut header, "Content-Type")?;
                // RFC 2045 section 6.4: "If an entity is of type "multipart" the Content-Transfer-Encoding is not
                // permitted to have any value other than "7bit", "8bit" or "binary"."
                if eight_bit {
                    encoding(&mut header, Encoding::EightBit)?;
                }
                let parts = nodes.into_iter().map(|node| self.tree(node, texts)).collect::<Result<_, _>>()?;
                Ok(MimePart { headers: raw(header), contents: BodyPart::Multipart(parts) })
            }
        }
    }

    /// A boundary that is in no text and is no other boundary.
    ///
    /// RFC 2046 section 5.1.1: "Boundary delimiters must not appear within the encapsulated material". `=_` is in neither
    /// quoted-printable nor base64 (RFC 2045 section 6.7), so what is streamed cannot have it.
    fn boundary(&mut self, texts: &[Bytes]) -> Result<String, ComposeError> {
        for _ in 0..TRIES {
            let mut boundary = String::from("=_");
            boundary.extend(self.ids.boundary().iter().map(|octet| format!("{octet:02X}")));
            let finder = memmem::Finder::new(&boundary);
            if !self.boundaries.contains(&boundary) && texts.iter().all(|text| finder.find(text).is_none()) {
                self.boundaries.push(boundary.clone());
                return Ok(boundary);
            }
        }
        Err(ComposeError::Boundary)
    }
}

/// Fields as `mail-builder` writes them without a change: it keeps line ends that stand before white space, and would
/// only add some to lines that are longer than ours.
fn raw(fields: Fields) -> Vec<(Cow<'static, str>, HeaderType<'static>)> {
    fields.into_iter().map(|(name, value)| (name, Raw::new(value).into())).collect()
}

/// Puts the pieces in the places that were kept for them.
fn split(mut octets: Bytes, places: Vec<Piece>) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(places.len() * 2 + 1);
    for piece in places {
        let at = memchr(0, &octets).unwrap_or(octets.len());
        pieces.push(Piece::Octets(octets.split_to(at)));
        octets.advance(octets.len().min(PLACE.len()));
        pieces.push(piece);
    }
    pieces.push(Piece::Octets(octets));
    pieces
}

fn is_utf8(fields: &Fields) -> bool {
    fields.iter().any(|(_, value)| !value.is_ascii())
}

impl Node {
    fn is_eight_bit(&self) -> bool {
        match self {
            Self::Leaf { eight_bit, .. } => *eight_bit,
            Self::Multipart { nodes, .. } => nodes.iter().any(Self::is_eight_bit),
        }
    }

    fn is_utf8(&self) -> bool {
        match self {
            Self::Leaf { header, .. } => is_utf8(header),
            Self::Multipart { nodes, .. } => nodes.iter().any(Self::is_utf8),
        }
    }

    /// What is not in base64.
    fn texts(&self) -> Vec<Bytes> {
        match self {
            Self::Leaf { content: Piece::Octets(octets), .. } => vec![octets.clone()],
            Self::Leaf { .. } => Vec::new(),
            Self::Multipart { nodes, .. } => nodes.iter().flat_map(Self::texts).collect(),
        }
    }
}

fn content_type(
    out: &mut Fields,
    media_type: &MediaType,
    charset: Option<&str>,
    name: Option<&str>,
    legacy_names: bool,
) -> Result<(), ComposeError> {
    let mut value = Params::new(media_type.essence());
    if let Some(charset) = charset {
        value.push("charset", charset)?;
    }
    for (parameter, text) in media_type.parameters().filter(|(name, _)| {
        // The charset of a text is what the composer writes it in.
        charset.is_none() || !name.eq_ignore_ascii_case("charset")
    }) {
        value.push(parameter, text)?;
    }
    if let Some(name) = name.filter(|_| legacy_names) {
        value.push_legacy_name(name)?;
    }
    value.write(out, "Content-Type")
}

fn encoding(out: &mut Fields, encoding: Encoding) -> Result<(), ComposeError> {
    header::structured(out, "Content-Transfer-Encoding", encoding.name(), false)
}

/// RFC 2046 section 5.2.1: "No encoding other than "7bit", "8bit", or "binary" is permitted for the body of a
/// "message/rfc822" entity."
fn embedded(octets: Bytes, style: Style) -> Result<(Encoding, Piece, bool), ComposeError> {
    let traits = Traits::of(&octets);
    if !traits.fits(true) {
        return Err(ComposeError::BinaryMessage);
    }
    if !traits.fits(style.eight_bit) {
        return Err(ComposeError::EightBitMessage);
    }
    let encoding = if traits.eight_bit { Encoding::EightBit } else { Encoding::SevenBit };
    Ok((encoding, Piece::Octets(octets), traits.eight_bit))
}

/// Fields are ASCII, but for those of others, which are encoded then.
fn fields(media_type: &MediaType, octets: Bytes) -> Result<Node, ComposeError> {
    let mut header = Fields::new();
    content_type(&mut header, media_type, None, None, false)?;
    let (written, content) = if Traits::of(&octets).fits(false) {
        (Encoding::SevenBit, Piece::Octets(octets))
    } else {
        (Encoding::Base64, Piece::Base64(octets))
    };
    encoding(&mut header, written)?;
    Ok(Node::Leaf { header, content, eight_bit: false })
}

fn returned(octets: Bytes, style: Style) -> Result<Node, ComposeError> {
    let mut header = Fields::new();
    content_type(&mut header, &MediaType::known("message/rfc822"), None, None, false)?;
    let (written, content, eight_bit) = embedded(octets, style)?;
    encoding(&mut header, written)?;
    Ok(Node::Leaf { header, content, eight_bit })
}

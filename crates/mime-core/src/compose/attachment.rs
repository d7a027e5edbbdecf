//! What is attached to a message.

use bytes::Bytes;

use super::MediaType;
use crate::MessageId;

/// A file that goes with a message: octets that are there, or that will be given when they are needed.
///
/// # Example
///
/// ```
/// use mime_core::compose::{Attachment, MediaType};
///
/// let report = Attachment::new("Übersicht März.pdf", &b"%PDF-1.7"[..]);
/// assert_eq!(report.media_type_of().essence(), "application/pdf");
///
/// // Ten gigabytes, from wherever they come: the composer asks for source 7 when their turn is.
/// let video = Attachment::streamed("Film.mp4", 7, 10_000_000_000);
/// assert_eq!(video.octets(), 10_000_000_000);
/// # let _ = MediaType::of_file("x");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub(super) name: Option<String>,
    pub(super) media_type: MediaType,
    pub(super) content: Content,
    pub(super) inline: bool,
    pub(super) content_id: Option<MessageId>,
    pub(super) description: Option<String>,
}

/// Where the octets of an attachment are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Octets(Bytes),
    Source { source: u64, octets: u64 },
}

impl Attachment {
    /// A file of this name and content. Its media type is what the ending of the name says
    /// ([`MediaType::of_file`]).
    pub fn new(name: impl Into<String>, octets: impl Into<Bytes>) -> Self {
        let name = name.into();
        let media_type = MediaType::of_file(&name);
        Self::of(Some(name), media_type, Content::Octets(octets.into()))
    }

    /// A file whose content is given later ([`Composed::feed`](super::Composed::feed)): the number is yours and comes
    /// back in [`Step::Want`](super::Step::Want); the length is exact.
    pub fn streamed(name: impl Into<String>, source: u64, octets: u64) -> Self {
        let name = name.into();
        let media_type = MediaType::of_file(&name);
        Self::of(Some(name), media_type, Content::Source { source, octets })
    }

    /// A whole message, as it was received: what is called forwarding as an attachment (RFC 2046 section 5.2.1). It may
    /// not be encoded, so it has to be made of CRLF lines of at most 998 octets, and of ASCII unless the message that
    /// it is attached to may be 8-bit.
    pub fn message(octets: impl Into<Bytes>) -> Self {
        Self::of(None, MediaType::known("message/rfc822"), Content::Octets(octets.into()))
    }

    const fn of(name: Option<String>, media_type: MediaType, content: Content) -> Self {
        Self { name, media_type, content, inline: false, content_id: None, description: None }
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the media type.
    #[must_use]
    pub fn media_type(mut self, media_type: MediaType) -> Self {
        self.media_type = media_type;
        self
    }

    /// Has the attachment shown where it stands, if the reader's program can (RFC 2183 section 2.1).
    #[must_use]
    pub const fn inline(mut self) -> Self {
        self.inline = true;
        self
    }

    /// Sets the identifier by which HTML refers to the part: see [`cid_url`].
    #[must_use]
    pub fn content_id(mut self, id: MessageId) -> Self {
        self.content_id = Some(id);
        self
    }

    /// Sets the description (RFC 2045 section 8).
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }

    /// The media type.
    pub const fn media_type_of(&self) -> &MediaType {
        &self.media_type
    }

    /// Octets of the content, before it is encoded.
    pub fn octets(&self) -> u64 {
        match &self.content {
            Content::Octets(octets) => u64::try_from(octets.len()).unwrap_or(u64::MAX),
            Content::Source { octets, .. } => *octets,
        }
    }
}

/// The URL by which HTML refers to a part of its message (RFC 2392 section 2).
///
/// # Example
///
/// ```
/// use mime_core::{MessageId, compose::cid_url};
///
/// let id = MessageId::try_from("bild%1@example.de")?;
/// assert_eq!(cid_url(&id), "cid:bild%251@example.de");
/// # Ok::<(), mime_core::AddressError>(())
/// ```
pub fn cid_url(id: &MessageId) -> String {
    let mut url = String::from("cid:");
    for octet in id.as_str().bytes() {
        // RFC 3986 section 3.3: what a path may hold, but for what closes an attribute of HTML or begins an entity.
        if octet.is_ascii_alphanumeric() || b"-._~!$()*+,;=:@".contains(&octet) {
            url.push(char::from(octet));
        } else {
            url.push_str(&format!("%{octet:02X}"));
        }
    }
    url
}

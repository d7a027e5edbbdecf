//! What a content type makes of a body.

use std::borrow::Cow;

use super::{Choices, header::Boundary};
use crate::{Config, ContentType, DefectKind, MediaKind};

/// How the content of a part is taken apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// Not at all.
    #[default]
    Leaf,
    /// Into the parts between its delimiters.
    Multipart,
    /// It is a message.
    Message,
}

/// What a value of Content-Type says of the structure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Structure {
    pub(crate) kind: Kind,
    /// Its parts are messages unless they say otherwise.
    pub(crate) digest: bool,
    /// Why a multipart has no boundary that can be looked for.
    pub(crate) defect: Option<DefectKind>,
}

impl Structure {
    const LEAF: Self = Self { kind: Kind::Leaf, digest: false, defect: None };

    /// Reads a value; its boundary is put into `boundary`. `None` if it is no content type.
    pub(crate) fn of(
        value: &[u8],
        config: &Config,
        choices: Choices,
        boundary: &mut Boundary,
    ) -> Option<Self> {
        boundary.clear();
        match MediaKind::of(value) {
            MediaKind::Text => return Some(Self::LEAF),
            MediaKind::Other => {
                // Other types are of no interest, if they are types at all.
                let text = value.trim_ascii_start();
                if text.starts_with(b"application/") || text.starts_with(b"image/") {
                    return Some(Self::LEAF);
                }
                let is_in_name = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
                let end = text.iter().position(|octet| !is_in_name(octet)).unwrap_or(0);
                if end > 0 && text.get(end) == Some(&b'/') {
                    return Some(Self::LEAF);
                }
            }
            _ => {}
        }
        let content = ContentType::parse(value, config, &mut ())?;
        if content.media_type().eq_ignore_ascii_case("multipart") {
            let digest = content.subtype().eq_ignore_ascii_case("digest");
            let defect = match chosen(&content, choices) {
                None => Some(DefectKind::BoundaryMissing),
                Some(found) if found.is_empty() => Some(DefectKind::BoundaryEmpty),
                Some(found) if found.len() > config.limits.boundary => Some(DefectKind::LimitTruncated),
                Some(found) => {
                    boundary.extend_from_slice(&found);
                    None
                }
            };
            return Some(Self { kind: Kind::Multipart, digest, defect });
        }
        let message = content.is("message", "rfc822") || content.is("message", "global");
        Some(Self { kind: if message { Kind::Message } else { Kind::Leaf }, ..Self::LEAF })
    }
}

/// The boundary, in the reading that was chosen.
fn chosen<'a>(content: &ContentType<'a>, choices: Choices) -> Option<Cow<'a, [u8]>> {
    if choices.has(Choices::PLAIN_PARAMETER) {
        return content.params().find(|param| param.is("boundary")).map(|param| param.octets());
    }
    let other = if choices.has(Choices::LAST_PARAMETER) {
        content.all("boundary").pop()
    } else if choices.has(Choices::SECOND_PARAMETER) {
        content.all("boundary").into_iter().nth(1)
    } else {
        None
    };
    match other {
        Some(other) => Some(Cow::Owned(other.into_owned().into_bytes())),
        None => content.boundary(),
    }
}

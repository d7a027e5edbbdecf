//! What a content type makes of a body.

use super::Choices;
use crate::Config;

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

/// What a value of Content-Type says of the structure; the boundary is added to `boundary`.
pub(crate) fn structure(
    value: &[u8],
    config: &Config,
    choices: Choices,
    boundary: &mut Vec<u8>,
) -> Option<(Kind, bool)> {
    let _ = (config, choices);
    let text = value.trim_ascii();
    let kind = if starts(text, b"multipart/") {
        Kind::Multipart
    } else if starts(text, b"message/rfc822") || starts(text, b"message/global") {
        Kind::Message
    } else {
        return Some((Kind::Leaf, false));
    };
    let lower = text.to_ascii_lowercase();
    if let Some(at) = memchr::memmem::find(&lower, b"boundary=") {
        let value = &text[at + 9..];
        let value = if let Some(q) = value.strip_prefix(b"\"") {
            &q[..q.iter().position(|&o| o == b'"').unwrap_or(q.len())]
        } else {
            &value[..value
                .iter()
                .position(|&o| matches!(o, b';' | b' ' | b'\r' | b'\n'))
                .unwrap_or(value.len())]
        };
        boundary.extend_from_slice(value);
    }
    Some((kind, starts(text, b"multipart/digest")))
}

fn starts(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

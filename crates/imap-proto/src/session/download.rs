//! One part of one message, whatever its length: decoded by the server where it can, else told with its encoding.

use bytes::Bytes;

use super::{Event, Message, Outcome, Refused, Session, TaskId, task::Kind};
use crate::{
    BodyStructure, Capability, Command, Content, Misuse, PartPath, Section, SectionText, Streamed, Uid,
    UidSet,
    client::Completion,
    command::{FetchAttribute, FetchCommand},
    response::ResponseText,
};

/// How far a download has come.
#[derive(Debug)]
pub(super) struct Downloading {
    uid: Uid,
    /// Which part; the root is the message as it is.
    part: PartPath,
    stage: Stage,
    /// How the part is encoded.
    encoding: Option<Bytes>,
    /// It was told that the part begins.
    begun: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin,
    /// The server is to decode it.
    Decoded,
    /// How it is encoded is asked for.
    Encoding,
    /// As it is.
    Encoded,
}

impl Session {
    /// Gives one part of a message, or without a part all of it as it is: [`Event::Download`], and then [`Event::BodyChunk`]s up to
    /// [`Event::BodyEnd`]. If [`Outcome::Completed`] follows without them, the server has no such message or part.
    ///
    /// A server with BINARY (RFC 3516) decodes the part. One without it, or that does not know how, is asked how the part is
    /// encoded, and the event tells it.
    ///
    /// # Errors
    ///
    /// [`Misuse::State`] unless [`is_ready`](Self::is_ready).
    pub fn download(&mut self, uid: Uid, part: Option<PartPath>) -> Result<TaskId, Misuse> {
        let part = part.unwrap_or_default();
        self.call(Kind::Download(Box::new(Downloading {
            uid,
            part,
            stage: Stage::Begin,
            encoding: None,
            begun: false,
        })))
    }

    fn downloading(&mut self) -> Option<&mut Downloading> {
        match self.tasks.front_mut().map(|task| &mut task.kind) {
            Some(Kind::Download(downloading)) => Some(downloading),
            _ => None,
        }
    }

    pub(super) fn advance_download(&mut self, completion: Option<Completion>) {
        let decodes = self.has(&Capability::BINARY);
        let Some(downloading) = self.downloading() else { return };
        let is_raw = downloading.part.is_root();
        match downloading.stage {
            Stage::Begin if decodes && !is_raw => self.ask_part(Stage::Decoded),
            Stage::Begin if is_raw => self.ask_part(Stage::Encoded),
            // RFC 3516 section 4.3: NO with UNKNOWN-CTE says that the server cannot decode it. Others have other ways to say so.
            Stage::Decoded if !downloading.begun => self.ask_part(Stage::Encoding),
            Stage::Begin => self.ask_part(Stage::Encoding),
            Stage::Encoding => self.ask_part(Stage::Encoded),
            Stage::Decoded | Stage::Encoded => {
                let text = completion.as_ref().map(|completion| completion.text.clone());
                let text = text.unwrap_or_else(|| ResponseText::new(None, ""));
                let result = completion.map_or(Ok(()), Refused::or_ok);
                self.finish(result.map(|()| Outcome::Completed(text)));
            }
        }
    }

    fn ask_part(&mut self, stage: Stage) {
        let Some(downloading) = self.downloading() else { return };
        downloading.stage = stage;
        let part = downloading.part.clone();
        let set = UidSet::from(downloading.uid);
        let peek = |section| FetchAttribute::Body { section, peek: true, partial: None };
        let attributes = match stage {
            Stage::Decoded => vec![FetchAttribute::Binary { part, peek: true, partial: None }],
            // A part has a header of its own, but not the only part of a message: then the structure has to tell.
            Stage::Encoding => {
                let mime = peek(Section { part, text: SectionText::Mime });
                vec![mime, FetchAttribute::BodyStructure]
            }
            Stage::Begin | Stage::Encoded => vec![peek(Section::part(part))],
        };
        self.issue(Command::Fetch(FetchCommand::new(set, attributes)));
    }

    /// A message while a download is under way; whether it was what the download asked for.
    pub(super) fn downloads(&mut self, message: &Message) -> bool {
        let Some(downloading) = self.downloading() else { return false };
        if message.uid.is_some_and(|uid| uid != downloading.uid) {
            return false;
        }
        if downloading.stage == Stage::Encoding {
            let mime = Section { part: downloading.part.clone(), text: SectionText::Mime };
            let told = message.body(&mime).and_then(|header| transfer_encoding(header));
            let structure = || part_encoding(message.body_structure()?, &downloading.part);
            let encoding = told.or_else(structure);
            if encoding.is_some() {
                downloading.encoding = encoding;
            }
            return message.body(&mime).is_some() || message.body_structure().is_some();
        }
        let mut from = 0;
        while let Some((item, octets, behind)) = message.content_from(from) {
            if self.download_begins(&item, octets.len() as u64) {
                if !octets.is_empty() {
                    self.pending.push_back(Event::BodyChunk(octets));
                }
                self.pending.push_back(Event::BodyEnd);
                return true;
            }
            from = behind;
        }
        false
    }

    /// Content of a message while a download is under way; whether it is what the download asked for.
    pub(super) fn download_begins(&mut self, item: &Streamed, octets: u64) -> bool {
        let Some(id) = self.current() else { return false };
        let Some(downloading) = self.downloading() else { return false };
        let is_it = match (&item.content, downloading.stage) {
            (Content::Binary(part), Stage::Decoded) => *part == downloading.part,
            (Content::Section(section), Stage::Encoded) => {
                *section == Section::part(downloading.part.clone())
            }
            _ => false,
        };
        if !is_it || item.origin.is_some() || downloading.begun {
            return false;
        }
        downloading.begun = true;
        let encoding = downloading.encoding.take();
        self.pending.push_back(Event::Download { id, encoding, octets });
        true
    }

    pub(super) fn is_downloading(&self) -> bool {
        matches!(self.tasks.front(), Some(task) if task.begun && matches!(task.kind, Kind::Download(_)))
    }

    /// Whether a message that comes in pieces is the one of the download.
    pub(super) fn is_downloaded(&self, uid: Option<Uid>) -> bool {
        match self.tasks.front().map(|task| &task.kind) {
            Some(Kind::Download(downloading)) => uid.is_none_or(|uid| uid == downloading.uid),
            _ => false,
        }
    }
}

/// The value of the field that says how a part is encoded (RFC 2045 section 6.1), with its folds.
fn transfer_encoding(header: &[u8]) -> Option<Bytes> {
    const NAME: &[u8] = b"content-transfer-encoding";
    let mut lines = header.split_inclusive(|octet| *octet == b'\n').peekable();
    while let Some(line) = lines.next() {
        let Some((name, rest)) = line.split_at_checked(NAME.len()) else { continue };
        if !name.eq_ignore_ascii_case(NAME) {
            continue;
        }
        let Some(value) = rest.trim_ascii_start().strip_prefix(b":") else { continue };
        let mut value = value.to_vec();
        while let Some(fold) = lines.next_if(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
            value.extend_from_slice(fold);
        }
        return Some(value.into());
    }
    None
}

/// How a part is encoded, by the structure of the message.
fn part_encoding(structure: &BodyStructure, part: &PartPath) -> Option<Bytes> {
    Some(structure.find(part)?.encoding()?.detach().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_part_is_encoded() {
        let told = |header: &str| transfer_encoding(header.as_bytes());
        assert_eq!(
            told("Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n").unwrap(),
            " base64\r\n"
        );
        assert_eq!(told("CONTENT-TRANSFER-ENCODING :\r\n base64\r\nX: y\r\n").unwrap(), "\r\n base64\r\n");
        assert_eq!(told("Content-Transfer-Encodings: base64\r\n\r\n"), None);
        assert_eq!(told("X: y\r\n Content-Transfer-Encoding: base64\r\n"), None);
        assert_eq!(told("Content-Transfer-Encoding"), None);
        assert_eq!(told(""), None);
    }
}

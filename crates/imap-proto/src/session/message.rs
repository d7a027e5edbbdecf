//! What a fetched message tells.

use bytes::Bytes;

use super::Message;
use crate::{BodyStructure, Content, DateTime, Envelope, FetchItem, Flags, ModSeq, Section, Streamed};

impl Message {
    /// Its flags, if they were asked for.
    pub fn flags(&self) -> Option<&Flags> {
        self.fetch.flags()
    }

    /// When it changed last, if that was asked for.
    pub fn modseq(&self) -> Option<ModSeq> {
        self.fetch.modseq()
    }

    /// Its envelope, if that was asked for.
    pub fn envelope(&self) -> Option<&Envelope> {
        self.fetch.envelope()
    }

    /// Its parts, if they were asked for.
    pub fn body_structure(&self) -> Option<&BodyStructure> {
        self.fetch.body_structure()
    }

    /// When it arrived, if that was asked for.
    pub fn internal_date(&self) -> Option<DateTime> {
        self.fetch.internal_date()
    }

    /// Its octets, if they were asked for.
    pub fn size(&self) -> Option<u64> {
        self.fetch.size()
    }

    /// The octets of a section, if they were asked for and are few enough not to come in pieces.
    pub fn body(&self, section: &Section) -> Option<&Bytes> {
        self.fetch.body(section)?.data.as_ref()
    }

    /// Content that came with it, from the item of a number on: what it is, its octets, and the number of the item behind.
    pub fn content_from(&self, item: usize) -> Option<(Streamed, Bytes, usize)> {
        let mut items = self.fetch.items.iter().enumerate().skip(item);
        items.find_map(|(at, item)| content(item).map(|(what, octets)| (what, octets, at + 1)))
    }
}

/// Octets of the message that an item has.
fn content(item: &FetchItem) -> Option<(Streamed, Bytes)> {
    let whole = |content, octets: &Option<Bytes>| Some((Streamed { content, origin: None }, octets.clone()?));
    match item {
        FetchItem::Section(item) => {
            let content = Content::Section(item.section.clone());
            Some((Streamed { content, origin: item.origin }, item.data.clone()?))
        }
        FetchItem::Binary(item) => {
            let content = Content::Binary(item.part.clone());
            Some((Streamed { content, origin: item.origin }, item.data.clone()?))
        }
        FetchItem::Rfc822(octets) => whole(Content::Rfc822, octets),
        FetchItem::Rfc822Header(octets) => whole(Content::Rfc822Header, octets),
        FetchItem::Rfc822Text(octets) => whole(Content::Rfc822Text, octets),
        _ => None,
    }
}

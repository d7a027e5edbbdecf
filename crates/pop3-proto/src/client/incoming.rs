//! Replies of several lines: listings, capabilities, messages.

use bytes::Bytes;
use wire_core::dot::{Unstuffed, Unstuffer};
use wire_core::{RecvBuf, Step};

use super::flight::Kind;
use super::{Client, CommandId, Event};
use crate::{Capabilities, DropListing, Error, Limit, Limits, Reply, ScanListing, UniqueIdListing};

/// A reply that is coming in.
#[derive(Debug)]
pub(super) struct Incoming {
    id: CommandId,
    content: Content,
    abandoned: bool,
}

#[derive(Debug)]
enum Content {
    Message { unstuffer: Unstuffer, octets: u64 },
    Lines { kind: Kind, lines: u32 },
    Capabilities { capabilities: Capabilities, lines: usize },
}

impl Incoming {
    pub(super) fn new(id: CommandId, kind: Kind, abandoned: bool) -> Self {
        let content = match kind {
            Kind::Message => Content::Message { unstuffer: Unstuffer::default(), octets: 0 },
            Kind::Capa => Content::Capabilities { capabilities: Capabilities::default(), lines: 0 },
            kind => Content::Lines { kind, lines: 0 },
        };
        Self { id, content, abandoned }
    }
}

/// STAT, and LIST and UIDL of one message, answer in the line of the status.
pub(super) fn single(id: CommandId, kind: Kind, reply: &Reply, line: &Bytes, limits: &Limits) -> Event {
    let event = match kind {
        Kind::Stat => DropListing::parse(reply.text()).map(|listing| Event::Stat(id, listing)),
        Kind::List(asked) => ScanListing::parse(reply.text(), asked).map(|listing| Event::Scan(id, listing)),
        _ => {
            let asked = if let Kind::Uidl(asked) = kind { asked } else { None };
            let listing = reply.octets().and_then(|text| UniqueIdListing::parse(text, asked));
            listing.filter(|listing| fits(listing, limits)).map(|listing| Event::UniqueId(id, listing))
        }
    };
    event.unwrap_or_else(|| Event::Damaged(id, line.clone()))
}

fn fits(listing: &UniqueIdListing, limits: &Limits) -> bool {
    listing.unique_id.as_ref().is_none_or(|id| id.as_bytes().len() <= limits.unique_id)
}

impl Client {
    /// Abandons the message that is coming in, if it is of this command.
    pub(super) fn abandon_incoming(&mut self, id: CommandId) {
        if let Some(incoming) = self.incoming.as_mut().filter(|incoming| incoming.id == id) {
            incoming.abandoned = true;
        }
    }

    /// Takes the next line or piece of a reply of several lines.
    pub(super) fn receive(&mut self, rx: &mut RecvBuf) -> Result<Option<Step<Event>>, Error> {
        let Some(incoming) = &mut self.incoming else { return Ok(None) };
        let (id, abandoned) = (incoming.id, incoming.abandoned);
        let limits = &self.config.limits;
        let event = match &mut incoming.content {
            Content::Message { unstuffer, octets } => match unstuffer.next(rx, limits.chunk) {
                None => return Ok(None),
                Some(Unstuffed::Chunk(chunk)) => {
                    *octets = octets.saturating_add(chunk.len() as u64);
                    if *octets > limits.message_octets {
                        return Err(Limit::MessageOctets(limits.message_octets).into());
                    }
                    Event::Body(id, chunk)
                }
                Some(Unstuffed::End) => {
                    self.incoming = None;
                    Event::End(id)
                }
            },
            Content::Lines { kind, lines } => {
                let line = match rx.line(limits.reply_line) {
                    Ok(Some(line)) if line == "." => {
                        self.incoming = None;
                        self.rearm = true;
                        return Ok((!abandoned).then_some(Step::Event(Event::End(id))));
                    }
                    Ok(None) => return Ok(None),
                    Ok(Some(line)) => Some(line),
                    Err(_) => None,
                };
                // Lines that are too long count as well: nothing goes on for ever.
                *lines = lines.saturating_add(1);
                if *kind == Kind::Languages && *lines as usize > limits.capabilities {
                    return Err(Limit::Capabilities(limits.capabilities).into());
                }
                if *kind != Kind::Languages && *lines > limits.messages {
                    return Err(Limit::Messages(limits.messages).into());
                }
                self.rearm = true;
                match line {
                    // There are servers that send empty lines.
                    Some(line) if line.is_empty() => return Ok(None),
                    Some(line) if line.starts_with(b"..") => listed(id, *kind, line.slice(1..), limits),
                    Some(line) => listed(id, *kind, line, limits),
                    None => Event::Damaged(id, Bytes::new()),
                }
            }
            Content::Capabilities { capabilities, lines } => match rx.line(limits.reply_line) {
                Ok(Some(line)) if line == "." => {
                    self.capabilities = std::mem::take(capabilities);
                    self.incoming = None;
                    Event::End(id)
                }
                Ok(None) => return Ok(None),
                line => {
                    *lines += 1;
                    if *lines > limits.capabilities {
                        return Err(Limit::Capabilities(limits.capabilities).into());
                    }
                    self.rearm = true;
                    match line {
                        Ok(line) => {
                            capabilities.push(&line.unwrap_or_default());
                            return Ok(None);
                        }
                        Err(_) => Event::Damaged(id, Bytes::new()),
                    }
                }
            },
        };
        self.rearm = true;
        Ok((!abandoned).then_some(Step::Event(event)))
    }
}

fn listed(id: CommandId, kind: Kind, line: Bytes, limits: &Limits) -> Event {
    let event = match kind {
        Kind::List(_) => ScanListing::parse(&line, None).map(|listing| Event::Scan(id, listing)),
        Kind::Uidl(_) => UniqueIdListing::parse(&line, None)
            .filter(|listing| fits(listing, limits))
            .map(|listing| Event::UniqueId(id, listing)),
        _ => Some(Event::Language(id, line.clone())),
    };
    event.unwrap_or(Event::Damaged(id, line))
}

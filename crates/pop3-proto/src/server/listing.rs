//! What a maildrop holds when it is opened.

use bytes::{BufMut, BytesMut};

use crate::listing::check;
use crate::{Expire, InvalidUniqueId, digits};

/// The messages of a maildrop: their sizes and unique ids, in the order of their numbers.
///
/// It is fixed for a session (RFC 1939 section 5: what arrives meanwhile is not seen). A message costs 16 octets and
/// its unique id.
///
/// # Example
///
/// ```
/// use pop3_proto::server::Listing;
///
/// let mut listing = Listing::new();
/// listing.push(120, "whqtswO00WBw418f9t5JxYwZ").unwrap();
/// listing.push(200, "QhdPYR:00WBw1Ph7x7").unwrap();
/// assert_eq!((listing.len(), listing.octets(2)), (2, Some(200)));
/// assert_eq!(listing.unique_id(1).unwrap(), b"whqtswO00WBw418f9t5JxYwZ");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Listing {
    messages: Vec<Message>,
    unique_ids: BytesMut,
    pub(super) expire: Option<Expire>,
    pub(super) login_delay: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Message {
    octets: u64,
    /// Where its unique id ends; it begins where that of the message before ends.
    unique_id_end: u32,
}

impl Listing {
    /// An empty maildrop.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty maildrop with room for so many messages.
    pub fn with_capacity(messages: usize) -> Self {
        let unique_ids = BytesMut::with_capacity(messages.saturating_mul(32));
        Self { messages: Vec::with_capacity(messages), unique_ids, ..Self::default() }
    }

    /// Adds the next message.
    ///
    /// `octets` is its size as it is sent: each line end counts two, stuffed dots do not count (RFC 1939 section 11).
    /// Its unique id must stay the same in every session and never be used for another message.
    ///
    /// # Errors
    ///
    /// [`InvalidUniqueId`] unless it is 1 to 70 octets between `!` and `~`, or if there are 4 GiB of them.
    pub fn push(&mut self, octets: u64, unique_id: &str) -> Result<(), InvalidUniqueId> {
        check(unique_id.as_bytes())?;
        let end = self.unique_ids.len() + unique_id.len();
        let unique_id_end = u32::try_from(end).map_err(|_| InvalidUniqueId { at: 0 })?;
        self.unique_ids.put_slice(unique_id.as_bytes());
        self.messages.push(Message { octets, unique_id_end });
        Ok(())
    }

    /// How long messages of this user are kept at least, if that is not what the configuration says.
    #[must_use]
    pub fn expire(mut self, expire: Expire) -> Self {
        self.expire = Some(expire);
        self
    }

    /// How many seconds this user must let pass between two logins, if that is not what the configuration says.
    #[must_use]
    pub fn login_delay(mut self, seconds: u32) -> Self {
        self.login_delay = Some(seconds);
        self
    }

    /// How many messages.
    pub fn len(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The size of a message, counted from 1.
    pub fn octets(&self, message: u32) -> Option<u64> {
        self.messages.get(index(message)?).map(|message| message.octets)
    }

    /// The unique id of a message, counted from 1.
    pub fn unique_id(&self, message: u32) -> Option<&[u8]> {
        let index = index(message)?;
        let end = self.messages.get(index)?.unique_id_end as usize;
        let begin = match index.checked_sub(1) {
            Some(before) => self.messages.get(before)?.unique_id_end as usize,
            None => 0,
        };
        self.unique_ids.get(begin..end)
    }

    /// The line of LIST or UIDL for a message.
    pub(super) fn put_line(&self, message: u32, unique_ids: bool, out: &mut impl BufMut) {
        digits::put(u64::from(message), out);
        out.put_u8(b' ');
        if unique_ids {
            out.put_slice(self.unique_id(message).unwrap_or_default());
        } else {
            digits::put(self.octets(message).unwrap_or_default(), out);
        }
        out.put_slice(b"\r\n");
    }
}

fn index(message: u32) -> Option<usize> {
    usize::try_from(message).ok()?.checked_sub(1)
}

/// The open maildrop of a session.
#[derive(Debug, Default)]
pub(super) struct Maildrop {
    pub(super) listing: Listing,
    /// One bit a message, as far as the last one that was ever marked.
    marks: Vec<u64>,
    deleted: u32,
    /// Octets of all messages, and of those that are not marked.
    total: u64,
    octets: u64,
}

impl Maildrop {
    pub(super) fn new(listing: Listing) -> Self {
        let total = listing.messages.iter().fold(0, |sum: u64, message| sum.saturating_add(message.octets));
        Self { listing, marks: Vec::new(), deleted: 0, total, octets: total }
    }

    pub(super) fn is_deleted(&self, message: u32) -> bool {
        let Some(index) = index(message) else { return false };
        self.marks.get(index / 64).is_some_and(|bits| bits & (1 << (index % 64)) != 0)
    }

    /// Whether there is such a message that is not marked.
    pub(super) fn has(&self, message: u32) -> bool {
        message >= 1 && message <= self.listing.len() && !self.is_deleted(message)
    }

    pub(super) fn delete(&mut self, message: u32) {
        let Some(index) = index(message).filter(|_| self.has(message)) else { return };
        if self.marks.len() <= index / 64 {
            self.marks.resize(index / 64 + 1, 0);
        }
        if let Some(bits) = self.marks.get_mut(index / 64) {
            *bits |= 1 << (index % 64);
            self.deleted += 1;
            self.octets = self.octets.saturating_sub(self.listing.octets(message).unwrap_or_default());
        }
    }

    pub(super) fn undelete(&mut self) {
        self.marks.clear();
        self.deleted = 0;
        self.octets = self.total;
    }

    /// Messages that are not marked, and their octets.
    pub(super) fn counts(&self) -> (u32, u64) {
        (self.listing.len().saturating_sub(self.deleted), self.octets)
    }

    pub(super) fn deleted(&self) -> Vec<u32> {
        if self.deleted == 0 {
            return Vec::new();
        }
        (1..=self.listing.len()).filter(|&message| self.is_deleted(message)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_counted_once() {
        let mut listing = Listing::with_capacity(200);
        for number in 1..=200u64 {
            listing.push(number, &format!("id{number}")).unwrap();
        }
        let mut maildrop = Maildrop::new(listing);
        assert_eq!(maildrop.counts(), (200, 20_100));
        for message in [200, 64, 65, 64, 0, 201] {
            maildrop.delete(message);
        }
        assert_eq!(maildrop.counts(), (197, 20_100 - 329));
        assert_eq!(maildrop.deleted(), [64, 65, 200]);
        assert!(!maildrop.has(64) && maildrop.has(66) && !maildrop.has(0) && !maildrop.has(201));
        maildrop.undelete();
        assert_eq!((maildrop.counts(), maildrop.deleted()), ((200, 20_100), vec![]));
    }
}

//! FETCH of flags and numbers alone, read where it arrived: synchronising a mailbox is mostly that.

use bytes::Buf;
use smallvec::SmallVec;
use wire_core::RecvBuf;

use super::{FrameLimits, Framer, Side};
use crate::{Fetch, FetchItem, Flags, ModSeq, Uid, plain};

/// After how many frames it is tried again, where what comes is something else.
const PATIENCE: u8 = 32;

/// Octets that may be a part of such a response.
const SHORT: usize = 200;

/// Items that find room in the response itself.
const ITEMS: usize = 5;

impl Framer {
    /// A response that is FETCH with FLAGS, UID, MODSEQ and RFC822.SIZE and with nothing else, as most servers write it. It is what
    /// [`step`](Self::step) and [`Response::parse`](crate::Response::parse) would give, for less. `None` says nothing: `step` does.
    ///
    /// # Example
    ///
    /// ```
    /// use imap_proto::Limits;
    /// use imap_proto::frame::{FrameLimits, Framer, Side};
    ///
    /// let (mut framer, limits) = (Framer::new(Side::Responses), FrameLimits::responses(&Limits::new()));
    /// let mut rx = wire_core::RecvBuf::default();
    /// rx.feed(b"* 3 FETCH (FLAGS (\\Seen) UID 7)\r\n* 4 FETCH (UID 8 ENVELOPE ");
    /// let fetch = framer.flags(&mut rx, &limits).unwrap();
    /// assert!(fetch.number == 3 && fetch.flags().unwrap().is_seen());
    /// // More than that, or less than all of it.
    /// assert_eq!(framer.flags(&mut rx, &limits), None);
    /// ```
    #[inline]
    pub fn flags(&mut self, rx: &mut RecvBuf, limits: &FrameLimits) -> Option<Fetch> {
        if self.unlike > 0 {
            self.unlike = self.unlike.wrapping_sub(1);
            return None;
        }
        self.read_flags(rx, limits)
    }

    fn read_flags(&mut self, rx: &mut RecvBuf, limits: &FrameLimits) -> Option<Fetch> {
        if self.side != Side::Responses || !self.is_between() {
            return None;
        }
        let mut fetch = Fetch { number: 0, by_uid: false, items: SmallVec::new() };
        let octets = rx.peek();
        let Some((end, words)) = read(&mut fetch, octets).filter(|&(end, _)| end <= limits.line) else {
            // Else it may only not be whole.
            if octets.len() > SHORT {
                self.unlike = PATIENCE;
            }
            return None;
        };
        if words.length == 0 {
            rx.pass(end);
        } else if let Some(FetchItem::Flags(flags)) = fetch.items.get_mut(words.item) {
            let mut frame = rx.frame(end, words.start.wrapping_add(words.length));
            frame.advance(words.start);
            flags.share(frame);
        }
        Some(fetch)
    }
}

/// The words of flags that are not known beforehand. At most one list of them is read here.
#[derive(Clone, Copy)]
struct Shared {
    item: usize,
    start: usize,
    length: usize,
}

/// Items up to the CRLF behind the parenthesis: where that ends.
#[inline(always)] // it fills what is above
fn read(fetch: &mut Fetch, octets: &[u8]) -> Option<(usize, Shared)> {
    let (number, rest) = plain::number(plain::behind(octets, b"* ")?)?;
    fetch.number = u32::try_from(number).ok().filter(|&number| number != 0)?;
    let mut rest = plain::behind(rest, b" FETCH (")?;
    let (mut uid, mut shared) = (0, Shared { item: 0, start: 0, length: 0 });
    for item in 0..ITEMS {
        let behind = if let Some(list) = plain::behind(rest, b"FLAGS (") {
            let (flags, words, behind) = Flags::unshared(list, plain::word)?;
            if !words.is_empty() {
                if shared.length != 0 {
                    return None;
                }
                let start = octets.len().wrapping_sub(list.len());
                shared = Shared { item, start, length: words.len() };
            }
            fetch.items.push(FetchItem::Flags(flags));
            behind
        } else if let Some(digits) = plain::behind(rest, b"UID ") {
            let (number, behind) = plain::number(digits)?;
            let number = u32::try_from(number).ok().filter(|&number| uid == 0 || number == uid)?;
            uid = number;
            fetch.items.push(FetchItem::Uid(Uid::new(number)?));
            behind
        } else if let Some(digits) = plain::behind(rest, b"MODSEQ (") {
            let (modseq, behind) = plain::number(digits)?;
            fetch.items.push(FetchItem::ModSeq(ModSeq::new(modseq)));
            plain::behind(behind, b")")?
        } else {
            let (size, behind) = plain::number(plain::behind(rest, b"RFC822.SIZE ")?)?;
            fetch.items.push(FetchItem::Size(Some(size)));
            behind
        };
        match behind {
            [b')', b'\r', b'\n', behind @ ..] => {
                return Some((octets.len().wrapping_sub(behind.len()), shared));
            }
            [b' ', next @ ..] => rest = next,
            _ => return None,
        }
    }
    None
}

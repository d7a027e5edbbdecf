//! Where commands and responses begin and end, before anybody looks at what they say.
//!
//! A line that ends with `{n}` goes on behind n octets; the frame is everything up to a line that does not. What is too large is passed over
//! in constant memory, and told: nothing of it is ever taken for a command or response of its own. Searching resumes where it
//! stopped, so that the work is the same however octets arrive.

mod flags;
mod literal;

use bytes::Bytes;
use wire_core::RecvBuf;

use crate::{Limit, plain};

pub(crate) use literal::Literal;

/// Which side's frames are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // there are two sides
pub enum Side {
    /// Commands, as a server reads them. Literals of clients are waited for unless they say otherwise.
    Commands,
    /// Responses, as a client reads them.
    Responses,
}

/// What a [`Framer`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Frame {
    /// A whole command or response, its literals in place, without the last CRLF.
    Whole(Bytes),
    /// The beginning of one (or what goes on behind a streamed literal) up to a literal that is streamed: that follows in
    /// [`Chunk`](Self::Chunk)s, and behind it another `Begin`, or [`End`](Self::End).
    Begin {
        /// The octets, the announcement of the literal and its CRLF included.
        head: Bytes,
        /// Octets of the literal.
        octets: u64,
        /// Whether the peer waits for a continuation before it sends it.
        waits: bool,
    },
    /// A piece of the literal.
    Chunk(Bytes),
    /// What stands behind the last streamed literal, without the CRLF.
    End(Bytes),
    /// A literal that is buffered was announced, or one of more octets than are ever read, and the peer waits for a continuation
    /// before it sends it: see [`Framer::refuse`]. Told once; one that is too large and is not refused ends the connection.
    Waits {
        /// Octets of the literal.
        octets: u64,
    },
    /// A frame that was too large was passed over.
    TooLarge {
        /// Its beginning: up to 1024 octets.
        head: Bytes,
    },
}

/// Bounds of a [`Framer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameLimits {
    /// Octets of a frame, streamed literals not counted.
    pub frame: usize,
    /// Octets of a line, literals not counted.
    pub line: usize,
    /// Octets of a literal that is buffered.
    pub inline: usize,
    /// Octets of a literal that is streamed.
    pub streamed: u64,
    /// Octets of a [`Frame::Chunk`].
    pub chunk: usize,
}

impl FrameLimits {
    /// Those of a client.
    pub fn responses(limits: &crate::Limits) -> Self {
        Self {
            frame: limits.response,
            line: limits.response,
            inline: limits.inline_literal,
            streamed: limits.literal,
            chunk: limits.chunk,
        }
    }

    /// Those of a server before anybody is logged in: a stranger costs little (RFC 2683 section 3.2.1.5, RFC 7888 section 5).
    /// No literal is streamed: one that is longer is told as [`Frame::Waits`] if the client waits, and else ends the connection.
    ///
    /// ```
    /// use imap_proto::{Limit, Limits};
    /// use imap_proto::frame::{FrameLimits, Framer, Side};
    ///
    /// let limits = FrameLimits::commands_before_login(&Limits::new());
    /// let mut rx = wire_core::RecvBuf::default();
    /// rx.feed(b"A1 LOGIN {4097+}\r\n");
    /// let step = Framer::new(Side::Commands).step(&mut rx, &limits);
    /// assert_eq!(step, Err(Limit::Literal(4096)));
    /// ```
    pub fn commands_before_login(limits: &crate::Limits) -> Self {
        let (line, literal) = (limits.line_before_login, limits.literal_before_login);
        let frame = line.saturating_add(literal.saturating_mul(2)).min(limits.command);
        Self { frame, line, inline: literal, streamed: 0, chunk: limits.chunk }
    }

    /// Those of a server once somebody is logged in.
    pub fn commands(limits: &crate::Limits) -> Self {
        Self {
            frame: limits.command,
            line: limits.line,
            inline: limits.command_literal,
            streamed: limits.literal,
            chunk: limits.chunk,
        }
    }
}

/// What a head keeps of a frame that is too large.
const HEAD: usize = 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a frame: `scanned` octets of it are known to hold no end, `line` of them are before the line at hand.
    Frame,
    /// So many octets of a streamed literal are left.
    Streaming(u64),
    /// So many octets of a literal that is passed over are left, and then the rest of its frame.
    Skipping(u64),
}

/// Finds frames in what arrives.
///
/// # Example
///
/// ```
/// use imap_proto::frame::{Frame, FrameLimits, Framer, Side};
/// use wire_core::RecvBuf;
///
/// let mut framer = Framer::new(Side::Responses);
/// let limits = FrameLimits::responses(&imap_proto::Limits::new());
/// let mut rx = RecvBuf::default();
/// rx.feed(b"* LIST () \"/\" {3}\r\na");
/// assert_eq!(framer.step(&mut rx, &limits), Ok(None));
/// rx.feed(b"\r\n\r\n* OK {3}\r\n");
/// assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Whole("* LIST () \"/\" {3}\r\na\r\n".into()))));
/// // No literal: this is text.
/// assert_eq!(framer.step(&mut rx, &limits), Ok(Some(Frame::Whole("* OK {3}".into()))));
/// ```
#[derive(Debug)]
pub struct Framer {
    side: Side,
    state: State,
    /// Octets of the receive buffer that hold no end of the frame. May lie beyond what is there: a literal is waited for.
    scanned: usize,
    /// Where the line at hand begins.
    line: usize,
    /// What of the frame was given away before a streamed literal: its kind is known already.
    continued: bool,
    /// The frame is passed over; what it began with.
    skipped: Option<Bytes>,
    /// A literal at `scanned` was told as [`Frame::Waits`].
    told: bool,
    /// So many times no more [`flags`](Self::flags) are looked for.
    unlike: u8,
}

impl Framer {
    /// A framer at the beginning of a connection.
    pub const fn new(side: Side) -> Self {
        Self {
            side,
            state: State::Frame,
            scanned: 0,
            line: 0,
            continued: false,
            skipped: None,
            told: false,
            unlike: 0,
        }
    }

    /// Whether nothing of a frame was seen.
    pub fn is_between(&self) -> bool {
        self.state == State::Frame && self.scanned == 0 && !self.continued && self.skipped.is_none()
    }

    /// Whether what has arrived is the beginning of a frame: nothing of it was given away or passed over.
    pub(crate) fn is_at_beginning(&self) -> bool {
        self.state == State::Frame && !self.continued && self.skipped.is_none()
    }

    /// Whether a streamed literal is being read.
    pub const fn is_streaming(&self) -> bool {
        matches!(self.state, State::Streaming(_))
    }

    /// The next frame or piece of one; `None` if more octets are needed.
    ///
    /// # Errors
    ///
    /// [`Limit`] if what the peer sends has no end that could be waited for.
    pub fn step(&mut self, rx: &mut RecvBuf, limits: &FrameLimits) -> Result<Option<Frame>, Limit> {
        if self.is_between()
            && let Some((text, end)) = one_line(rx.peek())
            && end <= limits.line.saturating_add(1)
        {
            return Ok(Some(Frame::Whole(rx.frame(end, text))));
        }
        self.step_on(rx, limits)
    }

    #[inline(never)] // it needs much room, and is rarely needed
    fn step_on(&mut self, rx: &mut RecvBuf, limits: &FrameLimits) -> Result<Option<Frame>, Limit> {
        loop {
            match self.state {
                State::Streaming(0) | State::Skipping(0) => self.state = State::Frame,
                State::Streaming(left) => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(limits.chunk.max(1));
                    let chunk = rx.take(most);
                    if chunk.is_empty() {
                        return Ok(None);
                    }
                    self.state = State::Streaming(left.saturating_sub(chunk.len() as u64));
                    return Ok(Some(Frame::Chunk(chunk)));
                }
                State::Skipping(left) => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(rx.len());
                    if most == 0 {
                        return Ok(None);
                    }
                    rx.skip(most);
                    self.state = State::Skipping(left.saturating_sub(most as u64));
                }
                State::Frame => {
                    if let Some(result) = self.frame(rx, limits)? {
                        return Ok(result);
                    }
                }
            }
        }
    }

    /// `Some(None)` if more is needed, `None` if the state has changed.
    fn frame(&mut self, rx: &mut RecvBuf, limits: &FrameLimits) -> Result<Option<Option<Frame>>, Limit> {
        loop {
            let octets = rx.peek();
            let Some(lf) = octets.get(self.scanned..).and_then(|rest| memchr::memchr(b'\n', rest)) else {
                if self.scanned < octets.len() {
                    self.scanned = octets.len();
                }
                if self.skipped.is_some() {
                    // What is passed over needs no room: all but the last octets, which an announcement may begin in.
                    if octets.len() > limits.line {
                        self.drop_line(rx);
                    }
                } else if self.is_too_large(rx, octets.len(), limits)? {
                    self.drop_line(rx);
                }
                return Ok(Some(None));
            };
            let end = self.scanned + lf;
            self.is_too_large(rx, end, limits)?;
            let line = octets.get(self.line..end).unwrap_or_default();
            let (text, crlf) = match line.strip_suffix(b"\r") {
                Some(text) => (text, true),
                None => (line, false),
            };
            let first = self.line == 0 && !self.continued;
            // Of a line that is passed over its end may be all there is.
            let announced =
                if self.skipped.is_some() { Literal::at_known_end(text) } else { Literal::at_end(text) };
            let literal = match announced {
                Some(literal)
                    if crlf || (self.side == Side::Responses && octets.get(self.line).is_some()) =>
                {
                    self.may_have_literals(octets, first.then_some(text)).then_some(literal)
                }
                _ => None,
            };
            let Some(literal) = literal else {
                if !crlf {
                    // Only CRLF ends a line.
                    self.scanned = end + 1;
                    continue;
                }
                return Ok(Some(Some(self.whole(rx, end + 1))));
            };
            if literal.octets > limits.streamed.max(limits.inline as u64) {
                if self.side == Side::Commands && literal.waits && self.skipped.is_none() && !self.told {
                    self.told = true;
                    return Ok(Some(Some(Frame::Waits { octets: literal.octets })));
                }
                return Err(Limit::Literal(limits.streamed.max(limits.inline as u64)));
            }
            if let Some(frame) = self.literal(rx, end + 1, &literal, limits) {
                return Ok(frame);
            }
        }
    }

    /// However much has arrived: a line of so many octets is an error, if its frame is not passed over because literals fitted and the
    /// line behind them does not.
    fn is_too_large(&mut self, rx: &RecvBuf, end: usize, limits: &FrameLimits) -> Result<bool, Limit> {
        let longest = self.line.saturating_add(limits.line);
        if self.skipped.is_some() || end <= limits.frame.min(longest) {
            return Ok(false);
        }
        if self.line > 0 && limits.frame <= longest && end > limits.frame {
            let head = rx.peek().get(..HEAD.min(limits.frame)).unwrap_or_default();
            (self.skipped, self.continued) = (Some(Bytes::copy_from_slice(head)), false);
            return Ok(true);
        }
        if end > longest { Err(Limit::Line(limits.line)) } else { Ok(false) }
    }

    /// Whether what begins like this can hold literals: a status and a continuation end with text, which may look like one.
    fn may_have_literals(&self, octets: &[u8], first_line: Option<&[u8]>) -> bool {
        self.side == Side::Commands
            || self.continued
            || self.skipped.is_some()
            || literal::is_data(first_line.unwrap_or_else(|| {
                let end = memchr::memchr(b'\n', octets).unwrap_or(octets.len());
                octets.get(..end).unwrap_or_default()
            }))
    }

    /// The frame ends here.
    fn whole(&mut self, rx: &mut RecvBuf, end: usize) -> Frame {
        let text = rx.frame(end, end.saturating_sub(2));
        let continued = std::mem::take(&mut self.continued);
        (self.scanned, self.line, self.told) = (0, 0, false);
        match self.skipped.take() {
            Some(head) => Frame::TooLarge { head },
            None if continued => Frame::End(text),
            None => Frame::Whole(text),
        }
    }

    /// A literal is announced before `end`. `None` if it is buffered, and the next line is to be looked for.
    fn literal(
        &mut self,
        rx: &mut RecvBuf,
        end: usize,
        literal: &Literal,
        limits: &FrameLimits,
    ) -> Option<Option<Option<Frame>>> {
        let waits = self.side == Side::Commands && literal.waits;
        let fits = literal.octets <= limits.inline as u64
            && (end as u64).saturating_add(literal.octets) <= limits.frame as u64;
        if self.skipped.is_some() {
            rx.pass(end);
            (self.scanned, self.line) = (0, 0);
            self.state = State::Skipping(literal.octets);
            return Some(None);
        }
        let octets = rx.peek();
        let head = octets.get(..end).unwrap_or_default();
        let streams = match self.side {
            Side::Commands => literal::is_message(head, self.continued),
            Side::Responses => !fits && literal::is_body(head, self.continued),
        };
        if streams {
            let head = rx.frame(end, end);
            (self.scanned, self.line, self.told) = (0, 0, false);
            self.continued = true;
            self.state = State::Streaming(literal.octets);
            return Some(Some(Some(Frame::Begin { head, octets: literal.octets, waits })));
        }
        if !fits {
            self.skipped = Some(Bytes::copy_from_slice(octets.get(..HEAD.min(end)).unwrap_or_default()));
            rx.pass(end);
            (self.scanned, self.line, self.continued) = (0, 0, false);
            self.state = State::Skipping(literal.octets);
            return Some(waits.then_some(Some(Frame::Waits { octets: literal.octets })));
        }
        if waits && !self.told {
            self.told = true;
            return Some(Some(Some(Frame::Waits { octets: literal.octets })));
        }
        self.told = false;
        self.scanned = end.saturating_add(usize::try_from(literal.octets).unwrap_or(usize::MAX));
        self.line = self.scanned;
        None
    }

    /// The literal that was told as [`Frame::Waits`] or begun as [`Frame::Begin`] will not be sent: it was refused, and its frame ends
    /// with its announcement. Gives what there is of the frame.
    pub fn refuse(&mut self, rx: &mut RecvBuf) -> Bytes {
        if let State::Streaming(_) | State::Skipping(_) = self.state {
            (self.state, self.continued, self.skipped) = (State::Frame, false, None);
            (self.scanned, self.line, self.told) = (0, 0, false);
            return Bytes::new();
        }
        let octets = rx.peek();
        let end = octets
            .get(self.scanned..)
            .and_then(|rest| memchr::memchr(b'\n', rest))
            .map_or(octets.len(), |lf| self.scanned + lf + 1);
        let frame = rx.frame(end, end);
        (self.scanned, self.line, self.told, self.continued) = (0, 0, false, false);
        frame
    }

    /// Of a line that is passed over only the end matters.
    fn drop_line(&mut self, rx: &mut RecvBuf) {
        let keep = literal::LONGEST.min(rx.len());
        rx.skip(rx.len() - keep);
        (self.scanned, self.line) = (keep, 0);
    }
}

/// A frame of one line, as nearly all are: where its text ends, and where it ends itself. `None` leaves it to a closer look.
#[inline]
fn one_line(octets: &[u8]) -> Option<(usize, usize)> {
    let lf = plain::line_feed(octets)?;
    match octets.get(..lf)? {
        // No literal is announced.
        [text @ .., b'\r'] if !matches!(text, [.., b'}']) => Some((text.len(), lf.wrapping_add(1))),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

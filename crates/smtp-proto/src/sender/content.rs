//! What a message needs from the way it travels.

/// What is known of a message before it is sent: its length, and which octets are in it.
///
/// The sender chooses SIZE, BODY and SMTPUTF8 by it and by what the server offers. A message that needs what
/// the server lacks is not sent: nothing is ever downgraded silently
/// (RFC 6152 section 3, RFC 6531 section 3.2). While the message is sent it is held to what was declared here.
///
/// # Example
///
/// ```
/// use smtp_proto::sender::Content;
///
/// let content = Content::of("Subject: Übersicht\r\n\r\nGrüße\r\n".as_bytes());
/// assert!(content.needs_eight_bit() && content.needs_smtp_utf8() && !content.needs_binary());
/// assert_eq!(content.octets(), Some(32));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Content {
    octets: Option<u64>,
    eight_bit: bool,
    binary: bool,
    smtp_utf8: bool,
}

impl Content {
    /// Looks at a whole message.
    pub fn of(message: &[u8]) -> Self {
        let mut scan = ContentScan::default();
        scan.chunk(message);
        scan.finish()
    }

    /// A message of ASCII lines; add what else is known with the other methods.
    pub const fn ascii() -> Self {
        Self { octets: None, eight_bit: false, binary: false, smtp_utf8: false }
    }

    /// Sets the exact length in octets, CRLFs included, dot-stuffing excluded (RFC 1870 section 5).
    #[must_use]
    pub const fn with_octets(mut self, octets: u64) -> Self {
        self.octets = Some(octets);
        self
    }

    /// Forgets the length: it will change on the way.
    #[must_use]
    pub const fn without_octets(mut self) -> Self {
        self.octets = None;
        self
    }

    /// Declares that there may be octets above 127 in the body.
    #[must_use]
    pub const fn with_eight_bit(mut self) -> Self {
        self.eight_bit = true;
        self
    }

    /// Declares that the message is not line-oriented: it needs BINARYMIME (RFC 3030 section 3).
    #[must_use]
    pub const fn with_binary(mut self) -> Self {
        self.binary = true;
        self.eight_bit = true;
        self
    }

    /// Declares that header fields hold UTF-8 (RFC 6532): it needs SMTPUTF8.
    #[must_use]
    pub const fn with_smtp_utf8(mut self) -> Self {
        self.smtp_utf8 = true;
        self.eight_bit = true;
        self
    }

    /// The exact length in octets, if it is known.
    pub const fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Whether 8BITMIME is needed.
    pub const fn needs_eight_bit(&self) -> bool {
        self.eight_bit
    }

    /// Whether BINARYMIME is needed.
    pub const fn needs_binary(&self) -> bool {
        self.binary
    }

    /// Whether SMTPUTF8 is needed.
    pub const fn needs_smtp_utf8(&self) -> bool {
        self.smtp_utf8
    }
}

/// Finds out what a message needs, from chunks of it; for a file that is read twice.
///
/// NUL makes a message binary. A CR or LF that stands alone does not: such a message is mostly a text file
/// with other line ends, which the sender repairs or refuses as configured.
///
/// ```
/// let mut scan = smtp_proto::sender::ContentScan::default();
/// for chunk in [&b"Subject: x\r"[..], b"\n\r\n\xfc"] {
///     scan.chunk(chunk);
/// }
/// let content = scan.finish();
/// assert!(content.needs_eight_bit() && !content.needs_smtp_utf8());
/// ```
#[derive(Clone, Debug, Default)]
pub struct ContentScan {
    content: Content,
    octets: u64,
    in_body: bool,
    /// How many of the last octets could be part of the empty line that ends the header.
    line_octets: usize,
}

impl ContentScan {
    /// Looks at the next chunk.
    pub fn chunk(&mut self, octets: &[u8]) {
        self.octets += octets.len() as u64;
        let mut rest = octets;
        while !self.in_body
            && let Some((&octet, after)) = rest.split_first()
        {
            rest = after;
            match octet {
                b'\n' => {
                    self.in_body = self.line_octets == 0;
                    self.line_octets = 0;
                }
                b'\r' => {}
                _ => self.line_octets += 1,
            }
            if !octet.is_ascii() {
                // RFC 6532 section 3: 8-bit octets in a header are UTF-8 or nothing at all.
                self.content.smtp_utf8 = true;
                self.content.eight_bit = true;
            }
            if octet == 0 {
                self.content.binary = true;
            }
        }
        self.content.eight_bit |= !rest.is_ascii();
        self.content.binary |= memchr::memchr(0, rest).is_some();
    }

    /// What the message needs.
    pub fn finish(mut self) -> Content {
        self.content.octets = Some(self.octets);
        self.content.eight_bit |= self.content.binary;
        self.content
    }
}

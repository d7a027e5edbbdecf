//! Messages as trees of parts over the octets that they came in.

mod access;
mod bodies;
mod field;
mod inspect;
mod part;
mod reading;
mod tree;

use bytes::Bytes;

use crate::{
    Config, Defect, DefectKind,
    scan::{Choices, Scanner},
};

pub use bodies::Bodies;
pub use field::{Field, Fields};
pub use part::{Children, Part, Parts};
pub use reading::{Choice, Interpretations, Reading, StrictMessage};

pub(crate) use tree::note;
use tree::{Builder, NONE, Tree};

/// A message, understood lazily: where fields and parts are is known, what they say is looked at when it is asked for.
///
/// Every sequence of octets is a message. What is wrong with it is told by [`defects`](Self::defects); nothing is
/// hidden, for every field and part gives its octets as they came. The message refers to those octets and copies
/// nothing; it is cheap to clone in relation to them.
///
/// Accessors read a message as a person should see it: of fields that may not stand twice the first counts
/// (RFC 7103 section 7.5.1), encoded words are decoded, damaged values give what can be understood. Programs that
/// check messages for others look at [`strict`](Self::strict) or [`interpretations`](Self::interpretations).
///
/// At most 4 GiB are parsed; what follows is reported as [`DefectKind::LimitTruncated`]. Larger messages are for
/// [`Push`](crate::Push).
///
/// # Example
///
/// ```
/// use mime_core::Message;
///
/// let mail = Message::parse("From: =?utf-8?Q?J=C3=B6rg?= <joerg@example.de>\r\nSubject: Hallo\r\n\r\nText\r\n");
/// assert_eq!(mail.raw_field("subject").unwrap(), b" Hallo");
/// assert_eq!(mail.root().raw_body(), b"Text\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct Message {
    raw: Bytes,
    config: Config,
    choices: Choices,
    tree: Tree,
}

impl Message {
    /// Parses octets with the default [`Config`].
    pub fn parse(octets: impl Into<Bytes>) -> Self {
        Self::parse_with(octets, Config::new())
    }

    /// Parses octets.
    pub fn parse_with(octets: impl Into<Bytes>, config: Config) -> Self {
        Parser::new(config).parse(octets)
    }

    /// Parses the header alone: the body is one leaf, whatever it says it is. For those who look at fields only, as who
    /// filters or sorts; octets that hold a header and nothing else will do.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let header = Message::parse_header("Subject: Hallo\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n");
    /// assert_eq!(header.subject().unwrap(), "Hallo");
    /// assert!(header.root().is_leaf());
    /// ```
    pub fn parse_header(octets: impl Into<Bytes>) -> Self {
        Parser::new(Config::new()).parse_header(octets)
    }

    /// The octets of the message.
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// How it was read.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The outermost part: its header is that of the message.
    pub fn root(&self) -> Part<'_> {
        Part { message: self, index: 0 }
    }

    /// Every part, each before those inside of it.
    pub fn parts(&self) -> Parts<'_> {
        Parts { message: self, next: 0, end: tree::offset(self.tree.parts.len()) }
    }

    /// The raw value of the first field of a name in the header of the message, folding included.
    pub fn raw_field(&self, name: &str) -> Option<&[u8]> {
        self.root().field(name).map(Field::raw_value)
    }

    /// What is wrong with the structure, in the order in which it was found. These were noted while parsing;
    /// [`defects`](Self::defects) looks at values and bodies too.
    pub fn structure_defects(&self) -> &[Defect] {
        &self.tree.defects
    }
}

/// Parses messages one after the other with the same storage.
///
/// # Example
///
/// ```
/// use mime_core::{Config, Parser};
///
/// let mut parser = Parser::new(Config::new());
/// let first = parser.parse("Subject: 1\r\n\r\n");
/// parser.recycle(first);
/// // No allocation for this one, unless it has more fields, parts or defects than any before.
/// let second = parser.parse("Subject: 2\r\n\r\n");
/// assert_eq!(second.raw_field("Subject").unwrap(), b" 2");
/// ```
#[derive(Debug)]
pub struct Parser {
    config: Config,
    scanner: Scanner,
    spare: Tree,
}

impl Parser {
    /// A parser.
    pub fn new(config: Config) -> Self {
        Self { config, scanner: Scanner::new(config, Choices::default()), spare: Tree::default() }
    }

    /// Parses a message.
    pub fn parse(&mut self, octets: impl Into<Bytes>) -> Message {
        self.read(octets.into(), Choices::default())
    }

    /// Parses the header of a message, as [`Message::parse_header`] does.
    pub fn parse_header(&mut self, octets: impl Into<Bytes>) -> Message {
        self.read(octets.into(), Choices::HEADER_ONLY)
    }

    fn read(&mut self, raw: Bytes, choices: Choices) -> Message {
        let mut tree = std::mem::take(&mut self.spare);
        tree.clear();
        let limits = self.config.limits;
        self.scanner.reset(self.config, choices);
        let mut sink = Builder { tree: &mut tree, limits, current: NONE };
        let end = raw.len().min(NONE as usize - 1);
        self.scanner.run(raw.get(..end).unwrap_or_default(), 0, true, &mut sink);
        if end < raw.len() {
            note(&mut tree.defects, limits.defects, DefectKind::LimitTruncated, end..raw.len());
        }
        Message { raw, config: self.config, choices, tree }
    }

    /// Takes the storage of a message that is no longer needed.
    pub fn recycle(&mut self, message: Message) {
        self.spare = message.tree;
    }
}

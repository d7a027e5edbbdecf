//! Attachments of type application/ms-tnef, known as winmail.dat.
//!
//! Outlook and Exchange wrap whole messages in this format (\[MS-OXTNEF\]): attributes of the message, then those of each
//! attachment, with properties of MAPI inside. [`Tnef`] walks over them without copying; what is damaged ends the walk
//! and is told, and what stands before it is given.
//!
//! ```abnf
//! tnef       = signature key *attribute           ; signature 4 octets, key 2
//! attribute  = level id length data checksum      ; 1, 4, 4, length, 2 octets; all numbers little-endian
//! ```
//!
//! Not supported: writing, recipients as a table, meeting requests as calendars, and RTF as anything but RTF.

mod property;
mod rtf;

use std::{borrow::Cow, ops::Range};

pub use property::{Properties, Property, Value};
pub use rtf::decompress_rtf;

use crate::{Charset, Config, DefectKind, Report};

const SIGNATURE: [u8; 4] = [0x78, 0x9f, 0x3e, 0x22];

/// The identifiers of attributes that are used here (\[MS-OXTNEF\] section 2.1.3.3 and after).
mod id {
    pub(super) const SUBJECT: u32 = 0x0001_8004;
    pub(super) const MESSAGE_CLASS: u32 = 0x0007_8008;
    pub(super) const BODY: u32 = 0x0002_800c;
    pub(super) const CODEPAGE: u32 = 0x0006_9007;
    pub(super) const PROPERTIES: u32 = 0x0006_9003;
    pub(super) const RENDERING: u32 = 0x0006_9002;
    pub(super) const TITLE: u32 = 0x0001_8010;
    pub(super) const DATA: u32 = 0x0006_800f;
    pub(super) const TRANSPORT_NAME: u32 = 0x0006_9001;
    pub(super) const ATTACHMENT: u32 = 0x0006_9005;
}

/// Little-endian numbers from the front of octets.
fn u32_from(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn u16_from(octets: &[u8]) -> Option<(u16, &[u8])> {
    let (number, rest) = octets.split_first_chunk()?;
    Some((u16::from_le_bytes(*number), rest))
}

fn split(octets: &[u8], length: u32) -> Option<(&[u8], &[u8])> {
    octets.split_at_checked(usize::try_from(length).ok()?)
}

/// One attribute as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attribute<'a> {
    /// Whether it belongs to an attachment, not to the message.
    pub of_attachment: bool,
    /// What it is, its type in the upper half: \[MS-OXTNEF\] section 2.1.3.3 has the list.
    pub id: u32,
    /// Its content.
    pub data: &'a [u8],
    checksum: u16,
    start: usize,
}

impl Attribute<'_> {
    /// Whether the checksum agrees with the content: their sum.
    pub fn is_intact(&self) -> bool {
        let sum = self.data.iter().fold(0u16, |sum, &octet| sum.wrapping_add(u16::from(octet)));
        sum == self.checksum
    }

    /// Where its content stands in the whole.
    pub fn span(&self) -> Range<usize> {
        self.start..self.start.saturating_add(self.data.len())
    }
}

/// All attributes, up to the end or to the first that is damaged.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    /// What could not be read; empty at a good end.
    fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let (&level, rest) = self.rest.split_first()?;
        let of_attachment = match level {
            1 => false,
            2 => true,
            _ => return None,
        };
        let (id, rest) = u32_from(rest)?;
        let (length, rest) = u32_from(rest)?;
        let start = self.at.saturating_add(9);
        let (data, rest) = split(rest, length)?;
        let (checksum, rest) = u16_from(rest)?;
        self.at = start.saturating_add(data.len()).saturating_add(2);
        self.rest = rest;
        Some(Attribute { of_attachment, id, data, checksum, start })
    }
}

/// A whole TNEF stream.
///
/// # Example
///
/// ```
/// use mime_core::{Config, DefectKind, tnef::Tnef};
///
/// let mut octets = b"\x78\x9f\x3e\x22\x01\x00".to_vec();
/// octets.extend(b"\x01\x04\x80\x01\x00\x06\x00\x00\x00Hello\x00\xf4\x01"); // the subject, and its checksum
/// let tnef = Tnef::parse(&octets, &Config::new(), &mut ());
/// assert_eq!(tnef.subject().unwrap(), "Hello");
///
/// // What is cut off is told; what is there is given.
/// octets.extend(b"\x01\x0c\x80");
/// let mut defects = Vec::new();
/// let tnef = Tnef::parse(&octets, &Config::new(), &mut defects);
/// assert_eq!((tnef.subject().unwrap(), defects[0].kind), ("Hello".into(), DefectKind::ContainerDamaged));
/// ```
#[derive(Clone, Debug)]
pub struct Tnef<'a> {
    attributes: Attributes<'a>,
    codepage: u32,
    attachments: Vec<Attachment<'a>>,
}

/// A file or message inside of a TNEF stream.
#[derive(Clone, Debug)]
pub struct Attachment<'a> {
    attributes: Attributes<'a>,
    codepage: u32,
}

impl<'a> Tnef<'a> {
    /// Reads a stream. At most [`Limits::parts`](crate::Limits::parts) attachments are given.
    ///
    /// Reported: [`DefectKind::ContainerDamaged`] for a signature that is none (nothing is read then), for an
    /// attribute that is cut off, one whose checksum is wrong, and properties that end too early;
    /// [`DefectKind::LimitTruncated`].
    pub fn parse(octets: &'a [u8], config: &Config, report: &mut impl Report) -> Self {
        let body = octets.strip_prefix(&SIGNATURE).and_then(|rest| rest.get(2..));
        if body.is_none() {
            report.report(DefectKind::ContainerDamaged, 0..octets.len());
        }
        let all = Attributes { rest: body.unwrap_or_default(), at: 6 };
        let mut this = Self { attributes: all.clone(), codepage: 1252, attachments: Vec::new() };
        let most = usize::try_from(config.limits.parts).unwrap_or(usize::MAX);
        let (mut walk, mut has_codepage, mut over) = (all, false, false);
        loop {
            let before = walk.clone();
            let Some(attribute) = walk.next() else { break };
            if !attribute.is_intact() {
                report.report(DefectKind::ContainerDamaged, attribute.span());
            }
            match attribute.id {
                id::CODEPAGE if !has_codepage => {
                    if let Some((codepage, _)) = u32_from(attribute.data) {
                        (this.codepage, has_codepage) = (codepage, true);
                    }
                }
                id::PROPERTIES | id::ATTACHMENT => {
                    let mut properties = Properties::new(attribute.data);
                    properties.by_ref().for_each(drop);
                    if properties.is_damaged() {
                        report.report(DefectKind::ContainerDamaged, attribute.span());
                    }
                }
                _ => {}
            }
            let begins =
                attribute.of_attachment && (attribute.id == id::RENDERING || this.attachments.is_empty());
            if !begins {
                continue;
            }
            if this.attachments.len() < most {
                this.attachments.push(Attachment { attributes: before, codepage: 0 });
            } else if !std::mem::replace(&mut over, true) {
                report.report(DefectKind::LimitTruncated, before.at..octets.len());
            }
        }
        if !walk.rest().is_empty() {
            report.report(
                DefectKind::ContainerDamaged,
                octets.len().saturating_sub(walk.rest().len())..octets.len(),
            );
        }
        for attachment in &mut this.attachments {
            attachment.codepage = this.codepage;
        }
        this
    }

    /// All attributes as they stand, those of attachments included.
    pub fn attributes(&self) -> Attributes<'a> {
        self.attributes.clone()
    }

    /// The properties of the message.
    pub fn properties(&self) -> Properties<'a> {
        Properties::new(self.message_attribute(id::PROPERTIES).unwrap_or_default())
    }

    /// The codepage of texts that are not Unicode; 1252 if it is not given.
    pub fn codepage(&self) -> u32 {
        self.codepage
    }

    /// What kind of message it is: `IPM.Note` for ordinary mail. The names of MS-Mail are given as those of today.
    pub fn message_class(&self) -> Option<Cow<'a, str>> {
        let class = match self.message_attribute(id::MESSAGE_CLASS) {
            Some(data) => text(data, self.codepage),
            None => return self.text_property(0x001a),
        };
        Some(match &*class {
            "IPM.Microsoft Mail.Note" => Cow::Borrowed("IPM.Note"),
            "IPM.Microsoft Mail.Read Receipt" => Cow::Borrowed("Report.IPM.Note.IPNRN"),
            "IPM.Microsoft Mail.Non-Delivery" => Cow::Borrowed("Report.IPM.Note.NDR"),
            _ => class,
        })
    }

    /// The subject.
    pub fn subject(&self) -> Option<Cow<'a, str>> {
        self.text_property(0x0037).or_else(|| self.message_text(id::SUBJECT))
    }

    /// The body as plain text.
    pub fn body_text(&self) -> Option<Cow<'a, str>> {
        self.text_property(0x1000).or_else(|| self.message_text(id::BODY))
    }

    /// The body as HTML: octets in the charset that they declare, or in [`codepage`](Self::codepage).
    pub fn body_html(&self) -> Option<Cow<'a, [u8]>> {
        match self.properties().value(0x1013)? {
            Value::Octets(octets) => Some(Cow::Borrowed(octets)),
            Value::Codepage(octets) => Some(Cow::Borrowed(without_nul(octets))),
            value => Some(Cow::Owned(value.text(self.codepage)?.into_owned().into_bytes())),
        }
    }

    /// The body as RTF, decompressed to at most so many octets. Damage is told, its span counted in the compressed
    /// octets; what could be decompressed is given.
    pub fn body_rtf(&self, most: usize, report: &mut impl Report) -> Option<Vec<u8>> {
        match self.properties().value(0x1009)? {
            Value::Octets(octets) => Some(decompress_rtf(octets, most, report)),
            _ => None,
        }
    }

    /// Attachments, in order.
    pub fn attachments(&self) -> &[Attachment<'a>] {
        &self.attachments
    }

    fn message_attribute(&self, id: u32) -> Option<&'a [u8]> {
        self.attributes()
            .find(|attribute| !attribute.of_attachment && attribute.id == id)
            .map(|found| found.data)
    }

    fn message_text(&self, id: u32) -> Option<Cow<'a, str>> {
        self.message_attribute(id).map(|data| text(data, self.codepage))
    }

    fn text_property(&self, id: u16) -> Option<Cow<'a, str>> {
        self.properties().value(id)?.text(self.codepage)
    }
}

impl<'a> Attachment<'a> {
    /// All of its attributes as they stand.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut first = true;
        self.attributes.clone().take_while(move |attribute| {
            let ends = !std::mem::take(&mut first) && attribute.id == id::RENDERING;
            attribute.of_attachment && !ends
        })
    }

    /// Its properties.
    pub fn properties(&self) -> Properties<'a> {
        Properties::new(self.attribute(id::ATTACHMENT).unwrap_or_default())
    }

    /// The name, as a sender gave it: never a path to write to.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        let property = |id| self.text_property(id).filter(|name| !name.is_empty());
        let attribute =
            |id| self.attribute(id).map(|data| text(data, self.codepage)).filter(|name| !name.is_empty());
        property(0x3707)
            .or_else(|| property(0x3704))
            .or_else(|| attribute(id::TRANSPORT_NAME))
            .or_else(|| attribute(id::TITLE))
            .or_else(|| property(0x3001))
    }

    /// The media type, if it is given.
    pub fn mime_type(&self) -> Option<Cow<'a, str>> {
        self.text_property(0x370e)
    }

    /// The Content-ID, if it is given, as a rule without angle brackets.
    pub fn content_id(&self) -> Option<Cow<'a, str>> {
        self.text_property(0x3712)
    }

    /// The content. Of an embedded message or object it is what stands behind the identifier of its interface; see
    /// [`embedded`](Self::embedded).
    pub fn data(&self) -> &'a [u8] {
        match self.properties().value(0x3701) {
            Some(Value::Octets(octets)) => octets,
            Some(Value::Object(octets)) => octets.get(16..).unwrap_or_default(),
            _ => self.attribute(id::DATA).unwrap_or_default(),
        }
    }

    /// Whether the content is a message: again TNEF, to be read by [`Tnef::parse`] if the application cares how deep
    /// it goes. Nothing here does it on its own.
    pub fn embedded(&self) -> Option<&'a [u8]> {
        match self.properties().value(0x3701) {
            Some(Value::Object(octets)) => octets.get(16..).filter(|rest| rest.starts_with(&SIGNATURE)),
            _ => None,
        }
    }

    fn attribute(&self, id: u32) -> Option<&'a [u8]> {
        self.attributes().find(|attribute| attribute.id == id).map(|found| found.data)
    }

    fn text_property(&self, id: u16) -> Option<Cow<'a, str>> {
        self.properties().value(id)?.text(self.codepage)
    }
}

fn without_nul(octets: &[u8]) -> &[u8] {
    memchr::memchr(0, octets).and_then(|end| octets.get(..end)).unwrap_or(octets)
}

/// Text up to the first NUL.
fn text(octets: &[u8], codepage: u32) -> Cow<'_, str> {
    let octets = without_nul(octets);
    if octets.is_ascii() {
        return String::from_utf8_lossy(octets);
    }
    let label: &[u8] = match codepage {
        437 | 850 | 1252 => b"windows-1252",
        874 => b"windows-874",
        932 => b"shift_jis",
        936 => b"gbk",
        949 => b"euc-kr",
        950 => b"big5",
        1250 => b"windows-1250",
        1251 => b"windows-1251",
        1253 => b"windows-1253",
        1254 => b"windows-1254",
        1255 => b"windows-1255",
        1256 => b"windows-1256",
        1257 => b"windows-1257",
        1258 => b"windows-1258",
        20866 => b"koi8-r",
        21866 => b"koi8-u",
        28591 => b"iso-8859-1",
        28592 => b"iso-8859-2",
        28595 => b"iso-8859-5",
        28597 => b"iso-8859-7",
        28605 => b"iso-8859-15",
        50220..=50222 => b"iso-2022-jp",
        51932 => b"euc-jp",
        54936 => b"gb18030",
        _ => b"utf-8",
    };
    match Charset::from_label(label) {
        Some(charset) => charset.decode(octets).0,
        None => String::from_utf8_lossy(octets),
    }
}

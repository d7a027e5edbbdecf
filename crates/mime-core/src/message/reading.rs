//! What other readers may take a message for.

use bytes::Bytes;

use super::{Message, Parser};
use crate::{
    Defect, DefectKind, Severity, TransferEncoding,
    name::Known,
    scan::{Choices, Kind},
};

/// A choice in which readers differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Choice {
    /// Of fields that may stand once the last counts, not the first (RFC 7103 section 7.5.1).
    LastField,
    /// Of the values that a boundary may have (the parameter stands twice, or is written irregularly) the last counts.
    LastParameter,
    /// Of the values that a boundary may have the second counts.
    SecondParameter,
    /// Only a plain `boundary` counts, none that is continued or extended (RFC 2231 section 3).
    PlainParameter,
    /// A line that begins with a boundary delimits, whatever follows.
    PrefixDelimits,
    /// Only CRLF ends a line.
    CrlfOnly,
    /// CR alone ends a line, too. [`Reading::message`] has CRLF in its place, so its offsets are others.
    CrEndsLine,
    /// A line that is no field ends the header.
    JunkEndsHeader,
    /// A line that is no field belongs to the header, whatever follows.
    JunkInHeader,
    /// A line of white space ends the header.
    BlankEndsHeader,
    /// Names with illegal octets, or folded ones, are names.
    AnyName,
    /// A multipart without a boundary, or whose boundary never comes, is taken apart at the first line that begins with two
    /// hyphens.
    GuessBoundary,
    /// Delimiters behind the closing one delimit.
    PartsAfterClose,
    /// If an inner and an outer multipart share a boundary, a delimiter belongs to the outer one.
    OuterFirst,
    /// A composite part that says it is encoded is decoded, and what comes out is taken apart
    /// (RFC 2045 section 6.4 forbids it).
    DecodedComposite,
    /// Base64 ends at the first padding, not at the last.
    PaddingEnds,
}

impl Choice {
    const ALL: &'static [(Self, Choices, &'static [DefectKind])] = &[
        (Self::LastField, Choices::LAST_FIELD, &[DefectKind::DuplicateField]),
        (
            Self::LastParameter,
            Choices::LAST_PARAMETER,
            &[DefectKind::DuplicateParameter, DefectKind::BoundaryIllegal, DefectKind::BoundaryExtended],
        ),
        (
            Self::SecondParameter,
            Choices::SECOND_PARAMETER,
            &[DefectKind::DuplicateParameter, DefectKind::BoundaryIllegal, DefectKind::BoundaryExtended],
        ),
        (Self::PlainParameter, Choices::PLAIN_PARAMETER, &[DefectKind::BoundaryExtended]),
        (Self::PrefixDelimits, Choices::PREFIX_DELIMITS, &[DefectKind::BoundaryPrefix]),
        (Self::CrlfOnly, Choices::CRLF_ONLY, &[DefectKind::SeparatorVariant]),
        (
            Self::JunkEndsHeader,
            Choices::JUNK_ENDS_HEADER,
            &[
                DefectKind::NonHeaderLine,
                DefectKind::IllegalFieldName,
                DefectKind::LeadingContinuation,
                DefectKind::NulInHeader,
            ],
        ),
        (Self::JunkInHeader, Choices::JUNK_IN_HEADER, &[DefectKind::MissingSeparator]),
        (Self::BlankEndsHeader, Choices::BLANK_ENDS_HEADER, &[DefectKind::BlankContinuation]),
        (
            Self::AnyName,
            Choices::ANY_NAME,
            &[DefectKind::IllegalFieldName, DefectKind::FoldedFieldName, DefectKind::LeadingContinuation],
        ),
        (
            Self::GuessBoundary,
            Choices::GUESS_BOUNDARY,
            &[
                DefectKind::BoundaryMissing,
                DefectKind::BoundaryEmpty,
                DefectKind::BoundaryAbsent,
                DefectKind::BoundaryIllegal,
            ],
        ),
        (Self::PartsAfterClose, Choices::PARTS_AFTER_CLOSE, &[DefectKind::PartAfterClose]),
        (Self::OuterFirst, Choices::OUTER_FIRST, &[DefectKind::BoundaryReused]),
        (Self::PaddingEnds, Choices::PADDING_ENDS, &[DefectKind::Base64InnerPad, DefectKind::Base64Junk]),
    ];
}

/// A message as some other reader may understand it.
///
/// # Example
///
/// ```
/// use mime_core::{Choice, Message};
///
/// let mail = Message::parse("From: a@example.org\r\nSubject: one\r\nSubject: two\r\n\r\n");
/// assert_eq!(mail.subject().as_deref(), Some("one"));
/// let reading = mail.interpretations(10).find(|reading| reading.choices == [Choice::LastField]).unwrap();
/// assert_eq!(reading.message.subject().as_deref(), Some("two"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reading {
    /// The choices that differ from the usual ones.
    pub choices: Vec<Choice>,
    /// For [`Choice::DecodedComposite`] the part whose decoded content `message` is, with the header of that part.
    pub part: Option<String>,
    /// The message, read that way.
    pub message: Message,
}

/// A message in which nothing was found that programs understand differently: every defect is at most
/// [`Severity::Lenient`].
///
/// Made by [`Message::strict`]. It is the view of a gateway that must not be fooled: what it sees is what others see.
///
/// # Example
///
/// ```
/// use mime_core::Message;
///
/// let mail = Message::parse("From: a@example.org\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\nSubject: x\r\n\r\nText\r\n");
/// let strict = mail.strict().unwrap();
/// assert_eq!(strict.subject().as_deref(), Some("x"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct StrictMessage<'a>(&'a Message);

impl std::ops::Deref for StrictMessage<'_> {
    type Target = Message;

    fn deref(&self) -> &Message {
        self.0
    }
}

impl Message {
    /// The strict view: the message, if it can be understood in one way only.
    ///
    /// # Errors
    ///
    /// All [`defects`](Self::defects), if one of them is [`Severity::Ambiguous`] or worse.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{DefectKind, Message};
    ///
    /// let mail = Message::parse("From: a@example.org\r\nDate: Thu, 1 Jan 2026 00:00:00 +0000\r\n\r\nText\r\n");
    /// assert!(mail.strict().is_ok());
    /// let two = Message::parse("From: a@example.org\r\nFrom: b@example.org\r\n\r\n");
    /// assert!(two.strict().unwrap_err().iter().any(|defect| defect.kind == DefectKind::DuplicateField));
    /// ```
    pub fn strict(&self) -> Result<StrictMessage<'_>, Vec<Defect>> {
        let defects = self.defects();
        if defects.iter().any(|defect| defect.severity >= Severity::Ambiguous) {
            return Err(defects);
        }
        Ok(StrictMessage(self))
    }

    /// Other ways in which the message may be understood, at most `max` of them: what a scanner must look at too.
    ///
    /// Each differs from the usual reading, and from those before it, in structure or in what is decoded; first come those
    /// with one choice, then those with two. A message without ambiguous defects has none.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{Choice, Message};
    ///
    /// let mail = Message::parse(
    ///     "Content-Type: multipart/mixed; boundary=foo\r\n\r\n--foo\r\n\r\nx\r\n--foobar\r\ny\r\n--foo--\r\n",
    /// );
    /// let readings: Vec<_> = mail.interpretations(10).collect();
    /// assert_eq!(readings.len(), 1);
    /// assert_eq!(readings[0].choices, [Choice::PrefixDelimits]);
    /// assert_eq!(readings[0].message.root().children().count(), 2);
    /// ```
    pub fn interpretations(&self, max: usize) -> Interpretations<'_> {
        let defects = self.defects();
        let has = |kinds: &[DefectKind]| defects.iter().any(|defect| kinds.contains(&defect.kind));
        let single: Vec<_> = Choice::ALL
            .iter()
            .filter(|(_, _, kinds)| has(kinds))
            .map(|&(choice, bits, _)| (choice, bits))
            .collect();
        let mut todo: Vec<_> = single.iter().map(|&(choice, bits)| (vec![choice], bits)).collect();
        for (index, &(first, bits)) in single.iter().enumerate() {
            for &(second, more) in single.iter().skip(index.saturating_add(1)) {
                todo.push((vec![first, second], bits.with(more)));
            }
        }
        todo.reverse();
        Interpretations {
            message: self,
            parser: Parser::new(self.config),
            todo,
            bare_cr: has(&[DefectKind::BareCr]),
            decode: has(&[DefectKind::CteOnMultipart]).then_some(0),
            shapes: vec![self.shape()],
            left: max,
        }
    }

    /// What a reading differs by.
    fn shape(&self) -> Shape {
        let parts = self.tree.parts.iter().map(|part| {
            [
                part.start,
                part.header_end,
                part.body,
                part.end,
                part.kind as u32,
                part.encoding as u32,
                part.fields_end,
            ]
        });
        let deciding = self.tree.fields.iter().filter(|field| {
            matches!(
                field.known,
                Known::ContentType | Known::ContentTransferEncoding | Known::ContentDisposition
            )
        });
        let fields = deciding.map(|field| [field.start, field.end]);
        Shape {
            parts: parts.collect(),
            fields: fields.collect(),
            last: self.choices.has(Choices::LAST_FIELD),
            padding: self.choices.has(Choices::PADDING_ENDS),
        }
    }

    /// What a reading differs by that has other octets.
    fn outline(&self) -> Vec<(String, Kind, TransferEncoding, usize)> {
        let outline =
            |part: super::Part<'_>| (part.path(), part.record().kind, part.encoding(), part.lines().count());
        self.parts().map(outline).collect()
    }

    /// The message with CRLF for every CR that has no LF.
    fn with_cr_as_line_end(&self) -> Bytes {
        let mut octets = Vec::with_capacity(self.raw.len());
        let mut rest = &*self.raw;
        while let Some((text, behind)) =
            memchr::memchr(b'\r', rest).and_then(|at| rest.split_at_checked(at.saturating_add(1)))
        {
            octets.extend_from_slice(text);
            if behind.first() != Some(&b'\n') {
                octets.push(b'\n');
            }
            rest = behind;
        }
        octets.extend_from_slice(rest);
        octets.into()
    }

    /// The header of a part without its transfer encoding, and its body decoded.
    fn decoded(&self, part: super::Part<'_>) -> Bytes {
        let mut octets = Vec::new();
        for line in part.lines() {
            if line.known() != Known::ContentTransferEncoding {
                octets.extend_from_slice(line.raw());
            }
        }
        octets.extend_from_slice(b"\r\n");
        part.encoding().decode_into(part.raw_body(), &mut octets, &mut ());
        octets.into()
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Shape {
    parts: Vec<[u32; 7]>,
    fields: Vec<[u32; 2]>,
    last: bool,
    padding: bool,
}

/// Other readings of a message; made by [`Message::interpretations`].
#[derive(Debug)]
pub struct Interpretations<'a> {
    message: &'a Message,
    parser: Parser,
    todo: Vec<(Vec<Choice>, Choices)>,
    /// Whether CR alone is still to be taken for a line end.
    bare_cr: bool,
    /// The next part to look at whether it is composite and encoded.
    decode: Option<usize>,
    shapes: Vec<Shape>,
    left: usize,
}

impl Iterator for Interpretations<'_> {
    type Item = Reading;

    fn next(&mut self) -> Option<Reading> {
        self.left = self.left.checked_sub(1)?;
        while let Some(index) = self.decode {
            let Some(part) = self.message.parts().nth(index) else {
                self.decode = None;
                break;
            };
            self.decode = Some(index.saturating_add(1));
            if part.is_composite()
                && !part.encoding().is_identity()
                && part.encoding() != TransferEncoding::Unknown
            {
                let message = self.parser.parse(self.message.decoded(part));
                return Some(Reading {
                    choices: vec![Choice::DecodedComposite],
                    part: Some(part.path()),
                    message,
                });
            }
        }
        if std::mem::take(&mut self.bare_cr) {
            let message = self.parser.parse(self.message.with_cr_as_line_end());
            if message.outline() != self.message.outline() {
                return Some(Reading { choices: vec![Choice::CrEndsLine], part: None, message });
            }
            self.parser.recycle(message);
        }
        while let Some((choices, bits)) = self.todo.pop() {
            let message = self.parser.read(self.message.raw.clone(), bits);
            let shape = message.shape();
            if self.shapes.contains(&shape) {
                self.parser.recycle(message);
                continue;
            }
            self.shapes.push(shape);
            return Some(Reading { choices, part: None, message });
        }
        None
    }
}

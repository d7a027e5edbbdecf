//! Reading BODYSTRUCTURE as most servers write it. What is otherwise is left to `body_read`.

use bytes::Bytes;

use crate::{Text, plain};

use super::{
    body::{BodyPart, BodyStructure, Disposition, PartKind},
    envelope::Envelope,
    parameters::Parameters,
};

impl BodyStructure {
    /// A structure, and what follows it.
    pub(super) fn plain<'a>(frame: &Bytes, octets: &'a [u8]) -> Option<(Box<Self>, &'a [u8])> {
        let mut reader = Plain { frame, rest: octets, parts: Self::PARTS };
        let root = reader.part(0)?;
        Some((Box::new(Self::new(root)), reader.rest))
    }
}

struct Plain<'a, 'f> {
    frame: &'f Bytes,
    rest: &'a [u8],
    /// How many more there may be.
    parts: usize,
}

impl<'a> Plain<'a, '_> {
    fn part(&mut self, depth: usize) -> Option<BodyPart> {
        if depth >= BodyStructure::DEPTH {
            return None;
        }
        self.parts = self.parts.checked_sub(1)?;
        self.eat(b'(')?;
        let part = if self.rest.first() == Some(&b'(') { self.multipart(depth) } else { self.single(depth) };
        self.eat(b')')?;
        part
    }

    fn multipart(&mut self, depth: usize) -> Option<BodyPart> {
        let mut parts = Vec::new();
        while self.rest.first() == Some(&b'(') {
            parts.push(self.part(depth.wrapping_add(1))?);
        }
        self.eat(b' ')?;
        let mut part = BodyPart::multipart(self.name()?, parts);
        if self.more() {
            part.parameters = self.parameters()?;
            self.extensions(&mut part)?;
        }
        Some(part)
    }

    fn single(&mut self, depth: usize) -> Option<BodyPart> {
        let media_type = self.name()?;
        self.eat(b' ')?;
        let mut part = BodyPart::new(media_type, self.name()?, PartKind::Basic);
        self.eat(b' ')?;
        part.parameters = self.parameters()?;
        self.eat(b' ')?;
        if let Some(id) = self.nstring()? {
            part.details_mut().id = Some(id);
        }
        self.eat(b' ')?;
        if let Some(description) = self.nstring()? {
            part.details_mut().description = Some(description);
        }
        self.eat(b' ')?;
        part.encoding = Some(self.name()?);
        self.eat(b' ')?;
        part.octets = Some(self.number()?);
        if part.is_type("text") {
            self.eat(b' ')?;
            part.kind = PartKind::Text { lines: Some(self.number()?) };
        } else if part.is_type("message") && matches!(self.rest, [b' ', b'(', ..]) {
            part.kind = self.message(&part, depth)?;
        }
        if self.more() {
            if let Some(md5) = self.nstring()? {
                part.details_mut().md5 = Some(md5);
            }
            self.extensions(&mut part)?;
        }
        Some(part)
    }

    fn message(&mut self, part: &BodyPart, depth: usize) -> Option<PartKind> {
        if !part.is("message", "rfc822") && !part.is("message", "global") {
            return None;
        }
        self.eat(b' ')?;
        let (envelope, rest) = Envelope::plain(self.frame, self.rest)?;
        self.rest = rest;
        self.eat(b' ')?;
        let body = Box::new(self.part(depth.wrapping_add(1))?);
        self.eat(b' ')?;
        Some(PartKind::Message { envelope, body, lines: Some(self.number()?) })
    }

    /// Disposition, language, location, as far as they are there.
    fn extensions(&mut self, part: &mut BodyPart) -> Option<()> {
        if !self.more() {
            return Some(());
        }
        if self.rest.first() == Some(&b'(') {
            self.eat(b'(')?;
            let kind = self.name()?;
            self.eat(b' ')?;
            part.disposition = Some(Disposition { kind, parameters: self.parameters()? });
            self.eat(b')')?;
        } else {
            self.nil()?;
        }
        if !self.more() {
            return Some(());
        }
        if let Some(language) = self.nstring()? {
            part.details_mut().languages = vec![language];
        }
        if !self.more() {
            return Some(());
        }
        if let Some(location) = self.nstring()? {
            part.details_mut().location = Some(location);
        }
        Some(())
    }

    #[inline]
    fn eat(&mut self, octet: u8) -> Option<()> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        (*first == octet).then_some(())
    }

    /// Whether a field follows; the space before it is passed over.
    #[inline]
    fn more(&mut self) -> bool {
        match self.rest {
            [b' ', rest @ ..] => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    #[inline]
    fn nil(&mut self) -> Option<()> {
        self.rest = plain::behind(self.rest, b"NIL")?;
        Some(())
    }

    #[inline]
    fn nstring(&mut self) -> Option<Option<Text>> {
        if let [b'N', b'I', b'L', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(None);
        }
        let (text, rest) = plain::nstring(self.frame, self.rest)?;
        self.rest = rest;
        Some(text)
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        let (number, rest) = plain::number(self.rest)?;
        self.rest = rest;
        Some(number)
    }

    #[inline]
    fn parameters(&mut self) -> Option<Parameters> {
        let (parameters, rest) = Parameters::plain(self.frame, self.rest)?;
        self.rest = rest;
        Some(parameters)
    }

    /// A string of which there are few in all messages: what is known needs no share of the storage.
    #[inline]
    fn name(&mut self) -> Option<Text> {
        let [b'"', rest @ ..] = self.rest else { return None };
        let (content, rest) = plain::quoted(rest)?;
        self.rest = rest;
        Some(Text::received(match known(content) {
            Some(known) => Bytes::from_static(known),
            None => plain::share(self.frame, content),
        }))
    }
}

macro_rules! names {
    ($($name:literal)*) => {
        #[inline]
        fn known(content: &[u8]) -> Option<&'static [u8]> {
            match content {
                $($name => Some($name),)*
                _ => None,
            }
        }
    };
}

names! {
    b"text" b"TEXT" b"plain" b"PLAIN" b"html" b"HTML" b"7bit" b"7BIT" b"8bit" b"8BIT" b"base64" b"BASE64"
    b"quoted-printable" b"QUOTED-PRINTABLE" b"application" b"APPLICATION" b"image" b"IMAGE" b"mixed" b"MIXED"
    b"alternative" b"ALTERNATIVE" b"related" b"RELATED" b"attachment" b"ATTACHMENT" b"inline" b"INLINE"
}

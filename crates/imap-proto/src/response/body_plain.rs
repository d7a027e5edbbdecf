//! Reading BODYSTRUCTURE as most servers write it. What is otherwise is left to `body_read`.

use bytes::Bytes;

use crate::{places::Places, plain};

use super::{
    body::{
        BodyPart, BodyStructure, DESCRIPTION, DISPOSITION, ENCODING, ID, LANGUAGES, LOCATION, MD5,
        PARAMETERS, PartKind, SUBTYPE, TYPE,
    },
    envelope::Envelope,
    parameters,
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
        let [b'(', rest @ ..] = self.rest else { return None };
        self.rest = rest;
        let (fields, octets, kind) = if rest.first() == Some(&b'(') {
            let kind = self.multipart(depth)?;
            let mut fields = self.fields();
            fields.string(SUBTYPE)?;
            if let Some(rest) = plain::space(fields.rest) {
                fields.rest = rest;
                fields.parameters()?;
                fields.extensions()?;
            }
            (fields, None, kind)
        } else {
            let mut fields = self.fields();
            let (octets, text) = fields.of_single()?;
            let kind = self.kind(&mut fields, text, depth)?;
            // What most parts do not have.
            if let Some(rest) = plain::behind(fields.rest, b" NIL NIL NIL NIL") {
                fields.rest = rest;
            } else if let Some(rest) = plain::space(fields.rest) {
                fields.rest = rest;
                fields.nstring(MD5)?;
                fields.extensions()?;
            }
            (fields, Some(octets), kind)
        };
        let [b')', rest @ ..] = fields.rest else { return None };
        self.rest = rest;
        let length = fields.raw.len().wrapping_sub(fields.rest.len());
        let raw = plain::share(self.frame, fields.raw.get(..length)?);
        Some(BodyPart { raw, places: fields.places, broken: false, octets, kind })
    }

    /// The fields that begin here.
    #[inline]
    const fn fields(&self) -> Fields<'a> {
        Fields { raw: self.rest, rest: self.rest, places: Places::none() }
    }

    fn multipart(&mut self, depth: usize) -> Option<PartKind> {
        let mut parts = Vec::with_capacity(4);
        while self.rest.first() == Some(&b'(') {
            parts.push(self.part(depth.wrapping_add(1))?);
        }
        self.rest = plain::space(self.rest)?;
        Some(PartKind::Multipart { parts })
    }

    /// What follows the octets, by the type.
    #[inline]
    fn kind(&mut self, fields: &mut Fields<'a>, text: bool, depth: usize) -> Option<PartKind> {
        if text {
            let (lines, rest) = plain::number(plain::space(fields.rest)?)?;
            fields.rest = rest;
            return Some(PartKind::Text { lines: Some(lines) });
        }
        if let [b' ', rest @ ..] = fields.rest
            && rest.first() == Some(&b'(')
        {
            return self.message(fields, rest, depth);
        }
        Some(PartKind::Basic)
    }

    #[cold]
    fn message(&mut self, fields: &mut Fields<'a>, octets: &'a [u8], depth: usize) -> Option<PartKind> {
        const MESSAGE: &[u8] = b"\"message\" \"rfc822\"";
        if !fields.raw.get(..MESSAGE.len())?.eq_ignore_ascii_case(MESSAGE) {
            return None;
        }
        let (envelope, rest) = Envelope::plain(self.frame, octets)?;
        self.rest = plain::space(rest)?;
        let body = Box::new(self.part(depth.wrapping_add(1))?);
        let (lines, rest) = plain::number(plain::space(self.rest)?)?;
        fields.rest = rest;
        Some(PartKind::Message { envelope, body, lines: Some(lines) })
    }
}

/// What follows a transfer encoding, and a space, of those that there are.
#[inline]
fn skip_encoding(octets: &[u8]) -> Option<&[u8]> {
    match octets {
        [b'"', b'7', b'b', ..] => plain::behind(octets, br#""7bit" "#),
        [b'"', b'7', b'B', ..] => plain::behind(octets, br#""7BIT" "#),
        [b'"', b'8', b'b', ..] => plain::behind(octets, br#""8bit" "#),
        [b'"', b'8', b'B', ..] => plain::behind(octets, br#""8BIT" "#),
        [b'"', b'b', ..] => plain::behind(octets, br#""base64" "#),
        [b'"', b'B', ..] => plain::behind(octets, br#""BASE64" "#),
        [b'"', b'q', ..] => plain::behind(octets, br#""quoted-printable" "#),
        [b'"', b'Q', ..] => plain::behind(octets, br#""QUOTED-PRINTABLE" "#),
        _ => None,
    }
}

/// What follows a disposition.
fn skip_disposition(octets: &[u8]) -> Option<&[u8]> {
    let [b'(', b'"', rest @ ..] = octets else { return None };
    let rest = match plain::space(plain::skip_quoted(rest)?)? {
        [b'N', b'I', b'L', rest @ ..] => rest,
        list => parameters::skip_plain_list(list)?,
    };
    plain::behind(rest, b")")
}

/// Fields of one part, and where they stand.
struct Fields<'a> {
    raw: &'a [u8],
    rest: &'a [u8],
    places: Places<10>,
}

impl Fields<'_> {
    #[inline]
    fn here(&mut self, field: usize) -> Option<()> {
        self.places.set(field, self.raw.len().wrapping_sub(self.rest.len()))
    }

    #[inline]
    fn string(&mut self, field: usize) -> Option<()> {
        self.here(field)?;
        let [b'"', rest @ ..] = self.rest else { return None };
        self.rest = plain::skip_quoted(rest)?;
        Some(())
    }

    #[inline]
    fn nstring(&mut self, field: usize) -> Option<()> {
        if let [b'N', b'I', b'L', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(());
        }
        self.string(field)
    }

    #[inline]
    fn space(&mut self) -> Option<()> {
        self.rest = plain::space(self.rest)?;
        Some(())
    }

    #[inline]
    fn parameters(&mut self) -> Option<()> {
        if let [b'N', b'I', b'L', rest @ ..] = self.rest {
            self.rest = rest;
            return Some(());
        }
        self.here(PARAMETERS)?;
        // What most have, and have alone.
        let value = match self.rest {
            [b'(', b'"', b'c', ..] => plain::behind(self.rest, br#"("charset" ""#),
            [b'(', b'"', b'b', ..] => plain::behind(self.rest, br#"("boundary" ""#),
            [b'(', b'"', b'n', ..] => plain::behind(self.rest, br#"("name" ""#),
            _ => None,
        };
        self.rest = match value.and_then(plain::quoted) {
            Some((_, [b')', rest @ ..])) => rest,
            _ => parameters::skip_plain_list(self.rest)?,
        };
        Some(())
    }

    /// From the type to the octets, which are given, and whether it is a text.
    #[inline]
    fn of_single(&mut self) -> Option<(u64, bool)> {
        // What most parts are.
        let known = match self.rest {
            [b'"', b't', ..] => plain::behind(self.rest, br#""text" "plain" "#)
                .or_else(|| plain::behind(self.rest, br#""text" "html" "#)),
            [b'"', b'T', ..] => plain::behind(self.rest, br#""TEXT" "PLAIN" "#)
                .or_else(|| plain::behind(self.rest, br#""TEXT" "HTML" "#)),
            _ => None,
        };
        self.places.set(TYPE, 0)?;
        let text = match known {
            Some(rest) => {
                self.places.set(SUBTYPE, br#""text" "#.len())?;
                self.rest = rest;
                true
            }
            None => {
                self.string(TYPE)?;
                self.space()?;
                self.string(SUBTYPE)?;
                self.space()?;
                self.raw.get(..6)?.eq_ignore_ascii_case(br#""text""#)
            }
        };
        self.parameters()?;
        // What most parts do not have.
        if let Some(rest) = plain::behind(self.rest, b" NIL NIL ") {
            self.rest = rest;
        } else {
            self.space()?;
            self.nstring(ID)?;
            self.space()?;
            self.nstring(DESCRIPTION)?;
            self.space()?;
        }
        self.here(ENCODING)?;
        self.rest = match skip_encoding(self.rest) {
            Some(rest) => rest,
            None => {
                self.string(ENCODING)?;
                plain::space(self.rest)?
            }
        };
        let (octets, rest) = plain::number(self.rest)?;
        self.rest = rest;
        Some((octets, text))
    }

    /// Disposition, language, location, as far as they are there.
    #[inline]
    fn extensions(&mut self) -> Option<()> {
        // What most parts do not have.
        if let Some(rest) = plain::behind(self.rest, b" NIL NIL NIL") {
            self.rest = rest;
            return Some(());
        }
        if self.rest.first() != Some(&b' ') {
            return Some(());
        }
        self.space()?;
        match self.rest {
            [b'N', b'I', b'L', rest @ ..] => self.rest = rest,
            [b'(', ..] => {
                self.here(DISPOSITION)?;
                let value = plain::behind(self.rest, br#"("attachment" ("filename" ""#);
                self.rest = match value.and_then(plain::quoted) {
                    Some((_, [b')', b')', rest @ ..])) => rest,
                    _ => skip_disposition(self.rest)?,
                };
            }
            _ => return None,
        }
        for field in [LANGUAGES, LOCATION] {
            if self.rest.first() != Some(&b' ') {
                return Some(());
            }
            self.space()?;
            self.nstring(field)?;
        }
        Some(())
    }
}

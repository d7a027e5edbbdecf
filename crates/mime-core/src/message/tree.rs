//! What a message is made of, by offsets: the storage behind [`Message`](crate::Message).

use std::ops::Range;

use crate::{
    Defect, DefectKind, Limits, TransferEncoding,
    name::Known,
    scan::{FieldAt, Form, HeaderEnd, Kind, Place, Sink},
};

/// No part.
pub(crate) const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldRecord {
    pub(crate) start: u32,
    pub(crate) colon: u32,
    pub(crate) value_end: u32,
    pub(crate) end: u32,
    pub(crate) known: Known,
    pub(crate) form: Form,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PartRecord {
    /// Where its header begins.
    pub(crate) start: u32,
    /// Where the empty line behind the header begins.
    pub(crate) header_end: u32,
    pub(crate) body: u32,
    pub(crate) end: u32,
    pub(crate) fields: u32,
    pub(crate) fields_end: u32,
    pub(crate) parent: u32,
    /// The index behind the last part inside of it.
    pub(crate) next: u32,
    /// Where the text before the first delimiter ends.
    pub(crate) preamble_end: u32,
    /// Where the text behind the closing delimiter begins; the end, if there is none.
    pub(crate) epilogue: u32,
    pub(crate) kind: Kind,
    pub(crate) encoding: TransferEncoding,
    /// Which part of its parent it is, from 1.
    pub(crate) number: u32,
    /// How many parts are right inside of it.
    pub(crate) children: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    pub(crate) fields: Vec<FieldRecord>,
    pub(crate) parts: Vec<PartRecord>,
    pub(crate) defects: Vec<Defect>,
}

impl Tree {
    pub(crate) fn clear(&mut self) {
        self.fields.clear();
        self.parts.clear();
        self.defects.clear();
    }
}

/// Fills a tree.
pub(crate) struct Builder<'a> {
    pub(crate) tree: &'a mut Tree,
    pub(crate) limits: Limits,
    pub(crate) current: u32,
}

impl Builder<'_> {
    fn current(&mut self) -> Option<&mut PartRecord> {
        self.tree.parts.get_mut(self.current as usize)
    }
}

/// An offset in a message, of which no more than [`u32::MAX`] octets are parsed.
#[allow(clippy::cast_possible_truncation)] // larger ones do not occur
pub(crate) fn offset(at: usize) -> u32 {
    at as u32
}

impl Sink for Builder<'_> {
    fn begin(&mut self, at: usize) {
        if self.tree.parts.is_empty() {
            // Enough for most messages: both grow once then.
            self.tree.parts.reserve(8);
            self.tree.fields.reserve(32);
        }
        let (at, fields, index) = (offset(at), offset(self.tree.fields.len()), offset(self.tree.parts.len()));
        let number = self.current().map_or(1, |parent| {
            parent.children += 1;
            parent.children
        });
        self.tree.parts.push(PartRecord {
            start: at,
            header_end: at,
            body: at,
            end: at,
            fields,
            fields_end: fields,
            parent: self.current,
            next: index,
            preamble_end: at,
            epilogue: NONE,
            kind: Kind::Leaf,
            encoding: TransferEncoding::SevenBit,
            number,
            children: 0,
        });
        self.current = index;
    }

    fn field(&mut self, field: FieldAt) {
        self.tree.fields.push(FieldRecord {
            start: offset(field.start),
            colon: offset(field.colon),
            value_end: offset(field.value_end),
            end: offset(field.end),
            known: field.known,
            form: field.form,
        });
    }

    fn field_rest(&mut self, octets: Range<usize>) {
        let start = offset(octets.start);
        if let Some(field) = self.tree.fields.last_mut().filter(|field| field.end == start) {
            field.end = offset(octets.end);
        }
    }

    fn header_end(&mut self, end: HeaderEnd) {
        let fields = offset(self.tree.fields.len());
        if let Some(part) = self.current() {
            part.header_end = offset(end.at);
            part.body = offset(end.body);
            part.end = part.body;
            part.preamble_end = part.body;
            part.fields_end = fields;
            part.kind = end.kind;
            part.encoding = end.encoding;
        }
    }

    fn body(&mut self, octets: Range<usize>, place: Place) {
        let Some(part) = self.current() else { return };
        match place {
            Place::Leaf => {}
            Place::Preamble => part.preamble_end = offset(octets.end),
            Place::Epilogue if part.epilogue == NONE => part.epilogue = offset(octets.start),
            Place::Epilogue => {}
        }
    }

    fn end(&mut self, at: usize) {
        let next = offset(self.tree.parts.len());
        if let Some(part) = self.current() {
            part.end = offset(at).max(part.body);
            part.epilogue = part.epilogue.min(part.end);
            part.next = next;
            self.current = part.parent;
        }
    }

    fn defect(&mut self, kind: DefectKind, span: Range<usize>) {
        note(&mut self.tree.defects, self.limits.defects, kind, span);
    }
}

/// Keeps a defect, up to the limit: the last one then says that there are more.
pub(crate) fn note(defects: &mut Vec<Defect>, limit: usize, kind: DefectKind, span: Range<usize>) {
    if defects.len() < limit {
        defects.push(Defect::new(kind, span));
    } else if defects.len() == limit {
        defects.push(Defect::new(DefectKind::LimitTruncated, span));
    }
}

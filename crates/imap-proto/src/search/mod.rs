//! Searching: SEARCH, SORT, THREAD and what they answer.

use crate::{Encoder, Expected, ParseError, cursor::Cursor};

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchCommand {
    pub uid: bool,
}

impl SearchCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _uid: bool) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct SortCommand {
    pub uid: bool,
}

impl SortCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _uid: bool) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadCommand {
    pub uid: bool,
}

impl ThreadCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _uid: bool) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct MultiSearch {}

impl MultiSearch {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct UidBatchesCommand {}

impl UidBatchesCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Esearch {}

impl Esearch {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchNumbers {}

impl SearchNumbers {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Threads {}

impl Threads {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct UidBatches {}

impl UidBatches {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Vanished {}

impl Vanished {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

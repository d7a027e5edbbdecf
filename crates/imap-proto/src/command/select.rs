//! x

use crate::{Encoder, Expected, ParseError, cursor::Cursor};

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Create {}

impl Create {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct QResync {}

impl QResync {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {}

impl Select {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

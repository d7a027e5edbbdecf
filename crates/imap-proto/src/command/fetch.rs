//! x

use crate::MessageSet;
use crate::{Encoder, Expected, ParseError, cursor::Cursor};

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchAttribute {}

impl FetchAttribute {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Partial {}

impl Partial {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {}

impl Preview {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct FetchCommand {
    pub messages: MessageSet,
}

impl FetchCommand {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _messages: MessageSet) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

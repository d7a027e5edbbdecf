//! x

use crate::MessageSet;
use crate::{Encoder, Expected, ParseError, cursor::Cursor};

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreAction {}

impl StoreAction {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    pub messages: MessageSet,
}

impl Store {
    pub(crate) fn read(cursor: &mut Cursor<'_>, _messages: MessageSet) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

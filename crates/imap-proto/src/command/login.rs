//! x

use crate::Text;
use crate::{Encoder, Expected, ParseError, cursor::Cursor};
use wire_core::Secret;

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticate {}

impl Authenticate {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Login {
    pub user: Text,
    pub password: Secret,
}

impl Login {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

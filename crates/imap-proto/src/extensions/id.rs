//! x

use crate::{Encoder, Expected, ParseError, cursor::Cursor};

/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Identification {}
impl Identification {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Option<Self>, ParseError> {
        cursor.error(Expected::Item)
    }
    pub(crate) fn encode(_this: Option<&Self>, _encoder: &mut Encoder) {}
}

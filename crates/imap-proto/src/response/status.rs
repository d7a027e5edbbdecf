//! x

use super::Code;
use crate::{Encoder, Expected, ParseError, cursor::Cursor};
use crate::{Tag, Text};
/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseText {
    pub code: Option<Code>,
    pub text: Text,
}
impl ResponseText {
    pub(crate) fn read(_cursor: &mut Cursor<'_>) -> Self {
        Self { code: None, text: Text::new() }
    }
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}
/// Not written yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok,
    No,
    Bad,
}
impl Status {
    pub(crate) fn read(_cursor: &mut Cursor<'_>) -> Option<Self> {
        None
    }
    pub fn as_str(self) -> &'static str {
        "OK"
    }
}
/// Not written yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagged {
    pub tag: Tag,
    pub status: Status,
    pub text: ResponseText,
}
impl Tagged {
    pub(crate) fn encode(&self, _encoder: &mut Encoder) {}
}

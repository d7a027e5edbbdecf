//! Transfer codings (placeholder until the branch is merged).

use std::borrow::Cow;

use crate::Report;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransferEncoding {
    SevenBit,
    Base64,
    Unknown,
    Binary,
}

impl TransferEncoding {
    pub fn from_value(value: &[u8], _: &mut impl Report) -> Self {
        if value.trim_ascii().eq_ignore_ascii_case(b"base64") { Self::Base64 } else { Self::SevenBit }
    }
    pub fn decode_into(self, body: &[u8], out: &mut Vec<u8>, _: &mut impl Report) {
        out.extend_from_slice(body);
    }
    pub fn is_identity(self) -> bool {
        self == Self::SevenBit
    }
    pub fn decode<'a>(self, body: &'a [u8], _: &mut impl Report) -> Cow<'a, [u8]> {
        Cow::Borrowed(body)
    }
}
#[derive(Debug)]
pub struct Decoder(TransferEncoding);
impl Decoder {
    pub fn new(encoding: TransferEncoding) -> Self {
        Self(encoding)
    }
    pub fn encoding(&self) -> TransferEncoding {
        self.0
    }
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>, _: &mut impl Report) {
        out.extend_from_slice(chunk);
    }
    pub fn finish(&mut self, _: &mut Vec<u8>, _: &mut impl Report) {}
}

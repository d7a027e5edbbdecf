//! Text of header fields: folding and encoded words (RFC 2047).

use std::borrow::Cow;

use crate::{Config, Report};

/// The text of an unstructured value: unfolded, encoded words decoded.
pub fn decode_text<'a>(value: &'a [u8], config: &Config, report: &mut impl Report) -> Cow<'a, str> {
    let _ = (config, report);
    String::from_utf8_lossy(value)
}

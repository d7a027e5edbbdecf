//! Text of header fields: folding and encoded words (RFC 2047).
//!
//! ```abnf
//! encoded-word = "=?" charset ["*" language] "?" encoding "?" encoded-text "?="
//! ```

mod decode;
mod encode;
mod word;

pub use decode::{decode_text, decode_text_into};
pub(crate) use decode::{hex, inspect, is_white};
#[cfg(feature = "compose")]
pub(crate) use encode::{FRAME, is_base64_shorter, split, word};
pub use encode::{MAX_WORD, encode, needs_encoding};
pub use word::{EncodedWord, Encoding, find};

//! Strict base64, as the mail profiles of SASL and the messages of SCRAM use it.
//!
//! Only the canonical form is accepted: the alphabet of RFC 4648 section 4, padded, no white space, no line
//! break, zero bits where bits are left over. Anything else would give one message two spellings.

use ::base64::Engine;
use ::base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use wire_core::Secret;

/// Appends the encoding of `octets` to `out`.
///
/// # Example
///
/// ```
/// let mut line = b"AUTH PLAIN ".to_vec();
/// sasl_core::base64::encode_into(b"\0tim\0tanstaaftanstaaf", &mut line);
/// assert_eq!(line, b"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
/// ```
pub fn encode_into(octets: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start.saturating_add(encoded_len(octets.len())), 0);
    // `encoded_len` octets are exactly what the engine writes, so neither step can fail.
    if let Some(room) = out.get_mut(start..) {
        let _written = STANDARD.encode_slice(octets, room);
    }
}

/// The encoding of `octets`, erased when dropped: a base64 password is a password.
///
/// # Example
///
/// ```
/// assert_eq!(sasl_core::base64::encode(b"sirhc").expose(), b"c2lyaGM=");
/// ```
pub fn encode(octets: &[u8]) -> Secret {
    let mut out = Vec::with_capacity(encoded_len(octets.len()));
    encode_into(octets, &mut out);
    Secret::new(out)
}

/// How many octets the encoding of `len` octets takes.
///
/// # Example
///
/// ```
/// assert_eq!(sasl_core::base64::encoded_len(5), 8);
/// ```
pub const fn encoded_len(len: usize) -> usize {
    len.div_ceil(3).saturating_mul(4)
}

/// Decodes; the empty text is the empty string.
///
/// # Errors
///
/// [`InvalidBase64`] for anything but the canonical form.
///
/// # Example
///
/// ```
/// use sasl_core::base64::decode;
///
/// assert_eq!(decode(b"c2lyaGM=").unwrap().expose(), b"sirhc");
/// for wrong in ["c2lyaGM", "c2lyaG N=", "c2lyaGN=", "====", "=", "c2ly\r\n", "c2lyaGM=c2ly"] {
///     assert!(decode(wrong.as_bytes()).is_err(), "{wrong}");
/// }
/// ```
pub fn decode(text: &[u8]) -> Result<Secret, InvalidBase64> {
    // RFC 4954 section 4: "any sequence of BASE64 characters that contains the pad character ('=') anywhere
    // other than the end of the string" must be rejected. The engine also demands full padding and zero
    // trailing bits.
    STANDARD.decode(text).map(Secret::new).map_err(|_| InvalidBase64)
}

/// Encodes what is not secret.
pub(crate) fn encode_text(octets: &[u8]) -> String {
    STANDARD.encode(octets)
}

/// The unpadded form of stored password hashes.
pub(crate) fn encode_unpadded(octets: &[u8]) -> String {
    STANDARD_NO_PAD.encode(octets)
}

/// The unpadded form of stored password hashes.
pub(crate) fn decode_unpadded(text: &str) -> Result<Vec<u8>, InvalidBase64> {
    STANDARD_NO_PAD.decode(text).map_err(|_| InvalidBase64)
}

/// Not base64 in its canonical form.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not canonical base64")]
pub struct InvalidBase64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_has_the_announced_length() {
        for len in 0..50 {
            let octets = vec![0xa5; len];
            let text = encode(&octets);
            assert_eq!(text.len(), encoded_len(len));
            assert_eq!(decode(text.expose()).unwrap().expose(), octets);
        }
    }

    #[test]
    fn appending_keeps_what_was_there() {
        let mut out = b"x".to_vec();
        encode_into(b"", &mut out);
        encode_into(b"a", &mut out);
        assert_eq!(out, b"xYQ==");
    }

    #[test]
    fn the_empty_text_is_empty() {
        assert_eq!(decode(b"").unwrap().len(), 0);
    }
}

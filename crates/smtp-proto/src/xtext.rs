//! xtext, RFC 3461 section 4: any octets inside a parameter of a command.

use bytes::{BufMut, Bytes, BytesMut};

/// Appends `octets` as xtext.
///
/// ```abnf
/// xtext = *( xchar / hexchar )
/// xchar = any ASCII CHAR between "!" (33) and "~" (126) inclusive, except for "+" and "="
/// hexchar = ASCII "+" immediately followed by two upper case hexadecimal digits
/// ```
///
/// ```
/// let mut out = Vec::new();
/// smtp_proto::xtext::encode(b"a+b c", &mut out);
/// assert_eq!(out, b"a+2Bb+20c");
/// assert_eq!(smtp_proto::xtext::decode(&out.into()).unwrap(), "a+b c");
/// ```
pub fn encode(octets: &[u8], out: &mut impl BufMut) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &octet in octets {
        if is_xchar(octet) {
            out.put_u8(octet);
        } else {
            let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.put_slice(&[b'+', digit(octet >> 4), digit(octet & 15)]);
        }
    }
}

/// The octets that xtext stands for; without a copy if nothing is escaped.
///
/// `None` if it is not xtext. Lower-case hexadecimal digits are accepted: they cannot mean anything else.
pub fn decode(text: &Bytes) -> Option<Bytes> {
    if text.iter().all(|&octet| is_xchar(octet)) {
        return Some(text.clone());
    }
    let mut out = BytesMut::with_capacity(text.len());
    let mut rest = &text[..];
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        if is_xchar(octet) {
            out.put_u8(octet);
        } else if octet == b'+' {
            let (digits, after) = rest.split_at_checked(2)?;
            let text = std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?;
            out.put_u8(u8::from_str_radix(text, 16).ok()?);
            rest = after;
        } else {
            return None;
        }
    }
    Some(out.freeze())
}

fn is_xchar(octet: u8) -> bool {
    matches!(octet, 33..=126) && octet != b'+' && octet != b'='
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_octets_round_trip() {
        let octets: Vec<u8> = (0..=255).collect();
        let mut out = Vec::new();
        encode(&octets, &mut out);
        assert_eq!(decode(&out.into()).unwrap(), octets);
    }

    #[test]
    fn what_is_not_xtext_is_refused() {
        for text in ["a=b", "a+", "a+4", "a+4G", "a++1", "a b", "\u{7f}"] {
            assert_eq!(decode(&Bytes::from(text)), None, "{text}");
        }
    }
}

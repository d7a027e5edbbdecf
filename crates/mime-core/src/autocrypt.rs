//! The key of the sender: `Autocrypt`.

use crate::authentication_results::segment;
use crate::cursor;

/// The value of an `Autocrypt` field (Autocrypt Level 1, section "The Autocrypt Header"), or of `Autocrypt-Gossip`: an
/// OpenPGP key of an address.
///
/// The field says nothing that is proven. Whoever uses it has to compare [`addr`](Self::addr) with the only address of
/// `From`, and to drop all such fields of a message if more than one of them fits.
///
/// # Example
///
/// ```
/// use mime_core::Autocrypt;
///
/// let value = b" addr=alice@autocrypt.example; prefer-encrypt=mutual; keydata=\r\n mDMEXEcE6RYJ\r\n KwYBBAHaRw8B";
/// let autocrypt = Autocrypt::parse(value).unwrap();
/// assert_eq!(autocrypt.addr(), "alice@autocrypt.example");
/// assert!(autocrypt.is_mutual());
/// assert_eq!(autocrypt.key().unwrap().len(), 18);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Autocrypt<'a> {
    addr: &'a str,
    mutual: bool,
    keydata: &'a [u8],
}

impl<'a> Autocrypt<'a> {
    /// Reads the raw value of a field.
    ///
    /// `None` where Autocrypt Level 1 wants the field to be ignored: without `addr` or `keydata`, or with an attribute
    /// that is not known and does not begin with `_`. Attributes that stand twice make the field invalid, too.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (mut addr, mut mutual, mut keydata) = (None, None, None);
        let mut rest = value;
        while !rest.is_empty() {
            let (part, tail) = segment(rest);
            rest = tail;
            let part = cursor::trim(part);
            if part.is_empty() {
                continue;
            }
            let (name, content) = part.split_at(memchr::memchr(b'=', part)?);
            let (name, content) = (cursor::trim(name), cursor::trim(content.get(1..)?));
            if name.eq_ignore_ascii_case(b"addr") {
                let text = std::str::from_utf8(content).ok()?;
                let good = text.contains('@') && !text.contains(|c: char| c.is_control());
                if !good || addr.replace(text).is_some() {
                    return None;
                }
            } else if name.eq_ignore_ascii_case(b"prefer-encrypt") {
                if mutual.replace(content.eq_ignore_ascii_case(b"mutual")).is_some() {
                    return None;
                }
            } else if name.eq_ignore_ascii_case(b"keydata") {
                if content.is_empty() || keydata.replace(content).is_some() {
                    return None;
                }
            } else if name.first() != Some(&b'_') {
                return None;
            }
        }
        Some(Self { addr: addr?, mutual: mutual.unwrap_or(false), keydata: keydata? })
    }

    /// The address whose key this is.
    pub fn addr(&self) -> &'a str {
        self.addr
    }

    /// Whether the sender would like answers to be encrypted: `prefer-encrypt=mutual`.
    pub fn is_mutual(&self) -> bool {
        self.mutual
    }

    /// The key as it stands: base64, folded.
    pub fn keydata(&self) -> &'a [u8] {
        self.keydata
    }

    /// The key; `None` if it is no base64. Takes three quarters of the octets of [`keydata`](Self::keydata).
    pub fn key(&self) -> Option<Vec<u8>> {
        let mut key = Vec::with_capacity(self.keydata.len() / 4 * 3);
        let (mut bits, mut count, mut padding) = (0u32, 0u32, 0u32);
        for octet in self.keydata.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) {
            if *octet == b'=' {
                padding += 1;
                continue;
            }
            if padding > 0 {
                return None;
            }
            bits = bits << 6 | sextet(*octet)?;
            count += 1;
            if count % 4 == 0 {
                key.extend_from_slice(bits.to_be_bytes().get(1..)?);
                bits = 0;
            }
        }
        let good = match count % 4 {
            0 => padding == 0,
            2 => {
                key.extend_from_slice((bits << 12).to_be_bytes().get(1..2)?);
                padding == 0 || padding == 2
            }
            3 => {
                key.extend_from_slice((bits << 6).to_be_bytes().get(1..3)?);
                padding == 0 || padding == 1
            }
            _ => false,
        };
        good.then_some(key)
    }
}

fn sextet(letter: u8) -> Option<u32> {
    let value = match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The value of an `Autocrypt` field, folded: for an address, a preference and a key.
///
/// `None` if the address holds what would end it (`;`, white space, control characters, parentheses, quotes) or no `@`,
/// or if the key is empty. Autocrypt Level 1 wants the field to have at most 10 KiB: choose a small key.
///
/// # Example
///
/// ```
/// use mime_core::{Autocrypt, autocrypt_value};
///
/// let value = autocrypt_value("alice@autocrypt.example", true, b"key").unwrap();
/// assert_eq!(value, "addr=alice@autocrypt.example; prefer-encrypt=mutual; keydata=\r\n a2V5");
/// assert_eq!(Autocrypt::parse(value.as_bytes()).unwrap().key().unwrap(), b"key");
/// ```
pub fn autocrypt_value(addr: &str, mutual: bool, key: &[u8]) -> Option<String> {
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || matches!(c, ';' | '(' | ')' | '"' | '\\');
    if !addr.contains('@') || addr.len() > 900 || addr.contains(is_bad) || key.is_empty() {
        return None;
    }
    let mut value = format!("addr={addr}; ");
    if mutual {
        value.push_str("prefer-encrypt=mutual; ");
    }
    value.push_str("keydata=");
    // 57 octets are a line of 76.
    for line in key.chunks(57) {
        value.push_str("\r\n ");
        for group in line.chunks(3) {
            let octet = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
            let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
            for index in 0..4u32 {
                let at = usize::try_from(bits >> (18 - 6 * index) & 63).unwrap_or(0);
                let used = usize::try_from(index).is_ok_and(|index| index <= group.len());
                value.push(if used { ALPHABET.get(at).copied().map_or('=', char::from) } else { '=' });
            }
        }
    }
    Some(value)
}

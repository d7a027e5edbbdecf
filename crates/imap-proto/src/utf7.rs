//! Modified UTF-7 (RFC 3501 section 5.1.3): the names of mailboxes before UTF-8.

use smallvec::SmallVec;

use crate::{chars, plain};

/// Room for a name, which nearly every one has in it without an allocation.
pub(crate) type Name = SmallVec<[u8; 128]>;

/// The text of a name in UTF-8, if it is written as it has to be; `None` for everything else, so that each text has one form.
pub(crate) fn decode(octets: &[u8]) -> Option<Name> {
    let mut text = Name::new();
    let mut rest = octets;
    // A shifted part that ends where the next begins should have been one.
    let mut after_shift = false;
    loop {
        let shift = plain::find(rest, b'&');
        let (plain, behind) = rest.split_at_checked(shift.unwrap_or(rest.len()))?;
        if !plain.is_empty() {
            if !chars::printable(plain, true) {
                return None;
            }
            text.extend_from_slice(plain);
            after_shift = false;
        }
        let Some((_, behind)) = behind.split_first() else { return Some(text) };
        let (shifted, behind) = behind.split_at_checked(plain::find(behind, b'-')?)?;
        rest = behind.get(1..)?;
        if shifted.is_empty() {
            text.push(b'&');
            after_shift = false;
        } else {
            if after_shift {
                return None;
            }
            decode_shifted(shifted, &mut text)?;
            after_shift = true;
        }
    }
}

/// What stands between `&` and `-`: base64 of UTF-16, without padding.
fn decode_shifted(octets: &[u8], text: &mut Name) -> Option<()> {
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut high: Option<u16> = None;
    for &octet in octets {
        bits = (bits << 6 | sextet(octet)?) & 0x3f_ffff;
        count += 6;
        if count < 16 {
            continue;
        }
        count -= 16;
        let unit = u16::try_from((bits >> count) & 0xffff).ok()?;
        let character = match (high.take(), unit) {
            (None, 0xd800..=0xdbff) => {
                high = Some(unit);
                continue;
            }
            (None, _) => char::from_u32(u32::from(unit))?,
            (Some(high), 0xdc00..=0xdfff) => {
                char::from_u32(0x1_0000 + ((u32::from(high) - 0xd800) << 10) + (u32::from(unit) - 0xdc00))?
            }
            (Some(_), _) => return None,
        };
        // RFC 3501 section 5.1.3: "MUST NOT be used to represent any printing US-ASCII character which can represent itself"
        // Others of ASCII, and all controls, are in no name.
        if matches!(character, ' '..='~') || character.is_control() {
            return None;
        }
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    }
    // What is left of the last sextet is zero, and less than one.
    (high.is_none() && count < 6 && bits & ((1 << count) - 1) == 0).then_some(())
}

fn sextet(octet: u8) -> Option<u32> {
    Some(u32::from(match octet {
        b'A'..=b'Z' => octet - b'A',
        b'a'..=b'z' => octet - b'a' + 26,
        b'0'..=b'9' => octet - b'0' + 52,
        b'+' => 62,
        b',' => 63,
        _ => return None,
    }))
}

/// Writes a text in modified UTF-7.
pub(crate) fn encode(text: &str, out: &mut Vec<u8>) {
    let mut shift = Shift::default();
    for character in text.chars() {
        if matches!(character, ' '..='~') {
            shift.end(out);
            out.extend(u8::try_from(character));
            if character == '&' {
                out.push(b'-');
            }
            continue;
        }
        shift.begin(out);
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            shift.unit(*unit, out);
        }
    }
    shift.end(out);
}

#[derive(Default)]
struct Shift {
    open: bool,
    bits: u32,
    count: u32,
}

impl Shift {
    fn begin(&mut self, out: &mut Vec<u8>) {
        if !self.open {
            self.open = true;
            out.push(b'&');
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        self.bits = self.bits << 16 | u32::from(unit);
        self.count += 16;
        while self.count >= 6 {
            self.count -= 6;
            out.push(digit(self.bits >> self.count));
        }
        self.bits &= (1 << self.count) - 1;
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.open {
            if self.count > 0 {
                out.push(digit(self.bits << (6 - self.count)));
            }
            out.push(b'-');
            *self = Self::default();
        }
    }
}

fn digit(value: u32) -> u8 {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    DIGITS.get((value & 63) as usize).copied().unwrap_or(b'A')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str) -> String {
        let mut out = Vec::new();
        encode(text, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_of_the_rfc_and_of_servers() {
        for (wire, text) in [
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
            ("Entw&APw-rfe", "Entwürfe"),
            ("&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "Отправленные"),
            ("A&-B", "A&B"),
            ("&2D3eAA-", "😀"),
            ("Hello&ICI-", "Hello\u{2022}"),
            ("&Jjo-!", "\u{263a}!"),
            ("", ""),
        ] {
            assert_eq!(decode(wire.as_bytes()).as_deref(), Some(text.as_bytes()), "{wire}");
            assert_eq!(encoded(text), wire);
        }
    }

    #[test]
    fn what_has_another_form_is_none() {
        // RFC 3501 section 5.1.3: "&Jjo!" is not terminated, "&U,BTFw-&ZeVnLIqe-" has a superfluous shift
        for wire in [
            "&Jjo!",
            "&U,BTFw-&ZeVnLIqe-",
            "A&B",
            "&",
            "&BB-x",
            "&AGE-",
            "&2AA-",
            "&AAA-",
            "&3gA-",
            "&APx-",
            "&APwA-",
            "a\u{fc}",
            "&AP=-",
            "&A-",
            "&2D0A-",
            "\t",
        ] {
            assert_eq!(decode(wire.as_bytes()), None, "{wire}");
        }
    }
}

//! UTF-7, UTF-16 with a byte order mark, and UTF-32.

/// UTF-16 units to characters.
#[derive(Debug, Default)]
struct Units {
    high: Option<u16>,
}

impl Units {
    fn push(&mut self, unit: u16, text: &mut String) -> bool {
        let mut foreign = false;
        if let Some(high) = self.high.take() {
            if let Some(Ok(character)) = char::decode_utf16([high, unit]).next()
                && matches!(unit, 0xdc00..=0xdfff)
            {
                text.push(character);
                return false;
            }
            text.push(char::REPLACEMENT_CHARACTER);
            foreign = true;
        }
        match unit {
            0xd800..=0xdbff => self.high = Some(unit),
            _ => match char::from_u32(u32::from(unit)) {
                Some(character) => text.push(character),
                None => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    foreign = true;
                }
            },
        }
        foreign
    }

    fn finish(&mut self, text: &mut String) -> bool {
        let open = self.high.take().is_some();
        if open {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        open
    }
}

/// UTF-16 whose order the first two octets tell: a byte order mark, or an ASCII character. Without either it is
/// little-endian, as in browsers, because that is what programs write; RFC 2781 section 4.3 would have it big-endian.
#[derive(Debug, Default)]
pub(super) struct Utf16 {
    /// Whether the more significant octet comes first; `None` before the first two octets.
    big: Option<bool>,
    first: Option<u8>,
    units: Units,
}

impl Utf16 {
    pub(super) fn push(&mut self, octets: &[u8], text: &mut String) -> bool {
        let mut foreign = false;
        for &octet in octets {
            let Some(first) = self.first.take() else {
                self.first = Some(octet);
                continue;
            };
            let big = *self.big.get_or_insert(matches!((first, octet), (0xfe, 0xff) | (0, 1..)));
            let unit =
                if big { u16::from_be_bytes([first, octet]) } else { u16::from_le_bytes([first, octet]) };
            foreign |= self.units.push(unit, text);
        }
        foreign
    }

    pub(super) fn finish(&mut self, text: &mut String) -> bool {
        let foreign = self.units.finish(text);
        if self.first.take().is_some() {
            text.push(char::REPLACEMENT_CHARACTER);
            return true;
        }
        foreign
    }
}

/// UTF-32, its order told by label or by its first four octets, else big-endian.
#[derive(Debug)]
pub(super) struct Utf32 {
    big: Option<bool>,
    held: [u8; 4],
    count: usize,
}

impl Utf32 {
    pub(super) const fn new(big: Option<bool>) -> Self {
        Self { big, held: [0; 4], count: 0 }
    }

    pub(super) fn push(&mut self, octets: &[u8], text: &mut String) -> bool {
        let mut foreign = false;
        for &octet in octets {
            if let Some(slot) = self.held.get_mut(self.count) {
                *slot = octet;
            }
            self.count += 1;
            if self.count < 4 {
                continue;
            }
            self.count = 0;
            let big = *self.big.get_or_insert(self.held != [0xff, 0xfe, 0, 0]);
            let value = if big { u32::from_be_bytes(self.held) } else { u32::from_le_bytes(self.held) };
            let character = char::from_u32(value);
            foreign |= character.is_none();
            text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        foreign
    }

    pub(super) fn finish(&mut self, text: &mut String) -> bool {
        let open = self.count > 0;
        if open {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        open
    }
}

/// RFC 2152: UTF-16 in base64 behind `+`.
#[derive(Debug, Default)]
pub(super) struct Utf7 {
    shifted: bool,
    /// Nothing stands behind the `+` so far.
    empty: bool,
    bits: u32,
    count: u32,
    units: Units,
}

impl Utf7 {
    pub(super) fn push(&mut self, octets: &[u8], text: &mut String) -> bool {
        let mut foreign = false;
        for &octet in octets {
            foreign |= self.octet(octet, text);
        }
        foreign
    }

    fn octet(&mut self, octet: u8, text: &mut String) -> bool {
        if !self.shifted {
            return self.direct(octet, text);
        }
        let value = match octet {
            b'A'..=b'Z' => octet - b'A',
            b'a'..=b'z' => octet - b'a' + 26,
            b'0'..=b'9' => octet - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'-' if self.empty => {
                self.shifted = false;
                text.push('+');
                return false;
            }
            _ => {
                let foreign = self.unshift(text);
                return if octet == b'-' { foreign } else { self.direct(octet, text) || foreign };
            }
        };
        self.empty = false;
        self.bits = (self.bits << 6 | u32::from(value)) & 0x003f_ffff;
        self.count += 6;
        if self.count < 16 {
            return false;
        }
        self.count -= 16;
        let [_, _, high, low] = (self.bits >> self.count).to_be_bytes();
        self.units.push(u16::from_be_bytes([high, low]), text)
    }

    fn direct(&mut self, octet: u8, text: &mut String) -> bool {
        match octet {
            b'+' => {
                (self.shifted, self.empty, self.bits, self.count) = (true, true, 0, 0);
                false
            }
            0..=127 => {
                text.push(char::from(octet));
                false
            }
            _ => {
                text.push(char::REPLACEMENT_CHARACTER);
                true
            }
        }
    }

    fn unshift(&mut self, text: &mut String) -> bool {
        self.shifted = false;
        let stray = self.count >= 6 || self.bits & ((1 << self.count) - 1) != 0;
        if stray {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        self.units.finish(text) || stray
    }

    pub(super) fn finish(&mut self, text: &mut String) -> bool {
        self.shifted && self.unshift(text)
    }
}

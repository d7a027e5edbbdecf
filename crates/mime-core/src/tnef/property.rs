//! Properties of MAPI, as attributes hold them (\[MS-OXTNEF\] section 2.1.3.4).

use std::borrow::Cow;

use super::{split, text, u16_from, u32_from, without_nul};

/// One property.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Property<'a> {
    /// The type of its values (\[MS-OXCDATA\] section 2.11.1), the bit 0x1000 for several values included.
    pub kind: u16,
    /// Which property it is (\[MS-OXPROPS\]). From 0x8000 on it depends on the name, which is not given here.
    pub id: u16,
    /// Its first value.
    pub value: Value<'a>,
    /// How many values there are: 1 but for types of several.
    pub count: u32,
}

/// The value of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A number, a truth value, a time: little-endian octets, 2, 4, 8 or 16 of them.
    Fixed(&'a [u8]),
    /// Text in the codepage of the message, a NUL behind it.
    Codepage(&'a [u8]),
    /// Text in UTF-16, little-endian, a NUL behind it.
    Utf16(&'a [u8]),
    /// Octets.
    Octets(&'a [u8]),
    /// The identifier of an interface (16 octets) and what it stands for.
    Object(&'a [u8]),
    /// No value, though the type would have one.
    None,
}

impl<'a> Value<'a> {
    /// The value as text, if it is one: in the given codepage unless it is Unicode; up to the first NUL.
    pub fn text(self, codepage: u32) -> Option<Cow<'a, str>> {
        match self {
            Value::Codepage(octets) => Some(text(octets, codepage)),
            Value::Utf16(octets) => {
                let (units, _) = octets.as_chunks();
                let units = units.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|&unit| unit != 0);
                Some(Cow::Owned(
                    char::decode_utf16(units)
                        .map(|found| found.unwrap_or(char::REPLACEMENT_CHARACTER))
                        .collect(),
                ))
            }
            _ => None,
        }
    }

    /// The value as a number, if it is one of at most 8 octets.
    pub fn number(self) -> Option<u64> {
        let Value::Fixed(octets) = self else { return None };
        (octets.len() <= 8).then(|| octets.iter().rev().fold(0, |sum, &octet| sum << 8 | u64::from(octet)))
    }
}

/// The properties in an attribute, up to the end or to the first that is damaged.
#[derive(Clone, Debug)]
pub struct Properties<'a> {
    rest: &'a [u8],
    left: u32,
    damaged: bool,
}

impl<'a> Properties<'a> {
    /// The properties in the content of an attribute.
    pub fn new(data: &'a [u8]) -> Self {
        match u32_from(data) {
            Some((left, rest)) => Self { rest, left, damaged: false },
            None => Self { rest: &[], left: 0, damaged: !data.is_empty() },
        }
    }

    /// Whether reading ended before all properties were seen.
    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// The first value of the first property with this identifier.
    pub fn value(&self, id: u16) -> Option<Value<'a>> {
        self.clone().find(|property| property.id == id).map(|property| property.value)
    }

    fn property(&mut self) -> Option<Property<'a>> {
        let (kind, rest) = u16_from(self.rest)?;
        let (id, mut rest) = u16_from(rest)?;
        if id >= 0x8000 {
            // A namespace, and a number or a name.
            let (named, behind) = u32_from(rest.get(16..)?)?;
            let (number_or_length, behind) = u32_from(behind)?;
            rest = if named == 0 { behind } else { padded(behind, number_or_length)?.1 };
        }
        let several = kind & 0x1000 != 0;
        let fixed: Option<u32> = match kind & 0x0fff {
            0x0001 => Some(0),
            0x0002 | 0x000b => Some(2),
            0x0003 | 0x0004 | 0x000a => Some(4),
            0x0005 | 0x0006 | 0x0007 | 0x0014 | 0x0040 => Some(8),
            0x0048 => Some(16),
            0x000d | 0x001e | 0x001f | 0x0102 => None,
            _ => return None,
        };
        let mut count = 1;
        if several || fixed.is_none() {
            (count, rest) = u32_from(rest)?;
        }
        let mut value = Value::None;
        // Values of no octets: however many there are, they are nothing.
        let rounds = if fixed == Some(0) { 0 } else { count };
        for round in 0..rounds {
            let length;
            (length, rest) = match fixed {
                Some(length) => (length, rest),
                None => u32_from(rest)?,
            };
            let octets;
            (octets, rest) = padded(rest, length)?;
            if round == 0 {
                value = match kind & 0x0fff {
                    0x000d => Value::Object(octets),
                    0x001e => Value::Codepage(without_nul(octets)),
                    0x001f => Value::Utf16(octets),
                    0x0102 => Value::Octets(octets),
                    _ => Value::Fixed(octets),
                };
            }
        }
        self.rest = rest;
        Some(Property { kind, id, value, count })
    }
}

/// Octets that are followed by as many as make their number divisible by four; at the end these may be missing.
fn padded(octets: &[u8], length: u32) -> Option<(&[u8], &[u8])> {
    let (value, rest) = split(octets, length)?;
    let padding = length.wrapping_neg() & 3;
    Some((value, split(rest, padding).map_or(&[][..], |(_, rest)| rest)))
}

impl<'a> Iterator for Properties<'a> {
    type Item = Property<'a>;

    fn next(&mut self) -> Option<Property<'a>> {
        self.left = self.left.checked_sub(1)?;
        let found = self.property();
        if found.is_none() {
            (self.left, self.damaged) = (0, true);
        }
        found
    }
}

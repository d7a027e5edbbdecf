//! Numbers that must not be mixed up.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// The number, if it is not zero.
            pub const fn new(number: u32) -> Option<Self> {
                match NonZeroU32::new(number) {
                    Some(number) => Some(Self(number)),
                    None => None,
                }
            }

            /// The number.
            pub const fn get(self) -> u32 {
                self.0.get()
            }
        }

        impl From<NonZeroU32> for $name {
            fn from(number: NonZeroU32) -> Self {
                Self(number)
            }
        }

        impl From<$name> for u32 {
            fn from(number: $name) -> Self {
                number.get()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The unique identifier of a message in a mailbox (RFC 9051 section 2.3.1.1): it stays while the mailbox's
    /// [`UidValidity`] does.
    ///
    /// ```
    /// use imap_proto::Uid;
    ///
    /// assert_eq!(Uid::new(7).unwrap().get(), 7);
    /// assert_eq!(Uid::new(0), None);
    /// ```
    Uid
}

number! {
    /// The sequence number of a message (RFC 9051 section 2.3.1.2): its place in the mailbox now, from 1. Every message that is
    /// removed before it makes it smaller.
    ///
    /// ```
    /// use imap_proto::Seq;
    ///
    /// assert_eq!(Seq::new(1).unwrap().to_string(), "1");
    /// ```
    Seq
}

number! {
    /// What says whether UIDs that are known still mean the same messages (RFC 9051 section 2.3.1.1).
    ///
    /// ```
    /// use imap_proto::UidValidity;
    ///
    /// assert_ne!(UidValidity::new(3857529045), UidValidity::new(3857529046));
    /// ```
    UidValidity
}

/// A mod-sequence: when something of a message changed last (RFC 7162 section 3.1), from 1 to 2^63 - 1.
///
/// # Example
///
/// ```
/// use imap_proto::ModSeq;
///
/// assert_eq!(ModSeq::new(715194045007).unwrap().get(), 715194045007);
/// assert_eq!(ModSeq::new(0), None);
/// assert_eq!(ModSeq::new(1 << 63), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModSeq(NonZeroU64);

impl ModSeq {
    /// The number, if it is one.
    pub const fn new(number: u64) -> Option<Self> {
        match NonZeroU64::new(number) {
            Some(number) if number.get() <= i64::MAX.cast_unsigned() => Some(Self(number)),
            _ => None,
        }
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

impl fmt::Debug for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModSeq({})", self.0)
    }
}

impl fmt::Display for ModSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number that octets begin with, and how many digits it has; `None` if it is larger than 2^64 - 1.
#[inline]
pub(crate) fn leading(octets: &[u8]) -> Option<(u64, usize)> {
    if let Some(&chunk) = octets.first_chunk() {
        let (number, digits) = leading_of_eight(chunk);
        if digits < 8 {
            return Some((number, digits));
        }
    }
    let (mut number, mut digits) = (0_u64, 0);
    for octet in octets {
        let digit = octet.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
        digits += 1;
    }
    Some((number, digits))
}

/// The same for eight octets, which are looked at all at once: responses are mostly numbers.
#[inline]
fn leading_of_eight(octets: [u8; 8]) -> (u64, usize) {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The first octet is the lowest. Digits become 0 to 9 here, all else more.
    let word = u64::from_le_bytes(octets) ^ (EACH * 0x30);
    // The high bit of what is more than 9. What carries over spoils what stands behind the first of them alone.
    let foreign = (word.wrapping_add(EACH * 0x76) | word) & (EACH * 0x80);
    let bits = foreign.trailing_zeros() & 0x78;
    if bits == 0 {
        return (0, 0);
    }
    // With zeros before them there are always eight digits: pairs, fours, all.
    let digits = word << (64 - bits);
    let pairs = (digits.wrapping_mul(2561) >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(6_553_601) >> 16) & 0x0000_ffff_0000_ffff;
    let number = fours.wrapping_mul(42_949_672_960_001) >> 32;
    (number, (bits / 8) as usize)
}

/// Digits and nothing else: the standard library's parser takes a sign.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    if text.bytes().all(|octet| octet.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_digits() {
        for behind in ["", " ", "x", "/", ":", "\u{80}", "\u{ff}\u{ff}  1234567", " 1234567", "-99999999"] {
            for number in (0..20).map(|power| 10_u64.pow(power)).flat_map(|ten| [ten - 1, ten, ten + 7]) {
                let text = format!("{number}{behind}");
                let digits = number.to_string().len();
                assert_eq!(leading(text.as_bytes()), Some((number, digits)), "{text}");
            }
            assert_eq!(leading(format!("{}{behind}", u64::MAX).as_bytes()), Some((u64::MAX, 20)));
            assert_eq!(leading(format!("18446744073709551616{behind}").as_bytes()), None);
            assert_eq!(leading(behind.as_bytes()), Some((0, 0)));
        }
        for octet in 0..=255_u8 {
            let expected = if octet.is_ascii_digit() { (u64::from(octet - b'0'), 1) } else { (0, 0) };
            assert_eq!(leading(&[octet, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(expected));
            assert_eq!(leading(&[octet, b' ', b'1', b'2', b'3', b'4', b'5', b'6', b'7']), Some(expected));
        }
    }
}

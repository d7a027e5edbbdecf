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

/// Digits and nothing else: the standard library's parser takes a sign.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    if text.bytes().all(|octet| octet.is_ascii_digit()) { text.parse().ok() } else { None }
}

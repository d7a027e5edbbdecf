//! Messages, in whatever shape the caller has them.

use crate::{Uid, UidSet};

/// Messages by UID: one, several, a set, or what a search found. Of none, there is nothing to do.
///
/// # Example
///
/// ```
/// use imap_proto::{Uid, UidSet, session::Uids};
///
/// let found: Vec<Uid> = [9, 3, 1, 2, 3].into_iter().filter_map(Uid::new).collect();
/// assert_eq!(found.to_set().unwrap().to_string(), "1:3,9");
/// assert_eq!(found[0].to_set().unwrap().to_string(), "9");
/// assert_eq!(Vec::<Uid>::new().to_set(), None);
/// assert_eq!(UidSet::all().to_set().unwrap().to_string(), "1:*");
/// ```
pub trait Uids {
    /// The set; `None` if there is none in it.
    fn to_set(&self) -> Option<UidSet>;
}

impl Uids for Uid {
    fn to_set(&self) -> Option<UidSet> {
        Some(UidSet::from(*self))
    }
}

impl Uids for UidSet {
    fn to_set(&self) -> Option<UidSet> {
        Some(self.clone())
    }
}

/// In any order; the set is in that of the mailbox, which makes it short.
impl Uids for [Uid] {
    fn to_set(&self) -> Option<UidSet> {
        if self.is_sorted_by(|one, other| one < other) {
            return UidSet::from_numbers(self.iter().copied());
        }
        let mut sorted = self.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        UidSet::from_numbers(sorted)
    }
}

impl<const N: usize> Uids for [Uid; N] {
    fn to_set(&self) -> Option<UidSet> {
        self[..].to_set()
    }
}

impl Uids for Vec<Uid> {
    fn to_set(&self) -> Option<UidSet> {
        self[..].to_set()
    }
}

impl<U: Uids> Uids for Option<U> {
    fn to_set(&self) -> Option<UidSet> {
        self.as_ref()?.to_set()
    }
}

impl<U: Uids + ?Sized> Uids for &U {
    fn to_set(&self) -> Option<UidSet> {
        (**self).to_set()
    }
}

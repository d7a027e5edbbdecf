//! Where the fields of a structure stand.

/// Places of `N` fields in octets that were read once: a field is read again when it is looked at. A structure of ten fields costs one
/// share of its storage that way, and not ten.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places<const N: usize>([u32; N]);

/// A field that is not there.
const NOWHERE: u32 = u32::MAX;

impl<const N: usize> Places<N> {
    /// No field is there.
    pub(crate) const fn none() -> Self {
        Self([NOWHERE; N])
    }

    /// Where a field begins, if it is there.
    #[inline]
    pub(crate) fn get(&self, field: usize) -> Option<usize> {
        match self.0.get(field) {
            None | Some(&NOWHERE) => None,
            Some(&at) => usize::try_from(at).ok(),
        }
    }

    /// `None` if it is further off than can be said.
    #[inline]
    pub(crate) fn set(&mut self, field: usize, at: usize) -> Option<()> {
        let at = u32::try_from(at).ok().filter(|&at| at != NOWHERE)?;
        *self.0.get_mut(field)? = at;
        Some(())
    }

    pub(crate) fn swap(&mut self, one: usize, other: usize) {
        if one < N && other < N {
            self.0.swap(one, other);
        }
    }
}

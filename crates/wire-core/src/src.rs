//! A cursor over `Bytes` for nom: parsers are plain functions, what they keep costs no copy.

use bytes::Bytes;
use nom::{Compare, CompareResult, FindSubstring, FindToken, Input, Needed, Offset};

/// A position in a complete message; `Copy`, so that backtracking is free.
///
/// Grammar functions take and return `Src`; only a leaf that is kept calls [`Src::bytes`], which shares the
/// storage of the message instead of copying. A kept leaf therefore keeps the whole read buffer alive:
/// call [`detach`] on values that are stored for long.
///
/// # Example
///
/// ```
/// use bytes::Bytes;
/// use nom::{IResult, bytes::complete::take_while1};
/// use wire_core::Src;
///
/// fn word(i: Src<'_>) -> IResult<Src<'_>, Bytes> {
///     let (rest, word) = take_while1(|c: u8| c.is_ascii_alphabetic())(i)?;
///     Ok((rest, word.bytes()))
/// }
///
/// let line = Bytes::from_static(b"NOOP hello");
/// let (rest, verb) = word(Src::new(&line)).unwrap();
/// assert_eq!((&verb[..], rest.offset()), (&b"NOOP"[..], 4));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Src<'a> {
    whole: &'a Bytes,
    rest: &'a [u8],
}

impl<'a> Src<'a> {
    /// A cursor at the beginning of `whole`.
    pub fn new(whole: &'a Bytes) -> Self {
        Self { whole, rest: whole }
    }

    /// The octets this cursor still spans.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// The octets this cursor spans as a shared slice of the message: one atomic increment, no copy.
    pub fn bytes(&self) -> Bytes {
        self.whole.slice_ref(self.rest)
    }

    /// How far into the message the cursor stands, in octets.
    pub fn offset(&self) -> usize {
        self.rest.as_ptr().addr().saturating_sub(self.whole.as_ptr().addr())
    }

    /// Length of what is left, in octets.
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn with(&self, rest: &'a [u8]) -> Self {
        Self { whole: self.whole, rest }
    }
}

/// Copies a leaf out of the read buffer that it shares, for values that are kept for long.
///
/// ```
/// let line = bytes::Bytes::from(vec![b'x'; 16384]);
/// let kept = wire_core::detach(&line.slice(..20));
/// assert_eq!(kept.len(), 20); // and the 16 KiB are free to go
/// ```
pub fn detach(leaf: &Bytes) -> Bytes {
    Bytes::copy_from_slice(leaf)
}

impl<'a> Input for Src<'a> {
    type Item = u8;
    type Iter = std::iter::Copied<std::slice::Iter<'a, u8>>;
    type IterIndices = std::iter::Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.rest.len()
    }

    fn take(&self, index: usize) -> Self {
        self.with(self.rest.get(..index).unwrap_or(self.rest))
    }

    fn take_from(&self, index: usize) -> Self {
        self.with(self.rest.get(index..).unwrap_or_default())
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        let (head, tail) = self.rest.split_at_checked(index).unwrap_or((self.rest, &[]));
        (self.with(tail), self.with(head))
    }

    fn position<P: Fn(u8) -> bool>(&self, predicate: P) -> Option<usize> {
        self.rest.iter().position(|&b| predicate(b))
    }

    fn iter_elements(&self) -> Self::Iter {
        self.rest.iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if self.rest.len() >= count { Ok(count) } else { Err(Needed::new(count - self.rest.len())) }
    }
}

impl Compare<&[u8]> for Src<'_> {
    fn compare(&self, t: &[u8]) -> CompareResult {
        self.rest.compare(t)
    }
    fn compare_no_case(&self, t: &[u8]) -> CompareResult {
        self.rest.compare_no_case(t)
    }
}

impl Compare<&str> for Src<'_> {
    fn compare(&self, t: &str) -> CompareResult {
        self.rest.compare(t.as_bytes())
    }
    fn compare_no_case(&self, t: &str) -> CompareResult {
        self.rest.compare_no_case(t.as_bytes())
    }
}

impl<const N: usize> Compare<&[u8; N]> for Src<'_> {
    fn compare(&self, t: &[u8; N]) -> CompareResult {
        self.rest.compare(&t[..])
    }
    fn compare_no_case(&self, t: &[u8; N]) -> CompareResult {
        self.rest.compare_no_case(&t[..])
    }
}

impl FindSubstring<&[u8]> for Src<'_> {
    fn find_substring(&self, needle: &[u8]) -> Option<usize> {
        memchr::memmem::find(self.rest, needle)
    }
}

impl FindToken<u8> for Src<'_> {
    fn find_token(&self, token: u8) -> bool {
        memchr::memchr(token, self.rest).is_some()
    }
}

impl Offset for Src<'_> {
    fn offset(&self, second: &Self) -> usize {
        second.rest.as_ptr().addr().saturating_sub(self.rest.as_ptr().addr())
    }
}

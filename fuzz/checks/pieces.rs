//! Cutting octets into pieces.

/// Cuts octets into pieces of the lengths that `sizes` says, over and over.
pub fn pieces<'a>(octets: &'a [u8], sizes: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = octets;
    let mut sizes = sizes.iter().cycle();
    std::iter::from_fn(move || {
        let size = sizes.next().map_or(rest.len(), |&size| usize::from(size) + 1).min(rest.len());
        let (piece, behind) = rest.split_at(size);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

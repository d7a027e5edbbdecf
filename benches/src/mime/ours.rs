//! Ours, and what they may cost. A reader that is not there yet is measured by nobody.

use super::Reader;

/// - `ours-full`: every part decoded, text converted to UTF-8, and the six common fields read;
/// - `ours-tree`: the lazy tree, nothing decoded;
/// - `ours-tree-reused`: as `ours-tree`, with the storage of the message before;
/// - `ours-index`: the index of the fields of the message alone;
/// - `ours-push`: the message in pieces of 4 KiB, everything decoded.
pub const OURS: [&str; 5] = ["ours-full", "ours-tree", "ours-tree-reused", "ours-index", "ours-push"];

pub(super) fn reader(name: &str) -> Option<Reader> {
    match name {
        // "ours-full" => Some(Box::new(|raw| ...)),
        // "ours-tree" => ...
        // "ours-tree-reused" => ...
        // "ours-index" => ...
        // "ours-push" => ...
        _ => None,
    }
}

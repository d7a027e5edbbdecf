//! What the checks of `mime-core` have in common.
use mime_core::{Config, Defect, Limits};

#[path = "pieces.rs"]
mod cut;
#[allow(unused_imports)] // not every check cuts
pub use cut::pieces;

/// The usual configuration, and those in which every limit is soon reached.
pub fn config(kind: u8) -> Config {
    let tiny = Limits::new()
        .depth(2)
        .parts(4)
        .fields(3)
        .all_fields(6)
        .field_octets(if kind & 8 == 0 { 40 } else { 120 })
        .header_octets(200)
        .boundary(8)
        .addresses(3)
        .comment_depth(2)
        .params(3)
        .param_sections(3)
        .message_ids(2)
        .defects(5);
    let config = Config::new().blank_line_ends_header(kind & 1 != 0).utf7(kind & 2 != 0);
    if kind & 4 == 0 { config } else { config.limits(tiny) }
}

/// Defects lie within what was parsed.
pub fn within(defects: &[Defect], octets: usize) {
    for defect in defects {
        assert!(defect.span.start <= defect.span.end && defect.span.end <= octets, "{defect:?} in {octets}");
        assert!(!defect.to_string().is_empty());
    }
}

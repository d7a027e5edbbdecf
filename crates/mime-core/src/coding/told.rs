//! How often a defect is told.

use std::ops::Range;

use crate::{DefectKind, Report};

/// Defects of one kind that are told of one body.
const MOST: u8 = 17;

/// Counts what was told of one body: the first defect of each kind and at most 16 more, so that a body of nothing but
/// damage costs no more than one that has a little.
#[derive(Clone, Debug)]
pub(super) struct Told([u8; DefectKind::ALL.len()]);

impl Told {
    pub(super) const fn new() -> Self {
        Self([0; DefectKind::ALL.len()])
    }

    pub(super) fn tell(&mut self, report: &mut impl Report, kind: DefectKind, span: Range<usize>) {
        if let Some(count) = self.0.get_mut(kind as usize)
            && *count < MOST
        {
            *count += 1;
            report.report(kind, span);
        }
    }
}

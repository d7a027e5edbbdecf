//! Defects of one value: each kind is told once.

use std::ops::Range;

use crate::{DefectKind, Report};

/// Tells each kind once, and where the first was: a value of 100 000 broken words is broken, not 100 000 times.
pub(crate) struct Once<'r, R> {
    report: &'r mut R,
    told: u128,
}

impl<'r, R: Report> Once<'r, R> {
    pub(crate) const fn new(report: &'r mut R) -> Self {
        Self { report, told: 0 }
    }
}

impl<R: Report> Report for Once<'_, R> {
    fn report(&mut self, kind: DefectKind, span: Range<usize>) {
        let bit = 1u128.checked_shl(kind as u32).unwrap_or(0);
        if self.told & bit == 0 {
            self.told |= bit;
            self.report.report(kind, span);
        }
    }

    #[inline]
    fn is_ignored(&self) -> bool {
        self.report.is_ignored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_bit() {
        assert!(DefectKind::ALL.len() <= 128);
        let mut kinds = Vec::new();
        let mut once = Once::new(&mut kinds);
        once.report(DefectKind::BareCr, 0..1);
        once.report(DefectKind::BareCr, 1..2);
        once.report(DefectKind::LimitTruncated, 1..2);
        assert_eq!(kinds.len(), 2);
    }
}

//! Time as an argument.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

/// A point of monotonic time, counted from an origin that the driver chooses.
///
/// Machines never ask for the time, they are told: a simulator, a test or a target without a clock can make
/// any moment it likes. Wall-clock time (dates, expiry of signatures) is a separate argument where needed.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use wire_core::Moment;
///
/// let start = Moment::ORIGIN;
/// let later = start + Duration::from_secs(300);
/// assert_eq!(later - start, Duration::from_secs(300));
/// assert_eq!(start - later, Duration::ZERO); // never negative, never a panic
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(Duration);

impl Moment {
    /// The origin of the driver's count.
    pub const ORIGIN: Self = Self(Duration::ZERO);

    /// The moment `since` after the origin.
    pub const fn new(since: Duration) -> Self {
        Self(since)
    }

    /// Time since the origin.
    pub const fn since_origin(self) -> Duration {
        self.0
    }
}

impl Add<Duration> for Moment {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl Sub for Moment {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{:?}", self.0)
    }
}

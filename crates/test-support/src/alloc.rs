//! Counting allocations of the current thread.
//!
//! # Example
//!
//! ```
//! use test_support::alloc;
//!
//! let (kept, info) = alloc::measure(|| vec![0u8; 100]);
//! assert_eq!((info.count_total, info.bytes_current), (1, 100));
//! drop(kept);
//! ```

pub use allocation_counter::AllocationInfo;

/// Runs `work`, and counts what it allocates on this thread: in all (`count_total`, `bytes_total`), at most at a
/// time (`bytes_max`), and still held by what it returned (`bytes_current`).
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, AllocationInfo) {
    let mut result = None;
    let info = allocation_counter::measure(|| result = Some(work()));
    (result.expect("the work ran"), info)
}

//! Searching: SEARCH, SORT, THREAD and what they answer.
//!
//! What is searched for is a [`SearchKey`]. The commands carry one; their answers are [`Esearch`], where the server knows it,
//! else [`SearchNumbers`] and [`Threads`].

mod command;
mod esearch;
mod evaluate;
mod key;
mod multi;
mod numbers;
mod options;
mod read;
mod sort;
mod term;
mod threads;
mod uid_batches;
mod vanished;

pub use command::SearchCommand;
pub use esearch::{ContextUpdate, Esearch, PartialResult};
pub use key::{SearchKey, SearchNode};
pub use multi::MultiSearch;
pub use numbers::SearchNumbers;
pub use options::{PartialRange, SearchReturn};
pub use sort::{SortBy, SortCommand, SortKey, ThreadCommand};
pub use term::{EntryType, SearchTerm};
pub use threads::{ThreadNode, Threads};
pub use uid_batches::{UidBatches, UidBatchesCommand};
pub use vanished::Vanished;

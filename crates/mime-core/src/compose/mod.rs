//! Messages composed from validated values (feature `compose`).

mod attachment;
mod body;
mod builder;
mod coding;
mod composed;
mod envelope;
mod error;
mod fold;
mod header;
mod ids;
mod media_type;
mod params;
mod part;
mod report;
mod words;

pub use attachment::{Attachment, cid_url};
pub use builder::MessageBuilder;
pub use composed::{Composed, FeedError, Step};
pub use envelope::Envelope;
pub use error::ComposeError;
pub use header::{HeaderName, HeaderNameError, HeaderValue, HeaderValueError};
pub use ids::{Ids, RandomIds};
pub use media_type::{MediaType, MediaTypeError};
pub use report::{DeliveryReport, DispositionReport, RecipientReport, Returned};

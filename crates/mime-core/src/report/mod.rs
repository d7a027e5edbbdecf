//! Reports that machines write: delivery status, disposition notifications, feedback.
//!
//! They are parts of `multipart/report` (RFC 6522): blocks of fields that look like the header of a message. Each type
//! here is given the decoded content of its part, and borrows from it:
//!
//! | type | media type | RFC |
//! |---|---|---|
//! | [`DeliveryStatus`] | message/delivery-status, message/global-delivery-status | 3464, 6533 |
//! | [`DispositionNotification`] | message/disposition-notification, message/global-disposition-notification | 8098, 6533 |
//! | [`FeedbackReport`] | message/feedback-report | 5965, 6591, 6692 |
//!
//! Fields that are not known are kept: [`Fields`] gives all of them as they stand.
//!
//! Not supported: writing reports, and the tracking status of RFC 3886.

mod delivery;
mod disposition;
mod feedback;
mod fields;
mod status;
mod typed;

pub use delivery::{DeliveryStatus, RecipientStatus};
pub use disposition::{Disposition, DispositionNotification, DispositionType, Modifiers};
pub use feedback::{AuthFailure, DeliveryResult, FeedbackReport, FeedbackType, IdentityAlignment};
pub use fields::{Field, Fields};
pub use status::{Action, Class, Status};
pub use typed::{Typed, decode_utf8_addr, decode_xtext, encode_utf8_addr, encode_xtext};

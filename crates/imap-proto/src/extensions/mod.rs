//! Extensions, each with its commands and its responses.

pub mod acl;
#[cfg(feature = "compress")]
pub mod compress;
pub mod id;
pub mod metadata;
pub mod namespace;
pub mod notify;
pub mod quota;
#[cfg(test)]
pub(crate) mod testing;
pub mod url;
pub mod urlauth;

//! Extensions, each with its commands and its responses.

pub mod acl;
pub mod id;
pub mod metadata;
pub mod namespace;
pub mod notify;
pub mod quota;
#[cfg(test)]
pub(crate) mod testing;
pub mod url;
pub mod urlauth;

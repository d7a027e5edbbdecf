//! PROXY

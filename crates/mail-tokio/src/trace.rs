//! What subscribers of `tracing` are told: that connections are made, end and fail; never what crosses them.

#[cfg(feature = "tracing")]
mod events {
    use std::fmt::Display;
    use std::net::SocketAddr;

    pub(crate) fn connected(peer: SocketAddr) {
        tracing::debug!(%peer, "connected");
    }

    pub(crate) fn turned_away(peer: SocketAddr) {
        tracing::info!(%peer, "too many connections");
    }

    pub(crate) fn not_accepted(error: &dyn Display) {
        tracing::warn!(%error, "cannot accept");
    }

    pub(crate) fn closing() {
        tracing::debug!("closing");
    }

    pub(crate) fn failed(error: &dyn Display) {
        tracing::info!(%error, "connection failed");
    }
}

#[cfg(not(feature = "tracing"))]
mod events {
    use std::fmt::Display;
    use std::net::SocketAddr;

    pub(crate) fn connected(_peer: SocketAddr) {}
    pub(crate) fn turned_away(_peer: SocketAddr) {}
    pub(crate) fn not_accepted(_error: &dyn Display) {}
    pub(crate) fn closing() {}
    pub(crate) fn failed(_error: &dyn Display) {}
}

pub(crate) use events::*;

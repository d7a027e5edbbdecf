//! Postwire on tokio: driver, clients and servers.

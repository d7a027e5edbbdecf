//! Postwire on blocking std: driver, clients and servers.

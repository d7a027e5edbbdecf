//! TLS by rustls as a layer of a Postwire endpoint.

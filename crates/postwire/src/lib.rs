//! Email protocols, client and server, without I/O: SMTP, LMTP, SASL, TLS and adapters.

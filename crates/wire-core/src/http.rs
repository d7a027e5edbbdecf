//! Requests of HTTP that a browser was made to send to a mail server.

/// Whether the first line of a connection is a request of HTTP (RFC 9112 section 3): somebody is being used against us,
/// and nothing of what follows may be taken for commands.
///
/// ```
/// assert!(wire_core::is_http_request(b"POST / HTTP/1.1"));
/// assert!(wire_core::is_http_request(b"GET"));
/// assert!(!wire_core::is_http_request(b"EHLO get.example.org"));
/// ```
pub fn is_http_request(line: &[u8]) -> bool {
    let verb = line.split(|&octet| octet == b' ').next().unwrap_or_default();
    line.windows(6).any(|word| word == b" HTTP/")
        || matches!(
            verb,
            b"GET" | b"POST" | b"PUT" | b"HEAD" | b"OPTIONS" | b"CONNECT" | b"DELETE" | b"PATCH"
        )
}

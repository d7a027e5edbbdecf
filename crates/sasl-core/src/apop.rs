//! APOP, RFC 1939 section 7: a digest of the greeting's timestamp and the password. No SASL mechanism, but both of its
//! ends need what this crate has.

use wire_core::Secret;

use crate::crypto;

/// The digest that APOP sends: MD5 of the timestamp, angle brackets included, followed by the password, in
/// lower-case hexadecimal.
///
/// MD5 is broken for this use: somebody who can choose timestamps finds out the password octet by octet
/// (CVE-2007-1558), and a server must store passwords in clear. POP3 clients and servers of this family use it only
/// where it was asked for, and only with timestamps that are message ids.
///
/// # Example
///
/// The example of RFC 1939 section 7:
///
/// ```
/// let digest = sasl_core::apop_digest(b"<1896.697170952@dbc.mtview.ca.us>", &"tanstaaf".into());
/// assert_eq!(digest, "c4c9334bac560ecc979e58001b3e22fb");
/// ```
pub fn apop_digest(timestamp: &[u8], password: &Secret) -> String {
    let mut octets = timestamp.to_vec();
    octets.extend_from_slice(password.expose());
    crypto::md5(&Secret::new(octets))
}

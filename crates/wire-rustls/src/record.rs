//! What has to be known of TLS records from outside.

/// Header of a record, RFC 8446 section 5.1: type, version, length.
const HEADER: usize = 5;
/// How much of what is no record is passed on, so that it can be refused.
const JUNK_MOST: usize = 4096;

/// Fatal alert `no_application_protocol`, RFC 7301 section 3.2, as it is before any key is agreed upon.
pub(crate) const NO_APPLICATION_PROTOCOL: &[u8] = &[21, 3, 3, 0, 2, 2, 120];
/// Fatal alert `protocol_version`, RFC 5246 section 7.2.2.
pub(crate) const PROTOCOL_VERSION: &[u8] = &[21, 3, 1, 0, 2, 2, 70];
/// `close_notify`, RFC 8446 section 6.1, before any key is agreed upon.
pub(crate) const CLOSE_NOTIFY: &[u8] = &[21, 3, 3, 0, 2, 1, 0];

/// Length of the record at the beginning of `wire`; `None` until all of it is there. What cannot be a record
/// counts as one, for rustls to refuse.
pub(crate) fn length(wire: &[u8]) -> Option<usize> {
    let &[kind, major, _, high, low] = wire.first_chunk::<HEADER>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if !(20..=24).contains(&kind) || major != 3 || length > 16 * 1024 + 2048 {
        return Some(wire.len().min(JUNK_MOST));
    }
    Some(HEADER + length).filter(|&total| total <= wire.len())
}

/// Whether this record begins with a ClientHello of somebody who knows nothing newer than TLS 1.1.
pub(crate) fn is_outdated_hello(record: &[u8]) -> bool {
    const HANDSHAKE: u8 = 22;
    const CLIENT_HELLO: u8 = 1;
    // type, version, length; type, length; version
    matches!(record, [HANDSHAKE, _, _, _, _, CLIENT_HELLO, _, _, _, 3, minor, ..] if *minor < 3)
}

/// Whether this record begins with a ServerHello of TLS 1.2 that agrees to the extended master secret,
/// RFC 7627 section 5.1. rustls does not tell, and RFC 9266 makes the `tls-exporter` binding depend on it. If in
/// doubt: no.
pub(crate) fn agrees_to_extended_master_secret(record: &[u8]) -> bool {
    extensions(record).is_some_and(|extensions| holds(extensions, 23))
}

/// The extensions of a ServerHello, RFC 5246 section 7.4.1.3.
fn extensions(record: &[u8]) -> Option<&[u8]> {
    const HANDSHAKE: u8 = 22;
    const SERVER_HELLO: u8 = 2;
    let (header, fragment) = record.split_first_chunk::<HEADER>()?;
    let (message, body) = fragment.split_first_chunk::<4>()?;
    if header.first() != Some(&HANDSHAKE) || message.first() != Some(&SERVER_HELLO) {
        return None;
    }
    // version, random; session identifier; cipher suite, compression method; extensions
    let (_, rest) = body.split_at_checked(2 + 32)?;
    let (&identifier, rest) = rest.split_first()?;
    let (_, rest) = rest.split_at_checked(usize::from(identifier))?;
    let (_, rest) = rest.split_at_checked(3)?;
    let (&length, rest) = rest.split_first_chunk::<2>()?;
    rest.get(..usize::from(u16::from_be_bytes(length)))
}

fn holds(mut extensions: &[u8], wanted: u16) -> bool {
    while let Some((&[high, low, length_high, length_low], rest)) = extensions.split_first_chunk::<4>() {
        if u16::from_be_bytes([high, low]) == wanted {
            return true;
        }
        let length = usize::from(u16::from_be_bytes([length_high, length_low]));
        let Some((_, behind)) = rest.split_at_checked(length) else { return false };
        extensions = behind;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_hello(extensions: &[u8]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend_from_slice(&[7; 32]);
        body.extend_from_slice(&[4, 1, 2, 3, 4, 0xc0, 0x2b, 0]);
        body.extend_from_slice(&u16::try_from(extensions.len()).unwrap().to_be_bytes());
        body.extend_from_slice(extensions);
        let mut record = vec![22, 3, 3];
        record.extend_from_slice(&u16::try_from(body.len() + 4).unwrap().to_be_bytes());
        record.extend_from_slice(&[2, 0, 0, u8::try_from(body.len()).unwrap()]);
        record.extend_from_slice(&body);
        record
    }

    #[test]
    fn the_extension_is_found_only_where_it_is_one() {
        assert!(agrees_to_extended_master_secret(&server_hello(&[0, 23, 0, 0])));
        assert!(agrees_to_extended_master_secret(&server_hello(&[0xff, 1, 0, 1, 0, 0, 23, 0, 0])));
        assert!(!agrees_to_extended_master_secret(&server_hello(&[])));
        // Inside of another extension it is none.
        assert!(!agrees_to_extended_master_secret(&server_hello(&[0, 16, 0, 4, 0, 23, 0, 0])));
        let whole = server_hello(&[0, 16, 0, 1, 0, 0, 23, 0, 0]);
        for end in 0..whole.len() {
            assert!(!agrees_to_extended_master_secret(&whole[..end]));
        }
    }

    #[test]
    fn records_are_measured_and_junk_is_passed_on() {
        assert_eq!(length(&[22, 3, 1, 0]), None);
        assert_eq!(length(&[22, 3, 1, 0, 2, 9]), None);
        assert_eq!(length(&[22, 3, 1, 0, 2, 9, 9, 9]), Some(7));
        assert_eq!(length(b"220 mx ESMTP\r\n"), Some(14));
        assert_eq!(length(&[b'A'; 9000]), Some(JUNK_MOST));
        assert_eq!(length(&[23, 3, 3, 0xff, 0xff, 0]), Some(6));
    }
}

//! Which encoding to send content in.

use super::TransferEncoding;

/// Octets of a line, its end not counted (RFC 5322 section 2.1.1).
const LINE: usize = 998;

/// See [`TransferEncoding::choose`].
pub(super) fn choose(content: &[u8], allow_8bit: bool) -> TransferEncoding {
    let mut as_it_is = true;
    let mut rest = content;
    while as_it_is && !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest);
        let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let line = match (line, end) {
            ([line @ .., b'\r'], Some(_)) => line,
            (_, Some(_)) => {
                as_it_is = false;
                line
            }
            (line, None) => line,
        };
        as_it_is &= line.len() <= LINE && memchr::memchr2(0, b'\r', line).is_none();
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    }
    let ascii = content.is_ascii();
    if as_it_is && ascii {
        return TransferEncoding::SevenBit;
    }
    if as_it_is && allow_8bit {
        return TransferEncoding::EightBit;
    }
    let encoded = |octet: &&u8| matches!(octet, 0..=8 | 11 | 12 | 14..=31 | b'=' | 127..);
    let many = content.iter().filter(encoded).count();
    if many <= content.len() / 6 && memchr::memchr(0, content).is_none() {
        TransferEncoding::QuotedPrintable
    } else {
        TransferEncoding::Base64
    }
}

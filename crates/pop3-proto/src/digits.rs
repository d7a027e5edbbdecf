//! Decimal numbers.

use bytes::BufMut;

/// Digits only (the standard parser takes a sign), no overflow.
pub(crate) fn parse(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |sum, &octet| {
        let digit = octet.is_ascii_digit().then(|| u64::from(octet - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

/// Writes a number without going through a formatter: listings consist of them.
pub(crate) fn put(mut number: u64, out: &mut impl BufMut) {
    let mut text = [0u8; 20];
    let mut at = text.len();
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        at -= 1;
        if number == 0 {
            break;
        }
    }
    out.put_slice(text.get(at..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        for number in [0, 1, 9, 10, 99, 100, 4_294_967_295, 18_446_744_073_709_551_615] {
            let mut out = Vec::new();
            put(number, &mut out);
            assert_eq!(out, number.to_string().as_bytes());
            assert_eq!(parse(&out), Some(number));
        }
        for bad in ["", "-1", "+1", " 1", "1 ", "0x1", "18446744073709551616"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}

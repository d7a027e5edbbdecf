//! The words that structured fields are made of (RFC 5322 section 3.2), read from raw, folded octets.

const ATEXT: u8 = 1;

const CLASSES: [u8; 256] = {
    let mut classes = [0_u8; 256];
    let mut octet = 0_usize;
    while octet < 256 {
        #[allow(clippy::cast_possible_truncation)] // below 256
        let byte = octet as u8;
        let atext = byte >= 0x80
            || byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#'
                    | b'$'
                    | b'%'
                    | b'&'
                    | b'\''
                    | b'*'
                    | b'+'
                    | b'-'
                    | b'/'
                    | b'='
                    | b'?'
                    | b'^'
                    | b'_'
                    | b'`'
                    | b'{'
                    | b'|'
                    | b'}'
                    | b'~'
            );
        #[allow(clippy::indexing_slicing)] // below 256
        if atext {
            classes[octet] |= ATEXT;
        }
        octet += 1;
    }
    classes
};

/// Whether an octet may be part of an atom: RFC 5322 section 3.2.3, and octets of UTF-8 (RFC 6532 section 3.2).
pub(crate) fn is_atext(octet: u8) -> bool {
    CLASSES.get(usize::from(octet)).is_some_and(|class| class & ATEXT != 0)
}

//! Names of header fields.

macro_rules! known {
    ($($variant:ident $text:literal,)*) => {
        /// Fields that the parser and the accessors look for; every other name is `Other`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Known { Other, $($variant,)* }

        /// Which field a name is, whatever its case.
        #[allow(non_upper_case_globals)] // named as the variants are
        fn search(key: u64, name: &[u8]) -> Known {
            $(const $variant: u64 = key_of($text.as_bytes());)*
            match key {
                $($variant if name.eq_ignore_ascii_case($text.as_bytes()) => Known::$variant,)*
                _ => Known::Other,
            }
        }

        #[cfg(test)]
        const ALL: &[(Known, &str)] = &[$((Known::$variant, $text),)*];
    };
}

known! {
    Bcc "bcc",
    Cc "cc",
    ContentDescription "content-description",
    ContentDisposition "content-disposition",
    ContentId "content-id",
    ContentLanguage "content-language",
    ContentLocation "content-location",
    ContentTransferEncoding "content-transfer-encoding",
    ContentType "content-type",
    Date "date",
    From "from",
    InReplyTo "in-reply-to",
    MessageId "message-id",
    MimeVersion "mime-version",
    Received "received",
    References "references",
    ReplyTo "reply-to",
    ReturnPath "return-path",
    Sender "sender",
    Subject "subject",
    To "to",
}

impl Known {
    pub(crate) fn of(name: &[u8]) -> Self {
        search(key_of(name), name)
    }

    /// Whether a header has this field once at most (RFC 5322 section 3.6, RFC 2045 section 3).
    pub(crate) fn is_single(self) -> bool {
        !matches!(self, Self::Other | Self::Received | Self::ReturnPath)
    }
}

/// A number by which names differ almost always: their first and last octets, folded, and their length.
const fn key_of(name: &[u8]) -> u64 {
    let (mut key, length) = (0_u64, name.len());
    if let Some((first, _)) = name.split_first_chunk::<4>() {
        key = (u32::from_le_bytes(*first) as u64) << 32;
    }
    if let Some((_, last)) = name.split_last_chunk::<2>() {
        key |= (u16::from_le_bytes(*last) as u64) << 16;
    }
    // Longer names share the key of a shorter one, and differ when they are compared.
    (key | 0x2020_2020_2020_0000) ^ (length as u64 & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for &(known, name) in ALL {
            assert_eq!(Known::of(name.as_bytes()), known, "{name}");
            assert_eq!(Known::of(name.to_ascii_uppercase().as_bytes()), known, "{name}");
            assert_eq!(Known::of(format!("{name}s").as_bytes()), Known::Other, "{name}");
            assert_eq!(
                Known::of(&name.as_bytes()[1..]),
                if name == "bcc" { Known::Cc } else { Known::Other },
                "{name}"
            );
        }
        assert_eq!(Known::of(b""), Known::Other);
        assert_eq!(Known::of(b"x"), Known::Other);
    }
}

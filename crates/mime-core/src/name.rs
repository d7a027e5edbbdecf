//! Names of header fields.

macro_rules! known {
    ($($variant:ident $text:literal,)*) => {
        /// Fields that the parser and the accessors look for; every other name is `Other`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Known { Other, $($variant,)* }

        /// Which field a name is, whatever its case.
        #[allow(non_upper_case_globals)] // named as the variants are
        fn search(name: &[u8]) -> Known {
            $(const $variant: u64 = last_octets($text.as_bytes());)*
            match last_octets(name) {
                $($variant if is(name, $text.as_bytes()) => Known::$variant,)*
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
        search(name)
    }

    /// Whether a header has this field once at most (RFC 5322 section 3.6, RFC 2045 section 3).
    pub(crate) fn is_single(self) -> bool {
        !matches!(self, Self::Other | Self::Received | Self::ReturnPath)
    }
}

/// Letters in lower case, in eight octets at once. In names of fields no other octet becomes one that a name below has.
const FOLD: u64 = 0x2020_2020_2020_2020;

/// The last eight octets of a name, in lower case: by them the names above differ, but for those that are longer still.
#[inline]
const fn last_octets(name: &[u8]) -> u64 {
    match name.split_last_chunk::<8>() {
        Some((_, last)) => u64::from_le_bytes(*last) | FOLD,
        None => {
            let (mut key, mut rest) = (0_u64, name);
            while let Some((&octet, behind)) = rest.split_first() {
                key = (key << 8) | (octet | 0x20) as u64;
                rest = behind;
            }
            key
        }
    }
}

/// Whether a name whose last eight octets are right is this one.
#[inline]
fn is(name: &[u8], known: &[u8]) -> bool {
    let mut rest = (name, known);
    if name.len() != known.len() {
        return false;
    }
    while let (Some((ours, behind)), Some((theirs, known))) =
        (rest.0.split_first_chunk::<8>(), rest.1.split_first_chunk::<8>())
    {
        if u64::from_le_bytes(*ours) | FOLD != u64::from_le_bytes(*theirs) | FOLD {
            return false;
        }
        rest = (behind, known);
    }
    true
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

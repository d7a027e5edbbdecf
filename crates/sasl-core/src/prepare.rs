//! Preparation of names and passwords, so that what looks the same is the same.

use stringprep::tables;
use unicode_normalization::UnicodeNormalization;

/// The longest user name or authorization identity, in octets: 255 characters of four octets.
///
/// RFC 4616 section 2 asks for at least 255 octets.
pub const MAX_NAME_OCTETS: usize = 1020;

/// The longest password, in octets. RFC 4616 section 2 asks for at least 255.
pub const MAX_PASSWORD_OCTETS: usize = 4096;

/// The two ways of RFC 3454 section 7 to treat code points that Unicode 3.2 did not know.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Strings {
    /// Presented by a peer: unassigned code points pass.
    Query,
    /// Kept by a server, and every password that SCRAM hashes: unassigned code points are refused.
    Stored,
}

/// SASLprep, RFC 4013: maps, normalises (form KC), refuses.
///
/// Full-width and other compatibility forms become the plain letters, so that one user has one name
/// (the width mapping of RFC 8265 section 3.3.1 is part of it). Case is kept: whether `Joe` is `joe` is for
/// the application to say.
///
/// # Errors
///
/// [`PrepareError`] says what was wrong, never which character: it may be one of a password.
///
/// # Example
///
/// ```
/// use sasl_core::prepare::{PrepareError, Strings, sasl_prep};
///
/// // RFC 4013 section 3
/// assert_eq!(sasl_prep("I\u{ad}X", Strings::Stored).unwrap(), "IX");
/// assert_eq!(sasl_prep("\u{aa}", Strings::Stored).unwrap(), "a");
/// assert_eq!(sasl_prep("\u{2168}", Strings::Stored).unwrap(), "IX");
/// assert_eq!(sasl_prep("\u{7}", Strings::Stored), Err(PrepareError::Prohibited));
/// assert_eq!(sasl_prep("\u{627}1", Strings::Stored), Err(PrepareError::Bidirectional));
/// ```
pub fn sasl_prep(text: &str, strings: Strings) -> Result<String, PrepareError> {
    let prepared: String = if text.is_ascii() {
        text.to_owned()
    } else {
        // RFC 4013 section 2.1: "non-ASCII space characters [StringPrep, C.1.2] that can be mapped to SPACE",
        // "the "commonly mapped to nothing" characters [StringPrep, B.1] that can be mapped to nothing"
        text.chars()
            .map(|c| if tables::non_ascii_space_character(c) { ' ' } else { c })
            .filter(|&c| !tables::commonly_mapped_to_nothing(c))
            .nfkc()
            .collect()
    };
    if prepared.chars().any(is_prohibited) {
        return Err(PrepareError::Prohibited);
    }
    if !bidirectional_rule_holds(&prepared) {
        return Err(PrepareError::Bidirectional);
    }
    if strings == Strings::Stored && prepared.chars().any(tables::unassigned_code_point) {
        return Err(PrepareError::Unassigned);
    }
    // RFC 5802 section 5.1: "If the preparation of the username fails or results in an empty string, the
    // client SHOULD abort the authentication exchange"; RFC 4616 section 2 says the same of both strings.
    if prepared.is_empty() {
        return Err(PrepareError::Empty);
    }
    Ok(prepared)
}

/// A user name as a peer presented it, brought to the form under which to look it up, authorise, count and
/// log.
///
/// # Errors
///
/// [`PrepareError`] for text that is not UTF-8, is too long, or that SASLprep refuses.
///
/// # Example
///
/// ```
/// use sasl_core::prepare::user_name;
///
/// assert_eq!(user_name("ｊｏｅ".as_bytes()).unwrap(), "joe");
/// assert!(user_name(b"").is_err());
/// assert!(user_name(b"joe\0").is_err());
/// ```
pub fn user_name(octets: &[u8]) -> Result<String, PrepareError> {
    if octets.len() > MAX_NAME_OCTETS {
        return Err(PrepareError::TooLong);
    }
    let text = str::from_utf8(octets).map_err(|_| PrepareError::NotUtf8)?;
    sasl_prep(text, Strings::Query)
}

/// A password as SCRAM hashes it.
pub(crate) fn password(octets: &[u8], strings: Strings) -> Result<String, PrepareError> {
    if octets.len() > MAX_PASSWORD_OCTETS {
        return Err(PrepareError::TooLong);
    }
    let text = str::from_utf8(octets).map_err(|_| PrepareError::NotUtf8)?;
    sasl_prep(text, strings)
}

/// The "trace" profile, RFC 4505 section 3: nothing is mapped, some characters are refused.
pub(crate) fn trace(octets: &[u8]) -> Result<&str, PrepareError> {
    let text = str::from_utf8(octets).map_err(|_| PrepareError::NotUtf8)?;
    // RFC 4505 section 2: "The <token> production is restricted to 255 UTF-8-encoded Unicode characters."
    if text.chars().count() > 255 {
        return Err(PrepareError::TooLong);
    }
    // Table C.7 and the spaces of C.1.2 are not among those of the "trace" profile.
    let prohibited = |c| {
        is_prohibited(c)
            && !tables::non_ascii_space_character(c)
            && !tables::inappropriate_for_canonical_representation(c)
    };
    if text.chars().any(prohibited) {
        return Err(PrepareError::Prohibited);
    }
    if !bidirectional_rule_holds(text) {
        return Err(PrepareError::Bidirectional);
    }
    Ok(text)
}

/// The tables of RFC 4013 section 2.3. Surrogates (C.5) cannot occur in a `char`.
fn is_prohibited(c: char) -> bool {
    if c.is_ascii() {
        return tables::ascii_control_character(c);
    }
    tables::non_ascii_space_character(c)
        || tables::non_ascii_control_character(c)
        || tables::private_use(c)
        || tables::non_character_code_point(c)
        || tables::inappropriate_for_plain_text(c)
        || tables::inappropriate_for_canonical_representation(c)
        || tables::change_display_properties_or_deprecated(c)
        || tables::tagging_character(c)
}

/// RFC 3454 section 6: a string with right-to-left characters has no left-to-right ones, and begins and
/// ends with a right-to-left one.
fn bidirectional_rule_holds(text: &str) -> bool {
    if text.is_ascii() || !text.chars().any(tables::bidi_r_or_al) {
        return true;
    }
    !text.chars().any(tables::bidi_l)
        && text.chars().next().is_some_and(tables::bidi_r_or_al)
        && text.chars().next_back().is_some_and(tables::bidi_r_or_al)
}

/// Why a name or password cannot be used.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrepareError {
    /// Nothing is left, or nothing was there.
    #[error("it is empty")]
    Empty,
    /// Longer than [`MAX_NAME_OCTETS`] or [`MAX_PASSWORD_OCTETS`].
    #[error("it is too long")]
    TooLong,
    /// Not UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A character of RFC 4013 section 2.3: controls, private use and the like.
    #[error("it contains a prohibited character")]
    Prohibited,
    /// Left-to-right and right-to-left text are mixed, RFC 4013 section 2.4.
    #[error("it mixes writing directions")]
    Bidirectional,
    /// A character younger than Unicode 3.2, RFC 4013 section 2.5.
    #[error("it contains a character that SASLprep does not know")]
    Unassigned,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc_4013_table() {
        for (input, output) in [
            ("I\u{ad}X", Ok("IX")),
            ("user", Ok("user")),
            ("USER", Ok("USER")),
            ("\u{aa}", Ok("a")),
            ("\u{2168}", Ok("IX")),
            ("\u{7}", Err(PrepareError::Prohibited)),
            ("\u{627}\u{31}", Err(PrepareError::Bidirectional)),
        ] {
            for strings in [Strings::Query, Strings::Stored] {
                assert_eq!(sasl_prep(input, strings).as_deref(), output.as_ref().copied(), "{input:?}");
            }
        }
    }

    #[test]
    fn unassigned_code_points_pass_in_queries_only() {
        let padlock = "secret\u{1f512}";
        assert_eq!(sasl_prep(padlock, Strings::Query).unwrap(), padlock);
        assert_eq!(sasl_prep(padlock, Strings::Stored), Err(PrepareError::Unassigned));
    }

    #[test]
    fn what_is_mapped_to_nothing_can_leave_nothing() {
        assert_eq!(sasl_prep("\u{ad}", Strings::Query), Err(PrepareError::Empty));
        assert_eq!(sasl_prep("", Strings::Query), Err(PrepareError::Empty));
    }

    #[test]
    fn spaces_and_directions() {
        assert_eq!(sasl_prep("a\u{a0}b", Strings::Stored).unwrap(), "a b");
        assert_eq!(sasl_prep("\u{627}\u{31}\u{628}", Strings::Stored).unwrap(), "\u{627}\u{31}\u{628}");
        assert_eq!(user_name("joe\u{202e}".as_bytes()), Err(PrepareError::Prohibited));
    }

    #[test]
    fn lengths_are_bounded() {
        assert!(user_name(&[b'a'; MAX_NAME_OCTETS]).is_ok());
        assert_eq!(user_name(&[b'a'; MAX_NAME_OCTETS + 1]), Err(PrepareError::TooLong));
        assert_eq!(trace("é".repeat(256).as_bytes()), Err(PrepareError::TooLong));
        assert!(trace("é".repeat(255).as_bytes()).is_ok());
    }

    #[test]
    fn trace_refuses_controls_only() {
        assert_eq!(trace(b"sirhc"), Ok("sirhc"));
        assert_eq!(trace(b""), Ok(""));
        assert_eq!(trace(b"a\r\nb"), Err(PrepareError::Prohibited));
        assert_eq!(trace(b"\xff"), Err(PrepareError::NotUtf8));
    }

    proptest! {
        #[test]
        fn agrees_with_the_library_on_stored_strings(text in "\\PC{0,12}|[a-z\u{ad}\u{a0}\u{600}-\u{6ff}０-９]{0,8}") {
            let library = stringprep::saslprep(&text).ok().filter(|s| !s.is_empty()).map(|s| s.into_owned());
            prop_assert_eq!(sasl_prep(&text, Strings::Stored).ok(), library);
        }

        #[test]
        fn preparing_twice_changes_nothing(text in any::<String>()) {
            if let Ok(once) = sasl_prep(&text, Strings::Stored) {
                prop_assert_eq!(sasl_prep(&once, Strings::Stored), Ok(once));
            }
        }

        #[test]
        fn never_panics(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = user_name(&octets);
            let _ = password(&octets, Strings::Stored);
            let _ = trace(&octets);
        }
    }
}

//! Calendars in messages.

use super::{ComposeError, MediaType};

/// The media type of a calendar, with the method that stands in it.
///
/// Parameter and property have to agree (RFC 6047 section 2.4), and do, since the one is made of the other.
pub(super) fn media_type(text: &str) -> Result<MediaType, ComposeError> {
    let media_type = MediaType::known("text/calendar");
    match method(text) {
        None => Ok(media_type),
        Some(method) => media_type
            .parameter("method", method)
            .ok()
            .filter(|_| super::media_type::is_token(method))
            .ok_or(ComposeError::Invalid { field: "METHOD" }),
    }
}

/// The value of METHOD (RFC 5545 section 3.7.2), which stands before the first component.
fn method(text: &str) -> Option<&str> {
    let properties = text.split(['\r', '\n']).filter(|line| !line.is_empty());
    for line in properties.skip_while(|line| !line.trim().eq_ignore_ascii_case("BEGIN:VCALENDAR")).skip(1) {
        let (name, value) = line.split_once(':')?;
        let name = name.split(';').next().unwrap_or_default();
        if name.eq_ignore_ascii_case("METHOD") {
            return Some(value.trim());
        }
        if name.eq_ignore_ascii_case("BEGIN") {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::method;

    #[test]
    fn methods() {
        for (text, expected) in [
            ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n", Some("REQUEST")),
            ("begin:vcalendar\nmethod;x=y: REPLY \n", Some("REPLY")),
            ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nMETHOD:REQUEST\r\n", None),
            ("METHOD:REQUEST\r\n", None),
            ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", None),
            ("", None),
        ] {
            assert_eq!(method(text), expected, "{text}");
        }
    }
}

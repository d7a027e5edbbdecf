//! Media types of what is attached.

use std::fmt;

use thiserror::Error;

/// A media type with its parameters (RFC 2045 section 5.1).
///
/// ```abnf
/// content := "Content-Type" ":" type "/" subtype *(";" parameter)
/// ```
///
/// # Example
///
/// ```
/// use mime_core::compose::MediaType;
///
/// let calendar = MediaType::new("text/calendar")?.parameter("method", "REQUEST")?;
/// assert_eq!(calendar.essence(), "text/calendar");
/// assert!(MediaType::new("text/html\r\nBcc: eve@example.net").is_err());
/// assert!(MediaType::new("multipart/mixed").is_err());
/// # Ok::<(), mime_core::compose::MediaTypeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType {
    essence: String,
    parameters: Vec<(String, String)>,
}

/// Why something is no media type for an attachment, or no parameter of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MediaTypeError {
    /// Not two tokens with a slash between them.
    #[error("not a type and a subtype")]
    Form,
    /// A multipart: the composer makes those.
    #[error("a multipart cannot be attached")]
    Multipart,
    /// The name of a parameter is no token, stands already, or is one that the composer writes.
    #[error("not a name for a parameter")]
    Name,
    /// CR, LF or NUL in the value of a parameter.
    #[error("the value of a parameter holds CR, LF or NUL")]
    Value,
}

impl MediaType {
    /// A media type without parameters.
    ///
    /// # Errors
    ///
    /// If it is not two tokens and a slash, or a multipart.
    pub fn new(essence: &str) -> Result<Self, MediaTypeError> {
        let (main, sub) = essence.split_once('/').ok_or(MediaTypeError::Form)?;
        if !is_token(main) || !is_token(sub) {
            return Err(MediaTypeError::Form);
        }
        if main.eq_ignore_ascii_case("multipart") {
            return Err(MediaTypeError::Multipart);
        }
        Ok(Self::known(&essence.to_ascii_lowercase()))
    }

    /// A media type that is known to be one.
    pub(super) fn known(essence: &str) -> Self {
        Self { essence: essence.to_owned(), parameters: Vec::new() }
    }

    /// The same with a parameter more. Any text will do: what is not ASCII is written as RFC 2231 section 4 has it.
    ///
    /// # Errors
    ///
    /// If the name is no token, is there already, or is `boundary` or `name`, or if the value holds CR, LF or NUL.
    pub fn parameter(mut self, name: &str, value: &str) -> Result<Self, MediaTypeError> {
        let taken = |taken: &str| name.eq_ignore_ascii_case(taken);
        if !is_token(name)
            || name.contains(['*', '\'', '%'])
            || taken("boundary")
            || taken("name")
            || self.parameters.iter().any(|(name, _)| taken(name))
        {
            return Err(MediaTypeError::Name);
        }
        if value.contains(['\r', '\n', '\0']) {
            return Err(MediaTypeError::Value);
        }
        self.parameters.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    /// The type that goes with the ending of a file name; `application/octet-stream` for those that are not among the
    /// common ones.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::compose::MediaType;
    ///
    /// assert_eq!(MediaType::of_file("Übersicht.PDF").essence(), "application/pdf");
    /// assert_eq!(MediaType::of_file("Makefile").essence(), "application/octet-stream");
    /// ```
    pub fn of_file(name: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let known = ENDINGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(ending));
        Self::known(known.map_or("application/octet-stream", |(_, essence)| essence))
    }

    /// Type and subtype, in lower case.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// The parameters, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether it is one of the types whose content may not be encoded (RFC 2046 section 5.2).
    pub(super) fn is_message(&self) -> bool {
        matches!(self.essence.as_str(), "message/rfc822" | "message/partial" | "message/external-body")
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)
    }
}

/// RFC 2045 section 5.1. RFC 6838 section 4.2 allows 127 octets; parameters have no bound, and need none longer.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 127
        && text.bytes().all(|octet| octet.is_ascii_graphic() && !br#"()<>@,;:\"/[]?="#.contains(&octet))
}

const ENDINGS: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("avif", "image/avif"),
    ("bmp", "image/bmp"),
    ("css", "text/css"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("epub", "application/epub+zip"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("heic", "image/heic"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("ics", "text/calendar"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("log", "text/plain"),
    ("m4a", "audio/mp4"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("odp", "application/vnd.oasis.opendocument.presentation"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("ogg", "audio/ogg"),
    ("p7m", "application/pkcs7-mime"),
    ("p7s", "application/pkcs7-signature"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

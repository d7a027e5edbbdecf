//! What a server says to people, in the languages that LANG (RFC 6856 section 3) can choose.

/// A language in which a server can speak.
///
/// ```
/// use pop3_proto::Language;
///
/// assert_eq!(Language::of(b"de-AT"), Some(Language::German)); // a basic language range, RFC 4647 section 2.1
/// assert_eq!(Language::German.tag(), "de");
/// assert_eq!(Language::of(b"tlh"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Language {
    /// `en`: what everybody gets who asks for nothing.
    #[default]
    English,
    /// `de`.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag, RFC 5646.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// Its name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
        }
    }

    /// The language that a basic language range asks for, `de` as well as `de-CH`; `None` if there is none.
    pub fn of(range: &[u8]) -> Option<Self> {
        let primary = range.split(|&octet| octet == b'-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag().as_bytes()))
    }
}

/// A text of ours. English is ASCII: RFC 2449 section 3 allows nothing else before LANG.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    en: &'static str,
    de: &'static str,
}

impl Phrase {
    pub(crate) const fn text(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.en,
            Language::German => self.de,
        }
    }
}

macro_rules! phrases {
    ($($name:ident: $en:literal, $de:literal;)*) => {
        $(pub(crate) static $name: Phrase = Phrase { en: $en, de: $de };)*
        #[cfg(test)]
        pub(crate) const EVERY: &[&Phrase] = &[$(&$name),*];
    };
}

phrases! {
    OK: "ok", "in Ordnung";
    READY: "POP3 server ready", "POP3-Server bereit";
    BYE: "goodbye", "auf Wiedersehen";
    REMOVED: "deleted messages are removed, goodbye", "gelöschte Nachrichten sind entfernt, auf Wiedersehen";
    NOT_REMOVED: "some deleted messages not removed", "einige gelöschte Nachrichten wurden nicht entfernt";
    SEND_PASSWORD: "send the password", "das Passwort bitte";
    LOGGED_IN: "maildrop locked and ready", "Postfach gesperrt und bereit";
    AUTH_FAILED: "authentication failed", "Anmeldung fehlgeschlagen";
    AUTH_MALFORMED: "malformed authentication response", "fehlerhafte Anmeldedaten";
    AUTH_CANCELLED: "authentication cancelled", "Anmeldung abgebrochen";
    AUTH_TEMPORARY: "temporary authentication failure, try again later", "Anmeldung vorübergehend nicht möglich, bitte später";
    AUTH_LINE: "authentication exchange line is too long", "Zeile der Anmeldung ist zu lang";
    NOT_BASE64: "cannot decode the response", "die Antwort ist kein base64";
    NO_MECHANISM: "mechanism not available", "Verfahren nicht verfügbar";
    NEEDS_TLS: "encryption required for authentication", "Anmeldung nur verschlüsselt";
    NOT_OFFERED: "not available here", "hier nicht verfügbar";
    USER_FIRST: "send USER first", "bitte zuerst USER";
    ALREADY_TLS: "command not permitted when TLS active", "unter TLS nicht erlaubt";
    AFTER_UTF8: "STLS is not permitted after UTF8", "STLS ist nach UTF8 nicht erlaubt";
    BEGIN_TLS: "begin TLS negotiation", "jetzt TLS";
    LOG_IN_FIRST: "log in first", "bitte zuerst anmelden";
    LOGGED_IN_ALREADY: "already logged in", "bereits angemeldet";
    UNKNOWN: "unknown command", "unbekannter Befehl";
    SYNTAX: "syntax error", "Syntaxfehler";
    NO_ARGUMENT: "this command takes no argument", "dieser Befehl hat keine Angaben";
    ARGUMENT: "argument missing or malformed", "Angabe fehlt oder ist fehlerhaft";
    NUMBER: "message number missing or malformed", "Nachrichtennummer fehlt oder ist fehlerhaft";
    TOO_LONG: "line too long", "Zeile zu lang";
    BARE: "lines end with CRLF and hold no CR, LF or NUL", "Zeilen enden mit CRLF und enthalten kein CR, LF oder NUL";
    NO_SUCH_MESSAGE: "no such message", "keine solche Nachricht";
    DELETED: "message is deleted", "Nachricht ist gelöscht";
    DELETED_NOW: "message deleted", "Nachricht gelöscht";
    GONE: "the message cannot be read", "die Nachricht ist nicht lesbar";
    UTF8_NEEDED: "the message needs UTF8", "die Nachricht braucht UTF8";
    UTF8_ON: "UTF-8 mode enabled", "UTF-8 eingeschaltet";
    CAPABILITIES: "capability list follows", "Fähigkeiten folgen";
    LANGUAGES: "language listing follows", "Sprachen folgen";
    LANGUAGE_CHANGED: "language changed", "Sprache geändert";
    NO_LANGUAGE: "invalid language", "unbekannte Sprache";
    IN_USE: "the maildrop is in use", "das Postfach ist in Benutzung";
    LOGIN_DELAY: "logged in too recently", "letzte Anmeldung ist zu kurz her";
    TEMPORARY: "temporary failure, try again later", "vorübergehender Fehler, bitte später";
    PERMANENT: "permanent failure, ask the administrator", "dauerhafter Fehler, bitte den Verwalter fragen";
    SHUTTING_DOWN: "server shutting down", "der Server wird beendet";
    TOO_MANY_CONNECTIONS: "too many connections, try again later", "zu viele Verbindungen, bitte später";
    TOO_MANY_ERRORS: "too many errors, closing connection", "zu viele Fehler, die Verbindung wird beendet";
    PROTOCOL_ERROR: "protocol error, closing connection", "Protokollfehler, die Verbindung wird beendet";
    PLAINTEXT: "data before the TLS handshake, closing connection", "Daten vor TLS, die Verbindung wird beendet";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_can_stand_in_a_reply() {
        for phrase in EVERY {
            assert!(phrase.en.is_ascii());
            for language in Language::ALL {
                let text = phrase.text(language);
                assert!(
                    !text.is_empty() && text.len() < 400 && !text.chars().any(char::is_control),
                    "{text}"
                );
                // RFC 2449 section 8: a bracket at the beginning would be taken for a response code.
                assert!(!text.starts_with('['), "{text}");
            }
        }
    }
}

//! Reading URLs.

use std::num::NonZeroU64;

use bytes::Bytes;

use super::{
    ImapUrl, UrlAccess, UrlAuth, UrlAuthorization, UrlMailbox, UrlMessage, UrlServer, UrlTarget, UrlToken,
    identity, is_plain,
};
use crate::{
    Atom, Date, DateTime, Expected, MailboxName, ParseError, Section, Text, Uid, UidValidity,
    extensions::urlauth::UrlMechanism, number::decimal,
};

pub(super) fn url(url: &str) -> Result<ImapUrl, ParseError> {
    let scheme = url.get(..7).filter(|start| start.eq_ignore_ascii_case("imap://"));
    let (server, path) = if let Some(scheme) = scheme {
        read_server(url, scheme.len(), false)?
    } else if url.starts_with("//") {
        read_server(url, 2, true)?
    } else if url.starts_with('/') {
        (None, url)
    } else {
        // RFC 5092 section 7.2: "Implementations MUST NOT generate or accept relative-path IMAP references."
        return Err(ParseError::new(0, Expected::Name));
    };
    let at = url.len() - path.len();
    let path = path.strip_prefix('/').unwrap_or(path);
    let (path, search) = match path.split_once('?') {
        Some((path, search)) => (without_dots(path), Some(search)),
        None => (without_dots(path), None),
    };
    let mailbox = read_mailbox(&path, search).map_err(|expected| ParseError::new(at, expected))?;
    Ok(ImapUrl { server, mailbox })
}

/// A path without `.` and `..` and what they take away (RFC 3986 section 5.2.4). No slash is left behind: RFC 5092 section 9.1
/// has `/foo/;UID=20/..` as the same as `/foo`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
    }
    kept.join("/")
}

/// The server that begins there, and the path behind it.
fn read_server(url: &str, start: usize, network: bool) -> Result<(Option<UrlServer>, &str), ParseError> {
    let rest = url.get(start..).unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if path.starts_with(['?', '#']) {
        return Err(ParseError::new(start + authority.len(), Expected::Mailbox));
    }
    let wrong = ParseError::new(start, Expected::Name);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let (host, port) = match host.rfind(':').filter(|&at| !host.get(at..).unwrap_or_default().contains(']')) {
        Some(at) => (host.get(..at).unwrap_or_default(), host.get(at + 1..)),
        None => (host, None),
    };
    let mut server = UrlServer::new(host).map_err(|_| wrong)?;
    server.network = network;
    // RFC 3986 section 3.2.3: a port may be empty
    if let Some(port) = port.filter(|port| !port.is_empty()) {
        let port = decimal(port).and_then(|port| u16::try_from(port).ok());
        server.port = Some(port.ok_or(ParseError::new(start, Expected::Number))?);
    }
    if let Some(user) = user {
        let (user, auth) = match user.split_once(';') {
            Some((user, auth)) => (user, Some(parameter(auth, "AUTH=").ok_or(wrong)?)),
            None => (user, None),
        };
        if !user.is_empty() || auth.is_none() {
            server.user = Some(read_identity(user).ok_or(wrong)?);
        }
        server.auth = match auth {
            None => None,
            // RFC 5092 section 3.2: "It MUST NOT be percent-encoded in this usage"
            Some("*") => Some(UrlAuth::Any),
            Some(mechanism) => {
                let mechanism = decoded(mechanism).and_then(|name| Atom::try_from(Bytes::from(name)).ok());
                Some(UrlAuth::Mechanism(mechanism.ok_or(wrong)?))
            }
        };
    }
    Ok((Some(server), path))
}

/// The value of a parameter whose name, in any case, is this.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (start, value) = text.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then_some(value)
}

fn read_mailbox(path: &str, search: Option<&str>) -> Result<Option<UrlMailbox>, Expected> {
    let mut pieces = path.split(';');
    let mailbox = pieces.next().unwrap_or_default();
    let mut pieces = pieces.peekable();
    let mut validity = None;
    let mut slash = mailbox.ends_with('/');
    let first = pieces.peek().and_then(|piece| parameter(piece, "UIDVALIDITY="));
    if let Some(value) = first {
        pieces.next();
        let (value, ends) = without_slash(value, pieces.peek().is_some());
        let value = decimal(value).and_then(|value| UidValidity::new(u32::try_from(value).ok()?));
        validity = Some(value.ok_or(Expected::NonZero)?);
        slash = ends;
    }
    let name =
        if validity.is_none() && pieces.peek().is_some() { without_slash(mailbox, true).0 } else { mailbox };
    if name.is_empty() && validity.is_none() && pieces.peek().is_none() && search.is_none() {
        return Ok(None);
    }
    // RFC 5092 section 11: icommand "MUST NOT start with '/'"
    if name.starts_with('/') {
        return Err(Expected::Mailbox);
    }
    let name = decoded(name).and_then(|name| MailboxName::new(str::from_utf8(&name).ok()?).ok());
    let mut read = name.and_then(UrlMailbox::new).ok_or(Expected::Mailbox)?;
    read.uid_validity = validity;
    if pieces.peek().is_some() {
        if !slash || search.is_some() {
            return Err(Expected::End);
        }
        read.target = UrlTarget::Message(read_message(pieces)?);
    } else if let Some(search) = search {
        let octets = decoded(search).filter(|octets| !octets.is_empty());
        let search = octets.and_then(|octets| Text::try_from(Bytes::from(octets)).ok());
        read.target = UrlTarget::Search(search.ok_or(Expected::SearchKey)?);
    }
    Ok(Some(read))
}

/// What is before a slash at the end, if one belongs there, and whether it is there.
fn without_slash(text: &str, more: bool) -> (&str, bool) {
    match text.strip_suffix('/').filter(|_| more) {
        Some(text) => (text, true),
        None => (text, false),
    }
}

/// The parameters of a message, each behind its semicolon; before some of them stands a slash.
fn read_message<'a>(
    pieces: std::iter::Peekable<impl Iterator<Item = &'a str>>,
) -> Result<UrlMessage, Expected> {
    let mut pieces = pieces;
    let mut slash = true;
    let mut next = |name: &str, slashed: bool| {
        let value = pieces.peek().and_then(|piece| parameter(piece, name)).filter(|_| slash == slashed)?;
        pieces.next();
        let (value, ends) = without_slash(value, pieces.peek().is_some());
        slash = ends;
        Some(value)
    };
    let uid = next("UID=", true).and_then(decimal).and_then(|uid| Uid::new(u32::try_from(uid).ok()?));
    let uid = uid.ok_or(Expected::NonZero)?;
    let section = next("SECTION=", true).map(|section| {
        let octets = decoded(section).filter(|octets| !octets.is_empty());
        octets.and_then(|octets| Section::parse(&octets).ok()).ok_or(Expected::Section)
    });
    let section = section.transpose()?;
    let partial = next("PARTIAL=", true).map(|range| {
        let (offset, length) = match range.split_once('.') {
            Some((offset, length)) => (offset, Some(length)),
            None => (range, None),
        };
        let length = match length {
            Some(length) => Some(decimal(length).and_then(NonZeroU64::new).ok_or(Expected::NonZero)?),
            None => None,
        };
        Ok((decimal(offset).ok_or(Expected::Number)?, length))
    });
    let partial = partial.transpose()?;
    let expires =
        next("EXPIRE=", false).map(|expires| read_date(expires).ok_or(Expected::Date)).transpose()?;
    let authorization = match next("URLAUTH=", false) {
        Some(authorization) => Some(read_authorization(authorization, expires)?),
        None if expires.is_some() => return Err(Expected::Item),
        None => None,
    };
    if slash || pieces.next().is_some() {
        return Err(Expected::End);
    }
    Ok(UrlMessage { uid, section, partial, authorization })
}

fn read_authorization(text: &str, expires: Option<DateTime>) -> Result<UrlAuthorization, Expected> {
    let mut parts = text.split(':');
    let access = parts.next().unwrap_or_default();
    let token = match (parts.next(), parts.next(), parts.next()) {
        (None, ..) => None,
        (Some(mechanism), Some(token), None) => {
            let mechanism = UrlMechanism::try_from(mechanism).map_err(|_| Expected::Name)?;
            Some(UrlToken::new(mechanism, token).map_err(|_| Expected::Text)?)
        }
        _ => return Err(Expected::Text),
    };
    let access = if access.eq_ignore_ascii_case("authuser") {
        UrlAccess::AuthUser
    } else if access.eq_ignore_ascii_case("anonymous") {
        UrlAccess::Anonymous
    } else if let Some(user) = parameter(access, "submit+") {
        UrlAccess::Submit(read_identity(user).ok_or(Expected::Name)?)
    } else {
        let user = parameter(access, "user+").and_then(read_identity);
        UrlAccess::User(user.ok_or(Expected::Name)?)
    };
    Ok(UrlAuthorization { expires, access, token })
}

/// `enc-user`: no colon, no slash and no at sign but encoded.
fn read_identity(text: &str) -> Option<Text> {
    if text.contains([':', '/', '@']) {
        return None;
    }
    identity(str::from_utf8(&decoded(text)?).ok()?).ok()
}

/// `date-time` of RFC 3339 section 5.6. Fractions of seconds are left out.
fn read_date(text: &str) -> Option<DateTime> {
    let (date, rest) = (text.get(..10)?, text.get(10..)?);
    let (time, rest) = (rest.strip_prefix(['T', 't'])?.get(..8)?, rest.get(9..)?);
    let pair =
        |text: &str, at: usize| decimal(text.get(at..at + 2)?).and_then(|number| u8::try_from(number).ok());
    let divided = |text: &str, places: [usize; 2], octet: u8| {
        places.iter().all(|&place| text.as_bytes().get(place) == Some(&octet))
    };
    if !divided(date, [4, 7], b'-') || !divided(time, [2, 5], b':') {
        return None;
    }
    let year = decimal(date.get(..4)?).and_then(|year| u16::try_from(year).ok())?;
    let date = Date::new(year, pair(date, 5)?, pair(date, 8)?)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|character: char| character.is_ascii_digit());
            if zone.len() == fraction.len() {
                return None;
            }
            zone
        }
        None => rest,
    };
    let zone = match rest.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let (hours, minutes) = (pair(rest, 1)?, pair(rest, 4)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let minutes = i16::from(hours) * 60 + i16::from(minutes);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    DateTime::new(date, pair(time, 0)?, pair(time, 3)?, pair(time, 6)?, zone)
}

/// Without percent-encoding; `None` if an octet may not stand there, or if it is none.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let digit = |octet: Option<u8>| char::from(octet?).to_digit(16);
    let mut out = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if !is_bchar(octet) {
            return None;
        }
        if octet == b'%' {
            let (high, low) = (digit(octets.next())?, digit(octets.next())?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(octet);
        }
    }
    Some(out)
}

/// `bchar`, with the sign that encodes the others.
const fn is_bchar(octet: u8) -> bool {
    is_plain(octet) || matches!(octet, b'+' | b'&' | b'=' | b':' | b'@' | b'/' | b'%')
}

//! What the tests of this module have in common.

use bytes::Bytes;

use crate::{Command, Dialect, Encoder, Literals, Response, Untagged};

/// A command reads and writes as it stands.
#[track_caller]
pub(crate) fn command(line: &str) {
    command_as(line, line);
}

/// A command that is written in another way than it was read.
#[track_caller]
pub(crate) fn command_as(line: &str, written: &str) {
    let (tag, command) = match Command::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1) {
        Ok(read) => read,
        Err(error) => panic!("{line:?}: {error}"),
    };
    assert!(!matches!(command, Command::Unknown(_)), "{line}");
    let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
    command.encode(&tag, &mut encoder);
    let text = encoder.text().to_vec();
    assert_eq!(
        text.escape_ascii().to_string(),
        format!("{written}\r\n").as_bytes().escape_ascii().to_string()
    );
    let again = Bytes::from(text).slice(..encoder.text().len() - 2);
    assert_eq!(Command::parse(&again, Dialect::REV1), Ok((tag, command)));
}

/// A command that is none.
#[track_caller]
pub(crate) fn refused(line: &str) {
    let read = Command::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1);
    assert!(read.is_err(), "{line:?} is {read:?}");
}

/// A response reads and writes as it stands.
#[track_caller]
pub(crate) fn response(line: &str) {
    response_as(line, line);
}

/// A response that is written in another way than it was read.
#[track_caller]
pub(crate) fn response_as(line: &str, written: &str) {
    let response = Response::Untagged(untagged(line));
    let mut encoder = Encoder::new(Literals::Server, Dialect::REV1);
    response.encode(&mut encoder);
    let text = encoder.text().to_vec();
    assert_eq!(
        text.escape_ascii().to_string(),
        format!("{written}\r\n").as_bytes().escape_ascii().to_string()
    );
    let again = Bytes::from(text).slice(..encoder.text().len() - 2);
    assert_eq!(Response::parse(&again, Dialect::REV1), response);
}

/// An untagged response that makes sense.
#[track_caller]
pub(crate) fn untagged(line: &str) -> Untagged {
    match Response::parse(&Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1) {
        Response::Untagged(Untagged::Damaged(damaged)) => panic!("{line:?}: {:?}", damaged.error),
        Response::Untagged(Untagged::Unknown(unknown)) => panic!("{line:?}: {unknown:?}"),
        Response::Untagged(untagged) => untagged,
        other => panic!("{line:?} is {other:?}"),
    }
}

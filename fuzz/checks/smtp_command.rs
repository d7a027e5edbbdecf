//! Commands: no panic; what parses is encoded to what parses to the same.
use bytes::Bytes;
use smtp_proto::{Command, Quirks};

pub fn check(data: &[u8]) {
    let line = Bytes::copy_from_slice(data);
    let lenient = Quirks::default().space_after_colon(true).missing_brackets(true).untagged_ipv6(true);
    let _ = Command::parse(&line, &lenient);
    match Command::parse(&line, &Quirks::default()) {
        Ok(Command::Unknown { .. } | Command::Unimplemented { .. }) => {}
        Ok(command) => {
            let mut wire = Vec::new();
            command.encode(&mut wire);
            assert!(wire.ends_with(b"\r\n"));
            let body = &wire[..wire.len() - 2];
            assert!(!body.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
            assert_eq!(Command::parse(&Bytes::copy_from_slice(body), &Quirks::default()), Ok(command));
        }
        Err(error) => assert!(error.at() <= line.len() && error.reply().is_permanent()),
    }
}

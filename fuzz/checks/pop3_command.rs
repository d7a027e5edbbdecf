//! POP3 commands: no panic, no stray control octet; what parses is encoded to what parses to the same.
use bytes::Bytes;
use pop3_proto::Command;

pub fn check(data: &[u8]) {
    let stray = |octets: &[u8]| octets.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0));
    let line = Bytes::copy_from_slice(data);
    match Command::parse(&line) {
        Ok(command) => {
            assert!(!stray(&line), "{command:?}");
            let mut wire = Vec::new();
            command.encode(&mut wire);
            assert!(wire.ends_with(b"\r\n"));
            let body = &wire[..wire.len() - 2];
            assert!(!stray(body));
            assert_eq!(Command::parse(&Bytes::copy_from_slice(body)), Ok(command));
        }
        Err(error) => assert!(error.at() <= line.len() && error.reply().is_negative()),
    }
}

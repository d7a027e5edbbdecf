//! The checks of the fuzz targets, on their corpora: what was found stays fixed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::duplicate_mod, // checks have others in common
    unreachable_pub,
    missing_docs
)]

use std::path::Path;

macro_rules! corpora {
    ($($name:ident $path:literal)*) => {
        $(
            #[path = $path]
            mod $name;

            #[test]
            fn $name() {
                replay(stringify!($name), $name::check);
            }
        )*

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($name)),*];
            let targets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
            for target in std::fs::read_dir(targets).unwrap() {
                let target = target.unwrap().path();
                let name = target.file_stem().unwrap().to_str().unwrap();
                assert!(replayed.contains(&name), "{name}");
            }
        }
    };
}

corpora! {
    dot "../../../fuzz/checks/dot.rs"
    imap_body_structure "../../../fuzz/checks/imap_body_structure.rs"
    imap_client "../../../fuzz/checks/imap_client.rs"
    imap_command "../../../fuzz/checks/imap_command.rs"
    imap_envelope "../../../fuzz/checks/imap_envelope.rs"
    imap_frame "../../../fuzz/checks/imap_frame.rs"
    imap_pair "../../../fuzz/checks/imap_pair.rs"
    imap_response "../../../fuzz/checks/imap_response.rs"
    imap_roundtrip "../../../fuzz/checks/imap_roundtrip.rs"
    imap_search "../../../fuzz/checks/imap_search.rs"
    imap_session "../../../fuzz/checks/imap_session.rs"
    imap_set "../../../fuzz/checks/imap_set.rs"
    imap_utf7 "../../../fuzz/checks/imap_utf7.rs"
    mime_address "../../../fuzz/checks/mime_address.rs"
    mime_base64 "../../../fuzz/checks/mime_base64.rs"
    mime_compose "../../../fuzz/checks/mime_compose.rs"
    mime_date "../../../fuzz/checks/mime_date.rs"
    mime_encoded_word "../../../fuzz/checks/mime_encoded_word.rs"
    mime_header "../../../fuzz/checks/mime_header.rs"
    mime_mbox "../../../fuzz/checks/mime_mbox.rs"
    mime_message "../../../fuzz/checks/mime_message.rs"
    mime_params "../../../fuzz/checks/mime_params.rs"
    mime_push_tree "../../../fuzz/checks/mime_push_tree.rs"
    mime_quoted_printable "../../../fuzz/checks/mime_quoted_printable.rs"
    mime_tnef "../../../fuzz/checks/mime_tnef.rs"
    mime_uu_yenc "../../../fuzz/checks/mime_uu_yenc.rs"
    pop3_capabilities "../../../fuzz/checks/pop3_capabilities.rs"
    pop3_client "../../../fuzz/checks/pop3_client.rs"
    pop3_command "../../../fuzz/checks/pop3_command.rs"
    pop3_pair "../../../fuzz/checks/pop3_pair.rs"
    pop3_reply "../../../fuzz/checks/pop3_reply.rs"
    pop3_server "../../../fuzz/checks/pop3_server.rs"
    proxy "../../../fuzz/checks/proxy.rs"
    sasl_client "../../../fuzz/checks/sasl_client.rs"
    sasl_server "../../../fuzz/checks/sasl_server.rs"
    smtp_bdat "../../../fuzz/checks/smtp_bdat.rs"
    smtp_client "../../../fuzz/checks/smtp_client.rs"
    smtp_command "../../../fuzz/checks/smtp_command.rs"
    smtp_pair "../../../fuzz/checks/smtp_pair.rs"
    smtp_reply "../../../fuzz/checks/smtp_reply.rs"
    smtp_server "../../../fuzz/checks/smtp_server.rs"
    tls_upgrade "../../../fuzz/checks/tls_upgrade.rs"
}

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        check(&std::fs::read(entry.unwrap().path()).unwrap());
        inputs += 1;
    }
    println!("{target}: {inputs} inputs");
    assert!(inputs > 0);
    // And what no file holds.
    for octets in [&[][..], &[0], &[0, 0], &[0, 0, 0], &[0xff; 40]] {
        check(octets);
    }
}

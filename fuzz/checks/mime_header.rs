//! Headers and the values of fields: a header that is well-formed is read as a simple implementation reads it, and every
//! reader of values takes every value.
use mime_core::{
    AuthenticationResults, AuthenticationResultsBuilder, AutoSubmitted, Autocrypt, Config, Importance,
    ListId, ListUrls, Mailto, Message, Precedence, Received, ReceivedSpf, archived_at, autocrypt_value,
    edit::NewField, keywords, language_tags, maildir, mime_version, one_click, report,
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;
#[allow(dead_code)]
#[path = "mime_address.rs"]
mod mime_address;
#[allow(dead_code)]
#[path = "mime_date.rs"]
mod mime_date;
#[allow(dead_code)]
#[path = "mime_encoded_word.rs"]
mod mime_encoded_word;
#[allow(dead_code)]
#[path = "mime_params.rs"]
mod mime_params;

/// Every reader of values.
pub fn value(value: &[u8], config: &Config) {
    mime_address::value(value, config);
    mime_date::value(value, config);
    mime_encoded_word::value(value, config);
    mime_params::value(value, config);
    let mut defects = Vec::new();
    let list = ListId::parse(value, &mut defects);
    assert!(list.id().len() + list.phrase().len() <= value.len());
    assert!(
        std::str::from_utf8(list.id()).is_ok_and(|id| list.is(id)) || std::str::from_utf8(list.id()).is_err()
    );
    let _ = list.name(config, &mut defects);
    let urls = ListUrls::parse(value, &mut defects);
    for url in urls.clone() {
        assert!(!url.contains(|octet: char| octet.is_ascii_control()) && url.len() <= value.len() * 3);
    }
    let _ = (urls.is_no(), urls.comments().map(<[u8]>::len).sum::<usize>());
    assert_eq!(archived_at(value), urls.clone().next());
    let clicked = one_click(value, b"List-Unsubscribe=One-Click");
    assert!(
        clicked.is_none_or(|url| url.starts_with("https://") || url[..8].eq_ignore_ascii_case("https://"))
    );
    assert!(language_tags(value).all(|tag| !tag.is_empty()));
    let _ = (keywords(value, config).count(), mime_version(value));
    let _ = (Importance::parse(value), Precedence::parse(value), AutoSubmitted::parse(value).is_automatic());
    if let Some(autocrypt) = Autocrypt::parse(value) {
        let _ = (autocrypt.addr(), autocrypt.is_mutual(), autocrypt.keydata());
        if let Some(key) = autocrypt.key()
            && let Some(written) = autocrypt_value(autocrypt.addr(), autocrypt.is_mutual(), &key)
        {
            let again = Autocrypt::parse(written.as_bytes()).unwrap();
            let (addr, mutual) = (autocrypt.addr(), autocrypt.is_mutual());
            assert_eq!((again.addr(), again.is_mutual(), again.key()), (addr, mutual, Some(key)));
        }
    }
    let spf = ReceivedSpf::parse(value, &mut defects);
    for (key, text) in spf.pairs() {
        assert!(spf.value(key).is_some() && text.len() <= value.len() * 3);
    }
    let _ = (spf.result(), spf.comments().count());
    received(&Received::parse(value, &mut defects), value);
    results(&AuthenticationResults::parse(value, &mut defects));
    results(&AuthenticationResults::parse_arc(value, &mut defects));
    mime::within(&defects, value.len());
    reports(value, config);
    if let Ok(text) = std::str::from_utf8(value) {
        texts(text);
    }
}

fn received(received: &Received<'_>, value: &[u8]) {
    assert!(received.raw_date().is_none_or(|date| value.ends_with(date)));
    let words = [received.via(), received.with(), received.id(), received.for_mailbox(), received.protocol()];
    assert!(words.into_iter().flatten().all(|word| word.len() <= value.len()));
    for host in [received.from(), received.by()].into_iter().flatten() {
        let _ = (host.address(), host.reverse_name(), host.helo(), host.info(), host.domain());
    }
    let _ = (received.date(), received.comments().count());
}

/// What is understood of authentication results is written, and understood again.
fn results(results: &AuthenticationResults<'_>) {
    let _ = (results.version(), results.instance(), results.is_none());
    let mut all = Vec::new();
    for one in results.results() {
        assert!(one.is_method(one.method()) && one.is_result(one.result()));
        let properties: Vec<_> =
            one.properties().map(|p| (p.ptype.to_owned(), p.name.to_owned(), p.value.into_owned())).collect();
        for (ptype, name, _) in &properties {
            assert!(one.property(ptype, name).is_some());
        }
        let _ = (one.version(), one.comments().count());
        all.push((
            one.method().to_owned(),
            one.result().to_owned(),
            one.reason().map(|text| text.into_owned()),
            properties,
        ));
    }
    let Some(id) = results.authserv_id() else { return };
    assert!(results.is_from(id));
    let build = || {
        let mut builder = AuthenticationResultsBuilder::new(id).ok()?;
        for (method, result, reason, properties) in &all {
            builder = builder.method(method, result).ok()?;
            if let Some(reason) = reason {
                builder = builder.reason(reason).ok()?;
            }
            for (ptype, name, value) in properties {
                builder = builder.property(ptype, name, value).ok()?;
            }
        }
        Some(builder.build())
    };
    let Some(written) = build() else { return };
    assert!(written.split("\r\n").all(|line| !line.contains(['\r', '\n', '\0'])));
    assert!(written.split("\r\n").skip(1).all(|line| line.starts_with('\t')));
    let mut defects = Vec::new();
    let again = AuthenticationResults::parse(written.as_bytes(), &mut defects);
    assert_eq!((again.authserv_id(), again.results().count()), (Some(id), all.len()), "{written:?}");
    for (one, (method, result, reason, properties)) in again.results().zip(&all) {
        assert_eq!(
            (one.method(), one.result(), one.reason().as_deref()),
            (&**method, &**result, reason.as_deref())
        );
        let found: Vec<_> =
            one.properties().map(|p| (p.ptype.to_owned(), p.name.to_owned(), p.value.into_owned())).collect();
        assert_eq!(&found, properties, "{written:?}");
    }
    assert_eq!(defects, [], "{written:?}");
}

fn reports(value: &[u8], config: &Config) {
    let typed = report::Typed::parse(value);
    assert!(typed.is(typed.kind()));
    let _ = (typed.value(), typed.address(), typed.reply_code(), typed.reply_status());
    assert_eq!(typed.clone().into_owned(), typed);
    if let Some(status) = report::Status::parse(value) {
        assert_eq!(report::Status::parse(status.to_string().as_bytes()), Some(status));
    }
    let _ = report::Action::parse(value);
    let written = report::encode_xtext(value);
    assert!(written.bytes().all(|octet| octet.is_ascii_graphic()));
    assert_eq!(report::decode_xtext(written.as_bytes()).unwrap(), value);
    let _ = report::decode_xtext(value);
    if let Some(disposition) = report::Disposition::parse(value) {
        let _ = (disposition.modifiers().count(), disposition.is_error());
    }
    // The value as the content of each kind of report.
    let all: Vec<_> = report::Fields::new(value).collect();
    for field in &all {
        assert!(
            value[field.span()].starts_with(field.name()) && value[field.span()].ends_with(field.value())
        );
        let _ = (field.text(), field.decoded(config, &mut ()));
    }
    let mut defects = Vec::new();
    let status = report::DeliveryStatus::parse(value, config, &mut defects);
    let _ = (
        status.original_envelope_id(),
        status.reporting_mta(),
        status.dsn_gateway(),
        status.received_from_mta(),
    );
    let of_recipients: usize = status.recipients().iter().map(|one| one.fields().count()).sum();
    assert!(status.fields().count() + of_recipients <= all.len());
    for one in status.recipients() {
        let _ =
            (one.original_recipient(), one.final_recipient(), one.action(), one.status(), one.remote_mta());
        let _ = (one.diagnostic_code(), one.localized_diagnostics().count(), one.last_attempt_date());
        let _ = (one.final_log_id(), one.will_retry_until());
    }
    let told = report::DispositionNotification::parse(value, config, &mut defects);
    let _ = (told.reporting_ua(), told.mdn_gateway(), told.original_recipient(), told.final_recipient());
    let _ = (told.original_message_id(), told.disposition(), told.errors().count());
    let feedback = report::FeedbackReport::parse(value, config, &mut defects);
    let _ = (
        feedback.kind(),
        feedback.user_agent(),
        feedback.version(),
        feedback.arrival_date(),
        feedback.incidents(),
    );
    let _ =
        (feedback.original_envelope_id(), feedback.original_mail_from(), feedback.original_rcpt_to().count());
    let _ = (feedback.source_ip(), feedback.source_port(), feedback.reported_domains().count());
    let _ = (
        feedback.reported_uris().count(),
        feedback.authentication_results().count(),
        feedback.auth_failure(),
    );
    let _ = (feedback.delivery_result(), feedback.identity_alignment(), feedback.dkim_domain());
    let _ = (feedback.dkim_identity(), feedback.dkim_selector(), feedback.reporting_mta());
    let _ = (feedback.dkim_canonicalized_header(), feedback.dkim_canonicalized_body());
    mime::within(&defects, value.len());
}

fn texts(text: &str) {
    let address = report::encode_utf8_addr(text);
    assert!(address.is_ascii() && !address.contains(|octet: char| octet.is_ascii_control()));
    assert_eq!(report::decode_utf8_addr(&address), text);
    let _ = report::decode_utf8_addr(text);
    for uri in [text, &format!("mailto:{text}")] {
        let Some(mailto) = Mailto::parse(uri) else { continue };
        let fields = mailto.to().iter().chain(mailto.cc()).map(String::as_str).chain(mailto.subject());
        assert!(fields.chain(mailto.in_reply_to()).all(|text| !text.contains(char::is_control)));
        let written = mailto.to_string();
        assert!(written.bytes().all(|octet| octet.is_ascii_graphic()));
        assert_eq!(Mailto::parse(&written), Some(mailto));
    }
    let made =
        Mailto::new().add_to(text).add_cc(text).with_subject(text).with_body(text).with_in_reply_to(text);
    assert_eq!(Mailto::parse(&made.to_string()), Some(made));
    if let Some(name) = maildir::Name::parse(text) {
        assert!(text.starts_with(name.base()) && name.base().starts_with(name.unique()));
        let _ = (name.size(), name.wire_size(), name.has_flags());
        let seen = name.with_flags(name.flags().with(maildir::Flag::Seen)).to_string();
        let again = maildir::Name::parse(&seen).unwrap();
        assert!(again.base() == name.base() && again.flags().contains(maildir::Flag::Seen));
        assert_eq!(again.with_flags(again.flags()).to_string(), seen);
    }
    let unique = maildir::unique(1, 2, 3, 4, text);
    assert_eq!(maildir::Name::parse(&unique).unwrap().unique(), unique);
    let sized = maildir::with_sizes(&unique, 5, 6);
    assert_eq!(
        maildir::Name::parse(&sized).map(|name| (name.size(), name.wire_size())),
        Some((Some(5), Some(6)))
    );
    if let Ok(field) = NewField::raw("X-Test", text) {
        let mail = Message::parse(format!("{}\r\nTo: a\r\n\r\nbody", field.as_str()));
        let lines: Vec<_> = mail.root().lines().map(|line| line.name().to_owned()).collect();
        assert_eq!(lines, ["X-Test", "To"], "{field:?}");
        assert_eq!(mail.raw_field("x-test").unwrap(), format!(" {text}").as_bytes());
    }
}

/// The fields of a header without any doubt, line by line; nothing if there may be any.
/// Names and values, and where the body begins.
type Simple = (Vec<(String, Vec<u8>)>, usize);

fn simple(octets: &[u8]) -> Option<Simple> {
    let (mut fields, mut at) = (Vec::<(String, Vec<u8>)>::new(), 0);
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        at += line.len();
        let text = line.strip_suffix(b"\r\n")?;
        if text.contains(&b'\r') || text.contains(&0) {
            return None;
        }
        match (text.first(), fields.last_mut()) {
            (None, _) => return Some((fields, at)),
            (Some(b' ' | b'\t'), Some((_, value))) if !text.trim_ascii().is_empty() => {
                value.extend_from_slice(b"\r\n");
                value.extend_from_slice(text);
            }
            _ => {
                let colon = text.iter().position(|&octet| octet == b':')?;
                let name = std::str::from_utf8(&text[..colon]).ok()?;
                if name.is_empty() || !name.bytes().all(|octet| octet.is_ascii_graphic()) {
                    return None;
                }
                fields.push((name.to_owned(), text[colon + 1..].to_vec()));
            }
        }
    }
    None
}

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    let config = mime::config(kind);
    value(octets, &config);
    let mail = Message::parse_with(octets.to_vec(), config);
    for line in mail.root().lines() {
        value(line.raw_value(), &config);
    }
    let mail = Message::parse(octets.to_vec());
    if let Some((fields, end)) = simple(octets) {
        let found: Vec<_> =
            mail.root().fields().map(|field| (field.name().to_owned(), field.raw_value().to_vec())).collect();
        assert_eq!((found, mail.root().body_span().start), (fields, end));
    }
    // Every octet of a header belongs to a line.
    let root = mail.root();
    let mut at = root.header_span().start;
    for line in root.lines() {
        assert_eq!(line.span().start, at);
        at = line.span().end;
        assert!(line.value_span().start <= line.value_span().end && line.value_span().end <= at);
    }
    assert_eq!(at, root.header_span().end);
}

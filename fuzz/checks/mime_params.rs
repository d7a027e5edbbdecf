//! Content-Type and Content-Disposition: every parameter is where it says, and what is written in sections comes back.
use mime_core::{
    Config, ContentDisposition, ContentType, DefectKind, MediaKind, TransferEncoding, filename, safe_filename,
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

pub fn value(value: &[u8], config: &Config) {
    let mut defects = Vec::new();
    let content = ContentType::parse(value, config, &mut defects);
    let disposition = ContentDisposition::parse(value, config, &mut defects);
    let _ = TransferEncoding::from_value(value, &mut defects);
    mime::within(&defects, value.len());
    let _ = MediaKind::of(value);
    let params =
        content.iter().map(|content| content.params()).chain(disposition.iter().map(|one| one.params()));
    for params in params {
        let mut end = 0;
        for (index, param) in params.enumerate() {
            assert!(index < config.limits.params);
            assert_eq!(&value[param.span()], param.raw());
            assert!(end <= param.span().start && !param.name().is_empty());
            end = param.span().end;
            assert!(param.octets().len() <= param.raw().len());
            if let Ok(name) = std::str::from_utf8(param.name())
                && !name.contains('*')
            {
                for (first, all) in [
                    content.as_ref().map(|content| (content.param(name), content.all(name))),
                    disposition.as_ref().map(|one| (one.param(name), one.all(name))),
                ]
                .into_iter()
                .flatten()
                {
                    assert_eq!(first.as_ref(), all.first(), "{name}");
                    assert!(first.is_none_or(|text| text.len() <= value.len() * 4));
                }
            }
        }
    }
    if let Some(content) = &content {
        assert!(content.is(content.media_type(), content.subtype()));
        assert_eq!(
            content.essence(),
            format!("{}/{}", content.media_type(), content.subtype()).to_ascii_lowercase()
        );
        let _ = (content.kind(), content.charset());
        assert!(content.boundary().is_none_or(|boundary| boundary.len() <= value.len()));
    }
    if let Some(disposition) = &disposition {
        assert!(!(disposition.is_inline() && disposition.is_attachment()));
        let dates = [disposition.creation_date(), disposition.modification_date(), disposition.read_date()];
        let _ = (disposition.size(), dates, disposition.disposition());
    }
    let mut defects = Vec::new();
    if let Some(name) = filename(disposition.as_ref(), content.as_ref(), config, &mut defects) {
        assert!(!name.is_empty());
        safe(&name);
    }
    mime::within(&defects, value.len());
}

fn safe(name: &str) {
    let safe = safe_filename(name);
    assert!(!safe.is_empty() && safe.len() <= 255);
    assert!(
        !safe.contains(|octet: char| octet.is_control() || "/\\:\u{202e}\u{2028}".contains(octet)),
        "{safe:?}"
    );
    assert!(!safe.starts_with(['.', ' ']) && !safe.ends_with(['.', ' ']), "{safe:?}");
    assert_eq!(safe_filename(&safe), safe);
}

/// The text in sections of RFC 2231, cut at octets wherever, some of them encoded.
fn sections(text: &str, sizes: &[u8]) -> String {
    let mut value = String::from("attachment");
    for (number, piece) in mime::pieces(text.as_bytes(), sizes).enumerate() {
        let plain = number > 0 && piece.iter().all(|octet| octet.is_ascii_alphanumeric());
        let charset = if number == 0 { "UTF-8'de'" } else { "" };
        let piece: String = match plain {
            true => piece.iter().map(|&octet| char::from(octet)).collect(),
            false => piece.iter().map(|octet| format!("%{octet:02x}")).collect(),
        };
        value += &format!(";\r\n filename*{number}{}={charset}{piece}", if plain { "" } else { "*" });
    }
    value
}

pub fn check(data: &[u8]) {
    let &[kind, size, other, ref octets @ ..] = data else { return };
    let config = mime::config(kind);
    value(octets, &config);
    value(&[b"a/b;", octets].concat(), &config);
    let text = String::from_utf8_lossy(octets);
    safe(&text);
    if text.is_empty() {
        return;
    }
    let sizes = [size, other];
    if mime::pieces(text.as_bytes(), &sizes).count() <= Config::new().limits.param_sections {
        let value = sections(&text, &sizes);
        let mut defects = Vec::new();
        let disposition = ContentDisposition::parse(value.as_bytes(), &Config::new(), &mut defects).unwrap();
        assert_eq!(disposition.param("filename").unwrap(), text, "{value}");
        let name = filename(Some(&disposition), None, &Config::new(), &mut ());
        assert_eq!(name.unwrap_or_default(), text.trim());
        // What the text holds is told, and nothing else is wrong.
        defects
            .retain(|defect| !matches!(defect.kind, DefectKind::BidiControl | DefectKind::ControlCharacter));
        assert_eq!(defects, [], "{value}");
    }
    if !text.contains(['\r', '\n', '\0']) {
        let quoted: String = text
            .chars()
            .flat_map(|octet| ['\\'].into_iter().filter(move |_| "\"\\".contains(octet)).chain([octet]))
            .collect();
        let value = format!("a/b; x=\"{quoted}\"; y=z");
        let content = ContentType::parse(value.as_bytes(), &Config::new(), &mut ()).unwrap();
        assert_eq!((content.param("x").as_deref(), content.param("y").as_deref()), (Some(&*text), Some("z")));
    }
}

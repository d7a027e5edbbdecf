//! Capabilities of a POP3 server: no panic, nothing lost, every question is answered from the same lines.
use pop3_proto::Capabilities;

pub fn check(data: &[u8]) {
    let lines = data.split(|&octet| octet == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let capabilities = Capabilities::of(lines.clone());
    let blank = |line: &&[u8]| line.iter().all(|octet| matches!(octet, b' ' | b'\t'));
    assert!(lines.filter(|line| !blank(line)).eq(capabilities.lines().map(|line| &line[..])));
    assert_eq!(Capabilities::of(capabilities.lines()), capabilities);
    for (tag, offered) in [
        ("PIPELINING", capabilities.pipelining()),
        ("TOP", capabilities.top()),
        ("UIDL", capabilities.uidl()),
        ("USER", capabilities.user()),
        ("STLS", capabilities.stls()),
        ("RESP-CODES", capabilities.resp_codes()),
        ("AUTH-RESP-CODE", capabilities.auth_resp_code()),
        ("UTF8", capabilities.utf8()),
        ("LANG", capabilities.lang()),
        ("IMPLEMENTATION", capabilities.implementation().is_some()),
    ] {
        assert_eq!(capabilities.parameters(tag).is_some(), offered, "{tag}");
        assert_eq!(capabilities.parameters(&tag.to_lowercase()).is_some(), offered, "{tag}");
    }
    assert!(capabilities.sasl().all(|name| !name.is_empty()));
    assert!(capabilities.utf8() || !capabilities.utf8_user());
    if capabilities.login_delay().is_some() {
        assert!(capabilities.parameters("LOGIN-DELAY").is_some());
    }
    if capabilities.expire().is_some() {
        assert!(capabilities.parameters("EXPIRE").is_some());
    }
}

//! Each SASL mechanism as a client against arbitrary challenges.
use sasl_core::client::{Client, Policy};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};

pub fn check(data: &[u8]) {
    // Challenges stand between octets 255; if a flag is set the last comes with the success.
    let &[which, flags, ref rest @ ..] = data else { return };
    let mut challenges: Vec<&[u8]> = rest.split(|&octet| octet == 0xff).collect();
    let last = if flags & 1 == 0 { None } else { challenges.pop() };
    let mechanism = Mechanism::ALL[usize::from(which) % Mechanism::ALL.len()];
    let transport = Transport::tls().with_exporter([3; 32]);
    let credentials = match which % 4 {
        0 => Credentials::oauth("joe", "token"),
        1 => Credentials::external(None),
        2 => Credentials::anonymous("trace"),
        _ => Credentials::password("joe", "pencil"),
    };
    let policy = Policy::new().max_iterations(4096);
    let nonce = Nonce::printable("rOprNGfwEbeRWgbNEkqO").unwrap();
    let Ok(mut client) = Client::new(mechanism, &credentials, &transport, &[mechanism], &policy, nonce)
    else {
        return;
    };
    let _ = client.initial_response();
    for challenge in challenges.iter().take(8) {
        let _ = client.respond(challenge);
    }
    let scram = mechanism.name().starts_with("SCRAM");
    if client.success(last).is_ok() {
        assert!(!scram, "a server that proved nothing");
    }
}

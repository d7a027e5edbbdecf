//! Each SASL mechanism as a client against arbitrary challenges.
#![no_main]
use libfuzzer_sys::fuzz_target;
use sasl_core::client::{Client, Policy};
use sasl_core::{Credentials, Mechanism, Nonce, Transport};

fuzz_target!(|data: (u8, Vec<Vec<u8>>, Option<Vec<u8>>)| {
    let (which, challenges, last) = data;
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
    if client.success(last.as_deref()).is_ok() {
        assert!(!scram, "a server that proved nothing");
    }
});

//! Each SASL mechanism as a server against arbitrary responses: nobody comes in.
use sasl_core::server::{Answer, Config, Server, Step};
use sasl_core::{Mechanism, Nonce, Transport};

pub fn check(data: &[u8]) {
    // Responses stand between octets 255; a lone 254 is none.
    let &[which, ref rest @ ..] = data else { return };
    let responses =
        rest.split(|&octet| octet == 0xff).map(|response| (response != [0xfe]).then_some(response));
    let responses: Vec<Option<&[u8]>> = responses.collect();
    let mechanism = Mechanism::ALL[usize::from(which) % Mechanism::ALL.len()];
    let transport = Transport::tls().with_exporter([3; 32]).with_client_identity(vec![1]);
    let config = Config::new(b"secret".to_vec()).mechanisms(Mechanism::ALL).unknown_iterations(4096);
    let nonce = Nonce::printable("rOprNGfwEbeRWgbNEkqO").unwrap();
    let Ok(mut server) = Server::new(mechanism, &config, &transport, nonce) else { return };
    for response in responses.iter().take(8) {
        let mut step = server.step(response.as_deref());
        for _ in 0..8 {
            match step {
                Step::Ask(_) => step = server.answer(Answer::NoSuchUser),
                Step::Success { .. } => panic!("nobody is known"),
                _ => break,
            }
        }
    }
}

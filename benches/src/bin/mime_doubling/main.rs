//! What was ever blown up in readers of messages, at a size: `mime_doubling NAME OCTETS` does one of them, for callgrind.
//! `mime_doubling` names them all, with their size, and `mime_doubling all` does them one after the other, each at no
//! size, at its size and at twice that; see `mime-doubling.sh`.

mod units;
mod work;

use std::hint::black_box;

use bytes::Bytes;

use units::{MIXED, TOPICS, messages};

struct Case {
    name: String,
    octets: usize,
    make: Box<dyn Fn(usize) -> Vec<u8>>,
    work: fn(&Bytes),
}

/// What callgrind counts.
#[inline(never)]
fn measured(work: fn(&Bytes), octets: &Bytes) {
    work(black_box(octets));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let cases = cases();
    match &arguments[..] {
        [] => cases.iter().for_each(|case| println!("{} {}", case.octets, case.name)),
        [all] if all == "all" => {
            for case in &cases {
                for octets in [0, case.octets, 2 * case.octets] {
                    let input = Bytes::from((case.make)(octets));
                    measured(case.work, &input);
                    println!("{octets} {}", case.name);
                }
            }
        }
        [name, octets] => {
            let case = cases.iter().find(|case| case.name == *name).expect("a case");
            let input = Bytes::from((case.make)(octets.parse().expect("a number")));
            measured(case.work, &input);
        }
        _ => panic!("usage: mime_doubling [all | NAME OCTETS]"),
    }
}

fn filled(start: &str, pattern: &[u8], octets: usize) -> Vec<u8> {
    start.bytes().chain(pattern.iter().copied().cycle().take(octets)).collect()
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, start, pattern) in messages() {
        let faces: [(&str, usize, fn(&Bytes)); 4] = [
            ("", 12_000, work::tree),
            (", asked", 6000, work::inspected),
            (", in pieces of 1460", 12_000, |octets| work::pieces(octets, 1460)),
            (", in pieces of 1", 3000, |octets| work::pieces(octets, 1)),
        ];
        for (face, octets, work) in faces {
            let (start, pattern) = (start.clone(), pattern.clone());
            // Twice a page says nothing, and what is copied only takes more to tell.
            let octets = match name {
                _ if pattern.len() > 1000 => octets.max(12_000),
                _ if name.contains("long") && face.ends_with("1460") => 256_000,
                _ => octets,
            };
            cases.push(Case {
                name: format!("{name}{face}"),
                octets,
                make: Box::new(move |octets| filled(&start, &pattern, octets)),
                work,
            });
        }
    }
    let own = |octets| {
        let mut message = String::new();
        while message.len() < octets {
            let level = message.len();
            message
                .push_str(&format!("Content-Type: multipart/mixed; boundary={level}_\r\n\r\n--{level}_\r\n"));
        }
        message.into_bytes()
    };
    cases.push(Case {
        name: "multiparts with boundaries of their own".into(),
        octets: 24_000,
        make: Box::new(own),
        work: work::tree,
    });
    let sections = |octets| {
        let mut value = String::from("a/b");
        for number in 0.. {
            if value.len() >= octets {
                break;
            }
            value.push_str(&format!(";x*{number}=a"));
        }
        value.into_bytes()
    };
    cases.push(Case {
        name: "parameters: sections".into(),
        octets: 8000,
        make: Box::new(sections),
        work: work::parameters,
    });
    let unclosed = |octets| {
        let mut message = filled(MIXED, b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n", octets);
        message.extend_from_slice(b"--b--\r\n");
        message
    };
    cases.push(Case {
        name: "guessed boundaries".into(),
        octets: 6000,
        make: Box::new(unclosed),
        work: work::guessed,
    });
    for &(topic, work, octets, start, units) in TOPICS {
        for &unit in units {
            let (first, unit_octets) = (octets_of(topic, start), octets_of(topic, unit));
            cases.push(Case {
                name: format!("{topic}: {}", unit.escape_debug()),
                octets,
                make: Box::new(move |octets| {
                    first.iter().chain(unit_octets.iter().cycle().take(octets)).copied().collect()
                }),
                work,
            });
        }
    }
    cases
}

/// Letters of binary formats stand for the octets of their numbers.
fn octets_of(topic: &str, text: &str) -> Vec<u8> {
    match topic {
        "tnef" => text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("an octet")).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

//! The structure of a message, as FETCH has it: read in both ways that there are, walked through, and written again.

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    let name = if kind & 1 == 0 { "BODYSTRUCTURE" } else { "BODY" };
    imap::items(name, octets, imap::DIALECTS[usize::from(kind >> 1 & 1)]);
}

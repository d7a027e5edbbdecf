//! Commands, in frames and as a server reads them: what makes sense is written again as the same, and no secret is shown.
use bytes::Bytes;
use imap_proto::command::{AppendItem, AppendReader, Authenticate, Login};
use imap_proto::frame::{Frame, Side};
use imap_proto::{Command, Dialect};
use wire_core::Secret;

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

/// Nothing that is shown depends on a secret.
fn hides(command: Command) {
    let shown = format!("{command:?} {command:#?}");
    let secret = |secret: &Secret| Secret::from(&vec![b'x'; secret.expose().len() + 1][..]);
    let other = match command {
        Command::Login(login) => {
            Command::Login(Login::new(login.user().clone(), secret(login.password())).unwrap())
        }
        Command::Authenticate(Authenticate { mechanism, initial }) => {
            let initial = initial.as_ref().map(secret);
            Command::Authenticate(Authenticate { mechanism, initial })
        }
        _ => return,
    };
    assert_eq!(shown, format!("{other:?} {other:#?}"));
}

/// What is read of APPEND and REPLACE in pieces is what is read of the whole.
fn in_pieces(frames: &[Frame], dialect: Dialect) {
    let (mut reader, mut whole, mut items, mut holds_nul) = (None, Vec::new(), Vec::new(), false);
    for frame in frames {
        match frame {
            Frame::Begin { head, .. } => {
                let next = match &mut reader {
                    None if whole.is_empty() => match AppendReader::begin(head, dialect) {
                        Ok((_, begun, items)) => {
                            reader = Some(begun);
                            Some(items)
                        }
                        Err(_) => None,
                    },
                    Some(reader) => AppendReader::next(reader, head).ok(),
                    None => None,
                };
                match next {
                    Some(next) => {
                        assert!(matches!(next.last(), Some(AppendItem::Literal { .. })));
                        items.extend(next);
                    }
                    None => reader = None,
                }
                whole.extend_from_slice(head);
            }
            Frame::Chunk(chunk) => {
                holds_nul |= chunk.contains(&0);
                whole.extend_from_slice(chunk);
            }
            Frame::End(rest) => {
                whole.extend_from_slice(rest);
                let whole = Bytes::from(std::mem::take(&mut whole));
                let end = reader.take().and_then(|mut reader: AppendReader| reader.end(rest).ok());
                let read = Command::parse(&whole, dialect);
                match (end, read) {
                    (Some(end), Ok((_, command))) => {
                        items.extend(end);
                        let ends = items.iter().filter(|item| **item == AppendItem::End).count();
                        match command {
                            Command::Append(append) => assert_eq!(append.messages.len(), ends),
                            command => assert!(matches!(command, Command::Replace(_)) && ends == 1),
                        }
                    }
                    // Only a literal that says so holds NUL, and who streams it sees that last.
                    (Some(_), Err(error)) => assert!(holds_nul, "{error}: {}", whole.escape_ascii()),
                    (None, Ok(_)) => panic!("only the whole is read: {}", whole.escape_ascii()),
                    (None, Err(_)) => {}
                }
                items.clear();
                holds_nul = false;
            }
            _ => {}
        }
    }
}

pub fn check(data: &[u8]) {
    let &[size, ref octets @ ..] = data else { return };
    let limits = imap::limits_of(Side::Commands, &imap::large());
    let (frames, _) = imap::frames(Side::Commands, octets, &[size], &limits, |_| false);
    for dialect in imap::DIALECTS {
        in_pieces(&frames, dialect);
        for frame in imap::whole(frames.clone()) {
            if let Ok(command) = imap::command(&frame, dialect) {
                hides(command);
            }
        }
    }
}

//! Frames of either side: the same at every cut and within their limits, whether literals are waited for or refused.
use imap_proto::Limits;
use imap_proto::frame::{Frame, Side};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

pub fn check(data: &[u8]) {
    let &[kind, first, second, ref octets @ ..] = data else { return };
    let side = if kind & 1 == 0 { Side::Commands } else { Side::Responses };
    let limits = if kind & 2 == 0 { Limits::new() } else { imap::small() };
    let limits = imap::limits_of(side, &limits);
    let refuses = |octets: u64| kind & 4 != 0 && octets.is_multiple_of(2);
    let pieces = imap::frames(side, octets, &[first, second], &limits, refuses);
    let whole = imap::frames(side, octets, &[], &limits, refuses);
    assert_eq!(whole, pieces);
    let (frames, _) = whole;
    let mut open = None;
    for frame in &frames {
        match frame {
            Frame::Whole(frame) => {
                assert!(open.is_none() && frame.len() <= limits.frame.max(limits.line));
            }
            Frame::Begin { head, octets, .. } => {
                assert!(
                    open.is_none_or(|left| left == 0) && head.ends_with(b"\n") && *octets <= limits.streamed
                );
                open = Some(*octets);
            }
            Frame::Chunk(chunk) => open = Some(open.unwrap() - chunk.len() as u64),
            Frame::End(_) => open = None,
            Frame::TooLarge { head } => {
                assert!(head.len() <= 1024);
                open = None;
            }
            Frame::Waits { .. } => assert!(side == Side::Commands),
            _ => panic!("{frame:?}"),
        }
    }
}

//! Responses, in frames and as a client reads them: nothing is lost, what was understood is written again as the same, and
//! what is streamed is read as what is whole.
use bytes::Bytes;
use imap_proto::frame::{Frame, Side};
use imap_proto::{Dialect, FetchBegin, FetchContinued, FetchItem, Limits, Response, Uid, Untagged};

#[allow(dead_code)]
#[path = "imap.rs"]
mod imap;

/// The UID that a response tells, whether it makes sense or not.
fn uid(response: &Response) -> Option<Uid> {
    match response {
        Response::Untagged(Untagged::Fetch(fetch)) => fetch.uid(),
        Response::Untagged(Untagged::Damaged(damaged)) => damaged.uid,
        other => panic!("{other:?}"),
    }
}

/// Wherever a message makes no sense: the UID that stands in front is told, and the same items are read behind it.
fn keeps_uid(frame: &Bytes, dialect: Dialect) {
    const ADDED: &[u8] = b"UID 4290000001 ";
    let Some(open) = frame.windows(8).position(|octets| octets == b" FETCH (") else { return };
    let number = frame[..open].strip_prefix(b"* ").and_then(|number| std::str::from_utf8(number).ok());
    let number = number.filter(|number| number.bytes().all(|octet| octet.is_ascii_digit()));
    if number.and_then(|number| number.parse::<u32>().ok()).is_none_or(|number| number == 0) {
        return;
    }
    let (head, rest) = frame.split_at(open + 8);
    let with = Response::parse(&[head, ADDED, rest].concat().into(), dialect);
    let without = Response::parse(frame, dialect);
    // Nobody knows whose it is if there are two.
    if !rest.windows(4).any(|octets| octets.eq_ignore_ascii_case(b"uid ")) {
        assert_eq!(uid(&with), Uid::new(4_290_000_001));
        if let (Response::Untagged(Untagged::Fetch(with)), Response::Untagged(Untagged::Fetch(without))) =
            (&with, &without)
        {
            let raw = |item: &FetchItem| match item {
                FetchItem::Damaged(item) => format!("{:?} {:?}", item.name, item.raw),
                item => format!("{item:?}"),
            };
            assert!(with.items.iter().skip(1).map(raw).eq(without.items.iter().map(raw)));
        }
    }
}

/// Messages whose literals are streamed, as one response each; `None` for those that make no sense.
fn streamed(frames: &[Frame], dialect: Dialect) -> Vec<Option<Vec<FetchItem>>> {
    let (mut all, mut items, mut content, mut uid, mut chunk) = (Vec::new(), None, None, None, Bytes::new());
    for frame in frames {
        match frame {
            Frame::Whole(_) => all.push(None),
            Frame::TooLarge { .. } => {
                all.push(None);
                (items, content) = (None, None);
            }
            Frame::Chunk(octets) => chunk = octets.clone(),
            Frame::Begin { head, .. } if content.is_none() && items.is_none() => {
                match FetchBegin::parse(head, dialect) {
                    Ok(begin) => {
                        uid = begin.uid();
                        content = Some(begin.streamed);
                        items = Some(begin.items.to_vec());
                    }
                    Err(damaged) => {
                        assert!(damaged.raw == *head && damaged.error.unwrap().at() <= head.len());
                        items = Some(Vec::new());
                        content = None;
                    }
                }
            }
            Frame::Begin { head: rest, .. } | Frame::End(rest) => {
                let continued = FetchContinued::parse(rest, uid, dialect);
                let is_end = matches!(frame, Frame::End(_));
                match (continued, content.take(), &mut items) {
                    (Ok(continued), Some(streamed), Some(items)) => {
                        items.push(item(streamed, std::mem::take(&mut chunk)));
                        uid = uid.or(continued.uid());
                        items.extend(continued.items);
                        content = continued.streamed;
                        assert_eq!(content.is_none(), is_end);
                        if is_end {
                            all.push(Some(std::mem::take(items)));
                        }
                    }
                    _ if is_end => all.push(None),
                    _ => {}
                }
                if is_end {
                    (items, content, uid) = (None, None, None);
                }
                chunk.clear();
            }
            _ => {}
        }
    }
    all
}

fn item(streamed: imap_proto::Streamed, octets: Bytes) -> FetchItem {
    use imap_proto::{BinaryItem, BodyItem, Content};
    let (origin, data) = (streamed.origin, Some(octets));
    match streamed.content {
        Content::Section(section) => FetchItem::Section(Box::new(BodyItem { section, origin, data })),
        Content::Binary(part) => FetchItem::Binary(Box::new(BinaryItem { part, origin, data })),
        Content::Rfc822Header => FetchItem::Rfc822Header(data),
        Content::Rfc822Text => FetchItem::Rfc822Text(data),
        _ => FetchItem::Rfc822(data),
    }
}

pub fn check(data: &[u8]) {
    let &[size, ref octets @ ..] = data else { return };
    let limits = imap::limits_of(Side::Responses, &imap::large());
    let (whole, error) = imap::frames(Side::Responses, octets, &[size], &limits, |_| false);
    let limits = imap::limits_of(Side::Responses, &imap::large().inline_literal(0));
    let (in_pieces, _) = imap::frames(Side::Responses, octets, &[size], &limits, |_| false);
    for dialect in imap::DIALECTS {
        let responses: Vec<_> =
            imap::whole(whole.clone()).iter().map(|frame| imap::response(frame, dialect)).collect();
        imap::whole(whole.clone()).iter().for_each(|frame| keeps_uid(frame, dialect));
        let streamed = streamed(&in_pieces, dialect);
        if error.is_some() {
            continue;
        }
        for (response, streamed) in responses.iter().zip(streamed) {
            let Some(streamed) = streamed else { continue };
            let Response::Untagged(Untagged::Fetch(fetch)) = response else { continue };
            let damaged = |item: &FetchItem| matches!(item, FetchItem::Damaged(_));
            if !fetch.items.iter().any(damaged) && !streamed.iter().any(damaged) {
                assert_eq!(&fetch.items[..], &streamed[..]);
            }
        }
    }
    let _ = Limits::new();
}

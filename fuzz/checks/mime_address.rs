//! Addresses: spans in order, nothing that ends a line, and what is written is read back.
use mime_core::{
    AddrSpec, Address, AddressList, AddressRef, Config, Group, Mailbox, MessageId, MessageIds,
    authenticated_author, cid_content_id, cid_matches,
};

#[allow(dead_code)]
#[path = "mime.rs"]
mod mime;

fn one_line(text: &str) {
    assert!(!text.contains(|octet: char| octet.is_control() && octet != '\t'), "{text:?}");
}

/// A mailbox that is written is one mailbox for whoever reads it.
fn written(mailbox: &Mailbox) {
    let text = mailbox.to_string();
    one_line(&text);
    assert_eq!(Mailbox::try_from(&*text).as_ref(), Ok(mailbox), "{text}");
    let address = mailbox.address();
    assert_eq!(AddrSpec::try_from(&*address.to_string()).as_ref(), Ok(address));
    assert_eq!(AddrSpec::from_parts(address.local_part(), address.domain()).as_ref(), Ok(address));
    let mut list = AddressList::new(text.as_bytes(), &Config::new()).mailboxes();
    let again = list.next().unwrap();
    assert!(list.next().is_none() && again.is_valid(), "{text}");
    assert_eq!((&*again.local_part(), &*again.domain()), (address.local_part(), address.domain()), "{text}");
    // The fields of a group are told apart, too.
    let group = Group::new("Ä, b", vec![mailbox.clone(), mailbox.clone()]).unwrap();
    let text = format!("{group}, x@example.org");
    let kinds: Vec<_> = AddressList::new(text.as_bytes(), &Config::new())
        .map(|one| match one {
            AddressRef::GroupStart(_) => 's',
            AddressRef::Mailbox(_) => 'm',
            AddressRef::GroupEnd => 'e',
        })
        .collect();
    assert_eq!(kinds, ['s', 'm', 'm', 'e', 'm'], "{text}");
}

pub fn value(value: &[u8], config: &Config) {
    let mut defects = Vec::new();
    let mut list = AddressList::parse(value, config, &mut defects);
    let (mut end, mut open, mut mailboxes) = (0, false, 0);
    for address in list.by_ref() {
        let span = match address {
            AddressRef::GroupStart(group) => {
                assert!(!std::mem::replace(&mut open, true), "a group in a group");
                assert_eq!(&value[group.span()], group.raw_name());
                let _ = group.name();
                group.span()
            }
            AddressRef::GroupEnd => {
                assert!(std::mem::replace(&mut open, false), "the end of no group");
                continue;
            }
            AddressRef::Mailbox(mailbox) => {
                mailboxes += 1;
                assert_eq!(&value[mailbox.span()], mailbox.raw());
                assert!(mailbox.name().is_none_or(|name| !name.trim().is_empty()));
                assert!(!mailbox.address().contains(['\r', '\n']));
                assert!(mailbox.raw_name().len() <= mailbox.raw().len().max(value.len()));
                let _ = (mailbox.route(), mailbox.comments().map(|text| text.len()).sum::<usize>());
                match mailbox.to_mailbox() {
                    Some(owned) => {
                        assert!(mailbox.is_valid());
                        assert_eq!(*owned.address().local_part(), mailbox.local_part());
                        assert_eq!(owned.address().domain(), mailbox.domain());
                        // Full stops that stand wrong are left as they stand.
                        if let Ok(again) = AddrSpec::try_from(&*mailbox.address()) {
                            assert_eq!(&again, owned.address());
                        }
                        written(&owned);
                    }
                    None => assert!(!mailbox.is_valid()),
                }
                mailbox.span()
            }
        };
        assert!(end <= span.start && span.start <= span.end && span.end <= value.len());
        end = span.end;
    }
    assert!(mailboxes <= config.limits.addresses);
    mime::within(&defects, value.len());
    assert_eq!(AddressList::new(value, config).mailboxes().count(), mailboxes);
    for address in AddressList::new(value, config).to_addresses() {
        one_line(&address.to_string());
        address.mailboxes().iter().for_each(written);
    }
    // Whom a message is held to is the only one who stands there.
    if let Ok(author) = authenticated_author([value], false, config) {
        let mut all = AddressList::new(value, config).mailboxes();
        let mailbox = all.next().unwrap();
        assert!(all.next().is_none());
        assert_eq!(author.domain(), mailbox.domain());
        assert_eq!(author.address(), author.mailbox.address());
        assert!(!value.iter().any(|octet| octet.is_ascii_control() && !b"\t\r\n".contains(octet)));
        mime::within(&author.defects, value.len());
        assert!(authenticated_author([value, value], false, config).is_err());
        assert!(authenticated_author([value], true, config).is_err());
    }
    ids(value, config);
}

fn ids(value: &[u8], config: &Config) {
    let mut defects = Vec::new();
    let found: Vec<_> = MessageIds::parse(value, config, &mut defects).collect();
    mime::within(&defects, value.len());
    assert!(found.len() <= config.limits.message_ids);
    assert_eq!(MessageIds::new(value, config).first().as_ref(), found.first());
    for id in found {
        assert!(!id.is_empty() && !id.contains(['\r', '\n', '\0', '<', '>']), "{id:?}");
        for made in [MessageId::as_received(&id), MessageId::try_from(&*id)].into_iter().flatten() {
            assert_eq!(made.as_str(), id);
            let text = made.to_string();
            one_line(&text);
            let again: Vec<_> = MessageIds::new(text.as_bytes(), &Config::new()).collect();
            assert_eq!(again, [made.as_str()]);
            assert!(
                made.left().len() + made.right().map_or(0, |right| right.len() + 1) == made.as_str().len()
            );
        }
    }
}

pub fn check(data: &[u8]) {
    let &[kind, ref octets @ ..] = data else { return };
    value(octets, &mime::config(kind));
    let text = String::from_utf8_lossy(octets);
    if let Ok(address) = AddrSpec::try_from(&*text) {
        written(&address.clone().into());
        if let Ok(mailbox) = Mailbox::new(&text, address) {
            written(&mailbox);
        }
    }
    if let Ok(mailbox) = Mailbox::try_from(&*text) {
        written(&mailbox);
    }
    if let Ok(address) = Address::try_from(&*text) {
        assert_eq!(AddressList::new(address.to_string().as_bytes(), &Config::new()).count(), 1);
    }
    // Name, local part and domain between line ends.
    let mut parts = text.split('\n');
    let (name, local, domain) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    if let Ok(address) = AddrSpec::from_parts(local, domain) {
        if let Ok(mailbox) = Mailbox::new(name, address.clone()) {
            written(&mailbox);
        }
        written(&address.into());
    }
    let url = format!("cid:{local}");
    assert!(cid_content_id(&url).is_some());
    let _ = (cid_content_id(&text), cid_matches(&url, name));
}

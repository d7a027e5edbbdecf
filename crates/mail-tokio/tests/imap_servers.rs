//! The IMAP client against a real server, which a script starts and names in the environment (scripts/interop.d/imap-clients):
//! what programs cannot show, for it takes several connections at once or calls that they have no word for.
#![cfg(all(feature = "imap", feature = "tls"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::expect_used, missing_docs)]

use std::time::Duration;

use bytes::Bytes;
use imap_proto::command::{FetchAttribute, FetchCommand, Store, StoreAction};
use imap_proto::extensions::acl::{Rights, RightsChange};
use imap_proto::extensions::id::Identification;
use imap_proto::extensions::metadata::{EntryName, EntryValue, GetMetadata, SetMetadata};
use imap_proto::extensions::quota::Resource;
use imap_proto::list::{ListPattern, StatusItem};
use imap_proto::response::{Code, FetchItem};
use imap_proto::search::{SearchKey, SortBy, SortKey, ThreadCommand};
use imap_proto::session::{AppendOptions, Change, ListRequest};
use imap_proto::{Capability, Command, Flag, MailboxName, Section, Uid, UidSet};
use mail_tokio::imap::{Fetched, ImapClient, ImapError};
use sasl_core::{Credentials, client::Policy};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire_core::{Recorder, Security};
use wire_rustls::{ClientTls, Roots};

type Client = ImapClient<TcpStream>;

/// A server as the script has named it.
struct Server {
    name: String,
    clear: u16,
    tls: u16,
    ca: Vec<u8>,
    password: String,
}

impl Server {
    /// `None` if there is none: the tests have nothing to show then, and say so.
    fn named() -> Option<Self> {
        let Ok(name) = std::env::var("POSTWIRE_IMAP_SERVER") else {
            println!("skipped: POSTWIRE_IMAP_SERVER names no server");
            return None;
        };
        let variable = |suffix: &str| std::env::var(format!("{name}{suffix}")).unwrap();
        Some(Self {
            clear: variable("_imap").parse().unwrap(),
            tls: variable("_imaps").parse().unwrap(),
            ca: std::fs::read(variable("_ca")).unwrap(),
            password: std::env::var("imap_password").unwrap(),
            name,
        })
    }

    fn is_dovecot(&self) -> bool {
        self.name == "dovecot"
    }

    async fn client(&self, user: &str, security: Security) -> Client {
        self.recorded(user, security, &Recorder::client(1)).await
    }

    async fn recorded(&self, user: &str, security: Security, recorder: &Recorder) -> Client {
        let port = if security == Security::ImplicitTls { self.tls } else { self.clear };
        let tls = ClientTls::builder(Roots::ca_pem(&self.ca).unwrap()).build().unwrap();
        let mut policy = Policy::new();
        if !self.is_dovecot() {
            // Cyrus offers SCRAM-SHA-256-PLUS, but knows no channel binding that TLS 1.3 has (RFC 9266).
            policy = policy.without_channel_binding();
        }
        let credentials = Credentials::password(user, self.password.as_str());
        let builder =
            ImapClient::builder("localhost", security, credentials).port(port).tls(tls).policy(policy);
        builder.compress(security == Security::StartTls).record(recorder.clone()).connect().await.unwrap()
    }
}

fn letter(number: u32) -> Bytes {
    let answers = if number > 1 { format!("In-Reply-To: <{}@x>\r\n", number / 2) } else { String::new() };
    format!(
        "From: Alice <alice@example.org>\r\nTo: b{}@example.net\r\nSubject: {}thema {number}\r\nMessage-ID: <{number}@x>\r\n\
         Date: Fri, {:02} Mar 2024 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n{answers}\r\n{}",
        9 - number,
        if number > 1 { "Re: " } else { "" },
        number + 1,
        "Grüße\r\n".repeat(number as usize * 100)
    )
    .into()
}

/// A mailbox that was not there, with so many messages.
async fn filled(client: &mut Client, name: &str, count: u32) -> Vec<Uid> {
    let _ = client.delete(name).await;
    client.create(name).await.unwrap();
    for number in 1..=count {
        client.append(name, letter(number), AppendOptions::default()).await.unwrap();
    }
    client.select(name).await.unwrap().search(SearchKey::everything()).await.unwrap()
}

/// Within a minute, or the test fails.
async fn bounded<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(60), future).await.expect("nothing happens")
}

async fn flags_of(client: &mut Client, name: &str, uid: Uid) -> Vec<String> {
    let mut mailbox = client.select(name).await.unwrap();
    let mut mails = mailbox.fetch(uid, [FetchAttribute::Flags]);
    let Some(Fetched::Message(mail)) = mails.next().await.unwrap() else { panic!() };
    let mut flags: Vec<_> = mail.flags().unwrap().iter().map(|flag| flag.to_string()).collect();
    flags.retain(|flag| flag != "\\Recent");
    flags.sort();
    flags
}

#[tokio::test]
async fn sorted_and_threaded() {
    let Some(server) = Server::named() else { return };
    for security in [Security::ImplicitTls, Security::StartTls] {
        let mut client = server.client("user120", security).await;
        let name = "Sortiert & verkettet";
        let uids = bounded(filled(&mut client, name, 5)).await;
        let mut mailbox = client.select(name).await.unwrap();
        let backwards: Vec<_> = uids.iter().rev().copied().collect();
        let all = SearchKey::everything;
        for (by, expected) in [
            (SortKey::new(SortBy::Date), &uids),
            (SortKey::reverse(SortBy::Size), &backwards),
            (SortKey::new(SortBy::To), &backwards),
            (SortKey::new(SortBy::Subject), &uids),
        ] {
            assert_eq!(mailbox.sort(all(), [by]).await.unwrap(), *expected, "{by:?}");
        }
        let found = mailbox.sort(SearchKey::body("Grüße"), [SortKey::new(SortBy::Arrival)]).await;
        assert_eq!(found.unwrap(), uids);
        // 2 and 3 answer 1, 4 and 5 answer 2.
        let threads = mailbox.thread(ThreadCommand::REFERENCES, all()).await.unwrap();
        let places: Vec<_> = threads.nodes().iter().map(|node| (node.uid().unwrap(), node.depth)).collect();
        let expected = [(0, 0), (1, 1), (3, 2), (4, 2), (2, 1)].map(|(index, depth)| (uids[index], depth));
        assert_eq!(places, expected);
        client.logout().await.unwrap();
    }
}

#[tokio::test]
async fn flags_from_two_connections_at_once() {
    let Some(server) = Server::named() else { return };
    let name = "Beide";
    let mut one = server.client("user121", Security::ImplicitTls).await;
    let mut other = server.client("user121", Security::StartTls).await;
    let uids = bounded(filled(&mut one, name, 6)).await;
    {
        let (mut here, mut there) = (one.select(name).await.unwrap(), other.select(name).await.unwrap());
        for round in 0..20 {
            let keyword = Flag::try_from(format!("$Runde{round}").as_str()).unwrap();
            let (set, unset) =
                if round % 2 == 0 { (Flag::FLAGGED, Flag::SEEN) } else { (Flag::SEEN, Flag::FLAGGED) };
            let (first, second) = tokio::join!(
                here.add_flags(&uids, [set.clone(), keyword]),
                there.remove_flags(&uids[..3], [unset.clone()])
            );
            first.unwrap();
            second.unwrap();
        }
        // Both know the same of every message once they have asked.
        here.noop().await.unwrap();
        there.noop().await.unwrap();
        let known = |mailbox: &mail_tokio::imap::Mailbox<'_, TcpStream>| {
            let view = mailbox.view();
            uids.iter()
                .map(|&uid| view.flags(view.seq(uid)?).map(|flags| flags.contains(&Flag::SEEN)))
                .collect::<Vec<_>>()
        };
        assert_eq!(known(&here), known(&there));
        // What has changed since somebody looked is left alone, and told.
        let modseq = here.view().modseq(here.view().seq(uids[0]).unwrap()).unwrap();
        there.add_flags(uids[0], [Flag::ANSWERED]).await.unwrap();
        let mut store = Store::flags(uids[0], StoreAction::Add, [Flag::DRAFT]);
        store.unchanged_since = Some(modseq.get());
        let text = here.store(store).await.unwrap();
        let Some(Code::Modified(Some(modified))) = text.code else { panic!("{text:?}") };
        assert_eq!(modified.uids(), &UidSet::from(uids[0]));
        // One removes what the other is about to change: what is left is right on both.
        let (gone, kept) = tokio::join!(here.expunge(&uids[1..3]), there.add_flags(&uids, [Flag::DRAFT]));
        gone.unwrap();
        kept.or_else(|error| if matches!(error, ImapError::Refused { .. }) { Ok(()) } else { Err(error) })
            .unwrap();
        here.noop().await.unwrap();
        there.noop().await.unwrap();
        let left = [uids[0], uids[3], uids[4], uids[5]];
        assert_eq!(there.search(SearchKey::everything()).await.unwrap(), left);
        assert_eq!((here.exists(), there.exists()), (4, 4));
        for mailbox in [&here, &there] {
            assert!(mailbox.view().uids().eq(left), "{:?}", mailbox.view());
        }
    }
    let flags = flags_of(&mut one, name, uids[5]).await;
    assert_eq!(flags, flags_of(&mut other, name, uids[5]).await);
    assert!(flags.contains(&"$Runde19".to_owned()), "{flags:?}");
}

#[tokio::test]
async fn news_wake_who_waits() {
    let Some(server) = Server::named() else { return };
    let name = "Neues";
    let recorder = Recorder::client(1_000_000);
    let mut waiting = server.recorded("user122", Security::StartTls, &recorder).await;
    let mut writing = server.client("user122", Security::ImplicitTls).await;
    let uids = bounded(filled(&mut waiting, name, 3)).await;
    let mut mailbox = waiting.select(name).await.unwrap();
    let mut watch = mailbox.watch();
    let write = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let new = writing.append(name, letter(4), AppendOptions::default()).await.unwrap().unwrap();
        let mut mailbox = writing.select(name).await.unwrap();
        mailbox.add_flags(uids[0], [Flag::FLAGGED]).await.unwrap();
        mailbox.expunge(uids[1]).await.unwrap();
        new.uids.numbers(u32::MAX).next().unwrap()
    };
    let read = async {
        let (mut new, mut flagged, mut gone) = (None, None, None);
        while new.is_none() || flagged.is_none() || gone.is_none() {
            match watch.next().await.unwrap() {
                Change::New { uid, .. } => new = Some(uid),
                Change::Flags { uid, flags: Some(flags), .. } if flags.contains(&Flag::FLAGGED) => {
                    flagged = uid
                }
                Change::Vanished(set) => gone = Some(set),
                _ => {}
            }
        }
        (new.unwrap(), flagged.unwrap(), gone.unwrap())
    };
    let both = timeout(Duration::from_secs(20), async { tokio::join!(write, read) }).await;
    let (written, told) = both.unwrap_or_else(|_| panic!("{}", recorder.text_form()));
    assert_eq!(told, (written, uids[0], UidSet::from(uids[1])));
    bounded(watch.stop()).await.unwrap();
    let mailbox = waiting.mailbox().unwrap();
    assert!(mailbox.view().uids().eq([uids[0], uids[2], written]));
    // By the means that the server has.
    let said = recorder.text_form();
    assert!(said.contains(if server.is_dovecot() { " NOTIFY SET " } else { " IDLE" }), "{said}");
}

#[tokio::test]
async fn rights_quotas_and_annotations() {
    let Some(server) = Server::named() else { return };
    let mut owner = server.client("user123", Security::ImplicitTls).await;
    let name = "Geteilt";
    let uids = bounded(filled(&mut owner, name, 2)).await;
    owner.run(Command::Unselect).await.unwrap();

    let mine = owner.my_rights(name).await.unwrap();
    assert!(mine.contains(Rights::ADMINISTER | Rights::READ), "{mine}");
    owner.set_acl(name, "user124", RightsChange::Replace(Rights::LOOKUP | Rights::READ)).await.unwrap();
    let acl = owner.acl(name).await.unwrap();
    let entry = acl.entries.iter().find(|entry| entry.identifier == "user124").expect("no entry");
    assert!(entry.rights.contains(Rights::LOOKUP | Rights::READ) && !entry.rights.contains(Rights::WRITE));

    let mut guest = server.client("user124", Security::ImplicitTls).await;
    let shared = guest.list(ListRequest::all()).await.unwrap();
    let shared =
        shared.into_iter().map(|listed| listed.entry.name).find(|found| found.to_text().ends_with(name));
    let shared = shared.expect("not listed");
    assert!(!guest.my_rights(shared.clone()).await.unwrap().contains(Rights::WRITE));
    let mut mailbox = guest.select(shared.clone()).await.unwrap();
    assert_eq!(mailbox.search(SearchKey::everything()).await.unwrap(), uids);
    let refused = mailbox.add_flags(&uids, [Flag::FLAGGED]).await;
    let told: Vec<_> = mailbox.take_changes().collect();
    assert!(refused.is_err() || told.is_empty(), "{refused:?} {told:?}");
    owner.delete_acl(name, "user124").await.unwrap();
    // Who is there already may be let stay.
    let mut guest = server.client("user124", Security::ImplicitTls).await;
    assert!(guest.select(shared).await.is_err());

    let (roots, quotas) = owner.quota_roots("INBOX").await.unwrap();
    assert_eq!((roots.roots.len(), quotas.len()), (1, 1));
    let storage = quotas[0].of(&Resource::STORAGE).expect("no quota of storage");
    assert!(storage.limit > 0 && storage.usage < storage.limit, "{storage:?}");
    // Cyrus tells it to administrators alone.
    let quota = owner.quota(roots.roots[0].clone()).await;
    assert_eq!(quota.is_ok(), server.is_dovecot(), "{quota:?}");
    assert!(quota.is_err() || quota.unwrap().of(&Resource::STORAGE).unwrap().limit == storage.limit);

    let entry = EntryName::try_from("/private/comment").unwrap();
    let mailbox = MailboxName::new(name).unwrap();
    let get = GetMetadata::new(mailbox.clone(), entry.clone().into());
    // What no quoted string could hold.
    for value in [Some("Persönliches\r\n\"zwei\" {3}"), None] {
        let value = EntryValue { name: entry.clone(), value: value.map(Bytes::from) };
        let set = SetMetadata::new(mailbox.clone(), [value.clone()]).unwrap();
        owner.set_metadata(set).await.unwrap();
        let told = owner.metadata(get.clone()).await.unwrap();
        assert!(told == [value.clone()] || (value.value.is_none() && told.is_empty()), "{told:?}");
    }
    let id = owner
        .id(Identification::new().with("name", Some("postwire")).ok())
        .await
        .unwrap()
        .expect("no answer");
    assert!(id.iter().count() > 0);
}

#[tokio::test]
async fn the_rest_of_what_is_offered() {
    let Some(server) = Server::named() else { return };
    let mut client = server.client("user125", Security::StartTls).await;
    let name = "Übriges";
    let uids = bounded(filled(&mut client, name, 4)).await;
    let mut mailbox = client.select(name).await.unwrap();

    // PREVIEW, SAVEDATE, BINARY.SIZE; a header alone.
    let header = Section::parse(b"HEADER.FIELDS (Subject)").unwrap();
    let attributes = [
        FetchAttribute::Preview(Default::default()),
        FetchAttribute::SaveDate,
        FetchAttribute::BinarySize("1".parse().unwrap()),
        FetchAttribute::Body { section: header.clone(), partial: None, peek: true },
        FetchAttribute::ModSeq,
        FetchAttribute::BodyStructure,
    ];
    let mut mails = mailbox.fetch(&uids, attributes);
    let mut seen = 0;
    while let Some(mail) = mails.next().await.unwrap() {
        let Fetched::Message(mail) = mail else { panic!("{mail:?}") };
        assert_eq!((mail.uid, mail.fetch.damaged().count()), (Some(uids[seen]), 0));
        assert!(mail.fetch.items.iter().any(|item| matches!(item, FetchItem::Preview(_))), "{mail:?}");
        assert!(mail.modseq().is_some() && mail.body_structure().is_some());
        seen += 1;
    }
    assert_eq!(seen, 4);

    // Only what has changed since.
    let modseq = mailbox.view().modseq(mailbox.view().seq(uids[3]).unwrap()).unwrap();
    mailbox.add_flags(uids[1], [Flag::FLAGGED]).await.unwrap();
    let mut since = FetchCommand::new(UidSet::all(), [FetchAttribute::Flags]);
    since.changed_since = Some(modseq);
    let mut mails = mailbox.fetch_command(since);
    let Some(Fetched::Message(mail)) = mails.next().await.unwrap() else { panic!() };
    assert_eq!(mail.uid, Some(uids[1]));
    assert!(mails.next().await.unwrap().is_none());

    // Decoded, and in pieces.
    let mut text = Vec::new();
    let octets = mailbox
        .download(uids[3], Some("1".parse().unwrap()))
        .await
        .unwrap()
        .copy_to(&mut text)
        .await
        .unwrap();
    assert_eq!((octets, &text[..]), (text.len() as u64, "Grüße\r\n".repeat(400).as_bytes()));

    // Copies and moves say where to.
    let other = "Übriges/Kopien";
    let _ = client.delete(other).await;
    client.create(other).await.unwrap();
    let mut mailbox = client.select(name).await.unwrap();
    let copied = mailbox.copy_to(&uids[..2], other).await.unwrap().unwrap();
    let moved = mailbox.move_to(uids[2], other).await.unwrap().unwrap();
    assert!(copied.after(uids[1]).is_some() && moved.after(uids[2]) > copied.after(uids[1]));
    assert_eq!(mailbox.search(SearchKey::everything()).await.unwrap(), [uids[0], uids[1], uids[3]]);
    if client.has(&Capability::LIST_STATUS) {
        let listed = client
            .list(ListRequest::matching(ListPattern::new("%").unwrap()).status([StatusItem::Messages]))
            .await
            .unwrap();
        assert!(listed.iter().any(|one| one.entry.name.is_inbox() && one.status.is_some()), "{listed:?}");
    }
    client.logout().await.unwrap();
}

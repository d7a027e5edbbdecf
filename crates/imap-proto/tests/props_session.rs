//! A session against a small honest server whose mailbox others change: what the session tells is what there is, whatever the server
//! can, whatever happens meanwhile, and however octets are cut.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs
)]

mod model;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Buf;
use imap_proto::command::{FetchAttribute, FetchCommand, Store, StoreAction};
use imap_proto::search::SearchKey;
use imap_proto::session::{Change, Cursor, Event, Opening, Outcome, Session};
use imap_proto::{Command, Flag, Flags, MailboxName, Misuse, Seq, Uid, UidSet};
use model::{Behind, Connection, FLAGS, Features, World};
use proptest::collection::vec;
use proptest::prelude::*;
use sasl_core::{Credentials, client::Policy};
use wire_core::{Endpoint, Moment, Progress, Security};

/// What the application does, and what happens to it.
#[derive(Clone, Debug)]
enum Act {
    /// Others change the mailbox while nobody looks, or waits.
    Behind(Vec<Behind>),
    /// The same, with each of the commands that follow.
    Meanwhile(Vec<Vec<Behind>>),
    Resync,
    /// Selected without a cursor.
    Select,
    Watch,
    Stop,
    /// Time for the next question passes.
    Wait,
    Noop,
    Store(u8, u8),
    Fetch,
    Search,
    Expunge(u8),
    Move(u8),
    /// A new connection; what was known is kept.
    Reconnect,
    /// The same, and UIDs mean something else.
    Revalidate,
}

fn behind() -> impl Strategy<Value = Behind> {
    prop_oneof![
        3 => any::<u8>().prop_map(Behind::Arrives),
        2 => any::<u8>().prop_map(Behind::Goes),
        3 => (any::<u8>(), any::<u8>()).prop_map(|(which, flags)| Behind::Flags(which, flags)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => vec(behind(), 1..4).prop_map(Act::Behind),
        4 => vec(vec(behind(), 0..4), 1..5).prop_map(Act::Meanwhile),
        4 => Just(Act::Resync),
        1 => Just(Act::Select),
        4 => Just(Act::Watch),
        2 => Just(Act::Stop),
        2 => Just(Act::Wait),
        1 => Just(Act::Noop),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(which, flags)| Act::Store(which, flags)),
        1 => Just(Act::Fetch),
        1 => Just(Act::Search),
        1 => any::<u8>().prop_map(Act::Expunge),
        1 => any::<u8>().prop_map(Act::Move),
        2 => Just(Act::Reconnect),
        1 => Just(Act::Revalidate),
    ]
}

fn features() -> impl Strategy<Value = Features> {
    any::<[bool; 10]>().prop_map(
        |[condstore, qresync, esearch, moves, uidplus, idle, notify, refused, names, lazy]| Features {
            lazy,
            condstore,
            qresync,
            esearch,
            moves,
            uidplus,
            idle,
            notify: notify && !refused,
            notify_refused: refused && notify,
            names,
        },
    )
}

/// What the application knows of messages: their flags, if they were told.
type Idea = BTreeMap<u32, Option<String>>;

struct Run {
    world: World,
    connection: Connection,
    endpoint: Endpoint<Session>,
    now: Moment,
    pieces: usize,
    idea: Idea,
    /// Whether what is known is to be kept up: since `resync`, unless something else was selected.
    follows: bool,
    watching: bool,
    kept: (Cursor, Idea),
    log: Vec<String>,
    done: usize,
    /// There is more than was told: it changed too often meanwhile.
    arrived: bool,
}

fn session() -> Endpoint<Session> {
    let policy = Policy::new().dangerous_allow_cleartext_secrets();
    let opening = Opening::new(Security::Clear, Credentials::password("joe", "pencil")).policy(policy);
    Endpoint::new(Session::new(opening, [3; 32], Moment::ORIGIN))
}

fn written(flags: &Flags) -> String {
    let all: Vec<_> =
        FLAGS.iter().filter(|flag| flags.iter().any(|one| one.as_str() == **flag)).copied().collect();
    format!("({})", all.join(" "))
}

impl Run {
    fn new(features: Features, pieces: usize) -> Self {
        let world = World::new(features);
        Self {
            connection: Connection::new(&world),
            world,
            endpoint: session(),
            now: Moment::ORIGIN,
            pieces,
            idea: Idea::new(),
            follows: false,
            watching: false,
            kept: (Cursor::default(), Idea::new()),
            log: Vec::new(),
            done: 0,
            arrived: false,
        }
    }

    fn session(&mut self) -> &mut Session {
        self.endpoint.machine()
    }

    /// Runs until nobody has anything to say.
    fn run(&mut self) {
        for _ in 0..1_000_000 {
            match self.endpoint.poll(self.now).unwrap_or_else(|error| panic!("{error}: {:#?}", self.log)) {
                Progress::Event(event) => self.hear(event),
                Progress::Io { .. } => {
                    let tx = self.endpoint.transmit().unwrap();
                    let octets = tx.copy_to_bytes(tx.len());
                    if !octets.is_empty() {
                        let said = self.connection.said.len();
                        self.connection.hears(&mut self.world, &octets);
                        let lines = self.connection.said[said..].iter().map(|line| format!("C: {line}"));
                        self.log.extend(lines);
                        continue;
                    }
                    if self.connection.out.is_empty() {
                        return;
                    }
                    let piece: Vec<u8> =
                        self.connection.out.drain(..self.pieces.min(self.connection.out.len())).collect();
                    self.endpoint.recv_buf().extend_from_slice(&piece);
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it never ends: {:#?}", &self.log[self.log.len() - 30..]);
    }

    fn hear(&mut self, event: Event) {
        self.log.push(format!("{event:?}"));
        match event {
            Event::Change(change) => self.changed(change),
            Event::Message(_, message) => {
                let (uid, flags) = (message.uid.unwrap().get(), message.fetch.flags().map(written));
                if let (Some(known), Some(flags)) = (self.idea.get_mut(&uid), flags) {
                    *known = Some(flags);
                }
            }
            Event::Watching(_) => self.watching = true,
            Event::Done(_, outcome) => {
                self.done += 1;
                let outcome = outcome.unwrap_or_else(|refused| panic!("{refused}: {:#?}", self.log));
                if let Outcome::Completed(_) = outcome {}
            }
            _ => {}
        }
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::New { uid, flags } => {
                let before = self.idea.insert(uid.get(), flags.as_ref().map(written));
                assert!(before.is_none() || !self.follows, "{uid} is new twice: {:#?}", self.log);
            }
            Change::Flags { uid: Some(uid), flags: Some(flags), .. } => {
                if let Some(known) = self.idea.get_mut(&uid.get()) {
                    *known = Some(written(&flags));
                }
            }
            Change::Flags { uid: None, flags: Some(_), .. } => {
                assert!(!self.follows || !self.watching, "whose flags? {:#?}", self.log);
            }
            Change::Vanished(uids) => {
                self.idea.retain(|uid, _| !uids.contains(Uid::new(*uid).unwrap(), u32::MAX))
            }
            Change::Expunged(_) => assert!(!self.follows || !self.watching, "who went? {:#?}", self.log),
            Change::Reset => self.idea.clear(),
            Change::Arrived(_) => self.arrived = true,
            Change::Lost => panic!("an honest server is lost: {:#?}", self.log),
            _ => {}
        }
    }

    fn act(&mut self, act: &Act) {
        self.log.push(format!("{act:?}"));
        self.arrived = false;
        let ready = self.session().is_ready();
        let selected = ready && self.session().selected().is_some();
        match act {
            Act::Behind(all) => {
                for one in all {
                    self.world.change(*one);
                    self.connection.pushes(&self.world);
                }
            }
            Act::Meanwhile(script) => {
                self.connection.script.extend(script.iter().cloned());
                return;
            }
            Act::Resync => {
                self.end_watch();
                let (cursor, idea) = self.kept.clone();
                (self.idea, self.follows) = (idea, false);
                let cursor = Cursor::from_bytes(&cursor.to_bytes()).unwrap();
                self.follows = true;
                self.session().resync(MailboxName::INBOX, cursor).unwrap();
            }
            Act::Select => {
                self.end_watch();
                self.follows = false;
                self.session().select(MailboxName::INBOX, false).unwrap();
            }
            Act::Watch if selected && !self.watching => {
                self.session().watch().unwrap();
            }
            Act::Stop => self.end_watch(),
            Act::Wait => {
                let Some(deadline) = self.endpoint.deadline() else { return };
                self.now = deadline.max(self.now + Duration::from_secs(1));
            }
            Act::Noop => {
                self.end_watch();
                self.session().run(Command::Noop).unwrap();
            }
            Act::Store(which, bits) if selected => {
                self.end_watch();
                let Some(uid) = self.any(*which) else { return };
                let given = FLAGS.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 != 0);
                let given: Vec<_> = given.map(|(_, flag)| Flag::try_from(*flag).unwrap()).collect();
                let action =
                    [StoreAction::Add, StoreAction::Remove, StoreAction::Set][usize::from(bits >> 5) % 3];
                self.session().store(Store::flags(uid, action, given)).unwrap();
            }
            Act::Fetch if selected => {
                self.end_watch();
                let fetch = FetchCommand::new(UidSet::all(), [FetchAttribute::Uid, FetchAttribute::Flags]);
                self.session().fetch(fetch).unwrap();
            }
            Act::Search if selected => {
                self.end_watch();
                self.session().search(SearchKey::everything()).unwrap();
            }
            Act::Expunge(which) if selected => {
                self.end_watch();
                let Some(uid) = self.any(*which) else { return };
                let able = self.world.features.uidplus;
                let result = self.session().expunge(uid.into());
                assert_eq!(result.is_ok(), able);
                assert!(able || result == Err(Misuse::WouldExpungeOthers));
            }
            Act::Move(which) if selected => {
                self.end_watch();
                let Some(uid) = self.any(*which) else { return };
                let able = self.world.features.uidplus || self.world.features.moves;
                let result = self.session().move_to(uid.into(), MailboxName::new("Archive").unwrap());
                assert_eq!(result.is_ok(), able);
            }
            Act::Reconnect => self.reconnect(),
            Act::Revalidate => {
                self.reconnect();
                self.world.revalidate();
            }
            _ => return,
        }
        self.run();
        let resynced = matches!(act, Act::Resync) && !self.arrived;
        self.check(resynced);
    }

    fn any(&self, which: u8) -> Option<Uid> {
        let seen = &self.connection.seen;
        (!seen.is_empty()).then(|| Uid::new(seen[usize::from(which) % seen.len()].0).unwrap())
    }

    fn end_watch(&mut self) {
        if self.watching {
            self.session().stop_watching();
            self.run();
            self.watching = false;
        }
    }

    fn reconnect(&mut self) {
        self.watching = false;
        self.follows = false;
        self.endpoint = session();
        self.connection = Connection::new(&self.world);
        self.now = Moment::ORIGIN;
    }

    /// What the server has told is what is known.
    fn check(&mut self, resynced: bool) {
        let view = self.endpoint.machine_ref().view().clone();
        if !self.connection.selected {
            return;
        }
        let seen = self.connection.seen.clone();
        let because = || format!("{:#?}", self.log);
        assert_eq!(view.exists() as usize, seen.len(), "{}", because());
        let waits = self.watching && self.follows;
        let is_gone = |uid: u32| !self.world.mails.iter().any(|mail| mail.uid == uid);
        let has_ghosts = seen.iter().any(|(uid, _)| is_gone(*uid));
        for (at, (uid, told)) in seen.iter().enumerate() {
            let seq = Seq::new(at as u32 + 1).unwrap();
            let known = view.uid(seq).map(Uid::get);
            assert!(known.is_none_or(|known| known == *uid), "{seq} is {known:?}, not {uid}: {}", because());
            if let (Some(flags), Some(told)) = (view.flags(seq), told) {
                assert_eq!(written(&flags), model::flags(*told), "{uid}: {}", because());
            }
            // A server that counts what is gone does not let anybody know which that is.
            if (resynced || waits) && !has_ghosts {
                assert_eq!(known, Some(*uid), "{seq}: {}", because());
                assert_eq!(view.seq(Uid::new(*uid).unwrap()), Some(seq));
            }
        }
        if resynced || waits {
            let is_there =
                |uid: u32| !self.world.features.lazy || self.world.mails.iter().any(|mail| mail.uid == uid);
            let told: BTreeMap<_, _> = seen
                .iter()
                .filter(|(uid, _)| is_there(*uid))
                .map(|(uid, flags)| (*uid, flags.map(model::flags)))
                .collect();
            if self.world.features.lazy {
                // Gone ones may be known still.
                self.idea.retain(|uid, _| is_there(*uid));
            }
            assert_eq!(self.idea, told, "{}", because());
            // Nobody else has done anything since.
            if waits && (self.world.features.idle || self.connection.notifies) {
                let there: Idea =
                    self.world.idea().into_iter().map(|(uid, flags)| (uid, Some(flags))).collect();
                assert_eq!(self.idea, there, "{}", because());
            }
            let cursor = self.session().cursor().unwrap_or_else(|| panic!("no cursor: {:#?}", self.log));
            assert!(cursor.len() == seen.len() || self.world.features.lazy);
            self.kept = (cursor, self.idea.clone());
        }
    }
}

fn play(features: Features, acts: &[Act], pieces: usize) -> Vec<String> {
    let mut run = Run::new(features, pieces);
    run.run();
    assert!(run.session().is_ready());
    for act in acts {
        if !run.session().is_ready() {
            run.run();
        }
        run.act(act);
    }
    // In the end it is as at the beginning: looked at, and known.
    run.act(&Act::Resync);
    run.log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_is_what_there_is(features in features(), acts in vec(act(), 1..25), pieces in 1..40_usize) {
        let whole = play(features, &acts, usize::MAX);
        let cut = play(features, &acts, pieces);
        // When a command goes out in relation to what comes in is a matter of time; what is told is not.
        let told = |log: Vec<String>| log.into_iter().filter(|line| !line.starts_with("C: ")).collect::<Vec<_>>();
        prop_assert_eq!(told(whole), told(cut));
    }
}

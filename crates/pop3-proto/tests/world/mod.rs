//! What stands around a collector and a server in a test: a maildrop, a place to store messages, a journal.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    missing_docs
)]

use std::sync::Arc;

use bytes::Bytes;
use pop3_proto::collector::{
    Collector, CollectorError, Download, Event as Collecting, Journal, Method, Occurrence as Step, Opening,
    Plan, Policy, Report,
};
use pop3_proto::server::{Config, Event, Listing, Server};
use pop3_proto::{Capabilities, Error, Expire, Language, Reply};
use sasl_core::server::{Answer, Question};
use sasl_core::stored::ScramVerifier;
use sasl_core::{Credentials, Mechanism};
use test_support::{End, Occurrence, Pair, Side, pki};
use wire_core::{Endpoint, Moment, Security};

pub const DAY: u64 = 86_400;

pub fn joe() -> Credentials {
    Credentials::password("joe", "pencil")
}

pub fn credentials(mechanism: Mechanism, good: bool) -> Credentials {
    match mechanism {
        Mechanism::XOAuth2 | Mechanism::OAuthBearer => {
            Credentials::oauth("joe", if good { "token" } else { "stolen" })
        }
        Mechanism::External => Credentials::external(if good { None } else { Some("root") }),
        Mechanism::Anonymous => Credentials::anonymous("trace"),
        _ => Credentials::password("joe", if good { "pencil" } else { "wrong" }),
    }
}

pub fn opening(security: Security, credentials: Credentials) -> Opening {
    let policy = sasl_core::client::Policy::new()
        .dangerous_allow_cleartext_secrets()
        .minimum(Mechanism::Anonymous.strength());
    Opening::new(security, credentials).policy(policy)
}

pub fn config() -> Config {
    Config::new("pop.example".parse().unwrap(), sasl_core::server::Config::new(&[7; 32][..]))
}

/// Takes logins in clear.
pub fn plain() -> Config {
    let auth = sasl_core::server::Config::new(&[7; 32][..])
        .mechanisms(&[Mechanism::Plain])
        .dangerous_allow_cleartext_secrets();
    Config::new("pop.example".parse().unwrap(), auth).tls_for_auth(false)
}

fn machines(opening: Opening, config: Config) -> (Collector, Server) {
    (Collector::new(opening, [1; 32], Moment::ORIGIN), Server::new(Arc::new(config), [2; 32], Moment::ORIGIN))
}

pub fn clear(opening: Opening, config: Config) -> Pair<Collector, Server> {
    let (collector, server) = machines(opening, config);
    Pair::new(Endpoint::new(collector), Endpoint::new(server))
}

pub fn implicit(opening: Opening, config: Config) -> Pair<Collector, Server> {
    let (collector, server) = machines(opening, config);
    let (chain, key) = pki::alice().pair();
    let client_tls = pki::authority().client().client_certificate(chain, key).unwrap().build().unwrap();
    let server_tls =
        pki::server().server().client_ca_optional(pki::authority().pem().as_bytes()).build().unwrap();
    Pair::implicit_tls(collector, server, &client_tls, &server_tls)
}

/// An event of the server's that is not answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Silent {
    Connected,
    Authenticate,
    Open,
    Body,
    Update,
}

pub struct World {
    pub user: &'static str,
    pub password: &'static str,
    pub maildrop: Vec<(String, Vec<u8>)>,
    pub plan: Plan,
    pub journal: Journal,
    /// Seconds since 1970.
    pub now: u64,
    /// Ids and messages that were committed, in all sessions.
    pub stored: Vec<(String, Vec<u8>)>,
    /// Ids of messages that the server removed, in all sessions.
    pub removed: Vec<String>,
    pub opened: Vec<String>,
    pub questions: usize,
    pub goodbye: Option<Reply>,
    pub quits: bool,
    pub anonymous: bool,
    pub per_user: bool,
    pub refuse_connection: bool,
    pub refuse_open: Option<Reply>,
    pub unreadable: Option<u32>,
    pub breaks_off: Option<u32>,
    pub silent: Option<Silent>,
    pub ascii_only: Option<bool>,
    pub language: Option<Language>,
    download: Option<Download>,
    receiving: (String, Vec<u8>),
}

/// As it must arrive: a last line that does not end is ended.
pub fn whole(message: &[u8]) -> Vec<u8> {
    let end: &[u8] = if message.is_empty() || message.ends_with(b"\r\n") { b"" } else { b"\r\n" };
    [message, end].concat()
}

impl World {
    pub fn new(messages: &[(&str, &str)]) -> Self {
        let maildrop =
            messages.iter().map(|(id, text)| ((*id).to_owned(), text.as_bytes().to_vec())).collect();
        Self {
            user: "joe",
            password: "pencil",
            maildrop,
            plan: Policy::Delete.into(),
            journal: Journal::new(),
            now: 0,
            stored: Vec::new(),
            removed: Vec::new(),
            opened: Vec::new(),
            questions: 0,
            goodbye: None,
            quits: true,
            anonymous: true,
            per_user: false,
            refuse_connection: false,
            refuse_open: None,
            unreadable: None,
            breaks_off: None,
            silent: None,
            ascii_only: None,
            language: None,
            download: None,
            receiving: Default::default(),
        }
    }

    pub fn policy(mut self, policy: Policy) -> Self {
        self.plan = policy.into();
        self
    }

    pub fn add(&mut self, id: &str, text: &str) {
        self.maildrop.push((id.to_owned(), text.as_bytes().to_vec()));
    }

    /// A whole session in clear, with the journal as it is after it was written and read.
    pub fn session(&mut self) {
        self.journal = Journal::parse(&self.journal.to_text()).unwrap();
        self.run(clear(opening(Security::Clear, joe()), plain())).assert_closed();
        assert!(self.goodbye.as_ref().unwrap().is_positive());
    }

    pub fn run(&mut self, mut pair: Pair<Collector, Server>) -> Met {
        (self.download, self.goodbye) = (None, None);
        let mut client_now = None;
        loop {
            pair.run(|occurrence| self.on(occurrence));
            if client_now.is_none() && !pair.client_end().is_open() {
                client_now = Some(pair.now());
            }
            if pair.is_over() || !pair.advance_to_deadline() {
                break;
            }
        }
        Met { pair, client_now }
    }

    pub fn report(&self) -> &Report {
        self.download.as_ref().unwrap().report()
    }

    pub fn on(&mut self, occurrence: Occurrence<'_, Collector, Server>) {
        match occurrence {
            Occurrence::Client(event, collector) => self.collect(event, collector),
            Occurrence::Server(event, server) => self.serve(event, server),
        }
    }

    fn collect(&mut self, event: Collecting, collector: &mut Collector) {
        match event {
            Collecting::Ready => collector.survey().unwrap(),
            Collecting::Survey(survey) => {
                let begun =
                    Download::begin(collector, self.plan.clone(), survey, &mut self.journal, self.now);
                self.download = Some(begun.unwrap());
            }
            Collecting::Goodbye(reply) => {
                self.goodbye = Some(reply);
                return;
            }
            event => match self.download.as_mut().and_then(|download| download.on_event(event)) {
                Some(Step::Message(found)) => {
                    let id = found.unique_id.unwrap().as_bytes().to_vec();
                    self.receiving = (String::from_utf8(id).unwrap(), Vec::new());
                }
                Some(Step::Body(chunk)) => self.receiving.1.extend_from_slice(&chunk),
                Some(Step::BodyEnd) => {
                    self.stored.push(std::mem::take(&mut self.receiving));
                    self.download.as_mut().unwrap().commit(&mut self.journal, collector).unwrap();
                }
                _ => {}
            },
        }
        let done =
            self.download.as_ref().is_some_and(|download| download.is_complete() && !download.is_deleting());
        if done && self.quits {
            let _ = collector.quit();
        }
    }

    fn serve(&mut self, event: Event, server: &mut Server) {
        let silent = |which| self.silent == Some(which);
        match event {
            Event::Connected if silent(Silent::Connected) => {}
            Event::Connected if self.refuse_connection => {
                server.reply(Reply::too_many_connections()).unwrap();
            }
            Event::Connected => server.accept().unwrap(),
            Event::Authenticate(_) if silent(Silent::Authenticate) => {}
            Event::Authenticate(question) => {
                self.questions += 1;
                server.authenticate(self.answer(question)).unwrap();
            }
            Event::Open(_) if silent(Silent::Open) => {}
            Event::Open(identity) => {
                if let Some(reply) = self.refuse_open.clone() {
                    server.reply(reply).unwrap();
                    return;
                }
                self.opened.push(identity.user().to_owned());
                let mut listing = Listing::new();
                for (id, message) in &self.maildrop {
                    listing.push(whole(message).len() as u64, id).unwrap();
                }
                if self.per_user {
                    listing = listing.expire(Expire::Never).login_delay(60);
                }
                server.open(listing).unwrap();
            }
            Event::Retrieve { message, .. } if self.unreadable == Some(message) => {
                server.reply(Reply::unreadable()).unwrap();
            }
            Event::Retrieve { message, ascii_only, .. } => {
                self.ascii_only = Some(ascii_only);
                server.accept().unwrap();
                for piece in self.maildrop[message as usize - 1].1.chunks(5) {
                    server.body(Bytes::copy_from_slice(piece)).unwrap();
                }
                if self.breaks_off == Some(message) {
                    server.abort_body();
                } else if self.silent != Some(Silent::Body) {
                    server.end_body().unwrap();
                }
            }
            Event::Update(_) if silent(Silent::Update) => {}
            Event::Update(deleted) => {
                self.language = Some(server.session().language);
                for message in deleted.iter().rev() {
                    let (id, _) = self.maildrop.remove(*message as usize - 1);
                    self.removed.push(id);
                }
                let begin = self.removed.len() - deleted.len();
                self.removed[begin..].reverse();
                server.accept().unwrap();
            }
            Event::Secured(_) | Event::AuthenticationFailed(_) => {}
            event => panic!("{event:?}"),
        }
    }

    fn answer(&self, question: Question) -> Answer {
        let verify = |good: bool| if good { Answer::Accept } else { Answer::Reject };
        match question {
            Question::Password { user, password } => {
                verify(user == self.user && password.expose() == self.password.as_bytes())
            }
            Question::Scram { hash, .. } => Answer::Verifier(
                ScramVerifier::generate(hash, &self.password.into(), b"some salt of ours", 4096).unwrap(),
            ),
            Question::CramMd5 { .. } | Question::Apop { .. } => Answer::CramSecret(self.password.into()),
            Question::Token { token, .. } if token.expose() == b"token" => Answer::AcceptAs("joe".into()),
            Question::External { authzid: None, .. } => Answer::AcceptAs("joe".into()),
            Question::Anonymous { .. } => verify(self.anonymous),
            _ => Answer::Reject,
        }
    }

    pub fn assert_stored(&self, ids: &[&str]) {
        let stored: Vec<&str> = self.stored.iter().map(|(id, _)| &id[..]).collect();
        assert_eq!(stored, ids);
    }

    /// Every message that is stored is as the server had it; for the four of these tests.
    pub fn assert_what_is_stored_is_whole(&self) {
        for (id, text) in &self.stored {
            let original = super::MESSAGES.iter().find(|(have, _)| have == id).unwrap();
            assert_eq!(*text, whole(original.1.as_bytes()), "{id}");
        }
    }

    /// All is here and nothing is there.
    pub fn assert_all_moved(&self, ids: &[&str]) {
        for id in ids {
            assert!(self.stored.iter().any(|(have, _)| have == id), "{id} is lost");
        }
        self.assert_what_is_stored_is_whole();
        assert_eq!(self.removed, ids);
        assert!(self.maildrop.is_empty());
    }
}

/// How a session went.
pub struct Met {
    pub pair: Pair<Collector, Server>,
    /// When the client was done.
    pub client_now: Option<Moment>,
}

impl Met {
    #[track_caller]
    pub fn assert_closed(&self) {
        assert!(self.pair.client_end().is_closed(), "{:?}", self.pair.client_end());
        assert!(self.pair.server_end().is_closed(), "{:?}", self.pair.server_end());
    }

    pub fn sent(&self, side: Side) -> u64 {
        self.pair.sent(side)
    }

    pub fn capabilities(&mut self) -> &Capabilities {
        self.pair.client.machine().capabilities()
    }

    #[track_caller]
    pub fn client_error(&self) -> &CollectorError {
        match self.pair.client_end() {
            End::Failed(wire_core::Error::Machine(error)) => error,
            end => panic!("{end:?}"),
        }
    }

    #[track_caller]
    pub fn connection_error(&self) -> &Error {
        match self.client_error() {
            CollectorError::Connection(error) => error,
            error => panic!("{error}"),
        }
    }

    /// How the login was refused.
    #[track_caller]
    pub fn login_error(&self) -> (&Method, &Reply) {
        match self.client_error() {
            CollectorError::Login { method, reply } => (method, reply),
            error => panic!("{error}"),
        }
    }
}

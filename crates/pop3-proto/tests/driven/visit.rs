//! A collector against a server that is a function from commands to replies.

use pop3_proto::collector::{
    Collector, CollectorError, Download, DownloadError, Event, Journal, Occurrence, Opening, Plan, Policy,
    Report, Survey,
};
use sasl_core::Credentials;
use wire_core::{Endpoint, Moment, Progress, Security};

use super::drain;

/// What a collector is told to do, and finds.
#[derive(Clone)]
pub struct Visit {
    pub opening: Opening,
    pub greeting: &'static str,
    pub plan: Plan,
    pub journal: Journal,
    /// Seconds since 1970.
    pub time: u64,
    pub pieces: usize,
    /// The server leaves after so many octets.
    pub cut: Option<usize>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Visited {
    pub commands: Vec<String>,
    pub survey: Option<Survey>,
    pub messages: Vec<(u32, Vec<u8>)>,
    pub report: Report,
    pub journal: Journal,
    pub refused: Option<DownloadError>,
    pub goodbye: Option<String>,
    pub error: Option<CollectorError>,
    /// Octets that came from the server.
    pub heard: usize,
    /// How often the machine was asked to go on.
    pub polls: usize,
}

impl Visited {
    /// How many commands begin so.
    pub fn count(&self, command: &str) -> usize {
        self.commands.iter().filter(|said| said.starts_with(command)).count()
    }
}

pub fn opening() -> Opening {
    let policy = sasl_core::client::Policy::new().dangerous_allow_cleartext_secrets();
    Opening::new(Security::Clear, Credentials::password("joe", "pw")).policy(policy)
}

impl Visit {
    pub fn new(policy: Policy) -> Self {
        Self {
            opening: opening(),
            greeting: "+OK ready\r\n",
            plan: policy.into(),
            journal: Journal::new(),
            time: 1_700_000_000,
            pieces: usize::MAX,
            cut: None,
        }
    }

    pub fn opening(mut self, change: impl FnOnce(Opening) -> Opening) -> Self {
        self.opening = change(self.opening);
        self
    }

    /// Runs it in pieces of several sizes, which must not matter.
    pub fn run(&self, answers: impl Fn(&str) -> String) -> Visited {
        let whole = self.visit(&answers);
        for pieces in 1..12 {
            let again = Self { pieces, ..self.clone() }.visit(&answers);
            let again = Visited { polls: whole.polls, ..again };
            assert_eq!(format!("{again:?}"), format!("{whole:?}"), "pieces of {pieces}");
        }
        whole
    }

    pub fn visit(&self, answers: impl Fn(&str) -> String) -> Visited {
        let mut visited = Visited { journal: self.journal.clone(), ..Visited::default() };
        let mut endpoint = Endpoint::new(Collector::new(self.opening.clone(), [3; 32], Moment::ORIGIN));
        let mut download: Option<Download> = None;
        let mut inbound = self.greeting.as_bytes().to_vec();
        let mut said = Vec::new();
        let mut left = false;
        for _ in 0..1_000_000 {
            visited.polls += 1;
            match endpoint.poll(Moment::ORIGIN) {
                Ok(Progress::Event(event)) => {
                    self.on_event(event, endpoint.machine(), &mut download, &mut visited);
                }
                Ok(Progress::Io { .. }) => {
                    drain(&mut endpoint, &mut said);
                    while let Some(end) = said.windows(2).position(|two| two == b"\r\n") {
                        let line = String::from_utf8(said.drain(..end + 2).collect()).unwrap();
                        inbound.extend_from_slice(answers(line.trim_end()).as_bytes());
                        visited.commands.push(line.trim_end().to_owned());
                    }
                    let room = self.cut.map_or(usize::MAX, |cut| cut - visited.heard);
                    let piece: Vec<u8> = inbound.drain(..self.pieces.min(inbound.len()).min(room)).collect();
                    visited.heard += piece.len();
                    endpoint.recv_buf().extend_from_slice(&piece);
                    if self.cut == Some(visited.heard) && !left {
                        left = true;
                        endpoint.recv_eof();
                    } else if piece.is_empty() {
                        break;
                    }
                }
                Ok(_) => break,
                Err(wire_core::Error::Machine(error)) => {
                    visited.error = Some(error);
                    break;
                }
                Err(error) => panic!("{error}"),
            }
        }
        if let Some(download) = download {
            visited.report = download.into_report();
        }
        visited
    }

    fn on_event(
        &self,
        event: Event,
        collector: &mut Collector,
        download: &mut Option<Download>,
        visited: &mut Visited,
    ) {
        match event {
            Event::Ready => return collector.survey().unwrap(),
            Event::Survey(survey) => {
                visited.survey = Some(survey.clone());
                match Download::begin(collector, self.plan.clone(), survey, &mut visited.journal, self.time) {
                    Ok(begun) => *download = Some(begun),
                    Err(error) => {
                        visited.refused = Some(error);
                        collector.quit().unwrap();
                    }
                }
            }
            Event::Goodbye(reply) => visited.goodbye = Some(reply.to_string()),
            event => {
                let Some(download) = download else { return };
                match download.on_event(event) {
                    Some(Occurrence::Message(found)) => visited.messages.push((found.message, Vec::new())),
                    Some(Occurrence::Body(chunk)) => {
                        visited.messages.last_mut().unwrap().1.extend_from_slice(&chunk)
                    }
                    Some(Occurrence::BodyEnd) => download.commit(&mut visited.journal, collector).unwrap(),
                    _ => {}
                }
            }
        }
        if let Some(download) = download
            && download.is_complete()
            && !download.is_deleting()
        {
            let _ = collector.quit();
        }
    }
}

/// Three messages, no CAPA; `changed` answers what is to be answered otherwise.
pub fn plain<'a>(changed: impl Fn(&str) -> Option<&'a str>) -> impl Fn(&str) -> String {
    move |command| {
        if let Some(reply) = changed(command) {
            return reply.to_owned();
        }
        match command {
            "STAT" => "+OK 3 60\r\n",
            "LIST" => "+OK\r\n1 10\r\n2 20\r\n3 30\r\n.\r\n",
            "UIDL" => "+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n",
            "CAPA" => "-ERR unknown command\r\n",
            _ if command.starts_with("RETR") => "+OK\r\nSubject: x\r\n\r\n..x\r\n.\r\n",
            _ => "+OK\r\n",
        }
        .to_owned()
    }
}

//! The run loop by hand: an endpoint, a socket, and nothing else.
//!
//! Every adapter is made of this loop. An endpoint is a protocol with its buffers; it never touches the socket and
//! never asks for the time. Whoever drives it does four things, as it says:
//!
//! * hand an event to the application,
//! * write what it has to send,
//! * read what the peer sends,
//! * wait no longer than its deadline.
//!
//! The program serves one session on a free port of loopback, with a client of blocking std on the other side, so
//! that it can be run and watched.
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Buf;
use postwire::blocking::smtp::SmtpClient;
use postwire::smtp::Reply;
use postwire::smtp::sender::{Envelope, Security};
use postwire::smtp::server::{Config, Event, Server};
use postwire::wire::{Endpoint, Moment, Progress};

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let client = std::thread::spawn(move || -> Result<(), Failed> {
        let mut smtp = SmtpClient::builder("127.0.0.1", Security::Clear).port(port).connect()?;
        let sent = smtp.send(
            Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com"])?,
            "Subject: by hand\r\n\r\nNo runtime was used.\r\n",
        )?;
        for (recipient, outcome) in &sent {
            println!("client: {recipient}: {outcome}");
        }
        Ok(smtp.quit()?)
    });
    let (stream, _) = listener.accept()?;
    serve(stream)?;
    client.join().map_err(|_| "the client panicked")?
}

fn serve(mut socket: TcpStream) -> Result<(), Failed> {
    // Replies must leave at once: Nagle's algorithm would hold them back for the next acknowledgement.
    socket.set_nodelay(true)?;

    // Moments count from an origin of our choice. The seed is for the nonces of AUTH: this server offers none.
    let origin = Instant::now();
    let config = Arc::new(Config::mx("localhost".parse()?));
    let mut endpoint = Endpoint::new(Server::new(config, [0; 32], Moment::ORIGIN));

    loop {
        match endpoint.poll(Moment::new(origin.elapsed()))? {
            // Something for the application. Its answers are calls to the machine; nothing is sent by them.
            Progress::Event(event) => handle(event, endpoint.machine())?,

            Progress::Io { read } => {
                // First write everything, in as few pieces as possible ...
                let tx = endpoint.transmit()?;
                while tx.has_remaining() {
                    let written = socket.write(tx.chunk())?;
                    tx.advance(written);
                }
                // ... then read, no longer than until the deadline. If the machine does not want to read, it
                // waits for us: then we have forgotten to answer an event.
                if !read {
                    return Err("an event was not answered".into());
                }
                let now = Moment::new(origin.elapsed());
                let patience =
                    endpoint.deadline().map(|deadline| (deadline - now).max(Duration::from_millis(1)));
                socket.set_read_timeout(patience)?;
                let mut buffer = [0; 4096];
                match socket.read(&mut buffer) {
                    Ok(0) => endpoint.recv_eof(),
                    Ok(n) => endpoint.recv_buf().extend_from_slice(buffer.get(..n).unwrap_or_default()),
                    // Time is up: the next poll says what that means.
                    Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                    Err(error) => return Err(error.into()),
                }
            }

            // Not offered by this configuration. With TLS: write everything, then `endpoint.install_tls(proof, ..)`.
            Progress::StartTls(_) => return Err("no certificate".into()),

            // The last words, then the end.
            _ => {
                let tx = endpoint.transmit()?;
                while tx.has_remaining() {
                    let written = socket.write(tx.chunk())?;
                    tx.advance(written);
                }
                return Ok(());
            }
        }
    }
}

/// The application: it takes everything but mail for eve.
fn handle(event: Event, server: &mut Server) -> Result<(), Failed> {
    match event {
        Event::Recipient { to, .. } if to.to_string().starts_with("eve@") => {
            server.reply(Reply::no_such_user())?
        }
        Event::Connected
        | Event::Hello { .. }
        | Event::Mail { .. }
        | Event::Recipient { .. }
        | Event::Data => {
            server.accept()?;
        }
        // A piece of the message; the next one is read when the loop polls again.
        Event::Body(chunk) => println!("server: {} octets", chunk.len()),
        Event::BodyEnd => server.accept()?,
        other => println!("server: {other:?}"),
    }
    Ok(())
}

//! A message that is larger than every window passes through the driver.
#![cfg(feature = "smtp")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use mail_tokio::smtp::{Body, Handler, Recipient, ServerOptions, Session, SmtpClient, serve_connection};
use smtp_proto::Reply;
use smtp_proto::sender::{Envelope, Security};
use smtp_proto::server::Config;

struct Inbox(tokio::sync::mpsc::UnboundedSender<usize>);

impl Handler for Inbox {
    async fn recipient(&mut self, _session: &Session, _recipient: &Recipient) -> Reply {
        Reply::ok()
    }

    async fn message(&mut self, _session: &Session, mut body: Body<'_>) -> Reply {
        let mut octets = 0;
        while let Ok(Some(chunk)) = body.next().await {
            octets += chunk.len();
        }
        self.0.send(octets).unwrap();
        Reply::accepted()
    }
}

#[tokio::test]
async fn three_mebioctets_in_one_message() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let (near, far) = tokio::io::duplex(4096);
    tokio::spawn(async move {
        let options = ServerOptions::new(Config::mx("mx.example.org".parse().unwrap()));
        serve_connection(far, None, &options, Inbox(sender)).await;
    });
    let message = "Subject: large\r\n\r\n".to_owned() + &"0123456789\r\n".repeat(256 * 1024);
    let work = async {
        let mut client = SmtpClient::builder("mx", Security::Clear).connect_over(near).await.unwrap();
        let envelope = Envelope::new("a@example.org", ["b@example.net"]).unwrap();
        let sent = client.send(envelope, message.clone()).await.unwrap();
        assert!(sent.all_accepted(), "{sent:?}");
        client.quit().await.unwrap();
    };
    tokio::time::timeout(Duration::from_secs(60), work).await.unwrap();
    assert_eq!(receiver.recv().await, Some(message.len()));
}

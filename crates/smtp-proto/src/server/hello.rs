//! The list of extensions: what is offered depends on TLS and on who the client is.

use bytes::BufMut;

use super::{Pipelining, Server, State};
use crate::Host;

impl Server {
    /// The client may use the session: answers EHLO with the extensions, HELO with one line.
    pub(super) fn welcome(&mut self, host: Host, extended: bool) {
        self.session.hello = Some(host.detach());
        self.session.extended = extended;
        self.state = State::Ready;
        if !extended {
            self.outbox.put_slice(b"250 ");
            self.outbox.put_slice(self.config.hostname.as_bytes());
            self.outbox.put_slice(b"\r\n");
            return;
        }
        let mut lines: Vec<Vec<u8>> = vec![self.config.hostname.as_bytes().to_vec()];
        lines.extend(self.keywords());
        let last = lines.len() - 1;
        for (i, line) in lines.iter().enumerate() {
            self.outbox.put_slice(if i == last { b"250 " } else { b"250-" });
            self.outbox.put_slice(line);
            self.outbox.put_slice(b"\r\n");
        }
    }

    /// One EHLO keyword a line, with its parameters.
    fn keywords(&self) -> Vec<Vec<u8>> {
        let config = &self.config;
        let secure = self.session.tls.is_some();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut offer = |offered: bool, line: &str| {
            if offered {
                lines.push(line.as_bytes().to_vec());
            }
        };
        offer(config.pipelining != Pipelining::Off, "PIPELINING");
        offer(true, &format!("SIZE {}", config.limits.message_octets));
        offer(config.eight_bit_mime, "8BITMIME");
        offer(true, "ENHANCEDSTATUSCODES");
        offer(config.chunking, "CHUNKING");
        offer(config.chunking, "BINARYMIME");
        // RFC 6531 section 3.1: "Servers offering this extension MUST provide support for, and announce, the
        // 8BITMIME extension".
        offer(config.smtp_utf8 && config.eight_bit_mime, "SMTPUTF8");
        offer(config.dsn, "DSN");
        // RFC 3207 section 4.2: "A server MUST NOT return the STARTTLS extension in response to an EHLO command
        // received after a TLS handshake has completed."
        offer(config.tls && !secure, "STARTTLS");
        if let Some(auth) = self.auth_offer() {
            offer(true, &auth);
        }
        // RFC 8689 section 4.1: only under TLS.
        offer(config.require_tls && secure, "REQUIRETLS");
        match config.deliver_by {
            Some(0) => offer(true, "DELIVERBY"),
            Some(least) => offer(true, &format!("DELIVERBY {least}")),
            None => {}
        }
        if let Some(longest) = config.future_release {
            offer(true, &format!("FUTURERELEASE {longest} 9999-12-31T23:59:59Z"));
        }
        offer(config.mt_priority, "MT-PRIORITY");
        offer(config.rrvs, "RRVS");
        offer(true, &format!("LIMITS RCPTMAX={}", config.limits.recipients.min(999_999)));
        offer(config.vrfy, "VRFY");
        offer(config.expn, "EXPN");
        offer(config.etrn, "ETRN");
        offer(true, "HELP");
        offer(self.trusted, "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
        offer(self.trusted, "XFORWARD NAME ADDR PORT PROTO HELO IDENT SOURCE");
        lines
    }

    fn auth_offer(&self) -> Option<String> {
        let auth = self.config.auth.as_ref()?;
        // RFC 4954 section 4: mechanisms that would be refused in clear are not offered there.
        if self.config.tls_for_auth && self.session.tls.is_none() || self.session.identity.is_some() {
            return None;
        }
        let mechanisms = auth.offered(&self.transport());
        if mechanisms.is_empty() {
            return None;
        }
        Some(mechanisms.iter().fold(String::from("AUTH"), |line, mechanism| line + " " + mechanism.name()))
    }
}

//! Who sends, and to whom.

use std::collections::HashSet;

use crate::AddrSpec;

/// The envelope of a message: who sends it, and to whom. It is what MAIL FROM and RCPT TO are made of.
///
/// Nobody is in it twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    sender: Option<AddrSpec>,
    recipients: Vec<AddrSpec>,
}

impl Envelope {
    /// An envelope; `None` is the empty reverse-path, which reports have (RFC 3464 section 2).
    pub fn new(sender: Option<AddrSpec>, recipients: impl IntoIterator<Item = AddrSpec>) -> Self {
        let mut known = HashSet::new();
        let recipients = recipients.into_iter().filter(|address| known.insert(address.clone())).collect();
        Self { sender, recipients }
    }

    /// Who sends.
    pub const fn sender(&self) -> Option<&AddrSpec> {
        self.sender.as_ref()
    }

    /// To whom: To, Cc and Bcc, in this order.
    pub fn recipients(&self) -> &[AddrSpec] {
        &self.recipients
    }

    /// Whether all addresses are ASCII; others need SMTPUTF8 (RFC 6531).
    pub fn is_ascii(&self) -> bool {
        self.sender.iter().chain(&self.recipients).all(AddrSpec::is_ascii)
    }
}

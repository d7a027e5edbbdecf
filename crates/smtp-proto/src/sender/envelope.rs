//! Who a message is from and to, as SMTP sees it.

use crate::{AddressError, ForwardPath, MailParams, RcptParams, ReversePath};

/// Sender and recipients of a transaction; what stands in the header makes no difference to it.
///
/// # Example
///
/// ```
/// use smtp_proto::sender::Envelope;
///
/// let envelope = Envelope::new("alice@example.org", ["bob@example.net", "eve@example.com"]).unwrap();
/// assert_eq!(envelope.recipients().len(), 2);
/// assert!(Envelope::new("alice@example.org", ["x@y>\r\nRCPT TO:<z@example.com"]).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Envelope {
    from: ReversePath,
    params: MailParams,
    recipients: Vec<(ForwardPath, RcptParams)>,
}

impl Envelope {
    /// An envelope; the sender `""` or `"<>"` is the null reverse-path of notifications.
    ///
    /// # Errors
    ///
    /// [`AddressError`] for the first address that is none: which octet, and what should be there.
    pub fn new<T: AsRef<str>>(from: &str, to: impl IntoIterator<Item = T>) -> Result<Self, AddressError> {
        let from = if from.is_empty() || from == "<>" { ReversePath::Null } else { from.parse()? };
        let recipients = to
            .into_iter()
            .map(|to| Ok((to.as_ref().parse()?, RcptParams::default())))
            .collect::<Result<_, AddressError>>()?;
        Ok(Self { from, params: MailParams::default(), recipients })
    }

    /// An envelope of parsed paths.
    ///
    /// # Example
    ///
    /// ```
    /// use smtp_proto::{Notify, RcptParams, ReversePath, sender::Envelope};
    ///
    /// let params = RcptParams::default().with_notify(Notify::Never);
    /// let envelope = Envelope::from_paths(ReversePath::Null, [("joe@example.org".parse()?, params)]);
    /// assert_eq!(envelope.recipients().len(), 1);
    /// # Ok::<(), smtp_proto::AddressError>(())
    /// ```
    pub fn from_paths(from: ReversePath, to: impl IntoIterator<Item = (ForwardPath, RcptParams)>) -> Self {
        Self { from, params: MailParams::default(), recipients: to.into_iter().collect() }
    }

    /// Sets parameters of MAIL: RET, ENVID, REQUIRETLS and the like. SIZE, BODY and SMTPUTF8 are set by the
    /// sender.
    #[must_use]
    pub fn with_params(mut self, params: MailParams) -> Self {
        self.params = params;
        self
    }

    /// Sets the same parameters of RCPT (NOTIFY, RRVS) for every recipient.
    #[must_use]
    pub fn with_recipient_params(mut self, params: &RcptParams) -> Self {
        for (_, of_recipient) in &mut self.recipients {
            *of_recipient = params.clone();
        }
        self
    }

    /// The reverse-path.
    pub fn from(&self) -> &ReversePath {
        &self.from
    }

    /// The parameters of MAIL.
    pub fn params(&self) -> &MailParams {
        &self.params
    }

    /// The forward-paths, with their parameters.
    pub fn recipients(&self) -> &[(ForwardPath, RcptParams)] {
        &self.recipients
    }
}

//! Parameters of RCPT.

use bytes::{BufMut, Bytes};

use super::values::{Notify, OriginalRecipient, ParamError, is_date_time};
use super::{RawParam, Upper, once, split};
use crate::parse_error::{Expected, ParseError};

/// Parameters of RCPT (RFC 5321 section 4.1.1.11).
///
/// ```
/// use smtp_proto::{Command, Notify, Quirks};
///
/// let line = "RCPT TO:<b@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+2Bx@example.com".into();
/// let Ok(Command::Rcpt { params, .. }) = Command::parse(&line, &Quirks::default()) else { panic!() };
/// assert_eq!(params.notify, Some(Notify::On { success: false, failure: true, delay: true }));
/// assert_eq!(params.orcpt.unwrap().address(), "b+x@example.com");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RcptParams {
    /// NOTIFY (RFC 3461 section 4.1).
    pub notify: Option<Notify>,
    /// ORCPT (RFC 3461 section 4.2).
    pub orcpt: Option<OriginalRecipient>,
    /// RRVS: a date-time and perhaps `;C` or `;R`, as it came (RFC 7293 section 3.1).
    pub rrvs: Option<Bytes>,
    others: Vec<RawParam>,
}

impl RcptParams {
    /// Sets [`notify`](#structfield.notify).
    #[must_use]
    pub fn with_notify(mut self, notify: Notify) -> Self {
        self.notify = Some(notify);
        self
    }

    /// Sets [`orcpt`](#structfield.orcpt).
    ///
    /// # Example
    ///
    /// ```
    /// use smtp_proto::{OriginalRecipient, RcptParams};
    ///
    /// let params = RcptParams::default().with_orcpt(OriginalRecipient::new("rfc822", "joe@example.org")?);
    /// assert_eq!(params.orcpt.unwrap().kind(), "rfc822");
    /// # Ok::<(), smtp_proto::ParamError>(())
    /// ```
    #[must_use]
    pub fn with_orcpt(mut self, orcpt: OriginalRecipient) -> Self {
        self.orcpt = Some(orcpt);
        self
    }

    /// Sets [`rrvs`](#structfield.rrvs).
    ///
    /// # Errors
    ///
    /// [`ParamError`] unless it is a date-time of RFC 3339 section 5.6, perhaps with `;C` or `;R`.
    pub fn with_rrvs(mut self, value: &str) -> Result<Self, ParamError> {
        if !is_rrvs(value.as_bytes()) {
            return Err(ParamError);
        }
        self.rrvs = Some(Bytes::copy_from_slice(value.as_bytes()));
        Ok(self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Parameters that no RFC known here defines; a server answers 555 to them.
    pub fn unknown(&self) -> impl Iterator<Item = &RawParam> {
        self.others.iter()
    }

    pub(crate) fn parse(line: &Bytes, from: usize) -> Result<Self, ParseError> {
        let mut this = Self::default();
        for param in split(line, from) {
            let param = param?;
            let (at, wrong) = (param.at, param.wrong());
            match Upper::of(param.keyword).as_bytes() {
                b"NOTIFY" => {
                    once(&mut this.notify, param.value.and_then(Notify::parse).ok_or(wrong)?, at)?;
                }
                b"ORCPT" => {
                    let orcpt = param.bytes().as_ref().and_then(OriginalRecipient::parse).ok_or(wrong)?;
                    once(&mut this.orcpt, orcpt, at)?;
                }
                b"RRVS" => once(&mut this.rrvs, param.bytes().filter(|v| is_rrvs(v)).ok_or(wrong)?, at)?,
                _ if this.others.iter().any(|other| other.keyword.eq_ignore_ascii_case(param.keyword)) => {
                    return Err(ParseError::new(at, Expected::OneOfAKind));
                }
                _ => this.others.push(param.raw()),
            }
        }
        Ok(this)
    }

    pub(crate) fn encode(&self, out: &mut impl BufMut) {
        if let Some(notify) = self.notify {
            out.put_slice(b" NOTIFY=");
            notify.encode(out);
        }
        if let Some(orcpt) = &self.orcpt {
            out.put_slice(b" ORCPT=");
            orcpt.encode(out);
        }
        if let Some(rrvs) = &self.rrvs {
            out.put_slice(b" RRVS=");
            out.put_slice(rrvs);
        }
        for other in &self.others {
            other.encode(out);
        }
    }
}

fn is_rrvs(value: &[u8]) -> bool {
    let date_time = match value {
        [date_time @ .., b';', b'C' | b'R' | b'c' | b'r'] => date_time,
        _ => value,
    };
    is_date_time(date_time)
}

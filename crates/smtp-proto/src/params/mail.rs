//! Parameters of MAIL.

use bytes::{BufMut, Bytes};

use super::values::{Body, By, Hold, ParamError, Return, SenderAuth, is_date_time, printable_xtext};
use super::{Param, RawParam, Upper, once, split};
use crate::parse_error::{Expected, ParseError};
use crate::{Mailbox, xtext};

/// Parameters of MAIL (RFC 5321 section 4.1.1.11).
///
/// ```
/// use smtp_proto::{Body, Command, Quirks};
///
/// let line = "MAIL FROM:<a@example.com> SIZE=1000 BODY=8BITMIME SMTPUTF8".into();
/// let Ok(Command::Mail { params, .. }) = Command::parse(&line, &Quirks::default()) else { panic!() };
/// assert_eq!((params.size, params.body, params.smtp_utf8), (Some(1000), Some(Body::EightBitMime), true));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MailParams {
    /// SIZE: octets of the message (RFC 1870 section 6).
    pub size: Option<u64>,
    /// BODY (RFC 6152 section 3, RFC 3030 section 3).
    pub body: Option<Body>,
    /// SMTPUTF8 (RFC 6531 section 3.4).
    pub smtp_utf8: bool,
    /// RET (RFC 3461 section 4.3).
    pub ret: Option<Return>,
    /// ENVID, decoded (RFC 3461 section 4.4).
    pub envid: Option<Bytes>,
    /// AUTH (RFC 4954 section 5).
    pub auth: Option<SenderAuth>,
    /// REQUIRETLS (RFC 8689 section 4.2).
    pub require_tls: bool,
    /// BY (RFC 2852 section 4).
    pub deliver_by: Option<By>,
    /// HOLDFOR or HOLDUNTIL (RFC 4865 section 5).
    pub hold: Option<Hold>,
    /// MT-PRIORITY, -9 to 9 (RFC 6710 section 3).
    pub mt_priority: Option<i8>,
    others: Vec<RawParam>,
}

/// Parameters that RFCs of the third tier define: understood as far as that they are well formed, kept raw.
const KEPT: [&[u8]; 5] = [b"SOLICIT", b"MTRK", b"TRANSID", b"SUBMITTER", b"CONPERM"];

impl MailParams {
    /// Sets [`ret`](#structfield.ret).
    #[must_use]
    pub fn with_ret(mut self, ret: Return) -> Self {
        self.ret = Some(ret);
        self
    }

    /// Sets [`envid`](#structfield.envid).
    ///
    /// # Errors
    ///
    /// [`ParamError`] if it is empty, longer than 100 octets encoded, or not printable ASCII
    /// (RFC 3461 section 4.4).
    pub fn with_envid(mut self, envid: &str) -> Result<Self, ParamError> {
        let mut encoded = Vec::new();
        xtext::encode(envid.as_bytes(), &mut encoded);
        if envid.is_empty() || encoded.len() > 100 || !envid.bytes().all(|octet| matches!(octet, 32..=126)) {
            return Err(ParamError);
        }
        self.envid = Some(Bytes::copy_from_slice(envid.as_bytes()));
        Ok(self)
    }

    /// Sets [`auth`](#structfield.auth).
    #[must_use]
    pub fn with_auth(mut self, auth: SenderAuth) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Sets [`require_tls`](#structfield.require_tls).
    #[must_use]
    pub fn with_require_tls(mut self) -> Self {
        self.require_tls = true;
        self
    }

    /// Sets [`deliver_by`](#structfield.deliver_by).
    #[must_use]
    pub fn with_deliver_by(mut self, by: By) -> Self {
        self.deliver_by = Some(by);
        self
    }

    /// Sets [`hold`](#structfield.hold).
    #[must_use]
    pub fn with_hold(mut self, hold: Hold) -> Self {
        self.hold = Some(hold);
        self
    }

    /// Sets [`mt_priority`](#structfield.mt_priority).
    ///
    /// # Errors
    ///
    /// [`ParamError`] outside -9 to 9.
    ///
    /// # Example
    ///
    /// ```
    /// use smtp_proto::{By, ByMode, Hold, MailParams};
    ///
    /// let by = By::new(120, ByMode::Notify, false)?;
    /// let params = MailParams::default().with_mt_priority(3)?.with_deliver_by(by).with_hold(Hold::for_seconds(60)?);
    /// assert_eq!((params.mt_priority, params.deliver_by, params.hold), (Some(3), Some(by), Some(Hold::For(60))));
    /// assert!(MailParams::default().with_mt_priority(10).is_err());
    /// # Ok::<(), smtp_proto::ParamError>(())
    /// ```
    pub fn with_mt_priority(mut self, priority: i8) -> Result<Self, ParamError> {
        if !(-9..=9).contains(&priority) {
            return Err(ParamError);
        }
        self.mt_priority = Some(priority);
        Ok(self)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Parameters that no RFC known here defines; a server answers 555 to them.
    pub fn unknown(&self) -> impl Iterator<Item = &RawParam> {
        self.others.iter().filter(|param| !is_kept(&param.keyword))
    }

    /// Parameters that are kept as they came, known or not.
    pub fn raw(&self) -> &[RawParam] {
        &self.others
    }

    pub(crate) fn parse(line: &Bytes, from: usize) -> Result<Self, ParseError> {
        let mut this = Self::default();
        for param in split(line, from) {
            this.set(param?)?;
        }
        Ok(this)
    }

    fn set(&mut self, param: Param<'_>) -> Result<(), ParseError> {
        let Param { at, value, .. } = param;
        let wrong = param.wrong();
        match Upper::of(param.keyword).as_bytes() {
            b"SIZE" => {
                // RFC 1870 section 3: size-value ::= 1*20DIGIT
                let size = value.filter(|v| v.len() <= 20).and_then(crate::command::decimal).ok_or(wrong)?;
                once(&mut self.size, size, at)
            }
            b"BODY" => {
                let body = match Upper::of(value.ok_or(wrong)?).as_bytes() {
                    b"7BIT" => Body::SevenBit,
                    b"8BITMIME" => Body::EightBitMime,
                    b"BINARYMIME" => Body::BinaryMime,
                    _ => return Err(wrong),
                };
                once(&mut self.body, body, at)
            }
            b"SMTPUTF8" | b"REQUIRETLS" if value.is_some() => Err(wrong),
            b"SMTPUTF8" => flag(&mut self.smtp_utf8, at),
            b"REQUIRETLS" => flag(&mut self.require_tls, at),
            b"RET" => {
                let ret = match Upper::of(value.ok_or(wrong)?).as_bytes() {
                    b"FULL" => Return::Full,
                    b"HDRS" => Return::Headers,
                    _ => return Err(wrong),
                };
                once(&mut self.ret, ret, at)
            }
            b"ENVID" => {
                let envid = param.bytes().filter(|v| v.len() <= 100);
                let envid = envid.as_ref().and_then(printable_xtext).ok_or(wrong)?;
                once(&mut self.envid, envid, at)
            }
            b"AUTH" => {
                let text = param.bytes().as_ref().and_then(xtext::decode).ok_or(wrong)?;
                let auth = match &text[..] {
                    b"<>" => SenderAuth::Unknown,
                    _ => SenderAuth::Mailbox(Box::new(Mailbox::try_from(text).map_err(|_| wrong)?)),
                };
                once(&mut self.auth, auth, at)
            }
            b"BY" => once(&mut self.deliver_by, value.and_then(By::parse).ok_or(wrong)?, at),
            b"HOLDFOR" => {
                let seconds =
                    value.filter(|v| v.len() <= 9).and_then(crate::command::decimal).ok_or(wrong)?;
                let seconds = u32::try_from(seconds).map_err(|_| wrong)?;
                once(&mut self.hold, Hold::for_seconds(seconds).map_err(|_| wrong)?, at)
            }
            b"HOLDUNTIL" => {
                let until = param.bytes().filter(|v| is_date_time(v)).ok_or(wrong)?;
                once(&mut self.hold, Hold::Until(until), at)
            }
            b"MT-PRIORITY" => {
                let text = value.and_then(|v| std::str::from_utf8(v).ok()).ok_or(wrong)?;
                let good = text.len() <= 2 && !text.starts_with('+');
                let priority =
                    text.parse::<i8>().ok().filter(|p| good && (-9..=9).contains(p)).ok_or(wrong)?;
                once(&mut self.mt_priority, priority, at)
            }
            _ => {
                if self.others.iter().any(|other| other.keyword.eq_ignore_ascii_case(param.keyword)) {
                    return Err(ParseError::new(at, Expected::OneOfAKind));
                }
                self.others.push(param.raw());
                Ok(())
            }
        }
    }

    pub(crate) fn encode(&self, out: &mut impl BufMut) {
        if let Some(size) = self.size {
            out.put_slice(b" SIZE=");
            out.put_slice(size.to_string().as_bytes());
        }
        match self.body {
            Some(Body::SevenBit) => out.put_slice(b" BODY=7BIT"),
            Some(Body::EightBitMime) => out.put_slice(b" BODY=8BITMIME"),
            Some(Body::BinaryMime) => out.put_slice(b" BODY=BINARYMIME"),
            None => {}
        }
        if self.smtp_utf8 {
            out.put_slice(b" SMTPUTF8");
        }
        match self.ret {
            Some(Return::Full) => out.put_slice(b" RET=FULL"),
            Some(Return::Headers) => out.put_slice(b" RET=HDRS"),
            None => {}
        }
        if let Some(envid) = &self.envid {
            out.put_slice(b" ENVID=");
            xtext::encode(envid, out);
        }
        match &self.auth {
            Some(SenderAuth::Unknown) => out.put_slice(b" AUTH=<>"),
            Some(SenderAuth::Mailbox(mailbox)) => {
                out.put_slice(b" AUTH=");
                xtext::encode(mailbox.to_string().as_bytes(), out);
            }
            None => {}
        }
        if self.require_tls {
            out.put_slice(b" REQUIRETLS");
        }
        if let Some(by) = &self.deliver_by {
            out.put_slice(b" BY=");
            by.encode(out);
        }
        match &self.hold {
            Some(Hold::For(seconds)) => {
                out.put_slice(b" HOLDFOR=");
                out.put_slice(seconds.to_string().as_bytes());
            }
            Some(Hold::Until(date_time)) => {
                out.put_slice(b" HOLDUNTIL=");
                out.put_slice(date_time);
            }
            None => {}
        }
        if let Some(priority) = self.mt_priority {
            out.put_slice(b" MT-PRIORITY=");
            out.put_slice(priority.to_string().as_bytes());
        }
        for other in &self.others {
            other.encode(out);
        }
    }
}

fn is_kept(keyword: &[u8]) -> bool {
    KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(keyword))
}

fn flag(slot: &mut bool, at: usize) -> Result<(), ParseError> {
    if std::mem::replace(slot, true) { Err(ParseError::new(at, Expected::OneOfAKind)) } else { Ok(()) }
}

impl RawParam {
    pub(super) fn encode(&self, out: &mut impl BufMut) {
        out.put_u8(b' ');
        out.put_slice(&self.keyword);
        if let Some(value) = &self.value {
            out.put_u8(b'=');
            out.put_slice(value);
        }
    }
}

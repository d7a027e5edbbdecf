//! Feedback reports (RFC 5965), authentication failures among them (RFC 6591, RFC 6692).

use std::borrow::Cow;

use core::net::IpAddr;

use super::{
    Field, Fields, Typed, delivery::typed, disposition::check, fields::unfold, typed::without_comments,
};
use crate::{Config, DefectKind, Report};

/// What somebody complains about: the content of a message/feedback-report part (RFC 5965 section 3).
///
/// ```abnf
/// feedback-report = *( feedback-type / user-agent / version ) opt-fields-once *( opt-fields-many ) *( ext-field )
/// ```
///
/// # Example
///
/// ```
/// use mime_core::{Config, report::{FeedbackReport, FeedbackType}};
///
/// let content = b"Feedback-Type: abuse\r\n\
///     User-Agent: SomeGenerator/1.0\r\n\
///     Version: 1\r\n\
///     Original-Mail-From: <somespammer@example.net>\r\n\
///     Source-IP: 192.0.2.1\r\n";
/// let report = FeedbackReport::parse(content, &Config::new(), &mut ());
/// assert_eq!((report.kind(), report.version(), report.incidents()), (FeedbackType::Abuse, Some(1), 1));
/// assert_eq!(report.original_mail_from().unwrap(), "somespammer@example.net");
/// assert_eq!(report.source_ip().unwrap().to_string(), "192.0.2.1");
/// ```
#[derive(Clone, Debug)]
pub struct FeedbackReport<'a> {
    fields: Fields<'a>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Something else; the field says what.
            Unknown,
        }

        impl $name {
            /// What a raw value names; case, white space and comments do not matter.
            pub fn parse(value: &[u8]) -> Self {
                let text = without_comments(unfold(value));
                match text.trim() {
                    $(word if word.eq_ignore_ascii_case($word) => Self::$variant,)*
                    _ => Self::Unknown,
                }
            }
        }
    };
}

words! {
    /// What a feedback report is about (RFC 5965 section 7.3).
    FeedbackType {
        /// Unsolicited or abusive mail.
        Abuse "abuse",
        /// A message whose authentication failed (RFC 6591 section 3.1).
        AuthFailure "auth-failure",
        /// Fraud or phishing.
        Fraud "fraud",
        /// A message that is not spam (RFC 6430 section 2).
        NotSpam "not-spam",
        /// Something that fits no other type.
        Other "other",
        /// A virus.
        Virus "virus",
    }
}

words! {
    /// What failed (RFC 6591 section 3.3).
    AuthFailure {
        /// The signing practices of the author's domain.
        Adsp "adsp",
        /// The body hash of a DKIM signature.
        BodyHash "bodyhash",
        /// The key of a DKIM signature is revoked.
        Revoked "revoked",
        /// A DKIM signature over the header.
        Signature "signature",
        /// SPF.
        Spf "spf",
        /// DMARC (RFC 7489 section 7.3.1).
        Dmarc "dmarc",
    }
}

words! {
    /// What became of the message (RFC 6591 section 3.2.2).
    DeliveryResult {
        /// It was delivered.
        Delivered "delivered",
        /// It was delivered as spam.
        Spam "spam",
        /// It was not delivered as it would have been, by policy.
        Policy "policy",
        /// It was rejected.
        Reject "reject",
        /// Something else, by local policy.
        Other "other",
    }
}

/// Which mechanisms gave an identity that agrees with the author's domain (RFC 7489 section 7.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct IdentityAlignment {
    /// DKIM did.
    pub dkim: bool,
    /// SPF did.
    pub spf: bool,
}

const ONCE: [&str; 16] = [
    "Feedback-Type",
    "User-Agent",
    "Version",
    "Arrival-Date",
    "Incidents",
    "Original-Envelope-Id",
    "Original-Mail-From",
    "Reporting-MTA",
    "Source-IP",
    "Source-Port",
    "Auth-Failure",
    "Delivery-Result",
    "Identity-Alignment",
    "DKIM-Domain",
    "DKIM-Identity",
    "DKIM-Selector",
];
/// Bits of the first three of `ONCE`.
const REQUIRED: u16 = 0b111;

impl<'a> FeedbackReport<'a> {
    /// Reads the content of a part.
    ///
    /// Reported: [`DefectKind::ContainerDamaged`] if Feedback-Type, User-Agent or Version are missing,
    /// [`DefectKind::DuplicateField`], [`DefectKind::NonHeaderLine`], and [`DefectKind::InvalidValue`] for numbers and
    /// addresses that are none.
    pub fn parse(octets: &'a [u8], config: &Config, report: &mut impl Report) -> Self {
        let _ = config;
        let this = Self { fields: Fields::new(octets) };
        // RFC 5965 section 3.1: these three must be there.
        if check(&this.fields, &ONCE, report) & REQUIRED != REQUIRED {
            report.report(DefectKind::ContainerDamaged, 0..octets.len());
        }
        let understood = [
            ("Version", this.version().is_some()),
            ("Incidents", this.number::<u32>("Incidents").is_some()),
            ("Source-IP", this.source_ip().is_some()),
            ("Source-Port", this.source_port().is_some()),
        ];
        for (name, is_understood) in understood {
            if let Some(field) = this.fields.field(name).filter(|_| !is_understood) {
                report.report(DefectKind::InvalidValue, field.span());
            }
        }
        this
    }

    /// All fields, extensions included.
    pub fn fields(&self) -> Fields<'a> {
        self.fields.clone()
    }

    /// Feedback-Type: what it is about (RFC 5965 section 3.1); [`FeedbackType::Unknown`] if it is missing.
    pub fn kind(&self) -> FeedbackType {
        self.fields
            .field("Feedback-Type")
            .map_or(FeedbackType::Unknown, |field| FeedbackType::parse(field.value()))
    }

    /// User-Agent: the program that writes this (RFC 5965 section 3.1).
    pub fn user_agent(&self) -> Option<Cow<'a, str>> {
        self.fields.text("User-Agent")
    }

    /// Version: the version of the format, 1 (RFC 5965 section 3.1). `None` too for `0.1` and the like.
    pub fn version(&self) -> Option<u32> {
        self.number("Version")
    }

    /// Arrival-Date, or the older Received-Date: when the message arrived (RFC 5965 section 3.2).
    pub fn arrival_date(&self) -> Option<Field<'a>> {
        self.fields.field("Arrival-Date").or_else(|| self.fields.field("Received-Date"))
    }

    /// Incidents: how many messages this stands for (RFC 5965 section 3.2); 1 if it does not say.
    pub fn incidents(&self) -> u32 {
        self.number("Incidents").unwrap_or(1)
    }

    /// Original-Envelope-Id: the identifier that the sender gave the transaction (RFC 5965 section 3.2).
    pub fn original_envelope_id(&self) -> Option<Cow<'a, str>> {
        self.fields.text("Original-Envelope-Id")
    }

    /// Original-Mail-From: the return path, without angle brackets; empty for the null path (RFC 5965 section 3.2).
    pub fn original_mail_from(&self) -> Option<Cow<'a, str>> {
        self.fields.field("Original-Mail-From").map(path)
    }

    /// Original-Rcpt-To: the recipients, without angle brackets (RFC 5965 section 3.3).
    pub fn original_rcpt_to(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields.all("Original-Rcpt-To").map(path)
    }

    /// Reporting-MTA: who saw the message (RFC 5965 section 3.2).
    pub fn reporting_mta(&self) -> Option<Typed<'a>> {
        typed(&self.fields, "Reporting-MTA")
    }

    /// Source-IP: where the message came from (RFC 5965 section 3.2), with or without brackets and the tag `IPv6:`.
    pub fn source_ip(&self) -> Option<IpAddr> {
        let text = self.value("Source-IP")?;
        let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&text);
        let tagged = text.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPv6:"));
        text.get(if tagged { 5 } else { 0 }..)?.parse().ok()
    }

    /// Source-Port: and from which port (RFC 6692).
    pub fn source_port(&self) -> Option<u16> {
        self.number("Source-Port")
    }

    /// Reported-Domain: whom the reporter holds responsible (RFC 5965 section 3.3).
    pub fn reported_domains(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields.all("Reported-Domain").map(|field| field.text())
    }

    /// Reported-URI: addresses of whatever the message points to (RFC 5965 section 3.3). Never to be fetched.
    pub fn reported_uris(&self) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        self.fields.all("Reported-URI").map(|field| field.text())
    }

    /// Authentication-Results: what the reporter found (RFC 5965 section 3.3); the value is that of RFC 8601.
    pub fn authentication_results(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        self.fields.all("Authentication-Results")
    }

    /// Auth-Failure: what failed (RFC 6591 section 3.1). `None` if the report is about something else.
    pub fn auth_failure(&self) -> Option<AuthFailure> {
        self.fields.field("Auth-Failure").map(|field| AuthFailure::parse(field.value()))
    }

    /// Delivery-Result: what became of the message (RFC 6591 section 3.2.2).
    pub fn delivery_result(&self) -> Option<DeliveryResult> {
        self.fields.field("Delivery-Result").map(|field| DeliveryResult::parse(field.value()))
    }

    /// Identity-Alignment: what agreed with the author's domain (RFC 7489 section 7.3.1).
    pub fn identity_alignment(&self) -> Option<IdentityAlignment> {
        let text = self.value("Identity-Alignment")?;
        let has = |name: &str| text.split(',').any(|word| word.trim().eq_ignore_ascii_case(name));
        Some(IdentityAlignment { dkim: has("dkim"), spf: has("spf") })
    }

    /// DKIM-Domain: the domain of the signature that failed, its `d=` (RFC 6591 section 3.2.3).
    pub fn dkim_domain(&self) -> Option<Cow<'a, str>> {
        self.value("DKIM-Domain")
    }

    /// DKIM-Identity: its `i=` (RFC 6591 section 3.2.3).
    pub fn dkim_identity(&self) -> Option<Cow<'a, str>> {
        self.value("DKIM-Identity")
    }

    /// DKIM-Selector: its `s=` (RFC 6591 section 3.2.3).
    pub fn dkim_selector(&self) -> Option<Cow<'a, str>> {
        self.value("DKIM-Selector")
    }

    /// DKIM-Canonicalized-Header: base64 of what was hashed, still folded (RFC 6591 section 3.2.4).
    pub fn dkim_canonicalized_header(&self) -> Option<Field<'a>> {
        self.fields.field("DKIM-Canonicalized-Header")
    }

    /// DKIM-Canonicalized-Body: the same of the body (RFC 6591 section 3.2.4).
    pub fn dkim_canonicalized_body(&self) -> Option<Field<'a>> {
        self.fields.field("DKIM-Canonicalized-Body")
    }

    /// The first field of this name without comments.
    fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        self.fields.text(name).map(without_comments)
    }

    fn number<N: std::str::FromStr>(&self, name: &str) -> Option<N> {
        let text = self.value(name)?;
        text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?
    }
}

/// A path without comments and angle brackets.
fn path(field: Field<'_>) -> Cow<'_, str> {
    let text = without_comments(field.text());
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(inner(text)),
        Cow::Owned(text) => Cow::Owned(inner(&text).to_owned()),
    }
}

fn inner(text: &str) -> &str {
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).map_or(text, str::trim)
}

//! Certificates for every case, and TLS configurations ready to use.
//!
//! Keys are made anew by each process, everything else is always the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::OnceLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use wire_rustls::{ClientTls, ClientTlsBuilder, Roots, ServerTls, ServerTlsBuilder};

/// The name of the test server.
pub const HOST: &str = "mx.example.org";

/// A certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: Vec<u8>,
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate in PEM.
    pub chain_pem: String,
    /// Its key in PEM.
    pub key_pem: String,
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// The SubjectPublicKeyInfo in DER.
    pub public_key: Vec<u8>,
}

/// What a certificate is to be for.
#[derive(Clone, Debug)]
pub struct Subject {
    common_name: String,
    dns: Vec<String>,
    addresses: Vec<IpAddr>,
    mailboxes: Vec<String>,
    years: (i32, i32),
    client: bool,
}

impl Subject {
    /// A server with these DNS names, which are written as they are: wildcards, NULs, addresses.
    pub fn server(dns: &[&str]) -> Self {
        Self {
            // RFC 9525 has no use for it: it must not count.
            common_name: HOST.to_owned(),
            dns: dns.iter().map(|&name| name.to_owned()).collect(),
            addresses: Vec::new(),
            mailboxes: Vec::new(),
            years: (2020, 2100),
            client: false,
        }
    }

    /// A client: a common name, and a mailbox as alternative name.
    pub fn client(name: &str, mailbox: &str) -> Self {
        Self {
            common_name: name.to_owned(),
            mailboxes: vec![mailbox.to_owned()],
            client: true,
            ..Self::server(&[])
        }
    }

    /// With an iPAddress.
    #[must_use]
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Valid from the beginning of one year to that of another.
    #[must_use]
    pub fn years(mut self, from: i32, to: i32) -> Self {
        self.years = (from, to);
        self
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, self.common_name.clone());
        params.not_before = date_time_ymd(self.years.0, 1, 1);
        params.not_after = date_time_ymd(self.years.1, 1, 1);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![if self.client {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        }];
        let dns = self.dns.iter().map(|name| SanType::DnsName(name.as_str().try_into().unwrap()));
        let mailboxes =
            self.mailboxes.iter().map(|mailbox| SanType::Rfc822Name(mailbox.as_str().try_into().unwrap()));
        let addresses = self.addresses.iter().map(|&address| SanType::IpAddress(address));
        params.subject_alt_names = dns.chain(mailboxes).chain(addresses).collect();
        params
    }
}

impl Authority {
    /// A new authority.
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2100, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        Self { pem: certificate.pem(), der: certificate.der().to_vec(), issuer: Issuer::new(params, key) }
    }

    /// Its certificate in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Its certificate in DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Issues a certificate with a key on the curve P-256.
    pub fn issue(&self, subject: &Subject) -> Issued {
        self.issue_for(subject, KeyPair::generate().unwrap())
    }

    /// Issues a certificate for a key of the caller's.
    pub fn issue_for(&self, subject: &Subject, key: KeyPair) -> Issued {
        use rcgen::PublicKeyData;
        let certificate = subject.params().signed_by(&key, &self.issuer).unwrap();
        Issued {
            chain_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().to_vec(),
            public_key: key.subject_public_key_info(),
        }
    }

    /// A builder for clients that believe this authority.
    pub fn client(&self) -> ClientTlsBuilder {
        ClientTls::builder(Roots::ca_pem(self.pem.as_bytes()).unwrap())
    }
}

impl Issued {
    /// A builder for servers with this certificate.
    pub fn server(&self) -> ServerTlsBuilder {
        ServerTls::builder().certificate(self.chain_pem.as_bytes(), self.key_pem.as_bytes())
    }

    /// Chain and key as [`ServerTls::reload`] wants them.
    pub fn pair(&self) -> (&[u8], &[u8]) {
        (self.chain_pem.as_bytes(), self.key_pem.as_bytes())
    }
}

/// The authority that tests believe.
pub fn authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("Test Authority"))
}

/// An authority that nobody believes.
pub fn other_authority() -> &'static Authority {
    static AUTHORITY: OnceLock<Authority> = OnceLock::new();
    AUTHORITY.get_or_init(|| Authority::new("Other Authority"))
}

/// A good certificate for [`HOST`], `localhost`, 127.0.0.1 and ::1.
pub fn server() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| {
        let subject = Subject::server(&[HOST, "localhost"]);
        authority().issue(&subject.address(Ipv4Addr::LOCALHOST).address(Ipv6Addr::LOCALHOST))
    })
}

/// A certificate for [`HOST`] that has expired.
pub fn expired() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| authority().issue(&Subject::server(&[HOST]).years(2020, 2021)))
}

/// A certificate for [`HOST`] that is not valid yet.
pub fn not_yet_valid() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| authority().issue(&Subject::server(&[HOST]).years(2098, 2100)))
}

/// A good certificate for another name.
pub fn wrong_name() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| authority().issue(&Subject::server(&["other.example.net"])))
}

/// A certificate for [`HOST`] from the [`other_authority`].
pub fn unknown_issuer() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| other_authority().issue(&Subject::server(&[HOST])))
}

/// A client's certificate: alice, `alice@example.org`.
pub fn alice() -> &'static Issued {
    static ISSUED: OnceLock<Issued> = OnceLock::new();
    ISSUED.get_or_init(|| authority().issue(&Subject::client("alice", "alice@example.org")))
}

/// A client's TLS that believes the [`authority`]; each one resumes its own sessions only.
pub fn client_tls() -> ClientTls {
    authority().client().build().unwrap()
}

/// A server's TLS with the certificate of [`server`].
pub fn server_tls() -> ServerTls {
    server().server().build().unwrap()
}

//! The `tls-server-end-point` channel binding: a hash of the server's certificate.

use bytes::Bytes;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The binding for a certificate in DER; `None` where RFC 5929 section 4.1 leaves it undefined.
pub(crate) fn hash(certificate: &[u8]) -> Option<Bytes> {
    let digest = match signature_hash(certificate)? {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    };
    Some(Bytes::from(digest))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

// DER tags.
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_1: u8 = 0xa1;

/// RFC 5929 section 4.1: the hash function of the certificate's signature, or SHA-256 if that is MD5 or SHA-1;
/// undefined if there is none (Ed25519) or there are several.
fn signature_hash(certificate: &[u8]) -> Option<Hash> {
    const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
    let algorithm = signature_algorithm(certificate)?;
    let (oid, parameters) = element(algorithm, OBJECT_IDENTIFIER)?;
    if oid == RSA_PSS {
        return pss_hash(parameters);
    }
    Some(match oid {
        // PKCS #1: md5, sha1, sha256, sha384 and sha512WithRSAEncryption.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            0x04 | 0x05 | 0x0b => Hash::Sha256,
            0x0c => Hash::Sha384,
            0x0d => Hash::Sha512,
            _ => return None,
        },
        // X9.62: ecdsa-with-SHA1, and with SHA256, SHA384 and SHA512.
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => Hash::Sha256,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last] => match last {
            0x02 => Hash::Sha256,
            0x03 => Hash::Sha384,
            0x04 => Hash::Sha512,
            _ => return None,
        },
        _ => return None,
    })
}

/// `Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }`, RFC 5280 section 4.1.
fn signature_algorithm(certificate: &[u8]) -> Option<&[u8]> {
    let (content, _) = element(certificate, SEQUENCE)?;
    let (_, behind) = element(content, SEQUENCE)?;
    element(behind, SEQUENCE).map(|(algorithm, _)| algorithm)
}

/// The hash function of RSASSA-PSS-params (PKCS #1), where absent means SHA-1; the mask generation
/// function has one too, and must agree or there are two.
fn pss_hash(parameters: &[u8]) -> Option<Hash> {
    let (parameters, _) = element(parameters, SEQUENCE)?;
    let (message, behind) = match element(parameters, CONTEXT_0) {
        Some((hash, behind)) => (hash_function(hash)?, behind),
        None => (SHA1, parameters),
    };
    let mask = match element(behind, CONTEXT_1) {
        Some((function, _)) => {
            let (function, _) = element(function, SEQUENCE)?;
            let (_mgf1, hash) = element(function, OBJECT_IDENTIFIER)?;
            hash_function(hash)?
        }
        None => SHA1,
    };
    if message != mask {
        return None;
    }
    match message {
        SHA1 => Some(Hash::Sha256),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01] => Some(Hash::Sha256),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02] => Some(Hash::Sha384),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03] => Some(Hash::Sha512),
        _ => None,
    }
}

const SHA1: &[u8] = &[0x2b, 0x0e, 0x03, 0x02, 0x1a];

/// The OID of an AlgorithmIdentifier.
fn hash_function(identifier: &[u8]) -> Option<&[u8]> {
    let (identifier, _) = element(identifier, SEQUENCE)?;
    element(identifier, OBJECT_IDENTIFIER).map(|(oid, _)| oid)
}

/// The content of a DER element of this tag, and what is behind it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk::<2>()?;
    if found != tag {
        return None;
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if octets.len() > 4 {
            return None;
        }
        (octets.iter().fold(0, |length, &octet| length << 8 | usize::from(octet)), rest)
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let content = parts.concat();
        let mut out = vec![tag];
        match u8::try_from(content.len()) {
            Ok(length) if length < 0x80 => out.push(length),
            Ok(length) => out.extend_from_slice(&[0x81, length]),
            Err(_) => {
                out.push(0x82);
                out.extend_from_slice(&u16::try_from(content.len()).unwrap().to_be_bytes());
            }
        }
        out.extend_from_slice(&content);
        out
    }

    fn certificate(algorithm: &[u8]) -> Vec<u8> {
        let signed = der(SEQUENCE, &[&[0x02, 0x01, 0x01], &[0x04; 300]]);
        der(SEQUENCE, &[&signed, &der(SEQUENCE, &[algorithm]), &[0x03, 0x01, 0x00]])
    }

    fn oid(octets: &[u8]) -> Vec<u8> {
        der(OBJECT_IDENTIFIER, &[octets])
    }

    #[test]
    fn the_hash_follows_the_signature() {
        let rsa = |last: u8| oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last]);
        let ecdsa = |last: u8| oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, last]);
        for (algorithm, want) in [
            (rsa(0x04), Some(Hash::Sha256)), // MD5
            (rsa(0x05), Some(Hash::Sha256)), // SHA-1
            (rsa(0x0b), Some(Hash::Sha256)),
            (rsa(0x0c), Some(Hash::Sha384)),
            (rsa(0x0d), Some(Hash::Sha512)),
            (ecdsa(0x02), Some(Hash::Sha256)),
            (ecdsa(0x03), Some(Hash::Sha384)),
            (ecdsa(0x04), Some(Hash::Sha512)),
            (oid(&[0x2b, 0x65, 0x70]), None), // Ed25519
            (vec![], None),
        ] {
            assert_eq!(signature_hash(&certificate(&algorithm)), want, "{algorithm:02x?}");
        }
    }

    #[test]
    fn pss_has_a_hash_only_if_both_agree() {
        let sha = |last: u8| {
            let oid = oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last]);
            der(SEQUENCE, &[&oid, &[0x05, 0x00]])
        };
        let pss = |parameters: Vec<Vec<u8>>| {
            let parts: Vec<&[u8]> = parameters.iter().map(|part| &part[..]).collect();
            let mut algorithm = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]);
            algorithm.extend_from_slice(&der(SEQUENCE, &parts));
            signature_hash(&certificate(&algorithm))
        };
        let mgf1 = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08]);
        let mask = |last: u8| der(CONTEXT_1, &[&der(SEQUENCE, &[&mgf1, &sha(last)])]);
        assert_eq!(pss(vec![]), Some(Hash::Sha256)); // SHA-1, twice
        assert_eq!(pss(vec![der(CONTEXT_0, &[&sha(1)]), mask(1)]), Some(Hash::Sha256));
        assert_eq!(pss(vec![der(CONTEXT_0, &[&sha(2)]), mask(2)]), Some(Hash::Sha384));
        assert_eq!(pss(vec![der(CONTEXT_0, &[&sha(3)]), mask(3)]), Some(Hash::Sha512));
        assert_eq!(pss(vec![der(CONTEXT_0, &[&sha(3)]), mask(1)]), None);
        assert_eq!(pss(vec![mask(1)]), None);
    }

    #[test]
    fn a_certificate_cut_anywhere_has_none() {
        let whole = certificate(&oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
        for end in 0..whole.len() {
            assert_eq!(hash(&whole[..end]), None, "{end}");
        }
        assert_eq!(hash(&whole).unwrap()[..], Sha256::digest(&whole)[..]);
    }
}

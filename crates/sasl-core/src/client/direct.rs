//! Logins that a protocol has commands of its own for.

use wire_core::Secret;

use super::{ClientError, Policy};
use crate::credentials::{Credentials, CredentialsError, Kind};
use crate::mechanism::Mechanism;
use crate::prepare::{self, Strings};
use crate::transport::Transport;

/// The user name and password to send with USER and PASS (RFC 1939 section 7) or another command that sends them as
/// they are. The same rules hold as for PLAIN.
///
/// # Errors
///
/// [`ClientError`] if the credentials are none of that kind, the policy forbids PLAIN, or the connection is in clear.
///
/// # Example
///
/// ```
/// use sasl_core::client::{ClientError, Policy, login};
/// use sasl_core::{Credentials, Transport};
///
/// let joe = Credentials::password("joe", "pencil");
/// assert_eq!(login(&joe, &Transport::tls(), &Policy::new())?.0, "joe");
/// assert_eq!(login(&joe, &Transport::clear(), &Policy::new()), Err(ClientError::NeedsTls));
/// # Ok::<(), ClientError>(())
/// ```
pub fn login<'a>(
    credentials: &'a Credentials,
    transport: &Transport,
    policy: &Policy,
) -> Result<(&'a str, &'a Secret), ClientError> {
    let (user, password) = named(credentials)?;
    if !policy.permits(Mechanism::Plain) {
        return Err(ClientError::Forbidden);
    }
    if Mechanism::Plain.strength() < policy.floor() {
        return Err(ClientError::BelowFloor);
    }
    if !transport.is_secure() && !policy.allows_cleartext() {
        return Err(ClientError::NeedsTls);
    }
    Ok((user, password))
}

/// The user name and digest to send with APOP (RFC 1939 section 7), for a timestamp that was found good.
///
/// # Errors
///
/// [`ClientError`] if the credentials are none of that kind, or the policy asks for more than a hashed password.
///
/// # Example
///
/// ```
/// use sasl_core::Credentials;
/// use sasl_core::client::{Policy, apop};
///
/// let mrose = Credentials::password("mrose", "tanstaaf");
/// let (user, digest) = apop(&mrose, &Policy::new(), b"<1896.697170952@dbc.mtview.ca.us>")?;
/// assert_eq!((user, digest.as_str()), ("mrose", "c4c9334bac560ecc979e58001b3e22fb"));
/// # Ok::<(), sasl_core::client::ClientError>(())
/// ```
pub fn apop<'a>(
    credentials: &'a Credentials,
    policy: &Policy,
    timestamp: &[u8],
) -> Result<(&'a str, String), ClientError> {
    let (user, password) = named(credentials)?;
    if Mechanism::CramMd5.strength() < policy.floor() {
        return Err(ClientError::BelowFloor);
    }
    // RFC 6856 section 2.2: "MUST apply SASLprep or one of its Standards Track successors to the username and password
    // used to compute the APOP digest."
    if password.expose().is_ascii() {
        return Ok((user, crate::apop_digest(timestamp, password)));
    }
    let prepared = prepare::password(password.expose(), Strings::Stored)
        .map_err(|error| ClientError::Credentials(CredentialsError::Password(error)))?;
    Ok((user, crate::apop_digest(timestamp, &Secret::from(prepared))))
}

fn named(credentials: &Credentials) -> Result<(&str, &Secret), ClientError> {
    if credentials.authzid.is_some() {
        return Err(ClientError::Credentials(CredentialsError::AuthorizationNotCarried));
    }
    credentials.check(Mechanism::Plain).map_err(ClientError::Credentials)?;
    match &credentials.kind {
        Kind::Password { user, password } => Ok((user, password)),
        _ => Err(ClientError::Credentials(CredentialsError::Kind)),
    }
}

//! Quotas: how much there may be, and how much there is (RFC 9208, and RFC 2087 before it).

use std::fmt;

use crate::{Atom, Encoder, Expected, InvalidOctet, MailboxName, ParseError, Text, cursor::Cursor};

/// The most that is written of a usage or limit: `number64` (RFC 9051 section 9).
const MOST: u64 = i64::MAX.cast_unsigned();

/// What a quota counts (RFC 9208 section 5). The vocabulary is open; names are the same in upper and lower case.
///
/// # Example
///
/// ```
/// use imap_proto::extensions::quota::Resource;
///
/// assert_eq!(Resource::try_from("storage").unwrap(), Resource::STORAGE);
/// assert!(Resource::try_from("two words").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Resource(Atom);

impl Resource {
    /// Space, in units of 1024 octets.
    pub const STORAGE: Self = Self(Atom::from_static("STORAGE"));
    /// How many messages there are.
    pub const MESSAGE: Self = Self(Atom::from_static("MESSAGE"));
    /// How many mailboxes there are.
    pub const MAILBOX: Self = Self(Atom::from_static("MAILBOX"));
    /// Space for annotations of messages, in units of 1024 octets.
    pub const ANNOTATION_STORAGE: Self = Self(Atom::from_static("ANNOTATION-STORAGE"));

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A copy that keeps no read buffer alive.
    pub fn detach(&self) -> Self {
        Self(self.0.detach())
    }

    fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        if cursor.lenient && cursor.at_string() {
            let at = cursor.at();
            let name = Atom::try_from(cursor.string_octets()?);
            return name.map(Self).map_err(|_| ParseError::new(at, Expected::Atom));
        }
        cursor.atom().map(Self)
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.octets(self.0.as_bytes());
    }
}

impl TryFrom<&str> for Resource {
    type Error = InvalidOctet;

    fn try_from(name: &str) -> Result<Self, InvalidOctet> {
        Atom::try_from(name).map(Self)
    }
}

impl fmt::Debug for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Resource({self})")
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The arguments of SETQUOTA: the limits of a root, all of them (RFC 9208 section 4.1.3). A limit that is not named is no more.
///
/// ```abnf
/// setquota          = "SETQUOTA" SP quota-root-name SP setquota-list
/// setquota-list     = "(" [setquota-resource *(SP setquota-resource)] ")"
/// setquota-resource = resource-name SP resource-limit
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::quota::{Resource, ResourceLimit, SetQuota};
/// use imap_proto::{Command, Dialect, Encoder, Literals, Tag, Text};
///
/// let command = Command::SetQuota(SetQuota {
///     root: Text::try_from("#user/alice").unwrap(),
///     limits: vec![ResourceLimit { resource: Resource::STORAGE, limit: 510 }],
/// });
/// let mut encoder = Encoder::new(Literals::Plus, Dialect::REV1);
/// command.encode(&Tag::try_from("S0001").unwrap(), &mut encoder);
/// assert_eq!(encoder.text(), b"S0001 SETQUOTA #user/alice (STORAGE 510)\r\n");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the arguments of the command
pub struct SetQuota {
    /// Which root. The empty one is a root too.
    pub root: Text,
    /// Its limits.
    pub limits: Vec<ResourceLimit>,
}

/// The limit of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a pair
pub struct ResourceLimit {
    /// Of what.
    pub resource: Resource,
    /// How much there may be, in the unit of the resource; what is beyond 2^63 - 1 is written as that.
    pub limit: u64,
}

impl SetQuota {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let root = cursor.astring()?;
        cursor.space()?;
        let mut limits = Vec::new();
        cursor.list(|cursor| {
            let resource = Resource::read(cursor)?;
            cursor.space()?;
            limits.push(ResourceLimit { resource, limit: cursor.number64()? });
            Ok(())
        })?;
        Ok(Self { root, limits })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.astring(self.root.as_bytes());
        encoder.space();
        encoder.list(&self.limits, |encoder, limit| {
            limit.resource.encode(encoder);
            encoder.space();
            encoder.number(limit.limit.min(MOST));
        });
    }
}

/// QUOTA: the limits of a root, and how much there is (RFC 9208 section 4.2.1).
///
/// ```abnf
/// quota-response = "QUOTA" SP quota-root-name SP quota-list
/// quota-list     = "(" quota-resource *(SP quota-resource) ")"
/// quota-resource = resource-name SP resource-usage SP resource-limit
/// ```
///
/// # Example
///
/// ```
/// use imap_proto::extensions::quota::Resource;
/// use imap_proto::{Dialect, Response, Untagged};
///
/// let Response::Untagged(Untagged::Quota(quota)) =
///     Response::parse(&"* QUOTA \"\" (STORAGE 10 512)".into(), Dialect::REV1) else { panic!() };
/// let storage = quota.of(&Resource::STORAGE).unwrap();
/// assert_eq!((storage.usage, storage.limit), (10, 512));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct Quota {
    /// Which root.
    pub root: Text,
    /// What is limited; everything else is not.
    pub resources: Vec<ResourceUsage>,
}

/// How much there is of a resource, and may be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // a triplet
pub struct ResourceUsage {
    /// Of what.
    pub resource: Resource,
    /// How much there is, in the unit of the resource. It can be more than the limit.
    pub usage: u64,
    /// How much there may be; what is beyond 2^63 - 1 is written as that.
    pub limit: u64,
}

impl Quota {
    /// The usage and limit of a resource; `None` if it is not limited.
    pub fn of(&self, resource: &Resource) -> Option<&ResourceUsage> {
        self.resources.iter().find(|one| one.resource == *resource)
    }

    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        // A root that has no name may be left out.
        let root = if cursor.lenient && cursor.peek() == Some(b'(') {
            Text::new()
        } else {
            let root = cursor.astring()?;
            cursor.space()?;
            root
        };
        let mut resources = Vec::new();
        cursor.list(|cursor| {
            let resource = Resource::read(cursor)?;
            cursor.space()?;
            let usage = cursor.unsigned64()?;
            cursor.space()?;
            resources.push(ResourceUsage { resource, usage, limit: cursor.unsigned64()? });
            Ok(())
        })?;
        Ok(Self { root, resources })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.astring(self.root.as_bytes());
        encoder.space();
        encoder.list(&self.resources, |encoder, one| {
            one.resource.encode(encoder);
            encoder.space();
            encoder.number(one.usage.min(MOST));
            encoder.space();
            encoder.number(one.limit.min(MOST));
        });
    }
}

/// QUOTAROOT: which roots hold for a mailbox (RFC 9208 section 4.2.2).
///
/// ```abnf
/// quotaroot-response = "QUOTAROOT" SP mailbox *(SP quota-root-name)
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // the data of the response
pub struct QuotaRoots {
    /// Which mailbox.
    pub mailbox: MailboxName,
    /// Their names; with none, nothing is limited.
    pub roots: Vec<Text>,
}

impl QuotaRoots {
    pub(crate) fn read(cursor: &mut Cursor<'_>) -> Result<Self, ParseError> {
        let mailbox = cursor.mailbox()?;
        let mut roots = Vec::new();
        while cursor.space().is_ok() && !cursor.is_done() {
            roots.push(cursor.astring()?);
        }
        Ok(Self { mailbox, roots })
    }

    pub(crate) fn encode(&self, encoder: &mut Encoder) {
        encoder.mailbox(&self.mailbox);
        for root in &self.roots {
            encoder.space();
            encoder.astring(root.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::extensions::testing::{command, command_as, refused, response, response_as};

    #[test]
    fn examples_of_the_rfc() {
        // RFC 9208 section 4.1
        command_as("G0001 GETQUOTA \"!partition/sda4\"", "G0001 GETQUOTA !partition/sda4");
        command("G0002 GETQUOTAROOT INBOX");
        command_as(
            "S0001 SETQUOTA \"#user/alice\" (STORAGE 510)",
            "S0001 SETQUOTA #user/alice (STORAGE 510)",
        );
        command("S0002 SETQUOTA !partition/sda4 (STORAGE 99999999)");
        command("S0002 SETQUOTA \"\" ()");
        // RFC 9208 section 4.2
        response("* QUOTA \"\" (STORAGE 10 512)");
        response("* QUOTA !partition/sda4 (STORAGE 104 10923847)");
        response("* QUOTA #user/alice (STORAGE 54 111 MESSAGE 42 1000)");
        response("* QUOTAROOT INBOX #user/alice !partition/sda4");
        response("* QUOTAROOT INBOX \"\"");
        response("* QUOTAROOT comp.mail.mime");
    }

    #[test]
    fn what_servers_write() {
        response_as("* QUOTA  x ( STORAGE  10  512 )", "* QUOTA x (STORAGE 10 512)");
        response_as("* QUOTA (\"STORAGE\" 10 512)", "* QUOTA \"\" (STORAGE 10 512)");
        // a resource of somebody's, more than there may be, no limit at all
        response("* QUOTA x (X-NUM-FOLDERS 7 5)");
        response("* QUOTA x ()");
        response_as("* QUOTAROOT INBOX \"User quota\" ", "* QUOTAROOT INBOX \"User quota\"");
        response("* QUOTA x (STORAGE 1 9223372036854775807)");
    }

    #[test]
    fn commands_that_are_none() {
        for arguments in [
            "SETQUOTA x (STORAGE)",
            "SETQUOTA x (STORAGE -1)",
            "SETQUOTA x (STORAGE 9223372036854775808)",
            "SETQUOTA x STORAGE 1",
            "SETQUOTA x (\"STORAGE\" 1)",
            "SETQUOTA x (STORAGE 1  MESSAGE 1)",
            "SETQUOTA (STORAGE 1)",
            "GETQUOTA",
        ] {
            refused(&format!("A {arguments}"));
        }
    }
}

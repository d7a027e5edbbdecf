//! What commands are answered with.

use std::collections::HashMap;

use crate::{
    MailboxName, Untagged,
    extensions::{
        acl::{Acl, ListRights, MyRights},
        id::Identification,
        metadata::{EntryValue, MetadataContent},
        namespace::Namespaces,
        quota::{Quota, QuotaRoots},
    },
    list::{ListEntry, MailboxStatus},
    response::ResponseText,
    search::Threads,
};

/// What a command was answered with: its data, and how it ended.
///
/// # Example
///
/// ```
/// use imap_proto::{Dialect, Response, session::Answer};
///
/// let Response::Untagged(told) = Response::parse(&r#"* NAMESPACE (("" "/")) NIL NIL"#.into(), Dialect::REV1) else {
///     panic!()
/// };
/// let mut answer = Answer::default();
/// answer.data.push(told);
/// assert_eq!(answer.namespaces().unwrap().personal[0].delimiter, Some('/'));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Answer {
    /// What the server told, in its order.
    pub data: Vec<Untagged>,
    /// What it said of the end.
    pub text: ResponseText,
}

macro_rules! only {
    ($($(#[$doc:meta])* $name:ident: $variant:ident => $type:ty;)*) => {
        $($(#[$doc])*
        pub fn $name(self) -> Option<$type> {
            self.data.into_iter().find_map(|told| match told {
                Untagged::$variant(value) => Some(value),
                _ => None,
            })
        })*
    };
}

impl Answer {
    only! {
        /// NAMESPACE.
        namespaces: Namespace => Namespaces;
        /// ACL.
        acl: Acl => Acl;
        /// LISTRIGHTS.
        list_rights: ListRights => ListRights;
        /// MYRIGHTS.
        my_rights: MyRights => MyRights;
        /// QUOTA.
        quota: Quota => Quota;
        /// THREAD.
        threads: Thread => Threads;
    }

    /// ID; `None` inside if the server does not say who it is.
    pub fn identification(self) -> Option<Option<Identification>> {
        self.data.into_iter().find_map(|told| match told {
            Untagged::Id(value) => Some(value),
            _ => None,
        })
    }

    /// STATUS of a mailbox. One of another mailbox is news; if there is only one, servers were seen that write its name in another way.
    pub fn status(self, mailbox: &MailboxName) -> Option<MailboxStatus> {
        let mut all: Vec<_> = self
            .data
            .into_iter()
            .filter_map(|told| match told {
                Untagged::MailboxStatus(status) => Some(status),
                _ => None,
            })
            .collect();
        let at = all.iter().position(|status| status.mailbox == *mailbox);
        match at {
            Some(at) => Some(all.swap_remove(at)),
            None if all.len() == 1 => all.pop(),
            None => None,
        }
    }

    /// QUOTAROOT, and the QUOTA of each root.
    pub fn quota_roots(self) -> Option<(QuotaRoots, Vec<Quota>)> {
        let (mut roots, mut quotas) = (None, Vec::new());
        for told in self.data {
            match told {
                Untagged::QuotaRoots(told) => roots = Some(told),
                Untagged::Quota(quota) => quotas.push(quota),
                _ => {}
            }
        }
        Some((roots?, quotas))
    }

    /// METADATA of a mailbox, which may come in several responses. What changed is news.
    pub fn metadata(self, mailbox: &MailboxName) -> Vec<EntryValue> {
        let values = self.data.into_iter().filter_map(|told| match told {
            Untagged::Metadata(told) if told.mailbox == *mailbox => match told.content {
                MetadataContent::Values(values) => Some(values),
                MetadataContent::Changed(_) => None,
            },
            _ => None,
        });
        values.flatten().collect()
    }

    /// Mailboxes with their status. What is told twice of one is one.
    pub fn mailboxes(self) -> Vec<Listed> {
        let mut all: Vec<Listed> = Vec::new();
        let mut places: HashMap<MailboxName, usize> = HashMap::new();
        let mut waiting = Vec::new();
        for told in self.data {
            match told {
                Untagged::List(entry) | Untagged::Lsub(entry) => {
                    let entry = entry.detach();
                    match places.get(&entry.name).and_then(|&place| all.get_mut(place)) {
                        Some(listed) => listed.entry = entry,
                        None => {
                            places.insert(entry.name.clone(), all.len());
                            all.push(Listed { entry, status: None });
                        }
                    }
                }
                Untagged::MailboxStatus(status) => waiting.push(status),
                _ => {}
            }
        }
        // RFC 5819 section 2: a server may tell the status before or behind its mailbox
        for status in waiting {
            if let Some(listed) = places.get(&status.mailbox).and_then(|&place| all.get_mut(place)) {
                listed.status = Some(status);
            }
        }
        all
    }
}

/// A mailbox in a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listed {
    /// What it is called, and what can be done with it.
    pub entry: ListEntry,
    /// How much is in it, if that was asked for and the server told it.
    pub status: Option<MailboxStatus>,
}

impl Listed {
    /// Its name.
    pub const fn name(&self) -> &MailboxName {
        &self.entry.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, Response};

    fn answer(lines: &[&str]) -> Answer {
        let data = lines.iter().map(|line| {
            match Response::parse(&bytes::Bytes::copy_from_slice(line.as_bytes()), Dialect::REV1) {
                Response::Untagged(told) => told,
                other => panic!("{other:?}"),
            }
        });
        Answer { data: data.collect(), text: ResponseText::default() }
    }

    #[test]
    fn a_list_and_its_status() {
        let all = answer(&[
            r#"* STATUS b (MESSAGES 2)"#,
            r#"* LIST () "/" a"#,
            r#"* LIST (\NoSelect) "/" b"#,
            r#"* LIST () "/" b"#,
            r#"* STATUS a (MESSAGES 1)"#,
            r#"* STATUS c (MESSAGES 3)"#,
        ])
        .mailboxes();
        let told: Vec<_> =
            all.iter().map(|one| (one.name().to_string(), one.status.as_ref().unwrap().messages)).collect();
        assert_eq!(told, [("a".to_owned(), Some(1)), ("b".to_owned(), Some(2))]);
        assert!(all[1].entry.attributes.is_selectable());
    }

    #[test]
    fn the_status_that_was_asked_for() {
        let two = ["* STATUS a (MESSAGES 1)", "* STATUS b (MESSAGES 2)"];
        let name = |name| MailboxName::new(name).unwrap();
        assert_eq!(answer(&two).status(&name("b")).unwrap().messages, Some(2));
        assert_eq!(answer(&two).status(&name("c")), None);
        assert!(answer(&two[..1]).status(&name("A")).is_some());
    }
}

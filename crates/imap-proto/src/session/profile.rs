//! What is known of servers beforehand.

/// What a server wants or cannot do beyond what it says, as data: it changes what we send, never how we understand it.
///
/// [`Profile::of_host`] knows a few providers; everything can be set.
///
/// # Example
///
/// ```
/// use imap_proto::session::Profile;
///
/// assert!(Profile::of_host("imap.163.com").send_id);
/// assert!(!Profile::new().send_id);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// Whether to send ID right after the login: some servers refuse to open mailboxes otherwise.
    pub send_id: bool,
    /// Whether to leave extended LIST alone, though it is offered.
    pub plain_list: bool,
    /// Whether to leave ESEARCH alone, though it is offered.
    pub plain_search: bool,
    /// Whether to leave the initial response to AUTHENTICATE out, though SASL-IR is offered.
    pub no_initial_response: bool,
    /// Whether to leave ENABLE alone, though it is offered.
    pub no_enable: bool,
    /// How long to wait between two questions for news where the server offers neither NOTIFY nor IDLE; in seconds, default 60.
    pub poll_seconds: u32,
}

/// Hosts by the end of their names.
const KNOWN: &[(&str, Profile)] = &[
    ("163.com", Profile::new().send_id(true)),
    ("126.com", Profile::new().send_id(true)),
    ("188.com", Profile::new().send_id(true)),
    ("yeah.net", Profile::new().send_id(true)),
    ("qq.com", Profile::new().send_id(true).no_initial_response(true)),
    ("coremail.cn", Profile::new().send_id(true).no_initial_response(true)),
];

impl Profile {
    /// A server that means what it says.
    pub const fn new() -> Self {
        Self {
            send_id: false,
            plain_list: false,
            plain_search: false,
            no_initial_response: false,
            no_enable: false,
            poll_seconds: 60,
        }
    }

    /// What is known of a host, by its name.
    pub fn of_host(host: &str) -> Self {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_of = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        KNOWN.iter().find(|(domain, _)| is_of(domain)).map_or(Self::new(), |(_, profile)| *profile)
    }

    wire_core::__setters! {
        /// Sets [`send_id`](#structfield.send_id).
        send_id: bool,
        /// Sets [`plain_list`](#structfield.plain_list).
        plain_list: bool,
        /// Sets [`plain_search`](#structfield.plain_search).
        plain_search: bool,
        /// Sets [`no_initial_response`](#structfield.no_initial_response).
        no_initial_response: bool,
        /// Sets [`no_enable`](#structfield.no_enable).
        no_enable: bool,
        /// Sets [`poll_seconds`](#structfield.poll_seconds).
        poll_seconds: u32,
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::new()
    }
}

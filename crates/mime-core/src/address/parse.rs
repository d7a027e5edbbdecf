//! Address lists, read token by token.

use super::{
    Address, AddressRef, GroupRef, MailboxRef,
    item::{Item, Prev},
    mailbox::{BROKEN, PLAIN, PLAIN_NAME, Piece},
    spoof,
};
use crate::{
    Config, DefectKind, Report, Severity,
    config::Reading,
    lex::{self, Kind, Lexer, Token},
};

/// The addresses of a field: From, To, Cc, Reply-To and the like.
///
/// RFC 5322 section 3.4, with the obsolete syntax of RFC 5322 section 4.4 and UTF-8 as in RFC 6532 section 3.2. It never
/// fails: what is broken is read as RFC 7103 section 7.1 advises, and told. What would be a guess at *which* address is
/// meant is not made: [`MailboxRef::is_valid`] is `false` then.
///
/// ```abnf
/// address-list = (address *("," address)) / obs-addr-list
/// address      = mailbox / group
/// mailbox      = name-addr / addr-spec
/// name-addr    = [display-name] [CFWS] "<" addr-spec ">" [CFWS]
/// group        = display-name ":" [group-list] ";" [CFWS]
/// ```
///
/// It allocates nothing itself, and its time is linear. After
/// [`Limits::addresses`](crate::Limits::addresses) mailboxes it ends.
///
/// # Example
///
/// ```
/// use mime_core::{AddressList, AddressRef, Config};
///
/// let field = b" A Group:Ed Jones <c@a.test>,joe@where.test;, Mary <mary@example.net>";
/// let mut seen = Vec::new();
/// for address in AddressList::new(field, &Config::new()) {
///     seen.push(match address {
///         AddressRef::GroupStart(group) => group.name().into_owned(),
///         AddressRef::Mailbox(mailbox) => mailbox.address().into_owned(),
///         AddressRef::GroupEnd => String::from("end"),
///     });
/// }
/// assert_eq!(seen, ["A Group", "c@a.test", "joe@where.test", "end", "mary@example.net"]);
/// ```
#[derive(Clone, Debug)]
pub struct AddressList<'a, R = ()> {
    lexer: Lexer<'a>,
    /// As much of the value as is text.
    text: &'a str,
    report: R,
    /// Whether defects are told, and looked for where that costs something.
    checks: bool,
    in_group: bool,
    after_item: bool,
    ambiguous: bool,
    said_unclosed: bool,
    left: usize,
    /// Up to here no name goes on behind a comma.
    no_join: usize,
    reading: Reading,
}

impl<'a> AddressList<'a> {
    /// The addresses of a raw value; defects are told nobody.
    pub fn new(value: &'a [u8], config: &Config) -> Self {
        Self { checks: false, ..Self::parse(value, config, ()) }
    }
}

impl<'a, R: Report> AddressList<'a, R> {
    /// The addresses of a raw value; each defect is told when the address that has it is given. Spans count from
    /// the start of the value.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{AddressList, Config, DefectKind};
    ///
    /// let mut defects = Vec::new();
    /// let field = b"\"ceo@bank.example\" <x@evil.example>";
    /// let list = AddressList::parse(field, &Config::new(), &mut defects);
    /// assert_eq!(list.mailboxes().next().unwrap().address(), "x@evil.example");
    /// assert_eq!(defects[0].kind, DefectKind::DisplayNameAddress);
    /// ```
    pub fn parse(value: &'a [u8], config: &Config, report: R) -> Self {
        Self {
            lexer: Lexer::new(value, config.limits.comment_depth),
            text: std::str::from_utf8(value).unwrap_or_else(|error| valid_start(value, error.valid_up_to())),
            report,
            checks: true,
            in_group: false,
            after_item: false,
            ambiguous: false,
            said_unclosed: false,
            left: config.limits.addresses,
            no_join: 0,
            reading: Reading::new(config),
        }
    }

    /// The mailboxes alone, members of groups among them.
    pub fn mailboxes(self) -> Mailboxes<'a, R> {
        Mailboxes(self)
    }

    /// What can be kept or written to: every valid mailbox, and the groups with theirs.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::{Address, AddressList, Config, Mailbox};
    ///
    /// let list = AddressList::new(b"Mary <mary@x.test>, nobody", &Config::new());
    /// let mary = Mailbox::try_from("Mary <mary@x.test>")?;
    /// assert_eq!(list.to_addresses(), [Address::Mailbox(mary)]);
    /// # Ok::<(), mime_core::AddressError>(())
    /// ```
    pub fn to_addresses(self) -> Vec<Address> {
        let mut addresses = Vec::new();
        let mut group: Option<(GroupRef<'_>, Vec<_>)> = None;
        for address in self {
            match (address, &mut group) {
                (AddressRef::GroupStart(name), _) => group = Some((name, Vec::new())),
                (AddressRef::Mailbox(mailbox), Some((_, members))) => members.extend(mailbox.to_mailbox()),
                (AddressRef::Mailbox(mailbox), None) => {
                    addresses.extend(mailbox.to_mailbox().map(Address::Mailbox))
                }
                (AddressRef::GroupEnd, _) => {
                    let ended = group.take().and_then(|(name, members)| name.to_group(members));
                    addresses.extend(ended.map(Address::Group));
                }
            }
        }
        addresses
    }

    /// Whether what was given so far can be understood otherwise: other programs may see other addresses.
    pub(crate) fn is_ambiguous(&self) -> bool {
        self.ambiguous
    }

    fn tell(&mut self, kind: DefectKind, (start, end): Piece) {
        if kind.severity() >= Severity::Ambiguous {
            self.ambiguous = true;
        }
        if self.checks {
            self.report.report(kind, start..end);
        }
    }
}

impl<'a, R: Report> Iterator for AddressList<'a, R> {
    type Item = AddressRef<'a>;

    fn next(&mut self) -> Option<AddressRef<'a>> {
        loop {
            if self.left == 0 {
                self.stop();
            }
            if let Some(mailbox) = self.ordinary() {
                return Some(AddressRef::Mailbox(mailbox));
            }
            let Some(token) = self.lexer.token() else {
                return self.end();
            };
            let piece = (token.start, token.end);
            match token.kind {
                Kind::Special(b',') => {
                    if !self.after_item {
                        self.tell(DefectKind::ObsoleteSyntax, piece);
                    }
                    self.after_item = false;
                }
                Kind::Special(b';') if self.in_group => {
                    self.in_group = false;
                    self.after_item = true;
                    return Some(AddressRef::GroupEnd);
                }
                Kind::Special(b';') => self.tell(DefectKind::AddressSeparator, piece),
                Kind::Special(b':') => self.tell(DefectKind::GroupForm, piece),
                Kind::Special(b'>') => self.tell(DefectKind::InvalidAddress, piece),
                _ => {
                    if let Some(address) = self.item(token) {
                        return Some(address);
                    }
                }
            }
        }
    }
}

impl<'a, R: Report> AddressList<'a, R> {
    /// A mailbox as nearly all are written: a plain name, and atoms around an at sign. What is otherwise is not read.
    fn ordinary(&mut self) -> Option<MailboxRef<'a>> {
        let value = self.lexer.value();
        let start = lex::skip_space(value, self.lexer.at());
        let name_end = lex::plain_name_end(value, start)?;
        let next = lex::skip_space(value, name_end);
        let mut mailbox = MailboxRef {
            value,
            text: self.text,
            span: (start, start),
            name: (0, 0),
            comment: (0, 0),
            route: (0, 0),
            spec: (start, start),
            at: None,
            flags: PLAIN | PLAIN_NAME,
            reading: self.reading,
        };
        let at = match value.get(next) {
            Some(b'<') => {
                mailbox.name = (start, name_end);
                mailbox.spec.0 = next.saturating_add(1);
                lex::atom_end(value, mailbox.spec.0)
            }
            Some(b'@') => lex::atom_end(value, start),
            _ => return None,
        };
        let end = lex::atom_end(value, at.saturating_add(1));
        let is_address = value.get(at) == Some(&b'@') && at > mailbox.spec.0 && end > at.saturating_add(1);
        if !is_address || value.get(mailbox.spec.0) == Some(&b'=') {
            return None;
        }
        mailbox.at = Some(at);
        mailbox.spec.1 = end;
        mailbox.span.1 = end;
        if value.get(next) == Some(&b'<') {
            if value.get(end) != Some(&b'>') {
                return None;
            }
            mailbox.span.1 = end.saturating_add(1);
        }
        let behind = lex::skip_space(value, mailbox.span.1);
        let separated = match value.get(behind) {
            None => false,
            Some(b',') => true,
            Some(b';') if self.in_group => false,
            Some(_) => return None,
        };
        self.lexer.seek(behind.saturating_add(usize::from(separated)));
        self.after_item = !separated;
        self.left = self.left.saturating_sub(1);
        if self.checks {
            self.check(&mailbox, false, false);
        }
        Some(mailbox)
    }

    /// The limit of addresses is reached.
    fn stop(&mut self) {
        let end = self.lexer.value().len();
        let at = self.lexer.at();
        if self.lexer.token().is_some() {
            self.tell(DefectKind::LimitTruncated, (at, end));
        }
        self.lexer.seek(end);
        self.left = 1;
    }

    fn end(&mut self) -> Option<AddressRef<'a>> {
        self.too_deep();
        if !self.in_group {
            return None;
        }
        self.in_group = false;
        let end = self.lexer.value().len();
        self.tell(DefectKind::GroupForm, (end, end));
        Some(AddressRef::GroupEnd)
    }

    /// Tells of a comment that was nested too deep, once.
    fn too_deep(&mut self) -> bool {
        let is_too_deep = self.lexer.take_too_deep();
        if is_too_deep {
            let end = self.lexer.value().len();
            self.tell(DefectKind::LimitTruncated, (end, end));
        }
        is_too_deep
    }

    /// One mailbox, or the name of a group; nothing if there are no words. Begins with the token that was read.
    fn item(&mut self, first: Token) -> Option<AddressRef<'a>> {
        let mut item = Item::new(first.start);
        let mut next = Some(first);
        // the first comma inside of what may be a name, with what came before it
        let mut comma: Option<(Item, usize)> = None;
        loop {
            let Some(mut token) = next.take().or_else(|| self.lexer.token()) else {
                if self.too_deep() {
                    item.broken = true;
                }
                if let Some(comma) = comma {
                    return self.unjoin(comma, self.lexer.value().len());
                }
                break;
            };
            match token.kind {
                Kind::Atom | Kind::Quoted => {
                    if token.kind == Kind::Atom && item.at.is_none() {
                        self.lexer.encoded_word(&mut token);
                    }
                    item.word(&token, self.lexer.value());
                    continue;
                }
                Kind::Comment => {
                    item.comment(&token);
                    continue;
                }
                Kind::Special(_) => {}
            }
            let Kind::Special(octet) = token.kind else { continue };
            match octet {
                b',' => {
                    if !item.may_go_on(token.start, self.no_join) {
                        item.separated = true;
                        break;
                    }
                    comma = comma.or(Some((item, token.end)));
                    item.words_since_comma = 0;
                    item.gap = true;
                    continue;
                }
                b'@' | b';' | b':' if comma.is_some() => return self.unjoin(comma?, token.start),
                b'<' if comma.is_some() && item.words_since_comma == 0 => {
                    return self.unjoin(comma?, token.start);
                }
                b';' => {
                    self.lexer.seek(token.start);
                    break;
                }
                b':' => {
                    if let Some(group) = self.colon(&mut item, &token) {
                        return group;
                    }
                    break;
                }
                b'<' if item.angle => {
                    // another address without a comma before it
                    self.tell(DefectKind::AddressSeparator, (token.start, token.end));
                    self.lexer.seek(item.cut_tail().unwrap_or(token.start));
                    break;
                }
                b'<' => {
                    if let Some((_, end)) = comma.take() {
                        self.tell(DefectKind::AddressSeparator, (end.saturating_sub(1), end));
                        self.ambiguous = true;
                    }
                    if self.angle(&mut item, &token) {
                        break;
                    }
                }
                b'@' if item.tail.is_some() => {
                    let tail = item.cut_tail().unwrap_or(token.start);
                    self.tell(DefectKind::AddressSeparator, (tail, tail));
                    self.lexer.seek(tail);
                    break;
                }
                b'@' if item.angle => {
                    item.broken = true;
                    item.end = token.end;
                }
                b'@' => item.at_sign(&token),
                b'[' if item.prev == Prev::At && !item.angle => match self.lexer.literal(token.start) {
                    Some(end) => item.literal(&token, end),
                    None => {
                        self.tell(DefectKind::Unclosed, (token.start, self.lexer.value().len()));
                        item.junk(&token);
                        item.broken = true;
                    }
                },
                b'>' => {
                    self.tell(DefectKind::InvalidAddress, (token.start, token.end));
                    item.closing(&token);
                }
                b'"' | b'(' => {
                    self.unclosed(token.start);
                    item.broken = true;
                    item.junk(&token);
                }
                // RFC 5322 section 3.2.1: outside of quoted strings, comments and literals a backslash quotes nothing
                b'\\' => {
                    item.broken = true;
                    item.junk(&token);
                }
                _ => {
                    item.broken |= octet.is_ascii_control();
                    item.junk(&token);
                }
            }
        }
        self.finish(&item).map(AddressRef::Mailbox)
    }

    fn unclosed(&mut self, start: usize) {
        if !self.said_unclosed {
            self.said_unclosed = true;
            self.tell(DefectKind::Unclosed, (start, self.lexer.value().len()));
        }
        self.ambiguous = true;
    }

    /// The commas did not belong to a name: gives what stands before the first. Up to `until` there are no names with
    /// commas.
    fn unjoin(&mut self, (item, comma): (Item, usize), until: usize) -> Option<AddressRef<'a>> {
        self.no_join = until;
        self.lexer.seek(comma);
        let mailbox = self.finish(&item);
        self.after_item = false;
        mailbox.map(AddressRef::Mailbox)
    }

    /// A colon: a group begins. `None` if the item is a mailbox that ends here.
    fn colon(&mut self, item: &mut Item, token: &Token) -> Option<Option<AddressRef<'a>>> {
        let piece = (token.start, token.end);
        if item.angle {
            self.tell(DefectKind::AddressSeparator, piece);
            self.lexer.seek(item.cut_tail().unwrap_or(token.end));
            return None;
        }
        if self.in_group || item.at.is_some() {
            self.tell(DefectKind::GroupForm, piece);
        }
        if item.words == 0 || self.in_group {
            return Some(None);
        }
        self.in_group = true;
        self.after_item = false;
        let group =
            GroupRef { value: self.lexer.value(), span: item.phrase(item.end), reading: self.reading };
        if self.checks {
            let piece = item.phrase(item.end);
            spoof::name(&group.name(), None, piece.0..piece.1, &mut self.report);
        }
        Some(Some(AddressRef::GroupStart(group)))
    }

    /// What stands in angle brackets. Whether the item ends with it.
    fn angle(&mut self, item: &mut Item, open: &Token) -> bool {
        item.open_angle();
        let value = self.lexer.value();
        let mut first = true;
        loop {
            let Some(token) = self.lexer.token() else {
                if self.too_deep() {
                    item.broken = true;
                }
                self.tell(DefectKind::Unclosed, (open.start, value.len()));
                item.end = item.end.max(item.spec.1);
                return true;
            };
            let piece = (token.start, token.end);
            let Kind::Special(octet) = token.kind else {
                if token.kind == Kind::Comment {
                    item.spec_comment(&token);
                } else {
                    first = false;
                    item.spec_word(&token, value);
                }
                continue;
            };
            match octet {
                b'>' => {
                    item.end = token.end;
                    item.gap = true;
                    return false;
                }
                b'<' if first => self.tell(DefectKind::InvalidAddress, piece),
                b'<' => {
                    self.tell(DefectKind::Unclosed, (open.start, token.start));
                    self.lexer.seek(token.start);
                    item.end = item.spec.1;
                    return true;
                }
                b',' | b';' if !first => {
                    self.tell(DefectKind::AddressSeparator, piece);
                    item.end = item.spec.1;
                    item.separated = true;
                    if octet == b';' && self.in_group {
                        self.lexer.seek(token.start);
                    }
                    return true;
                }
                b'@' | b',' if first && item.route.1 == 0 && self.route(item, &token) => {}
                b'@' => {
                    first = false;
                    item.at_sign(&token);
                }
                b'[' if item.prev == Prev::At => match self.lexer.literal(token.start) {
                    Some(end) => item.literal(&token, end),
                    None => {
                        self.tell(DefectKind::Unclosed, (token.start, value.len()));
                        item.spec_junk(&token);
                    }
                },
                b'"' | b'(' => {
                    self.unclosed(token.start);
                    first = false;
                    item.spec_junk(&token);
                }
                _ => {
                    first = false;
                    item.spec_junk(&token);
                }
            }
        }
    }

    /// The route that begins with this token; if there is none, nothing was read.
    fn route(&mut self, item: &mut Item, first: &Token) -> bool {
        let back = self.lexer.at();
        while let Some(token) = self.lexer.token() {
            match token.kind {
                Kind::Special(b':') => {
                    item.route = (first.start, token.start);
                    self.tell(DefectKind::ObsoleteSyntax, item.route);
                    return true;
                }
                Kind::Special(b'@' | b',') | Kind::Atom | Kind::Comment => {}
                Kind::Special(b'[') if self.lexer.literal(token.start).is_some() => {}
                _ => break,
            }
        }
        self.lexer.seek(back);
        false
    }

    /// The mailbox that was read, and what is to be said of it.
    fn finish(&mut self, item: &Item) -> Option<MailboxRef<'a>> {
        let mailbox = item.mailbox(self.lexer.value(), self.text, self.reading)?;
        self.after_item = !item.separated;
        self.left = self.left.saturating_sub(1);
        if mailbox.flags & BROKEN != 0 || item.tail.is_some() {
            self.ambiguous = true;
        }
        let (start, end) = mailbox.spec;
        let spec = self.lexer.slice(start, end);
        if spec.starts_with(b"=?") && mailbox.at.is_some() {
            self.tell(DefectKind::EncodedWordInStructured, mailbox.spec);
        }
        if let Some(comment) = item.inner_comment.filter(|_| item.at.is_some()) {
            self.tell(DefectKind::CommentInToken, comment);
        }
        if self.checks {
            self.check(&mailbox, item.spaced, item.tail.is_some());
        }
        Some(mailbox)
    }

    fn check(&mut self, mailbox: &MailboxRef<'a>, spaced: bool, has_tail: bool) {
        let span = mailbox.span.0..mailbox.span.1;
        let valid = mailbox.is_valid();
        if !valid || has_tail {
            self.report.report(DefectKind::InvalidAddress, span.clone());
        } else if mailbox.flags & PLAIN == 0 && spaced {
            self.report.report(DefectKind::ObsoleteSyntax, span.clone());
        }
        if valid && !mailbox.has_dot_atoms() {
            self.report.report(DefectKind::InvalidAddress, span.clone());
        }
        if !mailbox.raw().is_ascii() {
            spoof::domain(&mailbox.domain(), span, &mut self.report);
        }
        let (start, end) = mailbox.name;
        if start < end {
            let raw = mailbox.raw_name();
            let plain = mailbox.flags & PLAIN_NAME != 0;
            if plain && raw.first() != Some(&b'"') {
                return;
            }
            if !plain && super::text::quotes_encoded(raw) {
                self.report.report(DefectKind::EncodedWordInStructured, start..end);
            }
            if spoof::may_concern(raw)
                && let Some(name) = mailbox.name()
            {
                spoof::name(&name, Some(&mailbox.address()), start..end, &mut self.report);
            }
        }
    }
}

fn valid_start(value: &[u8], end: usize) -> &str {
    std::str::from_utf8(value.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// The mailboxes of an [`AddressList`], groups left aside.
#[derive(Clone, Debug)]
pub struct Mailboxes<'a, R = ()>(AddressList<'a, R>);

impl<'a, R: Report> Iterator for Mailboxes<'a, R> {
    type Item = MailboxRef<'a>;

    fn next(&mut self) -> Option<MailboxRef<'a>> {
        loop {
            if let AddressRef::Mailbox(mailbox) = self.0.next()? {
                return Some(mailbox);
            }
        }
    }
}

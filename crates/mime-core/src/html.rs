//! HTML as plain text, for previews, search and people who read mail in a terminal.
//!
//! The tokens come from `html5gum`, which follows the WHATWG standard and builds no tree; so nesting costs nothing, and
//! time is linear. What this does with them is no layout: blocks begin on a line of their own, tables are read cell by
//! cell, and styles are not looked at, so text that a browser hides is there.

use std::borrow::Cow;
use std::fmt::Write;

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// HTML as plain text, with the defaults of [`HtmlText`].
///
/// # Example
///
/// ```
/// use mime_core::html::text_from_html;
///
/// let html = "<p>Gr&uuml;&szlig;e<br>aus <a href='https://example.com/'>K&ouml;ln</a></p><script>x</script><ul><li>a<li>b</ul>";
/// assert_eq!(text_from_html(html), "Grüße\naus Köln <https://example.com/>\n\n* a\n* b\n");
/// ```
pub fn text_from_html(html: &str) -> String {
    HtmlText::new().render(html)
}

/// How HTML is written as plain text.
///
/// # Example
///
/// ```
/// use mime_core::html::HtmlText;
///
/// let text = HtmlText::new().width(20).links(false).render("<blockquote>Wer lesen kann, ist klar im Vorteil.</blockquote>");
/// assert_eq!(text, "> Wer lesen kann,\n> ist klar im\n> Vorteil.\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HtmlText {
    width: usize,
    links: bool,
    most: usize,
}

impl HtmlText {
    /// Lines as long as they are, links with their targets, at most 1 MiB of text.
    pub const fn new() -> Self {
        Self { width: 0, links: true, most: 1024 * 1024 }
    }

    /// Characters of a line; longer ones are broken at spaces. 0, the default, for lines as long as they are.
    #[must_use]
    pub const fn width(mut self, characters: usize) -> Self {
        self.width = characters;
        self
    }

    /// Whether the target stands behind a link, in angle brackets, if it is a web or mail address and not the text of
    /// the link itself. On by default.
    #[must_use]
    pub const fn links(mut self, links: bool) -> Self {
        self.links = links;
        self
    }

    /// Octets of text at which to stop, before lines are broken; 1 MiB by default.
    #[must_use]
    pub const fn most(mut self, octets: usize) -> Self {
        self.most = octets;
        self
    }

    /// The text of this HTML.
    pub fn render(self, html: &str) -> String {
        let mut emitter = DefaultEmitter::default();
        // Content of script, style, title and the like is text to its end tag.
        emitter.naively_switch_states(true);
        let mut renderer = Renderer { options: self, ..Renderer::default() };
        for token in Tokenizer::new_with_emitter(html, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => renderer.start(&tag),
                Token::EndTag(tag) => renderer.end(&tag.name),
                Token::String(text) => renderer.text(&String::from_utf8_lossy(&text)),
                _ => {}
            }
            if renderer.out.len() >= self.most {
                break;
            }
        }
        renderer.finish()
    }
}

impl Default for HtmlText {
    fn default() -> Self {
        Self::new()
    }
}

/// Marks of quotations that are written at most.
const QUOTES_MOST: usize = 8;
/// Octets of a target that is written.
const TARGET_MOST: usize = 2048;

#[derive(Default)]
struct Renderer {
    options: HtmlText,
    out: String,
    /// White space waits before the next word.
    space: bool,
    /// Line ends that wait before the next word: 1 ends a line, 2 leaves one empty.
    breaks: usize,
    /// The element whose content is left out.
    skipped: Option<&'static str>,
    preformatted: usize,
    quotes: usize,
    /// The target of the link that is open, and where its text begins.
    link: Option<(String, usize)>,
}

enum Kind {
    Inline,
    /// On a line of its own.
    Block,
    /// With an empty line around it.
    Paragraph,
    Cell,
}

fn kind(name: &[u8]) -> Kind {
    match name {
        b"p" | b"h1" | b"h2" | b"h3" | b"h4" | b"h5" | b"h6" | b"ul" | b"ol" | b"dl" | b"pre"
        | b"blockquote" | b"hr" | b"figure" => Kind::Paragraph,
        b"address" | b"article" | b"aside" | b"body" | b"caption" | b"center" | b"dd" | b"details"
        | b"dir" | b"div" | b"dt" | b"fieldset" | b"figcaption" | b"footer" | b"form" | b"header"
        | b"html" | b"legend" | b"li" | b"main" | b"menu" | b"nav" | b"option" | b"section" | b"summary"
        | b"table" | b"tbody" | b"tfoot" | b"thead" | b"tr" => Kind::Block,
        b"td" | b"th" => Kind::Cell,
        _ => Kind::Inline,
    }
}

/// Elements whose content is no text.
const SKIPPED: [&str; 7] = ["script", "style", "title", "template", "iframe", "noframes", "noembed"];

impl Renderer {
    fn start(&mut self, tag: &StartTag<()>) {
        if self.skipped.is_some() {
            return;
        }
        let name: &[u8] = &tag.name;
        if let Some(skipped) = SKIPPED.iter().find(|skipped| skipped.as_bytes() == name) {
            self.skipped = Some(skipped);
            return;
        }
        match name {
            b"br" => self.breaks = if self.out.is_empty() { 0 } else { self.breaks.saturating_add(1).min(2) },
            b"a" => self.open_link(attribute(tag, b"href")),
            b"img" => self.text(&attribute(tag, b"alt")),
            _ => self.divide(name),
        }
        match name {
            b"pre" => self.preformatted = self.preformatted.saturating_add(1),
            b"blockquote" => self.quotes = self.quotes.saturating_add(1),
            b"li" => {
                self.word("*");
                self.space = true;
            }
            b"hr" => {
                self.word("---");
                self.divide(name);
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &[u8]) {
        if let Some(skipped) = self.skipped {
            if skipped.as_bytes() == name {
                self.skipped = None;
            }
            return;
        }
        match name {
            b"a" => self.close_link(),
            b"pre" => self.preformatted = self.preformatted.saturating_sub(1),
            b"blockquote" => self.quotes = self.quotes.saturating_sub(1),
            _ => {}
        }
        self.divide(name);
    }

    fn divide(&mut self, name: &[u8]) {
        let breaks = match kind(name) {
            Kind::Inline => return,
            Kind::Cell => {
                self.space = true;
                return;
            }
            Kind::Block => 1,
            Kind::Paragraph => 2,
        };
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    fn text(&mut self, text: &str) {
        if self.skipped.is_some() {
            return;
        }
        if self.preformatted > 0 {
            for (at, line) in text.split('\n').enumerate() {
                if at > 0 {
                    self.breaks = self.breaks.saturating_add(1).min(2);
                }
                let line = line.trim_end_matches('\r');
                if !line.is_empty() {
                    self.word(line);
                }
            }
            return;
        }
        let is_space = |character: char| matches!(character, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.trim_start_matches(is_space);
            if word.len() < rest.len() {
                self.space = true;
            }
            let end = word.find(is_space).unwrap_or(word.len());
            let (word, behind) = word.split_at_checked(end).unwrap_or((word, ""));
            if !word.is_empty() {
                self.word(word);
            }
            rest = behind;
        }
    }

    /// Writes a word, and what waits before it.
    fn word(&mut self, word: &str) {
        if self.out.len() >= self.options.most {
            return;
        }
        let breaks = std::mem::take(&mut self.breaks);
        let space = std::mem::take(&mut self.space);
        let quotes = self.quotes.min(QUOTES_MOST);
        if self.out.is_empty() {
            self.out.extend(std::iter::repeat_n("> ", quotes));
        } else if breaks > 0 {
            for at in 0..breaks {
                self.out.push('\n');
                let last = at.saturating_add(1) == breaks;
                self.out.extend(std::iter::repeat_n(if last { "> " } else { ">" }, quotes));
            }
        } else if space {
            self.out.push(' ');
        }
        // Controls have no place in plain text, and a no-break space is a space.
        if word.contains(|character: char| character.is_control() || character == '\u{a0}') {
            let shown = word.chars().filter(|&character| !character.is_control() || character == '\t');
            self.out.extend(shown.map(|character| if character == '\u{a0}' { ' ' } else { character }));
        } else {
            self.out.push_str(word);
        }
    }

    fn open_link(&mut self, target: Cow<'_, str>) {
        self.close_link();
        let target = target.trim();
        let is_address = ["http://", "https://", "mailto:"]
            .iter()
            .any(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        let is_plain = !target.contains(|character: char| {
            character.is_whitespace() || character.is_control() || matches!(character, '<' | '>')
        });
        if self.options.links && is_address && is_plain && target.len() <= TARGET_MOST {
            self.link = Some((target.to_owned(), self.out.len()));
        }
    }

    fn close_link(&mut self) {
        let Some((target, start)) = self.link.take() else { return };
        let text = self.out.get(start..).unwrap_or_default().trim();
        let bare = target.strip_prefix("mailto:").unwrap_or(&target);
        // A link without text, around a picture perhaps, or whose text is the target, needs no more.
        if !text.is_empty() && text != bare && text != target {
            let _ = write!(self.out, " <{target}>");
        }
    }

    fn finish(mut self) -> String {
        self.close_link();
        let mut end = self.out.len().min(self.options.most);
        while !self.out.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        self.out.truncate(end);
        if self.out.is_empty() {
            return self.out;
        }
        self.out.push('\n');
        if self.options.width > 0 { wrapped(&self.out, self.options.width) } else { self.out }
    }
}

fn attribute<'a>(tag: &'a StartTag<()>, name: &[u8]) -> Cow<'a, str> {
    tag.attributes.get(name).map_or(Cow::Borrowed(""), |value| String::from_utf8_lossy(value))
}

/// Breaks lines at spaces; those that are quoted stay quoted.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(text.len() / 16));
    for line in text.lines() {
        let content = line.trim_start_matches(['>', ' ']);
        let marks = line.get(..line.len().saturating_sub(content.len())).unwrap_or_default();
        let mut count = 0usize;
        for (at, word) in content.split(' ').enumerate() {
            let length = word.chars().count();
            if at == 0 || count.saturating_add(length).saturating_add(1) > width {
                if at > 0 {
                    out.push('\n');
                }
                out.push_str(marks);
                count = marks.chars().count();
            } else {
                out.push(' ');
                count = count.saturating_add(1);
            }
            out.push_str(word);
            count = count.saturating_add(length);
        }
        out.push('\n');
    }
    out
}

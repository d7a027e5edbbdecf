//! The first words of a message, for lists (RFC 8970).

/// The first words of a plain text, at most so many characters; RFC 8970 section 3.3 wants no more than 200.
///
/// White space becomes single spaces. Quoted lines and the line that introduces them, the signature, and characters that
/// are not seen or reorder text are left out. If nothing is left but quoted lines, they are taken.
///
/// # Example
///
/// ```
/// use mime_core::preview::preview;
///
/// let text = "Anna schrieb:\n> Kommst du?\n\nJa,   gern.\n-- \nBert\n";
/// assert_eq!(preview(text, 200), "Ja, gern.");
/// assert_eq!(preview(text, 5), "Ja, g");
/// ```
pub fn preview(text: &str, characters: usize) -> String {
    let mut lines = text.lines().peekable();
    let mut own = Words::new(characters);
    while let Some(line) = lines.next() {
        if line == "-- " || own.is_full() {
            break;
        }
        let introduces = line.trim_end().ends_with(':') && lines.peek().is_some_and(|next| is_quoted(next));
        if !is_quoted(line) && !introduces {
            own.add(line);
        }
    }
    if own.out.is_empty() {
        for line in text.lines() {
            own.add(line.trim_start_matches(['>', ' ']));
            if own.is_full() {
                break;
            }
        }
    }
    own.out
}

/// The same of a HTML text.
///
/// # Example
///
/// ```
/// use mime_core::preview::preview_html;
///
/// assert_eq!(preview_html("<style>p {}</style><p>Hallo&nbsp;<b>Welt</b></p><blockquote>alt</blockquote>", 200), "Hallo Welt");
/// ```
#[cfg(feature = "html")]
pub fn preview_html(html: &str, characters: usize) -> String {
    // Enough text for any list, though much of it may be quoted or white space.
    let most = characters.saturating_mul(4).max(16 * 1024);
    preview(&crate::html::HtmlText::new().links(false).most(most).render(html), characters)
}

fn is_quoted(line: &str) -> bool {
    line.starts_with('>')
}

struct Words {
    out: String,
    left: usize,
    space: bool,
}

impl Words {
    fn new(characters: usize) -> Self {
        Self { out: String::new(), left: characters, space: false }
    }

    fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Adds a line.
    fn add(&mut self, line: &str) {
        for character in line.chars() {
            if character.is_whitespace() {
                self.space = true;
            } else if !is_unseen(character) {
                if std::mem::take(&mut self.space) && !self.out.is_empty() {
                    // A space that would be the last is none.
                    if self.left < 2 {
                        self.left = 0;
                    } else {
                        self.out.push(' ');
                        self.left = self.left.saturating_sub(1);
                    }
                }
                if self.left == 0 {
                    return;
                }
                self.out.push(character);
                self.left = self.left.saturating_sub(1);
            }
        }
        self.space = true;
    }
}

/// Control characters, characters without width, and those that reorder text.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

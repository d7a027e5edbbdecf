//! Messages for people to look at.

use std::fmt;
use std::io::{self, Write};

use postwire::mime::{AddressRef, Message, Part, html};

/// The header, the parts with their texts, and what is wrong.
pub(crate) fn print(out: &mut impl Write, message: &Message, characters: usize) -> io::Result<()> {
    fields(out, message.root(), "  ")?;
    part(out, message.root(), 1, characters)?;
    let defects = message.defects();
    if !defects.is_empty() {
        writeln!(out, "  defects:")?;
    }
    for defect in defects {
        writeln!(out, "    {defect}")?;
    }
    Ok(())
}

/// How else it may be understood.
pub(crate) fn print_readings(out: &mut impl Write, message: &Message) -> io::Result<()> {
    for reading in message.interpretations(20) {
        writeln!(
            out,
            "  read with {:?}{}:",
            reading.choices,
            reading.part.map(|path| format!(" in part {path}")).unwrap_or_default()
        )?;
        part(out, reading.message.root(), 2, 0)?;
    }
    Ok(())
}

fn fields(out: &mut impl Write, part: Part<'_>, indent: &str) -> io::Result<()> {
    for field in part.fields() {
        let value = match field.name().to_ascii_lowercase().as_str() {
            "from" | "to" | "cc" | "bcc" | "sender" | "reply-to" => people(field.addresses()),
            "date" => field.date().map_or_else(|| field.text().into_owned(), |date| date.to_rfc3339()),
            _ => field.text().into_owned(),
        };
        writeln!(out, "{indent}{}: {}", Plain(field.name()), Plain(&value))?;
    }
    Ok(())
}

fn people(list: postwire::mime::AddressList<'_>) -> String {
    let mut text = String::new();
    for address in list {
        match address {
            AddressRef::Mailbox(mailbox) => {
                let name = mailbox.name().map(|name| format!("{name} ")).unwrap_or_default();
                text.push_str(&format!("{name}<{}>, ", mailbox.address()));
            }
            AddressRef::GroupStart(group) => text.push_str(&format!("{}: ", group.name())),
            AddressRef::GroupEnd => {
                text.truncate(text.trim_end_matches([',', ' ']).len());
                text.push_str("; ");
            }
        }
    }
    text.truncate(text.trim_end_matches([',', ' ', ';']).len());
    text
}

/// Depth is bounded by the limits of the parser.
fn part(out: &mut impl Write, part: Part<'_>, depth: usize, characters: usize) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    let path = part.path();
    write!(out, "{indent}[{}] {}", if path.is_empty() { "message" } else { &path }, Plain(&part.essence()))?;
    if let Some(label) =
        part.content_type().and_then(|content| content.param("charset").map(|label| label.into_owned()))
    {
        write!(out, ", {}", Plain(&label))?;
    }
    if part.is_multipart() {
        writeln!(out)?;
        for child in part.children() {
            self::part(out, child, depth + 1, characters)?;
        }
        return Ok(());
    }
    write!(out, ", {}", part.encoding().name())?;
    if let Some(disposition) = part.content_disposition() {
        write!(out, ", {}", Plain(disposition.disposition()))?;
    }
    if let Some(name) = part.filename() {
        write!(out, ", \"{}\"", Plain(&name))?;
    }
    writeln!(out, ", {} octets", part.decode().len())?;
    if let Some(inner) = part.embedded() {
        fields(out, inner, &"  ".repeat(depth + 1))?;
        return self::part(out, inner, depth + 1, characters);
    }
    let attached = part.content_disposition().is_some_and(|value| value.is_attachment());
    if let Some(text) = part.text().filter(|_| !attached && characters > 0) {
        let text = if part.is_type("text", "html") { html::text_from_html(&text) } else { text.into_owned() };
        let shown: String = text.chars().take(characters).collect();
        for line in shown.lines() {
            writeln!(out, "{indent}  | {}", Plain(line))?;
        }
        if shown.len() < text.len() {
            writeln!(out, "{indent}  ...")?;
        }
    }
    Ok(())
}

/// Text that does nothing to a terminal.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            let reorders = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            match character {
                '\t' => f.write_str("\t")?,
                '\r' | '\n' => f.write_str(" ")?,
                _ if character.is_control() || reorders => write!(f, "{}", character.escape_unicode())?,
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}

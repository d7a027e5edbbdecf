//! Which parts a person reads, and which are attachments.

use super::{Message, Part};

/// The parts of a message as a mail program shows them (RFC 8621 section 4.1.4).
///
/// Made by [`Message::bodies`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Bodies<'a> {
    /// What to show, one after the other, to whoever prefers plain text. Parts of text/html stand here if there is no
    /// plain alternative, and images, audio and video that are shown in place.
    pub text: Vec<Part<'a>>,
    /// The same for whoever prefers HTML.
    pub html: Vec<Part<'a>>,
    /// Everything else, and media that is shown in place in only one of the two.
    pub attachments: Vec<Part<'a>>,
}

/// A multipart whose parts are looked at.
struct Frame<'a> {
    children: super::Children<'a>,
    kind: Composite,
    first: bool,
    in_alternative: bool,
    /// How many parts the lists had before; `None` if the list was closed.
    texts: Option<usize>,
    htmls: Option<usize>,
    /// Whether its lists go on to those outside.
    lists: (bool, bool),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Composite {
    Alternative,
    Related,
    Other,
}

fn composite(part: Part<'_>) -> Composite {
    match part.content_type() {
        Some(content) if content.is("multipart", "alternative") => Composite::Alternative,
        Some(content) if content.is("multipart", "related") => Composite::Related,
        _ => Composite::Other,
    }
}

impl Message {
    /// What a person should see: the text, the HTML, and the attachments.
    ///
    /// The algorithm is that of JMAP (RFC 8621 section 4.1.4). Messages inside the message are attachments.
    ///
    /// # Example
    ///
    /// ```
    /// use mime_core::Message;
    ///
    /// let mail = Message::parse(
    ///     "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nplain\r\n--a\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n--a--\r\n--m\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename=a.png\r\n\r\npng\r\n--m--\r\n",
    /// );
    /// let bodies = mail.bodies();
    /// assert_eq!(bodies.text[0].raw_body(), b"plain");
    /// assert_eq!(bodies.html[0].raw_body(), b"<b>rich</b>");
    /// assert_eq!(bodies.attachments[0].filename().as_deref(), Some("a.png"));
    /// ```
    pub fn bodies(&self) -> Bodies<'_> {
        self.root().bodies()
    }
}

impl<'a> Part<'a> {
    /// What a person should see of this part, as [`Message::bodies`] gives it of a whole message.
    pub fn bodies(self) -> Bodies<'a> {
        let mut bodies = Bodies::default();
        if !self.is_multipart() {
            place(self, Composite::Other, true, false, (true, true), &mut bodies);
            return bodies;
        }
        let mut frames = vec![Frame {
            children: self.children(),
            kind: composite(self),
            first: true,
            in_alternative: composite(self) == Composite::Alternative,
            texts: Some(0),
            htmls: Some(0),
            lists: (true, true),
        }];
        while let Some(frame) = frames.last_mut() {
            let Some(part) = frame.children.next() else {
                let done = frames.pop();
                if let Some(done) = done {
                    close(&done, &mut bodies);
                }
                continue;
            };
            let first = std::mem::replace(&mut frame.first, false);
            if part.is_multipart() {
                let kind = composite(part);
                let frame = Frame {
                    children: part.children(),
                    kind,
                    first: true,
                    in_alternative: frame.in_alternative || kind == Composite::Alternative,
                    texts: frame.lists.0.then_some(bodies.text.len()),
                    htmls: frame.lists.1.then_some(bodies.html.len()),
                    lists: frame.lists,
                };
                frames.push(frame);
            } else {
                frame.lists = place(part, frame.kind, first, frame.in_alternative, frame.lists, &mut bodies);
            }
        }
        bodies
    }

    /// Whether a mail program shows it in place: text, images, audio and video.
    fn is_inline_media(self) -> bool {
        self.content_type().is_some_and(|content| {
            ["image", "audio", "video"].iter().any(|media| content.media_type().eq_ignore_ascii_case(media))
        })
    }
}

/// Puts a part where it belongs, and says which of the lists still take what follows in its multipart.
fn place<'a>(
    part: Part<'a>,
    within: Composite,
    first: bool,
    in_alternative: bool,
    mut lists: (bool, bool),
    bodies: &mut Bodies<'a>,
) -> (bool, bool) {
    let content = part.content_type();
    let plain = content.as_ref().is_none_or(|content| content.is("text", "plain"));
    let html = content.as_ref().is_some_and(|content| content.is("text", "html"));
    let media = part.is_inline_media();
    let attached = part.content_disposition().is_some_and(|disposition| disposition.is_attachment());
    let in_place = !attached
        && (plain || html || media)
        && (first || (within != Composite::Related && (media || part.filename().is_none())));
    if !in_place {
        bodies.attachments.push(part);
        return lists;
    }
    if within == Composite::Alternative {
        if plain {
            bodies.text.push(part);
        } else if html {
            bodies.html.push(part);
        } else {
            bodies.attachments.push(part);
        }
        return lists;
    }
    if in_alternative {
        // Within one of several alternatives, what is plain text belongs to that alternative only.
        if plain {
            lists.1 = false;
        }
        if html {
            lists.0 = false;
        }
    }
    if lists.0 {
        bodies.text.push(part);
    }
    if lists.1 {
        bodies.html.push(part);
    }
    if media && !(lists.0 && lists.1) {
        bodies.attachments.push(part);
    }
    lists
}

/// An alternative that has one of the two forms stands for both.
fn close<'a>(frame: &Frame<'a>, bodies: &mut Bodies<'a>) {
    if frame.kind != Composite::Alternative {
        return;
    }
    let (Some(texts), Some(htmls)) = (frame.texts, frame.htmls) else { return };
    if texts == bodies.text.len() && htmls != bodies.html.len() {
        let more: Vec<_> = bodies.html.iter().skip(htmls).copied().collect();
        bodies.text.extend(more);
    } else if htmls == bodies.html.len() && texts != bodies.text.len() {
        let more: Vec<_> = bodies.text.iter().skip(texts).copied().collect();
        bodies.html.extend(more);
    }
}

//! HTML as text, and previews.
#![cfg(feature = "html")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)] // helpers of tests

use mime_core::{
    html::{HtmlText, text_from_html},
    preview::{preview, preview_html},
};
use proptest::prelude::*;

#[test]
fn elements() {
    for (html, text) in [
        ("", ""),
        ("  \n ", ""),
        ("a <b>b</b>c\n  d", "a bc d\n"),
        ("<p>a</p><p>b</p>", "a\n\nb\n"),
        ("<div>a</div><div>b<div>c</div></div>d", "a\nb\nc\nd\n"),
        ("a<br>b<br/><br>c<br><br><br>d", "a\nb\n\nc\n\nd\n"),
        ("<h1>T</h1>x", "T\n\nx\n"),
        ("<ul><li>a<li>b</ul>c", "* a\n* b\n\nc\n"),
        ("<table><tr><td>1<td>2<tr><th>3</th><th>4</th></table>", "1 2\n3 4\n"),
        ("<pre>  a\n\n   b</pre>c", "  a\n\n   b\n\nc\n"),
        ("a<hr>b", "a\n\n---\n\nb\n"),
        ("x<blockquote>a<br>b<blockquote>c</blockquote></blockquote>d", "x\n>\n> a\n> b\n>>\n> > c\n\nd\n"),
        ("&lt;b&gt; &amp;amp; &#228;&#x1F600;&nbsp;&uuml;&unknown; &", "<b> &amp; ä😀 ü&unknown; &\n"),
        ("a<!-- no <b> -->b<?php no ?>c<![CDATA[x]]>", "abc\n"),
        ("<img alt='Ein Bild' src=cid:x><img>", "Ein Bild\n"),
        ("a\u{0}b\u{7}c", "abc\n"),
    ] {
        assert_eq!(text_from_html(html), text, "{html}");
    }
}

#[test]
fn what_is_no_text_is_left_out() {
    let html = "<html><head><title>T</title><style>p { x }</style><meta name=a></head><body>a\
        <script>if (a < b) { '<p>no</p>' }</script>b<SCRIPT>no</SCRIPT><template>no</template><iframe>no</iframe>c";
    assert_eq!(text_from_html(html), "abc\n");
    // A script that is not closed takes the rest, as in browsers.
    assert_eq!(text_from_html("a<script>b<p>c"), "a\n");
    assert_eq!(text_from_html("a<style><!-- </style>b --></style>"), "ab -->\n");
}

#[test]
fn links_are_kept_as_text() {
    for (html, text) in [
        ("<a href='https://a.example/?x=1&amp;y=2'>hier</a>.", "hier <https://a.example/?x=1&y=2>.\n"),
        ("<a href='https://a.example/'>https://a.example/</a>", "https://a.example/\n"),
        ("<a href='mailto:a@b.example'>a@b.example</a>", "a@b.example\n"),
        ("<a href='mailto:a@b.example'>Anna</a>", "Anna <mailto:a@b.example>\n"),
        ("<a href='javascript:alert(1)'>x</a> <a href='data:x'>y</a> <a href='#z'>z</a>", "x y z\n"),
        ("<a href='https://a.example/'><img src=x></a>b", "b\n"),
        ("<a href='https://a.example/\n> forged'>x</a>", "x\n"),
        ("<a href='https://a.example/'>x", "x <https://a.example/>\n"),
    ] {
        assert_eq!(text_from_html(html), text, "{html}");
    }
    assert_eq!(HtmlText::new().links(false).render("<a href='https://a.example/'>x</a>"), "x\n");
}

#[test]
fn lines_are_broken_at_spaces() {
    let text = HtmlText::new()
        .width(12)
        .render("<p>eins zwei drei vier</p><blockquote>fünf sechs sieben</blockquote>Donaudampfschiff x");
    assert_eq!(text, "eins zwei\ndrei vier\n>\n> fünf sechs\n> sieben\n\nDonaudampfschiff\nx\n");
}

#[test]
fn previews() {
    for (text, expected) in [
        ("", ""),
        ("  Hallo,\r\n\r\n\twie geht's?  ", "Hallo, wie geht's?"),
        ("Am 1.1. schrieb Anna:\n> alt\n\nneu", "neu"),
        ("Siehe:\n\n* a", "Siehe: * a"),
        ("neu\n-- \nBert", "neu"),
        ("> nur\n> > Zitat", "nur Zitat"),
        ("a\u{200c}\u{a0}\u{200c}\u{a0}\u{feff}b\u{202e}c", "a bc"),
    ] {
        assert_eq!(preview(text, 200), expected, "{text:?}");
    }
    assert_eq!(preview(&"ä ".repeat(500), 200).chars().count(), 199);
    assert_eq!(
        (preview("a b", 2), preview("a b", 3), preview("a b", 0)),
        ("a".into(), "a b".into(), String::new())
    );
    assert_eq!(
        preview_html("<p>Hallo&zwnj;&nbsp;&zwnj;&nbsp; Welt</p><blockquote>alt</blockquote>", 200),
        "Hallo Welt"
    );
    assert_eq!(preview_html(&"<p>x</p>".repeat(1000), 10), "x x x x x");
}

#[test]
fn depth_costs_nothing() {
    for tag in ["div", "blockquote", "b", "a href=https://x.example", "li"] {
        let name = tag.split(' ').next().unwrap();
        let html =
            format!("{}deep{}", format!("<{tag}>").repeat(100_000), format!("</{name}>").repeat(100_000));
        let text = text_from_html(&html);
        assert!(text.contains("deep"), "{tag}");
        assert_eq!(preview_html(&html, 200).contains("deep"), tag != "li", "{tag}");
    }
}

#[test]
fn text_is_no_longer_than_markup() {
    for piece in [
        "<",
        "</",
        "<!--",
        "<!",
        "<a",
        "<a ",
        "<a b=",
        "<a b='",
        "&",
        "&a",
        "&#x",
        "<script>",
        "<script><!--",
        "<title>",
        "<p>",
        "<br>",
        "<blockquote>a<br>",
        "<li>",
        "<a href=https://x.example/>a",
        "-->",
        "<![CDATA[",
        "]]",
        " a=1 b",
        "<pre>\n",
        "\u{a0}",
        "&nbsp;",
        "&notit;",
        "ä ",
    ] {
        let html = format!("<p>{}", piece.repeat(80_000 / piece.len()));
        let text = HtmlText::new().width(60).render(&html);
        assert!(text.len() <= 8 * html.len() && text.len() <= 2 << 20, "{piece}");
    }
    // As many attributes as there is room for.
    let html: String =
        std::iter::once("<p".to_owned()).chain((0..20_000).map(|number| format!(" a{number}=x"))).collect();
    assert_eq!(text_from_html(&(html + ">ok")), "ok\n");
}

#[test]
fn text_is_bounded() {
    assert_eq!(HtmlText::new().most(3).render("<p>äöü"), "ä\n");
    assert_eq!(HtmlText::new().most(0).render("<p>äöü"), "");
    let text = HtmlText::new().most(1000).render(&"<p>x</p>".repeat(1_000_000));
    assert!(text.len() <= 1001);
}

#[test]
fn cut_at_every_octet() {
    let html = "<p class=\"a\">Gr&uuml;&szlig;e <a href='https://x.example/'>K&ouml;ln</a><!-- c --><script>QQ</script></p>\u{e4}";
    for end in (0..=html.len()).filter(|&end| html.is_char_boundary(end)) {
        let text = text_from_html(&html[..end]);
        assert!(!text.contains('Q') && (end < 18 || text.starts_with("Gr")), "{text}");
    }
}

#[test]
fn corpora_pages() {
    let Some(corpora) = test_support::corpora() else { return };
    let (mut pages, mut octets, mut letters) = (0, 0, 0);
    let mut folders = vec![corpora];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
                continue;
            }
            if std::fs::metadata(&entry).unwrap().len() > 2_000_000 {
                continue;
            }
            let file = std::fs::read(&entry).unwrap();
            let file = String::from_utf8_lossy(&file);
            let Some(start) = file.find("<html").or_else(|| file.find("<HTML")) else { continue };
            let text = text_from_html(&file[start..]);
            pages += 1;
            octets += file.len() - start;
            letters += text.len();
            assert!(text.is_empty() || text.ends_with('\n'));
            assert!(preview_html(&file[start..], 200).chars().count() <= 200);
        }
    }
    eprintln!("{pages} pages, {octets} octets of HTML, {letters} of text");
    assert!(pages > 100 && letters > 10_000);
}

proptest! {
    #[test]
    fn never_panics(html in "(<|>|/|p|br|a|li|pre|blockquote|script|style|=|\"|'|&|;|#x|nbsp|!|-| |\n|ä|x|\u{0}){0,60}", width in 0usize..20) {
        let text = HtmlText::new().width(width).render(&html);
        prop_assert!(text.is_empty() || text.ends_with('\n'));
        prop_assert!(!text.contains(|character: char| character.is_control() && !matches!(character, '\n' | '\t')));
        prop_assert!(preview_html(&html, width).chars().count() <= width);
    }

    #[test]
    fn previews_are_as_long_as_allowed(text: String, characters in 0usize..300) {
        let preview = preview(&text, characters);
        prop_assert!(preview.chars().count() <= characters);
        prop_assert_eq!(preview.trim(), &*preview);
        prop_assert!(!preview.contains("  ") && !preview.contains('\n'));
    }
}

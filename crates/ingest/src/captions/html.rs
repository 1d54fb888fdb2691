//! HTML to lines of plain text.

use ego_tree::iter::Edge;
use scraper::{Html, Node};

use super::clean;

/// Entities escaped more often than this stay.
const MAX_PASSES: usize = 3;

/// The lines of a fragment of HTML or of plain text, cleaned. An empty line separates paragraphs; there is
/// none at the beginning or the end, and never two.
#[must_use]
pub fn lines(raw: &str) -> Vec<String> {
    let mut lines = parse(raw);
    for _ in 1..MAX_PASSES {
        if !lines.iter().any(|line| is_markup(line)) {
            break;
        }
        // The markup was escaped itself: what is text to the first reading is markup to the next.
        lines = parse(&lines.join("\n"));
    }
    lines
}

fn parse(raw: &str) -> Vec<String> {
    // Without a single tag the line breaks are the author's; within markup they mean nothing.
    if !raw.contains('<') {
        let text = if raw.contains('&') {
            text_of(&raw.replace('\n', "<br>"))
        } else {
            raw.to_owned()
        };
        return tidy(&text);
    }
    tidy(&text_of(raw))
}

/// The text of a fragment with a line break for every break and block, two around paragraphs.
fn text_of(raw: &str) -> String {
    let html = Html::parse_fragment(raw);
    let mut text = String::with_capacity(raw.len());
    let mut hidden = 0_usize;
    for edge in html.tree.root().traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Text(words) if opens && hidden == 0 => {
                text.extend(
                    words
                        .chars()
                        .map(|c| if matches!(c, '\r' | '\n') { ' ' } else { c }),
                );
            }
            Node::Element(element) => match (element.name(), opens) {
                ("script" | "style", true) => hidden += 1,
                ("script" | "style", false) => hidden -= 1,
                ("br", true) => text.push('\n'),
                ("p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table", _) => text.push_str("\n\n"),
                ("div" | "ul" | "ol" | "li" | "tr" | "dt" | "dd" | "blockquote", _) => text.push('\n'),
                ("td" | "th", _) => text.push(' '),
                _ => {}
            },
            _ => {}
        }
    }
    text
}

fn tidy(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().map(clean::line) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.pop_if(|last| last.is_empty());
    lines
}

/// Whether a line of text holds an entity or a tag.
fn is_markup(line: &str) -> bool {
    let entity = |(at, _): (usize, &str)| {
        let name = line[at + 1..].split(';').next().unwrap_or_default();
        let named = !name.is_empty()
            && name.len() <= 8
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#');
        named && line[at + 1 + name.len()..].starts_with(';')
    };
    let tag = |(at, _): (usize, &str)| {
        let rest = line[at + 1..].trim_start_matches('/');
        rest.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
    };
    line.match_indices('&').any(entity) || line.match_indices('<').any(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_and_blocks_part_lines_and_paragraphs() {
        let html = "<p>One <b>two</b><br />three\r\nfour</p>\n<ul>\n<li>five</li>\n<li>six</li>\n</ul>";
        assert_eq!(lines(html), ["One two", "three four", "", "five", "", "six"]);
        assert_eq!(lines("a<br><br><br>b"), ["a", "", "b"]);
    }

    #[test]
    fn plain_text_keeps_its_lines() {
        assert_eq!(lines("One\r\ntwo\n\n\nthree"), ["One", "two", "", "three"]);
        assert_eq!(lines("One &amp; two\nthree"), ["One & two", "three"]);
        assert_eq!(lines(""), Vec::<String>::new());
    }

    #[test]
    fn entities_are_decoded_however_often_they_were_escaped() {
        assert_eq!(lines("Red &amp;amp; blue&amp;nbsp;cap"), ["Red & blue cap"]);
        assert_eq!(lines("&lt;p&gt;Red&lt;br/&gt;cap&lt;/p&gt;"), ["Red", "cap"]);
        assert_eq!(lines("height 5&#39;8&quot; &frac12;"), ["height 5'8\" ½"]);
        assert_eq!(lines("&Acirc;&nbsp;Red&Acirc; cap"), ["Red cap"]);
    }

    #[test]
    fn scripts_comments_and_broken_markup_leave_no_trace() {
        assert_eq!(
            lines("<style>p{}</style><script>x()</script><!-- c -->Shirt<b"),
            ["Shirt"]
        );
        assert_eq!(lines("</p></div>Shirt <span>blue"), ["Shirt blue"]);
    }
}

//! The main text of a page, a paragraph a line: what stands in `article` or `main`, else in the part with the most running
//! text; without menus, footers, forms, and lists of links.
use super::tree::{Id, ROOT, Tree, spaced};
use std::collections::BTreeMap;

/// Elements that begin and end a line.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];
/// Elements that hold nothing of the text.
const NOT_TEXT: [&str; 22] = [
    "script", "style", "noscript", "template", "nav", "aside", "footer", "form", "button", "select", "option",
    "textarea", "input", "iframe", "object", "svg", "math", "audio", "video", "canvas", "head", "dialog",
];
/// Words of classes and ids of what stands around a text.
const AROUND: [&str; 24] = [
    "nav",
    "navbar",
    "menu",
    "sidebar",
    "footer",
    "breadcrumb",
    "breadcrumbs",
    "comment",
    "comments",
    "share",
    "sharing",
    "social",
    "related",
    "cookie",
    "cookies",
    "banner",
    "advert",
    "ads",
    "pagination",
    "pager",
    "toc",
    "skip",
    "newsletter",
    "widget",
];
/// A part with less text than this is no main text.
const LEAST: usize = 120;

/// The main text.
pub fn text(tree: &Tree) -> String {
    let main = main(tree);
    let lines = lines(tree, main.unwrap_or(ROOT));
    let out = kept(&lines);
    if out.is_empty() && main.is_some() { kept(&self::lines(tree, ROOT)) } else { out }
}

/// A line, and how many of its characters stand in links.
#[derive(Default)]
struct Line {
    text: String,
    linked: usize,
    heading: bool,
}

impl Line {
    /// A line that is nearly all links leads elsewhere.
    fn is_links(&self) -> bool {
        let all = self.text.chars().filter(|c| !c.is_whitespace()).count();
        self.linked * 10 > all * 8 && !self.heading
    }
}

fn kept(lines: &[Line]) -> String {
    let own: Vec<&str> = lines.iter().filter(|l| !l.is_links()).map(|l| l.text.as_str()).collect();
    own.join("\n")
}

/// The part that holds the text.
fn main(tree: &Tree) -> Option<Id> {
    let alone = |name: &str| {
        let mut all = tree.all(name).filter(|id| !tree.around(*id).any(|up| tree.name(up) == name));
        all.next().filter(|_| all.next().is_none())
    };
    let role = || tree.walk(ROOT).find(|id| tree.says(*id, "role", "main"));
    let body = || tree.walk(ROOT).find(|id| tree.says(*id, "itemprop", "articleBody"));
    let marked = body().or_else(|| alone("article")).or_else(|| alone("main")).or_else(role);
    let long = |id: &Id| kept(&lines(tree, *id)).chars().count() >= LEAST;
    marked.filter(long).or_else(|| densest(tree))
}

/// The element whose paragraphs have the most text: each counts for what it stands in, and half for what that stands in.
fn densest(tree: &Tree) -> Option<Id> {
    let mut lengths: BTreeMap<Id, usize> = BTreeMap::new();
    for (id, text) in tree.walk(ROOT).filter_map(|id| Some((id, tree.text_of(id)?))) {
        let block = tree.around(id).take(8).find(|id| matches!(tree.name(*id), "p" | "pre" | "blockquote" | "td"));
        if let Some(block) = block {
            *lengths.entry(block).or_default() += text.chars().filter(|c| !c.is_whitespace()).count();
        }
    }
    let mut scores: BTreeMap<Id, usize> = BTreeMap::new();
    for (id, length) in lengths.into_iter().filter(|(_, length)| *length >= 20) {
        if is_left_out(tree, id) || tree.around(id).any(|up| is_left_out(tree, up)) {
            continue;
        }
        let mut share = length;
        for up in tree.around(id).take(2) {
            *scores.entry(up).or_default() += share;
            share /= 2;
        }
    }
    let best = scores.iter().max_by_key(|(id, score)| (**score, std::cmp::Reverse(**id)))?;
    (*best.1 >= LEAST && tree.name(*best.0) != "html").then_some(*best.0)
}

fn is_left_out(tree: &Tree, id: Id) -> bool {
    let name = tree.name(id);
    if NOT_TEXT.contains(&name) || tree.attribute(id, "hidden").is_some() || tree.says(id, "aria-hidden", "true") {
        return true;
    }
    let header = name == "header" && !tree.around(id).any(|up| matches!(tree.name(up), "article" | "main"));
    let named = ["class", "id", "role"].iter().filter_map(|key| tree.attribute(id, key)).any(|value| {
        let value = value.to_ascii_lowercase();
        let mut words = value.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| AROUND.contains(&word)) || value == "navigation"
    });
    let whole = matches!(name, "html" | "body" | "main" | "article");
    header || (named && !whole)
}

/// The lines of a part, without what is left out.
fn lines(tree: &Tree, top: Id) -> Vec<Line> {
    let (mut out, mut line) = (Vec::new(), Line::default());
    let mut open: Vec<Id> = Vec::new();
    let mut links = 0usize;
    let mut end = |line: &mut Line| {
        let text = spaced(&line.text);
        if !text.is_empty() {
            out.push(Line { text, ..std::mem::take(line) });
        }
        *line = Line::default();
    };
    let mut at = Some(top);
    while let Some(id) = at {
        let parent = tree.parent(id);
        while let Some(last) = open.last().copied().filter(|last| id != top && Some(*last) != parent) {
            open.pop();
            links -= usize::from(tree.name(last) == "a");
            if BLOCKS.contains(&tree.name(last)) {
                end(&mut line);
            }
        }
        let (name, skip) = (tree.name(id), id != top && is_left_out(tree, id));
        if let Some(text) = tree.text_of(id) {
            line.text.push_str(text);
            if links > 0 {
                line.linked += text.chars().filter(|c| !c.is_whitespace()).count();
            }
        } else if !skip {
            if BLOCKS.contains(&name) || name == "br" {
                end(&mut line);
            }
            line.heading |= matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6");
            links += usize::from(name == "a");
            open.push(id);
        }
        at = tree.step(id, top, !skip);
    }
    end(&mut line);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(html: &str) -> String {
        text(&Tree::parse(html))
    }

    #[test]
    fn the_text_without_what_stands_around_it() {
        let long = "The stone lies in the river and the river goes on, as it did before. ".repeat(3);
        let long = long.trim();
        let html = format!(
            "<header>Site</header><nav><a href=x>Home</a></nav><div id=sidebar><p>{long}</p></div>\
             <div class=content><h2>Stone</h2><p>{long}</p><p>Short <a href=y>link</a> here.<br>New line.</p>\
             <ul><li><a href=1>More</a></li><li><a href=2>Most</a></li></ul><script>x()</script></div>\
             <footer>All rights reserved</footer>"
        );
        assert_eq!(of(&html), format!("Stone\n{long}\nShort link here.\nNew line."));
        let article =
            format!("<main><article><header><h1>T</h1></header><p>{long}</p><aside>no</aside></article></main>");
        assert_eq!(of(&article), format!("T\n{long}"));
        assert_eq!(of("<p>tiny</p>"), "tiny");
        assert_eq!(of(""), "");
    }
}

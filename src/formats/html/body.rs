//! The main text of a page, a paragraph a line: what stands in `article` or `main`, else in the part with the most running
//! text; without menus, footers, forms, and lists of links.
use super::tail::without;
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
const NOT_TEXT: [&str; 24] = [
    "script",
    "style",
    "noscript",
    "template",
    "nav",
    "aside",
    "footer",
    "form",
    "button",
    "select",
    "option",
    "textarea",
    "input",
    "iframe",
    "object",
    "svg",
    "math",
    "audio",
    "video",
    "canvas",
    "head",
    "dialog",
    "figcaption",
    "time",
];
/// Words of classes and ids of what stands around a text, and of what is told of it beside it.
const AROUND: [&str; 54] = [
    "author",
    "authors",
    "bio",
    "byline",
    "caption",
    "captions",
    "carousel",
    "credit",
    "date",
    "dateline",
    "disqus",
    "gallery",
    "login",
    "meta",
    "modal",
    "outbrain",
    "paywall",
    "popular",
    "popup",
    "promo",
    "published",
    "recirc",
    "recommended",
    "signup",
    "slideshow",
    "subscribe",
    "taboola",
    "tags",
    "timestamp",
    "trending",
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
    let mut titles = tree.all("h1");
    let title = titles.next().filter(|_| titles.next().is_none());
    let page = Body { tree, masses: masses(tree), title };
    let main = page.main();
    let out = kept(&page.lines(main.unwrap_or(ROOT)));
    without(if out.is_empty() && main.is_some() { kept(&page.lines(ROOT)) } else { out })
}

/// A page, and how much text stands in each of its elements.
struct Body<'t> {
    tree: &'t Tree,
    masses: BTreeMap<Id, usize>,
    /// The only heading of the first rank: the title, which is a column of its own.
    title: Option<Id>,
}

/// How many characters stand in each element, but for links and what is no text.
fn masses(tree: &Tree) -> BTreeMap<Id, usize> {
    let mut masses: BTreeMap<Id, usize> = BTreeMap::new();
    let mut at = Some(ROOT);
    while let Some(id) = at {
        let skip = matches!(tree.name(id), "a") || NOT_TEXT.contains(&tree.name(id));
        if let Some(text) = tree.text_of(id) {
            let length = text.chars().filter(|c| !c.is_whitespace()).count();
            tree.around(id).for_each(|up| *masses.entry(up).or_default() += length);
        }
        at = tree.step(id, ROOT, !skip);
    }
    masses
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

impl Body<'_> {
    fn mass(&self, id: Id) -> usize {
        self.masses.get(&id).copied().unwrap_or(0)
    }

    /// The part that holds the text.
    fn main(&self) -> Option<Id> {
        let tree = self.tree;
        let role = || tree.walk(ROOT).find(|id| tree.says(*id, "role", "main"));
        let body = || tree.walk(ROOT).find(|id| tree.says(*id, "itemprop", "articleBody"));
        let long = |id: &Id| kept(&self.lines(*id)).chars().count() >= LEAST;
        if let Some(body) = body().filter(long) {
            return Some(body);
        }
        let densest = self.densest();
        // an article that holds much less than another part leads to another text
        let most = densest.map_or(0, |id| self.mass(id));
        let marked = self.alone("article").or_else(|| self.alone("main")).or_else(role);
        marked.filter(|id| self.mass(*id) * 4 >= most).filter(long).or(densest)
    }

    /// The only element of a name, or the one that holds most of what all of them hold: the others lead elsewhere.
    fn alone(&self, name: &str) -> Option<Id> {
        let tree = self.tree;
        let all = tree.all(name).filter(|id| !tree.around(*id).any(|up| tree.name(up) == name));
        let all: Vec<(usize, Id)> = all.map(|id| (self.mass(id), id)).collect();
        let sum: usize = all.iter().map(|(mass, _)| mass).sum();
        all.into_iter().find(|(mass, _)| mass * 3 > sum * 2 || sum == 0).map(|(_, id)| id)
    }

    /// The element whose paragraphs have the most text: each counts for what it stands in, and half for what that stands in.
    /// Text without a paragraph, as between line breaks, counts for the block in which it stands.
    fn densest(&self) -> Option<Id> {
        let tree = self.tree;
        let mut lengths: BTreeMap<Id, usize> = BTreeMap::new();
        for (id, text) in tree.walk(ROOT).filter_map(|id| Some((id, tree.text_of(id)?))) {
            let near = || tree.around(id).take(8);
            let paragraph = near().find(|id| matches!(tree.name(*id), "p" | "pre" | "blockquote" | "td"));
            let block = paragraph.or_else(|| near().find(|id| BLOCKS.contains(&tree.name(*id))));
            if let Some(block) = block.filter(|_| !tree.around(id).take(4).any(|up| tree.name(up) == "a")) {
                *lengths.entry(block).or_default() += text.chars().filter(|c| !c.is_whitespace()).count();
            }
        }
        let mut scores: BTreeMap<Id, usize> = BTreeMap::new();
        for (id, length) in lengths.into_iter().filter(|(_, length)| *length >= 20) {
            if self.is_left_out(id) || tree.around(id).any(|up| self.is_left_out(up)) {
                continue;
            }
            let own = matches!(tree.name(id), "p" | "pre" | "blockquote" | "td" | "li" | "dd" | "h1" | "h2" | "h3");
            let mut share = length;
            for up in (!own).then_some(id).into_iter().chain(tree.around(id)).take(2) {
                *scores.entry(up).or_default() += share;
                share /= 2;
            }
        }
        let best = scores.iter().max_by_key(|(id, score)| (**score, std::cmp::Reverse(**id)))?;
        (*best.1 >= LEAST && tree.name(*best.0) != "html").then_some(*best.0)
    }

    /// Whether an element stands around the text. What is named so and holds most of the text of the page is only named so.
    fn is_left_out(&self, id: Id) -> bool {
        let tree = self.tree;
        let name = tree.name(id);
        if self.title == Some(id)
            || NOT_TEXT.contains(&name)
            || tree.attribute(id, "hidden").is_some()
            || tree.says(id, "aria-hidden", "true")
        {
            return true;
        }
        let header = name == "header" && !tree.around(id).any(|up| matches!(tree.name(up), "article" | "main"));
        let named = ["class", "id", "role"].iter().filter_map(|key| tree.attribute(id, key)).any(|value| {
            let value = value.to_ascii_lowercase();
            let mut words = value.split(|c: char| !c.is_ascii_alphanumeric());
            words.any(|word| AROUND.contains(&word)) || value == "navigation"
        });
        let whole = matches!(name, "html" | "body" | "main" | "article");
        header || (named && !whole && self.mass(id) * 2 <= self.mass(ROOT))
    }
}

impl Body<'_> {
    /// The lines of a part, without what is left out.
    fn lines(&self, top: Id) -> Vec<Line> {
        let tree = self.tree;
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
            let (name, skip) = (tree.name(id), id != top && self.is_left_out(id));
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
        assert_eq!(of(&article), long, "the title is no part of the text");
        let told = format!(
            "<h1>A</h1><h1>B</h1><div><div class=byline>By Kim</div><p>{long}</p><figure><img src=x><figcaption>River</figcaption></figure>\
             <p>{long}</p><div class='meta tags'>stones</div></div>"
        );
        assert_eq!(of(&told), format!("{long}\n{long}"));
        let other = format!("<article><p>{long}</p></article><div>{}</div>", format!("<p>{long}</p>").repeat(5));
        assert_eq!(of(&other).lines().count(), 5, "what is marked is a small part of the page");
        // a name alone leaves out nothing that holds the text of the page
        let named =
            format!("<div class=with-sidebar><div class=l-sidebar-fixed><p>{long}</p><p>{long}</p></div></div>");
        assert_eq!(
            of(&format!("{named}<div class=sidebar><p>Other news of today</p></div>")),
            format!("{long}\n{long}")
        );
        // text between line breaks, without a paragraph
        let broken =
            format!("<div class=menu>{}</div><div><div>{long}<br><br>{long}</div></div>", "<p>Menu</p>".repeat(9));
        assert_eq!(of(&broken), format!("{long}\n{long}"));
        // one article, and some that lead elsewhere
        let many = format!("<article><p>{long}</p></article>{}", "<article><h3>Read on</h3></article>".repeat(3));
        assert_eq!(of(&many), long);
        assert_eq!(of("<p>tiny</p>"), "tiny");
        assert_eq!(of(""), "");
    }
}

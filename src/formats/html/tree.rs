//! A page as a tree (owner of `html5ever`): the tree that a browser makes of it, in one list of nodes. Nothing here recurses,
//! so that no nesting is too deep.
use html5ever::interface::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::{Attribute, LocalName, QualName, local_name, ns, parse_document};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// A node, by its place in the list.
pub type Id = usize;

/// The document itself.
pub const ROOT: Id = 0;
/// Elements around a node that are looked at: what nests deeper was made to cost time.
const NESTED: usize = 512;
/// How deep a page may nest, and bytes that are read before that is asked.
const DEPTH_MAX: usize = 1000;
const PIECE: usize = 8192;
/// Elements before which a word ends.
const BREAKS: [&str; 12] = ["br", "p", "div", "li", "td", "th", "tr", "dt", "dd", "table", "h1", "h2"];

#[derive(Default)]
struct Node {
    parent: Option<Id>,
    first: Option<Id>,
    last: Option<Id>,
    before: Option<Id>,
    next: Option<Id>,
    depth: usize,
    content: Content,
}

#[derive(Default)]
enum Content {
    /// The document, and what nobody reads: comments, instructions.
    #[default]
    Other,
    Text(String),
    Element {
        name: QualName,
        attributes: Vec<Attribute>,
        /// What stands in a `template`, which is no part of the page.
        template: Option<Id>,
    },
}

/// A page as a tree.
pub struct Tree {
    nodes: Vec<Node>,
    /// What stands behind a place that nests too deep is not there.
    pub too_deep: bool,
}

impl Tree {
    /// Reads a page, as far as it nests no deeper than browsers let it: the time for an element grows with what is open.
    pub fn parse(text: &str) -> Tree {
        let depth = Rc::new(Cell::new(0));
        let tree = Tree { nodes: vec![Node::default()], too_deep: false };
        let mut parser = parse_document(Sink { tree: RefCell::new(tree), depth: depth.clone() }, Default::default());
        let mut rest = text;
        while !rest.is_empty() && depth.get() <= DEPTH_MAX {
            let end = (1..=rest.len().min(PIECE)).rev().find(|at| rest.is_char_boundary(*at));
            let (piece, more) = rest.split_at(end.unwrap_or(rest.len()));
            parser.process(StrTendril::from(piece));
            rest = more;
        }
        Tree { too_deep: depth.get() > DEPTH_MAX, ..parser.finish() }
    }

    fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// What an element is called, in small letters; empty for all else.
    pub fn name(&self, id: Id) -> &str {
        match self.node(id).map(|n| &n.content) {
            Some(Content::Element { name, .. }) => &name.local,
            _ => "",
        }
    }

    pub fn attribute(&self, id: Id, name: &str) -> Option<&str> {
        match self.node(id).map(|n| &n.content) {
            Some(Content::Element { attributes, .. }) => {
                attributes.iter().find(|a| &*a.name.local == name).map(|a| &*a.value)
            }
            _ => None,
        }
    }

    /// Whether one of the words of an attribute is this one, in any case of letters.
    pub fn says(&self, id: Id, attribute: &str, word: &str) -> bool {
        let value = self.attribute(id, attribute).unwrap_or_default();
        value.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(word))
    }

    pub fn text_of(&self, id: Id) -> Option<&str> {
        match self.node(id).map(|n| &n.content) {
            Some(Content::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn parent(&self, id: Id) -> Option<Id> {
        self.node(id)?.parent
    }

    /// The elements around a node, the nearest first, as many as a browser nests.
    pub fn around(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(self.parent(id), |id| self.parent(*id)).take(NESTED)
    }

    /// The nearest element of a name that a node stands in, or is.
    pub fn within(&self, id: Id, name: &str) -> Option<Id> {
        std::iter::once(id).chain(self.around(id)).find(|id| self.name(*id) == name)
    }

    /// The nodes of a part of the page in the order in which they stand, that of `top` first.
    pub fn walk(&self, top: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(top), move |id| self.step(*id, top, true))
    }

    /// The node behind another in order, within `top`; `into` leads into it.
    pub fn step(&self, id: Id, top: Id, into: bool) -> Option<Id> {
        if let Some(first) = self.node(id)?.first.filter(|_| into) {
            return Some(first);
        }
        let mut at = id;
        while at != top {
            if let Some(next) = self.node(at)?.next {
                return Some(next);
            }
            at = self.node(at)?.parent?;
        }
        None
    }

    /// All elements of a name.
    pub fn all<'t>(&'t self, name: &'t str) -> impl Iterator<Item = Id> + 't {
        self.walk(ROOT).filter(move |id| self.name(*id) == name)
    }

    /// The text of a part of the page, with single spaces.
    pub fn words(&self, top: Id) -> String {
        self.few(top, usize::MAX)
    }

    /// The beginning of the text of a part of the page: somewhat more than so many bytes.
    pub fn few(&self, top: Id, bytes: usize) -> String {
        let mut out = String::new();
        for id in self.walk(top) {
            if out.len() > bytes {
                break;
            }
            if BREAKS.contains(&self.name(id)) {
                out.push(' ');
            }
            out.push_str(self.text_of(id).unwrap_or_default());
        }
        spaced(&out)
    }

    fn put(&mut self, content: Content) -> Id {
        self.nodes.push(Node { content, ..Node::default() });
        self.nodes.len() - 1
    }

    fn change(&mut self, id: Option<Id>, then: impl FnOnce(&mut Node)) {
        if let Some(node) = id.and_then(|id| self.nodes.get_mut(id)) {
            then(node);
        }
    }

    fn detach(&mut self, id: Id) {
        let Some(node) = self.nodes.get_mut(id) else { return };
        let (parent, before, next) = (node.parent.take(), node.before.take(), node.next.take());
        match before {
            Some(_) => self.change(before, |n| n.next = next),
            None => self.change(parent, |n| n.first = next),
        }
        match next {
            Some(_) => self.change(next, |n| n.before = before),
            None => self.change(parent, |n| n.last = before),
        }
    }

    /// Puts a node below another, as its last, or before `behind`.
    fn attach(&mut self, parent: Id, child: Id, behind: Option<Id>) {
        self.detach(child);
        let before = match behind {
            Some(behind) => self.node(behind).and_then(|n| n.before),
            None => self.node(parent).and_then(|n| n.last),
        };
        self.change(Some(child), |n| (n.parent, n.before, n.next) = (Some(parent), before, behind));
        match before {
            Some(_) => self.change(before, |n| n.next = Some(child)),
            None => self.change(Some(parent), |n| n.first = Some(child)),
        }
        match behind {
            Some(_) => self.change(behind, |n| n.before = Some(child)),
            None => self.change(Some(parent), |n| n.last = Some(child)),
        }
    }

    /// Puts a node or a text, and gives how deep it stands; a text behind a text is a part of it.
    fn add(&mut self, parent: Id, child: NodeOrText<Id>, behind: Option<Id>) -> usize {
        let depth = self.node(parent).map_or(0, |n| n.depth) + 1;
        let child = match child {
            NodeOrText::AppendNode(id) => id,
            NodeOrText::AppendText(text) => {
                let before = match behind {
                    Some(behind) => self.node(behind).and_then(|n| n.before),
                    None => self.node(parent).and_then(|n| n.last),
                };
                if let Some(Node { content: Content::Text(own), .. }) = before.and_then(|id| self.nodes.get_mut(id)) {
                    own.push_str(&text);
                    return depth;
                }
                self.put(Content::Text(text.to_string()))
            }
        };
        self.attach(parent, child, behind);
        self.change(Some(child), |n| n.depth = depth);
        depth
    }
}

/// A text with single spaces between its words.
pub fn spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// What the parser tells its steps to.
struct Sink {
    tree: RefCell<Tree>,
    /// How deep it nests.
    depth: Rc<Cell<usize>>,
}

/// The name of an element: a copy, so that the tree is not borrowed while the parser holds it.
#[derive(Debug)]
struct Name(QualName);

impl html5ever::interface::ElemName for Name {
    fn ns(&self) -> &html5ever::Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl TreeSink for Sink {
    type Handle = Id;
    type Output = Tree;
    type ElemName<'a> = Name;

    fn finish(self) -> Tree {
        self.tree.into_inner()
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Id {
        ROOT
    }

    fn elem_name(&self, target: &Id) -> Name {
        match self.tree.borrow().node(*target).map(|n| &n.content) {
            Some(Content::Element { name, .. }) => Name(name.clone()),
            _ => Name(QualName::new(None, ns!(), local_name!(""))),
        }
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> Id {
        let mut tree = self.tree.borrow_mut();
        let template = flags.template.then(|| tree.put(Content::Other));
        tree.put(Content::Element { name, attributes, template })
    }

    fn create_comment(&self, _: StrTendril) -> Id {
        self.tree.borrow_mut().put(Content::Other)
    }

    fn create_pi(&self, _: StrTendril, _: StrTendril) -> Id {
        self.tree.borrow_mut().put(Content::Other)
    }

    fn append(&self, parent: &Id, child: NodeOrText<Id>) {
        let deepest = self.tree.borrow_mut().add(*parent, child, None);
        self.depth.set(self.depth.get().max(deepest));
    }

    fn append_based_on_parent_node(&self, element: &Id, before: &Id, child: NodeOrText<Id>) {
        let has_parent = self.tree.borrow().parent(*element).is_some();
        if has_parent { self.append_before_sibling(element, child) } else { self.append(before, child) }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, target: &Id) -> Id {
        match self.tree.borrow().node(*target).map(|n| &n.content) {
            Some(Content::Element { template: Some(id), .. }) => *id,
            _ => *target,
        }
    }

    fn same_node(&self, x: &Id, y: &Id) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, _: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Id, child: NodeOrText<Id>) {
        let mut tree = self.tree.borrow_mut();
        if let Some(parent) = tree.parent(*sibling) {
            tree.add(parent, child, Some(*sibling));
        }
    }

    fn add_attrs_if_missing(&self, target: &Id, more: Vec<Attribute>) {
        self.tree.borrow_mut().change(Some(*target), |node| {
            if let Content::Element { attributes, .. } = &mut node.content {
                for attribute in more {
                    if !attributes.iter().any(|a| a.name == attribute.name) {
                        attributes.push(attribute);
                    }
                }
            }
        });
    }

    fn remove_from_parent(&self, target: &Id) {
        self.tree.borrow_mut().detach(*target);
    }

    fn reparent_children(&self, node: &Id, to: &Id) {
        let mut tree = self.tree.borrow_mut();
        while let Some(child) = tree.node(*node).and_then(|n| n.first) {
            tree.attach(*to, child, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_becomes_the_tree_of_a_browser() {
        let tree = Tree::parse("<title>a &amp; b</title><p class='x Y'>one<p>two <b>three<table>four<tr><td>five");
        let texts: Vec<String> = tree.all("p").map(|p| tree.words(p)).collect();
        assert_eq!(texts, ["one", "two threefour five"]);
        assert_eq!(tree.words(ROOT), "a & b one two threefour five");
        let p = tree.all("p").next().unwrap();
        assert!(tree.says(p, "class", "y") && !tree.says(p, "class", "x y") && tree.within(p, "body").is_some());
        assert!(Tree::parse("<template><p>no</p></template>").all("p").next().is_none());
    }

    #[test]
    fn what_nests_too_deep_is_cut() {
        let nested = |n: usize| Tree::parse(&format!("<p>begin</p>{}x{}<p>end", "<div>".repeat(n), "</div>".repeat(n)));
        let (deep, hostile) = (nested(900), nested(1_000_000));
        assert_eq!((deep.words(ROOT).as_str(), deep.too_deep), ("begin x end", false));
        assert_eq!((hostile.words(ROOT).as_str(), hostile.too_deep), ("begin", true));
    }
}

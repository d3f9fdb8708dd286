//! A document as the boxes of its image.
use crate::formats::encoding::{BOM, Wrong, as_named, line_at, text};
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document as Beside, Documents, Note, stem_of, truth};
use crate::formats::strays::Strays;
use crate::formats::xml::referred;
use crate::measure::names::composed;
use crate::model::boxes::Box2;
use quick_xml::Reader;
use quick_xml::events::Event;

pub const BASE: Choice = Choice {
    name: "voc_base",
    doc: "whether the first pixel is 0 or 1. Default 1.",
    takes: Takes::Whole { min: 0, max: 1, default: 1 },
};

pub fn read(options: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let d = parse(unit.bytes, depth_max)?;
    let shift = options.whole(&BASE) as f64;
    let mut notes = Vec::new();
    if d.filename.as_deref().is_some_and(|n| composed(stem_of(n)) != composed(unit.stem)) {
        let say = "<filename> names another image; the file's own name wins".to_string();
        notes.push(Note { rule: "voc.filename", say, line: 0 });
    }
    // an object that is lost is one that the document speaks of
    let strays = d.strays.lost(d.objects.len() + d.lost.len());
    if let Some((n, line)) = strays {
        let what = if n == 1 {
            "an element is not read where an object may stand and counts".into()
        } else {
            format!("{n} elements are not read where objects may stand and count")
        };
        let say =
            format!("{what} as lost: an object is `<object>` directly in `<annotation>`, with `<name>` and `<bndbox>`");
        notes.push(Note { rule: "voc.element", say, line });
    }
    if let Some((n, line)) = d.odd_flags {
        let what = if n == 1 { "a value".into() } else { format!("{n} values") };
        let say = format!("{what} of {}: neither yes nor no, taken for no", FLAGS.join(", "));
        notes.push(Note { rule: "voc.flag", say, line });
    }
    if d.besides > 0 {
        let say = format!("{} objects with parts, a polygon or a rotated box, of which the box is kept", d.besides);
        notes.push(Note { rule: "voc.other", say, line: 0 });
    }
    if let Some((n, line)) = d.unkept {
        let what = if n == 1 { "an object with".into() } else { format!("{n} objects with") };
        let say = format!("{what} attributes that are neither true nor false, or other elements, which are not kept");
        notes.push(Note { rule: "voc.attributes", say, line });
    }
    let lost = strays.map_or(0, |s| s.0).saturating_add(d.lost.len() as u32);
    notes.extend(d.lost.into_iter().map(|Wrong { rule, say, line }| Note {
        rule,
        say: format!("{say}; it is lost"),
        line,
    }));
    let boxes = d.objects.into_iter().map(|o| pixels(shift, o)).collect();
    let (width, height) = (d.width, d.height);
    let document = Beside { image: None, width, height, boxes, lost, notes, ..Beside::default() };
    Ok(Documents { of: vec![Ok(document)], notes: Vec::new() })
}

/// A box in tamis's pixels.
fn pixels(shift: f64, o: Object) -> Box2 {
    let mut flags = o.flags;
    let exchanged = o.x1 > o.x2 || o.y1 > o.y2;
    let point = o.x1 >= o.x2 && o.y1 >= o.y2;
    if exchanged || point || o.x1 - shift >= o.x2 || o.y1 - shift >= o.y2 {
        flags.push("degenerate".into());
    }
    Box2 { class: o.class, x1: o.x1 - shift, y1: o.y1 - shift, x2: o.x2, y2: o.y2, flags }
}

/// One `<annotation>`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    pub filename: Option<String>,
    /// Pixels by `<size>`; absent if it is missing or no number. 0 is met in the wild.
    pub width: Option<i64>,
    pub height: Option<i64>,
    /// In the file's order. None at all, and none lost, means: looked, nothing there.
    pub objects: Vec<Object>,
    /// What is wrong with each object that is none of them.
    pub lost: Vec<Wrong>,
    /// Objects with parts, polygons or rotated boxes, of which a box is kept.
    pub besides: u32,
    /// Elements that are not read and may hold objects.
    pub strays: Strays,
    /// How many flags are neither yes nor no, and the line of the first.
    pub odd_flags: Option<(u32, u32)>,
    /// How many objects say something else that is not kept, and the line of the first.
    pub unkept: Option<(u32, u32)>,
}

/// One `<object>` with its `<bndbox>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// Without white space around it; never empty.
    pub class: String,
    /// xmin, ymin, xmax, ymax as written, finite, in any order and range.
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    /// Those of `difficult`, `occluded`, `truncated` that are set, sorted.
    pub flags: Vec<String>,
    /// The line of `<object>`, from 1.
    pub line: u32,
}

const FLAGS: [&str; 3] = ["difficult", "occluded", "truncated"];
/// What an object may have besides its box, and what we do not keep.
const BESIDES: [&str; 3] = ["part", "polygon", "robndbox"];
/// What an object is drawn by; and what is said of no object in particular.
const PASSED: [&str; 4] = ["bndbox", "id", "deleted", "type"];
const SIDES: [&str; 4] = ["xmin", "ymin", "xmax", "ymax"];

/// The document in UTF-8, where it is in the encoding that its XML declaration names (XML 1.0, section 4.3.3).
fn decoded(bytes: &[u8]) -> Option<Vec<u8>> {
    let head = bytes.get(..256).unwrap_or(bytes).strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(head, b"?>")?;
    let said = std::str::from_utf8(head.get(..end)?).ok()?.split_once("encoding")?.1;
    let said = said.trim_start().strip_prefix('=')?.trim_start();
    let quote = said.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let label = said.get(1..)?.split(quote).next()?;
    as_named(label, bytes)
}

/// Reads a document of at most `depth_max` nested elements.
///
/// Rules: `encoding`, `xml` (not well formed), `xml.doctype`, `xml.depth`, `voc.root` (not `<annotation>`). An object is
/// lost by itself: `voc.class` (it has no name), `voc.box` (a coordinate missing, repeated, or not a finite number).
pub fn parse(bytes: &[u8], depth_max: usize) -> Result<Document, Wrong> {
    let decoded = decoded(bytes);
    let text = text(decoded.as_deref().unwrap_or(bytes))?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk { depth_max, ..Walk::default() };
    let mut lines = LineCount { text, position: 0, line: 1 };
    loop {
        walk.line = lines.at(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Eof) => return walk.finish(),
            Ok(event) => walk.event(event)?,
            Err(error) => {
                let position = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
                return Err(Wrong::new("xml", not_xml(&error)).at(line_at(text.as_bytes(), position)));
            }
        }
    }
}

/// Line numbers for positions that never go back.
struct LineCount<'a> {
    text: &'a str,
    position: usize,
    line: u32,
}

impl LineCount<'_> {
    fn at(&mut self, position: u64) -> u32 {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        let passed = self.text.as_bytes().get(self.position..position).unwrap_or_default();
        self.line = self.line.saturating_add(line_at(passed, passed.len()) - 1);
        self.position = position;
        self.line
    }
}

/// An object under way.
#[derive(Default)]
struct Draft {
    class: String,
    sides: [Option<f64>; 4],
    flags: Vec<String>,
    line: u32,
    /// The first thing that is wrong with it.
    wrong: Option<Wrong>,
    /// It has something that a box of ours cannot hold.
    besides: bool,
    /// The name of the attribute whose value comes next.
    attribute: String,
    /// It says something that a box of ours cannot hold.
    unkept: bool,
}

#[derive(Default)]
struct Walk {
    depth_max: usize,
    /// Where the event begins.
    line: u32,
    /// Names of the open elements.
    path: Vec<String>,
    /// Characters since the last tag.
    text: String,
    root_seen: bool,
    draft: Option<Draft>,
    document: Document,
}

/// What is wrong, without the names that stand there: they may be anything.
fn not_xml(error: &quick_xml::Error) -> &'static str {
    use quick_xml::errors::IllFormedError::{MismatchedEndTag, MissingEndTag, UnmatchedEndTag};
    match error {
        quick_xml::Error::IllFormed(MissingEndTag(_)) => "an element is not closed",
        quick_xml::Error::IllFormed(MismatchedEndTag { .. }) => "an end tag is not that of the open element",
        quick_xml::Error::IllFormed(UnmatchedEndTag(_)) => "an end tag without a start tag",
        quick_xml::Error::IllFormed(_) => "not well-formed XML",
        quick_xml::Error::Syntax(_) => "a tag, comment or section that does not end",
        _ => "not XML",
    }
}

impl Walk {
    fn wrong(&self, rule: &'static str, say: impl Into<String>) -> Wrong {
        Wrong::new(rule, say).at(self.line)
    }

    fn event(&mut self, event: Event<'_>) -> Result<(), Wrong> {
        match event {
            Event::Start(tag) => self.start(tag.name().as_ref(), tag.attributes().next().is_some()),
            Event::End(_) => self.end(),
            Event::Text(part) => self.characters(&part.xml10_content()),
            Event::CData(part) => self.characters(&part.xml10_content()),
            Event::GeneralRef(reference) => {
                let part = referred(&reference).map_err(|say| self.wrong("xml", say))?;
                self.characters(&part)
            }
            Event::DocType(_) => Err(self.wrong("xml.doctype", "a document type is not accepted")),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, name: &str, attributes: bool) -> Result<(), Wrong> {
        if self.path.len() >= self.depth_max {
            return Err(self.wrong("xml.depth", format!("nested deeper than {} elements", self.depth_max)));
        }
        if self.path.is_empty() {
            self.root(name)?;
        }
        self.document.strays.start(&self.path, name, attributes, self.line);
        self.path.push(name.to_string());
        self.text.clear();
        if self.path.len() == 2 && name == "object" {
            self.draft = Some(Draft { line: self.line, ..Draft::default() });
        }
        Ok(())
    }

    fn root(&mut self, name: &str) -> Result<(), Wrong> {
        if self.root_seen {
            return Err(self.wrong("xml", "a second root element"));
        }
        if name != "annotation" {
            return Err(self.wrong("voc.root", "the root element is not `annotation`"));
        }
        self.root_seen = true;
        Ok(())
    }

    fn characters(&mut self, part: &str) -> Result<(), Wrong> {
        if self.path.is_empty() && !part.trim().is_empty() {
            return Err(self.wrong("xml", "text outside the root element"));
        }
        self.text.push_str(part);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Wrong> {
        let text = std::mem::take(&mut self.text);
        let value = text.trim();
        let path = std::mem::take(&mut self.path);
        let steps: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
        match steps.as_slice() {
            ["filename"] => self.document.filename = Some(value.to_string()),
            ["size", "width"] => self.document.width = whole(value),
            ["size", "height"] => self.document.height = whole(value),
            ["object"] => self.object(),
            ["object", "bndbox", side] => self.side(side, value),
            ["object", "attributes", "attribute", "name"] => self.named(value),
            ["object", "attributes", "attribute", "value"] => self.attribute(value),
            ["object", field] => self.field(field, value),
            ["object", field, ..] => self.keep_not(field, value),
            _ => {}
        }
        self.path = path;
        self.path.pop();
        Ok(())
    }

    fn field(&mut self, field: &str, value: &str) {
        let Some(draft) = &mut self.draft else { return };
        let flag = FLAGS.iter().find(|flag| flag.eq_ignore_ascii_case(field));
        match (flag, truth(value)) {
            (None, _) if field == "name" => draft.class = value.to_string(),
            (None, _) if BESIDES.contains(&field) => draft.besides = true,
            (None, _) => self.keep_not(field, value),
            (Some(flag), Some(true)) => draft.flags.push(flag.to_string()),
            (Some(_), Some(false)) => {}
            (Some(_), None) => self.document.odd_flags.get_or_insert((0, self.line)).0 += 1,
        }
    }

    fn named(&mut self, name: &str) {
        self.draft.iter_mut().for_each(|draft| draft.attribute = name.to_string());
    }

    /// An attribute as label tools write it: one that is true is a flag.
    fn attribute(&mut self, value: &str) {
        let Some(draft) = &mut self.draft else { return };
        let name = std::mem::take(&mut draft.attribute);
        let flag = FLAGS.contains(&name.as_str());
        let set = match value.to_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ if flag => truth(value),
            _ => None,
        };
        match set {
            Some(true) if !name.is_empty() => draft.flags.push(name),
            Some(false) => {}
            _ => draft.unkept = true,
        }
    }

    /// Notes an element that a box cannot hold, unless it says nothing.
    fn keep_not(&mut self, field: &str, value: &str) {
        let Some(draft) = &mut self.draft else { return };
        let nothing = value.is_empty() || ["0", "unspecified"].contains(&value.to_lowercase().as_str());
        draft.unkept |= !nothing && !PASSED.contains(&field) && !BESIDES.contains(&field);
    }

    fn side(&mut self, side: &str, value: &str) {
        let number = value.parse::<f64>().ok().filter(|v| v.is_finite());
        let line = self.line;
        let Some((draft, i)) = self.draft.as_mut().zip(SIDES.iter().position(|s| *s == side)) else { return };
        let say = match (draft.sides.get(i), number) {
            (_, None) => format!("{side} is not a finite number"),
            (Some(Some(_)), _) => format!("{side} stands twice in one object"),
            _ => {
                draft.sides.iter_mut().skip(i).take(1).for_each(|place| *place = number);
                return;
            }
        };
        draft.wrong.get_or_insert(Wrong::new("voc.box", say).at(line));
    }

    fn object(&mut self) {
        let Some(mut draft) = self.draft.take() else { return };
        let (besides, unkept, line) = (u32::from(draft.besides), draft.unkept, draft.line);
        let of = draft.wrong.take().map_or_else(|| whole_object(draft), Err);
        match of {
            Ok(object) => {
                self.document.objects.push(object);
                self.document.besides += besides;
                if unkept {
                    self.document.unkept.get_or_insert((0, line)).0 += 1;
                }
            }
            Err(wrong) => self.document.lost.push(wrong),
        }
    }

    fn finish(self) -> Result<Document, Wrong> {
        match (self.path.last(), self.root_seen) {
            (Some(_), _) => Err(self.wrong("xml", "an element is not closed")),
            (None, false) => Err(self.wrong("xml", "no element at all")),
            (None, true) => Ok(self.document),
        }
    }
}

/// The object, if nothing of it is missing.
fn whole_object(mut draft: Draft) -> Result<Object, Wrong> {
    let [Some(x1), Some(y1), Some(x2), Some(y2)] = draft.sides else {
        let missing: Vec<&str> =
            SIDES.iter().zip(draft.sides).filter(|(_, v)| v.is_none()).map(|(side, _)| *side).collect();
        return Err(Wrong::new("voc.box", format!("no {} in the object", missing.join(", "))).at(draft.line));
    };
    if draft.class.is_empty() {
        return Err(Wrong::new("voc.class", "an object without a name").at(draft.line));
    }
    draft.flags.sort_unstable();
    draft.flags.dedup();
    let Draft { class, flags, line, .. } = draft;
    Ok(Object { class, x1, y1, x2, y2, flags, line })
}

/// A whole number, also if written as `640.0`.
fn whole(value: &str) -> Option<i64> {
    let rounded = || value.parse::<f64>().ok().filter(|v| v.fract() == 0.0 && v.abs() < 1e15).map(|v| v as i64);
    value.parse().ok().or_else(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>";

    fn object(inner: &str) -> String {
        format!("<annotation>\n<object>\n{inner}\n</object></annotation>\n")
    }

    fn wrong(xml: &str) -> (&'static str, u32) {
        let wrong = parse(xml.as_bytes(), 8).unwrap_err();
        (wrong.rule, wrong.line)
    }

    #[test]
    fn a_document_of_the_wild() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<annotation verified=\"yes\">\n\
            <folder>x</folder><filename>a&amp;b&#46;jpg</filename>\n\
            <size><width>640</width><height>480.0</height><depth/></size>\n<!-- c -->\n\
            <object><name> person \n</name><Difficult>1</Difficult><truncated> 1 </truncated><occluded>0</occluded>\n\
            <part><name>head</name><bndbox><xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>\n\
            <bndbox><xmin>52.0</xmin><ymin>-1</ymin><xmax>10</xmax><ymax>1e2</ymax></bndbox>\n\
            <polygon><x1>7</x1></polygon></object>\n\
            <object><part><name>hand</name><bndbox><xmin>9</xmin></bndbox></part>\
            <bndbox><ymax>4</ymax><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax></bndbox>\
            <name><![CDATA[R&B]]></name></object></annotation>";
        let document = parse(xml.as_bytes(), 8).unwrap();
        assert_eq!(document.filename.as_deref(), Some("a&b.jpg"));
        assert_eq!((document.width, document.height), (Some(640), Some(480)));
        let [first, second] = document.objects.as_slice() else { panic!("two objects") };
        assert_eq!((first.class.as_str(), first.line), ("person", 6));
        assert_eq!([first.x1, first.y1, first.x2, first.y2], [52.0, -1.0, 10.0, 100.0]);
        assert_eq!(first.flags, ["difficult", "truncated"]);
        assert_eq!((document.besides, document.odd_flags), (2, None));
        assert_eq!((second.class.as_str(), second.line), ("R&B", 11));
        assert_eq!([second.x1, second.y1, second.x2, second.y2], [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn flags_are_written_in_words() {
        let xml = |value: &str| object(&format!("<name>a</name><difficult>{value}</difficult>{BOX}"));
        for (value, set) in [("True", true), ("yes", true), ("1.0", true), ("false", false), ("0", false), ("", false)]
        {
            let document = parse(xml(value).as_bytes(), 8).unwrap();
            assert_eq!((document.objects[0].flags.len(), document.odd_flags), (usize::from(set), None), "{value}");
        }
        assert_eq!(parse(xml("2").as_bytes(), 8).unwrap().odd_flags, Some((1, 3)));
    }

    #[test]
    fn attributes_are_flags_or_told() {
        let of = |inner: &str| parse(object(&format!("<name>a</name>{inner}{BOX}")).as_bytes(), 8).unwrap();
        let attribute = |name: &str, value: &str| {
            let pair = format!("<name>{name}</name><value>{value}</value>");
            of(&format!("<attributes><attribute>{pair}</attribute></attributes>"))
        };
        let flags = |document: &Document| document.objects[0].flags.clone();
        assert_eq!((flags(&attribute("worn", "True")), attribute("worn", "True").unkept), (vec!["worn".into()], None));
        assert_eq!((flags(&attribute("worn", "false")), attribute("worn", "false").unkept), (vec![], None));
        let turned = attribute("rotation", "30.0");
        assert_eq!((turned.objects[0].class.as_str(), flags(&turned), turned.unkept), ("a", vec![], Some((1, 2))));
        assert_eq!(flags(&attribute("occluded", "1")), ["occluded"], "a word of its own");
        assert_eq!(of("<pose>Unspecified</pose><type>bndbox</type><note/>").unkept, None);
        assert_eq!(of("<pose>Left</pose><score>0.4</score>").unkept, Some((1, 2)), "counted by the object");
        assert_eq!(of("<actions><walking>1</walking></actions>").unkept, Some((1, 2)));
    }

    #[test]
    fn what_may_be_an_object_is_told() {
        let lost = |inner: &str| {
            let document = parse(format!("<annotation>{inner}</annotation>").as_bytes(), 8).unwrap();
            document.strays.lost(document.objects.len()).map(|s| s.0)
        };
        let whole = format!("<object><name>a</name>{BOX}</object>");
        assert_eq!(lost(&format!("<Object><Name>a</Name>{BOX}</Object>")), Some(1));
        assert_eq!(lost(&format!("<objects>{whole}{whole}</objects>{BOX}{whole}")), Some(2));
        assert_eq!(lost(&format!("<data><thing>{BOX}</thing></data>{whole}")), Some(1));
        assert_eq!(lost("<things><cat left=\"1\"/></things>"), Some(1));
        assert_eq!(lost("<cat left=\"1\"/><dog left=\"2\"/>"), Some(1));
        assert_eq!(lost(&format!("<camera><lens>x</lens></camera>{whole}")), None);
        assert_eq!(
            lost("<source><annotation>x</annotation></source><owner><name/></owner><weather>fog</weather>"),
            None
        );
        assert_eq!(
            lost(&whole.replace("</object>", &format!("<part>{BOX}</part><polygon><x1>1</x1></polygon></object>"))),
            None
        );
        assert_eq!(lost(&whole.replace("</object>", &format!("<object>{BOX}</object></object>"))), Some(1));
    }

    #[test]
    fn nothing_there_is_not_nothing_said() {
        assert_eq!(parse(b"<annotation/>", 8).unwrap(), Document::default());
        assert_eq!(wrong(""), ("xml", 1));
        assert_eq!(wrong("<annotations></annotations>"), ("voc.root", 1));
    }

    /// What is wrong with the one object that is lost.
    fn lost(xml: &str) -> (&'static str, u32) {
        let whole = xml.replace("</annotation>", &format!("<object><name>b</name>{BOX}</object></annotation>"));
        let document = parse(whole.as_bytes(), 8).unwrap();
        let [wrong] = document.lost.as_slice() else { panic!("{document:?}") };
        assert_eq!(document.objects.len(), 1, "the other object stays");
        (wrong.rule, wrong.line)
    }

    #[test]
    fn boxes_must_be_whole() {
        assert_eq!(lost(&object("<name>a</name>")), ("voc.box", 2));
        assert_eq!(lost(&object(&format!("<name>a</name>{}", BOX.replace("<xmin>1</xmin>", "")))), ("voc.box", 2));
        for bad in ["nan", "inf", "", "1,5", "1e999"] {
            assert_eq!(
                lost(&object(&format!("<name>a</name>\n{}", BOX.replace(">1<", &format!(">{bad}<"))))),
                ("voc.box", 4)
            );
        }
        assert_eq!(lost(&object(&format!("<name>a</name>{BOX}{BOX}"))), ("voc.box", 3));
        assert_eq!(lost(&object(BOX)), ("voc.class", 2));
    }

    #[test]
    fn what_is_said_repeats_nothing_of_the_file() {
        for xml in [
            "<secret/>",
            "<annotation><secret></annotation>",
            "<annotation></secret></annotation>",
            "<annotation/></secret>",
            "<annotation><secret>",
            "<?xml secret=\"1\"?><annotation><",
            "<annotation>&secret;</annotation>",
            "<annotation>&#secret;</annotation>",
        ] {
            let wrong = parse(xml.as_bytes(), 8).unwrap_err();
            assert!(!wrong.say.contains("secret"), "{}", wrong.say);
        }
    }

    #[test]
    fn hostile_and_broken_xml() {
        assert_eq!(wrong("<!DOCTYPE a [<!ENTITY x \"y\">]>\n<annotation/>"), ("xml.doctype", 1));
        assert_eq!(wrong("<annotation>\n&x;</annotation>"), ("xml", 2));
        assert_eq!(wrong("<annotation>&#0;</annotation>"), ("xml", 1));
        assert_eq!(wrong("<annotation>\n<a></b></annotation>"), ("xml", 2));
        assert_eq!(wrong("<annotation><object>"), ("xml", 1));
        assert_eq!(wrong("<annotation/><annotation/>"), ("xml", 1));
        assert_eq!(wrong("<annotation/>x"), ("xml", 1));
        assert_eq!(wrong(&format!("<annotation>{}", "<a>".repeat(100_000))), ("xml.depth", 1));
        assert_eq!(parse(b"<annotation>\xb1\xe8</annotation>", 8).unwrap_err().rule, "encoding");
    }
}

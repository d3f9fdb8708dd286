//! A file as the annotations of its images, or of the frames of its video.
use super::shapes::{Figure, Found, Page, ring};
use super::video::{FRAMES_MAX, Placed, Track, Video};
use crate::formats::encoding::{BOM, Wrong, line_at, text};
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Broken, Documents, Note, truth};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;

/// Attributes of an element, by name.
pub type Said = BTreeMap<String, String>;

pub fn read(options: &Options, depth_max: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let text = text(unit.bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk::new(options);
    let mut counted = (0usize, 1u32);
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        let passed = text.as_bytes().get(counted.0..at).unwrap_or_default();
        counted = (at, counted.1.saturating_add(line_at(passed, passed.len()) - 1));
        walk.line = counted.1;
        let wrong = |rule, say: &str| Wrong::new(rule, say).at(counted.1);
        match reader.read_event() {
            Ok(Event::Eof) => return walk.finish(),
            Ok(Event::Start(tag)) => {
                if walk.path.len() >= depth_max {
                    return Err(wrong("xml.depth", &format!("nested deeper than {depth_max} elements")));
                }
                let said = said(&tag).ok_or_else(|| wrong("xml", "an attribute that is none, or stands twice"))?;
                walk.start(tag.name().as_ref(), said)?;
            }
            Ok(Event::End(_)) => walk.end()?,
            Ok(Event::Text(part)) => walk.text.push_str(&part.xml10_content()),
            Ok(Event::CData(part)) => walk.text.push_str(&part.xml10_content()),
            Ok(Event::GeneralRef(part)) => {
                walk.text.push(entity(&part).ok_or_else(|| wrong("xml", "a reference that means no character"))?);
            }
            Ok(Event::DocType(_)) => return Err(wrong("xml.doctype", "a document type is not accepted")),
            Ok(_) => {}
            Err(_) => return Err(wrong("xml", "not well-formed XML")),
        }
    }
}

/// The character that stands for a reference in a text, such as `&amp;`.
pub fn entity(part: &BytesRef) -> Option<char> {
    let own = part.resolve_char_ref().ok()?;
    own.or_else(|| resolve_predefined_entity(part)?.chars().next())
}

pub fn said(tag: &BytesStart) -> Option<Said> {
    let one = |attribute: Result<quick_xml::events::attributes::Attribute, _>| {
        let attribute = attribute.ok()?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
        Some((attribute.key.as_ref().to_string(), value.into_owned()))
    };
    tag.attributes().map(one).collect()
}

struct Walk<'o> {
    options: &'o Options,
    line: u32,
    path: Vec<String>,
    text: String,
    root_seen: bool,
    page: Option<(Page, u32)>,
    track: Option<Track>,
    tracks: Vec<Track>,
    /// Tracks' shapes that say no frame.
    unread: u32,
    /// The shape at hand and, in a track, the frame in which it is, unless it is out of sight.
    shape: Option<(Option<Found>, Said)>,
    attribute: String,
    video: Video,
    out: Documents,
}

impl<'o> Walk<'o> {
    fn new(options: &'o Options) -> Walk<'o> {
        let (path, text, tracks, attribute, out) = Default::default();
        Walk {
            options,
            line: 1,
            path,
            text,
            root_seen: false,
            page: None,
            track: None,
            tracks,
            unread: 0,
            shape: None,
            attribute,
            video: Video::default(),
            out,
        }
    }

    fn start(&mut self, name: &str, said: Said) -> Result<(), Wrong> {
        let depth = self.path.len();
        if depth == 0 {
            if name != "annotations" || self.root_seen {
                return Err(Wrong::new("cvat.root", "the root element is not `annotations`").at(self.line));
            }
            self.root_seen = true;
        }
        let group = |said: &Said| said.get("group_id").and_then(|g| g.parse().ok()).filter(|g: &i64| *g != 0);
        match (depth, name) {
            (1, "image") => self.image(&said),
            (1, "track") => {
                let class = said.get("label").map(|l| l.trim().to_string()).unwrap_or_default();
                self.track = Some(Track { class, group: group(&said), shapes: BTreeMap::new() });
            }
            (2, "tag") if self.page.is_some() => self.page.iter_mut().for_each(|(page, _)| page.note("cvat.tag")),
            (2, _) if self.page.is_some() || self.track.is_some() => {
                let class = match &self.track {
                    Some(track) => track.class.clone(),
                    None => said.get("label").map(|l| l.trim().to_string()).unwrap_or_default(),
                };
                let found = figure(name, &said).filter(|_| !class.is_empty()).map(|figure| {
                    let occluded = said.get("occluded").and_then(|o| truth(o)) == Some(true);
                    let flags = if occluded { vec!["occluded".to_string()] } else { Vec::new() };
                    Found { class, figure, flags, group: group(&said) }
                });
                self.shape = Some((found, said));
            }
            (_, "attribute") => self.attribute = said.get("name").cloned().unwrap_or_default(),
            _ => {}
        }
        self.path.push(name.to_string());
        self.text.clear();
        Ok(())
    }

    fn image(&mut self, said: &Said) {
        let side = |name: &str| said.get(name).and_then(|n| n.parse().ok());
        match said.get("name").filter(|name| !name.is_empty()) {
            Some(name) => {
                let mut page = Page::default();
                page.document.image = Some(name.clone());
                (page.document.width, page.document.height) = (side("width"), side("height"));
                self.page = Some((page, self.line));
            }
            None => {
                let wrong = Wrong::new("cvat.image", "an image without a name").at(self.line);
                self.out.of.push(Err(Broken { image: None, wrong }));
            }
        }
    }

    fn end(&mut self) -> Result<(), Wrong> {
        let Some(name) = self.path.pop() else { return Ok(()) };
        let text = std::mem::take(&mut self.text);
        let value = text.trim();
        match (self.path.len(), name.as_str()) {
            (1, "image") => {
                if let Some((page, line)) = self.page.take() {
                    self.out.of.push(Ok(page.finish(line)));
                }
            }
            (1, "track") => self.tracks.extend(self.track.take()),
            (3, "attribute") => self.attributed(value),
            (2, _) => self.shaped(),
            (_, "size") if self.path.iter().any(|p| p == "meta") => self.video.frames = value.parse().ok(),
            (_, "start_frame") if self.path.iter().any(|p| p == "meta") => self.video.start = value.parse().ok(),
            (_, "stop_frame") if self.path.iter().any(|p| p == "meta") => self.video.stop = value.parse().ok(),
            (_, "frame_filter") if self.path.iter().any(|p| p == "meta") => {
                self.video.step = value.strip_prefix("step=").and_then(|step| step.trim().parse().ok());
            }
            (_, "width") if self.path.iter().any(|p| p == "original_size") => self.video.size[0] = value.parse().ok(),
            (_, "height") if self.path.iter().any(|p| p == "original_size") => self.video.size[1] = value.parse().ok(),
            _ => {}
        }
        Ok(())
    }

    /// An attribute of the shape at hand: true is a flag, false is none, other values are not kept.
    fn attributed(&mut self, value: &str) {
        let name = std::mem::take(&mut self.attribute);
        let Some((Some(found), _)) = &mut self.shape else { return };
        match value {
            "true" | "True" => {
                found.flags.push(name);
                found.flags.sort();
                found.flags.dedup();
            }
            "false" | "False" | "" => {}
            value if self.options.keeps(&name) => {
                found.flags.push(format!("{name}={value}"));
                found.flags.sort();
            }
            _ => self.page.iter_mut().for_each(|(page, _)| page.note("cvat.attributes")),
        }
    }

    fn shaped(&mut self) {
        let Some((found, said)) = self.shape.take() else { return };
        if let Some((page, _)) = &mut self.page {
            return match found {
                Some(found) => page.add(found, self.options),
                None => page.lose(self.options, "cvat.shape"),
            };
        }
        let frame = said.get("frame").and_then(|f| f.parse::<u32>().ok()).filter(|f| *f < FRAMES_MAX);
        match (&mut self.track, frame) {
            (Some(track), Some(frame)) => {
                let outside = said.get("outside").and_then(|o| truth(o)) == Some(true);
                let found = found.map(|found| Found { group: track.group, ..found });
                track.shapes.insert(frame, Placed { found, outside });
            }
            (Some(_), None) => self.unread += 1,
            (None, _) => {}
        }
    }

    fn finish(mut self) -> Result<Documents, Wrong> {
        if !self.path.is_empty() || !self.root_seen {
            return Err(Wrong::new("xml", "an element is not closed, or there is none at all").at(self.line));
        }
        if !self.tracks.is_empty() {
            self.video()?;
        }
        if self.unread > 0 {
            let say =
                format!("{} shapes of tracks do not say in which frame they are: each may lack them", self.unread);
            self.out.notes.push(Note { rule: "cvat.shape", say, line: 0 });
        }
        Ok(self.out)
    }

    /// Each frame as an image. In a file with shapes of no frame nobody knows which frames lack them: all of them do.
    fn video(&mut self) -> Result<(), Wrong> {
        for (n, mut page) in self.video.pages(&self.tracks, self.options)? {
            page.document.image = Some(format!("frame_{n:06}"));
            if self.unread > 0 {
                page.lose(self.options, "cvat.shape");
            }
            self.out.of.push(Ok(page.finish(0)));
        }
        Ok(())
    }
}

/// The figure of an element; `None` for what is none here, or cannot be read.
pub fn figure(name: &str, said: &Said) -> Option<Figure> {
    let number = |key: &str| said.get(key)?.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let turn = || said.get("rotation").map_or(Some(0.0), |_| number("rotation"));
    let whole = |key: &str| said.get(key)?.trim().parse::<u32>().ok();
    match name {
        "box" => Some(Figure::Box([number("xtl")?, number("ytl")?, number("xbr")?, number("ybr")?], turn()?)),
        "polygon" => ring(said.get("points")?).filter(|ring| ring.len() >= 3).map(Figure::Polygon),
        "ellipse" => {
            let (cx, cy, rx, ry) = (number("cx")?, number("cy")?, number("rx")?, number("ry")?);
            // about its middle a turned ellipse reaches no further than its longer half axis
            let (rx, ry) = if turn()? == 0.0 { (rx, ry) } else { (rx.max(ry), rx.max(ry)) };
            Some(Figure::Ellipse([cx - rx, cy - ry, cx + rx, cy + ry]))
        }
        "mask" => {
            let part = [whole("left")?, whole("top")?, whole("width")?, whole("height")?];
            let runs: Option<Vec<u32>> = said.get("rle")?.split(',').map(|run| run.trim().parse().ok()).collect();
            Some(Figure::Mask(part, runs?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sidecar::Document;
    use crate::model::masks::Mask;
    use crate::table::Cell;

    fn documents(xml: &str, shapes: &[&str]) -> Vec<Document> {
        let unit = Unit { row: 0, bytes: xml.as_bytes(), context: None, path: "", stem: "" };
        let options = Options::default().with_shapes(shapes.iter().map(|s| s.to_string()).collect());
        read(&options, 64, &unit).unwrap().of.into_iter().map(Result::unwrap).collect()
    }

    const IMAGES: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><size>2</size></task></meta>
<image id="0" name="Train/a&amp;b.jpg" width="40" height="30">
  <box label="car" occluded="1" xtl="1.50" ytl="2" xbr="4" ybr="8" z_order="0"><attribute name="red">true</attribute>
    <attribute name="make">x</attribute></box>
  <box label="car" xtl="10" ytl="10" xbr="20" ybr="14" rotation="90.00"/>
  <polygon label="bus" points="1,2;3,4;6,5" group_id="3"/><polygon label="bus" points="11,2;13,4;16,5" group_id="3"/>
  <ellipse label="o" cx="10" cy="10" rx="2" ry="3"/><polyline label="l" points="1,2;3,4"/><box label="" xtl="1" ytl="1" xbr="2" ybr="2"/>
  <mask label="m" rle="1, 2, 1, 2" left="5" top="6" width="3" height="2"/><tag label="day"/>
</image><image id="1" name="Train/b.jpg" width="4" height="3"></image></annotations>"#;

    #[test]
    fn images_have_boxes_and_the_rest_is_told() {
        let d = documents(IMAGES, &[]);
        assert_eq!((d.len(), d[0].image.as_deref(), d[0].width), (2, Some("Train/a&b.jpg"), Some(40)));
        let boxes: Vec<(&str, [f64; 4])> = d[0]
            .boxes
            .iter()
            .map(|b| (b.class.as_str(), [b.x1, b.y1, b.x2, b.y2].map(|c| (c * 1e6).round() / 1e6)))
            .collect();
        let want = [
            ("car", [1.5, 2.0, 4.0, 8.0]),
            ("car", [13.0, 7.0, 17.0, 17.0]),
            ("bus", [1.0, 2.0, 6.0, 5.0]),
            ("bus", [11.0, 2.0, 16.0, 5.0]),
            ("o", [8.0, 7.0, 12.0, 13.0]),
            ("m", [6.0, 6.0, 8.0, 8.0]),
        ];
        assert_eq!(boxes, want);
        assert_eq!((d[0].boxes[0].flags.as_slice(), d[0].lost), (&["occluded".to_string(), "red".into()][..], 2));
        let told: Vec<(&str, &str, u32)> = d[0].notes.iter().map(|n| (n.rule, &n.say[..1], n.line)).collect();
        let want =
            [("cvat.attributes", "1", 3), ("cvat.outline", "5", 3), ("cvat.shape", "2", 3), ("cvat.tag", "1", 3)];
        assert_eq!(told, want);
        assert_eq!((d[1].boxes.len(), d[1].unlabelled), (0, false), "looked, nothing there");
    }

    #[test]
    fn shapes_of_other_kinds() {
        let mut d = documents(IMAGES, &["objects.polygons", "objects.masks"]).remove(0);
        let (polygons, lost) = d.shapes.take("objects.polygons");
        let polygons: Vec<crate::model::polygons::Polygon> = Cell::from_value(&polygons).unwrap();
        let parts: Vec<(&str, usize)> = polygons.iter().map(|p| (p.class.as_str(), p.parts.len())).collect();
        assert_eq!((parts, lost), (vec![("car", 1), ("car", 1), ("bus", 2)], 4));
        let (masks, _) = d.shapes.take("objects.masks");
        let masks: Vec<Mask> = Cell::from_value(&masks).unwrap();
        let mask = masks.last().unwrap();
        // rows of 3: . X X / . X X
        assert_eq!((mask.area(), mask.bounds()), (4, Some([6.0, 6.0, 8.0, 8.0])));
    }

    #[test]
    fn tracks_are_seen_in_every_frame_between() {
        let xml = r#"<annotations><meta><size>6</size><original_size><width>40</width><height>30</height></original_size></meta>
            <track id="0" label="car"><box frame="1" outside="0" occluded="0" keyframe="1" xtl="0" ytl="0" xbr="4" ybr="4"/>
            <box frame="3" outside="0" occluded="0" keyframe="1" xtl="2" ytl="4" xbr="6" ybr="8"/>
            <box frame="5" outside="1" occluded="0" keyframe="1" xtl="2" ytl="4" xbr="6" ybr="8"/></track></annotations>"#;
        let d = documents(xml, &[]);
        let lefts: Vec<Vec<f64>> = d.iter().map(|d| d.boxes.iter().map(|b| b.x1).collect()).collect();
        assert_eq!(lefts, [vec![], vec![0.0], vec![1.0], vec![2.0], vec![2.0], vec![]]);
        assert_eq!((d[2].image.as_deref(), d[2].height), (Some("frame_000002"), Some(30)));
    }

    #[test]
    fn what_is_no_such_file() {
        let rule = |xml: &str| {
            let unit = Unit { row: 0, bytes: xml.as_bytes(), context: None, path: "", stem: "" };
            read(&Options::default(), 8, &unit).unwrap_err().rule
        };
        assert_eq!((rule("<annotation/>"), rule("<annotations>"), rule("")), ("cvat.root", "xml", "xml"));
        assert_eq!(rule("<!DOCTYPE a []><annotations/>"), "xml.doctype");
        assert_eq!(rule(&format!("<annotations>{}", "<a>".repeat(99))), "xml.depth");
        assert_eq!(rule("<annotations><image name=\"a\" name=\"b\"/></annotations>"), "xml");
    }
}

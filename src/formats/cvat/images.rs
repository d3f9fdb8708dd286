//! A file of "CVAT for images 1.1" as what people drew and said in CVAT, mark by mark: also tags, points and skeletons, which no
//! sidecar holds, and under which label each stands. For packages of a labelling tool, which go there and come back.
use super::read::{Said, entity, figure, said};
use super::shapes::Found;
use crate::formats::encoding::BOM;
use crate::formats::sidecar::truth;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Deepest nesting of elements.
const DEPTH_MAX: usize = 16;

/// An image of the file.
#[derive(Debug, Default)]
pub struct Drawn {
    pub name: String,
    /// The part of the data that CVAT says it belongs to.
    pub subset: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
    pub marks: Vec<Mark>,
}

/// A shape, a tag or a skeleton.
#[derive(Debug, Default)]
pub struct Mark {
    /// `box`, `polygon`, `tag`, `skeleton` and so on.
    pub element: String,
    pub class: String,
    said: Said,
    /// Names and values of its attributes.
    attributes: Vec<(String, String)>,
    /// The points of a skeleton.
    pub points: Vec<Mark>,
}

impl Mark {
    fn new(element: &str, said: Said) -> Mark {
        let class = said.get("label").map(|l| l.trim().to_string()).unwrap_or_default();
        Mark { element: element.to_string(), class, said, ..Mark::default() }
    }

    /// What the file says of it under this name.
    pub fn says(&self, name: &str) -> Option<&str> {
        self.said.get(name).map(String::as_str)
    }

    /// Whether the file says so, as `occluded="1"`.
    pub fn is(&self, name: &str) -> bool {
        self.says(name).and_then(truth) == Some(true)
    }

    /// The attributes that are true, and `occluded`.
    pub fn flags(&self) -> Vec<String> {
        let own = self.attributes.iter().filter(|a| is_true(&a.1)).map(|a| a.0.clone());
        let mut flags: Vec<String> = own.chain(self.is("occluded").then(|| "occluded".to_string())).collect();
        flags.sort();
        flags.dedup();
        flags
    }

    /// The value of an attribute; of one without a value nothing.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let own = self.attributes.iter().find(|a| a.0 == name).map(|a| a.1.as_str());
        own.filter(|value| !value.is_empty())
    }

    /// How many attributes are neither true nor false.
    pub fn others(&self) -> usize {
        let plain = |value: &str| is_true(value) || ["false", "False", ""].contains(&value);
        self.attributes.iter().filter(|a| !plain(&a.1)).count()
    }

    /// It as a figure; `None` for tags, lines, points, skeletons and cuboids, and for what cannot be read.
    pub fn found(&self) -> Option<Found> {
        let group = self.says("group_id").and_then(|g| g.parse().ok()).filter(|g: &i64| *g != 0);
        Some(Found {
            class: self.class.clone(),
            figure: figure(&self.element, &self.said)?,
            flags: self.flags(),
            group,
        })
    }

    /// The mark as a line that stays the same while nobody changes it: CVAT gives coordinates with two decimals, and shapes in an
    /// order, a source and groups of its own.
    pub fn line(&self) -> String {
        let own = ["source", "z_order", "group_id", "label", "occluded", "outside"];
        let numbers = |text: &str| text.split([',', ';']).map(rounded).collect::<Vec<_>>().join(",");
        // that nothing is turned is not said
        let turned = |name: &str, value: &str| name != "rotation" || numbers(value) != "0.00";
        let told = self.said.iter().filter(|(name, value)| !own.contains(&name.as_str()) && turned(name, value));
        let told: Vec<String> = told.map(|(name, value)| format!("{name}={}", numbers(value))).collect();
        let mut points: Vec<String> = self.points.iter().map(Mark::line).collect();
        points.sort();
        let out = self.is("outside");
        let told = if out { "outside".to_string() } else { told.join(" ") };
        format!("{} {:?} {told} {:?} [{}]", self.element, self.class, self.flags(), points.join("; "))
    }
}

fn is_true(value: &str) -> bool {
    ["true", "True"].contains(&value)
}

fn rounded(number: &str) -> String {
    let number = number.trim();
    number.parse::<f64>().map_or_else(|_| number.to_string(), |n| format!("{:.2}", n + 0.0))
}

/// The images of a file, in its order; or why it is none.
pub fn images(text: &str) -> Result<Vec<Drawn>, String> {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut walk = Walk::default();
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX).min(text.len());
        let wrong = |say: &str| {
            let before = text.get(..at).unwrap_or_default();
            format!("line {}: {say}", 1 + before.matches('\n').count())
        };
        match reader.read_event() {
            Ok(Event::Eof) if walk.path.is_empty() && walk.seen => return Ok(walk.out),
            Ok(Event::Eof) => return Err(wrong("an element is not closed, or there is none at all")),
            Ok(Event::Start(tag)) => {
                if walk.path.len() >= DEPTH_MAX {
                    return Err(wrong(&format!("nested deeper than {DEPTH_MAX} elements")));
                }
                let said = said(&tag).ok_or_else(|| wrong("an attribute that is none, or stands twice"))?;
                walk.start(tag.name().as_ref(), said).map_err(wrong)?;
            }
            Ok(Event::End(_)) => walk.end(),
            Ok(Event::Text(part)) => walk.text.push_str(&part.xml10_content()),
            Ok(Event::CData(part)) => walk.text.push_str(&part.xml10_content()),
            Ok(Event::GeneralRef(part)) => {
                walk.text.push(entity(&part).ok_or_else(|| wrong("a reference that means no character"))?);
            }
            Ok(Event::DocType(_)) => return Err(wrong("a document type is not accepted")),
            Ok(_) => {}
            Err(_) => return Err(wrong("this is no well-formed XML")),
        }
    }
}

#[derive(Default)]
struct Walk {
    path: Vec<String>,
    text: String,
    seen: bool,
    image: Option<Drawn>,
    /// The mark at hand, and a point of it.
    marks: Vec<Mark>,
    attribute: String,
    out: Vec<Drawn>,
}

impl Walk {
    fn start(&mut self, name: &str, said: Said) -> Result<(), &'static str> {
        match (self.path.len(), name) {
            (0, "annotations") if !self.seen => self.seen = true,
            (0, _) => return Err("the root element is not `annotations`"),
            (1, "image") => {
                let side = |name: &str| said.get(name).and_then(|n| n.parse().ok());
                let text = |name: &str| said.get(name).filter(|text| !text.is_empty()).cloned();
                let (width, height) = (side("width"), side("height"));
                let name = text("name").ok_or("an image has no name")?;
                self.image = Some(Drawn { name, subset: text("subset"), width, height, marks: Vec::new() });
            }
            (1, "track") => return Err("tracks of a video are no answers about samples: export the task as images"),
            (2, _) if self.image.is_some() => self.marks = vec![Mark::new(name, said)],
            (3, "points") if self.image.is_some() => self.marks.push(Mark::new(name, said)),
            (_, "attribute") => self.attribute = said.get("name").cloned().unwrap_or_default(),
            _ => {}
        }
        self.path.push(name.to_string());
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) {
        let name = self.path.pop().unwrap_or_default();
        let text = std::mem::take(&mut self.text);
        match (self.path.len(), name.as_str()) {
            (1, "image") => self.out.extend(self.image.take()),
            (2, _) => {
                if let (Some(image), Some(mark)) = (&mut self.image, self.marks.pop()) {
                    image.marks.push(mark);
                }
                self.marks.clear();
            }
            (3, "points") if self.marks.len() > 1 => {
                if let (Some(point), Some(mark)) = (self.marks.pop(), self.marks.last_mut()) {
                    mark.points.push(point);
                }
            }
            (_, "attribute") => {
                let own = (std::mem::take(&mut self.attribute), text.trim().to_string());
                if let Some(mark) = self.marks.last_mut() {
                    mark.attributes.push(own);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_read_with_what_is_said_of_them() {
        let xml = r#"<annotations><image id="0" name="a&amp;b.png" subset="Test" width="40" height="30">
            <box label=" car " occluded="1" xtl="1.004" ytl="2" xbr="4" ybr="8" source="auto" z_order="3">
              <attribute name="red">true</attribute><attribute name="make">x</attribute></box>
            <tag label="day"/><skeleton label="man"><points label="nose" outside="0" occluded="1" points="1.00,2.50"/>
            <points label="toe" outside="1" points="0,0"><attribute name="sure">true</attribute></points></skeleton>
            </image><image id="1" name="b.png"/></annotations>"#;
        let all = images(xml).unwrap();
        assert_eq!((all.len(), all[0].name.as_str(), all[0].subset.as_deref()), (2, "a&b.png", Some("Test")));
        let marks = &all[0].marks;
        assert_eq!(marks.iter().map(|m| m.element.as_str()).collect::<Vec<_>>(), ["box", "tag", "skeleton"]);
        assert_eq!(
            (marks[0].class.as_str(), marks[0].flags(), marks[0].others()),
            ("car", vec!["occluded".into(), "red".into()], 1)
        );
        assert_eq!(marks[0].line(), "box \"car\" xbr=4.00 xtl=1.00 ybr=8.00 ytl=2.00 [\"occluded\", \"red\"] []");
        assert!(marks[2].points[0].is("occluded") && marks[2].points[1].flags() == ["sure"]);
        assert!(marks[2].points[1].line().contains("outside") && marks[2].flags().is_empty());
    }

    #[test]
    fn what_is_no_such_file_is_told_with_its_line() {
        let say = |xml: &str| images(xml).unwrap_err();
        assert!(say("<annotation/>").contains("root") && say("").contains("none at all"));
        assert!(say("<annotations>\n<image id='0'/></annotations>").starts_with("line 2: an image has no name"));
        assert!(say("<annotations><track/></annotations>").contains("tracks of a video"));
        assert!(say("<!DOCTYPE a []><annotations/>").contains("document type"));
        assert!(say(&format!("<annotations>{}", "<a>".repeat(99))).contains("nested deeper"));
        assert!(say("<annotations><image name='a' name='b'/></annotations>").contains("stands twice"));
    }
}

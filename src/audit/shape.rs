//! What the columns of a row are: ids, texts, tokens and tags, spans, boxes, pictures, classes, groups. Columns are known by
//! the names that the field gives them and by what they hold.
use super::boxed::{one_box, scalar_box};
use super::cells::{fields, first, four, items, number, texts};
use super::fields::{Said, of_row, of_text};
use super::folder::{Folder, Size, is_picture, shown};
use super::kinds::{Names, Splits};
use super::sample::{Entity, Object, Outside, PIXEL, Picture, Sample, entities, objects};
use super::tags::{aligned, scheme_of};
use super::told::Told;
use crate::digest::Digest;
use crate::formats::conll::sentence;
use crate::formats::sidecar::stem_of;
use crate::formats::{audio, image};
use crate::table::Value;

const IDS: [&str; 11] =
    ["id", "uid", "guid", "uuid", "sample_id", "example_id", "sentence_id", "sent_id", "qid", "image_id", "idx"];
const PICTURES: [&str; 9] =
    ["file_name", "image", "image_path", "img", "picture", "filename", "image_file", "path", "file"];
const TOKENS: [&str; 3] = ["tokens", "words", "token"];
const TEXTS: [&str; 7] = ["text", "sentence", "content", "document", "context", "body", "utterance"];
const CLASS: [&str; 8] = ["class", "category", "label", "class_name", "category_name", "type", "name", "tag"];
const CLASSES: [&str; 7] = ["category", "categories", "label", "labels", "class", "classes", "category_id"];
const SURFACES: [&str; 6] = ["text", "surface", "word", "value", "form", "mention"];
const SPLITS: [&str; 2] = ["split", "subset"];
const GROUPS: [&str; 28] = [
    "group",
    "group_id",
    "doc",
    "doc_id",
    "document_id",
    "docid",
    "patient",
    "patient_id",
    "subject",
    "subject_id",
    "speaker",
    "speaker_id",
    "session",
    "session_id",
    "scene",
    "scene_id",
    "video",
    "video_id",
    "user_id",
    "author_id",
    "conversation_id",
    "dialog_id",
    "dialogue_id",
    "thread_id",
    "page_id",
    "article_id",
    "sequence_id",
    "recording_id",
];

/// Other names of columns of texts that somebody wrote.
const SAID: [&str; 8] = ["question", "answer", "prompt", "chosen", "rejected", "response", "instruction", "title"];
/// Characters of a text by which samples are compared: where the name of its column says that it is one, and elsewhere.
pub const LONG: usize = 12;
const SENTENCE: usize = 40;

/// What a row is read with.
pub struct Reading<'r, 'w> {
    pub folder: &'r Folder<'w>,
    pub file: &'r str,
    /// The split of the file, if it is of one.
    pub split: Option<&'r str>,
    pub names: &'r Names,
    pub splits: &'r Splits,
}

impl Reading<'_, '_> {
    /// A row as a sample; what contradicts itself in it is told.
    pub fn sample(&self, place: &str, row: &Value, outside: &mut Outside, told: &mut Told) -> Sample {
        self.sized(place, row, None, outside, told)
    }

    /// The same, of a picture that the row does not name and whose size is known.
    pub fn sized(
        &self,
        place: &str,
        row: &Value,
        known: Option<Size>,
        outside: &mut Outside,
        told: &mut Told,
    ) -> Sample {
        let mut out = Sample { split: self.split.map(String::from), ..Sample::default() };
        if let Some((_, Value::Text(own))) = first(row, &SPLITS) {
            let own = self.splits.called(own);
            if self.split.is_some_and(|split| split != own) {
                let say = format!("says `{own}` in a file of `{}`", self.split.unwrap_or_default());
                told.fault("split.column", self.file, place, "split", say);
            }
            out.split = Some(own);
        }
        let boxed = scalar_box(row).is_some();
        let id = IDS.iter().find(|name| !matches!(row.field(name), Value::Null | Value::List(_) | Value::Struct(_)));
        out.id = id.filter(|name| !boxed || **name != "image_id").and_then(|name| row.field(name).key_text());
        self.picture(place, row, &mut out, told);
        let size = known.or(out.picture.as_ref().and_then(|p| p.size));
        self.size(place, row, size, told);
        let stated = || Some((number(row.field("width"))?, number(row.field("height"))?));
        let own = || stated().filter(|(w, h)| !boxed && *w >= 1.0 && *h >= 1.0);
        let size = size.or_else(|| own().map(|(w, h)| Size { width: w as u32, height: h as u32, turned: false }));
        if let Some(all) = self.objects(place, row, told) {
            objects(self.file, place, &all, size, told, outside);
            out.objects = Some(all);
        }
        self.tokens(place, row, &mut out, told);
        self.spans(place, row, &mut out, told);
        self.classes(place, row, &mut out, told);
        for name in GROUPS {
            if let Some(own) = row.field(name).key_text().filter(|t| !t.is_empty()) {
                out.groups.push((name.to_string(), own));
            }
        }
        texts(row, "", &mut |path, text| {
            let plain = IDS.contains(&path) || PICTURES.contains(&path) || SPLITS.contains(&path);
            if !plain && !text.is_empty() {
                out.texts.push((path.to_string(), text.to_string()));
            }
        });
        out.values = values(&out);
        out.fields = said(row, &out);
        out.long = long(&out);
        out
    }

    /// The picture that a row holds or names.
    fn picture(&self, place: &str, row: &Value, out: &mut Sample, told: &mut Told) {
        for (name, value) in fields(row) {
            match value {
                Value::Struct(_) if matches!(value.field("bytes"), Value::Bytes(_)) => {
                    let Value::Bytes(bytes) = value.field("bytes") else { continue };
                    if let Some(heard) = audio::heard(value.field("path").text().unwrap_or_default(), bytes) {
                        if let Err(wrong) = heard {
                            told.fault(
                                "sound.broken",
                                self.file,
                                place,
                                name,
                                format!("holds no sound: {}", wrong.say),
                            );
                        }
                        continue;
                    }
                    let size = match shown(image::look(bytes)) {
                        Ok(size) => Some(size),
                        Err(say) => {
                            told.fault("picture.broken", self.file, place, name, format!("holds no picture: {say}"));
                            None
                        }
                    };
                    out.pictured = value.field("path").text().map(String::from);
                    out.picture = Some(Picture { digest: Digest::of(bytes), size });
                    return;
                }
                Value::Struct(_) if matches!(value.field("blob"), Value::Text(_) | Value::Blob(_)) => {
                    let digest = match value.field("blob") {
                        Value::Blob(digest) => Some(*digest),
                        other => other.text().and_then(Digest::parse),
                    };
                    let Some(digest) = digest else { continue };
                    out.picture = Some(Picture { digest, size: self.folder.size_of(&digest) });
                    return;
                }
                Value::Text(path) if PICTURES.contains(&name.as_str()) && is_picture(path) => {
                    out.pictured = Some(path.clone());
                    match self.folder.beside(self.file, path).and_then(|own| self.folder.get(own)) {
                        Some(entry) => {
                            let size = entry.picture.as_ref().and_then(|p| p.as_ref().ok()).copied();
                            out.picture = Some(Picture { digest: entry.b3, size });
                        }
                        None if name == "path" || name == "file" => {}
                        None => told.fault(
                            "picture.missing",
                            self.file,
                            place,
                            name,
                            format!("names {path}, which is not there"),
                        ),
                    }
                    return;
                }
                _ => {}
            }
        }
    }

    /// The size that a row states is that of its picture.
    fn size(&self, place: &str, row: &Value, size: Option<Size>, told: &mut Told) {
        let stated = (number(row.field("width")), number(row.field("height")));
        let (Some(size), (Some(w), Some(h))) = (size, stated) else { return };
        if scalar_box(row).is_none() && !size.is(w, h) {
            let say = format!("says {w} x {h}, and the picture is {} x {}", size.width, size.height);
            told.fault("picture.size", self.file, place, "width, height", say);
        }
    }

    /// The name of a class: a text, or a number that something names.
    fn class(&self, place: &str, field: &str, value: &Value, told: &mut Told) -> Option<String> {
        match value {
            Value::Text(t) => Some(t.clone()),
            Value::Int(n) => {
                let names = self.names.of(self.file, field)?;
                let name = usize::try_from(*n).ok().and_then(|n| names.get(n));
                if name.is_none() {
                    let say = format!("the class {n} is none of the {} that are declared (from 0)", names.len());
                    told.fault("label.class_number", self.file, place, field, say);
                }
                name.cloned()
            }
            _ => None,
        }
    }

    /// Objects: a list of boxes with their classes, boxes beside a list of classes, or one box as columns.
    fn objects(&self, place: &str, row: &Value, told: &mut Told) -> Option<Vec<Object>> {
        if let Some(at) = scalar_box(row) {
            let class = first(row, &CLASS).and_then(|(name, v)| self.class(place, name, v, told));
            self.declared(place, "class", class.as_deref(), told);
            return Some(vec![Object {
                class,
                at,
                field: "x, y, width, height".into(),
                derived: false,
                rounding: 0.0,
            }]);
        }
        for (name, value) in fields(row).iter().chain([(String::new(), row.clone())].iter()) {
            let parallel = first(value, &["bbox", "bboxes", "boxes"]).filter(|(_, v)| items(v).is_some());
            if let (Value::Struct(_), Some((key, boxes))) = (value, parallel)
                && let Some(all) = self.parallel(place, name, value, (key, boxes), told)
            {
                return Some(all);
            }
            let Some(list) = items(value).filter(|list| list.iter().any(|v| one_box(v).is_some())) else { continue };
            let mut out = Vec::new();
            for (n, item) in list.iter().enumerate() {
                let Some((key, at, derived)) = one_box(item) else { continue };
                let class = first(item, &CLASS)
                    .or_else(|| first(item, &["category_id"]))
                    .and_then(|(class, v)| self.class(place, &format!("{name}.{class}"), v, told));
                let field = format!("{name}[{n}].{key}");
                self.declared(place, &field, class.as_deref(), told);
                let rounding = if derived { PIXEL } else { 0.0 };
                out.push(Object { class, at, field, derived, rounding });
            }
            return Some(out);
        }
        None
    }

    fn parallel(
        &self,
        place: &str,
        name: &str,
        value: &Value,
        (key, boxes): (&str, &Value),
        told: &mut Told,
    ) -> Option<Vec<Object>> {
        let dot = |part: &str| if name.is_empty() { part.to_string() } else { format!("{name}.{part}") };
        let boxes = items(boxes)?;
        if boxes.iter().any(|b| four(b).is_none()) {
            let n = boxes.iter().position(|b| four(b).is_none())?;
            if boxes.iter().any(|b| four(b).is_some()) || items(boxes.first()?).is_some() {
                told.fault(
                    "label.box_number",
                    self.file,
                    place,
                    format!("{}[{n}]", dot(key)),
                    "is no list of four numbers",
                );
            }
            return None;
        }
        let classes = first(value, &CLASSES).and_then(|(n, v)| Some((n, items(v)?)));
        for (other, list) in fields(value) {
            let Some(list) = items(list) else { continue };
            if list.len() != boxes.len() && other != key {
                let say = format!("has {} values, and `{}` has {}", list.len(), dot(key), boxes.len());
                told.fault("label.lengths", self.file, place, dot(other), say);
            }
        }
        let object = |(n, at): (usize, &Value)| {
            let class = classes.and_then(|(c, list)| self.class(place, &dot(c), list.get(n)?, told));
            let field = format!("{}[{n}]", dot(key));
            self.declared(place, &field, class.as_deref(), told);
            Some(Object { class, at: four(at)?, field, derived: false, rounding: 0.0 })
        };
        let mut object = object;
        boxes.iter().enumerate().map(&mut object).collect()
    }

    /// A class of objects that documents do not declare.
    fn declared(&self, place: &str, field: &str, class: Option<&str>, told: &mut Told) {
        let Some(class) = class else { return };
        if let Some(by) = self.names.objects.values().next()
            && !self.names.objects.contains_key(class)
        {
            let nearest = crate::diag::suggest(class, self.names.objects.keys().map(String::as_str));
            told.fault(
                "label.class_unknown",
                self.file,
                place,
                field,
                format!("the class `{class}` is not declared in {by}; {nearest}"),
            );
        }
    }

    /// Tokens with their tags: lists of one length, classes that are declared, and a sequence that the scheme allows.
    fn tokens(&self, place: &str, row: &Value, out: &mut Sample, told: &mut Told) {
        let Some((name, tokens)) = first(row, &TOKENS) else { return self.no_tokens(place, row, told) };
        let Some(tokens) = items(tokens) else { return };
        let tokens: Vec<&str> = tokens.iter().filter_map(Value::text).collect();
        if tokens.is_empty() && items(row.field(name)).is_some_and(|all| !all.is_empty()) {
            return; // places of tokens in the text
        }
        if let Some(n) = tokens.iter().position(|t| t.is_empty()) {
            told.fault("label.token_empty", self.file, place, format!("{name}[{n}]"), "a token has no character");
        }
        let text = first(row, &TEXTS).and_then(|(_, v)| v.text());
        match text.map(|text| (text, aligned(text, &tokens))) {
            Some((text, Some(places))) => (out.text, out.tokens) = (Some(text.to_string()), places),
            other => {
                if other.is_some() {
                    told.unchecked(format!("{}: tokens do not stand in the text of their row as they are", self.file));
                }
                let mut at = 0;
                for token in &tokens {
                    let end = at + token.chars().count() as u32;
                    out.tokens.push((at, end));
                    at = end + 1;
                }
                (out.text, out.joined) = (Some(tokens.join(" ")), true);
            }
        }
        for (tags, value) in fields(row) {
            let lower = tags.to_lowercase();
            let tagged = ["tag", "label", "ner", "pos", "chunk"].iter().any(|word| lower.contains(word));
            let Some(list) = items(value).filter(|_| tagged && tags != name) else { continue };
            let plain = |v: &Value| matches!(v, Value::Int(_) | Value::Text(_) | Value::Null);
            if !list.iter().all(plain) {
                continue;
            }
            if list.len() != tokens.len() {
                let say = format!("has {} tags, and `{name}` has {} tokens", list.len(), tokens.len());
                told.fault("label.lengths", self.file, place, tags, say);
                continue;
            }
            self.tags(place, tags, list, out, told);
        }
    }

    /// A row without tokens has no tags either.
    fn no_tokens(&self, place: &str, row: &Value, told: &mut Told) {
        let Some((name, _)) = fields(row).iter().find(|(name, _)| TOKENS.contains(&name.as_str())) else { return };
        for (tags, value) in fields(row).iter().filter(|(tags, _)| tags.to_lowercase().contains("tag")) {
            if let Some(list) = items(value).filter(|list| !list.is_empty()) {
                let say = format!("has {} tags, and `{name}` is null", list.len());
                told.fault("label.lengths", self.file, place, tags, say);
            }
        }
    }

    fn tags(&self, place: &str, field: &str, list: &[Value], out: &mut Sample, told: &mut Told) {
        let names = self.names.of(self.file, field);
        let mut tags = Vec::new();
        for (n, value) in list.iter().enumerate() {
            let item = format!("{field}[{n}]");
            match value {
                Value::Text(t) => tags.push(t.clone()),
                Value::Int(own) => match names.map(|names| usize::try_from(*own).ok().and_then(|n| names.get(n))) {
                    Some(Some(name)) => tags.push(name.clone()),
                    Some(None) => {
                        let len = names.map_or(0, <[String]>::len);
                        let say = format!("the tag {own} is none of the {len} that are declared (from 0)");
                        told.fault("label.class_number", self.file, place, item, say);
                    }
                    None if *own < 0 && *own != -100 => {
                        told.fault(
                            "label.class_number",
                            self.file,
                            place,
                            item,
                            format!("the tag {own} is less than 0"),
                        );
                    }
                    None => {}
                },
                _ => told.fault("label.tag_missing", self.file, place, item, "the token has no tag"),
            }
            if let (Value::Text(t), Some(names)) = (value, names)
                && !names.iter().any(|own| own == t)
            {
                told.fault(
                    "label.class_unknown",
                    self.file,
                    place,
                    format!("{field}[{n}]"),
                    format!("the tag `{t}` is not declared"),
                );
            }
        }
        let Some(scheme) = scheme_of(names.unwrap_or(&tags)).filter(|_| tags.len() == list.len()) else { return };
        let (spans, problems) = sentence::spans(&tags, scheme);
        for problem in &problems {
            told.fault("label.tag_sequence", self.file, place, format!("{field}[{}]", problem.token), &problem.say);
        }
        let border = |n: usize| out.tokens.get(n).copied();
        let entity = |s: &sentence::TagSpan| {
            let (start, end) = (border(s.start_token)?.0, border(s.end_token.checked_sub(1)?)?.1);
            Some(Entity { class: s.class.clone(), start, end })
        };
        if problems.is_empty() && out.entities.is_none() {
            out.entities = Some(spans.iter().filter_map(entity).collect());
        }
    }

    /// Spans: objects with a class, `start` and `end`, on the text of the row.
    fn spans(&self, place: &str, row: &Value, out: &mut Sample, told: &mut Told) {
        let text = first(row, &TEXTS).and_then(|(_, v)| v.text());
        if out.text.is_none() {
            out.text = text.map(String::from);
        }
        for (name, value) in fields(row) {
            let Some(list) = items(value).filter(|l| l.iter().any(|v| span(v).is_some())) else { continue };
            let Some(text) = text.map(String::from).or_else(|| only_text(row)) else {
                told.unchecked(format!(
                    "{}: spans in `{name}`: the row has no text that is known as theirs",
                    self.file
                ));
                continue;
            };
            let mut all = Vec::new();
            for (n, item) in list.iter().enumerate() {
                let field = format!("{name}[{n}]");
                let Some((start, end)) = span(item) else {
                    told.fault("label.span_empty", self.file, place, field, "has no `start` and `end`");
                    continue;
                };
                let class =
                    first(item, &["class", "label", "type", "tag", "entity", "category", "entity_group", "ner"]);
                let class =
                    class.and_then(|(c, v)| self.class(place, &format!("{name}.{c}"), v, told)).unwrap_or_default();
                if let Some(names) = self.names.of(self.file, name)
                    && !names.contains(&class)
                {
                    told.fault(
                        "label.class_unknown",
                        self.file,
                        place,
                        &field,
                        format!("the class `{class}` is not declared"),
                    );
                }
                let (Ok(from), Ok(to)) = (u32::try_from(start), u32::try_from(end)) else {
                    told.fault(
                        "label.span_outside",
                        self.file,
                        place,
                        field,
                        format!("the span {start}..{end} reaches out of the text"),
                    );
                    continue;
                };
                let surface = first(item, &SURFACES).and_then(|(_, v)| v.text()).map(String::from);
                all.push((Entity { class, start: from, end: to }, surface));
            }
            entities(self.file, place, name, &all, &text, told);
            out.text = Some(text);
            out.joined = false;
            let mut own: Vec<Entity> = all.into_iter().map(|(entity, _)| entity).collect();
            own.sort();
            if let Some(n) = own.windows(2).position(|pair| pair.first() == pair.last()) {
                let at = own.get(n).map_or(0, |e| e.start);
                told.fault("label.span_twice", self.file, place, name, format!("two spans at {at} are the same"));
            }
            out.entities = Some(own);
        }
    }

    /// Classes of the row as a whole.
    fn classes(&self, place: &str, row: &Value, out: &mut Sample, told: &mut Told) {
        if out.objects.is_some() {
            return;
        }
        for (name, value) in fields(row) {
            let named = ["label", "class", "category", "labels", "classes", "categories"].contains(&name.as_str());
            if !named && !name.starts_with("label_") {
                continue;
            }
            let list = match value {
                Value::List(list) if out.tokens.is_empty() => list.as_slice(),
                Value::Text(_) | Value::Int(_) => std::slice::from_ref(value),
                _ => continue,
            };
            // an empty cell of CSV is null
            let blank = |v: &&Value| matches!(v, Value::Text(t) if t.is_empty() && self.file.ends_with("sv"));
            for value in list.iter().filter(|value| !blank(value)) {
                let Some(class) = self.class(place, name, value, told) else { continue };
                if let Some(names) = self.names.of(self.file, name)
                    && matches!(value, Value::Text(_))
                    && !names.contains(&class)
                {
                    told.fault(
                        "label.class_unknown",
                        self.file,
                        place,
                        name,
                        format!("the class `{class}` is not declared"),
                    );
                }
                out.classes.push((name.clone(), class));
            }
        }
    }
}

/// Whether a column of this name is an id.
pub fn is_id(name: &str) -> bool {
    IDS.contains(&name)
}

/// Whether a column of this name is an id, or what somebody wrote.
pub fn is_plain(name: &str) -> bool {
    [&IDS[..], &TEXTS, &SAID].iter().any(|names| names.contains(&name))
}

/// A span's start and end.
fn span(value: &Value) -> Option<(i64, i64)> {
    let int = |names: &[&'static str]| match first(value, names)?.1 {
        Value::Int(n) => Some(*n),
        _ => None,
    };
    Some((int(&["start", "begin", "start_offset", "start_char"])?, int(&["end", "stop", "end_offset", "end_char"])?))
}

/// The text of a row that has one text with a space in it and no other.
fn only_text(row: &Value) -> Option<String> {
    let mut all = fields(row).iter().filter_map(|(_, v)| v.text()).filter(|t| t.contains(' '));
    all.next().filter(|_| all.next().is_none()).map(String::from)
}

/// What each field of a row says. Splits are compared by themselves, classes by their names; the name of its picture is a field.
fn said(row: &Value, sample: &Sample) -> Vec<(String, Said)> {
    let classed = |name: &str| sample.classes.iter().any(|(field, _)| field == name);
    let named = |name: &str| row.field(name).text().is_some_and(is_picture);
    let mut out =
        of_row(row, &|name| SPLITS.contains(&name) || PICTURES.contains(&name) || classed(name) || named(name));
    let mut classes: Vec<&(String, String)> = sample.classes.iter().collect();
    classes.sort();
    for own in classes.chunk_by(|a, b| a.0 == b.0) {
        let words: Vec<&str> = own.iter().map(|(_, class)| class.as_str()).collect();
        out.extend(own.first().map(|(field, _)| (field.clone(), of_text(&words.join("\u{1}")))));
    }
    out.extend(sample.pictured.as_ref().map(|name| (PICTURED.to_string(), of_text(stem_of(name)))));
    out
}

/// How the name of a sample's picture is called as a field.
const PICTURED: &str = "name of the picture";

/// What a row says besides ids, labels, groups and splits, in one text; empty where it has no text of some length. Rows of
/// a table that say little, such as a person's age and place, are equal by chance, or because somebody made them so.
fn values(sample: &Sample) -> String {
    let own = |(field, _): &&(String, String)| {
        let label = sample.classes.iter().any(|(f, _)| f == field) || sample.groups.iter().any(|(f, _)| f == field);
        let part = field.rsplit('.').next().unwrap_or(field);
        let tags = field.contains("tag") || (CLASS.contains(&part) && field.contains('.'));
        !label && !tags && !field.starts_with("label")
    };
    let said: Vec<&(String, String)> = sample.texts.iter().filter(own).collect();
    if !said.iter().any(|of| is_long(of)) {
        return String::new();
    }
    said.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ")
}

fn is_long((field, text): &(String, String)) -> bool {
    let part = field.rsplit('.').next().unwrap_or(field);
    let named = TEXTS.iter().chain(&SAID).any(|name| part.starts_with(name));
    let least = if named { LONG } else { SENTENCE };
    // a syllable or a sign of a whole word says as much as two letters
    let says: usize = text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum();
    TOKENS.contains(&field.as_str()) || says >= least
}

/// The longer texts of a row, in the order of their fields: formats order fields in their own ways, and write numbers as texts.
fn long(sample: &Sample) -> Option<Said> {
    let mut all: Vec<&(String, String)> = sample.texts.iter().filter(|of| is_long(of)).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let words: Vec<&str> = all.iter().map(|(_, text)| text.as_str()).collect();
    (!words.is_empty()).then(|| of_text(&words.join("\u{1}")))
}

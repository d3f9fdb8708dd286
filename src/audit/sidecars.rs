//! Files of annotations beside pictures: Pascal VOC, LabelMe, CVAT and YOLO, read by the readers of their formats.
use super::folder::{Entry, Folder, Size, extension, is_picture, name_of};
use super::kinds::Kind;
use super::sample::{Object, Outside, PIXEL, Picture, Sample, objects};
use super::told::Told;
use crate::formats::Format;
use crate::formats::options::Options;
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, stem_of};
use crate::formats::{cvat, labelme, voc, yolo};
use std::collections::{BTreeMap, HashMap};

/// The longest file of annotations of pictures.
const FILE: u64 = 256 << 20;
const DEPTH: usize = 64;

/// What readers tell of a file that is not as it should be; what they only do not keep is no fault.
const LOSSES: [&str; 11] = [
    "yolo.class",
    "yolo.number",
    "yolo.line",
    "yolo.confidence",
    "voc.box",
    "voc.class",
    "voc.element",
    "labelme.file",
    "labelme.image",
    "labelme.shape",
    "cvat.shape",
];

/// Pictures by their names without folders and endings, with the split of each.
pub struct Pictures<'f> {
    by_stem: HashMap<&'f str, Vec<(&'f str, Option<String>)>>,
}

impl<'f> Pictures<'f> {
    pub fn of(folder: &'f Folder, split: &dyn Fn(&str) -> Option<String>) -> Pictures<'f> {
        let mut by_stem: HashMap<&str, Vec<(&str, Option<String>)>> = HashMap::new();
        for path in folder.files.keys().filter(|path| is_picture(path)) {
            by_stem.entry(stem_of(path)).or_default().push((path, split(path)));
        }
        Pictures { by_stem }
    }

    /// The picture that a file is about: of its split where there is one.
    pub fn find(&self, file: &str, name: Option<&str>, split: Option<&str>) -> Option<&'f str> {
        let stem = name.map_or(stem_of(file), stem_of);
        let all = self.by_stem.get(stem)?;
        let suffix = name.and_then(extension);
        let fits = |(path, own): &&(&'f str, Option<String>)| {
            (split.is_none() || own.as_deref() == split) && (suffix.is_none() || extension(path) == suffix)
        };
        let mut own = all.iter().filter(fits);
        let first = own.next()?;
        let near = |path: &str| path.bytes().zip(file.bytes()).take_while(|(a, b)| a == b).count();
        let best = own.fold(first, |best, next| if near(next.0) > near(best.0) { next } else { best });
        Some(best.0)
    }
}

/// What a file is read with.
pub struct Reading<'r, 'w> {
    pub folder: &'r Folder<'w>,
    pub pictures: &'r Pictures<'r>,
    pub file: &'r str,
    pub kind: Kind,
    pub split: Option<&'r str>,
    /// The names that YOLO numbers.
    pub classes: &'r [String],
    /// How many points a line of YOLO has behind its box.
    pub points: i64,
    /// Classes that documents declare.
    pub declared: &'r BTreeMap<String, String>,
}

impl Reading<'_, '_> {
    pub fn read(&self, told: &mut Told, outside: &mut Outside, tell: &mut dyn FnMut(&str, &Sample)) {
        let (format, options): (&Format, Options) = match self.kind {
            Kind::Voc => (&voc::FORMAT, Options::of([("voc_base".to_string(), 1.into())], voc::FORMAT.options)),
            Kind::LabelMe => (&labelme::FORMAT, Options::default()),
            Kind::Cvat => (&cvat::FORMAT, Options::default()),
            _ => (&yolo::FORMAT, Options::of([("points".to_string(), self.points.into())], yolo::FORMAT.options)),
        };
        let Some(sidecar) = &format.sidecar else { return };
        let bytes = match self.folder.world.read(self.file, FILE) {
            Ok(bytes) => bytes,
            Err(e) => return told.fault("annotation.unread", self.file, "", "", format!("does not read: {e}")),
        };
        let unit = Unit { row: 0, bytes: &bytes, context: None, path: self.file, stem: stem_of(self.file) };
        let read = crate::formats::guard::guarded(|| (sidecar.read)(&options, DEPTH, &unit));
        let documents = match read {
            Some(Ok(documents)) => documents,
            Some(Err(wrong)) => {
                let row = format!("line {}", wrong.line.max(1));
                return told.fault("annotation.unread", self.file, row, "", wrong.say);
            }
            None => return told.fault("annotation.unread", self.file, "", "", "the file is damaged"),
        };
        for note in documents.notes.iter().filter(|note| LOSSES.contains(&note.rule)) {
            told.fault("annotation.lost", self.file, line(note.line), note.rule, &note.say);
        }
        let many = documents.of.len() > 1;
        for (n, document) in documents.of.into_iter().enumerate() {
            match document {
                Ok(document) => self.document(if many { n + 1 } else { 0 }, &document, told, outside, tell),
                Err(broken) => {
                    let row = broken.image.unwrap_or_else(|| line(broken.wrong.line));
                    told.fault("annotation.unread", self.file, row, "", broken.wrong.say);
                }
            }
        }
    }

    fn document(
        &self,
        n: usize,
        document: &Document,
        told: &mut Told,
        outside: &mut Outside,
        tell: &mut dyn FnMut(&str, &Sample),
    ) {
        let row = if n == 0 { String::new() } else { format!("image {n}") };
        let named = document.image.as_deref();
        if self.kind == Kind::Voc
            && let Some(name) = named.filter(|name| stem_of(name) != stem_of(self.file))
        {
            told.fault(
                "annotation.name",
                self.file,
                &row,
                "filename",
                format!("names {}, and the file is called otherwise", name_of(name)),
            );
        }
        for note in document.notes.iter().filter(|note| LOSSES.contains(&note.rule)) {
            told.fault(
                "annotation.lost",
                self.file,
                if note.line > 0 { line(note.line) } else { row.clone() },
                note.rule,
                &note.say,
            );
        }
        let mut out = Sample { split: self.split.map(String::from), ..Sample::default() };
        let name = if self.kind == Kind::Yolo || self.kind == Kind::Voc { None } else { named };
        let mut size = None;
        match self.pictures.find(self.file, name, self.split) {
            Some(path) => {
                let entry: Option<&Entry> = self.folder.get(path);
                size = entry.and_then(|e| e.picture.as_ref()?.as_ref().ok().copied());
                out.pictured = Some(path.to_string());
                out.picture = entry.map(|e| Picture { digest: e.b3, size });
            }
            None => {
                let name = named.unwrap_or(stem_of(self.file)).to_string();
                told.fault(
                    "picture.missing",
                    self.file,
                    &row,
                    "filename",
                    format!("is about {name}, which is not there"),
                );
            }
        }
        let stated = (document.width.map(|n| n as f64), document.height.map(|n| n as f64));
        if let (Some(size), (Some(w), Some(h))) = (size, stated)
            && !size.is(w, h)
        {
            let say = format!("says {w} x {h}, and the picture is {} x {}", size.width, size.height);
            told.fault("picture.size", self.file, &row, "size", say);
        }
        let all = self.objects(document, size, &row, told);
        objects(self.file, &row, &all, size, told, outside);
        out.objects = (!document.unlabelled).then_some(all);
        tell(&row, &out);
    }

    fn objects(&self, document: &Document, size: Option<Size>, row: &str, told: &mut Told) -> Vec<Object> {
        let mut out = Vec::new();
        for (n, own) in document.boxes.iter().enumerate() {
            let field = format!("object {}", n + 1);
            let mut at = [own.x1, own.y1, own.x2 - own.x1, own.y2 - own.y1];
            let mut class = Some(own.class.clone());
            let mut rounding = if self.kind == Kind::Voc { PIXEL } else { 0.0 };
            if self.kind == Kind::Yolo {
                let Some(size) = size else { continue };
                let (w, h) = (f64::from(size.width), f64::from(size.height));
                let [x, y, width, height] = at;
                at = [x * w, y * h, width * w, height * h];
                // shares of four decimals
                rounding = w.max(h) * 1e-4 + 0.02;
                class = own.class.parse::<usize>().ok().and_then(|n| self.classes.get(n)).cloned();
                if class.is_none() && !self.classes.is_empty() {
                    let say = format!(
                        "the class {} is none of the {} that are declared (from 0)",
                        own.class,
                        self.classes.len()
                    );
                    told.fault("label.class_number", self.file, row, &field, say);
                }
            }
            if let Some(class) = &class
                && let Some(by) = self.declared.values().next()
                && !self.declared.contains_key(class)
            {
                told.fault(
                    "label.class_unknown",
                    self.file,
                    row,
                    &field,
                    format!("the class `{class}` is not declared in {by}"),
                );
            }
            out.push(Object { class, at, field, derived: false, rounding });
        }
        out
    }
}

fn line(n: u32) -> String {
    if n == 0 { String::new() } else { format!("line {n}") }
}

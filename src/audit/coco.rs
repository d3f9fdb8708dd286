//! Files of COCO: pictures, annotations and categories that name each other by numbers.
use super::cells::{four, number, of_json};
use super::folder::{Folder, WHOLE};
use super::kinds::Splits;
use super::sample::{Object, Outside, Picture, Sample, objects};
use super::sidecars::Pictures;
use super::told::Told;
use crate::model::masks;
use crate::table::Value;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The names of categories by their number.
pub fn categories(folder: &Folder, path: &str) -> BTreeMap<String, String> {
    let Ok(bytes) = folder.world.read(path, WHOLE) else { return BTreeMap::new() };
    #[derive(serde::Deserialize)]
    struct File {
        #[serde(default)]
        categories: Vec<serde_json::Value>,
    }
    let Ok(file) = serde_json::from_slice::<File>(&bytes) else { return BTreeMap::new() };
    let one = |c: serde_json::Value| Some((c.get("id")?.to_string(), c.get("name")?.as_str()?.to_string()));
    file.categories.into_iter().filter_map(one).collect()
}

/// The version that a file says it is of, and its licences.
pub fn about(folder: &Folder, path: &str) -> (Option<String>, Vec<String>) {
    #[derive(serde::Deserialize, Default)]
    #[serde(default)]
    struct File {
        info: serde_json::Value,
        licenses: Vec<serde_json::Value>,
    }
    let bytes = folder.world.read(path, WHOLE).unwrap_or_default();
    let file: File = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = |of: &serde_json::Value, key: &str| of.get(key).and_then(|v| v.as_str()).map(String::from);
    let license = |of: &serde_json::Value| text(of, "name").or_else(|| text(of, "url"));
    (text(&file.info, "version"), file.licenses.iter().filter_map(license).collect())
}

/// What is read of a file.
pub struct Reading<'r, 'w> {
    pub folder: &'r Folder<'w>,
    pub file: &'r str,
    pub split: Option<&'r str>,
    pub splits: &'r Splits,
    pub pictures: &'r Pictures<'r>,
    /// Classes that other documents declare.
    pub declared: &'r BTreeMap<String, String>,
}

/// An image of the file.
struct Image {
    n: usize,
    sample: Sample,
    /// Width and height as the file states them.
    stated: Option<[u32; 2]>,
    objects: Vec<Object>,
}

impl Reading<'_, '_> {
    pub fn read(&self, told: &mut Told, tell: &mut dyn FnMut(&str, &Sample)) {
        let fault =
            |told: &mut Told, row: &str, field: &str, say: String| told.fault("coco", self.file, row, field, say);
        let bytes = match self.folder.world.read(self.file, WHOLE) {
            Ok(bytes) => bytes,
            Err(e) => return fault(told, "", "", format!("does not read: {e}")),
        };
        let file: serde_json::Value = match serde_json::from_slice(&bytes) {
            Ok(file) => file,
            Err(e) => return fault(told, &format!("line {}", e.line()), "", format!("is no JSON: {e}")),
        };
        drop(bytes);
        let list = |key: &str| file.get(key).and_then(|v| v.as_array()).map(Vec::as_slice).unwrap_or_default();
        if file.get("images").is_none_or(|v| !v.is_array()) {
            return fault(told, "", "images", "has no list of images".into());
        }
        let classes = self.classes(list("categories"), told);
        let mut images: BTreeMap<String, Image> = BTreeMap::new();
        let mut named: BTreeMap<String, usize> = BTreeMap::new();
        for (n, image) in list("images").iter().enumerate() {
            let row = format!("images[{n}]");
            let Some(id) = image.get("id").filter(|id| id.is_i64() || id.is_u64() || id.is_string()) else {
                fault(told, &row, "id", "has no id".into());
                continue;
            };
            let sample = self.image(&row, image, told);
            if let Some(first) = sample.pictured.clone().and_then(|name| named.insert(name, n)) {
                fault(told, &row, "file_name", format!("names the file of images[{first}], too"));
            }
            let side = |key: &str| image.get(key).and_then(|v| v.as_u64()).and_then(|n| u32::try_from(n).ok());
            let stated = side("width").zip(side("height")).map(|(w, h)| [w, h]);
            let own = Image { n, sample, stated, objects: Vec::new() };
            match images.entry(id.to_string()) {
                // annotations of that id are those of the first
                Entry::Occupied(first) => {
                    fault(told, &row, "id", format!("the id {id} is that of images[{}], too", first.get().n));
                }
                Entry::Vacant(place) => drop(place.insert(own)),
            }
        }
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        let boxed = list("annotations").iter().any(|a| a.get("bbox").is_some_and(|b| !b.is_null()));
        for (n, annotation) in list("annotations").iter().enumerate() {
            let row = format!("annotations[{n}]");
            match annotation.get("id") {
                None => fault(told, &row, "id", "has no id".into()),
                Some(id) => {
                    if let Some(first) = ids.insert(id.to_string(), n) {
                        fault(told, &row, "id", format!("the id {id} is that of annotations[{first}], too"));
                    }
                }
            }
            let image = annotation.get("image_id").map(|id| id.to_string()).unwrap_or_default();
            let Some(image) = images.get_mut(&image) else {
                fault(told, &row, "image_id", format!("no image of the file has the id {image}"));
                continue;
            };
            self.marks(&row, annotation, image.stated, boxed, told);
            image.objects.extend(self.object(&row, annotation, &classes, told));
        }
        self.tell(images, file.get("annotations").is_some(), told, tell);
    }

    fn tell(
        &self,
        images: BTreeMap<String, Image>,
        looked: bool,
        told: &mut Told,
        tell: &mut dyn FnMut(&str, &Sample),
    ) {
        let mut outside = Outside::default();
        let mut all: Vec<Image> = images.into_values().collect();
        all.sort_by_key(|image| image.n);
        for mut image in all {
            let size = image.sample.picture.as_ref().and_then(|p| p.size);
            for own in &image.objects {
                let row = own.field.split('.').next().unwrap_or_default().to_string();
                let plain = Object { field: own.field.split('.').skip(1).collect::<Vec<_>>().join("."), ..own.clone() };
                objects(self.file, &row, &[plain], size, told, &mut outside);
            }
            image.sample.objects = looked.then_some(image.objects);
            tell(&format!("images[{}]", image.n), &image.sample);
        }
        outside.tell(self.file, told);
    }

    fn classes(&self, list: &[serde_json::Value], told: &mut Told) -> BTreeMap<String, String> {
        let (mut out, mut names) = (BTreeMap::new(), BTreeMap::new());
        for (n, category) in list.iter().enumerate() {
            let row = format!("categories[{n}]");
            let id = category.get("id").map(|id| id.to_string());
            let name = category.get("name").and_then(|n| n.as_str());
            let (Some(id), Some(name)) = (id, name) else {
                told.fault("coco", self.file, row, "id, name", "a category has no id or no name");
                continue;
            };
            if let Some(first) = names.insert(name.to_string(), n) {
                told.fault(
                    "coco",
                    self.file,
                    &row,
                    "name",
                    format!("the name `{name}` is that of categories[{first}], too"),
                );
            }
            if !self.declared.is_empty() && !self.declared.contains_key(name) {
                told.fault(
                    "label.class_unknown",
                    self.file,
                    &row,
                    "name",
                    format!("the class `{name}` is not declared elsewhere"),
                );
            }
            if out.insert(id.clone(), name.to_string()).is_some() {
                told.fault("coco", self.file, row, "id", format!("the id {id} is that of another category, too"));
            }
        }
        out
    }

    fn image(&self, row: &str, image: &serde_json::Value, told: &mut Told) -> Sample {
        let mut out = Sample { split: self.split.map(String::from), ..Sample::default() };
        let Some(name) = image.get("file_name").and_then(|v| v.as_str()) else {
            told.fault("coco", self.file, row, "file_name", "has no name of a file");
            return out;
        };
        out.pictured = Some(name.to_string());
        let found = self.found(name);
        let Some(path) = found else {
            told.fault("picture.missing", self.file, row, "file_name", format!("names {name}, which is not there"));
            return out;
        };
        if out.split.is_none() {
            out.split = self.splits.of(&path);
        }
        let Some(entry) = self.folder.get(&path) else { return out };
        let size = entry.picture.as_ref().and_then(|p| p.as_ref().ok()).copied();
        let stated = (image.get("width").and_then(|v| v.as_f64()), image.get("height").and_then(|v| v.as_f64()));
        match (size, stated) {
            (Some(size), (Some(w), Some(h))) if !size.is(w, h) => {
                let say = format!("says {w} x {h}, and the picture is {} x {}", size.width, size.height);
                told.fault("picture.size", self.file, row, "width, height", say);
            }
            (_, (None, _) | (_, None)) => told.fault("coco", self.file, row, "width, height", "has no size"),
            _ => {}
        }
        out.picture = Some(Picture { digest: entry.b3, size });
        out
    }

    /// The file of a name: beside this one, or the nearest picture of that name of the split.
    fn found(&self, name: &str) -> Option<String> {
        let own = self.folder.beside(self.file, name);
        own.or_else(|| self.pictures.find(self.file, Some(name), self.split)).map(String::from)
    }

    fn object(
        &self,
        row: &str,
        annotation: &serde_json::Value,
        classes: &BTreeMap<String, String>,
        told: &mut Told,
    ) -> Option<Object> {
        let id = annotation.get("category_id").map(|id| id.to_string()).unwrap_or_default();
        let class = classes.get(&id).cloned();
        if class.is_none() {
            told.fault(
                "label.class_unknown",
                self.file,
                row,
                "category_id",
                format!("no category of the file has the id {id}"),
            );
        }
        let value = of_json(annotation.get("bbox").cloned().unwrap_or_default());
        if value == Value::Null {
            told.unchecked(format!("{}: annotations without a `bbox`", self.file));
            return None;
        }
        let Some(at) = four(&value) else {
            told.fault("label.box_number", self.file, row, "bbox", "is no list of four numbers");
            return None;
        };
        let [_, _, w, h] = at;
        let area = annotation.get("area").map(|a| number(&of_json(a.clone())));
        match area {
            Some(Some(area)) if area < 0.0 || area > w * h * 1.02 + 0.5 => {
                let say = format!("is {}, and the box has {}", super::sample::shown(area), super::sample::shown(w * h));
                told.fault("label.area", self.file, row, "area", say);
            }
            Some(None) => told.fault("label.area", self.file, row, "area", "is no number"),
            _ => {}
        }
        self.outline(row, annotation, at, told);
        Some(Object { class, at, field: format!("{row}.bbox"), derived: false, rounding: 0.0 })
    }

    /// What an annotation says besides its box: that it has one where others have, whether it is a crowd, and its mask.
    fn marks(&self, row: &str, annotation: &serde_json::Value, size: Option<[u32; 2]>, boxed: bool, told: &mut Told) {
        if boxed && annotation.get("bbox").is_none_or(|b| b.is_null()) {
            told.fault("label.box_missing", self.file, row, "bbox", "has no box, and others of the file have one");
        }
        if let Some(crowd) = annotation.get("iscrowd").filter(|c| !matches!(c.as_u64(), Some(0 | 1)) && !c.is_boolean())
        {
            told.fault("coco", self.file, row, "iscrowd", format!("is {crowd}, and 0 or 1 can be meant"));
        }
        let Some(mask) = annotation.get("segmentation").and_then(|s| s.as_object()) else { return };
        let mut fault = |field: &str, say: String| {
            told.fault("label.mask", self.file, row, format!("segmentation.{field}"), say);
        };
        let sides = |v: &serde_json::Value| u32::try_from(v.as_u64()?).ok();
        let own: Vec<Option<u32>> =
            mask.get("size").and_then(|s| s.as_array()).into_iter().flatten().map(sides).collect();
        let [Some(height), Some(width)] = own.as_slice() else {
            return fault("size", "is no height and width".into());
        };
        if let Some([w, h]) = size.filter(|size| *size != [*width, *height]) {
            return fault("size", format!("is {width} x {height}, and the image is {w} x {h}"));
        }
        let runs = match mask.get("counts") {
            Some(serde_json::Value::String(text)) => masks::unpacked(text),
            Some(serde_json::Value::Array(runs)) => {
                runs.iter().map(sides).collect::<Option<Vec<u32>>>().ok_or(masks::NoMask::Text)
            }
            _ => return fault("counts", "has no runs".into()),
        };
        match runs.and_then(|runs| masks::checked(&runs, [*width, *height])) {
            Ok(_) => {}
            Err(masks::NoMask::Size) => fault("size", format!("{width} x {height} is no size that a mask may have")),
            Err(masks::NoMask::Sum) => fault("counts", format!("do not add up to the {width} x {height} pixels")),
            Err(masks::NoMask::Text) => fault("counts", "do not read as runs".into()),
        }
    }

    /// Polygons have pairs of numbers, at least three.
    fn outline(&self, row: &str, annotation: &serde_json::Value, [x, y, w, h]: [f64; 4], told: &mut Told) {
        for (n, part) in annotation.get("segmentation").and_then(|s| s.as_array()).into_iter().flatten().enumerate() {
            let field = format!("segmentation[{n}]");
            let Some(numbers) = part.as_array().map(|p| p.iter().filter_map(|v| v.as_f64()).collect::<Vec<f64>>())
            else {
                continue;
            };
            if numbers.len() < 6 || numbers.len() % 2 == 1 || part.as_array().is_some_and(|p| p.len() != numbers.len())
            {
                told.fault("label.polygon", self.file, row, field, "is no list of at least three points");
                continue;
            }
            let (pairs, _) = numbers.as_chunks::<2>();
            let out = |[px, py]: &[f64; 2]| *px < x - 2.0 || *py < y - 2.0 || *px > x + w + 2.0 || *py > y + h + 2.0;
            if let Some([px, py]) = pairs.iter().find(|p| out(p)) {
                let say = format!(
                    "its point {}, {} lies out of the box",
                    super::sample::shown(*px),
                    super::sample::shown(*py)
                );
                told.fault("label.polygon", self.file, row, field, say);
            }
        }
    }
}

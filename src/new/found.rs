//! What the files of a folder are: each is looked at by the recognisers, and files that belong together are one source.
use super::chat;
use super::configs::{self, Parts};
use super::folder::{Beginning, File, Folder};
use super::hub::Front;
use super::kinds;
use super::kinds::recogniser::{Key, options};
use super::names::{slug, unlike, words};
use super::pictures;
use super::sample::{self, Column, Sample};
use super::tags;
use super::tools::{self, Tool};
use super::why;
use super::yaml_names;
use crate::formats::Format;
use crate::formats::cut::Holds;
use crate::formats::held::PICTURES;
use crate::formats::json_array;
use crate::formats::label_studio::{UPLOADS, uploads};
use crate::formats::reader::Unit;
use crate::formats::sidecar::stem_of;
use crate::formats::tar;
use crate::formats::webdataset;
use std::collections::{BTreeMap, BTreeSet};

/// Files of one folder and suffix that are looked at one by one; of more, the first and the last of them.
const LOOKED: usize = 64;

/// A source as it will be declared.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub format: &'static Format,
    pub keys: Vec<Key>,
    /// Files of records, or files beside images.
    pub files: Vec<String>,
    pub images: Vec<String>,
    /// The split that the names of all its files speak of.
    pub split: Option<String>,
    pub sample: Sample,
    /// The tool that wrote its annotations, which are not read.
    pub tool: Option<&'static Tool>,
    /// Columns that some of the files lack.
    pub optional: BTreeSet<String>,
    /// A table that says more of its images.
    pub sheet: Option<Sheet>,
    /// How files of answers name its samples.
    pub named: Option<Named>,
    /// The column that names the items of a table of answers, which are its samples.
    pub item: Option<String>,
    /// It could say something of other samples, and there are none.
    pub said: bool,
    /// What is asked of its rows.
    pub asks: Vec<String>,
}

/// How files of answers name samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Named {
    /// By the names of their files.
    Stem,
    /// By their paths without the suffix: names repeat.
    Place,
}

/// A table whose rows name images.
#[derive(Clone, Debug)]
pub struct Sheet {
    pub files: Vec<String>,
    pub format: &'static Format,
    pub keys: Vec<Key>,
    /// The column that names them.
    pub key: String,
    /// `path` or `stem`.
    pub on: &'static str,
    /// Its other columns.
    pub columns: Vec<String>,
    /// Its first rows.
    pub sample: Sample,
    /// The classes of the boxes in its column `objects`, and whether all rows were seen.
    pub boxes: Option<(BTreeSet<String>, bool)>,
}

impl Source {
    fn new(format: &'static Format, keys: Vec<Key>, split: Option<String>) -> Source {
        let (name, files, images) = Default::default();
        let (sample, optional, tool, sheet) = Default::default();
        let (named, said, asks, item) = Default::default();
        Source { name, format, keys, files, images, split, sample, optional, tool, sheet, named, item, said, asks }
    }

    #[cfg(test)]
    pub fn of_format(format: &'static Format) -> Source {
        Source::new(format, Vec::new(), None)
    }

    /// The samples are images.
    pub fn is_images(&self) -> bool {
        !self.images.is_empty()
    }

    /// What its records hold the pictures of the samples in.
    pub fn pictures(&self) -> Option<&str> {
        self.keys.iter().find(|key| key.name == PICTURES.name)?.value.as_str()
    }

    pub fn holds_pictures(&self) -> bool {
        self.pictures().is_some()
    }

    /// All paths.
    pub fn paths(&self) -> impl Iterator<Item = &String> {
        self.files.iter().chain(&self.images)
    }
}

/// All that was found.
#[derive(Default)]
pub struct Found {
    pub sources: Vec<Source>,
    /// Files that no source reads, with the reason.
    pub unread: Vec<(String, String)>,
    /// Those of them that could not be read.
    pub broken: BTreeSet<String>,
    /// The configuration of a README whose files these are.
    pub config: Option<String>,
}

/// A file that a recogniser knows.
struct Known<'f> {
    file: &'f File,
    format: &'static Format,
    keys: Vec<Key>,
    sample: Sample,
    tool: Option<&'static Tool>,
}

/// Looks at all files of a folder but those that are left out.
pub fn found(folder: &Folder, without: &BTreeSet<String>, front: &Front) -> Found {
    let mut out = Found { unread: folder.odd.clone(), ..Found::default() };
    let mut groups: BTreeMap<(&str, String), Vec<&File>> = BTreeMap::new();
    let parts = configs::parts(folder, front);
    out.unread.extend(parts.told.iter().cloned());
    out.unread.extend(parts.others.iter().map(|(path, why)| (path.clone(), why.clone())));
    for file in folder.files.iter().filter(|f| !without.contains(&f.path) && !parts.others.contains_key(&f.path)) {
        groups.entry((file.folder(), file.extension())).or_default().push(file);
    }
    let mut known = Vec::new();
    let before = out.unread.len();
    for files in groups.into_values() {
        look(folder, &files, &mut known, &mut out.unread);
    }
    out.broken = out.unread.iter().skip(before).map(|(path, _)| path.clone()).collect();
    known.retain(|k| match parts.foreign(&k.file.path, k.format) {
        Some(say) => {
            out.unread.push((k.file.path.clone(), say));
            false
        }
        None => true,
    });
    out.config = parts.name.clone();
    let (images, others): (Vec<Known>, Vec<Known>) = known.into_iter().partition(|k| k.format.name == "image_folder");
    let any_image = !images.is_empty();
    let beside = |k: &Known| k.format.sidecar.is_some() && (any_image || k.format.reader.is_none());
    let (beside, records): (Vec<Known>, Vec<Known>) = others.into_iter().partition(beside);
    let pictures = side_by_side(images, beside);
    let apart = pictures.len() > 1;
    for (images, beside) in pictures {
        of_images(images, beside, (apart, &parts), &mut out);
    }
    out.sources.iter_mut().filter(|s| s.format.name == "yolo").for_each(|s| point(folder, s));
    out.sources.iter_mut().filter(|s| s.format.name == "label_studio").for_each(|s| name_uploads(folder, s));
    of_records(records, &parts, &mut out);
    out
}

/// Tells of each file of a group what it is.
fn look<'f>(folder: &Folder, files: &[&'f File], known: &mut Vec<Known<'f>>, unread: &mut Vec<(String, String)>) {
    let half = LOOKED / 2;
    let is_looked = |n: usize| files.len() <= LOOKED || n < half || n + half >= files.len();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let (first, mut empty) = (known.len(), Vec::new());
    for (_, file) in files.iter().enumerate().filter(|(n, _)| is_looked(*n)) {
        match one(folder, file) {
            Ok(k) => {
                *kinds.entry(kind(&k)).or_default() += 1;
                known.push(k);
            }
            Err(Some(_)) if file.size == 0 => empty.push(*file),
            Err(Some(why)) => unread.push((file.path.clone(), why)),
            Err(None) => {}
        }
    }
    // where a line is an object, a file without lines says that nothing is there
    let lines = known.iter().skip(first).map(|k| k.format).find(|f| f.shares);
    for file in empty {
        match lines {
            Some(format) => known.push(Known { file, format, keys: Vec::new(), sample: Sample::default(), tool: None }),
            None => unread.push((file.path.clone(), "it is empty".into())),
        }
    }
    if files.len() <= LOOKED {
        return;
    }
    // the others are what most of those are that were looked at
    let most = kinds.into_iter().max_by_key(|(_, n)| *n).filter(|(_, n)| *n * 10 >= LOOKED * 9);
    let like = most.and_then(|(k, _)| known.iter().skip(first).position(|own| kind(own) == k)).map(|at| at + first);
    for (_, file) in files.iter().enumerate().filter(|(n, _)| !is_looked(*n)) {
        match like.and_then(|at| known.get(at)) {
            Some(like) => {
                let columns = like.sample.columns.iter().map(|c| Column { values: Vec::new(), ..c.clone() });
                let sample = Sample { columns: columns.collect(), ..Sample::default() };
                known.push(Known { file, format: like.format, keys: like.keys.clone(), sample, tool: like.tool });
            }
            None => {
                unread.push((file.path.clone(), "one of many files of several kinds, which was not looked at".into()))
            }
        }
    }
}

/// What a file is, in one text. Files beside images may differ in their keys.
fn kind(k: &Known) -> String {
    if k.format.sidecar.is_some() && !k.format.answers {
        return k.format.name.to_string();
    }
    let keys: Vec<String> = k.keys.iter().map(|key| format!("{}={}", key.name, key.value)).collect();
    format!("{} {} {}", k.format.name, keys.join(" "), k.tool.map_or("", |tool| tool.what))
}

/// What a file is; or why it is not read, where that is worth a word.
fn one<'f>(folder: &Folder, file: &'f File) -> Result<Known<'f>, Option<String>> {
    if yaml_names::is_list(file) {
        return Err(Some("it lists the names of classes".into()));
    }
    let b = folder.beginning(file);
    let holds_samples = |b: &Beginning| kinds::of(b).is_some_and(|(format, _)| format.name == webdataset::FORMAT.name);
    if is_archive(file) && !b.as_ref().is_ok_and(holds_samples) {
        return Err(Some("an archive, which was not looked into: unpack it".into()));
    }
    let b = b.map_err(Some)?;
    if file.size == 0 {
        return Err(Some("it is empty".into()));
    }
    let tool = tools::of(&b);
    let Some((format, mut keys)) = kinds::of(&b).filter(|(format, _)| tool.is_none() || !is_text(format)) else {
        return Err(tool.map_or_else(|| why::unknown(&b), |tool| Some(tool.unread())));
    };
    if holds_no_image(&b, format, &keys) {
        return Err(Some("it holds no record".into()));
    }
    let read = |keys: &[Key]| match &format.reader {
        // a sound is longer than its beginning, and a build reads its header
        Some(_) if (format.sidecar.is_none() || format.answers) && !format.sounds => {
            sample::of(&b, format, &options(format, keys), kinds::ids(format)).map_err(Some)
        }
        _ => Ok(Sample::default()),
    };
    let mut sample = read(&keys)?;
    if let Some(key) = chat::form(format, &sample) {
        keys.push(key);
        sample = read(&keys)?;
    } else if let Some(key) = tags::form(format, &sample) {
        keys.push(key);
    }
    keys.extend(pictures::column(format, &keys, &sample));
    if sample.rows == 0 && sample.rejected > 0 {
        let first = sample.first.map_or(String::new(), |first| format!("; the first: {first}"));
        return Err(Some(format!("it looks like {}, and none of its first records can be read{first}", format.name)));
    }
    if sample.rows == 0 && sample.whole && !format.sounds {
        return Err(Some("it holds no record".into()));
    }
    let read = format.sidecar.is_some() || kinds::annotated::FORMATS.contains(&format.name);
    let tool = tool.filter(|_| !read);
    Ok(Known { file, format, keys, sample, tool })
}

/// Whether a file of annotations of several images is of none: a build would take it for one that is broken.
fn holds_no_image(b: &Beginning, format: &Format, keys: &[Key]) -> bool {
    let several = format.sidecar.as_ref().filter(|s| s.holds == Holds::Many && !format.answers);
    let Some(sidecar) = several.filter(|_| b.whole && !b.packed) else { return false };
    let path = b.file.path.as_str();
    let unit = Unit { row: 0, bytes: &b.bytes, context: None, path, stem: stem_of(path) };
    (sidecar.read)(&options(format, keys), 64, &unit).is_ok_and(|documents| documents.of.is_empty())
}

/// Whether a format reads whatever lines a file has.
fn is_text(format: &Format) -> bool {
    ["text", "csv", "tsv"].contains(&format.name)
}

fn is_archive(file: &File) -> bool {
    let name = file.name().to_lowercase();
    tar::is_archive(&file.path) || [".tgz", ".7z", ".rar"].iter().any(|end| name.ends_with(end))
}

// ---- images ----------------------------------------------------------------------------------------------------------

type Pictures<'f> = (Vec<Known<'f>>, Vec<Known<'f>>);

/// Images with the files beside them, apart for each folder that is a data set of its own: several have both, and images of
/// one name lie in several, so that a name alone says nothing.
fn side_by_side<'f>(images: Vec<Known<'f>>, beside: Vec<Known<'f>>) -> Vec<Pictures<'f>> {
    let top = top(images.iter().chain(&beside).map(|k| &k.file.path));
    let below = |k: &Known| {
        let rest = k.file.path.get(top.len()..).unwrap_or_default().trim_start_matches('/');
        rest.split_once('/').map_or(String::new(), |(folder, _)| folder.to_string())
    };
    let documents: BTreeSet<String> = beside.iter().map(below).collect();
    let both: BTreeSet<String> = images.iter().map(below).filter(|f| documents.contains(f)).collect();
    let mut names: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for k in &images {
        names.entry(k.file.name()).or_default().insert(below(k));
    }
    let meet = names.values().any(|of| of.intersection(&both).count() > 1);
    if !meet {
        return vec![(images, beside)];
    }
    let place = |k: &Known| Some(below(k)).filter(|f| both.contains(f));
    let mut out: BTreeMap<Option<String>, Pictures> = BTreeMap::new();
    images.into_iter().for_each(|k| out.entry(place(&k)).or_default().0.push(k));
    beside.into_iter().for_each(|k| out.entry(place(&k)).or_default().1.push(k));
    out.into_values().collect()
}

/// `apart`: these are some of several folders, each of which may be a split.
fn of_images(images: Vec<Known>, beside: Vec<Known>, (apart, parts): (bool, &Parts), out: &mut Found) {
    if images.is_empty() {
        let alone =
            |k: Known| (k.file.path.clone(), format!("{} beside images, of which there is none", k.format.name));
        return out.unread.extend(beside.into_iter().map(alone));
    }
    let images = without_masks(images, !beside.is_empty(), &mut out.unread);
    let mut formats: Vec<&'static Format> = beside.iter().map(|k| k.format).collect();
    formats.dedup_by_key(|f| f.name);
    // of several the one with most files, of as many the first
    let files = |f: &Format| beside.iter().filter(|k| k.format.name == f.name).count();
    let first = formats.into_iter().rev().max_by_key(|f| files(f));
    let (beside, more): (Vec<Known>, Vec<Known>) =
        beside.into_iter().partition(|k| Some(k.format.name) == first.map(|f| f.name));
    out.unread.extend(more.into_iter().map(|k| {
        let say =
            format!("{}, and the images have files of {} beside them", k.format.name, first.map_or("", |f| f.name));
        (k.file.path.clone(), say)
    }));
    let by_name = first.is_some_and(|f| f.sidecar.as_ref().is_some_and(|s| s.holds == Holds::Many));
    let split_images = |k: &Known| parts.split(&k.file.path, false);
    let split_beside = |k: &Known| parts.split(&k.file.path, by_name);
    let image_splits: BTreeSet<Option<String>> = images.iter().map(split_images).collect();
    let beside_splits: BTreeSet<Option<String>> = beside.iter().map(split_beside).collect();
    let parted = (apart || image_splits.len() > 1) && (beside.is_empty() || beside_splits.is_subset(&image_splits));
    let Some(format) = first.or(images.first().map(|k| k.format)) else { return };
    let mut of: BTreeMap<Option<String>, Source> = BTreeMap::new();
    for k in &images {
        let split = split_images(k).filter(|_| parted);
        let source = of.entry(split.clone()).or_insert_with(|| Source::new(format, Vec::new(), split));
        source.images.push(k.file.path.clone());
    }
    for k in &beside {
        let split = split_beside(k).filter(|_| parted);
        let Some(source) = of.get_mut(&split) else { continue };
        source.files.push(k.file.path.clone());
        for key in &k.keys {
            if !source.keys.contains(key) {
                source.keys.push(key.clone());
            }
        }
    }
    out.sources.extend(of.into_values());
}

/// How many points the objects of YOLO have: as the file says that names the classes, else as the lines say themselves.
fn point(folder: &Folder, source: &mut Source) {
    let told = yaml_names::points(folder).map(|(file, n)| Key::new("points", n, format!("`kpt_shape` of {file}")));
    let own = source.keys.iter().find(|key| key.name == "points").cloned();
    source.keys.retain(|key| key.name != "points");
    source.keys.extend(told.or(own));
}

/// Says of tasks of Label Studio whose pictures are called as they were before they were uploaded.
fn name_uploads(folder: &Folder, source: &mut Source) {
    let stems: BTreeSet<&str> = source.images.iter().map(|path| stem_of(path)).collect();
    let files = folder.files.iter().filter(|file| source.files.contains(&file.path));
    let named = files.filter_map(|file| Some(uploads(&json_array::head(&folder.beginning(file).ok()?.bytes)?)));
    let (stored, original): (Vec<String>, Vec<String>) = named.flatten().unzip();
    let is_there = |name: &String| stems.contains(stem_of(name));
    if original.iter().any(is_there) && !stored.iter().any(is_there) {
        source.keys.push(Key::new(UPLOADS.name, "original", "the images are called so, without the number in front"));
    }
}

/// Leaves out pictures that only say which pixel is what: they have the names of the images that they belong to.
fn without_masks<'f>(images: Vec<Known<'f>>, beside: bool, unread: &mut Vec<(String, String)>) -> Vec<Known<'f>> {
    const WORDS: &[&str] = &[
        "mask",
        "masks",
        "segmentation",
        "segmentationclass",
        "segmentationobject",
        "label",
        "labels",
        "annotation",
        "annotations",
    ];
    let is_mask = |k: &Known| k.file.folder().split('/').any(|f| words(f).any(|w| WORDS.contains(&w.as_str())));
    let stem = |k: &Known| stem_of(k.file.name()).to_string();
    let stems: BTreeSet<String> = images.iter().filter(|k| !is_mask(k)).map(stem).collect();
    let (masks, images): (Vec<Known>, Vec<Known>) =
        images.into_iter().partition(|k| is_mask(k) && (beside || stems.contains(&stem(k))));
    if images.is_empty() {
        return masks;
    }
    let say = "it has the name of an image and lies among masks, which are not read";
    unread.extend(masks.into_iter().map(|k| (k.file.path.clone(), say.to_string())));
    images
}

// ---- records ---------------------------------------------------------------------------------------------------------

fn of_records(records: Vec<Known>, parts: &Parts, out: &mut Found) {
    let mut sources: Vec<(String, Source)> = Vec::new();
    for k in records {
        let is_text = k.format.name == "text";
        if k.file.folder().split('/').any(|f| f == "ImageSets") {
            out.unread.push((k.file.path.clone(), "it lists which images are in which split: `[split] lists = { train = [\"...\"] }` takes it where `id` is \"stem\"".into()));
            continue;
        }
        let header = !k.format.name.starts_with("json");
        let split = parts.split(&k.file.path, !is_text);
        let (own, folder) = (kind(&k), k.file.folder().to_string());
        let fits = |(kind, s): &&mut (String, Source)| {
            let near = is_text
                || s.files.iter().any(|f| f.rsplit_once('/').map_or("", |f| f.0) == folder)
                || same(&s.sample, &k.sample);
            *kind == own && s.split == split && near && alike(&s.sample, &k.sample, header)
        };
        match sources.iter_mut().find(fits) {
            Some((_, source)) => add(source, k),
            None => {
                let mut source = Source { tool: k.tool, ..Source::new(k.format, k.keys, split) };
                source.files.push(k.file.path.clone());
                source.sample = k.sample;
                sources.push((own, source));
            }
        }
    }
    let mut sources: Vec<Source> = sources.into_iter().map(|s| s.1).collect();
    let splits: BTreeSet<&String> = sources.iter().filter_map(|s| s.split.as_ref()).collect();
    if splits.len() < 2 {
        sources.iter_mut().for_each(|s| s.split = None);
    }
    out.sources.extend(sources);
}

fn names(sample: &Sample) -> BTreeSet<&String> {
    sample.columns.iter().map(|c| &c.name).collect()
}

fn same(a: &Sample, b: &Sample) -> bool {
    names(a) == names(b)
}

/// Whether two files can be read as one: of a format with a header they have the same columns, else most of them in
/// common.
fn alike(a: &Sample, b: &Sample, header: bool) -> bool {
    let (a, b) = (names(a), names(b));
    if header {
        return a == b;
    }
    a.intersection(&b).count() * 3 >= a.union(&b).count() * 2
}

fn add(source: &mut Source, k: Known) {
    source.files.push(k.file.path.clone());
    let (own, more) = (names(&source.sample), names(&k.sample));
    let missing: Vec<String> = own.symmetric_difference(&more).map(|n| n.to_string()).collect();
    source.optional.extend(missing);
    let rest = sample::RECORDS.saturating_sub(source.sample.rows);
    source.sample.whole &= k.sample.whole && k.sample.rows <= rest;
    let (before, taken) = (source.sample.rows, k.sample.rows.min(rest));
    for column in k.sample.columns {
        let values = column.values.into_iter().take(taken);
        match source.sample.columns.iter_mut().find(|c| c.name == column.name) {
            Some(own) => {
                own.values.resize(before, crate::table::Value::Null);
                own.values.extend(values);
                own.ty = wider(&own.ty, &column.ty);
            }
            None => {
                let mut all = vec![crate::table::Value::Null; before];
                all.extend(values);
                source.sample.columns.push(Column { values: all, ..column });
            }
        }
    }
    source.sample.rows += taken;
    let mut left = taken;
    for mut places in k.sample.places {
        places.rows = places.rows.min(left);
        left -= places.rows;
        source.sample.places.push(places);
    }
    source.sample.rejected += k.sample.rejected;
    source.sample.first = source.sample.first.take().or(k.sample.first);
}

/// The type of a column that has two types: as a build would have it.
fn wider(a: &str, b: &str) -> String {
    let both = vec![vec![(String::new(), a.to_string())], vec![(String::new(), b.to_string())]];
    crate::formats::infer::together(both).pop().map_or(a.to_string(), |seen| seen.1)
}

// ---- names -----------------------------------------------------------------------------------------------------------

/// Names each source: by its split, else by what its files have in common.
pub fn name(sources: &mut [Source], others: &[String]) {
    let mut taken: Vec<String> = others.to_vec();
    for source in sources {
        let name = match &source.split {
            Some(split) => slug(split),
            None => common(source),
        };
        source.name = unlike(if name.is_empty() { "data" } else { &name }, &taken);
        taken.push(source.name.clone());
    }
}

/// The stem of a single file, or the last folder that all files lie in.
fn common(source: &Source) -> String {
    let mut paths = source.paths();
    if let (Some(one), None) = (paths.next(), paths.next()) {
        return slug(unnumbered(stem_of(crate::formats::packing::inner_name(one))));
    }
    let folder = top(source.paths());
    slug(folder.rsplit('/').next().unwrap_or_default())
}

/// A name without the number of a piece: `train` of `train-00000-of-00001`.
fn unnumbered(stem: &str) -> &str {
    let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    let piece = stem.rsplit_once("-of-").filter(|(_, all)| digits(all));
    let name = piece.and_then(|(front, _)| front.rsplit_once('-')).filter(|(_, n)| digits(n));
    name.map_or(stem, |(name, _)| name)
}

/// The deepest folder that all paths lie in.
pub fn top<'p>(mut paths: impl Iterator<Item = &'p String>) -> String {
    let folder = |p: &'p String| p.rsplit_once('/').map_or("", |(f, _)| f);
    let first = paths.next().map_or("", folder);
    let mut parts: Vec<&str> = first.split('/').filter(|p| !p.is_empty()).collect();
    for path in paths {
        let same = parts.iter().zip(folder(path).split('/')).take_while(|(a, b)| *a == b).count();
        parts.truncate(same);
    }
    parts.join("/")
}

//! What would be samples of its own, and is not: files that say something of the samples of other files.
use super::columns::{id, ids};
use super::found::{Found, Sheet, Source, top};
use super::sample::Column;
use crate::formats::sidecar::stem_of;
use crate::manifest::values::is_line;
use crate::table::Value;
use std::collections::BTreeSet;

/// The column of a table beside images that holds their boxes, and the field that is taken from it: its own name is tamis's.
pub const BOXES: &str = "objects";
pub const BOXES_FIELD: &str = "boxes";

/// Formats of tables whose rows may name files.
const TABLES: &[&str] = &["csv", "tsv", "json", "jsonl", "parquet"];

/// Takes out the only text among other data: it tells of the data.
pub fn lone_text(found: &mut Found) {
    let is_text = |s: &Source| s.format.name == "text";
    let texts: usize = found.sources.iter().filter(|s| is_text(s)).map(|s| s.files.len()).sum();
    if texts != 1 || found.sources.len() == 1 {
        return;
    }
    let (texts, rest): (Vec<Source>, Vec<Source>) = std::mem::take(&mut found.sources).into_iter().partition(is_text);
    found.sources = rest;
    let all = texts.into_iter().flat_map(|s| s.files);
    found.unread.extend(all.map(|f| (f, "a text beside other data".to_string())));
}

/// Takes out sources that only say something more of samples that another source has: their ids are the same.
pub fn doubled(found: &mut Found) {
    let own: Vec<BTreeSet<String>> = found.sources.iter().map(|s| ids(s, &id(s))).collect();
    let wide = |s: &Source| s.sample.columns.len();
    let mut gone = BTreeSet::new();
    for (n, (source, ids)) in found.sources.iter().zip(&own).enumerate() {
        let of = |(m, (other, theirs)): (usize, (&Source, &BTreeSet<String>))| {
            let more = wide(other) > wide(source) || (wide(other) == wide(source) && m < n) || other.is_images();
            let same = !ids.is_empty() && ids.intersection(theirs).count() * 10 >= ids.len() * 9;
            // whole numbers are the ids of many tables: here they must be as many, side by side
            let numbers = ids.iter().all(|i| i.bytes().all(|b| b.is_ascii_digit()));
            let near = top(source.paths()) == top(other.paths()) && ids.len() == theirs.len();
            let same = same && (!numbers || near);
            (m != n && more && same && source.split.is_none() && !source.is_images() && wide(source) <= 3)
                .then(|| other.name.clone())
        };
        if let Some(other) = found.sources.iter().zip(&own).enumerate().find_map(of) {
            gone.insert((n, other));
        }
    }
    for (n, other) in gone.into_iter().rev() {
        let source = found.sources.remove(n);
        let say = format!("its records have the ids of collect.{other}, and tables are not joined yet");
        found.unread.extend(source.files.into_iter().map(|f| (f, say.clone())));
    }
}

/// Takes out tables and texts that speak of the images that were found: they would be samples beside the images. A table whose
/// rows name images of its own folder says more of them.
pub fn beside_images(found: &mut Found) {
    let images: BTreeSet<String> = found.sources.iter().flat_map(|s| &s.images).map(|p| last(p)).collect();
    if images.is_empty() {
        return;
    }
    let stems: BTreeSet<&str> = images.iter().map(|name| stem_of(name)).collect();
    let names = |t: &str| images.contains(&last(t)) || stems.contains(last(t).as_str());
    let lines = |t: &str| !t.trim().is_empty() && t.lines().filter(|l| !l.trim().is_empty()).all(names);
    let speaks = |c: &&Column| {
        let all = c.there().count();
        all > 0 && c.there().filter_map(Value::text).filter(|t| names(t)).count() * 2 >= all
    };
    let why = |s: &Source| {
        let lists = s.sample.columns.iter().any(|c| c.there().filter_map(Value::text).any(lines));
        match s.format.name {
            "text" if s.files.iter().any(|f| stems.contains(stem_of(f))) => {
                Some("it has the name of an image, and its form is not known here")
            }
            "text" if lists => Some("it lists images"),
            _ if s.sample.columns.iter().any(|c| speaks(&c)) => Some("it names images of other folders"),
            _ => None,
        }
    };
    for source in std::mem::take(&mut found.sources) {
        let key =
            source.sample.columns.iter().find(speaks).filter(|_| !source.is_images() && source.format.name != "text");
        let sheet = key.map(|c| (c.name.clone(), texts_of(c)));
        match why(&source).filter(|_| !source.is_images()) {
            Some(say) => found.unread.extend(source.files.iter().map(|f| (f.clone(), say.to_string()))),
            None => {
                found.sources.push(source);
                continue;
            }
        }
        if let Some((key, names)) = sheet {
            bring(found, &source, &key, &names, is_shown);
        }
    }
}

/// The same of sounds: a table whose rows name sounds says more of them, and a text that is called like a sound is none of its own.
pub fn beside_sounds(found: &mut Found) {
    let sounds: BTreeSet<String> =
        found.sources.iter().filter(|s| s.format.sounds).flat_map(|s| &s.files).cloned().collect();
    if sounds.is_empty() {
        return;
    }
    let stems: BTreeSet<&str> = sounds.iter().map(|path| stem_of(path)).collect();
    let numbers = stems.iter().all(|stem| stem.bytes().all(|b| b.is_ascii_digit())); // so are other values
    let names: BTreeSet<String> = sounds.iter().map(|path| last(path)).collect();
    let speaks = |c: &&Column| {
        let named = |t: &&str| names.contains(&last(t)) || (!numbers && stems.contains(last(t).as_str()));
        let all: Vec<&str> = c.there().filter_map(Value::text).collect();
        !all.is_empty() && all.iter().filter(|t| named(t)).count() * 2 >= all.len()
    };
    let (samples, others): (Vec<Source>, Vec<Source>) =
        std::mem::take(&mut found.sources).into_iter().partition(|s| s.format.sounds || s.is_images());
    found.sources = samples;
    for source in others {
        let table = TABLES.contains(&source.format.name);
        let key = source.sample.columns.iter().find(speaks).filter(|_| table);
        let text = source.format.name == "text" && source.files.iter().all(|f| stems.contains(stem_of(f)));
        let say = match key {
            Some(_) => "it names sounds of other folders",
            None if text => {
                "it has the name of a sound: a table with a column `file_name` and one for the text would be read"
            }
            None => {
                found.sources.push(source);
                continue;
            }
        };
        found.unread.extend(source.files.iter().map(|f| (f.clone(), say.to_string())));
        if let Some((key, names)) = key.map(|c| (c.name.clone(), texts_of(c))) {
            bring(found, &source, &key, &names, is_shown);
        }
    }
}

/// The same of texts of a file each: a table whose rows name these files says more of them.
pub fn beside_texts(found: &mut Found) {
    let is_text = |s: &Source| s.format.name == "text";
    let files: Vec<String> = found.sources.iter().filter(|s| is_text(s)).flat_map(|s| s.files.clone()).collect();
    if files.len() < 2 {
        return;
    }
    let stems: BTreeSet<&str> = files.iter().map(|path| stem_of(path)).collect();
    let numbers = stems.iter().all(|stem| stem.bytes().all(|b| b.is_ascii_digit())); // so are other values
    let names: BTreeSet<String> = files.iter().map(|path| last(path)).collect();
    let speaks = |c: &&Column| {
        let named = |t: &&str| names.contains(&last(t)) || (!numbers && stems.contains(last(t).as_str()));
        let all: Vec<&str> = c.there().filter_map(Value::text).collect();
        !all.is_empty() && all.iter().filter(|t| named(t)).count() * 2 >= all.len()
    };
    let (samples, others): (Vec<Source>, Vec<Source>) =
        std::mem::take(&mut found.sources).into_iter().partition(|s| is_text(s));
    found.sources = samples;
    for source in others {
        let own_text = source.sample.columns.iter().any(|c| c.name == "text");
        let table = TABLES.contains(&source.format.name) && !own_text;
        match source.sample.columns.iter().find(speaks).filter(|_| table).map(|c| (c.name.clone(), texts_of(c))) {
            Some((key, names)) => {
                let say = "it names texts of other folders";
                found.unread.extend(source.files.iter().map(|f| (f.clone(), say.to_string())));
                bring(found, &source, &key, &names, is_text);
            }
            None => found.sources.push(source),
        }
    }
}

/// Whether the samples of a source are images or sounds.
fn is_shown(source: &Source) -> bool {
    source.is_images() || source.format.sounds
}

/// The texts of a column.
fn texts_of(column: &Column) -> Vec<String> {
    column.there().filter_map(Value::text).map(String::from).collect()
}

fn last(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).trim().to_string()
}

/// Puts a table beside the images, sounds or texts that lie in its folder or below, file by file. Its rows name them by their path from there,
/// or by the stem of their name.
fn bring(found: &mut Found, table: &Source, key: &str, names: &[String], shown: impl Fn(&Source) -> bool) {
    let columns: Vec<String> = table.sample.columns.iter().map(|c| c.name.clone()).filter(|n| n != key).collect();
    for file in &table.files {
        let folder = file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let near = |s: &Source| s.paths().any(|path| path.starts_with(&folder));
        let of = found.sources.iter_mut().find(|s| shown(s) && near(s));
        let Some(images) = of.filter(|_| !columns.is_empty()) else { continue };
        let by_path = names.iter().any(|name| images.paths().any(|path| *path == format!("{folder}{name}")));
        let on = if by_path { "path" } else { "stem" };
        let sheet = images.sheet.get_or_insert_with(|| Sheet {
            files: Vec::new(),
            format: table.format,
            keys: table.keys.clone(),
            key: key.to_string(),
            on,
            columns: columns.clone(),
            sample: table.sample.clone(),
            boxes: None,
        });
        if (sheet.format.name, sheet.key.as_str(), sheet.on) == (table.format.name, key, on) && sheet.columns == columns
        {
            sheet.files.push(file.clone());
            if let Some((classes, whole)) = boxes(table) {
                let all = sheet.boxes.get_or_insert((BTreeSet::new(), true));
                all.0.extend(classes);
                all.1 &= whole;
            }
            found.unread.retain(|(unread, _)| unread != file);
        }
    }
}

/// The classes of boxes that a table has as `datasets` and its trainers take them: `objects`, with `bbox` and as many names of
/// classes as `categories`; and whether all of its rows were seen.
fn boxes(table: &Source) -> Option<(BTreeSet<String>, bool)> {
    let column = table.sample.columns.iter().find(|c| c.name == BOXES)?;
    let of = |value: &Value| match (value.field("bbox"), value.field("categories")) {
        (Value::List(boxes), Value::List(classes)) if boxes.len() == classes.len() => {
            classes.iter().map(|class| class.text().map(String::from)).collect::<Option<Vec<String>>>()
        }
        _ => None,
    };
    let classes: Vec<Vec<String>> = column.there().map(of).collect::<Option<_>>()?;
    let classes: BTreeSet<String> = classes.into_iter().flatten().collect();
    let good = !classes.is_empty() && classes.iter().all(|class| is_line(class) && !class.is_empty());
    good.then_some((classes, table.sample.whole))
}

//! Archives of samples, as WebDataset has them: the files of a sample have one name and differ behind its first dot.
use super::cells::of_json;
use super::folder::{Folder, Size, is_picture, shown};
use super::sample::{Outside, Picture, Sample};
use super::shape::Reading;
use super::told::Told;
use crate::digest::Digest;
use crate::formats::image;
use crate::formats::tar::{self, About};
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;

/// Files of an archive, at most.
const FILES: usize = 4_000_000;
/// The longest file of an archive that is held.
const FILE: u64 = 256 << 20;

/// The files of an archive, and whether the same samples would give the same bytes again.
pub fn members(folder: &Folder, path: &str, told: &mut Told) -> Vec<About> {
    let mut all = Vec::new();
    let read = folder.file(path).and_then(|open| {
        let mut input = BufReader::with_capacity(1 << 20, open.reader()?);
        tar::about(&mut input, &mut |about| {
            if all.len() < FILES {
                all.push(about);
            }
        })
    });
    if let Err(e) = read {
        let say = match e.kind() {
            std::io::ErrorKind::UnexpectedEof => "the archive breaks off".to_string(),
            _ => format!("the archive does not read: {e}"),
        };
        told.fault("archive.broken", path, format!("member {}", all.len() + 1), "", say);
    }
    let Some((time, owner, mode)) = all.first().map(|a| (a.time, a.owner, a.mode)) else { return all };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, about) in all.iter().enumerate() {
        let name = about.member.name.as_deref();
        let row = name.map_or_else(|| format!("member {}", n + 1), String::from);
        if let Some(rule) = about.member.reject {
            told.fault("archive.member", path, &row, "", format!("is no plain file below the archive ({rule})"));
        }
        if let Some(first) = name.and_then(|name| seen.insert(name, n)) {
            told.fault("archive.twice", path, &row, "name", format!("the name is that of member {}, too", first + 1));
        }
        let unlike = [("mtime", about.time != time), ("owner", about.owner != owner), ("mode", about.mode != mode)];
        if let Some((field, _)) = unlike.iter().find(|(_, other)| *other) {
            let say = "is not that of the first member: the same samples would not give the same archive again";
            told.fault("archive.unrepeatable", path, &row, *field, say);
        }
    }
    if owner != [0, 0] {
        let say = format!(
            "members belong to the user {} of the machine that wrote them",
            owner.first().copied().unwrap_or(0)
        );
        told.fault("archive.unrepeatable", path, "member 1", "owner", say);
    }
    all
}

/// The samples of an archive.
pub fn samples(
    reading: &Reading,
    all: &[About],
    told: &mut Told,
    outside: &mut Outside,
    tell: &mut dyn FnMut(&str, Sample, &mut Told),
) {
    let Ok(open) = reading.folder.file(reading.file) else { return };
    whole(reading.file, all, told);
    let mut open_key: Option<(String, Parts)> = None;
    for about in all.iter().filter(|a| a.member.reject.is_none()) {
        let Some(name) = about.member.name.as_deref() else { continue };
        let base = name.rsplit('/').next().unwrap_or(name);
        let Some((stem, part)) = base.split_once('.') else { continue };
        let key = format!("{}{stem}", name.strip_suffix(base).unwrap_or_default());
        if open_key.as_ref().is_some_and(|(own, _)| *own != key)
            && let Some((own, parts)) = open_key.take()
        {
            one(reading, &own, parts, told, outside, tell);
        }
        let (_, parts) = open_key.get_or_insert_with(|| (key, Parts::default()));
        if about.member.len > FILE {
            told.unchecked(format!("{}: {name} is longer than {} MiB", reading.file, FILE >> 20));
            continue;
        }
        let Ok(bytes) = open.read(about.member.len as usize, about.member.offset) else {
            told.fault("archive.broken", reading.file, name, "", "does not read to its end");
            continue;
        };
        if part == "json" {
            match serde_json::from_slice::<serde_json::Value>(&bytes) {
                Ok(json) => parts.json = Some(of_json(json)),
                Err(e) => told.fault("table.row", reading.file, name, "", format!("is no JSON: {e}")),
            }
        } else if is_picture(name) {
            match shown(image::look(&bytes)) {
                Ok(size) => parts.picture = Some((Digest::of(&bytes), size)),
                Err(say) => told.fault("picture.broken", reading.file, name, "", format!("is no picture: {say}")),
            }
        } else if part == "txt" || part == "cls" {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            parts
                .texts
                .push((if part == "cls" { "class" } else { "text" }.into(), Value::Text(text.trim().to_string())));
        }
    }
    if let Some((own, parts)) = open_key {
        one(reading, &own, parts, told, outside, tell);
    }
}

/// Where most samples of an archive have a file of some ending, each has.
fn whole(file: &str, all: &[About], told: &mut Told) {
    let mut parts: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for name in all.iter().filter(|a| a.member.reject.is_none()).filter_map(|a| a.member.name.as_deref()) {
        let base = name.rsplit('/').next().unwrap_or(name);
        if let Some((stem, part)) = base.split_once('.').filter(|(stem, _)| !stem.is_empty()) {
            let key = name.get(..name.len() - base.len() + stem.len()).unwrap_or(name);
            parts.entry(key).or_default().insert(part);
        }
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    parts.values().flatten().for_each(|part| *counts.entry(part).or_default() += 1);
    let usual: Vec<&str> = counts.iter().filter(|(_, n)| **n * 2 > parts.len()).map(|(part, _)| *part).collect();
    for (key, own) in &parts {
        for part in usual.iter().filter(|part| !own.contains(*part)) {
            let say = format!("has no .{part}, and most samples of the archive have one");
            told.fault("archive.part", file, *key, *part, say);
        }
    }
}

#[derive(Default)]
struct Parts {
    json: Option<Value>,
    picture: Option<(Digest, Size)>,
    texts: Vec<(String, Value)>,
}

fn one(
    reading: &Reading,
    key: &str,
    parts: Parts,
    told: &mut Told,
    outside: &mut Outside,
    tell: &mut dyn FnMut(&str, Sample, &mut Told),
) {
    let mut row = match parts.json {
        Some(Value::Struct(fields)) => fields,
        _ => Vec::new(),
    };
    row.extend(parts.texts);
    if row.is_empty() && parts.picture.is_none() {
        return;
    }
    // boxes are judged by the picture of the archive: the row says its size where it does not say one
    let size = parts.picture.map(|(_, size)| size);
    let own = Value::Struct(row);
    let mut sample = reading.sized(key, &own, size, outside, told);
    if let Some((digest, size)) = parts.picture {
        sample.picture = Some(Picture { digest, size: Some(size) });
        sample.values.clear();
    }
    tell(key, sample, told);
}

//! What would be samples of its own, and is not: files that say something of the samples of other files.
use super::columns::{id, ids};
use super::found::{Found, Source, top};
use super::sample::Column;
use crate::formats::sidecar::stem_of;
use crate::table::Value;
use std::collections::BTreeSet;

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

/// Takes out tables and texts that speak of the images that were found: they would be samples beside the images.
pub fn beside_images(found: &mut Found) {
    let last = |p: &str| p.rsplit(['/', '\\']).next().unwrap_or(p).trim().to_string();
    let images: BTreeSet<String> = found.sources.iter().flat_map(|s| &s.images).map(|p| last(p)).collect();
    if images.is_empty() {
        return;
    }
    let stems: BTreeSet<&str> = images.iter().map(|name| stem_of(name)).collect();
    let names = |t: &str| images.contains(&last(t)) || stems.contains(last(t).as_str());
    let lines = |t: &str| !t.trim().is_empty() && t.lines().filter(|l| !l.trim().is_empty()).all(names);
    let speaks = |c: &Column| {
        let all = c.there().count();
        all > 0 && c.there().filter_map(Value::text).filter(|t| names(t)).count() * 2 >= all
    };
    let why = |s: &Source| {
        let lists = s.sample.columns.iter().any(|c| c.there().filter_map(Value::text).any(lines));
        match s.format.name {
            _ if s.is_images() => None,
            "text" if s.files.iter().any(|f| stems.contains(stem_of(f))) => {
                Some("it has the name of an image, and its form is not known here")
            }
            "text" if lists => Some("it lists images"),
            _ if s.sample.columns.iter().any(speaks) => {
                Some("it says something of the images, and tables are not joined to images yet")
            }
            _ => None,
        }
    };
    for source in std::mem::take(&mut found.sources) {
        match why(&source) {
            Some(say) => found.unread.extend(source.files.into_iter().map(|f| (f, say.to_string()))),
            None => found.sources.push(source),
        }
    }
}

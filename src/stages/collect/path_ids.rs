//! The sources whose samples are called by the path of their file, and released under these names.
use super::declaration::{Declaration, releases_name_samples};
use super::fetched;
use crate::manifest::{Declared, read};
use crate::measure::parts::PLACE;
use crate::stage::Check;

/// Their names.
pub fn sources(check: &Check) -> Vec<String> {
    if !releases_name_samples(check) {
        return Vec::new();
    }
    let of_path = |name: &str, declared: &Declared| -> Option<bool> {
        let d: Declaration = read(declared).ok()?;
        let id = match &d.id {
            Some(id) => id.get().clone(),
            None => {
                let files = d.open.clone().or(d.direct.clone())?;
                let format = files.format()?;
                let files = fetched::located(files, name, format);
                d.usual_id(check, &format!("collect.{name}"), &files, format)
            }
        };
        Some(["path", "stem", PLACE].contains(&id.as_str()))
    };
    let sources = check.manifest.instances(&["collect"]).into_iter();
    sources.filter(|(name, _, declared)| of_path(name, declared) == Some(true)).map(|(name, ..)| name).collect()
}

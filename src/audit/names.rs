//! Names of files that not every system keeps apart or can write.
use super::folder::Folder;
use super::told::Told;
use crate::measure::names::composed;
use std::collections::BTreeMap;

/// Names of devices on Windows.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2",
    "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

pub fn check(folder: &Folder, told: &mut Told) {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for path in folder.files.keys() {
        if composed(path) != *path {
            told.fault(
                "names.composed",
                path,
                "",
                "name",
                "is not in NFC: other systems write the same name in other bytes",
            );
        }
        if let Some(first) = seen.insert(composed(path).to_lowercase(), path) {
            told.fault(
                "names.alike",
                path,
                "",
                "name",
                format!("is the same name as {first} where letter case does not count"),
            );
        }
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part).to_ascii_lowercase();
            let strange = |c: char| c.is_control() || "<>:\"\\|?*".contains(c);
            if let Some(c) = part.chars().find(|c| strange(*c)) {
                told.fault(
                    "names.character",
                    path,
                    "",
                    "name",
                    format!("has the character {:?}, which Windows cannot write", c),
                );
            } else if DEVICES.contains(&stem.as_str()) || part.ends_with(['.', ' ']) || part.len() > 255 {
                told.fault("names.device", path, "", "name", format!("{part:?} is a name that Windows cannot write"));
            }
        }
    }
    told.checked("names of files on every system");
}

//! Lists of sums beside the files, and the signatures of such lists.
use super::folder::{Folder, folder_of, name_of};
use super::kinds::Kind;
use super::told::Told;
use crate::sign::{PublicKey, Signature};
use crate::stages::release::REPORT;
use std::collections::BTreeMap;

/// Checks each list of sums against the files below its folder. Gives whether there is any.
pub fn check(folder: &Folder, kinds: &BTreeMap<String, Kind>, told: &mut Told) -> bool {
    let lists: Vec<&String> = kinds.iter().filter(|(_, k)| **k == Kind::Sums).map(|(p, _)| p).collect();
    for list in &lists {
        let name = name_of(list).to_ascii_lowercase();
        if !name.starts_with("sha256") && !name.starts_with("b3") {
            told.unchecked(format!("{list}: sums of this kind are not computed; SHA-256 and BLAKE3 are"));
            continue;
        }
        one(folder, list, kinds, name.starts_with("b3"), told);
        told.checked(format!("sums of {list}"));
    }
    for path in kinds.iter().filter(|(p, k)| **k == Kind::Signature && p.ends_with(".minisig")).map(|(p, _)| p) {
        signature(folder, path, kinds, told);
    }
    if lists.is_empty() {
        told.unchecked("sums of files: the folder has no list of them (SHA256SUMS)");
    }
    !lists.is_empty()
}

fn one(folder: &Folder, list: &str, kinds: &BTreeMap<String, Kind>, b3: bool, told: &mut Told) {
    let Some(text) = folder.text(list, told) else { return };
    let base = folder_of(list);
    let below = |path: &str| if base.is_empty() { path.to_string() } else { format!("{base}/{path}") };
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let row = format!("line {}", n + 1);
        let parted = line.split_once("  ").or_else(|| line.split_once(" *"));
        let Some((hex, path)) = parted.filter(|(hex, _)| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        else {
            told.fault("sums.line", list, row, "", "is not a sum of 64 hex digits, two spaces and a path");
            continue;
        };
        let path = below(path.trim_start_matches("./"));
        if let Some(first) = listed.insert(path.clone(), n + 1) {
            told.fault("sums.line", list, &row, &path, format!("the path stands in line {first}, too"));
        }
        match folder.get(&path) {
            None => told.fault(
                "sums.missing",
                &path,
                "",
                "",
                format!("is not there, and {list} has its sum in line {}", n + 1),
            ),
            Some(entry) => {
                let own = if b3 { entry.b3.hex() } else { entry.sha256.clone() };
                if !own.eq_ignore_ascii_case(hex) {
                    told.fault(
                        "sums.different",
                        &path,
                        "",
                        "",
                        format!("is not the file whose sum stands in line {} of {list}", n + 1),
                    );
                }
            }
        }
    }
    let apart = |path: &&String| {
        let kind = kinds.get(*path);
        let aside = matches!(kind, Some(Kind::Sums | Kind::Signature));
        // of a release the second list alone names the report, which tells the root that the first list has
        let report = b3 && **path == below(REPORT);
        !aside && !report && (base.is_empty() || path.starts_with(&format!("{base}/")))
    };
    for path in folder.files.keys().filter(apart).filter(|path| !listed.contains_key(*path)) {
        told.fault("sums.unlisted", path, "", "", format!("has no sum in {list}"));
    }
}

/// A signature by minisign, with a public key that lies beside it.
fn signature(folder: &Folder, path: &str, kinds: &BTreeMap<String, Kind>, told: &mut Told) {
    let signed = path.strip_suffix(".minisig").unwrap_or(path);
    if !folder.has(signed) {
        return told.fault("signature.of", path, "", "", format!("signs {signed}, which is not there"));
    }
    let Some(text) = folder.text(path, told) else { return };
    let signature = match Signature::parse(&text) {
        Ok(signature) => signature,
        Err(say) => return told.fault("signature.unread", path, "", "", say),
    };
    let keys: Vec<&String> = kinds.keys().filter(|p| p.ends_with(".pub") && folder_of(p) == folder_of(path)).collect();
    let own = keys.iter().find_map(|key| {
        let text = folder.text(key, told)?;
        PublicKey::parse(&text).ok().filter(|k| k.id() == signature.key_id()).map(|k| (key, k))
    });
    let Some((key, public)) = own else {
        if let Some(key) = keys.first() {
            let say = format!("is of the key {}, and {key} beside it is another", signature.key_id());
            return told.fault("signature.key", path, "", "", say);
        }
        return told.unchecked(format!(
            "{path}: no public key of its number ({}) lies beside it; name one by --key",
            signature.key_id()
        ));
    };
    match folder.file(signed).map_err(|e| e.to_string()).and_then(|open| {
        let mut input = open.reader().map_err(|e| e.to_string())?;
        public.verify(&signature, &mut input)
    }) {
        Ok(()) => told
            .checked(format!("signature of {signed} by {key}, which lies beside it and proves nothing of who made it")),
        Err(say) => told.fault("signature.wrong", path, "", "", format!("does not sign this {signed}: {say}")),
    }
}

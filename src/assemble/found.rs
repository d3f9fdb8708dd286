//! What the files of a source look like before any is read: globs that match nothing, and what is seldom meant.
use super::Assembly;
use crate::diag::{Diagnostic, nearest};
use crate::engine::scan::find::{self, FIRST, Look, WRITTEN, is_written, look};
use crate::formats::{Cut, pointer, zip};
use crate::stage::{Column, Plan, Role, Source};
use crate::world::{fetched_for, inner_path, is_fetched, undotted};
use std::collections::{BTreeMap, BTreeSet};

/// Words that splits are called by.
const SPLITS: &[&str] = &["train", "training", "test", "testing", "validation", "valid", "val", "dev"];

/// What a name says of a part of a set: what stands before and behind the numbers with how many parts there are, and its own number.
fn shard(path: &str) -> Option<((&str, u32, &str), u32)> {
    let at = path.rfind("-of-")?;
    let (before, behind) = (path.get(..at)?, path.get(at + 4..)?);
    let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
    let (of, rest) = behind.split_at_checked(digits)?;
    let (before, number) = before.rsplit_once('-')?;
    let written = |n: &str| n.len() == 5 && n.bytes().all(|b| b.is_ascii_digit());
    let (number, of): (u32, u32) = (number.parse().ok()?, of.parse().ok().filter(|_| written(number) && written(of))?);
    (number < of).then_some(((before, of, rest), number))
}

impl Assembly<'_> {
    pub(super) fn check_found(&mut self, plan: &Plan) {
        let Some(source) = &plan.scan else { return };
        let found = match look(self.world, source) {
            Ok(found) => found,
            Err(say) => {
                self.problems.push(Diagnostic::error("T0303", source.span.clone(), say).label("cannot be listed"));
                return;
            }
        };
        self.unmatched(source, &found);
        self.odd(source, &found, plan);
        self.pointers(source, &found);
        self.member_names(source, &found);
        self.shards(source, &found);
        let idle: BTreeSet<usize> = found.idle.into_iter().collect();
        let both = |of: &mut BTreeSet<usize>| of.retain(|i| idle.contains(i));
        self.idle.entry(source.name.clone()).and_modify(both).or_insert_with(|| idle.clone());
    }

    /// Files that stand for data which lies elsewhere. What that costs is judged when the files are read. Documents and pictures,
    /// of which there may be many, are not opened before that.
    fn pointers(&mut self, source: &Source, found: &Look) {
        if matches!(source.cut, Cut::Document(_)) {
            return;
        }
        let told = |path: &String| {
            let open = self.world.open(path).ok()?;
            let len = open.stat().size.min(pointer::LOOKED);
            Some((path.clone(), pointer::told(&open.read(len as usize, 0).ok()?)?))
        };
        let all: Vec<(String, &str)> = found.first.iter().filter_map(told).collect();
        let Some((first, say)) = all.first() else { return };
        let message = format!(
            "{} of the first {} files of {} hold no data: `{first}`",
            all.len(),
            found.first.len(),
            source.name
        );
        let problem = Diagnostic::warning("T0729", source.span.clone(), message).label(*say);
        self.problems.push(problem.help("a build rejects them, and fails where that is more than the source allows"));
    }

    /// Zip archives whose names are read as CP949, since they are not UTF-8 and nothing in the archive says what they are.
    fn member_names(&mut self, source: &Source, found: &Look) {
        let told = |path: &String| {
            // an archive that cannot be read is told when it is read
            let open = self.world.open(path).ok()?;
            let (n, first) = zip::names_in_cp949(Box::new(open.reader().ok()?)).ok()??;
            Some((n as u64, format!("{path}/{first}")))
        };
        let mut all: Vec<(u64, String)> = found.zips.iter().take(FIRST).filter_map(told).collect();
        // the names of archives that were unpacked when they were fetched
        let fetched: BTreeSet<&str> = source.globs.iter().filter_map(|glob| fetched_for(glob)).collect();
        all.extend(fetched.into_iter().flat_map(|name| self.world.fetched().renamed(name)).cloned());
        let Some((_, first)) = all.first() else { return };
        let total: u64 = all.iter().map(|(n, _)| n).sum();
        let message = format!("{total} names of files in {} are read as CP949, such as `{first}`", source.name);
        let problem = Diagnostic::warning("T0813", source.span.clone(), message)
            .label("they are not UTF-8, and the archive does not say what they are");
        self.problems.push(problem.help("if they look wrong, pack the files anew with names in UTF-8"));
    }

    /// Files that are numbered parts of a set (`train-00000-of-00002.parquet`), of which some are not there.
    fn shards(&mut self, source: &Source, found: &Look) {
        let mut sets: BTreeMap<(&str, u32, &str), BTreeSet<u32>> = BTreeMap::new();
        for (set, number) in found.parts.iter().filter_map(|path| shard(path)) {
            sets.entry(set).or_default().insert(number);
        }
        for ((before, of, behind), there) in sets.iter().filter(|(set, there)| there.len() < set.1 as usize) {
            let first = (0..*of).find(|n| !there.contains(n)).unwrap_or_default();
            let message = format!(
                "{} of {of} files of a set are there: not `{before}-{first:05}-of-{of:05}{behind}`",
                there.len()
            );
            let problem =
                Diagnostic::warning("T0814", source.span.clone(), message).label("their names say how many there are");
            self.problems
                .push(problem.help("fetch the others; if they are left out on purpose, give these files other names"));
        }
    }

    /// Globs that match nothing are told where they stand.
    fn unmatched(&mut self, source: &Source, found: &Look) {
        for (glob, span) in source.globs.iter().zip(&source.spans).filter(|(g, _)| found.unmatched.contains(g)) {
            if is_written(&undotted(glob)) {
                let message = format!("`{glob}` names what tamis itself writes, which is never collected");
                let help = format!("keep raw data elsewhere than in {}", WRITTEN.join(", "));
                let problem = Diagnostic::error("T0050", span.clone(), message).label("not raw data");
                self.problems.push(problem.help(help));
                continue;
            }
            if let Some(held) = find::pointer(self.world, glob).filter(|_| !is_fetched(glob)) {
                let message = format!("the data of `{glob}` is not here, though `{held}` is");
                let problem = Diagnostic::error("T0695", span.clone(), message).label("DVC keeps the data elsewhere");
                self.problems.push(problem.help("`dvc pull` brings it here; tamis never fetches it"));
                continue;
            }
            if is_fetched(glob) && self.problems.iter().any(|p| p.span == *span) {
                continue; // it is told already why it names nothing
            }
            let problem = Diagnostic::error("T0312", span.clone(), format!("`{}` matches no file", inner_path(glob)));
            self.problems.push(match is_fetched(glob) {
                true => problem.label("none of the files that were fetched; members of an archive lie below its name"),
                false => {
                    let problem = problem.label("relative to dataset.toml; dot files never match");
                    self.meant(glob).map_or(problem.clone(), |help| problem.help(help))
                }
            });
        }
        if let Some((n, first)) = &found.absent {
            let message = match n {
                1 => format!("the data of `{first}` is not here, though `{first}.dvc` is"),
                n => format!("the data of {n} files is not here, though their `.dvc` are, such as `{first}.dvc`"),
            };
            let problem =
                Diagnostic::error("T0695", source.span.clone(), message).label("DVC keeps the data elsewhere");
            self.problems.push(problem.help("`dvc pull` brings it here; `exclude` leaves it out of this source"));
        }
    }

    /// What was perhaps meant by a glob that matches nothing: a name nearly like one of it, or the files of a folder.
    fn meant(&self, glob: &str) -> Option<String> {
        let mut folder = String::new();
        let parts: Vec<&str> = glob.split('/').collect();
        for (n, part) in parts.iter().enumerate() {
            if part.contains(['*', '?', '[', '{']) {
                return None;
            }
            let names = self.world.names(&folder).ok()?;
            let join = |name: &str| if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
            if names.iter().any(|name| name == part) {
                folder = join(part);
                continue;
            }
            let near = join(nearest(part, names.iter().map(String::as_str))?);
            let rest: String = parts.iter().skip(n + 1).map(|part| format!("/{part}")).collect();
            return Some(format!("did you mean `{near}{rest}`?"));
        }
        self.world.names(&folder).ok().filter(|names| !names.is_empty())?;
        Some(format!("it is a folder: `{folder}/*` matches the files in it, `{folder}/**` those of its folders, too"))
    }

    /// What a source passes over, or takes in another way than is seldom meant.
    fn odd(&mut self, source: &Source, found: &Look, plan: &Plan) {
        let files = |(n, first): &(usize, String)| match n {
            1 => format!("`{first}`"),
            n => format!("{n} files, such as `{first}`,"),
        };
        if let Some(other) = &found.other_case {
            let message = format!("{} would match in another case of letters", files(other));
            let problem = Diagnostic::warning("T0371", source.span.clone(), message).label("not collected");
            self.problems.push(problem.help("name them as well, or leave them out with `exclude`"));
        }
        if let Some(beside) = &found.beside {
            let message = format!("{} beside the images: no column is read from there", files(beside));
            let problem =
                Diagnostic::warning("T0372", source.span.clone(), message).label("the images alone are collected");
            let help = "[collect.NAME.sheet] brings what a table says to the images that it names";
            self.beside.push((beside.1.clone(), problem.help(help)));
        }
        let writes = |name: &str| plan.ports.writes.iter().any(|w| w.0 == name);
        let keys: Vec<&str> = found.keys.iter().map(String::as_str).filter(|key| !writes(key)).collect();
        if !keys.is_empty() {
            let message = format!("folders say `{}=`, which is no column of {}", keys.join("=`, `"), source.name);
            let problem = Diagnostic::warning("T0373", source.span.clone(), message).label("read from the files alone");
            self.problems.push(problem.help("a field with the selector `path` keeps what a folder is called"));
        }
        let split = |folder: &String| SPLITS.contains(&folder.to_lowercase().as_str());
        // an image names its format, which is no word of the data
        let word = |c: &Column| c.role != Role::Image && c.may_name_somebody();
        let named = source.images && plan.ports.writes.iter().any(|w| word(&w.1));
        if named && !found.folders.is_empty() && found.folders.iter().all(split) {
            let all: Vec<&str> = found.folders.iter().map(String::as_str).collect();
            let message = format!("the images lie in folders that are called as splits are: {}", all.join(", "));
            let problem = Diagnostic::warning("T0374", source.span.clone(), message)
                .label("a folder's name is taken for the class");
            let help = "if they are splits, say fields = { part = \"class\" } here, and given = \"part\" in [split]";
            self.problems.push(problem.help(help));
        }
    }

    /// Globs to leave out that leave out nothing, in none of the places where a source looks.
    pub(super) fn check_idle(&mut self) {
        for (source, idle) in std::mem::take(&mut self.idle) {
            for i in idle {
                let Some(span) = self.manifest.span_of(&format!("{source}.exclude.{i}")) else { continue };
                if self.problems.iter().any(|p| p.span == span) {
                    continue; // it is no glob
                }
                let glob = self.manifest.text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
                let problem = Diagnostic::warning("T0375", span.clone(), format!("`{glob}` leaves out no file"));
                self.problems.push(problem.label("none of the source's files matches"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::shard;

    #[test]
    fn names_of_parts_say_how_many_there_are() {
        assert_eq!(shard("d/train-00001-of-00002.parquet"), Some((("d/train", 2, ".parquet"), 1)));
        assert_eq!(shard("d/train-00001-of-00002"), Some((("d/train", 2, ""), 1)));
        for none in
            ["d/train-1-of-2.parquet", "d/train-00002-of-00002.parquet", "one-of-a-kind.csv", "a-of-", "-of-00002"]
        {
            assert_eq!(shard(none), None, "{none}");
        }
    }
}

//! Which files a source has: its globs, split into a folder's part, asked once for each folder, and a name's part. Names and
//! globs are compared in one normal form.
use crate::formats::packing::is_zip;
use crate::measure::names::composed;
use crate::stage::Source;
use crate::world::{ASIDE, Listing, Visitor, World, undotted};
use globset::{Glob, GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::sync::OnceLock;

/// The globs of a source.
pub struct Patterns {
    of: Vec<Pattern>,
    exclude: Excluded,
    /// Those that the folder asked for last may match.
    here: Option<(String, Vec<usize>)>,
}

struct Pattern {
    glob: String,
    whole: Matcher,
    /// What stands before the last `/`; without it the whole path is matched, as `**` asks for.
    folder: Option<Matcher>,
    name: Name,
    /// The folder above the first wild card, in normal form.
    base: String,
    /// As much of it as is spelt in one way only: from there on folders are listed.
    start: String,
    /// Components, unless `**` stands for any number.
    depth: Option<usize>,
}

/// How names are matched; most globs end in `*` and a suffix, or name one file.
enum Name {
    Suffix(String),
    Exact(String),
    Glob(Matcher),
}

/// A glob, compiled once something is compared with it; where it spells a path out, never.
pub struct Matcher {
    glob: Glob,
    compiled: OnceLock<GlobMatcher>,
}

impl Matcher {
    /// `None` for what is no glob.
    pub fn of(glob: &str) -> Option<Matcher> {
        let glob = GlobBuilder::new(glob).literal_separator(true).build().ok()?;
        Some(Matcher { glob, compiled: OnceLock::new() })
    }

    pub fn is_match(&self, path: &str) -> bool {
        let glob = self.glob.glob();
        if is_spelt_out(glob) {
            return glob == path;
        }
        self.compiled.get_or_init(|| self.glob.compile_matcher()).is_match(path)
    }
}

/// Whether a glob matches nothing but the path that it is.
pub fn is_spelt_out(glob: &str) -> bool {
    !glob.contains(WILD) && !glob.contains(['\\', ']', '}'])
}

/// The globs of what a source leaves out.
pub struct Excluded(GlobSet);

impl Excluded {
    pub fn is_match(&self, path: &str) -> bool {
        !self.0.is_empty() && self.0.is_match(&*form(path))
    }
}

/// What tamis writes into the top of a project: it is never collected, whatever the globs of a source say. `.tamis` is
/// hidden, and hidden files never match.
pub const WRITTEN: [&str; 5] = ["out", "releases", ASIDE, "pins", "dataset.lock"];

/// Whether a path, or a glob, begins where tamis itself writes.
pub fn is_written(path: &str) -> bool {
    WRITTEN.contains(&path.split_once('/').map_or(path, |(first, _)| first))
}

const WILD: [char; 4] = ['*', '?', '[', '{'];

/// A name or a glob in the normal form in which both are compared.
fn form(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { text.into() } else { composed(text) }
}

impl Pattern {
    /// `None` for what is no glob or leaves the project: told where it is declared.
    fn of(world: &World, glob: &str) -> Option<Pattern> {
        world.place(glob)?;
        let written = glob;
        let glob = undotted(glob);
        let glob = &*form(&glob);
        let whole = Matcher::of(glob)?;
        let plain = glob.find(WILD).map_or(glob, |i| &glob[..i]);
        let base = plain.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
        let parts: Vec<&str> = base.split('/').take_while(|part| part.is_ascii()).collect();
        let start = parts.join("/");
        let any_depth = glob.contains("**") || glob.contains('{');
        let (folder, last) = glob.rsplit_once('/').unwrap_or(("", glob));
        let suffix = last.strip_prefix('*').filter(|s| !s.contains(WILD) && !s.contains('\\'));
        let name = match suffix {
            Some(suffix) => Name::Suffix(suffix.to_string()),
            None if last.is_ascii() && is_spelt_out(last) => Name::Exact(last.to_string()),
            None => Name::Glob(Matcher::of(last)?),
        };
        let folder = if any_depth { None } else { Some(Matcher::of(folder)?) };
        let depth = (!any_depth).then(|| glob.split('/').count());
        Some(Pattern { glob: written.to_string(), whole, folder, name, base, start, depth })
    }

    fn reaches(&self, folder: &str) -> bool {
        let below = |a: &str, b: &str| a.is_empty() || a == b || b.strip_prefix(a).is_some_and(|r| r.starts_with('/'));
        let form = form(folder);
        let on_the_way = below(&form, &self.base) || below(&self.base, &form);
        on_the_way && self.depth.is_none_or(|d| folder.split('/').count() < d)
    }

    fn fits(&self, folder: &str, name: &str) -> bool {
        match (&self.folder, &self.name) {
            (None, _) if folder.is_empty() => self.whole.is_match(&form(name)),
            (None, _) => self.whole.is_match(&form(&join(folder, name))),
            (Some(_), Name::Suffix(s)) => form(name).ends_with(s.as_str()),
            (Some(_), Name::Exact(own)) => name == own,
            (Some(_), Name::Glob(g)) => g.is_match(&form(name)),
        }
    }
}

/// The globs of what a source leaves out.
pub fn excluded(source: &Source) -> Excluded {
    Excluded(set(&source.exclude, false))
}

/// Several globs as one, in which each keeps its number.
fn set(globs: &[String], any_case: bool) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        let glob = form(&undotted(glob)).into_owned();
        let of = |glob: &str| GlobBuilder::new(glob).literal_separator(true).case_insensitive(any_case).build();
        // what is no glob is told where it is declared, and matches nothing
        if let Ok(glob) = of(&glob).or_else(|_| of("/")) {
            set.add(glob);
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

impl Patterns {
    pub fn of(world: &World, source: &Source) -> Patterns {
        let of = source.globs.iter().filter_map(|g| Pattern::of(world, g)).collect();
        Patterns { of, exclude: excluded(source), here: None }
    }

    /// The folders to walk, none below another, in order.
    pub fn bases(&self) -> Vec<String> {
        let all: BTreeSet<&str> = self.of.iter().map(|p| p.start.as_str()).collect();
        let mut out: Vec<String> = Vec::new();
        for base in all {
            let below =
                |up: &String| up.is_empty() || base.strip_prefix(up.as_str()).is_some_and(|r| r.starts_with('/'));
            if !is_written(base) && !out.iter().any(below) {
                out.push(base.to_string());
            }
        }
        out
    }

    /// The names that may match in a folder or below it, if each glob that reaches there names one file in it.
    pub fn only(&self, folder: &str) -> Option<Vec<String>> {
        let reaching = self.of.iter().filter(|p| p.start == folder || p.reaches(folder));
        let exact = |p: &Pattern| match (&p.folder, &p.name) {
            (Some(f), Name::Exact(name)) if p.start == folder && f.is_match(folder) => Some(name.clone()),
            _ => None,
        };
        let mut names = reaching.map(exact).collect::<Option<Vec<_>>>()?;
        names.sort();
        names.dedup();
        Some(names).filter(|n| !n.is_empty())
    }

    pub fn reach(&self, folder: &str) -> bool {
        !is_written(folder) && self.of.iter().any(|p| p.reaches(folder))
    }

    /// The globs, by number, that match a file.
    pub fn matches(&mut self, folder: &str, name: &str) -> impl Iterator<Item = usize> {
        if self.here.as_ref().is_none_or(|h| h.0 != folder) {
            let may = |p: &Pattern| p.folder.as_ref().is_none_or(|f| f.is_match(&form(folder)));
            let here = self.of.iter().enumerate().filter(|(_, p)| may(p)).map(|(i, _)| i).collect();
            self.here = Some((folder.to_string(), here));
        }
        let written = folder.is_empty() && is_written(name);
        let excluded = written || !self.exclude.0.is_empty() && self.exclude.is_match(&join(folder, name));
        let Patterns { of, here, .. } = self;
        let fits = move |i: &&usize| !excluded && of.get(**i).is_some_and(|p| p.fits(folder, name));
        here.iter().flat_map(|h| &h.1).filter(fits).copied()
    }

    /// The globs, by number, that leave out a file which would match otherwise.
    fn leave_out(&self, folder: &str, name: &str) -> Vec<usize> {
        if self.exclude.0.is_empty() {
            return Vec::new();
        }
        let path = join(folder, name);
        let path = form(&path);
        match self.of.iter().any(|p| p.whole.is_match(&path)) {
            true => self.exclude.0.matches(&*path),
            false => Vec::new(),
        }
    }
}

pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

/// Walks a source and tells each file that its globs match.
struct Each<'t> {
    patterns: Patterns,
    tell: &'t mut dyn FnMut(&str, &str),
}

impl Visitor for Each<'_> {
    fn enters(&mut self, folder: &str) -> bool {
        self.patterns.reach(folder)
    }

    fn only(&mut self, folder: &str) -> Option<Vec<String>> {
        self.patterns.only(folder)
    }

    fn wants(&mut self, folder: &str, name: &str) -> bool {
        if self.patterns.matches(folder, name).next().is_some() {
            (self.tell)(folder, name);
        }
        false // nobody asks what stands there
    }

    fn folder(&mut self, _: &str, _: &Listing) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

fn each(world: &World, source: &Source, tell: &mut dyn FnMut(&str, &str)) -> Result<(), String> {
    let patterns = Patterns::of(world, source);
    let bases = patterns.bases();
    walk(world, bases, &mut Each { patterns, tell })
}

fn walk(world: &World, bases: Vec<String>, visitor: &mut dyn Visitor) -> Result<(), String> {
    bases.into_iter().try_for_each(|base| world.walk(&base, visitor).map_err(|e| format!("{base}: {e}")))
}

/// Whether a file is one of a source's, or a folder may hold some of them.
pub fn may_hold(world: &World, source: &Source, path: &str, file: bool) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    if is_written(path) || path.split('/').any(|part| part.starts_with('.')) {
        return false;
    }
    let mut patterns = Patterns::of(world, source);
    patterns.matches(folder, name).next().is_some() || (!file && patterns.reach(path))
}

/// Whether a path that is not there yet is one of some globs, or a folder that may hold some of them.
pub fn may_match(globs: &[String], exclude: &[String], path: &str, folder: bool) -> bool {
    let wanted = Wanted::of(globs, exclude);
    let below = || folder && !wanted.leaves_out(path) && globs.iter().any(|glob| reaches_below(glob, path));
    wanted.has(path) || below()
}

/// Some globs, and those of what is left out, to be compared with many paths.
pub struct Wanted {
    globs: GlobSet,
    exclude: GlobSet,
}

impl Wanted {
    pub fn of(globs: &[String], exclude: &[String]) -> Wanted {
        Wanted { globs: set(globs, false), exclude: set(exclude, false) }
    }

    pub fn has(&self, path: &str) -> bool {
        !self.leaves_out(path) && self.globs.is_match(&*form(path))
    }

    fn leaves_out(&self, path: &str) -> bool {
        self.exclude.is_match(&*form(path))
    }

    /// The globs that leave a path out, by number.
    pub fn excluded_by(&self, path: &str) -> Vec<usize> {
        self.exclude.matches(&*form(path))
    }
}

/// Whether a glob may match something below a folder.
fn reaches_below(glob: &str, folder: &str) -> bool {
    let (glob, folder) = (undotted(glob), format!("{folder}/"));
    let plain = glob.find(WILD).map_or(glob.as_str(), |i| glob.get(..i).unwrap_or_default());
    glob.contains("**") || plain.starts_with(&folder) || (plain != glob && folder.starts_with(plain))
}

/// How many files a source has.
pub fn count(world: &World, source: &Source) -> Result<u64, String> {
    let mut files = 0;
    each(world, source, &mut |_, _| files += 1)?;
    Ok(files)
}

/// Names that a look reads at least, if there are so many: what is odd among them is told.
const LOOKED: usize = 4096;

/// Files of columns that lie beside images, by `file_name`.
const BESIDE: [&str; 3] = ["metadata.jsonl", "metadata.csv", "metadata.parquet"];

/// What a look at the files of a source finds, before any of them is read. But for the globs it is of the first names alone.
#[derive(Default)]
pub struct Look {
    /// The globs that match no file.
    pub unmatched: Vec<String>,
    /// The globs to leave out, by number, that leave out nothing.
    pub idle: Vec<usize>,
    /// Files that match in another case of letters only: how many, and the first.
    pub other_case: Option<(usize, String)>,
    /// Names before a `=` in the names of folders.
    pub keys: BTreeSet<String>,
    /// Files of columns beside images: how many, and the first.
    pub beside: Option<(usize, String)>,
    /// The last folders that images lie in.
    pub folders: BTreeSet<String>,
    /// Files that match and are not here, while what DVC wrote of them is: how many, and the first.
    pub absent: Option<(usize, String)>,
    /// The first files.
    pub first: BTreeSet<String>,
    /// Zip archives among the files.
    pub zips: BTreeSet<String>,
    /// Files whose names say that they are one of several parts, if all names were seen.
    pub parts: BTreeSet<String>,
}

/// So many files are named for being looked into.
pub const FIRST: usize = 64;

/// What DVC puts beside data that it keeps elsewhere: `a.jsonl.dvc` for `a.jsonl`.
const POINTER: &str = ".dvc";

/// The pointer of a glob that names one file, or of a folder above its first wild card, if one is here.
pub fn pointer(world: &World, glob: &str) -> Option<String> {
    let plain = undotted(glob);
    let plain = if is_spelt_out(&plain) {
        plain.as_str()
    } else {
        plain.split(WILD).next().and_then(|start| start.rsplit_once('/')).map_or("", |(folder, _)| folder)
    };
    let ends = plain.match_indices('/').map(|(at, _)| at).chain([plain.len()]);
    let places = ends.filter_map(|end| plain.get(..end)).filter(|place| !place.is_empty());
    places.map(|place| format!("{place}{POINTER}")).find(|place| world.is_file(place))
}

/// Looks at a source until each of its globs has matched, and some further.
struct Looker {
    patterns: Patterns,
    /// The globs, and as one that does not look at the case of letters once a name asks for it.
    globs: Vec<String>,
    any_case: OnceLock<GlobSet>,
    images: bool,
    hit: Vec<bool>,
    left_out: Vec<bool>,
    seen: usize,
    /// What pointers of DVC among the names stand for.
    pointed: Vec<String>,
    /// Folders may be left that were not looked into.
    ended: bool,
    found: Look,
}

impl Visitor for Looker {
    fn enters(&mut self, folder: &str) -> bool {
        self.patterns.reach(folder)
    }

    fn only(&mut self, folder: &str) -> Option<Vec<String>> {
        self.patterns.only(folder)
    }

    fn wants(&mut self, folder: &str, name: &str) -> bool {
        let hits: Vec<usize> = self.patterns.matches(folder, name).collect();
        hits.iter().filter_map(|i| self.hit.get_mut(*i).map(|h| *h = true)).count();
        if hits.is_empty() {
            let out = self.patterns.leave_out(folder, name);
            out.iter().filter_map(|i| self.left_out.get_mut(*i).map(|h| *h = true)).count();
        } else if [".tar", ".tgz"].iter().any(|end| name.contains(end)) {
            self.left_out.fill(true); // a glob may leave out members of an archive, which is not opened here
        }
        if let Some(data) = name.strip_suffix(POINTER) {
            self.points(folder, data);
        }
        if !hits.is_empty() && self.found.first.len() < FIRST {
            self.found.first.insert(join(folder, name));
        }
        if !hits.is_empty() && is_zip(name) {
            self.found.zips.insert(join(folder, name));
        }
        if !hits.is_empty() && name.contains("-of-") {
            self.found.parts.insert(join(folder, name));
        }
        self.seen += 1;
        if self.seen <= LOOKED {
            self.notice(folder, name, !hits.is_empty());
        }
        false // nobody asks what stands there
    }

    fn folder(&mut self, _: &str, _: &Listing) -> io::Result<ControlFlow<()>> {
        let enough = self.seen >= LOOKED && self.hit.iter().chain(&self.left_out).all(|h| *h);
        self.ended |= enough;
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

impl Looker {
    /// A pointer stands for a file that the globs take, or leave out.
    fn points(&mut self, folder: &str, data: &str) {
        let hits: Vec<usize> = self.patterns.matches(folder, data).collect();
        hits.iter().filter_map(|i| self.hit.get_mut(*i).map(|h| *h = true)).count();
        self.pointed.extend((!hits.is_empty()).then(|| join(folder, data)));
        let out = self.patterns.leave_out(folder, data);
        out.iter().filter_map(|i| self.left_out.get_mut(*i).map(|h| *h = true)).count();
    }

    fn notice(&mut self, folder: &str, name: &str, matches: bool) {
        let path = join(folder, name);
        let count = |place: &mut Option<(usize, String)>| place.get_or_insert_with(|| (0, path.clone())).0 += 1;
        if self.images && BESIDE.contains(&name) && !matches {
            count(&mut self.found.beside);
        }
        if !matches {
            let written = is_written(&path);
            if !written && !self.patterns.exclude.is_match(&path) && self.is_in_another_case(name, &path) {
                count(&mut self.found.other_case);
            }
        } else if self.images {
            self.found.folders.insert(folder.rsplit('/').next().unwrap_or(folder).to_string());
        } else {
            let pairs = folder.split('/').filter_map(|part| part.split_once('='));
            self.found.keys.extend(pairs.filter(|(k, v)| !k.is_empty() && !v.is_empty()).map(|p| p.0.to_string()));
        }
    }
}

impl Looker {
    /// Whether a glob would match a path if the case of letters did not count.
    fn is_in_another_case(&self, name: &str, path: &str) -> bool {
        let name = form(name).to_lowercase();
        let may = |p: &Pattern| match &p.name {
            Name::Suffix(suffix) => name.ends_with(&suffix.to_lowercase()),
            Name::Exact(own) => name == own.to_lowercase(),
            Name::Glob(_) => true,
        };
        self.patterns.of.iter().any(may) && self.any_case.get_or_init(|| set(&self.globs, true)).is_match(&*form(path))
    }
}

/// What there is to be told of the files of a source, before any of them is read.
pub fn look(world: &World, source: &Source) -> Result<Look, String> {
    let patterns = Patterns::of(world, source);
    let (hit, left_out) = (vec![false; patterns.of.len()], vec![false; patterns.exclude.0.len()]);
    let (globs, any_case) = (source.globs.clone(), OnceLock::new());
    let (images, found, pointed) = (source.images, Look::default(), Vec::new());
    let mut looker = Looker { patterns, globs, any_case, images, hit, left_out, seen: 0, pointed, ended: false, found };
    walk(world, looker.patterns.bases(), &mut looker)?;
    let Looker { patterns, hit, left_out, mut pointed, ended, mut found, .. } = looker;
    if ended {
        found.parts.clear(); // the others may lie where nobody looked
    }
    pointed.retain(|data| !world.exists(data));
    pointed.sort();
    found.absent = pointed.first().map(|first| (pointed.len(), first.clone()));
    let of = patterns.of.into_iter().zip(hit).filter(|(_, hit)| !hit);
    found.unmatched = of.map(|(p, _)| p.glob).collect();
    found.idle = left_out.iter().enumerate().filter(|(_, hit)| !**hit).map(|(i, _)| i).collect();
    Ok(found)
}

/// The files of some globs, in order.
pub fn names(world: &World, source: &Source) -> Result<Vec<String>, String> {
    let mut found = BTreeSet::new();
    each(world, source, &mut |folder, name| {
        found.insert(join(folder, name));
    })?;
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(globs: &[&str], exclude: &[&str]) -> Source {
        let texts = |of: &[&str]| of.iter().map(|g| g.to_string()).collect();
        Source {
            name: "x".into(),
            table: "x".into(),
            globs: texts(globs),
            spans: vec![0..0; globs.len()],
            exclude: texts(exclude),
            cut: crate::formats::Cut::Document(crate::formats::cut::Holds::One),
            record_max: 1,
            images: false,
            span: 0..0,
        }
    }

    /// Files below some globs, against the whole path matched by the library.
    #[test]
    fn folders_and_names_match_as_whole_paths_do() {
        let dir = tempfile::tempdir().unwrap();
        let files = [
            "a.json",
            "b.txt",
            "raw/a.json",
            "raw/b.json.gz",
            "raw/x/a.json",
            "raw/x/y/a.json",
            "raw/가/나.json",
            "raw/x.json/a.txt",
            "other/a.json",
        ];
        for f in files {
            let place = dir.path().join(f);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, b"x").unwrap();
        }
        let world = World::new(dir.path());
        let globs = [
            "*.json",
            "raw/*.json",
            "raw/*",
            "raw/*/*.json",
            "raw/**/*.json",
            "**/a.json",
            "raw/{x,가}/*.json",
            "raw/?/a.*",
            "r*/x/*",
            "raw/a.json",
            "none/*.json",
        ];
        for glob in globs {
            for exclude in [&[][..], &["**/a.json"][..]] {
                let found = count(&world, &source(&[glob], exclude)).unwrap();
                let whole = Matcher::of(glob).unwrap();
                let left_out = |f: &str| exclude.iter().any(|e| Matcher::of(e).unwrap().is_match(f));
                let want = files.iter().filter(|f| whole.is_match(f) && !left_out(f)).count();
                assert_eq!(found, want as u64, "{glob} without {exclude:?}");
            }
            let none = look(&world, &source(&[glob, "raw/*.json"], &[])).unwrap().unmatched;
            assert_eq!(none.contains(&glob.to_string()), glob.starts_with("none"), "{glob}");
        }
        let both = source(&["raw/**/*.json", "raw/x/*.json"], &[]);
        assert_eq!(Patterns::of(&world, &both).bases(), ["raw"]);
        assert_eq!(count(&world, &both).unwrap(), 4);
    }

    #[test]
    fn paths_have_one_spelling_and_what_is_odd_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let decomposed = "\u{1100}\u{1169}";
        let files = ["raw/a.jpg", "raw/B.JPG", "raw/k=1/c.jpg", "raw/x.txt", "raw/metadata.jsonl"].map(String::from);
        for f in files.into_iter().chain([format!("raw/{decomposed}/{decomposed}.jpg")]) {
            let place = dir.path().join(f);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, b"x").unwrap();
        }
        let world = World::new(dir.path());
        let n = |globs: &[&str], exclude: &[&str]| count(&world, &source(globs, exclude)).unwrap();
        assert_eq!(n(&["raw/*.jpg", "./raw/a.jpg", "raw//./a.jpg"], &[]), 1);
        assert_eq!(
            (n(&["raw/고/*.jpg"], &[]), n(&["raw/*/고.jpg"], &[]), n(&["**/고.jpg"], &["raw/고/**"])),
            (1, 1, 0)
        );
        let all = Source { images: true, ..source(&["raw/**/*.jpg"], &["./raw/고/*", "raw/tset/*"]) };
        let found = look(&world, &all).unwrap();
        assert_eq!((found.unmatched.len(), found.idle), (0, vec![1]));
        assert_eq!(found.other_case, Some((1, "raw/B.JPG".into())));
        assert_eq!(found.beside, Some((1, "raw/metadata.jsonl".into())));
        assert_eq!(look(&world, &source(&["raw/**/*.jpg"], &[])).unwrap().keys, ["k".to_string()].into());
    }
}

//! Which files a source has: its globs, split into a folder's part, asked once for each folder, and a name's part.
use crate::stage::Source;
use crate::world::{Listing, Visitor, World};
use globset::{GlobBuilder, GlobMatcher, GlobSet, GlobSetBuilder};
use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;

/// The globs of a source.
pub struct Patterns {
    of: Vec<Pattern>,
    exclude: GlobSet,
    /// Those that the folder asked for last may match.
    here: Option<(String, Vec<usize>)>,
}

struct Pattern {
    glob: String,
    whole: GlobMatcher,
    /// What stands before the last `/`; without it the whole path is matched, as `**` asks for.
    folder: Option<GlobMatcher>,
    name: Name,
    /// The folder above the first wild card.
    base: String,
    /// Components, unless `**` stands for any number.
    depth: Option<usize>,
}

/// How names are matched; most globs end in `*` and a suffix, or name one file.
enum Name {
    Suffix(String),
    Exact(String),
    Glob(GlobMatcher),
}

/// What tamis writes into the top of a project: it is never collected, whatever the globs of a source say. `.tamis` is
/// hidden, and hidden files never match.
pub const WRITTEN: [&str; 4] = ["out", "releases", "pins", "dataset.lock"];

/// Whether a path, or a glob, begins where tamis itself writes.
pub fn is_written(path: &str) -> bool {
    WRITTEN.contains(&path.split_once('/').map_or(path, |(first, _)| first))
}

const WILD: [char; 4] = ['*', '?', '[', '{'];

fn matcher(glob: &str) -> Option<GlobMatcher> {
    GlobBuilder::new(glob).literal_separator(true).build().ok().map(|g| g.compile_matcher())
}

impl Pattern {
    /// `None` for what is no glob or leaves the project: told where it is declared.
    fn of(world: &World, glob: &str) -> Option<Pattern> {
        world.place(glob)?;
        let whole = matcher(glob)?;
        let plain = glob.find(WILD).map_or(glob, |i| &glob[..i]);
        let base = plain.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
        let any_depth = glob.contains("**") || glob.contains('{');
        let (folder, last) = glob.rsplit_once('/').unwrap_or(("", glob));
        let suffix = last.strip_prefix('*').filter(|s| !s.contains(WILD) && !s.contains('\\'));
        let name = match suffix {
            Some(suffix) => Name::Suffix(suffix.to_string()),
            None if !last.contains(WILD) && !last.contains(['\\', ']', '}']) => Name::Exact(last.to_string()),
            None => Name::Glob(matcher(last)?),
        };
        let folder = if any_depth { None } else { Some(matcher(folder)?) };
        let depth = (!any_depth).then(|| glob.split('/').count());
        Some(Pattern { glob: glob.to_string(), whole, folder, name, base, depth })
    }

    fn reaches(&self, folder: &str) -> bool {
        let below = |a: &str, b: &str| a.is_empty() || a == b || b.strip_prefix(a).is_some_and(|r| r.starts_with('/'));
        let on_the_way = below(folder, &self.base) || below(&self.base, folder);
        on_the_way && self.depth.is_none_or(|d| folder.split('/').count() < d)
    }

    fn fits(&self, folder: &str, name: &str) -> bool {
        match (&self.folder, &self.name) {
            (None, _) if folder.is_empty() => self.whole.is_match(name),
            (None, _) => self.whole.is_match(format!("{folder}/{name}")),
            (Some(_), Name::Suffix(s)) => name.ends_with(s.as_str()),
            (Some(_), Name::Exact(own)) => name == own,
            (Some(_), Name::Glob(g)) => g.is_match(name),
        }
    }
}

/// The globs of what a source leaves out.
pub fn excluded(source: &Source) -> GlobSet {
    let mut exclude = GlobSetBuilder::new();
    for glob in source.exclude.iter().filter_map(|g| GlobBuilder::new(g).literal_separator(true).build().ok()) {
        exclude.add(glob);
    }
    exclude.build().unwrap_or_else(|_| GlobSet::empty())
}

impl Patterns {
    pub fn of(world: &World, source: &Source) -> Patterns {
        let of = source.globs.iter().filter_map(|g| Pattern::of(world, g)).collect();
        Patterns { of, exclude: excluded(source), here: None }
    }

    /// The folders to walk, none below another, in order.
    pub fn bases(&self) -> Vec<String> {
        let all: BTreeSet<&str> = self.of.iter().map(|p| p.base.as_str()).collect();
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
        let reaching = self.of.iter().filter(|p| p.base == folder || p.reaches(folder));
        let exact = |p: &Pattern| match (&p.folder, &p.name) {
            (Some(f), Name::Exact(name)) if p.base == folder && f.is_match(folder) => Some(name.clone()),
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
            let may = |p: &Pattern| p.folder.as_ref().is_none_or(|f| f.is_match(folder));
            let here = self.of.iter().enumerate().filter(|(_, p)| may(p)).map(|(i, _)| i).collect();
            self.here = Some((folder.to_string(), here));
        }
        let written = folder.is_empty() && is_written(name);
        let excluded = written || !self.exclude.is_empty() && self.exclude.is_match(join(folder, name));
        let Patterns { of, here, .. } = self;
        let fits = move |i: &&usize| !excluded && of.get(**i).is_some_and(|p| p.fits(folder, name));
        here.iter().flat_map(|h| &h.1).filter(fits).copied()
    }
}

pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") }
}

/// Walks a source for counting.
struct Counter {
    patterns: Patterns,
    hit: Vec<bool>,
    files: u64,
    /// Ends as soon as every glob has matched something.
    quick: bool,
}

impl Visitor for Counter {
    fn enters(&mut self, folder: &str) -> bool {
        self.patterns.reach(folder)
    }

    fn only(&mut self, folder: &str) -> Option<Vec<String>> {
        self.patterns.only(folder)
    }

    fn wants(&mut self, folder: &str, name: &str) -> bool {
        let hits: Vec<usize> = self.patterns.matches(folder, name).collect();
        hits.iter().filter_map(|i| self.hit.get_mut(*i).map(|h| *h = true)).count();
        self.files += u64::from(!hits.is_empty());
        false // nobody asks what stands there
    }

    fn folder(&mut self, _: &str, _: &Listing) -> io::Result<ControlFlow<()>> {
        let enough = self.quick && self.hit.iter().all(|h| *h);
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

fn look(world: &World, source: &Source, quick: bool) -> Result<Counter, String> {
    let patterns = Patterns::of(world, source);
    let bases = patterns.bases();
    let mut counter = Counter { hit: vec![false; patterns.of.len()], patterns, files: 0, quick };
    for base in bases {
        world.walk(&base, &mut counter).map_err(|e| format!("{base}: {e}"))?;
        if quick && counter.hit.iter().all(|h| *h) {
            break;
        }
    }
    Ok(counter)
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

/// How many files a source has.
pub fn count(world: &World, source: &Source) -> Result<u64, String> {
    Ok(look(world, source, false)?.files)
}

/// The globs that match no file.
pub fn unmatched(world: &World, source: &Source) -> Result<Vec<String>, String> {
    let seen = look(world, source, true)?;
    let of = seen.patterns.of.iter().zip(&seen.hit).filter(|(_, hit)| !**hit);
    Ok(of.map(|(p, _)| p.glob.clone()).collect())
}

/// Walks a source for the names of its files.
struct Names {
    patterns: Patterns,
    found: BTreeSet<String>,
}

impl Visitor for Names {
    fn enters(&mut self, folder: &str) -> bool {
        self.patterns.reach(folder)
    }

    fn only(&mut self, folder: &str) -> Option<Vec<String>> {
        self.patterns.only(folder)
    }

    fn wants(&mut self, folder: &str, name: &str) -> bool {
        if self.patterns.matches(folder, name).next().is_some() {
            self.found.insert(join(folder, name));
        }
        false
    }

    fn folder(&mut self, _: &str, _: &Listing) -> io::Result<ControlFlow<()>> {
        Ok(ControlFlow::Continue(()))
    }
}

/// The files of some globs, in order.
pub fn names(world: &World, source: &Source) -> Result<Vec<String>, String> {
    let patterns = Patterns::of(world, source);
    let bases = patterns.bases();
    let mut names = Names { patterns, found: BTreeSet::new() };
    for base in bases {
        world.walk(&base, &mut names).map_err(|e| format!("{base}: {e}"))?;
    }
    Ok(names.found.into_iter().collect())
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
                let whole = matcher(glob).unwrap();
                let left_out = |f: &str| exclude.iter().any(|e| matcher(e).unwrap().is_match(f));
                let want = files.iter().filter(|f| whole.is_match(f) && !left_out(f)).count();
                assert_eq!(found, want as u64, "{glob} without {exclude:?}");
            }
            let none = unmatched(&world, &source(&[glob, "raw/*.json"], &[])).unwrap();
            assert_eq!(none.contains(&glob.to_string()), glob.starts_with("none"), "{glob}");
        }
        let both = source(&["raw/**/*.json", "raw/x/*.json"], &[]);
        assert_eq!(Patterns::of(&world, &both).bases(), ["raw"]);
        assert_eq!(count(&world, &both).unwrap(), 4);
    }
}

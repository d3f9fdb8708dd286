//! What two sides of a comparison are: folders of releases by their path or name, and revisions of git, which are built.
use super::Args;
use super::folder::Folder;
use crate::cli::Context;
use crate::cli::page::Page;
use crate::cli::revision::{Revision, cut, releases};
use crate::engine::lock::Lock;
use crate::project::{self, Failure, Project};
use crate::world::{Scratch, World};
use std::path::{Path, PathBuf};

/// A folder of a release, and what it is called.
pub struct Side {
    place: PathBuf,
    shown: String,
    /// The release, where it is what the project of this place built last.
    pub made: Option<String>,
    /// The folder in which a revision was built; it is there as long as this.
    _built: Option<Scratch>,
}

impl Side {
    pub fn open(&self) -> Result<Folder, Failure> {
        Folder::open(&self.place, &self.shown)
    }

    fn release(&self) -> Result<String, Failure> {
        Ok(Page::read(&World::new(&self.place))?.release)
    }
}

/// Refuses what a build of the project writes anew: it would be compared with itself.
pub fn is_earlier(c: &Context, project: &Project, old: &str) -> Result<(), Failure> {
    let root = project::find(c.dir.as_deref()).ok();
    let same = |a: &Path, b: &Path| a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b);
    let named = folder(root.as_deref(), old);
    let built =
        |name: &str| named.as_ref().is_ok_and(|side| same(&side.place, &project.world.root().join("out").join(name)));
    let plain = old.trim_end_matches('/');
    if let Some(name) = releases(project).find(|name| *name == plain || built(name)) {
        return Err(itself(old, name));
    }
    match named {
        Err(_) if commit(root.as_deref(), old).is_some() => Ok(()),
        named => named.map(drop),
    }
}

/// What is told where a build would be compared with itself.
fn itself(old: &str, name: &str) -> Failure {
    let say = format!("`{old}` is what is built now: it would be compared with itself");
    Failure::Usage(format!("{say}; name an earlier release, such as {name}@VERSION (releases/)"))
}

/// The older and the newer side that were asked for.
pub fn of(c: &Context, args: &Args) -> Result<[Side; 2], Failure> {
    let root = project::find(c.dir.as_deref()).ok();
    let root = root.as_deref();
    let asked = match &args.old {
        Some(name) => name.clone(),
        None => frozen_last(root)?,
    };
    // a revision has releases by the same names: the other side says which one is meant
    let meant = |other: &str| match folder(root, other) {
        Ok(side) => side.release().ok(),
        Err(_) => commit(root, other)?.1,
    };
    let old = side(c, root, &asked, args.new.as_deref().and_then(meant))?;
    let new = match &args.new {
        Some(name) => side(c, root, name, Some(old.release()?))?,
        None => folder(root, &old.release()?)?,
    };
    if let Some(name) = args.old.as_ref().filter(|_| args.new.is_none() && new.place == old.place) {
        return Err(itself(name, &old.release()?));
    }
    Ok([old, new])
}

/// The version that was frozen last.
pub fn frozen_last(root: Option<&Path>) -> Result<String, Failure> {
    let nothing = || Failure::Usage("nothing is frozen here yet; name two releases: tamis diff A B".into());
    let lock = Lock::load(&World::new(root.ok_or_else(nothing)?)).map_err(Failure::World)?;
    let last = lock.release.last().ok_or_else(nothing)?;
    Ok(format!("{}@{}", last.name, last.version))
}

/// The folder of a release by its path, as `NAME@VERSION`, or as `NAME`; else a revision of git that knows the release.
pub fn side(c: &Context, root: Option<&Path>, name: &str, release: Option<String>) -> Result<Side, Failure> {
    let found = folder(root, name);
    match (&found, root.and_then(|root| Some((root, commit(Some(root), name)?)))) {
        (Err(_), Some((root, (hex, named)))) => built(c, root, name, &hex, named.or(release)),
        _ => found,
    }
}

/// The folder of a release by its path, as `NAME@VERSION`, or as `NAME`.
pub fn folder(root: Option<&Path>, name: &str) -> Result<Side, Failure> {
    let plain = name.trim_end_matches('/');
    let mut places = vec![PathBuf::from(plain)];
    if let Some(root) = root {
        places.push(root.join(plain));
        let inside = !plain.contains('/') && plain != "..";
        places.extend(inside.then(|| match plain.split_once('@') {
            Some((release, version)) => root.join("releases").join(format!("{release}-{version}")),
            None => root.join("out").join(plain),
        }));
    }
    if let Some(place) = places.iter().find(|p| p.join("release.json").is_file()) {
        let shown = root.and_then(|root| place.strip_prefix(root).ok()).unwrap_or(place);
        let out = root.and_then(|root| root.join("out").canonicalize().ok());
        let whole = place.canonicalize().ok();
        let made = whole.as_deref().filter(|whole| out.is_some() && whole.parent() == out.as_deref());
        let made = made.and_then(|whole| Some(whole.file_name()?.to_str()?.to_string()));
        return Ok(Side { place: place.clone(), shown: shown.display().to_string(), made, _built: None });
    }
    Err(Failure::Usage(unknown(root, name)))
}

/// The commit that a word means to git, and the release that it names behind a colon.
fn commit(root: Option<&Path>, word: &str) -> Option<(String, Option<String>)> {
    let here = World::new(root?);
    if let Ok(hex) = here.commit(word) {
        return Some((hex, None));
    }
    let (revision, release) = word.rsplit_once(':')?;
    Some((here.commit(revision).ok()?, Some(release.to_string())))
}

/// A release of a commit, built from nothing.
fn built(c: &Context, root: &Path, name: &str, commit: &str, release: Option<String>) -> Result<Side, Failure> {
    let scratch = Scratch::new().map_err(|e| Failure::World(e.to_string()))?;
    let revision = Revision::of(&World::new(root), commit, &scratch.world, true)?;
    let project = revision.project()?;
    let release = match release {
        Some(release) => release,
        None => only(&project, name, commit)?,
    };
    // that there is nothing to compare is no difference
    revision.build(c, &project, 0, false, &release, |_, _| Ok(())).map_err(|failure| match failure {
        Failure::Differs(say) => Failure::World(say),
        other => other,
    })?;
    let place = revision.world.root().join("out").join(&release);
    Ok(Side { place, shown: format!("{release} at {}", cut(commit)), made: None, _built: Some(scratch) })
}

/// The release of a commit that declares no other.
fn only(project: &Project, name: &str, commit: &str) -> Result<String, Failure> {
    let all: Vec<&str> = releases(project).collect();
    match all[..] {
        [one] => Ok(one.to_string()),
        [] => Err(Failure::Usage(format!("commit {} declares no release", cut(commit)))),
        _ => {
            let ways: Vec<String> = all.iter().map(|release| format!("{name}:{release}")).collect();
            Err(Failure::Usage(format!(
                "commit {} declares several releases; name one: {}",
                cut(commit),
                ways.join(", ")
            )))
        }
    }
}

/// What is told of a name that is no release.
fn unknown(root: Option<&Path>, name: &str) -> String {
    let Some(root) = root else {
        return format!("`{name}` is no release: there is no release.json in it, and no project is here");
    };
    let ways = "name a folder with a release.json, NAME@VERSION (releases/NAME-VERSION), or NAME (out/NAME, after tamis build)";
    let git = root.ancestors().any(|folder| folder.join(".git").exists());
    let of_git = ", or a revision that git knows, such as HEAD~1 or HEAD~1:NAME";
    format!("`{name}` is no release; {ways}{}", if git { of_git } else { "" })
}

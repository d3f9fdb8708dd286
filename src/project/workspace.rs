//! Workspaces: a folder with several projects that share one store and read each other's releases (decision 0166).
//!
//! Members are named in `workspace.toml`. A release that a manifest names is seen as files are that were fetched: under paths
//! that no file of a project can have. Nothing is written outside of the project that is built.
use super::{Failure, MANIFEST, manifest_of};
use crate::digest::Digest;
use crate::engine::store;
use crate::manifest::workspace::{FILE, Named, Of, Workspace, mounted, named};
use crate::world::{Fetched, Lacking, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The list of the files of a release with their digests.
const SUMS: &str = "B3SUMS";
/// Bytes of that list, and of the file of a workspace.
const SUMS_MAX: u64 = 256 << 20;
const FILE_MAX: u64 = 1 << 20;

/// A workspace that was found.
pub struct Found {
    world: World,
    of: Workspace,
}

/// The workspace in a folder; `None` where there is none.
fn read(folder: &Path) -> Result<Option<Found>, Failure> {
    if !folder.join(FILE).is_file() {
        return Ok(None);
    }
    let world = World::new(folder);
    let bytes = world.read(FILE, FILE_MAX).map_err(|e| Failure::World(e.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::Usage(format!("{FILE} is not UTF-8")))?;
    let of = Workspace::parse(&text).map_err(Failure::Usage)?;
    Ok(Some(Found { world, of }))
}

/// The nearest workspace: in a folder, or above it.
fn above(folder: &Path) -> Result<Option<Found>, Failure> {
    let folder = folder.canonicalize().map_err(|e| Failure::World(e.to_string()))?;
    for folder in folder.ancestors() {
        if let Some(found) = read(folder)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

impl Found {
    /// The folder of a member.
    fn member(&self, name: &str) -> Result<PathBuf, String> {
        let Some(path) = self.of.members.get(name) else {
            let help = crate::diag::suggest(name, self.of.members.keys().map(String::as_str));
            return Err(format!("the workspace has no member `{name}`; {help}"));
        };
        let place = self.world.kept(path).map_err(|e| e.to_string())?;
        match place.join(MANIFEST).is_file() {
            true => Ok(place),
            false => Err(format!("there is no {MANIFEST} in {path}, the folder of the member `{name}`")),
        }
    }

    /// The name of the member whose folder this is.
    fn name_of(&self, folder: &Path) -> Option<&str> {
        let below = folder.strip_prefix(self.world.root()).ok()?;
        self.of.members.iter().find(|(_, path)| Path::new(path) == below).map(|(name, _)| name.as_str())
    }

    /// The members whose releases a member reads, as their manifests say.
    fn reads(&self, name: &str) -> Result<Vec<String>, Failure> {
        let folder = self.member(name).map_err(Failure::Usage)?;
        let manifest = match manifest_of(&World::new(folder)) {
            Ok(manifest) => manifest,
            Err(Failure::Declaration(..)) => return Ok(Vec::new()), // told when it is built
            Err(failure) => return Err(failure),
        };
        let candidate = |n: Named| match n.of {
            Of::Member { member, version: None, .. } => Some(member),
            _ => None, // a frozen version is there, or it is told
        };
        Ok(named(&manifest).into_iter().filter_map(candidate).filter(|m| self.of.members.contains_key(m)).collect())
    }

    /// Members in the order in which they are built: each behind those that it reads.
    fn ordered(&self, wanted: &[String]) -> Result<Vec<(String, PathBuf)>, Failure> {
        let mut state: BTreeMap<String, bool> = BTreeMap::new(); // false while those that it reads are looked at
        let mut out = Vec::new();
        for name in wanted {
            self.visit(name, &mut state, &mut Vec::new(), &mut out)?;
        }
        Ok(out)
    }

    fn visit(
        &self,
        name: &str,
        state: &mut BTreeMap<String, bool>,
        way: &mut Vec<String>,
        out: &mut Vec<(String, PathBuf)>,
    ) -> Result<(), Failure> {
        match state.get(name) {
            Some(true) => return Ok(()),
            Some(false) => {
                way.push(name.to_string());
                return Err(Failure::Usage(format!("members read each other in a circle: {}", way.join(" -> "))));
            }
            None => {}
        }
        state.insert(name.to_string(), false);
        way.push(name.to_string());
        for other in self.reads(name)? {
            self.visit(&other, state, way, out)?;
        }
        way.pop();
        state.insert(name.to_string(), true);
        out.push((name.to_string(), self.member(name).map_err(Failure::Usage)?));
        Ok(())
    }
}

/// The folder of a member that the command line names, seen from a folder.
pub fn member(from: Option<&Path>, name: &str) -> Result<PathBuf, Failure> {
    let found = above(from.unwrap_or(Path::new(".")))?;
    let found =
        found.ok_or_else(|| Failure::Usage(format!("there is no {FILE} here or above; `-p` names a member of one")))?;
    found.member(name).map_err(Failure::Usage)
}

/// What is to be built, in order: the member and all that it reads; without a name all members, where a workspace lies here and
/// no project. `None` where a single project is meant.
pub fn order(from: Option<&Path>, name: Option<&str>) -> Result<Option<Vec<(String, PathBuf)>>, Failure> {
    let from = from.unwrap_or(Path::new("."));
    let found = match name {
        Some(_) => above(from)?,
        None if from.join(MANIFEST).is_file() => None,
        None => read(from)?.map(|found| {
            let root = found.world.root().canonicalize().unwrap_or_else(|_| found.world.root().to_path_buf());
            Found { world: World::new(root), of: found.of }
        }),
    };
    let Some(found) = found else { return Ok(None) };
    let wanted: Vec<String> = match name {
        Some(name) => vec![name.to_string()],
        None => found.of.members.keys().cloned().collect(),
    };
    if wanted.is_empty() {
        return Err(Failure::Usage(format!("{FILE} names no member")));
    }
    found.ordered(&wanted).map(Some)
}

/// Lets a member of a workspace use its store, unless it uses another that is there. A store that it had of its own stays where it
/// is, and is used no more.
pub fn settle(root: &Path) -> Result<(), Failure> {
    let Ok(root) = root.canonicalize() else { return Ok(()) };
    let Some(found) = root.parent().map(above).transpose()?.flatten() else { return Ok(()) };
    if found.name_of(&root).is_none() || store::shares(&World::new(&root)) {
        return Ok(());
    }
    let home = found.world.root().join(store::FOLDER);
    let failed = |e: std::io::Error| Failure::World(format!("the store of the workspace: {e}"));
    let place = found.world.kept(store::FOLDER).map_err(failed)?;
    store::share(&World::new(&root), place.to_str().unwrap_or_default())
        .map_err(|e| Failure::World(format!("{}: {e}", home.display())))
}

/// Makes the files of the releases that a manifest names visible, or says why they are not there.
pub fn mount(world: &World, named: &[Named], out: &mut Fetched) -> Result<(), Failure> {
    if named.is_empty() {
        return Ok(());
    }
    let members = named.iter().any(|n| matches!(n.of, Of::Member { .. }));
    let root = world.root().canonicalize().map_err(|e| Failure::World(e.to_string()))?;
    let found = if members { root.parent().map(above).transpose()?.flatten() } else { None };
    let found = found.filter(|found| found.name_of(&root).is_some());
    if let Some(found) = &found {
        world.saw(&found.world.root().join(FILE));
    }
    for one in named {
        let name = mounted(&one.text);
        let placed =
            release_of(&root, found.as_ref(), &one.of).and_then(|(of, folder)| put(world, &of, &folder, &name, out));
        if let Err(lacking) = placed {
            out.lacks(&name, lacking);
        }
    }
    Ok(())
}

/// A build that read what it writes would never come to an end.
fn own_candidate() -> Lacking {
    let say = "it is what this project builds itself".into();
    Lacking { say, help: "a frozen version may be read: `releases/NAME-VERSION`".into() }
}

/// Whose a release is, and its folder there.
fn release_of(root: &Path, found: Option<&Found>, of: &Of) -> Result<(World, String), Lacking> {
    let (member, release, version) = match of {
        Of::Folder(path) if path.starts_with("out/") => return Err(own_candidate()),
        Of::Folder(path) => return Ok((World::new(root), path.clone())),
        Of::Member { member, release, version } => (member, release, version),
    };
    let lacks = |say: String, help: &str| Lacking { say, help: help.into() };
    let Some(found) = found else {
        let say = format!("this project is no member of a workspace, so there is no `{member}`");
        return Err(lacks(say, "a workspace.toml in a folder above names its members: [members] base = \"base\""));
    };
    if found.name_of(root) == Some(member) && version.is_none() {
        return Err(own_candidate());
    }
    let root = found.member(member).map_err(|say| lacks(say, "members stand in workspace.toml"))?;
    let world = World::new(&root);
    let help = format!("`tamis build -p {member}` makes it");
    if let (Some(release), Some(version)) = (release, version) {
        return Ok((world, format!("releases/{release}-{version}")));
    }
    if let Some(release) = release {
        return Ok((world, format!("out/{release}")));
    }
    let mut all: Vec<String> = world.names("out").unwrap_or_default();
    all.retain(|name| world.is_file(&format!("out/{name}/{SUMS}")));
    all.sort();
    match all.as_slice() {
        [one] => Ok((world.clone(), format!("out/{one}"))),
        [] => Err(lacks(format!("`{member}` has no release yet"), &help)),
        several => {
            let names: Vec<String> = several.iter().map(|name| format!("`{member}:{name}`")).collect();
            Err(lacks(format!("`{member}` has several releases"), &format!("name one of {}", names.join(", "))))
        }
    }
}

/// Puts the files that the sums of a release name; each must lie in its folder.
fn put(world: &World, of: &World, folder: &str, name: &str, out: &mut Fetched) -> Result<(), Lacking> {
    let sums = format!("{folder}/{SUMS}");
    let lacking = |say: String| Lacking { say, help: "build the release, or name another".into() };
    if let Some(place) = of.place(&sums) {
        world.saw(&place);
    }
    let list = of.read(&sums, SUMS_MAX).map_err(|_| lacking(format!("there is no release in {folder}")))?;
    let list = String::from_utf8(list).map_err(|_| lacking(format!("{sums} is no text")))?;
    for line in list.lines() {
        let Some((_, path)) = line.split_once("  ").filter(|(digest, _)| Digest::parse(digest).is_some()) else {
            return Err(lacking(format!("{sums} is no list of sums")));
        };
        let full = format!("{folder}/{path}");
        let there = of.is_file(&full) && !of.leads_out(&full);
        let Some(place) = of.place(&full).filter(|_| there) else {
            return Err(lacking(format!("{full} is not there, though {SUMS} names it")));
        };
        world.saw(&place);
        out.put(name, path, place);
    }
    if let Some(place) = of.place(&sums) {
        out.put(name, SUMS, place);
    }
    Ok(())
}

//! The project as it is in a commit of git, written to a folder of its own and built there from nothing.
use super::{Context, interrupt, warn, warn_as_is};
use crate::engine::effect::Objects;
use crate::engine::lock::PATH as LOCK;
use crate::engine::session::Session;
use crate::project::{Failure, Finished, MANIFEST, Options, Project};
use crate::report::progress::Progress;
use crate::report::terminal;
use crate::stages::registry;
use crate::world::World;

/// The project as it is in a commit, with the files beside it that git does not keep.
pub struct Revision {
    pub world: World,
    pub commit: String,
    /// Files that git does not keep, which were taken as they lie in the project.
    pub brought: Vec<String>,
}

impl Revision {
    /// Writes it below `into`. The working tree, the index and the store of the project are not touched. Of the files beside
    /// git it has all, or those alone that git is told to ignore: others may be later work that nobody has added yet.
    pub fn of(here: &World, commit: &str, into: &World, ignored: bool) -> Result<Revision, Failure> {
        let git = |say: String| Failure::World(format!("git: {say}"));
        let disk = |e: std::io::Error| Failure::World(e.to_string());
        here.check_out(commit, into).map_err(git)?;
        let world = World::new(into.root().join("project")).copy_of(here);
        if !world.is_file(MANIFEST) {
            return Err(Failure::Usage(format!("commit {} has no {MANIFEST} here", cut(commit))));
        }
        let mut brought = Vec::new();
        for path in here.files_beside_git(ignored).map_err(git)? {
            if here.bring(&path, &world).map_err(disk)? {
                brought.push(path);
            }
        }
        Objects::of(here).and_then(|from| from.lend(&world)).map_err(disk)?;
        Ok(Revision { world, commit: commit.to_string(), brought })
    }

    fn at(&self) -> String {
        format!("as it is in commit {}", cut(&self.commit))
    }

    /// The project of the commit.
    pub fn project(&self) -> Result<Project, Failure> {
        Project::in_world(self.world.clone(), &registry()).inspect_err(|_| {
            warn(&format!("the project {} is not built:\n", self.at()));
        })
    }

    /// Builds a release of it from nothing, out of the sources that its `dataset.lock` names, and looks at what was built.
    pub fn build<T>(
        &self,
        c: &Context,
        project: &Project,
        jobs: usize,
        quiet: bool,
        name: &str,
        look: impl FnOnce(&Session, &Finished) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let at = self.at();
        if !releases(project).any(|own| own == name) {
            return Err(Failure::Usage(format!("the project {at} has no [release.{name}]")));
        }
        if !self.world.is_file(LOCK) {
            let say = format!("commit {} has no {LOCK}: nothing says what its sources were", cut(&self.commit));
            return Err(Failure::Usage(say));
        }
        let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
        let options =
            Options { jobs, steps: vec![format!("release.{name}")], locked: true, stop, ..Options::default() };
        let progress = Progress::new(c.quiet || quiet);
        let built = project.build(&options, &|e| progress.hear(&e), |s, f| {
            progress.finish();
            // what is in the folder is thrown away, so nothing goes on from here
            if s.stop.asked() > 0 {
                return Err(Failure::Stopped(f.exit()));
            }
            if f.exit() != 0 {
                warn_as_is(&terminal::failures(project, s, f));
                return Err(Failure::Differs(format!("the project {at} does not build any more")));
            }
            look(s, f)
        });
        built.map_err(|failure| match failure {
            Failure::Differs(say) if say.starts_with("--locked") => {
                let from = if self.brought.is_empty() { "" } else { ", or those beside git are others now" };
                let say = say.trim_start_matches("--locked: ");
                let commit = cut(&self.commit);
                Failure::Differs(format!(
                    "the sources of commit {commit} are not those that its {LOCK} names{from}: {say}"
                ))
            }
            other => other,
        })?
    }
}

/// The names of the releases that a project declares.
pub fn releases(project: &Project) -> impl Iterator<Item = &str> {
    project.assembled.steps.iter().filter_map(|s| s.plan.folder.as_deref())
}

/// The beginning of a commit or a root, for people.
pub fn cut(hex: &str) -> &str {
    hex.get(..8).unwrap_or(hex)
}

//! The files that an export writes: what is there and says something else is kept under a number.
use super::tool::FILE_MAX;
use crate::cli::say;
use crate::project::{Failure, Project};

/// Writes a package. One that is there and says something else is kept under a number.
pub fn one(project: &Project, out: &str, package: &str) -> Result<(), Failure> {
    keep(project, out, package)?;
    write(project, out, package)
}

/// The file's name without its ending.
pub fn beside(out: &str) -> &str {
    out.rsplit_once('.').map_or(out, |o| o.0)
}

/// Keeps a file that is there and says something else under a number: somebody may have answered in it.
pub fn keep(project: &Project, path: &str, text: &str) -> Result<(), Failure> {
    if project.world.place(path).is_none() || !project.world.exists(path) {
        return Ok(());
    }
    let there = project.world.read(path, FILE_MAX).map_err(|e| Failure::World(format!("{path}: {e}")))?;
    if there == text.as_bytes() {
        return Ok(());
    }
    let numbered = (1..).map(|n: u32| format!("{path}.{n}")).find(|other| !project.world.exists(other));
    let Some(kept) = numbered else { return Ok(()) };
    project.world.replace(&kept, &there).map_err(|e| Failure::World(format!("{kept}: {e}")))?;
    say(&format!("{path} was there: it is kept as {kept}\n"));
    Ok(())
}

/// Writes a file below the project.
pub fn write(project: &Project, path: &str, text: &str) -> Result<(), Failure> {
    if project.world.place(path).is_none() {
        return Err(Failure::Usage(format!("{path} leaves the project")));
    }
    project.world.replace(path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))
}

//! A source that is a release: of another member of the workspace, or one that lies in the project.
use super::files::Files;
use super::terms::Stated;
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::manifest::workspace::mounted;
use crate::stage::*;
use crate::world::FETCHED;
use serde::Deserialize;

/// Bytes of release.json.
const ABOUT_MAX: u64 = 64 << 20;

/// What release.json says of a release.
#[derive(Deserialize, Default)]
struct About {
    license: Option<String>,
}

/// The files of a source that is a release.
pub fn files(check: &mut Check, named: &At<String>, stated: &Stated) -> Option<Files> {
    let (paths, format) = check.released(named)?;
    check_license(check, named, stated);
    let globs = paths.into_iter().map(|path| At::new(path, named.span())).collect();
    Some(Files::known(globs, format, named.span()))
}

/// What a source is under is what its release is under.
fn check_license(check: &mut Check, named: &At<String>, stated: &Stated) {
    let path = format!("{FETCHED}{}/release.json", mounted(named));
    let Ok(bytes) = check.world.read(&path, ABOUT_MAX) else { return };
    let about: About = serde_json::from_slice(&bytes).unwrap_or_default();
    let (Some(own), Some(license)) = (about.license, stated.license) else { return };
    if own == *license.get() {
        return;
    }
    let message = format!("the release `{}` is under `{own}`, and not under `{}`", named.get(), license.get());
    let problem = Diagnostic::warning("T0723", license.span(), message).label(format!("its release.json says `{own}`"));
    check.bad(problem.help(format!("license = \"{own}\", or say in `evidence` what you were allowed besides")));
}

//! The report of a release that asks for one (`report = true`), and the list of sums that names it. Neither root changes: the pages tell
//! both of them.
use crate::cli::page::Page;
use crate::digest::{Digest, sha256};
use crate::engine::lock::Lock;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::project::{Failure, Options, Project};
use crate::report::html;
use crate::report::lang::Lang;
use crate::report::progress::Progress;
use crate::report::view::Views;
use crate::report::view::released::Released;
use crate::report::view::seen::Seen;
use crate::stage::{OutFile, Sums};
use crate::stages::release::{REPORT, reported};
use std::collections::BTreeMap;

const LIST: &str = "SHA256SUMS";

/// The pages of a release, and the roots that they tell.
pub struct Reported {
    page: Vec<u8>,
    roots: Option<(Digest, Digest)>,
}

/// Builds and renders the pages, where the release asks for them; nothing where the build does not hold, which is told elsewhere. They are
/// read from the build as it stands afterwards, so what is known in it is all that there is.
pub fn made(project: &Project, options: &Options, name: &str, quiet: bool) -> Result<Option<Reported>, Failure> {
    let Some(as_collected) = reported(&project.manifest, name) else { return Ok(None) };
    let progress = Progress::new(quiet);
    let exit = project.build(options, &|e| progress.hear(&e), |_, f| {
        progress.finish();
        f.exit()
    })?;
    if exit != 0 {
        return Ok(None);
    }
    project.plan(options, |s, built| {
        let own = s.steps.iter().zip(&built.runs).find(|(step, _)| step.plan.folder.as_deref() == Some(name));
        let roots = own.and_then(|(_, run)| run.roots);
        Ok(Some(Reported { page: page((project, s, built), name, as_collected)?, roots }))
    })?
}

/// The files of a release with its report, if it has one.
pub fn with_report(
    s: &Session,
    report: Option<&Reported>,
    roots: (Digest, Digest),
    files: &[OutFile],
) -> Result<Vec<OutFile>, Failure> {
    let mut out = files.to_vec();
    let Some(report) = report else { return Ok(out) };
    if report.roots != Some(roots) {
        return Err(Failure::Differs("files changed while the report was made; run the command again".into()));
    }
    let Some(list) = out.iter_mut().find(|file| file.path == LIST) else {
        return Err(Failure::Bug(format!("a release without {LIST}")));
    };
    let mut old = Vec::new();
    s.content(&list.content, &mut |bytes| {
        old.extend_from_slice(bytes);
        Ok(())
    })?;
    let sum = sha256(&report.page);
    *list = summed(LIST, named(&String::from_utf8_lossy(&old), &sum));
    out.push(summed(REPORT, report.page.clone()));
    Ok(out)
}

/// The list with the sum of the report, in the order of the paths.
fn named(list: &str, sum: &str) -> Vec<u8> {
    let lines = list.lines().filter_map(|line| line.split_once("  ")).chain([(sum, REPORT)]);
    let sorted: BTreeMap<&str, &str> = lines.map(|(sum, path)| (path, sum)).collect();
    sorted.iter().map(|(path, sum)| format!("{sum}  {path}\n")).collect::<String>().into_bytes()
}

fn summed(path: &str, bytes: Vec<u8>) -> OutFile {
    let sums = Sums { blake3: Digest::of(&bytes), sha256: sha256(&bytes) };
    OutFile { sums: Some(sums), ..OutFile::bytes(path, bytes) }
}

/// The pages. What was frozen before changes nothing in them: the same release has the same report, however often it is frozen.
fn page(of: (&Project, &Session, &Built), name: &str, as_collected: bool) -> Result<Vec<u8>, Failure> {
    let (project, s, built) = of;
    let world = &project.world;
    let own = Page::read(&world.at(world.root().join("out").join(name)))?;
    let seen = Seen::new(project, s, built);
    let mut views = Views::numbers(&seen, &Lock::default())?;
    views.released(&Released { name, columns: &own.columns, as_collected });
    let lang = views.overview.languages.first().map_or(Lang::En, |lang| Lang::of_locale(lang));
    Ok(html::report(&views, lang, usize::MAX).html.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_the_report_stands_in_its_place() {
        let list = named("aa  README.md\nbb  release.json\n", "cc");
        assert_eq!(String::from_utf8(list).unwrap(), "aa  README.md\nbb  release.json\ncc  report.html\n");
        let again = named("aa  README.md\nbb  report.html\n", "cc");
        assert_eq!(String::from_utf8(again).unwrap(), "aa  README.md\ncc  report.html\n");
    }
}

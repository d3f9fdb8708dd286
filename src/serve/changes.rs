//! What differs between two releases: those that were frozen, and what was built last, as `tamis diff` tells it.
//!
//! Releases are named out of a list of those that are there, so that no word of an address becomes a path or a revision of git.
use super::http::{Answer, Request};
use super::snapshot::Ground;
use super::{Server, asked};
use crate::engine::lock::Lock;
use crate::project::Failure;
use crate::report::difference::Difference;
use crate::report::html::live;
use crate::report::view::Views;
use crate::report::view::changes::shown;
use std::sync::Arc;

/// `GET /changes?a=NAME@VERSION&b=NAME`: without names, from what was frozen last to what the same release was built as last.
pub fn page(server: &Arc<Server>, r: &Request) -> Answer {
    let asked = ["a", "b"].map(|name| r.asked(name).map(String::from));
    let (lang, setup) = (server.language(r), server.setup.clone());
    let as_json = r.field("accept").is_some_and(|a| a.starts_with("application/json"));
    asked::ask(server, move |ground| {
        live::speak(lang);
        // a release that is frozen makes no new build
        let lock = match Lock::load(&ground.project.world) {
            Ok(lock) => lock,
            Err(say) => return asked::gone(Failure::World(say)),
        };
        let known = releases(ground, &lock);
        let Some([old, new]) = sides(&lock, &known, asked) else {
            return Answer::html(live::changes(&known, None, &Views::default()));
        };
        if let Some(unknown) = [&old, &new].into_iter().find(|name| !known.contains(name)) {
            let say = crate::diag::suggest(unknown, known.iter().map(String::as_str));
            return Answer::error(422, format!("`{unknown}` is no release that is there; {say}"));
        }
        if old == new {
            return Answer::error(422, format!("{old} would be compared with itself"));
        }
        let Some(differs) = setup.differs else { return Answer::error(500, "nothing compares releases here") };
        let mut found = match differs(&setup.root, [&old, &new]) {
            Ok(found) => found,
            Err(Failure::Usage(say) | Failure::Differs(say)) => return Answer::error(422, say),
            Err(e) => return asked::gone(e),
        };
        note(ground, &new, &mut found);
        shown(&ground.seen, &mut found, is_built(ground, &new));
        if as_json {
            return Answer::json(200, &found);
        }
        let views = Views { changes: Some(found), ..Views::default() };
        Answer::html(live::changes(&known, Some([&old, &new]), &views))
    })
}

/// What was built last, and what was frozen, the last one at the end.
fn releases(ground: &Ground, lock: &Lock) -> Vec<String> {
    let world = &ground.project.world;
    let frozen = lock.release.iter().map(|r| {
        let places =
            [format!("releases/{}-{}/release.json", r.name, r.version), format!("pins/{}-{}.json", r.name, r.version)];
        (format!("{}@{}", r.name, r.version), places.iter().any(|place| world.is_file(place)))
    });
    let steps = ground.seen.s.steps.iter().filter_map(|step| step.plan.folder.as_ref());
    let built = steps.map(|name| (name.clone(), world.is_file(&format!("out/{name}/release.json"))));
    built.chain(frozen).filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

fn is_built(ground: &Ground, name: &str) -> bool {
    ground.seen.s.steps.iter().any(|step| step.plan.folder.as_deref() == Some(name))
}

/// The sides that are asked for; nothing where none is named and nothing is frozen.
fn sides(lock: &Lock, known: &[String], asked: [Option<String>; 2]) -> Option<[String; 2]> {
    let last = || lock.release.iter().rev().map(|r| format!("{}@{}", r.name, r.version)).find(|r| known.contains(r));
    let [old, new] = asked;
    let old = old.or_else(last)?;
    let same = old.split_once('@').map_or(old.as_str(), |(name, _)| name).to_string();
    Some([old, new.unwrap_or(same)])
}

/// The folder may hold another build than the pages show.
fn note(ground: &Ground, name: &str, found: &mut Difference) {
    let runs = ground.seen.s.steps.iter().zip(&ground.seen.built.runs);
    let own = runs.filter(|(step, _)| step.plan.folder.as_deref() == Some(name)).find_map(|(_, run)| run.roots);
    if own.is_some_and(|(content, _)| content.hex() != found.new.content_root) {
        let say = format!("out/{name} holds another build than the other pages show: reload");
        found.notes.insert(0, say);
    }
}

//! The shell, the pages of the report, the state of the server, and the wish to build.
use super::http::{Answer, POLICY, Request};
use super::snapshot::Ground;
use super::{Server, asked, held};
use crate::engine::told::Answer as Told;
use crate::project::Project;
use crate::report::html::{PARTS, live};
use crate::report::lang::Lang;
use crate::report::terminal;
use crate::report::view::Views;
use crate::review::file;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The script of the pages.
const SCRIPT: &str = include_str!("serve.js");

impl Server {
    /// The language that a page asks for, else that of the server.
    pub fn language(&self, r: &Request) -> Lang {
        match r.asked("lang") {
            Some(name) => Lang::of_locale(name),
            None => self.setup.lang.unwrap_or(Lang::En),
        }
    }

    /// What a page must know before it shows anything.
    pub fn state(&self) -> Json {
        let (by, raw) = (self.setup.by.clone(), self.setup.raw);
        let (watch, builds, done) = (self.setup.watch, self.live.builds(), held(&self.done).len());
        let snapshot = self.snapshot();
        let build = snapshot.number;
        let told = snapshot.ask(move |ground| {
            let dataset = terminal::dataset(ground.project);
            let unread = by.as_ref().is_some_and(|by| !file::is_read(ground.project, &file::path(by)));
            json!({
                "name": dataset.name.get(), "version": dataset.version.get(), "languages": dataset.languages,
                "absent": absent(ground), "by": by, "unread": unread, "raw": raw, "watch": watch, "build": build, "builds": builds, "done": done,
            })
        });
        told.unwrap_or(Json::Null)
    }
}

/// Pages that a step makes, and what the names of such steps begin or end with.
const MADE: [(&str, &[&str]); 8] = [
    ("labels", &["label."]),
    ("agreement", &["/agreement"]),
    ("models", &["train."]),
    ("issues", &["clean.label_errors", "clean.label_inconsistent", "clean.label_outliers"]),
    ("wanted", &["active"]),
    ("duplicates", &["clean.exact_duplicates", "clean.near_duplicates"]),
    ("quality", &["clean.", "schema"]),
    ("privacy", &["privacy"]),
];

/// Pages of which the project declares nothing.
fn absent(ground: &Ground) -> Vec<&'static str> {
    let is = |names: &[&str], step: &str| {
        names.iter().any(|n| step.starts_with(n) || n.starts_with('/') && step.ends_with(n))
    };
    let made = |names: &[&str]| ground.seen.s.steps.iter().any(|step| is(names, &step.name));
    MADE.iter().filter(|(_, names)| !made(names)).map(|(page, _)| *page).collect()
}

pub fn shell(server: &Arc<Server>) -> Answer {
    let (html, policy) = live::shell(SCRIPT, server.setup.lang.unwrap_or(Lang::En));
    Answer { fields: vec![(POLICY, policy)], ..Answer::html(html) }
}

pub fn state(server: &Arc<Server>, _: &Request) -> Answer {
    Answer::json(200, &server.state())
}

/// `GET /view/PART`: as a fragment, or as JSON where that is accepted.
pub fn view(server: &Arc<Server>, r: &Request) -> Answer {
    let id = r.path.rsplit('/').next().unwrap_or_default().to_string();
    let Some(views) = PARTS.iter().find(|p| p.id == id).map(|p| p.views) else {
        return Answer::error(404, "there is no such page");
    };
    let as_json = r.field("accept").is_some_and(|a| a.starts_with("application/json"));
    let lang = server.language(r);
    asked::ask(server, move |ground| {
        let name = (id.clone(), lang == Lang::Ko);
        if let Some(page) = held(&ground.pages).get(&name).filter(|_| !as_json) {
            return Answer::html(page.clone());
        }
        live::speak(lang);
        let views = match Views::only(&ground.seen, &ground.lock, views) {
            Ok(views) => views,
            Err(e) => return asked::gone(e),
        };
        if as_json {
            let all = serde_json::to_value(&views).unwrap_or_default();
            return Answer::json(200, &all[&id]);
        }
        let Some(page) = live::part(&id, &views) else { return Answer::error(404, "there is no such page") };
        held(&ground.pages).insert(name, page.clone());
        Answer::html(page)
    })
}

/// What a wish to build may say.
#[derive(serde::Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Wish {
    /// Say what a build would do, and do nothing.
    #[serde(default)]
    dry_run: bool,
}

/// `POST /build`: where the server was started to build. What a build would do is told to everybody who may ask.
pub fn build(server: &Arc<Server>, r: &Request) -> Answer {
    let wish: Wish = match r.body.is_empty() {
        true => Wish::default(),
        false => match serde_json::from_slice(&r.body) {
            Ok(wish) => wish,
            Err(e) => return Answer::error(422, format!("this is no wish to build: {e}")),
        },
    };
    if wish.dry_run {
        return planned(server);
    }
    if !server.setup.watch {
        return Answer::error(403, "tamis serve was started without --watch: tamis build");
    }
    server.build_soon();
    Answer::json(200, &json!({ "building": true }))
}

/// The steps that a build would run, with how many tasks of each.
fn planned(server: &Arc<Server>) -> Answer {
    let told = Project::open(Some(&server.setup.root)).and_then(|project| {
        project.plan(&server.setup.options(), |s, built| {
            let runs = s.steps.iter().zip(&built.runs).filter(|(_, run)| run.answer() != Told::Fresh);
            let steps: Vec<Json> = runs.map(|(step, run)| json!({ "step": step.name, "tasks": run.runs })).collect();
            let tasks: usize = built.runs.iter().map(|run| run.runs).sum();
            json!({ "tasks": tasks, "steps": steps })
        })
    });
    match told {
        Ok(told) => Answer::json(200, &told),
        Err(failure) => Answer::error(422, super::words(&failure)),
    }
}

/// `POST /stop`: ends a build that runs, after the tasks in hand; what was built stays.
pub fn stop(server: &Arc<Server>, _: &Request) -> Answer {
    if !server.setup.watch {
        return Answer::error(403, "tamis serve was started without --watch: it builds nothing");
    }
    Answer::json(200, &json!({ "stopping": server.live.halt() }))
}

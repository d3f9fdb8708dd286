//! Samples under a filter, page after page; one sample with its story; pictures.
//!
//! The filter is that of `tamis show --where`. A page ends at the row where the next one begins, so that no page is counted out
//! from the start, and only the columns that the filter names are decoded for rows that are not shown.
use super::http::{Answer, Request};
use super::snapshot::Ground;
use super::{Server, asked};
use crate::digest::Digest;
use crate::formats::pixels;
use crate::report::filter::Filter;
use crate::report::html::live;
use crate::report::rows::{At, Looking};
use crate::report::snapshot::since;
use crate::report::teller::Teller;
use crate::report::view::samples::{Pictures, cards, classes};
use crate::stage::Fault;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Samples of a page, where nobody says how many, and at most.
const PAGE: usize = 24;
const PAGE_MAX: usize = 100;
/// Partitions that are looked at side by side.
const BLOCK: usize = 16;
/// How long the samples behind the page are counted.
const COUNTING: Duration = Duration::from_millis(200);
/// How long samples are looked for before a page is answered that is not full; it is gone on with where somebody asks for more.
const LOOKING: Duration = Duration::from_millis(1500);
/// Pixels of a picture that is decoded, and of the longer side of one that is given.
const PIXELS: u64 = 100_000_000;
const SIDE_MAX: u32 = 2048;

/// Rows that a filter lets through.
pub struct Found {
    pub rows: Vec<At>,
    /// Where the next page begins.
    pub next: Option<At>,
    /// How many there are from the first row of the page on, as far as they were counted.
    pub count: u64,
    /// All of them were counted.
    pub all: bool,
}

/// `GET /samples?q=FILTER&after=PART.ROW&n=24`
pub fn page(server: &Arc<Server>, r: &Request) -> Answer {
    let filter = r.asked("q").unwrap_or_default().to_string();
    let after = match r.asked("after").map(place) {
        Some(None) => return Answer::error(400, "`after` is PART.ROW"),
        after => after.flatten(),
    };
    let n = r.asked("n").and_then(|n| n.parse().ok()).unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let lang = server.language(r);
    let build = server.snapshot().number;
    asked::ask(server, move |ground| {
        live::speak(lang);
        let filter = match Filter::parse(&filter, &ground.seen.samples.columns) {
            Ok(filter) => filter,
            Err(say) => return Answer::error(422, say.trim_start_matches("--where, ")),
        };
        let found = match found(ground, filter, after.unwrap_or_default(), n) {
            Ok(found) => found,
            Err(e) => return asked::gone(e),
        };
        match shown(ground, &found.rows, build) {
            Ok(html) => Answer::json(
                200,
                &serde_json::json!({
                    "html": html, "shown": found.rows.len(), "count": found.count, "all": found.all,
                    "next": found.next.map(|(n, row)| format!("{n}.{row}")),
                }),
            ),
            Err(e) => asked::gone(e),
        }
    })
}

/// A row as an address names it.
fn place(text: &str) -> Option<At> {
    let (n, row) = text.split_once('.')?;
    Some((n.parse().ok()?, row.parse().ok()?))
}

/// The first `most` rows from `from` on that a filter lets through.
pub fn found(ground: &Ground, filter: Filter, from: At, most: usize) -> Result<Found, Fault> {
    let begun = Instant::now();
    let seen = &ground.seen;
    let step = seen.s.steps.len().saturating_sub(1);
    let looking = Looking { s: seen.s, built: seen.built, snapshot: &seen.samples, filter, step, left: false };
    let since = since(seen.s.steps, &seen.samples.table);
    let parts = seen.samples.parts.len();
    let mut out = Found { rows: Vec::new(), next: None, count: 0, all: true };
    let mut first = from.0;
    while first < parts {
        let end = (first + BLOCK).min(parts);
        let slots: Vec<Mutex<Result<Vec<u32>, Fault>>> = (first..end).map(|_| Mutex::new(Ok(Vec::new()))).collect();
        seen.s.exec.each(end - first, &|i| {
            let begin = if first + i == from.0 { from.1 } else { 0 };
            let mut rows = Vec::new();
            let told = looking.part((first + i, begin), &BTreeSet::new(), &since, &mut |(_, row), _| {
                rows.push(row);
                Ok(true)
            });
            if let Some(slot) = slots.get(i) {
                *super::held(slot) = told.map(|_| rows);
            }
        });
        for (i, slot) in slots.into_iter().enumerate() {
            let rows = slot.into_inner().unwrap_or_else(|e| e.into_inner())?;
            out.count += rows.len() as u64;
            for row in rows {
                match out.rows.len() < most {
                    true => out.rows.push((first + i, row)),
                    false => _ = out.next.get_or_insert((first + i, row)),
                }
            }
        }
        first = end;
        let enough = if out.next.is_some() { COUNTING } else { LOOKING };
        if first < parts && begun.elapsed() >= enough {
            out.next.get_or_insert((first, 0));
            out.all = false;
            break;
        }
    }
    Ok(out)
}

/// Rows as cards that lead to their stories.
fn shown(ground: &Ground, rows: &[At], build: u64) -> Result<String, Fault> {
    let classes = classes(&ground.seen);
    let mut out = String::new();
    for ((n, row), mut card) in cards(&ground.seen, rows, Pictures::Named)? {
        card.story = Some(format!("#/sample?at={n}.{row}&build={build}"));
        ground.name(card.picture.as_ref().map(|p| p.blob));
        out.push_str(&live::card(&card, &classes));
    }
    Ok(out)
}

/// `GET /sample?at=PART.ROW&build=N`
pub fn story(server: &Arc<Server>, r: &Request) -> Answer {
    let Some(at) = r.asked("at").and_then(place) else { return Answer::error(400, "`at` is PART.ROW") };
    let build = server.snapshot().number;
    if r.asked("build").is_some_and(|of| of != build.to_string()) {
        return Answer::error(410, "another build is shown now; find the sample again");
    }
    let (lang, raw) = (server.language(r), server.setup.raw);
    asked::ask(server, move |ground| {
        live::speak(lang);
        let Some(part) = ground.seen.samples.parts.get(at.0).filter(|p| at.1 < p.rows.unwrap_or(0)) else {
            return Answer::error(404, "there is no such sample");
        };
        let told = || -> Result<(String, String), Fault> {
            let id = crate::engine::ledger::id(ground.seen.s, part, at.1)?.unwrap_or_default();
            let teller = Teller { project: ground.project, s: ground.seen.s, built: ground.seen.built, raw };
            let mut story = teller.story(&id, part, at.1)?;
            if ground.seen.ids_hidden {
                story.id = "(hidden)".into();
                story.collected.place = None;
                story.steps.iter_mut().for_each(|s| s.favoured_over.clear());
            }
            Ok((shown(ground, &[at], build)?, story.text(&ground.project.manifest.file)))
        };
        match told() {
            Ok((card, story)) => Answer::html(live::story(&card, &story)),
            Err(e) => asked::gone(e),
        }
    })
}

/// `GET /blob/DIGEST?side=512`: a picture that stands on a page, made smaller.
pub fn blob(server: &Arc<Server>, r: &Request) -> Answer {
    let digest = r.path.rsplit('/').next().and_then(Digest::parse);
    let side = r.asked("side").and_then(|n| n.parse().ok()).unwrap_or(live::SIDE).clamp(16, SIDE_MAX);
    let Some(digest) = digest else { return Answer::error(404, "there is no such picture") };
    asked::ask(server, move |ground| {
        if !super::held(&ground.named).contains(&digest) {
            return Answer::error(404, "no page shows such a picture");
        }
        let bytes = match ground.seen.s.open(digest) {
            Ok(bytes) => bytes,
            Err(e) => return asked::gone(e),
        };
        match pixels::thumbnail(&bytes, PIXELS, side) {
            Ok(made) => Answer { status: 200, kind: "image/jpeg", fields: Vec::new(), body: made.jpeg },
            Err(_) => Answer::error(422, "the picture cannot be decoded"),
        }
    })
}

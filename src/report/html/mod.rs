//! `tamis report` as one HTML file: the views as pages in a fixed order, samples packed into blocks behind them. No request
//! leaves the file, and everything but the filter is read without a script.
mod agreement;
pub mod block;
mod changes;
mod chart;
mod duplicates;
mod fields;
mod findings;
mod flow;
mod issues;
mod labels;
mod licences;
pub mod live;
mod models;
mod overview;
mod page;
mod pipeline;
mod privacy;
mod quality;
mod sample;
mod samples;
mod splits;
mod wanted;
pub mod words;

use self::words::W;
use super::lang::Lang;
use super::view::{View, Views};
use maud::Markup;

/// A page of the report.
pub struct Part {
    /// Where its section is found: `#flow`.
    pub id: &'static str,
    /// The key that leads to it, behind `g`.
    pub key: Option<char>,
    pub title: W,
    /// What it is made of.
    pub views: &'static [View],
    /// Nothing where the page has no content.
    pub render: fn(&Views) -> Option<Markup>,
}

/// All pages, in the order in which they stand.
pub const PARTS: &[Part] = &[
    Part { id: "overview", key: Some('o'), title: W::Overview, views: &[View::Overview], render: overview::part },
    Part { id: "changes", key: None, title: W::Changes, views: &[], render: changes::part },
    Part { id: "flow", key: Some('f'), title: W::Flow, views: &[View::Flow], render: flow::part },
    Part { id: "pipeline", key: Some('p'), title: W::Pipeline, views: &[View::Pipeline], render: pipeline::part },
    Part { id: "fields", key: Some('d'), title: W::Fields, views: &[View::Fields], render: fields::part },
    Part { id: "labels", key: Some('l'), title: W::Labels, views: &[View::Labels], render: labels::part },
    Part { id: "agreement", key: None, title: W::Agreement, views: &[View::Agreement], render: agreement::part },
    Part { id: "models", key: Some('m'), title: W::Models, views: &[View::Models], render: models::part },
    Part { id: "issues", key: Some('i'), title: W::Issues, views: &[View::Issues], render: issues::part },
    Part { id: "wanted", key: None, title: W::ToLabel, views: &[View::Wanted], render: wanted::part },
    Part { id: "duplicates", key: None, title: W::Duplicates, views: &[View::Duplicates], render: duplicates::part },
    Part { id: "quality", key: None, title: W::Quality, views: &[View::Quality], render: quality::part },
    Part { id: "privacy", key: None, title: W::Privacy, views: &[View::Privacy], render: privacy::part },
    Part { id: "licences", key: None, title: W::Licences, views: &[View::Licences], render: licences::part },
    Part { id: "splits", key: None, title: W::Splits, views: &[View::Labels, View::Splits], render: splits::part },
    Part { id: "samples", key: Some('s'), title: W::Samples, views: &[], render: samples::part },
    Part { id: "findings", key: Some('x'), title: W::Findings, views: &[View::Findings], render: findings::part },
];

/// A report as it is written.
pub struct Report {
    pub html: String,
    /// Samples that the file holds, of those that were chosen.
    pub shown: usize,
    pub chosen: usize,
}

/// Samples that stand in the page itself, and bytes that they may take there.
const FIRST: usize = 24;
const FIRST_BYTES: usize = 120 << 10;

/// Bytes that are kept free for what is only known at the end.
const SPARE: usize = 512;

/// What the head of a report says; another file is not written over.
pub const MARK: &str = "name=\"generator\" content=\"tamis report\"";

/// Renders the file: aggregates are always whole; where `most` bytes are not enough, samples are taken back by rank.
pub fn report(views: &Views, lang: Lang, most: usize) -> Report {
    words::choose(lang);
    let made: Vec<(&Part, Markup)> = PARTS.iter().filter_map(|p| Some((p, (p.render)(views)?))).collect();
    let cards: Vec<String> =
        views.samples.cards.iter().map(|c| sample::card(c, &views.samples.classes).into_string()).collect();
    let fixed = page::whole(views, &made, &page::Cards::default()).len() + SPARE;
    let mut room = most.saturating_sub(fixed);
    let mut first = 0;
    let mut bytes = 0;
    for card in cards.iter().take(FIRST) {
        bytes += card.len();
        if bytes > FIRST_BYTES.min(room) {
            break;
        }
        first += 1;
    }
    let (here, rest) = cards.split_at(first);
    room = room.saturating_sub(here.iter().map(String::len).sum());
    let (blocks, packed) = block::blocks(rest, room);
    let held = page::Cards { here, blocks: &blocks, shown: first + packed };
    let html = page::whole(views, &made, &held);
    Report { html, shown: first + packed, chosen: cards.len() }
}

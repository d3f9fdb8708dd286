//! How good are the models?
use super::chart::{dot, scroll, shade};
use super::page::{key, text, told};
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::models::{ClassScore, Scored};
use maud::{Markup, html};
use std::collections::BTreeMap;

/// Classes that are shown against each other; of more the pairs are listed.
const SQUARE: usize = 12;
/// Pairs that are listed.
const LISTED: usize = 20;

pub fn part(views: &Views) -> Option<Markup> {
    if views.models.is_empty() {
        return None;
    }
    Some(html! { @for m in &views.models { (model(m)) } })
}

/// A score that is better the less it is has no place on a scale to 1.
fn rises(name: &str) -> bool {
    !matches!(name, "log_loss" | "calibration_error" | "brier")
}

fn model(m: &Scored) -> Markup {
    html! {
        h3 { code { (text(&m.step)) } }
        p class="dim" { (W::ScoredOf.with(&[number(m.samples), number(m.without)])) }
        (scroll(W::ScrollChart, html! { table {
            thead { tr { th scope="col" { (W::ScoreIs) } th scope="col" class="n" { (W::Value) } th scope="col" { (W::Interval) } th class="fill" aria-hidden="true" {} } }
            tbody { @for s in &m.scores { tr {
                th scope="row" { code { (s.name) } }
                td class="n" { (s.value.to_string()) }
                td { @if let Some((low, high)) = s.interval { (format!("{low:.4}–{high:.4}")) } }
                td { @if rises(s.name) { (dot(s.value.to_string().parse().unwrap_or(f64::NAN), s.interval, (0.0, 1.0))) } @else { span class="dim" { (W::LessIsBetter) } } }
            } } }
        } }))
        @for g in &m.gates { p { (W::AskedFor) " " (told(&g.want)) " " (key(&g.key, g.line)) } }
        @if m.answers_hidden { p class="dim" { (W::NothingByClass) } }
        (classes(&m.by_class))
        (confused(m))
    }
}

fn classes(of: &[ClassScore]) -> Markup {
    let Some(first) = of.first() else { return html! {} };
    html! {
        h4 { (W::EachClass) }
        (scroll(W::ScrollChart, html! { table {
            thead { tr {
                th scope="col" { (W::Class) } th scope="col" class="n" { (W::GivenN) } th scope="col" class="n" { (W::PredictedN) }
                @if first.right.is_some() { th scope="col" class="n" { (W::RightN) } }
                @for (name, _) in &first.scores { th scope="col" class="n" { (heading(name)) } }
                th class="fill" aria-hidden="true" {}
            } }
            tbody { @for c in of { tr {
                th scope="row" { (text(&c.class)) }
                @for n in [c.given, c.predicted].into_iter().chain(c.right) { td class="n" { (number(n)) } }
                @for (_, score) in &c.scores { td class="n" { (score) } }
                td { (dot(c.scores.last().and_then(|s| s.1.parse().ok()).unwrap_or(f64::NAN), None, (0.0, 1.0))) }
            } } }
        } }))
    }
}

/// What stands above the column of a score.
fn heading(name: &str) -> Markup {
    match name {
        "precision" => html! { (W::Precision) },
        "recall" => html! { (W::Recall) },
        "f1" => html! { "F1" },
        "map" => html! { "mAP" },
        "map50" => html! { "mAP50" },
        other => html! { (other) },
    }
}

/// Given classes against predicted ones; what is right stands on the diagonal.
fn confused(m: &Scored) -> Markup {
    if m.confused.is_empty() {
        return html! {};
    }
    let names: Vec<&str> = m.by_class.iter().map(|c| c.class.as_str()).collect();
    if names.len() > SQUARE {
        return pairs(W::Confused, [W::GivenClass, W::PredictedClass], &m.confused);
    }
    let mut cells: BTreeMap<(&str, &str), u64> =
        m.confused.iter().map(|(given, predicted, n)| ((given.as_str(), predicted.as_str()), *n)).collect();
    let most = cells.values().max().copied().unwrap_or(0);
    cells.extend(m.by_class.iter().map(|c| ((c.class.as_str(), c.class.as_str()), c.right.unwrap_or(0))));
    let cell = |given: &str, predicted: &str| {
        let n = cells.get(&(given, predicted)).copied().unwrap_or(0);
        let class = if given == predicted { "n dim".to_string() } else { shade(n, most) };
        html! { td class=(class) { (number(n)) } }
    };
    html! {
        h4 { (W::Confused) }
        (scroll(W::ScrollTable, html! { table class="heat" {
            caption { (W::ConfusedSay) }
            thead { tr { th scope="col" { (W::GivenClass) } @for name in &names { th scope="col" class="n" { (text(name)) } } } }
            tbody { @for given in &names { tr { th scope="row" { (text(given)) } @for predicted in &names { (cell(given, predicted)) } } } }
        } }))
    }
}

/// Pairs of classes, most first.
pub fn pairs(title: W, [first, second]: [W; 2], of: &[(String, String, u64)]) -> Markup {
    let most = of.iter().map(|p| p.2).max().unwrap_or(0);
    html! {
        h4 { (title) }
        (scroll(W::ScrollTable, html! { table class="heat" {
            thead { tr { th scope="col" { (first) } th scope="col" { (second) } th scope="col" class="n" { (W::Count) } } }
            tbody { @for (a, b, n) in of.iter().take(LISTED) { tr { th scope="row" { (text(a)) } td { (text(b)) } td class=(shade(*n, most)) { (number(*n)) } } } }
        } }))
        @if of.len() > LISTED { p class="dim" { (W::MoreMembers.with(&[number((of.len() - LISTED) as u64)])) } }
    }
}

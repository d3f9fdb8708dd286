//! Which labels are wrong?
use super::chart::{bars, decimal, dot, scroll, shade};
use super::models::pairs;
use super::page::{key, text};
use super::sample::card;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::doubts::{Doubts, OUTLIERS};
use crate::report::view::issues::Issues;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.issues.is_none() && views.doubts.is_empty() {
        return None;
    }
    Some(html! {
        @if let Some(i) = &views.issues { (predicted(i, &views.classes)) }
        @for d in &views.doubts { (doubts(d, &views.classes)) }
    })
}

/// What a model finds.
fn predicted(i: &Issues, classes: &[String]) -> Markup {
    let counts = [i.suspects, i.compared, i.asked, i.decided].map(number);
    html! {
        h3 { code { "label." (text(&i.task)) } }
        (estimate(i))
        p { (W::IssuesSay.with(&counts)) }
        @if i.without > 0 { p class="dim" { (W::NoPrediction.with(&[number(i.without)])) } }
        @if i.answers_hidden { p class="dim" { (W::NothingByClass) } }
        @if !i.pairs.is_empty() { (pairs(W::ProbablyPairs, [W::GivenClass, W::LikelyClass], &i.pairs)) }
        @if !i.faults.is_empty() {
            h4 { (W::FaultsOfSpans) }
            (bars([W::Fault, W::Tags], &i.faults.iter().map(|(name, n)| (html! { (fault(name)) }, *n)).collect::<Vec<_>>()))
        }
        @if !i.worst.is_empty() {
            h4 { (W::MostDoubted) }
            div class="cards" { @for d in &i.worst { div { p class="dim" { (W::QualityIs) " " (decimal(d.quality)) } (card(&d.card, classes)) } } }
        }
    }
}

/// What stands out beside the other labels.
fn doubts(d: &Doubts, classes: &[String]) -> Markup {
    let outliers = d.step == OUTLIERS;
    let counts = [d.doubted, d.compared, if outliers { d.samples } else { d.values }].map(number);
    html! {
        h3 { code { (d.step) } " " small { code { "label." (text(&d.task)) } } " " (key(&d.step, d.line)) }
        p { ((if outliers { W::OutliersSay } else { W::InconsistentSay }).with(&counts)) }
        @if d.unjudged > 0 { p class="dim" { (W::Unjudged.with(&[number(d.unjudged)])) } }
        @if d.answers_hidden { p class="dim" { (W::NothingByClass) } }
        @if !d.pairs.is_empty() { (pairs(W::OtherClasses, [W::GivenClass, W::MostFrequent], &d.pairs)) }
        @if !d.limits.is_empty() { (limits(&d.limits)) }
        @if !d.first.is_empty() {
            h4 { (W::FirstOfThem) }
            div class="cards" { @for c in &d.first { (card(c, classes)) } }
        }
    }
}

fn limits(of: &[[String; 6]]) -> Markup {
    let beyond = |row: &[String; 6]| row[5].parse().unwrap_or(0);
    let most = of.iter().map(beyond).max().unwrap_or(0);
    let n = |value: &String| value.parse().map_or_else(|_| value.clone(), number);
    html! {
        h4 { (W::Usual) }
        (scroll(W::ScrollTable, html! { table {
            thead { tr {
                th scope="col" { (W::Class) } th scope="col" { (W::MeasureOf) }
                @for w in [W::Annotations, W::Lowest, W::Highest, W::Beyond] { th scope="col" class="n" { (w) } }
            } }
            tbody { @for row in of { tr {
                th scope="row" { @if row[0].is_empty() { (W::WholeSample) } @else { (text(&row[0])) } }
                td { (measure(&row[1])) }
                @for value in &row[2..5] { td class="n" { (n(value)) } } td class=(shade(beyond(row), most)) { (n(&row[5])) }
            } } }
        } }))
    }
}

fn measure(name: &str) -> Markup {
    match name {
        "size" => html! { (W::MeasureSize) },
        "aspect" => html! { (W::MeasureAspect) },
        "count" => html! { (W::MeasureCount) },
        "length" => html! { (W::MeasureLength) },
        other => html! { (text(other)) },
    }
}

fn estimate(i: &Issues) -> Markup {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    let Some(noise) = i.noise else { return html! { p { (W::NoEstimate) } } };
    html! {
        p class="state" {
            @match i.interval {
                Some((low, high)) => (W::NoiseBetween.with(&[percent(noise), percent(low), percent(high)])),
                None => (W::NoiseIs.with(&[percent(noise)])),
            }
            " " (dot(noise, i.interval, (0.0, 1.0)))
        }
        @if let Some(agreeing) = i.agreeing { p { (W::ModelAgrees.with(&[percent(agreeing)])) } }
    }
}

fn fault(name: &str) -> Markup {
    match name {
        "missing" => html! { (W::FaultMissing) },
        "spurious" => html! { (W::FaultSpurious) },
        "class" => html! { (W::FaultClass) },
        "boundary" => html! { (W::FaultBoundary) },
        other => html! { (text(other)) },
    }
}

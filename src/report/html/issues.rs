//! Which labels are wrong?
use super::chart::{bars, decimal, dot};
use super::models::pairs;
use super::page::text;
use super::sample::card;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::issues::Issues;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let i = views.issues.as_ref()?;
    let counts = [i.suspects, i.compared, i.asked, i.decided].map(number);
    Some(html! {
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
            div class="cards" { @for d in &i.worst { div { p class="dim" { (W::QualityIs) " " (decimal(d.quality)) } (card(&d.card, &views.classes)) } } }
        }
    })
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

//! Show me: the filter, and what is not shown and why. The samples themselves stand behind this part.
use super::page::text;
use super::words::W;
use crate::report::view::Views;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let s = &views.samples;
    let chips = |word: &str, of: Vec<&String>| {
        let word = word.to_string();
        html! { @if of.len() > 1 { @for name in of.into_iter().take(20) {
            button type="button" class="chip" data-q=(text(&format!("{word}:{}", quoted(name)))) { (word) ":" (text(name)) } " "
        } } }
    };
    Some(html! {
        @if s.cards.is_empty() { p { (W::NoSamples) } }
        @for (source, why) in &s.withheld {
            p class="dim" { (withheld(why).with(&[text(source).into_owned()])) }
        }
        @if !s.hidden.is_empty() { p class="dim" { (W::HiddenColumns) " " (text(&s.hidden.join(", "))) } }
        @if !s.attribution.is_empty() {
            p class="dim" { (W::Named) } ul class="dim" { @for a in &s.attribution { li { (text(a)) } } }
        }
        form role="search" id="filter" hidden {
            label for="q" { (W::Search) }
            input id="q" type="search" autocomplete="off" spellcheck="false" aria-describedby="hint" {}
            p id="hint" class="dim" { code { (W::SearchHint) } }
            p class="chips" {
                (chips("split", s.splits.iter().collect())) (chips("class", s.classes.iter().collect()))
                (chips("source", s.sources.iter().collect())) (chips("finding", s.rules.iter().collect()))
            }
        }
    })
}

/// A value as the filter takes it.
fn quoted(of: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    if of.chars().all(plain) { of.to_string() } else { format!("\"{}\"", of.replace('"', "\"\"")) }
}

/// Why samples of a source are not shown.
fn withheld(why: &str) -> W {
    match why {
        "unknown" => W::WithheldUnknown,
        "no_derivatives" => W::WithheldNd,
        _ => W::WithheldShare,
    }
}

//! Show me: the filter, and what is not shown and why. The samples themselves stand behind this part.
use super::page::text;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::samples::{Card, Samples};
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.numbers_alone {
        return None;
    }
    let s = &views.samples;
    let chips = |word: &str, of: Vec<&String>| {
        let word = word.to_string();
        let more = of.len().saturating_sub(CHIPS) as u64;
        // a rule that spoke is worth a chip also where it is the only one; a single split or source parts nothing
        html! { @if of.len() > 1 || word == "finding" {
            @for name in of.into_iter().take(CHIPS) {
                button type="button" class="chip" data-q=(text(&term(s, &word, name))) { (word) ":" (text(name)) } " "
            }
            @if more > 0 { span class="dim" { (word) ": " (W::MoreMembers.with(&[number(more)])) } " " }
        } }
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

/// Chips of one sort that are offered; others are typed.
const CHIPS: usize = 20;

/// What a chip asks for. Of a rule that took all of its samples out, those are meant: without a status only living samples
/// are looked through.
fn term(s: &Samples, word: &str, name: &String) -> String {
    let own = format!("{word}:{}", quoted(name));
    let lives = |c: &Card| c.status == "living" && c.said.iter().any(|said| said.rule == *name);
    if word == "finding" && !s.cards.iter().any(lives) { format!("{own} status:dropped,merged,held") } else { own }
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

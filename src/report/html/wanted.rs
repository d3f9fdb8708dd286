//! What should be labelled next?
use super::page::text;
use super::sample::card;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let w = views.wanted.as_ref()?;
    let counts = [w.chosen, w.candidates, w.at_random].map(number);
    Some(html! {
        h3 { code { "label." (text(&w.task)) } }
        p { (W::WantedSay.with(&counts)) }
        p class="dim" { (W::AskedModels) " " (text(&w.from.join(", "))) }
        @if w.without > 0 { p class="dim" { (W::NoPrediction.with(&[number(w.without)])) } }
        @if !w.first.is_empty() {
            h4 { (W::FirstOfThem) }
            div class="cards" { @for c in &w.first { (card(c, &views.classes)) } }
        }
        pre tabindex="0" { "tamis label export " (text(&w.task)) " --only queue --tool TOOL" }
    })
}

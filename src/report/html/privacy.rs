//! What was found and masked?
use super::chart::scroll;
use super::page::{key, text};
use super::words::W;
use crate::report::view::Views;
use crate::stage::Fact;
use maud::{Markup, html};

/// Rows of a small table that are told.
const ROWS: usize = 200;

pub fn part(views: &Views) -> Option<Markup> {
    if views.privacy.is_empty() {
        return None;
    }
    Some(html! {
        p { (W::PrivacySay) }
        @for step in &views.privacy {
            h3 { code { (step.step) } " " (key(&step.step, step.line)) }
            (facts(&step.facts))
        }
    })
}

/// Facts of a step: numbers in one table, small tables behind it.
pub fn facts(of: &std::collections::BTreeMap<String, Fact>) -> Markup {
    let plain = || of.iter().filter(|(_, f)| !matches!(f, Fact::Table { .. }));
    html! {
        @if plain().next().is_some() {
            (scroll(W::ScrollTable, html! { table {
                thead { tr { th scope="col" { (W::Fact) } th scope="col" class="n" { (W::Value) } } }
                tbody { @for (name, fact) in plain() { tr { th scope="row" { (text(name)) } td class="n" { (text(&fact.to_string())) } } } }
            } }))
        }
        @for (name, fact) in of { @if let Fact::Table { columns, rows } = fact {
            (scroll(W::ScrollTable, html! { table {
                caption { (text(name)) }
                thead { tr { @for c in columns { th scope="col" { (text(c)) } } } }
                tbody { @for row in rows.iter().take(ROWS) { tr { @for cell in row { td { (text(cell)) } } } } }
            } }))
        } }
    }
}

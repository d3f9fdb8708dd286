//! What do the filters do?
use super::chart::{bar, scroll};
use super::page::key;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let q = &views.quality;
    if q.filters.is_empty() {
        return None;
    }
    let most = q.filters.iter().map(|f| f.removed.max(f.flagged)).max().unwrap_or(0);
    let named = |n: usize| q.filters.get(n).map_or(String::new(), |f| format!("{} {}", f.step, f.rule));
    Some(html! {
        (scroll(W::ScrollChart, html! { table {
            thead { tr {
                th scope="col" { (W::Filter) } th scope="col" { (W::Key) }
                th scope="col" class="n" { (W::Removed) } th class="fill" aria-hidden="true" {}
                th scope="col" class="n" { (W::Flagged) } th class="fill" aria-hidden="true" {}
            } }
            tbody { @for f in &q.filters { tr {
                th scope="row" { code { (f.step) } " " code { (f.rule) } } td { (key(&f.key, f.line)) }
                td class="n" { (number(f.removed)) } td { (bar(f.removed, most, "loss")) }
                td class="n" { (number(f.flagged)) } td { (bar(f.flagged, most, "b")) }
            } } }
        } }))
        @if !q.both.is_empty() {
            h3 { (W::Both) }
            (scroll(W::ScrollTable, html! { table {
                thead { tr { th scope="col" { (W::Filter) } th scope="col" { (W::Filter) } th scope="col" class="n" { (W::SamplesN) } } }
                tbody { @for (a, b, n) in &q.both { tr { td { code { (named(*a)) } } td { code { (named(*b)) } } td class="n" { (number(*n)) } } } }
            } }))
        }
    })
}

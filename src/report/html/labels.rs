//! Are labels enough, and even?
use super::chart::{bar, histogram, scroll, shade};
use super::page::text;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::labels::{PLACES, Task};
use maud::{Markup, html};
use std::collections::BTreeSet;

pub fn part(views: &Views) -> Option<Markup> {
    if views.labels.is_empty() {
        return None;
    }
    Some(html! { @for t in &views.labels { (task(t)) } })
}

fn task(t: &Task) -> Markup {
    html! {
        h3 { code { "label." (t.task) } " " small { (t.kind) @if let Some(v) = &t.guideline { ", " (W::Guideline) " " (text(v)) } } }
        @if !t.classes.is_empty() && t.ratings.is_none() { (classes(t)) }
        @if t.more > 0 { p class="dim" { (W::MoreClasses.with(&[number(t.more)])) } }
        (splits(t))
        @if let Some(s) = &t.ratings { (histogram(html! { (W::Ratings) }, None, s)) }
        @if let Some(s) = &t.a_sample { (histogram(html! { (W::PerSample) }, None, s)) }
        @if let Some(s) = &t.lengths { (histogram(html! { (W::SpanLengths) }, Some(W::Characters), s)) }
        @if let Some(s) = &t.sides { (histogram(html! { (W::BoxSides) }, None, s)) }
        @if !t.places.is_empty() { (places(&t.places)) }
        @if !t.pairs.is_empty() { (pairs(t)) }
    }
}

fn names(t: &Task) -> Vec<&String> {
    t.splits.iter().filter(|(_, held)| held.hidden == 0).map(|(split, _)| split).collect()
}

fn classes(t: &Task) -> Markup {
    let splits = names(t);
    let most = t.classes.iter().flat_map(|c| c.by_split.values()).copied().max().unwrap_or(0);
    let all = t.classes.iter().map(|c| c.annotations).max().unwrap_or(0);
    let table = html! { table {
        caption { (W::ClassBySplit) }
        thead { tr {
            th scope="col" { (W::Class) }
            @for s in &splits { th scope="col" class="n" { (text(s)) } }
            th scope="col" class="n" { (W::Annotations) } th scope="col" class="n" { (W::SamplesN) } th class="fill" aria-hidden="true" {}
        } }
        tbody { @for c in &t.classes { tr {
            th scope="row" { (text(&c.class)) }
            @for s in &splits { @let n = c.by_split.get(*s).copied().unwrap_or(0); td class=(shade(n, most)) { (number(n)) } }
            td class="n" { (number(c.annotations)) } td class="n" { (number(c.samples)) } td { (bar(c.annotations, all, "b")) }
        } } }
    } };
    scroll(W::ScrollChart, table)
}

fn splits(t: &Task) -> Markup {
    scroll(
        W::ScrollTable,
        html! { table {
            caption { (W::SplitTable) }
            thead { tr { th scope="col" { (W::Split) } @for w in [W::SamplesN, W::Annotations, W::Unlabelled, W::Empty] { th scope="col" class="n" { (w) } } } }
            tbody { @for (name, h) in &t.splits { tr {
                th scope="row" { (text(name)) }
                td class="n" { (number(h.samples)) }
                @for n in [h.annotations, h.unlabelled, h.empty] { td class="n" { @if h.hidden > 0 { (W::AnswersHidden) } @else { (number(n)) } } }
            } } }
        } },
    )
}

fn places(of: &[u64]) -> Markup {
    let most = of.iter().copied().max().unwrap_or(0);
    let table = html! { table class="heat" {
        caption { (W::BoxPlaces) }
        thead { tr { td {} @for k in 1..=PLACES { th scope="col" class="n" aria-label=(super::words::filled(W::Column.text(), &[k.to_string()])) { (k) } } } }
        tbody { @for (r, row) in of.chunks(PLACES).enumerate() { tr {
            th scope="row" aria-label=(super::words::filled(W::Row.text(), &[(r + 1).to_string()])) { (r + 1) }
            @for n in row { td class=(shade(*n, most)) { (number(*n)) } }
        } } }
    } };
    scroll(W::ScrollChart, table)
}

fn pairs(t: &Task) -> Markup {
    let met: BTreeSet<&String> = t.pairs.iter().flat_map(|(a, b, _)| [a, b]).collect();
    let order: Vec<&String> = t.classes.iter().map(|c| &c.class).filter(|c| met.contains(c)).collect();
    let most = t.pairs.iter().map(|p| p.2).max().unwrap_or(0);
    let n = |a: &String, b: &String| {
        t.pairs.iter().find(|(x, y, _)| (x, y) == (a, b) || (y, x) == (a, b)).map_or(0, |p| p.2)
    };
    let table = html! { table class="heat" {
        caption { (W::Pairs) }
        thead { tr { td {} @for c in &order { th scope="col" class="n" { (text(c)) } } } }
        tbody { @for a in &order { tr {
            th scope="row" { (text(a)) }
            @for b in &order { @if a == b { td {} } @else { td class=(shade(n(a, b), most)) { (number(n(a, b))) } } }
        } } }
    } };
    scroll(W::ScrollChart, table)
}

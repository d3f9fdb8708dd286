//! Where did samples go?
use super::chart::{bar, scroll};
use super::page::key;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::flow::{Loss, Rung};
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let f = &views.flow;
    if f.rungs.is_empty() {
        return None;
    }
    let most = f.rungs.iter().map(|r| r.kept).max().unwrap_or(0);
    let lost = f.rungs.iter().map(|r| r.lost).max().unwrap_or(0);
    Some(html! {
        p { (W::FlowSay) }
        (scroll(W::ScrollChart, html! { table class="ladder" {
            thead { tr {
                th scope="col" { (W::Step) }
                th scope="col" class="n" { (W::Kept) } th class="fill" aria-hidden="true" {}
                th scope="col" class="n" { (W::Lost) } th class="fill" aria-hidden="true" {}
                th scope="col" { (W::Reasons) }
            } }
            tbody { @for r in &f.rungs { (rung(r, most, lost)) } }
        } }))
        @if !f.balance.is_empty() { h3 { (W::Balance) } (balance(views)) }
    })
}

fn rung(r: &Rung, most: u64, lost: u64) -> Markup {
    html! {
        tr {
            th scope="row" { code { (r.step) } }
            td class="n" { @if r.source { "+" } (number(r.kept)) } td { (bar(r.kept, most, "b")) }
            td class="n" { (number(r.lost)) } td { (bar(r.lost, lost, "loss")) }
            td class="wide" { @if !r.losses.is_empty() { ul class="plain" { @for l in &r.losses { li { (loss(l)) } } } } }
        }
    }
}

fn loss(l: &Loss) -> Markup {
    let how = match l.how {
        "merged" => W::Merged,
        "held" => W::Held,
        _ => W::Dropped,
    };
    html! { (number(l.samples)) " " (how) " " code { (l.rule) } " " (key(&l.key, l.line)) }
}

fn balance(views: &Views) -> Markup {
    let head = [W::Collected, W::Born, W::Released, W::Excluded, W::Dropped, W::Merged, W::Held];
    scroll(
        W::ScrollTable,
        html! { table {
            thead { tr { th scope="col" { (W::Release) } @for w in head { th scope="col" class="n" { (w) } } } }
            tbody { @for (name, b) in &views.flow.balance { tr {
                th scope="row" { (name) }
                @for n in [b.collected, b.born, b.released, b.excluded, b.dropped, b.merged, b.held] { td class="n" { (number(n)) } }
            } } }
        } },
    )
}

//! May I release this?
use super::chart::{bars, percent, scroll};
use super::page::{key, text, told};
use super::words::W;
use crate::report::status::Measured;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::numbers::share;
use crate::report::view::overview::Overview;
use maud::{Markup, html};

/// Gates that hold are told one by one up to so many.
const FOLDED: usize = 8;

pub fn part(views: &Views) -> Option<Markup> {
    let o = &views.overview;
    Some(html! {
        p class=(if o.failing() > 0 || !o.whole { "state bad" } else { "state ok" }) {
            @if o.failing() > 0 || !o.whole { "✗ " } @else { "✓ " } (state(o))
        }
        @if !o.whole { p { (W::NotWhole) } }
        @if let Some(say) = &o.description { p { (text(say)) } }
        dl class="facts" {
            @if let Some(l) = &o.license { dt { (W::Licence) } dd { (text(l)) } }
            dt { (W::Version) } dd { (text(&o.version)) }
            @if !o.languages.is_empty() { dt { (W::Languages) } dd { (o.languages.join(", ")) } }
        }
        (splits(o))
        (gates(&o.gates))
        (waiting(o))
        @if !o.hidden.is_empty() { p { (W::HiddenColumns) " " (text(&o.hidden.join(", "))) } }
        (again(o, views.numbers_alone))
    })
}

fn state(o: &Overview) -> Markup {
    let all = o.gates.len();
    match (o.failing(), o.waiting()) {
        (0, _) if !o.whole => html! { (W::NotWhole) },
        (0, 0) => W::Ready.with(&[all.to_string()]),
        (0, n) => W::ReadyWaiting.with(&[all.to_string(), number(n)]),
        (n, _) => W::Failing.with(&[n.to_string(), all.to_string()]),
    }
}

fn splits(o: &Overview) -> Markup {
    let all: u64 = o.splits.values().sum();
    let name = |split: &str, n: u64| html! { (text(split)) " " span class="dim" { (percent(share(n, all))) } };
    let rows: Vec<(Markup, u64)> = o.splits.iter().map(|(split, n)| (name(split, *n), *n)).collect();
    html! { h3 { (W::BySplit) } (bars([W::Split, W::SamplesN], &rows)) }
}

fn gates(of: &[Measured]) -> Markup {
    let row = |g: &Measured| {
        let (sign, class, word) = match g.pass {
            Some(true) => ("✓", "ok", W::Holds),
            Some(false) => ("✗", "bad", W::Fails),
            None => ("?", "dim", W::Unknown),
        };
        html! {
            tr {
                th scope="row" { (text(&g.fact)) }
                td { (told(&g.want)) }
                td { @if let Some(got) = &g.got { (text(got)) } }
                td class=(class) { (sign) " " (word) }
                td { (key(&g.key, g.line)) }
            }
        }
    };
    // what holds is folded where there is much of it
    let (hold, open): (Vec<&Measured>, Vec<&Measured>) = of.iter().partition(|g| g.pass == Some(true));
    let table = |of: &[&Measured]| {
        scroll(
            W::ScrollTable,
            html! { table {
                thead { tr { @for w in [W::Gate, W::Wanted, W::Measured, W::Result, W::Key] { th scope="col" { (w) } } } }
                tbody { @for g in of { (row(g)) } }
            } },
        )
    };
    html! {
        h3 { (W::Gates) }
        @if of.is_empty() { p { (W::NoGates) } }
        @if !open.is_empty() { (table(&open)) }
        @if hold.len() > FOLDED {
            details { summary { span class="ok" { "✓ " (W::Hold.with(&[hold.len().to_string()])) } } (table(&hold)) }
        } @else if !hold.is_empty() { (table(&hold)) }
    }
}

fn waiting(o: &Overview) -> Markup {
    let unmet: u64 = o.unmet.values().sum();
    let rows: Vec<(Markup, u64)> = o.review.iter().map(|(step, n)| (html! { code { (step) } }, *n)).collect();
    html! {
        @if !rows.is_empty() { h3 { (W::Waiting) } (bars([W::Step, W::SamplesN], &rows)) }
        @if unmet > 0 { p { (W::Unmet.with(&[number(unmet)])) } }
    }
}

fn again(o: &Overview, numbers_alone: bool) -> Markup {
    let made = match o.releases.first().filter(|_| numbers_alone) {
        Some(release) => format!("tamis release {}", text(&release.name)),
        None => "tamis report".into(),
    };
    html! {
        @if o.releases.iter().any(|r| r.content_root.is_some()) {
            h3 { (W::Roots) }
            (scroll(W::ScrollTable, html! { table {
                thead { tr { @for w in [W::Release, W::ContentRoot, W::FilesRoot] { th scope="col" { (w) } } } }
                tbody { @for r in &o.releases { tr {
                    th scope="row" { (text(&r.name)) }
                    @for root in [&r.content_root, &r.files_root] { td { code class="root" { (root.as_deref().unwrap_or("?")) } } }
                } } }
            } }))
        }
        h3 { (W::Again) }
        p { (W::AgainSay) }
        pre tabindex="0" { "tamis build --locked\n" (made) }
        @if numbers_alone { p class="dim" { (W::NumbersAlone) } }
    }
}

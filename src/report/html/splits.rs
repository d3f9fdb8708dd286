//! Is the test fair?
use super::chart::{dumbbell, percent, scroll};
use super::page::{key, text, told};
use super::privacy::facts;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::splits::{Share, Splits};
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    let s = views.splits.as_ref()?;
    let whole: Vec<&Share> = s.shares.iter().filter(|x| x.what.is_empty()).collect();
    let classes: Vec<&Share> = s.shares.iter().filter(|x| !x.what.is_empty()).collect();
    let listed = |of: &[String]| of.join(", ");
    Some(html! {
        dl class="facts" {
            dt { (W::Seed) } dd { (s.seed) }
            @if !s.stratify.is_empty() { dt { (W::Stratify) } dd { (text(&listed(&s.stratify))) } }
            @if !s.group.is_empty() { dt { (W::Group) } dd { (text(&listed(&s.group))) } }
            @if let Some(given) = &s.given { dt { (W::Given) } dd { (text(given)) } }
            dt { (W::Key) } dd { (key("split", s.line)) }
        }
        @for (column, n) in &s.leaks {
            p class=(if *n > 0 { "bad" } else { "ok" }) { (if *n > 0 { "✗ " } else { "✓ " }) (W::Leaks.with(&[text(column).into_owned(), number(*n)])) }
        }
        p class="dim" { (W::SplitSay) }
        (table(W::BySplit, &whole))
        @if !classes.is_empty() { (table(W::OfClass, &classes)) }
        @if !s.leakage.is_empty() { h3 { (W::Leakage) } (facts(&s.leakage)) }
        @if !s.leaked.is_empty() { (leaked(s)) }
        details { summary { (W::Measured) } (facts(&s.facts)) }
    })
}

/// The samples that leak, each with the one that it has something in common with.
fn leaked(s: &Splits) -> Markup {
    let more = s.leaked_all.saturating_sub(s.leaked.len() as u64);
    html! {
        (scroll(
            W::ScrollChart,
            html! { table {
                caption { (W::Leaked) }
                thead { tr { @for w in [W::Id, W::Split, W::Rule, W::InCommon] { th scope="col" { (w) } } } }
                tbody { @for l in &s.leaked { tr {
                    th scope="row" { bdi class="id" { (text(&l.id)) } }
                    td { (text(&l.split)) } td { code { (l.rule) } } td { (told(&l.say)) }
                } } }
            } },
        ))
        @if more > 0 { p class="dim" { (W::MoreLeaked.with(&[number(more)])) } }
    }
}

fn table(title: W, of: &[&Share]) -> Markup {
    let named = of.iter().any(|s| !s.what.is_empty());
    scroll(
        W::ScrollChart,
        html! { table {
            caption { (title) }
            thead { tr {
                @if named { th scope="col" { (W::Class) } }
                th scope="col" { (W::Split) }
                @for w in [W::Target, W::Reached, W::Count] { th scope="col" class="n" { (w) } }
                th class="fill" aria-hidden="true" {}
            } }
            tbody { @for s in of { tr {
                @if named { th scope="row" { (text(&s.what)) } }
                th scope="row" { (text(&s.split)) }
                td class="n" { (percent(s.wanted)) } td class="n" { (percent(s.reached)) } td class="n" { (number(s.samples)) }
                td { (dumbbell(s.wanted, s.reached)) }
            } } }
        } },
    )
}

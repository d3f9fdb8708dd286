//! What is in it?
use super::chart::{bars, histogram, percent, scroll};
use super::page::text;
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::fields::{Field, Filled};
use crate::report::view::numbers::share;
use maud::{Markup, html};
use std::collections::BTreeMap;

pub fn part(views: &Views) -> Option<Markup> {
    if views.fields.is_empty() {
        return None;
    }
    Some(html! {
        (scroll(W::ScrollTable, html! { table {
            thead { tr {
                th scope="col" { (W::Fields) } th scope="col" { (W::Type) }
                @for w in [W::Rows, W::Nulls, W::Distinct] { th scope="col" class="n" { (w) } }
            } }
            tbody { @for f in &views.fields { tr {
                th scope="row" { code { (text(&f.name)) } } td { (text(&cut(&f.r#type))) }
                td class="n" { (number(f.rows)) } td class="n" { (number(f.nulls)) } td class="n" { (distinct(f)) }
            } } }
        } }))
        @for f in &views.fields { (field(f)) }
    })
}

fn distinct(f: &Field) -> Markup {
    if f.distinct_over {
        W::OverDistinct.with(&[number(f.distinct)])
    } else {
        html! { (number(f.distinct)) }
    }
}

fn field(f: &Field) -> Markup {
    let unit = match f.unit {
        "characters" => Some(W::Characters),
        "items" => Some(W::Items),
        "bytes" => Some(W::Bytes),
        _ => None,
    };
    let rows: Vec<(Markup, u64)> = f.top.iter().map(|(v, n)| (html! { bdi { (text(v)) } }, *n)).collect();
    let several = f.by_split.len() > 1 || f.by_source.len() > 1;
    let empty =
        !f.hidden && f.answers_hidden == 0 && f.spread.is_none() && rows.is_empty() && !(several && f.nulls > 0);
    if empty {
        return html! {};
    }
    html! {
        h3 { code { (text(&f.name)) } }
        @if f.hidden { p { (W::HiddenField) } }
        @if f.answers_hidden > 0 { p { (W::FieldAnswers.with(&[number(f.answers_hidden)])) } }
        @if let Some(s) = &f.spread { (histogram(html! { (text(&f.name)) }, unit, s)) }
        @if !rows.is_empty() {
            details open { summary { (W::Top) } (bars([W::Value, W::Count], &rows)) @if f.more > 0 { p class="dim" { (W::MoreValues.with(&[number(f.more)])) } } }
        }
        @if several && f.nulls > 0 { details { summary { (W::Filled) } (filled(W::Split, &f.by_split)) (filled(W::Source, &f.by_source)) } }
    }
}

fn filled(what: W, of: &BTreeMap<String, Filled>) -> Markup {
    scroll(
        W::ScrollTable,
        html! { table {
            thead { tr { th scope="col" { (what) } @for w in [W::Rows, W::Nulls, W::Share] { th scope="col" class="n" { (w) } } } }
            tbody { @for (name, f) in of { tr {
                th scope="row" { (text(name)) } td class="n" { (number(f.rows)) } td class="n" { (number(f.nulls)) }
                td class="n" { (percent(share(f.rows - f.nulls, f.rows))) }
            } } }
        } },
    )
}

fn cut(of: &str) -> String {
    of.chars().take(120).collect()
}

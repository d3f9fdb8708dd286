//! Do people agree, and on what do they not?
use super::chart::{dot, scroll};
use super::page::{key, text, told};
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::agreement::{Agreement, Line};
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.agreement.is_empty() {
        return None;
    }
    Some(html! { @for a in &views.agreement { (task(a)) } })
}

/// The ends of the scale: coefficients fall below 0 where people agree less than chance would have it.
fn ends(a: &Agreement) -> (f64, f64) {
    let lines = a.by_class.iter().chain(&a.by_annotator).chain(&a.by_pair).filter_map(Line::value);
    let below = lines.chain(a.interval.map(|i| i.0)).any(|v| v < 0.0);
    if below { (-1.0, 1.0) } else { (0.0, 1.0) }
}

fn task(a: &Agreement) -> Markup {
    let ends = ends(a);
    let numbers = [a.shared, a.single, a.annotators, a.pairs].map(number);
    html! {
        h3 { code { "label." (a.task) } }
        (scroll(W::ScrollChart, html! { table {
            thead { tr { th scope="col" { (W::Coefficient) } th scope="col" class="n" { (W::Value) } th scope="col" { (W::Interval) } th class="fill" aria-hidden="true" {} } }
            tbody { @for (n, (name, value)) in a.values.iter().enumerate() {
                @let interval = a.interval.filter(|_| n == 0);
                tr {
                    th scope="row" { (name) } td class="n" { (value.to_string()) }
                    td { @if let Some((low, high)) = interval { (format!("{low:.4}–{high:.4}")) } }
                    td { (dot(value.to_string().parse().unwrap_or(f64::NAN), interval, ends)) }
                }
            } }
        } }))
        @for g in &a.gates { p { (W::AskedFor) " " (told(&g.want)) " " (key(&g.key, g.line)) } }
        p { (W::SharedSay.with(&numbers)) }
        @if !a.advice.is_empty() { h4 { (W::Advice) } ul { @for say in &a.advice { li { (told(say)) } } } }
        @if a.answers_hidden { p class="dim" { (W::NothingByClass) } }
        (lines(W::ByClass, W::Class, &a.by_class, ends))
        (quadrants(W::ByQuadrant, [W::Class, W::Agreement, W::ModelFinds], &a.quadrants))
        (lines(W::ByVersion, W::GuidelineVersion, &a.by_version, ends))
        (lines(W::ByAnnotator, W::Annotator, &a.by_annotator, ends))
        (quadrants(W::ByPace, [W::Annotator, W::AnswersAnHour, W::Agreement], &a.by_pace))
        (lines(W::ByPair, W::Annotator, &a.by_pair, ends))
    }
}

/// Each class, or annotator, by two measures, with the quadrant and what to do first.
fn quadrants(title: W, [what, one, other]: [W; 3], of: &[Vec<String>]) -> Markup {
    if of.is_empty() {
        return html! {};
    }
    html! {
        h4 { (title) }
        (scroll(W::ScrollChart, html! { table {
            thead { tr {
                th scope="col" { (what) } th scope="col" class="n" { (one) } th scope="col" class="n" { (other) }
                th scope="col" { (W::Quadrant) } th scope="col" { (W::First) }
            } }
            tbody { @for row in of { @if let [name, one, other, quadrant, first] = row.as_slice() { tr {
                th scope="row" { (text(name)) } td class="n" { (text(one)) } td class="n" { (text(other)) }
                td { (told(quadrant)) } td { (told(first)) }
            } } } }
        } }))
    }
}

fn lines(title: W, what: W, of: &[Line], ends: (f64, f64)) -> Markup {
    if of.is_empty() {
        return html! {};
    }
    html! {
        h4 { (title) }
        (scroll(W::ScrollChart, html! { table {
            thead { tr { th scope="col" { (what) } th scope="col" class="n" { (W::RestsOn) } th scope="col" class="n" { (W::Agreement) } th class="fill" aria-hidden="true" {} } }
            tbody { @for l in of { tr {
                th scope="row" { (text(&l.names.join(", "))) } td class="n" { (l.of) } td class="n" { (text(&l.agreement)) }
                td { (dot(l.value().unwrap_or(f64::NAN), None, ends)) }
            } } }
        } }))
    }
}

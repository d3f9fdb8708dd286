//! What was done, with which parameters?
use super::chart::{graph, scroll};
use super::page::{key, text};
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::pipeline::{Edge, Node};
use maud::{Markup, html};

/// Characters of parameters that are told of a step.
const CHARS: usize = 400;

pub fn part(views: &Views) -> Option<Markup> {
    let p = &views.pipeline;
    if p.steps.is_empty() {
        return None;
    }
    let bad = |i: usize| p.steps.get(i).is_some_and(|s| s.state == "failed");
    let reads = |i: usize| {
        let from = p.edges.iter().filter(|e| e.to == i).filter_map(|e| Some((p.steps.get(e.from)?, e)));
        let one = |(s, e): (&Node, &Edge)| match e.columns.as_str() {
            "" => s.step.clone(),
            columns => format!("{} ({columns})", s.step),
        };
        from.map(one).collect::<Vec<_>>().join("; ")
    };
    let state = |state: &str| match state {
        "built" => W::StateBuilt,
        "failed" => W::StateFailed,
        _ => W::StateSkipped,
    };
    Some(html! {
        p { (W::PipelineSay) }
        (scroll(W::ScrollChart, graph(&p.drawn(), &bad)))
        (scroll(W::ScrollTable, html! { table {
            thead { tr {
                th scope="col" { (W::Step) } th scope="col" { (W::State) } th scope="col" class="n" { (W::Findings) }
                th scope="col" { (W::Parameters) } th scope="col" { (W::Reads) }
            } }
            tbody { @for (i, s) in p.steps.iter().enumerate() { tr {
                th scope="row" { code { (s.step) } br; (key(&s.path, s.line)) }
                td { (state(s.state)) }
                td class="n" { (number(s.findings)) }
                td class="wide" { (folded(&s.parameters, OPEN, &|of| html! { code { (text(of)) } })) }
                td class="wide dim" { (folded(&reads(i), READS, &|of| html! { (text(of)) })) }
            } } }
        } }))
    })
}

/// What is long is folded, so that the steps are seen beside each other.
fn folded(of: &str, most: usize, shown: &dyn Fn(&str) -> Markup) -> Markup {
    let whole = shown(&cut(of));
    if of.chars().count() <= most {
        return whole;
    }
    let first: String = of.chars().take(most).collect();
    html! { details { summary { (shown(&first)) "…" } (whole) } }
}

/// Characters of parameters, and of what a step reads from, that stand open.
const OPEN: usize = 48;
const READS: usize = 120;

fn cut(of: &str) -> String {
    match of.char_indices().nth(CHARS) {
        Some((at, _)) => format!("{}…", of.get(..at).unwrap_or_default()),
        None => of.to_string(),
    }
}

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
                td class="wide" { (parameters(&s.parameters)) }
                td class="wide dim" { (text(&cut(&reads(i)))) }
            } } }
        } }))
    })
}

/// Long ones are folded, so that the steps are seen beside each other.
fn parameters(of: &str) -> Markup {
    let shown = html! { code { (text(&cut(of))) } };
    if of.chars().count() <= FOLDED {
        return shown;
    }
    let first: String = of.chars().take(FOLDED).collect();
    html! { details { summary { code { (text(&first)) "…" } } (shown) } }
}

/// Characters of parameters that stand open.
const FOLDED: usize = 48;

fn cut(of: &str) -> String {
    match of.char_indices().nth(CHARS) {
        Some((at, _)) => format!("{}…", of.get(..at).unwrap_or_default()),
        None => of.to_string(),
    }
}

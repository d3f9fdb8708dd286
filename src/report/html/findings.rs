//! What is wrong with the data?
use super::chart::scroll;
use super::page::{key, text};
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::findings::Rule;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.findings.is_empty() {
        return Some(html! { p { (W::NoFindings) } });
    }
    Some(scroll(
        W::ScrollTable,
        html! { table {
            thead { tr {
                th scope="col" { (W::Rule) } th scope="col" { (W::What) }
                th scope="col" class="n" { (W::SamplesN) } th scope="col" class="n" { (W::Times) }
                th scope="col" { (W::Key) } th scope="col" { (W::Places) } th scope="col" { (W::See) }
            } }
            tbody { @for r in &views.findings { (row(r)) } }
        } },
    ))
}

fn row(r: &Rule) -> Markup {
    let what = match r.act {
        "review" => W::ActReview,
        "fail" => W::ActFail,
        "dropped" => W::Dropped,
        "merged" => W::Merged,
        _ => W::ActFinding,
    };
    html! { tr {
        th scope="row" { code { (r.rule) } br; code class="dim" { (r.step) } }
        td { (what) }
        td class="n" { (number(r.samples)) } td class="n" { (number(r.times)) }
        td { (key(&r.key, r.line)) }
        td { @if !r.places.is_empty() { ul class="plain" { @for p in &r.places { li { bdi { (text(p)) } } } } } }
        td { code { "tamis show " (r.step) " --findings" } }
    } }
}

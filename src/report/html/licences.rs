//! May it be used?
use super::chart::scroll;
use super::page::{key, text};
use super::words::W;
use crate::report::terminal::{bytes, number};
use crate::report::view::Views;
use crate::report::view::licences::Source;
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.licences.is_empty() {
        return None;
    }
    Some(html! {
        (scroll(W::ScrollTable, html! { table {
            thead { tr {
                th scope="col" { (W::Source) } th scope="col" { (W::Licence) } th scope="col" { (W::Verdict) }
                @for w in [W::SamplesN, W::Files, W::Bytes] { th scope="col" class="n" { (w) } }
                th scope="col" { (W::Evidence) } th scope="col" { (W::Attribution) }
            } }
            tbody { @for s in &views.licences { (row(s)) } }
        } }))
    })
}

fn row(s: &Source) -> Markup {
    let verdict = match s.breaks {
        None => None,
        Some("license.no-derivatives") => Some(W::BreaksNd),
        Some("license.non-commercial") => Some(W::BreaksNc),
        Some("license.share-alike") => Some(W::BreaksSa),
        Some("license.attribution") => Some(W::BreaksBy),
        Some("license.redistribute") => Some(W::BreaksShare),
        Some("license.limits") => Some(W::BreaksLimits),
        Some("license.notice") => Some(W::BreaksNotice),
        Some(_) => Some(W::BreaksOpen),
    };
    html! { tr {
        th scope="row" { (text(&s.source)) br; (key(&format!("collect.{}", s.source), s.line)) }
        td { @match &s.license { Some(l) => { (text(l)) } None => { (W::NoLicence) } } }
        td { @match verdict { Some(w) => { span class="bad" { "✗ " (w) } } None => { span class="ok" { "✓ " (W::Fits) } } } }
        td class="n" { (number(s.samples)) } td class="n" { (number(s.files)) } td class="n" { (bytes(s.bytes)) }
        td { @if let Some(e) = &s.evidence { code { (text(e)) } } }
        td class="wide" { @if let Some(a) = &s.attribution { (text(a)) } }
    } }
}

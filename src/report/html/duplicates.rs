//! What is the same?
use super::chart::bars;
use super::page::{key, text, told};
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::duplicates::{Cluster, Duplicates};
use maud::{Markup, html};

pub fn part(views: &Views) -> Option<Markup> {
    if views.duplicates.is_empty() {
        return None;
    }
    Some(html! { @for d in &views.duplicates { (step(d)) } })
}

fn step(d: &Duplicates) -> Markup {
    let sizes: Vec<(Markup, u64)> = d.sizes.iter().map(|(size, n)| (html! { (number(*size)) }, *n)).collect();
    let sources: Vec<(Markup, u64)> = d.sources.iter().map(|(pair, n)| (html! { (text(pair)) }, *n)).collect();
    html! {
        h3 { code { (d.step) } " " (key(&d.step, d.line)) }
        p { (W::LeftSay.with(&[number(d.left)])) }
        h4 { (W::ClusterSizes) } (bars([W::Size, W::Clusters], &sizes))
        h4 { (W::FromTo) } (bars([W::Source, W::SamplesN], &sources))
        @if d.clusters.iter().any(|c| c.kept.is_some() || c.text.is_some()) {
            h4 { (W::Largest) }
            @for c in &d.clusters { (cluster(c)) }
        }
    }
}

/// The one that stayed stands first; of the others, what differs from it is marked.
fn cluster(c: &Cluster) -> Markup {
    let more = (c.size - 1).saturating_sub(c.members.len() as u64);
    let kept = c.text.as_deref().unwrap_or_default();
    html! {
        ul class="strip" {
            li class="stays" {
                strong { (W::Stayed) } " " @if let Some(id) = &c.kept { bdi class="id" { (text(id)) } } " "
                @if c.text.is_some() { span class="t" { (text(kept)) } }
            }
            @for m in &c.members { li {
                (W::Left) " " @if let Some(id) = &m.id { bdi class="id" { (text(id)) } } " "
                @if let Some(source) = &m.source { span class="chip" { (text(source)) } " " }
                @if let Some(own) = &m.text { (difference(kept, own)) }
                @if !m.say.is_empty() { " " span class="dim" { (told(&m.say)) } }
            } }
        }
        @if more > 0 { p class="dim" { (W::MoreMembers.with(&[number(more)])) } }
    }
}

/// A text, with what stands between its common beginning and end with another one marked.
fn difference(kept: &str, own: &str) -> Markup {
    let (a, b): (Vec<char>, Vec<char>) = (kept.chars().collect(), own.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let most = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
    let piece = |from: usize, to: usize| b.get(from..to).unwrap_or_default().iter().collect::<String>();
    let middle = piece(start, b.len() - end);
    html! {
        span class="t" {
            (text(&piece(0, start)))
            @if !middle.is_empty() { ins { (text(&middle)) } }
            (text(&piece(b.len() - end, b.len())))
        }
    }
}

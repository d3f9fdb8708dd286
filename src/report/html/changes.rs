//! What is different from an earlier release?
use super::chart::scroll;
use super::page::{key, text, told};
use super::words::W;
use crate::report::difference::{Difference, Side};
use crate::report::terminal::number;
use crate::report::view::Views;
use maud::{Markup, html};

/// Characters of a value in an example, and how many examples are shown.
const CHARS: usize = 400;
const EXAMPLES: usize = 20;

pub fn part(views: &Views) -> Option<Markup> {
    let d = views.changes.as_ref()?;
    let name = |s: &Side| format!("{} {}", s.release, s.version);
    let rows = [
        (W::Unchanged, d.samples.same),
        (W::Added, d.samples.added),
        (W::Removed, d.samples.removed),
        (W::Changed, d.samples.changed),
        (W::Moved, d.samples.moved),
    ];
    Some(html! {
        p { (W::ChangesSay.with(&[name(&d.old), name(&d.new)])) @if d.same { " " (W::Same) } }
        @for note in &d.notes { p class="dim" { (told(note)) } }
        (scroll(W::ScrollTable, html! { table {
            thead { tr { th scope="col" { (W::Changes) } th scope="col" class="n" { (W::SamplesN) } } }
            tbody { @for (w, n) in rows { tr { th scope="row" { (w) } td class="n" { (number(n)) } } } }
        } }))
        (splits(d)) (reasons(d)) (columns(d))
        (values(d)) @if !d.examples.is_empty() { (examples(d)) }
    })
}

fn pair(title: W, rows: Vec<(Markup, String, String)>) -> Markup {
    if rows.is_empty() {
        return html! {};
    }
    html! { h3 { (title) } (scroll(W::ScrollTable, html! { table {
        thead { tr { td {} th scope="col" class="n" { (W::Before) } th scope="col" class="n" { (W::After) } } }
        tbody { @for (name, old, new) in rows { tr { th scope="row" { (name) } td class="n" { (old) } td class="n" { (new) } } } }
    } })) }
}

fn splits(d: &Difference) -> Markup {
    let of = |n: &u64| number(*n);
    let rows = d.splits.iter().map(|(s, p)| (html! { (text(s)) }, of(&p.old), of(&p.new)));
    let moved = d.moved.iter().map(|m| (html! { (text(&m.from)) " → " (text(&m.to)) }, m.samples));
    html! {
        (pair(W::BySplit, rows.collect()))
        @for (name, n) in moved { p { (name) ": " (number(n)) " " (W::Moved) } }
    }
}

fn reasons(d: &Difference) -> Markup {
    if d.reasons.is_empty() {
        return html! {};
    }
    html! { h3 { (W::WhyChanged) } (scroll(W::ScrollTable, html! { table {
        thead { tr { th scope="col" { (W::Changes) } th scope="col" { (W::Reasons) } th scope="col" { (W::Key) } th scope="col" class="n" { (W::SamplesN) } } }
        tbody { @for r in &d.reasons { tr {
            td { (if r.change == "added" { W::Added } else { W::Removed }) }
            td { (r.how) " " code { (r.step) } } td { (key(&r.key, r.line)) } td class="n" { (number(r.samples)) }
        } } }
    } })) }
}

fn columns(d: &Difference) -> Markup {
    let c = &d.columns;
    if c.changed.is_empty() && c.added.is_empty() && c.removed.is_empty() && c.retyped.is_empty() {
        return html! {};
    }
    html! { h3 { (W::ChangedColumns) } (scroll(W::ScrollTable, html! { table {
        thead { tr { th scope="col" { (W::Fields) } th scope="col" { (W::Changes) } } }
        tbody {
            @for (name, n) in &c.changed { tr { th scope="row" { code { (text(name)) } } td { (number(*n)) " " (W::SamplesN) } } }
            @for name in &c.added { tr { th scope="row" { code { (text(name)) } } td { (W::Added) } } }
            @for name in &c.removed { tr { th scope="row" { code { (text(name)) } } td { (W::Removed) } } }
            @for (name, p) in &c.retyped { tr { th scope="row" { code { (text(name)) } } td { (text(&p.old)) " → " (text(&p.new)) } } }
        }
    } })) }
}

fn values(d: &Difference) -> Markup {
    let of =
        |(column, values): (&String, &std::collections::BTreeMap<String, crate::report::difference::Pair<u64>>)| {
            let row = |(v, p): (&String, &crate::report::difference::Pair<u64>)| {
                (html! { code { (text(column)) } " " (text(v)) }, number(p.old), number(p.new))
            };
            values.iter().map(row).collect::<Vec<_>>()
        };
    pair(W::ChangedValues, d.values.iter().flat_map(of).take(200).collect())
}

fn examples(d: &Difference) -> Markup {
    let cut = |of: &str| of.chars().take(CHARS).collect::<String>();
    html! { h3 { (W::Examples) } (scroll(W::ScrollTable, html! { table {
        thead { tr { th scope="col" { (W::Id) } th scope="col" { (W::Fields) } th scope="col" { (W::Before) } th scope="col" { (W::After) } } }
        tbody { @for e in d.examples.iter().take(EXAMPLES) { tr {
            th scope="row" { bdi { (text(&e.id)) } } td { code { (text(&e.column)) } }
            td class="wide" { del { (text(&cut(&e.old))) } } td class="wide" { ins { (text(&cut(&e.new))) } }
        } } }
    } })) }
}

//! The forms of chart, drawn as tables with a bar in a cell, or as SVG with its numbers in a table beside it. No form needs a
//! script, and none says anything by colour alone.
use super::words::W;
use crate::report::terminal::number;
use crate::report::view::numbers::Spread;
use maud::{Markup, html};

/// Pixels of the longest bar.
const WIDE: u64 = 220;

/// A region that scrolls by itself, so that the page never does.
pub fn scroll(what: W, inner: Markup) -> Markup {
    html! { div class="scroll" tabindex="0" role="group" aria-label=(what.text()) data-wl=(what as usize) { (inner) } }
}

/// A length of `n` where `most` is the longest; what is there at all is seen.
fn length(n: u64, most: u64) -> u64 {
    let long = (u128::from(n) * u128::from(WIDE)).div_ceil(u128::from(most.max(1))) as u64;
    if n == 0 { 0 } else { long.clamp(1, WIDE) }
}

/// A bar within a cell.
pub fn bar(n: u64, most: u64, class: &str) -> Markup {
    html! {
        svg class="bar" width=(WIDE) height="12" viewBox=(format!("0 0 {WIDE} 12")) preserveAspectRatio="none" aria-hidden="true" focusable="false" {
            rect class=(class) width=(length(n, most)) height="12" {}
        }
    }
}

/// Bars with their numbers: name, number, bar.
pub fn bars(head: [W; 2], rows: &[(Markup, u64)]) -> Markup {
    let most = rows.iter().map(|r| r.1).max().unwrap_or(0);
    let table = html! {
        table {
            thead { tr { th scope="col" { (head[0]) } th scope="col" class="n" { (head[1]) } th class="fill" aria-hidden="true" {} } }
            tbody { @for (name, n) in rows { tr { th scope="row" { (name) } td class="n" { (number(*n)) } td { (bar(*n, most, "b")) } } } }
        }
    };
    scroll(W::ScrollChart, table)
}

/// A number as it is read: whole ones with separators, others with up to four digits behind the point.
pub fn decimal(n: f64) -> String {
    if n.fract() == 0.0 && n.abs() < 1e15 {
        let sign = if n < 0.0 { "-" } else { "" };
        return format!("{sign}{}", number(n.abs() as u64));
    }
    if n.abs() >= 1e15 || n.abs() < 1e-4 {
        return format!("{n:e}");
    }
    format!("{n:.4}").trim_end_matches('0').trim_end_matches('.').to_string()
}

/// Columns over ranges of equal width, the table folded below.
pub fn histogram(title: Markup, unit: Option<W>, of: &Spread) -> Markup {
    let most = of.bars.iter().map(|b| b.n).max().unwrap_or(0).max(1);
    let width = of.bars.len() as u64 * 22;
    let name = |b: &crate::report::view::numbers::Bar| match b.over {
        true => W::Over.with(&[decimal(b.from)]),
        false => html! { (decimal(b.from)) "–" (decimal(b.to)) },
    };
    html! {
        figure class="hist" {
            figcaption {
                (title) " " span class="dim" {
                    (W::MinMedianMax.with(&[decimal(of.min), decimal(of.max), decimal(of.median)]))
                    @if let Some(unit) = unit { " · " (unit) }
                }
            }
            div class="scroll" tabindex="0" role="group" aria-label=(W::ScrollChart.text()) data-wl=(W::ScrollChart as usize) {
                svg class="cols" width=(width) height="84" viewBox=(format!("0 0 {width} 84")) aria-hidden="true" focusable="false" {
                    @for (k, b) in of.bars.iter().enumerate() {
                        @let high = if b.n == 0 { 0 } else { (b.n * 80).div_ceil(most) };
                        rect class=(if b.over { "over" } else { "b" }) x=(k * 22) y=(82 - high) width="20" height=(high) {}
                    }
                    line class="axis" x1="0" x2=(width) y1="83" y2="83" {}
                }
            }
            details {
                summary { (W::Values) }
                table {
                    thead { tr { th scope="col" { (W::Range) } th scope="col" class="n" { (W::Count) } } }
                    tbody { @for b in of.bars.iter().filter(|b| b.n > 0) { tr { th scope="row" { (name(b)) } td class="n" { (number(b.n)) } } } }
                }
            }
        }
    }
}

/// The shade of a cell of a heat table, from 0 to 8.
pub fn shade(n: u64, most: u64) -> String {
    let of = if n == 0 { 0 } else { 1 + (u128::from(n) * 7 / u128::from(most.max(1))).min(7) as u64 };
    format!("n h{of}")
}

/// A number between `low` and `high`, with its interval where there is one.
pub fn dot(value: f64, interval: Option<(f64, f64)>, (low, high): (f64, f64)) -> Markup {
    let x = |v: f64| (((v - low) / (high - low)).clamp(0.0, 1.0) * WIDE as f64).round() as u64 + 6;
    html! {
        svg class="dots" width=(WIDE + 12) height="14" viewBox=(format!("0 0 {} 14", WIDE + 12)) aria-hidden="true" focusable="false" {
            line class="axis" x1="6" x2=(WIDE + 6) y1="7" y2="7" {}
            @if let Some((a, b)) = interval { line class="ci" x1=(x(a)) x2=(x(b)) y1="7" y2="7" {} }
            @if value.is_finite() { circle class="dot" cx=(x(value)) cy="7" r="5" {} }
        }
    }
}

/// What was asked for as a ring, what was reached as a dot; both in hundredths of a percent.
pub fn dumbbell(wanted: u64, reached: u64) -> Markup {
    let x = |v: u64| v.min(10_000) * WIDE / 10_000 + 6;
    html! {
        svg class="dots" width=(WIDE + 12) height="14" viewBox=(format!("0 0 {} 14", WIDE + 12)) aria-hidden="true" focusable="false" {
            line class="axis" x1="6" x2=(WIDE + 6) y1="7" y2="7" {}
            line class="ci" x1=(x(wanted)) x2=(x(reached)) y1="7" y2="7" {}
            circle class="ring" cx=(x(wanted)) cy="7" r="5" {}
            circle class="dot" cx=(x(reached)) cy="7" r="3.5" {}
        }
    }
}

/// Hundredths of a percent as percent.
pub fn percent(of: u64) -> String {
    format!("{}.{:02} %", of / 100, of % 100)
}

/// The width and height of a box of a graph, and what lies between boxes.
const BOX: (usize, usize) = (190, 26);
const GAP: (usize, usize) = (46, 12);

/// Boxes in layers from left to right, and lines between them.
pub fn graph(of: &crate::report::view::pipeline::Drawn, bad: &dyn Fn(usize) -> bool) -> Markup {
    let layers = of.boxes.iter().map(|b| b.2 + 1).max().unwrap_or(0);
    let deep = of.boxes.iter().map(|b| b.3 + 1).max().unwrap_or(0);
    let (width, height) = (layers * (BOX.0 + GAP.0), deep * (BOX.1 + GAP.1) + 4);
    let left = |layer: usize| layer * (BOX.0 + GAP.0) + 2;
    let top = |place: usize| place * (BOX.1 + GAP.1) + 2;
    let line = |(a, b): &(usize, usize)| -> Option<String> {
        let (a, b) = (of.boxes.get(*a)?, of.boxes.get(*b)?);
        let (x1, y1) = (left(a.2) + BOX.0, top(a.3) + BOX.1 / 2);
        let (x2, y2) = (left(b.2), top(b.3) + BOX.1 / 2);
        let (c1, c2) = (x1 + GAP.0 / 2, x2.saturating_sub(GAP.0 / 2));
        Some(format!("M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}"))
    };
    html! {
        svg class="graph" width=(width) height=(height) viewBox=(format!("0 0 {width} {height}")) role="img" aria-label=(W::Graph.text()) data-wl=(W::Graph as usize) {
            @for d in of.lines.iter().filter_map(line) { path class="edge" d=(d) {} }
            @for (name, first, layer, place) in &of.boxes {
                rect class=(if bad(*first) { "node bad" } else { "node" }) x=(left(*layer)) y=(top(*place)) width=(BOX.0) height=(BOX.1) rx="4" {}
                text x=(left(*layer) + 8) y=(top(*place) + 18) { (cut(name)) title { (name) } }
            }
        }
    }
}

/// A name that fits into a box.
fn cut(name: &str) -> String {
    match name.char_indices().nth(26) {
        Some((at, _)) => format!("{}…", name.get(..at).unwrap_or_default()),
        None => name.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_seen_and_numbers_are_read() {
        assert_eq!([length(0, 9), length(1, 1_000_000), length(9, 9)], [0, 1, WIDE]);
        assert_eq!([decimal(1234.0), decimal(-0.5), decimal(0.12345)].join(" "), "1,234 -0.5 0.1235");
        assert_eq!([shade(0, 5), shade(1, 1000), shade(5, 5)].join(" "), "n h0 n h1 n h8");
        assert_eq!(percent(1234), "12.34 %");
    }
}

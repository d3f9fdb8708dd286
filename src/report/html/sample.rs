//! One sample as a card: texts with spans, pictures with boxes, labels, and what steps said of it.
use super::block::base64;
use super::page::{key, text, told};
use super::words::W;
use crate::report::shown;
use crate::report::terminal::number;
use crate::report::view::drawn::Drawn;
use crate::report::view::samples::{Card, Content, Marked, Picture, Said, THUMBNAIL};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Classes have so many colours; a class beyond them has another underline.
const COLOURS: usize = 6;

/// A text of so many characters without a span stands beside the name of its field.
const INLINE: u64 = 60;

/// The look of a class, by its place in the manifest.
pub fn look(class: &str, classes: &[String]) -> String {
    let place = classes.iter().position(|c| c == class).unwrap_or(classes.len());
    format!("c{} u{}", place % COLOURS, (place / COLOURS) % 3)
}

pub fn card(of: &Card, classes: &[String]) -> Markup {
    let own: BTreeSet<&String> = of.labels.iter().flat_map(|l| &l.classes).collect();
    let list = |all: BTreeSet<&String>| shown::json(&serde_json::to_string(&all).unwrap_or_default()).into_owned();
    let chars = of.fields.iter().find_map(|f| match &f.value {
        Content::Text { chars, .. } => Some(*chars),
        _ => None,
    });
    html! {
        article class="card" tabindex="-1" data-id=[of.id.as_deref().map(text)] data-split=(text(&of.split)) data-source=(text(&of.source))
            data-status=(of.status) data-class=(list(own)) data-chars=[chars]
            data-finding=(list(of.said.iter().map(|s| &s.rule).collect()))
            data-step=(list(of.said.iter().map(|s| &s.step).collect())) {
            p class="meta" {
                @if let Some(id) = &of.id { bdi class="id" { (text(id)) } " " }
                @if !of.split.is_empty() { span class="chip" { (text(&of.split)) } " " }
                span class="chip" { (text(&of.source)) }
                @if let Some(w) = status(of.status) { " " strong class="bad" { (w) } }
            }
            @if let Some(picture) = &of.picture { (drawn(picture, of.id.as_deref().unwrap_or_default(), classes)) }
            @for field in &of.fields {
                div class="f" data-n=(text(&field.name)) {
                    span class="name" { (text(&field.name)) }
                    @match &field.value {
                        Content::Text { text, from, chars, spans } => { (marked(text, *from, *chars, spans, classes)) }
                        Content::Talk(talk) => { dl class="v talk" { @for (role, said) in talk { dt { (super::page::text(role)) } dd class="t" dir="auto" { (super::page::text(said)) } } } }
                        Content::Words(words) => { " " span class="v" { (text(words)) } }
                    }
                }
            }
            @if !of.hidden.is_empty() { p class="dim" { (W::HiddenAnswers.with(&[text(&of.hidden.join(", ")).into_owned()])) } }
            @for label in of.labels.iter().filter(|l| l.missing || l.words.is_some()) {
                p class="label" {
                    span class="name" { "label." (text(&label.task)) } " "
                    @if label.missing { em { (W::NoLabel) } }
                    @if let Some(words) = &label.words { span class="v" { (text(words)) } }
                }
            }
            @if !of.said.is_empty() { ul class="said" { @for s in &of.said { li { (said(s)) } } } }
            @if let Some(origin) = &of.origin { p class="dim" { (W::Origin) " " bdi { (text(origin)) } } }
            @if let Some(story) = &of.story { p { a href=(story) { (W::Story) } } }
        }
    }
}

fn status(status: &str) -> Option<W> {
    match status {
        "dropped" => Some(W::Dropped),
        "merged" => Some(W::Merged),
        "held" => Some(W::Held),
        _ => None,
    }
}

fn said(of: &Said) -> Markup {
    html! { code { (of.rule) } @if let Some(say) = &of.say { " " (told(say)) } " " (key(&of.key, of.line)) }
}

/// A text with its spans. Where spans lie over each other, each piece says all of its classes.
fn marked(whole: &str, from: u32, chars: u32, spans: &[Marked], classes: &[String]) -> Markup {
    let pieces = pieces(whole, from, spans);
    let len = whole.chars().count() as u64;
    if spans.is_empty() && len <= INLINE {
        return html! { " " span class="v t" dir="auto" { (text(whole)) } };
    }
    html! {
        p class="v t" dir="auto" {
            @for piece in &pieces {
                @if piece.of.is_empty() { (text(&piece.text)) } @else {
                    mark class=(look(piece.of.first().map_or("", |c| c), classes)) { (text(&piece.text)) @for end in &piece.ends { b { (text(end)) } } }
                }
            }
        }
        @if u64::from(chars) > len { p class="dim" { (W::CutText.with(&[number(len), number(chars.into())])) } }
    }
}

/// A stretch of text over which the same spans lie.
struct Piece<'s> {
    text: String,
    of: Vec<&'s str>,
    /// Classes of the spans that end here.
    ends: Vec<&'s str>,
}

fn pieces<'s>(whole: &str, from: u32, spans: &'s [Marked]) -> Vec<Piece<'s>> {
    let chars: Vec<char> = whole.chars().collect();
    let end = from + chars.len() as u32;
    let mut cuts: BTreeSet<u32> = [from, end].into();
    cuts.extend(spans.iter().flat_map(|s| [s.start, s.end]).filter(|at| (from..=end).contains(at)));
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let piece = |pair: &[u32]| {
        let (Some(a), Some(b)) = (pair.first().copied(), pair.get(1).copied()) else { return None };
        let over = || spans.iter().filter(move |s| s.start <= a && s.end >= b);
        let text = chars.get((a - from) as usize..(b - from) as usize)?.iter().collect();
        let ends = over().filter(|s| s.end == b || (s.end > end && b == end)).map(|s| s.class.as_str()).collect();
        Some(Piece { text, of: over().map(|s| s.class.as_str()).collect(), ends })
    };
    cuts.windows(2).filter_map(piece).collect()
}

/// A picture with shapes over it; `name` stands for it where it is not seen.
pub fn drawn(of: &Picture, name: &str, classes: &[String]) -> Markup {
    let view = format!("0 0 {} {}", of.width, of.height);
    let side =
        |b: &Drawn| [b.at[0], b.at[1], b.at[2] - b.at[0], b.at[3] - b.at[1]].map(|v| (v * 100.0).round() / 100.0);
    html! {
        div class="pic" {
            @if of.jpeg.is_empty() {
                @let [width, height] = fitted([of.width, of.height], SIDE);
                img alt=(text(name)) width=(width) height=(height) data-blob=(of.blob.hex()) {}
            } @else {
                // the size is known before the picture is, so that nothing moves when it comes
                @let [width, height] = fitted([of.width, of.height], THUMBNAIL);
                img alt=(text(name)) width=(width) height=(height) decoding="async" src=(format!("data:image/jpeg;base64,{}", base64(&of.jpeg))) {} }
            @if !of.boxes.is_empty() {
                svg viewBox=(view) preserveAspectRatio="none" role="img" aria-label=(text(&listed(&of.boxes))) {
                    @for b in &of.boxes {
                        @let [x, y, w, h] = side(b);
                        @let place = classes.iter().position(|c| *c == b.class).unwrap_or(classes.len());
                        @if b.rings.is_empty() {
                            rect class=(format!("box k{}", place % 3)) x=(x) y=(y) width=(w) height=(h) { title { (text(&b.class)) } }
                        } @else { path class=(format!("box k{}", place % 3)) d=(outline(b)) { title { (text(&b.class)) } } }
                    }
                }
            }
        }
        @if !of.boxes.is_empty() {
            p class="meta" { @for (n, class) in counted(&of.boxes) { @let place = classes.iter().position(|c| c == class).unwrap_or(classes.len());
                span class=(format!("chip k{}", place % 3)) { (text(class)) " " (number(n)) } " " } }
        }
        @if of.more > 0 { p class="dim" { (W::MoreShapes.with(&[number(of.more)])) } }
    }
}

/// Closed lines as SVG has them.
fn outline(of: &Drawn) -> String {
    let point = |[x, y]: &[f64; 2]| format!("{} {}", (x * 10.0).round() / 10.0, (y * 10.0).round() / 10.0);
    let ring = |ring: &Vec<[f64; 2]>| format!("M{}Z", ring.iter().map(point).collect::<Vec<_>>().join("L"));
    of.rings.iter().filter(|ring| !ring.is_empty()).map(ring).collect()
}

/// The longer side of a picture that is asked for by its digest, in pixels.
pub const SIDE: u32 = 512;

/// A size whose longer side is at most `side`.
fn fitted([width, height]: [u32; 2], side: u32) -> [u32; 2] {
    let long = width.max(height).max(1);
    let fit = |n: u32| if long <= side { n } else { (u64::from(n) * u64::from(side)).div_ceil(u64::from(long)) as u32 };
    [fit(width), fit(height)]
}

/// How many boxes of each class, in the order of first sight.
fn counted(boxes: &[Drawn]) -> Vec<(u64, &str)> {
    let mut out: Vec<(u64, &str)> = Vec::new();
    for b in boxes {
        match out.iter_mut().find(|(_, class)| *class == b.class) {
            Some((n, _)) => *n += 1,
            None => out.push((1, &b.class)),
        }
    }
    out
}

fn listed(boxes: &[Drawn]) -> String {
    counted(boxes).iter().map(|(n, class)| format!("{class} {n}")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_that_lie_over_each_other_part_the_text() {
        let span = |start, end, class: &str| Marked { start, end, class: class.into() };
        let spans = [span(0, 4, "A"), span(2, 6, "B")];
        let told: Vec<(String, Vec<&str>, Vec<&str>)> =
            pieces("가나다라마바사", 0, &spans).into_iter().map(|p| (p.text, p.of, p.ends)).collect();
        let want = [
            ("가나", vec!["A"], vec![]),
            ("다라", vec!["A", "B"], vec!["A"]),
            ("마바", vec!["B"], vec!["B"]),
            ("사", vec![], vec![]),
        ];
        assert_eq!(told, want.map(|(t, a, b)| (t.to_string(), a, b)));
        assert_eq!(pieces("", 0, &spans).len(), 0);
        assert_eq!(pieces("나", 1, &[span(0, 9, "A")])[0].ends, ["A"], "a span that goes on says its class at the cut");
    }

    #[test]
    fn hostile_text_stays_text() {
        let hostile = "</script><script>alert(1)</script>\u{0}\u{202e}]]>--> \"'&";
        let fields = vec![crate::report::view::samples::Shown {
            name: hostile.into(),
            value: Content::Text {
                text: hostile.into(),
                from: 0,
                chars: 9,
                spans: vec![Marked { start: 0, end: 9, class: hostile.into() }],
            },
        }];
        let made = card(&Card { id: Some(hostile.into()), fields, ..Card::default() }, &[]).into_string();
        assert!(!made.contains("<script") && !made.contains("</script"), "{made}");
        assert!(!made.contains('\u{0}') && made.contains("\\u{0}"), "{made}");
    }
}

//! The pages of `tamis serve`: a shell without data, and fragments that its script asks for. The parts are those of a report.
use super::page::{STYLE, key, policy, table, text, told};
use super::words::{self, W};
use super::{PARTS, changes as differences, sample};
use crate::report::lang::Lang;
use crate::report::terminal::number;
use crate::report::view::Views;
use crate::report::view::drawn::Drawn;
use crate::report::view::samples::{Card, Picture, SHAPES};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use super::sample::SIDE;

/// Settles in which language this thread renders.
pub fn speak(lang: Lang) {
    words::choose(lang);
}

/// A sample as a card.
pub fn card(of: &Card, classes: &[String]) -> String {
    sample::card(of, classes).into_string()
}

/// Parts that have pages of their own here.
const OWN: [&str; 2] = ["samples", "changes"];

/// The page around everything, and the policy that it is sent with. `script` is that of the server.
pub fn shell(script: &str, lang: Lang) -> (String, String) {
    speak(lang);
    let other = if lang == Lang::Ko { "en" } else { "ko" };
    let html = html! {
        (DOCTYPE)
        html lang=(lang.name()) {
            head {
                meta charset="utf-8" {}
                meta name="viewport" content="width=device-width, initial-scale=1" {}
                meta name="color-scheme" content="light dark" {}
                title { "tamis" }
                style { (PreEscaped(STYLE)) }
            }
            body class="live" {
                a class="skip" href="#main" { (W::Skip) }
                header class="top" {
                    h1 { span id="name" { "tamis" } " " small id="version" {} }
                    div class="controls" hidden {
                        button type="button" id="lang" lang=(other) { (W::Language) }
                        button type="button" id="theme" { (W::Theme) }
                        button type="button" id="keys" aria-pressed="true" { (W::Keys) }
                    }
                    nav aria-label=(W::Contents.text()) data-wl=(W::Contents as usize) {
                        ul {
                            li { a href="#/review" data-key="r" { (W::Review) " " span id="waiting" class="chip" hidden {} } }
                            li { a href="#/samples" data-key="s" { (W::Samples) } }
                            li { a href="#/changes" { (W::Changes) } }
                            @for part in PARTS.iter().filter(|p| !OWN.contains(&p.id)) {
                                li { a href=(format!("#/{}", part.id)) data-key=[part.key] { (part.title) } }
                            }
                        }
                    }
                }
                p id="raw" class="alarm" role="alert" hidden { (W::RawShown) }
                p id="news" role="status" {}
                main id="main" tabindex="-1" {
                    noscript { h2 { "tamis serve" } p { (W::NeedsScript) } pre { "tamis report\ntamis review TASK --by NAME" } }
                }
                footer { p id="help" role="status" {} }
                script type="application/json" id="words" { (PreEscaped(table())) }
                script { (PreEscaped(script)) }
            }
        }
    };
    (html.into_string(), policy(script, "connect-src 'self'; img-src blob:; frame-ancestors 'none'"))
}

/// A part of the report as a page of its own; `None` where there is no such part.
pub fn part(id: &str, views: &Views) -> Option<String> {
    let part = PARTS.iter().find(|p| p.id == id)?;
    let content = (part.render)(views);
    let page = html! {
        section id=(part.id) aria-labelledby=(format!("h-{}", part.id)) {
            h2 id=(format!("h-{}", part.id)) { (part.title) }
            @match content { Some(content) => (content), None => { p class="dim" { (W::NothingHere) } } }
        }
    };
    Some(page.into_string())
}

/// What differs between two releases, below the choice of which.
pub fn changes(known: &[String], of: Option<[&str; 2]>, views: &Views) -> String {
    let side = |id: &str, w: W, chosen: &str| {
        html! {
            label for=(id) { (w) } " "
            select id=(id) { @for name in known { option value=(text(name)) selected[name == chosen] { (text(name)) } } } " "
        }
    };
    html! {
        section id="changes" aria-labelledby="h-changes" {
            h2 id="h-changes" { (W::Changes) }
            @if let Some([old, new]) = of {
                form id="sides" { (side("a", W::Before, old)) (side("b", W::After, new)) button { (W::Compare) } }
                @match differences::part(views) { Some(content) => (content), None => { p class="dim" { (W::NothingHere) } } }
            } @else { p class="dim" { (W::NothingFrozen) } pre tabindex="0" { "tamis release NAME" } }
        }
    }
    .into_string()
}

/// A sample and what happened to it.
pub fn story(card: &str, story: &str) -> String {
    html! {
        section aria-labelledby="h-story" {
            h2 id="h-story" { (W::Story) }
            div id="cards" { (PreEscaped(card)) }
            pre tabindex="0" { (text(story)) }
        }
    }
    .into_string()
}

/// A sample about which somebody is asked.
#[derive(Default)]
pub struct Question<'q> {
    /// Names the question in what is sent back.
    pub key: &'q str,
    /// The table that an answer names.
    pub step: &'q str,
    /// Rule, words, key and line of each reason.
    pub reasons: Vec<(&'q str, &'q str, &'q str, usize)>,
    pub card: String,
    /// What a decision is made on.
    pub seen: Option<&'q str>,
    /// How an answer is edited: `class`, `spans`, `value`; nothing where the sample only stays or leaves.
    pub edits: Option<&'static str>,
    /// The text that spans lie in.
    pub text: Option<&'q str>,
    pub classes: &'q [String],
    pub agreement: Option<&'q str>,
    pub choices: Vec<Choice>,
    /// What the guideline says of the classes in question.
    pub guideline: Vec<(String, String)>,
    /// The picture that answers with shapes are drawn over.
    pub picture: Option<Picture>,
    /// What people decided about it before, in words.
    pub before: Vec<String>,
    /// Nobody can decide: there is no name, or what is asked about is hidden.
    pub closed: bool,
}

/// An answer that can be taken.
pub struct Choice {
    /// As JSON, as a line of decisions holds it.
    pub value: String,
    pub words: String,
    /// Its shapes, where it has some.
    pub shapes: Vec<Drawn>,
    /// How many gave it.
    pub times: usize,
    /// Who gave it, for after the decision.
    pub by: String,
    /// A model suggests it.
    pub suggested: bool,
}

/// Answers that have a key of their own.
const NUMBERED: usize = 9;

/// A question as a fragment.
pub fn question(q: &Question) -> String {
    let list = |of: &[String]| crate::report::shown::json(&serde_json::to_string(of).unwrap_or_default()).into_owned();
    let who = q.choices.iter().filter(|c| !c.by.is_empty()).map(|c| format!("{}: {}", c.by, c.words));
    let who: Vec<String> = who.collect();
    html! {
        article id="question" tabindex="-1" data-key=(q.key) data-seen=[q.seen] data-edits=[q.edits] data-text=[q.text]
            data-classes=(list(q.classes)) data-who=(text(&who.join("; "))) aria-labelledby="h-asked" {
            h3 id="h-asked" { (W::Asked) " " code { (text(q.step)) } }
            ul class="plain why" { @for (rule, say, at, line) in &q.reasons {
                li { code { (text(rule)) } " " (told(say)) " " (key(at, *line)) }
            } }
            @for line in &q.before { p class="bad" { (text(line)) } }
            div class="one" { (PreEscaped(&q.card)) }
            @if let Some(agreement) = q.agreement { p class="dim" { (W::Agreement) " " (agreement) } }
            @if q.closed { p class="bad" { (W::CannotDecide) } } @else { (answers(q)) }
            @if !q.guideline.is_empty() {
                details { summary { (W::Guideline) }
                    @for (class, said) in &q.guideline { h4 { (text(class)) } p class="t" { (text(said)) } }
                }
            }
        }
    }
    .into_string()
}

/// The shapes of an answer over the picture.
fn over(q: &Question, c: &Choice) -> Markup {
    let Some(picture) = q.picture.as_ref().filter(|_| !c.shapes.is_empty()) else { return html! {} };
    let more = c.shapes.len().saturating_sub(SHAPES) as u64;
    let boxes = c.shapes.iter().take(SHAPES).cloned().collect();
    html! { div class="over" { (sample::drawn(&Picture { boxes, more, ..picture.clone() }, &c.words, q.classes)) } }
}

fn answers(q: &Question) -> Markup {
    html! {
        @if !q.choices.is_empty() {
            h4 { (W::Answers) }
            ol class="plain answers" { @for (n, c) in q.choices.iter().enumerate() {
                li { button type="button" data-value=(c.value) data-press=[(n < NUMBERED).then(|| n + 1)] data-suggested[c.suggested] {
                    @if n < NUMBERED { kbd { (n + 1) } " " }
                    bdi { (text(&c.words)) }
                    @if c.times > 0 { " " span class="dim" { (W::GivenTimes.with(&[number(c.times as u64)])) } }
                    @if c.suggested { " " span class="ok" { (W::Suggested) } }
                } (over(q, c)) }
            } }
        }
        div class="acts" {
            button type="button" data-act="keep" { kbd { "k" } " " (W::Keep) }
            button type="button" data-act="drop" { kbd { "d" } " " (W::Drop) }
            @if q.choices.iter().any(|c| c.suggested) { button type="button" data-act="accept" { kbd { "a" } " " (W::Accept) } }
            @if q.edits.is_some() { button type="button" data-act="edit" { kbd { "e" } " " (W::Edit) } }
            button type="button" data-act="note" { kbd { "n" } " " (W::Note) }
            button type="button" data-act="skip" { kbd { "s" } " " (W::SkipIt) }
            button type="button" data-act="undo" { kbd { "u" } " " (W::Undo) }
        }
        div id="edit" hidden {}
    }
}

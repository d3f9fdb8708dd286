//! The page around the parts: head with its policy, navigation, controls, the blocks and the script. And how names of the
//! user's are written into it.
use super::Part;
use super::block::base64;
use super::words::{self, W, WORDS};
use crate::digest::sha256;
use crate::report::lang::{self, Lang};
use crate::report::shown;
use crate::report::terminal::number;
use crate::report::view::Views;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::borrow::Cow;

pub const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("report.js");

/// A text of the user's: characters that turn a line around, or that HTML has no place for, are shown as escapes.
pub fn text(of: &str) -> Cow<'_, str> {
    shown::lines(of)
}

/// What a step or a gate says, in both languages where the table of the command has it in Korean.
pub fn told(english: &str) -> Markup {
    let korean = lang::text_in(english, Lang::Ko);
    if korean == english {
        return html! { span lang="en" { (text(english)) } };
    }
    let shown = if words::chosen() == Lang::Ko { korean.as_ref() } else { english };
    html! { span data-en=(text(english)) data-ko=(text(&korean)) { (text(shown)) } }
}

/// A key of the manifest with its line.
pub fn key(key: &str, line: usize) -> Markup {
    html! {
        @if !key.is_empty() { code class="key" { @if line > 0 { "dataset.toml:" (line) " " } (text(key)) } }
    }
}

/// Samples that the page holds.
#[derive(Default)]
pub struct Cards<'c> {
    pub here: &'c [String],
    pub blocks: &'c [String],
    pub shown: usize,
}

pub fn whole(views: &Views, parts: &[(&Part, Markup)], cards: &Cards) -> String {
    let lang = words::chosen();
    let o = &views.overview;
    let title = format!("{} {}", o.name, o.version);
    html! {
        (DOCTYPE)
        html lang=(lang.name()) {
            head {
                meta charset="utf-8" {}
                meta name="generator" content="tamis report" {}
                meta http-equiv="Content-Security-Policy" content=(policy(SCRIPT, "img-src data: blob:")) {}
                meta name="viewport" content="width=device-width, initial-scale=1" {}
                meta name="color-scheme" content="light dark" {}
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                a class="skip" href="#main" { (W::Skip) }
                header class="top" {
                    h1 { (text(&o.name)) " " small { (text(&o.version)) } }
                    div class="controls" hidden {
                        button type="button" id="lang" lang=(other(lang)) { (W::Language) }
                        button type="button" id="theme" { (W::Theme) }
                        button type="button" id="keys" aria-pressed="true" { (W::Keys) }
                    }
                    nav aria-label=(W::Contents.text()) data-wl=(W::Contents as usize) {
                        ul { @for (part, _) in parts { li { a href=(format!("#{}", part.id)) data-key=[part.key] { (part.title) } } } }
                    }
                }
                main id="main" tabindex="-1" {
                    @for (part, content) in parts {
                        section id=(part.id) aria-labelledby=(format!("h-{}", part.id)) {
                            h2 id=(format!("h-{}", part.id)) { (part.title) }
                            (content)
                            @if part.id == "samples" { (samples(views, cards)) }
                        }
                    }
                }
                footer { p { (W::Made) } p id="help" role="status" {} }
                @for block in cards.blocks { script type="application/gzip" class="block" { (PreEscaped(block)) } }
                script type="application/json" id="words" { (PreEscaped(table())) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn samples(views: &Views, cards: &Cards) -> Markup {
    let s = &views.samples;
    let shown = cards.shown as u64;
    let numbers = [number(shown), number(s.chosen), number(s.total)];
    html! {
        p { (W::ShownOf.with(&numbers)) }
        @if shown < s.chosen { p class="dim" { (W::CutBack.with(&[number(shown), number(s.chosen)])) } }
        p id="matches" role="status" class="dim" {}
        div id="cards" { @for card in cards.here { (PreEscaped(card)) } }
        p { button type="button" id="more" hidden { (W::More) } }
    }
}

fn other(lang: Lang) -> &'static str {
    if lang == Lang::Ko { "en" } else { "ko" }
}

/// Nothing runs but a script and the style that stand in the page, and nothing is loaded but what `more` allows.
pub fn policy(script: &str, more: &str) -> String {
    let (style, script) = (sum(STYLE), sum(script));
    format!(
        "default-src 'none'; {more}; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

/// SHA-256 as base64.
fn sum(of: &str) -> String {
    let hex = sha256(of.as_bytes());
    let bytes: Vec<u8> =
        (0..hex.len() / 2).filter_map(|i| u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()).collect();
    base64(&bytes)
}

/// All texts in both languages, for the script.
pub fn table() -> String {
    serde_json::to_string(WORDS).unwrap_or_default().replace('<', "\\u003c")
}

//! `[synthesize.NAME]`: samples that a language model writes, to learn of beside those of the split `train`.
//!
//! ```toml
//! [synthesize.news]
//! prompt = "prompts/news.txt"
//! count = 200
//! endpoint = { url_env = "LLM_URL", key_env = "LLM_KEY", model = "small" }
//!
//! [train.base]
//! task = "ner"
//! model = { kind = "crf" }
//! augment = ["news"]
//! ```
//!
//! `synthesize.NAME/draw` makes the questions, of the prompt and of examples drawn from the split `train`, and judges the answers that
//! there are (`judge.rs`); `synthesize.NAME/private`, a step of `[privacy]`, takes out what names people. `tamis update` builds up to it, asks what has no answer, and keeps the answers in
//! `pins/synthesize/NAME.jsonl`, which is committed; a build asks nobody. `synthesize.NAME` bears what is left, behind the first
//! example of each, as `augment.NAME` bears its children (`born.rs`).
mod alike;
mod declaration;
mod draw;
mod judge;
mod prompt;
mod questions;

use super::born::{self, Bear};
use crate::stage::{Check, Entry, Gate, Plan};
use declaration::Declaration;

pub const DRAW: Entry = draw::ENTRY.schema(|g| g.subschema_for::<Declaration>()).effects(declaration::effects);
pub const BORN: Entry = Entry::row::<Bear>("augment/texts", "synthesize.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(s) = check.once(declaration::checked) else { return Vec::new() };
    let (name, span) = (&s.augment.name, check.span.clone());
    let draw = format!("{}/draw", s.augment.path);
    let born = Gate::at_least(s.augment.path.clone(), format!("{}.born", s.augment.path), 1u64.into(), span.clone())
        .say(format!("[{}] made no sample: no answer is there, or none of use", s.augment.path))
        .look(format!("tamis show {draw} --findings; `tamis update {name}` asks what has no answer"));
    let copied = Gate::at_most(
        format!("{}.copies_max", s.augment.path),
        format!("{draw}.copied_share"),
        s.copies_max,
        s.copies_span.clone().unwrap_or(span),
    );
    let copied = copied.look(format!("tamis show {draw}"));
    let plan = born::plan(check, s.augment.clone(), &s.lost);
    vec![Plan { gates: vec![born, copied], ..plan }]
}

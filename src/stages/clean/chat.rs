//! `[clean.chat]`: conversations whose turns are out of order, say nothing, or are too few, too many or too long; and pairs
//! of answers that are equal.
//!
//! ```toml
//! [clean.chat]
//! action = "drop"                          # or "review", "keep"; `actions` says otherwise of single problems
//! turns_max = 20
//! tokenizer = "tokenizer.json"             # counts tokens, in a column `tokens.messages` and in facts
//! tokens_max = 4096
//! ```
//!
//! Reads columns of messages (default: all of them). `chosen` and `rejected` are a pair: each is looked at behind `prompt`, if
//! there is one. Findings, reviews or drops, each once a sample: `chat.role` (a role that no chat model knows), `chat.order`
//! (the system not first, two turns of one role, ...), `chat.end` (the last turn is not the assistant's), `chat.empty` (a turn
//! without text, or no turn), `chat.equal` (chosen and rejected are the same), `chat.turns`, `chat.chars`, `chat.tokens`
//! (outside of the limits), `chat.answer_ratio` (what the assistant says is too short or too long for what the user says),
//! `chat.refusal` (an answer holds one of the words that `refusals` names). Facts: of each column `COLUMN.samples`, `.turns`, `.chars`, `.tokens`, with `_max` the most of one
//! sample, `.turns.ROLE` and `.chars.ROLE`; and `order` and so on: how many samples have the problem. Limits: a null is not
//! judged; tokens are those of the contents, without what a chat template puts between them.
mod declaration;

use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::values::{At, TextOr};
use crate::measure::tokenizer::{self, Tokenizer};
use crate::measure::turns::{self, ROLES, Turns};
use crate::model::messages::Message;
use crate::stage::*;
use crate::table::{Cell, DataType, value};
use declaration::{Action, Actions, Declaration, NAMES, Name};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry =
    Entry::row::<Stage>("clean/chat", "clean.chat", declare).schema(|g| g.subschema_for::<TextOr<Declaration>>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(TextOr(d)) = check.read::<TextOr<Declaration>>() else { return Vec::new() };
    let before = check.problems.len();
    let on = columns(check, &d);
    let limits = limits(check, &d);
    let counted = d.tokenizer.as_ref().and_then(|file| tokenizer_of(check, file));
    if let Some(max) = d.tokens_max.as_ref().filter(|_| d.tokenizer.is_none()) {
        let problem = Diagnostic::error("T0378", max.span(), "nothing counts tokens").label("a limit without effect");
        check.bad(problem.help("name the file of a tokenizer: tokenizer = \"tokenizer.json\""));
    }
    if on.is_empty() && check.problems.len() == before {
        let problem = Diagnostic::error("T0377", check.span.clone(), "there is no conversation to look at");
        let help = "a source gives messages with `chat = \"openai\"` and the like beside its format";
        check.bad(problem.label("no column holds messages").help(help));
    }
    if check.problems.len() > before {
        return Vec::new();
    }
    let pair = PAIR.iter().all(|name| on.iter().any(|c| c == name));
    let reads = on.clone();
    let written =
        on.iter().filter(|_| counted.is_some()).map(|c| (tokens_of(c), Column::new(DataType::Int64).harmless()));
    let ports = Ports { table: "samples".into(), reads, writes: written.collect(), drops: true, ..Ports::default() };
    let tokenizer = counted.as_ref().map(|(_, digest, _)| digest.hex()).unwrap_or_default();
    let uses = if counted.is_some() { names(tokenizer::USES) } else { Vec::new() };
    let refusals = d.refusals.iter().map(|words| words.to_lowercase()).collect();
    let map = Map { on, pair, tokenizer, uses, refusals };
    let files = counted.into_iter().collect();
    vec![Plan { files, ..Plan::row::<Stage>(ports, &map, &limits, &Apply { action: d.action, actions: d.actions }) }]
}

/// A pair of answers, and what both answer.
const PAIR: [&str; 2] = ["chosen", "rejected"];
const PROMPT: &str = "prompt";

/// The column of the tokens of another.
fn tokens_of(column: &str) -> String {
    format!("tokens.{column}")
}

/// The columns that are looked at.
fn columns(check: &mut Check, d: &Declaration) -> Vec<String> {
    let ty = <Vec<Message>>::ty();
    let all: Vec<String> =
        check.columns_of("samples").filter(|(_, c)| c.ty == ty && !c.inner).map(|(n, _)| n.to_string()).collect();
    let Some(named) = &d.on else { return all };
    let mut out = Vec::new();
    for name in named {
        match check.known(name) {
            Some(column) if column.ty == ty => out.push(name.get().clone()),
            Some(_) => {
                let problem = Diagnostic::error("T0322", name.span(), format!("`{}` holds no messages", name.get()));
                check.bad(problem.label("a conversation is a list of objects with `role` and `content`"));
            }
            None => {}
        }
    }
    if PAIR.iter().all(|name| out.iter().any(|c| c == name)) && all.iter().any(|c| c == PROMPT) {
        out.push(PROMPT.into());
    }
    out.sort();
    out.dedup();
    out
}

fn limits(check: &mut Check, d: &Declaration) -> Gather {
    let pairs = [("turns", &d.turns_min, &d.turns_max), ("chars", &d.chars_min, &d.chars_max)];
    for (name, min, max) in pairs {
        if let (Some(min), Some(max)) = (min, max)
            && min.get() > max.get()
        {
            let message = format!("no conversation is within the limits of `{name}`");
            let problem = Diagnostic::error("T0205", min.span(), message).label("above the upper limit");
            check.bad(problem.related(max.span(), "the upper limit"));
        }
    }
    let of = |limit: &Option<At<u64>>| limit.as_ref().map(|l| *l.get());
    let answer_ratio =
        (thousandths(check, d.answer_ratio_min.as_ref()), thousandths(check, d.answer_ratio_max.as_ref()));
    Gather {
        answer_ratio,
        refusals: !d.refusals.is_empty(),
        turns: (of(&d.turns_min), of(&d.turns_max)),
        chars: (of(&d.chars_min), of(&d.chars_max)),
        tokens: (None, of(&d.tokens_max)),
    }
}

/// A ratio in thousandths.
fn thousandths(check: &mut Check, limit: Option<&At<Decimal>>) -> Option<u64> {
    let limit = limit?;
    let number = limit.get().numerator_over(3).and_then(|n| u64::try_from(n).ok());
    if number.is_none() {
        let problem = Diagnostic::error("T0329", limit.span(), "the threshold has too many digits");
        check.bad(problem.label("at least 0, and at most three digits behind the point"));
    }
    number
}

/// The file of a tokenizer that can be read.
fn tokenizer_of(check: &mut Check, file: &At<String>) -> Option<(String, Digest, u64)> {
    if !tokenizer::KNOWN {
        let problem = Diagnostic::error("T0376", file.span(), "this tamis cannot count tokens");
        let help = "build it with `cargo install --path . --features tokenizer`, or take `tokenizer` out";
        check.bad(problem.label("it was built without the feature `tokenizer`").help(help));
        return None;
    }
    let before = check.problems.len();
    check.file(file, "the tokenizer");
    if check.problems.len() > before {
        return None;
    }
    let bytes = match check.world.read(file, tokenizer::BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(e) => {
            check.bad(Diagnostic::error("T0303", file.span(), "the tokenizer cannot be read").label(e.to_string()));
            return None;
        }
    };
    let (digest, len) = (Digest::of(&bytes), bytes.len() as u64);
    match Tokenizer::read(digest, || Ok(bytes)) {
        Ok(_) => Some((file.get().clone(), digest, len)),
        Err(_) => {
            let problem = Diagnostic::error("T0379", file.span(), "this is no tokenizer");
            check.bad(problem.label("not a `tokenizer.json` that can be read"));
            None
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    /// `chosen` and `rejected` are among the columns, and answer the prompt, if there is one.
    #[serde(default, skip_serializing_if = "is_default")]
    pair: bool,
    /// The digest of the tokenizer's file; empty where tokens are not counted.
    #[serde(default, skip_serializing_if = "is_default")]
    tokenizer: String,
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    /// In lower case.
    #[serde(default, skip_serializing_if = "is_default")]
    refusals: Vec<String>,
}

type Limit = (Option<u64>, Option<u64>);

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    turns: Limit,
    #[serde(default, skip_serializing_if = "is_default")]
    chars: Limit,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Limit,
    /// In thousandths.
    #[serde(default, skip_serializing_if = "is_default")]
    answer_ratio: Limit,
    #[serde(default, skip_serializing_if = "is_default")]
    refusals: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
    #[serde(default, skip_serializing_if = "is_default")]
    actions: Actions,
}

/// What a column of a sample is like.
#[derive(Serialize, Deserialize)]
struct Seen {
    #[serde(flatten)]
    of: Turns,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    equal: bool,
    /// The first turn that refuses, from 1.
    #[serde(default, skip_serializing_if = "is_default")]
    refusal: u64,
}

/// A problem of a sample: which, of which column, the turn or 0, and what it has and may have.
type Wrong = (Name, String, u64, Option<(u64, u64, bool)>);

struct Stage;

impl RowStage for Stage {
    const USES: &'static [&'static str] = &["unicode-std 17.0"]; // white space
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: the column. Value: what it is like, as JSON.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut all: BTreeMap<&str, Vec<Option<Vec<Message>>>> = BTreeMap::new();
        for name in &p.on {
            all.insert(name, rows.cells(name)?);
        }
        let counts = p.counted(rows, &all)?;
        for (name, own) in &counts {
            let values: Vec<_> =
                own.iter().map(|n| n.map_or(value::Value::Null, |n| value::Value::Int(n as i64))).collect();
            delta.write(tokens_of(name), value::column(&DataType::Int64, &values).map_err(Fault::Bug)?);
        }
        for row in 0..rows.len() {
            let of = |name: &str| all.get(name).and_then(|c| c.get(row)).and_then(|m| m.as_deref());
            let tokens = |name: &str| counts.get(name).and_then(|c| c.get(row).copied().flatten());
            for (name, before) in p.views() {
                let Some(messages) = of(name) else { continue };
                let asked = before.and_then(of).unwrap_or_default();
                let turns = asked.iter().chain(messages).map(|m| (m.role.as_str(), m.text()));
                let behind = before.and_then(tokens).unwrap_or_default();
                let equal = name == PAIR[1] && p.pair && of(PAIR[0]) == Some(messages);
                let refusal = p.refusal(asked.iter().chain(messages));
                let tokens = tokens(name).map(|n| n + behind);
                let seen = Seen { of: turns::look(turns), tokens, equal, refusal };
                summary.put(name, row, serde_json::to_vec(&seen).map_err(|e| Fault::Bug(e.to_string()))?);
            }
        }
        Ok(delta)
    }
}

impl Map {
    /// The first turn of the assistant that holds words of refusal, from 1; 0 where none does.
    fn refusal<'m>(&self, mut turns: impl Iterator<Item = &'m Message>) -> u64 {
        let refuses = |m: &Message| {
            let said = m.text().to_lowercase();
            m.role == "assistant" && self.refusals.iter().any(|words| said.contains(words.as_str()))
        };
        if self.refusals.is_empty() { 0 } else { turns.position(refuses).map_or(0, |at| at as u64 + 1) }
    }

    /// The columns that are judged, each with the one that stands before it.
    fn views(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let prompt = self.on.iter().find(|c| self.pair && *c == PROMPT).map(String::as_str);
        let own = self.on.iter().map(String::as_str).filter(move |c| prompt != Some(c));
        own.map(move |name| (name, prompt.filter(|_| PAIR.contains(&name))))
    }

    /// The tokens of each column, row by row.
    fn counted(
        &self,
        rows: &Rows,
        all: &BTreeMap<&str, Vec<Option<Vec<Message>>>>,
    ) -> Result<BTreeMap<String, Vec<Option<u64>>>, Fault> {
        let mut out = BTreeMap::new();
        let Some(digest) = Digest::parse(&self.tokenizer) else { return Ok(out) };
        let bytes = || rows.blob(digest).map_err(|fault| format!("{fault:?}"));
        let tokenizer = Tokenizer::read(digest, bytes).map_err(|say| Fault::World(format!("the tokenizer: {say}")))?;
        for (name, column) in all {
            let mut counts = Vec::with_capacity(column.len());
            for messages in column {
                rows.tools().go_on()?;
                let Some(messages) = messages else {
                    counts.push(None);
                    continue;
                };
                let mut sum = 0;
                for message in messages {
                    sum +=
                        tokenizer.count(message.text()).map_err(|say| Fault::World(format!("the tokenizer: {say}")))?;
                }
                counts.push(Some(sum));
            }
            out.insert(name.to_string(), counts);
        }
        Ok(out)
    }
}

impl Stage {
    /// In memory are only the rows that have a problem.
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut wrong: BTreeMap<Spot, Vec<Wrong>> = BTreeMap::new();
        let mut sums: BTreeMap<String, Sums> = BTreeMap::new();
        for hit in hits.iter() {
            let column = String::from_utf8_lossy(&hit.key).into_owned();
            let seen: Seen = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            sums.entry(column.clone()).or_default().add(&seen);
            let own = p.judged(&column, &seen);
            if !own.is_empty() {
                let all = wrong.entry(hit.at).or_default();
                // each problem once a sample: both answers to a prompt have those of the prompt
                own.into_iter().for_each(|w| {
                    if !all.iter().any(|other| other.0 == w.0) {
                        all.push(w)
                    }
                });
            }
        }
        for (name, word) in NAMES.into_iter().filter(|(name, _)| p.asks(*name)) {
            let n = wrong.values().flatten().filter(|w| w.0 == name).count();
            out.fact(word, n as u64);
        }
        for (at, mut all) in wrong {
            all.sort();
            out.put_json(at, &all)?;
        }
        for (column, sums) in &sums {
            sums.tell(column, out);
        }
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Wrong>>() {
            let (row, all) = decided?;
            for (name, column, turn, limit) in all {
                let act = match p.actions.of(name).unwrap_or(p.action) {
                    Action::Drop => Act::DROP,
                    Action::Review => Act::Review,
                    Action::Keep => Act::Finding,
                };
                let word = name.word();
                let key = match limit {
                    Some((_, _, above)) => format!("clean.chat.{word}_{}", if above { "max" } else { "min" }),
                    None if p.actions.of(name).is_some() => format!("clean.chat.actions.{word}"),
                    None => "clean.chat.action".into(),
                };
                delta.event(row, act, key, format!("chat.{word}"), say(name, &column, turn, limit));
            }
        }
        Ok(delta)
    }
}

/// A problem in words that hold no content.
fn say(name: Name, column: &str, turn: u64, limit: Option<(u64, u64, bool)>) -> String {
    let unit = match name {
        Name::Chars => "characters",
        Name::Tokens => "tokens",
        Name::AnswerRatio => "thousandths of an answer's character for each of the question",
        _ => "turns",
    };
    match (name, limit) {
        (_, Some((has, may, true))) => format!("{column} has {has} {unit}, at most {may} are allowed"),
        (_, Some((has, may, false))) => format!("{column} has {has} {unit}, at least {may} are wanted"),
        (Name::Role, _) => format!("turn {turn} of {column} has a role that is not known"),
        (Name::Order, _) => format!("turn {turn} of {column} has a role that may not stand there"),
        (Name::End, _) => format!("turn {turn} of {column}, the last one, is not the assistant's"),
        (Name::Refusal, _) => format!("turn {turn} of {column} refuses to answer"),
        (Name::Empty, _) if turn == 0 => format!("{column} has no turn"),
        (Name::Empty, _) => format!("turn {turn} of {column} says nothing"),
        _ => "chosen and rejected are the same".into(),
    }
}

impl Gather {
    /// Whether a problem is looked for.
    fn asks(&self, name: Name) -> bool {
        match name {
            Name::AnswerRatio => self.answer_ratio != Limit::default(),
            Name::Refusal => self.refusals,
            _ => true,
        }
    }

    fn judged(&self, column: &str, seen: &Seen) -> Vec<Wrong> {
        let mut out: Vec<Wrong> =
            seen.of.problems.iter().map(|(p, turn)| (Name::of(*p), column.to_string(), *turn, None)).collect();
        if seen.equal {
            out.push((Name::Equal, column.to_string(), 0, None));
        }
        if seen.refusal > 0 {
            out.push((Name::Refusal, column.to_string(), seen.refusal, None));
        }
        let measured = [
            (Name::AnswerRatio, answer_ratio(&seen.of), self.answer_ratio),
            (Name::Turns, Some(seen.of.turns), self.turns),
            (Name::Chars, Some(seen.of.characters), self.chars),
            (Name::Tokens, seen.tokens, self.tokens),
        ];
        for (name, has, (min, max)) in measured {
            let Some(has) = has else { continue };
            let below = min.filter(|min| has < *min).map(|min| (has, min, false));
            let above = max.filter(|max| has > *max).map(|max| (has, max, true));
            out.extend(below.or(above).map(|limit| (name, column.to_string(), 0, Some(limit))));
        }
        out
    }
}

/// How much the assistant says for each character of the user, in thousandths; `None` where the user says nothing.
fn answer_ratio(of: &Turns) -> Option<u64> {
    let said = |role: &str| {
        let at = ROLES.iter().position(|r| *r == role);
        at.and_then(|at| of.roles.get(at)).map_or(0, |(_, characters)| *characters)
    };
    (said("assistant") * 1000).checked_div(said("user"))
}

/// What a column says, over all samples.
#[derive(Default)]
struct Sums {
    samples: u64,
    turns: u64,
    chars: u64,
    tokens: Option<u64>,
    /// The most of one sample: turns, characters, tokens.
    most: [u64; 3],
    roles: [(u64, u64); 6],
}

impl Sums {
    fn add(&mut self, seen: &Seen) {
        self.samples += 1;
        self.turns += seen.of.turns;
        self.chars += seen.of.characters;
        if let Some(n) = seen.tokens {
            *self.tokens.get_or_insert(0) += n;
        }
        let own = [seen.of.turns, seen.of.characters, seen.tokens.unwrap_or_default()];
        self.most.iter_mut().zip(own).for_each(|(most, n)| *most = (*most).max(n));
        for ((turns, chars), (more, said)) in self.roles.iter_mut().zip(seen.of.roles) {
            *turns += more;
            *chars += said;
        }
    }

    fn tell(&self, column: &str, out: &mut Verdicts) {
        let [turns, chars, tokens] = self.most;
        out.fact(format!("{column}.samples"), self.samples);
        let all =
            [("turns", Some(self.turns), turns), ("chars", Some(self.chars), chars), ("tokens", self.tokens, tokens)];
        for (name, n, most) in all {
            let Some(n) = n else { continue };
            out.fact(format!("{column}.{name}"), n);
            out.fact(format!("{column}.{name}_max"), most);
        }
        for (role, (turns, chars)) in ROLES.iter().chain(&["other"]).zip(self.roles).filter(|(_, n)| n.0 > 0) {
            out.fact(format!("{column}.turns.{role}"), turns);
            out.fact(format!("{column}.chars.{role}"), chars);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{ArrayRef, array_of};

    type Conversation = Option<Vec<Message>>;

    fn turns(of: &[(&str, &str)]) -> Conversation {
        Some(of.iter().map(|(role, content)| Message::new(role, *content)).collect())
    }

    fn declared(manifest: &str, columns: &[&str]) -> (Vec<Plan>, Vec<String>) {
        let messages = || Column::new(<Vec<Message>>::ty());
        let mut samples: Vec<(&str, Column)> = columns.iter().map(|c| (*c, messages())).collect();
        samples.push(("text", DataType::Utf8.into()));
        let (plans, told) = testing::declared(&[ENTRY], "clean.chat", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    fn run(plan: &Plan, columns: &[(&str, Vec<Conversation>)]) -> (Vec<Event>, BTreeMap<String, Fact>) {
        let bytes = testing::Bytes::default();
        let columns: Vec<(&str, ArrayRef)> = columns.iter().map(|(n, c)| (*n, array_of(c.clone()))).collect();
        let rows = testing::rows(&bytes, &columns);
        let mut summary = Summary::default();
        Stage::map(&plan.read(Kernel::Map), &rows, &mut summary).unwrap();
        let out = testing::gathered::<Stage>(&plan.read(Kernel::Gather), &summary);
        (Stage::apply(&plan.read(Kernel::Apply), &rows, &out.slice(0)).unwrap().events, out.facts)
    }

    #[test]
    fn conversations_are_judged_and_counted() {
        let manifest =
            "[clean.chat]\naction = \"review\"\nactions = { empty = \"drop\", end = \"keep\" }\nturns_max = 2\n";
        let (plans, told) = declared(manifest, &["messages"]);
        assert_eq!(told, Vec::<String>::new());
        let (u, a) = (("user", "q"), ("assistant", "ab"));
        let all = vec![turns(&[u, a]), None, turns(&[]), turns(&[u, u, a]), turns(&[u])];
        let (events, facts) = run(&plans[0], &[("messages", all)]);
        let told: Vec<_> = events.iter().map(|e| (e.row, &e.act, e.key.as_str(), e.rule.as_str())).collect();
        let want = [
            (2, &Act::DROP, "clean.chat.actions.empty", "chat.empty"),
            (3, &Act::Review, "clean.chat.action", "chat.order"),
            (3, &Act::Review, "clean.chat.turns_max", "chat.turns"),
            (4, &Act::Finding, "clean.chat.actions.end", "chat.end"),
        ];
        assert_eq!(told, want);
        assert_eq!(events[2].say, "messages has 3 turns, at most 2 are allowed");
        let of = |name: &str| facts.get(name).cloned();
        assert_eq!((of("messages.samples"), of("messages.turns")), (Some(Fact::Int(4)), Some(Fact::Int(6))));
        assert_eq!(
            (of("messages.chars.assistant"), of("messages.turns_max")),
            (Some(Fact::Int(4)), Some(Fact::Int(3)))
        );
        assert_eq!((of("order"), of("equal"), of("messages.tokens")), (Some(Fact::Int(1)), Some(Fact::Int(0)), None));
    }

    #[test]
    fn answers_of_a_pair_stand_behind_the_prompt() {
        let (plans, told) = declared("[clean]\nchat = \"drop\"\n", &["prompt", "chosen", "rejected"]);
        assert_eq!(told, Vec::<String>::new());
        let (u, a, b) = (("user", "q"), ("assistant", "a"), ("assistant", "b"));
        let columns = [
            ("prompt", vec![turns(&[u]), turns(&[u]), turns(&[u, u])]),
            ("chosen", vec![turns(&[a]), turns(&[a]), turns(&[a])]),
            ("rejected", vec![turns(&[b]), turns(&[a]), turns(&[b])]),
        ];
        let (events, facts) = run(&plans[0], &columns);
        let told: Vec<_> = events.iter().map(|e| (e.row, e.rule.as_str())).collect();
        assert_eq!(told, [(1, "chat.equal"), (2, "chat.order")]);
        assert_eq!((&facts["chosen.turns"], &facts["equal"]), (&Fact::Int(7), &Fact::Int(1)));
        assert!(!facts.contains_key("prompt.turns"));
    }

    /// Words are tokens of this one.
    #[cfg(feature = "tokenizer")]
    const WORDS: &[u8] = br#"{"version": "1.0", "truncation": {"direction": "Right", "max_length": 2,
        "strategy": "LongestFirst", "stride": 0}, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "a": 1}, "unk_token": "[UNK]"}}"#;

    #[test]
    #[cfg(feature = "tokenizer")]
    fn tokens_are_counted_and_nothing_is_cut_off() {
        let digest = Digest::of(WORDS);
        let bytes = testing::Bytes([(digest, WORDS.to_vec())].into());
        let all = array_of([turns(&[("user", "a b a"), ("assistant", "김 b")]), None]);
        let columns: [(&str, ArrayRef); 1] = [("messages", all)];
        let map = Map { on: vec!["messages".into()], tokenizer: digest.hex(), ..Map::default() };
        let mut summary = Summary::default();
        let delta = Stage::map(&map, &testing::rows(&bytes, &columns), &mut summary).unwrap();
        let counts = &delta.columns["tokens.messages"];
        assert_eq!(crate::table::value_at(counts.as_ref(), 0), value::Value::Int(5));
        assert_eq!(crate::table::value_at(counts.as_ref(), 1), value::Value::Null);
        let limit = Gather { tokens: (None, Some(4)), ..Gather::default() };
        let out = testing::gathered::<Stage>(&limit, &summary);
        assert_eq!((&out.facts["messages.tokens"], &out.facts["tokens"]), (&Fact::Int(5), &Fact::Int(1)));
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let of = |table: &str| declared(&format!("[clean.chat]\naction = \"drop\"\n{table}"), &["messages"]).1;
        assert_eq!(of("turns_min = 3\nturns_max = 2\n"), ["T0205 3"]);
        assert_eq!(of("on = [\"text\", \"mesages\"]\n"), ["T0322 \"text\"", "T0310 \"mesages\""]);
        assert_eq!(of("tokens_max = 5\n"), ["T0378 5"]);
        assert_eq!(declared("[clean.chat]\naction = \"drop\"\n", &[]).1, ["T0377 [clean.chat]"]);
        let told = of("tokenizer = \"nowhere.json\"\n");
        assert_eq!(told, [if tokenizer::KNOWN { "T0303 \"nowhere.json\"" } else { "T0376 \"nowhere.json\"" }]);
        assert_eq!([text(&Map::default()), text(&Gather::default()), text(&Apply::default())], ["{}", "{}", "{}"]);
    }
}

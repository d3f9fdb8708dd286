//! `synthesize.NAME/draw`: what the model is asked, and what is made of the answers that there are.
//!
//! Reads the id, the split, the text, its label and who was born of others. Writes the inner columns `asked.NAME` (the questions whose
//! samples stand behind a sample, as JSON) and `drawn.NAME` (the samples). Examples lie on a ring by their hash, and each question takes
//! those behind its own place: one more sample changes few questions, so that few are asked anew.
//!
//! Facts: `questions`, `answered`, `unanswered`, and those of [`super::judge`].
use super::alike::Alike;
use super::declaration::{OF, Synthesize, TOKENS_MAX, checked};
use super::judge::{Judge, Judged};
use super::prompt::Request;
use super::questions::{Asked, Gather, Parent};
use crate::digest::Digest;
use crate::model::answers::{self, Answer, Question};
use crate::model::spans::Span;
use crate::model::synthetic::BY;
use crate::model::votes::classes_of;
use crate::stage::*;
use crate::stages::augment::draw::Child;
use crate::table::{Value, array_of, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Draw>("synthesize/draw", "synthesize.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(s) = check.once(checked) else { return Vec::new() };
    let (a, d) = (&s.augment, &s.declared);
    let map = Map {
        text: a.text.clone(),
        label: a.label.clone(),
        tags: a.main.is_some(),
        born: check.column("samples", BY).is_some(),
    };
    let apply = Apply { asked: s.asked(), drawn: a.drawn() };
    let mut reads = [names(&["id", "split"]), vec![a.text.clone(), a.label.clone()]].concat();
    reads.extend(map.born.then(|| BY.to_string()));
    reads.sort();
    reads.dedup();
    let column = || Column::new(utf8()).inner();
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: vec![(s.asked(), column()), (a.drawn(), column())],
        ..Ports::default()
    };
    let wanted: Vec<String> = d.classes.iter().flatten().map(|c| c.get().clone()).collect();
    let gather = Gather {
        name: a.name.clone(),
        seed: d.seed,
        role: s.role(),
        count: d.count.get().0,
        per_request: d.per_request.unwrap_or(1),
        examples: d.examples.unwrap_or(3),
        wanted: if wanted.is_empty() { a.classes.clone() } else { wanted },
        request: request(&s),
        spans: a.spans.len(),
        main: a.main,
        near: s.near,
        passage: s.passage,
        alike: Alike::of(check, &a.text),
        pack: s.pack.as_ref().map(|p| p.1.hex()),
    };
    let files = s.pack.iter().cloned().collect();
    vec![Plan { files, ..Plan::row::<Draw>(ports, &map, &gather, &apply).word("draw") }]
}

fn request(s: &Synthesize) -> Request {
    let e = s.declared.endpoint.get();
    Request {
        prompt: s.prompt.clone(),
        model: e.model.get().clone(),
        temperature: s.temperature,
        max_tokens: e.max_tokens.unwrap_or(TOKENS_MAX),
        form: e.format,
        tags: s.augment.main.is_some(),
        classes: s.augment.classes.clone(),
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    text: String,
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The label is spans of the text.
    #[serde(default, skip_serializing_if = "is_default")]
    tags: bool,
    /// Some samples may be children.
    #[serde(default, skip_serializing_if = "is_default")]
    born: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    asked: String,
    #[serde(default, skip_serializing_if = "is_default")]
    drawn: String,
}

/// What stands behind a sample.
#[derive(Serialize, Deserialize, Default)]
struct Said {
    asked: Vec<Question>,
    drawn: Vec<Child>,
}

/// The keys of a summary: samples of the split, and the texts of all others.
const OWN: &[u8] = b"";
const OTHERS: &[u8] = b"o";

struct Draw;

impl RowStage for Draw {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["unicode 18.0", "unicode-segmentation 1.13", "unicode-std 17.0"];
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather)); // texts are judged as collected ones are
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (ids, texts, splits) = (rows.texts("id")?, rows.texts(&p.text)?, rows.texts("split")?);
        let born = if p.born { rows.texts(BY)? } else { Vec::new() };
        let labels = rows.column(&p.label)?;
        let spans: Vec<Option<Vec<Span>>> = if p.tags { rows.cells(&p.label)? } else { Vec::new() };
        for (row, text) in texts.into_iter().enumerate() {
            let Some(text) = text.filter(|_| !born.get(row).is_some_and(Option::is_some)) else { continue };
            if splits.get(row).and_then(Option::as_deref) != Some(OF) {
                summary.put(OTHERS, row, text);
                continue;
            }
            let label = value_at(labels.as_ref(), row);
            let own = spans.get(row).cloned().flatten().unwrap_or_default();
            let parent = Parent {
                id: ids.get(row).cloned().flatten().unwrap_or_default(),
                text,
                spans: own.into_iter().map(|s| (s.start, s.end, s.class)).collect(),
                classes: classes_of(&label),
                unlabelled: label == Value::Null,
            };
            summary.put(OWN, row, serde_json::to_vec(&parent).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

impl Draw {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut parents, mut spots, mut others): (Vec<Parent>, _, Vec<String>) = (Vec::new(), Vec::new(), Vec::new());
        for hit in hits.iter() {
            if hit.key.as_ref() == OTHERS {
                others.push(String::from_utf8_lossy(&hit.value).into_owned());
                continue;
            }
            parents.push(serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?);
            spots.push(hit.at);
        }
        context.tools.go_on()?;
        let asked = p.asked(&parents);
        let answers = pinned(p, context)?;
        let judged = Judge::of(p, &parents, &others).judged(&asked, &answers);
        context.tools.go_on()?;
        tell(p, &asked, &answers, &judged, out);
        let mut said: BTreeMap<usize, Said> = BTreeMap::new();
        for asked in asked {
            if let Some(first) = asked.parents.first() {
                said.entry(*first).or_default().asked.push(asked.question);
            }
        }
        for (parent, child) in judged.children {
            said.entry(parent).or_default().drawn.push(child);
        }
        for (parent, said) in said {
            if let Some(spot) = spots.get(parent) {
                out.put_json(*spot, &said)?;
            }
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let (mut asked, mut drawn) = (vec![None; rows.len()], vec![None; rows.len()]);
        for (row, bytes) in &slice.rows {
            let said: Said = serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string()))?;
            if let (Some(asked), Some(drawn)) = (asked.get_mut(*row as usize), drawn.get_mut(*row as usize)) {
                *asked = serde_json::to_string(&said.asked).ok();
                *drawn = (!said.drawn.is_empty()).then(|| serde_json::to_string(&said.drawn).ok()).flatten();
            }
        }
        let mut delta = Delta::default();
        delta.write(p.asked.clone(), array_of(asked));
        delta.write(p.drawn.clone(), array_of(drawn));
        Ok(delta)
    }
}

/// The answers that are pinned.
fn pinned(p: &Gather, context: &Context) -> Result<BTreeMap<String, Answer>, Fault> {
    let Some(hex) = &p.pack else { return Ok(BTreeMap::new()) };
    let digest = Digest::parse(hex).ok_or_else(|| Fault::Bug("the digest of the answers is none".into()))?;
    answers::read(&context.tools.blob(digest)?).map_err(Fault::World)
}

fn tell(p: &Gather, asked: &[Asked], answers: &BTreeMap<String, Answer>, judged: &Judged, out: &mut Verdicts) {
    let own = asked.iter().filter_map(|a| answers.get(&a.question.key)).collect::<Vec<_>>();
    let (questions, answered) = (asked.len() as u64, own.len() as u64);
    out.fact("questions", questions);
    out.fact("answered", answered);
    out.fact("unanswered", questions - answered);
    out.fact("tokens_in", own.iter().filter_map(|a| a.tokens_in).sum::<u64>());
    out.fact("tokens_out", own.iter().filter_map(|a| a.tokens_out).sum::<u64>());
    if questions == 0 {
        out.remark(
            format!("synthesize.{}", p.name),
            "synthesize.nothing",
            format!("no sample of `{OF}` has a label and can be shown, so that nothing is asked"),
        );
    } else if answered < questions {
        let say = format!(
            "{} of {questions} questions have no answer; `tamis update {}` asks them",
            questions - answered,
            p.name
        );
        out.remark(format!("synthesize.{}", p.name), "synthesize.unanswered", say);
    }
    judged.tell(&p.name, out);
}

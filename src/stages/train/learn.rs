//! The step that learns: `train.NAME/folds` predicts each sample by a model that learned of other parts, `train.NAME/test` learns of the
//! split `train` and predicts the others.
//!
//! Reads the texts, `tokens`, the label, `group` and, for the test, `split`; all of it goes into one summary, so that nothing
//! is learned again unless one of these changed. Samples without a label are predicted and not learned of. Writes
//! `predicted.NAME` or `tested.NAME`, rounded to six decimals. Facts: `learned` (samples with a label), `unlabelled`, `parts`, `too_long`
//! (texts of more than 20,000 tokens: neither learned of nor predicted). Findings: `train.few`, too few labelled samples to learn of;
//! `train.untested`, all are learned of and none is left to score; `train.unseen`, classes that the model which predicts them has not seen;
//! `train.too_long`.
//! Limits: a `crf` holds about 0.5 kB for each token of the data.
use super::declaration::{Kind, Tokens, Trained, checked};
use super::given::{column, column_of};
use super::models::{Prepared, Sample};
use super::parts::{LEARNED_OF, Own, parts, remarks};
use crate::diag::Diagnostic;
use crate::model::predictions::Predicted;
use crate::model::spans::Span;
use crate::model::synthetic::BY;
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::{Value, array_of, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;

pub const FOLDS: Entry = Entry::row::<Learn>("train/learn", "train.*", declare_folds);
pub const TEST: Entry = Entry::row::<Learn>("train/learn", "train.*", declare_test);

/// The column of predictions of samples outside of the split that was learned of.
pub fn tested_column(name: &str) -> String {
    format!("tested.{name}")
}

/// The names of the splits.
#[derive(Deserialize, Default)]
struct Splits {
    #[serde(default)]
    ratios: BTreeMap<String, serde::de::IgnoredAny>,
}

fn declare_folds(check: &mut Check) -> Vec<Plan> {
    checked(check).and_then(|trained| plan(check, &trained, None)).into_iter().collect()
}

fn declare_test(check: &mut Check) -> Vec<Plan> {
    let learned = |trained: &Trained| trained.declared.model.is_some() && !trained.boxes;
    let Some(trained) = checked(check).filter(learned).filter(|_| splits_of(check)) else { return Vec::new() };
    let children = check.children(&trained.declared.augment);
    plan(check, &trained, Some(children)).into_iter().collect()
}

/// Whether samples have splits; notes that none is called as what models learn of.
pub fn splits_of(check: &mut Check) -> bool {
    if check.column("samples", "split").is_none() {
        return false;
    }
    let split: Splits = check.section(&["split"]);
    if !split.ratios.is_empty() && !split.ratios.contains_key(LEARNED_OF) {
        let span = check.manifest.span_of("split.ratios").unwrap_or_else(|| check.span.clone());
        let message = format!("no split is called `{LEARNED_OF}`, which models learn of");
        check.bad(Diagnostic::error("T0586", span, message).label(format!("needs a split `{LEARNED_OF}`")));
    }
    true
}

/// `children`: of a model that is tested, whose children it learns of.
fn plan(check: &Check, trained: &Trained, children: Option<Vec<String>>) -> Option<Plan> {
    let test = children.is_some();
    let model = trained.declared.model.as_ref().filter(|_| !trained.boxes)?;
    let map = Map {
        texts: trained.texts.clone(),
        tokens: trained.tokens(check).filter(|_| model.kind == Kind::Crf),
        label: trained.label(),
        group: trained.declared.group.as_ref().map(|g| g.get().clone()).filter(|_| !test),
        split: test,
        made: test && check.column("samples", BY).is_some(),
        children: children.unwrap_or_default(),
        alone: test && trained.declared.alone,
    };
    let gather = Gather {
        kind: model.kind,
        tokens: trained.unit(check),
        classes: trained.classes.clone(),
        folds: if test { 0 } else { trained.folds() },
        seed: trained.declared.seed,
        path: trained.path.clone(),
    };
    let written = if test { tested_column(&trained.name) } else { column_of(&trained.name) };
    let mut reads = [names(&["id"]), map.texts.clone(), vec![map.label.clone()]].concat();
    reads.extend(map.tokens.iter().chain(&map.group).cloned());
    reads.extend(test.then(|| "split".to_string()));
    reads.extend(map.made.then(|| BY.to_string()));
    reads.sort();
    reads.dedup();
    let ports =
        Ports { table: "samples".into(), reads, writes: vec![(written.clone(), column(trained))], ..Ports::default() };
    let plan = Plan::row::<Learn>(ports, &map, &gather, &Apply { column: written });
    Some(plan.word(if test { "test" } else { "folds" }))
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    texts: Vec<String>,
    /// The column of the tokens that came with the samples.
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<String>,
    /// The column of the label.
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    #[serde(default, skip_serializing_if = "is_default")]
    group: Option<String>,
    /// The split of each sample counts.
    #[serde(default, skip_serializing_if = "is_default")]
    split: bool,
    /// Some samples may have been made.
    #[serde(default, skip_serializing_if = "is_default")]
    made: bool,
    /// Made by whom they are learned of, too.
    #[serde(default, skip_serializing_if = "is_default")]
    children: Vec<String>,
    /// Of what was collected to learn of nothing is learned.
    #[serde(default, skip_serializing_if = "is_default")]
    alone: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Tokens,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// Into how many parts the samples are cut; 0 where their split says what is learned of.
    #[serde(default, skip_serializing_if = "is_default")]
    folds: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    path: String,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
}

struct Learn;

impl RowStage for Learn {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["libm 0.2", "unicode-segmentation 1.13", "unicode-std 17.0"];
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather)); // tells what cannot be learned, and why
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let ids = rows.texts("id")?;
        let texts = p.texts.iter().map(|t| rows.texts(t)).collect::<Result<Vec<_>, Fault>>()?;
        let tokens: Vec<Option<Vec<Token>>> = match &p.tokens {
            Some(name) => rows.cells(name)?,
            None => Vec::new(),
        };
        let labels = rows.column(&p.label)?;
        let groups = p.group.as_ref().map(|g| rows.column(g)).transpose()?;
        let splits = if p.split { rows.texts("split")? } else { Vec::new() };
        let by = if p.made { rows.texts(BY)? } else { Vec::new() };
        for (row, id) in ids.into_iter().enumerate() {
            let by = by.get(row).and_then(Option::as_ref);
            let collected = p.alone && by.is_none() && splits.get(row).and_then(Option::as_deref) == Some(LEARNED_OF);
            if collected || by.is_some_and(|by| !p.children.contains(by)) {
                continue;
            }
            let own = texts.iter().filter_map(|t| t.get(row)?.as_deref());
            let group = groups.as_ref().and_then(|g| value_at(g.as_ref(), row).key_text());
            let mut sample = Sample {
                id: id.unwrap_or_default(),
                group,
                text: own.collect::<Vec<_>>().join("\n"),
                tokens: tokens.get(row).cloned().flatten().map(|t| t.iter().map(|t| (t.start, t.end)).collect()),
                split: splits.get(row).cloned().flatten(),
                ..Sample::default()
            };
            match value_at(labels.as_ref(), row) {
                Value::Text(class) => sample.class = Some(class),
                list @ Value::List(_) => sample.spans = spans_of(&list),
                _ => {}
            }
            summary.put(b"", row, serde_json::to_vec(&sample).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

/// The spans of a label.
fn spans_of(label: &Value) -> Option<Vec<(u32, u32, String)>> {
    let spans: Vec<Span> = crate::table::Cell::from_value(label)?;
    Some(spans.into_iter().map(|s| (s.start, s.end, s.class)).collect())
}

impl Learn {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut samples, mut spots) = (Vec::new(), Vec::new());
        for hit in hits.iter() {
            let sample: Sample = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            samples.push(sample);
            spots.push(hit.at);
        }
        context.tools.go_on()?;
        let prepared = Prepared::of(p.kind, p.tokens, &p.classes, p.seed, &samples);
        let own: Vec<Own> = samples.iter().zip(&prepared.usable).map(|(s, usable)| s.own(*usable)).collect();
        let parts = parts(p.folds, p.seed, &own);
        let labelled = samples.iter().filter(|s| s.is_labelled()).count() as u64;
        out.fact("learned", parts.first().filter(|_| p.folds == 0).map_or(labelled, |part| part.learns.len() as u64));
        out.fact("unlabelled", samples.len() as u64 - labelled);
        out.fact("parts", parts.len() as u64);
        let too_long = prepared.usable.iter().filter(|usable| !**usable).count() as u64;
        out.fact("too_long", too_long);
        if too_long > 0 {
            let say =
                format!("{too_long} texts have more tokens than a model here takes: neither learned of nor predicted");
            out.remark(format!("{}.task", p.path), "train.too_long", say);
        }
        let found: Mutex<BTreeMap<usize, Predicted>> = Mutex::new(BTreeMap::new());
        context.tools.each(parts.len(), &|n| {
            let Some(part) = parts.get(n).filter(|part| !part.learns.is_empty()) else { return };
            let own = prepared.predicted(&part.learns, &part.predicts, &mut || context.tools.go_on().is_ok());
            found
                .lock()
                .unwrap_or_else(|e| e.into_inner())
                .extend(part.predicts.iter().copied().zip(own.into_iter().flatten()));
        });
        context.tools.go_on()?;
        let found = found.into_inner().unwrap_or_else(|e| e.into_inner());
        remarks(&p.path, &parts, &own, found.is_empty(), out);
        for (place, predicted) in found {
            if let Some(spot) = spots.get(place) {
                out.put(*spot, predicted.packed());
            }
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let read = |row: u32| slice.rows.get(&row).map(|bytes| Predicted::unpacked(bytes));
        let cells: Vec<Option<Predicted>> = (0..rows.len() as u32).map(|row| read(row).flatten()).collect();
        if cells.iter().flatten().count() < slice.rows.len() {
            return Err(Fault::Bug("a prediction does not read back".into()));
        }
        if cells.iter().any(Option::is_some) {
            delta.write(p.column.clone(), array_of(cells));
        }
        Ok(delta)
    }
}

//! `[train.NAME]`: a model of a task, learned here or predicting from files; what it predicts, and how good it is.
//!
//! ```toml
//! [train.base]
//! task = "ner"
//! model = { kind = "crf" }
//! folds = 5
//! gates = { f1 = 0.7 }
//!
//! [train.mine]
//! task = "ner"
//! predictions = { files = ["preds/*.parquet"] }
//! ```
//!
//! Steps behind the labels: `train.NAME/read` (files to rows), `train.NAME/folds` (each sample predicted by a model that had not learned
//! of it, in the column `predicted.NAME`), `train.NAME/check` (how good these predictions are). Behind `[split]`: `train.NAME/test` (a
//! model that learned of the split `train` predicts the others) and `train.NAME` (how good that is). What finds wrong labels, or the
//! samples to label next, reads `predicted.NAME`, wherever it came from.
//!
//! The models are small and made here: a linear chain for spans, logistic regression for classes of texts, windows for boxes. They are the same to
//! every bit with any number of threads and in any order of samples ([`crate::measure::learn`]).
mod boxes;
mod declaration;
mod given;
mod learn;
mod models;
mod parts;
mod read;
mod score;

use crate::stage::Entry;
use declaration::Declaration;

/// The steps that stand behind the labels.
pub const ENTRIES: &[Entry] = &[
    read::ENTRY.schema(|g| g.subschema_for::<Declaration>()),
    given::ENTRY,
    boxes::given::ENTRY,
    learn::FOLDS,
    boxes::learn::FOLDS,
    score::CHECK,
    boxes::score::CHECK,
];

/// The steps that stand behind the split.
pub const AFTER_SPLIT: &[Entry] = &[learn::TEST, boxes::learn::TEST, score::SCORE, boxes::score::SCORE];

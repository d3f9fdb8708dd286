//! `[augment.NAME]`: more samples to learn of, made of those of the split `train`.
//!
//! ```toml
//! [augment.mentions]
//! copies = 2
//! text = { replace_mentions = { share = 0.6 } }
//!
//! [train.base]
//! task = "ner"
//! model = { kind = "crf" }
//! augment = ["mentions"]          # this model learns of them, too
//! ```
//!
//! They stand behind `[split]` and `[sample]`: nothing is ever made of a sample of another split, and what is equal to one of another
//! split is not made at all. Labels are not guessed: each operation says which characters, or which pixels, it replaces, and spans,
//! boxes and the like move by that; a child of which some label would lose its place is not made. Parents stay as they are.
//!
//! Steps: `augment.NAME/draw` decides over all samples who has which children (`draw.rs`), `augment.NAME` bears them (`born.rs`). A child has
//! the id `PARENT#NAME.K`, its parent's other columns, and `synthetic.by` (`augment.NAME`), `synthetic.parents` (ids of all that it is made
//! of) and `synthetic.how` (what was done, as JSON). These columns are null of samples that were collected. Children have no
//! children, no votes and no predictions.
//!
//! Of pictures positions, a part and colours are drawn (`pictures.rs`); shapes move by the frame of their picture.
//!
//! A release leaves them out unless its `augment` names them; a model learns of them where its own does.
mod balance;
mod born;
mod declaration;
mod draw;
mod judged;
mod lists;
mod pictures;
mod synthesize;

use crate::stage::Entry;
use declaration::Declaration;

pub const ENTRIES: &[Entry] = &[draw::ENTRY.schema(|g| g.subschema_for::<Declaration>()), born::ENTRY, pictures::ENTRY];

/// `[synthesize.NAME]`: samples that are written to learn of, born as children are. What is drawn is searched between both.
pub const SYNTHESIZE_DRAW: Entry = synthesize::DRAW;
pub const SYNTHESIZE: Entry = synthesize::BORN;

//! `[transform.NAME]`: a step of one's own. A program is given rows as lines of JSON and gives lines back: columns, samples
//! to drop, samples made of others.
//!
//! ```toml
//! [transform.tags]
//! run = ["python3", "steps/tags.py"]
//! reads = ["caption"]
//! writes = { tags = { list = { of = "text" } }, score = "int" }
//! drops = ["short"]
//! files = ["steps/words.txt"]
//! ```
//!
//! Reads the columns of `reads` with the ids, of living samples alone; writes those of `writes`. A text that was there
//! before gets an edit list, found by comparing words, so that labels move with it. Drops: `transform.REASON`, one for
//! each of `drops`. Changes: `transform.changed`, a column that was there has another value. Samples born are called
//! `PARENT#NAME.KEY`. Limits: images cannot be read yet; what a program reads from elsewhere than its input and its files
//! (the clock, a network, installed packages) is in no recipe unless `version` tells of it. How lines are exchanged is
//! told by the helper that `tamis new --step` prints.
mod answers;
mod columns;
mod declaration;
mod declare;
mod params;
mod programs;
mod python;
mod question;
mod step;

use crate::stage::*;
use declaration::{After, Declaration};
use step::Stage;

/// The entry of each place in the pipeline where a step may stand; the first brings the schema.
pub const AFTER_COLLECT: Entry =
    at(|check| declare::declare(check, After::Collect)).schema(|g| g.subschema_for::<Declaration>());
pub const AFTER_SCHEMA: Entry = at(|check| declare::declare(check, After::Schema));
pub const AFTER_PREPROCESS: Entry = at(|check| declare::declare(check, After::Preprocess));
pub const AFTER_PRIVACY: Entry = at(|check| declare::declare(check, After::Privacy));
pub const AFTER_CLEAN: Entry = at(|check| declare::declare(check, After::Clean));
pub const AFTER_LABEL: Entry = at(|check| declare::declare(check, After::Label));

const fn at(declare: fn(&mut Check) -> Vec<Plan>) -> Entry {
    Entry::row::<Stage>("transform", "transform.*", declare)
}

//! Samples that were made and not collected: the columns that say so. They are null of samples that were collected.

/// Which table of the manifest made it: `augment.NAME`.
pub const BY: &str = "synthetic.by";

/// The ids of all samples that it is made of, its parent first.
pub const PARENTS: &str = "synthetic.parents";

/// What was done, as JSON.
pub const HOW: &str = "synthetic.how";

/// All of them.
pub const COLUMNS: [&str; 3] = [BY, PARENTS, HOW];

/// What stands in [`BY`] of the children of `[augment.NAME]`.
pub fn made_by(name: &str) -> String {
    format!("augment.{name}")
}

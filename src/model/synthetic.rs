//! Samples that were made and not collected: the columns that say so. They are null of samples that were collected.

/// Which table of the manifest made it: `augment.NAME`, `synthesize.NAME`.
pub const BY: &str = "synthetic.by";

/// The ids of all samples that it is made of, its parent first.
pub const PARENTS: &str = "synthetic.parents";

/// What was done, as JSON.
pub const HOW: &str = "synthetic.how";

/// All of them.
pub const COLUMNS: [&str; 3] = [BY, PARENTS, HOW];

/// The tables that make samples, and whose children models and releases name.
pub const TABLES: [&str; 2] = ["augment", "synthesize"];

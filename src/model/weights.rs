//! The weights of chosen samples.

/// The column of the weights that `[sample.NAME]` gives: `weight.NAME`. No field can have that name, since those have no point.
pub fn column(sample: &str) -> String {
    format!("weight.{}", sample.trim_start_matches("sample."))
}

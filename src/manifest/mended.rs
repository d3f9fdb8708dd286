//! What is left of a table that does not fit the schema.
use super::Declared;
use toml::Spanned;
use toml::de::DeValue;

/// A table without the plain values that do not fit, as a licence that is a number: its files show their columns all the
/// same. `None` where something else is wrong: a key that is missing, or a table, which may say how the files are read.
pub fn mended(table: &Declared, wrong: &[usize]) -> Option<Declared> {
    let own = table.get_ref().as_table()?;
    let mut left = own.clone();
    for at in wrong {
        let (key, value) = own.iter().find(|(key, value)| key.span().contains(at) || value.span().contains(at))?;
        if value.get_ref().is_table() {
            return None;
        }
        left.remove(&**key.get_ref());
    }
    Some(Spanned::new(table.span(), DeValue::Table(left)))
}

//! What the card of a release tells of `[ethics]`. All of that is measured over the whole data set, so an anonymous release
//! tells only of columns whose values it does not hide.
use super::declaration::Release;
use crate::stage::Check;

/// A heading, and under it what was measured: what it is called, and the fact.
type Measured = (String, Vec<(String, String)>);

/// What is told, and what is not.
#[derive(Default)]
pub struct Represented {
    pub told: Option<Measured>,
    /// Attributes, lists of words and associations that are not told.
    pub untold: Vec<String>,
    /// No gate of `[ethics]` is told but those on the attributes here.
    only: Option<Vec<String>>,
}

impl Represented {
    pub fn of(check: &Check, r: &Release) -> Represented {
        let table = check.manifest.table(&["ethics"]).and_then(|(_, table)| table.get_ref().as_table());
        let Some(table) = table else { return Represented::default() };
        let texts = |key: &str| -> Vec<String> {
            let list = table.get(key).and_then(|v| v.get_ref().as_array());
            list.into_iter().flatten().filter_map(|v| v.get_ref().as_str().map(String::from)).collect()
        };
        let may = |column: &String| r.anonymity.as_ref().is_none_or(|a| a.may_be_told(&r.columns, column));
        let (own, mut untold): (Vec<String>, Vec<String>) = texts("attributes").into_iter().partition(may);
        let mut all = Vec::new();
        for a in &own {
            all.push((format!("Most frequent value of `{a}` to the least"), format!("ethics.imbalance.{a}")));
            all.push((format!("Distance of `{a}` from its target"), format!("ethics.distance.{a}")));
            all.push((format!("Samples of the data set by `{a}`"), format!("ethics.representation.{a}")));
        }
        for path in texts("lexicons") {
            let name = path.rsplit('/').next().unwrap_or_default();
            let name = name.rsplit_once('.').map_or(name, |n| n.0);
            match r.anonymity {
                Some(_) => untold.push(format!("the list {name}")),
                None => all.push((
                    format!("Samples with a word of the list `{name}`"),
                    format!("ethics.lexicon.{name}.samples"),
                )),
            }
        }
        // a table over all samples tells, beside the released ones, what is hidden of the others
        let hidden = r.withheld.columns.values().flatten().any(|c| c.starts_with("label."));
        if r.anonymity.is_none() && !hidden {
            let say = "Association of labels with attributes, with intervals of 95 %";
            all.push((say.into(), "ethics.associations".into()));
        } else {
            untold.push("associations".into());
        }
        let told = (!all.is_empty()).then(|| ("Representation".to_string(), all));
        Represented { told, untold, only: r.anonymity.is_some().then_some(own) }
    }

    /// Whether the card may tell what a gate measured.
    pub fn tells(&self, fact: &str) -> bool {
        let Some(own) = &self.only else { return true };
        let Some(fact) = fact.strip_prefix("ethics.") else { return true };
        fact.split_once('.').is_some_and(|(_, column)| own.iter().any(|a| a == column))
    }
}

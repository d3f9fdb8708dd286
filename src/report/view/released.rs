//! What a report says where it lies in a release: numbers alone, and of what is released alone.
use super::Views;
use crate::stage::Fact;
use std::collections::BTreeMap;

/// A release that a report lies in.
pub struct Released<'r> {
    pub name: &'r str,
    /// Its columns, with dots as `_`.
    pub columns: &'r [String],
    /// Columns leave the data set as they were collected: none of them was generalised.
    pub as_collected: bool,
}

impl Views {
    /// Takes out whatever is not released: samples and words about single ones, columns and labels that the release does not hold, other
    /// releases, people who labelled, and parameters, which may hold lists of names.
    pub fn released(&mut self, of: &Released) {
        let column = |name: &str| of.columns.iter().any(|c| *c == name.replace('.', "_"));
        let task = |name: &str| column(&format!("label.{name}"));
        let o = &mut self.overview;
        o.balance.retain(|name, _| name == of.name);
        o.releases.retain(|r| r.name == of.name);
        o.hidden.clear();
        self.flow.balance.retain(|name, _| name == of.name);
        self.pipeline.steps.iter_mut().for_each(|s| s.parameters.clear());
        self.pipeline.edges.iter_mut().for_each(|e| e.columns.clear());
        self.fields.retain(|f| of.as_collected && column(&f.name));
        self.labels.retain(|t| task(&t.task));
        self.agreement.retain(|a| task(&a.task));
        for a in &mut self.agreement {
            a.by_annotator.clear();
            a.by_pair.clear();
            a.by_pace.clear();
        }
        self.models.clear();
        self.wanted = None;
        self.issues = self.issues.take().filter(|i| task(&i.task));
        self.issues.iter_mut().for_each(|i| i.worst.clear());
        self.doubts.retain(|d| task(&d.task));
        self.doubts.iter_mut().for_each(|d| d.first.clear());
        for d in &mut self.duplicates {
            d.clusters.clear();
            plain(&mut d.facts);
        }
        if let Some(s) = &mut self.splits {
            s.leaked.clear();
            s.leaked_all = 0;
            s.shares.retain(|share| share.what.is_empty());
            plain(&mut s.facts);
            plain(&mut s.leakage);
        }
        self.privacy.iter_mut().for_each(|p| plain(&mut p.facts));
        self.findings.iter_mut().for_each(|f| f.places.clear());
        self.samples = Default::default();
        self.numbers_alone = true;
    }
}

/// Leaves numbers; rows of tables may name values.
fn plain(facts: &mut BTreeMap<String, Fact>) {
    facts.retain(|_, fact| !matches!(fact, Fact::Table { .. }));
}

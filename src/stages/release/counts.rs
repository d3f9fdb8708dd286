//! `release.NAME/counts`: what the card tells of the samples of a piece: how many come from each source, how often each
//! class stands in each label, and whose votes were tied; of sources whose samples have licences of their own, under which they
//! are; and of how many samples nobody is named though their licence asks for it (finding `attribution.nobody`). A step of its own, so that an edit counts one piece anew. The
//! counts stand in the first row of their piece.
use super::counted::{Counts, NAMED};
use super::declaration::{declared, rows_table};
use super::encode::fragment;
use super::images::first;
use super::terms::{LICENSE, SourceCard, sources};
use crate::model::certificate::NAME as CERTIFICATE;
use crate::model::license;
use crate::model::votes::{TIED, classes_of, each_class};
use crate::stage::*;
use crate::table::{DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Count>("release/counts", "release.*", declare);

/// The column of the counts.
pub const COUNTS: &str = "encoded.counts";

/// The counts of a piece.
pub fn counts_of(rows: &Rows) -> Result<Counts, Fault> {
    let bytes = fragment(rows, COUNTS)?;
    serde_json::from_slice(&bytes).map_err(|e| Fault::Bug(format!("the counts of a piece do not read: {e}")))
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let id = Some(r.ids.column()).filter(|id| *id != "id").unwrap_or_default().to_string();
    let terms: BTreeMap<String, Terms> =
        sources(check).into_iter().filter_map(|s| Some((s.name.clone(), Terms::of(&s)?))).collect();
    let samples = r.documents.iter().any(|d| d == CERTIFICATE);
    let shape = Shape { id, labels: r.labels.clone(), terms, unnamed: r.anonymity.is_some(), samples };
    let mut reads = names(&[r.ids.column(), "source"]);
    reads.extend(r.labels.iter().flat_map(|(label, status)| [label.clone(), status.clone()]));
    reads.extend(shape.terms.values().flat_map(Terms::reads));
    reads.sort();
    reads.dedup();
    let writes = vec![(COUNTS.to_string(), Column::new(DataType::Binary).inner())];
    let ports = Ports { table: rows_table(check), reads, writes, ..Ports::default() };
    vec![Plan::map::<Count>(ports, &shape).word("counts")]
}

#[derive(Serialize, Deserialize, Default)]
struct Shape {
    /// The column of the released ids, where they are not the collected ones.
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// The columns of the released labels, and of each the column that says how it came about.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<(String, String)>,
    /// Samples with tied votes are counted, and none of them is named: the card of an anonymous release tells of no row.
    #[serde(default, skip_serializing_if = "is_default")]
    unnamed: bool,
    /// Samples of each class are counted, too.
    #[serde(default, skip_serializing_if = "is_default")]
    samples: bool,
    /// The sources whose samples have licences, or authors, of their own.
    #[serde(default, skip_serializing_if = "is_default")]
    terms: BTreeMap<String, Terms>,
}

/// What is counted of the terms of a source.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
struct Terms {
    /// The licence of the source, where its samples have none of their own.
    #[serde(default, skip_serializing_if = "is_default")]
    license: Option<String>,
    /// The column of authors, where the source as a whole names nobody.
    #[serde(default, skip_serializing_if = "is_default")]
    author: Option<String>,
}

impl Terms {
    /// `None` where nothing is to be counted.
    fn of(s: &SourceCard) -> Option<Terms> {
        let whole = s.attribution.is_some() || s.names.author.is_some();
        let author = s.columns.get("author").filter(|_| !whole).cloned();
        let license = (!s.licensed).then(|| s.license.clone());
        (s.licensed || author.is_some()).then_some(Terms { license, author })
    }

    fn reads(&self) -> impl Iterator<Item = String> + use<> {
        self.author.clone().into_iter().chain(self.license.is_none().then(|| LICENSE.to_string()))
    }

    /// Counts the samples of the source.
    fn count(&self, source: &str, rows: &Rows, out: &mut Counts, delta: &mut Delta) -> Result<(), Fault> {
        let sources = rows.texts("source")?;
        let licenses = if self.license.is_none() { rows.texts(LICENSE)? } else { Vec::new() };
        let authors = self.author.as_ref().map(|column| rows.texts(column)).transpose()?;
        for row in (0..rows.len()).filter(|row| sources.get(*row).and_then(Option::as_deref) == Some(source)) {
            let own = licenses.get(row).and_then(Option::as_deref);
            if let Some(own) = own {
                *out.licenses.entry(source.into()).or_default().entry(own.into()).or_default() += 1;
            }
            let Some(license) = own.or(self.license.as_deref()) else { continue };
            let named = authors.as_ref().is_none_or(|all| all.get(row).and_then(Option::as_deref).is_some_and(is_said));
            if !named && license::asks_for_names(license) {
                *out.unnamed.entry(source.into()).or_default() += 1;
                let key = format!("collect.{source}.attribution");
                let say = format!("{license} asks for the authors' names, and the sample names nobody");
                delta.event(row, Act::Finding, key, "attribution.nobody", say);
            }
        }
        Ok(())
    }
}

fn is_said(text: &str) -> bool {
    !text.trim().is_empty()
}

struct Count;

impl RowStage for Count {
    const MAP: u32 = 2; // 2: licences of samples, and those that name nobody
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let (mut out, mut delta) = (Counts::default(), Delta::default());
        for (source, terms) in &p.terms {
            terms.count(source, rows, &mut out, &mut delta)?;
        }
        for source in rows.texts("source")?.into_iter().flatten() {
            *out.sources.entry(source).or_default() += 1;
        }
        let ids = rows.texts(if p.id.is_empty() { "id" } else { &p.id })?;
        for (column, status) in &p.labels {
            let own = out.labels.entry(column.clone()).or_default();
            let (labels, states) = (rows.column(column)?, rows.texts(status)?);
            for row in 0..rows.len() {
                let label = value_at(labels.as_ref(), row);
                if !matches!(label, Value::Float(_)) {
                    each_class(&label, &mut |class| *own.classes.entry(class.to_string()).or_default() += 1);
                }
                if p.samples {
                    let classes: BTreeSet<String> = classes_of(&label).into_iter().collect();
                    classes.into_iter().for_each(|class| *own.samples.entry(class).or_default() += 1);
                }
                if states.get(row).and_then(Option::as_deref) == Some(TIED) {
                    own.tied += 1;
                    own.named.extend(ids.get(row).cloned().flatten().filter(|_| !p.unnamed && own.named.len() < NAMED));
                }
            }
        }
        delta.write(COUNTS, first(rows.len(), serde_json::to_vec(&out).unwrap_or_default()));
        Ok(delta)
    }
}

//! `augment.NAME`: the children that `augment.NAME/draw` decided upon are born, each behind its parent.
//!
//! Reads `drawn.NAME`, the label that counts, the split and the edits of the text. Rows are born with a text, labels and tokens of their own;
//! what votes and models said of the parent is not said of them. Facts: those of [`super::balance`]. A build in which none is born
//! fails: the table would have no effect, and nobody would see it.
use super::balance::{self, Family};
use super::declaration::{Augment, LEARNED_OF, checked};
use super::draw::Child;
use crate::model::attributes::KIND as ATTRIBUTE;
use crate::model::edits::{Edit, since_collected};
use crate::model::spans::Span;
use crate::model::synthetic::{BY, HOW, PARENTS};
use crate::model::tokens::Token;
use crate::model::votes::each_class;
use crate::stage::*;
use crate::table::{Value, array_of, list, nulls, types, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Bear>("augment/texts", "augment.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(a) = checked(check).filter(|a| a.ways.is_none()) else { return Vec::new() };
    vec![plan(check, a, &[])]
}

/// The step that bears the children of a table. They have none of the columns `lost`.
pub fn plan(check: &mut Check, a: Augment, lost: &[String]) -> Plan {
    let known = |name: &String| check.columns.get("samples").and_then(|of| of.get(name)).cloned();
    // spans of a child may be others in number and order
    let judges = |c: &Column| matches!(&c.role, Role::Label { kind, .. } if kind == ATTRIBUTE);
    let said = |c: &Column| matches!(c.role, Role::Votes { .. } | Role::Predictions { .. }) || judges(c);
    let silent = check.columns_of("samples").filter(|(name, c)| said(c) || lost.iter().any(|lost| lost == name));
    let silent: BTreeMap<String, String> = silent.map(|(n, c)| (n.to_string(), types::text(&c.ty))).collect();
    let others = check
        .columns_of("samples")
        .filter(|(_, c)| !judges(c))
        .filter(|(name, c)| matches!(c.role, Role::Label { .. }) && !a.spans.iter().any(|s| s == name));
    let others: BTreeMap<String, String> = others.map(|(n, c)| (n.to_string(), types::text(&c.ty))).collect();
    let map = Map {
        by: Some(a.path.clone()).filter(|_| a.endpoint_made),
        name: a.name.clone(),
        text: a.text.clone(),
        label: a.label.clone(),
        spans: a.spans.clone(),
        tokens: a.tokens.clone(),
        edits: known(&a.edits()).is_some(),
        silent,
        others,
        main: a.main,
    };
    let mut writes: Vec<(String, Column)> = vec![
        (BY.into(), Column::new(utf8()).harmless()),
        (PARENTS.into(), Column::new(list(utf8()))),
        (HOW.into(), Column::new(utf8()).harmless()),
    ];
    let edits = a.edits();
    let over = [&a.text, &edits].into_iter().chain(&a.spans).chain(&a.tokens);
    let over = over.chain(map.silent.keys()).chain(map.others.keys());
    writes.extend(over.filter_map(|name| Some((name.clone(), known(name)?))));
    if !map.edits {
        writes.extend(check.changed_texts(std::slice::from_ref(&a.text)).into_iter().filter(|w| w.0 == a.edits()));
    }
    let mut reads = vec!["id".to_string(), a.drawn(), a.label.clone(), "split".into()];
    reads.extend(map.edits.then(|| a.edits()));
    // a column that some children keep of their parents, and others do not have
    reads.extend(map.others.keys().cloned());
    reads.extend((check.column("samples", BY).is_some()).then(|| BY.to_string()));
    reads.sort();
    reads.dedup();
    let ports = Ports { table: "samples".into(), reads, writes, bears: true, ..Ports::default() };
    let gates = vec![a.gate(check)];
    Plan { gates, ..Plan::row::<Bear>(ports, &map, &Gather { classes: a.classes }, &Nothing {}) }
}

#[derive(Serialize, Deserialize, Default)]
pub struct Map {
    /// What made the children, where that is not `augment.NAME`.
    #[serde(default, skip_serializing_if = "is_default")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    text: String,
    /// The label whose classes count.
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<String>,
    /// The text has edits already.
    #[serde(default, skip_serializing_if = "is_default")]
    edits: bool,
    /// Columns that say nothing of children, and their types.
    #[serde(default, skip_serializing_if = "is_default")]
    silent: BTreeMap<String, String>,
    /// Labels that do not lie on the text, and their types.
    #[serde(default, skip_serializing_if = "is_default")]
    others: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "is_default")]
    main: Option<usize>,
}

#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
}

pub struct Bear;

impl RowStage for Bear {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let drawn = rows.texts(&format!("drawn.{}", p.name))?;
        let (labels, splits) = (rows.column(&p.label)?, rows.texts("split")?);
        let by = if rows.names().any(|n| n == BY) { rows.texts(BY)? } else { Vec::new() };
        let mut children: Vec<(usize, Child)> = Vec::new();
        for (row, drawn) in drawn.iter().enumerate() {
            let collected = by.get(row).is_none_or(Option::is_none);
            let learned = splits.get(row).and_then(Option::as_deref) == Some(LEARNED_OF);
            if !(collected && learned) {
                continue;
            }
            let own: Vec<Child> = match drawn {
                Some(text) => serde_json::from_str(text).map_err(|e| Fault::Bug(e.to_string()))?,
                None => Vec::new(),
            };
            let family = p.family(&value_at(labels.as_ref(), row), &own);
            summary.put(b"", row, serde_json::to_vec(&family).map_err(|e| Fault::Bug(e.to_string()))?);
            children.extend(own.into_iter().map(|child| (row, child)));
        }
        let mut delta = Delta::default();
        if !children.is_empty() {
            delta.born = p.born(rows, &children)?;
        }
        Ok(delta)
    }
}

impl Bear {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let families = hits.iter().map(|hit| serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string())));
        balance::tell(&p.classes, families, out)
    }
}

impl Map {
    fn family(&self, label: &Value, children: &[Child]) -> Family {
        let mut family = Family { children: children.len() as u64, ..Family::default() };
        each_class(label, &mut |class| *family.own.entry(class.to_string()).or_default() += 1);
        for child in children {
            match self.main {
                Some(main) => {
                    let spans = child.spans.get(main).into_iter().flatten().flatten();
                    spans.for_each(|(_, _, class)| *family.born.entry(class.clone()).or_default() += 1);
                }
                None => {
                    let own = child.class.clone().map(Value::Text);
                    let of = own.as_ref().unwrap_or(label);
                    each_class(of, &mut |class| *family.born.entry(class.to_string()).or_default() += 1);
                }
            }
        }
        family
    }

    /// The rows of the children.
    fn born(&self, rows: &Rows, children: &[(usize, Child)]) -> Result<Born, Fault> {
        let ids = rows.texts("id")?;
        let id = |row: &usize| ids.get(*row).cloned().flatten().unwrap_or_default();
        let by = self.by.clone().unwrap_or_else(|| format!("augment.{}", self.name));
        let mut born = Born { parents: children.iter().map(|c| (c.0 as u32, 0)).collect(), ..Born::default() };
        let mut put = |name: &str, array: crate::table::ArrayRef| born.columns.insert(name.to_string(), array);
        put("id", array_of(children.iter().map(|(row, c)| Some(format!("{}#{}.{}", id(row), self.name, c.k)))));
        put(BY, array_of(children.iter().map(|_| Some(by.clone()))));
        let parents = |(row, c): &(usize, Child)| {
            let own = id(row);
            let others = c.parents.iter().filter(|p| **p != own).cloned();
            Some(std::iter::once(own.clone()).chain(others).collect::<Vec<String>>())
        };
        put(PARENTS, array_of(children.iter().map(parents)));
        put(HOW, array_of(children.iter().map(|(_, c)| serde_json::to_string(&c.how).ok())));
        put(&self.text, array_of(children.iter().map(|(_, c)| Some(c.text.clone()))));
        for (at, name) in self.spans.iter().enumerate() {
            let span = |s: &(u32, u32, String)| Span { start: s.0, end: s.1, class: s.2.clone() };
            let of = |c: &Child| Some(c.spans.get(at)?.as_ref()?.iter().map(span).collect::<Vec<Span>>());
            put(name, array_of(children.iter().map(|(_, c)| of(c))));
        }
        if let Some(name) = &self.tokens {
            let token = |t: &(u32, u32)| Token { start: t.0, end: t.1 };
            let of = |c: &Child| Some(c.tokens.as_ref()?.iter().map(token).collect::<Vec<Token>>());
            put(name, array_of(children.iter().map(|(_, c)| of(c))));
        }
        let column = crate::model::edits::edits_of(&self.text);
        let so_far: Vec<Option<Vec<Edit>>> =
            if self.edits { rows.cells(&column)? } else { rows.cells_if_any(&column)? };
        let edits = |(row, c): &(usize, Child)| {
            let own: Vec<Edit> = c.edits.iter().map(|e| Edit { start: e.0, end: e.1, len: e.2 }).collect();
            since_collected(
                so_far.get(*row).cloned().flatten(),
                Some(&own).filter(|e| !e.is_empty()).map(Vec::as_slice),
            )
        };
        put(&column, array_of(children.iter().map(edits)));
        let ty = |text: &String| types::parse(text).map(|t| t.0).ok_or_else(|| Fault::Bug(format!("no type: {text}")));
        for (name, text) in &self.silent {
            put(name, nulls(&ty(text)?, children.len()));
        }
        for (name, text) in &self.others {
            let own = rows.column(name)?;
            let of = |(row, c): &(usize, Child)| match &c.class {
                Some(class) if *name == self.label => Value::Text(class.clone()),
                _ if c.fresh => Value::Null,
                _ => value_at(own.as_ref(), *row),
            };
            let cells: Vec<Value> = children.iter().map(of).collect();
            put(name, crate::table::value::column(&ty(text)?, &cells).map_err(Fault::Bug)?);
        }
        Ok(born)
    }
}

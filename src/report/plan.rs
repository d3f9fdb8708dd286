//! What `tamis plan` prints: what was planned beside what was built, and which fields of the construction plan say something.
use crate::engine::gate::{self, fact_or_none};
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::manifest::Decimal;
use crate::manifest::sections::PlanSection;
use crate::model::plan_fields::{BLANK, Heading, PLAN_FIELDS, headings};
use crate::project::Project;
use crate::report::shown;
use crate::stage::{Fact, Fault};
use serde::Serialize;
use std::collections::BTreeMap;

/// Which part of the plan a row is of.
#[derive(Serialize, schemars::JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Bounds of `[plan] goals`.
    Goals,
    /// Samples of each source.
    Sources,
    /// Annotations of each class.
    Classes,
    /// Shares of the values of attributes.
    Targets,
    /// Shares of the splits.
    Splits,
    /// Answers that may be asked for.
    Answers,
    /// Bounds that steps set: agreement, rejected records, duplicates and so on.
    Quality,
}

impl Part {
    fn heading(self) -> &'static str {
        match self {
            Part::Goals => "goals",
            Part::Sources => "samples of each source",
            Part::Classes => "annotations of each class",
            Part::Targets => "shares of attributes",
            Part::Splits => "shares of splits",
            Part::Answers => "budget of answers",
            Part::Quality => "quality",
        }
    }
}

/// A target, what was built, and whether it is met.
#[derive(Serialize, schemars::JsonSchema, Debug, PartialEq)]
pub struct Row {
    pub part: Part,
    /// The key of dataset.toml.
    pub key: String,
    /// What it is about: a fact, a class, a source, a split.
    pub what: String,
    pub target: String,
    /// Unknown where it would have to be built first.
    pub built: Option<String>,
    pub met: Option<bool>,
}

/// A field of the construction plan.
#[derive(Serialize, schemars::JsonSchema, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    pub filled: bool,
}

/// The whole comparison.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Plan {
    pub name: String,
    pub version: String,
    /// The document of `[plan]`, if it is there.
    pub document: Option<String>,
    /// The headings that `[plan]` asks for, else the fields of Korean programmes, in their order; none where there is no
    /// document.
    pub fields: Vec<Field>,
    pub rows: Vec<Row>,
    pub met: u64,
    pub unmet: u64,
    /// Rows of which nothing is known before a build.
    pub unknown: u64,
    pub blanks: u64,
}

/// A share that is not farther than this from its target meets it.
const TOLERANCE: &str = "0.05";

pub fn gather(project: &Project, s: &Session, built: &Built) -> Result<Plan, Fault> {
    let plan: PlanSection =
        project.manifest.table(&["plan"]).and_then(|t| crate::manifest::read(t.1).ok()).unwrap_or_default();
    let tolerance = plan.tolerance.unwrap_or_else(|| Decimal::parse(TOLERANCE).unwrap_or_default());
    let at = At { s, built, tolerance };
    let mut rows = Vec::new();
    for gate in &project.assembled.goals {
        rows.push(at.gate(Part::Goals, gate)?);
    }
    for (source, n) in &plan.sources {
        let key = format!("plan.sources.{source}");
        rows.push(at.least(Part::Sources, key, source.clone(), *n.get(), &format!("collect.{source}.given"))?);
    }
    for (task, classes) in &plan.classes {
        for (class, n) in classes.get() {
            let (key, what) = (format!("plan.classes.{task}.{class}"), format!("{task}: {class}"));
            rows.push(at.least(Part::Classes, key, what, *n, &format!("label.{task}.count.{class}"))?);
        }
    }
    for (attribute, shares) in &plan.targets {
        rows.extend(at.targets(attribute, shares.get())?);
    }
    for (split, share) in ratios(project) {
        let key = format!("split.ratios.{split}");
        rows.push(at.share(Part::Splits, key, split.clone(), share, at.number(&format!("split.{split}.share"))?)?);
    }
    for (task, n) in &plan.answers {
        let built = at.number(&format!("label.{task}.votes"))?;
        let met = built.as_deref().and_then(|b| Decimal::parse(b).ok()).map(|b| b <= Decimal::from(*n.get()));
        let (key, target) = (format!("plan.answers.{task}"), format!("at most {}", n.get()));
        rows.push(Row { part: Part::Answers, key, what: task.clone(), target, built, met });
    }
    for gate in s.steps.iter().flat_map(|step| &step.plan.gates) {
        rows.push(at.gate(Part::Quality, gate)?);
    }
    let dataset = super::terminal::dataset(project);
    let text = plan.document.as_ref().and_then(|d| project.world.read(d, 16 << 20).ok());
    let fields = text.map_or_else(Vec::new, |bytes| fields(&String::from_utf8_lossy(&bytes), &plan.headings));
    let count = |of: Option<bool>| rows.iter().filter(|r| r.met == of).count() as u64;
    Ok(Plan {
        name: dataset.name.get().clone(),
        version: dataset.version.get().clone(),
        document: plan.document.map(|d| d.get().clone()),
        met: count(Some(true)),
        unmet: count(Some(false)),
        unknown: count(None),
        blanks: fields.iter().filter(|f| !f.filled).count() as u64,
        fields,
        rows,
    })
}

/// What stands, as far as the walk knows it.
struct At<'a> {
    s: &'a Session<'a>,
    built: &'a Built,
    tolerance: Decimal,
}

impl At<'_> {
    /// Whether the step that gives a fact is as it was built.
    fn known(&self, fact: &str) -> bool {
        let run = gate::giver(self.s.steps, fact).and_then(|i| self.built.runs.get(i));
        run.is_none_or(|r| r.answer() == Answer::Fresh)
    }

    fn number(&self, fact: &str) -> Result<Option<String>, Fault> {
        if !self.known(fact) {
            return Ok(None);
        }
        let fact = fact_or_none(self.s, self.built, fact)?;
        Ok(matches!(fact, Fact::Int(_) | Fact::Decimal(_)).then(|| fact.to_string()))
    }

    fn gate(&self, part: Part, gate: &crate::stage::Gate) -> Result<Row, Fault> {
        let judged = gate::judge(self.s, self.built, gate)?;
        let known = self.known(&gate.fact);
        Ok(Row {
            part,
            key: gate.key.clone(),
            what: gate.fact.clone(),
            target: judged.want(),
            built: known.then(|| judged.got.to_string()),
            met: known.then_some(judged.pass),
        })
    }

    fn least(&self, part: Part, key: String, what: String, least: u64, fact: &str) -> Result<Row, Fault> {
        let built = self.number(fact)?;
        let met = built.as_deref().and_then(|b| Decimal::parse(b).ok()).map(|b| b >= Decimal::from(least));
        Ok(Row { part, key, what, target: format!("at least {least}"), built, met })
    }

    fn share(
        &self,
        part: Part,
        key: String,
        what: String,
        target: Decimal,
        built: Option<String>,
    ) -> Result<Row, Fault> {
        let near = |b: Decimal| {
            let top = target.checked_add(&self.tolerance)?;
            let bottom = b.checked_add(&self.tolerance)?;
            Some(b <= top && bottom >= target)
        };
        let met = built.as_deref().and_then(|b| Decimal::parse(b).ok()).and_then(near);
        Ok(Row { part, key, what, target: target.to_string(), built, met })
    }

    /// The shares of an attribute: of each planned value, and of values that were not planned at all.
    fn targets(&self, attribute: &str, planned: &BTreeMap<String, Decimal>) -> Result<Vec<Row>, Fault> {
        let fact = format!("ethics.representation.{attribute}");
        let mut shares: BTreeMap<String, String> = BTreeMap::new();
        let known = self.known(&fact);
        if known && let Fact::Table { rows, .. } = fact_or_none(self.s, self.built, &fact)? {
            for row in rows {
                if let [value, _, share, ..] = row.as_slice() {
                    shares.insert(value.clone(), share.clone());
                }
            }
        }
        let nothing = Decimal::default();
        let unplanned = shares.keys().filter(|v| !planned.contains_key(*v)).map(|v| (v.clone(), nothing));
        let all: Vec<(String, Decimal)> = planned.iter().map(|(v, t)| (v.clone(), *t)).chain(unplanned).collect();
        let row = |(value, target): (String, Decimal)| {
            let built = known.then(|| shares.get(&value).cloned().unwrap_or_else(|| "0".into()));
            let key = format!("plan.targets.{attribute}.{value}");
            self.share(Part::Targets, key, format!("{attribute}: {value}"), target, built)
        };
        all.into_iter().map(row).collect()
    }
}

/// The declared shares of the splits.
fn ratios(project: &Project) -> Vec<(String, Decimal)> {
    let table = project.manifest.table(&["split", "ratios"]);
    let of: Option<BTreeMap<String, Decimal>> = table.and_then(|(_, t)| crate::manifest::read(t).ok());
    of.into_iter().flatten().collect()
}

/// The fields of a document: the headings that are asked for, else those of Korean programmes. There a heading may be in either
/// language, and have a number before it.
fn fields(text: &str, asked: &[String]) -> Vec<Field> {
    let all = headings(text);
    if !asked.is_empty() {
        let filled = |name: &String| all.iter().any(|h| h.title == *name && h.is_filled());
        return asked.iter().map(|name| Field { name: name.clone(), filled: filled(name) }).collect();
    }
    let plain = |title: &str| title.trim_start_matches(|c: char| c.is_ascii_digit() || ". )".contains(c)).to_string();
    let of = |names: [&str; 2]| -> Option<&Heading> { all.iter().find(|h| names.contains(&plain(&h.title).as_str())) };
    let korean = PLAN_FIELDS.iter().any(|f| all.iter().any(|h| plain(&h.title) == f.ko));
    let field = |f: &crate::model::plan_fields::PlanField| Field {
        name: if korean { f.ko.into() } else { f.en.into() },
        filled: of([f.en, f.ko]).is_some_and(Heading::is_filled),
    };
    PLAN_FIELDS.iter().map(field).collect()
}

impl Plan {
    /// The rows by their part, then the fields that say nothing, then what all of it comes to.
    pub fn text(&self) -> String {
        let mut out = format!("{} {}   the plan beside what was built\n", self.name, self.version);
        let wide = |of: fn(&Row) -> usize| self.rows.iter().map(of).max().unwrap_or(0);
        let what_width = wide(|row| row.what.chars().count());
        let target_width = wide(|row| row.target.chars().count());
        let built_width = wide(|row| row.built.as_ref().map_or(1, |built| built.chars().count()));
        let mut part = None;
        for row in &self.rows {
            if part != Some(row.part) {
                part = Some(row.part);
                out.push_str(&format!("  {}\n", row.part.heading()));
            }
            let state = match row.met {
                Some(true) => "met",
                Some(false) => "NOT met",
                None => "not known",
            };
            let built = row.built.as_deref().unwrap_or("-");
            let what = shown::line(&row.what);
            let target = &row.target;
            out.push_str(&format!(
                "    {what:<what_width$}  {target:<target_width$}  {built:<built_width$}  {state}\n"
            ));
        }
        if self.rows.is_empty() {
            out.push_str("  nothing is planned in numbers: see `tamis schema --markdown`, [plan]\n");
        }
        match &self.document {
            None => out.push_str("  no construction plan: `tamis plan --template` writes one\n"),
            Some(document) if self.fields.is_empty() => out.push_str(&format!("  {document} does not read\n")),
            Some(document) => {
                let filled = self.fields.iter().filter(|f| f.filled).count();
                out.push_str(&format!("  {document}: {filled} of {} fields say something\n", self.fields.len()));
                let blank = self.fields.iter().filter(|f| !f.filled);
                blank.for_each(|f| out.push_str(&format!("    blank: {}\n", f.name)));
            }
        }
        out.push_str(&format!("  {} met, {} not met, {} not known\n", self.met, self.unmet, self.unknown));
        out
    }
}

/// What the template knows of a project.
pub struct Known {
    pub name: String,
    pub korean: bool,
    /// What stands in dataset.toml, by the number of the field: a line each.
    pub lines: BTreeMap<usize, Vec<String>>,
}

/// A construction plan with a heading for each field: what dataset.toml says of it, and a mark where a person must write.
pub fn template(known: &Known) -> String {
    let title = if known.korean { "데이터 구축 계획서" } else { "Construction plan" };
    let mut t = format!("# {title}: {}\n", known.name);
    for (n, field) in PLAN_FIELDS.iter().enumerate() {
        let (heading, about) = if known.korean { (field.ko, field.about_ko) } else { (field.en, field.about_en) };
        t.push_str(&format!("\n## {heading}\n\n{BLANK} {about}\n"));
        if let Some(lines) = known.lines.get(&n).filter(|lines| !lines.is_empty()) {
            t.push('\n');
            lines.iter().for_each(|line| t.push_str(&format!("- {}\n", shown::line(line))));
        }
    }
    t
}

/// What dataset.toml says to the fields of a plan.
pub fn known(project: &Project, korean: bool) -> Known {
    let m = &project.manifest;
    let mut lines: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let text = |path: &[&str], key: &str| {
        let value = m.table(path)?.1.get_ref().as_table()?.get(key)?.get_ref().as_str()?;
        Some(value.to_string())
    };
    let field = |name: &str| PLAN_FIELDS.iter().position(|f| f.en == name).unwrap_or_default();
    for (source, ..) in m.instances(&["collect"]) {
        let license = text(&["collect", source.as_str()], "license").unwrap_or_default();
        lines.entry(field("Sources and collection")).or_default().push(format!("collect.{source}: {license}"));
    }
    for (task, ..) in m.instances(&["label"]) {
        let kind = text(&["label", task.as_str()], "task").unwrap_or_default();
        let path = ["label", task.as_str(), "guideline"];
        let guideline = text(&path, "document").zip(text(&path, "version"));
        let guideline = guideline.map_or(String::new(), |(d, v)| format!(", {d} {v}"));
        lines.entry(field("Labels and guideline")).or_default().push(format!("label.{task}: {kind}{guideline}"));
    }
    let splits = ratios(project).into_iter().map(|(split, share)| format!("{split} {share}"));
    lines.insert(field("Splits"), splits.collect());
    let license = text(&["dataset"], "license").map(|l| format!("[dataset] license: {l}"));
    lines.insert(field("Release and maintenance"), license.into_iter().collect());
    let name = super::terminal::dataset(project).name.get().clone();
    Known { name, korean, lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_blank_until_somebody_writes() {
        for korean in [true, false] {
            let known = Known { name: "x".into(), korean, lines: BTreeMap::new() };
            let text = template(&known);
            let all = fields(&text, &[]);
            assert!(all.len() == PLAN_FIELDS.len() && all.iter().all(|f| !f.filled), "{text}");
            let more = text.replacen(BLANK, "Written.", 1);
            assert_eq!(fields(&more, &[]).iter().filter(|f| f.filled).count(), 1);
        }
    }

    #[test]
    fn headings_may_have_numbers() {
        let text = "# Plan\n## 1. Purpose and task\nTo sort.\n## 12) 위험 관리\n없음\n";
        let filled: Vec<String> = fields(text, &[]).into_iter().filter(|f| f.filled).map(|f| f.name).collect();
        let asked = fields(text, &["12) 위험 관리".into(), "Nothing".into()]);
        assert!(asked[0].filled && !asked[1].filled);
        assert_eq!(filled, ["구축 목적과 과업 정의", "위험 관리"]);
    }
}

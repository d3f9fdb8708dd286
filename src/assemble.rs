//! From a manifest and a registry to steps: every wrong key, type, range, path, column and reference is found in one
//! pass. Names no stage.
mod broken;
mod found;
mod reviews;

use self::broken::{broken, names_columns, refers, text_from};
use crate::diag::{Diagnostic, Severity, nearest, suggest};
use crate::engine::{Review, Step};
use crate::engine::{gate, scan};
use crate::manifest::mended::mended;
use crate::manifest::sections::{self, PlanSection};
use crate::manifest::{self, Declared, Manifest, walk};
use crate::model::plan_fields;
use crate::stage::{Check, Column, Columns, DecidedAt, Effect, Entry, Gate, Marks, Plan, Ports, Role, Tables};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

/// A declaration that may be built.
pub struct Assembled {
    pub steps: Vec<Step>,
    /// Goals of `[plan]` over facts of any step.
    pub goals: Vec<Gate>,
    pub review: Review,
    pub warnings: Vec<Diagnostic>,
}

/// The JSON Schema of the whole manifest.
pub fn schema(registry: &[Entry]) -> serde_json::Value {
    schema_of(registry, &|_| true)
}

/// The JSON Schema of the manifest, in which tables that are not wanted are known by their names alone.
fn schema_of(registry: &[Entry], wanted: &dyn Fn(&Entry) -> bool) -> serde_json::Value {
    let mut generator = schemars::SchemaGenerator::default();
    let mut root = sections::base_schema(&mut generator);
    for entry in registry {
        if let Some(schema) = entry.schema {
            let path: Vec<&str> = entry.path.split('.').collect();
            let own = if wanted(entry) { schema(&mut generator).to_value() } else { serde_json::json!({}) };
            sections::insert(&mut root, &path, own);
        }
    }
    sections::close(&mut root, &mut generator);
    root
}

/// The tables that a schema was made of: the path of each, what makes its schema, and whether it was wanted.
type Made = Vec<(&'static str, usize, bool)>;

/// As [`schema_of`]. The last one is kept, so that a process which assembles again and again makes it once, and one which
/// ends does not take it apart, which costs half as much as making it.
fn schema_for(registry: &[Entry], wanted: &dyn Fn(&Entry) -> bool) -> Arc<serde_json::Value> {
    static LAST: Mutex<Option<(Made, Arc<serde_json::Value>)>> = Mutex::new(None);
    let of = |entry: &Entry| Some((entry.path, entry.schema? as *const () as usize, wanted(entry)));
    let made: Made = registry.iter().filter_map(of).collect();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, schema)) = last.as_ref().filter(|(tables, _)| *tables == made) {
        return schema.clone();
    }
    let schema = Arc::new(schema_of(registry, wanted));
    *last = Some((made, schema.clone()));
    schema
}

/// All steps, or all problems. A manifest that is known to fit the schema is not compared with it again.
pub fn assemble(
    manifest: &Manifest,
    world: &World,
    registry: &[Entry],
    fits: bool,
) -> Result<Assembled, Vec<Diagnostic>> {
    let tables: BTreeSet<&str> = registry.iter().filter(|e| e.schema.is_some()).map(|e| e.path).collect();
    // making the schema of a table costs more than reading it, so that of a table which is not there is not made
    let is_there = |entry: &Entry| !places(manifest, entry.path, &tables).is_empty();
    let wrong = if fits { Vec::new() } else { walk::walk(&manifest.doc, &schema_for(registry, &is_there)) };
    let declared = registry.iter().flat_map(|e| places(manifest, e.path, &tables)).map(|place| place.1.start);
    let mut a = Assembly {
        manifest,
        world,
        broken: broken(manifest, declared, &wrong),
        sources: registry.iter().filter(|e| e.effects.is_some()).map(|e| e.path).collect(),
        partial: false,
        lost: String::new(),
        unseen: false,
        problems: wrong,
        steps: Vec::new(),
        gates: Vec::new(),
        columns: BTreeMap::new(),
        raw: Marks::default(),
        unmasked: Marks::default(),
        opens: Marks::default(),
        beside: Vec::new(),
        tables: Tables::default(),
        idle: BTreeMap::new(),
    };
    a.columns.entry("samples".into()).or_default().insert("id".into(), crate::table::utf8().into());
    a.check_version();
    let decided = a.read_decisions();
    // the kernels of tables of one kind that name another one stand behind those of all others
    for table in registry.chunk_by(|one, next| one.path == next.path) {
        for refers in [false, true] {
            for entry in table {
                let own = places(manifest, entry.path, &tables)
                    .into_iter()
                    .filter(|place| refers_to_another(place) == refers);
                own.for_each(|place| a.declare(entry, place, &decided));
            }
        }
    }
    let review = a.review(&decided);
    let goals = a.plan_section();
    a.finish(goals, review)
}

/// What the tables of a manifest ask of the outside, in its order, and what is wrong with them. Tables that do not fit the
/// schema are left out; [`assemble`] tells them.
pub fn effects(manifest: &Manifest, world: &World, registry: &[Entry]) -> (Vec<Effect>, Vec<Diagnostic>) {
    let tables: BTreeSet<&str> = registry.iter().filter(|e| e.schema.is_some()).map(|e| e.path).collect();
    let (columns, raw) = (Columns::new(), Marks::default());
    let (mut effects, mut problems) = (Vec::new(), Vec::new());
    for (entry, of) in registry.iter().filter_map(|e| Some((e, e.effects?))) {
        for (instance, span, table) in places(manifest, entry.path, &tables) {
            let path = entry.path.replace('*', &instance);
            let files = |_: &_| Vec::new();
            let (gates, decided, none) = (&[], &[], Vec::new());
            let read = &Tables::default();
            let (columns, raw, files) = (&columns, &raw, &files);
            let mut check = Check {
                manifest,
                world,
                path,
                instance,
                span,
                table,
                columns,
                raw,
                files,
                gates,
                decided,
                tables: read,
                problems: none,
            };
            effects.extend(of(&mut check));
            problems.append(&mut check.problems);
        }
    }
    (effects, problems)
}

/// What does not fit the schema, wherever it stands.
pub fn misfits(manifest: &Manifest, registry: &[Entry]) -> Vec<Diagnostic> {
    walk::walk(&manifest.doc, &schema(registry))
}

/// Where an entry is declared: (instance, where, table).
type Place<'m> = (String, Range<usize>, Option<&'m Declared>);

/// The tables of an entry's path. A path that no schema knows needs no table: its step is always there.
fn places<'m>(manifest: &'m Manifest, path: &str, tables: &BTreeSet<&str>) -> Vec<Place<'m>> {
    let parts: Vec<&str> = path.split('.').collect();
    if let Some(section) = path.strip_suffix(".*") {
        let of = manifest.instances(&section.split('.').collect::<Vec<_>>());
        return of.into_iter().map(|(name, span, table)| (name, span, Some(table))).collect();
    }
    if !tables.contains(path) {
        return vec![(String::new(), 0..0, None)];
    }
    manifest.table(&parts).map(|(span, table)| (String::new(), span, Some(table))).into_iter().collect()
}

/// Whether a table is about what another one of its kind gives.
fn refers_to_another((_, _, table): &Place) -> bool {
    table.and_then(|table| table.get_ref().as_table()).is_some_and(|table| table.contains_key("target"))
}

struct Assembly<'m> {
    manifest: &'m Manifest,
    world: &'m World,
    /// Tables that are left out because they do not fit the schema, each with the places at which they do not.
    broken: BTreeMap<usize, Vec<usize>>,
    /// The paths of tables that ask for files, and whose columns these may show.
    sources: BTreeSet<&'static str>,
    /// One was left out: what later tables refer to may be missing for that alone.
    partial: bool,
    /// The paths and texts of those that were left out so far.
    lost: String,
    /// One of them names no columns: what its files show is not known.
    unseen: bool,
    problems: Vec<Diagnostic>,
    steps: Vec<Step>,
    /// The gates of all steps so far.
    gates: Vec<Gate>,
    columns: Columns,
    /// Columns, by table, that hold words of the data which nothing has masked, with or without `[privacy]`: their bytes
    /// are stored apart from the first day, so that a `[privacy]` added later finds none of them among the others.
    unmasked: Marks,
    /// Columns, by table, that name bytes from outside: pictures, sounds, what was made of them. They hold no words, but
    /// a step that opens the bytes may write words of theirs.
    opens: Marks,
    /// The same with `[privacy]`, and empty without: no release may hold them.
    raw: Marks,
    /// What is told of a file beside images, unless some source reads it.
    beside: Vec<(String, Diagnostic)>,
    /// What tables of several kernels were read as.
    tables: Tables,
    /// By source, the globs that leave out nothing, as far as it was looked at.
    idle: BTreeMap<String, BTreeSet<usize>>,
}

impl Assembly<'_> {
    fn declare(&mut self, entry: &Entry, (instance, span, table): Place, decided: &[DecidedAt]) {
        let path = entry.path.replace('*', &instance);
        let is_broken = table.is_some() && self.broken.contains_key(&span.start);
        let shows = self.sources.contains(entry.path) && !names_columns(table);
        let mended = self.broken.get(&span.start).filter(|_| shows).and_then(|wrong| mended(table?, wrong));
        if is_broken {
            self.leave_out(&path, span.start);
            if mended.is_none() {
                self.unseen |= shows;
                return;
            }
        }
        let table = mended.as_ref().or(table);
        let mut check = Check {
            manifest: self.manifest,
            world: self.world,
            path: path.clone(),
            instance,
            span: span.clone(),
            table,
            columns: &self.columns,
            raw: &self.raw,
            files: &|source| scan::find::names(self.world, source).unwrap_or_default(),
            gates: &self.gates,
            decided,
            tables: &self.tables,
            problems: Vec::new(),
        };
        let plans = (entry.declare)(&mut check);
        let mut problems = std::mem::take(&mut check.problems);
        if mended.is_some() {
            // what is wrong with what is left of it may be so for what was taken away
            self.unseen |= problems.iter().any(|d| d.severity == Severity::Error);
            problems.clear();
        }
        let told: Vec<Diagnostic> = problems.into_iter().filter(|d| !self.is_echo(d)).collect();
        if told
            .iter()
            .any(|d| matches!(d.code, "T0670" | "T0671" | "T0672" | "T0673" | "T0674" | "T0675" | "T0680" | "T0682"))
        {
            self.leave_out(&path, span.start);
            self.unseen = true; // what its columns are called, its files will tell
        }
        self.problems.extend(told);
        for plan in plans {
            if !entry.made(&plan) {
                let message = format!("the stage `{}` gave a plan of another stage", entry.name);
                self.problems.push(Diagnostic::error("T0901", span.clone(), message).label("a bug of tamis"));
                continue;
            }
            self.add(entry, &path, &span, plan);
        }
    }

    /// Notes that what a table declares is not known, or not all of it.
    fn leave_out(&mut self, path: &str, start: usize) {
        self.partial = true;
        self.lost.push_str(&format!("{path}\n{}\n", text_from(self.manifest, start)));
    }

    /// Whether a problem may be there for a table alone that was left out.
    fn is_echo(&self, d: &Diagnostic) -> bool {
        let name = self.manifest.text.get(d.span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        let known = self.columns.get("samples").into_iter().flat_map(|of| of.keys()).map(String::as_str);
        if d.code == "T0434" {
            return self.section("dataset").is_none(); // it may say the licence
        }
        refers(d.code) && if d.code == "T0310" { self.may_be_lost(name, known) } else { self.partial }
    }

    /// Whether a name that nobody gives may be one that a table would have given which was left out. It is a mistake of
    /// its own where no such table says any word of it, and where each of them says its columns, or it is nearly a name
    /// that is known.
    fn may_be_lost<'k>(&self, name: &str, known: impl Iterator<Item = &'k str>) -> bool {
        let said = name.split(['.', '_']).any(|word| self.lost.contains(word));
        self.partial && (said || self.unseen && nearest(name, known).is_none())
    }

    fn add(&mut self, entry: &Entry, path: &str, span: &Range<usize>, plan: Plan) {
        let name = if plan.word.is_empty() { path.to_string() } else { format!("{path}/{}", plan.word) };
        self.check_found(&plan);
        self.same_types(path, &plan);
        let from_outside = plan.scan.is_some() || self.reads_unmasked(&plan);
        self.learn(&plan, from_outside);
        self.gates.extend(plan.gates.iter().cloned());
        let written = |of: &Marks| -> BTreeSet<String> {
            let Some(of) = of.of(target(&plan.ports)) else { return BTreeSet::new() };
            let regrouped = plan.ports.reads.iter().filter(|_| plan.regroup.is_some());
            let own = plan.ports.writes.iter().map(|w| &w.0).chain(regrouped);
            own.filter(|name| of.contains(*name)).cloned().collect()
        };
        let (apart, unseen) = (written(&self.unmasked), written(&self.raw));
        let (raw, reads_raw) = (from_outside && plan.masks.is_empty(), from_outside);
        let (path, span) = (path.to_string(), span.clone());
        let mut entry = *entry;
        entry.card = entry.card.grained(plan.grain);
        self.steps.push(Step { name, path, entry, plan, raw, reads_raw, apart, unseen, span });
    }

    /// Whether a step is given anything that nothing has masked: columns of its own table or of the right one, for any
    /// of its kernels. Ids stay as they were collected and have rules of their own.
    fn reads_unmasked(&self, plan: &Plan) -> bool {
        let ports = &plan.ports;
        let table = plan.regroup.as_ref().map_or(&ports.table, |r| &r.table);
        let own = ports.reads.iter().chain(&ports.apply_reads).map(|c| (table, c));
        let right = ports
            .right
            .iter()
            .flat_map(|r| r.reads.iter().chain([&r.key]).map(|c| (&r.table, c)).chain([(&ports.table, &r.on)]));
        let told = |fact: &String| {
            let gives = |s: &&Step| fact.strip_prefix(&s.name).is_some_and(|rest| rest.starts_with('.'));
            self.steps.iter().filter(gives).any(|s| s.raw)
        };
        let mut all = own.chain(right);
        all.any(|(table, column)| self.unmasked.has(table, column) || self.opens.has(table, column))
            || ports.facts.iter().any(told)
    }

    /// Sources that give one column must give it one type.
    fn same_types(&mut self, path: &str, plan: &Plan) {
        let Some(known) = plan.ports.into.as_ref().and_then(|into| self.columns.get(into)) else { return };
        for (name, column) in &plan.ports.writes {
            let ty = &column.ty;
            let Some(other) = known.get(name).map(|c| &c.ty).filter(|t| *t != ty) else { continue };
            let span = self.manifest.span_of(&format!("{path}.fields.{name}")).unwrap_or_default();
            let types = (crate::table::types::text(other), crate::table::types::text(ty));
            let message = format!("an earlier source gives `{name}` as {}, this one as {}", types.0, types.1);
            let problem = Diagnostic::error("T0322", span, message).label("one column, two types");
            self.problems.push(problem.help("name one of them differently"));
        }
    }

    /// Notes what later steps may read, and what of it may hold personal data: whatever holds words and was made from
    /// what nothing has masked.
    fn learn(&mut self, plan: &Plan, from_outside: bool) {
        let private = self.manifest.table(&["privacy"]).is_some();
        let table = target(&plan.ports);
        let known = self.columns.entry(table.to_string()).or_default();
        for (name, column) in &plan.ports.writes {
            let place = known.get(name).map_or(known.len(), |c| c.place);
            known.insert(name.clone(), Column { place, ..column.clone() });
        }
        if let Some(regroup) = &plan.regroup {
            self.regrouped(&regroup.table, &plan.ports);
        }
        let words = plan.ports.writes.iter().filter(|w| w.1.may_name_somebody() && !plan.masks.contains(&w.0));
        for (name, _) in words.filter(|_| from_outside) {
            self.unmasked.put(table, name);
            if private {
                self.raw.put(table, name);
            }
        }
        for (name, _) in plan.ports.writes.iter().filter(|w| from_outside && w.1.names_bytes()) {
            self.opens.put(table, name);
        }
        if let Some(source) = &plan.scan {
            let units = crate::stage::unit_types().into_iter();
            let words = units.filter(|c| Column::new(c.1.clone()).may_name_somebody());
            words.for_each(|c| self.unmasked.put(&source.table, &c.0));
        }
        for masked in &plan.masks {
            self.raw.remove(table, masked);
            self.unmasked.remove(table, masked);
        }
    }

    /// A regrouped table holds the columns of the table that its rows come from.
    fn regrouped(&mut self, from: &str, ports: &Ports) {
        for name in &ports.reads {
            if let Some(column) = self.columns.get(from).and_then(|of| of.get(name)).cloned() {
                self.columns.entry(ports.table.clone()).or_default().insert(name.clone(), column);
            }
            for marks in [&mut self.raw, &mut self.unmasked, &mut self.opens] {
                if marks.has(from, name) {
                    marks.put(&ports.table, name);
                }
            }
        }
    }

    /// A fixed section that fits the schema.
    fn section(&self, name: &str) -> Option<(Range<usize>, &Declared)> {
        self.manifest.table(&[name]).filter(|t| !self.broken.contains_key(&t.0.start))
    }

    fn check_version(&mut self) {
        let Some((_, value)) = self.manifest.table(&["tamis"]) else { return };
        let Some(text) = value.get_ref().as_str() else { return };
        let number = |t: &str| -> Option<Vec<u64>> { t.split('.').map(|p| p.parse().ok()).collect() };
        match (number(text), number(env!("CARGO_PKG_VERSION"))) {
            (None, _) => self
                .problems
                .push(Diagnostic::error("T0101", value.span(), "this is no version").label("for example \"0.1\"")),
            (Some(want), Some(have)) if want > have => {
                let message = format!("this file needs tamis {text}; this is {}", env!("CARGO_PKG_VERSION"));
                self.problems.push(Diagnostic::error("T0102", value.span(), message).label("a later tamis"));
            }
            _ => {}
        }
    }

    /// `[plan]`: the document with its headings, and goals over facts that some step gives.
    fn plan_section(&mut self) -> Vec<Gate> {
        let Some((_, table)) = self.section("plan") else { return Vec::new() };
        let plan: PlanSection = match manifest::read(table) {
            Ok(p) => p,
            Err(problem) => {
                self.problems.push(problem);
                return Vec::new();
            }
        };
        if let Some(document) = &plan.document {
            self.check_document(document, &plan.headings);
        }
        if let Some((attribute, of)) = plan.targets.iter().next().filter(|_| self.manifest.table(&["ethics"]).is_none())
        {
            let message = format!("nothing measures how far the samples are from the target of `{attribute}`");
            let problem = Diagnostic::error("T0570", of.span(), message).label("there is no [ethics]");
            self.problems.push(problem.help(format!("[ethics] attributes = [\"{attribute}\"]")));
        }
        self.check_planned(&plan);
        let steps: Vec<String> = self.steps.iter().map(|s| s.name.clone()).collect();
        let mut gates = Vec::new();
        for (fact, at) in &plan.goals {
            let (step, _) = fact.rsplit_once('.').unwrap_or((fact, ""));
            if gate::giver(&self.steps, fact).is_none() && !self.may_be_lost(step, steps.iter().map(String::as_str)) {
                let help = suggest(step, steps.iter().map(String::as_str));
                self.problems.push(
                    Diagnostic::error("T0502", at.span(), format!("no step gives the fact `{fact}`")).label(help),
                );
            }
            gates.push(Gate {
                key: format!("plan.goals.{fact}"),
                fact: fact.clone(),
                min: at.min,
                max: at.max,
                span: at.span(),
                say: None,
                beside: None,
                columns: Vec::new(),
                look: format!("tamis show {}", gate::giver(&self.steps, fact).map_or(step, |i| &self.steps[i].name)),
            });
        }
        gates
    }

    /// What is planned of tasks, classes and sources is of declared ones.
    fn check_planned(&mut self, plan: &PlanSection) {
        let known =
            |of: &str| -> Vec<String> { self.manifest.instances(&[of]).into_iter().map(|found| found.0).collect() };
        let (tasks, sources) = (known("label"), known("collect"));
        let mut unknown = |what: &str, name: &str, span: std::ops::Range<usize>, all: &[String]| {
            if !all.iter().any(|own| own == name) {
                let problem = Diagnostic::error(
                    "T0651",
                    span,
                    format!("the plan names the {what} `{name}`, which is not declared"),
                );
                self.problems.push(problem.label(suggest(name, all.iter().map(String::as_str))));
            }
        };
        plan.classes.iter().for_each(|(task, at)| unknown("task", task, at.span(), &tasks));
        plan.answers.iter().for_each(|(task, at)| unknown("task", task, at.span(), &tasks));
        plan.sources.iter().for_each(|(source, at)| unknown("source", source, at.span(), &sources));
        for (task, at) in &plan.classes {
            let label = self.columns.get("samples").and_then(|of| of.get(&format!("label.{task}")));
            let Some(Role::Label { classes, .. }) = label.map(|c| c.role.clone()) else { continue };
            at.get().keys().for_each(|class| unknown(&format!("class of {task}"), class, at.span(), &classes));
        }
    }

    fn check_document(&mut self, document: &manifest::values::At<String>, headings: &[String]) {
        let text = match self.world.read(document, 16 << 20) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) if self.world.place(document).is_none() => {
                let problem =
                    Diagnostic::error("T0304", document.span(), "the construction plan lies outside of the project");
                return self.problems.push(problem.label("paths are relative to dataset.toml and stay below it"));
            }
            Err(_) => {
                let problem = Diagnostic::error("T0303", document.span(), "the construction plan is not there");
                return self.problems.push(problem.label("no such file below the project"));
            }
        };
        let there = plan_fields::headings(&text);
        for (i, want) in headings.iter().enumerate() {
            let (message, label) = match there.iter().find(|h| h.title == *want) {
                Some(heading) if heading.says_something() => continue,
                Some(_) => (format!("the plan says nothing below its heading `{want}`"), "no text".to_string()),
                None => {
                    let names = there.iter().map(|h| h.title.as_str());
                    (format!("the plan has no heading `{want}`"), suggest(want, names))
                }
            };
            let span = self.manifest.span_of(&format!("plan.headings.{i}")).unwrap_or(document.span());
            self.problems.push(Diagnostic::error("T0313", span, message).label(label));
        }
    }

    fn finish(mut self, goals: Vec<Gate>, review: Review) -> Result<Assembled, Vec<Diagnostic>> {
        self.check_idle();
        for (path, problem) in std::mem::take(&mut self.beside) {
            let mut sources = self.steps.iter().filter_map(|step| step.plan.scan.as_ref());
            if !sources.any(|source| scan::find::may_hold(self.world, source, &path, true)) {
                self.problems.push(problem);
            }
        }
        self.problems.sort_by_key(|d| d.span.start);
        let mut told: Vec<Diagnostic> = Vec::new();
        for d in std::mem::take(&mut self.problems) {
            // several entries of one path find the same; a later one may know of more columns that were perhaps meant
            let named =
                |t: &Diagnostic| t.code == "T0310" && (t.code, &t.span, &t.message) == (d.code, &d.span, &d.message);
            if !told.iter().rev().take_while(|t| t.span.start == d.span.start).any(|t| *t == d || named(t)) {
                told.push(d);
            }
        }
        self.problems = told;
        if self.problems.iter().any(|p| p.severity == Severity::Error) {
            return Err(self.problems);
        }
        Ok(Assembled { steps: self.steps, goals, review, warnings: self.problems })
    }
}

/// The table that a step's columns are of.
fn target(ports: &Ports) -> &str {
    ports.into.as_ref().unwrap_or(&ports.table)
}

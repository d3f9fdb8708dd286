//! From a table of dataset.toml to plans of steps: lines of the registry, plans typed by their stage, and what a
//! declaration is checked against.
use super::kernels::{self, JoinStage, Kernels, RowStage, WholeStage, text};
use super::parameters::added;
use super::secret;
use super::{Card, Column, Effect, Gate, Grain, Kernel, Nothing, Ports, Program, Role, Secret};
use crate::diag::{Diagnostic, nearest, suggest};
use crate::digest::Digest;
use crate::manifest::sections::{Item, KeyFrom, ListField, Privacy, SchemaSection};
use crate::manifest::values::At;
use crate::manifest::{Declared, Manifest};
use crate::model::decisions::Decided;
use crate::model::edits::{Edit, edits_of};
use crate::model::messages::Message;
use crate::model::synthetic::TABLES;
use crate::table::{ArrayRef, Cell, DataType, list, utf8};
use crate::world::World;
use serde::de::DeserializeOwned;
use std::any::{Any, type_name};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A line of the registry.
#[derive(Clone, Copy)]
pub struct Entry {
    /// What recipes call the kernels, `label/check`; never changes.
    pub name: &'static str,
    /// The key path, `collect.*` or `clean.exact_duplicates`; several entries of one path are one table's kernels.
    pub path: &'static str,
    pub card: Card,
    /// The JSON Schema of the table; the first entry of a path brings it.
    pub schema: Option<fn(&mut schemars::SchemaGenerator) -> schemars::Schema>,
    /// From the table to plans, or diagnostics. The table is absent for steps that are always there.
    pub declare: fn(&mut Check) -> Vec<Plan>,
    pub kernels: Kernels,
    /// What the table asks of the outside; one entry of a path brings it.
    pub effects: Option<fn(&mut Check) -> Vec<Effect>>,
    /// Names the stage whose plans `declare` gives.
    stage: fn() -> &'static str,
}

type Declare = fn(&mut Check) -> Vec<Plan>;

impl Entry {
    pub const fn row<S: RowStage>(name: &'static str, path: &'static str, declare: Declare) -> Entry {
        let (card, kernels) = kernels::row::<S>();
        Entry { name, path, card, schema: None, declare, kernels, effects: None, stage: type_name::<S> }
    }

    pub const fn join<S: JoinStage>(name: &'static str, path: &'static str, declare: Declare) -> Entry {
        let (card, kernels) = kernels::join::<S>();
        Entry { name, path, card, schema: None, declare, kernels, effects: None, stage: type_name::<S> }
    }

    pub const fn whole<S: WholeStage>(name: &'static str, path: &'static str, declare: Declare) -> Entry {
        let (card, kernels) = kernels::whole::<S>();
        Entry { name, path, card, schema: None, declare, kernels, effects: None, stage: type_name::<S> }
    }

    /// The engine's own step that cuts living rows anew.
    pub const fn regroup(name: &'static str, path: &'static str, declare: Declare) -> Entry {
        let (card, kernels) = (Card::NONE, Kernels::Regroup);
        Entry { name, path, card, schema: None, declare, kernels, effects: None, stage: type_name::<Regroup> }
    }

    /// The same entry with the JSON Schema of its table.
    pub const fn schema(self, of: fn(&mut schemars::SchemaGenerator) -> schemars::Schema) -> Entry {
        Entry { schema: Some(of), ..self }
    }

    /// The same entry with what its table asks of the outside.
    pub const fn effects(self, of: fn(&mut Check) -> Vec<Effect>) -> Entry {
        Entry { effects: Some(of), ..self }
    }

    /// Whether a plan was made for this entry's stage.
    pub fn made(&self, plan: &Plan) -> bool {
        (self.stage)() == plan.parameters.stage
    }
}

/// A step to be: named by the entry's path and `word`. It is made by the constructor of its kind of stage, which knows
/// the types of its parameters.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Empty for PATH itself, else PATH/WORD.
    pub word: String,
    pub ports: Ports,
    pub parameters: Parameters,
    /// Units of files that the engine scans into the step's table.
    pub scan: Option<Source>,
    /// A small table made of the declaration or of a committed file; it stands for the step's right table.
    pub literal: Option<Literal>,
    pub regroup: Option<Regroup>,
    /// A whole stage's folder below `out/`.
    pub folder: Option<String>,
    /// A whole stage's folder beside all releases, below [`crate::world::ASIDE`]: what is not for others.
    pub aside: Option<String>,
    /// Gates over this step's facts and counts.
    pub gates: Vec<Gate>,
    /// What it wants a person to look at is a decision about a label: such a decision does not answer it.
    pub reopens: bool,
    /// A table whose decisions answer what this step asks, too: it asks about the labels of that task.
    pub answered_by: Option<String>,
    /// Columns that hold nothing personal once this step has written them.
    pub masks: Vec<String>,
    /// Files named in the manifest that a kernel may open: (path, digest, bytes).
    pub files: Vec<(String, Digest, u64)>,
    /// What `map` is given besides its parameters, which hold its fingerprint.
    pub secret: Option<Secret>,
    /// The program of the user's that `map` asks, and is given besides its parameters, which hold what the program is.
    pub program: Option<Program>,
    /// The grain of `map`, where the declaration chooses it.
    pub grain: Option<Grain>,
}

/// The canonical parameters of a step's kernels. Only the constructors of a plan make them, from the types of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Of map, gather, apply (or join, or run), in that order.
    texts: [String; 3],
    /// The name of the stage that they are for.
    stage: &'static str,
}

impl Plan {
    /// A step of a row stage, with the parameters of each of its kernels.
    pub fn row<S: RowStage>(ports: Ports, map: &S::Map, gather: &S::Gather, apply: &S::Apply) -> Plan {
        Plan::new(ports, [text(map), text(gather), text(apply)], type_name::<S>())
    }

    /// A step of a row stage that only maps, or whose other kernels take no parameters.
    pub fn map<S: RowStage<Gather = Nothing, Apply = Nothing>>(ports: Ports, map: &S::Map) -> Plan {
        Plan::row::<S>(ports, map, &Nothing {}, &Nothing {})
    }

    pub fn join<S: JoinStage>(ports: Ports, join: &S::Join) -> Plan {
        Plan::new(ports, [text(join), text(&Nothing {}), text(&Nothing {})], type_name::<S>())
    }

    pub fn whole<S: WholeStage>(ports: Ports, run: &S::Run) -> Plan {
        Plan::new(ports, [text(run), text(&Nothing {}), text(&Nothing {})], type_name::<S>())
    }

    pub fn regroup(ports: Ports, regroup: Regroup) -> Plan {
        let params = [text(&Nothing {}), text(&Nothing {}), text(&Nothing {})];
        Plan { regroup: Some(regroup), ..Plan::new(ports, params, type_name::<Regroup>()) }
    }

    fn new(ports: Ports, texts: [String; 3], stage: &'static str) -> Plan {
        let (word, scan, literal, regroup, folder, aside) = Default::default();
        let (gates, masks, files) = Default::default();
        let (secret, program, grain) = Default::default();
        let (reopens, answered_by) = (false, None);
        let parameters = Parameters { texts, stage };
        Plan {
            word,
            ports,
            parameters,
            scan,
            literal,
            regroup,
            folder,
            aside,
            gates,
            reopens,
            answered_by,
            masks,
            files,
            secret,
            program,
            grain,
        }
    }

    /// The same step as PATH/WORD.
    pub fn word(self, word: impl Into<String>) -> Plan {
        Plan { word: word.into(), ..self }
    }

    /// The canonical parameters of a kernel.
    pub fn params(&self, kernel: Kernel) -> &str {
        match kernel {
            Kernel::Map | Kernel::Join | Kernel::Run => &self.parameters.texts[0],
            Kernel::Gather => &self.parameters.texts[1],
            Kernel::Apply => &self.parameters.texts[2],
        }
    }

    /// What a kernel is called with: its parameters, and the secret or the program if it has one.
    pub fn given(&self, kernel: Kernel) -> Cow<'_, str> {
        let own = self.params(kernel);
        match (&self.secret, &self.program) {
            (Some(secret), _) if kernel == Kernel::Map => secret.added(own).into(),
            (_, Some(program)) if kernel == Kernel::Map => added(own, "program", program).into(),
            _ => own.into(),
        }
    }

    /// The parameters of a kernel, read back; for tests.
    #[cfg(test)]
    pub fn read<P: super::Params>(&self, kernel: Kernel) -> P {
        serde_json::from_str(self.params(kernel)).unwrap()
    }
}

/// What rows are that nothing groups: what loads data sets looks for a split of this name, and takes `all` for a word of
/// its own.
pub const ONE_GROUP: &str = "train";

/// Groups the living rows where `only` is true by the value of `by`, in the order of the data, and cuts each group into
/// pieces by the hash of the ids.
#[derive(Clone, Debug)]
pub struct Regroup {
    pub table: String,
    /// The column of the group's name; without one all rows are the group [`ONE_GROUP`].
    pub by: Option<String>,
    /// A column of truth values: rows where it is not true are left out. Without one all rows stay.
    pub only: Option<String>,
    pub window: usize,
    /// The columns whose bytes count where a piece of long rows is cut again; ids always count.
    pub weighed: Vec<String>,
}

/// A right table whose rows are known while declaring.
#[derive(Clone, Debug)]
pub struct Literal {
    pub table: String,
    pub columns: BTreeMap<String, ArrayRef>,
    /// Where the rows come from, for people: one `file:line` a row, or empty.
    pub lines: Vec<String>,
}

/// Files that become units: rows of (path, stem, blob, context, records, reject).
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The collect instance or label source, for `dataset.lock` and messages.
    pub name: String,
    pub table: String,
    pub globs: Vec<String>,
    /// Where each glob stands.
    pub spans: Vec<std::ops::Range<usize>>,
    pub exclude: Vec<String>,
    /// How its files are cut into what a reader is given.
    pub cut: crate::formats::Cut,
    pub record_max: u64,
    /// Images are dearer than small files: narrower windows.
    pub images: bool,
    pub span: std::ops::Range<usize>,
}

/// The columns of a unit table.
pub fn unit_types() -> Vec<(String, DataType)> {
    use crate::table::{blob, utf8};
    [
        ("id", utf8()),
        ("blob", blob()),
        ("context", DataType::Binary),
        ("path", utf8()),
        ("stem", utf8()),
        ("bytes", DataType::Int64),
        ("records", DataType::UInt32),
        ("reject", utf8()),
    ]
    .map(|(n, t)| (n.to_string(), t))
    .into()
}

/// The type of a list that `[schema]` declares.
pub fn list_type(of: &ListField) -> DataType {
    match of.of {
        Item::Text => list(utf8()),
        Item::Int => list(DataType::Int64),
        Item::Float => list(DataType::Float64),
        Item::Bool => list(DataType::Boolean),
        Item::Message => <Vec<Message>>::ty(),
    }
}

/// Columns that carry a mark, by table.
#[derive(Clone, Debug, Default)]
pub struct Marks(BTreeMap<String, BTreeSet<String>>);

impl Marks {
    pub fn put(&mut self, table: &str, column: &str) {
        self.0.entry(table.to_string()).or_default().insert(column.to_string());
    }

    pub fn remove(&mut self, table: &str, column: &str) {
        if let Some(of) = self.0.get_mut(table) {
            of.remove(column);
        }
    }

    pub fn has(&self, table: &str, column: &str) -> bool {
        self.of(table).is_some_and(|of| of.contains(column))
    }

    /// The columns of a table that carry the mark.
    pub fn of(&self, table: &str) -> Option<&BTreeSet<String>> {
        self.0.get(table)
    }
}

/// A decision about a sample, and where it stands.
#[derive(Clone, Debug)]
pub struct DecidedAt {
    /// `reviews/kim.jsonl:3`.
    pub place: String,
    /// Where the manifest names the file.
    pub span: std::ops::Range<usize>,
    pub decided: Decided,
}

/// Columns with what they mean, by table and name.
pub type Columns = BTreeMap<String, BTreeMap<String, Column>>;

/// What tables were read as, by their paths, and what was found in files: a table of several kernels is read and checked
/// once.
#[derive(Default)]
pub struct Tables(RefCell<BTreeMap<String, Option<Rc<dyn Any>>>>);

/// What a declaration is checked against: its table and instance, and what earlier steps gave.
pub struct Check<'a> {
    pub manifest: &'a Manifest,
    pub world: &'a World,
    /// The key path with the instance's name: `collect.klue`.
    pub path: String,
    /// The instance, `klue`, or empty.
    pub instance: String,
    /// Where the table stands.
    pub span: std::ops::Range<usize>,
    pub table: Option<&'a Declared>,
    /// Columns known so far, by table.
    pub columns: &'a Columns,
    /// Columns, by table, that may hold personal data and have not been through `[privacy]`.
    pub raw: &'a Marks,
    /// The files of a source as they lie there now, in order.
    pub files: &'a dyn Fn(&Source) -> Vec<String>,
    /// The gates of earlier steps.
    pub gates: &'a [Gate],
    /// What people decided of samples, for any step.
    pub decided: &'a [DecidedAt],
    /// What was read once for all entries of a path.
    pub tables: &'a Tables,
    pub problems: Vec<Diagnostic>,
}

impl Check<'_> {
    /// The stage's declaration, or `None` with the problem noted.
    pub fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        let table = self.table?;
        match crate::manifest::read(table) {
            Ok(d) => Some(d),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        }
    }

    /// What `read` makes of the table, made and told once for all entries of its path. It must not depend on what steps
    /// between these entries give.
    pub fn once<T: 'static>(&mut self, read: fn(&mut Self) -> Option<T>) -> Option<Rc<T>> {
        let known = self.tables.0.borrow().get(&self.path).cloned();
        let of = known.unwrap_or_else(|| {
            let made = read(self).map(|made| Rc::new(made) as Rc<dyn Any>);
            self.tables.0.borrow_mut().insert(self.path.clone(), made.clone());
            made
        });
        of?.downcast().ok()
    }

    /// What `find` finds, looked for once and kept under the name for all who ask for it; the name must say all that the
    /// answer depends on.
    pub fn found_once<T: 'static>(&self, name: &str, find: impl FnOnce() -> T) -> Rc<T> {
        let known = self.tables.0.borrow().get(name).cloned().flatten().and_then(|of| of.downcast().ok());
        known.unwrap_or_else(|| {
            let found = Rc::new(find());
            self.tables.0.borrow_mut().insert(name.into(), Some(found.clone() as Rc<dyn Any>));
            found
        })
    }

    /// A fixed section or another stage's table.
    pub fn section<T: DeserializeOwned + Default>(&self, path: &[&str]) -> T {
        self.manifest.table(path).and_then(|(_, v)| crate::manifest::read(v).ok()).unwrap_or_default()
    }

    pub fn bad(&mut self, problem: Diagnostic) {
        self.problems.push(problem);
    }

    /// Notes a file that the manifest names and that is not there, or lies outside of the project.
    pub fn file(&mut self, path: &At<String>, what: &str) {
        let problem = match self.world.place(path) {
            None => Diagnostic::error("T0304", path.span(), format!("{what} lies outside of the project"))
                .label("paths are relative to dataset.toml and stay below it"),
            Some(_) if !self.world.is_file(path) => {
                let there = self.world.exists(path);
                let (say, label) = if there {
                    ("is no file", "a folder, a pipe or a device")
                } else {
                    ("is not there", "no such file")
                };
                Diagnostic::error("T0303", path.span(), format!("{what} {say}")).label(label)
            }
            Some(_) if self.world.leads_out(path) => {
                Diagnostic::error("T0304", path.span(), format!("{what} lies outside of the project"))
                    .label("it lies behind a link that leads out of the project")
            }
            Some(_) => return,
        };
        self.bad(problem);
    }

    /// The secret key of `[privacy]`, derived for a purpose; `None` with the problem noted if it is not there. `asked` is
    /// where the manifest asks for it.
    pub fn secret(&mut self, asked: std::ops::Range<usize>, context: &str) -> Option<Secret> {
        let privacy: Privacy = self.section(&["privacy"]);
        let span = self.manifest.span_of("privacy.key").unwrap_or(asked.clone());
        let Some(from) = &privacy.key else {
            let problem = Diagnostic::error("T0424", asked, "this needs a secret key").label("there is none");
            self.bad(problem.help("[privacy] key = { env = \"NAME\" }, or { file = \"path\" } that git ignores"));
            return None;
        };
        self.secret_from(from, span, context)
    }

    /// A secret that the manifest says the place of, derived for a purpose; `None` with the problem noted if it is not there.
    pub fn secret_from(&mut self, from: &KeyFrom, span: std::ops::Range<usize>, context: &str) -> Option<Secret> {
        match secret::read(self.world, from) {
            Ok(key) => Some(Secret::derive(context, &key)),
            Err((message, say)) => {
                self.bad(Diagnostic::error("T0425", span, message).label(say));
                None
            }
        }
    }

    /// Notes what is no glob, or leaves the project.
    pub fn glob(&mut self, glob: &At<String>) {
        if self.world.place(glob).is_none() {
            let problem = Diagnostic::error("T0304", glob.span(), "this path leaves the project");
            self.bad(problem.label("paths are relative to dataset.toml and stay below it"));
        } else if let Err(e) = globset::Glob::new(glob) {
            self.bad(Diagnostic::error("T0307", glob.span(), "this is no glob").label(e.kind().to_string()));
        }
    }

    /// The type of a column of a table, if an earlier step writes it.
    pub fn column(&self, table: &str, name: &str) -> Option<&DataType> {
        self.columns.get(table)?.get(name).map(|c| &c.ty)
    }

    /// The columns of a table that earlier steps write, by name.
    pub fn columns_of(&self, table: &str) -> impl Iterator<Item = (&str, &Column)> {
        self.columns.get(table).into_iter().flatten().map(|(name, column)| (name.as_str(), column))
    }

    pub fn names(&self, table: &str) -> Vec<&str> {
        self.columns_of(table).map(|c| c.0).collect()
    }

    /// A column of the samples that the manifest names; `None` with the problem noted if no earlier step writes it.
    pub fn known(&mut self, name: &At<String>) -> Option<Column> {
        if let Some(column) = self.columns.get("samples").and_then(|of| of.get(name.get())) {
            return Some(column.clone());
        }
        let help = suggest(name, self.names("samples"));
        let message = format!("no step gives the column `{}`", name.get());
        self.bad(Diagnostic::error("T0310", name.span(), message).label(help));
        None
    }

    /// The texts of the samples that a step changes: those that the manifest names, else the text fields of `[schema]`.
    /// What is no such text is noted. A name that meets nothing stands for the nearest text: then nothing else is told of
    /// that text as if it had not been named.
    pub fn text_fields(&mut self, named: Option<&[At<String>]>) -> Vec<String> {
        let Some(named) = named else {
            let schema: SchemaSection = self.section(&["schema"]);
            let fields = schema.0.into_iter().filter(|(_, f)| f.text.is_some() || f.list.is_some()).map(|(n, _)| n);
            return fields.filter(|n| self.may_change(n)).collect();
        };
        let mut fields: Vec<String> = named.iter().filter_map(|name| self.text_field(name)).collect();
        fields.sort();
        fields.dedup();
        fields
    }

    fn text_field(&mut self, name: &At<String>) -> Option<String> {
        if self.may_change(name) {
            return Some(name.get().clone());
        }
        let meant = nearest(name, self.names("samples")).filter(|n| self.may_change(n)).map(str::to_string);
        if self.known(name).is_none() {
            return meant;
        }
        let message = format!("`{}` is no text that may be changed", name.get());
        self.bad(Diagnostic::error("T0322", name.span(), message).label("not a text of the samples"));
        None
    }

    /// The texts that a step looks at: those that the manifest names, else the text fields of `[schema]`, else the text that
    /// spans belong to. What is no text is noted.
    pub fn plain_texts(&mut self, named: Option<&[At<String>]>) -> Vec<String> {
        let is_text = |check: &Check, name: &str| check.column("samples", name) == Some(&DataType::Utf8);
        let Some(named) = named else {
            let fields: Vec<String> = self.text_fields(None).into_iter().filter(|name| is_text(self, name)).collect();
            return if fields.is_empty() { self.text_of_spans().into_iter().collect() } else { fields };
        };
        let mut texts = Vec::new();
        for name in named.iter().filter(|name| self.known(name).is_some()).collect::<Vec<_>>() {
            if is_text(self, name) {
                texts.push(name.get().clone());
            } else {
                let problem = Diagnostic::error("T0322", name.span(), format!("`{}` is no text", name.get()));
                self.bad(problem.label("not a text of the samples"));
            }
        }
        texts.sort();
        texts.dedup();
        texts
    }

    /// Whether a step that changes texts may change a column: a text, or a list or an object that holds some. The id and the
    /// name of the source stay as they are, and so do the columns that serve other steps.
    fn may_change(&self, name: &str) -> bool {
        let known = self.columns.get("samples").and_then(|of| of.get(name));
        known.filter(|_| !["id", "source"].contains(&name)).is_some_and(|column| match column.ty {
            DataType::Utf8 => true,
            _ => !column.inner && column.role == Role::Plain && column.holds_texts(),
        })
    }

    /// The columns that a step writes when it changes texts: each text as it was declared, and its edits.
    pub fn changed_texts(&self, fields: &[String]) -> Vec<(String, Column)> {
        let known = |field: &String| self.columns.get("samples").and_then(|of| of.get(field)).cloned();
        let edits = |of: &String| Column::new(<Vec<Edit>>::ty()).role(Role::Edits { of: of.clone() }).inner();
        let texts = fields.iter().map(|f| (f.clone(), known(f).unwrap_or(DataType::Utf8.into())));
        // no span lies on the texts of lists and objects
        let whole = fields.iter().filter(|f| self.column("samples", f) == Some(&DataType::Utf8));
        texts.chain(whole.map(|f| (edits_of(f), edits(f)))).collect()
    }

    /// The field that tokens and spans belong to: `text`, else the one that a reader made of tokens, else the first text of
    /// `[schema]`.
    pub fn text_of_spans(&self) -> Option<String> {
        let is_text = |name: &str| self.column("samples", name) == Some(&DataType::Utf8);
        if is_text("text") {
            return Some("text".to_string());
        }
        let of_tokens = self.columns_of("samples").find(|(name, c)| c.role == Role::Text && is_text(name));
        if let Some((name, _)) = of_tokens {
            return Some(name.to_string());
        }
        let schema: SchemaSection = self.section(&["schema"]);
        schema.0.iter().filter(|(_, f)| f.text.is_some()).map(|(n, _)| n.clone()).find(|n| is_text(n))
    }

    /// What `synthetic.by` says of the children that a step takes: those of the named `[augment.NAME]` or `[synthesize.NAME]`. A name
    /// that there is not is noted.
    pub fn children(&mut self, named: &[At<String>]) -> Vec<String> {
        let names =
            |table: &'static str| self.manifest.instances(&[table]).into_iter().map(move |found| (table, found.0));
        let known: Vec<(&str, String)> = TABLES.into_iter().flat_map(names).collect();
        let mut out = Vec::new();
        for name in named {
            match known.iter().find(|known| known.1 == *name.get()) {
                Some((table, name)) => out.push(format!("{table}.{name}")),
                None => {
                    let message = format!("there is no [augment.{}]", name.get());
                    let problem = Diagnostic::error("T0616", name.span(), message);
                    self.bad(problem.label(suggest(name, known.iter().map(|known| known.1.as_str()))));
                }
            }
        }
        out.sort();
        out.dedup();
        out
    }

    /// Whether a column may hold personal data that no privacy step has seen.
    pub fn is_raw(&self, table: &str, name: &str) -> bool {
        self.raw.has(table, name)
    }
}

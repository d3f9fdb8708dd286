//! `[privacy.detect]` as it is declared, and what is wrong with it.
use super::actions::{Action, GENERAL, Operator};
use super::detectors::{self, Confidence, Custom, DETECTORS, Finder, REGIONS};
use crate::diag::{Diagnostic, suggest};
use crate::digest::Digest;
use crate::manifest::sections::Dataset;
use crate::manifest::values::{At, TextOr};
use crate::stage::Check;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// Finds personal data in texts and masks it, or does something else with it.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The kinds of personal data that are looked for; `all` stands for all of them. Of everybody: `email` (also written out as `kim (at)
    /// example.com`; a local part in ASCII), `phone` (numbers of Korea and of `regions` as they are written there; those of all
    /// other countries with a leading `+`, or beside a word such as phone), `card` (payment cards), `iban`, `ip`, `mac`,
    /// `url_credential` (names and passwords in addresses), `secret` (keys, tokens and passwords of programs), `birth_date`
    /// (beside a word that says so), `person` (names beside a title or a role, and those of a dictionary), `us_ssn`. Of Korea:
    /// `kr_rrn` (resident and foreign resident registration numbers), `kr_driver` (licences), `kr_passport`, `kr_health`
    /// (insurance), `kr_customs` (personal codes), `kr_business`, `kr_corporation`, `kr_account` (banks), `kr_plate`,
    /// `kr_address` (by road and by lot), `kr_ci` (linkage keys CI and DI).
    #[schemars(length(min = 1))]
    pub types: Vec<At<String>>,
    /// What happens to what is found.
    #[serde(default)]
    pub action: TextOr<Operator>,
    /// What happens otherwise, by type: `{ email = "pseudonymize", phone = { action = "mask", keep_last = 4 } }`.
    #[serde(default)]
    pub actions: BTreeMap<String, TextOr<Operator>>,
    /// How sure a detector must be, by type; a lower one finds more and errs more. Default of all: `likely`.
    #[serde(default)]
    pub confidence: BTreeMap<String, Confidence>,
    /// Countries whose telephone numbers are read as they are written there: KR, US (also Canada), GB, JP, CN, FR, DE. Those of
    /// KR are always read. Default: the countries of `[dataset] languages`.
    #[schemars(length(min = 1))]
    pub regions: Option<Vec<At<String>>>,
    /// Files of names and other words, one a line, that are found wherever they stand, by the type that they are of.
    #[serde(default)]
    pub dictionaries: BTreeMap<String, At<String>>,
    /// Types of one's own, by name.
    #[serde(default)]
    #[schemars(extend("propertyNames" = {"pattern": "^[a-z0-9-]+$"}))]
    pub custom: BTreeMap<String, Expression>,
    /// The columns whose texts are searched: texts, and lists and objects that hold some. Default: all fields of `[schema]` that
    /// are texts or lists of them.
    #[schemars(length(min = 1))]
    pub fields: Option<Vec<At<String>>>,
    /// Most hits that may still be found after masking, over all living samples; more of them fail the build.
    pub residual_max: Option<At<u64>>,
}

/// A type of one's own.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Expression {
    /// What is found: a regular expression as Rust's crate `regex` reads it, without look-around and back-references, so that
    /// searching takes time linear in the text. Texts are searched in a plain spelling: full-width signs and other dashes are
    /// read as ASCII.
    pub pattern: At<String>,
    /// Words of which one must stand near; without one, what is found is only possible.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub context: Vec<String>,
    /// How sure a hit is. Default `likely`.
    #[serde(default)]
    pub confidence: Confidence,
}

/// Files of words, by the type that they are of: path, digest, bytes.
pub type Dictionaries = BTreeMap<String, (String, Digest, u64)>;

impl Declaration {
    /// The detectors named, each with its version.
    pub fn versions(&self, check: &mut Check) -> BTreeMap<String, u32> {
        if self.types.iter().any(|name| name.as_str() == "all") {
            return DETECTORS.iter().map(|d| (d.name.to_string(), d.version)).collect();
        }
        let mut out = BTreeMap::new();
        for name in &self.types {
            match DETECTORS.iter().find(|d| d.name == name.as_str()) {
                Some(detector) => {
                    out.insert(detector.name.to_string(), detector.version);
                }
                None => {
                    let known: Vec<&str> = DETECTORS.iter().map(|d| d.name).collect();
                    let message = format!("nothing detects `{}`", name.get());
                    let help = suggest(name, known);
                    check.bad(Diagnostic::error("T0330", name.span(), message).label("not known here").help(help));
                }
            }
        }
        out
    }

    /// Notes settings for types that are not looked for, and actions that cannot be done.
    pub fn check_types(&self, check: &mut Check, versions: &BTreeMap<String, u32>) {
        let known: Vec<&str> =
            versions.keys().chain(self.custom.keys()).chain(self.dictionaries.keys()).map(String::as_str).collect();
        let tables =
            [("actions", self.actions.keys().collect::<Vec<_>>()), ("confidence", self.confidence.keys().collect())];
        for (table, name) in tables.iter().flat_map(|(table, names)| names.iter().map(move |name| (table, *name))) {
            if !known.contains(&name.as_str()) {
                let span = place(check, &format!("{table}.{name}"));
                let message = format!("`{name}` is not looked for");
                let problem = Diagnostic::error("T0540", span, message).label("a setting without effect");
                check.bad(problem.help(suggest(name, known.iter().copied())));
            }
        }
        let all = self.actions.iter().map(|(name, operator)| (Some(name), operator));
        for (name, operator) in all.chain([(None, &self.action)]) {
            let span = place(check, &name.map_or("action".to_string(), |name| format!("actions.{name}")));
            let own: Vec<&str> = match name {
                Some(name) => vec![name.as_str()],
                None => known.iter().copied().filter(|kind| !self.actions.contains_key(*kind)).collect(),
            };
            check_action(check, &own, operator, span);
        }
        self.check_confidences(check);
        let numbers = known.iter().any(|name| matches!(*name, "phone" | "us_ssn"));
        if self.regions.is_some() && !numbers {
            let span = place(check, "regions");
            let problem = Diagnostic::error("T0540", span, "no telephone numbers are looked for");
            check.bad(problem.label("a setting without effect").help("regions go with the types phone and us_ssn"));
        }
        for name in self.custom.keys().filter(|name| DETECTORS.iter().any(|d| d.name == name.as_str())) {
            let span = place(check, &format!("custom.{name}"));
            let problem = Diagnostic::error("T0540", span, format!("`{name}` is a type of tamis"));
            check.bad(problem.label("another name is needed"));
        }
    }

    /// Notes types that must be surer than they ever are.
    fn check_confidences(&self, check: &mut Check) {
        for (name, least) in &self.confidence {
            let of_word = self.dictionaries.contains_key(name);
            let most = match self.custom.get(name) {
                _ if of_word => Confidence::Certain,
                Some(custom) => custom.confidence,
                None => detectors::surest(name),
            };
            if *least > most {
                let span = place(check, &format!("confidence.{name}"));
                let say = format!("what is found of `{name}` is never so sure");
                let has = match most {
                    Confidence::Possible => "possible",
                    Confidence::Likely => "possible and likely",
                    Confidence::Certain => "all",
                };
                check.bad(Diagnostic::error("T0540", span, say).label(format!("it has {has}")));
            }
        }
    }

    /// The action of a type.
    pub fn action_of(&self, name: &str) -> Operator {
        self.actions.get(name).map_or(self.action.0, |operator| operator.0)
    }

    /// The regions whose telephone numbers are read.
    pub fn regions(&self, check: &mut Check) -> Vec<String> {
        let Some(named) = &self.regions else {
            let dataset: Dataset = check.section(&["dataset"]);
            return detectors::of_languages(&dataset.languages);
        };
        let mut out = Vec::new();
        for name in named {
            if !REGIONS.iter().any(|(region, _)| region == name.get()) {
                let problem =
                    Diagnostic::error("T0543", name.span(), format!("numbers of `{}` are not known", name.get()));
                let known = suggest(name, REGIONS.iter().map(|(region, _)| *region));
                check.bad(problem.label("not known here").help(known));
            }
            out.push(name.get().clone());
        }
        out.sort();
        out.dedup();
        out
    }

    /// The expressions of one's own, if all can be searched for.
    pub fn customs(&self, check: &mut Check) -> BTreeMap<String, Custom> {
        let mut out = BTreeMap::new();
        for (name, expression) in &self.custom {
            let custom = Custom {
                pattern: expression.pattern.get().clone(),
                context: expression.context.clone(),
                confidence: expression.confidence,
            };
            if let Err(say) = Finder::default().expression(name, &custom, Confidence::Possible) {
                let problem =
                    Diagnostic::error("T0541", expression.pattern.span(), "this expression cannot be searched for");
                check.bad(problem.label(say));
            }
            out.insert(name.clone(), custom);
        }
        out
    }

    /// The files of words that can be read.
    pub fn dictionaries(&self, check: &mut Check) -> Dictionaries {
        let mut out = BTreeMap::new();
        for (name, path) in &self.dictionaries {
            let before = check.problems.len();
            check.file(path, "the dictionary");
            if check.problems.len() > before {
                continue;
            }
            let bad = |say: String| Diagnostic::error("T0542", path.span(), "this is no dictionary").label(say);
            match check.world.read(path, DICTIONARY_MAX) {
                Err(e) => check.bad(bad(e.to_string())),
                Ok(bytes) => match std::str::from_utf8(&bytes).map(detectors::entries) {
                    Err(_) => check.bad(bad("it is not in UTF-8".into())),
                    Ok(entries) if entries.is_empty() => check.bad(bad("there is no word in it".into())),
                    Ok(_) => {
                        out.insert(name.clone(), (path.get().clone(), Digest::of(&bytes), bytes.len() as u64));
                    }
                },
            }
        }
        out
    }
}

/// Bytes of a dictionary.
const DICTIONARY_MAX: u64 = 16 << 20;

/// What is wrong with an action for these types.
fn check_action(check: &mut Check, kinds: &[&str], operator: &Operator, span: Range<usize>) {
    if operator.keeps() && operator.action != Action::Mask {
        let problem = Diagnostic::error("T0544", span.clone(), "only what is masked keeps some of its signs");
        check.bad(problem.label("`keep_first` and `keep_last` go with `mask`"));
    }
    let whole = kinds.iter().find(|kind| !GENERAL.contains(kind)).filter(|_| operator.action == Action::Generalize);
    if let Some(kind) = whole {
        let problem = Diagnostic::error("T0544", span, format!("there is nothing more general of `{kind}`"));
        check.bad(problem.label(format!("possible for {}", GENERAL.join(", "))));
    }
}

/// Where a key of the table stands.
fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{key}", check.path)).unwrap_or(check.span.clone())
}

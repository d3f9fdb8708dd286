//! The declaration of `[label.TASK.rules]`, and every mistake in it that can be found before a sample is read.
use super::super::kinds::KINDS;
use super::super::kinds::kind::Kind;
use super::super::points::Points;
use super::rule::{Action, Demand, Named, Rule};
use super::spoken::{NUMBERS, is_number_form};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::Check;
use crate::table::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// The declared rules. The kinds say which there are.
#[derive(Deserialize, Clone, Debug, Default)]
#[serde(transparent)]
pub struct Rules(pub BTreeMap<String, Declared>);

/// One declared rule.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// What happens to an annotation that breaks the rule.
    pub action: Action,
    /// The least that is allowed.
    pub min: Option<Decimal>,
    /// The most that is allowed.
    pub max: Option<Decimal>,
    /// The classes whose annotations it is about. Default: all.
    #[serde(default)]
    pub classes: Vec<At<String>>,
    /// The pairs, each as `["STAYS", "GOES"]`.
    #[serde(default)]
    pub pairs: Vec<At<[String; 2]>>,
    /// The points of an object, by the names that `keypoints` gives them.
    #[serde(default)]
    pub points: Vec<At<String>>,
    /// Pairs of points, each as `["LEFT", "RIGHT"]`.
    #[serde(default)]
    pub order: Vec<At<[String; 2]>>,
    /// What is allowed.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub allowed: Vec<String>,
    /// What does not break the rule.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub except: Vec<String>,
}

impl Declared {
    /// The keys of a rule that were given a value.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("min", self.min.is_some()),
            ("max", self.max.is_some()),
            ("classes", !self.classes.is_empty()),
            ("pairs", !self.pairs.is_empty()),
            ("points", !self.points.is_empty()),
            ("order", !self.order.is_empty()),
            ("allowed", !self.allowed.is_empty()),
            ("except", !self.except.is_empty()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }

    /// What is demanded of objects whose points are called so. A name that is none of them is told by [`check_rules`].
    fn demand(&self, name: &str, points: &[String]) -> Demand {
        let named = |name: &String| {
            let at = points.iter().position(|p| p == name)?;
            Some(Named { at: at as u32, name: name.clone() })
        };
        let pair = |of: &At<[String; 2]>| {
            let [left, right] = of.get();
            Some([named(left)?, named(right)?])
        };
        Demand {
            name: name.to_string(),
            action: self.action,
            min: self.min,
            max: self.max,
            classes: self.classes.iter().map(|c| c.get().clone()).collect(),
            pairs: self.pairs.iter().map(|p| p.get().clone()).collect(),
            points: self.points.iter().filter_map(|p| named(p.get())).collect(),
            order: self.order.iter().filter_map(pair).collect(),
            allowed: self.allowed.clone(),
            except: self.except.clone(),
        }
    }
}

impl Rules {
    /// The declared rules of a kind, in the order in which they are asked.
    pub fn demands(&self, kind: &'static Kind, points: Option<&Points>) -> Vec<(&'static Rule, Demand)> {
        let points: Vec<String> = points.iter().flat_map(|p| &p.names).map(|name| name.get().clone()).collect();
        kind.rules.iter().filter_map(|rule| Some((rule, self.0.get(rule.name)?.demand(rule.name, &points)))).collect()
    }
}

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    /// Makes a table for each rule of any kind, with the keys that it reads. Every planned build makes this, so the keys are
    /// described once and not for each rule anew.
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let declared = Declared::json_schema(generator);
        let keys = declared.get("properties").and_then(Value::as_object);
        let mut tables: BTreeMap<&str, Described> = BTreeMap::new();
        for (kind, rule) in KINDS.iter().flat_map(|kind| kind.rules.iter().map(move |rule| (kind, rule))) {
            let table =
                tables.entry(rule.name).or_insert_with(|| Described { rule, kinds: Vec::new(), keys: Vec::new() });
            table.kinds.push(kind.name);
            table.keys.extend(rule.keys);
        }
        let mut properties = serde_json::Map::new();
        for (name, table) in tables {
            let reads = |key: &str| table.keys.contains(&key) || ["action", "classes"].contains(&key);
            let own = keys.into_iter().flatten().filter(|(key, _)| reads(key));
            let own: serde_json::Map<String, Value> = own.map(|(key, schema)| (key.clone(), schema.clone())).collect();
            let mut schema = serde_json::Map::new();
            let kept = declared.as_object().into_iter().flatten().filter(|(key, _)| *key != "properties");
            schema.extend(kept.map(|(key, value)| (key.clone(), value.clone())));
            schema.insert("properties".into(), own.into());
            schema.insert("description".into(), table.description().into());
            properties.insert(name.into(), schema.into());
        }
        json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
    }
}

/// A rule of one or several kinds.
struct Described {
    /// As the first kind has it.
    rule: &'static Rule,
    kinds: Vec<&'static str>,
    /// The keys that it reads for any kind.
    keys: Vec<&'static str>,
}

impl Described {
    fn description(&self) -> String {
        let fix = self.rule.fix.map_or("Nothing is mended by `fix`.".into(), |how| format!("`fix` {how}"));
        format!("{} {fix} Of `{}`.", self.rule.say, self.kinds.join("`, `"))
    }
}

/// Notes every mistake in the rules of a task.
pub fn check_rules(
    check: &mut Check,
    kind: &'static Kind,
    classes: &[At<String>],
    points: Option<&Points>,
    rules: &Rules,
) {
    for (name, declared) in &rules.0 {
        let Some(rule) = kind.rules.iter().find(|r| r.name == name) else {
            not_of_kind(check, kind, name);
            continue;
        };
        check_limits(check, rule, declared);
        check_classes(check, kind, classes, declared);
        check_points(check, points, declared);
        let missing = |column: &&str| !check.column("samples", column).is_some_and(DataType::is_numeric);
        let missing: Vec<String> =
            rule.columns.iter().copied().filter(|c| missing(c)).map(|c| format!("`{c}`")).collect();
        if !missing.is_empty() {
            let message = format!("`{name}` needs what no column of the samples says");
            let problem = Diagnostic::error("T0234", place(check, name), message);
            let help =
                "images that are collected with their size have `width` and `height`; a field may be called `duration`";
            check.bad(problem.label(format!("no column of numbers: {}", missing.join(", "))).help(help));
        }
    }
}

fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.rules.{key}", check.path)).unwrap_or_else(|| check.span.clone())
}

fn not_of_kind(check: &mut Check, kind: &Kind, name: &str) {
    let own: Vec<String> = kind.rules.iter().map(|r| format!("`{}`", r.name)).collect();
    let own = if own.is_empty() { "no rules".into() } else { own.join(", ") };
    let problem = Diagnostic::error("T0219", place(check, name), format!("`{name}` has no meaning here"));
    check.bad(problem.label(format!("a task of the kind `{}` has {own}", kind.name)));
}

fn check_limits(check: &mut Check, rule: &Rule, d: &Declared) {
    let (name, given) = (rule.name, d.given());
    if !rule.needs.is_empty() && !rule.needs.iter().any(|key| given.contains(key)) {
        let needs: Vec<String> = rule.needs.iter().map(|key| format!("`{key}`")).collect();
        let problem = Diagnostic::error("T0232", place(check, name), format!("`{name}` does not say what is allowed"));
        check.bad(problem.label(format!("needs {}", needs.join(" or "))));
    }
    if name == NUMBERS.name
        && let Some(other) = d.allowed.iter().find(|form| !is_number_form(form))
    {
        let span = place(check, &format!("{name}.allowed"));
        let problem = Diagnostic::error("T0232", span, format!("`{name}` does not say what is allowed"));
        check.bad(problem.label(format!("`{other}` is no way to write numbers")).help("`words`, `digits` or `both`"));
    }
    if let (Some(min), Some(max)) = (d.min, d.max)
        && min > max
    {
        let problem =
            Diagnostic::error("T0232", place(check, &format!("{name}.max")), format!("`{name}` allows nothing"));
        check.bad(
            problem.label("below `min`").related(place(check, &format!("{name}.min")), "the least that is allowed"),
        );
    }
    let spare = given.iter().filter(|key| !rule.keys.contains(*key) && **key != "classes");
    for key in spare {
        let span = place(check, &format!("{name}.{key}"));
        let problem = Diagnostic::error("T0219", span, format!("`{key}` has no meaning here"));
        check.bad(problem.label(format!("`{name}` does not read it")));
    }
    if d.action == Action::Fix && rule.fix.is_none() {
        let span = place(check, &format!("{name}.action"));
        let problem = Diagnostic::error("T0233", span, format!("nothing can mend what breaks `{name}`"));
        check.bad(problem.label("not for this rule").help("`drop`, `review` or `fail`"));
    }
}

/// Every name is that of a point of the task.
fn check_points(check: &mut Check, points: Option<&Points>, d: &Declared) {
    // without any it is told that they are missing, or that the rule has no meaning
    let Some(points) = points else { return };
    let pairs = d.order.iter().flat_map(|p| p.get().iter().map(move |name| (name, p.span())));
    let named: Vec<(&String, Range<usize>)> = d.points.iter().map(|p| (p.get(), p.span())).chain(pairs).collect();
    for (name, span) in named {
        if !points.names.iter().any(|p| p.get() == name) {
            let help = suggest(name, points.names.iter().map(|p| p.as_str()));
            let message = format!("`{name}` is not a point of {}", check.path);
            check.bad(Diagnostic::error("T0799", span, message).label("not among `keypoints.names`").help(help));
        }
    }
}

fn check_classes(check: &mut Check, kind: &Kind, classes: &[At<String>], d: &Declared) {
    let pairs = d.pairs.iter().flat_map(|p| p.get().iter().map(move |class| (class, p.span())));
    let named: Vec<(&String, Range<usize>)> = d.classes.iter().map(|c| (c.get(), c.span())).chain(pairs).collect();
    for (class, span) in named {
        if !kind.classes {
            let problem = Diagnostic::error("T0219", span, "`classes` has no meaning here");
            check.bad(problem.label("answers of this kind name no classes"));
        } else if !classes.iter().any(|c| c.get() == class) {
            let help = suggest(class, classes.iter().map(|c| c.as_str()));
            let message = format!("`{class}` is not a class of {}", check.path);
            check.bad(Diagnostic::error("T0217", span, message).label("not declared").help(help));
        }
    }
}

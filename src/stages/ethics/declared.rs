//! What `[ethics]` may say, and what is wrong with it.
use super::lexicon::{DEFAULT, FILE_MAX, entries};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::Threshold;
use crate::manifest::sections::{PlanSection, Privacy};
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::DataType;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Measures who is in the data, how labels hang together with that, and which texts hold words of a list.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Columns of plain values by which samples are told apart: sex, age group, region, source.
    #[serde(default)]
    pub attributes: Vec<At<String>>,
    /// Columns of one class a sample whose association with the attributes is measured. Default: all such labels.
    pub labels: Option<Vec<At<String>>>,
    /// Values with fewer samples are listed, and compared with nothing: a gate that compares the values of their attribute
    /// then does not hold. Default 30.
    #[schemars(range(min = 1))]
    pub n_min: Option<u64>,
    /// Lists of words: files with a word a line (`#` begins a remark), or `"default"` for the small built-in list in English and
    /// Korean. Texts with one of them are findings.
    #[serde(default)]
    pub lexicons: Vec<At<String>>,
    /// The texts that are looked at. Default: all text fields of `[schema]`, or `text`.
    #[schemars(length(min = 1))]
    pub texts: Option<Vec<At<String>>>,
    /// Bounds on facts of this step, as `"imbalance.sex" = { max = 3 }`; a number means at least.
    #[serde(default)]
    pub gates: BTreeMap<String, At<Threshold>>,
}

/// A declaration with its columns and files settled.
pub struct Declared {
    pub attributes: Vec<String>,
    /// Columns, and what they are called in facts.
    pub labels: Vec<(String, String)>,
    pub texts: Vec<String>,
    pub lexicons: Vec<(String, Vec<String>)>,
    pub n_min: u64,
    pub targets: BTreeMap<String, BTreeMap<String, Decimal>>,
    pub gates: Vec<Gate>,
}

const N_MIN: u64 = 30;

pub fn declared(check: &mut Check) -> Option<Declared> {
    let d: Declaration = check.read()?;
    let attributes: Vec<String> = d.attributes.iter().filter_map(|a| plain(check, a)).collect();
    let labels = match &d.labels {
        Some(named) => named.iter().filter_map(|l| plain(check, l)).collect(),
        None => {
            let one = |c: &(&str, &Column)| matches!(c.1.role, Role::Label { .. }) && c.1.ty == DataType::Utf8;
            check.columns_of("samples").filter(one).map(|c| c.0.to_string()).collect::<Vec<_>>()
        }
    };
    let called = |l: String| (l.clone(), l.strip_prefix("label.").unwrap_or(&l).to_string());
    let mut out = Declared {
        attributes,
        labels: labels.into_iter().map(called).collect(),
        texts: Vec::new(),
        lexicons: lexicons(check, &d),
        n_min: d.n_min.unwrap_or(N_MIN),
        targets: BTreeMap::new(),
        gates: Vec::new(),
    };
    if !d.lexicons.is_empty() {
        out.texts = check.plain_texts(d.texts.as_deref());
        if out.texts.is_empty() && d.texts.is_none() {
            let span = d.lexicons.first().map_or(check.span.clone(), At::span);
            let problem = Diagnostic::error("T0568", span, "there is no text in which words could be looked for");
            check.bad(problem.label("the samples have no text field").help("name them in `texts`"));
        }
    } else if let Some(first) = d.texts.as_ref().and_then(|t| t.first()) {
        let problem = Diagnostic::error("T0568", first.span(), "no list says which words are looked for");
        check.bad(problem.label("nothing looks at these texts").help("lexicons = [\"default\"]"));
    }
    out.targets = targets(check, &out.attributes);
    out.gates = gates(check, &d, &out);
    Some(out)
}

/// A column that holds one plain value a sample, and whose values may be told.
fn plain(check: &mut Check, name: &At<String>) -> Option<String> {
    let known = check.known(name)?;
    if !(known.ty == DataType::Utf8 || known.ty.is_integer() || known.ty == DataType::Boolean) {
        let problem =
            Diagnostic::error("T0567", name.span(), format!("`{}` holds no plain value a sample", name.get()));
        check.bad(problem.label("a text, a whole number or a truth value is needed"));
        return None;
    }
    let privacy: Privacy = check.section(&["privacy"]);
    if check.is_raw("samples", name) && !privacy.harmless.iter().any(|h| h.get() == name.get()) {
        let message = format!("the values of `{}` would be told, and no privacy step has seen them", name.get());
        let problem = Diagnostic::error("T0571", name.span(), message).label("may hold personal data");
        check.bad(problem.help(format!("[privacy] harmless = [\"{}\"], if they do not", name.get())));
        return None;
    }
    Some(name.get().clone())
}

fn lexicons(check: &mut Check, d: &Declaration) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for path in &d.lexicons {
        let name = path.rsplit('/').next().unwrap_or_default();
        let name = name.rsplit_once('.').map_or(name, |n| n.0).to_string();
        let wrong = |check: &mut Check, say: String| {
            let problem = Diagnostic::error("T0568", path.span(), "this list of words cannot be used");
            check.bad(problem.label(say));
        };
        if out.iter().any(|l| l.0 == name) {
            wrong(check, format!("another list is called `{name}`, too"));
            continue;
        }
        let text = if path.as_str() == "default" {
            DEFAULT.to_string()
        } else {
            let before = check.problems.len();
            check.file(path, "the list of words");
            if check.problems.len() > before {
                continue;
            }
            match check.world.read(path, FILE_MAX).map(String::from_utf8) {
                Ok(Ok(text)) => text,
                Ok(Err(_)) => {
                    wrong(check, "this is no UTF-8".into());
                    continue;
                }
                Err(e) => {
                    wrong(check, e.to_string());
                    continue;
                }
            }
        };
        match entries(&text) {
            Ok(words) if words.is_empty() => wrong(check, "no line has a word".into()),
            Ok(words) => out.push((name, words)),
            Err(line) => wrong(check, format!("line {line} has more than eight words")),
        }
    }
    out
}

/// The planned shares of `[plan] targets`.
fn targets(check: &mut Check, attributes: &[String]) -> BTreeMap<String, BTreeMap<String, Decimal>> {
    let plan: PlanSection = check.section(&["plan"]);
    let mut out = BTreeMap::new();
    for (attribute, of) in &plan.targets {
        if !attributes.contains(attribute) {
            let message = format!("`{attribute}` is no attribute of [ethics], so nothing measures this target");
            let help = suggest(attribute, attributes.iter().map(String::as_str));
            check.bad(Diagnostic::error("T0570", of.span(), message).label(help));
            continue;
        }
        let sum = of.values().try_fold(Decimal::from(0u64), |sum, share| sum.checked_add(share));
        let below = of.values().any(|share| *share < Decimal::from(0u64));
        if below || sum != Some(Decimal::from(1u64)) {
            let sum = sum.map_or("more than can be added".to_string(), |sum| sum.to_string());
            let problem = Diagnostic::error("T0570", of.span(), format!("the planned shares sum to {sum}"));
            check.bad(problem.label("shares are not below 0, and sum to exactly 1"));
            continue;
        }
        out.insert(attribute.clone(), of.get().clone());
    }
    out
}

/// The facts on which a gate may stand, with what is wrong where it does not hold.
fn bounded(d: &Declared) -> Vec<(String, &'static str)> {
    let mut all: Vec<(String, &'static str)> = Vec::new();
    for a in &d.attributes {
        let mut add = |of: &str, say| all.push((format!("{of}.{a}"), say));
        add(
            "imbalance",
            "some values are far more frequent than others: collect more of the rare ones, or sample less of the frequent",
        );
        add("evenness", "the samples are spread unevenly over the values: collect more of the rare ones");
        add("missing", "samples have no value: fill it in where they are collected");
        if d.targets.contains_key(a) {
            add("distance", "the samples are not spread as planned: collect more of what falls short of its target");
            add("reached", "a value falls short of its target: collect more of it");
        }
        for (_, l) in &d.labels {
            let mut add = |of: &str| {
                let say = "the label hangs together with the attribute: look at the table of the association for what is labelled or collected one-sidedly";
                all.push((format!("{of}.{a}.{l}"), say));
            };
            ["cramers_v", "cramers_v_corrected", "parity", "impact", "npmi"].into_iter().for_each(&mut add);
        }
    }
    for (name, _) in &d.lexicons {
        let say = "texts have words of a list: see which with `tamis show ethics --findings`, and drop or mend them";
        all.push((format!("lexicon.{name}.samples"), say));
        all.push((format!("lexicon.{name}.share"), say));
    }
    all
}

fn gates(check: &mut Check, d: &Declaration, own: &Declared) -> Vec<Gate> {
    let known = bounded(own);
    let mut out = Vec::new();
    for (name, bound) in &d.gates {
        let Some((_, say)) = known.iter().find(|k| k.0 == *name) else {
            let help = suggest(name, known.iter().map(|k| k.0.as_str()));
            let message = format!("[ethics] measures no `{name}`");
            check.bad(Diagnostic::error("T0569", bound.span(), message).label(help));
            continue;
        };
        let mut gate =
            Gate::at_most(format!("ethics.gates.{name}"), format!("ethics.{name}"), Decimal::default(), bound.span());
        (gate.min, gate.max) = (bound.min, bound.max);
        out.push(gate.say(*say).look("tamis show ethics"));
    }
    out
}

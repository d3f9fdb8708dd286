//! What is told of an anonymous release, and the gates that a manifest sets on it.
use super::declared::{Anonymity, Declared};
use super::params::Gather;
use super::recode::{Recoded, ratio};
use super::tuples::Rows;
use super::ways::Word;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::anonymity::{Measures, Ratio, Risk, Values};
use crate::stage::*;

/// Digits behind the point of a measured share.
const DIGITS: u32 = 12;

/// The gates of `[release.NAME.anonymity]`, each at its own key.
pub fn gates(check: &Check, d: &Declared) -> Vec<Gate> {
    let a = &d.anonymity;
    let (path, step) = (format!("{}.anonymity", check.path), format!("{}/anonymity", check.path));
    let look = format!("tamis show {}/anonymity --dropped", check.path);
    let least =
        |key: &str, fact: &str, min, span| Gate::at_least(format!("{path}.{key}"), format!("{step}.{fact}"), min, span);
    let most =
        |key: &str, fact: &str, max, span| Gate::at_most(format!("{path}.{key}"), format!("{step}.{fact}"), max, span);
    let remedy =
        "raise `suppression_max`, give the quasi-identifiers more general levels, leave one out, or ask for less";
    let who = if a.unit.is_some() { "people" } else { "rows" };
    let say = format!(
        "too few {who} look alike in the smallest class, though values are as general as they may be: {remedy}"
    );
    let mut gates = vec![least("k", "k", (*a.k.get()).into(), a.k.span()).say(say)];
    for (name, way, span) in &d.quasi {
        let say = match way.word {
            Some(Word::Range) => format!(
                "values of `{name}` are missing or no numbers, and ranges are made of numbers alone: say `intervals`, in which a missing value is one of its own, or leave such samples out with `require = [\"{name}\"]`"
            ),
            _ => format!(
                "values of `{name}` could not be generalised as declared: add them to the hierarchy, or mend them"
            ),
        };
        let key = format!("quasi_identifiers.{name}");
        gates.push(most(&key, &format!("unknown.{name}"), Decimal::default(), span.clone()).say(say));
    }
    for (name, asked) in &a.sensitive {
        let say = |what: &str| format!("{what} of `{name}` in some class of rows that look alike: {remedy}");
        let (key, fact) = (|of: &str| format!("sensitive.{name}.{of}"), |of: &str| format!("{name}.{of}"));
        gates.extend(asked.distinct.as_ref().map(|l| {
            least(&key("distinct"), &fact("distinct"), (*l.get()).into(), l.span()).say(say("there are too few values"))
        }));
        gates.extend(asked.entropy.as_ref().map(|l| {
            least(&key("entropy"), &fact("entropy"), *l.get(), l.span()).say(say("a few values outweigh the others"))
        }));
        gates.extend(asked.recursive.as_ref().map(|r| {
            let say = say("one value outweighs the others");
            most(&key("recursive"), &fact("not_recursive"), Decimal::default(), r.span()).say(say)
        }));
        gates.extend(asked.t.as_ref().map(|t| {
            let say = format!(
                "{}; or suppress less, which shifts the whole",
                say("the distribution is too far from the whole")
            );
            most(&key("t"), &fact("t"), *t.get(), t.span()).say(say)
        }));
        if asked.order.is_some() || asked.hierarchy.is_some() {
            let say = format!("values of `{name}` are in no `order` or `hierarchy`: add them to it");
            gates.push(
                most(&format!("sensitive.{name}"), &format!("unknown.{name}"), Decimal::default(), asked.span())
                    .say(say),
            );
        }
    }
    gates.extend(limits(&path, &step, a));
    gates.into_iter().map(|gate| gate.look(look.clone())).collect()
}

/// The gates on shares.
fn limits(path: &str, step: &str, a: &Anonymity) -> Vec<Gate> {
    let limits = [
        (
            "suppression_max",
            "suppressed_share",
            &a.suppression_max,
            "too many rows are suppressed: give the values more general levels",
        ),
        (
            "risk.prosecutor_max",
            "risk.prosecutor",
            &a.risk.prosecutor_max,
            "somebody known to be in the table is found too easily: ask for a greater k",
        ),
        (
            "risk.journalist_max",
            "risk.journalist",
            &a.risk.journalist_max,
            "somebody of the population is found too easily: ask for a greater k",
        ),
        (
            "risk.marketer_max",
            "risk.marketer",
            &a.risk.marketer_max,
            "too many people are found on average: ask for a greater k",
        ),
        (
            "risk.above_max",
            "risk.above",
            &a.risk.above_max,
            "too many rows are at a risk above the threshold: ask for a greater k",
        ),
    ];
    let gate = |(key, fact, limit, say): (&str, &str, &Option<At<Decimal>>, &str)| {
        let max = limit.as_ref()?;
        let gate = Gate::at_most(format!("{path}.{key}"), format!("{step}.{fact}"), *max.get(), max.span());
        Some(gate.say(say))
    };
    limits.into_iter().filter_map(gate).collect()
}

fn decimal(value: f64) -> Fact {
    Fact::Decimal(format!("{value:.9}"))
}

fn share(of: Ratio) -> Fact {
    Fact::Decimal(of.decimal_up(DIGITS))
}

/// Tells the facts of the step.
pub fn told(p: &Gather, rows: &Rows, made: &Recoded, tools: &dyn Tools, out: &mut Verdicts) -> Result<(), Fault> {
    tools.go_on()?;
    let m = Measures::of(&rows.table, &made.classes, &made.model);
    let total = rows.table.total;
    out.fact("k", m.k);
    out.fact("rows", m.rows);
    out.fact("classes", m.classes);
    out.fact("largest_class", m.max);
    out.fact("unique", m.unique);
    out.fact("suppressed", total - m.rows);
    out.fact("suppressed_share", share(Ratio::new(total - m.rows, total.max(1))));
    out.fact("loss", decimal(made.loss));
    out.fact("discernibility", Fact::Decimal(m.discernibility.to_string()));
    if made.looked > 0 {
        out.fact("combinations", made.looked);
    }
    let names = p.quasi.iter().map(|q| &q.0).chain(p.sensitive.iter().map(|s| &s.name));
    for (name, n) in names.zip(&rows.unknown) {
        out.fact(format!("unknown.{name}"), *n);
    }
    if let Some(levels) = &made.levels {
        let row = |((name, level), q): (&(String, usize), &super::tuples::Quasi)| {
            vec![name.clone(), level.to_string(), (q.way.levels() - 1).to_string()]
        };
        let rows = levels.iter().zip(&rows.quasi).map(row).collect();
        out.fact("levels", Fact::Table { columns: names_of(["column", "level", "most"]), rows });
    }
    for (s, values) in p.sensitive.iter().zip(&m.sensitive) {
        sensitive(&s.name, values, out);
    }
    let threshold = p.threshold.as_ref().map_or(Ratio::new(2u8, 10u8), ratio);
    let risk = Risk::of(&made.classes, threshold, made.population.as_deref());
    out.fact("risk.prosecutor", share(risk.prosecutor));
    out.fact("risk.marketer", share(risk.marketer));
    out.fact("risk.above", share(risk.above));
    if let Some((worst, average)) = risk.journalist {
        out.fact("risk.journalist", share(worst));
        out.fact("risk.journalist_average", decimal(average));
    }
    if made.failed {
        let say = "no generalisation holds all that is asked; what is told is of the most general table, with nothing suppressed";
        out.remark(&p.key, "anonymity.none", say);
    }
    if rows.nobody > 0 {
        let say = format!("{} rows do not say whom they tell of, and count as one person", rows.nobody);
        out.remark(format!("{}.unit", p.key), "anonymity.nobody", say);
    }
    Ok(())
}

fn names_of<const N: usize>(of: [&str; N]) -> Vec<String> {
    of.map(String::from).to_vec()
}

fn sensitive(name: &str, v: &Values, out: &mut Verdicts) {
    let mut fact = |of: &str, fact: Fact| out.fact(format!("{name}.{of}"), fact);
    fact("distinct", v.distinct.into());
    fact(
        "entropy",
        if v.entropy.is_finite() { decimal(v.entropy) } else { Fact::Undefined("there is no class".into()) },
    );
    fact("t", share(v.t));
    fact("alpha", share(v.alpha));
    fact("recursive", v.recursive.map_or(Fact::Undefined("the tail of a class is empty".into()), share));
    fact("not_recursive", v.not_recursive.into());
    fact("beta", decimal(v.beta));
    fact("delta", decimal(v.delta));
    fact("minority", v.minority.into());
}

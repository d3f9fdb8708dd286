//! What `tamis show TASK --agreement` prints: how far the annotators agree, by what, and what to make of it.
use super::quadrants::{HEAD, lines};
use super::show::{grid, line_of};
use crate::manifest::{Manifest, Threshold};
use crate::stage::{Fact, Gate};
use crate::stages::label::metric::Metric;
use std::collections::BTreeMap;

/// The facts of a step of agreement, and what is asked of them.
pub struct Agreed<'a> {
    pub task: &'a str,
    pub metric: Metric,
    pub facts: &'a BTreeMap<String, Fact>,
    pub gates: &'a [Gate],
    /// How likely a model finds each class where people gave it.
    pub scores: BTreeMap<String, String>,
}

/// What lines of a table are about.
#[derive(Clone, Copy, PartialEq)]
pub enum By {
    Class,
    Annotator,
    Pair,
    Version,
}

/// The coefficients come near each other by so much where no class has nearly all answers.
const APART: f64 = 0.2;

/// An interval from which little can be concluded.
const WIDE: f64 = 0.2;

impl Agreed<'_> {
    /// The value with its interval, what is asked for, and the classes; then what to make of it.
    pub fn page(&self, m: &Manifest) -> String {
        let mut out = format!("  {:<22} {}{}\n", self.metric.name(), self.text("value"), self.interval());
        for name in ["percent", "gwet_ac1"].into_iter().filter(|n| *n != self.metric.name()) {
            if self.facts.contains_key(name) {
                out.push_str(&format!("  {name:<22} {}\n", self.text(name)));
            }
        }
        for gate in self.gates {
            let want = Threshold { min: gate.min, max: gate.max };
            let line = line_of(m, &gate.key).map_or(String::new(), |line| format!("{}:{line} ", m.file));
            out.push_str(&format!("  {:<22} {want} ({line}{})\n", "asked for", gate.key));
        }
        let samples = format!("{} with several answers, {} with one", self.text("shared"), self.text("single"));
        out.push_str(&format!("  {:<22} {samples}\n", "samples"));
        let pairs = format!("{} ({} pairs with samples in common)", self.text("annotators"), self.text("pairs"));
        out.push_str(&format!("  {:<22} {pairs}\n", "annotators"));
        out.push_str(&self.table(By::Class));
        if !self.scores.is_empty() {
            out.push_str(&self.quadrants());
        }
        self.advice().iter().for_each(|say| out.push_str(&format!("  {say}\n")));
        out
    }

    /// A table of facts, the lowest agreement first.
    pub fn table(&self, by: By) -> String {
        let name = match by {
            By::Class => "by_class",
            By::Annotator => "by_annotator",
            By::Pair => "by_pair",
            By::Version => "by_version",
        };
        match self.facts.get(name) {
            None if by == By::Version => "  no answer says under which version of the guideline it was given\n".into(),
            Some(fact) if by == By::Annotator => whole(fact) + &self.facts.get("by_pace").map_or(String::new(), whole),
            Some(fact) => whole(fact),
            None => String::new(),
        }
    }

    /// Each class by its agreement and by what a model makes of it; or what would tell.
    pub fn quadrants(&self) -> String {
        if self.scores.is_empty() {
            let task = self.task;
            return format!(
                "  no second measure: a model that looks for errors in label.{task} ([clean.label_errors]) gives one\n"
            );
        }
        match self.in_quadrants() {
            lines if lines.is_empty() => "  this measure says nothing of single classes\n".into(),
            lines => grid(&[vec![HEAD.map(String::from).to_vec()], lines].concat()),
        }
    }

    /// Each class with both measures, its quadrant and what to do first; none where there is no second measure.
    pub fn in_quadrants(&self) -> Vec<Vec<String>> {
        let asked = self.gates.iter().find(|g| g.key.ends_with(".agreement.min")).and_then(|g| g.min);
        match self.facts.get("by_class") {
            Some(Fact::Table { rows, .. }) if !self.scores.is_empty() => {
                lines(rows, &self.scores, asked.map(|min| min.to_f64()))
            }
            _ => Vec::new(),
        }
    }

    fn text(&self, name: &str) -> String {
        self.facts.get(name).map_or_else(|| "not known".into(), Fact::to_string)
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.facts.get(name)? {
            Fact::Decimal(text) => text.parse().ok(),
            _ => None,
        }
    }

    fn interval(&self) -> String {
        match (self.facts.get("low"), self.facts.get("high")) {
            (Some(Fact::Decimal(low)), Some(Fact::Decimal(high))) => format!("   (95 %: {low} to {high})"),
            _ => String::new(),
        }
    }

    /// Which measure suits these answers, and what this one does not say.
    pub fn advice(&self) -> Vec<&'static str> {
        let value = self.number("value");
        let paradox = value.zip(self.number("gwet_ac1")).is_some_and(|(value, ac1)| ac1 - value > APART);
        let wide = self.number("low").zip(self.number("high")).is_some_and(|(low, high)| high - low > WIDE);
        let two = matches!(self.facts.get("annotators"), Some(Fact::Int(n)) if *n <= 2);
        let of_two = matches!(self.metric, Metric::CohenKappa | Metric::ScottPi);
        let all = [
            (
                self.metric == Metric::Percent,
                "percent takes no chance off: two who guess agree, too; krippendorff_alpha does",
            ),
            (
                of_two && !two,
                "this is the mean over pairs; krippendorff_alpha and fleiss_kappa measure all annotators at once",
            ),
            (
                paradox && self.metric != Metric::GwetAc1,
                "one class has most of the answers, which presses this measure down: read gwet_ac1 beside it",
            ),
            (wide, "the interval is wide: more samples with several answers would tell more"),
        ];
        all.into_iter().filter(|(so, _)| *so).map(|(_, say)| say).collect()
    }
}

/// A table of facts with its head, or why there is none; nothing where it has no rows.
fn whole(fact: &Fact) -> String {
    match fact {
        Fact::Table { columns, rows } if !rows.is_empty() => grid(&[vec![columns.clone()], rows.clone()].concat()),
        Fact::Undefined(why) => format!("  {why}\n"),
        _ => String::new(),
    }
}

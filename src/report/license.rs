//! What `tamis license` prints: how much of the data is under which licence, what each use may do, and what people decided.
use super::lang;
use super::terminal::{bytes, number, plural};
use crate::manifest::sources::Terms;
use crate::model::license::rights::{self, Answer, Right};
use crate::model::license::{self, Use};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The composition of a data set.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Composition {
    pub name: String,
    pub version: String,
    /// The licence of what is released.
    pub license: Option<String>,
    /// Whether the samples could be counted: all steps were built.
    pub counted: bool,
    pub sources: Vec<Source>,
    /// By licence, over all sources.
    pub licenses: BTreeMap<String, Amount>,
    pub uses: Vec<Verdict>,
    /// What people decided about conflicts.
    pub decisions: Vec<Decision>,
    /// Licences under which all sources may be released together, as they are and in changed form.
    pub outlets: Vec<String>,
    pub adapted_outlets: Vec<String>,
}

/// How much is under a licence.
#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, PartialEq)]
pub struct Amount {
    pub samples: u64,
    /// Of the files of its sources; not known where the samples of a source are under several licences.
    pub bytes: Option<u64>,
}

/// Samples and bytes by licence, over all sources.
pub fn amounts(sources: &[Source]) -> BTreeMap<String, Amount> {
    let mut out: BTreeMap<String, Amount> = BTreeMap::new();
    for source in sources {
        for (license, n) in &source.samples {
            let own = out.entry(license.clone()).or_insert(Amount { samples: 0, bytes: Some(0) });
            own.samples += n;
            own.bytes = own.bytes.filter(|_| source.samples.len() == 1).map(|bytes| bytes + source.bytes);
        }
    }
    out
}

/// A source with its terms.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Source {
    pub name: String,
    pub license: String,
    pub named: bool,
    pub evidence: Option<Evidence>,
    /// Files and bytes as they lie there.
    pub files: u64,
    pub bytes: u64,
    /// Living samples by licence.
    pub samples: BTreeMap<String, u64>,
}

/// The file that shows a licence.
#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Evidence {
    pub file: String,
    /// The licence whose text it is, as far as that is known.
    pub recognised: Option<String>,
}

/// What somebody decided.
#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Decision {
    pub rule: String,
    pub source: String,
    pub reason: String,
}

/// Whether a use is permitted, and what stands in its way.
#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Verdict {
    #[serde(rename = "use")]
    pub wanted: &'static str,
    pub answer: &'static str,
    pub because: Vec<Because>,
}

/// A licence that does not permit a use, or does not settle it.
#[derive(Serialize, schemars::JsonSchema, Debug, PartialEq)]
pub struct Because {
    pub source: String,
    pub license: String,
    pub answer: &'static str,
    /// The place in the licence's text.
    pub place: Option<String>,
}

/// What the uses may do with all sources together. Training and sharing for money are both uses: the first line that says no
/// tells which licence it is.
pub fn verdicts(sources: &[Terms]) -> Vec<Verdict> {
    let of = |wanted: Use| {
        let all = sources.iter().map(|s| (s, license::permits(&s.license, wanted)));
        let least = all.clone().map(|(_, answer)| answer).min().unwrap_or(Answer::Yes);
        let because = all.filter(|(_, answer)| *answer < Answer::Yes).map(|(s, answer)| Because {
            source: s.name.clone(),
            license: s.license.clone(),
            answer: answer.word(),
            place: place(&s.license, wanted, answer),
        });
        Verdict { wanted: wanted.name(), answer: least.word(), because: because.collect() }
    };
    Use::ALL.into_iter().map(of).collect()
}

/// Where a licence's text gives the answer.
fn place(expression: &str, wanted: Use, answer: Answer) -> Option<String> {
    let right = match wanted {
        Use::Research => Right::Research,
        Use::Commercial => Right::Commercial,
        Use::Share => Right::Redistribute,
        Use::Train => Right::Train,
    };
    let cell = |term: String| {
        let cell = rights::of(&term)?.cell(right).filter(|cell| cell.answer == answer)?;
        Some(format!("{term}: {}", cell.source))
    };
    license::terms(expression).into_iter().find_map(cell)
}

impl Composition {
    pub fn text(&self) -> String {
        let license = self.license.as_deref().unwrap_or("no licence");
        let mut out = format!("{} {}   released under {license}\n", self.name, self.version);
        self.sources.iter().for_each(|s| out.push_str(&s.text(self.counted)));
        if !self.counted {
            out.push_str("  samples are not counted: tamis build\n");
        } else if self.licenses.len() > 1 {
            let size = |a: &Amount| a.bytes.map_or(String::new(), |n| format!(" ({})", bytes(n)));
            let all = self.licenses.iter().map(|(license, a)| format!("{license} {}{}", number(a.samples), size(a)));
            out.push_str(&format!("  in all: {}\n", all.collect::<Vec<_>>().join(", ")));
        }
        for v in &self.uses {
            let first = v.because.iter().min_by_key(|b| b.answer != "no");
            let why = first.map_or(String::new(), |b| {
                let place = b.place.as_ref().map_or(String::new(), |place| format!(" ({place})"));
                let more = v.because.len() - 1;
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                format!("   collect.{} {}{place}{more}", b.source, b.license)
            });
            out.push_str(&format!("  {:<12} {:<5}{why}\n", v.wanted, said(v.answer)));
        }
        for d in &self.decisions {
            out.push_str(&format!("  decided: {} of collect.{}: {}\n", d.rule, d.source, d.reason));
        }
        out.push_str(&format!("  may be released under: {}\n", listed(&self.outlets)));
        if self.adapted_outlets != self.outlets {
            out.push_str(&format!("  and in changed form:   {}\n", listed(&self.adapted_outlets)));
        }
        out
    }
}

/// `yes`, `no` or `open` in the chosen language. They are told apart from other words, since classes are called so, too.
fn said(answer: &str) -> Cow<'static, str> {
    let key = match answer {
        "yes" => "answer yes",
        "no" => "answer no",
        _ => "answer open",
    };
    match lang::text(key) {
        own if own == key => key.trim_start_matches("answer ").into(),
        own => own,
    }
}

fn listed(all: &[String]) -> String {
    if all.is_empty() { "no licence that all sources allow".into() } else { all.join(", ") }
}

impl Source {
    fn text(&self, counted: bool) -> String {
        let size = format!("{}, {}", plural(self.files, "file"), bytes(self.bytes));
        let asked = license::asks_for_names(&self.license);
        let named = if self.named || !asked { "" } else { "   names nobody" };
        let evidence = match &self.evidence {
            None => "   no evidence".to_string(),
            Some(Evidence { file, recognised: None }) => format!("   {file}, not known as a licence's text"),
            Some(Evidence { file, recognised: Some(is) }) => format!("   {file}, the text of {is}"),
        };
        let mut out = format!("  {:<24} {:<20} {size}{named}{evidence}\n", self.name, self.license);
        for (license, n) in self.samples.iter().filter(|_| counted) {
            out.push_str(&format!("    {license:<42} {}\n", plural(*n, "sample")));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_where_a_source_is_under_one_licence() {
        let of = |bytes, samples: &[(&str, u64)]| Source {
            bytes,
            samples: samples.iter().map(|(license, n)| (license.to_string(), *n)).collect(),
            ..Source::default()
        };
        let all = amounts(&[of(5, &[("MIT", 2)]), of(7, &[("MIT", 1)]), of(9, &[("CC0-1.0", 1), ("CC-BY-4.0", 4)])]);
        assert_eq!(all["MIT"], Amount { samples: 3, bytes: Some(12) });
        assert_eq!(all["CC-BY-4.0"], Amount { samples: 4, bytes: None });
    }

    #[test]
    fn the_least_licence_decides_what_a_use_may_do() {
        let source =
            |name: &str, license: &str| Terms { name: name.into(), license: license.into(), ..Terms::default() };
        let all = verdicts(&[source("a", "CC-BY-NC-4.0"), source("b", "MIT"), source("c", "LicenseRef-Own")]);
        let of = |n: usize| (all[n].wanted, all[n].answer, all[n].because.len());
        assert_eq!(of(0), ("research", "open", 1));
        assert_eq!(of(1), ("commercial", "no", 2));
        assert_eq!(of(2), ("share", "open", 1));
        assert_eq!(of(3), ("train", "open", 1));
        let place = all[1].because[0].place.as_deref().unwrap_or_default();
        assert!(place.starts_with("CC-BY-NC-4.0: s. 2(a)(1)"), "{place}");
    }
}

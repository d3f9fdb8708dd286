//! What `tamis status` prints: the balance of samples, gates, findings and releases, for people and as one object.
use super::terminal::{bytes, number, plural, undeclared};
use super::{lang, shown};
use crate::engine::ledger::Balance;
use crate::engine::told::Answer;
use serde::Serialize;
use std::collections::BTreeMap;

/// What stands, as far as the last build knows it.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Status {
    pub name: String,
    pub version: String,
    /// Builds that changed something, in this checkout.
    pub builds: u64,
    /// Whether any step was ever built here.
    pub built: bool,
    /// Nothing would run.
    pub fresh: bool,
    /// Steps that would or may run.
    pub runs: BTreeMap<String, Answer>,
    pub releases: Vec<Release>,
    /// By release, known only where all is fresh; under `-` where none is declared.
    pub balance: BTreeMap<String, Balance>,
    pub gates: Vec<Measured>,
    /// By step, of those that are fresh.
    pub findings: BTreeMap<String, u64>,
    /// Records and samples that were dropped, by step and rule, of steps that are fresh.
    pub dropped: BTreeMap<String, BTreeMap<String, u64>>,
    /// Samples that wait for a decision, by step.
    pub review: BTreeMap<String, u64>,
    /// Ids of decisions that no waiting sample met, by step; known only where all is fresh.
    pub unmet: BTreeMap<String, Vec<String>>,
    /// Folders below `out/` whose release is declared no more.
    pub undeclared: Vec<String>,
    /// Only where the manifest has `[privacy]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<Raw>,
}

/// A candidate below `out/`, or a release that was frozen.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Release {
    pub name: String,
    pub version: String,
    pub path: String,
    pub frozen: bool,
    /// 64 hex digits; unknown where it would have to be built first.
    pub content_root: Option<String>,
    pub files_root: Option<String>,
    /// Whether its folder is there.
    pub there: bool,
    /// What is to be done to freeze it; `None` where nothing is, or where its content is not known.
    #[serde(skip)]
    pub next: Option<String>,
}

/// A gate, measured if its step is fresh.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Measured {
    pub key: String,
    pub fact: String,
    pub want: String,
    pub got: Option<String>,
    pub pass: Option<bool>,
    /// The line of dataset.toml.
    pub line: usize,
    /// What to type to see more.
    #[serde(skip)]
    pub look: String,
}

/// Personal data as collected: the user's own files, and what the store holds of them.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Raw {
    pub files: u64,
    pub bytes: u64,
    pub stored_bytes: u64,
}

impl Status {
    /// The answer first, then the balance, then what there is to look at, then the next command.
    pub fn text(&self) -> String {
        let mut out = format!("{} {}   {}\n", self.name, self.version, self.state());
        if !self.built {
            return out + &raw_line(self.raw.as_ref());
        }
        for (release, balance) in &self.balance {
            out.push_str(&format!("  {}\n", balance_line(release, balance)));
        }
        out.push_str(&format!("  {}\n", self.counts()));
        for g in self.gates.iter().filter(|g| g.pass == Some(false)) {
            let got = g.got.as_deref().unwrap_or_default();
            out.push_str(&format!("    {} is {got}, wanted {}   dataset.toml:{} {}\n", g.fact, g.want, g.line, g.key));
        }
        for (step, rules) in &self.dropped {
            let rules: Vec<String> = rules.iter().map(|(rule, n)| format!("{} {rule}", number(*n))).collect();
            out.push_str(&hint(&format!("dropped at {step}: {}", rules.join(", ")), step));
        }
        for (step, n) in self.findings.iter().filter(|f| *f.1 > 0) {
            out.push_str(&hint(&format!("{} at {step}", plural(*n, "finding")), step));
        }
        for (step, n) in &self.review {
            out.push_str(&hint(&format!("{} to review at {step}", plural(*n, "sample")), step));
        }
        self.unmet.iter().for_each(|(step, ids)| out.push_str(&unmet_line(step, ids)));
        self.releases.iter().for_each(|r| out.push_str(&release_line(r)));
        for (what, say) in self.undeclared.iter().map(|name| undeclared(name)) {
            out.push_str(&format!("  {what:<28} {say}\n"));
        }
        out.push_str(&raw_line(self.raw.as_ref()));
        out.push_str(&format!("  next: {}\n", self.next()));
        out
    }

    fn state(&self) -> String {
        if !self.built {
            return "never built here: tamis build".into();
        }
        let build = match self.builds {
            0 => "no build came to its end".to_string(),
            n => format!("build {}", number(n)),
        };
        if self.fresh {
            return format!("{build}   fresh");
        }
        let steps: Vec<&str> = self.runs.keys().take(6).map(String::as_str).collect();
        let more = self.runs.len().saturating_sub(steps.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{build}   {} would run: {}{more}", plural(self.runs.len() as u64, "step"), steps.join(", "))
    }

    fn counts(&self) -> String {
        let hold = self.gates.iter().filter(|g| g.pass == Some(true)).count();
        let unknown = self.gates.iter().filter(|g| g.pass.is_none()).count();
        let unknown = if unknown > 0 { format!(" ({unknown} not measured)") } else { String::new() };
        let findings = number(self.findings.values().sum());
        let review = number(self.review.values().sum());
        format!("gates that hold {hold} of {}{unknown}   findings {findings}   reviews open {review}", self.gates.len())
    }

    fn next(&self) -> String {
        if !self.fresh {
            return "tamis build".into();
        }
        if let Some(g) = self.gates.iter().find(|g| g.pass == Some(false)) {
            return g.look.clone();
        }
        let mut candidates = self.releases.iter().filter(|r| !r.frozen);
        if candidates.clone().any(|r| !r.there) {
            return "tamis build".into();
        }
        match candidates.find_map(|r| r.next.as_ref()) {
            Some(next) => next.clone(),
            None if self.releases.is_empty() => "declare a [release.NAME]".into(),
            None => "nothing: all of it is released".into(),
        }
    }
}

fn hint(what: &str, step: &str) -> String {
    format!("    {what:<44} tamis show {step} --findings\n")
}

/// Some of the decisions that met nothing: the sample is gone, does not wait, or its id was mistyped.
fn unmet_line(step: &str, ids: &[String]) -> String {
    let some: Vec<&str> = ids.iter().take(3).map(String::as_str).collect();
    let more = ids.len() - some.len();
    let more = if more > 0 { format!(" and {} more", number(more as u64)) } else { String::new() };
    let what = format!("{} met no waiting sample of {step}", plural(ids.len() as u64, "decision"));
    format!("    {what:<44} {}{more}\n", shown::line(&some.join(", ")))
}

/// `public: collected 5,012 = released 4,979 + dropped 19 + held 14`; terms that are 0 are left out.
fn balance_line(release: &str, b: &Balance) -> String {
    let terms = |of: &[(&str, u64)]| -> String {
        let told = of.iter().enumerate().filter(|(i, t)| *i == 0 || t.1 > 0);
        told.map(|(_, (word, n))| format!("{} {}", lang::text(word), number(*n))).collect::<Vec<_>>().join(" + ")
    };
    let left = terms(&[("collected", b.collected), ("born", b.born)]);
    let gone = [("dropped", b.dropped), ("merged", b.merged), ("held", b.held)];
    if release == "-" {
        return format!("{left} = {}", terms(&[[("samples", b.excluded)].as_slice(), &gone].concat()));
    }
    let kept = [("released", b.released), ("excluded", b.excluded)];
    format!("{release}: {left} = {}", terms(&[kept.as_slice(), &gone].concat()))
}

fn release_line(r: &Release) -> String {
    let short = |root: &Option<String>| root.as_deref().and_then(|r| r.get(..8)).unwrap_or("unknown").to_string();
    let state = match (r.frozen, r.there) {
        (true, true) => "frozen",
        (true, false) => "frozen; not in this checkout",
        (false, true) => "candidate",
        (false, false) => "not written yet",
    };
    let roots = format!("content {}  files {}", short(&r.content_root), short(&r.files_root));
    format!("  {:<28} {} {:<8} {roots}   {state}\n", r.path, r.name, r.version)
}

fn raw_line(raw: Option<&Raw>) -> String {
    let Some(r) = raw else { return String::new() };
    let place = format!("{}, {} in place", plural(r.files, "file"), bytes(r.bytes));
    format!("  raw data: {place}; {} in .tamis, which may be deleted\n", bytes(r.stored_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_nothing_are_left_out() {
        let b = Balance { collected: 5012, released: 4979, dropped: 19, held: 14, ..Balance::default() };
        assert_eq!(balance_line("public", &b), "public: collected 5,012 = released 4,979 + dropped 19 + held 14");
        let b = Balance { collected: 3, excluded: 2, merged: 1, ..Balance::default() };
        assert_eq!(balance_line("-", &b), "collected 3 = samples 2 + merged 1");
    }

    #[test]
    fn decisions_that_met_nothing_are_told() {
        let ids = ["a", "b", "c", "d"].map(String::from);
        let line = "    4 decisions met no waiting sample of clean.fields a, b, c and 1 more\n";
        assert_eq!(unmet_line("clean.fields", &ids), line);
        assert!(unmet_line("x", &ids[..1]).starts_with("    1 decision met no waiting sample of x "));
    }

    #[test]
    fn the_next_command_follows_from_what_stands() {
        let mut s = Status { built: true, fresh: true, ..Status::default() };
        let release = |frozen, there, next: Option<&str>| {
            let (name, next) = ("public".into(), next.map(String::from));
            Release { name, frozen, there, next, ..Release::default() }
        };
        s.releases.push(release(false, false, Some("tamis release public")));
        assert_eq!(s.next(), "tamis build", "an interrupted build wrote no folder");
        s.releases[0].there = true;
        assert_eq!(s.next(), "tamis release public");
        s.releases[0] = release(false, true, None);
        s.releases.push(release(true, true, None));
        assert_eq!(s.next(), "nothing: all of it is released");
        s.gates.push(Measured { pass: Some(false), look: "tamis show x --findings".into(), ..Measured::default() });
        assert_eq!(s.next(), "tamis show x --findings");
        assert!(Status::default().text().contains("never built here: tamis build"));
    }
}

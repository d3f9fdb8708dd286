//! Values that stand in several splits.
use super::records::{Gather, Kind, Leak, NOTHING, SHARED, decimal, of_key, of_value};
use crate::stage::*;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What was found of one kind.
#[derive(Default, Clone)]
struct Found {
    values: u64,
    samples: u64,
    /// Samples that have no value, and values that were compared.
    without: u64,
    compared: u64,
}

pub fn tell(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
    let mut all = Telling { p, found: BTreeMap::new(), told: BTreeMap::new(), tasks: BTreeMap::new() };
    let (mut run, mut before): (Vec<Own>, Vec<u8>) = (Vec::new(), Vec::new());
    let mut times: Vec<(Own, i64)> = Vec::new();
    for (n, hit) in hits.iter().enumerate() {
        if n.is_multiple_of(1 << 14) {
            context.tools.go_on()?;
        }
        if hit.key.first().is_some_and(|kind| *kind > Kind::Entity as u8) {
            break; // entries are sorted by what they are about
        }
        let wrong = || Fault::Bug("an entry of a summary does not read".into());
        let (split, rest) = of_value(&hit.value).ok_or_else(wrong)?;
        let own =
            |id: &[u8]| Own { at: hit.at, split: split.to_string(), id: String::from_utf8_lossy(id).into_owned() };
        if hit.key.first() == Some(&(Kind::Time as u8)) {
            if rest == NOTHING {
                all.found.entry(Kind::Time).or_default().without += 1;
                continue;
            }
            let (time, id) = rest.split_first_chunk().ok_or_else(wrong)?;
            times.push((own(id), i64::from_le_bytes(*time)));
            continue;
        }
        if before != *hit.key {
            all.close(&before, &run);
            run.clear();
            before = hit.key.to_vec();
        }
        run.push(own(rest));
    }
    all.close(&before, &run);
    all.times(&times);
    all.facts(out)
}

/// A sample that has a value.
struct Own {
    at: Spot,
    split: String,
    id: String,
}

/// What was counted of a column of a task.
#[derive(Default, Clone)]
struct Task {
    values: u64,
    /// Those of them that stand in several splits.
    several: u64,
    /// Of each other split its mentions, and those of them that the first split has, too.
    mentions: BTreeMap<String, (u64, u64)>,
}

struct Telling<'p> {
    p: &'p Gather,
    found: BTreeMap<Kind, Found>,
    /// What is told of each sample.
    told: BTreeMap<Spot, Vec<Leak>>,
    tasks: BTreeMap<(Kind, String), Task>,
}

impl Telling<'_> {
    /// All samples with one value.
    fn close(&mut self, key: &[u8], run: &[Own]) {
        let Some((kind, column, rest)) = of_key(key) else { return };
        if SHARED.contains(&kind) {
            let own = self.found.entry(kind).or_default();
            if rest == NOTHING {
                own.without += run.len() as u64;
                return;
            }
            own.compared += 1;
        }
        let several = run.iter().any(|own| run.first().is_some_and(|first| first.split != own.split));
        let has_first = run.iter().any(|own| own.split == self.p.first);
        if !SHARED.contains(&kind) {
            let own = self.tasks.entry((kind, column.to_string())).or_default();
            own.values += 1;
            own.several += u64::from(several);
            for other in run.iter().filter(|other| other.split != self.p.first) {
                let of = own.mentions.entry(other.split.clone()).or_default();
                of.0 += 1;
                of.1 += u64::from(has_first);
            }
            return;
        }
        if !several {
            return;
        }
        let first = |own: &&Own| !has_first || own.split == self.p.first;
        let Some(home) = run.iter().filter(first).min_by_key(|own| (&own.split, &own.id)) else { return };
        self.found.entry(kind).or_default().values += 1;
        for own in run.iter().filter(|own| own.split != home.split) {
            self.note(own.at, kind, column, home);
        }
    }

    /// A sample counts once for each kind, however many values it shares.
    fn note(&mut self, at: Spot, kind: Kind, column: &str, other: &Own) {
        let told = self.told.entry(at).or_default();
        if !told.iter().any(|leak| leak.kind == kind) {
            told.push(Leak { kind, column: column.to_string(), id: other.id.clone(), split: other.split.clone() });
            self.found.entry(kind).or_default().samples += 1;
        }
    }

    fn times(&mut self, times: &[(Own, i64)]) {
        let (trained, others): (Vec<_>, Vec<_>) = times.iter().partition(|(own, _)| own.split == self.p.first);
        let latest = trained.into_iter().min_by_key(|(own, time)| (Reverse(*time), &own.id));
        let Some((home, last)) = latest.filter(|_| !others.is_empty()) else { return };
        self.found.entry(Kind::Time).or_default().compared += 1;
        for (own, _) in others.into_iter().filter(|(_, time)| time <= last) {
            self.note(own.at, Kind::Time, "", home);
        }
    }

    fn facts(self, out: &mut Verdicts) -> Result<(), Fault> {
        for kind in SHARED.iter().chain(&[Kind::Time]).filter(|kind| self.p.kinds.contains(kind)) {
            let (found, name) = (self.found.get(kind).cloned().unwrap_or_default(), kind.name());
            let nothing = found.without > 0 && found.compared == 0;
            match *kind == Kind::Time && found.compared == 0 {
                true => out.fact(format!("{name}.samples"), Fact::Undefined("a side of it says no time".into())),
                false => out.fact(format!("{name}.samples"), found.samples),
            }
            if *kind != Kind::Time {
                out.fact(format!("{name}.values"), found.values);
            }
            if matches!(kind, Kind::Group | Kind::Origin | Kind::Time) {
                out.fact(format!("{name}.without"), found.without);
            }
            if nothing {
                let say = format!("of `{name}` nothing was compared: {} samples have no value of it", found.without);
                out.remark(format!("leakage.{name}"), "leak.nothing", say);
            }
        }
        for (column, task) in &self.p.tasks {
            let of = |kind: Kind| self.tasks.get(&(kind, column.clone())).cloned().unwrap_or_default();
            if column.starts_with("votes.") {
                let counted = of(Kind::Annotator);
                out.fact(format!("annotator.{task}.all"), counted.values);
                out.fact(format!("annotator.{task}.shared"), counted.several);
                continue;
            }
            let splits = of(Kind::Entity).mentions;
            let most = splits.values().max_by_key(|(mentions, _)| *mentions);
            let fact = match most {
                Some((mentions, seen)) => Fact::Decimal(decimal(*seen as f64 / *mentions as f64)),
                None => Fact::Undefined("no other split mentions an entity".into()),
            };
            out.fact(format!("entities.{task}.share"), fact);
        }
        for (at, leaks) in &self.told {
            out.put_json(*at, leaks)?;
        }
        Ok(())
    }
}

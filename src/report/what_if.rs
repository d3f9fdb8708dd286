//! What would a limit of `[clean.quality]` do? Counted from the statistics that the last build remembered: `tamis show
//! clean.quality --what-if words_min=50`, and how many samples a limit would take wherever it stood (`--sweep`). No kernel runs;
//! a statistic of texts that no limit names is measured here.
use super::show::grid;
use super::terminal::number;
use crate::diag::suggest;
use crate::engine::session::Session;
use crate::engine::state::{PartRun, StepRun};
use crate::manifest::Decimal;
use crate::measure::pictures::statistics as pictures;
use crate::measure::quality::{Measured, Ratio, statistic, statistics};
use crate::stage::{Fault, Kernel, Plan, entries};
use crate::stages::clean::quality::{Limits, declared_limits, ratio_of};
use crate::table::texts;
use std::collections::{BTreeMap, BTreeSet};

/// A statistic of a column.
type Of = (String, String);

/// The values of one statistic, by the place of the row.
type Values = BTreeMap<(usize, u32), Ratio>;

/// What a step measured, and the limits that it has.
pub struct Looking<'a> {
    pub s: &'a Session<'a>,
    pub plan: &'a Plan,
    pub run: &'a StepRun,
}

/// A limit that somebody asks about: `words_min=50`.
#[derive(Debug, PartialEq)]
pub struct Asked {
    statistic: String,
    is_min: bool,
    value: Decimal,
}

impl Asked {
    pub fn parse(text: &str) -> Result<Asked, String> {
        let shape = || format!("`{text}` is no limit: write it as words_min=50");
        let (key, value) = text.split_once('=').ok_or_else(shape)?;
        let (statistic, is_min) = side(key)?;
        let value = Decimal::parse(value.trim()).map_err(|_| shape())?;
        Ok(Asked { statistic, is_min, value })
    }

    fn key(&self) -> String {
        format!("{}_{}", self.statistic, if self.is_min { "min" } else { "max" })
    }
}

/// A statistic and its side out of a key: `words_min`.
fn side(key: &str) -> Result<(String, bool), String> {
    let key = key.trim();
    let found =
        key.strip_suffix("_min").map(|name| (name, true)).or(key.strip_suffix("_max").map(|name| (name, false)));
    let known = |name: &str| statistic(name).is_some() || pictures::statistic(name).is_some();
    match found {
        Some((name, is_min)) if known(name) => Ok((name.to_string(), is_min)),
        _ => {
            let all = statistics().map(|s| s.name).chain(pictures::STATISTICS.iter().map(|s| s.name));
            let keys: Vec<String> = all.flat_map(|name| [format!("{name}_min"), format!("{name}_max")]).collect();
            Err(format!("there is no limit `{key}`; {}", suggest(key, keys.iter().map(String::as_str))))
        }
    }
}

impl Looking<'_> {
    /// How many samples break limits now, and how many would.
    pub fn what_if(&self, asked: &[Asked]) -> Result<Result<String, String>, Fault> {
        let now = declared_limits(self.plan.params(Kernel::Gather));
        let mut then = now.clone();
        for asked in asked {
            for limits in then.values_mut() {
                let limit = limits.entry(asked.statistic.clone()).or_default();
                if asked.is_min { limit.min = Some(asked.value) } else { limit.max = Some(asked.value) }
            }
        }
        let wanted = then.iter().flat_map(|(field, l)| l.keys().map(|name| (field.clone(), name.clone()))).collect();
        let (rows, values) = self.values(&wanted)?;
        if let Some(none) = asked.iter().find(|a| !values.keys().any(|of| of.1 == a.statistic)) {
            return Ok(Err(format!("no sample has a `{}`: texts and pictures have their own", none.statistic)));
        }
        let mut lines = vec![["", "now", "then"].map(String::from).to_vec()];
        for asked in asked {
            let of = |limits: &BTreeMap<String, BTreeMap<String, Limits>>| {
                let side = if asked.is_min { "min" } else { "max" };
                number(broken(limits, &values, Some((&asked.statistic, side))).len() as u64)
            };
            lines.push(vec![format!("{} = {}", asked.key(), asked.value), of(&now), of(&then)]);
        }
        let (before, after) = (broken(&now, &values, None), broken(&then, &values, None));
        lines.push(vec!["all limits".into(), number(before.len() as u64), number(after.len() as u64)]);
        let more = after.difference(&before).count() as u64;
        let fewer = before.difference(&after).count() as u64;
        let head = format!("  of {} samples so many break the limit:\n", number(rows));
        let tail = format!("  {} that pass now would not, {} that do not would\n", number(more), number(fewer));
        Ok(Ok(head + &grid(&lines) + &tail))
    }

    /// How many samples a limit would take at each tenth of the values that there are, and at its ends.
    pub fn sweep(&self, key: &str) -> Result<Result<String, String>, Fault> {
        const STEPS: usize = 20;
        const BAR: usize = 40;
        let (name, is_min) = match side(key) {
            Ok(found) => found,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let fields = declared_limits(self.plan.params(Kernel::Gather));
        let mut out = String::new();
        for field in fields.keys() {
            let (_, values) = self.values(&[(field.clone(), name.clone())].into())?;
            let mut sorted: Vec<Ratio> = values.into_values().flat_map(BTreeMap::into_values).collect();
            if sorted.is_empty() {
                return Ok(Err(format!("no sample has a `{name}` of `{field}`: texts and pictures have their own")));
            }
            sorted
                .sort_by(|a, b| (u128::from(a.num) * u128::from(b.den)).cmp(&(u128::from(b.num) * u128::from(a.den))));
            out.push_str(&format!(
                "  {field}: {key}, and how many of {} samples it takes\n",
                number(sorted.len() as u64)
            ));
            let mut lines: Vec<Vec<String>> = Vec::new();
            for step in 0..=STEPS {
                let Some(at) = sorted.get((sorted.len().saturating_sub(1)) * step / STEPS) else { continue };
                let equal = |other: &Ratio| {
                    u128::from(other.num) * u128::from(at.den) == u128::from(at.num) * u128::from(other.den)
                };
                let first = sorted.iter().position(equal).unwrap_or(0);
                let last = sorted.iter().rposition(equal).unwrap_or(0);
                let taken = if is_min { first } else { sorted.len() - 1 - last };
                let bar = "#".repeat(taken * BAR / sorted.len().max(1));
                let line = vec![at.rounded(), number(taken as u64), share(taken, sorted.len()), bar];
                if lines.last() != Some(&line) {
                    lines.push(line);
                }
            }
            out.push_str(&left(&lines));
        }
        Ok(Ok(out))
    }

    /// How many living samples the step was given, and the values of the wanted statistics.
    fn values(&self, wanted: &BTreeSet<Of>) -> Result<(u64, BTreeMap<Of, Values>), Fault> {
        let (mut rows, mut out): (u64, BTreeMap<Of, Values>) = (0, BTreeMap::new());
        for (n, part) in self.run.parts.iter().enumerate() {
            rows += u64::from(part.before.alive());
            let mut seen: BTreeSet<Of> = BTreeSet::new();
            for (_, _, outcome) in part.outcomes.iter().filter(|o| o.0 == Kernel::Map) {
                let Some(digest) = outcome.summary else { continue };
                let bytes = self.s.bytes(digest)?;
                let entries = entries(&bytes).ok_or_else(|| Fault::Bug("a stored summary does not read".into()))?;
                for (key, row, value) in entries {
                    let key = String::from_utf8_lossy(key);
                    let Some((field, name)) = key.split_once('\0') else { continue };
                    let of = (field.to_string(), name.to_string());
                    let living = part.before.living.as_ref().is_some_and(|living| living.is(row));
                    if wanted.contains(&of)
                        && let Some(ratio) = ratio_of(value).filter(|_| living)
                    {
                        out.entry(of.clone()).or_default().insert((n, row), ratio);
                    }
                    seen.insert(of);
                }
            }
            for of in wanted.iter().filter(|of| !seen.contains(*of)) {
                let measured = self.measured(part, of)?;
                if !measured.is_empty() {
                    let measured = measured.into_iter().map(|(row, ratio)| ((n, row), ratio));
                    out.entry(of.clone()).or_default().extend(measured);
                }
            }
        }
        Ok((rows, out))
    }

    /// A statistic of texts that no limit named when the step ran.
    fn measured(&self, part: &PartRun, (field, name): &Of) -> Result<Vec<(u32, Ratio)>, Fault> {
        let column = part.reads.iter().find(|(read, _)| read == field).and_then(|(_, digest)| *digest);
        let (Some(digest), Some(statistic), Some(living)) = (column, statistic(name), &part.before.living) else {
            return Ok(Vec::new());
        };
        let array = self.s.array(digest)?;
        if array.data_type() != &crate::table::DataType::Utf8 {
            return Ok(Vec::new());
        }
        let texts = texts(array.as_ref());
        let rows = (0u32..).zip(texts).filter(|(row, _)| living.is(*row));
        Ok(rows.filter_map(|(row, text)| Some((row, (statistic.of)(&Measured::new(text?))))).collect())
    }
}

/// The samples that break limits: all, or those of one statistic and side.
fn broken(
    limits: &BTreeMap<String, BTreeMap<String, Limits>>,
    values: &BTreeMap<Of, Values>,
    only: Option<(&str, &str)>,
) -> BTreeSet<(usize, u32)> {
    let mut out = BTreeSet::new();
    for ((field, name), values) in values {
        let Some(limit) = limits.get(field).and_then(|of| of.get(name)) else { continue };
        for (at, ratio) in values {
            let side = limit.broken_by(*ratio);
            if side.is_some_and(|side| only.is_none_or(|only| only == (name.as_str(), side))) {
                out.insert(*at);
            }
        }
    }
    out
}

fn share(n: usize, of: usize) -> String {
    let tenths = n * 1000 / of.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// A table of numbers with a bar behind them.
fn left(lines: &[Vec<String>]) -> String {
    let numbers: Vec<Vec<String>> = lines.iter().map(|line| line.iter().take(3).cloned().collect()).collect();
    let bars = lines.iter().map(|line| line.last().map(String::as_str).unwrap_or_default());
    grid(&numbers).lines().zip(bars).map(|(line, bar)| format!("{line}  {bar}").trim_end().to_string() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_or_the_nearest_is_told() {
        let asked = Asked::parse("words_min=50").unwrap();
        assert_eq!((asked.key().as_str(), asked.value.to_string().as_str()), ("words_min", "50"));
        assert!(!Asked::parse("sharpness_max = 2.5").unwrap().is_min);
        assert!(Asked::parse("word_min=50").unwrap_err().contains("words_min"));
        assert!(Asked::parse("words_min").is_err() && Asked::parse("words_min=many").is_err());
    }
}

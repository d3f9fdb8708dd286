//! Annotators by how quickly they answer and how far they agree with the others: which of four quadrants each is in, and what to do first.
//!
//! How quickly somebody answers is the fact `spent` of the files that say it (`fields.time`); quick is who gives more answers an hour
//! than the annotator in the middle. Whoever says nothing of one of the two is in none, and that is told.
use super::measured::Line;
use crate::stage::Fact;
use std::collections::BTreeMap;

/// Agreement from which on little is in doubt, where the manifest asks for none (Krippendorff 2004: tentative conclusions).
pub const ENOUGH: f64 = 0.667;

const HEAD: [&str; 5] = ["annotator", "answers an hour", "agreement", "quadrant", "first"];

/// The answers of each annotator that say what they took, and the hours of them, over all sources.
fn hours(spent: &[&Fact]) -> BTreeMap<String, (f64, f64)> {
    let mut out: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let rows = spent.iter().filter_map(|fact| match fact {
        Fact::Table { columns, rows } => Some((columns, rows)),
        _ => None,
    });
    for (columns, rows) in rows {
        let at = |name: &str| columns.iter().position(|column| column == name);
        let (name, timed, rate) = (at("annotator"), at("timed"), at("answers an hour"));
        for row in rows {
            let cell = |at: Option<usize>| at.and_then(|at| row.get(at));
            let number = |at| cell(at)?.parse::<f64>().ok().filter(|n| *n > 0.0);
            if let (Some(name), Some(timed), Some(rate)) = (cell(name), number(timed), number(rate)) {
                let sum = out.entry(name.clone()).or_default();
                *sum = (sum.0 + timed, sum.1 + timed / rate);
            }
        }
    }
    out
}

/// Each annotator with both measures, the quadrant and what to do first, in the order of the lines.
pub fn table(spent: &[&Fact], lines: &[Line], enough: f64) -> Fact {
    let rates: BTreeMap<String, f64> = hours(spent).into_iter().map(|(by, (n, hours))| (by, n / hours)).collect();
    let mut sorted: Vec<f64> = rates.values().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.get(sorted.len().saturating_sub(1) / 2).copied();
    let row = |line: &Line| {
        let name = line.names.join("");
        let rate = rates.get(&name).copied();
        let quick = rate.zip(middle).map(|(rate, middle)| rate > middle);
        let (quadrant, first) = match quick.zip(line.value.ok()) {
            Some((quick, agree)) => quadrant(quick, agree >= enough),
            None => ("in none", "one of the two is not known"),
        };
        let rate = rate.map_or("not said".into(), |rate| format!("{rate:.2}"));
        let agreement = line.value.map_or_else(|why| why.say().to_string(), |value| format!("{value:.6}"));
        vec![name, rate, agreement, quadrant.into(), first.into()]
    };
    Fact::Table { columns: HEAD.map(String::from).to_vec(), rows: lines.iter().map(row).collect() }
}

fn quadrant(quick: bool, agrees: bool) -> (&'static str, &'static str) {
    match (quick, agrees) {
        (true, true) => ("quick, high", "give them more of the work"),
        (true, false) => ("quick, low", "hold their answers against gold answers: they may not look"),
        (false, true) => ("slow, high", "ask what takes long: the guideline or the tool may be in the way"),
        (false, false) => ("slow, low", "go through the guideline with them: it is not understood"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::agreement::Undefined;

    fn spent(rows: &[[&str; 3]]) -> Fact {
        let columns = ["annotator", "timed", "answers an hour"].map(String::from).to_vec();
        Fact::Table { columns, rows: rows.iter().map(|row| row.map(String::from).to_vec()).collect() }
    }

    #[test]
    fn each_annotator_is_in_one_quadrant_or_it_is_said_why_not() {
        let (one, two) = (
            spent(&[["a", "10", "100.00"], ["b", "10", "20.00"], ["c", "5", "no time"]]),
            spent(&[["a", "10", "25.00"], ["d", "1", "50.00"]]),
        );
        let undefined = Fact::Undefined("no answer says it".into());
        let line = |name: &str, value| Line { names: vec![name.into()], n: 1, value };
        let lines = [
            line("a", Ok(0.5)),
            line("b", Ok(0.667)),
            line("c", Ok(0.9)),
            line("d", Err(Undefined::NoOverlap)),
            line("e", Ok(0.1)),
        ];
        let Fact::Table { rows, .. } = table(&[&one, &undefined, &two], &lines, ENOUGH) else { panic!() };
        let told: Vec<(&str, &str)> = rows.iter().map(|row| (row[1].as_str(), row[3].as_str())).collect();
        // a: 20 answers in 0.1 and 0.4 hours
        let want = [
            ("40.00", "slow, low"),
            ("20.00", "slow, high"),
            ("not said", "in none"),
            ("50.00", "in none"),
            ("not said", "in none"),
        ];
        assert_eq!(told, want);
        assert_eq!((quadrant(true, true).0, quadrant(true, false).0), ("quick, high", "quick, low"));
        assert_eq!(table(&[], &[], ENOUGH), Fact::Table { columns: HEAD.map(String::from).to_vec(), rows: Vec::new() });
    }
}

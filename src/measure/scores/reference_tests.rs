//! Scores against scikit-learn and seqeval (`tests/fixtures/models/README.md`).
use super::*;
use crate::measure::confident::likeliest;
use crate::measure::learn::Tagging;
use serde_json::Value;
use std::collections::BTreeMap;

fn vectors() -> Value {
    let path = format!("{}/tests/fixtures/models/scores.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn near(got: Option<f64>, want: &Value) {
    let (got, want) = (got.unwrap(), want.as_f64().unwrap());
    assert!((got - want).abs() < 1e-12, "{got} {want}");
}

#[test]
fn classes_and_probabilities_score_as_in_scikit_learn() {
    let all = vectors();
    let want = &all["classes"];
    let (mut confusion, mut reliability) = (Confusion::new(4), Reliability::default());
    let mut halves = [Reliability::default(), Reliability::default()];
    for (i, (given, row)) in numbers(&want["y"]).into_iter().zip(want["P"].as_array().unwrap()).enumerate() {
        let (given, row) = (given as usize, numbers(row));
        confusion.add(given, likeliest(&row).unwrap(), 1);
        reliability.add(given, &row);
        halves[i % 2].add(given, &row);
    }
    near(confusion.accuracy(), &want["accuracy"]);
    near(confusion.macro_f1(), &want["macro_f1"]);
    for (k, values) in want["per_class"].as_array().unwrap().iter().enumerate() {
        near(confusion.of(k).precision(), &values[0]);
        near(confusion.of(k).recall(), &values[1]);
        near(confusion.of(k).f1(), &values[2]);
    }
    let [mut joined, other] = halves;
    joined.join(&other);
    for of in [reliability, joined] {
        let trust = of.trust().unwrap();
        near(Some(trust.log_loss), &want["log_loss"]);
        near(Some(trust.brier), &want["brier"]);
        near(Some(trust.calibration_error), &want["ece"]);
    }
    assert_eq!((Reliability::default().trust(), Confusion::new(2).accuracy()), (None, None));
}

#[test]
fn spans_score_as_in_seqeval() {
    let all = vectors();
    let want = &all["spans"];
    let tagging = Tagging { classes: 2 };
    let of = |row: &Value| {
        let tags: Vec<usize> = numbers(row).into_iter().map(|t| t as usize).collect();
        let spans = tagging.spans(&tags).into_iter();
        spans.map(|(class, start, end)| (start as u32, end as u32, class)).collect::<Vec<_>>()
    };
    let mut classes: BTreeMap<usize, Found> = BTreeMap::new();
    let mut micro = Found::default();
    for (given, predicted) in want["given"].as_array().unwrap().iter().zip(want["predicted"].as_array().unwrap()) {
        for (class, found) in Found::count(&of(predicted), &of(given)) {
            classes.entry(class).or_default().add(&found, 1);
            micro.add(&found, 1);
        }
    }
    near(micro.precision(), &want["precision"]);
    near(micro.recall(), &want["recall"]);
    near(micro.f1(), &want["f1"]);
    near(Found::macro_f1(classes.values()), &want["macro_f1"]);
    assert_eq!(Found::default().f1(), None);
}

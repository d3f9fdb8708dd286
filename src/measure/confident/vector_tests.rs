//! Confident learning against values of cleanlab (`tests/fixtures/models/README.md`).
use super::*;
use crate::digest::sha256;
use serde_json::Value;
use std::io::Read;

fn vectors() -> Value {
    let path = format!("{}/tests/fixtures/models/label-errors.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn whole(of: &Value) -> Vec<u64> {
    of.as_array().unwrap().iter().map(|x| x.as_u64().unwrap()).collect()
}

fn near(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{got:?}\n{want:?}"));
}

const FILTERS: [(&str, Filter); 7] = [
    ("prune_by_noise_rate", Filter::PruneByNoiseRate),
    ("prune_by_class", Filter::PruneByClass),
    ("both", Filter::Both),
    ("confident_learning", Filter::ConfidentLearning),
    ("predicted_neq_given", Filter::PredictedNeqGiven),
    ("low_normalized_margin", Filter::LowNormalizedMargin),
    ("low_self_confidence", Filter::LowSelfConfidence),
];

fn small(of: &Value) -> Labelled {
    let mut labelled = Labelled::new(3);
    for (given, row) in whole(&of["labels"]).into_iter().zip(of["pred_probs"].as_array().unwrap()) {
        assert!(labelled.add(given as usize, &numbers(row)));
    }
    labelled
}

#[test]
fn a_small_table_by_hand_and_by_cleanlab() {
    let all = vectors();
    let want = &all["small"];
    let labelled = small(want);
    let thresholds = labelled.thresholds();
    near(&thresholds, &numbers(&want["thresholds"]));
    let joint = labelled.joint();
    let table = |of: &Value| of.as_array().unwrap().iter().map(whole).collect::<Vec<_>>();
    assert_eq!(joint.counts, table(&want["confident_joint_uncalibrated"]));
    assert_eq!(joint.calibrated, table(&want["confident_joint_calibrated"]));
    assert_eq!(joint.off_diagonal.iter().map(|i| *i as u64).collect::<Vec<_>>(), whole(&want["off_diag_indices"]));
    for (name, filter) in FILTERS {
        let chosen: Vec<u64> = filter.choose(&labelled, &joint).into_iter().map(|i| i as u64).collect();
        assert_eq!(chosen, whole(&want[name]), "{name}");
    }
    near(&Quality::SelfConfidence.of(&labelled, None), &numbers(&want["q_self_confidence"]));
    near(&Quality::NormalizedMargin.of(&labelled, None), &numbers(&want["q_normalized_margin"]));
    near(&Quality::ConfidenceWeightedEntropy.of(&labelled, None), &numbers(&want["q_confidence_weighted_entropy"]));
    near(&Quality::SelfConfidence.of(&labelled, Some(&thresholds)), &numbers(&want["q_adj_self_confidence"]));
    near(&Quality::NormalizedMargin.of(&labelled, Some(&thresholds)), &numbers(&want["q_adj_normalized_margin"]));
}

#[test]
fn rows_are_rounded_to_their_sum() {
    for pair in vectors()["round_preserving_sum"].as_array().unwrap() {
        assert_eq!(rounded(&numbers(&pair[0])), whole(&pair[1]));
    }
    assert!(rounded(&[]).is_empty());
}

#[test]
fn the_least_token_is_the_quality_of_a_sentence() {
    let all = vectors();
    let want = &all["tokens"];
    for (i, least) in numbers(&want["sentence_min"]).into_iter().enumerate() {
        let rows = want["pred_probs"][i].as_array().unwrap();
        let tokens: Vec<f64> = whole(&want["labels"][i])
            .into_iter()
            .zip(rows)
            .map(|(given, row)| Quality::SelfConfidence.one(given as usize, &numbers(row)))
            .collect();
        assert_eq!(sentence(&tokens), least);
    }
    assert_eq!(sentence(&[]), 1.0);
}

/// The array of a file of numpy: its bytes behind the header.
fn npy(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/models/{name}.npy.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    bytes.split_off(10 + header)
}

#[test]
fn the_newsgroups_give_the_sets_of_cleanlab() {
    let number = |b: &[u8]| f64::from_le_bytes(b.try_into().unwrap()).clamp(0.0, 1.0);
    let probabilities: Vec<f64> = npy("20news_pyx").chunks(8).map(number).collect();
    let given: Vec<u16> = npy("20news_original_labels").chunks(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
    let mut labelled = Labelled::new(20);
    given.iter().zip(probabilities.chunks(20)).for_each(|(k, row)| assert!(labelled.add(usize::from(*k), row)));
    assert_eq!(labelled.len(), 7532);
    let all = vectors();
    let want = &all["news"];
    near(&labelled.thresholds(), &numbers(&want["thresholds"]));
    let joint = labelled.joint();
    assert_eq!((0..20).map(|k| joint.calibrated[k][k]).collect::<Vec<_>>(), whole(&want["diagonal"]));
    assert_eq!(joint.off_diagonal.len() as u64, want["uncalibrated"]["off_diagonals"].as_u64().unwrap());
    assert_eq!(joint.counts.iter().flatten().sum::<u64>(), want["uncalibrated"]["sum"].as_u64().unwrap());
    for (name, filter) in FILTERS {
        let chosen = filter.choose(&labelled, &joint);
        assert_eq!(chosen.len() as u64, want["sets"][name]["n"].as_u64().unwrap(), "{name}");
        let bytes: Vec<u8> = chosen.iter().flat_map(|i| (*i as u32).to_le_bytes()).collect();
        assert_eq!(sha256(&bytes), want["sets"][name]["sha256"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn the_noise_of_labels_has_an_interval_that_holds_it() {
    let labelled = small(&vectors()["small"]);
    let confident = labelled.confident(&labelled.thresholds());
    let items: Vec<Counted> =
        labelled.given.iter().copied().zip(confident).map(|one| counted([one].into_iter())).collect();
    let found = noise(3, &items, 200, 1).unwrap();
    // of each class of four a third, a quarter of confident ones and a third are another
    assert!((found.share - (1.0 / 3.0 + 2.0 / 4.0 + 1.0 / 3.0) / 3.0).abs() < 1e-12, "{found:?}");
    assert!(found.low < found.share && found.share < found.high, "{found:?}");
    let turned: Vec<Counted> = items.iter().rev().cloned().collect();
    assert_eq!(noise(3, &turned, 200, 1), Some(found));
    assert_eq!(noise(3, &[], 200, 1), None);
}

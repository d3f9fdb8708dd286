//! The methods against what other programs gave, and against the truth of three crowds (`tests/fixtures/agreement/README.md`).
use super::*;
use std::collections::BTreeMap;

/// The answers and true classes of a crowd; annotators and classes are numbered by their names.
fn crowd(name: &str) -> (Ballots, Vec<(Answers, Option<u32>)>) {
    let path = format!("{}/tests/fixtures/agreement/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut items = Vec::new();
    for line in text.lines() {
        let (truth, answers) = line.split_once('|').unwrap();
        let answer = |a: &str| {
            let (by, class) = a.split_once(':').unwrap();
            (by.parse().unwrap(), class.parse().unwrap())
        };
        items.push((answers.split(' ').map(answer).collect::<Answers>(), truth.parse().ok()));
    }
    let most = |f: fn(&(u32, u32)) -> u32| items.iter().flat_map(|(a, _)| a.iter().map(f)).max().unwrap() as usize + 1;
    let mut ballots = Ballots::new(most(|a| a.0), most(|a| a.1));
    items.iter().for_each(|(answers, _)| ballots.add(answers.clone()));
    (ballots, items)
}

/// How many items have their true class; of equal probabilities the first class.
fn right(model: &Model, items: &[(Answers, Option<u32>)]) -> usize {
    let class = |answers: &Answers| {
        let posterior = model.posterior(answers);
        let most = posterior.iter().copied().fold(0.0, f64::max);
        posterior.iter().position(|p| *p >= most).map(|k| k as u32)
    };
    items.iter().filter(|(answers, truth)| truth.is_some() && class(answers) == *truth).count()
}

/// What was measured with other programs for the same crowds: bluebirds, dog, web.
#[test]
fn the_truth_is_found_as_often_as_by_other_programs() {
    for (name, ds, mace_least, coin) in
        [("crowd-bluebirds", 97, 93, 78), ("crowd-dog", 680, 670, 670), ("crowd-web", 2185, 2225, 2228)]
    {
        let (ballots, items) = crowd(name);
        let plain = right(&dawid_skene(&ballots, 100, 0.0), &items);
        assert!(plain >= ds, "{name}: Dawid-Skene {plain}");
        let smooth = right(&dawid_skene(&ballots, 100, 1.0), &items);
        assert!(smooth + 1 >= ds, "{name}: Dawid-Skene smoothed {smooth}");
        let found = right(&mace(&ballots, 50), &items);
        assert!(found >= mace_least, "{name}: MACE {found}");
        let found = right(&one_coin(&ballots, 100, false), &items);
        assert!(found + 2 >= coin, "{name}: one coin {found}");
    }
}

/// crowd-kit 1.4.2 on 8 items, 3 annotators, gaps and ties.
#[test]
fn probabilities_are_those_of_other_programs() {
    let path = format!("{}/tests/fixtures/agreement/aggregation.json", env!("CARGO_MANIFEST_DIR"));
    let want: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut items: BTreeMap<u64, Answers> = BTreeMap::new();
    for row in want["rows"].as_array().unwrap() {
        let by = row[1].as_str().unwrap().as_bytes()[0] - b'a';
        items.entry(row[0].as_u64().unwrap()).or_default().push((by.into(), row[2].as_u64().unwrap() as u32));
    }
    let mut ballots = Ballots::new(3, 3);
    items.values().for_each(|answers| ballots.add(answers.clone()));
    for rounds in [1, 3, 10] {
        let models =
            [("dawid_skene", dawid_skene(&ballots, rounds, 0.0)), ("one_coin", one_coin(&ballots, rounds, true))];
        for (name, model) in models {
            let table = &want[format!("{name}_rounds_{rounds}")];
            for (item, answers) in &items {
                for (k, got) in model.posterior(answers).iter().enumerate() {
                    let want = table[*item as usize][k].as_f64().unwrap();
                    // it clips probabilities at 1e-10
                    assert!((got - want).abs() < 1.1e-9, "{name} {rounds} {item} {k}: {got}, and not {want}");
                }
            }
        }
    }
}

#[test]
fn the_order_of_items_changes_no_bit() {
    let (forth, items) = crowd("crowd-dog");
    let mut back = Ballots::new(forth.annotators, forth.classes);
    items.iter().rev().for_each(|(answers, _)| back.add(answers.iter().rev().copied()));
    assert_eq!(dawid_skene(&forth, 5, 0.01), dawid_skene(&back, 5, 0.01));
    assert_eq!(mace(&forth, 5), mace(&back, 5));
    assert_eq!(weights(&forth), weights(&back));
}

#[test]
fn many_answers_make_none_impossible() {
    let mut ballots = Ballots::new(2000, 2);
    ballots.add((0..2000).map(|a| (a, u32::from(a % 3 == 0))));
    ballots.add((0..2000).map(|a| (a, 1)));
    let model = one_coin(&ballots, 3, false);
    let all: Answers = (0..2000).map(|a| (a, u32::from(a % 3 == 0))).collect();
    let posterior = model.posterior(&all);
    assert!(posterior.iter().all(|p| p.is_finite()) && (posterior.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(Model { ..dawid_skene(&Ballots::new(0, 2), 3, 0.0) }.posterior(&[]).iter().all(|p| *p == 0.5));
}

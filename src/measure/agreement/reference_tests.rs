//! Each coefficient against what other programs gave for the same data (`tests/fixtures/agreement/README.md`).
use super::*;
use serde_json::Value as Json;

const NEAR: f64 = 1e-9;

fn fixture(name: &str) -> Vec<Json> {
    let path = format!("{}/tests/fixtures/agreement/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn numbers(of: &Json) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

fn units(case: &Json) -> Units {
    let mut units = Units::new(numbers(&case["values"]));
    for pattern in case["patterns"].as_array().unwrap() {
        let answers: Vec<u32> = numbers(&pattern[0])
            .iter()
            .enumerate()
            .flat_map(|(k, n)| std::iter::repeat_n(k as u32, *n as usize))
            .collect();
        (0..pattern[1].as_u64().unwrap()).for_each(|_| units.add(answers.clone()));
    }
    units
}

fn coefficient(name: &str) -> Coefficient {
    let weights = match name.rsplit_once('_') {
        Some((_, "linear")) => Weights::Linear,
        Some((_, "quadratic")) => Weights::Quadratic,
        _ => Weights::Identity,
    };
    match name {
        "percent" => Coefficient::Percent,
        "alpha_nominal" => Coefficient::Alpha(Level::Nominal),
        "alpha_ordinal" => Coefficient::Alpha(Level::Ordinal),
        "alpha_interval" => Coefficient::Alpha(Level::Interval),
        "alpha_ratio" => Coefficient::Alpha(Level::Ratio),
        other if other.starts_with("fleiss") => Coefficient::Fleiss(weights),
        other if other.starts_with("ac") => Coefficient::Gwet(weights),
        other if other.starts_with("bp") => Coefficient::BrennanPrediger(weights),
        other => panic!("{other}"),
    }
}

#[test]
fn coefficients_are_those_of_other_programs() {
    let mut compared = 0;
    for case in fixture("coefficients.json") {
        let units = units(&case);
        for (name, want) in case["expect"].as_object().unwrap() {
            let got = coefficient(name).of(&units).unwrap();
            let want = want.as_f64().unwrap();
            assert!((got - want).abs() < NEAR, "{} {name}: {got}, and not {want}", case["name"]);
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn coefficients_of_two_annotators_are_those_of_other_programs() {
    let mut compared = 0;
    for case in fixture("pairs.json") {
        let values = numbers(&case["values"]);
        let mut pair = Pair::default();
        for cell in case["table"].as_array().unwrap() {
            let of = |i: usize| cell[i].as_u64().unwrap();
            pair.add(of(0) as u32, of(1) as u32, of(2));
        }
        for (name, want) in case["expect"].as_object().unwrap() {
            let got = match name.as_str() {
                "cohen" => pair.cohen(Weights::Identity, &values),
                "cohen_linear" => pair.cohen(Weights::Linear, &values),
                "cohen_quadratic" => pair.cohen(Weights::Quadratic, &values),
                _ => pair.scott(&values),
            };
            let (got, want) = (got.unwrap(), want.as_f64().unwrap());
            assert!((got - want).abs() < NEAR, "{} {name}: {got}, and not {want}", case["name"]);
            compared += 1;
        }
    }
    assert_eq!(compared, 8);
}

#[test]
fn what_the_data_cannot_say_is_undefined() {
    let all = [
        Coefficient::Fleiss(Weights::Identity),
        Coefficient::Alpha(Level::Nominal),
        Coefficient::Alpha(Level::Ordinal),
        Coefficient::Alpha(Level::Interval),
        Coefficient::Alpha(Level::Ratio),
        Coefficient::Gwet(Weights::Identity),
        Coefficient::BrennanPrediger(Weights::Quadratic),
    ];
    let of = |answers: &[&[u32]]| {
        let mut units = Units::of(3);
        answers.iter().for_each(|a| units.add(a.iter().copied()));
        units
    };
    let (none, alone, same) = (of(&[]), of(&[&[1], &[2], &[0]]), of(&[&[1, 1], &[1, 1, 1]]));
    for c in all {
        assert_eq!(c.of(&none), Err(Undefined::NoOverlap), "{c:?}");
        assert_eq!(c.of(&alone), Err(Undefined::NoOverlap), "{c:?}");
        assert_eq!(c.of(&same), Err(Undefined::NoVariation), "{c:?}");
    }
    assert_eq!(Coefficient::Percent.of(&same), Ok(1.0));
    let mut negative = Units::new(vec![-1.0, 2.0]);
    negative.add([0, 1]);
    assert_eq!(Coefficient::Alpha(Level::Ratio).of(&negative), Err(Undefined::Negative));
    let mut pair = Pair::default();
    assert_eq!(pair.cohen(Weights::Identity, &[0.0, 1.0]), Err(Undefined::NoOverlap));
    pair.add(1, 1, 9);
    assert_eq!(pair.cohen(Weights::Identity, &[0.0, 1.0]), Err(Undefined::NoVariation));
    pair.add(1, 0, 1);
    assert_eq!(pair.cohen(Weights::Identity, &[0.0, 1.0]), Ok(0.0), "one of them gave one answer only");
}

#[test]
fn a_class_against_all_others() {
    let case = fixture("coefficients.json").into_iter().find(|c| c["name"] == "fleiss_1971").unwrap();
    // the kappas of single categories that Fleiss 1971 prints, to three digits
    let want = [0.245, 0.245, 0.520, 0.471, 0.566];
    let units = units(&case);
    for (k, want) in want.into_iter().enumerate() {
        let got = Coefficient::Fleiss(Weights::Identity).of(&units.against(k as u32)).unwrap();
        assert!((got - want).abs() < 0.0006, "{k}: {got}, and not {want}");
    }
}

#[test]
fn things_of_two_answers_are_what_their_pairs_say() {
    let said = [(0u32, 1u32, 3u64), (1, 0, 2), (2, 2, 5), (0, 0, 1), (1, 2, 1)];
    let weights = [Weights::Identity, Weights::Linear, Weights::Quadratic];
    let weighed = weights.into_iter().flat_map(|w| [Coefficient::Fleiss(w), Coefficient::Gwet(w)]);
    let levels = [Level::Nominal, Level::Ordinal, Level::Interval, Level::Ratio].map(Coefficient::Alpha);
    for coefficient in weighed.chain(levels).chain([Coefficient::Percent]) {
        let mut units = Units::of(3);
        said.iter().for_each(|(a, b, n)| units.add_all([([*a, *b], *n)]));
        assert_eq!(
            coefficient.of_pairs(&Units::of(3), said.iter().copied()),
            coefficient.of(&units),
            "{coefficient:?}"
        );
    }
    assert_eq!(Coefficient::Percent.of_pairs(&Units::of(3), std::iter::empty()), Err(Undefined::NoOverlap));
}

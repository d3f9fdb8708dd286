//! The models against enumeration and against values of other programs (`tests/fixtures/models/README.md`).
use super::chain::Room;
use super::*;
use serde_json::Value;

fn vectors() -> Value {
    let path = format!("{}/tests/fixtures/models/models.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn numbers(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn rows(of: &Value) -> Vec<Vec<f64>> {
    of.as_array().unwrap().iter().map(numbers).collect()
}

fn near(got: &[f64], want: &[f64], by: f64) {
    assert_eq!(got.len(), want.len());
    got.iter().zip(want).for_each(|(a, b)| assert!((a - b).abs() < by, "{got:?}\n{want:?}"));
}

/// All rows of tags, with what each weighs: the exponential of its sum.
fn paths(
    state: &[Vec<f64>],
    moves: &[Vec<f64>],
    allows: &dyn Fn(Option<usize>, usize) -> bool,
) -> Vec<(Vec<usize>, f64)> {
    let mut all: Vec<(Vec<usize>, f64)> = vec![(Vec::new(), 0.0)];
    for row in state {
        let longer = |(path, sum): &(Vec<usize>, f64)| {
            let (path, sum, before) = (path.clone(), *sum, path.last().copied());
            let next = (0..row.len()).filter(|tag| allows(before, *tag)).collect::<Vec<_>>();
            next.into_iter().map(move |tag| {
                let step = before.map_or(0.0, |b| moves[b][tag]);
                ([path.clone(), vec![tag]].concat(), sum + row[tag] + step)
            })
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.into_iter().map(|(path, sum)| (path, libm::exp(sum))).collect()
}

/// The share of the weight that each tag has at each token.
fn shares(paths: &[(Vec<usize>, f64)], tags: usize) -> Vec<f64> {
    let all: f64 = paths.iter().map(|p| p.1).sum();
    let length = paths[0].0.len();
    let mut out = vec![0.0; length * tags];
    paths.iter().for_each(|(path, w)| path.iter().enumerate().for_each(|(t, tag)| out[t * tags + tag] += w / all));
    out
}

/// The stored values are of all paths; the model is held against those that the scheme allows.
#[test]
fn probabilities_of_a_chain_are_those_of_all_its_paths() {
    let all = vectors();
    let (state, moves) = (rows(&all["crf"]["state"]), rows(&all["crf"]["transition_from_to"]));
    let every = paths(&state, &moves, &|_, _| true);
    let want: Vec<f64> = rows(&all["crf"]["marginals"]).concat();
    near(&shares(&every, 3), &want, 1e-10);
    near(&[libm::log(every.iter().map(|p| p.1).sum())], &[all["crf"]["log_z"].as_f64().unwrap()], 1e-12);

    let tagging = Tagging { classes: 1 };
    let allowed = paths(&state, &moves, &|before, tag| tagging.allows(before, tag));
    let (chain, learned) = Learned::by_hand(tagging, &state, &moves);
    near(&learned.marginals(&chain), &shares(&allowed, 3), 1e-12);

    // a step goes from what is expected towards what is given
    let gold = [0u16, 1, 2, 0];
    let mut stepped = Learned::by_hand(tagging, &state, &moves).1;
    stepped.learn(&chain, &gold, 1e-3, &mut Room::default());
    let total: f64 = allowed.iter().map(|p| p.1).sum();
    let mut want = moves.concat();
    for (path, w) in &allowed {
        path.windows(2).for_each(|pair| want[pair[0] * 3 + pair[1]] -= 1e-3 * w / total);
    }
    gold.windows(2).for_each(|pair| want[usize::from(pair[0]) * 3 + usize::from(pair[1])] += 1e-3);
    near(stepped.transitions(), &want, 1e-12);
}

#[test]
fn the_best_row_of_tags_is_one_that_the_scheme_allows() {
    let tagging = Tagging { classes: 2 };
    // the likeliest tag of the second token goes on what nothing opens
    let row = |of: [f64; 5]| of.to_vec();
    let probabilities =
        [row([0.5, 0.4, 0.0, 0.1, 0.0]), row([0.2, 0.0, 0.7, 0.1, 0.0]), row([0.9, 0.0, 0.0, 0.1, 0.0])];
    assert_eq!(decode(tagging, &probabilities.concat()), [1, 2, 0]);
    assert!(decode(tagging, &[]).is_empty());
    assert_eq!(tagging.spans(&[1, 2, 1, 0, 4, 3, 2]), [(0, 0, 2), (0, 2, 3), (1, 4, 5), (1, 5, 6), (0, 6, 7)]);
}

#[test]
fn the_order_of_texts_changes_no_bit_and_what_was_met_is_learned() {
    let text = |words: &[&str]| of_words(words);
    let texts = [text(&["Ann", "sings"]), text(&["Bob", "sings"]), text(&["rain", "falls"]), text(&["Ann", "falls"])];
    let tags: [&[u16]; 4] = [&[1, 0], &[1, 0], &[0, 0], &[1, 0]];
    let mut hashes: Vec<u64> = texts.iter().flatten().flatten().copied().collect();
    let numbers = Numbers::of(&mut hashes);
    let chain = |of: &Vec<Vec<u64>>| {
        let mut chain = Chain::default();
        of.iter().for_each(|token| chain.push(token.iter().filter_map(|h| numbers.get(*h))));
        chain
    };
    let chains: Vec<Chain> = texts.iter().map(chain).collect();
    let learned = |order: [usize; 4]| {
        let given: Vec<(&Chain, &[u16], u64)> = order.iter().map(|i| (&chains[*i], tags[*i], *i as u64)).collect();
        let how = Learning { rounds: 50, ..Learning::of(4) };
        Learned::of(Tagging { classes: 1 }, numbers.len(), &given, how, &mut || true).unwrap().marginals(&chains[3])
    };
    let one = learned([0, 1, 2, 3]);
    assert_eq!(one, learned([3, 1, 0, 2]));
    assert!(one[1] > 0.5 && one[3] > 0.8, "{one:?}");
    let stopped = Learned::of(Tagging { classes: 1 }, 0, &[], Learning::of(0), &mut || false);
    assert!(stopped.is_none());
}

#[test]
fn classes_are_learned_of_texts_whatever_their_order() {
    let texts = ["cold rain and wind", "rain and snow", "warm bread and salt", "salt and soup", "wind", "soup"];
    let all: Vec<Terms> = texts.iter().map(|t| terms(t)).collect();
    let weighing = Weighing::of(&all.iter().collect::<Vec<_>>());
    let vectors: Vec<Sparse> = all.iter().map(|t| weighing.weigh(t)).collect();
    for space in [0..1 << 18, 1 << 18..1 << 19] {
        let own = vectors[0].iter().filter(|(bucket, _)| space.contains(bucket)).map(|(_, w)| w * w).sum::<f64>();
        assert!((own - 1.0).abs() < 1e-12);
    }
    let given = [0, 0, 1, 1, 0, 1];
    let learned = |order: [usize; 6]| {
        let samples: Vec<(&Sparse, usize, u64)> = order.iter().map(|i| (&vectors[*i], given[*i], *i as u64)).collect();
        let learned = regression(2, SPACE, &samples, &mut || true).unwrap();
        vectors.iter().map(|v| learned.probabilities(v)).collect::<Vec<_>>()
    };
    let one = learned([0, 1, 2, 3, 4, 5]);
    assert_eq!(one, learned([5, 2, 4, 0, 3, 1]));
    one.iter().zip(given).for_each(|(row, class)| assert!(row[class] > 0.7, "{one:?}"));
    assert!(weighing.weigh(&terms("nothing of these was met")).len() < terms("nothing of these was met").len());
    assert!(weighing.weigh(&terms("")).is_empty());
}

#[test]
fn a_regression_gives_the_probabilities_of_its_weights() {
    let all = vectors();
    let (coefficients, bias) = (rows(&all["logistic"]["coef"]), numbers(&all["logistic"]["intercept_centred"]));
    let learned = Regression::by_hand(&coefficients, &bias);
    near(&learned.probabilities(&vec![(0, 1.0), (1, 1.0)]), &numbers(&all["logistic"]["proba_first"]), 1e-6);
}

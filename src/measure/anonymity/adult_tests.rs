//! The measures and the search against pycanon, ARX and an exhaustive search on UCI Adult (tests/fixtures/anonymity/README.md).
use super::*;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const ADULT: &str = include_str!("../../../tests/fixtures/anonymity/adult.txt");
const HIERARCHIES: &str = include_str!("../../../tests/fixtures/anonymity/hierarchies.csv");
const KNOWN: &str = include_str!("../../../tests/fixtures/anonymity/adult.json");

/// The years of education, in their order.
const EDUCATION: [&str; 16] = [
    "Preschool",
    "1st-4th",
    "5th-6th",
    "7th-8th",
    "9th",
    "10th",
    "11th",
    "12th",
    "HS-grad",
    "Some-college",
    "Assoc-voc",
    "Assoc-acdm",
    "Bachelors",
    "Masters",
    "Prof-school",
    "Doctorate",
];

const Q6: [&str; 6] = ["age", "education", "marital-status", "occupation", "sex", "native-country"];
const Q8: [&str; 8] =
    ["sex", "age", "race", "marital-status", "education", "native-country", "workclass", "salary-class"];

struct Adult {
    columns: BTreeMap<&'static str, (usize, Vec<&'static str>)>,
    rows: Vec<(&'static str, u32)>,
}

fn adult(with_unknown: bool) -> Adult {
    let (head, body) = ADULT.split_once("\n\n").unwrap();
    let column = |(n, line): (usize, &'static str)| {
        let (name, values) = line.split_once('\t').unwrap();
        (name, (n, values.split('\t').collect()))
    };
    let columns: BTreeMap<&str, (usize, Vec<&str>)> = head.lines().enumerate().map(column).collect();
    let mut rows: Vec<(&str, u32)> =
        body.lines().map(|l| l.split_at(columns.len())).map(|(key, n)| (key, n.trim().parse().unwrap())).collect();
    if !with_unknown {
        rows.retain(|(key, _)| columns.values().all(|(n, values)| values[key.as_bytes()[*n] as usize - 33] != "?"));
    }
    Adult { columns, rows }
}

fn tree(column: &str) -> Tree {
    let own = HIERARCHIES.lines().filter_map(|l| l.split_once(';')).filter(|l| l.0 == column);
    let rows: Vec<Vec<String>> = own.map(|l| l.1.split(';').map(str::to_string).collect()).collect();
    Tree::of(&rows).unwrap()
}

impl Adult {
    fn value(&self, key: &str, column: &str) -> &'static str {
        let own = if column == "education-num" { "education" } else { column };
        let (n, values) = &self.columns[own];
        values[key.as_bytes()[*n] as usize - 33]
    }

    /// With the hierarchies of ARX, or each value as it is.
    fn table(&self, of: &[&str], sensitive: &[&str], hierarchies: bool) -> Table {
        let mut leaves: Vec<Vec<String>> = Vec::new();
        let mut attributes = Vec::new();
        for column in of {
            if hierarchies {
                let way = Way::Tree(tree(column));
                let Way::Tree(tree) = &way else { unreachable!() };
                let level = |l| tree.leaves.iter().map(|v| way.at(Some(v), l).unwrap()).collect::<Vec<_>>();
                attributes.push(Attribute::of(&(0..way.levels()).map(level).collect::<Vec<_>>()));
                leaves.push(tree.leaves.clone());
            } else {
                let own: BTreeSet<&str> = self.rows.iter().map(|(key, _)| self.value(key, column)).collect();
                attributes.push(Attribute::kept(own.len() as u32));
                leaves.push(own.into_iter().map(String::from).collect());
            }
        }
        let numbers = |values: &[String]| -> BTreeMap<String, u32> { values.iter().cloned().zip(0..).collect() };
        let leaves: Vec<BTreeMap<String, u32>> = leaves.iter().map(|l| numbers(l)).collect();
        let values = |column: &&str| match *column {
            "education-num" => EDUCATION.map(String::from).to_vec(),
            _ => {
                let own: BTreeSet<&str> = self.rows.iter().map(|(key, _)| self.value(key, column)).collect();
                own.into_iter().map(String::from).collect()
            }
        };
        let values: Vec<BTreeMap<String, u32>> = sensitive.iter().map(values).map(|v| numbers(&v)).collect();
        let mut tuples: BTreeMap<Tuple, u32> = BTreeMap::new();
        for (key, n) in &self.rows {
            let tuple = Tuple {
                leaves: of.iter().zip(&leaves).map(|(c, l)| l[self.value(key, c)]).collect(),
                person: 0,
                sensitive: sensitive.iter().zip(&values).map(|(c, v)| v[self.value(key, c)]).collect(),
            };
            *tuples.entry(tuple).or_default() += n;
        }
        let counts: Vec<u32> = values.iter().map(|v| v.len() as u32).collect();
        Table::of(attributes, &counts, false, &tuples)
    }
}

fn known() -> Json {
    serde_json::from_str(KNOWN).unwrap()
}

fn near(got: f64, want: &Json, what: &str) {
    let want = want.as_f64().unwrap();
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{what}: {got} is not {want}");
}

/// What an id such as `q8_k5_rec4_3_s0.02` asks.
fn asked(id: &str) -> (Vec<&'static str>, Vec<&'static str>, Model, Ratio) {
    let parts: Vec<&str> = id.split('_').collect();
    let q6 = parts[0] == "q6";
    let limit: f64 = parts.last().unwrap()[1..].parse().unwrap();
    let suppressed = Ratio::new((limit * 100.0).round() as u64, 100u8);
    let mut own = Diversity::default();
    match parts[2].split_at(parts[2].len() - parts[2].trim_start_matches(char::is_alphabetic).len()) {
        ("distinct", l) => own.distinct = l.parse().ok(),
        ("entropy", l) => own.entropy = Some(Ratio::new(l.parse::<u64>().unwrap(), 1u8)),
        ("rec", c) => own.recursive = Some((Ratio::new(c.parse::<u64>().unwrap(), 1u8), parts[3].parse().unwrap())),
        ("teq", _) => own.t = Some(Ratio::new(2u8, 10u8)),
        _ => {}
    }
    let sensitive = if q6 { "salary-class" } else { "occupation" };
    let columns = if q6 { Q6.to_vec() } else { Q8.to_vec() };
    (columns, vec![sensitive], Model { k: 5, sensitive: vec![own] }, suppressed)
}

#[test]
fn every_measure_is_that_of_pycanon() {
    let (all, arx) = (adult(true), adult(false));
    let mut met = 0;
    for case in known()["measures"].as_array().unwrap() {
        let name = case["case"].as_str().unwrap();
        let list =
            |key: &str| -> Vec<&str> { case[key].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect() };
        let (of, sensitive) = (list("qi"), [case["sa"].as_str().unwrap()]);
        let numeric = case["own"].get("t_ordered").is_some();
        let (table, classes, mut model) = match name.strip_prefix("arx ") {
            Some(id) => {
                let (_, _, model, suppressed) = asked(id);
                let table = arx.table(&of, &sensitive, true);
                let found = search(&table, &model, suppressed, Objective::Loss).unwrap();
                (table, found.classes, model)
            }
            None => {
                let table = all.table(&of, &sensitive, false);
                let (classes, n) = table.grouped(&vec![0; of.len()]);
                let classes = Classes::new(&table, classes, n);
                (table, classes, Model { k: 1, sensitive: vec![Diversity::default()] })
            }
        };
        model.sensitive[0].recursive = None; // the l of the reference is the number of different values
        let got = Measures::of(&table, &classes, &model);
        let (own, values) = (&case["own"], &got.sensitive[0]);
        let mut is = |key: &str, value: f64| {
            met += 1;
            near(value, &own[key], &format!("{name}: {key}"));
        };
        is("rows", got.rows as f64);
        is("classes", got.classes as f64);
        is("k", got.k as f64);
        is("max_class", got.max as f64);
        is("unique_rows", got.unique as f64);
        is("l_distinct", values.distinct as f64);
        is("l_entropy(exp H_min)", values.entropy);
        is("t_equal", {
            let equal = Model { k: 1, sensitive: vec![Diversity::default()] };
            Measures::of(&table, &classes, &equal).sensitive[0].t.value()
        });
        is("alpha", values.alpha.value());
        if values.distinct > 1 {
            is("recursive_c_needed(r1/tail at l)", values.recursive.unwrap().value());
        }
        is("delta_disclosure", values.delta);
        is("beta_basic", values.beta);
        is("CM(minority rows)", values.minority as f64);
        let squares: u64 = classes.all.iter().map(|c| c.rows * c.rows).sum();
        is("DM(sum n^2)", squares as f64);
        if numeric {
            let ordered = Diversity { distance: Distance::Ordered, ..Diversity::default() };
            let model = Model { k: 1, sensitive: vec![ordered] };
            is("t_ordered", Measures::of(&table, &classes, &model).sensitive[0].t.value());
        }
    }
    assert!(met > 180, "{met}");
}

#[test]
fn every_optimum_is_that_of_an_exhaustive_search() {
    optima(|id| !SLOW.contains(&id));
}

#[test]
#[ignore = "a minute without optimisation"]
fn every_slow_optimum_is_that_of_an_exhaustive_search() {
    optima(|id| SLOW.contains(&id));
}

/// With suppression t lets no combination be left out, so most of them are looked at.
const SLOW: [&str; 6] = [
    "q6_k5_teq0.2_s0.02",
    "q8_k5_teq0.2_s0.02",
    "q6_k5_teq0.2_s1.0",
    "q8_k5_teq0.2_s1.0",
    "q6_k5_distinct2_s1.0",
    "q8_k5_entropy3_s1.0",
];

fn optima(wanted: fn(&str) -> bool) {
    let arx = adult(false);
    for case in known()["optimal_full_domain"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if !wanted(id) {
            continue;
        }
        let (of, sensitive, model, suppressed) = asked(id);
        let table = arx.table(&of, &sensitive, true);
        let begun = std::time::Instant::now();
        let found = search(&table, &model, suppressed, Objective::Loss).unwrap();
        println!("{id}: {} of {} looked at, {:?}", found.looked, found.nodes, begun.elapsed());
        let want: Vec<usize> = of.iter().map(|c| case["node"][c].as_u64().unwrap() as usize).collect();
        assert_eq!(found.levels, want, "{id}");
        near(found.loss, &case["loss"], id);
        assert_eq!(found.nodes as u64, case["nodes"].as_u64().unwrap(), "{id}");
        let least = found.classes.all.iter().map(|c| c.size).min().unwrap();
        let got = (table.total - found.classes.rows(), found.classes.all.len() as u64, least);
        let want = ["suppressed", "classes", "min"].map(|key| case[key].as_u64().unwrap());
        assert_eq!(got, want.into(), "{id}");
        let measured = Measures::of(&table, &found.classes, &model);
        println!("    t of what is left {}", measured.sensitive[0].t.decimal_up(6));
    }
}

/// How many combinations hold what is asked if nothing is suppressed, by looking at each.
#[test]
fn as_many_combinations_are_anonymous() {
    let arx = adult(false);
    let mut seen = BTreeSet::new();
    for case in known()["optimal_full_domain"].as_array().unwrap() {
        let id = case["id"].as_str().unwrap();
        if !id.ends_with("_s0.0") || id.starts_with("q8") {
            continue; // the larger lattice takes minutes
        }
        seen.insert(id);
        let (of, sensitive, model, _) = asked(id);
        let table = arx.table(&of, &sensitive, true);
        let (lattice, reference) = (Lattice::of(&table), references(&table, |_| true));
        let holds = |n: &usize| {
            let (classes, n) = table.grouped(&lattice.node(*n));
            let sizes = Classes::new(&table, classes, n);
            sizes.failing(&model, &reference) == 0
        };
        let own = (0..lattice.len()).filter(holds).count();
        assert_eq!(own as u64, case["anonymous_without_suppression"].as_u64().unwrap(), "{id}");
    }
}

/// Whatever the limit and the model, no combination that holds is better than the one that is found.
#[test]
fn the_search_misses_nothing() {
    let mut arx = adult(false);
    for seed in 0..6u64 {
        arx.rows = adult(false).rows.into_iter().skip(seed as usize * 700).step_by(37 + seed as usize).collect();
        let table = arx.table(&["sex", "age", "race", "marital-status", "education"], &["occupation"], true);
        for (n, objective) in
            [Objective::Loss, Objective::Discernibility, Objective::AverageClass].into_iter().enumerate()
        {
            let own = match (seed as usize + n) % 4 {
                0 => Diversity::default(),
                1 => Diversity { distinct: Some(3), ..Diversity::default() },
                2 => Diversity { entropy: Some(Ratio::new(5u8, 2u8)), ..Diversity::default() },
                _ => Diversity { t: Some(Ratio::new(4u8, 10u8)), ..Diversity::default() },
            };
            let model = Model { k: 2 + seed % 4, sensitive: vec![own] };
            let suppressed = Ratio::new(seed % 3 * 4, 100u8);
            let found = search(&table, &model, suppressed, objective);
            let best = every(&table, &model, suppressed, objective);
            assert_eq!(found.map(|f| f.levels), best, "{seed} {objective:?}");
        }
    }
}

/// The best combination, by looking at each.
fn every(table: &Table, model: &Model, suppressed: Ratio, objective: Objective) -> Option<Vec<usize>> {
    let (lattice, reference) = (Lattice::of(table), references(table, |_| true));
    let mut best: Option<(super::score::Score, Vec<usize>)> = None;
    for n in 0..lattice.len() {
        let node = lattice.node(n);
        let (of, classes) = table.grouped(&node);
        let classes = Classes::new(table, of, classes).without_failing(model, &reference);
        let lost = u128::from(table.total - classes.rows());
        if lost * suppressed.under > suppressed.over * u128::from(table.total) {
            continue;
        }
        let score = super::score::Score::of(objective, table, &super::score::sums(table, &node, &classes.of), &classes);
        let steps = |of: &[usize]| (of.iter().sum::<usize>(), of.iter().rev().copied().collect::<Vec<_>>());
        let better = best.as_ref().is_none_or(|(b, own)| {
            score.compared(b).then_with(|| steps(&node).cmp(&steps(own))) == std::cmp::Ordering::Less
        });
        if better {
            best = Some((score, node));
        }
    }
    best.map(|b| b.1)
}

/// Parts of local recoding hold what is asked, and lose less than one level for all.
#[test]
fn mondrian_holds_what_is_asked() {
    let arx = adult(false);
    for id in ["q6_k5_s0.0", "q6_k5_distinct2_s0.0", "q6_k5_teq0.2_s0.0", "q8_k5_entropy3_s0.0"] {
        let (of, sensitive, model, suppressed) = asked(id);
        let table = arx.table(&of, &sensitive, true);
        let cut = mondrian(&table, &model);
        let reference = references(&table, |_| true);
        assert_eq!((cut.classes.rows(), cut.classes.failing(&model, &reference)), (30162, 0), "{id}");
        assert_eq!(cut.cells.len(), cut.classes.all.len());
        let (own, whole) = (loss(&table, &cut.sums), search(&table, &model, suppressed, Objective::Loss).unwrap().loss);
        println!("{id}: {own:.6} in {} parts, one level for all {whole:.6}", cut.cells.len());
        assert!(own < whole, "{id}: {own} {whole}");
        // what stands in the cells of a class is what is true of its rows
        for tuple in 0..table.len() {
            let cells = &cut.cells[cut.classes.of[tuple] as usize];
            for ((attribute, cell), leaf) in table.attributes.iter().zip(cells).zip(table.leaves(tuple)) {
                let Cell::Level { leaf: first, level } = cell else { panic!("no column is in order") };
                assert_eq!(
                    attribute.levels[*level].group[*first as usize],
                    attribute.levels[*level].group[*leaf as usize]
                );
            }
        }
    }
}

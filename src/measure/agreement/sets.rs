//! Distances of sets, for answers that are several classes. Two empty sets are the same.
use super::coefficients::Level;

/// A set of names as the name of one category.
pub fn set_text(of: Vec<String>) -> String {
    serde_json::Value::from(of).to_string()
}

/// The names in a category that [`set_text`] gave; of any other text the text itself.
pub fn set_of(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|_| vec![text.to_string()])
}

/// How far two sets are apart, 0 to 1. Their members are sorted, each once. Levels that are not of sets ask whether they are equal.
///
/// MASI (Passonneau 2006) multiplies what Jaccard's index takes for alike by 1 of equal sets, by 2/3 where one holds the
/// other and by 1/3 where they overlap. An empty set shares nothing with others, so that it is as far from them as can be.
pub fn apart<T: Ord>(level: Level, a: &[T], b: &[T]) -> f64 {
    let both = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    let either = a.len() + b.len() - both;
    if both == either {
        return 0.0;
    }
    let alike = both as f64 / either as f64;
    match level {
        Level::Jaccard => 1.0 - alike,
        Level::Masi if both == a.len().min(b.len()) => 1.0 - alike * (2.0 / 3.0),
        Level::Masi => 1.0 - alike / 3.0,
        _ => 1.0,
    }
}

/// The distances of all pairs, row by row.
pub fn all_apart<T: Ord>(level: Level, sets: &[Vec<T>]) -> Vec<f64> {
    sets.iter().flat_map(|a| sets.iter().map(move |b| apart(level, a, b))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Coefficient, Units};
    use super::*;
    use std::sync::Arc;

    /// The values that `masi_distance` and `jaccard_distance` of NLTK 3.10.4 give.
    #[test]
    fn distances_are_those_of_nltk() {
        let of = |level, a: &[u32], b: &[u32]| apart(level, a, b);
        for (a, b, masi, jaccard) in [
            (vec![1, 2], vec![1, 2, 3, 4], 0.6666666666666667, 0.5),
            (vec![1, 2], vec![2, 3], 0.8888888888888888, 0.6666666666666666),
            (vec![1], vec![2], 1.0, 1.0),
            (vec![1, 2], vec![1, 2], 0.0, 0.0),
            (vec![], vec![1], 1.0, 1.0),
            (vec![], vec![], 0.0, 0.0), // NLTK divides by 0
        ] {
            assert!((of(Level::Masi, &a, &b) - masi).abs() < 1e-12, "{a:?} {b:?}");
            assert!((of(Level::Jaccard, &a, &b) - jaccard).abs() < 1e-12, "{a:?} {b:?}");
        }
    }

    /// `AnnotationTask.alpha` of NLTK 3.10.4 with these distances gives the values of the file.
    #[test]
    fn alpha_is_that_of_nltk() {
        let path = format!("{}/tests/fixtures/agreement/sets.json", env!("CARGO_MANIFEST_DIR"));
        let case: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let sets: Vec<Vec<u64>> = serde_json::from_value(case["sets"].clone()).unwrap();
        let items: Vec<Vec<u32>> = serde_json::from_value(case["items"].clone()).unwrap();
        for (level, name) in [(Level::Masi, "masi"), (Level::Jaccard, "jaccard")] {
            let mut units = Units::of(sets.len()).with_distances(Arc::new(all_apart(level, &sets)));
            items.iter().for_each(|item| units.add(item.clone()));
            let got = Coefficient::Alpha(level).of(&units).unwrap();
            assert!((got - case[name].as_f64().unwrap()).abs() < 1e-12, "{name}: {got}");
        }
        let member = units_of(&sets, &items).against_all(&|k| sets[k as usize].contains(&1));
        let got = Coefficient::Alpha(Level::Nominal).of(&member).unwrap();
        assert!((got - case["holds_1"].as_f64().unwrap()).abs() < 1e-12, "{got}");
    }

    fn units_of(sets: &[Vec<u64>], items: &[Vec<u32>]) -> Units {
        let mut units = Units::of(sets.len());
        items.iter().for_each(|item| units.add(item.clone()));
        units
    }
}

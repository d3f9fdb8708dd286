//! The names that answers hold, in the order of the numbers by which they are counted.
use super::sampled::Sample;
use crate::measure::agreement::{Level, SETS_MAX, Units, Weights, all_apart, set_of};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The names that answers hold: who answered, and the categories with their numbers.
pub struct Names {
    pub annotators: Vec<String>,
    pub categories: Vec<String>,
    /// The place of each.
    places: [HashMap<String, u32>; 2],
    pub values: Vec<f64>,
    /// Of answers that are several classes.
    pub sets: Option<Sets>,
}

/// Categories that are sets of classes.
pub struct Sets {
    pub classes: Vec<String>,
    /// The places of the classes that each category holds.
    pub of: Vec<Vec<u32>>,
    /// The distances of all pairs of categories.
    apart: Arc<Vec<f64>>,
}

/// The names that are met while samples are read for the first time.
#[derive(Default, Clone)]
pub struct Met {
    annotators: HashSet<String>,
    categories: HashSet<String>,
}

fn meet<'n>(known: &mut HashSet<String>, names: impl Iterator<Item = &'n str>) {
    for name in names {
        if !known.contains(name) {
            known.insert(name.to_string());
        }
    }
}

fn in_order(names: HashSet<String>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_unstable();
    names
}

impl Met {
    /// Reads the names of a sample.
    pub fn see(&mut self, sample: &Sample) {
        match sample {
            Sample::Plain(plain) => {
                meet(&mut self.annotators, plain.by.iter().copied());
                meet(&mut self.categories, plain.said.iter().copied());
            }
            Sample::Whole(whole) => {
                meet(&mut self.annotators, whole.by.iter().map(String::as_str));
                let units = whole.units.iter().flat_map(|u| u.0.iter().flatten());
                meet(&mut self.categories, units.chain(whole.shares.iter().map(|s| &s.class)).map(String::as_str));
            }
        }
    }

    /// The names in order: of classes as they are declared, then others; of ratings by their numbers, and all whole numbers of
    /// a scale of such.
    pub fn names(self, declared: &[String], scale: Option<(f64, f64)>) -> Names {
        let annotators = in_order(self.annotators);
        let Some((min, max)) = scale else {
            let known: HashSet<&String> = declared.iter().collect();
            let others = in_order(self.categories).into_iter().filter(|c| !known.contains(c));
            let categories: Vec<String> = declared.iter().cloned().chain(others).collect();
            let values = (0..categories.len()).map(|k| k as f64).collect();
            return Names::of(annotators, categories, values, None);
        };
        let met = self.categories.iter().filter_map(|c| c.parse::<f64>().ok());
        let mut values: Vec<f64> = met.collect();
        let whole = |x: &f64| x.fract() == 0.0;
        if [min, max].iter().chain(&values).all(whole) && max - min < 1000.0 {
            values = (0..=(max - min) as u32).map(|k| min + f64::from(k)).collect();
        }
        values.sort_by(f64::total_cmp);
        values.dedup();
        Names::of(annotators, values.iter().map(f64::to_string).collect(), values, None)
    }

    /// The names where answers are sets of the declared classes.
    pub fn sets(self, declared: &[String], level: Level) -> Names {
        let categories = in_order(self.categories);
        let declared_at = places(declared);
        let place = |class: String| declared_at.get(&class).copied();
        let of_text = |text: &String| {
            let mut own: Vec<u32> = set_of(text).into_iter().filter_map(place).collect();
            own.sort_unstable();
            own
        };
        let of: Vec<Vec<u32>> = categories.iter().map(of_text).collect();
        let few = of.get(..of.len().min(SETS_MAX)).unwrap_or_default();
        let apart = Arc::new(if few.len() == of.len() { all_apart(level, few) } else { Vec::new() });
        let values = (0..categories.len()).map(|k| k as f64).collect();
        let sets = Some(Sets { classes: declared.to_vec(), of, apart });
        Names::of(in_order(self.annotators), categories, values, sets)
    }
}

fn places(names: &[String]) -> HashMap<String, u32> {
    // of a name that stands twice the first place counts
    names.iter().enumerate().rev().map(|(k, name)| (name.clone(), k as u32)).collect()
}

impl Names {
    fn of(annotators: Vec<String>, categories: Vec<String>, values: Vec<f64>, sets: Option<Sets>) -> Names {
        let places = [places(&annotators), places(&categories)];
        Names { annotators, categories, places, values, sets }
    }

    pub fn category(&self, name: &str) -> Option<u32> {
        self.places.get(1).and_then(|of| of.get(name)).copied()
    }

    /// No items yet, of these categories.
    pub fn units(&self) -> Units {
        let units = Units::new(self.values.clone());
        match &self.sets {
            Some(sets) => units.with_distances(Arc::clone(&sets.apart)),
            None => units,
        }
    }

    /// The number of a pair of annotators.
    pub fn pair(&self, a: u32, b: u32) -> u64 {
        u64::from(a) * self.annotators.len() as u64 + u64::from(b)
    }

    /// The number of somebody who answered.
    pub fn annotator(&self, name: &str) -> u32 {
        self.places.first().and_then(|of| of.get(name)).copied().unwrap_or(u32::MAX)
    }
}

/// The order of answers, where one sample is looked at alone: declared classes, or a scale.
pub struct Order {
    pub classes: Vec<String>,
    pub scale: Option<(f64, f64)>,
}

impl Order {
    /// How near two answers are: 1 if they are the same.
    pub fn near(&self, weights: Weights, a: &str, b: &str) -> f64 {
        let place = |name: &str| match self.scale {
            Some((min, max)) => name.parse::<f64>().ok().map(|x| (x - min) / (max - min)),
            None => {
                let steps = self.classes.len().max(2) as f64 - 1.0;
                self.classes.iter().position(|c| c == name).map(|k| k as f64 / steps)
            }
        };
        match (place(a), place(b)) {
            (Some(x), Some(y)) if a != b => weights.of(&[0.0, (x - y).abs(), 1.0], 0, 1),
            _ => f64::from(u8::from(a == b)),
        }
    }
}

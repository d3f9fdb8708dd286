//! Rules about what is said of the shapes or spans of another label.
use super::rule::{Asked, Broken, Rule};
use crate::model::attributes::Attribute;
use std::collections::BTreeSet;

pub const ATTRIBUTE_RULES: &[Rule] = &[Rule {
    name: "unanswered",
    finding: "rule.unanswered",
    say: "Of how many shapes or spans of the target's label an answer may say nothing. `drop` drops the whole answer.",
    fix: None,
    keys: &["max"],
    needs: &["max"],
    columns: &[],
    broken: unanswered,
}];

fn unanswered(asked: &Asked) -> Option<Vec<Broken>> {
    let all = asked.shapes?;
    let said: BTreeSet<u32> = asked.all::<Attribute>().iter().map(|one| one.shape).collect();
    let silent: Vec<usize> = (0..all).filter(|n| u32::try_from(*n).is_ok_and(|n| !said.contains(&n))).collect();
    let Some(side) = asked.demand.passed(silent.len() as f64) else { return Some(Vec::new()) };
    let first = silent.first().copied().unwrap_or_default();
    let (n, limit) = (silent.len(), side.say(asked.demand));
    let say = format!("nothing is said of {n} of {all} shapes, {limit}; the first is that with number {first}");
    Some(vec![Broken { whole: true, lost: true, ..Broken::new(0, say) }])
}

#[cfg(test)]
mod tests {
    use super::super::rule::Demand;
    use super::*;
    use crate::manifest::Decimal;
    use crate::table::{Cell, Value};

    #[test]
    fn shapes_that_nobody_judged_are_counted() {
        let demand = Demand { max: Some(Decimal::from(1u64)), ..Demand::default() };
        let said = |of: &[u32]| {
            let all = of.iter().map(|shape| Attribute { shape: *shape, class: "a".into() });
            all.collect::<Vec<_>>().into_value()
        };
        let broken = |answer: &Value, shapes| {
            unanswered(&Asked { demand: &demand, answer, text: None, numbers: &[], shapes }).map(|all| all.len())
        };
        assert_eq!((broken(&said(&[0]), Some(2)), broken(&said(&[1]), Some(3))), (Some(0), Some(1)));
        assert_eq!((broken(&said(&[]), Some(0)), broken(&said(&[]), None)), (Some(0), None));
    }
}

//! Rules about shapes on a picture: how large they are, and how much two of them may have in common.
//!
//! Sides and aspect are those of the upright box around a shape, areas are those of the shape itself. Of two that have too
//! much in common, the later one in the answer breaks the rule; one that breaks it already is not held against others.
//! That a polygon crosses itself is not a rule: `problems.crossing` says what happens.
use super::rule::{Asked, Broken, Rule, Side};
use crate::measure::shapes::Placed;
use crate::table::Cell;

/// The rules of a kind whose answers are lists of such shapes.
pub const fn of_shapes<S: Placed>() -> [Rule; 7]
where
    Vec<S>: Cell,
{
    let limits: &[&str] = &["min", "max"];
    let most: &[&str] = &["max"];
    let rule = Rule {
        name: "box_side",
        finding: "rule.box_side",
        say: "How long the shorter side of the box around an object is, in pixels.",
        fix: None,
        keys: limits,
        needs: limits,
        columns: &[],
        broken: box_side::<S>,
    };
    let most = Rule { keys: most, needs: most, ..rule };
    [
        rule,
        Rule {
            name: "aspect",
            finding: "rule.aspect",
            say: "How often the shorter side of the box around an object goes into the longer one; 1 of a square.",
            broken: aspect::<S>,
            ..rule
        },
        Rule {
            name: "area_share",
            finding: "rule.area_share",
            say: "The share of the image that an object covers, 0 to 1.",
            columns: &["width", "height"],
            broken: area_share::<S>,
            ..rule
        },
        Rule {
            name: "overlap",
            finding: "rule.overlap",
            say: "How much two objects of one class may have in common: the area in common by the area of both together (IoU), 0 \
                  to 1. The later one in the answer breaks the rule.",
            broken: overlap::<S>,
            ..most
        },
        Rule {
            name: "overlap_across",
            finding: "rule.overlap_across",
            say: "The same of two objects of different classes.",
            broken: overlap_across::<S>,
            ..most
        },
        Rule {
            name: "inside",
            finding: "rule.inside",
            say: "Which share of its own area an object may have inside of a larger one of the same class, 0 to 1.",
            broken: inside::<S>,
            ..most
        },
        Rule {
            name: "class_pairs",
            finding: "rule.class_pairs",
            say: "Pairs of classes whose annotations may not meet. What meets an annotation of the first class breaks the rule if it \
                  has the second one.",
            keys: &["pairs"],
            needs: &["pairs"],
            broken: class_pairs::<S>,
            ..rule
        },
    ]
}

/// The shapes that break a limit on what `measure` says of each.
fn measured<S: Placed>(
    asked: &Asked,
    what: &str,
    loses: fn(Side) -> bool,
    measure: impl Fn(&S) -> Option<f64>,
) -> Vec<Broken>
where
    Vec<S>: Cell,
{
    let mut out = Vec::new();
    for (item, shape) in asked.all::<S>().iter().enumerate().filter(|(_, s)| asked.demand.is_about(s.class())) {
        let Some(x) = measure(shape) else { continue };
        if let Some(side) = asked.demand.passed(x) {
            let say = format!("object {}: {what} is {}, {}", item + 1, told(x), side.say(asked.demand));
            out.push(Broken { lost: loses(side), ..Broken::new(item, say) });
        }
    }
    out
}

/// A number for people: at most four decimals.
fn told(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn sides<S: Placed>(shape: &S) -> Option<[f64; 2]> {
    let [x1, y1, x2, y2] = shape.around()?;
    let (w, h) = (x2 - x1, y2 - y1);
    Some([w.min(h), w.max(h)])
}

/// A rule that says how small is too small to be labelled loses nothing.
fn above(side: Side) -> bool {
    side == Side::Above
}

fn box_side<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    Some(measured::<S>(asked, "its shorter side", above, |s| Some(sides(s)?[0])))
}

fn aspect<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    let aspect = |s: &S| sides(s).filter(|[short, _]| *short > 0.0).map(|[short, long]| long / short);
    Some(measured::<S>(asked, "its longer side by its shorter one", |_| true, aspect))
}

fn area_share<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    let [Some(width), Some(height)] = asked.numbers else { return None };
    let whole = width * height;
    (whole > 0.0).then(|| measured::<S>(asked, "its share of the image", above, |s| Some(s.area() / whole)))
}

/// Holds each shape against all others: `breaks` says of two, in the order of the answer, which breaks the rule (0 the first,
/// 1 the second) and why.
fn compared<S: Placed>(asked: &Asked, breaks: impl Fn(&S, &S) -> Option<(usize, String)>) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    let all: Vec<S> = asked.all();
    let mut found: Vec<Option<Broken>> = all.iter().map(|_| None).collect();
    for (j, b) in all.iter().enumerate() {
        for (i, a) in all.iter().enumerate().take(j) {
            let taken = |at: usize| found.get(at).is_some_and(Option::is_some);
            if taken(i) || taken(j) {
                continue;
            }
            let Some((which, why)) = breaks(a, b) else { continue };
            let (item, other, class) = if which == 0 { (i, j, a.class()) } else { (j, i, b.class()) };
            if let Some(slot) = found.get_mut(item).filter(|_| asked.demand.is_about(class)) {
                *slot = Some(Broken::new(item, format!("object {}: {why} object {}", item + 1, other + 1)));
            }
        }
    }
    Some(found.into_iter().flatten().collect())
}

fn overlaps<S: Placed>(asked: &Asked, same: bool) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    compared::<S>(asked, |a, b| {
        let iou = if (a.class() == b.class()) == same { a.iou(b) } else { return None };
        let side = asked.demand.passed(iou)?;
        Some((1, format!("an IoU of {}, {}, with", told(iou), side.say(asked.demand))))
    })
}

fn overlap<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    overlaps::<S>(asked, true)
}

fn overlap_across<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    overlaps::<S>(asked, false)
}

fn inside<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    compared::<S>(asked, |a, b| {
        let (which, small) = if a.area() < b.area() { (0, a) } else { (1, b) };
        if a.class() != b.class() || small.area() <= 0.0 {
            return None;
        }
        let share = a.common(b) / small.area();
        let side = asked.demand.passed(share)?;
        Some((which, format!("the share {} of it, {}, lies in", told(share), side.say(asked.demand))))
    })
}

fn class_pairs<S: Placed>(asked: &Asked) -> Option<Vec<Broken>>
where
    Vec<S>: Cell,
{
    compared::<S>(asked, |a, b| {
        let which = asked.demand.gives_way(a.class(), b.class()).filter(|_| a.common(b) > 0.0)?;
        Some((which, "its class may not meet that of".into()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::rule::Demand;
    use super::*;
    use crate::manifest::Decimal;
    use crate::model::boxes::Box2;

    fn pixels(class: &str, [x1, y1, x2, y2]: [f64; 4]) -> Box2 {
        Box2 { class: class.into(), x1, y1, x2, y2, flags: Vec::new() }
    }

    fn limit(text: &str) -> Option<Decimal> {
        Some(Decimal::parse(text).unwrap())
    }

    /// The places of what breaks the rule, and whether something is lost with it.
    fn broken(name: &str, demand: Demand, numbers: &[Option<f64>], of: &[Box2]) -> Option<Vec<(usize, bool)>> {
        let rules = of_shapes::<Box2>();
        let rule = rules.iter().find(|r| r.name == name).unwrap();
        let answer = of.to_vec().into_value();
        let found = (rule.broken)(&Asked { demand: &demand, answer: &answer, text: None, numbers, shapes: None });
        found.map(|all| all.into_iter().map(|b| (b.item, b.lost)).collect())
    }

    #[test]
    fn sides_aspect_and_share_up_to_their_limits() {
        let boxes = [
            pixels("A", [0.0, 0.0, 4.0, 40.0]),
            pixels("A", [0.0, 0.0, 3.9, 4.0]),
            pixels("B", [0.0, 0.0, 2.0, 2.0]),
            pixels("B", [0.0, 0.0, 50.0, 50.0]),
        ];
        let min = |text: &str| Demand { min: limit(text), ..Demand::default() };
        let max = |text: &str| Demand { max: limit(text), ..Demand::default() };
        assert_eq!(broken("box_side", min("4"), &[], &boxes), Some(vec![(1, false), (2, false)]));
        assert_eq!(broken("box_side", max("49"), &[], &boxes), Some(vec![(3, true)]));
        let of_a = Demand { classes: vec!["A".into()], ..min("4") };
        assert_eq!(broken("box_side", of_a, &[], &boxes), Some(vec![(1, false)]));
        assert_eq!(broken("aspect", max("10"), &[], &boxes), Some(vec![]));
        assert_eq!(broken("aspect", max("9.9"), &[], &boxes), Some(vec![(0, true)]));
        let size = [Some(100.0), Some(100.0)];
        assert_eq!(broken("area_share", max("0.25"), &size, &boxes), Some(vec![]));
        assert_eq!(broken("area_share", max("0.2499"), &size, &boxes), Some(vec![(3, true)]));
        assert_eq!(broken("area_share", max("0.2"), &[Some(100.0), None], &boxes), None, "no size, no share");
    }

    #[test]
    fn of_two_with_too_much_in_common_the_later_one_breaks_the_rule() {
        let max = |text: &str| Demand { max: limit(text), ..Demand::default() };
        // 50 of 100 in common with the first one: an IoU of 1/3
        let boxes = [
            pixels("A", [0.0, 0.0, 10.0, 10.0]),
            pixels("A", [5.0, 0.0, 15.0, 10.0]),
            pixels("B", [0.0, 0.0, 10.0, 10.0]),
            pixels("A", [5.0, 0.0, 15.0, 10.0]),
        ];
        assert_eq!(broken("overlap", max("0.3"), &[], &boxes), Some(vec![(1, false), (3, false)]));
        assert_eq!(broken("overlap", max("0.34"), &[], &boxes), Some(vec![(3, false)]));
        assert_eq!(broken("overlap", max("1"), &[], &boxes), Some(vec![]));
        assert_eq!(broken("overlap_across", max("0.9"), &[], &boxes), Some(vec![(2, false)]));
        assert_eq!(broken("overlap_across", max("1"), &[], &boxes), Some(vec![]));
        let nested = [pixels("A", [2.0, 2.0, 4.0, 4.0]), pixels("A", [0.0, 0.0, 4.0, 3.0])];
        assert_eq!(broken("inside", max("0.5"), &[], &nested), Some(vec![]));
        assert_eq!(broken("inside", max("0.4"), &[], &nested), Some(vec![(0, false)]), "the smaller one");
    }

    #[test]
    fn of_a_pair_of_classes_the_second_gives_way() {
        let pairs = |a: &str, b: &str| Demand { pairs: vec![[a.into(), b.into()]], ..Demand::default() };
        let boxes = [pixels("A", [0.0, 0.0, 10.0, 10.0]), pixels("B", [9.0, 9.0, 19.0, 19.0])];
        assert_eq!(broken("class_pairs", pairs("A", "B"), &[], &boxes), Some(vec![(1, false)]));
        assert_eq!(broken("class_pairs", pairs("B", "A"), &[], &boxes), Some(vec![(0, false)]));
        let beside = [pixels("A", [0.0, 0.0, 10.0, 10.0]), pixels("B", [10.0, 0.0, 19.0, 19.0])];
        assert_eq!(broken("class_pairs", pairs("A", "B"), &[], &beside), Some(vec![]));
    }
}

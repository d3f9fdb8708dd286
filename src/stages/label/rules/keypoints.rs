//! Rules about the points of objects: which must be labelled, which must not, how many are, and which lie left of others.
//!
//! Left and right are those of the picture: of a person who looks at the camera the left eye lies right of the right one. A point
//! that is not labelled lies nowhere, and so on no side of another.
use super::rule::{Asked, Broken, Named, Rule, Side};
use super::shapes::of_shapes;
use crate::model::keypoints::{Keypoint, Keypoints};
use crate::table::Cell;

/// All rules of objects with points: those of shapes, and those of their points.
pub const KEYPOINT_RULES: [Rule; 13] = {
    let [side, aspect, share, overlap, across, inside, pairs] = of_shapes::<Keypoints>();
    [side, aspect, share, overlap, across, inside, pairs, REQUIRED, FORBIDDEN, LABELLED, VISIBLE, HIDDEN, LEFT_OF]
};

const REQUIRED: Rule = Rule {
    name: "required",
    finding: "rule.required",
    say: "Points that an object must have labelled, by their names.",
    fix: None,
    keys: &["points"],
    needs: &["points"],
    columns: &[],
    broken: required,
};

const FORBIDDEN: Rule = Rule {
    name: "forbidden",
    finding: "rule.forbidden",
    say: "Points that an object must not have labelled, by their names: those that its class does not have.",
    fix: Some("takes the points away."),
    broken: forbidden,
    ..REQUIRED
};

const LABELLED: Rule = Rule {
    name: "labelled",
    finding: "rule.labelled",
    say: "How many points of an object are labelled, whether they are visible or hidden.",
    keys: &["min", "max"],
    needs: &["min", "max"],
    broken: |asked| counted(asked, "labelled", |p| p.seen > 0),
    ..REQUIRED
};

const VISIBLE: Rule = Rule {
    name: "visible",
    finding: "rule.visible",
    say: "How many points of an object are visible.",
    broken: |asked| counted(asked, "visible", |p| p.seen == 2),
    ..LABELLED
};

const HIDDEN: Rule = Rule {
    name: "hidden",
    finding: "rule.hidden",
    say: "How many points of an object are labelled though they are hidden; 0 at most where a guideline labels no such points.",
    broken: |asked| counted(asked, "hidden", |p| p.seen == 1),
    ..LABELLED
};

const LEFT_OF: Rule = Rule {
    name: "left_of",
    finding: "rule.left_of",
    say: "Pairs of points, by their names, each as `[\"LEFT\", \"RIGHT\"]`: the first may not lie right of the second in the \
          picture. A pair of which one is not labelled is not judged.",
    fix: Some("exchanges the two points."),
    keys: &["order"],
    needs: &["order"],
    broken: left_of,
    ..REQUIRED
};

fn at<'k>(object: &'k Keypoints, point: &Named) -> Option<&'k Keypoint> {
    object.points.get(point.at as usize)
}

fn is_labelled(object: &Keypoints, point: &Named) -> bool {
    at(object, point).is_some_and(|p| p.seen > 0)
}

/// `2 points, the first `nose``
fn told(of: &[&Named]) -> String {
    match of {
        [one] => format!("the point `{}`", one.name),
        [first, ..] => format!("{} points, the first `{}`,", of.len(), first.name),
        [] => "no point".into(),
    }
}

/// What is broken by each object that the rule is about.
fn each(asked: &Asked, broken: impl Fn(usize, Keypoints) -> Option<Broken>) -> Option<Vec<Broken>> {
    let all = asked.all::<Keypoints>().into_iter().enumerate();
    let about = all.filter(|(_, object)| asked.demand.is_about(&object.class));
    Some(about.filter_map(|(item, object)| broken(item, object)).collect())
}

/// The points that the rule names and that are labelled in an object, or that are not.
fn named<'a>(asked: &'a Asked, object: &Keypoints, labelled: bool) -> Vec<&'a Named> {
    asked.demand.points.iter().filter(|p| is_labelled(object, p) == labelled).collect()
}

fn required(asked: &Asked) -> Option<Vec<Broken>> {
    each(asked, |item, object| {
        let lacks = named(asked, &object, false);
        let say = format!("object {}: {} must be labelled and is not", item + 1, told(&lacks));
        (!lacks.is_empty()).then(|| Broken { lost: true, ..Broken::new(item, say) })
    })
}

fn forbidden(asked: &Asked) -> Option<Vec<Broken>> {
    each(asked, |item, mut object| {
        let spare = named(asked, &object, true);
        if spare.is_empty() {
            return None;
        }
        for point in &spare {
            if let Some(own) = object.points.get_mut(point.at as usize) {
                *own = Keypoint::NONE;
            }
        }
        let say = format!("object {}: {} must not be labelled and is", item + 1, told(&spare));
        Some(Broken { lost: true, fixed: Some(object.into_value()), ..Broken::new(item, say) })
    })
}

/// The objects of which too few or too many points are so. One with too few points to be labelled at all loses nothing.
fn counted(asked: &Asked, what: &str, is: fn(&Keypoint) -> bool) -> Option<Vec<Broken>> {
    each(asked, |item, object| {
        let n = object.points.iter().filter(|p| is(p)).count();
        let side = asked.demand.passed(n as f64)?;
        let all = object.points.len();
        let say = format!("object {}: {n} of {all} points are {what}, {}", item + 1, side.say(asked.demand));
        Some(Broken { lost: side == Side::Above, ..Broken::new(item, say) })
    })
}

fn left_of(asked: &Asked) -> Option<Vec<Broken>> {
    each(asked, |item, mut object| {
        let wrong = |[left, right]: &&[Named; 2]| {
            let both = is_labelled(&object, left) && is_labelled(&object, right);
            let (left, right) = (at(&object, left), at(&object, right));
            both && left.zip(right).is_some_and(|(left, right)| left.x > right.x)
        };
        let pairs: Vec<&[Named; 2]> = asked.demand.order.iter().filter(wrong).collect();
        let [left, right] = pairs.first()?;
        let more = if pairs.len() > 1 { format!("; so it is of {} pairs", pairs.len()) } else { String::new() };
        let say = format!("object {}: the point `{}` lies right of `{}`{more}", item + 1, left.name, right.name);
        for [left, right] in &pairs {
            if (left.at.max(right.at) as usize) < object.points.len() {
                object.points.swap(left.at as usize, right.at as usize);
            }
        }
        Some(Broken { lost: true, fixed: Some(object.into_value()), ..Broken::new(item, say) })
    })
}

#[cfg(test)]
mod tests {
    use super::super::rule::Demand;
    use super::*;
    use crate::manifest::Decimal;

    /// A person with points of these places from left to right, and whether they are not labelled, hidden or visible.
    fn person(points: &[(f64, u32)]) -> Keypoints {
        let point = |(x, seen): &(f64, u32)| match seen {
            0 => Keypoint::NONE,
            seen => Keypoint { x: *x, y: 1.0, seen: *seen },
        };
        let points = points.iter().map(point).collect();
        Keypoints { class: "person".into(), reach: [0.0, 0.0, 9.0, 9.0], points, flags: Vec::new() }
    }

    fn named(at: u32) -> Named {
        Named { at, name: format!("p{at}") }
    }

    fn broken(name: &str, demand: &Demand, of: &[Keypoints]) -> Vec<Broken> {
        let rule = KEYPOINT_RULES.iter().find(|r| r.name == name).unwrap();
        let answer = of.to_vec().into_value();
        (rule.broken)(&Asked { demand, answer: &answer, text: None, numbers: &[], shapes: None }).unwrap()
    }

    fn items(of: &[Broken]) -> Vec<(usize, bool)> {
        of.iter().map(|b| (b.item, b.lost)).collect()
    }

    #[test]
    fn points_that_must_and_must_not_be_labelled() {
        let demand = Demand { points: vec![named(0), named(2)], ..Demand::default() };
        let all = [
            person(&[(1.0, 2), (0.0, 0), (3.0, 1)]), // a hidden point is labelled
            person(&[(1.0, 2), (2.0, 2), (0.0, 0)]),
            person(&[(0.0, 0), (2.0, 2), (0.0, 0)]),
        ];
        let found = broken("required", &demand, &all);
        assert_eq!(items(&found), [(1, true), (2, true)]);
        assert_eq!(found[0].say, "object 2: the point `p2` must be labelled and is not");
        assert_eq!(found[1].say, "object 3: 2 points, the first `p0`, must be labelled and is not");
        let found = broken("forbidden", &demand, &all);
        assert_eq!(items(&found), [(0, true), (1, true)]);
        let mended = Keypoints::from_value(found[1].fixed.as_ref().unwrap()).unwrap();
        assert_eq!(mended.points, [Keypoint::NONE, all[1].points[1], Keypoint::NONE]);
        let of_others = Demand { classes: vec!["dog".into()], ..demand };
        assert_eq!(broken("required", &of_others, &all), []);
    }

    #[test]
    fn as_many_points_as_the_limits_allow() {
        let all = [
            person(&[(1.0, 2), (0.0, 0), (3.0, 1)]),
            person(&[(1.0, 2), (2.0, 2), (3.0, 2)]),
            person(&[(1.0, 1), (0.0, 0), (0.0, 0)]),
        ];
        let limits = |min: u64, max: u64| Demand {
            min: Some(Decimal::from(min)),
            max: Some(Decimal::from(max)),
            ..Demand::default()
        };
        assert_eq!(items(&broken("labelled", &limits(2, 2), &all)), [(1, true), (2, false)]);
        assert_eq!(items(&broken("labelled", &limits(1, 3), &all)), []);
        assert_eq!(items(&broken("visible", &limits(1, 2), &all)), [(1, true), (2, false)]);
        let found = broken("hidden", &limits(0, 0), &all);
        assert_eq!(items(&found), [(0, true), (2, true)]);
        assert_eq!(found[0].say, "object 1: 1 of 3 points are hidden, above 0");
    }

    #[test]
    fn left_and_right_are_those_of_the_picture() {
        let demand = Demand { order: vec![[named(0), named(1)], [named(1), named(2)]], ..Demand::default() };
        let all = [
            person(&[(1.0, 2), (2.0, 2), (3.0, 2)]),
            person(&[(2.0, 2), (2.0, 2), (0.0, 0)]), // one above the other
            person(&[(2.0, 2), (1.0, 1), (3.0, 2)]),
            person(&[(5.0, 2), (0.0, 0), (1.0, 2)]), // no pair of which both are labelled
        ];
        let found = broken("left_of", &demand, &all);
        assert_eq!(items(&found), [(2, true)]);
        assert_eq!(found[0].say, "object 3: the point `p0` lies right of `p1`");
        let mended = Keypoints::from_value(found[0].fixed.as_ref().unwrap()).unwrap();
        assert_eq!(mended.points.iter().map(|p| (p.x, p.seen)).collect::<Vec<_>>(), [(1.0, 1), (2.0, 2), (3.0, 2)]);
    }
}

//! The points that a task of keypoints names, and every mistake in them.
use super::kinds::kind::Kind;
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::stage::Check;
use schemars::JsonSchema;
use serde::Deserialize;

/// The points of each object, and which of them lines join.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Points {
    /// What the points are called, in the order in which answers give them.
    #[schemars(length(min = 1), inner(length(min = 1)), extend("x-form" = "line"))]
    pub names: Vec<At<String>>,
    /// Pairs of points that a line joins, by their numbers from 1.
    #[serde(default)]
    pub skeleton: Vec<At<[u32; 2]>>,
}

pub fn check_points(check: &mut Check, kind: &Kind, points: Option<&Points>) {
    let span = || check.manifest.span_of(&format!("{}.keypoints", check.path)).unwrap_or_else(|| check.span.clone());
    match points {
        None if kind.points => {
            let message = format!("{} does not name its points", check.path);
            let problem = Diagnostic::error("T0220", check.span.clone(), message).label("needs `keypoints`");
            check.bad(problem.help("for example keypoints = { names = [\"nose\", \"tail\"], skeleton = [[1, 2]] }"));
        }
        Some(_) if !kind.points => {
            let problem = Diagnostic::error("T0215", span(), "only objects with points have `keypoints`");
            check.bad(problem.label("not for this kind of task"));
        }
        Some(points) => check_names(check, points),
        None => {}
    }
}

fn check_names(check: &mut Check, points: &Points) {
    for (i, name) in points.names.iter().enumerate() {
        if let Some(first) = points.names.iter().take(i).find(|n| *n == name) {
            let problem = Diagnostic::error("T0210", name.span(), format!("the point `{}` stands twice", name.get()));
            check.bad(problem.label("again").related(first.span(), "first here"));
        }
    }
    let known = 1..=u32::try_from(points.names.len()).unwrap_or(u32::MAX);
    for line in &points.skeleton {
        let [from, to] = *line.get();
        if from == to || !known.contains(&from) || !known.contains(&to) {
            let message = "a line of the skeleton does not join two points";
            let problem = Diagnostic::error("T0221", line.span(), message);
            check.bad(problem.label(format!("points have the numbers 1 to {}", points.names.len())));
        }
    }
}

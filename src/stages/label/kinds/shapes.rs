//! What all kinds of shapes on a picture have in common, so that a kind says only what is its own.
use super::super::compared;
use super::super::metric::OF_SHAPES;
use super::super::rules::rule::Rule;
use super::super::rules::shapes::of_shapes;
use super::kind::*;
use crate::measure::shapes::Placed;
use crate::model::shape::Shape;
use crate::table::{Cell, DataType, Value};
use std::marker::PhantomData;

/// What a kind of shapes says itself; the fields are those of [`Kind`].
pub struct Own {
    pub name: &'static str,
    pub say: &'static str,
    pub form: &'static str,
    pub takes: fn(&DataType) -> Take,
    pub from_cell: fn(&Value, &mut Reading) -> Option<Value>,
    pub from_text: fn(&str, &mut Reading) -> Option<Value>,
    pub problems: &'static [Problem],
    pub judge: fn(&Value, &mut Judge) -> Option<Value>,
    pub words: fn(&Value) -> String,
}

/// The rules of all shapes, once for each kind of them.
struct Rules<S>(PhantomData<S>);

impl<S: Placed + Cell> Rules<S> {
    const ALL: &'static [Rule] = &of_shapes::<S>();
}

/// A kind of shapes on a picture: they move with it, each is judged by itself, and annotators are held against each other by what
/// their shapes have in common.
pub const fn on_picture<S: Shape + Placed>(own: Own) -> Kind {
    Kind {
        name: own.name,
        say: own.say,
        form: own.form,
        answer: Vec::<S>::ty,
        takes: own.takes,
        from_cell: own.from_cell,
        from_text: own.from_text,
        problems: own.problems,
        rules: Rules::<S>::ALL,
        bounds: &["width", "height"],
        moves: Some(moved::<S>),
        joins: None,
        judge: own.judge,
        classes: true,
        candidates: None,
        points: false,
        scale: false,
        on_text: false,
        on_shapes: false,
        names_ends: false,
        prose: false,
        methods: &[Method::Single],
        vote: None,
        metrics: OF_SHAPES,
        compare: compared::of_shapes::<S>,
        words: own.words,
    }
}

/// Judges the shapes of an answer one by one; each is given its number, from 1.
pub fn each<S: Shape>(
    answer: &Value,
    judge: &mut Judge,
    judged: fn(usize, S, &mut Judge) -> Option<S>,
) -> Option<Value> {
    let mut good = Vec::new();
    for (n, shape) in (1..).zip(Vec::<S>::from_value(answer)?) {
        judge.item = n;
        good.extend(judged(n, shape, judge));
    }
    Some(good.into_value())
}

/// The shapes of an answer in words, each with its flags.
pub fn in_words<S: Shape>(answer: &Value, one: fn(&S) -> (String, &[String])) -> String {
    let shapes = Vec::<S>::from_value(answer).unwrap_or_default();
    let said = |shape: &S| match one(shape) {
        (words, []) => words,
        (words, flags) => format!("{words} ({})", flags.join(", ")),
    };
    shapes.iter().map(said).collect::<Vec<_>>().join(", ")
}

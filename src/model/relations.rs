//! Relations between spans of a text. A relation has the places of both its ends, so that it moves with the text by itself and
//! needs no numbers of spans.
use super::cells::record_of;
use super::spans::Span;
use crate::table::{Cell, DataType, Value, record, utf8};

/// A relation of a class, from one span to another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Relation {
    pub from: Span,
    pub to: Span,
    pub class: String,
}

impl Cell for Relation {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("from", Span::ty()), ("to", Span::ty())])
    }
    fn into_value(self) -> Value {
        record_of([("class", self.class.into_value()), ("from", self.from.into_value()), ("to", self.to.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let end = |name| Span::from_value(v.field(name));
        Some(Relation { class: v.field("class").text()?.into(), from: end("from")?, to: end("to")? })
    }
}

/// The relations whose two ends are among some spans, with the places of these in the list; and how many are not.
pub fn linked(relations: &[Relation], spans: &[Span]) -> (Vec<(String, usize, usize)>, usize) {
    let at = |end: &Span| spans.iter().position(|span| span == end);
    let all: Vec<_> = relations.iter().filter_map(|r| Some((r.class.clone(), at(&r.from)?, at(&r.to)?))).collect();
    let lost = relations.len() - all.len();
    (all, lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    #[test]
    fn relations_stand_in_a_column_and_meet_their_spans() {
        let span = |class: &str, start, end| Span { class: class.into(), start, end };
        let relation = |to: Span| Relation { class: "of".into(), from: span("P", 0, 3), to };
        let all = vec![relation(span("O", 7, 9)), relation(span("O", 7, 8))];
        let column = vec![Some(all.clone()), None, Some(vec![])];
        assert_eq!(cells::<Vec<Relation>>(array_of(column.clone()).as_ref()), column);
        let spans = [span("O", 7, 9), span("P", 0, 3)];
        assert_eq!(linked(&all, &spans), (vec![("of".to_string(), 1, 0)], 1));
    }
}

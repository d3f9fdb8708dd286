//! Votes, each of which is one annotator's whole answer, and the classes that an answer names.
//! Null = not labelled; `[]` = looked, nothing there; never exchanged.
use super::candidates::{Preference, Ranking, TIE};
use super::cells::record_of;
use super::replies::Reply;
use crate::table::lists::{Lists, lists_of};
use crate::table::value::column;
use crate::table::{
    Array, ArrayRef, Cell, DataType, Value, array_of, list, record, text_at, text_column, utf8, value_at,
};

/// One annotator's whole answer to one sample; `answer` has the task's type and is null where nothing of it can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Vote {
    pub annotator: String,
    /// The name below `from` of the source that it came from.
    pub origin: String,
    /// The version of the guideline under which it was given.
    pub guideline: String,
    pub answer: Value,
    /// How many of its annotations were lost: they could not be read, or cannot be right. An answer of which nothing is left
    /// is null, and no empty list.
    pub lost: u32,
}

impl Vote {
    /// Returns the type of a column of votes.
    pub fn list_of(answer: &DataType) -> DataType {
        list(record(&[
            ("annotator", utf8()),
            ("origin", utf8()),
            ("guideline", utf8()),
            ("answer", answer.clone()),
            ("lost", DataType::UInt32),
        ]))
    }

    pub fn into_value(self) -> Value {
        record_of([
            ("annotator", self.annotator.into_value()),
            ("origin", self.origin.into_value()),
            ("guideline", self.guideline.into_value()),
            ("answer", self.answer),
            ("lost", self.lost.into_value()),
        ])
    }

    pub fn from_value(v: &Value) -> Option<Vote> {
        let text = |n: &str| v.field(n).text().map(str::to_string);
        let answer = v.field("answer").clone();
        let lost = u32::from_value(v.field("lost")).unwrap_or_default();
        Some(Vote {
            annotator: text("annotator")?,
            origin: text("origin")?,
            guideline: text("guideline")?,
            answer,
            lost,
        })
    }

    /// Returns a column of the votes of each row; `None` where nobody was asked.
    pub fn column(answer: &DataType, rows: Vec<Option<Vec<Vote>>>) -> Result<ArrayRef, String> {
        let lengths: Vec<Option<usize>> = rows.iter().map(|own| own.as_ref().map(Vec::len)).collect();
        let all: Vec<Vote> = rows.into_iter().flatten().flatten().collect();
        let text = |of: fn(&Vote) -> &str| text_column(all.iter().map(move |v| Some(of(v))));
        let (by, origin, guideline) = (text(|v| &v.annotator), text(|v| &v.origin), text(|v| &v.guideline));
        let lost = array_of(all.iter().map(|v| Some(v.lost)));
        let answers: Vec<Value> = all.into_iter().map(|v| v.answer).collect();
        let fields = vec![by, origin, guideline, column(answer, &answers)?, lost];
        lists_of(&Vote::list_of(answer), &lengths, fields)
    }

    /// The vote with an answer of which some annotations were lost.
    pub fn left(self, answer: Option<Value>, lost: u32) -> Vote {
        let lost = self.lost + lost;
        let nothing = |answer: &Value| lost > 0 && *answer == Value::List(Vec::new());
        Vote { answer: answer.filter(|a| !nothing(a)).unwrap_or(Value::Null), lost, ..self }
    }

    /// Returns the type of the answers in a column of votes, or `None` if the column holds no votes.
    pub fn answer_of(votes: &DataType) -> Option<&DataType> {
        let DataType::List(item) = votes else { return None };
        let DataType::Struct(fields) = item.data_type() else { return None };
        fields.find("answer").map(|(_, field)| field.data_type())
    }

    /// Returns the votes of a slot, or `None` where nobody was asked.
    pub fn list(v: &Value) -> Option<Vec<Vote>> {
        match v {
            Value::List(l) => Some(l.iter().filter_map(Vote::from_value).collect()),
            _ => None,
        }
    }
}

/// A column of votes, read where they lie.
pub struct VotesColumn<'a>(Option<Fields<'a>>);

struct Fields<'a> {
    lists: Lists<'a>,
    annotator: &'a ArrayRef,
    origin: &'a ArrayRef,
    guideline: &'a ArrayRef,
    answer: &'a ArrayRef,
    lost: &'a ArrayRef,
}

impl<'a> VotesColumn<'a> {
    /// The votes of a column; one that holds something else has none.
    pub fn of(array: &'a dyn Array) -> VotesColumn<'a> {
        let fields = |lists: Lists<'a>| {
            let field = |name| lists.field(name);
            let (annotator, origin, guideline) = (field("annotator")?, field("origin")?, field("guideline")?);
            let (answer, lost) = (field("answer")?, field("lost")?);
            Some(Fields { lists, annotator, origin, guideline, answer, lost })
        };
        VotesColumn(Lists::of(array).and_then(fields))
    }

    /// The votes of a row, or `None` where nobody was asked.
    pub fn list(&self, row: usize) -> Option<Vec<Vote>> {
        let own = self.0.as_ref()?;
        Some(own.lists.range(row)?.filter_map(|at| own.vote(at)).collect())
    }

    /// The annotators of a row and their answers, of those that are texts.
    pub fn texts(&self, row: usize) -> impl Iterator<Item = (&'a str, &'a str)> + '_ {
        let places = self.0.as_ref().and_then(|own| Some((own, own.lists.range(row)?)));
        let text = |own: &Fields<'a>, at| {
            let whole =
                own.lists.holds(at) && text_at(own.origin, at).is_some() && text_at(own.guideline, at).is_some();
            whole.then_some(())?;
            Some((text_at(own.annotator, at)?, text_at(own.answer, at)?))
        };
        places.into_iter().flat_map(move |(own, places)| places.filter_map(move |at| text(own, at)))
    }
}

impl Fields<'_> {
    fn vote(&self, at: usize) -> Option<Vote> {
        let text = |of: &ArrayRef| text_at(of, at).map(str::to_string);
        self.lists.holds(at).then_some(())?;
        Some(Vote {
            annotator: text(self.annotator)?,
            origin: text(self.origin)?,
            guideline: text(self.guideline)?,
            answer: value_at(self.answer, at),
            lost: u32::from_value(&value_at(self.lost, at)).unwrap_or_default(),
        })
    }
}

/// What one annotator said of a sample, as a file keeps it that holds the answers of several: a column of lists of these.
/// Where nobody was asked, there is no list.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub annotator: String,
    /// The answer as it would stand in a file of votes; nothing where the annotator looked and gave none.
    pub answer: Option<String>,
    /// How many of its annotations the reader of the file could not keep.
    pub lost: u32,
}

impl Cell for Said {
    fn ty() -> DataType {
        record(&[("annotator", utf8()), ("answer", utf8()), ("lost", DataType::UInt32)])
    }

    fn into_value(self) -> Value {
        record_of([
            ("annotator", self.annotator.into_value()),
            ("answer", self.answer.map_or(Value::Null, Value::Text)),
            ("lost", self.lost.into_value()),
        ])
    }

    fn from_value(v: &Value) -> Option<Said> {
        let answer = v.field("answer").text().map(str::to_string);
        let annotator = v.field("annotator").text()?.to_string();
        Some(Said { annotator, answer, lost: u32::from_value(v.field("lost")).unwrap_or_default() })
    }
}

/// What the status of a label says whose votes were tied: several classes had most of them.
pub const TIED: &str = "tied";

/// How many annotations an answer holds; an answer that is no list of them is one, unless it says that there is nothing.
pub fn annotations(answer: &Value) -> usize {
    match answer {
        Value::Null => 0,
        nothing if is_nothing(nothing) => 0,
        Value::List(items) => items.len(),
        other => match other.field("segments") {
            Value::List(segments) => segments.len().max(1),
            _ => 1,
        },
    }
}

/// Tells each class that an answer names, once for each annotation; of a rating it tells the number.
///
/// An annotation names its class in its field `class`; an answer that is a text is a class, and one that is a list of texts is
/// several. Of a preference or a ranking it tells the best candidates.
pub fn each_class(answer: &Value, tell: &mut dyn FnMut(&str)) {
    match answer {
        Value::List(items) => items.iter().filter_map(|i| i.text().or(i.field("class").text())).for_each(tell),
        Value::Text(class) => tell(class),
        Value::Float(rating) => tell(&rating.to_string()),
        Value::Int(_) | Value::Bool(_) => answer.key_text().iter().for_each(|class| tell(class)),
        Value::Struct(_) => each_best(answer, tell),
        _ => {}
    }
}

/// Whether who answered looked and found nothing: no annotation, or that a question has no answer.
pub fn is_nothing(answer: &Value) -> bool {
    *answer == Value::List(Vec::new()) || Reply::from_value(answer).is_some_and(|reply| reply.text.is_empty())
}

/// Tells the candidates that an answer holds for the best ones, or that it prefers none.
fn each_best(answer: &Value, tell: &mut dyn FnMut(&str)) {
    if let Some(Preference { chosen }) = Preference::from_value(answer) {
        if chosen.is_empty() {
            tell(TIE);
        }
        chosen.iter().for_each(|one| tell(one));
    } else if let Some(ranking) = Ranking::from_value(answer) {
        ranking.groups().iter().take(1).flatten().for_each(|one| tell(one));
    }
}

/// Returns the classes that an answer names, sorted, each once: the stratum of a label.
pub fn classes_of(answer: &Value) -> Vec<String> {
    let mut out = Vec::new();
    each_class(answer, &mut |class| out.push(class.to_string()));
    out.sort();
    out.dedup();
    out
}

/// What a value stands for in a stratum: the classes that it names; of a list of plain values these, of a record the
/// whole of it.
pub fn stratum_of(value: &Value) -> Vec<String> {
    let classes = classes_of(value);
    let mut plain: Vec<String> = match value {
        _ if !classes.is_empty() => return classes,
        Value::List(items) => items.iter().filter_map(Value::key_text).collect(),
        other => other.key_text().into_iter().collect(),
    };
    plain.sort();
    plain.dedup();
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_named_once_an_annotation_and_once_a_stratum() {
        let text = |t: &str| Value::Text(t.into());
        let item = |class: &str| Value::Struct(vec![("class".into(), text(class))]);
        let answer = Value::List(vec![item("b"), item("a"), item("b"), Value::Struct(Vec::new())]);
        let mut each = Vec::new();
        each_class(&answer, &mut |c| each.push(c.to_string()));
        assert_eq!(each, ["b", "a", "b"]);
        assert_eq!(classes_of(&answer), ["a", "b"]);
        assert_eq!((classes_of(&text("x")), classes_of(&Value::Float(2.5))), (vec!["x".into()], vec!["2.5".into()]));
        assert!(classes_of(&Value::Null).is_empty());
    }

    #[test]
    fn a_column_of_votes_is_read_as_its_slots_are() {
        let vote = |by: &str, answer: Value, lost| Vote {
            annotator: by.into(),
            origin: "crowd".into(),
            guideline: "1.0.0".into(),
            answer,
            lost,
        };
        let text = |t: &str| Value::Text(t.into());
        let spans = Value::List(vec![Value::Struct(vec![("class".into(), text("A"))])]);
        for (ty, answers) in [
            (utf8(), [text("x"), Value::Null, text("y")]),
            (list(record(&[("class", utf8())])), [spans.clone(), Value::List(Vec::new()), Value::Null]),
        ] {
            let [a, b, c] = answers;
            let rows = vec![
                None,
                Some(vec![vote("a", a, 0), vote("b", b, 2)]),
                Some(Vec::new()),
                Some(vec![vote("한", c, 1)]),
            ];
            let slots: Vec<Value> = rows
                .iter()
                .map(|own| {
                    own.clone().map_or(Value::Null, |own| Value::List(own.into_iter().map(Vote::into_value).collect()))
                })
                .collect();
            let (quick, slow) =
                (Vote::column(&ty, rows.clone()).unwrap(), column(&Vote::list_of(&ty), &slots).unwrap());
            assert_eq!(&quick, &slow);
            // a part of a column begins in the middle of its lists
            for (from, len) in [(0, 4), (1, 3), (3, 1)] {
                let part = slow.slice(from, len);
                let column = VotesColumn::of(part.as_ref());
                for row in 0..=len {
                    let slot = value_at(part.as_ref(), row);
                    assert_eq!(column.list(row), Vote::list(&slot), "{from} {row}");
                    let of_text = |v: &Vote| Some((v.annotator.clone(), v.answer.text()?.to_string()));
                    let texts: Vec<(String, String)> =
                        Vote::list(&slot).unwrap_or_default().iter().filter_map(of_text).collect();
                    let got: Vec<(String, String)> =
                        column.texts(row).map(|(by, class)| (by.to_string(), class.to_string())).collect();
                    assert_eq!(got, texts);
                }
            }
        }
        assert_eq!(VotesColumn::of(array_of([Some(1u32)]).as_ref()).list(0), None);
    }

    #[test]
    fn a_column_of_votes_knows_the_type_of_its_answers() {
        assert_eq!(Vote::answer_of(&Vote::list_of(&DataType::Float64)), Some(&DataType::Float64));
        assert_eq!(Vote::answer_of(&list(utf8())), None);
    }
}

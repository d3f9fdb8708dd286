//! What a kind of task is: a value that says what its answers look like, where they come from, what can be wrong with
//! them, and how several become one. The rooms of a task (`check` and the others) ask it and know no
//! kind by name.
use super::super::compared::Compared;
use super::super::metric::Metric;
use super::super::rows::Note;
use super::super::rules::rule::Rule;
use super::super::voted::Voted;
use super::aim::Aim;
use super::candidates::Candidates;
pub use super::method::Method;
pub use super::problem::{CLASS, Problem, Respond};
use crate::manifest::Decimal;
use crate::measure::names::composed;
use crate::measure::replies::plain as said_in;
use crate::model::attributes::flagged;
use crate::model::edits::Edit;
use crate::model::frames::Frame;
use crate::model::replies::Reply;
use crate::model::shape::{Moved, Shape};
use crate::model::spans::{Scheme, Unit};
use crate::model::tokens::Token;
use crate::stage::Act;
use crate::table::{Cell, DataType, Value, list, utf8};
use arrow_schema::Fields;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A kind of task.
pub struct Kind {
    /// The value of `task`. Keys hold it, so it never changes.
    pub name: &'static str,
    /// What an answer is, in one sentence of the reference.
    pub say: &'static str,
    /// How an answer is written in a column or a file of votes, as one sentence of the reference.
    pub form: &'static str,
    /// The column type of one whole answer. No two kinds have the same.
    pub answer: fn() -> DataType,
    /// Whether a column of this type can give answers.
    pub takes: fn(&DataType) -> Take,
    /// Reads an answer from a cell of such a column that is neither null nor text; `None` if it is none.
    pub from_cell: fn(&Value, &mut Reading) -> Option<Value>,
    /// Reads an answer from a text that is not empty, such as a cell of CSV; `None` if it is none.
    pub from_text: fn(&str, &mut Reading) -> Option<Value>,
    /// What can be wrong with an answer, and what happens then if nothing is declared.
    pub problems: &'static [Problem],
    /// What a guideline may demand of it, in the order in which the rules are asked.
    pub rules: &'static [Rule],
    /// Columns of numbers that bound an answer, such as `width` and `height`. They are read where all of them are
    /// there.
    pub bounds: &'static [&'static str],
    /// Moves an answer with its picture, for answers that are shapes on one.
    pub moves: Option<fn(Value, &Frame, &mut Reading) -> Value>,
    /// Makes one answer of two that one annotator gave of different parts of a sample; `None` where they are of one part.
    pub joins: Option<fn(&Value, &Value) -> Option<Value>>,
    /// Removes or repairs what is wrong in an answer; `None` if the whole vote goes.
    pub judge: fn(&Value, &mut Judge) -> Option<Value>,
    /// Answers name classes, which the task must declare.
    pub classes: bool,
    /// Answers hold candidates against each other, which the task must declare.
    pub candidates: Option<&'static Candidates>,
    /// Answers have points, which the task must name.
    pub points: bool,
    /// Answers are numbers on a scale, which the task must declare.
    pub scale: bool,
    /// Answers count in the characters of a text: there must be one, and `from_cell` moves them with its edits.
    pub on_text: bool,
    /// Answers are about single shapes or spans of the label of another task, which the task must name.
    pub on_shapes: bool,
    /// Answers name the classes of other annotations besides their own, so that a source may map to classes that are not declared.
    pub names_ends: bool,
    /// Answers are in free words, so that they may hold personal data.
    pub prose: bool,
    /// How several answers may become one; the first is the default.
    pub methods: &'static [Method],
    /// How annotators vote about single annotations, where a method does.
    pub vote: Option<fn(&[&Value]) -> Voted>,
    /// The measures of agreement that fit; the first is the default.
    pub metrics: &'static [Metric],
    /// Holds the answers to one sample against each other. The last is how many characters the text has that answers
    /// count in, where that is known.
    pub compare: fn(&[&Value], Metric, Option<u32>) -> Compared,
    /// An answer in words, for people.
    pub words: fn(&Value) -> String,
}

impl Kind {
    /// Whether an answer is a list of annotations, so that "nothing there" is an answer.
    pub fn is_list(&self) -> bool {
        matches!((self.answer)(), DataType::List(_))
    }

    /// Whether an answer is a list of classes and nothing else, which may be written as one text.
    pub fn is_set(&self) -> bool {
        (self.answer)() == list(utf8())
    }

    /// Whether an answer is one text or several in free words.
    pub fn is_free(&self) -> bool {
        (self.answer)() == Reply::ty()
    }

    /// What of an answer most annotators may give: a class, or the answer as one word.
    pub fn word(&self, answer: &Value) -> Option<String> {
        let said = || Reply::from_value(answer).map(|reply| said_in(&reply.text));
        self.candidates.map(|own| (own.word)(answer)).or_else(|| answer.text().map(str::to_string)).or_else(said)
    }

    /// Reads the answer that a cell of a column is; `None` for null and for what is no answer.
    pub fn read_cell(&self, cell: &Value, reading: &mut Reading) -> Option<Value> {
        match cell {
            Value::Null => None,
            Value::Text(text) => self.read_text(text, reading),
            other if reading.attribute.is_some_and(|name| is_silent(other, name)) => {
                reading.note("attribute.silent", "no shape of the sample has the attribute that is the answer");
                None
            }
            other => {
                let before = reading.lost;
                let answer = (self.from_cell)(other, reading);
                let answer = reading.done(answer, before);
                self.moved(answer, reading)
            }
        }
    }

    /// The answer in the present picture.
    fn moved(&self, answer: Option<Value>, reading: &mut Reading) -> Option<Value> {
        let nothing = Value::List(Vec::new());
        match (self.moves, reading.frame) {
            _ if reading.unplaced => {
                if answer.as_ref().is_some_and(|a| *a != nothing) {
                    let say = "nothing says whether the shapes of this turned picture were drawn on its pixels as stored, or \
                               as shown; [preprocess] drawn_on can say it";
                    reading.lose("image.drawn_on", say);
                }
                answer.filter(|a| *a == nothing)
            }
            (Some(moves), Some(frame)) => {
                let before = reading.lost;
                let answer = answer.map(|answer| moves(answer, &frame, reading));
                answer.filter(|a| reading.lost == before || *a != nothing)
            }
            _ => answer,
        }
    }

    /// Reads the answer that a text is.
    pub fn read_text(&self, text: &str, reading: &mut Reading) -> Option<Value> {
        if text.is_empty() {
            reading.note("vote.empty", "the answer is an empty text");
            return None;
        }
        let before = reading.lost;
        let answer = (self.from_text)(text, reading);
        let answer = reading.done(answer, before);
        self.moved(answer, reading)
    }

    /// What the key of `problems` means for this kind.
    pub fn problem(&self, name: &str) -> Option<&'static Problem> {
        self.problems.iter().find(|p| p.name == name)
    }
}

/// Whether a cell has shapes, and none of them an attribute: who drew them was not asked for it.
fn is_silent(cell: &Value, attribute: &str) -> bool {
    let flags = |shape: &Value| Vec::<String>::from_value(shape.field("flags")).unwrap_or_default();
    items(cell).is_some_and(|all| !all.is_empty() && all.iter().all(|one| flagged(&flags(one), attribute).is_none()))
}

/// Whether a column can give answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    No,
    Yes,
    /// It holds a tag for each token, so that `tokens` must be there, too.
    WithTokens,
}

/// Takes a list of records that have one of the names of each of these fields, a record of such lists, or a text that is
/// JSON.
pub fn list_with(ty: &DataType, fields: &[&[&str]]) -> Take {
    let all = |own: &Fields| fields.iter().all(|names| names.iter().any(|n| own.find(n).is_some()));
    let takes = match ty {
        DataType::Utf8 => true,
        DataType::List(item) => matches!(item.data_type(), DataType::Struct(own) if all(own)),
        DataType::Struct(own) => all(own) && own.iter().all(|f| matches!(f.data_type(), DataType::List(_))),
        _ => false,
    };
    if takes { Take::Yes } else { Take::No }
}

/// The names under which an annotation may have its class; the first that is there counts.
pub const CLASSES: &[&str] =
    &["class", "label", "tag", "type", "entity", "entity_group", "entity_type", "category", "categories", "labels"];

/// The class of an annotation; a list of one class is that class.
pub fn class_of(annotation: &Value) -> Option<String> {
    match first_of(annotation, CLASSES) {
        Value::List(one) => one.first().filter(|_| one.len() == 1).and_then(class_name),
        one => class_name(one),
    }
}

/// What a number of a class stands for, if it has a name.
pub fn named<'n>(names: &'n [String], class: &'n str) -> &'n str {
    let name = || names.get(whole(class)?.parse::<usize>().ok()?);
    if names.is_empty() { class } else { name().map_or(class, String::as_str) }
}

/// A whole number without the point that tables write where a column has gaps: `1` of `1.0`. `None` for other texts.
pub fn whole(text: &str) -> Option<&str> {
    let (number, zeros) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = number.strip_prefix('-').unwrap_or(number);
    let is_whole = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    (is_whole && !zeros.is_empty() && zeros.bytes().all(|b| b == b'0')).then_some(number)
}

/// What stands for a class: a text, or a number, which is written in decimal.
pub fn class_name(v: &Value) -> Option<String> {
    match v {
        Value::Text(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => v.key_text(),
        _ => None,
    }
}

/// The first of some fields that is there; null where none is.
pub fn first_of<'v>(v: &'v Value, names: &[&str]) -> &'v Value {
    names.iter().map(|name| v.field(name)).find(|v| **v != Value::Null).unwrap_or(&Value::Null)
}

/// The annotations of an answer that is a list of them, or an object of lists of one length, as tables by columns have it.
pub fn items(answer: &Value) -> Option<Cow<'_, [Value]>> {
    let fields = match answer {
        Value::List(items) => return Some(items.into()),
        Value::Struct(fields) => fields.iter().filter(|(_, v)| *v != Value::Null),
        _ => return None,
    };
    let list = |(name, v): &'_ (String, Value)| match v {
        Value::List(items) => Some((name.clone(), items.clone())),
        _ => None,
    };
    let lists: Vec<(String, Vec<Value>)> = fields.map(list).collect::<Option<_>>()?;
    let len = lists.first()?.1.len();
    let item = |i: usize| {
        let value = |(name, items): &(String, Vec<Value>)| Some((name.clone(), items.get(i)?.clone()));
        lists.iter().map(value).collect::<Option<Vec<_>>>().map(Value::Struct)
    };
    let same = lists.iter().all(|(_, items)| items.len() == len);
    (0..len).filter(|_| same).map(item).collect::<Option<Vec<_>>>().filter(|all| all.len() == len).map(Cow::Owned)
}

/// What an answer is read with: the source that it comes from, and what stands beside it in its row.
pub struct Reading<'r> {
    pub task: &'r str,
    /// The name below `from`.
    pub source: &'r str,
    /// Names of classes in the source, and what they are called here.
    pub map: &'r BTreeMap<String, String>,
    /// What whole numbers stand for in the source: the n-th name, from 0.
    pub names: &'r [String],
    /// What stands between the classes of a text, for answers that are several.
    pub separator: Option<&'r str>,
    pub scheme: Scheme,
    /// What happens to tags that the scheme does not allow.
    pub bio: Respond,
    /// The row's tokens in the collected text.
    pub tokens: Vec<Token>,
    /// How the row's collected text became the present one.
    pub edits: Vec<Edit>,
    /// The row's present text, where answers may be held against it.
    pub text: Option<String>,
    /// What places in the text count in.
    pub unit: Unit,
    /// How the row's picture came of the one that shapes were drawn on.
    pub frame: Option<Frame>,
    /// The shapes or spans that answers are about, in their order; none at all where the label is missing. `None`: numbers of shapes
    /// are taken as they are.
    pub target: Option<Vec<Aim>>,
    /// The attribute of shapes whose value is the class.
    pub attribute: Option<&'r str>,
    /// The picture is one of several tiles: what lies on none of its pixels lies on another.
    pub tiled: bool,
    /// The picture was turned, and nobody says whether its shapes were drawn before or after that.
    pub unplaced: bool,
    /// Answers may be told: no `[privacy]` hides them.
    pub open: bool,
    /// What was found.
    pub notes: Vec<Note>,
    /// Annotations of the answer at hand that could not be read.
    pub lost: u32,
}

impl Reading<'_> {
    /// The answer, unless nothing of it could be read: what cannot be read does not say that nothing is there.
    fn done(&mut self, answer: Option<Value>, before: u32) -> Option<Value> {
        if answer.is_none() && self.lost == before {
            self.lose("vote.shape", "the answer has another form than the task asks for");
        }
        answer.filter(|a| self.lost == before || *a != Value::List(Vec::new()))
    }

    /// Notes an annotation, or a whole answer, that could not be read.
    pub fn lose(&mut self, rule: &'static str, say: impl Into<String>) {
        self.lost += 1;
        self.note(rule, say);
    }

    /// Notes a finding, for which the source is responsible.
    pub fn note(&mut self, rule: &'static str, say: impl Into<String>) {
        let key = format!("label.{}.from.{}", self.task, self.source);
        self.notes.push(Note::new(Act::Finding, key, rule, say));
    }

    /// Notes a tag that its scheme does not allow, which the task may have an answer to.
    pub fn malformed(&mut self, say: String) {
        let key = format!("label.{}.problems.bio", self.task);
        self.notes.push(Note::new(self.bio.act(), key, "bio.malformed", say));
    }

    /// The name of a class or a value as the task knows it. Names in another normal form are the same.
    pub fn mapped(&self, name: &str) -> String {
        let name = named(self.names, name);
        let same = || self.map.get(composed(name).as_ref()).or_else(|| self.map.get(whole(name)?));
        self.map.get(name).or_else(same).map_or(name, String::as_str).to_string()
    }

    /// The items that have the form of a shape, with the classes that the task knows them by.
    pub fn shapes<S: Shape>(&mut self, items: &[Value], read: fn(&Value) -> Option<S>, needs: Needs) -> Vec<S> {
        let mut shapes = self.shaped(items, read, needs);
        shapes.iter_mut().for_each(|shape| *shape.class() = self.mapped(shape.class()));
        shapes
    }

    /// The items that have the form of an annotation; how many have not is a finding, with what is wrong with the first of these.
    pub fn shaped<T>(&mut self, items: &[Value], read: fn(&Value) -> Option<T>, needs: Needs) -> Vec<T> {
        let mut good = Vec::with_capacity(items.len());
        let mut wrong = None;
        for (n, item) in items.iter().enumerate() {
            match read(item) {
                Some(one) => good.push(one),
                None => drop(wrong.get_or_insert_with(|| lacking(n + 1, item, needs))),
            }
        }
        if let Some(wrong) = wrong {
            let lost = items.len() - good.len();
            self.note("vote.shape", format!("{lost} of {} annotations cannot be read: {wrong}", items.len()));
            self.lost += lost as u32;
        }
        good
    }
}

/// The fields of an annotation, each with the names that it may have; the first is the one that is told.
pub type Needs = &'static [&'static [&'static str]];

/// What is wrong with an annotation that is none: the field that it lacks, or that is of another type.
fn lacking(n: usize, item: &Value, needs: Needs) -> String {
    let Value::Struct(_) = item else {
        let object = if needs.is_empty() { "" } else { ", not an object" };
        return format!("annotation {n} is {}{object}", sort_of(item));
    };
    let lacks = needs.iter().find(|names| *first_of(item, names) == Value::Null);
    if let Some(name) = lacks.and_then(|names| names.first()) {
        return format!("annotation {n} has no `{name}`");
    }
    let wrong = |names: &&&[&str]| match first_of(item, names) {
        Value::List(_) | Value::Struct(_) if **names == CLASSES => class_of(item).is_none(),
        Value::Text(_) => **names != CLASSES && !matches!(names.first(), Some(&"text" | &"runs")),
        Value::Bool(_) => **names != CLASSES,
        _ => false,
    };
    let there = |names: &&[&'static str]| names.iter().find(|name| *item.field(name) != Value::Null).copied();
    match needs.iter().find(wrong).and_then(there) {
        Some(name) => format!("annotation {n} has {} as `{name}`", sort_of(item.field(name))),
        None => {
            let mut names: Vec<String> = needs.iter().filter_map(there).map(|name| format!("`{name}`")).collect();
            names.dedup();
            format!("of annotation {n} one of {} has another form", names.join(", "))
        }
    }
}

/// What sort of value something is, in words.
fn sort_of(v: &Value) -> &'static str {
    match v {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "a text",
        Value::List(_) => "a list",
        Value::Struct(_) => "an object",
        _ => "something else",
    }
}

/// The shapes of an answer in the present picture. One that only partly lies in it, where no shape of its kind can say
/// so, is lost; one that lies outside of it is no longer there. Both are told.
pub fn moved<S: Shape>(answer: Value, frame: &Frame, reading: &mut Reading) -> Value
where
    Vec<S>: Cell,
{
    let Some(shapes) = Vec::<S>::from_value(&answer) else { return answer };
    let all = shapes.len();
    let (mut stay, mut cut, mut lost) = (Vec::with_capacity(all), 0, 0);
    for shape in shapes {
        match shape.moved(frame) {
            Moved::Whole(shape) => stay.push(shape),
            Moved::Cut(shape) => {
                cut += 1;
                stay.push(shape);
            }
            Moved::Gone => {}
            Moved::Lost => lost += 1,
        }
    }
    let gone = all - stay.len() - lost;
    let tiled = reading.tiled;
    let mut tell = |n: usize, act: Act, rules: [&'static str; 2], say: &str| {
        let (key, rule) = if tiled { ("preprocess.tile", rules[1]) } else { ("preprocess.crop", rules[0]) };
        if n > 0 && !rule.is_empty() {
            reading.notes.push(Note::new(act, key.into(), rule, format!("{n} of {all} annotations {say}")));
        }
    };
    let say = "lie partly outside of what is kept of the picture, and are cut at its side";
    tell(cut, Act::Change, ["crop.cut", "tile.cut"], say);
    // what lies outside of a tile lies on another
    tell(gone, Act::Finding, ["crop.outside", ""], "lie outside of what is kept of the picture, and are not in it");
    let say = "lie partly outside of what is kept of the picture, and are lost";
    tell(lost, Act::Finding, ["crop.lost", "tile.lost"], say);
    reading.lost += lost as u32;
    stay.into_value()
}

/// How the annotations of one answer are read from the items of a list.
type Annotations<T> = fn(&[Value], &mut Reading) -> Vec<T>;

/// An answer from a cell that is a list of annotations; `None` where it is none.
pub fn from_list<T>(cell: &Value, reading: &mut Reading, read: Annotations<T>) -> Option<Value>
where
    Vec<T>: Cell,
{
    Some(read(&items(cell)?, reading).into_value())
}

/// An answer from a text that is a list of annotations, written as JSON.
pub fn from_json_list<T>(text: &str, reading: &mut Reading, read: Annotations<T>) -> Option<Value>
where
    Vec<T>: Cell,
{
    let answer = json(text).and_then(|answer| from_list(&answer, reading, read));
    if answer.is_none() {
        reading.lose("vote.shape", "the answer is not a JSON list");
    }
    answer
}

/// A text that is JSON, as a value.
pub fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().map(|json| plain(&json))
}

/// A JSON value as one of a column.
fn plain(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_i64().map(Value::Int).or(n.as_f64().map(Value::Float)).unwrap_or(Value::Null),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(plain).collect()),
        Json::Object(fields) => Value::Struct(fields.iter().map(|(n, v)| (n.clone(), plain(v))).collect()),
    }
}

/// A number of a column or of JSON, whole or not.
pub fn number(v: &Value) -> Option<f64> {
    match v {
        Value::Float(x) => Some(*x),
        Value::Int(n) => Some(*n as f64),
        _ => None,
    }
}

/// What an answer is held against: the task's declaration, and what bounds the answers of one row.
pub struct Judge<'j> {
    pub task: &'j str,
    /// The declared classes, or candidates.
    pub classes: &'j [String],
    /// The scale of ratings.
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
    /// How many points the task names.
    pub points: usize,
    /// What happens to each problem; one that is not named is dropped.
    pub problems: &'j BTreeMap<String, Respond>,
    /// Characters of the text that answers count in.
    pub chars: Option<u32>,
    /// The row's numbers in the columns of [`Kind::bounds`].
    pub bounds: &'j [Option<f64>],
    /// Whether words of the data may be told: no `[privacy]` covers them.
    pub open: bool,
    /// Which annotation of the answer is judged just now, from 1.
    pub item: usize,
    /// What was found.
    pub notes: Vec<Note>,
}

impl<'j> Judge<'j> {
    /// Of answers that nothing bounds.
    pub fn unbound(task: &'j str, classes: &'j [String], problems: &'j BTreeMap<String, Respond>) -> Judge<'j> {
        Judge {
            task,
            classes,
            min: None,
            max: None,
            points: 0,
            problems,
            chars: None,
            bounds: &[],
            open: false,
            item: 0,
            notes: Vec::new(),
        }
    }

    /// What happens to a problem.
    pub fn respond(&self, problem: &str) -> Respond {
        self.problems.get(problem).copied().unwrap_or_default()
    }

    /// Whether what has a problem is mended rather than removed.
    pub fn mends(&self, problem: &str) -> bool {
        self.respond(problem) != Respond::Drop
    }

    /// Notes that an annotation has a problem.
    pub fn note(&mut self, problem: &str, rule: &'static str, say: impl Into<String>) {
        let key = format!("label.{}.problems.{problem}", self.task);
        let note = Note::new(self.respond(problem).act(), key, rule, say);
        self.notes.push(Note { item: self.item, ..note });
    }

    /// The first two bounds of the row, such as width and height; `None` where one of them is not known.
    pub fn size(&self) -> Option<(f64, f64)> {
        match self.bounds {
            [Some(width), Some(height), ..] => Some((*width, *height)),
            _ => None,
        }
    }

    /// The declared class that an annotation means, in whatever normal form it is written; `what` is the annotation in words.
    pub fn class(&mut self, name: &str, what: impl Fn() -> String) -> Option<String> {
        let exact = self.classes.iter().find(|c| *c == name);
        if let Some(class) = exact.or_else(|| self.classes.iter().find(|c| composed(c) == composed(name))) {
            return Some(class.clone());
        }
        if let Some(number) = whole(name)
            && let Some(same) = self.classes.iter().find(|c| whole(c) == Some(number))
        {
            return Some(same.clone());
        }
        let folded = name.trim().to_lowercase();
        let mut same = self.classes.iter().filter(|c| c.to_lowercase() == folded);
        let meant = same.next().filter(|_| same.next().is_none());
        let nearest = || crate::diag::nearest(name, self.classes.iter().map(String::as_str));
        let near = meant.map(String::as_str).or_else(nearest);
        let near = near.map_or(String::new(), |c| format!("; the nearest one that is: `{c}`"));
        let meant = meant.filter(|_| self.mends("class")).cloned();
        let class = if self.open { format!("the class `{name}`, which") } else { "a class that".into() };
        let class = format!("{class} is not declared");
        self.note("class", "class.undeclared", format!("{} has {class}{near}", what()));
        meant
    }
}

//! Questions about texts: nested as SQuAD has them, or flat, a question a record with its text, as the library `datasets` has them.
use super::given::Given;
use super::guess::Guess;
use super::labels::{Answers, Label, Read};
use super::splits::split_of;
use crate::formats::squad;
use crate::table::Value;
use std::collections::BTreeMap;

/// What a flat question and its text are called.
const QUESTIONS: &[&str] = &["question", "query"];
const TEXTS: &[&str] = &["context", "passage", "paragraph", "document", "text"];

/// The text that questions are about, where a source has flat ones with answers that say where they stand.
struct Flat<'r> {
    text: &'r str,
    answers: &'r str,
    /// Each answer is an object, which no task of answers reads.
    objects: bool,
}

fn flat<'r>(r: &'r Read) -> Option<Flat<'r>> {
    let named = |names: &[&str]| {
        let at = |name: &str| names.iter().position(|n| *n == name.to_lowercase());
        let all = r.fields.all.iter().filter_map(|f| Some((at(&f.name)?, f.name.as_str())));
        all.min_by_key(|(n, _)| *n).map(|(_, name)| name)
    };
    named(QUESTIONS)?;
    let text = named(TEXTS)?;
    let answers = r.fields.all.iter().find_map(|f| {
        let ty = &r.source.sample.columns.get(f.column)?.ty;
        let lists = ty.starts_with("struct<") && ty.contains(":text list<utf8>") && ty.contains(":answer_start list<");
        let objects = ty.starts_with("list<struct<") && ty.contains(":text utf8") && ty.contains(":answer_start ");
        (lists || objects).then_some((f.name.as_str(), objects))
    });
    let (answers, objects) = answers?;
    Some(Flat { text, answers, objects })
}

/// The task that such questions are.
pub fn label(of: &[Read]) -> Option<Label> {
    let label = |column: &str, why: &str| Label {
        name: squad::ANSWERS.into(),
        task: "answer",
        from: Answers::Column(column.into()),
        why: why.into(),
        whole: true,
        ..Label::default()
    };
    let held =
        |r: &&Read| r.source.format.name == squad::FORMAT.name && r.fields.all.iter().any(|f| f.name == squad::ANSWERS);
    if of.iter().any(|r| held(&r)) {
        return Some(label(squad::ANSWERS, "questions about the texts are answered"));
    }
    let flat = of.iter().find_map(flat).filter(|flat| !flat.objects)?;
    let odd = format!(
        "whether it matters where in `{}` an answer stands: label.answers holds its words, and the column `{}` stays beside it with the places",
        flat.text, flat.answers
    );
    Some(Label { odd: vec![odd], stays: true, ..label(flat.answers, "questions about the texts are answered") })
}

/// What is asked of flat questions whose answers no task reads.
pub fn unread(r: &Read) -> Option<String> {
    let flat = flat(r).filter(|flat| flat.objects)?;
    Some(format!(
        "what `{}` answers: it is a list of objects, and a task of answers reads an object with a list `text`, as SQuAD has it; no task is made",
        flat.answers
    ))
}

/// The field whose equal values belong together, since several questions are about one text; and the first of those that stand in several
/// splits as the data came, with two places.
pub fn group(guesses: &[Guess], given: &Given) -> Option<(String, Option<[String; 2]>)> {
    let of = |g: &Guess| {
        let nested = g.source.format.name == squad::FORMAT.name && g.fields.all.iter().any(|f| f.name == "text");
        let read = Read { source: &g.source, fields: &g.fields };
        if nested { Some("text".to_string()) } else { flat(&read).map(|flat| flat.text.to_string()) }
    };
    let name = guesses.iter().find_map(of)?;
    let mut first: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for g in guesses {
        let field = g.fields.all.iter().find(|f| f.name == name);
        let Some(column) = field.and_then(|f| g.source.sample.columns.get(f.column)) else { continue };
        for (row, text) in column.values.iter().enumerate().filter_map(|(row, v)| Some((row, Value::text(v)?))) {
            let Some(split) = split_of(g, given, row) else { continue };
            let place = || g.source.sample.place(row).unwrap_or_default();
            let (theirs, at) = first.entry(text).or_insert_with(|| (split.clone(), place()));
            if *theirs != split {
                return Some((name, Some([at.clone(), place()])));
            }
        }
    }
    Some((name, None))
}

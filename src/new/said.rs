//! Files that say something of the samples of other files, known by the names of these: annotations of brat beside texts,
//! TextGrids and lists of what is said beside sounds. Without such samples they are samples themselves, where they hold enough.
use super::found::{Found, Named, Source};
use super::labels::{Answers, CLASSES, Label};
use super::sample::Column;
use crate::formats::sidecar::stem_of;
use crate::manifest::values::is_line;
use crate::table::Value;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// What a format says, and of what.
struct Beside {
    format: &'static str,
    /// The formats of the samples.
    of: &'static str,
    /// What names a sample besides the name of the file.
    named: Option<&'static str>,
}

const BESIDE: &[Beside] = &[
    Beside { format: "brat", of: "text", named: None },
    Beside { format: "textgrid", of: "audio", named: None },
    Beside { format: "kaldi", of: "audio", named: Some("utterance") },
    Beside { format: "speech_manifest", of: "audio", named: Some("sound") },
];

/// Takes the files that speak of others out of what was found, and gives the tasks that they answer.
pub fn said(found: &mut Found) -> Vec<Label> {
    let mut out = Vec::new();
    for beside in BESIDE {
        while let Some(at) = found.sources.iter().position(|s| s.format.name == beside.format && !s.said) {
            let mut source = found.sources.remove(at);
            let names = names(&source, beside);
            let met = |s: &Source| s.files.iter().filter(|f| names.contains(stem_of(f))).count();
            let of = found.sources.iter_mut().filter(|s| s.format.name == beside.of);
            let best = of.map(|s| (met(s), s)).max_by_key(|(met, _)| *met).filter(|(met, _)| *met * 2 >= names.len());
            match best {
                Some((_, samples)) if !names.is_empty() => {
                    let labels = labels(&source, samples, beside);
                    if labels.is_empty() {
                        let say = "nothing in it is a class or a text that a task could be made of";
                        found.unread.extend(source.files.iter().map(|f| (f.clone(), say.to_string())));
                    }
                    out.extend(labels);
                }
                _ if beside.format == "brat" => {
                    let say = "annotations of brat, and the texts that they are about are not here".to_string();
                    found.unread.extend(source.files.iter().map(|f| (f.clone(), say.clone())));
                }
                // what such a file says of a sound stands in its first column
                _ if source.sample.columns.first().is_some_and(|c| c.there().next().is_none()) => {
                    let say = "it says nothing, and there is no sound of its name".to_string();
                    found.unread.extend(source.files.iter().map(|f| (f.clone(), say.clone())));
                }
                _ => {
                    source.said = true;
                    found.sources.push(source);
                }
            }
        }
    }
    out
}

/// The names of the samples that files speak of.
fn names(source: &Source, beside: &Beside) -> BTreeSet<String> {
    match beside.named.and_then(|named| source.sample.columns.iter().find(|c| c.name == named)) {
        Some(column) => column.there().filter_map(Value::text).map(String::from).collect(),
        None => source.files.iter().map(|f| stem_of(f).to_string()).collect(),
    }
}

/// The tasks that the files answer; the samples are named as the answers name them.
fn labels(source: &Source, samples: &mut Source, beside: &Beside) -> Vec<Label> {
    let stems: BTreeSet<&str> = samples.files.iter().map(|f| stem_of(f)).collect();
    let unique = stems.len() == samples.files.len();
    let by_place = !unique && beside.named.is_none();
    let label = |name: &str, task, classes: BTreeSet<String>, why: &str| Label {
        name: name.into(),
        task,
        classes: classes.into_iter().collect(),
        from: Answers::Beside { files: source.files.clone(), format: source.format.name, by_place },
        why: why.into(),
        whole: source.sample.whole,
        ..Label::default()
    };
    let out: Vec<Label> = if beside.of == "audio" {
        vec![label("said", "transcription", BTreeSet::new(), "the files say what is said in the sounds of these names")]
    } else {
        let tasks = [
            ("entities", "ner", "spans", "the annotations beside the texts mark spans"),
            ("relations", "relations", "relations", "the annotations beside the texts relate spans to each other"),
        ];
        let of = |(name, task, column, why): (&str, &'static str, &str, &str)| {
            let classes = classes(source.sample.columns.iter().find(|c| c.name == column)?);
            (!classes.is_empty() && classes.len() <= CLASSES).then(|| label(name, task, classes, why))
        };
        tasks.into_iter().filter_map(of).collect()
    };
    if !out.is_empty() {
        samples.named = Some(if by_place { Named::Place } else { Named::Stem });
    }
    out
}

/// The classes of annotations that are written as JSON, of relations those that have two spans.
fn classes(column: &Column) -> BTreeSet<String> {
    let all = column.there().filter_map(Value::text).filter_map(|text| serde_json::from_str::<Vec<Json>>(text).ok());
    let class = |item: Json| {
        let relation = item.get("from").is_some() || item.get("arguments").is_none();
        let class = item.get("class").or(item.get("type"))?.as_str().map(String::from);
        class.filter(|c| relation && !c.is_empty() && is_line(c))
    };
    all.flatten().filter_map(class).collect()
}

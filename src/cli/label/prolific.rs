//! Prolific, which pays participants of a study that runs somewhere else: the table of tasks for the survey, the declaration of the
//! study, and the answers of the survey.
//!
//! Each row of the tasks has the completion code of the package, which the survey shows at its end. A study sends participants to an
//! address with `PROLIFIC_PID`, `STUDY_ID` and `SESSION_ID`; the survey keeps the first with each answer, in a column of that name.
//! What comes back is a table, or a list of JSON objects, with `PROLIFIC_PID`, `sample` and `label` and, if they are there,
//! `seconds`, `status` (what is returned, timed out or rejected is not taken), and `entered_code`, which must be the completion code.
//!
//! Limits: classes, sets of classes and ratings.
use super::csv::{guarded, line, rows, unguarded, value};
use super::tool::{Assignment, Back, Batch, Item, Job, Read, Said, Tool, is_class};
use crate::digest::Hasher;
use serde_json::{Value as Json, json};

pub const TOOL: Tool = Tool {
    name: "prolific",
    ending: "csv",
    fits: |Job { kind, .. }| is_class(kind) || kind.is_set() || kind.scale,
    write,
    setup: Some(("study.json", study)),
    read,
    crowd: Some(batch),
    ..Tool::PLAIN
};

const HEAD: [&str; 5] = ["sample", "text", "seen", "guideline", "completion_code"];

/// Who took part, as surveys and the platform itself call them.
const WORKER: [&str; 4] = ["PROLIFIC_PID", "prolific_pid", "Participant id", "participant_id"];

fn write(job: &Job, items: &[Item]) -> String {
    let code = code(job, items);
    let row = |item: &Item| {
        let text = |of: &Option<String>| guarded(of.as_deref().unwrap_or_default());
        let cells = [guarded(&item.id), text(&item.text), text(&item.seen), job.guideline.clone(), code.clone()];
        line(cells.iter().map(String::as_str))
    };
    line(HEAD.into_iter()) + &items.iter().map(row).collect::<String>()
}

/// What participants of this package are given at its end.
fn code(job: &Job, items: &[Item]) -> String {
    let mut of = Hasher::derive("tamis completion code 1");
    items.iter().for_each(|item| _ = of.update(format!("{}\0", item.id).as_bytes()));
    of.update(job.guideline.as_bytes());
    format!("C{}", of.finish().hex().chars().take(7).collect::<String>().to_uppercase())
}

/// What the study and its survey are told.
fn study(job: &Job, items: &[Item]) -> String {
    let asked = match &job.scale {
        Some((min, max)) => json!({ "min": min, "max": max }),
        None => json!({ "classes": job.classes, "several": job.kind.is_set() }),
    };
    let own = |name: &str| format!("{{{{%{name}%}}}}");
    let study = json!({
        "completion_code": code(job, items),
        "guideline": job.guideline,
        "samples": items.len(),
        "answer": asked,
        "url_parameters": {
            "PROLIFIC_PID": own("PROLIFIC_PID"), "STUDY_ID": own("STUDY_ID"), "SESSION_ID": own("SESSION_ID"),
        },
        "results": ["PROLIFIC_PID", "sample", "label", "seconds", "status", "completion_code", "entered_code"],
    });
    serde_json::to_string_pretty(&study).unwrap_or_default() + "\n"
}

/// Results as answers of one person, whoever gave them.
fn read(job: &Job, text: &str) -> Result<Read, String> {
    let batch = batch(job, text)?;
    let back = batch.assignments.into_iter().map(|a| a.back).collect();
    Ok(Read { back, wrong: batch.wrong, ..Read::default() })
}

fn batch(job: &Job, text: &str) -> Result<Batch, String> {
    let all = if text.trim_start().starts_with('[') { objects(text)? } else { rows(text)? };
    let mut rows = all.into_iter();
    let head = rows.next().unwrap_or_default();
    let at = |name: &str| head.iter().position(|h| h.trim() == name);
    let worker = WORKER.iter().find_map(|name| at(name));
    let (Some(sample), Some(worker), Some(label)) = (at("sample"), worker, at("label")) else {
        return Err("the columns `PROLIFIC_PID`, `sample` and `label` are not all there".into());
    };
    let mut out = Batch::default();
    for (n, row) in rows.enumerate() {
        let of = |i: usize| row.get(i).map(|t| t.trim()).filter(|t| !t.is_empty());
        let cell = |name: &str| at(name).and_then(of);
        if let Some(reason) = refused(cell("status"), cell("completion_code"), cell("entered_code")) {
            *out.rejected.entry(reason).or_default() += 1;
            continue;
        }
        match (of(sample), of(worker), of(label)) {
            (Some(id), Some(worker), Some(label)) => out.assignments.push(Assignment {
                worker: worker.to_string(),
                seconds: cell("seconds").and_then(|t| t.parse::<f64>().ok()).map(|s| s.max(0.0).round() as u64),
                back: Back {
                    id: unguarded(id).to_string(),
                    seen: cell("seen").map(str::to_string),
                    said: Said::Label(value(job, label)),
                    note: None,
                    by: None,
                },
            }),
            (None, ..) => out.wrong.push(format!("row {}: it names no sample", n + 1)),
            (_, None, _) => out.wrong.push(format!("row {}: it names no participant", n + 1)),
            (.., None) => out.wrong.push(format!("row {}: it holds no answer", n + 1)),
        }
    }
    Ok(out)
}

/// Why an answer is not taken.
fn refused(status: Option<&str>, code: Option<&str>, entered: Option<&str>) -> Option<String> {
    let plain = |status: &str| status.replace(['-', '_'], " ").to_uppercase();
    let whole = |status: &&str| !["APPROVED", "AWAITING REVIEW", "COMPLETED"].contains(&plain(status).as_str());
    if let Some(status) = status.filter(whole) {
        return Some(plain(status).to_lowercase());
    }
    let other = code.zip(entered).is_some_and(|(code, entered)| !code.eq_ignore_ascii_case(entered));
    other.then(|| "another completion code".to_string())
}

/// A list of objects as a table: the names of all their fields, then a row for each.
fn objects(text: &str) -> Result<Vec<Vec<String>>, String> {
    let all: Vec<serde_json::Map<String, Json>> =
        serde_json::from_str(text).map_err(|e| format!("this is no list of objects: {e}"))?;
    let mut head: Vec<String> = all.iter().flat_map(|one| one.keys().cloned()).collect();
    head.sort();
    head.dedup();
    let cell = |of: Option<&Json>| match of {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let rows: Vec<Vec<String>> = all.iter().map(|one| head.iter().map(|name| cell(one.get(name))).collect()).collect();
    Ok([head].into_iter().chain(rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::label::kinds::named;

    fn job(kind: &str) -> Job {
        Job {
            kind: named(kind).unwrap(),
            classes: vec!["law".into(), "sport".into()],
            scale: None,
            guideline: "1.0.0".into(),
            separator: None,
            points: Vec::new(),
            lines: Vec::new(),
            target: None,
        }
    }

    fn item(id: &str) -> Item {
        Item {
            picture: None,
            id: id.into(),
            text: Some("=a, b".into()),
            seen: None,
            agreement: None,
            votes: Vec::new(),
            shapes: Vec::new(),
        }
    }

    #[test]
    fn a_package_has_its_code_in_each_row_and_in_the_study() {
        let (job, items) = (job("classification"), [item("a"), item("-b")]);
        let code = code(&job, &items);
        assert!(code.len() == 8 && code.starts_with('C') && code != self::code(&job, &items[..1]));
        let package = write(&job, &items);
        assert_eq!(package.lines().nth(2), Some(format!("'-b,\"'=a, b\",,1.0.0,{code}").as_str()));
        let study: Json = serde_json::from_str(&study(&job, &items)).unwrap();
        assert_eq!((study["completion_code"].as_str(), &study["samples"]), (Some(code.as_str()), &json!(2)));
        assert_eq!(study["url_parameters"]["PROLIFIC_PID"], "{{%PROLIFIC_PID%}}");
    }

    #[test]
    fn answers_come_back_as_a_table_or_as_json() {
        let table = "PROLIFIC_PID,sample,label,seconds,status,completion_code,entered_code\n\
                     P1,a,law,12.6,APPROVED,C1,c1\nP1,'-b,sport,,Awaiting review,C1,\nP2,a,law,1,RETURNED,C1,C1\n\
                     P3,a,law,9,APPROVED,C1,C2\nP4,,law,9,,,\n,a,law,9,,,\nP4,a,,9,,,\n";
        let got = batch(&job("classification"), table).unwrap();
        let told = |a: &Assignment| (a.worker.clone(), a.seconds, a.back.id.clone());
        let want = [("P1".to_string(), Some(13), "a".to_string()), ("P1".into(), None, "-b".into())];
        assert_eq!(got.assignments.iter().map(told).collect::<Vec<_>>(), want);
        let rejected: Vec<(String, u64)> = got.rejected.into_iter().collect();
        assert_eq!(rejected, [("another completion code".to_string(), 1), ("returned".into(), 1)]);
        assert_eq!(got.wrong.len(), 3, "{:?}", got.wrong);
        let list = r#"[{"PROLIFIC_PID": "P1", "sample": "a", "label": 4.5, "seconds": 3}, {"sample": "a"}]"#;
        let got = batch(&job("rating"), list).unwrap();
        assert_eq!((&got.assignments[0].back.said, got.wrong.len()), (&Said::Label(json!(4.5)), 1));
        assert!(batch(&job("rating"), "id,label\na,1\n").is_err() && batch(&job("rating"), "[1]").is_err());
    }
}

//! Mechanical Turk: the table of a batch, the page that its workers see, and the table of results.
//!
//! The columns of the batch are the variables of the page (`${text}`). What came from data is escaped in them, since it is put into
//! the page as it stands; so are characters beyond U+FFFF, with which the platform refuses a whole file. Results name the sample by
//! `Input.sample`; an answer stands in `Answer.label`, or in `Answer.taskAnswers` as JSON.
//!
//! Limits: classes and ratings. Spans and boxes are left to other tools.
use super::csv::{line, rows};
use super::markup::{escaped, unescaped};
use super::tool::{Assignment, Back, Batch, Item, Job, Read, Said, Tool, is_class};
use crate::stages::label::kinds::kind::Kind;
use serde_json::Value as Json;

pub const TOOL: Tool = Tool {
    name: "mturk",
    ending: "csv",
    fits: |Job { kind, .. }| is_class(kind) || kind.scale,
    write,
    setup: Some(("html", |job, _| page(job))),
    read,
    crowd: Some(batch),
    ..Tool::PLAIN
};

fn write(job: &Job, items: &[Item]) -> String {
    let row = |item: &Item| {
        let text = |of: &Option<String>| escaped(of.as_deref().unwrap_or_default());
        line(
            [escaped(&item.id), text(&item.text), text(&item.seen), escaped(&job.guideline)].iter().map(String::as_str),
        )
    };
    line(["sample", "text", "seen", "guideline"].into_iter()) + &items.iter().map(row).collect::<String>()
}

/// The page of a task, in the elements of the platform.
fn page(job: &Job) -> String {
    let asked = match &job.scale {
        Some((min, max)) => format!(
            "  <p>${{text}}</p>\n  <crowd-slider name=\"label\" min=\"{}\" max=\"{}\" required pin></crowd-slider>\n",
            escaped(min),
            escaped(max)
        ),
        None => {
            let classes = escaped(&Json::from(job.classes.clone()).to_string());
            format!(
                "  <crowd-classifier name=\"label\" categories=\"{classes}\" header=\"Which class is it?\">\n    \
                 <classification-target>${{text}}</classification-target>\n    \
                 <full-instructions header=\"Guideline ${{guideline}}\">Put the guideline here.</full-instructions>\n    \
                 <short-instructions>Put the rules in short here.</short-instructions>\n  </crowd-classifier>\n"
            )
        }
    };
    format!(
        "<script src=\"https://assets.crowd.aws/crowd-html-elements.js\"></script>\n<crowd-form>\n{asked}</crowd-form>\n"
    )
}

/// Results as answers of one person, whoever gave them.
fn read(job: &Job, text: &str) -> Result<Read, String> {
    let batch = batch(job, text)?;
    let back = batch.assignments.into_iter().map(|a| a.back).collect();
    Ok(Read { back, wrong: batch.wrong, ..Read::default() })
}

/// The results of a batch, as the platform writes them.
fn batch(job: &Job, text: &str) -> Result<Batch, String> {
    let mut rows = rows(text)?.into_iter();
    let head = rows.next().unwrap_or_default();
    let at = |name: &str| head.iter().position(|h| h.trim() == name);
    let (Some(sample), Some(worker)) = (at("Input.sample"), at("WorkerId")) else {
        return Err("the first line names no `Input.sample` and `WorkerId`, as results of a batch do".into());
    };
    if ["Answer.label", "Answer.label.label", "Answer.taskAnswers"].iter().all(|name| at(name).is_none()) {
        return Err("the first line names neither `Answer.label` nor `Answer.taskAnswers`".into());
    }
    let mut out = Batch::default();
    for (n, row) in rows.enumerate() {
        let of = |i: Option<usize>| i.and_then(|i| row.get(i)).map(|t| t.trim()).filter(|t| !t.is_empty());
        let cell = |name: &str| of(at(name));
        if let Some(reason) = cell("Reject").or(cell("AssignmentStatus").filter(|s| s.eq_ignore_ascii_case("rejected")))
        {
            let reason = cell("RequesterFeedback").filter(|_| cell("Reject").is_none()).unwrap_or(reason);
            *out.rejected.entry(reason.to_string()).or_default() += 1;
            continue;
        }
        let direct = cell("Answer.label").or(cell("Answer.label.label")).map(|t| value(job.kind, t));
        let answer = direct.map(Ok).or_else(|| cell("Answer.taskAnswers").map(|t| answered(job.kind, t)));
        match (of(Some(sample)), of(Some(worker)), answer) {
            (Some(id), Some(worker), Some(Ok(label))) => out.assignments.push(Assignment {
                worker: worker.to_string(),
                seconds: cell("WorkTimeInSeconds").and_then(|t| t.parse().ok()),
                back: Back {
                    id: unescaped(id),
                    seen: cell("Input.seen").map(unescaped),
                    said: Said::Label(label),
                    note: None,
                    by: None,
                },
            }),
            (None, ..) => out.wrong.push(format!("row {}: it names no sample", n + 2)),
            (_, None, _) => out.wrong.push(format!("row {}: it names no worker", n + 2)),
            (.., None) => out.wrong.push(format!("row {}: it holds no answer", n + 2)),
            (.., Some(Err(say))) => out.wrong.push(format!("row {}: {say}", n + 2)),
        }
    }
    Ok(out)
}

/// The answer in the JSON of the platform's elements: `[{"label": {"label": "a"}}]`, or a mark for each class.
fn answered(kind: &Kind, text: &str) -> Result<Json, String> {
    let json: Json = serde_json::from_str(text).map_err(|e| format!("`Answer.taskAnswers` is no JSON: {e}"))?;
    let one = json.as_array().and_then(|all| all.first()).unwrap_or(&json);
    let label = match &one["label"] {
        Json::Object(fields) if fields.contains_key("label") => one["label"]["label"].clone(),
        Json::Object(fields) => {
            let marked: Vec<&String> = fields.iter().filter(|(_, v)| **v == Json::Bool(true)).map(|(k, _)| k).collect();
            match marked.as_slice() {
                [class] => Json::from(class.as_str()),
                other => return Err(format!("{} classes where one is asked for", other.len())),
            }
        }
        other => other.clone(),
    };
    match label {
        Json::Null => Err("`Answer.taskAnswers` holds no `label`".into()),
        Json::String(text) => Ok(value(kind, &text)),
        other => Ok(other),
    }
}

/// A class as a text, a rating as a number.
fn value(kind: &Kind, text: &str) -> Json {
    let number = || serde_json::from_str(text).ok().filter(Json::is_number);
    number().filter(|_| kind.scale).unwrap_or_else(|| Json::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::label::kinds::named;

    fn job(kind: &str) -> Job {
        let classes = vec!["law".into(), "it's".into()];
        Job {
            kind: named(kind).unwrap(),
            classes,
            scale: None,
            guideline: "1.0.0".into(),
            separator: None,
            points: Vec::new(),
            lines: Vec::new(),
            target: None,
        }
    }

    #[test]
    fn what_came_from_data_is_escaped() {
        let item = Item {
            picture: None,
            shapes: Vec::new(),
            id: "a,1".into(),
            text: Some("<script>x</script>".into()),
            seen: None,
            agreement: None,
            votes: vec![("kim".into(), Json::from("law"))],
        };
        let package = write(&job("classification"), &[item]);
        assert_eq!(package, "sample,text,seen,guideline\n\"a,1\",&#60;script&#62;x&#60;/script&#62;,,1.0.0\n");
        let page = page(&job("classification"));
        assert!(
            page.contains("categories=\"[&#34;law&#34;,&#34;it&#39;s&#34;]\"") && page.contains("${text}"),
            "{page}"
        );
    }

    #[test]
    fn results_hold_answers_workers_and_times() {
        let text = "HITId,AssignmentId,WorkerId,AssignmentStatus,WorkTimeInSeconds,Input.sample,Answer.taskAnswers,Approve,Reject\n\
                    h,1,W1,Submitted,12,a,\"[{\"\"label\"\":{\"\"label\"\":\"\"law\"\"}}]\",x,\n\
                    h,2,W2,Submitted,,a&#38;b,\"[{\"\"label\"\":{\"\"law\"\":false,\"\"it's\"\":true}}]\",,\n\
                    h,3,W3,Submitted,2,a,\"[{}]\",,too fast\n\
                    h,4,W3,Submitted,2,a,\"[{\"\"label\"\":{\"\"law\"\":true,\"\"it's\"\":true}}]\",,\n\
                    h,5,W3,Submitted,2,,x,,\nh,6,,Submitted,2,a,x,,\nh,7,W3,Submitted,2,a,,,\nh,8,W3,Submitted,2,a,x,,\n";
        let got = batch(&job("classification"), text).unwrap();
        let told = |a: &Assignment| (a.worker.clone(), a.seconds, a.back.id.clone());
        let want = [("W1".to_string(), Some(12), "a".to_string()), ("W2".into(), None, "a&b".into())];
        assert_eq!(got.assignments.iter().map(told).collect::<Vec<_>>(), want);
        assert_eq!(got.assignments[1].back.said, Said::Label("it's".into()));
        assert_eq!(got.rejected.into_iter().collect::<Vec<_>>(), [("too fast".to_string(), 1)]);
        let starts =
            ["row 5: 2 classes", "row 6: it names no sample", "row 7: it names no worker", "row 8: it holds no"];
        assert!(got.wrong.iter().zip(starts).all(|(say, start)| say.starts_with(start)), "{:?}", got.wrong);
        assert_eq!(got.wrong.len(), 5);
        assert!(batch(&job("classification"), "id,label\na,law\n").is_err());
        assert!(batch(&job("classification"), "WorkerId,Input.sample\nw,a\n").is_err());
    }

    #[test]
    fn ratings_are_numbers() {
        assert_eq!(value(job("rating").kind, "4.5"), Json::from(4.5));
        assert_eq!(value(job("classification").kind, "4"), Json::from("4"));
    }
}

//! doccano: JSON Lines with `text` and `label`, classes as texts and spans as `[start, end, class]` in code points. Other fields
//! come back as they went out.
use super::tool::{Back, Item, Job, Read, Said, Tool, is_class, is_spans, most};
use serde_json::{Value as Json, json};

pub const TOOL: Tool = Tool {
    name: "doccano",
    ending: "jsonl",
    fits: |Job { kind, .. }| is_class(kind) || kind.is_set() || is_spans(kind),
    write,
    read,
    ..Tool::PLAIN
};

fn write(job: &Job, items: &[Item]) -> String {
    let line = |item: &Item| {
        let label = match most(&item.votes) {
            Some(classes) if job.kind.is_set() => classes.clone(),
            Some(Json::Array(spans)) => {
                Json::Array(spans.iter().map(|s| json!([s["start"], s["end"], s["class"]])).collect())
            }
            Some(class) => json!([class]),
            None => json!([]),
        };
        let votes: serde_json::Map<String, Json> = item.votes.iter().cloned().collect();
        let text = item.text.as_deref().unwrap_or_default();
        let own = json!({ "text": text, "label": label, "given": label, "sample": item.id, "seen": item.seen, "votes": votes,
                          "agreement": item.agreement, "guideline": job.guideline });
        format!("{own}\n")
    };
    items.iter().map(line).collect()
}

/// doccano does not say whether somebody has looked at a line, so one that comes back as it went out decides nothing.
fn read(job: &Job, text: &str) -> Result<Read, String> {
    let mut out = Read::default();
    for (n, line) in text.lines().enumerate().filter(|l| !l.1.trim().is_empty()) {
        match one(job, line) {
            Ok(Some(back)) => out.back.push(back),
            Ok(None) => out.untouched += 1,
            Err(say) => out.wrong.push(format!("line {}: {say}", n + 1)),
        }
    }
    Ok(out)
}

/// `None`: the label is the one that was given.
fn one(job: &Job, line: &str) -> Result<Option<Back>, String> {
    let json: Json = serde_json::from_str(line).map_err(|e| e.to_string())?;
    let field =
        |name: &str| [&json[name], &json["meta"][name]].into_iter().find_map(|v| v.as_str().map(str::to_string));
    let id = field("sample").ok_or("there is no `sample`, which says what it is about")?;
    let labels =
        [&json["label"], &json["labels"]].into_iter().find_map(|v| v.as_array()).ok_or("there is no `label`")?;
    if json["given"].as_array().is_some_and(|given| given == labels) {
        return Ok(None);
    }
    let value = match (is_spans(job.kind), labels.as_slice()) {
        (false, classes) if job.kind.is_set() => Json::from(classes),
        (true, spans) => Json::Array(spans.iter().map(span).collect::<Result<_, _>>()?),
        (false, [class]) => class.clone(),
        (false, other) => return Err(format!("{} classes where one is asked for", other.len())),
    };
    Ok(Some(Back { id, seen: field("seen"), said: Said::Label(value), note: None, by: field("username") }))
}

fn span(of: &Json) -> Result<Json, String> {
    match of.as_array().map(Vec::as_slice) {
        Some([start, end, class]) => Ok(json!({ "class": class, "start": start, "end": end })),
        _ => Err("a span is not [start, end, class]".into()),
    }
}

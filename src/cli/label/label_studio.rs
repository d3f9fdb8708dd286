//! Label Studio: a list of tasks with the answers so far as predictions, and the configuration of the project.
//!
//! Spans go out in code points with the text that they cover. What comes back is held against that text: where code points do
//! not fit, places are read as UTF-16, which browsers count in; where neither fits, it is told.
//!
//! Boxes go out as percentages of the picture, whose file stands beside the list; Label Studio reads it as a local file. Flags of a box are
//! words of its `meta`. A box that somebody turned has no place here, and is told. Other shapes: `studio_shapes.rs`.
//!
//! A preference is a choice of candidates or of `tie`; a ranking is a list that people put in order, which knows no two that are as good: a
//! ranking with such stands in no prediction, and none comes back.
use super::markup::escaped;
use super::studio_shapes::box_region;
use super::tool::{Back, Item, Job, Picture, Pictures, Read, Said, Tool, is_boxes, is_class, is_outlines, is_spans};
use super::{regions, studio_shapes};
use crate::formats::json::parse;
use crate::formats::json_array::objects;
use crate::formats::label_studio::min::tasks;
use crate::model::candidates::TIE;
use crate::stages::label::kinds::kind::Kind;
use serde_json::{Value as Json, json};

pub const TOOL: Tool = Tool {
    name: "label-studio",
    ending: "json",
    fits: |job| {
        let kind = job.kind;
        regions::fits(job)
            || is_class(kind)
            || kind.is_set()
            || is_spans(kind)
            || is_shown(kind)
            || kind.scale
            || kind.candidates.is_some()
            || kind.is_free()
    },
    write,
    pictures: Some(Pictures {
        of: is_shown,
        named: |n, _, _| format!("{:06}", n + 1),
        is: |_| false,
        own: false,
        how: "their pictures; Label Studio reads them where LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT is this project",
    }),
    setup: Some(("xml", |job, _| config(job))),
    read,
    losses,
    ..Tool::PLAIN
};

/// Whether answers lie on a picture.
fn is_shown(kind: &Kind) -> bool {
    is_boxes(kind) || studio_shapes::control(kind).is_some()
}

fn write(job: &Job, items: &[Item]) -> String {
    let task = |(n, item): (usize, &Item)| {
        let of = |(by, answer): &(String, Json)| json!({ "model_version": by, "result": result(job, item, answer) });
        let mut predictions: Vec<Json> = item.votes.iter().map(of).collect();
        if predictions.is_empty() && job.target.is_some() {
            // nobody has judged the shapes yet, which are there all the same
            predictions.push(json!({ "model_version": "shapes", "result": regions::result(job, item, &Json::Null) }));
        }
        let mut data = json!({ "sample": item.id, "text": item.text, "seen": item.seen, "agreement": item.agreement,
                               "guideline": job.guideline });
        if is_ranking(job.kind) {
            data["items"] = job.classes.iter().map(|c| json!({ "id": c, "title": c })).collect();
        }
        let shown = is_shown(job.drawn()) || is_outlines(job.drawn());
        if let Some(picture) = item.picture.as_ref().filter(|_| shown) {
            data["image"] = format!("/data/local-files/?d={}", address(&picture.path)).into();
        }
        json!({ "id": n + 1, "data": data, "predictions": predictions })
    };
    let tasks: Vec<Json> = items.iter().enumerate().map(task).collect();
    serde_json::to_string_pretty(&tasks).unwrap_or_default() + "\n"
}

fn result(job: &Job, item: &Item, answer: &Json) -> Vec<Json> {
    let one = |n: usize, ty: &str, value: Json| json!({ "id": format!("r{n}"), "from_name": "label", "to_name": "text", "type": ty, "value": value });
    if job.target.is_some() {
        return regions::result(job, item, answer);
    }
    if is_class(job.kind) {
        return vec![one(0, "choices", json!({ "choices": [answer] }))];
    }
    if job.kind.is_set() {
        let some = answer.as_array().is_some_and(|classes| !classes.is_empty());
        return some.then(|| one(0, "choices", json!({ "choices": answer }))).into_iter().collect();
    }
    if job.kind.candidates.is_some() {
        return held(job, answer).into_iter().collect();
    }
    if job.kind.is_free() {
        let some = answer["text"].as_array().is_some_and(|texts| !texts.is_empty());
        return some.then(|| one(0, "textarea", json!({ "text": answer["text"] }))).into_iter().collect();
    }
    if job.kind.scale {
        return vec![one(0, "number", json!({ "number": answer }))];
    }
    if studio_shapes::control(job.kind).is_some() {
        return item.picture.as_ref().map(|p| studio_shapes::regions(job, answer, p)).unwrap_or_default();
    }
    if is_boxes(job.kind) {
        let boxes = answer.as_array().map(Vec::as_slice).unwrap_or_default();
        let own = |picture: &Picture| boxes.iter().enumerate().map(|(n, b)| box_region(n, b, picture)).collect();
        return item.picture.as_ref().map(own).unwrap_or_default();
    }
    let chars: Vec<char> = item.text.as_deref().unwrap_or_default().chars().collect();
    let spans = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    let value = |s: &Json| {
        let at = |name: &str| s[name].as_u64().unwrap_or_default() as usize;
        let text: String = chars.get(at("start")..at("end")).unwrap_or_default().iter().collect();
        json!({ "start": s["start"], "end": s["end"], "text": text, "labels": [s["class"]] })
    };
    spans.iter().enumerate().map(|(n, s)| one(n, "labels", value(s))).collect()
}

/// Whether answers put all candidates in order.
fn is_ranking(kind: &Kind) -> bool {
    kind.candidates.is_some_and(|own| own.separated)
}

/// How many rankings no list of Label Studio can say, since two candidates are as good in them.
fn losses(job: &Job, items: &[Item]) -> Vec<String> {
    if job.target.is_some() {
        return regions::losses(items);
    }
    let unsaid = |item: &Item| item.votes.iter().filter(|(_, answer)| held(job, answer).is_none()).count();
    let left: usize = items.iter().filter(|_| is_ranking(job.kind)).map(unsaid).sum();
    let say = "are not shown: two candidates are as good in them, and a list that people put in order knows no such";
    let unsaid = (left > 0).then(|| format!("{left} of the answers so far {say}"));
    unsaid.into_iter().chain(studio_shapes::losses(job, items)).collect()
}

/// A preference, or a ranking in which no two are as good.
fn held(job: &Job, answer: &Json) -> Option<Json> {
    if is_ranking(job.kind) {
        let ranks = answer["ranks"].as_array()?;
        let apart = ranks.windows(2).all(|pair| pair.first() != pair.last());
        let value = json!({ "ranker": { "label": answer["order"] } });
        return apart.then(
            || json!({ "id": "r0", "from_name": "label", "to_name": "items", "type": "ranker", "value": value }),
        );
    }
    let tie = json!([TIE]);
    let chosen = answer["chosen"].as_array()?;
    let choices = if chosen.is_empty() { &tie } else { &answer["chosen"] };
    let value = json!({ "choices": choices });
    Some(json!({ "id": "r0", "from_name": "label", "to_name": "text", "type": "choices", "value": value }))
}

/// What somebody said of candidates.
fn preferred(job: &Job, results: &[Json]) -> Result<Json, String> {
    let value = |ty: &str| results.iter().find(|r| r["type"] == ty).map(|r| &r["value"]);
    if is_ranking(job.kind) {
        let lists = value("ranker").and_then(|v| v["ranker"].as_object()).ok_or("there is no ranking")?;
        let mut lists = lists.values().filter(|list| list.as_array().is_none_or(|items| !items.is_empty()));
        return match (lists.next(), lists.next()) {
            (Some(order), None) => Ok(order.clone()),
            _ => Err("the ranking is not one list".into()),
        };
    }
    let chosen = value("choices").map(|v| v["choices"].clone()).ok_or("there is no choice")?;
    let none = chosen.as_array().is_some_and(|all| all.len() == 1 && all.first() == Some(&Json::from(TIE)));
    Ok(json!({ "chosen": if none { json!([]) } else { chosen } }))
}

/// A path within an address: all but plain characters as %XX.
fn address(path: &str) -> String {
    let one = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => char::from(b).to_string(),
        other => format!("%{other:02X}"),
    };
    path.bytes().map(one).collect()
}

/// What Label Studio calls the labelling interface.
fn config(job: &Job) -> String {
    if let Some(target) = &job.target {
        return regions::config(job, target);
    }
    let each =
        |tag: &str| job.classes.iter().map(|c| format!("    <{tag} value=\"{}\"/>\n", escaped(c))).collect::<String>();
    if is_shown(job.kind) {
        let line = |tag: &str, name: &str| format!("    <{tag} value=\"{}\"/>\n", escaped(name));
        let labels = match studio_shapes::control(job.kind) {
            Some(_) => studio_shapes::controls(job, &line),
            None => {
                format!("  <RectangleLabels name=\"label\" toName=\"image\">\n{}  </RectangleLabels>\n", each("Label"))
            }
        };
        return format!("<View>\n  <Image name=\"image\" value=\"$image\" zoom=\"true\"/>\n{labels}</View>\n");
    }
    if is_ranking(job.kind) {
        return "<View>\n  <Text name=\"text\" value=\"$text\"/>\n  <List name=\"items\" value=\"$items\"/>\n  \
                <Ranker name=\"label\" toName=\"items\"/>\n</View>\n"
            .into();
    }
    if job.kind.is_free() {
        return "<View>\n  <Text name=\"text\" value=\"$text\"/>\n  <TextArea name=\"label\" toName=\"text\" editable=\"true\"/>\n</View>\n".into();
    }
    let tie = job.kind.candidates.map_or(String::new(), |_| format!("    <Choice value=\"{TIE}\"/>\n"));
    let several = if job.kind.is_set() || job.kind.candidates.is_some() && job.classes.len() > 2 {
        " choice=\"multiple\""
    } else {
        ""
    };
    let control = match (&job.scale, is_class(job.kind) || job.kind.is_set() || job.kind.candidates.is_some()) {
        (Some((min, max)), _) => format!("  <Number name=\"label\" toName=\"text\" min=\"{min}\" max=\"{max}\"/>\n"),
        (None, true) => {
            format!("  <Choices name=\"label\" toName=\"text\"{several}>\n{}{tie}  </Choices>\n", each("Choice"))
        }
        (None, false) => format!("  <Labels name=\"label\" toName=\"text\">\n{}  </Labels>\n", each("Label")),
    };
    format!("<View>\n{control}  <Text name=\"text\" value=\"$text\" granularity=\"symbol\"/>\n</View>\n")
}

fn read(job: &Job, text: &str) -> Result<Read, String> {
    let json: Json = serde_json::from_str(text).map_err(|e| format!("this is no JSON: {e}"))?;
    let mut tasks = json.as_array().cloned().ok_or("this is no list of tasks")?;
    if let Some(short) = short(text) {
        tasks = short;
    }
    let mut out = Read::default();
    for (n, task) in tasks.iter().enumerate() {
        let (data, place) = (&task["data"], format!("task {}", n + 1));
        let Some(id) = data["sample"].as_str() else {
            out.wrong.push(format!("{place}: its data has no `sample`, which says what it is about"));
            continue;
        };
        let annotations = task["annotations"].as_array().map(Vec::as_slice).unwrap_or_default();
        let (given, cancelled): (Vec<&Json>, Vec<&Json>) =
            annotations.iter().partition(|a| a["was_cancelled"] != Json::Bool(true));
        out.skipped += u64::from(given.is_empty() && !cancelled.is_empty());
        out.open += u64::from(annotations.is_empty());
        for annotation in given {
            match label(job, &annotation["result"], data["text"].as_str().unwrap_or_default()) {
                Ok(value) => out.back.push(Back {
                    id: id.to_string(),
                    seen: data["seen"].as_str().map(str::to_string),
                    said: Said::Label(value),
                    note: None,
                    by: person(&annotation["completed_by"]),
                }),
                Err(say) => out.wrong.push(format!("{place}, sample {id}: {say}")),
            }
        }
    }
    Ok(out)
}

/// The tasks of a short export, as the long one has them; nothing where it is none.
fn short(text: &str) -> Option<Vec<Json>> {
    let objects = objects(text.as_bytes()).map(|bytes| parse(bytes, DEPTH_MAX).ok()).collect::<Option<Vec<_>>>()?;
    Some(tasks(objects, &["label"])?.into_iter().map(|(_, task)| task.tree()).collect())
}

/// The deepest nesting of JSON.
const DEPTH_MAX: usize = 64;

/// The name of who answered: an address, or the number of an account.
fn person(of: &Json) -> Option<String> {
    let named = || of["email"].as_str().or(of["username"].as_str()).map(str::to_string);
    of.as_str().map(str::to_string).or_else(named).or_else(|| of.as_u64().map(|n| n.to_string()))
}

fn label(job: &Job, result: &Json, text: &str) -> Result<Json, String> {
    let results = result.as_array().ok_or("there is no `result`")?;
    if job.target.is_some() {
        return regions::label(results);
    }
    if is_spans(job.kind) {
        let chars: Vec<char> = text.chars().collect();
        return results.iter().filter(|r| r["type"] == "labels").map(|r| span(&r["value"], &chars)).collect();
    }
    if studio_shapes::control(job.kind).is_some() {
        return studio_shapes::read(job, results);
    }
    if is_boxes(job.kind) {
        return results.iter().filter(|r| r["type"] == "rectanglelabels").map(upright).collect();
    }
    if job.kind.is_set() {
        let all = results.iter().filter(|r| r["type"] == "choices").map(|r| r["value"]["choices"].as_array());
        let all: Option<Vec<&Vec<Json>>> = all.collect();
        // no choice says that no class fits
        let all = all.ok_or("a choice has no `choices`")?;
        return Ok(all.into_iter().flatten().cloned().collect());
    }
    if job.kind.candidates.is_some() {
        return preferred(job, results);
    }
    if job.kind.is_free() {
        let written = results.iter().filter(|r| r["type"] == "textarea").map(|r| &r["value"]["text"]);
        let texts: Vec<Json> = written.flat_map(|t| t.as_array().cloned().unwrap_or_else(|| vec![t.clone()])).collect();
        return Ok(json!({ "text": texts }));
    }
    let of = |ty: &str, name: &str| results.iter().find(|r| r["type"] == ty).map(|r| r["value"][name].clone());
    if job.kind.scale {
        return of("number", "number").or_else(|| of("rating", "rating")).ok_or_else(|| "there is no number".into());
    }
    match of("choices", "choices").as_ref().and_then(Json::as_array).map(Vec::as_slice) {
        Some([class]) => Ok(class.clone()),
        Some(all) => Err(format!("{} classes where one is asked for", all.len())),
        None => Err("there is no choice".into()),
    }
}

/// A box in pixels, to a ten-thousandth.
fn upright(result: &Json) -> Result<Json, String> {
    let value = &result["value"];
    let number = |of: &Json, name: &str| of[name].as_f64().ok_or(format!("a box has no `{name}`"));
    let class = match value["rectanglelabels"].as_array().map(Vec::as_slice) {
        Some([class]) => class.clone(),
        _ => return Err("a box has no class, or several".into()),
    };
    if value["rotation"].as_f64().is_some_and(|turn| turn % 360.0 != 0.0) {
        return Err(format!(
            "a box of `{}` is turned, which upright boxes cannot be",
            class.as_str().unwrap_or_default()
        ));
    }
    let (w, h) = (number(result, "original_width")?, number(result, "original_height")?);
    let pixels = |percent: f64, side: f64| (percent * side / 100.0 * 1e4).round_ties_even() / 1e4;
    let (x, y) = (number(value, "x")?, number(value, "y")?);
    let (right, bottom) = (x + number(value, "width")?, y + number(value, "height")?);
    let mut out = json!({
        "class": class, "x1": pixels(x, w), "y1": pixels(y, h), "x2": pixels(right, w), "y2": pixels(bottom, h),
    });
    if let Some(flags) = result["meta"]["text"].as_array().filter(|flags| !flags.is_empty()) {
        out["flags"] = flags.clone().into();
    }
    Ok(out)
}

fn span(value: &Json, chars: &[char]) -> Result<Json, String> {
    let at = |name: &str| value[name].as_u64().map(|n| n as usize).ok_or(format!("a span has no `{name}`"));
    let (start, end) = (at("start")?, at("end")?);
    let class = match value["labels"].as_array().map(Vec::as_slice) {
        Some([class]) => class.clone(),
        _ => return Err("a span has no class, or several".into()),
    };
    let surface = value["text"].as_str();
    let covers = |from: usize, to: usize| {
        surface.is_none_or(|s| chars.get(from..to).is_some_and(|own| own.iter().copied().eq(s.chars())))
    };
    let scalar = |units: usize| {
        let before = |n: &usize| chars.iter().take(*n).map(|c| c.len_utf16()).sum::<usize>() >= units;
        (0..=chars.len()).find(before).unwrap_or(chars.len())
    };
    let (start, end) = match covers(start, end) {
        true => (start, end),
        false => (scalar(start), scalar(end)),
    };
    if !covers(start, end) {
        return Err(format!("a span of `{}` does not cover its text", class.as_str().unwrap_or_default()));
    }
    Ok(json!({ "class": class, "start": start, "end": end }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::images::Image;
    use crate::stages::label::kinds::named;

    fn job(kind: &str) -> Job {
        let kind = named(kind).unwrap();
        Job {
            kind,
            classes: vec!["A & B".into()],
            scale: None,
            guideline: "1.0.0".into(),
            separator: None,
            points: Vec::new(),
            lines: Vec::new(),
            target: None,
        }
    }

    fn item(answer: Json) -> Item {
        let text = Some("I 😊 Kim".to_string());
        let image = Image { blob: crate::digest::Digest::of(b"x"), format: "png".into(), bytes: 1 };
        let picture = Some(Picture { image, size: [640, 480], path: "tasks/cells/가 1.png".into() });
        Item {
            id: "s1".into(),
            text,
            picture,
            shapes: Vec::new(),
            seen: Some("0a".into()),
            agreement: None,
            votes: vec![("kim".into(), answer)],
        }
    }

    /// What Label Studio would give back if somebody accepted a prediction.
    fn accepted(package: &str) -> String {
        let mut tasks: Json = serde_json::from_str(package).unwrap();
        tasks[0]["annotations"] =
            json!([{ "completed_by": { "email": "lee@example.org" }, "result": tasks[0]["predictions"][0]["result"] }]);
        tasks.to_string()
    }

    #[test]
    fn what_goes_out_comes_back() {
        for (kind, answer) in [
            ("ner", json!([{ "class": "A & B", "start": 4, "end": 7 }])),
            ("ner", json!([])),
            ("classification", json!("A & B")),
            ("classes", json!(["A & B", "C"])),
            ("classes", json!([])),
            ("preference", json!({ "chosen": ["A & B"] })),
            ("preference", json!({ "chosen": [] })),
            ("answer", json!({ "text": ["so it is", "A & B"] })),
            ("answer", json!({ "text": [] })),
            ("rating", json!(2.5)),
            (
                "object_detection",
                json!([{ "class": "A & B", "x1": 3.0, "y1": 7.0, "x2": 101.25, "y2": 479.0, "flags": ["crowd"] }]),
            ),
            ("object_detection", json!([])),
        ] {
            let job = job(kind);
            let Read { back, wrong, .. } = read(&job, &accepted(&write(&job, &[item(answer.clone())]))).unwrap();
            let want = Back {
                id: "s1".into(),
                seen: Some("0a".into()),
                said: Said::Label(answer),
                note: None,
                by: Some("lee@example.org".into()),
            };
            assert_eq!((back, wrong), (vec![want], vec![]), "{kind}");
        }
        let short = r#"[{"sample": "s1", "text": "so", "seen": "0a", "id": 1, "label": {"choices": ["C", "A & B"]},
            "annotator": "lee@example.org", "annotation_id": 4}, {"sample": "s2", "text": "no", "id": 2,
            "annotator": "lee@example.org", "annotation_id": 5}]"#;
        let Read { back, wrong, .. } = read(&job("classes"), short).unwrap();
        let said: Vec<&Said> = back.iter().map(|b| &b.said).collect();
        let want = [json!(["C", "A & B"]), json!([])].map(Said::Label);
        assert_eq!((said, wrong.is_empty()), (want.iter().collect(), true), "the short export");
        assert!(config(&job("ner")).contains("<Label value=\"A &#38; B\"/>"));
        assert!(config(&job("classes")).contains("<Choices name=\"label\" toName=\"text\" choice=\"multiple\">"));
        let ranking = job("ranking");
        let package = write(&ranking, &[item(json!({ "order": ["C", "A & B"], "ranks": [1, 2] }))]);
        assert_eq!(read(&ranking, &accepted(&package)).unwrap().back[0].said, Said::Label(json!(["C", "A & B"])));
        assert!(
            package.contains(r#""title": "A & B""#)
                && config(&ranking).contains("<Ranker name=\"label\" toName=\"items\"/>")
        );
        let tied = write(&ranking, &[item(json!({ "order": ["A & B", "C"], "ranks": [1, 1] }))]);
        assert_eq!(read(&ranking, &accepted(&tied)).unwrap().wrong.len(), 1, "no two are as good in a list");
        let tied = item(json!({ "order": ["A & B", "C"], "ranks": [1, 1] }));
        let told = losses(&ranking, std::slice::from_ref(&tied));
        assert!(told.len() == 1 && told[0].starts_with("1 of the answers"), "{told:?}");
        let apart = item(json!({ "order": ["A & B", "C"], "ranks": [1, 2] }));
        assert!(losses(&ranking, &[apart]).is_empty());
        assert!(losses(&job("preference"), &[item(json!({ "chosen": [] }))]).is_empty());
        assert!(config(&job("preference")).contains("<Choice value=\"tie\"/>"));
        let boxes = job("object_detection");
        assert!(config(&boxes).contains("<RectangleLabels name=\"label\" toName=\"image\">"));
        assert!(write(&boxes, &[item(json!([]))]).contains("/data/local-files/?d=tasks/cells/%EA%B0%80%201.png"));
        let turned = json!([{ "type": "rectanglelabels", "original_width": 9, "original_height": 9,
            "value": { "x": 1, "y": 1, "width": 5, "height": 5, "rotation": 30, "rectanglelabels": ["A & B"] } }]);
        assert!(label(&boxes, &turned, "").unwrap_err().contains("turned"));
    }

    #[test]
    fn places_in_utf16_are_found_by_what_they_cover() {
        let of = |start: u64, end: u64| json!({ "start": start, "end": end, "text": "Kim", "labels": ["A"] });
        let chars: Vec<char> = "I 😊 Kim".chars().collect();
        let want = json!({ "class": "A", "start": 4, "end": 7 });
        assert_eq!(span(&of(4, 7), &chars).unwrap(), want);
        assert_eq!(span(&of(5, 8), &chars).unwrap(), want, "UTF-16");
        assert!(span(&of(0, 3), &chars).is_err());
    }
}

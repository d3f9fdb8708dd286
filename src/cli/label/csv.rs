//! A table for a spreadsheet: a row a sample. What stands in `label`, or `keep` or `drop` in `decision`, comes back. Texts and ids that
//! a spreadsheet would run have an apostrophe before them.
use super::tool::{Back, Item, Job, Read, Said, Tool};
use crate::review::said;
use serde_json::Value as Json;

pub const TOOL: Tool = Tool { name: "csv", ending: "csv", write, read, ..Tool::PLAIN };

const HEAD: &[&str] = &["id", "text", "agreement", "votes", "label", "decision", "note", "seen"];

fn write(job: &Job, items: &[Item]) -> String {
    let votes =
        |item: &Item| item.votes.iter().map(|(by, a)| format!("{by}: {}", said(job.kind, a))).collect::<Vec<_>>();
    let shapes = |item: &Item| job.target.as_ref().map(|_| guarded(&numbered(item).join("\n")));
    let row = |item: &Item| {
        let empty = || Some(String::new());
        let before = [Some(guarded(&item.id)), item.text.as_deref().map(guarded)];
        let after = [
            item.agreement.clone(),
            Some(guarded(&votes(item).join("\n"))),
            empty(),
            empty(),
            empty(),
            item.seen.clone(),
        ];
        let cells = before.into_iter().chain(shapes(item).map(Some)).chain(after);
        let cells: Vec<String> = cells.map(Option::unwrap_or_default).collect();
        line(cells.iter().map(String::as_str))
    };
    let (before, after) = HEAD.split_at(2);
    let head = before.iter().chain(job.target.as_ref().map(|_| &"shapes")).chain(after);
    line(head.copied()) + &items.iter().map(row).collect::<String>()
}

/// The shapes or spans that are judged, each with its number and where it lies.
fn numbered(item: &Item) -> Vec<String> {
    let one = |(n, shape): (usize, &Json)| {
        let class = shape["class"].as_str().unwrap_or_default();
        let all = ["x1", "y1", "x2", "y2", "start", "end"];
        let at: Vec<String> =
            all.iter().filter(|name| !shape[**name].is_null()).map(|name| shape[*name].to_string()).collect();
        format!("{n}: {class} {}", at.join(" ")).trim_end().to_string()
    };
    item.shapes.iter().enumerate().map(one).collect()
}

/// What a spreadsheet takes for a formula begins so.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// A text that no spreadsheet runs: an apostrophe stands before what it would take for a formula.
pub fn guarded(text: &str) -> String {
    if text.starts_with(FORMULA) { format!("'{text}") } else { text.to_string() }
}

/// The text as it was.
pub fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(FORMULA)).unwrap_or(text)
}

/// How answers are filled in that are more than a class or a number.
pub fn how(job: &Job) -> Option<String> {
    if job.target.is_some() {
        let class = job.classes.first().map_or("", String::as_str);
        let list = format!("`label` takes a list, `[{{\"shape\": 0, \"class\": \"{class}\"}}]`");
        return Some(format!("{list}; `shapes` says what has which number\n"));
    }
    if job.kind.is_set() {
        let sign = job.separator.as_ref().map(|sign| format!("; or classes with `{sign}` between them"));
        let sign = sign.unwrap_or_default();
        return Some(format!("`label` takes a list, `[\"a\", \"b\"]`, and `[]` where no class fits{sign}\n"));
    }
    if job.kind.is_free() {
        let list = "a list of texts, `[\"a\", \"b\"]`, and `[]` where there is no answer";
        return Some(format!("`label` takes a text; or {list}\n"));
    }
    let ranked = job.kind.candidates?.separated;
    let [best, second] = [0, 1].map(|n| job.classes.get(n).map_or("", String::as_str));
    Some(match ranked {
        true => {
            let sign = job.separator.as_deref().unwrap_or(">");
            format!(
                "`label` takes all candidates, the best first: `{best} {sign} {second}`; `=` stands between those that are as good\n"
            )
        }
        false => {
            format!("`label` takes the better candidate, `{best}` or `{second}`; or `tie`, where they are as good\n")
        }
    })
}

/// Cells as a line; those that hold a comma, a quote or the end of a line stand in quotes.
pub fn line<'c>(cells: impl Iterator<Item = &'c str>) -> String {
    let cell = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    };
    cells.map(cell).collect::<Vec<_>>().join(",") + "\n"
}

fn read(job: &Job, text: &str) -> Result<Read, String> {
    let mut rows = rows(text)?.into_iter();
    let head = rows.next().unwrap_or_default();
    let at = |name: &str| head.iter().position(|h| h == name);
    let (Some(id), Some(label)) = (at("id"), at("label")) else {
        return Err("the first line names no `id` and `label`".into());
    };
    let mut out = Read::default();
    for (n, row) in rows.enumerate() {
        let cell = |i: Option<usize>| i.and_then(|i| row.get(i)).map(|t| t.trim()).filter(|t| !t.is_empty());
        let says = cell(Some(label)).or(cell(at("decision")));
        let Some(id) = cell(Some(id)) else {
            out.wrong.extend(says.map(|_| format!("row {}: it names no sample", n + 2)));
            continue;
        };
        let said = match (cell(Some(label)), cell(at("decision"))) {
            (Some(label), None | Some("label")) => Said::Label(value(job, label)),
            (None, Some("keep")) => Said::Keep,
            (None, Some("drop")) => Said::Drop,
            (None, None) => {
                out.open += 1;
                continue;
            }
            (_, Some(other)) => {
                out.wrong.push(format!(
                    "row {}: `{other}` is no decision beside this label: keep or drop, without a label",
                    n + 2
                ));
                continue;
            }
        };
        let own = |name: &str| cell(at(name)).map(str::to_string);
        out.back.push(Back { id: unguarded(id).to_string(), seen: own("seen"), said, note: own("note"), by: None });
    }
    Ok(out)
}

/// The cells of each row (RFC 4180); a row without any text is none. An error if a quote is open where the text ends.
pub fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut out = vec![vec![String::new()]];
    let (mut quoted, mut chars) = (false, text.trim_start_matches('\u{feff}').chars().peekable());
    while let Some(c) = chars.next() {
        let Some(cell) = out.last_mut().and_then(|row| row.last_mut()) else { break };
        match (c, quoted) {
            ('"', true) if chars.next_if_eq(&'"').is_some() => cell.push('"'),
            ('"', true) => quoted = false,
            ('"', false) if cell.is_empty() => quoted = true,
            (',', false) => out.last_mut().into_iter().for_each(|row| row.push(String::new())),
            ('\r', false) if chars.peek() == Some(&'\n') => {}
            ('\n', false) => out.push(vec![String::new()]),
            (c, _) => cell.push(c),
        }
    }
    if quoted {
        return Err("a quote is open where the file ends".into());
    }
    out.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    Ok(out)
}

/// A cell as a value: lists and numbers as JSON, classes and texts as they are. Several classes are a list, or stand with the sign
/// between them that the sources of the task declare.
pub fn value(job: &Job, cell: &str) -> Json {
    let kind = job.kind;
    let json = || serde_json::from_str(cell).ok();
    let plain = kind.prose || (kind.classes && !kind.is_list());
    match (json().filter(|_| !plain), &job.separator) {
        (Some(list @ Json::Array(_)), _) => list,
        (_, Some(sign)) if kind.is_set() => {
            let cell = cell.strip_suffix(sign.as_str()).unwrap_or(cell);
            Json::from(cell.split(sign.as_str()).map(|class| class.trim().to_string()).collect::<Vec<_>>())
        }
        (json, _) => json.unwrap_or_else(|| Json::from(cell)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stages::label::kinds::named;

    #[test]
    fn a_package_comes_back_with_what_was_filled_in() {
        let job = |kind| Job {
            kind: named(kind).unwrap(),
            classes: Vec::new(),
            scale: None,
            guideline: String::new(),
            separator: Some(";".to_string()),
            points: Vec::new(),
            lines: Vec::new(),
            target: None,
        };
        let item = |id: &str| Item {
            picture: None,
            shapes: Vec::new(),
            id: id.into(),
            text: Some("one, \"two\"\nthree".into()),
            seen: Some("0a".into()),
            agreement: Some("0.500000".into()),
            votes: vec![("kim".into(), Json::from("x"))],
        };
        let package = write(&job("classification"), &[item("a"), item("=b"), item("c")]);
        let mut cells = rows(&package).unwrap();
        assert_eq!(cells[2][0], "'=b");
        assert_eq!(cells[1][..3], ["a".to_string(), "one, \"two\"\nthree".into(), "0.500000".into()]);
        (cells[1][4], cells[2][5], cells[2][6]) = ("17".into(), "drop".into(), "blurred".into());
        let filled: String = cells.iter().map(|row| line(row.iter().map(String::as_str))).collect();
        let Read { back, wrong, open, .. } = read(&job("classification"), &filled).unwrap();
        assert_eq!(open, 1, "nobody has answered the last one");
        let seen = Some("0a".to_string());
        let want = [
            Back { id: "a".into(), seen: seen.clone(), said: Said::Label("17".into()), note: None, by: None },
            Back { id: "=b".into(), seen, said: Said::Drop, note: Some("blurred".into()), by: None },
        ];
        assert_eq!((back.as_slice(), wrong.is_empty()), (want.as_slice(), true));
        assert_eq!(value(&job("rating"), "17"), Json::from(17));
        let classes = |cell: &str| value(&job("classes"), cell);
        assert_eq!(
            (classes("law; health;"), classes("law")),
            (serde_json::json!(["law", "health"]), serde_json::json!(["law"]))
        );
        assert_eq!((classes("[\"a;b\"]"), classes("[]")), (serde_json::json!(["a;b"]), serde_json::json!([])));
        assert!(rows("a,\"b").is_err());
        let how = |kind| how(&Job { classes: vec!["ada".into(), "bob".into()], separator: None, ..job(kind) });
        assert!(how("preference").is_some_and(|how| how.contains("`ada` or `bob`; or `tie`")));
        assert!(how("ranking").is_some_and(|how| how.contains("`ada > bob`")));
        assert!(how("answer").is_some_and(|how| how.contains("`[]` where there is no answer")));
        assert_eq!((how("classification"), value(&job("answer"), "[]")), (None, "[]".into()));
    }
}

//! `squad`: questions about texts as SQuAD and KorQuAD nest them: `data` lists articles, an article `paragraphs` with a `context` and its
//! `qas`; or an article has `context` and `qas` itself, as KorQuAD 2 has it. A question is a sample.
//!
//! | selector | gives |
//! |---|---|
//! | `text` | the context |
//! | `answers` | the texts of the answers: an empty list where `is_impossible` says that there is none, null where nobody answered |
//! | `spans` | the same as spans of the class `answer` of the text, with what they cover |
//! | another key | what the question says there, else the paragraph, else the article: `id`, `question`, `title`, `is_impossible`, `plausible_answers` |
//!
//! Places count characters; each span has its text beside it, so that a task of spans finds out where they do not.
//!
//! Findings: `squad.unanswered` (no answer, and nothing says that there is none: null), `squad.impossible` (answers beside `is_impossible`; they
//! stand), `squad.place` (an answer without a place, which is no span), `squad.text` (an answer without a text, which is lost), `squad.fields` (what
//! an answer says besides is left out), `squad.none` (a text about which nothing is asked, which is no sample). Dropped: what a JSON record
//! drops, the whole file where it is broken, `squad.data` (there is no list `data`; the whole file), `squad.text_missing` (questions about no
//! text), `squad.question` (what is no question). The line of a question is that on which its article begins.
use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::encoding::{self, BOM, ENCODING, Wrong, line_at, not_wide, recoded};
use super::format::Format;
use super::infer::{self, HEAD};
use super::json::{self, Json, not_json, parse, select};
use super::json_array;
use super::options::Options;
use super::reader::{Ask, From, Offers, Reader, Records, Seen, Selects, Unit, adds_nothing};
use crate::table::{DataType, list, record, types, utf8};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    reader: Some(Reader {
        version: 1,
        uses: &[],
        cut: |_| Cut::Document(Holds::Many),
        id: "id",
        own_id: None,
        selects: Selects::Names,
        text: |_| "text",
        ty: |_, selector| ty(selector),
        adds: adds_nothing,
        read,
        offers: Offers::Columns(columns),
    }),
    ..Format::new(
        "squad",
        "Questions about texts as SQuAD and KorQuAD nest them: `text`, `question`, the texts of the `answers`, and their `spans`.",
    )
};

/// The class of the spans.
const CLASS: &str = "answer";

/// The texts of the answers to a question.
pub const ANSWERS: &str = "answers";

fn ty(selector: &str) -> Option<DataType> {
    match selector {
        ANSWERS | "plausible_answers" => Some(list(utf8())),
        "spans" => Some(list(record(&[
            ("class", utf8()),
            ("start", DataType::Int64),
            ("end", DataType::Int64),
            ("text", utf8()),
        ]))),
        _ => None,
    }
}

/// A file, as far as it is looked at before its articles are.
#[derive(Deserialize)]
struct File<'l> {
    #[serde(borrow)]
    data: Option<Vec<&'l RawValue>>,
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let bytes = match recoded(unit.bytes, ask.options.text(&ENCODING)) {
        Ok(bytes) => bytes,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    let articles = match articles(&bytes) {
        Ok(articles) => articles,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    let mut n = 0;
    let (mut at, mut line) = (0, 1);
    for article in articles {
        let begins = (article.get().as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
        let passed = bytes.get(at..begins).unwrap_or_default();
        line += line_at(passed, passed.len()) - 1;
        (at, out.line) = (begins, line);
        match parse(article.get().as_bytes(), ask.depth_max) {
            Ok(article) => take(ask, unit, out, &mut n, &article),
            Err(wrong) => {
                out.reject_line(unit, n, &wrong.at(line));
                n += 1;
            }
        }
    }
    out.line = 0;
}

/// The articles of a file: those of `data`, or those of a list.
fn articles(bytes: &[u8]) -> Result<Vec<&RawValue>, Wrong> {
    let text = encoding::text(bytes)?;
    not_wide(text)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(not_json);
    }
    match serde_json::from_str::<File>(text) {
        Ok(File { data: Some(all) }) => Ok(all),
        Ok(File { data: None }) => Err(Wrong::new("squad.data", "there is no list `data` of articles")),
        Err(e) if e.is_data() => Err(Wrong::new("squad.data", format!("this is no list `data` of articles: {e}"))),
        Err(e) => Err(not_json(e)),
    }
}

/// A question as one object, and what is told of it; or why there is none.
struct Asked<'l> {
    of: Result<Json<'l>, Wrong>,
    told: Told,
}

/// Findings, each with its rule.
type Told = Vec<(&'static str, String)>;

fn items<'j, 'l>(of: &'j Json<'l>, key: &str) -> Option<&'j [Json<'l>]> {
    if let Some(Json::Array(items)) = select(of, key) { Some(items) } else { None }
}

/// The questions of an article, in their order; `nothing` counts the texts about which nothing is asked.
fn questions<'l>(article: &Json<'l>, nothing: &mut usize) -> Vec<Asked<'l>> {
    let own = std::slice::from_ref(article);
    let paragraphs = items(article, "paragraphs").unwrap_or(if select(article, "qas").is_some() { own } else { &[] });
    if paragraphs.is_empty() {
        *nothing += 1;
    }
    let mut out = Vec::new();
    for paragraph in paragraphs {
        let asked = items(paragraph, "qas").unwrap_or_default();
        if asked.is_empty() {
            *nothing += 1;
        }
        out.extend(asked.iter().map(|one| question(article, paragraph, one)));
    }
    out
}

fn question<'l>(article: &Json<'l>, paragraph: &Json<'l>, one: &Json<'l>) -> Asked<'l> {
    let mut told = Told::new();
    let wrong = |rule, say: &str| Err(Wrong::new(rule, say));
    let of = match (one, select(paragraph, "context")) {
        (Json::Object(_), _) if !matches!(select(one, "question"), Some(Json::Text(_))) => {
            wrong("squad.question", "a question has no text `question`")
        }
        (Json::Object(own), Some(Json::Text(text))) => Ok(flat(article, paragraph, own, text, &mut told)),
        (Json::Object(_), _) => wrong("squad.text_missing", "the paragraph has no text `context`"),
        (other, _) => wrong("squad.question", &format!("a question is an object, this is {}", other.kind())),
    };
    Asked { of, told }
}

type Entry<'l> = (Cow<'l, str>, Json<'l>);

/// What a question says, and its paragraph and its article, as one object.
fn flat<'l>(
    article: &Json<'l>,
    paragraph: &Json<'l>,
    own: &[Entry<'l>],
    text: &Cow<'l, str>,
    told: &mut Told,
) -> Json<'l> {
    let mut all: Vec<Entry> = vec![("text".into(), Json::Text(text.clone()))];
    let made = ["answers", "answer", "plausible_answers", "spans", "text", "context", "qas", "paragraphs"];
    let around = [paragraph, article].into_iter().flat_map(|of| match of {
        Json::Object(entries) => entries.as_slice(),
        _ => &[],
    });
    for (key, value) in own.iter().chain(around) {
        if !made.contains(&key.as_ref()) && !all.iter().any(|(known, _)| known == key) {
            all.push((key.clone(), value.clone()));
        }
    }
    let one = |key: &str| own.iter().find(|(own, _)| own == key).map(|(_, value)| value);
    let impossible = one("is_impossible") == Some(&Json::Bool(true));
    let given = match (one("answers"), one("answer")) {
        (Some(Json::Array(many)), _) => Some(many.as_slice()),
        (None | Some(Json::Null), Some(single @ Json::Object(_))) => Some(std::slice::from_ref(single)),
        _ => None,
    };
    let answered = given.filter(|given| impossible || !given.is_empty());
    if answered.is_none() && impossible {
        all.extend([(ANSWERS.into(), Json::Array(Vec::new())), ("spans".into(), Json::Array(Vec::new()))]);
    } else if let Some(given) = answered {
        if impossible && !given.is_empty() {
            told.push(("squad.impossible", "there are answers, though `is_impossible` says that there is none".into()));
        }
        all.extend([(ANSWERS.into(), texts(given, told)), ("spans".into(), spans(given, told))]);
    } else {
        told.push((
            "squad.unanswered",
            "there is no answer, and `is_impossible` does not say that there is none".into(),
        ));
        all.extend([(ANSWERS.into(), Json::Null), ("spans".into(), Json::Null)]);
    }
    if let Some(Json::Array(plausible)) = one("plausible_answers") {
        all.push(("plausible_answers".into(), texts(plausible, told)));
    }
    Json::Object(all)
}

/// The texts of answers.
fn texts<'l>(answers: &[Json<'l>], told: &mut Told) -> Json<'l> {
    let text = |answer: &Json<'l>| select(answer, "text").filter(|text| matches!(text, Json::Text(_))).cloned();
    let all: Vec<Json> = answers.iter().filter_map(text).collect();
    if all.len() < answers.len() {
        told.push(("squad.text", format!("{} of {} answers have no text", answers.len() - all.len(), answers.len())));
    }
    let more = |answer: &&Json| match answer {
        Json::Object(own) => own.iter().any(|(key, _)| !["text", "answer_start"].contains(&key.as_ref())),
        _ => false,
    };
    let more = answers.iter().filter(more).count();
    if more > 0 {
        told.push((
            "squad.fields",
            format!("{more} of {} answers say more than a text and its place, which is left out", answers.len()),
        ));
    }
    Json::Array(all)
}

/// The answers as spans of the text, each once.
fn spans<'l>(answers: &[Json<'l>], told: &mut Told) -> Json<'l> {
    let (mut all, mut placeless) = (Vec::new(), 0);
    for answer in answers {
        let Some(Json::Text(text)) = select(answer, "text") else { continue };
        let end = |start: i64| start.checked_add(i64::try_from(text.chars().count()).ok()?);
        let at = match select(answer, "answer_start") {
            Some(Json::Int(start)) => end(*start).filter(|_| *start >= 0).map(|end| (*start, end)),
            _ => None,
        };
        let Some((start, end)) = at else {
            placeless += 1;
            continue;
        };
        let span = Json::Object(vec![
            ("class".into(), Json::Text(CLASS.into())),
            ("start".into(), Json::Int(start)),
            ("end".into(), Json::Int(end)),
            ("text".into(), Json::Text(text.clone())),
        ]);
        if !all.contains(&span) {
            all.push(span);
        }
    }
    if placeless > 0 {
        told.push(("squad.place", format!("{placeless} of {} answers have no place in the text", answers.len())));
    }
    Json::Array(all)
}

/// Makes the questions of an article samples.
fn take(ask: &Ask, unit: &Unit, out: &mut Records, n: &mut usize, article: &Json) {
    let (line, mut nothing) = (out.line, 0);
    for asked in questions(article, &mut nothing) {
        match asked.of {
            Ok(of) => {
                let bytes = if ask.id == Some(From::Content) { of.text_of().into_bytes() } else { Vec::new() };
                json::take(ask, out, (unit, *n, &bytes), &of);
                asked.told.into_iter().for_each(|(rule, say)| out.finding(unit, *n, line, rule, say));
            }
            Err(wrong) => out.reject_line(unit, *n, &wrong.at(line)),
        }
        *n += 1;
    }
    if nothing > 0 {
        let say = format!("texts of an article about which nothing is asked, which are no samples: {nothing}");
        out.finding(unit, n.saturating_sub(1), line, "squad.none", say);
    }
}

/// The articles that lie whole in the beginning of a file, as a list.
pub fn head(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return json_array::head(bytes);
    }
    let key = b"\"data\"";
    let at = memchr::memmem::find(bytes, key)?;
    let rest = bytes.get(at + key.len()..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    json_array::head(rest)
}

/// Whether the beginning of a file is that of such questions.
pub fn is_squad(bytes: &[u8]) -> bool {
    let Some(list) = head(bytes) else { return false };
    let mut articles = json_array::objects(&list).filter_map(|item| parse(item, 64).ok()).peekable();
    if articles.peek().is_none() {
        // the first article goes on behind what was read
        let says = |key: &[u8]| memchr::memmem::find(bytes, key).is_some();
        return [&b"\"qas\""[..], b"\"context\"", b"\"question\""].into_iter().all(says);
    }
    articles.any(|article| questions(&article, &mut 0).iter().any(|asked| asked.of.is_ok()))
}

/// The keys of the first questions.
fn columns(options: &Options, _: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let beginning = read(0, HEAD).map_err(|e| e.to_string())?;
    let beginning = encoding::head(&beginning, options.text(&ENCODING));
    let list = head(&beginning).ok_or("there is no list `data` of articles")?;
    let articles = json_array::objects(&list).filter_map(|item| parse(item, 64).ok());
    let all: Vec<Asked> = articles.flat_map(|article| questions(&article, &mut 0)).collect();
    let seen = infer::objects(all.into_iter().filter_map(|asked| asked.of.ok()));
    let known = |name: String, of: String| (name.clone(), ty(&name).map_or(of, |ty| types::text(&ty)));
    let mut seen: Vec<Seen> = seen.into_iter().map(|(name, of)| known(name, of)).collect();
    if seen.is_empty() {
        let all = ["id", "text", "question", "answers", "spans"];
        seen = all.map(|name| known(name.into(), "utf8".into())).to_vec();
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{"version": "v2.0", "data": [{"title": "Mina", "paragraphs": [{"context": "Mina 😊 lives in Seoul.", "qas": [
        {"id": "q1", "question": "Who?", "is_impossible": false, "answers": [{"text": "Mina", "answer_start": 0}, {"text": "Mina", "answer_start": 0}]},
        {"id": "q2", "question": "Why?", "is_impossible": true, "answers": [], "plausible_answers": [{"text": "Seoul", "answer_start": 16}]},
        {"id": "q3", "question": "Where?", "answers": [{"text": "Seoul", "answer_start": 16, "by": "kim"}, {"answer_start": 2}, {"text": "Busan"}]},
        {"id": "q4", "question": "When?", "answers": []}]}, {"context": "Nothing.", "qas": []}]},
        {"title": "Jin", "context": "Jin ran.", "qas": [{"id": "q5", "question": "Who?", "answer": {"text": "Jin", "answer_start": 0}}, {"id": "q6"}]}]}"#;

    fn flats() -> (Vec<serde_json::Value>, Vec<&'static str>, usize) {
        let (mut all, mut rules, mut nothing) = (Vec::new(), Vec::new(), 0);
        for article in articles(FILE.as_bytes()).unwrap() {
            let article = parse(article.get().as_bytes(), 64).unwrap();
            for asked in questions(&article, &mut nothing) {
                rules.extend(asked.told.iter().map(|t| t.0));
                match asked.of {
                    Ok(of) => all.push(of.tree()),
                    Err(wrong) => rules.push(wrong.rule),
                }
            }
        }
        (all, rules, nothing)
    }

    #[test]
    fn a_question_has_its_text_its_answers_and_what_is_told_of_them() {
        let (all, rules, nothing) = flats();
        let of = |n: usize, key: &str| all[n][key].clone();
        let span =
            |start, end, text| serde_json::json!({ "class": "answer", "start": start, "end": end, "text": text });
        assert_eq!((all.len(), nothing, of(0, "title"), of(4, "text")), (5, 1, "Mina".into(), "Jin ran.".into()));
        assert_eq!(of(0, "answers"), serde_json::json!(["Mina", "Mina"]));
        assert_eq!(of(0, "spans"), serde_json::json!([span(0, 4, "Mina")]), "a span is there once");
        assert_eq!(
            (of(1, "answers"), of(1, "plausible_answers")),
            (serde_json::json!([]), serde_json::json!(["Seoul"]))
        );
        assert_eq!(of(2, "spans"), serde_json::json!([span(16, 21, "Seoul")]));
        assert_eq!((of(3, "answers"), of(3, "spans")), (serde_json::Value::Null, serde_json::Value::Null));
        assert_eq!(of(4, "spans"), serde_json::json!([span(0, 3, "Jin")]));
        assert_eq!(
            rules,
            ["squad.text", "squad.fields", "squad.place", "squad.unanswered", "squad.question"],
            "by question"
        );
    }

    #[test]
    fn a_beginning_is_enough_to_know_the_format() {
        assert!(is_squad(FILE.as_bytes()) && is_squad(FILE.split_at(FILE.len() - 40).0.as_bytes()));
        assert!(is_squad(FILE.split_at(250).0.as_bytes()), "the first article goes on");
        assert!(!is_squad(br#"{"data": [{"text": "a"}]}"#) && !is_squad(b"[]") && !is_squad(b"{"));
        let broken = |text: &str| articles(text.as_bytes()).map(|all| all.len()).map_err(|wrong| wrong.rule);
        assert_eq!((broken("{}"), broken("[{}]")), (Err("squad.data"), Ok(1)));
        assert_eq!((broken(r#"{"data": {}}"#), broken(r#"{"data": ["#)), (Err("squad.data"), Err("json")));
    }
}

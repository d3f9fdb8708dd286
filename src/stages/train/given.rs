//! `train.NAME/folds` where predictions come in files: each sample gets what the files say of it.
//!
//! Joins the rows of `train.NAME/read` by id; of a task of spans it reads the text and the tokens. Writes `predicted.NAME`. Findings:
//! `prediction.unmatched` (it belongs to no sample), `prediction.repeated` (one more for a sample; the first counts),
//! and those for which there is no prediction of a sample: `prediction.shape` (no list or object of numbers, or of another
//! length), `prediction.class` (a name that is no class, or no tag), `prediction.number` (no number, below 0 or above 1),
//! `prediction.sum` (the probabilities sum to something else than 1, by more than 0.01), `prediction.tokens` (tokens that do not fit
//! the text or the probabilities). Nothing is scaled or filled in. Fact: `lost_share`, the share of predictions that one of these is told of.
use super::declaration::{Trained, checked};
use crate::model::predictions::Predicted;
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::{Cell, array_of};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub const ENTRY: Entry = Entry::join::<Given>("train/given", "train.*", declare);

/// By how much the sum of probabilities may differ from 1: files of 16-bit numbers stay below it.
const SUM_OFF: f64 = 0.01;
/// A probability may be above 1 or below 0 by so much, as rounding leaves it; it counts as 1 or 0.
const ABOVE: f64 = 1e-6;

/// The column of predictions of a model.
pub fn column_of(name: &str) -> String {
    format!("predicted.{name}")
}

/// The column itself: numbers and places of the sample.
pub fn column(trained: &Trained) -> Column {
    let task = trained.declared.task.get().clone();
    Column::new(Predicted::ty()).role(Role::Predictions { task }).inner().harmless()
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check).filter(|trained| !trained.boxes) else { return Vec::new() };
    let Some(p) = &trained.declared.predictions else { return Vec::new() };
    let tags = trained.tags();
    let order: Vec<String> = p.classes.iter().map(|c| c.get().clone()).collect();
    for class in p.classes.iter().filter(|c| !tags.contains(c.get())) {
        let problem = crate::diag::Diagnostic::error(
            "T0217",
            class.span(),
            format!("`{}` is not predicted by {}", class.get(), trained.label()),
        );
        check.bad(
            problem.label("not declared").help(crate::diag::suggest(class.get(), tags.iter().map(String::as_str))),
        );
    }
    let join = Join {
        name: trained.name.clone(),
        order: if order.is_empty() { tags.clone() } else { order },
        tags,
        text: trained.texts.first().cloned().filter(|_| trained.spans),
        tokens: trained.tokens(check),
    };
    let key = trained.key("predictions.files");
    let right = Right {
        table: format!("{}/predictions", trained.path),
        key: "item".into(),
        on: "id".into(),
        reads: names(&["probabilities", "tokens"]),
        unmatched: Some(("prediction.unmatched".into(), key)),
    };
    let ports = Ports {
        table: "samples".into(),
        reads: join.text.iter().chain(&join.tokens).cloned().collect(),
        writes: vec![(column_of(&trained.name), column(&trained))],
        right: Some(right),
        ..Ports::default()
    };
    let say = format!(
        "more predictions of [{}] belong to no sample, repeat another or are of no use than may be lost",
        trained.path
    );
    let gates = vec![trained.lost_gate(check, format!("{}/folds.lost_share", trained.path), &say)];
    vec![Plan { gates, ..Plan::join::<Given>(ports, &join).word("folds") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Join {
    #[serde(default, skip_serializing_if = "is_default")]
    name: String,
    /// What is predicted: the classes, or the tags of tokens.
    #[serde(default, skip_serializing_if = "is_default")]
    tags: Vec<String>,
    /// What lists stand for.
    #[serde(default, skip_serializing_if = "is_default")]
    order: Vec<String>,
    /// The text that tokens lie on; only of a task of spans.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<String>,
}

/// Why there is no prediction: a rule, and words.
type Why = (&'static str, String);

struct Given;

impl JoinStage for Given {
    const JOIN: u32 = 3; // each repetition is told, and why tokens do not fit; rounding below 0
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let (probabilities, tokens) = (right.texts("probabilities")?, right.texts("tokens")?);
        let texts = p.text.as_ref().map(|text| left.texts(text)).transpose()?.unwrap_or_default();
        let own: Vec<Option<Vec<Token>>> = match &p.tokens {
            Some(name) => left.cells(name)?,
            None => Vec::new(),
        };
        let key = format!("train.{}.predictions.files", p.name);
        let (mut delta, mut column) = (Delta::default(), Vec::with_capacity(left.len()));
        for (row, hits) in matches.iter().enumerate() {
            let Some(hit) = hits.first() else {
                column.push(None);
                continue;
            };
            for (n, more) in hits.iter().enumerate().skip(1) {
                let say = format!("prediction {} of {} of this sample; the first counts", n + 1, hits.len());
                delta.event(row, Act::Finding, &key, "prediction.repeated", say);
                delta.about(*more);
            }
            let told = |of: &[Option<String>]| of.get(*hit).cloned().flatten();
            let chars = texts.get(row).cloned().flatten().map_or(0, |t| t.chars().count() as u32);
            let own = own.get(row).and_then(Option::as_deref);
            let found = told(&probabilities).ok_or_else(|| lacks("nothing is there"));
            match found.and_then(|text| p.predicted(&text, told(&tokens).as_deref(), own, chars)) {
                Ok(predicted) => column.push(Some(predicted)),
                Err((rule, say)) => {
                    delta.event(row, Act::Finding, &key, rule, say);
                    delta.about(*hit);
                    column.push(None);
                }
            }
        }
        if column.iter().any(Option::is_some) {
            delta.write(column_of(&p.name), array_of(column));
        }
        Ok(delta)
    }
}

fn lacks(say: impl Into<String>) -> Why {
    ("prediction.shape", say.into())
}

impl Join {
    fn predicted(&self, text: &str, tokens: Option<&str>, own: Option<&[Token]>, chars: u32) -> Result<Predicted, Why> {
        let json: Json = serde_json::from_str(text).map_err(|_| lacks("it is no JSON of numbers"))?;
        let json = if self.text.is_some() { self.released(json)? } else { json };
        let (json, tokens) = match &json {
            Json::Object(own) if self.text.is_some() => {
                (own.get("probabilities").unwrap_or(&Json::Null), own.get("tokens").map(Json::to_string))
            }
            other => (other, tokens.map(String::from)),
        };
        let tokens = tokens.as_deref();
        if self.text.is_none() {
            return Ok(Predicted { tokens: Vec::new(), probabilities: self.row(json)? });
        }
        let rows = json.as_array().ok_or_else(|| lacks("it is no list with the probabilities of each token"))?;
        let own = own.filter(|_| tokens.is_none());
        let tokens = match tokens {
            Some(text) => read_tokens(text)?,
            None => match own.filter(|own| own.len() == rows.len()) {
                Some(own) => own.to_vec(),
                None => (0..chars).map(|at| Token { start: at, end: at + 1 }).collect(),
            },
        };
        if let Some(say) = unfit(&tokens, rows.len(), chars) {
            let own = own.map(|own| format!("; the sample came with {} tokens", own.len()));
            return Err(("prediction.tokens", say + &own.unwrap_or_default()));
        }
        let mut probabilities = Vec::with_capacity(rows.len() * self.tags.len());
        for row in rows {
            probabilities.extend(self.row(row)?);
        }
        Ok(Predicted { tokens, probabilities })
    }

    /// A prediction as a release writes it, `{"tokens": [{"start", "end"}], "probabilities": [one number after another]}`, as a list of
    /// tokens and a list of rows; anything else as it is.
    fn released(&self, json: Json) -> Result<Json, Why> {
        let Json::Object(own) = &json else { return Ok(json) };
        let (Some(Json::Array(tokens)), Some(Json::Array(numbers))) = (own.get("tokens"), own.get("probabilities"))
        else {
            return Ok(json);
        };
        let ends = |t: &Json| Json::from(vec![t["start"].clone(), t["end"].clone()]);
        let tags = self.tags.len().max(1);
        if numbers.len() != tokens.len() * tags {
            return Err(lacks(format!("{} numbers for {} tokens and {tags} tags", numbers.len(), tokens.len())));
        }
        let rows: Vec<Json> = numbers.chunks(tags).map(|row| Json::from(row.to_vec())).collect();
        Ok(serde_json::json!({ "tokens": tokens.iter().map(ends).collect::<Vec<_>>(), "probabilities": rows }))
    }

    /// The probabilities of a list or an object, in the order of the tags.
    fn row(&self, json: &Json) -> Result<Vec<f64>, Why> {
        let mut out = vec![0.0; self.tags.len()];
        let mut put = |name: &str, value: &Json| {
            let place = self.tags.iter().position(|t| t == name);
            let slot = place
                .and_then(|at| out.get_mut(at))
                .ok_or_else(|| ("prediction.class", "a name that is no class".to_string()))?;
            *slot = probability(value)?;
            Ok(())
        };
        match json {
            Json::Array(values) if values.len() == self.order.len() => {
                self.order.iter().zip(values).try_for_each(|(name, value)| put(name, value))?
            }
            Json::Array(values) => {
                return Err(lacks(format!("{} numbers for {} classes", values.len(), self.order.len())));
            }
            Json::Object(values) => values.iter().try_for_each(|(name, value)| put(name, value))?,
            _ => return Err(lacks("neither a list nor an object of numbers")),
        }
        let sum: f64 = out.iter().sum();
        if (sum - 1.0).abs() > SUM_OFF {
            return Err(("prediction.sum", format!("the probabilities sum to {sum:.4}, and not to 1")));
        }
        Ok(out)
    }
}

/// A number of JSON, or the text of one, from 0 to 1.
fn probability(value: &Json) -> Result<f64, Why> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    match number {
        Some(p) if (-ABOVE..=1.0 + ABOVE).contains(&p) => Ok(p.clamp(0.0, 1.0)),
        Some(p) => Err(("prediction.number", format!("{p} is no probability"))),
        None => Err(("prediction.number", "what stands there is no number".into())),
    }
}

/// Why tokens do not fit the text or the probabilities.
fn unfit(tokens: &[Token], rows: usize, chars: u32) -> Option<String> {
    for t in tokens {
        if t.start >= t.end {
            return Some(format!("the token [{}, {}] ends where it begins or before", t.start, t.end));
        }
        if t.end > chars {
            return Some(format!("the token [{}, {}] ends behind the text of {chars} characters", t.start, t.end));
        }
    }
    for (one, next) in tokens.iter().zip(tokens.iter().skip(1)) {
        if one.end > next.start {
            let (a, b) = ((one.start, one.end), (next.start, next.end));
            let how = if next.end <= one.start { "stands before" } else { "overlaps" };
            return Some(format!(
                "the token [{}, {}] {how} the one before it in the list, [{}, {}]",
                b.0, b.1, a.0, a.1
            ));
        }
    }
    let say =
        format!("probabilities of {rows} tokens, where there are {} on a text of {chars} characters", tokens.len());
    (tokens.len() != rows).then_some(say)
}

fn read_tokens(text: &str) -> Result<Vec<Token>, Why> {
    let pairs: Vec<(u32, u32)> =
        serde_json::from_str(text).map_err(|_| ("prediction.tokens", "no list of [start, end]".to_string()))?;
    Ok(pairs.into_iter().map(|(start, end)| Token { start, end }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join() -> Join {
        let tags = ["a", "b", "c"].map(String::from).to_vec();
        Join { order: tags.clone(), tags, ..Join::default() }
    }

    fn rule(of: Result<Predicted, Why>) -> &'static str {
        of.map_or_else(|why| why.0, |_| "")
    }

    #[test]
    fn probabilities_are_lists_or_objects_and_nothing_is_filled_in() {
        let p = join();
        let read = |text: &str| p.predicted(text, None, None, 0);
        assert_eq!(read("[0.5,0.25,0.25]").unwrap().probabilities, [0.5, 0.25, 0.25]);
        assert_eq!(read(r#"{"c":0.25,"a":0.75}"#).unwrap().probabilities, [0.75, 0.0, 0.25]);
        assert_eq!(read(r#"{"c":"0.25","a":0.7500001}"#).unwrap().probabilities[2], 0.25);
        let wrong = [
            ("[0.5,0.5]", "prediction.shape"),
            ("0.5", "prediction.shape"),
            ("[0.5,", "prediction.shape"),
            (r#"{"d":1}"#, "prediction.class"),
            ("[0.5,0.2,0.2]", "prediction.sum"),
            ("[1.5,-0.5,0]", "prediction.number"),
            (r#"[null,1,0]"#, "prediction.number"),
            (r#"["NaN",1,0]"#, "prediction.number"),
        ];
        wrong.iter().for_each(|(text, want)| assert_eq!(rule(read(text)), *want, "{text}"));
    }

    #[test]
    fn tokens_are_given_or_those_of_the_sample_or_characters() {
        let p = Join { text: Some("text".into()), ..join() };
        let rows = "[[1,0,0],[0,1,0]]";
        let read = |tokens: Option<&str>, own: Option<&[Token]>, chars| p.predicted(rows, tokens, own, chars);
        let words = [Token { start: 0, end: 2 }, Token { start: 3, end: 4 }];
        assert_eq!(read(None, Some(&words), 4).unwrap().tokens, words);
        assert_eq!(read(Some("[[0,2],[3,4]]"), None, 4).unwrap().tokens, words);
        assert_eq!(read(None, None, 2).unwrap().tokens.len(), 2);
        for (tokens, chars) in [(Some("[[0,2],[1,4]]"), 4), (Some("[[0,2],[3,5]]"), 4), (Some("[[0,2]]"), 4), (None, 3)]
        {
            assert_eq!(rule(read(tokens, None, chars)), "prediction.tokens");
        }
        let why = |tokens| read(Some(tokens), None, 4).map_or_else(|why| why.1, |_| String::new());
        for (tokens, want) in [
            ("[[0,2],[1,4]]", "the token [1, 4] overlaps the one before it in the list, [0, 2]"),
            ("[[2,4],[0,1]]", "the token [0, 1] stands before the one before it in the list, [2, 4]"),
            ("[[0,2],[3,5]]", "the token [3, 5] ends behind the text of 4 characters"),
            ("[[2,0],[3,4]]", "the token [2, 0] ends where it begins or before"),
        ] {
            assert_eq!(why(tokens), want);
        }
    }
}

//! The declaration of `[synthesize.NAME]`, and every mistake in it that can be found before a sample is read.
use super::super::declaration::{
    self as augment, Augment, CLASS, LEARNED_OF, NER, check_share, check_split, check_use, labels, millionths, place,
};
use super::prompt::{Form, Prompt, Slot};
use crate::diag::{Diagnostic, Severity, suggest};
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::sections::{Dataset, SchemaSection};
use crate::manifest::values::At;
use crate::measure::urls::Url;
use crate::model::answers;
use crate::stage::*;
use crate::table::utf8;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Bytes of a prompt, and of a file of answers, at most.
const PROMPT_MAX: u64 = 1 << 16;
const ANSWERS_MAX: u64 = 1 << 30;

/// Samples that a language model writes, to learn of beside those of the split `train`. `tamis update` asks; a build reads the answers.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What the model is asked for. Default `generate`.
    pub role: Option<At<Role>>,
    /// The split of which examples are drawn, and that the samples are of: `train`, and no other.
    pub of: Option<At<String>>,
    /// The task whose labels the samples have, of the kind `ner` or `classification`. Default: the only task of the kind `ner`, else the
    /// only one of classes.
    pub task: Option<At<String>>,
    /// The file of the prompt. `{examples}`, `{class}`, `{classes}`, `{count}` and, of a paraphrase, `{text}` are filled in; `{{` and `}}` are
    /// braces. What form the answer must have is said to the model besides.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub prompt: At<String>,
    /// How many samples are asked for.
    pub count: At<Count>,
    /// How many samples one question asks for. Default 1.
    #[schemars(range(min = 1, max = 50))]
    pub per_request: Option<u32>,
    /// The classes that samples are asked for, as many of each. Default: all of the task.
    #[schemars(length(min = 1))]
    pub classes: Option<Vec<At<String>>>,
    /// How many samples of the split stand in each question as examples. Default 3; a paraphrase has none.
    #[schemars(range(min = 1, max = 50))]
    pub examples: Option<u32>,
    /// What examples are drawn from.
    #[serde(default)]
    pub seed: u64,
    /// Where the model is asked.
    pub endpoint: At<Endpoint>,
    /// How similar a sample may be to one that was collected, by its n-grams of five characters (Jaccard), before it counts as a copy.
    /// Default 0.8.
    pub near: Option<At<Decimal>>,
    /// How many characters in a row a sample may share with one that was collected, white space apart, before it counts as a copy.
    /// Default 60; a paraphrase may share any.
    #[schemars(range(min = 10, max = 10_000))]
    pub passage: Option<u32>,
    /// The greatest share of samples that may be copies of collected ones: a model that copies more has learned by heart. Copies are left
    /// out in any case. Default 0.05.
    pub copies_max: Option<At<Decimal>>,
}

/// A number of samples.
#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Count(#[schemars(range(min = 1, max = 1_000_000))] pub u32);

/// What a model is asked for.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// New samples like the examples.
    #[default]
    Generate,
    /// A sample of the split in other words, with the same labels.
    Paraphrase,
}

/// A language model behind an interface like OpenAI's (`/chat/completions`). Nothing is sent there before `tamis trust`.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The address, such as `https://example.org/v1`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub url: Option<At<String>>,
    /// The variable of the environment that holds the address.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub url_env: Option<At<String>>,
    /// The variable of the environment that holds the key.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub key_env: Option<At<String>>,
    /// What the server calls the model.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub model: At<String>,
    /// Default 0.7.
    pub temperature: Option<At<Decimal>>,
    /// The most tokens of an answer. Default 1024.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_tokens: Option<u32>,
    /// How the server is asked to keep to the form of the answer. Default `json_schema`.
    #[serde(default)]
    pub format: Form,
    /// Seconds that an answer may take. Default 120.
    #[schemars(range(min = 1, max = 3600))]
    pub seconds: Option<u32>,
    /// What a million tokens cost: told before anything is asked, and afterwards.
    pub price: Option<At<Prices>>,
}

/// What a million tokens cost.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Of questions.
    pub input: At<Decimal>,
    /// Of answers.
    pub output: At<Decimal>,
    /// Default `USD`.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub currency: Option<At<String>>,
}

/// A declaration with all that it refers to.
pub struct Synthesize {
    /// Its samples, as children of a table of `[augment]`.
    pub augment: Augment,
    pub declared: Declaration,
    pub prompt: Prompt,
    /// The answers that there are, by the digest of their file.
    pub pack: Option<(String, Digest, u64)>,
    /// Columns that say nothing of a sample that was not collected.
    pub lost: Vec<String>,
    pub temperature: u64,
    pub near: u64,
    pub passage: u32,
    pub copies_max: Decimal,
    pub copies_span: Option<Range<usize>>,
}

impl Synthesize {
    pub fn role(&self) -> Role {
        self.declared.role.as_ref().map_or(Role::default(), |r| *r.get())
    }

    /// The column of the questions.
    pub fn asked(&self) -> String {
        asked(&self.augment.name)
    }
}

fn asked(name: &str) -> String {
    format!("asked.{name}")
}

/// What the table asks of the outside.
pub fn effects(check: &mut Check) -> Vec<Effect> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let before = check.problems.len();
    let endpoint = endpoint(check, &d);
    let dataset: Dataset = check.section(&["dataset"]);
    let e = d.endpoint.get();
    if check.problems.len() > before {
        return Vec::new();
    }
    let asks = Asks {
        endpoint,
        model: e.model.get().clone(),
        step: format!("{}/draw", check.path),
        column: asked(&check.instance),
        file: answers::path(&check.instance),
        tokens_max: u64::from(e.max_tokens.unwrap_or(TOKENS_MAX)),
        seconds: u64::from(e.seconds.unwrap_or(120)),
        price: e.price.as_ref().map(|p| Price {
            input: millionths(&p.input).unwrap_or(0),
            output: millionths(&p.output).unwrap_or(0),
            currency: p.currency.as_ref().map_or("USD".into(), |c| c.get().clone()),
        }),
    };
    let (requests, listings, span) = (Vec::new(), Vec::new(), check.span.clone());
    let (name, folder, contact) = (check.path.clone(), check.instance.clone(), dataset.contact.unwrap_or_default());
    vec![Effect { name, folder, contact, size_max: 0, requests, listings, asks: Some(asks), crawl: None, span }]
}

/// The most tokens of an answer where nothing is said.
pub const TOKENS_MAX: u32 = 1024;

/// Where questions are sent; what is wrong with it is noted.
fn endpoint(check: &mut Check, d: &Declaration) -> crate::stage::Endpoint {
    let e = d.endpoint.get();
    let url = match (&e.url, &e.url_env) {
        (Some(url), None) => match Url::parse(url) {
            Ok(_) => url.get().clone(),
            Err(say) => {
                check.bad(Diagnostic::error("T0771", url.span(), "this is no address of an endpoint").label(say));
                String::new()
            }
        },
        (None, Some(name)) => {
            let value = check.world.variable(name).and_then(|bytes| String::from_utf8(bytes).ok());
            value.map(|v| v.trim().to_string()).unwrap_or_default()
        }
        (given, _) => {
            let say = if given.is_some() { "`url` and `url_env` are two" } else { "needs `url` or `url_env`" };
            let problem = Diagnostic::error("T0771", d.endpoint.span(), "it is not said where the model is asked");
            check.bad(problem.label(say).help("url_env = \"LLM_URL\" takes it from the environment"));
            String::new()
        }
    };
    let prices = e.price.iter().flat_map(|p| [&p.input, &p.output]);
    for number in e.temperature.iter().chain(prices).filter(|n| millionths(n).is_none()) {
        let problem = Diagnostic::error("T0771", number.span(), "this number cannot be sent");
        check.bad(problem.label("0 or more, with at most six digits behind the point"));
    }
    let name = |of: &Option<At<String>>| of.as_ref().map(|n| n.get().clone());
    let (url_env, key_env) = (name(&e.url_env), name(&e.key_env));
    crate::stage::Endpoint { url, url_env, key_env, sends: d.prompt.get().clone() }
}

/// Reads and checks the table.
pub fn checked(check: &mut Check) -> Option<Synthesize> {
    let d: Declaration = check.read()?;
    let before = check.problems.iter().filter(|p| p.severity == Severity::Error).count();
    let role = d.role.as_ref().map_or(Role::default(), |r| *r.get());
    check_split(check, d.of.as_ref());
    check_use(check);
    check_name(check);
    endpoint(check, &d);
    let text = check.text_of_spans();
    if text.is_none() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text for a model to write");
        check.bad(problem.label("needs a text field in [schema]"));
    }
    let task = task(check, &d);
    let prompt = prompt(check, &d, role);
    let mut share = |of: &Option<At<Decimal>>, usual: u64| match of {
        Some(at) => check_share(check, Some(at), false).unwrap_or(usual),
        None => usual,
    };
    let near = share(&d.near, 800_000);
    let copies = d.copies_max.as_ref().map(|c| (*c.get(), c.span()));
    if let Some((_, span)) = copies.clone().filter(|(c, _)| millionths(c).is_none_or(|n| n > 1_000_000)) {
        let problem = Diagnostic::error("T0613", span, "this is no share");
        check.bad(problem.label("0 to 1, with at most six digits behind the point"));
    }
    let (text, (label, kind, classes)) = (text?, task?);
    check_raw(check, &[&text, &label]);
    for class in d.classes.iter().flatten().filter(|c| !classes.contains(c.get())) {
        let help = suggest(class, classes.iter().map(String::as_str));
        let message = format!("`{}` is no class of {label}", class.get());
        check.bad(Diagnostic::error("T0217", class.span(), message).label("not declared").help(help));
    }
    let errors = |check: &Check| check.problems.iter().filter(|p| p.severity == Severity::Error).count();
    let pack = if errors(check) > before { None } else { pack(check, &d) };
    if errors(check) > before {
        return None;
    }
    let usual = if role == Role::Paraphrase { 0 } else { 60 };
    Some(Synthesize {
        augment: children(check, (text.clone(), label, kind, classes)),
        prompt: prompt?,
        pack,
        lost: lost(check, &text),
        temperature: d.endpoint.temperature.as_ref().and_then(|t| millionths(t)).unwrap_or(700_000),
        near,
        passage: d.passage.unwrap_or(usual),
        copies_max: copies.as_ref().map_or_else(five_percent, |c| c.0),
        copies_span: copies.map(|c| c.1),
        declared: d,
    })
}

fn five_percent() -> Decimal {
    Decimal::parse("0.05").unwrap_or_else(|_| 0u64.into())
}

/// Its samples as children of a table of `[augment]`, which are born in the same way.
fn children(check: &Check, (text, label, kind, classes): (String, String, &'static str, Vec<String>)) -> Augment {
    let mut spans: Vec<String> = labels(check, NER).into_iter().map(|l| l.0).collect();
    spans.sort();
    let main = spans.iter().position(|s| *s == label).filter(|_| kind == NER);
    let tokens = check.column("samples", "tokens")
        == Some(&crate::table::list(<crate::model::tokens::Token as crate::table::Cell>::ty()));
    let (ops, lists, ways, mix) = Default::default();
    Augment {
        name: check.instance.clone(),
        path: check.path.clone(),
        declared: augment::Declaration::default(),
        label,
        classes,
        text,
        spans,
        main,
        tokens: tokens.then(|| "tokens".to_string()),
        ops,
        lists,
        ways,
        mix,
        visible_min: 0,
        endpoint_made: true,
    }
}

/// Fields of `[schema]` besides the text: they tell of what was collected.
fn lost(check: &Check, text: &str) -> Vec<String> {
    let schema: SchemaSection = check.section(&["schema"]);
    let known = |name: &String| name != text && check.column("samples", name).is_some();
    schema.0.into_keys().filter(known).collect()
}

/// One name for one table that makes samples: models and releases take them by it.
fn check_name(check: &mut Check) {
    if check.manifest.table(&["augment", &check.instance.clone()]).is_some() {
        let message = format!("[augment.{}] has this name already", check.instance);
        let problem = Diagnostic::error("T0779", check.span.clone(), message);
        check.bad(problem.label("models and releases name their samples by it").help("call one of them otherwise"));
    }
}

/// The task whose labels samples have: its column, its kind and its classes.
fn task(check: &mut Check, d: &Declaration) -> Option<(String, &'static str, Vec<String>)> {
    let of = |kind: &'static str| labels(check, kind).into_iter().map(move |(name, classes)| (name, kind, classes));
    let one = |l: &(String, &'static str, Vec<String>)| l.1 == NER || check.column("samples", &l.0) == Some(&utf8());
    let all = [of(NER).filter(one).collect::<Vec<_>>(), of(CLASS).filter(one).collect()];
    if let Some(task) = &d.task {
        let name = format!("label.{}", task.get());
        let found = all.iter().flatten().find(|l| l.0 == name).cloned();
        if found.is_none() {
            let known = all.iter().flatten().filter_map(|l| l.0.strip_prefix("label."));
            let help = suggest(task, known);
            let message = format!("there is no [{name}] of the kind `{NER}`, or of one class of many");
            check.bad(Diagnostic::error("T0774", task.span(), message).label(help));
        }
        return found;
    }
    let first = all.into_iter().find(|of| !of.is_empty()).unwrap_or_default();
    match first.as_slice() {
        [one] => Some(one.clone()),
        [] => {
            let problem =
                Diagnostic::error("T0774", check.span.clone(), "there is no task whose labels a model could write");
            check.bad(problem.label(format!("needs a [label.TASK] of the kind `{NER}` or `{CLASS}` (of one class)")));
            None
        }
        [first, ..] => {
            let problem =
                Diagnostic::error("T0774", check.span.clone(), "it is not said whose labels the samples have");
            let help = format!("task = \"{}\"", first.0.trim_start_matches("label."));
            check.bad(problem.label("there are several tasks").help(help));
            None
        }
    }
}

/// What stands in a prompt leaves this machine: none of it may be what no privacy step has seen.
fn check_raw(check: &mut Check, sent: &[&String]) {
    let span = check.manifest.span_of(&format!("{}.prompt", check.path)).unwrap_or_else(|| check.span.clone());
    if check.manifest.table(&["privacy"]).is_none() {
        let problem =
            Diagnostic::error("T0772", span, "texts that nothing has looked through would leave this machine");
        let help = "[privacy.detect] masks what is personal; `harmless = [\"FIELD\"]` in [privacy] says that a field names nobody";
        return check.bad(problem.label("there is no [privacy]").help(help));
    }
    for column in sent.iter().filter(|c| check.is_raw("samples", c)).collect::<Vec<_>>() {
        let message = format!("`{column}` may hold personal data, and would leave this machine");
        let problem = Diagnostic::error("T0772", span.clone(), message);
        check.bad(problem.label("no step of [privacy] masks it").help("[privacy.detect] masks what is personal"));
    }
}

/// The prompt, with its places.
fn prompt(check: &mut Check, d: &Declaration, role: Role) -> Option<Prompt> {
    let before = check.problems.len();
    check.file(&d.prompt, "the prompt");
    if check.problems.len() > before {
        return None;
    }
    let bad = |check: &mut Check, say: String, help: &str| {
        let problem = Diagnostic::error("T0773", d.prompt.span(), "this prompt cannot be filled in");
        check.bad(problem.label(say).help(help));
        None
    };
    let text = match check.world.read(&d.prompt, PROMPT_MAX).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return bad(check, "this is no UTF-8".into(), "save it as UTF-8"),
        Err(e) => return bad(check, e.to_string(), "a prompt has at most 64 KiB"),
    };
    let prompt = match Prompt::parse(text.trim_start_matches('\u{FEFF}').trim()) {
        Ok(prompt) => prompt,
        Err(say) => {
            return bad(check, say, "places are {examples}, {class}, {classes}, {count}, {text}; {{ is a brace");
        }
    };
    let (needs, not) = match role {
        Role::Generate => (Slot::Examples, Slot::Text),
        Role::Paraphrase => (Slot::Text, Slot::Examples),
    };
    if !prompt.has(needs) {
        let say = format!("it has no place {{{}}}", needs.name());
        return bad(check, say, "a model that is shown nothing of the samples writes of something else");
    }
    if prompt.has(not) {
        let say = format!("nothing stands at {{{}}} for this role", not.name());
        return bad(check, say, "role = \"paraphrase\" fills {text}, role = \"generate\" fills {examples}");
    }
    if role == Role::Paraphrase && d.examples.is_some() {
        let problem = Diagnostic::error("T0773", place(check, "examples"), "a paraphrase has no examples");
        check.bad(problem.label("it is of one sample"));
    }
    Some(prompt)
}

/// The file of answers, if it is there; else a warning says how it comes to be.
fn pack(check: &mut Check, d: &Declaration) -> Option<(String, Digest, u64)> {
    let path = answers::path(&check.instance);
    let bytes = match check.world.read(&path, ANSWERS_MAX) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("the model was not asked yet: {path} is not there");
            let problem = Diagnostic::warning("T0776", d.endpoint.span(), message).label("no sample is made");
            check.bad(problem.help(format!("`tamis update {}` asks it", check.instance)));
            return None;
        }
        Err(e) => {
            let problem = Diagnostic::error("T0777", d.endpoint.span(), format!("{path} cannot be read"));
            check.bad(problem.label(e.to_string()));
            return None;
        }
    };
    if let Err(say) = answers::read(&bytes) {
        let problem =
            Diagnostic::error("T0777", d.endpoint.span(), format!("{path} holds something else than answers"));
        check.bad(problem.label(say).help("take the file from git again"));
        return None;
    }
    Some((path, Digest::of(&bytes), bytes.len() as u64))
}

/// The split that everything is of.
pub const OF: &str = LEARNED_OF;

//! A language model is asked: some questions at a time, each tried again where that may help. What came is noted answer by answer,
//! so that a stop or a kill loses none that was paid for. Answers that are cut short, refused or no JSON are told by their reason and
//! are not kept: the next update asks them again.
use super::super::store::FOLDER;
use super::get::{Miss, Try, Way, no_answer};
use crate::digest::Digest;
use crate::measure::urls::Url;
use crate::model::answers::{self, Answer, Question};
use crate::stage::{Asks, Effect, Fault};
use crate::world::net::Post;
use crate::world::{How, Own};
use serde::Deserialize;
use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Bytes of an answer, at most.
const ANSWER_MAX: u64 = 16 << 20;
/// Bytes of a text that are one token, about: English has four, Korean three.
const TOKEN: u64 = 3;

/// Failures without one answer after which the others are not asked: the endpoint does not answer at all.
const HOPELESS: u64 = 8;

/// What it came to.
#[derive(Default)]
pub struct Asked {
    /// The answers that there are now, those that were there before among them.
    pub answers: BTreeMap<String, Answer>,
    /// The keys of those that came now.
    pub new: Vec<String>,
    /// Why some have none, and how many.
    pub reasons: BTreeMap<String, u64>,
    /// What the server counted of answers that could not be used: they were paid for, too.
    pub wasted: Spent,
    /// Answers, of use or not, whose tokens the server did not count.
    pub uncounted: u64,
}

/// Tokens of questions and of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    pub tokens_in: u64,
    pub tokens_out: u64,
}

/// About how many tokens a question is; the server alone knows how many.
pub fn tokens(question: &Question) -> u64 {
    (question.body.len() as u64).div_ceil(TOKEN)
}

/// Asks what has no answer yet; `known` are the answers that are pinned.
pub fn ask(
    way: &Way,
    effect: &Effect,
    questions: &[Question],
    known: &BTreeMap<String, Answer>,
    jobs: usize,
) -> Result<Asked, Fault> {
    let Some(asks) = &effect.asks else { return Ok(Asked::default()) };
    let url = completions(&asks.endpoint.url).map_err(Fault::World)?;
    let secret = secret(way, asks)?;
    let journal = Mutex::new(Journal::open(way, &effect.name).map_err(disk)?);
    let mut out = Asked::default();
    let mut open = VecDeque::new();
    for question in questions {
        let noted = hold(&journal).done.remove(&question.key);
        match (known.get(&question.key), noted) {
            (Some(answer), _) => drop(out.answers.insert(question.key.clone(), answer.clone())),
            (None, Some(answer)) => {
                out.new.push(question.key.clone());
                out.answers.insert(question.key.clone(), answer);
            }
            (None, None) => open.push_back(question),
        }
    }
    let threads = jobs.max(1).min(open.len().max(1));
    let (open, done, fault) = (Mutex::new(open), Mutex::new(out), Mutex::new(None));
    let (came, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let wasted = |usage: Option<Usage>| hold(&done).waste(usage);
    let work = || {
        loop {
            if came.load(Relaxed) == 0 && failed.load(Relaxed) >= HOPELESS {
                let left = std::mem::take(&mut *hold(&open)).len() as u64;
                if left > 0 {
                    hold(&done)
                        .reasons
                        .insert(format!("not asked, since none of the first {HOPELESS} was answered"), left);
                }
                return;
            }
            let next = hold(&open).pop_front();
            let Some(question) = next.filter(|_| !(way.stops)() && hold(&fault).is_none()) else { return };
            match one(way, effect, asks, (&url, secret.as_deref()), question, &wasted) {
                Ok(answer) => {
                    if let Err(e) = hold(&journal).put(&answer) {
                        hold(&fault).get_or_insert(disk(e));
                        return;
                    }
                    came.fetch_add(1, Relaxed);
                    let mut done = hold(&done);
                    done.uncounted += u64::from(answer.tokens_in.is_none() || answer.tokens_out.is_none());
                    done.new.push(question.key.clone());
                    done.answers.insert(question.key.clone(), answer);
                }
                Err(Miss::Failed(say)) => {
                    failed.fetch_add(1, Relaxed);
                    *hold(&done).reasons.entry(say).or_default() += 1;
                }
                Err(Miss::Stopped) => return,
                Err(Miss::Disk(e)) => {
                    hold(&fault).get_or_insert(disk(e));
                }
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    match fault.into_inner().unwrap_or_else(|e| e.into_inner()) {
        Some(fault) => Err(fault),
        None => Ok(done.into_inner().unwrap_or_else(|e| e.into_inner())),
    }
}

impl Asked {
    fn waste(&mut self, usage: Option<Usage>) {
        let (tokens_in, tokens_out) = usage.map_or((None, None), |u| (u.prompt_tokens, u.completion_tokens));
        self.wasted.tokens_in += tokens_in.unwrap_or(0);
        self.wasted.tokens_out += tokens_out.unwrap_or(0);
        self.uncounted += u64::from(tokens_in.is_none() || tokens_out.is_none());
    }
}

/// Forgets what was noted on the way, once the file of answers holds it.
pub fn finished(way: &Way, effect: &Effect) -> io::Result<()> {
    let path = path(&effect.name);
    if way.world.exists(&path) { way.world.remove(&path) } else { Ok(()) }
}

/// The secret that the endpoint is asked with.
fn secret(way: &Way, asks: &Asks) -> Result<Option<String>, Fault> {
    let Some(name) = &asks.endpoint.key_env else { return Ok(None) };
    let value = way.world.variable(name).and_then(|bytes| String::from_utf8(bytes).ok());
    let value =
        value.map(|v| v.trim().to_string()).filter(|v| !v.is_empty() && v.chars().all(|c| c.is_ascii_graphic()));
    match value {
        Some(value) => Ok(Some(value)),
        None => {
            Err(Fault::World(format!("the variable {name}, which holds the key of the endpoint, is not set to one")))
        }
    }
}

/// The address of the interface below that of the endpoint.
fn completions(base: &str) -> Result<Url, String> {
    let base = base.trim_end_matches('/');
    match base.ends_with("/chat/completions") {
        true => Url::parse(base),
        false => Url::parse(&format!("{base}/chat/completions")),
    }
}

/// The part of an answer that is read (OpenAI's chat completions).
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
struct Usage {
    #[serde(default)]
    prompt_tokens: Option<u64>,
    #[serde(default)]
    completion_tokens: Option<u64>,
}

/// Asks one question until it is answered, cannot be, or was asked often enough.
fn one(
    way: &Way,
    effect: &Effect,
    asks: &Asks,
    (url, secret): (&Url, Option<&str>),
    question: &Question,
    wasted: &dyn Fn(Option<Usage>),
) -> Result<Answer, Miss> {
    let post = Post { contact: &effect.contact, body: &question.body, bearer: secret, seconds: asks.seconds };
    way.again(&|| {
        let mut answer = way.net.post(url, &post).map_err(no_answer)?;
        if answer.status != 200 {
            return Err(way.refused(url, &answer));
        }
        let mut bytes = Vec::new();
        let read = answer.body().take(ANSWER_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|e| Try::Again(format!("{url} broke off: {e}"), None))?;
        (way.moved)(bytes.len() as u64);
        if bytes.len() as u64 > ANSWER_MAX {
            return Err(Try::Not(Miss::Failed(format!("{url}: an answer of more than {ANSWER_MAX} bytes"))));
        }
        let all = serde_json::from_slice::<Completion>(&bytes);
        let all = all.map_err(|_| Try::Again("the server's answer is no completion".into(), None))?;
        let usage = all.usage;
        let answer = answered(all, question).map_err(|say| {
            wasted(usage);
            Try::Again(say.to_string(), None)
        })?;
        Ok(Answer { asked: way.world.date(), ..answer })
    })
}

/// What a server said, if it can be used; else why not, in words that many answers share.
fn answered(all: Completion, question: &Question) -> Result<Answer, &'static str> {
    let choice = all.choices.into_iter().next().ok_or("the server's answer holds no choice")?;
    match choice.finish_reason.as_deref() {
        Some("length") => return Err("the answer is cut short: `max_tokens` allows no more"),
        Some("content_filter") => return Err("the server's filter withheld the answer"),
        _ => {}
    }
    if choice.message.refusal.is_some_and(|say| !say.is_empty()) {
        return Err("the model refused");
    }
    let content = choice.message.content.ok_or("the answer holds no text")?;
    answers::items(&content).map_err(|_| "the answer is not the JSON that was asked for")?;
    let usage = all.usage.as_ref();
    Ok(Answer {
        key: question.key.clone(),
        model: all.model,
        content,
        tokens_in: usage.and_then(|u| u.prompt_tokens),
        tokens_out: usage.and_then(|u| u.completion_tokens),
        asked: String::new(),
    })
}

/// The answers that came before a stop, a line each.
struct Journal {
    own: Own,
    at: u64,
    done: BTreeMap<String, Answer>,
}

fn path(name: &str) -> String {
    format!("{FOLDER}/answers-{}", Digest::of(name.as_bytes()).short())
}

impl Journal {
    fn open(way: &Way, name: &str) -> io::Result<Journal> {
        let own = way.world.own(&path(name), How::Edit)?;
        let bytes = own.read(own.len()? as usize, 0)?;
        // a line that a kill broke off does not read, and its question is asked again
        let lines = bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Answer>(line).ok());
        let done = lines.map(|answer| (answer.key.clone(), answer)).collect();
        Ok(Journal { at: bytes.len() as u64, own, done })
    }

    fn put(&mut self, answer: &Answer) -> io::Result<()> {
        let line = serde_json::to_string(answer).map_err(io::Error::other)?;
        let bytes = format!("\n{line}\n"); // behind a line that broke off
        self.own.write_at(bytes.as_bytes(), self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

fn disk(e: io::Error) -> Fault {
    Fault::World(format!("the store: {e}"))
}

fn hold<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_cannot_be_used_say_why() {
        let question = Question { key: "k".into(), body: "{}".into() };
        let of = |text: &str| answered(serde_json::from_str(text).unwrap(), &question).map(|a| a.content);
        let choice = |rest: &str| {
            format!("{{\"model\":\"m\",\"choices\":[{{\"index\":0,{rest}}}],\"usage\":{{\"prompt_tokens\":3}}}}")
        };
        let good = r#"{\"samples\":[{\"text\":\"a\"}]}"#;
        let message =
            |content: &str| choice(&format!("\"message\":{{\"content\":\"{content}\"}},\"finish_reason\":\"stop\""));
        assert_eq!(of(&message(good)), Ok(good.replace('\\', "")));
        let cut = message("{").replace("stop", "length");
        let wrong = [
            ("{\"choices\":[]}", "no choice"),
            (&cut, "cut short"),
            (&message("a").replace("stop", "content_filter"), "withheld"),
            (&message("Sure! Here it is."), "not the JSON"),
            (&choice("\"message\":{\"content\":null}"), "no text"),
            (&choice("\"message\":{\"content\":null,\"refusal\":\"I cannot\"}"), "refused"),
        ];
        for (text, why) in wrong {
            assert!(of(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn the_interface_lies_below_the_address() {
        let of = |text: &str| completions(text).map(|url| url.to_string());
        let want = "https://example.org/v1/chat/completions".to_string();
        for base in ["https://example.org/v1", "https://example.org/v1/", "https://example.org/v1/chat/completions"] {
            assert_eq!(of(base), Ok(want.clone()));
        }
        assert!(of("ftp://example.org").is_err());
    }
}

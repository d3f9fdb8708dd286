//! `tamis update` of a language model: the questions are made of samples, so that a build comes first, up to the step that makes them.
//! What has no answer is asked, and the file of answers written; answers to what is no longer asked are left out of it.
use super::fetching::{Fetching, Hear, Options};
use super::{Failure, Project};
use crate::assemble;
use crate::engine::effect::{self, Outcome, What};
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::model::answers::{self, Answer, Question};
use crate::stage::{Asks, Effect, Endpoint, Fault, Price};
use crate::stages::registry;
use crate::table::texts;
use std::collections::BTreeMap;
use std::io;

/// Bytes of a file of answers, at most.
const ANSWERS_MAX: u64 = 1 << 30;

impl Project {
    /// The endpoints that this project asks, each with the table that declares it.
    pub fn endpoints(&self) -> Vec<(String, Endpoint)> {
        let (effects, _) = assemble::effects(&self.manifest, &self.world, &registry());
        effects.into_iter().filter_map(|e| Some((e.name, e.asks?.endpoint))).collect()
    }
}

/// Asks what has no answer, or tells what would be asked.
pub fn ask(of: &Fetching, effect: &Effect, options: &Options, hear: Hear) -> Result<Outcome, Failure> {
    let Some(asks) = &effect.asks else { return Err(Failure::Bug("nothing is asked".into())) };
    let url = match asks.endpoint.url.is_empty() {
        true => format!("${}", asks.endpoint.url_env.as_deref().unwrap_or_default()),
        false => asks.endpoint.url.clone(),
    };
    let outcome =
        |what: What, remarks: Vec<String>| Outcome { name: effect.name.clone(), url: url.clone(), what, remarks };
    let failed = |say: String, kept: bool| outcome(What::Failed { say, kept }, Vec::new());
    let known = known(of, asks)?;
    let Some(questions) = questions(of, asks, options)? else {
        let say = format!(": the build does not come as far as {}; `tamis build {}` says why", asks.step, asks.step);
        return Ok(failed(format!("{url}{say}"), !known.is_empty()));
    };
    let open: Vec<&Question> = questions.iter().filter(|q| !known.contains_key(&q.key)).collect();
    let (count, before) = (questions.len() as u64, (questions.len() - open.len()) as u64);
    if options.dry_run {
        let (tokens_in, tokens_out_max) =
            (open.iter().map(|q| effect::tokens(q)).sum(), open.len() as u64 * asks.tokens_max);
        let cost_max = asks.price.as_ref().map(|price| cost(price, tokens_in, tokens_out_max));
        let what = What::Asks { questions: count, answered: before, tokens_in, tokens_out_max, cost_max };
        return Ok(outcome(what, Vec::new()));
    }
    if open.is_empty() {
        let (new, missing, tokens_in, tokens_out, cost) = Default::default();
        let own = questions.iter().filter_map(|q| known.get_key_value(&q.key));
        keep(of, asks, &known, &own.map(|(key, answer)| (key.clone(), answer.clone())).collect())?;
        return Ok(outcome(
            What::Answered { questions: count, before, new, missing, tokens_in, tokens_out, cost },
            Vec::new(),
        ));
    }
    if asks.endpoint.url.is_empty() {
        return Ok(failed(format!("{url}: the variable is not set, and no address is known"), !known.is_empty()));
    }
    if !of.world.trusts_endpoint(&asks.endpoint) {
        let say = "is not trusted in this checkout, so nothing was sent: `tamis trust` shows it and asks";
        return Ok(failed(format!("{url} {say}"), !known.is_empty()));
    }
    let asked = of.with(options, hear, &|way| {
        let asked = effect::ask(way, effect, &questions, &known, options.jobs)?;
        keep(of, asks, &known, &asked.answers).map_err(|e| Fault::World(e.words().unwrap_or_default()))?;
        if options.stop.asked() == 0 {
            effect::asked(way, effect).map_err(|e| Fault::World(format!("the store: {e}")))?;
        }
        Ok(asked)
    })?;
    let own = asked.new.iter().filter_map(|key| asked.answers.get(key));
    let effect::Spent { tokens_in, tokens_out } = asked.wasted;
    let (tokens_in, tokens_out) = own.fold((tokens_in, tokens_out), |(i, o), answer| {
        (i + answer.tokens_in.unwrap_or(0), o + answer.tokens_out.unwrap_or(0))
    });
    let new = asked.new.len() as u64;
    let missing = count.saturating_sub(asked.answers.len() as u64);
    let cost = asks.price.as_ref().map(|price| cost(price, tokens_in, tokens_out));
    let mut remarks: Vec<String> =
        asked.reasons.iter().map(|(say, n)| format!("{n} without an answer: {say}")).collect();
    if asked.wasted != effect::Spent::default() {
        let effect::Spent { tokens_in, tokens_out } = asked.wasted;
        remarks.push(format!("{tokens_in} tokens, {tokens_out} back went on answers of no use"));
    }
    if asked.uncounted > 0 {
        let say = "answers came without a count of their tokens, which is missing above";
        remarks.push(format!("{} {say}", asked.uncounted));
    }
    Ok(outcome(What::Answered { questions: count, before, new, missing, tokens_in, tokens_out, cost }, remarks))
}

/// The answers that are pinned.
fn known(of: &Fetching, asks: &Asks) -> Result<BTreeMap<String, Answer>, Failure> {
    match of.world.read(&asks.file, ANSWERS_MAX) {
        Ok(bytes) => answers::read(&bytes).map_err(|say| Failure::World(format!("{}: {say}", asks.file))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(Failure::World(format!("{}: {e}", asks.file))),
    }
}

/// Writes the answers, if they are not those that lie there.
fn keep(
    of: &Fetching,
    asks: &Asks,
    was: &BTreeMap<String, Answer>,
    now: &BTreeMap<String, Answer>,
) -> Result<(), Failure> {
    if was == now {
        return Ok(());
    }
    let written = of.world.replace(&asks.file, answers::text(now).as_bytes());
    written.map_err(|e| Failure::World(format!("{}: {e}", asks.file)))
}

/// The questions, in the order of the samples; `None` where the build does not come as far.
fn questions(of: &Fetching, asks: &Asks, options: &Options) -> Result<Option<Vec<Question>>, Failure> {
    let project = Project::in_world(of.world.clone(), &registry())?;
    let build =
        super::Options { steps: vec![asks.step.clone()], stop: options.stop.clone(), ..super::Options::default() };
    project.build(&build, &|_| {}, |s, finished| {
        let fault = finished.built.runs.iter().find_map(|r| r.fault.clone());
        match fault {
            Some(Fault::Stopped(exit)) => Err(Failure::Stopped(exit)),
            _ => made(s, &finished.built, asks),
        }
    })?
}

/// The questions that the step made; no later step has run.
fn made(s: &Session, built: &Built, asks: &Asks) -> Result<Option<Vec<Question>>, Failure> {
    let at = s.steps.iter().position(|step| step.name == asks.step);
    let came = at.and_then(|at| built.runs.get(at)).is_some_and(|run| !run.skipped && run.fault.is_none());
    let Some(table) = built.tables.get("samples").filter(|_| came) else { return Ok(None) };
    let mut out = Vec::new();
    for part in &table.parts {
        let Some(column) = part.columns.get(&asks.column).copied().flatten() else { continue };
        for text in texts(s.array(column)?.as_ref()).into_iter().flatten() {
            let own: Vec<Question> = serde_json::from_str(text).map_err(|e| Failure::Bug(e.to_string()))?;
            out.extend(own);
        }
    }
    Ok(Some(out))
}

/// What tokens cost, to four digits.
fn cost(price: &Price, tokens_in: u64, tokens_out: u64) -> String {
    let all = u128::from(tokens_in) * u128::from(price.input) + u128::from(tokens_out) * u128::from(price.output);
    let rounded = (all + 50_000_000) / 100_000_000;
    format!("{}.{:04} {}", rounded / 10_000, rounded % 10_000, price.currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tokens_cost_is_exact() {
        let price = Price { input: 150_000, output: 600_000, currency: "USD".into() };
        assert_eq!(cost(&price, 1_000_000, 0), "0.1500 USD");
        assert_eq!(cost(&price, 2_000, 1_000), "0.0009 USD");
        assert_eq!(cost(&price, 0, 50_000_000), "30.0000 USD");
    }
}

//! `tamis label plan TASK`: what it costs to have samples labelled, before anybody is asked.
use super::shares::{Overlap, shares};
use crate::cli::{Context, json, say};
use crate::manifest::Decimal;
use crate::manifest::sections::PlanSection;
use crate::project::{Failure, Options, Project};
use crate::report::terminal::{number, plural};
use crate::review::queue::{Only, items};
use crate::review::task::Task;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// The task, `topic` of [label.topic]
    task: String,
    /// How many people answer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    annotators: u32,
    /// How many of them answer each sample, as `2`, or which share of the samples all of them answer, as `20%`
    #[arg(long, value_name = "K", default_value = "20%")]
    overlap: Overlap,
    /// Seconds that an answer takes
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    seconds: u32,
    /// What an hour is paid
    #[arg(long, value_name = "AMOUNT", value_parser = amount, conflicts_with = "pay_answer")]
    pay: Option<Decimal>,
    /// What an answer is paid
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    pay_answer: Option<Decimal>,
    /// How many of the samples have a known answer: these go to all of them
    #[arg(long, value_name = "N", default_value_t = 0)]
    gold: u32,
    /// How many samples there are; else those that `label export` would write
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    items: Option<u32>,
    /// Only samples that `label export --only` would write
    #[arg(long, value_enum, conflicts_with = "items")]
    only: Option<Only>,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

fn amount(text: &str) -> Result<Decimal, String> {
    let wrong = || "an amount such as 12000 or 0.15".to_string();
    let amount = Decimal::parse(text).map_err(|_| wrong())?;
    let fits = (0.0..=1e9).contains(&amount.to_f64()) && amount.numerator_over(2).is_some();
    if fits { Ok(amount) } else { Err(wrong()) }
}

/// What is told, and what `--json` writes.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Cost {
    pub task: String,
    /// Samples, those of gold among them.
    pub samples: u64,
    pub gold: u64,
    pub annotators: u64,
    /// Samples that several annotators answer.
    pub shared: u64,
    /// The fewest samples that two annotators have in common.
    pub pair_least: u64,
    pub answers: u64,
    /// The most answers that one annotator gives.
    pub answers_most: u64,
    pub seconds: u64,
    /// In hundredths of the unit of `--pay`.
    pub pay_hundredths: Option<u64>,
    /// `[plan] answers` of the task.
    pub planned: Option<u64>,
    /// Half of the width of the 95 % interval of percent agreement of 0.8 over the samples that two annotators have in common.
    pub agreement_half_width: Option<f64>,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let task = Task::find(&project, &args.task)?;
    let samples = match args.items {
        Some(n) => u64::from(n),
        None => {
            let options = Options { target: args.partition_target.max(2), ..Options::default() };
            // only counted here, so nothing of them is shown
            let found = project.plan(&options, |s, built| items(&project, &task, s, built, args.only, true))??;
            found.0.len() as u64
        }
    };
    if samples == 0 {
        return Err(Failure::Usage(format!("there is no sample to be labelled for {}", task.name)));
    }
    if u64::from(args.gold) > samples {
        let there = plural(samples, "sample");
        return Err(Failure::Usage(format!("--gold {} is more than there is: {there} to be labelled", args.gold)));
    }
    args.overlap.tell_capped(args.annotators as usize);
    let planned = planned(&project, &task.name);
    let cost = cost(&task.name, samples, planned, args);
    if args.json {
        json(&cost);
    } else {
        say(&told(&cost, args));
    }
    Ok(0)
}

/// What `[plan] answers` allows.
fn planned(project: &Project, task: &str) -> Option<u64> {
    let (_, table) = project.manifest.table(&["plan"])?;
    let plan: PlanSection = crate::manifest::read(table).ok()?; // told where the section is checked
    plan.answers.get(task).map(|n| *n.get())
}

fn cost(task: &str, samples: u64, planned: Option<u64>, args: &Args) -> Cost {
    let names: Vec<String> = (0..samples).map(|n| n.to_string()).collect();
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let gold: Vec<bool> = (0..samples).map(|n| n < u64::from(args.gold)).collect();
    let given = shares(&ids, &gold, args.annotators as usize, args.overlap);
    let loads: Vec<u64> = given.of.iter().map(|own| own.len() as u64).collect();
    let answers: u64 = loads.iter().sum();
    let seconds = answers * u64::from(args.seconds);
    let hundredths = |amount: &Decimal| amount.numerator_over(2).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
    let pay = match (&args.pay, &args.pay_answer) {
        (Some(hour), _) => Some((u128::from(hundredths(hour)) * u128::from(seconds)).div_ceil(3600)),
        (None, Some(answer)) => Some(u128::from(hundredths(answer)) * u128::from(answers)),
        (None, None) => None,
    };
    let common = given.pair_least as f64;
    Cost {
        task: task.to_string(),
        samples,
        gold: u64::from(args.gold),
        annotators: u64::from(args.annotators),
        shared: given.shared as u64,
        pair_least: given.pair_least as u64,
        answers,
        answers_most: loads.iter().copied().max().unwrap_or(0),
        seconds,
        pay_hundredths: pay.and_then(|pay| u64::try_from(pay).ok()),
        planned,
        agreement_half_width: (common > 0.0).then(|| (1.96 * (0.8 * 0.2 / common).sqrt() * 1000.0).round() / 1000.0),
    }
}

/// Hours and minutes, rounded up.
fn time(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    format!("{} h {:02} min", number(minutes / 60), minutes % 60)
}

/// An amount of hundredths.
fn paid(hundredths: u64) -> String {
    let (whole, rest) = (number(hundredths / 100), hundredths % 100);
    if rest == 0 { whole } else { format!("{whole}.{rest:02}") }
}

fn told(c: &Cost, args: &Args) -> String {
    let mut out = format!("label.{}   {}", c.task, plural(c.samples, "sample"));
    if c.gold > 0 {
        out.push_str(&format!(", {} of them gold", number(c.gold)));
    }
    out.push_str(&format!("\n  answers     {} of {}", number(c.answers), plural(c.annotators, "annotator")));
    out.push_str(&format!(", at most {} each\n", number(c.answers_most)));
    let most = c.answers_most * u64::from(args.seconds);
    out.push_str(&format!("  time        {} in all, at most {} each\n", time(c.seconds), time(most)));
    if let Some(pay) = c.pay_hundredths {
        out.push_str(&format!("  pay         {} in all\n", paid(pay)));
    }
    let agreement = match c.agreement_half_width {
        Some(width) => format!(
            "{} answered by several; every two annotators share at least {}, where agreement of 0.8 is known to \u{b1}{width}",
            plural(c.shared, "sample"),
            number(c.pair_least)
        ),
        None => "cannot be measured: some two annotators share no sample".to_string(),
    };
    out.push_str(&format!("  agreement   {agreement}\n"));
    if let Some(planned) = c.planned.filter(|planned| *planned < c.answers) {
        let over = number(c.answers - planned);
        out.push_str(&format!("  budget      {over} more answers than [plan] answers allows ({})\n", number(planned)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(annotators: u32, overlap: Overlap, pay: &str) -> Args {
        let pay = Some(Decimal::parse(pay).unwrap());
        Args {
            task: "x".into(),
            annotators,
            overlap,
            seconds: 40,
            pay,
            pay_answer: None,
            gold: 0,
            items: None,
            only: None,
            json: false,
            partition_target: 2,
        }
    }

    #[test]
    fn answers_time_pay_and_what_agreement_can_say() {
        let args = args(3, Overlap::Share(200), "12000");
        let cost = cost("x", 1200, Some(1500), &args);
        // 960 answered once and 240 three times; 1,680 x 40 s = 67,200 s = 18 h 40 min
        assert_eq!((cost.answers, cost.answers_most, cost.shared, cost.pair_least), (1680, 560, 240, 240));
        assert_eq!((cost.seconds, cost.pay_hundredths), (67_200, Some(22_400_000)));
        assert_eq!(cost.agreement_half_width, Some(0.051));
        let told = told(&cost, &args);
        for words in [
            "1,680 of 3 annotators, at most 560 each",
            "18 h 40 min in all, at most 6 h 14 min each",
            "224,000 in all",
            "180 more answers",
        ] {
            assert!(told.contains(words), "{words}: {told}");
        }
    }

    /// As `label export --gold` shares them: three of the nine go to all, and two annotators answer each of the others.
    #[test]
    fn gold_is_taken_out_of_the_samples() {
        let args = Args { gold: 3, ..args(3, Overlap::Each(2), "1") };
        let cost = cost("x", 9, None, &args);
        assert_eq!((cost.answers, cost.samples, cost.shared), (3 * 3 + 6 * 2, 9, 6));
        assert!(told(&cost, &args).starts_with("label.x   9 samples, 3 of them gold\n"));
    }

    #[test]
    fn without_overlap_agreement_cannot_be_measured() {
        let args = args(2, Overlap::Each(1), "0.15");
        let cost = cost("x", 9, None, &args);
        assert_eq!((cost.answers, cost.shared, cost.agreement_half_width, cost.pay_hundredths), (9, 0, None, Some(2)));
        assert!(told(&cost, &args).contains("share no sample"));
    }
}

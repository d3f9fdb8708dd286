//! `tamis show TASK --agreement`: as a whole, or by class, annotator, pair, sample, version of the guideline or quadrant.
use super::{Args, By};
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::project::{Failure, Project};
use crate::report::agreement::{Agreed, By as Table};
use crate::report::quadrants::scores;
use crate::report::show::grid;
use crate::review::task::{Answered, Task};
use crate::stage::Fact;
use crate::stages::label::agreement::Looking;

/// The step that measures the agreement of a task.
pub fn step(project: &Project, name: &str) -> Result<String, Failure> {
    let task = Task::find(project, name.split('/').next().unwrap_or_default())?;
    match task.agreement {
        Some(i) => Ok(project.assembled.steps[i].name.clone()),
        None => {
            let say = format!("the agreement of label.{0} is not measured: it needs [label.{0}.agreement]", task.name);
            Err(Failure::Usage(say))
        }
    }
}

/// How far the annotators agree; by sample the lowest first.
pub fn page(project: &Project, s: &Session, built: &Built, i: usize, args: &Args) -> Result<String, Failure> {
    let task = Task::find(project, args.step.split('/').next().unwrap_or_default())?;
    let (step, run) = (&s.steps[i], &built.runs[i]);
    if run.facts.is_empty() {
        return Ok("  not built yet: tamis build\n".into());
    }
    let metric = Looking::of(&step.plan)?.metric();
    let scores = scores(s, built, &task.name);
    let agreed = Agreed { task: &task.name, metric, facts: &run.facts, gates: &step.plan.gates, scores };
    Ok(match args.by {
        None => agreed.page(&project.manifest),
        Some(By::Class) => agreed.table(Table::Class),
        Some(By::Annotator) => agreed.table(Table::Annotator) + &spent(s, built, &task.name),
        Some(By::Pair) => agreed.table(Table::Pair),
        Some(By::Version) => agreed.table(Table::Version),
        Some(By::Quadrant) => agreed.quadrants(),
        Some(By::Split) => return Err(Failure::Usage("agreement is measured before samples are split".into())),
        Some(By::Sample) => by_sample(&task, project, s, built, args.limit)?,
    })
}

/// What the answers of each annotator took and cost, where files say it.
fn spent(s: &Session, built: &Built, task: &str) -> String {
    let own = format!("label.{task}/read.");
    let mut out = String::new();
    for (step, run) in s.steps.iter().zip(&built.runs) {
        if let (Some(source), Some(Fact::Table { columns, rows })) =
            (step.name.strip_prefix(&own), run.facts.get("spent"))
        {
            out.push_str(&format!("\n  from.{source}\n{}", grid(&[vec![columns.clone()], rows.clone()].concat())));
        }
    }
    out
}

/// The samples that agree least, with how many answers they have.
fn by_sample(task: &Task, project: &Project, s: &Session, built: &Built, most: usize) -> Result<String, Failure> {
    let Some(samples) = task.samples(project, s, built)? else { return Ok("  not built yet: tamis build\n".into()) };
    let mut low: Vec<_> = samples.iter().filter_map(|a| Some((a.agreement.as_ref()?, a))).collect();
    let all = low.len();
    // decimals of one length: their order as texts is that of the numbers
    low.sort_by(|x, y| (x.0, &x.1.id).cmp(&(y.0, &y.1.id)));
    let line =
        |(agreement, a): &(&String, &Answered)| vec![a.id.clone(), a.votes.len().to_string(), agreement.to_string()];
    let head = vec![["sample", "answers", "agreement"].map(String::from).to_vec()];
    let lines: Vec<Vec<String>> = low.iter().take(most).map(line).collect();
    let more = all.saturating_sub(most);
    let more = if more > 0 { format!("  and {more} more (--limit N)\n") } else { String::new() };
    Ok(grid(&[head, lines].concat()) + &more)
}

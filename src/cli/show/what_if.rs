//! `tamis show clean.quality --what-if NAME=VALUE`, and `--sweep NAME`: what a limit would take, without a build.
use super::Args;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::project::Failure;
use crate::report::what_if::{Asked, Looking};

pub fn page(s: &Session, built: &Built, i: usize, args: &Args) -> Result<String, Failure> {
    let (step, run) = (&s.steps[i], &built.runs[i]);
    if !["clean.quality", "clean.fields"].contains(&step.path.as_str()) {
        let say = format!("{} has no limits to ask about; clean.quality and clean.fields have", step.name);
        return Err(Failure::Usage(say));
    }
    if run.answer() != Answer::Fresh {
        return Err(Failure::Usage("the statistics are not known before a build: tamis build".into()));
    }
    let looking = Looking { s, plan: &step.plan, run };
    if let Some(key) = &args.sweep {
        return looking.sweep(key)?.map_err(Failure::Usage);
    }
    let asked: Result<Vec<Asked>, String> = args.what_if.iter().map(|text| Asked::parse(text)).collect();
    looking.what_if(&asked.map_err(Failure::Usage)?)?.map_err(Failure::Usage)
}

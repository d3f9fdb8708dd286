//! What `tamis update` and `tamis fetch` tell.
use super::terminal::{bytes, plural};
use crate::engine::effect::{Outcome, What};
use crate::project::update::Updated;

/// Whether somebody should see it even where only problems are shown.
pub fn is_problem(o: &Outcome) -> bool {
    matches!(o.what, What::Failed { .. } | What::Answered { missing: 1.., .. }) || !o.remarks.is_empty()
}

/// One request in a line, and a line for each remark; `None` for what is as it was.
pub fn line(o: &Outcome) -> Option<String> {
    let url = &o.url;
    let mut out = match &o.what {
        What::Same => String::new(),
        What::New { bytes: n } => format!("  new        {url}   {}\n", bytes(*n)),
        What::Changed { before, bytes: n } => format!("  changed    {url}   {} -> {}\n", bytes(*before), bytes(*n)),
        What::Brought { bytes: n } => format!("  brought    {url}   {}\n", bytes(*n)),
        What::Forgotten => format!("  forgotten  {url}   no longer in dataset.toml\n"),
        What::Wanted { pinned: true } => format!("  pinned     {url}\n"),
        What::Wanted { pinned: false } => format!("  wanted     {url}\n"),
        What::Asks { questions, answered, tokens_in, tokens_out_max, cost_max } => {
            let cost = cost_max.as_ref().map_or(String::new(), |cost| format!(", {cost} at most"));
            format!(
                "  would ask  {url}   {}, of which {answered} have an answer\n             about {tokens_in} tokens, at most {tokens_out_max} back{cost}\n",
                plural(*questions, "question")
            )
        }
        What::Answered { questions, before, new, missing, tokens_in, tokens_out, cost } => {
            let cost = cost.as_ref().map_or(String::new(), |cost| format!(", {cost}"));
            let used = match tokens_in + tokens_out {
                0 => String::new(),
                _ => format!("             {tokens_in} tokens, {tokens_out} back{cost}\n"),
            };
            format!(
                "  asked      {url}   {}: {before} had an answer, {new} came, {missing} are missing\n{used}",
                plural(*questions, "question")
            )
        }
        What::Failed { say, kept } => {
            let url = if say.contains(url.as_str()) { String::new() } else { format!("{url}: ") };
            let kept =
                if *kept { "\n             what was fetched before stays, and builds go on with it" } else { "" };
            format!("  failed     {url}{say}{kept}\n")
        }
    };
    for remark in &o.remarks {
        let of = if matches!(o.what, What::Same) { format!("{url}: ") } else { String::new() };
        out.push_str(&format!("  note       {of}{remark}\n"));
    }
    (!out.is_empty()).then_some(out)
}

/// How many of each.
pub fn summary(done: &Updated) -> String {
    let count = |is: fn(&What) -> bool| done.outcomes.iter().filter(|o| is(&o.what)).count() as u64;
    let kinds = [
        (count(|w| matches!(w, What::New { .. })), "new"),
        (count(|w| matches!(w, What::Changed { .. })), "changed"),
        (count(|w| matches!(w, What::Brought { .. })), "brought"),
        (count(|w| matches!(w, What::Same)), "as they were"),
        (count(|w| matches!(w, What::Forgotten)), "forgotten"),
        (count(|w| matches!(w, What::Wanted { .. })), "would be asked for"),
        (count(|w| matches!(w, What::Failed { .. })), "failed"),
    ];
    let told: Vec<String> = kinds.iter().filter(|k| k.0 > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let files =
        done.outcomes.iter().filter(|o| !matches!(o.what, What::Asks { .. } | What::Answered { .. })).count() as u64;
    if files == 0 && !done.outcomes.is_empty() {
        return String::new(); // questions alone, of which everything is told
    }
    let lock = if done.lock_changed { "   dataset.lock: changed, commit it" } else { "" };
    format!("{}: {}{lock}\n", plural(files, "file"), told.join(", "))
}

//! `[label.TASK]`: answers to one question about each sample, from the source itself or from files of votes.
//!
//! ```toml
//! [label.ner]
//! task = "ner"
//! classes = ["PS", "LC", "OG"]
//! guideline = { document = "docs/ner.md", version = "1.0.0" }
//! from.klue = { column = "ner", annotator = "klue" }
//! problems = { outside = "drop", class = "drop", bio = "fix" }
//! ```
//!
//! Every source gives votes; a vote is one annotator's whole answer. The votes are checked one annotation at a time,
//! then become one label by the declared method. Steps, in this order: `label.TASK/read.X` (files to rows),
//! `label.TASK/from.X` (a column, or rows met by the join key, to votes), `label.TASK/check`, `label.TASK/gold`, `label.TASK/rules`, `label.TASK/guideline`,
//! `label.TASK/decided`, `label.TASK/agreement`, `label.TASK/weighed`, `label.TASK` itself, and `label.TASK/standing`. They write `votes.TASK`, `classes.TASK`, `label.TASK` and `status.TASK`.
//!
//! What an answer looks like and what can be wrong with it, a kind of task says ([`kinds`]).
//!
//! Null = not labelled; `[]` = looked, nothing there; never exchanged. Limits: what is said of a row names positions
//! and rules, never a text, an answer or an annotator.
mod aggregate;
pub mod agreement;
mod candidates;
mod cast;
mod check;
mod common;
mod compared;
mod counted;
pub mod decided;
pub mod declaration;
mod elements;
mod fields;
pub mod file_formats;
mod given;
mod gold;
pub mod guideline;
pub mod kinds;
mod known;
mod mapped;
mod measured;
pub mod metric;
mod names;
mod odd;
mod pace;
mod points;
mod problems;
mod ranked;
mod read;
mod rows;
mod ruled;
mod rules;
mod sampled;
mod settle;
mod spent;
mod standing;
mod target;
#[cfg(test)]
mod testing;
mod truth;
mod voted;
mod votes;
mod weighed;
mod worded;

use crate::stage::Entry;

/// The steps of a task, in the order of the work.
pub const ENTRIES: &[Entry] = &[
    read::ENTRY,
    votes::COLUMN,
    votes::JOIN,
    check::ENTRY,
    gold::ENTRY,
    ruled::ENTRY,
    guideline::ENTRY,
    decided::ENTRY,
    agreement::ENTRY,
    weighed::ENTRY,
    settle::ENTRY,
    standing::ENTRY,
];

#[cfg(test)]
mod tests {
    use super::ENTRIES;
    use crate::stage::Plan;
    use crate::stage::testing::declared;
    use crate::table::{list, utf8};

    /// The plans of all entries and the codes of what is wrong, in the order of the text.
    fn plans(text: &str) -> (Vec<Plan>, Vec<(&'static str, String)>) {
        let samples = [("text", utf8()), ("ner", list(utf8())), ("tokens", list(utf8())), ("kind", utf8())];
        declared(ENTRIES, "label.t", text, &samples.map(|(n, t)| (n, t.into())))
    }

    fn codes(text: &str) -> Vec<(&'static str, String)> {
        plans(text).1
    }

    #[test]
    fn a_column_makes_three_steps() {
        let (plans, found) = plans("[label.t]\ntask = \"ner\"\nclasses = [\"A\"]\nfrom.x = { column = \"ner\" }");
        assert!(found.is_empty(), "{found:?}");
        let words: Vec<&str> = plans.iter().map(|p| p.word.as_str()).collect();
        assert_eq!(words, ["from.x", "check", ""]);
        assert!(plans.iter().all(|p| !p.ports.drops || p.word.is_empty()));
    }

    #[test]
    fn files_are_read_and_joined_after_columns() {
        let text = "[label.t]\ntask = \"rating\"\nscale = { min = 0, max = 5 }\n[label.t.from.a]\nfiles = [\"v.csv\"]\n\
                    [label.t.from.b]\ncolumn = \"kind\"\n[label.t.problems]\noutside = \"fail\"\n";
        let (plans, found) = plans(text);
        assert!(found.is_empty(), "{found:?}");
        let words: Vec<&str> = plans.iter().map(|p| p.word.as_str()).collect();
        assert_eq!(words, ["read.a", "from.b", "from.a", "check", ""]);
        let reads = |i: usize| plans[i].ports.reads.contains(&"votes.t".to_string());
        assert!(!reads(1) && reads(2));
        assert_eq!(plans[3].gates[0].fact, "label.t/check.fails");
        assert_eq!(&text[plans[3].gates[0].span.clone()], "\"fail\"");
    }

    #[test]
    fn everything_wrong_is_found_at_its_token() {
        let text = "[label.t]\ntask = \"ner\"\nclasses = [\"A\", \"B\", \"A\"]\nscale = { min = 0, max = 1 }\n\
                    aggregate = { method = \"median\" }\nfrom.x = { column = \"nre\", on = \"id\" }\n\
                    from.y = { files = [\"v.txt\"], annotator = \"a\", fields = { annotator = \"by\" }, map = { p = \"C\" } }\nfrom.z = { column = \"text\" }\n";
        let want = [
            ("T0210", "\"A\""),
            ("T0215", "{ min = 0, max = 1 }"),
            ("T0216", "\"median\""),
            ("T0310", "\"nre\""),
            ("T0219", "\"id\""),
            ("T0218", "\"v.txt\""),
            ("T0219", "\"a\""),
            ("T0217", "\"C\""),
            ("T0315", "\"text\""),
        ];
        let (plans, found) = plans(text);
        assert_eq!(found, want.map(|(c, t)| (c, t.to_string())));
        assert!(plans.last().is_some_and(|p| p.ports.writes.iter().any(|w| w.0 == "label.t")));
    }

    #[test]
    fn what_each_kind_needs() {
        let rating = codes("[label.t]\ntask = \"rating\"\nclasses = [\"A\"]\nunlabelled = \"negative\"\n");
        let rating: Vec<&str> = rating.iter().map(|f| f.0).collect();
        assert_eq!(rating, ["T0211", "T0213", "T0215", "T0215"]);
        let empty =
            codes("[label.t]\ntask = \"rating\"\nscale = { min = 5, max = 5 }\nfrom.x = { column = \"kind\" }\n");
        assert_eq!(empty, [("T0214", "5".to_string())]);
        assert_eq!(codes("[label.t]\ntask = \"classification\"\nfrom.x = { column = \"kind\" }\n")[0].0, "T0212");
    }
}

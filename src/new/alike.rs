//! Classes that differ in case or in the spaces around them alone: perhaps they are one, and only people know.
use super::labels::{Answers, Label};
use super::page::{key, text};
use std::collections::BTreeMap;

/// What is asked of a task's classes, with what would join those that are written alike.
pub fn asks(l: &Label) -> Vec<String> {
    let mut out: Vec<String> = l
        .map
        .iter()
        .filter(|(from, to)| from != to && from.trim() == to)
        .map(|(from, to)| format!("whether `{from}` and `{to}` are one class of label.{}: `map` joins them", l.name))
        .collect();
    let mut alike: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for class in &l.classes {
        alike.entry(class.trim().to_lowercase()).or_default().push(class);
    }
    let table = if matches!(l.from, Answers::Votes { .. }) { "from.votes" } else { "from.given" };
    for (_, classes) in alike.into_iter().filter(|(_, classes)| classes.len() > 1) {
        // to the one without spaces around it, and in small letters where it is there
        let mut classes = classes;
        classes.sort_by_key(|class| (class.trim() == class.as_str(), *class));
        let Some((to, others)) = classes.split_last() else { continue };
        let map: Vec<String> = others.iter().map(|from| format!("{} = {}", key(from), text(to))).collect();
        let named: Vec<String> = others.iter().map(|c| format!("`{c}`")).collect();
        out.push(format!(
            "whether {} and `{to}` are one class of label.{}: `map = {{ {} }}` in its `{table}` joins them, and `classes` has \
             `{to}` alone then",
            named.join(", "),
            l.name,
            map.join(", ")
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_are_written_alike_are_asked_for() {
        let of = |classes: &[&str]| {
            let classes = classes.iter().map(|c| c.to_string()).collect();
            asks(&Label { name: "kind".into(), classes, ..Label::default() })
        };
        assert_eq!(of(&["cat", "dog"]), Vec::<String>::new());
        let said = of(&["Cat", "cat", "cat ", "dog"]);
        assert!(said.len() == 1 && said[0].contains("`map = { \"cat \" = \"cat\", Cat = \"cat\" }`"), "{said:?}");
    }
}

//! The tables of a data set's card: what its gates measured, and how many samples each source gave.
use crate::report::difference::{Gate, Pair};
use std::collections::BTreeMap;

/// What a card says.
#[derive(Default)]
pub struct Card {
    /// By key: what was asked, and what was measured.
    gates: BTreeMap<String, Gate>,
    sources: BTreeMap<String, u64>,
}

impl Card {
    pub fn read(text: &str) -> Card {
        let mut out = Card::default();
        let mut section = "";
        for line in text.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading;
                continue;
            }
            let Some(row) = line.strip_prefix("| ").and_then(|l| l.strip_suffix(" |")) else { continue };
            let cells: Vec<&str> = row.split(" | ").collect();
            match (section, cells.as_slice()) {
                ("Gates", [key, _, asked, measured]) if *key != "gate" => {
                    let gate = Gate { asked: asked.to_string(), measured: measured.to_string() };
                    out.gates.insert(key.to_string(), gate);
                }
                ("Sources", [name, _, samples]) => {
                    out.sources.extend(samples.parse().ok().map(|n| (name.to_string(), n)));
                }
                _ => {}
            }
        }
        out
    }
}

/// Gates by key, and samples by source, as both sides have them.
type Compared = (BTreeMap<String, Pair<Option<Gate>>>, BTreeMap<String, Pair<u64>>);

/// The gates that measured something else, or are asked otherwise, and the sources that gave more or fewer samples.
pub fn compare(old: &Card, new: &Card) -> Compared {
    let pair = |key: &String| Pair { old: old.gates.get(key).cloned(), new: new.gates.get(key).cloned() };
    let gates = old.gates.keys().chain(new.gates.keys()).map(|key| (key.clone(), pair(key)));
    let count = |of: &Card, name: &String| of.sources.get(name).copied().unwrap_or(0);
    let pair = |name: &String| Pair { old: count(old, name), new: count(new, name) };
    let sources = old.sources.keys().chain(new.sources.keys()).map(|name| (name.clone(), pair(name)));
    (gates.filter(|g| g.1.old != g.1.new).collect(), sources.filter(|s| s.1.old != s.1.new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cards_measured_is_compared() {
        let card = |n: u32| {
            Card::read(&format!(
                "# x\n\n## Sources\n\n| source | licence | samples |\n|---|---|---|\n| a | MIT | {n} |\n| b | MIT | 1 |\n\n\
                 ## Gates\n\n| gate | fact | asked | measured |\n|---|---|---|---|\n| collect.a.min_records | collect.a.samples | at least 1 | {n} |\n\
                 | collect | collect.fails | at most 0 | 0 |\n\n## Files\n\n| c | d | 7 |\n"
            ))
        };
        let (gates, sources) = compare(&card(3), &card(4));
        assert_eq!(gates.keys().collect::<Vec<_>>(), ["collect.a.min_records"]);
        let measured = |g: &Option<Gate>| g.as_ref().map(|g| g.measured.clone());
        assert_eq!(
            gates.values().map(|g| (measured(&g.old), measured(&g.new))).next().unwrap(),
            (Some("3".into()), Some("4".into()))
        );
        assert_eq!(sources, [("a".to_string(), Pair { old: 3, new: 4 })].into());
        assert!(compare(&card(3), &card(3)).0.is_empty());
        assert_eq!(compare(&Card::default(), &card(1)).0.len(), 2);
    }
}

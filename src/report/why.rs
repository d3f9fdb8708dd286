//! What changed since the last build, in words.
use super::shown::line;
use super::terminal::plural;
use crate::engine::why::{EXAMPLES, RowChange, Why};
use crate::table::Value;

/// Values that no privacy step has seen are not shown.
pub fn values_shown(raw: bool) -> bool {
    !raw
}

/// The changes, most telling first.
pub fn changed(w: &Why, values: bool) -> String {
    let mut out = String::new();
    for (before, now) in &w.heads {
        out.push_str(&format!("  - {}\n  + {}\n", line(before), line(now)));
    }
    for (column, rows) in &w.columns {
        out.push_str(&format!("  {column} changed on {}\n", plural(rows.len() as u64, "sample")));
        rows.iter().take(EXAMPLES).for_each(|r| out.push_str(&row(r, values)));
    }
    if !w.added.is_empty() {
        out.push_str(&format!("  {} new\n", plural(w.added.len() as u64, "sample")));
        for (id, place) in w.added.iter().take(EXAMPLES) {
            out.push_str(&format!("    {}   {}\n", line(id), line(place.as_deref().unwrap_or(""))));
        }
    }
    if !w.removed.is_empty() {
        let some: Vec<&str> = w.removed.iter().take(EXAMPLES).map(String::as_str).collect();
        out.push_str(&format!("  {} gone: {}\n", plural(w.removed.len() as u64, "sample"), line(&some.join(", "))));
    }
    if w.living {
        out.push_str("  other samples live than before\n");
    }
    if !w.unknown && w.heads.is_empty() && w.partitions == 0 && !w.living {
        out.push_str("  all that it reads is as it was\n");
    }
    out
}

fn row(r: &RowChange, values: bool) -> String {
    let mut out = format!("    {}   {}\n", line(&r.id), line(r.place.as_deref().unwrap_or("")));
    if values {
        let show =
            |v: &Option<Value>| v.as_ref().map_or("(no longer stored)".to_string(), |v| short(&v.json().to_string()));
        out.push_str(&format!("      - {}\n      + {}\n", show(&r.before), show(&r.now)));
    }
    out
}

fn short(text: &str) -> String {
    if text.chars().count() <= 90 { text.to_string() } else { text.chars().take(87).chain("...".chars()).collect() }
}

//! What came of remotes, in words.
use super::terminal::{bytes, number, plural};
use crate::engine::store::{Met, Pulled, Pushed};

/// What a remote was asked for and gave.
pub fn met(name: &str, m: &Met) -> String {
    let mut out = format!(
        "remote {name}: {} found, {} not there; {} fetched ({})\n",
        plural(m.results, "result"),
        number(m.missing),
        plural(m.objects, "object"),
        bytes(m.bytes)
    );
    if m.damaged > 0 {
        out.push_str(&format!("  {} there not as written, or gone: made here where needed\n", number(m.damaged)));
    }
    if m.failed > 0 {
        out.push_str(&format!("  {} failed: what it was about is made here\n", plural(m.failed, "request")));
    }
    m.why.iter().for_each(|why| out.push_str(&format!("  {why}\n")));
    out
}

/// Whether anything is to be told although only problems are.
pub fn is_troubled(m: &Met) -> bool {
    m.damaged + m.failed > 0 || !m.why.is_empty()
}

/// What was sent, and what stayed.
pub fn pushed(name: &str, p: &Pushed) -> String {
    let mut out = format!(
        "pushed to {name}: {} and {} ({}); {} and {} were there\n",
        plural(p.results, "result"),
        plural(p.objects, "object"),
        bytes(p.bytes),
        number(p.known_results),
        number(p.known_objects)
    );
    if p.raw_results + p.raw_objects > 0 {
        out.push_str(&format!(
            "  {} and {} tell of what no privacy step has masked, and stay here\n",
            plural(p.raw_results, "result"),
            plural(p.raw_objects, "object")
        ));
    }
    if p.damaged > 0 {
        out.push_str(&format!("  {} damaged here and not sent: build again\n", plural(p.damaged, "object")));
    }
    if p.long > 0 {
        out.push_str(&format!("  {} too long to be sent, and stay here\n", plural(p.long, "result")));
    }
    out
}

/// Why nothing of a store may leave.
pub const ALL_RAW: &str = "nothing may leave: all results tell of texts that no privacy step has masked; declare `[privacy]`, \
                           or columns that hold nothing personal as `[privacy] harmless`";

/// Whether a push had nothing that may leave.
pub fn is_all_raw(p: &Pushed) -> bool {
    p.results + p.known_results == 0
}

pub fn pulled(name: &str, p: &Pulled) -> String {
    let mut out = format!(
        "pulled from {name}: {} and {}; {} and {} were here\n",
        plural(p.results, "result"),
        plural(p.objects, "object"),
        number(p.known_results),
        number(p.known_objects)
    );
    if p.absent > 0 {
        out.push_str(&format!("  {} did not come: made here where needed\n", plural(p.absent, "object")));
    }
    out
}

//! Recipes: all that a kernel's result depends on. A head (kept once per step) and the digests of its inputs; hashed
//! it is the key, compared it is `why`.
use super::Step;
use crate::digest::{Digest, Hasher};
use crate::stage::Part;

/// The text of a head: stage, part, version, uses, parameters, names of inputs. No path, thread, clock or number of a
/// partition stands in it.
pub fn head(step: &Step, part: Part) -> String {
    let ports = &step.plan.ports;
    let (params, reads) = match part {
        Part::Gather => (1, Vec::new()),
        Part::Apply => (2, ports.apply_reads.clone()),
        _ => (0, ports.reads.clone()),
    };
    let card = &step.entry.card;
    let mut text = format!("stage {}\npart {}\nversion {}\n", step.entry.name, part.name(), card.version(part));
    for u in card.uses {
        text.push_str(&format!("uses {u}\n"));
    }
    text.push_str(&format!("params {}\n", step.plan.params[params]));
    text.push_str(&format!("reads {}\n", reads.join(" ")));
    if let (Part::Join, Some(r)) = (part, &ports.right) {
        text.push_str(&format!("right {} = {} reads {}\n", r.on, r.key, r.reads.join(" ")));
    }
    text
}

/// The key of a head with its inputs, in the head's order.
pub fn key(head: &str, inputs: impl IntoIterator<Item = Digest>) -> Digest {
    let mut h = Hasher::derive("tamis recipe 1");
    h.update(&Digest::of(head.as_bytes()).0);
    for d in inputs {
        h.update(&d.0);
    }
    h.finish()
}

//! Recipes: all that a kernel's result depends on. A head (kept once per step) and the digests of its inputs; hashed
//! it is the key, compared it is `why`.
use super::step::Step;
use crate::digest::{Digest, Hasher};
use crate::stage::Kernel;

/// The text of a head: stage, part, version, uses, parameters, names of inputs. No path, thread, clock or number of a
/// partition stands in it.
pub fn head(step: &Step, kernel: Kernel) -> String {
    let ports = &step.plan.ports;
    let reads = match kernel {
        Kernel::Gather => Vec::new(),
        Kernel::Apply => ports.apply_reads.clone(),
        _ => ports.reads.clone(),
    };
    let card = &step.entry.card;
    let mut text = format!("stage {}\npart {}\nversion {}\n", step.entry.name, kernel.name(), card.version(kernel));
    for u in card.uses {
        text.push_str(&format!("uses {u}\n"));
    }
    text.push_str(&format!("params {}\n", step.plan.params(kernel)));
    text.push_str(&format!("reads {}\n", reads.join(" ")));
    if let (Kernel::Join, Some(r)) = (kernel, &ports.right) {
        text.push_str(&format!("right {} = {} reads {}\n", r.on, r.key, r.reads.join(" ")));
    }
    if matches!(kernel, Kernel::Gather | Kernel::Run) && !ports.facts.is_empty() {
        text.push_str(&format!("facts {}\n", ports.facts.join(" ")));
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

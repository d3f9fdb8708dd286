//! The work of kernels done by other processes: equal digests, whoever does it and whatever becomes of who does it.
use crate::harness::{Lab, Told, Way, binary, build, built, example};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tamis::exec::workers::{End, Link, Terms, Workers};
use tamis::project::{Options, Project};
use tamis::stages::registry;

/// What must not depend on who did the work. Of kernels only which ran: two equal partitions that two threads go ahead on at
/// once are mapped twice, with workers as without.
fn result(told: &Told) -> impl PartialEq + std::fmt::Debug {
    let gates: Vec<String> =
        told.events.iter().filter(|e| e["event"] == "gate").map(|e| format!("{} {}", e["key"], e["pass"])).collect();
    (told.exit, told.roots(), told.kernels().into_keys().collect::<Vec<_>>(), gates)
}

/// All examples that the default build can build without the outside.
#[test]
fn examples_are_the_same() {
    for name in
        ["chat", "classification", "detection", "hospital", "ner", "ner-crowd", "similarity", "steps", "transcription"]
    {
        let (one, other) = (example(name), example(name));
        let way = Way { target: 64, ..Way::default() };
        let local = build(one.path(), &way);
        let away = build(other.path(), &Way { workers: 2, ..way });
        assert_eq!(result(&local), result(&away), "{name}: {} {}", local.stderr, away.stderr);
        assert_eq!(away.stderr, local.stderr, "{name}");
    }
}

/// A reader that ends its worker once so many bytes came from it.
struct Fuse {
    from: Box<dyn Read + Send>,
    left: u64,
    end: End,
}

impl Read for Fuse {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            (self.end)();
        }
        let most = into.len().min(self.left.max(1) as usize);
        let n = self.from.read(&mut into[..most])?;
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

/// Workers of which the first `ended` end somewhere in the midst of what they say.
fn workers(ended: u64) -> Workers {
    let started = AtomicU64::new(0);
    let start = move || {
        let link = Link::process(&binary(), &["worker"])?;
        let n = started.fetch_add(1, Ordering::Relaxed);
        if n >= ended {
            return Ok(link);
        }
        let left = tamis::digest::draw(7, "fuse", &n.to_string()) % 4000;
        Ok(Link { from: Box::new(Fuse { from: link.from, left, end: link.end.clone() }), ..link })
    };
    let terms = Terms { workers: 2, raw: true, patience: Duration::from_secs(600) };
    Workers::new(&registry(), 2, terms, Box::new(start))
}

fn roots(dir: &Path, exec: Option<Arc<Workers>>) -> Vec<String> {
    let project = Project::with(dir.to_path_buf(), &registry()).ok().unwrap();
    let exec = exec.map(|e| e as Arc<dyn tamis::stage::Executor + Send + Sync>);
    let options = Options { target: 16, exec, ..Options::default() };
    built(&project, &options, |_, finished| {
        assert!(finished.built.runs.iter().all(|r| r.fault.is_none()), "{:?}", finished.exit());
        finished.built.runs.iter().filter_map(|r| r.roots).map(|r| format!("{r:?}")).collect()
    })
}

#[test]
fn workers_that_end_lose_nothing() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let lab = Lab::new(300, 4);
    lab.write(one.path());
    lab.write(other.path());
    let all = Arc::new(workers(20));
    assert_eq!(roots(one.path(), None), roots(other.path(), Some(all.clone())));
    let met = all.met();
    assert!(met.ended >= 5 && met.lied == 0, "{met:?}");
}

//! Memory of builds, counted by an allocator: it stays within what `--memory` says, for ten times more data too.
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use tamis::project::{Options, Project};

/// Counts the bytes that are allocated, and the most that ever were.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn count(layout: Layout) {
    let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
    PEAK.fetch_max(live, Ordering::Relaxed);
}

// SAFETY: all is done by the system's allocator; only sizes are added up.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const FOLDER: &str = "TAMIS_TEST_FOLDER";
const MIB: usize = 1 << 20;
/// What the builds here may use.
const MEMORY: usize = 128 * MIB;

/// One build in a process of its own, in which nothing else is counted. Run by the test below.
#[test]
#[ignore = "a part of memory_stays_within_its_bound"]
fn one_build() {
    let dir = std::env::var_os(FOLDER).unwrap();
    let project = Project::open(Some(Path::new(&dir))).ok().unwrap();
    let options = Options { jobs: 2, memory: MEMORY as u64, ..Options::default() };
    let exit = project.build(&options, &|_| {}, |_, f| f.exit()).ok().unwrap();
    assert_eq!(exit, 0);
    println!("peak {}", PEAK.load(Ordering::Relaxed));
}

/// The most bytes that a cold build of so many texts had allocated.
fn peak(texts: u64) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = crate::harness::Lab::new(12, 0);
    lab.votes.retain(|v| v.0 == "s00001");
    lab.write(dir.path());
    let text = |n: u64| format!("{} {}", crate::harness::text(n), "words of a longer text that repeat ".repeat(14));
    let line = |n: u64| serde_json::json!({ "id": format!("t{n:07}"), "text": text(n), "doc": format!("d{n}") });
    let lines: String = (0..texts).map(|n| format!("{}\n", line(n))).collect();
    std::fs::write(dir.path().join("raw/texts.jsonl"), lines).unwrap();
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let unlabelled = manifest.replace("stratify = \"label.topic\"\n", "").replace(", \"label.topic\"", "");
    std::fs::write(dir.path().join("dataset.toml"), unlabelled).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "memory::one_build", "--ignored", "--nocapture"]).env(FOLDER, dir.path());
    let out = command.output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{told} {}", String::from_utf8_lossy(&out.stderr));
    told.lines().find_map(|l| l.strip_prefix("peak ")?.parse().ok()).unwrap()
}

#[test]
fn memory_stays_within_its_bound() {
    let (once, ten) = (peak(20_000), peak(200_000));
    let say = format!("{} MiB for 12 MB, {} MiB for 120 MB, of {}", once / MIB, ten / MIB, MEMORY / MIB);
    println!("{say}");
    assert!(once < MEMORY && ten < MEMORY, "{say}");
}

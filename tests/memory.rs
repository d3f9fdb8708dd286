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
    lab.votes.iter_mut().for_each(|v| v.0 = "t0000001".into());
    lab.write(dir.path());
    let text = |n: u64| format!("{} {}", crate::harness::text(n), "words of a longer text that repeat ".repeat(14));
    let line = |n: u64| serde_json::json!({ "id": format!("t{n:07}"), "text": text(n), "doc": format!("d{n}") });
    let lines: String = (0..texts).map(|n| format!("{}\n", line(n))).collect();
    std::fs::write(dir.path().join("raw/texts.jsonl"), lines).unwrap();
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let unlabelled = manifest.replace("stratify = \"label.topic\"\n", "").replace(", \"label.topic\"", "");
    std::fs::write(dir.path().join("dataset.toml"), unlabelled).unwrap();
    peak_of(dir.path())
}

/// The most bytes that a cold build of a project had allocated.
fn peak_of(dir: &Path) -> usize {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "memory::one_build", "--ignored", "--nocapture"]).env(FOLDER, dir);
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

/// A project of one source.
fn project(source: &str, more: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    let manifest = format!(
        "[dataset]\nname = \"m\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\nlicense = \"MIT\"\n{source}\n{more}"
    );
    std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
    dir
}

const LINES: &str = "direct = { files = [\"raw/*\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"";

/// Pieces of a release are cut by bytes where records are long.
#[test]
fn long_records_take_no_more_memory_than_a_few_of_them() {
    let of = |n: u64| {
        let dir = project(
            LINES,
            "[split]\nratios = { train = 0.8, test = 0.2 }\n[release.public]\nformats = [\"jsonl\", \"parquet\"]\n",
        );
        let line = |i: u64| format!("{{\"id\":\"{i}\",\"text\":\"{}\"}}\n", format!("w{i} ").repeat((1 << 20) / 5));
        std::fs::write(dir.path().join("raw/x.jsonl"), (0..n).map(line).collect::<String>()).unwrap();
        peak_of(dir.path())
    };
    let (once, thrice) = (of(60), of(180));
    let say = format!("{} MiB for 60 records, {} MiB for 180", once / MIB, thrice / MIB);
    println!("{say}");
    assert!(thrice < 192 * MIB && thrice < once * 3 / 2, "{say}");
}

/// A file of few packed bytes is cut by its unpacked ones.
#[test]
fn a_small_packed_file_is_cut_like_a_large_one() {
    let dir = project(&format!("{LINES}\nmax_rejects = 0.9999"), "[release.public]\nformats = [\"jsonl\"]\n");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut packed, &b"{\"id\":\"a\"}\n".repeat(1_000_000)).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 64 << 10, "{}", packed.len());
    std::fs::write(dir.path().join("raw/x.jsonl.gz"), packed).unwrap();
    std::fs::write(dir.path().join("raw/y.jsonl"), "{\"id\":\"b\",\"text\":\"words\"}\n").unwrap();
    let peak = peak_of(dir.path());
    println!("{} MiB for 12 MB in 1,000,000 lines", peak / MIB);
    assert!(peak < 2 * MEMORY, "{}", peak / MIB);
}

/// Images are decoded one after another where there is no room for two.
#[test]
fn images_in_hand_are_counted() {
    let source = "direct = { images = [\"raw/*.png\"], format = \"image_folder\" }\nid = \"stem\"";
    let dir = project(
        source,
        "[preprocess]\n[release.public]\nformats = [\"image_folder\"]\ncolumns = [\"id\", \"image\"]\n",
    );
    (0..4).for_each(|n| std::fs::write(dir.path().join(format!("raw/{n}.png")), large_png(3600 - n)).unwrap());
    let peak = peak_of(dir.path());
    println!("{} MiB for 4 images of 99", peak / MIB);
    assert!(peak < MEMORY + 32 * MIB, "{}", peak / MIB);
}

/// A black picture of so many pixels a side, of four channels of 16 bits.
fn large_png(side: u32) -> Vec<u8> {
    let chunk = |name: &[u8], bytes: &[u8]| {
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(bytes);
        [&(bytes.len() as u32).to_be_bytes()[..], name, bytes, &sum.sum().to_be_bytes()].concat()
    };
    let sides = [side.to_be_bytes(), side.to_be_bytes()].concat();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let line = vec![0; 1 + 8 * side as usize];
    (0..side).for_each(|_| std::io::Write::write_all(&mut packed, &line).unwrap());
    let data = packed.finish().unwrap();
    let header = [&sides[..], &[16, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(b"IHDR", &header), chunk(b"IDAT", &data), chunk(b"IEND", b"")].concat()
}

//! Projects in temporary folders, edited as a user would, and the command run on them as a process.
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A project that is a data set of texts with votes, as plain values; `write` makes its files.
#[derive(Clone)]
pub struct Lab {
    pub samples: Vec<Sample>,
    /// (item, annotator, label), kept sorted by annotator: the worst order for a join.
    pub votes: Vec<(String, String, String)>,
    pub images: BTreeMap<String, u8>,
    pub sections: BTreeMap<String, String>,
    pub guideline_version: u32,
    pub settings: BTreeMap<&'static str, String>,
    pub comment: u32,
    pub reordered: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub id: String,
    pub text: String,
    pub doc: String,
}

pub const CLASSES: [&str; 4] = ["art", "law", "play", "work"];

impl Lab {
    /// `n` texts, three votes each, `images` pictures.
    pub fn new(n: usize, images: usize) -> Lab {
        let samples = (0..n)
            .map(|i| Sample { id: format!("s{i:05}"), text: text(i as u64), doc: format!("d{}", i / 3) })
            .collect();
        let vote = |i: usize, a: usize| {
            let class = CLASSES[(i / 97 + usize::from((i + a).is_multiple_of(5))) % CLASSES.len()];
            (format!("s{i:05}"), format!("w{a}"), class.to_string())
        };
        let votes = (0..3).flat_map(|a| (0..n).map(move |i| (i, a))).map(|(i, a)| vote(i, a)).collect();
        let settings = [
            ("unicode", "NFC"),
            ("train", "0.8"),
            ("test", "0.2"),
            ("seed", "7"),
            ("keep", "first"),
            ("digit_ratio_max", "0.5"),
            ("chars_min", "3"),
            ("types", "\"email\", \"phone\""),
            ("side_min", "1"),
        ];
        let sections = CLASSES.iter().map(|c| (c.to_string(), format!("What is {c}."))).collect();
        Lab {
            samples,
            votes,
            images: (0..images).map(|i| (format!("p{i:03}"), i as u8)).collect(),
            sections,
            guideline_version: 1,
            settings: settings.map(|(k, v)| (k, v.to_string())).into(),
            comment: 0,
            reordered: false,
        }
    }

    pub fn set(&mut self, key: &'static str, value: &str) {
        self.settings.insert(key, value.to_string());
    }

    /// The manifest's text.
    pub fn manifest(&self) -> String {
        let s = |k: &str| self.settings.get(k).cloned().unwrap_or_default();
        let classes: Vec<String> = CLASSES.iter().map(|c| format!("\"{c}\"")).collect();
        let mut tables = vec![
            format!("[preprocess]\nunicode = \"{}\"\nwhitespace = \"collapse\"\n", s("unicode")),
            format!("[clean]\nexact_duplicates = {{ action = \"drop\", keep = \"{}\", on = [\"text\"] }}\n", s("keep")),
            format!("[clean.fields.text]\ndigit_ratio_max = {}\n", s("digit_ratio_max")),
            "[privacy]\nharmless = [\"doc\"]\n".to_string(),
            format!("[privacy.detect]\ntypes = [{}]\naction = \"mask\"\n", s("types")),
            format!(
                "[label.topic]\ntask = \"classification\"\nclasses = [{}]\nguideline = {{ document = \"docs/topic.md\", version = \"{}.0.0\" }}\n\
                 from.crowd = {{ files = [\"raw/votes.csv\"], format = \"csv\", on = \"id\", fields = {{ item = \"item\", annotator = \"annotator\", label = \"label\" }} }}\n\
                 aggregate = {{ method = \"majority\" }}\n",
                classes.join(", "),
                self.guideline_version
            ),
            format!(
                "[split]\nratios = {{ train = {}, test = {} }}\nstratify = \"label.topic\"\ngroup = \"doc\"\nseed = {}\n",
                s("train"),
                s("test"),
                s("seed")
            ),
            "[release.public]\nformats = [\"parquet\", \"jsonl\"]\ncolumns = [\"id\", \"text\", \"doc\", \"label.topic\", \"split\"]\n".to_string(),
        ];
        let image_field = if self.images.is_empty() {
            String::new()
        } else {
            format!("image = {{ image = {{ side_min = {} }} }}\n", s("side_min"))
        };
        tables.push(format!(
            "[schema]\ntext = {{ text = {{ chars_min = {} }} }}\ndoc = {{ text = {{}} }}\n{image_field}",
            s("chars_min")
        ));
        if !self.images.is_empty() {
            tables.push("[collect.zimages]\ndirect = { images = [\"raw/images/*.png\"], format = \"image_folder\" }\nid = \"stem\"\nlicense = \"CC0-1.0\"\n".into());
        }
        if self.reordered {
            tables.reverse();
        }
        let remark = "# a remark\n".repeat(self.comment as usize);
        format!(
            "{remark}tamis = \"0.1\"\n[dataset]\nname = \"lab\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
             [collect.texts]\ndirect = {{ files = [\"raw/texts.jsonl\"], format = \"jsonl\" }}\n\
             fields = {{ text = \"text\", doc = \"doc\" }}\nid = \"id\"\nlicense = \"CC0-1.0\"\n{}",
            tables.join("")
        )
    }

    /// Brings a folder to this state; files that stay the same are not touched.
    pub fn write(&self, dir: &Path) {
        let lines: String = self
            .samples
            .iter()
            .map(|s| format!("{}\n", serde_json::json!({ "id": s.id, "text": s.text, "doc": s.doc })))
            .collect();
        put(&dir.join("raw/texts.jsonl"), lines.as_bytes());
        let mut votes = self.votes.clone();
        votes.sort_by(|a, b| (&a.1, &a.0, &a.2).cmp(&(&b.1, &b.0, &b.2)));
        let rows: String = votes.iter().map(|(i, a, l)| format!("{i},{a},{l}\n")).collect();
        put(&dir.join("raw/votes.csv"), format!("item,annotator,label\n{rows}").as_bytes());
        let sections: String = self.sections.iter().map(|(c, t)| format!("## {c}\n\n{t}\n\n")).collect();
        put(&dir.join("docs/topic.md"), format!("# Topics\n\n{sections}").as_bytes());
        put(&dir.join("dataset.toml"), self.manifest().as_bytes());
        std::fs::create_dir_all(dir.join("raw/images")).unwrap();
        for entry in std::fs::read_dir(dir.join("raw/images")).unwrap() {
            let path = entry.unwrap().path();
            if !self.images.contains_key(path.file_stem().unwrap().to_str().unwrap()) {
                std::fs::remove_file(path).unwrap();
            }
        }
        for (name, shade) in &self.images {
            put(&dir.join(format!("raw/images/{name}.png")), &png(*shade));
        }
    }
}

fn put(path: &Path, bytes: &[u8]) {
    if std::fs::read(path).is_ok_and(|b| b == bytes) {
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A picture whose size and grey depend on `shade`.
pub fn png(shade: u8) -> Vec<u8> {
    let side = 4 + u32::from(shade % 5);
    let image = image::GrayImage::from_pixel(side, side, image::Luma([shade]));
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// A text of some words, the same for the same number; in some, white space is to be collapsed.
pub fn text(n: u64) -> String {
    const WORDS: [&str; 12] =
        ["river", "stone", "오늘", "빵을", "green", "먹고", "paper", "산책", "window", "길에서", "music", "겨울"];
    let word = |k: u64| WORDS[(tamis::digest::draw(n, "words", &k.to_string()) % 12) as usize];
    let words: Vec<&str> = (0..5 + n % 4).map(word).collect();
    format!("{} {n}", words.join(if n.is_multiple_of(7) { "  " } else { " " }))
}

/// How the command is run.
#[derive(Clone, Debug)]
pub struct Way {
    pub jobs: u32,
    pub target: u32,
    pub zone: &'static str,
    pub umask: &'static str,
    pub locale: &'static str,
    /// How many processes do the work of kernels; without any, threads do it.
    pub workers: u32,
}

impl Default for Way {
    fn default() -> Way {
        Way { jobs: 2, target: 16, zone: "UTC", umask: "022", locale: "C", workers: 0 }
    }
}

/// What a build told.
#[derive(Debug, Default, Clone)]
pub struct Told {
    pub exit: i32,
    pub events: Vec<Json>,
    pub stderr: String,
}

pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_tamis"))
}

/// `tamis build --json` in a folder.
pub fn build(dir: &Path, way: &Way) -> Told {
    let workers = if way.workers > 0 { format!(" --workers {}", way.workers) } else { String::new() };
    let script = format!(
        "umask {}; exec \"$0\" -C \"$1\" build --json --jobs {} --partition-target {}{workers}",
        way.umask, way.jobs, way.target
    );
    let out = Command::new("sh")
        .args(["-c", &script])
        .arg(binary())
        .arg(dir)
        .env("TZ", way.zone)
        .env("LC_ALL", way.locale)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let events = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    Told { exit: out.status.code().unwrap_or(-1), events, stderr: String::from_utf8_lossy(&out.stderr).into_owned() }
}

/// Any verb: exit code, stdout, stderr.
pub fn tamis(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(binary()).arg("-C").arg(dir).args(args).env("LC_ALL", "C").output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

impl Told {
    pub fn done(&self) -> &Json {
        let last = self.events.last().unwrap_or_else(|| panic!("no event; stderr: {}", self.stderr));
        assert_eq!(last["event"], "done", "{last} {}", self.stderr);
        last
    }

    pub fn roots(&self) -> (String, String) {
        let text = |k: &str| self.done()[k].as_str().unwrap_or_default().to_string();
        (text("content_root"), text("files_root"))
    }

    /// (calls, rows) of a step's kernel.
    pub fn kernel(&self, step: &str, part: &str) -> (u64, u64) {
        let own = |e: &&Json| e["event"] == "kernel" && e["step"] == step && e["part"] == part;
        self.events.iter().find(own).map_or((0, 0), |e| (e["calls"].as_u64().unwrap(), e["rows"].as_u64().unwrap()))
    }

    /// All kernels that ran, as `STEP PART` -> calls.
    pub fn kernels(&self) -> BTreeMap<String, u64> {
        let own = self.events.iter().filter(|e| e["event"] == "kernel");
        own.map(|e| {
            (format!("{} {}", e["step"].as_str().unwrap(), e["part"].as_str().unwrap()), e["calls"].as_u64().unwrap())
        })
        .collect()
    }

    /// What the plan said of each step.
    pub fn plan(&self) -> BTreeMap<String, String> {
        let own = self.events.iter().filter(|e| e["event"] == "plan");
        own.map(|e| (e["step"].as_str().unwrap().to_string(), e["answer"].as_str().unwrap().to_string())).collect()
    }

    /// The build stopped because two records of one id differ, and for nothing else.
    pub fn conflicts(&self) -> bool {
        let failed = self.events.iter().filter(|e| e["event"] == "gate" && e["pass"] == false);
        self.exit == 1 && failed.map(|e| e["key"].clone()).collect::<Vec<_>>() == ["collect"]
    }

    /// Nothing ran that the plan called fresh, and all ran that it said runs.
    pub fn assert_plan_true(&self) {
        let steps = &self.done()["steps"];
        for (step, answer) in self.plan() {
            let ran = steps[&step]["kernels"].as_u64().unwrap_or(0);
            match answer.as_str() {
                "fresh" => assert_eq!(ran, 0, "{step} was called fresh and ran"),
                "runs" => assert!(ran > 0, "{step} was said to run and did not"),
                _ => {}
            }
        }
    }
}

/// An example of the repository, copied.
pub fn example(name: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name), dir.path());
    dir
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if matches!(name.to_str(), Some("out" | ".tamis" | "releases" | "pins" | "dataset.lock")) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

/// Builds, and hands the result on. Other tests start processes, and one that is being started holds copies of this
/// process's locks for a moment: then the build is tried again.
pub fn built<R>(
    project: &tamis::project::Project,
    options: &tamis::project::Options,
    mut then: impl FnMut(&tamis::engine::session::Session, &tamis::project::Finished) -> R,
) -> R {
    for _ in 0..500 {
        match project.build(options, &|_| {}, &mut then) {
            Ok(done) => return done,
            Err(tamis::project::Failure::World(say)) if say.contains("another tamis builds") => {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("the lock was never free");
}

//! Stages that break the contract are caught by the engine, by name.
use crate::harness::built;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use tamis::exec::workers::{Link, Terms, Workers};
use tamis::project::{Options, Project};
use tamis::stage::*;
use tamis::table::{DataType, array_of, utf8};

/// Builds a project of 40 texts with one more stage at the end of the registry, and returns what it was told: the same,
/// whoever does the work.
fn with(entry: Entry) -> Result<(), String> {
    let told = with_by(entry, false);
    assert_eq!(with_by(entry, true), told, "workers");
    told
}

/// Workers that know these stages: threads at the other end of a pipe.
fn workers(registry: &[Entry]) -> Arc<Workers> {
    let known = registry.to_vec();
    let start = move || {
        let (own, mut pipe) = UnixStream::pair()?;
        let (known, mut to) = (known.clone(), pipe.try_clone()?);
        std::thread::spawn(move || tamis::exec::worker::serve(&known, &mut pipe, &mut to));
        let (from, end) = (own.try_clone()?, own.try_clone()?);
        let end = move || drop(end.shutdown(std::net::Shutdown::Both));
        Ok(Link { from: Box::new(from), to: Box::new(own), end: Arc::new(end) })
    };
    let terms = Terms { workers: 2, raw: true, patience: std::time::Duration::from_secs(600) };
    Arc::new(Workers::new(registry, 2, terms, Box::new(start)))
}

fn with_by(entry: Entry, away: bool) -> Result<(), String> {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let mut registry = tamis::stages::registry();
    let at = registry.iter().position(|e| e.path == "split").unwrap();
    registry.insert(at, entry);
    let project = Project::with(dir.path().to_path_buf(), &registry).map_err(|_| "declaration")?;
    let workers = away.then(|| workers(&registry));
    let exec = workers.clone().map(|w| w as Arc<dyn Executor + Send + Sync>);
    let options = Options { target: 16, exec, ..Options::default() };
    let fault = built(&project, &options, |_, f| f.built.runs.iter().find_map(|r| r.fault.clone()));
    match fault {
        None => Ok(()),
        Some(Fault::Bug(say) | Fault::World(say)) => Err(say),
        Some(Fault::Stopped(exit)) => Err(format!("stopped: {exit}")),
    }
}

fn project(dir: &Path) {
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    let lines: String = (0..40).map(|i| format!("{{\"id\": \"s{i}\", \"text\": \"text {i}\"}}\n")).collect();
    std::fs::write(dir.join("raw/a.jsonl"), lines).unwrap();
    let manifest = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\n\
        fields = { text = \"text\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n[split]\nratios = { train = 1 }\n[release.all]\nformats = [\"jsonl\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

const fn entry<S: RowStage<Map = Nothing, Gather = Nothing, Apply = Nothing>>(
    declare: fn(&mut Check) -> Vec<Plan>,
) -> Entry {
    Entry::row::<S>("test/bad", "bad", declare)
}

fn plan<S>(reads: &[&str], written: &[(&str, DataType)], drops: bool) -> Vec<Plan>
where
    S: RowStage<Map = Nothing, Gather = Nothing, Apply = Nothing>,
{
    let writes = writes(written.iter().map(|(n, t)| (*n, t.clone())));
    let ports = Ports { table: "samples".into(), reads: names(reads), writes, drops, ..Ports::default() };
    vec![Plan::map::<S>(ports, &Nothing {})]
}

macro_rules! bad {
    ($name:ident, $rows:ident => $body:block by_sample) => {
        bad!($name, Grain::Sample, $rows => $body);
    };
    ($name:ident, $rows:ident => $body:expr) => {
        bad!($name, Grain::Partition, $rows => $body);
    };
    ($name:ident, $grain:expr, $rows:ident => $body:expr) => {
        struct $name;
        impl RowStage for $name {
            const GRAIN: Grain = $grain;
            const MAP: u32 = 1;
            type Map = Nothing;
            type Gather = Nothing;
            type Apply = Nothing;
            fn map(_: &Nothing, $rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
                $body
            }
        }
    };
}

bad!(Good, rows => {
    let mut d = Delta::default();
    d.write("shout", array_of(rows.texts("text")?.into_iter().map(|t| t.map(|t| t.to_uppercase()))));
    Ok(d)
});
bad!(ReadsMore, rows => { rows.texts("text")?; Ok(Delta::default()) });
bad!(WritesMore, rows => { let mut d = Delta::default(); d.write("text", array_of(rows.texts("id")?)); Ok(d) });
bad!(WritesShort, rows => { let mut d = Delta::default(); d.write("text", array_of(rows.texts("id")?.into_iter().skip(1))); Ok(d) });
bad!(WritesType, rows => { let mut d = Delta::default(); d.write("text", array_of(vec![Some(1u32); rows.len()])); Ok(d) });
bad!(DropsWithoutKey, _rows => { let mut d = Delta::default(); d.event(0, Act::DROP, "", "r", "s"); Ok(d) });
bad!(DropsUndeclared, _rows => { let mut d = Delta::default(); d.event(0, Act::DROP, "bad.key", "r", "s"); Ok(d) });
bad!(SpeaksOfOthers, rows => { let mut d = Delta::default(); d.event(rows.len(), Act::Finding, "bad.key", "r", "s"); Ok(d) });
bad!(LosesRows, rows => {
    let mut d = Delta::default();
    d.born.parents = (1..rows.len() as u32).map(|r| (r, 0)).collect();
    d.born.columns.insert("id".into(), array_of(rows.texts("id")?.into_iter().skip(1)));
    Ok(d)
});
bad!(BearsChildren, rows => {
    let mut d = Delta::default();
    let ids = rows.texts("id")?;
    let even = |id: &Option<String>| id.as_ref().is_some_and(|id| id.ends_with(['0', '2', '4', '6', '8']));
    for (row, id) in ids.iter().enumerate().filter(|(_, id)| even(id)) {
        d.born.parents.push((row as u32, 0));
        let child = format!("{}#twin", id.as_deref().unwrap_or_default());
        d.event(row, Act::Change, "bad", "born", child);
    }
    let children = d.born.parents.iter().map(|p| ids[p.0 as usize].clone().map(|i| format!("{i}#twin")));
    d.born.columns.insert("id".into(), array_of(children.collect::<Vec<_>>()));
    Ok(d)
});

#[test]
fn a_good_stage_passes() {
    assert_eq!(with(entry::<Good>(|_| plan::<Good>(&["text"], &[("shout", utf8())], false))), Ok(()));
}

#[test]
fn undeclared_reading_and_writing_is_caught() {
    let say = with(entry::<ReadsMore>(|_| plan::<ReadsMore>(&["id"], &[], false))).unwrap_err();
    assert!(say.contains("read the column `text`, which it did not declare"), "{say}");
    let say = with(entry::<WritesMore>(|_| plan::<WritesMore>(&["id"], &[], false))).unwrap_err();
    assert!(say.contains("wrote the column `text`, which it did not declare"), "{say}");
    let say = with(entry::<WritesShort>(|_| plan::<WritesShort>(&["id"], &[("text", utf8())], false))).unwrap_err();
    assert!(say.contains("rows of `text`"), "{say}");
    let say = with(entry::<WritesType>(|_| plan::<WritesType>(&["id"], &[("text", utf8())], false))).unwrap_err();
    assert!(say.contains("not as Utf8"), "{say}");
}

#[test]
fn drops_need_a_key_and_a_declaration() {
    let say = with(entry::<DropsWithoutKey>(|_| plan::<DropsWithoutKey>(&["id"], &[], true))).unwrap_err();
    assert!(say.contains("without naming the key"), "{say}");
    let say = with(entry::<DropsUndeclared>(|_| plan::<DropsUndeclared>(&["id"], &[], false))).unwrap_err();
    assert!(say.contains("without declaring"), "{say}");
    let say = with(entry::<SpeaksOfOthers>(|_| plan::<SpeaksOfOthers>(&["id"], &[], false))).unwrap_err();
    assert!(say.contains("spoke of row"), "{say}");
}

#[test]
fn a_lost_row_is_caught() {
    let say = with(entry::<LosesRows>(|_| {
        let mut p = plan::<LosesRows>(&["id"], &[], false);
        p[0].ports.into = Some("elsewhere".into());
        p
    }));
    assert!(say.as_ref().is_err_and(|s| s.contains("lost rows")), "{say:?}");
}

#[test]
fn children_stand_behind_their_parents() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    // more than a file that is one unit whatever the partitions' size
    let line = |i: usize| format!("{{\"id\": \"s{i}\", \"text\": \"{} {i}\"}}\n", "text ".repeat(20));
    std::fs::write(dir.path().join("raw/a.jsonl"), (0..3000).map(line).collect::<String>()).unwrap();
    let mut registry = tamis::stages::registry();
    let at = registry.iter().position(|e| e.path == "split").unwrap();
    let bearing = |_: &mut Check| {
        let mut plans = plan::<BearsChildren>(&["id"], &[], false);
        plans[0].ports.bears = true;
        plans
    };
    registry.insert(at, entry::<BearsChildren>(bearing));
    let build = |target| {
        let project = Project::with(dir.path().to_path_buf(), &registry).ok().unwrap();
        let options = Options { target, ..Options::default() };
        let came = built(&project, &options, |s, f| {
            let b = tamis::engine::ledger::balance(s.steps, &f.built, "samples", 4500);
            assert!(b.holds(), "{b:?}");
            assert_eq!((b.collected, b.born), (3000, 1500));
            assert_eq!(tamis::engine::ledger::partitions_hold(&f.built, "samples"), Ok(()));
            let parts = f.built.tables["samples"].parts.len();
            (parts, f.built.runs.last().and_then(|r| r.roots).map(|r| r.0))
        });
        std::fs::remove_dir_all(dir.path().join(".tamis")).unwrap();
        came
    };
    let (small, middle, large) = (build(16), build(500), build(4096));
    assert!(small.0 > middle.0 && middle.0 > large.0, "{} {} {}", small.0, middle.0, large.0);
    assert_eq!((small.1, middle.1), (large.1, large.1));
}

bad!(WritesSome, rows => {
    let mut d = Delta::default();
    // called with one row at a time
    if rows.texts("id")?[0].as_deref().is_some_and(|id| id.ends_with('7')) {
        d.write("text", array_of(vec![Some("seven".to_string())]));
    }
    Ok(d)
} by_sample);

/// At Sample grain a text that the kernel leaves alone stays; over a column that it does not read it may not write.
#[test]
fn what_no_sample_wrote_stays() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let path = dir.path().join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest + "columns = [\"id\", \"text\"]\n").unwrap();
    let released = |declare: fn(&mut Check) -> Vec<Plan>| {
        let mut registry = tamis::stages::registry();
        let at = registry.iter().position(|e| e.path == "split").unwrap();
        registry.insert(at, entry::<WritesSome>(declare));
        let project = Project::with(dir.path().to_path_buf(), &registry).ok().unwrap();
        let fault = built(&project, &Options::default(), |_, f| f.built.runs.iter().find_map(|r| r.fault.clone()));
        (fault, std::fs::read_to_string(dir.path().join("out/all/jsonl/train-00000.jsonl")))
    };
    let (fault, text) = released(|_| plan::<WritesSome>(&["id", "text"], &[("text", utf8())], false));
    let text = text.unwrap();
    assert_eq!((fault, text.matches("\"seven\"").count(), text.matches("\"text 6\"").count()), (None, 4, 1));
    assert!(!text.contains("null"), "{text}");
    let (fault, _) = released(|_| plan::<WritesSome>(&["id"], &[("text", utf8())], false));
    assert!(matches!(fault, Some(Fault::Bug(say)) if say.contains("does not read")));
}

/// A plan is typed by its stage: one that was made for another stage is a problem of the declaration.
#[test]
fn a_plan_of_another_stage_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let mut registry = tamis::stages::registry();
    registry.push(entry::<Good>(|_| plan::<ReadsMore>(&["id"], &[], false)));
    let failure = Project::with(dir.path().to_path_buf(), &registry).err().unwrap();
    let tamis::project::Failure::Declaration(_, problems) = failure else { panic!("{failure:?}") };
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), ["T0901"]);
}

/// The codes of problems of a project with `[privacy]` and one more stage, which reads what nobody has masked.
fn private(declare: fn(&mut Check) -> Vec<Plan>, more: &str) -> Vec<&'static str> {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let columns = "columns = [\"id\", \"shout\"]\n";
    let harmless = format!("[privacy]\nharmless = [\"id\"{more}]\n");
    std::fs::write(dir.path().join("dataset.toml"), format!("{manifest}{columns}{harmless}")).unwrap();
    let mut registry = tamis::stages::registry();
    let at = registry.iter().position(|e| e.path == "schema").unwrap();
    registry.insert(at, entry::<Good>(declare));
    match Project::with(dir.path().to_path_buf(), &registry) {
        Ok(_) => Vec::new(),
        Err(tamis::project::Failure::Declaration(_, problems)) => problems.iter().map(|p| p.code).collect(),
        Err(other) => panic!("{other:?}"),
    }
}

/// What a step makes of raw columns is raw, as plain text, in lists and in structs, whatever kernel or side reads it.
#[test]
fn the_raw_mark_is_inherited() {
    assert_eq!(private(|_| plan::<Good>(&["text"], &[("shout", utf8())], false), ""), ["T0421"]);
    assert_eq!(private(|_| plan::<Good>(&["text"], &[("shout", tamis::table::list(utf8()))], false), ""), ["T0421"]);
    let nested = |_: &mut Check| {
        let ty = tamis::table::list(tamis::table::record(&[("class", utf8()), ("n", DataType::Int64)]));
        plan::<Good>(&["text"], &[("shout", ty)], false)
    };
    assert_eq!(private(nested, ""), ["T0421"]);
    let by_apply = |_: &mut Check| {
        let mut plans = plan::<Good>(&["id"], &[("shout", utf8())], false);
        plans[0].ports.apply_reads = names(&["text"]);
        plans
    };
    assert_eq!(private(by_apply, ""), ["T0421"]);
    let by_join = |_: &mut Check| {
        let mut plans = plan::<Good>(&["id"], &[("shout", utf8())], false);
        let (table, key, on) = ("samples".to_string(), "id".to_string(), "id".to_string());
        plans[0].ports.right = Some(Right { table, key, on, reads: names(&["text"]), unmatched: None });
        plans
    };
    assert_eq!(private(by_join, ""), ["T0421"]);
    // short numbers name nobody; a stage may know better; so may the user
    assert!(private(|_| plan::<Good>(&["text"], &[("shout", DataType::UInt32)], false), "").is_empty());
    assert_eq!(private(|_| plan::<Good>(&["text"], &[("shout", DataType::Int64)], false), ""), ["T0421"]);
    let known = |_: &mut Check| {
        let mut plans = plan::<Good>(&["text"], &[("shout", utf8())], false);
        plans[0].ports.writes = vec![("shout".into(), Column::new(utf8()).harmless())];
        plans
    };
    assert!(private(known, "").is_empty());
    assert!(private(|_| plan::<Good>(&["text"], &[("shout", utf8())], false), ", \"shout\"").is_empty());
    assert!(private(|_| plan::<Good>(&["source"], &[("shout", utf8())], false), "").is_empty());
}

bad!(RunsAProgram, rows => {
    let texts: Vec<String> = rows.texts("text")?.into_iter().flatten().collect();
    let question = format!("{}\nend\n", texts.join("\n"));
    let shouted = rows.tools().ask(&shouter(), &Question { lines: question.as_bytes(), about: "words", ends: &|line| line == b"END" })?;
    let shouted = String::from_utf8_lossy(&shouted).trim_end_matches("END").to_string();
    let mut d = Delta::default();
    d.write("shout", array_of(shouted.lines().map(|l| Some(l.to_string())).collect::<Vec<_>>()));
    Ok(d)
});

/// Says everything loudly.
fn shouter() -> Program {
    let run = ["sed", "-u", "y/abcdefghijklmnopqrstuvwxyz/ABCDEFGHIJKLMNOPQRSTUVWXYZ/"].map(String::from).into();
    let found = tamis::world::World::new(".").program_file("sed");
    let limits = Limits { seconds: 10, memory: 1 << 32, output: 1 << 20 };
    Program { run, found, limits, ..Program::default() }
}

/// A kernel may run a program only once the user has trusted it in this checkout.
#[test]
fn a_program_runs_where_it_is_trusted() {
    let (dir, trust) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    project(dir.path());
    let mut registry = tamis::stages::registry();
    let at = registry.iter().position(|e| e.path == "split").unwrap();
    registry.insert(at, entry::<RunsAProgram>(|_| plan::<RunsAProgram>(&["text"], &[("shout", utf8())], false)));
    let fault = || {
        let world = tamis::world::World::new(dir.path()).with_trust(trust.path());
        let project = Project::in_world(world, &registry).ok().unwrap();
        built(&project, &Options::default(), |_, f| f.built.runs.iter().find_map(|r| r.fault.clone()))
    };
    assert!(matches!(fault(), Some(Fault::World(say)) if say.contains("is not trusted in this checkout")));
    tamis::world::World::new(dir.path()).with_trust(trust.path()).trust(&shouter()).unwrap();
    assert!(matches!(fault(), Some(Fault::World(say)) if say.contains("was not known when the build began")));
}

/// A kernel whose version was raised runs on everything, and `why` says that this is the reason.
#[test]
fn a_raised_version_runs_everything_and_why_says_so() {
    use tamis::engine::state::Mode;
    use tamis::engine::told::Answer;
    use tamis::engine::{record::Record, why};
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let options = Options { target: 16, ..Options::default() };
    let open = |raised: bool| {
        let mut registry = tamis::stages::registry();
        let reader = registry.iter_mut().find(|e| e.name == "collect/read").unwrap();
        if raised {
            reader.card = reader.card.raised(Kernel::Map, 77);
        }
        Project::with(dir.path().to_path_buf(), &registry).ok().unwrap()
    };
    let first = open(false);
    assert_eq!(built(&first, &options, |_, f| f.exit()), 0);
    let told = |project: &Project| {
        let record = Record::load(&project.world);
        let i = project.assembled.steps.iter().position(|s| s.name == "collect.a").unwrap();
        let look = project.look(&options, Mode::Look, |s, built| {
            let why = why::why(s, built, i, record.as_ref(), 16).unwrap();
            (built.runs[i].answer(), tamis::report::why::changed(&why, true))
        });
        look.ok().unwrap()
    };
    assert_eq!(told(&first).0, Answer::Fresh);
    let raised = open(true);
    let (answer, say) = told(&raised);
    assert_eq!(answer, Answer::Runs);
    assert!(say.contains("version 77") && say.contains("part map"), "{say}");
    let ran = built(&raised, &options, |s, f| {
        let i = s.steps.iter().position(|step| step.name == "collect.a").unwrap();
        (f.exit(), s.meters[i].read(Kernel::Map), f.built.runs[i].parts.len() as u64)
    });
    let (exit, (calls, _), parts) = ran;
    assert_eq!((exit, calls), (0, parts));
}

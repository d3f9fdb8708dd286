//! Processes beside each other, killed, and stopped: a kill -9 at any moment, two builds at once, garbage collected
//! beside a build, readers beside a writer, Ctrl-C. All end well, and what comes after is what a clean build gives.
use crate::harness::{Lab, Way, binary, build, tamis};
use crate::incremental::{Dice, edit};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tamis::engine::session::Stop;
use tamis::engine::store;
use tamis::engine::told::Event;
use tamis::project::{Options, Project};
use tamis::report::terminal;
use tamis::stages::registry;
use tamis::world::World;

const KILLS: u64 = 200;

fn start(dir: &Path, args: &[&str]) -> Child {
    let mut command = Command::new(binary());
    command.arg("-C").arg(dir).args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

const BUILD: [&str; 5] = ["build", "--jobs", "2", "--partition-target", "16"];

fn lab() -> Lab {
    Lab::new(40, 3)
}

fn clean_roots(lab: &Lab) -> (i32, (String, String)) {
    let dir = tempfile::tempdir().unwrap();
    lab.write(dir.path());
    let told = build(dir.path(), &Way::default());
    (told.exit, told.roots())
}

/// How long a cold build takes, about.
fn span() -> Duration {
    let dir = tempfile::tempdir().unwrap();
    lab().write(dir.path());
    let start = Instant::now();
    build(dir.path(), &Way::default());
    start.elapsed()
}

fn sound(dir: &Path) {
    let v = store::verify(&World::new(dir)).unwrap();
    assert_eq!(v.damaged, 0, "the index names bytes that are not there");
}

/// Kills builds of one checkout at drawn moments: of a cold one, and then of edit after edit.
fn kill_some(seed: u64, n: u64, span: Duration) {
    let mut d = Dice { seed, n: 0 };
    let dir = tempfile::tempdir().unwrap();
    let mut lab = lab();
    for kill in 0..n {
        if kill % 2 == 0 {
            drop(std::fs::remove_dir_all(dir.path().join(".tamis"))); // cold again
        } else {
            edit(&mut lab, &mut d);
        }
        lab.write(dir.path());
        let mut child = start(dir.path(), &BUILD);
        std::thread::sleep(span * d.below(1000) as u32 / 1000);
        child.kill().unwrap(); // SIGKILL
        child.wait().unwrap();
        if dir.path().join(".tamis/store.lock").exists() {
            sound(dir.path());
        }
        let told = build(dir.path(), &Way::default());
        assert_eq!((told.exit, told.roots()), clean_roots(&lab), "seed {seed}, kill {kill}: {}", told.stderr);
        sound(dir.path());
    }
}

#[test]
fn a_kill_at_any_moment_loses_only_time() {
    let span = span();
    std::thread::scope(|s| {
        for seed in 0..2 {
            s.spawn(move || kill_some(seed, KILLS / 2, span));
        }
    });
}

#[test]
fn builds_gc_and_readers_beside_each_other_end_well() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::new(300, 3);
    let mut d = Dice { seed: 5, n: 0 };
    for _ in 0..6 {
        edit(&mut lab, &mut d);
        lab.write(dir.path());
        let want = clean_roots(&lab);
        let verbs: [&[&str]; 5] =
            [&["status"], &["show", "split"], &["why", "split"], &["build", "--dry-run"], &["store", "verify"]];
        let readers: Vec<Child> = verbs.iter().cycle().take(10).map(|v| start(dir.path(), v)).collect();
        let others = [start(dir.path(), &BUILD), start(dir.path(), &["gc"]), start(dir.path(), &BUILD)];
        for child in readers {
            let out = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.code(), Some(0), "a reader: {said}");
        }
        let mut built = 0;
        for child in others {
            let out = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            let locked = out.status.code() == Some(3) && said.contains("another tamis builds");
            let conflict = want.0 == 1 && out.status.code() == Some(1);
            assert!(out.status.success() || locked || conflict, "{:?} {said}", out.status);
            built += i32::from(out.status.success() || conflict);
        }
        assert!(built >= 2, "a build and gc");
        let told = build(dir.path(), &Way::default());
        assert_eq!((told.exit, told.roots()), want);
        sound(dir.path());
    }
    let (exit, said, _) = tamis(dir.path(), &["gc"]);
    assert_eq!(exit, 0, "{said}");
    let told = build(dir.path(), &Way::default());
    assert!(told.kernels().is_empty(), "after gc nothing runs: {:?}", told.kernels());
}

/// Edits are coalesced, a broken manifest is survived, and Ctrl-C ends the watch.
#[test]
fn a_watch_follows_edits() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = lab();
    lab.write(dir.path());
    let mut child = start(dir.path(), &["watch", "--jobs", "1", "--partition-target", "16"]);
    let (tell, told) = std::sync::mpsc::channel();
    let mut out = child.stdout.take().unwrap();
    std::thread::spawn(move || {
        use std::io::{BufRead, BufReader};
        BufReader::new(&mut out).lines().map_while(Result::ok).for_each(|l| drop(tell.send(l)));
    });
    let until = |word: &str| {
        let mut lines = Vec::new();
        loop {
            let line =
                told.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("no `{word}` in {lines:?}"));
            if line.starts_with(word) {
                return lines;
            }
            lines.push(line);
        }
    };
    until("watching");
    lab.samples[1].text = "one more river of paper".into();
    lab.write(dir.path());
    let lines = until("watching");
    assert!(lines.iter().any(|l| l.contains("1 changed")), "{lines:?}");
    std::fs::write(dir.path().join("dataset.toml"), "[dataset\n").unwrap();
    until("waiting");
    lab.set("seed", "8");
    for n in 0..5 {
        lab.comment = n;
        lab.write(dir.path()); // a burst is one build
    }
    let lines = until("watching");
    assert!(lines.iter().any(|l| l.trim_start().starts_with("split")), "{lines:?}");
    assert!(told.recv_timeout(Duration::from_millis(600)).is_err(), "what a build writes wakes nobody");
    signal(&child, "-INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(build(dir.path(), &Way::default()).roots(), clean_roots(&lab).1);
}

fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn a_wish_to_stop_is_granted() {
    let whole = span() * 4;
    for (name, exit) in [("-INT", 130), ("-TERM", 143)] {
        let mut stopped = 0;
        for n in 1..40u32 {
            let dir = tempfile::tempdir().unwrap();
            let lab = Lab::new(400, 6);
            lab.write(dir.path());
            let child = start(dir.path(), &BUILD);
            std::thread::sleep(whole * n / 40);
            signal(&child, name);
            let out = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&out.stderr).into_owned();
            match out.status.code() {
                Some(0) => break, // it was done before
                None => continue, // it had not begun to listen
                Some(code) => assert_eq!(code, exit, "{said}"),
            }
            stopped += 1;
            assert!(said.contains("kept"), "{said}");
            sound(dir.path());
            let told = build(dir.path(), &Way::default());
            assert_eq!((told.exit, told.roots()), clean_roots(&lab));
            if stopped == 3 {
                break;
            }
        }
        assert!(stopped > 0, "no build was stopped");
    }
}

/// Of a step that broke off, the end of the build claims no number of samples: a 0 would say that there are none.
#[test]
fn a_step_that_was_stopped_counts_nothing() {
    let dir = tempfile::tempdir().unwrap();
    lab().write(dir.path());
    let project = Project::in_world(World::new(dir.path()), &registry()).unwrap();
    let stop = Stop::default();
    let options = Options { target: 16, jobs: 1, stop: stop.clone(), ..Options::default() };
    let ask = |e: Event| {
        if matches!(e, Event::Running { .. }) {
            stop.0.store(130, Ordering::Relaxed);
        }
    };
    let told = project.build(&options, &ask, |s, f| {
        (f.exit(), terminal::build(&project, s, f, false).unwrap(), terminal::failures(&project, s, f))
    });
    let (exit, text, failures) = told.unwrap();
    assert!(!failures.contains("T0501"), "no gate can judge a step that was stopped: {failures}");
    assert_eq!(exit, 130, "{text}");
    let line = text.lines().find(|l| l.trim_start().starts_with("collect.")).expect(&text);
    assert!(!line.split_whitespace().any(|word| word == "0"), "{text}");
}

/// A bit in every kind of file of the store, a pack that is gone, an index that is empty, a state cut short.
#[test]
fn damage_is_found_and_mended() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = lab();
    lab.write(dir.path());
    assert_eq!(build(dir.path(), &Way::default()).exit, 0);
    let mut d = Dice { seed: 9, n: 0 };
    for round in 0..40 {
        let files = std::fs::read_dir(dir.path().join(".tamis"))
            .unwrap()
            .chain(std::fs::read_dir(dir.path().join(".tamis/packs")).unwrap());
        let mut files: Vec<_> = files.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
        files.sort();
        let path = files[round % files.len()].clone();
        let mut bytes = std::fs::read(&path).unwrap();
        let deed = d.below(4);
        match deed {
            0 if !bytes.is_empty() => {
                let at = d.below(bytes.len());
                bytes[at] ^= 1 << d.below(8);
                std::fs::write(&path, bytes).unwrap();
            }
            1 => std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
            2 => std::fs::write(&path, b"").unwrap(),
            _ => std::fs::remove_file(&path).unwrap(),
        }
        if d.below(2) == 0 {
            edit(&mut lab, &mut d);
            lab.write(dir.path());
        }
        let (exit, _, said) = tamis(dir.path(), &["status"]);
        assert!(matches!(exit, 0), "round {round}, deed {deed} on {path:?}: status exits with {exit}: {said}");
        let told = build(dir.path(), &Way::default());
        assert_eq!((told.exit, told.roots()), clean_roots(&lab), "deed {deed} on {path:?}: {}", told.stderr);
        let name = dir.path().join("out/public");
        if told.exit == 0 {
            let (exit, said, _) = tamis(dir.path(), &["verify", name.to_str().unwrap()]);
            assert_eq!(exit, 0, "{said}");
        }
    }
}

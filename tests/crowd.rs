//! Several annotators of one task, from a gate that fails to a release: the example `ner-crowd`.
use crate::harness::{example, tamis};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let (exit, out, err) = tamis(dir, args);
    (exit, out + &err)
}

/// KLUE's own labels, by sentence.
fn gold(dir: &Path) -> BTreeMap<String, Json> {
    let text = std::fs::read_to_string(dir.join("raw/gold.jsonl")).unwrap();
    let line = |l: &str| {
        let json: Json = serde_json::from_str(l).unwrap();
        (json["id"].as_str().unwrap().to_string(), json["label"].clone())
    };
    text.lines().map(line).collect()
}

/// What Label Studio gives back once somebody has corrected every task of a package.
fn corrected(dir: &Path) -> usize {
    let gold = gold(dir);
    let path = dir.join("tasks/ner.json");
    let mut tasks: Json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for task in tasks.as_array_mut().unwrap() {
        let text: Vec<char> = task["data"]["text"].as_str().unwrap().chars().collect();
        let region = |span: &Json| {
            let at = |name: &str| span[name].as_u64().unwrap() as usize;
            let covered: String = text[at("start")..at("end")].iter().collect();
            json!({ "type": "labels", "from_name": "label", "to_name": "text",
                    "value": { "start": span["start"], "end": span["end"], "text": covered, "labels": [span["class"]] } })
        };
        let spans = gold[task["data"]["sample"].as_str().unwrap()].as_array().unwrap();
        let result: Vec<Json> = spans.iter().map(region).collect();
        task["annotations"] = json!([{ "completed_by": 7, "result": result }]);
    }
    std::fs::write(path, tasks.to_string()).unwrap();
    tasks.as_array().unwrap().len()
}

#[test]
fn from_a_failing_gate_to_a_release() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 1, "{said}");
    for words in
        ["the annotators of label.ner agree too little", "dataset.toml:29", "; lowest: ", "--only low-agreement"]
    {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (_, page) = run(dir, &["show", "label.ner", "--agreement"]);
    assert!(page.contains("span_f1") && page.contains("(95 %: ") && page.contains("at least 0.8"), "{page}");
    let (_, page) = run(dir, &["show", "label.ner", "--agreement", "--by", "annotator"]);
    let first = page.lines().find(|l| l.contains("ba") || l.contains("by") || l.contains("ha")).unwrap();
    assert!(first.contains("bada"), "the one who makes most mistakes comes first: {page}");
    let (_, page) = run(dir, &["show", "label.ner", "--agreement", "--by", "sample", "--limit", "3"]);
    assert!(page.contains("and 197 more"), "{page}");

    let (exit, said) = run(dir, &["label", "export", "ner", "--tool", "label-studio", "--only", "low-agreement"]);
    assert_eq!(exit, 0, "{said}");
    let n = corrected(dir);
    assert!((40..200).contains(&n), "{n} sentences are low");
    let (exit, said) = run(dir, &["label", "import", "ner", "tasks/ner.json", "--tool", "label-studio", "--by", "kim"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains(&format!("{n} lines by kim")), "{said}");

    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let decided = std::fs::read_to_string(dir.join("reviews/kim.jsonl")).unwrap();
    let first: Json = serde_json::from_str(decided.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap();
    let (_, story) = run(dir, &["trace", id]);
    for words in ["bada: ", "decided.ner: kim", "status.ner: decided", "released: public"] {
        assert!(story.contains(words), "{words}: {story}");
    }
    let (exit, said) = run(dir, &["build", "--json"]);
    assert_eq!(exit, 0);
    let done: Json = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let ran: u64 = done["kernels"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(ran, 0, "nothing has changed");
}

#[test]
fn a_decision_is_asked_for_again_once_the_answers_change() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    run(dir, &["label", "export", "ner", "--tool", "label-studio", "--only", "low-agreement"]);
    corrected(dir);
    run(dir, &["label", "import", "ner", "tasks/ner.json", "--tool", "label-studio", "--by", "kim"]);
    let decided = std::fs::read_to_string(dir.join("reviews/kim.jsonl")).unwrap();
    let first: Json = serde_json::from_str(decided.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap();
    let votes = std::fs::read_to_string(dir.join("raw/votes.csv")).unwrap();
    let changed = |line: &str| match line.starts_with(&format!("{id},bada,")) {
        true => format!("{id},bada,[]\n"),
        false => format!("{line}\n"),
    };
    std::fs::write(dir.join("raw/votes.csv"), votes.lines().map(changed).collect::<String>()).unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let (_, found) = run(dir, &["show", "label.ner/decided", "--findings"]);
    assert!(found.contains("review.stale") && found.contains("1 finding") || found.contains(id), "{found}");
    let (_, said) = run(dir, &["label", "export", "ner", "--tool", "csv", "--only", "stale"]);
    assert!(said.contains("1 sample of 200"), "{said}");
}

#[test]
fn answers_of_one_more_annotator_become_a_source() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    run(dir, &["label", "export", "ner", "--tool", "label-studio"]);
    assert_eq!(corrected(dir), 200);
    let answered = std::fs::read(dir.join("tasks/ner.json")).unwrap();
    let (_, said) = run(dir, &["label", "export", "ner", "--tool", "label-studio", "--only", "ties"]);
    assert!(said.contains("kept as tasks/ner.json.1"), "what somebody answered in is not overwritten: {said}");
    assert_eq!(std::fs::read(dir.join("tasks/ner.json.1")).unwrap(), answered);
    std::fs::write(dir.join("tasks/ner.json"), answered).unwrap();
    let import =
        ["label", "import", "ner", "tasks/ner.json", "--tool", "label-studio", "--by", "lee", "--as", "answers"];
    let (exit, said) = run(dir, &import);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("from.ner = { files = [\"labels/ner/*.csv\"] }"), "{said}");
    let manifest = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    let more = "from.crowd = { files = [\"raw/votes.csv\", \"labels/ner/*.csv\"] }";
    std::fs::write(dir.join("dataset.toml"), manifest.replace("from.crowd = { files = [\"raw/votes.csv\"] }", more))
        .unwrap();
    run(dir, &["build"]);
    let (_, page) = run(dir, &["show", "label.ner", "--agreement", "--by", "annotator"]);
    assert!(page.lines().last().unwrap_or_default().contains("lee"), "who makes no mistakes agrees most: {page}");
}

#[test]
fn what_is_no_answer_is_told_and_not_taken() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    let id = gold(dir).into_keys().next().unwrap();
    let rows = format!(
        "id,label\n,[]\n{id},\"[{{\"\"class\"\": \"\"XX\"\", \"\"start\"\": 0, \"\"end\"\": 1}}]\"\nnobody,[]\n{id},[]\n"
    );
    std::fs::write(dir.join("back.csv"), rows).unwrap();
    let (exit, said) = run(dir, &["label", "import", "ner", "back.csv", "--tool", "csv", "--by", "kim"]);
    assert_eq!(exit, 1, "{said}");
    for words in [
        "`XX` is not a class of label.ner",
        "there is no sample `nobody`",
        "row 2: it names no sample",
        "3 of back.csv were not taken",
        "1 line by kim",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let (exit, said) = run(dir, &["label", "import", "ner", "back.csv", "--tool", "csv", "--by", "../x"]);
    assert_eq!(exit, 2, "{said}");
}

/// A browser puts a file wherever it does; a task that somebody passed over is no answer and no silence.
#[test]
fn a_file_of_a_tool_lies_anywhere_and_says_what_was_skipped() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    run(dir, &["label", "export", "ner", "--tool", "label-studio", "--only", "low-agreement"]);
    let mut tasks: Json = serde_json::from_slice(&std::fs::read(dir.join("tasks/ner.json")).unwrap()).unwrap();
    for (n, task) in tasks.as_array_mut().unwrap().iter_mut().take(3).enumerate() {
        task["annotations"] = serde_json::json!([{ "was_cancelled": n > 0, "result": [] }]);
    }
    let away = tempfile::tempdir().unwrap();
    let file = away.path().join("project-7.json");
    std::fs::write(&file, tasks.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let (exit, said) = run(dir, &["label", "import", "ner", file, "--tool", "label-studio", "--by", "kim"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("1 line by kim") && said.contains("2 samples passed over"), "{said}");
    let (exit, said) = run(dir, &["label", "import", "ner", "/nowhere/x.json", "--tool", "csv", "--by", "kim"]);
    assert_eq!(exit, 3, "{said}");
}

/// The decided labels, intervals and tables are the same however the work is cut and shared.
#[test]
fn partitions_and_threads_change_nothing() {
    let told = |more: &[&str]| {
        let dir = example("ner-crowd");
        let dir = dir.path();
        let manifest = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
        std::fs::write(
            dir.join("dataset.toml"),
            manifest.replace("min = 0.8 ", "min = 0.5 ").replace("PS = 0.75", "PS = 0.5"),
        )
        .unwrap();
        let (exit, said) = run(dir, &[&["build"], more].concat());
        assert_eq!(exit, 0, "{said}");
        let root = said.lines().find(|l| l.starts_with("built")).unwrap().to_string();
        let cut = if more.len() > 2 { &more[..2] } else { &[] };
        let show = |by: &[&str]| run(dir, &[&["show", "label.ner", "--agreement"], by, cut].concat()).1;
        (root, show(&[]), show(&["--by", "pair"]), show(&["--by", "sample"]))
    };
    let whole = told(&[]);
    assert!(whole.1.contains("span_f1"), "{}", whole.1);
    assert_eq!(whole, told(&["--partition-target", "7", "--jobs", "1"]));
    assert_eq!(whole, told(&["--partition-target", "33", "--jobs", "3"]));
}

#[test]
fn a_change_of_the_guideline_is_told_before_it_is_made() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    let text = std::fs::read_to_string(dir.join("docs/ner.md")).unwrap();
    std::fs::write(dir.join("docs/next.md"), text.replace("A time shorter than a day", "A time shorter than two days"))
        .unwrap();
    let (exit, said) = run(dir, &["guideline", "diff", "docs/ner.md", "docs/next.md"]);
    assert_eq!(exit, 0, "{said}");
    let line = |class: &str| {
        said.lines().find(|l| l.trim().starts_with(class)).unwrap().split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!((line("TI")[1], line("PS")[1]), ("changed", "same"), "{said}");
    assert!(line("TI")[2].parse::<u64>().unwrap() > 20, "{said}");
    assert!(said.contains("raise the major version"), "{said}");
}

/// Runs `tamis review` with these lines typed; where they end the verb ends, as if the terminal were closed.
fn review(dir: &Path, more: &[&str], typed: &str) -> String {
    use std::io::Write;
    let args = [&["-C", dir.to_str().unwrap(), "review", "ner", "--by", "kim"], more].concat();
    let piped = std::process::Stdio::piped;
    let mut child = std::process::Command::new(crate::harness::binary())
        .args(args)
        .stdin(piped())
        .stdout(piped())
        .stderr(piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap()
}

#[test]
fn twenty_decisions_in_two_sittings() {
    let dir = example("ner-crowd");
    let dir = dir.path();
    run(dir, &["build"]);
    let low = ["--only", "low-agreement"];
    let lines = || std::fs::read_to_string(dir.join("reviews/kim.jsonl")).unwrap().lines().count();
    let by = |what: &str| run(dir, &["show", "label.ner", "--agreement", "--by", what]).1;
    assert!(
        by("quadrant").contains("no second measure: a model that looks for errors in label.ner"),
        "{}",
        by("quadrant")
    );
    assert!(by("version").contains("guideline"), "{}", by("version"));
    // colours are shown only where they are asked for, and change no word
    let (plain, painted) =
        (review(dir, &low, "q\n"), review(dir, &["--only", "low-agreement", "--color", "always"], "q\n"));
    assert!(!plain.contains('\u{1b}') && painted.contains("\u{1b}[4;3"), "{painted}");
    let text = plain.lines().find(|l| l.starts_with("1 of ")).and_then(|_| plain.lines().nth(4)).unwrap();
    let bare = painted.replace("\u{1b}[0m", "");
    let bare = (1..7).fold(bare, |bare, n| bare.replace(&format!("\u{1b}[4;3{n}m"), ""));
    assert!(bare.matches(text.trim()).count() > plain.matches(text.trim()).count(), "{bare}");
    // it ends in the middle of the ninth
    let said = review(dir, &low, &format!("{}# not sure\nno such key\n", "1\n".repeat(8)));
    assert!(said.contains("`no such key` is none of these") && said.contains("1 of "), "{said}");
    assert_eq!(lines(), 8);
    let first = said.lines().find(|l| l.starts_with("9 of ")).unwrap().split_whitespace().nth(3).unwrap().to_string();
    let said = review(dir, &low, &format!("# blurred\nd\n= []\nk\n{}q\n", "1\n".repeat(9)));
    assert!(said.contains(&format!("   {first}")), "it goes on where it ended: {said}");
    assert_eq!(lines(), 20);
    let decided = std::fs::read_to_string(dir.join("reviews/kim.jsonl")).unwrap();
    assert!(decided.contains("\"decision\":\"drop\"") && decided.contains("\"note\":\"blurred\""), "{decided}");
    assert!(decided.contains("\"value\":[]"), "{decided}");
    run(dir, &["build"]);
    let (_, page) = run(dir, &["show", "label.ner/agreement"]);
    let line = page.lines().find(|l| l.trim().starts_with("decided ")).unwrap_or_default();
    assert!(line.trim_end().ends_with(" 18"), "17 answers were taken and one was given: {page}");
}

/// A project of 40 short texts of two classes, whose every text tells its class; simulated workers answer it.
fn topics() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "tamis = \"0.1\"\n[dataset]\nname = \"topics\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
        [collect.a]\nopen = { files = [\"raw.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n\
        [schema]\ntext = { text = {} }\n[privacy]\nkey = { file = \"key.txt\" }\nharmless = [\"id\", \"text\"]\n\
        [label.topic]\ntask = \"classification\"\nclasses = [\"law\", \"sport\"]\nfrom.crowd = { files = [\"labels/topic/*.csv\"] }\n\
        [release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"text\", \"label.topic\"]\n";
    let texts: String = (0..40)
        .map(|i| format!("{{\"id\":\"t{i:02}\",\"text\":\"<b>{}</b> & more {i}\"}}\n", ["law", "sport"][i % 2]))
        .collect();
    std::fs::create_dir_all(dir.path().join("labels/topic")).unwrap();
    let files = [
        ("dataset.toml", manifest),
        ("raw.jsonl", &texts),
        ("key.txt", "a key of forty letters that nobody knows"),
        ("labels/topic/0.csv", "item,annotator,label\nt00,kim,law\n"),
    ];
    files.iter().for_each(|(name, text)| std::fs::write(dir.path().join(name), text).unwrap());
    dir
}

/// Gold answers and those of annotators who do not count go out to nobody, and a decision is about the answers that were shown:
/// it counts at the next build.
#[test]
fn gold_answers_go_out_to_nobody() {
    let dir = topics();
    let dir = dir.path();
    let path = dir.join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let from = "from.crowd = { files = [\"labels/topic/*.csv\"] }\n";
    let gold = "from.expert = { files = [\"gold.csv\"] }\ngold = { from = \"expert\", min_accuracy = 0.6 }\n";
    let open = "[privacy]\nkey = { file = \"key.txt\" }\nharmless = [\"id\", \"text\"]\n";
    let manifest =
        manifest.replace(from, &format!("{from}{gold}")).replace(open, "[review]\nfiles = [\"reviews/*.jsonl\"]\n");
    std::fs::write(&path, manifest).unwrap();
    let (mut votes, mut known) = ("item,annotator,label\n".to_string(), "item,label\n".to_string());
    for i in 0..40 {
        let (right, wrong) = (["law", "sport"][i % 2], ["sport", "law"][i % 2]);
        votes += &format!("t{i:02},careful,{right}\nt{i:02},careless,{wrong}\n");
        known += &if i < 10 { format!("t{i:02},{right}\n") } else { String::new() };
    }
    std::fs::write(dir.join("labels/topic/0.csv"), votes).unwrap();
    std::fs::write(dir.join("gold.csv"), known).unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    for (tool, file) in [("doccano", "topic.jsonl"), ("label-studio", "topic.json"), ("csv", "topic.csv")] {
        let (exit, said) = run(dir, &["label", "export", "topic", "--tool", tool]);
        assert_eq!(exit, 0, "{said}");
        let text = std::fs::read_to_string(dir.join("tasks").join(file)).unwrap();
        assert!(text.contains("careful") && !text.contains("expert") && !text.contains("careless"), "{tool}: {text}");
    }
    let task = std::fs::read_to_string(dir.join("tasks/topic.jsonl")).unwrap();
    let mut first: Json = serde_json::from_str(task.lines().next().unwrap()).unwrap();
    first["label"] = serde_json::json!(["sport"]);
    std::fs::write(dir.join("done.jsonl"), format!("{first}\n")).unwrap();
    let (exit, said) = run(dir, &["label", "import", "topic", "done.jsonl", "--tool", "doccano", "--by", "me"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = run(dir, &["build"]);
    assert!(exit == 0 && !said.contains("review.stale"), "{said}");
    let released = std::fs::read_to_string(dir.join("out/public/jsonl/train-00000.jsonl"));
    let released = released.or_else(|_| std::fs::read_to_string(dir.join("out/public/jsonl/all-00000.jsonl"))).unwrap();
    let line = released.lines().find(|l| l.contains("\"t00\"")).unwrap();
    assert!(line.contains("\"sport\""), "the decision counts: {line}");
}

/// What the platform gives back: two careful workers, one who answers within a second, and one whose work was rejected.
fn results() -> String {
    let mut out =
        "HITId,AssignmentId,WorkerId,AssignmentStatus,WorkTimeInSeconds,Input.sample,Answer.taskAnswers,Reject\n"
            .to_string();
    for i in 0..40 {
        let right = ["law", "sport"][i % 2];
        for (worker, seconds, answer, reject) in [
            ("A1CAREFUL", 21, right, ""),
            ("A2CAREFUL", 30, right, ""),
            ("A3FAST", 1, "law", ""),
            ("A4", 9, "sport", "no care"),
        ] {
            out.push_str(&format!(
                "h{i},a{i}{worker},{worker},Submitted,{seconds},t{i:02},\"[{{\"\"label\"\":{{\"\"label\"\":\"\"{answer}\"\"}}}}]\",{reject}\n"
            ));
        }
    }
    out
}

#[test]
fn a_batch_of_many_workers_goes_out_and_comes_back() {
    let dir = topics();
    let dir = dir.path();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = run(dir, &["label", "export", "topic", "--tool", "mturk"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("tasks/topic.html") && said.contains("--by BATCH --as answers"), "{said}");
    let package = std::fs::read_to_string(dir.join("tasks/topic.csv")).unwrap();
    assert!(package.starts_with("sample,text,seen,guideline\n") && package.lines().count() == 41, "{package}");
    assert!(package.contains("t00,&#60;b&#62;law&#60;/b&#62; &#38; more 0,"), "{package}");

    std::fs::write(dir.join("results.csv"), results()).unwrap();
    let import = ["label", "import", "topic", "results.csv", "--tool", "mturk", "--by", "batch-1"];
    let (exit, said) = run(dir, &import);
    assert!(exit == 2 && said.contains("--as answers"), "{said}");
    let import = [&import[..], &["--as", "answers", "--min-seconds", "5"]].concat();
    let (exit, said) = run(dir, &import);
    assert_eq!(exit, 0, "{said}");
    for words in [
        "80 answers of 2 workers",
        "21 s an answer",
        "40 answers rejected on the platform, not taken: no care",
        "screened, 40 answers not taken: 1 s an answer",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let path = dir.join("labels/topic/batch-1.csv");
    let votes = std::fs::read_to_string(&path).unwrap();
    assert!(!votes.contains("CAREFUL") && !said.contains("CAREFUL") && votes.lines().count() == 81, "{votes}");
    run(dir, &import);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), votes, "the same results give the same file");
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let released = std::fs::read_to_string(dir.join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert_eq!(released.matches("\"label_topic\": \"sport\"").count(), 20, "{released}");

    std::fs::remove_file(dir.join("key.txt")).unwrap();
    let (exit, said) = run(dir, &import);
    assert!(exit != 0 && !said.contains("A1CAREFUL"), "without a key no worker is named: {said}");
}

#[test]
fn a_study_goes_out_and_comes_back_under_pseudonyms() {
    let dir = topics();
    let dir = dir.path();
    assert_eq!(run(dir, &["build"]).0, 0);
    let (exit, said) = run(dir, &["label", "export", "topic", "--tool", "prolific"]);
    assert!(exit == 0 && said.contains("tasks/topic.study.json"), "{said}");
    let study: Json = serde_json::from_slice(&std::fs::read(dir.join("tasks/topic.study.json")).unwrap()).unwrap();
    let code = study["completion_code"].as_str().unwrap();
    let package = std::fs::read_to_string(dir.join("tasks/topic.csv")).unwrap();
    assert!(package.lines().skip(1).all(|line| line.ends_with(code)) && package.lines().count() == 41, "{package}");
    let mut results = "PROLIFIC_PID,sample,label,seconds,status,completion_code,entered_code\n".to_string();
    for i in 0..40 {
        let right = ["law", "sport"][i % 2];
        results += &format!("5f0cafe1,t{i:02},{right},20,APPROVED,{code},{code}\n");
        results += &format!("5f0cafe2,t{i:02},law,20,TIMED-OUT,{code},\n5f0cafe3,t{i:02},law,20,APPROVED,{code},C0\n");
    }
    std::fs::write(dir.join("results.csv"), results).unwrap();
    let import =
        ["label", "import", "topic", "results.csv", "--tool", "prolific", "--by", "study-1", "--as", "answers"];
    let (exit, said) = run(dir, &import);
    for words in ["40 answers of 1 worker", "not taken: timed out", "not taken: another completion code"] {
        assert!(exit == 0 && said.contains(words), "{words}: {said}");
    }
    let votes = std::fs::read_to_string(dir.join("labels/topic/study-1.csv")).unwrap();
    assert!(!votes.contains("5f0cafe") && !said.contains("5f0cafe") && votes.lines().count() == 41, "{votes}");
}

/// What waits for a person and is released all the same is told where the release is made, with the key that keeps it out.
#[test]
fn that_samples_for_review_are_released_is_told() {
    let dir = topics();
    let dir = dir.path();
    let path = dir.join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let from = "from.crowd = { files = [\"labels/topic/*.csv\"] }\n";
    let tied = format!("{from}aggregate = {{ method = \"majority\", on_tie = \"review\" }}\n");
    std::fs::write(&path, manifest.replace(from, &tied)).unwrap();
    std::fs::write(
        dir.join("labels/topic/0.csv"),
        "item,annotator,label\nt00,kim,law\nt00,lee,sport\nt01,kim,law\nt01,lee,law\n",
    )
    .unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("1 sample for review") && said.contains("release.public holds them"), "{said}");
    let card = || std::fs::read_to_string(dir.join("out/public/README.md")).unwrap();
    assert!(card().contains("A person was to look at 1 sample, and nobody has decided on it yet."), "{}", card());
    std::fs::write(&path, manifest.replace(from, &tied) + "[review]\nhold = true\n").unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert!(exit == 0 && !said.contains("holds them") && !card().contains("was to look at"), "{said}");
}

/// Each annotator has a package of their own; every two of them share samples, so agreement can be measured of what comes back.
#[test]
fn packages_for_several_annotators_share_samples_and_show_no_answers() {
    let dir = topics();
    let dir = dir.path();
    assert_eq!(run(dir, &["build"]).0, 0);
    let plan = [
        "label",
        "plan",
        "topic",
        "--annotators",
        "3",
        "--overlap",
        "2",
        "--seconds",
        "30",
        "--pay",
        "12000",
        "--gold",
        "2",
    ];
    let (exit, said) = run(dir, &plan);
    assert!(exit == 0 && said.contains("40 samples, 2 of them gold") && said.contains("82 of 3 annotators"), "{said}");
    std::fs::write(dir.join("gold.txt"), "t07\n\nt21\r\n").unwrap();
    let export = [
        "label",
        "export",
        "topic",
        "--tool",
        "csv",
        "--annotators",
        "kim,lee,park",
        "--overlap",
        "2",
        "--gold",
        "gold.txt",
    ];
    let (exit, said) = run(dir, &export);
    assert!(exit == 0 && said.contains("--by kim --as answers") && said.contains("2 samples of gold"), "{said}");
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for name in ["kim", "lee", "park"] {
        let package = std::fs::read_to_string(dir.join(format!("tasks/topic-{name}.csv"))).unwrap();
        let mut answered = String::new();
        for (n, line) in package.lines().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            if n == 0 {
                assert_eq!(&cells[..5], ["id", "text", "agreement", "votes", "label"]);
                answered.push_str(&format!("{line}\n"));
                continue;
            }
            assert_eq!(&cells[2..5], ["", "", ""], "{line}");
            *times.entry(cells[0].to_string()).or_default() += 1;
            let answer = if n % 5 == 1 { "sport" } else { "law" };
            answered.push_str(&format!("{},{},,,{answer},,,{}\n", cells[0], cells[1], cells[7]));
        }
        std::fs::write(dir.join(format!("back-{name}.csv")), answered).unwrap();
        let back = format!("back-{name}.csv");
        let import = ["label", "import", "topic", &back, "--tool", "csv", "--by", name, "--as", "answers"];
        let (exit, said) = run(dir, &import);
        assert_eq!(exit, 0, "without a build between two of them: {said}");
    }
    let (exit, said) = run(dir, &["label", "import", "topic", "gold.txt", "--tool", "csv", "--by", "kim"]);
    assert_eq!(exit, 2, "{said}");
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    assert_eq!(times.len(), 40);
    assert!(times.iter().all(|(id, n)| *n == if ["t07", "t21"].contains(&id.as_str()) { 3 } else { 2 }), "{times:?}");
    let mut wrong = export;
    wrong[10] = "none.txt";
    std::fs::write(dir.join("none.txt"), "t07\nnobody\n").unwrap();
    let (exit, said) = run(dir, &wrong);
    assert!(exit == 2 && said.contains("none.txt: line 2: no sample of the package is called `nobody`"), "{said}");
    let (exit, said) = run(dir, &["label", "export", "topic", "--tool", "mturk", "--annotators", "2"]);
    assert!(exit == 2 && said.contains("leave --annotators out"), "{said}");
}

/// A second batch of one annotator is added to the first, and a package that nobody filled in is no import.
#[test]
fn batches_of_one_annotator_are_added_and_empty_ones_are_none() {
    let dir = topics();
    let dir = dir.path();
    assert_eq!(run(dir, &["build"]).0, 0);
    let import = |rows: &str, by: &str| {
        std::fs::write(dir.join("back.csv"), format!("id,label\n{rows}")).unwrap();
        run(dir, &["label", "import", "topic", "back.csv", "--tool", "csv", "--by", by, "--as", "answers"])
    };
    let (exit, said) = import("t00,law\nt01,sport\n", "zoe");
    assert!(exit == 0 && said.contains("labels/topic/zoe.csv   2 lines by zoe: 2 new\n"), "{said}");
    let (exit, said) = import("t01,law\nt02,law\n", "zoe");
    assert!(exit == 0 && said.contains("2 lines by zoe: 1 new, 1 replaced; 1 of before stay\n"), "{said}");
    let votes = || std::fs::read_to_string(dir.join("labels/topic/zoe.csv")).unwrap();
    assert_eq!(votes(), "item,annotator,label\nt00,zoe,law\nt01,zoe,law\nt02,zoe,law\n");
    let kept = std::fs::read_to_string(dir.join("labels/topic/zoe.csv.1")).unwrap();
    assert_eq!(kept, "item,annotator,label\nt00,zoe,law\nt01,zoe,sport\n", "what was replaced is there");
    let before = votes();
    let (exit, said) = import("t03,\nt04,\n", "zoe");
    assert!(
        exit == 1 && said.contains("2 samples without an answer") && said.contains("nothing was written"),
        "{said}"
    );
    assert_eq!(votes(), before);
    assert_eq!(import("t03,\n", "ann").0, 1);
    let (exit, said) = import("nobody,law\n", "ann");
    assert!(exit == 1 && said.contains("there is no sample `nobody`"), "{said}");
    assert!(!dir.join("labels/topic/ann.csv").exists());
}

/// Where nothing is to be labelled nothing is written or moved; an overlap that cannot be is told.
#[test]
fn an_export_of_nothing_moves_nothing() {
    let dir = topics();
    let dir = dir.path();
    assert_eq!(run(dir, &["build"]).0, 0);
    let (exit, said) = run(
        dir,
        &["label", "export", "topic", "--tool", "csv", "--annotators", "kim,lee", "--out", "pk", "--overlap", "4"],
    );
    assert!(exit == 0 && said.contains("tamis label import topic pk-kim.csv --tool csv"), "{said}");
    assert!(said.contains("--overlap 4 asks for more than there are: each sample goes to 2 annotators"), "{said}");
    let package = std::fs::read(dir.join("pk-kim.csv")).unwrap();
    let (exit, said) = run(
        dir,
        &["label", "export", "topic", "--tool", "csv", "--annotators", "kim,lee", "--out", "pk", "--only", "stale"],
    );
    assert!(exit == 1 && said.contains("none of 40 samples is to be labelled: nothing was written"), "{said}");
    assert_eq!(std::fs::read(dir.join("pk-kim.csv")).unwrap(), package);
    assert!(!dir.join("pk-kim.csv.1").exists());
}

/// What answers took and cost is told of each annotator, the quickest first.
#[test]
fn what_answers_took_is_told_by_annotator() {
    let dir = topics();
    let dir = dir.path();
    let path = dir.join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    let from = "from.crowd = { files = [\"labels/topic/*.csv\"] }\n";
    let spent = "from.crowd = { files = [\"labels/topic/*.csv\"], fields = { time = \"seconds\", pay = \"won\" } }\n\
                 agreement = { metric = \"percent\" }\n";
    assert!(manifest.contains(from));
    let open = "[privacy]\nkey = { file = \"key.txt\" }\nharmless = [\"id\", \"text\"]\n";
    std::fs::write(&path, manifest.replace(from, spent).replace(open, "")).unwrap();
    let votes = "item,annotator,label,seconds,won\nt00,kim,law,30,100\nt01,kim,sport,90,100\nt00,lee,law,10,100\nt01,lee,law,,\n";
    std::fs::write(dir.join("labels/topic/0.csv"), votes).unwrap();
    run(dir, &["build"]);
    let (exit, said) = run(dir, &["show", "label.topic", "--agreement", "--by", "annotator"]);
    let lines: Vec<Vec<&str>> = said.lines().map(|l| l.split_whitespace().collect()).collect();
    let lee = ["lee", "2", "1", "10.0", "360.00", "100.00", "36000.00"];
    let kim = ["kim", "2", "2", "30.0", "60.00", "200.00", "6000.00"];
    let at = |want: [&str; 7]| lines.iter().position(|line| *line == want);
    assert!(exit == 0 && at(lee).is_some() && at(lee) < at(kim), "{said}");
    // lee is the quicker one of two, and they agree on one of two
    let pace =
        |by: &str| said.lines().find(|l| l.trim_start().starts_with(by) && l.contains(", low")).unwrap_or_default();
    assert!(pace("lee").contains("360.00") && pace("lee").contains("quick, low"), "{said}");
    assert!(pace("kim").contains("60.00") && pace("kim").contains("slow, low"), "{said}");
    std::fs::write(&path, manifest.replace(from, spent)).unwrap();
    run(dir, &["build"]);
    let (_, said) = run(dir, &["show", "label.topic", "--agreement", "--by", "annotator"]);
    assert!(said.contains("annotator 2") && !said.contains("lee"), "{said}");
}

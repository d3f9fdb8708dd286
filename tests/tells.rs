//! What a build tells: samples, each once, and beside them by which rules; who answered what, and where it stands; and
//! what the card of a release says of its samples.
use crate::harness::tamis;
use serde_json::Value as Json;
use std::path::Path;

fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const HEAD: &str = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
    [collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n";

/// What a verb prints, whatever its exit code.
fn said(dir: &Path, args: &[&str]) -> String {
    let (_, out, err) = tamis(dir, args);
    out + &err
}

#[test]
fn a_sample_with_several_reasons_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let spans = "[label.n]\ntask = \"ner\"\nclasses = [\"P\"]\nmax_lost = 1\non_incomplete = \"keep\"\n\
        from.own = { column = \"n\" }\n[clean.fields.text]\nchars_min = 5\nwords_min = 2\n\
        [preprocess]\nunicode = \"NFC\"\nwhitespace = \"collapse\"\n";
    put(dir.path(), "dataset.toml", &format!("{HEAD}[schema]\ntext = {{ text = {{}} }}\n{spans}"));
    let span = |at: u32| format!("{{\"class\":\"Q\",\"start\":{at},\"end\":{}}}", at + 1);
    let lines = [
        format!(
            "{{\"id\":\"s1\",\"text\":\"a  long e\u{301}nough text\",\"n\":[{},{},{}]}}",
            span(0),
            span(3),
            span(4)
        ),
        "{\"id\":\"s2\",\"text\":\"ab\",\"n\":[]}".to_string(),
        "{\"id\":\"s3\",\"text\":\"another long text\",\"n\":[{\"class\":\"P\",\"start\":0,\"end\":7}]}".to_string(),
    ];
    put(dir.path(), "raw/a.jsonl", &(lines.join("\n") + "\n"));
    let built = said(dir.path(), &["build"]);
    // one text breaks two limits, another was changed for two reasons
    assert!(built.contains("1 dropped (") && !built.contains("2 dropped ("), "{built}");
    assert!(built.contains("1 changed (text.unicode 1, text.whitespace 1)"), "{built}");
    assert!(built.contains("findings in 1 sample ("), "{built}");
    let events: Vec<Json> =
        tamis(dir.path(), &["build", "--json"]).1.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let undeclared = events.iter().find(|e| e["rule"] == "class.undeclared").unwrap();
    assert_eq!((undeclared["count"].as_u64(), undeclared["samples"].as_u64()), (Some(3), Some(1)));
    let done = events.last().unwrap();
    assert_eq!(done["steps"]["label.n/check"]["findings"], 1, "{done}");
    let status: Json = serde_json::from_str(&tamis(dir.path(), &["status", "--json"]).1).unwrap();
    assert_eq!(status["findings"]["label.n/check"], 1, "{status}");
    let shown = said(dir.path(), &["show", "label.n/check"]);
    assert!(shown.contains("1 (3 times)"), "{shown}");
    let listed = said(dir.path(), &["show", "label.n/check", "--findings"]);
    assert!(listed.contains("by `own`, who answered `Q 0..1`"), "{listed}");
    // an edit of the first step makes all that follows unknown, and yet it was built here
    put(dir.path(), "raw/a.jsonl", &(lines[1..].join("\n") + "\n"));
    assert!(!said(dir.path(), &["status"]).contains("never built"), "{}", said(dir.path(), &["status"]));
}

/// A row that a step dropped is no sample: a release tells it once, as gone, and what changes of it later is nothing.
#[test]
fn a_release_tells_samples_and_not_rows() {
    let dir = tempfile::tempdir().unwrap();
    let rest =
        "[schema]\ntext = { text = {} }\n[clean.fields.text]\nchars_min = 5\n[release.all]\nformats = [\"jsonl\"]\n";
    put(dir.path(), "dataset.toml", &format!("{HEAD}{rest}"));
    let rows = |texts: [&str; 5]| {
        let line = |(n, text): (usize, &&str)| format!("{{\"id\":\"s{n}\",\"text\":\"{text}\"}}\n");
        put(dir.path(), "raw/a.jsonl", &texts.iter().enumerate().map(line).collect::<String>());
        let built = said(dir.path(), &["build"]);
        let line = built.lines().find(|line| line.trim_start().starts_with("release.all")).unwrap_or_default();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    rows(["long enough", "also long", "quite long", "the fourth", "no"]);
    let line = rows(["long enough!", "also long", "tiny", "the fourth", "no"]);
    assert!(line.starts_with("3 1 gone"), "{line}");
    // of what was and is dropped nothing is told
    let line = rows(["long enough", "also long", "wee", "the fourth", "nor"]);
    assert!(line.starts_with("3 in "), "{line}");
    // the columns of the other rows are as they were, and yet one sample less is there, then one more
    let line = rows(["long enough", "also long", "wee", "the", "nor"]);
    assert!(line.starts_with("2 1 gone"), "{line}");
    let line = rows(["long enough", "also long", "wee", "the fifth", "nor"]);
    assert!(line.starts_with("3 1 new"), "{line}");
}

/// Three annotators on six samples: one tie, one answer that is no class.
fn crowd(dir: &Path, more: &str) {
    let label = "fields = { text = \"text\" }\n[label.k]\ntask = \"classification\"\nclasses = [\"pos\", \"neg\", \"odd\"]\n\
        on_incomplete = \"keep\"\nfrom.crowd = { files = [\"raw/votes.csv\"] }\n";
    put(dir, "dataset.toml", &format!("{HEAD}{label}{more}"));
    let line = |n: u32| {
        format!("{{\"id\":\"s{n}\",\"text\":\"t{n}\",\"part\":\"{}\"}}\n", if n < 4 { "train" } else { "test" })
    };
    put(dir, "raw/a.jsonl", &(1..7).map(line).collect::<String>());
    let votes = "item,annotator,label\ns1,ann,pos\ns1,bob,pos\ns2,ann,neg\ns2,bob,pos\ns3,ann,pos\ns4,ann,neg\n\
        s5,ann,pos\ns6,bob,mad\ns6,ann,pos\n";
    put(dir, "raw/votes.csv", votes);
}

#[test]
fn findings_name_annotator_answer_and_row() {
    let dir = tempfile::tempdir().unwrap();
    crowd(dir.path(), "");
    said(dir.path(), &["build"]);
    let checked = said(dir.path(), &["show", "label.k/check", "--findings"]);
    let line = checked.lines().find(|l| l.contains("class.undeclared")).unwrap();
    for word in ["s6  raw/votes.csv:9", "`bob`", "`mad`"] {
        assert!(line.contains(word), "{word}: {checked}");
    }
    let settled = said(dir.path(), &["show", "label.k", "--findings"]);
    let line = settled.lines().find(|l| l.contains("label.tie")).unwrap();
    for word in ["s2  raw/votes.csv:4", "2 classes have 1 vote each", "`ann` says `neg`, `bob` says `pos`"] {
        assert!(line.contains(word), "{word}: {settled}");
    }
    let line = settled.lines().find(|l| l.contains("class.unused")).unwrap();
    assert!(line.contains("1 of 3 declared classes") && line.contains("`odd`"), "{settled}");
}

#[test]
fn a_card_counts_what_is_released_and_shows_ties() {
    let dir = tempfile::tempdir().unwrap();
    let more = "[split]\nratios = { train = 0.5, test = 0.5 }\ngiven = \"part\"\n[release.public]\n\
        formats = [\"jsonl\"]\ncolumns = [\"id\", \"label.k\", \"status.k\"]\n";
    crowd(dir.path(), more);
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let fields = manifest.replace("fields = { text = \"text\" }", "fields = { text = \"text\", part = \"part\" }");
    put(dir.path(), "dataset.toml", &fields);
    assert!(said(dir.path(), &["build"]).contains("built"), "{}", said(dir.path(), &["build"]));
    let card = std::fs::read_to_string(dir.path().join("out/public/README.md")).unwrap();
    for line in [
        "| class | test | train | released | in the data set |\n|---|---|---|---|---|\n",
        "| pos | 2 | 3 | 5 | 5 |\n",
        "| neg | 1 | 0 | 1 | 1 |\n",
        "| odd | 0 | 0 | 0 | 0 |\n",
        "| a | CC0-1.0 | 6 |\n",
        "in 1 sample: `s2`.\n",
    ] {
        assert!(card.contains(line), "{line}: {card}");
    }
    let lines = std::fs::read_to_string(dir.path().join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert!(lines.contains("\"id\": \"s2\", \"label_k\": \"pos\", \"status_k\": \"tied\""), "{lines}");
}

/// What stops a build is what is to be explained, not a warning that stands before it.
#[test]
fn the_first_error_is_the_one_to_explain() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "raw/a.jsonl", "{\"id\": \"a\", \"text\": \"so\"}\n");
    put(
        dir.path(),
        "dataset.toml",
        &format!(
            "{HEAD}fields = {{ text = \"text\" }}\n[privacy]\n[privacy.detect]\n\
         [release.all]\nformats = [\"jsonl\"]\n"
        ),
    );
    let told = said(dir.path(), &["build"]);
    assert!(
        told.contains("T0327") && told.contains("1 problem, 1 warning; nothing was built   tamis explain T0104"),
        "{told}"
    );
}

//! The JSON Schema of the manifest, judged by a validator that is not ours.
use serde_json::{Value as Json, json};

fn schema() -> Json {
    tamis::assemble::schema(&tamis::stages::registry())
}

/// A manifest as JSON.
fn read(path: &str) -> Json {
    let text = std::fs::read_to_string(path).unwrap();
    toml::from_str(&text).unwrap()
}

#[test]
fn the_examples_fit() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for example in
        ["chat", "classification", "detection", "hospital", "ner", "ner-crowd", "similarity", "steps", "transcription"]
    {
        let manifest = read(&format!("{}/examples/{example}/dataset.toml", env!("CARGO_MANIFEST_DIR")));
        let wrong: Vec<String> =
            validator.iter_errors(&manifest).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(wrong.is_empty(), "{example}: {wrong:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let dataset = json!({ "name": "x", "version": "0.1.0" });
    assert!(validator.is_valid(&json!({ "dataset": dataset })));
    for wrong in [
        json!({ "dataset": dataset, "splitt": {} }),
        json!({ "dataset": { "name": "x" } }),
        json!({ "dataset": dataset, "split": { "ratios": { "train": 1 }, "seed": "x" } }),
        json!({ "dataset": dataset, "collect": { "a": { "license": "MIT", "fields": 3 } } }),
    ] {
        assert!(!validator.is_valid(&wrong), "{wrong}");
    }
}

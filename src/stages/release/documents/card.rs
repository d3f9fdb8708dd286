//! `README.md`: the dataset card.
use super::told::PageCard;
use crate::stages::release::declaration::released_name;
use std::collections::BTreeMap;

/// The dataset card: YAML that dataset hubs read, and a page for people.
pub fn readme(p: &PageCard, counts: &BTreeMap<String, u64>) -> String {
    let mut t = String::from("---\n");
    if let Some(l) = &p.license {
        t.push_str(&format!("license: {}\n", l.to_lowercase()));
    }
    if !p.languages.is_empty() {
        t.push_str(&format!("language: [{}]\n", p.languages.join(", ")));
    }
    if let Some(table) = p.writers().find(|w| w.table) {
        t.push_str("configs:\n- config_name: default\n  data_files:\n");
        for split in counts.keys() {
            let files = table.files.replace("NNNNN", "*").replace("SPLIT", split);
            t.push_str(&format!("  - split: {}\n    path: {files}\n", split.replace('-', "_")));
        }
    }
    t.push_str(&format!("---\n\n# {} {}\n\n", p.dataset, p.version));
    if let Some(d) = &p.description {
        t.push_str(&format!("{d}\n\n"));
    }
    t.push_str("| split | samples |\n|---|---|\n");
    counts.iter().for_each(|(s, n)| t.push_str(&format!("| {s} | {n} |\n")));
    let columns: Vec<String> = p.columns.iter().map(|c| format!("`{}`", released_name(c))).collect();
    t.push_str(&format!("\nColumns: {}.\n\nSources and licences: see ATTRIBUTION.md. ", columns.join(", ")));
    t.push_str("Check the files with `b3sum -c B3SUMS` or `sha256sum -c SHA256SUMS`.\n");
    t
}

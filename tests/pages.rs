//! The pages of `docs/` as a reader follows them: each file that a page shows is written, each command and each script is run,
//! in order and in an empty folder. A block's first word is its language; a path behind it says which file it is.
use crate::harness::binary;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

/// (what stands behind the fence, what stands in it) of each block.
fn blocks(text: &str) -> Vec<(String, String)> {
    let (mut out, mut open): (Vec<(String, String)>, bool) = (Vec::new(), false);
    for line in text.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(info), false) => out.push((info.to_string(), String::new())),
            (Some(_), true) => {}
            (None, true) => out.last_mut().unwrap().1.push_str(&format!("{line}\n")),
            (None, false) => continue,
        }
        open = line.starts_with("```") != open;
    }
    out
}

/// A folder with programs that pages call and that are not ours: `dvc pull` brings what it would bring.
fn programs(dir: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let lines = "{\"id\":\"a\",\"text\":\"one stone\"}\\n{\"id\":\"b\",\"text\":\"two stones\"}\\n{\"id\":\"c\",\"text\":\"no stone\"}\\n";
    let dvc = format!("#!/bin/sh\n[ \"$1\" = pull ] && printf '{lines}' > raw/texts.jsonl\n");
    std::fs::write(dir.join("dvc"), dvc).unwrap();
    std::fs::set_permissions(dir.join("dvc"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink(binary(), dir.join("tamis")).unwrap();
}

/// Follows a page; how many commands and scripts were run.
fn followed(path: &str) -> usize {
    let (dir, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    programs(bin.path());
    let search = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let mut n = 0;
    for (info, body) in blocks(&text) {
        let (language, file) = info.split_once(' ').unwrap_or((info.as_str(), ""));
        if !file.is_empty() {
            let place = dir.path().join(file);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            std::fs::write(place, &body).unwrap();
            continue;
        }
        let mut command = match language {
            "sh" => Command::new("bash"),
            "python" => Command::new("python3"),
            _ => continue,
        };
        let args: &[&str] = if language == "sh" { &["-euo", "pipefail", "-c", &body] } else { &["-c", &body] };
        command.args(args).current_dir(dir.path()).env("PATH", &search).env("PYTHONPATH", root().join("python"));
        match command.env("LC_ALL", "C.UTF-8").output() {
            Ok(out) => {
                let told = |of: &[u8]| String::from_utf8_lossy(of).into_owned();
                assert!(out.status.success(), "{path}:\n{body}\n{}{}", told(&out.stdout), told(&out.stderr));
                n += 1;
            }
            Err(e) if language == "python" => eprintln!("{path}: a script is not run: python3: {e}"),
            Err(e) => panic!("{path}: bash: {e}"),
        }
    }
    n
}

#[test]
fn pages_can_be_followed() {
    let mut pages = vec!["docs/install.md".to_string(), "docs/agents.md".to_string()];
    for entry in std::fs::read_dir(root().join("docs/how-to")).unwrap() {
        pages.push(format!("docs/how-to/{}", entry.unwrap().file_name().to_str().unwrap()));
    }
    assert!(pages.len() >= 7, "{pages:?}");
    for page in pages {
        assert!(followed(&page) > 0, "{page} runs nothing");
    }
}

/// Pages name files and pages that are there.
#[test]
fn links_of_pages_lead_somewhere() {
    let mut broken = Vec::new();
    let mut folders = vec![root().join("docs"), root().join("packaging"), root().join("spec")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|e| e != "md") {
                continue;
            }
            for part in std::fs::read_to_string(&path).unwrap().split("](").skip(1) {
                let target = part.split([')', '#']).next().unwrap_or_default();
                let outside =
                    target.is_empty() || target.contains("://") || target.contains(' ') || target.contains('\n');
                if !outside && !folder.join(target).exists() {
                    broken.push(format!("{}: {target}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

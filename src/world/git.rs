//! What git keeps of a project. Only verbs that a user calls for it ask git; no build does.
use super::World;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Folders of a project that tamis writes: they are no part of what a release is made from.
const WRITTEN: [&str; 4] = [".tamis/", "out/", "releases/", "hidden-answers/"];
/// What git is told before any verb: it runs nothing of its own accord.
const QUIET: [&str; 4] = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

impl World {
    /// The commit that is meant by a word such as `HEAD~1` or `v1.2.0`.
    pub fn commit(&self, word: &str) -> Result<String, String> {
        let asked = format!("{word}^{{commit}}");
        let said = self.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &asked], None);
        said.map(|said| line_of(&said)).map_err(|say| match say.is_empty() {
            true => format!("git knows no commit `{word}`"),
            false => say,
        })
    }

    /// The last commit that changed a file of the project, if one did.
    pub fn last_commit_of(&self, path: &str) -> Result<Option<String>, String> {
        let path = format!(":(literal){path}");
        let said = self.git(&["log", "-1", "--format=%H", "--", &path], None)?;
        Some(line_of(&said)).filter(|commit| !commit.is_empty()).map_or(Ok(None), |commit| Ok(Some(commit)))
    }

    /// Writes the project as it is in a commit into the folder `project` below a folder of one's own.
    pub fn check_out(&self, commit: &str, into: &World) -> Result<(), String> {
        let below = line_of(&self.git(&["rev-parse", "--show-prefix"], None)?);
        let top = line_of(&self.git(&["rev-parse", "--show-toplevel"], None)?);
        let tree = format!("{commit}:{}", below.trim_end_matches('/'));
        let folder = into.root().join("project");
        fs::create_dir(&folder).map_err(|e| e.to_string())?;
        let index = into.root().join("index");
        let prefix = format!("--prefix={}/", folder.display());
        // the paths of this index begin at the project, so git must stand where its own paths begin
        let top = self.at(top);
        top.git(&["read-tree", &tree], Some(&index))?;
        top.git(&["checkout-index", "--all", "--quiet", &prefix], Some(&index))?;
        fs::remove_file(&index).map_err(|e| e.to_string())
    }

    /// The files of the project that git does not keep, without those that tamis writes; or of these such alone as git is told
    /// to ignore, and not those that nobody has added yet.
    pub fn files_beside_git(&self, ignored: bool) -> Result<Vec<String>, String> {
        let ignored: &[&str] = if ignored { &["--ignored", "--exclude-standard"] } else { &[] };
        let said = self.git(&[&["ls-files", "--others", "-z"], ignored].concat(), None)?;
        let paths = said.split(|b| *b == 0).filter_map(|path| std::str::from_utf8(path).ok());
        let own = |path: &&str| !path.is_empty() && !WRITTEN.iter().any(|folder| path.starts_with(folder));
        Ok(paths.filter(own).map(String::from).collect())
    }

    /// Puts a file of this project at the same path into a copy of it, where nothing lies yet: as a second name of the same
    /// bytes, or as a copy on another disk. What is no file is left out.
    pub fn bring(&self, path: &str, to: &World) -> io::Result<bool> {
        let (Some(from), place) = (self.place(path), to.kept(path)?) else { return Ok(false) };
        if !fs::symlink_metadata(&from)?.is_file() || place.exists() {
            return Ok(false);
        }
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::hard_link(&from, &place).is_err() {
            fs::copy(&from, &place)?;
        }
        Ok(true)
    }

    /// What git prints. An error is the last line of what it complains about.
    fn git(&self, words: &[&str], index: Option<&Path>) -> Result<Vec<u8>, String> {
        let program = self.program_file("git").ok_or("git is not installed, and it keeps the commits")?;
        let mut git = Command::new(program);
        git.args(QUIET).arg("-C").arg(self.root()).args(words).stdin(Stdio::null());
        git.env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
        for set in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            git.env_remove(set); // a hook of git sets them for its own repository
        }
        if let Some(index) = index {
            git.env("GIT_INDEX_FILE", index);
        }
        let said = git.output().map_err(|e| format!("git cannot be started: {e}"))?;
        if said.status.success() {
            return Ok(said.stdout);
        }
        let complaint = String::from_utf8_lossy(&said.stderr);
        Err(complaint.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_string())
    }
}

/// The first line of what git printed.
fn line_of(said: &[u8]) -> String {
    String::from_utf8_lossy(said).lines().next().unwrap_or_default().to_string()
}

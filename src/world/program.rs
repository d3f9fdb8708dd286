//! Programs of the user's as they are declared: what is run, with which files and within which limits.
use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A program and how it is run. What its answers may depend on belongs into the parameters of the kernel that asks it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// The program and its arguments; no shell reads them.
    pub run: Vec<String>,
    /// The file that is run, where it lies outside of the project; else it is one of `files`.
    pub found: Option<String>,
    /// What a program outside of the project says of its version, as the recipe has it.
    pub version: Option<String>,
    /// The files of its folder, by path: with other bytes it is another program.
    pub files: BTreeMap<String, Digest>,
    /// Names of variables of the environment that it is given besides `PATH`; all others are taken away.
    pub env: Vec<String>,
    pub limits: Limits,
}

/// What a program may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Seconds for one answer.
    pub seconds: u64,
    /// Bytes of memory that it may ask the system for.
    pub memory: u64,
    /// Bytes of one answer.
    pub output: u64,
}

impl Program {
    /// What the user trusts: the arguments, the file that is run, the names of variables and the bytes of the files.
    pub fn digest(&self) -> Digest {
        let mut text = String::from("tamis program 2\n");
        let found: Vec<String> = self.found.iter().cloned().collect();
        for list in [&self.run, &found, &self.env] {
            text.push_str(&format!("{}\n", list.len()));
            list.iter().for_each(|part| text.push_str(&format!("{}:{part}\n", part.len())));
        }
        self.files.iter().for_each(|(path, f)| text.push_str(&format!("{}:{path} {}\n", path.len(), f.hex())));
        Digest::of(text.as_bytes())
    }

    pub fn name(&self) -> String {
        self.run.join(" ")
    }
}

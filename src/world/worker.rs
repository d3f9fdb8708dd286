//! A worker as a process of this machine: a command that answers over its standard input and output. It is given no
//! variable of the environment.
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};

/// A worker that was started, and its pipes.
pub struct Started {
    pub input: ChildStdin,
    pub output: ChildStdout,
    pub ends: Ends,
}

/// Ends a worker; copies end the same one.
#[derive(Clone)]
pub struct Ends(Arc<Mutex<Child>>);

impl Ends {
    /// Ends it, however busy it is, and waits until it is gone.
    pub fn end(&self) {
        let mut child = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let _ = child.kill(); // it may have ended
        let _ = child.wait();
    }
}

/// Starts a command as a worker. What it complains of goes where this program's own complaints go.
pub fn start(command: &Path, words: &[&str]) -> io::Result<Started> {
    let mut process = Command::new(command);
    process.args(words).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = process.spawn()?;
    match (child.stdin.take(), child.stdout.take()) {
        (Some(input), Some(output)) => Ok(Started { input, output, ends: Ends(Arc::new(Mutex::new(child))) }),
        _ => {
            let _ = child.kill(); // without pipes it is of no use
            let _ = child.wait();
            Err(io::Error::other("it has no pipes"))
        }
    }
}

/// The command that runs just now.
pub fn this_command() -> io::Result<PathBuf> {
    std::env::current_exe()
}

//! Programs of the user's, run as processes: only those that the user has trusted in this checkout, with few variables of
//! the environment, within limits of time and output. What is trusted is remembered outside of the project: a project
//! that somebody else made cannot bring trust along.
use super::World;
use crate::digest::Digest;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// A program and how it is run. What it may depend on belongs into the parameters of the kernel that runs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The program and its arguments; no shell reads them.
    pub argv: Vec<String>,
    /// Digests of the files that the program is made of: with another content it is another program.
    pub files: Vec<Digest>,
    /// Names of variables of the environment that it is given besides `PATH`; all others are taken away.
    pub env: Vec<String>,
    /// Seconds after which it is stopped.
    pub seconds_max: u64,
    /// Bytes of output after which it is stopped.
    pub output_max: u64,
}

impl Program {
    /// What the user trusts: the arguments, the names of variables and the content of the files.
    pub fn digest(&self) -> Digest {
        let mut text = String::from("tamis program 1\n");
        for list in [&self.argv, &self.env] {
            text.push_str(&format!("{}\n", list.len()));
            list.iter().for_each(|part| text.push_str(&format!("{}:{part}\n", part.len())));
        }
        self.files.iter().for_each(|f| text.push_str(&format!("{}\n", f.hex())));
        Digest::of(text.as_bytes())
    }

    fn name(&self) -> String {
        self.argv.join(" ")
    }
}

/// Bytes of what a program says on its standard error that are told when it fails.
const COMPLAINT_MAX: u64 = 4096;

impl World {
    /// The same world, which remembers what is trusted in a folder of its own; for tests.
    pub fn with_trust(self, folder: impl Into<PathBuf>) -> World {
        World { trust: Some(folder.into()), ..self }
    }

    /// Remembers that the user lets this program run in this checkout.
    pub fn trust(&self, program: &Program) -> io::Result<()> {
        let path = self.trust_file(program)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, format!("{}\n", program.name()))
    }

    /// Whether the user lets this program run in this checkout.
    pub fn trusts(&self, program: &Program) -> bool {
        self.trust_file(program).is_ok_and(|path| path.is_file())
    }

    /// A file for each checkout and program, below the folder where the user's programs keep their state.
    fn trust_file(&self, program: &Program) -> io::Result<PathBuf> {
        let no_home = || io::Error::other("neither XDG_STATE_HOME nor HOME says where to remember what is trusted");
        let folder = match &self.trust {
            Some(folder) => folder.clone(),
            None => {
                let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
                let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|p| p.is_absolute());
                state
                    .or_else(|| home().map(|home| home.join(".local/state")))
                    .ok_or_else(no_home)?
                    .join("tamis/trusted")
            }
        };
        let checkout = self.root.canonicalize()?;
        if folder.starts_with(&checkout) {
            // it could have come with the project
            return Err(io::Error::other("what is trusted cannot be remembered within the project itself"));
        }
        let key = [checkout.as_os_str().as_encoded_bytes(), b"\0", &program.digest().0].concat();
        Ok(folder.join(Digest::of(&key).hex()))
    }

    /// Runs a trusted program in the project's folder: gives it the input and returns what it wrote to its standard
    /// output. An error says what went wrong in words for the user.
    pub fn program(&self, program: &Program, input: &[u8]) -> Result<Vec<u8>, String> {
        let name = program.name();
        if !self.trusts(program) {
            return Err(format!("the program `{name}` is not trusted in this checkout, so it was not run"));
        }
        let Some((command, arguments)) = program.argv.split_first() else {
            return Err("a program without a name cannot be run".into());
        };
        let mut process = Command::new(command);
        process.args(arguments).current_dir(&self.root).env_clear().process_group(0);
        for variable in program.env.iter().map(String::as_str).chain(["PATH"]) {
            process.envs(std::env::var_os(variable).map(|value| (variable, value)));
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().map_err(|e| format!("the program `{name}` cannot be started: {e}"))?;
        let done = converse(&mut child, program, input);
        stop(&mut child); // and whatever it left running
        done.map_err(|say| format!("the program `{name}` {say}"))
    }
}

/// Gives a process its input while its output is read, and waits for its end.
fn converse(child: &mut Child, program: &Program, input: &[u8]) -> Result<Vec<u8>, String> {
    let limit = Duration::from_secs(program.seconds_max);
    let output = child.stdout.take().map(|pipe| read(pipe, program.output_max, false));
    let complaint = child.stderr.take().map(|pipe| read(pipe, COMPLAINT_MAX, true));
    let stdin = child.stdin.take();
    let input = input.to_vec();
    // a program that does not read all of its input closes the pipe, which is its own affair
    std::thread::spawn(move || stdin.map(|mut pipe| pipe.write_all(&input)));
    let output = match output.ok_or("has no output")?.recv_timeout(limit) {
        Ok(read) => read.map_err(|e| format!("cannot be read from: {e}"))?,
        Err(RecvTimeoutError::Timeout) => return Err(format!("took longer than {} s", program.seconds_max)),
        Err(RecvTimeoutError::Disconnected) => return Err("cannot be read from".into()),
    };
    if output.len() as u64 > program.output_max {
        return Err(format!("gave more than {} bytes", program.output_max));
    }
    let status = wait(child, limit)?;
    if status.success() {
        return Ok(output);
    }
    let said = complaint.and_then(|c| c.recv_timeout(Duration::from_secs(1)).ok()).and_then(Result::ok);
    let said = String::from_utf8_lossy(&said.unwrap_or_default()).trim().to_string();
    Err(format!("failed ({status}): {said}"))
}

/// Reads a pipe on a thread of its own, but keeps not much more than a limit. `drains`: reads what follows, too, and
/// forgets it; else the pipe is closed there.
fn read(pipe: impl Read + Send + 'static, most: u64, drains: bool) -> Receiver<io::Result<Vec<u8>>> {
    let (send, receive) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut pipe = pipe;
        let done = (&mut pipe).take(most + 1).read_to_end(&mut bytes).map(|_| bytes);
        let _ = send.send(done); // nobody listens any more once the time is over
        if drains {
            let _ = io::copy(&mut pipe, &mut io::sink()); // who complains at length must not fail of that
        }
    });
    receive
}

/// Waits until a process that closed its output has ended.
fn wait(child: &mut Child, limit: Duration) -> Result<std::process::ExitStatus, String> {
    let step = Duration::from_millis(2);
    let mut waited = Duration::ZERO;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if waited > limit => return Err("did not end after its output".into()),
            Ok(None) => std::thread::sleep(step),
            Err(e) => return Err(format!("cannot be waited for: {e}")),
        }
        waited += step;
    }
}

/// Ends a process and all that it started.
fn stop(child: &mut Child) {
    if let Some(group) = rustix::process::Pid::from_raw(child.id() as i32) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL); // it may have ended
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(script: &str) -> Program {
        let argv = ["sh", "-c", script].map(String::from).into();
        Program { argv, files: Vec::new(), env: Vec::new(), seconds_max: 10, output_max: 1 << 20 }
    }

    fn world() -> (tempfile::TempDir, World) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project")).unwrap();
        let world = World::new(dir.path().join("project")).with_trust(dir.path().join("trust"));
        (dir, world)
    }

    #[test]
    fn only_what_is_trusted_runs() {
        let (_dir, world) = world();
        let upper = program("tr a-z A-Z");
        assert!(world.program(&upper, b"x").unwrap_err().contains("not trusted"));
        world.trust(&upper).unwrap();
        assert_eq!(world.program(&upper, b"a text").as_deref(), Ok(&b"A TEXT"[..]));
        let other = Program { files: vec![Digest::of(b"another script")], ..upper };
        assert!(world.program(&other, b"x").unwrap_err().contains("not trusted"));
    }

    #[test]
    fn trust_belongs_to_a_checkout() {
        let (dir, world) = world();
        world.trust(&program("cat")).unwrap();
        let copy = World::new(dir.path()).with_trust(dir.path().join("trust"));
        assert!(world.trusts(&program("cat")) && !copy.trusts(&program("cat")));
    }

    #[test]
    fn failures_and_limits_are_told() {
        let (_dir, world) = world();
        let run = |p: Program| {
            world.trust(&p).unwrap();
            world.program(&p, &vec![b'x'; 1 << 20])
        };
        assert!(run(program("echo no >&2; exit 3")).unwrap_err().ends_with("no"));
        assert!(run(Program { output_max: 100, ..program("cat") }).unwrap_err().contains("more than 100 bytes"));
        assert!(run(Program { seconds_max: 1, ..program("sleep 60") }).unwrap_err().contains("longer than 1 s"));
        assert!(run(Program { argv: vec!["/nowhere".into()], ..program("") }).unwrap_err().contains("started"));
        assert_eq!(run(program("echo $HOME")).as_deref(), Ok(&b"\n"[..]), "variables are taken away");
    }
}

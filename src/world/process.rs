//! Programs of the user's, run as processes: only those that the user has trusted in this checkout, each in a folder of its
//! own that holds its declared files alone, with few variables of the environment, within limits of time, memory and
//! output. A process answers one question after another, until nobody needs it any more.
use super::program::Program;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::{self, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Bytes that are kept of the end of what a program says on its standard error.
const COMPLAINT_MAX: usize = 4096;
/// How often a program's last words are looked for once it failed.
const LISTENS: usize = 64;
/// Lines of them that are told.
const COMPLAINT_LINES: usize = 12;
/// How long a wish to stop, or the end of the time, may go unnoticed.
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// Bytes that are written to a process, or read from one, at a time.
const CHUNK: usize = 1 << 16;
/// Bytes that a pipe should hold, where the system lets it: so the two sides wait for each other less often.
const PIPE: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, PartialEq)]
pub enum Broken {
    /// Somebody asked to stop.
    Stopped,
    /// What went wrong, in words for the user; lines behind the first are what the program said itself.
    Failed(String),
}

/// What a program is asked.
pub struct Question<'q> {
    /// The lines that it is given.
    pub lines: &'q [u8],
    /// What they are about, for whoever reads why there is no answer.
    pub about: &'q str,
    /// Knows the last line of an answer.
    pub ends: &'q dyn Fn(&[u8]) -> bool,
}

/// A program that runs.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// Until it closes it.
    stderr: Option<ChildStderr>,
    /// The end of what it said on its standard error.
    said: Vec<u8>,
    /// What it is asked about just now.
    about: String,
    /// Its folder, which goes when it does.
    _folder: Folder,
    program: Program,
}

/// A folder that is removed once nobody uses it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what cannot be removed is left to the system's own cleaning
    }
}

impl Folder {
    /// A new folder that only this user may enter.
    fn new() -> io::Result<Folder> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        loop {
            let n = NUMBER.fetch_add(1, Ordering::Relaxed);
            let place = std::env::temp_dir().join(format!("tamis-step-{}-{n}", std::process::id()));
            match std::fs::DirBuilder::new().mode(0o700).create(&place) {
                Ok(()) => return Ok(Folder(place)),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {} // left by another process of this number
                Err(e) => return Err(e),
            }
        }
    }

    fn put(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let place = self.0.join(path);
        if let Some(folder) = place.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&place, bytes)?;
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o700))
    }
}

/// What became of one look at a process.
enum Heard {
    Nothing,
    /// Bytes came.
    Bytes,
    /// It closed its output.
    End,
}

impl Process {
    /// Starts a program with these files in a folder of its own.
    pub(super) fn start(program: &Program, files: &[(&str, Vec<u8>)]) -> io::Result<Process> {
        let folder = Folder::new()?;
        for (path, bytes) in files {
            folder.put(path, bytes)?;
        }
        let (first, arguments) = program.run.split_first().ok_or_else(|| io::Error::other("it has no name"))?;
        let command = program.found.as_ref().map_or_else(|| folder.0.join(first), PathBuf::from);
        let mut process = Command::new(command);
        process.args(arguments).current_dir(&folder.0).env_clear().process_group(0);
        process.envs(surroundings(&folder.0));
        for name in program.env.iter().map(String::as_str).chain(["PATH"]) {
            process.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            stop(&mut child);
            return Err(io::Error::other("it has no pipes"));
        };
        let (stdin, stderr, program) = (Some(stdin), Some(stderr), program.clone());
        let (said, about) = Default::default();
        let process = Process { child, stdin, stdout, stderr, said, about, _folder: folder, program };
        process.limit()?;
        Ok(process)
    }

    /// Pipes that nobody waits at, and the limits of the system.
    fn limit(&self) -> io::Result<()> {
        let stdin = self.stdin.as_ref().map(AsFd::as_fd);
        let outputs = [self.stdout.as_fd()].into_iter().chain(self.stderr.as_ref().map(AsFd::as_fd));
        for pipe in stdin.into_iter().chain(outputs) {
            rustix::io::ioctl_fionbio(pipe, true)?;
        }
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{Pid, Resource, Rlimit, prlimit};
            for pipe in stdin.into_iter().chain([self.stdout.as_fd()]) {
                let _ = rustix::pipe::fcntl_setpipe_size(pipe, PIPE); // a smaller pipe is slower, no more
            }
            let pid = Pid::from_raw(self.child.id() as i32);
            let bound = |n| Rlimit { current: Some(n), maximum: Some(n) };
            prlimit(pid, Resource::As, bound(self.program.limits.memory))?;
            prlimit(pid, Resource::Core, bound(0))?;
        }
        Ok(())
    }

    /// Gives the process a question and returns the lines of its answer with the one that ends it. `goes_on` is asked now
    /// and then. After an error the process is of no use any more.
    pub fn ask(&mut self, question: &Question, goes_on: &dyn Fn() -> bool) -> Result<Vec<u8>, Broken> {
        self.about = question.about.to_string();
        let deadline = self.deadline();
        let (mut left, mut answer, mut line) = (question.lines, Vec::new(), 0);
        loop {
            match self.hear(&mut left, &mut answer, deadline, goes_on)? {
                Heard::Nothing => continue,
                Heard::End => return Err(self.ended()),
                Heard::Bytes => {}
            }
            while let Some(length) = memchr::memchr(b'\n', answer.get(line..).unwrap_or_default()) {
                let end = line + length;
                if (question.ends)(answer.get(line..end).unwrap_or_default()) {
                    if answer.len() > end + 1 {
                        return Err(self.failed("wrote more behind the end of its answer"));
                    }
                    if !left.is_empty() {
                        return Err(self.failed("ended its answer before it had read the question"));
                    }
                    answer.truncate(end);
                    return Ok(answer);
                }
                line = end + 1;
            }
        }
    }

    /// All that the process writes without being asked anything, and how it ended.
    pub(super) fn words(&mut self) -> Result<(Vec<u8>, bool), Broken> {
        self.stdin = None;
        let (deadline, mut out) = (self.deadline(), Vec::new());
        while !matches!(self.hear(&mut &[][..], &mut out, deadline, &|| true)?, Heard::End) {}
        let good = self.status().is_some_and(|s| s.success());
        if out.is_empty() {
            out = std::mem::take(&mut self.said);
        }
        Ok((out, good))
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.program.limits.seconds)
    }

    /// Looks at the pipes once: writes what can be written, and reads what there is.
    fn hear(
        &mut self,
        left: &mut &[u8],
        answer: &mut Vec<u8>,
        deadline: Instant,
        goes_on: &dyn Fn() -> bool,
    ) -> Result<Heard, Broken> {
        if !goes_on() {
            return Err(Broken::Stopped);
        }
        if Instant::now() >= deadline {
            let say = format!("took longer than {} s (`time_max`)", self.program.limits.seconds);
            return Err(self.failed(&say));
        }
        let [out, err, asks] = self.ready(!left.is_empty()).map_err(|e| self.failed(&format!("is lost: {e}")))?;
        if err {
            self.listen();
        }
        if asks {
            self.tell(left);
        }
        if !out {
            return Ok(Heard::Nothing);
        }
        let before = answer.len();
        answer.resize(before + CHUNK, 0);
        let read = self.stdout.read(answer.get_mut(before..).unwrap_or_default());
        answer.truncate(before + read.as_ref().copied().unwrap_or(0));
        match read {
            Ok(0) => Ok(Heard::End),
            Ok(_) if answer.len() as u64 > self.program.limits.output => {
                let say = format!("gave more than {} bytes at once", self.program.limits.output);
                Err(self.failed(&say))
            }
            Ok(_) => Ok(Heard::Bytes),
            Err(e) if passes(&e) => Ok(Heard::Nothing),
            Err(e) => Err(self.failed(&format!("cannot be read from: {e}"))),
        }
    }

    /// Waits for a pipe: whether its output, its complaints and its input are worth a look.
    fn ready(&self, asks: bool) -> io::Result<[bool; 3]> {
        let mut pipes = vec![PollFd::new(&self.stdout, PollFlags::IN)];
        let stderr = self.stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN));
        let stdin = self.stdin.as_ref().filter(|_| asks).map(|pipe| PollFd::new(pipe, PollFlags::OUT));
        let (hears, tells) = (stderr.is_some(), stdin.is_some());
        pipes.extend(stderr.into_iter().chain(stdin));
        match poll(&mut pipes, Some(&TICK)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let ready: Vec<bool> = pipes.iter().map(|p| !p.revents().is_empty()).collect();
        let at = |i: usize| ready.get(i).copied().unwrap_or(false);
        Ok([at(0), hears && at(1), tells && at(1 + usize::from(hears))])
    }

    /// Writes as much as the pipe takes. A process that closed its input is told by how it ends.
    fn tell(&mut self, left: &mut &[u8]) {
        let Some(pipe) = &mut self.stdin else { return };
        match pipe.write(left.get(..CHUNK.min(left.len())).unwrap_or_default()) {
            Ok(n) => *left = left.get(n..).unwrap_or_default(),
            Err(e) if passes(&e) => {}
            Err(_) => *left = &[],
        }
    }

    /// Reads what it complains of, and keeps the end.
    fn listen(&mut self) {
        let mut bytes = [0; COMPLAINT_MAX];
        let Some(pipe) = &mut self.stderr else { return };
        match pipe.read(&mut bytes) {
            Ok(0) => self.stderr = None,
            Ok(n) => {
                self.said.extend_from_slice(bytes.get(..n).unwrap_or_default());
                let more = self.said.len().saturating_sub(COMPLAINT_MAX);
                self.said.drain(..more);
            }
            Err(_) => {} // nothing more for now; what is lost here is told by how it ends
        }
    }

    /// A failure in words, with what the program said last.
    fn failed(&mut self, say: &str) -> Broken {
        for _ in 0..LISTENS {
            self.listen();
        }
        let complaint = String::from_utf8_lossy(&self.said).into_owned();
        let says = |words: &[&str]| words.iter().any(|w| complaint.contains(w));
        let mut told = format!("the program `{}` {say}", self.program.name());
        if !self.about.is_empty() {
            told.push_str(&format!("; it was asked about {}", self.about));
        }
        if say.contains("(signal: ") || says(&["MemoryError", "annot allocate memory", "ut of memory"]) {
            let bytes = self.program.limits.memory;
            told.push_str(&format!("; it may take {bytes} bytes of memory (`memory_max`)"));
        }
        if says(&["No module named", "No such file", "ENOENT"]) {
            told.push_str("; it sees no files of the project but those of `run` and `files`");
        }
        let lines: Vec<&str> = complaint.lines().filter(|l| !l.trim().is_empty()).collect();
        for line in lines.iter().skip(lines.len().saturating_sub(COMPLAINT_LINES)) {
            told.push_str(&format!("\n{line}"));
        }
        Broken::Failed(told)
    }

    /// A process that closed its output before its answer was whole.
    fn ended(&mut self) -> Broken {
        let how = match self.status() {
            Some(status) => format!("ended before its answer was whole ({status})"),
            None => "closed its output before its answer was whole".into(),
        };
        self.failed(&how)
    }

    /// How it ended, if it does within a moment.
    fn status(&mut self) -> Option<std::process::ExitStatus> {
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Ok(status) => return status,
                Err(_) => return None,
            }
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        stop(&mut self.child);
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

/// Whether the same call may work a moment later.
fn passes(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// Variables that every process is given: what would change a result is the same everywhere.
fn surroundings(folder: &Path) -> [(&'static str, std::ffi::OsString); 6] {
    [
        ("LC_ALL", "C.UTF-8".into()),
        ("TZ", "UTC".into()),
        ("TMPDIR", folder.into()),
        ("PYTHONHASHSEED", "0".into()),
        ("PYTHONDONTWRITEBYTECODE", "1".into()),
        ("PYTHONUTF8", "1".into()),
    ]
}

/// Hands a file to the program that the user's desktop opens pages with, and does not wait for it.
pub fn browse(place: &Path) -> io::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = || Stdio::null();
    Command::new(opener).arg(place).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn().map(|_| ())
}

/// How many lines the terminal shows that this process writes to, where it writes to one and is read from one.
pub fn terminal_lines() -> Option<usize> {
    let out = io::stdout();
    let both = io::stdin().is_terminal() && out.is_terminal();
    both.then(|| rustix::termios::tcgetwinsize(&out).ok()).flatten().map(|size| size.ws_row.into())
}

/// Gives a text to a pager, the program and its words, and waits until the reader has left it.
pub fn page(program: &str, words: &[String], text: &str) -> io::Result<()> {
    let mut pager = Command::new(program);
    pager.args(words).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        pager.env("LESS", "FRX"); // as git has it: short texts end at once, and the text stays on the screen
    }
    let mut reader = pager.spawn()?;
    if let Some(mut to) = reader.stdin.take() {
        let _ = to.write_all(text.as_bytes()); // a reader may leave before the end
    }
    reader.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use super::super::World;
    use super::super::program::Limits;
    use super::*;
    use crate::digest::Digest;

    const LIMITS: Limits = Limits { seconds: 10, memory: 1 << 32, output: 1 << 20 };

    fn program(script: &str) -> Program {
        let run = ["sh", "-c", script].map(String::from).into();
        Program { run, found: Some("/bin/sh".into()), limits: LIMITS, ..Program::default() }
    }

    fn world() -> (tempfile::TempDir, World) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project")).unwrap();
        let world = World::new(dir.path().join("project")).with_trust(dir.path().join("trust"));
        (dir, world)
    }

    fn about(lines: &[u8]) -> Question<'_> {
        Question { lines, about: "a and b", ends: &|line| line == b"end" }
    }

    fn none(_: Digest) -> Result<Vec<u8>, String> {
        Err("no file".into())
    }

    fn run(world: &World, p: &Program, question: &str) -> Result<String, String> {
        world.trust(p).unwrap();
        let mut process = world.start(p, &none)?;
        match process.ask(&about(question.as_bytes()), &|| true) {
            Ok(bytes) => Ok(String::from_utf8(bytes).unwrap()),
            Err(Broken::Failed(say)) => Err(say),
            Err(Broken::Stopped) => Err("stopped".into()),
        }
    }

    #[test]
    fn only_what_is_trusted_runs() {
        let (_dir, world) = world();
        let echo = program("while read line; do echo $line; done");
        assert!(world.start(&echo, &none).err().unwrap().contains("not trusted"));
        assert_eq!(run(&world, &echo, "a\nb\nend\n").as_deref(), Ok("a\nb\nend"));
        let other = Program { files: [("x".to_string(), Digest::of(b"another script"))].into(), ..echo };
        assert!(world.start(&other, &none).err().unwrap().contains("not trusted"));
    }

    #[test]
    fn a_process_answers_one_question_after_another_and_stops_at_a_wish() {
        let (_dir, world) = world();
        let p = program("while read line; do echo $line; done");
        world.trust(&p).unwrap();
        let mut process = world.start(&p, &none).unwrap();
        let big = format!("{}\nend\n", "x".repeat(100_000));
        for _ in 0..3 {
            let answer = process.ask(&about(big.as_bytes()), &|| true).unwrap();
            assert_eq!(answer.len(), 100_004);
        }
        assert_eq!(process.ask(&about(b"a\n"), &|| false), Err(Broken::Stopped));
    }

    #[test]
    fn failures_and_limits_are_told() {
        let (_dir, world) = world();
        let run = |p: Program| run(&world, &p, "a\nend\n").unwrap_err();
        let said = run(program("echo first >&2; echo no >&2; exit 3"));
        assert!(
            said.contains("exit status: 3); it was asked about a and b") && said.ends_with("\nfirst\nno"),
            "{said}"
        );
        let limits = Limits { output: 100, ..LIMITS };
        assert!(run(Program { limits, ..program("yes") }).contains("more than 100 bytes"));
        let limits = Limits { seconds: 1, ..LIMITS };
        assert!(run(Program { limits, ..program("sleep 60") }).contains("longer than 1 s"));
        assert!(run(Program { found: Some("/nowhere".into()), ..program("") }).contains("started"));
        assert!(run(program("read a; read b; printf 'end\\nmore\\n'")).contains("behind the end"));
        assert!(run(program("kill -9 $$")).contains("signal: 9"));
    }

    #[test]
    fn a_program_has_its_files_and_few_variables() {
        let (_dir, world) = world();
        let files: std::collections::BTreeMap<_, _> = [("sub/a.txt".to_string(), Digest::of(b"held"))].into();
        let p = Program { files, ..program("echo $HOME; cat sub/a.txt; echo; find . -type f; echo end; read x") };
        world.trust(&p).unwrap();
        let mut process = world.start(&p, &|_| Ok(b"held".to_vec())).unwrap();
        let answer = process.ask(&about(b""), &|| true).unwrap();
        assert_eq!(String::from_utf8(answer).unwrap(), "\nheld\n./sub/a.txt\nend");
    }
}

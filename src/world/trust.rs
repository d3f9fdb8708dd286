//! What the user trusts: which programs may run in this checkout. That is remembered outside of the project: a project
//! that somebody else made cannot bring trust along. So is what programs say of their version.
use super::World;
use super::endpoint::Endpoint;
use super::process::{Broken, Process};
use super::program::{Limits, Program};
use super::stat::Stat;
use crate::digest::Digest;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Bytes of what a program says of its version that are remembered.
const VERSION_MAX: usize = 200;
/// Seconds that it may think about it.
const VERSION_SECONDS: u64 = 10;

impl World {
    /// The same world, which remembers what is trusted in a folder of its own; for tests.
    pub fn with_trust(self, folder: impl Into<PathBuf>) -> World {
        World { trust: Some(folder.into()), ..self }
    }

    /// The same world as a copy of a checkout, in which the user trusts what is trusted there.
    pub fn copy_of(self, checkout: &World) -> World {
        World { copy_of: Some(checkout.root.clone()), trust: checkout.trust.clone(), ..self }
    }

    /// The same world, which may ask a trusted program for its version where nobody has.
    pub fn asking(self) -> World {
        World { asks: true, ..self }
    }

    /// Remembers that the user lets this program run in this checkout.
    pub fn trust(&self, program: &Program) -> io::Result<()> {
        remember(&self.trust_file(program.digest())?, &program.name())
    }

    /// Whether the user lets this program run in this checkout.
    pub fn trusts(&self, program: &Program) -> bool {
        self.trust_file(program.digest()).is_ok_and(|path| path.is_file())
    }

    /// Remembers that the user lets this endpoint be sent what it names, from this checkout.
    pub fn trust_endpoint(&self, endpoint: &Endpoint) -> io::Result<()> {
        remember(&self.trust_file(endpoint.digest())?, &endpoint.url)
    }

    /// Whether the user lets this endpoint be sent what it names, from this checkout.
    pub fn trusts_endpoint(&self, endpoint: &Endpoint) -> bool {
        self.trust_file(endpoint.digest()).is_ok_and(|path| path.is_file())
    }

    /// A file for each checkout and what is trusted there.
    fn trust_file(&self, trusted: Digest) -> io::Result<PathBuf> {
        let checkout = self.copy_of.as_ref().unwrap_or(&self.root).canonicalize()?;
        let key = [checkout.as_os_str().as_encoded_bytes(), b"\0", &trusted.0].concat();
        Ok(self.state("trusted")?.join(Digest::of(&key).hex()))
    }

    /// The folder where the user's programs keep their state, never within the project.
    fn state(&self, of: &str) -> io::Result<PathBuf> {
        let no_home = || io::Error::other("neither XDG_STATE_HOME nor HOME says where to remember what is trusted");
        let folder = match &self.trust {
            Some(folder) => folder.clone(),
            None => {
                let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
                let home = || std::env::var_os("HOME").map(PathBuf::from).filter(|p| p.is_absolute());
                state.or_else(|| home().map(|home| home.join(".local/state"))).ok_or_else(no_home)?.join("tamis")
            }
        };
        if folder.starts_with(self.root.canonicalize()?) {
            // it could have come with the project
            return Err(io::Error::other("what is trusted cannot be remembered within the project itself"));
        }
        Ok(folder.join(of))
    }

    /// The file that a name means outside of the project: an absolute path, or the first file of that name on the `PATH`
    /// that may be run.
    pub fn program_file(&self, name: &str) -> Option<String> {
        let path = self.variable("PATH").unwrap_or_default();
        let runs = |place: &PathBuf| {
            std::fs::metadata(place).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
        };
        let path = std::ffi::OsString::from(String::from_utf8_lossy(&path).into_owned());
        let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|p| p.is_absolute()).collect();
        let places = folders.into_iter().map(|folder| folder.join(name)); // an absolute name stays what it is
        let place =
            if name.starts_with('/') { Some(PathBuf::from(name)).filter(runs) } else { places.into_iter().find(runs) };
        place?.into_os_string().into_string().ok()
    }

    /// What a program outside of the project says of its version, if it was asked. It is asked anew once its file is
    /// another; of a file that starts another program, that is not seen before something runs.
    pub fn version(&self, program: &Program) -> Option<String> {
        let file = self.version_file(program).ok()?;
        let known = std::fs::read_to_string(file).ok().map(|text| text.trim_end().to_string());
        match known {
            None if self.asks && self.trusts(program) => self.ask_version(program).ok(),
            known => known,
        }
    }

    fn version_file(&self, program: &Program) -> io::Result<PathBuf> {
        let found = program.found.as_deref().unwrap_or_default();
        let stat = Stat::of(&std::fs::metadata(found)?);
        let key = [found.as_bytes(), b"\0", &stat.bytes()[..]].concat();
        Ok(self.state("versions")?.join(Digest::of(&key).hex()))
    }

    /// Runs a program that the user has trusted with `--version`, and remembers what it said; of one that says nothing the
    /// digest of its file.
    pub fn ask_version(&self, program: &Program) -> Result<String, String> {
        let Some(found) = &program.found else { return Ok(String::new()) };
        let asks = [program.run.first().cloned().unwrap_or_default(), "--version".into()];
        let limits = Limits { seconds: VERSION_SECONDS, output: 1 << 16, ..program.limits };
        let asks = Program { run: asks.into(), files: BTreeMap::new(), limits, ..program.clone() };
        let failed = |e: io::Error| format!("the program `{}` cannot be started: {e}", asks.name());
        let said = match Process::start(&asks, &[]).map_err(failed)?.words() {
            Ok((bytes, true)) => String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().trim().to_string(),
            Ok((_, false)) | Err(Broken::Failed(_) | Broken::Stopped) => String::new(),
        };
        let said: String = said.chars().filter(|c| !c.is_control()).take(VERSION_MAX).collect();
        let version = match said.is_empty() {
            true => Digest::of(&std::fs::read(found).map_err(failed)?).hex(),
            false => said,
        };
        self.version_file(program).and_then(|file| remember(&file, &version)).map_err(|e| e.to_string())?;
        Ok(version)
    }

    /// Starts a program that the user has trusted, with its files in a folder of its own. `bytes` gives those of a digest.
    pub fn start(
        &self,
        program: &Program,
        bytes: &dyn Fn(Digest) -> Result<Vec<u8>, String>,
    ) -> Result<Process, String> {
        let name = program.name();
        if !self.trusts(program) {
            let say = "is not trusted in this checkout, so it was not run: `tamis trust` shows it and asks";
            return Err(format!("the program `{name}` {say}"));
        }
        let mut files = Vec::new();
        for (path, digest) in &program.files {
            let own = bytes(*digest)?;
            if Digest::of(&own) != *digest {
                return Err(format!("{path} is not what was trusted any more"));
            }
            files.push((path.as_str(), own));
        }
        Process::start(program, &files).map_err(|e| format!("the program `{name}` cannot be started: {e}"))
    }
}

/// Writes a line into a file of its own, whole or not at all.
fn remember(path: &std::path::Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = path.with_extension(format!("{}", std::process::id()));
    std::fs::write(&temporary, format!("{line}\n"))?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_belongs_to_a_checkout_and_to_bytes() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project")).unwrap();
        let world = World::new(dir.path().join("project")).with_trust(dir.path().join("trust"));
        let files: BTreeMap<_, _> = [("a.py".to_string(), Digest::of(b"1"))].into();
        let program = Program { run: vec!["python3".into(), "a.py".into()], files, ..Program::default() };
        world.trust(&program).unwrap();
        let copy = World::new(dir.path()).with_trust(dir.path().join("elsewhere"));
        assert!(world.trusts(&program) && !copy.trusts(&program));
        let changed = Program { files: [("a.py".to_string(), Digest::of(b"2"))].into(), ..program.clone() };
        assert!(!world.trusts(&changed));
        let within = World::new(dir.path()).with_trust(dir.path().join("trust"));
        assert!(within.trust(&program).is_err(), "it could have come with the project");
    }

    #[test]
    fn a_version_is_asked_once_for_each_file() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("project")).unwrap();
        let tool = dir.path().join("tool");
        let write = |text: &str| {
            std::fs::write(&tool, text).unwrap();
            std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        write("#!/bin/sh\necho tool 1\n");
        let world = World::new(dir.path().join("project")).with_trust(dir.path().join("trust"));
        let found = world.program_file(tool.to_str().unwrap());
        let limits = Limits { seconds: 5, memory: 1 << 32, output: 100 };
        let program = Program { run: vec!["tool".into()], found, limits, ..Program::default() };
        assert_eq!(world.version(&program), None);
        assert_eq!(world.clone().asking().version(&program), None, "nobody trusts it yet");
        world.trust(&program).unwrap();
        assert_eq!(world.clone().asking().version(&program).as_deref(), Some("tool 1"));
        assert_eq!(world.version(&program).as_deref(), Some("tool 1"));
        write("#!/bin/sh\nexit 1 # says nothing\n");
        assert_eq!(world.version(&program), None);
        let digest = Digest::of(b"#!/bin/sh\nexit 1 # says nothing\n").hex();
        assert_eq!(world.ask_version(&program), Ok(digest));
    }
}

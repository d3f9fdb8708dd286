//! What kernels may ask for, given by the session.
use super::session::Session;
use crate::digest::Digest;
use crate::stage::{Fault, Program, Question, Tools};
use crate::table::ArrayRef;
use crate::world::{Broken, Process};

/// What kernels have in hand beside their columns takes at most this share of `memory` (1 / HAND), or is one thing.
const HAND: u64 = 2;

impl Tools for Session<'_> {
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.open(digest)
    }

    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        self.array(digest)
    }

    fn ask(&self, program: &Program, question: &Question) -> Result<Vec<u8>, Fault> {
        Session::go_on(self)?;
        let key = program.digest();
        let mut process = self.programs.take(key).map_or_else(|| start(self, program, key), Ok)?;
        match process.ask(question, &|| Session::go_on(self).is_ok()) {
            Ok(answer) => {
                self.programs.put(key, process);
                Ok(answer)
            }
            Err(Broken::Failed(say)) => Err(Fault::World(say)),
            Err(Broken::Stopped) => {
                Session::go_on(self)?;
                Err(Fault::Bug("a program was stopped that nobody asked to stop".into()))
            }
        }
    }

    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        self.exec.each(n, work);
    }

    fn with_room(&self, bytes: u64, work: &mut dyn FnMut()) {
        self.rooms.run(bytes, self.memory / HAND, work);
    }

    fn go_on(&self) -> Result<(), Fault> {
        Session::go_on(self)
    }
}

/// Starts a program whose version is the one in the recipe.
fn start(s: &Session, program: &Program, key: Digest) -> Result<Process, Fault> {
    let bytes = |digest| match s.open(digest) {
        Ok(bytes) => Ok(bytes),
        Err(Fault::World(say) | Fault::Bug(say)) => Err(say),
        Err(Fault::Stopped(_)) => Err("stopped".into()),
    };
    let process = s.world.start(program, &bytes).map_err(Fault::World)?;
    if program.found.is_some() {
        s.programs.once(key, || same_version(s, program))?;
    }
    Ok(process)
}

/// What another version gives would be found under this one's key.
fn same_version(s: &Session, program: &Program) -> Result<(), Fault> {
    let now = s.world.ask_version(program).map_err(Fault::World)?;
    if program.version.as_ref() == Some(&now) {
        return Ok(());
    }
    let name = program.run.first().map_or("", String::as_str);
    let was = program.version.as_ref().map_or("was not known".to_string(), |was| format!("was `{was}`"));
    Err(Fault::World(format!("`{name}` is `{now}`, which {was} when the build began: build again")))
}

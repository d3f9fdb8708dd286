//! A folder of one's own outside of any project, which goes away with who holds it.
use super::World;
use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// A folder in the system's place for such, which nobody else may read.
pub struct Scratch {
    place: PathBuf,
    pub world: World,
}

impl Scratch {
    /// A new folder below `TMPDIR`.
    pub fn new() -> io::Result<Scratch> {
        let base = std::env::temp_dir();
        let start = World::new(&base).now();
        for n in 0..100 {
            let place = base.join(format!("tamis-{}-{start}-{n}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&place) {
                Ok(()) => return Ok(Scratch { world: World::new(&place), place }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(io::Error::new(e.kind(), format!("{}: {e}", base.display()))),
            }
        }
        Err(io::Error::other(format!("no folder can be made below {}", base.display())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.place); // what is left is the system's to clean
    }
}

//! What kernels may ask for, given by the session.
use super::session::Session;
use crate::digest::Digest;
use crate::stage::{Fault, Program, Tools};
use crate::table::ArrayRef;
/// What kernels have in hand beside their columns takes at most this share of `memory` (1 / HAND), or is one thing.
const HAND: u64 = 2;

impl Tools for Session<'_> {
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.open(digest)
    }

    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        self.array(digest)
    }

    fn program(&self, program: &Program, input: &[u8]) -> Result<Vec<u8>, Fault> {
        self.go_on()?;
        self.world.program(program, input).map_err(Fault::World)
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

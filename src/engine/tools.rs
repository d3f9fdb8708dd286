//! What kernels may ask for, given by the session.
use super::session::Session;
use crate::digest::Digest;
use crate::stage::{Fault, Program, Tools};
use crate::table::ArrayRef;

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

    fn go_on(&self) -> Result<(), Fault> {
        Session::go_on(self)
    }
}

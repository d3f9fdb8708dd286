//! The other end: does jobs that come over a pipe, one after another, and asks for what it needs. It knows no project, no
//! store and no file.
use super::answer::{self, Digests};
use super::frames::{self, Hello, Kind, wrong};
use crate::digest::Digest;
use crate::stage::{Entry, Fault, Job, Made, Meter, Program, Question, Tools};
use crate::table::{self, ArrayRef, cache::Cache, codec::bytes_digest};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// Decoded columns that stay for the next jobs.
const HELD: u64 = 128 << 20;

/// The pipe to whoever gives the jobs.
struct Client<'p> {
    from: BufReader<&'p mut (dyn Read + Send)>,
    to: BufWriter<&'p mut (dyn Write + Send)>,
}

/// What the kernels of a worker may ask for: all of it comes over the pipe.
struct Asks<'p> {
    client: Mutex<Client<'p>>,
    columns: Mutex<Cache>,
}

/// Answers jobs until the pipe is closed.
pub fn serve(registry: &[Entry], from: &mut (dyn Read + Send), to: &mut (dyn Write + Send)) -> io::Result<()> {
    answers(&Hello::of(registry), registry, from, to, &|_| ())
}

/// The same by a worker that says who it is, and that may lie, for tests of those who hear it.
pub(super) fn answers(
    hello: &Hello,
    registry: &[Entry],
    from: &mut (dyn Read + Send),
    to: &mut (dyn Write + Send),
    lie: &dyn Fn(&mut Digests),
) -> io::Result<()> {
    let client = Client { from: BufReader::new(from), to: BufWriter::new(to) };
    let asks = Asks { client: Mutex::new(client), columns: Mutex::default() };
    {
        let mut client = held(&asks.client);
        frames::write_text(&mut client.to, Kind::Hello, hello)?;
        client.to.flush()?;
    }
    loop {
        let frame = frames::read(&mut held(&asks.client).from)?;
        let job = match frame {
            None => return Ok(()),
            Some((Kind::Job, bytes)) => frames::text::<Job>(&bytes)?,
            Some(_) => return Err(wrong("a job was to come and something else came".into())),
        };
        let made = done(registry, &job, &asks);
        let mut client = held(&asks.client);
        match made {
            Ok(made) => answer::send(&mut client.to, &made, lie)?,
            Err(fault) => frames::write_fault(&mut client.to, &fault)?,
        }
        client.to.flush()?;
    }
}

/// Does a job; a kernel that panics is a bug of its stage, as elsewhere.
fn done(registry: &[Entry], job: &Job, asks: &Asks) -> Result<Made, Fault> {
    let known = registry.iter().find(|e| e.name == job.entry && e.card.version(job.kernel) == job.version);
    let entry = known.ok_or_else(|| Fault::Bug(format!("a worker has no such kernel of `{}`", job.entry)))?;
    let called = catch_unwind(AssertUnwindSafe(|| job.call(&entry.kernels, &Meter::default(), asks)));
    called.unwrap_or_else(|_| Err(Fault::Bug("panicked on a worker".into())))
}

impl Asks<'_> {
    fn ask(&self, kind: Kind, digest: Digest) -> Result<Vec<u8>, Fault> {
        let lost = |e: io::Error| Fault::World(format!("the pipe to the build is lost: {e}"));
        let mut client = held(&self.client);
        frames::write(&mut client.to, kind, &digest.0).and_then(|()| client.to.flush()).map_err(lost)?;
        match frames::read(&mut client.from).map_err(lost)? {
            Some((Kind::Object, bytes)) => Ok(bytes),
            Some((Kind::Fault, said)) => Err(frames::fault(&said).map_err(lost)?),
            _ => Err(Fault::World("the build gave no answer to a worker".into())),
        }
    }
}

impl Tools for Asks<'_> {
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        let bytes = self.ask(Kind::Blob, digest)?;
        match Digest::of(&bytes) == digest || bytes_digest(&bytes) == digest {
            true => Ok(bytes),
            false => Err(Fault::World(format!("the blob {} came damaged", digest.short()))),
        }
    }

    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        if let Some(array) = held(&self.columns).get(digest, HELD) {
            return Ok(array);
        }
        let bytes = self.ask(Kind::Column, digest)?;
        if bytes_digest(&bytes) != digest {
            return Err(Fault::World(format!("the column {} came damaged", digest.short())));
        }
        let array = table::decode(bytes).map_err(|e| Fault::Bug(format!("a column does not read: {e}")))?;
        held(&self.columns).put(digest, &array, HELD);
        Ok(array)
    }

    fn ask(&self, program: &Program, _: &Question) -> Result<Vec<u8>, Fault> {
        let name = program.run.first().map_or("", String::as_str);
        Err(Fault::Bug(format!("the program `{name}` was to run on a worker, where nobody trusted it")))
    }

    /// A worker is one of several: it needs no further threads.
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..n).for_each(work);
    }

    fn go_on(&self) -> Result<(), Fault> {
        Ok(()) // who wants it to stop ends it
    }
}

fn held<T>(m: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}

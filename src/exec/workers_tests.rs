//! Workers that end, lie, hang, or are another program: the batch is done all the same, or says why it cannot be.
use super::*;
use crate::exec::worker::answers;
use crate::stage::{Check, Kernel, Meter, Nothing, Plan, Program, Question, RowStage, Rows, Summary, text};
use crate::table::{ArrayRef, array_of, column_digest};
use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::os::unix::net::UnixStream;

struct Shouts;

impl RowStage for Shouts {
    const MAP: u32 = 1;
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;
    fn map(_: &Nothing, rows: &Rows, _: &mut Summary) -> Result<crate::stage::Delta, Fault> {
        let mut delta = crate::stage::Delta::default();
        let texts = rows.texts("text")?;
        if texts.iter().flatten().any(|t| t == "wrong") {
            return Err(Fault::World("a wrong text".into()));
        }
        delta.write("loud", array_of(texts.into_iter().map(|t| t.map(|t| t.to_uppercase()))));
        Ok(delta)
    }
}

fn registry() -> Vec<Entry> {
    fn none(_: &mut Check) -> Vec<Plan> {
        Vec::new()
    }
    vec![Entry::row::<Shouts>("test/shouts", "shouts", none)]
}

/// The text that was made, and whether it was made elsewhere.
type Shouted = Result<(String, bool), Fault>;

/// Partitions of one text each, and what became of them.
struct Texts {
    registry: Vec<Entry>,
    reads: Vec<Vec<(String, Digest)>>,
    columns: BTreeMap<Digest, ArrayRef>,
    params: String,
    leaves: Leaves,
    stopped: bool,
    done: Mutex<BTreeMap<usize, Shouted>>,
}

impl Texts {
    fn new(texts: &[&str]) -> Texts {
        let (mut columns, mut reads) = (BTreeMap::new(), Vec::new());
        for text in texts {
            let column: ArrayRef = array_of([Some(text.to_string())]);
            let digest = column_digest(column.as_ref());
            columns.insert(digest, column);
            reads.push(vec![("text".to_string(), digest)]);
        }
        let (registry, params, done) = (registry(), text(&Nothing {}), Mutex::default());
        Texts { registry, reads, columns, params, leaves: Leaves::Freely, stopped: false, done }
    }

    fn many() -> Texts {
        let texts: Vec<String> = (0..40).map(|i| format!("text {i}")).collect();
        Texts::new(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Who did each, once all of them are as they should be.
    fn whole(&self) -> Vec<bool> {
        let done = held(&self.done);
        assert_eq!(done.len(), 40);
        let own = |(i, made): (&usize, &Shouted)| {
            let (text, far) = made.clone().unwrap();
            assert_eq!(text, format!("TEXT {i}"));
            far
        };
        done.iter().map(own).collect()
    }

    fn fault(&self) -> Fault {
        held(&self.done).values().find_map(|made| made.clone().err()).unwrap()
    }
}

impl Batch for Texts {
    fn jobs(&self) -> usize {
        self.reads.len()
    }

    fn job(&self, i: usize) -> Option<Job<'_>> {
        Some(Job {
            entry: "test/shouts".into(),
            kernel: Kernel::Map,
            version: 1,
            params: Cow::Borrowed(&self.params),
            rows: 1,
            reads: self.reads.get(i)?.as_slice().into(),
            living: None,
            slice: None,
            all: None,
            right: None,
            sums_up: false,
            leaves: self.leaves,
        })
    }

    fn tools(&self) -> &dyn Tools {
        self
    }

    fn here(&self, i: usize) -> Result<Made, Fault> {
        self.job(i).unwrap().call(&self.registry[0].kernels, &Meter::default(), self)
    }

    fn done(&self, i: usize, made: Result<Made, Fault>) {
        let text = made.map(|m| {
            let column = &m.delta.columns["loud"];
            (crate::table::texts(column.as_ref())[0].unwrap().to_string(), m.far)
        });
        assert_eq!(held(&self.done).insert(i, text), None, "job {i} was told twice");
    }
}

impl Tools for Texts {
    fn blob(&self, _: Digest) -> Result<Vec<u8>, Fault> {
        Err(Fault::Bug("no blobs".into()))
    }

    fn column(&self, digest: Digest) -> Result<ArrayRef, Fault> {
        self.columns.get(&digest).cloned().ok_or_else(|| Fault::Bug("no such column".into()))
    }

    fn ask(&self, _: &Program, _: &Question) -> Result<Vec<u8>, Fault> {
        Err(Fault::Bug("no programs".into()))
    }

    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..n).for_each(work);
    }

    fn go_on(&self) -> Result<(), Fault> {
        if self.stopped { Err(Fault::Stopped(130)) } else { Ok(()) }
    }
}

/// How a worker behaves.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Good,
    /// Ends once it has a job.
    Ends,
    /// Tells another digest.
    Lies,
    /// Says who it is, and nothing more.
    Hangs,
    /// Is another version.
    Other,
    /// Is no worker.
    Babbles,
    /// Asks for a column that no job names.
    Asks,
}

fn behave(how: How, mut pipe: UnixStream) {
    let (registry, mut to) = (registry(), pipe.try_clone().unwrap());
    let own = Hello::of(&registry);
    let lie = |d: &mut answer::Digests| d.columns[0].1 = Digest::of(b"a lie");
    let next = || frames::read(&mut pipe.try_clone().unwrap());
    let _ = match how {
        How::Good => answers(&own, &registry, &mut pipe, &mut to, &|_| ()),
        How::Lies => answers(&own, &registry, &mut pipe, &mut to, &lie),
        How::Other => {
            let other = Hello { version: "0.0.0".into(), ..own };
            answers(&other, &registry, &mut pipe, &mut to, &|_| ())
        }
        How::Ends => frames::write_text(&mut to, Kind::Hello, &own).and_then(|()| next().map(drop)),
        How::Hangs => frames::write_text(&mut to, Kind::Hello, &own).and_then(|()| {
            while next()?.is_some() {}
            Ok(())
        }),
        How::Babbles => to.write_all(b"Usage: something else entirely\n"),
        How::Asks => frames::write_text(&mut to, Kind::Hello, &own).and_then(|()| {
            next()?;
            frames::write(&mut to, Kind::Column, &Digest::of(b"not yours").0)?;
            let (_, said) = next()?.unwrap();
            frames::write(&mut to, Kind::Fault, &said)
        }),
    };
}

/// Workers of which the first behave as told, and all others well.
fn workers(first: &[How], terms: Terms) -> Workers {
    let first = Mutex::new(first.iter().copied().collect::<VecDeque<How>>());
    let start = move || {
        let how = held(&first).pop_front().unwrap_or(How::Good);
        let (own, other) = UnixStream::pair()?;
        std::thread::spawn(move || behave(how, other));
        let (from, end) = (own.try_clone()?, own.try_clone()?);
        let end = move || drop(end.shutdown(std::net::Shutdown::Both));
        Ok(Link { from: Box::new(from), to: Box::new(own), end: Arc::new(end) })
    };
    Workers::new(&registry(), 2, terms, Box::new(start))
}

/// Ended, lied, slow.
fn counted(all: &Workers) -> (usize, usize, usize) {
    let met = all.met();
    (met.ended, met.lied, met.slow)
}

const LONG: Duration = Duration::from_secs(600);
const TWO: Terms = Terms { workers: 2, raw: false, patience: LONG };

#[test]
fn workers_do_what_may_leave() {
    let (all, texts) = (workers(&[], TWO), Texts::many());
    all.run(&texts);
    assert!(texts.whole().iter().all(|far| *far));
    assert_eq!(all.met(), Met::default());
    for leaves in [Leaves::Never, Leaves::Raw] {
        let texts = Texts { leaves, ..Texts::many() };
        all.run(&texts);
        assert!(texts.whole().iter().all(|far| !*far), "{leaves:?} left");
    }
    let texts = Texts { leaves: Leaves::Raw, ..Texts::many() };
    workers(&[], Terms { raw: true, ..TWO }).run(&texts);
    assert!(texts.whole().iter().all(|far| *far));
}

#[test]
fn what_one_worker_fails_at_another_does() {
    let all = workers(&[How::Ends, How::Lies, How::Babbles], TWO);
    let texts = Texts::many();
    all.run(&texts);
    assert!(texts.whole().iter().all(|far| *far));
    assert_eq!(counted(&all), (2, 1, 0));
}

#[test]
fn a_job_that_no_worker_survives_is_done_here() {
    for (how, counts, says) in [(How::Ends, (3, 0, 0), "ended before"), (How::Lies, (0, 3, 0), "told ")] {
        let (all, texts) = (workers(&[how; 3], Terms { workers: 1, ..TWO }), Texts::new(&["a"]));
        all.run(&texts);
        assert_eq!(held(&texts.done).get(&0), Some(&Ok(("A".to_string(), false))));
        assert_eq!(counted(&all), counts);
        assert!(all.met().last.unwrap().contains(says));
    }
}

#[test]
fn who_hangs_does_not_stall_the_end() {
    for n in [1, 2] {
        let terms = Terms { workers: n, patience: TICK, ..TWO };
        let (all, texts) = (workers(&[How::Hangs], terms), Texts::many());
        all.run(&texts);
        texts.whole();
        assert!(all.met().slow >= 1);
    }
}

#[test]
fn another_version_is_given_nothing() {
    let (all, texts) = (workers(&[How::Other; 40], TWO), Texts::many());
    all.run(&texts);
    let Fault::World(say) = texts.fault() else { panic!("{:?}", texts.fault()) };
    assert!(say.contains("the worker is tamis 0.0.0"), "{say}");
    assert!(held(&texts.done).values().all(Result::is_err));
}

#[test]
fn a_worker_is_given_what_its_job_names_and_nothing_else() {
    let (all, texts) = (workers(&[How::Asks], Terms { workers: 1, ..TWO }), Texts::new(&["a"]));
    all.run(&texts);
    let Fault::Bug(say) = texts.fault() else { panic!("{:?}", texts.fault()) };
    assert!(say.contains("which its job does not name"), "{say}");
}

#[test]
fn faults_of_kernels_and_wishes_to_stop_come_back() {
    let (all, texts) = (workers(&[], TWO), Texts::new(&["a", "wrong"]));
    all.run(&texts);
    assert_eq!(texts.fault(), Fault::World("a wrong text".into()));
    assert_eq!(held(&texts.done).len(), 2);
    let stopped = Texts { stopped: true, ..Texts::many() };
    workers(&[How::Hangs; 2], TWO).run(&stopped);
    assert_eq!(stopped.fault(), Fault::Stopped(130));
    assert_eq!(held(&stopped.done).len(), 40);
}

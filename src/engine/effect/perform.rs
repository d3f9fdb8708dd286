//! All requests of some effects are performed: several hosts at a time, one host with two connections at most. What came is
//! noted file by file, so that a stop loses nothing.
use super::super::lock::{FetchedLock, Lock};
use super::crawl;
use super::get::{Got, Miss, Way};
use super::journal::Journal;
use super::listing;
use super::mount::{fits, is_of, is_there};
use super::outcome::{Outcome, What};
use super::unpack::{self, unpack};
use crate::measure::urls::Url;
use crate::stage::{Effect, Fault, Request};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::sync::Mutex;

/// Connections to one host at a time.
const LANES: usize = 2;

/// Lines of the lock as they will be, by name and address.
type Lines = Mutex<BTreeMap<(String, String), FetchedLock>>;

/// A request, and whose it is.
type Job<'e> = (&'e Effect, &'e Request);

/// What is told of each request as it is done.
pub type Tell<'t> = &'t (dyn Fn(&Outcome) + Sync);

/// Asks for what effects want, and gives the lock as it is then. What did not come keeps its line, and so its bytes.
pub fn update(way: &Way, lock: &Lock, effects: &[Effect], jobs: usize, tell: Tell) -> Result<Lock, Fault> {
    let journal = Mutex::new(Journal::open(way.world).map_err(disk)?);
    let before: BTreeMap<(String, String), FetchedLock> = std::mem::take(&mut hold(&journal).done);
    let lines = Mutex::new(BTreeMap::new());
    let lacking = Mutex::new(BTreeSet::new());
    let expanded = expand(way, lock, effects, &lines, tell)?;
    let effects = &expanded;
    each(way, effects, jobs, &|(effect, request)| {
        let was = lock.fetched.get(&effect.name).and_then(|lines| lines.get(&request.url));
        let key = (effect.name.clone(), request.url.clone());
        let done = before.get(&key).filter(|line| fits(line, request) && is_there(way.objects, line));
        let (line, mut remarks) = match done {
            Some(line) => (Some(line.clone()), Vec::new()),
            None => match ask(way, effect, request, was) {
                Ok(Some((line, remarks))) => {
                    hold(&journal).put(&effect.name, &request.url, &line).map_err(disk)?;
                    (Some(line), remarks)
                }
                Ok(None) => (None, Vec::new()),
                Err(Miss::Stopped) => return Ok(()),
                Err(Miss::Disk(e)) => return Err(disk(e)),
                Err(Miss::Failed(say)) => {
                    let kept = was.is_some_and(|was| is_there(way.objects, was));
                    tell(&outcome(effect, &request.url, What::Failed { say, kept }));
                    hold(&lacking).extend(request.of.iter().map(|of| (effect.name.clone(), of.clone())));
                    return Ok(());
                }
            },
        };
        let what = match (&line, was) {
            (None, _) => What::Same,
            (Some(new), Some(was)) if new.digest == was.digest => What::Same,
            (Some(new), Some(was)) => What::Changed { before: size(was), bytes: size(new) },
            (Some(new), None) => What::New { bytes: size(new) },
        };
        let same = |new: &FetchedLock, was: &FetchedLock| new.digest == was.digest && new.bytes == was.bytes;
        if let (Some(new), Some(was)) = (&line, was)
            && new.digest == was.digest
            && new.bytes != was.bytes
        {
            remarks.push(format!(
                "dataset.lock said {}, and it has {} bytes: its line is corrected",
                said(was),
                size(new)
            ));
        }
        tell(&Outcome { remarks, ..outcome(effect, &request.url, what) });
        // of what is the same the line stays as it is, but for what the manifest asks in another way
        let next = match (line, was) {
            (Some(new), Some(was)) if same(&new, was) && fits(was, request) => was.clone(),
            (Some(new), _) => new,
            (None, Some(was)) => was.clone(),
            (None, None) => return Err(Fault::Bug("the same as nothing".into())),
        };
        hold(&lines).insert(key, next);
        Ok(())
    })?;
    crawl_all(way, lock, effects, (&journal, &before), (&lines, jobs), tell)?;
    let lines = lines.into_inner().unwrap_or_else(|e| e.into_inner());
    Ok(next_lock(lock, effects, lines, &hold(&lacking), tell))
}

/// Follows the links of all crawls. What came of one that fails stays pinned.
fn crawl_all(
    way: &Way,
    lock: &Lock,
    effects: &[Effect],
    (journal, before): (&Mutex<Journal>, &BTreeMap<(String, String), FetchedLock>),
    (lines, jobs): (&Lines, usize),
    tell: Tell,
) -> Result<(), Fault> {
    for (effect, crawl) in effects.iter().filter_map(|e| Some((e, e.crawl.as_ref()?))) {
        if (way.stops)() {
            break;
        }
        let was = lock.fetched.get(&effect.name).and_then(|lines| lines.get(&crawl.key));
        let key = (effect.name.clone(), crawl.key.clone());
        let done = before.get(&key).filter(|line| is_of(line, crawl) && is_there(way.objects, line));
        let crawled = match done {
            Some(line) => Ok((line.clone(), Vec::new())),
            None => crawl::crawl(way, (effect, crawl), was, jobs),
        };
        match crawled {
            Ok((line, remarks)) => {
                hold(journal).put(&effect.name, &crawl.key, &line).map_err(disk)?;
                let what = match was {
                    Some(was) if was.digest == line.digest => What::Same,
                    Some(was) => What::Changed { before: size(was), bytes: size(&line) },
                    None => What::New { bytes: size(&line) },
                };
                tell(&Outcome { remarks, ..outcome(effect, &crawl.key, what) });
                let stays = was.filter(|was| was.digest == line.digest && is_of(was, crawl));
                hold(lines).insert(key, stays.unwrap_or(&line).clone());
            }
            Err(Miss::Stopped) => break,
            Err(Miss::Disk(e)) => return Err(disk(e)),
            Err(Miss::Failed(say)) => {
                let kept = was.is_some_and(|was| is_there(way.objects, was));
                tell(&outcome(effect, &crawl.key, What::Failed { say, kept }));
            }
        }
    }
    Ok(())
}

/// The lock with new lines, and without those that nobody asks for any more. A list of which some file did not come stays
/// as it was pinned: half of a revision would look like all of it.
fn next_lock(
    lock: &Lock,
    effects: &[Effect],
    lines: BTreeMap<(String, String), FetchedLock>,
    lacking: &BTreeSet<(String, String)>,
    tell: Tell,
) -> Lock {
    let mut next = lock.clone();
    let stays = |name: &str, url: &str, line: &FetchedLock| {
        let of = line.of.as_deref().unwrap_or(url);
        lacking.contains(&(name.to_string(), of.to_string()))
    };
    for effect in effects {
        let of = next.fetched.entry(effect.name.clone()).or_default();
        let listed = effect.listings.iter().map(|l| l.key.as_str());
        let listed: BTreeSet<&str> = listed.chain(effect.crawl.iter().map(|c| c.key.as_str())).collect();
        let asked: BTreeSet<&str> = effect.requests.iter().map(|r| r.url.as_str()).chain(listed).collect();
        let wanted = |url: &str, line: &FetchedLock| asked.contains(url) || stays(&effect.name, url, line);
        for (url, _) in of.iter().filter(|(url, line)| !wanted(url, line)) {
            tell(&outcome(effect, url, What::Forgotten));
        }
        of.retain(|url, line| wanted(url, line));
    }
    for ((name, url), line) in lines {
        if !stays(&name, &url, &line) {
            next.fetched.entry(name).or_default().insert(url, line);
        }
    }
    next.fetched.retain(|_, lines| !lines.is_empty());
    next
}

/// The effects with what their lists name as requests. Of a list that does not come, what was pinned of it stays.
fn expand(way: &Way, lock: &Lock, effects: &[Effect], lines: &Lines, tell: Tell) -> Result<Vec<Effect>, Fault> {
    let mut out = effects.to_vec();
    for effect in out.iter_mut().filter(|e| !e.listings.is_empty()) {
        let pinned = lock.fetched.get(&effect.name);
        for listing in &effect.listings {
            if (way.stops)() {
                return Ok(out);
            }
            let was = pinned.and_then(|lines| lines.get(&listing.key));
            match listing::list(way, effect, listing) {
                Ok(listed) => {
                    let same = was.is_some_and(|w| w.revision == listed.line.revision && w.globs == listed.line.globs);
                    let line = was.filter(|_| same).unwrap_or(&listed.line).clone();
                    hold(lines).insert((effect.name.clone(), listing.key.clone()), line);
                    if !listed.remarks.is_empty() {
                        tell(&Outcome { remarks: listed.remarks, ..outcome(effect, &listing.key, What::Same) });
                    }
                    effect.requests.extend(listed.requests);
                }
                Err(Miss::Failed(say)) => {
                    let of: Vec<Request> = pinned.map(|lines| named_by(lines, &listing.key)).unwrap_or_default();
                    let kept = !of.is_empty();
                    tell(&outcome(effect, &listing.key, What::Failed { say, kept }));
                    effect.requests.extend(of);
                }
                Err(Miss::Stopped) => return Ok(out),
                Err(Miss::Disk(e)) => return Err(disk(e)),
            }
        }
    }
    Ok(out)
}

/// The requests that a list named when it was pinned.
fn named_by(lines: &BTreeMap<String, FetchedLock>, key: &str) -> Vec<Request> {
    let own = lines.iter().filter(|(_, line)| line.of.as_deref() == Some(key));
    let request = |(url, line): (&String, &FetchedLock)| Request {
        url: url.clone(),
        path: line.path.clone(),
        unpack: line.unpack,
        sha256: line.sha256.clone(),
        of: line.of.clone(),
    };
    own.map(request).collect()
}

fn size(line: &FetchedLock) -> u64 {
    line.bytes.unwrap_or(0)
}

/// What a line says of the length of its bytes.
fn said(line: &FetchedLock) -> String {
    line.bytes.map_or("no length".into(), |n| format!("{n} bytes"))
}

/// Brings what the lock names and the store does not hold; another content than the lock names is refused.
pub fn fetch(way: &Way, lock: &Lock, effects: &[Effect], jobs: usize, tell: Tell) -> Result<(), Fault> {
    let mut effects = effects.to_vec();
    for effect in &mut effects {
        let Some(lines) = lock.fetched.get(&effect.name) else { continue };
        let named: Vec<Request> = effect.listings.iter().flat_map(|l| named_by(lines, &l.key)).collect();
        effect.requests.extend(named);
    }
    let effects = &effects;
    for (effect, crawl) in effects.iter().filter_map(|e| Some((e, e.crawl.as_ref()?))) {
        let line = lock.fetched.get(&effect.name).and_then(|lines| lines.get(&crawl.key));
        let there = line.is_some_and(|line| is_of(line, crawl) && is_there(way.objects, line));
        let say = "pages cannot be had again as they were; `tamis update` crawls anew and pins what it finds";
        let failed = What::Failed { say: say.into(), kept: false };
        tell(&outcome(effect, &crawl.key, if there { What::Same } else { failed }));
    }
    each(way, effects, jobs, &|(effect, request)| {
        let pinned = lock.fetched.get(&effect.name).and_then(|lines| lines.get(&request.url));
        let Some(pinned) = pinned.filter(|line| fits(line, request)) else {
            let say = "dataset.lock does not name it as it is asked for; `tamis update` pins it".to_string();
            tell(&outcome(effect, &request.url, What::Failed { say, kept: false }));
            return Ok(());
        };
        if is_there(way.objects, pinned) {
            tell(&outcome(effect, &request.url, What::Same));
            return Ok(());
        }
        let what = match ask(way, effect, request, None) {
            Ok(Some((line, _))) if line.digest == pinned.digest && line.bytes == pinned.bytes => {
                What::Brought { bytes: size(&line) }
            }
            Ok(Some((line, _))) if line.digest == pinned.digest => What::Failed {
                say: format!(
                    "it has {} bytes, and dataset.lock says {} beside the same digest; `tamis update {}` corrects the line",
                    size(&line),
                    said(pinned),
                    effect.folder
                ),
                kept: false,
            },
            Ok(_) => What::Failed {
                say: "its bytes are no longer those that dataset.lock names; `tamis update` would pin the new ones"
                    .into(),
                kept: false,
            },
            Err(Miss::Stopped) => return Ok(()),
            Err(Miss::Disk(e)) => return Err(disk(e)),
            Err(Miss::Failed(say)) => What::Failed { say, kept: false },
        };
        tell(&outcome(effect, &request.url, what));
        Ok(())
    })
}

/// Asks for one file, with what is known of it, and unpacks it where it is an archive; `None` where it is what it was.
fn ask(
    way: &Way,
    effect: &Effect,
    request: &Request,
    was: Option<&FetchedLock>,
) -> Result<Option<(FetchedLock, Vec<String>)>, Miss> {
    let known = was.filter(|was| fits(was, request) && is_there(way.objects, was));
    if known.is_some() && request.of.is_some() {
        return Ok(None); // its revision is a part of its address
    }
    let (line, mut remarks) = match way.get(effect, request, known)? {
        Got::Same => return Ok(None),
        Got::New(line, remarks) => (*line, remarks),
    };
    if request.unpack {
        let digest = line.digest().ok_or_else(|| Miss::Failed("its digest does not read".into()))?;
        let _alone = hold(&way.unpacking);
        let members = unpack(way.objects, &request.path, digest, effect.size_max, way.stops).map_err(|e| match e {
            unpack::Fault::Bad(say) => {
                way.objects.remove(digest).map_or_else(Miss::Disk, |()| Miss::Failed(format!("{}: {say}", request.url)))
            }
            unpack::Fault::Io(e) => Miss::Disk(e),
            unpack::Fault::Stopped => Miss::Stopped,
        })?;
        if members.files.is_empty() {
            let out: Vec<String> = members.refused.iter().map(|(rule, n)| format!("{n} {rule}")).collect();
            let out = if out.is_empty() { String::new() } else { format!("; left out: {}", out.join(", ")) };
            return Err(Miss::Failed(format!("{}: the archive holds no file that may be read{out}", request.url)));
        }
        let told = members.refused.iter().map(|(rule, n)| format!("{n} of its members left out ({rule})"));
        remarks.extend(told);
        let renamed = members.renamed.iter();
        remarks.extend(renamed.map(|(n, first)| format!("{n} of its names read as CP949, such as `{first}`")));
    }
    Ok(Some((line, remarks)))
}

fn outcome(effect: &Effect, url: &str, what: What) -> Outcome {
    Outcome { name: effect.name.clone(), url: url.into(), what, remarks: Vec::new() }
}

fn disk(e: io::Error) -> Fault {
    Fault::World(format!("the store: {e}"))
}

fn hold<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

/// Does all jobs on some threads. The first fault ends it; a wish to stop ends it without one.
fn each<'e>(
    way: &Way,
    effects: &'e [Effect],
    jobs: usize,
    job: &(dyn Fn(Job<'e>) -> Result<(), Fault> + Sync),
) -> Result<(), Fault> {
    let mut lanes: BTreeMap<(String, usize), VecDeque<Job>> = BTreeMap::new();
    for effect in effects {
        for (i, request) in effect.requests.iter().enumerate() {
            let host = Url::parse(&request.url).map(|url| url.authority()).unwrap_or_default();
            lanes.entry((host, i % LANES)).or_default().push_back((effect, request));
        }
    }
    let threads = jobs.max(1).min(lanes.len().max(1));
    let lanes = Mutex::new(lanes.into_values().collect::<Vec<_>>());
    let fault = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(lane) = hold(&lanes).pop() else { return };
                    for one in lane {
                        if (way.stops)() || hold(&fault).is_some() {
                            return;
                        }
                        if let Err(e) = job(one) {
                            hold(&fault).get_or_insert(e);
                        }
                    }
                }
            });
        }
    });
    fault.into_inner().unwrap_or_else(|e| e.into_inner()).map_or(Ok(()), Err)
}
